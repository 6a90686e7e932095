//! Lift: what a campaign added to a daily outcome, against what the days before, the weekday and what swings along let expect.
//!
//! The best-known tools take days for independent and "find" effects where days only remember the days before. Here 49 kinds of
//! noise are held against the series, each with the weight that the series gives it, and the answer is their average: no random
//! numbers, so the same bits in every run, and cheap enough to ask again when somebody moves a date.

mod design;
mod detectable;
mod filter;
mod guards;
mod mixture;
mod noise;
mod path;
mod placebo;
mod regression;
#[cfg(test)]
mod tests;
mod verdict;

use model::Ratio;
use serde::{Deserialize, Serialize};

use crate::intervals::two_sided_z;
use design::{Design, design};
pub use detectable::{Detectable, TRIED, share_seen, smallest_detectable};
use filter::{Fit, fit};
pub use guards::{LiftWarning, warnings};
use mixture::Mixture;
pub use noise::NoiseFamily;
use noise::noises;
pub use path::{Expected, expected_path};
pub use placebo::{PLACEBO_ALARMS_MAX, PLACEBO_WINDOWS_MIN, Placebo, PlaceboWindow, history_needed, placebo_in_time};
pub use regression::{Regression, ar1_regression};
pub use verdict::{LiftVerdict, verdict};

/// The version of the formulas in this folder.
pub const LIFT_VERSION: u32 = 2;

/// A series with the day its campaign began.
#[derive(Clone, Copy, Debug)]
pub struct LiftInput<'a> {
    /// One value a period (mostly a day), in order; `None` is a period that was cut out or is not known.
    pub response: &'a [Option<f64>],
    /// How many periods lie before the start.
    pub pre_periods: usize,
    /// Series that swing along and that the campaign does not touch, as long as the response.
    pub controls: &'a [&'a [f64]],
    /// Known events as columns of their own (1 on their days), as long as the response.
    pub events: &'a [&'a [f64]],
    /// 0 to 6: the weekday of the first period, whichever day is called 0. `None` leaves weekdays out.
    pub first_weekday: Option<u8>,
}

/// On which scale an effect is thought constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// So many more a period.
    #[default]
    Level,
    /// So many percent more: for series that grow; every value must be above 0.
    Log,
    /// Percent where every value is above 0, counts are not small, and the days before the start speak for it clearly.
    Automatic,
}

/// How a lift is measured; kept with its result.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LiftSettings {
    /// Of the interval, below 1.
    pub level: Ratio,
    pub scale: Scale,
    /// Whether a straight trend is a column of the design.
    pub has_trend: bool,
    /// Whole numbers below 20 a period are taken for counts, whose chance goes with their mean.
    pub small_counts: bool,
}

impl Default for LiftSettings {
    fn default() -> LiftSettings {
        LiftSettings {
            level: Ratio::new(0.95).expect("a share"),
            scale: Scale::Level,
            has_trend: false,
            small_counts: true,
        }
    }
}

/// Why a lift cannot be measured.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum LiftRefused {
    #[error(
        "the start lies outside the series: {pre_periods} of {periods} periods are before it; move the start or bring more days"
    )]
    NoPost { periods: usize, pre_periods: usize },
    #[error(
        "{pre_periods} periods before the start and {post_periods} after it are too few for {columns} columns; bring more history or fewer controls"
    )]
    TooShort { pre_periods: usize, post_periods: usize, columns: usize },
    #[error("column {column} has {periods} periods, the outcome {expected}")]
    Length { column: usize, periods: usize, expected: usize },
    #[error("period {period} holds no number")]
    NotANumber { period: usize },
    #[error("period {period} is not above 0, which a scale of percent needs; measure so many more a day instead")]
    NotAboveZero { period: usize },
    #[error("the outcome is the same in every period before the start, so nothing can be told of chance")]
    NoVariation,
}

/// How much each family of noise speaks for the series; they add up to 1.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FamilyShares {
    pub white: f64,
    pub memory: f64,
    pub drift: f64,
}

/// What a campaign added.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lift {
    /// A period more than without, in the response's unit.
    pub effect: f64,
    pub lo: f64,
    pub hi: f64,
    /// Two-sided: how rarely chance alone would go as far.
    pub p: f64,
    /// `effect`, `lo`, `hi` over all periods after the start that are there.
    pub cumulative: f64,
    pub cumulative_lo: f64,
    pub cumulative_hi: f64,
    /// Over what would have been; `None` where that is not above 0.
    pub relative: Option<f64>,
    pub relative_lo: Option<f64>,
    pub relative_hi: Option<f64>,
    /// What would have been, a period.
    pub expected_mean: f64,
    pub observed_mean: f64,
    /// Half the width of the interval on the scale of the analysis over the normal quantile of its level: how far chance alone goes.
    pub predictive_scale: f64,
    pub pre_periods: usize,
    pub post_periods: usize,
    pub level: f64,
    /// Level or percent, also where it was chosen by the series.
    pub scale: Scale,
    pub shares: FamilyShares,
    /// Whether the outcome was taken for small counts.
    pub is_small_counts: bool,
}

