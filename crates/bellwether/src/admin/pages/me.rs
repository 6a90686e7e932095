//! `/admin/me`: one's own account: what one may do, the password, the second step, and where one is signed in.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Right;
use qrcode::QrCode;
use qrcode::render::svg;
use store::PersonHere;

use super::problem_of;
use crate::admin::{self, AdminError, SignedIn, second_step};
use crate::clock;
use crate::web::app::{App, Page, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Where one is signed in.
pub struct SignInLine {
    pub agent: String,
    pub since: String,
    pub seen: String,
    pub is_here: bool,
}

/// A second step that is being set up.
pub struct SettingUp {
    pub secret: String,
    pub sealed: String,
    pub square: String,
}

#[derive(Template)]
#[template(path = "admin/me.html")]
struct MePage {
    layout: Layout,
    done: Option<String>,
    problem: Option<Problem>,
    name: String,
    email: String,
    role: &'static str,
    role_words: &'static str,
    may: Vec<&'static str>,
    may_not: Vec<&'static str>,
    has_second_step: bool,
    recovery_left: usize,
    setting_up: Option<SettingUp>,
    /// Shown once.
    recovery: Vec<String>,
    sign_ins: Vec<SignInLine>,
}

fn whoever(visit: &Visit) -> Result<SignedIn, WebError> {
    visit.who.clone().ok_or_else(|| {
        WebError::not_found("Nobody signs in here yet", "Whoever sits at this machine may do everything.")
            .with(Recovery::new("Add people", "/admin/people"))
    })
}

#[derive(Default)]
struct Shown {
    problem: Option<Problem>,
    setting_up: Option<SettingUp>,
    recovery: Vec<String>,
    done: Option<String>,
}

async fn page(app: &App, visit: Visit, shown: Shown) -> Page {
    let who = whoever(&visit)?;
    let person = admin::find(&app.data, &who.id.to_string()).await?;
    let words = |wanted: bool| {
        Right::ALL.into_iter().filter(|right| who.role.may(*right) == wanted).map(Right::words).collect::<Vec<_>>()
    };
    let line = |row: store::SignedInRow| SignInLine {
        agent: browser_of(&row.agent),
        since: clock::minute(row.created_at),
        seen: clock::minute(row.seen_at),
        is_here: row.hash == who.hash,
    };
    draw(MePage {
        layout: Layout::load(app, visit, Word::None, "Your account").await?,
        done: shown.done,
        problem: shown.problem,
        name: person.name,
        email: person.email,
        role: who.role.code(),
        role_words: who.role.words(),
        may: words(true),
        may_not: words(false),
        has_second_step: person.totp_secret.is_some(),
        recovery_left: person.recovery_codes_left,
        setting_up: shown.setting_up,
        recovery: shown.recovery,
        sign_ins: admin::sign_ins(&app.data, who.id).await?.into_iter().map(line).collect(),
    })
    .await
}

/// What a person calls their browser, from how it calls itself.
fn browser_of(agent: &str) -> String {
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}

/// `GET /admin/me`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let done = Pairs(pairs).one("done").map(str::to_owned);
    page(&app, visit, Shown { done, ..Shown::default() }).await
}

fn back(done: &str) -> Response {
    Redirect::to(&Pairs::default().with("done", done).address("/admin/me")).into_response()
}

async fn wrong(
    app: &App,
    visit: Visit,
    error: AdminError,
    setting_up: Option<SettingUp>,
) -> Result<Response, WebError> {
    let problem = Some(problem_of(error)?);
    Ok(not_valid(page(app, visit, Shown { problem, setting_up, ..Shown::default() }).await?))
}

/// Why the password in a field is not the one that is asked for. The same count of failures as at the door: an open browser is no way
/// around it.
async fn wrong_password(app: &App, person: &PersonHere, given: &Pairs, field: &'static str) -> Option<AdminError> {
    match admin::enter(&app.data, &person.email, &typed(given, field)).await {
        Ok(_) => None,
        Err(AdminError::NotKnown) => {
            Some(AdminError::Refused { field, problem: "is wrong".into(), hint: "it is the one you sign in with" })
        }
        Err(error) => Some(error),
    }
}

/// `POST /admin/me/password`
pub async fn password(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let (given, who) = (Pairs(pairs), whoever(&visit)?);
    let person = admin::find(&app.data, &who.id.to_string()).await?;
    if let Some(error) = wrong_password(&app, &person, &given, "current").await {
        return wrong(&app, visit, error, None).await;
    }
    match admin::choose_password(&app.data, &person, &typed(&given, "password"), Some(&who)).await {
        Ok(()) => Ok(back("The password is changed, and you are signed out everywhere else")),
        Err(error) => wrong(&app, visit, error, None).await,
    }
}

fn square(secret: &str, email: &str) -> String {
    QrCode::new(second_step::address(secret, email)).map_or_else(
        |_| String::new(),
        |code| code.render::<svg::Color>().min_dimensions(180, 180).quiet_zone(true).build(),
    )
}

/// `POST /admin/me/second-step`: `begin` shows a secret, `keep` takes it with its first code, `end` takes it away.
pub async fn second(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let (given, who) = (Pairs(pairs), whoever(&visit)?);
    let person = admin::find(&app.data, &who.id.to_string()).await?;
    match given.one("do") {
        Some("begin") => {
            let (secret, sealed) = admin::new_second_step(&app.data);
            let setting_up = Some(SettingUp { square: square(&secret, &person.email), secret, sealed });
            Ok(page(&app, visit, Shown { setting_up, ..Shown::default() }).await?.into_response())
        }
        Some("keep") => {
            let (sealed, secret) = (typed(&given, "sealed"), typed(&given, "secret"));
            match admin::keep_second_step(&app.data, who.id, &sealed, &typed(&given, "code")).await {
                Ok(recovery) => {
                    let done = Some("Signing in asks for a code from now on".to_owned());
                    Ok(page(&app, visit, Shown { recovery, done, ..Shown::default() }).await?.into_response())
                }
                Err(error) => {
                    let setting_up = SettingUp { square: square(&secret, &person.email), secret, sealed };
                    wrong(&app, visit, error, Some(setting_up)).await
                }
            }
        }
        Some("end") => {
            if let Some(error) = wrong_password(&app, &person, &given, "current_for_end").await {
                return wrong(&app, visit, error, None).await;
            }
            app.data.store.set_second_step(who.id, None, &[]).await?;
            Ok(back("Signing in asks for the password alone"))
        }
        _ => Ok(back("Nothing was changed")),
    }
}

/// `POST /admin/me/sign-ins`: signs out everywhere else.
pub async fn elsewhere(State(app): State<App>, visit: Visit) -> Result<Response, WebError> {
    let who = whoever(&visit)?;
    let ended = app.data.store.sign_out_elsewhere(who.id, &who.hash).await?;
    Ok(back(if ended == 0 { "You were signed in here alone" } else { "You are signed in here alone now" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_as_people_name_it() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
                "Chrome on Linux",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("curl/8.0", "curl/8.0"),
        ] {
            assert_eq!(browser_of(agent), expected);
        }
    }
}
