//! How deep inside the talk an account is: the largest k so that it has k partners who have k partners themselves.

use super::csr::Csr;

/// The core number of every node of an undirected graph, whose rows hold each pair at both ends.
///
/// A node of core k is left when all nodes with fewer than k partners are taken away, again and again. Self-loops
/// must not occur. Cost `O(nodes + pairs)`. Source: Batagelj, Zaversnik, "An O(m) algorithm for cores" (2003).
///
/// ```
/// use engine::graph::{Csr, core_numbers};
/// // A triangle with a tail: 0-1-2-0 and 2-3.
/// let pairs = [(0, 1), (1, 2), (2, 0), (2, 3)];
/// let (one, other): (Vec<u32>, Vec<u32>) = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).unzip();
/// let graph = Csr::from_edges(4, &one, &other, &[1.0; 8]);
/// assert_eq!(core_numbers(&graph), [2, 2, 2, 1]);
/// ```
pub fn core_numbers(graph: &Csr) -> Vec<u32> {
    let nodes = graph.nodes();
    let mut degree: Vec<u32> = (0..nodes).map(|node| graph.row(node).targets.len() as u32).collect();
    let most = degree.iter().max().map_or(0, |&most| most as usize);
    // Nodes in the order of their degree; `begins[d]` is where those of degree d begin.
    let mut begins = vec![0usize; most + 2];
    degree.iter().for_each(|&degree| begins[degree as usize + 1] += 1);
    for degree in 0..=most {
        begins[degree + 1] += begins[degree];
    }
    let mut next = begins.clone();
    let mut order = vec![0u32; nodes];
    let mut place = vec![0usize; nodes];
    for node in 0..nodes {
        let at = &mut next[degree[node] as usize];
        (order[*at], place[node]) = (node as u32, *at);
        *at += 1;
    }
    for at in 0..nodes {
        let node = order[at] as usize;
        for &partner in graph.row(node).targets {
            let partner = partner as usize;
            if degree[partner] > degree[node] {
                // The partner changes places with the first of its degree, and belongs to the degree below.
                let first = begins[degree[partner] as usize].max(at + 1);
                let swapped = order[first] as usize;
                order.swap(place[partner], first);
                (place[swapped], place[partner]) = (place[partner], first);
                begins[degree[partner] as usize] = first + 1;
                degree[partner] -= 1;
            }
        }
    }
    degree
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes nodes away one degree after another, as the definition says.
    fn by_definition(graph: &Csr) -> Vec<u32> {
        let nodes = graph.nodes();
        let mut core = vec![0; nodes];
        let mut is_there = vec![true; nodes];
        for least in 1..=nodes as u32 {
            loop {
                let partners = |node: usize| {
                    graph.row(node).targets.iter().filter(|&&partner| is_there[partner as usize]).count() as u32
                };
                let leaving: Vec<usize> = (0..nodes).filter(|&node| is_there[node] && partners(node) < least).collect();
                if leaving.is_empty() {
                    break;
                }
                for node in leaving {
                    is_there[node] = false;
                    core[node] = least - 1;
                }
            }
        }
        core
    }

    proptest! {
        #[test]
        fn core_numbers_are_what_taking_nodes_away_leaves(pairs in proptest::collection::vec((0u32..25, 0u32..25), 0..120)) {
            let mut ends: Vec<(u32, u32)> = pairs.iter().filter(|pair| pair.0 != pair.1).flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
            ends.sort_unstable();
            ends.dedup();
            let (one, other): (Vec<u32>, Vec<u32>) = ends.iter().copied().unzip();
            let graph = Csr::from_edges(25, &one, &other, &vec![1.0; ends.len()]);
            prop_assert_eq!(core_numbers(&graph), by_definition(&graph));
        }
    }
}
