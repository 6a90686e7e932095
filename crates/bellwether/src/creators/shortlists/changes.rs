//! Changes of a shortlist that one makes to many people at once, each made all or none, and taken back exactly: moving,
//! copying, taking off, stage, owner, a column's value, notes typed in place.
//!
//! What a change was is held in memory for an hour, at most fifty of them, and never written: a note or a vote that went
//! must not live on in a journal of changes.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use model::{AccountId, Timestamp};
use serde::Serialize;
use store::{Shortlist, ShortlistColumn, ShortlistMember, ShortlistRows, ShortlistValue};
use tokio::sync::Mutex;

use super::columns::{self, WhichColumn};
use super::together::ListTogether;
use super::{WhichList, list_to_add_to, one_line, owner_name, paragraphs, refuse_overfull};
use crate::creators::{CreatorsError, names, stages};
use crate::data_directory::DataDirectory;
use crate::output::grouped;

/// How long a change can be taken back, and how many are remembered.
const UNDO_MICROSECONDS: i64 = 3_600_000_000;
const UNDO_MAX: usize = 50;
/// Letters of a note and of a column's value.
pub const NOTE_LETTERS_MAX: usize = 2_000;
pub const VALUE_LETTERS_MAX: usize = 500;

/// What this process remembers about shortlists.
#[derive(Default)]
pub struct ListsHeld {
    undo: VecDeque<Undo>,
    /// By data revision and accounts.
    pub(super) audiences: VecDeque<(i64, Vec<AccountId>, Arc<ListTogether>)>,
    /// Held while audiences are put together, so that whoever asks again waits and does not begin anew.
    pub(super) counting: Arc<Mutex<()>>,
}

/// A change that can be taken back.
struct Undo {
    key: String,
    list: i64,
    words: String,
    at: Timestamp,
    what: Vec<Undone>,
}

enum Undone {
    Rows { before: Vec<ShortlistRows>, after: Vec<ShortlistRows> },
    Stages { before: Vec<(AccountId, Option<String>)>, after: Option<String> },
    ColumnRemoved { column: ShortlistColumn, position: i64, values: Vec<ShortlistValue> },
}

/// What was done, and under which key it can be taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Done {
    pub list: i64,
    pub words: String,
    pub people: u64,
    /// `None` where nothing was changed.
    #[serde(skip)]
    pub undo: Option<String>,
}

/// What is done to many people of a list at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bulk {
    TakeOff,
    /// Onto another list and off this one; notes and owners go along, values into columns of the same name, votes do not.
    Move(WhichList),
    Copy(WhichList),
    /// A stage's code.
    Stage(String),
    Owner(String),
    /// An empty value empties.
    Value {
        column: WhichColumn,
        value: String,
    },
}

/// Does one thing to these people of a list; who is not on it is left out.
pub async fn bulk(
    data: &DataDirectory,
    list: &Shortlist,
    people: &[AccountId],
    what: Bulk,
) -> Result<Done, CreatorsError> {
    let mut before = data.store.shortlist_rows(list.id, people).await?;
    before.accounts = before.members.iter().map(|member| member.account).collect();
    if before.accounts.is_empty() {
        return Err(CreatorsError::ListChange(
            "nobody of those named is on this shortlist\nhint: tick people of the list first".to_owned(),
        ));
    }
    let people = before.accounts.len() as u64;
    let said = people_words(people);
    match what {
        Bulk::TakeOff => {
            let after = without_anybody(&before);
            change(data, list.id, format!("{said} taken off {}.", list.name), vec![before], vec![after]).await
        }
        Bulk::Move(into) => carry(data, list, before, into, Leaves::Yes).await,
        Bulk::Copy(into) => carry(data, list, before, into, Leaves::No).await,
        Bulk::Stage(stage) => set_stage(data, list, before.accounts, &stage).await,
        Bulk::Owner(owner) => {
            let owner = owner_name(&owner)?;
            let mut after = before.clone();
            after.members.iter_mut().for_each(|member| member.owner.clone_from(&owner));
            let words = match owner.as_str() {
                "" => format!("{said} without an owner now."),
                owner => format!("{said} looked after by {owner} now."),
            };
            change(data, list.id, words, vec![before], vec![after]).await
        }
        Bulk::Value { column, value } => {
            let value = one_line("the value", &value, VALUE_LETTERS_MAX)?;
            let column = columns::column_to_fill(data, list.id, column).await?;
            let mut after = before.clone();
            for account in &before.accounts {
                set_value(&mut after, *account, column.id, &value);
            }
            let words = match value.as_str() {
                "" => format!("“{}” emptied for {said}.", column.name),
                value => format!("“{}” set to “{value}” for {said}.", column.name),
            };
            change(data, list.id, words, vec![before], vec![after]).await
        }
    }
}

