//! How alike two creators are, which words make them so, and how sure that is.

use std::collections::BTreeMap;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

use super::packed::{Alike, PACKED_DIMS};
use super::vectors::WordVectors;
use super::words_of_texts;
use crate::random::Draws;

/// Word vectors answer from so many texts on. On planted talk of 30 topics, each said in two ways, the right topic in
/// other words is found first for 0.03 of one-text creators after 500 texts, 0.67 after 1,000, 1.00 after 2,000 (`tests.rs`).
pub const DOCUMENTS_MIN: u64 = 2_000;
/// An interval needs so many texts of each creator.
const TEXTS_MIN: usize = 3;
/// The stream of chance that draws texts for intervals.
const STREAM: u64 = 0x6c69;

/// What answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LikenessMethod {
    OwnWordVectors,
    SharedWords,
}

impl LikenessMethod {
    /// As the page says it.
    pub fn words(self) -> &'static str {
        match self {
            LikenessMethod::OwnWordVectors => "own word vectors",
            LikenessMethod::SharedWords => "shared words",
        }
    }
}

/// What changes how alike two creators are said to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikenessSettings {
    /// Words shown with their parts, of each kind.
    pub words_max: usize,
    /// How often both creators' texts are drawn anew for the interval.
    pub rounds: u32,
    pub seed: u64,
}

impl Default for LikenessSettings {
    fn default() -> LikenessSettings {
        LikenessSettings { words_max: 8, rounds: 200, seed: 1 }
    }
}

/// Which method answers: own word vectors where they were fitted on at least 2,000 texts, else shared words.
pub fn method_for(vectors: &WordVectors) -> LikenessMethod {
    if vectors.documents >= DOCUMENTS_MIN { LikenessMethod::OwnWordVectors } else { LikenessMethod::SharedWords }
}

/// How alike two creators' talk is, as a score with the words that make it so.
///
/// `one` and `other`: the words of each text of theirs ([`super::visit_words`]). Own word vectors: the cosine of
/// `sum over words of texts(w) * a / (a + p(w)) * (vector(w) less the common direction)`; a word's part is the mean of what
/// it adds from either side, so the parts of all words add up to the cosine. Shared words: the cosine of
/// `ln(1 + texts(w)) * ln(1 + all words / uses(w))`. Score -1..=1, comparable within one fit and method. Interval: 90 %,
/// both creators' texts drawn anew, each counted a Poisson(1) number of times, moved so that its middle is the value (fewer
/// texts make two creators look less alike). Not known where a creator has no known word; the interval is not known with
/// fewer than 3 texts of either. Cost `O((words + rounds * texts) * dims)`.
/// Sources: as [`WordVectors::document`]; drawing: Hanley & MacGibbon 2006, bias: Efron & Tibshirani 1993, chapter 10.
pub fn likeness(
    vectors: &WordVectors,
    one: &[Vec<&str>],
    other: &[Vec<&str>],
    settings: &LikenessSettings,
) -> Estimate {
    let method = method_for(vectors);
    let texts = (one.len() + other.len()) as u64;
    let known = match method {
        LikenessMethod::OwnWordVectors => by_vectors(vectors, one, other),
        LikenessMethod::SharedWords => by_shared_words(vectors, one, other),
    };
    let Some(compared) = known else {
        let reason = "one of them has said nothing in words that others of this market use; import more of their posts";
        return Estimate::not_known(Unit::Score, method.words(), texts, "texts", reason);
    };
    let mut parts = compared.explained(settings.words_max);
    let range = interval(&*compared.cosine_of, compared.cosine, [one.len(), other.len()], settings);
    if range.is_none() {
        let reason = format!("interval not known: it needs {TEXTS_MIN} texts of each; import more of their posts");
        parts.push(Explanation::leaf(reason, None, Unit::Score));
    }
    let words = format!("{} compared, {} texts with {}", method.words(), one.len(), other.len());
    let tree = Explanation::sum(words, Unit::Score, parts)
        .with_formula("cosine of the two directions, word by word")
        .with_rows(texts, "texts", None);
    let (lo, hi) = range.unwrap_or((compared.cosine, compared.cosine));
    let estimate = Estimate::known(compared.cosine, lo, hi, texts, "texts", method.words(), tree).graded(Grade::C);
    match range {
        Some(_) => estimate,
        None => Estimate { lo: None, hi: None, ..estimate },
    }
}

/// What one word adds to the cosine.
struct WordPart {
    word: String,
    part: f64,
    is_shared: bool,
}

/// Gives the cosine when the texts of either are counted so often.
type CosineOf<'a> = Box<dyn Fn(&[f64], &[f64]) -> f64 + 'a>;

struct Compared<'a> {
    cosine: f64,
    parts: Vec<WordPart>,
    cosine_of: CosineOf<'a>,
}

