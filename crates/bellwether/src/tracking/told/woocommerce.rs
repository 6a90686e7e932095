//! WooCommerce's messages (webhooks version 3): orders as they are made, change and go. Moments are those in GMT; the others have no
//! zone.

use model::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use store::conversions::{ConversionKind, MoneyKind};

use super::shopify::words;
use super::{Message, MoneyTold, NotUnderstood, Order, OrderStated, Visit, amount, moment, not_understood};

#[derive(Deserialize)]
struct OrderBody {
    id: Value,
    #[serde(default)]
    number: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    total: String,
    #[serde(default)]
    date_created_gmt: Option<String>,
    #[serde(default)]
    date_modified_gmt: Option<String>,
    #[serde(default)]
    date_paid_gmt: Option<String>,
    #[serde(default)]
    billing: Billing,
    #[serde(default)]
    coupon_lines: Vec<Coupon>,
    #[serde(default)]
    refunds: Vec<Refund>,
    #[serde(default)]
    meta_data: Vec<Meta>,
}

#[derive(Deserialize, Default)]
struct Billing {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    country: Option<String>,
}

#[derive(Deserialize)]
struct Coupon {
    code: String,
}

#[derive(Deserialize)]
struct Refund {
    id: Value,
    total: String,
}

#[derive(Deserialize)]
struct Meta {
    key: String,
    #[serde(default)]
    value: Value,
}

/// What the shop sends unsigned when a webhook is kept, to see whether anybody answers.
pub fn is_ping(body: &[u8]) -> bool {
    body.strip_prefix(b"webhook_id=").is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// Reads a message of a topic that came at `now`.
pub fn read(topic: &str, body: &[u8], now: Timestamp) -> Result<Message, NotUnderstood> {
    match topic {
        "order.created" | "order.updated" | "order.restored" | "order.deleted" => {}
        other => return Ok(Message::NotNeeded(format!("{other} says nothing that is counted"))),
    }
    let body: OrderBody = serde_json::from_slice(body).map_err(|error| not_understood("body", error.to_string()))?;
    let id = words(&body.id).ok_or_else(|| not_understood("id", "the order has no number"))?;
    if body.total.is_empty() {
        // A deleted order is told by its number alone.
        let mut order = Order::new(ConversionKind::Sale, id);
        order.stated = Some(OrderStated {
            version: now,
            at: now,
            is_paid: false,
            is_test: false,
            amount: None,
            cancelled_at: Some(now),
            is_new_customer: None,
            country: None,
        });
        return Ok(Message::Orders(vec![order]));
    }
    let when = |field: &str, text: &Option<String>| match text.as_deref().filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => moment(text).map(Some).ok_or_else(|| not_understood(field, format!("{text:?} is no moment"))),
    };
    let placed = when("date_created_gmt", &body.date_created_gmt)?;
    let placed = placed.ok_or_else(|| not_understood("date_created_gmt", "the order has no moment"))?;
    let version = when("date_modified_gmt", &body.date_modified_gmt)?.unwrap_or(placed);
    let paid_at = when("date_paid_gmt", &body.date_paid_gmt)?;
    let is_over = matches!(body.status.as_str(), "cancelled" | "failed" | "trash");
    let mut order = Order::new(ConversionKind::Sale, id.clone());
    order.native_name = body.number.clone().filter(|number| *number != id);
    order.stated = Some(OrderStated {
        version,
        at: placed,
        is_paid: paid_at.is_some() || matches!(body.status.as_str(), "processing" | "completed" | "refunded"),
        is_test: false,
        amount: Some(amount("total", &body.total, &body.currency)?),
        cancelled_at: is_over.then_some(version),
        is_new_customer: None,
        country: body.billing.country.clone(),
    });
    for refund in &body.refunds {
        let mut given_back = amount("refunds.total", &refund.total, &body.currency)?;
        given_back.minor_units = -given_back.minor_units.abs();
        let external_id = words(&refund.id).ok_or_else(|| not_understood("refunds.id", "it has no number"))?;
        order.money.push(MoneyTold { kind: MoneyKind::Refunded, external_id, at: version, amount: given_back });
    }
    order.email = body.billing.email.clone().filter(|email| !email.is_empty());
    order.codes = body.coupon_lines.iter().map(|coupon| coupon.code.clone()).collect();
    read_meta(&body.meta_data, &mut order);
    Ok(Message::Orders(vec![order]))
}

