//! PageRank by pushing: probability that waits at an account moves on until hardly any is left waiting.
//!
//! While few accounts hold any, they are taken from a queue; once many do, all are gone over in order, which reads
//! memory straight. What is left waiting at the end is exactly the distance to the true ranks, so it is the bound.
//! Source: Wu, Gan, Wei, Zhang, "Unifying the global and local approaches: PowerPush" (2021).

use std::collections::VecDeque;

use super::csr::Csr;
use super::pagerank::{PageRank, Seed};

/// Where a walk starts, and starts again.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    Anywhere,
    /// In proportion to the weights.
    Seeds(&'a [Seed]),
}

/// The queue is left for going over all accounts once this share of them waits in it.
const QUEUE_SHARE: f64 = 0.25;
/// The demand on what may wait grows in this many strides.
const STRIDES: i32 = 8;

/// Ranks every account by how often a walk comes by that starts again with chance `restart` at each step.
///
/// `onward` has rows that add up to 1 ([`Csr::with_rows_adding_up_to_one`]) or are empty; a walk at a dead end starts
/// again. Ends when at most `error_max` is left waiting; that is `error_bound`, the L1 distance to the exact ranks.
/// One thread, so the same bytes always. Cost about `edges * ln(1 / error_max) / (2 restart)`; 17 bytes an account.
/// `steps` counts the times all accounts were gone over. Without a start every rank is 0.
pub fn power_push(onward: &Csr, start: Start<'_>, restart: f64, error_max: f64) -> PageRank {
    let nodes = onward.nodes();
    let mut pushing = Pushing { onward, restart, rank: vec![0.0; nodes], waiting: vec![0.0; nodes], at_dead_ends: 0.0 };
    let begins = begins(nodes, start);
    begins.give(1.0, &mut pushing.waiting);
    let mut left: f64 = pushing.waiting.iter().sum();
    if left == 0.0 {
        return PageRank { rank: pushing.rank, steps: 0, error_bound: 0.0 };
    }
    let slots = (onward.edges() + nodes).max(1) as f64;
    if let Start::Seeds(seeds) = start {
        pushing.push_from_queue(seeds, error_max / slots);
        left = pushing.settle(&begins);
    }
    let mut steps = 0;
    for stride in 1..=STRIDES {
        let error_here = error_max.powf(f64::from(stride) / f64::from(STRIDES));
        while left > error_here {
            pushing.go_over_all(error_here / slots);
            left = pushing.settle(&begins);
            steps += 1;
        }
    }
    PageRank { rank: pushing.rank, steps, error_bound: left }
}

/// The accounts a walk may start from and their shares.
enum Begins {
    Everywhere { share: f64 },
    At(Vec<Seed>),
}

fn begins(nodes: usize, start: Start<'_>) -> Begins {
    match start {
        Start::Anywhere => Begins::Everywhere { share: 1.0 / nodes.max(1) as f64 },
        Start::Seeds(seeds) => {
            let total: f64 = seeds.iter().map(|seed| seed.weight).sum();
            let share = |seed: &Seed| Seed { node: seed.node, weight: seed.weight / total };
            Begins::At(if total > 0.0 { seeds.iter().map(share).collect() } else { vec![] })
        }
    }
}

impl Begins {
    fn give(&self, amount: f64, waiting: &mut [f64]) {
        match self {
            Begins::Everywhere { share } => waiting.iter_mut().for_each(|waiting| *waiting += amount * share),
            Begins::At(seeds) => seeds.iter().for_each(|seed| waiting[seed.node as usize] += amount * seed.weight),
        }
    }
}

struct Pushing<'a> {
    onward: &'a Csr,
    restart: f64,
    rank: Vec<f64>,
    waiting: Vec<f64>,
    at_dead_ends: f64,
}

