//! Makes a plan: prices and chances put together into a problem, the engine's answer, and everything drawn beside it.

mod beside;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use engine::conversations::listening::Reading;
use engine::matching::price::{PostFormat, PriceKind, PriceQuery};
use engine::planning::exposure::{Calibration, Listeners, OfferedPosts, SeeingShare, exposures};
use engine::planning::reach::shared_meetings;
use engine::planning::swaps::{Suggestion, suggestions};
use engine::planning::told::{Chances, ToldSettings, told};
use engine::planning::{
    Candidate, ChooseSettings, Dial, Label, LabelLimit, Objective, PlanRules, Problem, choose, person_weights,
};
use model::{AccountId, Estimate, Explanation, Grade, Money, Unit};

use super::PlanningError;
use super::asked::{Named, PlanAsked};
use super::made::{LeftOut, MadeFromWhat, PickMade, PlanMade};
use super::material::{CandidateHeld, Material, words_of_code};
use crate::matching::prices::Prices;
use beside::{curve_made, curve_of, dial_made, drawn, left_out, proved_on, sure_made, swap_made, warnings};

/// Share of listeners who see one post where nothing is known of it: between a tenth and two thirds, as published
/// reach rates and what creators show of their own numbers lie widely apart.
const SEEING: SeeingShare = SeeingShare { share: 0.3, lo: 0.1, hi: 0.65, grade: Grade::D };
/// A share somebody typed is taken as about right: a fifth below to a fifth above.
const TYPED_SPREAD: f64 = 0.2;
/// Suggested exchanges on either side, and how far above the plan's cost the first may go.
const SWAPS: usize = 5;
const SWAP_ABOVE_SHARE: f64 = 0.25;
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
    if offers.is_empty() {
        return Err(nobody_left(material, left_out));
    }
    let with_others = asked.targeted < 1.0;
    let problem = problem_of(inputs, &offers, with_others, asked.targeted)?;
    Ok(Posed { problem, offers, seeing, left_out })
}

/// The limit by the label as candidates bear it: in whatever case, or by its code.
fn held_limit(limit: &LabelLimit, material: &Material) -> Result<LabelLimit, PlanningError> {
    let wanted = &limit.label.name;
    let by_code = words_of_code(limit.label.kind, &wanted.to_lowercase());
    let is_it = |label: &&Label| {
        label.kind == limit.label.kind && (label.name.to_lowercase() == wanted.to_lowercase() || label.name == by_code)
    };
    let held = material.candidates.iter().flat_map(|candidate| &candidate.labels).find(is_it);
    let label = held.cloned().ok_or_else(|| PlanningError::Field {
        field: "limit",
        problem: format!(
            "none of the creators looked at is of {} {wanted:?}; take the rule out",
            limit.label.kind.words()
        ),
    })?;
    Ok(LabelLimit { label, ..limit.clone() })
}

