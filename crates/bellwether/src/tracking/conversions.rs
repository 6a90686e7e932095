//! Orders and leads with what speaks for whom: links, deals, codes and answers led back to contacts, at the moment they are asked for,
//! so that what arrives late counts as if it had come in time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use engine::measurement::attribution::joining::{CodeOwner, JoinSettings, JoinedOrder, Met, OrderProofs, join};
use model::{Currency, Money, Timestamp};
use store::codes::{CodeFilter, CodeRow};
use store::conversions::{
    ConversionFilter, ConversionKind, ConversionRow, MoneyKind, OthersHear, ProofKind, ProofRow, Taken,
};
use store::outreach::deals::DealFilter;
use store::shops::ShopRow;
use store::tracking::LinkFilter;
use verdicts::VerdictKind;

use super::told::{self, MoneyTold, Order, OrderStated, code_norm};
use super::{TrackingError, codes, shops};
use crate::data_directory::DataDirectory;
use crate::outreach::contacts;
use crate::web::format;

/// Rows that are joined at once for a page of them.
pub const ROWS_A_PAGE: u64 = 100;

/// Whose a link, deal, code or answer is. Contacts are numbered from 0 as they are met, as the engine wants them.
pub struct Owners {
    /// The contact of each number.
    pub contacts: Vec<i64>,
    numbers: HashMap<i64, u32>,
    links: HashMap<u32, i64>,
    deals: HashMap<i64, i64>,
    codes: HashMap<String, Vec<CodeRow>>,
    names: HashMap<String, Option<i64>>,
}

/// One order with everything that speaks for whom.
#[derive(Clone, Debug)]
pub struct Joined {
    pub row: ConversionRow,
    /// Its own, and the clicks and visits of the same buyer's other orders and leads.
    pub proofs: Vec<(bool, ProofRow)>,
    pub order: JoinedOrder,
}

