//! What a market's groups say, read once and held: the terms that tell groups apart, their languages, sample words.
//!
//! The words lie in one piece of memory of bounded size. Of more words a part is held, chosen by their numbers, so that
//! the same facts give the same part in whatever order they come.

use rayon::prelude::*;

use super::languages::{SpokenLanguage, TEXTS_MAX, language_of, spoken};
use super::terms::words::TEXT_BYTES_MAX;
use super::terms::{GroupTerms, TermReader, VocabularyReader, typical_score};

/// Words shown for a group.
const SAMPLES_MAX: usize = 3;
/// How much more a sample shows when it was said to somebody.
const SAID_TO_SOMEBODY: f64 = 2.0;
/// Words of so many bytes can be shown: shorter ones say nothing, longer ones are not read.
const SAMPLE_BYTES: std::ops::RangeInclusive<u32> = 40..=1_500;

/// How much is held at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldMax {
    pub words: usize,
    pub bytes: usize,
}

/// Words with the one who said them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Words<'a> {
    /// Decides whether they are held where not all are; equal for equal facts.
    pub number: i64,
    /// Whether the number is that of a text by which they can be shown; otherwise they are only a title.
    pub is_text: bool,
    pub author: u32,
    /// To whom; `None` for a post.
    pub other: Option<u32>,
    /// The group to which they belong.
    pub group: u32,
    pub body: &'a str,
}

/// Words of groups in one piece of memory.
#[derive(Clone, Debug)]
pub struct WordsHeld {
    max: HeldMax,
    one_in: u64,
    bodies: String,
    said: Vec<Held>,
}

/// One of the words held: 40 bytes beside its body.
#[derive(Clone, Copy, Debug)]
struct Held {
    number: i64,
    start: usize,
    length: u32,
    author: u32,
    other: Option<u32>,
    group: u32,
    is_text: bool,
}

/// Words that show what a group talks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub text: i64,
    pub author: u32,
    pub other: Option<u32>,
}

/// What the words say of the groups; one entry a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaidInGroups {
    pub terms: GroupTerms,
    pub languages: Vec<Option<SpokenLanguage>>,
    /// Most typical first, each author and each text once.
    pub samples: Vec<Vec<Sample>>,
    /// How many words were read.
    pub texts: Vec<u64>,
    /// Words whose number is divisible by it were read.
    pub one_in: u64,
}

impl SaidInGroups {
    /// For groups of which nothing has to be read.
    pub fn nothing(groups: usize) -> SaidInGroups {
        WordsHeld::new(HeldMax { words: 1, bytes: 1 }, 1).read(groups)
    }
}

impl WordsHeld {
    /// Room for words; from the first one on only those whose number is divisible by `one_in` are held.
    pub fn new(max: HeldMax, one_in: u64) -> WordsHeld {
        WordsHeld { max, one_in: one_in.max(1), bodies: String::new(), said: vec![] }
    }

    /// Holds words, the beginning of very long ones; where there is no more room, every other one is let go from then on.
    pub fn hold(&mut self, words: &Words<'_>) {
        if !self.is_wanted(words.number) {
            return;
        }
        let Words { number, is_text, author, other, group, body } = *words;
        let body = &body[..body.floor_char_boundary(TEXT_BYTES_MAX)];
        let (start, length) = (self.bodies.len(), body.len() as u32);
        self.bodies.push_str(body);
        self.said.push(Held { number, start, length, author, other, group, is_text });
        while (self.said.len() > self.max.words || self.bodies.len() > self.max.bytes) && self.thin() {}
    }

    fn is_wanted(&self, number: i64) -> bool {
        number.unsigned_abs().is_multiple_of(self.one_in)
    }

    /// Lets every other number go; `false` where no number is left to choose by.
    fn thin(&mut self) -> bool {
        let Some(one_in) = self.one_in.checked_mul(2).filter(|_| self.said.len() > 1) else { return false };
        self.one_in = one_in;
        self.said.retain(|held| held.number.unsigned_abs().is_multiple_of(one_in));
        let mut kept = String::with_capacity(self.bodies.capacity());
        for held in &mut self.said {
            let start = kept.len();
            kept.push_str(&self.bodies[held.start..held.start + held.length as usize]);
            held.start = start;
        }
        self.bodies = kept;
        true
    }

