//! Keeping what is watched fresh: the work that is due is done page by page within each platform's limits, and what it brings is kept in
//! portions together with the place it came to. A program that dies begins again where the last portion ended.

pub mod asking;
pub mod bluesky;
pub mod ending;
pub mod granting;
pub mod instagram;
pub mod mastodon;
pub mod reading;
pub mod settings;
pub mod stream;
pub mod tiktok;
pub mod turns;
pub mod work;
pub mod working;
pub mod youtube;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use model::{Platform, Timestamp};
use platforms::Collected;
use store::{Along, ConnectionRow, ConnectionState, JobRow, NewJob, StepDone, WorkDone};
use url::Url;

use super::{IngestError, Portion, policies, take_portion};
use crate::creators::CreatorsError;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::outreach::sealing::unseal;
use crate::web::outbound::{OutboundError, checked_address};
use asking::{AskError, Asking, Grant};
use reading::Reading;
use settings::ConnectionSettings;
use work::{Working, task};

/// What came by a grant that was taken back goes after so many days.
pub const REVOKED_DAYS: i64 = 7;

/// What grants are sealed for.
pub const SEALED_FOR: &str = "connection";

/// A portion is kept when it has so many facts, so many pages, or is so old.
const PORTION_FACTS: usize = 20_000;
const PORTION_PAGES: u64 = 250;
const PORTION_AGE: Duration = Duration::from_secs(20);
/// Work looked at together.
const DUE_AT_ONCE: i64 = 400;
/// Work that failed so often is tried once a day, and shown until then.
const TRIES_MAX: i64 = 8;
/// How long somebody else's writing is waited for.
const LOCKED_TRIES: u32 = 600;

/// Why syncing ended.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("there is no connection called {0:?}\nhint: `bellwether ingest connections` shows them")]
    NoSuchConnection(String),
    #[error("{name} is {}: nothing is asked\nhint: `bellwether ingest resume {name}`", state.code())]
    NotActive { name: String, state: ConnectionState },
    #[error("{what}: {problem}\nhint: {hint}")]
    Refused { what: String, problem: String, hint: String },
    #[error(transparent)]
    NotReached(#[from] OutboundError),
    #[error(transparent)]
    Asked(AskError),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
}

impl SyncError {
    pub fn refused(what: impl Into<String>, problem: impl Into<String>, hint: impl Into<String>) -> SyncError {
        SyncError::Refused { what: what.into(), problem: problem.into(), hint: hint.into() }
    }
}

/// What was done so far.
#[derive(Clone, Default, PartialEq, Debug, serde::Serialize)]
pub struct SyncReport {
    pub calls: u64,
    pub pages: u64,
    pub rows: u64,
    pub facts_new: u64,
    pub facts_known: u64,
    pub left_out: u64,
    pub accounts_ended: u64,
    pub rows_removed: u64,
    /// Work that could not be done, with why; it is tried again.
    pub problems: Vec<String>,
    /// Until when nothing may be asked, where a limit is used up.
    #[serde(skip)]
    pub waits_until: Option<Timestamp>,
}

/// A connection as it is worked with.
pub struct Connection {
    pub row: ConnectionRow,
    pub platform: Platform,
    pub settings: ConnectionSettings,
    pub server: Url,
}

impl Connection {
    pub fn of(row: ConnectionRow) -> Result<Connection, SyncError> {
        let platform = Platform::from_code(&row.platform).unwrap_or(Platform::Other);
        let settings = serde_json::from_str(&row.settings).unwrap_or_default();
        let server = checked_address(&row.server)?;
        Ok(Connection { row, platform, settings, server })
    }

    /// By what right its server is asked, and until when where that ends by itself.
    pub async fn grant(&self, data: &DataDirectory) -> Result<(Grant, Option<Timestamp>), SyncError> {
        if self.settings.app_key.is_some() {
            let (grant, until) = granting::grant(data, self).await?;
            return Ok((grant, Some(until)));
        }
        let Some(secret) = self.secret(data)? else { return Ok((Grant::Open, None)) };
        let token = secret.lines().next().unwrap_or_default().to_owned();
        Ok((if self.platform == Platform::YouTube { Grant::Key(token) } else { Grant::Bearer(token) }, None))
    }

    /// The secret of the operator's own app, where the platform signs with it what it passes on.
    pub fn app_secret(&self, data: &DataDirectory) -> Result<Option<String>, SyncError> {
        Ok(self.secret(data)?.and_then(|secret| secret.lines().nth(1).map(str::to_owned)))
    }

    fn secret(&self, data: &DataDirectory) -> Result<Option<String>, SyncError> {
        let Some(sealed) = &self.row.secret else { return Ok(None) };
        let secret = unseal(&data.outreach_key, SEALED_FOR, sealed).map_err(|_| {
            let hint = "the key in keys/ is another one than it was sealed with: end the connection and make it anew";
            SyncError::refused(&self.row.name, "its grant cannot be opened", hint)
        })?;
        Ok(Some(secret))
    }

