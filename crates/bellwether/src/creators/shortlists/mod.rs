//! Shortlists: people picked out on the map, in a ranking or on their own page, to be looked at, compared, noted about,
//! voted on and reviewed together.

pub mod changes;
pub mod columns;
pub mod exporting;
pub mod importing;
pub mod reviews;
pub mod together;

use std::collections::{HashMap, HashSet};

use model::AccountId;
use serde::Serialize;
use store::{CreatorFigures, Shortlist, ShortlistMember, StoreError};

use super::{CreatorName, CreatorsError, names};
use crate::data_directory::DataDirectory;

/// People one shortlist may hold; the map shows as many at most.
pub const PEOPLE_MAX: usize = 10_000;
/// Letters of a shortlist's name.
const NAME_LETTERS_MAX: usize = 80;
/// Letters of somebody's name: an owner or a voter.
const PERSON_LETTERS_MAX: usize = 80;
/// Of a whole group, how many of its members who publish are picked, those most turned to first.
pub const PICKED_OF_A_GROUP_MAX: usize = 100;

/// The list that people are added to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhichList {
    /// By its number.
    Held(i64),
    /// By its name; begun where there is none.
    Named(String),
}

/// What adding people came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Picked {
    pub list: i64,
    pub name: String,
    pub added: u64,
    /// On the list before.
    pub already: u64,
    /// Named but not held here.
    pub unknown: u64,
}

/// Somebody on a list, with what is known of them.
pub struct Listed {
    pub member: ShortlistMember,
    /// `None` once nothing about them is held any more.
    pub name: Option<CreatorName>,
    pub figures: Option<CreatorFigures>,
}

/// A name that can be kept: trimmed, not empty, not too long.
pub fn usable_name(text: &str) -> Result<String, CreatorsError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(CreatorsError::ListName("a shortlist needs a name".to_owned())),
        1..=NAME_LETTERS_MAX => Ok(name),
        letters => Err(CreatorsError::ListName(format!(
            "the name has {letters} letters; {NAME_LETTERS_MAX} are the most a shortlist's name may have"
        ))),
    }
}

/// The list that `text` means: its name, else its number.
pub async fn find_list(data: &DataDirectory, text: &str) -> Result<Shortlist, CreatorsError> {
    if let Some(list) = list_named(data, text).await? {
        return Ok(list);
    }
    let numbered = match text.parse() {
        Ok(id) => data.store.shortlist(id).await?,
        Err(_) => None,
    };
    numbered.ok_or_else(|| no_list(text))
}

/// The list of this name, in whatever case and script; the database tells only ASCII letters apart without regard to it.
async fn list_named(data: &DataDirectory, name: &str) -> Result<Option<Shortlist>, CreatorsError> {
    let wanted = name.trim().to_lowercase();
    Ok(data.store.shortlists().await?.into_iter().find(|list| list.name.to_lowercase() == wanted))
}

fn no_list(text: &str) -> CreatorsError {
    CreatorsError::NoSuchList(text.to_owned())
}

/// Adds people, and members of whole groups who publish, to a list. Who is not held here is counted and left out.
pub async fn pick(
    data: &DataDirectory,
    into: WhichList,
    mut people: Vec<AccountId>,
    groups: &[i64],
    picked_on: &str,
) -> Result<Picked, CreatorsError> {
    data.revision().await?;
    people.extend(members_who_publish(data, groups).await?);
    let mut met = HashSet::new();
    people.retain(|account| met.insert(*account));
    let named = people.len();
    let known = names(data, people.clone()).await?;
    people.retain(|account| known.contains_key(account));
    if people.is_empty() {
        return Err(CreatorsError::NobodyPicked);
    }
    let into = list_to_add_to(data, into).await?;
    refuse_overfull(data, &into, &people).await?;
    let added = data.store.add_to_shortlist(into.id, &people, picked_on, data.now()).await?;
    Ok(Picked {
        list: into.id,
        name: into.name,
        added,
        already: people.len() as u64 - added,
        unknown: (named - people.len()) as u64,
    })
}

/// The list that is meant, begun where its name is new.
async fn list_to_add_to(data: &DataDirectory, into: WhichList) -> Result<Shortlist, CreatorsError> {
    match into {
        WhichList::Held(id) => data.store.shortlist(id).await?.ok_or_else(|| no_list(&id.to_string())),
        WhichList::Named(name) => match list_named(data, &usable_name(&name)?).await? {
            Some(held) => Ok(held),
            None => begin(data, &name).await,
        },
    }
}

/// Refuses people who would be too many on a list.
async fn refuse_overfull(data: &DataDirectory, into: &Shortlist, people: &[AccountId]) -> Result<(), CreatorsError> {
    if into.people as usize + people.len() <= PEOPLE_MAX {
        return Ok(());
    }
    let on_it: HashSet<AccountId> = everybody(data, into.id).await?.into_iter().collect();
    let new = people.iter().filter(|account| !on_it.contains(account)).count();
    match on_it.len() + new > PEOPLE_MAX {
        true => Err(CreatorsError::ListFull { name: into.name.clone(), people: on_it.len(), new }),
        false => Ok(()),
    }
}

