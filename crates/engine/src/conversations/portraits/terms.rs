//! What a group talks about: the terms that many of its members use and few others do.
//!
//! A term counts once for each person who used it, so nobody makes a group's name by saying a word often. Terms are
//! words and pairs of neighbouring words. Source of the score: Monroe, Colaresi, Quinn, "Fightin' Words" (2008),
//! section 3.4: log-odds with an informative Dirichlet prior.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random::mix;

/// A term must be used by so many different members before it says anything about a group.
pub const PEOPLE_MIN: u32 = 5;
/// How many terms are kept as the vocabulary of a market.
const VOCABULARY_MAX: usize = 60_000;
/// How many terms of one text are read; a very long one says nothing more about its group.
const TERMS_OF_TEXT_MAX: usize = 200;
/// Bytes of one text that are read.
const TEXT_BYTES_MAX: usize = 20_000;
/// Entries gathered before they are sorted and merged.
const GATHERED_MAX: usize = 4_000_000;
/// Weight of what everybody says, in uses: how much evidence a group needs to differ from it.
const PRIOR_USES: f64 = 100.0;
/// Below this score a term may well be chance; two-sided 0.1 % of a normal distribution.
pub const SCORE_MIN: f64 = 3.29;
/// How much less telling a pair of words may be than one of them and still go first.
const PAIR_BONUS: f64 = 1.15;
/// Terms kept for a group.
const TERMS_MAX: usize = 10;

/// A word or pair of words that tells a group from all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub term: String,
    /// Members who used it.
    pub people: u32,
    /// Everybody who used it, in all groups.
    pub people_anywhere: u32,
    /// Standard deviations by which the group uses it more than the others do.
    pub score: f64,
}

/// Calls `visit` with every term of a text: lower-case words of 3 to 24 letters that carry meaning, and pairs of such
/// words that stand side by side. Markup, web addresses, numbers and `@names` are passed over; scripts written without
/// spaces are read as pairs of characters. Cost `O(bytes)`, at most 20,000 of them.
pub fn visit_terms(text: &str, mut visit: impl FnMut(&str)) {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let mut previous = String::new();
    let mut word = String::new();
    let mut pair = String::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if letter == '<' && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/') {
            at += rest.find('>').map_or(rest.len(), |close| close + 1);
            previous.clear();
            continue;
        }
        if letter == '&'
            && let Some(close) = rest.get(..10.min(rest.len())).and_then(|start| start.find(';'))
        {
            at += close + 1;
            continue;
        }
        if rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.") || letter == '@' {
            at += rest.find(|end: char| end.is_whitespace() || end == '<' || end == '"').unwrap_or(rest.len());
            previous.clear();
            continue;
        }
        if is_unspaced(letter) {
            let run: &str = &rest[..rest.find(|next: char| !is_unspaced(next)).unwrap_or(rest.len())];
            let mut letters = run.char_indices().map(|(place, _)| place).chain([run.len()]).collect::<Vec<_>>();
            letters.dedup();
            for three in letters.windows(3) {
                visit(&run[three[0]..three[2]]);
            }
            at += run.len();
            previous.clear();
            continue;
        }
        if !letter.is_alphabetic() {
            // A pair of words is broken by everything but a space or a hyphen.
            if !(letter == ' ' || letter == '-') {
                previous.clear();
            }
            at += letter.len_utf8();
            continue;
        }
        let length = rest
            .char_indices()
            .find(|(_, next)| !(next.is_alphabetic() || *next == '\'' || *next == '’'))
            .map_or(rest.len(), |(place, _)| place);
        word.clear();
        word.extend(rest[..length].chars().flat_map(char::to_lowercase));
        let kept = without_possessive(&word).len();
        word.truncate(kept);
        at += length;
        let letters = word.chars().count();
        if !(3..=24).contains(&letters) || is_common(&word) {
            previous.clear();
            continue;
        }
        visit(&word);
        if !previous.is_empty() {
            pair.clear();
            pair.push_str(&previous);
            pair.push(' ');
            pair.push_str(&word);
            visit(&pair);
        }
        std::mem::swap(&mut previous, &mut word);
    }
}

