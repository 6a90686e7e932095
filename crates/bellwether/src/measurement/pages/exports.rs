//! A report as files: everything as JSON, its tables as CSV each, and all of them in one workbook.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::measurement::{Report, report, tables};
use crate::web::app::{App, aside};
use crate::web::error::WebError;
use crate::web::workbook;

async fn report_of(app: &App, id: i64) -> Result<Arc<Report>, WebError> {
    let data = app.data.clone();
    aside(move || async move { report(&data, id).await }).await
}

/// `GET /measurement/{id}/report.json`
pub async fn as_json(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    Ok(Json(report_of(&app, id).await?.document()).into_response())
}

/// `GET /measurement/{id}/report.xlsx`
pub async fn as_workbook(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let book =
        tables::book(&*report_of(&app, id).await?).map_err(|error| WebError::fault("making a workbook", &error))?;
    Ok((workbook::headers("report.xlsx"), book).into_response())
}

/// `GET /measurement/{id}/figures.csv`
pub async fn figures_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    Ok(tables::figures(&*report_of(&app, id).await?).download("figures.csv").into_response())
}

/// `GET /measurement/{id}/creators.csv`
pub async fn creators_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    Ok(tables::creators(&*report_of(&app, id).await?).download("creators.csv").into_response())
}

/// `GET /measurement/{id}/days.csv`
pub async fn days_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    Ok(tables::days(&*report_of(&app, id).await?).download("days.csv").into_response())
}