impl Compared<'_> {
    /// The words that add most, those both use before those that one alone uses, and all others together.
    fn explained(&self, words_max: usize) -> Vec<Explanation> {
        let mut shown: Vec<Explanation> = vec![];
        let mut rest: f64 = 0.0;
        let mut rest_count = 0;
        for is_shared in [true, false] {
            let mut parts: Vec<&WordPart> = self.parts.iter().filter(|part| part.is_shared == is_shared).collect();
            parts.sort_by(|a, b| b.part.total_cmp(&a.part).then_with(|| a.word.cmp(&b.word)));
            let said = if is_shared { "both say" } else { "one says, in company like the other's words:" };
            let telling = parts.iter().take(words_max).take_while(|part| part.part > 0.0).count();
            shown.extend(parts[..telling].iter().map(|part| {
                Explanation::leaf(format!("{said} \u{201c}{}\u{201d}", part.word), Some(part.part), Unit::Score)
            }));
            rest += parts[telling..].iter().map(|part| part.part).sum::<f64>();
            rest_count += parts.len() - telling;
        }
        if rest_count > 0 {
            shown.push(Explanation::leaf(format!("{rest_count} other words together"), Some(rest), Unit::Score));
        }
        shown
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

type Direction = [f64; PACKED_DIMS];

fn by_vectors<'a>(vectors: &'a WordVectors, one: &[Vec<&str>], other: &[Vec<&str>]) -> Option<Compared<'a>> {
    let of_word =
        |word: &str| -> Option<Direction> { vectors.place(word).map(|place| vectors.part(place).map(f64::from)) };
    let of_texts = |texts: &[Vec<&str>]| -> Vec<Direction> {
        let of_text = |text: &Vec<&str>| {
            let mut sum = [0.0; PACKED_DIMS];
            for (word, _) in words_of_texts(std::slice::from_ref(text)) {
                of_word(word).iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
            }
            sum
        };
        texts.iter().map(of_text).collect()
    };
    let texts = [of_texts(one), of_texts(other)];
    let once = [vec![1.0; one.len()], vec![1.0; other.len()]];
    let (left, right) = (weighed(&texts[0], &once[0]), weighed(&texts[1], &once[1]));
    let lengths = (dot(&left, &left) * dot(&right, &right)).sqrt();
    if lengths <= 1e-12 {
        return None;
    }
    let mut parts: BTreeMap<&str, (f64, u32)> = BTreeMap::new();
    for (words, towards) in [(words_of_texts(one), &right), (words_of_texts(other), &left)] {
        for (word, count) in words {
            if let Some(direction) = of_word(word) {
                let entry = parts.entry(word).or_default();
                entry.0 += f64::from(count) * dot(&direction, towards) / lengths / 2.0;
                entry.1 += 1;
            }
        }
    }
    let parts = parts
        .into_iter()
        .map(|(word, (part, sides))| WordPart { word: word.to_owned(), part, is_shared: sides == 2 })
        .collect();
    let cosine_of = move |one: &[f64], other: &[f64]| {
        let (left, right) = (weighed(&texts[0], one), weighed(&texts[1], other));
        let lengths = (dot(&left, &left) * dot(&right, &right)).sqrt();
        if lengths > 1e-12 { dot(&left, &right) / lengths } else { 0.0 }
    };
    Some(Compared { cosine: dot(&left, &right) / lengths, parts, cosine_of: Box::new(cosine_of) })
}

fn weighed(texts: &[Direction], weights: &[f64]) -> Direction {
    let mut sum = [0.0; PACKED_DIMS];
    for (text, weight) in texts.iter().zip(weights) {
        sum.iter_mut().zip(text).for_each(|(sum, value)| *sum += weight * value);
    }
    sum
}

/// How much a word used in so many texts counts among shared words.
fn word_weight(vectors: &WordVectors, word: &str) -> f64 {
    let uses = f64::from(vectors.uses(word).unwrap_or(1));
    (vectors.tokens.max(1) as f64 / uses).ln_1p()
}

