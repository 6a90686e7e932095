//! A campaign's board: whom its plan names and who has a deal in it, each on the stage where facts or a hand put them, with what
//! is planned, agreed, due and paid.
//!
//! How a stage follows from the facts stands in `model::outreach::board`.

use std::collections::{BTreeMap, HashMap};

use engine::matching::price::PostFormat;
use jiff::civil::Date;
use model::outreach::board::{
    Board, BoardStage, CampaignStage, CreatorFacts, DealFacts, HandMove, Place, Standing, stage_of,
};
use model::outreach::deals::{DealState, DeliverableState, PaymentState};
use model::{AccountId, Currency, Money, Timestamp};
use serde::Serialize;
use store::outreach::campaigns::{CardContact, CardOf, NewMove, Passed};
use store::outreach::content::DeliverableRow;
use store::outreach::deals::{DealFilter, DealRow};
use store::outreach::payments::PaymentRow;
use store::tracking::LinkFilter;
use store::{CampaignCreatorRow, CampaignRow};

use super::deals::{self, Terms};
use super::{OutreachError, one_line};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::money_typed;
use crate::tracking::TrackingError;
use crate::tracking::conversions::Sold;
use crate::web::format;
use crate::{clock, creators};

const STAGE_LETTERS_MAX: usize = 40;
const OWN_STAGES_MAX: usize = 20;
const LIMIT_DAYS_MAX: u32 = 365;
/// What is said of results where no link is followed.
pub const RESULTS: &str = "not known yet: no link or code of it was used";

/// What links and codes brought: clicks by people, counted exactly, and orders that are credited to whose they are.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct LinkResults {
    pub links: u64,
    pub clicks: u64,
    /// Told apart by link and day, so no distinct people.
    pub visitors_by_day: u64,
    pub sold: Sold,
}

impl LinkResults {
    /// Whether anything is followed, or came by a code.
    pub fn is_anything(&self) -> bool {
        self.links > 0 || self.sold.orders > 0 || self.sold.leads > 0
    }

    /// In words; what orders are worth for those alone whom it concerns.
    pub fn words(&self, with_value: bool) -> String {
        if !self.is_anything() {
            return RESULTS.to_owned();
        }
        let clicked = match self.links {
            0 => "no link is followed".to_owned(),
            links => format!(
                "{} by people on {} ({} by day)",
                format::counted(self.clicks, "click", "clicks"),
                format::counted(links, "link", "links"),
                format::counted(self.visitors_by_day, "visitor", "visitors"),
            ),
        };
        format!("{clicked}; {}", self.sold.words(with_value))
    }
}

/// What the links and codes of a campaign, deal or contact brought, as far as clicks have been counted.
pub async fn results(data: &DataDirectory, of: &LinkFilter) -> Result<LinkResults, OutreachError> {
    let brought = data.store.links_brought(of, verdicts::VerdictKind::Human.code()).await?;
    let sold = crate::tracking::conversions::sold(data, of).await.map_err(|error| match error {
        TrackingError::Store(error) => OutreachError::from(error),
        TrackingError::Outreach(error) => error,
        other => OutreachError::Refused(other.to_string()),
    })?;
    Ok(LinkResults { links: brought.links, clicks: brought.clicks, visitors_by_day: brought.visitors_by_day, sold })
}

/// The same for a campaign, after counting what has come since.
pub async fn results_now(data: &DataDirectory, campaign: i64) -> Result<LinkResults, OutreachError> {
    if let Err(error) = crate::tracking::counting::count(data).await {
        // What was counted before is shown; the page of links says what is wrong.
        tracing::warn!(%error, "clicks could not be counted");
    }
    results(data, &LinkFilter { campaign: Some(campaign), ..LinkFilter::default() }).await
}

/// Amounts by currency, never added across.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Sums(BTreeMap<String, i64>);

impl Sums {
    pub fn add(&mut self, amount: &Money) {
        *self.0.entry(amount.currency().to_owned()).or_default() += amount.minor_units;
    }