impl Owners {
    /// Reads whose everything is that some proofs name.
    pub async fn of<'a>(
        data: &DataDirectory,
        proofs: impl Iterator<Item = &'a ProofRow>,
    ) -> Result<Owners, TrackingError> {
        let (mut links, mut deals, mut codes, mut is_asked) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), false);
        for proof in proofs {
            match (proof.kind, proof.subject.split_once('-')) {
                (ProofKind::Click | ProofKind::Visit, Some(("link", number))) => links.extend(number.parse::<u32>()),
                (ProofKind::Click | ProofKind::Visit, Some(("deal", number))) => deals.extend(number.parse::<i64>()),
                (ProofKind::Click | ProofKind::Visit, _) => {}
                (ProofKind::Code, _) => codes.extend([proof.subject.clone()]),
                (ProofKind::Answer, _) => {
                    codes.extend([code_norm(&proof.subject)]);
                    is_asked = true;
                }
            }
        }
        let (links, deals): (Vec<u32>, Vec<i64>) = (links.into_iter().collect(), deals.into_iter().collect());
        let typed: Vec<&str> = codes.iter().map(String::as_str).collect();
        let mut owners = Owners {
            contacts: vec![],
            numbers: HashMap::new(),
            links: HashMap::new(),
            deals: HashMap::new(),
            codes: HashMap::new(),
            names: if is_asked { codes::contacts_by_name(data).await? } else { HashMap::new() },
        };
        for (link, contact, _) in data.store.link_owners(Some(&links)).await? {
            owners.links.extend(contact.map(|contact| (link, contact)));
        }
        owners.deals.extend(data.store.deal_owners(&deals).await?);
        for code in data.store.codes_typed(&typed).await? {
            owners.codes.entry(code.code_norm.clone()).or_default().push(code);
        }
        Ok(owners)
    }

    /// The engine's number of a contact.
    pub fn number(&mut self, contact: i64) -> u32 {
        if let Some(number) = self.numbers.get(&contact) {
            return *number;
        }
        let number = self.contacts.len() as u32;
        self.contacts.push(contact);
        self.numbers.insert(contact, number);
        number
    }

    /// Whose a code is in a shop at a moment.
    pub fn contact_of_code(&self, norm: &str, shop: i64, at: Timestamp) -> Option<i64> {
        let counts = |row: &&CodeRow| {
            row.shop.is_none_or(|of| of == shop)
                && row.valid_from.is_none_or(|from| from <= at)
                && row.valid_to.is_none_or(|to| at < to)
                && row.ended_at.is_none_or(|ended| at < ended)
        };
        self.codes.get(norm)?.iter().find(counts)?.contact
    }

    /// Whom a click or a visit speaks for. A click that was no person's speaks for nobody, but for one that a browser made ahead of
    /// the person who then bought.
    pub fn contact_of_click(&self, proof: &ProofRow) -> Option<i64> {
        let counts = match proof.verdict.map(VerdictKind::from_code) {
            None => true,
            Some(kind) => matches!(kind, Some(VerdictKind::Human | VerdictKind::Duplicate | VerdictKind::Prefetch)),
        };
        let (what, number) = proof.subject.split_once('-')?;
        match what {
            "link" => self.links.get(&number.parse().ok()?).copied().filter(|_| counts),
            "deal" => self.deals.get(&number.parse().ok()?).copied(),
            _ => None,
        }
    }

    /// Whom an answer names: a contact by name, or whoever has the code.
    pub fn contact_of_answer(&self, answer: &str, shop: i64, at: Timestamp) -> Option<i64> {
        let by_name = self.names.get(&name_in(answer).to_lowercase()).copied().flatten();
        by_name.or_else(|| self.contact_of_code(&code_norm(answer), shop, at))
    }

    /// Joins what speaks for an order.
    pub fn joined(&mut self, row: ConversionRow, proofs: Vec<(bool, ProofRow)>, settings: &JoinSettings) -> Joined {
        let at = row.at.unwrap_or(row.received_at);
        let (mut clicks, mut owners, mut survey): (Vec<Met>, Vec<CodeOwner>, Option<u32>) = (vec![], vec![], None);
        for (is_own, proof) in &proofs {
            match proof.kind {
                ProofKind::Click | ProofKind::Visit => {
                    let moment = if proof.at.0 == 0 { at } else { proof.at };
                    if let Some(contact) = self.contact_of_click(proof) {
                        clicks.push(Met { at: moment, creator: self.number(contact) });
                    }
                }
                ProofKind::Code if *is_own => owners.push(match self.contact_of_code(&proof.subject, row.shop, at) {
                    Some(contact) => CodeOwner::Creator(self.number(contact)),
                    None => CodeOwner::Nobody,
                }),
                ProofKind::Answer if *is_own => {
                    if let Some(contact) = self.contact_of_answer(&proof.subject, row.shop, at) {
                        survey = Some(self.number(contact));
                    }
                }
                _ => {}
            }
        }
        let decision = row.decided_contact.map(|contact| self.number(contact));
        let order = join(
            &OrderProofs {
                order: row.id as u64,
                at,
                value_minor_units: row.net_minor_units.unwrap_or(0),
                clicks: &clicks,
                codes: &owners,
                views: &[],
                survey,
                decision,
            },
            settings,
        );
        Joined { row, proofs, order }
    }
}

/// The name in an answer such as `@ana`.
fn name_in(answer: &str) -> &str {
    answer.trim().trim_start_matches('@').trim()
}

type Proofs = Vec<(i64, bool, ProofRow)>;

/// Joins rows with what speaks for them.
async fn joined(
    data: &DataDirectory,
    rows: Vec<ConversionRow>,
    proofs: Proofs,
    settings: &JoinSettings,
) -> Result<(Vec<Joined>, Owners), TrackingError> {
    let mut owners = Owners::of(data, proofs.iter().map(|(_, _, proof)| proof)).await?;
    let mut by_order: HashMap<i64, Vec<(bool, ProofRow)>> = HashMap::new();
    for (order, is_own, proof) in proofs {
        by_order.entry(order).or_default().push((is_own, proof));
    }
    let of = |row: ConversionRow| {
        let proofs = by_order.remove(&row.id).unwrap_or_default();
        owners.joined(row, proofs, settings)
    };
    let joined = rows.into_iter().map(of).collect();
    Ok((joined, owners))
}

