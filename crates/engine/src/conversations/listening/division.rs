//! How a set of buyers divides its listening over creators: the part of the score that decides the order.
//!
//! `share(v) = exp(w . f(v)) / sum over candidates`, f = four signals of the set's talk, each as `ln(1 + x)`. The
//! weights are learned from how other sets of the same market divided theirs, at several earlier moments, and are
//! pulled towards weights shipped with the program. Levels cancel out, so a busy week does not bend the order.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::{BuyerSet, WALK_STEPS};
use crate::conversations::index::ConversationIndex;
use crate::graph::{PageRankSettings, Seed, nearness_of_sets};

/// One signal of a set's talk with a creator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    RecentTalk,
    TalkDays,
    Received,
    Nearness,
}

/// How many signals there are.
pub const SIGNALS: usize = Signal::ALL.len();

/// One value for each signal, in the order of [`Signal::ALL`].
pub type SignalValues = [f64; SIGNALS];

impl Signal {
    pub const ALL: [Signal; 4] = [Signal::RecentTalk, Signal::TalkDays, Signal::Received, Signal::Nearness];

    pub fn words(self) -> &'static str {
        match self {
            Signal::RecentTalk => "the buyers' talk to the creator, older talk fading",
            Signal::TalkDays => "days on which a buyer turned to the creator, added over the buyers",
            Signal::Received => "all talk to the creator, from anybody",
            Signal::Nearness => "how often a walk from the buyers along talk comes by the creator",
        }
    }
}

/// The weights shipped with the program: how lately, how often and how much by everybody count alike.
///
/// Equal weights are hard to beat where little can be learned (Dawes, "The robust beauty of improper linear models",
/// 1979). Nearness starts at 0: for old contacts it adds nothing by itself, so a market must show that it helps.
pub const SHIPPED_WEIGHTS: SignalValues = [0.35, 0.35, 0.35, 0.0];

/// How far the weights of one market usually lie from those shipped, as a variance.
const VARIANCE_BETWEEN_MARKETS: f64 = 0.04;

/// The learned weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    pub weights: Vec<SignalWeight>,
    /// Sets of buyers it was learned from, each counted at each moment.
    pub sets: u64,
    /// How far the weights moved from those shipped to those learned: 0 not at all, 1 all the way.
    pub trust: f64,
}

/// A signal's weight with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalWeight {
    pub signal: Signal,
    pub weight: f64,
    pub standard_error: f64,
}

impl Division {
    /// Weights in the order of the signals.
    pub fn dense(&self) -> SignalValues {
        let mut dense = [0.0; SIGNALS];
        for weight in &self.weights {
            dense[weight.signal as usize] = weight.weight;
        }
        dense
    }

    /// The share of the set's listening that goes to each creator; adds up to 1.
    pub fn shares(&self, signals: &[SignalValues]) -> Vec<f64> {
        shares(&self.dense(), signals)
    }
}

/// A set's buyers and the creators asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    pub buyers: Vec<u32>,
    pub candidates: Vec<u32>,
}

/// How near each candidate is to its set, for many sets at once. Cost `O(12 * pairs of the market)` for eight sets.
pub fn nearness(index: &ConversationIndex, sets: &[Asking], restart: f64) -> Vec<Vec<f64>> {
    let seeds: Vec<Vec<Seed>> =
        sets.iter().map(|set| set.buyers.iter().map(|&node| Seed { node, weight: 1.0 }).collect()).collect();
    let seeds: Vec<&[Seed]> = seeds.iter().map(Vec::as_slice).collect();
    let asked: Vec<&[u32]> = sets.iter().map(|set| set.candidates.as_slice()).collect();
    let steps = PageRankSettings { restart, ..PageRankSettings::default() };
    nearness_of_sets(index.walk(), &seeds, &asked, &steps)
}

