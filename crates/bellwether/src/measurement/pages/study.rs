//! `/measurement/{id}`: a question before its campaign, what may be said while that runs, and the answer once it is over.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::chart::{WatchChart, day_in_full, watch_chart};
use super::report_view::ReportView;
use super::{Choice, Part, TEAM, choice, parts, problem_of};
use crate::clock;
use crate::measurement::mailing::{self, Rhythm};
use crate::measurement::outcomes::Outcome;
use crate::measurement::sharing;
use crate::measurement::watching::{Watched, watched};
use crate::measurement::{MeasurementError, Standing, Study, report, study, withdraw, words};
use crate::secret_links::LinkSeen;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{WebError, sentence};
use crate::web::estimates::{Drawing, EstimateView, common_scale};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// One outcome while the campaign runs.
pub struct WatchView {
    pub heading: String,
    pub sentence: String,
    pub alarm: bool,
    pub view: Option<EstimateView>,
    pub chart: Option<WatchChart>,
}

impl WatchView {
    /// The same for somebody who sees this page alone.
    pub fn without_links(mut self) -> WatchView {
        self.view = self.view.map(EstimateView::without_links);
        self
    }

    pub fn of(place: usize, watched: &Watched) -> WatchView {
        let id = format!("watched-{place}");
        let drawing = Drawing {
            id: &id,
            label: &format!("More {} than expected so far", watched.words),
            scale_to: common_scale(&[&watched.more]),
            brand: None,
        };
        WatchView {
            heading: super::capitalised(&watched.words),
            sentence: sentence(&words::so_far(watched)),
            alarm: watched.alarm,
            view: watched.why_not.is_none().then(|| EstimateView::new(drawing, &watched.more)),
            chart: watch_chart(watched, watched.more.unit),
        }
    }
}

/// Somebody who gets the report.
pub struct MailLine {
    pub id: i64,
    pub contact: i64,
    pub name: String,
    pub rhythm: &'static str,
    pub next: String,
    pub sent: u64,
    pub is_over: bool,
}

/// A question as it was kept.
pub struct DesignLine {
    pub what: &'static str,
    pub words: String,
}

#[derive(Template)]
#[template(path = "measurement/study.html")]
struct StudyPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    made_link: Option<String>,
    id: i64,
    name: String,
    campaign: Option<(i64, String)>,
    standing: &'static str,
    finding: String,
    is_late: bool,
    watched: Vec<WatchView>,
    report: Option<ReportView>,
    design: Vec<DesignLine>,
    is_withdrawn: bool,
    links: Vec<LinkSeen>,
    mails: Vec<MailLine>,
    contacts: Vec<Choice>,
    rhythms: Vec<Choice>,
    days: String,
    note: String,
    why: String,
    opens_why: bool,
}

