//! `/outreach/briefs`: what creators are asked for: the product and for whom, what must be true, what is wished, what is theirs.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Choice, Part, Problem, ago, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::outreach::OutreachError;
use crate::outreach::briefs::{self, Brief, BriefGiven, BriefShown, lines};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A brief in the list.
pub struct BriefLine {
    pub id: i64,
    pub name: String,
    pub product: String,
    pub musts: String,
    pub deals: String,
    pub changed: String,
}

#[derive(Template)]
#[template(path = "outreach/briefs.html")]
struct BriefsPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    rows: Vec<BriefLine>,
}

/// `GET /outreach/briefs`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let now = app.data.now();
    let mut rows = Vec::new();
    for row in app.data.store.briefs().await? {
        let held = briefs::shown(row)?;
        rows.push(BriefLine {
            id: held.row.id,
            product: super::first_words(&held.brief.product, 80),
            musts: held.brief.musts.len().to_string(),
            deals: held.row.deals.to_string(),
            changed: ago(now, briefs::changed_at(&held)),
            name: held.row.name,
        });
    }
    draw(BriefsPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Briefs").await?,
        parts: parts("Briefs"),
        finding: match rows.len() as u64 {
            0 => "No brief yet.".to_owned(),
            some => format!("{} kept.", format::counted(some, "brief is", "briefs are")),
        },
        done: Pairs(pairs).one("done").map(str::to_owned),
        rows,
    })
    .await
}

#[derive(Template)]
#[template(path = "outreach/brief.html")]
struct BriefPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: Option<i64>,
    version: String,
    name: String,
    campaigns: Vec<Choice>,
    goal: String,
    product: String,
    audience: String,
    musts: String,
    wishes: String,
    freedom: String,
    tag: String,
    link: String,
    code: String,
    language: String,
    country: String,
    question: Option<String>,
}

/// The campaigns to choose from.
pub(super) async fn campaign_choices(app: &App, chosen: &str) -> Result<Vec<Choice>, WebError> {
    let all = app.data.store.campaigns().await?;
    let choice = |campaign: store::CampaignRow| Choice {
        chosen: campaign.id.to_string() == chosen,
        code: campaign.id.to_string(),
        words: campaign.name,
    };
    Ok(all.into_iter().map(choice).collect())
}

async fn page(app: &App, visit: Visit, held: Option<BriefShown>, asked: &Pairs, problem: Option<Problem>) -> Page {
    let title = held.as_ref().map_or_else(|| "A new brief".to_owned(), |held| held.row.name.clone());
    let brief = held.as_ref().map_or_else(Brief::default, |held| held.brief.clone());
    let campaign = held.as_ref().and_then(|held| held.row.campaign).map_or_else(String::new, |id| id.to_string());
    draw(BriefPage {
        layout: Layout::load(app, visit, Word::Outreach, title).await?,
        parts: parts("Briefs"),
        done: asked.one("done").map(str::to_owned),
        problem,
        id: held.as_ref().map(|held| held.row.id),
        version: typed_or(
            asked,
            "version",
            &held.as_ref().map_or_else(String::new, |held| held.row.version.to_string()),
        ),
        name: typed_or(asked, "name", held.as_ref().map_or("", |held| &held.row.name)),
        campaigns: campaign_choices(app, &typed_or(asked, "campaign", &campaign)).await?,
        goal: typed_or(asked, "goal", &brief.goal),
        product: typed_or(asked, "product", &brief.product),
        audience: typed_or(asked, "audience", &brief.audience),
        musts: typed_or(asked, "musts", &brief.musts.join("\n")),
        wishes: typed_or(asked, "wishes", &brief.wishes.join("\n")),
        freedom: typed_or(asked, "freedom", &brief.freedom),
        tag: typed_or(asked, "tag", &brief.tag),
        link: typed_or(asked, "link", &brief.link),
        code: typed_or(asked, "code", &brief.code),
        language: typed_or(asked, "language", &brief.language),
        country: typed_or(asked, "country", &brief.country),
        question: briefs::question(&brief),
    })
    .await
}

fn given(pairs: &Pairs) -> BriefGiven {
    BriefGiven {
        name: typed(pairs, "name"),
        campaign: pairs.one("campaign").and_then(|id| id.parse().ok()),
        brief: Brief {
            goal: typed(pairs, "goal"),
            product: typed(pairs, "product"),
            audience: typed(pairs, "audience"),
            musts: lines(&typed(pairs, "musts")),
            wishes: lines(&typed(pairs, "wishes")),
            freedom: typed(pairs, "freedom"),
            tag: typed(pairs, "tag"),
            link: typed(pairs, "link"),
            code: typed(pairs, "code"),
            language: typed(pairs, "language"),
            country: typed(pairs, "country"),
        },
    }
}

/// `GET /outreach/briefs/new?campaign=…`
pub async fn new(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, None, &Pairs(pairs), None).await
}

/// `POST /outreach/briefs/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    match briefs::add(&app.data, &given(&asked)).await {
        Ok(id) => Ok(Redirect::to(&saying(&format!("/outreach/briefs/{id}"), "Kept")).into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, None, &asked, Some(problem_of(error)?)).await?)),
    }
}

/// `GET /outreach/briefs/{id}`
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let held = briefs::find(&app.data, id, None).await?;
    let asked = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, Some(held), &asked, None).await
}

/// `POST /outreach/briefs/{id}`: its next version.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let version = asked.one("version").and_then(|version| version.parse().ok()).unwrap_or(0);
    match briefs::change(&app.data, id, version, &given(&asked)).await {
        Ok(version) => {
            let done = format!("Kept as version {version}; deals made before keep the version they were made on");
            Ok(Redirect::to(&saying(&format!("/outreach/briefs/{id}"), &done)).into_response())
        }
        Err(error @ OutreachError::NoBrief(_)) => Err(error.into()),
        Err(error) => {
            let held = briefs::find(&app.data, id, None).await?;
            Ok(not_valid(page(&app, visit, Some(held), &asked, Some(problem_of(error)?)).await?))
        }
    }
}

/// `POST /outreach/briefs/{id}/put-away`
pub async fn put_away(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let held = briefs::find(&app.data, id, None).await?;
    app.data.store.archive_brief(id, app.data.now()).await?;
    Ok(Redirect::to(&saying("/outreach/briefs", &format!("“{}” is put away", held.row.name))))
}
