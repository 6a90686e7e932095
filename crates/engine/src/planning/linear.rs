//! The linear bound: what could be reached if creators could be bought by fractions, an upper end for every real plan.
//!
//! An interior-point solver gives multipliers for the people; the bound is then worked out from them afresh and holds by
//! itself (weak duality), so a solver that stops early or is off by a little makes it looser, never wrong.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bounds::{both_bound, per_cost};
use super::problem::Problem;

/// Where 1 - e^-a is touched by a line, for people who are met with chances; fewer where a problem is large.
const TANGENTS: [&[f64]; 4] = [&[0.1, 0.25, 0.5, 1.0, 2.0, 4.0], &[0.15, 0.5, 1.5], &[0.25, 1.0], &[]];
/// Of the most entries allowed, what each of these may take: fine lines are for small problems.
const ENTRIES_SHARE: [f64; 4] = [0.25, 0.5, 1.0, 1.0];
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
/// `t = -ln(1 - p)`, at a = 0.1 to 4, at two of these or none where the problem is large; `sum c x <= budget`,
/// `sum x <= k`, how many of a label at most and at least, 0 <= x <= 1, forced picks at 1. At a real plan each line is above
/// what it reaches: the first by the union bound (r = 1) or Jensen (r > 1), the others as 1 - e^-a is concave. Other rules
/// are left out, which only loosens it. Bound from multipliers `m` of the lines and `q` of the labels: lines' constants, what
/// people are worth beyond their multipliers, `sum q count`, and the fractional knapsack of `sum m p - sum q`.
/// Output: weighted people; infinite where the problem is too large. Cost: up to 100 sparse factorisations, about 0.1 s for
/// 20,000 pairs. Source: tangents of 1 - e^-a, our own choice; solver: Goulart & Chen 2024 (Clarabel).
pub fn linear_bound(problem: &Problem, settings: &LinearSettings) -> f64 {
    match solved(problem, settings) {
        Some((relaxed, multipliers)) => relaxed.proved(&multipliers),
        None => f64::INFINITY,
    }
}

/// [`linear_bound`] at many budgets for the price of a few: what multipliers prove at one budget they prove at every other
/// one, a little looser the farther away. `budgets` in minor units; one bound each, in their order, infinite where the
/// problem is too large. Cost: three solutions, side by side, and one pass over the pairs a budget and solution.
pub(super) fn linear_bounds(problem: &Problem, budgets: &[u64], settings: &LinearSettings) -> Vec<f64> {
    let mut solved_at = vec![budgets.len() / 4, budgets.len() / 2, budgets.len() * 3 / 4];
    solved_at.dedup();
    let found: Vec<(&'static [f64], Multipliers)> = solved_at
        .into_par_iter()
        .filter_map(|place| {
            let problem = problem.with_budget(*budgets.get(place)?).ok()?;
            let (relaxed, multipliers) = solved(&problem, settings)?;
            Some((relaxed.tangents, multipliers))
        })
        .collect();
    let at = |budget: &u64| {
        let Ok(problem) = problem.with_budget(*budget) else { return f64::INFINITY };
        let proved = |(tangents, multipliers): &(&'static [f64], Multipliers)| {
            Relaxed::new(&problem, settings.unaffordable, tangents).proved(multipliers)
        };
        found.iter().map(proved).fold(f64::INFINITY, f64::min)
    };
    budgets.par_iter().map(at).collect()
}

/// The multipliers of the finest relaxation that is not too large.
fn solved<'a>(problem: &'a Problem, settings: &LinearSettings) -> Option<(Relaxed<'a>, Multipliers)> {
    let fits = |(tangents, share): (&'static [f64], f64)| {
        let relaxed = Relaxed::new(problem, settings.unaffordable, tangents);
        (relaxed.entries() as f64 <= settings.entries_max as f64 * share).then_some(relaxed)
    };
    let relaxed = TANGENTS.into_iter().zip(ENTRIES_SHARE).find_map(fits)?;
    let multipliers = relaxed.multipliers(settings.steps_max)?;
    Some((relaxed, multipliers))
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
    /// Where the lines of a person touch, beside the first; empty where everybody is met for sure.
    tangents: &'static [f64],
    /// Lines a person: 1, or 1 + tangents.
    lines: usize,
    labels: Vec<LabelRow<'a>>,
}

/// How many of some candidates a plan may hold: `sign * sum x <= sign * count`.
struct LabelRow<'a> {
    members: &'a [u32],
    /// 1: at most; -1: at least.
    sign: f64,
    count: f64,
}

/// Multipliers of the lines, person by person, and of the label rows; 0 and up.
struct Multipliers {
    lines: Vec<f64>,
    labels: Vec<f64>,
}

