//! `bellwether evaluate groups`: how well and how fast conversation groups are found in a graph from a file.

use std::path::PathBuf;

use clap::Args;
use engine::conversations::groups::{
    GroupSettings, Mode, Objective, TalkGraph, Tried, count_disconnected, find_groups, modularity,
    normalised_mutual_information, try_objectives, usual_objectives,
};
use serde::Serialize;

use super::edges::{on_threads, read_edges, read_numbers, timed};
use crate::memory;
use crate::output::Output;

#[derive(Args)]
pub struct GroupsArguments {
    /// A text file with `u v [w]` a line: u turned to v, w times; accounts are numbered from 0.
    #[arg(long)]
    edges: PathBuf,
    /// Read the third number of each line; without this every line counts 1.
    #[arg(long)]
    weighted: bool,
    /// Modularity at this resolution: above 1 finds smaller groups.
    #[arg(long, default_value_t = 1.0, conflicts_with = "density")]
    resolution: f64,
    /// Constant Potts instead: a group must be denser than this.
    #[arg(long)]
    density: Option<f64>,
    /// How many threads work; all of the machine's without this.
    #[arg(long)]
    threads: Option<usize>,
    /// A text file with the true group of each account, one a line.
    #[arg(long)]
    truth: Option<PathBuf>,
    /// The same bytes for any number of threads.
    #[arg(long)]
    deterministic: bool,
    /// Try the usual settings first and take the one whose groups best foretell talk that was held back.
    #[arg(long, conflicts_with_all = ["resolution", "density"])]
    choose: bool,
    #[arg(long, default_value_t = 2)]
    iterations: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Serialize)]
struct GroupsReport {
    nodes: usize,
    edges: usize,
    pairs: usize,
    settings: GroupSettings,
    /// What each setting that was tried foretold, best first; empty when one was named.
    tried: Vec<Tried>,
    groups: usize,
    largest_group: u32,
    modularity: f64,
    disconnected: usize,
    nmi: Option<f64>,
    load_cpu_s: Option<f64>,
    load_wall_s: f64,
    cpu_s: Option<f64>,
    wall_s: f64,
    peak_rss_bytes: Option<u64>,
}

/// Reads the graph, finds its groups, judges them, prints.
pub fn run(arguments: &GroupsArguments, output: Output<'_>) -> anyhow::Result<()> {
    if !(arguments.resolution.is_finite() && arguments.resolution > 0.0) {
        anyhow::bail!("--resolution is a number above 0; 1 is usual");
    }
    if arguments.density.is_some_and(|density| !(density.is_finite() && density > 0.0)) {
        anyhow::bail!("--density is a number above 0, e.g. 0.001");
    }
    let truth = arguments.truth.as_deref().map(read_numbers).transpose()?;
    let objective = match arguments.density {
        Some(density) => Objective::Density { density },
        None => Objective::Modularity { resolution: arguments.resolution },
    };
    let mode = if arguments.deterministic { Mode::Deterministic } else { Mode::Parallel };
    let settings = GroupSettings { objective, mode, iterations: arguments.iterations, seed: arguments.seed };
    let report = on_threads(arguments.threads, || -> anyhow::Result<GroupsReport> {
        let (loaded, load) = timed(|| {
            read_edges(&arguments.edges, arguments.weighted).map(|out| (out.edges(), TalkGraph::from_directed(&out)))
        });
        let (edges, graph) = loaded?;
        let tried = if arguments.choose { try_objectives(&graph, &settings, &usual_objectives()) } else { vec![] };
        let objective = tried.first().map_or(settings.objective, |best| best.objective);
        let settings = GroupSettings { objective, ..settings };
        let (found, took) = timed(|| find_groups(&graph, &settings));
        let peak_rss_bytes = memory::peak_bytes();
        let nmi = match &truth {
            Some(truth) if truth.len() == graph.nodes() => Some(normalised_mutual_information(&found.group, truth)),
            Some(truth) => anyhow::bail!(
                "the file of true groups has {} lines and the graph {} accounts; they must agree",
                truth.len(),
                graph.nodes()
            ),
            None => None,
        };
        Ok(GroupsReport {
            nodes: graph.nodes(),
            edges,
            pairs: graph.pairs(),
            settings,
            tried,
            groups: found.groups,
            largest_group: found.sizes().first().copied().unwrap_or(0),
            modularity: modularity(&graph, &found.group, 1.0),
            disconnected: count_disconnected(&graph, &found.group),
            nmi,
            load_cpu_s: load.cpu_s,
            load_wall_s: load.wall_s,
            cpu_s: took.cpu_s,
            wall_s: took.wall_s,
            peak_rss_bytes,
        })
    })??;
    output.result(&report, |out| {
        writeln!(out, "{} accounts, {} edges, {} pairs that talk", report.nodes, report.edges, report.pairs)?;
        writeln!(
            out,
            "{} groups, the largest of {}; modularity {:.4}; {} in pieces",
            report.groups, report.largest_group, report.modularity, report.disconnected
        )?;
        if let Some(nmi) = report.nmi {
            writeln!(out, "agreement with the true groups (NMI): {nmi:.4}")?;
        }
        for tried in &report.tried {
            writeln!(
                out,
                "  {:?}: {} groups, {:.3} bits a talk, {:.1} % of held-back talk inside ({:.1} % by chance)",
                tried.objective,
                tried.groups,
                tried.bits_per_talk,
                100.0 * tried.share_inside,
                100.0 * tried.share_by_chance
            )?;
        }
        let seconds = |seconds: Option<f64>| seconds.map_or("not known".to_owned(), |s| format!("{s:.2} s"));
        writeln!(
            out,
            "reading: {} CPU, {:.2} s; finding groups: {} CPU, {:.2} s",
            seconds(report.load_cpu_s),
            report.load_wall_s,
            seconds(report.cpu_s),
            report.wall_s
        )
    })
}
