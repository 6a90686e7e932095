//! What a bio says in passing: links, mentions and e-mail addresses within a text.

use super::handles::is_domain;
use super::hosts::LINK_ENDINGS;
use super::names::plain;

/// Links within a text, as they stand there, in their order, each once.
///
/// Read as a link is what begins with `http://`, `https://`, `www.`, `at://` or `did:`, and a word with a dot whose ending is a
/// common one. Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::links_in;
/// assert_eq!(links_in("Beer & travel. IG: instagram.com/ana, shop → https://ana.beer!"), ["instagram.com/ana", "https://ana.beer"]);
/// ```
pub fn links_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for word in text.split(|sign: char| sign.is_whitespace() || "|<>\"→➡👉,".contains(sign)) {
        let starts = ["http://", "https://", "www.", "at://", "did:plc:", "did:web:"];
        let lower = word.to_ascii_lowercase();
        let start = starts.iter().filter_map(|start| lower.find(start)).min();
        let link = start.map_or(word, |start| &word[start..]);
        let link = link.trim_matches(|sign: char| "()[]{}'“”‘’;!:*".contains(sign)).trim_end_matches(['.', '?']);
        let is_link = start.is_some() || is_bare_link(link);
        if is_link && !found.iter().any(|known| known == link) {
            found.push(link.to_owned());
        }
    }
    found
}

fn is_bare_link(word: &str) -> bool {
    let host = word.split(['/', '?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let ending = host.rsplit('.').next().unwrap_or("");
    !host.contains('@') && is_domain(&host) && LINK_ENDINGS.contains(&ending)
}

/// Handles named with an `@` within a text, in lower case without it, in their order, each once; `user@host` where it is of
/// that form. An e-mail address names nobody. Whom a bio mentions is often a partner or an employer, not its owner.
///
/// ```
/// use engine::matching::identity::mentions_in;
/// assert_eq!(mentions_in("brewer @Hop.House. old: @ana_b, mail ana@hop.example"), ["hop.house", "ana_b"]);
/// ```
pub fn mentions_in(text: &str) -> Vec<String> {
    let letters: Vec<char> = plain(text).chars().collect();
    let is_name = |sign: char| sign.is_alphanumeric() || "._-".contains(sign);
    let mut found: Vec<String> = vec![];
    let mut at = 0;
    while at < letters.len() {
        let stands_free = at == 0 || !(is_name(letters[at - 1]) || "@/".contains(letters[at - 1]));
        if letters[at] != '@' || !stands_free {
            at += 1;
            continue;
        }
        let name_end =
            |from: usize| letters[from..].iter().position(|sign| !is_name(*sign)).map_or(letters.len(), |n| from + n);
        let text_of = |from: usize, to: usize| {
            letters[from..to].iter().collect::<String>().trim_end_matches(['.', '-']).to_owned()
        };
        let end = name_end(at + 1);
        let (mut name, mut after) = (text_of(at + 1, end), end);
        if letters.get(end) == Some(&'@') {
            after = name_end(end + 1);
            let host = text_of(end + 1, after);
            name = if is_domain(&host) { format!("{name}@{host}") } else { String::new() };
        }
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
        at = after.max(at + 1);
    }
    found
}

/// E-mail addresses within a text, in lower case, in their order, each once; also written `name [at] host [dot] com`.
///
/// Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::emails_in;
/// assert_eq!(emails_in("Collabs: Ana (at) hop.example or ana.b@Hop.Example."), ["ana@hop.example", "ana.b@hop.example"]);
/// ```
pub fn emails_in(text: &str) -> Vec<String> {
    let letters: Vec<char> = unhidden(&plain(text)).chars().collect();
    let is_user = |sign: char| sign.is_alphanumeric() || "._%+-".contains(sign);
    let is_host = |sign: char| sign.is_alphanumeric() || ".-".contains(sign);
    let mut found: Vec<String> = vec![];
    for (at, _) in letters.iter().enumerate().filter(|(_, sign)| **sign == '@') {
        let start = letters[..at].iter().rposition(|sign| !is_user(*sign)).map_or(0, |place| place + 1);
        let end =
            letters[at + 1..].iter().position(|sign| !is_host(*sign)).map_or(letters.len(), |place| at + 1 + place);
        // `@ana@host` is a handle, `host/@ana` a page.
        if start > 0 && "@/".contains(letters[start - 1]) || letters.get(end) == Some(&'@') {
            continue;
        }
        let user: String = letters[start..at].iter().collect();
        let host: String = letters[at + 1..end].iter().collect();
        let (user, host) = (user.trim_start_matches(['.', '-', '+']), host.trim_end_matches(['.', '-']));
        let ends_in_letters = host.rsplit('.').next().is_some_and(|ending| ending.chars().all(char::is_alphabetic));
        let address = format!("{user}@{host}");
        if !user.is_empty() && is_domain(host) && ends_in_letters && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// `[at]`, `(dot)` and the like as the signs they stand for, with the space around them.
fn unhidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['[', '(', '{']) {
        let inside = &rest[open + 1..];
        let Some(close) = inside.find([']', ')', '}']) else { break };
        let sign = match inside[..close].trim() {
            "at" | "ät" | "@" => Some('@'),
            "dot" | "punkt" | "." => Some('.'),
            _ => None,
        };
        match sign {
            Some(sign) => {
                out.push_str(rest[..open].trim_end());
                out.push(sign);
                rest = inside[close + 1..].trim_start();
            }
            None => {
                out.push_str(&rest[..open + 1]);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_are_found_in_what_people_write_around_them() {
        assert_eq!(
            links_in("tiktok:https://tiktok.com/@ana | (youtube.com/@ana)"),
            ["https://tiktok.com/@ana", "youtube.com/@ana"]
        );
        assert_eq!(links_in("did:plc:abc and www.Ana.beer."), ["did:plc:abc", "www.Ana.beer"]);
        assert_eq!(links_in("beer.Travel.food and a@b.com, 3.5 stars"), Vec::<String>::new());
    }

    #[test]
    fn addresses_are_found_plain_and_hidden_and_handles_are_none() {
        let check = |text: &str, expected: &[&str]| assert_eq!(emails_in(text), expected, "{text}");
        check("ANA@Hop.Example", &["ana@hop.example"]);
        check("ana [at] hop [dot] example", &["ana@hop.example"]);
        check("ana{at}hop.example (Germany)", &["ana@hop.example"]);
        check("ana＠hop.example", &["ana@hop.example"]);
        check("@ana@beer.example", &[]);
        check("https://beer.example/@ana.b", &[]);
        check("see you @ 5.30 (at) home", &[]);
        check("ana@localhost", &[]);
    }

    #[test]
    fn a_mention_of_a_server_keeps_its_host() {
        assert_eq!(mentions_in("also @ana@beer.example; @ @@"), ["ana@beer.example"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reading_of_bios(text in "(\\PC|@|\\.|\\[at\\]|\\(dot\\)|http://){0,30}") {
            let _ = (links_in(&text), mentions_in(&text));
            for address in emails_in(&text) {
                prop_assert_eq!(emails_in(&address), vec![address.clone()]);
            }
        }
    }
}