    /// Adds what another holds, currency by currency.
    pub fn join(&mut self, other: &Sums) {
        for (currency, amount) in &other.0 {
            *self.0.entry(currency.clone()).or_default() += amount;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `250.00 EUR + 100.00 USD`; empty where there is nothing.
    pub fn words(&self) -> String {
        let amounts = self.0.iter().filter_map(|(code, units)| Some(money_typed(&Money::new(*units, code).ok()?)));
        amounts.collect::<Vec<_>>().join(" + ")
    }
}

/// What a campaign planned to pay somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "fee", rename_all = "snake_case")]
pub enum Planned {
    /// They have a deal in the campaign and its plan does not name them.
    NotInPlan,
    NotKnown,
    Known {
        minor_units: i64,
        is_agreed: bool,
    },
}

/// The next thing due.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Due {
    /// A day as 2026-03-01.
    pub day: String,
    pub words: String,
    pub is_late: bool,
}

/// Somebody in a campaign.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// `c12` for a contact, `a345` for an account that is no contact's.
    pub key: String,
    pub of: CardOf,
    pub contact: Option<CardContact>,
    pub accounts: Vec<AccountId>,
    pub name: String,
    pub standing: Standing,
    pub place: Place,
    /// The whole days on their stage.
    pub days: i64,
    pub planned: Planned,
    /// What the plan has them make: `2 × Story`.
    pub planned_pieces: String,
    pub deals: Vec<DealRow>,
    /// Fees of deals that both sides agreed to.
    pub agreed: Sums,
    /// Whether both sides agreed to anything.
    pub is_agreed: bool,
    /// Fees on offer in deals that are talked about.
    pub offered: Sums,
    pub pieces: u64,
    pub live: u64,
    pub next: Option<Due>,
    /// What they chose of several products.
    pub chosen: Option<String>,
}

/// What a campaign comes to.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Totals {
    pub agreed: Sums,
    /// Sent, whether or not it has arrived.
    pub paid: Sums,
    pub arrived: Sums,
    pub pieces: u64,
    pub live: u64,
    pub late: u64,
}

/// A campaign with its board.
#[derive(Clone, PartialEq, Debug)]
pub struct CampaignBoard {
    pub row: CampaignRow,
    pub board: Board,
    /// The longest on their stage first.
    pub cards: Vec<Card>,
    pub totals: Totals,
}

impl CampaignBoard {
    /// The cards of a stage.
    pub fn on(&self, stage: &str) -> impl Iterator<Item = &Card> {
        self.cards.iter().filter(move |card| card.place.stage == stage)
    }
}

impl Card {
    /// What was planned, in words.
    pub fn planned_words(&self, currency: Currency) -> String {
        match self.planned {
            Planned::NotInPlan => "not in the plan".to_owned(),
            Planned::NotKnown => "planned fee not known".to_owned(),
            Planned::Known { minor_units, is_agreed } => {
                let kind = if is_agreed { "" } else { " (estimated)" };
                format!("planned {}{kind}", money_typed(&Money { minor_units, currency }))
            }
        }
    }

    /// What was agreed or offered, in words.
    pub fn agreed_words(&self) -> String {
        match (self.is_agreed, self.agreed.is_empty(), self.offered.is_empty(), self.deals.is_empty()) {
            (true, false, ..) => format!("agreed {}", self.agreed.words()),
            (true, true, ..) => "agreed without a fee".to_owned(),
            (false, _, false, _) => format!("on offer {}", self.offered.words()),
            (false, _, true, false) => "nothing agreed".to_owned(),
            (false, _, true, true) => "agreed fee not known: no deal yet".to_owned(),
        }
    }

    /// What is made, in words.
    pub fn pieces_words(&self) -> String {
        match (self.pieces, self.planned_pieces.as_str()) {
            (0, "") => "what they make is not known".to_owned(),
            (0, planned) => format!("planned {planned}"),
            (all, _) => format!("{} of {all} posted", self.live),
        }
    }
}

