//! Makes chances true: what was said beside what came, on rows the model had not seen.

use serde::{Deserialize, Serialize};

use crate::logistic::sigmoid;

/// From log-odds to a chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Calibration {
    /// `1 / (1 + e^-(shift + slope * log-odds))`.
    Platt { shift: f64, slope: f64 },
    /// Straight lines between these points, ascending in both; flat beyond them.
    Steps { log_odds: Vec<f64>, chances: Vec<f64> },
}

impl Calibration {
    pub const NONE: Calibration = Calibration::Platt { shift: 0.0, slope: 1.0 };

    /// The chance for these log-odds, 0..=1; never falls where the log-odds rise.
    pub fn chance(&self, log_odds: f64) -> f64 {
        match self {
            Calibration::Platt { shift, slope } => sigmoid(shift + slope * log_odds),
            Calibration::Steps { log_odds: at, chances } => {
                let next = at.partition_point(|point| *point <= log_odds);
                if next == 0 || next == at.len() {
                    return chances[next.min(at.len() - 1)];
                }
                let part = (log_odds - at[next - 1]) / (at[next] - at[next - 1]);
                chances[next - 1] + part * (chances[next] - chances[next - 1])
            }
        }
    }
}

/// From this many positives on, steps are fitted; below, Platt's two numbers, which need less.
pub const STEPS_FROM_POSITIVES: usize = 200;

/// Log-odds said of a row that was not learned from, and whether it is a positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    pub log_odds: f64,
    pub is_positive: bool,
}

/// Fits what was said to what came. Cost `O(n log n)`.
pub fn calibrate(said: &[Said]) -> Calibration {
    let positives = said.iter().filter(|said| said.is_positive).count();
    if positives >= STEPS_FROM_POSITIVES { steps(said) } else { platt(said, positives) }
}

/// Platt's sigmoid with his targets `(n1 + 1) / (n1 + 2)` and `1 / (n0 + 2)` in place of 1 and 0, by Newton's method.
///
/// Source: Platt, "Probabilistic outputs for support vector machines" (1999); Lin, Lin, Weng (2007).
fn platt(said: &[Said], positives: usize) -> Calibration {
    let (ones, zeros) = (positives as f64, (said.len() - positives) as f64);
    if positives == 0 || positives == said.len() {
        return Calibration::NONE;
    }
    let target = |is_positive: bool| if is_positive { (ones + 1.0) / (ones + 2.0) } else { 1.0 / (zeros + 2.0) };
    let loss = |shift: f64, slope: f64| -> f64 {
        said.iter().map(|said| crate::logistic::log_loss(shift + slope * said.log_odds, target(said.is_positive))).sum()
    };
    let (mut shift, mut slope) = (0.0, 1.0);
    let mut held = loss(shift, slope);
    for _ in 0..100 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for said in said {
            let chance = sigmoid(shift + slope * said.log_odds);
            let (miss, curve) = (chance - target(said.is_positive), chance * (1.0 - chance));
            g0 += miss;
            g1 += miss * said.log_odds;
            h00 += curve;
            h01 += curve * said.log_odds;
            h11 += curve * said.log_odds * said.log_odds;
        }
        let determinant = h00 * h11 - h01 * h01;
        let (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        let mut length = 1.0;
        let mut next = loss(shift - d0, slope - d1);
        while next > held && length > 1e-6 {
            length /= 2.0;
            next = loss(shift - length * d0, slope - length * d1);
        }
        (shift, slope, held) = (shift - length * d0, slope - length * d1, next);
        if d0.abs() + d1.abs() < 1e-10 {
            break;
        }
    }
    // A ranking is never turned round.
    Calibration::Platt { shift, slope: slope.max(1e-3) }
}

/// The closest rising steps (pool adjacent violators), joined by lines between the middles of the steps.
///
/// Source: Ayer et al. (1955); Zadrozny & Elkan (2002).
fn steps(said: &[Said]) -> Calibration {
    let mut sorted = said.to_vec();
    sorted.sort_by(|a, b| a.log_odds.total_cmp(&b.log_odds));
    // Sum of positives, rows, and the sum of their log-odds.
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for said in sorted {
        pools.push((f64::from(u8::from(said.is_positive)), 1.0, said.log_odds));
        while let [.., before, last] = pools.as_slice() {
            let (before, last) = (*before, *last);
            if before.0 / before.1 < last.0 / last.1 {
                break;
            }
            pools.truncate(pools.len() - 2);
            pools.push((before.0 + last.0, before.1 + last.1, before.2 + last.2));
        }
    }
    // A pool of nothing but one kind is not certain: one half of a row of each kind is added.
    let chance = |pool: &(f64, f64, f64)| (pool.0 + 0.5) / (pool.1 + 1.0);
    let mut log_odds: Vec<f64> = pools.iter().map(|pool| pool.2 / pool.1).collect();
    let mut chances: Vec<f64> = pools.iter().map(chance).collect();
    for place in 1..chances.len() {
        chances[place] = chances[place].max(chances[place - 1]);
    }
    let mut kept = 1;
    for place in 1..log_odds.len() {
        if log_odds[place] > log_odds[kept - 1] {
            (log_odds[kept], chances[kept]) = (log_odds[place], chances[place]);
            kept += 1;
        } else {
            chances[kept - 1] = chances[kept - 1].max(chances[place]);
        }
    }
    log_odds.truncate(kept);
    chances.truncate(kept);
    Calibration::Steps { log_odds, chances }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    /// Rows whose true log-odds are half of what is said, and 0.7 below.
    fn too_sure(count: u64) -> Vec<Said> {
        let draws = Draws::new(4, 1);
        (0..count)
            .map(|row| {
                let log_odds = draws.uniform(2 * row) * 10.0 - 5.0;
                let is_positive = draws.uniform(2 * row + 1) < sigmoid(0.5 * log_odds - 0.7);
                Said { log_odds, is_positive }
            })
            .collect()
    }

    #[test]
    fn too_sure_chances_are_straightened_by_two_numbers_and_by_steps() {
        let said = too_sure(20_000);
        let positives = said.iter().filter(|said| said.is_positive).count();
        let by_two = platt(&said, positives);
        for log_odds in [-4.0, -1.0, 0.0, 2.0, 4.0] {
            let truth = sigmoid(0.5 * log_odds - 0.7);
            assert!((by_two.chance(log_odds) - truth).abs() < 0.02);
            assert!((calibrate(&said).chance(log_odds) - truth).abs() < 0.06, "{log_odds}");
        }
    }

    #[test]
    fn chances_never_fall_where_log_odds_rise_and_are_never_certain() {
        for said in [too_sure(600), too_sure(3_000), vec![Said { log_odds: 1.0, is_positive: true }; 300]] {
            let calibration = calibrate(&said);
            let chances: Vec<f64> = (-80..=80).map(|at| calibration.chance(f64::from(at) / 10.0)).collect();
            assert!(chances.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            assert!(chances.iter().all(|chance| *chance > 0.0 && *chance < 1.0));
        }
    }
}
