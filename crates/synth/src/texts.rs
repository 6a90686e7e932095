//! Writes what people say: takes a mould for the mood and fills it with the words of the circle.

use crate::brand;
use crate::random::Dice;
use crate::sentences::{Language, Mood, closers, moulds, openers};
use crate::vocabulary::Niche;

/// What a mould has a gap for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gap {
    Line,
    Item,
    OtherItem,
    Doing,
    Topic,
    OtherTopic,
    Praise,
    OtherPraise,
    Price,
    Number,
    Product,
    OtherProduct,
    Name,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Words(&'static str),
    Fill(Gap),
}

type Mould = Vec<Part>;

/// All moulds, taken apart once.
#[derive(Debug)]
pub(crate) struct Writer {
    /// By language and mood.
    moulds: Vec<Vec<Mould>>,
}

/// Who speaks, in which mood and of whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Utterance<'a> {
    pub(crate) niche: &'static Niche,
    pub(crate) language: Language,
    pub(crate) mood: Mood,
    /// The handle of the person spoken of, without `@`.
    pub(crate) name: &'a str,
}

const MOODS: [Mood; Mood::COUNT] = [
    Mood::SmallTalk,
    Mood::Praise,
    Mood::Question,
    Mood::Advice,
    Mood::Price,
    Mood::Ordered,
    Mood::Regret,
    Mood::Thanks,
    Mood::StockPraise,
    Mood::PodPraise,
    Mood::BrandQuestion,
    Mood::BrandPrice,
    Mood::BrandOrdered,
    Mood::BrandRegret,
    Mood::BrandPost,
    Mood::Caption,
    Mood::Title,
];

impl Writer {
    pub(crate) fn new() -> Writer {
        let of_language = |language| {
            MOODS.into_iter().map(move |mood| moulds(language, mood).iter().map(|text| take_apart(text)).collect())
        };
        Writer { moulds: Language::ALL.into_iter().flat_map(of_language).collect() }
    }

    /// Writes one sentence into `out`.
    pub(crate) fn write(&self, out: &mut String, utterance: Utterance<'_>, dice: &mut Dice) {
        let Utterance { niche, language, mood, name } = utterance;
        let mould = dice.choose(&self.moulds[language as usize * Mood::COUNT + mood as usize]);
        let plain = matches!(mood, Mood::StockPraise | Mood::PodPraise | Mood::Title | Mood::Caption | Mood::BrandPost);
        if !plain && dice.chance(0.3) {
            out.push_str(dice.word(openers(language)));
        }
        for part in mould {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Fill(gap) => fill(out, *gap, niche, name, dice),
            }
        }
        if !plain && dice.chance(0.3) {
            out.push_str(dice.word(closers(language)));
        }
        if dice.chance(0.75)
            && let Some(first) = out.get_mut(0..1)
        {
            first.make_ascii_uppercase();
        }
    }
}

fn fill(out: &mut String, gap: Gap, niche: &Niche, name: &str, dice: &mut Dice) {
    match gap {
        Gap::Line => out.push_str(dice.word(niche.lines)),
        Gap::Item | Gap::OtherItem => out.push_str(dice.word(niche.items)),
        Gap::Doing => out.push_str(dice.word(niche.doings)),
        Gap::Topic | Gap::OtherTopic => out.push_str(dice.word(niche.topics)),
        Gap::Praise | Gap::OtherPraise => out.push_str(dice.word(niche.praises)),
        Gap::Price => out.push_str(dice.word(&["30", "45 €", "60", "80 €", "$90", "120", "150 €", "200", "$250"])),
        Gap::Number => push_number(out, 2 + dice.below(58) as u64),
        Gap::Product | Gap::OtherProduct => out.push_str(dice.word(&brand::PRODUCTS)),
        Gap::Name => {
            out.push('@');
            out.push_str(name);
        }
    }
}

/// Appends a whole number in decimal digits.
pub(crate) fn push_number(out: &mut String, number: u64) {
    push_digits::<10>(out, number);
}

/// Appends a whole number in digits and small letters.
pub(crate) fn push_code(out: &mut String, number: u64) {
    push_digits::<36>(out, number);
}

fn push_digits<const BASE: u64>(out: &mut String, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % BASE) as usize];
        number /= BASE;
        if number == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).expect("digits and letters are ASCII"));
}

fn take_apart(text: &'static str) -> Mould {
    let mut parts = Mould::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (gap, tail) = after.split_once('}').expect("every brace of a mould is closed");
        if !before.is_empty() {
            parts.push(Part::Words(before));
        }
        parts.push(Part::Fill(gap_named(gap)));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest));
    }
    parts
}

fn gap_named(name: &str) -> Gap {
    match name {
        "line" => Gap::Line,
        "item" => Gap::Item,
        "item2" => Gap::OtherItem,
        "doing" => Gap::Doing,
        "topic" => Gap::Topic,
        "topic2" => Gap::OtherTopic,
        "praise" => Gap::Praise,
        "praise2" => Gap::OtherPraise,
        "price" => Gap::Price,
        "number" => Gap::Number,
        "product" => Gap::Product,
        "product2" => Gap::OtherProduct,
        "name" => Gap::Name,
        other => unreachable!("a mould asks for {other:?}, which no circle has"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use crate::vocabulary::NICHES;
    use std::collections::HashSet;

    #[test]
    fn every_circle_has_hundreds_of_different_sentences_for_each_usual_mood() {
        let writer = Writer::new();
        let stream = Stream::new(1, Purpose::Talk);
        for niche in &NICHES {
            for mood in [Mood::SmallTalk, Mood::Praise, Mood::Question, Mood::Advice, Mood::Ordered, Mood::Caption] {
                let sentences: HashSet<String> = (0..2_000)
                    .map(|index| {
                        let mut text = String::new();
                        let utterance = Utterance { niche, language: Language::English, mood, name: "ava" };
                        writer.write(&mut text, utterance, &mut stream.dice(index));
                        text
                    })
                    .collect();
                assert!(sentences.len() > 300, "{} {mood:?}: {}", niche.name, sentences.len());
            }
        }
    }

    #[test]
    fn every_mood_can_be_said_in_every_language_without_a_gap_left_open() {
        let writer = Writer::new();
        let stream = Stream::new(2, Purpose::Talk);
        for language in Language::ALL {
            for mood in MOODS {
                for index in 0..40 {
                    let mut text = String::new();
                    let utterance = Utterance { niche: &NICHES[0], language, mood, name: "ava" };
                    writer.write(&mut text, utterance, &mut stream.dice(index));
                    assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
                }
            }
        }
    }
}
