//! A hit on a link: judged, on disk, answered. What is not stored is counted and said, and the visitor goes on all the same.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use clicks::{Click, ClickLog, DayKeys, Durability, OpenError, Outcome, Position, Settings, Waiter};
use model::Timestamp;
use store::Store;
use tokio::sync::oneshot;
use verdicts::{Hit, Reasons, Rules, Sequence, SequenceSettings, Verdict};

pub use super::judging::Asked;

use super::ground::{Duty, Ground, Leader, Place};
use super::judging::judged;
use super::leading::{Leading, Links};
use super::token::ClickToken;
use super::{CLICKS, DAY_KEYS, TrackingError, turns};
use crate::data_directory::DataDirectory;

/// The setting that says what a click survives.
const DURABILITY: &str = "tracking.durability";
const POWER: &str = "power";
const PROCESS: &str = "process";
/// Between two looks whether links were changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Where nobody looks by himself, a request waits for a look after so long, in microseconds.
const LOOK_AT_LEAST_EVERY: u64 = 3_000_000;
/// Between two looks for a link that is not known, in microseconds.
const LOOK_FOR_NEW_EVERY: u64 = 100_000;
/// Between two tries to open a log that could not be, in microseconds.
const TRY_EVERY: u64 = 5_000_000;
/// A command may have the log while it counts.
const HELD_BRIEFLY: Duration = Duration::from_secs(2);
/// Between two rounds of counting while pages are served.
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// Rounds between two looks at the day's keys: two minutes.
const TEND_EVERY_ROUNDS: u32 = 60;

/// What becomes of a hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answered {
    /// On to the target; `is_stored` says whether the click is on disk.
    On { target: HeaderValue, is_stored: bool },
    /// The link was ended or its days are over.
    Over,
    /// There is none of this name.
    Nothing,
}

/// Why nobody is led on at once.
pub(super) enum NotAtOnce {
    /// Something has to be looked up or opened first.
    NotYet,
    /// The link leads nowhere, or no more.
    Nowhere,
}

/// How a program goes that leads visitors on by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    Well,
    /// It goes well, and so many requests came that are for the program of pages.
    Misled(u64),
    NotStored,
    NoDatabase,
}

impl Health {
    pub(super) fn is_well(self) -> bool {
        matches!(self, Health::Well | Health::Misled(_))
    }

    /// For this machine alone.
    pub(super) fn json(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Health::Well => "{\"status\":\"ok\"}",
            Health::Misled(requests) => {
                return Cow::Owned(format!(
                    "{{\"status\":\"ok\",\"warning\":\"{requests} requests of shops and sites came here; the proxy has to hand \
                     /t/in/, /t/conversion and /t/page.js on to the program that shows pages\"}}"
                ));
            }
            Health::NotStored => "{\"status\":\"clicks could not be stored; the log of this program says why\"}",
            Health::NoDatabase => "{\"status\":\"the database does not answer\"}",
        })
    }

    /// For everybody else.
    pub(super) fn bare(self) -> &'static str {
        if self.is_well() { "{\"status\":\"ok\"}" } else { "{\"status\":\"not ok\"}" }
    }
}

/// Who is told what became of a click.
pub(super) enum Answer {
    One(oneshot::Sender<Outcome>),
    OfTurn(turns::OfTurn),
}

impl Waiter for Answer {
    fn answer(self, outcome: Outcome) {
        match self {
            // Whoever asked may have gone meanwhile; the click is stored all the same.
            Answer::One(waits) => drop(waits.send(outcome)),
            Answer::OfTurn(click) => click.answer(outcome),
        }
    }
}

/// Why clicks cannot be stored now, and how many were answered without.
#[derive(Default)]
struct Trouble {
    words: Mutex<Option<String>>,
    /// Another program has the log.
    is_held: AtomicBool,
    /// Answered while there was no log.
    lost: AtomicU64,
    tried_at: AtomicI64,
}

/// All that a hit is followed by, held as one, so that a hit takes hold of it once.
#[derive(Clone, Default)]
pub(super) struct InForce {
    links: Arc<Links>,
    pub(super) log: Option<Arc<ClickLog<Answer>>>,
    keys: Option<Arc<DayKeys>>,
}

