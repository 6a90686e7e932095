//! Plans side by side, the cascade view, and the test before money is spent.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use model::{Estimate, Unit};

use crate::planning::sharing::passed_on;
use crate::planning::testing::{own_history, read_history, test as test_plan};
use crate::planning::{PlanShown, PlanningError, show as show_plan};
use crate::web::app::{App, Page, aside, draw};
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, common_scale};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// One row of the comparison: what is compared, and each plan's value.
struct ComparedRow {
    words: &'static str,
    cells: Vec<EstimateCell>,
}

/// A creator and which plans hold them.
struct SharedRow {
    name: String,
    address: String,
    holds: Vec<bool>,
}

#[derive(Template)]
#[template(path = "planning/compare.html")]
struct ComparePage {
    layout: Layout,
    finding: String,
    heads: Vec<(i64, String, String)>,
    rows: Vec<ComparedRow>,
    people: Vec<SharedRow>,
}

/// `GET /planning/compare?plan=1&plan=2`
pub async fn compare(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let mut ids: Vec<i64> = Pairs(pairs).all("plan").iter().filter_map(|id| id.parse().ok()).collect();
    let mut met = std::collections::HashSet::new();
    ids.retain(|id| met.insert(*id));
    if !(2..=4).contains(&ids.len()) {
        return Err(PlanningError::Compared(ids.len()).into());
    }
    let mut plans: Vec<PlanShown> = vec![];
    for id in &ids {
        let (data, id) = (app.data.clone(), *id);
        plans.push(aside(move || async move { show_plan(&data, id).await }).await?);
    }
    let row = |words: &'static str, of: fn(&PlanShown) -> &Estimate| {
        let estimates: Vec<&Estimate> = plans.iter().map(of).collect();
        let scale = common_scale(&estimates);
        let cell = |plan: &PlanShown| {
            let link = plan.id.map(|id| format!("/planning/{id}#figures"));
            EstimateCell::new(words, of(plan), scale, link)
        };
        ComparedRow { words, cells: plans.iter().map(cell).collect() }
    };
    let rows = vec![
        row("Met at least once", |plan| &plan.made.told.reached_at_least[0]),
        row("Met at least twice", |plan| &plan.made.told.reached_at_least[1]),
        row("Meetings a person met", |plan| &plan.made.told.mean_frequency),
        row("Cost", |plan| &plan.made.told.cost),
        row("Cost of one met", |plan| &plan.made.told.cost_per_person),
        row("Share of the best possible, at least", |plan| &plan.made.told.certificate),
    ];
    let mut people: Vec<SharedRow> = vec![];
    for (place, plan) in plans.iter().enumerate() {
        for pick in &plan.made.picks {
            let address = format!("/creators/{}", pick.account);
            let held = people.iter().position(|row| row.address == address).unwrap_or_else(|| {
                people.push(SharedRow { name: pick.name.clone(), address, holds: vec![false; plans.len()] });
                people.len() - 1
            });
            people[held].holds[place] = true;
        }
    }
    people.sort_by_key(|row| std::cmp::Reverse(row.holds.iter().filter(|holds| **holds).count()));
    let reached = |plan: &PlanShown| {
        let reach = &plan.made.told.reached_at_least[0];
        Some((reach.lo?, reach.hi?))
    };
    let ends: Vec<(f64, f64)> = plans.iter().filter_map(reached).collect();
    let first = &plans[0];
    let is_like = |plan: &PlanShown| {
        plan.brand.id == first.brand.id
            && plan.asked.targeted == first.asked.targeted
            && plan.asked.budget.currency == first.asked.budget.currency
            && plan.asked.times == first.asked.times
    };
    let comparable = plans.iter().all(is_like);
    let apart = ends.len() == plans.len()
        && (0..ends.len()).any(|one| (0..ends.len()).all(|other| one == other || ends[one].0 > ends[other].1));
    let in_all = people.iter().filter(|row| row.holds.iter().all(|holds| *holds)).count() as u64;
    draw(ComparePage {
        layout: Layout::load(&app, visit, Word::Planning, "Plans side by side").await?,
        finding: format!(
            "{} in all of them. {}",
            format::counted(in_all, "creator is", "creators are"),
            match (comparable, apart) {
                (false, _) => "They are of different brands, currencies or ways of counting people, so their reach is not compared.",
                (true, true) => "One of them reaches more than the others in nine of ten cases.",
                (true, false) => "How many they reach cannot be told apart on this evidence: let cost and taste decide.",
            }
        ),
        heads: plans
            .iter()
            .map(|plan| {
                let money = Unit::Money(plan.asked.budget.currency);
                let budget = format::part(plan.asked.budget.minor_units as f64, money);
                (plan.id.unwrap_or(0), plan.asked.campaign.clone(), budget)
            })
            .collect(),
        rows,
        people,
    })
    .await
}

#[derive(Template)]
#[template(path = "planning/sharing.html")]
struct SharingPage {
    layout: Layout,
    id: i64,
    campaign: String,
    finding: String,
    figures: Vec<EstimateView>,
    certificate: String,
    best: Vec<Person>,
    silent: usize,
}

