//! Talk without direction: for every account all it talks with, both ways added up.
//!
//! Accounts lie in blocks, each with its own rows, so threads make blocks side by side and nothing is copied together
//! afterwards. Where a block knows few different weights, as it does while talk is counted, each takes one byte.

use std::ops::Range;

use rayon::prelude::*;

use super::resolution::Pair;
use crate::graph::Csr;
use crate::graph::csr::{Row, visit_both};
use crate::random::Draws;

/// Pairs of accounts with the weight of their talk, each kept at both.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TalkGraph {
    blocks: Vec<Rows>,
    block_bits: u32,
    /// All talk of each account; talk inside a merged one counts twice.
    strength: Vec<f64>,
    /// How many accounts stand behind each; empty while each stands for itself.
    size: Vec<u32>,
    /// The sum of all strengths: twice the weight of all pairs.
    total: f64,
}

/// An account one talks with, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partner {
    pub node: u32,
    pub weight: f32,
}

/// All accounts one talks with.
#[derive(Clone, Copy, Debug)]
pub struct Partners<'a> {
    pub nodes: &'a [u32],
    pub(super) weights: Weights<'a>,
}

/// The weight of each partner, in the order of the partners.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weights<'a> {
    Few { codes: &'a [u8], known: &'a [f32; CODES] },
    Any(&'a [f32]),
}

/// Blocks to a graph, about: enough for all threads, and so few that each fills its memory well.
const BLOCKS: usize = 64;
/// Into how many portions the accounts are cut while what is said to them is collected.
const PORTIONS: usize = 12;
/// As many different weights as a byte can name.
const CODES: usize = 256;
/// The purpose of the numbers that hold pairs back.
const HOLD_BACK_STREAM: u64 = 32;

impl TalkGraph {
    /// Adds up both directions of directed talk; talk with oneself is left out.
    ///
    /// Cost `O(pairs + accounts)`; beside the result it holds two portions in twelve of the opposite direction.
    pub fn from_directed(out: &Csr) -> TalkGraph {
        let nodes = out.nodes();
        let portion = nodes.div_ceil(PORTIONS).max(1).next_multiple_of(1 << block_bits(nodes));
        let rows = (0..nodes.div_ceil(portion)).into_par_iter().flat_map_iter(|at| {
            let range = at * portion..((at + 1) * portion).min(nodes);
            let said_to = SaidTo::collect(out, range.clone());
            let blocks = block_ranges(range, nodes).map(|block| {
                let mut rows = RowsMaker::default();
                for node in block {
                    merge(node as u32, out.row(node), said_to.row(node), |partner| rows.push(partner));
                    rows.end_row();
                }
                rows.finish()
            });
            blocks.collect::<Vec<Rows>>()
        });
        TalkGraph::finished(rows.collect(), None, vec![])
    }

    /// Puts the rows of merged accounts together.
    pub(super) fn from_rows(blocks: Vec<Rows>, strength: Vec<f64>, size: Vec<u32>) -> TalkGraph {
        TalkGraph::finished(blocks, Some(strength), size)
    }

    /// `strength` is summed from the rows when it is not given.
    fn finished(blocks: Vec<Rows>, strength: Option<Vec<f64>>, size: Vec<u32>) -> TalkGraph {
        let strength = strength.unwrap_or_else(|| {
            let rows = |block: &Rows| block.ends.len();
            let mut strength = Vec::with_capacity(blocks.iter().map(rows).sum());
            for block in &blocks {
                let sum = |row: usize| block.row(row).iter().map(|partner| f64::from(partner.weight)).sum::<f64>();
                strength.extend((0..rows(block)).map(sum));
            }
            strength
        });
        let total = strength.iter().sum();
        TalkGraph { blocks, block_bits: block_bits(strength.len()), strength, size, total }
    }

    /// The talk without about `share` of the pairs, and those pairs. The same seed holds back the same ones.
    pub fn hold_back(&self, share: f64, seed: u64) -> (TalkGraph, Vec<Pair>) {
        let draws = Draws::new(seed, HOLD_BACK_STREAM);
        let is_held = |one: u32, other: u32| {
            let (low, high) = (one.min(other), one.max(other));
            draws.uniform((u64::from(low) << 32) | u64::from(high)) < share
        };
        let mut held = vec![];
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in block_ranges(0..self.nodes(), self.nodes()) {
            let mut rows = RowsMaker::default();
            for node in block {
                let one = node as u32;
                for partner in self.partners(node).iter() {
                    if !is_held(one, partner.node) {
                        rows.push(partner);
                    } else if one < partner.node {
                        held.push(Pair { one, other: partner.node, weight: partner.weight });
                    }
                }
                rows.end_row();
            }
            blocks.push(rows.finish());
        }
        (TalkGraph::finished(blocks, None, self.size.clone()), held)
    }

    pub fn nodes(&self) -> usize {
        self.strength.len()
    }

    /// Pairs of accounts that talk with each other.
    pub fn pairs(&self) -> usize {
        self.blocks.iter().map(|block| block.nodes.len()).sum::<usize>() / 2
    }

    /// All accounts one talks with.
    #[inline]
    pub fn partners(&self, node: usize) -> Partners<'_> {
        self.blocks[node >> self.block_bits].row(node & ((1 << self.block_bits) - 1))
    }

    /// All talk of an account.
    #[inline]
    pub fn strength(&self, node: usize) -> f64 {
        self.strength[node]
    }

    #[inline]
    pub(super) fn size(&self, node: usize) -> u32 {
        self.size.get(node).copied().unwrap_or(1)
    }

    /// Twice the weight of all talk.
    pub fn total(&self) -> f64 {
        self.total
    }
}

