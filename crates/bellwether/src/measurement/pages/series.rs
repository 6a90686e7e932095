//! `/measurement/series`: daily series that were brought in, one by one, and bringing one in.

use askama::Template;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::measurement::{SeriesKind, SeriesRow};

use super::chart::day_in_full;
use super::{Part, TEAM, parts, problem_of};
use crate::measurement::MeasurementError;
use crate::measurement::series_file::{FILE_BYTES_MAX, FileGiven, FileTaken, take};
use crate::web::app::{App, Page, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A series in the list.
pub struct SeriesLine {
    pub id: i64,
    pub name: String,
    pub kind: &'static str,
    pub days: String,
    pub span: String,
    pub may_stand_for_without: bool,
    pub source: String,
}

impl SeriesLine {
    fn of(row: SeriesRow) -> SeriesLine {
        SeriesLine {
            id: row.id,
            kind: kind_words(row.kind),
            days: format::count(row.days),
            span: match row.first_day.zip(row.last_day) {
                Some((first, last)) => format!("{} to {}", day_in_full(first), day_in_full(last)),
                None => "no day".to_owned(),
            },
            may_stand_for_without: !row.is_touched,
            source: row.source,
            name: row.name,
        }
    }
}

fn kind_words(kind: SeriesKind) -> &'static str {
    match kind {
        SeriesKind::Gained => "so many a day",
        SeriesKind::Standing => "a total that stands",
    }
}

/// What came of a file, in words.
pub struct TakenView {
    pub words: String,
    pub series: Vec<(i64, String, String)>,
    pub issues: Vec<String>,
    pub refused: String,
}

impl TakenView {
    fn of(taken: &FileTaken) -> TakenView {
        let new: u64 = taken.series.iter().map(|(.., days)| days.new).sum();
        let changed: u64 = taken.series.iter().map(|(.., days)| days.changed).sum();
        let words = match (new, changed) {
            (0, 0) => "Everything in this file was held already; nothing was added.".to_owned(),
            _ => format!(
                "{} of {} came in{}.",
                format::counted(new, "day", "days"),
                format::counted(taken.series.len() as u64, "series", "series"),
                if changed > 0 {
                    format!(", {} put right", format::counted(changed, "day was", "days were"))
                } else {
                    String::new()
                }
            ),
        };
        TakenView {
            words,
            series: taken
                .series
                .iter()
                .map(|(id, name, days)| {
                    (*id, name.clone(), format!("{} new, {} put right, {} known", days.new, days.changed, days.known))
                })
                .collect(),
            issues: taken.issues.iter().map(ToString::to_string).collect(),
            refused: format::counted(taken.refused, "cell was refused", "cells were refused"),
        }
    }
}

#[derive(Template)]
#[template(path = "measurement/series.html")]
struct SeriesPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    taken: Option<TakenView>,
    series: Vec<SeriesLine>,
    finding: String,
    kind: String,
    is_touched: bool,
    prefix: String,
}

async fn page(app: &App, visit: Visit, given: &Pairs, taken: Option<TakenView>, problem: Option<Problem>) -> Page {
    let rows = app.data.store.series().await?;
    draw(SeriesPage {
        layout: Layout::load(app, visit, Word::Measurement, "Daily series").await?,
        parts: parts("Daily series"),
        done: given.one("done").map(str::to_owned),
        problem,
        taken,
        finding: match rows.len() {
            0 => "No daily series was brought in yet.".to_owned(),
            count => format!(
                "{}, of which {} may stand for “without the campaign”.",
                format::counted(count as u64, "series", "series"),
                rows.iter().filter(|row| !row.is_touched).count()
            ),
        },
        series: rows.into_iter().map(SeriesLine::of).collect(),
        kind: given.one("kind").unwrap_or("gained").to_owned(),
        is_touched: given.one("touched").is_none_or(|touched| touched != "no"),
        prefix: typed(given, "prefix"),
    })
    .await
}

/// `GET /measurement/series`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None, None).await
}

