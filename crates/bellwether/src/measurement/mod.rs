//! Measurement: did it pay? A question asked before a campaign begins, watched while it runs, answered once it is over: what it
//! added against what would have been, what it cost, what came of whom, and what nobody knows.

pub mod analysing;
pub mod command;
pub mod costing;
pub mod design;
pub mod foreseeing;
pub mod found;
pub mod learning;
pub mod made_up;
pub mod mailing;
mod making;
pub mod outcomes;
pub mod pages;
pub mod series_file;
pub mod sharing;
pub mod tables;
pub mod voice;
pub mod watching;
pub mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Estimate, Explanation, Timestamp};
use store::StoreError;
use store::measurement::{NewStudy, StudyResultRow, StudyRow};

use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::matching::MatchingError;
use crate::outreach::OutreachError;
use crate::tracking::TrackingError;
use costing::StudyCosts;
use design::{Checked, StudyDesign};
use found::{FOUND_VERSION, StudyFound};
use making::by_number;

/// Who does something, where nobody says so.
pub const TEAM: &str = "team";

/// Why measurement could not do something.
#[derive(Debug, thiserror::Error)]
pub enum MeasurementError {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error("there is no measurement {0}\nhint: `bellwether measurement list` lists them")]
    NoStudy(i64),
    #[error("there is no series {0}\nhint: `bellwether measurement series` lists them")]
    NoSeries(i64),
    #[error("there is no campaign {0}\nhint: `bellwether planning campaigns` lists them")]
    NoCampaign(i64),
    #[error("nothing is held of {what}\nhint: {hint}")]
    NothingHeld { what: String, hint: String },
    #[error(
        "the answer may be read from {unlocks} on\nhint: until then `bellwether measurement live {study}` says what may be said today"
    )]
    NotYet { study: i64, unlocks: String },
    #[error("measurement {0} was given up, so it has no answer\nhint: {1}")]
    Withdrawn(i64, String),
    #[error("there is a measurement {0:?} already\nhint: give this one another name")]
    NameTaken(String),
    #[error("the file cannot be read: {0}")]
    File(String),
    #[error("no link of this number is open\nhint: `bellwether measurement links ID` names those that are")]
    NoLink,
    #[error("nobody gets this report under that number\nhint: `bellwether measurement mails ID` lists who does")]
    NoMail,
    #[error(transparent)]
    Tracking(#[from] TrackingError),
    #[error(transparent)]
    Outreach(#[from] OutreachError),
    #[error(transparent)]
    Matching(#[from] MatchingError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::creators::LakeOrStore> for MeasurementError {
    fn from(error: crate::creators::LakeOrStore) -> MeasurementError {
        match error {
            crate::creators::LakeOrStore::Lake(error) => error.into(),
            crate::creators::LakeOrStore::Store(error) => error.into(),
        }
    }
}

fn refused(field: &'static str, problem: impl Into<String>) -> MeasurementError {
    MeasurementError::Field { field, problem: problem.into() }
}

/// A study with its design read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Study {
    pub row: StudyRow,
    pub design: StudyDesign,
}

/// Where a study stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The campaign has not begun.
    Ahead,
    Running,
    /// It is over, and orders are being settled.
    Settling,
    /// The answer may be read.
    Open,
    Withdrawn,
}

impl Standing {
    pub fn words(self) -> &'static str {
        match self {
            Standing::Ahead => "ahead",
            Standing::Running => "running",
            Standing::Settling => "over, being settled",
            Standing::Open => "answered",
            Standing::Withdrawn => "given up",
        }
    }
}

impl Study {
    fn of(row: StudyRow) -> Result<Study, MeasurementError> {
        let design = serde_json::from_str(&row.design).map_err(|error| StoreError::Database {
            what: "the design of a measurement cannot be read",
            problem: error.to_string(),
        })?;
        Ok(Study { row, design })
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        let design = &self.design;
        match () {
            () if self.row.withdrawn.is_some() => Standing::Withdrawn,
            () if now >= self.row.unlocks_at => Standing::Open,
            () if now >= design.moment_of(design.day_after()) => Standing::Settling,
            () if now >= design.moment_of(design.first_day()) => Standing::Running,
            () => Standing::Ahead,
        }
    }
}

