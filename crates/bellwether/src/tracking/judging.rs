//! What a hit was: its request read once, judged by itself and by the hits before it, and made a record that holds nobody.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Method};
use clicks::{Click, ClickLog, Country, DayKeys, HostId, Waiter, flags};
use model::Timestamp;
use verdicts::{AgentSaid, AgentsMet, Hit, Request, Rules, Verdict, judge_said};

const HOST_LETTERS_MAX: usize = 200;

thread_local! {
    // One for each thread, so that no request waits for another's agent.
    static MET: RefCell<AgentsMet> = RefCell::default();
}

/// What a request says that a hit is judged by.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    is_head: bool,
    is_other_method: bool,
    user_agent: Option<&'a [u8]>,
    referrer: Option<&'a [u8]>,
    sec_purpose: Option<&'a [u8]>,
    purpose: Option<&'a [u8]>,
    x_moz: Option<&'a [u8]>,
    sec_gpc: Option<&'a [u8]>,
    dnt: Option<&'a [u8]>,
    sec_fetch_dest: Option<&'a [u8]>,
    /// The last of them: a proxy adds behind what a client said.
    forwarded_for: Option<&'a [u8]>,
    peer: Option<SocketAddr>,
    is_from_qr: bool,
}

impl<'a> Asked<'a> {
    /// Reads a request's head in one pass; `query` is what stands behind the `?`.
    pub fn of(method: &Method, query: Option<&str>, headers: &'a HeaderMap, peer: Option<SocketAddr>) -> Asked<'a> {
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Asked { peer, ..Asked::of_pairs(method.as_str(), query, pairs) }
    }

    /// The same of headers as they came, whose names may be in any case.
    pub(super) fn of_pairs(
        method: &str,
        query: Option<&str>,
        headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Asked<'a> {
        let mut asked = Asked {
            is_head: method == "HEAD",
            is_other_method: !matches!(method, "GET" | "HEAD"),
            is_from_qr: query.is_some_and(|query| query.split('&').any(|piece| piece == "qr")),
            ..Asked::default()
        };
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            // Told apart by their lengths first: most headers are none of these.
            let held = match name.len() {
                3 if is("dnt") => &mut asked.dnt,
                5 if is("x-moz") => &mut asked.x_moz,
                7 if is("referer") => &mut asked.referrer,
                7 if is("purpose") => &mut asked.purpose,
                7 if is("sec-gpc") => &mut asked.sec_gpc,
                10 if is("user-agent") => &mut asked.user_agent,
                11 if is("sec-purpose") => &mut asked.sec_purpose,
                14 if is("sec-fetch-dest") => &mut asked.sec_fetch_dest,
                15 if is("x-forwarded-for") => {
                    asked.forwarded_for = Some(value);
                    continue;
                }
                _ => continue,
            };
            // Of one that comes several times the first counts.
            if held.is_none() {
                *held = Some(value);
            }
        }
        asked
    }

    /// The same from whom the line comes.
    pub(super) fn with_peer(self, peer: SocketAddr) -> Asked<'a> {
        Asked { peer: Some(peer), ..self }
    }

    fn request(&self) -> Request<'a> {
        Request {
            method: match (self.is_head, self.is_other_method) {
                (true, _) => verdicts::Method::Head,
                (_, true) => verdicts::Method::Other,
                _ => verdicts::Method::Get,
            },
            user_agent: self.user_agent,
            referrer_host: self.referrer.and_then(plain).and_then(host_of),
            sec_purpose: self.sec_purpose,
            purpose: self.purpose,
            x_moz: self.x_moz,
            sec_gpc: self.sec_gpc,
            dnt: self.dnt,
            sec_fetch_dest: self.sec_fetch_dest,
            ..Request::default()
        }
    }

    /// Whose request it is: the peer's address, or where the peer is this machine (a proxy of ours) the last one the proxy
    /// added.
    fn address(&self) -> Option<IpAddr> {
        let peer = self.peer.map(|peer| peer.ip().to_canonical());
        if peer.is_some_and(|peer| !peer.is_loopback()) {
            return peer;
        }
        let said = self.forwarded_for.and_then(plain);
        let last = said.and_then(|said| said.rsplit(',').next()).map(str::trim);
        // Some proxies add the port.
        let address = |text: &str| {
            let bare = text.trim_start_matches('[').trim_end_matches(']');
            bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        };
        last.and_then(address).map(|address: IpAddr| address.to_canonical()).or(peer)
    }
}

