//! Accounts move to the neighbouring group where the quality rises most, until hardly anything is gained.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::{GroupSettings, Mode, Objective, TalkGraph};
use crate::random::Draws;

/// Sweeps over a graph at most.
const SWEEPS_MAX: usize = 20;
/// Accounts to a block of work; blocks are looked at in an order that the seed decides.
const BLOCK: usize = 2048;
const ORDER_STREAM: u64 = 31;
/// Smaller gains are noise of adding up.
const GAIN_MIN: f64 = 1e-10;

/// What a group holds, for the objective: all talk of its members, or how many they are.
pub(super) struct Weighing {
    /// `resolution / total talk`, or the density.
    factor: f64,
    by_talk: bool,
}

impl Weighing {
    pub fn new(graph: &TalkGraph, objective: Objective) -> Weighing {
        match objective {
            Objective::Modularity { resolution } => {
                Weighing { factor: resolution / graph.total().max(f64::MIN_POSITIVE), by_talk: true }
            }
            Objective::Density { density } => Weighing { factor: density, by_talk: false },
        }
    }

    /// What the account adds to its group's load.
    pub fn load(&self, graph: &TalkGraph, node: usize) -> f64 {
        if self.by_talk { graph.strength(node) } else { graph.size(node) }
    }

    /// The worth of `talk` with a group that holds `group_load` without the account.
    pub fn worth(&self, talk: f64, load: f64, group_load: f64) -> f64 {
        talk - self.factor * load * group_load
    }
}

/// A sum that several threads add to.
pub(super) struct SharedSum(AtomicU64);

impl SharedSum {
    pub fn new(value: f64) -> SharedSum {
        SharedSum(AtomicU64::new(value.to_bits()))
    }

    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }

    pub fn add(&self, amount: f64) {
        let add = |bits| Some((f64::from_bits(bits) + amount).to_bits());
        self.0.fetch_update(Relaxed, Relaxed, add).expect("adding never gives up");
    }

    /// Takes the whole when it is still exactly `expected`; `false` when it is not.
    pub fn take_if(&self, expected: f64) -> bool {
        self.0.compare_exchange(expected.to_bits(), 0f64.to_bits(), Relaxed, Relaxed).is_ok()
    }
}

/// Talk with each group, collected for one account at a time.
#[derive(Default)]
pub(super) struct TalkWith {
    talk: Vec<f32>,
    pub groups: Vec<u32>,
}

impl TalkWith {
    pub fn sized(nodes: usize) -> TalkWith {
        TalkWith { talk: vec![0.0; nodes], groups: Vec::with_capacity(64) }
    }

    #[inline]
    pub fn add(&mut self, group: u32, weight: f32) {
        let talk = &mut self.talk[group as usize];
        if *talk == 0.0 {
            self.groups.push(group);
        }
        *talk += weight;
    }

    #[inline]
    pub fn with(&self, group: u32) -> f64 {
        f64::from(self.talk[group as usize])
    }

    pub fn clear(&mut self) {
        for group in self.groups.drain(..) {
            self.talk[group as usize] = 0.0;
        }
    }
}

struct Moves<'a> {
    graph: &'a TalkGraph,
    weighing: Weighing,
    group: Vec<AtomicU32>,
    load: Vec<SharedSum>,
    is_waiting: Vec<AtomicBool>,
}

