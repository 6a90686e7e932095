//! `/measurement/{id}/costs`: what a campaign cost beside its deals.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Currency;

use super::{Part, TEAM, parts, problem_of};
use crate::matching::fit::profile::money_typed;
use crate::measurement::costing::{FIELDS, StudyCosts, of_deals};
use crate::measurement::{MeasurementError, Study, costs, keep_costs, outcomes, study};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A field with what stands in it.
pub struct CostField {
    pub name: &'static str,
    pub words: &'static str,
    pub value: String,
}

#[derive(Template)]
#[template(path = "measurement/costs.html")]
struct CostsPage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    id: i64,
    name: String,
    currency: String,
    of_deals: String,
    fields: Vec<CostField>,
}

async fn currency_of(app: &App, study: &Study) -> Result<Currency, WebError> {
    let usual = outcomes::usual_currency(&app.data, study.design.shop).await?;
    let euro = || Currency::new("EUR").map_err(|error| WebError::fault("reading a currency", &error));
    study.design.currency().or(usual).map_or_else(euro, Ok)
}

async fn page(app: &App, visit: Visit, id: i64, given: Option<&Pairs>, problem: Option<Problem>) -> Page {
    let study = study(&app.data, id).await?;
    let held = costs(&app.data, id).await?;
    let currency = currency_of(app, &study).await?;
    let (deals, _) = of_deals(&app.data, study.row.campaign, currency).await?;
    let fees = model::Money { minor_units: deals.fees.values().sum(), currency };
    draw(CostsPage {
        layout: Layout::load(app, visit, Word::Measurement, "Costs").await?,
        parts: parts(""),
        problem,
        id,
        name: study.row.name,
        currency: currency.to_string(),
        of_deals: match deals.agreed {
            0 => "No deal of the campaign is agreed, so no fee is known.".to_owned(),
            agreed => format!(
                "{} come to fees of {}.",
                format::counted(agreed, "agreed deal", "agreed deals"),
                money_typed(&fees)
            ),
        },
        fields: FIELDS
            .into_iter()
            .map(|(name, words)| CostField {
                name,
                words,
                value: given.map_or_else(|| held.in_field(name), |given| typed(given, name)),
            })
            .collect(),
    })
    .await
}

/// `GET /measurement/{id}/costs`
pub async fn show(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    page(&app, visit, id, None, None).await
}

/// `POST /measurement/{id}/costs`
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let study = study(&app.data, id).await?;
    let currency = currency_of(&app, &study).await?;
    let outcome: Result<(), MeasurementError> = match StudyCosts::typed(&|field| typed(&given, field), currency) {
        Ok(costs) => keep_costs(&app.data, id, &costs, TEAM).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            let done = Pairs::default().with("done", "The costs are kept; what is left empty is not known and never 0");
            Ok(Redirect::to(&done.address(&format!("/measurement/{id}"))).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, id, Some(&given), Some(problem_of(error)?)).await?)),
    }
}
