//! Refresh: making everything that is derived from the facts, in one place, so that no page has to.
//!
//! Where facts have only been added since the last refresh, only what they touch is made again; where any were taken
//! away or rewritten, everything is. What is made again stands beside what was kept in one transaction.

use std::time::Instant;

use lake::{AddedFacts, SMALL_FILES_MAX};
use model::AccountId;
use serde::Serialize;
use store::{DerivedValues, KeptBefore};

use crate::conversations::{
    self, ConversationsError, SeenAtRefresh, TextTalk, read_added_talk, read_text_talk, talk_with,
};
use crate::creators::{self, CreatorsError};
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::matching::{self, MatchingError};
use crate::memory;
use crate::output::grouped;
use crate::{outreach, vetting};

/// How much a person asks to be made again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// What new facts touch, or everything where that would not be right.
    WhatChanged,
    EverythingAnew,
}

/// What a refresh did.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Refreshed {
    pub data_revision: i64,
    /// Rows that had passed their time and were removed.
    pub rows_expired: u64,
    /// Whether anything had to be made.
    pub made: bool,
    /// Whether only what new facts touch was made again.
    pub incremental: bool,
    /// What was made again and why, in a sentence.
    pub how: String,
    pub interactions: u64,
    pub accounts: u64,
    pub creators_with_figures: u64,
    /// Creators whose figures were made by this refresh.
    pub creators_vetted: u64,
    pub groups: u64,
    pub rankings: u64,
    /// Creators written into the search index by this refresh.
    pub creators_indexed: u64,
    /// Own people matched again, and accounts that may be one person's.
    pub who_is_who: creators::identity::WhoIsWho,
    /// Creators who newly meet a watched search.
    pub new_matches: u64,
    pub stages: Vec<StageTook>,
    pub took_seconds: f64,
}

