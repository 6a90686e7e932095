//! Bringing something in: a file from the browser, or a folder on the machine that runs Bellwether.

use std::path::Path as FilePath;

use askama::Template;
use axum::extract::{Form, Multipart, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::{Platform, Timestamp};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use super::{IngestPart, job, parts};
use crate::clock::{self, DateCell};
use crate::ingest::stack_exchange::StackExchangeDump;
use crate::ingest::uploads::{self, UploadKind};
use crate::ingest::{ImportFormat, Repeat, import};
use crate::web::app::{App, Page, draw};
use crate::web::error::{WebError, message_and_hint};
use crate::web::guard::Reach;
use crate::web::jobs::NewJob;
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

/// A choice of a list.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

/// What a form did not accept, at its field.
#[derive(Clone, Default)]
pub struct FieldError {
    pub message: String,
    pub hint: Option<String>,
}

impl FieldError {
    fn of(text: &str) -> Option<FieldError> {
        let (message, hint) = message_and_hint(text);
        Some(FieldError { message, hint })
    }
}

#[derive(Template)]
#[template(path = "ingest/new.html")]
struct NewImportPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    account: String,
    platforms: Vec<Choice>,
    file_error: Option<FieldError>,
    day_error: Option<FieldError>,
    folder_error: Option<FieldError>,
    observed_on: String,
    folder: String,
    site: String,
    /// Folders are named only by people at this machine.
    folders_offered: bool,
}

impl NewImportPage {
    async fn blank(app: &App, visit: Visit) -> Result<NewImportPage, WebError> {
        Ok(NewImportPage {
            folders_offered: app.reach == Reach::ThisMachine && visit.is_at_this_machine,
            layout: Layout::load(app, visit, Word::Ingest, "New import").await?,
            parts: parts("New import"),
            account: String::new(),
            platforms: platforms(Platform::Other),
            file_error: None,
            day_error: None,
            folder_error: None,
            observed_on: String::new(),
            folder: String::new(),
            site: String::new(),
        })
    }
}

fn platforms(chosen: Platform) -> Vec<Choice> {
    Platform::ALL
        .into_iter()
        .map(|platform| Choice {
            code: platform.code().to_owned(),
            words: platform.name().to_owned(),
            chosen: platform == chosen,
        })
        .collect()
}

/// `GET /ingest/new`
pub async fn form(State(app): State<App>, visit: Visit) -> Page {
    draw(NewImportPage::blank(&app, visit).await?).await
}

/// What came with a file.
struct Arrived {
    place: Option<uploads::Place>,
    platform: Platform,
    kind: Option<UploadKind>,
    observed_on: String,
    account: String,
    bytes: u64,
}

/// `POST /ingest/uploads`: streams the file to disk and goes on to its page; nothing is a fact yet.
pub async fn upload(State(app): State<App>, visit: Visit, multipart: Multipart) -> Result<Response, WebError> {
    let mut arrived = receive(&app, multipart).await?;
    let day = match read_day(&arrived.observed_on) {
        Ok(day) => day,
        Err(error) => return again(&app, visit, arrived, |page| page.day_error = Some(error)).await,
    };
    let Some(place) = arrived.place.take().filter(|_| arrived.bytes > 0) else {
        let error = FieldError {
            message: "no file was chosen, or it is empty".into(),
            hint: Some("choose the zip, CSV, Parquet, NDJSON or GEXF file".into()),
        };
        return again(&app, visit, arrived, |page| page.file_error = Some(error)).await;
    };
    let (platform, kind, account) = (arrived.platform, arrived.kind, arrived.account.clone());
    let noted = tokio::task::spawn_blocking(move || {
        let folder = place.path.clone();
        place.complete_of(platform, kind, day, &account).map_err(|error| (folder, error.to_string()))
    });
    match noted.await.map_err(|error| WebError::fault("looking at the file", &error))? {
        Ok(id) => Ok(Redirect::to(&format!("/ingest/uploads/{id}")).into_response()),
        Err((path, problem)) => {
            let name = path.to_string_lossy().into_owned();
            let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            again(&app, visit, arrived, |page| page.file_error = FieldError::of(&problem.replace(&name, &shown))).await
        }
    }
}

