//! `/admin/people`: who may come in, and what each may do.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use model::Role;

use super::problem_of;
use crate::admin::{self, AdminError};
use crate::clock;
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Somebody as a row.
pub struct PersonLine {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub role: &'static str,
    pub state: &'static str,
    pub is_barred: bool,
    pub second_step: &'static str,
    pub seen: String,
    pub is_me: bool,
}

/// A role to choose.
pub struct RoleChoice {
    pub code: &'static str,
    pub words: &'static str,
}

#[derive(Template)]
#[template(path = "admin/people.html")]
struct PeoplePage {
    layout: Layout,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    people: Vec<PersonLine>,
    roles: Vec<RoleChoice>,
    /// A link that is shown once, and for whom.
    link: Option<(String, String)>,
    is_first: bool,
    name: String,
    email: String,
    role: String,
}

fn line(person: store::PersonHere, me: Option<i64>) -> PersonLine {
    PersonLine {
        is_me: Some(person.id) == me,
        id: person.id,
        name: person.name,
        email: person.email,
        role: person.role.code(),
        state: match (person.is_barred, person.password_hash.is_some()) {
            (true, _) => "barred",
            (false, true) => "active",
            (false, false) => "invited",
        },
        is_barred: person.is_barred,
        second_step: if person.totp_secret.is_some() { "password and code" } else { "password" },
        seen: person.signed_in_at.map_or_else(|| "never".to_owned(), clock::minute),
    }
}

async fn page(
    app: &App,
    visit: Visit,
    given: &Pairs,
    link: Option<(String, String)>,
    problem: Option<Problem>,
) -> Page {
    let me = visit.who.as_ref().map(|who| who.id);
    let people = app.data.store.people_here().await?;
    let is_first = !app.data.store.has_people().await?;
    let active = people.iter().filter(|person| person.password_hash.is_some() && !person.is_barred).count() as u64;
    let finding = match active {
        0 => "Nobody signs in: whoever sits at this machine may do everything, and no other machine is let in."
            .to_owned(),
        active => format!("{} in.", crate::web::format::counted(active, "person signs", "people sign")),
    };
    draw(PeoplePage {
        layout: Layout::load(app, visit, Word::None, "People").await?,
        done: given.one("done").map(str::to_owned),
        problem,
        finding,
        people: people.into_iter().map(|person| line(person, me)).collect(),
        roles: Role::ALL.map(|role| RoleChoice { code: role.code(), words: role.words() }).into(),
        link,
        is_first,
        name: typed(given, "name"),
        email: typed(given, "email"),
        role: given.one("role").map_or_else(|| (if is_first { "owner" } else { "viewer" }).to_owned(), str::to_owned),
    })
    .await
}

/// `GET /admin/people`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let given = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, &given, None, None).await
}

fn link_of(headers: &HeaderMap, secret: &str) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let is_https = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()) == Some("https");
    format!("{}://{host}/invited/{secret}", if is_https { "https" } else { "http" })
}

/// `POST /admin/people`: adds somebody, and shows the link at which they choose a password.
pub async fn add(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let role = given.one("role").and_then(Role::from_code).unwrap_or(Role::Viewer);
    let (email, name) = (typed(&given, "email"), typed(&given, "name"));
    match admin::add(&app.data, &email, &name, role).await {
        Ok((_, secret)) => {
            let link = Some((name.trim().to_owned(), link_of(&headers, &secret)));
            Ok(page(&app, visit, &Pairs::default(), link, None).await?.into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, None, Some(problem_of(error)?)).await?)),
    }
}

/// `POST /admin/people/{id}`: `change`, `invite`, `remove`.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let person = admin::find(&app.data, &id.to_string()).await?;
    let done = match given.one("do") {
        Some("invite") => {
            let secret = admin::invite(&app.data, id).await?;
            let link = Some((person.name.clone(), link_of(&headers, &secret)));
            return Ok(page(&app, visit, &Pairs::default(), link, None).await?.into_response());
        }
        Some("remove") => admin::remove(&app.data, &person).await.map(|()| format!("{} is removed", person.name)),
        _ => {
            let role = given.one("role").and_then(Role::from_code).unwrap_or(person.role);
            let is_barred = given.one("barred").is_some();
            let changed = admin::change(&app.data, &person, &person.name, role, is_barred).await;
            changed.map(|()| format!("{} is changed", person.name))
        }
    };
    match done {
        Ok(done) => Ok(Redirect::to(&Pairs::default().with("done", done).address("/admin/people")).into_response()),
        Err(error @ AdminError::NoSuchPerson(_)) => Err(error.into()),
        Err(error) => Ok(not_valid(page(&app, visit, &Pairs::default(), None, Some(problem_of(error)?)).await?)),
    }
}
