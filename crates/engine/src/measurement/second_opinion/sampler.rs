//! The round of draws: level, controls and noise, how much the level moves, and what would have come after.

use super::SecondOpinionSettings;
use super::level::LevelSampler;
use super::regression::{NoisePrior, Regression, inverse_gamma};
use crate::random::Sequence;

/// What was drawn.
pub(super) struct Drawn {
    /// Sums over the periods after, standardised, one a draw kept.
    pub(super) predicted: Vec<f64>,
    pub(super) inclusion: Vec<f64>,
}

/// Standardised series and controls.
pub(super) struct Sampler<'a> {
    before: &'a [f64],
    controls: &'a [Vec<f64>],
    periods_after: usize,
    settings: &'a SecondOpinionSettings,
}

/// What the generator's numbers are for.
const STREAM: u64 = 41;
const LEVEL_FREEDOM: f64 = 32.0;
const LEVEL_SD_MAX: f64 = 1.0;
const WITH_CONTROLS: NoisePrior = NoisePrior { freedom: 50.0, guess: 1.0 - 0.8, sd_max: 1.2 };
const WITHOUT_CONTROLS: NoisePrior = NoisePrior { freedom: 0.01, guess: 1.0, sd_max: 1.2 };

impl<'a> Sampler<'a> {
    pub(super) fn new(
        series: &'a [f64],
        controls: &'a [Vec<f64>],
        before: usize,
        settings: &'a SecondOpinionSettings,
    ) -> Sampler<'a> {
        Sampler { before: &series[..before], controls, periods_after: series.len() - before, settings }
    }

    pub(super) fn run(&self) -> Drawn {
        let mut chance = Sequence::new(self.settings.seed, STREAM);
        let before = self.before.len();
        let prior = if self.controls.is_empty() { WITHOUT_CONTROLS } else { WITH_CONTROLS };
        let mut regression = Regression::new(self.controls.iter().map(|x| x[..before].to_vec()).collect(), prior);
        let mut path = LevelSampler::new(before);
        let mut level_variance = self.settings.level_sd.powi(2);
        let mut left_over = self.before.to_vec();
        let mut drawn = Drawn { predicted: vec![], inclusion: vec![0.0; self.controls.len()] };
        let thrown_away = (self.settings.burn_in * f64::from(self.settings.draws)).round() as u32;
        for draw in 0..thrown_away + self.settings.draws {
            left_over.copy_from_slice(self.before);
            for (control, weight) in self.controls.iter().zip(&regression.weights).filter(|(_, w)| **w != 0.0) {
                left_over.iter_mut().zip(control).for_each(|(value, x)| *value -= weight * x);
            }
            path.draw(&left_over, self.before[0], regression.noise_variance, level_variance, &mut chance);
            for ((left, value), level) in left_over.iter_mut().zip(self.before).zip(&path.level) {
                *left = value - level;
            }
            regression.draw(&left_over, &mut chance);
            let moves: f64 = path.level.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
            let freedom = LEVEL_FREEDOM + (before - 1) as f64;
            let scale = LEVEL_FREEDOM * self.settings.level_sd.powi(2) + moves;
            level_variance = inverse_gamma(freedom / 2.0, scale / 2.0, LEVEL_SD_MAX, &mut chance);
            if draw < thrown_away {
                continue;
            }
            drawn.predicted.push(self.predict(&regression, path.level[before - 1], level_variance, &mut chance));
            for (count, is_in) in drawn.inclusion.iter_mut().zip(&regression.is_in) {
                *count += f64::from(u8::from(*is_in)) / f64::from(self.settings.draws);
            }
        }
        drawn
    }

    /// One way things could have gone on: the sum over the periods after.
    fn predict(&self, regression: &Regression, last: f64, level_variance: f64, chance: &mut Sequence) -> f64 {
        let (level_sd, noise_sd) = (level_variance.sqrt(), regression.noise_variance.sqrt());
        let (mut level, mut sum) = (last, 0.0);
        for _ in 0..self.periods_after {
            level += level_sd * chance.normal();
            sum += level + noise_sd * chance.normal();
        }
        let before = self.before.len();
        for (control, weight) in self.controls.iter().zip(&regression.weights) {
            sum += weight * control[before..].iter().sum::<f64>();
        }
        sum
    }
}
