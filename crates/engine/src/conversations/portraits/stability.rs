//! How sure a group is: whether the same people are found together when a part of the talk is left out.

use crate::conversations::groups::{GroupSettings, TalkGraph, find_groups, side_by_side};

use super::figures::{Groups, NO_GROUP};
use super::participation::ShareRange;
use crate::intervals::mean_interval;
use model::Ratio;
use model::explanation::DEFAULT_LEVEL;

/// Share of the talking pairs that each trial leaves out.
const LEFT_OUT_SHARE: f64 = 0.2;
/// Trials on a market of ordinary size.
pub const TRIALS: u64 = 4;

/// How well each group is found again, 0..=1: over the trials, the mean of the largest overlap (members in both over
/// members in either) of the group with any group found without a fifth of the talking pairs. The range is the 90 %
/// interval of that mean over the trials (Student's t), cut to 0..=1; with one trial it is all of 0..=1.
///
/// Below about 0.5 a group is one way among several to cut its people. Cost one grouping a trial.
/// Source: Hennig, "Cluster-wise assessment of cluster stability" (2007), with pairs left out in place of points.
pub fn stability(graph: &TalkGraph, groups: &Groups, settings: &GroupSettings, trials: u64) -> Vec<ShareRange> {
    let seeds: Vec<u64> = (1..=trials.max(1)).map(|trial| settings.seed.wrapping_add(trial)).collect();
    let overlaps: Vec<Vec<f64>> = side_by_side(graph, &seeds, |&seed| {
        let (rest, _) = graph.hold_back(LEFT_OUT_SHARE, seed);
        let again = find_groups(&rest, &GroupSettings { seed, ..*settings });
        best_overlaps(groups, &again.group)
    });
    (0..groups.count).map(|group| over_trials(overlaps.iter().map(|trial| trial[group]).collect())).collect()
}

fn over_trials(overlaps: Vec<f64>) -> ShareRange {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let value = overlaps.iter().sum::<f64>() / overlaps.len() as f64;
    let range = mean_interval(&overlaps, level);
    ShareRange {
        value,
        lo: range.map_or(0.0, |range| range.lo.clamp(0.0, value)),
        hi: range.map_or(1.0, |range| range.hi.clamp(value, 1.0)),
    }
}

/// The largest Jaccard overlap of each group with any of the labels. Cost `O(accounts log accounts)`.
fn best_overlaps(groups: &Groups, labels: &[u32]) -> Vec<f64> {
    let mut label_size = vec![0u32; labels.iter().max().map_or(0, |&label| label as usize + 1)];
    labels.iter().for_each(|&label| label_size[label as usize] += 1);
    let group_size = groups.sizes();
    let mut both: Vec<(u32, u32)> = groups
        .of_account
        .iter()
        .zip(labels)
        .filter(|(group, _)| **group != NO_GROUP)
        .map(|(&group, &label)| (group, label))
        .collect();
    both.sort_unstable();
    let mut best = vec![0f64; groups.count];
    for same in both.chunk_by(|a, b| a == b) {
        let (group, label) = same[0];
        let shared = same.len() as f64;
        let either = f64::from(group_size[group as usize]) + f64::from(label_size[label as usize]) - shared;
        best[group as usize] = best[group as usize].max(shared / either);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Csr;
    use crate::random::mix;

    /// `groups` cliques of `size`, each joined to the next by one pair.
    fn cliques(groups: u32, size: u32) -> TalkGraph {
        let (mut sources, mut targets) = (vec![], vec![]);
        for group in 0..groups {
            for one in 0..size {
                for other in 0..one {
                    sources.push(group * size + one);
                    targets.push(group * size + other);
                }
            }
            sources.push(group * size);
            targets.push((group + 1) % groups * size);
        }
        let weights = vec![1.0; sources.len()];
        TalkGraph::from_directed(&Csr::from_edges((groups * size) as usize, &sources, &targets, &weights))
    }

    #[test]
    fn close_groups_are_found_again_and_arbitrary_ones_are_not() {
        let graph = cliques(6, 10);
        let close = Groups { of_account: (0..60).map(|account| account / 10).collect(), count: 6, outside: 0 };
        let found = stability(&graph, &close, &GroupSettings::default(), TRIALS);
        assert!(found.iter().all(|sure| sure.lo > 0.8), "{found:?}");
        let arbitrary = Groups { of_account: (0..60).map(|account| account % 6).collect(), count: 6, outside: 0 };
        let found = stability(&graph, &arbitrary, &GroupSettings::default(), TRIALS);
        assert!(found.iter().all(|sure| sure.value < 0.3), "{found:?}");
    }

    #[test]
    fn four_trials_give_an_interval_that_holds_what_many_trials_say() {
        // Six circles of ten in which talk is thin and leaks: neither clear nor lost, so that trials differ.
        let (mut sources, mut targets) = (vec![], vec![]);
        for one in 0..60u32 {
            for other in 0..one {
                let of_100 = mix(u64::from(one * 60 + other)) % 100;
                if of_100 < if one / 10 == other / 10 { 45 } else { 6 } {
                    sources.push(one);
                    targets.push(other);
                }
            }
        }
        let graph = TalkGraph::from_directed(&Csr::from_edges(60, &sources, &targets, &vec![1.0; sources.len()]));
        let groups = Groups { of_account: (0..60).map(|account| account / 10).collect(), count: 6, outside: 0 };
        let settings = |seed| GroupSettings { seed, ..GroupSettings::default() };
        let many = stability(&graph, &groups, &settings(5_000), 200);
        let (mut held, mut all) = (0, 0);
        for set in 0..60u64 {
            for (few, many) in stability(&graph, &groups, &settings(10 * set), TRIALS).iter().zip(&many) {
                assert!(0.0 <= few.lo && few.lo <= few.value && few.value <= few.hi && few.hi <= 1.0, "{few:?}");
                all += 1;
                held += u32::from(few.lo - 1e-9 <= many.value && many.value <= few.hi + 1e-9);
            }
        }
        assert!(many.iter().any(|group| group.value < 0.95), "trials differ: {many:?}");
        println!("90 % intervals of {TRIALS} trials held the mean of 200 in {held} of {all}");
        assert!(f64::from(held) > 0.8 * f64::from(all), "{held} of {all}");
    }
}
