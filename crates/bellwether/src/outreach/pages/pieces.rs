//! `/outreach/pieces/{id}`: one thing that is made under a deal: its newest draft large, what is checked of it, what was said, and
//! approving it or asking for changes.

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::deals::{DeliverableState, Party};
use store::outreach::content::{DraftFile, DraftRow};

use super::deals::{PieceLine, piece_line};
use super::{Part, Problem, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::clock;
use crate::outreach::briefs::Brief;
use crate::outreach::content::{self, DraftShown, PieceShown};
use crate::outreach::reminders::{self, LookGiven};
use crate::outreach::{OutreachError, TEAM};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A draft as a page shows it.
pub struct DraftView {
    pub id: i64,
    pub version: i64,
    pub when: String,
    pub caption: String,
    pub file: Option<FileView>,
    pub light: &'static str,
    pub light_words: &'static str,
    pub rules: Vec<RuleView>,
    pub asked: Vec<(String, bool)>,
    pub comments: Vec<CommentView>,
}

/// The file of a draft.
pub struct FileView {
    pub address: String,
    pub name: String,
    pub size: String,
    pub is_picture: bool,
    pub is_film: bool,
    pub is_sound: bool,
}

/// What one rule on disclosure says of a draft.
pub struct RuleView {
    pub light: &'static str,
    pub words: String,
}

/// Something said about a draft.
pub struct CommentView {
    pub who: String,
    pub is_us: bool,
    pub at: String,
    pub when: String,
    pub text: String,
}

/// A draft with its file below `path`.
pub(super) fn draft_view(draft: &DraftShown, path: &str) -> DraftView {
    let file = |file: &DraftFile| FileView {
        address: format!("{path}/drafts/{}/file", draft.row.id),
        name: file.name.clone(),
        size: format::bytes(file.bytes),
        is_picture: file.kind.starts_with("image/"),
        is_film: file.kind.starts_with("video/"),
        is_sound: file.kind.starts_with("audio/"),
    };
    DraftView {
        id: draft.row.id,
        version: draft.row.version,
        when: clock::minute(draft.row.created_at),
        caption: draft.row.caption.clone(),
        file: draft.row.file.as_ref().map(file),
        light: draft.check.light.code(),
        light_words: draft.check.light.words(),
        rules: draft
            .check
            .said
            .iter()
            .map(|said| RuleView { light: said.light.code(), words: said.words.clone() })
            .collect(),
        asked: draft.asked.clone(),
        comments: draft
            .comments
            .iter()
            .map(|comment| CommentView {
                who: comment.actor.clone(),
                is_us: comment.party == Party::Us,
                at: comment.at_second.map_or_else(String::new, content::second_words),
                when: clock::minute(comment.created_at),
                text: comment.text.clone(),
            })
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "outreach/piece.html")]
struct PiecePage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    deal: i64,
    who: String,
    line: PieceLine,
    brief: Brief,
    drafts: Vec<DraftView>,
    looks: Vec<(String, String)>,
    /// Whether a second look can be noted.
    may_look: bool,
    look_caption: String,
    may_approve: bool,
    may_ask: bool,
    comment: String,
    at: String,
    url: String,
}

async fn page(app: &App, visit: Visit, piece: PieceShown, asked: &Pairs, problem: Option<Problem>) -> Page {
    let path = format!("/outreach/pieces/{}", piece.row.id);
    let line = piece_line(&piece.row, "/outreach/pieces", &clock::iso_day(app.data.now()));
    let looks = app.data.store.second_looks(piece.row.id).await?;
    let may = |next| piece.row.state.may_become(next, Party::Us) && piece.deal.row.state.is_agreed();
    draw(PiecePage {
        layout: Layout::load(app, visit, Word::Outreach, line.name.clone()).await?,
        parts: parts("Deals"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id: piece.row.id,
        deal: piece.row.deal,
        who: piece.deal.row.contact_name.clone(),
        drafts: piece.drafts.iter().map(|draft| draft_view(draft, &path)).collect(),
        may_look: reminders::next_look(&looks).is_some(),
        look_caption: typed_or(asked, "caption", piece.drafts.first().map_or("", |draft| &draft.row.caption)),
        looks: looks.iter().map(|look| reminders::look_words(look, app.data.now())).collect(),
        may_approve: may(DeliverableState::Approved),
        may_ask: may(DeliverableState::Changes),
        comment: typed(asked, "comment"),
        at: typed(asked, "at"),
        url: typed(asked, "url"),
        brief: piece.brief,
        line,
    })
    .await
}

/// `GET /outreach/pieces/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let piece = content::shown(&app.data, id).await?;
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, piece, &asked, None).await
}

