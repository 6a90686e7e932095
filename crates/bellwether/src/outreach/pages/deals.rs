//! `/outreach/deals`: what was offered, asked for and agreed, as a board, a table or a calendar; one deal with every version of its
//! terms, its pieces, its payments and the links by which the creator answers; the agreement as both sides keep it.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::deals::{DealState, DeliverableState, Party, PaymentState};
use store::outreach::content::DeliverableRow;
use store::outreach::deals::{DealFilter, DealRow};
use store::outreach::payments::PaymentRow;

use super::briefs::campaign_choices;
use super::deal_parts::{PricesView, prices_view};
use super::terms::{self, ChoiceForm, TermsForm};
use super::views::KeptViews;
use super::{
    Choice, InStage, Part, Problem, ago, days, not_valid, parts, problem_of, saying, sending_mailboxes, typed, typed_or,
};
use crate::clock;
use crate::matching::fit::profile::money_typed;
use crate::outreach::briefs::{self, Brief};
use crate::outreach::creator_links;
use crate::outreach::deals::{self, Act, Change, DealShown, Terms};
use crate::outreach::{OutreachError, TEAM, contacts, mailboxes, settings};
use crate::web::app::{App, Page, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A deal on the board and in the table.
pub struct DealCard {
    pub id: i64,
    pub name: String,
    pub contact: i64,
    pub short: String,
    pub brief: String,
    pub in_stage: InStage,
    pub pieces: String,
    pub due: String,
    pub is_late: bool,
    pub state: &'static str,
}

/// Deals of one state.
pub struct DealColumn {
    pub code: &'static str,
    pub words: &'static str,
    pub count: String,
    pub cards: Vec<DealCard>,
}

/// A day of the calendar with what is due.
pub struct DueDay {
    pub day: String,
    pub is_late: bool,
    pub lines: Vec<DueLine>,
}

/// Something due.
pub struct DueLine {
    pub words: String,
    pub who: String,
    pub address: String,
    pub state: &'static str,
}

#[derive(Template)]
#[template(path = "outreach/deals.html")]
struct DealsPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    show: &'static str,
    views: Vec<(&'static str, String, bool)>,
    campaigns: Vec<Choice>,
    campaign: String,
    /// The board of the campaign that is chosen.
    campaign_board: Option<String>,
    columns: Vec<DealColumn>,
    days: Vec<DueDay>,
    kept: KeptViews,
    /// Whom the campaign's plan names and nobody has offered anything.
    not_asked: Vec<NotAsked>,
    all: usize,
}

/// A creator of a campaign without a deal.
pub struct NotAsked {
    pub name: String,
    pub address: String,
    pub words: &'static str,
}

fn in_state(row: &DealRow, now: model::Timestamp) -> InStage {
    let held = crate::outreach::sequences::days_between(row.state_since, now).max(0);
    match row.state.limit_days() {
        Some(limit) if held > i64::from(limit) => {
            InStage { words: format!("{}, over the {limit} usual here", days(held)), is_over: true }
        }
        _ if held == 0 => InStage { words: "since today".to_owned(), is_over: false },
        _ => InStage { words: days(held), is_over: false },
    }
}

fn card(row: DealRow, app: &App, today: &str) -> Result<DealCard, WebError> {
    let terms: Terms = serde_json::from_str(&row.terms).map_err(|error| WebError::fault("reading a deal", &error))?;
    let is_late = row.state.is_agreed() && !row.next_due_on.is_empty() && row.next_due_on.as_str() < today;
    Ok(DealCard {
        id: row.id,
        in_stage: in_state(&row, app.data.now()),
        short: deals::short(&terms),
        pieces: match row.pieces {
            0 => String::new(),
            all => format!("{} of {all} posted", row.live),
        },
        due: match (row.state.is_agreed(), row.next_due_on.as_str()) {
            (false, _) | (_, "") => String::new(),
            (_, day) if is_late => format!("was due {day}"),
            (_, day) => format!("next due {day}"),
        },
        is_late,
        state: row.state.words(),
        name: row.contact_name,
        contact: row.contact,
        brief: row.brief_name,
    })
}

/// `GET /outreach/deals?show=board|table|calendar&campaign=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs(pairs);
    let show = match asked.one("show") {
        Some("table") => "table",
        Some("calendar") => "calendar",
        _ => "board",
    };
    let campaign: Option<i64> = asked.one("campaign").and_then(|id| id.parse().ok());
    let today = clock::iso_day(app.data.now());
    let rows = app.data.store.deals(&DealFilter { campaign, ..DealFilter::default() }).await?;
    let all = rows.len();
    let whose: std::collections::HashMap<i64, String> =
        rows.iter().map(|row| (row.id, row.contact_name.clone())).collect();
    let our_turn = rows.iter().filter(|row| row.state == DealState::Countered).count();
    let not_asked = match campaign {
        Some(id) => not_asked(&app, id, &rows).await?,
        None => Vec::new(),
    };
    let mut cards = Vec::new();
    for row in rows {
        cards.push((row.state, card(row, &app, &today)?));
    }
    let late = cards.iter().filter(|(_, card)| card.is_late).count();
    let mut columns: Vec<DealColumn> = DealState::ALL
        .iter()
        .map(|state| DealColumn { code: state.code(), words: state.words(), count: String::new(), cards: Vec::new() })
        .collect();
    for (state, card) in cards {
        if let Some(column) = columns.iter_mut().find(|column| column.code == state.code()) {
            column.cards.push(card);
        }
    }
    for column in &mut columns {
        column.count = format::count(column.cards.len() as u64);
    }
    let due = if show == "calendar" { calendar(&app, &whose, &today).await? } else { Vec::new() };
    let kept =
        |show: &str| Pairs::default().with("show", show).with_some("campaign", campaign).address("/outreach/deals");
    draw(DealsPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Deals").await?,
        parts: parts("Deals"),
        finding: finding(all, our_turn, late),
        done: asked.one("done").map(str::to_owned),
        views: [("Board", "board"), ("Table", "table"), ("Calendar", "calendar")]
            .map(|(words, code)| (words, kept(code), code == show))
            .to_vec(),
        show,
        campaigns: campaign_choices(&app, &campaign.map_or_else(String::new, |id| id.to_string())).await?,
        campaign: campaign.map_or_else(String::new, |id| id.to_string()),
        campaign_board: campaign.map(|id| format!("/outreach/campaigns/{id}")),
        columns,
        kept: KeptViews::of(&app, crate::outreach::views::DEALS.0, &asked).await?,
        days: due,
        not_asked,
        all,
    })
    .await
}

