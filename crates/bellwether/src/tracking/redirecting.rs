//! A hit on a link: judged, on disk, answered. What is not stored is counted and said, and the visitor goes on all the same.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use clicks::{Click, ClickLog, Country, DayKeys, Durability, HostId, Outcome, Settings, Waiter, flags};
use model::Timestamp;
use store::tracking::LinkFilter;
use tokio::sync::oneshot;
use verdicts::{Agent, Hit, Request, Rules, Sequence, SequenceSettings, judge};

use super::{CLICKS, DAY_KEYS, TrackingError};
use crate::data_directory::DataDirectory;

/// The setting that says what a click survives.
const DURABILITY: &str = "tracking.durability";
/// Between two looks whether links were changed, in microseconds.
const LOOK_EVERY: i64 = 1_000_000;
/// Between two looks at the day's keys.
const TEND_EVERY: i64 = 120_000_000;
const HOST_LETTERS_MAX: usize = 200;

/// Where a link leads.
#[derive(Clone, Debug)]
struct Led {
    id: u32,
    target: HeaderValue,
    /// In microseconds; `i64::MAX`: for ever.
    until: i64,
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

struct Answer(oneshot::Sender<Outcome>);

impl Waiter for Answer {
    fn answer(self, outcome: Outcome) {
        // Whoever asked may have gone meanwhile; the click is stored all the same.
        let _unheard = self.0.send(outcome);
    }
}

/// The one redirector of a data directory: its log, its keys, where links lead.
pub struct Redirector {
    log: ClickLog<Answer>,
    keys: DayKeys,
    sequence: Mutex<Sequence>,
    links: RwLock<Arc<Links>>,
    looked_at: AtomicI64,
    tended_at: AtomicI64,
    hits: AtomicU64,
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
    /// Opens the click log and the day's keys. One program at a time has them.
    pub async fn open(data: &DataDirectory) -> Result<Redirector, TrackingError> {
        let durability = match data.store.setting(DURABILITY).await?.as_deref() {
            Some("\"power\"" | "power") => Durability::Power,
            _ => Durability::Process,
        };
        let (clicks, keys) = (data.path.join(CLICKS), data.path.join(DAY_KEYS));
        let instance = instance_of(&data.erasure_key);
        let now = data.now();
        let opened = tokio::task::spawn_blocking(move || {
            let settings = Settings { durability, ..Settings::for_instance(instance) };
            let (log, recovered) = ClickLog::open(&clicks, settings).map_err(|error| error.to_string())?;
            let keys = DayKeys::open(&keys, now.0).map_err(|error| error.to_string())?;
            // Built once, before the first visitor waits for it.
            Rules::shipped();
            Ok::<_, String>((log, recovered, keys))
        });
        let (log, recovered, keys) =
            opened.await.map_err(|error| TrackingError::Log(error.to_string()))?.map_err(TrackingError::Log)?;
        if recovered.torn > 0 || recovered.damaged > 0 {
            tracing::warn!(
                torn = recovered.torn,
                damaged = recovered.damaged,
                "the click log ended in the middle of a record; every click that was answered is there"
            );
        }
        let redirector = Redirector {
            log,
            keys,
            sequence: Mutex::new(Sequence::new(SequenceSettings::default())),
            links: RwLock::default(),
            looked_at: AtomicI64::new(0),
            tended_at: AtomicI64::new(now.0),
            hits: AtomicU64::new(0),
        };
        redirector.look(data).await?;
        Ok(redirector)
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
            by_slug.insert(row.slug, Led { id: row.id, target, until });
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
        self.keep_fresh(data, now);
        let mut led = self.held().by_slug.get(slug).cloned();
        if led.is_none() && now.0 - self.looked_at.load(Ordering::Relaxed) > LOOK_EVERY / 10 {
            // It may have just been made by another program.
            if let Err(error) = self.look(data).await {
                tracing::warn!(%error, "the links cannot be read");
            }
            led = self.held().by_slug.get(slug).cloned();
        }
        let Some(led) = led else { return Answered::Nothing };
        if led.until <= now.0 {
            return Answered::Over;
        }
        let click = self.judged(now, led.id, asked);
        let is_stored = match self.log.append_now(&click) {
            Some(outcome) => matches!(outcome, Outcome::Stored(_)),
            None => {
                let (answer, waits) = oneshot::channel();
                self.log.submit(&click, Answer(answer));
                matches!(waits.await, Ok(Outcome::Stored(_)))
            }
        };
        if !is_stored {
            tracing::error!(link = led.id, "a click could not be stored; its visitor was sent on");
        }
        Answered::On { target: led.target, is_stored }
    }

    /// Links and keys are looked at now and then, beside the request that notices.
    fn keep_fresh(self: &Arc<Self>, data: &Arc<DataDirectory>, now: Timestamp) {
        let is_due = |last: &AtomicI64, every: i64| {
            let before = last.load(Ordering::Relaxed);
            now.0 - before > every && last.compare_exchange(before, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        if is_due(&self.looked_at, LOOK_EVERY) {
            let (own, data) = (self.clone(), data.clone());
            tokio::spawn(async move {
                if let Err(error) = own.look(&data).await {
                    tracing::warn!(%error, "the links cannot be read");
                }
            });
        }
        if is_due(&self.tended_at, TEND_EVERY) {
            self.tend(now);
        }
    }

    /// Destroys day keys whose time is over, and makes the next day's beforehand.
    pub fn tend(self: &Arc<Self>, now: Timestamp) {
        let own = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = own.keys.tend(now.0) {
                tracing::error!(%error, "a day key could not be destroyed or made");
            }
        });
    }

    fn judged(&self, now: Timestamp, link: u32, asked: &Asked<'_>) -> Click {
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
        let visitor = match (opted_out, address) {
            (false, Some(address)) => {
                let agent = String::from_utf8_lossy(user_agent.unwrap_or_default());
                self.keys.visitor(now.0, address, &agent, link).unwrap_or_else(|error| {
                    tracing::error!(%error, "a visitor could not be told from others");
                    0
                })
            }
            _ => 0,
        };
        let hit = Hit { id: self.hits.fetch_add(1, Ordering::Relaxed), at_micros: now.0, link, visitor, mail: None };
        let verdict = self.sequence.lock().unwrap_or_else(PoisonError::into_inner).observe(&hit, judged).verdict;
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
            referrer_host: referrer.map_or(HostId::NONE, |host| self.log.hosts().intern(host)),
            country: Country::UNKNOWN,
            flags: kept,
            verdict: verdict.verdict.code(),
            reasons: verdict.reasons.bits(),
            rules_version: verdict.rules_version,
            device: agent.device.code(),
            browser: agent.browser.code(),
        }
    }

    /// How it goes: clicks stored, clicks that could not be, the last error.
    pub fn counters(&self) -> clicks::Counters {
        self.log.counters()
    }

    /// Everything pending is written before the program ends.
    pub fn close(&self) -> std::io::Result<()> {
        self.log.close()
    }
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
    let peer = peer.map(|peer| peer.ip());
    if peer.is_some_and(|peer| !peer.is_loopback()) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let last = forwarded.flat_map(|value| value.split(',')).last().and_then(|text| text.trim().parse().ok());
    last.or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(address_of(&HeaderMap::new(), from("127.0.0.1:40000")), ip("127.0.0.1"));
        assert_eq!(address_of(&HeaderMap::new(), None), None);
    }
}
