//! One creator of a ranking as a table shows it: place, person, reason, and each figure with its interval.

use model::{BrandId, Platform, Tier};
use store::RankedRow;

use crate::matching::{BaselinePositions, RankedCreator};
use crate::web::estimates::EstimateCell;
use crate::web::format;
use crate::web::level::LevelMark;
use crate::web::people::{Person, tier_words};

/// The right ends of the scales that a table's intervals share.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scales {
    pub fit: f64,
    pub engagement: f64,
}

/// A creator in the table.
pub struct RankingRow {
    pub account: String,
    pub place: String,
    /// The places the creator cannot be told apart from: `3–7`. Nothing when the place stands alone.
    pub tie: Option<String>,
    pub person: Person,
    pub reason: String,
    pub evidence: String,
    pub fit: EstimateCell,
    /// Buyers who turned to them or were turned to.
    pub talking: String,
    pub level: LevelMark,
    pub reply_rate: Option<EstimateCell>,
    pub engagement: Option<EstimateCell>,
    pub followers: Option<String>,
    pub tier: Option<&'static str>,
    pub elsewhere: Vec<Elsewhere>,
    pub buyers: Vec<BuyerLine>,
    /// Places with buying talk counting more and without, where both were asked for.
    pub both: Option<String>,
}

/// Where a measure that others sell would put the creator.
pub struct Elsewhere {
    pub measure: &'static str,
    pub place: String,
}

/// A buyer beside the creator.
pub struct BuyerLine {
    pub name: String,
    pub talks: String,
    pub between: String,
}

impl RankingRow {
    pub fn new(row: &RankedRow, ranked: &RankedCreator, brand: BrandId, scales: Scales) -> RankingRow {
        let platform = Platform::from_code(&row.platform).unwrap_or(Platform::Other);
        let person = Person::new(row.account, platform, &row.name, &row.handle).for_brand(Some(brand));
        let open = |part: &str| Some(format!("{}#{part}", person.address));
        let figures = ranked.figures.as_ref();
        RankingRow {
            both: None,
            account: row.account.to_string(),
            place: row.position.to_string(),
            tie: (ranked.tie_to > ranked.tie_from).then(|| format!("{}–{}", ranked.tie_from, ranked.tie_to)),
            reason: ranked.reason.clone(),
            evidence: format!("/conversations/{}?brand={brand}", row.account),
            fit: EstimateCell::new("Listening score", &ranked.fit, scales.fit, open("fit")),
            talking: format::count_of(row.buyers_talking),
            level: LevelMark::of(&row.level),
            reply_rate: figures
                .filter(|figures| figures.reply_rate.value.is_some())
                .map(|figures| EstimateCell::new("Answers", &figures.reply_rate, 1.0, open("reply-rate"))),
            engagement: figures.map(|figures| {
                EstimateCell::new(
                    "Engagement by followers",
                    &figures.by_followers,
                    scales.engagement,
                    open("by-followers"),
                )
            }),
            followers: row.followers.map(format::short_count),
            tier: row.tier.as_deref().and_then(Tier::from_code).map(tier_words),
            elsewhere: elsewhere(&ranked.baselines),
            buyers: ranked
                .buyers
                .iter()
                .map(|buyer| BuyerLine {
                    name: buyer.name.clone(),
                    talks: match buyer.talks {
                        0 => "has not turned to them yet".to_owned(),
                        1 => "turned to them once".to_owned(),
                        times => format!("turned to them {times} times"),
                    },
                    between: format!("/conversations/between/{}/{}", buyer.account, row.account),
                })
                .collect(),
            person,
        }
    }
}

/// The creator's place by each of those measures, among the ranked.
fn elsewhere(places: &BaselinePositions) -> Vec<Elsewhere> {
    let known = |measure, place: u64| Elsewhere { measure, place: format::count(place) };
    let maybe = |measure, place: Option<u64>| Elsewhere {
        measure,
        place: place.map_or_else(|| "unknown".to_owned(), format::count),
    };
    vec![
        maybe("followers", places.followers),
        maybe("engagement", places.engagement),
        known("mentions", places.in_degree),
        known("PageRank", places.pagerank),
    ]
}