/// What a thread holds that leads the visitors of one redirector on and does nothing else.
#[derive(Default)]
struct Own {
    generation: Option<u64>,
    in_force: Arc<InForce>,
    hits: std::ops::Range<u64>,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// Says that this thread leads the visitors of one redirector on until it ends.
pub(super) fn belongs_to_one_redirector() {
    OWN.set(Some(Own::default()));
}

/// The one redirector of a data directory: its log, its keys, where links lead. Links lead on also while the log cannot be used;
/// that is counted and said.
pub struct Redirector {
    pub(super) ground: Ground,
    in_force: RwLock<Arc<InForce>>,
    /// Grows whenever what is in force changes.
    generation: AtomicU64,
    trouble: Trouble,
    opening: tokio::sync::Mutex<()>,
    sequence: Mutex<Sequence>,
    looking: tokio::sync::Mutex<()>,
    looked_at: AtomicI64,
    /// Somebody looks every second, whether or not there are hits.
    is_looked_after: AtomicBool,
    hits: AtomicU64,
    /// Requests that came here and are for the program of pages.
    misled: AtomicU64,
    pub(super) counter: tokio::sync::Mutex<Option<super::counting::Counter>>,
    /// The day on which visitors of days before went.
    pub(super) forgot_on: AtomicI64,
}

impl Redirector {
    /// Reads where links lead, and opens the click log and the day's keys. One program at a time has the log; one that shows pages
    /// alone leaves both to the other.
    pub async fn open(ground: Ground) -> Result<Redirector, TrackingError> {
        let redirector = Redirector {
            ground,
            in_force: RwLock::default(),
            generation: AtomicU64::new(0),
            trouble: Trouble::default(),
            opening: tokio::sync::Mutex::default(),
            sequence: Mutex::new(Sequence::new(SequenceSettings::default())),
            looking: tokio::sync::Mutex::default(),
            looked_at: AtomicI64::new(0),
            is_looked_after: AtomicBool::new(false),
            hits: AtomicU64::new(0),
            misled: AtomicU64::new(0),
            counter: tokio::sync::Mutex::default(),
            forgot_on: AtomicI64::new(0),
        };
        let (looked, ()) = tokio::join!(redirector.look(), redirector.open_log());
        looked?;
        redirector.tend().await;
        Ok(redirector)
    }

    /// What is in force. A thread that leads visitors on and does nothing else has a copy of its own, so that its hits touch no other
    /// thread's memory while nothing changes.
    pub(super) fn in_force(&self) -> Arc<InForce> {
        let current = || self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone();
        OWN.with_borrow_mut(|own| {
            let Some(own) = own else { return current() };
            let generation = self.generation.load(Ordering::Acquire);
            if own.generation != Some(generation) {
                // What is read now is of this generation or a later one, which the next hit sees.
                (own.generation, own.in_force) = (Some(generation), Arc::new(InForce::clone(&current())));
            }
            own.in_force.clone()
        })
    }

    fn put_in_force(&self, change: impl FnOnce(&mut InForce)) {
        let mut held = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut held));
        drop(held);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// The name of a hit, given once; a thread that does nothing else takes many at a time.
    fn next_hit(&self) -> u64 {
        const AT_ONCE: u64 = 1_024;
        OWN.with_borrow_mut(|own| {
            let Some(own) = own else { return self.hits.fetch_add(1, Ordering::Relaxed) };
            if own.hits.is_empty() {
                let first = self.hits.fetch_add(AT_ONCE, Ordering::Relaxed);
                own.hits = first..first + AT_ONCE;
            }
            own.hits.next().expect("there is one")
        })
    }

    /// The log, where it is open; else tries to open it, not more often than every few seconds.
    async fn log(&self) -> Option<Arc<ClickLog<Answer>>> {
        if let Some(log) = self.log_now() {
            return Some(log);
        }
        let now = self.ground.now().0;
        if now.abs_diff(self.trouble.tried_at.load(Ordering::Relaxed)) > TRY_EVERY {
            self.open_log().await;
            self.tend().await;
        }
        self.log_now()
    }

