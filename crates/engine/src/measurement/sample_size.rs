//! How many orders, clicks or weeks are needed before an effect of this size can be seen, and what is still missing.

use model::Ratio;
use serde::{Deserialize, Serialize};

use crate::intervals::two_sided_z;

/// The version of the formulas here.
pub const SAMPLE_SIZE_VERSION: u32 = 1;

/// What is asked of a test.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SampleSizeSettings {
    /// How often an effect is seen where there is none, both sides together; above 0 and below 1.
    pub false_alarm: f64,
    /// How often an effect of the size asked for is seen; above 0 and below 1.
    pub power: f64,
    /// How far counts lie apart: 1 where they are pure chance, 3 is usual for orders that come in bursts; above 0.
    pub variance_over_mean: f64,
}

impl Default for SampleSizeSettings {
    fn default() -> SampleSizeSettings {
        SampleSizeSettings { false_alarm: 0.05, power: 0.8, variance_over_mean: 1.0 }
    }
}

/// Why no number can be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SampleSizeError {
    #[error("{what} is {value}; give a number above 0")]
    NotAboveZero { what: &'static str, value: f64 },
    #[error("{what} is {value}; give a share above 0 and below 1")]
    NotAShare { what: &'static str, value: f64 },
}

/// What is still missing.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StillNeeded {
    /// There is enough.
    Nothing,
    More {
        events: u64,
        /// Clicks that bring so many events; `None` where no rate is known.
        clicks: Option<u64>,
        /// Whole weeks at the pace so far; `None` where nothing comes or the pace is not known.
        weeks: Option<u64>,
    },
}

/// How events come in.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Events a week; `None` where not known.
    pub events_per_week: Option<f64>,
    /// Events a click, 0..=1; `None` where not known.
    pub events_per_click: Option<f64>,
}

/// How many events the time after the start must have without the campaign, for a lift of this size to be seen.
///
/// Formula: `n = ((z(1 - alpha / 2) + z(power)) / lift)^2 * variance / mean`, rounded: 7.849 / lift^2 at 80 % and 5 %.
/// Inputs: `lift`, relative, above 0 (.2 is +20 %); `settings`. Output: events, the baseline known.
/// Errors: [`SampleSizeError`]. Cost: O(1). Source: normal approximation of the Poisson count, Lehr 1992, Statistics in Medicine 11.
///
/// ```
/// use engine::measurement::sample_size::{SampleSizeSettings, events_for_lift};
/// assert_eq!(events_for_lift(0.2, &SampleSizeSettings::default()), Ok(196));
/// ```
pub fn events_for_lift(lift: f64, settings: &SampleSizeSettings) -> Result<u64, SampleSizeError> {
    Ok((events_times_lift_squared(settings)? / above_zero("the lift", lift)?.powi(2)).round() as u64)
}

/// The smallest lift that so many events show.
///
/// Formula: `lift = (z(1 - alpha / 2) + z(power)) sqrt(variance / mean / n)`. Inputs: `events` expected after the start without the
/// campaign; `settings`. Output: relative lift, above 0; `None` without events. Errors: [`SampleSizeError`]. Cost: O(1).
/// Source: [`events_for_lift`] solved for the lift.
///
/// ```
/// use engine::measurement::sample_size::{SampleSizeSettings, smallest_lift};
/// let lift = smallest_lift(785.0, &SampleSizeSettings::default()).unwrap().unwrap();
/// assert!((lift - 0.1).abs() < 1e-3);
/// ```
pub fn smallest_lift(events: f64, settings: &SampleSizeSettings) -> Result<Option<f64>, SampleSizeError> {
    let squared = events_times_lift_squared(settings)?;
    Ok((events > 0.0).then(|| (squared / events).sqrt()))
}

/// How many conversions a rate needs to be known to so much of itself.
///
/// Formula: `n = (1.96 / relative half width)^2`, rounded. Inputs: `half_width`, relative, above 0 (.2 is give or take 20 %).
/// Output: conversions. Errors: [`SampleSizeError`]. Cost: O(1). Source: normal approximation of the Poisson count, Cochran
/// 1977, section 4.7.
///
/// ```
/// assert_eq!(engine::measurement::sample_size::conversions_for_half_width(0.2), Ok(96));
/// ```
pub fn conversions_for_half_width(half_width: f64) -> Result<u64, SampleSizeError> {
    let z = two_sided_z(Ratio::new(0.95).expect("a share"));
    Ok((z / above_zero("the half width", half_width)?).powi(2).round() as u64)
}

/// How many clicks bring so many conversions.
///
/// Formula: `conversions / rate`, rounded up. Inputs: `conversions`; `rate`, conversions a click, above 0 and at most 1.
/// Output: clicks. Errors: [`SampleSizeError`]. Cost: O(1). Source: a mean.
///
/// ```
/// assert_eq!(engine::measurement::sample_size::clicks_for(96, 0.02), Ok(4_800));
/// ```
pub fn clicks_for(conversions: u64, rate: f64) -> Result<u64, SampleSizeError> {
    let rate = above_zero("the conversion rate", rate)?;
    if rate > 1.0 {
        return Err(SampleSizeError::NotAShare { what: "the conversion rate", value: rate });
    }
    Ok(up(conversions as f64 / rate))
}

