//! What ordinary creators draw from: each circle's words and the moulds of sentences, free of all that is planted.

use super::topics::is_free;
use crate::random::Dice;
use crate::sentences::{Language, Mood, moulds};
use crate::texts::push_number;
use crate::vocabulary::{NICHES, Niche};

/// A circle's words without those planted creators alone may say.
#[derive(Debug)]
pub(super) struct Circle {
    items: Vec<&'static str>,
    doings: Vec<&'static str>,
    topics: Vec<&'static str>,
    praises: Vec<&'static str>,
    lines: Vec<&'static str>,
    pub(super) tags: Vec<&'static str>,
}

fn free(words: &[&'static str]) -> Vec<&'static str> {
    let kept: Vec<&'static str> = words.iter().copied().filter(|word| is_free(word)).collect();
    assert!(!kept.is_empty(), "every circle keeps words of each sort");
    kept
}

impl Circle {
    fn of(niche: &Niche) -> Circle {
        Circle {
            items: free(niche.items),
            doings: free(niche.doings),
            topics: free(niche.topics),
            praises: free(niche.praises),
            lines: free(niche.lines),
            tags: free(niche.tags),
        }
    }

    /// A thing, a doing or a topic.
    pub(super) fn phrase(&self, dice: &mut Dice) -> &'static str {
        let from = match dice.below(7) {
            0 | 1 => &self.items,
            2 | 3 => &self.doings,
            4 | 5 => &self.topics,
            _ => &self.praises,
        };
        dice.word(from)
    }
}

pub(super) fn circles() -> Vec<Circle> {
    NICHES.iter().map(Circle::of).collect()
}

/// What a mould has a gap for.
#[derive(Clone, Copy, Debug)]
enum Part {
    Words(&'static str),
    Item,
    Doing,
    Topic,
    Praise,
    Line,
    Number,
}

/// The moulds of the moods in which creators post, by language.
#[derive(Debug)]
pub(super) struct Moulds {
    by_language: Vec<Vec<Vec<Part>>>,
}

const MOODS: [Mood; 5] = [Mood::Caption, Mood::SmallTalk, Mood::Praise, Mood::Advice, Mood::Title];

impl Moulds {
    pub(super) fn plan() -> Moulds {
        let of_language = |language: Language| {
            let mut texts: Vec<&'static str> = MOODS.iter().flat_map(|mood| moulds(language, *mood)).copied().collect();
            texts.sort_unstable();
            texts.dedup();
            texts.into_iter().filter(|text| is_free(text)).filter_map(take_apart).collect()
        };
        Moulds { by_language: Language::ALL.into_iter().map(of_language).collect() }
    }

    /// Writes one sentence of the circle.
    pub(super) fn write(&self, out: &mut String, language: Language, circle: &Circle, dice: &mut Dice) {
        for part in dice.choose(&self.by_language[language as usize]) {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Item => out.push_str(dice.word(&circle.items)),
                Part::Doing => out.push_str(dice.word(&circle.doings)),
                Part::Topic => out.push_str(dice.word(&circle.topics)),
                Part::Praise => out.push_str(dice.word(&circle.praises)),
                Part::Line => out.push_str(dice.word(&circle.lines)),
                Part::Number => push_number(out, 2 + dice.below(58) as u64),
            }
        }
    }
}

/// The parts of a mould; `None` for one that speaks of a person, a price or the made-up brand.
fn take_apart(text: &'static str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (gap, tail) = after.split_once('}')?;
        if !before.is_empty() {
            parts.push(Part::Words(before));
        }
        parts.push(match gap.trim_end_matches('2') {
            "item" => Part::Item,
            "doing" => Part::Doing,
            "topic" => Part::Topic,
            "praise" => Part::Praise,
            "line" => Part::Line,
            "number" => Part::Number,
            _ => return None,
        });
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest));
    }
    Some(parts)
}
