//! How a user agent is put together: missing, malformed, a program's single name, or shaped like a browser's.
//!
//! Browsers have said `Mozilla/5.0 (system) …` for thirty years; who writes it otherwise is not one. Phones of before
//! that custom, and programs of Android and Apple systems that apps open pages with, are known by other marks.

use crate::reasons::Reason;
use crate::signs::words_in_any_case;
use aho_corasick::{AhoCorasick, BuildError};

/// Only so much of a user agent is read, in bytes; a longer one is malformed. Facebook's in-app browser needs about
/// 500.
pub(crate) const LONGEST_AGENT: usize = 2_048;

/// What the browsers of most clicks begin with: nothing more is asked of their shape.
const USUAL: &[&[u8]] = &[
    b"Mozilla/5.0 (iPhone; ",
    b"Mozilla/5.0 (Linux; Android ",
    b"Mozilla/5.0 (Windows NT ",
    b"Mozilla/5.0 (Macintosh; ",
    b"Mozilla/5.0 (X11; ",
    b"Mozilla/5.0 (iPad; ",
    b"Mozilla/5.0 (Linux; U; Android ",
    b"Mozilla/5.0 (Android ",
];

/// What programs send in place of a name.
const PLACEHOLDERS: &[&str] = &[
    "-",
    "browser",
    "default",
    "false",
    "firefox",
    "mozilla",
    "nil",
    "none",
    "null",
    "undefined",
    "unknown",
    "user-agent",
];

/// Attempts to run something on the server that reads the log.
const ATTACKS: &[&str] = &["${jndi", "<script", "<?php", "() {", "{{", "../", "union select", "$("];

/// Systems that browsers name in their first comment.
const SYSTEMS: &[&str] = &[
    "android",
    "linux",
    "windows",
    "win9",
    "winnt",
    "win3",
    "win16",
    "win32",
    "macintosh",
    "mac_p",
    "mac os",
    "x11",
    "iphone",
    "ipad",
    "ipod",
    "cros",
    "mobile",
    "tablet",
    "blackberry",
    "bb10",
    "playbook",
    "symbian",
    "series",
    "nokia",
    "smart",
    "tizen",
    "web0s",
    "webos",
    "hpwos",
    "playstation",
    "nintendo",
    "xbox",
    "os/2",
    "amiga",
    "beos",
    "haiku",
    "bsd",
    "sunos",
    "msie",
    "konqueror",
    "bada",
    "meego",
    "maemo",
    "kaios",
    "kindle",
    "palm",
    "hp-ux",
    "aix",
    "irix",
    "osf1",
    "risc os",
    "syllable",
    "dtv",
    "fuchsia",
    "foma",
    "jig browser",
    "willcom",
    "ddipocket",
    "opera",
    "netfront",
    "compatible",
    "harmony",
    "cloud phone",
    "crkey",
    "viera",
];

/// Browsers that called themselves compatible before robots did.
const COMPATIBLE_BROWSERS: &[&str] = &[
    "msie",
    "konqueror",
    "opera",
    "netfront",
    "netpositive",
    "webpositive",
    "ncbrowser",
    "icab",
    "omniweb",
    "polaris",
    "viera",
];

/// What phones of before `Mozilla/5.0 (system)` and the systems' own programs are known by.
const PHONES_AND_APPS: &[&str] = &[
    "android",
    "iphone",
    "ipad",
    "ios",
    "windows",
    "linux",
    "mac os",
    "macintosh",
    "dalvik",
    "cfnetwork",
    "cronet",
    "applewebkit",
    "ucweb",
    "ucbrowser",
    "juc",
    "midp",
    "cldc",
    "profile/",
    "netfront",
    "up.browser",
    "up/",
    "obigo",
    "teleca",
    "maui",
    "browser/",
    "brew",
    "docomo",
    "kddi",
    "softbank",
    "vodafone",
    "j-phone",
    "willcom",
    "blackberry",
    "nokia",
    "sonyericsson",
    "samsung",
    "lg",
    "mot-",
    "hbbtv",
    "opera",
    "symbian",
    "mmp/",
    "wap",
    "fban/",
    "vizios",
    "palm",
    "links",
    "lynx",
    "w3m",
    "roku",
    "harmony",
];

/// The marks of shapes, ready to be looked for.
pub(crate) struct Shapes {
    attacks: AhoCorasick,
    systems: AhoCorasick,
    compatible_browsers: AhoCorasick,
    phones_and_apps: AhoCorasick,
}

impl Shapes {
    pub(crate) fn build() -> Result<Shapes, BuildError> {
        Ok(Shapes {
            attacks: words_in_any_case(ATTACKS.iter().copied())?,
            systems: words_in_any_case(SYSTEMS.iter().copied())?,
            compatible_browsers: words_in_any_case(COMPATIBLE_BROWSERS.iter().copied())?,
            phones_and_apps: words_in_any_case(PHONES_AND_APPS.iter().copied())?,
        })
    }