/// What stands in the design, line by line.
pub(super) async fn design_lines(app: &App, study: &Study) -> Result<Vec<DesignLine>, WebError> {
    let design = &study.design;
    let series = app.data.store.series().await?;
    let named = |ids: &[i64]| -> String {
        let names: Vec<String> = ids
            .iter()
            .map(|id| {
                series
                    .iter()
                    .find(|row| row.id == *id)
                    .map_or_else(|| format!("series {id}, removed"), |row| row.name.clone())
            })
            .collect();
        names.join(", ")
    };
    let outcome = |outcome: &Outcome| match outcome {
        Outcome::Series(id) => named(&[*id]),
        Outcome::Followers { platform, native_id } => format!("followers gained by {native_id} on {platform}"),
        other => other.code().replace('-', " "),
    };
    let secondary: Vec<String> = design.secondary.iter().map(outcome).collect();
    let cuts: Vec<String> = design
        .cuts
        .iter()
        .map(|cut| {
            format!(
                "{} to {}{}",
                cut.from,
                cut.to,
                if cut.why.is_empty() { String::new() } else { format!(" ({})", cut.why) }
            )
        })
        .collect();
    let line = |what, words: String| DesignLine { what, words };
    let none = |words: String, empty: &str| if words.is_empty() { empty.to_owned() } else { words };
    Ok(vec![
        line("Primary outcome", outcome(&design.primary)),
        line("Also looked at", none(secondary.join(", "), "nothing else")),
        line(
            "Days",
            format!(
                "{} to {}, in {}",
                day_in_full(design.first_day()),
                day_in_full(design.day_after() - 1),
                design.zone
            ),
        ),
        line(
            "History",
            design.history_from.clone().map_or_else(|| "all that is held".to_owned(), |day| format!("from {day} on")),
        ),
        line(
            "Answer",
            format!(
                "from {} on, {} after the last day",
                clock::minute(study.row.unlocks_at),
                format::counted(design.settle_days.into(), "day", "days")
            ),
        ),
        line("Measured beside", none(named(&design.controls), "nothing")),
        line("Compared with", none(named(&design.comparable), "nothing")),
        line("Left out", none(cuts.join("; "), "no day")),
        line(
            "Margin of a sale",
            design
                .margin_basis_points
                .map_or_else(|| "not said".to_owned(), |points| format!("{} %", f64::from(points) / 100.0)),
        ),
        line(
            "What one is worth",
            design
                .worth_of_one
                .as_ref()
                .map_or_else(|| "not said".to_owned(), crate::matching::fit::profile::money_typed),
        ),
        line("From click to order", format::counted(design.window_days.into(), "day", "days")),
        line(
            "Kept",
            format!(
                "{}{}",
                clock::minute(study.row.created_at),
                if design.is_late { ", after the campaign had begun" } else { "" }
            ),
        ),
    ])
}

/// A shared link or mail just made, and what went wrong.
#[derive(Default)]
struct Said {
    done: Option<String>,
    made_link: Option<String>,
    problem: Option<Problem>,
}

async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, said: Said) -> Page {
    let data = app.data.clone();
    let study = study(&data, id).await?;
    let now = data.now();
    let standing = study.standing(now);
    let (report, watched) = match standing {
        Standing::Open => {
            let data = data.clone();
            let report = aside(move || async move { report(&data, id).await }).await?;
            (Some(ReportView::of(&report)), vec![])
        }
        Standing::Running | Standing::Settling => {
            let (data, of) = (data.clone(), study.clone());
            (None, aside(move || async move { watched(&data, &of).await }).await?)
        }
        Standing::Ahead | Standing::Withdrawn => (None, vec![]),
    };
    let finding = match standing {
        Standing::Ahead => format!(
            "Begins on {}. What it asks is kept and is not changed any more.",
            day_in_full(study.design.first_day())
        ),
        Standing::Running => {
            "Running. What stands here may be looked at every day; the answer comes on the day that was set beforehand."
                .to_owned()
        }
        Standing::Settling => format!(
            "Over, and orders are being settled. The answer may be read from {} on.",
            clock::minute(study.row.unlocks_at)
        ),
        Standing::Open => report.as_ref().map(|report| report.answer.clone()).unwrap_or_default(),
        Standing::Withdrawn => {
            let (at, why) = study.row.withdrawn.clone().unwrap_or((now, String::new()));
            format!("Given up on {}: {why}", clock::day(at))
        }
    };
    let campaign = match study.row.campaign {
        Some(id) => data.store.campaign(id).await?.map(|row| (id, row.name)),
        None => None,
    };
    let mails = data.store.study_mails(id).await?;
    let chosen = asked.all("contact");
    let rhythm = asked.all("rhythm");
    let contacts = data.store.contact_names().await?;
    let of = |key: &str| typed(asked, key);
    draw(StudyPage {
        layout: Layout::load(app, visit, Word::Measurement, study.row.name.clone()).await?,
        parts: parts(""),
        done: said.done,
        opens_why: said.problem.as_ref().is_some_and(|problem| problem.is_at("why")),
        problem: said.problem,
        made_link: said.made_link,
        id,
        name: study.row.name.clone(),
        campaign,
        standing: standing.words(),
        finding,
        is_late: study.design.is_late,
        watched: watched.iter().enumerate().map(|(place, one)| WatchView::of(place, one)).collect(),
        report,
        design: design_lines(app, &study).await?,
        is_withdrawn: standing == Standing::Withdrawn,
        links: sharing::links(&data, id).await?,
        mails: mails
            .into_iter()
            .map(|mail| MailLine {
                id: mail.id,
                contact: mail.contact,
                name: mail.contact_name,
                rhythm: Rhythm::from_code(&mail.rhythm).map_or("", Rhythm::words),
                next: mail
                    .next_at
                    .filter(|_| mail.ended_at.is_none())
                    .map_or_else(|| "no more".to_owned(), clock::minute),
                sent: mail.sent,
                is_over: mail.ended_at.is_some(),
            })
            .collect(),
        contacts: contacts.into_iter().map(|(id, name)| choice(id, name, &chosen)).collect(),
        rhythms: [Rhythm::Answer, Rhythm::Weekly].map(|one| choice(one.code(), one.words(), &rhythm)).into(),
        days: if of("days").is_empty() { sharing::DAYS_USUAL.to_string() } else { of("days") },
        note: of("note"),
        why: of("why"),
    })
    .await
}

