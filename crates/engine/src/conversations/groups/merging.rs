//! Parts of groups become the accounts of a smaller graph.

use std::ops::Range;

use super::moving::{TalkWith, over_blocks};
use super::talk_graph::{Partner, Rows, RowsMaker, block_ranges};
use super::{Mode, TalkGraph};

/// The smaller graph, and where everything went.
pub(super) struct Merged {
    pub graph: TalkGraph,
    /// For each account of the larger graph its place in the smaller one.
    pub place: Vec<u32>,
    /// The group each account of the smaller graph starts in, each below their number.
    pub labels: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

/// Merges accounts with equal `parts`, each named after one of its members and within one group of `bound`.
///
/// Cost `O(pairs)`.
pub(super) fn merge(graph: &TalkGraph, parts: &[u32], bound: Vec<u32>) -> Merged {
    let nodes = graph.nodes();
    // Parts are numbered by the group they lie in, so that those who talk stand near each other in memory.
    let mut by_bound: Vec<u32> = (0..nodes as u32).filter(|&node| parts[node as usize] == node).collect();
    by_bound.sort_unstable_by_key(|&label| (bound[label as usize], label));
    let count = by_bound.len();
    let mut labels: Vec<u32> = Vec::with_capacity(count);
    let mut number = vec![NOWHERE; nodes];
    for (place, &label) in by_bound.iter().enumerate() {
        let is_same = place > 0 && bound[by_bound[place - 1] as usize] == bound[label as usize];
        labels.push(if is_same { labels[place - 1] } else { place as u32 });
        number[label as usize] = place as u32;
    }
    drop((bound, by_bound));
    let place: Vec<u32> = parts.iter().map(|&part| number[part as usize]).collect();
    drop(number);
    let (mut strength, mut size) = (vec![0.0; count], vec![0; count]);
    for (node, &at) in place.iter().enumerate() {
        strength[at as usize] += graph.strength(node);
        size[at as usize] += graph.size(node);
    }
    let members = Members::of(&place, count);
    let blocks: Vec<Range<usize>> = block_ranges(0..count, count).collect();
    // A row depends on its own members alone, so this may always use all threads.
    let rows =
        over_blocks(Mode::Parallel, &blocks, |block, space| rows_of(graph, &members, &place, block.clone(), space));
    Merged { graph: TalkGraph::from_rows(rows, strength, size), place, labels }
}

#[derive(Default)]
struct Space {
    talk: TalkWith,
    rows: RowsMaker,
}

fn rows_of(graph: &TalkGraph, members: &Members, place: &[u32], block: Range<usize>, space: &mut Space) -> Rows {
    let Space { talk, rows } = space;
    for at in block {
        let members_here = members.of_place(at);
        let partners: usize = members_here.iter().map(|&node| graph.partners(node as usize).len()).sum();
        talk.expect(partners.min(members.count()));
        for &node in members_here {
            talk.add_all(graph.partners(node as usize), |partner| place[partner as usize]);
        }
        for (node, weight) in talk.groups().filter(|&(other, _)| other as usize != at) {
            rows.push(Partner { node, weight });
        }
        rows.end_row();
        talk.clear();
    }
    rows.finish()
}

/// Who went to each place, ascending.
struct Members {
    /// Where each place's members end; the first begin at 0.
    ends: Vec<u32>,
    nodes: Vec<u32>,
}

impl Members {
    fn of(place: &[u32], count: usize) -> Members {
        let mut ends = vec![0u32; count + 1];
        for &at in place {
            ends[at as usize + 1] += 1;
        }
        for at in 0..count {
            ends[at + 1] += ends[at];
        }
        let mut nodes = vec![0u32; place.len()];
        for (node, &at) in place.iter().enumerate() {
            nodes[ends[at as usize] as usize] = node as u32;
            ends[at as usize] += 1;
        }
        ends.truncate(count);
        Members { ends, nodes }
    }

    fn count(&self) -> usize {
        self.ends.len()
    }

    fn of_place(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.nodes[start as usize..self.ends[at] as usize]
    }
}
