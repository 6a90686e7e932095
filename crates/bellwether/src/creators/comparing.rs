//! Two to six creators side by side: who can be told apart on which figure, and how far their audiences overlap.

use std::collections::HashMap;

use engine::matching::audience::{AudienceKnown, AudienceSettings, AudiencesTogether, audiences_together};
use engine::matching::compare::{Comparison, compare};
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Brand, Estimate, Ratio};
use serde::Serialize;

use super::{CreatorName, CreatorsError, names};
use crate::data_directory::DataDirectory;
use crate::matching;
use crate::vetting::CreatorEstimates;

/// The most whose audiences are put together at once.
pub const TOGETHER_MAX: usize = 50;

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
    /// `None` where nobody around any of them is held.
    pub audiences: Option<AudiencesTogether>,
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
    Ok(Compared { levels: levels.collect(), audiences: together(data, &accounts).await?, rows, creators })
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

/// The audiences of these creators together: everybody held who followed or turned to them, counted once; `None` where
/// fewer than two of them have anybody. Cost: one pass over interactions, and a merge of the lists.
pub async fn together(
    data: &DataDirectory,
    accounts: &[AccountId],
) -> Result<Option<AudiencesTogether>, CreatorsError> {
    if accounts.len() < 2 || accounts.len() > TOGETHER_MAX {
        return Ok(None);
    }
    let around: HashMap<AccountId, Vec<i64>> =
        data.lake.people_around(accounts, data.now()).await?.into_iter().collect();
    if around.len() < 2 {
        return Ok(None);
    }
    let settings = AudienceSettings { as_of: data.snapshot().await?.as_of(), ..AudienceSettings::default() };
    let accounts = accounts.to_vec();
    let work = move || {
        let nobody = vec![];
        let lists = accounts.iter().map(|account| AudienceKnown::Complete(around.get(account).unwrap_or(&nobody)));
        audiences_together(&lists.collect::<Vec<_>>(), &settings)
    };
    let found = tokio::task::spawn_blocking(work).await.expect("counting audiences does not panic");
    Ok(found.map_err(|error| tracing::warn!(%error, "audiences were not put together")).ok())
}
