//! The proof of the model: every text judged by weights that never saw its thread, beside the word list alone.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::figures::{BuyingFigures, Figure, Judged, figures};
use super::model::{RULES_ONLY, Target, TitleUse};
use super::train::{Row, Task, is_of, rows};
use super::{BuyingKind, BuyingTraining, LabelledText, TextPlace, list_version};
use crate::intervals::jeffreys_interval;
use ::model::Ratio;
use ::model::explanation::DEFAULT_LEVEL;

/// How many texts of a place the site holds, of which the labelled ones are a random draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct TextsOfPlace {
    pub place: TextPlace,
    pub texts: u64,
}

/// How the proof is run; kept with its result.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BuyingEvaluationSettings {
    pub training: BuyingTraining,
    pub bootstrap_draws: usize,
    /// The whole site by place; empty: the labelled texts stand for themselves alone.
    pub site: Vec<TextsOfPlace>,
}

impl Default for BuyingEvaluationSettings {
    fn default() -> BuyingEvaluationSettings {
        BuyingEvaluationSettings { training: BuyingTraining::default(), bootstrap_draws: 1000, site: Vec::new() }
    }
}

/// What the model and the list are worth on labelled texts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BuyingEvaluation {
    pub settings: BuyingEvaluationSettings,
    pub list_version: u32,
    pub texts: usize,
    /// Left out: no model for their language.
    pub not_assessed: usize,
    pub agreement: Vec<KindAgreement>,
    pub learned: Vec<LearnedFigures>,
    /// Kinds with too few labels to learn: the rules alone.
    pub rules: Vec<RuleFigures>,
}

/// How far the two readers agree on a kind.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KindAgreement {
    pub kind: &'static str,
    pub both: usize,
    pub only_a: usize,
    pub only_b: usize,
    pub neither: usize,
    /// Cohen's kappa: agreement beyond chance; `None` when chance alone would agree always.
    pub kappa: Option<f64>,
}

/// Figures of one learned target.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LearnedFigures {
    pub kind: &'static str,
    pub title: TitleUse,
    /// The strength of the pull that each training side chose.
    pub strengths: Vec<f64>,
    pub cuts: Vec<CutFigures>,
}

/// Figures of some of the texts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CutFigures {
    pub cut: Cut,
    pub labels: LabelsUsed,
    pub figures: BuyingFigures,
}

/// Which texts are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    All,
    /// Each text weighted by how many of its place the site holds.
    AsOnTheSite,
    Of(TextPlace),
}

/// Whose labels are the truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelsUsed {
    /// The texts on which both readers agree.
    BothAgree,
    /// All texts, by the first reader.
    PassA,
}

/// How often the rules of a kind are right, and how much they miss, on texts where the readers agree.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RuleFigures {
    pub kind: &'static str,
    pub labelled: u64,
    pub fired: u64,
    pub right: u64,
    /// right / fired with the Jeffreys interval.
    pub precision: Figure,
    /// right / labelled with the Jeffreys interval.
    pub recall: Figure,
}

