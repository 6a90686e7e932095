//! `/planning`: the planner, plans that were kept, plans side by side, and what goes on from a plan.

mod beside;
mod campaign;
mod curve;
mod form;
mod result;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use engine::planning::PlanError;
use model::Unit;

pub use beside::{compare, sharing, test, test_given};
pub use campaign::{campaign, campaigns, delete_campaign};

use super::asked::{Named, PlanAsked};
use super::material::Material;
use super::{
    PlanShown, PlanningError, begin_campaign, create as create_plan, material_for, plans, show as show_plan, try_plan,
};
use crate::clock;
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use form::{FormView, form};
use result::{ResultView, kept_pairs, result};

/// Why there is no plan, beside the form.
pub struct ProblemView {
    /// The field it is about; empty where it is about several.
    pub field: &'static str,
    pub words: String,
    pub rules: Vec<String>,
    pub changes: Vec<String>,
    pub hint: Option<String>,
}

impl ProblemView {
    fn is_at(&self, field: &str) -> bool {
        self.field == field
    }
}

/// A problem that belongs beside the form; all others are errors of their own.
fn problem_of(error: PlanningError) -> Result<ProblemView, PlanningError> {
    let plain = |field: &'static str, words: String| {
        let (words, hint) = crate::web::error::message_and_hint(&words);
        ProblemView { field, words, rules: vec![], changes: vec![], hint }
    };
    match error {
        PlanningError::Field { field, problem } => Ok(plain(field, problem)),
        PlanningError::Plan(PlanError::Clash(clash)) => Ok(ProblemView {
            rules: clash.rules.clone(),
            changes: clash.changes.iter().map(|change| change.words.clone()).collect(),
            ..plain(
                "",
                match clash.is_smallest {
                    true => {
                        "These rules cannot hold together; leaving out any one of them lets the others hold.".to_owned()
                    }
                    false => "These rules cannot hold together.".to_owned(),
                },
            )
        }),
        PlanningError::Plan(error) => Ok(plain("", error.to_string())),
        error @ (PlanningError::NobodyLeft(_) | PlanningError::FactsMoved) => Ok(plain("", error.to_string())),
        error @ (PlanningError::Currencies { .. } | PlanningError::NoCandidate(_)) => {
            Ok(plain("budget", error.to_string()))
        }
        PlanningError::Creators(error) => Ok(plain("named", error.to_string())),
        PlanningError::Matching(crate::matching::MatchingError::Price(error)) => Ok(plain("format", error.to_string())),
        other => Err(other),
    }
}

/// A plan in the list.
struct ListedView {
    id: i64,
    campaign: String,
    brand: String,
    made: String,
    budget: String,
    words: String,
    /// It has to be made anew, which may fail.
    is_gone: bool,
}

/// A campaign in the list.
struct CampaignView {
    id: i64,
    name: String,
    words: String,
}

#[derive(Template)]
#[template(path = "planning/index.html")]
struct IndexPage {
    layout: Layout,
    has_brand: bool,
    finding: String,
    form: Option<FormView>,
    problem: Option<ProblemView>,
    plans: Vec<ListedView>,
    campaigns: Vec<CampaignView>,
    done: Option<String>,
}

/// `GET /planning`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let brand = crate::web::brands::brand_at_hand(&app, query.one("brand")).await?;
    let data = app.data.clone();
    let held = aside(move || async move { plans(&data).await }).await?;
    let listed = held.iter().map(|plan| {
        let of = &plan.summary;
        let words = match plan.is_gone {
            true => "made anew when it is opened: somebody it named has been forgotten".to_owned(),
            false => format!(
                "{}, {} met at least once as a score, at least {:.1} % of the best",
                format::counted(of.creators as u64, "creator", "creators"),
                of.reached.value.map_or_else(|| "not known how many".to_owned(), |value| format!("{value:.0}")),
                (1000.0 * of.ratio).floor() / 10.0
            ),
        };
        ListedView {
            id: plan.id,
            campaign: plan.campaign.clone(),
            brand: plan.brand.clone(),
            made: clock::minute(plan.made_at),
            budget: format::part(of.budget.minor_units as f64, Unit::Money(of.budget.currency)),
            is_gone: plan.is_gone,
            words,
        }
    });
    let plans: Vec<ListedView> = listed.collect();
    let campaigns = app.data.store.campaigns().await?.into_iter().map(|campaign| CampaignView {
        id: campaign.id,
        words: format!(
            "{}{}",
            format::counted(campaign.creators, "creator", "creators"),
            match (&campaign.starts_on, &campaign.ends_on) {
                (Some(from), Some(to)) => format!(", {from} to {to}"),
                (Some(from), None) => format!(", from {from}"),
                _ => String::new(),
            }
        ),
        name: campaign.name,
    });
    let form = match &brand {
        Some(brand) => Some(form(&app, brand, &query, None).await?),
        None => None,
    };
    draw(IndexPage {
        layout: Layout::load(&app, visit, Word::Planning, "Planning").await?,
        has_brand: brand.is_some(),
        finding: match plans.len() as u64 {
            0 => "Which creators, together, for this budget? Each person is counted once, and every plan says how far it can be from the best.".to_owned(),
            some => format!("{} kept.", format::counted(some, "plan is", "plans are")),
        },
        form,
        problem: None,
        plans,
        campaigns: campaigns.collect(),
        done: query.one("done").map(str::to_owned),
    })
    .await
}

#[derive(Template)]
#[template(path = "planning/plan.html")]
struct PlanPage {
    layout: Layout,
    id: Option<i64>,
    title: String,
    form: FormView,
    problem: Option<ProblemView>,
    result: Option<ResultView>,
    is_old: bool,
    /// Everything asked, to keep the plan with.
    kept: Vec<(String, String)>,
    again: String,
}

