//! Which words a corpus uses, and which stand near each other, counted in bounded memory.

use crate::random::mix;

/// The words of a corpus in the order they were first met, each with a number.
///
/// An open table of hashes beside one string of all letters: no word is stored twice, and the same corpus gives the same
/// numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct WordTable {
    letters: String,
    /// Where each word ends in `letters`.
    ends: Vec<usize>,
    /// Word + 1 by hash; 0 is free. A power of two long.
    slots: Vec<u32>,
}

/// More different words than this are not taken in: what comes so late is rare.
const WORDS_HELD_MAX: usize = 4_000_000;

fn hash_of(word: &str) -> u64 {
    let mut hash = mix(word.len() as u64);
    for eight in word.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..eight.len()].copy_from_slice(eight);
        hash = mix(hash.rotate_left(5) ^ u64::from_le_bytes(bytes));
    }
    hash
}

impl WordTable {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn word(&self, number: usize) -> &str {
        let from = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.letters[from..self.ends[number]]
    }

    /// The slot where a word stands or would stand.
    fn slot(&self, word: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash_of(word) as usize & mask;
        while self.slots[slot] != 0 && self.word(self.slots[slot] as usize - 1) != word {
            slot = (slot + 1) & mask;
        }
        slot
    }

    pub(super) fn find(&self, word: &str) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        (self.slots[self.slot(word)] as usize).checked_sub(1)
    }

    /// The number of a word, a new one if need be; `None` when the table is full.
    pub(super) fn number(&mut self, word: &str) -> Option<usize> {
        if 2 * (self.len() + 1) > self.slots.len() {
            self.grow();
        }
        let slot = self.slot(word);
        if let Some(known) = (self.slots[slot] as usize).checked_sub(1) {
            return Some(known);
        }
        if self.len() >= WORDS_HELD_MAX {
            return None;
        }
        self.letters.push_str(word);
        self.ends.push(self.letters.len());
        self.slots[slot] = self.len() as u32;
        Some(self.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; (2 * self.slots.len()).max(1024)];
        for number in 0..self.len() {
            let slot = self.slot(self.word(number));
            self.slots[slot] = number as u32 + 1;
        }
    }
}

/// How often pairs of words stand near each other, weighed by nearness.
#[derive(Clone, Debug)]
pub(super) struct PairCounts {
    words: u64,
    pairs_max: usize,
    /// Pair and weight in one number, waiting to be merged.
    gathered: Vec<u64>,
    /// By pair, ascending; the smaller word first.
    counted: Vec<(u64, u32)>,
}

/// Entries gathered before they are sorted and merged.
const GATHERED_MAX: usize = 4_000_000;
const WEIGHT_BITS: u32 = 6;

impl PairCounts {
    pub(super) fn new(words: usize, pairs_max: usize) -> PairCounts {
        PairCounts { words: words as u64, pairs_max, gathered: vec![], counted: vec![] }
    }

    /// Adds the pairs of one document: words up to `window` apart weigh `window + 1 - distance`. Words not kept are `None`
    /// and take up their place.
    pub(super) fn add(&mut self, document: &[Option<u32>], window: usize) {
        for (place, word) in document.iter().enumerate() {
            let Some(word) = word else { continue };
            for distance in 1..=window.min(document.len() - 1 - place) {
                let Some(other) = document[place + distance] else { continue };
                if other != *word {
                    let pair = u64::from(other.min(*word)) * self.words + u64::from(other.max(*word));
                    self.gathered.push(pair << WEIGHT_BITS | (window + 1 - distance) as u64);
                }
            }
        }
        if self.gathered.len() >= GATHERED_MAX {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.gathered.sort_unstable();
        let mut merged: Vec<(u64, u32)> = Vec::with_capacity(self.counted.len() + self.gathered.len() / 2);
        let mut held = self.counted.iter().copied().peekable();
        for same in self.gathered.chunk_by(|a, b| a >> WEIGHT_BITS == b >> WEIGHT_BITS) {
            let pair = same[0] >> WEIGHT_BITS;
            while let Some(before) = held.next_if(|before| before.0 < pair) {
                merged.push(before);
            }
            let known = held.next_if(|before| before.0 == pair).map_or(0, |before| before.1);
            let weights = same.iter().map(|entry| (entry & ((1 << WEIGHT_BITS) - 1)) as u32);
            merged.push((pair, weights.fold(known, u32::saturating_add)));
        }
        merged.extend(held);
        self.gathered.clear();
        // Where there are too many, the rarest pairs go; one that comes back later begins again.
        let mut least = 1;
        while merged.len() > self.pairs_max {
            least *= 2;
            merged.retain(|(_, weight)| *weight >= least);
        }
        self.counted = merged;
    }

    /// Pairs `(smaller word, larger word, weight)`, ascending.
    pub(super) fn finish(mut self) -> Vec<(u32, u32, u32)> {
        self.merge();
        let words = self.words;
        self.counted.into_iter().map(|(pair, weight)| ((pair / words) as u32, (pair % words) as u32, weight)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_numbers_in_the_order_they_are_met() {
        let mut table = WordTable::default();
        let words: Vec<String> = (0..3_000).map(|word| format!("w{word}")).collect();
        for word in words.iter().chain(&words) {
            table.number(word);
        }
        assert_eq!(table.len(), 3_000);
        assert!(
            words.iter().enumerate().all(|(place, word)| table.find(word) == Some(place) && table.word(place) == word)
        );
        assert_eq!(table.find("none"), None);
        assert_eq!(WordTable::default().find("none"), None);
    }

    #[test]
    fn nearer_words_weigh_more_and_words_not_kept_take_up_their_place() {
        let mut counts = PairCounts::new(3, 100);
        counts.add(&[Some(0), Some(1), None, Some(2), Some(2)], 3);
        counts.add(&[Some(1), Some(0)], 3);
        assert_eq!(counts.finish(), [(0, 1, 6), (0, 2, 1), (1, 2, 3)]);
    }

    #[test]
    fn the_rarest_pairs_go_where_there_are_too_many() {
        let mut counts = PairCounts::new(50, 10);
        for word in 1..50 {
            counts.add(&[Some(0), Some(word)], 1);
        }
        counts.add(&[Some(0), Some(7)], 1);
        assert_eq!(counts.finish(), [(0, 7, 2)]);
    }
}
