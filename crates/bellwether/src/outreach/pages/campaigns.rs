//! `/outreach/campaigns`: every campaign with what it comes to, and one of them as a board, a table or a calendar: who stands where,
//! what is planned, agreed and due; moving cards by hand, and the stages as the team calls them.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::board::{Board, BoardStage, CampaignStage};

use super::deals::{DueDay, calendar};
use super::{Choice, InStage, Part, Problem, back_to, days, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::clock;
use crate::matching::fit::profile::money_typed;
use crate::outreach::campaigns::{self, CampaignBoard, Card, NewStage, Planned, StageGiven, Sums};
use crate::outreach::contacts::{self, ContactGiven};
use crate::outreach::{OutreachError, TEAM};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A campaign in the list.
pub struct CampaignLine {
    pub address: String,
    pub name: String,
    pub when: String,
    pub budget: String,
    pub agreed: String,
    pub creators: u64,
    pub not_asked: usize,
    pub agreed_with: usize,
    pub live: String,
    pub late: String,
    pub is_late: bool,
}

#[derive(Template)]
#[template(path = "outreach/campaigns.html")]
struct CampaignsPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    campaigns: Vec<CampaignLine>,
}

fn when(held: &CampaignBoard) -> String {
    match (&held.row.starts_on, &held.row.ends_on) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("until {to}"),
        (None, None) => "days not set".to_owned(),
    }
}

fn amounts(sums: &Sums, none: &str) -> String {
    if sums.is_empty() { none.to_owned() } else { sums.words() }
}

/// `GET /outreach/campaigns`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let data = app.data.clone();
    let all = aside(move || async move { campaigns::all(&data).await }).await?;
    let late: u64 = all.iter().map(|held| held.totals.late).sum();
    let line = |held: &CampaignBoard| CampaignLine {
        address: format!("/outreach/campaigns/{}", held.row.id),
        name: held.row.name.clone(),
        when: when(held),
        budget: money_typed(&held.row.budget),
        agreed: amounts(&held.totals.agreed, "nothing yet"),
        creators: held.cards.len() as u64,
        not_asked: held.cards.iter().filter(|card| card.deals.is_empty()).count(),
        agreed_with: held.cards.iter().filter(|card| card.is_agreed).count(),
        live: match held.totals.pieces {
            0 => "none agreed yet".to_owned(),
            all => format!("{} of {all}", held.totals.live),
        },
        late: match held.totals.late {
            0 => "nothing".to_owned(),
            late => format!("late with {}", format::counted(late, "creator", "creators")),
        },
        is_late: held.totals.late > 0,
    };
    draw(CampaignsPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Campaigns").await?,
        parts: parts("Campaigns"),
        finding: match (all.len(), late) {
            (0, _) => "No campaign yet.".to_owned(),
            (_, 0) => "In no campaign is anything late.".to_owned(),
            (_, late) => format!("Something is late with {}.", format::counted(late, "creator", "creators")),
        },
        done: Pairs(pairs).one("done").map(str::to_owned),
        campaigns: all.iter().map(line).collect(),
    })
    .await
}

/// A card of the board.
pub struct CardView {
    pub key: String,
    pub name: String,
    pub address: String,
    /// The account to make a contact of; empty where there is one.
    pub make_contact_of: String,
    pub owner: String,
    pub words: String,
    pub by_hand: bool,
    pub in_stage: InStage,
    pub stage: String,
    pub planned: String,
    pub agreed: String,
    pub pieces: String,
    pub due: String,
    pub is_late: bool,
    pub chosen: String,
    /// Where the deal is looked at, or an offer made.
    pub deal: Option<Recovery>,
    pub moves: Vec<Choice>,
}

/// A column of the board.
pub struct ColumnView {
    pub code: String,
    pub name: String,
    pub count: String,
    pub agreed: String,
    pub planned: String,
    pub limit: String,
    pub cards: Vec<CardView>,
}

