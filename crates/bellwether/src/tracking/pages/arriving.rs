//! A file that comes with a form: its bytes up to a bound, its name, and what was typed beside it.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;

use crate::tracking::TrackingError;
use crate::web::query::Pairs;

/// What a form brought.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) given: Pairs,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

fn too_large(bytes_max: usize) -> TrackingError {
    let problem = format!("it is larger than {} MB, and nothing was kept; make it smaller", bytes_max >> 20);
    TrackingError::Field { field: "file", problem }
}

fn cut_off(error: &MultipartError, bytes_max: usize) -> TrackingError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(bytes_max),
        _ => TrackingError::Field {
            field: "file",
            problem: format!("it did not arrive whole: {error}; nothing was kept, choose it again"),
        },
    }
}

/// Reads a form with one file of at most so many bytes.
pub(super) async fn receive(mut form: Multipart, bytes_max: usize) -> Result<Arrived, TrackingError> {
    let mut arrived = Arrived::default();
    while let Some(mut field) = form.next_field().await.map_err(|error| cut_off(&error, bytes_max))? {
        if field.name() != Some("file") {
            let key = field.name().unwrap_or_default().to_owned();
            let text = field.text().await.map_err(|error| cut_off(&error, bytes_max))?;
            arrived.given.0.push((key, text));
            continue;
        }
        arrived.name = field.file_name().unwrap_or_default().to_owned();
        while let Some(portion) = field.chunk().await.map_err(|error| cut_off(&error, bytes_max))? {
            // What is too large is read on to its end, so that the browser gets its answer, and not kept.
            if arrived.bytes.len() <= bytes_max {
                arrived.bytes.extend_from_slice(&portion);
            }
        }
    }
    if arrived.bytes.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    if arrived.bytes.is_empty() {
        let problem = "no file was chosen, or it is empty".to_owned();
        return Err(TrackingError::Field { field: "file", problem });
    }
    Ok(arrived)
}
