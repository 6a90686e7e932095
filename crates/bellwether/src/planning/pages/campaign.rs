//! `/planning/campaigns/{id}`: a campaign as it was handed over: its creators, days and budget.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use engine::matching::price::PostFormat;
use model::Unit;

use crate::creators;
use crate::planning::{self, PlanningError};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A creator of the campaign.
struct CreatorView {
    person: Person,
    format: &'static str,
    posts: u32,
    fee: String,
    is_agreed: bool,
}

#[derive(Template)]
#[template(path = "planning/campaign.html")]
struct CampaignPage {
    layout: Layout,
    id: i64,
    name: String,
    finding: String,
    plan: Option<i64>,
    creators: Vec<CreatorView>,
    gone: usize,
}

/// `GET /planning/campaigns/{id}`
pub async fn campaign(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let (row, rows) = planning::campaign(&app.data, id).await?;
    let money = Unit::Money(row.budget.currency);
    let names = creators::names(&app.data, rows.iter().map(|row| row.account).collect()).await?;
    let view = |row: &store::CampaignCreatorRow| {
        Some(CreatorView {
            person: Person::of(names.get(&row.account)?),
            format: PostFormat::from_code(&row.format).map_or("Post", PostFormat::name),
            posts: row.posts,
            fee: row.fee_minor_units.map_or_else(|| "not known".to_owned(), |fee| format::part(fee as f64, money)),
            is_agreed: row.is_agreed,
        })
    };
    let creators: Vec<CreatorView> = rows.iter().filter_map(view).collect();
    let days = match (&row.starts_on, &row.ends_on) {
        (Some(from), Some(to)) => format!(", {from} to {to}"),
        (Some(from), None) => format!(", from {from}"),
        _ => ", days not set".to_owned(),
    };
    draw(CampaignPage {
        layout: Layout::load(&app, visit, Word::Planning, row.name.clone()).await?,
        id,
        finding: format!(
            "{} with a budget of {}{days}.",
            format::counted(row.creators, "creator", "creators"),
            format::part(row.budget.minor_units as f64, money)
        ),
        name: row.name,
        plan: row.plan,
        gone: rows.len() - creators.len(),
        creators,
    })
    .await
}

/// `POST /planning/campaigns/{id}/delete`
pub async fn delete_campaign(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    match app.data.store.delete_campaign(id).await? {
        true => Ok(Redirect::to(&Pairs::default().with("done", "The campaign is deleted").address("/planning"))),
        false => Err(PlanningError::NoSuchCampaign(id).into()),
    }
}

/// `GET /planning/campaigns`: all of them stand on the first page of planning.
pub async fn campaigns() -> Redirect {
    Redirect::to("/planning#campaigns")
}
