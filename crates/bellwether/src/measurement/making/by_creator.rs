//! Each creator with what they cost and brought, learnt from all of them together.

use engine::measurement::costs::{CostKind, CostRow, CreatorRoi, creator_roi, unit_cost};
use engine::measurement::pooling::{
    ClicksAndOrders, Pooled, PooledRates, PooledValues, PoolingSettings, pooled_revenue,
};
use model::{Estimate, Explanation, Grade, Money, Timestamp, Unit};

use crate::measurement::MeasurementError;
use crate::measurement::costing::Costed;
use crate::measurement::found::CreatorFound;

use super::reaching::{
    NO_REACH, NO_REACTIONS, counted, interactions, over_posts, published, reach, unit_cost_estimate,
};
use super::returns::{campaign_query, cost_refused, margin_share, unknown};
use super::{CreditedOrder, LEVEL, Loaded, PostHeld, Z, exact, level, told};

/// The figures that are learnt from all creators together.
struct Learnt {
    rates: Vec<Pooled>,
    a_click: Option<(Vec<Pooled>, Vec<f64>)>,
}

fn learnt(loaded: &Loaded, contacts: &[i64]) -> Option<Learnt> {
    let settings = PoolingSettings::default();
    let of = |contact: &i64| {
        let clicks = loaded.clicks.get(contact).copied().unwrap_or(0);
        let orders = loaded.orders.iter().filter(|order| order.contact == *contact && order.is_clicked).count() as u64;
        // A click may be older than the campaign's first day.
        ClicksAndOrders { clicks: clicks.max(orders), orders }
    };
    let clicked: Vec<ClicksAndOrders> = contacts.iter().map(of).collect();
    if clicked.iter().all(|one| one.clicks == 0) {
        return None;
    }
    let rates = PooledRates::new(&clicked, &settings).ok()?;
    let values: Vec<Vec<f64>> = contacts
        .iter()
        .map(|contact| {
            let theirs = loaded.orders.iter().filter(|order| order.contact == *contact && order.value > 0.0);
            theirs.map(|order| order.value).collect()
        })
        .collect();
    let a_click = PooledValues::new(&values, &settings).ok().and_then(|values| {
        let revenue = pooled_revenue(&rates, &values, None).ok()?;
        Some((revenue.revenue_per_click, revenue.chance_best))
    });
    Some(Learnt { rates: rates.rates(), a_click })
}

