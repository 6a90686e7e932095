//! The public list of crawlers (`data/crawler-user-agents.json`, MIT), made ready to be looked for.
//!
//! Nearly all of its 1,500 patterns are plain words. Those go into one automaton of words, the few that begin with `^`
//! are compared at the start, and only the rest, about thirty, stay regular expressions.
//!
//! The obvious way, one alternation of all patterns, is twice as fast on agents it has seen, but it builds its table
//! while it reads: the first pass over 2,000 different agents takes a hundred times as long and ten times the memory,
//! which anybody who sends made-up agents could bring about at will. A set of patterns is the same and slower; it also
//! tells which one matched, which nobody asks. The words' automaton is complete when built, its time is the length of
//! the agent, its memory a third of a megabyte; as a full table it is a little faster and takes seven. `cargo bench -p
//! bellwether-verdicts` measures all of them.

use crate::rules::RulesError;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

/// The list as it comes.
pub(crate) const LIST: &str = include_str!("../data/crawler-user-agents.json");

/// What a pattern is set aside for, or only counts outside browsers for.
struct SetAside {
    pattern: &'static str,
    #[expect(dead_code, reason = "says to a reader of this file why the pattern is not used")]
    why: &'static str,
}

/// Patterns that people's browsers match.
const SET_ASIDE: &[SetAside] = &[
    SetAside { pattern: r"AP3A\.240617\.008", why: "a build of Android 15 that many phones run; its crawler is 008/" },
    SetAside { pattern: "MetaIAB Facebook", why: "Facebook's in-app browser, with a person in it" },
    SetAside { pattern: "Sogou", why: "a browser for phones, too; its spiders call themselves spiders" },
    SetAside { pattern: "Fluid", why: "a browser for single sites on the Mac" },
];

/// Patterns that are names of apps: inside a browser's agent they are the app's own browser.
const APPS: &[&str] = &["WhatsApp", "Viber", r"Tumblr\/", r"Notion\/", r"Bluesky\/", "Goodreads", "Mastodon"];

/// Not more than this may a regular expression of the list take when compiled, in bytes.
const SIZE_LIMIT: usize = 200 << 20;

#[derive(Deserialize)]
struct Entry {
    pattern: String,
}

/// The list, ready to be looked for.
pub(crate) struct Listed {
    words: AhoCorasick,
    starts: Vec<Vec<u8>>,
    app_words: AhoCorasick,
    /// `None` where every pattern is a word.
    rest: Option<Regex>,
}

impl Listed {
    pub(crate) fn build(list: &str) -> Result<Listed, RulesError> {
        let entries: Vec<Entry> = serde_json::from_str(list).map_err(RulesError::Unreadable)?;
        let mut words = Vec::new();
        let mut starts = Vec::new();
        let mut app_words = Vec::new();
        let mut rest = Vec::new();
        for Entry { pattern } in entries {
            if SET_ASIDE.iter().any(|aside| aside.pattern == pattern) {
                continue;
            }
            let is_app = APPS.contains(&pattern.as_str());
            match Literal::of(&pattern) {
                Some(Literal::Word(word)) if is_app => app_words.push(word),
                Some(Literal::Word(word)) => words.push(word),
                Some(Literal::Start(start)) => starts.push(start),
                None => rest.push(format!("(?:{pattern})")),
            }
        }
        Ok(Listed {
            words: automaton(&words)?,
            starts,
            app_words: automaton(&app_words)?,
            rest: if rest.is_empty() { None } else { Some(expression(&rest.join("|"))?) },
        })
    }

    /// Whether a crawler of the list is named at `from` or later.
    pub(crate) fn is_match(&self, agent: &[u8], from: usize) -> bool {
        let searched = &agent[from..];
        let is_outside_browser = !crate::signs::is_shaped_like_a_browser(agent);
        self.words.is_match(searched)
            || self.starts.iter().any(|start| agent.starts_with(start))
            || (is_outside_browser && self.app_words.is_match(agent))
            || self.rest.as_ref().is_some_and(|rest| rest.is_match_at(agent, from))
    }
}

/// Patterns are ASCII and agents are bytes.
fn expression(pattern: &str) -> Result<Regex, RulesError> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .build()
        .map_err(RulesError::Pattern)
}

