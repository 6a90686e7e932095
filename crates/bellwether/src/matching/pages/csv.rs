//! A ranking as a table for spreadsheets and programs: the same rows and order, every part of every estimate.

use axum::extract::{Query, State};
use axum::response::Response;
use model::Estimate;
use store::RankedRow;

use super::ranking::ranking_of;
use super::request::{ROWS_MAX, RankingRequest};
use crate::matching::{RankedCreator, ranked_of};
use crate::vetting::CreatorEstimates;
use crate::web::app::App;
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// Why a creator has no figures.
const NOTHING_PUBLISHED: &str = "nothing published by this account is held";

/// The estimates of a row, by the name their columns begin with.
const ESTIMATES: [&str; 10] = [
    "fit",
    "reply_rate",
    "reply_rate_people",
    "reply_latency",
    "conversation_rate",
    "mutual_share",
    "engagement_by_followers",
    "engagement_by_reach",
    "engagement_by_views",
    "comment_like_ratio",
];

const FIRST: [&str; 10] =
    ["place", "tie_from", "tie_to", "account", "platform", "name", "handle", "url", "tier", "followers"];

const COUNTS: [&str; 15] = [
    "reason",
    "conversation_level",
    "answers_to_buyers",
    "turns_to_buyers",
    "buyers_turned_to",
    "turns_by_buyers",
    "buyers_turning",
    "buyers_both_ways",
    "buyers_came_back",
    "buying_threads",
    "threads",
    "place_by_followers",
    "place_by_engagement",
    "place_by_mentions",
    "place_by_pagerank",
];

/// `GET /matching/ranking.csv?brand=…`: the ticked creators, or all that pass the filters.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let request = RankingRequest::read(&Pairs(pairs));
    let brand = request.brand.clone().ok_or_else(|| {
        WebError::unreadable(
            "The address names no brand",
            "A ranking belongs to a brand; open it from the brand’s page.",
        )
    })?;
    let ranked = ranking_of(&app, &brand, request.talk).await?;
    let request = RankingRequest { page: 1, rows: ROWS_MAX, ..request };
    let rows = app.data.store.ranked(ranked.ranking.id, &request.filter()).await?;
    let sheet = tokio::task::spawn_blocking(move || sheet_of(&rows))
        .await
        .map_err(|error| WebError::fault("writing the table", &error))??;
    Ok(sheet.download(&format!("ranking-{}.csv", ranked.brand.name)))
}

fn headings() -> Vec<String> {
    let plain = FIRST.iter().chain(&COUNTS).map(|name| (*name).to_owned());
    let parts = ESTIMATES.iter().flat_map(|name| PARTS.iter().map(move |part| format!("{name}_{part}")));
    plain.chain(parts).collect()
}

fn sheet_of(rows: &[RankedRow]) -> Result<Sheet, WebError> {
    let headings = headings();
    let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        sheet.row(cells(row, &ranked_of(row)?));
    }
    Ok(sheet)
}

fn cells(row: &RankedRow, ranked: &RankedCreator) -> Vec<String> {
    let maybe = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let (exchange, places) = (&ranked.exchange, &ranked.baselines);
    let mut cells = vec![
        row.position.to_string(),
        ranked.tie_from.to_string(),
        ranked.tie_to.to_string(),
        row.account.to_string(),
        row.platform.clone(),
        row.name.clone(),
        row.handle.clone(),
        ranked.url.clone().unwrap_or_default(),
        row.tier.clone().unwrap_or_else(|| "not known".into()),
        row.followers.map_or_else(|| "not known".into(), |followers| followers.to_string()),
        ranked.reason.clone(),
        row.level.clone(),
        exchange.answers.to_string(),
        exchange.turns_to_buyers.to_string(),
        exchange.buyers_turned_to.to_string(),
        exchange.turns_by_buyers.to_string(),
        exchange.buyers_turning.to_string(),
        exchange.buyers_both_ways.to_string(),
        exchange.buyers_came_back.to_string(),
        exchange.buying_threads.to_string(),
        exchange.threads.to_string(),
        maybe(places.followers),
        maybe(places.engagement),
        places.in_degree.to_string(),
        places.pagerank.to_string(),
    ];
    push_estimate(&mut cells, Some(&ranked.fit), NOTHING_PUBLISHED);
    for estimate in figures_in_order(ranked.figures.as_ref()) {
        push_estimate(&mut cells, estimate, NOTHING_PUBLISHED);
    }
    cells
}

fn figures_in_order(figures: Option<&CreatorEstimates>) -> [Option<&Estimate>; 9] {
    match figures {
        None => [None; 9],
        Some(figures) => [
            Some(&figures.reply_rate),
            Some(&figures.reply_rate_people),
            Some(&figures.reply_latency),
            Some(&figures.conversation_rate),
            Some(&figures.mutual_share),
            Some(&figures.by_followers),
            Some(&figures.by_reach),
            Some(&figures.by_views),
            Some(&figures.comment_like_ratio),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_heading_for_every_part_of_every_estimate() {
        assert_eq!(headings().len(), FIRST.len() + COUNTS.len() + ESTIMATES.len() * PARTS.len());
    }
}
