//! What the model counts in a text: cues of choosing and buying, rules of the list, names, place, length.
//!
//! No feature knows a topic. A count enters as log2(1 + count), so that one hit is 1 and three are 2.

use std::sync::LazyLock;

use super::list::{ENGLISH, Side, WordList};
use super::words::{Ending, Markup, Reader, Sentence, Word, WordKind};
use super::{BuyingKind, BuyingMatch, LANGUAGE_WORDS_MIN, TextPlace, TextToAssess, TitleUse};

/// Features that are not counts of cues, in order; those of the cue file follow.
const FIXED: [&str; 21] = [
    "always",
    "question",
    "answer",
    "asks",
    "names",
    "money",
    "link",
    "length",
    "rule_advice",
    "rule_compares",
    "rule_where",
    "rule_price",
    "rule_bought",
    "title_rule_advice",
    "title_rule_where",
    "title_rule_other",
    "title_names",
    "thread_seeks",
    "thread_seeks_answer",
    "thread_seeks_comment",
    "thread_seeks_names",
];

/// Cues of a title by which somebody seems to seek a product.
const SEEKING: [&str; 9] = ["recommends", "best", "which", "seeks", "where", "available", "online", "buys", "similar"];

/// Cues of a title by which somebody seeks an explanation.
const EXPLAINING: [&str; 2] = ["explains", "how_to"];

struct CueColumn {
    /// Its place among the cues of the list.
    cue: usize,
    side: ReadIn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadIn {
    Text,
    Title,
}

/// The features in the order of the weights.
pub(super) struct Features {
    pub(super) names: Vec<&'static str>,
    /// What each is expected to say, before any label is seen: 1 for buying talk, -1 against it, 0 not known.
    leans: Vec<f64>,
    cue_columns: Vec<CueColumn>,
    seeking: Vec<usize>,
    explaining: Vec<usize>,
}

pub(super) static FEATURES: LazyLock<Features> = LazyLock::new(|| {
    let (mut names, mut cue_columns) = (FIXED.to_vec(), Vec::new());
    let mut leans: Vec<f64> =
        FIXED.iter().map(|name| f64::from(u8::from(name.contains("rule_") || *name == "thread_seeks"))).collect();
    for (cue, feature) in ENGLISH.features.iter().enumerate() {
        if feature.side != Side::Title {
            names.push(feature.name);
            leans.push(feature.leans);
            cue_columns.push(CueColumn { cue, side: ReadIn::Text });
        }
        if feature.side != Side::Text {
            // A dozen short names, made once, that live as long as the program.
            leans.push(feature.leans);
            names.push(String::leak(format!("title_{}", feature.name)));
            cue_columns.push(CueColumn { cue, side: ReadIn::Title });
        }
    }
    let place = |name: &&str| ENGLISH.features.iter().position(|feature| feature.name == *name);
    let places = |names: &[&str]| names.iter().filter_map(place).collect();
    Features { names, leans, cue_columns, seeking: places(&SEEKING), explaining: places(&EXPLAINING) }
});

/// A text as the model sees it.
pub(super) struct Measured<'a> {
    /// In the order of `FEATURES`; `None`: not in English.
    pub(super) values: Option<Vec<f64>>,
    pub(super) matched: Vec<BuyingMatch<'a>>,
}

fn is_of_title(name: &str) -> bool {
    name.starts_with("title_") || name.starts_with("thread_")
}

/// No more of a text is read, in bytes.
const BYTES_READ_MAX: usize = 20_000;
/// More hits say no more: long texts collect them.
const COUNT_MAX: u16 = 3;
const WORDS_MIN: usize = 15;
const WORDS_MAX: usize = 511;

