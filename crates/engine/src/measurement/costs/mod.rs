//! What a campaign cost with everything in it, what each click, order or reader cost, and whether it paid.
//!
//! Two returns stand together and are never mixed: *attributed*, by whom orders are credited to, and *incremental*, by what
//! would not have been sold otherwise. An event that never came is data: no order for 300.00 means an order costs at least 100.00.

mod full;
mod roi;
#[cfg(test)]
mod tests;
mod unit_costs;

use model::Currency;

pub use full::{CostPart, CostParts, FullCost, full_cost};
pub use roi::{
    AttributedRoi, CONVERSIONS_MIN, CreatorRoi, IncrementalLift, IncrementalRoi, RoiRange, RoiVerdict, attributed_roi,
    creator_roi, incremental_roi,
};
pub use unit_costs::{CostKind, CostRow, CostedUnits, UnitCost, unit_cost};

/// The version of the formulas here; reports keep the version they were made with.
pub const COSTS_VERSION: u32 = 1;

/// Why costs were not added up or divided.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CostError {
    #[error("costs are in {first} and {other}; convert them at the stored rate of their day first")]
    MixedCurrencies { first: Currency, other: Currency },
    #[error("{part} is {minor_units} {currency} in the smallest unit; a cost is 0 or more")]
    Negative { part: &'static str, minor_units: i64, currency: Currency },
    #[error("{what} is {value}; give a finite number of 0 and more")]
    NotAnAmount { what: &'static str, value: f64 },
    #[error("the sum of costs is larger than can be counted")]
    TooLarge,
    #[error("a lift lies between its ends, got {lo} to {hi} around {value}")]
    NotARange { lo: f64, value: f64, hi: f64 },
}

/// The same currency, or a refusal.
fn same_currency(first: Currency, other: Currency) -> Result<Currency, CostError> {
    if first == other { Ok(first) } else { Err(CostError::MixedCurrencies { first, other }) }
}
