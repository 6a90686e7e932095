//! `bellwether evaluate world`: a made-up market, brought in and ranked as any data is, judged by its planted truth.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use engine::vetting::accounts::shipped::shipped;
use model::AccountId;
use serde::Serialize;
use store::RankedFilter;
use synth::{Truth, World, WorldSettings, WorldSize};

use super::cpu_seconds;
use super::world_lift::{LiftJudged, judge_lift};
use super::world_plan::{PlanJudged, judge_plan};
use crate::data_directory::DataDirectory;
use crate::demo::size;
use crate::ingest::generated::GeneratedWorld;
use crate::ingest::{Repeat, import};
use crate::memory;
use crate::output::Output;
use crate::vetting::report::{account_row, vetting_report};
use crate::{matching, refresh};

/// How many creators of each ranking are judged.
const JUDGED: usize = 20;

#[derive(Args)]
pub struct WorldArguments {
    /// The market is made afresh from this number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// small, medium, million or large.
    #[arg(long, default_value = "small", value_parser = size)]
    size: WorldSize,
    /// Keep the market's data directory here instead of a folder that is removed afterwards.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// How one ranking stands against the planted truth.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Judged {
    /// Share of the first twenty that are among the twenty with the most planted influence on the buyers.
    pub precision_at_20: f64,
    /// Planted influence of the first twenty over that of the best twenty.
    pub influence_at_20: f64,
}

/// What was found of what is planted.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Found {
    pub planted: u64,
    pub found: u64,
    /// Not known where nothing was found, or nothing is planted.
    pub precision: Option<f64>,
    pub recall: Option<f64>,
}

impl Found {
    fn of(planted: &HashSet<AccountId>, found: &HashSet<AccountId>) -> Found {
        let right = planted.intersection(found).count() as f64;
        Found {
            planted: planted.len() as u64,
            found: found.len() as u64,
            precision: (!found.is_empty()).then(|| right / found.len() as f64),
            recall: (!planted.is_empty()).then(|| right / planted.len() as f64),
        }
    }
}

/// Bought blocks of followers against viral ones and against quiet creators.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct GrowthJudged {
    /// Creators with a planted block in whose history it was seen at all, of those bought and of those viral.
    pub bought_seen: u64,
    pub bought: u64,
    pub viral_seen: u64,
    pub viral: u64,
    /// The chance that a seen bought block has larger log-odds than a seen viral one.
    pub auc: Option<f64>,
    /// Worth asking about: log-odds of 0.5 or more.
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    /// Watched creators without a planted block, and the share of them with a block worth asking about.
    pub quiet: u64,
    pub quiet_alarms: Option<f64>,
}

/// Blocks are worth asking about from these log-odds on.
const ASKED_FROM: f64 = 0.5;
/// Creators without anything planted that are vetted beside those with.
const QUIET_MAX: usize = 200;

/// How long a stage took and what it held.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Stage {
    pub name: &'static str,
    pub wall_s: f64,
    pub cpu_s: Option<f64>,
    /// The most memory the program had held by the end of the stage.
    pub peak_rss_bytes: Option<u64>,
}

/// Everything that was measured.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorldReport {
    pub seed: u64,
    pub size: &'static str,
    pub accounts: u64,
    pub interactions: u64,
    /// Planted buyers, those the buyer definition found, and how many of the found ones are planted.
    pub buyers_planted: u64,
    pub buyers_found: u64,
    pub buyers_precision: f64,
    pub buyers_recall: f64,
    pub precision_at_20: f64,
    pub methods: BTreeMap<&'static str, Judged>,
    /// Accounts that the model flags, among all whose profile can be judged, against the planted bots. The product never
    /// says it of one account; here it shows what its shares rest on.
    pub bots: Found,
    /// Pod-like circles against the planted pods, person by person.
    pub pods: Found,
    pub bought_growth: GrowthJudged,
    /// How many creators of each kind get which word of the verdict.
    pub verdicts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    pub plan: PlanJudged,
    pub lift: LiftJudged,
    pub stages: Vec<Stage>,
}

