//! Whether a draft says openly that it is paid for, before it is posted: a light, and each rule that spoke with what to do.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::found::Languages;
use super::marks::is_label;
use super::reading::{Hit, Kind, Patterns, Reading, fold};
use super::words::{AFFILIATE_HOSTS, DENIALS, WORDINGS};

/// The version of the rules here; an answer keeps the version it was made with.
pub const DRAFT_CHECK_VERSION: u16 = 2;

/// How openly a draft speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
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

    pub fn words(self) -> &'static str {
        match self {
            Light::Green => "says openly that it is paid for",
            Light::Amber => "may not be plain enough",
            Light::Red => "does not say openly enough that it is paid for",
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
    /// `presence`, `language`, `sentence`, `vague`, `placement`, `buried` or `label`.
    pub rule: &'static str,
    /// For the creator: what was found or is missing, and what to do.
    pub words: String,
    /// The marker spoken of, in bytes of the caption; `None`: none, or it cannot be traced back through markup.
    pub found: Option<(usize, usize)>,
}

/// What all rules say; the light is the worst of theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DraftCheck {
    pub light: Light,
    pub said: Vec<Said>,
    pub version: u16,
}

/// How plainly a marker speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Strength {
    Clear,
    Ambiguous,
}

/// A marker beyond the wordings that published posts are read by, written as [`Patterns`] are.
struct Marker {
    pattern: &'static str,
    /// ISO 639-1; none: every language.
    languages: &'static [&'static str],
    strength: Strength,
}

const fn clear(pattern: &'static str, languages: &'static [&'static str]) -> Marker {
    Marker { pattern, languages, strength: Strength::Clear }
}

const fn ambiguous(pattern: &'static str) -> Marker {
    Marker { pattern, languages: &[], strength: Strength::Ambiguous }
}

/// One that is ambiguous here is never clear, whatever the wordings of published posts say.
const MARKERS: &[Marker] = &[
    clear("#annuncio", &["it"]),
    clear("#gesponsert", &["de"]),
    clear("(enthalt|enthaelt) (bezahlte)? werbung", &["de"]),
    clear("(this|post|video|reel|story) is an (ad|advert|advertisement)", &["en"]),
    ambiguous("#sp"),
    ambiguous("#spon"),
    ambiguous("spon"),
    ambiguous("#collab"),
    ambiguous("#collaboration"),
    ambiguous("#gifted"),
    ambiguous("#gift"),
    ambiguous("gifted"),
    ambiguous("#ambassador"),
    ambiguous("#brandambassador"),
    ambiguous("#partner"),
    ambiguous("#partnership"),
    ambiguous("#kooperation"),
    ambiguous("#koop"),
    ambiguous("#geschenkt"),
    ambiguous("#unbezahltewerbung"),
    ambiguous("unbezahlte werbung"),
    ambiguous("#prsample"),
    ambiguous("#invited"),
    ambiguous("(thanks|thank) (you)? to"),
    ambiguous("in (collaboration|partnership) with"),
    ambiguous("in kooperation mit"),
    ambiguous("danke an"),
    ambiguous("merci a"),
];

/// Where people see a caption before they open it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    Letters(usize),
    FirstLine,
}

/// How much of a caption people see; an empty platform stands for all others.
const SEEN: &[(&str, Seen)] = &[
    ("instagram", Seen::Letters(super::LETTERS_BEFORE_THE_FOLD)),
    ("tiktok", Seen::Letters(super::LETTERS_BEFORE_THE_FOLD)),
    ("", Seen::FirstLine),
];

/// So many other hashtags right before a marker bury it.
const HASHTAGS_THAT_BURY: usize = 3;

/// A label of a platform's own, and since when it is asked for, in days since 1970.
struct OwnLabel {
    platform: &'static str,
    /// Empty: everywhere.
    country: &'static str,
    label: &'static str,
    since_day: i32,
}

