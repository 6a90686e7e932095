//! A form with one file: the file on disk until it was read, the other fields as typed.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use tokio::io::AsyncWriteExt;

use crate::ingest::uploads::{Place, make_place};
use crate::tracking::TrackingError;
use crate::web::app::App;
use crate::web::query::Pairs;

/// The largest table taken by a page.
pub const FILE_BYTES_MAX: usize = 64 << 20;

/// What a form brought.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) fields: Pairs,
    /// Where the file lies; `None` where none was chosen or it is empty.
    pub(super) place: Option<Place>,
    /// As it is called where it comes from.
    pub(super) name: String,
}

fn at_file(problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field: "file", problem: problem.into() }
}

fn too_large(bytes_max: usize) -> TrackingError {
    at_file(format!("it is larger than {} MB, and nothing was kept; make it smaller", bytes_max >> 20))
}

fn cut_off(error: &MultipartError, bytes_max: usize) -> TrackingError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(bytes_max),
        _ => at_file(format!("it did not arrive whole: {error}; nothing was kept, choose it again")),
    }
}

/// Receives a form with a file of at most so many bytes; what was typed comes back also where the file did not arrive, whose bytes
/// are thrown away then.
pub(super) async fn receive(app: &App, mut form: Multipart, bytes_max: usize) -> (Arrived, Result<(), TrackingError>) {
    let mut arrived = Arrived::default();
    let mut outcome = receive_parts(app, &mut form, &mut arrived, bytes_max).await;
    if outcome.is_ok() && arrived.place.is_none() {
        outcome = Err(at_file("no file was chosen, or it is empty"));
    }
    if outcome.is_err()
        && let Some(place) = arrived.place.take()
    {
        place.abandon();
    }
    (arrived, outcome)
}

async fn receive_parts(
    app: &App,
    form: &mut Multipart,
    arrived: &mut Arrived,
    bytes_max: usize,
) -> Result<(), TrackingError> {
    while let Some(field) = form.next_field().await.map_err(|error| cut_off(&error, bytes_max))? {
        if field.name() == Some("file") && arrived.place.is_none() {
            receive_file(app, field, arrived, bytes_max).await?;
        } else {
            let key = field.name().unwrap_or_default().to_owned();
            let text = field.text().await.map_err(|error| cut_off(&error, bytes_max))?;
            arrived.fields.0.push((key, text));
        }
    }
    Ok(())
}

async fn receive_file(
    app: &App,
    mut field: Field<'_>,
    arrived: &mut Arrived,
    bytes_max: usize,
) -> Result<(), TrackingError> {
    let unwritable = |error: std::io::Error| at_file(format!("it could not be kept: {error}"));
    let name = field.file_name().unwrap_or_default().to_owned();
    arrived.name = name.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or("file").to_owned();
    let place = make_place(&app.data, &name)?;
    let target = place.path.clone();
    arrived.place = Some(place);
    let mut file = tokio::fs::File::create(&target).await.map_err(unwritable)?;
    let mut bytes = 0;
    while let Some(portion) = field.chunk().await.map_err(|error| cut_off(&error, bytes_max))? {
        bytes += portion.len();
        // What is too large is read on to its end, so that the browser gets its answer, and not kept.
        if bytes <= bytes_max {
            file.write_all(&portion).await.map_err(unwritable)?;
        }
    }
    file.flush().await.map_err(unwritable)?;
    if bytes == 0
        && let Some(place) = arrived.place.take()
    {
        place.abandon();
    }
    if bytes > bytes_max { Err(too_large(bytes_max)) } else { Ok(()) }
}
