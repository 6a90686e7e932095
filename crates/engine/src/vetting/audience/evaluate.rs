//! Whether audience shares and their intervals are true: audiences put together from labelled accounts, over and over.

use serde::Serialize;

use super::gold::{GoldAccount, from_gold};
use super::share::{borrowed, matching};
use super::{ErrorCounts, Flagged, Rung, Share, cut_of};
use crate::random::Sequence;
use crate::vetting::accounts::columns::{Column, Columns};
use crate::vetting::accounts::drift::{drift, population_differs};
use crate::vetting::accounts::evaluate::{chances, chances_out_of_fold};
use crate::vetting::accounts::figures::Judged;
use crate::vetting::accounts::train::{LabelledAccount, TrainingSettings, stratified_folds};

/// Labelled accounts of one collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    pub name: String,
    pub accounts: Vec<LabelledAccount>,
}

/// What is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct AudienceSettings {
    /// Shares, 0..=1, that audiences are put together with.
    pub shares: Vec<f64>,
    /// Accounts of an audience that the model looks at.
    pub accounts: usize,
    /// Audiences for each share.
    pub draws: usize,
    /// Accounts that people look at as well; 0 is nobody.
    pub gold: Vec<usize>,
    pub seed: u64,
    pub training: TrainingSettings,
}

/// How shares did at one true share, with so many accounts looked at by people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShareFigures {
    pub share: f64,
    pub gold: usize,
    /// Mean of estimate less truth.
    pub bias: f64,
    /// How often the 90 % interval held the truth.
    pub coverage_90: f64,
    /// Mean width of the interval.
    pub width: f64,
    /// Mean width from the accounts looked at by people alone; `None` without any.
    pub width_gold_alone: Option<f64>,
    /// Mean share flagged, uncorrected.
    pub raw_share: f64,
    /// Audiences whose share was not known; they are in no other figure.
    pub not_known: usize,
    /// What most of the shares rest on.
    pub rung: Rung,
}

/// What a whole trial found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AudienceEvaluation {
    /// Whether error rates were taken from accounts of the same kind.
    pub matching: bool,
    /// Columns of a profile that were read.
    pub columns: Vec<&'static str>,
    pub results: Vec<ShareFigures>,
}

/// How often a collection that is the audience's own is divided into a half to learn from and a half to draw from.
const HALVES: usize = 10;
/// Models that measure error rates learn from nine tenths, so that they are hardly worse than the one in use.
const FOLDS: usize = 10;
const DRAW_STREAM: u64 = 44;
/// A column is read where at least this share of the accounts has it; who lacks it is judged by a model without it.
const KNOWN_MIN: f64 = 0.8;

/// Accounts to draw audiences from, with the model's chance for each, and what the cut does on rows not learned from.
struct Drawn {
    fakes: Vec<f64>,
    real: Vec<f64>,
    cut: f64,
    rates: Vec<ErrorCounts>,
    matching: bool,
}

/// How the audience's accounts and those learned from belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinship {
    /// The collection at this place is the audience's own.
    Own(usize),
    /// Another collection whose profiles look the same.
    Alike,
    Foreign,
}

fn judged(accounts: &[LabelledAccount], chances: &[Option<f64>]) -> Vec<Judged> {
    let pairs = accounts.iter().zip(chances);
    pairs.filter_map(|(account, chance)| Some(Judged { chance: (*chance)?, is_positive: account.is_fake })).collect()
}

fn stripped(accounts: &[LabelledAccount], columns: Columns) -> Vec<LabelledAccount> {
    accounts.iter().map(|account| LabelledAccount { row: account.row.only(columns), ..*account }).collect()
}

/// Learns from `trained`, measures error rates on rows not learned from, and looks at `population` with the result.
///
/// With several collections a foreign audience's error rates are each collection's by a model that had not seen it.
fn prepare(
    trained: &[Vec<LabelledAccount>],
    population: &[LabelledAccount],
    kinship: Kinship,
    seed: u64,
    training: &TrainingSettings,
) -> Option<Drawn> {
    let all: Vec<LabelledAccount> = trained.concat();
    let out_of_fold = chances_out_of_fold(&all, FOLDS, seed, training);
    let cut = cut_of(&judged(&all, &out_of_fold));
    let rates = if let Kinship::Own(own) = kinship {
        let from = trained[..own].iter().map(Vec::len).sum();
        let rows = from..from + trained[own].len();
        vec![ErrorCounts::at(&judged(&all[rows.clone()], &out_of_fold[rows]), cut)]
    } else if kinship == Kinship::Alike || trained.len() == 1 {
        vec![ErrorCounts::at(&judged(&all, &out_of_fold), cut)]
    } else {
        let left_out = |place: usize| {
            let others = trained.iter().enumerate().filter(|(at, _)| *at != place).flat_map(|(_, rows)| rows.clone());
            let others: Vec<LabelledAccount> = others.collect();
            let cut = cut_of(&judged(&others, &chances_out_of_fold(&others, FOLDS, seed, training)));
            ErrorCounts::at(&judged(&trained[place], &chances(&others, &trained[place], training)), cut)
        };
        (0..trained.len()).map(left_out).collect()
    };
    let seen = judged(population, &chances(&all, population, training));
    let of_kind = |kind: bool| seen.iter().filter(|row| row.is_positive == kind).map(|row| row.chance).collect();
    let (fakes, real): (Vec<f64>, Vec<f64>) = (of_kind(true), of_kind(false));
    let matching = kinship != Kinship::Foreign;
    (!fakes.is_empty() && !real.is_empty()).then_some(Drawn { fakes, real, cut, rates, matching })
}