    pub async fn find(data: &DataDirectory, id: i64) -> Result<Connection, SyncError> {
        let row = data.store.connection(id).await?;
        Connection::of(row.ok_or_else(|| SyncError::NoSuchConnection(id.to_string()))?)
    }
}

/// What is collected and not kept yet.
struct Collecting {
    connection: i64,
    name: String,
    platform: Platform,
    found: Collected,
    reading: Reading,
    done: BTreeMap<i64, StepDone>,
    asked: Vec<NewJob>,
    pages: u64,
    since: Instant,
    /// Accounts are named anew each day, so that their rows do not pass their time before what was said by them.
    named_on: i32,
}

impl Collecting {
    fn new(connection: &Connection, now: Timestamp) -> Collecting {
        Collecting {
            connection: connection.row.id,
            name: connection.row.name.clone(),
            platform: connection.platform,
            found: Collected::default(),
            reading: Reading::of(connection.platform),
            done: BTreeMap::new(),
            asked: vec![],
            pages: 0,
            since: Instant::now(),
            named_on: now.day(),
        }
    }

    fn is_full(&self) -> bool {
        self.found.facts.len() >= PORTION_FACTS || self.pages >= PORTION_PAGES || self.since.elapsed() >= PORTION_AGE
    }

    /// Keeps everything collected, and where the work has come to.
    async fn keep(&mut self, data: &DataDirectory, report: &mut SyncReport) -> Result<(), SyncError> {
        if self.done.is_empty() && self.found.facts.is_empty() {
            return Ok(());
        }
        wait_for_others(data).await?;
        let ended = self.reading.take_ended();
        let gone = ending::settle(data, &ended, report).await?;
        let found = std::mem::take(&mut self.found);
        let work = WorkDone {
            connection: Some(self.connection),
            steps: std::mem::take(&mut self.done).into_values().collect(),
            asked: std::mem::take(&mut self.asked),
        };
        let portion = Portion {
            connection: self.connection,
            label: self.name.clone(),
            policy: policies::of_interface(self.platform),
            facts: found.facts,
            rows_in: found.rows,
            issues: found.issues,
            remarks: found.remarks,
        };
        let counts = take_portion(data, portion, &Along { work, gone }).await?;
        report.facts_new += counts.inserted;
        report.facts_known += counts.already_known;
        report.left_out += counts.tombstoned;
        (self.pages, self.since) = (0, Instant::now());
        if self.named_on != data.now().day() {
            self.reading.forget_named();
            self.named_on = data.now().day();
        }
        Ok(())
    }
}

/// While somebody else writes facts, waits for them; not for ever.
pub(super) async fn wait_for_others(data: &DataDirectory) -> Result<(), SyncError> {
    for _ in 0..LOCKED_TRIES {
        match data.lock_for_writing() {
            Err(DataDirectoryError::Locked { .. }) => tokio::time::sleep(Duration::from_millis(500)).await,
            lock => return lock.map(drop).map_err(SyncError::from),
        }
    }
    Ok(())
}

/// Does all work of a connection that is due, and what follows from it, until nothing is left or a limit is used up. `told` hears of
/// each portion kept.
pub async fn run(data: &DataDirectory, id: i64, told: &(dyn Fn(&SyncReport) + Sync)) -> Result<SyncReport, SyncError> {
    let connection = Connection::find(data, id).await?;
    if connection.row.state != ConnectionState::Active {
        return Err(SyncError::NotActive { name: connection.row.name, state: connection.row.state });
    }
    let mut report = SyncReport::default();
    let inside = connection.settings.may_reach_inside;
    let (grant, ends_at) = connection.grant(data).await?;
    let mut asking = Asking::new(data, id, connection.server.clone(), inside, grant);
    let mut collecting = Collecting::new(&connection, data.now());
    asking.ends_at = ends_at;
    let outcome = work_through(data, &connection, &mut asking, &mut collecting, &mut report, told).await;
    report.calls = asking.calls;
    // What was collected before a failure is kept all the same.
    let kept = collecting.keep(data, &mut report).await;
    let removed = ending::remove_rows(data).await?;
    report.rows_removed += removed;
    told(&report);
    kept.and(outcome)?;
    Ok(report)
}

async fn work_through(
    data: &DataDirectory,
    connection: &Connection,
    asking: &mut Asking<'_>,
    collecting: &mut Collecting,
    report: &mut SyncReport,
    told: &(dyn Fn(&SyncReport) + Sync),
) -> Result<(), SyncError> {
    let id = connection.row.id;
    let mut answered = false;
    loop {
        let mut turns = turns::in_turn(data.store.work_due(id, data.now(), DUE_AT_ONCE).await?);
        if turns.is_empty() {
            data.store.note_health(id, answered.then(|| data.now()), None).await?;
            return Ok(());
        }
        while let Some(job) = turns.pop_front() {
            if data.is_ending() {
                return Ok(());
            }
            if asking.ends_at.is_some_and(|until| granting::is_ending(until, data.now())) {
                // What was kept beside it, such as a token made anew, is read again.
                let (grant, ends_at) = Connection::find(data, id).await?.grant(data).await?;
                asking.take_grant(grant, ends_at);
            }
            match one_page(data, connection, asking, collecting, report, job, &mut turns).await? {
                Came::Answer => answered = true,
                Came::Failure => {}
                Came::Wait(until, why) => {
                    report.waits_until = Some(until);
                    data.store.note_health(id, answered.then(|| data.now()), Some(&why)).await?;
                    return Ok(());
                }
            }
            if collecting.is_full() {
                collecting.keep(data, report).await?;
                report.calls = asking.calls;
                told(report);
            }
        }
        // What follows from it is only found once it is kept.
        collecting.keep(data, report).await?;
        report.calls = asking.calls;
        told(report);
    }
}

