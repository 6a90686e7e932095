//! Cascades: what sharing may add on top, if word passes as a model says. A second mode, apart from what is observed.
//!
//! The share reached of the best possible is statistical ("with confidence 1 - delta") and is never mixed with a plan's
//! certificate; spread under an assumed cascade is a model figure, not reach.

mod forward;
mod graph;
mod sampling;
mod seeds;

use serde::{Deserialize, Serialize};

pub use forward::{Spread, forward_spread};
pub use graph::{Flow, InfluenceError, InfluenceGraph, InfluenceReader};

use sampling::{Marks, Sampler, Sets};
use seeds::cover;

/// The two collections of sets: one to choose by, one to judge by.
const CHOOSE: u64 = 1;
const JUDGE: u64 = 2;

/// What changes the seeds; kept with them.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CascadeSettings {
    /// How many seeds.
    pub k: usize,
    /// The share certified is at least 1 - 1/e - epsilon; 0 to 0.63.
    pub epsilon: f64,
    /// How often the statement may be wrong; `None`: one over the number of accounts.
    pub delta: Option<f64>,
    pub seed: u64,
}

/// Why no seeds can be chosen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CascadeError {
    #[error("the graph has no account; give at least one edge")]
    Empty,
    #[error("{k} seeds were asked for; the graph has {nodes} accounts")]
    Seeds { k: usize, nodes: usize },
    #[error("epsilon lies between 0 and 0.63 and delta between 0 and 1, got {epsilon} and {delta}")]
    Settings { epsilon: f64, delta: f64 },
}

/// Seeds with what is proved of them, with confidence `1 - delta`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cascade {
    /// In the order chosen.
    pub seeds: Vec<u32>,
    /// Accounts reached on average in the model, estimated from sets that had no part in choosing.
    pub spread: f64,
    /// The spread is at least this.
    pub spread_lo: f64,
    /// No seeds of this number spread further than this.
    pub best_hi: f64,
    /// `spread_lo / best_hi`: the seeds spread at least this share of the best possible.
    pub ratio: f64,
    pub delta: f64,
    /// Sets drawn, both collections together.
    pub sets: u64,
    /// Accounts in the sets kept for choosing, a measure of the work.
    pub members: u64,
}

/// Chooses seeds from which word spreads far in a weighted cascade, with a share of the best possible that is certified.
///
/// Sets of those who could have passed word to a random account are drawn in two independent collections, doubled until the
/// share reaches `1 - 1/e - epsilon`. Seeds are chosen greedily on the first; with `L1`, `L2` the sets they hit, theta the
/// sets in each and `a = ln(3 rounds / delta)`: spread at least `((sqrt(L2 + 2a/9) - sqrt(a/2))^2 - a/18) n / theta`, best
/// at most `(sqrt(U + a/2) + sqrt(a/2))^2 n / theta`, U the least of what any k could still hit on the first, over every
/// prefix of the greedy choice. Output: [`Cascade`]; the same bytes for any number of threads.
/// Cost: expected `O(k n log n / epsilon^2)`. Source: Tang et al. 2018 (OPIM-C, SIGMOD); Guo et al. 2020 (SUBSIM, SIGMOD).
/// A departure from the second: how many of d pass word is drawn from the binomial of (d, 1/d) by a table and then which,
/// instead of geometric skips; the same distribution without logarithms.
///
/// ```
/// use engine::planning::cascade::{CascadeSettings, Flow, InfluenceReader, cascade};
/// let mut reader = InfluenceReader::new(Flow::Along, false);
/// reader.take(b"0 1\n0 2\n0 3\n4 5\n").unwrap();
/// let graph = reader.finish().unwrap();
/// let found = cascade(&graph, &CascadeSettings { k: 1, epsilon: 0.1, delta: None, seed: 0 }).unwrap();
/// assert_eq!(found.seeds, [0]);
/// assert!((found.spread - 4.0).abs() < 0.5);
/// ```
pub fn cascade(graph: &InfluenceGraph, settings: &CascadeSettings) -> Result<Cascade, CascadeError> {
    let (nodes, k, epsilon) = (graph.nodes(), settings.k, settings.epsilon);
    if nodes == 0 {
        return Err(CascadeError::Empty);
    }
    if k == 0 || k > nodes {
        return Err(CascadeError::Seeds { k, nodes });
    }
    let delta = settings.delta.unwrap_or(1.0 / nodes.max(2) as f64);
    let greedy_share = 1.0 - (-1f64).exp();
    if !(epsilon > 0.0 && epsilon < greedy_share && delta > 0.0 && delta < 1.0) {
        return Err(CascadeError::Settings { epsilon, delta });
    }
    let n = nodes as f64;
    let of_six = (6.0 / delta).ln();
    let root = greedy_share * of_six.sqrt() + (greedy_share * (ln_choose(nodes, k) + of_six)).sqrt();
    let begin = (2.0 * root * root).ceil().max(1.0) as u64;
    let rounds = (n / (epsilon * epsilon * k as f64)).log2().ceil().max(1.0) as u64;
    let doubt = (3.0 * rounds as f64 / delta).ln();
    let sampler = Sampler::new(graph, settings.seed);
    let mut sets = Sets::default();
    let mut total = begin;
    for round in 1..=rounds {
        let drawn = sets.len() as u64;
        sampler.extend(&mut sets, CHOOSE, drawn, total);
        let covered = cover(&sets, nodes, k);
        let per_set = n / total as f64;
        let best_hi = (((covered.most as f64 + doubt / 2.0).sqrt() + (doubt / 2.0).sqrt()).powi(2) * per_set).min(n);
        let is_last = round == rounds;
        // The sets chosen by are kinder than those judged by: where even they do not do, judging can wait.
        if !is_last && lower(covered.hits as f64, doubt) * per_set < (greedy_share - epsilon) * best_hi {
            total *= 2;
            continue;
        }
        let mut marks = Marks::new(nodes);
        covered.seeds.iter().for_each(|seed| {
            marks.mark(*seed);
        });
        let hits = sampler.hits(JUDGE, total, &marks) as f64;
        let spread_lo = (lower(hits, doubt) * per_set).max(k as f64);
        let ratio = (spread_lo / best_hi).min(1.0);
        if ratio >= greedy_share - epsilon || is_last {
            let (sets_drawn, members) = (2 * total, sets.members.len() as u64);
            let spread = (hits * per_set).max(k as f64);
            let seeds = covered.seeds;
            return Ok(Cascade { seeds, spread, spread_lo, best_hi, ratio, delta, sets: sets_drawn, members });
        }
        total *= 2;
    }
    Err(CascadeError::Empty)
}

/// The least that so many hits stand for, in sets.
fn lower(hits: f64, doubt: f64) -> f64 {
    let root = ((hits + 2.0 * doubt / 9.0).sqrt() - (doubt / 2.0).sqrt()).max(0.0);
    (root * root - doubt / 18.0).max(0.0)
}

/// Logarithm of the number of ways to choose k of n. Cost: `O(k)`.
fn ln_choose(n: usize, k: usize) -> f64 {
    (0..k).map(|place| ((n - place) as f64 / (place + 1) as f64).ln()).sum()
}

#[cfg(test)]
mod tests;
