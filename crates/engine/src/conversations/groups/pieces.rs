//! Groups in pieces: found by walking inside each group, and split so that none remains.

use super::TalkGraph;

/// Labels under which every group hangs together: one for each piece, the smallest account in it.
///
/// Cost `O(pairs)`. A group in pieces comes about when threads refine it at the same time, or when the account that
/// held two parts together moved away.
pub(super) fn split(graph: &TalkGraph, labels: &[u32]) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let mut piece = vec![UNSEEN; labels.len()];
    let mut ahead = vec![];
    for start in 0..labels.len() {
        if piece[start] != UNSEEN {
            continue;
        }
        piece[start] = start as u32;
        ahead.push(start as u32);
        while let Some(node) = ahead.pop() {
            for &partner in graph.partners(node as usize).nodes {
                let at = partner as usize;
                if piece[at] == UNSEEN && labels[at] == labels[start] {
                    piece[at] = start as u32;
                    ahead.push(partner);
                }
            }
        }
    }
    piece
}

/// How many groups are in more than one piece. Cost `O(pairs)`.
pub fn count_disconnected(graph: &TalkGraph, labels: &[u32]) -> usize {
    let piece = split(graph, labels);
    let limit = labels.iter().max().map_or(0, |&label| label as usize + 1);
    let mut first_piece = vec![u32::MAX; limit];
    let mut is_broken = vec![false; limit];
    for (&label, &piece) in labels.iter().zip(&piece) {
        let first = &mut first_piece[label as usize];
        if *first == u32::MAX {
            *first = piece;
        } else if *first != piece {
            is_broken[label as usize] = true;
        }
    }
    is_broken.iter().filter(|&&broken| broken).count()
}
