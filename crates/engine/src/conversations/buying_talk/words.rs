//! Cuts a text into sentences of words, the way every part of buying talk reads it.
//!
//! One pass, no copy: a word is its number in the list and its place in the text.

use super::list::WordList;
use super::markup::{TagKind, entity_length, pass_tag};

/// Whether tags and entities are part of what was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    /// Plain text: a `<` is a `<`.
    Read,
    /// HTML: tags and entities are passed over, quotations and code with what is in them.
    PassOver,
}

/// The longest word the list may hold, in bytes: words are compared as one number.
pub(super) const WORD_BYTES_MAX: usize = 16;

/// What a byte stands for within a word: its lower-case letter, digit or apostrophe; 0 where a word ends.
const WORD_LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        if letter.is_ascii_alphanumeric() || letter == b'\'' {
            letters[byte] = letter.to_ascii_lowercase();
        }
        byte += 1;
    }
    letters
};

/// A word of a text; `id` 0 is a word that the list does not know.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) id: u16,
    pub(super) kind: WordKind,
    pub(super) from: u32,
    pub(super) to: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WordKind {
    Plain,
    /// Begins with a capital letter and is not the first of its sentence.
    Name,
    Money,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Question,
    Other,
    /// The text ends without a mark.
    Text,
}

pub(super) struct Sentence<'t, 'w> {
    pub(super) text: &'t str,
    pub(super) words: &'w [Word],
    pub(super) ending: Ending,
}

/// Cuts a text into sentences of lower-cased words, in one pass.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    markup: Markup,
    /// Web addresses and links passed over so far.
    pub(super) links: u32,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, markup: Markup) -> Reader<'t> {
        Reader { text, at: 0, markup, links: 0 }
    }

    /// Reads up to the end of the next sentence, adding its words.
    pub(super) fn sentence(&mut self, list: &WordList, words: &mut Vec<Word>) -> Ending {
        let bytes = self.text.as_bytes();
        let mut money = WordKind::Plain;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\'' => self.at += 1,
                _ if WORD_LETTERS[usize::from(byte)] != 0 => {
                    words.extend(self.word(list, words.is_empty(), money));
                    money = WordKind::Plain;
                }
                b'?' | b'!' | b'\n' => {
                    self.at += 1;
                    let asked = byte == b'?' || (byte == b'!' && bytes.get(self.at) == Some(&b'?'));
                    return if asked { Ending::Question } else { Ending::Other };
                }
                b'.' => {
                    self.at += 1;
                    let ends = bytes.get(self.at).is_none_or(|next| next.is_ascii_whitespace());
                    let abbreviation = words.last().is_some_and(|word| list.abbreviations.holds(word.id));
                    if ends && !abbreviation {
                        return Ending::Other;
                    }
                }
                b'<' if self.markup == Markup::PassOver => {
                    money = WordKind::Plain;
                    let tag = pass_tag(self.text, self.at);
                    self.links += u32::from(tag.kind == TagKind::Link);
                    self.at = tag.end;
                    if tag.kind == TagKind::Block && !words.is_empty() {
                        return Ending::Other;
                    }
                }
                b'&' if self.markup == Markup::PassOver => self.at += entity_length(&bytes[self.at..]).max(1),
                b'$' => {
                    money = WordKind::Money;
                    self.at += 1;
                }
                0..0x80 => {
                    money = WordKind::Plain;
                    self.at += 1;
                }
                _ => {
                    let next = self.next_char();
                    if next.is_alphabetic() {
                        words.extend(self.word(list, words.is_empty(), WordKind::Plain));
                    } else {
                        money = if matches!(next, '€' | '£' | '¥') { WordKind::Money } else { WordKind::Plain };
                        self.at += next.len_utf8();
                    }
                }
            }
        }
        Ending::Text
    }

    /// Reads the word that begins here; `None` for a web address.
    fn word(&mut self, list: &WordList, is_first: bool, money: WordKind) -> Option<Word> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let (mut key, mut length) = ([0_u8; WORD_BYTES_MAX], 0_usize);
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            let mut letter = WORD_LETTERS[usize::from(byte)];
            if letter == 0 {
                let apostrophe = self.apostrophe_length(&bytes[at..]);
                if apostrophe > 0 {
                    at += apostrophe - 1;
                    letter = b'\'';
                } else if byte < 0x80 {
                    break;
                } else {
                    match self.text[at..].chars().next() {
                        Some('’') => {
                            at += 2;
                            letter = b'\'';
                        }
                        Some(next) if next.is_alphanumeric() => {
                            at += next.len_utf8() - 1;
                            length = WORD_BYTES_MAX;
                        }
                        _ => break,
                    }
                }
            }
            at += 1;
            if let Some(place) = key.get_mut(length) {
                *place = letter;
            }
            length += 1;
        }
        self.at = at;
        // Closing quotation marks are not part of the word they follow.
        while (1..=WORD_BYTES_MAX).contains(&length) && key[length - 1] == b'\'' {
            length -= 1;
            key[length] = 0;
        }
        if bytes.get(self.at) == Some(&b':') && bytes[self.at..].starts_with(b"://") {
            let rest = &bytes[self.at..];
            self.links += 1;
            self.at += rest
                .iter()
                .position(|byte| byte.is_ascii_whitespace() || matches!(*byte, b')' | b'<' | b'"'))
                .unwrap_or(rest.len());
            return None;
        }
        let id = if length <= WORD_BYTES_MAX { list.word_ids.id(u128::from_le_bytes(key)) } else { 0 };
        let first = bytes[from];
        let kind = if money == WordKind::Money && first.is_ascii_digit() {
            WordKind::Money
        } else if first.is_ascii_uppercase() && !is_first && self.at - from > 1 && bytes[from + 1] != b'\'' {
            WordKind::Name
        } else {
            WordKind::Plain
        };
        Some(Word { id, kind, from: from as u32, to: self.at as u32 })
    }

    /// How long the entity is that stands for an apostrophe here; 0 when none does.
    fn apostrophe_length(&self, rest: &[u8]) -> usize {
        if self.markup == Markup::Read || rest[0] != b'&' {
            return 0;
        }
        let written = ["&#39;", "&#x27;", "&apos;", "&rsquo;", "&#8217;"];
        written.iter().find(|entity| rest.starts_with(entity.as_bytes())).map_or(0, |entity| entity.len())
    }

    fn next_char(&self) -> char {
        self.text[self.at..].chars().next().expect("the reader stands at the start of a letter")
    }
}

