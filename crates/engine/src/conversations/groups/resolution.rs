//! How fine the groups should be: the setting whose groups foretell talk that was held back.
//!
//! A tenth of the pairs is held back, groups are found in the rest at each setting, and the setting is chosen whose
//! groups say most about the held-back pairs. Groups that are too coarse say little about who talks with whom; groups
//! that are too fine follow chance, and held-back talk leaves them.

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

/// Steps in a row that foretold less than the one before, after which finer ones are not tried.
const WORSE_STEPS_MAX: usize = 2;

/// Tries the objectives, best first; ties keep the order given. Of either kind they are tried in the order given, from
/// coarse to fine, until two in a row foretold less than the one before: finer groups follow chance ever more.
///
/// `bits = s log2(r_in) + (1 - s) log2(r_out)`, s = share of held-back talk inside groups, `r_in` and `r_out` = how
/// many times likelier than by chance the *other* talk is inside and outside: the mean log-likelihood, against degrees
/// alone, of a planted partition (Newman 2016) that never saw that talk. Cost one grouping for each objective tried;
/// memory the graph a second time and one grouping, however many are tried.
pub fn try_objectives(graph: &TalkGraph, settings: &GroupSettings, objectives: &[Objective]) -> Vec<Tried> {
    let (rest, held_back) = graph.hold_back(HELD_BACK_SHARE, settings.seed);
    let mut tried: Vec<Tried> = vec![];
    let (mut by_talk, mut by_density) = (Climb::default(), Climb::default());
    for &objective in objectives {
        let climb = match objective {
            Objective::Modularity { .. } => &mut by_talk,
            Objective::Density { .. } => &mut by_density,
        };
        if climb.worse_steps < WORSE_STEPS_MAX {
            let found = try_one(&rest, &held_back, &GroupSettings { objective, ..*settings });
            climb.step(found.bits_per_talk);
            tried.push(found);
        }
    }
    tried.sort_by(|a, b| b.bits_per_talk.total_cmp(&a.bits_per_talk));
    tried
}

fn try_one(rest: &TalkGraph, held_back: &[Pair], settings: &GroupSettings) -> Tried {
    let found = find_groups(rest, settings);
    let seen = InsideShare::of_graph(rest, &found.group);
    let by_chance = chance_inside(rest, &found.group, found.groups);
    let held = InsideShare::of_pairs(held_back, &found.group);
    let ratio = |share: f64, chance: f64| (share.max(1e-9) / chance.max(1e-9)).log2();
    let bits = held.0 * ratio(seen.0, by_chance) + (1.0 - held.0) * ratio(1.0 - seen.0, 1.0 - by_chance);
    Tried {
        objective: settings.objective,
        groups: found.groups,
        bits_per_talk: bits,
        share_inside: held.0,
        share_by_chance: by_chance,
    }
}

/// How the last steps from coarse to fine went.
#[derive(Default)]
struct Climb {
    last: Option<f64>,
    worse_steps: usize,
}

impl Climb {
    fn step(&mut self, bits: f64) {
        let is_worse = self.last.is_some_and(|last| bits < last);
        self.worse_steps = if is_worse { self.worse_steps + 1 } else { 0 };
        self.last = Some(bits);
    }
}

/// A pair that talks, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub one: u32,
    pub other: u32,
    pub weight: f32,
}

struct InsideShare(f64);

impl InsideShare {
    fn of_pairs(pairs: &[Pair], group: &[u32]) -> InsideShare {
        let weight = |pair: &Pair| f64::from(pair.weight);
        let all: f64 = pairs.iter().map(weight).sum();
        let inside: f64 =
            pairs.iter().filter(|pair| group[pair.one as usize] == group[pair.other as usize]).map(weight).sum();
        InsideShare(if all > 0.0 { inside / all } else { 0.0 })
    }

    fn of_graph(graph: &TalkGraph, group: &[u32]) -> InsideShare {
        let mut inside = 0.0;
        for node in 0..graph.nodes() {
            for partner in graph.partners(node).iter() {
                if group[partner.node as usize] == group[node] {
                    inside += f64::from(partner.weight);
                }
            }
        }
        InsideShare(if graph.total() > 0.0 { inside / graph.total() } else { 0.0 })
    }
}

/// What share of talk would be inside groups if only how busy people are mattered.
fn chance_inside(graph: &TalkGraph, group: &[u32], groups: usize) -> f64 {
    let mut load = vec![0.0; groups];
    for (node, &label) in group.iter().enumerate() {
        load[label as usize] += graph.strength(node);
    }
    let total = graph.total().max(f64::MIN_POSITIVE);
    load.iter().map(|load| (load / total).powi(2)).sum()
}
