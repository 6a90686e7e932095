//! What is drawn beside a plan: the curve, exchanges, how sure it is, wide or targeted, who meets the same people, who was
//! left out.

use std::collections::HashSet;

use engine::planning::curve::{Curve, CurvePoint, budgets_around, curve};
use engine::planning::dial::trade_off;
use engine::planning::reach::{Reached, value_of};
use engine::planning::robust::{RobustSettings, Robustness, Spread, robustness};
use engine::planning::swaps::Suggestion;
use engine::planning::{ChooseSettings, Plan, Problem, ProvedBy};
use model::{AccountId, Estimate, Explanation, Grade, Unit};

use super::super::PlanningError;
use super::super::made::{CurveAt, DialAt, DialMade, DialPick, LeftOut, RivalMade, SureMade, SwapMade};
use super::{Inputs, Offer, Posed, Z, price_sd, problem_of, seeing_of};

/// Points of the curve of reach against budget, and of the dial.
const CURVE_POINTS: usize = 13;
const DIAL_STEPS: usize = 5;
/// More pairs than this are not drawn again and again, nor planned at every place of the dial.
const PAIRS_DRAWN_MAX: usize = 3_000_000;
const LEFT_OUT_MAX: usize = 20;

/// Draws chances and prices again and again, beside other ways of choosing; the words of those.
pub(super) fn drawn(inputs: &Inputs, posed: &Posed, plan: &Plan) -> Option<(Robustness, Vec<&'static str>)> {
    let problem = &posed.problem;
    if problem.pairs().len() > PAIRS_DRAWN_MAX {
        return None;
    }
    let logit = |share: f64| (share.clamp(0.001, 0.999) / (1.0 - share.clamp(0.001, 0.999))).ln();
    let chance_sd = |offer: &Offer| {
        let of = seeing_of(&inputs.asked, &inputs.material.candidates[offer.candidate], offer.format);
        (logit(of.hi) - logit(of.lo)) / (2.0 * Z)
    };
    // Only the fee is unsure; the same spread of the whole cost in money is a smaller one as a share.
    let cost_sd = |(offer, place): (&Offer, usize)| {
        let cost = problem.cost(place) as f64;
        let share = if cost > 0.0 { (offer.fee / cost).min(1.0) } else { 0.0 };
        let fee = price_sd(offer.fee_lo, offer.fee_hi);
        (1.0 + ((fee * fee).exp() - 1.0) * share * share).ln().sqrt()
    };
    let settings = RobustSettings {
        all_chances_sd: posed.offers.iter().map(chance_sd).sum::<f64>() / posed.offers.len().max(1) as f64,
        price_sd: posed.offers.iter().zip(0..).map(cost_sd).collect(),
        ..RobustSettings::default()
    };
    let held = |place: u32| &inputs.material.candidates[posed.offers[place as usize].candidate];
    let by = |key: &dyn Fn(u32) -> f64| {
        let mut order: Vec<u32> = (0..posed.offers.len() as u32).collect();
        order.sort_by(|one, other| key(*other).total_cmp(&key(*one)).then(one.cmp(other)));
        one_after_another(problem, &order)
    };
    let mut rivals: Vec<(&'static str, Vec<u32>)> = vec![
        ("those whom most buyers listen to, as far as the budget goes", by(&|place| held(place).buyers_expected)),
        (
            "the biggest by followers, as far as the budget goes",
            by(&|place| held(place).name.followers.map_or(-1.0, |count| count as f64)),
        ),
    ];
    rivals.retain(|(_, picks)| *picks != plan.picks && !picks.is_empty());
    let (words, sets): (Vec<_>, Vec<_>) = rivals.into_iter().unzip();
    Some((robustness(problem, plan, &sets, &settings), words))
}

/// Takes candidates in an order as long as the budget and the rules that only forbid allow.
fn one_after_another(problem: &Problem, order: &[u32]) -> Vec<u32> {
    let rules = problem.rules();
    let most = rules.creators_max.unwrap_or(usize::MAX);
    let never: HashSet<usize> = rules.never.iter().copied().collect();
    let (mut picks, mut creators, mut cost) = (vec![], HashSet::new(), 0u64);
    for place in order {
        let candidate = &problem.candidates()[*place as usize];
        let with = cost.saturating_add(problem.cost(*place as usize));
        let is_free = !never.contains(&(*place as usize)) && !creators.contains(&candidate.creator);
        if picks.len() < most && is_free && with <= problem.budget() {
            picks.push(*place);
            creators.insert(candidate.creator);
            cost = with;
        }
    }
    picks.sort_unstable();
    picks
}

