//! Contacts from a file: tried first, brought in as one, taken back as one. Rows that cannot be taken are named.

use std::path::Path;

use model::RowIssue;
use model::outreach::{Channel, Stage};
use serde::Serialize;
use store::outreach::contacts::NewContact;
use store::outreach::imports::ImportUndone;

use super::contacts::{ContactGiven, checked};
use super::mailboxes::looks_like_an_address;
use super::{OutreachError, TEAM, one_line};
use crate::data_directory::DataDirectory;
use crate::ingest::IngestError;
use crate::ingest::csv_file::{CsvFile, Next, file_name};
use crate::web::csv::{Sheet, as_typed};

/// Rows of one file.
const ROWS_MAX: u64 = 200_000;
/// Contacts that a try shows.
const SAMPLE_ROWS: usize = 10;

/// Columns a file may have; the first of each is the usual one.
pub const COLUMNS: [(&str, &[&str]); 10] = [
    ("name", &["name", "full_name", "creator"]),
    ("email", &["email", "e_mail", "mail", "address"]),
    ("greeting", &["greeting", "salutation"]),
    ("language", &["language", "lang"]),
    ("zone", &["zone", "time_zone", "timezone"]),
    ("owner", &["owner"]),
    ("tags", &["tags", "tag"]),
    ("source", &["source"]),
    ("basis", &["basis"]),
    ("stage", &["stage", "status"]),
];

/// What a file holds, before or after it was brought in.
#[derive(Clone, Default, PartialEq, Debug, Serialize)]
pub struct Imported {
    /// `None` after a try.
    pub import: Option<i64>,
    pub rows: u64,
    pub new: u64,
    pub known: u64,
    pub refused: Vec<RowIssue>,
    /// Columns that are not taken.
    pub not_taken: Vec<String>,
    /// The first contacts as they would be kept; after a try alone.
    #[serde(skip)]
    pub sample: Vec<Sample>,
}

/// A contact as a file would bring them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    pub row: u64,
    pub name: String,
    pub emails: Vec<String>,
    pub stage: Stage,
    pub owner: String,
    pub tags: Vec<String>,
    /// Who has an address of theirs already, and would gain what they lack.
    pub held: Option<i64>,
}

/// What stands for every row that does not say it itself.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ForAll {
    pub source: String,
    pub basis: String,
    pub tag: String,
}

impl ForAll {
    /// As it was typed, looked at.
    pub fn checked(self) -> Result<ForAll, OutreachError> {
        Ok(ForAll {
            source: one_line("source", &self.source, 300)?,
            basis: one_line("basis", &self.basis, 200)?,
            tag: one_line("tag", &self.tag, 60)?,
        })
    }
}

/// A row that can be taken.
struct Taken {
    row: u64,
    emails: Vec<String>,
    contact: NewContact,
}

/// A row that cannot, with its cells as they stand.
struct Refused {
    issue: RowIssue,
    cells: Vec<String>,
}

/// A file as it was read: nothing of it is kept yet.
struct Read {
    name: String,
    headings: Vec<String>,
    rows: u64,
    taken: Vec<Taken>,
    refused: Vec<Refused>,
    not_taken: Vec<String>,
}

fn refused_file(problem: String) -> OutreachError {
    OutreachError::Refused(problem)
}

