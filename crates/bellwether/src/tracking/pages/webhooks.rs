//! `/tracking/webhooks`: the other programs that are told, how it goes with each, and adding one.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use store::webhooks::EndpointRow;

use super::webhook;
use super::{Part, parts, problem_of};
use crate::clock;
use crate::tracking::webhooks::{self, events::EventKind};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A program that is told, as a row.
pub struct EndpointLine {
    pub id: i64,
    pub url: String,
    pub is_paused: bool,
    pub events: String,
    pub delivered: String,
    pub waiting: String,
    pub parked: u64,
    pub last: String,
}

/// An event that a program may be told of.
pub struct EventChoice {
    pub code: &'static str,
    pub words: &'static str,
    pub chosen: bool,
}

/// Every event, with those chosen that are named.
pub(super) fn choices(chosen: &[String]) -> Vec<EventChoice> {
    let choice = |kind: EventKind| EventChoice {
        code: kind.code(),
        words: kind.words(),
        chosen: chosen.iter().any(|code| code == kind.code()),
    };
    EventKind::ALL.into_iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "tracking/webhooks.html")]
struct WebhooksPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    parked: u64,
    allows_internal: bool,
    lines: Vec<EndpointLine>,
    url: String,
    events: Vec<EventChoice>,
}

fn line(row: EndpointRow) -> EndpointLine {
    EndpointLine {
        id: row.id,
        is_paused: row.paused_at.is_some(),
        events: row.events.join(", "),
        delivered: format::count(row.delivered),
        waiting: format::count(row.waiting),
        parked: row.parked,
        last: row.last_delivered_at.map_or_else(|| "none yet".to_owned(), clock::minute),
        url: row.url,
    }
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let rows = app.data.store.endpoints().await?;
    let parked = rows.iter().map(|row| row.parked).sum();
    let waiting: u64 = rows.iter().map(|row| row.waiting).sum();
    // A form that comes back shows what was ticked; a new one ticks everything.
    let chosen = match problem {
        Some(_) => asked.all("event"),
        None => EventKind::ALL.iter().map(|kind| kind.code().to_owned()).collect(),
    };
    draw(WebhooksPage {
        layout: Layout::load(app, visit, Word::Tracking, "Webhooks").await?,
        parts: parts("Webhooks"),
        done: asked.one("done").map(str::to_owned),
        problem,
        finding: match (rows.len() as u64, waiting) {
            (0, _) => "No other program is told yet.".to_owned(),
            (told, 0) => format!("{} told; nothing waits.", format::counted(told, "program is", "programs are")),
            (told, waiting) => format!(
                "{} told; {} for them.",
                format::counted(told, "program is", "programs are"),
                format::counted(waiting, "message waits", "messages wait")
            ),
        },
        parked,
        allows_internal: webhooks::allows_internal(&app.data).await?,
        lines: rows.into_iter().map(line).collect(),
        url: typed(asked, "url"),
        events: choices(&chosen),
    })
    .await
}

/// `GET /tracking/webhooks`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, &asked, None).await
}

/// `POST /tracking/webhooks`: adds a program; its secret is on the page that answers, and nowhere else.
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match webhooks::add(&app.data, &typed(&given, "url"), &given.all("event")).await {
        Ok((row, secret)) => Ok(webhook::with_secret(&app, visit, row, secret).await?.into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
    }
}