impl<'a> Relaxed<'a> {
    fn new(problem: &'a Problem, unaffordable: Unaffordable, tangents: &'static [f64]) -> Relaxed<'a> {
        let is_open = |candidate: &u32| {
            let is_payable = problem.costs[*candidate as usize] <= problem.budget;
            !problem.rules.out[*candidate as usize] && (is_payable || unaffordable == Unaffordable::ByFractions)
        };
        let open: Vec<u32> = (0..problem.candidates.len() as u32).filter(is_open).collect();
        let is_forced = open.iter().map(|candidate| problem.rules.forced.binary_search(candidate).is_ok()).collect();
        let unsure =
            |candidate: &u32| problem.pairs.column(*candidate as usize).chances.iter().any(|chance| *chance < 1.0);
        // Whether anybody is met by chance is asked of all candidates, so that it is the same at every budget.
        let all = 0..problem.candidates.len() as u32;
        let tangents =
            if problem.times == 1 && all.into_iter().any(|candidate| unsure(&candidate)) { tangents } else { &[] };
        let mut labels = vec![];
        for limit in &problem.rules.limits {
            let members = limit.members.as_slice();
            if limit.most < members.len() {
                labels.push(LabelRow { members, sign: 1.0, count: limit.most as f64 });
            }
            if limit.least > 0 && !limit.only_if_any {
                labels.push(LabelRow { members, sign: -1.0, count: limit.least as f64 });
            }
        }
        Relaxed { problem, open, is_forced, tangents, lines: 1 + tangents.len(), labels }
    }

    fn entries(&self) -> usize {
        let pairs: usize =
            self.open.iter().map(|candidate| self.problem.pairs.column(*candidate as usize).people.len()).sum();
        self.lines * (pairs + self.problem.pairs.people())
    }

    /// The multipliers of all lines and label rows; `None` where the solver gave none.
    fn multipliers(&self, steps_max: u32) -> Option<Multipliers> {
        let (problem, lines, candidates) = (self.problem, self.lines, self.open.len());
        let people = problem.pairs.people();
        // Rows: lines of people; labels; budget; number; x at most 1; x at least 0 or 1; y at most r.
        let label = people * lines;
        let budget = label + self.labels.len();
        let (count, upper) = (budget + 1, budget + 2);
        let (lower, most) = (upper + candidates, upper + 2 * candidates);
        let rows = most + people;
        let mut right = vec![0.0; rows];
        for person in 0..people {
            for (line, at) in self.tangents.iter().enumerate() {
                right[person * lines + 1 + line] = constant(*at);
            }
        }
        let mut rows_of: Vec<Vec<usize>> = vec![vec![]; problem.candidates.len()];
        for (place, row) in self.labels.iter().enumerate() {
            right[label + place] = row.sign * row.count;
            row.members.iter().for_each(|member| rows_of[*member as usize].push(place));
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
                for (line, at) in self.tangents.iter().enumerate() {
                    entry(person * lines + 1 + line, -(-at).exp() * log_miss(chance));
                }
            }
            for place in &rows_of[*candidate as usize] {
                entry(label + place, self.labels[*place].sign);
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
        let multipliers = &solver.solution.z[..budget];
        let (of_lines, of_labels) = multipliers.split_at(label);
        let held = |values: &[f64]| values.iter().map(|value| value.max(0.0)).collect();
        (multipliers.iter().all(|value| value.is_finite()))
            .then(|| Multipliers { lines: held(of_lines), labels: held(of_labels) })
    }

    /// The bound that multipliers prove, whatever they are.
    fn proved(&self, multipliers: &Multipliers) -> f64 {
        let problem = self.problem;
        let mut bound = 0.0;
        let mut slopes = vec![0.0; problem.pairs.people()];
        for (person, lines) in multipliers.lines.chunks(self.lines).enumerate() {
            let held: f64 = lines.iter().sum();
            bound += problem.times as f64 * (problem.weights[person] - held).max(0.0);
            for (line, at) in lines[1..].iter().zip(self.tangents) {
                bound += line * constant(*at);
                slopes[person] += line * (-at).exp();
            }
        }
        let mut worth = vec![0.0; problem.candidates.len()];
        for candidate in &self.open {
            for (person, chance) in problem.pairs.column(*candidate as usize).iter() {
                worth[*candidate as usize] += chance * multipliers.lines[person * self.lines];
                if self.lines > 1 {
                    worth[*candidate as usize] += log_miss(chance) * slopes[person];
                }
            }
        }
        for (row, multiplier) in self.labels.iter().zip(&multipliers.labels) {
            bound += multiplier * row.sign * row.count;
            row.members.iter().for_each(|member| worth[*member as usize] -= multiplier * row.sign);
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
    use super::super::problem::{Label, LabelKind, LabelLimit, PlanRules};
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
    fn how_many_of_a_label_may_be_in_lowers_the_bound_and_never_below_the_best() {
        let mut lowered = 0;
        for seed in 0..60 {
            let problem = made_up(seed, 10, 16, 1);
            let limit = |name: &str, at_least, at_most| LabelLimit {
                label: Label { kind: LabelKind::Group, name: name.to_owned() },
                at_least,
                at_most,
            };
            let rules =
                PlanRules { limits: vec![limit("g0", 0, Some(1)), limit("g1", 1, Some(2))], ..problem.rules().clone() };
            let Ok(limited) = problem.with_rules(rules) else { continue };
            let best = best_of_all(&limited).expect("a plan").0;
            let bound = linear_bound(&limited, &LinearSettings::default());
            assert!(bound >= best - 1e-9, "{seed}: {bound} {best}");
            lowered += u32::from(bound < linear_bound(&problem, &LinearSettings::default()) - 1e-6);
        }
        assert!(lowered > 30, "{lowered}");
    }

    #[test]
    fn what_is_proved_at_one_budget_holds_at_every_other() {
        for seed in 0..40 {
            let problem = made_up(seed, 9, 14, 1 + seed as usize % 2);
            let budgets: Vec<u64> = (1..=8).map(|step| (problem.budget() * step / 4).max(1)).collect();
            let bounds = linear_bounds(&problem, &budgets, &LinearSettings::default());
            for (budget, bound) in budgets.iter().zip(&bounds) {
                let Some(best) = problem.with_budget(*budget).ok().and_then(|problem| best_of_all(&problem)) else {
                    continue;
                };
                assert!(*bound >= best.0 - 1e-9, "{seed} {budget}: {bound} {}", best.0);
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