    /// What the shape of an agent says against a browser, `None` where nothing.
    pub(crate) fn reason(&self, agent: Option<&[u8]>) -> Option<Reason> {
        let agent = agent.unwrap_or_default().trim_ascii();
        if agent.is_empty() {
            return Some(Reason::AgentMissing);
        }
        if agent.len() > LONGEST_AGENT || agent.iter().any(u8::is_ascii_control) {
            return Some(Reason::AgentMalformed);
        }
        if USUAL.iter().any(|start| agent.starts_with(start)) {
            return None;
        }
        let is_placeholder = PLACEHOLDERS.iter().any(|word| agent.eq_ignore_ascii_case(word.as_bytes()));
        if is_placeholder || !agent.iter().any(u8::is_ascii_alphabetic) || self.attacks.is_match(agent) {
            return Some(Reason::AgentMalformed);
        }
        if starts_with(agent, b"mozilla/") {
            return self.reason_of_mozilla(&agent[b"mozilla/".len()..]);
        }
        let is_known = starts_with(agent, b"opera/") || self.phones_and_apps.is_match(agent);
        (!is_known).then_some(Reason::CrawlerProgram)
    }

    /// `rest` is what follows `Mozilla/`.
    fn reason_of_mozilla(&self, rest: &[u8]) -> Option<Reason> {
        let version_end = rest.iter().position(|byte| matches!(byte, b' ' | b'(')).unwrap_or(rest.len());
        let after = rest[version_end..].trim_ascii();
        if after.is_empty() {
            // `Mozilla/5.0` and no more.
            return Some(Reason::AgentMalformed);
        }
        let Some(comment) = after.strip_prefix(b"(") else {
            // Some apps and proxies lose the brackets; `Mozilla/5.0 OnlyScans` names no system.
            return (!self.systems.is_match(after)).then_some(Reason::CrawlerProgram);
        };
        let comment = &comment[..comment.iter().position(|byte| *byte == b')').unwrap_or(comment.len())];
        if starts_with(comment, b"compatible") && !self.compatible_browsers.is_match(comment) {
            return Some(Reason::CrawlerNamed);
        }
        (!self.systems.is_match(comment)).then_some(Reason::CrawlerProgram)
    }
}

/// All words that shapes are told by, for the fingerprint of the rules.
#[cfg(test)]
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    [PLACEHOLDERS, ATTACKS, SYSTEMS, COMPATIBLE_BROWSERS, PHONES_AND_APPS].into_iter().flatten().copied()
}

/// In any case.
fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// Where the search for words may begin: behind the device comment of an Android agent, which names the phone's make
/// and model, else at 0.
pub(crate) fn behind_device(agent: &[u8]) -> usize {
    let Some(comment) = agent.strip_prefix(b"Mozilla/5.0 (Linux; ") else { return 0 };
    let end = closing_bracket(comment);
    let device = &comment[..end];
    let names_program = ["compatible", "://", "-Google/"].iter().any(|word| contains(device, word.as_bytes()));
    if contains(device, b"Android") && !names_program { agent.len() - comment.len() + end } else { 0 }
}

/// The end of a comment whose opening bracket is behind; models have brackets of their own.
fn closing_bracket(comment: &[u8]) -> usize {
    let mut open = 1_usize;
    for (at, byte) in comment.iter().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    comment.len()
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_comment_of_an_android_agent_is_passed_over() {
        let cases = [
            ("Mozilla/5.0 (Linux; Android 7.0; M bot 54) Apple", ") Apple"),
            ("Mozilla/5.0 (Linux; U; Android 4; X98 Air II(HG5N) Build/K) Apple", ") Apple"),
            ("Mozilla/5.0 (Linux; Android 7.0", ""),
            // A program that names itself in there is looked at from the start.
            ("Mozilla/5.0 (Linux; Android 8; Pixel 2; Storebot-Google/1.0) A", "all"),
            ("Mozilla/5.0 (Linux; Android 6; compatible; x) A", "all"),
            ("Mozilla/5.0 (Linux; x86_64) A", "all"),
            ("Mozilla/5.0 (iPhone; bot) A", "all"),
            ("", "all"),
        ];
        for (agent, rest) in cases {
            let expected = if rest == "all" { agent } else { rest };
            assert_eq!(&agent[behind_device(agent.as_bytes())..], expected, "{agent}");
        }
    }

    #[test]
    fn words_of_shapes_are_written_in_lower_case() {
        assert!(words().all(|word| word.to_ascii_lowercase() == word));
    }
}
