//! One uploaded file before it is brought in: what its columns mean, what would be taken, what would be refused.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::new::{Choice, FieldError};
use super::{IssueLine, job};
use crate::ingest::DryRun;
use crate::ingest::mapped_csv::{ColumnMapping, Proposal, RowsAre};
use crate::ingest::uploads::{self, Upload, UploadKind};
use crate::web::app::{App, Page, draw};
use crate::web::error::{Recovery, WebError, message_and_hint};
use crate::web::format;
use crate::web::jobs::NewJob;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Files beyond this size are tried out only on request: a trial reads all of it.
const TRIED_AT_ONCE_BYTES: u64 = 32_000_000;
const ISSUES_SHOWN: usize = 20;

/// A field and the columns it can be read from.
pub struct FieldChoice {
    pub name: &'static str,
    pub words: &'static str,
    pub needed: bool,
    pub columns: Vec<Choice>,
}

/// The mapping form of a CSV file with columns of its own.
pub struct MappingForm {
    pub rows_are: Vec<Choice>,
    pub fields: Vec<FieldChoice>,
    pub kind: String,
    pub zone: String,
    pub asks_kind: bool,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub questions: Vec<String>,
    pub left_out: Vec<String>,
}

/// What a trial found.
pub struct Trial {
    pub rows: String,
    pub facts: String,
    pub refused: String,
    pub has_refused: bool,
    pub remarks: Vec<String>,
    pub issues: Vec<IssueLine>,
    pub more_issues: Option<String>,
}

impl Trial {
    fn new(run: &DryRun) -> Trial {
        let more = run.issues.len().saturating_sub(ISSUES_SHOWN) as u64;
        Trial {
            rows: format::count(run.rows_in),
            facts: format::count(run.facts),
            refused: format::count(run.refused),
            has_refused: run.refused > 0,
            remarks: run.remarks.clone(),
            issues: run.issues.iter().take(ISSUES_SHOWN).map(IssueLine::new).collect(),
            more_issues: (more > 0).then(|| format::count(more)),
        }
    }
}

#[derive(Template)]
#[template(path = "ingest/upload.html")]
struct UploadPage {
    layout: Layout,
    id: String,
    file: String,
    size: String,
    platform: &'static str,
    taken_for: &'static str,
    mapping: Option<MappingForm>,
    /// The mapping that the trial used, as hidden fields of the form that brings the file in.
    kept: Vec<(String, String)>,
    trial: Option<Trial>,
    trial_error: Option<FieldError>,
    /// The address of a trial that was not made by itself because the file is large.
    trial_offered: Option<String>,
}

/// `GET /ingest/uploads/{id}?rows=…&actor=…`: the mapping in the address, tried out.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let upload = waiting(&app, id)?;
    let query = Pairs(pairs);
    let proposal = match upload.kind {
        UploadKind::AnyCsv => Some(uploads::proposal(&app.data, &upload).await?),
        _ => None,
    };
    let mapping = match (&proposal, query.one("rows")) {
        (Some(_), Some(_)) => Some(mapping_of(&query)),
        (Some(proposal), None) => Some(proposal.mapping.clone()),
        (None, _) => None,
    };
    let asked = query.one("rows").is_none();
    let open_questions = asked && proposal.as_ref().is_some_and(|proposal| !proposal.questions.is_empty());
    let large = upload.size_bytes > TRIED_AT_ONCE_BYTES && query.one("try").is_none();
    let (trial, trial_error) =
        if open_questions || large { (None, None) } else { tried(upload.clone(), mapping.clone()).await? };
    let mut page = UploadPage {
        layout: Layout::load(&app, visit, Word::Ingest, format!("Look at {}", upload.file)).await?,
        id: id.to_string(),
        file: upload.file.clone(),
        size: format::bytes(upload.size_bytes),
        platform: upload.platform.name(),
        taken_for: upload.kind.words(),
        kept: mapping.as_ref().map(pairs_of).unwrap_or_default(),
        mapping: None,
        trial,
        trial_error,
        trial_offered: None,
    };
    if large && !open_questions {
        let pairs = Pairs(page.kept.clone()).with("try", "yes");
        page.trial_offered = Some(pairs.address(&format!("/ingest/uploads/{id}")));
    }
    page.mapping = proposal.zip(mapping).map(|(proposal, mapping)| mapping_form(&proposal, &mapping, asked));
    draw(page).await
}

fn waiting(app: &App, id: Uuid) -> Result<Upload, WebError> {
    uploads::find(&app.data, id).ok_or_else(|| {
        WebError::not_found(
            "This file is no longer waiting",
            "It was brought in or thrown away, or nobody came back for it within a day.",
        )
        .with(Recovery::new("All imports", "/ingest"))
        .with(Recovery::new("Bring in a file", "/ingest/new"))
    })
}

