//! `/outreach/unsubscribe/{token}`: the public page behind the link below a mail. Looking changes nothing, for scanners follow
//! links; one press of the button, or of the button in a mail program, bars every address of whom the mail went to.
//!
//! It needs no session and no page before it: a mail program posts `List-Unsubscribe=One-Click` from anywhere. Whoever comes
//! with a link that is none learns nothing.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};

use crate::outreach::{settings, unsubscribing};
use crate::web::app::{App, draw};
use crate::web::error::WebError;
use crate::web::guard;
use crate::web::visit::Visit;

/// Neither kept by what is on the way, nor found by searching, nor told to whoever is linked.
const UNLISTED: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "private, no-store"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (header::REFERRER_POLICY, "no-referrer"),
];

#[derive(Template)]
#[template(path = "outreach/unsubscribe.html")]
struct UnsubscribePage {
    theme: &'static str,
    /// Who writes; empty where nobody has said so.
    sender: String,
    token: String,
    is_done: bool,
}

async fn page(app: &App, visit: &Visit, token: String, is_done: bool) -> Result<Response, WebError> {
    let sender = settings::settings(&app.data).await?.sender;
    let page = draw(UnsubscribePage { theme: visit.theme.code(), sender, token, is_done }).await?;
    Ok((UNLISTED, page).into_response())
}

/// `GET /outreach/unsubscribe/{token}`: who writes and one button; nothing is changed.
pub async fn ask(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Result<Response, WebError> {
    match unsubscribing::asked_by(&app.data, &token).await? {
        Some(_) => page(&app, &visit, token, false).await,
        None => Ok((UNLISTED, guard::nothing_is_here()).into_response()),
    }
}

/// `POST /outreach/unsubscribe/{token}`: bars; again, it changes nothing.
pub async fn object(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Result<Response, WebError> {
    match unsubscribing::object(&app.data, &token).await? {
        true => page(&app, &visit, token, true).await,
        false => Ok((UNLISTED, guard::nothing_is_here()).into_response()),
    }
}