/// What the shop noted of where the buyer came from.
fn read_meta(meta: &[Meta], order: &mut Order) {
    let of = |key: &str| meta.iter().find(|one| one.key == key).and_then(|one| words(&one.value));
    let began = of("_wc_order_attribution_session_start_time").and_then(|text| moment(&text));
    if let Some(address) = of("_wc_order_attribution_session_entry") {
        order.visits.push(Visit { address, at: began });
    }
    if let (Some(medium), Some(content)) =
        (of("_wc_order_attribution_utm_medium"), of("_wc_order_attribution_utm_content"))
    {
        let visit = Visit { address: format!("/?utm_medium={medium}&utm_content={content}"), at: began };
        let is_told = order.visits.iter().any(|told| told.address.contains(&format!("utm_content={content}")));
        if !is_told {
            order.visits.push(visit);
        }
    }
    order.tokens.extend(of(super::token::PARAMETER));
    order.answer = of("heard_from");
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{"id":727,"number":"727","status":"processing","currency":"EUR","total":"29.35",
        "date_created":"2026-03-22T16:28:02","date_created_gmt":"2026-03-22T19:28:02","date_modified_gmt":"2026-03-22T19:28:08",
        "date_paid_gmt":"2026-03-22T19:28:08","billing":{"email":"bo@example.org","country":"AT"},
        "coupon_lines":[{"id":1,"code":"ana10"}],"refunds":[{"id":726,"reason":"","total":"-10.00"}],
        "meta_data":[{"id":1,"key":"_wc_order_attribution_utm_medium","value":"creator"},
        {"id":2,"key":"_wc_order_attribution_utm_content","value":"deal-7"},{"id":3,"key":"heard_from","value":"Ana"}]}"#;

    #[test]
    fn an_order_is_read_by_its_moments_in_gmt() {
        let Ok(Message::Orders(orders)) = read("order.created", ORDER.as_bytes(), Timestamp(9)) else {
            panic!("is understood")
        };
        let (order, stated) = (&orders[0], orders[0].stated.as_ref().expect("is stated"));
        assert_eq!(crate::clock::iso(stated.at), "2026-03-22T19:28:02Z");
        assert_eq!(stated.amount.map(|amount| amount.minor_units), Some(2_935));
        assert!(stated.is_paid && stated.cancelled_at.is_none());
        assert_eq!(order.money[0].amount.minor_units, -1_000);
        assert_eq!((order.codes[0].as_str(), order.answer.as_deref()), ("ana10", Some("Ana")));
        assert_eq!(order.visits[0].address, "/?utm_medium=creator&utm_content=deal-7");
    }

    #[test]
    fn a_cancelled_order_is_over_and_so_is_a_deleted_one() {
        let Ok(Message::Orders(orders)) =
            read("order.updated", ORDER.replace("processing", "cancelled").as_bytes(), Timestamp(9))
        else {
            panic!("is understood")
        };
        assert!(orders[0].stated.as_ref().expect("is stated").cancelled_at.is_some());
        let Ok(Message::Orders(orders)) = read("order.deleted", br#"{"id":727}"#, Timestamp(9)) else {
            panic!("is understood")
        };
        assert_eq!(orders[0].stated.as_ref().expect("is stated").cancelled_at, Some(Timestamp(9)));
        let wrong = read("order.created", ORDER.replace("2026-03-22T19:28:02", "yesterday").as_bytes(), Timestamp(9));
        assert_eq!(wrong.expect_err("is refused").field, "date_created_gmt");
    }
}
