//! What the plan promised beside what came, and what nobody can know from what is held.

use engine::measurement::costs::FullCost;
use model::{Estimate, Explanation, Grade, Timestamp, Unit};

use crate::measurement::found::{OutcomeFound, PromiseFound};
use crate::tracking::posts::measuring;
use crate::web::format;

use super::reaching::{NO_REACH, counted, published, reach, reached};
use super::{Loaded, PostHeld, by_number, exact, level, told};

/// What the plan promised beside what came.
pub(super) fn promises(loaded: &Loaded, cost: &FullCost) -> Vec<PromiseFound> {
    let as_of = loaded.as_of;
    let unit = Unit::Money(loaded.currency);
    let mut all = vec![];
    let posted = published(loaded).len() as u64;
    if loaded.planned_posts > 0 {
        let planned = loaded.planned_posts;
        let leaf = Explanation::leaf("posts the campaign was handed over with", Some(planned as f64), Unit::Items);
        let promised = told(Estimate::exact(planned, Unit::Items, "posts", "plan", leaf), as_of, Grade::B);
        let came = counted(posted, "posts that are known", "posts", "/tracking/posts".to_owned(), loaded);
        let learnt = match posted.cmp(&planned) {
            std::cmp::Ordering::Less => {
                format!("{} of the plan are not known to be out", format::counted(planned - posted, "post", "posts"))
            }
            _ => "as many as planned, or more".to_owned(),
        };
        all.push(PromiseFound { words: "Posts".to_owned(), promised, came, learnt });
    }
    let Some(plan) = &loaded.plan else { return all };
    let fees = cost.parts.iter().find(|(part, _)| *part == engine::measurement::costs::CostPart::Fee);
    if let Some((_, fee)) = fees
        && matches!(plan.told.cost.unit, Unit::Money(of) if of == loaded.currency)
    {
        let paid = fee.minor_units as f64;
        let leaf =
            Explanation::leaf("fees as agreed", Some(paid), unit).with_rows(loaded.deals.agreed, "agreed deals", None);
        let came = exact(paid, loaded.deals.agreed, "deals", "full_cost", leaf, as_of);
        let learnt = match (plan.told.cost.lo, plan.told.cost.hi) {
            (Some(lo), Some(_)) if paid < lo => format!(
                "below what the plan allowed for ({} less); agreed fees are prices of the next plan already",
                format::part(lo - paid, unit)
            ),
            (Some(_), Some(hi)) if paid > hi => format!(
                "above what the plan allowed for ({} more); agreed fees are prices of the next plan already",
                format::part(paid - hi, unit)
            ),
            _ => "within what the plan allowed for; agreed fees are prices of the next plan already".to_owned(),
        };
        all.push(PromiseFound { words: "Fees".to_owned(), promised: plan.told.cost.clone(), came, learnt });
    }
    let shares: Vec<(f64, &PostHeld)> = published(loaded)
        .into_iter()
        .filter_map(|post| Some((reach(post)? as f64 / post.followers? as f64, post)))
        .collect();
    let came = seeing(&shares, as_of);
    let learnt = match came.value {
        Some(_) => "the next plan takes these creators’ own share in place of what is usual".to_owned(),
        None => "nothing: no post tells its reach".to_owned(),
    };
    all.push(PromiseFound {
        words: "Followers who see a post".to_owned(),
        promised: plan.from.seeing.clone(),
        came,
        learnt,
    });
    let (distinct, _) = reached(loaded);
    all.push(PromiseFound {
        words: "People met at least once".to_owned(),
        promised: plan.told.reached_at_least[0].clone(),
        came: distinct,
        learnt: "the plan counts people of whom something is held here, reach counts everybody: the two are not the same people".to_owned(),
    });
    all
}

/// The share of followers who saw a post: the middle of the campaign's posts.
fn seeing(shares: &[(f64, &PostHeld)], as_of: Timestamp) -> Estimate {
    let mut sorted: Vec<f64> = shares.iter().map(|(share, _)| *share).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(middle) = engine::intervals::median(&sorted) else {
        return Estimate::not_known(Unit::Percent, "reach_rate", 0, "posts", NO_REACH).as_of(as_of);
    };
    let range = engine::intervals::median_interval(&sorted, level());
    let (lo, hi) = range.map_or((sorted[0], sorted[sorted.len() - 1]), |range| (range.lo, range.hi));
    let parts = shares.iter().map(|(share, post)| {
        Explanation::leaf(
            format!("{}, {}", by_number(post.piece.tracked.contact), post.piece.name()),
            Some(*share),
            Unit::Percent,
        )
        .with_rows(1, "post", Some(measuring::address_of(post.piece.id())))
    });
    let explanation = Explanation {
        value: Some(middle),
        ..Explanation::leaf("reach over followers, the middle of the posts", None, Unit::Percent)
    }
    .with_formula("median of reach / followers")
    .with_parts(parts.collect());
    let grade = shares.iter().fold(Grade::A, |grade, (_, post)| grade.worst(post.grade));
    let known = Estimate::known(
        middle,
        lo.min(middle),
        hi.max(middle),
        sorted.len() as u64,
        "posts",
        "reach_rate",
        explanation,
    );
    told(known, as_of, grade)
}

pub(super) fn not_known(loaded: &Loaded, primary: &OutcomeFound, cost: &FullCost) -> Vec<String> {
    let mut all = vec![];
    if let Some(why) = &primary.refused {
        all.push(format!("What would have been without the campaign: {why}."));
    }
    if !cost.missing.is_empty() {
        let parts: Vec<&str> = cost.missing.iter().map(|part| part.words()).collect();
        all.push(format!("Parts of the cost: {}. Whatever they add makes every return lower.", parts.join(", ")));
    }
    if loaded.posts.is_empty() {
        all.push("Which posts belong to it: no deal of the campaign has a piece that was made.".to_owned());
    }
    all.push("What people bought elsewhere, in shops or on marketplaces that tell nothing here.".to_owned());
    all.push("What comes later: who saw it now and buys after the last day that was measured.".to_owned());
    all
}