/// What a request came to: the plan, or why there is none.
type Tried = Result<PlanShown, ProblemView>;

async fn tried(app: &App, typed: &Pairs, keep: bool) -> Result<(Tried, model::Brand), WebError> {
    let brand = crate::web::brands::brand_at_hand(app, typed.one("brand")).await?;
    let brand = brand.ok_or_else(|| WebError::from(PlanningError::NoBrand))?;
    let (data, of, typed) = (app.data.clone(), brand.clone(), typed.clone());
    let work = move || async move {
        let asked = PlanAsked::read(&data, &typed).await?;
        let named = Named::read(&data, &typed, asked.budget).await?;
        match keep {
            true => create_plan(&data, of, asked, named).await,
            false => try_plan(&data, of, asked, named).await,
        }
    };
    let outcome = aside(move || async move { Ok::<_, WebError>(work().await) }).await?;
    match outcome {
        Ok(shown) => Ok((Ok(shown), brand)),
        Err(error) => Ok((Err(problem_of(error)?), brand)),
    }
}

/// The labels that limits can be set on, and names; nothing where what was typed cannot be read. Where a plan was just made it
/// is held.
async fn material_of(app: &App, brand: &model::Brand, typed: &Pairs) -> Option<std::sync::Arc<Material>> {
    let (data, brand, typed) = (app.data.clone(), brand.clone(), typed.clone());
    let work = move || async move {
        let asked = PlanAsked::read(&data, &typed).await?;
        let named = Named::read(&data, &typed, asked.budget).await?;
        material_for(&data, &brand, &asked, &named).await
    };
    aside(move || async move { Ok::<_, WebError>(work().await) }).await.ok()?.ok()
}

async fn page(app: &App, visit: Visit, typed: &Pairs, tried: Tried, brand: &model::Brand) -> Page {
    let (shown, problem) = match tried {
        Ok(shown) => (Some(shown), None),
        Err(problem) => (None, Some(problem)),
    };
    let typed = shown.as_ref().map_or_else(|| typed.clone(), kept_pairs);
    let material = material_of(app, brand, &typed).await;
    let form = form(app, brand, &typed, material.as_deref()).await?;
    let title = match &shown {
        Some(PlanShown { id: Some(id), asked, .. }) => format!("{} (plan {id})", asked.campaign),
        Some(shown) => format!("{}: a plan that is not kept yet", shown.asked.campaign),
        None => "A plan".to_owned(),
    };
    draw(PlanPage {
        layout: Layout::load(app, visit, Word::Planning, title.clone()).await?,
        id: shown.as_ref().and_then(|shown| shown.id),
        title,
        form,
        problem,
        is_old: shown.as_ref().is_some_and(|shown| shown.is_old),
        result: shown.as_ref().map(result),
        again: typed.address("/planning/try"),
        kept: typed.0,
    })
    .await
}

/// `GET /planning/try?…`: makes the plan asked for and keeps nothing.
pub async fn try_it(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let typed = Pairs(pairs);
    let (outcome, brand) = tried(&app, &typed, false).await?;
    page(&app, visit, &typed, outcome, &brand).await
}

/// `POST /planning`: makes the plan asked for and keeps it.
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let typed = Pairs(pairs);
    match tried(&app, &typed, true).await? {
        (Ok(PlanShown { id: Some(id), .. }), _) => Ok(Redirect::to(&format!("/planning/{id}")).into_response()),
        (outcome, brand) => {
            let drawn: Html<String> = page(&app, visit, &typed, outcome, &brand).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, drawn).into_response())
        }
    }
}

/// `GET /planning/{id}`
pub async fn show(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let data = app.data.clone();
    let shown = aside(move || async move { show_plan(&data, id).await }).await?;
    let brand = shown.brand.clone();
    page(&app, visit, &Pairs::default(), Ok(shown), &brand).await
}

/// `POST /planning/{id}/delete`
pub async fn delete(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    super::delete(&app.data, id).await?;
    Ok(Redirect::to(&Pairs::default().with("done", format!("Plan {id} is deleted")).address("/planning")))
}

/// `POST /planning/{id}/campaign`: begins the campaign the plan is for.
pub async fn hand_over(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let campaign = begin_campaign(&app.data, id).await?;
    Ok(Redirect::to(&format!("/planning/campaigns/{campaign}")))
}

/// `GET /planning/{id}/plan.csv`: whom it holds, with every part of each estimate.
pub async fn download(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let data = app.data.clone();
    let shown = aside(move || async move { show_plan(&data, id).await }).await?;
    let mut headings: Vec<String> =
        ["account", "name", "format", "posts", "cost_minor_units", "currency", "filed_under"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    for what in ["fee", "alone", "adds", "lost_without"] {
        headings.extend(PARTS.iter().map(|part| format!("{what}_{part}")));
    }
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new(&headings);
    for (pick, told) in shown.made.picks.iter().zip(&shown.made.told.picks) {
        let mut cells = vec![
            pick.account.to_string(),
            pick.name.clone(),
            pick.format.code().to_owned(),
            shown.asked.posts.to_string(),
            pick.cost_minor_units.to_string(),
            shown.asked.budget.currency().to_owned(),
            pick.filed_under.join("; "),
        ];
        for estimate in [&pick.fee, &told.alone, &told.marginal, &told.exclusive] {
            push_estimate(&mut cells, Some(estimate), "");
        }
        sheet.row(cells);
    }
    Ok(sheet.download(&format!("plan-{id}.csv")))
}
