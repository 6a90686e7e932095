//! `/tracking/attribution`: whom orders are credited to, all models side by side; reports that were kept, as they were.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::measurement::attribution::Model;
use jiff::civil::Date;
use model::Timestamp;

use super::{Choice, Part, TEAM, choice, parts, problem_of};
use crate::clock;
use crate::tracking::TrackingError;
use crate::tracking::attribution::{self, CreatorCredit, Report, ReportAsked, creators_of};
use crate::tracking::told::amounts;
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const DAY: i64 = 86_400_000_000;

/// What one model credits a creator with.
pub struct ModelCell {
    pub orders: String,
    pub value: Option<String>,
}

/// A creator's line.
pub struct CreditLine {
    pub contact: i64,
    pub name: String,
    pub cells: Vec<ModelCell>,
    pub estimate: EstimateView,
    pub orders: EstimateView,
    pub touched: String,
    pub clicks: String,
    pub by_code: String,
    pub contested: String,
    pub named: String,
}

/// A report that was kept.
pub struct KeptLine {
    pub id: i64,
    pub name: String,
    pub as_of: String,
    pub actor: String,
}

/// What is drawn of a report.
pub struct ReportView {
    pub finding: String,
    pub models: Vec<&'static str>,
    pub refused: Vec<(String, String)>,
    pub lines: Vec<CreditLine>,
    pub untouched: String,
    pub elsewhere: Vec<(String, String)>,
    pub left_out: Vec<(String, String)>,
    pub survey_only: u64,
    pub contested: u64,
    pub contested_orders: Vec<i64>,
    pub contested_beyond: u64,
    pub window: u32,
    pub paid_by: &'static str,
    pub as_of: String,
    pub data_hash: String,
    pub has_nothing: bool,
}

fn orders_words(orders: f64) -> String {
    if (orders - orders.round()).abs() < 1e-9 { format!("{orders:.0}") } else { format!("{orders:.2}") }
}

impl ReportView {
    fn of(report: &Report, names: &BTreeMap<i64, String>) -> ReportView {
        let found = &report.found;
        let currency = found.currency.as_deref();
        let money = |minor_units: i64| currency.map(|code| amounts::words(minor_units, code));
        let noun = |count: u64| match report.asked.is_of_leads {
            true => format::counted(count, "lead", "leads"),
            false => format::counted(count, "order", "orders"),
        };
        let scale =
            |of: &dyn Fn(&CreatorCredit) -> Option<f64>| found.creators.iter().filter_map(of).fold(0.0, f64::max);
        let value_to = scale(&|one| one.value.as_ref().and_then(|value| value.hi));
        let orders_to = scale(&|one| one.orders.hi);
        let line = |one: &CreatorCredit| {
            let name = names.get(&one.contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned());
            let drawing = |what: &str, scale_to: f64| (format!("{what}-{}", one.contact), scale_to);
            let view = |id: &str, label: &str, scale_to, estimate| {
                EstimateView::new(Drawing { id, label, scale_to, brand: None }, estimate)
            };
            let (orders_id, orders_scale) = drawing("orders", orders_to);
            let (value_id, value_scale) = drawing("value", value_to);
            let orders = view(&orders_id, "Credited, range over models", orders_scale, &one.orders);
            CreditLine {
                contact: one.contact,
                cells: one
                    .by_model
                    .iter()
                    .map(|(orders, value)| ModelCell { orders: orders_words(*orders), value: money(*value) })
                    .collect(),
                estimate: match &one.value {
                    Some(value) => view(&value_id, "Value, range over models", value_scale, value),
                    None => orders.clone(),
                },
                orders,
                touched: format::count(one.orders_touched),
                clicks: format::count(one.clicks),
                by_code: format::count(one.by_code_alone),
                contested: format::count(one.contested),
                named: format::count(one.named_when_asked),
                name,
            }
        };
        let untouched = found.orders.saturating_sub(found.touched);
        ReportView {
            finding: match (found.orders, found.touched) {
                (0, _) => format!("No {} in this period.", if report.asked.is_of_leads { "lead" } else { "order" }),
                (all, touched) => format!(
                    "{} of {} had a click or code of a creator{}.",
                    format::count(touched),
                    noun(all),
                    money(found.touched_value_minor_units)
                        .filter(|_| !report.asked.is_of_leads)
                        .map_or_else(String::new, |value| format!(", worth {value}"))
                ),
            },
            models: found.models.iter().map(|model| short_words(*model)).collect(),
            refused: found.refused.iter().map(|(model, why)| (model.words().to_owned(), why.clone())).collect(),
            lines: found.creators.iter().map(line).collect(),
            untouched: noun(untouched),
            elsewhere: found.elsewhere.iter().map(|(code, orders)| (code.clone(), noun(*orders))).collect(),
            left_out: found.left_out.iter().map(|(why, orders)| (why.clone(), noun(*orders))).collect(),
            survey_only: found.survey_only,
            contested: found.contested,
            contested_orders: found.contested_orders.clone(),
            contested_beyond: found.contested.saturating_sub(found.contested_orders.len() as u64),
            window: report.asked.window_days,
            paid_by: found.paid_by.words(),
            as_of: clock::minute(report.as_of),
            data_hash: report.data_hash.clone(),
            has_nothing: found.orders == 0,
        }
    }
}