impl Lift {
    /// Whether the interval leaves 0 out.
    pub fn is_seen(&self) -> bool {
        self.lo > 0.0 || self.hi < 0.0
    }

    /// Whether the level wanders: then a short history cannot tell drift from effect.
    pub fn drifts(&self) -> bool {
        self.shares.drift > DRIFTS_ABOVE
    }
}

/// What a campaign added to an outcome, a period, with its interval.
///
/// Model: `y_t = x_t' beta + s_t + e_t`, `s_t = phi s_(t-1) + eta_t`, flat prior on beta, `p(sigma^2) ~ 1 / sigma^2`, over 49 kinds
/// of noise (phi, variance of eta, variance of e). For each: y and every column are whitened by one scalar Kalman filter; GLS by
/// Cholesky; `ln prior - logdet / 2 - sum ln L_ii - df / 2 ln S` is its weight; the sum after the start is predicted with variance
/// `P g^2 + white + step sum(reach^2) + |L^-1 c|^2`. The effect is a mixture of Student's t with df degrees of freedom: its mean,
/// its quantiles, and twice its smaller side of 0. Where more than half of the weight lies on a level that wanders, the mixture is of
/// those kinds alone.
///
/// Inputs: values finite; at least three periods more before the start than columns. Small counts (whole numbers,
/// fewer than 20 a period): the white part of a period goes with the mean of its weekday, and most of the weight of memory and drift
/// goes to swings that are shares of the level.
/// Output: effect in the response's unit; on the scale of percent it is that of the mean, from the ratio. Never infinite.
/// Cost: O(49 (periods columns^2)): a few milliseconds for 393 days and 10 controls.
/// Source: Bayesian model averaging (Hoeting et al. 1999) over structural time series (Harvey 1989, chapter 3.4: regression by
/// whitening); prior weights and grid are ours and lean towards drift on purpose.
///
/// ```
/// use engine::measurement::lift::*;
/// let days: Vec<Option<f64>> = (0..90).map(|day| Some(100.0 + f64::from(day * 7 % 5) + if day < 70 { 0.0 } else { 20.0 })).collect();
/// let input = LiftInput { response: &days, pre_periods: 70, controls: &[], events: &[], first_weekday: None };
/// let lift = measure_lift(&input, &LiftSettings::default()).unwrap();
/// assert!(lift.is_seen() && (lift.effect - 20.0).abs() < 1.0);
/// assert_eq!(lift, measure_lift(&input, &LiftSettings::default()).unwrap());
/// ```
pub fn measure_lift(input: &LiftInput<'_>, settings: &LiftSettings) -> Result<Lift, LiftRefused> {
    let prepared = prepare(input, settings)?;
    Ok(lift_of(&prepared, input))
}

/// A series on the scale it is measured on, with all kinds of noise fitted to the periods before the start.
struct Prepared {
    /// With the scale decided.
    settings: LiftSettings,
    design: Design,
    weighted: Weighted,
}

/// Fits; where the scale is not said, percent is taken where every value is above 0, counts are not small, and the periods before the
/// start are clearly likelier on it (each density divided by its value).
fn prepare(input: &LiftInput<'_>, settings: &LiftSettings) -> Result<Prepared, LiftRefused> {
    let on = |scale: Scale| -> Result<Prepared, LiftRefused> {
        let settings = LiftSettings { scale, ..*settings };
        let design = design(input, &settings)?;
        let weighted = weighted_fits(&design, input.pre_periods)?;
        Ok(Prepared { settings, design, weighted })
    };
    if settings.scale != Scale::Automatic {
        return on(settings.scale);
    }
    let by_level = on(Scale::Level)?;
    if by_level.design.level_over_noise.is_some() || input.response.iter().flatten().any(|value| *value <= 0.0) {
        return Ok(by_level);
    }
    let by_log = on(Scale::Log)?;
    let logs: f64 = input.response[..input.pre_periods].iter().flatten().map(|value| value.ln()).sum();
    let is_percent = by_log.weighted.evidence - logs > by_level.weighted.evidence + CLEARLY;
    Ok(if is_percent { by_log } else { by_level })
}

