//! Parts of groups become the accounts of a smaller graph.

use super::moving::{TalkWith, over_blocks};
use super::talk_graph::Rows;
use super::{Mode, TalkGraph};

/// The smaller graph, and where everything went.
pub(super) struct Merged {
    pub graph: TalkGraph,
    /// For each account of the larger graph its place in the smaller one.
    pub place: Vec<u32>,
    /// The group each account of the smaller graph starts in, each below their number.
    pub labels: Vec<u32>,
}

/// Places of the smaller graph to a block of work.
const BLOCK: usize = 512;
const NOWHERE: u32 = u32::MAX;

/// Merges accounts with equal `parts`; a part lies within one group of `bound`. Cost `O(pairs)`.
pub(super) fn merge(graph: &TalkGraph, parts: &[u32], bound: &[u32]) -> Merged {
    let nodes = graph.nodes();
    // Parts are numbered by the group they lie in, so that those who talk stand near each other in memory.
    let mut by_bound: Vec<u32> = (0..nodes as u32).filter(|&node| parts[node as usize] == node).collect();
    let used = is_used(parts);
    by_bound.extend((0..nodes as u32).filter(|&label| used[label as usize] && parts[label as usize] != label));
    by_bound.sort_unstable_by_key(|&label| (bound[label as usize], label));
    let mut number = vec![NOWHERE; nodes];
    for (place, &label) in by_bound.iter().enumerate() {
        number[label as usize] = place as u32;
    }
    let place: Vec<u32> = parts.iter().map(|&part| number[part as usize]).collect();
    let count = by_bound.len();
    let members = Members::of(&place, count);
    let mut start_of_bound = vec![NOWHERE; nodes];
    let mut labels = vec![0; count];
    let (mut strength, mut size) = (vec![0.0; count], vec![0.0; count]);
    for node in 0..nodes {
        let at = place[node] as usize;
        strength[at] += graph.strength(node);
        size[at] += graph.size(node);
        let start = &mut start_of_bound[bound[node] as usize];
        if *start == NOWHERE {
            *start = at as u32;
        }
        labels[at] = *start;
    }
    let blocks: Vec<usize> = (0..count.div_ceil(BLOCK)).collect();
    // A row depends on its own members alone, so this may always use all threads.
    let rows = over_blocks(Mode::Parallel, &blocks, count, |block, talk| rows_of(graph, &members, &place, block, talk));
    let graph = TalkGraph::from_rows(rows, size, strength);
    Merged { graph, place, labels }
}

fn is_used(parts: &[u32]) -> Vec<bool> {
    let mut used = vec![false; parts.len()];
    for &part in parts {
        used[part as usize] = true;
    }
    used
}

fn rows_of(graph: &TalkGraph, members: &Members, place: &[u32], block: usize, talk: &mut TalkWith) -> Rows {
    let mut rows = Rows::default();
    for at in block * BLOCK..((block + 1) * BLOCK).min(members.count()) {
        for &node in members.of_place(at) {
            let partners = graph.partners(node as usize);
            for (&partner, &weight) in partners.targets.iter().zip(partners.weights) {
                let other = place[partner as usize];
                if other as usize != at {
                    talk.add(other, weight);
                }
            }
        }
        rows.degrees.push(talk.groups.len() as u32);
        for &other in &talk.groups {
            rows.targets.push(other);
            rows.weights.push(talk.with(other) as f32);
        }
        talk.clear();
    }
    rows
}

/// Who went to each place, ascending.
struct Members {
    offsets: Vec<u32>,
    nodes: Vec<u32>,
}

impl Members {
    fn of(place: &[u32], count: usize) -> Members {
        let mut offsets = vec![0u32; count + 1];
        for &at in place {
            offsets[at as usize + 1] += 1;
        }
        for at in 0..count {
            offsets[at + 1] += offsets[at];
        }
        let mut next = offsets.clone();
        let mut nodes = vec![0u32; place.len()];
        for (node, &at) in place.iter().enumerate() {
            nodes[next[at as usize] as usize] = node as u32;
            next[at as usize] += 1;
        }
        Members { offsets, nodes }
    }

    fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    fn of_place(&self, at: usize) -> &[u32] {
        &self.nodes[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }
}
