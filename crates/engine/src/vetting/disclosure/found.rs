//! Whether a post says openly that it is paid for: in its own language, and where people see it.

use model::Timestamp;
use serde::Serialize;

use super::marks::is_label;
use super::reading::{Hit, Kind, Patterns, Reading, fold};
use super::words::{DENIALS, WORDINGS, Wording};
use crate::conversations::portraits::languages::{language_of, language_tag};

/// Readers see so many letters before "more".
pub const LETTERS_BEFORE_THE_FOLD: usize = 125;
/// Among so many first hashtags a disclosing one is seen.
pub const HASHTAGS_SEEN: usize = 3;

/// Words by which a post says that it is paid for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Disclosure {
    /// As they were written, with a few words around.
    pub words: String,
    /// Whether it is the platform's own label, which counts in every language.
    pub by_platform: bool,
    /// Whether readers must open the post to see it: after the first 125 letters and the first three hashtags.
    pub behind_the_fold: bool,
    /// ISO 639-1; `None` of the platform's label.
    pub in_language: Option<&'static str>,
}

/// The languages of a post: what is counted as its own.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Languages {
    /// What the page shows, ISO 639-1.
    pub shown: Option<String>,
    /// Whose words count; `None`: every language's.
    accepted: Option<Vec<&'static str>>,
    /// Whether the words of the post's language are in the table at all.
    pub judged: bool,
}

impl Languages {
    /// The words decide; where they are too few, what the platform declares is shown and every language counts.
    pub fn of(reading: &Reading, declared: Option<&str>) -> Languages {
        let declared = declared.map(tag_of).filter(|tag| !tag.is_empty());
        let detected = language_of(&reading.prose()).and_then(|(code, _)| language_tag(code)).map(tag_of);
        let Some(detected) = detected else {
            return Languages { shown: declared, accepted: None, judged: true };
        };
        let of = |tag: &str| WORDINGS.iter().find(|wording| wording.language == tag);
        let own = of(&detected);
        let also = declared.as_deref().and_then(of);
        let names =
            |wording: &'static Wording| std::iter::once(wording.language).chain(wording.accepts.iter().copied());
        let accepted = own.into_iter().chain(also).flat_map(names).collect();
        Languages { shown: Some(detected), accepted: Some(accepted), judged: own.is_some() }
    }

    fn accepts(&self, language: &str) -> bool {
        self.accepted.as_ref().is_none_or(|accepted| accepted.contains(&language))
    }
}

/// "de-AT" and "nb" as the table has them: "de", "no".
fn tag_of(tag: &str) -> String {
    let main = fold(tag.trim().split(['-', '_']).next().unwrap_or_default());
    if matches!(main.as_str(), "nb" | "nn") { "no".to_owned() } else { main }
}

/// What a post holds of disclosures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Told {
    /// One that counts: seen before the fold if there is such a one, the earliest.
    pub disclosure: Option<Disclosure>,
    /// One in a language that is not the post's.
    pub other_language: Option<Disclosure>,
}

/// The patterns of disclosures, made once for many posts.
pub(super) struct Disclosures {
    patterns: Patterns,
    /// Of each pattern its language and whether it must stand apart.
    of: Vec<(&'static str, Stands)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Anywhere,
    Apart,
}

impl Disclosures {
    pub fn new() -> Disclosures {
        let mut written: Vec<&'static str> = Vec::new();
        let mut of = Vec::new();
        for wording in WORDINGS {
            let phrases = wording.phrases.iter().map(|phrase| (phrase, Stands::Anywhere));
            let labels = wording.labels.iter().map(|label| (label, Stands::Apart));
            for (pattern, stands) in phrases.chain(labels) {
                written.push(pattern);
                of.push((wording.language, stands));
            }
        }
        Disclosures { patterns: Patterns::new(written), of }
    }

    /// What the words of a post disclose. Cost `O(words)`.
    pub fn of(&self, reading: &Reading, languages: &Languages) -> Told {
        let phrases = self.patterns.hits(reading).into_iter().filter_map(|hit| {
            let (language, stands) = self.of[hit.pattern];
            let counts = match stands {
                Stands::Apart => is_label(reading, hit),
                Stands::Anywhere => !reading.is_denied(hit.from, DENIALS),
            };
            counts.then_some((hit, language))
        });
        let mut found: Vec<(Hit, &'static str)> = phrases.chain(tags(reading)).collect();
        // What is seen first stands first; of the same words the longer.
        found.sort_by_key(|(hit, language)| {
            (is_behind_the_fold(reading, hit.from), hit.from, std::cmp::Reverse(hit.to), *language)
        });
        let disclosure = |accepted: bool| {
            let (hit, language) = found.iter().find(|(_, language)| languages.accepts(language) == accepted)?;
            Some(Disclosure {
                words: reading.quote(hit.from, hit.to),
                by_platform: false,
                behind_the_fold: is_behind_the_fold(reading, hit.from),
                in_language: Some(language),
            })
        };
        Told { disclosure: disclosure(true), other_language: disclosure(false) }
    }
}

/// The platform's own label.
pub(super) fn by_platform() -> Disclosure {
    Disclosure { words: super::PLATFORM_LABEL.to_owned(), by_platform: true, behind_the_fold: false, in_language: None }
}

/// Disclosing hashtags, each once for every language that has it.
fn tags(reading: &Reading) -> impl Iterator<Item = (Hit, &'static str)> {
    let hashtags = reading.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Hashtag);
    hashtags.flat_map(|(at, token)| {
        let has = move |wording: &&Wording| {
            let tag = token.folded.as_str();
            wording.tags.contains(&tag) || wording.tags_from.iter().any(|from| tag.starts_with(from))
        };
        WORDINGS.iter().filter(has).map(move |wording| (Hit { pattern: 0, from: at, to: at + 1 }, wording.language))
    })
}

fn is_behind_the_fold(reading: &Reading, at: usize) -> bool {
    let token = &reading.tokens[at];
    let is_seen_hashtag = token.kind == Kind::Hashtag && reading.hashtags_before(at) < HASHTAGS_SEEN;
    token.letters_before >= LETTERS_BEFORE_THE_FOLD && !is_seen_hashtag
}

/// A post that looks sponsored.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SponsoredPost {
    /// Its place in the input.
    pub place: usize,
    pub at: Timestamp,
    /// ISO 639-1; `None`: the words are too few to tell, and the platform declares none.
    pub language: Option<String>,
    /// Why it looks sponsored, at least one.
    pub marks: Vec<super::Mark>,
    /// What it says openly; `None`: no disclosure found in the words held.
    pub disclosure: Option<Disclosure>,
    /// A disclosure in a language that is not the post's; it does not count, and is quoted so that a person may judge.
    pub other_language: Option<Disclosure>,
    /// Whether it enters the share: not where the words of its language are not in the table and there is no label.
    pub judged: bool,
}
