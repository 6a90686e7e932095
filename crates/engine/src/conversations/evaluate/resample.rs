//! How sure a mean or a difference of means is: the bootstrap over brands, with repeatable draws.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::random::Draws;

const RESAMPLE_STREAM: u64 = 21;

/// A mean with its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub mean: f64,
    pub lo: f64,
    pub hi: f64,
}

/// The mean of some values and its 90 % bootstrap interval. Cost `O(draws * values)`.
///
/// ```
/// let sure = engine::conversations::evaluate::resample::mean_interval(&[0.5; 20], 200, 0);
/// assert_eq!((sure.lo, sure.hi), (0.5, 0.5));
/// ```
pub fn mean_interval(values: &[f64], draws: usize, seed: u64) -> Difference {
    if values.is_empty() {
        return Difference { mean: 0.0, lo: 0.0, hi: 0.0 };
    }
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count as f64;
    let chance = Draws::new(seed, RESAMPLE_STREAM);
    let mut means: Vec<f64> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let picks = (0..count).map(|pick| values[chance.below((draw * count + pick) as u64, count)]);
            picks.sum::<f64>() / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at =
        |share: f64| means.get(((draws.saturating_sub(1)) as f64 * share).round() as usize).copied().unwrap_or(mean);
    Difference { mean, lo: at(0.05), hi: at(0.95) }
}

/// The mean of `left - right`, item by item, with its interval.
pub fn paired_difference(left: &[f64], right: &[f64], draws: usize, seed: u64) -> Difference {
    let differences: Vec<f64> = left.iter().zip(right).map(|(left, right)| left - right).collect();
    mean_interval(&differences, draws, seed)
}
