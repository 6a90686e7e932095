//! Reach against spend: a plan at every budget, the bound above it, and the budget from which more money buys little.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::greedy::{Beginning, first_gains};
use super::linear::linear_bounds;
use super::portfolio::{ChooseSettings, Plan, Proved, ProvedBy, choose_from};
use super::problem::{PlanError, Problem};

/// One budget with its plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurvePoint {
    /// In minor units.
    pub budget: u64,
    pub plan: Plan,
    /// Minor units for one more person than at the budget before; `None` at the first, and where no more are reached.
    pub cost_of_one_more: Option<f64>,
}

/// A budget at which no plan could be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NoPlanAt {
    pub budget: u64,
    pub reason: PlanError,
}

/// Plans at several budgets, ascending.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    pub points: Vec<CurvePoint>,
    pub without_plan: Vec<NoPlanAt>,
    pub knee: Option<Knee>,
}

/// From where on more money buys little.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Knee {
    /// Place among the points.
    pub point: usize,
    pub because: KneeBecause,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KneeBecause {
    /// The next budget pays more for one more person than the limit.
    AboveLimit,
    /// Without a limit: the curve lies farthest above the straight line between its ends.
    Bend,
}

/// Budgets from a quarter to four times this one, in even steps of their logarithm.
///
/// ```
/// assert_eq!(engine::planning::curve::budgets_around(1000, 3), [250, 1000, 4000]);
/// ```
pub fn budgets_around(budget: u64, count: usize) -> Vec<u64> {
    let of = |place: usize| {
        let share = if count > 1 { place as f64 / (count - 1) as f64 } else { 0.5 };
        (budget as f64 * 4f64.powf(2.0 * share - 1.0)).round() as u64
    };
    (0..count).map(of).collect()
}

/// A plan at each budget.
///
/// Inputs: `budgets` in minor units, any order; `limit`, the most that one more person may cost in minor units; `settings`
/// as for one plan, its exchanges shared among the budgets. A plan that a smaller budget found is kept where a larger one found nothing better, and a bound of a
/// larger budget holds for smaller ones, so both lines only rise. Cost: one greedy run, its exchanges and bounds a budget,
/// budgets side by side; the first pass over the pairs is shared. Source of the bend: Satopaa et al. 2011 (Kneedle).
pub fn curve(problem: &Problem, budgets: &[u64], limit: Option<f64>, settings: &ChooseSettings) -> Curve {
    let mut budgets = budgets.to_vec();
    budgets.sort_unstable();
    budgets.dedup();
    let gains = first_gains(problem);
    let linear = settings.linear.as_ref().map(|linear| linear_bounds(problem, &budgets, linear));
    let settings = ChooseSettings {
        swap_visits: settings.swap_visits / budgets.len().max(1) as u64,
        linear: None,
        ..settings.clone()
    };
    let at = |(place, budget): (usize, &u64)| -> Result<Plan, PlanError> {
        let problem = problem.with_budget(*budget)?;
        let beginning = Beginning::with_gains(&problem, gains.clone()).ok_or(PlanError::NotFound { steps: 20_000 })?;
        let plan = choose_from(&problem, &beginning, &[], &settings)?;
        Ok(match &linear {
            Some(bounds) => plan.bounded(Proved { by: ProvedBy::Linear, bound: bounds[place] }),
            None => plan,
        })
    };
    let found: Vec<Result<Plan, PlanError>> = budgets.par_iter().enumerate().with_max_len(1).map(at).collect();
    let mut points: Vec<CurvePoint> = vec![];
    let mut without_plan = vec![];
    for (budget, found) in budgets.into_iter().zip(found) {
        match found {
            Ok(plan) => points.push(CurvePoint { budget, plan: no_worse(plan, points.last()), cost_of_one_more: None }),
            Err(reason) => without_plan.push(NoPlanAt { budget, reason }),
        }
    }
    lower_bounds(&mut points);
    for place in 1..points.len() {
        let (before, here) = (&points[place - 1].plan, &points[place].plan);
        let (more_cost, more) = (here.cost as f64 - before.cost as f64, here.value - before.value);
        points[place].cost_of_one_more = (more > 1e-9).then(|| more_cost.max(0.0) / more);
    }
    Curve { knee: knee(&points, limit), points, without_plan }
}