async fn tried(
    upload: Upload,
    mapping: Option<ColumnMapping>,
) -> Result<(Option<Trial>, Option<FieldError>), WebError> {
    let name = upload.path.to_string_lossy().into_owned();
    let shown = upload.file.clone();
    let run = tokio::task::spawn_blocking(move || uploads::try_out(&upload, mapping))
        .await
        .map_err(|error| WebError::fault("trying the file out", &error))?;
    Ok(match run {
        Ok(run) => (Some(Trial::new(&run)), None),
        Err(error) => {
            let (message, hint) = message_and_hint(&error.to_string().replace(&name, &shown));
            (None, Some(FieldError { message, hint }))
        }
    })
}

/// Reads a mapping from an address or a form.
fn mapping_of(pairs: &Pairs) -> ColumnMapping {
    let rows_are = if pairs.one("rows") == Some("accounts") { RowsAre::Accounts } else { RowsAre::Interactions };
    let columns: BTreeMap<String, String> = rows_are
        .field_names()
        .into_iter()
        .filter_map(|field| Some((field.name.to_owned(), pairs.one(&format!("column-{}", field.name))?.to_owned())))
        .collect();
    let every_kind = (rows_are == RowsAre::Interactions && !columns.contains_key("kind"))
        .then(|| pairs.one("every-kind").unwrap_or("comment").to_owned());
    ColumnMapping { rows_are, columns, kind: every_kind, zone: pairs.one("zone").map(str::to_owned) }
}

fn pairs_of(mapping: &ColumnMapping) -> Vec<(String, String)> {
    let rows = if mapping.rows_are == RowsAre::Accounts { "accounts" } else { "interactions" };
    let mut pairs = vec![("rows".to_owned(), rows.to_owned())];
    pairs.extend(mapping.columns.iter().map(|(field, heading)| (format!("column-{field}"), heading.clone())));
    pairs.extend(mapping.kind.iter().map(|kind| ("every-kind".to_owned(), kind.clone())));
    pairs.extend(mapping.zone.iter().map(|zone| ("zone".to_owned(), zone.clone())));
    pairs
}

fn mapping_form(proposal: &Proposal, mapping: &ColumnMapping, asked: bool) -> MappingForm {
    let choice =
        |code: &str, words: &str, chosen: bool| Choice { code: code.to_owned(), words: words.to_owned(), chosen };
    let fields = mapping
        .rows_are
        .field_names()
        .into_iter()
        .map(|field| {
            let chosen = mapping.columns.get(field.name);
            let columns = proposal.headings.iter().map(|heading| choice(heading, heading, chosen == Some(heading)));
            FieldChoice {
                name: field.name,
                words: field_words(field.name),
                needed: field.needed,
                columns: columns.collect(),
            }
        })
        .collect();
    MappingForm {
        rows_are: vec![
            choice(
                "interactions",
                "Somebody turned to somebody (comments, replies, messages)",
                mapping.rows_are == RowsAre::Interactions,
            ),
            choice("accounts", "An account with its followers", mapping.rows_are == RowsAre::Accounts),
        ],
        fields,
        kind: mapping.kind.clone().unwrap_or_default(),
        zone: mapping.zone.clone().unwrap_or_default(),
        asks_kind: mapping.rows_are == RowsAre::Interactions,
        headings: proposal.headings.clone(),
        rows: proposal.rows.clone(),
        questions: if asked {
            proposal.questions.iter().map(|question| without_option(question)).collect()
        } else {
            vec![]
        },
        left_out: proposal.left_out.clone(),
    }
}

/// A question of the command line without the option it names.
fn without_option(question: &str) -> String {
    question.split_once(" (").map_or(question, |(words, _)| words).to_owned()
}

fn field_words(name: &str) -> &'static str {
    match name {
        "actor" => "Who wrote it",
        "target" => "To whom",
        "at" => "When",
        "kind" => "Kind of interaction",
        "text" => "Words",
        "post" => "Under which post",
        "id" => "Its own id",
        "account" => "Account",
        "followers" => "Followers",
        "following" => "Following",
        "display_name" => "Shown name",
        "bio" => "About",
        "country" => "Country",
        _ => "Language",
    }
}

/// `POST /ingest/uploads/{id}`: brings the file in as tried out.
pub async fn take(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let upload = waiting(&app, id)?;
    let mapping = (upload.kind == UploadKind::AnyCsv).then(|| mapping_of(&Pairs(pairs)));
    let data = app.data.clone();
    let new = NewJob { title: format!("bringing in {}", upload.file), size_bytes: upload.size_bytes };
    let job = app.jobs.start(new, move |job| async move {
        job.step("reading the file and comparing it with what is known");
        let report = uploads::take(&data, &upload, mapping, job.progress.clone()).await?;
        if report.same_as.is_none() {
            job::bring_up_to_date(&data, &job).await;
        }
        let same = if report.same_as.is_some() { "?same=yes" } else { "" };
        Ok(format!("/ingest/{}{same}", report.import))
    });
    Ok(Redirect::to(&format!("/ingest/jobs/{}", job.number)).into_response())
}

/// `POST /ingest/uploads/{id}/discard`
pub async fn discard(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Redirect, WebError> {
    waiting(&app, id)?.discard();
    Ok(Redirect::to("/ingest"))
}