/// Joins rows that a filter found.
pub async fn joined_by(
    data: &DataDirectory,
    rows: Vec<ConversionRow>,
    filter: &ConversionFilter,
    settings: &JoinSettings,
) -> Result<(Vec<Joined>, Owners), TrackingError> {
    let proofs = data.store.conversion_proofs(filter).await?;
    joined(data, rows, proofs, settings).await
}

/// Joins some rows by the usual rules.
pub async fn joined_of(data: &DataDirectory, rows: Vec<ConversionRow>) -> Result<(Vec<Joined>, Owners), TrackingError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let proofs = data.store.proofs_of_these(&ids).await?;
    joined(data, rows, proofs, &JoinSettings::default()).await
}

/// One order, joined.
pub async fn one(data: &DataDirectory, id: i64) -> Result<(Joined, Owners), TrackingError> {
    let missing = || TrackingError::NoConversion(id.to_string());
    let row = data.store.conversion(id).await?.ok_or_else(missing)?;
    let (mut joined, owners) = joined_of(data, vec![row]).await?;
    Ok((joined.pop().ok_or_else(missing)?, owners))
}

/// What was sold by the links and codes of a campaign, deal or contact, by currency; leads apart.
#[derive(Clone, Default, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Sold {
    pub orders: u64,
    pub leads: u64,
    /// Less what was given back: currency, minor units.
    pub value: BTreeMap<String, i64>,
}

impl Sold {
    /// `3 orders, 149.90 EUR`, without the amounts for those whom they do not concern.
    pub fn words(&self, with_value: bool) -> String {
        let mut words = match self.orders {
            0 => "no order is known to come by them".to_owned(),
            orders => format::counted(orders, "order", "orders"),
        };
        if with_value && self.orders > 0 {
            for (currency, minor_units) in &self.value {
                words.push_str(&format!(", {}", told::amounts::words(*minor_units, currency)));
            }
        }
        if self.leads > 0 {
            words.push_str(&format!(", {}", format::counted(self.leads, "lead", "leads")));
        }
        words
    }
}

/// What proofs name that belongs to a campaign, deal or contact, each with whose it is.
pub async fn subjects_of(data: &DataDirectory, of: &LinkFilter) -> Result<HashSet<(String, i64)>, TrackingError> {
    let mut theirs: HashSet<(String, i64)> = HashSet::new();
    for link in data.store.links(of).await? {
        theirs.extend(link.contact.map(|contact| (format!("link-{}", link.id), contact)));
    }
    let deals = match of.deal {
        Some(deal) => data.store.deal(deal).await?.into_iter().collect(),
        None => {
            let filter = DealFilter { campaign: of.campaign, contact: of.contact, ..DealFilter::default() };
            data.store.deals(&filter).await?
        }
    };
    theirs.extend(deals.into_iter().map(|deal| (format!("deal-{}", deal.id), deal.contact)));
    let codes = CodeFilter { contact: of.contact, deal: of.deal, campaign: of.campaign };
    for code in data.store.codes(&codes).await? {
        theirs.extend(code.contact.map(|contact| (code.code_norm, contact)));
    }
    Ok(theirs)
}

/// Whether any proof of an order that speaks for its owner is among those named.
pub fn is_touched_by(one: &Joined, owners: &Owners, theirs: &HashSet<(String, i64)>) -> bool {
    one.proofs.iter().any(|(is_own, proof)| {
        let contact = match proof.kind {
            ProofKind::Click | ProofKind::Visit => owners.contact_of_click(proof),
            ProofKind::Code if *is_own => owners.contact_of_code(&proof.subject, one.row.shop, one.order.at),
            _ => None,
        };
        contact.is_some_and(|contact| theirs.contains(&(proof.subject.clone(), contact)))
    })
}

