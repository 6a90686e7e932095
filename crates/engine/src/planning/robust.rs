//! How sure a plan is: chances and prices drawn again and again from what is not sure about them.
//!
//! Tells how far reach may lie from what is planned, which picks a plan made on other draws would keep, and whether the plan
//! can be told apart from its rivals at all. Where it cannot, cost and taste may decide.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::greedy::{Beginning, Bounds, By, celf_greedy};
use super::portfolio::Plan;
use super::problem::Problem;
use super::reach::value_of;
use crate::random::Sequence;

const STREAM: u64 = 83;

/// What is not sure, and how it is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RobustSettings {
    pub draws: u32,
    pub seed: u64,
    /// Standard deviation of the log odds of all chances together (calibration).
    pub all_chances_sd: f64,
    /// Standard deviation of the log odds of one creator's chances (how many listeners see a post).
    pub creator_chances_sd: f64,
    /// Standard deviation of the log of each candidate's price; 0: agreed. One a candidate, or empty: all sure.
    pub price_sd: Vec<f64>,
    /// The level of intervals.
    pub level: f64,
}

impl Default for RobustSettings {
    fn default() -> RobustSettings {
        RobustSettings {
            draws: 200,
            seed: 0,
            all_chances_sd: 0.2,
            creator_chances_sd: 0.4,
            price_sd: vec![],
            level: model::explanation::DEFAULT_LEVEL,
        }
    }
}

/// A range with what it is of.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    pub mean: f64,
    pub lo: f64,
    pub hi: f64,
}

/// A plan beside a rival, draw by draw.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rival {
    pub picks: Vec<u32>,
    pub reach: Spread,
    /// The plan's reach less the rival's.
    pub ahead_by: Spread,
    /// Whether that range leaves out 0; if not, the two plans cannot be told apart.
    pub is_told_apart: bool,
}

/// How sure a plan is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Robustness {
    pub draws: u32,
    pub level: f64,
    /// What the plan reaches, weighted people.
    pub reach: Spread,
    /// In minor units.
    pub cost: Spread,
    /// Share of draws in which prices go above the budget.
    pub over_budget_share: f64,
    /// Of each pick, in the plan's order: the share of draws in which a plan made for the draw holds it.
    pub stays_share: Vec<f64>,
    /// Share of draws in which no rival reaches more.
    pub best_share: f64,
    pub rivals: Vec<Rival>,
}

struct Drawn {
    reach: f64,
    cost: u64,
    rivals: Vec<f64>,
    stays: Vec<bool>,
}

/// Draws chances and prices and sees what becomes of a plan and its rivals.
///
/// Formula: in draw i, `logit p' = logit p + a_i + b_ij`, `a ~ N(0, all^2)`, `b ~ N(0, creator^2)` for each creator's
/// offers alike, `price' = price e^(N(-sd^2/2, sd^2))`, so that the price planned
/// with is what they come to on average; sure meetings (p = 1) stay sure. The plan made for the draw is the better
/// of the two greedy ones, under all rules. Inputs: `plan` of this problem; `rivals`, other sets; settings with sds 0 and
/// up. Output: ranges at `level` from the draws' quantiles. Draw i is a pure function of (seed, i).
/// Cost: `O(draws (pairs + candidates log candidates))` on all threads. Source: plain Monte Carlo.
pub fn robustness(problem: &Problem, plan: &Plan, rivals: &[Vec<u32>], settings: &RobustSettings) -> Robustness {
    let draw = |draw: u32| one_draw(problem, &plan.picks, rivals, settings, draw);
    let drawn: Vec<Drawn> = (0..settings.draws.max(1)).into_par_iter().map(draw).collect();
    let share =
        |of: &dyn Fn(&Drawn) -> bool| drawn.iter().filter(|drawn| of(drawn)).count() as f64 / drawn.len() as f64;
    let spread = |of: &dyn Fn(&Drawn) -> f64| spread(drawn.iter().map(of).collect(), settings.level);
    let rival = |(place, picks): (usize, &Vec<u32>)| {
        let ahead_by = spread(&|drawn| drawn.reach - drawn.rivals[place]);
        Rival {
            picks: picks.clone(),
            reach: spread(&|drawn| drawn.rivals[place]),
            ahead_by,
            is_told_apart: ahead_by.lo > 0.0 || ahead_by.hi < 0.0,
        }
    };
    Robustness {
        draws: drawn.len() as u32,
        level: settings.level,
        reach: spread(&|drawn| drawn.reach),
        cost: spread(&|drawn| drawn.cost as f64),
        over_budget_share: share(&|drawn| drawn.cost > problem.budget),
        stays_share: (0..plan.picks.len()).map(|slot| share(&|drawn| drawn.stays[slot])).collect(),
        best_share: share(&|drawn| drawn.rivals.iter().all(|rival| *rival <= drawn.reach + 1e-9)),
        rivals: rivals.iter().enumerate().map(rival).collect(),
    }
}

