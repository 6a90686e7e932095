//! A plan as the page shows it: figures that open, whom it holds and what each adds, and what is drawn beside it.

use engine::planning::told::PickTold;
use model::{AccountId, Estimate, Unit};

use super::curve::{CurveView, curve_view};
use crate::clock;
use crate::planning::PlanShown;
use crate::planning::made::{DialAt, PickMade, PlanMade, SwapMade};
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, common_scale, round_scale_end};
use crate::web::format;
use crate::web::heat::HeatCell;
use crate::web::query::Pairs;

/// Picks whose overlap is drawn.
const HEAT_MAX: usize = 30;

/// Somebody in the plan.
pub struct PickView {
    pub place: usize,
    pub name: String,
    pub address: String,
    pub format: &'static str,
    pub filed_under: String,
    pub conflict: Option<String>,
    pub cost: String,
    pub fee: EstimateCell,
    pub marginal: EstimateCell,
    pub exclusive: EstimateCell,
    pub stays: String,
    pub whole: Vec<EstimateView>,
    /// The same plan without them, and with them fixed.
    pub without: String,
    pub is_agreed: bool,
    pub fixed: String,
}

pub struct HeatRow {
    pub place: usize,
    pub name: String,
    pub cells: Vec<Option<HeatCell>>,
}

/// An exchange with where it leads.
pub struct SwapView {
    pub words: String,
    pub address: String,
    pub over_budget: bool,
}

pub struct RivalView {
    pub words: String,
    pub creators: String,
    pub reach: EstimateView,
    pub ahead: EstimateView,
    pub told: &'static str,
}

pub struct DialRow {
    pub words: String,
    pub buyers: String,
    pub everybody: String,
    pub creators: usize,
    pub address: String,
    pub is_here: bool,
}

pub struct DialView {
    pub shared: String,
    pub wide: String,
    pub targeted: String,
    pub rows: Vec<DialRow>,
    pub picture: DialPicture,
    /// What the two counts are of.
    pub counted: &'static str,
}

pub struct LeftView {
    pub account: String,
    pub name: String,
    pub why: String,
    pub address: String,
}

/// Everything below the form.
pub struct ResultView {
    pub finding: String,
    pub certificate: String,
    pub warnings: Vec<String>,
    pub figures: Vec<EstimateView>,
    pub picks: Vec<PickView>,
    pub curve: Option<CurveView>,
    pub heat: Vec<HeatRow>,
    /// Where not all picks fit on the map.
    pub heat_more: Option<String>,
    pub more: Vec<SwapView>,
    pub cheaper: Vec<SwapView>,
    pub rivals: Vec<RivalView>,
    pub sure: String,
    pub dial: Option<DialView>,
    pub left_out: Vec<LeftView>,
    pub left_out_more: Option<String>,
    pub from: Vec<String>,
    pub seeing: EstimateView,
    pub correction: Option<EstimateView>,
    pub learnt: Vec<EstimateView>,
}

fn view(id: &str, label: &str, estimate: &Estimate, scale_to: f64) -> EstimateView {
    EstimateView::new(Drawing { id, label, scale_to, brand: None }, estimate)
}

