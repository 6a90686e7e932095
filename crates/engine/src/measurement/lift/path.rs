//! What would have been, day by day, with its band: the line a report draws beside what was seen.

use serde::{Deserialize, Serialize};

use super::filter::Fit;
use super::mixture::{Mixture, Part};
use super::{LiftInput, LiftRefused, LiftSettings, Prepared, Scale, prepare};

/// What would have been in one period after the start, on the response's scale.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expected {
    pub period: usize,
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
    /// Seen less expected, added up since the start; on the scale of percent of single days.
    pub gained: f64,
    pub gained_lo: f64,
    pub gained_hi: f64,
}

/// Kinds of noise with less weight are left out of a band: it is drawn, not reckoned with.
const WEIGHT_MIN: f64 = 1e-3;

/// What would have been in every period after the start, with the band that holds a single day with the settings' level.
///
/// The same mixture as `measure_lift`, period by period; what was gained up to a period is the mixture of the sums, whose band is
/// narrower than the days' bands added up. On the scale of percent the sums are those of the days' expectations, with the days' bands.
/// Output: one row a period after the start, cut ones too (their gain is that before). Cost: O(periods after the start^2 + kinds).
pub fn expected_path(input: &LiftInput<'_>, settings: &LiftSettings) -> Result<Vec<Expected>, LiftRefused> {
    let Prepared { settings, design, weighted } = prepare(input, settings)?;
    let pre = input.pre_periods;
    let fits: Vec<(Fit, f64)> = weighted.fits.into_iter().filter(|(_, weight)| *weight >= WEIGHT_MIN).collect();
    let tail = (1.0 - settings.level.value()) / 2.0;
    let quantiles = |part_of: &dyn Fn(&Fit, f64) -> Part| {
        let mixture = Mixture::new(fits.iter().map(|(fit, weight)| part_of(fit, *weight)), design.freedom());
        [mixture.mean(), mixture.quantile(tail), mixture.quantile(1.0 - tail)]
    };
    let mut path = Vec::with_capacity(input.response.len() - pre);
    let (mut seen, mut gained) = (0.0, [0.0; 3]);
    for period in pre..input.response.len() {
        let of_day = quantiles(&|fit, weight| fit.period_after(&design, pre, period, weight));
        let value = input.response[period];
        let of_day = if settings.scale == Scale::Log { of_day.map(f64::exp) } else { of_day };
        if let Some(value) = value {
            seen += value;
            gained = if settings.scale == Scale::Log {
                [gained[0] + value - of_day[0], gained[1] + value - of_day[2], gained[2] + value - of_day[1]]
            } else {
                let sums = quantiles(&|fit, weight| fit.until(&design, pre, period, weight));
                [seen - sums[0], seen - sums[2], seen - sums[1]]
            };
        }
        path.push(Expected {
            period,
            value: of_day[0],
            lo: of_day[1],
            hi: of_day[2],
            gained: gained[0],
            gained_lo: gained[1],
            gained_hi: gained[2],
        });
    }
    Ok(path)
}
