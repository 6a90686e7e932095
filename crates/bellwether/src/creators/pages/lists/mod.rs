//! `/creators/lists`: shortlists: all of them, beginning one, adding people, naming and removing a list. One list, its
//! edit mode, changes for many, files, reviews and overlaps have files of their own.

pub mod bulk;
pub mod columns;
pub mod edit;
pub mod files;
pub mod one;
pub mod reviews;
pub mod together;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use model::AccountId;
use store::Shortlist;

use crate::clock;
use crate::creators::shortlists::changes::{self, Done};
use crate::creators::shortlists::{self, WhichList};
use crate::creators::{CreatorsError, find};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::lists::picked_on_words;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// What was just done, and how it is taken back.
pub struct Notice {
    pub words: String,
    pub undo: Option<String>,
}

impl Notice {
    /// As an address says it.
    async fn of(app: &App, asked: &Pairs) -> Option<Notice> {
        if let Some(key) = asked.one("done") {
            let words = changes::can_be_taken_back(&app.data, key).await?;
            return Some(Notice { words, undo: Some(key.to_owned()) });
        }
        let said = |words: String| Notice { words, undo: None };
        match asked.one("said") {
            Some("same") => return Some(said("Nothing was changed: it was so already.".to_owned())),
            Some("back") => return Some(said("Taken back.".to_owned())),
            Some("kept") => return Some(said("Kept.".to_owned())),
            _ => {}
        }
        let number = |key: &str| asked.one(key).and_then(|count| count.parse::<u64>().ok());
        let mut words = format!("{} added.", format::counted(number("added")?, "person", "people"));
        if let Some(already) = number("already") {
            words.push_str(&format!(" {} on the list before.", format::counted(already, "was", "were")));
        }
        if let Some(unknown) = number("unknown") {
            words.push_str(&format!(" {} left out: nothing about them is held.", format::count(unknown)));
        }
        Some(said(words))
    }
}

/// Back to a page of a list, which says what was done and offers to take it back.
fn back_to(path: &str, done: &Done, asked: &Pairs) -> Redirect {
    let address = Pairs::default().with_some("brand", asked.one("brand").map(str::to_owned));
    let address = match &done.undo {
        Some(key) => address.with("done", key),
        None => address.with("said", "same"),
    };
    Redirect::to(&address.address(path))
}

/// An error of a list, with the way back to it.
fn of_list(error: impl Into<WebError>, id: i64) -> WebError {
    error.into().with(Recovery::new("Back to the shortlist", format!("/creators/lists/{id}")))
}

/// `POST /creators/lists/undo`: takes a change back.
pub async fn undo(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let done = changes::take_back(&app.data, asked.one("undo").unwrap_or("")).await?;
    let address = Pairs::default().with_some("brand", asked.one("brand").map(str::to_owned)).with("said", "back");
    Ok(Redirect::to(&address.address(&format!("/creators/lists/{}", done.list))))
}

/// A list among lists.
pub struct ListLine {
    pub name: String,
    pub address: String,
    pub owner: String,
    pub people: String,
    pub begun: String,
    pub added_to: Option<String>,
}

#[derive(Template)]
#[template(path = "creators/lists.html")]
struct ListsPage {
    layout: Layout,
    lists: Vec<ListLine>,
    finding: String,
    /// The name of a list that was just removed.
    removed: Option<String>,
}

/// `GET /creators/lists`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let lists = app.data.store.shortlists().await?;
    let people: u64 = lists.iter().map(|list| list.people).sum();
    let finding = match lists.len() as u64 {
        0 => "Nobody is picked out yet.".to_owned(),
        many => format!(
            "{} with {}; somebody on two lists counts on both.",
            format::counted(many, "shortlist", "shortlists"),
            format::counted(people, "entry", "entries")
        ),
    };
    let line = |list: Shortlist| ListLine {
        address: format!("/creators/lists/{}", list.id),
        people: format::count(list.people),
        owner: list.owner,
        begun: clock::day(list.created_at),
        added_to: list.added_to_at.map(clock::day),
        name: list.name,
    };
    let layout = Layout::load(&app, visit, Word::Creators, "Shortlists").await?;
    let removed = Pairs(pairs).one("removed").map(str::to_owned);
    draw(ListsPage { layout, lists: lists.into_iter().map(line).collect(), finding, removed }).await
}

