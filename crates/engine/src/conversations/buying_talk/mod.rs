//! Buying talk: the comments in which someone decides on a purchase, by an open list of English words and a model.
//!
//! The list is `buying_talk_english.tsv` beside this file; anybody can read, dispute and extend it. Every hit shows the
//! words that made it: good for pointing at comments. The model (`buying_chance`) counts the list's rules and further
//! cues and gives each text a chance; it finds more than twice as much, and its weights can be read too. Both know
//! English only: a text in another language is "not assessed", never "no buying talk". How often they are right is
//! in `docs/formulas.md` and `docs/concepts/buying-talk.md`: too rough for a figure without its interval.

mod evaluate;
mod features;
mod figures;
mod kinds;
mod list;
mod markup;
mod model;
mod train;
mod words;

use ::model::explanation::DEFAULT_LEVEL;
use ::model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::jeffreys_interval;
pub use evaluate::{
    BuyingEvaluation, BuyingEvaluationSettings, Cut, CutFigures, KindAgreement, LabelsUsed, LearnedFigures,
    RuleFigures, TextsOfPlace, evaluate_buying,
};
pub use figures::{BuyingFigures, Figure, Hits};
pub use kinds::{BuyingKind, BuyingLabels, UnknownKind};
use list::ENGLISH;
pub use model::{BuyingChance, BuyingWeights, TextPlace, TextToAssess, TitleUse, WEIGHTS_VERSION, buying_chance};
pub use train::{BuyingTraining, LabelledText, train_buying};
use words::{Ending, Markup, Reader, Sentence, Word};

/// How near to a purchase a text is. Ordered; the numbers 0 to 4 are stored, never renumber them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BuyingLevel {
    NoBuyingTalk = 0,
    AsksAdvice = 1,
    ComparesProducts = 2,
    /// Asks price or where to buy, or says they will buy.
    AsksPrice = 3,
    /// Says they bought, ordered, returned or regret it.
    Bought = 4,
}

impl BuyingLevel {
    pub fn words(self) -> &'static str {
        match self {
            BuyingLevel::NoBuyingTalk => "no buying talk",
            BuyingLevel::AsksAdvice => "asks for advice",
            BuyingLevel::ComparesProducts => "compares named products",
            BuyingLevel::AsksPrice => "asks price or where to buy",
            BuyingLevel::Bought => "says they bought, ordered or returned",
        }
    }

    pub fn number(self) -> u8 {
        self as u8
    }

    fn from_number(number: u8) -> Option<BuyingLevel> {
        match number {
            0 => Some(BuyingLevel::NoBuyingTalk),
            1 => Some(BuyingLevel::AsksAdvice),
            2 => Some(BuyingLevel::ComparesProducts),
            3 => Some(BuyingLevel::AsksPrice),
            4 => Some(BuyingLevel::Bought),
            _ => None,
        }
    }
}

/// The words that made a rule fire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct BuyingMatch<'a> {
    /// As written in the text.
    pub words: &'a str,
    /// The rule's id in the list.
    pub rule: &'static str,
    pub level: BuyingLevel,
}

/// What a text says of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BuyingTalk<'a> {
    /// The highest level any rule found; `None`: not assessed, the text is not in English.
    pub level: Option<BuyingLevel>,
    /// Each rule that fired, once, in the order of the text.
    pub matched: Vec<BuyingMatch<'a>>,
}

impl BuyingTalk<'_> {
    /// The ids of the rules that fired.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> {
        self.matched.iter().map(|found| found.rule)
    }
}

/// Finds the buying talk in a text.
///
/// Formula: the highest level among the rules of the list whose pattern occurs within one sentence; 0 when none does.
/// Input: `text`, plain (no markup), English, any length.
/// Output: level 0..=4 with the matched words; `None` for a text of eight or more words without a single common English
/// word, unless a rule fired. Short texts are read as English.
/// Cost: one pass over the text and a table look-up a word; about a microsecond for a short comment.
/// Source: the list's own patterns, `buying_talk_english.tsv`; measured by hand in `docs/formulas.md`.
///
/// ```
/// use engine::conversations::buying_talk::{BuyingLevel, buying_talk};
/// let found = buying_talk("Lovely! Where can I buy that mug?");
/// assert_eq!(found.level, Some(BuyingLevel::AsksPrice));
/// assert_eq!(found.matched[0].words, "Where can I buy");
/// ```
pub fn buying_talk(text: &str) -> BuyingTalk<'_> {
    let list = &*ENGLISH;
    let mut found = BuyingTalk { level: None, matched: Vec::new() };
    let mut words: Vec<Word> = Vec::with_capacity(32);
    let (mut words_read, mut has_english) = (0_usize, false);
    let mut reader = Reader::new(text, Markup::Read);
    loop {
        words.clear();
        let ending = reader.sentence(list, &mut words);
        words_read += words.len();
        has_english = has_english || words.iter().any(|word| list.english.holds(word.id));
        list.find_rules(&Sentence { text, words: &words, ending }, &mut found.matched);
        if ending == Ending::Text {
            break;
        }
    }
    let level = found.matched.iter().map(|hit| hit.level).max();
    let looks_foreign = words_read >= LANGUAGE_WORDS_MIN && !has_english;
    found.level = level.or((!looks_foreign).then_some(BuyingLevel::NoBuyingTalk));
    found
}

