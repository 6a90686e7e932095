//! The verdict that one request alone decides: head, prefetch, preview, scanner, crawler, invalid, datacentre or human.
//!
//! Everything that speaks against a person is gathered; the strongest of it is the verdict, see
//! [`VerdictKind::strength`](crate::VerdictKind::strength). `duplicate` and most of `scanner` need the hits before it,
//! see [`Sequence`](crate::Sequence).

use crate::reasons::{Reason, Reasons};
use crate::request::{MailHit, MailLink, Method, Network, Request};
use crate::rules::Rules;
use crate::said::AgentSaid;
use crate::verdict::Verdict;

/// A link opened this soon after the mail's delivery was opened by a machine: 10 seconds.
const SOON_AFTER_DELIVERY_MICROS: i64 = 10_000_000;

/// What `Sec-Fetch-Dest` says where a page loads the link for itself. A person opening it sends `document`, or `iframe`
/// and the like inside a frame; values not known here are no sign.
const LOADED_BY_PAGE: &[&[u8]] = &[
    b"audio",
    b"audioworklet",
    b"embed",
    b"empty",
    b"font",
    b"image",
    b"json",
    b"manifest",
    b"object",
    b"paintworklet",
    b"report",
    b"script",
    b"serviceworker",
    b"sharedworker",
    b"style",
    b"track",
    b"video",
    b"worker",
];

/// What a request to a tracked link was, as far as it can be told from this request.
///
/// The same rules and request always give the same verdict. Any bytes are accepted. Costs about a microsecond for a
/// browser's agent: a pass of each of three word lists over the user agent, of which at most 2,048 bytes are read.
/// Takes no memory and waits for nothing.
///
/// ```
/// use verdicts::{judge, Method, Reason, Request, Rules, VerdictKind};
///
/// let person = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
///     Version/26.0 Mobile/15E148 Safari/604.1";
/// let click = Request { user_agent: Some(person), ..Request::default() };
/// assert_eq!(judge(Rules::shipped(), &click).verdict, VerdictKind::Human);
///
/// let check = Request { method: Method::Head, ..click };
/// let verdict = judge(Rules::shipped(), &check);
/// assert_eq!(verdict.verdict, VerdictKind::Head);
/// assert!(verdict.reasons.contains(Reason::Head));
/// ```
pub fn judge(rules: &Rules, request: &Request) -> Verdict {
    judge_said(rules, request, AgentSaid::read(rules, request.user_agent))
}

/// The same for a request whose user agent was read before, see [`AgentsMet`](crate::AgentsMet): `said` has to be what
/// `request.user_agent` says.
pub fn judge_said(rules: &Rules, request: &Request, said: AgentSaid) -> Verdict {
    let reasons = of_method(request.method)
        .union(of_headers(request))
        .union(said.reasons)
        .union(rules.reasons_of_referrer(request.referrer_host))
        .union(of_network(request.network))
        .union(of_mail(request.mail));
    Verdict::of(reasons, rules.version())
}

fn of_method(method: Method) -> Reasons {
    match method {
        Method::Get => Reasons::NONE,
        Method::Head => Reasons::NONE.with(Reason::Head),
        Method::Other => Reasons::NONE.with(Reason::OddMethod),
    }
}

fn of_headers(request: &Request) -> Reasons {
    let mut reasons = Reasons::NONE;
    if says(request.sec_purpose, &[b"prefetch"]) {
        reasons = reasons.with(Reason::PrefetchBrowser);
    }
    // Safari asks with `preview` for the pictures of its start page.
    if says(request.purpose, &[b"prefetch", b"preview"]) || says(request.x_moz, &[b"prefetch"]) {
        reasons = reasons.with(Reason::PrefetchOlder);
    }
    if says(request.sec_fetch_dest, LOADED_BY_PAGE) {
        reasons = reasons.with(Reason::LoadedByPage);
    }
    reasons
}

/// Whether one of the header's parts (`prefetch;prerender`, `prefetch, x`) is one of these words, in any case.
fn says(header: Option<&[u8]>, words: &[&[u8]]) -> bool {
    let Some(value) = header else { return false };
    value
        .split(|byte| *byte == b';' || *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

fn of_network(network: Network) -> Reasons {
    match network {
        Network::Unlisted => Reasons::NONE,
        Network::Datacentre => Reasons::NONE.with(Reason::Datacentre),
        Network::SecurityGateway => Reasons::NONE.with(Reason::ScannerNetwork),
    }
}

fn of_mail(mail: Option<MailHit>) -> Reasons {
    let mut reasons = Reasons::NONE;
    let Some(mail) = mail else { return reasons };
    if mail.link == MailLink::Honeypot {
        reasons = reasons.with(Reason::ScannerHoneypot);
    }
    // A gateway opens the links before it hands the mail on, so the hit can come before the delivery is noted.
    if mail.since_delivery_micros.is_some_and(|micros| micros <= SOON_AFTER_DELIVERY_MICROS) {
        reasons = reasons.with(Reason::ScannerDelivery);
    }
    reasons
}

#[cfg(test)]
mod tests;
