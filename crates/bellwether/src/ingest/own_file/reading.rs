//! Reading a file of own people: each row checked, rows of one person put together, what cannot be read refused.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::Ordering;

use engine::matching::identity::{account_link, emails_in, normal_handle};
use jiff::tz::TimeZone;
use model::{Platform, RowIssue, Timestamp};

use super::columns::{TELLING, date_cell};
use super::{OwnKind, OwnPeopleRead, OwnRecord, OwnSettings, email_sha256, instagram};
use crate::clock::{self, DateCell};
use crate::ingest::IngestError;
use crate::ingest::csv_file::{CsvFile, CsvRow, Next, parse_count};
use crate::ingest::sink::Progress;

/// Refused rows that are told; all are counted.
const ISSUES_MAX: usize = 1_000;
/// Letters of a cell that are kept; nobody is called more.
const LETTERS_MAX: usize = 200;

/// Reads everything. Cost: one pass; everybody of the file is held.
pub fn read(path: &Path, settings: &OwnSettings, progress: &Progress) -> Result<OwnPeopleRead, IngestError> {
    if instagram::is_json(path)? {
        return instagram::read(path, settings.kind);
    }
    let mut file = CsvFile::open(path)?;
    let cells = Columns::of(&file, path, settings)?;
    let mut persons = Persons::new(settings.kind);
    loop {
        let read = file.bytes_read();
        match file.next_row()? {
            Next::End => break,
            Next::Bad(issue) => persons.refuse(issue),
            Next::Row(row) => match cells.record(&row) {
                Ok((record, count, order)) => persons.take(record, count, order),
                Err(issue) => persons.refuse(issue),
            },
        }
        progress.bytes.store(read, Ordering::Relaxed);
        progress.rows.fetch_add(1, Ordering::Relaxed);
    }
    Ok(persons.done())
}

/// Where each field stands in the file.
struct Columns<'a> {
    file: String,
    settings: &'a OwnSettings,
    zone: Option<TimeZone>,
    places: HashMap<&'a str, (usize, String)>,
}

type Read = (OwnRecord, Option<u64>, Option<String>);