/// Measures the model on labelled texts that it did not learn from.
///
/// Formula: folds of threads; weights, strength, calibration and threshold are learned without the fold and tried on it.
/// Inputs: `items`, labelled texts, any order; in training a text on which the readers differ is half a yes.
/// Output: AUC, precision, recall, F1, Brier score and calibration error with 90 % intervals from drawing the threads
/// again (the weights stay: how much another training set would change them is not in the interval), and the word list
/// on the same texts. Figures are not known where there is nothing to divide by.
/// Cost: about `folds * inner_folds * strengths * 8` fits; seconds to a minute for a thousand texts.
/// Source: nested cross-validation, Varma & Simon 2006; Cohen's kappa, Cohen 1960.
///
/// ```
/// use engine::conversations::buying_talk::*;
/// let text = |body, thread, kinds| {
///     let labels = BuyingLabels::parse(kinds).unwrap();
///     let text = TextToAssess { body, title: None, place: TextPlace::Comment };
///     LabelledText { text, thread, pass_a: labels, pass_b: labels }
/// };
/// let items = [text("I recommend this lens", "1", "recommendation"), text("nice weather", "2", "none")];
/// let found = evaluate_buying(&items, &BuyingEvaluationSettings { bootstrap_draws: 10, ..Default::default() });
/// assert_eq!((found.texts, found.agreement[0].both), (2, 1));
/// ```
pub fn evaluate_buying(items: &[LabelledText<'_>], settings: &BuyingEvaluationSettings) -> BuyingEvaluation {
    let rows = rows(items);
    let threads = thread_numbers(&rows);
    let weights = site_weights(&rows, &settings.site);
    let tasks: Vec<(Target, TitleUse)> =
        Target::LEARNED.iter().flat_map(|target| [(*target, TitleUse::Given), (*target, TitleUse::Withheld)]).collect();
    let learned = tasks
        .par_iter()
        .map(|(target, title)| {
            let all: Vec<&Row<'_>> = rows.iter().collect();
            let task = Task { target: *target, title: *title, training: &settings.training };
            let validated = task.cross_validate(&all);
            let mut cuts = Vec::new();
            let places = [Cut::Of(TextPlace::Question), Cut::Of(TextPlace::Answer), Cut::Of(TextPlace::Comment)];
            for cut in [Cut::All, Cut::AsOnTheSite].into_iter().chain(places) {
                for labels in [LabelsUsed::BothAgree, LabelsUsed::PassA] {
                    let judged: Vec<Judged> = (0..rows.len())
                        .filter(|row| is_in(&rows[*row], cut, labels, *target))
                        .map(|row| Judged {
                            chance: validated.held_out[row].chance,
                            threshold: validated.held_out[row].threshold,
                            list_says: list_says(&rows[row], *target),
                            is_one: is_of(rows[row].labelled.pass_a, *target),
                            weight: if cut == Cut::AsOnTheSite { weights[row] } else { 1.0 },
                            thread: threads[row],
                        })
                        .collect();
                    let figures = figures(&judged, settings.bootstrap_draws, settings.training.seed);
                    cuts.push(CutFigures { cut, labels, figures });
                }
            }
            LearnedFigures { kind: target.label(), title: *title, strengths: validated.strengths, cuts }
        })
        .collect();
    let targets = [Target::AnyKind].into_iter().chain(BuyingKind::ALL.map(Target::Kind));
    BuyingEvaluation {
        settings: settings.clone(),
        list_version: list_version(),
        texts: rows.len(),
        not_assessed: items.len() - rows.len(),
        agreement: targets.map(|target| agreement(&rows, target)).collect(),
        learned,
        rules: RULES_ONLY.iter().map(|kind| rule_figures(&rows, *kind)).collect(),
    }
}

/// What the word list alone says; it has no rule for a recommendation.
fn list_says(row: &Row<'_>, target: Target) -> bool {
    match target {
        Target::AnyKind => !row.matched.is_empty(),
        Target::Kind(kind) => row.fired(kind),
    }
}

fn is_in(row: &Row<'_>, cut: Cut, labels: LabelsUsed, target: Target) -> bool {
    let of_cut = match cut {
        Cut::All | Cut::AsOnTheSite => true,
        Cut::Of(place) => row.labelled.text.place == place,
    };
    of_cut && (labels == LabelsUsed::PassA || row.target(target) != 0.5)
}

fn thread_numbers(rows: &[Row<'_>]) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    rows.iter()
        .map(|row| {
            let next = numbers.len();
            *numbers.entry(row.labelled.thread).or_insert(next)
        })
        .collect()
}

/// How many texts of the site each labelled text stands for; 1 when that is not known.
fn site_weights(rows: &[Row<'_>], site: &[TextsOfPlace]) -> Vec<f64> {
    let of = |place| rows.iter().filter(|row| row.labelled.text.place == place).count() as f64;
    let weight = |row: &Row<'_>| {
        let known = site.iter().find(|known| known.place == row.labelled.text.place);
        known.map_or(1.0, |known| known.texts as f64 / of(known.place))
    };
    rows.iter().map(weight).collect()
}

fn agreement(rows: &[Row<'_>], target: Target) -> KindAgreement {
    let count = |a: bool, b: bool| {
        let passes =
            |row: &&Row<'_>| (is_of(row.labelled.pass_a, target), is_of(row.labelled.pass_b, target)) == (a, b);
        rows.iter().filter(passes).count()
    };
    let (both, only_a, only_b, neither) =
        (count(true, true), count(true, false), count(false, true), count(false, false));
    let n = rows.len() as f64;
    let (a, b) = ((both + only_a) as f64 / n, (both + only_b) as f64 / n);
    let by_chance = a * b + (1.0 - a) * (1.0 - b);
    let kappa = ((both + neither) as f64 / n - by_chance) / (1.0 - by_chance);
    KindAgreement { kind: target.label(), both, only_a, only_b, neither, kappa: Some(kappa).filter(|k| k.is_finite()) }
}

fn rule_figures(rows: &[Row<'_>], kind: BuyingKind) -> RuleFigures {
    let target = Target::Kind(kind);
    let agreed: Vec<&Row<'_>> = rows.iter().filter(|row| row.target(target) != 0.5).collect();
    let count = |holds: &dyn Fn(&Row<'_>) -> bool| agreed.iter().filter(|row| holds(row)).count() as u64;
    let labelled = count(&|row| row.target(target) == 1.0);
    let fired = count(&|row| row.fired(kind));
    let right = count(&|row| row.fired(kind) && row.target(target) == 1.0);
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let share = |hits: u64, of: u64| {
        let range = jeffreys_interval(hits, of, level);
        let value = (of > 0).then(|| hits as f64 / of as f64);
        Figure { value, lo: range.as_ref().map(|range| range.lo), hi: range.map(|range| range.hi) }
    };
    RuleFigures {
        kind: kind.label(),
        labelled,
        fired,
        right,
        precision: share(right, fired),
        recall: share(right, labelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::buying_talk::{BuyingLabels, TextToAssess, train_buying};

    /// Sixty threads; every third asks, and its comments recommend.
    fn planted() -> Vec<(String, &'static str, &'static str)> {
        let seeking = ["Which one should I buy?", "Can you recommend a good one?", "Where can I buy it?"];
        let other = ["The weather is nice.", "I agree with you.", "Why does it do that?"];
        let text = |thread: usize| {
            let (bodies, labels) =
                if thread.is_multiple_of(3) { (seeking, "advice_asked,where") } else { (other, "none") };
            [0, 1].map(|more| (thread.to_string(), bodies[(thread / 3 + more) % 3], labels))
        };
        (0..60).flat_map(text).collect()
    }

    fn items<'a>(planted: &'a [(String, &'static str, &'static str)]) -> Vec<LabelledText<'a>> {
        let item = |(thread, body, labels): &'a (String, &'static str, &'static str)| {
            let labels = BuyingLabels::parse(labels).expect("known kinds");
            let text = TextToAssess { body, title: None, place: TextPlace::Comment };
            LabelledText { text, thread, pass_a: labels, pass_b: labels }
        };
        planted.iter().map(item).collect()
    }

    #[test]
    fn talk_that_the_features_tell_apart_is_told_apart_on_threads_never_seen() {
        let planted = planted();
        let site = vec![TextsOfPlace { place: TextPlace::Comment, texts: 1200 }];
        let settings = BuyingEvaluationSettings { bootstrap_draws: 50, site, ..Default::default() };
        let found = evaluate_buying(&items(&planted), &settings);
        assert_eq!((found.texts, found.not_assessed, found.learned.len()), (120, 0, 8));
        let any = &found.learned[0].cuts[0];
        assert_eq!((any.cut, any.labels, any.figures.yes), (Cut::All, LabelsUsed::BothAgree, 40));
        assert!(any.figures.auc.value > Some(0.99), "{:?}", any.figures.auc);
        assert!(any.figures.at_half.f1.value > Some(0.99));
        assert_eq!(found.agreement[0].kappa, Some(1.0));
    }

    #[test]
    fn labels_that_follow_nothing_give_no_better_than_chance() {
        let mut planted = planted();
        for (place, item) in planted.iter_mut().enumerate() {
            item.2 = if crate::random::mix(place as u64).is_multiple_of(2) { "advice_asked" } else { "none" };
        }
        let settings = BuyingEvaluationSettings { bootstrap_draws: 50, ..Default::default() };
        let found = evaluate_buying(&items(&planted), &settings);
        let auc = found.learned[0].cuts[0].figures.auc.value.expect("both sides");
        assert!((0.3..0.7).contains(&auc), "{auc}");
    }

    #[test]
    fn weights_cannot_be_learned_of_a_kind_nobody_labelled() {
        let planted = planted();
        assert_eq!(train_buying(&items(&planted), &BuyingTraining::default()), None, "nothing is a recommendation");
    }

    #[test]
    fn the_same_texts_give_the_same_report() {
        let planted = planted();
        let settings = BuyingEvaluationSettings { bootstrap_draws: 20, ..Default::default() };
        assert_eq!(evaluate_buying(&items(&planted), &settings), evaluate_buying(&items(&planted), &settings));
    }
}
