//! What it cost and what came back: the two returns, side by side and never merged.

use engine::measurement::costs::{
    AttributedRoi, FullCost, IncrementalLift, IncrementalRoi, RoiRange, attributed_roi, incremental_roi,
};
use engine::measurement::lift::LiftVerdict;
use model::{Estimate, Explanation, Grade, Money, Timestamp, Unit};

use crate::measurement::MeasurementError;
use crate::measurement::costing::Costed;
use crate::measurement::found::{CostFound, OutcomeFound, ReturnFound};
use crate::measurement::outcomes::Outcome;

use super::{Loaded, ORDERS_FOR_VALUE_MIN, Z, exact, told};

pub(super) fn cost_of(costed: &Costed, loaded: &Loaded) -> CostFound {
    let unit = Unit::Money(loaded.currency);
    let full = &costed.all;
    let link = loaded.study.row.campaign.map(|campaign| format!("/outreach/campaigns/{campaign}"));
    let total = match full.total {
        Some(total) => {
            let parts = full.parts.iter().map(|(part, money)| {
                let leaf = Explanation::leaf(part.words(), Some(money.minor_units as f64), unit);
                match part {
                    engine::measurement::costs::CostPart::Fee if loaded.costs.fee.is_none() => {
                        leaf.with_rows(loaded.deals.agreed, "agreed deals", link.clone())
                    }
                    _ => leaf.with_rows(1, "entry typed by a person", Some(costs_link(loaded))),
                }
            });
            let explanation = Explanation::sum("cost of the campaign", unit, parts.collect());
            let n = full.parts.len() as u64;
            exact(total.minor_units as f64, n, "parts", "full_cost", explanation, loaded.as_of)
        }
        None => Estimate::not_known(
            unit,
            "full_cost",
            0,
            "parts",
            "no part of the cost is known: agree deals in the campaign, or type what it cost",
        )
        .as_of(loaded.as_of),
    };
    CostFound { total, missing: full.missing.clone(), remarks: costed.remarks.clone() }
}

fn costs_link(loaded: &Loaded) -> String {
    format!("/measurement/{}/costs", loaded.study.row.id)
}

/// Margin as a share of revenue, and why it is not known.
pub(super) fn margin_share(loaded: &Loaded) -> Result<f64, String> {
    loaded.study.design.margin_basis_points.map(|points| f64::from(points) / 10_000.0).ok_or_else(|| {
        "the margin of a sale was not said when this measurement was designed, so revenue is not turned into margin"
            .to_owned()
    })
}

pub(super) fn unknown(unit: Unit, method: &str, why: &str, as_of: Timestamp) -> Estimate {
    Estimate::not_known(unit, method, 0, "orders", why).as_of(as_of)
}

/// What is credited: the margin of credited orders, and that over cost.
pub(super) fn attributed(loaded: &Loaded, cost: &FullCost) -> Result<ReturnFound, MeasurementError> {
    let (unit, as_of) = (Unit::Money(loaded.currency), loaded.as_of);
    let share = match margin_share(loaded) {
        Ok(share) => share,
        Err(why) => {
            return Ok(ReturnFound {
                margin: unknown(unit, "attributed_margin", &why, as_of),
                roi: unknown(Unit::Percent, "attributed_roi", &why, as_of),
                verdict: None,
            });
        }
    };
    let value: f64 = loaded.orders.iter().map(|order| order.value).sum();
    // Which orders come is chance: a sum of so many of such sizes varies by the root of their squares.
    let half = Z * loaded.orders.iter().map(|order| order.value * order.value).sum::<f64>().sqrt();
    let n = loaded.orders.len() as u64;
    let link = Some(format!("/tracking/attribution?{}", campaign_query(loaded)));
    let credited =
        Explanation::leaf("credited orders, less what was given back", Some(value), unit).with_rows(n, "orders", link);
    let explanation = Explanation {
        value: Some(value * share),
        ..Explanation::leaf("gross margin of orders credited to creators", None, unit)
    }
    .with_formula("credited value x margin; interval of a sum of independent orders, root of the sum of their squares")
    .with_parts(vec![credited, Explanation::leaf("margin of a sale", Some(share), Unit::Share)]);
    let (lo, hi) = (((value - half) * share).max(0.0).min(value * share), (value + half) * share);
    let (lo, hi) = if n == 0 { (0.0, 0.0) } else { (lo, hi) };
    let margin = told(
        Estimate::known(value * share, lo, hi, n, "orders", "attributed_margin", explanation.clone()),
        as_of,
        Grade::B,
    );
    let whole = |minor: f64| Money { minor_units: minor.round() as i64, currency: loaded.currency };
    let roi = match attributed_roi(&whole(value * share), cost).map_err(cost_refused)? {
        AttributedRoi::Known { roi, .. } => {
            let of = |minor: f64| {
                let spent = cost.total.map_or(1.0, |total| total.minor_units as f64);
                (minor - spent) / spent
            };
            let explanation = roi_explanation("attributed return", roi, &explanation, value * share, cost, unit);
            told(
                Estimate::known(roi, of(lo).min(roi), of(hi).max(roi), n, "orders", "attributed_roi", explanation),
                as_of,
                Grade::B,
            )
        }
        AttributedRoi::NoCost => unknown(Unit::Percent, "attributed_roi", "the cost is not known", as_of),
    };
    Ok(ReturnFound { margin, roi, verdict: None })
}

