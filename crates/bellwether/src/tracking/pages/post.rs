//! `/tracking/posts/{piece}`: one piece with its post: why it is that one or may be, when it was published, what was measured of it
//! and when, the curve, and what it had at the same age.

use askama::Template;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use engine::measurement::same_age;
use model::{Platform, PostMetric};
use store::published_posts::PostDecision;

use super::files::receive;
use super::post_curve::{CurveView, curve_view};
use super::wall::{MetricLine, estimate_id, lines_of, state_words, when_words, words_of};
use super::{Choice, Part, parts, problem_of};
use crate::clock;
use crate::outreach::contacts;
use crate::tracking::posts::measuring::{self, Measurement, MeasurementGiven, PieceMeasured};
use crate::tracking::posts::{self, PieceSeen, PostState, Proposal};
use crate::tracking::{TEAM, TrackingError};
use crate::web::app::{App, Page, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed, typed_or};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// What a request with a picture may bring, so that one somewhat too large is refused at its field.
pub const WHOLE_BYTES_MAX: usize = measuring::EVIDENCE_BYTES_MAX + (8 << 20);

/// A post that may be the piece, or was said not to be.
pub struct ProposalView {
    pub key: String,
    pub address: String,
    pub words: String,
    pub when: String,
    pub reasons: Vec<String>,
    pub is_of: Option<i64>,
}

/// A measurement as the table shows it.
pub struct MeasurementLine {
    pub id: Option<i64>,
    pub when: String,
    pub age: String,
    pub by: String,
    pub counts: Vec<String>,
    pub evidence: Option<String>,
    pub is_corrected: bool,
}

/// A field of the form.
pub struct CountField {
    pub code: &'static str,
    pub words: &'static str,
    pub value: String,
}

#[derive(Template)]
#[template(path = "tracking/post.html")]
struct PostPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: i64,
    name: String,
    who: String,
    contact: i64,
    deal: i64,
    platform: String,
    campaign: Option<String>,
    state: &'static str,
    needs_you: bool,
    when: String,
    /// How it is known which post it is; nothing where it is not.
    how: Option<&'static str>,
    /// Under which a person said so, so that it can be taken back.
    said: Option<String>,
    address: String,
    words: String,
    reasons: Vec<String>,
    shared_with: Vec<i64>,
    picture: Option<String>,
    remarks: Vec<String>,
    proposals: Vec<ProposalView>,
    more_proposals: usize,
    rejected: Vec<ProposalView>,
    ages: Vec<String>,
    lines: Vec<MetricLine>,
    estimates: Vec<EstimateView>,
    curve: Option<CurveView>,
    curves: Vec<Choice>,
    columns: Vec<&'static str>,
    measurements: Vec<MeasurementLine>,
    fields: Vec<CountField>,
    at: String,
    zone: String,
    published: String,
    published_zone: String,
    is_said: bool,
    /// The measurement that the form sets right.
    correcting: Option<i64>,
}

fn proposal_view(of: &Proposal) -> ProposalView {
    let words = of.post.as_ref().and_then(|post| post.body.clone().or_else(|| post.title.clone())).unwrap_or_default();
    ProposalView {
        key: of.key.clone(),
        address: of.address.clone(),
        words: words.trim().chars().take(240).collect(),
        when: of
            .post
            .as_ref()
            .filter(|post| post.is_dated)
            .map_or_else(String::new, |post| clock::minute(post.created_at)),
        reasons: of.reasons.iter().map(|reason| reason.words.clone()).collect(),
        is_of: of.is_of,
    }
}

fn rejected_view(of: &PostDecision) -> ProposalView {
    ProposalView {
        key: of.post.clone(),
        address: String::new(),
        words: String::new(),
        when: format!("said by {} on {}", of.actor, clock::day(of.decided_at)),
        reasons: vec![],
        is_of: None,
    }
}