/// How long one part of the work took.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StageTook {
    pub stage: String,
    pub seconds: f64,
    /// The most memory the program had held by the end of it; `None` where the system does not tell.
    pub memory_peak_bytes: Option<u64>,
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
    Creators(#[from] CreatorsError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Tells what is being done, and keeps how long each part took.
struct Stages<F> {
    tell: F,
    took: Vec<StageTook>,
    under_way: Option<(String, Instant)>,
}

impl<F: FnMut(&str)> Stages<F> {
    fn begin(&mut self, stage: &str) {
        self.end();
        (self.tell)(stage);
        self.under_way = Some((stage.to_owned(), Instant::now()));
    }

    fn end(&mut self) {
        if let Some((stage, began)) = self.under_way.take() {
            let (seconds, memory_peak_bytes) = (began.elapsed().as_secs_f64(), memory::peak_bytes());
            self.took.push(StageTook { stage, seconds, memory_peak_bytes });
        }
    }
}

/// Makes what the newest facts ask for; does nothing when that has been made. `step` is told what is being done.
///
/// Cost where facts were only added: one reading of the talk, the new texts, the creators they touch, and one grouping
/// from the groups before. Else also all texts, all creators, and a few dozen groupings.
pub async fn refresh(data: &DataDirectory, asked: Asked, step: impl FnMut(&str)) -> Result<Refreshed, RefreshError> {
    let began = Instant::now();
    let mut stages = Stages { tell: step, took: vec![], under_way: None };
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    stages.begin("removing what has passed its time");
    // Where products were sent, of deals that ended long ago.
    data.store.remove_old_shipping(data.now()).await?;
    let rows_expired = data.lake.remove_expired(data.now()).await.map_err(DataDirectoryError::from)?;
    // Whoever holds what was made from this revision must see that it is made again.
    if rows_expired > 0 || asked == Asked::EverythingAnew {
        data.store.facts_changed().await?;
    }
    let revision = data.revision().await?;
    let made_before = data.derived.revision().await?;
    let mut made = None;
    if made_before != Some(revision) {
        stages.begin("looking for what has changed");
        let added = if asked == Asked::EverythingAnew { None } else { conversations::added_facts(data).await? };
        let done = match &added {
            Some(added) => follow(data, revision, added, &mut stages).await?,
            None => {
                let why = match (asked, made_before) {
                    (Asked::EverythingAnew, _) => "it was asked for",
                    (_, None) => "it had not been made before",
                    _ => "facts were taken away or rewritten",
                };
                make_all(data, revision, why, &mut stages).await?
            }
        };
        made = Some(done);
        stages.begin("laying out the map");
        conversations::map::lay_out(data).await?;
    }
    stages.begin("looking for own people and for accounts of one person");
    let who_is_who = creators::identity::bring_along(data).await?;
    let snapshot = data.snapshot().await?;
    let brands = data.store.brands().await?;
    for brand in &brands {
        stages.begin(&format!("ranking for {}", brand.name));
        matching::rank(data, brand.clone()).await?;
    }
    stages.begin("bringing the search index along");
    let done = made.clone().unwrap_or_default();
    let creators_indexed = match (&made, creators::search::is_current(data).await?) {
        (None, true) => 0,
        _ => creators::search::refresh_index(data, done.touched.as_deref()).await?,
    };
    if data.lake.small_files().await? > SMALL_FILES_MAX {
        stages.begin("joining small files");
        join_files(data).await?;
    }
    for brand in &brands {
        stages.begin(&format!("reading creators' words for {}", brand.name));
        matching::fit::fits(data, brand).await?;
    }
    stages.begin("looking for new matches of saved searches");
    let new_matches = creators::search::saved::check_all(data).await?.iter().map(|checked| checked.new).sum();
    stages.begin("telling contacts' timelines what has changed");
    outreach::telling::scores(data).await?;
    stages.end();
    Ok(Refreshed {
        data_revision: revision,
        rows_expired,
        made: made.is_some(),
        incremental: done.incremental,
        how: done.how,
        interactions: snapshot.log.len() as u64,
        accounts: snapshot.accounts.len() as u64,
        creators_with_figures: data.derived.figures_count().await?,
        creators_vetted: done.creators,
        groups: done.groups,
        rankings: brands.len() as u64,
        creators_indexed,
        who_is_who,
        new_matches,
        stages: stages.took,
        took_seconds: began.elapsed().as_secs_f64(),
    })
}

#[derive(Clone, Default)]
struct Made {
    incremental: bool,
    how: String,
    creators: u64,
    groups: u64,
    /// Those whose figures were made again; `None`: everybody.
    touched: Option<Vec<AccountId>>,
}

/// Everything from the facts alone.
async fn make_all(
    data: &DataDirectory,
    revision: i64,
    why: &str,
    stages: &mut Stages<impl FnMut(&str)>,
) -> Result<Made, RefreshError> {
    let seen = seen_now(data).await?;
    stages.begin("reading the texts for buying talk");
    let talk = read_text_talk(data).await?;
    let kept_talk = rows_of(talk.iter().map(|(text, talk)| (*text, *talk)));
    let snapshot = data.snapshot_at_refresh(talk, None, |stage| stages.begin(stage)).await?;
    stages.begin("vetting everybody who has published something");
    let creators = vetting::make_figures(data, &snapshot, &seen.answering).await?;
    stages.begin("finding the conversation groups");
    let groups = conversations::groups::find(data, &snapshot, None, |stage| stages.begin(stage)).await?;
    stages.begin("keeping what was derived");
    let values = DerivedValues {
        revision,
        facts_seen: &serde_json::to_string(&seen).expect("names of files serialise"),
        listening_model: &serde_json::to_string(&snapshot.model).expect("a model serialises"),
        text_talk: &kept_talk,
        groups: &groups,
    };
    data.derived.keep(&values, KeptBefore::Goes).await?;
    Ok(Made {
        incremental: false,
        how: format!("everything was made anew: {why}"),
        creators,
        groups: groups.groups.len() as u64,
        touched: None,
    })
}

/// Only what the added facts touch; the rest stays as it was.
async fn follow(
    data: &DataDirectory,
    revision: i64,
    added: &AddedFacts,
    stages: &mut Stages<impl FnMut(&str)>,
) -> Result<Made, RefreshError> {
    let (before, seen) = (conversations::seen_at_refresh(data).await?, seen_now(data).await?);
    stages.begin(&format!("reading {} new texts for buying talk", grouped(added.texts)));
    let read = read_added_talk(added).await?;
    let talk = talk_with(data, &read).await?;
    let texts_gone: Vec<i64> = read.iter().filter(|(_, talk)| !talk.is_buying()).map(|(text, _)| *text).collect();
    let model = conversations::kept_model(data).await?;
    let snapshot = data.snapshot_at_refresh(talk, model, |stage| stages.begin(stage)).await?;
    stages.begin("vetting those whom new facts touch");
    let mut touched = added.authors_touched().await?;
    if before.is_none_or(|before| before.answering != seen.answering) {
        // Where authors are first seen to answer, everybody there who does not is seen in another light.
        touched.extend(data.derived.creators().await?);
        touched.sort_unstable();
        touched.dedup();
    }
    let figures = vetting::figures_of_touched(data, &snapshot, &touched, &seen.answering).await?;
    stages.begin("following the conversation groups");
    let groups = conversations::groups::find(data, &snapshot, Some(added), |stage| stages.begin(stage)).await?;
    stages.begin("keeping what was derived");
    let values = DerivedValues {
        revision,
        facts_seen: &serde_json::to_string(&seen).expect("names of files serialise"),
        listening_model: &serde_json::to_string(&snapshot.model).expect("a model serialises"),
        text_talk: &rows_of(read.into_iter().filter(|(_, talk)| talk.is_buying())),
        groups: &groups,
    };
    data.derived.keep(&values, KeptBefore::Stays { texts_gone: &texts_gone, figures: &figures }).await?;
    Ok(Made {
        incremental: true,
        how: format!(
            "{} interactions and {} texts had come since; what they touch was made again",
            grouped(added.interactions),
            grouped(added.texts)
        ),
        creators: figures.len() as u64,
        groups: groups.groups.len() as u64,
        touched: Some(touched),
    })
}

/// Joins the lake's small files. What was derived was made from the same rows: the next refresh still follows what comes after.
async fn join_files(data: &DataDirectory) -> Result<(), RefreshError> {
    let Some(before) = conversations::seen_at_refresh(data).await? else { return Ok(()) };
    if before.facts != data.lake.facts_seen().await? {
        return Ok(());
    }
    let fewer = data.lake.compact().await?;
    tracing::info!(fewer, "small files were joined");
    let seen = SeenAtRefresh { facts: data.lake.facts_seen().await?, ..before };
    data.derived.keep_facts_seen(&serde_json::to_string(&seen).expect("names of files serialise")).await?;
    creators::search::note_joined_files(data).await?;
    Ok(())
}

/// What there is to see now, for the next refresh to compare with.
async fn seen_now(data: &DataDirectory) -> Result<SeenAtRefresh, RefreshError> {
    let mut answering = data.lake.platforms_where_authors_answer(data.now()).await?;
    answering.sort_by_key(|platform| platform.code());
    Ok(SeenAtRefresh { facts: data.lake.facts_seen().await?, answering })
}

/// Buying talk as it is kept: by text.
fn rows_of(talk: impl Iterator<Item = (i64, TextTalk)>) -> Vec<(i64, f32, u8)> {
    let mut rows: Vec<(i64, f32, u8)> = talk.map(|(text, talk)| (text, talk.chance, talk.kinds)).collect();
    rows.sort_unstable_by_key(|(text, _, _)| *text);
    rows
}
