//! What words mean to this market: a small table of word vectors fitted on its own texts, nothing downloaded.
//!
//! Words that stand in the same company point the same way, whether or not they ever stand together, so "latte" finds who
//! says "flat white".

use serde::{Deserialize, Serialize};

use super::counting::{PairCounts, WordTable};
use super::packed::{PACKED_DIMS, Packed, pack};
use super::reducing::{Dense, Sparse, singular_rows, symmetric_eigen};

/// What changes the word vectors; kept with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorSettings {
    /// The most used words are kept, so many.
    pub words_max: usize,
    /// Words used less often say too little.
    pub uses_min: u32,
    /// Numbers a word is reduced to, 1..=64.
    pub dims: usize,
    /// Words so far apart are company, 1..=60.
    pub window: usize,
    /// What the logarithm of company must exceed to count, 0 and up; from 1,000 planted texts on 0 finds no less than 0.7.
    pub shift: f64,
    /// The power on the uses of a word as company, 0..=1; below 1 rare words weigh less.
    pub smoothing: f64,
    /// Rounds of the reduction.
    pub rounds: usize,
    /// Pairs of words held at most, 16 bytes each; merging and reducing take as much again, see [`WordVectors::fit`].
    pub pairs_max: usize,
    /// Share of all words from which on a word counts less than half in a document.
    pub frequent_share: f64,
    pub seed: u64,
}

impl Default for VectorSettings {
    fn default() -> VectorSettings {
        VectorSettings {
            words_max: 20_000,
            uses_min: 5,
            dims: PACKED_DIMS,
            window: 5,
            shift: 0.0,
            smoothing: 0.75,
            rounds: 4,
            pairs_max: 8_000_000,
            frequent_share: 1e-3,
            seed: 1,
        }
    }
}

/// A word and how near it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    pub word: String,
    /// Cosine, -1..=1.
    pub similarity: f32,
}

/// Word vectors of one corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct WordVectors {
    pub settings: VectorSettings,
    /// Texts they were fitted on.
    pub documents: u64,
    /// Words in those texts, kept or not.
    pub tokens: u64,
    /// Ascending.
    pub(super) words: Vec<String>,
    pub(super) uses: Vec<u32>,
    pub(super) vectors: Vec<Packed>,
    /// The direction that all documents have in common, of length 1; all zeros where there is none.
    pub(super) common: [f32; PACKED_DIMS],
}

/// Documents from which the common direction is read.
const COMMON_DOCUMENTS_MAX: u64 = 10_000;

