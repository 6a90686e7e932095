//! `/tracking/shops`: where orders and leads come from: shops, one's own server, pages of a site, files.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::conversions::ConversionFilter;
use store::shops::ShopRow;

use super::{Choice, Part, choice, parts, problem_of};
use crate::clock;
use crate::outreach::settings;
use crate::tracking::shops::{self, ShopGiven, ShopKind};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed, typed_or};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Messages shown of a shop.
const DELIVERIES_SHOWN: u64 = 50;

/// A shop in the list.
pub struct ShopLine {
    pub id: i64,
    pub name: String,
    pub kind: &'static str,
    pub orders: String,
    pub state: &'static str,
}

#[derive(Template)]
#[template(path = "tracking/shops.html")]
struct ShopsPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    lines: Vec<ShopLine>,
    kinds: Vec<Choice>,
    name: String,
    secret: String,
    currency: String,
    zone: String,
    origins: String,
    email: String,
}

fn kind_words(row: &ShopRow) -> &'static str {
    ShopKind::from_code(&row.kind).map_or("unknown", ShopKind::words)
}

async fn list(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let mut lines = vec![];
    for row in app.data.store.shops().await? {
        let filter = ConversionFilter { shop: Some(row.id), ..ConversionFilter::default() };
        lines.push(ShopLine {
            id: row.id,
            kind: kind_words(&row),
            orders: format::count(app.data.store.count_conversions(&filter).await?),
            state: if row.ended_at.is_some() { "ended" } else { "open" },
            name: row.name,
        });
    }
    let chosen = asked.one("kind").unwrap_or(ShopKind::Shopify.code()).to_owned();
    draw(ShopsPage {
        layout: Layout::load(app, visit, Word::Tracking, "Shops").await?,
        parts: parts("Shops"),
        done: asked.one("done").map(str::to_owned),
        problem,
        lines,
        kinds: ShopKind::ALL.into_iter().map(|kind| choice(kind.code(), kind.words(), &chosen)).collect(),
        name: typed(asked, "name"),
        secret: typed(asked, "secret"),
        currency: typed(asked, "currency"),
        zone: typed(asked, "zone"),
        origins: typed(asked, "origins"),
        email: typed(asked, "email"),
    })
    .await
}

/// `GET /tracking/shops`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    list(&app, visit, &Pairs(pairs), None).await
}

/// `POST /tracking/shops`: another shop, whose page shows the secret this once; or a buyer is forgotten.
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    if given.one("do") == Some("forget") {
        return forget(&app, visit, &given).await;
    }
    let shop = ShopGiven {
        name: typed(&given, "name"),
        kind: typed(&given, "kind"),
        secret: typed(&given, "secret"),
        currency: typed(&given, "currency"),
        zone: typed(&given, "zone"),
        origins: typed(&given, "origins"),
    };
    match shops::make(&app.data, &shop).await {
        Ok((row, secret)) => {
            // A secret that the shop made itself is known to whoever typed it.
            let secret = secret.filter(|_| shop.secret.trim().is_empty());
            Ok(one(&app, visit, row, &Pairs::default(), None, secret).await?.into_response())
        }
        Err(error) => Ok(not_valid(list(&app, visit, &given, Some(problem_of(error)?)).await?)),
    }
}

async fn forget(app: &App, visit: Visit, given: &Pairs) -> Result<Response, WebError> {
    match shops::forget_buyer(&app.data, &typed(given, "email")).await {
        Ok(forgotten) => {
            let done = format!("Forgotten on {}", format::counted(forgotten, "order or lead", "orders and leads"));
            Ok(Redirect::to(&Pairs::default().with("done", done).address("/tracking/shops")).into_response())
        }
        Err(error) => Ok(not_valid(list(app, visit, given, Some(problem_of(error)?)).await?)),
    }
}

/// A message that came.
pub struct DeliveryLine {
    pub at: String,
    pub topic: String,
    pub number: String,
    pub outcome: String,
    pub detail: String,
}

