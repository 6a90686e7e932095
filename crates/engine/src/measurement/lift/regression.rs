//! The usual rival: a regression whose days remember the day before. What lifts are held against; never shown as a result.

use serde::{Deserialize, Serialize};

use super::design::design;
use super::filter::regression;
use super::mixture::Mixture;
use super::{LiftInput, LiftRefused, LiftSettings, Scale};

/// What a regression with AR(1) noise says.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Regression {
    /// A period more than without, in the response's unit.
    pub effect: f64,
    pub lo: f64,
    pub hi: f64,
}

/// The effect by generalised least squares with AR(1) noise, on the level of the response.
///
/// Formula: the columns of `measure_lift`; correlation from the residuals, put in as if it were known; sum after the start with the
/// variance of an AR(1) forecast and of the coefficients; Student's t with periods - columns - 1 degrees of freedom.
/// Output: `None` where a period before the start is missing. Cost: O(periods columns^2).
/// Source: Prais & Winsten 1954. Narrower than the truth wherever a level wanders: that is what it is here for.
///
/// ```
/// use engine::measurement::lift::*;
/// let days: Vec<Option<f64>> = (0..90).map(|day| Some(f64::from(day * 7 % 5) + if day < 70 { 0.0 } else { 20.0 })).collect();
/// let input = LiftInput { response: &days, pre_periods: 70, controls: &[], events: &[], first_weekday: None };
/// let rival = ar1_regression(&input, &LiftSettings::default()).unwrap().unwrap();
/// assert!(rival.lo > 15.0 && rival.hi < 25.0);
/// ```
pub fn ar1_regression(input: &LiftInput<'_>, settings: &LiftSettings) -> Result<Option<Regression>, LiftRefused> {
    let settings = LiftSettings { scale: Scale::Level, small_counts: false, ..*settings };
    let design = design(input, &settings)?;
    let pre = input.pre_periods;
    let Some(fit) = regression(&design, pre) else { return Ok(None) };
    let (part, _) = fit.effect(&design, pre, 1.0);
    let mixture = Mixture::new([part], (design.freedom() - 1.0).max(1.0));
    let tail = (1.0 - settings.level.value()) / 2.0;
    Ok(Some(Regression { effect: part.centre, lo: mixture.quantile(tail), hi: mixture.quantile(1.0 - tail) }))
}
