//! `bellwether evaluate make-graph`: a made-up graph in a text file, to measure on; any program can draw the same one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;
use sha2::{Digest, Sha256};
use synth::{GraphSettings, GraphShape, MadeGraph};

use super::edges::timed;
use crate::memory;
use crate::output::{Output, grouped};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Planted conversation groups with heavy-tailed sizes and activity.
    Convo,
    /// Nested quarters (R-MAT): a few accounts in most of the talk, and no groups to find.
    Rmat,
}

#[derive(Args)]
pub struct MakeGraphArguments {
    kind: Kind,
    /// Where the files go: OUT.txt with `u v w` a line, OUT.groups with the planted groups, OUT.json with the counts.
    out: PathBuf,
    /// How many accounts; a power of two for rmat.
    #[arg(long, value_name = "ACCOUNTS", default_value_t = 100_000)]
    n: u32,
    /// How many talks are drawn; equal pairs become one edge.
    #[arg(long, value_name = "TALKS", default_value_t = 1_000_000)]
    m: u64,
    /// The share of talk that leaves its group, 0 to 1; convo only.
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    mu: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct MadeReport {
    kind: &'static str,
    n: u32,
    draws: u64,
    edges: u64,
    /// The talks of all edges: the draws without those with oneself.
    weight: u64,
    mu: Option<f64>,
    seed: u64,
    groups: Option<usize>,
    /// Of OUT.txt.
    sha256: String,
    cpu_s: Option<f64>,
    wall_s: f64,
    peak_rss_bytes: Option<u64>,
}

/// Draws the graph, writes its files, prints its counts.
pub fn run(arguments: &MakeGraphArguments, output: Output<'_>) -> anyhow::Result<()> {
    let (kind, shape, mu) = match arguments.kind {
        Kind::Convo => ("convo", GraphShape::Conversations { leaving: arguments.mu }, Some(arguments.mu)),
        Kind::Rmat => ("rmat", GraphShape::Quarters, None),
    };
    let settings = GraphSettings { shape, accounts: arguments.n, draws: arguments.m, seed: arguments.seed };
    let (written, took) = timed(|| -> anyhow::Result<(MadeGraph, Written)> {
        let graph = MadeGraph::plan(settings)?;
        let written = write_edges(&graph, &beside(&arguments.out, "txt"))?;
        if let Some(groups) = graph.planted_groups() {
            write_groups(&groups, &beside(&arguments.out, "groups"))?;
        }
        Ok((graph, written))
    });
    let (graph, written) = written?;
    let report = MadeReport {
        kind,
        n: arguments.n,
        draws: arguments.m,
        edges: written.edges,
        weight: written.talks,
        mu,
        seed: arguments.seed,
        groups: graph.planted_group_count(),
        sha256: written.sha256,
        cpu_s: took.cpu_s,
        wall_s: took.wall_s,
        peak_rss_bytes: memory::peak_bytes(),
    };
    let path = beside(&arguments.out, "json");
    let json = serde_json::to_string(&report).context("the counts cannot be written as JSON")?;
    std::fs::write(&path, json + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
    output.result(&report, |out| {
        writeln!(
            out,
            "{} accounts, {} edges, {} talks, {}",
            grouped(u64::from(report.n)),
            grouped(report.edges),
            grouped(report.weight),
            report.groups.map_or("no groups".to_owned(), |groups| format!("{} groups", grouped(groups as u64)))
        )?;
        writeln!(out, "sha256 of {}: {}", beside(&arguments.out, "txt").display(), report.sha256)
    })
}

/// The name with one more ending, whatever dots it has.
fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

struct Written {
    edges: u64,
    talks: u64,
    sha256: String,
}

/// Hashes what it hands on.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

fn write_edges(graph: &MadeGraph, path: &Path) -> anyhow::Result<Written> {
    let failed = || format!("{} cannot be written", path.display());
    let file = File::create(path).with_context(failed)?;
    let mut file = BufWriter::with_capacity(1 << 20, Hashed { inner: file, hash: Sha256::new() });
    let (mut edges, mut talks) = (0, 0);
    let mut result = Ok(());
    graph.for_each_edge(|edge| {
        if result.is_ok() {
            result = writeln!(file, "{} {} {}", edge.source, edge.target, edge.talks);
            edges += 1;
            talks += u64::from(edge.talks);
        }
    });
    result.with_context(failed)?;
    let hashed = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(failed)?;
    let sha256 = hashed.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Written { edges, talks, sha256 })
}

fn write_groups(groups: &[u32], path: &Path) -> anyhow::Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(failed)?);
    for group in groups {
        writeln!(file, "{group}").with_context(failed)?;
    }
    file.flush().with_context(failed)
}
