//! Daily series from a file: a column of days and columns of numbers, or a row a day and series. Bad rows are refused with their row
//! and column, the good ones are kept.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::provenance::RowIssue;
use store::measurement::{DaysTaken, NewSeries, SeriesKind};

use super::outcomes::day_of;
use super::{MeasurementError, refused};
use crate::data_directory::DataDirectory;

/// The largest file that is taken.
pub const FILE_BYTES_MAX: usize = 32 << 20;
const SERIES_MAX: usize = 200;
const NAME_LETTERS_MAX: usize = 120;
/// Rows that are named one by one; the others are counted.
const ISSUES_MAX: usize = 100;
const DAY_COLUMNS: [&str; 4] = ["day", "date", "datum", "ds"];
const SERIES_COLUMNS: [&str; 4] = ["series", "location", "region", "account"];

/// What somebody says of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileGiven {
    pub kind: SeriesKind,
    /// Own campaigns move what it counts.
    pub is_touched: bool,
    /// Before each name, where the columns' own would not tell; may be empty.
    pub prefix: String,
}

/// What came of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct FileTaken {
    /// Number, name, and what came of its days.
    pub series: Vec<(i64, String, DaysTaken)>,
    pub issues: Vec<RowIssue>,
    pub refused: u64,
}

/// Days by series, and the rows that were refused.
#[derive(Clone, PartialEq, Debug, Default)]
struct Read {
    by_name: BTreeMap<String, BTreeMap<i32, f64>>,
    issues: Vec<RowIssue>,
    refused: u64,
}

fn issue(file: &str, row: usize, column: &str, problem: String, hint: &str) -> RowIssue {
    RowIssue {
        file: file.to_owned(),
        row: Some(row as u64),
        column: Some(column.to_owned()),
        problem,
        hint: hint.to_owned(),
        refused: true,
    }
}

impl Read {
    fn refuse(&mut self, issue: RowIssue) {
        self.refused += 1;
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(issue);
        }
    }
}

/// A number as people write it: `1,204` and `1204.5`; a comma before one or two last digits is refused by nobody knowing which.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace(['\u{a0}', ' ', '_'], "");
    let value = plain.parse::<f64>().ok().or_else(|| {
        let groups: Vec<&str> = plain.split(',').collect();
        let is_grouped =
            groups.len() > 1 && groups[1..].iter().all(|group| group.split('.').next().unwrap_or("").len() == 3);
        is_grouped.then(|| groups.concat().parse().ok())?
    });
    value.filter(|value: &f64| value.is_finite())
}

fn read(name: &str, bytes: &[u8]) -> Result<Read, MeasurementError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let row = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        MeasurementError::File(format!("row {row} of {name} is no UTF-8 text; save it as CSV in UTF-8"))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or("");
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|byte| first.bytes().filter(|of| of == byte).count());
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(separator.unwrap_or(b',')).from_reader(text.as_bytes());
    let headings: Vec<String> = reader
        .headers()
        .map_err(|error| MeasurementError::File(format!("{name} has no line of headings: {error}")))?
        .iter()
        .map(|heading| heading.trim().to_owned())
        .collect();
    let named = |names: &[&str]| headings.iter().position(|heading| names.contains(&heading.to_lowercase().as_str()));
    let day_at = named(&DAY_COLUMNS).ok_or_else(|| {
        let held = headings.join(", ");
        MeasurementError::File(format!("{name} has no column `date`; its columns are {held}"))
    })?;
    let series_at = named(&SERIES_COLUMNS);
    let numbers: Vec<usize> = (0..headings.len()).filter(|at| *at != day_at && Some(*at) != series_at).collect();
    if numbers.is_empty() {
        return Err(MeasurementError::File(format!("{name} has no column of numbers beside `{}`", headings[day_at])));
    }
    if series_at.is_some() && numbers.len() > 1 {
        let columns: Vec<&str> = numbers.iter().map(|at| headings[*at].as_str()).collect();
        return Err(MeasurementError::File(format!(
            "{name} names series and has several columns of numbers ({}); keep one",
            columns.join(", ")
        )));
    }
    let mut found = Read::default();
    for (place, record) in reader.records().enumerate() {
        let row = place + 2;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                found.refuse(issue(name, row, &headings[day_at], error.to_string(), "look at its quotes"));
                continue;
            }
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |at: usize| record.get(at).unwrap_or("").trim();
        let Ok(day) = cell(day_at).get(..10).unwrap_or(cell(day_at)).parse::<Date>() else {
            let problem = format!("{:?} is no day", cell(day_at));
            found.refuse(issue(name, row, &headings[day_at], problem, "write it as 2026-03-01"));
            continue;
        };
        for at in &numbers {
            let of = match series_at {
                Some(series) if cell(series).is_empty() => {
                    let problem = "no series is named".to_owned();
                    found.refuse(issue(name, row, &headings[series], problem, "write whose day it is"));
                    continue;
                }
                Some(series) => cell(series).to_owned(),
                None => headings[*at].clone(),
            };
            let text = cell(*at);
            // An empty cell is a day that is not known.
            if matches!(text, "" | "NA" | "NaN" | "null") {
                continue;
            }
            let Some(value) = number(text) else {
                let problem = format!("{text:?} is no number");
                found.refuse(issue(
                    name,
                    row,
                    &headings[*at],
                    problem,
                    "write 1204.5, or leave it empty where it is not known",
                ));
                continue;
            };
            match found.by_name.entry(of).or_default().entry(day_of(day)) {
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(value);
                }
                std::collections::btree_map::Entry::Occupied(held) if *held.get() == value => {}
                std::collections::btree_map::Entry::Occupied(held) => {
                    let problem = format!("{day} has {} already", held.get());
                    found.refuse(issue(name, row, &headings[*at], problem, "keep one row a day"));
                }
            }
        }
    }
    Ok(found)
}

