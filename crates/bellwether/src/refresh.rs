//! Refresh: making everything that is derived from the facts, in one place, so that no page has to.

use serde::Serialize;
use store::DerivedValues;

use crate::conversations::{self, ConversationsError, read_text_talk};
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::matching::{self, MatchingError};
use crate::vetting;

/// What a refresh did.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Refreshed {
    pub data_revision: i64,
    /// Rows that had passed their time and were removed.
    pub rows_expired: u64,
    /// Whether anything had to be made.
    pub made: bool,
    pub interactions: u64,
    pub accounts: u64,
    pub creators_with_figures: u64,
    pub groups: u64,
    pub rankings: u64,
    pub took_seconds: f64,
}

/// Why a refresh failed. What was derived before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Conversations(#[from] ConversationsError),
    #[error(transparent)]
    Matching(#[from] MatchingError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Makes what the newest facts ask for; does nothing when that has been made. `step` is told what is being done.
pub async fn refresh(data: &DataDirectory, mut step: impl FnMut(&str)) -> Result<Refreshed, RefreshError> {
    let began = std::time::Instant::now();
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    step("removing what has passed its time");
    let rows_expired = data.lake.remove_expired(data.now()).await.map_err(DataDirectoryError::from)?;
    if rows_expired > 0 {
        data.store.facts_changed().await?;
    }
    let revision = data.revision().await?;
    let (mut creators_with_figures, mut groups_found) = (0, 0);
    let made = data.derived.revision().await? != Some(revision);
    if made {
        step("reading the texts for buying talk");
        let talk = read_text_talk(data).await?;
        step("building the conversation graph and learning who listens to whom");
        let snapshot = data.snapshot().await?;
        step("vetting everybody who has published something");
        creators_with_figures = vetting::make_figures(data, &snapshot).await?;
        step("finding the conversation groups and what they talk about");
        let groups = conversations::groups::find(data, &snapshot).await?;
        groups_found = groups.groups.len() as u64;
        let mut talk: Vec<(i64, f32, u8)> =
            talk.into_iter().map(|(text, talk)| (text, talk.chance, talk.kinds)).collect();
        talk.sort_unstable_by_key(|(text, _, _)| *text);
        let model = serde_json::to_string(&snapshot.model).expect("a model serialises");
        step("keeping what was derived");
        let values = DerivedValues { revision, listening_model: &model, text_talk: &talk, groups: &groups };
        data.derived.replace(&values).await?;
    }
    let snapshot = data.snapshot().await?;
    let brands = data.store.brands().await?;
    for brand in &brands {
        step(&format!("ranking for {}", brand.name));
        matching::rank(data, brand.clone()).await?;
    }
    Ok(Refreshed {
        data_revision: revision,
        rows_expired,
        made,
        interactions: snapshot.log.len() as u64,
        accounts: snapshot.accounts.len() as u64,
        creators_with_figures,
        groups: groups_found,
        rankings: brands.len() as u64,
        took_seconds: began.elapsed().as_secs_f64(),
    })
}
