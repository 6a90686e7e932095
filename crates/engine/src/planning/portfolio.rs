//! The plan: several ways of choosing are run, the best one is kept and named, and how far it can be from the best possible
//! plan is proved.
//!
//! "At least x % of the best plan for this model and these inputs": it says nothing about errors in the chances.

use serde::{Deserialize, Serialize};

use super::bounds::{both_bound, ceiling};
use super::greedy::{Beginning, Bounds, By, best_single, celf_greedy};
use super::linear::{LinearSettings, linear_bound};
use super::problem::{PlanError, Problem};
use super::reach::value_of;
use super::swap::{improve, within_groups};

/// How a plan was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    GreedyByGain,
    GreedyByGainPerCost,
    BestSingle,
    /// One of the above, then exchanges.
    Swaps,
    /// The exact optimum, or the best plan found on the way to it.
    Exact,
}

impl Method {
    pub fn words(self) -> &'static str {
        match self {
            Method::GreedyByGain => "step by step, who adds most",
            Method::GreedyByGainPerCost => "step by step, who adds most for the cost",
            Method::BestSingle => "the best single creator",
            Method::Swaps => "step by step, then exchanges",
            Method::Exact => "exact search",
        }
    }
}

/// What proves the bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvedBy {
    /// Nobody can be reached more often than counts.
    Ceiling,
    /// What creators still add to the plans seen on the way.
    Marginals,
    /// Fractions of creators (linear relaxation).
    Linear,
    /// The exact search's own bound.
    Exact,
}

impl ProvedBy {
    pub fn words(self) -> &'static str {
        match self {
            ProvedBy::Ceiling => "nobody being left to reach",
            ProvedBy::Marginals => "what every creator still adds (submodularity)",
            ProvedBy::Linear => "the linear relaxation",
            ProvedBy::Exact => "exact search",
        }
    }
}

/// What changes a plan; kept with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChooseSettings {
    /// Pair visits that exchanges may take.
    pub swap_visits: u64,
    /// `None`: no linear bound.
    pub linear: Option<LinearSettings>,
    /// Seconds the exact search may take; `None`: none is made. Needs the feature `exact`.
    pub exact_seconds: Option<u32>,
    /// Larger problems are not given to the exact search.
    pub exact_pairs_max: usize,
}

impl Default for ChooseSettings {
    fn default() -> ChooseSettings {
        ChooseSettings {
            swap_visits: 40_000_000,
            linear: Some(LinearSettings::default()),
            exact_seconds: None,
            exact_pairs_max: 50_000,
        }
    }
}

impl ChooseSettings {
    /// Plans and their marginal bound only.
    pub fn fast() -> ChooseSettings {
        ChooseSettings { linear: None, ..ChooseSettings::default() }
    }
}

/// One way that was tried.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tried {
    pub method: Method,
    pub value: f64,
    /// In minor units.
    pub cost: u64,
    pub picks: usize,
}

/// A bound that was worked out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proved {
    pub by: ProvedBy,
    pub bound: f64,
}

/// A chosen set with its certificate. Bare numbers for the caller; people see [`super::told::told`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Places of candidates, ascending.
    pub picks: Vec<u32>,
    /// Weighted people (or meetings that count) expected.
    pub value: f64,
    /// In minor units.
    pub cost: u64,
    /// No plan that keeps the rules reaches more.
    pub bound: f64,
    pub proved_by: ProvedBy,
    /// `value / bound`, 0..=1; 1 where nothing can be reached at all.
    pub ratio: f64,
    pub winner: Method,
    pub tried: Vec<Tried>,
    pub bounds: Vec<Proved>,
}

impl Plan {
    /// The plan with another bound beside its own; the least of all counts.
    pub fn bounded(mut self, proved: Proved) -> Plan {
        if proved.bound < self.bound {
            (self.bound, self.proved_by) = (proved.bound.max(self.value), proved.by);
            self.ratio = if self.bound > 0.0 { (self.value / self.bound).min(1.0) } else { 1.0 };
        }
        self.bounds.push(proved);
        self
    }
}

