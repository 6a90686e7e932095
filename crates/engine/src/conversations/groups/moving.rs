//! Accounts move to the neighbouring group where the quality rises most, until hardly anything is gained.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::talk_graph::{Partners, Weights};
use super::{GroupSettings, Mode, Objective, TalkGraph};
use crate::random::Draws;

/// Sweeps over a graph at most.
const SWEEPS_MAX: usize = 20;
/// Accounts to a block of work; blocks are looked at in an order that the seed decides.
const BLOCK: usize = 2048;
const ORDER_STREAM: u64 = 31;
/// Smaller gains are noise of adding up.
const GAIN_MIN: f64 = 1e-10;
/// Beside its group an account bears this mark while it waits to be looked at.
const WAITING: u32 = 1 << 31;
/// As many accounts as can be numbered beside the mark.
pub(super) const NODES_MAX: usize = WAITING as usize;

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
    #[inline]
    pub fn load(&self, graph: &TalkGraph, node: usize) -> f64 {
        if self.by_talk { graph.strength(node) } else { f64::from(graph.size(node)) }
    }

    /// The worth of `talk` with a group that holds `group_load` without the account; never above `talk`.
    #[inline]
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

    #[inline]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }

    #[inline]
    pub fn add(&self, amount: f64) {
        let add = |bits| Some((f64::from_bits(bits) + amount).to_bits());
        self.0.fetch_update(Relaxed, Relaxed, add).expect("adding never gives up");
    }

    /// Takes the whole when it is still exactly `expected`; `false` when it is not.
    pub fn take_if(&self, expected: f64) -> bool {
        self.0.compare_exchange(expected.to_bits(), 0f64.to_bits(), Relaxed, Relaxed).is_ok()
    }
}

/// Talk with each group, collected for one account at a time in a table small enough to stay near the processor.
#[derive(Default)]
pub(super) struct TalkWith {
    slots: Vec<TalkSlot>,
    /// The slots in use, in the order in which their groups were met.
    used: Vec<u32>,
    /// The groups of the partners at hand.
    met: Vec<u32>,
    shift: u32,
}

#[derive(Clone, Copy)]
struct TalkSlot {
    group: u32,
    talk: f32,
}

/// A partner whose talk is not asked for has this group.
pub(super) const NO_GROUP: u32 = u32::MAX;
const FREE: TalkSlot = TalkSlot { group: NO_GROUP, talk: 0.0 };

impl TalkWith {
    /// Makes room for so many different groups; the table must be clear.
    #[inline]
    pub fn expect(&mut self, groups: usize) {
        let bits = (2 * groups).next_power_of_two().max(16).trailing_zeros();
        if self.slots.len() < 1 << bits {
            self.slots.resize(1 << bits, FREE);
        }
        self.shift = u32::BITS - bits;
    }

