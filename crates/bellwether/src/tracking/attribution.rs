//! Whom orders are credited to: orders joined with what speaks for whom, seven models side by side, and codes that may leak. Kept with
//! what it was made with, so that a figure once told can be shown again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use engine::measurement::attribution::joining::{JoinSettings, Proof};
use engine::measurement::attribution::leaks::{
    CodeHistory, CodeLeaks, Country, CreatorClick, DayOrders, LeakSettings, PostsKnown, Redemption, Shop, find_leaks,
};
use engine::measurement::attribution::{
    ATTRIBUTION_VERSION, Attribution, AttributionSettings, Journey, Model, Touch, TouchKind, attribute,
};
use model::{Currency, Days, Estimate, Explanation, Grade, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::attribution::AttributionReportRow;
use store::codes::CodeFilter;
use store::conversions::{ConversionFilter, ConversionKind, ProofKind};
use store::tracking::LinkFilter;
use verdicts::VerdictKind;

use super::conversions::{self, Joined, Owners, counts, is_given_back, names};
use super::{TrackingError, counting};
use crate::data_directory::DataDirectory;

const WINDOW_DAYS_MAX: u32 = 365;
const DAY: i64 = 86_400_000_000;
const NAME_LETTERS_MAX: usize = 120;
/// Contested orders that a report names.
const CONTESTED_NAMED: usize = 100;

/// What a report is asked for; kept with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportAsked {
    /// Leads in place of sales.
    #[serde(default)]
    pub is_of_leads: bool,
    pub window_days: u32,
    pub link_before_code_days: u32,
    pub half_life_days: u32,
    pub pay_by: Model,
    /// Orders from this moment on, and before that one.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub campaign: Option<i64>,
    pub shop: Option<i64>,
    /// `None`: the one that most orders are in.
    pub currency: Option<String>,
}

impl Default for ReportAsked {
    fn default() -> ReportAsked {
        let (join, settings) = (JoinSettings::default(), AttributionSettings::default());
        ReportAsked {
            is_of_leads: false,
            window_days: settings.window_days.0,
            link_before_code_days: join.link_before_code_days.0,
            half_life_days: settings.half_life_days.0,
            pay_by: settings.pay_by,
            from: None,
            until: None,
            campaign: None,
            shop: None,
            currency: None,
        }
    }
}

/// One creator's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreatorCredit {
    pub contact: i64,
    /// Orders by the model that is paid by; the interval is the range over models.
    pub orders: Estimate,
    /// Of the orders' value, less what was given back; `None` for leads.
    pub value: Option<Estimate>,
    /// By model, in the order of [`ReportFound::models`]: orders, value in minor units.
    pub by_model: Vec<(f64, i64)>,
    /// Orders with a touch of this creator, whoever they are credited to.
    pub orders_touched: u64,
    /// Orders that a code alone speaks for.
    pub by_code_alone: u64,
    pub contested: u64,
    /// Clicks by people in the period, the window before it included.
    pub clicks: u64,
    /// Orders whose buyers named this creator when asked; never added to the others.
    pub named_when_asked: u64,
}

/// What a report found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportFound {
    pub version: u32,
    pub currency: Option<String>,
    pub paid_by: Model,
    pub models: Vec<Model>,
    /// Models that could not be had, each with why.
    pub refused: Vec<(Model, String)>,
    pub creators: Vec<CreatorCredit>,
    pub orders: u64,
    pub value_minor_units: i64,
    /// Orders with a touch, and their value.
    pub touched: u64,
    pub touched_value_minor_units: i64,
    pub contested: u64,
    /// Orders in other currencies, which have reports of their own: currency, how many.
    pub elsewhere: Vec<(String, u64)>,
    /// Orders that do not count, by why.
    pub left_out: Vec<(String, u64)>,
    pub survey_only: u64,
    /// The numbers of the contested orders, the newest hundred.
    pub contested_orders: Vec<i64>,
}