/// Chooses creators under the rules and proves how good the choice is.
///
/// Greedy by gain, greedy by gain per cost and the best single creator are run, the best is improved by exchanges, of few creators every
/// set is looked at, and with `exact_seconds` the exact search is tried on small problems. The least of the bounds is the certificate.
/// Output: picks that keep every rule; cost never above the budget. Errors: [`PlanError::NotFound`].
/// Cost: `O(pairs + candidates log candidates)` and what the settings allow. Source: Leskovec et al. 2007 (CELF).
///
/// ```
/// use engine::planning::{Candidate, ChooseSettings, Objective, Pairs, PlanRules, Problem, choose};
/// use model::Money;
/// let of = |name: &str, creator, cost| Candidate { name: name.into(), creator, cost: Money::new(cost, "EUR").ok(), labels: vec![] };
/// let pairs = Pairs::from_lists(3, vec![vec![(0, 1.0), (1, 1.0)], vec![(1, 1.0)], vec![(2, 1.0)]]).unwrap();
/// let rules = PlanRules::within(Money::new(300, "EUR").unwrap());
/// let candidates = vec![of("@ana", 1, 200), of("@ben", 2, 100), of("@cem", 3, 100)];
/// let problem = Problem::new(candidates, pairs, vec![1.0; 3], Objective::Once, rules).unwrap();
/// let plan = choose(&problem, &ChooseSettings::default()).unwrap();
/// assert_eq!((plan.picks, plan.value, plan.cost, plan.ratio), (vec![0, 2], 3.0, 300, 1.0));
/// ```
pub fn choose(problem: &Problem, settings: &ChooseSettings) -> Result<Plan, PlanError> {
    let beginning = Beginning::new(problem).ok_or(PlanError::NotFound { steps: 20_000 })?;
    choose_from(problem, &beginning, &[], settings)
}

/// [`choose`] with plans of neighbouring problems to start exchanges from; those that do not keep the rules are left out.
pub(super) fn choose_from(
    problem: &Problem,
    beginning: &Beginning<'_>,
    neighbours: &[Vec<u32>],
    settings: &ChooseSettings,
) -> Result<Plan, PlanError> {
    let by_gain = celf_greedy(beginning, By::Gain, Bounds::EveryPrefix);
    let by_cost = celf_greedy(beginning, By::GainPerCost, Bounds::EveryPrefix);
    let single = best_single(beginning);
    let mut marginal = by_gain.bound.min(by_cost.bound);
    if problem.picks_max < problem.candidates.len() {
        marginal = marginal.min(together_bound(problem, beginning, &by_cost.reached));
    }
    let mut tried = Trials { problem, best: None, tried: vec![] };
    tried.take(Method::GreedyByGainPerCost, by_cost.reached.picks());
    tried.take(Method::GreedyByGain, by_gain.reached.picks());
    tried.take(Method::BestSingle, single.reached.picks());
    let mut starts: Vec<Vec<u32>> = vec![];
    let greedy = [by_cost.reached.picks().to_vec(), by_gain.reached.picks().to_vec()];
    starts.extend(tried.best.iter().map(|best| best.picks.clone()));
    let is_small = problem.pairs.len() as u64 * 100 <= settings.swap_visits;
    starts.extend(greedy.into_iter().filter(|_| is_small));
    let mut visits = settings.swap_visits;
    starts.extend(within_groups(problem, &beginning.gains.gain, &beginning.open, &mut visits));
    starts.extend(neighbours.iter().cloned());
    starts.iter_mut().for_each(|start| start.sort_unstable());
    starts.retain(|start| problem.keeps_rules(start));
    starts.dedup();
    for start in starts {
        let improved = improve(problem, &start, &beginning.open, &mut visits);
        tried.take(Method::Swaps, &improved);
    }
    let mut bounds = vec![
        Proved { by: ProvedBy::Ceiling, bound: ceiling(problem) },
        Proved { by: ProvedBy::Marginals, bound: marginal },
    ];
    if let Some(linear) = &settings.linear {
        bounds.push(Proved { by: ProvedBy::Linear, bound: linear_bound(problem, linear) });
    }
    // Rules that bind each other can lead every step astray; of few creators all sets are looked at, which also proves the plan.
    if let Some((value, picks)) = best_of_every_set(problem, settings.swap_visits.min(EVERY_SET_VISITS_MAX)) {
        tried.take(Method::Exact, &picks);
        bounds.push(Proved { by: ProvedBy::Exact, bound: value });
    }
    #[cfg(feature = "exact")]
    if let Some(seconds) = settings.exact_seconds
        && problem.pairs.len() <= settings.exact_pairs_max
        && let Some(found) = super::exact::exact_plan(problem, seconds)
    {
        tried.take(Method::Exact, &found.picks);
        bounds.push(Proved { by: ProvedBy::Exact, bound: found.bound });
    }
    tried.into_plan(bounds).ok_or(PlanError::NotFound { steps: 20_000 })
}