/// `draft due in 2 days`, `post due today`, `draft late by 3 days`.
pub fn due_words(what: &str, day: &str, today: &str) -> Option<Due> {
    let (of, now): (Date, Date) = (day.parse().ok()?, today.parse().ok()?);
    let days = i64::from((of - now).get_days());
    let words = match days {
        ..-1 => format!("{what} late by {} days", -days),
        -1 => format!("{what} late by 1 day"),
        0 => format!("{what} due today"),
        1 => format!("{what} due tomorrow"),
        _ => format!("{what} due in {days} days"),
    };
    Some(Due { day: day.to_owned(), words, is_late: days < 0 })
}

/// The next thing due of pieces and payments of agreed deals.
fn next_due(pieces: &[&DeliverableRow], payments: &[&PaymentRow], today: &str) -> Option<Due> {
    let of_piece = |piece: &&DeliverableRow| {
        let waits = matches!(piece.state, DeliverableState::Waiting | DeliverableState::Changes);
        match piece.state {
            DeliverableState::Live => None,
            _ if waits && !piece.draft_due_on.is_empty() => due_words("draft", &piece.draft_due_on, today),
            _ => due_words("post", &piece.due_on, today),
        }
    };
    let of_payment = |payment: &&PaymentRow| match payment.state {
        PaymentState::Owed => due_words("payment", &payment.due_on, today),
        _ => None,
    };
    let all = pieces.iter().filter_map(of_piece).chain(payments.iter().filter_map(of_payment));
    all.min_by(|one, other| one.day.cmp(&other.day))
}

/// Every campaign with its board, the newest first.
pub async fn all(data: &DataDirectory) -> Result<Vec<CampaignBoard>, OutreachError> {
    let mut found = Vec::new();
    // Read once: a deal is costlier to read than all else of a card.
    let mut deals = grouped(data.store.deals(&DealFilter::default()).await?, |deal| deal.campaign);
    for row in data.store.campaigns().await? {
        let of = deals.remove(&row.id).unwrap_or_default();
        found.push(with_cards(data, row, of, Names::Left).await?);
    }
    Ok(found)
}

/// A campaign with its board.
pub async fn shown(data: &DataDirectory, id: i64) -> Result<CampaignBoard, OutreachError> {
    let row = data.store.campaign(id).await?.ok_or(OutreachError::NoCampaign(id))?;
    let deals = data.store.deals(&DealFilter { campaign: Some(id), ..DealFilter::default() }).await?;
    with_cards(data, row, deals, Names::Read).await
}

/// Whether the names of accounts are read, which only cards need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Read,
    Left,
}

/// The stages of the board, also those that are shown no more.
pub async fn board(data: &DataDirectory) -> Result<Board, OutreachError> {
    Ok(Board::new(data.store.board_stages().await?))
}

struct Material {
    planned: HashMap<CardOf, Vec<CampaignCreatorRow>>,
    accounts: HashMap<CardOf, Vec<AccountId>>,
    deals: HashMap<i64, Vec<DealRow>>,
    pieces: HashMap<i64, Vec<DeliverableRow>>,
    payments: HashMap<i64, Vec<PaymentRow>>,
    countered: Vec<i64>,
    chosen: HashMap<i64, String>,
    contacts: HashMap<i64, CardContact>,
    passed: HashMap<i64, Passed>,
    moves: HashMap<CardOf, HandMove>,
}

