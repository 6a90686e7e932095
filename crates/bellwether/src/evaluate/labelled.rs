//! Labelled profiles and comments in CSV files, as the evaluations read them: columns by name, others left alone.

use std::path::Path;

use anyhow::Context;
use engine::vetting::accounts::columns::Column;
use engine::vetting::accounts::{AccountRow, LabelledAccount};

/// A file's rows by heading.
struct Table {
    place: String,
    headings: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    fn read(path: &Path) -> anyhow::Result<Table> {
        let place = path.display().to_string();
        let mut reader =
            csv::ReaderBuilder::new().from_path(path).with_context(|| format!("{place} cannot be opened"))?;
        let headings = reader.headers().with_context(|| format!("{place} has no headings"))?;
        let headings = headings.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_lowercase()).collect();
        let rows = reader.records().collect::<Result<Vec<_>, _>>().with_context(|| {
            format!("{place} cannot be read\nhint: it needs a line of headings, commas, and text in UTF-8")
        })?;
        Ok(Table { place, headings, rows })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.headings.iter().position(|heading| heading == name)
    }

    fn needed(&self, name: &str) -> anyhow::Result<usize> {
        self.column(name).with_context(|| {
            format!("{} has no column {name:?}; its columns are {}", self.place, self.headings.join(", "))
        })
    }

    /// Where a cell is, for people: the first row below the headings is row 2.
    fn at(&self, row: usize, column: usize) -> String {
        format!("row {} of {}: column `{}`", row + 2, self.place, self.headings[column])
    }

    fn cell(&self, row: usize, column: usize) -> &str {
        self.rows[row].get(column).unwrap_or("").trim()
    }

    /// A number of 0 or more; an empty cell is not known.
    fn number(&self, row: usize, column: usize) -> anyhow::Result<Option<f64>> {
        let text = self.cell(row, column);
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let wrong = || format!("{} is {text:?}; write a number of 0 or more, or leave it empty", self.at(row, column));
        number.map(Some).with_context(wrong)
    }

    /// A yes or no; an empty cell is not known.
    fn flag(&self, row: usize, column: usize) -> anyhow::Result<Option<bool>> {
        Ok(match self.cell(row, column).to_lowercase().as_str() {
            "" => None,
            "1" | "1.0" | "true" | "yes" => Some(true),
            "0" | "0.0" | "false" | "no" => Some(false),
            text => anyhow::bail!("{} is {text:?}; write 1 or 0", self.at(row, column)),
        })
    }

    fn label(&self, row: usize, column: usize) -> anyhow::Result<bool> {
        self.flag(row, column)?.with_context(|| format!("{} is empty; every row needs a label", self.at(row, column)))
    }
}

/// Labelled profiles: the columns of [`Column`] and `is_fake`; a column that is not there is not known.
pub fn read_accounts(path: &Path) -> anyhow::Result<Vec<LabelledAccount>> {
    let table = Table::read(path)?;
    let label = table.needed("is_fake")?;
    let places = Column::ALL.map(|column| (column, table.column(column.name())));
    if places.iter().all(|(_, place)| place.is_none()) {
        let names = Column::ALL.map(Column::name).join(", ");
        anyhow::bail!("{} has none of the columns that say something of a profile: {names}", table.place);
    }
    let account = |row: usize| {
        let mut account = AccountRow::default();
        for (column, place) in places {
            let Some(place) = place else { continue };
            match column {
                Column::HasPicture => account.has_picture = table.flag(row, place)?,
                Column::IsPrivate => account.is_private = table.flag(row, place)?,
                _ => {
                    let number = table.number(row, place)?;
                    match column {
                        Column::Followers => account.followers = number,
                        Column::Followings => account.followings = number,
                        Column::Posts => account.posts = number,
                        Column::BioLength => account.bio_length = number,
                        Column::HandleLength => account.handle_length = number,
                        _ => account.handle_digits = number,
                    }
                }
            }
        }
        Ok(LabelledAccount { row: account, is_fake: table.label(row, label)? })
    };
    (0..table.rows.len()).map(account).collect()
}

/// Several files, one after the other.
pub fn read_all_accounts(paths: &[std::path::PathBuf]) -> anyhow::Result<Vec<LabelledAccount>> {
    let read: Vec<Vec<LabelledAccount>> =
        paths.iter().map(|path| read_accounts(path)).collect::<anyhow::Result<_>>()?;
    Ok(read.concat())
}

/// A labelled comment with the group it stands in; without a group column all stand in one.
pub struct CommentRow {
    pub text: String,
    pub is_spam: bool,
    pub group: String,
}

/// Labelled comments: `text`, `is_spam` and, where one is named, the column that groups them.
pub fn read_comments(path: &Path, group: Option<&str>) -> anyhow::Result<Vec<CommentRow>> {
    let table = Table::read(path)?;
    let (text, label) = (table.needed("text")?, table.needed("is_spam")?);
    let group = group.map(|name| table.needed(&name.to_lowercase())).transpose()?;
    let comment = |row: usize| {
        Ok(CommentRow {
            text: table.rows[row].get(text).unwrap_or("").to_owned(),
            is_spam: table.label(row, label)?,
            group: group.map(|column| table.cell(row, column).to_owned()).unwrap_or_default(),
        })
    };
    (0..table.rows.len()).map(comment).collect()
}
