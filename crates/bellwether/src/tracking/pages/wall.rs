//! `/tracking/posts`: every piece of agreed deals as a card, with its post, what it had at the same age, and how far it has got.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::response::{IntoResponse, Response};
use engine::measurement::same_age::HowKnown;
use model::{Platform, RowIssue};

use super::files::receive;
use super::{Choice, Part, parts, problem_of};
use crate::clock;
use crate::ingest::IngestError;
use crate::tracking::posts::files::{self as post_files, FileTaken};
use crate::tracking::posts::measuring::{self, MetricAtAges, PieceMeasured};
use crate::tracking::posts::{self, PieceSeen, PostState, PostsWanted};
use crate::tracking::{TEAM, TrackingError};
use crate::web::app::{App, Page, draw};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::EstimateCell;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::pager::{Pages, pages};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Of a table of measurements.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// Cards on a page.
const CARDS_A_PAGE: u64 = 24;
/// Counts on a card; the page of the post has all.
const METRICS_A_CARD: usize = 4;
const WORDS_LETTERS_MAX: usize = 240;
const REFUSED_SHOWN: usize = 20;
const PATH: &str = "/tracking/posts";

/// A count at one age, as a cell.
pub struct AgeCell {
    pub cell: EstimateCell,
    /// Drawn in between two measurements.
    pub is_between: bool,
}

/// A count at each of the ages.
pub struct MetricLine {
    pub name: &'static str,
    pub cells: Vec<AgeCell>,
}

/// A piece on the wall.
pub struct Card {
    pub id: i64,
    pub name: String,
    pub who: String,
    pub contact: i64,
    pub deal: i64,
    pub platform: String,
    pub campaign: Option<String>,
    pub state: &'static str,
    pub state_words: &'static str,
    pub needs_you: bool,
    pub when: String,
    /// A picture of the draft that we hold, never one from elsewhere.
    pub picture: Option<String>,
    pub words: String,
    pub proposals: usize,
    pub lines: Vec<MetricLine>,
    pub more: usize,
}

/// A row of a file that was refused.
pub struct IssueLine {
    pub row: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
}

#[derive(Template)]
#[template(path = "tracking/posts.html")]
struct WallPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    ages: Vec<String>,
    cards: Vec<Card>,
    list: Pages,
    is_filtered: bool,
    campaigns: Vec<Choice>,
    creators: Vec<Choice>,
    states: Vec<Choice>,
    csv: String,
    columns: Vec<&'static str>,
    zone: String,
    issues: Vec<IssueLine>,
    more: Option<u64>,
}

pub(super) fn state_words(state: PostState) -> &'static str {
    match state {
        PostState::Waiting => "no post yet",
        PostState::Proposed => "is this it?",
        PostState::Published => "published",
        PostState::Gone => "gone",
    }
}

fn wanted_of(asked: &Pairs) -> PostsWanted {
    let number = |key: &str| asked.one(key).and_then(|value| value.parse::<i64>().ok());
    PostsWanted {
        campaign: number("campaign"),
        contact: number("creator"),
        deal: number("deal"),
        piece: None,
        state: asked.one("state").and_then(PostState::from_code),
    }
}

/// The lines of a piece's counts, each cell leading to its explanation.
pub(super) fn lines_of(piece: i64, metrics: &[MetricAtAges]) -> Vec<MetricLine> {
    let cell = |of: &MetricAtAges, at: usize| {
        let age = &of.ages[at];
        let label = format!("{} at {}", of.metric.words(), engine::measurement::same_age::age_name(age.age_hours));
        let link = format!("{}#{}", measuring::address_of(piece), estimate_id(of, at));
        AgeCell {
            cell: EstimateCell::new(&label, &age.estimate, 0.0, Some(link)),
            is_between: age.how == HowKnown::Between,
        }
    };
    metrics
        .iter()
        .map(|of| MetricLine { name: of.metric.words(), cells: (0..of.ages.len()).map(|at| cell(of, at)).collect() })
        .collect()
}

/// Where an estimate opens on the page of its post.
pub(super) fn estimate_id(of: &MetricAtAges, at: usize) -> String {
    format!("{}-{}h", of.metric.code(), of.ages[at].age_hours)
}

/// When a piece was published, in words.
pub(super) fn when_words(piece: &PieceSeen) -> String {
    let row = &piece.tracked.piece;
    match (piece.published, &piece.found, row.live_at) {
        (Some(when), _, _) => format!("published {}", clock::minute(when.at)),
        (None, Some(_), Some(at)) => format!("noted as posted {}; when it was published is not known", clock::day(at)),
        (None, Some(_), None) => "when it was published is not known".to_owned(),
        (None, None, _) if row.due_on.is_empty() => "no day is set".to_owned(),
        (None, None, _) => format!("to be posted by {}", row.due_on),
    }
}

