//! Making a plan better by exchanging: one pick out, one or two others in, and whoever still fits added.
//!
//! What every candidate would add without each pick in turn is counted for all picks in one pass over the pairs. The work
//! is limited by a number of pairs visited, not by a clock, so that the same problem always ends with the same plan.

use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::bounds::{Keyed, per_cost};
use super::problem::Problem;
use super::reach::{Reached, Without, value_of};
use super::rules::{Completed, Look, Standing, complete};

/// An exchange must gain at least this share of the value, or it is noise of rounding.
const GAIN_MIN: f64 = 1e-9;
/// Candidates tried as the first of two that come in for one, by gain and by gain per cost each.
const FIRST_OF_TWO: usize = 24;
/// Candidates tried as the second, for each first.
const SECOND_OF_TWO: usize = 200;
/// Groups that a plan is begun within.
const GROUPS_TRIED: usize = 8;
/// Steps of the search for whom other rules need beside a group.
const STEPS_OF_COMPLETION: usize = 2_000;

/// One exchange and what it gains.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    /// Place among the picks of who goes.
    pub slot: usize,
    pub comes: Vec<u32>,
    pub gain: f64,
    /// What it costs more (or less), in minor units.
    pub cost_change: i64,
}

/// What every open candidate would add if one pick were left out.
pub(super) struct Neighbourhood {
    pub open: Vec<u32>,
    slots: usize,
    gains: Vec<f64>,
    pub lost: Vec<f64>,
}

impl Neighbourhood {
    /// Cost: `O(pairs x (1 + mean number of picks a person meets))` on all threads.
    pub fn new(problem: &Problem, picks: &[u32], open: &[u32]) -> Neighbourhood {
        let without = Without::new(problem, picks);
        let mut is_in = vec![false; problem.candidates.len()];
        picks.iter().for_each(|pick| is_in[*pick as usize] = true);
        let open: Vec<u32> = open.iter().copied().filter(|candidate| !is_in[*candidate as usize]).collect();
        let slots = picks.len();
        let mut gains = vec![0.0; open.len() * slots];
        gains.par_chunks_mut(slots.max(1)).zip(&open).with_min_len(16).for_each(|(row, candidate)| {
            let mut with_all = 0.0;
            for (person, chance) in problem.pairs.column(*candidate as usize).iter() {
                with_all += chance * without.open[person];
                for met in without.met(person) {
                    row[met.slot as usize] += chance * met.more;
                }
            }
            row.iter_mut().for_each(|gain| *gain += with_all);
        });
        Neighbourhood { open, slots, gains, lost: without.lost }
    }

    /// What the candidate at this place of `open` adds to the plan without the pick in this slot.
    #[inline]
    pub fn gain(&self, place: usize, slot: usize) -> f64 {
        self.gains[place * self.slots + slot]
    }
}

/// Improves a plan until no exchange gains anything or the work is spent.
///
/// Inputs: `picks` that keep the rules; `open`, who may come in; `work`, pair visits left. Output: picks that keep the
/// rules and reach at least as much. Source: local search by exchange, Nemhauser, Wolsey & Fisher 1978, section 5.
pub(super) fn improve(problem: &Problem, picks: &[u32], open: &[u32], work: &mut u64) -> Vec<u32> {
    let mut picks = picks.to_vec();
    let mut value = value_of(problem, &picks);
    loop {
        add_who_fits(problem, &mut picks, open);
        let cost_of_pass = 3 * problem.pairs.len() as u64 + problem.pairs.people() as u64;
        if *work < cost_of_pass || picks.is_empty() {
            return picks;
        }
        *work -= cost_of_pass;
        let around = Neighbourhood::new(problem, &picks, open);
        let one = best_one_for_one(problem, &picks, &around, value * GAIN_MIN);
        let best = match one {
            Some(one) => Some(one),
            None => best_two_for_one(problem, &picks, &around, value * GAIN_MIN, work),
        };
        let changed = match best {
            Some(best) => {
                let mut changed = picks.clone();
                changed.remove(best.slot);
                changed.extend(&best.comes);
                changed
            }
            None => match two_out_and_refilled(problem, &picks, open, value * (1.0 + GAIN_MIN), work) {
                Some(changed) => changed,
                None => return picks,
            },
        };
        let found = value_of(problem, &changed);
        if found <= value {
            return picks;
        }
        (picks, value) = (changed, found);
    }
}