/// The accounts of each block of a graph of so many; the accounts asked for begin at a block's start.
pub(super) fn block_ranges(asked: Range<usize>, nodes: usize) -> impl Iterator<Item = Range<usize>> {
    let block = 1 << block_bits(nodes);
    asked.clone().step_by(block).map(move |start| start..(start + block).min(asked.end))
}

/// Accounts to a block, as a power of two.
fn block_bits(nodes: usize) -> u32 {
    (nodes / BLOCKS).max(1).ilog2()
}

impl<'a> Partners<'a> {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn iter(self) -> impl Iterator<Item = Partner> + 'a {
        self.nodes.iter().enumerate().map(move |(at, &node)| {
            let weight = match self.weights {
                Weights::Few { codes, known } => known[codes[at] as usize],
                Weights::Any(weights) => weights[at],
            };
            Partner { node, weight }
        })
    }
}

/// The rows of the accounts of a block, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    /// Where each account's row ends; the first begins at 0.
    ends: Box<[u32]>,
    nodes: Box<[u32]>,
    weights: KeptWeights,
}

#[derive(Clone, Debug, PartialEq)]
enum KeptWeights {
    Few { codes: Box<[u8]>, known: Box<[f32; CODES]> },
    Any(Box<[f32]>),
}

impl Rows {
    #[inline]
    fn row(&self, at: usize) -> Partners<'_> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let row = start as usize..self.ends[at] as usize;
        let weights = match &self.weights {
            KeptWeights::Few { codes, known } => Weights::Few { codes: &codes[row.clone()], known },
            KeptWeights::Any(weights) => Weights::Any(&weights[row.clone()]),
        };
        Partners { nodes: &self.nodes[row], weights }
    }
}

/// Rows of one block while they are made.
#[derive(Default)]
pub(super) struct RowsMaker {
    ends: Vec<u32>,
    nodes: Vec<u32>,
    codes: Vec<u8>,
    /// The weights that have a code.
    known: Vec<f32>,
    /// The code of the weight last seen with these last bits of its hash.
    seen: Vec<u8>,
    /// All weights, once they are too many for codes.
    weights: Vec<f32>,
}

impl RowsMaker {
    #[inline]
    pub fn push(&mut self, partner: Partner) {
        self.nodes.push(partner.node);
        if self.weights.is_empty() {
            match self.code(partner.weight) {
                Some(code) => return self.codes.push(code),
                None => self.weights.extend(self.codes.iter().map(|&code| self.known[code as usize])),
            }
        }
        self.weights.push(partner.weight);
    }

    #[inline]
    fn code(&mut self, weight: f32) -> Option<u8> {
        let hash = (weight.to_bits().wrapping_mul(0x9E37_79B1) >> 24) as usize;
        self.seen.resize(CODES, 0);
        let likely = self.seen[hash];
        if self.known.get(likely as usize) == Some(&weight) {
            return Some(likely);
        }
        let code = self.known.iter().position(|&known| known == weight).unwrap_or(self.known.len());
        let code = u8::try_from(code).ok()?;
        if code as usize == self.known.len() {
            self.known.push(weight);
        }
        self.seen[hash] = code;
        Some(code)
    }

    pub fn end_row(&mut self) {
        self.ends.push(u32::try_from(self.nodes.len()).expect("a block's pairs fit the memory of a machine"));
    }

    /// The rows in no more memory than they need, and a clear work space.
    pub fn finish(&mut self) -> Rows {
        let weights = if self.weights.is_empty() {
            let known = std::array::from_fn(|code| self.known.get(code).copied().unwrap_or(0.0));
            KeptWeights::Few { codes: self.codes.as_slice().into(), known: Box::new(known) }
        } else {
            KeptWeights::Any(self.weights.as_slice().into())
        };
        let rows = Rows { ends: self.ends.as_slice().into(), nodes: self.nodes.as_slice().into(), weights };
        self.ends.clear();
        self.nodes.clear();
        self.codes.clear();
        self.known.clear();
        self.weights.clear();
        rows
    }
}

/// What is said to some of the accounts, by whom, ascending.
struct SaidTo {
    first: usize,
    ends: Vec<u64>,
    speakers: Vec<u32>,
    weights: Vec<f32>,
}

impl SaidTo {
    fn collect(out: &Csr, nodes: Range<usize>) -> SaidTo {
        let is_asked = |target: u32| (target as usize).wrapping_sub(nodes.start) < nodes.len();
        let mut next = vec![0u64; nodes.len() + 1];
        for &target in out.targets() {
            if is_asked(target) {
                next[target as usize - nodes.start + 1] += 1;
            }
        }
        for node in 0..nodes.len() {
            next[node + 1] += next[node];
        }
        let count = next[nodes.len()] as usize;
        let (mut speakers, mut weights) = (vec![0u32; count], vec![0f32; count]);
        for speaker in 0..out.nodes() {
            let row = out.row(speaker);
            for (&target, &weight) in row.targets.iter().zip(row.weights) {
                if is_asked(target) {
                    let place = &mut next[target as usize - nodes.start];
                    (speakers[*place as usize], weights[*place as usize]) = (speaker as u32, weight);
                    *place += 1;
                }
            }
        }
        SaidTo { first: nodes.start, ends: next, speakers, weights }
    }

    fn row(&self, node: usize) -> Row<'_> {
        let at = node - self.first;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let range = start as usize..self.ends[at] as usize;
        Row { targets: &self.speakers[range.clone()], weights: &self.weights[range] }
    }
}

/// Visits what an account says and what is said to it, the two directions added up; not what it says to itself.
fn merge(node: u32, out: Row<'_>, into: Row<'_>, mut visit: impl FnMut(Partner)) {
    visit_both(out, into, |target, said, heard| {
        let weight = said + heard;
        if target != node && weight > 0.0 {
            visit(Partner { node: target, weight });
        }
    });
}
