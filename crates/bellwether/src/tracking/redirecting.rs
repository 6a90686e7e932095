//! A hit on a link: judged, on disk, answered. What is not stored is counted and said, and the visitor goes on all the same.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use clicks::{
    Click, ClickLog, Country, DayKeys, Durability, HostId, OpenError, Outcome, Position, Settings, Waiter, flags,
};
use model::Timestamp;
use store::tracking::LinkFilter;
use tokio::sync::oneshot;
use verdicts::{Agent, Hit, Reasons, Request, Rules, Sequence, SequenceSettings, Verdict, judge};

use super::token::{self, ClickToken, TokenKey};
use super::{CLICKS, DAY_KEYS, TrackingError};
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
const HOST_LETTERS_MAX: usize = 200;

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
    /// The address with the click's token, so that an order can say which click brought it.
    fn with_token(self, key: &TokenKey, token: &ClickToken) -> HeaderValue {
        let Some(around) = &self.around_token else { return self.target };
        let address = [around.0.as_str(), &key.write(token), &around.1].concat();
        HeaderValue::try_from(address).unwrap_or(self.target)
    }
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
    by_slug: HashMap<String, Led>,
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

pub(super) struct Answer(oneshot::Sender<Outcome>);

impl Waiter for Answer {
    fn answer(self, outcome: Outcome) {
        // Whoever asked may have gone meanwhile; the click is stored all the same.
        let _unheard = self.0.send(outcome);
    }
}

/// Why clicks cannot be stored now, and how many were answered without.
#[derive(Default)]
struct Trouble {
    words: Mutex<Option<String>>,
    /// Answered while there was no log.
    lost: AtomicU64,
    tried_at: AtomicI64,
}

/// The one redirector of a data directory: its log, its keys, where links lead. Links lead on also while the log cannot be used;
/// that is counted and said.
pub struct Redirector {
    log: RwLock<Option<Arc<ClickLog<Answer>>>>,
    keys: RwLock<Option<Arc<DayKeys>>>,
    trouble: Trouble,
    opening: tokio::sync::Mutex<()>,
    sequence: Mutex<Sequence>,
    links: RwLock<Arc<Links>>,
    looked_at: AtomicI64,
    hits: AtomicU64,
    pub(super) counter: tokio::sync::Mutex<Option<super::counting::Counter>>,
}

/// What a request says that a hit is judged by.
pub struct Asked<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub peer: Option<SocketAddr>,
    /// Opened from a QR code.
    pub is_from_qr: bool,
}

impl Redirector {
    /// Reads where links lead, and opens the click log and the day's keys. One program at a time has the log.
    pub async fn open(data: &DataDirectory) -> Result<Redirector, TrackingError> {
        let redirector = Redirector {
            log: RwLock::default(),
            keys: RwLock::default(),
            trouble: Trouble::default(),
            opening: tokio::sync::Mutex::default(),
            sequence: Mutex::new(Sequence::new(SequenceSettings::default())),
            links: RwLock::default(),
            looked_at: AtomicI64::new(0),
            hits: AtomicU64::new(0),
            counter: tokio::sync::Mutex::default(),
        };
        redirector.look(data).await?;
        redirector.tend(data).await;
        redirector.open_log(data).await;
        Ok(redirector)
    }

    /// The log, where it is open; else tries to open it, not more often than every few seconds.
    async fn log(&self, data: &DataDirectory) -> Option<Arc<ClickLog<Answer>>> {
        if let Some(log) = self.log_now() {
            return Some(log);
        }
        let now = data.now().0;
        if now.abs_diff(self.trouble.tried_at.load(Ordering::Relaxed)) > TRY_EVERY {
            self.open_log(data).await;
        }
        self.log_now()
    }

