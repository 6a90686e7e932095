//! What one click, lead, order, interaction or a thousand views cost: sums over sums, with the range chance leaves.

use model::{Currency, Money, Ratio};
use serde::{Deserialize, Serialize};

use super::full::plus;
use super::{CostError, same_currency};
use crate::intervals::{poisson_interval, poisson_upper_bound};

/// What a cost is divided by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    /// Clicks, bots out.
    Cpc,
    /// Leads.
    Cpl,
    /// Acquisitions: orders, or first orders.
    Cpa,
    /// Interactions: likes, comments and what else is counted.
    Cpe,
    /// A thousand impressions or views.
    Cpm,
}

impl CostKind {
    /// How many events one unit is.
    pub fn events(self) -> f64 {
        if self == CostKind::Cpm { 1_000.0 } else { 1.0 }
    }

    pub fn words(self) -> &'static str {
        match self {
            CostKind::Cpc => "cost per click",
            CostKind::Cpl => "cost per lead",
            CostKind::Cpa => "cost per acquisition",
            CostKind::Cpe => "cost per interaction",
            CostKind::Cpm => "cost per thousand impressions",
        }
    }
}

/// One creator's, post's or deal's cost and events; `None` is not known and never 0.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CostRow {
    pub cost: Option<Money>,
    pub events: Option<u64>,
}

/// What a unit costs, in minor units.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitCost {
    Known {
        minor_units: f64,
        lo: f64,
        hi: f64,
    },
    /// Nothing came yet: a unit costs at least so much. Neither infinite nor unknown.
    AtLeast {
        minor_units: f64,
    },
    /// No row has both its cost and its events.
    NotKnown,
}

/// A unit cost over a set of rows, and what it was made of.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CostedUnits {
    pub kind: CostKind,
    pub unit_cost: UnitCost,
    pub level: f64,
    /// `None` when no row counts.
    pub currency: Option<Currency>,
    /// Sum over rows that count.
    pub cost_minor_units: i64,
    pub events: u64,
    pub rows: usize,
    /// Rows whose cost or events are not known: in neither sum.
    pub rows_left_out: usize,
}

/// What one click, lead, order, interaction or a thousand impressions cost over a set of rows.
///
/// Formula: sum of costs / sum of events (times 1,000 for CPM), never a mean of single ratios. Ends: cost over the exact
/// Poisson interval of the events, `2 cost / chi2` quantiles; with no event the lower end alone, cost over the one-sided upper
/// bound, 3.0 at 95 %.
/// Inputs: `rows`, costs 0 and up in minor units of one currency; `level`, above 0 and below 1. Rows of which one side is not
/// known are left out of both sums and counted.
/// Output: [`CostedUnits`] in minor units; `NotKnown` when no row counts. The range is that of chance alone: interactions and
/// impressions come in bursts, so theirs is too narrow. Errors: [`CostError`]: two currencies, a negative cost.
/// Cost: O(rows). Source: Garwood 1936, Biometrika 28; ratio of sums, Cochran 1977, section 6.2.
///
/// ```
/// use engine::measurement::costs::{CostKind, CostRow, UnitCost, unit_cost};
/// use model::{Money, Ratio};
/// let row = |minor_units, events| CostRow { cost: Money::new(minor_units, "EUR").ok(), events: Some(events) };
/// let level = Ratio::new(0.95).unwrap();
/// let found = unit_cost(CostKind::Cpa, &[row(20_000, 0), row(30_000, 10)], level).unwrap();
/// assert!(matches!(found.unit_cost, UnitCost::Known { minor_units: 5_000.0, .. }));
/// let none = unit_cost(CostKind::Cpa, &[row(30_000, 0)], level).unwrap().unit_cost;
/// assert!(matches!(none, UnitCost::AtLeast { minor_units } if (minor_units - 10_014.2).abs() < 0.1));
/// ```
pub fn unit_cost(kind: CostKind, rows: &[CostRow], level: Ratio) -> Result<CostedUnits, CostError> {
    let mut sum: Option<Money> = None;
    let (mut events, mut counted) = (0_u64, 0);
    for row in rows {
        let Some(cost) = row.cost else { continue };
        if cost.minor_units < 0 {
            let Money { minor_units, currency } = cost;
            return Err(CostError::Negative { part: "a cost", minor_units, currency });
        }
        // Two currencies are refused even where a row would be left out: the sets are not of one kind.
        if let Some(sum) = sum {
            same_currency(sum.currency, cost.currency)?;
        }
        let nothing = Money { minor_units: 0, currency: cost.currency };
        let Some(of_row) = row.events else {
            sum = sum.or(Some(nothing));
            continue;
        };
        sum = Some(plus(sum.unwrap_or(nothing), cost)?);
        events = events.checked_add(of_row).ok_or(CostError::TooLarge)?;
        counted += 1;
    }
    let cost = sum.map_or(0.0, |sum| sum.minor_units as f64) * kind.events();
    let unit_cost = match (counted, events) {
        (0, _) => UnitCost::NotKnown,
        (_, 0) => UnitCost::AtLeast { minor_units: cost / poisson_upper_bound(0, level) },
        _ => {
            let range = poisson_interval(events, level);
            UnitCost::Known { minor_units: cost / events as f64, lo: cost / range.hi, hi: cost / range.lo }
        }
    };
    Ok(CostedUnits {
        kind,
        unit_cost,
        level: level.value(),
        currency: sum.filter(|_| counted > 0).map(|sum| sum.currency),
        cost_minor_units: sum.map_or(0, |sum| sum.minor_units),
        events,
        rows: counted,
        rows_left_out: rows.len() - counted,
    })
}
