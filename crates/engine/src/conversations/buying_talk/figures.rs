//! What a chance was worth on texts whose answer is known, with intervals over threads.

use rayon::prelude::*;
use serde::Serialize;

use crate::random::Draws;

const RESAMPLE_STREAM: u64 = 31;
const BINS: usize = 10;

/// A figure with its 90 % interval from drawing the threads again; `None`: not known, nothing to divide by.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Figure {
    pub value: Option<f64>,
    pub lo: Option<f64>,
    pub hi: Option<f64>,
}

/// Of the texts called buying talk how many are (precision), of those that are how many were called (recall).
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Hits {
    pub precision: Figure,
    pub recall: Figure,
    /// 2 * precision * recall / (precision + recall).
    pub f1: Figure,
}

/// The model beside the word list on the same texts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BuyingFigures {
    pub texts: usize,
    pub threads: usize,
    /// Of these texts a reader called so many buying talk (of the kind).
    pub yes: usize,
    /// Chance that a text which is one has a higher chance than a text which is not.
    pub auc: Figure,
    /// A text is called buying talk from 0.5 on.
    pub at_half: Hits,
    /// From the chance on that gave the best F1 on the training side.
    pub at_chosen: Hits,
    /// The word list alone: a rule fired.
    pub list: Hits,
    /// F1 of the model at 0.5 minus that of the list, on the same draws.
    pub f1_over_list: Figure,
    /// Mean squared miss of the chance.
    pub brier: Figure,
    /// Mean distance between chance and what came true, in ten bins of equal width.
    pub calibration_error: Figure,
}

/// A text whose answer is known.
#[derive(Clone, Copy)]
pub(super) struct Judged {
    pub(super) chance: f64,
    pub(super) threshold: f64,
    pub(super) list_says: bool,
    pub(super) is_one: bool,
    /// How many texts of the site it stands for.
    pub(super) weight: f64,
    /// Its thread's number, from 0 on.
    pub(super) thread: usize,
}

/// Figures of some texts; `draws` of the threads make the intervals. Cost `O(texts log texts + draws * texts)`.
pub(super) fn figures(texts: &[Judged], draws: usize, seed: u64) -> BuyingFigures {
    let mut texts = texts.to_vec();
    texts.sort_by(|left, right| left.chance.total_cmp(&right.chance));
    let mut threads: Vec<usize> = texts.iter().map(|text| text.thread).collect();
    threads.sort_unstable();
    threads.dedup();
    for text in &mut texts {
        text.thread = threads.partition_point(|thread| *thread < text.thread);
    }
    let once = vec![1.0; threads.len()];
    let values = Measures::of(&texts, &once);
    let chance = Draws::new(seed, RESAMPLE_STREAM);
    let drawn: Vec<Measures> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut times = vec![0.0; threads.len()];
            for pick in 0..threads.len() {
                times[chance.below((draw * threads.len() + pick) as u64, threads.len())] += 1.0;
            }
            Measures::of(&texts, &times)
        })
        .collect();
    let figure = |of: &dyn Fn(&Measures) -> f64| {
        let known = |value: f64| value.is_finite().then_some(value);
        let mut spread: Vec<f64> = drawn.iter().filter_map(|measures| known(of(measures))).collect();
        spread.sort_by(f64::total_cmp);
        let at = |share: f64| spread.get((spread.len().saturating_sub(1) as f64 * share).round() as usize).copied();
        Figure { value: known(of(&values)), lo: at(0.05), hi: at(0.95) }
    };
    let hits = |of: &dyn Fn(&Measures) -> Calls| Hits {
        precision: figure(&|measures| of(measures).precision()),
        recall: figure(&|measures| of(measures).recall()),
        f1: figure(&|measures| of(measures).f1()),
    };
    BuyingFigures {
        texts: texts.len(),
        threads: threads.len(),
        yes: texts.iter().filter(|text| text.is_one).count(),
        auc: figure(&|measures| measures.auc),
        at_half: hits(&|measures| measures.at_half),
        at_chosen: hits(&|measures| measures.at_chosen),
        list: hits(&|measures| measures.list),
        f1_over_list: figure(&|measures| measures.at_half.f1() - measures.list.f1()),
        brier: figure(&|measures| measures.brier),
        calibration_error: figure(&|measures| measures.calibration_error),
    }
}

/// Texts called buying talk, rightly or not, and those missed; weighted.
#[derive(Clone, Copy, Default)]
struct Calls {
    right: f64,
    wrong: f64,
    missed: f64,
}

