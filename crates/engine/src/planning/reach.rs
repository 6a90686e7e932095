//! What a set of creators reaches: each person counted once, or as often as meeting them again still adds something.
//!
//! Given a person, meeting different creators is taken as independent. Sums run in the order of the people, in f64, so
//! that the same set has the same value to the last bit however it was found.

use rayon::prelude::*;

use super::problem::{Problem, TIMES_MAX};

/// A set that grows, with what one more creator would add.
///
/// Formula: `sum_u w_u E[min(r, N_u)]`, `N_u` the creators met. Of each person the chances of 0..r-1 meetings are kept;
/// one more creator with chance p makes `P'(i) = P(i) (1 - p) + P(i-1) p`, and adds `w p P(N < r)`. With r = 1 this is
/// `sum_u w_u (1 - prod (1 - p))`. Source: Poisson-binomial recursion; monotone submodular, as it is concave in a count.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    problem: &'a Problem,
    /// `times` chances a person.
    chances: Vec<f64>,
    /// Weight x chance of fewer than `times` meetings: what a sure meeting adds.
    open: Vec<f64>,
    picks: Vec<u32>,
    cost: u64,
    value: f64,
}

impl<'a> Reached<'a> {
    /// Nobody chosen yet. Cost: `O(people)`.
    pub fn nobody(problem: &'a Problem) -> Reached<'a> {
        let times = problem.times;
        let mut chances = vec![0.0; problem.pairs.people() * times];
        chances.iter_mut().step_by(times).for_each(|chance| *chance = 1.0);
        Reached { problem, chances, open: problem.weights.to_vec(), picks: vec![], cost: 0, value: 0.0 }
    }

    /// These chosen. Cost: `O(people + pairs of the picks)`.
    pub fn of(problem: &'a Problem, picks: &[u32]) -> Reached<'a> {
        let mut reached = Reached::nobody(problem);
        for pick in picks {
            reached.add(*pick);
        }
        reached
    }

    pub fn problem(&self) -> &'a Problem {
        self.problem
    }

    /// In the order they were added.
    pub fn picks(&self) -> &[u32] {
        &self.picks
    }

    /// In minor units.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// Weighted people (or meetings that count), as added up pick by pick.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// What a sure meeting with one more creator adds, one a person.
    pub fn open(&self) -> &[f64] {
        &self.open
    }

    /// What one more candidate adds, 0 and up. Cost: `O(its pairs)`.
    #[inline]
    pub fn gain(&self, candidate: u32) -> f64 {
        self.problem.pairs.column(candidate as usize).iter().map(|(person, chance)| chance * self.open[person]).sum()
    }

    /// What each of these adds, on all threads; each sum in the order of its people. Cost: `O(their pairs)`.
    pub fn gains(&self, candidates: &[u32]) -> Vec<f64> {
        candidates.par_iter().with_min_len(16).map(|candidate| self.gain(*candidate)).collect()
    }

    /// Takes one more in and returns what it added. Cost: `O(its pairs x times)`.
    pub fn add(&mut self, candidate: u32) -> f64 {
        let added = self.gain(candidate);
        let times = self.problem.times;
        for (person, chance) in self.problem.pairs.column(candidate as usize).iter() {
            let met = &mut self.chances[person * times..(person + 1) * times];
            meet(met, chance);
            self.open[person] = self.problem.weights[person] * met.iter().sum::<f64>();
        }
        self.picks.push(candidate);
        self.cost = self.cost.saturating_add(self.problem.costs[candidate as usize]);
        self.value += added;
        added
    }
}

/// One more creator met with this chance.
#[inline]
fn meet(met: &mut [f64], chance: f64) {
    for times in (1..met.len()).rev() {
        met[times] = met[times] * (1.0 - chance) + met[times - 1] * chance;
    }
    met[0] *= 1.0 - chance;
}

/// Who meets both of two picks: `sum of w p q` over people, over the lesser of `sum of w p` and `sum of w q`; 0..=1, one row a
/// pick, 1 with itself, 0 where nobody is met. Meetings are taken as independent given the person.
/// Cost: `O(picks x pairs of the picks)`.
pub fn shared_meetings(problem: &Problem, picks: &[u32]) -> Vec<Vec<f64>> {
    let mut of_first = vec![0.0; problem.pairs.people()];
    let met = |pick: u32| -> f64 {
        problem.pairs.column(pick as usize).iter().map(|(person, chance)| problem.weights[person] * chance).sum()
    };
    let all: Vec<f64> = picks.iter().map(|pick| met(*pick)).collect();
    let mut shared = vec![vec![1.0; picks.len()]; picks.len()];
    for (one, pick) in picks.iter().enumerate() {
        let column = || problem.pairs.column(*pick as usize).iter();
        column().for_each(|(person, chance)| of_first[person] = problem.weights[person] * chance);
        for (other, with) in picks.iter().enumerate().skip(one + 1) {
            let both: f64 =
                problem.pairs.column(*with as usize).iter().map(|(person, chance)| of_first[person] * chance).sum();
            let least = all[one].min(all[other]);
            let share = if least > 0.0 { (both / least).min(1.0) } else { 0.0 };
            (shared[one][other], shared[other][one]) = (share, share);
        }
        column().for_each(|(person, _)| of_first[person] = 0.0);
    }
    shared
}

/// What a set reaches, whatever the order of its picks. Cost: `O(people + pairs of the picks)`.
pub fn value_of(problem: &Problem, picks: &[u32]) -> f64 {
    let mut sorted = picks.to_vec();
    sorted.sort_unstable();
    let reached = Reached::of(problem, &sorted);
    let times = problem.times;
    let of_person = |(person, weight): (usize, &f64)| {
        let met = &reached.chances[person * times..(person + 1) * times];
        // E[min(r, N)] = r - sum over i < r of (r - i) P(N = i).
        let missing: f64 = met.iter().enumerate().map(|(met, chance)| (times - met) as f64 * chance).sum();
        weight * (times as f64 - missing)
    };
    problem.weights.iter().enumerate().map(of_person).sum()
}

/// What each pick adds last, to all the others: also what the plan would lose without it.
///
/// Output: one a pick, in their order. Cost: `O(people + pairs of the picks x times^2)`.
pub fn exclusive_of(problem: &Problem, picks: &[u32]) -> Vec<f64> {
    Without::new(problem, picks).lost
}

/// A pick that a person may meet, and how much more open the person is without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met {
    pub slot: u32,
    chance: f32,
    pub more: f64,
}

