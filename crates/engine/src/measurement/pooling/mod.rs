//! What each creator's rate, order value and revenue a click most likely are, when each alone has too few orders to tell.
//!
//! Creators learn from each other: who has few clicks is drawn towards all others, who has many stays where it is. How much
//! is drawn is not one guess but averaged over all that fit the data. Without this the best of a hundred raw rates is mostly
//! the luckiest.

mod chances;
mod rates;
mod revenue;
#[cfg(test)]
mod tests;
mod values;

use model::Ratio;
use serde::{Deserialize, Serialize};

pub use rates::{ClicksAndOrders, PooledRates, RateGrid};
pub use revenue::{PooledRevenue, pooled_revenue};
pub use values::{PooledValues, ValueGrid};

/// The version of the formulas here; results keep the version they were made with.
pub const POOLING_VERSION: u32 = 1;

/// How creators are pooled, kept with the result.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PoolingSettings {
    /// The probability intervals are made for, 0..=1.
    pub level: Ratio,
    /// Draws for the chance to be best and for revenue, at least 1; same seed, same bits.
    pub draws: u32,
    pub seed: u64,
    pub rates: RateGrid,
    pub values: ValueGrid,
}

impl Default for PoolingSettings {
    fn default() -> PoolingSettings {
        PoolingSettings {
            level: Ratio::new(0.95).expect("a share"),
            draws: 10_000,
            seed: 1,
            rates: RateGrid::default(),
            values: ValueGrid::default(),
        }
    }
}

/// Why creators were not pooled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PoolingError {
    #[error("there are no creators to pool")]
    NoCreators,
    #[error(
        "creator {creator} (counted from 0) has {orders} orders of {clicks} clicks; give orders that came from a click"
    )]
    MoreOrdersThanClicks { creator: usize, orders: u64, clicks: u64 },
    #[error(
        "creator {creator} (counted from 0) has an order worth {value}; give finite values above 0, refunded ones left out"
    )]
    NotAValue { creator: usize, value: f64 },
    #[error("rates of {rates} creators and order values of {values} were given; give both in the same order")]
    Unequal { rates: usize, values: usize },
    #[error("no creator has an order, so nothing is known of order values")]
    NoOrders,
    #[error("the {what} grid goes from {from} to {to} in {steps} steps; give 0 < from < to and at least 2 steps")]
    Grid { what: &'static str, from: f64, to: f64, steps: u32 },
}

/// One creator's figure after all creators were looked at.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pooled {
    /// The mean of what it may be.
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
    pub level: f64,
    /// What the creator's own rows say; `None` without any.
    pub raw: Option<f64>,
}

/// From, to and how many points, the same factor apart.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LogSteps {
    pub from: f64,
    pub to: f64,
    pub steps: u32,
}

impl LogSteps {
    fn points(self, what: &'static str) -> Result<Vec<f64>, PoolingError> {
        let LogSteps { from, to, steps } = self;
        if !(from > 0.0 && from < to && to.is_finite() && steps >= 2) {
            return Err(PoolingError::Grid { what, from, to, steps });
        }
        let factor = (to / from).ln() / f64::from(steps - 1);
        Ok((0..steps).map(|step| from * (factor * f64::from(step)).exp()).collect())
    }
}

/// Weights that add up to 1 from their logs; points too unlikely to matter are dropped (under a millionth of the largest).
fn weigh<P>(points: Vec<(P, f64)>) -> Vec<(P, f64)> {
    const NEGLIGIBLE: f64 = 1e-6;
    let largest = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let kept: Vec<(P, f64)> = (points.into_iter())
        .map(|(point, log)| (point, (log - largest).exp()))
        .filter(|(_, weight)| *weight >= NEGLIGIBLE)
        .collect();
    let sum: f64 = kept.iter().map(|point| point.1).sum();
    kept.into_iter().map(|(point, weight)| (point, weight / sum)).collect()
}
