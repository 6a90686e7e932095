//! Where links lead: each by its slug, with what is added to its target so that an order can say which click brought it; and on to
//! other pages of the same site, never out of the folder that the target stands in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use axum::http::HeaderValue;
use model::Timestamp;
use store::tracking::LinkLeading;

use super::token::{self, ClickToken, TokenKey};

/// How often an address may have been encoded over and over; one more is refused.
const ENCODED_AT_MOST: usize = 3;

/// Where every link leads, as of a revision of the links.
#[derive(Default)]
pub(super) struct Links {
    revision: Option<i64>,
    by_slug: HashMap<String, Led, foldhash::fast::RandomState>,
}

impl Links {
    /// Puts links in order; may take a while for very many.
    pub(super) fn of(revision: i64, rows: Vec<LinkLeading>) -> Links {
        let led = |row: LinkLeading| {
            let target = HeaderValue::from_str(&row.target).ok()?;
            let until = match (row.is_ended, row.expires_at) {
                (true, _) => i64::MIN,
                (false, Some(at)) => at.0,
                (false, None) => i64::MAX,
            };
            let around_token = row.is_joined.then(|| Arc::new(around_token(&row.target)));
            Some((row.slug, Led { id: row.id, target, around_token, until }))
        };
        Links { revision: Some(revision), by_slug: rows.into_iter().filter_map(led).collect() }
    }

    /// None before any was read.
    pub(super) fn revision(&self) -> Option<i64> {
        self.revision
    }

    pub(super) fn led(&self, slug: &str) -> Option<&Led> {
        self.by_slug.get(slug)
    }

    /// Where a path behind `/t/` leads at a moment: a slug, and maybe a page of the same site below the folder of its target.
    pub(super) fn leading(&self, path: &str, query: Option<&str>, now: Timestamp) -> Leading<'_> {
        let (slug, beyond) = path.split_once('/').unwrap_or((path, ""));
        let Some(led) = self.led(slug) else { return Leading::Unknown };
        let led = match beyond {
            "" => Cow::Borrowed(led),
            beyond => match led.deeper(beyond, query) {
                Some(deeper) => Cow::Owned(deeper),
                None => return Leading::Nowhere,
            },
        };
        if led.until <= now.0 { Leading::Over } else { Leading::On(led) }
    }
}

/// What a path leads to.
pub(super) enum Leading<'a> {
    /// There is no link of this name.
    Unknown,
    /// There is, but what stands behind it leads out of its target's folder.
    Nowhere,
    /// The link was ended or its days are over.
    Over,
    On(Cow<'a, Led>),
}

/// Where a link leads.
#[derive(Clone, Debug)]
pub(super) struct Led {
    pub(super) id: u32,
    pub(super) target: HeaderValue,
    /// Of a creator's link: what stands before and behind the click's token in the address.
    around_token: Option<Arc<(String, String)>>,
    /// In microseconds; `i64::MAX`: for ever.
    pub(super) until: i64,
}

impl Led {
    /// The same link on to another page of its site: with what the target says, and what the visitor's own address says beside.
    fn deeper(&self, beyond: &str, query: Option<&str>) -> Option<Led> {
        let address = deeper(self.target.to_str().ok()?, beyond, query)?;
        let around_token = self.around_token.as_ref().map(|_| Arc::new(around_token(&address)));
        Some(Led { target: HeaderValue::try_from(address).ok()?, around_token, ..self.clone() })
    }

    /// Puts the address with the click's token behind what `out` holds.
    pub(super) fn put_target(&self, key: &TokenKey, token: &ClickToken, out: &mut Vec<u8>) {
        let Some(around) = &self.around_token else { return out.extend_from_slice(self.target.as_bytes()) };
        out.extend_from_slice(around.0.as_bytes());
        out.extend_from_slice(&key.letters(token));
        out.extend_from_slice(around.1.as_bytes());
    }

    /// The address with the click's token, so that an order can say which click brought it.
    pub(super) fn with_token(&self, key: &TokenKey, token: &ClickToken) -> HeaderValue {
        if self.around_token.is_none() {
            return self.target.clone();
        }
        let mut address = Vec::with_capacity(self.target.len() + 2 * token::LETTERS);
        self.put_target(key, token, &mut address);
        HeaderValue::try_from(address).unwrap_or_else(|_| self.target.clone())
    }
}

