//! Peers: what is usual for accounts of a size, learned from the user's own corpus, and how far one account is from it.

use serde::{Deserialize, Serialize};

use crate::intervals::median_of as median;

/// An account as a point: how many follow it, and a figure of it on a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeerPoint {
    pub ln_followers: f64,
    pub ln_figure: f64,
}

/// The usual figure by followers, and how far accounts are from it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerLine {
    /// `ln figure = level + slope * ln followers`.
    pub level: f64,
    pub slope: f64,
    /// The scale of a t distribution with 4 degrees of freedom around the line.
    pub scale: f64,
    pub peers: u64,
}

/// Fewer peers say nothing of what is usual.
pub const PEERS_MIN: usize = 30;
/// Degrees of freedom: heavy tails, since honest accounts differ widely.
const FREEDOM: f64 = 4.0;
/// How much wider the figures of bought engagement are spread than honest ones.
const BOUGHT_WIDER: f64 = 2.5;

impl PeerLine {
    /// The line through these accounts; `None` from fewer than 30, or where all have the same followers.
    ///
    /// Student-t errors with 4 degrees of freedom, fitted by reweighting: begins at the median and the median absolute
    /// deviation, then weights `5 / (4 + z^2)` until nothing moves. Cost `O(peers)` a step, at most 100.
    /// Source: Lange, Little, Taylor, "Robust statistical modeling using the t distribution" (1989).
    pub fn fit(points: &[PeerPoint]) -> Option<PeerLine> {
        if points.len() < PEERS_MIN {
            return None;
        }
        let middle = median(points.iter().map(|point| point.ln_figure).collect());
        let apart = median(points.iter().map(|point| (point.ln_figure - middle).abs()).collect());
        let (mut level, mut slope, mut scale) = (middle, 0.0, (1.4826 * apart).max(1e-3));
        for _ in 0..100 {
            let (mut w, mut wx, mut wy, mut wxx, mut wxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for point in points {
                let z = (point.ln_figure - level - slope * point.ln_followers) / scale;
                let weight = (FREEDOM + 1.0) / (FREEDOM + z * z);
                w += weight;
                wx += weight * point.ln_followers;
                wy += weight * point.ln_figure;
                wxx += weight * point.ln_followers * point.ln_followers;
                wxy += weight * point.ln_followers * point.ln_figure;
            }
            let spread = wxx - wx * wx / w;
            if spread <= 1e-9 * wxx.abs().max(1.0) {
                return None;
            }
            let next_slope = (wxy - wx * wy / w) / spread;
            let next_level = (wy - next_slope * wx) / w;
            let squares: f64 = points
                .iter()
                .map(|point| {
                    let miss = point.ln_figure - next_level - next_slope * point.ln_followers;
                    let z = miss / scale;
                    (FREEDOM + 1.0) / (FREEDOM + z * z) * miss * miss
                })
                .sum();
            let next_scale = (squares / points.len() as f64).sqrt().max(1e-3);
            let moved = (next_level - level).abs() + (next_slope - slope).abs() + (next_scale - scale).abs();
            (level, slope, scale) = (next_level, next_slope, next_scale);
            if moved < 1e-10 {
                break;
            }
        }
        Some(PeerLine { level, slope, scale, peers: points.len() as u64 })
    }

    /// How many scales an account is above (or below) what is usual for its followers.
    pub fn residual(&self, point: PeerPoint) -> f64 {
        (point.ln_figure - self.level - self.slope * point.ln_followers) / self.scale
    }
}

/// How much likelier a residual is where engagement was bought, as a logarithm: bought figures lie 2.5 times as far from
/// the line, in both directions (bought likes lift them, bought followers lower them). Between -0.92 at the line and 3.67
/// far from it: heavy tails on both sides, so that no single honest account is accused by its distance alone.
pub fn residual_log_odds(residual: f64) -> f64 {
    let tail = |z: f64| -(FREEDOM + 1.0) / 2.0 * (z * z / FREEDOM).ln_1p();
    tail(residual / BOUGHT_WIDER) - BOUGHT_WIDER.ln() - tail(residual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn market(count: usize, bought: usize) -> Vec<PeerPoint> {
        let mut sequence = Sequence::new(6, 1);
        (0..count)
            .map(|place| {
                let ln_followers = 6.0 + 6.0 * sequence.uniform();
                let usual = -0.5 - 0.25 * ln_followers + 0.6 * sequence.student_t(4.0);
                PeerPoint { ln_followers, ln_figure: if place < bought { usual + 6.0 } else { usual } }
            })
            .collect()
    }

    #[test]
    fn the_line_is_found_though_one_in_ten_bought_their_figures() {
        let line = PeerLine::fit(&market(2_000, 200)).expect("enough peers");
        assert!((line.slope + 0.25).abs() < 0.05, "{line:?}");
        let clean = PeerLine::fit(&market(2_000, 0)).expect("enough peers");
        assert!((clean.level + 0.5).abs() < 0.2 && (clean.scale - 0.6).abs() < 0.05, "{clean:?}");
    }

    #[test]
    fn what_is_usual_speaks_against_and_what_is_far_off_for_with_an_end() {
        assert!((residual_log_odds(0.0) + 2.5f64.ln()).abs() < 1e-12);
        assert!(residual_log_odds(4.0) > 1.0 && residual_log_odds(-4.0) == residual_log_odds(4.0));
        assert!(residual_log_odds(1e9) < 3.67 && residual_log_odds(30.0) < residual_log_odds(60.0));
    }

    #[test]
    fn few_peers_or_peers_of_one_size_say_nothing() {
        assert_eq!(PeerLine::fit(&market(29, 0)), None);
        let one_size: Vec<PeerPoint> =
            market(100, 0).iter().map(|point| PeerPoint { ln_followers: 8.0, ..*point }).collect();
        assert_eq!(PeerLine::fit(&one_size), None);
    }
}
