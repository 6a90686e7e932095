//! Wide or targeted: the same budget spent on everybody or on those who are like buyers, and every step between.
//!
//! The two ends are always shown side by side, with how much their plans have in common; they are never mixed silently.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::portfolio::{ChooseSettings, Plan, choose};
use super::problem::{PlanError, Problem};
use super::reach::value_of;

/// Wide or targeted: how much a person counts who is no known buyer.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dial {
    /// 0: everybody counts alike (wide); 1: people count as far as they are like buyers (targeted).
    pub targeted: f64,
}

/// What each person counts at a place of the dial between wide and targeted.
///
/// Formula: `w = theta * likeness + (1 - theta)`. Inputs: `likeness` 0..=1 each, 1 for a known buyer; `dial.targeted` is
/// held within 0..=1. Output: 0..=1 each. Cost: `O(people)`. Source: own; both ends are shown side by side, never mixed
/// silently.
///
/// ```
/// use engine::planning::{Dial, person_weights};
/// assert_eq!(person_weights(&[1.0, 0.2], Dial { targeted: 1.0 }), [1.0, 0.2]);
/// assert_eq!(person_weights(&[1.0, 0.2], Dial { targeted: 0.0 }), [1.0, 1.0]);
/// ```
pub fn person_weights(likeness: &[f64], dial: Dial) -> Vec<f64> {
    let theta = dial.targeted.clamp(0.0, 1.0);
    likeness.iter().map(|alike| theta * alike.clamp(0.0, 1.0) + (1.0 - theta)).collect()
}

/// One place of the dial.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DialPoint {
    pub dial: Dial,
    pub plan: Plan,
    /// What the plan reaches when people count as far as they are like buyers.
    pub targeted_reach: f64,
    /// What it reaches when everybody counts alike.
    pub wide_reach: f64,
}

/// The trade-off between wide and targeted.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TradeOff {
    /// From wide to targeted.
    pub points: Vec<DialPoint>,
    /// Picks that the plans of both ends share, over the picks of both together; 0..=1.
    pub picks_shared: f64,
}

/// A plan at each of so many even steps of the dial, from wide to targeted.
///
/// Formula: [`person_weights`] at theta = 0 to 1; every plan is scored both ways. Inputs: `likeness` 0..=1, one a person;
/// `steps`, 2 and up. Output: [`TradeOff`]. Errors: [`PlanError`], shapes above all. Cost: one plan a step, side by side.
pub fn trade_off(
    problem: &Problem,
    likeness: &[f64],
    steps: usize,
    settings: &ChooseSettings,
) -> Result<TradeOff, PlanError> {
    let wide = problem.with_weights(person_weights(likeness, Dial { targeted: 0.0 }))?;
    let targeted = problem.with_weights(person_weights(likeness, Dial { targeted: 1.0 }))?;
    let steps = steps.max(2);
    let at = |step: usize| -> Result<DialPoint, PlanError> {
        let dial = Dial { targeted: step as f64 / (steps - 1) as f64 };
        let plan = choose(&problem.with_weights(person_weights(likeness, dial))?, settings)?;
        let (targeted_reach, wide_reach) = (value_of(&targeted, &plan.picks), value_of(&wide, &plan.picks));
        Ok(DialPoint { dial, plan, targeted_reach, wide_reach })
    };
    let points: Vec<DialPoint> = (0..steps).into_par_iter().map(at).collect::<Result<_, _>>()?;
    let (first, last) = (&points[0].plan.picks, &points[steps - 1].plan.picks);
    let shared = first.iter().filter(|pick| last.contains(pick)).count();
    let together = first.len() + last.len() - shared;
    let picks_shared = if together > 0 { shared as f64 / together as f64 } else { 1.0 };
    Ok(TradeOff { points, picks_shared })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{best_of_all, made_up};
    use super::*;
    use crate::random::Sequence;

    #[test]
    fn each_end_of_the_dial_is_best_at_what_it_is_for() {
        for seed in 0..12 {
            let problem = made_up(seed, 11, 40, 1);
            let mut sequence = Sequence::new(seed, 2);
            let likeness: Vec<f64> = (0..40).map(|_| sequence.uniform().powi(3)).collect();
            let found = trade_off(&problem, &likeness, 5, &ChooseSettings::default()).expect("plans");
            assert_eq!((found.points.len(), found.points[4].dial.targeted), (5, 1.0));
            assert!((0.0..=1.0).contains(&found.picks_shared));
            let best = best_of_all(&problem.with_weights(vec![1.0; 40]).expect("a problem")).expect("a plan").0;
            let (wide, targeted) = (&found.points[0], &found.points[4]);
            assert!(wide.wide_reach >= 0.95 * best);
            assert!(wide.wide_reach >= 0.98 * targeted.wide_reach);
            assert!(targeted.targeted_reach >= 0.98 * wide.targeted_reach);
        }
        let problem = made_up(1, 5, 10, 1);
        assert!(trade_off(&problem, &[1.0; 3], 2, &ChooseSettings::fast()).is_err());
    }
}
