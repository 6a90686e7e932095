//! What a refusal means: the enhanced status first (RFC 3463), the server's words second, the bare code last.

use super::BounceClass;
use crate::read::status_in;

/// Words that say the mailbox is full.
const FULL: [&str; 17] = [
    "mailbox full",
    "mailbox is full",
    "mailbox exceeded",
    "over quota",
    "overquota",
    "quota exceeded",
    "exceeded quota",
    "exceeded storage",
    "exceeds quota",
    "out of storage",
    "storage space",
    "insufficient storage",
    "mailbox size limit",
    "quota",
    "postfach voll",
    "postfach ist voll",
    "boîte pleine",
];
/// Words that say it is about us or what we say. They count before the words about addresses, because these texts often
/// name an address as well.
const OURS: [&str; 33] = [
    "spamhaus",
    "blocklist",
    "blacklist",
    "block list",
    "black list",
    "blocked using",
    "dnsbl",
    "dmarc",
    "spf",
    "dkim",
    "sender address rejected",
    "sender rejected",
    "sender denied",
    "sender verify failed",
    "sender domain",
    "relay access denied",
    "relaying denied",
    "relay not permitted",
    "unable to relay",
    "spam",
    "reputation",
    "unsolicited",
    "bulk mail",
    "virus",
    "content rejected",
    "message content",
    "client host rejected",
    "your ip",
    "banned",
    "not authenticated",
    "authentication required",
    "reverse dns",
    "ptr record",
];
/// Words that say there is no such address.
const NO_ADDRESS: [&str; 51] = [
    "user unknown",
    "unknown user",
    "unknown local",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "unknown mailbox",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no such address",
    "no such person",
    "no such domain",
    "no mailbox here",
    "no mailbox by that name",
    "mailbox not found",
    "mailbox unavailable",
    "mailbox does not exist",
    "mailbox disabled",
    "mailbox is disabled",
    "mailbox is inactive",
    "user not found",
    "recipient not found",
    "address not found",
    "not found in directory",
    "resolver.adr",
    "invalid recipient",
    "invalid mailbox",
    "invalid address",
    "does not exist",
    "doesn't exist",
    "doesn't have a",
    "does not have a",
    "address rejected: access denied",
    "recipient address rejected: undeliverable",
    "recipient rejected",
    "account is disabled",
    "account disabled",
    "account has been disabled",
    "account that you tried to reach is disabled",
    "account is inactive",
    "user is inactive",
    "inactive user",
    "no longer available",
    "no longer active",
    "unrouteable address",
    "unroutable address",
    "host or domain name not found",
    "domain not found",
    "no data record of requested type",
    "couldn't find any host",
];
/// Words that say it may pass.
const PASSING: [&str; 14] = [
    "receiving mail at a rate",
    "receiving mail too quickly",
    "try again",
    "temporarily",
    "timed out",
    "timeout",
    "connection refused",
    "too many connections",
    "rate limit",
    "greylist",
    "deferred",
    "delivery time expired",
    "retry time",
    "message expired",
];
/// Words about the size of a mail, which the word "quota" may stand beside.
const TOO_LARGE: [&str; 4] = ["message size", "message too large", "too big", "maximum size"];
/// Words that say we were refused, found last.
const REFUSED: [&str; 9] =
    ["blocked", "policy", "not permitted", "not allowed", "prohibited", "rejected", "denied", "refused", "restricted"];

/// What a refusal at send time means. `code` is the reply's, as 550; `enhanced` the status that came with it, as `5.1.1`,
/// looked for in `text` where it is `None`; `text` is what the server said. Anything but a refusal is `Unknown`. Costs a
/// pass over the text.
pub fn class_of_reply(code: u16, enhanced: Option<&str>, text: &str) -> BounceClass {
    if !(400..600).contains(&code) {
        return BounceClass::Unknown;
    }
    let status = enhanced.and_then(status_in).or_else(|| status_in(text));
    // The code says whether it is for good; some servers send a status that says otherwise.
    let kind = if code < 500 { '4' } else { '5' };
    let status = status.map(|status| format!("{kind}{}", &status[1..]));
    match status {
        Some(status) => class_of_status(&status, text),
        None => class_of_code(code, text),
    }
}

/// What a status with the server's words means. `status` as [`status_in`] gives it.
pub(super) fn class_of_status(status: &str, text: &str) -> BounceClass {
    let text = text.to_lowercase();
    let parts: Vec<u16> = status.split('.').filter_map(|part| part.parse().ok()).collect();
    let [kind, subject, detail] = parts[..] else { return BounceClass::Unknown };
    match (kind, subject, detail) {
        (2, ..) => BounceClass::Unknown,
        // RFC 3463 calls 4.1.7 and 5.1.7 the sender's bad mailbox, 5.1.8 the sender's bad system: those are about us.
        (5, 1, 7 | 8) => BounceClass::Policy,
        (_, 2, 2) => BounceClass::SoftFull,
        (4, ..) if says(&text, &FULL) && !says(&text, &TOO_LARGE) => BounceClass::SoftFull,
        (4, ..) => BounceClass::SoftOther,
        // "Other address status": about an address, unless the words say that it is ours or the mailbox is full.
        (_, 1, 0) if says(&text, &OURS) => BounceClass::Policy,
        (_, 1, 0) if says(&text, &FULL) => BounceClass::SoftFull,
        (_, 1, _) => BounceClass::HardAddress,
        // "5.2.1" is also what is said to somebody who gets too much mail at once.
        (_, 2, 1) if says(&text, &PASSING) => BounceClass::SoftOther,
        (_, 2, 1) => BounceClass::HardAddress,
        (_, 2, 3) => BounceClass::Policy,
        (_, 2, 4) => BounceClass::SoftOther,
        (_, 4, _) => by_words(&text).filter(|class| *class != BounceClass::Policy).unwrap_or(BounceClass::SoftOther),
        (_, 6 | 7, _) => BounceClass::Policy,
        (_, 0, _) => by_words(&text).unwrap_or(BounceClass::Policy),
        _ => by_words(&text).unwrap_or(BounceClass::Unknown),
    }
}

/// What a bare code means: by the words, else what the code itself says, else that we were refused.
fn class_of_code(code: u16, text: &str) -> BounceClass {
    let text = text.to_lowercase();
    if code < 500 {
        let is_full = code == 452 && says(&text, &FULL) || says(&text, &FULL[..7]);
        return if is_full { BounceClass::SoftFull } else { BounceClass::SoftOther };
    }
    match (by_words(&text), code) {
        (Some(class), _) => class,
        // RFC 5321: "exceeded storage allocation".
        (None, 552) => BounceClass::SoftFull,
        (None, _) => BounceClass::Policy,
    }
}

/// What the words alone say; `None` where they say nothing known. `text` in lower case.
pub(super) fn by_words(text: &str) -> Option<BounceClass> {
    if says(text, &TOO_LARGE) {
        return Some(BounceClass::Policy);
    }
    if says(text, &FULL) {
        return Some(BounceClass::SoftFull);
    }
    if says(text, &OURS) {
        return Some(BounceClass::Policy);
    }
    if says(text, &NO_ADDRESS) {
        return Some(BounceClass::HardAddress);
    }
    if says(text, &PASSING) {
        return Some(BounceClass::SoftOther);
    }
    says(text, &REFUSED).then_some(BounceClass::Policy)
}

/// Whether one of the phrases stands in the text as words of its own: "spf" is not found in "transpform".
fn says(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        text.match_indices(phrase).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}