fn short_words(model: Model) -> &'static str {
    match model {
        Model::Last => "Last touch",
        Model::First => "First touch",
        Model::Linear => "Linear",
        Model::Position => "Position",
        Model::Decay => "Decay",
        Model::Markov => "Markov",
        Model::Shapley => "Shapley",
    }
}

#[derive(Template)]
#[template(path = "tracking/attribution.html")]
struct AttributionPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    report: Option<ReportView>,
    kept: Option<(i64, String)>,
    query: Vec<(String, String)>,
    file_address: String,
    reports: Vec<KeptLine>,
    of: Vec<Choice>,
    models: Vec<Choice>,
    campaigns: Vec<Choice>,
    shops: Vec<Choice>,
    window: String,
    before_code: String,
    half_life: String,
    from: String,
    until: String,
    currency: String,
    name: String,
}

const KEYS: [&str; 10] =
    ["of", "window", "before_code", "half_life", "pay_by", "from", "until", "campaign", "shop", "currency"];

/// What is asked for by a form or an address.
fn asked_of(pairs: &Pairs) -> Result<ReportAsked, TrackingError> {
    let usual = ReportAsked::default();
    let number = |field: &'static str, usual: u32| match pairs.one(field) {
        None => Ok(usual),
        Some(text) => {
            text.parse().map_err(|_| TrackingError::Field { field, problem: format!("{text:?} is no number of days") })
        }
    };
    let day = |field: &'static str| match pairs.one(field) {
        None => Ok(None),
        Some(text) => {
            let day =
                text.parse::<Date>().ok().and_then(|day| clock::parse_utc_without_zone(&format!("{day}T00:00:00")));
            let refused = || TrackingError::Field { field, problem: format!("{text:?} is no day such as 2026-03-01") };
            day.map(|at| Some(at.0)).ok_or_else(refused)
        }
    };
    let pay_by = match pairs.one("pay_by") {
        None => usual.pay_by,
        Some(key) => Model::ALL.into_iter().find(|model| model.key() == key).ok_or_else(|| TrackingError::Field {
            field: "pay_by",
            problem: format!("{key:?} is none of {}", Model::ALL.map(Model::key).join(", ")),
        })?,
    };
    Ok(ReportAsked {
        is_of_leads: pairs.one("of") == Some("leads"),
        window_days: number("window", usual.window_days)?,
        link_before_code_days: number("before_code", usual.link_before_code_days)?,
        half_life_days: number("half_life", usual.half_life_days)?,
        pay_by,
        from: day("from")?,
        until: day("until")?.map(|until| until + DAY),
        campaign: pairs.one("campaign").and_then(|id| id.parse().ok()),
        shop: pairs.one("shop").and_then(|id| id.parse().ok()),
        currency: pairs.one("currency").map(str::to_uppercase),
    })
}

/// The same as an address has it.
fn pairs_of(asked: &ReportAsked) -> Pairs {
    let usual = ReportAsked::default();
    let unless_usual = |value: u32, usual: u32| (value != usual).then_some(value);
    let day = |at: i64| clock::iso_day(Timestamp(at));
    Pairs::default()
        .with_some("of", asked.is_of_leads.then_some("leads"))
        .with_some("window", unless_usual(asked.window_days, usual.window_days))
        .with_some("before_code", unless_usual(asked.link_before_code_days, usual.link_before_code_days))
        .with_some("half_life", unless_usual(asked.half_life_days, usual.half_life_days))
        .with_some("pay_by", (asked.pay_by != usual.pay_by).then(|| asked.pay_by.key()))
        .with_some("from", asked.from.map(day))
        .with_some("until", asked.until.map(|until| day(until - DAY)))
        .with_some("campaign", asked.campaign)
        .with_some("shop", asked.shop)
        .with_some("currency", asked.currency.clone())
}