/// How much of a conversation is buying talk.
///
/// Formula: texts of level 1 or higher / texts assessed, with the Jeffreys interval.
/// Inputs: `levels`, one a text, from `buying_talk`, in any order; `None` (not assessed) enters neither count.
/// Output: a share, 0..=1; `None` with a reason under 20 assessed texts. The interval is for the number of texts only:
/// the list misses about as much as it finds and a quarter of what it finds is not buying talk.
/// Cost: O(texts). Source: `docs/formulas.md`; Jeffreys: Brown, Cai & DasGupta 2001.
///
/// ```
/// use engine::conversations::buying_talk::{BuyingLevel, buying_talk_share};
/// use model::{Grade, Timestamp};
/// let mut levels = vec![Some(BuyingLevel::NoBuyingTalk); 24];
/// levels.extend([Some(BuyingLevel::AsksPrice); 6]);
/// let share = buying_talk_share(&levels, Timestamp(0), Grade::B);
/// assert_eq!((share.value, share.n), (Some(0.2), 30));
/// ```
pub fn buying_talk_share(levels: &[Option<BuyingLevel>], as_of: Timestamp, grade: Grade) -> Estimate {
    let (method, n_of) = ("buying_talk_share", "texts");
    let count = |level| levels.iter().filter(|found| **found == Some(level)).count() as u64;
    let texts = |words: &str, count: f64| Explanation::leaf(words, Some(count), Unit::Items);
    let fired = [BuyingLevel::AsksAdvice, BuyingLevel::ComparesProducts, BuyingLevel::AsksPrice, BuyingLevel::Bought];
    let assessed = levels.iter().flatten().count() as u64;
    let not_assessed = levels.len() as u64 - assessed;
    let mut under = vec![texts("texts", levels.len() as f64)];
    if not_assessed > 0 {
        under.push(texts("less: not in English, not assessed", 0.0 - not_assessed as f64));
    }
    let under = Explanation::sum("texts assessed", Unit::Items, under);
    let estimate = if assessed < SHARE_TEXTS_MIN {
        let reason = format!(
            "only {assessed} texts could be assessed ({not_assessed} not in English); a share needs at least {SHARE_TEXTS_MIN}"
        );
        let mut estimate = Estimate::not_known(Unit::Share, method, assessed, n_of, reason);
        estimate.explanation = estimate.explanation.with_parts(vec![under]);
        estimate
    } else {
        let parts = fired.map(|level| texts(level.words(), count(level) as f64)).to_vec();
        let hits: u64 = fired.map(count).iter().sum();
        let over = Explanation::sum("texts with buying talk", Unit::Items, parts);
        let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
        let range = jeffreys_interval(hits, assessed, level).expect("hits are a part of the texts assessed");
        let words = format!("{hits} of {assessed} texts are buying talk, as far as the word list sees");
        let formula =
            format!("{method}, list v{} = texts of level 1-4 / texts assessed; Jeffreys interval", list_version());
        let explanation =
            Explanation::ratio(words, Unit::Share, over, under).with_formula(formula).with_rows(assessed, n_of, None);
        Estimate::known(hits as f64 / assessed as f64, range.lo, range.hi, assessed, n_of, method, explanation)
    };
    Estimate { version: list_version(), ..estimate.as_of(as_of).graded(grade) }
}

/// Below so many assessed texts a share is not known.
const SHARE_TEXTS_MIN: u64 = 20;

/// From so many words on, a text without any common English word is taken for another language.
const LANGUAGE_WORDS_MIN: usize = 8;

