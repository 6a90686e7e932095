//! Shopify's messages: orders with their refunds, and what its privacy messages ask for.
//!
//! An order is the same by its `id` in every message; what counts of several is the newest by `updated_at`. Refunds stand in the
//! order and come as messages of their own, by their own id.

use model::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use store::conversions::{ConversionKind, MoneyKind};

use super::{Message, MoneyTold, NotUnderstood, Order, OrderStated, Visit, amount, moment, not_understood};

#[derive(Deserialize)]
struct OrderBody {
    id: Value,
    #[serde(default)]
    name: Option<String>,
    created_at: String,
    #[serde(default)]
    processed_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    cancelled_at: Option<String>,
    #[serde(default)]
    test: bool,
    currency: String,
    total_price: String,
    #[serde(default)]
    financial_status: Option<String>,
    #[serde(default)]
    discount_codes: Vec<DiscountCode>,
    #[serde(default)]
    landing_site: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    customer: Option<Customer>,
    #[serde(default)]
    billing_address: Option<Address>,
    #[serde(default)]
    shipping_address: Option<Address>,
    #[serde(default)]
    note_attributes: Vec<Attribute>,
    #[serde(default)]
    refunds: Vec<RefundBody>,
}

#[derive(Deserialize)]
struct DiscountCode {
    code: String,
}

#[derive(Deserialize)]
struct Customer {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    orders_count: Option<u64>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    country_code: Option<String>,
}