/// Takes out every two picks in turn and fills up again, by gain and by gain per cost; the first plan that reaches more.
fn two_out_and_refilled(
    problem: &Problem,
    picks: &[u32],
    open: &[u32],
    more_than: f64,
    work: &mut u64,
) -> Option<Vec<u32>> {
    let free: Vec<u32> = picks.iter().copied().filter(|pick| !is_forced(problem, *pick)).collect();
    for (place, one) in free.iter().enumerate() {
        for other in &free[place + 1..] {
            let rest: Vec<u32> = picks.iter().copied().filter(|pick| pick != one && pick != other).collect();
            for per_unit_of_cost in [false, true] {
                let key = |gain: f64, candidate: u32| match per_unit_of_cost {
                    true => per_cost(gain, problem.costs[candidate as usize]),
                    false => gain,
                };
                let filled = filled(problem, &rest, open, key, work)?;
                if value_of(problem, &filled) > more_than && problem.keeps_rules(&filled) {
                    return Some(filled);
                }
            }
        }
    }
    None
}

/// Plans that begin within one group each, where rules ask for several of a group or nobody of it: exchanges alone never leave the
/// group that the first pick was in. The groups whose best add most come first.
///
/// Inputs: `gains` of every candidate at the beginning, `forced` picks. Output: plans that keep the rules, at most
/// [`GROUPS_TRIED`] times two. Cost: `O(pairs)` for each group, taken from `work`.
pub(super) fn within_groups(problem: &Problem, gains: &[f64], open: &[u32], work: &mut u64) -> Vec<Vec<u32>> {
    let is_open = |member: &&u32| open.binary_search(member).is_ok();
    let mut groups: Vec<(usize, f64, Vec<u32>)> = problem
        .rules
        .limits
        .iter()
        .filter(|limit| limit.only_if_any)
        .map(|limit| {
            let members: Vec<u32> = limit.members.iter().filter(is_open).copied().collect();
            let mut best: Vec<f64> = members.iter().map(|member| gains[*member as usize]).collect();
            best.sort_by(|one, other| other.total_cmp(one));
            (limit.least, best.iter().take(limit.least).sum(), members)
        })
        .collect();
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut plans = vec![];
    for (least, _, members) in groups.into_iter().take(GROUPS_TRIED) {
        for per_unit_of_cost in [false, true] {
            let key = |gain: f64, candidate: u32| match per_unit_of_cost {
                true => per_cost(gain, problem.costs[candidate as usize]),
                false => gain,
            };
            let Some(plan) = filled(problem, &problem.rules.forced, &members, key, work) else { return plans };
            if problem.keeps_rules(&plan) {
                plans.push(plan);
                continue;
            }
            // Other rules ask for somebody too: as few of the group as may be, then whom those rules need.
            let mut standing = standing(problem, &problem.rules.forced);
            let mut ranked: Vec<Keyed> = members
                .iter()
                .map(|member| Keyed { key: key(gains[*member as usize], *member), candidate: *member })
                .collect();
            ranked.sort_by(|one, other| other.cmp(one));
            let mut plan = problem.rules.forced.clone();
            for next in ranked {
                if plan.len() - problem.rules.forced.len() < least && standing.allows(next.candidate) {
                    standing.add(next.candidate);
                    plan.push(next.candidate);
                }
            }
            if let Completed::By { added, .. } = complete(&standing, Look::First, STEPS_OF_COMPLETION) {
                plan.extend(added);
                if problem.keeps_rules(&plan) {
                    plans.push(plan);
                }
            }
        }
    }
    plans
}