/// Where drift speaks for the series more than this, it alone is averaged.
const DRIFTS_ABOVE: f64 = 0.5;

/// How far the logarithms of two likelihoods must lie apart for percent to be taken: odds of twenty to one.
const CLEARLY: f64 = 3.0;

/// The fits of all kinds of noise with the weights by which they are averaged, which add up to 1.
struct Weighted {
    fits: Vec<(Fit, f64)>,
    /// How much each family speaks for the series.
    shares: FamilyShares,
    /// The logarithm of the likelihood of the periods before the start, up to what is the same on every scale.
    evidence: f64,
}

fn weighted_fits(design: &Design, pre: usize) -> Result<Weighted, LiftRefused> {
    let first = (0..pre).find(|period| design.is_seen[*period]).map(|period| design.row(period)[design.columns]);
    let varies = (0..pre).any(|period| design.is_seen[period] && Some(design.row(period)[design.columns]) != first);
    if !varies {
        return Err(LiftRefused::NoVariation);
    }
    let all: Vec<Fit> = noises(design.level_over_noise).into_iter().map(|noise| fit(design, pre, noise)).collect();
    let best = all.iter().fold(f64::NEG_INFINITY, |best, fit| best.max(fit.log_weight));
    let total: f64 = all.iter().map(|fit| (fit.log_weight - best).exp()).sum();
    let weighted = |fit: Fit| {
        let weight = (fit.log_weight - best).exp() / total;
        (fit, weight)
    };
    let mut fits: Vec<(Fit, f64)> = all.into_iter().map(weighted).collect();
    let mut shares = FamilyShares::default();
    for (fit, weight) in &fits {
        match fit.noise().family {
            NoiseFamily::White => shares.white += weight,
            NoiseFamily::Memory => shares.memory += weight,
            NoiseFamily::Drift => shares.drift += weight,
        }
    }
    if shares.drift > DRIFTS_ABOVE {
        // What comes back by itself would answer with more certainty than a level that most likely wanders allows.
        for (fit, weight) in &mut fits {
            *weight = if fit.noise().family == NoiseFamily::Drift { *weight / shares.drift } else { 0.0 };
        }
    }
    Ok(Weighted { fits, shares, evidence: best + total.ln() })
}

fn lift_of(prepared: &Prepared, input: &LiftInput<'_>) -> Lift {
    let Prepared { settings, design, weighted } = prepared;
    let weighted = &weighted.fits;
    let pre = input.pre_periods;
    let mut expected = 0.0;
    let mixture = Mixture::new(
        weighted.iter().map(|(fit, weight)| {
            let (part, sum) = fit.effect(design, pre, *weight);
            expected += weight * sum;
            part
        }),
        design.freedom(),
    );
    let tail = (1.0 - settings.level.value()) / 2.0;
    let (centre, low, high) = (mixture.mean(), mixture.quantile(tail), mixture.quantile(1.0 - tail));
    let periods = design.post_seen as f64;
    let seen: Vec<f64> = input.response[pre..].iter().flatten().copied().collect();
    let observed_mean = seen.iter().sum::<f64>() / periods;
    let (effect, lo, hi, expected_mean, relative) = match settings.scale {
        Scale::Level | Scale::Automatic => {
            let expected_mean = expected / periods;
            let share = |value: f64| (expected_mean > 0.0).then(|| value / expected_mean);
            (centre, low, high, expected_mean, [share(centre), share(low), share(high)])
        }
        // The effect multiplies; what would have been is the observed mean over the ratio.
        Scale::Log => {
            let more = |log: f64| observed_mean * (1.0 - (-log).exp());
            let share = |log: f64| Some(log.exp() - 1.0);
            let expected_mean = observed_mean * (-centre).exp();
            (more(centre), more(low), more(high), expected_mean, [share(centre), share(low), share(high)])
        }
    };
    Lift {
        effect,
        lo,
        hi,
        p: mixture.two_sided_p(),
        cumulative: effect * periods,
        cumulative_lo: lo * periods,
        cumulative_hi: hi * periods,
        relative: relative[0],
        relative_lo: relative[1],
        relative_hi: relative[2],
        expected_mean,
        observed_mean,
        predictive_scale: (high - low) / (2.0 * two_sided_z(settings.level)),
        pre_periods: design.pre_seen,
        post_periods: design.post_seen,
        level: settings.level.value(),
        scale: settings.scale,
        shares: prepared.weighted.shares,
        is_small_counts: design.level_over_noise.is_some(),
    }
}