/// A hit as far as its request alone tells.
pub(super) struct Judged<'a> {
    request: Request<'a>,
    said: AgentSaid,
    /// What the request alone decides.
    pub(super) verdict: Verdict,
    visitor: u64,
    flags: u16,
}

/// Judges a hit by its request; the visitor is told apart under the day's key, where there is one.
pub(super) fn judged<'a>(now: Timestamp, link: u32, asked: &Asked<'a>, keys: Option<&DayKeys>) -> Judged<'a> {
    let (rules, request) = (Rules::shipped(), asked.request());
    let said = MET.with_borrow_mut(|met| met.said(rules, request.user_agent));
    let is_opted_out = request.asks_for_privacy();
    let visitor = match (is_opted_out, asked.address(), keys) {
        (false, Some(address), Some(keys)) => {
            let agent = request.user_agent.unwrap_or_default();
            keys.visitor(now.0, address, agent, link).unwrap_or_else(|error| {
                tracing::error!(%error, "a visitor could not be told from others");
                0
            })
        }
        _ => 0,
    };
    let flag = |is_so: bool, flag: u16| if is_so { flag } else { 0 };
    let flags = flag(asked.is_head, flags::HEAD)
        | flag(is_opted_out, flags::OPTED_OUT)
        | flag(asked.is_from_qr, flags::QR_CODE);
    Judged { verdict: judge_said(rules, &request, said), request, said, visitor, flags }
}

impl Judged<'_> {
    /// The hit as it is compared with those before it, under a name that is given once.
    pub(super) fn hit(&self, id: u64, now: Timestamp, link: u32) -> Hit {
        Hit { id, at_micros: now.0, link, visitor: self.visitor, mail: None }
    }

    /// The record of the hit, once those before it had their say.
    pub(super) fn click<W: Waiter>(&self, now: Timestamp, link: u32, verdict: Verdict, log: &ClickLog<W>) -> Click {
        Click {
            time_us: now.0,
            link,
            visitor: self.visitor,
            delivery: 0,
            referrer_host: self.request.referrer_host.map_or(HostId::NONE, |host| log.hosts().intern(host)),
            country: Country::UNKNOWN,
            flags: self.flags,
            verdict: verdict.verdict.code(),
            reasons: verdict.reasons.bits(),
            rules_version: verdict.rules_version,
            device: self.said.agent.device.code(),
            browser: self.said.agent.browser.code(),
        }
    }
}

fn plain(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| text.is_ascii())
}

/// The host alone of an address, lower case letters as they came.
fn host_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = if host.starts_with('[') { host } else { host.split(':').next()? };
    (!host.is_empty() && host.len() <= HOST_LETTERS_MAX).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

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
        let address_of =
            |headers: &HeaderMap, peer: Option<SocketAddr>| Asked::of(&Method::GET, None, headers, peer).address();
        assert_eq!(address_of(&headers, from("198.51.100.7:40000")), ip("198.51.100.7"));
        assert_eq!(address_of(&headers, from("127.0.0.1:40000")), ip("203.0.113.9"), "the last is the proxy's word");
        assert_eq!(address_of(&headers, from("[::ffff:127.0.0.1]:40000")), ip("203.0.113.9"));
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.10"));
        assert_eq!(address_of(&headers, from("127.0.0.1:40000")), ip("203.0.113.10"), "of several lines the last");
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

    #[test]
    fn a_request_is_read_in_one_pass_and_of_a_header_that_comes_twice_the_first_counts() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("user-agent", "one"),
            ("user-agent", "two"),
            ("referer", "https://insta.example/ana"),
            ("sec-purpose", "prefetch"),
            ("dnt", "1"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let asked = Asked::of(&Method::HEAD, Some("a=b&qr"), &headers, None);
        let request = asked.request();
        assert_eq!((request.method, request.user_agent), (verdicts::Method::Head, Some(b"one".as_slice())));
        assert_eq!((request.referrer_host, request.sec_purpose), (Some("insta.example"), Some(b"prefetch".as_slice())));
        assert!(asked.is_from_qr && request.asks_for_privacy());
        assert!(!Asked::of(&Method::GET, Some("qra"), &headers, None).is_from_qr);
        assert_eq!(Asked::of(&Method::POST, None, &headers, None).request().method, verdicts::Method::Other);
    }
}