/// A row of the form for stages.
pub struct StageForm {
    pub code: String,
    pub name: String,
    pub limit: String,
    pub is_fixed: bool,
    pub is_removed: bool,
}

/// What stands at the head of a campaign.
pub struct Head {
    pub budget: String,
    pub agreed: String,
    pub paid: String,
    pub live: String,
    pub results: String,
}

#[derive(Template)]
#[template(path = "outreach/campaign.html")]
struct CampaignPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    name: String,
    when: String,
    finding: String,
    head: Head,
    show: &'static str,
    here: String,
    views: Vec<(&'static str, String, bool)>,
    columns: Vec<ColumnView>,
    days: Vec<DueDay>,
    all: usize,
    moves: Vec<Choice>,
    stages: Vec<StageForm>,
    after: Vec<Choice>,
    new_name: String,
    new_limit: String,
}

fn in_stage(card: &Card, limit: Option<u32>) -> InStage {
    match limit {
        Some(limit) if card.days > i64::from(limit) => {
            InStage { words: format!("{}, over the {limit} of this stage", days(card.days)), is_over: true }
        }
        _ if card.days == 0 => InStage { words: "since today".to_owned(), is_over: false },
        _ => InStage { words: days(card.days), is_over: false },
    }
}

fn move_choices(board: &Board, here: &str) -> Vec<Choice> {
    let stages = board.shown().map(|stage| Choice {
        code: stage.code.clone(),
        words: stage.name.clone(),
        chosen: stage.code == here,
    });
    stages
        .chain([Choice { code: "facts".to_owned(), words: "where the facts lead".to_owned(), chosen: false }])
        .collect()
}

fn due_of(card: &Card) -> (String, bool) {
    let is_open = card.is_agreed && card.live < card.pieces;
    match &card.next {
        Some(due) => (due.words.clone(), due.is_late),
        None if is_open => ("due days not known".to_owned(), false),
        None if card.is_agreed => ("nothing is due".to_owned(), false),
        None => ("due days not known: nothing agreed yet".to_owned(), false),
    }
}

fn card_view(held: &CampaignBoard, stage: &BoardStage, card: &Card) -> CardView {
    let (due, is_late) = due_of(card);
    let contact = card.contact.as_ref();
    let account = card.accounts.first().map_or_else(String::new, ToString::to_string);
    let deal = match (contact, card.deals.last()) {
        (_, Some(deal)) => Some(Recovery::new("The deal", format!("/outreach/deals/{}", deal.id))),
        (Some(contact), None) => {
            let asked = Pairs::default().with("contact", contact.id).with("campaign", held.row.id);
            Some(Recovery::new("Offer a deal", asked.address("/outreach/deals/new")))
        }
        (None, None) => None,
    };
    CardView {
        key: card.key.clone(),
        name: card.name.clone(),
        address: match contact {
            Some(contact) => format!("/outreach/contacts/{}", contact.id),
            None => format!("/creators/{account}"),
        },
        make_contact_of: if contact.is_none() { account } else { String::new() },
        owner: contact.map_or_else(String::new, |contact| contact.owner.clone()),
        words: card.standing.words.clone(),
        by_hand: card.place.by_hand,
        in_stage: in_stage(card, stage.limit_days),
        stage: stage.name.clone(),
        planned: card.planned_words(held.row.budget.currency),
        agreed: card.agreed_words(),
        pieces: card.pieces_words(),
        due,
        is_late,
        chosen: match &card.chosen {
            Some(product) if product.is_empty() => "product: a surprise".to_owned(),
            Some(product) => format!("product: {product}"),
            None => String::new(),
        },
        deal,
        moves: move_choices(&held.board, &stage.code),
    }
}