impl<'a> Columns<'a> {
    fn of(file: &CsvFile, path: &Path, settings: &'a OwnSettings) -> Result<Columns<'a>, IngestError> {
        let mapping = &settings.mapping;
        if !TELLING.iter().any(|field| mapping.columns.contains_key(*field)) {
            return Err(IngestError::refused(
                &file.name,
                "no column tells who somebody is",
                "say which one is the handle, the id, the e-mail address, its SHA-256 or a link",
            ));
        }
        let mut places = HashMap::new();
        for (field, heading) in &mapping.columns {
            let column = file.column(heading).ok_or_else(|| {
                IngestError::refused(
                    path.display(),
                    format!("there is no column `{heading}`; the headings are: {}", file.headings.join(", ")),
                    format!("choose another column for `{field}`"),
                )
            })?;
            places.insert(field.as_str(), (column, file.headings[column].clone()));
        }
        let zone = match &mapping.zone {
            None => None,
            Some(name) => Some(clock::zone(name).ok_or_else(|| {
                IngestError::refused(
                    &file.name,
                    format!("{name:?} is not a time zone"),
                    "name it as Europe/Berlin or UTC",
                )
            })?),
        };
        Ok(Columns { file: file.name.clone(), settings, zone, places })
    }

    fn issue(&self, row: &CsvRow<'_>, field: &str, problem: impl Into<String>, hint: impl Into<String>) -> RowIssue {
        row.issue(&self.file, self.places.get(field).map_or("", |(_, heading)| heading), problem, hint)
    }

    /// A cell that is not empty.
    fn cell<'r>(&self, row: &'r CsvRow<'_>, field: &str) -> Result<Option<&'r str>, RowIssue> {
        let Some((column, heading)) = self.places.get(field) else { return Ok(None) };
        let text = row.text(*column).ok_or_else(|| row.not_utf8(&self.file, heading))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A cell without an address in it, cut to what is kept.
    fn plain(&self, row: &CsvRow<'_>, field: &str) -> Result<Option<String>, RowIssue> {
        let text = self.cell(row, field)?.filter(|text| emails_in(text).is_empty());
        Ok(text.map(|text| text.chars().take(LETTERS_MAX).collect()))
    }

    fn record(&self, row: &CsvRow<'_>) -> Result<Read, RowIssue> {
        let platform = self.platform(row)?;
        let handle = self.handle(row, platform)?;
        let name = match self.plain(row, "name")? {
            Some(name) => Some(name),
            None => {
                let parts = [self.plain(row, "first_name")?, self.plain(row, "last_name")?];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            }
        };
        let (first, last) = (self.date(row, "first")?, self.date(row, "last")?);
        let native_id = self.plain(row, "id")?;
        let record = OwnRecord {
            row: row.number,
            // Without a handle or an id there is nothing that could be of a platform.
            platform: platform.filter(|_| handle.is_some() || native_id.is_some()),
            native_id,
            handle,
            email_sha256: self.email(row)?,
            name,
            link: self.plain(row, "link")?,
            first_at: first.or(last),
            last_at: last.or(first),
            times: None,
        };
        if record.handle.is_none()
            && record.native_id.is_none()
            && record.email_sha256.is_none()
            && record.link.is_none()
        {
            let field = TELLING.iter().find(|field| self.places.contains_key(**field)).unwrap_or(&"handle");
            return Err(self.issue(
                row,
                field,
                "tells nobody apart",
                "a row needs a handle, an id, an e-mail address, its SHA-256 or a link; a name alone is not enough",
            ));
        }
        let count = match self.cell(row, "count")? {
            None => None,
            Some(cell) => parse_count(cell)
                .map_err(|problem| self.issue(row, "count", problem, "write a whole number, or leave it empty"))?
                .map(i64::unsigned_abs),
        };
        Ok((record, count, self.cell(row, "order")?.map(str::to_owned)))
    }

    fn platform(&self, row: &CsvRow<'_>) -> Result<Option<Platform>, RowIssue> {
        let Some(cell) = self.cell(row, "platform")? else { return Ok(self.settings.platform) };
        let named = |platform: &Platform| platform.name().eq_ignore_ascii_case(cell);
        let known = Platform::from_code(cell).or_else(|| Platform::ALL.into_iter().find(named));
        let known = known.or_else(|| if cell.eq_ignore_ascii_case("twitter") { Some(Platform::X) } else { None });
        known.map(Some).ok_or_else(|| {
            let all: Vec<&str> = Platform::ALL.iter().map(|platform| platform.code()).collect();
            self.issue(row, "platform", format!("is no platform: {cell:?}"), format!("use {}", all.join(", ")))
        })
    }

    fn handle(&self, row: &CsvRow<'_>, platform: Option<Platform>) -> Result<Option<String>, RowIssue> {
        let Some(cell) = self.cell(row, "handle")? else { return Ok(None) };
        if cell.chars().count() > LETTERS_MAX {
            return Err(self.issue(row, "handle", "is too long for a handle", "map the column that holds the handles"));
        }
        if account_link(cell).is_some() {
            return Ok(Some(cell.to_owned()));
        }
        if platform != Some(Platform::Mastodon) && !emails_in(cell).is_empty() {
            let hint = "map this column as the e-mail address; then only a hash of it is kept";
            return Err(self.issue(row, "handle", "holds an e-mail address, not a handle", hint));
        }
        if platform == Some(Platform::Mastodon) && normal_handle(Platform::Mastodon, cell).is_some() {
            return Ok(Some(format!("@{}", cell.trim_start_matches('@'))));
        }
        let checked = platform.unwrap_or(Platform::Other);
        match normal_handle(checked, cell) {
            Some(_) => Ok(Some(cell.to_owned())),
            None if platform == Some(Platform::StackExchange) => Err(self.issue(
                row,
                "handle",
                "is a name, which many share: Stack Exchange has no handles",
                "map a link to the profile instead",
            )),
            None => Err(self.issue(
                row,
                "handle",
                format!("cannot be a handle of {}: {cell:?}", platform.map_or("any platform", Platform::name)),
                "write it as on the platform, or as a link to the profile",
            )),
        }
    }

    fn email(&self, row: &CsvRow<'_>) -> Result<Option<String>, RowIssue> {
        if let Some(cell) = self.cell(row, "email")? {
            // What is no address is not quoted: it may be half of one.
            let found = emails_in(cell).into_iter().next().ok_or_else(|| {
                self.issue(row, "email", "is not an e-mail address", "write it as name@host.example, or leave it empty")
            })?;
            return Ok(Some(email_sha256(&found)));
        }
        let Some(cell) = self.cell(row, "email_sha256")? else { return Ok(None) };
        if cell.len() == 64 && cell.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Some(cell.to_ascii_lowercase()));
        }
        let hint = "64 hexadecimal digits: the SHA-256 of the trimmed address in lower case";
        Err(self.issue(row, "email_sha256", "is not a SHA-256", hint))
    }

