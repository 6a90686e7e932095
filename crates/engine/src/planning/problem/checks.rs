//! What is refused before any planning: shapes that do not fit, prices not known or of another currency, no budget.

use super::{Candidate, Objective, Pairs, PlanError, PlanRules, TIMES_MAX};

pub(super) fn checked_shapes(
    candidates: &[Candidate],
    pairs: &Pairs,
    weights: &[f64],
    objective: Objective,
    rules: &PlanRules,
) -> Result<(), PlanError> {
    if candidates.is_empty() {
        return Err(PlanError::NoCandidates);
    }
    let shapes = [
        ("columns of pairs", pairs.candidates(), candidates.len()),
        ("weights of people", weights.len(), pairs.people()),
    ];
    if let Some(&(what, given, expected)) = shapes.iter().find(|shape| shape.1 != shape.2) {
        return Err(PlanError::Shapes { what, given, expected });
    }
    if !(1..=TIMES_MAX).contains(&objective.times()) {
        return Err(PlanError::Times(objective.times()));
    }
    let is_no_weight = |weight: &f64| !(weight.is_finite() && *weight >= 0.0);
    if let Some(person) = weights.iter().position(is_no_weight) {
        return Err(PlanError::Weight { person, weight: weights[person] });
    }
    let pairs_named = rules.conflicts.iter().flat_map(|pair| [pair.0, pair.1]);
    let one_of = rules.must_one_of.iter().flatten();
    let all = rules.must.iter().chain(one_of).chain(&rules.never).chain(&rules.agreed);
    let mut named = all.copied().chain(pairs_named);
    match named.find(|place| *place >= candidates.len()) {
        Some(place) => Err(PlanError::NoSuchCandidate { place, candidates: candidates.len() }),
        None => Ok(()),
    }
}

/// Names told in one message.
const NAMES_MAX: usize = 5;

pub(super) fn checked_costs(candidates: &[Candidate], rules: &PlanRules) -> Result<Vec<u64>, PlanError> {
    let is_wanted = |place: &usize| !rules.never.contains(place);
    let unknown: Vec<usize> =
        (0..candidates.len()).filter(|place| candidates[*place].cost.is_none()).filter(is_wanted).collect();
    if !unknown.is_empty() {
        let named = unknown.iter().take(NAMES_MAX).map(|place| candidates[*place].name.as_str());
        let mut names = named.collect::<Vec<_>>().join(", ");
        if unknown.len() > NAMES_MAX {
            names.push_str(&format!(" and {} more", unknown.len() - NAMES_MAX));
        }
        return Err(PlanError::UnknownCost { candidates: unknown, names });
    }
    let budget = rules.budget.currency;
    let cost = |(place, candidate): (usize, &Candidate)| match candidate.cost {
        // Never chosen, so what it costs does not matter.
        None => Ok(u64::MAX),
        Some(cost) if cost.currency != budget => {
            let (name, found) = (candidate.name.clone(), cost.currency);
            Err(PlanError::MixedCurrencies { candidate: place, name, found, budget })
        }
        Some(cost) => u64::try_from(cost.minor_units)
            .map_err(|_| PlanError::NegativeCost { candidate: place, name: candidate.name.clone() }),
    };
    candidates.iter().enumerate().map(cost).collect()
}

pub(super) fn checked_budget(candidates: &[Candidate], costs: &[u64], rules: &PlanRules) -> Result<u64, PlanError> {
    let (minor_units, currency) = (rules.budget.minor_units, rules.budget.currency);
    let wanted = (0..costs.len()).filter(|place| !rules.never.contains(place));
    let cheapest = wanted.min_by_key(|place| (costs[*place], *place));
    let is_free = cheapest.is_some_and(|place| costs[place] == 0);
    let budget = u64::try_from(minor_units).map_err(|_| PlanError::NoBudget { minor_units, currency })?;
    if budget == 0 && !is_free {
        return Err(PlanError::NoBudget { minor_units, currency });
    }
    match cheapest.filter(|place| costs[*place] > budget) {
        Some(place) => {
            let (name, cheapest) = (candidates[place].name.clone(), costs[place]);
            Err(PlanError::NobodyAffordable { name, cheapest, budget, currency })
        }
        None => Ok(budget),
    }
}
