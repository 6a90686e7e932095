//! `/tracking/clicks`: every hit on every link with what it was taken for and why, the newest first, page by page.

use std::collections::HashMap;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use clicks::Position;
use futures::StreamExt;
use verdicts::VerdictKind;

use crate::clock;
use crate::tracking::stream::{self, ClickFilter, ClickSeen};
use crate::tracking::{TrackingError, links};
use crate::web::app::{App, Page, draw};
use crate::web::csv::{self, Sheet};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS_A_PAGE: usize = 100;
/// Of a file that are read and sent at once.
const ROWS_OF_A_PORTION: usize = 1_000;
const COLUMNS: [&str; 10] =
    ["at", "link", "slug", "name", "taken_for", "reasons", "referrer", "device", "browser", "qr"];

/// One click as the stream shows it.
pub struct ClickLine {
    pub at: String,
    pub link: u32,
    pub name: String,
    pub verdict: &'static str,
    pub is_person: bool,
    pub why: String,
    pub from: String,
    pub with: String,
}

/// What a hit may be taken for, as a filter and as an explanation.
pub struct VerdictChoice {
    pub code: &'static str,
    pub words: &'static str,
    pub meaning: &'static str,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "tracking/clicks.html")]
struct ClicksPage {
    layout: Layout,
    finding: String,
    alarm: Option<String>,
    /// The link as it was typed, and what is wrong with it.
    link: String,
    problem: Option<String>,
    verdicts: Vec<VerdictChoice>,
    is_filtered: bool,
    /// Not the newest page.
    is_later_page: bool,
    newest: String,
    earlier: Option<String>,
    csv: String,
    is_cut: bool,
    lines: Vec<ClickLine>,
}

/// What each verdict means, in the words of whoever reads the stream.
pub fn meaning_of(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Human => "nothing speaks against a person; this alone counts as a click",
        VerdictKind::Preview => "a chat or social app fetched the page to draw a picture of it",
        VerdictKind::Crawler => "a search engine, an AI, a monitor or another program",
        VerdictKind::Scanner => "a mail's links were opened by a machine that checks mail",
        VerdictKind::Datacentre => "it came from a network of servers",
        VerdictKind::Prefetch => "a browser fetched ahead of a person and said so",
        VerdictKind::Head => "it asked for the head of the answer alone, as checkers of links do",
        VerdictKind::Duplicate => "the same visitor on the same link within ten seconds of a click that counts",
        VerdictKind::Invalid => "it named no program, or one that is none, or came from a site that is known for spam",
    }
}

pub fn words_of(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Human => "a person",
        other => other.name(),
    }
}

/// Where a click came from and with what, as the pages say it.
pub fn from_words(click: &ClickSeen) -> String {
    match (click.is_from_qr, click.referrer.is_empty()) {
        (true, _) => "QR code".to_owned(),
        (false, true) => "not said".to_owned(),
        (false, false) => click.referrer.clone(),
    }
}

pub fn with_words(click: &ClickSeen) -> String {
    format!("{}, {}", click.device, click.browser)
}

/// What is asked for: the filter, and what is wrong with the link that was typed.
async fn asked_for(app: &App, asked: &Pairs) -> Result<(ClickFilter, Option<String>), WebError> {
    let mut filter = ClickFilter {
        link: None,
        verdict: asked.one("verdict").and_then(stream::verdict_named),
        before: asked.one("before").and_then(stream::place_named),
    };
    let Some(named) = asked.one("link") else { return Ok((filter, None)) };
    // What is copied from an address bar is taken too.
    let named = named.rsplit('/').next().unwrap_or(named).split('?').next().unwrap_or("");
    match links::find(&app.data, named).await {
        Ok(row) => filter.link = Some(row.id),
        Err(TrackingError::NoLink(_)) => return Ok((filter, Some(format!("There is no link “{named}”.")))),
        Err(error) => return Err(error.into()),
    }
    Ok((filter, None))
}

async fn names_of(app: &App, clicks: &[ClickSeen]) -> Result<HashMap<u32, (String, String)>, WebError> {
    let mut numbers: Vec<u32> = clicks.iter().map(|click| click.link).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let rows = app.data.store.links_numbered(&numbers).await?;
    Ok(rows.into_iter().map(|row| (row.id, (row.name, row.slug))).collect())
}

