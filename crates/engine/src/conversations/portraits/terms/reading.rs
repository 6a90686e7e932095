//! Reading a market's texts for what tells its groups apart: first which terms are used at all, then who uses them.

use super::words::{is_same_word, visit_terms};
use super::{GroupTerms, PEOPLE_MIN, SCORE_MIN, Term};
use crate::random::mix;

/// How many terms are kept as the vocabulary of a market.
const VOCABULARY_MAX: usize = 60_000;
/// How many terms of one text are read; a very long one says nothing more about its group.
const TERMS_OF_TEXT_MAX: usize = 200;
/// Entries gathered before they are sorted and merged.
const GATHERED_MAX: usize = 4_000_000;
/// Weight of what everybody says, in uses: how much evidence a group needs to differ from it.
const PRIOR_USES: f64 = 100.0;
/// How much less telling a pair of words may be than one of them and still go first.
const PAIR_BONUS: f64 = 1.15;
/// Terms shown for a group.
const TERMS_MAX: usize = 10;
/// Terms from which a group's niches are read: so many of those that tell it, and so many of those most used.
const TERMS_READ_MAX: usize = 40;

/// A term by 64 bits, eight bytes of it at a time.
fn key_of(term: &str) -> u64 {
    let mut key = mix(term.len() as u64);
    for eight in term.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..eight.len()].copy_from_slice(eight);
        key = mix(key.rotate_left(5) ^ u64::from_le_bytes(bytes));
    }
    key
}

/// First reading: which terms are used often enough to be worth counting.
#[derive(Clone, Debug, Default)]
pub struct VocabularyReader {
    gathered: Vec<u64>,
    counted: Vec<(u64, u32)>,
    texts: u64,
    of_text: Vec<u64>,
}

impl VocabularyReader {
    /// Takes in one text. Cost `O(bytes)`.
    pub fn read(&mut self, text: &str) {
        self.of_text.clear();
        let of_text = &mut self.of_text;
        visit_terms(text, |term| {
            if of_text.len() < TERMS_OF_TEXT_MAX {
                of_text.push(key_of(term));
            }
        });
        of_text.sort_unstable();
        of_text.dedup();
        self.gathered.extend_from_slice(of_text);
        self.texts += 1;
        if self.gathered.len() >= GATHERED_MAX {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.gathered.sort_unstable();
        let fresh = self.gathered.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        self.gathered.clear();
        self.add(fresh);
    }

    /// Adds counts sorted by term.
    fn add(&mut self, fresh: Vec<(u64, u32)>) {
        let mut merged: Vec<(u64, u32)> = Vec::with_capacity(self.counted.len() + fresh.len());
        let mut held = self.counted.iter().copied().peekable();
        for (key, count) in fresh {
            while let Some(&before) = held.peek()
                && before.0 < key
            {
                merged.push(before);
                held.next();
            }
            let known = held.next_if(|before| before.0 == key).map_or(0, |before| before.1);
            merged.push((key, known + count));
        }
        merged.extend(held);
        // Rare terms are let go while there are too many; they would not become part of the vocabulary.
        if merged.len() > 2 * GATHERED_MAX {
            merged.retain(|(_, count)| *count > 1);
        }
        self.counted = merged;
    }

    /// What two readers of different texts have read. Cost `O(terms)`.
    pub fn joined(mut self, mut other: VocabularyReader) -> VocabularyReader {
        self.merge();
        other.merge();
        self.texts += other.texts;
        self.add(other.counted);
        self
    }

    /// The terms used in at least five texts, the most used ones first where there are too many, and in at most three
    /// quarters of all texts.
    pub fn finish(mut self) -> Vocabulary {
        self.merge();
        let most = (self.texts / 4 * 3).max(u64::from(PEOPLE_MIN));
        let mut kept: Vec<(u64, u32)> =
            self.counted.into_iter().filter(|(_, count)| *count >= PEOPLE_MIN && u64::from(*count) <= most).collect();
        kept.sort_unstable_by_key(|&(key, count)| (std::cmp::Reverse(count), key));
        kept.truncate(VOCABULARY_MAX);
        let mut keys: Vec<u64> = kept.into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        Vocabulary { keys }
    }
}

/// The terms that are counted, known by their hashes.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    keys: Vec<u64>,
}

