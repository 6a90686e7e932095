//! `/creators/lists/{id}/columns`: the columns people made for a list: adding, naming, moving, removing.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use store::Shortlist;

use super::{Notice, back_to, list_of, of_list};
use crate::creators::shortlists::columns::{COLUMNS_MAX, Way, add, remove, rename, shift};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A column with how many people it says something about.
pub struct ColumnLine {
    pub id: i64,
    pub name: String,
    pub filled: usize,
    pub is_first: bool,
    pub is_last: bool,
}

#[derive(Template)]
#[template(path = "creators/list_columns.html")]
struct ColumnsPage {
    layout: Layout,
    list: Shortlist,
    notice: Option<Notice>,
    columns: Vec<ColumnLine>,
    columns_max: usize,
}

/// `GET /creators/lists/{id}/columns`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let list = list_of(&app, id).await?;
    let held = app.data.store.shortlist_columns(id).await?;
    let values = app.data.store.shortlist_values(id).await?;
    let last = held.len();
    let line = |(place, column): (usize, store::ShortlistColumn)| ColumnLine {
        filled: values.iter().filter(|value| value.column == column.id).count(),
        is_first: place == 0,
        is_last: place + 1 == last,
        id: column.id,
        name: column.name,
    };
    draw(ColumnsPage {
        layout: Layout::load(&app, visit, Word::Creators, format!("Columns of {}", list.name)).await?,
        notice: Notice::of(&app, &Pairs(pairs)).await,
        columns: held.into_iter().enumerate().map(line).collect(),
        columns_max: COLUMNS_MAX,
        list,
    })
    .await
}

/// `POST /creators/lists/{id}/columns`: one thing at a time.
pub async fn change(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    list_of(&app, id).await?;
    let path = format!("/creators/lists/{id}/columns");
    let name = asked.one("column_name").unwrap_or("");
    let column = asked.one("column").and_then(|column| column.parse().ok()).unwrap_or(0);
    let outcome = match asked.one("do") {
        Some("add") => add(&app.data, id, name).await.map(|_| None),
        Some("left") => shift(&app.data, id, column, Way::Left).await.map(|()| None),
        Some("right") => shift(&app.data, id, column, Way::Right).await.map(|()| None),
        Some("remove") => remove(&app.data, id, column).await.map(Some),
        _ => rename(&app.data, id, column, name).await.map(|_| None),
    };
    match outcome.map_err(|error| of_list(error, id))? {
        Some(done) => Ok(back_to(&path, &done, &asked)),
        None => Ok(Redirect::to(&format!("{path}?said=kept"))),
    }
}
