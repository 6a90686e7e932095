//! How good a grouping is: its modularity, and how far it agrees with another one.

use super::TalkGraph;

/// Share of talk inside groups, less what chance would put there: `in / all - resolution * sum((group / all)^2)`.
///
/// In -1..=1. Source: Newman and Girvan (2004). Cost `O(pairs)`.
pub fn modularity(graph: &TalkGraph, labels: &[u32], resolution: f64) -> f64 {
    let total = graph.total();
    if total <= 0.0 {
        return 0.0;
    }
    let mut group = vec![0.0; labels.iter().max().map_or(0, |&label| label as usize + 1)];
    let mut inside = 0.0;
    for (node, &label) in labels.iter().enumerate() {
        group[label as usize] += graph.strength(node);
        for partner in graph.partners(node).iter() {
            if labels[partner.node as usize] == label {
                inside += f64::from(partner.weight);
            }
        }
    }
    inside / total - resolution * group.iter().map(|load: &f64| (load / total).powi(2)).sum::<f64>()
}

/// How much two groupings of the same accounts tell about each other: 1 the same, 0 nothing.
///
/// `2 I(a, b) / (H(a) + H(b))`; two groupings that both say nothing (one group each) agree: 1. Cost `O(accounts)`.
pub fn normalised_mutual_information(a: &[u32], b: &[u32]) -> f64 {
    assert_eq!(a.len(), b.len(), "two groupings of the same accounts");
    let count = a.len() as f64;
    let mut together: Vec<(u32, u32)> = a.iter().copied().zip(b.iter().copied()).collect();
    together.sort_unstable();
    let (of_a, of_b) = (sizes(a), sizes(b));
    let entropy = |sizes: &[u32]| -> f64 {
        sizes.iter().filter(|&&size| size > 0).map(|&size| f64::from(size) / count).map(|p| -p * p.ln()).sum()
    };
    let both = entropy(&of_a) + entropy(&of_b);
    if both <= 0.0 {
        return 1.0;
    }
    let information: f64 = together
        .chunk_by(|one, next| one == next)
        .map(|cell| {
            let (a, b) = cell[0];
            let p = cell.len() as f64 / count;
            p * (p * count * count / (f64::from(of_a[a as usize]) * f64::from(of_b[b as usize]))).ln()
        })
        .sum();
    2.0 * information / both
}

fn sizes(labels: &[u32]) -> Vec<u32> {
    let mut sizes = vec![0u32; labels.iter().max().map_or(0, |&label| label as usize + 1)];
    for &label in labels {
        sizes[label as usize] += 1;
    }
    sizes
}