/// Second reading: who used which term in which group.
#[derive(Clone, Debug)]
pub struct TermReader<'a> {
    vocabulary: &'a Vocabulary,
    words: Vec<Option<Box<str>>>,
    uses: Vec<(u32, u32, u32)>,
    merged: usize,
    groups: usize,
}

impl<'a> TermReader<'a> {
    pub fn new(vocabulary: &'a Vocabulary, groups: usize) -> TermReader<'a> {
        TermReader { words: vec![None; vocabulary.keys.len()], vocabulary, uses: vec![], merged: 0, groups }
    }

    /// Takes in what one member of a group said in it. Cost `O(bytes)`; memory 12 bytes a person and term.
    pub fn read(&mut self, group: u32, person: u32, text: &str) {
        debug_assert!((group as usize) < self.groups, "groups are numbered from 0");
        let (mut read, words, uses) = (0, &mut self.words, &mut self.uses);
        let keys = &self.vocabulary.keys;
        visit_terms(text, |term| {
            read += 1;
            if read > TERMS_OF_TEXT_MAX {
                return;
            }
            if let Ok(place) = keys.binary_search(&key_of(term)) {
                words[place].get_or_insert_with(|| term.into());
                uses.push((group, place as u32, person));
            }
        });
        if self.uses.len() > self.merged + GATHERED_MAX {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.uses.sort_unstable();
        self.uses.dedup();
        self.merged = self.uses.len();
    }

    /// What two readers of different texts have read.
    pub fn joined(mut self, mut other: TermReader<'a>) -> TermReader<'a> {
        self.merge();
        other.merge();
        for (word, held) in self.words.iter_mut().zip(other.words) {
            *word = word.take().or(held);
        }
        self.uses.append(&mut other.uses);
        self.merge();
        self
    }

    /// The terms of every group, best first.
    ///
    /// `score = (L_group - L_others) / sqrt(1 / (y_g + a) + 1 / (y_o + a))`, `L = ln((y + a) / (n + a_0 - y - a))`, y =
    /// people who used the term, n = the sum of y over all terms, a = 100 times the term's share of all uses.
    /// A term needs 5 people of the group and a score of 3.29. Cost `O(uses log uses)`.
    pub fn finish(mut self) -> GroupTerms {
        self.merge();
        let terms = self.words.len();
        let mut anywhere = vec![0u32; terms];
        let mut of_group = vec![0u64; self.groups];
        for &(group, term, _) in &self.uses {
            anywhere[term as usize] += 1;
            of_group[group as usize] += 1;
        }
        let all: f64 = of_group.iter().map(|&uses| uses as f64).sum();
        let mut terms = GroupTerms { of_group: vec![vec![]; self.groups], for_niches: vec![vec![]; self.groups] };
        for in_group in self.uses.chunk_by(|a, b| a.0 == b.0) {
            let group = in_group[0].0 as usize;
            let used: Vec<Term> = in_group
                .chunk_by(|a, b| a.1 == b.1)
                .filter(|uses| uses.len() as u32 >= PEOPLE_MIN)
                .map(|uses| {
                    let (term, people) = (uses[0].1 as usize, uses.len() as u32);
                    let (here, everybody) = (f64::from(people), f64::from(anywhere[term]));
                    let (log_odds, score) = log_odds(here, of_group[group] as f64, everybody, all);
                    let word = self.words[term].as_deref().unwrap_or_default();
                    Term { term: word.to_owned(), people, people_anywhere: anywhere[term], log_odds, score }
                })
                .collect();
            let telling = best_terms(used.iter().filter(|term| term.score >= SCORE_MIN).cloned().collect());
            terms.for_niches[group] = with_most_used(&telling, used);
            terms.of_group[group] = telling;
            terms.of_group[group].truncate(TERMS_MAX);
        }
        terms
    }
}

/// The terms that tell a group, and after them those that most of its members use.
fn with_most_used(telling: &[Term], mut used: Vec<Term>) -> Vec<Term> {
    used.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.term.cmp(&b.term)));
    used.truncate(TERMS_READ_MAX);
    used.retain(|term| telling.iter().all(|told| told.term != term.term));
    telling.iter().cloned().chain(used).collect()
}

/// How much more a group uses a term than the others: the difference of the log-odds, and how many of its standard
/// deviations that is.
fn log_odds(here: f64, of_group: f64, anywhere: f64, all: f64) -> (f64, f64) {
    let prior = PRIOR_USES * anywhere / all;
    let (there, of_others) = (anywhere - here, all - of_group);
    let log_odds = |used: f64, uses: f64| ((used + prior) / (uses + PRIOR_USES - used - prior).max(1e-9)).ln();
    let difference = log_odds(here, of_group) - log_odds(there, of_others);
    let variance = 1.0 / (here + prior) + 1.0 / (there + prior);
    (difference, difference / variance.sqrt())
}

/// The best terms, none of which says again what a better one has said.
fn best_terms(mut terms: Vec<Term>) -> Vec<Term> {
    // A pair of words says more than either of them, so it goes first when it is nearly as telling.
    let telling = |term: &Term| if term.term.contains(' ') { PAIR_BONUS * term.score } else { term.score };
    terms.sort_by(|a, b| telling(b).total_cmp(&telling(a)).then_with(|| a.term.cmp(&b.term)));
    let mut kept: Vec<Term> = vec![];
    for term in terms {
        let says_again = kept.iter().any(|better| {
            term.term.split(' ').all(|word| better.term.split(' ').any(|other| is_same_word(word, other)))
                || better.term.split(' ').all(|word| term.term.split(' ').any(|other| is_same_word(word, other)))
        });
        if !says_again {
            kept.push(term);
        }
        if kept.len() == TERMS_READ_MAX {
            break;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(said: &[(u32, u32, &str)], groups: usize) -> GroupTerms {
        let mut vocabulary = VocabularyReader::default();
        said.iter().for_each(|(_, _, text)| vocabulary.read(text));
        let vocabulary = vocabulary.finish();
        let mut reader = TermReader::new(&vocabulary, groups);
        said.iter().for_each(|(group, person, text)| reader.read(*group, *person, text));
        reader.finish()
    }

    #[test]
    fn a_group_is_named_by_what_many_of_its_members_say_and_others_do_not() {
        let mut said: Vec<(u32, u32, &str)> = vec![];
        for person in 0..40 {
            said.push((0, person, "sourdough bread with rye"));
            said.push((1, 100 + person, "trail running shoes and bread"));
        }
        let names = named(&said, 2).names();
        assert!(
            names[0].as_ref().is_some_and(|name| name.contains("sourdough") && !name.contains("shoes")),
            "{names:?}"
        );
        assert!(names[1].as_ref().is_some_and(|name| name.contains("running")), "{names:?}");
    }

    #[test]
    fn nobody_names_a_group_by_saying_a_word_often() {
        let mut said: Vec<(u32, u32, &str)> = vec![(0, 0, "buymycoin"); 200];
        for person in 0..60 {
            said.push((0, person, "espresso grinder"));
            said.push((1, 100 + person, "fly fishing"));
        }
        let found = named(&said, 2);
        assert!(found.of_group[0].iter().all(|term| term.term != "buymycoin"));
        assert_eq!(found.names()[0].as_deref(), Some("espresso grinder"));
    }

    #[test]
    fn a_group_of_which_too_little_is_held_has_no_name() {
        assert_eq!(named(&[(0, 1, "quiet"), (1, 2, "words")], 2).names(), [None, None]);
    }
}
