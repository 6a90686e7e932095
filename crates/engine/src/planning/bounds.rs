//! How good the best possible plan can be at most: what a plan is measured against, proved for the very problem at hand.
//!
//! A bound says nothing of errors in the chances: it is about this model and these inputs. Rules only shrink the set of
//! plans, so a bound that leaves some out stays true and is only looser.

use std::collections::BinaryHeap;

use super::problem::Problem;
use super::reach::Reached;

const TAKEN: u32 = u32::MAX;

/// What a candidate may still add, known now or from an earlier, smaller set (then too large, never too small).
#[derive(Clone, Debug)]
pub(super) struct Gains {
    pub gain: Vec<f64>,
    /// The number of picks for which `gain` was counted.
    counted_at: Vec<u32>,
}

impl Gains {
    pub fn new(gain: Vec<f64>, picks: usize) -> Gains {
        Gains { counted_at: vec![picks as u32; gain.len()], gain }
    }

    pub fn is_fresh(&self, candidate: u32, reached: &Reached<'_>) -> bool {
        let counted_at = self.counted_at[candidate as usize];
        counted_at == reached.picks().len() as u32 || counted_at == TAKEN
    }

    /// A pick adds nothing a second time.
    pub fn take(&mut self, candidate: u32) {
        self.gain[candidate as usize] = 0.0;
        self.counted_at[candidate as usize] = TAKEN;
    }

    pub fn refresh(&mut self, candidate: u32, reached: &Reached<'_>) -> f64 {
        let gain = reached.gain(candidate);
        self.gain[candidate as usize] = gain;
        self.counted_at[candidate as usize] = reached.picks().len() as u32;
        gain
    }
}

/// A candidate in a heap; larger keys first, then smaller places.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Keyed {
    pub key: f64,
    pub candidate: u32,
}

impl Eq for Keyed {}
impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Keyed) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyed {
    fn cmp(&self, other: &Keyed) -> std::cmp::Ordering {
        self.key.total_cmp(&other.key).then(other.candidate.cmp(&self.candidate))
    }
}

/// Gain per cost; who costs nothing comes before everybody else.
pub(super) fn per_cost(gain: f64, cost: u64) -> f64 {
    if cost == 0 { gain * 1e18 } else { gain / cost as f64 }
}

/// The most any plan that holds the picks so far can reach, from what each candidate adds to them.
///
/// Formula: `OPT <= f(S) + max sum of marginals`, the maximum over what the rest of the budget buys, the last one by a
/// fraction (fractional knapsack), and never more than the `k` largest marginals. `open` are candidates that a plan may
/// still hold. `cost_held` and `picks_held` are of forced picks within S: other picks of S need not be in the best plan,
/// so their cost is not taken off. Output: weighted people, valid for every plan that keeps the rules.
/// Cost: `O(candidates)` and the pairs of those that would be bought. Source: Leskovec et al. 2007 (KDD), section 3.2.
pub(super) fn marginal_bound(
    reached: &Reached<'_>,
    gains: &mut Gains,
    open: &[u32],
    cost_held: u64,
    picks_held: usize,
) -> f64 {
    let problem = reached.problem();
    let budget = problem.budget.saturating_sub(cost_held);
    let by_cost = bought(reached, gains, open, budget, usize::MAX, per_cost);
    let slots = problem.picks_max.saturating_sub(picks_held);
    let by_count = match slots < open.len() {
        true => bought(reached, gains, open, u64::MAX, slots, |gain, _| gain),
        false => f64::INFINITY,
    };
    reached.value() + by_cost.min(by_count)
}

/// The sum of gains of what a budget and so many slots buy, best key first, the last one by a fraction.
fn bought(
    reached: &Reached<'_>,
    gains: &mut Gains,
    open: &[u32],
    budget: u64,
    slots: usize,
    key: impl Fn(f64, u64) -> f64,
) -> f64 {
    let problem = reached.problem();
    let keyed = |candidate: u32, gain: f64| Keyed { key: key(gain, problem.costs[candidate as usize]), candidate };
    let heap: Vec<Keyed> = open.iter().map(|candidate| keyed(*candidate, gains.gain[*candidate as usize])).collect();
    let mut heap = BinaryHeap::from(heap);
    let (mut left, mut sum, mut taken) = (budget, 0.0, 0);
    while let Some(top) = heap.pop() {
        if taken == slots {
            break;
        }
        // Nothing more can be paid for; whoever costs nothing still adds.
        if left == 0 && problem.costs[top.candidate as usize] > 0 {
            continue;
        }
        if !gains.is_fresh(top.candidate, reached) {
            let gain = gains.refresh(top.candidate, reached);
            heap.push(keyed(top.candidate, gain));
            continue;
        }
        let (gain, cost) = (gains.gain[top.candidate as usize], problem.costs[top.candidate as usize]);
        if gain <= 0.0 {
            break;
        }
        let share = if cost > left { left as f64 / cost as f64 } else { 1.0 };
        sum += gain * share;
        left = left.saturating_sub(cost);
        taken += 1;
    }
    sum
}

/// The tighter bound where budget and number of creators bind together, from gains that may be too large.
///
/// Formula: for any price `l` of money, `l B + sum of the k largest (gain - l cost)+` is a bound; the least over `l` is
/// sought by halving, as it is convex. Cost: `O(60 candidates)`. Source: Lagrangian duality.
pub(super) fn both_bound(problem: &Problem, gains: &[f64], open: &[u32], budget: u64, slots: usize) -> f64 {
    let mut reduced: Vec<f64> = Vec::with_capacity(open.len());
    let mut at = |price: f64| {
        reduced.clear();
        let of = |candidate: &u32| gains[*candidate as usize] - price * problem.costs[*candidate as usize] as f64;
        reduced.extend(open.iter().map(of).filter(|left| *left > 0.0));
        if reduced.len() > slots {
            reduced.select_nth_unstable_by(slots, |a, b| b.total_cmp(a));
            reduced.truncate(slots);
        }
        // Sorted so that the sum does not depend on how the selection went.
        reduced.sort_unstable_by(|a, b| b.total_cmp(a));
        price * budget as f64 + reduced.iter().sum::<f64>()
    };
    let dearest = open.iter().map(|candidate| {
        let (gain, cost) = (gains[*candidate as usize], problem.costs[*candidate as usize]);
        if cost == 0 { 0.0 } else { gain / cost as f64 }
    });
    let (mut lo, mut hi) = (0.0, dearest.fold(0.0, f64::max));
    let mut best = at(lo).min(at(hi));
    for _ in 0..60 {
        let (one, other) = (lo + (hi - lo) / 3.0, hi - (hi - lo) / 3.0);
        let (at_one, at_other) = (at(one), at(other));
        best = best.min(at_one).min(at_other);
        if at_one <= at_other { hi = other } else { lo = one }
    }
    best
}

/// What nobody can pass: everybody met as often as it counts. Only people whom an open candidate may meet are counted.
pub(super) fn ceiling(problem: &Problem) -> f64 {
    let mut is_met = vec![false; problem.pairs.people()];
    for candidate in 0..problem.candidates.len() {
        if !problem.rules.out[candidate] {
            for person in problem.pairs.column(candidate).people {
                is_met[*person as usize] = true;
            }
        }
    }
    let met = problem.weights.iter().zip(&is_met).filter(|(_, is_met)| **is_met).map(|(weight, _)| weight);
    problem.times as f64 * met.sum::<f64>()
}