/// Keeps a design as a study.
pub async fn create(data: &DataDirectory, checked: &Checked, actor: &str) -> Result<Study, MeasurementError> {
    let design = serde_json::to_string(&checked.design).map_err(|error| MeasurementError::File(error.to_string()))?;
    let new = NewStudy {
        campaign: checked.campaign,
        name: &checked.name,
        design: &design,
        starts_on: &checked.design.starts_on,
        ends_on: &checked.design.ends_on,
        unlocks_at: checked.design.unlocks_at(),
        actor,
    };
    let id = data.store.add_study(&new, data.now()).await?;
    let id = id.ok_or_else(|| MeasurementError::NameTaken(checked.name.clone()))?;
    study(data, id).await
}

pub async fn study(data: &DataDirectory, id: i64) -> Result<Study, MeasurementError> {
    Study::of(data.store.study(id).await?.ok_or(MeasurementError::NoStudy(id))?)
}

/// Every study, the newest first.
pub async fn studies(data: &DataDirectory) -> Result<Vec<Study>, MeasurementError> {
    data.store.studies().await?.into_iter().map(Study::of).collect()
}

/// What a study costs beside its deals.
pub async fn costs(data: &DataDirectory, study: i64) -> Result<StudyCosts, MeasurementError> {
    let kept = data.store.study_costs(study).await?;
    let Some(kept) = kept else { return Ok(StudyCosts::default()) };
    serde_json::from_str(&kept).map_err(|error| {
        let what = "the costs of a measurement cannot be read; type them again";
        StoreError::Database { what, problem: error.to_string() }.into()
    })
}

pub async fn keep_costs(
    data: &DataDirectory,
    study_id: i64,
    costs: &StudyCosts,
    actor: &str,
) -> Result<(), MeasurementError> {
    let study = study(data, study_id).await?;
    let kept = serde_json::to_string(costs).map_err(|error| MeasurementError::File(error.to_string()))?;
    Ok(data.store.keep_study_costs(study.row.id, &kept, actor, data.now()).await?)
}

/// Gives a study up, with the reason; it stays in the list.
pub async fn withdraw(data: &DataDirectory, id: i64, why: &str) -> Result<(), MeasurementError> {
    const WHY_MAX: usize = 300;
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    if why.is_empty() || why.chars().count() > WHY_MAX {
        return Err(refused(
            "why",
            format!("say why in up to {WHY_MAX} letters: whoever reads the list wants to know"),
        ));
    }
    let study = study(data, id).await?;
    if !data.store.withdraw_study(id, &why, data.now()).await? {
        let before = study.row.withdrawn.map(|(_, why)| why).unwrap_or_default();
        return Err(MeasurementError::Withdrawn(id, before));
    }
    Ok(())
}

/// The answer to a study.
#[derive(Clone)]
pub struct Report {
    pub study: Study,
    pub found: StudyFound,
    pub data_hash: String,
    /// When it was computed from this state of the data.
    pub as_of: Timestamp,
    /// The answer that was given first, where the data are others now.
    pub first: Option<(Timestamp, StudyFound)>,
    /// Names of contacts; who was forgotten has none.
    pub names: BTreeMap<i64, String>,
    /// Where posts are, by piece.
    pub addresses: BTreeMap<i64, String>,
}

/// What stands before a creator's number in what is kept.
const MARK: &str = "creator #";

impl Report {
    /// Words with the names of creators where their numbers stand.
    pub fn named(&self, words: &str) -> String {
        let mut named = String::with_capacity(words.len());
        let mut rest = words;
        while let Some((before, after)) = rest.split_once(MARK) {
            let digits = after.len() - after.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
            named.push_str(before);
            let name = after[..digits].parse::<i64>().ok().and_then(|contact| self.names.get(&contact));
            named.push_str(name.map_or("somebody forgotten", String::as_str));
            rest = &after[digits..];
        }
        named.push_str(rest);
        named
    }

    fn name_all(&self, node: &mut Explanation) {
        node.words = self.named(&node.words);
        node.parts.iter_mut().for_each(|part| self.name_all(part));
    }

    /// An estimate whose explanation names creators.
    pub fn with_names(&self, estimate: &Estimate) -> Estimate {
        let mut named = estimate.clone();
        self.name_all(&mut named.explanation);
        named
    }

    /// The whole of it as one document, the same from a page and a command.
    pub fn document(&self) -> serde_json::Value {
        serde_json::json!({
            "measurement": self.study.row.id,
            "name": self.study.row.name,
            "campaign": self.study.row.campaign,
            "answer": words::answer(self),
            "design": self.study.design,
            "found": self.found,
            "data_hash": self.data_hash,
            "as_of": crate::clock::iso(self.as_of),
            "creators": self.names,
        })
    }
}