async fn with_cards(
    data: &DataDirectory,
    row: CampaignRow,
    deals: Vec<DealRow>,
    wanted: Names,
) -> Result<CampaignBoard, OutreachError> {
    let store = &data.store;
    let (id, now) = (row.id, data.now());
    let creators = store.campaign_creators(id).await?;
    let mut accounts: Vec<AccountId> = creators.iter().map(|creator| creator.account).collect();
    accounts.dedup();
    let owners: HashMap<AccountId, i64> = store.contacts_of_accounts(&accounts).await?.into_iter().collect();
    let of = |account: AccountId| owners.get(&account).map_or(CardOf::Account(account), |id| CardOf::Contact(*id));
    let mut order: Vec<CardOf> = Vec::new();
    let mut material = Material {
        planned: HashMap::new(),
        accounts: HashMap::new(),
        deals: HashMap::new(),
        pieces: grouped(store.campaign_pieces(id).await?, |piece| Some(piece.deal)),
        payments: grouped(store.campaign_payments(id).await?, |payment| payment.deal),
        countered: store.countered_in_campaign(id).await?,
        chosen: store.campaign_choices(id).await?.into_iter().collect(),
        contacts: HashMap::new(),
        passed: HashMap::new(),
        moves: HashMap::new(),
    };
    for creator in creators {
        let card = of(creator.account);
        if !order.contains(&card) {
            order.push(card);
        }
        let held = material.accounts.entry(card).or_default();
        if !held.contains(&creator.account) {
            held.push(creator.account);
        }
        material.planned.entry(card).or_default().push(creator);
    }
    for deal in deals {
        let card = CardOf::Contact(deal.contact);
        if !order.contains(&card) {
            order.push(card);
        }
        material.deals.entry(deal.contact).or_default().push(deal);
    }
    let contacts: Vec<i64> = order.iter().filter_map(|of| contact_of(*of)).collect();
    material.contacts = store.card_contacts(&contacts).await?.into_iter().map(|row| (row.id, row)).collect();
    material.passed = store.passed_since(&contacts, row.created_at).await?.into_iter().collect();
    for held in store.campaign_moves(id).await? {
        let card = match held.of {
            CardOf::Account(account) => of(account),
            contact => contact,
        };
        material.moves.insert(card, held.held);
    }
    let names = match wanted {
        Names::Read => creators::names(data, accounts).await?,
        Names::Left => HashMap::new(),
    };
    let board = board(data).await?;
    let today = clock::iso_day(now);
    let mut cards = Vec::new();
    let mut totals = Totals::default();
    for of in order {
        let name = |account: &AccountId| names.get(account).map(|name| name.name.clone());
        let card = card_of(of, &material, &board, row.created_at, now, &today, &mut totals, name)?;
        cards.push(card);
    }
    cards.sort_by_key(|card| card.place.since);
    Ok(CampaignBoard { row, board, cards, totals })
}

fn contact_of(of: CardOf) -> Option<i64> {
    match of {
        CardOf::Contact(contact) => Some(contact),
        CardOf::Account(_) => None,
    }
}

fn grouped<T>(rows: Vec<T>, key: impl Fn(&T) -> Option<i64>) -> HashMap<i64, Vec<T>> {
    let mut found: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        if let Some(key) = key(&row) {
            found.entry(key).or_default().push(row);
        }
    }
    found
}