/// Draws a plan.
pub fn result(shown: &PlanShown) -> ResultView {
    let made = &shown.made;
    let money = Unit::Money(shown.asked.budget.currency);
    let told = &made.told;
    let scale = common_scale(&[&told.reach, &told.bound, &told.reached_at_least[0]]);
    let mut figures = vec![];
    if shown.asked.times > 1 {
        figures.push(view(
            "reach",
            &format!("Meetings that count, at most {} a person", shown.asked.times),
            &told.reach,
            scale,
        ));
    }
    figures.push(view("reach-1", "Met at least once", &told.reached_at_least[0], scale));
    figures.push(view("reach-2", "Met at least twice", &told.reached_at_least[1], scale));
    figures.push(view("reach-3", "Met three times or more", &told.reached_at_least[2], scale));
    figures.push(view(
        "frequency",
        "Meetings a person met",
        &told.mean_frequency,
        common_scale(&[&told.mean_frequency]),
    ));
    figures.push(view("cost", "Cost", &told.cost, common_scale(&[&told.cost])));
    figures.push(view("cost-each", "Cost of one met", &told.cost_per_person, common_scale(&[&told.cost_per_person])));
    figures.push(view("bound", "No plan reaches more than", &told.bound, scale));
    figures.push(view("certificate", "Share of the best possible, at least", &told.certificate, 1.0));
    let pairs = |named: &crate::planning::asked::Named| {
        named.pairs(shown.asked.pairs().with("brand", shown.brand.id), shown.asked.budget).address("/planning/try")
    };
    ResultView {
        finding: finding(shown),
        certificate: format!(
            "Proved by {}, for this model and these inputs; it says nothing about errors in the chances. {} Bounds worked \
             out: {}.",
            made.proved_by,
            sentence(&format!("found {}", made.winner)),
            bounds_words(made)
        ),
        warnings: made.warnings.clone(),
        figures,
        picks: picks(shown, money, &pairs),
        curve: curve_view(made, shown.asked.budget.minor_units, money),
        heat: heat(made),
        heat_more: (made.picks.len() > HEAT_MAX)
            .then(|| format!("The first {HEAT_MAX} of {} are shown.", made.picks.len())),
        more: made.more.iter().map(|swap| swap_view(shown, swap, &pairs)).collect(),
        cheaper: made.cheaper.iter().map(|swap| swap_view(shown, swap, &pairs)).collect(),
        rivals: rivals(made),
        sure: sure(made),
        dial: dial(shown),
        left_out: left_out(shown, &pairs),
        left_out_more: (made.left_out_in_all > made.left_out.len()).then(|| {
            format!(
                "{} more are left out who would add less.",
                format::count((made.left_out_in_all - made.left_out.len()) as u64)
            )
        }),
        from: from(shown),
        seeing: view("seeing", "Listeners who see one post", &made.from.seeing, 1.0),
        learnt: made
            .from
            .learnt
            .iter()
            .enumerate()
            .map(|(place, of)| {
                let label = if of.unit == Unit::Share {
                    "Orders of clicks, learnt"
                } else {
                    "Clicks of people reached, learnt"
                };
                view(&format!("learnt-{place}"), label, of, 0.0)
            })
            .collect(),
        correction: made
            .from
            .correction
            .as_ref()
            .map(|of| view("correction", "Promises kept on the last window", of, 1.0)),
    }
}

