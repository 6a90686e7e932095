//! A file of paths, the way attribution tools exchange them: `ana>ben>ana` a row, how many bought, how many did not.
//!
//! Columns, by name and in any order; others are passed over:
//!
//! - `path`: names of creators in order of time, `>` between them; blanks around names do not count; empty: no touch.
//! - `conversions` (or `total_conversions`): how many of these journeys ended in an order, a whole number.
//! - `nulls` (or `non_conversions`, `total_null`): how many ended without one, a whole number; without the column 0.
//! - `value` (or `total_conversion_value`): what the orders are worth together, in whole units of one currency
//!   (`12.50`), below 0 for a refund; empty or without the column 0.
//! - `days_before`: days from each touch to the end, `>` between them, as many as names, not growing (`9>2.5>0`);
//!   empty: not known.
//!
//! Columns are parted by comma, semicolon or tab, whichever the heading uses; fields may stand in double quotes. Where
//! no days are given all touches count as made at the end: time decay then shares out as linear does, and no window
//! cuts anything. Creators are numbered by name, so the order of rows does not change a number.

use std::collections::BTreeMap;

use model::{Days, RowIssue, Timestamp};

use super::journeys::{AttributionError, Journey, Journeys, Touch, TouchKind};

const MICROSECONDS_A_DAY: f64 = 86_400e6;
/// A touch longer ago than this is a slip of the pen.
const DAYS_BEFORE_MAX: f64 = 36_500.0;

/// What a file of paths holds, and what in it could not be read.
#[derive(Clone, PartialEq, Debug)]
pub struct PathsFile {
    /// Names by number, ascending.
    pub creators: Vec<String>,
    /// One a row that could be read, in the order of the file.
    pub journeys: Vec<Journey>,
    /// Rows that say when each touch was made; the others' touches count as made at the end.
    pub rows_with_days: usize,
    /// Rows that were left out, and why.
    pub issues: Vec<RowIssue>,
}

impl PathsFile {
    /// The journeys checked, without a window. Errors: [`AttributionError`] where sums are too large.
    pub fn journeys(&self) -> Result<Journeys, AttributionError> {
        Journeys::within(Days(u32::MAX), self.creators.len() as u32, &self.journeys)
    }
}

/// Reads a file of paths; rows that cannot be read are left out and named.
///
/// Inputs: `file`, the name used in messages; `text`, heading and rows; `decimals`, how many digits a minor unit stands
/// behind the point (2 for cents, 0..=9). Output: journeys and issues, rows counted from 1 with the heading.
/// Errors: one [`RowIssue`] without a row when the heading lacks `path` or `conversions`. Cost: O(bytes log creators).
///
/// ```
/// use engine::measurement::attribution::paths::parse_paths;
/// let read = parse_paths("paths.csv", "path,conversions,nulls,value\nana > ben,2,7,19.9\nben,two,0,\n", 2).unwrap();
/// assert_eq!(read.creators, ["ana", "ben"]);
/// assert_eq!(read.journeys[0].value_minor_units, 1990);
/// assert_eq!(read.issues[0].row, Some(3));
/// ```
pub fn parse_paths(file: &str, text: &str, decimals: u32) -> Result<PathsFile, RowIssue> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = text.lines().next().unwrap_or("");
    let separator = [',', ';', '\t'].into_iter().max_by_key(|mark| (heading.matches(*mark).count(), *mark == ','));
    let mut rows = Rows { text, separator: separator.unwrap_or(','), row: 1 };
    let columns = Columns::find(file, rows.next().and_then(Result::ok).map_or(vec![], |line| line.fields))?;
    let reader = Reader { file, columns, decimals: decimals.min(9) };

    let (mut issues, mut read) = (vec![], vec![]);
    for fields in rows.by_ref() {
        match fields.map_err(|row| reader.issue(row, None, QUOTE_NOT_CLOSED)).and_then(|fields| reader.read(&fields)) {
            Ok(Some(row)) => read.push(row),
            Ok(None) => {}
            Err(issue) => issues.push(issue),
        }
    }
    Ok(number_creators(read, issues))
}