/// The opening words of a post, or of its draft where none was imported.
pub(super) fn words_of(piece: &PieceSeen) -> String {
    let post = piece.found.as_ref().and_then(|found| found.post.as_ref());
    let said = post.and_then(|post| post.body.clone().or_else(|| post.title.clone()));
    let words = said.or_else(|| piece.tracked.draft.as_ref().map(|draft| draft.caption.clone())).unwrap_or_default();
    let mut short: String = words.trim().chars().take(WORDS_LETTERS_MAX).collect();
    if words.trim().chars().count() > WORDS_LETTERS_MAX {
        short.push('…');
    }
    short
}

fn card(piece: &PieceSeen, measured: &PieceMeasured) -> Card {
    let tracked = &piece.tracked;
    let picture = tracked.draft.as_ref().filter(|draft| draft.is_picture);
    Card {
        id: piece.id(),
        name: piece.name(),
        who: tracked.contact_name.clone(),
        contact: tracked.contact,
        deal: tracked.piece.deal,
        platform: piece.platform().map_or_else(|| tracked.piece.platform.clone(), |of| Platform::name(of).to_owned()),
        campaign: tracked.campaign.as_ref().map(|(_, name)| name.clone()),
        state: piece.state.code(),
        state_words: state_words(piece.state),
        needs_you: matches!(piece.state, PostState::Proposed | PostState::Gone),
        when: when_words(piece),
        picture: picture.map(|draft| format!("/outreach/pieces/{}/drafts/{}/file", piece.id(), draft.id)),
        words: words_of(piece),
        proposals: piece.proposals.len() + piece.more_proposals,
        more: measured.metrics.len().saturating_sub(METRICS_A_CARD),
        lines: lines_of(piece.id(), &measured.metrics[..measured.metrics.len().min(METRICS_A_CARD)]),
    }
}

fn finding_of(all: &[PieceSeen]) -> String {
    let of = |state: PostState| all.iter().filter(|piece| piece.state == state).count() as u64;
    let (published, proposed, gone) = (of(PostState::Published), of(PostState::Proposed), of(PostState::Gone));
    let mut words = format!(
        "{} of {} published",
        format::count(published),
        format::counted(all.len() as u64, "piece is", "pieces are")
    );
    match proposed {
        0 => {}
        1 => words.push_str("; of 1 you have to say which post it is"),
        many => words.push_str(&format!("; of {} you have to say which post they are", format::count(many))),
    }
    if gone > 0 {
        words.push_str(&format!("; {} gone", format::counted(gone, "is", "are")));
    }
    words + "."
}

fn choices(all: impl Iterator<Item = (String, String)>, chosen: Option<&str>) -> Vec<Choice> {
    let by_code: BTreeMap<String, String> = all.collect();
    let mut choices: Vec<Choice> = by_code
        .into_iter()
        .map(|(code, words)| Choice { chosen: chosen == Some(code.as_str()), code, words })
        .collect();
    choices.sort_by(|a, b| (a.words.to_lowercase(), &a.code).cmp(&(b.words.to_lowercase(), &b.code)));
    choices
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>, taken: Option<FileTaken>) -> Page {
    let wanted = wanted_of(asked);
    let everything = posts::seen(&app.data, &PostsWanted::default()).await?;
    let is_meant = |piece: &&PieceSeen| {
        wanted.campaign.is_none_or(|campaign| piece.tracked.campaign.as_ref().is_some_and(|(id, _)| *id == campaign))
            && wanted.contact.is_none_or(|contact| piece.tracked.contact == contact)
            && wanted.deal.is_none_or(|deal| piece.tracked.piece.deal == deal)
    };
    let mut all: Vec<PieceSeen> = everything.iter().filter(is_meant).cloned().collect();
    let finding = finding_of(&all);
    all.retain(|piece| wanted.state.is_none_or(|state| piece.state == state));
    let kept = Pairs::default()
        .with_some("campaign", asked.one("campaign"))
        .with_some("creator", asked.one("creator"))
        .with_some("deal", asked.one("deal"))
        .with_some("state", asked.one("state"));
    let list = pages(&kept.clone().with_some("page", asked.one("page")), PATH, CARDS_A_PAGE, all.len() as u64);
    let shown: Vec<PieceSeen> = all.into_iter().skip(list.from as usize).take(CARDS_A_PAGE as usize).collect();
    let measured = measuring::measured(&app.data, &shown).await?;
    let none = PieceMeasured::default();
    let issues = taken.as_ref().map_or(&[][..], |taken| taken.refused.as_slice());
    let states = PostState::ALL.map(|state| Choice {
        code: state.code().to_owned(),
        words: state_words(state).to_owned(),
        chosen: wanted.state == Some(state),
    });
    draw(WallPage {
        layout: Layout::load(app, visit, Word::Tracking, "Posts").await?,
        parts: parts("Posts"),
        done: taken.as_ref().map(taken_words).or_else(|| asked.one("done").map(str::to_owned)),
        problem,
        finding,
        ages: measuring::age_names(),
        cards: shown.iter().map(|piece| card(piece, measured.get(&piece.id()).unwrap_or(&none))).collect(),
        list,
        is_filtered: !kept.0.is_empty(),
        campaigns: choices(
            everything
                .iter()
                .filter_map(|piece| piece.tracked.campaign.as_ref().map(|(id, name)| (id.to_string(), name.clone()))),
            asked.one("campaign"),
        ),
        creators: choices(
            everything.iter().map(|piece| (piece.tracked.contact.to_string(), piece.tracked.contact_name.clone())),
            asked.one("creator"),
        ),
        states: states.into(),
        csv: kept.address("/tracking/posts.csv"),
        columns: post_files::columns(),
        zone: typed(asked, "zone"),
        issues: issues.iter().take(REFUSED_SHOWN).map(issue_line).collect(),
        more: (issues.len() > REFUSED_SHOWN).then(|| (issues.len() - REFUSED_SHOWN) as u64),
    })
    .await
}

