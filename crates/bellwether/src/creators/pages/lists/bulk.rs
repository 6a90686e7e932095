//! `/creators/lists/{id}/bulk`: one thing done to many people of a list: first how many and who, then it is done, and it
//! can be taken back.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::AccountId;
use store::{Shortlist, ShortlistColumn};

use super::one::OtherList;
use super::{back_to, list_of, of_list, people_of};
use crate::creators::shortlists::changes::{Bulk, VALUE_LETTERS_MAX, bulk};
use crate::creators::shortlists::columns::WhichColumn;
use crate::creators::shortlists::{self, WhichList};
use crate::creators::stages::{NOT_BEGUN, STAGES};
use crate::creators::{self, CreatorName};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// More than so many are counted and shown before anything is done to them.
const AT_ONCE_MAX: usize = 50;
/// People named on the page that asks.
const NAMED_MAX: usize = 50;

#[derive(Template)]
#[template(path = "creators/list_bulk.html")]
struct BulkPage {
    layout: Layout,
    list: Shortlist,
    brand: Option<String>,
    what: &'static str,
    title: &'static str,
    button: &'static str,
    count: u64,
    people: String,
    /// Those on the list but not yet held to be counted: the list changed since it was looked at.
    changed: bool,
    whole: bool,
    accounts: Vec<String>,
    named: Vec<Person>,
    beyond: usize,
    lists: Vec<OtherList>,
    stages: Vec<(&'static str, &'static str)>,
    columns: Vec<ShortlistColumn>,
    value_letters_max: usize,
}

/// What can be done: code, heading, button.
const WAYS: [(&str, &str, &str); 6] = [
    ("move", "Move to another shortlist", "Move them"),
    ("copy", "Copy to another shortlist", "Copy them"),
    ("stage", "Set the stage", "Set the stage"),
    ("owner", "Set the owner", "Set the owner"),
    ("value", "Set a column’s value", "Set the value"),
    ("take-off", "Take off the list", "Take them off"),
];

/// Whom a form means: all of the list, or those ticked who are on it.
async fn meant(app: &App, id: i64, asked: &Pairs) -> Result<Vec<AccountId>, WebError> {
    let on_it = shortlists::everybody(&app.data, id).await?;
    if asked.one("whole").is_some() {
        return Ok(on_it);
    }
    let ticked = people_of(asked);
    Ok(on_it.into_iter().filter(|account| ticked.contains(account)).collect())
}

/// `GET /creators/lists/{id}/bulk`: says how many and who, and asks for what is needed.
pub async fn ask(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    let people = meant(&app, id, &asked).await?;
    page(&app, visit, id, &asked, people, false).await
}

async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, people: Vec<AccountId>, changed: bool) -> Page {
    let list = list_of(app, id).await?;
    let Some((what, title, button)) = WAYS.into_iter().find(|(code, ..)| Some(*code) == asked.one("do")) else {
        return Err(of_list(WebError::unreadable("Nothing to do", "The address does not say what is to be done."), id));
    };
    if people.is_empty() {
        let nobody = "Nobody is ticked, or those ticked are no longer on the list. Tick people first.";
        return Err(of_list(WebError::unreadable("Nobody is meant", nobody), id));
    }
    let first: Vec<AccountId> = people.iter().take(NAMED_MAX).copied().collect();
    let (data, asked_for) = (app.data.clone(), first.clone());
    let names = aside(move || async move { creators::names(&data, asked_for).await }).await?;
    let named: Vec<&CreatorName> = first.iter().filter_map(|account| names.get(account)).collect();
    let lists = app.data.store.shortlists().await?;
    let whole = asked.one("whole").is_some();
    draw(BulkPage {
        layout: Layout::load(app, visit, Word::Creators, title).await?,
        brand: asked.one("brand").map(str::to_owned),
        what,
        title,
        button,
        count: people.len() as u64,
        people: format::counted(people.len() as u64, "person", "people"),
        changed,
        whole,
        accounts: if whole { vec![] } else { people.iter().map(ToString::to_string).collect() },
        beyond: people.len() - named.len(),
        named: named.into_iter().map(Person::of).collect(),
        lists: lists
            .into_iter()
            .filter(|other| other.id != id)
            .map(|list| OtherList { id: list.id, name: list.name })
            .collect(),
        stages: [(NOT_BEGUN, "not begun")].into_iter().chain(STAGES).collect(),
        columns: app.data.store.shortlist_columns(id).await?,
        value_letters_max: VALUE_LETTERS_MAX,
        list,
    })
    .await
}

/// What a form asks for; `None` where something is missing.
fn asked_for(asked: &Pairs) -> Option<Bulk> {
    let into = || match (asked.one("list_name"), asked.one("list").and_then(|list| list.parse().ok())) {
        (Some(name), _) => Some(WhichList::Named(name.to_owned())),
        (None, Some(list)) => Some(WhichList::Held(list)),
        (None, None) => None,
    };
    let text = |key: &str| asked.one(key).unwrap_or("").to_owned();
    let column = || match (asked.one("column_name"), asked.one("column").and_then(|column| column.parse().ok())) {
        (Some(name), _) => Some(WhichColumn::Named(name.to_owned())),
        (None, Some(column)) => Some(WhichColumn::Held(column)),
        (None, None) => None,
    };
    match asked.one("do")? {
        "take-off" => Some(Bulk::TakeOff),
        "move" => into().map(Bulk::Move),
        "copy" => into().map(Bulk::Copy),
        "stage" => asked.one("stage").map(|stage| Bulk::Stage(stage.to_owned())),
        "owner" => Some(Bulk::Owner(text("owner"))),
        "value" => column().map(|column| Bulk::Value { column, value: text("value") }),
        _ => None,
    }
}

/// `POST /creators/lists/{id}/bulk`: does it, where as many are meant as were counted.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let people = meant(&app, id, &asked).await?;
    let counted = asked.one("count").and_then(|count| count.parse().ok());
    if people.is_empty() || counted != Some(people.len()) {
        return Ok(page(&app, visit, id, &asked, people, true).await?.into_response());
    }
    Ok(carried_out(&app, id, &asked, people).await?.into_response())
}

async fn carried_out(app: &App, id: i64, asked: &Pairs, people: Vec<AccountId>) -> Result<Redirect, WebError> {
    let list = list_of(app, id).await?;
    let missing = || {
        let words = "A shortlist to go to, or a column to fill, must be chosen or named.";
        of_list(WebError::unreadable("Something is missing", words), id)
    };
    let what = asked_for(asked).ok_or_else(missing)?;
    let data = app.data.clone();
    let done = aside(move || async move { bulk(&data, &list, &people, what).await }).await;
    let done = done.map_err(|error| of_list(error, id))?;
    Ok(back_to(&format!("/creators/lists/{id}"), &done, asked))
}

/// `POST /creators/lists/{id}/remove`: takes the ticked off the list; many are counted first.
pub async fn take_off(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs).with("do", "take-off");
    let people = meant(&app, id, &asked).await?;
    if people.is_empty() || people.len() > AT_ONCE_MAX {
        return Ok(page(&app, visit, id, &asked, people, false).await?.into_response());
    }
    Ok(carried_out(&app, id, &asked, people).await?.into_response())
}