/// Times stages one after another.
struct Stopwatch {
    stages: Vec<Stage>,
    at: Instant,
    cpu: Option<f64>,
}

impl Stopwatch {
    fn start() -> Stopwatch {
        Stopwatch { stages: vec![], at: Instant::now(), cpu: cpu_seconds() }
    }

    fn stage(&mut self, name: &'static str) {
        let cpu = cpu_seconds();
        self.stages.push(Stage {
            name,
            wall_s: self.at.elapsed().as_secs_f64(),
            cpu_s: cpu.zip(self.cpu).map(|(now, before)| now - before),
            peak_rss_bytes: memory::peak_bytes(),
        });
        (self.at, self.cpu) = (Instant::now(), cpu);
    }
}

/// Makes the market in a folder of its own, judges, prints.
pub async fn run(arguments: &WorldArguments, output: Output<'_>) -> anyhow::Result<()> {
    let folder = match &arguments.keep {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("bellwether-world-{}-{}", arguments.seed, std::process::id())),
    };
    let report = judge(arguments, &folder, output).await;
    if arguments.keep.is_none() {
        // Left-overs in the system's temporary folder harm nobody.
        drop(std::fs::remove_dir_all(&folder));
    }
    let report = report?;
    output.result(&report, |out| {
        writeln!(
            out,
            "market {} ({}): {} accounts, {} interactions; buyers found with precision {:.3} and recall {:.3}",
            report.seed,
            report.size,
            report.accounts,
            report.interactions,
            report.buyers_precision,
            report.buyers_recall
        )?;
        writeln!(out, "\n{:<20} {:>14} {:>14}", "ranking", "precision@20", "influence@20")?;
        let mut methods: Vec<_> = report.methods.iter().collect();
        methods.sort_by(|a, b| b.1.precision_at_20.total_cmp(&a.1.precision_at_20));
        for (name, judged) in methods {
            writeln!(out, "{name:<20} {:>14.3} {:>14.3}", judged.precision_at_20, judged.influence_at_20)?;
        }
        let share = |value: Option<f64>| value.map_or("not known".to_owned(), |value| format!("{value:.3}"));
        let (bots, pods, growth) = (&report.bots, &report.pods, &report.bought_growth);
        writeln!(
            out,
            "\nbots: {} of {} accounts flagged are planted; precision {}, recall {}",
            bots.precision.map_or(0.0, |precision| precision * bots.found as f64).round(),
            bots.found,
            share(bots.precision),
            share(bots.recall)
        )?;
        writeln!(
            out,
            "pods: {} people planted, {} found; precision {}, recall {}",
            pods.planted,
            pods.found,
            share(pods.precision),
            share(pods.recall)
        )?;
        writeln!(
            out,
            "bought growth: {} of {} bought and {} of {} viral blocks seen; AUC {}, precision {}, recall {}; {} of {} quiet \
             creators asked about",
            growth.bought_seen,
            growth.bought,
            growth.viral_seen,
            growth.viral,
            share(growth.auc),
            share(growth.precision),
            share(growth.recall),
            share(growth.quiet_alarms),
            growth.quiet
        )?;
        for (kind, words) in &report.verdicts {
            let counts: Vec<String> = words.iter().map(|(word, count)| format!("{word} {count}")).collect();
            writeln!(out, "verdicts, {kind}: {}", counts.join(", "))?;
        }
        let plan = &report.plan;
        writeln!(
            out,
            "plan, buyers moved by the planted chances: {:.1}; the best that knows them {:.1} (no plan passes {:.1}), so {:.3} of \
             it; the biggest the budget buys {:.1}, the most listened to {:.1}; certificate of the plan's own {:.3}",
            plan.plan,
            plan.planted_best,
            plan.planted_bound,
            plan.plan_over_best,
            plan.biggest,
            plan.most_listened,
            plan.certificate
        )?;
        let lift = &report.lift;
        writeln!(
            out,
            "lift of {} campaigns: off by {:.3} on average, {:.3} of the intervals hold what is planted; found in {} of {} that did \
             nothing, in {} of the others",
            lift.campaigns,
            lift.mean_error,
            lift.coverage,
            share(lift.false_alarms),
            lift.without_effect,
            share(lift.seen)
        )?;
        writeln!(out)?;
        for stage in &report.stages {
            let cpu = stage.cpu_s.map_or("?".to_owned(), |seconds| format!("{seconds:.2}"));
            let memory = stage.peak_rss_bytes.map_or("?".to_owned(), |bytes| format!("{}", bytes >> 20));
            writeln!(
                out,
                "{:<20} {:>8.2} s wall {cpu:>8} s CPU {memory:>8} MiB at most so far",
                stage.name, stage.wall_s
            )?;
        }
        Ok(())
    })
}

