//! Learns the account model from labelled accounts: penalised likelihood, the pull chosen and the chances made true
//! within the training rows.

use std::collections::BTreeMap;

use crate::logistic::{Observation, Pull, Pulls, fit_pulled, linear};
use crate::random::Draws;

use super::calibration::{Calibration, Said, calibrate};
use super::columns::{AccountRow, Columns, Feature};
use super::model::{AccountModel, Shape, Term};
use super::spline::Spline;

/// An account and whether it was made to be sold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledAccount {
    pub row: AccountRow,
    pub is_fake: bool,
}

/// How the model is learned.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSettings {
    /// Strengths of the pull of weights to 0, of which the one with the smallest log loss on rows not learned from is
    /// taken; one alone is taken as it is.
    pub pulls: Vec<f64>,
    /// Parts that the training rows are divided into to choose the pull and make the chances true.
    pub folds: usize,
    pub seed: u64,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        TrainingSettings { pulls: vec![0.1, 0.33, 1.0, 3.3], folds: 5, seed: 0 }
    }
}

/// How much more strongly a curve is pulled towards a straight line than its weights to 0. Over the published collections
/// this ranks better than either pull alone.
const BEND_PULL: f64 = 10.0 / 3.0;
/// The intercept is free; its own pull only keeps the matrix positive.
const INTERCEPT_PULL: f64 = 1e-9;
/// Fewer labelled accounts, or fewer of either kind, teach nothing.
const ROWS_MIN: usize = 40;
const EACH_KIND_MIN: usize = 8;
const FOLDS_STREAM: u64 = 41;

/// The parts of a division of rows in which both kinds are spread evenly, and rows that say the same stay together.
pub fn stratified_folds(rows: &[LabelledAccount], folds: usize, seed: u64) -> Vec<usize> {
    let chance = Draws::new(seed, FOLDS_STREAM);
    let key = |row: &LabelledAccount| {
        let column = |column| row.row.value(column).map_or(u64::MAX, f64::to_bits);
        super::columns::Column::ALL.map(column)
    };
    let mut by_key: Vec<usize> = (0..rows.len()).collect();
    by_key.sort_by_key(|&row| (rows[row].is_fake, key(&rows[row]), row));
    let alike: Vec<&[usize]> =
        by_key.chunk_by(|&a, &b| rows[a].is_fake == rows[b].is_fake && key(&rows[a]) == key(&rows[b])).collect();
    let mut order: Vec<usize> = (0..alike.len()).collect();
    order.sort_by_key(|&group| (rows[alike[group][0]].is_fake, chance.raw(group as u64)));
    let mut fold_of = vec![0; rows.len()];
    let mut dealt = [0usize; 2];
    for group in order {
        let kind = usize::from(rows[alike[group][0]].is_fake);
        for &row in alike[group] {
            fold_of[row] = dealt[kind] % folds;
        }
        dealt[kind] += 1;
    }
    fold_of
}

/// The columns of the design: one for the intercept, then each feature's.
struct Design {
    features: Vec<(Feature, Option<Spline>)>,
    width: usize,
}

impl Design {
    /// Curves over the features that these columns give; a feature that is the same in all rows is left out.
    fn over(rows: &[&LabelledAccount], columns: Columns) -> Design {
        let mut features = Vec::new();
        let mut width = 1;
        for feature in Feature::ALL.into_iter().filter(|feature| columns.covers(feature.columns())) {
            let values: Vec<f64> = rows.iter().filter_map(|row| feature.value(&row.row)).collect();
            let Some(spline) = Spline::over(&values) else { continue };
            if feature.is_two_valued() {
                width += 1;
                features.push((feature, None));
            } else {
                width += spline.columns();
                features.push((feature, Some(spline)));
            }
        }
        Design { features, width }
    }