/// `GET /measurement/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    let said = Said { done: asked.one("done").map(str::to_owned), ..Said::default() };
    page(&app, visit, id, &Pairs::default(), said).await
}

enum Acted {
    Link(String),
    Done(&'static str),
}

async fn act_on(app: &App, id: i64, given: &Pairs) -> Result<Acted, MeasurementError> {
    let number = |key: &'static str| {
        given
            .one(key)
            .and_then(|text| text.parse::<i64>().ok())
            .ok_or_else(|| MeasurementError::Field { field: key, problem: "choose one".to_owned() })
    };
    let data = &app.data;
    match given.one("do") {
        Some("share") => {
            let days = typed(given, "days");
            let days = days.trim().parse().map_err(|_| MeasurementError::Field {
                field: "days",
                problem: format!("{days:?} is no number of days"),
            })?;
            Ok(Acted::Link(sharing::share(data, id, days, &typed(given, "note")).await?.address))
        }
        Some("revoke") => {
            sharing::revoke(data, id, number("link")?).await?;
            Ok(Acted::Done("The link opens nothing any more"))
        }
        Some("mail") => {
            let rhythm = Rhythm::from_code(&typed(given, "rhythm")).unwrap_or(Rhythm::Answer);
            mailing::add(data, id, number("contact")?, rhythm, TEAM).await?;
            Ok(Acted::Done("They get it from now on"))
        }
        Some("end-mail") => {
            mailing::end(data, id, number("mail")?).await?;
            Ok(Acted::Done("They get no more of it"))
        }
        Some("withdraw") => {
            withdraw(data, id, &typed(given, "why")).await?;
            Ok(Acted::Done("The measurement is given up, and stays in the list with the reason"))
        }
        _ => Err(MeasurementError::Field { field: "", problem: "nothing was asked for".to_owned() }),
    }
}

/// `POST /measurement/{id}`: shares it, mails it, gives it up.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    study(&app.data, id).await?;
    match act_on(&app, id, &given).await {
        // The secret is shown this once, so it stands on the answer itself and in no address.
        Ok(Acted::Link(address)) => {
            let said = Said { made_link: Some(address), ..Said::default() };
            Ok(page(&app, visit, id, &Pairs::default(), said).await?.into_response())
        }
        Ok(Acted::Done(words)) => {
            let done = Pairs::default().with("done", words);
            Ok(Redirect::to(&done.address(&format!("/measurement/{id}"))).into_response())
        }
        Err(error) => {
            let said = Said { problem: Some(problem_of(error)?), ..Said::default() };
            Ok(not_valid(page(&app, visit, id, &given, said).await?))
        }
    }
}