/// Adds the largest key first while the rules allow; `None` when the work is spent.
fn filled(
    problem: &Problem,
    picks: &[u32],
    open: &[u32],
    key: impl Fn(f64, u32) -> f64,
    work: &mut u64,
) -> Option<Vec<u32>> {
    let mut standing = standing(problem, picks);
    let mut reached = Reached::of(problem, picks);
    let visits = (problem.pairs.len() + problem.pairs.people()) as u64;
    if *work < visits {
        *work = 0;
        return None;
    }
    *work -= visits;
    let keyed = |candidate: &u32| Keyed { key: key(reached.gain(*candidate), *candidate), candidate: *candidate };
    let fitting: Vec<Keyed> = open.iter().filter(|candidate| standing.allows(**candidate)).map(keyed).collect();
    let mut heap = BinaryHeap::from(fitting);
    loop {
        let Some(top) = heap.pop() else { return Some(reached.picks().to_vec()) };
        if !standing.allows(top.candidate) {
            continue;
        }
        let again = Keyed { key: key(reached.gain(top.candidate), top.candidate), candidate: top.candidate };
        if again.key < top.key && heap.peek().is_some_and(|next| *next > again) {
            heap.push(again);
        } else if again.key > 0.0 {
            standing.add(top.candidate);
            reached.add(top.candidate);
        }
    }
}

/// Adds by gain, then whoever is left, while the rules hold.
fn add_who_fits(problem: &Problem, picks: &mut Vec<u32>, open: &[u32]) {
    let mut standing = standing(problem, picks);
    loop {
        let fitting: Vec<u32> = open.iter().copied().filter(|candidate| keeps(&mut standing, *candidate)).collect();
        if fitting.is_empty() {
            return;
        }
        let reached = Reached::of(problem, picks);
        let gains = reached.gains(&fitting);
        let keyed = fitting.iter().zip(gains).map(|(candidate, key)| Keyed { key, candidate: *candidate });
        match keyed.max().filter(|best| best.key > 0.0) {
            Some(best) => {
                standing.add(best.candidate);
                picks.push(best.candidate);
            }
            None => return,
        }
    }
}

fn standing<'a>(problem: &'a Problem, picks: &[u32]) -> Standing<'a> {
    let mut standing = Standing::new(&problem.rules, &problem.costs);
    picks.iter().for_each(|pick| standing.add(*pick));
    standing
}

/// Whether the plan with this one more keeps every rule; the plan itself is left as it is.
fn keeps(standing: &mut Standing<'_>, candidate: u32) -> bool {
    if !standing.allows(candidate) {
        return false;
    }
    if !standing.rules.has_minima {
        return true;
    }
    standing.add(candidate);
    let holds = standing.lacks_nothing();
    standing.remove(candidate);
    holds
}

fn is_forced(problem: &Problem, pick: u32) -> bool {
    problem.rules.forced.binary_search(&pick).is_ok()
}

/// The exchange of one for one that gains most; of equal ones the cheaper.
pub(super) fn best_one_for_one(
    problem: &Problem,
    picks: &[u32],
    around: &Neighbourhood,
    gain_min: f64,
) -> Option<Exchange> {
    let mut standing = standing(problem, picks);
    let mut best: Option<Exchange> = None;
    for (slot, pick) in picks.iter().enumerate() {
        if is_forced(problem, *pick) {
            continue;
        }
        standing.remove(*pick);
        for (place, candidate) in around.open.iter().enumerate() {
            let gain = around.gain(place, slot) - around.lost[slot];
            let cost_change = change(problem, &[*candidate], *pick);
            let is_better = |best: &Exchange| {
                gain > best.gain + gain_min || (gain >= best.gain - gain_min && cost_change < best.cost_change)
            };
            if gain > gain_min && best.as_ref().is_none_or(is_better) && keeps(&mut standing, *candidate) {
                best = Some(Exchange { slot, comes: vec![*candidate], gain, cost_change });
            }
        }
        standing.add(*pick);
    }
    best
}

