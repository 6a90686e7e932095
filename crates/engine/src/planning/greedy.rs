//! Choosing step by step the creator who adds most: by what it adds, or by what it adds for its cost.
//!
//! Lazy: what a creator adds can only shrink as the plan grows, so only those on top are counted again (CELF). Every plan
//! on the way also gives a bound on the best possible one.

use std::collections::BinaryHeap;

use super::bounds::{Gains, Keyed, marginal_bound, per_cost};
use super::problem::Problem;
use super::reach::Reached;
use super::rules::{Completed, Look, Standing, complete};

/// What decides who comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    Gain,
    GainPerCost,
}

/// Whether bounds are worked out on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bounds {
    EveryPrefix,
    Unasked,
}

/// A plan and the least bound seen on the way to it.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub reached: Reached<'a>,
    /// Infinite where none was worked out.
    pub bound: f64,
}

/// Steps of the search for what minima still need, for every candidate looked at.
const STEPS: usize = 400;

/// A plan in the making that can always be made whole: what its minima still need is known to fit the rules.
#[derive(Clone, Debug)]
pub(super) struct Whole<'a> {
    pub standing: Standing<'a>,
    /// What would be added to meet the minima; empty where there are none.
    needed: Vec<u32>,
}

impl<'a> Whole<'a> {
    /// The forced picks, with a way to meet the minima. The problem was checked, so there is one; `None` only where it
    /// was found with more steps than are spent here.
    pub fn begin(problem: &'a Problem, steps: usize) -> Option<Whole<'a>> {
        let mut standing = Standing::new(&problem.rules, &problem.costs);
        if !standing.add_forced() {
            return None;
        }
        match complete(&standing, Look::First, steps) {
            Completed::By { added, .. } => Some(Whole { standing, needed: added }),
            _ => None,
        }
    }

    /// Adds a candidate if the plan can still be made whole; says whether it did.
    pub fn try_add(&mut self, candidate: u32) -> bool {
        if !self.standing.allows(candidate) {
            return false;
        }
        if !self.standing.rules.has_minima {
            self.standing.add(candidate);
            return true;
        }
        self.standing.add(candidate);
        let needed = self.needed.iter().copied().filter(|other| *other != candidate).collect::<Vec<_>>();
        if self.holds_with(&needed) {
            self.needed = needed;
            return true;
        }
        match complete(&self.standing, Look::First, STEPS) {
            Completed::By { added, .. } => {
                self.needed = added;
                true
            }
            _ => {
                self.standing.remove(candidate);
                false
            }
        }
    }

    /// Whether these meet the minima and fit the rules.
    fn holds_with(&self, needed: &[u32]) -> bool {
        let mut whole = self.standing.clone();
        for other in needed {
            if !whole.allows(*other) {
                return false;
            }
            whole.add(*other);
        }
        whole.lacks_nothing()
    }

    /// What is still needed, once nothing more is added by choice.
    pub fn into_needed(self) -> Vec<u32> {
        self.needed
    }
}

/// The state all runs begin from: forced picks in, what everybody else adds to them.
#[derive(Clone, Debug)]
pub(super) struct Beginning<'a> {
    pub reached: Reached<'a>,
    pub gains: Gains,
    /// Candidates that could be in some plan, ascending.
    pub open: Vec<u32>,
    pub whole: Whole<'a>,
}

/// What every candidate that is not excluded adds to the forced ones; the same for every budget. Cost: `O(pairs)` on all
/// threads.
pub(super) fn first_gains(problem: &Problem) -> Vec<f64> {
    let reached = Reached::of(problem, &problem.rules.forced);
    let open: Vec<u32> =
        (0..problem.candidates.len() as u32).filter(|place| !problem.rules.out[*place as usize]).collect();
    let mut gain = vec![0.0; problem.candidates.len()];
    for (candidate, found) in open.iter().zip(reached.gains(&open)) {
        gain[*candidate as usize] = found;
    }
    gain
}