#[derive(Deserialize)]
struct Attribute {
    name: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct RefundBody {
    id: Value,
    #[serde(default)]
    order_id: Option<Value>,
    created_at: String,
    #[serde(default)]
    transactions: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    kind: String,
    #[serde(default)]
    status: Option<String>,
    amount: String,
    #[serde(default)]
    currency: Option<String>,
}

/// A number or a word as words.
pub(super) fn words(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn at(field: &str, text: &str) -> Result<Timestamp, NotUnderstood> {
    moment(text).ok_or_else(|| not_understood(field, format!("{text:?} is no moment")))
}

/// Money that was given back; a refund without money (goods alone) is none.
fn refund(body: &RefundBody, currency: Option<&str>) -> Result<Option<MoneyTold>, NotUnderstood> {
    let mut sum = None;
    for transaction in &body.transactions {
        let is_done = transaction.status.as_deref().is_none_or(|status| status == "success");
        if transaction.kind != "refund" || !is_done {
            continue;
        }
        let currency = transaction.currency.as_deref().or(currency).unwrap_or("");
        let one = amount("refunds.transactions.amount", &transaction.amount, currency)?;
        sum = Some(match sum {
            None => one,
            Some(before) => one.plus(&before).map_err(|error| not_understood("refunds", error.to_string()))?,
        });
    }
    let id = words(&body.id).ok_or_else(|| not_understood("refunds.id", "it has no number"))?;
    let when = at("refunds.created_at", &body.created_at)?;
    Ok(sum.filter(|sum| sum.minor_units != 0).map(|mut sum| {
        sum.minor_units = -sum.minor_units.abs();
        MoneyTold { kind: MoneyKind::Refunded, external_id: id, at: when, amount: sum }
    }))
}

/// Reads a message of a topic.
pub fn read(topic: &str, body: &[u8]) -> Result<Message, NotUnderstood> {
    let broken = |error: serde_json::Error| not_understood("body", error.to_string());
    match topic {
        "orders/create"
        | "orders/paid"
        | "orders/updated"
        | "orders/edited"
        | "orders/cancelled"
        | "orders/fulfilled"
        | "orders/partially_fulfilled" => {
            let body: OrderBody = serde_json::from_slice(body).map_err(broken)?;
            Ok(Message::Orders(vec![order(&body)?]))
        }
        "refunds/create" => {
            let body: RefundBody = serde_json::from_slice(body).map_err(broken)?;
            let order_id = body.order_id.as_ref().and_then(words);
            let order_id = order_id.ok_or_else(|| not_understood("order_id", "the refund names no order"))?;
            let Some(money) = refund(&body, None)? else {
                return Ok(Message::NotNeeded("a refund of goods without money".to_owned()));
            };
            let mut order = Order::new(ConversionKind::Sale, order_id);
            order.money.push(money);
            Ok(Message::Orders(vec![order]))
        }
        "customers/redact" => {
            let body: Value = serde_json::from_slice(body).map_err(broken)?;
            let email = body["customer"]["email"].as_str().map(str::to_owned);
            let orders = body["orders_to_redact"].as_array().into_iter().flatten().filter_map(words).collect();
            Ok(Message::Redact { emails: email.into_iter().collect(), orders })
        }
        "shop/redact" => Ok(Message::RedactShop),
        "customers/data_request" => Ok(Message::DataRequest),
        other => Ok(Message::NotNeeded(format!("{other} says nothing that is counted"))),
    }
}

fn order(body: &OrderBody) -> Result<Order, NotUnderstood> {
    let id = words(&body.id).ok_or_else(|| not_understood("id", "the order has no number"))?;
    let placed = at("created_at", body.processed_at.as_deref().unwrap_or(&body.created_at))?;
    let version = at("updated_at", body.updated_at.as_deref().unwrap_or(&body.created_at))?;
    let paid = ["paid", "partially_paid", "partially_refunded", "refunded"];
    let customer = body.customer.as_ref();
    let country = body.billing_address.as_ref().or(body.shipping_address.as_ref());
    let mut order = Order::new(ConversionKind::Sale, id);
    order.native_name = body.name.clone();
    order.stated = Some(OrderStated {
        version,
        at: placed,
        is_paid: body.financial_status.as_deref().is_some_and(|status| paid.contains(&status)),
        is_test: body.test,
        amount: Some(amount("total_price", &body.total_price, &body.currency)?),
        cancelled_at: body.cancelled_at.as_deref().map(|text| at("cancelled_at", text)).transpose()?,
        is_new_customer: customer.and_then(|customer| customer.orders_count).map(|orders| orders <= 1),
        country: country.and_then(|address| address.country_code.clone()),
    });
    for one in &body.refunds {
        order.money.extend(refund(one, Some(&body.currency))?);
    }
    let own = customer.and_then(|customer| customer.email.clone());
    order.email = body.email.clone().filter(|email| !email.is_empty()).or(own);
    order.codes = body.discount_codes.iter().map(|one| one.code.clone()).collect();
    order.visits.extend(body.landing_site.clone().map(|address| Visit { address, at: None }));
    for attribute in &body.note_attributes {
        let Some(value) = words(&attribute.value) else { continue };
        match attribute.name.trim().to_lowercase().as_str() {
            super::token::PARAMETER | "bellwether" => order.tokens.push(value),
            "heard_from" | "how did you hear about us" | "how did you hear about us?" => order.answer = Some(value),
            _ => {}
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub const ORDER: &str = r##"{"id":450789469,"name":"#1001","created_at":"2026-03-01T10:00:00-05:00",
        "updated_at":"2026-03-01T10:01:00-05:00","cancelled_at":null,"test":false,"currency":"EUR","total_price":"49.90",
        "financial_status":"paid","discount_codes":[{"code":"Ana10","amount":"5.00","type":"percentage"}],
        "landing_site":"/grinder?utm_medium=creator&utm_content=deal-7","email":"Bo@Example.org",
        "customer":{"email":"bo@example.org","orders_count":1},"billing_address":{"country_code":"DE"},
        "note_attributes":[{"name":"bw","value":"x"},{"name":"gift","value":true}],
        "refunds":[{"id":509562969,"created_at":"2026-03-05T10:00:00Z","transactions":[
            {"kind":"refund","status":"success","amount":"10.00","currency":"EUR"},
            {"kind":"refund","status":"failure","amount":"10.00"}]}]}"##;

    fn one(message: Message) -> Order {
        match message {
            Message::Orders(mut orders) => orders.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_order_is_read_with_its_codes_visit_and_refunds() {
        let order = one(read("orders/paid", ORDER.as_bytes()).expect("is understood"));
        let stated = order.stated.expect("is stated");
        assert_eq!((order.native_id.as_str(), order.native_name.as_deref()), ("450789469", Some("#1001")));
        assert_eq!(stated.amount.map(|amount| amount.minor_units), Some(4_990));
        assert_eq!(crate::clock::iso(stated.at), "2026-03-01T15:00:00Z");
        assert!(stated.is_paid && !stated.is_test && stated.is_new_customer == Some(true));
        assert_eq!((order.codes, order.tokens), (vec!["Ana10".to_owned()], vec!["x".to_owned()]));
        assert_eq!(order.money.iter().map(|money| money.amount.minor_units).collect::<Vec<_>>(), [-1_000]);
    }

    #[test]
    fn a_refund_by_itself_is_the_same_as_in_its_order() {
        let text = r#"{"id":509562969,"order_id":450789469,"created_at":"2026-03-05T10:00:00Z",
            "transactions":[{"kind":"refund","status":"success","amount":"10.00","currency":"EUR"}]}"#;
        let alone = one(read("refunds/create", text.as_bytes()).expect("is understood"));
        let within = one(read("orders/updated", ORDER.as_bytes()).expect("is understood"));
        assert_eq!((alone.money, alone.native_id), (within.money, within.native_id));
    }

    #[test]
    fn what_is_wrong_is_named_and_what_is_not_needed_is_let_go() {
        let wrong = read("orders/paid", ORDER.replace("49.90", "49.905").as_bytes()).expect_err("is refused");
        assert_eq!(wrong.to_string(), "total_price: \"49.905\" is no amount in EUR");
        assert!(read("orders/paid", b"{").is_err());
        assert!(matches!(read("products/update", b"{}"), Ok(Message::NotNeeded(_))));
        let redact = read("customers/redact", br#"{"customer":{"email":"bo@example.org"},"orders_to_redact":[7]}"#);
        assert_eq!(
            redact,
            Ok(Message::Redact { emails: vec!["bo@example.org".to_owned()], orders: vec!["7".to_owned()] })
        );
    }
}
