//! People from a CSV file onto a shortlist: each row names somebody held here, with a note, an owner and columns where the
//! file has them. A row that cannot be taken is told with its place and what to do; the others are taken.

mod sheet;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use model::{AccountId, RowIssue, Timestamp};
use serde::Serialize;
use store::{Shortlist, ShortlistMember, ShortlistRows};

use super::changes::{NOTE_LETTERS_MAX, VALUE_LETTERS_MAX, change, people_words, set_value};
use super::columns::{WhichColumn, column_to_fill, named};
use super::{WhichList, list_named, list_to_add_to, one_line, owner_name, paragraphs, refuse_overfull, usable_name};
use crate::clock::{self, DateCell};
use crate::creators::{CreatorName, CreatorsError, name_of, named_like, names};
use crate::data_directory::DataDirectory;
use crate::web::lists::picked_on_words;
use sheet::{Named, Row, Sheet, naming, read, refusal, unreadable};

/// Up to so many names are looked up one by one; for more, all names are read once.
const LOOKED_UP_ONE_BY_ONE_MAX: usize = 50;

/// Whether the list is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Run {
    Dry,
    Real,
}

/// What a file brought.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Imported {
    /// `None` where a dry run would begin the list.
    pub list: Option<i64>,
    pub name: String,
    pub rows: u64,
    pub added: u64,
    /// On the list before, with something changed.
    pub changed: u64,
    /// On the list before, with nothing changed.
    pub same: u64,
    pub refused: Vec<RowIssue>,
    /// Of the refused, those that name somebody who is not held.
    pub not_held: u64,
    /// Columns of the list that the file fills.
    pub columns: Vec<String>,
    /// Headings that nothing was taken from.
    pub not_taken: Vec<String>,
    pub dry_run: bool,
    #[serde(skip)]
    pub undo: Option<String>,
}

/// Everybody who may be meant by a name, looked up once for the whole file.
struct Directory {
    held: HashMap<AccountId, CreatorName>,
    by_name: HashMap<String, Vec<CreatorName>>,
}

impl Directory {
    async fn of(data: &DataDirectory, rows: &[Vec<Named>]) -> Result<Directory, CreatorsError> {
        let accounts: Vec<AccountId> = rows.iter().flatten().flat_map(|named| named.accounts.iter().copied()).collect();
        let held = names(data, accounts).await?;
        let is_found = |named: &Vec<Named>| {
            named.iter().any(|named| named.accounts.iter().any(|account| held.contains_key(account)))
        };
        let wanted: HashSet<String> = (rows.iter().filter(|row| !is_found(row)).flatten())
            .filter(|named| !named.text.is_empty())
            .map(|named| named.text.to_lowercase())
            .collect();
        let candidates = match wanted.len() {
            0 => vec![],
            some if some <= LOOKED_UP_ONE_BY_ONE_MAX => {
                let mut found = vec![];
                for text in &wanted {
                    found.extend(named_like(data, text, 50).await?);
                }
                found
            }
            _ => data.lake.profiles(None, data.now()).await?.iter().map(|profile| name_of(profile, false)).collect(),
        };
        let mut by_name: HashMap<String, Vec<CreatorName>> = HashMap::new();
        let mut met = HashSet::new();
        for candidate in candidates.into_iter().filter(|candidate| met.insert(candidate.account)) {
            let mut called: Vec<String> = vec![candidate.name.to_lowercase(), candidate.handle.to_lowercase()];
            called.dedup();
            for called in called.into_iter().filter(|called| wanted.contains(called)) {
                by_name.entry(called).or_default().push(candidate.clone());
            }
        }
        Ok(Directory { held, by_name })
    }

