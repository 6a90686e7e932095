//! Learns the weights from labelled texts, and says for each text what a model that never saw its thread expects.

use super::features::{FEATURES, measure};
use super::model::{BuyingWeights, RULES_ONLY, RuleRecord, Target, TitleUse};
use super::{BuyingKind, BuyingLabels, BuyingMatch, TextToAssess};
use crate::logistic::{Observation, Pull, fit, linear, log_loss, sigmoid};
use crate::random::mix;

/// A text that two readers labelled, each without seeing the other's labels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LabelledText<'a> {
    pub text: TextToAssess<'a>,
    /// Texts of one thread are never on both sides of a fold.
    pub thread: &'a str,
    pub pass_a: BuyingLabels,
    /// The same as `pass_a` where there was one reader only.
    pub pass_b: BuyingLabels,
}

/// How the weights are learned.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct BuyingTraining {
    /// Folds of threads on whose other side a text is judged.
    pub folds: usize,
    /// Folds inside each training side, on which strength, calibration and threshold are chosen.
    pub inner_folds: usize,
    /// Strengths of the pull to 0 that are tried; each above 0.
    pub strengths: Vec<f64>,
    pub seed: u64,
}

impl Default for BuyingTraining {
    fn default() -> BuyingTraining {
        BuyingTraining { folds: 5, inner_folds: 4, strengths: vec![0.5, 1.0, 2.0, 4.0, 8.0, 16.0], seed: 0 }
    }
}

/// The intercept is hardly pulled: how common buying talk is, is not known beforehand.
const INTERCEPT_STRENGTH: f64 = 0.01;
/// A feature that is expected to speak for or against buying talk is pulled to this weight, not to 0.
const LEAN: f64 = 0.4;
/// Platt scaling is held at "no change" as by this much.
const PLATT_STRENGTH: f64 = 10.0;

/// A labelled text as numbers.
pub(super) struct Row<'a> {
    pub(super) with_title: Vec<f64>,
    pub(super) without_title: Vec<f64>,
    pub(super) matched: Vec<BuyingMatch<'a>>,
    pub(super) labelled: LabelledText<'a>,
}

impl Row<'_> {
    pub(super) fn values(&self, title: TitleUse) -> &[f64] {
        match title {
            TitleUse::Given => &self.with_title,
            TitleUse::Withheld => &self.without_title,
        }
    }

    /// 1 and 0, or one half where the readers differ.
    pub(super) fn target(&self, target: Target) -> f64 {
        let pass = |labels| f64::from(u8::from(is_of(labels, target)));
        (pass(self.labelled.pass_a) + pass(self.labelled.pass_b)) / 2.0
    }

    pub(super) fn fired(&self, kind: BuyingKind) -> bool {
        self.matched.iter().any(|hit| BuyingKind::of_rule(hit.rule, hit.level) == Some(kind))
    }
}

pub(super) fn is_of(labels: BuyingLabels, target: Target) -> bool {
    match target {
        Target::AnyKind => !labels.is_none_of_them(),
        Target::Kind(kind) => labels.holds(kind),
    }
}

/// Measures every text; those in another language are left out.
pub(super) fn rows<'a>(items: &[LabelledText<'a>]) -> Vec<Row<'a>> {
    let row = |item: &LabelledText<'a>| {
        let measured = measure(&item.text);
        let without_title = measure(&TextToAssess { title: None, ..item.text }).values?;
        Some(Row { with_title: measured.values?, without_title, matched: measured.matched, labelled: *item })
    };
    items.iter().filter_map(row).collect()
}

/// Learns the weights from all labelled texts.
///
/// Strength and calibration are chosen on folds of threads. `None` when there is no text of one side of a target.
/// Cost `O(texts * features^2)` a step, a few thousand steps: seconds for a thousand texts.
pub fn train_buying(items: &[LabelledText<'_>], training: &BuyingTraining) -> Option<BuyingWeights> {
    let rows = rows(items);
    let all: Vec<&Row<'_>> = rows.iter().collect();
    let columns = |title| -> Option<Vec<Vec<f64>>> {
        let one = |target: &Target| {
            let task = Task { target: *target, title, training };
            let has = |yes: f64| all.iter().any(|row| row.target(*target) == yes);
            (has(0.0) && has(1.0)).then(|| task.learn(&all, training.folds, 0).folded())
        };
        Target::LEARNED.iter().map(one).collect()
    };
    let record = |kind: &BuyingKind| {
        let agreed = |row: &&&Row<'_>| row.fired(*kind) && row.target(Target::Kind(*kind)) != 0.5;
        let fired: Vec<&&Row<'_>> = all.iter().filter(agreed).collect();
        let right = fired.iter().filter(|row| row.target(Target::Kind(*kind)) == 1.0).count() as u32;
        RuleRecord { kind: *kind, fired: fired.len() as u32, right }
    };
    Some(BuyingWeights {
        with_title: columns(TitleUse::Given)?,
        without_title: columns(TitleUse::Withheld)?,
        rules: RULES_ONLY.iter().map(record).collect(),
    })
}

/// One column of weights to learn.
pub(super) struct Task<'s> {
    pub(super) target: Target,
    pub(super) title: TitleUse,
    pub(super) training: &'s BuyingTraining,
}

/// What was learned on one side of a fold.
pub(super) struct Learned {
    coefficients: Vec<f64>,
    pub(super) strength: f64,
    shift: f64,
    slope: f64,
    /// The chance from which on a yes gave the best F1 on the training side's own folds.
    pub(super) threshold: f64,
}

impl Learned {
    pub(super) fn chance(&self, values: &[f64]) -> f64 {
        sigmoid(self.shift + self.slope * linear(&self.coefficients, values))
    }