pub(super) fn people_words(people: u64) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{} people", grouped(people)) }
}

fn without_anybody(rows: &ShortlistRows) -> ShortlistRows {
    ShortlistRows { members: vec![], values: vec![], votes: vec![], ..rows.clone() }
}

/// Puts a value into rows, in the order that the store keeps; an empty one empties.
pub(super) fn set_value(rows: &mut ShortlistRows, account: AccountId, column: i64, value: &str) {
    let place = rows.values.binary_search_by_key(&(account, column), |held| (held.account, held.column));
    match (place, value.is_empty()) {
        (Ok(at), true) => drop(rows.values.remove(at)),
        (Ok(at), false) => value.clone_into(&mut rows.values[at].value),
        (Err(_), true) => {}
        (Err(at), false) => rows.values.insert(at, ShortlistValue { account, column, value: value.to_owned() }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Yes,
    No,
}

/// Takes people over to another list, off this one or not.
async fn carry(
    data: &DataDirectory,
    from: &Shortlist,
    here: ShortlistRows,
    into: WhichList,
    leaves: Leaves,
) -> Result<Done, CreatorsError> {
    let into = list_to_add_to(data, into).await?;
    if into.id == from.id {
        return Err(CreatorsError::ListChange(format!(
            "they are on {:?} already\nhint: choose another shortlist",
            from.name
        )));
    }
    refuse_overfull(data, &into, &here.accounts).await?;
    let there = data.store.shortlist_rows(into.id, &here.accounts).await?;
    let on_it: HashSet<AccountId> = there.members.iter().map(|member| member.account).collect();
    let column_there = same_columns(data, from.id, into.id).await?;
    let mut there_after = there.clone();
    for member in here.members.iter().filter(|member| !on_it.contains(&member.account)) {
        let at = there_after.members.partition_point(|held| held.account < member.account);
        let arrives = ShortlistMember { added_at: data.now(), picked_on: "list".to_owned(), ..member.clone() };
        there_after.members.insert(at, arrives);
    }
    for value in here.values.iter().filter(|value| !on_it.contains(&value.account)) {
        if let Some(column) = column_there.get(&value.column) {
            set_value(&mut there_after, value.account, *column, &value.value);
        }
    }
    let already = on_it.len() as u64;
    let mut words = match leaves {
        Leaves::Yes => format!("{} moved to {}.", people_words(here.accounts.len() as u64), into.name),
        Leaves::No => format!("{} copied to {}.", people_words(here.accounts.len() as u64 - already), into.name),
    };
    if already > 0 {
        words.push_str(&format!(" {} on it before, left there as they were.", grouped(already)));
    }
    let (mut before, mut after) = (vec![there], vec![there_after]);
    if leaves == Leaves::Yes {
        after.push(without_anybody(&here));
        before.push(here);
    }
    change(data, from.id, words, before, after).await
}

/// Columns of one list by those of the same name on another.
async fn same_columns(data: &DataDirectory, from: i64, into: i64) -> Result<HashMap<i64, i64>, CreatorsError> {
    let there: HashMap<String, i64> = (data.store.shortlist_columns(into).await?.into_iter())
        .map(|column| (column.name.to_lowercase(), column.id))
        .collect();
    let here = data.store.shortlist_columns(from).await?;
    Ok(here.iter().filter_map(|column| Some((column.id, *there.get(&column.name.to_lowercase())?))).collect())
}

async fn set_stage(
    data: &DataDirectory,
    list: &Shortlist,
    people: Vec<AccountId>,
    stage: &str,
) -> Result<Done, CreatorsError> {
    let held: HashMap<AccountId, String> = data.store.stages().await?.into_iter().collect();
    let words = stages::set(data, &people, stage).await?;
    let after = stages::words(stage).map(|_| stage.to_owned());
    let before: Vec<_> = people.iter().map(|account| (*account, held.get(account).cloned())).collect();
    let undo = remember(data, list.id, &words, vec![Undone::Stages { before, after }]).await;
    Ok(Done { list: list.id, words, people: people.len() as u64, undo: Some(undo) })
}

/// Makes a change all or none and remembers how to take it back.
pub(super) async fn change(
    data: &DataDirectory,
    list: i64,
    words: String,
    before: Vec<ShortlistRows>,
    after: Vec<ShortlistRows>,
) -> Result<Done, CreatorsError> {
    let people = before.iter().map(|rows| rows.accounts.len()).max().unwrap_or(0) as u64;
    if before == after {
        return Ok(Done { list, words, people, undo: None });
    }
    if !data.store.change_shortlists(&before, &after).await? {
        return Err(CreatorsError::ListMovedOn);
    }
    let undo = remember(data, list, &words, vec![Undone::Rows { before, after }]).await;
    Ok(Done { list, words, people, undo: Some(undo) })
}

/// Remembers a column that was removed, and returns the key by which it comes back.
pub(super) async fn remember_column(
    data: &DataDirectory,
    list: i64,
    (column, position): (ShortlistColumn, i64),
    values: Vec<ShortlistValue>,
) -> Done {
    let words = format!("The column “{}” is gone.", column.name);
    let people = values.len() as u64;
    let undo = remember(data, list, &words, vec![Undone::ColumnRemoved { column, position, values }]).await;
    Done { list, words, people, undo: Some(undo) }
}

async fn remember(data: &DataDirectory, list: i64, words: &str, what: Vec<Undone>) -> String {
    let key = uuid::Uuid::new_v4().simple().to_string();
    let now = data.now();
    let mut held = data.lists.lock().await;
    held.undo.retain(|undo| now.0 - undo.at.0 < UNDO_MICROSECONDS);
    while held.undo.len() >= UNDO_MAX {
        held.undo.pop_front();
    }
    held.undo.push_back(Undo { key: key.clone(), list, words: words.to_owned(), at: now, what });
    key
}

/// What a change that can still be taken back was, in words.
pub async fn can_be_taken_back(data: &DataDirectory, key: &str) -> Option<String> {
    let now = data.now();
    let held = data.lists.lock().await;
    let fresh = held.undo.iter().find(|undo| undo.key == key && now.0 - undo.at.0 < UNDO_MICROSECONDS);
    fresh.map(|undo| undo.words.clone())
}

/// Takes a change back, exactly, where nothing of what it changed has been changed since. Who was forgotten in the
/// meantime is not brought back.
pub async fn take_back(data: &DataDirectory, key: &str) -> Result<Done, CreatorsError> {
    let gone = || {
        CreatorsError::ListChange(
            "this can no longer be taken back: it was taken back before, or is more than an hour or fifty changes ago\n\
             hint: what was exported can be imported again"
                .to_owned(),
        )
    };
    data.revision().await?;
    let undo = {
        let mut held = data.lists.lock().await;
        let place = held.undo.iter().position(|undo| undo.key == key).ok_or_else(gone)?;
        held.undo.remove(place).ok_or_else(gone)?
    };
    if data.now().0 - undo.at.0 >= UNDO_MICROSECONDS {
        return Err(gone());
    }
    let mut people = 0;
    for what in undo.what {
        people = match what {
            Undone::Rows { before, after } => rows_back(data, before, after).await?,
            Undone::Stages { before, after } => stages_back(data, before, after.as_deref()).await?,
            Undone::ColumnRemoved { column, position, values } => {
                let taken = data.store.shortlist_columns(undo.list).await?;
                if taken.iter().any(|held| held.name.to_lowercase() == column.name.to_lowercase()) {
                    return Err(CreatorsError::ListMovedOn);
                }
                data.store.put_back_shortlist_column(undo.list, &column, position, &values).await?;
                values.len() as u64
            }
        };
    }
    Ok(Done { list: undo.list, words: format!("Taken back: {}", undo.words), people, undo: None })
}

async fn rows_back(
    data: &DataDirectory,
    before: Vec<ShortlistRows>,
    after: Vec<ShortlistRows>,
) -> Result<u64, CreatorsError> {
    let people: Vec<AccountId> = before.iter().flat_map(|rows| rows.accounts.clone()).collect();
    let known = names(data, people).await?;
    let kept = |rows: ShortlistRows| {
        let known = |account: &AccountId| known.contains_key(account);
        ShortlistRows {
            list: rows.list,
            accounts: rows.accounts.into_iter().filter(known).collect(),
            members: rows.members.into_iter().filter(|member| known(&member.account)).collect(),
            values: rows.values.into_iter().filter(|value| known(&value.account)).collect(),
            votes: rows.votes.into_iter().filter(|vote| known(&vote.account)).collect(),
        }
    };
    let before: Vec<ShortlistRows> = before.into_iter().map(kept).collect();
    let after: Vec<ShortlistRows> = after.into_iter().map(kept).collect();
    match data.store.change_shortlists(&after, &before).await? {
        true => Ok(before.iter().map(|rows| rows.accounts.len()).max().unwrap_or(0) as u64),
        false => Err(CreatorsError::ListMovedOn),
    }
}

/// Stages come back for whoever is still on the one that was set.
async fn stages_back(
    data: &DataDirectory,
    before: Vec<(AccountId, Option<String>)>,
    after: Option<&str>,
) -> Result<u64, CreatorsError> {
    let held: HashMap<AccountId, String> = data.store.stages().await?.into_iter().collect();
    let known = names(data, before.iter().map(|(account, _)| *account).collect()).await?;
    let mut by_stage: BTreeMap<Option<String>, Vec<AccountId>> = BTreeMap::new();
    for (account, stage) in before {
        if held.get(&account).map(String::as_str) == after && known.contains_key(&account) {
            by_stage.entry(stage).or_default().push(account);
        }
    }
    let people = by_stage.values().map(Vec::len).sum::<usize>() as u64;
    for (stage, accounts) in by_stage {
        data.store.set_stage(&accounts, stage.as_deref(), data.now()).await?;
    }
    Ok(people)
}

/// A field of somebody on a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Field {
    Note,
    Owner,
    /// A column by its number.
    Value(i64),
}

/// What a person typed in place of what they saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    pub account: AccountId,
    pub field: Field,
    pub was: String,
    pub to: String,
}