fn without_possessive(word: &str) -> &str {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    word.trim_matches(['\'', '’'])
}

/// Chinese, Japanese and Thai are written without spaces.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Words that everybody uses and that carry no topic. Sorted. What a language not in this list says all the time is
/// said by all its groups alike, so its score stays low.
fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

static COMMON: [&str; 229] = [
    "able",
    "about",
    "above",
    "actually",
    "after",
    "again",
    "all",
    "almost",
    "also",
    "although",
    "always",
    "and",
    "another",
    "any",
    "anyone",
    "anything",
    "are",
    "aren't",
    "around",
    "ask",
    "asked",
    "away",
    "back",
    "bad",
    "based",
    "because",
    "been",
    "before",
    "being",
    "best",
    "better",
    "between",
    "big",
    "both",
    "but",
    "can",
    "can't",
    "cannot",
    "case",
    "com",
    "come",
    "comes",
    "could",
    "couldn't",
    "did",
    "didn't",
    "different",
    "does",
    "doesn't",
    "doing",
    "don't",
    "done",
    "down",
    "each",
    "either",
    "else",
    "enough",
    "etc",
    "even",
    "ever",
    "every",
    "everyone",
    "everything",
    "exactly",
    "far",
    "few",
    "find",
    "first",
    "for",
    "found",
    "from",
    "get",
    "gets",
    "getting",
    "give",
    "given",
    "goes",
    "going",
    "gonna",
    "good",
    "got",
    "great",
    "had",
    "has",
    "have",
    "haven't",
    "having",
    "help",
    "her",
    "here",
    "hers",
    "him",
    "his",
    "how",
    "however",
    "i'd",
    "i'll",
    "i'm",
    "i've",
    "into",
    "isn't",
    "it's",
    "its",
    "just",
    "keep",
    "kind",
    "know",
    "last",
    "least",
    "less",
    "let",
    "like",
    "little",
    "long",
    "look",
    "looking",
    "lot",
    "lots",
    "made",
    "make",
    "makes",
    "making",
    "many",
    "may",
    "maybe",
    "mean",
    "means",
    "might",
    "more",
    "most",
    "much",
    "must",
    "myself",
    "need",
    "never",
    "new",
    "nice",
    "not",
    "nothing",
    "now",
    "often",
    "okay",
    "old",
    "once",
    "one",
    "only",
    "other",
    "others",
    "our",
    "out",
    "over",
    "own",
    "part",
    "people",
    "perhaps",
    "please",
    "point",
    "pretty",
    "probably",
    "put",
    "question",
    "quite",
    "quot",
    "rather",
    "really",
    "right",
    "said",
    "same",
    "say",
    "says",
    "see",
    "seem",
    "seems",
    "she",
    "should",
    "simply",
    "since",
    "some",
    "someone",
    "something",
    "sometimes",
    "still",
    "such",
    "sure",
    "take",
    "than",
    "thank",
    "thanks",
    "that",
    "that's",
    "the",
    "their",
    "them",
    "then",
    "there",
    "there's",
    "these",
    "they",
    "they're",
    "thing",
    "things",
    "think",
    "this",
    "those",
    "though",
    "through",
    "time",
    "too",
    "two",
    "under",
    "until",
    "use",
    "very",
    "want",
    "was",
    "way",
    "we're",
    "well",
    "were",
    "what",
    "when",
    "which",
    "who",
    "will",
    "with",
    "would",
    "yes",
    "you",
    "your",
];

