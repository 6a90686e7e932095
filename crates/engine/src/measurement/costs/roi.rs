//! Did it pay? The return by credited orders and the return by what would not have been sold otherwise, side by side.

use model::Money;
use serde::{Deserialize, Serialize};

use super::full::{CostPart, FullCost};
use super::{CostError, same_currency};

/// Fewer conversions than this say nothing of one creator's return.
pub const CONVERSIONS_MIN: u64 = 10;

/// A return over cost and the range it may have; .5 is 50 % more than it cost, -1 is all lost.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoiRange {
    pub roi: f64,
    pub lo: f64,
    pub hi: f64,
}

/// The return by credited orders.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributedRoi {
    /// `missing` cost parts flatter it.
    Known { roi: f64, missing: Vec<CostPart> },
    /// Nothing of the cost is known, or it is 0.
    NoCost,
}

/// One creator's return, or why it is not shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatorRoi {
    Known {
        roi: f64,
        missing: Vec<CostPart>,
        pooled: Option<RoiRange>,
    },
    /// Fewer than [`CONVERSIONS_MIN`] conversions: no return of its own, only what all creators together say of it;
    /// `None` where they were not pooled.
    TooFewConversions {
        conversions: u64,
        needed: u64,
        pooled: Option<RoiRange>,
    },
    NoCost,
}

/// What a campaign added, from the lift engine: units sold, or revenue in minor units.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct IncrementalLift {
    /// In all, over the whole time measured.
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
    /// The probability the ends are made for.
    pub level: f64,
}

/// What may be said of the incremental return.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoiVerdict {
    /// Even the lower end is above 0.
    Paid,
    /// Even the upper end is below 0.
    DidNotPay,
    /// The range holds 0: a normal answer.
    CannotTellYet,
}

/// The return by what would not have been sold otherwise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncrementalRoi {
    Known { range: RoiRange, level: f64, verdict: RoiVerdict, missing: Vec<CostPart> },
    NoCost,
}

/// What came back of every unit spent, by orders credited to it.
///
/// Formula: `(attributed gross margin - cost) / cost`. Inputs: `margin`, of credited orders in minor units, refunds off, may be
/// negative; `cost`, see [`super::full_cost`]. Output: ratio from -1 down where the margin is negative, and up without end;
/// [`AttributedRoi::NoCost`] where no part of the cost is known or it is 0. Missing parts are named with it.
/// Errors: [`CostError::MixedCurrencies`]. Cost: O(1). Source: `docs/formulas.md`; model and window of the attribution stand beside it.
///
/// ```
/// use engine::measurement::costs::{AttributedRoi, CostParts, attributed_roi, full_cost};
/// use model::Money;
/// let cost = full_cost(&CostParts { fee: Money::new(20_000, "EUR").ok(), ..CostParts::default() }).unwrap();
/// let found = attributed_roi(&Money::new(30_000, "EUR").unwrap(), &cost).unwrap();
/// assert!(matches!(found, AttributedRoi::Known { roi: 0.5, missing } if missing.len() == 5));
/// ```
pub fn attributed_roi(margin: &Money, cost: &FullCost) -> Result<AttributedRoi, CostError> {
    Ok(match known_cost(margin, cost)? {
        None => AttributedRoi::NoCost,
        Some(spent) => {
            AttributedRoi::Known { roi: over(margin.minor_units as f64, spent), missing: cost.missing.clone() }
        }
    })
}