fn finding(all: usize, our_turn: usize, late: usize) -> String {
    let turn = match our_turn {
        0 => String::new(),
        1 => " 1 counter-offer waits for you.".to_owned(),
        some => format!(" {some} counter-offers wait for you."),
    };
    match (all, late) {
        (0, _) => "No deal yet.".to_owned(),
        (_, 0) => format!("Nothing agreed is late.{turn}"),
        (_, 1) => format!("In 1 deal something is late.{turn}"),
        (_, some) => format!("In {some} deals something is late.{turn}"),
    }
}

pub(super) async fn calendar(
    app: &App,
    whose: &std::collections::HashMap<i64, String>,
    today: &str,
) -> Result<Vec<DueDay>, WebError> {
    let mut lines: Vec<(String, DueLine)> = Vec::new();
    for row in app.data.store.deliverables_under_way().await? {
        let Some(who) = whose.get(&row.deal) else { continue };
        let line = |what: &str| DueLine {
            words: format!("{what}: {} {}", row.format, row.number),
            who: who.clone(),
            address: format!("/outreach/pieces/{}", row.id),
            state: row.state.words(),
        };
        let waits_for_draft = matches!(row.state, DeliverableState::Waiting | DeliverableState::Changes);
        if waits_for_draft && !row.draft_due_on.is_empty() {
            lines.push((row.draft_due_on.clone(), line("Draft")));
        }
        if !row.due_on.is_empty() && row.state != DeliverableState::Live {
            lines.push((row.due_on.clone(), line("Post")));
        }
    }
    for payment in app.data.store.payments().await? {
        let Some((deal, who)) = payment.deal.and_then(|deal| Some((deal, whose.get(&deal)?))) else { continue };
        if payment.state == PaymentState::Owed {
            let line = DueLine {
                words: format!("Pay {}", money_typed(&payment.amount)),
                who: who.clone(),
                address: format!("/outreach/deals/{deal}#payments"),
                state: payment.state.words(),
            };
            lines.push((payment.due_on, line));
        }
    }
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    let mut found: Vec<DueDay> = Vec::new();
    for (day, line) in lines {
        match found.last_mut() {
            Some(last) if last.day == day => last.lines.push(line),
            _ => found.push(DueDay { is_late: day.as_str() < today, day, lines: vec![line] }),
        }
    }
    Ok(found)
}

