//! A table of measurements: each row a piece or its address, the moment, and what was counted. Rows that cannot be taken are named
//! with their row and column; the others are kept, and the same file again adds nothing.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use jiff::tz::TimeZone;
use model::{MeasuredBy, PostMetric, PostMetrics, RowIssue, Timestamp};
use serde::Serialize;
use store::published_posts::{MeasurementKept, NewMeasurement};

use super::measuring::{count_of, held_of, may_be_measured};
use super::{PieceSeen, PostsWanted, address};
use crate::clock::{self, NoMinute};
use crate::data_directory::DataDirectory;
use crate::ingest::IngestError;
use crate::ingest::csv_file::{CsvFile, CsvRow, Next, file_name};
use crate::tracking::TrackingError;

/// Headings under which each column is known; the first is its name.
const PIECE: [&str; 3] = ["piece", "deliverable", "deliverable_id"];
const ADDRESS: [&str; 4] = ["address", "url", "link", "permalink"];
const MOMENT: [&str; 4] = ["measured_at", "at", "date", "timestamp"];

/// The columns of such a file, for whoever makes one.
pub fn columns() -> Vec<&'static str> {
    [PIECE[0], ADDRESS[0], MOMENT[0]].into_iter().chain(PostMetric::ALL.map(PostMetric::code)).collect()
}

fn headings_of(metric: PostMetric) -> &'static [&'static str] {
    match metric {
        PostMetric::Views => &["views", "plays", "video views"],
        PostMetric::Reach => &["reach", "accounts reached"],
        PostMetric::Impressions => &["impressions"],
        PostMetric::Likes => &["likes"],
        PostMetric::Comments => &["comments"],
        PostMetric::Shares => &["shares"],
        PostMetric::Saves => &["saves", "bookmarks"],
        PostMetric::Replies => &["replies"],
        PostMetric::Exits => &["exits"],
        PostMetric::LinkTaps => &["link_taps", "link taps", "link clicks", "link_clicks", "clicks"],
        PostMetric::StickerTaps => &["sticker_taps", "sticker taps"],
    }
}

/// What became of a file.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct FileTaken {
    pub file: String,
    pub rows: u64,
    pub added: u64,
    /// Rows that were held already.
    pub known: u64,
    pub refused: Vec<RowIssue>,
    /// Headings that say nothing here.
    pub ignored: Vec<String>,
}

struct Columns {
    piece: Option<usize>,
    address: Option<usize>,
    moment: usize,
    counts: Vec<(PostMetric, usize)>,
}

fn columns_of(file: &CsvFile, place: &Path) -> Result<Columns, IngestError> {
    let column = |names: &[&str]| names.iter().find_map(|name| file.column(name));
    let layout = columns().join(", ");
    let refused = |problem: String| {
        let hint = format!("the columns are {layout}; the headings of this file are {}", file.headings.join(", "));
        IngestError::refused(place.display(), problem, hint)
    };
    let (piece, address) = (column(&PIECE), column(&ADDRESS));
    if piece.is_none() && address.is_none() {
        return Err(refused(
            "there is neither a column `piece` nor one `address`, so no row says which post it is of".to_owned(),
        ));
    }
    let moment = column(&MOMENT);
    let moment = moment.ok_or_else(|| refused("there is no column `measured_at`".to_owned()))?;
    let counts: Vec<(PostMetric, usize)> =
        PostMetric::ALL.into_iter().filter_map(|metric| Some((metric, column(headings_of(metric))?))).collect();
    if counts.is_empty() {
        return Err(refused("there is no column with a count".to_owned()));
    }
    Ok(Columns { piece, address, moment, counts })
}

/// The pieces a row may be of: by number, and by what their addresses come down to.
struct Known<'a> {
    by_number: HashMap<i64, &'a PieceSeen>,
    by_address: HashMap<String, Vec<i64>>,
}

impl<'a> Known<'a> {
    fn of(pieces: &'a [PieceSeen]) -> Known<'a> {
        let mut by_address: HashMap<String, Vec<i64>> = HashMap::new();
        for piece in pieces {
            let Some(found) = &piece.found else { continue };
            let post = found.post.as_ref();
            let mut keys: Vec<String> = [found.address.as_str(), piece.tracked.piece.url.as_str()]
                .into_iter()
                .chain(post.and_then(|post| post.url.as_deref()))
                .filter_map(address::read)
                .map(|address| address.key)
                .chain(post.map(|post| address::key_of(post.platform, &post.native_id)))
                .collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                by_address.entry(key).or_default().push(piece.id());
            }
        }
        Known { by_number: pieces.iter().map(|piece| (piece.id(), piece)).collect(), by_address }
    }

