//! A count against a baseline that was itself counted: the time before, or accounts without the campaign.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::counts::overlap;
use super::{Look, RatioRange, WatchError, WatchSettings, amount, ratios_kept};

/// Events and time on both sides.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct TwoRates {
    pub baseline_seen: u64,
    /// Days, or days weighed by what a weekday usually has, in which the baseline was counted; above 0.
    pub baseline_time: f64,
    pub seen: u64,
    /// In the same unit, 0 and up.
    pub time: f64,
}

/// The evidence that two rates differ when neither is known, safe to look at every day.
///
/// Formula: given the total m + n, n is binomial with `p(r) = r t / (t0 + r t)`; `E = integral of (p(r) / p(1))^n ((1 - p(r)) /
/// (1 - p(1)))^m` over ratios r from Gamma(a, a). The mixture stands on the **ratio**, the same on every day: a Beta mixture on p
/// would change as time goes on and be no fair bet any more. It is the ratio of both likelihoods with the unknown rate
/// integrated out over 1/rate, by which the unit of time drops out, and falls together with [`super::count_e_value`] for a long
/// baseline. Integrated by 241 points around the highest, twelve standard deviations each way.
/// Inputs: `rates`, m events in time t0 and n in t; `prior_events` a, above 0. Output: ln E; 0 without any event.
/// Cost: O(1), 241 evaluations. Source: right-Haar mixtures are fair under optional stopping, Hendriksen, de Heide & Grunwald
/// 2021, Bayesian Analysis 16; the exact argument is for a baseline that ends with an event, for a fixed time see the test.
///
/// ```
/// use engine::measurement::always_valid::{TwoRates, rate_e_value};
/// let rates = TwoRates { baseline_seen: 600, baseline_time: 60.0, seen: 400, time: 30.0 };
/// assert!(rate_e_value(&rates, 30.0) > 20.0_f64.ln());
/// assert!(rate_e_value(&TwoRates { seen: 300, ..rates }, 30.0) < 0.0);
/// ```
pub fn rate_e_value(rates: &TwoRates, prior_events: f64) -> f64 {
    const POINTS: i32 = 120;
    const REACH: f64 = 12.0;
    let (a, m, n) = (prior_events, rates.baseline_seen as f64, rates.seen as f64);
    let (t0, t) = (rates.baseline_time, rates.time);
    if n == 0.0 && t == 0.0 {
        return 0.0;
    }
    // On u = ln r the log of the integrand is concave: halve its slope to find the top.
    let slope = |u: f64| a - a * u.exp() + n - (m + n) * t * u.exp() / (t0 + t * u.exp());
    let (mut lo, mut hi) = (-60.0, 60.0);
    for _ in 0..80 {
        let middle = f64::midpoint(lo, hi);
        if slope(middle) > 0.0 { lo = middle } else { hi = middle }
    }
    let top = f64::midpoint(lo, hi);
    let share = t * top.exp() / (t0 + t * top.exp());
    let width = 1.0 / (a * top.exp() + (m + n) * share * (1.0 - share)).sqrt();
    let log = |u: f64| a * (u - u.exp()) + n * u + (m + n) * ((t0 + t) / (t0 + t * u.exp())).ln();
    let (highest, step) = (log(top), REACH * width / f64::from(POINTS));
    let sum: f64 = (-POINTS..=POINTS).map(|at| (log(top + step * f64::from(at)) - highest).exp()).sum();
    a * a.ln() - ln_gamma(a) + highest + (sum * step).ln()
}

/// Ratios of the rate to that of the baseline which the counts do not speak against, safe to look at every day.
///
/// Formula: all r with `E < 1 / false_alarm` where t becomes r t, the prior centred on r. Inputs, cost and source: as
/// [`rate_e_value`]. Output: ratios, 0 and up; no upper end where the baseline leaves every rate possible.
/// Errors: [`WatchError`].
///
/// ```
/// use engine::measurement::always_valid::{TwoRates, WatchSettings, rate_ratio};
/// let rates = TwoRates { baseline_seen: 600, baseline_time: 60.0, seen: 400, time: 30.0 };
/// let range = rate_ratio(&rates, &WatchSettings::default()).unwrap();
/// assert!(range.lo > 1.0 && range.hi.unwrap() > 1.34);
/// ```
pub fn rate_ratio(rates: &TwoRates, settings: &WatchSettings) -> Result<RatioRange, WatchError> {
    settings.check()?;
    let (t0, t) = (amount("the baseline's time", rates.baseline_time)?, amount("the time", rates.time)?);
    if t0 == 0.0 {
        return Err(WatchError::NoBaseline);
    }
    if t == 0.0 || (rates.baseline_seen == 0 && rates.seen == 0) {
        return Ok(RatioRange { lo: 0.0, hi: None });
    }
    let log_e = |ratio: f64| rate_e_value(&TwoRates { time: ratio * t, ..*rates }, settings.prior_events);
    // Without an event on one side the middle lies at an end: half an event stands in for it.
    let rate = |seen: u64, time: f64| (seen as f64).max(0.5) / time;
    Ok(ratios_kept(log_e, rate(rates.seen, t) / rate(rates.baseline_seen, t0), settings.alarm()))
}

/// A live page of counts beside a counted baseline: what may be said after each day.
///
/// Formula: [`rate_e_value`] and [`rate_ratio`] of the sums so far; the range keeps what every look so far kept.
/// Inputs: `baseline_seen` events in `baseline_time`, above 0, counted before the start; `days` in order, each with its events and its
/// time. Output: one [`Look`] a day, expected at the baseline's rate. Errors: [`WatchError`]. Cost: O(days).
/// Source: as [`rate_e_value`].
///
/// ```
/// use engine::measurement::always_valid::{WatchSettings, watch_rates};
/// let looks = watch_rates(600, 60.0, &[(16, 1.0); 30], &WatchSettings::default()).unwrap();
/// assert!(!looks[0].alarm && looks[29].alarm && looks[29].expected == 300.0);
/// ```
pub fn watch_rates(
    baseline_seen: u64,
    baseline_time: f64,
    days: &[(u64, f64)],
    settings: &WatchSettings,
) -> Result<Vec<Look>, WatchError> {
    settings.check()?;
    let mut so_far = TwoRates { baseline_seen, baseline_time, seen: 0, time: 0.0 };
    let (mut alarm, mut kept) = (false, RatioRange { lo: 0.0, hi: None });
    let look = |(seen, time): &(u64, f64)| {
        so_far.seen += seen;
        so_far.time += amount("the time", *time)?;
        kept = overlap(kept, rate_ratio(&so_far, settings)?);
        let log_e = rate_e_value(&so_far, settings.prior_events);
        alarm |= log_e >= settings.alarm();
        let expected = baseline_seen as f64 * so_far.time / baseline_time;
        Ok(Look { seen: so_far.seen, expected, log_e, alarm, ratio: kept })
    };
    days.iter().map(look).collect()
}
