//! `/measurement/new`: asking before a campaign begins, with what could be seen at all, and keeping the question.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Choice, Part, TEAM, choice, parts, problem_of};
use crate::measurement::design::{DesignGiven, checked};
use crate::measurement::foreseeing::{Foreseen, foresee};
use crate::measurement::{MeasurementError, create, outcomes};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, common_scale};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// What could be seen, as it is drawn.
pub struct ForeseenView {
    pub finding: String,
    pub usual: EstimateView,
    pub smallest: EstimateView,
    pub windows: String,
    pub is_trustworthy: bool,
    pub power: Vec<(String, String, String)>,
    pub events: Vec<(String, String, &'static str)>,
    pub events_expected: Option<EstimateView>,
    pub remarks: Vec<String>,
    pub why_not: Option<String>,
}

impl ForeseenView {
    fn of(found: &Foreseen) -> ForeseenView {
        let view = |id, label, estimate| {
            EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand: None }, estimate)
        };
        let finding = match (&found.why_not, found.smallest.value) {
            (Some(_), _) => "What could be seen is not known.".to_owned(),
            (None, Some(share)) => format!(
                "A campaign of these days would mostly show an effect of {:.0} % and more; a smaller one would read “cannot tell”.",
                100.0 * share
            ),
            (None, None) => "Not even half as much again would mostly be seen.".to_owned(),
        };
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        ForeseenView {
            finding,
            usual: view("usual", "A usual day", &found.usual),
            smallest: view("smallest", "The smallest effect that would mostly be seen", &found.smallest),
            windows: match found.windows {
                0 => "There is too little history to try the analysis on.".to_owned(),
                windows => format!(
                    "Tried on {} of the own history in which nothing happened: {} raised an alarm{}.",
                    format::counted(windows as u64, "window", "windows"),
                    if found.alarms == 0 { "none".to_owned() } else { found.alarms.to_string() },
                    if found.is_trustworthy { "" } else { ", too many: an answer would be withdrawn" }
                ),
            },
            is_trustworthy: found.is_trustworthy || found.windows == 0,
            power: found
                .power
                .iter()
                .map(|(effect, share)| (percent(*effect), percent(*share), format!("{:.1}", 100.0 * share)))
                .collect(),
            events: found
                .events
                .iter()
                .map(|(lift, events)| {
                    let enough = found
                        .events_expected
                        .as_ref()
                        .and_then(|expected| expected.value)
                        .is_some_and(|expected| expected >= *events as f64);
                    (percent(*lift), format::count(*events), if enough { "enough come" } else { "too few come" })
                })
                .collect(),
            events_expected: found
                .events_expected
                .as_ref()
                .map(|expected| view("expected", "Without a campaign", expected)),
            remarks: found.remarks.clone(),
            why_not: found.why_not.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "measurement/new.html")]
struct NewPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    foreseen: Option<ForeseenView>,
    is_late: bool,
    campaigns: Vec<Choice>,
    primary: Vec<Choice>,
    secondary: Vec<Choice>,
    controls: Vec<Choice>,
    comparable: Vec<Choice>,
    shops: Vec<Choice>,
    name: String,
    starts_on: String,
    ends_on: String,
    history_from: String,
    settle_days: String,
    zone: String,
    currency: String,
    cuts: String,
    margin: String,
    worth: String,
    window: String,
    has_trend: bool,
    has_outcomes: bool,
    opens_comparable: bool,
    opens_more: bool,
}

/// What a form or an address asks for.
pub(super) fn given_of(pairs: &Pairs) -> DesignGiven {
    let numbers = |key: &str| pairs.all(key).iter().filter_map(|id| id.trim().parse().ok()).collect();
    DesignGiven {
        name: typed(pairs, "name"),
        campaign: pairs.one("campaign").and_then(|id| id.parse().ok()),
        primary: typed(pairs, "primary"),
        secondary: pairs.all("secondary"),
        starts_on: typed(pairs, "starts_on"),
        ends_on: typed(pairs, "ends_on"),
        history_from: typed(pairs, "history_from"),
        settle_days: typed(pairs, "settle_days"),
        zone: typed(pairs, "zone"),
        shop: pairs.one("shop").and_then(|id| id.parse().ok()),
        currency: typed(pairs, "currency"),
        controls: numbers("controls"),
        comparable: numbers("comparable"),
        cuts: typed(pairs, "cuts"),
        margin: typed(pairs, "margin"),
        worth: typed(pairs, "worth"),
        window: typed(pairs, "window"),
        has_trend: pairs.one("trend").is_some(),
    }
}

