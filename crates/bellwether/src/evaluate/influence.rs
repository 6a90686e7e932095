//! `bellwether evaluate influence`: seeds from which a made-up cascade of sharing goes furthest, with a certified share.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::planning::cascade::{CascadeSettings, Flow, InfluenceGraph, InfluenceReader, cascade};
use serde::Serialize;

use super::edges::{on_threads, timed};
use crate::memory;
use crate::output::{Output, grouped};

const BYTES_AT_A_TIME: usize = 1 << 23;

#[derive(Args)]
pub struct SeedsArguments {
    /// A text file with `u v` a line: sharing may pass from u to v; accounts are numbered from 0.
    #[arg(long)]
    edges: PathBuf,
    /// How many seeds.
    #[arg(long, default_value_t = 50)]
    k: usize,
    /// The share certified is at least 1 - 1/e less this.
    #[arg(long, default_value_t = 0.1)]
    epsilon: f64,
    /// How many threads; all of the machine without it.
    #[arg(long)]
    threads: Option<usize>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Serialize)]
struct InfluenceReport {
    nodes: usize,
    edges: usize,
    seeds: Vec<u32>,
    spread: f64,
    spread_lo: f64,
    ratio: f64,
    rr_sets: u64,
    load_cpu_s: Option<f64>,
    load_wall_s: f64,
    cpu_s: Option<f64>,
    wall_s: f64,
    peak_rss_bytes: Option<u64>,
}

/// Reads the graph, chooses, prints.
pub fn run(arguments: &SeedsArguments, output: Output<'_>) -> anyhow::Result<()> {
    let settings = CascadeSettings { k: arguments.k, epsilon: arguments.epsilon, delta: None, seed: arguments.seed };
    let (loaded, load) = timed(|| on_threads(arguments.threads, || read(&arguments.edges)));
    let graph = loaded??;
    let (found, took) = timed(|| on_threads(arguments.threads, || cascade(&graph, &settings)));
    let found = found??;
    let report = InfluenceReport {
        nodes: graph.nodes(),
        edges: graph.edges(),
        spread: found.spread,
        spread_lo: found.spread_lo,
        ratio: found.ratio,
        rr_sets: found.sets,
        seeds: found.seeds,
        load_cpu_s: load.cpu_s,
        load_wall_s: load.wall_s,
        cpu_s: took.cpu_s,
        wall_s: took.wall_s,
        peak_rss_bytes: memory::peak_bytes(),
    };
    output.result(&report, |out| {
        writeln!(out, "{} accounts, {} edges", grouped(report.nodes as u64), grouped(report.edges as u64))?;
        writeln!(
            out,
            "{} seeds reach {:.0} accounts in the assumed cascade, at least {:.3} of what any {} could, by {} sampled sets",
            report.seeds.len(),
            report.spread,
            report.ratio,
            report.seeds.len(),
            grouped(report.rr_sets)
        )?;
        writeln!(out, "a figure of the model, not reach; took {:.2} s beside {:.2} s of reading", report.wall_s, report.load_wall_s)
    })
}

fn read(file: &Path) -> anyhow::Result<InfluenceGraph> {
    let mut open = std::fs::File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let mut reader = InfluenceReader::new(Flow::Along, false);
    let mut block = vec![0u8; BYTES_AT_A_TIME];
    loop {
        let length = open.read(&mut block).with_context(|| format!("{} cannot be read", file.display()))?;
        if length == 0 {
            return reader.finish().with_context(|| file.display().to_string());
        }
        reader.take(&block[..length]).with_context(|| file.display().to_string())?;
    }
}
