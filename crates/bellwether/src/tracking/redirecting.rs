//! A hit on a link: judged, on disk, answered. What is not stored is counted and said, and the visitor goes on all the same.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use clicks::{Click, ClickLog, DayKeys, Durability, OpenError, Outcome, Position, Settings, Waiter};
use store::Store;
use store::tracking::LinkFilter;
use tokio::sync::oneshot;
use verdicts::{Hit, Reasons, Rules, Sequence, SequenceSettings, Verdict};

pub use super::judging::Asked;

use super::ground::{Duty, Ground};
use super::judging::judged;
use super::token::{self, ClickToken, TokenKey};
use super::{CLICKS, DAY_KEYS, TrackingError, turns};
use crate::data_directory::DataDirectory;

/// The setting that says what a click survives.
const DURABILITY: &str = "tracking.durability";
const POWER: &str = "power";
const PROCESS: &str = "process";
/// Between two looks whether links were changed, beside a request, in microseconds.
const LOOK_EVERY: u64 = 1_000_000;
/// After so long a request waits for the look.
const LOOK_AT_LEAST_EVERY: u64 = 3_000_000;
/// Between two tries to open a log that could not be, in microseconds.
const TRY_EVERY: u64 = 5_000_000;
/// A command may have the log while it counts.
const HELD_BRIEFLY: Duration = Duration::from_secs(2);
/// Between two rounds of counting while pages are served.
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// Rounds between two looks at the day's keys: two minutes.
const TEND_EVERY_ROUNDS: u32 = 60;

/// Where a link leads.
#[derive(Clone, Debug)]
struct Led {
    id: u32,
    target: HeaderValue,
    /// Of a creator's link: what stands before and behind the click's token in the address.
    around_token: Option<Arc<(String, String)>>,
    /// In microseconds; `i64::MAX`: for ever.
    until: i64,
}

impl Led {
    /// The same link on to another page of its site: with what names the sender, and what the visitor's own address says.
    fn deeper(&self, beyond: &str, query: Option<&str>) -> Option<Led> {
        let address = deeper(self.target.to_str().ok()?, beyond, query)?;
        let around_token = self.around_token.as_ref().map(|_| Arc::new(around_token(&address)));
        Some(Led { target: HeaderValue::try_from(address).ok()?, around_token, ..self.clone() })
    }

    /// The address with the click's token, so that an order can say which click brought it.
    fn with_token(self, key: &TokenKey, token: &ClickToken) -> HeaderValue {
        let Some(around) = &self.around_token else { return self.target };
        let address = [around.0.as_str(), &key.write(token), &around.1].concat();
        HeaderValue::try_from(address).unwrap_or(self.target)
    }
}

/// The address of another page on a target's site.
fn deeper(target: &str, beyond: &str, query: Option<&str>) -> Option<String> {
    let begin = target.find("://")? + 3;
    let end = target[begin..].find(['/', '?', '#']).map_or(target.len(), |at| begin + at);
    let own = target.split('#').next()?.split_once('?').map_or("", |(_, own)| own);
    let names_sender = own.split('&').filter(|piece| piece.starts_with("utm_"));
    // What is said to us alone goes no further.
    let said = query
        .unwrap_or("")
        .split('&')
        .filter(|piece| !piece.is_empty() && *piece != "qr" && !piece.starts_with("m=") && !piece.starts_with("utm_"));
    let pieces: Vec<&str> = said.chain(names_sender).collect();
    let mark = if pieces.is_empty() { "" } else { "?" };
    Some(format!("{}/{beyond}{mark}{}", &target[..end], pieces.join("&")))
}

/// What stands before and behind a token that is added to an address; one it has already goes.
fn around_token(target: &str) -> (String, String) {
    let (address, fragment) = match target.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (target, String::new()),
    };
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_token = |piece: &&str| piece.split('=').next() == Some(token::PARAMETER);
    let kept: Vec<&str> = query.split('&').filter(|piece| !piece.is_empty() && !is_token(piece)).collect();
    let kept = if kept.is_empty() { String::new() } else { format!("{}&", kept.join("&")) };
    (format!("{path}?{kept}{}=", token::PARAMETER), fragment)
}