fn automaton(words: &[Vec<u8>]) -> Result<AhoCorasick, RulesError> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(words).map_err(RulesError::Words)
}

/// A pattern that needs no regular expression.
enum Literal {
    /// Found anywhere.
    Word(Vec<u8>),
    /// Found at the start.
    Start(Vec<u8>),
}

impl Literal {
    /// `None` where the pattern has a sign that means more than itself.
    fn of(pattern: &str) -> Option<Literal> {
        let (body, at_start) = match pattern.strip_prefix('^') {
            Some(body) => (body, true),
            None => (pattern, false),
        };
        let mut text = String::new();
        let mut signs = body.chars();
        while let Some(sign) = signs.next() {
            match sign {
                // An escaped letter is a class, an escaped anything else is itself.
                '\\' => text.push(signs.next().filter(|escaped| !escaped.is_ascii_alphanumeric())?),
                '.' | '^' | '$' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => return None,
                _ => text.push(sign),
            }
        }
        let bytes = text.into_bytes();
        if bytes.is_empty() {
            return None;
        }
        Some(if at_start { Literal::Start(bytes) } else { Literal::Word(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_patterns(patterns: &[&str]) -> Listed {
        let entries: Vec<String> = patterns.iter().map(|pattern| format!("{{\"pattern\": {pattern:?}}}")).collect();
        Listed::build(&format!("[{}]", entries.join(","))).expect("these patterns are fine")
    }

    #[test]
    fn the_shipped_list_is_nearly_all_words() {
        let entries: Vec<Entry> = serde_json::from_str(LIST).expect("the list is JSON");
        assert_eq!(entries.len(), 1_500);
        let expressions = entries.iter().filter(|entry| Literal::of(&entry.pattern).is_none()).count();
        assert!(expressions <= 40, "{expressions}");
        for pattern in SET_ASIDE.iter().map(|aside| aside.pattern).chain(APPS.iter().copied()) {
            assert!(entries.iter().any(|entry| entry.pattern == pattern), "{pattern} is no longer on the list");
        }
    }

    #[test]
    fn each_kind_of_pattern_finds_what_a_regular_expression_would() {
        let cases = [
            (r"Zzyzx\/", "a Zzyzx/1", true),
            (r"Zzyzx\/", "a zzyzx/1", false),
            (r"Zzyzx\/", "Zzyzx", false),
            ("^Zzyzx", "Zzyzx/1", true),
            ("^Zzyzx", "a Zzyzx/1", false),
            ("[zZ]zyzx", "a zzyzx", true),
            (r"Zzyzx\d", "Zzyzx7", true),
            (r"Zzyzx\d", "Zzyzxd", false),
            ("Zzyzx$", "a Zzyzx", true),
            ("Zzyzx$", "Zzyzx a", false),
            ("Zzyzx|Yyzx", "Yyzx", true),
        ];
        for (pattern, agent, expected) in cases {
            assert_eq!(of_patterns(&[pattern]).is_match(agent.as_bytes(), 0), expected, "{pattern} in {agent}");
        }
    }

    #[test]
    fn what_people_use_is_set_aside_and_apps_count_outside_browsers_alone() {
        let listed = of_patterns(&["Fluid", "Viber", "Zzyzx"]);
        for (agent, expected) in [
            ("Fluid/1", false),
            ("Viber/1", true),
            ("Mozilla/5.0 (Linux; Android 9) Viber/1", false),
            ("Mozilla/5.0 (X11) Zzyzx", true),
        ] {
            assert_eq!(listed.is_match(agent.as_bytes(), 0), expected, "{agent}");
        }
    }

    #[test]
    fn a_broken_list_says_what_is_wrong_with_it() {
        let message = |list: &str| Listed::build(list).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message("{}").starts_with("the list of crawlers is not a JSON array"));
        assert!(message(r#"[{"pattern": "("}]"#).starts_with("a pattern of the list of crawlers"));
        assert_eq!(message("[]"), "");
    }

    #[test]
    fn a_list_without_expressions_matches_no_agent_by_them() {
        assert!(!of_patterns(&["Zzyzx"]).is_match(b"Mozilla/5.0", 0));
        assert!(!of_patterns(&[]).is_match(b"Mozilla/5.0", 0));
    }
}
