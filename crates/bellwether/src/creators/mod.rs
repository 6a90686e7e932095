//! Creators: who somebody is, on which platform, what is held about them, which shortlists they are on, and how they
//! are forgotten.

pub mod command;
pub mod comparing;
pub mod identity;
pub mod own_people;
pub mod pages;
pub mod persons;
pub mod search;
pub mod shortlists;
pub mod stages;

use std::collections::HashMap;

use lake::{CreatorProfile, FollowerPoint, LakeError, PostRow};
use model::{AccountId, Platform};
use serde::Serialize;
use store::CreatorFigures;

use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::ingest::{IngestError, erasure_hash};

/// How an account is called and where it can be looked at.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CreatorName {
    pub account: AccountId,
    pub platform: Platform,
    /// The display name, else the handle, else the platform's id.
    pub name: String,
    pub handle: String,
    pub url: Option<String>,
    pub followers: Option<i64>,
}

/// Everything a creator's page shows that does not depend on a brand.
pub struct CreatorReport {
    pub name: CreatorName,
    pub profile: CreatorProfile,
    pub figures: Option<CreatorFigures>,
    pub followers: Vec<FollowerPoint>,
    pub posts: Vec<PostRow>,
}

/// Why a question about creators could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum CreatorsError {
    #[error(
        "no account is called {0:?}\nhint: use the name, the handle, platform:id or the number that \
         `bellwether creators search` prints"
    )]
    NotFound(String),
    #[error("{count} accounts are called {text:?}: {examples}\nhint: name one as platform:id or by its number")]
    Ambiguous { text: String, count: usize, examples: String },
    #[error("no shortlist is called {0:?}\nhint: `bellwether creators lists` names them all")]
    NoSuchList(String),
    #[error("{0}\nhint: choose another name")]
    ListName(String),
    #[error(
        "nobody to add: none of those named is held here\nhint: tick people in a ranking or select them on the map first"
    )]
    NobodyPicked,
    #[error("{name:?} holds {people} people and {new} more would be over the {max} a shortlist may hold\nhint: begin another list", max = shortlists::PEOPLE_MAX)]
    ListFull { name: String, people: usize, new: usize },
    /// With its hint.
    #[error("{0}")]
    ListChange(String),
    #[error(
        "somebody changed the shortlist in the meantime, so nothing was changed\nhint: look at it again and repeat what you did"
    )]
    ListMovedOn,
    #[error("no link with the number {0} is open\nhint: `bellwether creators list links` names those that are")]
    NoListLink(i64),
    #[error("{0}\nhint: see the saved searches on the search page, or `bellwether creators searches`")]
    SavedSearch(String),
    #[error("{0:?} is no stage\nhint: the stages are {1}")]
    NoSuchStage(String, String),
    #[error(
        "{0:?} is no niche\nhint: give a code or name of the content taxonomy, such as \"Food & Drink\"; niches on health, \
         religion, politics and sensitive matters are never used on people"
    )]
    NoSuchNiche(String),
    #[error("from 2 to 6 creators can be compared; {0} were given\nhint: tick between two and six people")]
    Compared(usize),
    #[error("people of a file can be kept from 1 to {max} days, not {0}\nhint: {usual} days are usual", max = own_people::KEPT_DAYS_MAX, usual = own_people::KEPT_DAYS)]
    KeptDays(u32),
    #[error("no file of own people has the number {0}\nhint: `bellwether creators own list` shows the files")]
    NoSuchOwnFile(i64),
    #[error(
        "nobody of your own people is matched to that account\nhint: `bellwether creators own people` shows who is"
    )]
    NoOwnMatch,
    #[error("an account is one person's with itself\nhint: name two accounts")]
    SameAccount,
    #[error("no saved search is called {0:?}\nhint: `bellwether creators searches` names them all")]
    NoSuchSearch(String),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Search(#[from] ::search::SearchError),
    #[error(transparent)]
    Matching(Box<crate::matching::MatchingError>),
    #[error(transparent)]
    Conversations(#[from] crate::conversations::ConversationsError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// The public address of an account, where the platform's rule is known.
pub fn public_url(profile: &CreatorProfile) -> Option<String> {
    let native = &profile.native_id;
    match profile.platform {
        Platform::StackExchange => profile.external_url.clone(),
        Platform::Instagram => Some(format!("https://www.instagram.com/{native}/")),
        Platform::TikTok => Some(format!("https://www.tiktok.com/@{native}")),
        Platform::YouTube => Some(format!("https://www.youtube.com/channel/{native}")),
        Platform::Bluesky => Some(format!("https://bsky.app/profile/{native}")),
        _ => None,
    }
}

/// How somebody is called, by their profile.
pub(crate) fn name_of(profile: &CreatorProfile, made_up: bool) -> CreatorName {
    let handle = profile.handle.clone().unwrap_or_else(|| profile.native_id.clone());
    CreatorName {
        account: profile.account,
        platform: profile.platform,
        name: profile.display_name.clone().unwrap_or_else(|| handle.clone()),
        handle,
        url: if made_up { None } else { public_url(profile) },
        followers: profile.followers,
    }
}

/// The names of these accounts.
pub async fn names(
    data: &DataDirectory,
    mut accounts: Vec<AccountId>,
) -> Result<HashMap<AccountId, CreatorName>, LakeOrStore> {
    accounts.sort_unstable();
    accounts.dedup();
    let made_up = is_made_up(data).await?;
    let profiles = data.lake.profiles(Some(&accounts), data.now()).await?;
    Ok(profiles.iter().map(|profile| (profile.account, name_of(profile, made_up))).collect())
}

/// Why names could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LakeOrStore {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl From<crate::matching::MatchingError> for CreatorsError {
    fn from(error: crate::matching::MatchingError) -> Self {
        CreatorsError::Matching(Box::new(error))
    }
}

impl From<LakeOrStore> for CreatorsError {
    fn from(error: LakeOrStore) -> Self {
        match error {
            LakeOrStore::Lake(error) => error.into(),
            LakeOrStore::Store(error) => error.into(),
        }
    }
}

impl From<LakeOrStore> for crate::conversations::ConversationsError {
    fn from(error: LakeOrStore) -> Self {
        match error {
            LakeOrStore::Lake(error) => error.into(),
            LakeOrStore::Store(error) => error.into(),
        }
    }
}

/// Whether the data directory holds a made-up market; such a one is labelled everywhere and its people have no
/// public address.
pub async fn is_made_up(data: &DataDirectory) -> Result<bool, store::StoreError> {
    let sources = data.store.sources().await?;
    Ok(sources.iter().any(|source| source.kind == model::SourceKind::Generated))
}

/// Accounts whose name contains `text`, most followed first.
pub async fn named_like(data: &DataDirectory, text: &str, limit: usize) -> Result<Vec<CreatorName>, CreatorsError> {
    data.revision().await?;
    let found = data.lake.find_accounts(text, limit, data.now()).await?;
    let mut names = names(data, found.clone()).await?;
    Ok(found.iter().filter_map(|account| names.remove(account)).collect())
}

/// The one account that `text` means: its number, `platform:id`, `platform:handle`, or its exact name.
pub async fn find(data: &DataDirectory, text: &str) -> Result<AccountId, CreatorsError> {
    data.revision().await?;
    let not_found = || CreatorsError::NotFound(text.to_owned());
    if let Ok(account) = text.parse::<AccountId>() {
        let known = !data.lake.profiles(Some(&[account]), data.now()).await?.is_empty();
        return if known { Ok(account) } else { Err(not_found()) };
    }
    if let Some((platform, native)) = text.split_once(':')
        && let Some(platform) = Platform::from_code(platform)
    {
        let account = AccountId::of(platform, "", native.trim_start_matches('@'));
        if !data.lake.profiles(Some(&[account]), data.now()).await?.is_empty() {
            return Ok(account);
        }
        let handle = native.trim_start_matches('@');
        let mut of_platform = named_like(data, handle, 50).await?;
        of_platform.retain(|name| name.platform == platform && name.handle.eq_ignore_ascii_case(handle));
        if let [one] = of_platform.as_slice() {
            return Ok(one.account);
        }
    }
    let found = named_like(data, text, 50).await?;
    let wanted = text.trim_start_matches('@');
    let exact: Vec<&CreatorName> = found
        .iter()
        .filter(|name| name.name.eq_ignore_ascii_case(wanted) || name.handle.eq_ignore_ascii_case(wanted))
        .collect();
    match (exact.as_slice(), found.as_slice()) {
        ([one], _) => Ok(one.account),
        ([], [one]) => Ok(one.account),
        ([], []) => Err(not_found()),
        (some, all) => {
            let shown: Vec<String> = (if some.is_empty() { all.iter().collect::<Vec<_>>() } else { some.to_vec() })
                .iter()
                .take(4)
                .map(|name| format!("{} ({}, {})", name.name, name.platform.name(), name.account))
                .collect();
            let count = if some.is_empty() { all.len() } else { some.len() };
            Err(CreatorsError::Ambiguous { text: text.to_owned(), count, examples: shown.join(", ") })
        }
    }
}

/// Everything that is held about one creator.
pub async fn report(data: &DataDirectory, account: AccountId) -> Result<CreatorReport, CreatorsError> {
    data.revision().await?;
    let made_up = is_made_up(data).await?;
    let profile = data
        .lake
        .profiles(Some(&[account]), data.now())
        .await?
        .pop()
        .ok_or_else(|| CreatorsError::NotFound(account.to_string()))?;
    let figures = data.derived.figures(&[account]).await?.remove(&account);
    let followers = data.lake.follower_series(account, data.now()).await?;
    let posts = data.lake.posts_of(account, 30, data.now()).await?;
    Ok(CreatorReport { name: name_of(&profile, made_up), profile, figures, followers, posts })
}

/// What forgetting somebody removed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Forgotten {
    pub account: AccountId,
    pub rows_removed: u64,
}

