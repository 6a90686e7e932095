//! Conversation groups: which accounts talk more with each other than chance would have it (Leiden).
//!
//! The weighted talk of both directions is added up; accounts move between groups while a quality rises, groups are
//! refined from within, and the refined ones become the accounts of the next, smaller graph. Source: Traag, Waltman,
//! van Eck, "From Louvain to Leiden" (2019), with the asynchronous moves of Sahu, "GVE-Leiden" (2023).

mod merging;
mod moving;
mod pieces;
pub mod quality;
mod refining;
pub mod resolution;
mod talk_graph;

use serde::{Deserialize, Serialize};

use moving::Leaving;
pub use pieces::count_disconnected;
pub use quality::{modularity, normalised_mutual_information};
pub(super) use resolution::side_by_side;
pub use resolution::{Pair, Tried, try_objectives, usual_objectives};
pub use talk_graph::{Partner, Partners, TalkGraph};

/// What a good grouping is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "objective")]
pub enum Objective {
    /// More talk inside groups than a market with the same busy people would have by chance, times `resolution`.
    Modularity { resolution: f64 },
    /// Constant Potts: a group must be denser than `density` (weight for each pair of accounts). It knows no smallest
    /// group that it can see, so it suits small niches.
    Density { density: f64 },
}

/// How groups are found; stored and printed with every result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSettings {
    pub objective: Objective,
    /// Whether any number of threads must give the same bytes. Then one thread moves accounts, and only sums and merges
    /// are shared.
    pub mode: Mode,
    /// How often the whole is gone through at most. It is gone through again, from what was found, only where moving
    /// parts of groups as wholes gained much: clear groups need one time, faint ones two.
    pub iterations: usize,
    /// Decides in which order accounts are looked at; another seed is another opinion on the same talk.
    pub seed: u64,
}

/// Same bytes always, or all threads at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Deterministic,
    Parallel,
}

impl Default for GroupSettings {
    fn default() -> GroupSettings {
        GroupSettings {
            objective: Objective::Modularity { resolution: 1.0 },
            mode: Mode::Deterministic,
            iterations: 2,
            seed: 0,
        }
    }
}

/// The group of every account.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Grouping {
    /// Groups are numbered by size, largest first; equally large ones by their smallest member.
    pub group: Vec<u32>,
    /// How many groups there are.
    pub groups: usize,
}

impl Grouping {
    /// How many accounts each group has.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.groups];
        for &group in &self.group {
            sizes[group as usize] += 1;
        }
        sizes
    }

    /// Numbers any labels anew: by size, then by smallest member. Cost `O(accounts + groups log groups)`.
    pub fn from_labels(labels: &[u32]) -> Grouping {
        let limit = labels.iter().max().map_or(0, |&label| label as usize + 1);
        let mut size = vec![0u32; limit];
        let mut first = vec![u32::MAX; limit];
        for (account, &label) in labels.iter().enumerate() {
            size[label as usize] += 1;
            first[label as usize] = first[label as usize].min(account as u32);
        }
        let mut used: Vec<u32> = (0..limit as u32).filter(|&label| size[label as usize] > 0).collect();
        used.sort_unstable_by_key(|&label| (std::cmp::Reverse(size[label as usize]), first[label as usize]));
        let mut number = vec![0u32; limit];
        for (place, &label) in used.iter().enumerate() {
            number[label as usize] = place as u32;
        }
        Grouping { group: labels.iter().map(|&label| number[label as usize]).collect(), groups: used.len() }
    }
}

/// Moves end when a sweep gains less than this share of what was gained so far; each smaller graph asks for ten times
/// less.
const TOLERANCE: f64 = 5e-2;
/// A graph that shrinks by less than a fifth is not made smaller again.
const SHRINKS_TO: f64 = 0.8;
/// Accounts have settled once moving them in parts gains no more than this share of everything gained; else they are
/// looked at again one by one.
const SETTLED_SHARE: f64 = 0.05;
/// Graphs made from one another at most.
const LEVELS_MAX: usize = 20;

/// Finds the groups of a market. No group is ever in pieces.
///
/// In deterministic mode the same graph, settings and seed give the same bytes for any number of threads; in parallel
/// mode only the quality is the same. Cost a few sweeps over the talk, near `O(pairs)`; memory up to that of the
/// graph again, for the first of the smaller graphs. Up to 2,147,483,648 accounts.
pub fn find_groups(graph: &TalkGraph, settings: &GroupSettings) -> Grouping {
    let alone = (0..graph.nodes() as u32).collect();
    find_from(graph, settings, alone, Leaving::Never)
}

