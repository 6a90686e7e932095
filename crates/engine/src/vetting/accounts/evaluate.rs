//! How good the account model is: on rows it had not seen, in parts or in another collection.

use serde::Serialize;

use super::figures::{ChanceFigures, Judged, figures};
use super::train::{AccountModels, LabelledAccount, TrainingSettings, stratified_folds};

/// What `evaluate accounts` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountsEvaluation {
    pub rows: usize,
    pub positives: usize,
    /// Rows of which nothing is known that the model could read; they have no chance and are in no figure.
    pub not_judged: usize,
    #[serde(flatten)]
    pub figures: ChanceFigures,
    /// Standard deviation of the area under the curve over the seeds; `None` for one division.
    pub auc_sd: Option<f64>,
}

/// How the model is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountsEvaluationSettings {
    pub folds: usize,
    /// How many divisions into parts are tried; figures are means over them.
    pub seeds: usize,
    pub seed: u64,
    pub training: TrainingSettings,
}

impl Default for AccountsEvaluationSettings {
    fn default() -> Self {
        AccountsEvaluationSettings { folds: 5, seeds: 3, seed: 0, training: TrainingSettings::default() }
    }
}

/// The chance of every row by models learned from `labelled`; `None` where nothing that could be read is known.
pub fn chances(
    labelled: &[LabelledAccount],
    rows: &[LabelledAccount],
    training: &TrainingSettings,
) -> Vec<Option<f64>> {
    let mut models = AccountModels::new(labelled, training.clone());
    rows.iter().map(|row| models.for_known(row.row.known())?.chance(&row.row)).collect()
}

/// Figures of rows that each were left out of what was learned. Cost: `seeds * folds` trainings.
pub fn out_of_fold(labelled: &[LabelledAccount], settings: &AccountsEvaluationSettings) -> AccountsEvaluation {
    let tried: Vec<(ChanceFigures, usize)> = (0..settings.seeds)
        .map(|seed| {
            let seed = settings.seed + seed as u64;
            let chances = chances_out_of_fold(labelled, settings.folds, seed, &settings.training);
            let judged = judged(labelled, &chances);
            (figures(&judged), labelled.len() - judged.len())
        })
        .collect();
    let count = tried.len() as f64;
    let mean = |of: fn(&ChanceFigures) -> f64| tried.iter().map(|(figures, _)| of(figures)).sum::<f64>() / count;
    let auc = mean(|figures| figures.auc);
    let spread = tried.iter().map(|(figures, _)| (figures.auc - auc).powi(2)).sum::<f64>() / (count - 1.0);
    AccountsEvaluation {
        rows: labelled.len(),
        positives: labelled.iter().filter(|row| row.is_fake).count(),
        not_judged: tried.first().map_or(0, |(_, not_judged)| *not_judged),
        figures: ChanceFigures {
            auc,
            f1: mean(|figures| figures.f1),
            mcc: mean(|figures| figures.mcc),
            brier: mean(|figures| figures.brier),
            ece: mean(|figures| figures.ece),
            recall_at_fpr_1: mean(|figures| figures.recall_at_fpr_1),
            recall_at_fpr_5: mean(|figures| figures.recall_at_fpr_5),
        },
        auc_sd: (tried.len() > 1).then(|| spread.sqrt()),
    }
}

/// The chance of every row by a model that did not learn from its part.
pub fn chances_out_of_fold(
    labelled: &[LabelledAccount],
    folds: usize,
    seed: u64,
    training: &TrainingSettings,
) -> Vec<Option<f64>> {
    let fold_of = stratified_folds(labelled, folds, seed);
    let mut all = vec![None; labelled.len()];
    for fold in 0..folds {
        let part = |wanted: bool| -> Vec<LabelledAccount> {
            labelled.iter().zip(&fold_of).filter(|(_, of)| (**of == fold) == wanted).map(|(row, _)| *row).collect()
        };
        let training = TrainingSettings { seed: seed.wrapping_mul(31).wrapping_add(fold as u64), ..training.clone() };
        let found = chances(&part(false), &part(true), &training);
        let places = fold_of.iter().enumerate().filter(|(_, of)| **of == fold).map(|(place, _)| place);
        for (place, chance) in places.zip(found) {
            all[place] = chance;
        }
    }
    all
}

/// Figures on another collection.
pub fn on_another(
    labelled: &[LabelledAccount],
    test: &[LabelledAccount],
    settings: &AccountsEvaluationSettings,
) -> AccountsEvaluation {
    let judged = judged(test, &chances(labelled, test, &settings.training));
    AccountsEvaluation {
        rows: test.len(),
        positives: test.iter().filter(|row| row.is_fake).count(),
        not_judged: test.len() - judged.len(),
        figures: figures(&judged),
        auc_sd: None,
    }
}

fn judged(rows: &[LabelledAccount], chances: &[Option<f64>]) -> Vec<Judged> {
    let pairs = rows.iter().zip(chances);
    pairs.filter_map(|(row, chance)| Some(Judged { chance: (*chance)?, is_positive: row.is_fake })).collect()
}