/// Pair visits that looking at every set may take: hundredths of a second.
const EVERY_SET_VISITS_MAX: u64 = 4_000_000;

/// The best of all sets that keep the rules and its value, where looking at all of them takes no more pair visits than `visits`; `None`
/// where it would, or where no set keeps them. Cost: `O(2^candidates pairs)`.
fn best_of_every_set(problem: &Problem, visits: u64) -> Option<(f64, Vec<u32>)> {
    let candidates = problem.candidates.len() as u32;
    let sets = 1u64.checked_shl(candidates)?;
    if sets.checked_mul(problem.pairs.len() as u64 + 1)? > visits {
        return None;
    }
    let picks_of = |set: u64| (0..candidates).filter(|place| set >> place & 1 == 1).collect::<Vec<u32>>();
    let kept = (0..sets).map(picks_of).filter(|picks| problem.keeps_rules(picks));
    kept.map(|picks| (value_of(problem, &picks), picks)).reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// Where the number of creators binds together with the budget: the marginals at the start and at the end of a run.
fn together_bound(problem: &Problem, beginning: &Beginning<'_>, end: &super::reach::Reached<'_>) -> f64 {
    let budget = problem.budget.saturating_sub(beginning.cost_held());
    let slots = problem.picks_max.saturating_sub(beginning.picks_held());
    let mut gains = vec![0.0; problem.candidates.len()];
    for (candidate, gain) in beginning.open.iter().zip(end.gains(&beginning.open)) {
        gains[*candidate as usize] = gain;
    }
    end.picks().iter().for_each(|pick| gains[*pick as usize] = 0.0);
    let at_start =
        beginning.reached.value() + both_bound(problem, &beginning.gains.gain, &beginning.open, budget, slots);
    at_start.min(end.value() + both_bound(problem, &gains, &beginning.open, budget, slots))
}

struct Kept {
    picks: Vec<u32>,
    value: f64,
    cost: u64,
    method: Method,
}

struct Trials<'a> {
    problem: &'a Problem,
    best: Option<Kept>,
    tried: Vec<Tried>,
}

impl Trials<'_> {
    /// Keeps a set if it is better, or as good and cheaper; sets that break a rule are not taken.
    fn take(&mut self, method: Method, picks: &[u32]) {
        let mut picks = picks.to_vec();
        picks.sort_unstable();
        if !self.problem.keeps_rules(&picks) {
            return;
        }
        let (value, cost) = (value_of(self.problem, &picks), self.problem.cost_of(&picks));
        self.tried.push(Tried { method, value, cost, picks: picks.len() });
        let noise = 1e-9 * value.max(1.0);
        let is_better = |best: &Kept| value > best.value + noise || (value >= best.value - noise && cost < best.cost);
        if self.best.as_ref().is_none_or(is_better) {
            self.best = Some(Kept { picks, value, cost, method });
        }
    }

    fn into_plan(self, bounds: Vec<Proved>) -> Option<Plan> {
        let best = self.best?;
        let least = bounds.iter().copied().min_by(|a, b| a.bound.total_cmp(&b.bound))?;
        // The plan itself shows that the best reaches so much; only rounding can say otherwise.
        let bound = least.bound.max(best.value);
        let ratio = if bound > 0.0 { (best.value / bound).min(1.0) } else { 1.0 };
        Some(Plan {
            picks: best.picks,
            value: best.value,
            cost: best.cost,
            bound,
            proved_by: least.by,
            ratio,
            winner: best.method,
            tried: self.tried,
            bounds,
        })
    }
}

#[cfg(test)]
mod tests;
