//! Likes: whether the counts of a creator's posts differ as those of people do, or look as if delivered in fixed lots.

use serde::{Deserialize, Serialize};

use crate::random::Sequence;

/// Fewer posts say nothing.
pub const POSTS_MIN: usize = 12;
/// Two counts are alike when they differ by no more than this.
const ALIKE: f64 = 0.02;
const DRAWS: usize = 400;
const STREAM: u64 = 61;

/// How the likes of posts are spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikeSpread {
    /// Standard deviation of ln(1 + likes).
    pub spread: f64,
    /// Its standard error.
    pub spread_error: f64,
    /// The largest share of posts, 0..=1, whose likes lie within 2 % of one of them,
    pub alike_share: f64,
    /// what share that would be by chance with this spread, and its standard deviation.
    pub alike_by_chance: f64,
    pub alike_deviation: f64,
    pub posts: u32,
}

/// Standard deviation of ln(1 + likes) over posts; `None` under 12 posts. Posts of several kinds only make it larger, so
/// they never make anybody suspect. Cost `O(posts log posts)`.
pub fn spread_of(likes: &[u64]) -> Option<f64> {
    Some(Logs::of(likes)?.spread)
}

/// ln(1 + likes), ascending, so that sums are the same whatever order posts came in.
struct Logs {
    sorted: Vec<f64>,
    mean: f64,
    spread: f64,
}

impl Logs {
    fn of(likes: &[u64]) -> Option<Logs> {
        if likes.len() < POSTS_MIN {
            return None;
        }
        let mut sorted: Vec<f64> = likes.iter().map(|likes| (*likes as f64).ln_1p()).collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        let spread = (sorted.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        Some(Logs { sorted, mean, spread })
    }
}

/// The spread of likes over posts and how far they stop at one count; `None` under 12 posts. Ten likes or fewer are left out
/// of "alike", since small counts repeat by themselves.
///
/// The share by chance comes from 400 seeded draws of as many log-normal posts with the same middle and spread. Order of
/// posts changes nothing. Cost `O(400 posts log posts)`.
pub fn like_spread(likes: &[u64]) -> Option<LikeSpread> {
    let Logs { sorted: logs, mean, spread } = Logs::of(likes)?;
    let count = logs.len() as f64;
    let counts: Vec<f64> = logs.iter().map(|log| log.exp_m1().round()).collect();
    let mut draw = Sequence::new(likes.len() as u64, STREAM);
    let mut by_chance: Vec<f64> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let mut drawn: Vec<f64> =
            (0..likes.len()).map(|_| (mean + spread * draw.normal()).exp_m1().round().max(0.0)).collect();
        drawn.sort_by(f64::total_cmp);
        by_chance.push(alike_share(&drawn));
    }
    let expected = by_chance.iter().sum::<f64>() / DRAWS as f64;
    let deviation = (by_chance.iter().map(|share| (share - expected).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
    Some(LikeSpread {
        spread,
        spread_error: spread / (2.0 * (count - 1.0)).sqrt(),
        alike_share: alike_share(&counts),
        alike_by_chance: expected,
        alike_deviation: deviation.max(1.0 / count),
        posts: likes.len() as u32,
    })
}

/// The largest share of sorted counts within 2 % of one of them.
fn alike_share(sorted: &[f64]) -> f64 {
    let (mut low, mut high, mut best) = (0, 0, 0);
    for &count in sorted.iter().filter(|count| **count > 10.0) {
        while sorted[low] < count * (1.0 - ALIKE) {
            low += 1;
        }
        while high < sorted.len() && sorted[high] <= count * (1.0 + ALIKE) {
            high += 1;
        }
        best = best.max(high - low);
    }
    best as f64 / sorted.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likes_in_fixed_lots_stand_out_and_ordinary_ones_do_not() {
        let mut draw = Sequence::new(5, 5);
        let ordinary: Vec<u64> = (0..30).map(|_| (300.0 * (0.6 * draw.normal()).exp()) as u64).collect();
        let found = like_spread(&ordinary).expect("enough posts");
        assert!(
            found.spread > 0.4 && (found.alike_share - found.alike_by_chance) / found.alike_deviation < 3.0,
            "{found:?}"
        );
        let lots: Vec<u64> =
            ordinary.iter().enumerate().map(|(at, likes)| if at % 2 == 0 { 500 } else { *likes }).collect();
        let found = like_spread(&lots).expect("enough posts");
        assert!((found.alike_share - found.alike_by_chance) / found.alike_deviation > 4.0, "{found:?}");
        let flat: Vec<u64> = (0..30).map(|at| 500 + at % 7).collect();
        assert!(like_spread(&flat).expect("enough posts").spread < 0.02);
    }

    #[test]
    fn few_posts_say_nothing_and_the_order_changes_nothing() {
        assert_eq!(like_spread(&[5; 11]), None);
        let mut likes: Vec<u64> = (0..20).map(|at| 100 + at * 17).collect();
        let found = like_spread(&likes);
        likes.reverse();
        assert_eq!(like_spread(&likes), found);
        assert_eq!(like_spread(&[0; 12]).expect("twelve").alike_share, 0.0);
    }
}