/// `POST /creators/lists`: begins an empty list.
pub async fn begin(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let list = shortlists::begin(&app.data, Pairs(pairs).one("list_name").unwrap_or("")).await?;
    Ok(Redirect::to(&format!("/creators/lists/{}", list.id)))
}

/// People named in a form: ticked in a table, selected on the map, or the one whose page it is.
fn people_of(asked: &Pairs) -> Vec<AccountId> {
    let named = asked.all("creator").into_iter().chain(asked.all("account"));
    named.filter_map(|account| account.parse().ok()).collect()
}

/// `POST /creators/lists/add`: `creator`, `account` or `group` several times, or `who` by name; to `list_name`, else to
/// `list`.
pub async fn add(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let groups: Vec<i64> = asked.all("group").iter().filter_map(|group| group.parse().ok()).collect();
    let into = match (asked.one("list_name"), asked.one("list").and_then(|list| list.parse().ok())) {
        (Some(name), _) => WhichList::Named(name.to_owned()),
        (None, Some(list)) => WhichList::Held(list),
        (None, None) => WhichList::Named(String::new()),
    };
    let picked_on = asked.one("picked_on").filter(|place| picked_on_words(place).is_some()).unwrap_or("list");
    let mut people = people_of(&asked);
    if let Some(who) = asked.one("who") {
        people.push(find(&app.data, who).await?);
    }
    let (data, picked_on) = (app.data.clone(), picked_on.to_owned());
    let picked = aside(move || async move { shortlists::pick(&data, into, people, &groups, &picked_on).await }).await?;
    let address = Pairs::default()
        .with("added", picked.added)
        .with_some("already", (picked.already > 0).then_some(picked.already))
        .with_some("unknown", (picked.unknown > 0).then_some(picked.unknown))
        .with_some("brand", asked.one("brand").map(str::to_owned));
    Ok(Redirect::to(&address.address(&format!("/creators/lists/{}", picked.list))))
}

async fn list_of(app: &App, id: i64) -> Result<Shortlist, WebError> {
    Ok(app.data.store.shortlist(id).await?.ok_or_else(|| CreatorsError::NoSuchList(id.to_string()))?)
}

/// `POST /creators/lists/{id}/rename`: another name and owner.
pub async fn rename(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    list_of(&app, id).await?;
    let asked = Pairs(pairs);
    let kept = async {
        shortlists::rename(&app.data, id, asked.one("list_name").unwrap_or("")).await?;
        match asked.0.iter().any(|(key, _)| key == "owner") {
            true => shortlists::own(&app.data, id, asked.one("owner").unwrap_or("")).await.map(drop),
            false => Ok(()),
        }
    };
    kept.await.map_err(|error| of_list(error, id))?;
    Ok(Redirect::to(&format!("/creators/lists/{id}?said=kept")))
}

#[derive(Template)]
#[template(path = "creators/list_delete.html")]
struct DeletePage {
    layout: Layout,
    list: Shortlist,
    people: String,
}

/// `GET /creators/lists/{id}/delete`: asks before a list goes.
pub async fn ask_delete(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let list = list_of(&app, id).await?;
    let people = format::counted(list.people, "person", "people");
    draw(DeletePage { layout: Layout::load(&app, visit, Word::Creators, list.name.clone()).await?, list, people }).await
}

/// `POST /creators/lists/{id}/delete`
pub async fn delete(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let list = list_of(&app, id).await?;
    app.data.store.delete_shortlist(id).await?;
    Ok(Redirect::to(&Pairs::default().with("removed", list.name).address("/creators/lists")))
}
