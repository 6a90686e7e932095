//! The postback of one's own server: JSON, signed, one order or lead a message. Documented in the guide; unknown fields are refused,
//! so that a typing error is not a silent loss.

use serde::Deserialize;
use serde_json::Value;
use store::conversions::{ConversionKind, MoneyKind};

use super::shopify::words;
use super::{Message, MoneyTold, NotUnderstood, Order, OrderStated, Visit, amount, broken, moment, not_understood};

/// A message. Amounts are words such as "49.90", never fractions of a computer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// `sale`, `lead`, `refund`, `chargeback`, `correction`.
    #[serde(default = "sale")]
    kind: String,
    /// The order's number; of a refund that of the order.
    order: Value,
    /// What people see as its number.
    #[serde(default)]
    name: Option<String>,
    /// Of a refund, chargeback or correction: its own number.
    #[serde(default)]
    id: Option<Value>,
    at: String,
    /// The moment of this saying, where an order is told again after a change.
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    amount: Option<Value>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default = "yes")]
    paid: bool,
    #[serde(default)]
    test: bool,
    #[serde(default)]
    cancelled_at: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    new_customer: Option<bool>,
    #[serde(default)]
    country: Option<String>,
    /// Click tokens: what stood in the address behind `bw=`.
    #[serde(default)]
    clicks: Vec<String>,
    #[serde(default)]
    click: Option<String>,
    /// A link by its slug or address, where its token is not known.
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    clicked_at: Option<String>,
    /// The address that the buyer came in by.
    #[serde(default)]
    landing: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    code: Option<String>,
    /// What the buyer said when asked who sent them.
    #[serde(default)]
    heard_from: Option<String>,
    /// The shop, where the address does not name it.
    #[serde(default, rename = "shop")]
    _shop: Option<Value>,
}

fn sale() -> String {
    "sale".to_owned()
}

fn yes() -> bool {
    true
}

/// Reads a postback; an amount without a currency is of the shop's.
pub fn read(body: &[u8], currency: Option<&str>) -> Result<Message, NotUnderstood> {
    let body: Body = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    Ok(Message::Orders(vec![order(body, currency)?]))
}