/// What is still missing to a number of events: events, the clicks that bring them, whole weeks at the pace so far.
///
/// Formula: `needed - have`, over events a click, over events a week, each rounded up. Inputs: counts; `pace`.
/// Output: [`StillNeeded`]; clicks or weeks are `None` where their pace is not known or nothing comes. Cost: O(1).
/// Source: a mean.
///
/// ```
/// use engine::measurement::sample_size::{Pace, StillNeeded, still_needed};
/// let pace = Pace { events_per_week: Some(12.0), events_per_click: Some(0.02) };
/// let missing = StillNeeded::More { events: 36, clicks: Some(1_800), weeks: Some(3) };
/// assert_eq!(still_needed(60, 96, &pace), missing);
/// assert_eq!(still_needed(96, 96, &pace), StillNeeded::Nothing);
/// ```
pub fn still_needed(have: u64, needed: u64, pace: &Pace) -> StillNeeded {
    let Some(events @ 1..) = needed.checked_sub(have) else { return StillNeeded::Nothing };
    let over = |pace: Option<f64>| pace.filter(|pace| *pace > 0.0).map(|pace| up(events as f64 / pace));
    StillNeeded::More { events, clicks: over(pace.events_per_click), weeks: over(pace.events_per_week) }
}

/// Rounds up, but never for a rounding error's sake.
fn up(value: f64) -> u64 {
    (value * (1.0 - 1e-12)).ceil() as u64
}

fn above_zero(what: &'static str, value: f64) -> Result<f64, SampleSizeError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(SampleSizeError::NotAboveZero { what, value }) }
}

fn share(what: &'static str, value: f64) -> Result<f64, SampleSizeError> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(SampleSizeError::NotAShare { what, value }) }
}

fn events_times_lift_squared(settings: &SampleSizeSettings) -> Result<f64, SampleSizeError> {
    let alarm = Ratio::new(1.0 - share("false alarms", settings.false_alarm)?).expect("a share");
    let power = share("power", settings.power)?;
    let seen = Ratio::new((2.0 * power - 1.0).abs()).expect("a share");
    let z = two_sided_z(alarm) + two_sided_z(seen).copysign(power - 0.5);
    Ok(z * z * above_zero("variance over mean", settings.variance_over_mean)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tables_of_events_needed_come_out_to_the_integer() {
        let table = [(0.5, 31, 94), (0.3, 87, 262), (0.2, 196, 589), (0.1, 785, 2_355), (0.05, 3_140, 9_419)];
        let bursts = SampleSizeSettings { variance_over_mean: 3.0, ..SampleSizeSettings::default() };
        for (lift, chance, in_bursts) in table {
            assert_eq!(events_for_lift(lift, &SampleSizeSettings::default()), Ok(chance), "{lift}");
            assert_eq!(events_for_lift(lift, &bursts), Ok(in_bursts), "{lift}");
        }
        for (half_width, conversions) in [(0.2, 96), (0.1, 384), (0.05, 1_537)] {
            assert_eq!(conversions_for_half_width(half_width), Ok(conversions), "{half_width}");
        }
        assert_eq!(clicks_for(96, 0.02), Ok(4_800));
    }

    #[test]
    fn what_is_missing_is_told_as_far_as_the_pace_is_known() {
        let unknown = StillNeeded::More { events: 90, clicks: None, weeks: None };
        assert_eq!(still_needed(6, 96, &Pace::default()), unknown);
        assert_eq!(still_needed(6, 96, &Pace { events_per_week: Some(0.0), events_per_click: None }), unknown);
        let a_week = Pace { events_per_week: Some(40.0), events_per_click: None };
        assert_eq!(still_needed(6, 96, &a_week), StillNeeded::More { events: 90, clicks: None, weeks: Some(3) });
        assert_eq!(still_needed(100, 96, &a_week), StillNeeded::Nothing);
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let usual = SampleSizeSettings::default();
        assert!(events_for_lift(0.0, &usual).expect_err("refused").to_string().contains("above 0"));
        assert!(events_for_lift(0.1, &SampleSizeSettings { power: 1.0, ..usual }).is_err());
        assert!(clicks_for(10, 1.5).is_err());
        assert_eq!(smallest_lift(0.0, &usual), Ok(None));
    }

    proptest! {
        #[test]
        fn the_smallest_lift_of_the_events_needed_is_the_lift(lift in 0.01..0.5_f64, spread in 1.0..5.0_f64) {
            let settings = SampleSizeSettings { variance_over_mean: spread, ..SampleSizeSettings::default() };
            let events = events_for_lift(lift, &settings).expect("a lift");
            let back = smallest_lift(events as f64, &settings).expect("settings").expect("events");
            prop_assert!((back / lift - 1.0).abs() < 0.02, "{} {}", lift, back);
        }
    }
}