impl Pushing<'_> {
    /// Moves on what waits at one account; what comes to a dead end is kept for [`Pushing::settle`].
    #[inline]
    fn push(&mut self, node: usize) {
        let amount = std::mem::take(&mut self.waiting[node]);
        self.rank[node] += self.restart * amount;
        let on = (1.0 - self.restart) * amount;
        let row = self.onward.row(node);
        if row.targets.is_empty() {
            self.at_dead_ends += on;
        }
        for (&target, &chance) in row.targets.iter().zip(row.weights) {
            self.waiting[target as usize] += on * f64::from(chance);
        }
    }

    fn may_wait(&self, node: usize, each: f64) -> bool {
        self.waiting[node] <= each * self.onward.row(node).targets.len().max(1) as f64
    }

    fn push_from_queue(&mut self, seeds: &[Seed], each: f64) {
        let limit = (QUEUE_SHARE * self.waiting.len() as f64) as usize;
        let mut is_queued = vec![false; self.waiting.len()];
        let mut queue: VecDeque<u32> = VecDeque::new();
        for seed in seeds {
            if !std::mem::replace(&mut is_queued[seed.node as usize], true) {
                queue.push_back(seed.node);
            }
        }
        while queue.len() <= limit
            && let Some(node) = queue.pop_front()
        {
            is_queued[node as usize] = false;
            self.push(node as usize);
            for &target in self.onward.row(node as usize).targets {
                if !is_queued[target as usize] && !self.may_wait(target as usize, each) {
                    is_queued[target as usize] = true;
                    queue.push_back(target);
                }
            }
        }
    }

    fn go_over_all(&mut self, each: f64) {
        for node in 0..self.waiting.len() {
            if !self.may_wait(node, each) {
                self.push(node);
            }
        }
    }

    /// Sends what came to dead ends back to the start and returns what waits in all.
    fn settle(&mut self, begins: &Begins) -> f64 {
        let back = std::mem::take(&mut self.at_dead_ends);
        if back > 0.0 {
            begins.give(back, &mut self.waiting);
        }
        self.waiting.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::{PageRankSettings, Walk, pagerank, personalised_pagerank};

    const RESTART: f64 = 0.15;
    const EXACT: PageRankSettings = PageRankSettings { restart: RESTART, steps_max: 2_000, tolerance: 1e-13 };

    fn distance(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
    }

    proptest! {
        #[test]
        fn what_is_left_waiting_bounds_the_distance_to_the_exact_ranks(
            edges in proptest::collection::vec((0u32..40, 0u32..40, 1u32..9), 1..200),
            seed in 0u32..40,
            digits in 1i32..9,
        ) {
            let sources: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
            let targets: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
            let weights: Vec<f64> = edges.iter().map(|edge| f64::from(edge.2)).collect();
            let talk = Csr::from_edges(40, &sources, &targets, &weights);
            let walk = Walk::from_weights(talk.clone());
            let onward = talk.with_rows_adding_up_to_one();
            let error_max = 10f64.powi(-digits);
            let anywhere = power_push(&onward, Start::Anywhere, RESTART, error_max);
            prop_assert!(anywhere.error_bound <= error_max);
            let exact = pagerank(&walk, &EXACT).rank;
            prop_assert!(distance(&anywhere.rank, &exact) <= anywhere.error_bound + 1e-6);
            let seeds = [Seed { node: seed, weight: 2.0 }, Seed { node: 39 - seed, weight: 1.0 }];
            let near = power_push(&onward, Start::Seeds(&seeds), RESTART, error_max);
            prop_assert!(near.error_bound <= error_max);
            let exact = personalised_pagerank(&walk, &seeds, &EXACT).rank;
            prop_assert!(distance(&near.rank, &exact) <= near.error_bound + 1e-6);
        }
    }

    #[test]
    fn a_walk_without_a_start_goes_nowhere() {
        let onward = Csr::from_edges(3, &[0], &[1], &[1.0]).with_rows_adding_up_to_one();
        assert_eq!(power_push(&onward, Start::Seeds(&[]), RESTART, 1e-6).rank, vec![0.0; 3]);
        let nobody = Csr::from_edges(0, &[], &[], &[]);
        assert!(power_push(&nobody, Start::Anywhere, RESTART, 1e-6).rank.is_empty());
    }
}