#[derive(Default)]
struct Links {
    revision: i64,
    by_slug: HashMap<String, Led, foldhash::fast::RandomState>,
}

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

/// How a program goes that leads visitors on by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    Well,
    NotStored,
    NoDatabase,
}

impl Health {
    pub(super) fn is_well(self) -> bool {
        self == Health::Well
    }

    pub(super) fn json(self) -> &'static str {
        match self {
            Health::Well => "{\"status\":\"ok\"}",
            Health::NotStored => "{\"status\":\"clicks could not be stored; the log of this program says why\"}",
            Health::NoDatabase => "{\"status\":\"the database does not answer\"}",
        }
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

/// The one redirector of a data directory: its log, its keys, where links lead. Links lead on also while the log cannot be used;
/// that is counted and said.
pub struct Redirector {
    pub(super) ground: Ground,
    log: RwLock<Option<Arc<ClickLog<Answer>>>>,
    keys: RwLock<Option<Arc<DayKeys>>>,
    trouble: Trouble,
    opening: tokio::sync::Mutex<()>,
    sequence: Mutex<Sequence>,
    links: RwLock<Links>,
    looked_at: AtomicI64,
    hits: AtomicU64,
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
            log: RwLock::default(),
            keys: RwLock::default(),
            trouble: Trouble::default(),
            opening: tokio::sync::Mutex::default(),
            sequence: Mutex::new(Sequence::new(SequenceSettings::default())),
            links: RwLock::default(),
            looked_at: AtomicI64::new(0),
            hits: AtomicU64::new(0),
            counter: tokio::sync::Mutex::default(),
            forgot_on: AtomicI64::new(0),
        };
        redirector.look().await?;
        redirector.open_log().await;
        redirector.tend().await;
        Ok(redirector)
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
        self.log.read().unwrap_or_else(PoisonError::into_inner).clone()
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
                *self.log.write().unwrap_or_else(PoisonError::into_inner) = Some(log);
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
            let id = self.hits.fetch_add(1, Ordering::Relaxed);
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
        self.looked_at.store(self.ground.now().0, Ordering::Relaxed);
        let store = &self.ground.store;
        let revision = store.link_revision().await?;
        if self.links().revision == revision {
            return Ok(());
        }
        let mut by_slug = HashMap::default();
        for row in store.links(&LinkFilter::default()).await? {
            let Ok(target) = HeaderValue::from_str(&row.target) else { continue };
            let until = match (row.ended_at, row.expires_at) {
                (Some(_), _) => i64::MIN,
                (None, Some(at)) => at.0,
                (None, None) => i64::MAX,
            };
            let is_joined = row.contact.is_some() && !row.is_bare;
            let around_token = is_joined.then(|| Arc::new(around_token(&row.target)));
            by_slug.insert(row.slug, Led { id: row.id, target, around_token, until });
        }
        *self.links.write().unwrap_or_else(PoisonError::into_inner) = Links { revision, by_slug };
        Ok(())
    }

    fn links(&self) -> std::sync::RwLockReadGuard<'_, Links> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges a hit, has it stored, and says where it leads. Returns after it is on disk as the durability asks.
    /// What stands behind the slug leads to that page of the same site.
    pub async fn hit(self: &Arc<Self>, path: &str, asked: &Asked<'_>) -> Answered {
        let (slug, beyond) = path.split_once('/').unwrap_or((path, ""));
        let now = self.ground.now();
        let age = now.0.abs_diff(self.looked_at.load(Ordering::Relaxed));
        if age > LOOK_AT_LEAST_EVERY {
            // Nobody came for a while: this one is not led where the link led then.
            self.look_or_say().await;
        } else if age > LOOK_EVERY {
            self.looked_at.store(now.0, Ordering::Relaxed);
            let own = self.clone();
            tokio::spawn(async move { own.look_or_say().await });
        }
        let mut led = self.links().by_slug.get(slug).cloned();
        if led.is_none() && now.0.abs_diff(self.looked_at.load(Ordering::Relaxed)) > LOOK_EVERY / 10 {
            // It may have just been made by another program.
            self.look_or_say().await;
            led = self.links().by_slug.get(slug).cloned();
        }
        let Some(mut led) = led else { return Answered::Nothing };
        if !beyond.is_empty() {
            let Some(deeper) = led.deeper(beyond, asked.query()) else { return Answered::Nothing };
            led = deeper;
        }
        if led.until <= now.0 {
            return Answered::Over;
        }
        let Some(log) = self.log().await else {
            self.trouble.lost.fetch_add(1, Ordering::Relaxed);
            return Answered::On { target: led.target, is_stored: false };
        };
        let judged = judged(now, led.id, asked, self.keys().as_deref());
        let hit = judged.hit(self.hits.fetch_add(1, Ordering::Relaxed), now, led.id);
        let verdict = self.sequence().observe(&hit, judged.verdict).verdict;
        let click = judged.click(now, led.id, verdict, &log);
        let is_stored = self.stored(&log, &click).await;
        if !is_stored {
            tracing::error!(link = led.id, "a click could not be stored; its visitor was sent on");
        }
        let token = ClickToken { link: led.id, at: now, verdict: click.verdict };
        let target = led.with_token(&self.ground.token_key, &token);
        Answered::On { target, is_stored }
    }

    /// Stores a click; whether it is on disk.
    async fn stored(&self, log: &ClickLog<Answer>, click: &Click) -> bool {
        if let Some(told) = turns::join(click) {
            return told.await.unwrap_or(false);
        }
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

    async fn look_or_say(&self) {
        if let Err(error) = self.look().await {
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
            Ok(Ok(keys)) => *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys,
            Ok(Err(error)) => tracing::error!(%error, "a day key could not be destroyed or made"),
            Err(error) => tracing::error!(%error, "the day's keys could not be looked after"),
        }
    }

    fn keys(&self) -> Option<Arc<DayKeys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// Whether the database answers and every click since the start was stored.
    pub(super) async fn health(&self) -> Health {
        match self.ground.store.link_revision().await {
            Ok(_) if self.alarm().is_some() => Health::NotStored,
            Ok(_) => Health::Well,
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

/// While the pages are served: counts clicks, and looks after the day's keys also when nobody clicks. Nothing is opened where no
/// link was ever hit.
pub fn begin(data: Arc<DataDirectory>) {
    tokio::spawn(async move {
        while !(data.path.join(CLICKS).exists() || data.path.join(DAY_KEYS).exists()) {
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
    /// Counts clicks every few seconds and looks after the day's keys, for as long as the program runs.
    pub(super) async fn work(self: Arc<Self>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_slug_leads_to_that_page_of_the_same_site_and_to_no_other_site() {
        let target = "https://shop.example/start?color=red&utm_medium=creator&utm_content=deal-7#top";
        for (beyond, query, address) in [
            ("grinder", None, "https://shop.example/grinder?utm_medium=creator&utm_content=deal-7"),
            ("a/b", Some("size=2&qr"), "https://shop.example/a/b?size=2&utm_medium=creator&utm_content=deal-7"),
            ("/evil.example", None, "https://shop.example//evil.example?utm_medium=creator&utm_content=deal-7"),
            ("@evil.example", None, "https://shop.example/@evil.example?utm_medium=creator&utm_content=deal-7"),
        ] {
            assert_eq!(deeper(target, beyond, query).as_deref(), Some(address));
        }
        assert_eq!(deeper("https://shop.example", "x", None).as_deref(), Some("https://shop.example/x"));
    }

    #[test]
    fn a_token_is_added_to_an_address_and_what_it_says_stays() {
        for (target, before, behind) in [
            ("https://shop.example/", "https://shop.example/?bw=", ""),
            ("https://shop.example/x?a=b&c#top", "https://shop.example/x?a=b&c&bw=", "#top"),
            ("https://shop.example/?bw=old&a=b", "https://shop.example/?a=b&bw=", ""),
        ] {
            assert_eq!(around_token(target), (before.to_owned(), behind.to_owned()), "{target}");
        }
    }
}