/// The answer to a study: as it was kept where nothing changed since, else computed and kept.
///
/// Errors: `NotYet` before its day, whatever happened so far: whoever looks early finds too much.
pub async fn report(data: &DataDirectory, id: i64) -> Result<Arc<Report>, MeasurementError> {
    let study = study(data, id).await?;
    match study.standing(data.now()) {
        Standing::Open => {}
        Standing::Withdrawn => {
            let why = study.row.withdrawn.as_ref().map(|(_, why)| why.clone()).unwrap_or_default();
            return Err(MeasurementError::Withdrawn(id, why));
        }
        _ => {
            return Err(MeasurementError::NotYet { study: id, unlocks: crate::clock::minute(study.row.unlocks_at) });
        }
    }
    // One at a time: whoever asks meanwhile reads what the first one made.
    let mut held = data.measuring.lock().await;
    let state = state_of(data).await?;
    if let Some((_, report)) = held.0.get(&id).filter(|(of, _)| *of == state) {
        // What somebody is called may have been changed since, and follows from nothing here.
        let names = names_in(data, &report.found).await?;
        return Ok(if names == report.names {
            report.clone()
        } else {
            Arc::new(Report { names, ..Report::clone(report) })
        });
    }
    let loaded = making::load(data, &study).await?;
    let (data_hash, addresses) = (loaded.hash(), loaded.addresses());
    let read = |row: &StudyResultRow| serde_json::from_str::<StudyFound>(&row.found).ok();
    let mut kept = data.store.study_results(id).await?;
    let is_this = |row: &&StudyResultRow| row.data_hash == data_hash && row.version == FOUND_VERSION;
    let same = kept.iter().find(is_this).and_then(|row| Some((row.as_of, read(row)?)));
    let (as_of, found) = match same {
        Some(same) => same,
        None => {
            let as_of = data.now();
            let found =
                tokio::task::spawn_blocking(move || making::make(&loaded)).await.expect("measuring does not panic")?;
            let row = StudyResultRow {
                id: 0,
                study: id,
                found: serde_json::to_string(&found).map_err(|error| MeasurementError::File(error.to_string()))?,
                data_hash: data_hash.clone(),
                version: FOUND_VERSION,
                as_of,
            };
            data.store.keep_study_result(&row).await?;
            kept.push(row);
            (as_of, found)
        }
    };
    let first = kept.first().filter(|row| row.data_hash != data_hash).and_then(|row| Some((row.as_of, read(row)?)));
    let names = names_in(data, &found).await?;
    let report = Arc::new(Report { study, found, data_hash, as_of, first, names, addresses });
    if held.0.len() >= REPORTS_HELD_MAX {
        held.0.pop_first();
    }
    held.0.insert(id, (state, report.clone()));
    Ok(report)
}

/// What those are called whom an answer is about.
async fn names_in(data: &DataDirectory, found: &StudyFound) -> Result<BTreeMap<i64, String>, MeasurementError> {
    let in_remarks = found.cost.remarks.iter().flat_map(|remark| remark.split(MARK).skip(1)).filter_map(|rest| {
        let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        rest[..digits].parse::<i64>().ok()
    });
    let posts = found.posts.iter().map(|post| post.contact);
    let contacts: Vec<i64> = found.creators.iter().map(|one| one.contact).chain(posts).chain(in_remarks).collect();
    Ok(crate::tracking::conversions::names(data, &contacts).await?)
}

/// Answers read lately, each with the state of everything it may rest on.
#[derive(Default)]
pub(crate) struct ReportsMeasured(BTreeMap<i64, (String, Arc<Report>)>);

const REPORTS_HELD_MAX: usize = 32;

/// Of everything an answer may rest on.
async fn state_of(data: &DataDirectory) -> Result<String, MeasurementError> {
    if let Err(error) = crate::tracking::counting::count(data).await {
        tracing::warn!(%error, "clicks could not be counted");
    }
    let store = &data.store;
    Ok(format!(
        "{:?}|{:?}|{:?}|{:?}|{:?}|{}|{}",
        store.conversions_state().await?,
        store.codes_state().await?,
        store.link_revision().await?,
        store.published_state().await?,
        store.counted().await?.clicks,
        store.measured_state().await?,
        data.revision().await?
    ))
}