/// Words of the list to their numbers: open addressing, the word itself is the key.
pub(super) struct WordIds {
    slots: Vec<(u128, u16)>,
}

impl WordIds {
    pub(super) fn new(words: &[&str]) -> WordIds {
        let mut ids = WordIds { slots: vec![(0, 0); (words.len() * 4).next_power_of_two()] };
        for (index, word) in words.iter().enumerate() {
            let mut bytes = [0_u8; WORD_BYTES_MAX];
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            let key = u128::from_le_bytes(bytes);
            let mut slot = ids.slot(key);
            while ids.slots[slot].1 != 0 {
                slot = (slot + 1) & (ids.slots.len() - 1);
            }
            ids.slots[slot] = (key, index as u16 + 1);
        }
        ids
    }

    fn slot(&self, key: u128) -> usize {
        let folded = (key as u64 ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (folded >> 40) as usize & (self.slots.len() - 1)
    }

    pub(super) fn id(&self, key: u128) -> u16 {
        let mut slot = self.slot(key);
        loop {
            let (held, id) = self.slots[slot];
            if id == 0 || held == key {
                return id;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// A set of words by number.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct WordSet {
    bits: Vec<u64>,
}

impl WordSet {
    pub(super) fn add(&mut self, id: u16) {
        let block = usize::from(id) / 64;
        if block >= self.bits.len() {
            self.bits.resize(block + 1, 0);
        }
        self.bits[block] |= 1 << (id % 64);
    }

    pub(super) fn holds(&self, id: u16) -> bool {
        self.bits.get(usize::from(id) / 64).is_some_and(|block| block >> (id % 64) & 1 == 1)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.bits.len() as u16 * 64).filter(|id| self.holds(*id))
    }
}