/// Numbers creators by name and makes journeys of the rows.
fn number_creators(rows: Vec<PathRow>, issues: Vec<RowIssue>) -> PathsFile {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for name in rows.iter().flat_map(|row| &row.names) {
        if !numbers.contains_key(name) {
            numbers.insert(name.clone(), 0);
        }
    }
    for (number, place) in numbers.values_mut().enumerate() {
        *place = number as u32;
    }
    let rows_with_days = rows.iter().filter(|row| row.days_before.is_some()).count();
    let journey = |row: PathRow| {
        let at = |place: usize| match &row.days_before {
            Some(days) => Timestamp((-days[place] * MICROSECONDS_A_DAY).round() as i64),
            None => Timestamp(0),
        };
        let touch =
            |(place, name): (usize, &String)| Touch { creator: numbers[name], at: at(place), kind: TouchKind::Link };
        Journey {
            touches: row.names.iter().enumerate().map(touch).collect(),
            ended_at: Timestamp(0),
            conversions: row.conversions,
            nulls: row.nulls,
            value_minor_units: row.value_minor_units,
            decided: None,
        }
    };
    let journeys = rows.into_iter().map(journey).collect();
    PathsFile { creators: numbers.into_keys().collect(), journeys, rows_with_days, issues }
}

/// One row of the file, read.
struct PathRow {
    names: Vec<String>,
    conversions: u64,
    nulls: u64,
    value_minor_units: i64,
    days_before: Option<Vec<f64>>,
}

/// What is wrong with a field, and what to write instead.
#[derive(Clone, Copy)]
struct Wrong {
    problem: &'static str,
    hint: &'static str,
}

const QUOTE_NOT_CLOSED: Wrong = Wrong {
    problem: "opens a quotation that the file does not close",
    hint: "put a double quote at the end of the field",
};
const NO_NAME: Wrong =
    Wrong { problem: "has no name between two marks", hint: "write names with one > between them, e.g. ana>ben>ana" };
const NOT_A_COUNT: Wrong = Wrong { problem: "is not a whole number of journeys", hint: "write e.g. 0 or 12" };
const NOT_AN_AMOUNT: Wrong = Wrong {
    problem: "is not an amount with at most as many digits behind the point as the currency has",
    hint: "write whole units without separators, e.g. 1234.50",
};
const NOT_DAYS: Wrong = Wrong {
    problem: "does not hold one number of days a touch, each at least 0 and none larger than the one before",
    hint: "write the days from each touch to the end, e.g. 9>2.5>0",
};

struct Columns {
    path: usize,
    conversions: usize,
    nulls: Option<usize>,
    value: Option<usize>,
    days_before: Option<usize>,
}

impl Columns {
    fn find(file: &str, heading: Vec<String>) -> Result<Columns, RowIssue> {
        let find = |names: &[&str]| {
            heading.iter().position(|column| names.iter().any(|name| column.trim().eq_ignore_ascii_case(name)))
        };
        let lacks = |column: &str| RowIssue {
            file: file.to_owned(),
            row: None,
            column: Some(column.to_owned()),
            problem: "is not in the heading".to_owned(),
            hint: "begin the file with a line such as path,conversions,nulls,value".to_owned(),
            refused: true,
        };
        Ok(Columns {
            path: find(&["path"]).ok_or_else(|| lacks("path"))?,
            conversions: find(&["conversions", "total_conversions"]).ok_or_else(|| lacks("conversions"))?,
            nulls: find(&["nulls", "non_conversions", "total_null"]),
            value: find(&["value", "total_conversion_value"]),
            days_before: find(&["days_before"]),
        })
    }
}

/// The fields of one row, and its number.
struct Fields {
    row: u64,
    fields: Vec<String>,
}

struct Reader<'a> {
    file: &'a str,
    columns: Columns,
    decimals: u32,
}