pub(super) fn sure_made(
    problem: &Problem,
    plan: &Plan,
    sure: &Option<(Robustness, Vec<&'static str>)>,
    unit: Unit,
) -> SureMade {
    let Some((robust, words)) = sure else {
        return SureMade { draws: 0, over_budget_share: None, rivals: vec![] };
    };
    let estimate = |spread: Spread, value: f64, words: &str| {
        let explanation = Explanation::leaf(words, Some(value), unit)
            .with_formula("the same plan on 200 draws of chances and prices; the ends hold 90 % of them");
        let (lo, hi) = (spread.lo.min(value), spread.hi.max(value));
        Estimate::known(value, lo, hi, u64::from(robust.draws), "draws", "plan_draws", explanation).graded(Grade::C)
    };
    let own = value_of(problem, &plan.picks);
    let rivals = robust.rivals.iter().zip(words).map(|(rival, words)| {
        let value = value_of(problem, &rival.picks);
        RivalMade {
            words: (*words).to_owned(),
            creators: rival.picks.len(),
            reach: estimate(rival.reach, value, "reach of the other way of choosing"),
            ahead_by: estimate(rival.ahead_by, own - value, "reach of the plan less reach of the other"),
            is_told_apart: rival.is_told_apart,
        }
    });
    SureMade { draws: robust.draws, over_budget_share: Some(robust.over_budget_share), rivals: rivals.collect() }
}

/// Reach at budgets from a quarter to four times the plan's, that one among them.
pub(super) fn curve_of(problem: &Problem, inputs: &Inputs) -> Curve {
    let budgets = budgets_around(problem.budget(), CURVE_POINTS);
    let limit = inputs.asked.one_more_max.map(|limit| limit as f64);
    curve(problem, &budgets, limit, &ChooseSettings { exact_seconds: None, ..ChooseSettings::default() })
}

/// The plan with what the curve proves at its budget; the curve's own where that reaches more.
pub(super) fn proved_on(plan: Plan, curve: &Curve, budget: u64) -> Plan {
    let Some(point) = curve.points.iter().find(|point| point.budget == budget) else { return plan };
    if point.plan.value > plan.value * (1.0 + 1e-9) {
        return point.plan.clone();
    }
    let linear = point.plan.bounds.iter().find(|proved| proved.by == ProvedBy::Linear);
    linear.map_or_else(|| plan.clone(), |proved| plan.clone().bounded(*proved))
}

pub(super) fn curve_made(drawn: &Curve, plan: &Plan, budget: u64) -> Vec<CurveAt> {
    let knee = drawn.knee.map(|knee| knee.point);
    let at = |(place, point): (usize, &CurvePoint)| {
        // The plan itself lies on its own curve.
        let of = if point.budget == budget { plan } else { &point.plan };
        CurveAt {
            budget_minor_units: i64::try_from(point.budget).unwrap_or(i64::MAX),
            reach: of.value,
            bound: of.bound.min(point.plan.bound).max(of.value),
            creators: of.picks.len(),
            cost_of_one_more: point.cost_of_one_more,
            is_knee: knee == Some(place),
        }
    };
    drawn.points.iter().enumerate().map(at).collect()
}

pub(super) fn swap_made(inputs: &Inputs, posed: &Posed, suggestion: &Suggestion) -> SwapMade {
    let accounts = |places: &[u32]| {
        places.iter().map(|place| inputs.material.candidates[posed.offers[*place as usize].candidate].account).collect()
    };
    SwapMade {
        goes: accounts(&suggestion.goes),
        comes: accounts(&suggestion.comes),
        words: suggestion.words.clone(),
        reach_change: suggestion.reach_change,
        cost_change: suggestion.cost_change,
        is_within_budget: suggestion.is_within_budget,
    }
}

pub(super) fn dial_made(inputs: &Inputs, posed: &Posed) -> Result<Option<DialMade>, PlanningError> {
    let material = &inputs.material;
    if material.people == material.buyers_known {
        return Ok(None);
    }
    let pairs: usize = posed.offers.iter().map(|offer| material.candidates[offer.candidate].listeners.len()).sum();
    if pairs > PAIRS_DRAWN_MAX {
        return Ok(None);
    }
    let problem = problem_of(inputs, &posed.offers, true, 1.0)?;
    let likeness: Vec<f64> = (0..material.people).map(|place| f64::from(place < material.buyers_known)).collect();
    let found = trade_off(&problem, &likeness, DIAL_STEPS, &ChooseSettings::fast())?;
    let names = |plan: &Plan| {
        let pick = |pick: &u32| DialPick {
            account: material.candidates[posed.offers[*pick as usize].candidate].account,
            name: problem.candidates()[*pick as usize].name.clone(),
        };
        plan.picks.iter().map(pick).collect()
    };
    let at = found.points.iter().map(|point| DialAt {
        targeted: point.dial.targeted,
        buyers: point.targeted_reach,
        everybody: point.wide_reach,
        creators: point.plan.picks.len(),
    });
    let (first, last) = (&found.points[0], &found.points[found.points.len() - 1]);
    Ok(Some(DialMade {
        at: at.collect(),
        picks_shared: found.picks_shared,
        wide: names(&first.plan),
        targeted: names(&last.plan),
    }))
}

/// Those who would add most, then those left out before choosing; and how many there are in all.
pub(super) fn left_out(inputs: &Inputs, posed: &Posed, plan: &Plan) -> (Vec<LeftOut>, usize) {
    let problem = &posed.problem;
    let material = &inputs.material;
    let account = |place: u32| material.candidates[posed.offers[place as usize].candidate].account;
    let chosen: HashSet<AccountId> = plan.picks.iter().map(|pick| account(*pick)).collect();
    let open: Vec<u32> = (0..posed.offers.len() as u32).filter(|place| !chosen.contains(&account(*place))).collect();
    let gains = Reached::of(problem, &plan.picks).gains(&open);
    let mut best: Vec<(u32, f64)> = open.iter().copied().zip(gains).collect();
    best.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut told = HashSet::new();
    best.retain(|(place, _)| told.insert(account(*place)));
    let left = problem.budget().saturating_sub(plan.cost);
    let never: HashSet<AccountId> = inputs.named.never.iter().copied().collect();
    let decimals = inputs.asked.budget.currency.decimals();
    let amount =
        |minor: u64| format!("{:.0} {}", minor as f64 / 10f64.powi(decimals as i32), inputs.asked.budget.currency());
    let why = |(place, gain): (u32, f64)| {
        let held = &material.candidates[posed.offers[place as usize].candidate];
        let cost = problem.cost(place as usize);
        let why = match (never.contains(&held.account), cost > left) {
            (false, _) if gain <= 0.0 => "nobody is expected to be met through them who is not met already".to_owned(),
            (true, _) => "you said never".to_owned(),
            (false, true) => {
                format!("would add {gain:.1} for {}; {} of the budget are left", amount(cost), amount(left))
            }
            (false, false) => format!("would add {gain:.1} for {}; a rule keeps them out", amount(cost)),
        };
        LeftOut { account: held.account, name: held.name.name.clone(), why }
    };
    let in_all = best.len() + posed.left_out.len();
    let mut shown: Vec<LeftOut> = best.into_iter().take(LEFT_OUT_MAX).map(why).collect();
    shown.extend(posed.left_out.iter().take(LEFT_OUT_MAX).cloned());
    (shown, in_all)
}

pub(super) fn warnings(inputs: &Inputs, posed: &Posed, plan: &Plan) -> Vec<String> {
    let mut warnings = vec![];
    if plan.picks.len() == 1 {
        warnings.push(
            "The plan rests on one creator alone. Several who talk with each other carry a recommendation further and cost \
             less risk: raise the budget, lower the fee a creator may take, or ask for at least two."
                .to_owned(),
        );
    }
    if plan.picks.is_empty() {
        warnings.push("Nobody is in the plan: nothing that fits the budget reaches anybody.".to_owned());
    }
    let estimated = (plan.picks.iter()).filter(|pick| {
        let offer = &posed.offers[**pick as usize];
        !offer.is_agreed && !offer.has_own_price
    });
    let estimates = estimated.count();
    let has_estimates = estimates > 0;
    match estimates {
        0 => {}
        some => warnings.push(format!(
            "{some} of {} prices are estimated without any price of that creator's own; ask them before you commit.",
            plan.picks.len()
        )),
    }
    let settings = &inputs.prices.settings;
    if settings.minor_units_per_usd_cent.is_none() && settings.currency.code() != "USD" && has_estimates {
        warnings.push(format!(
            "Published fees are in US dollars and no rate to {} is known, so one is taken for the other: estimated fees may be \
             wrong many times over. Say what a dollar buys under prices.",
            settings.currency
        ));
    }
    for pick in &plan.picks {
        let held = &inputs.material.candidates[posed.offers[*pick as usize].candidate];
        if let Some(conflict) = held.conflicts.first() {
            warnings.push(format!("{} is in although something speaks against it: {conflict}", held.name.name));
        }
    }
    warnings
}