/// The address of another page below the folder of a target; none where it would leave that folder, however it is written.
fn deeper(target: &str, beyond: &str, query: Option<&str>) -> Option<String> {
    if !stays_below(beyond) {
        return None;
    }
    let begin = target.find("://")? + 3;
    let (address, own) = target.split('#').next()?.split_once('?').unwrap_or((target.split('#').next()?, ""));
    let folder = match address[begin..].rfind('/') {
        Some(at) => &address[..begin + at],
        None => address,
    };
    let own: Vec<&str> = own.split('&').filter(|piece| !piece.is_empty()).collect();
    let name_of = |piece: &str| piece.split('=').next().unwrap_or("").to_owned();
    let is_own = |piece: &str| own.iter().any(|held| name_of(held) == name_of(piece));
    // What is said to us alone goes no further, and who sent somebody is not the visitor's to say.
    let said = query.unwrap_or("").split('#').next().unwrap_or("").split('&');
    let said = said.filter(|piece| !piece.is_empty() && *piece != "qr" && !piece.starts_with("utm_") && !is_own(piece));
    let pieces: Vec<&str> = own.iter().copied().chain(said).collect();
    let mark = if pieces.is_empty() { "" } else { "?" };
    Some(format!("{folder}/{beyond}{mark}{}", pieces.join("&")))
}

/// Whether what stands behind a slug names something below a folder by any reading of it: no steps up, no empty steps at which an
/// address could be taken for another host, no backslash that browsers take for a slash, and none of these encoded.
fn stays_below(beyond: &str) -> bool {
    let mut read = beyond.as_bytes().to_vec();
    for round in 0..=ENCODED_AT_MOST {
        let is_harmless = |byte: &u8| *byte != b'\\' && *byte > b' ' && *byte != 0x7f && (round > 0 || *byte != b'#');
        if !read.iter().all(|byte| is_harmless(byte) || (round > 0 && *byte == b' ')) {
            return false;
        }
        let steps: Vec<&[u8]> = read.split(|byte| *byte == b'/').collect();
        let is_step = |(place, step): (usize, &&[u8])| {
            // What follows a semicolon is cut off by some servers.
            let named = step.split(|byte| *byte == b';').next().unwrap_or_default();
            let is_last = place + 1 == steps.len();
            !matches!(named, b"." | b"..") && (!named.is_empty() || (is_last && step.is_empty() && place > 0))
        };
        if !steps.iter().enumerate().all(is_step) {
            return false;
        }
        let Some(decoded) = decoded(&read) else { return true };
        // A slash that was hidden.
        if decoded.iter().filter(|byte| **byte == b'/').count() > steps.len() - 1 {
            return false;
        }
        read = decoded;
    }
    false
}

/// With its percent signs read once; `None` where there is none to read.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at, mut is_changed) = (Vec::with_capacity(text.len()), 0, false);
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                (at, is_changed) = (at + 3, true);
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    is_changed.then_some(out)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_slug_leads_to_that_page_of_the_same_site_with_all_that_the_target_says() {
        let target = "https://shop.example/start?color=red&utm_medium=creator&utm_content=deal-7#top";
        let own = "color=red&utm_medium=creator&utm_content=deal-7";
        for (beyond, query, address) in [
            ("grinder", None, format!("https://shop.example/grinder?{own}")),
            ("a/b/", Some("size=2&qr"), format!("https://shop.example/a/b/?{own}&size=2")),
            ("a", Some("m=7&color=blue&utm_source=me"), format!("https://shop.example/a?{own}&m=7")),
            ("caf%C3%A9%20x;v=1", Some("qr=1#&x=y"), format!("https://shop.example/caf%C3%A9%20x;v=1?{own}&qr=1")),
            ("@evil.example", None, format!("https://shop.example/@evil.example?{own}")),
            ("a...b/..c", None, format!("https://shop.example/a...b/..c?{own}")),
            ("100%", None, format!("https://shop.example/100%?{own}")),
        ] {
            assert_eq!(deeper(target, beyond, query), Some(address), "{beyond}");
        }
        assert_eq!(deeper("https://shop.example", "x", None).as_deref(), Some("https://shop.example/x"));
        assert_eq!(deeper("https://shop.example?a=/b", "x", None).as_deref(), Some("https://shop.example/x?a=/b"));
        assert_eq!(deeper("https://shop.example/de/", "x", None).as_deref(), Some("https://shop.example/de/x"));
        assert_eq!(deeper("https://shop.example/de/a#/b", "x", None).as_deref(), Some("https://shop.example/de/x"));
    }

    #[test]
    fn nothing_behind_a_slug_leads_out_of_the_folder_of_the_target() {
        for beyond in [
            "..",
            "../admin",
            "a/../../admin",
            "a/..",
            ".",
            "./a",
            "a/./b",
            "%2e%2e/admin",
            "%2E./admin",
            ".%2e/admin",
            "%252e%252e/admin",
            "%25252e%25252e/admin",
            "%2525252525252e",
            "..;/admin",
            "..;x=y/admin",
            "a\\..\\b",
            "\\evil.example",
            "a%5c..%5cb",
            "a%255cb",
            "a%2fb",
            "a%2F..%2fb",
            "a%252f..%252fb",
            "/evil.example",
            "//evil.example",
            "a//b",
            ";/evil.example",
            "a#b",
            "a%00b",
            "a%0d%0ab",
            "a b",
        ] {
            assert_eq!(deeper("https://shop.example/de/start", beyond, None), None, "{beyond}");
        }
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