/// What is credited, by the rule for pay, to whom the links and codes of a campaign, deal or contact belong, and came by one of them.
pub async fn sold(data: &DataDirectory, of: &LinkFilter) -> Result<Sold, TrackingError> {
    let theirs = subjects_of(data, of).await?;
    let subjects: BTreeSet<&str> = theirs.iter().map(|(subject, _)| subject.as_str()).collect();
    let rows = data.store.conversions_touched(&subjects.into_iter().collect::<Vec<_>>()).await?;
    let mut sold = Sold::default();
    let rows: Vec<ConversionRow> = rows.into_iter().filter(|row| counts(row).is_ok()).collect();
    if rows.is_empty() {
        return Ok(sold);
    }
    let (joined, owners) = joined_of(data, rows).await?;
    for one in joined {
        let credited = one.order.credited.and_then(|credited| owners.contacts.get(credited.creator as usize).copied());
        let is_of_these = |(_, proof): &(bool, ProofRow)| {
            credited.is_some_and(|contact| theirs.contains(&(proof.subject.clone(), contact)))
        };
        if is_given_back(&one.row) || !one.proofs.iter().any(is_of_these) {
            continue;
        }
        match one.row.kind {
            ConversionKind::Lead => sold.leads += 1,
            ConversionKind::Sale => {
                sold.orders += 1;
                if let (Some(net), Some(currency)) = (one.row.net_minor_units, one.row.currency) {
                    *sold.value.entry(currency).or_default() += net;
                }
            }
        }
    }
    Ok(sold)
}

/// Whether all of an order went back.
pub fn is_given_back(row: &ConversionRow) -> bool {
    row.amount_minor_units.is_some_and(|amount| amount > 0) && row.net_minor_units.is_some_and(|net| net <= 0)
}

/// Names of contacts.
pub async fn names(data: &DataDirectory, ids: &[i64]) -> Result<BTreeMap<i64, String>, TrackingError> {
    let rows = data.store.contacts_numbered(ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Whether an order counts, and why not.
pub fn counts(row: &ConversionRow) -> Result<(), &'static str> {
    if row.is_test {
        return Err("a test order");
    }
    if row.cancelled_at.is_some() {
        return Err("cancelled");
    }
    if row.at.is_none() {
        return Err("only money that went back is known of it so far");
    }
    if !row.is_paid {
        return Err("not paid yet");
    }
    Ok(())
}

/// An order or a lead as a person notes it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Noted {
    /// `sale` or `lead`.
    pub kind: String,
    pub order: String,
    /// Name or number of the shop; empty: the usual one.
    pub shop: String,
    pub at: String,
    pub amount: String,
    pub currency: String,
    pub code: String,
    pub link: String,
    pub heard_from: String,
    pub email: String,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

async fn shop_of(data: &DataDirectory, named: &str) -> Result<ShopRow, TrackingError> {
    match named.trim() {
        "" => shops::usual(data).await,
        named => shops::find(data, named).await.map_err(|_| refused("shop", format!("there is no shop {named}"))),
    }
}

fn moment_of(data: &DataDirectory, text: &str) -> Result<Timestamp, TrackingError> {
    match text.trim() {
        "" => Ok(data.now()),
        text => {
            let at = told::moment(text).or_else(|| told::moment(&format!("{text}T12:00:00")));
            at.ok_or_else(|| refused("at", format!("{text:?} is no moment such as 2026-03-01 or 2026-03-01T10:00:00Z")))
        }
    }
}

fn money_of(text: &str, currency: &str, shop: &ShopRow) -> Result<Option<Money>, TrackingError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let code = match currency.trim() {
        "" => shop.currency.clone().unwrap_or_default(),
        code => code.to_uppercase(),
    };
    let currency = Currency::new(&code).map_err(|_| refused("currency", "say in which currency, such as EUR"))?;
    if told::amounts::has_two_readings(text, currency) {
        return Err(refused(
            "amount",
            format!("{text:?} may be read in two ways; write it with its cents, as 1200.00"),
        ));
    }
    let minor_units = told::amounts::minor_units(text, currency);
    let minor_units = minor_units.ok_or_else(|| refused("amount", format!("{text:?} is no amount in {currency}")))?;
    Ok(Some(Money { minor_units, currency }))
}

