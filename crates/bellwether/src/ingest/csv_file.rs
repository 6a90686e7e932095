//! Opening a CSV file as people have them: a byte-order mark, semicolons or tabs, UTF-16 from a spreadsheet, headings
//! in any case; and naming each row and column in what is said about it.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use model::RowIssue;

use super::IngestError;

/// An opened CSV file with its headings.
pub struct CsvFile {
    pub name: String,
    pub headings: Vec<String>,
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
}

/// One row, with its number as an editor counts lines of a table (the heading is row 1).
pub struct CsvRow<'a> {
    pub number: u64,
    record: &'a csv::ByteRecord,
}

/// What came next in the file.
pub enum Next<'a> {
    Row(CsvRow<'a>),
    /// A row that cannot be read as one.
    Bad(RowIssue),
    End,
}

impl CsvFile {
    /// Opens a file and reads its headings. Refuses an empty file and one that is no text at all.
    pub fn open(place: &Path) -> Result<CsvFile, IngestError> {
        let name = file_name(place);
        let mut file = std::fs::File::open(place).map_err(|error| IngestError::from_io(place, &error))?;
        let mut start = vec![0u8; 64 * 1024];
        let read = read_up_to(&mut file, &mut start).map_err(|error| IngestError::from_io(place, &error))?;
        start.truncate(read);
        file.seek(SeekFrom::Start(0)).map_err(|error| IngestError::from_io(place, &error))?;
        if start.is_empty() {
            return Err(IngestError::refused(
                place.display(),
                "the file is empty",
                "choose a file with a heading and rows",
            ));
        }
        let (input, head): (Box<dyn Read + Send>, Vec<u8>) =
            if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
                let text = decode_utf16(file).map_err(|error| IngestError::from_io(place, &error))?;
                let head = text.as_bytes()[..text.len().min(64 * 1024)].to_vec();
                (Box::new(std::io::Cursor::new(text.into_bytes())), head)
            } else if start.contains(&0) {
                return Err(IngestError::refused(
                    place.display(),
                    "this is not a text file",
                    "export the table as CSV (UTF-8) and import that file",
                ));
            } else {
                let mut file = BufReader::with_capacity(1 << 20, file);
                if start.starts_with(&[0xef, 0xbb, 0xbf]) {
                    file.seek_relative(3).map_err(|error| IngestError::from_io(place, &error))?;
                    start.drain(..3);
                }
                (Box::new(file), start)
            };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter_of(&head))
            .flexible(true)
            .buffer_capacity(1 << 20)
            .from_reader(input);
        let headings = reader
            .byte_headers()
            .map_err(|error| IngestError::refused(place.display(), error.to_string(), "check that it is a CSV file"))?
            .iter()
            .map(|heading| String::from_utf8_lossy(heading).trim().to_owned())
            .collect();
        Ok(CsvFile { name, headings, reader, record: csv::ByteRecord::new() })
    }

    /// Where a column stands, by its heading in any case.
    pub fn column(&self, heading: &str) -> Option<usize> {
        self.headings.iter().position(|known| known.eq_ignore_ascii_case(heading))
    }

    /// Where a column stands; refuses a file that lacks it, naming the headings it has.
    pub fn required_column(&self, heading: &str, place: &Path, layout: &str) -> Result<usize, IngestError> {
        self.column(heading).ok_or_else(|| {
            IngestError::refused(
                place.display(),
                format!("there is no column `{heading}`; the headings are: {}", self.headings.join(", ")),
                format!("this layout has the columns {layout}; for other headings use `bellwether ingest csv`"),
            )
        })
    }

    /// How far into the file reading has come.
    pub fn bytes_read(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row. Rows that end too early or are no UTF-8 are reported, not taken.
    pub fn next_row(&mut self) -> Result<Next<'_>, IngestError> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => Ok(Next::End),
            Ok(true) => {
                let number = self.record.position().map_or(0, csv::Position::record) + 1;
                if self.record.len() < self.headings.len() {
                    return Ok(Next::Bad(RowIssue {
                        file: self.name.clone(),
                        row: Some(number),
                        column: self.headings.get(self.record.len()).cloned(),
                        problem: format!(
                            "is missing: the row has {} of {} columns",
                            self.record.len(),
                            self.headings.len()
                        ),
                        hint: "the row may be cut off, or a quote may be left open".into(),
                        refused: true,
                    }));
                }
                Ok(Next::Row(CsvRow { number, record: &self.record }))
            }
            Err(error) => Err(IngestError::refused(
                &self.name,
                format!("reading stopped: {error}"),
                "check that the file is complete; nothing of it was kept",
            )),
        }
    }
}

