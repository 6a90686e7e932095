//! Tables as one workbook for spreadsheets: a sheet each, numbers as numbers, and every text as text, never as a formula.

use axum::http::{HeaderName, header};
use model::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::csv::{Sheet, as_typed, attachment};

/// What spreadsheets take a workbook by.
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The longest text that a cell may hold, in UTF-16 units.
const CELL_UNITS_MAX: usize = 32_767;
/// Whole numbers of more digits than spreadsheets keep stay texts.
const WHOLE_MAX: f64 = 1e15;
/// A column is made no wider for the longest of its texts, in pixels.
const COLUMN_PIXELS_MAX: u32 = 420;

/// A workbook of tables that are offered as CSV too, in order, each with the name of its sheet (at most 31 letters). A column is of
/// numbers where each of its cells is one as a program writes it: `007` and a name of digits with a letter stay texts. The same tables
/// as of the same moment make the same bytes.
///
/// # Errors
/// Where a table has more rows than a sheet may have, or a name cannot name one.
pub fn workbook(as_of: Timestamp, tables: Vec<(&str, Sheet)>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_timestamp(as_of.0.div_euclid(1_000_000))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for (name, table) in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        put(sheet, table)?;
    }
    book.save_to_buffer()
}

/// What lets a browser save a workbook under `name`.
pub fn headers(name: &str) -> [(HeaderName, String); 2] {
    [(header::CONTENT_TYPE, KIND.to_owned()), (header::CONTENT_DISPOSITION, attachment(name))]
}

fn put(sheet: &mut Worksheet, table: Sheet) -> Result<(), XlsxError> {
    let bytes = table.bytes();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("what was written is read");
    let columns = rows.first().map_or(0, csv::StringRecord::len);
    let of_numbers: Vec<bool> = (0..columns)
        .map(|column| {
            rows.iter().skip(1).filter_map(|row| row.get(column)).all(|cell| cell.is_empty() || is_number(cell))
        })
        .collect();
    let heading = Format::new().set_bold();
    for (at, row) in (0..).zip(&rows) {
        for ((column, cell), is_of_numbers) in (0..).zip(row).zip(&of_numbers) {
            match cell {
                _ if at == 0 => sheet.write_string_with_format(at, column, cell, &heading)?,
                "" => continue,
                number if *is_of_numbers => {
                    sheet.write_number(at, column, number.parse::<f64>().expect("looked at before"))?
                }
                text => sheet.write_string(at, column, as_held(as_typed(text)))?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_autofit_max_width(COLUMN_PIXELS_MAX);
    sheet.autofit();
    Ok(())
}

/// Whether a cell is a number that is the same when a spreadsheet shows it.
fn is_number(cell: &str) -> bool {
    let Ok(number) = cell.parse::<f64>() else { return false };
    number.is_finite() && number.to_string() == cell && (number.fract() != 0.0 || number.abs() < WHOLE_MAX)
}

/// A text as a cell may hold it: what is beyond the longest is left out, and that is said.
fn as_held(text: &str) -> String {
    if text.len() <= CELL_UNITS_MAX || text.encode_utf16().count() <= CELL_UNITS_MAX {
        return text.to_owned();
    }
    const CUT: &str = " (the rest does not fit into a cell; the CSV has it)";
    let (mut held, mut units) = (String::new(), CUT.len());
    for letter in text.chars() {
        units += letter.len_utf16();
        if units > CELL_UNITS_MAX {
            break;
        }
        held.push(letter);
    }
    held + CUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_only_where_nothing_is_lost_by_taking_it_for_one() {
        for number in ["0", "-1.5", "17", "0.1", "999999999999999"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["007", "1e5", "+1", "1.50", "", "NaN", "inf", "9007199254740993", "ana", "12 EUR", "-0.0x"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn the_longest_text_is_cut_with_a_word_and_by_whole_letters() {
        assert_eq!(as_held("short"), "short");
        let long = as_held(&"ä😀".repeat(20_000));
        assert!(long.encode_utf16().count() <= CELL_UNITS_MAX && long.ends_with("the CSV has it)"), "{}", long.len());
    }

    const AS_OF: Timestamp = Timestamp(1_790_000_000_000_000);

    #[test]
    fn a_workbook_is_made_of_tables_and_the_same_ones_make_the_same_bytes() {
        let table = || {
            let mut sheet = Sheet::new(&["name", "value"]);
            sheet.row(["=1+1", "-2.5"]);
            sheet.row(["Ana", ""]);
            sheet
        };
        let bytes = workbook(AS_OF, vec![("One", table()), ("Two", table())]).expect("a workbook");
        assert!(bytes.starts_with(b"PK"), "it is a zip file");
        assert_eq!(bytes, workbook(AS_OF, vec![("One", table()), ("Two", table())]).expect("the same"));
        assert!(workbook(AS_OF, vec![("a name that is longer than a sheet's may be", table())]).is_err());
    }
}
