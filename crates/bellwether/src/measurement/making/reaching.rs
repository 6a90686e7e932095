//! From being seen to buying: reach, interactions, clicks, leads, orders, what each cost, and the posts behind them.

use engine::measurement::costs::{CostKind, CostRow, CostedUnits, FullCost, UnitCost, unit_cost};
use model::{Currency, Estimate, Explanation, Grade, PostMetric, Timestamp, Unit};

use crate::measurement::MeasurementError;
use crate::measurement::found::{PostFound, StepFound};
use crate::measurement::outcomes::Outcome;
use crate::tracking::posts::measuring;
use crate::web::format;

use super::returns::{campaign_query, cost_refused};
use super::{LEVEL, Loaded, PostHeld, by_number, level, told};

/// A unit cost as an estimate.
pub(super) fn unit_cost_estimate(
    costed: &CostedUnits,
    what: &str,
    currency: Currency,
    as_of: Timestamp,
    why: &str,
) -> Estimate {
    let unit = Unit::Money(currency);
    let cost = Explanation::leaf("cost", Some(costed.cost_minor_units as f64), unit);
    let n = costed.events;
    match costed.unit_cost {
        UnitCost::Known { minor_units, lo, hi } => {
            let events = Explanation::leaf(what, Some(n as f64 / costed.kind.events()), Unit::Items);
            let explanation = Explanation::ratio(costed.kind.words(), unit, cost, events)
                .with_formula("cost / events; interval by that of a Poisson count");
            told(Estimate::known(minor_units, lo, hi, n, what, "unit_cost", explanation), as_of, Grade::B)
        }
        UnitCost::AtLeast { minor_units } => {
            let whole = format::part(minor_units, unit);
            let reason = format!("none came yet: one costs at least {whole} (95 %)");
            let unknown = Estimate::not_known(unit, "unit_cost", 0, what, reason);
            Estimate { lo: Some(minor_units), level: LEVEL, as_of: Some(as_of), grade: Grade::B, ..unknown }
        }
        UnitCost::NotKnown => Estimate::not_known(unit, "unit_cost", 0, what, why).as_of(as_of),
    }
}

/// Interactions of a post by its platform: likes and comments, and shares where the field counts them.
pub(super) fn interactions(post: &PostHeld) -> Option<u64> {
    let count = |metric| post.last.get(&metric).copied();
    let shares = match post.piece.platform() {
        Some(model::Platform::Instagram | model::Platform::YouTube) | None => 0,
        Some(_) => count(PostMetric::Shares).unwrap_or(0),
    };
    Some(count(PostMetric::Likes)? + count(PostMetric::Comments)? + shares)
}

pub(super) fn reach(post: &PostHeld) -> Option<u64> {
    post.last.get(&PostMetric::Reach).copied()
}

/// Views, or impressions where no views are told; never both.
pub(super) fn exposures(post: &PostHeld) -> Option<u64> {
    post.last.get(&PostMetric::Views).or_else(|| post.last.get(&PostMetric::Impressions)).copied()
}

/// A sum over posts of which some may not be known.
pub(super) fn over_posts(
    posts: &[&PostHeld],
    of: fn(&PostHeld) -> Option<u64>,
    words: &str,
    unit: Unit,
    why: &str,
    as_of: Timestamp,
) -> Estimate {
    let known: Vec<(&&PostHeld, u64)> = posts.iter().filter_map(|post| Some((post, of(post)?))).collect();
    if known.is_empty() {
        return Estimate::not_known(unit, "sum_over_posts", 0, "posts", why).as_of(as_of);
    }
    let sum: u64 = known.iter().map(|(_, count)| count).sum();
    let parts = known.iter().map(|(post, count)| {
        Explanation::leaf(
            format!("{}, {}", by_number(post.piece.tracked.contact), post.piece.name()),
            Some(*count as f64),
            unit,
        )
        .with_rows(1, "post", Some(measuring::address_of(post.piece.id())))
    });
    let missing = posts.len() - known.len();
    let words = match missing {
        0 => words.to_owned(),
        missing => format!("{words}; of {missing} more it is not known"),
    };
    let grade = known.iter().fold(Grade::A, |grade, (post, _)| grade.worst(post.grade));
    let explanation = Explanation::sum(words, unit, parts.collect());
    let known =
        Estimate::known(sum as f64, sum as f64, sum as f64, known.len() as u64, "posts", "sum_over_posts", explanation);
    told(known, as_of, grade)
}