/// Whom a campaign names, and to whom nothing was offered in it.
async fn not_asked(app: &App, campaign: i64, rows: &[DealRow]) -> Result<Vec<NotAsked>, WebError> {
    let creators = app.data.store.campaign_creators(campaign).await?;
    let mut accounts: Vec<model::AccountId> = creators.into_iter().map(|creator| creator.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let contacts = app.data.store.contacts_of_accounts(&accounts).await?;
    let (data, named) = (app.data.clone(), accounts.clone());
    let names = crate::web::app::aside(move || async move { crate::creators::names(&data, named).await }).await?;
    let mut found = Vec::new();
    for account in accounts {
        let name = names.get(&account).map_or_else(|| account.to_string(), |name| name.name.clone());
        match contacts.iter().find(|(of, _)| *of == account) {
            Some((_, contact)) if rows.iter().any(|row| row.contact == *contact) => {}
            Some((_, contact)) => {
                let address =
                    Pairs::default().with("contact", contact).with("campaign", campaign).address("/outreach/deals/new");
                found.push(NotAsked { name, address, words: "offer a deal" });
            }
            None => {
                let address = Pairs::default().with("creator", account).address("/outreach/contacts/new");
                found.push(NotAsked { name, address, words: "make a contact first" });
            }
        }
    }
    Ok(found)
}

#[derive(Template)]
#[template(path = "outreach/deal_new.html")]
struct NewDealPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    contact: String,
    briefs: Vec<Choice>,
    campaigns: Vec<Choice>,
    form: TermsForm,
    message: String,
}

async fn new_page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let chosen = typed(asked, "brief");
    let choice = |row: store::outreach::briefs::BriefRow| Choice {
        chosen: row.id.to_string() == chosen,
        code: row.id.to_string(),
        words: row.name,
    };
    let usual = Terms { payment_days: 14, ..Terms::default() };
    draw(NewDealPage {
        layout: Layout::load(app, visit, Word::Outreach, "A new deal").await?,
        parts: parts("Deals"),
        problem,
        contact: typed(asked, "contact"),
        briefs: app.data.store.briefs().await?.into_iter().map(choice).collect(),
        campaigns: campaign_choices(app, &typed(asked, "campaign")).await?,
        form: TermsForm::of(&usual, asked),
        message: typed(asked, "message"),
    })
    .await
}

/// `GET /outreach/deals/new?contact=…&brief=…&campaign=…`
pub async fn new(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    new_page(&app, visit, &Pairs(pairs), None).await
}

async fn offered(app: &App, asked: &Pairs) -> Result<i64, OutreachError> {
    let field = |field: &'static str, problem: &str| OutreachError::Field { field, problem: problem.to_owned() };
    let named = typed(asked, "contact");
    if named.trim().is_empty() {
        return Err(field("contact", "say to whom: a number, an address or a name"));
    }
    let contact = match contacts::find(&app.data, named.trim()).await {
        Err(OutreachError::NoContact(named)) => return Err(field("contact", &format!("nobody is called {named:?}"))),
        other => other?,
    };
    let brief = asked.one("brief").and_then(|id| id.parse().ok());
    let brief = brief.ok_or_else(|| field("brief", "choose the brief the deal is made on"))?;
    let campaign = asked.one("campaign").and_then(|id| id.parse().ok());
    deals::offer(&app.data, contact.id, brief, campaign, &terms::read(asked)?, &typed(asked, "message")).await
}

