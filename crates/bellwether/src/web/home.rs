//! The first page: whom the first brand's buyers listen to, or the three steps that lead there. And `/health`.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::RankedFilter;

use super::app::{App, Page, aside, draw};
use super::error::WebError;
use super::format;
use super::layout::{Layout, Word};
use super::visit::Visit;
use crate::clock;
use crate::creators::own_people::among::{OwnAccount, OwnPeople, own_people};
use crate::web::people::Person;
use crate::{matching, outreach};

const CREATORS_SHOWN: u32 = 10;

/// A number with what it means.
pub struct Tile {
    pub figure: String,
    pub words: String,
    pub link: String,
    pub link_words: &'static str,
}

/// A creator of the first brand's ranking.
pub struct TopCreator {
    pub place: String,
    pub tie: Option<String>,
    pub person: Person,
    pub reason: String,
    pub fit: super::estimates::EstimateCell,
    pub level: super::level::LevelMark,
    /// How they are among the brand's own people.
    pub own: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    layout: Layout,
    brand: String,
    ranking: String,
    finding: String,
    tiles: Vec<Tile>,
    top: Vec<TopCreator>,
    other_brands: Vec<OtherBrand>,
    waiting: WaitingTiles,
    /// Rows that an import refused and somebody should look at.
    needs_you: Vec<NeedsYou>,
}

/// What waits for the team in outreach.
pub struct WaitingTiles {
    pub is_shown: bool,
    pub tiles: Vec<Tile>,
}

pub struct OtherBrand {
    pub name: String,
    pub ranking: String,
}

/// Something only a person can settle.
pub struct NeedsYou {
    pub words: String,
    pub address: String,
    pub action: &'static str,
}

#[derive(Template)]
#[template(path = "home_empty.html")]
struct FirstStepsPage {
    layout: Layout,
    has_facts: bool,
    waiting: WaitingTiles,
}

/// `GET /`
pub async fn show(State(app): State<App>, visit: Visit) -> Page {
    let brands = app.data.store.brands().await?;
    let has_facts = app.data.store.data_revision().await? > 0;
    let Some(brand) = brands.first().cloned().filter(|_| has_facts) else {
        let layout = Layout::load(&app, visit, Word::Home, "Home").await?;
        let mut waiting = waiting_tiles(&app).await?;
        waiting.is_shown = !waiting.tiles.is_empty();
        return draw(FirstStepsPage { layout, has_facts, waiting }).await;
    };
    let (data, of) = (app.data.clone(), brand.clone());
    let ranked = aside(move || async move { matching::rank(&data, of).await }).await?;
    let filter = RankedFilter { limit: CREATORS_SHOWN, ..RankedFilter::default() };
    let rows = app.data.store.ranked(ranked.ranking.id, &filter).await?;
    let scale = super::estimates::round_scale_end(rows.iter().map(|row| row.fit_hi).fold(0.0, f64::max));
    let ranking = format!("/matching?brand={}", brand.id);
    let data = app.data.clone();
    let own = aside(move || async move { own_people(&data).await }).await?;
    let mut top = Vec::new();
    for row in &rows {
        let detail = matching::ranked_of(row)?;
        let platform = model::Platform::from_code(&row.platform).unwrap_or(model::Platform::Other);
        let person = Person::new(row.account, platform, &row.name, &row.handle)
            .followed_by(row.followers)
            .in_tier(row.tier.as_deref())
            .for_brand(Some(brand.id));
        let open = format!("{}#fit", person.address);
        top.push(TopCreator {
            place: row.position.to_string(),
            tie: (detail.tie_to > detail.tie_from).then(|| format!("{}–{}", detail.tie_from, detail.tie_to)),
            reason: detail.reason.clone(),
            fit: super::estimates::EstimateCell::new("Listening score", &detail.fit, scale, Some(open)),
            level: super::level::LevelMark::of(&row.level),
            own: own.of(row.account).filter(|one| one.standing.counts()).map(OwnAccount::words),
            person,
        });
    }
    let finding = crate::matching::pages::ranking::finding(&ranked.summary);
    let tiles = tiles(&ranked.summary, &ranking);
    draw(HomePage {
        layout: Layout::load(&app, visit, Word::Home, "Home").await?,
        brand: brand.name.clone(),
        ranking,
        finding,
        tiles,
        top,
        other_brands: brands
            .iter()
            .skip(1)
            .map(|brand| OtherBrand { name: brand.name.clone(), ranking: format!("/matching?brand={}", brand.id) })
            .collect(),
        waiting: waiting_tiles(&app).await?,
        needs_you: needs_you(&app, &own).await?,
    })
    .await
}