impl WordVectors {
    /// Fits word vectors on the market's texts.
    ///
    /// `read` hands every text as its list of words to the function it is given; it is called twice and must hand over the
    /// same texts in the same order. Company: `n(w, c)`, pairs up to `window` words apart, weighed `window + 1 - distance`.
    /// `M(w, c) = max(0, ln(n(w, c) / (n(w) p(c))) - shift)`, `p(c) = n(c)^0.75 / sum n^0.75`. A word's vector is its row
    /// of `U S^(1/2)`, of the singular value decomposition of M reduced to `dims`, brought to length 1 and kept in 64
    /// bytes. The same texts and settings give the same bytes for any number of threads.
    /// Cost: `O(tokens * window)` to count and sort, then `O(rounds * pairs * dims)`. Memory is bounded by `pairs_max`, not
    /// by the texts: 358 MB at most were seen with the default of 8 million reached, 1.6 MB kept of 20,000 words.
    /// Sources: Levy, Goldberg, Dagan 2015, TACL 3 (positive PMI, smoothing,
    /// symmetric singular values); common direction: Arora, Liang, Ma 2017 (SIF), read from at most 10,000 texts, evenly
    /// spread.
    pub fn fit(read: impl Fn(&mut dyn FnMut(&[&str])), settings: &VectorSettings) -> WordVectors {
        let window = settings.window.clamp(1, 60);
        let dims = settings.dims.clamp(1, PACKED_DIMS);
        let mut table = WordTable::default();
        let mut counts: Vec<u32> = vec![];
        let (mut documents, mut tokens) = (0u64, 0u64);
        read(&mut |document| {
            documents += 1;
            tokens += document.len() as u64;
            for word in document {
                let Some(number) = table.number(word) else { continue };
                if number == counts.len() {
                    counts.push(0);
                }
                counts[number] = counts[number].saturating_add(1);
            }
        });
        let mut kept: Vec<usize> = (0..table.len()).filter(|word| counts[*word] >= settings.uses_min).collect();
        kept.sort_unstable_by(|a, b| counts[*b].cmp(&counts[*a]).then_with(|| table.word(*a).cmp(table.word(*b))));
        kept.truncate(settings.words_max);
        kept.sort_unstable_by(|a, b| table.word(*a).cmp(table.word(*b)));
        let mut place_of: Vec<Option<u32>> = vec![None; table.len()];
        kept.iter().zip(0..).for_each(|(word, place)| place_of[*word] = Some(place));

        let mut pairs = PairCounts::new(kept.len(), settings.pairs_max.max(1));
        let every = documents.div_ceil(COMMON_DOCUMENTS_MAX).max(1);
        let (mut index, mut sampled) = (0u64, vec![]);
        let mut places: Vec<Option<u32>> = vec![];
        read(&mut |document| {
            places.clear();
            places.extend(document.iter().map(|word| table.find(word).and_then(|number| place_of[number])));
            pairs.add(&places, window);
            if index.is_multiple_of(every) {
                sampled.push(places.iter().copied().flatten().collect::<Vec<u32>>());
            }
            index += 1;
        });
        let vectors = reduced(kept.len(), &pairs.finish(), dims, settings);
        let words = kept.iter().map(|word| table.word(*word).to_owned()).collect();
        let uses = kept.iter().map(|word| counts[*word]).collect();
        let settings = VectorSettings { window, dims, ..settings.clone() };
        let mut fitted = WordVectors { settings, documents, tokens, words, uses, vectors, common: [0.0; PACKED_DIMS] };
        fitted.common = fitted.common_direction(&sampled);
        fitted
    }

    pub fn words(&self) -> usize {
        self.words.len()
    }

    pub(super) fn place(&self, word: &str) -> Option<usize> {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).ok()
    }

    /// How often the corpus uses a word; `None` for one that is not kept.
    pub fn uses(&self, word: &str) -> Option<u32> {
        self.place(word).map(|place| self.uses[place])
    }

    /// The words that stand in the most similar company, best first, equals by the alphabet; empty for a word that is not
    /// kept or stands in no company. Cost `O(words * dims)`.
    pub fn nearest(&self, word: &str, count: usize) -> Vec<Near> {
        let Some(place) = self.place(word) else { return vec![] };
        let near = super::alike_by_topics(&self.vectors[place], &self.vectors, &[place], count);
        near.iter().map(|near| Near { word: self.words[near.place].clone(), similarity: near.similarity }).collect()
    }

    /// How similar the company of two words is, -1..=1; `None` where one is not kept or stands in no company.
    pub fn similarity(&self, one: &str, other: &str) -> Option<f32> {
        let (one, other) = (&self.vectors[self.place(one)?], &self.vectors[self.place(other)?]);
        (one.is_known() && other.is_known()).then(|| super::similarity_packed(one, other))
    }

    /// How much a word counts in a document, above 0 to 1: `a / (a + p)`, `p` its share of all words, `a` the settings'
    /// `frequent_share`.
    pub(super) fn weight(&self, place: usize) -> f32 {
        let share = f64::from(self.uses[place]) / self.tokens.max(1) as f64;
        (self.settings.frequent_share / (self.settings.frequent_share + share)) as f32
    }

    /// A word's part of a document: its weight times its vector less the common direction.
    pub(super) fn part(&self, place: usize) -> [f32; PACKED_DIMS] {
        let mut part = self.vectors[place].unpacked();
        let along: f32 = part.iter().zip(&self.common).map(|(value, common)| value * common).sum();
        let weight = self.weight(place);
        part.iter_mut().zip(&self.common).for_each(|(value, common)| *value = weight * (*value - along * common));
        part
    }

    /// The direction of a document, of length 1: `sum weight * a / (a + p) * vector` over its words, less what all documents
    /// have in common. `words` with weights above 0, such as in how many of a creator's texts each stands. `None` where no
    /// word is kept. Cost `O(words * (log kept + dims))`. Source: Arora, Liang, Ma 2017 (SIF).
    pub fn document(&self, words: &[(&str, f32)]) -> Option<Vec<f32>> {
        let mut sum = [0.0f32; PACKED_DIMS];
        for (word, weight) in words {
            if let Some(place) = self.place(word) {
                sum.iter_mut().zip(self.part(place)).for_each(|(sum, part)| *sum += weight * part);
            }
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        (length > 1e-12).then(|| sum.iter().map(|value| value / length).collect())
    }

    /// The first singular direction of documents.
    fn common_direction(&self, documents: &[Vec<u32>]) -> [f32; PACKED_DIMS] {
        let mut rows: Vec<f32> = Vec::with_capacity(documents.len() * PACKED_DIMS);
        for document in documents.iter().filter(|document| !document.is_empty()) {
            let mut sum = [0.0f32; PACKED_DIMS];
            for place in document {
                let weight = self.weight(*place as usize) / document.len() as f32;
                let vector = self.vectors[*place as usize].unpacked();
                sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
            }
            rows.extend(sum);
        }
        let mut common = [0.0; PACKED_DIMS];
        if rows.iter().any(|value| *value != 0.0) {
            let gram = Dense { width: PACKED_DIMS, values: rows }.gram();
            let (_, directions) = symmetric_eigen(gram, PACKED_DIMS);
            common.iter_mut().enumerate().for_each(|(row, value)| *value = directions[row * PACKED_DIMS] as f32);
        }
        common
    }
}