fn column(held: &CampaignBoard, stage: &BoardStage) -> ColumnView {
    let cards: Vec<&Card> = held.on(&stage.code).collect();
    let mut agreed = Sums::default();
    let (mut planned, mut not_known) = (Sums::default(), 0);
    for card in &cards {
        agreed.join(&card.agreed);
        match card.planned {
            Planned::Known { minor_units, .. } => {
                planned.add(&model::Money { minor_units, currency: held.row.budget.currency });
            }
            Planned::NotKnown => not_known += 1,
            Planned::NotInPlan => {}
        }
    }
    let planned = match (planned.is_empty(), not_known) {
        (true, 0) => String::new(),
        (true, some) => format!("planned: {some} not known"),
        (false, 0) => format!("planned {}", planned.words()),
        (false, some) => format!("planned {}, {some} not known", planned.words()),
    };
    ColumnView {
        code: stage.code.clone(),
        name: stage.name.clone(),
        count: format::count(cards.len() as u64),
        agreed: if agreed.is_empty() { String::new() } else { format!("agreed {}", agreed.words()) },
        planned,
        limit: stage.limit_days.map_or_else(String::new, |limit| format!("usually up to {}", days(i64::from(limit)))),
        cards: cards.iter().map(|card| card_view(held, stage, card)).collect(),
    }
}

fn finding(held: &CampaignBoard, columns: &[ColumnView]) -> String {
    let over = columns.iter().flat_map(|column| &column.cards).filter(|card| card.in_stage.is_over).count() as u64;
    let late = held.totals.late;
    match (held.cards.len(), late, over) {
        (0, ..) => "Nobody is in this campaign.".to_owned(),
        (_, 0, 0) => "Nothing is late, and nobody has stood too long on their stage.".to_owned(),
        (_, 0, over) => format!("Nothing is late; {} longer on their stage than usual.", stood(over)),
        (_, late, 0) => format!("Something is late with {}.", format::counted(late, "creator", "creators")),
        (_, late, over) => format!(
            "Something is late with {}; {} longer on their stage than usual.",
            format::counted(late, "creator", "creators"),
            stood(over)
        ),
    }
}

fn stood(over: u64) -> String {
    format::counted(over, "creator has stood", "creators have stood")
}

/// A board's stages as the form has them, with what was typed.
fn stage_forms(board: &Board, given: &Pairs) -> Vec<StageForm> {
    let was_typed = given.0.iter().any(|(key, _)| key.starts_with("name-"));
    let form = |stage: &BoardStage| StageForm {
        name: typed_or(given, &format!("name-{}", stage.code), &stage.name),
        limit: typed_or(
            given,
            &format!("limit-{}", stage.code),
            &stage.limit_days.map_or_else(String::new, |limit| limit.to_string()),
        ),
        is_removed: match was_typed {
            true => given.one(&format!("off-{}", stage.code)).is_some(),
            false => stage.is_removed,
        },
        is_fixed: stage.is_fixed(),
        code: stage.code.clone(),
    };
    board.all().iter().map(form).collect()
}