#[expect(clippy::too_many_arguments, reason = "one card is made of everything that was read for all of them")]
fn card_of(
    of: CardOf,
    material: &Material,
    board: &Board,
    began: Timestamp,
    now: Timestamp,
    today: &str,
    totals: &mut Totals,
    name_of: impl Fn(&AccountId) -> Option<String>,
) -> Result<Card, OutreachError> {
    let contact = contact_of(of).and_then(|id| material.contacts.get(&id)).cloned();
    let deals = contact_of(of).and_then(|id| material.deals.get(&id)).cloned().unwrap_or_default();
    let passed = contact_of(of).and_then(|id| material.passed.get(&id)).copied().unwrap_or_default();
    let accounts = material.accounts.get(&of).cloned().unwrap_or_default();
    let (mut agreed, mut offered, mut is_agreed) = (Sums::default(), Sums::default(), false);
    let (mut pieces, mut live, mut next): (u64, u64, Option<Due>) = (0, 0, None);
    let mut facts = Vec::with_capacity(deals.len());
    let mut chosen = None;
    for deal in &deals {
        let terms: Terms = deals::read(&deal.terms)?;
        let made = material.pieces.get(&deal.id).map_or(&[][..], Vec::as_slice);
        let owed = material.payments.get(&deal.id).map_or(&[][..], Vec::as_slice);
        if let (true, Some(fee)) = (deal.state.is_talked_about(), &terms.fee) {
            offered.add(fee);
        }
        if deal.state.is_agreed() {
            is_agreed = true;
            if let Some(fee) = &terms.fee {
                agreed.add(fee);
            }
            pieces += made.len() as u64;
            live += made.iter().filter(|piece| piece.state == DeliverableState::Live).count() as u64;
            let due = next_due(&made.iter().collect::<Vec<_>>(), &owed.iter().collect::<Vec<_>>(), today);
            next = [next, due].into_iter().flatten().min_by(|one, other| one.day.cmp(&other.day));
            chosen = material.chosen.get(&deal.id).cloned().or(chosen);
        }
        for payment in owed {
            if matches!(payment.state, PaymentState::Sent | PaymentState::Arrived) {
                totals.paid.add(&payment.amount);
            }
            if payment.state == PaymentState::Arrived {
                totals.arrived.add(&payment.amount);
            }
        }
        facts.push(DealFacts {
            state: deal.state,
            since: deal.state_since,
            was_countered: deal.state == DealState::Countered || material.countered.contains(&deal.id),
            sends_product: terms.is_sent(),
            pieces: made.iter().map(|piece| (piece.state, piece.state_since)).collect(),
            payments: owed.iter().map(|payment| (payment.state, payment.state_since)).collect(),
        });
    }
    totals.agreed.join(&agreed);
    totals.pieces += pieces;
    totals.live += live;
    totals.late += u64::from(next.as_ref().is_some_and(|due| due.is_late));
    let standing = stage_of(&CreatorFacts {
        added_at: began,
        relationship: contact.as_ref().map(|contact| (contact.stage, contact.stage_since)),
        written_at: passed.written_at,
        answered_at: passed.answered_at,
        deals: facts,
    });
    let place = board.place(&standing, material.moves.get(&of));
    let rows = material.planned.get(&of).map_or(&[][..], Vec::as_slice);
    let name = contact.as_ref().map(|contact| contact.name.clone());
    Ok(Card {
        key: match of {
            CardOf::Contact(id) => format!("c{id}"),
            CardOf::Account(account) => format!("a{account}"),
        },
        of,
        name: name
            .or_else(|| accounts.iter().find_map(&name_of))
            .or_else(|| accounts.first().map(ToString::to_string))
            .unwrap_or_default(),
        days: super::sequences::days_between(place.since, now).max(0),
        planned: planned_of(rows),
        planned_pieces: planned_pieces(rows),
        contact,
        accounts,
        standing,
        place,
        deals,
        agreed,
        is_agreed,
        offered,
        pieces,
        live,
        next,
        chosen,
    })
}

fn planned_of(rows: &[CampaignCreatorRow]) -> Planned {
    if rows.is_empty() {
        return Planned::NotInPlan;
    }
    let fees: Option<Vec<i64>> = rows.iter().map(|row| row.fee_minor_units).collect();
    fees.map_or(Planned::NotKnown, |fees| Planned::Known {
        minor_units: fees.iter().sum(),
        is_agreed: rows.iter().all(|row| row.is_agreed),
    })
}

