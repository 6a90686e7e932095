//! Figures that may be looked at every day: an alarm that holds however often somebody looks, and whenever they stop.
//!
//! An ordinary 95 % test looked at on sixty days raises a false alarm in a quarter of all campaigns. What stands here raises one
//! in at most a twentieth of them, over all looks together. It protects against looking, not against days that are like the
//! day before nor against many figures at once: feed it what is left once weekdays and trend are taken off.

mod campaign;
mod counts;
mod money;
#[cfg(test)]
mod tests;
mod two_rates;

use serde::{Deserialize, Serialize};

pub use campaign::{CampaignDays, CampaignLook, CampaignWatch, DAYS_BEFORE_MIN, watch_campaign};
pub use counts::{KnownBaseline, Look, count_e_value, count_ratio, watch_counts};
pub use money::{MoneyLook, mean_of_money, watch_money};
pub use two_rates::{TwoRates, rate_e_value, rate_ratio, watch_rates};

/// The version of the formulas here; results keep the version they were made with.
pub const ALWAYS_VALID_VERSION: u32 = 1;

/// How a live page is watched, kept with what it shows.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct WatchSettings {
    /// In how many of all campaigns without effect an alarm may ever be raised, over all looks together; 0 to 1.
    pub false_alarm: f64,
    /// The ratio to the baseline is expected near 1: Gamma(a, a), which at 30 has a standard deviation of 18 %. Above 0.
    pub prior_events: f64,
    /// At how many orders the range of the mean of money is made narrowest; at least 1.
    pub narrowest_at: u32,
}

impl Default for WatchSettings {
    fn default() -> WatchSettings {
        WatchSettings { false_alarm: 0.05, prior_events: 30.0, narrowest_at: 400 }
    }
}

/// Why nothing can be watched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WatchError {
    #[error("{what} is {value}; give a finite number of 0 and more")]
    NotAnAmount { what: &'static str, value: f64 },
    #[error("the baseline has no time, so nothing can be compared with it")]
    NoBaseline,
    #[error("{days} days before the campaign are known; give at least {needed}")]
    TooFewBefore { days: usize, needed: usize },
    #[error(
        "false alarms are {false_alarm}, prior events {prior_events}, narrowest at {narrowest_at}; give false alarms between \
         0 and 1, prior events above 0 and at least 1 order"
    )]
    Settings { false_alarm: f64, prior_events: f64, narrowest_at: u32 },
}

/// Ratios to the baseline that are not refused: 1.2 is 20 % more.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RatioRange {
    pub lo: f64,
    /// `None`: no ratio is too large yet, since nothing was expected so far.
    pub hi: Option<f64>,
}

impl WatchSettings {
    fn check(&self) -> Result<(), WatchError> {
        let WatchSettings { false_alarm, prior_events, narrowest_at } = *self;
        match false_alarm > 0.0
            && false_alarm < 1.0
            && prior_events > 0.0
            && prior_events.is_finite()
            && narrowest_at > 0
        {
            true => Ok(()),
            false => Err(WatchError::Settings { false_alarm, prior_events, narrowest_at }),
        }
    }

    /// The log of the evidence that raises an alarm: ln 20 at 5 %.
    fn alarm(&self) -> f64 {
        -self.false_alarm.ln()
    }
}

fn amount(what: &'static str, value: f64) -> Result<f64, WatchError> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(WatchError::NotAnAmount { what, value }) }
}

/// All ratios whose evidence against them stays below the alarm. `log_e` falls to its lowest near `near` and rises on both
/// sides. Halved on the log scale.
fn ratios_kept(log_e: impl Fn(f64) -> f64, near: f64, alarm: f64) -> RatioRange {
    const SMALLEST: f64 = 1e-9;
    const HALVINGS: u32 = 100;
    let edge = |mut kept: f64, mut refused: f64| {
        for _ in 0..HALVINGS {
            let middle = (kept * refused).sqrt();
            if log_e(middle) < alarm { kept = middle } else { refused = middle }
        }
        kept
    };
    let near = near.max(SMALLEST);
    let lo = if log_e(SMALLEST) < alarm { 0.0 } else { edge(near, SMALLEST) };
    let mut far = 2.0 * near.max(1.0);
    while log_e(far) < alarm {
        far *= 2.0;
        if far > 1.0 / SMALLEST {
            return RatioRange { lo, hi: None };
        }
    }
    RatioRange { lo, hi: Some(edge(near, far)) }
}
