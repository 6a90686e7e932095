//! `/matching?brand=…`: the people a brand's buyers listen to, as a table that filters, orders, and opens.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::{AccountId, Brand};
use store::{RankedFacet, RankedFilter, RankedSort};

use super::request::{Direction, Facet, ROWS_A_PAGE, ROWS_MAX, RankingRequest};
use super::row::{RankingRow, Scales};
use crate::clock;
use crate::matching::{self, BrandRanking, RankedCreator, RankingSummary, Talk, both_places, ranked_of};
use crate::vetting::level_words;
use crate::web::app::{App, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{round_scale_end, scale_end_for_most};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::lists::{ListChoice, list_choices};
use crate::web::people::{platform_words, tier_code_words};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A column heading that orders the table.
pub struct Column {
    pub words: &'static str,
    pub address: String,
    /// `ascending` or `descending` when the table is ordered by it.
    pub ordered: Option<&'static str>,
}

/// A group of filters with how many creators each would leave.
pub struct FilterGroup {
    pub words: &'static str,
    pub key: &'static str,
    pub values: Vec<FilterValue>,
}

pub struct FilterValue {
    pub code: String,
    pub words: String,
    pub count: String,
    pub ticked: bool,
}

/// An active filter and the address without it.
pub struct Chip {
    pub words: String,
    pub without: String,
}

/// A way out of a filter that leaves nobody.
pub struct Loosened {
    pub words: String,
    pub count: String,
    pub address: String,
}

/// An order offered where the headings do not show.
pub struct Order {
    pub code: &'static str,
    pub words: &'static str,
    pub chosen: bool,
}

/// Other pages of the table.
pub struct Pager {
    pub from: String,
    pub to: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub all: Option<String>,
}

/// The headings of the table, named so that a template cannot ask for a column that is not there.
pub struct Columns {
    pub position: Column,
    pub name: Column,
    pub buyers: Column,
    pub reply_rate: Column,
    pub engagement: Column,
    pub followers: Column,
}

#[derive(Template)]
#[template(path = "matching/ranking.html")]
struct RankingPage {
    layout: Layout,
    brand: Brand,
    brands: Vec<Brand>,
    finding: String,
    about: String,
    model: String,
    filters: Vec<FilterGroup>,
    text: String,
    /// Which talk may count more.
    talks: Vec<Order>,
    orders: Vec<Order>,
    /// Keeps the order when filters are applied.
    kept: Vec<(String, String)>,
    filter_pairs: Vec<(String, String)>,
    chips: Vec<Chip>,
    without_filters: String,
    total: String,
    shown: String,
    columns: Columns,
    fit_scale: String,
    engagement_scale: String,
    rows: Vec<RankingRow>,
    pager: Pager,
    loosened: Vec<Loosened>,
    download: String,
    /// Shortlists the ticked can be added to.
    list_choices: Vec<ListChoice>,
}

/// `GET /matching?brand=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let mut request = RankingRequest::read(&Pairs(pairs));
    request.creators.clear();
    let Some(brand) = request.brand.clone() else {
        let brands = app.data.store.brands().await?;
        return match brands.as_slice() {
            [one] => Ok(Redirect::to(&format!("/matching?brand={}", one.id)).into_response()),
            _ => Ok(super::brands::index(State(app), visit).await?.into_response()),
        };
    };
    let ranking = ranking_of(&app, &brand, request.talk).await?;
    let page = page_of(&app, visit, request, ranking).await?;
    Ok(draw(page).await?.into_response())
}

/// The newest ranking of a brand, made now when facts or settings have changed.
pub async fn ranking_of(app: &App, brand: &str, talk: Talk) -> Result<BrandRanking, WebError> {
    let brand = matching::brand(&app.data, brand).await?;
    let data = app.data.clone();
    aside(move || async move { matching::rank_by(&data, brand, talk).await }).await
}

