//! The full cost from its parts, and which parts nobody has given.

use model::Money;
use serde::{Deserialize, Serialize};

use super::{CostError, same_currency};

/// A part of what a creator or a campaign costs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostPart {
    Fee,
    ProductAtCost,
    Shipping,
    Commission,
    Tools,
    Hours,
}

impl CostPart {
    pub fn words(self) -> &'static str {
        match self {
            CostPart::Fee => "fee",
            CostPart::ProductAtCost => "product at cost",
            CostPart::Shipping => "shipping",
            CostPart::Commission => "commission",
            CostPart::Tools => "share of tools",
            CostPart::Hours => "hours",
        }
    }
}

/// Each part as it is known; `None` is not known and never 0.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CostParts {
    pub fee: Option<Money>,
    pub product_at_cost: Option<Money>,
    pub shipping: Option<Money>,
    pub commission: Option<Money>,
    /// The share of tools and subscriptions.
    pub tools: Option<Money>,
    /// Hours of own work, 0 and up.
    pub hours: Option<f64>,
    /// What an hour costs.
    pub hourly_rate: Option<Money>,
}

/// The sum of known parts, and what is missing from it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FullCost {
    /// `None` when no part is known. Too low by whatever `missing` would add.
    pub total: Option<Money>,
    pub parts: Vec<(CostPart, Money)>,
    /// Parts nobody has given: name them beside every figure, since they flatter it.
    pub missing: Vec<CostPart>,
}

/// What a creator or a campaign cost in all, and which parts are missing from the sum.
///
/// Formula: fee + product at cost + shipping + commission + share of tools + hours * hourly rate, the last one rounded to the
/// nearest smallest unit. Inputs: `parts`, each 0 and up, one currency; hours without a rate, or a rate without hours, are a
/// missing part (0 hours cost 0 at any rate).
/// Output: [`FullCost`] in minor units; `total` is `None` when nothing is known.
/// Errors: [`CostError`]: two currencies, a negative part, a sum beyond counting. Cost: O(1). Source: `docs/formulas.md`.
///
/// ```
/// use engine::measurement::costs::{CostPart, CostParts, full_cost};
/// use model::Money;
/// let euro = |minor_units| Money::new(minor_units, "EUR").ok();
/// let parts = CostParts { fee: euro(30_000), shipping: euro(900), hours: Some(1.5), hourly_rate: euro(4_000), ..CostParts::default() };
/// let cost = full_cost(&parts).unwrap();
/// assert_eq!(cost.total, euro(36_900));
/// assert_eq!(cost.missing, [CostPart::ProductAtCost, CostPart::Commission, CostPart::Tools]);
/// ```
pub fn full_cost(parts: &CostParts) -> Result<FullCost, CostError> {
    let given = [
        (CostPart::Fee, parts.fee),
        (CostPart::ProductAtCost, parts.product_at_cost),
        (CostPart::Shipping, parts.shipping),
        (CostPart::Commission, parts.commission),
        (CostPart::Tools, parts.tools),
        (CostPart::Hours, own_work(parts)?),
    ];
    let mut found = FullCost { total: None, parts: vec![], missing: vec![] };
    for (part, money) in given {
        let Some(money) = money else {
            found.missing.push(part);
            continue;
        };
        if money.minor_units < 0 {
            let Money { minor_units, currency } = money;
            return Err(CostError::Negative { part: part.words(), minor_units, currency });
        }
        found.total = Some(match found.total {
            None => money,
            Some(total) => plus(total, money)?,
        });
        found.parts.push((part, money));
    }
    Ok(found)
}

/// The sum of two amounts of one currency.
pub(super) fn plus(left: Money, right: Money) -> Result<Money, CostError> {
    let currency = same_currency(left.currency, right.currency)?;
    let minor_units = left.minor_units.checked_add(right.minor_units).ok_or(CostError::TooLarge)?;
    Ok(Money { minor_units, currency })
}

fn own_work(parts: &CostParts) -> Result<Option<Money>, CostError> {
    let (Some(hours), Some(rate)) = (parts.hours, parts.hourly_rate) else { return Ok(None) };
    if !(hours.is_finite() && hours >= 0.0) {
        return Err(CostError::NotAnAmount { what: "hours", value: hours });
    }
    let minor_units = (hours * rate.minor_units as f64).round();
    // Above this, whole numbers are no longer all there.
    const MOST: f64 = 9_007_199_254_740_992.0;
    if minor_units.abs() > MOST {
        return Err(CostError::TooLarge);
    }
    Ok(Some(Money { minor_units: minor_units as i64, currency: rate.currency }))
}