/// Somebody else was quicker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    pub account: AccountId,
    pub field: Field,
    pub theirs: String,
    pub yours: String,
}

/// What became of what was typed.
pub struct Edited {
    pub done: Done,
    pub fields: u64,
    pub conflicts: Vec<Conflict>,
}

/// Keeps what was typed about people of a list. A field that somebody else changed since it was shown is left as it is,
/// and both versions are returned.
pub async fn edit(data: &DataDirectory, list: i64, edits: Vec<Edit>) -> Result<Edited, CreatorsError> {
    let people: Vec<AccountId> = edits.iter().map(|edit| edit.account).collect();
    let mut before = data.store.shortlist_rows(list, &people).await?;
    before.accounts = before.members.iter().map(|member| member.account).collect();
    let columns: HashSet<i64> = data.store.shortlist_columns(list).await?.into_iter().map(|column| column.id).collect();
    let mut after = before.clone();
    let (mut fields, mut changed, mut conflicts) = (0, HashSet::new(), vec![]);
    for edit in edits {
        let to = match edit.field {
            Field::Note => paragraphs("a note", &edit.to, NOTE_LETTERS_MAX)?,
            Field::Owner => owner_name(&edit.to)?,
            Field::Value(_) => one_line("a value", &edit.to, VALUE_LETTERS_MAX)?,
        };
        let was = edit.was.replace("\r\n", "\n").trim().to_owned();
        let Some(member) = after.members.iter_mut().find(|member| member.account == edit.account) else { continue };
        let held = match edit.field {
            Field::Note => member.note.clone(),
            Field::Owner => member.owner.clone(),
            Field::Value(column) if columns.contains(&column) => value_of(&before, edit.account, column),
            Field::Value(_) => continue,
        };
        if to == was || to == held {
            continue;
        }
        if held != was {
            conflicts.push(Conflict { account: edit.account, field: edit.field, theirs: held, yours: to });
            continue;
        }
        fields += 1;
        changed.insert(edit.account);
        match edit.field {
            Field::Note => member.note = to,
            Field::Owner => member.owner = to,
            Field::Value(column) => set_value(&mut after, edit.account, column, &to),
        }
    }
    let said = if fields == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(fields)) };
    let words = format!("{said} changed for {}.", people_words(changed.len() as u64));
    let done = change(data, list, words, vec![before], vec![after]).await?;
    Ok(Edited { done, fields, conflicts })
}

fn value_of(rows: &ShortlistRows, account: AccountId, column: i64) -> String {
    let place = rows.values.binary_search_by_key(&(account, column), |held| (held.account, held.column));
    place.map_or_else(|_| String::new(), |at| rows.values[at].value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_set_changed_and_emptied_in_the_order_of_the_store() {
        let accounts = vec![AccountId(1), AccountId(2)];
        let mut rows = ShortlistRows { list: 1, accounts, members: vec![], values: vec![], votes: vec![] };
        for (account, column, value) in [(2, 7, "b"), (1, 9, "a"), (1, 7, "c"), (2, 7, "d"), (1, 9, "")] {
            set_value(&mut rows, AccountId(account), column, value);
        }
        let held: Vec<_> = rows.values.iter().map(|held| (held.account.0, held.column, held.value.as_str())).collect();
        assert_eq!(held, [(1, 7, "c"), (2, 7, "d")]);
        assert_eq!(value_of(&rows, AccountId(1), 9), "");
    }
}
