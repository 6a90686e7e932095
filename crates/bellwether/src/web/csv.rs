//! Tables as CSV downloads: quoted where needed, and never a formula in a cell that came from outside.

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use model::{Estimate, Unit};

use crate::clock;

/// The parts of an estimate, as they end each column's name.
pub const PARTS: [&str; 13] = [
    "value",
    "lo",
    "hi",
    "level",
    "n",
    "n_of",
    "unit",
    "method",
    "version",
    "as_of",
    "grade",
    "grade_words",
    "not_known",
];

/// A table being written.
pub struct Sheet {
    writer: csv::Writer<Vec<u8>>,
}

impl Sheet {
    pub fn new(headings: &[&str]) -> Sheet {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(headings).expect("writing to memory");
        Sheet { writer }
    }

    /// More rows of a table that was begun: without headings.
    pub fn more() -> Sheet {
        Sheet { writer: csv::Writer::from_writer(Vec::new()) }
    }

    /// Adds a row; a cell that a spreadsheet would take for a formula gets an apostrophe before it, and so does one that
    /// looks as if it had got one: [`as_typed`] gives every cell back.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for cell in cells {
            let cell = cell.as_ref();
            if is_formula(cell.trim_start_matches('\'')) {
                self.writer.write_field(format!("'{cell}")).expect("writing to memory");
            } else {
                self.writer.write_field(cell).expect("writing to memory");
            }
        }
        self.writer.write_record(None::<&[u8]>).expect("writing to memory");
    }

    /// The bytes of the table, as spreadsheets and programs read them: UTF-8 with a comma.
    pub fn bytes(self) -> Vec<u8> {
        self.writer.into_inner().expect("writing to memory")
    }

    /// The answer that a browser saves under `name`.
    pub fn download(self, name: &str) -> Response {
        (headers(name), self.bytes()).into_response()
    }
}

/// What lets a browser save a table under `name`.
pub fn headers(name: &str) -> [(HeaderName, String); 2] {
    [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, attachment(name))]
}

/// Says that an answer is to be saved under `name`, in letters that every system takes.
pub(super) fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
        .collect();
    format!("attachment; filename=\"{plain}\"")
}

/// Whether a spreadsheet would run the cell: it begins with a formula's sign and is not simply a number.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']) && cell.parse::<f64>().is_err()
}

/// A cell of a downloaded table as it was before the apostrophe that kept it from being a formula.
pub fn as_typed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Adds an estimate's [`PARTS`]; `without` says why there is none.
pub fn push_estimate(cells: &mut Vec<String>, estimate: Option<&Estimate>, without: &str) {
    let Some(estimate) = estimate else {
        cells.extend(std::iter::repeat_n(String::new(), PARTS.len() - 1));
        cells.push(without.to_owned());
        return;
    };
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let unit = match estimate.unit {
        Unit::Money(currency) => format!("{currency} minor units"),
        unit => serde_json::to_value(unit).ok().and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default(),
    };
    cells.extend([
        number(estimate.value),
        number(estimate.lo),
        number(estimate.hi),
        estimate.level.to_string(),
        estimate.n.to_string(),
        estimate.n_of.clone(),
        unit,
        estimate.method.clone(),
        estimate.version.to_string(),
        estimate.as_of.map(clock::iso).unwrap_or_default(),
        estimate.grade.letter().to_owned(),
        estimate.grade.words().to_owned(),
        estimate.not_known.clone().unwrap_or_default(),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Explanation, Unit};

    #[test]
    fn an_estimate_fills_exactly_its_columns_known_or_not() {
        let known = Estimate::known(1.0, 0.5, 2.0, 9, "buyers", "m", Explanation::leaf("x", Some(1.0), Unit::People));
        let unknown = Estimate::not_known(Unit::Percent, "m", 0, "posts", "likes are hidden");
        for estimate in [None, Some(&known), Some(&unknown)] {
            let mut cells = Vec::new();
            push_estimate(&mut cells, estimate, "nothing is held");
            assert_eq!(cells.len(), PARTS.len());
        }
    }

    #[test]
    fn what_was_kept_from_being_a_formula_is_read_back_as_it_was_typed() {
        for typed in ["=1+1", "'=1+1", "''=1+1", "'tis", "'", "-1.5", "'-1.5", "@ana", "plain", ""] {
            let mut sheet = Sheet::new(&["cell", "next"]);
            sheet.row([typed, ""]);
            let bytes = sheet.bytes();
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let row = reader.records().next().expect("a row").expect("reads");
            assert_eq!(as_typed(&row[0]), typed);
        }
    }

    #[test]
    fn a_cell_is_never_a_formula_and_numbers_stay_numbers() {
        let mut sheet = Sheet::new(&["name", "value"]);
        sheet.row(["=HYPERLINK(\"http://x\")", "-1.5"]);
        sheet.row(["@ana", "a, \"b\""]);
        let text = String::from_utf8(sheet.bytes()).expect("UTF-8");
        assert_eq!(text, "name,value\n\"'=HYPERLINK(\"\"http://x\"\")\",-1.5\n'@ana,\"a, \"\"b\"\"\"\n");
    }
}