/// The signals of every candidate for a set, `nearness` in the order of the candidates. Cost `O(contacts)`.
pub fn signals(set: &BuyerSet<'_>, candidates: &[u32], nearness: &[f64]) -> Vec<SignalValues> {
    let pairs = &set.index.pairs;
    candidates
        .par_iter()
        .zip(nearness)
        .map(|(&candidate, &nearness)| {
            let (mut recent, mut days) = (0.0, 0u64);
            for contact in set.contacts(candidate).talk {
                recent += f64::from(pairs.recent[contact.pair as usize]);
                days += u64::from(pairs.days[contact.pair as usize]);
            }
            let received = f64::from(set.index.account.received[candidate as usize]);
            let visits = WALK_STEPS * nearness;
            [recent.ln_1p(), (days as f64).ln_1p(), received.ln_1p(), visits.ln_1p()]
        })
        .collect()
}

/// A set's signals and how its later listening divided.
#[derive(Clone, Debug, PartialEq)]
pub struct DividedSet {
    pub signals: Vec<SignalValues>,
    /// Share of the set's later listening that went to each candidate; adds up to 1.
    pub later: Vec<f64>,
}

/// The sets observed at one moment, and how many distinct later pairs stand behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub sets: Vec<DividedSet>,
    pub observations: f64,
}

/// Learns the weights from sets whose later listening is known, as seen from several moments.
///
/// At each moment weights are fitted for themselves. What they agree on is trusted, what moves from moment to moment
/// is not: `w = shipped + trust * (mean of the fits - shipped)`,
/// `trust = b / (b + variance between moments + squared standard error)`, b = the variance between markets, 0.04.
/// This is shrinkage by empirical Bayes (Efron and Morris, 1975). Cost `O(candidates of all sets)` a step, at most 30.
pub fn learn(moments: &[Moment], pull: f64, used: &[Signal]) -> Division {
    let fits: Vec<MomentFit> =
        moments.iter().filter(|moment| !moment.sets.is_empty()).map(|moment| fit(moment, pull, used)).collect();
    let sets = moments.iter().map(|moment| moment.sets.len() as u64).sum();
    let towards = shipped(used);
    let count = fits.len() as f64;
    let mean: SignalValues =
        std::array::from_fn(|i| fits.iter().map(|fit| fit.weights[i]).sum::<f64>() / count.max(1.0));
    let spread = |i: usize| fits.iter().map(|fit| (fit.weights[i] - mean[i]).powi(2)).sum::<f64>() / (count - 1.0);
    let unsure = |i: usize| spread(i) + fits.iter().map(|fit| fit.variances[i]).sum::<f64>() / count;
    let trust = if fits.len() < 2 {
        0.0
    } else {
        let variance = used.iter().map(|&signal| unsure(signal as usize)).sum::<f64>() / used.len().max(1) as f64;
        VARIANCE_BETWEEN_MARKETS / (VARIANCE_BETWEEN_MARKETS + variance)
    };
    let weights = Signal::ALL.map(|signal| {
        let i = signal as usize;
        let variance = if fits.len() < 2 { VARIANCE_BETWEEN_MARKETS } else { unsure(i) };
        let left = VARIANCE_BETWEEN_MARKETS * variance / (VARIANCE_BETWEEN_MARKETS + variance).max(f64::MIN_POSITIVE);
        SignalWeight { signal, weight: towards[i] + trust * (mean[i] - towards[i]), standard_error: left.sqrt() }
    });
    Division { weights: weights.to_vec(), sets, trust }
}

fn shipped(used: &[Signal]) -> SignalValues {
    let mut weights = [0.0; SIGNALS];
    for &signal in used {
        weights[signal as usize] = SHIPPED_WEIGHTS[signal as usize];
    }
    weights
}

struct MomentFit {
    weights: SignalValues,
    variances: SignalValues,
}