#[derive(Template)]
#[template(path = "tracking/shop.html")]
struct ShopPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    secret_made: Option<String>,
    id: i64,
    name: String,
    kind: &'static str,
    kind_code: String,
    is_signed: bool,
    is_over: bool,
    address: String,
    has_public: bool,
    public_id: String,
    currency: String,
    zone: String,
    origins: String,
    earlier_until: Option<String>,
    orders: String,
    deliveries: Vec<DeliveryLine>,
}

async fn one(
    app: &App,
    visit: Visit,
    row: ShopRow,
    asked: &Pairs,
    problem: Option<Problem>,
    secret_made: Option<String>,
) -> Page {
    let filter = ConversionFilter { shop: Some(row.id), ..ConversionFilter::default() };
    let settings = settings::settings(&app.data).await?;
    let deliveries = app.data.store.shop_deliveries(row.id, DELIVERIES_SHOWN).await?;
    draw(ShopPage {
        layout: Layout::load(app, visit, Word::Tracking, row.name.clone()).await?,
        parts: parts("Shops"),
        done: asked.one("done").map(str::to_owned),
        problem,
        secret_made,
        id: row.id,
        kind: kind_words(&row),
        is_signed: ShopKind::from_code(&row.kind).is_some_and(ShopKind::is_signed),
        is_over: row.ended_at.is_some(),
        address: shops::address_of(&app.data, &row).await?,
        has_public: !settings.public_address.is_empty(),
        currency: row.currency.clone().unwrap_or_default(),
        zone: row.zone.clone().unwrap_or_default(),
        origins: typed_or(asked, "origins", &row.origins),
        earlier_until: row.earlier_until.filter(|until| *until > app.data.now()).map(clock::minute),
        orders: format::counted(app.data.store.count_conversions(&filter).await?, "order or lead", "orders and leads"),
        deliveries: deliveries
            .into_iter()
            .map(|delivery| DeliveryLine {
                at: clock::minute(delivery.received_at),
                topic: delivery.topic,
                number: delivery.delivery_id.chars().take(40).collect(),
                outcome: delivery.outcome,
                detail: delivery.detail,
            })
            .collect(),
        public_id: row.public_id,
        kind_code: row.kind,
        name: row.name,
    })
    .await
}

/// `GET /tracking/shops/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let row = shops::numbered(&app.data, id).await?;
    let asked = Pairs(pairs);
    let done = Pairs::default().with_some("done", asked.one("done"));
    one(&app, visit, row, &done, None, None).await
}

/// `POST /tracking/shops/{id}`: another secret, other sites, end it or take from it again.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let row = shops::numbered(&app.data, id).await?;
    let outcome = match given.one("do") {
        Some("rotate") => match shops::rotate(&app.data, id, &typed(&given, "secret")).await {
            Ok(secret) => {
                let secret = Some(secret).filter(|_| typed(&given, "secret").trim().is_empty());
                let row = shops::numbered(&app.data, id).await?;
                let done =
                    Pairs::default().with("done", "The new secret is in force; the one before is taken for a day more");
                return Ok(one(&app, visit, row, &done, None, secret).await?.into_response());
            }
            Err(error) => Err(error),
        },
        Some("end") => {
            app.data.store.end_shop(id, Some(app.data.now())).await?;
            Ok("Nothing is taken from it any more; what it told stays")
        }
        Some("again") => {
            app.data.store.end_shop(id, None).await?;
            Ok("What it tells is taken again")
        }
        _ => match shops::origins_of(&typed(&given, "origins")) {
            Ok(origins) => {
                app.data.store.set_shop_origins(id, &origins).await?;
                Ok("Pages of these sites may tell")
            }
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(done) => {
            let address = Pairs::default().with("done", done).address(&format!("/tracking/shops/{id}"));
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => Ok(not_valid(one(&app, visit, row, &given, Some(problem_of(error)?), None).await?)),
    }
}