fn age_words(piece: &PieceSeen, of: &Measurement) -> String {
    let Some(published) = piece.published else { return "not known".to_owned() };
    match of.at.0 - published.at.0 {
        micros if micros <= 0 => "before it was published: left out".to_owned(),
        micros => same_age::age_words(micros as f64 / 1e6),
    }
}

fn measurement_line(piece: &PieceSeen, of: &Measurement, columns: &[PostMetric]) -> MeasurementLine {
    let by = match (of.origin.is_empty(), of.actor.is_empty()) {
        (true, _) => format!("{}, {}", of.by.words(), of.actor),
        (false, true) => format!("{}: {}", of.by.words(), of.origin),
        (false, false) => format!("{}: {}, by {}", of.by.words(), of.origin, of.actor),
    };
    MeasurementLine {
        id: of.id,
        when: clock::minute(of.at),
        age: age_words(piece, of),
        by,
        counts: columns
            .iter()
            .map(|metric| of.metrics.get(*metric).map_or_else(|| "not read".to_owned(), format::count))
            .collect(),
        evidence: of
            .id
            .filter(|_| of.evidence.is_some())
            .map(|id| format!("/tracking/posts/{}/measurements/{id}/picture", piece.id())),
        is_corrected: of.corrected_at.is_some(),
    }
}

fn estimates_of(measured: &PieceMeasured) -> Vec<EstimateView> {
    let mut all = Vec::new();
    for of in &measured.metrics {
        let most = of.ages.iter().filter_map(|age| age.estimate.hi).fold(0.0, f64::max);
        for (at, age) in of.ages.iter().enumerate() {
            let id = estimate_id(of, at);
            let name = same_age::age_name(age.age_hours);
            let label = format!("{} at {name}, {}", of.metric.words(), age.how.words());
            all.push(EstimateView::new(Drawing { id: &id, label: &label, scale_to: most, brand: None }, &age.estimate));
        }
    }
    all
}

