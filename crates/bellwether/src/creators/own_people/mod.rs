//! The brand's own people among the accounts held: files added and removed, people matched to accounts, decisions on matches.
//!
//! A match that is not sure counts for nothing until a person confirms it. Decisions outlive matching again.

pub mod among;

use std::path::Path;
use std::sync::Arc;

use engine::matching::identity::{
    AccountKeys, IDENTITY_VERSION, IdentitySettings, MatchState, OwnMatch, OwnRow, RowOrigin, own_people,
};
use model::{AccountId, Days, Platform, RowIssue, Timestamp};
use serde::Serialize;
use store::{NewOwnFile, OwnMatchChanges, OwnMatchRow, OwnPerson};

use super::{CreatorsError, identity};
use crate::data_directory::DataDirectory;
use crate::ingest::csv_file::file_name;
use crate::ingest::own_file::{self, OwnKind, OwnPeopleRead, OwnRecord, OwnSettings, keyed_email};
use crate::ingest::sink::Progress;
use crate::ingest::{IngestError, erasure_hash};

/// How long a file's people are kept unless somebody says otherwise, and at most.
pub const KEPT_DAYS: u32 = 365;
pub const KEPT_DAYS_MAX: u32 = 1_825;

/// Under which setting stands what was matched last.
const MATCHED: &str = "own_people_matched";

/// What adding a file did.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Added {
    pub file: i64,
    /// The file was held already, and nothing was added.
    pub same: bool,
    pub rows: u64,
    pub refused: u64,
    pub people: u64,
    /// People who asked to be forgotten and were left out.
    pub left_out: u64,
    pub matches: Matches,
    #[serde(skip)]
    pub issues: Vec<RowIssue>,
}

/// How the people of a file are matched.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Matches {
    pub matched: u64,
    pub suggested: u64,
    pub not_matched: u64,
}

/// A file about to be added.
pub struct Adding<'a> {
    pub path: &'a Path,
    /// What a person recognises it by.
    pub label: String,
    pub settings: OwnSettings,
    pub keep_days: u32,
    pub brand: Option<String>,
}

/// Adds a file of own people and matches everybody again, or adds nothing where exactly this file is held.
pub async fn add(data: &DataDirectory, adding: Adding<'_>, progress: Arc<Progress>) -> Result<Added, CreatorsError> {
    if !(1..=KEPT_DAYS_MAX).contains(&adding.keep_days) {
        return Err(CreatorsError::KeptDays(adding.keep_days));
    }
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    data.store.remove_expired_own_files(data.now()).await?;
    let (path, settings) = (adding.path.to_owned(), adding.settings.clone());
    let work = move || -> Result<(String, OwnPeopleRead), IngestError> {
        let sha256 = own_file::fingerprint(&path, settings.kind)?;
        Ok((sha256, own_file::read(&path, &settings, &progress)?))
    };
    let (sha256, read) = tokio::task::spawn_blocking(work).await.expect("reading a file does not panic")?;
    if let Some(file) = data.store.own_file_with(&sha256).await? {
        let (same, matches) = (true, matches_of(data, file).await?);
        return Ok(Added {
            file,
            same,
            rows: read.rows_in,
            refused: 0,
            people: 0,
            left_out: 0,
            matches,
            issues: vec![],
        });
    }
    if read.people.is_empty() {
        let why = read.issues.first().map_or_else(
            || "it has no rows".to_owned(),
            |issue| {
                format!("the first refused row: column `{}` {}", issue.column.as_deref().unwrap_or(""), issue.problem)
            },
        );
        return Err(IngestError::refused(
            &adding.label,
            format!("nobody can be read from this file; {why}"),
            "look at which column is what",
        )
        .into());
    }
    let (people, left_out) = kept_people(data, read.people).await?;
    let now = data.now();
    let file = NewOwnFile {
        kind: adding.settings.kind.code().to_owned(),
        label: if adding.label.is_empty() { file_name(adding.path) } else { adding.label },
        brand: adding.brand,
        sha256,
        rows_in: read.rows_in,
        rows_refused: read.refused,
        added_at: now,
        expires_at: Timestamp::from_unix_seconds(now.unix_seconds() + Days(adding.keep_days).as_seconds()),
    };
    let id = data.store.add_own_file(&file, &people).await?;
    match_with(data, identity::account_keys(data).await?).await?;
    Ok(Added {
        file: id,
        same: false,
        rows: read.rows_in,
        refused: read.refused,
        people: people.len() as u64,
        left_out,
        matches: matches_of(data, id).await?,
        issues: read.issues,
    })
}