/// Fits one moment: minimises `observations * mean over sets of cross entropy + pull / 2 * |w - shipped|^2`.
///
/// Sets of one market share buyers, so together they count as the distinct later pairs, not as many as their sum.
fn fit(moment: &Moment, pull: f64, used: &[Signal]) -> MomentFit {
    let towards = shipped(used);
    let mut weights = towards;
    let scale = moment.observations / moment.sets.len() as f64;
    let mut inverse = vec![0.0; SIGNALS * SIGNALS];
    for _ in 0..30 {
        let parts: Vec<Slopes> = moment.sets.par_iter().map(|set| slopes(&weights, set)).collect();
        let mut gradient = [0.0; SIGNALS];
        let mut hessian = vec![0.0; SIGNALS * SIGNALS];
        for part in &parts {
            gradient.iter_mut().zip(part.gradient).for_each(|(sum, value)| *sum += scale * value);
            hessian.iter_mut().zip(part.hessian).for_each(|(sum, value)| *sum += scale * value);
        }
        for i in 0..SIGNALS {
            let is_used = used.iter().any(|&signal| signal as usize == i);
            gradient[i] = if is_used { gradient[i] + pull * (weights[i] - towards[i]) } else { 0.0 };
            for j in 0..SIGNALS {
                if !is_used {
                    hessian[i * SIGNALS + j] = 0.0;
                    hessian[j * SIGNALS + i] = 0.0;
                }
            }
        }
        for i in 0..SIGNALS {
            hessian[i * SIGNALS + i] += pull.max(1e-9);
        }
        inverse = super::logistic::invert(hessian, SIGNALS);
        let mut largest = 0.0f64;
        for i in 0..SIGNALS {
            let step: f64 = (0..SIGNALS).map(|j| inverse[i * SIGNALS + j] * gradient[j]).sum();
            weights[i] -= step.clamp(-0.5, 0.5);
            largest = largest.max(step.abs());
        }
        if largest < 1e-9 {
            break;
        }
    }
    MomentFit { weights, variances: std::array::from_fn(|i| inverse[i * (SIGNALS + 1)].max(0.0)) }
}

struct Slopes {
    gradient: SignalValues,
    hessian: [f64; SIGNALS * SIGNALS],
}

fn slopes(weights: &SignalValues, set: &DividedSet) -> Slopes {
    let shares = shares(weights, &set.signals);
    let mut mean = [0.0; SIGNALS];
    let mut seen = [0.0; SIGNALS];
    let mut square = [0.0; SIGNALS * SIGNALS];
    for ((signals, &share), &later) in set.signals.iter().zip(&shares).zip(&set.later) {
        for i in 0..SIGNALS {
            mean[i] += share * signals[i];
            seen[i] += later * signals[i];
            for j in 0..SIGNALS {
                square[i * SIGNALS + j] += share * signals[i] * signals[j];
            }
        }
    }
    for i in 0..SIGNALS {
        for j in 0..SIGNALS {
            square[i * SIGNALS + j] -= mean[i] * mean[j];
        }
    }
    Slopes { gradient: std::array::from_fn(|i| mean[i] - seen[i]), hessian: square }
}

fn shares(weights: &SignalValues, signals: &[SignalValues]) -> Vec<f64> {
    let strength = |signals: &SignalValues| weights.iter().zip(signals).map(|(w, s)| w * s).sum::<f64>();
    let strengths: Vec<f64> = signals.iter().map(strength).collect();
    let top = strengths.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let grown: Vec<f64> = strengths.iter().map(|strength| (strength - top).exp()).collect();
    let total: f64 = grown.iter().sum();
    grown.into_iter().map(|value| value / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn without_sets_the_weights_are_those_shipped() {
        let division = learn(&[], 10.0, &Signal::ALL);
        assert_eq!(division.dense(), SHIPPED_WEIGHTS);
    }

    #[test]
    fn planted_weights_are_found_from_many_sets() {
        let planted = [0.9, 0.1, -0.3, 0.5];
        let draws = Draws::new(2, 4);
        let sets: Vec<DividedSet> = (0..200u64)
            .map(|set| {
                let signals: Vec<SignalValues> = (0..50u64)
                    .map(|at| std::array::from_fn(|i| 3.0 * draws.uniform((set * 50 + at) * 4 + i as u64)))
                    .collect();
                DividedSet { later: shares(&planted, &signals), signals }
            })
            .collect();
        let moment = Moment { sets, observations: 1e6 };
        let found = learn(&[moment.clone(), moment], 1.0, &Signal::ALL);
        assert!(found.trust > 0.999);
        for (found, planted) in found.dense().iter().zip(planted) {
            assert!((found - planted).abs() < 1e-3, "{found} is not {planted}");
        }
    }

    #[test]
    fn shares_add_up_to_one() {
        let shares = shares(&SHIPPED_WEIGHTS, &[[1.0, 2.0, 3.0, 4.0], [0.0; 4], [700.0, 0.0, 0.0, 0.0]]);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
