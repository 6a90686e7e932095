//! Makes a plan: prices and chances put together into a problem, the engine's answer, and everything drawn beside it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use engine::conversations::listening::Reading;
use engine::matching::price::{PostFormat, PriceKind, PriceQuery};
use engine::planning::curve::{budgets_around, curve};
use engine::planning::dial::trade_off;
use engine::planning::exposure::{Calibration, Listeners, OfferedPosts, SeeingShare, exposures};
use engine::planning::reach::Reached;
use engine::planning::robust::{RobustSettings, Robustness, Spread, robustness};
use engine::planning::swaps::{Suggestion, suggestions};
use engine::planning::told::{Chances, ToldSettings, told};
use engine::planning::{Candidate, ChooseSettings, Dial, Objective, Plan, PlanRules, Problem, choose, person_weights};
use model::{AccountId, Estimate, Explanation, Grade, Money, Unit};

use super::PlanningError;
use super::asked::{Named, PlanAsked};
use super::made::{
    CurveAt, DialAt, DialMade, LeftOut, MadeFromWhat, PickMade, PlanMade, RivalMade, SureMade, SwapMade,
};
use super::material::{CandidateHeld, Material};
use crate::matching::prices::Prices;

/// Share of listeners who see one post where nothing is known of it: between a tenth and two thirds, as published
/// reach rates and what creators show of their own numbers lie widely apart.
const SEEING: SeeingShare = SeeingShare { share: 0.3, lo: 0.1, hi: 0.65, grade: Grade::D };
/// A share somebody typed is taken as about right: a fifth below to a fifth above.
const TYPED_SPREAD: f64 = 0.2;
/// Points of the curve of reach against budget, and of the dial.
const CURVE_POINTS: usize = 13;
const DIAL_STEPS: usize = 5;
/// More pairs than this are not drawn again and again, nor planned at every place of the dial.
const PAIRS_DRAWN_MAX: usize = 3_000_000;
/// Suggested exchanges on either side, and how far above the plan's cost the first may go.
const SWAPS: usize = 5;
const SWAP_ABOVE_SHARE: f64 = 0.25;
const LEFT_OUT_MAX: usize = 20;
/// Half the width of a normal interval at 90 %, in standard deviations.
const Z: f64 = 1.645;

/// One offer: a candidate's place in the material and what they would make.
struct Offer {
    candidate: usize,
    format: PostFormat,
    fee: f64,
    fee_lo: f64,
    fee_hi: f64,
    is_agreed: bool,
    has_own_price: bool,
}

/// Everything a plan is computed from, with no data directory behind it.
pub struct Inputs {
    pub asked: PlanAsked,
    pub named: Named,
    pub material: Arc<Material>,
    pub prices: Prices,
}

/// The problem with the offers its candidates stand for.
pub struct Posed {
    pub problem: Problem,
    offers: Vec<Offer>,
    seeing: SeeingShare,
    /// Who was left out before choosing, and why.
    left_out: Vec<LeftOut>,
    with_others: bool,
}