fn one_draw(problem: &Problem, picks: &[u32], rivals: &[Vec<u32>], settings: &RobustSettings, draw: u32) -> Drawn {
    let mut sequence = Sequence::new(settings.seed.wrapping_mul(0x1_0000_0001).wrapping_add(u64::from(draw)), STREAM);
    let all = settings.all_chances_sd * sequence.normal();
    let mut creators: Vec<i64> = problem.candidates.iter().map(|candidate| candidate.creator).collect();
    creators.sort_unstable();
    creators.dedup();
    let of_creator: Vec<f64> = creators.iter().map(|_| settings.creator_chances_sd * sequence.normal()).collect();
    let factor_of = |candidate: &super::problem::Candidate| {
        let place = creators.binary_search(&candidate.creator).unwrap_or(0);
        (all + of_creator[place]).exp()
    };
    let factors: Vec<f64> = problem.candidates.iter().map(factor_of).collect();
    let pairs = problem.pairs.with_chances(|candidate, _, chance| {
        // Odds times a factor, as a chance: p f / (1 - p + p f).
        let (chance, factor) = (f64::from(chance), factors[candidate]);
        (chance * factor / (1.0 - chance + chance * factor)) as f32
    });
    let price = |(place, cost): (usize, &u64)| {
        let sd = settings.price_sd.get(place).copied().unwrap_or(0.0);
        let normal = sequence.normal();
        match sd > 0.0 && *cost < u64::MAX {
            true => (*cost as f64 * (sd * normal - sd * sd / 2.0).exp()).round() as u64,
            false => *cost,
        }
    };
    let costs: Vec<u64> = problem.costs.iter().enumerate().map(price).collect();
    let problem = problem.drawn(pairs, costs);
    let planned = Beginning::new(&problem).map(|beginning| {
        let found = [By::Gain, By::GainPerCost].map(|by| celf_greedy(&beginning, by, Bounds::Unasked).reached);
        let [by_gain, by_cost] = found;
        if by_gain.value() > by_cost.value() { by_gain.picks().to_vec() } else { by_cost.picks().to_vec() }
    });
    // Whoever is fixed stays, even where prices leave no plan.
    let planned = planned.unwrap_or_else(|| problem.rules.forced.clone());
    Drawn {
        reach: value_of(&problem, picks),
        cost: problem.cost_of(picks),
        rivals: rivals.iter().map(|rival| value_of(&problem, rival)).collect(),
        stays: picks.iter().map(|pick| planned.contains(pick)).collect(),
    }
}

fn spread(mut values: Vec<f64>, level: f64) -> Spread {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (values.len() - 1) as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        values[below] + part * (values[(below + 1).min(values.len() - 1)] - values[below])
    };
    Spread { mean, lo: at((1.0 - level) / 2.0), hi: at((1.0 + level) / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::super::portfolio::{ChooseSettings, choose};
    use super::super::testing::made_up;
    use super::*;

    #[test]
    fn with_nothing_unsure_a_plan_reaches_what_it_says_and_stays_what_it_is() {
        let problem = made_up(2, 14, 40, 1);
        let plan = choose(&problem, &ChooseSettings { swap_visits: 0, ..ChooseSettings::fast() }).expect("a plan");
        let settings =
            RobustSettings { all_chances_sd: 0.0, creator_chances_sd: 0.0, draws: 5, ..RobustSettings::default() };
        let found = robustness(&problem, &plan, &[], &settings);
        assert!((found.reach.lo - plan.value).abs() < 1e-4 && (found.reach.hi - plan.value).abs() < 1e-4);
        assert_eq!((found.cost.mean, found.over_budget_share), (plan.cost as f64, 0.0));
        assert!(found.stays_share.iter().all(|share| *share == 1.0));
    }

    #[test]
    fn a_rival_within_the_noise_is_not_told_apart_and_a_poor_one_is() {
        let problem = made_up(6, 20, 200, 1);
        let plan = choose(&problem, &ChooseSettings::fast()).expect("a plan");
        let poor = vec![plan.picks[0]];
        let settings = RobustSettings { price_sd: vec![0.3; 20], ..RobustSettings::default() };
        let found = robustness(&problem, &plan, &[plan.picks.clone(), poor], &settings);
        assert!(!found.rivals[0].is_told_apart && found.rivals[1].is_told_apart);
        assert!(found.best_share == 1.0 && found.reach.lo < found.reach.hi);
        assert!(found.over_budget_share > 0.0 && found.cost.lo < found.cost.hi);
        assert!(found.stays_share.iter().all(|share| (0.0..=1.0).contains(share)));
        assert_eq!(found, robustness(&problem, &plan, &[plan.picks.clone(), vec![plan.picks[0]]], &settings));
    }
}