/// A file that was opened, and where the columns that are taken stand in it.
struct Opened {
    file: CsvFile,
    places: Vec<(&'static str, Option<usize>)>,
}

impl Opened {
    fn place_of(&self, name: &str) -> Option<usize> {
        place_of(&self.places, name)
    }
}

fn place_of(places: &[(&'static str, Option<usize>)], name: &str) -> Option<usize> {
    places.iter().find(|(of, _)| *of == name).and_then(|(_, place)| *place)
}

/// What is wrong with a file, by the name people know it under.
fn of_file(place: &Path, error: &IngestError) -> OutreachError {
    refused_file(error.to_string().replace(&place.display().to_string(), &file_name(place)))
}

fn open(place: &Path) -> Result<Opened, OutreachError> {
    let file = CsvFile::open(place).map_err(|error| of_file(place, &error))?;
    let plain = |heading: &str| heading.trim().to_lowercase().replace([' ', '-'], "_");
    let column = |names: &[&str]| file.headings.iter().position(|heading| names.contains(&plain(heading).as_str()));
    let places = COLUMNS.iter().map(|(name, names)| (*name, column(names))).collect();
    let opened = Opened { places, file };
    if opened.place_of("name").is_none() && opened.place_of("email").is_none() {
        return Err(refused_file(format!(
            "no column of {} says who is meant; its headings are: {}\nhint: give a column name or email",
            opened.file.name,
            opened.file.headings.join(", ")
        )));
    }
    Ok(opened)
}

/// Says what is wrong with a file as a whole, before anybody reads its rows.
pub fn look(place: &Path) -> Result<(), OutreachError> {
    open(place).map(|_| ())
}

/// Reads a file; what is wrong with a row is said of it, and the rest goes on.
async fn read(data: &DataDirectory, place: &Path, all: &ForAll) -> Result<Read, OutreachError> {
    let Opened { mut file, places } = open(place)?;
    let headings = file.headings.clone();
    let place_of = |name: &str| place_of(&places, name);
    let shown = |error: IngestError| of_file(place, &error);
    let used: Vec<usize> = places.iter().filter_map(|(_, place)| *place).collect();
    let unused = headings.iter().enumerate().filter(|(at, _)| !used.contains(at));
    let mut done = Read {
        name: file.name.clone(),
        not_taken: unused.map(|(_, heading)| heading.clone()).collect(),
        headings: headings.clone(),
        rows: 0,
        taken: Vec::new(),
        refused: Vec::new(),
    };
    let mut seen = std::collections::HashSet::new();
    loop {
        let row = match file.next_row().map_err(shown)? {
            Next::End => return Ok(done),
            Next::Bad(issue) => {
                done.rows += 1;
                done.refused.push(Refused { issue, cells: Vec::new() });
                continue;
            }
            Next::Row(row) => row,
        };
        done.rows += 1;
        if done.rows > ROWS_MAX {
            return Err(refused_file(format!("{} has more than {ROWS_MAX} rows\nhint: divide it", done.name)));
        }
        let cells = || (0..headings.len()).map(|at| row.text(at).unwrap_or("").to_owned()).collect::<Vec<_>>();
        let text = |of: &str| place_of(of).and_then(|place| row.text(place)).map_or("", as_typed).trim().to_owned();
        let issue = |column: &str, problem: String, hint: &str| row.issue(&done.name, column, problem, hint);
        let mut emails: Vec<String> = Vec::new();
        for part in text("email").split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
            if !emails.iter().any(|held| mail::read::folded(held) == mail::read::folded(part)) {
                emails.push(part.to_owned());
            }
        }
        let stage = text("stage");
        let problem = if !stage.is_empty() && Stage::from_code(&stage).is_none() {
            let hint = format!("leave it empty, or write one of {}", stage_codes());
            Some(issue("stage", format!("{stage:?} is no stage"), &hint))
        } else if let Some(wrong) = emails.iter().find(|email| !looks_like_an_address(email)) {
            Some(issue("email", format!("{wrong:?} is no e-mail address"), "write it as ana@creator.example"))
        } else if emails.iter().any(|email| seen.contains(&mail::read::folded(email))) {
            Some(issue("email", "the address stands in an earlier row".to_owned(), "keep one of the rows"))
        } else {
            None
        };
        if let Some(issue) = problem {
            done.refused.push(Refused { issue, cells: cells() });
            continue;
        }
        let or = |own: String, all: &str| if own.is_empty() { all.to_owned() } else { own };
        let given = ContactGiven {
            name: or(text("name"), emails.first().map_or("", String::as_str)),
            greeting: text("greeting"),
            addresses: emails.iter().map(|email| (Channel::Email, email.clone())).collect(),
            basis: or(text("basis"), &all.basis),
            source: or(text("source"), &all.source),
            accounts: Vec::new(),
            owner: text("owner"),
            language: text("language"),
            zone: text("zone"),
            tags: text("tags").split([',', ';']).chain([all.tag.as_str()]).map(|tag| tag.trim().to_owned()).collect(),
            stage: Stage::from_code(&stage),
        };
        let (number, as_given) = (row.number, issue("", String::new(), ""));
        let cells = cells();
        match checked(data, given).await {
            Ok(contact) => {
                seen.extend(emails.iter().map(|email| mail::read::folded(email)));
                done.taken.push(Taken { row: number, emails, contact });
            }
            Err(OutreachError::Field { field, problem }) => {
                let hint = match problem.contains("asked to be forgotten") {
                    true => "leave the row out".to_owned(),
                    false => "mend the row and bring the file in again".to_owned(),
                };
                let issue = RowIssue { column: Some(field.to_owned()), hint, problem, ..as_given };
                done.refused.push(Refused { issue, cells });
            }
            Err(other) => return Err(other),
        }
    }
}

fn stage_codes() -> String {
    Stage::ALL.iter().map(|stage| stage.code()).collect::<Vec<_>>().join(", ")
}

/// Reads a file and brings its contacts in, or only says what would come of it.
pub async fn import(data: &DataDirectory, place: &Path, all: &ForAll, is_try: bool) -> Result<Imported, OutreachError> {
    let read = read(data, place, all).await?;
    let mut done = Imported {
        rows: read.rows,
        refused: read.refused.into_iter().map(|row| row.issue).collect(),
        not_taken: read.not_taken,
        ..Imported::default()
    };
    if is_try {
        let hashes: Vec<String> =
            read.taken.iter().flat_map(|row| row.contact.addresses.iter().map(|of| of.hash.clone())).collect();
        let whose = data.store.contacts_with_addresses(&hashes).await?;
        for row in read.taken {
            let held = row.contact.addresses.iter().find_map(|address| whose.get(&address.hash).copied());
            if held.is_some() {
                done.known += 1
            } else {
                done.new += 1
            }
            if done.sample.len() < SAMPLE_ROWS {
                done.sample.push(Sample {
                    row: row.row,
                    name: row.contact.name,
                    emails: row.emails,
                    stage: row.contact.stage,
                    owner: row.contact.owner,
                    tags: row.contact.tags,
                    held,
                });
            }
        }
        return Ok(done);
    }
    if read.taken.is_empty() {
        let first = done.refused.first().map_or_else(|| "it has no rows".to_owned(), ToString::to_string);
        return Err(refused_file(format!("nobody can be read from {}: {first}", read.name)));
    }
    let contacts: Vec<NewContact> = read.taken.into_iter().map(|row| row.contact).collect();
    let kept = data.store.import_contacts(&read.name, &contacts, &done.refused, TEAM, data.now()).await?;
    data.store.add_audit(data.now(), TEAM, "contacts brought in", &read.name, &format!("import {}", kept.id)).await?;
    (done.import, done.new, done.known) = (Some(kept.id), kept.new, kept.known);
    Ok(done)
}

/// The refused rows of a file as they stand in it, each with why and what to do: mended, the table can be brought in.
pub async fn refused_rows(data: &DataDirectory, place: &Path, all: &ForAll) -> Result<Sheet, OutreachError> {
    let read = read(data, place, all).await?;
    let own = ["row", "column", "problem", "what_to_do"];
    let headings: Vec<&str> = read.headings.iter().map(String::as_str).chain(own).collect();
    let mut sheet = Sheet::new(&headings);
    for Refused { issue, mut cells } in read.refused {
        cells.resize(read.headings.len(), String::new());
        let row = issue.row.map(|row| row.to_string()).unwrap_or_default();
        cells.extend([row, issue.column.unwrap_or_default(), issue.problem, issue.hint]);
        sheet.row(cells);
    }
    Ok(sheet)
}

/// Takes an import back: contacts it brought go, unless something has happened with them since.
pub async fn undo(data: &DataDirectory, import: i64) -> Result<ImportUndone, OutreachError> {
    let Some(done) = data.store.undo_contact_import(import, data.now()).await? else {
        return Err(OutreachError::Refused(format!(
            "no import {import} can be taken back\nhint: `bellwether outreach imports` lists them"
        )));
    };
    data.store.add_audit(data.now(), TEAM, "import of contacts taken back", &import.to_string(), "").await?;
    Ok(done)
}
