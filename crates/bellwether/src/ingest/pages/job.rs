//! Longer work on the screen: what is being done, how far it is, and where its result will be.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::data_directory::DataDirectory;
use crate::refresh;
use crate::web::app::{App, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::jobs::{Ended, Job, NewJob};
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "ingest/job.html")]
struct JobPage {
    layout: Layout,
    title: String,
    step: String,
    rows: String,
    percent: Option<u64>,
}

/// `GET /ingest/jobs/{number}`: the progress, and once done the way to the result.
pub async fn show(State(app): State<App>, visit: Visit, Path(number): Path<u64>) -> Result<Response, WebError> {
    let job = app.jobs.find(number).ok_or_else(|| {
        WebError::not_found(
            "This work is no longer known",
            "The program has been started again since, or it was long ago.",
        )
        .with(Recovery::new("All imports", "/ingest"))
    })?;
    match job.ended() {
        Some(Ended::At(address)) => Ok(Redirect::to(&address).into_response()),
        Some(Ended::Failed(error)) => Err(error),
        None => {
            let layout = Layout::load(&app, visit, Word::Ingest, "Under way").await?;
            let page = JobPage {
                layout,
                title: job.title.clone(),
                step: job.current_step(),
                rows: format::count(job.progress.rows.load(Ordering::Relaxed)),
                percent: job.percent(),
            };
            Ok((StatusCode::OK, draw(page).await?).into_response())
        }
    }
}

/// `POST /ingest/refresh`: brings every figure up to date with the facts.
pub async fn refresh(State(app): State<App>) -> Redirect {
    let data = app.data.clone();
    let new = NewJob { title: "bringing figures up to date".to_owned(), size_bytes: 0 };
    let job = app.jobs.start(new, move |job| async move {
        refresh::refresh(&data, refresh::Asked::WhatChanged, |step| job.step(step)).await?;
        Ok("/".to_owned())
    });
    Redirect::to(&format!("/ingest/jobs/{}", job.number))
}

/// Brings figures up to date after facts came or went. Facts are safe by then: when this fails the pages say that
/// figures are old and offer to try again.
pub async fn bring_up_to_date(data: &Arc<DataDirectory>, job: &Job) {
    if let Err(error) = refresh::refresh(data, refresh::Asked::WhatChanged, |step| job.step(step)).await {
        tracing::warn!(%error, "figures could not be brought up to date");
    }
}
