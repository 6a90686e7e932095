//! What could be seen at all: the smallest effect that the own history would have shown, before a campaign is paid.

use serde::{Deserialize, Serialize};

use super::placebo::{PLACEBO_WINDOWS_MIN, Placebo};
use super::{Lift, Scale};

/// The smallest relative effect a measurement would mostly see.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Detectable {
    /// As a share of what would have been: 0.1 is ten percent. `None`: not even half as much again would be seen.
    pub relative: Option<f64>,
    /// Windows of the own history it was tried on; 0 where it is worked out from the spread of one result.
    pub windows: usize,
    /// From the spread of one result, because there is too little history.
    pub is_approximate: bool,
}

/// The effects tried, as shares of what would have been.
pub const TRIED: [f64; 7] = [0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50];
/// In how many of the windows an effect must be seen.
const MOSTLY: f64 = 0.8;

/// The smallest effect that would have been seen in at least four of five windows of the own history.
///
/// Every placebo window is multiplied by 1 + d for d of 2, 5, 10, 15, 20, 30 and 50 %; seen is an interval above 0. The fit does not
/// look at a window's own values, so only its sum moves and nothing is fitted again.
/// With fewer than ten windows: 2.8 times how far chance alone goes, over the level (80 % power at 5 %, two-sided); approximate.
/// Output: a share above 0. Cost: O(windows).
/// Source: 2.8 = 1.96 + 0.84, the usual normal reckoning; windows of the own history as in the measurement sheet's recipe.
pub fn smallest_detectable(placebo: &Placebo, of: &Lift) -> Detectable {
    let windows = placebo.windows.len();
    if windows < PLACEBO_WINDOWS_MIN {
        let relative = match of.scale {
            Scale::Log => Some((2.8 * of.predictive_scale).exp() - 1.0),
            _ => (of.expected_mean > 0.0).then(|| 2.8 * of.predictive_scale / of.expected_mean),
        };
        return Detectable { relative, windows, is_approximate: true };
    }
    let relative = TRIED.into_iter().find(|share| share_seen(placebo, *share).is_some_and(|seen| seen >= MOSTLY));
    Detectable { relative, windows, is_approximate: false }
}

/// In which share of the windows of the own history an effect of a size would have been seen.
///
/// Formula: as [`smallest_detectable`]: the window times `1 + relative`, seen where the interval lies above 0. Inputs: `relative`, 0 and
/// up (.1 is ten percent). Output: 0..=1; `None` without a window. Cost: O(windows). Source: as there.
pub fn share_seen(placebo: &Placebo, relative: f64) -> Option<f64> {
    let would_see = |lift: &Lift| match lift.scale {
        // On the scale of percent the whole interval moves by ln(1 + d).
        Scale::Log => lift.relative_lo.is_some_and(|lo| (1.0 + lo) * (1.0 + relative) > 1.0),
        _ => lift.lo + relative * lift.observed_mean > 0.0,
    };
    let seen = placebo.windows.iter().filter(|window| would_see(&window.lift)).count();
    (!placebo.windows.is_empty()).then(|| seen as f64 / placebo.windows.len() as f64)
}