/// Erases everything held about an account and remembers, as a keyed hash alone, never to take it again.
pub async fn forget(data: &DataDirectory, account: AccountId, reason: &str) -> Result<Forgotten, CreatorsError> {
    data.revision().await?;
    // What a source's rules hide is held all the same, and goes.
    if data.lake.names_of(&[account], data.now()).await?.is_empty() {
        return Err(CreatorsError::NotFound(account.to_string()));
    }
    let rows_removed = forget_together(data, &[account], reason).await?;
    Ok(Forgotten { account, rows_removed })
}

/// Erases everything held about the accounts of one person, all under one lock; how many rows of facts. What people wrote down
/// about an account goes also where no facts of it are held any more.
///
/// Errors: `Data` where facts are being written at this moment; nothing is changed then. After a crash the next opening of the
/// data directory finishes what was begun.
pub async fn forget_together(data: &DataDirectory, accounts: &[AccountId], reason: &str) -> Result<u64, CreatorsError> {
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    let named = data.lake.names_of(accounts, data.now()).await?;
    let held: Vec<AccountId> = named.iter().map(|(account, ..)| *account).collect();
    // The promise is written first: after a crash here an import cannot bring the person back, and the next opening
    // of the data directory finishes the erasure.
    for (account, platform, native_id) in &named {
        let hash = erasure_hash(&data.erasure_key, platform.code(), native_id);
        data.store.keep_erasure(*account, platform.code(), &hash, reason, data.now()).await?;
    }
    let native_ids: Vec<String> = named.into_iter().map(|(.., native_id)| native_id).collect();
    data.store.drop_rankings().await?;
    let rows_removed = if held.is_empty() { 0 } else { data.lake.erase(&held, data.now()).await? };
    data.derived.forget(accounts).await?;
    data.store.forget_in_groups(accounts).await?;
    data.store.forget_in_vetting(accounts).await?;
    data.store.forget_in_searches(accounts).await?;
    data.store.forget_in_prices(accounts).await?;
    data.store.forget_in_fit(accounts).await?;
    data.store.forget_in_planning(accounts).await?;
    data.store.forget_in_outreach(accounts, data.now()).await?;
    crate::outreach::content::sweep_unheld(data).await?;
    data.store.forget_in_own_people(accounts).await?;
    data.store.forget_in_persons(accounts).await?;
    data.store.forget_in_acts(accounts).await?;
    // Whoever went away for a while is watched on, so that it is seen when they are back.
    if reason != crate::ingest::sync::ending::AWAY {
        data.store.forget_in_connections(&native_ids).await?;
    }
    search::forget(data, accounts).await?;
    data.store.erasures_done(&held).await?;
    data.revision().await?;
    Ok(rows_removed)
}