async fn page(
    app: &App,
    visit: Visit,
    asked: &Pairs,
    report: Option<(Option<(i64, String)>, Report)>,
    problem: Option<Problem>,
) -> Page {
    let names = match &report {
        Some((_, report)) => creators_of(&app.data, &report.found).await?,
        None => BTreeMap::new(),
    };
    let reports = app.data.store.attribution_reports().await?;
    let of = |key: &str| typed(asked, key);
    let campaigns = app.data.store.campaigns().await?;
    let shops = app.data.store.shops().await?;
    let usual = ReportAsked::default();
    let or = |text: String, usual: u32| if text.trim().is_empty() { usual.to_string() } else { text };
    let query: Vec<(String, String)> =
        asked.0.iter().filter(|(key, value)| KEYS.contains(&key.as_str()) && !value.is_empty()).cloned().collect();
    let pay_by = asked.one("pay_by").unwrap_or(usual.pay_by.key()).to_owned();
    draw(AttributionPage {
        layout: Layout::load(app, visit, Word::Tracking, "Attribution").await?,
        parts: parts("Attribution"),
        done: asked.one("done").map(str::to_owned),
        problem,
        file_address: match &report {
            Some((Some((id, _)), _)) => format!("/tracking/attribution/reports/{id}/credits.csv"),
            _ => Pairs(query.clone()).address("/tracking/attribution.csv"),
        },
        kept: report.as_ref().and_then(|(kept, _)| kept.clone()),
        report: report.map(|(_, report)| ReportView::of(&report, &names)),
        reports: reports
            .into_iter()
            .map(|row| KeptLine { id: row.id, name: row.name, as_of: clock::minute(row.as_of), actor: row.actor })
            .collect(),
        of: [("", "orders"), ("leads", "leads")].map(|(code, words)| choice(code, words, &of("of"))).into(),
        models: Model::ALL.into_iter().map(|model| choice(model.key(), model.words(), &pay_by)).collect(),
        campaigns: std::iter::once(choice("", "all campaigns", &of("campaign")))
            .chain(campaigns.into_iter().map(|row| choice(row.id, row.name, &of("campaign"))))
            .collect(),
        shops: std::iter::once(choice("", "all shops", &of("shop")))
            .chain(shops.into_iter().map(|row| choice(row.id, row.name, &of("shop"))))
            .collect(),
        window: or(of("window"), usual.window_days),
        before_code: or(of("before_code"), usual.link_before_code_days),
        half_life: or(of("half_life"), usual.half_life_days),
        from: of("from"),
        until: of("until"),
        currency: of("currency"),
        name: of("name"),
        query,
    })
    .await
}

async fn made(app: &App, asked: ReportAsked) -> Result<Result<Report, TrackingError>, WebError> {
    let data = app.data.clone();
    aside(move || async move { Ok::<_, WebError>(attribution::report(&data, &asked).await) }).await
}

/// `GET /tracking/attribution`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let outcome = match asked_of(&asked) {
        Ok(report) => made(&app, report).await?,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(report) => Ok(page(&app, visit, &asked, Some((None, report)), None).await?.into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &asked, None, Some(problem_of(error)?)).await?)),
    }
}

/// `POST /tracking/attribution`: keeps the report that was asked for.
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let outcome = match asked_of(&given) {
        Ok(asked) => match made(&app, asked).await? {
            Ok(report) => attribution::keep(&app.data, &report, &typed(&given, "name"), TEAM).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    match outcome {
        Ok(id) => {
            let done = Pairs::default().with("done", "Kept as it is now, with what it was made with");
            Ok(Redirect::to(&done.address(&format!("/tracking/attribution/reports/{id}"))).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, None, Some(problem_of(error)?)).await?)),
    }
}

/// `GET /tracking/attribution/reports/{id}`: a report as it was kept.
pub async fn kept(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let (row, report) = attribution::kept(&app.data, id).await?;
    let asked = pairs_of(&report.asked).with_some("done", Pairs(pairs).one("done"));
    page(&app, visit, &asked, Some((Some((id, row.name)), report)), None).await
}

/// `POST /tracking/attribution/reports/{id}`: removes a kept report.
pub async fn remove(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    match app.data.store.delete_attribution(id).await? {
        true => {
            let done = Pairs::default().with("done", "The report is gone");
            Ok(Redirect::to(&done.address("/tracking/attribution")).into_response())
        }
        false => Err(TrackingError::NoReport(id).into()),
    }
}

/// `GET /tracking/attribution.csv`: every model and creator, with every part of the estimates.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let report = made(&app, asked_of(&Pairs(pairs))?).await??;
    table(&app, &report).await
}

/// `GET /tracking/attribution/reports/{id}/credits.csv`: the same of a kept report.
pub async fn download_kept(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let (_, report) = attribution::kept(&app.data, id).await?;
    table(&app, &report).await
}

async fn table(app: &App, report: &Report) -> Result<Response, WebError> {
    let names = creators_of(&app.data, &report.found).await?;
    let mut headings: Vec<String> =
        ["contact", "creator", "orders_touched", "clicks", "by_code_alone", "contested", "named_when_asked"]
            .map(str::to_owned)
            .into();
    for model in &report.found.models {
        headings.push(format!("{}_orders", model.key()));
        headings.push(format!("{}_value_minor_units", model.key()));
    }
    for of in ["orders", "value"] {
        headings.extend(PARTS.iter().map(|part| format!("{of}_{part}")));
    }
    let all: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new(&all);
    for one in &report.found.creators {
        let mut cells = vec![
            one.contact.to_string(),
            names.get(&one.contact).cloned().unwrap_or_default(),
            one.orders_touched.to_string(),
            one.clicks.to_string(),
            one.by_code_alone.to_string(),
            one.contested.to_string(),
            one.named_when_asked.to_string(),
        ];
        cells.extend(one.by_model.iter().flat_map(|(orders, value)| [orders.to_string(), value.to_string()]));
        push_estimate(&mut cells, Some(&one.orders), "");
        push_estimate(&mut cells, one.value.as_ref(), "a lead has no amount");
        sheet.row(cells);
    }
    Ok(sheet.download("attribution.csv").into_response())
}
