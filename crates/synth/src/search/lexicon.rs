//! A language's words by how often they are used: the frequent ones are real, the many rare ones made up.
//!
//! Frequencies follow Zipf's law as Mandelbrot corrected it: the word of rank r is said in proportion to
//! 1 / (r + 2.7)^1.1. Beyond the first 512, neighbouring ranks (a sixteenth of the rank wide) are said equally often.
//! Rare words lean towards one circle of people each, as words do.

use std::collections::BTreeSet;

use super::everyday;
use super::topics::is_free;
use crate::random::{AliasTables, Dice, Stream, power};
use crate::sentences::Language;
use crate::vocabulary::NICHES;

const SHIFT: f64 = 2.7;
const EXPONENT: f64 = 1.1;
/// From this rank on, half of the words are said by one circle alone.
const TOPICAL_FROM: usize = 512;
/// So many neighbouring ranks hold one word of each circle.
const BLOCK: usize = 16;
const SLOT: usize = 16;
/// How many words are said in one go.
pub(super) const AT_ONCE: usize = 16;
/// What the last byte of a slot would be for a word of no letters.
const NO_LENGTH: u8 = b'a';
const _: () = assert!(NICHES.len() <= BLOCK);

/// How many words a language has.
fn size(language: Language) -> usize {
    match language {
        Language::English => 40_000,
        _ => 14_000,
    }
}

/// All words of one language, most frequent first.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// One slot of 16 bytes a word, so that saying a word touches the memory once: the word, padding, its length.
    slots: String,
    words: usize,
    /// The first ranks, and behind them stretches of ranks: a table small enough to stay in the nearest cache.
    draws: AliasTables,
    stretches: Vec<Stretch>,
}

/// Neighbouring ranks said equally often.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: usize,
    ranks: usize,
}

impl Lexicon {
    pub(super) fn plan(chance: Stream, language: Language) -> Lexicon {
        let mut slots = String::with_capacity(size(language) * SLOT);
        let mut known = BTreeSet::new();
        let mut keep = |word: &str| {
            if word.len() < SLOT && is_free(word) && known.insert(word.to_owned()) {
                slots.push_str(word);
                slots.extend(std::iter::repeat_n(' ', SLOT - 1 - word.len()));
                slots.push((NO_LENGTH + word.len() as u8) as char);
            }
            known.len()
        };
        everyday::frequent_words(language).split(' ').for_each(|word| {
            keep(word);
        });
        let (mut word, mut throw) = (String::new(), 0u64);
        let mut rank = 0;
        while rank < size(language) {
            word.clear();
            invent(&mut word, Sounds::of(language), rank, &mut chance.dice(throw));
            rank = keep(&word);
            throw += 1;
        }
        let words = known.len();
        let stretches = stretches(words);
        let weight = |rank: usize| power((rank + 1) as f64 + SHIFT, -EXPONENT);
        let of_stretch = |stretch: &Stretch| (stretch.first..stretch.first + stretch.ranks).map(weight).sum();
        let weights: Vec<f64> = (0..TOPICAL_FROM).map(weight).chain(stretches.iter().map(of_stretch)).collect();
        Lexicon { slots, words, draws: AliasTables::of(&weights), stretches }
    }

    fn word(&self, rank: usize) -> &str {
        let start = rank * SLOT;
        let length = self.slots.as_bytes()[start + SLOT - 1] - NO_LENGTH;
        &self.slots[start..start + length as usize]
    }

    /// As many words as `said` holds, as somebody of this circle says them.
    ///
    /// All ranks are drawn before any word is read: words lie far apart, and the processor fetches them side by side.
    pub(super) fn say<'l>(&'l self, said: &mut [&'l str], circle: usize, dice: &mut Dice) {
        let mut ranks = [0usize; AT_ONCE];
        for said in said.chunks_mut(AT_ONCE) {
            ranks[..said.len()].iter_mut().for_each(|rank| *rank = self.rank(circle, dice));
            said.iter_mut().zip(ranks).for_each(|(word, rank)| *word = self.word(rank));
        }
    }

    fn rank(&self, circle: usize, dice: &mut Dice) -> usize {
        let draw = self.draws.draw(0..TOPICAL_FROM + self.stretches.len(), dice);
        if draw < TOPICAL_FROM {
            return draw;
        }
        let stretch = self.stretches[draw - TOPICAL_FROM];
        let rank = stretch.first + dice.below(stretch.ranks);
        if rank.is_multiple_of(2) { rank } else { (rank - rank % BLOCK + circle).min(self.words - 1) }
    }

    /// A made-up word fit for the name of a product; few makers are named often.
    pub(super) fn maker(&self, dice: &mut Dice) -> &str {
        let rarest = 1 + dice.below(self.words - TOPICAL_FROM);
        self.word(TOPICAL_FROM + dice.below(rarest))
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() + self.draws.bytes() + self.stretches.capacity() * size_of::<Stretch>()
    }
}