/// A report as it was made.
pub struct Report {
    pub asked: ReportAsked,
    pub found: ReportFound,
    pub data_hash: String,
    pub as_of: Timestamp,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

impl ReportAsked {
    fn checked(&self) -> Result<(), TrackingError> {
        if self.window_days == 0 || self.window_days > WINDOW_DAYS_MAX {
            return Err(refused("window", format!("a window has 1 to {WINDOW_DAYS_MAX} days")));
        }
        if self.half_life_days == 0 {
            return Err(refused("half_life", "a half-life has at least one day"));
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| until <= from) {
            return Err(refused("until", "the period ends before it begins"));
        }
        Ok(())
    }

    fn filter(&self) -> ConversionFilter {
        ConversionFilter {
            kind: Some(if self.is_of_leads { ConversionKind::Lead } else { ConversionKind::Sale }),
            shop: self.shop,
            from: self.from.map(Timestamp),
            until: self.until.map(Timestamp),
        }
    }

    pub fn join_settings(&self) -> JoinSettings {
        JoinSettings {
            window_days: Days(self.window_days),
            link_before_code_days: Days(self.link_before_code_days),
            ..JoinSettings::default()
        }
    }
}

/// Makes a report.
///
/// Errors: a field where a window or period cannot be; what the engine refuses, in its words.
pub async fn report(data: &DataDirectory, asked: &ReportAsked) -> Result<Report, TrackingError> {
    asked.checked()?;
    counting::count(data).await?;
    let filter = asked.filter();
    let rows = data.store.conversions(&filter, 0, u64::MAX).await?;
    let (mut left_out, mut counted) = (BTreeMap::<&str, u64>::new(), vec![]);
    for row in rows {
        match counts(&row) {
            Ok(()) => counted.push(row),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    let mut by_currency = BTreeMap::<String, u64>::new();
    for row in counted.iter().filter(|_| !asked.is_of_leads) {
        *by_currency.entry(row.currency.clone().unwrap_or_default()).or_default() += 1;
    }
    let usual = by_currency.iter().max_by_key(|(code, orders)| (**orders, std::cmp::Reverse((*code).clone())));
    let currency = asked.currency.clone().or_else(|| usual.map(|(code, _)| code.clone()));
    // A lead has no amount that counts here.
    let currency = currency.filter(|_| !asked.is_of_leads);
    if !asked.is_of_leads {
        counted.retain(|row| row.currency == currency);
    }
    let (mut joined, mut owners) = conversions::joined_by(data, counted, &filter, &asked.join_settings()).await?;
    if asked.campaign.is_some() {
        // Orders that anything of the campaign touched; by whomever else they were touched too, so that none is paid for twice.
        let of = LinkFilter { campaign: asked.campaign, ..LinkFilter::default() };
        let theirs = conversions::subjects_of(data, &of).await?;
        joined.retain(|one| conversions::is_touched_by(one, &owners, &theirs));
    }
    let clicked = clicked(data, &mut owners, asked, &joined).await?;
    let data_hash = hash_of(&joined, &owners.contacts, &clicked);
    let asked_of = asked.clone();
    let contacts = owners.contacts.clone();
    let as_of = data.now();
    let currency_of = currency.clone();
    let given_back = joined.iter().filter(|one| is_given_back(&one.row)).count() as u64;
    let made = tokio::task::spawn_blocking(move || found(&asked_of, &contacts, &joined, &clicked, currency_of, as_of));
    let mut found = made.await.map_err(|error| TrackingError::Log(error.to_string()))??;
    found.elsewhere = by_currency.into_iter().filter(|(code, _)| Some(code) != currency.as_ref()).collect();
    if given_back > 0 {
        left_out.insert("given back in full; their money is in the value", given_back);
    }
    found.left_out = left_out.into_iter().map(|(why, orders)| (why.to_owned(), orders)).collect();
    Ok(Report { asked: asked.clone(), found, data_hash, as_of })
}

/// By creator's number: clicks by people, and visitors by day, in the period with the window before it.
async fn clicked(
    data: &DataDirectory,
    owners: &mut Owners,
    asked: &ReportAsked,
    joined: &[Joined],
) -> Result<BTreeMap<u32, (u64, u64)>, TrackingError> {
    let first = asked.from.or_else(|| joined.iter().filter_map(|one| one.row.at).map(|at| at.0).min());
    let first_day = first.map_or(0, |at| at.div_euclid(DAY)) - i64::from(asked.window_days);
    let last_day = asked.until.map_or(i64::MAX / DAY, |until| (until - 1).div_euclid(DAY));
    let mut clicked = BTreeMap::<u32, (u64, u64)>::new();
    let whose = owners_of_links(data, asked.campaign).await?;
    for (link, clicks, visitors) in data.store.clicks_between(VerdictKind::Human.code(), first_day, last_day).await? {
        if let Some(contact) = whose.get(&link).copied() {
            let one = clicked.entry(owners.number(contact)).or_default();
            one.0 += clicks;
            // Whoever asks not to be told apart is a click and no visitor.
            one.1 += visitors;
        }
    }
    Ok(clicked)
}

/// The contact of each link, of one campaign or of all.
async fn owners_of_links(data: &DataDirectory, campaign: Option<i64>) -> Result<HashMap<u32, i64>, TrackingError> {
    let links = data.store.link_owners(None).await?.into_iter();
    let links = links.filter(|(_, _, of)| campaign.is_none() || *of == campaign);
    Ok(links.filter_map(|(link, contact, _)| Some((link, contact?))).collect())
}

/// Of everything that the figures follow from: orders, what speaks for whom by the numbers of contacts, decisions, clicks.
fn hash_of(joined: &[Joined], contacts: &[i64], clicked: &BTreeMap<u32, (u64, u64)>) -> String {
    let contact = |creator: u32| contacts.get(creator as usize).copied();
    let mut hash = Sha256::new();
    for one in joined {
        let touches: Vec<_> =
            one.order.touches.iter().map(|touch| (contact(touch.creator), touch.at.0, touch.kind)).collect();
        let row = &one.row;
        hash.update(format!(
            "{}|{:?}|{:?}|{:?}|{:?}|{touches:?}\n",
            row.id, row.net_minor_units, row.currency, row.at, row.decided_contact
        ));
    }
    for (creator, clicks) in clicked {
        hash.update(format!("{:?}|{clicks:?}\n", contact(*creator)));
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn journeys(joined: &[Joined], clicked: &BTreeMap<u32, (u64, u64)>, as_of: Timestamp) -> Vec<Journey> {
    let mut journeys: Vec<Journey> = joined
        .iter()
        .map(|one| {
            let journey = one.order.journey();
            match is_given_back(&one.row) {
                // What came back whole was not bought.
                true => Journey { conversions: 0, nulls: 1, ..journey },
                false => journey,
            }
        })
        .collect();
    // People who clicked and did not buy, each as a journey of one touch: whoever met several creators without buying is not known,
    // because nobody is followed from link to link.
    let mut bought = BTreeMap::<u32, u64>::new();
    for one in joined {
        let by_link = one.order.touches.iter().filter(|touch| touch.kind == TouchKind::Link);
        for creator in by_link.map(|touch| touch.creator).collect::<BTreeSet<u32>>() {
            *bought.entry(creator).or_default() += 1;
        }
    }
    for (creator, (clicks, visitors)) in clicked {
        let bought = bought.get(creator).copied().unwrap_or(0);
        let met = if *visitors > 0 { *visitors } else { *clicks };
        let nulls = met.saturating_sub(bought);
        if nulls > 0 {
            let touches = vec![Touch { creator: *creator, at: as_of, kind: TouchKind::Link }];
            journeys.push(Journey {
                touches,
                ended_at: as_of,
                conversions: 0,
                nulls,
                value_minor_units: 0,
                decided: None,
            });
        }
    }
    journeys
}

/// What stands beside a creator's credit.
#[derive(Clone, Copy, Default)]
struct Beside {
    by_code_alone: u64,
    contested: u64,
    named_when_asked: u64,
}

/// Whether click and code name different creators, and nobody has decided yet.
fn is_open_contest(one: &Joined) -> bool {
    one.order.contested.is_some() && one.row.decided_contact.is_none()
}

fn found(
    asked: &ReportAsked,
    contacts: &[i64],
    joined: &[Joined],
    clicked: &BTreeMap<u32, (u64, u64)>,
    currency: Option<String>,
    as_of: Timestamp,
) -> Result<ReportFound, TrackingError> {
    let settings = AttributionSettings {
        window_days: Days(asked.window_days),
        half_life_days: Days(asked.half_life_days),
        pay_by: asked.pay_by,
    };
    let journeys = journeys(joined, clicked, as_of);
    let made =
        attribute(contacts.len() as u32, &journeys, &settings).map_err(|error| refused("", error.to_string()))?;
    let unit = currency.as_deref().and_then(|code| Currency::new(code).ok());
    let mut beside = vec![Beside::default(); contacts.len()];
    for one in joined.iter().filter(|one| !is_given_back(&one.row)) {
        if let Some(of) = one.order.credited.and_then(|credited| beside.get_mut(credited.creator as usize)) {
            of.by_code_alone += u64::from(one.order.credited.is_some_and(|credited| credited.proof == Proof::Code));
            of.contested += u64::from(is_open_contest(one));
        }
        if let Some(of) = one.order.survey.and_then(|creator| beside.get_mut(creator as usize)) {
            of.named_when_asked += 1;
        }
    }
    let of = |number: usize| {
        let creator = number as u32;
        CreatorCredit {
            contact: contacts[number],
            orders: orders_of(&made, creator, as_of),
            value: unit.and_then(|unit| value_of(&made, creator, unit, as_of)),
            by_model: made
                .models
                .iter()
                .map(|one| (one.credits.conversions[number], one.credits.value_minor_units[number]))
                .collect(),
            orders_touched: made.ranges[number].orders_touched,
            by_code_alone: beside[number].by_code_alone,
            contested: beside[number].contested,
            clicks: clicked.get(&creator).map_or(0, |(clicks, _)| *clicks),
            named_when_asked: beside[number].named_when_asked,
        }
    };
    let mut creators: Vec<CreatorCredit> = (0..contacts.len()).map(of).collect();
    creators.retain(|one| one.orders_touched > 0 || one.clicks > 0 || one.named_when_asked > 0);
    creators.sort_by(|a, b| {
        let rank = |one: &CreatorCredit| {
            (one.value.as_ref().and_then(|value| value.value).unwrap_or(0.0), one.orders.value.unwrap_or(0.0))
        };
        rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal).then(a.contact.cmp(&b.contact))
    });
    let contested: Vec<i64> = joined.iter().filter(|one| is_open_contest(one)).map(|one| one.row.id).collect();
    Ok(ReportFound {
        version: ATTRIBUTION_VERSION,
        currency,
        paid_by: made.paid_by,
        models: made.models.iter().map(|one| one.model).collect(),
        refused: made.refused.iter().map(|one| (one.model, one.why.clone())).collect(),
        creators,
        orders: joined.iter().filter(|one| !is_given_back(&one.row)).count() as u64,
        value_minor_units: joined.iter().map(|one| one.row.net_minor_units.unwrap_or(0)).sum(),
        touched: made.shared_out.conversions,
        touched_value_minor_units: made.shared_out.value_minor_units,
        contested: contested.len() as u64,
        elsewhere: vec![],
        left_out: vec![],
        survey_only: joined.iter().filter(|one| one.order.survey.is_some() && one.order.credited.is_none()).count()
            as u64,
        contested_orders: contested.into_iter().take(CONTESTED_NAMED).collect(),
    })
}

const METHOD: &str = "attribution";

fn orders_of(made: &Attribution, creator: u32, as_of: Timestamp) -> Estimate {
    let range = &made.ranges[creator as usize];
    let explanation = explained(made.explain_conversions(creator), range.paid_conversions, Unit::Items);
    let (lo, hi) = (range.conversions.lo, range.conversions.hi);
    let known = Estimate::known(range.paid_conversions, lo, hi, range.orders_touched, "orders", METHOD, explanation);
    Estimate { level: 1.0, version: ATTRIBUTION_VERSION, as_of: Some(as_of), grade: Grade::B, ..known }
}

fn value_of(made: &Attribution, creator: u32, currency: Currency, as_of: Timestamp) -> Option<Estimate> {
    let range = &made.ranges[creator as usize];
    let paid = range.paid_value_minor_units as f64;
    let explanation = explained(made.explain_value(creator, currency), paid, Unit::Money(currency));
    let (lo, hi) = (range.value.lo_minor_units as f64, range.value.hi_minor_units as f64);
    let known = Estimate::known(paid, lo, hi, range.orders_touched, "orders", METHOD, explanation);
    Some(Estimate { level: 1.0, version: ATTRIBUTION_VERSION, as_of: Some(as_of), grade: Grade::B, ..known })
}

fn explained(made: Option<Explanation>, value: f64, unit: Unit) -> Explanation {
    made.unwrap_or_else(|| Explanation::leaf("credited to this creator", Some(value), unit))
}

/// Keeps a report under a name; its number.
pub async fn keep(data: &DataDirectory, report: &Report, name: &str, actor: &str) -> Result<i64, TrackingError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > NAME_LETTERS_MAX {
        return Err(refused("name", format!("it is longer than {NAME_LETTERS_MAX} letters")));
    }
    let name = if name.is_empty() { format!("Orders as of {}", crate::clock::day(report.as_of)) } else { name };
    let text = |value: serde_json::Result<String>| value.map_err(|error| TrackingError::File(error.to_string()));
    let row = AttributionReportRow {
        id: 0,
        name,
        asked: text(serde_json::to_string(&report.asked))?,
        found: text(serde_json::to_string(&report.found))?,
        data_hash: report.data_hash.clone(),
        as_of: report.as_of,
        actor: actor.to_owned(),
    };
    Ok(data.store.keep_attribution(&row).await?)
}

/// A report that was kept, as it was.
pub async fn kept(data: &DataDirectory, id: i64) -> Result<(AttributionReportRow, Report), TrackingError> {
    let row = data.store.attribution_report(id).await?.ok_or(TrackingError::NoReport(id))?;
    let broken = |error: serde_json::Error| TrackingError::File(format!("report {id}: {error}"));
    let report = Report {
        asked: serde_json::from_str(&row.asked).map_err(broken)?,
        found: serde_json::from_str(&row.found).map_err(broken)?,
        data_hash: row.data_hash.clone(),
        as_of: row.as_of,
    };
    Ok((row, report))
}

/// A code with what was found of it.
pub struct CodeSeen {
    pub code: store::codes::CodeRow,
    pub redemptions: u64,
    pub leaks: CodeLeaks,
}

/// What was found of codes, with what it was made of.
#[derive(Default)]
pub(crate) struct LeaksHeld(Option<(LeaksOf, Arc<Vec<CodeSeen>>)>);

/// Orders, codes, links, what was posted when, clicks and the day.
type LeaksOf = ((i64, i64, i64), (i64, i64), i64, (i64, i64), u64, i64);

/// Looks at every code that was used for signs that it leaks; once for the same orders, codes, clicks and day.
pub async fn leaks(data: &DataDirectory) -> Result<Arc<Vec<CodeSeen>>, TrackingError> {
    counting::count(data).await?;
    let of: LeaksOf = (
        data.store.conversions_state().await?,
        data.store.codes_state().await?,
        data.store.link_revision().await?,
        data.store.published_state().await?,
        data.store.counted().await?.clicks,
        data.now().0.div_euclid(DAY),
    );
    // Held while it is looked for: whoever asks meanwhile waits for the same.
    let mut held = data.leaks.lock().await;
    if let Some((_, seen)) = held.0.as_ref().filter(|(made_of, _)| *made_of == of) {
        return Ok(seen.clone());
    }
    let seen = Arc::new(look_for_leaks(data).await?);
    held.0 = Some((of, seen.clone()));
    Ok(seen)
}

async fn look_for_leaks(data: &DataDirectory) -> Result<Vec<CodeSeen>, TrackingError> {
    let codes = data.store.codes(&CodeFilter::default()).await?;
    if codes.is_empty() {
        return Ok(vec![]);
    }
    let filter = ConversionFilter { kind: Some(ConversionKind::Sale), ..ConversionFilter::default() };
    let rows = data.store.conversions(&filter, 0, u64::MAX).await?;
    let rows = rows.into_iter().filter(|row| counts(row).is_ok()).collect();
    let (joined, owners) = conversions::joined_by(data, rows, &filter, &JoinSettings::default()).await?;
    let whose = owners_of_links(data, None).await?;
    let with_link: BTreeSet<i64> = whose.values().copied().collect();
    let mut clicks_of: HashMap<i64, u64> = HashMap::new();
    for (link, clicks, _) in
        data.store.clicks_between(VerdictKind::Human.code(), i64::MIN / DAY, i64::MAX / DAY).await?
    {
        if let Some(contact) = whose.get(&link) {
            *clicks_of.entry(*contact).or_default() += clicks;
        }
    }
    let deals: Vec<i64> = codes.iter().filter_map(|code| code.deal).collect();
    let mut posts_of: HashMap<i64, Vec<Timestamp>> = HashMap::new();
    for (deal, at) in data.store.published_moments(&deals).await? {
        posts_of.entry(deal).or_default().push(at);
    }
    let mut by_norm: HashMap<&str, Vec<&store::codes::CodeRow>> = HashMap::new();
    for code in &codes {
        by_norm.entry(&code.code_norm).or_default().push(code);
    }
    let mut redemptions: HashMap<i64, Vec<Redemption>> = HashMap::new();
    for one in &joined {
        let at = one.order.at;
        for (_, proof) in one.proofs.iter().filter(|(is_own, proof)| *is_own && proof.kind == ProofKind::Code) {
            let Some(contact) = owners.contact_of_code(&proof.subject, one.row.shop, at) else { continue };
            let code = by_norm
                .get(proof.subject.as_str())
                .into_iter()
                .flatten()
                .find(|code| code.contact == Some(contact) && code.shop.is_none_or(|shop| shop == one.row.shop));
            let Some(code) = code else { continue };
            let clicked = one.order.touches.iter().any(|touch| {
                touch.kind == TouchKind::Link && owners.contacts.get(touch.creator as usize) == Some(&contact)
            });
            redemptions.entry(code.id).or_default().push(Redemption {
                at,
                order: one.row.id as u64,
                click: if clicked { CreatorClick::Seen } else { CreatorClick::NotSeen },
                country: one.row.country.as_deref().and_then(Country::new),
            });
        }
    }
    let used: Vec<&store::codes::CodeRow> = codes.iter().filter(|code| redemptions.contains_key(&code.id)).collect();
    let none: Vec<Timestamp> = vec![];
    let histories: Vec<CodeHistory<'_>> = used
        .iter()
        .map(|code| CodeHistory {
            creator: code.contact.map_or(0, |contact| contact as u32),
            posts: code.deal.and_then(|deal| posts_of.get(&deal)).unwrap_or(&none),
            // A story may have shown it before any post that is known here.
            posts_known: PostsKnown::Some,
            link_clicks: code
                .contact
                .filter(|contact| with_link.contains(contact))
                .map(|contact| clicks_of.get(&contact).copied().unwrap_or(0)),
            redemptions: &redemptions[&code.id],
            audience: &[],
        })
        .collect();
    let by_day: Vec<DayOrders> =
        data.store.orders_by_day(None).await?.into_iter().map(|(day, orders)| DayOrders { day, orders }).collect();
    let shop = Shop { as_of: data.now(), orders_by_day: &by_day, sells_to: &[] };
    let found = find_leaks(&histories, &shop, &LeakSettings::default());
    Ok(used
        .into_iter()
        .zip(found)
        .map(|(code, leaks)| CodeSeen { redemptions: leaks.redemptions, code: code.clone(), leaks })
        .collect())
}

/// Names beside a report's creators.
pub async fn creators_of(data: &DataDirectory, found: &ReportFound) -> Result<BTreeMap<i64, String>, TrackingError> {
    let ids: Vec<i64> = found.creators.iter().map(|creator| creator.contact).collect();
    names(data, &ids).await
}