fn tiles(summary: &matching::RankingSummary, ranking: &str) -> Vec<Tile> {
    let until = summary.as_of.map_or_else(String::new, |at| format!(", up to {}", clock::day(at)));
    vec![
        Tile {
            figure: format::count(summary.buyers_talking),
            words: format!("of {} buyers take part in talk", format::count(summary.buyers)),
            link: "/matching/brands".to_owned(),
            link_words: "Who counts as a buyer",
        },
        Tile {
            figure: format::count(summary.creators_with_five_buyers),
            words: "creators talk with at least five of them".to_owned(),
            link: ranking.to_owned(),
            link_words: "The ranking",
        },
        Tile {
            figure: format::count(summary.interactions),
            words: format!("interactions between people are held{until}"),
            link: "/ingest".to_owned(),
            link_words: "Where they come from",
        },
    ]
}

/// What waits for the team, a tile for each kind of which there is something.
async fn waiting_tiles(app: &App) -> Result<WaitingTiles, WebError> {
    let of = outreach::waiting::counts(&app.data).await?;
    let tile = |count: u64, one: &str, many: &str, link: &str, link_words: &'static str| {
        (count > 0).then(|| Tile {
            figure: format::count(count),
            words: if count == 1 { one.to_owned() } else { many.to_owned() },
            link: link.to_owned(),
            link_words,
        })
    };
    let tiles = [
        tile(of.replies, "reply waits for an answer", "replies wait for an answer", "/outreach?show=waiting", "Answer"),
        tile(
            of.counter_offers,
            "counter-offer",
            "counter-offers",
            "/outreach/waiting#counter-offers",
            "Look at the terms",
        ),
        tile(of.drafts, "draft to look at", "drafts to look at", "/outreach/waiting#drafts", "Look at drafts"),
        tile(of.late_pieces, "piece is late", "pieces are late", "/outreach/waiting#late", "See whose"),
        tile(
            of.payments,
            "payment due within 7 days or overdue",
            "payments due within 7 days or overdue",
            "/outreach/waiting#payments",
            "See which",
        ),
        tile(
            of.tasks,
            "task due today or before",
            "tasks due today or before",
            "/outreach/waiting#tasks",
            "See the tasks",
        ),
        tile(of.unknown, "mail of unknown fate", "mails of unknown fate", "/outreach/queue", "Settle them"),
    ];
    Ok(WaitingTiles { is_shown: true, tiles: tiles.into_iter().flatten().collect() })
}

/// Saved searches with new matches, and imports that refused rows, newest first.
async fn needs_you(app: &App, own: &OwnPeople) -> Result<Vec<NeedsYou>, WebError> {
    let imports = app.data.store.imports_that_refused(3).await?;
    let searches = app.data.store.saved_searches().await?;
    let met = searches.into_iter().filter(|saved| saved.alert && saved.new > 0).map(|saved| NeedsYou {
        words: format!("{} “{}”", format::counted(saved.new, "creator newly meets", "creators newly meet"), saved.name),
        address: "/creators/searches".to_owned(),
        action: "See who",
    });
    let refused = imports.iter().map(|import| NeedsYou {
        words: format!(
            "{} of {}",
            format::counted(import.counts.refused, "row was refused", "rows were refused"),
            import.label
        ),
        address: format!("/ingest/{}", import.id),
        action: "See why",
    });
    let waiting = own.suggested.iter().filter(|one| one.is_creator).count() as u64;
    let waiting = (waiting > 0).then(|| NeedsYou {
        words: format!("{} among your own people", format::counted(waiting, "creator may be", "creators may be")),
        address: "/creators/own?who=suggested".to_owned(),
        action: "Look at them",
    });
    Ok(met.chain(waiting).chain(refused).collect())
}

/// `GET /health`: whether the databases answer and every click since the start was stored.
pub async fn health(State(app): State<App>) -> Response {
    let answer = |status: StatusCode, word: &'static str| {
        (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], word)
            .into_response()
    };
    match app.data.store.data_revision().await {
        Ok(_) if app.data.tracking_alarm().is_some() => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "{\"status\":\"clicks are not stored; the page of links says why\"}",
        ),
        Ok(_) => answer(StatusCode::OK, "{\"status\":\"ok\"}"),
        Err(error) => {
            tracing::error!(%error, "the health check failed");
            answer(StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"the database does not answer\"}")
        }
    }
}