impl<'a> Beginning<'a> {
    /// Cost: `O(pairs)` on all threads.
    pub fn new(problem: &'a Problem) -> Option<Beginning<'a>> {
        Beginning::with_gains(problem, first_gains(problem))
    }

    /// From [`first_gains`] of a problem that differs at most in its budget. Cost: `O(candidates + people)`.
    pub fn with_gains(problem: &'a Problem, gains: Vec<f64>) -> Option<Beginning<'a>> {
        let whole = Whole::begin(problem, 50 * STEPS)?;
        let reached = Reached::of(problem, &problem.rules.forced);
        let open: Vec<u32> =
            (0..problem.candidates.len() as u32).filter(|place| whole.standing.allows(*place)).collect();
        Some(Beginning { gains: Gains::new(gains, reached.picks().len()), reached, open, whole })
    }

    /// What the forced picks cost.
    pub fn cost_held(&self) -> u64 {
        self.reached.cost()
    }

    pub fn picks_held(&self) -> usize {
        self.reached.problem().rules.forced.len()
    }
}

/// Lazy greedy from a beginning, or from a plan that grew out of it.
///
/// Cost: `O(candidates log candidates)` and the pairs of those counted again. Source: Minoux 1978; Leskovec et al. 2007.
pub(super) fn celf_greedy<'a>(beginning: &Beginning<'a>, by: By, bounds: Bounds) -> Found<'a> {
    let problem = beginning.reached.problem();
    let mut reached = beginning.reached.clone();
    let mut gains = beginning.gains.clone();
    let mut whole = beginning.whole.clone();
    let key = |gain: f64, candidate: u32| match by {
        By::Gain => gain,
        By::GainPerCost => per_cost(gain, problem.costs[candidate as usize]),
    };
    let keyed = |candidate: u32, gain: f64| Keyed { key: key(gain, candidate), candidate };
    let begin: Vec<Keyed> = beginning.open.iter().map(|place| keyed(*place, gains.gain[*place as usize])).collect();
    let mut heap = BinaryHeap::from(begin);
    let mut bound = f64::INFINITY;
    let look = |reached: &Reached<'a>, gains: &mut Gains, bound: &mut f64| {
        if bounds == Bounds::EveryPrefix {
            let found = marginal_bound(reached, gains, &beginning.open, beginning.cost_held(), beginning.picks_held());
            *bound = bound.min(found);
        }
    };
    look(&reached, &mut gains, &mut bound);
    while let Some(top) = heap.pop() {
        if !whole.standing.allows(top.candidate) {
            continue;
        }
        let gain = gains.gain[top.candidate as usize];
        let is_fresh = gains.is_fresh(top.candidate, &reached);
        if !is_fresh || key(gain, top.candidate) < top.key {
            let gain = if is_fresh { gain } else { gains.refresh(top.candidate, &reached) };
            let again = keyed(top.candidate, gain);
            if heap.peek().is_some_and(|next| *next > again) {
                heap.push(again);
                continue;
            }
        }
        if gains.gain[top.candidate as usize] <= 0.0 || !whole.try_add(top.candidate) {
            continue;
        }
        reached.add(top.candidate);
        gains.take(top.candidate);
        look(&reached, &mut gains, &mut bound);
    }
    for needed in whole.into_needed() {
        reached.add(needed);
    }
    Found { reached, bound }
}

/// The one affordable creator who adds most beside the forced ones; with minima what they need is added.
pub(super) fn best_single<'a>(beginning: &Beginning<'a>) -> Found<'a> {
    let mut by_gain: Vec<Keyed> = beginning
        .open
        .iter()
        .map(|place| Keyed { key: beginning.gains.gain[*place as usize], candidate: *place })
        .collect();
    by_gain.sort_unstable_by(|a, b| b.cmp(a));
    let mut reached = beginning.reached.clone();
    let mut whole = beginning.whole.clone();
    if let Some(best) = by_gain.iter().find(|keyed| whole.try_add(keyed.candidate)) {
        reached.add(best.candidate);
    }
    for needed in whole.into_needed() {
        reached.add(needed);
    }
    Found { reached, bound: f64::INFINITY }
}
