//! `/ingest/sources`: the rules of each source, and changing those that are the operator's to set.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::{Days, SourcePolicy};

use super::{IngestPart, parts};
use crate::ingest::policies;
use crate::web::app::{App, Page, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::forms::{Problem, not_valid};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A source with its rules.
pub struct SourceLine {
    pub code: String,
    pub days: String,
    pub may_derive: bool,
    pub may_mix: bool,
    pub legal_basis: String,
    pub purpose: String,
    pub ends_by: &'static str,
    pub attribution: Option<String>,
    /// What the operator says by allowing numbers to be made.
    pub amendment: bool,
}

#[derive(Template)]
#[template(path = "ingest/sources.html")]
struct SourcesPage {
    layout: Layout,
    parts: Vec<IngestPart>,
    done: Option<String>,
    problem: Option<Problem>,
    lines: Vec<SourceLine>,
}

fn line(source: SourcePolicy) -> SourceLine {
    SourceLine {
        days: source.max_age.map(|age| age.0.to_string()).unwrap_or_default(),
        may_derive: source.may_derive,
        may_mix: source.may_mix,
        legal_basis: source.legal_basis,
        purpose: source.purpose,
        ends_by: policies::ends_by(&source.code),
        attribution: source.attribution,
        amendment: source.code == "youtube-api",
        code: source.code,
    }
}

async fn page(app: &App, visit: Visit, done: Option<String>, problem: Option<Problem>) -> Page {
    draw(SourcesPage {
        layout: Layout::load(app, visit, Word::Ingest, "Sources and their rules").await?,
        parts: parts("Sources"),
        done,
        problem,
        lines: app.data.store.sources().await?.into_iter().map(line).collect(),
    })
    .await
}

/// `GET /ingest/sources`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, Pairs(pairs).one("done").map(str::to_owned), None).await
}

/// `POST /ingest/sources/{code}`
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(code): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let days = match given.one("days") {
        None => Ok(None),
        Some(text) => {
            text.parse::<u32>().ok().filter(|days| (1..=3_650).contains(days)).map(|days| Some(Days(days))).ok_or(())
        }
    };
    let Ok(days) = days else {
        let words = "Write a number of days from 1 to 3,650, or leave it empty.".to_owned();
        let problem = Problem { field: "", words, hint: None, links: vec![] };
        return Ok(not_valid(page(&app, visit, None, Some(problem)).await?));
    };
    let (may_derive, may_mix) = (given.one("derive").is_some(), given.one("mix").is_some());
    match policies::set_rules(&app.data, &code, days, may_derive, may_mix).await {
        Ok(()) => {
            let done = "The rules hold from now on; bring figures up to date to see them in numbers";
            Ok(Redirect::to(&Pairs::default().with("done", done).address("/ingest/sources")).into_response())
        }
        Err(crate::ingest::IngestError::Refused { problem, hint, .. }) => {
            let problem = Problem { field: "", words: format!("{problem}."), hint: Some(hint), links: vec![] };
            Ok(not_valid(page(&app, visit, None, Some(problem)).await?))
        }
        Err(error) => Err(WebError::from(error).with(Recovery::new("All sources", "/ingest/sources"))),
    }
}
