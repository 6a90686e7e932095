//! Do the chances come true: what was said of pairs of buyers and creators, beside what then happened, bin by bin.
//!
//! Two populations, because they fail differently: all pairs of a set's buyers and its candidates, and the pairs of the
//! creators that would have been chosen, where the winner's curse sits. Only the second says whether a sum over the
//! chosen may be read as people.

use std::collections::BTreeMap;

use model::Ratio;
use model::explanation::DEFAULT_LEVEL;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::logistic::Talked;
use crate::intervals::jeffreys_interval;
use crate::random::Draws;

const RELIABILITY_STREAM: u64 = 16;
/// How many bins chances are looked at in.
pub const BINS: usize = 10;
/// Where the bins end; the first begins at 0. Narrow where nearly all pairs lie, so that no error hides in one bin.
pub const BIN_ENDS: [f64; BINS] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0];

/// The chances of one bin and what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Chances from here on ...
    pub from: f64,
    /// ... and below this (the last bin holds 1 too).
    pub to: f64,
    pub pairs: u64,
    /// Mean chance said; `None` in an empty bin.
    pub said: Option<f64>,
    /// Share of the pairs that then talked.
    pub came: Option<f64>,
    /// 90 % interval of `came`: the wider of Jeffreys' and those from drawing buyers and creators again.
    pub lo: Option<f64>,
    pub hi: Option<f64>,
}

/// A figure with its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
}

/// How well chances came true in one population of pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Chances said; a pair counts once for each set it was looked at in.
    pub pairs: u64,
    /// Distinct buyers and creators among them.
    pub buyers: u64,
    pub creators: u64,
    /// Talks expected: the sum of the chances.
    pub expected: f64,
    /// Talks that came.
    pub came: f64,
    pub bins: Vec<ReliabilityBin>,
    /// Mean distance between said and came over the bins, by pairs; `None` without pairs.
    pub calibration_error: Option<Measured>,
    /// `expected / came`; `None` when nobody talked.
    pub expected_over_came: Option<Measured>,
}

/// Whether chances may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval of the error lies at or below the limit.
    Holds,
    /// The whole interval lies above it.
    TooFar,
    /// The limit lies within the interval.
    CannotTell,
    /// Too few pairs, or too few that talked, to say anything.
    TooFew,
}

/// Chances are believed when they are off by no more than this on average.
pub const ERROR_MAX: f64 = 0.03;
/// A sum of chances is read as people when it came true to within a quarter, both ways.
pub const SUM_BETWEEN: (f64, f64) = (0.8, 1.25);
/// With fewer pairs, or fewer that talked, nothing is said.
const PAIRS_MIN: u64 = 300;
const CAME_MIN: f64 = 30.0;

impl Reliability {
    pub fn verdict(&self) -> Verdict {
        match self.calibration_error {
            Some(error) if self.pairs >= PAIRS_MIN && self.came >= CAME_MIN => match error {
                error if error.hi <= ERROR_MAX => Verdict::Holds,
                error if error.lo > ERROR_MAX => Verdict::TooFar,
                _ => Verdict::CannotTell,
            },
            // Where much was expected and nothing came, the error speaks for itself.
            Some(error) if self.pairs >= PAIRS_MIN && self.expected >= CAME_MIN && error.lo > ERROR_MAX => {
                Verdict::TooFar
            }
            _ => Verdict::TooFew,
        }
    }

    /// Whether the sum of the chances came true to within a quarter, its whole interval included.
    pub fn sum_holds(&self) -> bool {
        self.expected_over_came.is_some_and(|ratio| ratio.lo >= SUM_BETWEEN.0 && ratio.hi <= SUM_BETWEEN.1)
    }
}

/// Sums over the pairs of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    pairs: f64,
    said: f64,
    came: f64,
}

impl Sums {
    fn add(&mut self, other: &Sums, times: f64) {
        self.pairs += times * other.pairs;
        self.said += times * other.said;
        self.came += times * other.came;
    }
}

type Binned = [Sums; BINS];

/// Collects what was said and what happened, pair by pair.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    by_buyer: BTreeMap<u32, Binned>,
    by_creator: BTreeMap<u32, Binned>,
}