    fn write(&self, row: &AccountRow, into: &mut [f64]) {
        into[0] = 1.0;
        let mut place = 1;
        for (feature, spline) in &self.features {
            let value = feature.value(row).expect("rows know the columns of the design");
            match spline {
                None => {
                    into[place] = value;
                    place += 1;
                }
                Some(spline) => {
                    spline.write_basis(value, &mut into[place..place + spline.columns()]);
                    place += spline.columns();
                }
            }
        }
    }

    fn matrix(&self, rows: &[&LabelledAccount]) -> Vec<f64> {
        let mut matrix = vec![0.0; rows.len() * self.width];
        for (row, into) in rows.iter().zip(matrix.chunks_exact_mut(self.width)) {
            self.write(&row.row, into);
        }
        matrix
    }

    fn fit(&self, rows: &[&LabelledAccount], pull: f64) -> Vec<f64> {
        let matrix = self.matrix(rows);
        let target = |row: &LabelledAccount| f64::from(u8::from(row.is_fake));
        let observed: Vec<Observation<'_>> = matrix
            .chunks_exact(self.width)
            .zip(rows)
            .map(|(values, row)| Observation { values, target: target(row) })
            .collect();
        fit_pulled(&observed, &self.pulls(pull))
    }

    /// Every weight is pulled to 0, and the weights of a curve towards a straight line.
    fn pulls(&self, strength: f64) -> Pulls {
        let mut each = vec![Pull { towards: 0.0, strength }; self.width];
        each[0].strength = INTERCEPT_PULL;
        let mut pulls = Pulls::each(&each);
        let mut place = 1;
        for (_, spline) in &self.features {
            let width = spline.as_ref().map_or(1, Spline::columns);
            for at in place..(place + width).saturating_sub(2) {
                pulls.add_sum(&[(at, 1.0), (at + 1, -2.0), (at + 2, 1.0)], BEND_PULL * strength);
            }
            place += width;
        }
        pulls
    }
}

/// Log-odds of rows by models that had not seen them, for each pull.
fn said_of_unseen(rows: &[&LabelledAccount], columns: Columns, settings: &TrainingSettings) -> Vec<Vec<Said>> {
    let labelled: Vec<LabelledAccount> = rows.iter().map(|row| **row).collect();
    let fold_of = stratified_folds(&labelled, settings.folds, settings.seed);
    let mut said = vec![vec![Said { log_odds: 0.0, is_positive: false }; rows.len()]; settings.pulls.len()];
    for fold in 0..settings.folds {
        let learned: Vec<&LabelledAccount> = pick(rows, &fold_of, |of| of != fold);
        let design = Design::over(&learned, columns);
        let mut values = vec![0.0; design.width];
        for (pull, said) in settings.pulls.iter().zip(&mut said) {
            let weights = design.fit(&learned, *pull);
            for (place, row) in rows.iter().enumerate().filter(|(place, _)| fold_of[*place] == fold) {
                design.write(&row.row, &mut values);
                said[place] = Said { log_odds: linear(&weights, &values), is_positive: row.is_fake };
            }
        }
    }
    said
}

fn pick<'r>(
    rows: &[&'r LabelledAccount],
    fold_of: &[usize],
    wanted: impl Fn(usize) -> bool,
) -> Vec<&'r LabelledAccount> {
    rows.iter().zip(fold_of).filter(|(_, fold)| wanted(**fold)).map(|(row, _)| *row).collect()
}

