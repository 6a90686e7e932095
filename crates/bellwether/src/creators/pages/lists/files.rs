//! A shortlist as a CSV file, out and in: `/creators/lists/{id}/people.csv`, `/creators/lists/import` and
//! `/creators/lists/{id}/import`.

use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::RowIssue;
use tokio::io::AsyncWriteExt;

use super::{Notice, list_of, of_list, people_of};
use crate::creators::shortlists::WhichList;
use crate::creators::shortlists::exporting::table;
use crate::creators::shortlists::importing::{Imported, Run, import};
use crate::ingest::uploads::{Place, make_place};
use crate::web::app::{App, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// The largest file taken onto a list: ten thousand people with every column of an export.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Refused rows shown.
const REFUSED_SHOWN_MAX: usize = 200;

/// `GET /creators/lists/{id}/people.csv`: everybody on the list, or those ticked, with every part of every estimate.
pub async fn download(
    State(app): State<App>,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let list = list_of(&app, id).await?;
    let ticked = people_of(&Pairs(pairs));
    let (data, name) = (app.data.clone(), list.name.clone());
    let sheet = aside(move || async move {
        let only = (!ticked.is_empty()).then_some(ticked.as_slice());
        table(&data, &list, only).await
    })
    .await?;
    Ok(sheet.download(&format!("shortlist-{name}.csv")))
}

/// A refused row.
pub struct IssueLine {
    pub file: String,
    pub row: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
    pub refused: &'static str,
}

#[derive(Template)]
#[template(path = "creators/list_import.html")]
struct ImportPage {
    layout: Layout,
    imported: Imported,
    finding: String,
    notice: Option<Notice>,
    issues: Vec<IssueLine>,
    beyond: usize,
}

/// `POST /creators/lists/{id}/import`: people of a CSV file onto this list.
pub async fn bring_in(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    multipart: Multipart,
) -> Result<Response, WebError> {
    list_of(&app, id).await?;
    let arrived = receive(&app, multipart).await?;
    taken(&app, visit, WhichList::Held(id), arrived).await.map_err(|error| of_list(error, id))
}

/// `POST /creators/lists/import`: people of a CSV file onto a list of this name, begun where there is none.
pub async fn begin_with(State(app): State<App>, visit: Visit, multipart: Multipart) -> Result<Response, WebError> {
    let arrived = receive(&app, multipart).await?;
    let name = arrived.list_name.clone();
    taken(&app, visit, WhichList::Named(name), arrived).await
}

async fn taken(app: &App, visit: Visit, into: WhichList, arrived: Arrived) -> Result<Response, WebError> {
    let Some(place) = arrived.place else {
        return Err(WebError::unreadable("No file was sent", "Choose a CSV file and send it again."));
    };
    let (data, path) = (app.data.clone(), place.path.clone());
    let outcome = aside(move || async move { import(&data, into, &path, Run::Real).await }).await;
    place.abandon();
    let imported = outcome?;
    let line = |issue: &RowIssue| IssueLine {
        file: issue.file.clone(),
        row: issue.row.map(format::count).unwrap_or_default(),
        column: issue.column.clone().unwrap_or_default(),
        problem: issue.problem.clone(),
        hint: issue.hint.clone(),
        refused: "left out",
    };
    let taken = imported.added + imported.changed + imported.same;
    let status = if taken == 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = draw(ImportPage {
        layout: Layout::load(app, visit, Word::Creators, format!("A file for {}", imported.name)).await?,
        finding: finding(&imported),
        notice: imported
            .undo
            .clone()
            .map(|undo| Notice { words: "The list was changed.".to_owned(), undo: Some(undo) }),
        issues: imported.refused.iter().take(REFUSED_SHOWN_MAX).map(line).collect(),
        beyond: imported.refused.len().saturating_sub(REFUSED_SHOWN_MAX),
        imported,
    })
    .await?;
    Ok((status, page).into_response())
}

fn finding(imported: &Imported) -> String {
    let mut words = format!(
        "{}: {} added, {} changed, {} on the list as they are",
        format::counted(imported.rows, "row", "rows"),
        format::count(imported.added),
        format::count(imported.changed),
        format::count(imported.same)
    );
    match imported.refused.len() as u64 {
        0 => words.push_str(", none left out."),
        some => words.push_str(&format!(
            ", {} left out, of which {} name somebody about whom nothing is held.",
            format::count(some),
            format::count(imported.not_held)
        )),
    }
    words
}

/// What a form with a file brought.
struct Arrived {
    place: Option<Place>,
    list_name: String,
}

async fn receive(app: &App, mut multipart: Multipart) -> Result<Arrived, WebError> {
    let mut arrived = Arrived { place: None, list_name: String::new() };
    let outcome = receive_parts(app, &mut multipart, &mut arrived).await;
    if let (Err(_), Some(place)) = (&outcome, arrived.place.take_if(|_| outcome.is_err())) {
        place.abandon();
    }
    outcome.map(|()| arrived)
}

async fn receive_parts(app: &App, multipart: &mut Multipart, arrived: &mut Arrived) -> Result<(), WebError> {
    let cut_off = |error: axum::extract::multipart::MultipartError| {
        WebError::unreadable(
            "The file did not arrive whole",
            format!("The transfer ended early, or the file is larger than 64 MB: {error}. Nothing was changed."),
        )
    };
    while let Some(mut field) = multipart.next_field().await.map_err(cut_off)? {
        match field.name().unwrap_or_default() {
            "file" if field.file_name().is_some_and(|name| !name.is_empty()) && arrived.place.is_none() => {
                let place = make_place(&app.data, field.file_name().unwrap_or_default())?;
                let target = place.path.clone();
                arrived.place = Some(place);
                let unwritable = |error: std::io::Error| WebError::fault("writing the file to disk", &error);
                let mut file = tokio::fs::File::create(&target).await.map_err(unwritable)?;
                while let Some(portion) = field.chunk().await.map_err(cut_off)? {
                    file.write_all(&portion).await.map_err(unwritable)?;
                }
                file.flush().await.map_err(unwritable)?;
            }
            "list_name" => arrived.list_name = field.text().await.map_err(cut_off)?,
            _ => {}
        }
    }
    Ok(())
}
