//! A second opinion on one series: the model that others run by default, drawn here by an own seeded generator.
//!
//! It sees an effect where there is none in 13 to 62 of 100 series in which a day is like the day before or that drift, so it
//! stands beside the headline, never in its place, and always under [`SecondOpinion::LABEL`].

mod level;
mod regression;
mod sampler;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use sampler::Sampler;

/// The version of the formulas here; results keep the version they were made with.
pub const SECOND_OPINION_VERSION: u32 = 1;

/// One series and what may explain it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SecondOpinionInput<'a> {
    /// One value a period, before and after.
    pub series: &'a [f64],
    /// Controls as long as the series, one after the other; none is fine. None of them touched by the campaign.
    pub controls: &'a [&'a [f64]],
    /// How many periods lie before the campaign.
    pub periods_before: usize,
}

/// How much is drawn, kept with the result.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SecondOpinionSettings {
    /// Draws kept, at least [`DRAWS_MIN`].
    pub draws: u32,
    /// Draws thrown away first, as a share of those kept.
    pub burn_in: f64,
    /// Same seed, same bits.
    pub seed: u64,
    /// The standard deviation by which the level is expected to move a period, in those of the series before.
    pub level_sd: f64,
    /// The probability the interval is made for, 0 to 1.
    pub level: f64,
}

/// Fewer draws leave the ends of the interval to chance.
pub const DRAWS_MIN: u32 = 10_000;

impl Default for SecondOpinionSettings {
    fn default() -> SecondOpinionSettings {
        SecondOpinionSettings { draws: DRAWS_MIN, burn_in: 0.1, seed: 1, level_sd: 0.01, level: 0.95 }
    }
}

/// Why no second opinion can be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SecondOpinionError {
    #[error("{before} periods before the campaign are too few for {controls} controls; give at least {needed}")]
    TooFewBefore { before: usize, controls: usize, needed: usize },
    #[error("the series ends before the campaign: {periods} periods, {before} of them before; give at least one after")]
    NothingAfter { periods: usize, before: usize },
    #[error("period {period} (counted from 0) is {value}; give finite numbers")]
    NotANumber { period: usize, value: f64 },
    #[error("control {control} (counted from 0) has {periods} periods and the series {expected}")]
    Length { control: usize, periods: usize, expected: usize },
    #[error("the series is the same in every period before the campaign, so nothing can be told from it")]
    NeverMoves,
    #[error(
        "draws are {draws}, level {level}, burn-in {burn_in}, level sd {level_sd}; give at least {DRAWS_MIN} draws, a \
             level between 0 and 1, a burn-in of 0 to 1 and a level sd above 0"
    )]
    Settings { draws: u32, level: f64, burn_in: f64, level_sd: f64 },
}

/// What the model says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    More,
    Less,
    CannotTell,
}

/// The effect by the model of others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SecondOpinion {
    pub version: u32,
    pub settings: SecondOpinionSettings,
    /// A period, in the unit of the series: the mean over draws.
    pub effect_per_period: f64,
    pub lo: f64,
    pub hi: f64,
    /// How far draws of the effect lie from their mean.
    pub sd: f64,
    /// Over all periods after.
    pub effect_in_all: f64,
    /// Effect over what would have been; `None` where that is 0 or less.
    pub relative: Option<f64>,
    /// One-sided, as the model's authors print it; above 0 and at most about .5.
    pub p: f64,
    pub opinion: Opinion,
    /// How often each control was in the model, 0..=1, in their order.
    pub inclusion: Vec<f64>,
}

impl SecondOpinion {
    /// Stands beside every figure of it.
    pub const LABEL: &'static str = "second opinion, known to over-claim on autocorrelated series";
}

