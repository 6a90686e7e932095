//! What shops tell of orders and leads, each in its own words, brought into one form: an order with what speaks for whom.

pub mod amounts;
pub mod page;
pub mod postback;
pub mod sheet;
pub mod shopify;
pub mod signature;
pub mod stripe;
pub mod woocommerce;

use hmac::{Hmac, Mac};
use model::{Currency, Money, Timestamp};
use sha2::Sha256;
use store::conversions::{Change, ConversionKind, MoneyKind, ProofKind, ProofRow, Stated, Told};
use url::form_urlencoded;

use super::token::{self, TokenKey};
use super::{TrackingError, codes};
use crate::data_directory::DataDirectory;

/// How far a shop's clock may be ahead, and its zone mistaken.
const CLOCKS_APART_MICROS: i64 = 24 * 3_600_000_000;
const ID_LETTERS_MAX: usize = 120;
const CODE_LETTERS_MAX: usize = 80;
const ANSWER_LETTERS_MAX: usize = 120;
const PROOFS_MAX: usize = 100;

/// What is wrong with a body of JSON: a field that is missing or unknown by its name, else the place.
fn broken(error: &serde_json::Error) -> NotUnderstood {
    let words = error.to_string();
    let named = |before: &str| words.strip_prefix(before).and_then(|rest| rest.split('`').next());
    match named("missing field `").or_else(|| named("unknown field `")) {
        Some(field) => not_understood(field, words.clone()),
        None => not_understood("body", words),
    }
}

/// A change of money that a shop tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoneyTold {
    pub kind: MoneyKind,
    pub external_id: String,
    pub at: Timestamp,
    /// Negative where money went back.
    pub amount: Money,
}

/// A visit of the buyer as the shop saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    /// The address that was opened, or what stands behind its host.
    pub address: String,
    /// `None`: the shop does not say when.
    pub at: Option<Timestamp>,
}

/// What a shop says of an order now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderStated {
    /// The shop's moment of this saying.
    pub version: Timestamp,
    pub at: Timestamp,
    pub is_paid: bool,
    pub is_test: bool,
    pub amount: Option<Money>,
    pub cancelled_at: Option<Timestamp>,
    pub is_new_customer: Option<bool>,
    pub country: Option<String>,
}

/// An order or a lead as one message tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    pub kind: ConversionKind,
    pub native_id: String,
    /// The number is the one that the shop shows people, and its own is not known.
    pub is_by_name: bool,
    pub native_name: Option<String>,
    /// `None`: only a change of money is told.
    pub stated: Option<OrderStated>,
    pub money: Vec<MoneyTold>,
    /// Of the buyer; kept as a keyed hash alone.
    pub email: Option<String>,
    pub codes: Vec<String>,
    pub visits: Vec<Visit>,
    /// Click tokens.
    pub tokens: Vec<String>,
    /// Links by their slug or address, where a token is not known.
    pub links: Vec<(String, Option<Timestamp>)>,
    /// What the buyer said when asked who sent them.
    pub answer: Option<String>,
}

impl Order {
    pub fn new(kind: ConversionKind, native_id: impl Into<String>) -> Order {
        Order {
            kind,
            native_id: native_id.into(),
            is_by_name: false,
            native_name: None,
            stated: None,
            money: vec![],
            email: None,
            codes: vec![],
            visits: vec![],
            tokens: vec![],
            links: vec![],
            answer: None,
        }
    }
}

/// What a message comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    Orders(Vec<Order>),
    /// A buyer is to be forgotten, by their address and orders.
    Redact {
        emails: Vec<String>,
        /// By the shop's own numbers.
        orders: Vec<String>,
    },
    /// Everything of the shop is to be forgotten.
    RedactShop,
    /// Somebody asks the shop what is held; nothing but hashes is.
    DataRequest,
    /// Nothing we count, in words.
    NotNeeded(String),
}

/// Why a message was not understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct NotUnderstood {
    pub field: String,
    pub problem: String,
}

pub fn not_understood(field: impl Into<String>, problem: impl Into<String>) -> NotUnderstood {
    NotUnderstood { field: field.into(), problem: problem.into() }
}

