//! Whether a draft says openly that it is paid for, before it is posted: a light, and each rule that spoke with what to do.
//!
//! What counts as saying it openly is the table of wordings that published posts are read by. What is asked beyond that (where it
//! must stand, whose label must be set) is data of its own below. It says what is usually asked; it is no legal opinion.

use serde::Serialize;

use super::DISCLOSURES;
use super::found::Languages;
use super::reading::{Kind, Reading};
use super::words;

/// The version of the rules here; an answer keeps the version it was made with.
pub const DRAFT_CHECK_VERSION: u16 = 1;

/// How openly a draft speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    Green,
    Amber,
    Red,
}

impl Light {
    pub fn code(self) -> &'static str {
        match self {
            Light::Green => "green",
            Light::Amber => "amber",
            Light::Red => "red",
        }
    }
}

/// A draft about to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draft<'a> {
    pub caption: &'a str,
    /// `instagram`, `tiktok`, `youtube` and so on; empty: not said.
    pub platform: &'a str,
    /// Of two letters, upper case; empty: not said.
    pub country: &'a str,
    /// ISO 639-1; empty: not said.
    pub language: &'a str,
    /// Days since 1970.
    pub on_day: i32,
    /// The platform's own label for paid partnerships; `None`: not known, as before posting.
    pub has_paid_label: Option<bool>,
    /// They get the product and nothing else.
    pub was_gift_only: bool,
}

/// What one rule says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Said {
    pub light: Light,
    pub rule: &'static str,
    /// For the creator: what was found or is missing, and what to do.
    pub words: String,
}

/// What all rules say; the light is the worst of theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DraftCheck {
    pub light: Light,
    pub said: Vec<Said>,
    pub version: u16,
}

/// Where people see a caption before they open it.
#[derive(Clone, Copy)]
enum Seen {
    Letters(usize),
    FirstLine,
}

/// How much of a caption people see; the last row is for all others.
const SEEN: [(&str, Seen); 3] = [
    ("instagram", Seen::Letters(super::LETTERS_BEFORE_THE_FOLD)),
    ("tiktok", Seen::Letters(super::LETTERS_BEFORE_THE_FOLD)),
    ("", Seen::FirstLine),
];

/// A label of a platform's own, and since when it is asked for, in days since 1970.
struct OwnLabel {
    platform: &'static str,
    label: &'static str,
    since_day: i32,
}

const OWN_LABELS: [OwnLabel; 3] = [
    OwnLabel { platform: "youtube", label: "the box for paid promotion", since_day: 16_801 },
    OwnLabel { platform: "instagram", label: "the paid partnership label", since_day: 17_332 },
    OwnLabel {
        platform: "tiktok",
        label: "the setting that the content is disclosed as promotional",
        since_day: 18_993,
    },
];

/// Tags that authorities call too vague to stand alone.
const VAGUE_TAGS: [&str; 14] = [
    "sp",
    "spon",
    "collab",
    "collaboration",
    "gifted",
    "gift",
    "ambassador",
    "partner",
    "partnership",
    "kooperation",
    "koop",
    "geschenkt",
    "prsample",
    "invited",
];
/// Words that are as vague.
const VAGUE_WORDS: [&str; 6] =
    ["thanks to", "thank you to", "in collaboration with", "in kooperation mit", "danke an", "merci à"];

/// What is usually asked for where, beyond the language of the post.
const USUAL: [(&str, &str); 4] = [
    ("DE", "“Werbung” or “Anzeige” is what is usually asked for in Germany"),
    ("AT", "“Werbung” or “Anzeige” is what is usually asked for in Austria"),
    ("FR", "“Publicité” or “Collaboration commerciale” is what is usually asked for in France"),
    ("GB", "“Ad” is what is usually asked for in the United Kingdom"),
];

/// Looks at a draft's words.
///
/// Output: one `Said` for whether it is said at all, one for where it stands, one for the platform's own label where there is one.
/// Errors: none; an empty caption is red. Cost `O(letters)`.
/// Source: what authorities and self-regulation publish for creators; places by the platforms' own cutting of captions.
///
/// ```
/// use engine::vetting::disclosure::draft::{Draft, Light, check};
/// let draft = |caption| Draft {
///     caption, platform: "instagram", country: "GB", language: "en", on_day: 20_700, has_paid_label: None, was_gift_only: false,
/// };
/// assert_eq!(check(&draft("#ad My morning with a new grinder")).light, Light::Green);
/// assert_eq!(check(&draft("My morning with a new grinder #collab")).light, Light::Amber);
/// assert_eq!(check(&draft("My morning with a new grinder")).light, Light::Red);
/// ```
pub fn check(draft: &Draft) -> DraftCheck {
    let mut said = vec![presence(draft)];
    said.extend(placement(draft));
    said.extend(own_label(draft));
    let light = said.iter().map(|said| said.light).max().unwrap_or(Light::Red);
    DraftCheck { light, said, version: DRAFT_CHECK_VERSION }
}