/// `GET /tracking/clicks`, with `?link=`, `?verdict=` and `?before=`.
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs(pairs);
    let (filter, problem) = asked_for(&app, &asked).await?;
    let shown = match problem {
        Some(_) => stream::Latest::default(),
        None => stream::latest(&app.data, filter, ROWS_A_PAGE).await?,
    };
    let names = names_of(&app, &shown.clicks).await?;
    let kept = Pairs::default()
        .with_some("link", asked.one("link"))
        .with_some("verdict", filter.verdict.map(VerdictKind::name));
    let earlier = shown.earlier.map(|place| kept.clone().with("before", stream::place_of(place)));
    let lines = shown.clicks.iter().map(|click| ClickLine {
        at: clock::minute(click.at),
        link: click.link,
        name: names.get(&click.link).map_or_else(|| format!("link {}", click.link), |(name, _)| name.clone()),
        verdict: click.verdict.name(),
        is_person: click.verdict == VerdictKind::Human,
        why: click.reasons.join("; "),
        from: from_words(click),
        with: with_words(click),
    });
    let choice = |kind: VerdictKind| VerdictChoice {
        code: kind.name(),
        words: words_of(kind),
        meaning: meaning_of(kind),
        chosen: filter.verdict == Some(kind),
    };
    draw(ClicksPage {
        layout: Layout::load(&app, visit, Word::Tracking, "Clicks").await?,
        finding: match (shown.clicks.len(), filter.before.is_some()) {
            (0, false) if filter == ClickFilter::default() && problem.is_none() => "Nobody has clicked yet.".to_owned(),
            (0, _) => "None is found here.".to_owned(),
            (found, false) => format!("The latest {}.", format::counted(found as u64, "hit", "hits")),
            (found, true) => format!("{} before those.", format::counted(found as u64, "hit", "hits")),
        },
        alarm: app.data.tracking_alarm(),
        link: asked.one("link").unwrap_or("").to_owned(),
        problem,
        verdicts: stream::TAKEN_FOR.into_iter().map(choice).collect(),
        is_filtered: filter.verdict.is_some() || asked.one("link").is_some(),
        is_later_page: filter.before.is_some(),
        newest: kept.address("/tracking/clicks"),
        earlier: earlier.map(|pairs| pairs.address("/tracking/clicks")),
        csv: kept.address("/tracking/clicks.csv"),
        is_cut: shown.is_cut,
        lines: lines.collect(),
    })
    .await
}

/// Rows of a file, and where the next ones begin.
async fn portion(app: &App, filter: ClickFilter, mut sheet: Sheet) -> Result<(Bytes, Option<Position>), WebError> {
    let found = stream::latest(&app.data, filter, ROWS_OF_A_PORTION).await?;
    let names = names_of(app, &found.clicks).await?;
    for click in found.clicks {
        let (name, slug) = names.get(&click.link).cloned().unwrap_or_default();
        sheet.row([
            clock::iso_exact(click.at),
            click.link.to_string(),
            slug,
            name,
            click.verdict.name().to_owned(),
            click.reasons.join("; "),
            click.referrer,
            click.device.to_owned(),
            click.browser.to_owned(),
            if click.is_from_qr { "yes" } else { "no" }.to_owned(),
        ]);
    }
    Ok((Bytes::from(sheet.bytes()), found.earlier))
}

/// `GET /tracking/clicks.csv`: all clicks that the same filter finds, sent as they are read. A file that cannot be read to its end
/// breaks off, so that nobody takes it for whole.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let (filter, problem) = asked_for(&app, &asked).await?;
    if let Some(problem) = problem {
        return Err(WebError::not_found("No such link", problem));
    }
    let (first, earlier) = portion(&app, filter, Sheet::new(&COLUMNS)).await?;
    let rest = futures::stream::try_unfold(earlier, move |earlier| {
        let app = app.clone();
        async move {
            let Some(before) = earlier else { return Ok(None) };
            let filter = ClickFilter { before: Some(before), ..filter };
            match portion(&app, filter, Sheet::more()).await {
                Ok(read) => Ok(Some(read)),
                Err(error) => {
                    tracing::error!(what = %error.what_happened, "a file of clicks breaks off");
                    Err(std::io::Error::other("the click log could not be read"))
                }
            }
        }
    });
    let all = futures::stream::once(async { Ok(first) }).chain(rest);
    Ok((csv::headers("clicks.csv"), Body::from_stream(all)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_explained_and_no_two_alike() {
        let meanings: std::collections::BTreeSet<&str> = VerdictKind::ALL.into_iter().map(meaning_of).collect();
        assert_eq!(meanings.len(), VerdictKind::ALL.len());
    }
}