async fn matches_of(data: &DataDirectory, file: i64) -> Result<Matches, CreatorsError> {
    let files = data.store.own_files(data.now()).await?;
    let held = files.iter().find(|held| held.id == file);
    Ok(held.map_or_else(Matches::default, |file| Matches {
        matched: file.matched,
        suggested: file.suggested,
        not_matched: file.people.saturating_sub(file.matched + file.suggested),
    }))
}

/// What is kept of each person, without those who asked to be forgotten; and how many these are.
async fn kept_people(data: &DataDirectory, read: Vec<OwnRecord>) -> Result<(Vec<OwnPerson>, u64), CreatorsError> {
    let erasures = data.store.erasures().await?;
    let (erasure_key, own_key) = (data.erasure_key.clone(), data.own_people_key.clone());
    let work = move || {
        let all = read.len();
        let is_forgotten = |record: &OwnRecord| {
            let platform = record.platform.unwrap_or(Platform::Other).code();
            let names = [&record.native_id, &record.handle].into_iter().flatten();
            let mut names = names.map(|name| name.trim_start_matches('@'));
            !erasures.is_empty() && names.any(|name| erasures.contains(&erasure_hash(&erasure_key, platform, name)))
        };
        let person = |record: OwnRecord| OwnPerson {
            id: 0,
            kind: String::new(),
            row_number: record.row,
            platform: record.platform.map(|platform| platform.code().to_owned()),
            native_id: record.native_id,
            handle: record.handle,
            email_hmac: record.email_sha256.map(|hash| keyed_email(&own_key, &hash)),
            name: record.name,
            link: record.link,
            first_at: record.first_at,
            last_at: record.last_at,
            times: record.times,
        };
        let kept: Vec<OwnPerson> = read.into_iter().filter(|record| !is_forgotten(record)).map(person).collect();
        let left_out = (all - kept.len()) as u64;
        (kept, left_out)
    };
    Ok(tokio::task::spawn_blocking(work).await.expect("hashing does not panic"))
}

/// What decides the matches: while it stays the same, so do they.
async fn matched_from(data: &DataDirectory) -> Result<String, CreatorsError> {
    let files: Vec<String> = data.store.own_files(data.now()).await?.iter().map(|file| file.id.to_string()).collect();
    Ok(format!("revision {} version {IDENTITY_VERSION} files {}", data.revision().await?, files.join(" ")))
}

/// Whether accounts or files have changed since own people were last matched.
pub(super) async fn is_to_match(data: &DataDirectory) -> Result<bool, CreatorsError> {
    let has_files = !data.store.own_files(data.now()).await?.is_empty();
    Ok(has_files && data.store.setting(MATCHED).await? != Some(matched_from(data).await?))
}

/// Matches everybody of every file to all accounts held; `accounts` bear the hashes of addresses that stand in their bios.
pub(super) async fn match_with(
    data: &DataDirectory,
    mut accounts: Vec<AccountKeys>,
) -> Result<OwnMatchChanges, CreatorsError> {
    let from = matched_from(data).await?;
    let people = data.store.own_people(data.now()).await?;
    let key = data.own_people_key.clone();
    let work = move || {
        for hash in accounts.iter_mut().flat_map(|account| &mut account.email_hashes) {
            *hash = keyed_email(&key, hash);
        }
        let rows: Vec<OwnRow> = people.iter().zip(0u32..).map(|(person, row)| row_of(person, row)).collect();
        let found = own_people(&rows, &accounts, &IdentitySettings::default());
        found.iter().map(|found| kept_match(found, people[found.row as usize].id)).collect::<Vec<OwnMatchRow>>()
    };
    let computed = tokio::task::spawn_blocking(work).await.expect("matching does not panic");
    let changes = data.store.keep_own_matches(&computed).await?;
    data.store.set_setting(MATCHED, &from).await?;
    Ok(changes)
}

