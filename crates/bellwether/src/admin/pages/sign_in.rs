//! `/sign-in`, `/sign-in/code`, `/sign-out`, `/invited/{secret}`: how somebody comes in, and goes.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::problem_of;
use crate::admin::{self, AdminError, Came};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::guard::nothing_is_here;
use crate::web::query::Pairs;
use crate::web::session;
use crate::web::visit::{Visit, own_address};

#[derive(Template)]
#[template(path = "admin/sign_in.html")]
struct SignInPage {
    theme: &'static str,
    problem: Option<Problem>,
    back: String,
    email: String,
    /// Given the password, the second step is asked for.
    half_way: Option<String>,
}

async fn page(visit: &Visit, given: &Pairs, half_way: Option<String>, problem: Option<Problem>) -> Page {
    draw(SignInPage {
        theme: visit.theme.code(),
        problem,
        back: own_address(given.one("back").unwrap_or("/")).to_owned(),
        email: typed(given, "email"),
        half_way,
    })
    .await
}

/// `GET /sign-in`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let is_in = visit.who.is_some() || !app.data.store.has_people().await?;
    if is_in {
        return Ok(Redirect::to(own_address(given.one("back").unwrap_or("/"))).into_response());
    }
    Ok(page(&visit, &given, None, None).await?.into_response())
}

/// `POST /sign-in`
pub async fn enter(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match admin::enter(&app.data, &typed(&given, "email"), &typed(&given, "password")).await {
        Ok(Came::In(person)) => let_in(&app, &headers, person.id, &given).await,
        Ok(Came::HalfWay(half_way)) => Ok(page(&visit, &given, Some(half_way), None).await?.into_response()),
        Err(error) => {
            note_refusal(&app, &error).await?;
            Ok(not_valid(page(&visit, &given, None, Some(problem_of(error)?)).await?))
        }
    }
}

/// `POST /sign-in/code`
pub async fn second(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let half_way = typed(&given, "half_way");
    match admin::enter_second(&app.data, &half_way, &typed(&given, "code")).await {
        Ok(person) => let_in(&app, &headers, person.id, &given).await,
        Err(error) => {
            note_refusal(&app, &error).await?;
            Ok(not_valid(page(&visit, &given, Some(half_way), Some(problem_of(error)?)).await?))
        }
    }
}

/// Which address was tried is not written down: it may be a password typed into the wrong field.
async fn note_refusal(app: &App, error: &AdminError) -> Result<(), WebError> {
    // While one waits nothing is tried, and nothing happened: whoever hammers at the door fills no table.
    if matches!(error, AdminError::Waits { .. }) {
        return Ok(());
    }
    app.data.store.note_act(None, "somebody", "signing in", "/sign-in", "refused", app.data.now()).await?;
    Ok(())
}

async fn let_in(app: &App, headers: &HeaderMap, person: i64, given: &Pairs) -> Result<Response, WebError> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("a program");
    let secret = admin::sign_in(&app.data, person, agent).await?;
    let name = admin::find(&app.data, &person.to_string()).await?.name;
    app.data.store.note_act(Some(person), &name, "signing in", "/sign-in", "done", app.data.now()).await?;
    let mut response = Redirect::to(own_address(given.one("back").unwrap_or("/"))).into_response();
    response.headers_mut().append(header::SET_COOKIE, session::cookie(&secret, headers));
    Ok(response)
}

/// `POST /sign-out`
pub async fn sign_out(State(app): State<App>, visit: Visit, headers: HeaderMap) -> Result<Response, WebError> {
    if let Some(who) = &visit.who {
        app.data.store.sign_out(&who.hash).await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().append(header::SET_COOKIE, session::cookie("", &headers));
    Ok(response)
}

#[derive(Template)]
#[template(path = "admin/invited.html")]
struct InvitedPage {
    theme: &'static str,
    problem: Option<Problem>,
    secret: String,
    name: String,
    email: String,
    role: &'static str,
}

/// `GET /invited/{secret}`: a link at which somebody chooses a password. Looking changes nothing.
pub async fn invited(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    invited_page(&app, &visit, secret, None).await
}

async fn invited_page(
    app: &App,
    visit: &Visit,
    secret: String,
    problem: Option<Problem>,
) -> Result<Response, WebError> {
    let Some(person) = admin::invited(&app.data, &secret).await? else { return Ok(nothing_is_here()) };
    let is_wrong = problem.is_some();
    let page = InvitedPage {
        theme: visit.theme.code(),
        problem,
        secret,
        name: person.name,
        email: person.email,
        role: person.role.words(),
    };
    let page = draw(page).await?;
    Ok(if is_wrong { not_valid(page) } else { page.into_response() })
}

/// `POST /invited/{secret}`: keeps the password and signs in.
pub async fn choose(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let Some(person) = admin::invited(&app.data, &secret).await? else { return Ok(nothing_is_here()) };
    match admin::choose_password(&app.data, &person, &typed(&given, "password"), None).await {
        // Whoever has a second step still needs it: a new password does not take its place.
        Ok(()) if person.totp_secret.is_some() => Ok(Redirect::to("/sign-in").into_response()),
        Ok(()) => let_in(&app, &headers, person.id, &Pairs::default()).await,
        Err(error) => invited_page(&app, &visit, secret, Some(problem_of(error)?)).await,
    }
}