/// What a form with a file brought.
async fn received(mut form: Multipart) -> Result<(Pairs, String, Vec<u8>), MeasurementError> {
    let mut fields = Pairs::default();
    let (mut name, mut bytes) = (String::new(), vec![]);
    let cut = |error: &dyn std::fmt::Display| {
        MeasurementError::File(format!(
            "it did not arrive whole, or is larger than {} MB: {error}; nothing was kept, choose it again",
            FILE_BYTES_MAX >> 20
        ))
    };
    while let Some(field) = form.next_field().await.map_err(|error| cut(&error))? {
        let key = field.name().unwrap_or("").to_owned();
        match key.as_str() {
            "file" => {
                field.file_name().unwrap_or("file").clone_into(&mut name);
                bytes = field.bytes().await.map_err(|error| cut(&error))?.to_vec();
            }
            _ => {
                let text = field.text().await.map_err(|error| cut(&error))?;
                fields = fields.with(&key, text);
            }
        }
    }
    if bytes.is_empty() {
        return Err(MeasurementError::File("no file was chosen, or it is empty".to_owned()));
    }
    Ok((fields, name, bytes))
}

/// `POST /measurement/series`: brings a file in.
pub async fn bring_in(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, WebError> {
    let (given, name, bytes) = match received(form).await {
        Ok(received) => received,
        Err(error) => {
            return Ok(not_valid(page(&app, visit, &Pairs::default(), None, Some(problem_of(error)?)).await?));
        }
    };
    let of = FileGiven {
        kind: SeriesKind::from_code(&typed(&given, "kind")).unwrap_or(SeriesKind::Gained),
        is_touched: given.one("touched") != Some("no"),
        prefix: typed(&given, "prefix"),
    };
    match take(&app.data, &name, &bytes, &of, TEAM).await {
        Ok(taken) => Ok(page(&app, visit, &Pairs::default(), Some(TakenView::of(&taken)), None).await?.into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &given, None, Some(problem_of(error)?)).await?)),
    }
}

/// A day of a series.
pub struct DayLine {
    pub day: String,
    pub value: String,
}

#[derive(Template)]
#[template(path = "measurement/one_series.html")]
struct OneSeriesPage {
    layout: Layout,
    parts: Vec<Part>,
    line: SeriesLine,
    picture: Option<super::chart::SeriesPicture>,
    days: Vec<DayLine>,
    earlier: Option<String>,
}

const DAYS_SHOWN: usize = 60;

/// `GET /measurement/series/{id}`
pub async fn show(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let row = app.data.store.one_series(id).await?.ok_or(MeasurementError::NoSeries(id))?;
    let days = app.data.store.series_days(id).await?;
    let shown = days.iter().rev().take(DAYS_SHOWN);
    draw(OneSeriesPage {
        layout: Layout::load(&app, visit, Word::Measurement, row.name.clone()).await?,
        parts: parts("Daily series"),
        picture: super::chart::series_picture(&row.name, &days),
        days: shown.map(|(day, value)| DayLine { day: day_in_full(*day), value: value.to_string() }).collect(),
        earlier: (days.len() > DAYS_SHOWN).then(|| {
            format!("{} earlier days stand in the table to download.", format::count((days.len() - DAYS_SHOWN) as u64))
        }),
        line: SeriesLine::of(row),
    })
    .await
}

/// `GET /measurement/series/{id}/days.csv`
pub async fn download(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    app.data.store.one_series(id).await?.ok_or(MeasurementError::NoSeries(id))?;
    let mut sheet = Sheet::new(&["date", "value"]);
    for (day, value) in app.data.store.series_days(id).await? {
        sheet.row([crate::measurement::outcomes::date_of(day).to_string(), value.to_string()]);
    }
    Ok(sheet.download("series.csv").into_response())
}

/// `POST /measurement/series/{id}`: removes it.
pub async fn remove(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(_): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    match app.data.store.delete_series(id).await? {
        true => {
            let done = Pairs::default().with("done", "The series is gone; measurements that rested on it say so");
            Ok(Redirect::to(&done.address("/measurement/series")).into_response())
        }
        false => Err(MeasurementError::NoSeries(id).into()),
    }
}