async fn judge(
    arguments: &WorldArguments,
    folder: &std::path::Path,
    output: Output<'_>,
) -> anyhow::Result<WorldReport> {
    let mut watch = Stopwatch::start();
    let settings = WorldSettings::new(arguments.seed, arguments.size);
    let world = World::plan(settings)?;
    let truth = world.truth().clone();
    watch.stage("plan the market");
    let data = DataDirectory::open(folder).await?;
    let bar = output.import_bar(0);
    import(&data, GeneratedWorld::new(settings), Repeat::ReadAgain, bar.progress.clone()).await?;
    drop(bar);
    watch.stage("make and import");
    let brand = matching::keep_brand(&data, &truth.brand.name, truth.brand.buyers.clone()).await?;
    let refreshed = refresh::refresh(&data, refresh::Asked::WhatChanged, |step| output.say(step)).await?;
    watch.stage("refresh");
    data.store.keep_brand(&brand, data.now()).await?;
    let found: HashSet<AccountId> = matching::buyer_accounts(&data, &brand).await?.into_iter().collect();
    watch.stage("find the buyers");
    let ranked = matching::rank(&data, brand.clone()).await?;
    watch.stage("ranking, kept");
    let planted: HashSet<AccountId> = truth.buyers.iter().copied().collect();
    let both = planted.intersection(&found).count() as f64;
    let methods = judge_methods(&data, ranked.ranking.id, &truth, &found).await?;
    watch.stage("judge");
    let planted_pods: HashSet<AccountId> = truth.pods.iter().flatten().copied().collect();
    let pods = Found::of(&planted_pods, &data.peers().await?.pods().into_iter().flatten().collect());
    let bots = judge_bots(&data, &truth).await?;
    let (bought_growth, verdicts) = judge_vetting(&data, &truth, &planted_pods).await?;
    watch.stage("vetting reports");
    let plan = judge_plan(&data, &brand, &truth).await?;
    watch.stage("plan");
    let lift = judge_lift(&truth)?;
    watch.stage("lift");
    Ok(WorldReport {
        seed: arguments.seed,
        size: arguments.size.code(),
        accounts: refreshed.accounts,
        interactions: refreshed.interactions,
        buyers_planted: planted.len() as u64,
        buyers_found: found.len() as u64,
        buyers_precision: both / found.len().max(1) as f64,
        buyers_recall: both / planted.len().max(1) as f64,
        precision_at_20: methods["listening"].precision_at_20,
        methods,
        bots,
        pods,
        bought_growth,
        verdicts,
        plan,
        lift,
        stages: watch.stages,
    })
}

