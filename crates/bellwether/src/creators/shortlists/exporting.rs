//! A shortlist as a table: everybody with notes, owners, columns, stage, votes and every part of every estimate. The same
//! table comes back by `importing`.

use std::collections::HashMap;

use model::{AccountId, Estimate};
use store::Shortlist;

use super::about;
use super::reviews::{tallies, vote_words, voter_words};
use super::together::query_of;
use crate::clock;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::matching::prices::prices;
use crate::vetting::CreatorEstimates;
use crate::web::csv::{PARTS, Sheet, push_estimate};

/// What stands before the name of a column that people made.
pub(super) const COLUMN_MARK: &str = "column:";
/// The columns before those that people made.
pub(super) const FIRST: [&str; 16] = [
    "account",
    "platform",
    "name",
    "handle",
    "url",
    "followers",
    "conversation_level",
    "added_at",
    "picked_on",
    "note",
    "owner",
    "stage",
    "votes_for",
    "votes_neither",
    "votes_against",
    "votes",
];
/// The estimates, each with all its parts.
pub(super) const ESTIMATES: [&str; 4] = ["reply_rate", "conversation_rate", "engagement_by_followers", "price"];

/// The table of a list in its order: of everybody, or of those named.
pub async fn table(data: &DataDirectory, list: &Shortlist, only: Option<&[AccountId]>) -> Result<Sheet, CreatorsError> {
    let mut members = data.store.shortlist_members(list.id).await?;
    if let Some(only) = only {
        members.retain(|member| only.contains(&member.account));
    }
    let columns = data.store.shortlist_columns(list.id).await?;
    let mut values: HashMap<(AccountId, i64), String> = (data.store.shortlist_values(list.id).await?.into_iter())
        .map(|value| ((value.account, value.column), value.value))
        .collect();
    let stages: HashMap<AccountId, String> = data.store.stages().await?.into_iter().collect();
    let (votes, links) = (data.store.shortlist_votes(list.id).await?, data.store.shortlist_links(list.id).await?);
    let tallies = tallies(&votes);
    let prices = prices(data).await?;
    let listed = about(data, members).await?;
    let own = columns.iter().map(|column| format!("{COLUMN_MARK}{}", column.name));
    let parts = ESTIMATES.iter().flat_map(|name| PARTS.iter().map(move |part| format!("{name}_{part}")));
    let headings: Vec<String> = FIRST.iter().map(|name| (*name).to_owned()).chain(own).chain(parts).collect();
    let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for person in &listed {
        let account = person.member.account;
        let estimates: Option<CreatorEstimates> =
            person.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
        let name = person.name.as_ref();
        let text = |part: Option<&str>| part.unwrap_or("").to_owned();
        let tally = tallies.get(&account).copied().unwrap_or_default();
        let said: Vec<String> = (votes.iter().filter(|vote| vote.account == account))
            .map(|vote| {
                let said = format!("{}: {}", voter_words(&vote.voter, &links), vote_words(vote.vote));
                if vote.comment.is_empty() { said } else { format!("{said}: {}", vote.comment) }
            })
            .collect();
        let mut cells = vec![
            account.to_string(),
            text(name.map(|name| name.platform.name())),
            text(name.map(|name| name.name.as_str())),
            text(name.map(|name| name.handle.as_str())),
            text(name.and_then(|name| name.url.as_deref())),
            name.and_then(|name| name.followers).map(|followers| followers.to_string()).unwrap_or_default(),
            estimates.as_ref().map_or("not-known", |held| held.level.as_str()).to_owned(),
            clock::iso_exact(person.member.added_at),
            person.member.picked_on.clone(),
            person.member.note.clone(),
            person.member.owner.clone(),
            stages.get(&account).cloned().unwrap_or_default(),
            tally.up.to_string(),
            tally.neutral.to_string(),
            tally.down.to_string(),
            said.join("\n"),
        ];
        cells.extend(columns.iter().map(|column| values.remove(&(account, column.id)).unwrap_or_default()));
        let without = "nothing published by this account is held";
        for estimate in [
            estimates.as_ref().map(|held| &held.reply_rate),
            estimates.as_ref().map(|held| &held.conversation_rate),
            estimates.as_ref().map(|held| &held.by_followers),
        ] {
            push_estimate(&mut cells, estimate, without);
        }
        let price: Option<Estimate> = name.map(|name| prices.model.estimate(&query_of(name)).estimate);
        push_estimate(&mut cells, price.as_ref(), "nothing is held about this account any more");
        sheet.row(&cells);
    }
    Ok(sheet)
}
