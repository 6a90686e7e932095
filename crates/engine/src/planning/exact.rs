//! The best plan there is, for small problems: an integer program with every rule, solved by HiGHS.
//!
//! Only with the feature `exact`: HiGHS is C++ and takes minutes to build. Its time limit is by the clock, so that a search
//! that runs into it may end elsewhere on another machine; what it proves holds all the same.

use std::num::NonZeroU32;

use highs::{Col, HighsModelStatus, RowProblem, Sense};

use super::problem::Problem;
use super::reach::{Reached, value_of};

/// Rounds after the first: each cuts off what the plan found so far cannot really reach.
const ROUNDS: u32 = 12;
const TANGENTS: [f64; 6] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0];
const CHANCE_CAP: f64 = 0.999_999;

/// What the exact search found.
#[derive(Clone, PartialEq, Debug)]
pub struct ExactPlan {
    /// Places of candidates, ascending; the best plan seen.
    pub picks: Vec<u32>,
    pub value: f64,
    /// No plan that keeps the rules reaches more.
    pub bound: f64,
    /// Whether the two meet.
    pub is_optimal: bool,
}

/// A line that a person's reach cannot be above: `constant + sum slope x`.
struct Cut {
    person: usize,
    constant: f64,
    slopes: Vec<(u32, f64)>,
}

/// Searches for the best plan.
///
/// Formula: the linear relaxation's lines with whole x and every rule; then, for a plan S found, for each person
/// `y_u <= f_u(S) + sum over j not in S of p_uj P(N_u < r | S) x_j`, true for every plan as reach is submodular and tight at S,
/// until bound and plan meet. Inputs: `seconds`, of the clock: as many for the first round, and once more for all others.
/// Output: `None` where HiGHS found no plan in time. Cost: exponential at worst; small ones take a second or two.
/// Source: Nemhauser & Wolsey 1981 (submodular cuts); HiGHS: Huangfu & Hall 2018.
pub fn exact_plan(problem: &Problem, seconds: u32) -> Option<ExactPlan> {
    let mut cuts = vec![];
    let mut best: Option<ExactPlan> = None;
    let mut bound = f64::INFINITY;
    for round in 0..=ROUNDS {
        let limit = f64::from(seconds) / if round == 0 { 1.0 } else { f64::from(ROUNDS) };
        let Some(found) = solved(problem, &cuts, limit) else { break };
        bound = bound.min(found.bound);
        let value = value_of(problem, &found.picks);
        if problem.keeps_rules(&found.picks) && best.as_ref().is_none_or(|best| value > best.value) {
            best = Some(ExactPlan { picks: found.picks.clone(), value, bound, is_optimal: false });
        }
        let is_met = best.as_ref().is_some_and(|best| bound - best.value <= 1e-6 * bound.max(1.0));
        let new = cuts_at(problem, &found);
        if is_met || new.is_empty() {
            break;
        }
        cuts.extend(new);
    }
    best.map(|best| {
        let bound = bound.max(best.value);
        ExactPlan { bound, is_optimal: bound - best.value <= 1e-6 * bound.max(1.0), ..best }
    })
}

struct Solved {
    picks: Vec<u32>,
    reach: Vec<f64>,
    bound: f64,
}

fn solved(problem: &Problem, cuts: &[Cut], seconds: f64) -> Option<Solved> {
    let mut program = RowProblem::default();
    let rules = &problem.rules;
    let column = |(place, is_out): (usize, &bool)| {
        let is_forced = rules.forced.binary_search(&(place as u32)).is_ok();
        (f64::from(u8::from(is_forced)), f64::from(u8::from(!*is_out)))
    };
    let bounds: Vec<(f64, f64)> = rules.out.iter().enumerate().map(column).collect();
    let picks: Vec<Col> = bounds.iter().map(|(least, most)| program.add_integer_column(0.0, *least..=*most)).collect();
    let most = problem.times as f64;
    let reach: Vec<Col> = problem.weights.iter().map(|weight| program.add_column(*weight, 0.0..=most)).collect();
    add_lines(problem, &mut program, &picks, &reach);
    for cut in cuts {
        let slopes = cut.slopes.iter().map(|(candidate, slope)| (picks[*candidate as usize], -slope));
        program.add_row(..=cut.constant, slopes.chain([(reach[cut.person], 1.0)]).collect::<Vec<_>>());
    }
    add_rules(problem, &mut program, &picks);
    let mut model = program.optimise(Sense::Maximise);
    model.make_quiet();
    model.set_threads(NonZeroU32::MIN);
    model.set_option("time_limit", seconds);
    model.set_option("mip_rel_gap", 1e-9);
    model.set_option("mip_abs_gap", 1e-9);
    let solved = model.solve();
    let is_done = matches!(solved.status(), HighsModelStatus::Optimal | HighsModelStatus::ReachedTimeLimit);
    let bound = solved.double_info_value(c"mip_dual_bound").ok().filter(|bound| bound.is_finite())?;
    let solution = solved.get_solution();
    let values = solution.columns();
    if !is_done || values.len() < picks.len() + reach.len() {
        return None;
    }
    let chosen = (0..picks.len() as u32).filter(|place| values[*place as usize] > 0.5).collect();
    // The solver's own tolerances are of the order of 1e-6 a row.
    let slack = 1e-6 * bound.abs().max(1.0);
    Some(Solved { picks: chosen, reach: values[picks.len()..].to_vec(), bound: bound + slack })
}

