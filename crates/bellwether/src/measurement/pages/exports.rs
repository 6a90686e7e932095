//! A report as files: everything as JSON, every figure as a row, creators as rows, and the days with what would have been.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use model::Estimate;

use crate::measurement::found::{OutcomeFound, StudyFound};
use crate::measurement::outcomes::date_of;
use crate::measurement::{Report, report};
use crate::web::app::{App, aside};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;

async fn report_of(app: &App, id: i64) -> Result<Arc<Report>, WebError> {
    let data = app.data.clone();
    aside(move || async move { report(&data, id).await }).await
}

/// `GET /measurement/{id}/report.json`
pub async fn as_json(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    Ok(Json(report_of(&app, id).await?.document()).into_response())
}

/// Every figure of a report that belongs to no creator, with what it is called.
fn figures(found: &StudyFound) -> Vec<(String, &Estimate)> {
    let mut all: Vec<(String, &Estimate)> = vec![
        ("cost".to_owned(), &found.cost.total),
        ("attributed margin".to_owned(), &found.attributed.margin),
        ("attributed return".to_owned(), &found.attributed.roi),
        ("incremental margin".to_owned(), &found.incremental.margin),
        ("incremental return".to_owned(), &found.incremental.roi),
        ("different people reached".to_owned(), &found.distinct),
        ("times each saw something".to_owned(), &found.frequency),
        ("share of voice".to_owned(), &found.share_of_voice),
    ];
    for outcome in std::iter::once(&found.primary).chain(&found.secondary) {
        all.push((format!("more {} than without", outcome.words), &outcome.gained));
        all.push((format!("more {} a day than without", outcome.words), &outcome.a_day));
        all.push((format!("more {} than without, as a share", outcome.words), &outcome.relative));
        for other in &outcome.others {
            all.push((format!("more {} a day than without, {}", outcome.words, other.name), &other.a_day));
        }
    }
    all.extend(found.funnel.iter().chain(&found.unit_costs).map(|step| (step.words.to_lowercase(), &step.estimate)));
    for promise in &found.promises {
        all.push((format!("{}, promised", promise.words.to_lowercase()), &promise.promised));
        all.push((format!("{}, came", promise.words.to_lowercase()), &promise.came));
    }
    all
}

/// `GET /measurement/{id}/figures.csv`
pub async fn figures_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let report = report_of(&app, id).await?;
    let headings: Vec<&str> = std::iter::once("figure").chain(PARTS).collect();
    let mut sheet = Sheet::new(&headings);
    for (name, estimate) in figures(&report.found) {
        let mut cells = vec![name];
        push_estimate(&mut cells, Some(estimate), "");
        sheet.row(cells);
    }
    Ok(sheet.download("figures.csv").into_response())
}

/// `GET /measurement/{id}/creators.csv`
pub async fn creators_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let report = report_of(&app, id).await?;
    let figures = [
        "cost",
        "reach",
        "interactions",
        "clicks",
        "orders",
        "value",
        "orders_of_a_click",
        "a_click_brings",
        "cost_per_click",
        "cost_per_order",
        "return",
    ];
    let mut headings = vec!["contact".to_owned(), "creator".to_owned(), "posts".to_owned()];
    headings.extend(figures.iter().flat_map(|figure| PARTS.iter().map(move |part| format!("{figure}_{part}"))));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new(&headings);
    for one in &report.found.creators {
        let mut cells = vec![
            one.contact.to_string(),
            report.names.get(&one.contact).cloned().unwrap_or_default(),
            one.posts.to_string(),
        ];
        for estimate in [
            &one.cost,
            &one.reach,
            &one.interactions,
            &one.clicks,
            &one.orders,
            &one.value,
            &one.rate,
            &one.a_click,
            &one.cost_per_click,
            &one.cost_per_order,
            &one.roi,
        ] {
            push_estimate(&mut cells, Some(estimate), "");
        }
        sheet.row(cells);
    }
    Ok(sheet.download("creators.csv").into_response())
}

/// `GET /measurement/{id}/days.csv`: a row a day and outcome, tidy for other programs.
pub async fn days_csv(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let report = report_of(&app, id).await?;
    let mut sheet = Sheet::new(&[
        "outcome",
        "date",
        "seen",
        "expected",
        "expected_lo",
        "expected_hi",
        "gained",
        "gained_lo",
        "gained_hi",
        "level",
        "unit",
    ]);
    let found = &report.found;
    for outcome in std::iter::once(&found.primary).chain(&found.secondary) {
        push_days(&mut sheet, outcome);
    }
    Ok(sheet.download("days.csv").into_response())
}

fn push_days(sheet: &mut Sheet, outcome: &OutcomeFound) {
    let unit = match outcome.unit {
        model::Unit::Money(currency) => format!("{currency} minor units"),
        unit => serde_json::to_value(unit).ok().and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default(),
    };
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for day in &outcome.days {
        let mut cells = vec![outcome.words.clone(), date_of(day.day).to_string(), number(day.seen)];
        for three in [day.expected, day.gained] {
            cells.extend((0..3).map(|place| number(three.map(|three| three[place]))));
        }
        cells.extend([outcome.gained.level.to_string(), unit.clone()]);
        sheet.row(cells);
    }
}