    /// The one account a row means, or why there is none.
    fn find(&self, row: &[Named]) -> Result<AccountId, (&'static str, String, &'static str, bool)> {
        let exact = row.iter().flat_map(|named| &named.accounts).find(|account| self.held.contains_key(account));
        if let Some(account) = exact {
            return Ok(*account);
        }
        for named in row.iter().filter(|named| !named.text.is_empty()) {
            let called = self.by_name.get(&named.text.to_lowercase()).map_or(&[][..], Vec::as_slice);
            let fits: Vec<&CreatorName> = (called.iter())
                .filter(|held| named.platform.is_none_or(|platform| held.platform == platform))
                .collect();
            match fits.as_slice() {
                [] => {}
                [one] => return Ok(one.account),
                [one, other, ..] => {
                    let problem = format!(
                        "{} accounts are called {:?}, such as {} on {} and {} on {}",
                        fits.len(),
                        named.text,
                        one.account,
                        one.platform.name(),
                        other.account,
                        other.platform.name()
                    );
                    return Err((named.column, problem, "give the account’s number in a column account", false));
                }
            }
        }
        let column = row.first().map_or("account", |named| named.column);
        let problem = "names an account of which nothing is held".to_owned();
        Err((column, problem, "bring in data about them first, then this file again", true))
    }
}

/// Takes the people of a file onto a list, begun where its name is new. A filled cell replaces what the list holds, an
/// empty one leaves it.
pub async fn import(data: &DataDirectory, into: WhichList, place: &Path, run: Run) -> Result<Imported, CreatorsError> {
    data.revision().await?;
    let list = match &into {
        WhichList::Held(id) => {
            Some(data.store.shortlist(*id).await?.ok_or_else(|| CreatorsError::NoSuchList(id.to_string()))?)
        }
        WhichList::Named(name) => list_named(data, &usable_name(name)?).await?,
    };
    let called = match (&list, &into) {
        (Some(list), _) => list.name.clone(),
        (None, WhichList::Named(name)) => usable_name(name)?,
        (None, WhichList::Held(id)) => id.to_string(),
    };
    let columns = match &list {
        Some(list) => data.store.shortlist_columns(list.id).await?,
        None => vec![],
    };
    let held: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let path = place.to_owned();
    let work = move || read(&path, &held);
    let mut sheet = tokio::task::spawn_blocking(work).await.expect("reading a table does not panic")?;
    // Refused before anything is changed, not half-way.
    let new_columns = sheet.columns.iter().filter(|name| named(&columns, name).is_none()).count();
    if columns.len() + new_columns > super::columns::COLUMNS_MAX {
        return Err(unreadable(format!(
            "with {} the list would have more than {} columns\nhint: drop some from the file",
            sheet.columns.join(", "),
            super::columns::COLUMNS_MAX
        )));
    }
    let rows = sheet.rows.len() as u64 + sheet.refused.len() as u64;
    let (people, not_held) = resolve(data, &mut sheet).await?;
    sheet.refused.sort_by_key(|issue| issue.row);
    let mut imported = Imported {
        list: list.as_ref().map(|list| list.id),
        name: called,
        rows,
        added: 0,
        changed: 0,
        same: 0,
        refused: sheet.refused,
        not_held,
        columns: sheet.columns.clone(),
        not_taken: sheet.not_taken,
        dry_run: run == Run::Dry,
        undo: None,
    };
    if people.is_empty() {
        return Ok(imported);
    }
    let accounts: Vec<AccountId> = people.iter().map(|(account, _)| *account).collect();
    if let Some(list) = &list {
        refuse_overfull(data, list, &accounts).await?;
    }
    let (list, before): (Option<Shortlist>, ShortlistRows) = match (list, run) {
        (None, Run::Dry) => (None, nobody(accounts)),
        (Some(list), _) => (Some(list.clone()), data.store.shortlist_rows(list.id, &accounts).await?),
        (None, Run::Real) => {
            let begun = list_to_add_to(data, into).await?;
            let rows = data.store.shortlist_rows(begun.id, &accounts).await?;
            (Some(begun), rows)
        }
    };
    let mut numbers: HashMap<String, i64> = HashMap::new();
    for (place, name) in (1i64..).zip(&sheet.columns) {
        let number = match (&list, run, named(&columns, name)) {
            (_, _, Some(held)) => held.id,
            (Some(list), Run::Real, None) => column_to_fill(data, list.id, WhichColumn::Named(name.clone())).await?.id,
            // A column that would be made.
            _ => -place,
        };
        numbers.insert(name.clone(), number);
    }
    let after = filled(&before, &people, &numbers, data.now());
    let was: HashMap<AccountId, &ShortlistMember> =
        before.members.iter().map(|member| (member.account, member)).collect();
    let values_of = |rows: &ShortlistRows, account: AccountId| -> Vec<(i64, String)> {
        let from = rows.values.partition_point(|value| value.account < account);
        let own = rows.values[from..].iter().take_while(|value| value.account == account);
        own.map(|value| (value.column, value.value.clone())).collect()
    };
    for member in &after.members {
        match was.get(&member.account) {
            None => imported.added += 1,
            Some(held)
                if **held == *member && values_of(&before, member.account) == values_of(&after, member.account) =>
            {
                imported.same += 1;
            }
            Some(_) => imported.changed += 1,
        }
    }
    if let (Run::Real, Some(list)) = (run, &list) {
        let words = format!("{} brought onto {} from a file.", people_words(people.len() as u64), list.name);
        imported.undo = change(data, list.id, words, vec![before], vec![after]).await?.undo;
        imported.list = Some(list.id);
    }
    Ok(imported)
}

