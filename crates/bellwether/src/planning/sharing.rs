//! The cascade view: how far word might be passed on from a plan's creators, if sharing goes as a model says; apart from
//! what is observed and never added to it.

use engine::planning::cascade::{Cascade, CascadeSettings, InfluenceGraph, Spread, cascade, forward_spread};
use model::{AccountId, Estimate, Explanation, Grade, Unit};

use super::{PlanShown, PlanningError};
use crate::creators::{self, CreatorName};
use crate::data_directory::DataDirectory;

/// Runs of the cascade forward from the plan's creators.
const RUNS: u64 = 1_000;
/// How far from the best guarantee the seeds may be.
const EPSILON: f64 = 0.1;
/// Half the width of a normal interval at 90 %, in standard errors.
const Z: f64 = 1.645;

/// How far word goes in the model.
pub struct Passed {
    /// Accounts reached from the plan's creators, those creators among them.
    pub from_plan: Estimate,
    /// The same number of creators who spread furthest, whatever they cost and whomever they reach.
    pub from_best: Estimate,
    /// The best ones' spread over the most any could have: at least this, with confidence `1 - delta`.
    pub ratio: f64,
    pub delta: f64,
    pub best: Vec<CreatorName>,
    /// Creators of the plan who take part in no talk.
    pub silent: usize,
    pub accounts: u64,
}

/// Runs the assumed cascade. `None` where none of the plan's creators takes part in talk.
/// Cost: reverse sets until the certificate holds, and 1,000 runs forward.
pub async fn passed_on(data: &DataDirectory, shown: &PlanShown) -> Result<Option<Passed>, PlanningError> {
    let snapshot = data.snapshot().await.map_err(crate::matching::MatchingError::from)?;
    let mut seeds = snapshot.places(shown.made.picks.iter().map(|pick| pick.account));
    seeds.sort_unstable();
    seeds.dedup();
    let silent = shown.made.picks.len() - seeds.len();
    if seeds.is_empty() {
        return Ok(None);
    }
    let (on, asked) = (snapshot.clone(), seeds.clone());
    let work = move || {
        let graph = InfluenceGraph::from_listening(&on.index.counts());
        let settings = CascadeSettings { k: asked.len(), epsilon: EPSILON, delta: None, seed: 0 };
        let best = cascade(&graph, &settings);
        (forward_spread(&graph, &asked, RUNS, 1), best)
    };
    let (spread, best) = tokio::task::spawn_blocking(work).await.expect("running a cascade does not panic");
    let best = best.map_err(|error| PlanningError::Audience(error.to_string()))?;
    let accounts: Vec<AccountId> = best.seeds.iter().map(|seed| snapshot.account(*seed)).collect();
    let mut names = creators::names(data, accounts.clone()).await?;
    let as_of = snapshot.as_of();
    let of = |estimate: Estimate| Estimate { as_of, ..estimate }.graded(Grade::D);
    Ok(Some(Passed {
        from_plan: of(forward(&spread, seeds.len())),
        from_best: of(furthest(&best)),
        ratio: best.ratio,
        delta: best.delta,
        best: accounts.iter().filter_map(|account| names.remove(account)).collect(),
        silent,
        accounts: snapshot.accounts.len() as u64,
    }))
}

fn forward(spread: &Spread, seeds: usize) -> Estimate {
    let explanation = Explanation::sum(
        "accounts reached on average, if everybody passes word on with the chance the model gives",
        Unit::Score,
        vec![
            Explanation::leaf("the plan's creators themselves", Some(seeds as f64), Unit::Score),
            Explanation::leaf("passed on to", Some(spread.mean - seeds as f64), Unit::Score),
        ],
    )
    .with_formula("weighted cascade: whoever turned to c_1 … c_d is won by c_i with chance (times turned to c_i) / (all their turning)");
    let half = Z * spread.error;
    let (lo, hi) = ((spread.mean - half).max(seeds as f64), spread.mean + half);
    Estimate::known(spread.mean, lo, hi, spread.runs, "runs of the model", "cascade_forward", explanation)
}

fn furthest(best: &Cascade) -> Estimate {
    let explanation = Explanation::leaf(
        format!("accounts reached from the {} who spread furthest in the model", best.seeds.len()),
        Some(best.spread),
        Unit::Score,
    )
    .with_formula("OPIM-C on SUBSIM sets (2018, 2020); the upper end holds for every choice of as many");
    let (lo, hi) = (best.spread_lo.min(best.spread), best.best_hi.max(best.spread));
    Estimate::known(best.spread, lo, hi, best.sets, "sets drawn", "cascade", explanation)
}