/// `POST /outreach/deals/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    match offered(&app, &asked).await {
        Ok(id) => {
            let done = "The offer is written down; nobody has it yet: give the creator their link";
            Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}"), done)).into_response())
        }
        Err(error) => Ok(not_valid(new_page(&app, visit, &asked, Some(problem_of(error)?)).await?)),
    }
}

/// One version of the terms, as the page shows it.
pub struct VersionView {
    pub number: i64,
    pub by: String,
    pub when: String,
    pub changes: Vec<Change>,
    pub message: String,
}

/// A piece of a deal in its list.
pub struct PieceLine {
    pub address: String,
    pub name: String,
    pub place: String,
    pub due: String,
    pub is_late: bool,
    pub state: &'static str,
    pub url: String,
}

/// A payment as both sides see it.
pub struct PaymentLine {
    pub id: i64,
    pub what: String,
    pub amount: String,
    pub due: String,
    pub is_late: bool,
    pub state: &'static str,
    pub reference: String,
    pub may_be_sent: bool,
    pub may_be_taken_back: bool,
    pub may_arrive: bool,
}

/// A link that was given to the creator.
pub struct LinkLine {
    pub id: i64,
    pub words: String,
    pub is_open: bool,
}

#[derive(Template)]
#[template(path = "outreach/deal.html")]
struct DealPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    version: i64,
    name: String,
    contact: i64,
    brief_id: i64,
    brief_name: String,
    brief_version: i64,
    state: &'static str,
    in_stage: InStage,
    reason: String,
    accepted: Option<String>,
    terms: Vec<(&'static str, String)>,
    versions: Vec<VersionView>,
    pieces: Vec<PieceLine>,
    payments: Vec<PaymentLine>,
    links: Vec<LinkLine>,
    made: Option<String>,
    is_public: bool,
    form: TermsForm,
    is_our_turn: bool,
    may_offer_anew: bool,
    may_withdraw: bool,
    is_agreed: bool,
    may_settle: bool,
    may_deliver: bool,
    may_go_on: bool,
    /// What they chose; `None` where there is nothing to choose or send, or nobody has agreed.
    choice: Option<ChoiceView>,
    choice_form: ChoiceForm,
    prices: PricesView,
    mailboxes: Vec<Choice>,
    accept_name: String,
    message: String,
    reason_typed: String,
}

/// The versions of a deal's terms, the newest first.
pub(super) fn version_views(deal: &DealShown, for_creator: bool) -> Vec<VersionView> {
    let view = |version: &deals::VersionShown| VersionView {
        number: version.version,
        by: match (version.party, for_creator) {
            (Party::Us, false) => "us".to_owned(),
            (Party::Creator, true) => "you".to_owned(),
            (Party::Us, true) => "the brand".to_owned(),
            (Party::Creator, false) => deal.row.contact_name.clone(),
        },
        when: clock::minute(version.created_at),
        changes: version.changes.clone(),
        message: version.message.clone(),
    };
    deal.versions.iter().rev().map(view).collect()
}

/// A piece in a list, with its address below `path`.
pub(super) fn piece_line(row: &DeliverableRow, path: &str, today: &str) -> PieceLine {
    let waits_for_draft = matches!(row.state, DeliverableState::Waiting | DeliverableState::Changes);
    let (what, day) = match waits_for_draft && !row.draft_due_on.is_empty() {
        true => ("draft", row.draft_due_on.as_str()),
        false => ("post", row.due_on.as_str()),
    };
    let is_live = row.state == DeliverableState::Live;
    let is_late = !is_live && !day.is_empty() && day < today;
    PieceLine {
        address: format!("{path}/{}", row.id),
        name: crate::outreach::content::piece_name(row),
        place: row.platform.clone(),
        due: match (is_live, day) {
            (true, _) => row.live_at.map_or_else(String::new, |at| format!("posted {}", clock::day(at))),
            (false, "") => "no day is set".to_owned(),
            (false, day) if is_late => format!("{what} was due {day}"),
            (false, day) => format!("{what} by {day}"),
        },
        is_late,
        state: row.state.words(),
        url: row.url.clone(),
    }
}

