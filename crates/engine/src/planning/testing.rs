//! Made-up problems for the tests of planning, and the best plan of a small one by trying all.

use model::Money;

use super::pairs::Pairs;
use super::problem::{Candidate, Label, LabelKind, LabelLimit, Objective, PlanRules, Problem};
use super::reach::value_of;
use crate::random::Sequence;

/// A random problem: chances of all sizes, some sure; costs 50 to 450; a budget for about a third.
pub(super) fn made_up(seed: u64, candidates: usize, people: usize, times: usize) -> Problem {
    let mut sequence = Sequence::new(seed, 71);
    let mut lists = vec![];
    let mut offered = vec![];
    for candidate in 0..candidates {
        let density = 0.1 + 0.5 * sequence.uniform();
        let mut list = vec![];
        for person in 0..people {
            if sequence.uniform() < density {
                let chance = if sequence.uniform() < 0.2 { 1.0 } else { sequence.uniform() };
                list.push((person as u32, chance as f32));
            }
        }
        lists.push(list);
        let label = Label { kind: LabelKind::Group, name: format!("g{}", sequence.below(3)) };
        offered.push(Candidate {
            name: format!("@c{candidate}"),
            creator: candidate as i64,
            cost: Money::new(50 + sequence.below(400) as i64, "EUR").ok(),
            labels: vec![label],
        });
    }
    let weights: Vec<f64> = (0..people).map(|_| 0.2 + sequence.uniform()).collect();
    let budget = Money::new(250 * candidates as i64 / 3, "EUR").expect("a currency");
    let pairs = Pairs::from_lists(people, lists).expect("pairs");
    let objective = Objective::Repeated { times };
    Problem::new(offered, pairs, weights, objective, PlanRules::within(budget)).expect("a problem")
}

/// The best plan there is, every set tried; for up to about 18 candidates.
pub(super) fn best_of_all(problem: &Problem) -> Option<(f64, Vec<u32>)> {
    let mut best: Option<(f64, Vec<u32>)> = None;
    for set in 0u32..1 << problem.candidates().len() {
        let picks: Vec<u32> = (0..problem.candidates().len() as u32).filter(|place| set >> place & 1 == 1).collect();
        if problem.keeps_rules(&picks) {
            let value = value_of(problem, &picks);
            if best.as_ref().is_none_or(|best| value > best.0) {
                best = Some((value, picks));
            }
        }
    }
    best
}

fn group(name: &str, at_least: usize, at_most: Option<usize>) -> LabelLimit {
    LabelLimit { label: Label { kind: LabelKind::Group, name: name.to_owned() }, at_least, at_most }
}

/// A problem with rules by the bits set, so that most can hold.
pub(super) fn ruled(seed: u64, share: f64, bits: u32) -> Option<Problem> {
    let problem = made_up(seed, 10, 15, 1 + seed as usize % 2);
    let budget = (share * 2_200.0) as i64;
    let mut rules = PlanRules::within(Money::new(budget, "EUR").expect("a currency"));
    let has = |bit: u32| bits >> bit & 1 == 1;
    if has(0) {
        rules.must.push(3);
    }
    if has(1) {
        rules.never = vec![1, 6];
    }
    if has(2) {
        rules.creators_max = Some(3);
    }
    if has(3) {
        rules.creators_min = 2;
    }
    if has(4) {
        rules.limits.push(group("g1", 1, Some(2)));
    }
    if has(5) {
        rules.together_min = 2;
    }
    if has(6) {
        rules.conflicts = vec![(0, 2), (4, 5), (7, 8)];
    }
    problem.with_rules(rules).ok()
}