    fn date(&self, row: &CsvRow<'_>, field: &str) -> Result<Option<Timestamp>, RowIssue> {
        let Some(cell) = self.cell(row, field)? else { return Ok(None) };
        match date_cell(cell, self.zone.as_ref()) {
            DateCell::At(at) => Ok(Some(at)),
            DateCell::NoZone => Err(self.issue(
                row,
                field,
                format!("does not say its time zone: {cell:?}"),
                "say in which zone the dates are, such as zone=UTC",
            )),
            DateCell::NotADate => Err(self.issue(
                row,
                field,
                format!("is not a date: {cell:?}"),
                "write it as 2026-03-01, or with a time as 2026-03-01T10:00:00Z",
            )),
        }
    }
}

/// What rows add up to, a person at a time.
pub(super) struct Persons {
    kind: OwnKind,
    read: OwnPeopleRead,
    places: HashMap<String, usize>,
    orders: HashSet<(usize, String)>,
}

impl Persons {
    pub(super) fn new(kind: OwnKind) -> Persons {
        Persons { kind, read: OwnPeopleRead::default(), places: HashMap::new(), orders: HashSet::new() }
    }

    pub(super) fn refuse(&mut self, issue: RowIssue) {
        self.read.rows_in += 1;
        self.read.refused += 1;
        if self.read.issues.len() < ISSUES_MAX {
            self.read.issues.push(issue);
        }
    }

    /// Takes a row; `count` is what it counts for where the file says so, `order` the order it is a line of.
    pub(super) fn take(&mut self, record: OwnRecord, count: Option<u64>, order: Option<String>) {
        self.read.rows_in += 1;
        let key = person_key(&record);
        let place = *self.places.entry(key).or_insert(self.read.people.len());
        let times = match (self.kind, order) {
            (OwnKind::Followers, _) => None,
            // An order of several lines is one order.
            (OwnKind::Orders, Some(order)) => Some(u64::from(self.orders.insert((place, order)))),
            (OwnKind::Orders | OwnKind::Engagers, _) => Some(count.unwrap_or(1)),
            (OwnKind::Customers | OwnKind::Newsletter, _) => count,
        };
        let Some(known) = self.read.people.get_mut(place) else {
            self.read.people.push(OwnRecord { times, ..record });
            return;
        };
        known.native_id = known.native_id.take().or(record.native_id);
        known.handle = known.handle.take().or(record.handle);
        known.email_sha256 = known.email_sha256.take().or(record.email_sha256);
        known.name = known.name.take().or(record.name);
        known.link = known.link.take().or(record.link);
        known.first_at = [known.first_at, record.first_at].into_iter().flatten().min();
        known.last_at = [known.last_at, record.last_at].into_iter().flatten().max();
        known.times = match (known.times, times) {
            (None, None) => None,
            (before, now) => Some(before.unwrap_or(0).saturating_add(now.unwrap_or(0))),
        };
    }

    /// Whoever stands in an export of followers still follows on its newest day.
    pub(super) fn done(mut self) -> OwnPeopleRead {
        if self.kind == OwnKind::Followers {
            let newest = self.read.people.iter().filter_map(|person| person.last_at.or(person.first_at)).max();
            for person in self.read.people.iter_mut().filter(|person| person.first_at.is_some()) {
                person.last_at = newest;
            }
        }
        self.read
    }
}

/// Rows of one person share this.
fn person_key(record: &OwnRecord) -> String {
    let platform = record.platform.map_or("", Platform::code);
    match (&record.email_sha256, &record.native_id, &record.handle, &record.link) {
        (Some(hash), ..) => format!("e {hash}"),
        (None, Some(id), ..) => format!("i {platform} {id}"),
        (None, None, Some(handle), _) => {
            let handle = handle.trim_start_matches('@').to_lowercase();
            format!("h {platform} {handle}")
        }
        (.., link) => format!("l {} {}", link.as_deref().unwrap_or(""), record.name.as_deref().unwrap_or("")),
    }
}
