//! `/matching/prices`: rate cards, quotes and deals, what the next post of a creator should cost, and a quote against it.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use engine::matching::price::{PostFormat, PriceKind};
use model::{AccountId, Unit};

use crate::clock;
use crate::creators::{CreatorName, find};
use crate::matching::prices::{self, Given, Prices, expected, format_of, kind_of, money, names, record, take_back};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, round_scale_end};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Prices shown on the page; all of them go out as CSV.
const SHOWN_MAX: usize = 200;

/// A price held.
pub struct PriceLine {
    pub id: i64,
    pub person: Option<Person>,
    pub account: String,
    pub fee: String,
    pub format: &'static str,
    pub kind: &'static str,
    pub day: String,
    pub note: String,
    /// The estimate for this creator and format.
    pub estimate: String,
}

/// A code to choose.
pub struct Choice {
    pub code: &'static str,
    pub words: &'static str,
    pub chosen: bool,
}

/// What the next post of the creator asked about should cost.
pub struct Asked {
    pub person: Person,
    pub format: String,
    pub estimate: EstimateView,
    pub facts: String,
    pub standing: Option<StandingView>,
}

/// A quote against what is to be expected.
pub struct StandingView {
    pub words: String,
    pub deals_below: EstimateView,
    pub over_expected: EstimateView,
}

#[derive(Template)]
#[template(path = "matching/prices.html")]
struct PricesPage {
    layout: Layout,
    finding: String,
    currency: String,
    rate_known: bool,
    problem: Option<String>,
    done: Option<String>,
    who: String,
    quote: String,
    formats: Vec<Choice>,
    kinds: Vec<Choice>,
    asked: Option<Asked>,
    prices: Vec<PriceLine>,
    more: Option<String>,
}

/// `GET /matching/prices?creator=…&format=…&quote=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let data = app.data.clone();
    let held = aside(move || async move { prices::prices(&data).await }).await?;
    let named = names(&app.data, &held.rows).await?;
    let format = query.one("format").and_then(|code| format_of(code).ok()).unwrap_or(PostFormat::Post);
    let (asked, problem) = match query.one("creator") {
        None => (None, None),
        Some(who) => match ask(&app, &held, who, format, query.one("quote")).await {
            Ok(asked) => (Some(asked), None),
            Err(error) => (None, Some(error.what_happened)),
        },
    };
    let currency = held.settings.currency.to_string();
    let finding = match held.rows.len() as u64 {
        0 => "No price is recorded yet; estimates rest on published figures alone, which differ widely.".to_owned(),
        some => format!(
            "{} of {}; estimates are in {currency}{}.",
            format::counted(some, "price", "prices"),
            format::counted(named.len() as u64, "creator", "creators"),
            match held.left_out {
                0 => String::new(),
                left_out => format!(", and leave out {} in other currencies", format::count(left_out as u64)),
            }
        ),
    };
    let lines = held.rows.iter().take(SHOWN_MAX).map(|row| line(&held, row, named.get(&row.account))).collect();
    let more = held.rows.len().saturating_sub(SHOWN_MAX);
    let choice = |code, words, chosen| Choice { code, words, chosen };
    draw(PricesPage {
        layout: Layout::load(&app, visit, Word::Matching, "Prices").await?,
        finding,
        rate_known: held.settings.minor_units_per_usd_cent.is_some(),
        currency,
        problem,
        done: query.one("done").map(str::to_owned),
        who: query.one("creator").unwrap_or("").to_owned(),
        quote: query.one("quote").unwrap_or("").to_owned(),
        formats: PostFormat::ALL.into_iter().map(|one| choice(one.code(), one.name(), one == format)).collect(),
        kinds: PriceKind::ALL.into_iter().map(|one| choice(one.code(), one.name(), one == PriceKind::Deal)).collect(),
        asked,
        prices: lines,
        more: (more > 0).then(|| format::count(more as u64)),
    })
    .await
}

async fn ask(app: &App, held: &Prices, who: &str, format: PostFormat, quote: Option<&str>) -> Result<Asked, WebError> {
    let account = find(&app.data, who).await?;
    let quote = match quote {
        // An amount without a currency is in that of the estimates.
        Some(text) if text.chars().all(|letter| !letter.is_alphabetic()) => {
            Some(money(&format!("{text} {}", held.settings.currency)).map_err(crate::matching::MatchingError::from)?)
        }
        Some(text) => Some(money(text).map_err(crate::matching::MatchingError::from)?),
        None => None,
    };
    let found = expected(&app.data, held, account, format, quote).await?;
    let name = crate::creators::names(&app.data, vec![account]).await?.remove(&account);
    let name = name.ok_or_else(|| crate::creators::CreatorsError::NotFound(account.to_string()))?;
    let estimate = &found.estimate.estimate;
    let drawing = |id, label, scale_to| Drawing { id, label, scale_to, brand: None };
    let facts = format!(
        "{} of theirs and {} of others are taken into account; published figures make {:.0} % of what is known.",
        format::counted(found.estimate.own_facts, "price", "prices"),
        format::count(found.estimate.pooled_facts),
        found.estimate.prior_weight * 100.0
    );
    let scale = round_scale_end(estimate.hi.unwrap_or(1.0));
    Ok(Asked {
        person: Person::of(&name),
        format: format.name().to_lowercase(),
        estimate: EstimateView::new(drawing("price", "Expected fee", scale), estimate).opened(),
        facts,
        standing: found.standing.map(|standing| StandingView {
            deals_below: EstimateView::new(
                drawing("deals-below", "Such deals that cost less", 1.0),
                &standing.deals_below,
            ),
            over_expected: EstimateView::new(
                drawing("over-expected", "Over the expected fee", 0.0),
                &standing.over_expected,
            ),
            words: standing.words,
        }),
    })
}