/// The effect of a campaign by a local level with regression, as CausalImpact fits it.
///
/// Formula: series and controls less their mean and over their standard deviation before; `y_t = mu_t + x_t'b + e`, mu a random
/// walk, `mu_0 ~ N(y_0, 1)`. Priors: level variance InvGamma(16, 16 * level_sd^2), sd <= 1; noise variance InvGamma(25, 25 *
/// .2) with controls and InvGamma(.005, .005) without, sd <= 1.2; `b ~ N(0, s2 / Omega)`, Omega = .01 X'X / T0 with its
/// off-diagonals halved; each control in the model with chance `min(1, 3 / k)`. Gibbs draws of mu (filter forward, sample
/// backward), of which controls, noise variance, b and level variance. Each draw goes on as a random walk with noise after
/// the start: effect = (observed sum - predicted sum) / periods after; `p = (min(#pred >= sum, #pred <= sum) + 1) / (draws + 1)`.
/// Inputs: `input`, any unit, finite; `settings`. Output: [`SecondOpinion`] in the unit of the series; `relative` is `None`
/// where what would have been is 0 or less. Same seed, same bits. Errors: [`SecondOpinionError`].
/// Cost: O(draws (periods * controls + controls^3)).
/// Source: Brodersen et al. 2015, Annals of Applied Statistics 9, section 2; regression Scott & Varian 2014; sampling of the
/// level Carter & Kohn 1994. Here the noise variance is drawn with b integrated out, and b given it: the same posterior.
///
/// ```
/// use engine::measurement::second_opinion::*;
/// let wave: Vec<f64> = (0..60).map(|day| 20.0 + f64::from(day * 7 % 11)).collect();
/// let mut series: Vec<f64> = wave.iter().enumerate().map(|(day, x)| 2.0 * x + (day * 5 % 7) as f64).collect();
/// series[50..].iter_mut().for_each(|day| *day += 15.0);
/// let input = SecondOpinionInput { series: &series, controls: &[&wave], periods_before: 50 };
/// let found = second_opinion(&input, &SecondOpinionSettings::default()).unwrap();
/// assert_eq!(found.opinion, Opinion::More);
/// ```
pub fn second_opinion(
    input: &SecondOpinionInput<'_>,
    settings: &SecondOpinionSettings,
) -> Result<SecondOpinion, SecondOpinionError> {
    check(input, settings)?;
    let before = input.periods_before;
    let scale = Scale::of(&input.series[..before]).ok_or(SecondOpinionError::NeverMoves)?;
    let series: Vec<f64> = input.series.iter().map(|value| scale.apply(*value)).collect();
    // A control that never moves before explains nothing: it becomes 0 throughout.
    let controls: Vec<Vec<f64>> = (input.controls.iter())
        .map(|control| match Scale::of(&control[..before]) {
            Some(scale) => control.iter().map(|value| scale.apply(*value)).collect(),
            None => vec![0.0; control.len()],
        })
        .collect();
    let drawn = Sampler::new(&series, &controls, before, settings).run();
    let after = (input.series.len() - before) as f64;
    let observed: f64 = series[before..].iter().sum();
    let effect = |predicted: &f64| (observed - predicted) / after * scale.sd;
    let mut effects: Vec<f64> = drawn.predicted.iter().map(effect).collect();
    effects.sort_by(f64::total_cmp);
    let draws = effects.len() as f64;
    let mean = effects.iter().sum::<f64>() / draws;
    let would_have_been = input.series[before..].iter().sum::<f64>() / after - mean;
    let tail = (1.0 - settings.level) / 2.0;
    let (lo, hi) = (quantile(&effects, tail), quantile(&effects, 1.0 - tail));
    let above = drawn.predicted.iter().filter(|predicted| **predicted >= observed).count();
    let below = drawn.predicted.iter().filter(|predicted| **predicted <= observed).count();
    Ok(SecondOpinion {
        version: SECOND_OPINION_VERSION,
        settings: *settings,
        effect_per_period: mean,
        lo,
        hi,
        sd: (effects.iter().map(|effect| (effect - mean).powi(2)).sum::<f64>() / (draws - 1.0)).sqrt(),
        effect_in_all: mean * after,
        relative: (would_have_been > 0.0).then(|| mean / would_have_been),
        p: (above.min(below) + 1) as f64 / (draws + 1.0),
        opinion: match () {
            () if lo > 0.0 => Opinion::More,
            () if hi < 0.0 => Opinion::Less,
            () => Opinion::CannotTell,
        },
        inclusion: drawn.inclusion,
    })
}

fn check(input: &SecondOpinionInput<'_>, settings: &SecondOpinionSettings) -> Result<(), SecondOpinionError> {
    let (periods, before, controls) = (input.series.len(), input.periods_before, input.controls.len());
    let SecondOpinionSettings { draws, burn_in, level, level_sd, .. } = *settings;
    let in_range =
        level > 0.0 && level < 1.0 && (0.0..=1.0).contains(&burn_in) && level_sd > 0.0 && level_sd.is_finite();
    if draws < DRAWS_MIN || !in_range {
        return Err(SecondOpinionError::Settings { draws, level, burn_in, level_sd });
    }
    let needed = controls + 3;
    if before < needed {
        return Err(SecondOpinionError::TooFewBefore { before, controls, needed });
    }
    if periods <= before {
        return Err(SecondOpinionError::NothingAfter { periods, before });
    }
    if let Some(control) = input.controls.iter().position(|control| control.len() != periods) {
        let found = input.controls[control].len();
        return Err(SecondOpinionError::Length { control, periods: found, expected: periods });
    }
    for series in std::iter::once(&input.series).chain(input.controls) {
        if let Some(period) = series.iter().position(|value| !value.is_finite()) {
            return Err(SecondOpinionError::NotANumber { period, value: series[period] });
        }
    }
    Ok(())
}

/// A mean and a standard deviation with `n - 1`, of the periods before.
struct Scale {
    mean: f64,
    sd: f64,
}

impl Scale {
    fn of(before: &[f64]) -> Option<Scale> {
        let n = before.len() as f64;
        let mean = before.iter().sum::<f64>() / n;
        let sd = (before.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        (sd > 0.0).then_some(Scale { mean, sd })
    }

    fn apply(&self, value: f64) -> f64 {
        (value - self.mean) / self.sd
    }
}

/// Straight between the two nearest sorted values (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (rank - below as f64) * (sorted[above] - sorted[below])
}
