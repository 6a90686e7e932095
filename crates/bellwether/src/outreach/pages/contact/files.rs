//! Files on a contact's page: kept, listed, downloaded as files and never shown, removed.

use axum::extract::multipart::MultipartError;
use axum::extract::{Form, Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::inbox::as_attachment;
use super::super::{back_to, typed};
use super::{again, to};
use crate::outreach::{OutreachError, files};
use crate::web::app::{App, aside};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// What a request may bring, so that a file that is somewhat too large is refused at its field.
pub const WHOLE_BYTES_MAX: usize = 64 << 20;

/// A file of the contact.
pub struct FileLine {
    pub id: i64,
    pub name: String,
    pub size: String,
    pub by: String,
    pub at: String,
}

/// The files of a contact as their page lists them.
pub async fn lines(app: &App, contact: i64) -> Result<Vec<FileLine>, WebError> {
    let line = |of: files::FileShown| FileLine {
        id: of.file,
        name: of.name,
        size: format::bytes(of.bytes),
        by: of.by,
        at: of.at,
    };
    Ok(files::of(&app.data, contact).await?.into_iter().map(line).collect())
}

/// What a form brought.
struct Arrived {
    given: Pairs,
    name: String,
    bytes: Vec<u8>,
}

fn cut_off(error: &MultipartError) -> OutreachError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => files::too_large(),
        _ => OutreachError::Field {
            field: "file",
            problem: format!("it did not arrive whole: {error}; nothing was kept, choose it again"),
        },
    }
}

async fn receive(mut form: Multipart) -> Result<Arrived, OutreachError> {
    let mut arrived = Arrived { given: Pairs::default(), name: String::new(), bytes: Vec::new() };
    while let Some(mut field) = form.next_field().await.map_err(|error| cut_off(&error))? {
        if field.name() != Some("file") {
            let key = field.name().unwrap_or_default().to_owned();
            let text = field.text().await.map_err(|error| cut_off(&error))?;
            arrived.given.0.push((key, text));
            continue;
        }
        arrived.name = field.file_name().unwrap_or_default().to_owned();
        while let Some(portion) = field.chunk().await.map_err(|error| cut_off(&error))? {
            // What is too large is read on to its end, so that the browser gets its answer, and not kept.
            if arrived.bytes.len() as u64 <= files::FILE_BYTES_MAX {
                arrived.bytes.extend_from_slice(&portion);
            }
        }
    }
    Ok(arrived)
}

/// `POST /outreach/contacts/{id}/files`
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    form: Multipart,
) -> Result<Response, WebError> {
    let arrived = match receive(form).await {
        Ok(arrived) => arrived,
        Err(error) => return again(&app, visit, id, &Pairs::default(), error).await,
    };
    let (data, name, bytes) = (app.data.clone(), arrived.name, arrived.bytes);
    let kept = aside(move || async move { Ok::<_, OutreachError>(files::add(&data, id, &name, &bytes).await) }).await?;
    match kept {
        Ok(_) => Ok(back_to(&arrived.given, &to(id, "#files"), "The file is kept").into_response()),
        Err(error) => again(&app, visit, id, &arrived.given, error).await,
    }
}

/// `GET /outreach/contacts/{id}/files/{file}`: always a download, whatever it says it is.
pub async fn download(State(app): State<App>, Path((id, file)): Path<(i64, i64)>) -> Result<Response, WebError> {
    let held = files::find(&app.data, file).await?;
    if held.contact != id {
        return Err(OutreachError::NoFile(file).into());
    }
    let (data, of) = (app.data.clone(), held.clone());
    let bytes = aside(move || async move { files::read(&data, &of) }).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, as_attachment(&held.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /outreach/contacts/{id}/files/{file}/remove`
pub async fn remove(
    State(app): State<App>,
    Path((id, file)): Path<(i64, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    files::remove(&app.data, id, file).await?;
    let otherwise = if typed(&given, "back").is_empty() { to(id, "#files") } else { to(id, "") };
    Ok(back_to(&given, &otherwise, "The file is removed"))
}