    /// Whether another program has the click log, as last tried.
    pub(super) fn is_held_elsewhere(&self) -> bool {
        self.log_now().is_none() && self.trouble.is_held.load(Ordering::Relaxed)
    }

    /// Behind the last click that is on disk; not known where another program has the log.
    pub fn stored_end(&self) -> Option<Position> {
        self.log_now().map(|log| log.stored_end())
    }

    pub(super) fn log_now(&self) -> Option<Arc<ClickLog<Answer>>> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).log.clone()
    }

    async fn open_log(&self) {
        if self.ground.duty() == Some(Duty::PagesAlone) {
            return;
        }
        let _opening = self.opening.lock().await;
        if self.log_now().is_some() {
            return;
        }
        self.trouble.tried_at.store(self.ground.now().0, Ordering::Relaxed);
        match self.try_to_open_log().await {
            Ok(log) => {
                self.put_in_force(|in_force| in_force.log = Some(log));
                *self.trouble.words.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            Err(error) => {
                if self.ground.duty().is_some() {
                    tracing::error!(%error, "clicks cannot be stored");
                }
                self.trouble.is_held.store(matches!(error, TrackingError::LogHeld), Ordering::Relaxed);
                *self.trouble.words.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        }
    }

    async fn try_to_open_log(&self) -> Result<Arc<ClickLog<Answer>>, TrackingError> {
        let ground = &self.ground;
        // One program at a time leads on and stores; which one, is settled before its log is touched.
        if ground.duty().is_some() {
            match ground.take_place(Leader::WithPages).map_err(unusable)? {
                Place::Ours => {}
                Place::Held(_) => return Err(TrackingError::LogHeld),
            }
        }
        let durability =
            if survives_power_cuts(&ground.store).await? { Durability::Power } else { Durability::Process };
        let folder = ground.path.join(CLICKS);
        let instance = instance_of(&ground.erasure_key);
        // A command that counts has the log for a moment; a command itself does not wait for the program that serves.
        let patience = if ground.duty().is_some() { HELD_BRIEFLY } else { Duration::ZERO };
        let since = ground.now().0 - self.sequence().reach_micros();
        let opened = tokio::task::spawn_blocking(move || {
            // Built once, before the first visitor waits for it.
            Rules::shipped();
            let began = Instant::now();
            let (log, recovered) = loop {
                let settings = Settings { durability, ..Settings::for_instance(instance) };
                match ClickLog::open(&folder, settings) {
                    Err(OpenError::Held { .. }) if began.elapsed() < patience => std::thread::sleep(HELD_BRIEFLY / 40),
                    Err(OpenError::Held { .. }) => return Err(TrackingError::LogHeld),
                    other => break other.map_err(unusable)?,
                }
            };
            let from = Position { segment: log.stored_end().segment, ..Position::START };
            let last: Vec<Click> = log
                .read(from)
                .map_err(unusable)?
                .filter_map(Result::ok)
                .map(|stored| stored.click)
                .filter(|click| click.time_us >= since)
                .collect();
            Ok((log, recovered, last))
        });
        let (log, recovered, last) = opened.await.map_err(unusable)??;
        if recovered.torn > 0 {
            tracing::warn!(torn = recovered.torn, "the click log ended within a record, which nobody was answered for");
        }
        if recovered.damaged > 0 {
            tracing::error!(damaged = recovered.damaged, "records of the click log are damaged and cannot be read");
        }
        // A repeat of a click before the start is a repeat still.
        for click in last {
            let verdict = Verdict::of(Reasons::from_bits(click.reasons), click.rules_version);
            let id = self.next_hit();
            let hit = Hit { id, at_micros: click.time_us, link: click.link, visitor: click.visitor, mail: None };
            self.sequence().observe(&hit, verdict);
        }
        super::counting::follow(&ground.store, log.stored_end()).await?;
        Ok(Arc::new(log))
    }

    fn sequence(&self) -> std::sync::MutexGuard<'_, Sequence> {
        self.sequence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads where links lead, where that has changed.
    pub async fn look(&self) -> Result<(), TrackingError> {
        self.look_since(self.ground.now().0).await
    }

    /// The same, unless somebody began to look at a moment or after it; several who want to look wait for one.
    async fn look_since(&self, since: i64) -> Result<(), TrackingError> {
        let _looking = self.looking.lock().await;
        let (looked_at, now) = (self.looked_at.load(Ordering::Relaxed), self.ground.now().0);
        // A clock that was put back makes nobody wait until it has caught up.
        if (since..=now).contains(&looked_at) {
            return Ok(());
        }
        self.looked_at.store(now, Ordering::Relaxed);
        let store = &self.ground.store;
        let revision = store.link_revision().await?;
        if self.in_force().links.revision() == Some(revision) {
            return Ok(());
        }
        let rows = store.links_leading().await?;
        // Of very many links, putting them in order takes longer than a request may wait for another.
        let links = tokio::task::spawn_blocking(move || Links::of(revision, rows)).await.map_err(unusable)?;
        let links = Arc::new(links);
        self.put_in_force(|in_force| in_force.links = links);
        Ok(())
    }

    /// Has the links looked at where it is time: beside the request, or before it where nobody does so by himself.
    async fn look_in_time(self: &Arc<Self>, now: i64) {
        let age = now.abs_diff(self.looked_at.load(Ordering::Relaxed));
        if age <= LOOK_EVERY.as_micros() as u64 || self.is_looked_after.load(Ordering::Relaxed) {
            return;
        }
        if age > LOOK_AT_LEAST_EVERY {
            // Nobody came for a while: this one is not led where the link led then.
            return self.look_or_say(now).await;
        }
        self.looked_at.store(now, Ordering::Relaxed);
        let own = self.clone();
        tokio::spawn(async move { own.look_or_say(own.ground.now().0).await });
    }

    /// Judges a hit, has it stored, and says where it leads. Returns after it is on disk as the durability asks.
    /// What stands behind the slug leads to that page of the same site, below the folder of the target.
    pub async fn hit(self: &Arc<Self>, path: &str, asked: &Asked<'_>) -> Answered {
        let slug = path.split('/').next().unwrap_or(path);
        let now = self.ground.now();
        self.look_in_time(now.0).await;
        let mut in_force = self.in_force();
        if in_force.links.led(slug).is_none()
            && now.0.abs_diff(self.looked_at.load(Ordering::Relaxed)) > LOOK_FOR_NEW_EVERY
        {
            // It may have just been made by another program. Whoever asks for a link that is known waits for none of this.
            self.look_or_say(now.0).await;
            in_force = self.in_force();
        }
        let led = match in_force.links.leading(path, asked.query(), now) {
            Leading::Unknown | Leading::Nowhere => return Answered::Nothing,
            Leading::Over => return Answered::Over,
            Leading::On(led) => led,
        };
        let opened = if in_force.log.is_none() && self.log().await.is_some() { Some(self.in_force()) } else { None };
        let stored_by = opened.as_deref().unwrap_or(&in_force);
        let Some(log) = &stored_by.log else {
            self.trouble.lost.fetch_add(1, Ordering::Relaxed);
            return Answered::On { target: led.target.clone(), is_stored: false };
        };
        let click = self.judged_click(now, led.id, asked, stored_by, log);
        let is_stored = self.stored(log, &click).await;
        if !is_stored {
            tracing::error!(link = led.id, "a click could not be stored; its visitor was sent on");
        }
        let token = ClickToken { link: led.id, at: now, verdict: click.verdict };
        Answered::On { target: led.with_token(&self.ground.token_key, &token), is_stored }
    }

    /// The same as [`Redirector::hit`] where nothing has to be waited for: then the click is still to be stored, before anybody is sent
    /// on, and where it leads stands behind what `target` held. For a program that leads visitors on by itself.
    pub(super) fn hit_at_once(&self, path: &str, asked: &Asked<'_>, target: &mut Vec<u8>) -> Result<Click, NotAtOnce> {
        if !self.is_looked_after.load(Ordering::Relaxed) {
            return Err(NotAtOnce::NotYet);
        }
        let (now, in_force) = (self.ground.now(), self.in_force());
        let Some(log) = &in_force.log else { return Err(NotAtOnce::NotYet) };
        let led = match in_force.links.leading(path, asked.query(), now) {
            Leading::Unknown => return Err(NotAtOnce::NotYet),
            Leading::Nowhere | Leading::Over => return Err(NotAtOnce::Nowhere),
            Leading::On(led) => led,
        };
        let click = self.judged_click(now, led.id, asked, &in_force, log);
        led.put_target(&self.ground.token_key, &ClickToken { link: led.id, at: now, verdict: click.verdict }, target);
        Ok(click)
    }

    /// The record of a hit, judged by itself and by the hits before it.
    fn judged_click(
        &self,
        now: Timestamp,
        link: u32,
        asked: &Asked<'_>,
        in_force: &InForce,
        log: &ClickLog<Answer>,
    ) -> Click {
        let judged = judged(now, link, asked, in_force.keys.as_deref());
        let hit = judged.hit(self.next_hit(), now, link);
        let verdict = self.sequence().observe(&hit, judged.verdict).verdict;
        judged.click(now, link, verdict, log)
    }

    /// Stores a click; whether it is on disk.
    async fn stored(&self, log: &ClickLog<Answer>, click: &Click) -> bool {
        let outcome = match log.append_now(click) {
            Some(outcome) => Some(outcome),
            None => {
                let (answer, waits) = oneshot::channel();
                log.submit(click, Answer::One(answer));
                waits.await.ok()
            }
        };
        matches!(outcome, Some(Outcome::Stored(_)))
    }

    async fn look_or_say(&self, since: i64) {
        if let Err(error) = self.look_since(since).await {
            tracing::warn!(%error, "the links cannot be read");
        }
    }

    /// Destroys day keys whose time is over. The program that has the log also makes the next day's beforehand, and opens the
    /// keys where that failed before; all others need none.
    async fn tend(&self) {
        let (folder, now, held, has_log) =
            (self.ground.path.join(DAY_KEYS), self.ground.now().0, self.keys(), self.log_now().is_some());
        let tended = tokio::task::spawn_blocking(move || match held {
            Some(keys) => keys.tend(now).map(|_| Some(keys)),
            None if has_log => DayKeys::open(&folder, now).map(|keys| Some(Arc::new(keys))),
            None => DayKeys::destroy_old(&folder, now).map(|_| None),
        });
        match tended.await {
            Ok(Ok(keys)) => self.put_in_force(|in_force| in_force.keys = keys),
            Ok(Err(error)) => tracing::error!(%error, "a day key could not be destroyed or made"),
            Err(error) => tracing::error!(%error, "the day's keys could not be looked after"),
        }
    }

    fn keys(&self) -> Option<Arc<DayKeys>> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    /// What is wrong with storing clicks, in words; `None` where nothing is.
    pub fn alarm(&self) -> Option<String> {
        let lost = self.trouble.lost.load(Ordering::Relaxed);
        let counters = self.log_now().map(|log| log.counters());
        let lost = lost + counters.as_ref().map_or(0, |counters| counters.not_stored);
        let why = match &counters {
            None if self.ground.duty() == Some(Duty::PagesAlone) => {
                return (lost > 0).then(|| {
                    format!(
                        "{lost} visitors came to the program that shows pages and were sent on, but their clicks are not kept: \
                         another program follows the links, and the proxy has to hand /t/ on to that one."
                    )
                });
            }
            None => self.trouble.words.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Some(counters) if counters.is_failing => {
                Some(counters.last_error.clone().unwrap_or_else(|| "no reason was given".to_owned()))
            }
            Some(_) => None,
        };
        match (why, lost) {
            (Some(why), lost) => Some(format!(
                "Clicks cannot be stored: {why}. Visitors are sent on all the same; {lost} of their clicks are lost since this \
                 program began."
            )),
            (None, 0) => None,
            (None, lost) => {
                Some(format!("{lost} clicks could not be stored since this program began; it goes well again now."))
            }
        }
    }

    /// Counts a request that is for the program of pages, and says so: at the first, and again as they double.
    pub(super) fn note_misled(&self, path: &str) {
        let requests = self.misled.fetch_add(1, Ordering::Relaxed) + 1;
        if requests.is_power_of_two() {
            tracing::error!(
                requests,
                path,
                "what shops and sites send came to the program that only leads visitors on; the proxy has to hand /t/in/, \
                 /t/conversion and /t/page.js on to the program that shows pages"
            );
        }
    }

    /// Whether the database answers and every click since the start was stored.
    pub(super) async fn health(&self) -> Health {
        match self.ground.store.link_revision().await {
            Ok(_) if self.alarm().is_some() => Health::NotStored,
            Ok(_) => match self.misled.load(Ordering::Relaxed) {
                0 => Health::Well,
                requests => Health::Misled(requests),
            },
            Err(error) => {
                tracing::error!(%error, "the health check failed");
                Health::NoDatabase
            }
        }
    }

    /// Everything pending is written before the program ends.
    pub fn close(&self) -> std::io::Result<()> {
        self.log_now().map_or(Ok(()), |log| log.close())
    }
}

/// Whether clicks survive a power cut too, and not a killed program alone.
pub async fn survives_power_cuts(store: &Store) -> Result<bool, TrackingError> {
    Ok(store.setting(DURABILITY).await?.as_deref() == Some(POWER))
}

/// Sets what a click survives, from the next start of the program on.
pub async fn set_durability(data: &DataDirectory, survives_power_cuts: bool) -> Result<(), TrackingError> {
    Ok(data.store.set_setting(DURABILITY, if survives_power_cuts { POWER } else { PROCESS }).await?)
}

/// While the pages are served: counts clicks, and looks after links and the day's keys also when nobody clicks. Nothing is opened
/// before there is a link; then at once, so that nobody who clicks waits for it.
pub fn begin(data: Arc<DataDirectory>) {
    tokio::spawn(async move {
        while !(data.path.join(CLICKS).exists() || data.path.join(DAY_KEYS).exists()) {
            if data.store.link_revision().await.is_ok_and(|revision| revision > 0) {
                break;
            }
            tokio::time::sleep(COUNT_EVERY).await;
        }
        loop {
            match data.redirector().await {
                Ok(redirector) => return redirector.clone().work().await,
                Err(error) => tracing::warn!(%error, "the links cannot be read"),
            }
            tokio::time::sleep(COUNT_EVERY).await;
        }
    });
}

impl Redirector {
    /// Looks after links and the day's keys and counts clicks, for as long as the program runs.
    pub(super) async fn work(self: Arc<Self>) {
        tokio::join!(self.look_on(), self.count_on());
    }

    /// Looks every second whether links were changed, so that no request has to.
    async fn look_on(&self) {
        self.is_looked_after.store(true, Ordering::Relaxed);
        loop {
            self.look_or_say(self.ground.now().0).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Counts clicks every few seconds and looks after the day's keys.
    async fn count_on(&self) {
        let mut rounds = 0u32;
        loop {
            if rounds.is_multiple_of(TEND_EVERY_ROUNDS) {
                self.tend().await;
            }
            drop(self.log().await);
            if let Err(error) = self.count().await {
                tracing::warn!(%error, "clicks could not be counted");
            }
            rounds = rounds.wrapping_add(1);
            tokio::time::sleep(COUNT_EVERY).await;
        }
    }
}

fn unusable(problem: impl std::fmt::Display) -> TrackingError {
    TrackingError::Log(problem.to_string())
}

/// Sixteen bytes that name this data directory in the log's header.
fn instance_of(key: &[u8]) -> [u8; 16] {
    use sha2::{Digest, Sha256};
    let hash = Sha256::new().chain_update(b"click log\0").chain_update(key).finalize();
    let mut instance = [0; 16];
    instance.copy_from_slice(&hash[..16]);
    instance
}