enum Came {
    Answer,
    Failure,
    Wait(Timestamp, String),
}

/// Does one page, and puts the next one of the same work behind the others'.
async fn one_page(
    data: &DataDirectory,
    connection: &Connection,
    asking: &mut Asking<'_>,
    collecting: &mut Collecting,
    report: &mut SyncReport,
    mut job: JobRow,
    turns: &mut VecDeque<JobRow>,
) -> Result<Came, SyncError> {
    let now = data.now();
    let rows_before = collecting.found.rows;
    let page = {
        let working = Working { job: &job, settings: &connection.settings, now };
        collecting.reading.step(asking, &working, &mut collecting.found).await
    };
    match page {
        Ok(page) => {
            report.pages += 1;
            collecting.pages += 1;
            report.rows += collecting.found.rows - rows_before;
            if let (Some(watched), Some(native_id)) = (job.watched, &page.is_who)
                && job.task == task::PROFILE
            {
                data.store.note_watched(watched, Some(native_id), None).await?;
                ending::is_back(data, connection.platform, native_id).await?;
            }
            let next_round_at = page.every_seconds.map(|every| Timestamp(now.0 + every * 1_000_000));
            let pages = collecting.done.get(&job.id).map_or(0, |done| done.pages) + 1;
            let done = StepDone { job: job.id, cursor: page.cursor.clone(), at: now, next_round_at, pages };
            collecting.done.insert(job.id, done);
            collecting.asked.extend(page.asked);
            if page.cursor.is_some() {
                job.cursor = page.cursor;
                job.pages += 1;
                turns.push_back(job);
            }
            Ok(Came::Answer)
        }
        Err(AskError::Wait { until, why }) => Ok(Came::Wait(until, why)),
        Err(AskError::Store(error)) => Err(error.into()),
        Err(error) => {
            let problem = error.to_string();
            report.problems.push(format!("{} of {}: {problem}", job.task, job.subject));
            let is_gone =
                matches!(&error, AskError::Refused { status: 400..=404 | 410, .. } | AskError::NotToBeKept(_));
            if let Some(watched) = job.watched
                && job.task == task::PROFILE
            {
                data.store.note_watched(watched, None, Some(&problem)).await?;
            }
            data.store.work_failed(job.id, &problem, tried_again_at(&job, is_gone, now)).await?;
            // A grant that is not taken any more gives no right to what it gave: it goes in a week, unless it is connected again.
            let is_not_taken = matches!(&error, AskError::Refused { status, code, .. }
                if (*status == 401 && !code.starts_with("scope_")) || code == "code 190");
            if is_not_taken && connection.row.secret.is_some() {
                data.store.set_connection_state(connection.row.id, ConnectionState::Revoked, now).await?;
                let why = format!(
                    "{problem}; the grant is not taken any more, and what it brought goes after {REVOKED_DAYS} days"
                );
                return Ok(Came::Wait(now, why));
            }
            // A server that is not there answers none of the others either.
            match error {
                AskError::NotReached(_) => {
                    let until = Timestamp(now.0 + 60_000_000);
                    Ok(Came::Wait(until, problem))
                }
                _ => Ok(Came::Failure),
            }
        }
    }
}

/// After a failure: soon, then later and later; of what is gone, tomorrow.
fn tried_again_at(job: &JobRow, is_gone: bool, now: Timestamp) -> Timestamp {
    let seconds = if is_gone || job.attempts >= TRIES_MAX { 86_400 } else { 30 << job.attempts.clamp(0, 12) };
    // Not all at once: those of other numbers come a little later.
    Timestamp(now.0 + (seconds + job.id % 17) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_tried_later_and_later_and_at_last_once_a_day() {
        let mut job = JobRow {
            id: 17,
            connection: 1,
            watched: None,
            task: "posts".into(),
            subject: "a".into(),
            cursor: None,
            due_at: Timestamp(0),
            every_seconds: None,
            priority: 0,
            attempts: 0,
            problem: None,
            round_began_at: None,
            pages: 0,
            rounds: 0,
            done_at: None,
            brand: None,
        };
        let mut waits = vec![];
        for attempts in 0..10 {
            job.attempts = attempts;
            waits.push(tried_again_at(&job, false, Timestamp(0)).unix_seconds());
        }
        assert_eq!(waits[..3], [30, 60, 120]);
        assert!(waits.is_sorted() && waits[9] == 86_400, "{waits:?}");
        assert_eq!(tried_again_at(&JobRow { attempts: 0, ..job }, true, Timestamp(0)).unix_seconds(), 86_400);
    }
}