fn issue_line(issue: &RowIssue) -> IssueLine {
    IssueLine {
        row: issue.row.map(format::count).unwrap_or_default(),
        column: issue.column.clone().unwrap_or_default(),
        problem: issue.problem.clone(),
        hint: issue.hint.clone(),
    }
}

fn taken_words(taken: &FileTaken) -> String {
    let mut words = format!(
        "{}: {}; {} new, {} held already, {} refused",
        taken.file,
        format::counted(taken.rows, "row", "rows"),
        format::count(taken.added),
        format::count(taken.known),
        format::count(taken.refused.len() as u64)
    );
    if !taken.ignored.is_empty() {
        words.push_str(&format!("; not read: {}", taken.ignored.join(", ")));
    }
    words
}

/// `GET /tracking/posts`, with `?campaign=`, `?creator=`, `?deal=`, `?state=` those alone.
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None, None).await
}

/// `POST /tracking/posts/import`: a table of measurements; what was refused is shown with its row and column.
pub async fn import(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, WebError> {
    let (arrived, outcome) = receive(&app, form, FILE_BYTES_MAX).await;
    let given = arrived.fields;
    let outcome = match (outcome, arrived.place) {
        (Ok(()), Some(place)) => {
            let zone = typed(&given, "zone");
            let taken = post_files::take(&app.data, &place.path, Some(&arrived.name), &zone, TEAM).await;
            place.abandon();
            taken
        }
        (Ok(()), None) => Err(TrackingError::Field { field: "file", problem: "choose a file".to_owned() }),
        (Err(error), _) => Err(error),
    };
    match outcome {
        Ok(taken) => Ok(page(&app, visit, &Pairs::default(), None, Some(taken)).await?.into_response()),
        Err(TrackingError::Ingest(IngestError::Refused { problem, hint, .. })) => {
            // Where it lies here is nothing to whoever sent it.
            let problem = problem_of(TrackingError::Field { field: "file", problem: format!("{problem}; {hint}") })?;
            Ok(not_valid(page(&app, visit, &given, Some(problem), None).await?))
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?), None).await?)),
    }
}

/// `GET /tracking/posts.csv`: every count of every piece at every age, with all parts of the estimate.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let all = posts::seen(&app.data, &wanted_of(&Pairs(pairs))).await?;
    let measured = measuring::measured(&app.data, &all).await?;
    let mut headings: Vec<&str> = vec![
        "piece",
        "creator",
        "format",
        "platform",
        "campaign",
        "deal",
        "state",
        "address",
        "published_at",
        "metric",
        "age_hours",
        "how",
    ];
    headings.extend(PARTS);
    let mut sheet = Sheet::new(&headings);
    for piece in &all {
        let row = &piece.tracked.piece;
        let begin = [
            piece.id().to_string(),
            piece.tracked.contact_name.clone(),
            row.format.clone(),
            row.platform.clone(),
            piece.tracked.campaign.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            row.deal.to_string(),
            piece.state.code().to_owned(),
            piece.found.as_ref().map_or_else(|| row.url.clone(), |found| found.address.clone()),
            piece.published.map(|when| clock::iso(when.at)).unwrap_or_default(),
        ];
        let metrics = measured.get(&piece.id()).map_or(&[][..], |measured| measured.metrics.as_slice());
        if metrics.is_empty() {
            let mut cells = begin.to_vec();
            cells.extend([String::new(), String::new(), String::new()]);
            push_estimate(&mut cells, None, "nothing was measured");
            sheet.row(&cells);
        }
        for of in metrics {
            for age in &of.ages {
                let mut cells = begin.to_vec();
                cells.extend([of.metric.code().to_owned(), age.age_hours.to_string(), age.how.words().to_owned()]);
                push_estimate(&mut cells, Some(&age.estimate), "");
                sheet.row(&cells);
            }
        }
    }
    Ok(sheet.download("posts.csv"))
}