async fn page_of(
    app: &App,
    visit: Visit,
    request: RankingRequest,
    ranked: BrandRanking,
) -> Result<RankingPage, WebError> {
    let BrandRanking { brand, ranking, summary } = ranked;
    let request = RankingRequest { brand: Some(brand.id.to_string()), ..request };
    let store = &app.data.store;
    let total = store.ranked_count(ranking.id, &request.filter()).await?;
    let rows = store.ranked(ranking.id, &request.filter()).await?;
    let top = store.ranked(ranking.id, &RankedFilter { limit: 20, ..RankedFilter::default() }).await?;
    let details = rows.iter().map(ranked_of).collect::<Result<Vec<RankedCreator>, _>>()?;
    let scales = scales_of(&details, top.iter().map(|row| row.fit_hi).fold(0.0, f64::max));
    let accounts: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
    let others = matching::other_places(&app.data, &brand, request.talk, &accounts).await?;
    let table = rows
        .iter()
        .zip(&details)
        .map(|(row, ranked)| {
            let both = (!others.is_empty())
                .then(|| both_places(request.talk, row.position, others.get(&row.account).copied()));
            RankingRow { both, ..RankingRow::new(row, ranked, brand.id, scales) }
        })
        .collect();
    let loosened =
        if total == 0 && request.has_filters() { loosened(app, ranking.id, &request).await? } else { vec![] };
    Ok(RankingPage {
        layout: Layout::load(app, visit, Word::Matching, format!("Whom {}’s buyers listen to", brand.name)).await?,
        brands: store.brands().await?,
        finding: finding(&summary),
        about: about(&summary),
        model: summary.model.clone(),
        filters: filters(app, ranking.id, &request).await?,
        text: request.text.clone().unwrap_or_default(),
        talks: talks(&request),
        orders: orders(&request),
        kept: kept_beside_filters(&request),
        filter_pairs: request.filter_pairs().0,
        chips: chips(&request),
        without_filters: request.without_filters().address(),
        total: format::count(summary.creators),
        shown: format::count_of(total),
        columns: columns(&request),
        fit_scale: format::scale_end(scales.fit, model::Unit::People),
        engagement_scale: format::scale_end(scales.engagement, model::Unit::Percent),
        rows: table,
        pager: pager(&request, u32::try_from(total).unwrap_or(u32::MAX)),
        loosened,
        list_choices: list_choices(app).await?,
        download: request.pairs().address("/matching/ranking.csv"),
        brand,
    })
}

/// The sentence a ranking opens with.
pub fn finding(summary: &RankingSummary) -> String {
    if summary.buyers == 0 {
        return "Nobody in the data meets this brand’s definition of a buyer yet; widen its words or tags, or bring in more talk.".to_owned();
    }
    if summary.creators == 0 {
        return format!(
            "{} found, but none of them takes part in talk that is held here yet.",
            format::counted(summary.buyers, "buyer was", "buyers were")
        );
    }
    let buyers = format::counted(summary.buyers_talking, "talking buyer", "talking buyers");
    match summary.creators_with_five_buyers {
        0 => format!("Nobody talks with five or more of your {buyers} yet; the nearest are below."),
        1 => format!("1 person talks with at least five of your {buyers}."),
        many => format!("{} people talk with at least five of your {buyers}.", format::count(many)),
    }
}

fn about(summary: &RankingSummary) -> String {
    let until = summary.as_of.map_or_else(String::new, |at| format!(" up to {}", clock::day(at)));
    format!(
        "{} ranked by a listening score ({}) over {:.0} days, from {} interactions{until}. {} of {} buyers take part in talk.",
        format::counted(summary.creators, "creator", "creators"),
        matching::reading_words(summary.reading),
        summary.horizon_days,
        format::count(summary.interactions),
        format::count(summary.buyers_talking),
        format::count(summary.buyers),
    )
}

fn scales_of(details: &[RankedCreator], top_fit: f64) -> Scales {
    let fit = details.iter().filter_map(|ranked| ranked.fit.hi).fold(top_fit, f64::max);
    let engagement = details
        .iter()
        .filter_map(|ranked| ranked.figures.as_ref())
        .filter_map(|figures| figures.by_followers.hi)
        .collect();
    Scales { fit: round_scale_end(fit), engagement: scale_end_for_most(engagement) }
}

fn columns(request: &RankingRequest) -> Columns {
    let column = |words, sort| Column {
        words,
        address: request.sorted_by(sort).address(),
        ordered: (request.sort == sort).then_some(match request.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        }),
    };
    Columns {
        position: column("Place", RankedSort::Position),
        name: column("Who, and why", RankedSort::Name),
        buyers: column("talking now", RankedSort::BuyersTalking),
        reply_rate: column("Conversation", RankedSort::ReplyRate),
        engagement: column("Engagement by followers", RankedSort::Engagement),
        followers: column("Followers", RankedSort::Followers),
    }
}