fn roi_explanation(
    words: &str,
    roi: f64,
    margin: &Explanation,
    margin_value: f64,
    cost: &FullCost,
    unit: Unit,
) -> Explanation {
    let spent = cost.total.map_or(0.0, |total| total.minor_units as f64);
    let less = Explanation::leaf("less the cost", Some(-spent), unit);
    let margin = Explanation { value: Some(margin_value), ..margin.clone() };
    let gain = Explanation::sum("margin less cost", unit, vec![margin, less]);
    let under = Explanation::leaf("cost", Some(spent), unit);
    let made = Explanation::ratio(words, Unit::Percent, gain, under).with_formula("(margin - cost) / cost");
    Explanation { value: Some(roi), ..made }
}

pub(super) fn campaign_query(loaded: &Loaded) -> String {
    let design = &loaded.study.design;
    let campaign = loaded.study.row.campaign.map_or_else(String::new, |campaign| format!("&campaign={campaign}"));
    format!("from={}&until={}&window={}{campaign}", design.starts_on, design.ends_on, design.window_days)
}

pub(super) fn cost_refused(error: engine::measurement::costs::CostError) -> MeasurementError {
    crate::measurement::refused("fee", error.to_string())
}

/// What one more of the primary outcome brings in margin, in minor units; or why that is not known.
fn worth_of_one(loaded: &Loaded) -> Result<(f64, Explanation), String> {
    let design = &loaded.study.design;
    let unit = Unit::Money(loaded.currency);
    match design.primary {
        Outcome::Revenue => {
            let share = margin_share(loaded)?;
            Ok((share, Explanation::leaf("margin of a sale", Some(share), Unit::Share)))
        }
        Outcome::Orders | Outcome::NewCustomers => {
            let share = margin_share(loaded)?;
            let (value, n) = loaded.order_value.ok_or_else(|| {
                format!("fewer than {ORDERS_FOR_VALUE_MIN} orders in these days say what an order is worth")
            })?;
            let order = Explanation::leaf("an order of these days", Some(value), unit).with_rows(
                n,
                "orders",
                Some("/tracking/conversions".to_owned()),
            );
            let margin = Explanation::leaf("margin of a sale", Some(share), Unit::Share);
            let explanation =
                Explanation { value: Some(value * share), ..Explanation::leaf("margin of an order", None, unit) }
                    .with_formula("mean value x margin")
                    .with_parts(vec![order, margin]);
            Ok((value * share, explanation))
        }
        _ => design
            .worth_of_one
            .map(|worth| {
                let value = worth.minor_units as f64;
                (value, Explanation::leaf("what one is worth, as it was said beforehand", Some(value), unit))
            })
            .ok_or_else(|| {
                "what one of them is worth was not said when this measurement was designed, so there is no return of it"
                    .to_owned()
            }),
    }
}

/// What would not have been sold otherwise, and that over cost.
pub(super) fn incremental(
    loaded: &Loaded,
    primary: &OutcomeFound,
    cost: &FullCost,
) -> Result<ReturnFound, MeasurementError> {
    let (unit, as_of) = (Unit::Money(loaded.currency), loaded.as_of);
    let none = |why: &str| ReturnFound {
        margin: unknown(unit, "incremental_margin", why, as_of),
        roi: unknown(Unit::Percent, "incremental_roi", why, as_of),
        verdict: None,
    };
    let (Some(value), Some(lo), Some(hi)) = (primary.gained.value, primary.gained.lo, primary.gained.hi) else {
        return Ok(none(primary.refused.as_deref().unwrap_or("nothing was measured")));
    };
    if primary.verdict == LiftVerdict::NotTrustworthy {
        return Ok(none("the design is not trustworthy: it raised alarms where nothing happened"));
    }
    let (worth, of_one) = match worth_of_one(loaded) {
        Ok(worth) => worth,
        Err(why) => return Ok(none(&why)),
    };
    let n = primary.gained.n;
    let explanation = Explanation {
        value: Some(value * worth),
        ..Explanation::leaf("gross margin that would not have come otherwise", None, unit)
    }
    .with_formula("more than without x what one brings; the interval is that of the first alone")
    .with_parts(vec![primary.gained.explanation.clone(), of_one]);
    let grade = primary.gained.grade;
    let margin = told(
        Estimate::known(value * worth, lo * worth, hi * worth, n, "days", "incremental_margin", explanation.clone()),
        as_of,
        grade,
    );
    let lift = IncrementalLift { value: value * worth, lo: lo * worth, hi: hi * worth, level: primary.gained.level };
    let one = Money { minor_units: 1, currency: loaded.currency };
    let (roi, verdict) = match incremental_roi(&lift, &one, cost).map_err(cost_refused)? {
        IncrementalRoi::Known { range: RoiRange { roi, lo, hi }, verdict, .. } => {
            let explanation = roi_explanation("incremental return", roi, &explanation, value * worth, cost, unit);
            let known = Estimate::known(roi, lo, hi, n, "days", "incremental_roi", explanation);
            (told(known, as_of, grade), Some(verdict))
        }
        IncrementalRoi::NoCost => (unknown(Unit::Percent, "incremental_roi", "the cost is not known", as_of), None),
    };
    Ok(ReturnFound { margin, roi, verdict })
}
