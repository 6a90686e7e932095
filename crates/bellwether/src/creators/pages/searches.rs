//! `/creators/searches`: saved searches, who newly meets each, and their alerts.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use model::AccountId;
use store::SavedSearch;

use crate::clock;
use crate::creators::names;
use crate::creators::search::asked::Asked;
use crate::creators::search::saved::{asked_of, find, pairs_of, save};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// New matches named on the page.
const NAMED_MAX: usize = 12;

/// A saved search.
pub struct SearchLine {
    pub id: i64,
    pub name: String,
    pub address: String,
    pub matches: String,
    pub checked: String,
    pub alert: bool,
    pub new: String,
    pub people: Vec<Person>,
    /// New matches beyond those named.
    pub more: Option<String>,
}

#[derive(Template)]
#[template(path = "creators/searches.html")]
struct SearchesPage {
    layout: Layout,
    finding: String,
    searches: Vec<SearchLine>,
    removed: Option<String>,
}

/// `GET /creators/searches`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let mut searches = vec![];
    let mut new = 0;
    for saved in app.data.store.saved_searches().await? {
        new += saved.new;
        searches.push(line(&app, saved).await?);
    }
    let finding = match (searches.len() as u64, new) {
        (0, _) => "No search is saved yet.".to_owned(),
        (some, 0) => format!(
            "{}; nobody new since they were last looked at.",
            format::counted(some, "saved search", "saved searches")
        ),
        (some, new) => format!(
            "{}; {} since they were last looked at.",
            format::counted(some, "saved search", "saved searches"),
            format::counted(new, "new match", "new matches")
        ),
    };
    let layout = Layout::load(&app, visit, Word::Creators, "Saved searches").await?;
    draw(SearchesPage { layout, finding, searches, removed: Pairs(pairs).one("removed").map(str::to_owned) }).await
}

async fn line(app: &App, saved: SavedSearch) -> Result<SearchLine, WebError> {
    let new: Vec<AccountId> = app.data.store.new_matches(saved.id).await?;
    let named = names(&app.data, new.iter().take(NAMED_MAX).copied().collect()).await?;
    let people: Vec<Person> = new.iter().filter_map(|account| named.get(account)).map(Person::of).collect();
    let more = new.len().saturating_sub(NAMED_MAX);
    Ok(SearchLine {
        id: saved.id,
        address: asked_of(&saved).pairs().with_some("brand", saved.brand.as_deref()).address("/creators"),
        matches: format::counted(saved.matches, "creator", "creators"),
        checked: clock::day(saved.checked_at),
        alert: saved.alert,
        new: format::counted(saved.new, "new", "new"),
        people,
        more: (more > 0).then(|| format::count(more as u64)),
        name: saved.name,
    })
}

/// `POST /creators/searches`: saves the search of `address` under `name`.
pub async fn create(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let question = given.one("address").unwrap_or("").split_once('?').map_or("", |(_, question)| question).to_owned();
    let asked_pairs = pairs_of(&question);
    let (asked, _) = Asked::of(&asked_pairs);
    let brand = asked_pairs.one("brand").map(str::to_owned).filter(|brand| brand != "none");
    let (name, alert) = (given.one("name").unwrap_or("").to_owned(), given.one("alert").is_some());
    let (data, kept) = (app.data.clone(), asked.clone());
    let of_brand = brand.clone();
    let saved = aside(move || async move { save(&data, &name, &kept, of_brand.as_deref(), alert).await }).await?;
    Ok(Redirect::to(&asked.pairs().with_some("brand", brand).with("saved", saved.name).address("/creators")))
}

/// `POST /creators/searches/{id}/change`: `seen`, `alert=on|off` or `delete`.
pub async fn change(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let saved = find(&app.data, &id.to_string()).await?;
    let given = Pairs(pairs);
    match given.one("do") {
        Some("seen") => app.data.store.matches_seen(saved.id).await?,
        Some("watch") => app.data.store.set_alert(saved.id, true).await?,
        Some("unwatch") => app.data.store.set_alert(saved.id, false).await?,
        Some("delete") => {
            app.data.store.delete_saved_search(saved.id).await?;
            return Ok(Redirect::to(&Pairs::default().with("removed", saved.name).address("/creators/searches")));
        }
        _ => {}
    }
    Ok(Redirect::to("/creators/searches"))
}