fn by_shared_words(vectors: &WordVectors, one: &[Vec<&str>], other: &[Vec<&str>]) -> Option<Compared<'static>> {
    let (left, right) = (words_of_texts(one), words_of_texts(other));
    let mut all: Vec<&str> = left.iter().chain(&right).map(|(word, _)| *word).collect();
    all.sort_unstable();
    all.dedup();
    let weights: Vec<f64> = all.iter().map(|word| word_weight(vectors, word)).collect();
    let place = |word: &str| all.binary_search(&word).unwrap_or(0);
    let of_texts = |texts: &[Vec<&str>]| -> Vec<Vec<usize>> {
        let of_text =
            |text: &Vec<&str>| words_of_texts(std::slice::from_ref(text)).iter().map(|(word, _)| place(word)).collect();
        texts.iter().map(of_text).collect()
    };
    let texts = [of_texts(one), of_texts(other)];
    let words = all.len();
    let values = move |texts: &[Vec<usize>], counted: &[f64]| {
        let mut values = vec![0.0; words];
        for (text, weight) in texts.iter().zip(counted) {
            text.iter().for_each(|place| values[*place] += weight);
        }
        values.iter_mut().zip(&weights).for_each(|(value, weight)| *value = f64::ln_1p(*value) * weight);
        values
    };
    let (x, y) = (values(&texts[0], &vec![1.0; one.len()]), values(&texts[1], &vec![1.0; other.len()]));
    let lengths = (dot(&x, &x) * dot(&y, &y)).sqrt();
    if lengths <= 0.0 {
        return None;
    }
    let shared = |place: &usize| x[*place] > 0.0 && y[*place] > 0.0;
    let part =
        |place: usize| WordPart { word: all[place].to_owned(), part: x[place] * y[place] / lengths, is_shared: true };
    let parts = (0..all.len()).filter(shared).map(part).collect();
    let cosine = dot(&x, &y) / lengths;
    let cosine_of = move |one: &[f64], other: &[f64]| {
        let (x, y) = (values(&texts[0], one), values(&texts[1], other));
        let lengths = (dot(&x, &x) * dot(&y, &y)).sqrt();
        if lengths > 0.0 { dot(&x, &y) / lengths } else { 0.0 }
    };
    Some(Compared { cosine, parts, cosine_of: Box::new(cosine_of) })
}

fn interval(
    cosine_of: &dyn Fn(&[f64], &[f64]) -> f64,
    cosine: f64,
    texts: [usize; 2],
    settings: &LikenessSettings,
) -> Option<(f64, f64)> {
    if texts.iter().any(|texts| *texts < TEXTS_MIN) || settings.rounds == 0 {
        return None;
    }
    let draws = Draws::new(settings.seed, STREAM);
    let all = (texts[0] + texts[1]) as u64;
    let mut drawn: Vec<f64> = (0..u64::from(settings.rounds))
        .map(|round| {
            let weight = |text: u64| poisson_of_one(draws.uniform(round * all + text));
            let left: Vec<f64> = (0..texts[0] as u64).map(weight).collect();
            let right: Vec<f64> = (texts[0] as u64..all).map(weight).collect();
            cosine_of(&left, &right)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((drawn.len() as f64 - 1.0) * share).round() as usize];
    let tail = (1.0 - DEFAULT_LEVEL) / 2.0;
    let (lo, hi) = (cosine + at(tail) - at(0.5), cosine + at(1.0 - tail) - at(0.5));
    Some((lo.max(-1.0).min(cosine), hi.min(1.0).max(cosine)))
}

/// A Poisson(1) number from a uniform one.
fn poisson_of_one(uniform: f64) -> f64 {
    let (mut count, mut chance) = (0.0, (-1.0f64).exp());
    let mut below = chance;
    while uniform >= below && count < 10.0 {
        count += 1.0;
        chance /= count;
        below += chance;
    }
    count
}

/// The `count` creators who share most words with one, as [`likeness`] by shared words, for markets with too few texts for
/// word vectors. `all` are words with their numbers of texts ([`words_of_texts`]), by the alphabet; `except` are places of
/// `all` not to be found. Cost `O(words of all)`.
pub fn alike_by_words(
    vectors: &WordVectors,
    of: &[(&str, f32)],
    all: &[Vec<(&str, f32)>],
    except: &[usize],
    count: usize,
) -> Vec<Alike> {
    let valued = |words: &[(&str, f32)]| -> Vec<f64> {
        words.iter().map(|(word, texts)| f64::from(*texts).ln_1p() * word_weight(vectors, word)).collect()
    };
    let own = valued(of);
    let own_length = dot(&own, &own).sqrt();
    let mut found: Vec<(f64, usize)> = vec![];
    for (place, words) in all.iter().enumerate().filter(|(place, _)| !except.contains(place)) {
        let values = valued(words);
        let lengths = own_length * dot(&values, &values).sqrt();
        let shared = of.iter().zip(&own).filter_map(|((word, _), own)| {
            let other = words.binary_search_by(|(known, _)| (*known).cmp(word)).ok()?;
            Some(own * values[other])
        });
        let products: f64 = shared.sum();
        if products > 0.0 {
            found.push((products / lengths, place));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(count);
    let alike =
        |(rank, (cosine, place)): (usize, (f64, usize))| Alike { place, similarity: cosine as f32, rank: rank + 1 };
    found.into_iter().enumerate().map(alike).collect()
}