/// Puts the problem of a plan together. Errors: [`PlanningError::Plan`] where no plan can be made, with the smallest set of
/// rules that clash.
pub fn pose(inputs: &Inputs) -> Result<Posed, PlanningError> {
    let Inputs { asked, named, material, prices } = inputs;
    if prices.settings.currency != asked.budget.currency {
        return Err(PlanningError::Currencies {
            prices: prices.settings.currency.to_string(),
            budget: asked.budget.currency().to_owned(),
        });
    }
    let seeing = seeing(asked);
    let wanted: HashSet<AccountId> =
        named.must.iter().copied().chain(named.agreed.iter().map(|agreed| agreed.account)).collect();
    let own: HashSet<AccountId> =
        prices.rows.iter().filter(|row| row.fee.currency == prices.settings.currency).map(|row| row.account).collect();
    let (mut offers, mut left_out) = (vec![], vec![]);
    for (place, candidate) in material.candidates.iter().enumerate() {
        let mut leave_out = |why: String| {
            left_out.push(LeftOut { account: candidate.account, name: candidate.name.name.clone(), why });
        };
        let has_own_price = own.contains(&candidate.account);
        let agreed = named.agreed.iter().find(|agreed| agreed.account == candidate.account);
        if !wanted.contains(&candidate.account) {
            if let Some(conflict) = candidate.conflicts.first() {
                leave_out(format!(
                    "speaks against working together: {conflict}; set it aside under fit, or say they must be in"
                ));
                continue;
            }
            if asked.own_prices_only && !has_own_price {
                leave_out("no price of theirs is held, and only known prices were wanted".to_owned());
                continue;
            }
            if candidate.listeners.is_empty() {
                leave_out(nobody_held(candidate, seeing));
                continue;
            }
        }
        for format in &asked.formats {
            let (fee, fee_lo, fee_hi) = match agreed {
                Some(agreed) => {
                    (agreed.fee_minor_units as f64, agreed.fee_minor_units as f64, agreed.fee_minor_units as f64)
                }
                None => {
                    let range = prices.model.price_range(&PriceQuery {
                        creator: candidate.account,
                        platform: candidate.name.platform,
                        followers: candidate.name.followers.and_then(|count| u64::try_from(count).ok()),
                        format: *format,
                        kind: PriceKind::Deal,
                    });
                    let posts = f64::from(asked.posts);
                    (mean_fee(range.median, range.lo, range.hi) * posts, range.lo * posts, range.hi * posts)
                }
            };
            let is_agreed = agreed.is_some();
            offers.push(Offer { candidate: place, format: *format, fee, fee_lo, fee_hi, is_agreed, has_own_price });
            if is_agreed {
                break;
            }
        }
    }
    let with_others = asked.targeted < 1.0;
    let problem = problem_of(inputs, &offers, with_others, asked.targeted)?;
    Ok(Posed { problem, offers, seeing, left_out, with_others })
}

/// Of whom only the size is known, or not even that.
fn nobody_held(candidate: &CandidateHeld, seeing: SeeingShare) -> String {
    let of = candidate.seeing.unwrap_or(seeing);
    match candidate.name.followers.filter(|count| *count > 0) {
        Some(count) => format!(
            "only the size of the audience is known: one post reaches between {:.0} and {:.0} of {count}, and nobody can be \
             counted once; bring in who follows or answers them",
            count as f64 * of.lo,
            count as f64 * of.hi
        ),
        None => "nobody who may be met through them is held; bring in who follows or answers them".to_owned(),
    }
}

/// What a fee comes to on average where its logarithm is normal: above the middle, for a dear one costs more than a cheap one
/// saves. A budget made of middles would be passed most of the time.
fn mean_fee(median: f64, lo: f64, hi: f64) -> f64 {
    let sd = price_sd(lo, hi);
    (median * (sd * sd / 2.0).exp()).min(hi.max(median))
}

/// Standard deviation of the logarithm of a fee with these ends.
fn price_sd(lo: f64, hi: f64) -> f64 {
    if lo > 0.0 && hi > lo { (hi / lo).ln() / (2.0 * Z) } else { 0.0 }
}

/// Fewer see a story than a post, as published: 32.5 % against 48 % where engagement is high.
const STORY_SHARE: f64 = 0.68;

/// Share of a candidate's listeners who see one post of a format: as somebody typed it, else as their own posts show, else a
/// wide guess.
fn seeing_of(asked: &PlanAsked, held: &CandidateHeld, format: PostFormat) -> SeeingShare {
    let of = match (asked.seeing_share, held.seeing) {
        (None, Some(own)) => own,
        _ => return seeing_in(seeing(asked), format, asked.seeing_share.is_some()),
    };
    seeing_in(of, format, false)
}

fn seeing_in(of: SeeingShare, format: PostFormat, is_typed: bool) -> SeeingShare {
    match format {
        PostFormat::Story if !is_typed => SeeingShare {
            share: of.share * STORY_SHARE,
            lo: of.lo * STORY_SHARE,
            hi: of.hi * STORY_SHARE,
            grade: of.grade.worst(Grade::D),
        },
        _ => of,
    }
}

fn seeing(asked: &PlanAsked) -> SeeingShare {
    match asked.seeing_share {
        None => SEEING,
        Some(share) => SeeingShare {
            share,
            lo: share * (1.0 - TYPED_SPREAD),
            hi: (share * (1.0 + TYPED_SPREAD)).min(1.0),
            grade: Grade::C,
        },
    }
}

