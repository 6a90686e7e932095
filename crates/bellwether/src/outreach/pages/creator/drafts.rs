//! A creator's pieces: handing in drafts with files that go on where an upload stopped, what was said of them, where they are posted.

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::deals::{DeliverableState, Party};
use uuid::Uuid;

use super::super::deals::{PieceLine, piece_line};
use super::super::pieces::{DraftView, draft_view, file_of};
use super::super::{Problem, not_valid, problem_of, saying, typed};
use super::{Who, let_in, nothing, shown};
use crate::clock;
use crate::outreach::OutreachError;
use crate::outreach::briefs::Brief;
use crate::outreach::content::{self, PieceShown};
use crate::web::app::{App, draw};
use crate::web::error::WebError;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "outreach/creator_piece.html")]
struct CreatorPiecePage {
    theme: &'static str,
    base: String,
    sender: String,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    deal: i64,
    line: PieceLine,
    brief: Brief,
    drafts: Vec<DraftView>,
    may_draft: bool,
    may_post: bool,
    caption: String,
    url: String,
    comment: String,
}

/// A piece of the contact, and of nobody else.
async fn own_piece(app: &App, who: &Who, id: i64) -> Result<Option<PieceShown>, WebError> {
    match content::shown(&app.data, id).await {
        Ok(piece) if piece.deal.row.contact == who.contact => Ok(Some(piece)),
        Ok(_) | Err(OutreachError::NoDeliverable(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    who: Who,
    piece: PieceShown,
    asked: &Pairs,
    problem: Option<Problem>,
) -> Result<axum::response::Html<String>, WebError> {
    let path = format!("{}/pieces/{}", who.base, piece.row.id);
    let line = piece_line(&piece.row, &format!("{}/pieces", who.base), &clock::iso_day(app.data.now()));
    let may = |next| piece.row.state.may_become(next, Party::Creator) && piece.deal.row.state.is_agreed();
    let last = piece.drafts.first().map_or("", |draft| &draft.row.caption);
    draw(CreatorPiecePage {
        theme: who.theme,
        base: who.base,
        sender: who.sender,
        done: asked.one("done").map(str::to_owned),
        problem,
        id: piece.row.id,
        deal: piece.row.deal,
        drafts: piece.drafts.iter().map(|draft| draft_view(draft, &path)).collect(),
        may_draft: may(DeliverableState::Drafted),
        may_post: may(DeliverableState::Live),
        caption: super::super::typed_or(asked, "caption", last),
        url: super::super::typed_or(asked, "url", &piece.row.url),
        comment: typed(asked, "comment"),
        brief: piece.brief,
        line,
    })
    .await
}

/// `GET /outreach/creator/{secret}/pieces/{id}`
pub async fn piece(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let Some(piece) = own_piece(&app, &who, id).await? else { return Ok(nothing()) };
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    Ok(shown(page(&app, who, piece, &asked, None).await?))
}

/// What a form of the piece's page brought: its fields, and a file where a browser without script sent one whole.
async fn received(app: &App, who: &Who, id: i64, mut form: Multipart) -> Result<(Pairs, Option<Uuid>), WebError> {
    let cut_off = |error: axum::extract::multipart::MultipartError| {
        WebError::unreadable("It did not arrive whole", format!("The transfer ended early: {error}. Nothing was kept."))
    };
    let (mut pairs, mut uploaded) = (Pairs::default(), None);
    while let Some(mut field) = form.next_field().await.map_err(cut_off)? {
        let key = field.name().unwrap_or_default().to_owned();
        if key != "file" {
            pairs = pairs.with(&key, field.text().await.map_err(cut_off)?);
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut whole = Vec::new();
        while let Some(portion) = field.chunk().await.map_err(cut_off)? {
            // Bigger files come in portions, by the script.
            if (whole.len() + portion.len()) as u64 > WHOLE_BYTES_MAX {
                let problem = format!(
                    "without script a file may have {} MB; open this page with script on",
                    WHOLE_BYTES_MAX >> 20
                );
                return Err(OutreachError::Field { field: "file", problem }.into());
            }
            whole.extend_from_slice(&portion);
        }
        if !whole.is_empty() {
            let begun = content::begin_upload(&app.data, who.contact, id, &name, whole.len() as u64)?;
            content::go_on(&app.data, who.contact, begun.upload, 0, &whole)?;
            uploaded = Some(begun.upload);
        }
    }
    let by_script = pairs.one("upload").and_then(|id| id.parse().ok());
    Ok((pairs, uploaded.or(by_script)))
}

/// What a form may bring in one request.
pub const WHOLE_BYTES_MAX: u64 = 64 << 20;

/// `POST /outreach/creator/{secret}/pieces/{id}`: a draft, a word, or where it was posted.
pub async fn act_on_piece(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
    form: Multipart,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let Some(piece) = own_piece(&app, &who, id).await? else { return Ok(nothing()) };
    let (given, uploaded) = received(&app, &who, id, form).await?;
    let outcome = match given.one("do") {
        Some("posted") => content::posted(&app.data, &piece, Party::Creator, &typed(&given, "url"))
            .await
            .map(|()| "Noted: it is posted".to_owned()),
        Some("comment") => {
            let draft = given.one("draft").and_then(|draft| draft.parse().ok()).unwrap_or(0);
            let (at, text) = (typed(&given, "at"), typed(&given, "comment"));
            content::comment(&app.data, &piece, draft, Party::Creator, &at, &text).await.map(|()| "Said".to_owned())
        }
        _ => content::hand_in(&app.data, &piece, &typed(&given, "caption"), uploaded)
            .await
            .map(|version| format!("Draft {version} is with the brand")),
    };
    match outcome {
        Ok(done) => Ok(shown(Redirect::to(&saying(&format!("{}/pieces/{id}", who.base), &done)))),
        Err(error) => {
            let Some(piece) = own_piece(&app, &who, id).await? else { return Ok(nothing()) };
            Ok(shown(not_valid(page(&app, who, piece, &given, Some(problem_of(error)?)).await?)))
        }
    }
}

fn told(outcome: Result<content::Upload, OutreachError>) -> Response {
    match outcome {
        Ok(upload) => Json(upload).into_response(),
        Err(error) => {
            let words = match &error {
                OutreachError::Field { problem, .. } => problem.clone(),
                other => other.to_string(),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Json(serde_json::json!({ "problem": words }))).into_response()
        }
    }
}

/// `POST /outreach/creator/{secret}/pieces/{id}/uploads`: room for a file of so many bytes.
pub async fn begin_upload(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    if own_piece(&app, &who, id).await?.is_none() {
        return Ok(nothing());
    }
    let given = Pairs(pairs);
    let bytes = given.one("bytes").and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
    Ok(shown(told(content::begin_upload(&app.data, who.contact, id, &typed(&given, "name"), bytes))))
}

/// `GET /outreach/creator/{secret}/uploads/{upload}`: how far it has come.
pub async fn how_far(
    State(app): State<App>,
    visit: Visit,
    Path((secret, upload)): Path<(String, Uuid)>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    Ok(shown(told(content::upload(&app.data, who.contact, upload))))
}

/// `POST /outreach/creator/{secret}/uploads/{upload}?at=…`: its next bytes.
pub async fn go_on(
    State(app): State<App>,
    visit: Visit,
    Path((secret, upload)): Path<(String, Uuid)>,
    Query(pairs): Query<Vec<(String, String)>>,
    bytes: Bytes,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let at = Pairs(pairs).one("at").and_then(|at| at.parse().ok()).unwrap_or(u64::MAX);
    let data = app.data.clone();
    let kept = tokio::task::spawn_blocking(move || content::go_on(&data, who.contact, upload, at, &bytes)).await;
    Ok(shown(told(kept.map_err(|error| WebError::fault("keeping a file", &error))?)))
}

/// `GET /outreach/creator/{secret}/pieces/{id}/drafts/{draft}/file`
pub async fn draft_file(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id, draft)): Path<(String, i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    if own_piece(&app, &who, id).await?.is_none() {
        return Ok(nothing());
    }
    match app.data.store.draft(draft).await?.filter(|row| row.deliverable == id) {
        Some(row) => {
            let mut answer = file_of(&app, row, &headers).await?;
            answer.headers_mut().insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
            Ok(answer)
        }
        None => Ok(nothing()),
    }
}
