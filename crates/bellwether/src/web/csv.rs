//! Tables as CSV downloads: quoted where needed, and never a formula in a cell that came from outside.

use axum::http::header;
use axum::response::{IntoResponse, Response};

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

    /// Adds a row; a cell that a spreadsheet would take for a formula gets an apostrophe before it.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for cell in cells {
            let cell = cell.as_ref();
            if is_formula(cell) {
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
        let plain: String = name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
            .collect();
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}\"")),
        ];
        (headers, self.bytes()).into_response()
    }
}

/// Whether a spreadsheet would run the cell: it begins with a formula's sign and is not simply a number.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']) && cell.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_numbers_stay_numbers() {
        let mut sheet = Sheet::new(&["name", "value"]);
        sheet.row(["=HYPERLINK(\"http://x\")", "-1.5"]);
        sheet.row(["@ana", "a, \"b\""]);
        let text = String::from_utf8(sheet.bytes()).expect("UTF-8");
        assert_eq!(text, "name,value\n\"'=HYPERLINK(\"\"http://x\"\")\",-1.5\n'@ana,\"a, \"\"b\"\"\"\n");
    }
}
