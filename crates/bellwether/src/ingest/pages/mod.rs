//! The imports: the list, one import with what it refused, and taking it back.

pub mod connections;
pub mod job;
pub mod new;
pub mod sources;
pub mod upload;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::{ImportId, RowIssue};
use store::{ImportRecord, ImportState};

use super::IngestError;
use crate::clock;
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::jobs::NewJob;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Refused rows shown on one page.
const ISSUES_A_PAGE: i64 = 100;

/// A part of ingest, as the pages link to it.
pub struct IngestPart {
    pub words: &'static str,
    pub address: &'static str,
    pub is_here: bool,
}

/// The parts, in the order of the work.
fn parts(here: &str) -> Vec<IngestPart> {
    let all = [
        ("Imports", "/ingest"),
        ("New import", "/ingest/new"),
        ("Connections", "/ingest/connections"),
        ("Sources", "/ingest/sources"),
    ];
    all.into_iter().map(|(words, address)| IngestPart { words, address, is_here: words == here }).collect()
}

/// One import in a list.
pub struct ImportLine {
    pub id: String,
    pub label: String,
    pub source: String,
    pub state: &'static str,
    pub started: String,
    pub rows: String,
    pub new: String,
    pub known: String,
    pub refused: String,
    pub has_refused: bool,
    pub can_be_undone: bool,
}

impl ImportLine {
    fn new(import: &ImportRecord) -> ImportLine {
        ImportLine {
            id: import.id.to_string(),
            label: import.label.clone(),
            source: import.source_code.clone(),
            state: state_words(import.state),
            started: clock::minute(import.started_at),
            rows: format::count(import.counts.rows_in),
            new: format::count(import.counts.inserted),
            known: format::count(import.counts.already_known),
            refused: format::count(import.counts.refused),
            has_refused: import.counts.refused > 0,
            // What a connection brought goes with it as a whole: later portions name what earlier ones did.
            can_be_undone: import.state == ImportState::Done && import.connection.is_none(),
        }
    }
}

fn state_words(state: ImportState) -> &'static str {
    match state {
        ImportState::Running => "running",
        ImportState::Done => "done",
        ImportState::Undoing => "being taken back",
        ImportState::Undone => "taken back",
        ImportState::Failed => "failed, nothing kept",
    }
}

/// A row that was refused, or taken with a remark.
pub struct IssueLine {
    pub file: String,
    pub row: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
    pub refused: &'static str,
}

impl IssueLine {
    pub fn new(issue: &RowIssue) -> IssueLine {
        IssueLine {
            file: issue.file.clone(),
            row: issue.row.map_or_else(|| "whole file".to_owned(), format::count),
            column: issue.column.clone().unwrap_or_else(|| "whole row".to_owned()),
            problem: issue.problem.clone(),
            hint: issue.hint.clone(),
            refused: if issue.refused { "left out" } else { "taken" },
        }
    }
}

#[derive(Template)]
#[template(path = "ingest/index.html")]
struct ImportsPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    /// Connections with what they brought, which has pages of its own.
    connected: Vec<(String, i64, String)>,
    imports: Vec<ImportLine>,
    finding: String,
}

/// `GET /ingest`
pub async fn index(State(app): State<App>, visit: Visit) -> Page {
    let layout = Layout::load(&app, visit, Word::Ingest, "Imports").await?;
    let brought = app.data.store.brought().await?;
    let done = brought.iter().map(|one| one.imports).sum();
    let facts = brought.iter().map(|one| one.inserted).sum();
    let refused: u64 = brought.iter().map(|one| one.refused).sum();
    let finding = format!(
        "{} brought {}; {}.",
        format::counted(done, "import has", "imports have"),
        format::counted(facts, "fact", "facts"),
        if refused == 0 {
            "no row was refused".to_owned()
        } else {
            format::counted(refused, "row was refused", "rows were refused")
        },
    );
    let mut connected = vec![];
    for row in app.data.store.connections().await? {
        let facts = brought.iter().find(|one| one.connection == Some(row.id)).map_or(0, |one| one.inserted);
        connected.push((row.name, row.id, format::counted(facts, "fact", "facts")));
    }
    let imports = app.data.store.imports_by_hand().await?.iter().map(ImportLine::new).collect();
    draw(ImportsPage { layout, parts: parts("Imports"), connected, imports, finding }).await
}