/// A buyer's address as it is kept: a keyed hash that says nothing without the key.
pub fn customer_hash(key: &[u8], email: &str) -> Option<String> {
    let folded = email.trim().to_lowercase();
    if !folded.contains('@') {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"customer\0");
    mac.update(folded.as_bytes());
    Some(mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A code as codes are compared.
pub fn code_norm(code: &str) -> String {
    code.trim().to_uppercase()
}

/// The order as the store keeps it.
///
/// Errors: a field that is empty or too long. What proves nothing (a token of somebody else, a link that is not there) is left out.
pub async fn told(data: &DataDirectory, key: &TokenKey, order: &Order, source: &str) -> Result<Told, TrackingError> {
    let refused = |field: &'static str, problem: String| TrackingError::Field { field, problem };
    let below_zero =
        order.stated.as_ref().and_then(|stated| stated.amount).is_some_and(|amount| amount.minor_units < 0);
    if below_zero {
        return Err(refused("amount", "an order is worth 0 or more; money that went back is a refund".to_owned()));
    }
    let latest = Timestamp(data.now().0 + CLOCKS_APART_MICROS);
    if order.stated.as_ref().is_some_and(|stated| stated.at > latest) {
        return Err(refused("at", "it lies in the future; say when the order was made".to_owned()));
    }
    let native_id = order.native_id.trim();
    if native_id.is_empty() || native_id.len() > ID_LETTERS_MAX {
        return Err(refused("order", format!("the number of the order has 1 to {ID_LETTERS_MAX} letters")));
    }
    let mut changes = vec![];
    if let Some(stated) = &order.stated {
        changes.push(Change::Stated(Stated {
            version: stated.version.0,
            at: stated.at.0,
            is_paid: stated.is_paid,
            is_test: stated.is_test,
            amount_minor_units: stated.amount.map(|amount| amount.minor_units),
            currency: stated.amount.map(|amount| amount.currency().to_owned()),
            cancelled_at: stated.cancelled_at.map(|at| at.0),
            customer_hash: order.email.as_deref().and_then(|email| customer_hash(&data.outreach_key, email)),
            is_new_customer: stated.is_new_customer,
            country: stated.country.as_deref().and_then(country),
        }));
    }
    changes.extend(order.money.iter().map(|money| Change::Money {
        kind: money.kind,
        external_id: money.external_id.clone(),
        at: money.at,
        amount_minor_units: money.amount.minor_units,
        currency: money.amount.currency().to_owned(),
    }));
    Ok(Told {
        kind: order.kind,
        native_id: native_id.to_owned(),
        is_by_name: order.is_by_name,
        native_name: order.native_name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
        changes,
        proofs: proofs(data, key, order).await?,
        source: source.to_owned(),
    })
}

async fn proofs(data: &DataDirectory, key: &TokenKey, order: &Order) -> Result<Vec<ProofRow>, TrackingError> {
    let mut proofs = vec![];
    let click = |text: &str| {
        let click = key.read(text)?;
        let subject = format!("link-{}", click.link);
        Some(ProofRow { kind: ProofKind::Click, subject, at: click.at, verdict: Some(click.verdict) })
    };
    proofs.extend(order.tokens.iter().filter_map(|text| click(text.trim())));
    for visit in &order.visits {
        if let Some(proof) = token::in_address(&visit.address).and_then(click) {
            proofs.push(proof);
        } else if let Some(deal) = deal_named(&visit.address) {
            let (subject, at) = (format!("deal-{deal}"), visit.at.unwrap_or(Timestamp(0)));
            proofs.push(ProofRow { kind: ProofKind::Visit, subject, at, verdict: None });
        }
    }
    for (link, at) in &order.links {
        let slug = slug_in(link);
        if let Some(row) = data.store.link_by_slug(slug).await? {
            let (subject, at) = (format!("link-{}", row.id), at.unwrap_or(Timestamp(0)));
            proofs.push(ProofRow { kind: ProofKind::Visit, subject, at, verdict: None });
        }
    }
    let codes: Vec<String> = order.codes.iter().map(|code| code_norm(code)).filter(|code| !code.is_empty()).collect();
    let hashes: Vec<String> = codes.iter().map(|code| codes::code_hash(&data.outreach_key, code)).collect();
    let forgotten = if codes.is_empty() { vec![] } else { data.store.codes_forgotten(&hashes).await? };
    for (code, hash) in codes.into_iter().zip(hashes) {
        // A code whose creator was forgotten names nobody again, however often an order is told.
        let code = forgotten.iter().find(|(of, _, _)| *of == hash).map_or(code, |(_, _, name)| name.clone());
        if code.chars().count() <= CODE_LETTERS_MAX {
            proofs.push(ProofRow { kind: ProofKind::Code, subject: code, at: Timestamp(0), verdict: None });
        }
    }
    if let Some(answer) = order.answer.as_deref().map(str::trim).filter(|answer| !answer.is_empty()) {
        let subject = answer.chars().take(ANSWER_LETTERS_MAX).collect();
        proofs.push(ProofRow { kind: ProofKind::Answer, subject, at: Timestamp(0), verdict: None });
    }
    proofs.sort();
    proofs.dedup();
    proofs.truncate(PROOFS_MAX);
    Ok(proofs)
}

/// The slug in a link as people copy it: alone, or an address of ours with a page and a query behind it.
pub fn slug_in(link: &str) -> &str {
    let path = link.trim().split(['?', '#']).next().unwrap_or("");
    let behind = path.rsplit_once("/t/").map_or(path, |(_, behind)| behind);
    behind.trim_matches('/').split('/').next().unwrap_or("")
}

/// The deal that our own marks in an address name.
fn deal_named(address: &str) -> Option<i64> {
    let query = address.split_once('?')?.1.split('#').next()?;
    let (mut is_ours, mut deal) = (false, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (name.as_ref(), value.as_ref()) {
            ("utm_medium", "creator") => is_ours = true,
            ("utm_content", value) => deal = value.strip_prefix("deal-").and_then(|number| number.parse().ok()),
            _ => {}
        }
    }
    deal.filter(|_| is_ours)
}

fn country(text: &str) -> Option<String> {
    let code = text.trim().to_uppercase();
    (code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase())).then_some(code)
}

/// A moment with its zone, or one of UTC without.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Some(Timestamp(at.as_microsecond())),
        Err(_) => crate::clock::parse_utc_without_zone(text),
    }
}