    fn body(&self, held: &Held) -> &str {
        &self.bodies[held.start..held.start + held.length as usize]
    }

    /// Reads what is held, on all threads; the order in which words came changes nothing.
    ///
    /// Cost three times the bytes held, and a hundred detections of language a group; memory 12 bytes a person and term.
    pub fn read(mut self, groups: usize) -> SaidInGroups {
        self.said.sort_unstable_by_key(|held| (held.number, held.is_text, held.author, held.other));
        let texts = self.count(groups);
        let terms = self.terms(groups);
        SaidInGroups {
            languages: self.languages(groups),
            samples: self.samples(groups, &terms),
            terms,
            texts,
            one_in: self.one_in,
        }
    }

    /// As many portions as there are threads.
    fn portions(&self) -> rayon::slice::Chunks<'_, Held> {
        self.said.par_chunks(self.said.len().div_ceil(rayon::current_num_threads()).max(1))
    }

    fn count(&self, groups: usize) -> Vec<u64> {
        let mut texts = vec![0u64; groups];
        self.said.iter().for_each(|held| texts[held.group as usize] += 1);
        texts
    }

    fn terms(&self, groups: usize) -> GroupTerms {
        let vocabulary = self
            .portions()
            .map(|portion| {
                let mut reader = VocabularyReader::default();
                portion.iter().for_each(|held| reader.read(self.body(held)));
                reader
            })
            .reduce(VocabularyReader::default, VocabularyReader::joined)
            .finish();
        let empty = || TermReader::new(&vocabulary, groups);
        self.portions()
            .map(|portion| {
                let mut reader = empty();
                portion.iter().for_each(|held| reader.read(held.group, held.author, self.body(held)));
                reader
            })
            .reduce(empty, TermReader::joined)
            .finish()
    }

    fn languages(&self, groups: usize) -> Vec<Option<SpokenLanguage>> {
        // What is said again and again in the same words is one text.
        let mut distinct: Vec<&Held> = self.said.iter().collect();
        distinct.sort_by_key(|held| (held.group, held.number));
        distinct.dedup_by_key(|held| (held.group, held.number));
        let mut texts = vec![0u64; groups];
        distinct.iter().for_each(|held| texts[held.group as usize] += 1);
        let looked_at = |held: &&&Held| {
            let texts = texts[held.group as usize];
            texts <= u64::from(TEXTS_MAX) || (held.number.unsigned_abs() / self.one_in) % texts < u64::from(TEXTS_MAX)
        };
        let found: Vec<(u32, (&str, &str))> = distinct
            .par_iter()
            .filter(looked_at)
            .filter_map(|held| language_of(self.body(held)).map(|language| (held.group, language)))
            .collect();
        let mut of_group: Vec<Vec<(&str, &str)>> = vec![vec![]; texts.len()];
        found.into_iter().for_each(|(group, language)| of_group[group as usize].push(language));
        of_group.iter().map(|found| spoken(found)).collect()
    }

    fn samples(&self, groups: usize, terms: &GroupTerms) -> Vec<Vec<Sample>> {
        let scores = terms.scores();
        let scored: Vec<(u32, f64, Sample)> = self
            .said
            .par_iter()
            .filter_map(|held| {
                if !held.is_text || !SAMPLE_BYTES.contains(&held.length) {
                    return None;
                }
                // Words to somebody show a conversation; a post's own words stand in where there are none.
                let to_somebody = if held.other.is_some() { SAID_TO_SOMEBODY } else { 1.0 };
                let score = to_somebody * typical_score(self.body(held), held.group, &scores);
                let sample = Sample { text: held.number, author: held.author, other: held.other };
                (score > 0.0).then_some((held.group, score, sample))
            })
            .collect();
        let mut best = vec![vec![]; groups];
        for (group, score, sample) in scored {
            keep_sample(&mut best[group as usize], score, sample);
        }
        best.into_iter().map(|kept| kept.into_iter().map(|(_, sample)| sample).collect()).collect()
    }
}