pub(super) const NO_REACH: &str = "no post tells its reach: ask creators for it, or bring in what they connected";
pub(super) const NO_REACTIONS: &str = "of no post both likes and comments are held";

pub(super) fn published(loaded: &Loaded) -> Vec<&PostHeld> {
    loaded.posts.iter().filter(|post| post.piece.found.is_some()).collect()
}

pub(super) fn counted(value: u64, words: &str, what: &str, link: String, loaded: &Loaded) -> Estimate {
    let explanation = Explanation::leaf(words, Some(value as f64), Unit::Items).with_rows(value, what, Some(link));
    let grade = Grade::B;
    told(Estimate::exact(value, Unit::Items, what, "count", explanation), loaded.as_of, grade)
}

pub(super) fn funnel(loaded: &Loaded) -> Vec<StepFound> {
    let posts = published(loaded);
    let as_of = loaded.as_of;
    let clicks: u64 = loaded.clicks.values().sum();
    let link = |path: &str| path.to_owned();
    let step = |words: &str, estimate: Estimate| StepFound { words: words.to_owned(), estimate };
    let query = campaign_query(loaded);
    vec![
        step(
            "Reach, added up over posts",
            over_posts(
                &posts,
                reach,
                "people who saw a post, added up: whoever saw several counts several times",
                Unit::People,
                NO_REACH,
                as_of,
            ),
        ),
        step(
            "Interactions",
            over_posts(
                &posts,
                interactions,
                "likes and comments, with shares where the platform’s usual figure has them",
                Unit::Items,
                NO_REACTIONS,
                as_of,
            ),
        ),
        step(
            "Clicks by people",
            counted(
                clicks,
                "clicks by people on the campaign’s links on its days",
                "clicks",
                link("/tracking/clicks"),
                loaded,
            ),
        ),
        step(
            "Leads",
            counted(
                loaded.leads.len() as u64,
                "leads credited to creators",
                "leads",
                format!("/tracking/attribution?of=leads&{query}"),
                loaded,
            ),
        ),
        step(
            "Orders",
            counted(
                loaded.orders.len() as u64,
                "orders credited to creators",
                "orders",
                format!("/tracking/attribution?{query}"),
                loaded,
            ),
        ),
    ]
}

