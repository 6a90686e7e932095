//! Vetting's first page: what is judged today, from what, and how the creators of a ranking are spread over it.

pub mod account_model;
pub mod gold;
pub mod report;

use askama::Template;
use axum::extract::State;
use engine::vetting::standing::SizeClaim;
use model::{AccountId, Brand};
use store::{RankedFacet, RankedFilter};

use crate::creators::names;
use crate::matching;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, common_scale};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::people::Person;
use crate::web::visit::Visit;

/// Creators of the ranking whose reports are named.
const REPORTS_NAMED: u32 = 24;

/// A conversation level and how many ranked creators have it.
pub struct LevelLine {
    pub mark: LevelMark,
    pub count: String,
    /// The bar's width, in percent of the fullest.
    pub width: String,
    pub ranking: String,
    pub meaning: &'static str,
}

/// Small against large creators of one platform.
pub struct ClaimLine {
    pub platform: &'static str,
    pub word: &'static str,
    pub ratio: EstimateView,
}

/// An audience that was sampled.
pub struct SampleLine {
    pub person: Person,
    pub looked_at: String,
}

#[derive(Template)]
#[template(path = "vetting/index.html")]
struct VettingPage {
    layout: Layout,
    brand: Option<Brand>,
    levels: Vec<LevelLine>,
    /// The first of the ranking, for their reports.
    reports: Vec<Person>,
    /// Whether small creators draw more than large ones here.
    claims: Vec<ClaimLine>,
    /// Audiences that people have looked at.
    samples: Vec<SampleLine>,
    total: String,
    has_facts: bool,
}

/// `GET /vetting`
pub async fn index(State(app): State<App>, visit: Visit) -> Page {
    let has_facts = app.data.store.data_revision().await? > 0;
    let brand = app.data.store.brands().await?.into_iter().next().filter(|_| has_facts);
    let (levels, reports, total) = match &brand {
        Some(brand) => levels(&app, brand).await?,
        None => (vec![], vec![], 0),
    };
    let (claims, samples) = if has_facts { (claims(&app).await?, samples(&app).await?) } else { (vec![], vec![]) };
    let layout = Layout::load(&app, visit, Word::Vetting, "Vetting").await?;
    draw(VettingPage { layout, brand, levels, reports, claims, samples, total: format::count(total), has_facts }).await
}

async fn claims(app: &App) -> Result<Vec<ClaimLine>, WebError> {
    let peers = app.data.peers().await?;
    let line = |claim: &SizeClaim| {
        let id = format!("claim-{}", claim.platform.code());
        let scale_to = common_scale(&[&claim.ratio]).max(2.0);
        let drawing = Drawing { id: &id, label: "Micro over macro, by engagement", scale_to, brand: None };
        ClaimLine {
            platform: claim.platform.name(),
            word: claim.word.words(),
            ratio: EstimateView::new(drawing, &claim.ratio),
        }
    };
    Ok(peers.claims.iter().map(line).collect())
}

async fn samples(app: &App) -> Result<Vec<SampleLine>, WebError> {
    let sampled = app.data.store.sampled_audiences().await?;
    if sampled.is_empty() {
        return Ok(vec![]);
    }
    app.data.revision().await?;
    let named = names(&app.data, sampled.iter().map(|(account, _)| *account).collect()).await?;
    let line = |(account, looked): &(AccountId, u64)| {
        Some(SampleLine { person: Person::of(named.get(account)?), looked_at: format::count(*looked) })
    };
    Ok(sampled.iter().filter_map(line).collect())
}

async fn levels(app: &App, brand: &Brand) -> Result<(Vec<LevelLine>, Vec<Person>, u64), WebError> {
    let (data, of) = (app.data.clone(), brand.clone());
    let ranking = aside(move || async move { matching::rank(&data, of).await }).await?;
    let counts = app.data.store.ranked_facets(ranking.ranking.id, RankedFacet::Level).await?;
    let most = counts.iter().map(|count| count.count).max().unwrap_or(1).max(1);
    let lines = LevelMark::CODES
        .into_iter()
        .map(|code| {
            let count = counts.iter().find(|count| count.value == code).map_or(0, |count| count.count);
            LevelLine {
                mark: LevelMark::of(code),
                count: format::count_of(count),
                width: format!("{:.1}%", count as f64 / most as f64 * 100.0),
                ranking: format!("/matching?brand={}&level={code}", brand.id),
                meaning: meaning(code),
            }
        })
        .collect();
    let filter = RankedFilter { limit: REPORTS_NAMED, ..RankedFilter::default() };
    let first: Vec<AccountId> =
        app.data.store.ranked(ranking.ranking.id, &filter).await?.iter().map(|row| row.account).collect();
    let named = names(&app.data, first.clone()).await?;
    let reports = first.iter().filter_map(|account| named.get(account)).map(Person::of).collect();
    Ok((lines, reports, ranking.summary.creators))
}

fn meaning(code: &str) -> &'static str {
    match code {
        "almost-everyone" => "at least 80 % of comments are answered, even at the lower end of the interval",
        "many" => "at least half are answered, even at the lower end",
        "some" => "at least a tenth are answered, even at the lower end",
        "rarely" => "at most a fifth are answered, even at the upper end",
        _ => "too few comments are held, or the source does not say who answered whom",
    }
}