fn line(held: &Prices, row: &store::PriceRow, name: Option<&CreatorName>) -> PriceLine {
    let format = PostFormat::from_code(&row.format).unwrap_or(PostFormat::Other);
    let kind = PriceKind::from_code(&row.kind).unwrap_or(PriceKind::Quote);
    let unit = Unit::Money(row.fee.currency);
    let estimate = match (row.fee.currency == held.settings.currency, name) {
        (true, Some(name)) => {
            let fee = held.model.price_range(&engine::matching::price::PriceQuery {
                creator: row.account,
                platform: name.platform,
                followers: name.followers.and_then(|count| u64::try_from(count).ok()),
                format,
                kind: PriceKind::Deal,
            });
            let half = (fee.hi - fee.lo) / 2.0;
            format!(
                "{} ({})",
                format::value(fee.median, half, unit),
                format::interval(fee.median, fee.lo, fee.hi, unit)
            )
        }
        _ => "not estimated: another currency".to_owned(),
    };
    PriceLine {
        id: row.id,
        person: name.map(Person::of),
        account: row.account.to_string(),
        fee: format::part(row.fee.minor_units as f64, unit),
        format: format.name(),
        kind: kind.name(),
        day: clock::day(row.dated_at),
        note: row.note.clone(),
        estimate,
    }
}

/// `POST /matching/prices`: records a price.
pub async fn create(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let account: AccountId = find(&app.data, given.one("creator").unwrap_or("")).await?;
    let failed = |error: prices::PriceError| WebError::from(crate::matching::MatchingError::from(error));
    let fee = money(given.one("fee").unwrap_or("")).map_err(failed)?;
    let format = format_of(given.one("format").unwrap_or("post")).map_err(failed)?;
    let kind = kind_of(given.one("kind").unwrap_or("deal")).map_err(failed)?;
    let dated_at = match given.one("dated_at") {
        Some(day) => clock::parse_utc_without_zone(&format!("{day}T00:00:00")).ok_or_else(|| {
            WebError::unreadable("The price was not recorded", format!("{day:?} is no day; write 2026-03-01"))
        })?,
        None => app.data.now(),
    };
    let note = given.one("note").unwrap_or("");
    record(&app.data, &Given { account, fee, format, kind, dated_at, note }).await?;
    let address =
        Pairs::default().with("creator", account).with("format", format.code()).with("done", "The price is recorded");
    Ok(Redirect::to(&address.address("/matching/prices")))
}

/// `POST /matching/prices/{id}/delete`
pub async fn delete(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    take_back(&app.data, id).await?;
    Ok(Redirect::to(&Pairs::default().with("done", "The price is taken back").address("/matching/prices")))
}

/// `POST /matching/prices/currency`
pub async fn currency(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    prices::choose_currency(&app.data, given.one("currency").unwrap_or(""), given.one("rate")).await?;
    Ok(Redirect::to("/matching/prices"))
}

/// `GET /matching/prices.csv`
pub async fn download(State(app): State<App>) -> Result<Response, WebError> {
    let data = app.data.clone();
    let held = aside(move || async move { prices::prices(&data).await }).await?;
    let named = names(&app.data, &held.rows).await?;
    let headings = [
        "number",
        "account",
        "name",
        "platform",
        "followers",
        "format",
        "kind",
        "fee_minor_units",
        "currency",
        "dated_on",
        "note",
    ];
    let mut sheet = Sheet::new(&headings);
    for row in &held.rows {
        sheet.row([
            row.id.to_string(),
            row.account.to_string(),
            named.get(&row.account).map(|name| name.name.clone()).unwrap_or_default(),
            row.platform.clone(),
            row.followers.map(|count| count.to_string()).unwrap_or_default(),
            row.format.clone(),
            row.kind.clone(),
            row.fee.minor_units.to_string(),
            row.fee.currency().to_owned(),
            clock::day(row.dated_at),
            row.note.clone(),
        ]);
    }
    Ok(sheet.download("prices.csv"))
}
