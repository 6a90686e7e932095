//! The linear bound: what could be reached if creators could be bought by fractions, an upper end for every real plan.
//!
//! An interior-point solver gives multipliers for the people; the bound is then worked out from them afresh and holds by
//! itself (weak duality), so a solver that stops early or is off by a little makes it looser, never wrong.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT};
use serde::{Deserialize, Serialize};

use super::bounds::{both_bound, per_cost};
use super::problem::Problem;

/// Where 1 - e^-a is touched by a line, for people who are met with chances.
const TANGENTS: [f64; 6] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0];
/// Chances from here on count as this when their logarithm is taken; the lines above stay above the true reach.
const CHANCE_CAP: f64 = 0.999_999;

/// What changes the linear bound.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearSettings {
    /// Problems with more entries (pairs times lines a person) get no linear bound.
    pub entries_max: usize,
    pub steps_max: u32,
    /// Candidates whose cost alone is above the budget; leaving them out makes the bound tighter.
    pub unaffordable: Unaffordable,
}

/// Whether candidates that no plan can pay for take part by fractions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unaffordable {
    LeftOut,
    /// As the textbook relaxation has it.
    ByFractions,
}

impl Default for LinearSettings {
    fn default() -> LinearSettings {
        LinearSettings { entries_max: 400_000, steps_max: 100, unaffordable: Unaffordable::LeftOut }
    }
}

/// The linear relaxation's bound on what any plan within budget and number of creators reaches.
///
/// Formula: max `sum w y`, `y_u <= r`, `y_u <= sum p x`, and for r = 1 `y_u <= 1 - e^-a + e^-a (sum t x - a)`,
/// `t = -ln(1 - p)`, at a = 0.1 to 4; `sum c x <= budget`, `sum x <= k`, 0 <= x <= 1, forced picks at 1. At a real plan
/// each line is above what it reaches: the first by the union bound (r = 1) or Jensen (r > 1), the others as 1 - e^-a is
/// concave. Other rules are left out, which only loosens it. Bound from multipliers `m` of the lines: lines' constants,
/// what people are worth beyond their multipliers, and the fractional knapsack of `sum m p`.
/// Output: weighted people; infinite where the problem is too large. Cost: up to 100 sparse factorisations, about 0.1 s for
/// 20,000 pairs. Source: tangents of 1 - e^-a, our own choice; solver: Goulart & Chen 2024 (Clarabel).
pub fn linear_bound(problem: &Problem, settings: &LinearSettings) -> f64 {
    let relaxed = Relaxed::new(problem, settings.unaffordable);
    if relaxed.entries() > settings.entries_max {
        return f64::INFINITY;
    }
    match relaxed.multipliers(settings.steps_max) {
        Some(lines) => relaxed.proved(&lines),
        None => f64::INFINITY,
    }
}

fn log_miss(chance: f64) -> f64 {
    -(1.0 - chance.min(CHANCE_CAP)).ln()
}

/// The relaxation: whom it may hold and how many lines a person has.
struct Relaxed<'a> {
    problem: &'a Problem,
    /// Candidates that may be in a plan.
    open: Vec<u32>,
    is_forced: Vec<bool>,
    /// Lines a person: 1, or 1 + tangents.
    lines: usize,
}