/// A plan with each of its picks left out in turn.
pub(super) struct Without {
    /// One a person, with all picks in: what a sure meeting adds.
    pub open: Vec<f64>,
    starts: Vec<u32>,
    met: Vec<Met>,
    /// What the plan loses without each pick.
    pub lost: Vec<f64>,
}

impl Without {
    /// Cost: `O(people + pairs of the picks x times^2)`. The chance of fewer than r meetings without one pick comes from
    /// those before it and those after it, never by division, so that sure meetings are no trap.
    pub fn new(problem: &Problem, picks: &[u32]) -> Without {
        let people = problem.pairs.people();
        let mut starts = vec![0u32; people + 1];
        for pick in picks {
            for person in problem.pairs.column(*pick as usize).people {
                starts[*person as usize + 1] += 1;
            }
        }
        for person in 0..people {
            starts[person + 1] += starts[person];
        }
        let mut met = vec![Met { slot: 0, chance: 0.0, more: 0.0 }; starts[people] as usize];
        let mut next = starts.clone();
        for (slot, pick) in picks.iter().enumerate() {
            let column = problem.pairs.column(*pick as usize);
            for (person, chance) in column.people.iter().zip(column.chances) {
                let place = &mut next[*person as usize];
                met[*place as usize] = Met { slot: slot as u32, chance: *chance, more: 0.0 };
                *place += 1;
            }
        }
        let mut without = Without { open: vec![0.0; people], starts, met, lost: vec![0.0; picks.len()] };
        without.leave_out(problem);
        without
    }

    fn leave_out(&mut self, problem: &Problem) {
        let times = problem.times;
        let mut after: Vec<[f64; TIMES_MAX]> = vec![];
        for (person, weight) in problem.weights.iter().enumerate() {
            let meetings = &mut self.met[self.starts[person] as usize..self.starts[person + 1] as usize];
            after.clear();
            let mut chances = nobody_met();
            after.push(chances);
            for met in meetings.iter().rev() {
                meet(&mut chances[..times], f64::from(met.chance));
                after.push(chances);
            }
            let fewer: f64 = chances[..times].iter().sum();
            self.open[person] = weight * fewer;
            let mut before = nobody_met();
            let others = meetings.len();
            for (at, met) in meetings.iter_mut().enumerate() {
                let rest = &after[others - 1 - at];
                let both = before[..times].iter().enumerate();
                let fewer_without: f64 = both.map(|(n, chance)| chance * rest[..times - n].iter().sum::<f64>()).sum();
                met.more = (weight * (fewer_without - fewer)).max(0.0);
                self.lost[met.slot as usize] += f64::from(met.chance) * (self.open[person] + met.more);
                meet(&mut before[..times], f64::from(met.chance));
            }
        }
    }

    /// The picks that a person may meet.
    #[inline]
    pub fn met(&self, person: usize) -> &[Met] {
        &self.met[self.starts[person] as usize..self.starts[person + 1] as usize]
    }
}

fn nobody_met() -> [f64; TIMES_MAX] {
    let mut chances = [0.0; TIMES_MAX];
    chances[0] = 1.0;
    chances
}

/// The chances of 0, 1, 2, … meetings of one person, up to all creators. Cost: `O(creators^2)`.
///
/// ```
/// let met = engine::planning::reach::meetings(&[0.5, 0.5]);
/// assert_eq!(met, [0.25, 0.5, 0.25]);
/// ```
pub fn meetings(chances: &[f64]) -> Vec<f64> {
    let mut met = vec![0.0; chances.len() + 1];
    met[0] = 1.0;
    for chance in chances {
        meet(&mut met, *chance);
    }
    met
}