pub(super) fn change(problem: &Problem, comes: &[u32], goes: u32) -> i64 {
    let more = i64::try_from(problem.cost_of(comes)).unwrap_or(i64::MAX);
    more.saturating_sub(i64::try_from(problem.costs[goes as usize]).unwrap_or(i64::MAX))
}

/// The best exchange of two for one: firsts are those that add most, by gain and per cost, seconds those that then can.
fn best_two_for_one(
    problem: &Problem,
    picks: &[u32],
    around: &Neighbourhood,
    gain_min: f64,
    work: &mut u64,
) -> Option<Exchange> {
    let mut standing = standing(problem, picks);
    let mut best: Option<Exchange> = None;
    for (slot, pick) in picks.iter().enumerate() {
        if is_forced(problem, *pick) {
            continue;
        }
        standing.remove(*pick);
        let fitting: Vec<usize> = (0..around.open.len()).filter(|place| standing.allows(around.open[*place])).collect();
        let by_gain = |place: &usize| around.gain(*place, slot);
        let by_cost = |place: &usize| per_cost(around.gain(*place, slot), problem.costs[around.open[*place] as usize]);
        let mut seconds = top(&fitting, SECOND_OF_TWO, by_gain);
        let dense = top(&fitting, SECOND_OF_TWO, by_cost);
        let mut firsts: Vec<usize> = seconds.iter().take(FIRST_OF_TWO).copied().collect();
        firsts.extend(dense.iter().take(FIRST_OF_TWO));
        seconds.extend(dense);
        firsts.sort_unstable();
        firsts.dedup();
        seconds.sort_by(|a, b| around.gain(*b, slot).total_cmp(&around.gain(*a, slot)).then(a.cmp(b)));
        seconds.dedup();
        let others: Vec<u32> = picks.iter().copied().filter(|other| other != pick).collect();
        let rest = Reached::of(problem, &others);
        for first in firsts {
            let one = around.open[first];
            let least = around.lost[slot] + best.as_ref().map_or(gain_min, |best| best.gain + gain_min);
            let most_second = seconds.first().map_or(0.0, |second| around.gain(*second, slot));
            if around.gain(first, slot) + most_second <= least || *work == 0 {
                continue;
            }
            standing.add(one);
            let mut with_one: Option<Reached<'_>> = None;
            for second in &seconds {
                let other = around.open[*second];
                let least = around.lost[slot] + best.as_ref().map_or(gain_min, |best| best.gain + gain_min);
                if around.gain(first, slot) + around.gain(*second, slot) <= least || *work == 0 {
                    break;
                }
                if other == one || !keeps(&mut standing, other) {
                    continue;
                }
                let with_one = with_one.get_or_insert_with(|| {
                    *work = work.saturating_sub(problem.pairs.people() as u64);
                    let mut with_one = rest.clone();
                    with_one.add(one);
                    with_one
                });
                *work = work.saturating_sub(problem.pairs.column(other as usize).people.len() as u64);
                let gain = around.gain(first, slot) + with_one.gain(other) - around.lost[slot];
                if gain + around.lost[slot] > least {
                    let comes = vec![one.min(other), one.max(other)];
                    let cost_change = change(problem, &comes, *pick);
                    best = Some(Exchange { slot, comes, gain, cost_change });
                }
            }
            standing.remove(one);
        }
        standing.add(*pick);
    }
    best
}

/// The places with the largest keys, largest first, ties by place.
fn top(places: &[usize], count: usize, key: impl Fn(&usize) -> f64) -> Vec<usize> {
    let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let mut keyed: Vec<(f64, usize)> = places.iter().map(|place| (key(place), *place)).collect();
    if keyed.len() > count {
        keyed.select_nth_unstable_by(count, order);
        keyed.truncate(count);
    }
    keyed.sort_unstable_by(order);
    keyed.into_iter().map(|keyed| keyed.1).collect()
}
