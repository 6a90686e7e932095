//! Looks for the words of our own lists in a user agent, all in one pass.

use crate::previews::{APPLE_MESSAGES, PREVIEWS};
use crate::programs::PROGRAMS;
use crate::reasons::{Reason, Reasons};
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

/// A word that gives a program away.
pub(crate) struct Sign {
    /// In lower case; compared in any case.
    pub text: &'static str,
    pub place: Place,
    pub reason: Reason,
}

/// Where a word counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    /// Where no letter follows, an `s` aside.
    WordEnd,
    /// As [`Place::WordEnd`], and not at the end of "Cubot", a make of phones.
    Bot,
    /// Anywhere but in the address of a Windows component that old browsers carried along.
    HomePage,
    /// Only where the agent is not a browser's, see [`is_shaped_like_a_browser`].
    OutsideBrowser,
}

/// The words, ready to be looked for.
pub(crate) struct Signs {
    automaton: AhoCorasick,
}

/// Whether an agent begins like a browser's, an app's own browser included. Programs begin so, too.
pub(crate) fn is_shaped_like_a_browser(agent: &[u8]) -> bool {
    agent.starts_with(b"Mozilla/")
}

impl Signs {
    pub(crate) fn build() -> Result<Signs, BuildError> {
        Ok(Signs { automaton: words_in_any_case(all().map(|sign| sign.text))? })
    }

    /// What the words say that begin at `from` or later. One preview at most: the first of the list.
    pub(crate) fn find(&self, agent: &[u8], from: usize) -> Reasons {
        // Most agents have none of the words, and whether there is any is told faster than which.
        if !self.automaton.is_match(&agent[from..]) {
            return Reasons::NONE;
        }
        let mut reasons = Reasons::NONE;
        let mut preview = usize::MAX;
        let mut apple = [false; APPLE_MESSAGES.len()];
        for found in self.automaton.find_overlapping_iter(agent) {
            let number = found.pattern().as_usize();
            let sign = sign(number);
            if found.start() < from || !counts(sign.place, agent, found.start(), found.end()) {
                continue;
            }
            if number >= PREVIEWS.len() {
                reasons = reasons.with(sign.reason);
                continue;
            }
            preview = preview.min(number);
            for (seen, name) in apple.iter_mut().zip(APPLE_MESSAGES) {
                *seen |= sign.text == name;
            }
        }
        match (apple, PREVIEWS.get(preview)) {
            ([true, true], Some(_)) => Reasons::NONE.with(Reason::PreviewApple),
            (_, Some(sign)) => Reasons::NONE.with(sign.reason),
            (_, None) => reasons,
        }
    }
}

/// An automaton for a few words, compared in any case: a full table, about 200 KiB for 150 words, read a byte a step.
pub(crate) fn words_in_any_case<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<AhoCorasick, BuildError> {
    AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(words)
}

fn all() -> impl Iterator<Item = &'static Sign> {
    PREVIEWS.iter().chain(PROGRAMS)
}

fn sign(number: usize) -> &'static Sign {
    PREVIEWS.get(number).unwrap_or_else(|| &PROGRAMS[number - PREVIEWS.len()])
}

fn counts(place: Place, agent: &[u8], start: usize, end: usize) -> bool {
    match place {
        Place::Anywhere => true,
        Place::WordEnd => is_word_end(agent, end),
        Place::Bot => is_word_end(agent, end) && !agent[..start].to_ascii_lowercase().ends_with(b"cu"),
        Place::HomePage => !agent[end..].starts_with(b"bsalsa.com"),
        Place::OutsideBrowser => !is_shaped_like_a_browser(agent),
    }
}

fn is_word_end(agent: &[u8], end: usize) -> bool {
    let letter = |at: usize| agent.get(at).is_some_and(u8::is_ascii_alphabetic);
    let plural = agent.get(end).is_some_and(|byte| byte.eq_ignore_ascii_case(&b's'));
    !letter(end) || (plural && !letter(end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_in_lower_case_and_once() {
        let mut texts: Vec<&str> = all().map(|sign| sign.text).collect();
        assert!(texts.iter().all(|text| text.to_ascii_lowercase() == **text));
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }
}