fn bounds_words(made: &PlanMade) -> String {
    let known = made.bounds.iter().filter(|(_, bound)| bound.is_finite());
    known.map(|(by, bound)| format!("{bound:.1} by {by}")).collect::<Vec<_>>().join(", ")
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn finding(shown: &PlanShown) -> String {
    let made = &shown.made;
    let money = Unit::Money(shown.asked.budget.currency);
    let reached = &made.told.reached_at_least[0];
    let whom = match shown.asked.targeted {
        end if end >= 1.0 => "buyers",
        end if end <= 0.0 => "people",
        _ => "people, buyers counting more,",
    };
    let reach = match (reached.value, reached.lo, reached.hi) {
        (Some(value), Some(lo), Some(hi)) => {
            format!("{value:.0} ({lo:.0} to {hi:.0}) {whom} expected to be met at least once, as a score")
        }
        _ => "how many are met is not known".to_owned(),
    };
    let cost = made.told.cost.value.map_or_else(
        || "at a cost that is not known".to_owned(),
        |cost| {
            let budget = format::part(shown.asked.budget.minor_units as f64, money);
            format!("for {} of {budget}", format::part(cost, money))
        },
    );
    let proved = made.told.certificate.value.map_or_else(String::new, |_| {
        format!(" At least {:.1} % of the best possible plan.", (1000.0 * made.ratio).floor() / 10.0)
    });
    format!("{} {cost}: {reach}.{proved}", format::counted(made.picks.len() as u64, "creator", "creators"))
}

fn picks(shown: &PlanShown, money: Unit, address: &dyn Fn(&crate::planning::asked::Named) -> String) -> Vec<PickView> {
    let made = &shown.made;
    let pairs: Vec<(&PickMade, &PickTold)> = made.picks.iter().zip(&made.told.picks).collect();
    let fees: Vec<&Estimate> = pairs.iter().map(|(pick, _)| &pick.fee).collect();
    let gains: Vec<&Estimate> =
        pairs.iter().flat_map(|(_, told)| [&told.marginal, &told.exclusive, &told.alone]).collect();
    let (fee_scale, gain_scale) = (common_scale(&fees), common_scale(&gains));
    let one = |(place, (pick, told)): (usize, &(&PickMade, &PickTold))| {
        let id = |what: &str| format!("{what}-{}", pick.account);
        let mut without = shown.named.clone();
        without.must.retain(|account| *account != pick.account);
        without.agreed.retain(|agreed| agreed.account != pick.account);
        without.never.push(pick.account);
        let mut fixed = shown.named.clone();
        fixed.must.push(pick.account);
        let mut whole = vec![
            view(&id("fee"), "Fee", &pick.fee, fee_scale),
            view(&id("alone"), "Alone", &told.alone, gain_scale),
            view(&id("adds"), "Adds to those above", &told.marginal, gain_scale),
            view(&id("loses"), "Lost without them", &told.exclusive, gain_scale),
            view(&id("each"), "Cost of one more by them", &told.cost_of_one, common_scale(&[&told.cost_of_one])),
        ];
        whole.extend(told.stays.iter().map(|stays| view(&id("stays"), "Stays in the plan", stays, 1.0)));
        PickView {
            place: place + 1,
            name: pick.name.clone(),
            address: format!("/creators/{}?brand={}", pick.account, shown.brand.id),
            format: pick.format.name(),
            filed_under: pick.filed_under.join(" · "),
            conflict: pick.conflicts.first().cloned(),
            cost: format::part(pick.cost_minor_units as f64, money),
            fee: EstimateCell::new("Fee", &pick.fee, fee_scale, Some(format!("#fee-{}", pick.account))),
            marginal: EstimateCell::new("Adds", &told.marginal, gain_scale, Some(format!("#adds-{}", pick.account))),
            exclusive: EstimateCell::new(
                "Lost without them",
                &told.exclusive,
                gain_scale,
                Some(format!("#loses-{}", pick.account)),
            ),
            stays: (told.stays.as_ref().and_then(|stays| stays.value))
                .map_or_else(|| "not known".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
            whole,
            without: address(&without),
            is_agreed: pick.is_agreed || shown.named.must.contains(&pick.account),
            fixed: address(&fixed),
        }
    };
    pairs.iter().enumerate().map(one).collect()
}

fn heat(made: &PlanMade) -> Vec<HeatRow> {
    if made.picks.len() < 2 {
        return vec![];
    }
    let shown = made.picks.len().min(HEAT_MAX);
    let cell = |one: usize, other: usize| {
        let share = made.overlap.get(one)?.get(other).copied()?;
        let spoken = format!(
            "{:.1} % of those expected to meet the one whom fewer meet are expected to meet both {} and {}",
            share * 100.0,
            made.picks[one].name,
            made.picks[other].name
        );
        (one != other).then(|| HeatCell::of(share, spoken))
    };
    (0..shown)
        .map(|one| HeatRow {
            place: one + 1,
            name: made.picks[one].name.clone(),
            cells: (0..shown).map(|other| cell(one, other)).collect(),
        })
        .collect()
}

fn swap_view(
    shown: &PlanShown,
    swap: &SwapMade,
    address: &dyn Fn(&crate::planning::asked::Named) -> String,
) -> SwapView {
    let mut named = shown.named.clone();
    let stay = shown.made.picks.iter().map(|pick| pick.account).filter(|account| !swap.goes.contains(account));
    let agreed: Vec<AccountId> = named.agreed.iter().map(|agreed| agreed.account).collect();
    named.must = stay.chain(swap.comes.iter().copied()).filter(|account| !agreed.contains(account)).collect();
    named.must.sort_unstable();
    named.must.dedup();
    named.never.extend(swap.goes.iter().copied().filter(|account| !swap.comes.contains(account)));
    let mut asked = shown.asked.clone();
    let cost: i64 = shown.made.picks.iter().map(|pick| pick.cost_minor_units).sum::<i64>() + swap.cost_change;
    if swap.cost_change < 0 {
        // What is saved is to stay saved.
        asked.budget.minor_units = cost;
        let pairs = named.pairs(asked.pairs().with("brand", shown.brand.id), asked.budget);
        return SwapView { words: swap.words.clone(), address: pairs.address("/planning/try"), over_budget: false };
    }
    if !swap.is_within_budget {
        asked.budget.minor_units = asked.budget.minor_units.max(cost);
        let pairs = named.pairs(asked.pairs().with("brand", shown.brand.id), asked.budget);
        return SwapView { words: swap.words.clone(), address: pairs.address("/planning/try"), over_budget: true };
    }
    SwapView { words: swap.words.clone(), address: address(&named), over_budget: false }
}

fn rivals(made: &PlanMade) -> Vec<RivalView> {
    let estimates: Vec<&Estimate> = made.sure.rivals.iter().map(|rival| &rival.reach).collect();
    let scale = common_scale(&estimates);
    let one = |(place, rival): (usize, &crate::planning::made::RivalMade)| RivalView {
        words: rival.words.clone(),
        creators: format::counted(rival.creators as u64, "creator", "creators"),
        reach: view(&format!("rival-{place}"), "Reaches", &rival.reach, scale),
        ahead: view(&format!("ahead-{place}"), "The plan less this", &rival.ahead_by, common_scale(&[&rival.ahead_by])),
        told: match rival.is_told_apart {
            true => "the two can be told apart",
            false => "the two cannot be told apart on this evidence: let cost and taste decide",
        },
    };
    made.sure.rivals.iter().enumerate().map(one).collect()
}

fn sure(made: &PlanMade) -> String {
    match made.sure.over_budget_share {
        None => "The plan is too large to be drawn again and again.".to_owned(),
        Some(share) => format!(
            "Chances and prices were drawn {} times from what is not sure about them; in {:.0} % of the draws the prices go above \
             the budget.",
            made.sure.draws,
            100.0 * share
        ),
    }
}

fn dial(shown: &PlanShown) -> Option<DialView> {
    let dial = shown.made.dial.as_ref()?;
    let here = shown.asked.targeted;
    let row = |at: &DialAt| {
        let asked = crate::planning::asked::PlanAsked { targeted: at.targeted, ..shown.asked.clone() };
        let pairs = shown.named.pairs(asked.pairs().with("brand", shown.brand.id), shown.asked.budget);
        DialRow {
            words: match at.targeted {
                end if end <= 0.0 => "wide: everybody counts alike".to_owned(),
                end if end >= 1.0 => "targeted: only buyers count".to_owned(),
                between => format!("{:.0} % targeted", between * 100.0),
            },
            buyers: format!("{:.1}", at.buyers),
            everybody: format!("{:.1}", at.everybody),
            creators: at.creators,
            address: pairs.address("/planning/try"),
            is_here: (at.targeted - here).abs() < 1e-9,
        }
    };
    Some(DialView {
        shared: format!("{:.0} %", 100.0 * dial.picks_shared),
        wide: dial.wide.iter().map(|pick| pick.name.as_str()).collect::<Vec<_>>().join(", "),
        targeted: dial.targeted.iter().map(|pick| pick.name.as_str()).collect::<Vec<_>>().join(", "),
        picture: dial_picture(&dial.at, here),
        counted: if shown.asked.times > 1 { "meetings that count" } else { "met" },
        rows: dial.at.iter().map(row).collect(),
    })
}

/// Buyers against everybody at each place of the dial.
pub struct DialPicture {
    pub line: String,
    pub dots: Vec<(f64, f64)>,
    pub here: Option<(f64, f64)>,
    pub ends: [(f64, f64); 2],
    pub most: [String; 2],
}

/// On a field of 360 by 200 with room for words at the left and below.
fn dial_picture(at: &[DialAt], here: f64) -> DialPicture {
    let most = |of: fn(&DialAt) -> f64| round_scale_end(at.iter().map(of).fold(0.0, f64::max)).max(1e-9);
    let (buyers, everybody) = (most(|at| at.buyers), most(|at| at.everybody));
    let place = |at: &DialAt| (44.0 + at.everybody / everybody * 306.0, 160.0 - at.buyers / buyers * 150.0);
    let dots: Vec<(f64, f64)> = at.iter().map(place).collect();
    DialPicture {
        line: dots.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" "),
        here: at.iter().find(|at| (at.targeted - here).abs() < 1e-9).map(place),
        ends: [dots.first().copied().unwrap_or_default(), dots.last().copied().unwrap_or_default()],
        most: [buyers, everybody].map(|most| format!("{most:.0}")),
        dots,
    }
}

fn left_out(shown: &PlanShown, address: &dyn Fn(&crate::planning::asked::Named) -> String) -> Vec<LeftView> {
    let one = |left: &crate::planning::made::LeftOut| {
        let mut named = shown.named.clone();
        named.never.retain(|account| *account != left.account);
        named.must.push(left.account);
        LeftView {
            account: left.account.to_string(),
            name: left.name.clone(),
            why: left.why.clone(),
            address: address(&named),
        }
    };
    shown.made.left_out.iter().map(one).collect()
}

fn from(shown: &PlanShown) -> Vec<String> {
    let from = &shown.made.from;
    let mut lines = vec![
        format!("Candidates: {}; {} offers were chosen from.", from.from_words, format::count(from.offers as u64)),
        format!(
            "People: {} meet the definition of a buyer, {} of them take part in talk; {} others are held around the candidates{}.",
            format::count(from.buyers),
            format::count(from.buyers_talking as u64),
            format::count(from.others as u64),
            if shown.asked.targeted >= 1.0 { " and do not count in a targeted plan" } else { "" }
        ),
        format!(
            "{} of {} candidates have a price of their own; the others are estimated.",
            format::count(from.with_own_price as u64),
            format::count(from.candidates as u64)
        ),
        match (shown.asked.seeing_share, from.with_own_seeing as u64) {
            (Some(_), _) => "How many listeners see one post was given.".to_owned(),
            (None, some) => format!(
                "How many listeners see one post is known from reach or views of their own posts for {} of {}; for the others \
                 the middle of what is published is taken.",
                format::count(some),
                format::count(from.candidates as u64)
            ),
        },
        match from.with_campaign_seeing as u64 {
            0 => "No post of an earlier campaign tells its reach, so nothing was learnt of that.".to_owned(),
            some => format!(
                "Learnt: for {} it is what posts of your earlier campaigns reached, in place of what other posts show.",
                format::counted(some, "candidate", "candidates")
            ),
        },
        "Meeting one creator is taken not to depend on meeting another; posts of one creator likewise. Past campaigns of yours \
         will show how far that holds."
            .to_owned(),
        match from.learnt.is_empty() {
            true => "Expected clicks, leads and sales: not known until a campaign of yours has been measured.".to_owned(),
            false => "Learnt from your measured campaigns: how many of those reached clicked, and of those who clicked bought. \
                      They stand below and enter no choice, since they may be others for these creators."
                .to_owned(),
        },
    ];
    lines.push(format!("Made on {}.", clock::minute(shown.made_at)));
    lines
}

/// The keys of a plan with its brand, to be sent on.
pub fn kept_pairs(shown: &PlanShown) -> Pairs {
    shown.named.pairs(shown.asked.pairs().with("brand", shown.brand.id), shown.asked.budget)
}