fn planned_pieces(rows: &[CampaignCreatorRow]) -> String {
    let one = |row: &CampaignCreatorRow| {
        format!("{} × {}", row.posts, PostFormat::from_code(&row.format).map_or("Post", PostFormat::name))
    };
    rows.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What came of a move.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moved {
    pub moved: usize,
    /// The name of the stage; empty: back to where the facts lead.
    pub to: String,
}

/// Moves cards of a campaign by hand, all or none; `to` is a stage's code or name, or `facts` for where the facts lead. Cards are
/// named by key, by the number of a contact, or by name. Whoever stands there already is left as they are.
pub async fn move_cards(
    data: &DataDirectory,
    id: i64,
    named: &[String],
    to: &str,
    actor: &str,
) -> Result<Moved, OutreachError> {
    let held = shown(data, id).await?;
    let by_facts = to == "facts";
    let stage = match held.board.named(to) {
        Some(stage) => stage.clone(),
        None if by_facts => {
            BoardStage { code: String::new(), name: String::new(), position: 0, limit_days: None, is_removed: false }
        }
        None => {
            let all: Vec<&str> = held.board.shown().map(|stage| stage.name.as_str()).collect();
            let problem = format!("there is no stage {to:?} on the board; it has {}", all.join(", "));
            return Err(OutreachError::Field { field: "to", problem });
        }
    };
    if named.is_empty() {
        let problem = "tick whom to move first".to_owned();
        return Err(OutreachError::Field { field: "to", problem });
    }
    let mut moves: Vec<NewMove> = Vec::new();
    for one in named {
        let card = find_card(&held, one)?;
        let stands_there = match by_facts {
            true => !card.place.by_hand,
            false => card.place.stage == stage.code,
        };
        if stands_there || moves.iter().any(|held| held.of == card.of) {
            continue;
        }
        let name =
            |code: &str| held.board.all().iter().find(|stage| stage.code == code).map(|stage| stage.name.as_str());
        let before = name(&card.place.stage).unwrap_or("");
        let after = if by_facts { "where the facts lead" } else { stage.name.as_str() };
        moves.push(NewMove {
            campaign: id,
            of: card.of,
            stage_before: card.place.stage.clone(),
            stage_after: stage.code.clone(),
            stage_of_facts: card.standing.stage.code().to_owned(),
            actor: actor.to_owned(),
            summary: format!("{}: {before} → {after}", held.row.name),
        });
    }
    if !moves.is_empty() {
        data.store.add_campaign_moves(&moves, data.now()).await?;
    }
    Ok(Moved { moved: moves.len(), to: stage.name })
}

fn find_card<'a>(held: &'a CampaignBoard, named: &str) -> Result<&'a Card, OutreachError> {
    let named = named.trim();
    let by_key = held.cards.iter().find(|card| card.key == named);
    let by_number =
        || held.cards.iter().find(|card| card.contact.as_ref().is_some_and(|of| of.id.to_string() == named));
    if let Some(card) = by_key.or_else(by_number) {
        return Ok(card);
    }
    let lower = named.to_lowercase();
    let called: Vec<&Card> = held.cards.iter().filter(|card| card.name.to_lowercase() == lower).collect();
    match called.as_slice() {
        [one] => Ok(one),
        [] => Err(OutreachError::Refused(format!(
            "nobody called {named:?} is in this campaign\nhint: `bellwether outreach campaign {}` lists who is",
            held.row.id
        ))),
        several => Err(OutreachError::Refused(format!(
            "{} in this campaign are called {named:?}\nhint: give the key: {}",
            several.len(),
            several.iter().map(|card| card.key.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// A stage as the settings form gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageGiven {
    pub code: String,
    pub name: String,
    /// Days; empty: no limit.
    pub limit_days: String,
    pub is_removed: bool,
}

/// A stage of the team's own about to be set in.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct NewStage {
    pub name: String,
    /// The code of the stage it comes after.
    pub after: String,
    pub limit_days: String,
}

fn limit_of(field: &'static str, text: &str) -> Result<Option<u32>, OutreachError> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<u32>() {
            Ok(days) if (1..=LIMIT_DAYS_MAX).contains(&days) => Ok(Some(days)),
            _ => {
                let problem =
                    format!("{text:?} is no number of days from 1 to {LIMIT_DAYS_MAX}; leave it empty for no limit");
                Err(OutreachError::Field { field, problem })
            }
        },
    }
}

/// Renames stages, sets limits, takes stages off the board and puts them back, and sets in a new one.
pub async fn keep_stages(
    data: &DataDirectory,
    given: &[StageGiven],
    new: Option<&NewStage>,
) -> Result<Board, OutreachError> {
    let refused = |field: &'static str, problem: String| Err(OutreachError::Field { field, problem });
    let mut stages = board(data).await?.all().to_vec();
    for of in given {
        let Some(stage) = stages.iter_mut().find(|stage| stage.code == of.code) else {
            return refused("stages", format!("there is no stage {:?}", of.code));
        };
        let name = one_line("stages", &of.name, STAGE_LETTERS_MAX)?;
        if name.is_empty() {
            return refused("stages", format!("{:?} would have no name; take it off the board instead", stage.name));
        }
        if stage.is_fixed() && (name != stage.name || of.is_removed) {
            return refused(
                "stages",
                format!("{:?} keeps its name and its place: results are counted by it", stage.name),
            );
        }
        (stage.name, stage.is_removed) = (name, of.is_removed);
        stage.limit_days = limit_of("stages", &of.limit_days)?;
    }
    if let Some(new) = new {
        let name = one_line("new_name", &new.name, STAGE_LETTERS_MAX)?;
        if name.is_empty() {
            return refused("new_name", "a stage needs a name".to_owned());
        }
        let own = stages.iter().filter(|stage| CampaignStage::from_code(&stage.code).is_none()).count();
        if own >= OWN_STAGES_MAX {
            return refused("new_name", format!("the board has {OWN_STAGES_MAX} stages of your own already"));
        }
        let ends = [CampaignStage::Done, CampaignStage::Dropped].map(CampaignStage::code);
        let after = stages.iter().position(|stage| stage.code == new.after && !ends.contains(&stage.code.as_str()));
        let Some(after) = after else {
            return refused(
                "new_after",
                "say after which stage it comes; nothing comes after Done and Dropped".to_owned(),
            );
        };
        let highest = stages.iter().filter_map(|stage| stage.code.strip_prefix("own-")?.parse::<u32>().ok()).max();
        let stage = BoardStage {
            code: format!("own-{}", highest.unwrap_or(0) + 1),
            name,
            position: 0,
            limit_days: limit_of("new_limit", &new.limit_days)?,
            is_removed: false,
        };
        stages.insert(after + 1, stage);
    }
    for (at, stage) in (1i64..).zip(&mut stages) {
        stage.position = at * 1_000;
    }
    let mut names: Vec<String> = stages.iter().filter(|of| !of.is_removed).map(|of| of.name.to_lowercase()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        let field = if new.is_some() { "new_name" } else { "stages" };
        return refused(field, format!("two stages would be called {:?}", twice[0]));
    }
    data.store.keep_board_stages(&stages).await?;
    Ok(Board::new(stages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_said_in_days() {
        for (day, words, is_late) in [
            ("2026-03-03", "draft due in 2 days", false),
            ("2026-03-02", "draft due tomorrow", false),
            ("2026-03-01", "draft due today", false),
            ("2026-02-28", "draft late by 1 day", true),
            ("2026-02-26", "draft late by 3 days", true),
            ("2026-05-01", "draft due in 61 days", false),
            ("2024-02-28", "draft late by 732 days", true),
        ] {
            let due = due_words("draft", day, "2026-03-01").expect("is a day");
            assert_eq!((due.words.as_str(), due.is_late), (words, is_late), "{day}");
        }
        assert_eq!(due_words("draft", "", "2026-03-01"), None);
    }

    #[test]
    fn money_of_two_currencies_is_never_added_up() {
        let mut sums = Sums::default();
        for (units, code) in [(10_000, "USD"), (25_000, "EUR"), (5_000, "EUR"), (900, "JPY")] {
            sums.add(&Money::new(units, code).expect("money"));
        }
        assert_eq!(sums.words(), "300.00 EUR + 900 JPY + 100.00 USD");
        assert_eq!(Sums::default().words(), "");
    }

    #[test]
    fn a_planned_fee_with_a_part_not_known_is_not_known() {
        let row = |fee: Option<i64>, is_agreed: bool| CampaignCreatorRow {
            account: AccountId(1),
            format: "story".to_owned(),
            posts: 2,
            fee_minor_units: fee,
            is_agreed,
        };
        assert_eq!(planned_of(&[]), Planned::NotInPlan);
        assert_eq!(planned_of(&[row(Some(5), true), row(None, true)]), Planned::NotKnown);
        let known = planned_of(&[row(Some(5), true), row(Some(7), false)]);
        assert_eq!(known, Planned::Known { minor_units: 12, is_agreed: false });
        assert_eq!(planned_pieces(&[row(None, false)]), "2 × Story");
    }
}
