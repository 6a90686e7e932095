//! `/tracking/links/{id}`: one link: its address and QR code, who clicked by day, what was no person and why, where it led.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use verdicts::{Reason, VerdictKind};

use super::clicks::{ClickLine, from_words, with_words};
use super::links::{Counts, state_words};
use super::{Part, TEAM, parts, problem_of};
use crate::clock;
use crate::outreach::settings;
use crate::tracking::stream::{self, ClickFilter, ClickSeen};
use crate::tracking::{TrackingError, counting, links};
use crate::web::app::{App, Page, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed, typed_or};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const CLICKS_SHOWN: usize = 50;
const DAYS_SHOWN: usize = 60;
const HOSTS_SHOWN: u64 = 50;

/// A day of a link.
pub struct DayLine {
    pub day: String,
    pub people: u64,
    pub others: u64,
    /// Of the day with most people, in hundredths.
    pub width: u64,
}

/// Where it led.
pub struct TargetLine {
    pub since: String,
    pub target: String,
    pub actor: String,
}

#[derive(Template)]
#[template(path = "tracking/link.html")]
struct LinkPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: u32,
    name: String,
    address: String,
    state: &'static str,
    is_over: bool,
    until: Option<String>,
    typed_target: String,
    deal: Option<i64>,
    contact: Option<i64>,
    people: String,
    uniques: String,
    repeats: String,
    others: String,
    finding: String,
    days: Vec<DayLine>,
    days_cut: bool,
    reasons: Vec<(String, String, String)>,
    hosts: Vec<(String, String)>,
    clicks: Vec<ClickLine>,
    /// Where all of them are.
    more_clicks: Option<String>,
    /// Older parts of the log were not looked through.
    clicks_cut: bool,
    /// A code of an address that is reached from outside.
    has_public: bool,
    hosts_cut: bool,
    targets: Vec<TargetLine>,
}

fn day_of(day: i64) -> String {
    clock::iso_day(model::Timestamp(day * 86_400_000_000))
}

/// The latest days, and how many there are.
fn days_of(rows: &[(i64, u8, u64)]) -> (Vec<DayLine>, usize) {
    let mut days: Vec<(i64, u64, u64)> = Vec::new();
    for (day, verdict, clicks) in rows {
        if days.last().is_none_or(|last| last.0 != *day) {
            days.push((*day, 0, 0));
        }
        if let Some(last) = days.last_mut() {
            match VerdictKind::from_code(*verdict) {
                Some(VerdictKind::Human) => last.1 += clicks,
                _ => last.2 += clicks,
            }
        }
    }
    let most = days.iter().map(|day| day.1).max().unwrap_or(0).max(1);
    let lines = days.iter().rev().take(DAYS_SHOWN).map(|(day, people, others)| DayLine {
        day: day_of(*day),
        people: *people,
        others: *others,
        width: people * 100 / most,
    });
    (lines.collect(), days.len())
}

/// Counts what has come; where that fails the page shows what was counted before, and says what is wrong.
pub(super) async fn counted_or_said(app: &App) {
    if let Err(error) = counting::count(&app.data).await {
        tracing::warn!(%error, "clicks could not be counted");
    }
}

