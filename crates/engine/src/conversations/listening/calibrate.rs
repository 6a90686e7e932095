//! Makes chances true: straightens them on the creators that would have been chosen.

use super::logistic::{Talked, sigmoid};
use super::model::Calibration;

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