    #[inline]
    pub fn add(&mut self, group: u32, weight: f32) {
        let mask = (1usize << (u32::BITS - self.shift)) - 1;
        let mut at = (group.wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        loop {
            let slot = &mut self.slots[at];
            if slot.group == group {
                slot.talk += weight;
                return;
            }
            if slot.group == FREE.group {
                *slot = TalkSlot { group, talk: weight };
                self.used.push(at as u32);
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds the talk with each partner to its group, unless that is [`NO_GROUP`]. All groups are looked up before the
    /// first is added to, so that the processor fetches them side by side.
    #[inline]
    pub fn add_all(&mut self, partners: Partners<'_>, group: impl Fn(u32) -> u32) {
        let mut met = std::mem::take(&mut self.met);
        met.clear();
        met.extend(partners.nodes.iter().map(|&partner| group(partner)));
        match partners.weights {
            Weights::Few { codes, known } => {
                for (&group, &code) in met.iter().zip(codes) {
                    if group != NO_GROUP {
                        self.add(group, known[code as usize]);
                    }
                }
            }
            Weights::Any(weights) => {
                for (&group, &weight) in met.iter().zip(weights) {
                    if group != NO_GROUP {
                        self.add(group, weight);
                    }
                }
            }
        }
        self.met = met;
    }

    /// Every group met and the talk with it, in the order in which they were met.
    #[inline]
    pub fn groups(&self) -> impl Iterator<Item = (u32, f32)> {
        self.used.iter().map(|&at| {
            let slot = self.slots[at as usize];
            (slot.group, slot.talk)
        })
    }

    /// The group with most talk.
    #[inline]
    pub fn most(&self) -> Option<(u32, f32)> {
        self.groups().reduce(|most, next| if next.1 > most.1 { next } else { most })
    }

    #[inline]
    pub fn clear(&mut self) {
        for &at in &self.used {
            self.slots[at as usize] = FREE;
        }
        self.used.clear();
    }
}

struct Moves<'a> {
    graph: &'a TalkGraph,
    weighing: Weighing,
    /// Each account's group, with the mark of those that wait.
    group: Vec<AtomicU32>,
    load: Vec<SharedSum>,
    /// Numbers that no group bears, for those who are better off alone, and how many of them were taken.
    free: Vec<u32>,
    taken: AtomicU32,
}

/// Whether an account may leave its group to be alone. Who starts alone need not: joining was their choice. Who starts
/// in a group known before must be able to, or no such group could ever split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    Never,
    WhereBetterAlone,
}

/// Moves accounts from the groups they are in (`labels`, each below the number of accounts); returns what it gains.
///
/// Ends when a sweep gains no more than `tolerance` of everything gained, of which `so_far` came before.
pub(super) fn move_nodes(
    graph: &TalkGraph,
    labels: &mut [u32],
    settings: &GroupSettings,
    leaving: Leaving,
    tolerance: f64,
    so_far: f64,
) -> f64 {
    let nodes = graph.nodes();
    let weighing = Weighing::new(graph, settings.objective);
    let mut load = vec![0.0; nodes];
    for (node, &label) in labels.iter().enumerate() {
        load[label as usize] += weighing.load(graph, node);
    }
    let free = match leaving {
        Leaving::Never => vec![],
        Leaving::WhereBetterAlone => {
            let mut is_used = vec![false; nodes];
            labels.iter().for_each(|&label| is_used[label as usize] = true);
            (0..nodes as u32).filter(|&label| !is_used[label as usize]).collect()
        }
    };
    let moves = Moves {
        free,
        taken: AtomicU32::new(0),
        graph,
        weighing,
        group: labels.iter().map(|&label| AtomicU32::new(label | WAITING)).collect(),
        load: load.into_iter().map(SharedSum::new).collect(),
    };
    let blocks = block_order(nodes, settings.seed);
    let mut gained = 0.0;
    for _ in 0..SWEEPS_MAX {
        let gain: f64 = over_blocks(settings.mode, &blocks, |&block, talk| moves.sweep(block, talk)).into_iter().sum();
        gained += gain;
        if gain <= tolerance * (so_far + gained) {
            break;
        }
    }
    for (label, group) in labels.iter_mut().zip(&moves.group) {
        *label = group.load(Relaxed) & !WAITING;
    }
    gained
}

/// Does something for every block, in order or on all threads at once; the answers keep the order of the blocks.
///
/// A work space is made for every portion of blocks, not for every block.
pub(super) fn over_blocks<B: Sync, W: Default, T: Send>(
    mode: Mode,
    blocks: &[B],
    work: impl Fn(&B, &mut W) -> T + Sync,
) -> Vec<T> {
    let portion = |blocks: &[B]| -> Vec<T> {
        let mut space = W::default();
        blocks.iter().map(|block| work(block, &mut space)).collect()
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
            if self.group[node].load(Relaxed) & WAITING != 0 {
                let own = self.group[node].fetch_and(!WAITING, Relaxed) & !WAITING;
                gain += self.move_one(node, own, talk);
            }
        }
        gain
    }

    #[inline]
    fn move_one(&self, node: usize, own: u32, talk: &mut TalkWith) -> f64 {
        let partners = self.graph.partners(node);
        talk.expect(partners.len() + 1);
        talk.add(own, 0.0);
        talk.add_all(partners, |partner| self.group[partner as usize].load(Relaxed) & !WAITING);
        let load = self.weighing.load(self.graph, node);
        let talk_with_own = talk.groups().next().map_or(0.0, |(_, talk)| f64::from(talk));
        let stays = self.weighing.worth(talk_with_own, load, self.load[own as usize].get() - load);
        let (mut best, mut best_worth) = (own, stays + GAIN_MIN);
        // The worth is never above the talk; so with the likeliest first, most loads need not be read.
        for (group, talk) in talk.groups() {
            if f64::from(talk) < best_worth || group == own {
                continue;
            }
            let worth = self.weighing.worth(f64::from(talk), load, self.load[group as usize].get());
            if worth > best_worth || (worth == best_worth && best != own && group < best) {
                (best, best_worth) = (group, worth);
            }
        }
        talk.clear();
        if best == own {
            // Alone nothing is gained and nothing lost.
            if stays >= -GAIN_MIN || self.free.is_empty() {
                return 0.0;
            }
            let Some(&alone) = self.free.get(self.taken.fetch_add(1, Relaxed) as usize) else { return 0.0 };
            (best, best_worth) = (alone, 0.0);
        }
        self.load[own as usize].add(-load);
        self.load[best as usize].add(load);
        // Who marked this account in between is heard.
        let before = self.group[node].swap(best, Relaxed);
        if before & WAITING != 0 {
            self.group[node].fetch_or(WAITING, Relaxed);
        }
        for &partner in partners.nodes {
            let group = &self.group[partner as usize];
            let there = group.load(Relaxed);
            if there & WAITING == 0 && there != best {
                group.fetch_or(WAITING, Relaxed);
            }
        }
        best_worth - stays
    }
}
