//! What days may do without any campaign: 49 kinds of noise, from each day on its own to a level that wanders.

use serde::{Deserialize, Serialize};

/// The three families of noise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseFamily {
    /// Each day on its own.
    White,
    /// Days remember the days before and come back.
    Memory,
    /// The level wanders and does not come back.
    Drift,
}

/// One kind of noise: `s_t = phi s_(t-1) + eta_t` beside white noise, as shares of one variance sigma^2.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Noise {
    pub family: NoiseFamily,
    /// 0 to 1; 1 is a random walk.
    pub phi: f64,
    /// Variance of eta over sigma^2.
    pub step: f64,
    /// Variance of the white part over sigma^2.
    pub white: f64,
    /// Weight before the data; the 49 add up to 1.
    pub prior: f64,
}

impl Noise {
    /// The variance of `s` before the first day: a random walk starts at 0, because the level is a column of the design.
    pub fn start(self) -> f64 {
        if self.phi < 1.0 { self.step / (1.0 - self.phi * self.phi) } else { 0.0 }
    }
}

const PHIS: [f64; 8] = [0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98];
const SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 1.0];
/// Steps of a wandering level a day, as variances over that of the noise.
const STEPS: [f64; 8] = [1e-4, 9e-4, 0.0025, 0.01, 0.04, 0.09, 0.25, 1.0];
/// Level over noise of the series that shares and steps are thought for: there a share of the noise says as much of the level.
const USUAL_LEVEL_OVER_NOISE: f64 = 10.0;

/// The kinds of noise with their weights: white .10, memory .45, drift .45; 49 of them, 97 for small counts.
///
/// `level_over_noise` is given for small counts alone. Their noise is mostly the chance of small numbers, which says nothing of how far
/// demand swings and wanders. So half the weight of memory and drift goes to swings and steps that are the same shares of the level
/// as with large numbers, half to the same shares of the noise.
pub(super) fn noises(level_over_noise: Option<f64>) -> Vec<Noise> {
    let mut all = vec![Noise { family: NoiseFamily::White, phi: 0.0, step: 0.0, white: 1.0, prior: 0.10 }];
    let Some(ratio) = level_over_noise else {
        coloured(&mut all, 1.0, 1.0);
        return all;
    };
    let of_level = (ratio / USUAL_LEVEL_OVER_NOISE).powi(2).min(1.0);
    coloured(&mut all, of_level, 0.75);
    coloured(&mut all, 1.0, 0.25);
    all
}

/// Noise with memory or drift: its share is multiplied by `part`, its weight by `weight`.
fn coloured(all: &mut Vec<Noise>, part: f64, weight: f64) {
    for phi in PHIS {
        for share in SHARES {
            let share = share * part;
            let (step, white) = (share * (1.0 - phi * phi), 1.0 - share);
            all.push(Noise { family: NoiseFamily::Memory, phi, step, white, prior: weight * 0.45 / 40.0 });
        }
    }
    for step in STEPS {
        all.push(Noise {
            family: NoiseFamily::Drift,
            phi: 1.0,
            step: step * part,
            white: 1.0,
            prior: weight * 0.45 / 8.0,
        });
    }
}
