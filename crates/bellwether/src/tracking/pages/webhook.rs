//! `/tracking/webhooks/{id}`: one program that is told: what it was told, what it answered, what is tried when, and what can be done.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::webhooks::{DeliveryRow, DeliveryState, EndpointRow, PING};

use super::webhooks::{EventChoice, choices};
use super::{Part, parts, problem_of};
use crate::clock;
use crate::tracking::TrackingError;
use crate::tracking::webhooks::{self, events};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid};
use crate::web::layout::{Layout, Word};
use crate::web::pager::{Pages, pages};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Messages on a page.
const ROWS_A_PAGE: u64 = 50;

/// A message with what became of it.
pub struct DeliveryLine {
    pub id: i64,
    pub event: String,
    pub at: String,
    pub state: &'static str,
    pub needs_you: bool,
    pub attempts: u32,
    pub last_try: String,
    pub status: Option<u16>,
    pub problem: String,
    /// When it is tried next.
    pub next: Option<String>,
    pub head: String,
    pub body: String,
}

/// A state that the log can be narrowed to.
pub struct StateChoice {
    pub words: String,
    pub address: String,
    pub is_here: bool,
}

#[derive(Template)]
#[template(path = "tracking/webhook.html")]
struct WebhookPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    /// Shown this once.
    secret: Option<String>,
    id: i64,
    url: String,
    finding: String,
    is_paused: bool,
    /// It is away, and left alone until then.
    rests_until: Option<String>,
    parked: u64,
    previous_until: Option<String>,
    events: Vec<EventChoice>,
    states: Vec<StateChoice>,
    lines: Vec<DeliveryLine>,
    list: Pages,
}

fn line(row: DeliveryRow) -> DeliveryLine {
    DeliveryLine {
        id: row.id,
        at: clock::minute(row.at),
        state: row.state.code(),
        needs_you: row.state == DeliveryState::Parked && row.event != PING,
        attempts: row.attempts,
        last_try: row.tried_at.map_or_else(|| "not tried yet".to_owned(), clock::minute),
        status: row.last_status,
        next: (row.state == DeliveryState::Waiting).then(|| clock::minute(row.next_at)),
        body: events::body_of(&row),
        event: row.event,
        problem: row.problem,
        head: row.response_head,
    }
}

async fn page(
    app: &App,
    visit: Visit,
    row: EndpointRow,
    asked: &Pairs,
    problem: Option<Problem>,
    secret: Option<String>,
) -> Page {
    let path = format!("/tracking/webhooks/{}", row.id);
    let state = asked.one("state").and_then(DeliveryState::from_code);
    let count = |state: Option<DeliveryState>| match state {
        None => row.delivered + row.waiting + row.parked + row.pings_not_taken,
        Some(DeliveryState::Waiting) => row.waiting,
        Some(DeliveryState::Delivered) => row.delivered,
        Some(DeliveryState::Parked) => row.parked + row.pings_not_taken,
    };
    let kept = Pairs::default().with_some("state", state.map(DeliveryState::code)).with_some("page", asked.one("page"));
    let list = pages(&kept, &path, ROWS_A_PAGE, count(state));
    let rows = app.data.store.deliveries(row.id, state, list.from, ROWS_A_PAGE).await?;
    let all = std::iter::once(None).chain(DeliveryState::ALL.into_iter().map(Some));
    let is_about_events = problem.as_ref().is_some_and(|problem| problem.is_at("events"));
    let chosen = if is_about_events { asked.all("event") } else { row.events.clone() };
    draw(WebhookPage {
        layout: Layout::load(app, visit, Word::Tracking, "Webhook").await?,
        parts: parts("Webhooks"),
        done: asked.one("done").map(str::to_owned),
        problem,
        secret,
        id: row.id,
        finding: match (row.last_delivered_at, row.waiting) {
            (None, 0) => "It was told nothing yet.".to_owned(),
            (None, waiting) => {
                format!("It has taken nothing yet; {}.", format::counted(waiting, "message waits", "messages wait"))
            }
            (Some(at), 0) => format!("It took its last message on {}; nothing waits.", clock::minute(at)),
            (Some(at), waiting) => format!(
                "It took its last message on {}; {}.",
                clock::minute(at),
                format::counted(waiting, "message waits", "messages wait")
            ),
        },
        is_paused: row.paused_at.is_some(),
        rests_until: row.rest_until.filter(|until| *until > app.data.now()).map(clock::minute),
        parked: row.parked,
        previous_until: row.previous_until.filter(|until| *until > app.data.now()).map(clock::minute),
        events: choices(&chosen),
        states: all
            .map(|one| StateChoice {
                words: format!("{} {}", one.map_or("all", DeliveryState::code), format::count(count(one))),
                address: Pairs::default().with_some("state", one.map(DeliveryState::code)).address(&path),
                is_here: one == state,
            })
            .collect(),
        lines: rows.into_iter().map(line).collect(),
        list,
        url: row.url,
    })
    .await
}