/// The plan, or the one of the smaller budget before it where that reaches as much.
fn no_worse(plan: Plan, before: Option<&CurvePoint>) -> Plan {
    match before.filter(|before| before.plan.value >= plan.value) {
        Some(before) => {
            let Plan { picks, value, cost, winner, .. } = before.plan.clone();
            Plan { picks, value, cost, winner, ratio: ratio(value, plan.bound), ..plan }
        }
        None => plan,
    }
}

fn ratio(value: f64, bound: f64) -> f64 {
    if bound > 0.0 { (value / bound).min(1.0) } else { 1.0 }
}

fn lower_bounds(points: &mut [CurvePoint]) {
    for place in (0..points.len().saturating_sub(1)).rev() {
        let (bound, proved_by) = (points[place + 1].plan.bound, points[place + 1].plan.proved_by);
        let plan = &mut points[place].plan;
        if bound < plan.bound {
            (plan.bound, plan.proved_by) = (bound.max(plan.value), proved_by);
            plan.ratio = ratio(plan.value, plan.bound);
        }
    }
}

fn knee(points: &[CurvePoint], limit: Option<f64>) -> Option<Knee> {
    let (first, last) = (points.first()?, points.last()?);
    if let Some(limit) = limit {
        let is_above = |pair: &[CurvePoint]| pair[1].cost_of_one_more.is_none_or(|cost| cost > limit);
        let point = points.windows(2).position(is_above)?;
        return Some(Knee { point, because: KneeBecause::AboveLimit });
    }
    let (wide, high) = ((last.budget - first.budget) as f64, last.plan.value - first.plan.value);
    if points.len() < 3 || wide <= 0.0 || high <= 0.0 {
        return None;
    }
    let above =
        |point: &CurvePoint| (point.plan.value - first.plan.value) / high - (point.budget - first.budget) as f64 / wide;
    let farthest = points.iter().enumerate().max_by(|a, b| above(a.1).total_cmp(&above(b.1)).then(b.0.cmp(&a.0)))?;
    (above(farthest.1) > 0.05).then_some(Knee { point: farthest.0, because: KneeBecause::Bend })
}

#[cfg(test)]
mod tests {
    use super::super::testing::made_up;
    use super::*;

    #[test]
    fn more_budget_never_reaches_less_and_the_bound_stays_above() {
        for seed in 0..20 {
            let problem = made_up(seed, 30, 120, 1 + seed as usize % 2);
            let budgets = budgets_around(problem.budget(), 12);
            let curve = curve(&problem, &budgets, None, &ChooseSettings::fast());
            assert!(curve.points.len() + curve.without_plan.len() == 12 && curve.points.len() > 8);
            for pair in curve.points.windows(2) {
                assert!(pair[0].plan.value <= pair[1].plan.value && pair[0].plan.bound <= pair[1].plan.bound);
            }
            assert!(curve.points.iter().all(|point| {
                point.plan.cost <= point.budget && point.plan.value <= point.plan.bound && point.plan.ratio <= 1.0
            }));
        }
    }

    #[test]
    fn the_knee_is_where_one_more_person_costs_more_than_the_limit() {
        let problem = made_up(3, 30, 120, 1);
        let budgets = budgets_around(problem.budget(), 10);
        let found = curve(&problem, &budgets, Some(60.0), &ChooseSettings::fast());
        let knee = found.knee.expect("a knee");
        assert_eq!(knee.because, KneeBecause::AboveLimit);
        let after = &found.points[knee.point + 1];
        assert!(after.cost_of_one_more.is_none_or(|cost| cost > 60.0));
        let bend = curve(&problem, &budgets, None, &ChooseSettings::fast()).knee.expect("a bend");
        assert_eq!(bend.because, KneeBecause::Bend);
    }

    #[test]
    fn a_budget_nobody_can_be_paid_from_is_said_and_left_out() {
        let problem = made_up(3, 10, 20, 1);
        let found = curve(&problem, &[1, problem.budget()], None, &ChooseSettings::fast());
        assert_eq!((found.points.len(), found.without_plan.len()), (1, 1));
        assert!(matches!(found.without_plan[0].reason, PlanError::NobodyAffordable { .. }));
    }
}