async fn acted(app: &App, piece: &PieceShown, given: &Pairs) -> Result<String, OutreachError> {
    if let Some(act @ ("look" | "gone")) = given.one("do") {
        let look = LookGiven {
            is_there: act == "look",
            caption: &typed(given, "caption"),
            has_paid_label: match given.one("label") {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            },
        };
        return reminders::look_again(&app.data, piece, &look, TEAM).await;
    }
    judged(app, piece, given).await.map(str::to_owned)
}

async fn judged(app: &App, piece: &PieceShown, given: &Pairs) -> Result<&'static str, OutreachError> {
    let draft = given.one("draft").and_then(|draft| draft.parse().ok()).unwrap_or(0);
    let comment = typed(given, "comment");
    match given.one("do") {
        Some("approve") => content::judge(&app.data, piece, draft, true, &comment).await.map(|()| "Approved"),
        Some("changes") => {
            content::judge(&app.data, piece, draft, false, &comment).await.map(|()| "Changes are asked for")
        }
        Some("posted") => {
            content::posted(&app.data, piece, Party::Us, &typed(given, "url")).await.map(|()| "Noted as posted")
        }
        _ => content::comment(&app.data, piece, draft, Party::Us, &typed(given, "at"), &comment).await.map(|()| "Said"),
    }
}

/// `POST /outreach/pieces/{id}`: approve, ask for changes, say something, note where it was posted or what a second look found.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let piece = content::shown(&app.data, id).await?;
    match acted(&app, &piece, &given).await {
        Ok(done) => Ok(Redirect::to(&saying(&format!("/outreach/pieces/{id}"), &done)).into_response()),
        Err(error) => {
            let piece = content::shown(&app.data, id).await?;
            Ok(not_valid(page(&app, visit, piece, &given, Some(problem_of(error)?)).await?))
        }
    }
}

/// `GET /outreach/pieces/{id}/drafts/{draft}/file`
pub async fn file(
    State(app): State<App>,
    Path((id, draft)): Path<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let held = app.data.store.draft(draft).await?.filter(|row| row.deliverable == id);
    file_of(&app, held.ok_or_else(no_file)?, &headers).await
}

fn no_file() -> WebError {
    WebError::not_found("No such file", "This draft has no file here.")
}

/// The bytes of a draft's file, or the part of them that a player asks for.
pub(super) async fn file_of(app: &App, draft: DraftRow, headers: &HeaderMap) -> Result<Response, WebError> {
    let Some(file) = draft.file else { return Err(no_file()) };
    let opened = content::open_file(&app.data, &file).map_err(|_| no_file())?;
    let asked =
        headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(|range| part_of(range, file.bytes));
    let (from, to) = asked.unwrap_or((0, file.bytes.saturating_sub(1)));
    let length = if file.bytes == 0 { 0 } else { to - from + 1 };
    let mut answer = Response::builder()
        .header(header::CONTENT_TYPE, &file.kind)
        .header(header::CONTENT_LENGTH, length)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_DISPOSITION, if file.kind == "application/pdf" { "attachment" } else { "inline" })
        .header(header::CACHE_CONTROL, "private, no-store");
    if asked.is_some() {
        answer = answer
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", file.bytes));
    }
    answer
        .body(Body::from_stream(portions(opened, from, length)))
        .map_err(|error| WebError::fault("sending a file", &error))
}

/// A file's bytes in portions, each read when it is asked for.
fn portions(
    file: std::fs::File,
    from: u64,
    length: u64,
) -> impl futures::Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static {
    const PORTION: u64 = 256 << 10;
    futures::stream::try_unfold((file, from, length), |(mut file, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            use std::io::{Read, Seek, SeekFrom};
            let mut portion = vec![0; left.min(PORTION) as usize];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut portion)?;
            Ok::<_, std::io::Error>((file, portion))
        });
        let (file, portion) = read.await.map_err(std::io::Error::other)??;
        let came = portion.len() as u64;
        Ok(Some((portion, (file, at + came, left - came))))
    })
}

/// The one part of a file that `bytes=from-to` asks for; `None` for what is not understood, which gets the whole.
fn part_of(range: &str, bytes: u64) -> Option<(u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = bytes.checked_sub(1)?;
    let part = match (from.trim(), to.trim()) {
        ("", to) => (bytes.saturating_sub(to.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.min(last)),
    };
    (part.0 <= part.1).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_gets_the_part_it_asks_for_and_nonsense_gets_the_whole() {
        assert_eq!(part_of("bytes=0-", 100), Some((0, 99)));
        assert_eq!(part_of("bytes=10-19", 100), Some((10, 19)));
        assert_eq!(part_of("bytes=90-500", 100), Some((90, 99)));
        assert_eq!(part_of("bytes=-10", 100), Some((90, 99)));
        assert_eq!(part_of("bytes=200-", 100), None);
        assert_eq!(part_of("bytes=0-1,5-6", 100), None);
        assert_eq!(part_of("bytes=0-", 0), None);
    }
}