/// Takes the series of a file: what is held already is not added again, and a day that is told otherwise now is put right.
///
/// Errors: `File` where nothing of it can be read; a field where it holds too many series or a name is too long.
pub async fn take(
    data: &DataDirectory,
    name: &str,
    bytes: &[u8],
    given: &FileGiven,
    actor: &str,
) -> Result<FileTaken, MeasurementError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(MeasurementError::File(format!("{name} has more than {} MB", FILE_BYTES_MAX >> 20)));
    }
    let found = read(name, bytes)?;
    if found.by_name.is_empty() {
        let first = found.issues.first().map_or_else(String::new, |issue| format!("; first: {issue}"));
        return Err(MeasurementError::File(format!("{name} has no row that can be kept{first}")));
    }
    if found.by_name.len() > SERIES_MAX {
        return Err(refused("file", format!("{} series are more than {SERIES_MAX}", found.by_name.len())));
    }
    let prefix = given.prefix.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut new = Vec::with_capacity(found.by_name.len());
    for (of, days) in &found.by_name {
        let full = if prefix.is_empty() { of.clone() } else { format!("{prefix} {of}") };
        let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
        if full.is_empty() || full.chars().count() > NAME_LETTERS_MAX {
            return Err(refused(
                "prefix",
                format!("the name {full:?} is empty or longer than {NAME_LETTERS_MAX} letters"),
            ));
        }
        new.push(NewSeries {
            name: full,
            counts_what: of.clone(),
            kind: given.kind,
            is_touched: given.is_touched,
            source: name.to_owned(),
            actor: actor.to_owned(),
            days: days.iter().map(|(day, value)| (*day, *value)).collect(),
        });
    }
    let taken = data.store.take_series(&new, data.now()).await?;
    Ok(FileTaken {
        series: taken.into_iter().zip(new).map(|((id, taken), new)| (id, new.name, taken)).collect(),
        issues: found.issues,
        refused: found.refused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_rows_are_named_with_row_and_column_and_the_good_ones_are_kept() {
        let file = "date,sessions,bookings\n2026-03-01,\"1,204\",7\nyesterday,1,2\n2026-03-02,many,8\n2026-03-03,,9\n2026-03-01,1204,6\n";
        let found = read("days.csv", file.as_bytes()).expect("reads");
        let said: Vec<(Option<u64>, Option<String>)> =
            found.issues.iter().map(|issue| (issue.row, issue.column.clone())).collect();
        let column = |name: &str| Some(name.to_owned());
        assert_eq!(said, [(Some(3), column("date")), (Some(4), column("sessions")), (Some(6), column("bookings"))]);
        let day = day_of(Date::constant(2026, 3, 1));
        assert_eq!(found.by_name["sessions"], BTreeMap::from([(day, 1204.0)]));
        assert_eq!(found.by_name["bookings"], BTreeMap::from([(day, 7.0), (day + 1, 8.0), (day + 2, 9.0)]));
    }

    #[test]
    fn a_row_a_day_and_region_and_other_separators_are_read_alike() {
        let file = "\u{feff}location;date;Y\nchicago;2026-01-01;3\nportland;2026-01-01;5\n;2026-01-02;5\n";
        let found = read("regions.csv", file.as_bytes()).expect("reads");
        assert_eq!(found.by_name.keys().collect::<Vec<_>>(), ["chicago", "portland"]);
        assert_eq!((found.refused, found.issues[0].row), (1, Some(4)));
        for (bytes, says) in [
            (&b"when,y\n2026-01-01,1\n"[..], "no column `date`"),
            (b"date\n2026-01-01\n", "no column of numbers"),
            (b"date,y\n2026-01-01,\xff\n", "row 2"),
        ] {
            let error = read("x.csv", bytes).expect_err("refused").to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in
            [("1,204", Some(1204.0)), ("1204.5", Some(1204.5)), ("-3", Some(-3.0)), ("1,2", None), ("inf", None)]
        {
            assert_eq!(number(text), value, "{text}");
        }
    }
}