async fn page(app: &App, visit: Visit, id: u32, asked: &Pairs, problem: Option<Problem>) -> Page {
    counted_or_said(app).await;
    let row = links::numbered(&app.data, id).await?;
    let counts = app.data.store.verdict_counts(Some(id)).await?;
    let counted = Counts::of(counts.iter());
    let (reasons, hosts) = app.data.store.click_sources(id, HOSTS_SHOWN + 1).await?;
    let hosts_cut = hosts.len() as u64 > HOSTS_SHOWN;
    let latest =
        stream::latest(&app.data, ClickFilter { link: Some(id), ..ClickFilter::default() }, CLICKS_SHOWN).await?;
    let has_public = !settings::settings(&app.data).await.map_err(TrackingError::from)?.public_address.is_empty();
    let targets = app.data.store.link_targets(id).await?;
    let (days, days_held) = days_of(&app.data.store.day_counts(id).await?);
    let now = app.data.now();
    let reason = |bit: u8| Reason::all().find(|reason| reason.bit() == bit);
    let click = |click: ClickSeen| ClickLine {
        at: clock::minute(click.at),
        link: id,
        name: row.name.clone(),
        is_person: click.verdict == VerdictKind::Human,
        verdict: click.verdict.name(),
        why: click.reasons.join("; "),
        from: from_words(&click),
        with: with_words(&click),
    };
    let clicks: Vec<ClickLine> = latest.clicks.into_iter().map(click).collect();
    let more_clicks = latest.earlier.map(|_| Pairs::default().with("link", id).address("/tracking/clicks"));
    draw(LinkPage {
        layout: Layout::load(app, visit, Word::Tracking, row.name.clone()).await?,
        parts: parts("Links"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id,
        address: links::address_of(&app.data, &row.slug).await?,
        state: state_words(&row, now),
        is_over: state_words(&row, now) != "leads on",
        until: row.expires_at.map(|at| clock::day(model::Timestamp(at.0 - 1))),
        typed_target: typed_or(asked, "target", &row.target),
        deal: row.deal,
        contact: row.contact,
        people: format::count(counted.people),
        uniques: format::count(counted.uniques),
        repeats: format::count(counted.repeats),
        others: format::count(counted.others),
        finding: match counted.people {
            0 => "Nobody has clicked yet.".to_owned(),
            people => format!(
                "{} by people, {} told apart by day.",
                format::counted(people, "click", "clicks"),
                format::counted(counted.uniques, "visitor", "visitors")
            ),
        },
        days_cut: days_held > DAYS_SHOWN,
        days,
        reasons: reasons
            .into_iter()
            .filter_map(|(bit, clicks)| {
                let reason = reason(bit)?;
                Some((reason.verdict().name().to_owned(), reason.words().to_owned(), format::count(clicks)))
            })
            .collect(),
        hosts: hosts
            .into_iter()
            .take(HOSTS_SHOWN as usize)
            .map(|(host, clicks)| (host, format::count(clicks)))
            .collect(),
        clicks_cut: latest.is_cut,
        clicks,
        more_clicks,
        has_public,
        hosts_cut,
        targets: targets
            .into_iter()
            .map(|row| TargetLine { since: clock::minute(row.at), target: row.target, actor: row.actor })
            .collect(),
        name: row.name,
    })
    .await
}

/// `GET /tracking/links/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<u32>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let done = Pairs(pairs).one("done").map(str::to_owned);
    page(&app, visit, id, &Pairs::default().with_some("done", done), None).await
}

/// `POST /tracking/links/{id}`: lead it elsewhere, end it, or let it lead on again.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<u32>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    links::numbered(&app.data, id).await?;
    let outcome = match given.one("do") {
        Some("end") => app.data.store.end_link(id, Some(app.data.now())).await.map(|_| "It leads nowhere any more"),
        Some("again") => app.data.store.end_link(id, None).await.map(|_| "It leads on again"),
        _ => match links::retarget(&app.data, id, &typed(&given, "target"), TEAM).await {
            Ok(()) => Ok("It leads there from now on; clicks before stay counted"),
            Err(error) => {
                return Ok(not_valid(page(&app, visit, id, &given, Some(problem_of(error)?)).await?));
            }
        },
    };
    let done = outcome?;
    if let Ok(redirector) = app.data.redirector().await {
        redirector.look().await?;
    }
    Ok(Redirect::to(&Pairs::default().with("done", done).address(&format!("/tracking/links/{id}"))).into_response())
}

/// `GET /tracking/links/{id}/days.csv`: the exact counts by day and verdict.
pub async fn download(State(app): State<App>, Path(id): Path<u32>) -> Result<Response, WebError> {
    counted_or_said(&app).await;
    let row = links::numbered(&app.data, id).await?;
    let mut sheet = Sheet::new(&["day", "verdict", "clicks"]);
    for (day, verdict, clicks) in app.data.store.day_counts(id).await? {
        let verdict = VerdictKind::from_code(verdict).map_or("unknown", VerdictKind::name);
        sheet.row(&[day_of(day), verdict.to_owned(), clicks.to_string()]);
    }
    Ok(sheet.download(&format!("{}-days.csv", row.slug)).into_response())
}