const OWN_LABELS: &[OwnLabel] = &[
    OwnLabel { platform: "youtube", country: "", label: "the box for paid promotion", since_day: 16_801 },
    OwnLabel { platform: "instagram", country: "", label: "the paid partnership label", since_day: 17_332 },
    OwnLabel {
        platform: "tiktok",
        country: "",
        label: "the setting that the content is disclosed as promotional",
        since_day: 18_993,
    },
];

/// What is usually asked for where, beyond the language of the post.
const USUAL: &[(&str, &str)] = &[
    ("DE", "“Werbung” or “Anzeige” is what is usually asked for in Germany"),
    ("AT", "“Werbung” or “Anzeige” is what is usually asked for in Austria"),
    ("FR", "“Publicité” or “Collaboration commerciale” is what is usually asked for in France"),
    ("GB", "“Ad” is what is usually asked for in the United Kingdom"),
];

/// Looks at a draft's words.
///
/// A clear marker is a whole hashtag, a phrase, or a plain word that stands apart ("Werbung:"), not denied, of the wordings that
/// published posts are read by and of this file. It should be in the post's language: the one its words are told to be in or the
/// one that is given, or in one commonly accepted there; where neither is known any language counts. The best-placed marker is
/// judged.
/// Output: one `Said` for whether it is said at all, one for where a clear marker stands, one for the platform's own label where
/// there is one. An empty caption is red. It says what is usually asked and is no legal opinion. Cost `O(letters)`.
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
    let reading = Reading::of(draft.caption, AFFILIATE_HOSTS);
    let post = PostLanguage::of(draft, &reading);
    let best = KNOWN.best(draft, &reading, &post);
    let mut said = vec![presence(draft, &post, best.as_ref())];
    said.extend(best.as_ref().and_then(|best| placement(draft, best)));
    said.extend(own_label(draft, OWN_LABELS));
    let light = said.iter().map(|said| said.light).max().unwrap_or(Light::Red);
    DraftCheck { light, said, version: DRAFT_CHECK_VERSION }
}

/// In which languages a marker is understood by the post's readers.
struct PostLanguage {
    /// `None`: not known, so that every language counts.
    accepted: Option<Vec<String>>,
    /// Whether there are words of its language to look for.
    is_in_table: bool,
}

impl PostLanguage {
    fn of(draft: &Draft, reading: &Reading) -> PostLanguage {
        let declared = Languages::of(&Reading::of("", &[]), Some(draft.language)).shown;
        let told = Languages::of(reading, None).shown;
        let own: Vec<String> = told.into_iter().chain(declared).collect();
        if own.is_empty() {
            return PostLanguage { accepted: None, is_in_table: true };
        }
        let wordings = || WORDINGS.iter().filter(|wording| own.iter().any(|own| own == wording.language));
        let also = wordings().flat_map(|wording| wording.accepts.iter().map(|language| (*language).to_owned()));
        let is_in_table = wordings().next().is_some();
        PostLanguage { accepted: Some(also.chain(own.iter().cloned()).collect()), is_in_table }
    }

    fn accepts(&self, languages: &[&str]) -> bool {
        let Some(accepted) = &self.accepted else { return true };
        languages.is_empty() || accepted.iter().any(|accepted| languages.contains(&accepted.as_str()))
    }
}

/// What a marker in a draft amounts to, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Amounts {
    Clear,
    /// Clear, in another language than the post's.
    Foreign,
    /// A clear word inside a sentence, where it may mean something else.
    InSentence,
    Vague,
}

/// A marker and where it stands.
struct Found {
    amounts: Amounts,
    is_behind_the_fold: bool,
    is_buried: bool,
    /// Letters and line ends of the caption before it.
    letters_before: usize,
    lines_before: usize,
    hashtags_right_before: usize,
    written: String,
    at: Option<(usize, usize)>,
}

/// All markers, made once.
static KNOWN: LazyLock<Known> = LazyLock::new(Known::new);

struct Known {
    patterns: Patterns,
    of: Vec<Pattern>,
}

/// What is known of a pattern.
struct Pattern {
    languages: Vec<&'static str>,
    strength: Strength,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Anywhere,
    /// Clear where it stands apart, else only seen.
    BestApart,
    OnlyApart,
}