async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, given: &Pairs, problem: Option<Problem>) -> Page {
    let show = match asked.one("show") {
        Some("table") => "table",
        Some("calendar") => "calendar",
        _ => "board",
    };
    let data = app.data.clone();
    let held = aside(move || async move { campaigns::shown(&data, id).await }).await?;
    let columns: Vec<ColumnView> = held.board.shown().map(|stage| column(&held, stage)).collect();
    let address = |show: &str| match show {
        "board" => format!("/outreach/campaigns/{id}"),
        show => format!("/outreach/campaigns/{id}?show={show}"),
    };
    let due = if show == "calendar" {
        let deals = held.cards.iter().flat_map(|card| card.deals.iter().map(|deal| (deal.id, card.name.clone())));
        let whose: HashMap<i64, String> = deals.collect();
        calendar(app, &whose, &clock::iso_day(app.data.now())).await?
    } else {
        Vec::new()
    };
    let totals = &held.totals;
    let ends = [CampaignStage::Done, CampaignStage::Dropped].map(CampaignStage::code);
    let chosen_after = typed_or(given, "new_after", "terms");
    let after = held.board.shown().filter(|stage| !ends.contains(&stage.code.as_str())).map(|stage| Choice {
        chosen: stage.code == chosen_after,
        code: stage.code.clone(),
        words: stage.name.clone(),
    });
    let results = campaigns::results_now(&app.data, id).await?.words(true);
    draw(CampaignPage {
        layout: Layout::load(app, visit, Word::Outreach, held.row.name.clone()).await?,
        parts: parts("Campaigns"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id,
        name: held.row.name.clone(),
        when: when(&held),
        finding: finding(&held, &columns),
        head: Head {
            budget: money_typed(&held.row.budget),
            agreed: amounts(&totals.agreed, "nothing yet"),
            paid: match totals.paid.is_empty() {
                true => "nothing yet".to_owned(),
                false if totals.arrived == totals.paid => format!("{}, arrived", totals.paid.words()),
                false if totals.arrived.is_empty() => format!("{} sent, none of it arrived yet", totals.paid.words()),
                false => format!("{} sent, of it {} arrived", totals.paid.words(), totals.arrived.words()),
            },
            live: match totals.pieces {
                0 => "none agreed yet".to_owned(),
                all => format!("{} of {all}", totals.live),
            },
            results,
        },
        here: address(show),
        views: [("Board", "board"), ("Table", "table"), ("Calendar", "calendar")]
            .map(|(words, code)| (words, address(code), code == show))
            .to_vec(),
        show,
        days: due,
        all: held.cards.len(),
        moves: move_choices(&held.board, ""),
        stages: stage_forms(&held.board, given),
        after: after.collect(),
        new_name: typed(given, "new_name"),
        new_limit: typed(given, "new_limit"),
        columns,
    })
    .await
}

/// `GET /outreach/campaigns/{id}?show=board|table|calendar`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    page(&app, visit, id, &Pairs(pairs), &Pairs::default(), None).await
}

/// `GET /outreach/campaigns/{id}/board.csv`
pub async fn download(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let data = app.data.clone();
    let held = aside(move || async move { campaigns::shown(&data, id).await }).await?;
    let headings = [
        "card",
        "name",
        "contact",
        "accounts",
        "stage",
        "by",
        "days_in_stage",
        "facts",
        "planned_fee",
        "agreed_fee",
        "offered_fee",
        "pieces",
        "pieces_posted",
        "next_due_on",
        "next_due",
        "deals",
    ];
    let mut sheet = Sheet::new(&headings);
    for stage in held.board.shown() {
        for card in held.on(&stage.code) {
            let planned = match card.planned {
                Planned::Known { minor_units, .. } => {
                    money_typed(&model::Money { minor_units, currency: held.row.budget.currency })
                }
                Planned::NotKnown | Planned::NotInPlan => String::new(),
            };
            let list = |ids: Vec<String>| ids.join("; ");
            sheet.row([
                card.key.clone(),
                card.name.clone(),
                card.contact.as_ref().map_or_else(String::new, |contact| contact.id.to_string()),
                list(card.accounts.iter().map(ToString::to_string).collect()),
                stage.name.clone(),
                if card.place.by_hand { "hand".to_owned() } else { "facts".to_owned() },
                card.days.to_string(),
                card.standing.words.clone(),
                planned,
                card.agreed.words(),
                card.offered.words(),
                card.pieces.to_string(),
                card.live.to_string(),
                card.next.as_ref().map_or_else(String::new, |due| due.day.clone()),
                card.next.as_ref().map_or_else(String::new, |due| due.words.clone()),
                list(card.deals.iter().map(|deal| deal.id.to_string()).collect()),
            ]);
        }
    }
    Ok(sheet.download(&format!("campaign-{id}.csv")))
}