impl CsvRow<'_> {
    /// A cell as text without blanks around it; `None` when its bytes are not UTF-8.
    pub fn text(&self, column: usize) -> Option<&str> {
        let cell = self.record.get(column)?;
        std::str::from_utf8(cell).ok().map(str::trim)
    }

    /// What is said of a cell whose bytes are not UTF-8.
    pub fn not_utf8(&self, file: &str, heading: &str) -> RowIssue {
        self.issue(
            file,
            heading,
            "is not UTF-8 text",
            "save the file as UTF-8 (in a spreadsheet: save as \"CSV UTF-8\") and import it again",
        )
    }

    /// A refused row.
    pub fn issue(&self, file: &str, heading: &str, problem: impl Into<String>, hint: impl Into<String>) -> RowIssue {
        RowIssue {
            file: file.to_owned(),
            row: Some(self.number),
            column: Some(heading.to_owned()),
            problem: problem.into(),
            hint: hint.into(),
            refused: true,
        }
    }
}

/// The last part of a path, as people call a file.
pub fn file_name(place: &Path) -> String {
    place.file_name().map_or_else(|| place.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Whole numbers as people write them: `1234`, `1,234`, `1.234`, `1 234`, `12.5k`, `1.2M`. Unknown is `Ok(None)`.
pub fn parse_count(cell: &str) -> Result<Option<i64>, String> {
    let cell = cell.trim();
    if cell.is_empty()
        || ["-", "n/a", "na", "null", "none", "unknown"].iter().any(|word| cell.eq_ignore_ascii_case(word))
    {
        return Ok(None);
    }
    let (digits, factor) = match cell.chars().last() {
        Some('k' | 'K') => (&cell[..cell.len() - 1], 1_000.0),
        Some('m' | 'M') => (&cell[..cell.len() - 1], 1_000_000.0),
        _ => (cell, 1.0),
    };
    let refused = || format!("is not a whole number: {cell:?}");
    if factor > 1.0 {
        let value: f64 = digits.trim().replace(',', ".").parse().map_err(|_| refused())?;
        return if value >= 0.0 { Ok(Some((value * factor).round() as i64)) } else { Err(refused()) };
    }
    let groups: Vec<&str> = digits.split([',', '.', ' ', '\u{a0}', '\'']).collect();
    let grouped = groups.len() > 1 && groups[1..].iter().all(|group| group.len() == 3);
    let plain = if groups.len() == 1 || grouped { groups.concat() } else { return Err(refused()) };
    match plain.parse::<i64>() {
        Ok(value) if value >= 0 => Ok(Some(value)),
        _ => Err(refused()),
    }
}

fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        let read = input.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        filled += read;
    }
    Ok(filled)
}

/// The separator that the first line uses most.
fn delimiter_of(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or(head);
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|separator| (count(*separator), *separator == b',')).unwrap_or(b',')
}

/// Text that a spreadsheet saved as UTF-16, told by its byte-order mark.
fn decode_utf16(mut file: std::fs::File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let (encoding, _) = encoding_rs::Encoding::for_bom(&bytes).unwrap_or((encoding_rs::UTF_16LE, 2));
    let (text, _, _) = encoding.decode(&bytes);
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them_and_unknown_is_not_zero() {
        let cases = [
            ("1234", Ok(Some(1234))),
            ("1,234", Ok(Some(1234))),
            ("1.234.567", Ok(Some(1_234_567))),
            ("12.5k", Ok(Some(12_500))),
            ("1,2M", Ok(Some(1_200_000))),
            ("", Ok(None)),
            ("n/a", Ok(None)),
        ];
        for (cell, expected) in cases {
            assert_eq!(parse_count(cell), expected, "{cell}");
        }
        for wrong in ["3.2", "-5", "many", "1,23"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_separator_is_the_one_the_heading_uses() {
        assert_eq!(delimiter_of(b"a;b;c\n1,2;3;4"), b';');
        assert_eq!(delimiter_of(b"a\tb\n"), b'\t');
        assert_eq!(delimiter_of(b"account\n"), b',');
    }
}
