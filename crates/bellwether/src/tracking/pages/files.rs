//! A form with a file: the file on disk until it was read, the other fields as typed.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use tokio::io::AsyncWriteExt;

use crate::ingest::uploads::{Place, make_place};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// The largest file taken by a page.
pub const FILE_BYTES_MAX: usize = 64 << 20;

/// What a form brought.
pub struct Arrived {
    pub place: Option<Place>,
    pub fields: Pairs,
}

/// Receives a form; what arrived of a form that was cut off is thrown away.
pub async fn receive(app: &App, mut form: Multipart) -> Result<Arrived, WebError> {
    let mut arrived = Arrived { place: None, fields: Pairs::default() };
    let outcome = receive_parts(app, &mut form, &mut arrived).await;
    if outcome.is_err()
        && let Some(place) = arrived.place.take()
    {
        place.abandon();
    }
    outcome.map(|()| arrived)
}

async fn receive_parts(app: &App, form: &mut Multipart, arrived: &mut Arrived) -> Result<(), WebError> {
    let cut_off = |error: MultipartError| {
        WebError::unreadable(
            "The file did not arrive whole",
            format!("The transfer ended early, or the file is larger than 64 MB: {error}. Nothing was kept."),
        )
    };
    while let Some(mut field) = form.next_field().await.map_err(cut_off)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            arrived.fields.0.push((name, field.text().await.map_err(cut_off)?));
        } else if field.file_name().is_some_and(|name| !name.is_empty()) && arrived.place.is_none() {
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
    }
    Ok(())
}
