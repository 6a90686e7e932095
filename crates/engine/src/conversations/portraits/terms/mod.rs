//! What a group talks about: the terms that many of its members use and few others do.
//!
//! A term counts once for each person who used it, so nobody makes a group's name by saying a word often. Terms are
//! words and pairs of neighbouring words. Source of the score: Monroe, Colaresi, Quinn, "Fightin' Words" (2008),
//! section 3.4: log-odds with an informative Dirichlet prior.

mod reading;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use reading::{TermReader, Vocabulary, VocabularyReader};
use words::visit_terms;

/// A term must be used by so many different members before it says anything about a group.
pub const PEOPLE_MIN: u32 = 5;
/// Below this score a term may well be chance; two-sided 0.1 % of a normal distribution.
pub const SCORE_MIN: f64 = 3.29;

/// A word or pair of words that tells a group from all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub term: String,
    /// Members who used it.
    pub people: u32,
    /// Everybody who used it, in all groups.
    pub people_anywhere: u32,
    /// By how much the log-odds of its use are higher in the group than in the others.
    pub log_odds: f64,
    /// How many standard deviations that is.
    pub score: f64,
}

/// The distinctive terms of every group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupTerms {
    /// Those shown, best first.
    pub of_group: Vec<Vec<Term>>,
    /// Those that tell the group, further down than is shown, and those most used in it, whether others use them as
    /// much or not: what its niches are read from.
    pub for_niches: Vec<Vec<Term>>,
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
