//! What the script on a site's own pages tells: a lead or a sale, with the click's token that stood in the address. Not signed, since
//! whatever a browser holds everybody can read; so it is taken from the site's own pages alone, and marked as what a page told.

use serde::Deserialize;
use store::conversions::ConversionKind;

use super::{Message, NotUnderstood, Order, OrderStated, amount, broken, not_understood};
use model::Timestamp;

/// The script itself.
pub const SCRIPT: &str = include_str!("../../../scripts/page.js");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: String,
    /// Of the order or form; drawn by the script where the page has none.
    order: String,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    heard_from: Option<String>,
    /// Tokens of clicks, as far as the page knows them.
    #[serde(default)]
    clicks: Vec<String>,
}

/// Reads what a page told at `now`; moments of browsers are not believed.
pub fn read(body: &[u8], shop_currency: Option<&str>, now: Timestamp) -> Result<Message, NotUnderstood> {
    let body: Body = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    let kind = ConversionKind::from_code(&body.kind)
        .ok_or_else(|| not_understood("kind", format!("{:?} is not sale or lead", body.kind)))?;
    let currency = body.currency.as_deref().or(shop_currency);
    let told = match (&body.amount, currency) {
        (None, _) => None,
        (Some(text), Some(currency)) => Some(amount("amount", text, currency)?),
        (Some(_), None) => return Err(not_understood("currency", "say in which currency, such as EUR")),
    };
    if kind == ConversionKind::Sale && told.is_none() {
        return Err(not_understood("amount", "a sale has an amount, such as \"49.90\""));
    }
    let mut order = Order::new(kind, body.order);
    order.stated = Some(OrderStated {
        // Told again when the page is loaded again: whichever came first counts.
        version: Timestamp(0),
        at: now,
        is_paid: true,
        is_test: false,
        amount: told,
        cancelled_at: None,
        is_new_customer: None,
        country: None,
    });
    order.codes = body.code.into_iter().collect();
    order.tokens = body.clicks;
    order.answer = body.heard_from;
    Ok(Message::Orders(vec![order]))
}