fn nobody(mut accounts: Vec<AccountId>) -> ShortlistRows {
    accounts.sort_unstable();
    ShortlistRows { list: 0, accounts, members: vec![], values: vec![], votes: vec![] }
}

/// Finds out whom each row means; refuses rows that mean nobody, several, or somebody named before. How many are not held.
async fn resolve(data: &DataDirectory, sheet: &mut Sheet) -> Result<(Vec<(AccountId, Row)>, u64), CreatorsError> {
    let (mut rows, mut naming_of) = (vec![], vec![]);
    for row in std::mem::take(&mut sheet.rows) {
        match checked(row, &sheet.file) {
            Ok((row, named)) => {
                rows.push(row);
                naming_of.push(named);
            }
            Err(issue) => sheet.refused.push(*issue),
        }
    }
    let directory = Directory::of(data, &naming_of).await?;
    let mut people: Vec<(AccountId, Row)> = vec![];
    let (mut first_row, mut not_held): (HashMap<AccountId, u64>, u64) = (HashMap::new(), 0);
    for (row, named) in rows.into_iter().zip(&naming_of) {
        match directory.find(named) {
            Ok(account) => match first_row.get(&account) {
                Some(first) => {
                    let problem = format!("names the same person as row {first}");
                    let column = named.first().map_or("account", |named| named.column);
                    sheet.refused.push(refusal(&sheet.file, &row, column, problem, "drop one of the two rows"));
                }
                None => {
                    first_row.insert(account, row.number);
                    people.push((account, row));
                }
            },
            Err((column, problem, hint, is_unheld)) => {
                not_held += u64::from(is_unheld);
                sheet.refused.push(refusal(&sheet.file, &row, column, problem, hint));
            }
        }
    }
    Ok((people, not_held))
}

/// A row with what it says tidied, or why it cannot be taken.
fn checked(mut row: Row, file: &str) -> Result<(Row, Vec<Named>), Box<RowIssue>> {
    let named = naming(&row).map_err(|(column, problem, hint)| Box::new(refusal(file, &row, column, problem, hint)))?;
    let too_long = |row: &Row, column: &str, error: &CreatorsError| {
        let words = error.to_string();
        let problem = words.split_once("\nhint: ").map_or(words.as_str(), |(problem, _)| problem).to_owned();
        Box::new(refusal(file, row, column, problem, "shorten it"))
    };
    row.note = paragraphs("the note", &row.note, NOTE_LETTERS_MAX).map_err(|error| too_long(&row, "note", &error))?;
    row.owner = owner_name(&row.owner).map_err(|error| too_long(&row, "owner", &error))?;
    for place in 0..row.values.len() {
        let (column, value) = &row.values[place];
        let tidy = one_line("the value", value, VALUE_LETTERS_MAX);
        let tidy = tidy.map_err(|error| too_long(&row, column, &error))?;
        row.values[place].1 = tidy;
    }
    if !row.added_at.is_empty() && !matches!(clock::parse_date_cell(&row.added_at, None), DateCell::At(_)) {
        let problem = format!("is no moment: {:?}", row.added_at);
        return Err(Box::new(refusal(
            file,
            &row,
            "added_at",
            problem,
            "write it as 2026-03-01T10:00:00Z, or empty it",
        )));
    }
    Ok((row, named))
}