fn problem_of(inputs: &Inputs, offers: &[Offer], with_others: bool, targeted: f64) -> Result<Problem, PlanningError> {
    let Inputs { asked, named, material, .. } = inputs;
    let people = if with_others { material.people } else { material.buyers_known };
    let candidates: Vec<Candidate> = offers.iter().map(|offer| candidate_of(inputs, offer)).collect();
    let offered: Vec<OfferedPosts> = offers
        .iter()
        .map(|offer| {
            let listeners = &material.candidates[offer.candidate].listeners;
            let end = listeners.partition_point(|listener| (listener.person as usize) < people);
            let known = Listeners::Known { people: listeners[..end].to_vec(), grade: grade_of(material) };
            let seeing = seeing_of(asked, &material.candidates[offer.candidate], offer.format);
            OfferedPosts { listeners: known, seeing, posts: asked.posts }
        })
        .collect();
    let exposed = exposures(people, &offered, &material.correction.unwrap_or_else(Calibration::unknown))
        .map_err(|error| PlanningError::Audience(error.to_string()))?;
    let likeness: Vec<f64> = (0..people).map(|place| f64::from(place < material.buyers_known)).collect();
    let objective = if asked.times == 1 { Objective::Once } else { Objective::Repeated { times: asked.times } };
    let rules = rules_of(asked, named, material, offers)?;
    let weights = person_weights(&likeness, Dial { targeted });
    Ok(Problem::new(candidates, exposed.pairs, weights, objective, rules)?)
}

/// The public record is whole as far as it was brought in.
fn grade_of(material: &Material) -> Grade {
    match material.reading {
        Reading::People => Grade::B,
        Reading::Score => Grade::C,
    }
}

fn candidate_of(inputs: &Inputs, offer: &Offer) -> Candidate {
    let held = &inputs.material.candidates[offer.candidate];
    let cost = offer.fee.round() as i64 + inputs.asked.other_costs.each();
    let name = match inputs.asked.formats.len() {
        1 => held.name.name.clone(),
        _ => format!("{}, {}", held.name.name, offer.format.name().to_lowercase()),
    };
    Candidate {
        name,
        creator: held.account.0,
        cost: Some(Money { minor_units: cost, currency: inputs.asked.budget.currency }),
        labels: held.labels.clone(),
    }
}

fn rules_of(
    asked: &PlanAsked,
    named: &Named,
    material: &Material,
    offers: &[Offer],
) -> Result<PlanRules, PlanningError> {
    let offers_of = |account: AccountId| -> Vec<usize> {
        let of = |(_, offer): &(usize, &Offer)| material.candidates[offer.candidate].account == account;
        offers.iter().enumerate().filter(of).map(|(place, _)| place).collect()
    };
    // Of somebody who must be in, the cheapest format is: a rule names one offer.
    let forced = |account: AccountId| -> Result<usize, PlanningError> {
        let by_fee = |one: &usize, other: &usize| offers[*one].fee.total_cmp(&offers[*other].fee);
        offers_of(account).into_iter().min_by(by_fee).ok_or(PlanningError::NoCandidate(account.to_string()))
    };
    let agreed: HashSet<AccountId> = named.agreed.iter().map(|agreed| agreed.account).collect();
    let both = |(one, other): &(AccountId, AccountId)| -> Vec<(usize, usize)> {
        let others = offers_of(*other);
        offers_of(*one).into_iter().flat_map(|one| others.iter().map(move |other| (one, *other))).collect()
    };
    Ok(PlanRules {
        budget: asked.budget,
        creators_min: asked.creators_min,
        creators_max: asked.creators_allowed(),
        must: (named.must.iter().filter(|account| !agreed.contains(account)))
            .map(|account| forced(*account))
            .collect::<Result<_, _>>()?,
        never: named.never.iter().flat_map(|account| offers_of(*account)).collect(),
        agreed: named.agreed.iter().map(|agreed| forced(agreed.account)).collect::<Result<_, _>>()?,
        limits: asked.limits.clone(),
        together_min: asked.together_min,
        conflicts: named.apart.iter().flat_map(both).collect(),
    })
}

