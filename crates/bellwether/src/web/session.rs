//! Who is asking, and whether they may: the cookie of a sign-in, the right an address needs, and the name under which changes are written down.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::app::App;
use super::error::{Recovery, WebError};
use super::query::Pairs;
use crate::admin::rights::{Needs, needs};
use crate::admin::{self, SignedIn, actor_of};

/// The cookie that holds a sign-in's secret.
const COOKIE: &str = "signed_in";
/// Seconds a browser keeps it; it ends here earlier or at the same time.
const COOKIE_SECONDS: u64 = 90 * 86_400;

/// Addresses at which it makes no difference who asks.
const ASKED_OF_NOBODY: [&str; 2] = ["/static/{*path}", "/health"];

/// Lets a request through where whoever asks may do that, and says in whose name it goes on.
pub async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let needed = match &pattern {
        Some(pattern) => needs(pattern, request.method()),
        // Nothing is there; who may know that is whoever may look.
        None => Some(Needs::SignedIn),
    };
    // Style sheets and pictures are everybody's, and asked for with every page.
    if pattern.as_deref().is_some_and(|pattern| ASKED_OF_NOBODY.contains(&pattern)) {
        return next.run(request).await;
    }
    let who = match who_asks(&app, request.headers()).await {
        Ok(who) => who,
        Err(error) => return error.into_response(),
    };
    let is_open = match app.data.store.has_people().await {
        Ok(has) => !has,
        Err(error) => return WebError::from(error).into_response(),
    };
    let is_allowed = match (needed, &who) {
        (Some(Needs::Nothing), _) => true,
        (Some(_), _) if is_open => true,
        (Some(Needs::SignedIn), Some(_)) => true,
        (Some(Needs::Right(right)), Some(who)) => who.role.may(right),
        (_, None) => return ask_to_sign_in(&request),
        (None, Some(_)) => false,
    };
    let actor = who.as_ref().map(actor_of);
    if let Some(who) = who.clone() {
        request.extensions_mut().insert(who);
    }
    if is_reading(request.method()) {
        let mut response = if is_allowed { next.run(request).await } else { refused(needed) };
        if let Some(who) = who {
            // An error's page is drawn further out, for the same person.
            response.extensions_mut().insert(who);
        }
        return response;
    }
    let subject = request.uri().path().to_owned();
    let what = format!("{} {}", request.method(), pattern.as_deref().unwrap_or("nothing"));
    // Forms that people outside send are the program's own business, as mail that comes is.
    let is_outside = who.is_none() && matches!(needed, Some(Needs::Nothing));
    let mut response = match is_allowed {
        false => refused(needed),
        true if is_outside => return next.run(request).await,
        true => store::acting(actor.clone().unwrap_or_else(|| "|nobody signed in".to_owned()), next.run(request)).await,
    };
    let outcome = match response.status() {
        StatusCode::FORBIDDEN => "refused",
        status if status.is_client_error() || status.is_server_error() => "failed",
        _ => "done",
    };
    let name = who.as_ref().map_or("nobody signed in", |who| &who.name);
    let noted =
        app.data.store.note_act(who.as_ref().map(|who| who.id), name, &what, &subject, outcome, app.data.now()).await;
    if let Err(error) = noted {
        tracing::error!(%error, what, "what was done could not be written down");
    }
    if let Some(who) = who {
        response.extensions_mut().insert(who);
    }
    response
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

async fn who_asks(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, WebError> {
    match secret_of(headers) {
        Some(secret) => Ok(admin::signed_in(&app.data, secret).await?),
        None => Ok(None),
    }
}

/// The secret a browser sent.
pub fn secret_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// Whoever wants a page is led to where they sign in and from there back; whatever else asks is told.
fn ask_to_sign_in(request: &Request) -> Response {
    let wants_page = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if is_reading(request.method()) && (wants_page.contains("text/html") || wants_page.is_empty()) {
        let here = request.uri().path_and_query().map_or("/", |address| address.as_str());
        return Redirect::to(&Pairs::default().with("back", here).address("/sign-in")).into_response();
    }
    let error = WebError::new(
        StatusCode::UNAUTHORIZED,
        "You are not signed in",
        "Nothing was changed. Sign in, and send it again; what you typed is still in your browser's page before this one.",
    );
    error.with(Recovery::new("Sign in", "/sign-in")).into_response()
}

fn refused(needed: Option<Needs>) -> Response {
    let what = match needed {
        Some(Needs::Right(right)) => format!("Your role does not let you {}. An owner can change that.", right.words()),
        _ => "Nobody may go there yet.".to_owned(),
    };
    WebError::new(StatusCode::FORBIDDEN, "This is not yours to do", what)
        .with(Recovery::new("What you may do", "/admin/me"))
        .into_response()
}

/// The header that gives a browser its secret. Scripts never see it, other sites never send it with a form; where people came by https it
/// is never sent without.
pub fn cookie(secret: &str, headers: &HeaderMap) -> HeaderValue {
    let is_secure = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()) == Some("https");
    let secure = if is_secure { "; Secure" } else { "" };
    let seconds = if secret.is_empty() { 0 } else { COOKIE_SECONDS };
    HeaderValue::try_from(format!("{COOKIE}={secret}; Path=/; Max-Age={seconds}; SameSite=Lax; HttpOnly{secure}"))
        .expect("made of plain words")
}