pub(super) fn payment_line(row: PaymentRow, today: &str) -> PaymentLine {
    let is_late = row.state == PaymentState::Owed && row.due_on.as_str() < today;
    PaymentLine {
        id: row.id,
        what: row.what,
        amount: money_typed(&row.amount),
        due: match row.state {
            PaymentState::Owed if is_late => format!("was due {}", row.due_on),
            PaymentState::Owed => format!("by {}", row.due_on),
            _ => clock::day(row.state_since),
        },
        is_late,
        state: row.state.words(),
        reference: row.reference,
        may_be_sent: row.state.may_become(PaymentState::Sent, Party::Us),
        may_be_taken_back: row.state == PaymentState::Sent,
        may_arrive: row.state.may_become(PaymentState::Arrived, Party::Creator),
    }
}

/// What was chosen, as the team reads it.
pub struct ChoiceView {
    pub product: String,
    pub by: Option<String>,
    /// `None`: nothing is sent.
    pub place: Option<Place>,
    pub may_change: bool,
}

/// Where something is sent.
pub struct Place {
    pub address: Option<String>,
    pub words: &'static str,
}

fn choice_view(deal: &DealShown) -> Option<ChoiceView> {
    if deal.terms.products().is_empty() || deal.row.accepted_at.is_none() {
        return None;
    }
    let held = deal.choice.as_ref();
    let may_change = matches!(deal.row.state, DealState::Accepted | DealState::InWork | DealState::Delivered);
    let product = match (held, deal.terms.products().as_slice()) {
        (Some(held), _) => held.words(),
        (None, [one]) => (*one).to_owned(),
        (None, _) => "not chosen yet".to_owned(),
    };
    let address = held.and_then(|held| held.address.clone());
    let words = match (&address, may_change) {
        (Some(_), _) => "seen by the team alone; removed 90 days after the deal is settled",
        (None, true) => "not known: they can say it on their page",
        (None, false) => "not held",
    };
    Some(ChoiceView {
        product,
        by: held.map(|held| format!("written down by {} {}", held.by.words(), clock::day(held.at))),
        place: deal.terms.is_sent().then_some(Place { address, words }),
        may_change,
    })
}

pub(super) async fn page(
    app: &App,
    visit: Visit,
    deal: DealShown,
    asked: &Pairs,
    problem: Option<Problem>,
    made: Option<String>,
) -> Page {
    let (data, now) = (&app.data, app.data.now());
    let today = clock::iso_day(now);
    let row = &deal.row;
    let links = creator_links::links(data, row.contact).await?.into_iter().map(|link| {
        let is_open = link.revoked_at.is_none() && link.expires_at > now;
        let state = match (link.revoked_at, is_open) {
            (Some(_), _) => "revoked".to_owned(),
            (None, true) => format!("open until {}", clock::day(link.expires_at)),
            (None, false) => format!("over since {}", clock::day(link.expires_at)),
        };
        let seen = link.last_opened_at.map_or_else(
            || "not opened yet".to_owned(),
            |at| format!("opened {}, last {}", format::counted(link.opened, "time", "times"), ago(now, at)),
        );
        LinkLine { id: link.id, words: format!("made {}, {state}, {seen}", clock::day(link.created_at)), is_open }
    });
    let pieces = data.store.deliverables(row.id).await?;
    let payments = data.store.payments_of(row.id).await?;
    let may = |next: DealState| row.state.may_become(next, Party::Us);
    draw(DealPage {
        layout: Layout::load(app, visit, Word::Outreach, format!("Deal with {}", row.contact_name)).await?,
        parts: parts("Deals"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id: row.id,
        version: row.version,
        contact: row.contact,
        brief_id: row.brief,
        brief_name: row.brief_name.clone(),
        brief_version: row.brief_version,
        state: row.state.words(),
        in_stage: in_state(row, now),
        reason: row.reason.clone(),
        accepted: row.accepted_at.map(|at| format!("{} by {}", clock::minute(at), row.accepted_by)),
        terms: deals::said(&deal.terms),
        versions: version_views(&deal, false),
        pieces: pieces.iter().map(|piece| piece_line(piece, "/outreach/pieces", &today)).collect(),
        payments: payments.into_iter().map(|payment| payment_line(payment, &today)).collect(),
        links: links.collect(),
        made,
        is_public: !settings::settings(data).await?.public_address.is_empty(),
        form: TermsForm::of(&deal.terms, asked),
        is_our_turn: row.state == DealState::Countered,
        may_offer_anew: may(DealState::Proposed),
        may_withdraw: may(DealState::Withdrawn),
        is_agreed: row.state.is_agreed(),
        may_settle: may(DealState::Settled),
        may_deliver: may(DealState::Delivered),
        may_go_on: row.state == DealState::Delivered,
        choice: choice_view(&deal),
        choice_form: ChoiceForm::of(&deal.terms, deal.choice.as_ref(), asked),
        prices: prices_view(data, &deal, asked).await?,
        mailboxes: sending_mailboxes(&mailboxes::all(data).await?, ""),
        accept_name: typed_or(asked, "name", ""),
        message: typed(asked, "message"),
        reason_typed: typed(asked, "reason"),
        name: deal.row.contact_name.clone(),
    })
    .await
}

/// `GET /outreach/deals/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let deal = deals::shown(&app.data, id).await?;
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, deal, &asked, None, None).await
}