    pub(super) fn log_now(&self) -> Option<Arc<ClickLog<Answer>>> {
        self.log.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn open_log(&self, data: &DataDirectory) {
        let _opening = self.opening.lock().await;
        if self.log_now().is_some() {
            return;
        }
        self.trouble.tried_at.store(data.now().0, Ordering::Relaxed);
        match self.try_to_open_log(data).await {
            Ok(log) => {
                *self.log.write().unwrap_or_else(PoisonError::into_inner) = Some(log);
                *self.trouble.words.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            Err(error) => {
                if data.serves() {
                    tracing::error!(%error, "clicks cannot be stored");
                }
                *self.trouble.words.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        }
    }

    async fn try_to_open_log(&self, data: &DataDirectory) -> Result<Arc<ClickLog<Answer>>, TrackingError> {
        let durability = if survives_power_cuts(data).await? { Durability::Power } else { Durability::Process };
        let folder = data.path.join(CLICKS);
        let instance = instance_of(&data.erasure_key);
        // A command that counts has the log for a moment; a command itself does not wait for the program that serves.
        let patience = if data.serves() { HELD_BRIEFLY } else { Duration::ZERO };
        let since = data.now().0 - self.sequence().reach_micros();
        let opened = tokio::task::spawn_blocking(move || {
            // Built once, before the first visitor waits for it.
            Rules::shipped();
            let began = Instant::now();
            let (log, recovered) = loop {
                let settings = Settings { durability, ..Settings::for_instance(instance) };
                match ClickLog::open(&folder, settings) {
                    Err(OpenError::Held { .. }) if began.elapsed() < patience => std::thread::sleep(HELD_BRIEFLY / 40),
                    other => break other.map_err(|error| error.to_string())?,
                }
            };
            let from = Position { segment: log.stored_end().segment, ..Position::START };
            let last: Vec<Click> = log
                .read(from)
                .map_err(|error| error.to_string())?
                .filter_map(Result::ok)
                .map(|stored| stored.click)
                .filter(|click| click.time_us >= since)
                .collect();
            Ok::<_, String>((log, recovered, last))
        });
        let (log, recovered, last) =
            opened.await.map_err(|error| TrackingError::Log(error.to_string()))?.map_err(TrackingError::Log)?;
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
        super::counting::follow(data, log.stored_end()).await?;
        Ok(Arc::new(log))
    }

    fn sequence(&self) -> std::sync::MutexGuard<'_, Sequence> {
        self.sequence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads where links lead, where that has changed.
    pub async fn look(&self, data: &DataDirectory) -> Result<(), TrackingError> {
        self.looked_at.store(data.now().0, Ordering::Relaxed);
        let revision = data.store.link_revision().await?;
        if self.held().revision == revision {
            return Ok(());
        }
        let mut by_slug = HashMap::new();
        for row in data.store.links(&LinkFilter::default()).await? {
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
        *self.links.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Links { revision, by_slug });
        Ok(())
    }

    fn held(&self) -> Arc<Links> {
        self.links.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges a hit, has it stored, and says where it leads. Returns after it is on disk as the durability asks.
    pub async fn hit(self: &Arc<Self>, data: &Arc<DataDirectory>, slug: &str, asked: &Asked<'_>) -> Answered {
        let now = data.now();
        let age = now.0.abs_diff(self.looked_at.load(Ordering::Relaxed));
        if age > LOOK_AT_LEAST_EVERY {
            // Nobody came for a while: this one is not led where the link led then.
            self.look_or_say(data).await;
        } else if age > LOOK_EVERY {
            self.looked_at.store(now.0, Ordering::Relaxed);
            let (own, data) = (self.clone(), data.clone());
            tokio::spawn(async move { own.look_or_say(&data).await });
        }
        let mut led = self.held().by_slug.get(slug).cloned();
        if led.is_none() && now.0.abs_diff(self.looked_at.load(Ordering::Relaxed)) > LOOK_EVERY / 10 {
            // It may have just been made by another program.
            self.look_or_say(data).await;
            led = self.held().by_slug.get(slug).cloned();
        }
        let Some(led) = led else { return Answered::Nothing };
        if led.until <= now.0 {
            return Answered::Over;
        }
        let Some(log) = self.log(data).await else {
            self.trouble.lost.fetch_add(1, Ordering::Relaxed);
            return Answered::On { target: led.target, is_stored: false };
        };
        let click = self.judged(&log, now, led.id, asked);
        let is_stored = match log.append_now(&click) {
            Some(outcome) => matches!(outcome, Outcome::Stored(_)),
            None => {
                let (answer, waits) = oneshot::channel();
                log.submit(&click, Answer(answer));
                matches!(waits.await, Ok(Outcome::Stored(_)))
            }
        };
        if !is_stored {
            tracing::error!(link = led.id, "a click could not be stored; its visitor was sent on");
        }
        let token = ClickToken { link: led.id, at: now, verdict: click.verdict };
        let target = led.with_token(&data.token_key, &token);
        Answered::On { target, is_stored }
    }

    async fn look_or_say(&self, data: &DataDirectory) {
        if let Err(error) = self.look(data).await {
            tracing::warn!(%error, "the links cannot be read");
        }
    }

    /// Destroys day keys whose time is over, and makes the next day's beforehand; opens the keys where that failed before.
    async fn tend(&self, data: &DataDirectory) {
        let (folder, now, held) = (data.path.join(DAY_KEYS), data.now().0, self.keys());
        let tended = tokio::task::spawn_blocking(move || match held {
            Some(keys) => keys.tend(now).map(|_| keys),
            None => DayKeys::open(&folder, now).map(Arc::new),
        });
        match tended.await {
            Ok(Ok(keys)) => *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys),
            Ok(Err(error)) => tracing::error!(%error, "a day key could not be destroyed or made"),
            Err(error) => tracing::error!(%error, "the day's keys could not be looked after"),
        }
    }

    fn keys(&self) -> Option<Arc<DayKeys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judged(&self, log: &ClickLog<Answer>, now: Timestamp, link: u32, asked: &Asked<'_>) -> Click {
        let value = |name: &HeaderName| asked.headers.get(name).map(HeaderValue::as_bytes);
        let named = |name: &'static str| asked.headers.get(name).map(HeaderValue::as_bytes);
        let referrer = asked.headers.get(header::REFERER).and_then(|text| text.to_str().ok()).and_then(host_of);
        let user_agent = value(&header::USER_AGENT);
        let request = Request {
            method: match *asked.method {
                Method::GET => verdicts::Method::Get,
                Method::HEAD => verdicts::Method::Head,
                _ => verdicts::Method::Other,
            },
            user_agent,
            referrer_host: referrer,
            sec_purpose: named("sec-purpose"),
            purpose: named("purpose"),
            x_moz: named("x-moz"),
            sec_gpc: named("sec-gpc"),
            dnt: named("dnt"),
            sec_fetch_dest: named("sec-fetch-dest"),
            ..Request::default()
        };
        let judged = judge(Rules::shipped(), &request);
        let opted_out = request.asks_for_privacy();
        let agent = Agent::read(user_agent.unwrap_or_default());
        let address = address_of(asked.headers, asked.peer);
        let visitor = match (opted_out, address, self.keys()) {
            (false, Some(address), Some(keys)) => {
                let agent = String::from_utf8_lossy(user_agent.unwrap_or_default());
                keys.visitor(now.0, address, &agent, link).unwrap_or_else(|error| {
                    tracing::error!(%error, "a visitor could not be told from others");
                    0
                })
            }
            _ => 0,
        };
        let hit = Hit { id: self.hits.fetch_add(1, Ordering::Relaxed), at_micros: now.0, link, visitor, mail: None };
        let verdict = self.sequence().observe(&hit, judged).verdict;
        let mut kept = 0;
        for (is_so, flag) in [
            (*asked.method == Method::HEAD, flags::HEAD),
            (opted_out, flags::OPTED_OUT),
            (asked.is_from_qr, flags::QR_CODE),
        ] {
            kept |= if is_so { flag } else { 0 };
        }
        Click {
            time_us: now.0,
            link,
            visitor,
            delivery: 0,
            referrer_host: referrer.map_or(HostId::NONE, |host| log.hosts().intern(host)),
            country: Country::UNKNOWN,
            flags: kept,
            verdict: verdict.verdict.code(),
            reasons: verdict.reasons.bits(),
            rules_version: verdict.rules_version,
            device: agent.device.code(),
            browser: agent.browser.code(),
        }
    }

    /// What is wrong with storing clicks, in words; `None` where nothing is.
    pub fn alarm(&self) -> Option<String> {
        let lost = self.trouble.lost.load(Ordering::Relaxed);
        let counters = self.log_now().map(|log| log.counters());
        let lost = lost + counters.as_ref().map_or(0, |counters| counters.not_stored);
        let why = match &counters {
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

    /// Everything pending is written before the program ends.
    pub fn close(&self) -> std::io::Result<()> {
        self.log_now().map_or(Ok(()), |log| log.close())
    }
}

/// Whether clicks survive a power cut too, and not a killed program alone.
pub async fn survives_power_cuts(data: &DataDirectory) -> Result<bool, TrackingError> {
    Ok(data.store.setting(DURABILITY).await?.as_deref() == Some(POWER))
}

/// Sets what a click survives, from the next start of the program on.
pub async fn set_durability(data: &DataDirectory, survives_power_cuts: bool) -> Result<(), TrackingError> {
    Ok(data.store.set_setting(DURABILITY, if survives_power_cuts { POWER } else { PROCESS }).await?)
}

/// While the pages are served: counts clicks, and looks after the day's keys also when nobody clicks. Nothing is opened where no
/// link was ever hit.
pub fn begin(data: Arc<DataDirectory>) {
    tokio::spawn(async move {
        let mut rounds = 0u32;
        loop {
            if data.path.join(CLICKS).exists() || data.path.join(DAY_KEYS).exists() {
                match data.redirector().await {
                    Ok(redirector) => {
                        if rounds.is_multiple_of(TEND_EVERY_ROUNDS) {
                            redirector.tend(&data).await;
                        }
                        drop(redirector.log(&data).await);
                    }
                    Err(error) => tracing::warn!(%error, "the links cannot be read"),
                }
                if let Err(error) = super::counting::count(&data).await {
                    tracing::warn!(%error, "clicks could not be counted");
                }
            }
            rounds = rounds.wrapping_add(1);
            tokio::time::sleep(COUNT_EVERY).await;
        }
    });
}

/// Sixteen bytes that name this data directory in the log's header.
fn instance_of(key: &[u8]) -> [u8; 16] {
    use sha2::{Digest, Sha256};
    let hash = Sha256::new().chain_update(b"click log\0").chain_update(key).finalize();
    let mut instance = [0; 16];
    instance.copy_from_slice(&hash[..16]);
    instance
}

/// The host alone of an address, lower case letters as they came.
fn host_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = if host.starts_with('[') { host } else { host.split(':').next()? };
    (!host.is_empty() && host.len() <= HOST_LETTERS_MAX).then_some(host)
}

/// Whose request it is: the peer's address, or where the peer is this machine (a proxy of ours) the last one the proxy added.
fn address_of(headers: &HeaderMap, peer: Option<SocketAddr>) -> Option<IpAddr> {
    let peer = peer.map(|peer| peer.ip().to_canonical());
    if peer.is_some_and(|peer| !peer.is_loopback()) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let last = forwarded.flat_map(|value| value.split(',')).last().map(str::trim);
    // Some proxies add the port.
    let address = |text: &str| {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
    };
    last.and_then(address).map(|address: IpAddr| address.to_canonical()).or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn of_a_referrer_the_host_is_kept_and_nothing_else() {
        for (address, host) in [
            ("https://insta.example/ana/p/1?x=y", Some("insta.example")),
            ("https://user:word@insta.example:8443/", Some("insta.example")),
            ("https://insta.example?q", Some("insta.example")),
            ("android-app://com.insta.example/", Some("com.insta.example")),
            ("no address", None),
            ("https:///path", None),
        ] {
            assert_eq!(host_of(address), host, "{address}");
        }
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed_about_addresses() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("10.0.0.1, 203.0.113.9"));
        let from = |text: &str| Some(text.parse::<SocketAddr>().expect("an address"));
        let ip = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(address_of(&headers, from("198.51.100.7:40000")), ip("198.51.100.7"));
        assert_eq!(address_of(&headers, from("127.0.0.1:40000")), ip("203.0.113.9"), "the last is the proxy's word");
        assert_eq!(address_of(&headers, from("[::ffff:127.0.0.1]:40000")), ip("203.0.113.9"));
        for (said, is) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            headers.insert("x-forwarded-for", HeaderValue::from_str(said).expect("text"));
            assert_eq!(address_of(&headers, from("127.0.0.1:40000")), ip(is), "{said}");
        }
        assert_eq!(address_of(&HeaderMap::new(), from("127.0.0.1:40000")), ip("127.0.0.1"));
        assert_eq!(address_of(&HeaderMap::new(), None), None);
    }
}