impl Known {
    fn new() -> Known {
        let is_ambiguous = |pattern: &str| {
            MARKERS.iter().any(|marker| marker.strength == Strength::Ambiguous && fold(marker.pattern) == fold(pattern))
        };
        let mut written: Vec<String> = Vec::new();
        let mut of = Vec::new();
        for marker in MARKERS {
            written.push(marker.pattern.to_owned());
            of.push(Pattern {
                languages: marker.languages.to_vec(),
                strength: marker.strength,
                counts: Counts::Anywhere,
            });
        }
        for wording in WORDINGS {
            // Only whole tags: what goes on after "#werbung" may say the contrary.
            let tags = wording.tags.iter().chain(wording.tags_from).map(|tag| (format!("#{tag}"), Counts::Anywhere));
            let phrases = wording.phrases.iter().map(|phrase| {
                let is_one_word = !phrase.contains(' ');
                ((*phrase).to_owned(), if is_one_word { Counts::BestApart } else { Counts::Anywhere })
            });
            let labels = wording.labels.iter().map(|label| ((*label).to_owned(), Counts::OnlyApart));
            for (pattern, counts) in tags.chain(phrases).chain(labels).filter(|(pattern, _)| !is_ambiguous(pattern)) {
                written.push(pattern);
                of.push(Pattern { languages: vec![wording.language], strength: Strength::Clear, counts });
            }
        }
        Known { patterns: Patterns::new(written.iter().map(String::as_str)), of }
    }

    /// The marker that says most, and of those the one that is seen best and first.
    fn best(&self, draft: &Draft, reading: &Reading, post: &PostLanguage) -> Option<Found> {
        let hits = self.patterns.hits(reading);
        let places = if hits.is_empty() { Vec::new() } else { places_in(draft.caption, reading) };
        let found = hits.into_iter().filter_map(|hit| {
            let amounts = self.amounts(reading, hit, post)?;
            Some((hit, Found::of(draft, reading, hit, amounts, &places)))
        });
        let best = found.min_by_key(|(hit, found)| {
            (found.amounts, found.is_behind_the_fold, found.is_buried, hit.from, std::cmp::Reverse(hit.to))
        });
        best.map(|(_, found)| found)
    }

    /// `None`: it says nothing here.
    fn amounts(&self, reading: &Reading, hit: Hit, post: &PostLanguage) -> Option<Amounts> {
        let pattern = &self.of[hit.pattern];
        let is_tag = reading.tokens[hit.from].kind == Kind::Hashtag;
        if pattern.strength == Strength::Ambiguous {
            return Some(Amounts::Vague);
        }
        if !is_tag && reading.is_denied(hit.from, DENIALS) {
            return None;
        }
        let is_apart = pattern.counts == Counts::Anywhere || is_label(reading, hit);
        match (is_apart, pattern.counts, post.accepts(&pattern.languages)) {
            (true, _, true) => Some(Amounts::Clear),
            (true, _, false) => Some(Amounts::Foreign),
            (false, Counts::BestApart, true) => Some(Amounts::InSentence),
            (false, _, _) => None,
        }
    }
}

impl Found {
    fn of(draft: &Draft, reading: &Reading, hit: Hit, amounts: Amounts, places: &[(usize, usize)]) -> Found {
        let (first, last) = (hit.from, hit.to.max(hit.from + 1) - 1);
        let at = places.get(first).zip(places.get(last)).map(|(first, last)| (first.0, last.1));
        // Where markup hides the place in the caption, the text as people read it is counted.
        let before = match at {
            Some((from, _)) => &draft.caption[..from],
            None => &reading.text[..reading.tokens[first].from],
        };
        let letters_before = before.chars().count();
        let lines_before = before.trim_start().matches('\n').count();
        let hashtags = reading.tokens[..first].iter().rev();
        let hashtags_right_before = hashtags.take_while(|token| token.kind == Kind::Hashtag).count();
        let is_behind_the_fold = match seen_on(draft.platform) {
            // A word that begins before the fold is seen.
            Seen::Letters(letters) => letters_before >= letters,
            Seen::FirstLine => lines_before > 0,
        };
        Found {
            amounts,
            is_behind_the_fold,
            is_buried: hashtags_right_before >= HASHTAGS_THAT_BURY,
            letters_before,
            lines_before,
            hashtags_right_before,
            written: reading.text[reading.tokens[first].from..reading.tokens[last].to].to_owned(),
            at,
        }
    }