fn act_of(given: &Pairs, terms: &Terms) -> Result<(Act, &'static str), OutreachError> {
    Ok(match given.one("do") {
        Some("accept") => {
            let choice = terms::choice_of(terms, given);
            (Act::Accept { name: typed(given, "name"), choice }, "Their terms are accepted")
        }
        Some("withdraw") => (Act::Withdraw { reason: typed(given, "reason") }, "The deal is withdrawn"),
        Some("deliver") => (Act::Deliver, "Everything is delivered"),
        Some("go-on") => (Act::Begin, "The deal is in work again"),
        Some("settle") => (Act::Settle, "The deal is settled"),
        _ => (
            Act::Propose { terms: terms::read(given)?, message: typed(given, "message") },
            "The new offer is written down",
        ),
    })
}

/// `POST /outreach/deals/{id}`: a step of ours.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let deal = deals::shown(&app.data, id).await?;
    let version = given.one("version").and_then(|version| version.parse().ok()).unwrap_or(0);
    let outcome = match act_of(&given, &deal.terms) {
        Ok((act, done)) => deals::act(&app.data, &deal, version, Party::Us, act).await.map(|()| done),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(done) => Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}"), done)).into_response()),
        Err(error) => {
            let deal = deals::shown(&app.data, id).await?;
            Ok(not_valid(page(&app, visit, deal, &given, Some(problem_of(error)?), None).await?))
        }
    }
}

/// `POST /outreach/deals/{id}/link`: makes a link and shows it once, or sends it by mail.
pub async fn link(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let deal = deals::shown(&app.data, id).await?;
    let contact = deal.row.contact;
    let home = format!("/outreach/deals/{id}");
    match given.one("do") {
        Some("send") => {
            let mailbox = given.one("mailbox").map(str::to_owned);
            let sent = creator_links::send(
                &app.data,
                contact,
                &typed(&given, "subject"),
                &typed(&given, "words"),
                mailbox,
                TEAM,
            )
            .await;
            match sent {
                Ok(_) => {
                    Ok(Redirect::to(&saying(&home, "The mail with their link leaves in half a minute")).into_response())
                }
                Err(error) => Ok(not_valid(page(&app, visit, deal, &given, Some(problem_of(error)?), None).await?)),
            }
        }
        _ => {
            let made = creator_links::make(&app.data, contact, creator_links::DAYS, TEAM).await?;
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
            // Without a public address it opens where this page was asked for.
            let address = match made.is_public || host.is_empty() {
                true => made.address,
                false => format!("http://{host}{}", made.address),
            };
            let shown = page(&app, visit, deal, &Pairs::default(), None, Some(address)).await?;
            Ok(([(header::CACHE_CONTROL, "private, no-store")], shown).into_response())
        }
    }
}

/// `POST /outreach/deals/{id}/link/{link}/revoke`
pub async fn revoke(State(app): State<App>, Path((id, link)): Path<(i64, i64)>) -> Result<Redirect, WebError> {
    let deal = deals::shown(&app.data, id).await?;
    creator_links::revoke(&app.data, deal.row.contact, link).await?;
    Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}"), "The link opens nothing any more")))
}