impl Reader<'_> {
    /// `None` for an empty line.
    fn read(&self, line: &Fields) -> Result<Option<PathRow>, RowIssue> {
        if line.fields.iter().all(|field| field.trim().is_empty()) && line.fields.len() <= 1 {
            return Ok(None);
        }
        let field = |column: usize| line.fields.get(column).map_or("", |field| field.trim());
        let optional = |column: Option<usize>| column.map_or("", field);
        let wrong = |column: &str, wrong| self.issue(line.row, Some(column), wrong);
        let names = names(field(self.columns.path)).ok_or_else(|| wrong("path", NO_NAME))?;
        let conversions = field(self.columns.conversions).parse().map_err(|_| wrong("conversions", NOT_A_COUNT))?;
        let nulls = match self.columns.nulls {
            Some(column) => field(column).parse().map_err(|_| wrong("nulls", NOT_A_COUNT))?,
            None => 0,
        };
        let value_minor_units =
            minor_units(optional(self.columns.value), self.decimals).ok_or_else(|| wrong("value", NOT_AN_AMOUNT))?;
        let days_before = match optional(self.columns.days_before) {
            "" => None,
            text => Some(days_before(text, names.len()).ok_or_else(|| wrong("days_before", NOT_DAYS))?),
        };
        Ok(Some(PathRow { names, conversions, nulls, value_minor_units, days_before }))
    }

    fn issue(&self, row: u64, column: Option<&str>, wrong: Wrong) -> RowIssue {
        RowIssue {
            file: self.file.to_owned(),
            row: Some(row),
            column: column.map(str::to_owned),
            problem: wrong.problem.to_owned(),
            hint: wrong.hint.to_owned(),
            refused: true,
        }
    }
}

/// `None` where a name is missing; an empty path has no names.
fn names(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(vec![]);
    }
    path.split('>').map(|name| Some(name.trim().to_owned()).filter(|name| !name.is_empty())).collect()
}

/// An amount in whole units as minor units, digit by digit; `None` when it is none or does not fit. Empty is 0.
fn minor_units(amount: &str, decimals: u32) -> Option<i64> {
    if amount.is_empty() {
        return Some(0);
    }
    let unsigned = amount.strip_prefix('-').unwrap_or(amount);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) && !whole.is_empty();
    if !is_number || fraction.len() > decimals as usize {
        return None;
    }
    let digits = format!("{whole}{fraction:0<width$}", width = decimals as usize);
    let units: i64 = digits.parse().ok()?;
    Some(if unsigned.len() < amount.len() { -units } else { units })
}

fn days_before(text: &str, touches: usize) -> Option<Vec<f64>> {
    let days: Vec<f64> = text.split('>').map(|days| days.trim().parse().ok()).collect::<Option<_>>()?;
    let is_each = days.len() == touches && days.iter().all(|days| (0.0..=DAYS_BEFORE_MAX).contains(days));
    let is_falling = days.windows(2).all(|pair| pair[0] >= pair[1]);
    (is_each && is_falling).then_some(days)
}

/// Goes over a text of separated fields; the error is the row in which a quotation begins that is never closed.
struct Rows<'a> {
    text: &'a str,
    separator: char,
    row: u64,
}

impl Iterator for Rows<'_> {
    type Item = Result<Fields, u64>;

    fn next(&mut self) -> Option<Result<Fields, u64>> {
        if self.text.is_empty() {
            return None;
        }
        let row = self.row;
        let (mut fields, mut field, mut is_quoted) = (vec![], String::new(), false);
        let mut marks = self.text.char_indices().peekable();
        while let Some((_, mark)) = marks.next() {
            self.row += u64::from(mark == '\n');
            match mark {
                '"' if is_quoted && marks.next_if(|(_, next)| *next == '"').is_some() => field.push('"'),
                '"' if is_quoted => is_quoted = false,
                '"' if field.is_empty() => is_quoted = true,
                _ if is_quoted => field.push(mark),
                '\n' => break,
                '\r' if marks.peek().is_none_or(|(_, next)| *next == '\n') => {}
                _ if mark == self.separator => fields.push(std::mem::take(&mut field)),
                _ => field.push(mark),
            }
        }
        let read = marks.peek().map_or(self.text.len(), |(at, _)| *at);
        self.text = &self.text[read..];
        if is_quoted {
            return Some(Err(row));
        }
        fields.push(field);
        Some(Ok(Fields { row, fields }))
    }
}

#[cfg(test)]
mod tests;