fn languages_of(draft: &Draft) -> Languages {
    let declared = Some(draft.language).filter(|language| !language.is_empty());
    Languages::of(&Reading::of(draft.caption, words::AFFILIATE_HOSTS), declared)
}

/// Words by which a part of the caption says it openly, in a language its readers understand.
fn told(part: &str, languages: &Languages) -> Option<String> {
    let reading = Reading::of(part, words::AFFILIATE_HOSTS);
    DISCLOSURES.of(&reading, languages).disclosure.map(|disclosure| disclosure.words)
}

fn usual(draft: &Draft) -> String {
    USUAL
        .iter()
        .find(|(country, _)| *country == draft.country)
        .map_or_else(String::new, |(_, words)| format!("; {words}"))
}

fn presence(draft: &Draft) -> Said {
    if draft.caption.trim().is_empty() {
        let words = format!("There are no words yet, so nothing says that it is paid for{}", usual(draft));
        return Said { light: Light::Red, rule: "presence", words };
    }
    let languages = languages_of(draft);
    let reading = Reading::of(draft.caption, words::AFFILIATE_HOSTS);
    let found = DISCLOSURES.of(&reading, &languages);
    if let Some(disclosure) = found.disclosure {
        let words = format!("“{}” says openly that it is paid for", disclosure.words);
        return Said { light: Light::Green, rule: "presence", words };
    }
    if let Some(other) = found.other_language {
        let words = format!(
            "“{}” says it in another language than the post's: say it in the readers' own{}",
            other.words,
            usual(draft)
        );
        return Said { light: Light::Amber, rule: "language", words };
    }
    if let Some(vague) = vague(draft.caption, &reading) {
        let gift = if draft.was_gift_only { ", a gift included" } else { "" };
        let words = format!(
            "“{vague}” alone is too vague to be understood{gift}: say plainly that it is advertising{}",
            usual(draft)
        );
        return Said { light: Light::Amber, rule: "vague", words };
    }
    let words =
        format!("Nothing in these words says that it is paid for: say so, best at the very beginning{}", usual(draft));
    Said { light: Light::Red, rule: "presence", words }
}

fn vague(caption: &str, reading: &Reading) -> Option<String> {
    let tag =
        reading.tokens.iter().find(|token| token.kind == Kind::Hashtag && VAGUE_TAGS.contains(&token.folded.as_str()));
    if let Some(tag) = tag {
        return Some(format!("#{}", tag.folded));
    }
    let low = caption.to_lowercase();
    VAGUE_WORDS.iter().find(|words| low.contains(*words)).map(|words| (*words).to_owned())
}

/// The part of a caption that people see before they open it.
fn seen<'a>(caption: &'a str, platform: &str) -> (&'a str, String) {
    let of = SEEN.iter().find(|(of, _)| of.is_empty() || *of == platform).map_or(Seen::FirstLine, |(_, seen)| *seen);
    match of {
        Seen::FirstLine => {
            let line = caption.trim_start().lines().next().unwrap_or("");
            (line, "the first line".to_owned())
        }
        Seen::Letters(letters) => {
            let end = caption.char_indices().nth(letters).map_or(caption.len(), |(at, _)| at);
            // A word that begins before the fold is seen.
            let end = caption[end..].find(char::is_whitespace).map_or(caption.len(), |more| end + more);
            (&caption[..end], format!("the first {letters} letters"))
        }
    }
}

fn placement(draft: &Draft) -> Option<Said> {
    let languages = languages_of(draft);
    let words = told(draft.caption, &languages)?;
    let (visible, place) = seen(draft.caption, draft.platform);
    if told(visible, &languages).is_none() {
        let words = format!("“{words}” stands where few look: bring it into {place}");
        return Some(Said { light: Light::Red, rule: "placement", words });
    }
    let many = visible.match_indices('#').nth(super::HASHTAGS_SEEN).map(|(at, _)| at);
    if let Some(at) = many
        && told(&visible[..at], &languages).is_none()
    {
        let words = format!("“{words}” is buried among other tags: put it before them");
        return Some(Said { light: Light::Amber, rule: "buried", words });
    }
    Some(Said { light: Light::Green, rule: "placement", words: format!("It stands in {place}, where people see it") })
}