/// Makes the plan. Cost: the planner's, 200 draws, a plan at each of thirteen budgets and at each of five places of the dial.
pub fn make(inputs: &Inputs) -> Result<PlanMade, PlanningError> {
    let began = Instant::now();
    let mut stage = began;
    let mut took = |what: &str| {
        tracing::debug!(what, ms = stage.elapsed().as_millis(), "planning");
        stage = Instant::now();
    };
    let posed = pose(inputs)?;
    took("posing");
    let Posed { problem, offers, seeing, .. } = &posed;
    let settings = choose_settings();
    let plan = choose(problem, &settings)?;
    took("choosing");
    let sure = drawn(inputs, &posed, &plan);
    took("drawing");
    let grade = grade_of(&inputs.material).worst(seeing.grade);
    let is_people =
        inputs.material.reading == Reading::People && inputs.asked.seeing_share.is_some() && !posed.with_others;
    let told_settings = ToldSettings {
        chances: if is_people { Chances::Calibrated } else { Chances::Uncalibrated },
        grade,
        as_of: inputs.material.as_of,
    };
    let told = told(problem, &plan, sure.as_ref().map(|(robust, _)| robust), &told_settings);
    let order: Vec<u32> = told.picks.iter().map(|pick| pick.candidate).collect();
    let picks = order.iter().map(|pick| pick_made(inputs, &offers[*pick as usize])).collect();
    let above = (plan.cost as f64 * SWAP_ABOVE_SHARE) as u64;
    let around = suggestions(problem, &plan.picks, SWAPS, above);
    let swap = |suggestion: &Suggestion| swap_made(inputs, &posed, suggestion);
    let from = from_what(inputs, &posed, grade);
    took("telling");
    let curve = curve_made(problem, inputs, &plan);
    took("curve");
    let dial = dial_made(inputs, &posed)?;
    took("dial");
    Ok(PlanMade {
        picks,
        winner: plan.winner.words().to_owned(),
        proved_by: plan.proved_by.words().to_owned(),
        ratio: plan.ratio,
        bounds: plan.bounds.iter().map(|proved| (proved.by.words().to_owned(), proved.bound)).collect(),
        curve,
        more: around.more.iter().map(swap).collect(),
        cheaper: around.cheaper.iter().map(swap).collect(),
        sure: sure_made(problem, &plan, &sure, told.reach.unit),
        dial,
        overlap: overlap(problem, &order),
        left_out: left_out(inputs, &posed, &plan),
        warnings: warnings(inputs, &posed, &plan),
        from,
        is_people,
        told,
    })
}

/// What plans are chosen with; the exact search where the program was built with it.
pub fn choose_settings() -> ChooseSettings {
    ChooseSettings { exact_seconds: cfg!(feature = "exact").then_some(5), ..ChooseSettings::default() }
}

