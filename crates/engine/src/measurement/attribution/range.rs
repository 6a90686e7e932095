//! The range over models: the least and the most that any model credits a creator with. One truth there is none.
//!
//! Journeys with small creators mostly have one touch, and then all models agree; where the range is wide the page
//! shows it. The range is no interval of confidence: it says how much hangs on the rule, nothing about chance.

use model::{Currency, Explanation, Unit};
use serde::{Deserialize, Serialize};

use super::{ATTRIBUTION_VERSION, Attribution, Credits, Model, ModelCredits};

/// The least and the most orders that any model credits.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct OrdersRange {
    pub lo: f64,
    pub hi: f64,
    /// The first of the models that say so, in the order of [`Model::ALL`].
    pub lo_by: Model,
    pub hi_by: Model,
}

/// The least and the most money that any model credits, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ValueRange {
    pub lo_minor_units: i64,
    pub hi_minor_units: i64,
    pub lo_by: Model,
    pub hi_by: Model,
}

/// One creator's credit by the model that is paid by, and its range over all models.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreatorRange {
    pub creator: u32,
    /// Orders with at least one touch of this creator in the window, whoever they are credited to.
    pub orders_touched: u64,
    pub paid_conversions: f64,
    pub paid_value_minor_units: i64,
    pub conversions: OrdersRange,
    pub value: ValueRange,
}

/// One range a creator. `models` has the model that is paid by, and lists of one length. Cost: O(models * creators).
pub(super) fn ranges(models: &[ModelCredits], paid_by: Model, orders_touched: &[u64]) -> Vec<CreatorRange> {
    let Some(paid) = models.iter().find(|found| found.model == paid_by) else { return vec![] };
    let range = |(creator, orders_touched): (usize, &u64)| {
        let orders = Ends::of(models, |credits| credits.conversions[creator]);
        let value = Ends::of(models, |credits| credits.value_minor_units[creator]);
        CreatorRange {
            creator: creator as u32,
            orders_touched: *orders_touched,
            paid_conversions: paid.credits.conversions[creator],
            paid_value_minor_units: paid.credits.value_minor_units[creator],
            conversions: OrdersRange { lo: orders.lo, hi: orders.hi, lo_by: orders.lo_by, hi_by: orders.hi_by },
            value: ValueRange {
                lo_minor_units: value.lo,
                hi_minor_units: value.hi,
                lo_by: value.lo_by,
                hi_by: value.hi_by,
            },
        }
    };
    orders_touched.iter().enumerate().map(range).collect()
}

/// The smallest and the largest of what the models say, and the first model that says so.
struct Ends<T> {
    lo: T,
    hi: T,
    lo_by: Model,
    hi_by: Model,
}

impl<T: PartialOrd + Copy> Ends<T> {
    /// `models` is not empty.
    fn of(models: &[ModelCredits], credited: impl Fn(&Credits) -> T) -> Ends<T> {
        let (first, others) = models.split_first().expect("the five rules are always among the models");
        let said = credited(&first.credits);
        let mut ends = Ends { lo: said, hi: said, lo_by: first.model, hi_by: first.model };
        for ModelCredits { model, credits } in others {
            let said = credited(credits);
            if said < ends.lo {
                (ends.lo, ends.lo_by) = (said, *model);
            }
            if said > ends.hi {
                (ends.hi, ends.hi_by) = (said, *model);
            }
        }
        ends
    }
}

impl Attribution {
    /// How a creator's orders come about: the model that is paid by, every other model, the rows behind them.
    ///
    /// Output: value in orders, parts in the order of [`Model::ALL`], models that were refused with their reason;
    /// `None` when there is no such creator. Cost: O(models).
    pub fn explain_conversions(&self, creator: u32) -> Option<Explanation> {
        let range = self.ranges.get(creator as usize)?;
        let words = "orders credited to this creator";
        let spread = (range.conversions.lo, range.conversions.hi);
        Some(self.explain(range, words, range.paid_conversions, Unit::Items, spread, |found| {
            found.credits.conversions[creator as usize]
        }))
    }

    /// The same for the value of the orders, in minor units of `currency`, which the journeys were all in.
    pub fn explain_value(&self, creator: u32, currency: Currency) -> Option<Explanation> {
        let range = self.ranges.get(creator as usize)?;
        let words = "value of the orders credited to this creator";
        let (paid, unit) = (range.paid_value_minor_units as f64, Unit::Money(currency));
        let spread = (range.value.lo_minor_units as f64, range.value.hi_minor_units as f64);
        Some(self.explain(range, words, paid, unit, spread, |found| {
            found.credits.value_minor_units[creator as usize] as f64
        }))
    }

    fn explain(
        &self,
        range: &CreatorRange,
        words: &str,
        paid: f64,
        unit: Unit,
        (lo, hi): (f64, f64),
        credited: impl Fn(&ModelCredits) -> f64,
    ) -> Explanation {
        let leaf = |words: String, value| Explanation::leaf(words, value, unit);
        let mut parts: Vec<Explanation> = self
            .models
            .iter()
            .map(|found| leaf(format!("by {}", found.model.words()), Some(credited(found))))
            .collect();
        parts.extend(
            self.refused.iter().map(|refused| leaf(format!("by {}: {}", refused.model.words(), refused.why), None)),
        );
        parts.push(leaf("least of any model".to_owned(), Some(lo)));
        parts.push(leaf("most of any model".to_owned(), Some(hi)));
        let formula = format!(
            "{} v{ATTRIBUTION_VERSION}, touches within {} days before the order; the range is over models, not chance",
            self.paid_by.words(),
            self.settings.window_days.0
        );
        Explanation::leaf(words, Some(paid), unit).with_parts(parts).with_formula(formula).with_rows(
            range.orders_touched,
            "orders with a touch of this creator",
            None,
        )
    }
}