async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, problem: Option<Problem>) -> Page {
    let piece = posts::piece(&app.data, id).await?;
    let measured = measuring::measured(&app.data, std::slice::from_ref(&piece)).await?.remove(&id).unwrap_or_default();
    let found = piece.found.as_ref();
    let known: Vec<PostMetric> = measured.metrics.iter().map(|of| of.metric).collect();
    let metric = asked.one("metric").and_then(PostMetric::from_code).or_else(|| known.first().copied());
    let correcting = asked.one("correct").and_then(|number| number.parse::<i64>().ok());
    let held = measured.measurements.iter().find(|of| correcting.is_some() && of.id == correcting);
    let own_zone = contacts::shown(&app.data, piece.tracked.contact).await.map_err(TrackingError::from)?.row.zone;
    let zone = if own_zone.is_empty() { "UTC".to_owned() } else { own_zone };
    let tracked = &piece.tracked;
    let mut remarks = piece.remarks.clone();
    remarks.extend(measured.falls.iter().map(|(metric, fall)| measuring::fall_words(*metric, fall)));
    let held_count = |metric: PostMetric| {
        held.and_then(|of| of.metrics.get(metric)).map(|count| count.to_string()).unwrap_or_default()
    };
    draw(PostPage {
        layout: Layout::load(app, visit, Word::Tracking, format!("{} of {}", piece.name(), tracked.contact_name))
            .await?,
        parts: parts("Posts"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id,
        name: piece.name(),
        who: tracked.contact_name.clone(),
        contact: tracked.contact,
        deal: tracked.piece.deal,
        platform: piece.platform().map_or_else(|| tracked.piece.platform.clone(), |of| Platform::name(of).to_owned()),
        campaign: tracked.campaign.as_ref().map(|(_, name)| name.clone()),
        state: state_words(piece.state),
        needs_you: matches!(piece.state, PostState::Proposed | PostState::Gone),
        when: when_words(&piece),
        how: found.map(|found| found.by.words()),
        said: found.and_then(|found| found.said.clone()),
        address: found.map_or_else(|| tracked.piece.url.clone(), |found| found.address.clone()),
        words: words_of(&piece),
        reasons: found.map(|of| of.reasons.iter().map(|reason| reason.words.clone()).collect()).unwrap_or_default(),
        shared_with: found.map(|found| found.shared_with.clone()).unwrap_or_default(),
        picture: tracked
            .draft
            .as_ref()
            .filter(|draft| draft.is_picture)
            .map(|draft| format!("/outreach/pieces/{id}/drafts/{}/file", draft.id)),
        remarks,
        proposals: piece.proposals.iter().map(proposal_view).collect(),
        more_proposals: piece.more_proposals,
        rejected: piece.rejected.iter().map(rejected_view).collect(),
        ages: measuring::age_names(),
        lines: lines_of(id, &measured.metrics),
        estimates: estimates_of(&measured),
        curve: metric.and_then(|metric| curve_view(&measured, metric, piece.published.map(|when| when.at))),
        curves: known
            .iter()
            .map(|of| Choice { code: of.code().to_owned(), words: of.words().to_owned(), chosen: Some(*of) == metric })
            .collect(),
        columns: known.iter().map(|metric| metric.words()).collect(),
        measurements: measured.measurements.iter().map(|of| measurement_line(&piece, of, &known)).collect(),
        fields: PostMetric::ALL
            .into_iter()
            .map(|metric| CountField {
                code: metric.code(),
                words: metric.words(),
                value: typed_or(asked, metric.code(), &held_count(metric)),
            })
            .collect(),
        at: typed_or(asked, "at", &held.map(|of| clock::iso_exact(of.at)).unwrap_or_default()),
        zone: typed_or(asked, "zone", &zone),
        published: typed_or(asked, "published", &piece.published.map(|when| clock::iso(when.at)).unwrap_or_default()),
        published_zone: typed_or(asked, "published_zone", &zone),
        is_said: piece.published.is_some_and(|when| when.is_said),
        correcting: held.and_then(|of| of.id),
    })
    .await
}

/// `GET /tracking/posts/{piece}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let given = Pairs(pairs);
    let asked = Pairs::default()
        .with_some("done", given.one("done"))
        .with_some("metric", given.one("metric"))
        .with_some("correct", given.one("correct"));
    page(&app, visit, id, &asked, None).await
}

fn measurement_given(given: &Pairs) -> MeasurementGiven {
    MeasurementGiven {
        at: typed(given, "at"),
        zone: typed(given, "zone"),
        counts: PostMetric::ALL.into_iter().map(|metric| (metric, typed(given, metric.code()))).collect(),
    }
}

async fn acted(app: &App, id: i64, given: &Pairs) -> Result<(&'static str, &'static str), TrackingError> {
    let data = &app.data;
    let post = typed(given, "post");
    let measurement = || {
        let number = typed(given, "measurement");
        number.trim().parse::<i64>().map_err(|_| TrackingError::NoMeasurement(0))
    };
    match given.one("do") {
        Some("confirm") => posts::confirm(data, id, &post, false, TEAM).await.map(|()| ("It is this one", "")),
        Some("share") => posts::confirm(data, id, &post, true, TEAM).await.map(|()| ("The two share a post", "")),
        Some("reject") => posts::reject(data, id, &post, TEAM).await.map(|()| ("It is not proposed again", "")),
        Some("take-back") => posts::take_back(data, id, &post, TEAM).await.map(|()| ("Taken back", "")),
        Some("published") => {
            measuring::say_published(data, id, &typed(given, "published"), &typed(given, "published_zone"), TEAM)
                .await
                .map(|()| ("It is noted when it was published", ""))
        }
        Some("correct") => {
            let number = measurement()?;
            of_piece(app, id, number).await?;
            measuring::correct(data, number, &measurement_given(given), TEAM)
                .await
                .map(|_| ("The measurement is set right", "#measurements"))
        }
        Some("remove") => {
            let number = measurement()?;
            of_piece(app, id, number).await?;
            measuring::remove(data, number, TEAM).await.map(|_| ("The measurement is removed", "#measurements"))
        }
        _ => measuring::measure(data, id, &measurement_given(given), TEAM)
            .await
            .map(|_| ("The measurement is kept", "#measurements")),
    }
}