/// The version of the list; stored with every figure made from it.
pub fn list_version() -> u32 {
    ENGLISH.version
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(text: &str) -> Option<u8> {
        buying_talk(text).level.map(BuyingLevel::number)
    }

    #[test]
    fn each_level_is_found_by_its_own_words() {
        let cases = [
            ("Which one should I get?", 1),
            ("can anyone recommend a grinder for a small kitchen?", 1),
            ("I'm looking for a light moisturiser", 1),
            ("is it worth the money?", 1),
            ("What's the best lens for portraits?", 1),
            ("Any recommendations?", 1),
            ("Switched from Nikon to Canon last year", 2),
            ("the Comandante is better than the Baratza", 2),
            ("torn on this: Fuji vs Sony, anyone?", 2),
            ("I prefer Cantillon over Lindemans", 2),
            ("How much does it cost?", 3),
            ("price?", 3),
            ("Where can I buy this in Spain?", 3),
            ("do you ship to Canada?", 3),
            ("anyone knows where to buy that mug?", 3),
            ("link please", 3),
            ("I'm gonna buy it", 3),
            ("I just bought one", 4),
            ("ordered mine yesterday", 4),
            ("I regret buying these", 4),
            ("I returned mine after a week", 4),
            ("such a waste of money", 4),
            ("I paid $40 for this", 4),
            ("i’ve ordered two", 4),
        ];
        for (text, expected) in cases {
            assert_eq!(level(text), Some(expected), "{text}: {:?}", buying_talk(text));
        }
    }

    #[test]
    fn which_best_and_worth_alone_are_not_buying_talk() {
        for text in [
            "the colour which I like",
            "Best day ever!",
            "You are the best",
            "which is why it went viral",
            "worth noting that this is old",
            "It's not worth it to argue",
            "What is the best way to sleep?",
            "I never bought into that",
            "where can I find information about this?",
            "thanks for the recommendation to close the question",
            "how much water is in it",
            "love this ❤️❤️",
            "",
            "???",
        ] {
            assert_eq!(level(text), Some(0), "{text}: {:?}", buying_talk(text));
        }
    }

    #[test]
    fn the_matched_words_stand_in_the_text_as_written() {
        let found = buying_talk("So pretty!! WHERE did you GET it? I bought mine in Rome.");
        let words: Vec<&str> = found.matched.iter().map(|hit| hit.words).collect();
        assert_eq!(words, ["WHERE did you GET", "I bought"]);
        assert_eq!(found.rules().collect::<Vec<_>>(), ["where-to-buy", "i-bought"]);
        assert_eq!(found.level, Some(BuyingLevel::Bought));
    }

    #[test]
    fn a_pattern_does_not_reach_into_the_next_sentence() {
        assert_eq!(level("Tell me where. You can buy time."), Some(0));
        assert_eq!(level("see https://shop.example/where-to-buy"), Some(0));
    }

    #[test]
    fn another_language_is_not_assessed_rather_than_no_buying_talk() {
        for text in [
            "Wo habt ihr denn diese schöne Tasse gekauft und wie teuer war sie",
            "¿Dónde puedo comprar esta taza tan bonita para mi madre?",
            "Où peut-on acheter cette jolie tasse et combien coûte-t-elle ?",
            "где можно купить эту чашку и сколько она стоит сейчас",
        ] {
            assert_eq!(level(text), None, "{text}");
        }
        assert_eq!(level("super schön"), Some(0));
    }

    #[test]
    fn a_share_leaves_out_what_was_not_assessed_and_adds_up() {
        let mut levels = vec![Some(BuyingLevel::NoBuyingTalk); 18];
        levels.extend([Some(BuyingLevel::AsksAdvice), Some(BuyingLevel::Bought), None, None]);
        let share = buying_talk_share(&levels, Timestamp(0), Grade::C);
        assert_eq!((share.value, share.n), (Some(0.1), 20));
        assert!(share.explanation.adds_up());
        levels.pop();
        levels.remove(0);
        let few = buying_talk_share(&levels, Timestamp(0), Grade::C);
        assert_eq!((few.value, few.n), (None, 19));
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_what_matched_is_part_of_it(text in "\\PC{0,80}") {
            for hit in buying_talk(&text).matched {
                prop_assert!(text.contains(hit.words));
            }
        }

        #[test]
        fn saying_more_never_lowers_the_level(
            first in prop::sample::select(vec!["Where can I buy it?", "which should I get?", "nice", "I bought one."]),
            more in "[a-zA-Z' ?.!$]{0,60}",
        ) {
            let before = buying_talk(first).level;
            let after = format!("{first}\n{more}");
            prop_assert!(buying_talk(&after).level >= before);
        }
    }
}