/// Every account whose profile is known enough, by the models that come with the program.
async fn judge_bots(data: &DataDirectory, truth: &Truth) -> anyhow::Result<Found> {
    let accounts: Vec<AccountId> =
        data.lake.profiles(None, data.now()).await?.into_iter().map(|profile| profile.account).collect();
    let (mut judged, mut flagged) = (HashSet::new(), HashSet::new());
    for profile in data.lake.audience_profiles(&accounts, data.now()).await? {
        let row = account_row(&profile);
        let Some(trained) = shipped().for_known(row.known()) else { continue };
        judged.insert(profile.account);
        if trained.model.chance(&row).is_some_and(|chance| chance >= trained.cut) {
            flagged.insert(profile.account);
        }
    }
    let planted: HashSet<AccountId> = truth.bots.iter().copied().filter(|account| judged.contains(account)).collect();
    Ok(Found::of(&planted, &flagged))
}

/// Reports of everybody with a planted block, of a pod, and of creators with nothing planted.
async fn judge_vetting(
    data: &DataDirectory,
    truth: &Truth,
    pods: &HashSet<AccountId>,
) -> anyhow::Result<(GrowthJudged, BTreeMap<&'static str, BTreeMap<&'static str, u64>>)> {
    let planted: HashSet<AccountId> =
        truth.bought_growth.iter().chain(&truth.viral_growth).map(|jump| jump.account).collect();
    let kinds: Vec<(&'static str, Vec<AccountId>)> = vec![
        ("bought growth", truth.bought_growth.iter().map(|jump| jump.account).collect()),
        ("viral growth", truth.viral_growth.iter().map(|jump| jump.account).collect()),
        ("pods", truth.pods.iter().flatten().copied().take(QUIET_MAX).collect()),
        ("nothing planted", quiet(data, truth, &planted, pods).await?),
    ];
    let mut verdicts: BTreeMap<&'static str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    let mut odds: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let mut watched = 0;
    for (kind, accounts) in &kinds {
        let words = verdicts.entry(kind).or_default();
        let blocks = odds.entry(kind).or_default();
        for account in accounts {
            let report = vetting_report(data, *account).await?;
            *words.entry(report.word.words()).or_default() += 1;
            watched += u64::from(*kind == "nothing planted" && report.growth.is_some());
            blocks.extend(report.growth.as_ref().and_then(|growth| Some(growth.most_suspect()?.log_odds)));
        }
    }
    let asked = |kind: &str| odds[kind].iter().filter(|odds| **odds >= ASKED_FROM).count() as f64;
    let (bought, viral) = (&odds["bought growth"], &odds["viral growth"]);
    let wins: f64 = bought
        .iter()
        .flat_map(|one| {
            viral.iter().map(move |other| f64::from(u8::from(one > other)) + 0.5 * f64::from(u8::from(one == other)))
        })
        .sum();
    let couples = (bought.len() * viral.len()) as f64;
    let named = asked("bought growth") + asked("viral growth") + asked("nothing planted");
    let judged = GrowthJudged {
        bought_seen: bought.len() as u64,
        bought: truth.bought_growth.len() as u64,
        viral_seen: viral.len() as u64,
        viral: truth.viral_growth.len() as u64,
        auc: (couples > 0.0).then(|| wins / couples),
        precision: (named > 0.0).then(|| asked("bought growth") / named),
        recall: (!truth.bought_growth.is_empty()).then(|| asked("bought growth") / truth.bought_growth.len() as f64),
        quiet: watched,
        quiet_alarms: (watched > 0).then(|| asked("nothing planted") / watched as f64),
    };
    Ok((judged, verdicts))
}

/// Creators with nothing planted, those with the most follower counts first: their growth can be judged.
async fn quiet(
    data: &DataDirectory,
    truth: &Truth,
    planted: &HashSet<AccountId>,
    pods: &HashSet<AccountId>,
) -> anyhow::Result<Vec<AccountId>> {
    let candidates: Vec<AccountId> = truth
        .answering
        .iter()
        .map(|habit| habit.account)
        .filter(|account| !planted.contains(account) && !pods.contains(account))
        .collect();
    let mut counted: Vec<(usize, AccountId)> = Vec::new();
    for (account, counts) in data.lake.follower_counts(&candidates, data.now()).await? {
        counted.push((counts as usize, account));
    }
    counted.sort_unstable_by(|a, b| b.cmp(a));
    Ok(counted.into_iter().take(QUIET_MAX).map(|(_, account)| account).collect())
}