/// Counts the features of a text. Cost: one pass over its first 20,000 bytes and those of its title.
pub(super) fn measure<'a>(text: &TextToAssess<'a>) -> Measured<'a> {
    let list = &*ENGLISH;
    let mut body = read(list, text.body);
    let looks_foreign = body.words >= LANGUAGE_WORDS_MIN && !body.has_english && body.matched.is_empty();
    if looks_foreign {
        return Measured { values: None, matched: body.matched };
    }
    let title = read(list, text.title.unwrap_or_default());
    if text.place == TextPlace::Question {
        body.add(&title);
    }
    let values = FEATURES.values(&body, &title, text.place);
    Measured { values: Some(values), matched: body.matched }
}

/// What one pass over a text or a title finds.
struct Read<'a> {
    matched: Vec<BuyingMatch<'a>>,
    cues: Vec<u16>,
    words: usize,
    has_english: bool,
    names: u16,
    money: u16,
    questions: u16,
    links: u32,
}

impl<'a> Read<'a> {
    /// The title of a question is a part of the question.
    fn add(&mut self, title: &Read<'a>) {
        let new = title.matched.iter().filter(|hit| self.matched.iter().all(|known| known.rule != hit.rule));
        let new: Vec<BuyingMatch<'a>> = new.copied().collect();
        self.matched.extend(new);
        self.cues.iter_mut().zip(&title.cues).for_each(|(cue, more)| *cue = cue.saturating_add(*more));
        self.names = self.names.saturating_add(title.names);
        self.money = self.money.saturating_add(title.money);
        self.questions = self.questions.saturating_add(title.questions);
        self.words += title.words;
    }
}

fn read<'a>(list: &WordList, text: &'a str) -> Read<'a> {
    let text = &text[..text.floor_char_boundary(BYTES_READ_MAX)];
    let mut found = Read {
        matched: Vec::new(),
        cues: vec![0; list.features.len()],
        words: 0,
        has_english: false,
        names: 0,
        money: 0,
        questions: 0,
        links: 0,
    };
    let mut reader = Reader::new(text, Markup::PassOver);
    let mut words: Vec<Word> = Vec::with_capacity(32);
    loop {
        words.clear();
        let ending = reader.sentence(list, &mut words);
        found.words += words.len();
        for word in &words {
            found.has_english = found.has_english || list.english.holds(word.id);
            found.names = found.names.saturating_add(u16::from(word.kind == WordKind::Name));
            found.money = found.money.saturating_add(u16::from(word.kind == WordKind::Money));
        }
        found.questions = found.questions.saturating_add(u16::from(ending == Ending::Question));
        let sentence = Sentence { text, words: &words, ending };
        list.find_rules(&sentence, &mut found.matched);
        list.count_cues(&sentence, &mut found.cues);
        if ending == Ending::Text {
            break;
        }
    }
    found.links = reader.links;
    found
}

fn scaled(count: u16) -> f64 {
    f64::from(count.min(COUNT_MAX) + 1).log2()
}