/// `POST /outreach/deals/{id}/payments/{payment}`: what we did about a payment.
pub async fn pay(
    State(app): State<App>,
    Path((id, payment)): Path<(i64, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let (next, done) = match given.one("do") {
        Some("owed") => (PaymentState::Owed, "It is owed again"),
        Some("cancel") => (PaymentState::Cancelled, "It is not owed any more"),
        _ => (PaymentState::Sent, "Noted as sent"),
    };
    let reference: String =
        typed(&given, "reference").split_whitespace().collect::<Vec<_>>().join(" ").chars().take(140).collect();
    let said = (next == PaymentState::Sent).then_some(reference.as_str());
    let changed = app.data.store.change_payment(id, payment, next, Party::Us, said, app.data.now()).await?;
    let done = if changed { done } else { "That payment has moved on already; nothing was changed" };
    Ok(Redirect::to(&saying(&format!("/outreach/deals/{id}#payments"), done)))
}

/// `GET /outreach/payments.csv`: every payment, for the books.
pub async fn payments_csv(State(app): State<App>) -> Result<Response, WebError> {
    let rows = app.data.store.deals(&DealFilter::default()).await?;
    let whose: std::collections::HashMap<i64, String> =
        rows.into_iter().map(|row| (row.id, row.contact_name)).collect();
    let mut file =
        Sheet::new(&["payment", "deal", "who", "what", "amount", "currency", "due_on", "state", "since", "reference"]);
    for payment in app.data.store.payments().await? {
        let amount = money_typed(&payment.amount);
        file.row([
            payment.id.to_string(),
            payment.deal.map_or_else(String::new, |deal| deal.to_string()),
            payment.deal.and_then(|deal| whose.get(&deal)).cloned().unwrap_or_default(),
            payment.what.clone(),
            amount.rsplit_once(' ').map_or(amount.as_str(), |(amount, _)| amount).to_owned(),
            payment.amount.currency().to_owned(),
            payment.due_on.clone(),
            payment.state.code().to_owned(),
            clock::iso_day(payment.state_since),
            payment.reference.clone(),
        ]);
    }
    Ok(file.download("payments.csv"))
}

/// The agreement as it is printed.
#[derive(Template)]
#[template(path = "outreach/agreement.html")]
struct AgreementPage {
    theme: &'static str,
    back: String,
    sender: String,
    name: String,
    id: i64,
    version: i64,
    state: &'static str,
    is_agreed: bool,
    accepted_on: String,
    accepted_by: String,
    brief_name: String,
    brief: Brief,
    terms: Vec<(&'static str, String)>,
    pieces: Vec<String>,
    chosen: Option<String>,
    /// Where it is sent; in the team's copy alone.
    address: Option<String>,
}

/// The agreement of a deal, on a page that prints; `back` leads to where it was opened.
pub(super) async fn agreement_page(app: &App, visit: &Visit, id: i64, back: String, copy_of: Party) -> Page {
    let deal = deals::shown(&app.data, id).await?;
    let row = &deal.row;
    let brief = briefs::find(&app.data, row.brief, Some(row.brief_version)).await?;
    draw(AgreementPage {
        theme: visit.theme.code(),
        back,
        sender: settings::settings(&app.data).await?.sender,
        name: row.contact_name.clone(),
        id: row.id,
        version: row.version,
        state: row.state.words(),
        is_agreed: row.accepted_at.is_some(),
        accepted_on: row.accepted_at.map_or_else(String::new, clock::minute),
        accepted_by: row.accepted_by.clone(),
        brief_name: row.brief_name.clone(),
        brief: brief.brief,
        terms: deals::said(&deal.terms),
        pieces: deal.terms.pieces.iter().map(deals::piece_words).collect(),
        chosen: deal.choice.as_ref().map(|choice| choice.product.clone().unwrap_or_else(|| "a surprise".to_owned())),
        address: deal.choice.as_ref().and_then(|choice| choice.address.clone()).filter(|_| copy_of == Party::Us),
    })
    .await
}

/// `GET /outreach/deals/{id}/agreement`
pub async fn agreement(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    agreement_page(&app, &visit, id, format!("/outreach/deals/{id}"), Party::Us).await
}