/// One creator's return; with fewer than ten conversions only the range that all creators together give it.
///
/// Formula: as [`attributed_roi`]; pooled: `(clicks * pooled revenue a click * margin share - cost) / cost` at its value and ends.
/// Inputs: `conversions` credited; `margin` and `cost` as there; `pooled_margin`, the creator's pooled gross margin in minor units
/// (value, lower, upper end), `None` where creators were not pooled.
/// Output: [`CreatorRoi`]. Errors: [`CostError`]. Cost: O(1). Source: as [`attributed_roi`]; the bar of ten, `docs/formulas.md`.
///
/// ```
/// use engine::measurement::costs::*;
/// use model::Money;
/// let cost = full_cost(&CostParts { fee: Money::new(20_000, "EUR").ok(), ..CostParts::default() }).unwrap();
/// let margin = Money::new(90_000, "EUR").unwrap();
/// let found = creator_roi(3, &margin, &cost, Some([24_000.0, 10_000.0, 50_000.0])).unwrap();
/// let range = RoiRange { roi: 0.2, lo: -0.5, hi: 1.5 };
/// assert_eq!(found, CreatorRoi::TooFewConversions { conversions: 3, needed: 10, pooled: Some(range) });
/// ```
pub fn creator_roi(
    conversions: u64,
    margin: &Money,
    cost: &FullCost,
    pooled_margin: Option<[f64; 3]>,
) -> Result<CreatorRoi, CostError> {
    let Some(spent) = known_cost(margin, cost)? else { return Ok(CreatorRoi::NoCost) };
    let pooled = match pooled_margin {
        None => None,
        Some([value, lo, hi]) => Some(range(value, lo, hi, spent)?),
    };
    Ok(match conversions < CONVERSIONS_MIN {
        true => CreatorRoi::TooFewConversions { conversions, needed: CONVERSIONS_MIN, pooled },
        false => {
            CreatorRoi::Known { roi: over(margin.minor_units as f64, spent), missing: cost.missing.clone(), pooled }
        }
    })
}

/// What came back of every unit spent, counting only what would not have been sold otherwise.
///
/// Formula: `(lift * margin a unit - cost) / cost` at the lift's value and both ends; incremental = observed - counterfactual.
/// Inputs: `lift` in all, units sold, any sign, lo <= value <= hi; `margin_per_unit`, gross margin of a unit in minor units, 0 and
/// up; `cost` as [`attributed_roi`]. Output: [`IncrementalRoi`]; a range that holds 0 reads "cannot tell yet", never "no effect".
/// The margin and the cost are taken as known: only the lift's uncertainty is in the range.
/// Errors: [`CostError`]. Cost: O(1). Source: `docs/formulas.md`; ranges over 100 points wide are usual, Lewis & Rao 2015,
/// Quarterly Journal of Economics 130, section 4.
///
/// ```
/// use engine::measurement::costs::*;
/// use model::Money;
/// let cost = full_cost(&CostParts { fee: Money::new(100_000, "EUR").ok(), ..CostParts::default() }).unwrap();
/// let lift = IncrementalLift { value: 60.0, lo: 10.0, hi: 110.0, level: 0.95 };
/// let found = incremental_roi(&lift, &Money::new(2_500, "EUR").unwrap(), &cost).unwrap();
/// assert!(matches!(found, IncrementalRoi::Known { range: RoiRange { roi: 0.5, .. }, verdict: RoiVerdict::CannotTellYet, .. }));
/// ```
pub fn incremental_roi(
    lift: &IncrementalLift,
    margin_per_unit: &Money,
    cost: &FullCost,
) -> Result<IncrementalRoi, CostError> {
    if margin_per_unit.minor_units < 0 {
        let Money { minor_units, currency } = *margin_per_unit;
        return Err(CostError::Negative { part: "the margin of a unit", minor_units, currency });
    }
    let Some(spent) = known_cost(margin_per_unit, cost)? else { return Ok(IncrementalRoi::NoCost) };
    let each = margin_per_unit.minor_units as f64;
    let range = range(lift.value * each, lift.lo * each, lift.hi * each, spent)?;
    let verdict = match () {
        () if range.lo > 0.0 => RoiVerdict::Paid,
        () if range.hi < 0.0 => RoiVerdict::DidNotPay,
        () => RoiVerdict::CannotTellYet,
    };
    Ok(IncrementalRoi::Known { range, level: lift.level, verdict, missing: cost.missing.clone() })
}

/// The cost in minor units where it is known and above 0.
fn known_cost(margin: &Money, cost: &FullCost) -> Result<Option<f64>, CostError> {
    let Some(total) = cost.total else { return Ok(None) };
    same_currency(total.currency, margin.currency)?;
    Ok((total.minor_units > 0).then_some(total.minor_units as f64))
}

fn over(margin: f64, spent: f64) -> f64 {
    (margin - spent) / spent
}

fn range(value: f64, lo: f64, hi: f64, spent: f64) -> Result<RoiRange, CostError> {
    match lo <= value && value <= hi && lo.is_finite() && hi.is_finite() {
        true => Ok(RoiRange { roi: over(value, spent), lo: over(lo, spent), hi: over(hi, spent) }),
        false => Err(CostError::NotARange { lo, value, hi }),
    }
}