    fn says(&self, light: Light, rule: &'static str, words: String) -> Said {
        Said { light, rule, words, found: self.at }
    }
}

/// The bytes of the caption in which each token stands, up to the first that cannot be traced back: a reading has no markup,
/// entities or letters of no width.
fn places_in(caption: &str, reading: &Reading) -> Vec<(usize, usize)> {
    if caption == reading.text {
        return reading.tokens.iter().map(|token| (token.from, token.to)).collect();
    }
    let mut places = Vec::with_capacity(reading.tokens.len());
    let mut from = 0;
    for place in 0..reading.tokens.len() {
        let written = reading.written(place);
        let Some(at) = caption[from..].find(written) else { break };
        places.push((from + at, from + at + written.len()));
        from += at + written.len();
    }
    places
}

fn seen_on(platform: &str) -> Seen {
    let row = SEEN.iter().find(|(of, _)| of.is_empty() || of.eq_ignore_ascii_case(platform));
    row.map_or(Seen::FirstLine, |(_, seen)| *seen)
}

/// With what it is joined to the words before; empty where nothing is known of the country.
fn usual(draft: &Draft) -> String {
    let row = USUAL.iter().find(|(country, _)| country.eq_ignore_ascii_case(draft.country));
    row.map_or_else(String::new, |(_, words)| format!("; {words}"))
}

fn presence(draft: &Draft, post: &PostLanguage, best: Option<&Found>) -> Said {
    let usual = usual(draft);
    let Some(found) = best else {
        let words = if draft.caption.trim().is_empty() {
            format!("There are no words yet, so nothing says that it is paid for: say so at the very beginning{usual}")
        } else if post.is_in_table {
            format!("Nothing in these words says that it is paid for: say so, best at the very beginning{usual}")
        } else {
            format!(
                "No marker that is known here was found, and those of the post's language are not in the table: let a person \
                 who reads it look{usual}"
            )
        };
        return Said { light: Light::Red, rule: "presence", words, found: None };
    };
    let written = &found.written;
    match found.amounts {
        Amounts::Clear => found.says(Light::Green, "presence", format!("“{written}” says openly that it is paid for")),
        Amounts::Foreign => {
            let words =
                format!("“{written}” says it in another language than the post's: say it in the readers' own{usual}");
            found.says(Light::Amber, "language", words)
        }
        Amounts::InSentence => {
            let words = format!(
                "“{written}” stands inside a sentence, where it may mean something else: set it apart at the very beginning, \
                 with a colon behind it{usual}"
            );
            found.says(Light::Amber, "sentence", words)
        }
        Amounts::Vague => {
            let gift = if draft.was_gift_only { ", for a gift as well" } else { "" };
            let words = format!(
                "“{written}” alone is usually seen as too vague{gift}: say plainly that it is advertising{usual}"
            );
            found.says(Light::Amber, "vague", words)
        }
    }
}

/// `None`: there is no marker whose place would help.
fn placement(draft: &Draft, found: &Found) -> Option<Said> {
    if !matches!(found.amounts, Amounts::Clear | Amounts::Foreign) {
        return None;
    }
    let written = &found.written;
    let (place, stands) = match seen_on(draft.platform) {
        Seen::Letters(letters) => {
            (format!("the first {letters} letters"), format!("begins after {} letters", found.letters_before))
        }
        Seen::FirstLine => ("the first line".to_owned(), format!("stands in line {}", found.lines_before + 1)),
    };
    Some(if found.is_behind_the_fold {
        let words = format!("“{written}” {stands}, where few look: bring it into {place}");
        found.says(Light::Red, "placement", words)
    } else if found.is_buried {
        let tags = found.hashtags_right_before;
        found.says(
            Light::Amber,
            "buried",
            format!("“{written}” is buried behind {tags} other tags: put it before them"),
        )
    } else {
        found.says(Light::Green, "placement", format!("“{written}” stands in {place}, where people see it"))
    })
}

