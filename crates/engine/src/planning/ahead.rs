//! Plans made before a moment, counted after it: how many of the buyers whom a plan promised were then met, beside simple
//! choices.
//!
//! The twin of [`crate::conversations::evaluate`] for sets of creators: every account that many talk to stands once for a
//! brand, its talkers before the cut are the buyers, and a buyer is met by a creator they turn to after it.

use std::collections::{BTreeMap, BTreeSet};

use model::Money;
use rayon::prelude::*;
use serde::Serialize;

use super::exposure::reach_correction;
use super::pairs::Pairs;
use super::portfolio::{ChooseSettings, choose};
use super::problem::{Candidate, Objective, PlanRules, Problem};
use crate::conversations::evaluate::creators::{Anchor, Truth, anchors};
use crate::conversations::evaluate::resample::{Difference, mean_interval, paired_difference};
use crate::conversations::evaluate::split::split;
use crate::conversations::evaluate::{AnchorsAsked, EvaluationError, EvaluationSettings, LabelledTalk, Past};
use crate::conversations::listening::{CreatorChances, chances, train_and_prove};

const CHANCE_MIN: f32 = 1e-4;
/// Fewer buyers met, on average of the brands, tell nothing about promises.
const MET_MIN: f64 = 1.0;

/// How one way of choosing did, as means over the brands.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct AheadFigures {
    /// Share of the active buyers who turned to at least one of the k chosen.
    pub once: Difference,
    /// The same to at least two of them.
    pub twice: Difference,
}

/// All that was measured.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AheadReport {
    pub brands: usize,
    pub k: usize,
    /// plan, plan_twice, listening (the k expected to be turned to most), talk (the k whom most buyers turned to),
    /// in_degree, cover (the k that cover most of what was seen), hindsight.
    pub methods: BTreeMap<&'static str, AheadFigures>,
    /// The plan's share met at least once less another's, paired by brand.
    pub plan_less: BTreeMap<&'static str, Difference>,
    /// Buyers the plans promised within the model's horizon over those met in it, all brands together; 1 is right.
    /// `None` where next to nobody was met in it.
    pub promised_over_met: Option<f64>,
    /// The same with listening multiplied by what came of the creators named together on the market's own last window before
    /// the cut, as plans do it; `None` too where no window could be held back.
    pub promised_over_met_corrected: Option<f64>,
    pub correction: Option<f64>,
    /// The least certificate among the plans.
    pub certificate_min: f64,
}

struct Measured {
    shares: BTreeMap<&'static str, [f64; 2]>,
    promised: f64,
    corrected: f64,
    met: f64,
    certificate: f64,
}

/// Plans for the brands with most talkers and counts what came true. `settings.anchors` brands, the largest first;
/// `settings.k` creators each, all at one price. Cost: training once, then a plan of each kind a brand.
pub fn plans_ahead(talk: &LabelledTalk, settings: &EvaluationSettings) -> Result<AheadReport, EvaluationError> {
    let split = split(talk, settings.cut)?;
    let past = Past::learn(&split, &settings.listening)?;
    let truth = Truth::of(&split, &past.index, past.model.horizon_days);
    let all = EvaluationSettings { anchors: AnchorsAsked::All, ..settings.clone() };
    let mut brands = anchors(&truth, None, &all).sampled;
    brands.sort_by(|one, other| other.buyers.len().cmp(&one.buyers.len()).then(one.account.cmp(&other.account)));
    if let AnchorsAsked::Sample(wanted) = settings.anchors {
        brands.truncate(wanted);
    }
    let together = train_and_prove(&split.before, &past.settings)?.held_out.and_then(|held| held.together);
    let correction = together.and_then(|together| reach_correction(&together)).map(|found| found.factor);
    let factor = correction.unwrap_or(1.0);
    let measured: Vec<Measured> =
        brands.par_iter().map(|anchor| measure(anchor, &past, &truth, settings.k, factor)).collect();
    let column = |method: &str, which: usize| -> Vec<f64> {
        measured.iter().map(|one| one.shares.get(method).map_or(0.0, |shares| shares[which])).collect()
    };
    let (draws, seed) = (settings.bootstrap_draws, settings.seed);
    let names: Vec<&'static str> = measured.first().map_or(vec![], |one| one.shares.keys().copied().collect());
    let figures = |name: &&'static str| {
        let of = |which| mean_interval(&column(name, which), draws, seed);
        (*name, AheadFigures { once: of(0), twice: of(1) })
    };
    let less = |name: &&'static str| (*name, paired_difference(&column("plan", 0), &column(name, 0), draws, seed));
    let sum = |of: fn(&Measured) -> f64| measured.iter().map(of).sum::<f64>();
    let met = sum(|one| one.met);
    let over = |promised: f64| (met >= MET_MIN * measured.len() as f64).then(|| promised / met);
    Ok(AheadReport {
        brands: measured.len(),
        k: settings.k,
        methods: names.iter().map(figures).collect(),
        plan_less: names.iter().filter(|name| **name != "plan").map(less).collect(),
        promised_over_met: over(sum(|one| one.promised)),
        promised_over_met_corrected: correction.and_then(|_| over(sum(|one| one.corrected))),
        correction,
        certificate_min: measured.iter().map(|one| one.certificate).fold(1.0, f64::min),
    })
}

