//! Stripe's events: a checkout that is paid, money given back, a dispute. An order is its payment; a click's token comes as
//! `client_reference_id`.

use model::{Currency, Money, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use store::conversions::{ConversionKind, MoneyKind};

use super::{Message, MoneyTold, NotUnderstood, Order, OrderStated, not_understood};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    #[serde(default = "yes")]
    livemode: bool,
    data: Data,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Stripe's amounts are whole numbers of the smallest unit already.
fn money(object: &Value, key: &str) -> Result<Money, NotUnderstood> {
    let minor_units = object.get(key).and_then(Value::as_i64);
    let minor_units = minor_units.ok_or_else(|| not_understood(key, "it is no whole number"))?;
    let code = text(object, "currency").unwrap_or("").to_uppercase();
    let currency =
        Currency::new(&code).map_err(|_| not_understood("currency", format!("{code:?} is no currency such as EUR")))?;
    // Two that have no smaller unit any more are written with two digits all the same.
    let minor_units = if matches!(code.as_str(), "ISK" | "UGX") { minor_units / 100 } else { minor_units };
    Ok(Money { minor_units, currency })
}

/// The payment that an object is about: expanded or by its number.
fn payment(object: &Value) -> Option<String> {
    match object.get("payment_intent") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Object(intent)) => intent.get("id").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

/// The event's own number.
pub fn event_id(body: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(body).ok()?;
    text(&event, "id").map(str::to_owned)
}

/// Reads an event.
pub fn read(body: &[u8]) -> Result<Message, NotUnderstood> {
    let event: Event = serde_json::from_slice(body).map_err(|error| not_understood("body", error.to_string()))?;
    let (object, at) = (&event.data.object, Timestamp::from_unix_seconds(event.created));
    let id = text(object, "id").unwrap_or("").to_owned();
    match event.kind.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed" => Ok(Message::Orders(vec![session(&event, object, id, at)?])),
        "charge.refunded" | "charge.dispute.funds_withdrawn" | "charge.dispute.funds_reinstated" => {
            let of = payment(object).ok_or_else(|| not_understood("payment_intent", "the event names no payment"))?;
            let (key, kind, sign) = match event.kind.as_str() {
                // All that was given back so far.
                "charge.refunded" => ("amount_refunded", MoneyKind::RefundedTotal, -1),
                "charge.dispute.funds_withdrawn" => ("amount", MoneyKind::ChargedBack, -1),
                _ => ("amount", MoneyKind::Corrected, 1),
            };
            let mut amount = money(object, key)?;
            amount.minor_units = sign * amount.minor_units.abs();
            let mut order = Order::new(ConversionKind::Sale, of);
            order.money.push(MoneyTold { kind, external_id: id, at, amount });
            Ok(Message::Orders(vec![order]))
        }
        other => Ok(Message::NotNeeded(format!("{other} says nothing that is counted"))),
    }
}

fn session(event: &Event, object: &Value, id: String, at: Timestamp) -> Result<Order, NotUnderstood> {
    let created = object.get("created").and_then(Value::as_i64).map_or(at, Timestamp::from_unix_seconds);
    let native_id = payment(object).unwrap_or_else(|| id.clone());
    let mut order = Order::new(ConversionKind::Sale, native_id.clone());
    order.native_name = Some(id).filter(|id| *id != native_id);
    let customer = object.get("customer_details").cloned().unwrap_or(Value::Null);
    let metadata = object.get("metadata").cloned().unwrap_or(Value::Null);
    order.stated = Some(OrderStated {
        version: at,
        at: created,
        is_paid: matches!(text(object, "payment_status"), Some("paid" | "no_payment_required")),
        is_test: !event.livemode,
        amount: Some(money(object, "amount_total")?),
        cancelled_at: (event.kind == "checkout.session.async_payment_failed").then_some(at),
        is_new_customer: None,
        country: customer.get("address").and_then(|address| text(address, "country")).map(str::to_owned),
    });
    order.email = text(&customer, "email").or_else(|| text(object, "customer_email")).map(str::to_owned);
    order.tokens.extend(text(object, "client_reference_id").map(str::to_owned));
    order.tokens.extend(text(&metadata, super::token::PARAMETER).map(str::to_owned));
    order.codes.extend(text(&metadata, "code").map(str::to_owned));
    order.answer = text(&metadata, "heard_from").map(str::to_owned);
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Order {
        match read(text.as_bytes()).expect("is understood") {
            Message::Orders(mut orders) => orders.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_paid_checkout_its_refund_and_its_dispute_are_one_order() {
        let paid = one(
            r#"{"id":"evt_1","type":"checkout.session.completed","created":1700000100,"livemode":true,"data":{"object":{
            "id":"cs_1","payment_intent":"pi_1","amount_total":4990,"currency":"eur","created":1700000000,"payment_status":"paid",
            "client_reference_id":"token","customer_details":{"email":"bo@example.org","address":{"country":"DE"}},
            "metadata":{"code":"ANA10"}}}}"#,
        );
        let refund = one(r#"{"id":"evt_2","type":"charge.refunded","created":1700000200,"data":{"object":{"id":"ch_1",
            "payment_intent":"pi_1","amount_refunded":1000,"currency":"eur"}}}"#);
        let dispute =
            one(r#"{"id":"evt_3","type":"charge.dispute.funds_withdrawn","created":1700000300,"data":{"object":{
            "id":"dp_1","payment_intent":"pi_1","amount":3990,"currency":"eur"}}}"#);
        assert_eq!(
            (paid.native_id.as_str(), refund.native_id.as_str(), dispute.native_id.as_str()),
            ("pi_1", "pi_1", "pi_1")
        );
        assert_eq!(paid.stated.as_ref().and_then(|stated| stated.amount).map(|amount| amount.minor_units), Some(4_990));
        assert_eq!((refund.money[0].kind, refund.money[0].amount.minor_units), (MoneyKind::RefundedTotal, -1_000));
        assert_eq!((dispute.money[0].kind, dispute.money[0].amount.minor_units), (MoneyKind::ChargedBack, -3_990));
        assert_eq!((paid.tokens[0].as_str(), paid.codes[0].as_str()), ("token", "ANA10"));
    }

    #[test]
    fn a_test_is_a_test_and_an_unpaid_checkout_is_not_paid() {
        let open = one(
            r#"{"id":"evt_1","type":"checkout.session.completed","created":1700000100,"livemode":false,"data":{"object":{
            "id":"cs_1","amount_total":4990,"currency":"jpy","payment_status":"unpaid"}}}"#,
        );
        let stated = open.stated.expect("is stated");
        assert!(stated.is_test && !stated.is_paid);
        assert_eq!(open.native_id, "cs_1");
        assert!(matches!(
            read(br#"{"type":"invoice.paid","created":1,"data":{"object":{}}}"#),
            Ok(Message::NotNeeded(_))
        ));
    }
}