/// Reach is at most the sum of chances, and for r = 1 at most the lines that touch 1 - e^-a.
fn add_lines(problem: &Problem, program: &mut RowProblem, picks: &[Col], reach: &[Col]) {
    let mut met: Vec<Vec<(u32, f64)>> = vec![vec![]; problem.pairs.people()];
    for candidate in (0..picks.len()).filter(|candidate| !problem.rules.out[*candidate]) {
        for (person, chance) in problem.pairs.column(candidate).iter() {
            met[person].push((candidate as u32, chance));
        }
    }
    for (person, met) in met.iter().enumerate() {
        let mut row: Vec<(Col, f64)> =
            met.iter().map(|(candidate, chance)| (picks[*candidate as usize], -chance)).collect();
        row.push((reach[person], 1.0));
        program.add_row(..=0.0, row);
        if problem.times > 1 || met.iter().all(|pair| pair.1 >= 1.0) {
            continue;
        }
        for at in TANGENTS {
            let slope = (-at).exp();
            let of = |(candidate, chance): &(u32, f64)| {
                (picks[*candidate as usize], slope * (1.0 - chance.min(CHANCE_CAP)).ln())
            };
            let mut row: Vec<(Col, f64)> = met.iter().map(of).collect();
            row.push((reach[person], 1.0));
            program.add_row(..=1.0 - slope - at * slope, row);
        }
    }
}

fn add_rules(problem: &Problem, program: &mut RowProblem, picks: &[Col]) {
    let rules = &problem.rules;
    let payable = (0..picks.len()).filter(|place| !rules.out[*place]);
    let costs: Vec<(Col, f64)> = payable.map(|place| (picks[place], problem.costs[place] as f64)).collect();
    program.add_row(..=problem.budget as f64, costs);
    for limit in &rules.limits {
        let members = || limit.members.iter().map(|member| (picks[*member as usize], 1.0));
        if limit.most < limit.members.len() {
            program.add_row(..=limit.most as f64, members().collect::<Vec<_>>());
        }
        if limit.least > 0 && !limit.only_if_any {
            program.add_row(limit.least as f64.., members().collect::<Vec<_>>());
        }
        if limit.least > 1 && limit.only_if_any {
            // Whoever is in brings at least so many of the group with them.
            for member in &limit.members {
                let of = |other: &u32| {
                    let own = if other == member { limit.least as f64 } else { 0.0 };
                    (picks[*other as usize], 1.0 - own)
                };
                program.add_row(0.0.., limit.members.iter().map(of).collect::<Vec<_>>());
            }
        }
    }
    for (place, rivals) in rules.rivals.iter().enumerate() {
        for rival in rivals.iter().filter(|rival| **rival as usize > place) {
            program.add_row(..=1.0, vec![(picks[place], 1.0), (picks[*rival as usize], 1.0)]);
        }
    }
}

/// Lines that are tight at the plan found, for people whose reach was put too high.
fn cuts_at(problem: &Problem, found: &Solved) -> Vec<Cut> {
    let with = Reached::of(problem, &found.picks);
    let mut met: Vec<Vec<f64>> = vec![vec![]; problem.pairs.people()];
    for pick in &found.picks {
        problem.pairs.column(*pick as usize).iter().for_each(|(person, chance)| met[person].push(chance));
    }
    let times = problem.times;
    let truly = |chances: &[f64]| -> f64 {
        let met = super::reach::meetings(chances);
        met.iter().enumerate().map(|(n, chance)| n.min(times) as f64 * chance).sum()
    };
    let mut cut_of: Vec<Option<Cut>> = met
        .iter()
        .enumerate()
        .map(|(person, chances)| {
            let constant = truly(chances);
            let is_above = problem.weights[person] > 0.0 && found.reach[person] > constant + 1e-7;
            is_above.then(|| Cut { person, constant, slopes: vec![] })
        })
        .collect();
    let is_open = |candidate: &u32| !problem.rules.out[*candidate as usize] && !found.picks.contains(candidate);
    for candidate in (0..problem.candidates.len() as u32).filter(is_open) {
        for (person, chance) in problem.pairs.column(candidate as usize).iter() {
            if let Some(cut) = &mut cut_of[person] {
                cut.slopes.push((candidate, chance * with.open()[person] / problem.weights[person]));
            }
        }
    }
    cut_of.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{best_of_all, made_up, ruled};
    use super::*;

    #[test]
    fn the_exact_search_finds_the_best_plan_of_small_problems_and_its_bound_holds() {
        let mut optimal = 0;
        for seed in 0..40 {
            let problem = made_up(seed, 10, 16, 1 + seed as usize % 3);
            let best = best_of_all(&problem).expect("a plan").0;
            let found = exact_plan(&problem, 20).expect("a plan");
            assert!(found.bound >= best - 1e-9 && found.value <= best + 1e-9, "{seed}: {found:?} {best}");
            if found.is_optimal {
                assert!(found.value >= best - 1e-5, "{seed}: {found:?} {best}");
                optimal += 1;
            }
        }
        println!("{optimal} of 40 proved optimal");
        assert!(optimal >= 30);
    }

    #[test]
    fn the_exact_search_keeps_every_rule_and_finds_the_best_plan_under_them() {
        let mut compared = 0;
        for bits in 0..128 {
            let Some(problem) = ruled(u64::from(bits), 0.5, bits) else { continue };
            let best = best_of_all(&problem).expect("a plan").0;
            let found = exact_plan(&problem, 20).expect("a plan");
            assert!(problem.keeps_rules(&found.picks) && found.bound >= best - 1e-9, "{bits}: {found:?} {best}");
            assert!(!found.is_optimal || found.value >= best - 1e-5, "{bits}: {found:?} {best}");
            compared += 1;
        }
        assert!(compared > 80, "{compared}");
    }
}