fn row_of(person: &OwnPerson, row: u32) -> OwnRow {
    let is_export = OwnKind::from_code(&person.kind).is_some_and(OwnKind::is_platform_export);
    OwnRow {
        row,
        origin: if is_export { RowOrigin::PlatformExport } else { RowOrigin::List },
        platform: person.platform.as_deref().and_then(Platform::from_code),
        handle: person.handle.clone(),
        native_id: person.native_id.clone(),
        email_hash: person.email_hmac.clone(),
        name: person.name.clone(),
        links: person.link.iter().cloned().collect(),
    }
}

fn kept_match(found: &OwnMatch, person: i64) -> OwnMatchRow {
    OwnMatchRow {
        person,
        account: found.account,
        chance: found.chance.value.unwrap_or(0.0),
        // The row's number differs from one matching to the next, and is none of the evidence.
        evidence: serde_json::to_string(&OwnMatch { row: 0, ..found.clone() }).expect("a match serialises"),
        state: state_code(found.state).to_owned(),
    }
}

fn state_code(state: MatchState) -> &'static str {
    match state {
        MatchState::Sure => "sure",
        MatchState::Suggested => "suggested",
    }
}

/// Removes a file and everything it held.
pub async fn remove(data: &DataDirectory, file: i64) -> Result<(), CreatorsError> {
    match data.store.remove_own_file(file).await? {
        true => Ok(()),
        false => Err(CreatorsError::NoSuchOwnFile(file)),
    }
}

/// What a person says to a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Confirm,
    Refuse,
    /// As it was computed again.
    Undo,
}

impl Answer {
    pub fn from_code(code: &str) -> Option<Answer> {
        match code {
            "confirm" => Some(Answer::Confirm),
            "refuse" => Some(Answer::Refuse),
            "undo" => Some(Answer::Undo),
            _ => None,
        }
    }
}

/// Decides every match of these accounts, or of one person of a file alone. Returns how many were changed.
pub async fn decide(
    data: &DataDirectory,
    accounts: &[AccountId],
    person: Option<i64>,
    answer: Answer,
) -> Result<u64, CreatorsError> {
    let held = data.store.own_matches(data.now()).await?;
    let meant = held.iter().filter(|one| accounts.contains(&one.account) && person.is_none_or(|of| one.person == of));
    let pairs: Vec<(i64, AccountId)> = match answer {
        // What was refused stays so until it is taken back.
        Answer::Confirm if person.is_none() => {
            meant.filter(|one| one.state != "refused").map(|one| (one.person, one.account)).collect()
        }
        _ => meant.map(|one| (one.person, one.account)).collect(),
    };
    if pairs.is_empty() {
        return Err(CreatorsError::NoOwnMatch);
    }
    let changed = match answer {
        Answer::Confirm | Answer::Refuse => {
            let state = if answer == Answer::Confirm { "confirmed" } else { "refused" };
            let states: Vec<(i64, AccountId, &str)> =
                pairs.iter().map(|(person, account)| (*person, *account, state)).collect();
            data.store.set_own_states(&states, Some(data.now())).await?
        }
        Answer::Undo => {
            let evidence = data.store.own_evidence(&pairs).await?;
            let computed = |pair: &(i64, AccountId)| {
                let found: Option<OwnMatch> = evidence.get(pair).and_then(|json| serde_json::from_str(json).ok());
                (pair.0, pair.1, found.map_or("suggested", |found| state_code(found.state)))
            };
            let states: Vec<(i64, AccountId, &str)> = pairs.iter().map(computed).collect();
            data.store.set_own_states(&states, None).await?
        }
    };
    Ok(changed)
}