/// Begins an empty list.
pub async fn begin(data: &DataDirectory, name: &str) -> Result<Shortlist, CreatorsError> {
    let name = usable_name(name)?;
    refuse_taken(data, &name, None).await?;
    let id = data.store.name_shortlist(None, &name, data.now()).await.map_err(of_naming)?;
    data.store.shortlist(id).await?.ok_or_else(|| no_list(&name))
}

/// Gives a list another name.
pub async fn rename(data: &DataDirectory, id: i64, name: &str) -> Result<(), CreatorsError> {
    let name = usable_name(name)?;
    refuse_taken(data, &name, Some(id)).await?;
    data.store.name_shortlist(Some(id), &name, data.now()).await.map_err(of_naming)?;
    Ok(())
}

/// Says who looks after a list; nobody where the name is empty.
pub async fn own(data: &DataDirectory, id: i64, owner: &str) -> Result<String, CreatorsError> {
    let owner = owner_name(owner)?;
    data.store.own_shortlist(id, &owner).await?;
    Ok(owner)
}

/// An owner's name as it is kept; empty for nobody.
fn owner_name(text: &str) -> Result<String, CreatorsError> {
    one_line("the owner’s name", text, PERSON_LETTERS_MAX)
}

/// A line of text without needless blanks; refused where it is too long to be kept.
fn one_line(what: &str, text: &str, letters_max: usize) -> Result<String, CreatorsError> {
    fits(what, text.split_whitespace().collect::<Vec<_>>().join(" "), letters_max)
}

/// A text of several lines as it is kept: one kind of line end, nothing empty around it.
fn paragraphs(what: &str, text: &str, letters_max: usize) -> Result<String, CreatorsError> {
    fits(what, text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned(), letters_max)
}

fn fits(what: &str, text: String, letters_max: usize) -> Result<String, CreatorsError> {
    match text.chars().count() {
        letters if letters > letters_max => Err(CreatorsError::ListChange(format!(
            "{what} has {letters} letters; {letters_max} are the most that are kept\nhint: shorten it"
        ))),
        _ => Ok(text),
    }
}

/// Everybody on a list, by account.
pub async fn everybody(data: &DataDirectory, list: i64) -> Result<Vec<AccountId>, CreatorsError> {
    let members = data.store.shortlist_members(list).await?;
    Ok(members.into_iter().map(|member| member.account).collect())
}

async fn refuse_taken(data: &DataDirectory, name: &str, by: Option<i64>) -> Result<(), CreatorsError> {
    match list_named(data, name).await? {
        Some(held) if Some(held.id) != by => Err(of_naming(StoreError::ShortlistExists(held.name))),
        _ => Ok(()),
    }
}

fn of_naming(error: StoreError) -> CreatorsError {
    match error {
        StoreError::ShortlistExists(_) => CreatorsError::ListName(error.to_string()),
        other => other.into(),
    }
}

/// The members of these groups who publish, of each group the most turned to.
async fn members_who_publish(data: &DataDirectory, groups: &[i64]) -> Result<Vec<AccountId>, CreatorsError> {
    if groups.is_empty() {
        return Ok(vec![]);
    }
    let (snapshot, market) = data.market_groups().await?;
    let mut by_place: HashMap<u32, Vec<u32>> =
        groups.iter().filter_map(|&group| market.place(group)).map(|place| (place, vec![])).collect();
    for (account, place) in (0u32..).zip(&market.groups.of_account) {
        if market.is_creator[account as usize]
            && let Some(members) = by_place.get_mut(place)
        {
            members.push(account);
        }
    }
    let turned_to = &snapshot.index.account.in_degree;
    let mut places: Vec<_> = by_place.into_iter().collect();
    places.sort_unstable_by_key(|(place, _)| *place);
    let most_turned_to = |(_, mut members): (u32, Vec<u32>)| {
        members.sort_unstable_by_key(|&member| (std::cmp::Reverse(turned_to[member as usize]), member));
        members.truncate(PICKED_OF_A_GROUP_MAX);
        members
    };
    Ok(places.into_iter().flat_map(most_turned_to).map(|member| snapshot.account(member)).collect())
}

/// These members of a list with what is known of each, in their order.
pub async fn about(data: &DataDirectory, members: Vec<ShortlistMember>) -> Result<Vec<Listed>, CreatorsError> {
    data.revision().await?;
    let accounts: Vec<AccountId> = members.iter().map(|member| member.account).collect();
    let mut known = names(data, accounts.clone()).await?;
    let mut figures = data.derived.figures(&accounts).await?;
    let listed = |member: ShortlistMember| Listed {
        name: known.remove(&member.account),
        figures: figures.remove(&member.account),
        member,
    };
    Ok(members.into_iter().map(listed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_must_say_something() {
        assert_eq!(usable_name("  Spring \n launch ").expect("is a name"), "Spring launch");
        assert!(usable_name(" \t ").is_err());
        assert!(usable_name(&"x".repeat(81)).expect_err("too long").to_string().contains("80"));
    }
}