/// Stretches of ranks from [`TOPICAL_FROM`] to `words`, each as long as a sixteenth of the rank it begins at.
fn stretches(words: usize) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut first = TOPICAL_FROM;
    while first < words {
        let ranks = (first / 16).min(words - first);
        stretches.push(Stretch { first, ranks });
        first += ranks;
    }
    stretches
}

/// What words of a language are put together from.
struct Sounds {
    onsets: &'static [&'static str],
    vowels: &'static [&'static str],
    codas: &'static [&'static str],
    endings: &'static [&'static str],
}

impl Sounds {
    // Kept as lists rather than one sound a line.
    #[rustfmt::skip]
    fn of(language: Language) -> Sounds {
        match language {
            Language::English => Sounds {
                onsets: &["b", "d", "f", "h", "l", "m", "n", "p", "r", "s", "t", "v", "w", "br", "cl", "dr", "fl",
                    "gr", "pl", "sh", "sk", "sl", "st", "tr", "th", "ch"],
                vowels: &["a", "e", "i", "o", "u", "ea", "oo", "ai", "ou"],
                codas: &["", "", "", "n", "r", "l", "m", "nd", "st", "rn"],
                endings: &["", "", "", "er", "ing", "ed", "ly", "ness", "able", "s", "ish", "ment"],
            },
            Language::German => Sounds {
                onsets: &["b", "d", "f", "h", "k", "l", "m", "n", "r", "s", "t", "w", "z", "sch", "kr", "pf", "st",
                    "tr", "bl", "gr", "schl", "zw"],
                vowels: &["a", "e", "i", "o", "u", "ei", "au", "ie", "ä", "ö", "ü"],
                codas: &["", "", "n", "r", "l", "m", "nd", "rt", "lt", "cht"],
                endings: &["", "", "en", "er", "ung", "lich", "heit", "keit", "el", "isch"],
            },
            Language::Spanish => Sounds {
                onsets: &["b", "d", "f", "l", "m", "n", "p", "r", "s", "t", "v", "j", "ll", "br", "tr", "pl", "gr",
                    "fl", "ch", "ñ"],
                vowels: &["a", "e", "i", "o", "u", "ie", "ue"],
                codas: &["", "", "", "n", "r", "l", "s"],
                endings: &["o", "a", "os", "as", "ar", "ado", "ero", "ita", "ción", "mente", "oso"],
            },
            Language::French => Sounds {
                onsets: &["b", "d", "f", "l", "m", "n", "p", "r", "s", "t", "v", "j", "br", "tr", "pl", "gr", "fl",
                    "ch", "qu", "cl"],
                vowels: &["a", "e", "i", "o", "u", "é", "ou", "ai", "eu", "oi"],
                codas: &["", "", "", "n", "r", "l", "s"],
                endings: &["e", "er", "eur", "ette", "tion", "eux", "ique", "ment", "age", "es", "é"],
            },
        }
    }
}

/// Rarer words are longer.
fn invent(word: &mut String, sounds: Sounds, rank: usize, dice: &mut Dice) {
    let syllables = 2 + usize::from(rank > 8_000 && dice.chance(0.25));
    for _ in 0..syllables {
        word.push_str(dice.word(sounds.onsets));
        word.push_str(dice.word(sounds.vowels));
        if dice.chance(0.35) {
            word.push_str(dice.word(sounds.codas));
        }
    }
    if word.ends_with(['a', 'e', 'i', 'o', 'u', 'é', 'ä', 'ö', 'ü']) && dice.chance(0.7) {
        word.push_str(dice.word(&["n", "r", "l", "t", "m", "s"]));
    }
    if dice.chance(0.6) {
        word.push_str(dice.word(sounds.endings));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_thousands_of_words_and_none_twice() {
        for language in Language::ALL {
            let lexicon = Lexicon::plan(Stream::numbered(4, 4), language);
            let words: BTreeSet<&str> = (0..lexicon.words).map(|rank| lexicon.word(rank)).collect();
            assert_eq!(words.len(), size(language), "{language:?}");
            assert!(words.iter().all(|word| is_free(word)));
        }
    }

    #[test]
    fn rare_words_lean_towards_one_circle() {
        let lexicon = Lexicon::plan(Stream::numbered(4, 4), Language::English);
        let chance = Stream::numbered(4, 5);
        let said = |circle: usize| -> Vec<&str> {
            let mut dice = chance.dice(circle as u64);
            let mut said = vec![""; 40_000];
            lexicon.say(&mut said, circle, &mut dice);
            said
        };
        let (one, other): (BTreeSet<&str>, BTreeSet<&str>) =
            (said(0).into_iter().collect(), said(1).into_iter().collect());
        let alone = one.difference(&other).count() as f64 / one.len() as f64;
        assert!((0.3..0.95).contains(&alone), "{alone}");
    }
}
