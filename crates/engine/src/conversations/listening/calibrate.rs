//! Makes chances true: straightens them on the creators that would have been chosen.

use super::logistic::{Talked, sigmoid};
use super::model::{Calibration, Drift};

/// A chance made before, and what then happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub log_odds: f64,
    pub talked: Talked,
}

/// Fits `shift + slope * log-odds` to what happened (Platt 1999, with his smoothed targets in place of 0 and 1).
///
/// A mild pull (as of 10 observations) holds it at shift 0, slope 1. Cost `O(outcomes)` a step, at most 50.
pub fn platt(outcomes: &[Outcome]) -> Calibration {
    const PULL: f64 = 10.0;
    let mut calibration = Calibration::NONE;
    for _ in 0..50 {
        let mut gradient = [PULL * calibration.shift, PULL * (calibration.slope - 1.0)];
        let (mut h00, mut h01, mut h11) = (PULL, 0.0, PULL);
        for outcome in outcomes {
            let p = sigmoid(calibration.shift + calibration.slope * outcome.log_odds);
            let miss = p - outcome.talked.value();
            let curve = p * (1.0 - p);
            gradient[0] += miss;
            gradient[1] += miss * outcome.log_odds;
            h00 += curve;
            h01 += curve * outcome.log_odds;
            h11 += curve * outcome.log_odds * outcome.log_odds;
        }
        let determinant = h00 * h11 - h01 * h01;
        let shift = (h11 * gradient[0] - h01 * gradient[1]) / determinant;
        let slope = (h00 * gradient[1] - h01 * gradient[0]) / determinant;
        calibration.shift -= shift;
        calibration.slope = (calibration.slope - slope).clamp(0.1, 3.0);
        if shift.abs() + slope.abs() < 1e-9 {
            break;
        }
    }
    calibration
}

/// Listeners expected of a creator, and those there then were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub expected: f64,
    pub came: f64,
}

/// One bad season does not silence a forecast altogether.
const KEPT_MIN: f64 = 0.25;

/// Fits `level * expected^slope` to what happened, by Poisson regression with a pull (as of 20 listeners) to no change.
///
/// The slope lies in 0.7..=1. A promise is lowered, never raised: over all creators given, the corrected numbers add
/// up to between a quarter of the expected ones and all of them. Cost `O(creators)` a step, at most 50.
pub fn drift(creators: &[Expected]) -> Drift {
    const PULL: f64 = 20.0;
    let total: f64 = creators.iter().map(|creator| creator.expected).sum();
    if total <= 0.0 {
        return Drift::NONE;
    }
    let logs: Vec<f64> = creators.iter().map(|creator| creator.expected.max(1e-6).ln()).collect();
    let (mut level, mut slope) = (0.0f64, 1.0f64);
    for _ in 0..50 {
        let mut gradient = [PULL * level, PULL * (slope - 1.0)];
        let (mut h00, mut h01, mut h11) = (PULL, 0.0, PULL);
        for (creator, &log) in creators.iter().zip(&logs) {
            let rate = (level + slope * log).min(30.0).exp();
            gradient[0] += rate - creator.came;
            gradient[1] += (rate - creator.came) * log;
            h00 += rate;
            h01 += rate * log;
            h11 += rate * log * log;
        }
        let determinant = h00 * h11 - h01 * h01;
        let down = ((h11 * gradient[0] - h01 * gradient[1]) / determinant).clamp(-1.0, 1.0);
        let flatter = ((h00 * gradient[1] - h01 * gradient[0]) / determinant).clamp(-0.5, 0.5);
        level -= down;
        slope -= flatter;
        if down.abs() + flatter.abs() < 1e-9 {
            break;
        }
    }
    let slope = slope.clamp(0.7, 1.0);
    let came: f64 = creators.iter().map(|creator| creator.came).sum();
    let kept = ((came + PULL) / (total + PULL)).clamp(KEPT_MIN, 1.0);
    let grown: f64 = creators.iter().map(|creator| creator.expected.powf(slope)).sum();
    Drift { level: kept * total / grown, slope }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_that_was_twice_too_high_is_halved() {
        let creators: Vec<Expected> =
            (1..200).map(|n| Expected { expected: f64::from(n), came: f64::from(n) / 2.0 }).collect();
        let drift = drift(&creators);
        assert!((drift.corrected(100.0) - 50.0).abs() < 1.0);
    }

    #[test]
    fn a_forecast_is_never_raised_in_all() {
        let creators: Vec<Expected> =
            (1..50).map(|n| Expected { expected: f64::from(n), came: f64::from(3 * n) }).collect();
        let drift = drift(&creators);
        let corrected: f64 = creators.iter().map(|creator| drift.corrected(creator.expected)).sum();
        let expected: f64 = creators.iter().map(|creator| creator.expected).sum();
        assert!(corrected <= expected * 1.000001);
    }

    #[test]
    fn chances_that_are_too_sure_are_straightened() {
        // Said with log-odds 2 (88 %), happened half the time.
        let outcomes: Vec<Outcome> = (0..1000)
            .map(|n| Outcome { log_odds: 2.0, talked: if n % 2 == 0 { Talked::Yes } else { Talked::No } })
            .collect();
        let calibration = platt(&outcomes);
        let p = sigmoid(calibration.shift + calibration.slope * 2.0);
        assert!((p - 0.5).abs() < 0.02, "{p}");
    }
}