    fn numbered(&self, text: &str) -> Result<&'a PieceSeen, (String, String)> {
        let number = text.trim_start_matches('#').parse::<i64>().ok();
        number.and_then(|number| self.by_number.get(&number).copied()).ok_or_else(|| {
            let hint = "`bellwether tracking posts list` shows the pieces of agreed deals with their numbers";
            (format!("is no piece: {text:?}"), hint.to_owned())
        })
    }

    fn addressed(&self, text: &str) -> Result<&'a PieceSeen, (String, String)> {
        let hint = "note the address on its piece first, or give the piece's number in a column `piece`";
        let address = address::read(text)
            .ok_or_else(|| (format!("is no address of a post: {text:?}"), "give it as https://…".to_owned()))?;
        match self.by_address.get(&address.key).map(Vec::as_slice) {
            Some([one]) => self.by_number.get(one).copied(),
            Some(several) => {
                let all = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
                let hint = "give the piece's number in a column `piece`";
                return Err((format!("is the post of pieces {all}"), hint.to_owned()));
            }
            None => None,
        }
        .ok_or_else(|| (format!("is the post of no piece: {text:?}"), hint.to_owned()))
    }
}

/// What is wrong with a cell: its column, the problem, the hint.
type Wrong = (usize, String, String);

fn read_row(
    row: &CsvRow<'_>,
    columns: &Columns,
    known: &Known<'_>,
    zone: Option<&TimeZone>,
    now: Timestamp,
) -> Result<(i64, Timestamp, PostMetrics), Wrong> {
    let cell = |column: usize| {
        row.text(column).ok_or_else(|| {
            (column, "is not UTF-8 text".to_owned(), "save the file as UTF-8 and import it again".to_owned())
        })
    };
    let named = match columns.piece {
        Some(column) => Some((column, cell(column)?)).filter(|(_, text)| !text.is_empty()),
        None => None,
    };
    let addressed = match columns.address {
        Some(column) => Some((column, cell(column)?)).filter(|(_, text)| !text.is_empty()),
        None => None,
    };
    let piece = match (named, addressed) {
        (Some((column, text)), _) => known.numbered(text).map_err(|(problem, hint)| (column, problem, hint))?,
        (None, Some((column, text))) => known.addressed(text).map_err(|(problem, hint)| (column, problem, hint))?,
        (None, None) => {
            let column = columns.piece.or(columns.address).unwrap_or_default();
            let hint = "a row says which post it is of: the number of a piece, or the address of the post";
            return Err((column, "is empty".to_owned(), hint.to_owned()));
        }
    };
    let at = moment_of(cell(columns.moment)?, zone).map_err(|(problem, hint)| (columns.moment, problem, hint))?;
    may_be_measured(piece, at, now).map_err(|problem| {
        (columns.moment, format!("cannot be: {problem}"), "check the moment and its zone".to_owned())
    })?;
    let mut metrics = PostMetrics::default();
    for (metric, column) in &columns.counts {
        let count = count_of(cell(*column)?);
        let hint = "write a whole number, such as 1234; leave it empty where it is not known";
        metrics.set(*metric, count.map_err(|problem| (*column, problem, hint.to_owned()))?);
    }
    if metrics.is_empty() {
        let column = columns.counts.first().map_or(columns.moment, |(_, column)| *column);
        return Err((
            column,
            "is empty, and so is every other count".to_owned(),
            "a row needs one count at least".to_owned(),
        ));
    }
    Ok((piece.id(), at, metrics))
}