    /// The coefficients with the calibration in them; the first feature is always 1.
    fn folded(&self) -> Vec<f64> {
        let mut weights: Vec<f64> = self.coefficients.iter().map(|weight| weight * self.slope).collect();
        weights[0] += self.shift;
        weights
    }
}

/// What a model that never saw the text's thread says of it.
#[derive(Clone, Copy)]
pub(super) struct HeldOut {
    pub(super) chance: f64,
    /// Chosen without the text's thread, too.
    pub(super) threshold: f64,
}

pub(super) struct CrossValidated {
    /// In the order of the texts.
    pub(super) held_out: Vec<HeldOut>,
    /// The strength each fold's training side chose.
    pub(super) strengths: Vec<f64>,
}

impl Task<'_> {
    /// The chance of every text from the fold that left its thread out, and the strengths chosen.
    pub(super) fn cross_validate(&self, rows: &[&Row<'_>]) -> CrossValidated {
        let folds = self.training.folds;
        let fold_of: Vec<usize> = rows.iter().map(|row| self.fold(row, 0, folds)).collect();
        let mut held_out = vec![HeldOut { chance: 0.5, threshold: 0.5 }; rows.len()];
        let mut strengths = Vec::with_capacity(folds);
        for fold in 0..folds {
            let (out, inside): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|row| fold_of[*row] == fold);
            let inside: Vec<&Row<'_>> = inside.into_iter().map(|row| rows[row]).collect();
            let learned = self.learn(&inside, self.training.inner_folds, fold as u64 + 1);
            strengths.push(learned.strength);
            for row in out {
                let chance = learned.chance(rows[row].values(self.title));
                held_out[row] = HeldOut { chance, threshold: learned.threshold };
            }
        }
        CrossValidated { held_out, strengths }
    }

    /// Chooses the strength with the least log loss on folds of these rows, calibrates on them, then fits all rows.
    pub(super) fn learn(&self, rows: &[&Row<'_>], folds: usize, salt: u64) -> Learned {
        let fold_of: Vec<usize> = rows.iter().map(|row| self.fold(row, salt, folds)).collect();
        let tried = self.training.strengths.iter().map(|strength| {
            let mut log_odds = vec![0.0; rows.len()];
            for fold in 0..folds {
                let inside = rows.iter().zip(&fold_of).filter(|(_, held)| **held != fold).map(|(row, _)| *row);
                let coefficients = self.fit(inside, *strength);
                for (row, odds) in log_odds.iter_mut().enumerate().filter(|(row, _)| fold_of[*row] == fold) {
                    *odds = linear(&coefficients, rows[row].values(self.title));
                }
            }
            let losses = rows.iter().zip(&log_odds).map(|(row, odds)| log_loss(*odds, row.target(self.target)));
            (losses.sum::<f64>(), *strength, log_odds)
        });
        let best = tried.min_by(|left, right| left.0.total_cmp(&right.0));
        let (_, strength, log_odds) = best.unwrap_or((0.0, 1.0, vec![0.0; rows.len()]));

        let pairs: Vec<[f64; 2]> = log_odds.iter().map(|odds| [1.0, *odds]).collect();
        let observed = |(row, values): (&&Row<'_>, &'_ [f64; 2])| (row.target(self.target), *values);
        let observed: Vec<(f64, [f64; 2])> = rows.iter().zip(&pairs).map(observed).collect();
        let observations: Vec<Observation<'_>> =
            observed.iter().map(|(target, values)| Observation { values, target: *target }).collect();
        let held = |towards| Pull { towards, strength: PLATT_STRENGTH };
        let platt = fit(&observations, &[held(0.0), held(1.0)]);
        let judged: Vec<(f64, f64)> =
            observed.iter().map(|(target, values)| (sigmoid(linear(&platt, values)), *target)).collect();
        let coefficients = self.fit(rows.iter().copied(), strength);
        Learned { coefficients, strength, shift: platt[0], slope: platt[1], threshold: best_threshold(judged) }
    }

    fn fit<'r, 'a: 'r>(&self, rows: impl Iterator<Item = &'r Row<'a>>, strength: f64) -> Vec<f64> {
        let observations: Vec<Observation<'_>> =
            rows.map(|row| Observation { values: row.values(self.title), target: row.target(self.target) }).collect();
        let mut pulls: Vec<Pull> =
            FEATURES.leans(self.title).map(|leans| Pull { towards: LEAN * leans, strength }).collect();
        pulls[0].strength = INTERCEPT_STRENGTH;
        fit(&observations, &pulls)
    }

    /// The fold of a thread; `salt` makes the folds inside differ from those outside.
    fn fold(&self, row: &Row<'_>, salt: u64, folds: usize) -> usize {
        let thread = row.labelled.thread.bytes();
        let hash =
            thread.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
        (mix(hash ^ mix(self.training.seed ^ (salt << 32))) % folds.max(1) as u64) as usize
    }
}

/// The chance from which on a yes gives the best F1; texts on which readers differ count half on either side.
fn best_threshold(mut judged: Vec<(f64, f64)>) -> f64 {
    judged.sort_by(|left, right| right.0.total_cmp(&left.0));
    let wanted: f64 = judged.iter().map(|(_, target)| target).sum();
    let (mut found, mut best, mut threshold) = (0.0, 0.0, 0.5);
    for (place, (chance, target)) in judged.iter().enumerate() {
        found += target;
        let f1 = 2.0 * found / (wanted + place as f64 + 1.0);
        let next = judged.get(place + 1).map_or(0.0, |next| next.0);
        if f1 > best && next < *chance {
            best = f1;
            threshold = (chance + next) / 2.0;
        }
    }
    threshold
}
