//! `/outreach/views`: filters of the lists of contacts and deals, kept under names; and the chips by which a list opens its own.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Part, Problem, back_to, not_valid, parts, problem_of, saying, typed};
use crate::creators::search::saved::pairs_of;
use crate::outreach::views::{self, ViewShown};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A view as a chip above its list.
pub struct ViewChip {
    pub name: String,
    pub address: String,
    pub is_here: bool,
}

/// The views of a list, and what would be kept of its present filters.
pub struct KeptViews {
    pub chips: Vec<ViewChip>,
    pub path: &'static str,
    pub query: String,
    /// The list is filtered, and no view shows just this.
    pub is_new: bool,
}

impl KeptViews {
    pub async fn of(app: &App, path: &'static str, asked: &Pairs) -> Result<KeptViews, WebError> {
        let query = views::question_of(asked);
        let chip = |view: ViewShown| ViewChip { is_here: view.query == query, name: view.name, address: view.address };
        let chips: Vec<ViewChip> = views::all(&app.data, Some(path)).await?.into_iter().map(chip).collect();
        Ok(KeptViews { is_new: !query.is_empty() && !chips.iter().any(|chip| chip.is_here), chips, path, query })
    }
}

/// A view with the form that renames it.
pub struct ViewLine {
    pub view: ViewShown,
    /// What was typed as its new name, where that was not taken.
    pub typed: String,
    pub is_wrong: bool,
}

/// Filters that are about to be kept.
pub struct NewView {
    pub path: String,
    pub query: String,
    pub name: String,
    pub filters: String,
}

#[derive(Template)]
#[template(path = "outreach/views.html")]
struct ViewsPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    rows: Vec<ViewLine>,
    new: Option<NewView>,
}

/// What of the page was sent and not taken.
enum Wrong<'a> {
    Nothing,
    New(&'a Pairs),
    Renamed(i64, &'a str),
}

/// `GET /outreach/views`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), Wrong::Nothing, None).await
}

async fn page(app: &App, visit: Visit, asked: &Pairs, wrong: Wrong<'_>, problem: Option<Problem>) -> Page {
    let renamed = match wrong {
        Wrong::Renamed(id, name) => Some((id, name)),
        _ => None,
    };
    let line = |view: ViewShown| {
        let wrong = renamed.filter(|(id, _)| *id == view.id);
        ViewLine {
            typed: wrong.map_or_else(|| view.name.clone(), |(_, name)| name.to_owned()),
            is_wrong: wrong.is_some(),
            view,
        }
    };
    let rows = views::all(&app.data, None).await?.into_iter().map(line).collect();
    let new = match wrong {
        Wrong::New(given) => Some(NewView {
            path: typed(given, "path"),
            name: typed(given, "view_name"),
            filters: views::filter_words(&pairs_of(&typed(given, "query"))),
            query: typed(given, "query"),
        }),
        _ => None,
    };
    draw(ViewsPage {
        layout: Layout::load(app, Visit { here: "/outreach/views".into(), ..visit }, Word::Outreach, "Views").await?,
        parts: parts("Contacts"),
        done: asked.one("done").map(str::to_owned),
        problem,
        rows,
        new,
    })
    .await
}

/// `POST /outreach/views`: keeps the filters of a list under a name.
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let (name, path, query) = (typed(&given, "view_name"), typed(&given, "path"), typed(&given, "query"));
    match views::keep(&app.data, &name, &path, &query).await {
        Ok(view) => {
            let done = format!("Kept as the view “{}”", view.name);
            Ok(Redirect::to(&saying(&view.address, &done)).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, &given, Wrong::New(&given), Some(problem)).await?))
        }
    }
}

/// `POST /outreach/views/{id}`: another name, or no longer kept.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let changed = match given.one("do") {
        Some("rename") => views::rename(&app.data, id, &typed(&given, "view_name")).await.map(|()| "Renamed"),
        Some("delete") => views::delete(&app.data, id).await.map(|()| "The view is deleted; whom it showed is not"),
        _ => return Err(WebError::unreadable("Nothing to do", "The form does not say what is to be done.")),
    };
    match changed {
        Ok(done) => Ok(back_to(&given, "/outreach/views", done).into_response()),
        Err(error) => {
            let (problem, name) = (problem_of(error)?, typed(&given, "view_name"));
            Ok(not_valid(page(&app, visit, &given, Wrong::Renamed(id, &name), Some(problem)).await?))
        }
    }
}
