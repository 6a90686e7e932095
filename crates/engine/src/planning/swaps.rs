//! What a plan could be exchanged for: "12 more buyers for 40 EUR", "3 % fewer, 400 EUR cheaper".
//!
//! Suggestions may go above the budget, which is the point of the first kind; every other rule is kept.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::problem::amount;
use super::reach::{Reached, value_of};
use super::rules::Standing;
use super::swap::{Neighbourhood, change};

/// An exchange as it may be offered to a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Suggestion {
    /// Candidates that would go.
    pub goes: Vec<u32>,
    /// Candidates that would come.
    pub comes: Vec<u32>,
    /// Weighted people more (or fewer, below 0).
    pub reach_change: f64,
    /// Minor units more (or less, below 0).
    pub cost_change: i64,
    pub is_within_budget: bool,
    pub words: String,
}

/// Exchanges on both sides of a plan.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Suggestions {
    /// Reach more, ascending by what it costs more; of two, the dearer reaches more.
    pub more: Vec<Suggestion>,
    /// Cost less, ascending by what is saved; of two, the one that saves more loses more.
    pub cheaper: Vec<Suggestion>,
}

/// Exchanges of a plan that are worth a look: none of them is beaten by another in both cost and reach.
///
/// Looked at are: one more, one for another, one left out. Inputs: `picks` that keep the rules of `problem`; `each`, how many
/// at most on either side, those with the most people a unit of money first; `cost_max_more`, in minor units, what may be
/// spent above the plan's cost. Output: [`Suggestions`], exact changes of the objective.
/// Cost: one pass over the pairs times the mean number of picks a person meets, and `O(candidates x picks)`.
pub fn suggestions(problem: &Problem, picks: &[u32], each: usize, cost_max_more: u64) -> Suggestions {
    let mut rules = problem.rules.clone();
    rules.budget = None;
    let mut standing = Standing::new(&rules, &problem.costs);
    picks.iter().for_each(|pick| standing.add(*pick));
    let open: Vec<u32> = (0..problem.candidates.len() as u32)
        .filter(|place| !rules.out[*place as usize] && !standing.is_in[*place as usize])
        .collect();
    let around = Neighbourhood::new(problem, picks, &open);
    let with_all = Reached::of(problem, picks).gains(&around.open);
    let mut found = vec![];
    let mut offer = |goes: Option<u32>, comes: Option<u32>, reach_change: f64| {
        let more = comes.map_or(0, |comes| i64::try_from(problem.costs[comes as usize]).unwrap_or(i64::MAX));
        let cost_change = match goes {
            Some(goes) => change(problem, comes.as_slice(), goes),
            None => more,
        };
        found.push((goes, comes, reach_change, cost_change));
    };
    let keeps = |standing: &mut Standing<'_>, comes: Option<u32>| {
        if comes.is_some_and(|comes| !standing.allows(comes)) {
            return false;
        }
        comes.iter().for_each(|comes| standing.add(*comes));
        let holds = standing.lacks_nothing();
        comes.iter().for_each(|comes| standing.remove(*comes));
        holds
    };
    for (candidate, gain) in around.open.iter().zip(&with_all) {
        if keeps(&mut standing, Some(*candidate)) {
            offer(None, Some(*candidate), *gain);
        }
    }
    for (slot, pick) in picks.iter().enumerate() {
        if rules.forced.binary_search(pick).is_ok() {
            continue;
        }
        standing.remove(*pick);
        if keeps(&mut standing, None) {
            offer(Some(*pick), None, -around.lost[slot]);
        }
        for (place, candidate) in around.open.iter().enumerate() {
            let reach_change = around.gain(place, slot) - around.lost[slot];
            let cost_change = change(problem, &[*candidate], *pick);
            if (reach_change > 0.0 || cost_change < 0) && keeps(&mut standing, Some(*candidate)) {
                offer(Some(*pick), Some(*candidate), reach_change);
            }
        }
        standing.add(*pick);
    }
    let noise = 1e-9 * value_of(problem, picks).max(1.0);
    let within = i64::try_from(cost_max_more).unwrap_or(i64::MAX);
    let is_more = |offer: &&Offer| offer.2 > noise && offer.3 <= within;
    let more = unbeaten(found.iter().filter(is_more).copied().collect(), each);
    let cheaper = unbeaten(found.iter().filter(|offer| offer.3 < 0 && offer.2 <= noise).copied().collect(), each);
    let cost = problem.cost_of(picks);
    let value = value_of(problem, picks);
    let told = |offers: Vec<Offer>| offers.into_iter().map(|offer| told(problem, offer, cost, value)).collect();
    let mut found = Suggestions { more: told(more), cheaper: told(cheaper) };
    found.cheaper.reverse();
    found
}