/// Notes an order or a lead by hand.
pub async fn note(data: &DataDirectory, given: &Noted, actor: &str) -> Result<(ShopRow, Taken), TrackingError> {
    let kind = match given.kind.trim() {
        "" => ConversionKind::Sale,
        code => {
            ConversionKind::from_code(code).ok_or_else(|| refused("kind", format!("{code:?} is not sale or lead")))?
        }
    };
    let shop = shop_of(data, &given.shop).await?;
    let at = moment_of(data, &given.at)?;
    let amount = money_of(&given.amount, &given.currency, &shop)?;
    if kind == ConversionKind::Sale && amount.is_none() {
        return Err(refused("amount", "a sale has an amount, such as 49.90"));
    }
    let mut order = Order::new(kind, given.order.trim());
    // People type what the shop shows them.
    order.is_by_name = true;
    order.stated = Some(OrderStated {
        version: at,
        at,
        is_paid: true,
        is_test: false,
        amount,
        cancelled_at: None,
        is_new_customer: None,
        country: None,
    });
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    order.codes.extend(some(&given.code));
    order.links.extend(some(&given.link).map(|link| (link, None)));
    if let Some((link, _)) = order.links.first()
        && data.store.link_by_slug(told::slug_in(link)).await?.is_none()
    {
        return Err(refused("link", format!("there is no link {link:?}")));
    }
    order.answer = some(&given.heard_from);
    order.email = some(&given.email);
    let told = told::told(data, &data.token_key, &order, &format!("typed by {actor}")).await?;
    let taken = data.store.take_conversions(shop.id, None, &[told], OthersHear::Yes, data.now()).await?;
    Ok((shop, taken))
}

/// Money that went back, or a correction, as a person notes it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct MoneyNoted {
    /// `refund`, `chargeback` or `correction`.
    pub kind: String,
    pub amount: String,
    /// The refund's own number; empty: the moment is.
    pub number: String,
    pub at: String,
}

/// Notes money that went back on an order.
pub async fn note_money(
    data: &DataDirectory,
    id: i64,
    given: &MoneyNoted,
    actor: &str,
) -> Result<Taken, TrackingError> {
    let row = data.store.conversion(id).await?.ok_or_else(|| TrackingError::NoConversion(id.to_string()))?;
    let shop = shops::numbered(data, row.shop).await?;
    let at = moment_of(data, &given.at)?;
    let currency = row.currency.clone().unwrap_or_default();
    let mut amount = money_of(&given.amount, &currency, &shop)?.ok_or_else(|| refused("amount", "say how much"))?;
    let kind = match given.kind.trim() {
        "refund" | "" => MoneyKind::Refunded,
        "chargeback" => MoneyKind::ChargedBack,
        "correction" => MoneyKind::Corrected,
        other => return Err(refused("kind", format!("{other:?} is not refund, chargeback or correction"))),
    };
    if row.kind == ConversionKind::Lead {
        return Err(refused("amount", "a lead has no amount that could go back"));
    }
    if kind != MoneyKind::Corrected {
        if amount.minor_units <= 0 {
            return Err(refused("amount", "say how much went back, above 0"));
        }
        if let Some(left) = row.net_minor_units.filter(|left| amount.minor_units > (*left).max(0)) {
            let left = told::amounts::words(left.max(0), &currency);
            return Err(refused(
                "amount",
                format!("{left} is left of the order; what is more than that is a correction"),
            ));
        }
        amount.minor_units = -amount.minor_units;
    }
    let external_id = match given.number.trim() {
        // Sent twice by one press it is one; two of the same amount on the same day need their numbers.
        "" => format!("typed {} {}", crate::clock::iso_exact(at), amount.minor_units),
        number => number.to_owned(),
    };
    let mut order = Order::new(row.kind, row.native_id);
    order.is_by_name = row.is_by_name;
    order.money.push(MoneyTold { kind, external_id, at, amount });
    let told = told::told(data, &data.token_key, &order, &format!("typed by {actor}")).await?;
    Ok(data.store.take_conversions(shop.id, None, &[told], OthersHear::Yes, data.now()).await?)
}

/// Decides whom an order is credited to, or leaves it to the rules again.
pub async fn decide(data: &DataDirectory, id: i64, contact: Option<i64>, actor: &str) -> Result<(), TrackingError> {
    if let Some(contact) = contact {
        contacts::shown(data, contact)
            .await
            .map_err(|_| refused("contact", format!("there is no contact {contact}")))?;
    }
    match data.store.decide_conversion(id, contact, actor, data.now()).await? {
        true => Ok(()),
        false => Err(TrackingError::NoConversion(id.to_string())),
    }
}