/// The page of a program with its secret, which is on no other page.
pub(super) async fn with_secret(app: &App, visit: Visit, row: EndpointRow, secret: String) -> Page {
    page(app, visit, row, &Pairs::default(), None, Some(secret)).await
}

/// `GET /tracking/webhooks/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let row = webhooks::find(&app.data, id).await?;
    page(&app, visit, row, &Pairs(pairs), None, None).await
}

/// `POST /tracking/webhooks/{id}`: try it out, pause it, choose its events, give it a new secret, remove it, send messages again.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    if given.one("do") == Some("rotate") {
        let (row, secret) = webhooks::rotate(&app.data, id).await?;
        return Ok(with_secret(&app, visit, row, secret).await?.into_response());
    }
    match acted(&app, id, &given).await {
        Ok((done, is_gone)) => {
            let path = if is_gone { "/tracking/webhooks".to_owned() } else { format!("/tracking/webhooks/{id}") };
            Ok(Redirect::to(&Pairs::default().with("done", done).address(&path)).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            let row = webhooks::find(&app.data, id).await?;
            Ok(not_valid(page(&app, visit, row, &given, Some(problem), None).await?))
        }
    }
}

/// What was done, and whether the program is not there any more.
async fn acted(app: &App, id: i64, given: &Pairs) -> Result<(String, bool), TrackingError> {
    let data = &app.data;
    let capital = |words: &str| {
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let said = match given.one("do").unwrap_or_default() {
        "ping" => capital(&webhooks::outcome_words(&webhooks::ping(data, id).await?)),
        "pause" => {
            webhooks::pause(data, id, true).await?;
            "What comes for it waits".to_owned()
        }
        "again" => {
            webhooks::pause(data, id, false).await?;
            "It is told again, with what waited".to_owned()
        }
        "remove" => {
            if given.one("sure").is_none() {
                let problem = "say that you are sure: what waits for it and its log go with it".to_owned();
                return Err(TrackingError::Field { field: "sure", problem });
            }
            webhooks::remove(data, id).await?;
            return Ok(("It is told nothing any more".to_owned(), true));
        }
        "resend" => {
            let delivery = given.one("delivery").and_then(|number| number.parse().ok()).unwrap_or(0);
            let held = data.store.delivery(delivery).await?.filter(|row| row.endpoint == id);
            let held = held.ok_or(TrackingError::NoDelivery(delivery))?;
            capital(&webhooks::outcome_words(&webhooks::resend(data, held.id).await?))
        }
        "resend-parked" => {
            let queued = webhooks::resend_parked(data, id).await?;
            format!("{} to be sent again", format::counted(queued, "message waits", "messages wait"))
        }
        _ => {
            webhooks::choose(data, id, &given.all("event")).await?;
            "It is told of these from now on".to_owned()
        }
    };
    Ok((said, false))
}