/// Moves accounts from the groups they are in (`labels`, each below the number of accounts); `true` when any moved.
pub(super) fn move_nodes(graph: &TalkGraph, labels: &mut [u32], settings: &GroupSettings, tolerance: f64) -> bool {
    let nodes = graph.nodes();
    let weighing = Weighing::new(graph, settings.objective);
    let mut load = vec![0.0; nodes];
    for (node, &label) in labels.iter().enumerate() {
        load[label as usize] += weighing.load(graph, node);
    }
    let moves = Moves {
        graph,
        weighing,
        group: labels.iter().map(|&label| AtomicU32::new(label)).collect(),
        load: load.into_iter().map(SharedSum::new).collect(),
        is_waiting: (0..nodes).map(|_| AtomicBool::new(true)).collect(),
    };
    let blocks = block_order(nodes, settings.seed);
    let mut has_moved = false;
    for _ in 0..SWEEPS_MAX {
        let gain: f64 =
            over_blocks(settings.mode, &blocks, nodes, |block, talk| moves.sweep(block, talk)).into_iter().sum();
        has_moved |= gain > 0.0;
        if 2.0 * gain <= tolerance * graph.total() {
            break;
        }
    }
    for (label, group) in labels.iter_mut().zip(&moves.group) {
        *label = group.load(Relaxed);
    }
    has_moved
}

/// Does something for every block, in order or on all threads at once; the answers keep the order of the blocks.
///
/// A work space of `groups` entries is made for every portion of blocks, not for every block.
pub(super) fn over_blocks<T: Send>(
    mode: Mode,
    blocks: &[usize],
    groups: usize,
    work: impl Fn(usize, &mut TalkWith) -> T + Sync,
) -> Vec<T> {
    let portion = |blocks: &[usize]| -> Vec<T> {
        let mut talk = TalkWith::sized(groups);
        blocks.iter().map(|&block| work(block, &mut talk)).collect()
    };
    match mode {
        Mode::Deterministic => portion(blocks),
        Mode::Parallel => {
            let length = blocks.len().div_ceil(4 * rayon::current_num_threads()).max(1);
            blocks.par_chunks(length).flat_map_iter(portion).collect()
        }
    }
}

/// The blocks of accounts in the order in which they are looked at.
pub(super) fn block_order(nodes: usize, seed: u64) -> Vec<usize> {
    let blocks = nodes.div_ceil(BLOCK);
    if seed == 0 { (0..blocks).collect() } else { Draws::new(seed, ORDER_STREAM).order(blocks) }
}

/// The accounts of a block.
pub(super) fn block_nodes(block: usize, nodes: usize) -> std::ops::Range<usize> {
    block * BLOCK..((block + 1) * BLOCK).min(nodes)
}

impl Moves<'_> {
    /// Moves the accounts of a block that wait for it; returns what was gained.
    fn sweep(&self, block: usize, talk: &mut TalkWith) -> f64 {
        let mut gain = 0.0;
        for node in block_nodes(block, self.graph.nodes()) {
            if self.is_waiting[node].load(Relaxed) {
                self.is_waiting[node].store(false, Relaxed);
                gain += self.move_one(node, talk);
            }
        }
        gain
    }

    fn move_one(&self, node: usize, talk: &mut TalkWith) -> f64 {
        let partners = self.graph.partners(node);
        for (&partner, &weight) in partners.targets.iter().zip(partners.weights) {
            talk.add(self.group[partner as usize].load(Relaxed), weight);
        }
        let own = self.group[node].load(Relaxed);
        let load = self.weighing.load(self.graph, node);
        let stays = self.weighing.worth(talk.with(own), load, self.load[own as usize].get() - load);
        let (mut best, mut best_worth) = (own, stays + GAIN_MIN);
        for &group in &talk.groups {
            if group != own {
                let worth = self.weighing.worth(talk.with(group), load, self.load[group as usize].get());
                if worth > best_worth || (worth == best_worth && best != own && group < best) {
                    (best, best_worth) = (group, worth);
                }
            }
        }
        talk.clear();
        if best == own {
            return 0.0;
        }
        self.load[own as usize].add(-load);
        self.load[best as usize].add(load);
        self.group[node].store(best, Relaxed);
        for &partner in partners.targets {
            if self.group[partner as usize].load(Relaxed) != best {
                self.is_waiting[partner as usize].store(true, Relaxed);
            }
        }
        best_worth - stays
    }
}