/// The ranking kept, and every simpler one over all accounts, against the planted influence.
async fn judge_methods(
    data: &DataDirectory,
    ranking: i64,
    truth: &Truth,
    buyers: &HashSet<AccountId>,
) -> anyhow::Result<BTreeMap<&'static str, Judged>> {
    let snapshot = data.snapshot().await?;
    let profiles = data.lake.profiles(None, data.now()).await?;
    let own: HashSet<AccountId> = truth.brand.own_accounts.iter().copied().collect();
    let accounts: Vec<AccountId> =
        profiles.iter().map(|profile| profile.account).filter(|account| !own.contains(account)).collect();
    let followers: HashMap<AccountId, f64> =
        profiles.iter().filter_map(|profile| Some((profile.account, profile.followers? as f64))).collect();
    let engagement: HashMap<AccountId, f64> = data
        .derived
        .figures(&accounts)
        .await?
        .into_iter()
        .filter_map(|(account, figures)| Some((account, figures.engagement?)))
        .collect();
    let filter = RankedFilter { limit: JUDGED as u32, ..RankedFilter::default() };
    let listening: Vec<AccountId> = data.store.ranked(ranking, &filter).await?.iter().map(|row| row.account).collect();
    let of_graph = |value: &dyn Fn(usize) -> f64| -> HashMap<AccountId, f64> {
        snapshot.accounts.iter().enumerate().map(|(place, account)| (*account, value(place))).collect()
    };
    let in_degree = of_graph(&|place| f64::from(snapshot.index.account.in_degree[place]));
    let pagerank = of_graph(&|place| snapshot.index.pagerank[place]);
    let places: Vec<u32> = (0..snapshot.accounts.len() as u32).collect();
    let met = snapshot.places(buyers.iter().copied());
    let exchanged = engine::conversations::exchange::exchanges(&snapshot.log, &snapshot.threads, &met, &places);
    let talk = of_graph(&|place| exchanged[place].buyers_turning as f64);
    let mut methods = BTreeMap::new();
    methods.insert("listening", judged(&listening, truth));
    for (name, values) in [
        ("followers", followers),
        ("engagement_rate", engagement),
        ("in_degree", in_degree),
        ("pagerank", pagerank),
        ("talk", talk),
    ] {
        methods.insert(name, judged(&best(&accounts, &values), truth));
    }
    Ok(methods)
}

/// The twenty accounts with the largest known value; ties by account.
fn best(accounts: &[AccountId], values: &HashMap<AccountId, f64>) -> Vec<AccountId> {
    let mut known: Vec<(f64, AccountId)> =
        accounts.iter().filter_map(|account| Some((*values.get(account)?, *account))).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    known.into_iter().take(JUDGED).map(|(_, account)| account).collect()
}

fn judged(chosen: &[AccountId], truth: &Truth) -> Judged {
    let influence: HashMap<AccountId, f64> =
        truth.listening.iter().map(|planted| (planted.account, planted.influence)).collect();
    let mut ordered: Vec<(f64, AccountId)> = influence.iter().map(|(account, value)| (*value, *account)).collect();
    ordered.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ordered.truncate(JUDGED);
    let wanted: HashSet<AccountId> = ordered.iter().map(|(_, account)| *account).collect();
    let hits = chosen.iter().filter(|account| wanted.contains(account)).count();
    let reached: f64 = chosen.iter().filter_map(|account| influence.get(account)).sum();
    let possible: f64 = ordered.iter().map(|(value, _)| value).sum();
    Judged {
        precision_at_20: hits as f64 / JUDGED as f64,
        influence_at_20: if possible > 0.0 { reached / possible } else { 0.0 },
    }
}