async fn filters(app: &App, ranking: i64, request: &RankingRequest) -> Result<Vec<FilterGroup>, WebError> {
    let mut groups = Vec::new();
    for facet in Facet::ALL {
        let (words, column) = match facet {
            Facet::Level => ("Conversation", RankedFacet::Level),
            Facet::Tier => ("Tier", RankedFacet::Tier),
            Facet::Platform => ("Platform", RankedFacet::Platform),
        };
        let mut counts = app.data.store.ranked_facets(ranking, column).await?;
        if facet == Facet::Level {
            counts.sort_by_key(|count| LevelMark::CODES.iter().position(|code| *code == count.value));
        }
        let values = counts
            .into_iter()
            .map(|count| FilterValue {
                words: facet_words(facet, &count.value),
                count: format::count_of(count.count),
                ticked: request.ticked(facet).contains(&count.value),
                code: count.value,
            })
            .collect();
        groups.push(FilterGroup { words, key: facet.key(), values });
    }
    Ok(groups)
}

fn talks(request: &RankingRequest) -> Vec<Order> {
    let talk = |talk: Talk, words| Order { code: talk.code(), words, chosen: request.talk == talk };
    vec![talk(Talk::All, "all talk alike"), talk(Talk::Buying, "buying talk counts four times")]
}

fn orders(request: &RankingRequest) -> Vec<Order> {
    let words = |sort| match sort {
        RankedSort::Position => "place",
        RankedSort::Name => "name",
        RankedSort::Followers => "followers",
        RankedSort::ReplyRate => "comments answered",
        RankedSort::Engagement => "engagement by followers",
        RankedSort::BuyersTalking => "buyers talking now",
    };
    let order = |sort: RankedSort| Order { code: sort.code(), words: words(sort), chosen: request.sort == sort };
    RankedSort::ALL.into_iter().map(order).collect()
}

fn facet_words(facet: Facet, value: &str) -> String {
    match facet {
        Facet::Level => level_words(value).to_owned(),
        Facet::Tier => tier_code_words(value),
        Facet::Platform => platform_words(value),
    }
}

fn chips(request: &RankingRequest) -> Vec<Chip> {
    let ticked = Facet::ALL.into_iter().flat_map(|facet| {
        request.ticked(facet).iter().map(move |value| Chip {
            words: facet_words(facet, value),
            without: request.without_value(facet, value).address(),
        })
    });
    let text = request
        .text
        .iter()
        .map(|text| Chip { words: format!("name contains “{text}”"), without: request.without_text().address() });
    ticked.chain(text).collect()
}

/// What the filter form carries along besides its own fields: the brand, the direction, the rows a page.
fn kept_beside_filters(request: &RankingRequest) -> Vec<(String, String)> {
    let own = ["platform", "tier", "level", "q", "sort", "page", "talk"];
    request.pairs().0.into_iter().filter(|(key, _)| !own.contains(&key.as_str())).collect()
}

/// Which single filter keeps most people out.
async fn loosened(app: &App, ranking: i64, request: &RankingRequest) -> Result<Vec<Loosened>, WebError> {
    let mut ways: Vec<(String, RankingRequest)> = Facet::ALL
        .into_iter()
        .filter(|facet| !request.ticked(*facet).is_empty())
        .map(|facet| {
            let words = match facet {
                Facet::Level => "conversation",
                Facet::Tier => "tier",
                Facet::Platform => "platform",
            };
            (format!("without the filter on {words}"), request.without_facet(facet))
        })
        .collect();
    if request.text.is_some() {
        ways.push(("without the name".to_owned(), request.without_text()));
    }
    let mut counted = Vec::new();
    for (words, way) in ways {
        let count = app.data.store.ranked_count(ranking, &way.filter()).await?;
        counted.push((count, Loosened { words, count: format::count_of(count), address: way.address() }));
    }
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    Ok(counted.into_iter().map(|(_, way)| way).collect())
}

fn pager(request: &RankingRequest, total: u32) -> Pager {
    let first = (request.page - 1).saturating_mul(request.rows);
    let last = first.saturating_add(request.rows).min(total);
    Pager {
        from: format::count(u64::from(if total == 0 { 0 } else { first + 1 })),
        to: format::count(u64::from(last)),
        previous: (request.page > 1).then(|| request.on_page(request.page - 1).address()),
        next: (last < total).then(|| request.on_page(request.page + 1).address()),
        all: (total > request.rows && request.rows == ROWS_A_PAGE).then(|| request.with_rows(ROWS_MAX).address()),
    }
}
