//! The comment model: weights of pieces, words and the six things, learned from labelled comments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::features::{BY_HAND, by_hand, pieces, plain, words};
use crate::logistic::{log_loss, sigmoid};

/// A comment and whether it is spam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledComment<'t> {
    pub text: &'t str,
    pub is_spam: bool,
}

/// What is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Pieces, words, and what holds in any language.
    Everything,
    /// Only the six things that hold in any language.
    ByHand,
}

/// How the model is learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommentTraining {
    pub reads: Reads,
    /// How strongly weights are pulled to 0.
    pub pull: f64,
}

impl Default for CommentTraining {
    fn default() -> Self {
        CommentTraining { reads: Reads::Everything, pull: 0.1 }
    }
}

/// A piece or word that was seen in at least so many comments has a weight.
const SEEN_IN_MIN: u32 = 2;
/// Fewer comments, or fewer of either kind, teach nothing.
const EACH_KIND_MIN: usize = 10;

/// Hands over what is looked at in a text, piece by piece.
type TakenFrom = dyn Fn(&str, &mut dyn FnMut(&str));

/// One row of features: column and value, ascending by column.
type Row = Vec<(u32, f64)>;

/// What a piece or word is worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    column: u32,
    /// `ln((1 + comments) / (1 + comments with it)) + 1`.
    rareness: f64,
}

/// Weights of everything that is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommentModel {
    pub reads: Reads,
    intercept: f64,
    weights: Vec<f64>,
    pieces: BTreeMap<String, Known>,
    words: BTreeMap<String, Known>,
    pub comments: u64,
    pub spam: u64,
}

impl CommentModel {
    /// The chance, 0..=1, that a comment is spam. Cost `O(letters)`.
    pub fn chance(&self, text: &str) -> f64 {
        sigmoid(self.log_odds(text))
    }

    pub fn log_odds(&self, text: &str) -> f64 {
        self.intercept
            + self.row(text).iter().map(|(column, value)| self.weights[*column as usize] * value).sum::<f64>()
    }

    /// What of a comment counted most, for it or against it: words and the six things with the log-odds each added.
    pub fn why(&self, text: &str, most: usize) -> Vec<(String, f64)> {
        let plain = plain(text);
        let mut named: BTreeMap<u32, String> = BTreeMap::new();
        words(&plain.to_lowercase(), |word| {
            if let Some(known) = self.words.get(word) {
                named.insert(known.column, word.to_owned());
            }
        });
        let added = self.row(text);
        let mut parts: Vec<(String, f64)> = added
            .iter()
            .filter_map(|(column, value)| {
                let by_hand = BY_HAND.get(*column as usize).map(|name| (*name).to_owned());
                Some((by_hand.or_else(|| named.remove(column))?, self.weights[*column as usize] * value))
            })
            .collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
        parts.truncate(most);
        parts
    }

    fn row(&self, text: &str) -> Row {
        let plain = plain(text);
        let mut row: Row = (0u32..).zip(by_hand(&plain)).collect();
        if self.reads == Reads::Everything {
            let lower = plain.to_lowercase();
            row.extend(block(&self.pieces, |take| pieces(&lower, take)));
            row.extend(block(&self.words, |take| words(&lower, take)));
        }
        row
    }
}

/// `(1 + ln times) * rareness` of what is known of one kind, as a row of length 1.
fn block(known: &BTreeMap<String, Known>, each: impl FnOnce(&mut dyn FnMut(&str))) -> Row {
    let mut times: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    each(&mut |piece| {
        if let Some(known) = known.get(piece) {
            times.entry(known.column).or_insert((0.0, known.rareness)).0 += 1.0;
        }
    });
    let mut row: Row =
        times.into_iter().map(|(column, (times, rareness))| (column, (1.0 + times.ln()) * rareness)).collect();
    let length = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
    for (_, value) in &mut row {
        *value /= length;
    }
    row
}

