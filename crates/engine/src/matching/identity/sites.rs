//! Links that name a place: whose domain they lie on, and which page they lead to.

use super::handles::is_domain;
use super::hosts::{LONG_ENDINGS, SHARED, SHARED_BY_NAME, is_below};
use super::links::account_link;
use super::names::plain;

/// The domain that whoever links to it may own: two labels, three below endings such as `co.uk` or `wordpress.com`. An e-mail
/// address gives its host's. `None` for hosts that many share (platforms, lists of links, short links, shops, mail).
///
/// The endings are a short list by hand, not the Public Suffix List. Cost `O(letters + hosts listed)`.
///
/// ```
/// use engine::matching::identity::domain_of;
/// assert_eq!(domain_of("https://shop.hopmaria.co.uk/beer").as_deref(), Some("hopmaria.co.uk"));
/// assert_eq!(domain_of("https://linktr.ee/hopmaria"), None);
/// ```
pub fn domain_of(url: &str) -> Option<String> {
    let text = url.trim();
    let host_text = match text.rsplit_once('@') {
        Some((user, host)) if !user.contains(['/', '@']) => host,
        _ => text,
    };
    let host = parts(host_text)?.host;
    let labels: Vec<&str> = host.split('.').collect();
    let last = |count: usize| labels[labels.len().saturating_sub(count)..].join(".");
    let is_long = LONG_ENDINGS.contains(&last(2).as_str());
    let is_an_ending = is_long && labels.len() < 3;
    let domain = last(if is_long { 3 } else { 2 });
    let name = domain.split('.').next().unwrap_or("");
    let is_shared = is_below(&host, &SHARED) || SHARED_BY_NAME.contains(&name);
    (!is_shared && !is_an_ending).then_some(domain)
}

/// A page as it is compared: host and path without the scheme, `www`, the last stroke and what only counts visits. `None`
/// where the link names an account (that says more) or only the front of a host that many share.
///
/// ```
/// use engine::matching::identity::page_of;
/// assert_eq!(page_of("http://www.linktr.ee/HopMaria/?utm_source=ig").as_deref(), Some("linktr.ee/hopmaria"));
/// assert_eq!(page_of("https://linktr.ee"), None);
/// ```
pub fn page_of(url: &str) -> Option<String> {
    if account_link(url).is_some() {
        return None;
    }
    let link = parts(url)?;
    let counts_visits = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or("");
        name.starts_with("utm_") || ["fbclid", "gclid", "igsh", "igshid", "lang", "ref", "si", "source"].contains(&name)
    };
    let kept: Vec<&str> = link.query.split('&').filter(|pair| !pair.is_empty() && !counts_visits(pair)).collect();
    if link.segments.is_empty() && kept.is_empty() && domain_of(url).is_none() {
        return None;
    }
    // Short links tell capitals apart; a person who types one by hand copies it.
    let is_short =
        ["bit.ly", "amzn.to", "cutt.ly", "goo.gl", "t.co", "tinyurl.com", "youtu.be"].contains(&link.host.as_str());
    let path = link.segments.iter().map(|segment| if is_short { segment.clone() } else { plain(segment) });
    let mut page = std::iter::once(link.host.clone()).chain(path).collect::<Vec<String>>().join("/");
    if !kept.is_empty() {
        page.push('?');
        page.push_str(&kept.join("&"));
    }
    Some(page)
}

/// A link in its parts, the host in lower case and without what stands before it for reading's sake.
pub(super) struct Parts {
    pub(super) host: String,
    pub(super) segments: Vec<String>,
    pub(super) query: String,
}

/// `None`: no host with a dot, or an e-mail address.
pub(super) fn parts(url: &str) -> Option<Parts> {
    let url = url.trim().trim_matches(|sign: char| "<>()[]{}\"'“”‘’,;!".contains(sign));
    let after_scheme = ["https://", "http://"].iter().find_map(|scheme| {
        let start = url.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
    });
    let rest = after_scheme.or(url.strip_prefix("//")).unwrap_or(url);
    let (place, query) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..at], rest[at..].strip_prefix('?').unwrap_or("")),
        None => (rest, ""),
    };
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let host = plain(host);
    let host = host.split(':').next().unwrap_or("").trim_end_matches('.');
    let host = ["www.", "m.", "mobile."].iter().find_map(|start| host.strip_prefix(start)).unwrap_or(host);
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(unescaped).collect();
    let query = query.split('#').next().unwrap_or("").to_owned();
    is_domain(host).then(|| Parts { host: host.to_owned(), segments, query })
}

/// `%40` as `@` and so on; what is no such sign stays.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_domain_is_one_that_others_do_not_share() {
        let check = |url: &str, expected: Option<&str>| assert_eq!(domain_of(url).as_deref(), expected, "{url}");
        check("https://www.hopmaria.de/shop?x=1", Some("hopmaria.de"));
        check("blog.hopmaria.com.au", Some("hopmaria.com.au"));
        check("https://hopmaria.wordpress.com/", Some("hopmaria.wordpress.com"));
        check("maria@hopmaria.de", Some("hopmaria.de"));
        check("https://hopmaria.de:8080/a@b", Some("hopmaria.de"));
        for shared in [
            "https://linktr.ee/a",
            "beacons.ai/a",
            "https://bit.ly/x",
            "https://www.youtube.com/@a",
            "a@gmail.com",
            "https://www.amazon.fr/shop/a",
            "a@yahoo.co.uk",
            "https://open.spotify.com/x",
            "wordpress.com",
            "co.uk",
        ] {
            check(shared, None);
        }
    }

    #[test]
    fn a_page_is_the_same_with_and_without_what_counts_visits() {
        assert_eq!(page_of("https://hopmaria.de/"), page_of("http://www.hopmaria.de?utm_source=x&fbclid=y"));
        assert_ne!(page_of("https://hopmaria.de/?id=1"), page_of("https://hopmaria.de/?id=2"));
        assert_ne!(page_of("https://bit.ly/Abc"), page_of("https://bit.ly/abc"));
        assert_eq!(page_of("https://instagram.com/ana"), None);
        assert_eq!(page_of("https://youtube.com"), None);
    }
}