/// Keeps the most typical words, each author once.
fn keep_sample(kept: &mut Vec<(f64, Sample)>, score: f64, sample: Sample) {
    // Positive scores sort like their bits.
    let order = |kept: &(f64, Sample)| (std::cmp::Reverse(kept.0.to_bits()), kept.1.text, kept.1.author);
    let fresh = (score, sample);
    if let Some(same) = kept.iter_mut().find(|held| held.1.author == sample.author || held.1.text == sample.text) {
        if order(&fresh) < order(same) {
            *same = fresh;
        }
    } else {
        kept.push(fresh);
    }
    kept.sort_by_key(order);
    kept.truncate(SAMPLES_MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: HeldMax = HeldMax { words: 10_000, bytes: 1 << 20 };

    fn said(number: i64) -> (i64, u32, u32, String) {
        let group = (number % 2) as u32;
        let about = if group == 0 { "sourdough bread with plenty of rye" } else { "trail running shoes on wet grass" };
        (number, (number % 97) as u32, group, format!("{about} {}", "and what else there is to say ".repeat(2)))
    }

    fn held(numbers: impl Iterator<Item = i64>, max: HeldMax) -> WordsHeld {
        let mut held = WordsHeld::new(max, 1);
        for number in numbers {
            let (number, author, group, body) = said(number);
            held.hold(&Words { number, is_text: true, author, other: Some(author + 1), group, body: &body });
        }
        held
    }

    #[test]
    fn groups_are_told_by_what_they_say_and_samples_say_it() {
        let found = held(0..400, ROOM).read(2);
        assert_eq!((found.texts.as_slice(), found.one_in), ([200, 200].as_slice(), 1));
        assert!(found.terms.names()[0].as_ref().is_some_and(|name| name.contains("sourdough")));
        assert!(found.terms.names()[1].as_ref().is_some_and(|name| name.contains("running")));
        assert_eq!(found.languages[0].as_ref().map(|spoken| spoken.code.as_str()), Some("eng"));
        assert_eq!(found.samples[0].iter().map(|sample| sample.text).collect::<Vec<_>>(), [0, 2, 4]);
    }

    #[test]
    fn the_order_in_which_words_come_and_the_number_of_threads_change_nothing() {
        let small = HeldMax { words: 70, ..ROOM };
        for max in [ROOM, small] {
            let one_way = held(0..500, max).read(2);
            assert_eq!(held((0..500).rev(), max).read(2), one_way);
            let threads = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
            assert_eq!(threads.install(|| held(0..500, max).read(2)), one_way);
        }
    }

    #[test]
    fn more_words_than_there_is_room_for_are_thinned_evenly_and_never_held() {
        let held_few = held(0..5_000, HeldMax { words: 70, ..ROOM });
        assert!(held_few.said.len() <= 70 && held_few.said.len() > 30, "{}", held_few.said.len());
        assert_eq!(held_few.one_in, 128);
        let held_short = held(0..5_000, HeldMax { bytes: 2_000, ..ROOM });
        assert!(held_short.bodies.len() <= 2_000, "{}", held_short.bodies.len());
    }

    #[test]
    fn the_same_words_said_by_everybody_come_to_an_end_whatever_their_number() {
        for number in [0, 1, 1 << 40, i64::MAX] {
            let mut held = WordsHeld::new(HeldMax { words: 20, ..ROOM }, 1);
            for author in 0..200 {
                held.hold(&Words { number, is_text: true, author, other: None, group: 0, body: "thanks" });
            }
            assert_eq!(held.read(1).samples, [vec![]], "number {number}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        let found = SaidInGroups::nothing(3);
        assert_eq!((found.texts, found.samples.len(), found.terms.names()), (vec![0; 3], 3, vec![None; 3]));
    }
}