impl<'a> Relaxed<'a> {
    fn new(problem: &'a Problem, unaffordable: Unaffordable) -> Relaxed<'a> {
        let is_open = |candidate: &u32| {
            let is_payable = problem.costs[*candidate as usize] <= problem.budget;
            !problem.rules.out[*candidate as usize] && (is_payable || unaffordable == Unaffordable::ByFractions)
        };
        let open: Vec<u32> = (0..problem.candidates.len() as u32).filter(is_open).collect();
        let is_forced = open.iter().map(|candidate| problem.rules.forced.binary_search(candidate).is_ok()).collect();
        let unsure =
            |candidate: &u32| problem.pairs.column(*candidate as usize).chances.iter().any(|chance| *chance < 1.0);
        let has_tangents = problem.times == 1 && open.iter().any(unsure);
        Relaxed { problem, open, is_forced, lines: if has_tangents { 1 + TANGENTS.len() } else { 1 } }
    }

    fn entries(&self) -> usize {
        let pairs: usize =
            self.open.iter().map(|candidate| self.problem.pairs.column(*candidate as usize).people.len()).sum();
        self.lines * (pairs + self.problem.pairs.people())
    }

    /// The multiplier of every line, 0 and up, person by person; `None` where the solver gave none.
    fn multipliers(&self, steps_max: u32) -> Option<Vec<f64>> {
        let (problem, lines, candidates) = (self.problem, self.lines, self.open.len());
        let people = problem.pairs.people();
        // Rows: lines of people; budget; number; x at most 1; x at least 0 or 1; y at most r.
        let (budget, count, upper) = (people * lines, people * lines + 1, people * lines + 2);
        let (lower, most) = (upper + candidates, upper + 2 * candidates);
        let rows = most + people;
        let mut right = vec![0.0; rows];
        for person in 0..people {
            for (line, at) in TANGENTS.iter().take(lines - 1).enumerate() {
                right[person * lines + 1 + line] = constant(*at);
            }
        }
        right[budget] = 1.0;
        right[count] = 1.0;
        right[upper..lower].fill(1.0);
        for (place, is_forced) in self.is_forced.iter().enumerate() {
            right[lower + place] = if *is_forced { -1.0 } else { 0.0 };
        }
        right[most..].fill(problem.times as f64);
        let (mut starts, mut at_rows, mut values) = (vec![0], vec![], vec![]);
        let mut entry = |row: usize, value: f64| {
            at_rows.push(row);
            values.push(value);
            at_rows.len()
        };
        for (place, candidate) in self.open.iter().enumerate() {
            for (person, chance) in problem.pairs.column(*candidate as usize).iter() {
                entry(person * lines, -chance);
                for (line, at) in TANGENTS.iter().take(lines - 1).enumerate() {
                    entry(person * lines + 1 + line, -(-at).exp() * log_miss(chance));
                }
            }
            entry(budget, problem.costs[*candidate as usize] as f64 / problem.budget.max(1) as f64);
            entry(count, 1.0 / problem.picks_max.max(1) as f64);
            entry(upper + place, 1.0);
            starts.push(entry(lower + place, -1.0));
        }
        for person in 0..people {
            for line in 0..lines {
                entry(person * lines + line, 1.0);
            }
            starts.push(entry(most + person, 1.0));
        }
        let columns = candidates + people;
        let worth: Vec<f64> =
            std::iter::repeat_n(0.0, candidates).chain(problem.weights.iter().map(|weight| -weight)).collect();
        let matrix = CscMatrix::new(rows, columns, starts, at_rows, values);
        let none = CscMatrix::<f64>::zeros((columns, columns));
        let settings =
            DefaultSettingsBuilder::default().verbose(false).max_iter(steps_max).max_threads(1).build().ok()?;
        let mut solver =
            DefaultSolver::new(&none, &worth, &matrix, &right, &[NonnegativeConeT(rows)], settings).ok()?;
        solver.solve();
        let multipliers = &solver.solution.z[..people * lines];
        multipliers
            .iter()
            .all(|value| value.is_finite())
            .then(|| multipliers.iter().map(|value| value.max(0.0)).collect())
    }

    /// The bound that multipliers of the lines prove, whatever they are.
    fn proved(&self, lines: &[f64]) -> f64 {
        let problem = self.problem;
        let mut bound = 0.0;
        let mut slopes = vec![0.0; problem.pairs.people()];
        for (person, lines) in lines.chunks(self.lines).enumerate() {
            let held: f64 = lines.iter().sum();
            bound += problem.times as f64 * (problem.weights[person] - held).max(0.0);
            for (line, at) in lines[1..].iter().zip(TANGENTS) {
                bound += line * constant(at);
                slopes[person] += line * (-at).exp();
            }
        }
        let mut worth = vec![0.0; problem.candidates.len()];
        for candidate in &self.open {
            for (person, chance) in problem.pairs.column(*candidate as usize).iter() {
                worth[*candidate as usize] += chance * lines[person * self.lines];
                if self.lines > 1 {
                    worth[*candidate as usize] += log_miss(chance) * slopes[person];
                }
            }
        }
        let (mut budget, mut slots) = (problem.budget, problem.picks_max);
        let mut free = vec![];
        for (candidate, is_forced) in self.open.iter().zip(&self.is_forced) {
            if *is_forced {
                bound += worth[*candidate as usize];
                budget = budget.saturating_sub(problem.costs[*candidate as usize]);
                slots = slots.saturating_sub(1);
            } else {
                free.push(*candidate);
            }
        }
        bound
            + match slots < free.len() {
                true => both_bound(problem, &worth, &free, budget, slots),
                false => fractional_knapsack(&worth, &problem.costs, free, budget),
            }
    }
}

/// Where the line that touches 1 - e^-a at `at` begins.
fn constant(at: f64) -> f64 {
    1.0 - (-at).exp() - at * (-at).exp()
}

/// The worth that a budget buys, best worth for the cost first, the last by a fraction.
fn fractional_knapsack(worth: &[f64], costs: &[u64], mut places: Vec<u32>, budget: u64) -> f64 {
    let key = |place: &u32| per_cost(worth[*place as usize], costs[*place as usize]);
    places.retain(|place| worth[*place as usize] > 0.0);
    places.sort_unstable_by(|a, b| key(b).total_cmp(&key(a)).then(a.cmp(b)));
    let (mut left, mut sum) = (budget, 0.0);
    for place in places {
        let (worth, cost) = (worth[place as usize], costs[place as usize]);
        if cost > left {
            return sum + worth * left as f64 / cost as f64;
        }
        sum += worth;
        left -= cost;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::testing::{best_of_all, made_up};
    use super::*;

    #[test]
    fn the_linear_bound_is_never_below_the_best_plan_however_early_it_stops() {
        for seed in 0..80 {
            let problem = made_up(seed, 9, 14, 1 + seed as usize % 3);
            let best = best_of_all(&problem).expect("a plan").0;
            for steps_max in [1, 4, 100] {
                let bound = linear_bound(&problem, &LinearSettings { steps_max, ..LinearSettings::default() });
                assert!(bound >= best - 1e-9, "{seed} {steps_max}: {bound} {best}");
            }
        }
    }

    #[test]
    fn a_problem_too_large_gets_no_linear_bound_instead_of_a_wrong_one() {
        let problem = made_up(1, 9, 14, 1);
        let settings = LinearSettings { entries_max: 10, ..LinearSettings::default() };
        assert_eq!(linear_bound(&problem, &settings), f64::INFINITY);
    }
}
