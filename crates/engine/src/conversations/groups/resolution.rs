//! How fine the groups should be: the setting whose groups foretell talk that was held back.
//!
//! A tenth of the pairs is held back, groups are found in the rest at each setting, and the setting is chosen whose
//! groups say most about the held-back pairs. Groups that are too coarse say little about who talks with whom; groups
//! that are too fine follow chance, and held-back talk leaves them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{GroupSettings, Objective, TalkGraph, find_groups};

/// Share of the pairs that is held back.
pub const HELD_BACK_SHARE: f64 = 0.1;

/// One setting and what its groups foretold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    #[serde(flatten)]
    pub objective: Objective,
    pub groups: usize,
    /// Bits that the groups say about each held-back talk, beyond how busy the two are.
    pub bits_per_talk: f64,
    /// Share of the held-back talk that stays inside groups, and what chance would put there.
    pub share_inside: f64,
    pub share_by_chance: f64,
}

/// The modularity resolutions and the densities that are tried when nobody names one, each from coarse to fine.
pub fn usual_objectives() -> Vec<Objective> {
    let resolutions = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
    let densities = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
    let by_talk = resolutions.into_iter().map(|resolution| Objective::Modularity { resolution });
    by_talk.chain(densities.into_iter().map(|density| Objective::Density { density })).collect()
}

/// Tries objectives, best first; ties keep the order given. Where objectives of one kind follow one another from coarse
/// to fine, the finer ones are left out once two in a row foretold less than the one before.
///
/// `bits = sum over groups of h_g log2(r_g) + h_out log2(r_out)`: h = share of the held-back talk inside the group or
/// across groups, `r` = how many times likelier than by chance the *other* talk is there, smoothed by the weight of one
/// pair. It is the mean log-likelihood, against degrees alone, of a planted partition (Newman 2016) whose groups may
/// differ in how close they are, and that never saw that talk. Cost one grouping for each objective; kinds are tried side
/// by side where the market is not too large for two groupings at once.
pub fn try_objectives(graph: &TalkGraph, settings: &GroupSettings, objectives: &[Objective]) -> Vec<Tried> {
    let (rest, held_back) = graph.hold_back(HELD_BACK_SHARE, settings.seed);
    let kinds: Vec<&[Objective]> =
        objectives.chunk_by(|a, b| std::mem::discriminant(a) == std::mem::discriminant(b)).collect();
    let try_kind = |kind: &[Objective]| try_kind(&rest, &held_back, settings, kind);
    let mut tried = side_by_side(graph, &kinds, |kind| try_kind(kind)).concat();
    tried.sort_by(|a, b| b.bits_per_talk.total_cmp(&a.bits_per_talk));
    tried
}

/// From coarse to fine, until two in a row foretell less than the one before.
fn try_kind(rest: &TalkGraph, held_back: &[Pair], settings: &GroupSettings, objectives: &[Objective]) -> Vec<Tried> {
    let mut tried: Vec<Tried> = vec![];
    let (mut before, mut worse_in_a_row) = (f64::NEG_INFINITY, 0);
    for &objective in objectives {
        let found = try_one(rest, held_back, &GroupSettings { objective, ..*settings });
        worse_in_a_row = if found.bits_per_talk < before { worse_in_a_row + 1 } else { 0 };
        before = found.bits_per_talk;
        tried.push(found);
        if worse_in_a_row >= WORSE_IN_A_ROW_MAX {
            break;
        }
    }
    tried
}

/// Larger markets are grouped one way after the other, so that memory does not grow with the threads.
const PAIRS_SIDE_BY_SIDE_MAX: usize = 20_000_000;

/// Does the same work for several inputs, side by side unless the market is large; answers keep the order of the inputs.
pub(in crate::conversations) fn side_by_side<I: Sync, T: Send>(
    graph: &TalkGraph,
    inputs: &[I],
    work: impl Fn(&I) -> T + Sync + Send,
) -> Vec<T> {
    if graph.pairs() <= PAIRS_SIDE_BY_SIDE_MAX {
        inputs.par_iter().map(work).collect()
    } else {
        inputs.iter().map(work).collect()
    }
}

fn try_one(rest: &TalkGraph, held_back: &[Pair], settings: &GroupSettings) -> Tried {
    let found = find_groups(rest, settings);
    let seen = Inside::of_graph(rest, &found.group, found.groups);
    let held = Inside::of_pairs(held_back, &found.group, found.groups);
    let chance = chance_inside(rest, &found.group, found.groups);
    let smoothing = seen.all / (2.0 * rest.pairs().max(1) as f64);
    let times =
        |weight: f64, chance: f64| (weight + smoothing) / (chance * seen.all + smoothing).max(f64::MIN_POSITIVE);
    let mut bits = 0.0;
    for ((&held, &seen), &chance) in held.of_group.iter().zip(&seen.of_group).zip(&chance) {
        bits += held * times(seen, chance).log2();
    }
    let by_chance: f64 = chance.iter().sum();
    bits += (held.all - held.inside()) * times(seen.all - seen.inside(), 1.0 - by_chance).log2();
    let all = held.all.max(f64::MIN_POSITIVE);
    Tried {
        objective: settings.objective,
        groups: found.groups,
        bits_per_talk: bits / all,
        share_inside: held.inside() / all,
        share_by_chance: by_chance,
    }
}

/// Finer objectives are given up after so many in a row that foretell less than the one before.
const WORSE_IN_A_ROW_MAX: usize = 2;

/// A pair that talks, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub one: u32,
    pub other: u32,
    pub weight: f32,
}

/// Weight of talk inside each group, and of all talk.
struct Inside {
    of_group: Vec<f64>,
    all: f64,
}

impl Inside {
    fn of_pairs(pairs: &[Pair], group: &[u32], groups: usize) -> Inside {
        let mut found = Inside { of_group: vec![0.0; groups], all: 0.0 };
        for pair in pairs {
            let weight = f64::from(pair.weight);
            found.all += weight;
            if group[pair.one as usize] == group[pair.other as usize] {
                found.of_group[group[pair.one as usize] as usize] += weight;
            }
        }
        found
    }

    fn of_graph(graph: &TalkGraph, group: &[u32], groups: usize) -> Inside {
        let mut found = Inside { of_group: vec![0.0; groups], all: graph.total() };
        for node in 0..graph.nodes() {
            for partner in graph.partners(node).iter() {
                if group[partner.node as usize] == group[node] {
                    found.of_group[group[node] as usize] += f64::from(partner.weight);
                }
            }
        }
        found
    }

    fn inside(&self) -> f64 {
        self.of_group.iter().sum()
    }
}

/// What share of talk would be inside each group if only how busy people are mattered. Nobody talks with oneself, so those
/// pairs count nowhere.
fn chance_inside(graph: &TalkGraph, group: &[u32], groups: usize) -> Vec<f64> {
    let (mut load, mut with_oneself) = (vec![0.0; groups], vec![0.0; groups]);
    for (node, &label) in group.iter().enumerate() {
        let strength = graph.strength(node);
        load[label as usize] += strength;
        with_oneself[label as usize] += strength * strength;
    }
    let total = (graph.total().powi(2) - with_oneself.iter().sum::<f64>()).max(f64::MIN_POSITIVE);
    load.iter().zip(&with_oneself).map(|(load, oneself)| (load * load - oneself).max(0.0) / total).collect()
}
