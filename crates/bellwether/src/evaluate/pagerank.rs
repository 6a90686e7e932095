//! `bellwether evaluate pagerank`: whom a walk along the talk comes by most often, from anywhere or from given people.

use std::path::PathBuf;

use clap::Args;
use engine::graph::{Seed, Start, gauss_seidel};
use serde::Serialize;

use super::edges::{read_edges, read_numbers, timed};
use crate::memory;
use crate::output::Output;

/// Chance of starting again at each step.
const RESTART: f64 = 0.15;
const TOP: usize = 20;

#[derive(Args)]
pub struct PageRankArguments {
    /// A text file with `u v [w]` a line; accounts are numbered from 0.
    #[arg(long)]
    edges: PathBuf,
    /// A text file with the accounts the walk starts from, one a line; from anywhere without it.
    #[arg(long)]
    seeds: Option<PathBuf>,
    /// Stop as near to the exact ranks as a walk is that stops when a step changes them by less than this in all; 5e-5
    /// is enough to know the first thousand.
    #[arg(long, default_value_t = 1e-8)]
    tolerance: f64,
}

#[derive(Serialize)]
struct PageRankReport {
    nodes: usize,
    edges: usize,
    iterations: usize,
    /// The ranks are at most this far (L1) from the exact ones.
    error_bound: f64,
    top: Vec<usize>,
    load_cpu_s: Option<f64>,
    load_wall_s: f64,
    cpu_s: Option<f64>,
    wall_s: f64,
    peak_rss_bytes: Option<u64>,
}

/// Reads the graph, walks on one thread, prints.
pub fn run(arguments: &PageRankArguments, output: Output<'_>) -> anyhow::Result<()> {
    if !(arguments.tolerance.is_finite() && arguments.tolerance > 0.0) {
        anyhow::bail!("--tolerance is a number above 0, e.g. 1e-8");
    }
    let seeds = arguments.seeds.as_deref().map(read_numbers).transpose()?;
    let (loaded, load) = timed(|| read_edges(&arguments.edges, true));
    let out = loaded?;
    let (nodes, edges) = (out.nodes(), out.edges());
    if let Some(beyond) = seeds.iter().flatten().find(|&&seed| seed as usize >= nodes) {
        anyhow::bail!(
            "account {beyond} is among the seeds, and the graph has accounts 0 to {}",
            nodes.saturating_sub(1)
        );
    }
    // Who walks step by step and stops at a change below the tolerance is within this much of the exact ranks.
    let error_max = arguments.tolerance * (1.0 - RESTART) / RESTART;
    let seeds: Option<Vec<Seed>> =
        seeds.as_ref().map(|seeds| seeds.iter().map(|&node| Seed { node, weight: 1.0 }).collect());
    let start = seeds.as_deref().map_or(Start::Anywhere, Start::Seeds);
    let (result, took) = timed(|| gauss_seidel(&out, start, RESTART, error_max));
    let mut order: Vec<usize> = (0..nodes).collect();
    order.sort_by(|&a, &b| result.rank[b].total_cmp(&result.rank[a]).then(a.cmp(&b)));
    order.truncate(TOP);
    let report = PageRankReport {
        nodes,
        edges,
        iterations: result.steps,
        error_bound: result.error_bound,
        top: order,
        load_cpu_s: load.cpu_s,
        load_wall_s: load.wall_s,
        cpu_s: took.cpu_s,
        wall_s: took.wall_s,
        peak_rss_bytes: memory::peak_bytes(),
    };
    output.result(&report, |out| {
        writeln!(
            out,
            "{} accounts, {} edges; {} steps, within {:.1e} of the exact ranks",
            report.nodes, report.edges, report.iterations, report.error_bound
        )?;
        writeln!(out, "first: {:?}", report.top)
    })
}