fn yes(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

impl Features {
    pub(super) fn leans(&self, title: TitleUse) -> impl Iterator<Item = f64> + '_ {
        let is_read = move |name: &str| title == TitleUse::Given || !is_of_title(name);
        self.names.iter().zip(&self.leans).map(move |(name, leans)| if is_read(name) { *leans } else { 0.0 })
    }

    fn values(&self, body: &Read<'_>, title: &Read<'_>, place: TextPlace) -> Vec<f64> {
        let says = |read: &Read<'_>, kinds: &[BuyingKind]| {
            let kind = |hit: &BuyingMatch<'_>| BuyingKind::of_rule(hit.rule, hit.level);
            yes(read.matched.iter().filter_map(kind).any(|found| kinds.contains(&found)))
        };
        let third = 1.0 / 3.0;
        let [question, answer, comment] = match place {
            TextPlace::Question => [1.0, 0.0, 0.0],
            TextPlace::Answer => [0.0, 1.0, 0.0],
            TextPlace::Comment => [0.0, 0.0, 1.0],
            TextPlace::Unknown => [third; 3],
        };
        let bought = [BuyingKind::Bought, BuyingKind::Regrets];
        let other = [BuyingKind::Compares, BuyingKind::AsksPrice, BuyingKind::Bought, BuyingKind::Regrets];
        let any_of = |cues: &[usize]| cues.iter().any(|cue| title.cues[*cue] > 0);
        let seeks = match (!title.matched.is_empty() || any_of(&self.seeking), any_of(&self.explaining)) {
            _ if title.words == 0 => 0.0,
            (true, false) => 1.0,
            (false, true) => 0.0,
            // "Light shoes for wide feet?" names a thing and no verb: as likely a search as not.
            _ => 0.5,
        };
        let names = scaled(body.names);
        // 0 at 31 words, 1 at twice as many; what lies outside the lengths learned from counts as their end.
        let length = (body.words.clamp(WORDS_MIN, WORDS_MAX) as f64 + 1.0).log2() - 5.0;
        let fixed: [f64; FIXED.len()] = [
            1.0,
            question,
            answer,
            yes(body.questions > 0),
            names,
            yes(body.money > 0),
            yes(body.links > 0),
            length,
            says(body, &[BuyingKind::AsksAdvice]),
            says(body, &[BuyingKind::Compares]),
            says(body, &[BuyingKind::WhereToGet]),
            says(body, &[BuyingKind::AsksPrice]),
            says(body, &bought),
            says(title, &[BuyingKind::AsksAdvice]),
            says(title, &[BuyingKind::WhereToGet]),
            says(title, &other),
            scaled(title.names),
            seeks,
            seeks * answer,
            seeks * comment,
            seeks * names,
        ];
        let cues = self.cue_columns.iter().map(|column| match column.side {
            ReadIn::Text => scaled(body.cues[column.cue]),
            ReadIn::Title => scaled(title.cues[column.cue]),
        });
        fixed.into_iter().chain(cues).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(body: &str, title: Option<&str>, name: &str) -> f64 {
        let text = TextToAssess { body, title, place: TextPlace::Comment };
        let place = FEATURES.names.iter().position(|known| *known == name).expect("a feature");
        measure(&text).values.expect("English")[place]
    }

    #[test]
    fn there_are_at_most_sixty_features_each_with_its_own_name() {
        let mut names = FEATURES.names.clone();
        assert!(names.len() <= 60, "{}", names.len());
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FEATURES.names.len());
        assert_eq!(FEATURES.seeking.len(), SEEKING.len());
    }

    #[test]
    fn a_cue_counts_in_the_text_or_in_the_title_not_in_both() {
        assert_eq!(value("I would suggest this one.", None, "recommends"), 1.0);
        assert_eq!(value("I would suggest this one.", None, "title_recommends"), 0.0);
        assert_eq!(value("This one.", Some("Any recommendations?"), "title_recommends"), 1.0);
        assert_eq!(value("I suggest A. I suggest B. I suggest C.", None, "recommends"), 2.0);
    }

    #[test]
    fn quoted_text_code_and_tags_are_not_the_writers_words() {
        let body = "<blockquote><p>Where can I buy it?</p></blockquote><p>No&nbsp;idea</p><code>buy()</code>";
        let text = TextToAssess { body, title: None, place: TextPlace::Answer };
        assert!(measure(&text).matched.is_empty());
        assert_eq!(value(body, None, "where"), 0.0);
        assert_eq!(value("<p>Where can I <b>buy</b> it?</p>", None, "rule_where"), 1.0);
        assert_eq!(value("I don&#39;t like it", None, "dislikes"), 1.0);
        assert_eq!(value("see <a href=\"https://x.example\">this</a>", None, "link"), 1.0);
    }

    #[test]
    fn the_rest_of_a_very_long_text_is_not_read() {
        let long = format!("{} I suggest this.", "ж ".repeat(10_000_000 / 3));
        assert_eq!(measure(&TextToAssess { body: &long, title: None, place: TextPlace::Unknown }).values, None);
    }
}
