//! What is held about a creator, as they see it themselves, and what they may ask for: no more mail, to be forgotten.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::{Problem, not_valid, problem_of, saying};
use super::{Who, let_in, shown};
use crate::clock;
use crate::outreach::{OutreachError, rights};
use crate::web::app::{App, draw};
use crate::web::error::WebError;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Something held.
pub struct HeldLine {
    pub what: String,
    pub says: String,
    pub from: String,
    pub since: String,
}

#[derive(Template)]
#[template(path = "outreach/creator_data.html")]
struct DataPage {
    theme: &'static str,
    base: String,
    sender: String,
    done: Option<String>,
    problem: Option<Problem>,
    held: Vec<HeldLine>,
    touches: Vec<(String, String)>,
    internal_notes: u64,
    is_barred: bool,
}

async fn page(
    app: &App,
    who: Who,
    done: Option<String>,
    problem: Option<Problem>,
) -> Result<axum::response::Html<String>, WebError> {
    let about = rights::held_about(&app.data, who.contact).await?;
    let line = |held: rights::Held| HeldLine {
        what: held.what,
        says: held.says,
        from: held.from,
        since: held.since.map_or_else(|| "not known".to_owned(), clock::day),
    };
    draw(DataPage {
        theme: who.theme,
        base: who.base,
        sender: who.sender,
        done,
        problem,
        held: about.held.into_iter().map(line).collect(),
        touches: about.touches.into_iter().map(|(at, words)| (clock::minute(at), words)).collect(),
        internal_notes: about.internal_notes,
        is_barred: about.is_barred,
    })
    .await
}

/// `GET /outreach/creator/{secret}/data`
pub async fn my_data(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let done = Pairs(pairs).one("done").map(str::to_owned);
    Ok(shown(page(&app, who, done, None).await?))
}

/// `GET /outreach/creator/{secret}/data.json`: the same, to keep.
pub async fn data_file(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let about = rights::held_about(&app.data, who.contact).await?;
    let touches: Vec<serde_json::Value> = about
        .touches
        .iter()
        .map(|(at, words)| serde_json::json!({ "at": clock::iso_exact(*at), "what": words }))
        .collect();
    let held: Vec<serde_json::Value> = about
        .held
        .iter()
        .map(|held| {
            let since = held.since.map(clock::iso_exact);
            serde_json::json!({ "what": held.what, "says": held.says, "from": held.from, "since": since })
        })
        .collect();
    let all = serde_json::json!({ "held": held, "touches": touches, "internal_notes": about.internal_notes });
    let text = serde_json::to_string_pretty(&all).map_err(|error| WebError::fault("writing your data", &error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"held-about-me.json\""),
    ];
    Ok(shown((headers, text)))
}

/// `POST /outreach/creator/{secret}/stop-mail`
pub async fn stop_mail(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    rights::stop_mail(&app.data, who.contact).await?;
    let done = "You get no more mail from here, for good; this page stays open to you until its link ends";
    Ok(shown(Redirect::to(&saying(&format!("{}/data", who.base), done))))
}

#[derive(Template)]
#[template(path = "outreach/creator_forgotten.html")]
struct ForgottenPage {
    theme: &'static str,
    sender: String,
}

/// `POST /outreach/creator/{secret}/forget`: once the box is ticked.
pub async fn forget(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let refused = |error: OutreachError| problem_of(error);
    if Pairs(pairs).one("sure").is_none() {
        let problem = "tick the box: what is forgotten does not come back".to_owned();
        let problem = refused(OutreachError::Field { field: "sure", problem })?;
        return Ok(shown(not_valid(page(&app, who, None, Some(problem)).await?)));
    }
    match rights::forget(&app.data, who.contact).await {
        Ok(()) => {
            let page = draw(ForgottenPage { theme: who.theme, sender: who.sender }).await?;
            Ok(shown(page.into_response()))
        }
        Err(error) => {
            tracing::warn!(%error, contact = who.contact, "somebody asked to be forgotten and could not be at once");
            let problem =
                "other work is writing at this moment; nothing was changed, please try again in a minute".to_owned();
            let problem = refused(OutreachError::Field { field: "sure", problem })?;
            Ok(shown(not_valid(page(&app, who, None, Some(problem)).await?)))
        }
    }
}