#[derive(Template)]
#[template(path = "ingest/show.html")]
struct ImportPage {
    layout: Layout,
    import: ImportLine,
    finished: Option<String>,
    forgotten: Option<String>,
    remarks: Vec<String>,
    /// What must be said wherever rows of this source are shown.
    attribution: Option<String>,
    legal_basis: String,
    kept_for: String,
    issues: Vec<IssueLine>,
    issue_count: String,
    older: Option<String>,
    newer: Option<String>,
    /// The file was imported before, so nothing was added now.
    same_file: bool,
}

/// `GET /ingest/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let import = import_of(&app, id).await?;
    let offset = i64::try_from(query.offset("offset")).unwrap_or(0);
    let all = app.data.store.issue_count(import.id).await?;
    let issues = app.data.store.issues(import.id, ISSUES_A_PAGE, offset).await?;
    let source = app.data.store.sources().await?.into_iter().find(|source| source.code == import.source_code);
    let at = |offset: i64| format!("/ingest/{id}?offset={offset}");
    let layout = Layout::load(&app, visit, Word::Ingest, format!("Import {id}")).await?;
    draw(ImportPage {
        layout,
        import: ImportLine::new(&import),
        finished: import.finished_at.map(clock::minute),
        forgotten: (import.counts.tombstoned > 0).then(|| format::count(import.counts.tombstoned)),
        remarks: import.remarks.clone(),
        attribution: source.as_ref().and_then(|source| source.attribution.clone()),
        legal_basis: source.as_ref().map_or_else(|| "not stated".to_owned(), |source| source.legal_basis.clone()),
        kept_for: source
            .and_then(|source| source.max_age)
            .map_or_else(|| "no limit".to_owned(), |age| format!("{} days without a refresh", age.0)),
        issues: issues.iter().map(IssueLine::new).collect(),
        issue_count: format::count_of(all),
        newer: (offset > 0).then(|| at((offset - ISSUES_A_PAGE).max(0))),
        older: (offset + ISSUES_A_PAGE < all).then(|| at(offset + ISSUES_A_PAGE)),
        same_file: query.one("same").is_some(),
    })
    .await
}

async fn import_of(app: &App, id: i64) -> Result<ImportRecord, WebError> {
    let id = ImportId(id);
    Ok(app.data.store.import(id).await?.ok_or(IngestError::NoSuchImport(id))?)
}

/// `GET /ingest/{id}/refused.csv`: every refused row with its reason.
pub async fn refused_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let import = import_of(&app, id).await?;
    let issues = app.data.store.issues(import.id, i64::MAX, 0).await?;
    let mut csv = crate::web::csv::Sheet::new(&["file", "row", "column", "problem", "hint", "left_out"]);
    for issue in issues {
        csv.row([
            issue.file,
            issue.row.map(|row| row.to_string()).unwrap_or_default(),
            issue.column.unwrap_or_default(),
            issue.problem,
            issue.hint,
            issue.refused.to_string(),
        ]);
    }
    Ok(csv.download(&format!("import-{id}-refused.csv")))
}

fn refuse_undoing(import: &ImportRecord) -> Result<(), WebError> {
    if import.state != ImportState::Done {
        return Err(IngestError::AlreadyUndone(import.id).into());
    }
    if let Some(connection) = import.connection {
        return Err(IngestError::OfConnection(import.id, connection).into());
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "ingest/undo.html")]
struct UndoPage {
    layout: Layout,
    import: ImportLine,
}

/// `GET /ingest/{id}/undo`: asks before anything is taken back.
pub async fn undo_confirm(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let import = import_of(&app, id).await?;
    refuse_undoing(&import)?;
    let layout = Layout::load(&app, visit, Word::Ingest, format!("Take back import {id}")).await?;
    draw(UndoPage { layout, import: ImportLine::new(&import) }).await
}

/// `POST /ingest/{id}/undo`
pub async fn undo(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let import = import_of(&app, id).await?;
    refuse_undoing(&import)?;
    let data = app.data.clone();
    let new = NewJob { title: format!("taking back {}", import.label), size_bytes: 0 };
    let job = app.jobs.start(new, move |job| async move {
        job.step("removing exactly what this import brought");
        super::undo(&data, import.id).await?;
        job::bring_up_to_date(&data, &job).await;
        Ok(format!("/ingest/{id}"))
    });
    Ok(Redirect::to(&format!("/ingest/jobs/{}", job.number)).into_response())
}