impl Tally {
    pub fn count(&mut self, buyer: u32, creator: u32, chance: f64, talked: Talked) {
        let bin = BIN_ENDS.iter().position(|&end| chance < end).unwrap_or(BINS - 1);
        let one = Sums { pairs: 1.0, said: chance, came: talked.value() };
        self.by_buyer.entry(buyer).or_default()[bin].add(&one, 1.0);
        self.by_creator.entry(creator).or_default()[bin].add(&one, 1.0);
    }

    pub fn join(&mut self, other: &Tally) {
        let add = |into: &mut BTreeMap<u32, Binned>, from: &BTreeMap<u32, Binned>| {
            for (key, bins) in from {
                add_bins(into.entry(*key).or_default(), bins, 1.0);
            }
        };
        add(&mut self.by_buyer, &other.by_buyer);
        add(&mut self.by_creator, &other.by_creator);
    }

    /// The table of what was said and what came.
    ///
    /// `calibration error = sum over bins of pairs * |mean said - share that came| / all pairs`, 0..=1. Intervals, 90 %:
    /// buyers are drawn again, then creators, and the wider is given, because one person is in many pairs. Drawing
    /// again never makes an error look smaller than it is. Cost `O(draws * (buyers + creators))`.
    /// Source: expected calibration error, Naeini, Cooper, Hauskrecht (2015).
    pub fn reliability(&self, draws: usize, seed: u64) -> Reliability {
        let all = total(self.by_buyer.values());
        let ways = [&self.by_buyer, &self.by_creator].map(|clusters| {
            let clusters: Vec<&Binned> = clusters.values().collect();
            drawn_again(&clusters, draws, seed)
        });
        let wider = |value: f64, figure: &dyn Fn(&Binned) -> Option<f64>| {
            let ranges = ways.iter().map(|drawn| range(drawn.iter().filter_map(figure).collect(), value));
            ranges.fold(Measured { value, lo: value, hi: value }, |wide, range| {
                if range.hi - range.lo > wide.hi - wide.lo { range } else { wide }
            })
        };
        let bins = (0..BINS).map(|bin| {
            let sums = all[bin];
            let came = (sums.pairs > 0.0).then(|| sums.came / sums.pairs);
            let range = came.map(|came| {
                let drawn = wider(came, &|bins: &Binned| share(bins[bin].came, bins[bin].pairs));
                let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
                let alone = jeffreys_interval(sums.came as u64, sums.pairs as u64, level);
                alone.map_or(drawn, |alone| Measured {
                    lo: drawn.lo.min(alone.lo),
                    hi: drawn.hi.max(alone.hi),
                    ..drawn
                })
            });
            ReliabilityBin {
                from: if bin == 0 { 0.0 } else { BIN_ENDS[bin - 1] },
                to: BIN_ENDS[bin],
                pairs: sums.pairs as u64,
                said: share(sums.said, sums.pairs),
                came,
                lo: range.map(|range| range.lo),
                hi: range.map(|range| range.hi),
            }
        });
        let whole = whole(&all);
        Reliability {
            pairs: whole.pairs as u64,
            buyers: self.by_buyer.len() as u64,
            creators: self.by_creator.len() as u64,
            expected: whole.said,
            came: whole.came,
            bins: bins.collect(),
            calibration_error: calibration_error(&all).map(|error| wider(error, &calibration_error)),
            expected_over_came: ratio(&all).map(|value| wider(value, &ratio)),
        }
    }
}

fn add_bins(into: &mut Binned, from: &Binned, times: f64) {
    into.iter_mut().zip(from).for_each(|(sum, part)| sum.add(part, times));
}

fn total<'a>(clusters: impl Iterator<Item = &'a Binned>) -> Binned {
    clusters.fold(Binned::default(), |mut all, bins| {
        add_bins(&mut all, bins, 1.0);
        all
    })
}

fn whole(bins: &Binned) -> Sums {
    bins.iter().fold(Sums::default(), |mut whole, sums| {
        whole.add(sums, 1.0);
        whole
    })
}

fn share(over: f64, under: f64) -> Option<f64> {
    (under > 0.0).then(|| over / under)
}