fn measure(anchor: &Anchor, past: &Past, truth: &Truth<'_>, k: usize, factor: f64) -> Measured {
    let (index, buyers) = (&past.index, &anchor.buyers);
    let said = chances(index, &past.model, buyers, &[anchor.account], &past.settings, CHANCE_MIN);
    let accounts: Vec<u32> = said.creators.iter().map(|creator| creator.account).collect();
    let chosen = |lists: Vec<Vec<(u32, f32)>>, objective: Objective| {
        let problem = problem(&accounts, said.buyers.len(), lists, objective, k)?;
        let plan = choose(&problem, &ChooseSettings::fast()).ok()?;
        let picks: Vec<u32> = plan.picks.iter().map(|pick| accounts[*pick as usize]).collect();
        Some((picks, plan.value, plan.ratio))
    };
    let lists = || said.creators.iter().map(|creator| creator.chances.clone()).collect::<Vec<_>>();
    let nothing = || (vec![], 0.0, 1.0);
    let plan = chosen(lists(), Objective::Once).unwrap_or_else(nothing);
    let twice = chosen(lists(), Objective::Repeated { times: 2 }).unwrap_or_else(nothing);
    let seen = |account: &u32| {
        let talked = (0u32..).zip(&said.buyers).filter(|(_, buyer)| index.pairs.find(**buyer, *account).is_some());
        talked.map(|(place, _)| (place, 1.0)).collect::<Vec<(u32, f32)>>()
    };
    let cover = chosen(accounts.iter().map(seen).collect(), Objective::Once).unwrap_or_else(nothing);
    let top = |key: &dyn Fn(u32) -> f64| {
        let mut order: Vec<u32> = (0..index.accounts() as u32).filter(|account| *account != anchor.account).collect();
        order.sort_by(|one, other| key(*other).total_cmp(&key(*one)).then(one.cmp(other)));
        order.truncate(k);
        order
    };
    let mut talking = vec![0u32; index.accounts()];
    for buyer in buyers {
        index.pairs.targets_of(*buyer).iter().for_each(|target| talking[*target as usize] += 1);
    }
    let in_degree = |account: u32| f64::from(index.account.in_degree[account as usize]);
    let by_listening: Vec<u32> = {
        let mut sums: Vec<(f64, u32)> = (said.creators.iter())
            .map(|creator| (creator.chances.iter().map(|(_, p)| f64::from(*p)).sum(), creator.account))
            .collect();
        sums.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        sums.into_iter().take(k).map(|(_, account)| account).collect()
    };
    let choices: [(&'static str, Vec<u32>); 7] = [
        ("plan", plan.0.clone()),
        ("plan_twice", twice.0),
        ("listening", by_listening),
        ("talk", top(&|account| f64::from(talking[account as usize]) + 1e-6 * in_degree(account))),
        ("in_degree", top(&in_degree)),
        ("cover", cover.0),
        ("hindsight", anchor.best_in_hindsight(k)),
    ];
    let active = buyers.iter().filter(|buyer| truth.is_active(**buyer)).count().max(1) as f64;
    let share = |(name, picks): &(&'static str, Vec<u32>)| {
        let met = anchor.times_met(picks);
        let at_least = |times: u32| met.iter().filter(|count| **count >= times).count() as f64 / active;
        (*name, [at_least(1), at_least(2)])
    };
    let picks: BTreeSet<u32> = plan.0.iter().copied().collect();
    let met_soon =
        buyers.iter().filter(|buyer| truth.soon_after.targets_of(**buyer).iter().any(|target| picks.contains(target)));
    Measured {
        shares: choices.iter().map(share).collect(),
        promised: plan.1,
        corrected: corrected(&said.creators, &plan.0, buyers.len(), factor),
        met: met_soon.count() as f64,
        certificate: plan.2,
    }
}

/// Different buyers whom these are expected to meet, each chance multiplied by a factor.
fn corrected(said: &[CreatorChances], picks: &[u32], buyers: usize, factor: f64) -> f64 {
    let mut missed = vec![1.0; buyers];
    for creator in said.iter().filter(|creator| picks.contains(&creator.account)) {
        for (place, chance) in &creator.chances {
            missed[*place as usize] *= 1.0 - (f64::from(*chance) * factor).min(1.0);
        }
    }
    missed.iter().map(|missed| 1.0 - missed).sum()
}

/// k creators at one price each.
fn problem(
    accounts: &[u32],
    people: usize,
    lists: Vec<Vec<(u32, f32)>>,
    objective: Objective,
    k: usize,
) -> Option<Problem> {
    let money = |minor_units: i64| Money::new(minor_units, "EUR").ok();
    let candidate = |account: &u32| Candidate {
        name: account.to_string(),
        creator: i64::from(*account),
        cost: money(1),
        labels: vec![],
    };
    let candidates = accounts.iter().map(candidate).collect();
    let pairs = Pairs::from_lists(people, lists).ok()?;
    let rules = PlanRules::within(money(k as i64)?);
    Problem::new(candidates, pairs, vec![1.0; people], objective, rules).ok()
}