/// Learns a model for accounts of which at least `columns` are known, from the labelled accounts of which they are;
/// `None` where too few are.
///
/// `logit p = b0 + sum_j f_j(x_j)`, f_j a quadratic spline on six quantile knots or one weight for a yes, fitted by
/// minimising `-loglik + pull / 2 (||b||^2 + 10/3 sum_j ||second differences of b_j||^2)` with a free intercept. The pull is the one of the settings with the smallest
/// log loss on rows not learned from, once chances have been made true on them. Cost: `folds * pulls + 1` fits, each
/// `O(rows * width^2)` a step, width about 60.
/// Source: Hastie & Tibshirani (1990); Eilers & Marx (1996).
pub fn train(labelled: &[LabelledAccount], columns: Columns, settings: &TrainingSettings) -> Option<AccountModel> {
    let rows: Vec<&LabelledAccount> = labelled.iter().filter(|row| row.row.known().covers(columns)).collect();
    let positives = rows.iter().filter(|row| row.is_fake).count();
    if columns.count() == 0 || rows.len() < ROWS_MIN || positives.min(rows.len() - positives) < EACH_KIND_MIN {
        return None;
    }
    let said = said_of_unseen(&rows, columns, settings);
    let calibrations: Vec<Calibration> = said.iter().map(|said| calibrate(said)).collect();
    let loss = |pull: usize| -> f64 {
        let of = |said: &Said| {
            let chance = calibrations[pull].chance(said.log_odds);
            -(if said.is_positive { chance } else { 1.0 - chance }).max(1e-12).ln()
        };
        said[pull].iter().map(of).sum()
    };
    let best = (0..said.len()).min_by(|&a, &b| loss(a).total_cmp(&loss(b)))?;
    let pull = settings.pulls[best];
    let design = Design::over(&rows, columns);
    let weights = design.fit(&rows, pull);
    Some(assemble(&design, &weights, &rows, calibrations[best].clone(), pull, columns))
}

/// The model of fitted weights, with each term measured from its mean over accounts that are what they seem.
fn assemble(
    design: &Design,
    weights: &[f64],
    rows: &[&LabelledAccount],
    calibration: Calibration,
    pull: f64,
    columns: Columns,
) -> AccountModel {
    let mut place = 1;
    let mut terms = Vec::new();
    let mut base = weights[0];
    for (feature, spline) in &design.features {
        let width = spline.as_ref().map_or(1, Spline::columns);
        let own = &weights[place..place + width];
        place += width;
        let shape = match spline {
            None => Shape::TwoValued(own[0]),
            Some(spline) => Shape::Curve(spline.clone(), own.to_vec()),
        };
        let mut term = Term { feature: *feature, shape, mean: 0.0 };
        let real = rows.iter().filter(|row| !row.is_fake);
        let values: Vec<f64> = real.filter_map(|row| feature.value(&row.row)).collect();
        term.mean = values.iter().map(|value| term.at(*value)).sum::<f64>() / values.len() as f64;
        base += term.mean;
        terms.push(term);
    }
    AccountModel {
        columns,
        base,
        terms,
        calibration,
        pull,
        rows: rows.len() as u64,
        positives: rows.iter().filter(|row| row.is_fake).count() as u64,
    }
}

/// Models for whatever is known of an account, each learned when first needed.
///
/// An account of which less is known gets a model of its own, learned from rows stripped to the same columns: nothing
/// is filled in, and its chance is as true as the columns allow.
pub struct AccountModels<'l> {
    labelled: &'l [LabelledAccount],
    settings: TrainingSettings,
    held: BTreeMap<Columns, Option<AccountModel>>,
    /// By what is known, the columns of the model that serves it.
    serving: BTreeMap<Columns, Option<Columns>>,
}

