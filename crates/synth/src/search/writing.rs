//! Writes a creator's posts and bio: everyday words by Zipf's law, the circle's phrases, and what is planted.

use super::circles::{Circle, Moulds};
use super::lexicon::{AT_ONCE, Lexicon};
use crate::random::Dice;
use crate::sentences::Language;
use crate::texts::push_number;

/// Everything texts are drawn from.
#[derive(Debug)]
pub(super) struct Words {
    /// By language.
    pub(super) lexicons: Vec<Lexicon>,
    pub(super) circles: Vec<Circle>,
    pub(super) moulds: Moulds,
}

/// A post must be longer than this, in words, to hold a sentence cast in a mould.
const MOULD_WORDS: usize = 20;
/// The share of words that are a product's name.
const PRODUCTS: f64 = 0.01;
const MARKS: [&str; 6] = [" 🙌", " 😊", " ✨", " :)", " 😅", " 🌿"];

/// One text while it is written.
pub(super) struct Sheet<'w> {
    pub(super) text: String,
    pub(super) words: usize,
    pub(super) language: Language,
    pub(super) circle: usize,
    from: &'w Words,
    sentence_begins: bool,
}

impl<'w> Sheet<'w> {
    pub(super) fn new(from: &'w Words, language: Language, circle: usize) -> Sheet<'w> {
        Sheet { text: String::with_capacity(192), words: 0, language, circle, from, sentence_begins: true }
    }

    /// Adds words that are separated by spaces.
    pub(super) fn push(&mut self, words: &str) {
        self.push_word(words);
        self.words += count_words(words) - 1;
    }

    fn push_word(&mut self, word: &str) {
        if self.words > 0 {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(word);
        if self.sentence_begins {
            self.sentence_begins = false;
            if let Some(first) = self.text.get_mut(start..start + 1) {
                first.make_ascii_uppercase();
            }
        }
        self.words += 1;
    }

    /// Adds a sentence cast in a mould, of 25 words at most.
    pub(super) fn push_mould(&mut self, dice: &mut Dice) {
        let mut sentence = String::with_capacity(96);
        self.from.moulds.write(&mut sentence, self.language, &self.from.circles[self.circle], dice);
        self.push(&sentence);
        self.end_sentence();
    }

    pub(super) fn end_sentence(&mut self) {
        if !self.text.ends_with(['.', '?', '!']) {
            self.text.push('.');
        }
        self.sentence_begins = true;
    }

    /// Adds everyday words until there are `length` words in all.
    pub(super) fn fill(&mut self, length: usize, dice: &mut Dice) {
        let lexicon = &self.from.lexicons[self.language as usize];
        let mut said = [""; AT_ONCE];
        while self.words < length {
            let wanted = AT_ONCE.min(length - self.words);
            lexicon.say(&mut said[..wanted], self.circle, dice);
            said[..wanted].iter().for_each(|word| self.fill_with(word, length, dice));
        }
    }

    /// Adds a phrase of the circle, a product or the everyday word, unless there are `length` words already.
    fn fill_with(&mut self, word: &str, length: usize, dice: &mut Dice) {
        if self.words >= length {
            return;
        }
        let phrases = if self.language == Language::English { 0.12 } else { 0.06 };
        // One throw decides twice: its upper half what is said, its lower half the mark that follows.
        let raw = dice.raw();
        let [throw, mark] = [raw >> 32, raw & 0xffff_ffff].map(|half| half as f64 / 4_294_967_296.0);
        if throw < phrases {
            let phrase = self.from.circles[self.circle].phrase(dice);
            if self.words + count_words(phrase) <= length {
                self.push(phrase);
            }
        } else if throw < phrases + PRODUCTS && self.words + 2 <= length {
            self.push_product(dice);
        } else {
            self.push_word(word);
        }
        self.punctuate(length, mark);
    }

    fn punctuate(&mut self, length: usize, throw: f64) {
        if self.words + 2 > length {
            return;
        }
        if throw < 0.05 {
            self.text.push(',');
        } else if throw < 0.1 {
            self.end_sentence();
        }
    }

    /// A maker's name and a model: `Grandouler T430`.
    fn push_product(&mut self, dice: &mut Dice) {
        self.sentence_begins = true;
        let maker = self.from.lexicons[self.language as usize].maker(dice);
        self.push(maker);
        self.text.push(' ');
        self.text.push_str(dice.word(&["A", "B", "G", "K", "M", "Q", "R", "T", "V", "X", "Z"]));
        let highest = 1 + dice.below(5_000);
        push_number(&mut self.text, 2 + dice.below(highest) as u64);
        self.words += 1;
    }

    pub(super) fn finish(mut self, dice: &mut Dice) -> String {
        if dice.chance(0.1) {
            self.text.push_str(dice.word(&MARKS));
        } else if dice.chance(0.3) {
            self.end_sentence();
        }
        self.text
    }
}

/// The words of a text in which one space separates two.
fn count_words(text: &str) -> usize {
    1 + text.bytes().filter(|&byte| byte == b' ').count()
}

/// An ordinary post of `length` words.
pub(super) fn ordinary_post<'w>(mut sheet: Sheet<'w>, length: usize, dice: &mut Dice) -> Sheet<'w> {
    if length > MOULD_WORDS && dice.chance(0.4) {
        sheet.push_mould(dice);
    }
    sheet.fill(length, dice);
    sheet
}
