//! Orders, clicks or new followers against what was expected: a known baseline.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::{RatioRange, WatchError, WatchSettings, amount, ratios_kept};

/// One day.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct KnownBaseline {
    pub seen: u64,
    /// Events expected that day without a campaign, 0 and up; fixed before the day.
    pub expected: f64,
}

/// What may be said after so many days.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Look {
    /// Events so far.
    pub seen: u64,
    /// Events expected so far.
    pub expected: f64,
    /// Evidence against "as expected": 20 raises an alarm at 5 %.
    pub log_e: f64,
    /// Whether this look or an earlier one raised the alarm.
    pub alarm: bool,
    /// Ratios to what was expected that no look so far has refused.
    pub ratio: RatioRange,
}

/// The evidence that a count is not what was expected, safe to look at every day.
///
/// Formula: `ln E = a ln a - lnG(a) + lnG(a + n) - (a + n) ln(a + L) + L`, n events so far, L expected so far: the Poisson
/// likelihood of ratios r drawn from Gamma(a, a), over that of r = 1. If nothing changed, E reaches 20 in at most one campaign of
/// 20, over all days together.
/// Inputs: `seen` 0 and up; `expected` 0 and up; `prior_events` a, above 0. Output: ln E, any number. Cost: O(1).
/// Source: Robbins 1970, Annals of Mathematical Statistics 41 (mixtures), with Ville's inequality; Gamma mixture for counts:
/// Howard et al. 2021, Annals of Statistics 49, section 3.
///
/// ```
/// use engine::measurement::always_valid::count_e_value;
/// assert!(count_e_value(0, 0.0, 30.0).abs() < 1e-12);
/// assert!(count_e_value(400, 300.0, 30.0) > 20.0_f64.ln());
/// ```
pub fn count_e_value(seen: u64, expected: f64, prior_events: f64) -> f64 {
    let (a, n) = (prior_events, seen as f64);
    a * a.ln() - ln_gamma(a) + ln_gamma(a + n) - (a + n) * (a + expected).ln() + expected
}

/// Ratios to what was expected that the count does not speak against, safe to look at every day.
///
/// Formula: all r with `E(n, r L) < 1 / false_alarm`, the prior centred on r. Inputs: as [`count_e_value`]; `settings`.
/// Output: ratios, 0 and up; no upper end where nothing was expected. Errors: [`WatchError`]. Cost: O(1), 200 evaluations.
/// Source: as [`count_e_value`].
///
/// ```
/// use engine::measurement::always_valid::{WatchSettings, count_ratio};
/// let range = count_ratio(400, 300.0, &WatchSettings::default()).unwrap();
/// assert!(range.lo > 1.0 && range.lo < 1.33 && range.hi.unwrap() > 1.34);
/// ```
pub fn count_ratio(seen: u64, expected: f64, settings: &WatchSettings) -> Result<RatioRange, WatchError> {
    settings.check()?;
    let expected = amount("what is expected", expected)?;
    if expected == 0.0 {
        return Ok(RatioRange { lo: 0.0, hi: None });
    }
    let log_e = |ratio: f64| count_e_value(seen, ratio * expected, settings.prior_events);
    Ok(ratios_kept(log_e, seen as f64 / expected, settings.alarm()))
}

/// A live page of counts: what may be said after each day.
///
/// Formula: [`count_e_value`] and [`count_ratio`] of the sums so far; the range keeps what every look so far kept, so it only
/// narrows. Inputs: `days` in order. Output: one [`Look`] a day. Errors: [`WatchError`]. Cost: O(days). Source: as
/// [`count_e_value`]; the running overlap of ranges, Howard et al. 2021, section 2.
///
/// ```
/// use engine::measurement::always_valid::{KnownBaseline, WatchSettings, watch_counts};
/// let days = [KnownBaseline { seen: 16, expected: 10.0 }; 20];
/// let looks = watch_counts(&days, &WatchSettings::default()).unwrap();
/// assert!(!looks[0].alarm && looks[19].alarm);
/// ```
pub fn watch_counts(days: &[KnownBaseline], settings: &WatchSettings) -> Result<Vec<Look>, WatchError> {
    settings.check()?;
    let (mut seen, mut expected, mut alarm) = (0, 0.0, false);
    let mut kept = RatioRange { lo: 0.0, hi: None };
    let look = |day: &KnownBaseline| {
        seen += day.seen;
        expected += amount("what is expected", day.expected)?;
        let log_e = count_e_value(seen, expected, settings.prior_events);
        alarm |= log_e >= settings.alarm();
        kept = overlap(kept, count_ratio(seen, expected, settings)?);
        Ok(Look { seen, expected, log_e, alarm, ratio: kept })
    };
    days.iter().map(look).collect()
}

/// What both keep; where they keep nothing together, the end of the earlier range that is nearest to the later one.
pub(super) fn overlap(before: RatioRange, now: RatioRange) -> RatioRange {
    let lo = before.lo.max(now.lo);
    let hi = match (before.hi, now.hi) {
        (Some(before), Some(now)) => Some(before.min(now)),
        (one, other) => one.or(other),
    };
    match hi {
        Some(hi) if hi < lo => {
            let nearest = if now.lo > before.lo { before.hi.unwrap_or(before.lo) } else { before.lo };
            RatioRange { lo: nearest, hi: Some(nearest) }
        }
        hi => RatioRange { lo, hi },
    }
}