/// `POST /outreach/campaigns/{id}/move`: one card or many, to a stage or back to where the facts lead.
pub async fn move_cards(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let home = format!("/outreach/campaigns/{id}");
    let (data, cards, to) = (app.data.clone(), given.all("card"), typed(&given, "to"));
    let moved =
        aside(move || async move { Ok::<_, OutreachError>(campaigns::move_cards(&data, id, &cards, &to, TEAM).await) })
            .await?;
    match moved {
        Ok(moved) => {
            let done = match (moved.moved, moved.to.as_str()) {
                (0, "") => "Nobody was moved by hand there; nothing was changed".to_owned(),
                (0, to) => format!("They stand on {to} already; nothing was changed"),
                (count, "") => format!("{} where the facts lead", stand(count)),
                (count, to) => format!("{} on {to} now", stand(count)),
            };
            Ok(back_to(&given, &home, &done).into_response())
        }
        Err(error) => {
            let asked = match given.one("back") {
                Some(back) if back.ends_with("show=table") => Pairs::default().with("show", "table"),
                _ => Pairs::default(),
            };
            Ok(not_valid(page(&app, visit, id, &asked, &Pairs::default(), Some(problem_of(error)?)).await?))
        }
    }
}

fn stand(count: usize) -> String {
    format::counted(count as u64, "creator stands", "creators stand")
}

/// `POST /outreach/campaigns/{id}/contact`: somebody of the campaign becomes a contact.
pub async fn make_contact(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let row = app.data.store.campaign(id).await?.ok_or(OutreachError::NoCampaign(id))?;
    let account = given.one("account").and_then(|account| account.parse().ok()).map(model::AccountId);
    let is_in = match account {
        Some(account) => app.data.store.campaign_creators(id).await?.iter().any(|creator| creator.account == account),
        None => false,
    };
    let Some(account) = account.filter(|_| is_in) else {
        return Err(WebError::unreadable("Nobody of this campaign", "The form names nobody who is in this campaign.")
            .with(Recovery::new("The campaign", format!("/outreach/campaigns/{id}"))));
    };
    let new =
        ContactGiven { accounts: vec![account], source: format!("campaign {}", row.name), ..ContactGiven::default() };
    let data = app.data.clone();
    let made = aside(move || async move { Ok::<_, OutreachError>(contacts::add(&data, new).await) }).await?;
    let done = match made {
        Ok(_) => "They are a contact now; an address is still to be found",
        Err(OutreachError::AddressTaken { .. }) => "They were a contact already",
        Err(error) => return Err(error.into()),
    };
    Ok(back_to(&given, &format!("/outreach/campaigns/{id}"), done))
}

/// `POST /outreach/campaigns/{id}/stages`: renames, limits, what is off the board, and a stage of one's own.
pub async fn keep_stages(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let board = campaigns::board(&app.data).await?;
    let of = |stage: &BoardStage| StageGiven {
        code: stage.code.clone(),
        name: typed_or(&given, &format!("name-{}", stage.code), &stage.name),
        limit_days: typed_or(
            &given,
            &format!("limit-{}", stage.code),
            &stage.limit_days.map_or_else(String::new, |limit| limit.to_string()),
        ),
        // A box without its tick is not sent: it says something only where its row is there.
        is_removed: match given.0.iter().any(|(key, _)| *key == format!("name-{}", stage.code)) {
            true => given.one(&format!("off-{}", stage.code)).is_some(),
            false => stage.is_removed || given.one(&format!("off-{}", stage.code)).is_some(),
        },
    };
    let stages: Vec<StageGiven> = board.all().iter().map(of).collect();
    let new = given.one("new_name").map(|name| NewStage {
        name: name.to_owned(),
        after: typed(&given, "new_after"),
        limit_days: typed(&given, "new_limit"),
    });
    match campaigns::keep_stages(&app.data, &stages, new.as_ref()).await {
        Ok(_) => {
            let done = "The stages are kept, for every campaign";
            Ok(Redirect::to(&saying(&format!("/outreach/campaigns/{id}"), done)).into_response())
        }
        Err(error) => {
            let problem = Some(problem_of(error)?);
            Ok(not_valid(page(&app, visit, id, &Pairs::default(), &given, problem).await?))
        }
    }
}