fn moment_of(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, (String, String)> {
    let example = "rows need a moment, e.g. 2026-03-02T10:00:00Z";
    clock::parse_minute(text, zone).map_err(|why| {
        let (problem, hint) = match why {
            NoMinute::Empty => ("is empty".to_owned(), example),
            NoMinute::NoTimeOfDay => (
                format!("has no time of day: {text:?}"),
                "the age of a post is counted in hours: give the time of day too, e.g. 2026-03-02T10:00:00Z",
            ),
            NoMinute::NoZone => (
                format!("does not say in which time zone: {text:?}"),
                "name the zone of the file (`--zone Europe/Berlin`), or end moments with Z",
            ),
            NoMinute::NotADate => (format!("is no moment: {text:?}"), example),
        };
        (problem, hint.to_owned())
    })
}

/// A row that was read.
struct RowRead {
    number: u64,
    deliverable: i64,
    at: Timestamp,
    metrics: PostMetrics,
}

/// Reads a file row by row, holding each against the pieces there are; also the heading of its moments.
fn read_file(
    place: &Path,
    name: Option<&str>,
    zone: Option<&TimeZone>,
    pieces: &[PieceSeen],
    now: Timestamp,
) -> Result<(FileTaken, Vec<RowRead>, Option<String>), IngestError> {
    let mut file = CsvFile::open(place)?;
    file.name = name.map_or_else(|| file_name(place), str::to_owned);
    let columns = columns_of(&file, place)?;
    let known = Known::of(pieces);
    let used: Vec<usize> = [columns.piece, columns.address, Some(columns.moment)]
        .into_iter()
        .flatten()
        .chain(columns.counts.iter().map(|(_, column)| *column))
        .collect();
    let headings = file.headings.clone();
    let mut taken = FileTaken {
        file: file.name.clone(),
        ignored: headings
            .iter()
            .enumerate()
            .filter(|(column, heading)| !used.contains(column) && !heading.is_empty())
            .map(|(_, heading)| heading.clone())
            .collect(),
        ..FileTaken::default()
    };
    let mut rows = Vec::new();
    loop {
        match file.next_row()? {
            Next::End => break,
            Next::Bad(issue) => {
                taken.rows += 1;
                taken.refused.push(issue);
            }
            Next::Row(row) => {
                taken.rows += 1;
                match read_row(&row, &columns, &known, zone, now) {
                    Ok((deliverable, at, metrics)) => {
                        rows.push(RowRead { number: row.number, deliverable, at, metrics });
                    }
                    Err((column, problem, hint)) => {
                        let heading = headings.get(column).map_or("", String::as_str);
                        taken.refused.push(row.issue(&taken.file, heading, problem, hint));
                    }
                }
            }
        }
    }
    Ok((taken, rows, headings.get(columns.moment).cloned()))
}

/// Takes in a file of measurements. `name` is what people call it, where that is not its path's end. A row that says what is held of
/// its piece at that moment already, by whatever way it came, is known.
///
/// Errors: `Ingest` where the file cannot be read or lacks a column; a field where the zone is none.
pub async fn take(
    data: &DataDirectory,
    place: &Path,
    name: Option<&str>,
    zone: &str,
    actor: &str,
) -> Result<FileTaken, TrackingError> {
    let zone = match zone.trim() {
        "" => None,
        named => Some(clock::zone(named).ok_or_else(|| TrackingError::Field {
            field: "zone",
            problem: format!("{named:?} is no time zone such as Europe/Berlin"),
        })?),
    };
    let pieces = super::seen(data, &PostsWanted::default()).await?;
    let (place, name, now) = (place.to_owned(), name.map(str::to_owned), data.now());
    let read = tokio::task::spawn_blocking(move || {
        let read = read_file(&place, name.as_deref(), zone.as_ref(), &pieces, now);
        (read, pieces)
    });
    let (read, pieces) = read.await.expect("reading a file does not panic");
    let (mut taken, rows, heading) = read?;
    let named: BTreeSet<i64> = rows.iter().map(|row| row.deliverable).collect();
    let pieces: Vec<PieceSeen> = pieces.into_iter().filter(|piece| named.contains(&piece.id())).collect();
    let held = held_of(data, &pieces).await?;
    // What a page gives holds rows that were typed or imported too: brought again they are the same rows.
    let is_held = |row: &RowRead| {
        held.get(&row.deliverable).is_some_and(|all| all.iter().any(|of| of.at == row.at && of.metrics == row.metrics))
    };
    let (known, rows): (Vec<RowRead>, Vec<RowRead>) = rows.into_iter().partition(is_held);
    taken.known += known.len() as u64;
    // What a person read and typed is not put beside another reading of the same moment.
    let is_typed_otherwise = |row: &RowRead| {
        held.get(&row.deliverable).is_some_and(|all| all.iter().any(|of| of.at == row.at && of.by == MeasuredBy::Hand))
    };
    let (otherwise, rows): (Vec<RowRead>, Vec<RowRead>) = rows.into_iter().partition(is_typed_otherwise);
    taken.refused.extend(otherwise.into_iter().map(|row| RowIssue {
        file: taken.file.clone(),
        row: Some(row.number),
        column: heading.clone(),
        problem: "is held with other counts, typed by hand".to_owned(),
        hint: "what is held stays; set it right on the page of the piece".to_owned(),
        refused: true,
    }));
    let new: Vec<NewMeasurement> = rows
        .iter()
        .map(|row| NewMeasurement {
            deliverable: row.deliverable,
            at: row.at,
            by: MeasuredBy::File,
            origin: taken.file.clone(),
            metrics: row.metrics,
            actor: actor.to_owned(),
        })
        .collect();
    let kept = data.store.add_measurements(&new, now).await?;
    for (row, kept) in rows.into_iter().zip(kept) {
        let (problem, hint) = match kept {
            MeasurementKept::New(_) => {
                taken.added += 1;
                continue;
            }
            MeasurementKept::Known(_) => {
                taken.known += 1;
                continue;
            }
            MeasurementKept::Differs(id) => (
                format!("is held with other counts, as measurement {id}"),
                format!("what is held stays; `bellwether tracking posts correct {id}` sets it right"),
            ),
            MeasurementKept::NoPiece => {
                ("is of a piece that has just gone".to_owned(), "nothing can be done".to_owned())
            }
        };
        let issue = RowIssue {
            file: taken.file.clone(),
            row: Some(row.number),
            column: heading.clone(),
            problem,
            hint,
            refused: true,
        };
        taken.refused.push(issue);
    }
    taken.refused.sort_by_key(|issue| issue.row);
    Ok(taken)
}