pub(super) fn unit_costs(loaded: &Loaded, cost: &FullCost) -> Result<Vec<StepFound>, MeasurementError> {
    let posts = published(loaded);
    let sum = |of: fn(&PostHeld) -> Option<u64>| -> Option<u64> {
        let known: Vec<u64> = posts.iter().filter_map(|post| of(post)).collect();
        // Costs of all over the events of some would be too much.
        (!known.is_empty() && known.len() == posts.len()).then(|| known.iter().sum())
    };
    let all = [
        (CostKind::Cpm, sum(exposures), "views", "views are not known of every post"),
        (CostKind::Cpe, sum(interactions), "interactions", "likes and comments are not known of every post"),
        (CostKind::Cpc, Some(loaded.clicks.values().sum()), "clicks", "the cost is not known"),
        (CostKind::Cpl, Some(loaded.leads.len() as u64), "leads", "the cost is not known"),
        (CostKind::Cpa, Some(loaded.orders.len() as u64), "orders", "the cost is not known"),
    ];
    let has_leads = !loaded.leads.is_empty() || loaded.study.design.primary == Outcome::Leads;
    all.into_iter()
        .filter(|(kind, ..)| *kind != CostKind::Cpl || has_leads)
        .map(|(kind, events, what, why)| {
            let costed = unit_cost(kind, &[CostRow { cost: cost.total, events }], level()).map_err(cost_refused)?;
            let why = if cost.total.is_none() { "the cost is not known" } else { why };
            let estimate = unit_cost_estimate(&costed, what, loaded.currency, loaded.as_of, why);
            let words = capitalised(kind.words());
            Ok(StepFound { words, estimate })
        })
        .collect()
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How many different people were reached, and how often: platforms do not tell who saw several posts, so only what can be.
pub(super) fn reached(loaded: &Loaded) -> (Estimate, Estimate) {
    let posts = published(loaded);
    let as_of = loaded.as_of;
    let known: Vec<(&&PostHeld, u64)> = posts.iter().filter_map(|post| Some((post, reach(post)?))).collect();
    let n = known.len() as u64;
    if known.is_empty() {
        let distinct = Estimate::not_known(Unit::People, "reach_bounds", 0, "posts", NO_REACH).as_of(as_of);
        return (distinct, Estimate::not_known(Unit::Score, "frequency_bounds", 0, "posts", NO_REACH).as_of(as_of));
    }
    let (most, sum) = known.iter().fold((0u64, 0u64), |(most, sum), (_, reach)| (most.max(*reach), sum + reach));
    let at_least = Explanation::leaf("at least the post that reached most", Some(most as f64), Unit::People);
    let at_most = Explanation::leaf("at most all posts added up", Some(sum as f64), Unit::People).with_rows(
        n,
        "posts",
        Some("/tracking/posts".to_owned()),
    );
    let reason = "platforms do not tell who saw several posts; it lies between the largest reach and all added up";
    let grade = known.iter().fold(Grade::A, |grade, (post, _)| grade.worst(post.grade));
    let bounds = |unit, method, lo, hi, parts: Vec<Explanation>| {
        let unknown = Estimate::not_known(unit, method, n, "posts", reason);
        let explanation = unknown.explanation.clone().with_parts(parts);
        Estimate { lo: Some(lo), hi: Some(hi), level: 1.0, as_of: Some(as_of), grade, explanation, ..unknown }
    };
    if most == sum {
        let explanation = Explanation::sum("people who saw the one post", Unit::People, vec![at_most]);
        let distinct = Estimate::known(sum as f64, sum as f64, sum as f64, n, "posts", "reach_bounds", explanation);
        return (told(distinct, as_of, grade), frequency_of(&known, most, sum, as_of, &bounds));
    }
    let distinct = bounds(Unit::People, "reach_bounds", most as f64, sum as f64, vec![at_least, at_most]);
    (distinct, frequency_of(&known, most, sum, as_of, &bounds))
}

fn frequency_of(
    known: &[(&&PostHeld, u64)],
    most: u64,
    sum: u64,
    as_of: Timestamp,
    bounds: &dyn Fn(Unit, &'static str, f64, f64, Vec<Explanation>) -> Estimate,
) -> Estimate {
    let seen: Option<u64> = known.iter().map(|(post, _)| exposures(post)).sum();
    match seen {
        Some(seen) if most > 0 && seen >= sum => {
            let parts = vec![
                Explanation::leaf("views in all", Some(seen as f64), Unit::Items),
                Explanation::leaf("over at most all posts’ reach added up", Some(sum as f64), Unit::People),
                Explanation::leaf("or at least the largest reach", Some(most as f64), Unit::People),
            ];
            bounds(Unit::Score, "frequency_bounds", seen as f64 / sum as f64, seen as f64 / most as f64, parts)
        }
        _ => {
            let why = "views are not told of every post whose reach is";
            Estimate::not_known(Unit::Score, "frequency_bounds", known.len() as u64, "posts", why).as_of(as_of)
        }
    }
}

pub(super) fn posts_found(loaded: &Loaded) -> Vec<PostFound> {
    let zone = loaded.study.design.time_zone();
    let day = |at: Timestamp| {
        let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        crate::measurement::outcomes::day_of(at.to_zoned(zone.clone()).date())
    };
    let mut found: Vec<PostFound> =
        loaded
            .posts
            .iter()
            .map(|post| {
                let link = measuring::address_of(post.piece.id());
                let count =
                    |metric: &PostMetric, count: u64| {
                        let explanation = Explanation::leaf(metric.code(), Some(count as f64), metric.unit())
                            .with_rows(1, "post", Some(link.clone()));
                        let value = count as f64;
                        let known = Estimate::known(value, value, value, 1, "posts", "last_reading", explanation);
                        (metric.code().to_owned(), told(known, loaded.as_of, post.grade))
                    };
                PostFound {
                    piece: post.piece.id(),
                    contact: post.piece.tracked.contact,
                    name: post.piece.name(),
                    day: post.piece.published.map(|published| day(published.at)),
                    state: post.piece.state.code().to_owned(),
                    counts: post.last.iter().map(|(metric, value)| count(metric, *value)).collect(),
                }
            })
            .collect();
    found.sort_by_key(|post| (post.day.is_none(), post.day, post.piece));
    found
}