/// Why nobody is left to choose from.
fn nobody_left(material: &Material, left_out: Vec<LeftOut>) -> PlanningError {
    let words = match (material.candidates.is_empty(), left_out.first()) {
        (true, _) if material.buyers == 0 => {
            "nobody who is held meets the brand's definition of a buyer; widen its words or bring in more talk"
                .to_owned()
        }
        (_, Some(first)) => {
            format!("all {} were left out, {} because: {}", left_out.len(), first.name, first.why)
        }
        _ => {
            "no creator is held for this brand or on this list; bring in more talk or add people to the list".to_owned()
        }
    };
    PlanningError::NobodyLeft(words)
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
    let of_wanted = |account: AccountId| -> Result<Vec<usize>, PlanningError> {
        Some(offers_of(account)).filter(|of| !of.is_empty()).ok_or(PlanningError::NoCandidate(account.to_string()))
    };
    // Who has one offer alone is named by it; of several any one will do.
    let (mut must, mut must_one_of) = (vec![], vec![]);
    for account in &named.must {
        match of_wanted(*account)?.as_slice() {
            [only] => must.push(*only),
            several => must_one_of.push(several.to_vec()),
        }
    }
    let agreed: Vec<usize> =
        (named.agreed.iter()).map(|agreed| of_wanted(agreed.account).map(|of| of[0])).collect::<Result<_, _>>()?;
    let both = |(one, other): &(AccountId, AccountId)| -> Vec<(usize, usize)> {
        let others = offers_of(*other);
        offers_of(*one).into_iter().flat_map(|one| others.iter().map(move |other| (one, *other))).collect()
    };
    Ok(PlanRules {
        budget: asked.budget,
        creators_min: asked.creators_min,
        creators_max: asked.creators_allowed(),
        must: must.into_iter().filter(|place| !agreed.contains(place)).collect(),
        must_one_of,
        never: named.never.iter().flat_map(|account| offers_of(*account)).collect(),
        agreed,
        limits: asked.limits.iter().map(|limit| held_limit(limit, material)).collect::<Result<_, _>>()?,
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
    let Posed { problem, offers, .. } = &posed;
    let plan = choose(problem, &ChooseSettings { linear: None, ..choose_settings() })?;
    took("choosing");
    // The curve goes through the plan's own budget, so that what is proved there need not be proved twice.
    let curve = curve_of(problem, inputs);
    let plan = proved_on(plan, &curve, problem.budget());
    took("curve");
    let sure = drawn(inputs, &posed, &plan);
    took("drawing");
    let seen = plan.picks.iter().map(|pick| {
        let offer = &offers[*pick as usize];
        seeing_of(&inputs.asked, &inputs.material.candidates[offer.candidate], offer.format).grade
    });
    let grade = seen.fold(grade_of(&inputs.material), Grade::worst);
    // Reach is a score until campaigns of the brand's own have shown that such numbers come true.
    let told_settings = ToldSettings { chances: Chances::Uncalibrated, grade, as_of: inputs.material.as_of };
    let told = told(problem, &plan, sure.as_ref().map(|(robust, _)| robust), &told_settings);
    let order: Vec<u32> = told.picks.iter().map(|pick| pick.candidate).collect();
    let picks = order.iter().map(|pick| pick_made(inputs, &offers[*pick as usize])).collect();
    let above = (plan.cost as f64 * SWAP_ABOVE_SHARE) as u64;
    let around = suggestions(problem, &plan.picks, SWAPS, above);
    let swap = |suggestion: &Suggestion| swap_made(inputs, &posed, suggestion);
    let from = from_what(inputs, &posed);
    took("telling");
    let curve = curve_made(&curve, &plan, problem.budget());
    let (left_out, left_out_in_all) = left_out(inputs, &posed, &plan);
    let dial = dial_made(inputs, &posed)?;
    took("dial");
    Ok(PlanMade {
        picks,
        winner: plan.winner.words().to_owned(),
        proved_by: plan.proved_by.words().to_owned(),
        ratio: plan.ratio,
        bounds: (plan.bounds.iter().filter(|proved| proved.bound.is_finite()))
            .map(|proved| (proved.by.words().to_owned(), proved.bound))
            .collect(),
        curve,
        more: around.more.iter().map(swap).collect(),
        cheaper: around.cheaper.iter().map(swap).collect(),
        sure: sure_made(problem, &plan, &sure, told.reach.unit),
        dial,
        overlap: shared_meetings(problem, &order),
        left_out,
        left_out_in_all,
        warnings: warnings(inputs, &posed, &plan),
        from,
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

fn from_what(inputs: &Inputs, posed: &Posed) -> MadeFromWhat {
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
        with_campaign_seeing: posed
            .offers
            .iter()
            .filter(|offer| material.candidates[offer.candidate].campaign_posts > 0)
            .map(|offer| offer.candidate)
            .collect::<HashSet<_>>()
            .len(),
        learnt: material.learnt.clone(),
        seeing: estimate.graded(seeing.grade),
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
