//! Two to six creators side by side: who can be told apart on which figure, and how far their audiences overlap.

use std::collections::HashMap;

use engine::matching::compare::{Comparison, compare};
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Brand, Estimate, Ratio};
use serde::Serialize;

use super::shortlists::together::{ListTogether, together};
use super::{CreatorName, CreatorsError, names};
use crate::data_directory::DataDirectory;
use crate::matching;
use crate::vetting::CreatorEstimates;

/// One figure of all creators.
#[derive(Serialize)]
pub struct ComparedRow {
    pub key: &'static str,
    pub words: &'static str,
    /// In the order of the creators.
    pub estimates: Vec<Estimate>,
    /// `None` where figures of several platforms or ways of counting cannot stand side by side.
    pub comparison: Option<Comparison>,
    pub not_compared: Option<String>,
}

/// Creators side by side.
#[derive(Serialize)]
pub struct Compared {
    pub creators: Vec<CreatorName>,
    pub levels: Vec<String>,
    pub rows: Vec<ComparedRow>,
    pub audiences: ListTogether,
}

/// Compares 2 to 6 creators. Cost: one pass over interactions for their audiences.
pub async fn compared(
    data: &DataDirectory,
    mut accounts: Vec<AccountId>,
    brand: Option<&Brand>,
) -> Result<Compared, CreatorsError> {
    let mut met = std::collections::HashSet::new();
    accounts.retain(|account| met.insert(*account));
    let mut known = names(data, accounts.clone()).await?;
    let creators: Vec<CreatorName> = accounts.iter().filter_map(|account| known.remove(account)).collect();
    if !(2..=6).contains(&creators.len()) {
        return Err(CreatorsError::Compared(creators.len()));
    }
    let accounts: Vec<AccountId> = creators.iter().map(|creator| creator.account).collect();
    let figures = data.derived.figures(&accounts).await?;
    let held: Vec<Option<CreatorEstimates>> = accounts
        .iter()
        .map(|account| figures.get(account).and_then(|figures| serde_json::from_str(&figures.detail).ok()))
        .collect();
    let mut rows = vec![];
    if let Some(brand) = brand {
        rows.extend(listening_row(data, brand, &creators).await?);
    }
    type Part = fn(&CreatorEstimates) -> &Estimate;
    let parts: [(&'static str, &'static str, Part); 8] = [
        ("reply-rate", "Comments answered", |held| &held.reply_rate),
        ("reply-rate-people", "People answered", |held| &held.reply_rate_people),
        ("conversation-rate", "Talk both ways", |held| &held.conversation_rate),
        ("mutual-share", "Partners who talk back", |held| &held.mutual_share),
        ("by-followers", "Engagement by followers", |held| &held.by_followers),
        ("by-reach", "Engagement by reach", |held| &held.by_reach),
        ("by-views", "Engagement by views", |held| &held.by_views),
        ("comment-like-ratio", "Comments for likes", |held| &held.comment_like_ratio),
    ];
    for (key, words, part) in parts {
        // Where one has no figures at all, the figure of another says in which unit it would be.
        let Some(unit) = held.iter().flatten().map(part).next() else { continue };
        let nothing = "nothing this account published is held";
        let estimates: Vec<Estimate> = held
            .iter()
            .map(|held| {
                held.as_ref().map_or_else(
                    || Estimate::not_known(unit.unit, &unit.method, 0, &unit.n_of, nothing),
                    |held| part(held).clone(),
                )
            })
            .collect();
        rows.push(row(key, words, &creators, estimates));
    }
    let levels = held.iter().map(|held| held.as_ref().map_or("not-known".to_owned(), |held| held.level.clone()));
    let audiences = (*together(data, &accounts).await?).clone();
    Ok(Compared { levels: levels.collect(), audiences, rows, creators })
}

fn row(key: &'static str, words: &'static str, creators: &[CreatorName], estimates: Vec<Estimate>) -> ComparedRow {
    let called: Vec<&str> = creators.iter().map(|creator| creator.name.as_str()).collect();
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    match compare(&called, &estimates, level) {
        Ok(comparison) => ComparedRow { key, words, estimates, comparison: Some(comparison), not_compared: None },
        Err(error) => ComparedRow { key, words, estimates, comparison: None, not_compared: Some(error.to_string()) },
    }
}

async fn listening_row(
    data: &DataDirectory,
    brand: &Brand,
    creators: &[CreatorName],
) -> Result<Option<ComparedRow>, CreatorsError> {
    let ranking = matching::rank(data, brand.clone()).await?;
    let accounts: Vec<AccountId> = creators.iter().map(|creator| creator.account).collect();
    let filter = store::RankedFilter { accounts: accounts.clone(), limit: 6, ..store::RankedFilter::default() };
    let ranked = data.store.ranked(ranking.ranking.id, &filter).await?;
    let fits: HashMap<AccountId, Estimate> = ranked
        .into_iter()
        .filter_map(|row| {
            let ranked: matching::RankedCreator = serde_json::from_str(&row.detail).ok()?;
            Some((row.account, ranked.fit))
        })
        .collect();
    let Some(like) = fits.values().next().cloned() else { return Ok(None) };
    let without = format!("not in the ranking of {}: no talk with its buyers is held", brand.name);
    let estimates = accounts.iter().map(|account| {
        fits.get(account)
            .cloned()
            .unwrap_or_else(|| Estimate::not_known(like.unit, &like.method, 0, &like.n_of, without.as_str()))
    });
    Ok(Some(row("fit", "Listening score", creators, estimates.collect())))
}