fn pick_made(inputs: &Inputs, offer: &Offer) -> PickMade {
    let held = &inputs.material.candidates[offer.candidate];
    let unit = Unit::Money(inputs.asked.budget.currency);
    let words = match (offer.is_agreed, inputs.asked.posts) {
        (true, _) => "the fee agreed, for everything they make".to_owned(),
        (false, 1) => format!("fee for one {}, on average of what is likely", offer.format.name().to_lowercase()),
        (false, posts) => {
            format!("fee for one {}, on average of what is likely, times {posts}", offer.format.name().to_lowercase())
        }
    };
    let link = format!("/matching/prices?creator={}&format={}", held.account, offer.format.code());
    let explanation = Explanation::leaf(words, Some(offer.fee), unit).with_rows(1, "creator", Some(link));
    let (n, grade) = match (offer.is_agreed, offer.has_own_price) {
        (true, _) => (1, Grade::A),
        (false, true) => (1, Grade::B),
        (false, false) => (0, Grade::D),
    };
    let fee = Estimate::known(offer.fee, offer.fee_lo, offer.fee_hi, n, "prices of their own", "price", explanation);
    PickMade {
        account: held.account,
        name: held.name.name.clone(),
        format: offer.format,
        fee: fee.graded(grade),
        is_agreed: offer.is_agreed,
        has_own_price: offer.has_own_price,
        cost_minor_units: offer.fee.round() as i64 + inputs.asked.other_costs.each(),
        filed_under: held.labels.iter().map(|label| label.name.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        fit: held.fit,
        conflicts: held.conflicts.clone(),
    }
}

/// Draws chances and prices again and again, beside other ways of choosing; the words of those.
fn drawn(inputs: &Inputs, posed: &Posed, plan: &Plan) -> Option<(Robustness, Vec<&'static str>)> {
    let problem = &posed.problem;
    if problem.pairs().len() > PAIRS_DRAWN_MAX {
        return None;
    }
    let logit = |share: f64| (share.clamp(0.001, 0.999) / (1.0 - share.clamp(0.001, 0.999))).ln();
    // Only the fee is unsure; the same spread of the whole cost in money is a smaller one as a share.
    let cost_sd = |(offer, place): (&Offer, usize)| {
        let cost = problem.cost(place) as f64;
        let share = if cost > 0.0 { (offer.fee / cost).min(1.0) } else { 0.0 };
        let fee = price_sd(offer.fee_lo, offer.fee_hi);
        (1.0 + ((fee * fee).exp() - 1.0) * share * share).ln().sqrt()
    };
    let settings = RobustSettings {
        all_chances_sd: (logit(posed.seeing.hi) - logit(posed.seeing.lo)) / (2.0 * Z),
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

fn sure_made(problem: &Problem, plan: &Plan, sure: &Option<(Robustness, Vec<&'static str>)>, unit: Unit) -> SureMade {
    let Some((robust, words)) = sure else {
        return SureMade { draws: 0, over_budget_share: None, rivals: vec![] };
    };
    let estimate = |spread: Spread, value: f64, words: &str| {
        let explanation = Explanation::leaf(words, Some(value), unit)
            .with_formula("the same plan on 200 draws of chances and prices; the ends hold 90 % of them");
        let (lo, hi) = (spread.lo.min(value), spread.hi.max(value));
        Estimate::known(value, lo, hi, u64::from(robust.draws), "draws", "plan_draws", explanation).graded(Grade::C)
    };
    let own = engine::planning::reach::value_of(problem, &plan.picks);
    let rivals = robust.rivals.iter().zip(words).map(|(rival, words)| {
        let value = engine::planning::reach::value_of(problem, &rival.picks);
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

fn curve_made(problem: &Problem, inputs: &Inputs, plan: &Plan) -> Vec<CurveAt> {
    let budgets = budgets_around(problem.budget(), CURVE_POINTS);
    let limit = inputs.asked.one_more_max.map(|limit| limit as f64);
    let settings = ChooseSettings { exact_seconds: None, ..ChooseSettings::default() };
    let mut drawn = curve(problem, &budgets, limit, &settings);
    // The plan itself lies on its own curve.
    if let Some(point) = drawn.points.iter_mut().find(|point| point.budget == problem.budget()) {
        point.plan = plan.clone();
    }
    let knee = drawn.knee.map(|knee| knee.point);
    let at = |(place, point): (usize, &engine::planning::curve::CurvePoint)| CurveAt {
        budget_minor_units: i64::try_from(point.budget).unwrap_or(i64::MAX),
        reach: point.plan.value,
        bound: point.plan.bound,
        creators: point.plan.picks.len(),
        cost_of_one_more: point.cost_of_one_more,
        is_knee: knee == Some(place),
    };
    drawn.points.iter().enumerate().map(at).collect()
}

fn swap_made(inputs: &Inputs, posed: &Posed, suggestion: &Suggestion) -> SwapMade {
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

fn dial_made(inputs: &Inputs, posed: &Posed) -> Result<Option<DialMade>, PlanningError> {
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
    let names = |plan: &Plan| plan.picks.iter().map(|pick| problem.candidates()[*pick as usize].name.clone()).collect();
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

/// People expected to meet both of two, over those expected to meet the one whom fewer meet.
fn overlap(problem: &Problem, order: &[u32]) -> Vec<Vec<f64>> {
    let column = |pick: u32| -> HashMap<usize, f64> { problem.pairs().column(pick as usize).iter().collect() };
    let columns: Vec<HashMap<usize, f64>> = order.iter().map(|pick| column(*pick)).collect();
    let weight = |person: &usize| problem.weights()[*person];
    let met: Vec<f64> =
        columns.iter().map(|column| column.iter().map(|(person, chance)| weight(person) * chance).sum()).collect();
    let both = |one: usize, other: usize| -> f64 {
        let (few, many) = match columns[one].len() <= columns[other].len() {
            true => (one, other),
            false => (other, one),
        };
        let shared = columns[few]
            .iter()
            .filter_map(|(person, chance)| columns[many].get(person).map(|also| weight(person) * chance * also));
        let least = met[one].min(met[other]);
        if least > 0.0 { (shared.sum::<f64>() / least).min(1.0) } else { 0.0 }
    };
    (0..order.len())
        .map(|one| (0..order.len()).map(|other| if one == other { 1.0 } else { both(one, other) }).collect())
        .collect()
}

fn left_out(inputs: &Inputs, posed: &Posed, plan: &Plan) -> Vec<LeftOut> {
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
            (true, _) => "you said never".to_owned(),
            (false, true) => {
                format!("would add {gain:.1} for {}; {} of the budget are left", amount(cost), amount(left))
            }
            (false, false) => format!("would add {gain:.1} for {}; a rule keeps them out", amount(cost)),
        };
        LeftOut { account: held.account, name: held.name.name.clone(), why }
    };
    let mut all: Vec<LeftOut> = best.into_iter().take(LEFT_OUT_MAX).map(why).collect();
    all.extend(posed.left_out.iter().take(LEFT_OUT_MAX).cloned());
    all
}

fn from_what(inputs: &Inputs, posed: &Posed, grade: Grade) -> MadeFromWhat {
    let material = &inputs.material;
    let own: HashSet<usize> = posed
        .offers
        .iter()
        .filter(|offer| offer.has_own_price || offer.is_agreed)
        .map(|offer| offer.candidate)
        .collect();
    let seeing = posed.seeing;
    let words = match inputs.asked.seeing_share {
        Some(_) => "share of a creator's listeners who see one post, as you said it",
        None => {
            "share of a creator's listeners who see one post: not known, so the middle of what is published is taken"
        }
    };
    let explanation = Explanation::leaf(words, Some(seeing.share), Unit::Share);
    let estimate = Estimate::known(seeing.share, seeing.lo, seeing.hi, 0, "campaigns of yours", "seeing", explanation);
    MadeFromWhat {
        from_words: material.from_words.clone(),
        buyers: material.buyers,
        buyers_talking: material.buyers_known,
        others: material.people - material.buyers_known,
        candidates: material.candidates.len(),
        offers: posed.offers.len(),
        pairs: posed.problem.pairs().len(),
        with_own_price: own.len(),
        with_own_seeing: posed
            .offers
            .iter()
            .filter(|offer| material.candidates[offer.candidate].seeing.is_some())
            .map(|offer| offer.candidate)
            .collect::<HashSet<_>>()
            .len(),
        seeing: estimate.graded(grade),
        correction: material.correction.map(correction_told),
    }
}

fn correction_told(found: Calibration) -> Estimate {
    let explanation = Explanation::ratio(
        "different buyers who came to ten creators named together, over those expected, on the market's own last window; above 1 \
         it is taken for 1",
        Unit::Share,
        Explanation::leaf("came", Some(found.observed as f64), Unit::People),
        Explanation::leaf("expected", Some(found.predicted), Unit::People),
    );
    let value = found.observed as f64 / found.predicted;
    let (lo, hi) = (found.lo.min(value), found.hi.max(value));
    Estimate::known(value, lo, hi, found.observed, "buyers who came", "reach_correction", explanation).graded(Grade::B)
}

fn warnings(inputs: &Inputs, posed: &Posed, plan: &Plan) -> Vec<String> {
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
    match estimated.count() {
        0 => {}
        some => warnings.push(format!(
            "{some} of {} prices are estimated without any price of that creator's own; ask them before you commit.",
            plan.picks.len()
        )),
    }
    for pick in &plan.picks {
        let held = &inputs.material.candidates[posed.offers[*pick as usize].candidate];
        if let Some(conflict) = held.conflicts.first() {
            warnings.push(format!("{} is in although something speaks against it: {conflict}", held.name.name));
        }
    }
    warnings
}