/// An amount in words of a shop and its currency.
pub fn amount(field: &str, text: &str, currency: &str) -> Result<Money, NotUnderstood> {
    let code = currency.trim().to_uppercase();
    let currency =
        Currency::new(&code).map_err(|_| not_understood("currency", format!("{code:?} is no currency such as EUR")))?;
    match amounts::minor_units(text, currency) {
        Some(minor_units) => Ok(Money { minor_units, currency }),
        None => Err(not_understood(field, format!("{text:?} is no amount in {currency}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_known_however_it_is_copied() {
        for link in ["ana", "/t/ana", "https://go.example/t/ana/", "https://go.example/t/ana/products/x?qr", " ana "] {
            assert_eq!(slug_in(link), "ana", "{link}");
        }
    }

    #[test]
    fn a_deal_is_read_from_our_own_marks_alone() {
        for (address, deal) in [
            ("/?utm_source=instagram&utm_medium=creator&utm_content=deal-7", Some(7)),
            ("https://shop.example/x?utm_content=deal-7&utm_medium=creator#a", Some(7)),
            ("/?utm_content=deal-7", None),
            ("/?utm_medium=creator&utm_content=deal-x", None),
            ("/grinder", None),
        ] {
            assert_eq!(deal_named(address), deal, "{address}");
        }
    }

    #[test]
    fn a_buyer_is_known_again_by_a_hash_however_the_address_is_written() {
        let hash = customer_hash(b"k", " Ana@Example.org ");
        assert_eq!(hash, customer_hash(b"k", "ana@example.org"));
        assert_ne!(hash, customer_hash(b"other", "ana@example.org"));
        assert_eq!(customer_hash(b"k", "no address"), None);
        assert_eq!(hash.map(|hash| hash.len()), Some(32));
    }
}