fn order(body: Body, shop_currency: Option<&str>) -> Result<Order, NotUnderstood> {
    let number = words(&body.order).ok_or_else(|| not_understood("order", "say the number of the order"))?;
    let at = moment(&body.at).ok_or_else(|| not_understood("at", format!("{:?} is no moment", body.at)))?;
    let when = |field: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => moment(text).map(Some).ok_or_else(|| not_understood(field, format!("{text:?} is no moment"))),
    };
    let currency = body.currency.as_deref().or(shop_currency);
    let told = match (&body.amount, currency) {
        (None, _) => None,
        (Some(Value::String(text)), Some(currency)) => Some(amount("amount", text, currency)?),
        // A whole number as JSON is whole; one with a fraction was rounded by whoever wrote it.
        (Some(Value::Number(number)), Some(currency)) if number.is_i64() => {
            Some(amount("amount", &number.to_string(), currency)?)
        }
        (Some(Value::Number(_)), Some(_)) => {
            return Err(not_understood(
                "amount",
                "write it as words, as \"49.90\": a number with a fraction is rounded on the way",
            ));
        }
        (Some(_), Some(_)) => return Err(not_understood("amount", "write it as words, as \"49.90\"")),
        (Some(_), None) => return Err(not_understood("currency", "say in which currency, such as EUR")),
    };
    let kind = match body.kind.as_str() {
        "lead" => ConversionKind::Lead,
        "sale" | "refund" | "chargeback" | "correction" => ConversionKind::Sale,
        other => {
            return Err(not_understood(
                "kind",
                format!("{other:?} is not sale, lead, refund, chargeback or correction"),
            ));
        }
    };
    let mut order = Order::new(kind, number);
    order.native_name = body.name;
    if matches!(body.kind.as_str(), "sale" | "lead") {
        if kind == ConversionKind::Sale && told.is_none() {
            return Err(not_understood("amount", "a sale has an amount, such as \"49.90\""));
        }
        order.stated = Some(OrderStated {
            version: when("updated_at", &body.updated_at)?.unwrap_or(at),
            at,
            is_paid: body.paid,
            is_test: body.test,
            amount: told,
            cancelled_at: when("cancelled_at", &body.cancelled_at)?,
            is_new_customer: body.new_customer,
            country: body.country,
        });
    } else {
        let external_id = body.id.as_ref().and_then(words);
        let external_id =
            external_id.ok_or_else(|| not_understood("id", format!("say the number of the {}", body.kind)))?;
        let mut told = told.ok_or_else(|| not_understood("amount", "say how much, such as \"10.00\""))?;
        let kind = match body.kind.as_str() {
            "refund" => MoneyKind::Refunded,
            "chargeback" => MoneyKind::ChargedBack,
            _ => MoneyKind::Corrected,
        };
        if kind != MoneyKind::Corrected {
            told.minor_units = -told.minor_units.abs();
        }
        order.money.push(MoneyTold { kind, external_id, at, amount: told });
    }
    order.email = body.email;
    order.codes = body.codes.into_iter().chain(body.code).collect();
    order.tokens = body.clicks.into_iter().chain(body.click).collect();
    let clicked_at = when("clicked_at", &body.clicked_at)?;
    order.links.extend(body.link.map(|link| (link, clicked_at)));
    order.visits.extend(body.landing.map(|address| Visit { address, at: clicked_at }));
    order.answer = body.heard_from;
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Order, NotUnderstood> {
        match read(text.as_bytes(), None)? {
            Message::Orders(mut orders) => Ok(orders.remove(0)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_sale_a_lead_and_a_refund_are_read() {
        let sale = one(
            r#"{"order":1001,"at":"2026-03-01T10:00:00Z","amount":"49.90","currency":"EUR","code":"ANA10","click":"t"}"#,
        );
        let sale = sale.expect("is read");
        assert_eq!(sale.stated.and_then(|stated| stated.amount).map(|amount| amount.minor_units), Some(4_990));
        let lead = one(r#"{"kind":"lead","order":"form-7","at":"2026-03-01T10:00:00Z"}"#).expect("is read");
        assert_eq!(lead.kind, ConversionKind::Lead);
        let refund =
            r#"{"kind":"refund","order":"1001","id":"r1","at":"2026-03-02T10:00:00Z","amount":"10","currency":"EUR"}"#;
        assert_eq!(one(refund).expect("is read").money[0].amount.minor_units, -1_000);
    }

    #[test]
    fn what_is_missing_mistyped_or_rounded_is_refused_by_its_field() {
        for (text, field) in [
            (r#"{"order":1,"at":"2026-03-01T10:00:00Z"}"#, "amount"),
            (r#"{"order":1,"at":"2026-03-01T10:00:00Z","amount":49.9,"currency":"EUR"}"#, "amount"),
            (r#"{"order":1,"at":"2026-03-01T10:00:00Z","amount":"49.9"}"#, "currency"),
            (r#"{"order":1,"at":"then","amount":"49.9","currency":"EUR"}"#, "at"),
            (r#"{"order":1,"at":"2026-03-01T10:00:00Z","amount":"49.9","currency":"euro"}"#, "currency"),
            (r#"{"order":1,"at":"2026-03-01T10:00:00Z","ammount":"49.9","currency":"EUR"}"#, "ammount"),
            (r#"{"kind":"refund","order":1,"at":"2026-03-01T10:00:00Z","amount":"1","currency":"EUR"}"#, "id"),
            (r#"{"kind":"gift","order":1,"at":"2026-03-01T10:00:00Z"}"#, "kind"),
            ("[]", "body"),
        ] {
            assert_eq!(one(text).expect_err("is refused").field, field, "{text}");
        }
    }
}