type Offer = (Option<u32>, Option<u32>, f64, i64);

/// Offers that no other beats in cost and reach, by cost; of too many those with the best rate are kept.
fn unbeaten(mut offers: Vec<Offer>, each: usize) -> Vec<Offer> {
    offers.sort_by(|a, b| a.3.cmp(&b.3).then(b.2.total_cmp(&a.2)).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1)));
    let mut kept: Vec<Offer> = vec![];
    for offer in offers {
        if kept.last().is_none_or(|last| offer.2 > last.2 + 1e-12) {
            kept.push(offer);
        }
    }
    // People for money, or money for people: both are more the larger `reach / cost` is for gains, the smaller for losses.
    let rate = |offer: &Offer| match offer.3 {
        cost if cost <= 0 && offer.2 > 0.0 => f64::INFINITY,
        cost if cost > 0 => offer.2 / cost as f64,
        cost => -(cost as f64) / (-offer.2).max(1e-12),
    };
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by(|a, b| rate(&kept[*b]).total_cmp(&rate(&kept[*a])).then(a.cmp(b)));
    order.truncate(each);
    order.sort_unstable();
    order.into_iter().map(|place| kept[place]).collect()
}

fn told(problem: &Problem, (goes, comes, reach_change, cost_change): Offer, cost: u64, value: f64) -> Suggestion {
    let name = |place: u32| problem.candidates[place as usize].name.as_str();
    let what = match (goes, comes) {
        (Some(goes), Some(comes)) => format!("{} instead of {}", name(comes), name(goes)),
        (None, Some(comes)) => format!("{} as well", name(comes)),
        (Some(goes), None) => format!("without {}", name(goes)),
        (None, None) => "no change".to_owned(),
    };
    let people = match reach_change >= 0.0 {
        true => format!("{reach_change:.1} more"),
        false => format!("{:.1} % fewer", 100.0 * -reach_change / value.max(1e-12)),
    };
    let money = amount(cost_change.unsigned_abs(), problem.currency);
    let money = match cost_change {
        0 => "at the same cost".to_owned(),
        more if more > 0 => format!("for {money}"),
        _ => format!("{money} cheaper"),
    };
    let new_cost = i128::from(cost) + i128::from(cost_change);
    Suggestion {
        goes: goes.into_iter().collect(),
        comes: comes.into_iter().collect(),
        reach_change,
        cost_change,
        is_within_budget: new_cost <= i128::from(problem.budget),
        words: format!("{what}: {people}, {money}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::portfolio::{ChooseSettings, choose};
    use super::super::testing::made_up;
    use super::*;

    #[test]
    fn every_suggestion_changes_reach_and_cost_by_what_it_says() {
        for seed in 0..30 {
            let problem = made_up(seed, 16, 60, 1 + seed as usize % 2);
            let plan = choose(&problem, &ChooseSettings::fast()).expect("a plan");
            let found = suggestions(&problem, &plan.picks, 4, 300);
            assert!(found.more.len() <= 4 && !found.cheaper.is_empty());
            for suggestion in found.more.iter().chain(&found.cheaper) {
                let stays = plan.picks.iter().filter(|pick| !suggestion.goes.contains(pick));
                let changed: Vec<u32> = stays.chain(&suggestion.comes).copied().collect();
                let reach = value_of(&problem, &changed) - plan.value;
                assert!((reach - suggestion.reach_change).abs() < 1e-9, "{suggestion:?}");
                let cost = problem.cost_of(&changed) as i64 - plan.cost as i64;
                assert_eq!(cost, suggestion.cost_change);
                assert_eq!(suggestion.is_within_budget, problem.cost_of(&changed) <= problem.budget());
            }
            assert!(found.more.iter().all(|offer| offer.cost_change <= 300 && offer.reach_change > 0.0));
            assert!(found.cheaper.iter().all(|offer| offer.cost_change < 0));
            for pair in found.more.windows(2).chain(found.cheaper.windows(2)) {
                assert!(pair[0].cost_change.abs() <= pair[1].cost_change.abs());
            }
        }
    }

    #[test]
    fn a_plan_that_is_as_good_as_it_gets_has_nothing_better_within_its_budget() {
        let problem = made_up(4, 12, 30, 1);
        let best = super::super::testing::best_of_all(&problem).expect("a plan");
        let found = suggestions(&problem, &best.1, 5, 1_000);
        assert!(found.more.iter().all(|offer| !offer.is_within_budget));
    }
}