/// Whether a measurement is one of this piece.
async fn of_piece(app: &App, id: i64, measurement: i64) -> Result<(), TrackingError> {
    match app.data.store.measurement(measurement).await? {
        Some(row) if row.deliverable == id => Ok(()),
        _ => Err(TrackingError::NoMeasurement(measurement)),
    }
}

/// `POST /tracking/posts/{piece}`: say which post it is or is not, when it was published, what was measured.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match acted(&app, id, &given).await {
        Ok((done, anchor)) => Ok(to(id, done, anchor).into_response()),
        Err(error) => {
            let asked = match given.one("do") {
                Some("correct") => given.clone().with_some("correct", given.one("measurement")),
                _ => given.clone(),
            };
            Ok(not_valid(page(&app, visit, id, &asked, Some(problem_of(error)?)).await?))
        }
    }
}

fn to(id: i64, done: &str, anchor: &str) -> Redirect {
    let address = Pairs::default().with("done", done).address(&measuring::address_of(id));
    Redirect::to(&format!("{address}{anchor}"))
}

/// `POST /tracking/posts/{piece}/measurements/{measurement}/picture`: a picture that shows it.
pub async fn keep_picture(
    State(app): State<App>,
    visit: Visit,
    Path((id, measurement)): Path<(i64, i64)>,
    form: Multipart,
) -> Result<Response, WebError> {
    of_piece(&app, id, measurement).await?;
    let (arrived, outcome) = receive(&app, form, measuring::EVIDENCE_BYTES_MAX).await;
    let kept = match (outcome, arrived.place) {
        (Ok(()), Some(place)) => {
            let bytes = tokio::fs::read(&place.path).await;
            place.abandon();
            let bytes = bytes.map_err(|error| WebError::fault("reading the picture", &error))?;
            measuring::keep_evidence(&app.data, measurement, &arrived.name, bytes).await
        }
        (Ok(()), None) => Err(TrackingError::Field { field: "file", problem: "choose a picture".to_owned() }),
        (Err(error), _) => Err(error),
    };
    match kept {
        Ok(()) => Ok(to(id, "The picture is kept", "#measurements").into_response()),
        Err(error) => {
            let asked = Pairs::default();
            Ok(not_valid(page(&app, visit, id, &asked, Some(problem_of(error)?)).await?))
        }
    }
}

/// `GET /tracking/posts/{piece}/measurements/{measurement}/picture`
pub async fn picture(State(app): State<App>, Path((id, measurement)): Path<(i64, i64)>) -> Result<Response, WebError> {
    let (file, bytes) = measuring::evidence(&app.data, id, measurement).await?;
    let headers = [
        (header::CONTENT_TYPE, file.kind),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// `GET /tracking/posts/{piece}/measurements.csv`: what was measured, in the columns that a file of measurements has.
pub async fn download(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let piece = posts::piece(&app.data, id).await?;
    let measured = measuring::measured(&app.data, std::slice::from_ref(&piece)).await?.remove(&id).unwrap_or_default();
    let mut headings = vec!["piece", "address", "measured_at"];
    headings.extend(PostMetric::ALL.map(PostMetric::code));
    headings.extend(["source", "origin", "actor"]);
    let mut sheet = Sheet::new(&headings);
    let address = piece.found.as_ref().map_or_else(String::new, |found| found.address.clone());
    for of in &measured.measurements {
        let mut cells = vec![id.to_string(), address.clone(), clock::iso_exact(of.at)];
        cells.extend(
            PostMetric::ALL.map(|metric| of.metrics.get(metric).map(|count| count.to_string()).unwrap_or_default()),
        );
        cells.extend([of.by.code().to_owned(), of.origin.clone(), of.actor.clone()]);
        sheet.row(&cells);
    }
    Ok(sheet.download(&format!("piece-{id}-measurements.csv")))
}
