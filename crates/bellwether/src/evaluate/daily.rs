//! Daily series in CSV files, as the evaluations of lift read them: one series, or many named in a column.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use crate::clock::{DateCell, parse_date_cell};

/// A file of one or many series: the number columns by heading, a value a day; `None` where a cell is empty or a day is missing.
pub struct DailyTable {
    pub place: String,
    pub columns: Vec<String>,
    /// By the column `series`; one named "" without it.
    pub series: BTreeMap<String, DailySeries>,
}

/// One series with all number columns of its file.
#[derive(Clone, Debug, Default)]
pub struct DailySeries {
    /// 0 to 6 of the first row, counted from any day; `None` where rows are not a day apart.
    first_weekday: Option<u8>,
    /// A column after the other, as long as the series.
    pub values: Vec<Vec<Option<f64>>>,
}

/// A longer gap is a mistyped date rather than a gap.
const MISSING_MAX: i64 = 3_660;
const SERIES: [&str; 2] = ["series", "location"];
const DAYS: [&str; 5] = ["day", "date", "time", "week", "year"];

struct Row {
    series: String,
    day: Option<i64>,
    values: Vec<Option<f64>>,
}

impl DailyTable {
    pub fn read(path: &Path) -> anyhow::Result<DailyTable> {
        let place = path.display().to_string();
        let mut reader =
            csv::ReaderBuilder::new().from_path(path).with_context(|| format!("{place} cannot be opened"))?;
        let headings: Vec<String> = reader
            .headers()
            .with_context(|| format!("{place} has no headings"))?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let named =
            |names: &[&str]| headings.iter().position(|heading| names.contains(&heading.to_lowercase().as_str()));
        let (series_at, day_at) = (named(&SERIES), named(&DAYS));
        let numbers: Vec<usize> =
            (0..headings.len()).filter(|at| Some(*at) != series_at && Some(*at) != day_at).collect();
        anyhow::ensure!(
            !numbers.is_empty(),
            "{place} has no column of numbers; its columns are {}",
            headings.join(", ")
        );
        let mut rows = Vec::new();
        for (number, record) in reader.records().enumerate() {
            let record = record.with_context(|| {
                format!("{place} cannot be read\nhint: it needs a line of headings, commas, and text in UTF-8")
            })?;
            let cell = |at: usize| record.get(at).unwrap_or("").trim();
            let wrong = |at: usize, hint: &str| {
                format!("row {} of {place}: column `{}` is {:?}; {hint}", number + 2, headings[at], cell(at))
            };
            let day = match day_at {
                None => None,
                Some(at) => Some(
                    day_of(cell(at)).with_context(|| wrong(at, "write a whole number or a date such as 2026-03-01"))?,
                ),
            };
            let value = |at: usize| match cell(at) {
                "" | "NA" | "NaN" => Ok(None),
                text => text
                    .parse::<f64>()
                    .ok()
                    .filter(|value| value.is_finite())
                    .map(Some)
                    .with_context(|| wrong(at, "write a number, or leave it empty")),
            };
            let values = numbers.iter().map(|at| value(*at)).collect::<anyhow::Result<Vec<_>>>()?;
            rows.push(Row { series: series_at.map_or("", cell).to_owned(), day, values });
        }
        let columns = numbers.into_iter().map(|at| headings[at].clone()).collect();
        DailyTable::of(place, columns, rows)
    }

    fn of(place: String, columns: Vec<String>, rows: Vec<Row>) -> anyhow::Result<DailyTable> {
        let mut by_series: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows {
            by_series.entry(row.series.clone()).or_default().push(row);
        }
        let mut series = BTreeMap::new();
        for (name, mut rows) in by_series {
            rows.sort_by_key(|row| row.day);
            let step = usual_step(&rows);
            let first = rows[0].day.unwrap_or(0).rem_euclid(7) as u8;
            let first_weekday = (step == 1).then_some(first);
            let mut made = DailySeries { first_weekday, values: vec![Vec::new(); columns.len()] };
            let mut before: Option<i64> = None;
            for row in rows {
                if let (Some(before), Some(day)) = (before, row.day) {
                    anyhow::ensure!(before != day, "{place} has two rows of one day in the series {name:?}");
                    // A day without a row is a day that is not known.
                    let missing = ((day - before) as f64 / step as f64).round() as i64 - 1;
                    anyhow::ensure!(
                        missing <= MISSING_MAX,
                        "{place}: {missing} rows are missing after day {before} of the series {name:?}; more than {MISSING_MAX} \
                         are no series any more"
                    );
                    for values in &mut made.values {
                        values.extend((0..missing).map(|_| None));
                    }
                }
                before = row.day;
                for (values, value) in made.values.iter_mut().zip(row.values) {
                    values.push(value);
                }
            }
            series.insert(name, made);
        }
        anyhow::ensure!(!series.is_empty(), "{place} has no rows");
        Ok(DailyTable { place, columns, series })
    }

    /// The place of a column among the number columns, also in another case.
    pub fn column(&self, name: &str) -> anyhow::Result<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))).with_context(|| {
            format!("{} has no column {name:?}; its columns of numbers are {}", self.place, self.columns.join(", "))
        })
    }

    /// The column `y`, or the first one.
    pub fn usual_response(&self) -> usize {
        self.column("y").unwrap_or(0)
    }
}

impl DailySeries {
    /// A column without holes: a control has to be known on every day.
    pub fn whole(&self, column: usize) -> Option<Vec<f64>> {
        self.values[column].iter().copied().collect()
    }

    /// 0 to 6 of the first row; `None` where rows are weeks, months or years, which have no weekdays.
    pub fn first_weekday(&self) -> Option<u8> {
        self.first_weekday
    }
}

/// Days between rows: 1, unless most rows lie further apart (years, weeks).
fn usual_step(rows: &[Row]) -> i64 {
    let mut gaps: Vec<i64> =
        rows.windows(2).filter_map(|pair| Some(pair[1].day? - pair[0].day?)).filter(|gap| *gap > 0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1)
}

fn day_of(text: &str) -> Option<i64> {
    if let Ok(day) = text.parse::<i64>() {
        return Some(day);
    }
    match parse_date_cell(text, None) {
        DateCell::At(at) => Some(i64::from(at.day())),
        _ => None,
    }
}
