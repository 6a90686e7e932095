//! What comes in from shops: signed over its bytes, known by its number, taken once.
//!
//! Answers tell a stranger nothing: a wrong signature, an unknown shop and an ended one are one and the same 401.

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};
use store::conversions::{OthersHear, Taken};
use store::shops::{NewDelivery, ShopRow};

use super::TrackingError;
use super::shops::{self, ShopKind};
use super::told::{self, Message, NotUnderstood, Order, page, postback, shopify, signature, stripe, woocommerce};
use crate::data_directory::DataDirectory;

/// A message may be so long.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// What a page tells is short.
const PAGE_BYTES_MAX: usize = 8 << 10;
const DELIVERY_LETTERS_MAX: usize = 200;

/// What became of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    Taken(Taken),
    /// Known by its number; nothing was done.
    Known,
    /// Asked whether anybody is here.
    Ping,
    /// Not of this shop: no such shop, no or a wrong signature, an old moment, another site.
    NotTrusted,
    /// Trusted and not understood; nothing of it was taken.
    NotUnderstood {
        why: NotUnderstood,
        /// It is one of a shop's program, which gives up for good on whoever refuses too often.
        is_of_platform: bool,
    },
    TooLong,
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").trim()
}

fn is_trusted(
    data: &DataDirectory,
    shop: &ShopRow,
    kind: ShopKind,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<bool, TrackingError> {
    if kind == ShopKind::Page {
        let origin = header(headers, "origin");
        return Ok(!origin.is_empty() && shop.origins.lines().any(|own| own == origin));
    }
    let now = data.now().unix_seconds();
    Ok(shops::secrets(data, shop)?.iter().any(|secret| {
        let secret = secret.as_bytes();
        match kind {
            ShopKind::Shopify => signature::is_base64_of_body(secret, body, header(headers, "x-shopify-hmac-sha256")),
            ShopKind::WooCommerce => {
                signature::is_base64_of_body(secret, body, header(headers, "x-wc-webhook-signature"))
            }
            ShopKind::Stripe => signature::is_timed(secret, body, header(headers, "stripe-signature"), now),
            ShopKind::Postback => signature::is_timed(secret, body, header(headers, "bellwether-signature"), now),
            ShopKind::Page | ShopKind::File => false,
        }
    }))
}

/// Takes a message of a shop that is named by its public number.
pub async fn receive(
    data: &DataDirectory,
    public_id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, TrackingError> {
    if body.len() > BODY_BYTES_MAX {
        return Ok(Received::TooLong);
    }
    let shop = data.store.shop_by_public_id(public_id).await?.filter(|shop| shop.ended_at.is_none());
    let Some(shop) = shop else { return Ok(Received::NotTrusted) };
    let Some(kind) = ShopKind::from_code(&shop.kind) else { return Ok(Received::NotTrusted) };
    if kind == ShopKind::WooCommerce && woocommerce::is_ping(body) {
        // Asked without a signature when the webhook is kept; anything but 200 is shown there as an error.
        return Ok(Received::Ping);
    }
    if !is_trusted(data, &shop, kind, headers, body)? {
        return Ok(Received::NotTrusted);
    }
    if kind == ShopKind::Page && body.len() > PAGE_BYTES_MAX {
        return Ok(Received::TooLong);
    }
    let currency = shop.currency.as_deref();
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let (topic, number) = match kind {
        ShopKind::Shopify => (header(headers, "x-shopify-topic"), header(headers, "x-shopify-webhook-id")),
        ShopKind::WooCommerce => (header(headers, "x-wc-webhook-topic"), header(headers, "x-wc-webhook-delivery-id")),
        _ => ("", header(headers, "bellwether-delivery")),
    };
    let read = match kind {
        ShopKind::Shopify => shopify::read(topic, body),
        ShopKind::WooCommerce => woocommerce::read(topic, body, data.now()),
        ShopKind::Stripe => stripe::read(body),
        ShopKind::Page => page::read(body, currency, data.now()),
        ShopKind::Postback | ShopKind::File => postback::read(body, currency),
    };
    // WooCommerce's number of a delivery is the same for all of one second. Stripe numbers its events within; whoever gives no number is known by the bytes, which the same message has again.
    let number = match (kind, number) {
        (ShopKind::Stripe, _) => stripe::event_id(body).unwrap_or_else(|| hash.clone()),
        (_, "") => hash.clone(),
        (ShopKind::WooCommerce, number) => format!("{number} {hash}"),
        (_, number) => number.chars().take(DELIVERY_LETTERS_MAX).collect(),
    };
    let mut delivery = NewDelivery { delivery_id: &number, raw_hash: &hash, topic, outcome: "taken", detail: "" };
    let (orders, detail) = match read {
        Err(why) => return refuse(data, &shop, kind, &delivery, why).await,
        Ok(Message::Orders(orders)) => (orders, String::new()),
        Ok(Message::NotNeeded(why)) => {
            delivery.outcome = "not needed";
            (vec![], why)
        }
        Ok(Message::Redact { emails, orders }) => (vec![], redact(data, shop.id, &emails, &orders).await?),
        Ok(Message::RedactShop) => {
            let forgotten = data.store.forget_customers_of(shop.id, data.now()).await?;
            (vec![], format!("the buyers of {forgotten} orders and leads were forgotten"))
        }
        Ok(Message::DataRequest) => (
            vec![],
            "a buyer asks the shop what is held: of buyers nothing is held here but a keyed hash on their orders"
                .to_owned(),
        ),
    };
    delivery.detail = &detail;
    let source = match topic {
        "" => format!("{}, message {number}", kind.words()),
        topic => format!("{} {topic}, message {number}", kind.words()),
    };
    let told = match readied(data, &orders, &source).await {
        Ok(told) => told,
        Err(TrackingError::Field { field, problem }) => {
            return refuse(data, &shop, kind, &delivery, told::not_understood(field, problem)).await;
        }
        Err(other) => return Err(other),
    };
    let taken = data.store.take_conversions(shop.id, Some(&delivery), &told, OthersHear::Yes, data.now()).await?;
    Ok(if taken.is_known_delivery { Received::Known } else { Received::Taken(taken) })
}

/// Notes a message that was not understood, under a number of its own, so that the shop may send it again once it is.
async fn refuse(
    data: &DataDirectory,
    shop: &ShopRow,
    kind: ShopKind,
    delivery: &NewDelivery<'_>,
    why: NotUnderstood,
) -> Result<Received, TrackingError> {
    let (refused, detail) = (format!("refused {}", delivery.delivery_id), why.to_string());
    let delivery = NewDelivery { delivery_id: &refused, outcome: "refused", detail: &detail, ..*delivery };
    data.store.take_conversions(shop.id, Some(&delivery), &[], OthersHear::No, data.now()).await?;
    let is_of_platform = matches!(kind, ShopKind::Shopify | ShopKind::WooCommerce | ShopKind::Stripe);
    Ok(Received::NotUnderstood { why, is_of_platform })
}

async fn readied(
    data: &DataDirectory,
    orders: &[Order],
    source: &str,
) -> Result<Vec<store::conversions::Told>, TrackingError> {
    let mut all = Vec::with_capacity(orders.len());
    for order in orders {
        all.push(told::told(data, &data.token_key, order, source).await?);
    }
    Ok(all)
}

async fn redact(
    data: &DataDirectory,
    shop: i64,
    emails: &[String],
    orders: &[String],
) -> Result<String, TrackingError> {
    let hashes: Vec<String> =
        emails.iter().filter_map(|email| told::customer_hash(&data.outreach_key, email)).collect();
    let now = data.now();
    let forgotten =
        data.store.forget_customer(&hashes, now).await? + data.store.forget_buyers_of_orders(shop, orders, now).await?;
    Ok(format!("a buyer was forgotten, on {forgotten} orders and leads"))
}
