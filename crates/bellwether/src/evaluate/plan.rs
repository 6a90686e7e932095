//! `bellwether evaluate plan`: creators chosen under a budget from two tables, with a proof of how good the choice is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use engine::planning::{Candidate, ChooseSettings, Objective, Pairs, PlanRules, Problem, choose};
use model::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::edges::timed;
use crate::memory;
use crate::output::{Output, grouped};

/// Costs are numbers without a currency; they are kept in hundredths.
const PARTS: f64 = 100.0;

#[derive(Args)]
pub struct PlanArguments {
    /// A CSV file with the columns creator, person and, where it is not sure that a person is reached, p.
    #[arg(long)]
    audiences: PathBuf,
    /// A CSV file with the columns creator and cost.
    #[arg(long)]
    costs: PathBuf,
    /// What the plan may cost, in the unit of the costs.
    #[arg(long)]
    budget: f64,
    /// How often meeting a person counts; 1 counts distinct people.
    #[arg(long, default_value_t = 1)]
    times: usize,
    /// Search for the exact optimum too, for at most five seconds.
    #[arg(long)]
    exact: bool,
}

#[derive(Deserialize)]
struct AudienceRow {
    creator: String,
    person: String,
    p: Option<f32>,
}

#[derive(Deserialize)]
struct CostRow {
    creator: String,
    cost: f64,
}

#[derive(Serialize)]
struct PlanReport {
    creators: usize,
    people: usize,
    pairs: usize,
    picks: Vec<String>,
    value: f64,
    cost: f64,
    bound: f64,
    ratio: f64,
    method: &'static str,
    proved_by: &'static str,
    load_wall_s: f64,
    cpu_s: Option<f64>,
    wall_s: f64,
    peak_rss_bytes: Option<u64>,
}

/// Reads both tables, chooses, prints.
pub fn run(arguments: &PlanArguments, output: Output<'_>) -> anyhow::Result<()> {
    if !(arguments.budget.is_finite() && arguments.budget > 0.0 && arguments.budget < 1e13) {
        bail!("the budget is {}\nhint: give a number above 0 in the unit of the costs", arguments.budget);
    }
    if arguments.exact && !cfg!(feature = "exact") {
        bail!(
            "this program was built without the exact search\nhint: leave --exact out, the bound is proved without it; or \
             build with --features exact, which needs cmake and a C++ compiler"
        );
    }
    let (problem, load) = timed(|| problem(arguments));
    let (problem, names) = problem?;
    let (people, pairs) = (problem.1, problem.2);
    let settings = ChooseSettings { exact_seconds: arguments.exact.then_some(5), ..ChooseSettings::default() };
    let (plan, took) = timed(|| choose(&problem.0, &settings));
    let plan = plan?;
    let report = PlanReport {
        creators: names.len(),
        people,
        pairs,
        picks: plan.picks.iter().map(|place| names[*place as usize].clone()).collect(),
        value: plan.value,
        cost: plan.cost as f64 / PARTS,
        bound: plan.bound,
        ratio: plan.ratio,
        method: plan.winner.words(),
        proved_by: plan.proved_by.words(),
        load_wall_s: load.wall_s,
        cpu_s: took.cpu_s,
        wall_s: took.wall_s,
        peak_rss_bytes: memory::peak_bytes(),
    };
    output.result(&report, |out| {
        writeln!(out, "{} creators, {} people", grouped(names.len() as u64), grouped(people as u64))?;
        writeln!(out, "chosen by {}: {}", report.method, report.picks.join(", "))?;
        writeln!(out, "cost {} of {}; expected value {:.2}", report.cost, arguments.budget, report.value)?;
        writeln!(
            out,
            "at least {:.1} % of the best plan for this model and these inputs: no plan is above {:.2}, proved by {}",
            (report.ratio * 1_000.0).floor() / 10.0,
            report.bound,
            report.proved_by
        )?;
        writeln!(out, "it says nothing about errors in the chances; took {:.3} s", report.wall_s)
    })
}

type Read = ((Problem, usize, usize), Vec<String>);

fn problem(arguments: &PlanArguments) -> anyhow::Result<Read> {
    let mut costs: BTreeMap<String, f64> = BTreeMap::new();
    for (row, cost) in rows::<CostRow>(&arguments.costs)?.into_iter().enumerate() {
        if !(cost.cost.is_finite() && cost.cost >= 0.0 && cost.cost < 1e13) {
            bail!("{}, row {}, column cost: {} is no cost", arguments.costs.display(), row + 2, cost.cost);
        }
        if costs.insert(cost.creator.clone(), cost.cost).is_some() {
            bail!(
                "{}, row {}, column creator: {:?} is there twice\nhint: keep one cost for each creator",
                arguments.costs.display(),
                row + 2,
                cost.creator
            );
        }
    }
    let audiences = rows::<AudienceRow>(&arguments.audiences)?;
    let people: BTreeSet<&str> = audiences.iter().map(|row| row.person.as_str()).collect();
    let place: BTreeMap<&str, u32> = people.iter().zip(0..).map(|(person, place)| (*person, place)).collect();
    let names: Vec<String> = costs.keys().cloned().collect();
    let of: BTreeMap<&str, usize> = names.iter().zip(0..).map(|(name, place)| (name.as_str(), place)).collect();
    let mut lists: Vec<Vec<(u32, f32)>> = vec![vec![]; names.len()];
    for (row, pair) in audiences.iter().enumerate() {
        let Some(&creator) = of.get(pair.creator.as_str()) else {
            bail!(
                "{}, row {}, column creator: {:?} has no cost\nhint: an unknown cost never counts as 0; add it to {}",
                arguments.audiences.display(),
                row + 2,
                pair.creator,
                arguments.costs.display()
            );
        };
        lists[creator].push((place[pair.person.as_str()], pair.p.unwrap_or(1.0)));
    }
    let currency = Currency::new("XXX")?;
    let money = |amount: f64| Money { minor_units: (amount * PARTS).round() as i64, currency };
    let candidates = names.iter().zip(0i64..).map(|(name, creator)| Candidate {
        name: name.clone(),
        creator,
        cost: Some(money(costs[name])),
        labels: vec![],
    });
    let pairs = Pairs::from_lists(people.len(), lists)?;
    let (count, weights) = (pairs.len(), vec![1.0; people.len()]);
    let objective = Objective::Repeated { times: arguments.times };
    let rules = PlanRules::within(money(arguments.budget));
    let problem = Problem::new(candidates.collect(), pairs, weights, objective, rules)?;
    Ok(((problem, people.len(), count), names))
}

fn rows<T: serde::de::DeserializeOwned>(file: &Path) -> anyhow::Result<Vec<T>> {
    let mut reader = csv::Reader::from_path(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let read = |(row, record): (usize, Result<T, csv::Error>)| {
        record.with_context(|| format!("{}, row {} cannot be read", file.display(), row + 2))
    };
    reader.deserialize().enumerate().map(read).collect()
}