/// As [`find_groups`], from groups known before: `labels[account]` is any number below that of accounts, equal for
/// accounts that were in one group; who is new bears a number of their own.
///
/// What still holds together stays together, so a day's talk moves only those whom it concerns. A market that has
/// changed much is better looked at afresh. Cost about one sweep over the talk and the merges.
/// Source: the warm start of Sahu, "DF Leiden" (2024), with every account looked at once.
pub fn find_groups_from(graph: &TalkGraph, settings: &GroupSettings, labels: Vec<u32>) -> Grouping {
    find_from(graph, settings, labels, Leaving::WhereBetterAlone)
}

fn find_from(graph: &TalkGraph, settings: &GroupSettings, labels: Vec<u32>, leaving: Leaving) -> Grouping {
    assert!(graph.nodes() <= moving::NODES_MAX, "at most {} accounts", moving::NODES_MAX);
    assert_eq!(labels.len(), graph.nodes(), "a label for each account");
    let mut labels = labels;
    let mut gained = 0.0;
    for iteration in 0..settings.iterations.max(1) {
        let round = go_through(graph, labels, settings, leaving, iteration, gained);
        labels = round.labels;
        gained += round.gained_by_accounts + round.gained_by_parts;
        if round.gained_by_parts <= SETTLED_SHARE * gained {
            break;
        }
    }
    Grouping::from_labels(&labels)
}

/// One time through the talk.
struct Round {
    /// The group of each account; every group hangs together.
    labels: Vec<u32>,
    /// What moving accounts has added to the quality, and then moving parts of groups as wholes.
    gained_by_accounts: f64,
    gained_by_parts: f64,
}

/// From the accounts up, starting from `labels`, after so much was `gained`.
fn go_through(
    graph: &TalkGraph,
    mut labels: Vec<u32>,
    settings: &GroupSettings,
    leaving: Leaving,
    iteration: usize,
    gained: f64,
) -> Round {
    // Where each account is in the graph of this level; empty on the first, where it is itself.
    let mut place: Vec<u32> = vec![];
    let mut smaller: Option<TalkGraph> = None;
    let mut tolerance = TOLERANCE / 10f64.powi(iteration as i32);
    let (mut gained_by_accounts, mut gained_by_parts) = (0.0, 0.0);
    for _ in 0..LEVELS_MAX {
        let level = smaller.as_ref().unwrap_or(graph);
        let so_far = gained + gained_by_accounts + gained_by_parts;
        let gain = moving::move_nodes(level, &mut labels, settings, leaving, tolerance, so_far);
        *if smaller.is_some() { &mut gained_by_parts } else { &mut gained_by_accounts } += gain;
        // Who cannot leave has settled; parts of groups known before are put together further, until they can.
        let has_settled = gain == 0.0 && smaller.is_some() && leaving == Leaving::Never;
        if has_settled || count_distinct(&labels) == level.nodes() {
            break;
        }
        let parts = refining::refine(level, &labels, settings);
        if count_distinct(&parts) as f64 > SHRINKS_TO * level.nodes() as f64 {
            break;
        }
        let merged = merging::merge(level, &parts, labels);
        if place.is_empty() {
            place = merged.place;
        } else {
            place.iter_mut().for_each(|at| *at = merged.place[*at as usize]);
        }
        labels = merged.labels;
        smaller = Some(merged.graph);
        tolerance /= 10.0;
    }
    // Each account of a smaller graph is a part that hangs together, so pieces show on the smallest.
    labels = pieces::split(smaller.as_ref().unwrap_or(graph), &labels);
    if smaller.is_some() {
        labels = place.into_iter().map(|at| labels[at as usize]).collect();
    }
    Round { labels, gained_by_accounts, gained_by_parts }
}

/// How many different labels there are, all below their number.
fn count_distinct(labels: &[u32]) -> usize {
    let mut is_used = vec![false; labels.len()];
    labels.iter().filter(|&&label| !std::mem::replace(&mut is_used[label as usize], true)).count()
}

#[cfg(test)]
mod tests;