pub(super) fn creators_of(
    loaded: &Loaded,
    contacts: &[i64],
    costed: &Costed,
) -> Result<Vec<CreatorFound>, MeasurementError> {
    let (unit, as_of, currency) = (Unit::Money(loaded.currency), loaded.as_of, loaded.currency);
    let learnt = learnt(loaded, contacts);
    let margin = margin_share(loaded);
    let mut found = Vec::with_capacity(contacts.len());
    for (place, contact) in contacts.iter().enumerate() {
        let posts: Vec<&PostHeld> =
            published(loaded).into_iter().filter(|post| post.piece.tracked.contact == *contact).collect();
        let orders: Vec<&CreditedOrder> = loaded.orders.iter().filter(|order| order.contact == *contact).collect();
        let clicks = loaded.clicks.get(contact).copied().unwrap_or(0);
        let value: f64 = orders.iter().map(|order| order.value).sum();
        let contested = orders.iter().filter(|order| order.is_contested).count() as f64;
        let n = orders.len() as u64;
        let cost = costed.by_contact.get(contact);
        let cost_estimate = match cost.and_then(|cost| cost.total.map(|total| (cost, total))) {
            Some((cost, total)) => {
                let parts = cost
                    .parts
                    .iter()
                    .map(|(part, money)| Explanation::leaf(part.words(), Some(money.minor_units as f64), unit));
                let explanation = Explanation::sum("cost of this creator", unit, parts.collect());
                exact(total.minor_units as f64, cost.parts.len() as u64, "parts", "full_cost", explanation, as_of)
            }
            None => {
                Estimate::not_known(unit, "full_cost", 0, "parts", "no agreed deal says what they got").as_of(as_of)
            }
        };
        let link = Some(format!("/tracking/attribution?{}", campaign_query(loaded)));
        let orders_leaf = Explanation::leaf("orders credited to them", Some(n as f64), Unit::Items).with_rows(
            n,
            "orders",
            link.clone(),
        );
        let orders_known =
            Estimate::known(n as f64, n as f64 - contested, n as f64, n, "orders", "credited_orders", orders_leaf);
        let squares = Z * orders.iter().map(|order| order.value * order.value).sum::<f64>().sqrt();
        let value_leaf =
            Explanation::leaf("what those orders are worth", Some(value), unit).with_rows(n, "orders", link);
        let value_known = Estimate::known(
            value,
            (value - squares).max(0.0).min(value),
            value + squares,
            n,
            "orders",
            "credited_value",
            value_leaf,
        );
        let row = |events: Option<u64>| CostRow { cost: cost.and_then(|cost| cost.total), events };
        let per = |kind, events, what| -> Result<Estimate, MeasurementError> {
            let costed = unit_cost(kind, &[row(Some(events))], level()).map_err(cost_refused)?;
            Ok(unit_cost_estimate(&costed, what, currency, as_of, "no agreed deal says what they got"))
        };
        let pooled = learnt.as_ref().map(|learnt| learnt.rates[place]);
        let rate = pooled_estimate(
            pooled,
            clicks,
            "orders of a click",
            Unit::Share,
            "nobody clicked on a link of a creator",
            as_of,
        );
        let of_click = learnt.as_ref().and_then(|learnt| learnt.a_click.as_ref());
        let a_click = pooled_estimate(
            of_click.map(|(all, _)| all[place]),
            clicks,
            "what a click brings",
            unit,
            "no order came by a click of any creator",
            as_of,
        );
        let (roi, roi_kind) = match (cost, &margin) {
            (None, _) => (unknown(Unit::Percent, "creator_roi", "no agreed deal says what they got", as_of), None),
            (_, Err(why)) => (unknown(Unit::Percent, "creator_roi", why, as_of), None),
            (Some(cost), Ok(share)) => {
                let pooled = of_click.map(|(all, _)| all[place]).filter(|_| clicks > 0);
                let pooled =
                    pooled.map(|one| [one.value, one.lo, one.hi].map(|a_click| a_click * clicks as f64 * share));
                let margin = Money { minor_units: (value * share).round() as i64, currency };
                let roi = creator_roi(n, &margin, cost, pooled).map_err(cost_refused)?;
                (creator_roi_estimate(&roi, n, as_of), Some(roi))
            }
        };
        found.push(CreatorFound {
            contact: *contact,
            posts: posts.len() as u64,
            cost: cost_estimate,
            reach: over_posts(&posts, reach, "people who saw their posts, added up", Unit::People, NO_REACH, as_of),
            interactions: over_posts(&posts, interactions, "likes and comments", Unit::Items, NO_REACTIONS, as_of),
            clicks: counted(clicks, "clicks by people on their links", "clicks", "/tracking/clicks".to_owned(), loaded),
            orders: told(orders_known, as_of, Grade::B),
            value: told(value_known, as_of, Grade::B),
            rate,
            a_click,
            cost_per_click: per(CostKind::Cpc, clicks, "clicks")?,
            cost_per_order: per(CostKind::Cpa, n, "orders")?,
            roi,
            chance_best: of_click.map(|(_, best)| best[place]),
            roi_kind,
        });
    }
    found.sort_by(|one, other| {
        let of = |creator: &CreatorFound| (creator.value.value.unwrap_or(0.0), creator.clicks.value.unwrap_or(0.0));
        of(other).partial_cmp(&of(one)).unwrap_or(std::cmp::Ordering::Equal).then(one.contact.cmp(&other.contact))
    });
    Ok(found)
}

fn pooled_estimate(
    pooled: Option<Pooled>,
    clicks: u64,
    words: &str,
    unit: Unit,
    why: &str,
    as_of: Timestamp,
) -> Estimate {
    let Some(pooled) = pooled else { return Estimate::not_known(unit, "pooled", 0, "clicks", why).as_of(as_of) };
    let raw = Explanation::leaf("their own clicks and orders alone", pooled.raw, unit).with_rows(
        clicks,
        "clicks",
        Some("/tracking/clicks".to_owned()),
    );
    let explanation = Explanation { value: Some(pooled.value), ..Explanation::leaf(words, None, unit) }
        .with_formula("beta-binomial, averaged over a grid of means and likenesses; creators learn from each other")
        .with_parts(vec![raw]);
    let known = Estimate::known(pooled.value, pooled.lo, pooled.hi, clicks, "clicks", "pooled", explanation);
    told(known, as_of, Grade::B)
}

fn creator_roi_estimate(roi: &CreatorRoi, n: u64, as_of: Timestamp) -> Estimate {
    let leaf = |value| Explanation::leaf("margin of credited orders less cost, over cost", value, Unit::Percent);
    match roi {
        CreatorRoi::Known { roi, pooled, .. } => {
            let (lo, hi) = pooled.map_or((*roi, *roi), |range| (range.lo.min(*roi), range.hi.max(*roi)));
            let explanation = leaf(Some(*roi))
                .with_formula("(margin - cost) / cost; the range is what a click brings, learnt from all creators")
                .with_rows(n, "orders", None);
            told(Estimate::known(*roi, lo, hi, n, "orders", "creator_roi", explanation), as_of, Grade::B)
        }
        CreatorRoi::TooFewConversions { conversions, needed, pooled } => {
            let reason =
                format!("{conversions} orders are fewer than {needed}, so no return is told of one creator alone");
            let unknown = Estimate::not_known(Unit::Percent, "creator_roi", *conversions, "orders", reason);
            let (lo, hi) = pooled.map_or((None, None), |range| (Some(range.lo), Some(range.hi)));
            Estimate { lo, hi, level: LEVEL, as_of: Some(as_of), grade: Grade::B, ..unknown }
        }
        CreatorRoi::NoCost => unknown(Unit::Percent, "creator_roi", "the cost is 0 or not known", as_of),
    }
}