fn key_of(term: &str) -> u64 {
    term.bytes().fold(0xCBF2_9CE4_8422_2325, |key, byte| mix(key ^ u64::from(byte)))
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
        let fresh = self.gathered.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32));
        let mut merged: Vec<(u64, u32)> = Vec::with_capacity(self.counted.len() + 1024);
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
        self.gathered.clear();
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
        let mut found: Vec<Vec<Term>> = vec![vec![]; self.groups];
        for used in self.uses.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (group, term, _) = used[0];
            let people = used.len() as u32;
            if people < PEOPLE_MIN {
                continue;
            }
            let everybody = anywhere[term as usize];
            let of_group = of_group[group as usize] as f64;
            let score = log_odds_score(f64::from(people), of_group, f64::from(everybody), all);
            if score >= SCORE_MIN {
                let word = self.words[term as usize].as_deref().unwrap_or_default();
                let term = Term { term: word.to_owned(), people, people_anywhere: everybody, score };
                found[group as usize].push(term);
            }
        }
        GroupTerms { of_group: found.into_iter().map(best_terms).collect() }
    }
}

/// How surely a group uses a term more than the others, in standard deviations.
fn log_odds_score(here: f64, of_group: f64, anywhere: f64, all: f64) -> f64 {
    let prior = PRIOR_USES * anywhere / all;
    let (there, of_others) = (anywhere - here, all - of_group);
    let log_odds = |used: f64, uses: f64| ((used + prior) / (uses + PRIOR_USES - used - prior).max(1e-9)).ln();
    let variance = 1.0 / (here + prior) + 1.0 / (there + prior);
    (log_odds(here, of_group) - log_odds(there, of_others)) / variance.sqrt()
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
        if kept.len() == TERMS_MAX {
            break;
        }
    }
    kept
}

/// "beer" and "beers" are one word here.
fn is_same_word(one: &str, other: &str) -> bool {
    let stem = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    one == other || stem(one) == stem(other)
}

/// The distinctive terms of every group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupTerms {
    pub of_group: Vec<Vec<Term>>,
}

impl GroupTerms {
    /// Names for all groups: their first three terms; `None` where too little was said.
    pub fn names(&self) -> Vec<Option<String>> {
        let name = |terms: &Vec<Term>| {
            let first: Vec<&str> = terms.iter().take(3).map(|term| term.term.as_str()).collect();
            (!first.is_empty()).then(|| first.join(", "))
        };
        self.of_group.iter().map(name).collect()
    }

    /// A look-up of every term's score in every group, for finding what was said most like a group.
    pub fn scores(&self) -> BTreeMap<&str, Vec<(u32, f64)>> {
        let mut scores: BTreeMap<&str, Vec<(u32, f64)>> = BTreeMap::new();
        for (group, terms) in self.of_group.iter().enumerate() {
            for term in terms {
                scores.entry(&term.term).or_default().push((group as u32, term.score));
            }
        }
        scores
    }
}

/// How well a text shows what a group talks about: the scores of the group's different terms in it, over the square
/// root of its length in letters. 0 when it uses none.
pub fn typical_score(text: &str, group: u32, scores: &BTreeMap<&str, Vec<(u32, f64)>>) -> f64 {
    let mut seen: Vec<String> = vec![];
    let mut sum = 0.0;
    visit_terms(text, |term| {
        let Some(of_term) = scores.get(term) else { return };
        let Some((_, score)) = of_term.iter().find(|(of, _)| *of == group) else { return };
        if !seen.iter().any(|before| before == term) {
            seen.push(term.to_owned());
            sum += score;
        }
    });
    sum / (text.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut found = vec![];
        visit_terms(text, |term| found.push(term.to_owned()));
        found
    }

    #[test]
    fn markup_addresses_names_and_common_words_are_no_terms() {
        let text =
            "<p>Look at the <b>Saison's</b> barrel-aged style, @maria! https://example.org/saison &amp; more</p>";
        assert_eq!(terms(text), ["saison", "barrel", "aged", "barrel aged", "style", "aged style"]);
    }

    #[test]
    fn words_of_a_pair_stand_side_by_side_in_one_sentence() {
        assert_eq!(terms("dark chocolate. porter"), ["dark", "chocolate", "dark chocolate", "porter"]);
    }

    #[test]
    fn scripts_without_spaces_are_read_in_pairs() {
        assert_eq!(terms("精酿啤酒 ok"), ["精酿", "酿啤", "啤酒"]);
    }

    #[test]
    fn the_common_words_are_sorted_so_that_each_is_found() {
        assert!(COMMON.is_sorted());
    }

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
