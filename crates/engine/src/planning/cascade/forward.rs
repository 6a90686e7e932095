//! Letting word run from given seeds, again and again: the plain way to see how far it spreads, and a check on the other.

use rayon::prelude::*;
use serde::Serialize;

use super::graph::InfluenceGraph;
use super::sampling::Marks;
use crate::random::Draws;

const STREAM: u64 = 97;

/// How far word spreads on average in the model.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    /// Accounts, the seeds among them.
    pub mean: f64,
    /// Standard error of the mean, from the runs.
    pub error: f64,
    pub runs: u64,
}

/// Runs a weighted cascade forward from these seeds.
///
/// Inputs: seeds below the number of accounts, each once; `runs`, 1 and up. Run i is a pure function of (seed, i).
/// Cost: `O(edges)` once, then what the runs reach, on all threads. Source: Kempe, Kleinberg & Tardos 2003 (KDD).
pub fn forward_spread(graph: &InfluenceGraph, seeds: &[u32], runs: u64, seed: u64) -> Spread {
    let forward = Forward::new(graph);
    let reached: Vec<u64> = (0..runs.max(1))
        .into_par_iter()
        .map_init(
            || (Marks::new(graph.nodes()), vec![]),
            |scratch, run| forward.run(seeds, Draws::new(seed, STREAM + (run << 8)), scratch),
        )
        .collect();
    let total = reached.len() as f64;
    let mean = reached.iter().sum::<u64>() as f64 / total;
    let variance = reached.iter().map(|value| (*value as f64 - mean).powi(2)).sum::<f64>() / (total - 1.0).max(1.0);
    Spread { mean, error: (variance / total).sqrt(), runs: runs.max(1) }
}

/// The edges by who influences, each with its chance.
struct Forward {
    starts: Vec<u32>,
    targets: Vec<u32>,
    chances: Vec<f32>,
}

impl Forward {
    fn new(graph: &InfluenceGraph) -> Forward {
        let nodes = graph.nodes();
        let mut starts = vec![0u32; nodes + 1];
        graph.sources.iter().for_each(|source| starts[*source as usize + 1] += 1);
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let (mut targets, mut chances) = (vec![0u32; graph.edges()], vec![0f32; graph.edges()]);
        let mut next = starts.clone();
        for node in 0..nodes as u32 {
            let row = graph.row(node);
            let begin = graph.starts[node as usize] as usize;
            for (place, source) in row.iter().enumerate() {
                let at = next[*source as usize] as usize;
                targets[at] = node;
                chances[at] = graph.chances.as_ref().map_or(1.0 / row.len() as f32, |chances| chances[begin + place]);
                next[*source as usize] += 1;
            }
        }
        Forward { starts, targets, chances }
    }

    fn run(&self, seeds: &[u32], draws: Draws, (marks, reached): &mut (Marks, Vec<u32>)) -> u64 {
        reached.clear();
        reached.extend(seeds.iter().filter(|seed| marks.mark(**seed)));
        let (mut at, mut next) = (0, 0u64);
        while let Some(node) = reached.get(at).copied() {
            at += 1;
            for edge in self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize {
                next += 1;
                if draws.uniform(next - 1) < f64::from(self.chances[edge]) && marks.mark(self.targets[edge]) {
                    reached.push(self.targets[edge]);
                }
            }
        }
        reached.iter().for_each(|node| marks.clear(*node));
        reached.len() as u64
    }
}