#[cfg(test)]
mod tests {
    use super::super::testing::made_up;
    use super::*;
    use crate::random::Sequence;

    #[test]
    fn the_chances_of_meetings_equal_those_of_every_outcome_counted() {
        let mut sequence = Sequence::new(4, 1);
        for creators in 0..=12 {
            let chances: Vec<f64> = (0..creators).map(|_| sequence.uniform()).collect();
            let mut counted = vec![0.0; creators + 1];
            for outcome in 0u32..1 << creators {
                let of = |(at, chance): (usize, &f64)| if outcome >> at & 1 == 1 { *chance } else { 1.0 - chance };
                counted[outcome.count_ones() as usize] += chances.iter().enumerate().map(of).product::<f64>();
            }
            for (found, expected) in meetings(&chances).iter().zip(&counted) {
                assert!((found - expected).abs() < 1e-12, "{creators}: {found} {expected}");
            }
        }
    }

    #[test]
    fn who_meets_both_is_at_most_who_meets_the_one_whom_fewer_meet() {
        for seed in 0..30 {
            let problem = made_up(seed, 6, 20, 1);
            let picks: Vec<u32> = (0..6).collect();
            let shared = shared_meetings(&problem, &picks);
            let column = |pick: u32| -> Vec<f64> {
                let mut chances = vec![0.0; 20];
                problem.pairs.column(pick as usize).iter().for_each(|(person, chance)| chances[person] = chance);
                chances
            };
            for one in 0..6 {
                for other in 0..6 {
                    let (p, q) = (column(one), column(other));
                    let sum = |of: &dyn Fn(usize) -> f64| (0..20).map(|u| problem.weights[u] * of(u)).sum::<f64>();
                    let least = sum(&|u| p[u]).min(sum(&|u| q[u]));
                    let both = sum(&|u| p[u] * q[u]);
                    let expected = match (one == other, least > 0.0) {
                        (true, _) => 1.0,
                        (false, true) => both / least,
                        (false, false) => 0.0,
                    };
                    let found = shared[one as usize][other as usize];
                    assert!((found - expected).abs() < 1e-9 && (0.0..=1.0).contains(&found), "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn adding_up_gains_equals_the_value_and_the_brute_force_value() {
        for seed in 0..50 {
            let times = 1 + seed as usize % 3;
            let problem = made_up(seed, 10, 12, times);
            let picks: Vec<u32> = (0..6).collect();
            let reached = Reached::of(&problem, &picks);
            let mut brute = 0.0;
            for (person, weight) in problem.weights().iter().enumerate() {
                let of = |pick: &u32| problem.pairs().column(*pick as usize).iter().find(|pair| pair.0 == person);
                let chances: Vec<f64> = picks.iter().filter_map(of).map(|pair| pair.1).collect();
                let met = meetings(&chances);
                brute += weight * met.iter().enumerate().map(|(n, p)| n.min(times) as f64 * p).sum::<f64>();
            }
            assert!((reached.value() - brute).abs() < 1e-9, "{seed}: {} {brute}", reached.value());
            assert!((value_of(&problem, &picks) - brute).abs() < 1e-9);
        }
    }

    #[test]
    fn what_a_pick_adds_last_is_what_the_plan_loses_without_it() {
        for seed in 0..60 {
            let problem = made_up(seed, 9, 10, 1 + seed as usize % 4);
            let picks: Vec<u32> = vec![7, 1, 4, 0, 8];
            let lost = exclusive_of(&problem, &picks);
            for (slot, pick) in picks.iter().enumerate() {
                let others: Vec<u32> = picks.iter().copied().filter(|other| other != pick).collect();
                let expected = value_of(&problem, &picks) - value_of(&problem, &others);
                assert!((lost[slot] - expected).abs() < 1e-9, "{seed} {slot}: {} {expected}", lost[slot]);
            }
        }
    }

    #[test]
    fn one_more_creator_adds_less_to_a_larger_set() {
        // 10^5 triples of a set, a larger one and a candidate, on random chances, with 1 to 4 meetings counting.
        let mut sequence = Sequence::new(11, 3);
        let mut triples = 0;
        for seed in 0..250 {
            let problem = made_up(seed, 12, 15, 1 + seed as usize % 4);
            for _ in 0..400 {
                let small: Vec<u32> = (0..11).filter(|_| sequence.uniform() < 0.3).collect();
                let more = (0..11).filter(|_| sequence.uniform() < 0.4);
                let mut large: Vec<u32> = small.iter().copied().chain(more).collect();
                large.sort_unstable();
                large.dedup();
                let (small, large) = (Reached::of(&problem, &small), Reached::of(&problem, &large));
                let (first, second) = (small.gain(11), large.gain(11));
                assert!(second <= first + 1e-12 && second >= 0.0, "{first} {second}");
                assert!(small.value() <= large.value() + 1e-9);
                triples += 1;
            }
        }
        assert_eq!(triples, 100_000);
    }
}