/// The row of the country comes before the one for everywhere; `None`: no label is asked for.
fn own_label(draft: &Draft, rows: &[OwnLabel]) -> Option<Said> {
    let asked = |country: &str| {
        rows.iter().find(|row| {
            row.platform.eq_ignore_ascii_case(draft.platform)
                && row.country.eq_ignore_ascii_case(country)
                && draft.on_day >= row.since_day
        })
    };
    let label = asked(draft.country).or_else(|| asked(""))?.label;
    let (light, words) = match draft.has_paid_label {
        Some(true) => (Light::Green, format!("{} is set", capital(label))),
        Some(false) => (Light::Amber, format!("{} is not set: set it as well", capital(label))),
        None => (Light::Green, format!("When you post it, set {label} as well")),
    };
    Some(Said { light, rule: "label", words, found: None })
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

    #[track_caller]
    fn says(draft: &Draft, light: Light, rule: &str) -> Said {
        let check = check(draft);
        assert_eq!(check.light, light, "{:?}: {check:?}", draft.caption);
        let said = check.said.iter().find(|said| said.light == light && said.rule == rule);
        said.unwrap_or_else(|| panic!("{rule} is not said of {:?}: {check:?}", draft.caption)).clone()
    }

    #[track_caller]
    fn is_green(caption: &str, language: &str) {
        says(&draft(caption, "instagram", language), Light::Green, "presence");
    }

    #[test]
    fn a_plain_marker_at_the_beginning_is_green_in_each_language() {
        for (caption, language) in [
            ("#ad A morning with my new hand grinder and a friend", "en"),
            ("Ad: a morning with my new hand grinder and a friend", "en"),
            ("#Advert a morning with my new hand grinder", "en"),
            ("#advertisement a morning", "en"),
            ("#sponsored a morning", "en"),
            ("This post is an ad for Hop House", "en"),
            ("Paid partnership with Hop House, a morning with my grinder", "en"),
            ("Werbung: ein Morgen mit meiner neuen Mühle und gutem Kaffee", "de"),
            ("Anzeige | ein Morgen mit meiner neuen Mühle", "de"),
            ("#Anzeige | ein Morgen mit meiner neuen Mühle und gutem Kaffee", "de"),
            ("[Werbung] ein Morgen", "de"),
            ("Dieser Beitrag enthält Werbung", "de"),
            ("#publicité Une matinée avec mon nouveau moulin à café", "fr"),
            ("#PUBLICITE une matinée", "fr"),
            ("#publi una mañana", "es"),
            ("#publicidad una mañana", "es"),
            ("#annuncio una mattina", "it"),
            ("#pubblicità una mattina", "it"),
            ("#reklame en morgen", "da"),
            ("#reklame en morgen", "nb"),
            ("#reclame een ochtend", "nl"),
            ("#advertentie een ochtend", "nl"),
            ("#reklama poranek", "pl"),
        ] {
            is_green(caption, language);
        }
    }

    #[test]
    fn only_whole_tags_are_markers_and_a_point_behind_one_is_no_part_of_it() {
        for caption in ["#adventure with my #adidas today, what a morning it was", "An added morning: adopt a grinder"]
        {
            says(&draft(caption, "instagram", "en"), Light::Red, "presence");
        }
        says(&draft("Ein Morgen #werbungsagentur", "instagram", "de"), Light::Red, "presence");
        is_green("A morning with my grinder #Ad.", "en");
        is_green("A morning with my grinder (#AD)", "en");
    }

    #[test]
    fn a_marker_in_another_language_than_the_posts_is_amber_and_the_words_say_what_is_usual() {
        let german = "Was für ein schöner Morgen mit meiner neuen Kaffeemühle und frischem Brot #ad";
        let said = says(&Draft { country: "DE", ..draft(german, "instagram", "de") }, Light::Amber, "language");
        assert!(said.words.contains("usually asked for in Germany"));
        says(&draft("Neue Mühle #ad", "instagram", "de"), Light::Amber, "language");
    }

    #[test]
    fn a_marker_counts_in_any_language_where_the_posts_is_not_known() {
        for caption in ["#ad", "#werbung", "#reklama"] {
            is_green(caption, "");
        }
    }

    #[test]
    fn the_language_of_the_words_counts_beside_the_one_that_is_given() {
        is_green("#Werbung Was für ein schöner Morgen mit meiner neuen Kaffeemühle und frischem Brot", "en");
    }

    #[test]
    fn what_is_only_vague_is_amber_for_a_gift_as_well() {
        for caption in [
            "A morning #sp",
            "A morning #spon",
            "A morning #Collab",
            "A morning #gifted",
            "A morning #ambassador",
            "A morning #partner",
            "Thanks to the people of Hop House for this grinder",
            "Thank you to Hop House",
        ] {
            says(&draft(caption, "instagram", "en"), Light::Amber, "vague");
            says(&Draft { was_gift_only: true, ..draft(caption, "instagram", "en") }, Light::Amber, "vague");
        }
        says(&draft("Een ochtend #spon", "instagram", "nl"), Light::Amber, "vague");
        is_green("#ad A morning, thanks to Hop House #gifted", "en");
    }

    #[test]
    fn a_plain_word_inside_a_sentence_is_amber_and_one_that_is_denied_is_none() {
        says(&draft("Heute zeige ich Werbung und mehr", "instagram", "de"), Light::Amber, "sentence");
        says(&draft("Das hier ist keine Werbung", "instagram", "de"), Light::Red, "presence");
    }

    #[test]
    fn a_marker_behind_the_fold_is_red_and_the_words_say_where_it_stands() {
        let late = format!("{} #ad", "my grinder and my morning and ".repeat(6));
        let said = says(&draft(&late, "instagram", "en"), Light::Red, "placement");
        assert_eq!(said.words, "“#ad” begins after 181 letters, where few look: bring it into the first 125 letters");
        assert_eq!(said.found, Some((181, 184)));
        let said = says(&draft("A morning\n\n#ad and more of it", "blog", "en"), Light::Red, "placement");
        assert!(said.words.contains("stands in line 3") && said.words.contains("the first line"), "{said:?}");
        says(&draft("\nAd: a morning\n\nand more of it", "blog", "en"), Light::Green, "placement");
    }

    #[test]
    fn the_fold_is_counted_in_letters_and_not_in_bytes() {
        for (letters, light) in [(124, Light::Green), (125, Light::Red)] {
            let caption = format!("{} #ad", "ü".repeat(letters - 1));
            says(&draft(&caption, "TikTok", "en"), light, "placement");
        }
    }

    #[test]
    fn of_two_markers_the_one_that_is_seen_is_judged() {
        let twice = format!("#ad {} #ad", "my grinder and my morning and ".repeat(6));
        assert_eq!(says(&draft(&twice, "instagram", "en"), Light::Green, "placement").found, Some((0, 3)));
    }

    #[test]
    fn a_marker_behind_three_other_tags_in_a_row_is_amber() {
        says(&draft("My morning #coffee #grinder #brew #ad", "instagram", "en"), Light::Amber, "buried");
        says(&draft("My morning #coffee #grinder #ad #brew", "instagram", "en"), Light::Green, "placement");
        says(&draft("My #coffee and #grinder and #brew, all #ad", "instagram", "en"), Light::Green, "placement");
    }

    #[test]
    fn the_platforms_own_label_is_amber_where_it_is_known_to_be_missing_and_else_a_reminder() {
        for platform in ["youtube", "instagram", "tiktok"] {
            let posted =
                Draft { has_paid_label: Some(false), ..draft("#ad my morning with a grinder", platform, "en") };
            says(&posted, Light::Amber, "label");
            says(&Draft { has_paid_label: Some(true), ..posted }, Light::Green, "label");
            says(&Draft { has_paid_label: None, ..posted }, Light::Green, "label");
            let before = check(&Draft { on_day: 10_000, ..posted });
            assert!(before.said.iter().all(|said| said.rule != "label"), "before it was asked for: {before:?}");
        }
        let blog = check(&draft("#ad my morning", "blog", "en"));
        assert!(blog.said.iter().all(|said| said.rule != "label"), "{blog:?}");
    }

    #[test]
    fn a_countrys_own_row_for_a_label_comes_before_the_one_for_everywhere() {
        let row = |country, label, since_day| OwnLabel { platform: "x", country, label, since_day };
        let rows = [row("", "the mark", 0), row("FR", "the French mark", 100)];
        let words = |country, on_day| {
            let draft = Draft { country, on_day, has_paid_label: Some(true), ..draft("", "x", "") };
            own_label(&draft, &rows).map(|said| said.words)
        };
        assert_eq!(words("FR", 100).as_deref(), Some("The French mark is set"));
        assert_eq!(words("FR", 99).as_deref(), Some("The mark is set"));
        assert_eq!(words("DE", 100).as_deref(), Some("The mark is set"));
    }

    #[test]
    fn no_words_are_red() {
        for caption in ["", "  \n"] {
            says(&draft(caption, "instagram", "en"), Light::Red, "presence");
        }
    }

    #[test]
    fn a_language_without_words_in_the_table_is_left_to_a_person() {
        let said = says(&draft("素敵な朝", "instagram", "ja"), Light::Red, "presence");
        assert!(said.words.contains("let a person"), "{said:?}");
    }

    #[test]
    fn what_is_found_is_traced_back_through_entities_and_letters_of_no_width() {
        let caption = "Bread &amp; coffee\u{200b} #ad";
        let said = says(&draft(caption, "instagram", "en"), Light::Green, "presence");
        assert_eq!(said.found.map(|(from, to)| &caption[from..to]), Some("#ad"));
    }

    #[test]
    fn lights_are_ordered_from_good_to_bad_and_have_codes_and_words() {
        assert!(Light::Green < Light::Amber && Light::Amber < Light::Red);
        let codes = [Light::Green, Light::Amber, Light::Red].map(Light::code);
        assert_eq!(codes, ["green", "amber", "red"]);
        assert_eq!(serde_json::from_str::<Light>("\"amber\"").expect("a code is read back"), Light::Amber);
        assert_ne!(Light::Amber.words(), Light::Red.words());
    }

    proptest! {
        #[test]
        fn whatever_a_draft_holds_it_is_read_and_what_is_found_lies_in_it(
            caption in "(\\PC|\n|#|&amp;|<b>|\u{200b}|#ad|Werbung|thanks to){0,80}",
            platform in "(instagram|youtube|blog||\\PC{1,4})",
            language in "(en|de|nl|ja||\\PC{1,3})",
            on_day: i32,
            label: Option<bool>,
        ) {
            let draft = Draft { on_day, has_paid_label: label, ..draft(&caption, &platform, &language) };
            let check = check(&draft);
            prop_assert_eq!(Some(check.light), check.said.iter().map(|said| said.light).max());
            for (from, to) in check.said.iter().filter_map(|said| said.found) {
                prop_assert!(from < to && caption.get(from..to).is_some());
            }
        }

        #[test]
        fn a_plain_marker_before_an_english_caption_is_never_red(
            caption in "(\\PC|\n|#|&amp;|<b>|\u{feff}){0,200}",
            platform in "(instagram|tiktok|youtube|blog|)",
            label: Option<bool>,
        ) {
            let marked = format!("#ad {caption}");
            let check = check(&Draft { has_paid_label: label, ..draft(&marked, &platform, "en") });
            prop_assert!(check.light < Light::Red, "{check:?}");
        }
    }
}