fn own_label(draft: &Draft) -> Option<Said> {
    let label = OWN_LABELS.iter().find(|label| label.platform == draft.platform && draft.on_day >= label.since_day)?;
    Some(match draft.has_paid_label {
        Some(true) => Said { light: Light::Green, rule: "label", words: format!("{} is set", capital(label.label)) },
        Some(false) => {
            Said { light: Light::Red, rule: "label", words: format!("{} is not set: set it", capital(label.label)) }
        }
        None => {
            Said { light: Light::Green, rule: "label", words: format!("When you post it, set {} as well", label.label) }
        }
    })
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft<'a>(caption: &'a str, platform: &'a str, language: &'a str) -> Draft<'a> {
        Draft { caption, platform, country: "", language, on_day: 20_700, has_paid_label: None, was_gift_only: false }
    }

    fn light(caption: &str, platform: &str, language: &str) -> Light {
        check(&draft(caption, platform, language)).light
    }

    #[test]
    fn a_plain_marker_at_the_beginning_is_green_in_each_language() {
        for (caption, language) in [
            ("#ad A morning with my new hand grinder and a friend", "en"),
            ("Werbung: ein Morgen mit meiner neuen Mühle und gutem Kaffee", "de"),
            ("#Anzeige | ein Morgen mit meiner neuen Mühle und gutem Kaffee", "de"),
            ("#publicité Une matinée avec mon nouveau moulin à café", "fr"),
        ] {
            assert_eq!(
                light(caption, "instagram", language),
                Light::Green,
                "{:?}",
                check(&draft(caption, "instagram", language))
            );
        }
    }

    #[test]
    fn tags_that_only_begin_like_a_marker_are_none() {
        assert_eq!(light("#adventure with my #adidas today, what a morning it was", "instagram", "en"), Light::Red);
    }

    #[test]
    fn a_vague_marker_alone_and_one_in_a_foreign_language_are_amber() {
        assert_eq!(light("What a morning with my new grinder #collab", "instagram", "en"), Light::Amber);
        assert_eq!(light("Thanks to the people of Hop House for this grinder", "instagram", "en"), Light::Amber);
        let german = "Was für ein schöner Morgen mit meiner neuen Kaffeemühle und frischem Brot #ad";
        let found = check(&Draft { country: "DE", ..draft(german, "instagram", "de") });
        assert_eq!(found.light, Light::Amber, "{found:?}");
        assert!(found.said[0].words.contains("usually asked for in Germany"));
    }

    #[test]
    fn a_marker_behind_the_fold_is_red_and_the_words_say_where_it_belongs() {
        let late = format!("{} #ad", "my grinder and my morning and ".repeat(6));
        let found = check(&draft(&late, "instagram", "en"));
        assert_eq!((found.light, found.said[1].rule), (Light::Red, "placement"));
        assert!(found.said[1].words.contains("the first 125 letters"), "{found:?}");
        assert_eq!(light("A morning\n\n#ad and more of it", "blog", "en"), Light::Red);
        assert_eq!(light("Ad: a morning\n\nand more of it", "blog", "en"), Light::Green);
    }

    #[test]
    fn a_marker_among_many_tags_is_amber() {
        assert_eq!(light("My morning #coffee #grinder #brew #slow #ad", "instagram", "en"), Light::Amber);
        assert_eq!(light("My morning #ad #coffee #grinder #brew #slow", "instagram", "en"), Light::Green);
    }

    #[test]
    fn the_platforms_own_label_is_asked_for_once_it_can_be_looked_at() {
        let posted = Draft { has_paid_label: Some(false), ..draft("#ad my morning with a grinder", "youtube", "en") };
        assert_eq!(check(&posted).light, Light::Red);
        assert_eq!(check(&Draft { has_paid_label: Some(true), ..posted }).light, Light::Green);
        assert_eq!(check(&Draft { has_paid_label: None, ..posted }).light, Light::Green);
        assert_eq!(check(&Draft { on_day: 10_000, ..posted }).light, Light::Green, "before it was asked for");
    }

    #[test]
    fn no_words_are_red() {
        assert_eq!(light("  ", "instagram", "en"), Light::Red);
    }

    proptest! {
        #[test]
        fn whatever_a_caption_holds_it_is_read_and_a_plain_marker_before_it_is_never_red(caption in "\\PC{0,300}", platform in "(instagram|blog|)") {
            check(&draft(&caption, &platform, "en"));
            let marked = format!("#ad {caption}");
            prop_assert_ne!(check(&draft(&marked, &platform, "en")).light, Light::Red);
        }
    }
}
