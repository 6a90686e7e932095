//! A report as whoever has its link sees it: the same figures, nothing that leads into the program, nobody's notes; and the page of a
//! link that opens nothing.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::report_view::ReportView;
use super::study::WatchView;
use crate::clock;
use crate::creators::is_made_up;
use crate::measurement::watching::watched;
use crate::measurement::{Standing, report, sharing, study};
use crate::web::app::{App, aside, draw};
use crate::web::error::WebError;
use crate::web::visit::Visit;

/// Neither kept by what is on the way nor found by searching.
const UNLISTED: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "private, no-store"), (HeaderName::from_static("x-robots-tag"), "noindex, nofollow")];

#[derive(Template)]
#[template(path = "measurement/shared.html")]
struct SharedPage {
    theme: &'static str,
    made_up: bool,
    name: String,
    note: String,
    expires_on: String,
    finding: String,
    standing: &'static str,
    watched: Vec<WatchView>,
    report: Option<ReportView>,
    id: i64,
    is_shared: bool,
}

#[derive(Template)]
#[template(path = "nothing_shared.html")]
struct GonePage {
    theme: &'static str,
}

async fn gone(theme: &'static str) -> Result<Response, WebError> {
    let page = draw(GonePage { theme }).await?;
    Ok((StatusCode::NOT_FOUND, UNLISTED, page).into_response())
}

/// `GET /measurement/shared/{secret}`
pub async fn shared(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let theme = visit.theme.code();
    let data = app.data.clone();
    let Some(link) = sharing::open(&data, &secret).await? else { return gone(theme).await };
    let study = study(&data, link.study).await?;
    let standing = study.standing(data.now());
    let (report, watched) = match standing {
        Standing::Open => {
            let (data, id) = (data.clone(), link.study);
            let report = aside(move || async move { report(&data, id).await }).await?;
            (Some(ReportView::of(&report).without_links()), vec![])
        }
        Standing::Running | Standing::Settling => {
            let (data, of) = (data.clone(), study.clone());
            (None, aside(move || async move { watched(&data, &of).await }).await?)
        }
        Standing::Ahead => (None, vec![]),
        Standing::Withdrawn => return gone(theme).await,
    };
    let page = draw(SharedPage {
        theme,
        made_up: is_made_up(&data).await?,
        name: study.row.name.clone(),
        note: link.note,
        expires_on: clock::day(link.expires_at),
        finding: match (&report, standing) {
            (Some(report), _) => report.answer.clone(),
            (None, Standing::Ahead) => format!("Begins on {}.", study.design.starts_on),
            (None, _) => format!(
                "Still running: what stands here may be looked at every day. The answer comes on {}.",
                clock::day(study.row.unlocks_at)
            ),
        },
        standing: standing.words(),
        watched: watched.iter().enumerate().map(|(place, one)| WatchView::of(place, one).without_links()).collect(),
        report,
        id: link.study,
        is_shared: true,
    })
    .await?;
    Ok((UNLISTED, page).into_response())
}
