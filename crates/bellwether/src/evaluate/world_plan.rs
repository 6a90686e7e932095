//! The plan part of `bellwether evaluate world`: a plan made from what the program found out, valued by the planted truth,
//! beside the best plan that knew the truth and beside the biggest creators the budget buys.

use std::collections::{HashMap, HashSet};

use engine::planning::reach::value_of;
use engine::planning::{Candidate, ChooseSettings, Objective, Pairs, Plan, PlanRules, Problem, choose};
use model::{AccountId, Brand, Money};
use serde::Serialize;
use synth::Truth;

use crate::data_directory::DataDirectory;
use crate::planning::asked::{CANDIDATES_MAX, CandidatesFrom};
use crate::planning::material::material;

/// The budget buys so many creators at the mean price.
const MEAN_PRICES: i64 = 8;

/// Plans by the planted truth; values are buyers expected to be moved, each counted once.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlanJudged {
    pub creators_priced: u64,
    pub budget_minor_units: i64,
    /// Chances as the listening model gives them, prices as asked.
    pub plan: f64,
    /// The best plan found by whoever knows the planted chances, and what no plan passes.
    pub planted_best: f64,
    pub planted_bound: f64,
    /// `plan / planted_best`.
    pub plan_over_best: f64,
    /// As many of the most followed as the budget buys, in that order; ten at most.
    pub biggest: f64,
    /// As many of those whom most buyers are expected to turn to as the budget buys.
    pub most_listened: f64,
    /// What the planner says of its own plan.
    pub certificate: f64,
    pub cost_minor_units: i64,
}

/// Plans with prices as asked and chances as found out, and values it by what is planted.
pub async fn judge_plan(data: &DataDirectory, brand: &Brand, truth: &Truth) -> anyhow::Result<PlanJudged> {
    let priced: HashMap<AccountId, Money> = truth.prices.iter().map(|price| (price.account, price.fee)).collect();
    anyhow::ensure!(!priced.is_empty(), "the market has no prices");
    let currency = truth.prices[0].fee.currency;
    let mean = priced.values().map(|fee| fee.minor_units).sum::<i64>() / priced.len() as i64;
    let budget = Money { minor_units: mean * MEAN_PRICES, currency };
    let found = material(data, brand, CandidatesFrom::Ranking, CANDIDATES_MAX, &[]).await?;
    let mut accounts: Vec<AccountId> = priced.keys().copied().collect();
    accounts.sort_unstable();
    let place: HashMap<AccountId, usize> = accounts.iter().zip(0..).map(|(account, place)| (*account, place)).collect();
    // What is planted.
    let people: HashMap<AccountId, u32> =
        truth.buyers.iter().zip(0u32..).map(|(account, place)| (*account, place)).collect();
    let mut lists: Vec<Vec<(u32, f32)>> = vec![vec![]; accounts.len()];
    for edge in &truth.audience {
        if let (Some(creator), Some(buyer)) = (place.get(&edge.creator), people.get(&edge.buyer)) {
            lists[*creator].push((*buyer, edge.probability as f32));
        }
    }
    let planted = problem(&accounts, &priced, budget, people.len(), lists)?;
    let best = choose(&planted, &ChooseSettings::default())?;
    // What was found out.
    let mut lists: Vec<Vec<(u32, f32)>> = vec![vec![]; accounts.len()];
    let mut expected = vec![0.0; accounts.len()];
    let mut followers = vec![-1i64; accounts.len()];
    for candidate in &found.candidates {
        let Some(place) = place.get(&candidate.account) else { continue };
        let buyers = candidate.listeners.iter().filter(|listener| (listener.person as usize) < found.buyers_known);
        lists[*place] = buyers.map(|listener| (listener.person, listener.chance as f32)).collect();
        expected[*place] = candidate.buyers_expected;
    }
    for profile in data.lake.profiles(Some(&accounts), data.now()).await? {
        if let (Some(place), Some(count)) = (place.get(&profile.account), profile.followers) {
            followers[*place] = count;
        }
    }
    let estimated = problem(&accounts, &priced, budget, found.buyers_known, lists)?;
    let plan: Plan = choose(&estimated, &ChooseSettings::default())?;
    let by = |key: &dyn Fn(usize) -> f64, most: usize| {
        let mut order: Vec<usize> = (0..accounts.len()).collect();
        order.sort_by(|one, other| key(*other).total_cmp(&key(*one)).then(one.cmp(other)));
        let (mut picks, mut cost) = (vec![], 0);
        for place in order {
            let with = cost + planted.cost(place);
            if picks.len() < most && with <= planted.budget() {
                picks.push(place as u32);
                cost = with;
            }
        }
        value_of(&planted, &picks)
    };
    let value = value_of(&planted, &plan.picks);
    Ok(PlanJudged {
        creators_priced: accounts.len() as u64,
        budget_minor_units: budget.minor_units,
        plan: value,
        planted_best: best.value,
        planted_bound: best.bound,
        plan_over_best: if best.value > 0.0 { value / best.value } else { 0.0 },
        biggest: by(&|place| followers[place] as f64, 10),
        most_listened: by(&|place| expected[place], usize::MAX),
        certificate: plan.ratio,
        cost_minor_units: i64::try_from(plan.cost).unwrap_or(i64::MAX),
    })
}

fn problem(
    accounts: &[AccountId],
    priced: &HashMap<AccountId, Money>,
    budget: Money,
    people: usize,
    lists: Vec<Vec<(u32, f32)>>,
) -> anyhow::Result<Problem> {
    let candidate = |account: &AccountId| Candidate {
        name: account.to_string(),
        creator: account.0,
        cost: priced.get(account).copied(),
        labels: vec![],
    };
    let candidates = accounts.iter().map(candidate).collect();
    let lists = lists.into_iter().map(once).collect();
    let pairs = Pairs::from_lists(people, lists)?;
    Ok(Problem::new(candidates, pairs, vec![1.0; people], Objective::Once, PlanRules::within(budget))?)
}

/// Each person once, ascending, the largest chance of several.
fn once(mut list: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    list.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.total_cmp(&one.1)));
    let mut met = HashSet::new();
    list.retain(|(person, _)| met.insert(*person));
    list
}