/// The list's rows with what the file says laid over them.
fn filled(
    before: &ShortlistRows,
    people: &[(AccountId, Row)],
    columns: &HashMap<String, i64>,
    now: Timestamp,
) -> ShortlistRows {
    let mut after = before.clone();
    for (account, row) in people {
        let place = after.members.binary_search_by_key(account, |member| member.account);
        let at = place.unwrap_or_else(|at| {
            let added_at = match clock::parse_date_cell(&row.added_at, None) {
                DateCell::At(at) => at.min(now),
                _ => now,
            };
            let picked_on = if picked_on_words(&row.picked_on).is_some() { row.picked_on.as_str() } else { "file" };
            after.members.insert(
                at,
                ShortlistMember {
                    account: *account,
                    added_at,
                    picked_on: picked_on.to_owned(),
                    note: String::new(),
                    owner: String::new(),
                },
            );
            at
        });
        let member = &mut after.members[at];
        for (cell, held) in [(&row.note, &mut member.note), (&row.owner, &mut member.owner)] {
            if !cell.is_empty() {
                held.clone_from(cell);
            }
        }
        for (column, value) in row.values.iter().filter(|(_, value)| !value.is_empty()) {
            if let Some(column) = columns.get(column) {
                set_value(&mut after, *account, *column, value);
            }
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use model::Platform;

    use super::sheet::link_of;
    use super::*;

    #[test]
    fn a_profiles_address_says_who_is_meant() {
        for (link, expected) in [
            ("https://www.instagram.com/ana_bakes/", Some((Platform::Instagram, "ana_bakes"))),
            ("https://www.tiktok.com/@ana?lang=en", Some((Platform::TikTok, "ana"))),
            ("youtube.com/channel/UC123", Some((Platform::YouTube, "UC123"))),
            ("https://www.youtube.com/@ana", Some((Platform::YouTube, "ana"))),
            ("https://bsky.app/profile/ana.example", Some((Platform::Bluesky, "ana.example"))),
            ("https://beer.stackexchange.com/users/17/ana", Some((Platform::StackExchange, "beer/17"))),
            ("https://old.reddit.com/user/ana", Some((Platform::Reddit, "ana"))),
            ("https://example.org/ana", None),
            ("https://instagram.com/", None),
            ("", None),
        ] {
            let expected = expected.map(|(platform, name)| (platform, name.to_owned()));
            assert_eq!(link_of(link), expected, "{link}");
        }
    }

    #[test]
    fn a_row_that_says_nothing_or_too_little_is_refused_at_its_column() {
        let row = |part: fn(&mut Row)| {
            let mut row = Row { number: 7, ..Row::default() };
            part(&mut row);
            checked(row, "people.csv").err().map(|issue| (issue.row, issue.column.unwrap_or_default()))
        };
        let at = |column: &str| Some((Some(7), column.to_owned()));
        assert_eq!(row(|_| ()), at("account"));
        assert_eq!(row(|row| row.account = "ana".to_owned()), at("account"));
        assert_eq!(row(|row| row.native_id = "17".to_owned()), at("platform"));
        assert_eq!(row(|row| row.link = "https://example.org/ana".to_owned()), at("url"));
        assert_eq!(row(|row| (row.handle, row.platform) = ("ana".to_owned(), "myspace".to_owned())), at("platform"));
        assert_eq!(row(|row| (row.handle, row.note) = ("ana".to_owned(), "x".repeat(2_001))), at("note"));
        assert_eq!(row(|row| (row.handle, row.added_at) = ("ana".to_owned(), "soon".to_owned())), at("added_at"));
        assert_eq!(row(|row| (row.handle, row.platform) = ("@ana".to_owned(), "Stack Exchange".to_owned())), None);
    }
}