impl<'l> AccountModels<'l> {
    pub fn new(labelled: &'l [LabelledAccount], settings: TrainingSettings) -> AccountModels<'l> {
        AccountModels { labelled, settings, held: BTreeMap::new(), serving: BTreeMap::new() }
    }

    /// The model that uses most of what is known: of the subsets of `known` that can be learned the largest, of those
    /// the one with most labelled accounts; `None` where there is none.
    pub fn for_known(&mut self, known: Columns) -> Option<&AccountModel> {
        let (labelled, settings) = (self.labelled, &self.settings);
        let chosen = (*self.serving.entry(known).or_insert_with(|| largest_that_can_be_learned(labelled, known)))?;
        self.held.entry(chosen).or_insert_with(|| train(labelled, chosen, settings)).as_ref()
    }
}

fn largest_that_can_be_learned(labelled: &[LabelledAccount], known: Columns) -> Option<Columns> {
    let counts = |subset: Columns| labelled.iter().filter(|row| row.row.known().covers(subset)).count();
    let mut subsets: Vec<Columns> = (1..=u8::MAX).map(Columns).filter(|subset| known.covers(*subset)).collect();
    subsets.sort_by_key(|subset| std::cmp::Reverse(subset.count()));
    subsets.chunk_by(|a, b| a.count() == b.count()).find_map(|alike| {
        let mut alike: Vec<(usize, Columns)> = alike.iter().map(|subset| (counts(*subset), *subset)).collect();
        alike.sort_by_key(|(rows, subset)| (std::cmp::Reverse(*rows), *subset));
        alike.into_iter().find(|(_, subset)| can_learn(labelled, *subset)).map(|(_, subset)| subset)
    })
}

/// Whether a model can be learned from whatever is known of these accounts.
pub fn can_learn_from(labelled: &[LabelledAccount]) -> bool {
    super::columns::Column::ALL.into_iter().any(|column| can_learn(labelled, Columns::of([column])))
}

fn can_learn(labelled: &[LabelledAccount], columns: Columns) -> bool {
    let mut kinds = [0usize; 2];
    for row in labelled.iter().filter(|row| row.row.known().covers(columns)) {
        kinds[usize::from(row.is_fake)] += 1;
    }
    kinds[0] + kinds[1] >= ROWS_MIN && kinds[0].min(kinds[1]) >= EACH_KIND_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made-up profiles: those made to be sold follow many, are followed by few and have digits in their handles.
    fn made_up(count: u64, seed: u64) -> Vec<LabelledAccount> {
        let draws = Draws::new(seed, 7);
        let account = |number: u64| {
            let drawn = |what: u64| draws.uniform(number * 8 + what);
            let is_fake = drawn(0) < 0.2;
            let (low, high) = if is_fake { (1.0, 5.0) } else { (3.0, 7.0) };
            let row = AccountRow {
                followers: Some((low + (high - low) * drawn(1)).exp().round()),
                followings: Some((2.0 + 5.0 * drawn(2) + f64::from(u8::from(is_fake))).exp().round()),
                posts: Some((4.0 * drawn(3)).exp().round()),
                has_picture: Some(drawn(4) > if is_fake { 0.4 } else { 0.05 }),
                handle_length: Some((6.0 + 8.0 * drawn(5)).round()),
                handle_digits: Some((drawn(6) * if is_fake { 5.0 } else { 2.0 }).floor()),
                ..AccountRow::default()
            };
            LabelledAccount { row, is_fake }
        };
        (0..count).map(account).collect()
    }

    fn model_of(labelled: &[LabelledAccount]) -> AccountModel {
        train(labelled, labelled[0].row.known(), &TrainingSettings::default()).expect("enough rows")
    }

    #[test]
    fn the_parts_and_the_base_are_the_log_odds_and_an_ordinary_account_adds_nothing() {
        let labelled = made_up(600, 1);
        let model = model_of(&labelled);
        for account in &labelled {
            let parts = model.parts(&account.row).expect("all is known");
            let sum = model.base + parts.iter().map(|part| part.log_odds).sum::<f64>();
            assert!((sum - model.log_odds(&account.row).expect("known")).abs() < 1e-9);
        }
        for term in 0..model.terms.len() {
            let real = labelled.iter().filter(|account| !account.is_fake);
            let mean: f64 = real.map(|account| model.parts(&account.row).expect("known")[term].log_odds).sum();
            assert!(mean.abs() < 1e-6, "{:?}", model.terms[term].feature);
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_figure_beyond_the_division_and_the_same_rows_give_the_same_model() {
        let labelled = made_up(400, 2);
        assert_eq!(model_of(&labelled), model_of(&labelled));
        let one_pull = TrainingSettings { pulls: vec![1.0], ..TrainingSettings::default() };
        let mut turned = labelled.clone();
        turned.reverse();
        let columns = labelled[0].row.known();
        let (a, b) = (train(&labelled, columns, &one_pull), train(&turned, columns, &one_pull));
        let (a, b) = (a.expect("enough rows"), b.expect("enough rows"));
        for account in &labelled {
            let (a, b) = (a.log_odds(&account.row), b.log_odds(&account.row));
            assert!((a.expect("known") - b.expect("known")).abs() < 1e-6);
        }
    }

    #[test]
    fn the_fit_is_where_no_step_makes_it_better() {
        let labelled = made_up(300, 3);
        let rows: Vec<&LabelledAccount> = labelled.iter().collect();
        let design = Design::over(&rows, labelled[0].row.known());
        let weights = design.fit(&rows, 1.0);
        let pulls = design.pulls(1.0);
        let cost = |weights: &[f64]| {
            let mut values = vec![0.0; design.width];
            let loss = |row: &&LabelledAccount| {
                design.write(&row.row, &mut values);
                crate::logistic::log_loss(linear(weights, &values), f64::from(u8::from(row.is_fake)))
            };
            rows.iter().map(loss).sum::<f64>() + pulls.cost(weights).0
        };
        let best = cost(&weights);
        for place in 0..design.width {
            for step in [-1e-3, 1e-3] {
                let mut moved = weights.clone();
                moved[place] += step;
                assert!(cost(&moved) >= best - 1e-9, "weight {place} by {step}");
            }
        }
    }

    #[test]
    fn accounts_that_can_be_told_apart_without_error_still_have_finite_weights() {
        let labelled: Vec<LabelledAccount> = (0..100)
            .map(|number| LabelledAccount {
                row: AccountRow { followers: Some(f64::from(number)), ..AccountRow::default() },
                is_fake: number < 30,
            })
            .collect();
        let model = model_of(&labelled);
        let chance = |followers| model.chance(&AccountRow { followers: Some(followers), ..AccountRow::default() });
        assert!(chance(2.0).expect("known") > 0.8 && chance(90.0).expect("known") < 0.1);
        assert!(chance(1e12).expect("known").is_finite());
    }

    #[test]
    fn what_is_not_known_is_not_filled_in_and_leaves_chances_nearer_to_the_middle() {
        let labelled = made_up(800, 4);
        let mut models = AccountModels::new(&labelled, TrainingSettings::default());
        let full = models.for_known(labelled[0].row.known()).expect("enough rows").clone();
        let handle_alone =
            Columns::of([super::super::columns::Column::HandleLength, super::super::columns::Column::HandleDigits]);
        let less = models.for_known(handle_alone).expect("enough rows").clone();
        assert_eq!(less.columns, handle_alone);
        assert_eq!(full.chance(&labelled[0].row.only(handle_alone)), None);
        let spread = |model: &AccountModel| {
            let chances: Vec<f64> =
                labelled.iter().filter_map(|account| model.chance(&account.row.only(model.columns))).collect();
            let mean = chances.iter().sum::<f64>() / chances.len() as f64;
            chances.iter().map(|chance| (chance - mean).powi(2)).sum::<f64>()
        };
        assert!(spread(&less) < spread(&full));
        assert_eq!(models.for_known(Columns(0)), None);
    }

    #[test]
    fn rows_that_say_the_same_stand_in_one_part_and_both_kinds_are_spread() {
        let mut labelled = made_up(200, 5);
        labelled.extend(labelled.clone());
        let parts = stratified_folds(&labelled, 5, 0);
        assert!((0..200).all(|row| parts[row] == parts[row + 200]));
        for part in 0..5 {
            let fakes = labelled.iter().zip(&parts).filter(|(row, of)| row.is_fake && **of == part).count();
            let all = labelled.iter().filter(|row| row.is_fake).count();
            assert!((fakes as f64 - all as f64 / 5.0).abs() <= 4.0);
        }
    }
}