/// `GET /planning/{id}/sharing`
pub async fn sharing(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let data = app.data.clone();
    let (shown, passed) = aside(move || async move {
        let shown = show_plan(&data, id).await?;
        let passed = passed_on(&data, &shown).await?;
        Ok::<_, PlanningError>((shown, passed))
    })
    .await?;
    let layout = Layout::load(&app, visit, Word::Planning, "What sharing might add").await?;
    let campaign = shown.asked.campaign.clone();
    let Some(passed) = passed else {
        return draw(SharingPage {
            layout,
            id,
            campaign,
            finding: "None of the plan’s creators takes part in talk that is held, so nothing can be passed on."
                .to_owned(),
            figures: vec![],
            certificate: String::new(),
            best: vec![],
            silent: shown.made.picks.len(),
        })
        .await;
    };
    let scale = common_scale(&[&passed.from_plan, &passed.from_best]);
    let view = |id: &str, label: &str, estimate: &Estimate| {
        EstimateView::new(Drawing { id, label, scale_to: scale, brand: None }, estimate)
    };
    draw(SharingPage {
        layout,
        id,
        campaign,
        finding: format!(
            "If word passes as the model says, {:.0} of {} accounts hear of it from the plan’s creators.",
            passed.from_plan.value.unwrap_or(0.0),
            format::count(passed.accounts)
        ),
        figures: vec![
            view("from-plan", "From the plan’s creators", &passed.from_plan),
            view("from-best", "From as many who spread furthest", &passed.from_best),
        ],
        certificate: format!(
            "Those who spread furthest reach at least {:.1} % of what any as many could, with confidence 1 − {:.2e}.",
            (1000.0 * passed.ratio).floor() / 10.0,
            passed.delta
        ),
        best: passed.best.iter().map(Person::of).collect(),
        silent: passed.silent,
    })
    .await
}

#[derive(Template)]
#[template(path = "planning/test.html")]
struct TestPage {
    layout: Layout,
    id: i64,
    campaign: String,
    finding: String,
    problem: Option<String>,
    given: String,
    figures: Vec<EstimateView>,
    warnings: Vec<String>,
}

/// `GET /planning/{id}/test`: the smallest effect that could be seen in what is held of the brand.
pub async fn test(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    tested(app, visit, id, None).await
}

/// `POST /planning/{id}/test`: the same in the daily numbers given; nothing of them is kept.
pub async fn test_given(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Page {
    let given = Pairs(pairs).one("history").unwrap_or("").to_owned();
    tested(app, visit, id, Some(given)).await
}

async fn tested(app: App, visit: Visit, id: i64, given: Option<String>) -> Page {
    let (data, typed) = (app.data.clone(), given.clone());
    let (shown, tested) = aside(move || async move {
        let shown = show_plan(&data, id).await?;
        let (history, of) = match typed {
            Some(text) => (read_history(&text).map(Some).map_err(PlanningError::from), "what you gave"),
            None => (own_history(&data, &shown).await, "how often people turned to the brand’s own accounts"),
        };
        let tested = match history {
            Ok(Some(days)) => Some(test_plan(&shown, &days, of)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        };
        Ok::<_, PlanningError>((shown, tested))
    })
    .await?;
    let view = |id: &str, label: &str, estimate: &Estimate| {
        EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand: None }, estimate)
    };
    let (mut figures, mut warnings, mut problem) = (vec![], vec![], None);
    let finding = match tested {
        None => "No daily numbers of the brand are held. Give some: orders, leads, visits or new followers a day."
            .to_owned(),
        Some(Err(PlanningError::Test(error))) => {
            problem = Some(error.to_string());
            "What the campaign would have to bring is not known yet.".to_owned()
        }
        Some(Err(error)) => return Err(error.into()),
        Some(Ok(tested)) => {
            let effect = &tested.effect;
            figures = vec![
                view("in-all", "In all", &effect.in_all),
                view("per-day", "A day", &effect.per_day),
                view("relative", "Over a usual day", &effect.relative),
                view("usual", "A usual day", &effect.usual_day),
                view("noise", "How far days differ anyway", &effect.noise),
                view("alike", "How like the day before a day is", &effect.autocorrelation),
            ];
            warnings = effect.warnings.clone();
            let more = effect
                .relative
                .value
                .map_or_else(|| "not known how much".to_owned(), |share| format!("{:.0} %", share * 100.0));
            format!(
                "Of {} ({} days), the campaign’s {} days must show {more} more than usual to be seen{}.",
                tested.of,
                tested.history_days,
                tested.campaign_days,
                tested.in_words.map_or_else(String::new, |words| format!(": {words}"))
            )
        }
    };
    draw(TestPage {
        layout: Layout::load(&app, visit, Word::Planning, "Test before spend").await?,
        id,
        campaign: shown.asked.campaign,
        finding,
        problem,
        given: given.unwrap_or_default(),
        figures,
        warnings,
    })
    .await
}