/// Learns the model; `None` from too few comments of either kind.
///
/// `logit p = b0 + w x` over tf-idf of pieces of 3 to 5 letters within words, tf-idf of words and pairs of words (each
/// seen in two comments at least, `1 + ln tf`, rows to length 1), and six things counted by hand; minimises
/// `-loglik + pull / 2 ||w||^2` with a free intercept. Cost: about ten Newton steps, each some tens of passes over the
/// rows (conjugate gradients, never a matrix of features by features).
/// Source: Lin, Weng, Keerthi, "Trust region Newton method for logistic regression" (2008), without the region.
pub fn train(labelled: &[LabelledComment<'_>], training: &CommentTraining) -> Option<CommentModel> {
    let spam = labelled.iter().filter(|comment| comment.is_spam).count();
    if spam.min(labelled.len() - spam) < EACH_KIND_MIN {
        return None;
    }
    let lower: Vec<String> = labelled.iter().map(|comment| plain(comment.text).to_lowercase()).collect();
    let mut next = BY_HAND.len() as u32;
    let mut known = |each: &TakenFrom| -> BTreeMap<String, Known> {
        if training.reads == Reads::ByHand {
            return BTreeMap::new();
        }
        // In how many comments, and the last comment it was counted for.
        let mut seen: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for (place, text) in lower.iter().enumerate() {
            each(text, &mut |piece| match seen.get_mut(piece) {
                Some((comments, last)) => {
                    *comments += u32::from(*last != place);
                    *last = place;
                }
                None => drop(seen.insert(piece.to_owned(), (1, place))),
            });
        }
        let known = |(piece, (comments, _)): (String, (u32, usize))| {
            let rareness = ((1.0 + lower.len() as f64) / (1.0 + f64::from(comments))).ln() + 1.0;
            next += 1;
            (piece, Known { column: next - 1, rareness })
        };
        seen.into_iter().filter(|(_, (comments, _))| *comments >= SEEN_IN_MIN).map(known).collect()
    };
    let pieces = known(&|text, take| pieces(text, take));
    let words = known(&|text, take| words(text, take));
    let mut model = CommentModel {
        reads: training.reads,
        intercept: 0.0,
        weights: vec![0.0; next as usize],
        pieces,
        words,
        comments: labelled.len() as u64,
        spam: spam as u64,
    };
    let rows: Vec<Row> = labelled.iter().map(|comment| model.row(comment.text)).collect();
    let targets: Vec<f64> = labelled.iter().map(|comment| f64::from(u8::from(comment.is_spam))).collect();
    (model.intercept, model.weights) = fit_sparse(&rows, &targets, model.weights.len(), training.pull);
    Some(model)
}

/// The intercept is the last coefficient and hardly pulled.
const INTERCEPT_PULL: f64 = 1e-6;

fn dot(row: &Row, weights: &[f64]) -> f64 {
    row.iter().map(|(column, value)| weights[*column as usize] * value).sum::<f64>() + weights[weights.len() - 1]
}

fn add(row: &Row, times: f64, into: &mut [f64]) {
    for (column, value) in row {
        into[*column as usize] += times * value;
    }
    *into.last_mut().expect("the intercept") += times;
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Intercept and weights of the penalised likelihood's only minimum.
fn fit_sparse(rows: &[Row], targets: &[f64], columns: usize, pull: f64) -> (f64, Vec<f64>) {
    let pull_of = |place: usize| if place == columns { INTERCEPT_PULL } else { pull };
    let mut weights = vec![0.0; columns + 1];
    let cost = |weights: &[f64]| {
        let loss: f64 = rows.iter().zip(targets).map(|(row, target)| log_loss(dot(row, weights), *target)).sum();
        loss + weights.iter().enumerate().map(|(place, w)| pull_of(place) / 2.0 * w * w).sum::<f64>()
    };
    let mut held = cost(&weights);
    for _ in 0..50 {
        let mut gradient: Vec<f64> = weights.iter().enumerate().map(|(place, w)| pull_of(place) * w).collect();
        let mut curves = Vec::with_capacity(rows.len());
        for (row, target) in rows.iter().zip(targets) {
            let chance = sigmoid(dot(row, &weights));
            add(row, chance - target, &mut gradient);
            curves.push((chance * (1.0 - chance)).max(1e-9));
        }
        let size = inner(&gradient, &gradient).sqrt();
        if size < 1e-7 {
            break;
        }
        // Conjugate gradients for the Newton step.
        let bend = |along: &[f64]| {
            let mut bent: Vec<f64> = along.iter().enumerate().map(|(place, w)| pull_of(place) * w).collect();
            for (row, curve) in rows.iter().zip(&curves) {
                add(row, curve * dot(row, along), &mut bent);
            }
            bent
        };
        let mut step = vec![0.0; columns + 1];
        let mut left: Vec<f64> = gradient.iter().map(|part| -part).collect();
        let mut along = left.clone();
        let mut left_size = inner(&left, &left);
        let enough = (size * 0.1f64.min(size.sqrt())).powi(2).max(1e-22);
        for _ in 0..250 {
            if left_size <= enough {
                break;
            }
            let bent = bend(&along);
            let far = left_size / inner(&along, &bent);
            for place in 0..step.len() {
                step[place] += far * along[place];
                left[place] -= far * bent[place];
            }
            let next = inner(&left, &left);
            for place in 0..along.len() {
                along[place] = left[place] + next / left_size * along[place];
            }
            left_size = next;
        }
        let mut length = 1.0;
        loop {
            let moved: Vec<f64> = weights.iter().zip(&step).map(|(w, step)| w + length * step).collect();
            let next = cost(&moved);
            if next <= held || length < 1e-6 {
                (weights, held) = (moved, next);
                break;
            }
            length /= 2.0;
        }
    }
    let intercept = weights.pop().expect("the intercept");
    (intercept, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled() -> Vec<LabelledComment<'static>> {
        let spam = ["check out my channel please", "subscribe to my channel now", "free followers at www.example.com"];
        let plain = ["this song makes me happy", "the dance in the middle is great", "who else listens to this song"];
        let of = |texts: [&'static str; 3], is_spam| texts.map(|text| LabelledComment { text, is_spam });
        (0..12).flat_map(|_| of(spam, true).into_iter().chain(of(plain, false))).collect()
    }

    #[test]
    fn comments_like_those_learned_from_are_told_apart_and_the_words_that_count_are_named() {
        let model = train(&labelled(), &CommentTraining::default()).expect("enough comments");
        assert!(model.chance("please check out my channel") > 0.8);
        assert!(model.chance("what a great song") < 0.3);
        let why = model.why("check out my channel", 20);
        assert!(why.iter().any(|(what, added)| what == "channel" && *added > 0.0), "{why:?}");
        assert!(why.iter().any(|(what, _)| what == "words that advertise"));
        assert_eq!(train(&labelled()[..6], &CommentTraining::default()), None);
    }

    #[test]
    fn another_language_is_judged_by_what_holds_in_any() {
        let model = train(&labelled(), &CommentTraining { reads: Reads::ByHand, pull: 0.1 }).expect("enough comments");
        assert!(model.chance("schaut hier www.beispiel.com http://b.de") > model.chance("schönes lied, danke dafür"));
    }

    #[test]
    fn the_fit_is_where_no_step_makes_it_better() {
        let rows: Vec<Row> = (0..60).map(|n| vec![(0, f64::from(n % 7) / 7.0), (1, f64::from(n % 5) / 5.0)]).collect();
        let targets: Vec<f64> = (0..60).map(|n| f64::from(u8::from(n % 3 == 0))).collect();
        let (intercept, weights) = fit_sparse(&rows, &targets, 2, 0.5);
        let cost = |all: [f64; 3]| {
            let loss: f64 = rows.iter().zip(&targets).map(|(row, target)| log_loss(dot(row, &all), *target)).sum();
            loss + 0.25 * (all[0] * all[0] + all[1] * all[1]) + INTERCEPT_PULL / 2.0 * all[2] * all[2]
        };
        let best = [weights[0], weights[1], intercept];
        for place in 0..3 {
            for step in [-1e-3, 1e-3] {
                let mut moved = best;
                moved[place] += step;
                assert!(cost(moved) >= cost(best) - 1e-10);
            }
        }
    }
}