fn ratio(bins: &Binned) -> Option<f64> {
    let whole = whole(bins);
    share(whole.said, whole.came)
}

fn calibration_error(bins: &Binned) -> Option<f64> {
    let apart: f64 = bins.iter().map(|sums| (sums.said - sums.came).abs()).sum();
    share(apart, whole(bins).pairs)
}

/// The bins with the clusters drawn again, with repetition, once a draw.
fn drawn_again(clusters: &[&Binned], draws: usize, seed: u64) -> Vec<Binned> {
    let chance = Draws::new(seed, RELIABILITY_STREAM);
    let count = clusters.len();
    (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut times = vec![0u32; count];
            for pick in 0..count {
                times[chance.below((draw * count + pick) as u64, count)] += 1;
            }
            let mut all = Binned::default();
            for (bins, &times) in clusters.iter().zip(&times).filter(|(_, times)| **times > 0) {
                add_bins(&mut all, bins, f64::from(times));
            }
            all
        })
        .collect()
}

/// The middle 90 % of drawn values; the value alone when there are none.
fn range(mut drawn: Vec<f64>, value: f64) -> Measured {
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn.get((drawn.len().saturating_sub(1) as f64 * share).round() as usize).copied();
    Measured { value, lo: at(0.05).unwrap_or(value), hi: at(0.95).unwrap_or(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4,000 pairs of 100 buyers and 40 creators, said `said` and coming true with chance `true_chance(said)`.
    fn tally(true_chance: impl Fn(f64) -> f64) -> Tally {
        let draws = Draws::new(5, 1);
        let mut tally = Tally::default();
        for pair in 0..4000u64 {
            let said = draws.uniform(2 * pair).powi(2);
            let talked = if draws.uniform(2 * pair + 1) < true_chance(said) { Talked::Yes } else { Talked::No };
            tally.count((pair % 100) as u32, (pair / 100) as u32, said, talked);
        }
        tally
    }

    #[test]
    fn chances_that_come_true_as_said_hold() {
        let found = tally(|said| said).reliability(200, 0);
        let error = found.calibration_error.expect("there are pairs");
        assert!(error.value < 0.02, "{error:?}");
        assert_eq!((found.verdict(), found.pairs, found.buyers, found.creators), (Verdict::Holds, 4000, 100, 40));
        assert!(found.sum_holds(), "{:?}", found.expected_over_came);
        for bin in found.bins.iter().filter(|bin| bin.pairs >= 100) {
            let (lo, said, hi) = (bin.lo.expect("known"), bin.said.expect("known"), bin.hi.expect("known"));
            assert!(lo - 0.03 <= said && said <= hi + 0.03, "{bin:?}");
            assert!(bin.from <= said && said < bin.to);
        }
    }

    #[test]
    fn chances_twice_too_high_are_too_far_and_their_sum_does_not_hold() {
        let found = tally(|said| said / 2.0).reliability(200, 0);
        assert_eq!(found.verdict(), Verdict::TooFar);
        let ratio = found.expected_over_came.expect("some talked");
        assert!(ratio.lo < 2.0 && 2.0 < ratio.hi && !found.sum_holds(), "{ratio:?}");
    }

    #[test]
    fn an_empty_or_silent_window_says_nothing_or_that_nothing_came() {
        let none = Tally::default().reliability(50, 0);
        assert_eq!((none.verdict(), none.calibration_error), (Verdict::TooFew, None));
        assert!(none.bins.iter().all(|bin| bin.came.is_none() && bin.said.is_none()), "not known, never 0");
        let silent = tally(|_| 0.0).reliability(50, 0);
        assert_eq!((silent.verdict(), silent.expected_over_came), (Verdict::TooFar, None));
    }

    #[test]
    fn tallies_that_are_joined_count_as_one() {
        let (mut left, mut right) = (Tally::default(), Tally::default());
        left.count(1, 2, 0.3, Talked::Yes);
        right.count(1, 3, 0.5, Talked::No);
        left.join(&right);
        let found = left.reliability(20, 0);
        assert_eq!((found.pairs, found.came, found.buyers, found.creators), (2, 1.0, 1, 2));
        assert!((found.expected - 0.8).abs() < 1e-12);
    }
}
