//! One draw of the level: what the series would be without controls and noise.

use crate::random::Sequence;

/// What the filter knows after each period.
pub(super) struct LevelSampler {
    mean: Vec<f64>,
    variance: Vec<f64>,
    pub(super) level: Vec<f64>,
}

impl LevelSampler {
    pub(super) fn new(periods: usize) -> LevelSampler {
        LevelSampler { mean: vec![0.0; periods], variance: vec![0.0; periods], level: vec![0.0; periods] }
    }

    /// Draws the whole path of the level, given `series` = level + noise, and both variances.
    ///
    /// Forward: Kalman filter with `mu_0 ~ N(start, 1)`. Backward: `mu_t | mu_(t+1)` normal with weight `P / (P + level_variance)`
    /// on the step that followed. Cost: O(periods). Source: Carter & Kohn 1994, Biometrika 81.
    pub(super) fn draw(
        &mut self,
        series: &[f64],
        start: f64,
        noise_variance: f64,
        level_variance: f64,
        chance: &mut Sequence,
    ) {
        let (mut mean, mut variance) = (start, 1.0);
        for (t, value) in series.iter().enumerate() {
            if t > 0 {
                variance += level_variance;
            }
            let gain = variance / (variance + noise_variance);
            mean += gain * (value - mean);
            variance *= 1.0 - gain;
            (self.mean[t], self.variance[t]) = (mean, variance);
        }
        let last = series.len() - 1;
        self.level[last] = mean + variance.sqrt() * chance.normal();
        for t in (0..last).rev() {
            let weight = self.variance[t] / (self.variance[t] + level_variance);
            let middle = self.mean[t] + weight * (self.level[t + 1] - self.mean[t]);
            let spread = self.variance[t] * (1.0 - weight);
            self.level[t] = middle + spread.sqrt() * chance.normal();
        }
    }
}