/// Vectors of all words from the weights of their pairs.
fn reduced(words: usize, pairs: &[(u32, u32, u32)], dims: usize, settings: &VectorSettings) -> Vec<Packed> {
    if words == 0 || pairs.is_empty() {
        return vec![Packed::NOTHING_KNOWN; words];
    }
    let mut company = vec![0u64; words];
    for (one, other, weight) in pairs {
        company[*one as usize] += u64::from(*weight);
        company[*other as usize] += u64::from(*weight);
    }
    let smoothed: Vec<f64> = company.iter().map(|count| (*count as f64).powf(settings.smoothing)).collect();
    let all: f64 = smoothed.iter().sum();
    let association = |word: u32, company_word: u32, weight: u32| {
        let expected = company[word as usize] as f64 * smoothed[company_word as usize] / all;
        ((f64::from(weight) / expected).ln() - settings.shift) as f32
    };
    let table = sparse(words, pairs, association);
    let transposed = sparse(words, pairs, |word, other, weight| association(other, word, weight));
    let rows = singular_rows(&table, &transposed, dims, settings.rounds, 0.5, settings.seed);
    // A word without company has a row of zeros but for rounding.
    let has_company = |word: usize| table.begins[word] < table.begins[word + 1];
    let row = |word: usize| &rows.values[word * rows.width..][..rows.width];
    (0..words).map(|word| if has_company(word) { pack(row(word)) } else { Packed::NOTHING_KNOWN }).collect()
}

/// The positive values of all pairs, both ways.
fn sparse(words: usize, pairs: &[(u32, u32, u32)], value: impl Fn(u32, u32, u32) -> f32) -> Sparse {
    let both = || {
        pairs.iter().flat_map(|&(one, other, weight)| {
            [(one, other, value(one, other, weight)), (other, one, value(other, one, weight))]
        })
    };
    let mut begins = vec![0usize; words + 1];
    both().filter(|(_, _, value)| *value > 0.0).for_each(|(row, _, _)| begins[row as usize + 1] += 1);
    (0..words).for_each(|row| begins[row + 1] += begins[row]);
    let entries = begins[words];
    let (mut columns, mut values) = (vec![0u32; entries], vec![0.0f32; entries]);
    let mut next = begins.clone();
    for (row, column, value) in both().filter(|(_, _, value)| *value > 0.0) {
        let entry = next[row as usize];
        (columns[entry], values[entry]) = (column, value);
        next[row as usize] += 1;
    }
    Sparse { begins, columns, values }
}