impl Calls {
    fn add(&mut self, called: bool, is_one: bool, weight: f64) {
        match (called, is_one) {
            (true, true) => self.right += weight,
            (true, false) => self.wrong += weight,
            (false, true) => self.missed += weight,
            (false, false) => {}
        }
    }

    fn precision(self) -> f64 {
        self.right / (self.right + self.wrong)
    }

    fn recall(self) -> f64 {
        self.right / (self.right + self.missed)
    }

    fn f1(self) -> f64 {
        2.0 * self.right / (2.0 * self.right + self.wrong + self.missed)
    }
}

/// Every measure of one draw; not a number where there is nothing to divide by.
struct Measures {
    auc: f64,
    brier: f64,
    calibration_error: f64,
    at_half: Calls,
    at_chosen: Calls,
    list: Calls,
}

#[derive(Clone, Copy, Default)]
struct Bin {
    weight: f64,
    chance: f64,
    came: f64,
}

impl Measures {
    /// `texts` by ascending chance; `times`: how often each thread was drawn.
    fn of(texts: &[Judged], times: &[f64]) -> Measures {
        let (mut at_half, mut at_chosen, mut list) = (Calls::default(), Calls::default(), Calls::default());
        let (mut total, mut missed_by) = (0.0, 0.0);
        let mut bins = [Bin::default(); BINS];
        let (mut yes, mut no, mut ordered) = (0.0, 0.0, 0.0);
        for tied in texts.chunk_by(|left, right| left.chance == right.chance) {
            let no_before = no;
            let mut yes_here = 0.0;
            for text in tied {
                let weight = text.weight * times[text.thread];
                let came = f64::from(u8::from(text.is_one));
                at_half.add(text.chance >= 0.5, text.is_one, weight);
                at_chosen.add(text.chance >= text.threshold, text.is_one, weight);
                list.add(text.list_says, text.is_one, weight);
                total += weight;
                missed_by += weight * (text.chance - came).powi(2);
                let bin = &mut bins[((text.chance * BINS as f64) as usize).min(BINS - 1)];
                bin.weight += weight;
                bin.chance += weight * text.chance;
                bin.came += weight * came;
                yes_here += weight * came;
                no += weight * (1.0 - came);
            }
            // A text that is one stands above every earlier text that is not, and beside those tied with it.
            ordered += yes_here * (no_before + no) / 2.0;
            yes += yes_here;
        }
        let off: f64 = bins.iter().map(|bin| (bin.chance - bin.came).abs()).sum();
        Measures {
            auc: ordered / (yes * no),
            brier: missed_by / total,
            calibration_error: off / total,
            at_half,
            at_chosen,
            list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(chance: f64, is_one: bool, thread: usize) -> Judged {
        Judged { chance, threshold: 0.7, list_says: chance > 0.85, is_one, weight: 1.0, thread }
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let texts =
            [text(0.9, true, 0), text(0.8, false, 1), text(0.6, true, 2), text(0.6, false, 3), text(0.1, false, 4)];
        let found = figures(&texts, 100, 0);
        // Pairs: .9 above all three; .6 above .1, beside .6, below .8.
        assert_eq!(found.auc.value, Some(4.5 / 6.0));
        assert_eq!((found.at_half.precision.value, found.at_half.recall.value), (Some(0.5), Some(1.0)));
        assert_eq!((found.at_chosen.precision.value, found.at_chosen.recall.value), (Some(0.5), Some(0.5)));
        assert_eq!((found.list.precision.value, found.list.recall.value), (Some(1.0), Some(0.5)));
        assert!((found.brier.value.expect("known") - (0.01 + 0.64 + 0.16 + 0.36 + 0.01) / 5.0).abs() < 1e-12);
        assert!((found.calibration_error.value.expect("known") - (0.1 + 0.8 + 0.2 + 0.1) / 5.0).abs() < 1e-12);
        assert_eq!((found.texts, found.threads, found.yes), (5, 5, 2));
    }

    #[test]
    fn a_weight_counts_as_so_many_texts() {
        let [yes, no, late] = [text(0.9, true, 0), text(0.8, false, 1), text(0.3, true, 2)];
        let left = figures(&[yes, Judged { weight: 3.0, ..no }, late], 0, 0);
        let right = figures(&[yes, no, no, no, late], 0, 0);
        assert_eq!((left.auc, left.at_half, left.brier), (right.auc, right.at_half, right.brier));
    }

    #[test]
    fn without_a_yes_nothing_is_known_of_the_order() {
        let found = figures(&[text(0.9, false, 0), text(0.2, false, 1)], 50, 0);
        assert_eq!((found.auc.value, found.at_half.recall.value), (None, None));
        assert_eq!(found.at_half.precision.value, Some(0.0));
    }
}