/// The form again, with what was typed and what is wrong at its field.
async fn again(
    app: &App,
    visit: Visit,
    arrived: Arrived,
    mark: impl FnOnce(&mut NewImportPage),
) -> Result<Response, WebError> {
    if let Some(place) = arrived.place {
        place.abandon();
    }
    let mut page = NewImportPage::blank(app, Visit { here: "/ingest/new".into(), ..visit }).await?;
    page.platforms = platforms(arrived.platform);
    page.observed_on = arrived.observed_on;
    page.account = arrived.account;
    mark(&mut page);
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response())
}

async fn receive(app: &App, mut multipart: Multipart) -> Result<Arrived, WebError> {
    let mut arrived = Arrived {
        place: None,
        platform: Platform::Other,
        kind: None,
        observed_on: String::new(),
        account: String::new(),
        bytes: 0,
    };
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
            format!("The transfer ended early: {error}. Nothing was kept."),
        )
    };
    while let Some(mut field) = multipart.next_field().await.map_err(cut_off)? {
        match field.name().unwrap_or_default() {
            "file" => {
                let place = uploads::make_place(&app.data, field.file_name().unwrap_or_default())?;
                let target = place.path.clone();
                arrived.place = Some(place);
                let unwritable = |error: std::io::Error| WebError::fault("writing the file to disk", &error);
                let mut file = tokio::fs::File::create(&target).await.map_err(unwritable)?;
                while let Some(portion) = field.chunk().await.map_err(cut_off)? {
                    arrived.bytes += portion.len() as u64;
                    file.write_all(&portion).await.map_err(unwritable)?;
                }
                file.flush().await.map_err(unwritable)?;
            }
            "platform" => {
                let code = field.text().await.map_err(cut_off)?;
                arrived.platform = Platform::from_code(&code).unwrap_or(Platform::Other);
            }
            "kind" => {
                arrived.kind = match field.text().await.map_err(cut_off)?.as_str() {
                    "interactions" => Some(UploadKind::Interactions),
                    "accounts" => Some(UploadKind::Accounts),
                    "any-csv" => Some(UploadKind::AnyCsv),
                    "platform-export" => Some(UploadKind::PlatformExport),
                    "captured" => Some(UploadKind::Captured),
                    "graph" => Some(UploadKind::Graph),
                    _ => None,
                };
            }
            "account" => arrived.account = field.text().await.map_err(cut_off)?.trim().to_owned(),
            "observed_on" => arrived.observed_on = field.text().await.map_err(cut_off)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_day(text: &str) -> Result<Option<Timestamp>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match clock::parse_date_cell(text, None) {
        DateCell::At(at) => Ok(Some(at)),
        _ => Err(FieldError { message: format!("{text:?} is not a day"), hint: Some("write it as 2026-03-01".into()) }),
    }
}

/// A folder on this machine.
#[derive(Deserialize)]
pub struct Folder {
    #[serde(default)]
    folder: String,
    #[serde(default)]
    site: String,
}

/// `POST /ingest/folder`: reads a Stack Exchange dump from this machine; only for people at it.
pub async fn folder(State(app): State<App>, visit: Visit, Form(form): Form<Folder>) -> Result<Response, WebError> {
    if app.reach != Reach::ThisMachine || !visit.is_at_this_machine {
        return Err(WebError::refused(
            "Folders are read for people at this machine only",
            "This program is reached by other machines, which must not read its files. Use the command line there: \
             bellwether ingest stack-exchange FOLDER",
        ));
    }
    let site = Some(form.site.trim()).filter(|site| !site.is_empty());
    let dump = match StackExchangeDump::new(FilePath::new(form.folder.trim()), site) {
        Ok(dump) => dump,
        Err(error) => {
            let mut page = NewImportPage::blank(&app, Visit { here: "/ingest/new".into(), ..visit }).await?;
            page.folder_error = FieldError::of(&error.to_string());
            page.folder = form.folder;
            page.site = form.site;
            return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response());
        }
    };
    let data = app.data.clone();
    let new = NewJob { title: format!("bringing in {}", dump.label()), size_bytes: dump.size_bytes() };
    let job = app.jobs.start(new, move |job| async move {
        job.step("reading the dump and comparing it with what is known");
        let report = import(&data, dump, Repeat::Skip, job.progress.clone()).await?;
        job::bring_up_to_date(&data, &job).await;
        let same = if report.same_as.is_some() { "?same=yes" } else { "" };
        Ok(format!("/ingest/{}{same}", report.import))
    });
    Ok(Redirect::to(&format!("/ingest/jobs/{}", job.number)).into_response())
}