/// Puts audiences together from `population` with each share and says how often the product's interval holds it.
///
/// Is the population one of the collections learned from, each trial learns from one half of it and draws from the other.
/// Is it another one, its error rates are borrowed, unless its profiles look like those learned from (fewer than two
/// features with a stability index above 0.25). Accounts are drawn with replacement. `None` where too few accounts of
/// either kind know the same columns. Cost: ten trainings, and `shares * draws * 4000` draws.
pub fn evaluate(
    trained: &[Collection],
    population: &Collection,
    settings: &AudienceSettings,
) -> Option<AudienceEvaluation> {
    let known = |accounts: &[LabelledAccount]| {
        let of = |column: &Column| {
            let rows = accounts.iter().filter(|account| account.row.value(*column).is_some()).count();
            rows as f64 >= KNOWN_MIN * accounts.len() as f64
        };
        Columns::of(Column::ALL.into_iter().filter(of))
    };
    let any_trained = trained.iter().fold(Columns(0), |columns, one| Columns(columns.0 | known(&one.accounts).0));
    let columns = known(&population.accounts).both(any_trained);
    let of_population = stripped(&population.accounts, columns);
    let own = trained.iter().position(|one| one.accounts == population.accounts);
    let others: Vec<Vec<LabelledAccount>> = trained.iter().map(|one| stripped(&one.accounts, columns)).collect();
    let prepared: Vec<Drawn> = match own {
        Some(own) => (0..HALVES as u64)
            .filter_map(|half| {
                let half_of = stratified_folds(&of_population, 2, settings.seed + half);
                let part = |wanted: usize| -> Vec<LabelledAccount> {
                    of_population.iter().zip(&half_of).filter(|(_, of)| **of == wanted).map(|(row, _)| *row).collect()
                };
                let mut learned = others.clone();
                learned[own] = part(0);
                prepare(&learned, &part(1), Kinship::Own(own), settings.seed + half, &settings.training)
            })
            .collect(),
        None => {
            let rows = |accounts: &[LabelledAccount]| accounts.iter().map(|account| account.row).collect::<Vec<_>>();
            let differs = population_differs(&drift(&rows(&others.concat()), &rows(&of_population), columns));
            let kinship = if differs { Kinship::Foreign } else { Kinship::Alike };
            prepare(&others, &of_population, kinship, settings.seed, &settings.training).into_iter().collect()
        }
    };
    let first = prepared.first()?;
    let results = settings
        .shares
        .iter()
        .flat_map(|share| settings.gold.iter().map(|gold| (*share, *gold)))
        .map(|(share, gold)| try_share(&prepared, share, gold, settings))
        .collect();
    Some(AudienceEvaluation { matching: first.matching, columns: columns.names(), results })
}

fn try_share(prepared: &[Drawn], share: f64, gold: usize, settings: &AudienceSettings) -> ShareFigures {
    let stream = DRAW_STREAM + (share * 1e6) as u64 * 1_000 + gold as u64;
    let mut sequence = Sequence::new(settings.seed, stream);
    let (mut estimates, mut raw, mut gold_widths, mut not_known) = (Vec::new(), 0.0, Vec::new(), 0);
    for draw in 0..settings.draws {
        let from = &prepared[draw % prepared.len()];
        let mut account = || {
            let is_fake = sequence.uniform() < share;
            let kind = if is_fake { &from.fakes } else { &from.real };
            GoldAccount { is_fake, chance: kind[sequence.below(kind.len())] }
        };
        let seen: Vec<f64> = (0..settings.accounts).map(|_| account().chance).collect();
        let looked_at: Vec<GoldAccount> = (0..gold).map(|_| account()).collect();
        let flagged = seen.iter().filter(|chance| **chance >= from.cut).count() as u64;
        raw += flagged as f64 / seen.len() as f64 / settings.draws as f64;
        let flagged = Flagged { accounts: seen.len() as u64, flagged };
        let seed = settings.seed.wrapping_mul(1_000_003).wrapping_add(draw as u64);
        let found: Option<Share> = match gold {
            0 if from.matching => matching(flagged, &from.rates[0], seed),
            0 => borrowed(flagged, &from.rates, seed),
            _ => from_gold(&looked_at, &seen),
        };
        gold_widths.extend(from_gold(&looked_at, &[]).map(|alone| alone.hi - alone.lo));
        match found {
            Some(found) => estimates.push(found),
            None => not_known += 1,
        }
    }
    let count = estimates.len() as f64;
    let mean = |of: &dyn Fn(&Share) -> f64| estimates.iter().map(of).sum::<f64>() / count;
    let mut rungs: Vec<Rung> = estimates.iter().map(|found| found.rung).collect();
    rungs.sort_unstable();
    ShareFigures {
        share,
        gold,
        bias: mean(&|found| found.value - share),
        coverage_90: mean(&|found| f64::from(u8::from(found.lo <= share && share <= found.hi))),
        width: mean(&|found| found.hi - found.lo),
        width_gold_alone: (!gold_widths.is_empty()).then(|| gold_widths.iter().sum::<f64>() / gold_widths.len() as f64),
        raw_share: raw,
        not_known,
        rung: rungs.get(rungs.len() / 2).copied().unwrap_or(Rung::Nothing),
    }
}
