//! Talk without direction: for every account all it talks with, both ways added up.

use rayon::prelude::*;

use super::resolution::Pair;
use crate::graph::Csr;
use crate::graph::csr::{Row, visit_both};
use crate::random::Draws;

/// Pairs of accounts with the weight of their talk, each kept at both.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TalkGraph {
    offsets: Vec<u64>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    /// All talk of each account; talk inside a merged one counts twice.
    strength: Vec<f64>,
    /// How many accounts stand behind each.
    size: Vec<f64>,
    /// The sum of all strengths: twice the weight of all pairs.
    total: f64,
}

/// One account's partners.
#[derive(Clone, Copy, Debug)]
pub struct Partners<'a> {
    pub targets: &'a [u32],
    pub weights: &'a [f32],
}

/// The purpose of the numbers that hold pairs back.
const HOLD_BACK_STREAM: u64 = 32;
/// Accounts to a block of work.
const BLOCK: usize = 4096;

impl TalkGraph {
    /// Adds up both directions of directed talk; talk with oneself is left out. Cost `O(pairs + accounts)`.
    pub fn from_directed(out: &Csr) -> TalkGraph {
        let into = out.transpose();
        TalkGraph::from_both(out, &into)
    }

    /// The same when the opposite direction has been made already.
    pub fn from_both(out: &Csr, into: &Csr) -> TalkGraph {
        let nodes = out.nodes();
        // Counted first, so that nothing is held twice.
        let degrees: Vec<u64> = (0..nodes)
            .into_par_iter()
            .map(|node| {
                let mut degree = 0;
                merge(node as u32, out.row(node), into.row(node), |_, _| degree += 1);
                degree
            })
            .collect();
        let mut offsets = Vec::with_capacity(nodes + 1);
        offsets.push(0u64);
        let mut end = 0;
        for degree in degrees {
            end += degree;
            offsets.push(end);
        }
        let (mut targets, mut weights) = (vec![0u32; end as usize], vec![0f32; end as usize]);
        let mut blocks = vec![];
        let (mut targets_left, mut weights_left) = (targets.as_mut_slice(), weights.as_mut_slice());
        for block in 0..nodes.div_ceil(BLOCK) {
            let range = block * BLOCK..((block + 1) * BLOCK).min(nodes);
            let length = (offsets[range.end] - offsets[range.start]) as usize;
            let (block_targets, rest) = targets_left.split_at_mut(length);
            targets_left = rest;
            let (block_weights, rest) = weights_left.split_at_mut(length);
            weights_left = rest;
            blocks.push((range, block_targets, block_weights));
        }
        blocks.into_par_iter().for_each(|(range, targets, weights)| {
            let mut at = 0;
            for node in range {
                merge(node as u32, out.row(node), into.row(node), |target, weight| {
                    (targets[at], weights[at]) = (target, weight);
                    at += 1;
                });
            }
        });
        TalkGraph::finished(offsets, targets, weights, vec![1.0; nodes], None)
    }

    /// Puts rows made block by block together.
    pub(super) fn from_rows(blocks: Vec<Rows>, size: Vec<f64>, strength: Vec<f64>) -> TalkGraph {
        let nodes = size.len();
        let edges = blocks.iter().map(|block| block.targets.len()).sum();
        let mut offsets = Vec::with_capacity(nodes + 1);
        let (mut targets, mut weights) = (Vec::with_capacity(edges), Vec::with_capacity(edges));
        offsets.push(0u64);
        let mut end = 0u64;
        for block in blocks {
            for degree in block.degrees {
                end += u64::from(degree);
                offsets.push(end);
            }
            targets.extend_from_slice(&block.targets);
            weights.extend_from_slice(&block.weights);
        }
        TalkGraph::finished(offsets, targets, weights, size, Some(strength))
    }

    /// `strength` is summed from the rows when it is not given.
    fn finished(
        offsets: Vec<u64>,
        targets: Vec<u32>,
        weights: Vec<f32>,
        size: Vec<f64>,
        strength: Option<Vec<f64>>,
    ) -> TalkGraph {
        let nodes = size.len();
        let strength = strength.unwrap_or_else(|| {
            let sum = |node: usize| -> f64 {
                let row = offsets[node] as usize..offsets[node + 1] as usize;
                weights[row].iter().map(|&weight: &f32| f64::from(weight)).sum()
            };
            (0..nodes).map(sum).collect()
        });
        let total = strength.iter().sum();
        TalkGraph { offsets, targets, weights, strength, size, total }
    }

    /// The talk without about `share` of the pairs, and those pairs. The same seed holds back the same ones.
    pub fn hold_back(&self, share: f64, seed: u64) -> (TalkGraph, Vec<Pair>) {
        let draws = Draws::new(seed, HOLD_BACK_STREAM);
        let is_held = |one: u32, other: u32| {
            let (low, high) = (one.min(other), one.max(other));
            draws.uniform((u64::from(low) << 32) | u64::from(high)) < share
        };
        let mut held = vec![];
        let mut rows = Rows::default();
        for node in 0..self.nodes() {
            let before = rows.targets.len();
            let partners = self.partners(node);
            for (&other, &weight) in partners.targets.iter().zip(partners.weights) {
                let one = node as u32;
                if !is_held(one, other) {
                    rows.targets.push(other);
                    rows.weights.push(weight);
                } else if one < other {
                    held.push(Pair { one, other, weight });
                }
            }
            rows.degrees.push((rows.targets.len() - before) as u32);
        }
        let offsets = rows.degrees.iter().scan(0u64, |end, &degree| {
            *end += u64::from(degree);
            Some(*end)
        });
        let offsets = std::iter::once(0).chain(offsets).collect();
        (TalkGraph::finished(offsets, rows.targets, rows.weights, self.size.clone(), None), held)
    }

    pub fn nodes(&self) -> usize {
        self.size.len()
    }

    /// Pairs of accounts that talk with each other.
    pub fn pairs(&self) -> usize {
        self.targets.len() / 2
    }

    /// All accounts one talks with.
    pub fn partners(&self, node: usize) -> Partners<'_> {
        let row = self.offsets[node] as usize..self.offsets[node + 1] as usize;
        Partners { targets: &self.targets[row.clone()], weights: &self.weights[row] }
    }

    /// All talk of an account.
    pub fn strength(&self, node: usize) -> f64 {
        self.strength[node]
    }

    pub(super) fn size(&self, node: usize) -> f64 {
        self.size[node]
    }

    /// Twice the weight of all talk.
    pub fn total(&self) -> f64 {
        self.total
    }
}

/// Rows of a block of accounts, one after the other.
#[derive(Default)]
pub(super) struct Rows {
    pub degrees: Vec<u32>,
    pub targets: Vec<u32>,
    pub weights: Vec<f32>,
}

/// Visits what an account says and what is said to it, the two directions added up; not what it says to itself.
fn merge(node: u32, out: Row<'_>, into: Row<'_>, mut visit: impl FnMut(u32, f32)) {
    visit_both(out, into, |target, said, heard| {
        let weight = said + heard;
        if target != node && weight > 0.0 {
            visit(target, weight);
        }
    });
}