/// A campaign that is named alone fills the fields with what is known of it.
async fn filled(app: &App, asked: Pairs) -> Result<Pairs, WebError> {
    let Some(id) = asked.one("campaign").and_then(|id| id.parse::<i64>().ok()) else { return Ok(asked) };
    if asked.0.iter().any(|(key, _)| key == "primary") {
        return Ok(asked);
    }
    let Some(row) = app.data.store.campaign(id).await? else { return Ok(asked) };
    let held = outcomes::outcomes_held(&app.data).await?;
    Ok(asked
        .with("name", &row.name)
        .with_some("starts_on", row.starts_on)
        .with_some("ends_on", row.ends_on)
        .with("currency", row.budget.currency)
        .with_some("primary", held.first().map(|(outcome, _)| outcome.code())))
}

async fn page(
    app: &App,
    visit: Visit,
    asked: &Pairs,
    foreseen: Option<(bool, ForeseenView)>,
    problem: Option<Problem>,
) -> Page {
    let data = &app.data;
    let held = outcomes::outcomes_held(data).await?;
    let series = data.store.series().await?;
    let chosen = |key: &str| asked.all(key);
    let of = |key: &str| typed(asked, key);
    let outcome_choices = |key: &str| -> Vec<Choice> {
        let chosen = chosen(key);
        held.iter().map(|(outcome, words)| choice(outcome.code(), words.clone(), &chosen)).collect()
    };
    let series_choices = |key: &str| -> Vec<Choice> {
        let chosen = chosen(key);
        series.iter().filter(|row| !row.is_touched).map(|row| choice(row.id, row.name.clone(), &chosen)).collect()
    };
    let campaigns = data.store.campaigns().await?;
    let shops = data.store.shops().await?;
    let (campaign, shop) = (chosen("campaign"), chosen("shop"));
    draw(NewPage {
        layout: Layout::load(app, visit, Word::Measurement, "New measurement").await?,
        parts: parts("New measurement"),
        opens_comparable: problem.as_ref().is_some_and(|problem| problem.is_at("comparable")),
        opens_more: problem.as_ref().is_some_and(|problem| {
            ["history_from", "settle_days", "zone", "shop", "currency", "window"].contains(&problem.field)
        }),
        problem,
        is_late: foreseen.as_ref().is_some_and(|(is_late, _)| *is_late),
        foreseen: foreseen.map(|(_, view)| view),
        campaigns: std::iter::once(choice("", "no campaign of ours", &campaign))
            .chain(campaigns.into_iter().map(|row| choice(row.id, row.name, &campaign)))
            .collect(),
        primary: outcome_choices("primary"),
        secondary: outcome_choices("secondary"),
        controls: series_choices("controls"),
        comparable: series_choices("comparable"),
        shops: std::iter::once(choice("", "all shops", &shop))
            .chain(shops.into_iter().map(|row| choice(row.id, row.name, &shop)))
            .collect(),
        name: of("name"),
        starts_on: of("starts_on"),
        ends_on: of("ends_on"),
        history_from: of("history_from"),
        settle_days: if of("settle_days").is_empty() { "2".to_owned() } else { of("settle_days") },
        zone: if of("zone").is_empty() { "UTC".to_owned() } else { of("zone") },
        currency: of("currency"),
        cuts: of("cuts"),
        margin: of("margin"),
        worth: of("worth"),
        window: if of("window").is_empty() { "30".to_owned() } else { of("window") },
        has_trend: asked.one("trend").is_some(),
        has_outcomes: !held.is_empty(),
    })
    .await
}

/// `GET /measurement/new`: the form, and below it what could be seen, once enough is asked.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = filled(&app, Pairs(pairs)).await?;
    let enough = ["primary", "starts_on", "ends_on"].iter().all(|key| asked.one(key).is_some());
    if !enough {
        return Ok(page(&app, visit, &asked, None, None).await?.into_response());
    }
    let mut given = given_of(&asked);
    if given.name.trim().is_empty() {
        "a measurement".clone_into(&mut given.name);
    }
    let data = app.data.clone();
    let outcome = aside(move || async move {
        Ok::<_, WebError>(
            async {
                let checked = checked(&data, &given).await?;
                let found = foresee(&data, checked.campaign, &checked.design).await?;
                Ok::<_, MeasurementError>((checked.design.is_late, ForeseenView::of(&found)))
            }
            .await,
        )
    })
    .await?;
    match outcome {
        Ok(found) => Ok(page(&app, visit, &asked, Some(found), None).await?.into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &asked, None, Some(problem_of(error)?)).await?)),
    }
}

/// `POST /measurement`: keeps the question.
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let outcome = match checked(&app.data, &given_of(&asked)).await {
        Ok(checked) => create(&app.data, &checked, TEAM).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(study) => {
            let done = Pairs::default().with("done", "The question is kept as it is, and is not changed any more");
            Ok(Redirect::to(&done.address(&format!("/measurement/{}", study.row.id))).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &asked, None, Some(problem_of(error)?)).await?)),
    }
}
