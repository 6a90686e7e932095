//! Rank by walking along the talk: who is reached often by a walker that follows conversations.
//!
//! Global PageRank starts anywhere; the personalised one starts again and again at a given set of buyers, so it
//! ranks accounts by how near they are to those buyers. Each row is pulled in a fixed order and partial sums are
//! made over fixed blocks, so any number of threads gives the same bytes.

use std::ops::{Add, AddAssign, Mul};

use rayon::prelude::*;

use super::Walk;

/// Nodes to a block of work; sums are made block by block, in order.
const BLOCK: usize = 1024;

/// The settings of a walk, printed with every result.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PageRankSettings {
    /// Chance, at each step, of starting again; 0.15 is usual.
    pub restart: f64,
    /// Most steps taken.
    pub steps_max: usize,
    /// Stop once the result is this close (L1) to the exact one; 0 takes all steps.
    pub tolerance: f64,
}

impl Default for PageRankSettings {
    fn default() -> PageRankSettings {
        PageRankSettings { restart: 0.15, steps_max: 12, tolerance: 0.0 }
    }
}

/// A rank for every account, adding up to 1, and how far from exact it can be.
#[derive(Clone, Debug, PartialEq)]
pub struct PageRank {
    pub rank: Vec<f64>,
    pub steps: usize,
    /// The L1 distance to the exact rank is at most this.
    pub error_bound: f64,
}

/// One account a walk starts from, and how often relative to the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seed {
    pub node: u32,
    pub weight: f64,
}

/// Ranks every account by how often a walker comes by that follows talk and starts again anywhere.
///
/// `x <- (1-a) P^T x + ((1-a) x(dead ends) + a) / n`; ranks lie in 0..=1 and add up to 1.
/// Cost `O(steps * edges)`. Source: Page, Brin, Motwani, Winograd, "The PageRank citation ranking" (1998).
///
/// ```
/// use engine::graph::{Csr, Graph, PageRankSettings, Walk, pagerank};
/// let graph = Graph::from_out(Csr::from_edges(3, &[0, 1], &[2, 2], &[1.0, 1.0]));
/// let result = pagerank(&Walk::forward(&graph), &PageRankSettings::default());
/// assert!(result.rank[2] > result.rank[0]);
/// ```
pub fn pagerank(walk: &Walk, settings: &PageRankSettings) -> PageRank {
    let nodes = walk.nodes();
    let walked = power::<f64, 1>(walk, &vec![[1.0 / nodes.max(1) as f64]; nodes], settings);
    walked.one()
}

/// Ranks every account by nearness to a set of buyers: the walker starts again only at them.
///
/// `x <- (1-a) P^T x + ((1-a) x(dead ends) + a) r`, r = the seeds' weights made to add up to 1. One query serves the
/// whole set, whatever its size. Without a seed of positive weight every rank is 0.
/// Cost `O(steps * edges)`. Source: Jeh and Widom, "Scaling personalized web search" (2003), section 3.
pub fn personalised_pagerank(walk: &Walk, seeds: &[Seed], settings: &PageRankSettings) -> PageRank {
    power(walk, &restarts::<f64, 1>(walk.nodes(), &[seeds]), settings).one()
}

/// Walks from several sets of buyers, each read at the accounts asked about; the same bytes as one set after another.
///
/// `asked[i]` are the accounts whose nearness to `sets[i]` is wanted; the answer has their order. The walk is that of
/// [`personalised_pagerank`] in single precision: within a thousandth of it, at a hub of 100,000 too. Sixteen sets
/// walk side by side, four on a graph of more than two million accounts, so the graph is read once for all of them.
/// Cost `O(sets / 16 * steps * edges)` memory reads; 192 bytes a node, and a quarter of that on a larger graph.
pub fn nearness_of_sets(walk: &Walk, sets: &[&[Seed]], asked: &[&[u32]], settings: &PageRankSettings) -> Vec<Vec<f64>> {
    assert_eq!(sets.len(), asked.len(), "accounts to ask about for every set");
    match (sets.len(), walk.nodes()) {
        (0 | 1, _) => side_by_side::<1>(walk, sets, asked, settings),
        (2..=4, _) => side_by_side::<4>(walk, sets, asked, settings),
        (_, nodes) if nodes > NODES_OF_SIXTEEN_MAX => side_by_side::<4>(walk, sets, asked, settings),
        _ => side_by_side::<16>(walk, sets, asked, settings),
    }
}

/// Sixteen singles fill one line of the processor's cache; beyond so many nodes they would fill too much memory.
const NODES_OF_SIXTEEN_MAX: usize = 2_000_000;

fn side_by_side<const LANES: usize>(
    walk: &Walk,
    sets: &[&[Seed]],
    asked: &[&[u32]],
    settings: &PageRankSettings,
) -> Vec<Vec<f64>> {
    let mut answers = Vec::with_capacity(sets.len());
    for (sets, asked) in sets.chunks(LANES).zip(asked.chunks(LANES)) {
        let rank = power(walk, &restarts::<f32, LANES>(walk.nodes(), sets), settings).rank;
        for (lane, asked) in asked.iter().enumerate() {
            answers.push(asked.iter().map(|&node| f64::from(rank[node as usize][lane])).collect());
        }
    }
    answers
}

/// A number ranks are reckoned in: double where they are looked at, single where many sets walk side by side.
trait Real: Copy + Default + Send + Sync + AddAssign + Add<Output = Self> + Mul<Output = Self> + Into<f64> {
    fn of(value: f64) -> Self;
    fn chance(chance: f32) -> Self;
}

impl Real for f64 {
    fn of(value: f64) -> f64 {
        value
    }

    fn chance(chance: f32) -> f64 {
        f64::from(chance)
    }
}

impl Real for f32 {
    fn of(value: f64) -> f32 {
        value as f32
    }

    fn chance(chance: f32) -> f32 {
        chance
    }
}

/// Where each set's walker starts again: its seeds' weights, made to add up to 1.
fn restarts<R: Real, const LANES: usize>(nodes: usize, sets: &[&[Seed]]) -> Vec<[R; LANES]> {
    let mut restart = vec![[R::default(); LANES]; nodes];
    for (lane, seeds) in sets.iter().enumerate() {
        let total: f64 = seeds.iter().map(|seed| seed.weight).sum();
        if total > 0.0 {
            for seed in *seeds {
                restart[seed.node as usize][lane] += R::of(seed.weight / total);
            }
        }
    }
    restart
}

/// The outcome of walking with several sets side by side.
struct Walked<R, const LANES: usize> {
    rank: Vec<[R; LANES]>,
    steps: usize,
    error_bound: f64,
}

impl Walked<f64, 1> {
    fn one(self) -> PageRank {
        PageRank {
            rank: self.rank.into_iter().map(|[rank]| rank).collect(),
            steps: self.steps,
            error_bound: self.error_bound,
        }
    }
}

/// Walks until the worst of the sets is within the tolerance.
fn power<R: Real, const LANES: usize>(
    walk: &Walk,
    restart: &[[R; LANES]],
    settings: &PageRankSettings,
) -> Walked<R, LANES> {
    let follow = 1.0 - settings.restart;
    let dead_ends: Vec<u32> =
        (0..walk.nodes() as u32).filter(|&node| walk.onward(node as usize).targets.is_empty()).collect();
    let mut rank = restart.to_vec();
    let mut next = vec![[R::default(); LANES]; rank.len()];
    let mut error_bound = f64::INFINITY;
    let mut steps = 0;
    while steps < settings.steps_max && error_bound > settings.tolerance {
        let stuck: [f64; LANES] =
            block_sums(dead_ends.len(), |place| rank[dead_ends[place] as usize].map(Into::<f64>::into));
        let back = stuck.map(|stuck| R::of(follow * stuck + settings.restart));
        next.par_chunks_mut(BLOCK).enumerate().for_each(|(block, chunk)| {
            for (place, value) in chunk.iter_mut().enumerate() {
                let node = block * BLOCK + place;
                let row = walk.arriving(node);
                *value = [R::default(); LANES];
                for (&from, &chance) in row.targets.iter().zip(row.weights) {
                    let (from, chance) = (&rank[from as usize], R::chance(chance));
                    if LANES == 1 {
                        value[0] += from[0] * chance;
                    } else {
                        add_scaled(value, from, chance);
                    }
                }
                for (lane, value) in value.iter_mut().enumerate() {
                    *value = R::of(follow) * *value + back[lane] * restart[node][lane];
                }
            }
        });
        steps += 1;
        // Where all steps are taken anyhow, how far the result still moves is only said of the last.
        if settings.tolerance > 0.0 || steps == settings.steps_max {
            let moved = |node: usize, lane: usize| -> f64 { next[node][lane].into() - rank[node][lane].into() };
            let change: [f64; LANES] =
                block_sums(rank.len(), |node| std::array::from_fn(|lane| moved(node, lane).abs()));
            let worst = change.into_iter().fold(0.0, f64::max);
            error_bound = worst * follow / settings.restart.max(f64::MIN_POSITIVE);
        }
        std::mem::swap(&mut rank, &mut next);
    }
    Walked { rank, steps, error_bound }
}

/// `sum += from * chance`. Never inlined: only as a function of its own is it compiled to add lanes four at a time.
#[inline(never)]
fn add_scaled<R: Real, const LANES: usize>(sum: &mut [R; LANES], from: &[R; LANES], chance: R) {
    for lane in 0..LANES {
        sum[lane] += from[lane] * chance;
    }
}

/// Sums over all nodes, made in fixed blocks and then block by block.
fn block_sums<const LANES: usize>(nodes: usize, value: impl Fn(usize) -> [f64; LANES] + Sync) -> [f64; LANES] {
    let add = |mut sum: [f64; LANES], value: [f64; LANES]| {
        sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
        sum
    };
    let blocks: Vec<[f64; LANES]> = (0..nodes.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| (block * BLOCK..((block + 1) * BLOCK).min(nodes)).map(&value).fold([0.0; LANES], add))
        .collect();
    blocks.into_iter().fold([0.0; LANES], add)
}

/// The accounts near one buyer: its personalised PageRank, found by looking only at its neighbourhood.
///
/// Forward push: probability waiting at an account moves on while it exceeds `tolerance * edges of the account`. What
/// is left waiting when it ends is the L1 error. Returns (account, rank) by ascending account, ranks above 0 only.
/// Cost `O(1 / (restart * tolerance))`, whatever the size of the graph.
/// Source: Andersen, Chung, Lang, "Local graph partitioning using PageRank vectors" (2006).
pub fn push_from(walk: &Walk, source: u32, restart: f64, tolerance: f64, scratch: &mut PushScratch) -> Vec<Near> {
    scratch.fit(walk.nodes());
    scratch.add_waiting(source, 1.0);
    let mut queue = std::collections::VecDeque::from([source]);
    scratch.queued[source as usize] = true;
    while let Some(node) = queue.pop_front() {
        let at = node as usize;
        scratch.queued[at] = false;
        let waiting = std::mem::take(&mut scratch.waiting[at]);
        scratch.rank[at] += restart * waiting;
        let row = walk.onward(at);
        let on = (1.0 - restart) * waiting;
        if row.targets.is_empty() {
            // A dead end sends the walker back to its start.
            if at == source as usize {
                scratch.rank[at] += on;
            } else {
                push_one(walk, scratch, &mut queue, source, on, tolerance);
            }
            continue;
        }
        for (&target, &chance) in row.targets.iter().zip(row.weights) {
            push_one(walk, scratch, &mut queue, target, on * f64::from(chance), tolerance);
        }
    }
    scratch.take(restart)
}

fn push_one(
    walk: &Walk,
    scratch: &mut PushScratch,
    queue: &mut std::collections::VecDeque<u32>,
    target: u32,
    amount: f64,
    tolerance: f64,
) {
    scratch.add_waiting(target, amount);
    let at = target as usize;
    let degree = walk.onward(at).targets.len().max(1) as f64;
    if !scratch.queued[at] && scratch.waiting[at] > tolerance * degree {
        scratch.queued[at] = true;
        queue.push_back(target);
    }
}

/// An account near a buyer and its rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub node: u32,
    pub rank: f64,
}

/// Work space of [`push_from`], reused from buyer to buyer.
#[derive(Clone, Debug, Default)]
pub struct PushScratch {
    rank: Vec<f64>,
    waiting: Vec<f64>,
    queued: Vec<bool>,
    seen: Vec<bool>,
    touched: Vec<u32>,
}

impl PushScratch {
    fn fit(&mut self, nodes: usize) {
        if self.rank.len() != nodes {
            *self = PushScratch {
                rank: vec![0.0; nodes],
                waiting: vec![0.0; nodes],
                queued: vec![false; nodes],
                seen: vec![false; nodes],
                touched: vec![],
            };
        }
    }

    fn add_waiting(&mut self, node: u32, amount: f64) {
        let at = node as usize;
        if !self.seen[at] {
            self.seen[at] = true;
            self.touched.push(node);
        }
        self.waiting[at] += amount;
    }

    /// The ranks found, each with the share of its own waiting that would have stayed; clears the work space.
    fn take(&mut self, restart: f64) -> Vec<Near> {
        self.touched.sort_unstable();
        let mut found = Vec::with_capacity(self.touched.len());
        for &node in &self.touched {
            let at = node as usize;
            let rank = self.rank[at] + self.waiting[at] * restart;
            if rank > 0.0 {
                found.push(Near { node, rank });
            }
            self.rank[at] = 0.0;
            self.waiting[at] = 0.0;
            self.queued[at] = false;
            self.seen[at] = false;
        }
        self.touched.clear();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::walk::tests::world;
    use crate::graph::{Csr, Graph};

    const EXACT: PageRankSettings = PageRankSettings { restart: 0.15, steps_max: 500, tolerance: 1e-10 };

    #[test]
    fn ranks_add_up_to_one_and_the_one_everybody_talks_to_leads() {
        let result = pagerank(&Walk::forward(&world()), &EXACT);
        assert!((result.rank.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!(result.rank.iter().skip(2).all(|&rank| rank < result.rank[0]));
        assert!(result.error_bound <= 1e-10);
    }

    #[test]
    fn a_walk_from_many_buyers_is_the_mean_of_the_walks_from_each() {
        let walk = Walk::both_ways(&world(), 0.3);
        let seed = |node: u32| Seed { node, weight: 1.0 };
        let both = personalised_pagerank(&walk, &[seed(3), seed(20)], &EXACT);
        let first = personalised_pagerank(&walk, &[seed(3)], &EXACT);
        let second = personalised_pagerank(&walk, &[seed(20)], &EXACT);
        for node in 0..41 {
            assert!((both.rank[node] - (first.rank[node] + second.rank[node]) / 2.0).abs() < 1e-9);
        }
    }

    #[test]
    fn sets_that_walk_side_by_side_get_the_bytes_they_would_get_alone() {
        let walk = Walk::both_ways(&world(), 0.3);
        let steps = PageRankSettings::default();
        let sets: Vec<Vec<Seed>> = (0..19u32)
            .map(|set| (0..=set).map(|at| Seed { node: (set * 7 + at * 3) % 41, weight: 1.0 }).collect())
            .collect();
        let asked: Vec<Vec<u32>> = (0..19).map(|set| (set..41).rev().collect()).collect();
        let seeds: Vec<&[Seed]> = sets.iter().map(Vec::as_slice).collect();
        let nodes: Vec<&[u32]> = asked.iter().map(Vec::as_slice).collect();
        let together = nearness_of_sets(&walk, &seeds, &nodes, &steps);
        assert_eq!(together, side_by_side::<4>(&walk, &seeds, &nodes, &steps), "as many at a time as one likes");
        for (set, together) in together.into_iter().enumerate() {
            assert_eq!([&together], [&nearness_of_sets(&walk, &seeds[set..=set], &nodes[set..=set], &steps)[0]]);
            let finer = personalised_pagerank(&walk, &sets[set], &steps).rank;
            assert!(asked[set].iter().zip(&together).all(|(&node, near)| (finer[node as usize] - near).abs() < 1e-6));
        }
    }

    #[test]
    fn single_precision_is_fine_enough_at_a_hub_of_a_hundred_thousand() {
        let nodes = 100_001u32;
        let (from, to): (Vec<u32>, Vec<u32>) =
            (1..nodes).flat_map(|node| [(node, 0), (node, 1 + (node * 7) % (nodes - 1))]).unzip();
        let csr = Csr::from_edges(nodes as usize, &from, &to, &vec![1.0; from.len()]);
        let walk = Walk::both_ways(&Graph::from_out(csr), 0.3);
        let seeds: Vec<Seed> = (0..500).map(|at| Seed { node: 1 + at * 199, weight: 1.0 }).collect();
        let asked: Vec<u32> = (0..1_000).collect();
        let steps = PageRankSettings::default();
        let near = nearness_of_sets(&walk, &[seeds.as_slice(); 5], &[asked.as_slice(); 5], &steps);
        let finer = personalised_pagerank(&walk, &seeds, &steps).rank;
        for (&node, near) in asked.iter().zip(&near[0]) {
            let finer = finer[node as usize];
            assert!((near - finer).abs() <= 1e-3 * finer, "{near} instead of {finer} at {node}");
        }
    }

    #[test]
    fn looking_only_near_a_buyer_finds_the_same_ranks() {
        let walk = Walk::both_ways(&world(), 0.3);
        let exact = personalised_pagerank(&walk, &[Seed { node: 7, weight: 1.0 }], &EXACT);
        let near = push_from(&walk, 7, 0.15, 1e-9, &mut PushScratch::default());
        for found in near {
            assert!((found.rank - exact.rank[found.node as usize]).abs() < 1e-6);
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_byte() {
        let walk = Walk::both_ways(&world(), 0.3);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| pagerank(&walk, &EXACT))
        };
        assert_eq!(run(1), run(2));
        assert_eq!(run(1), run(8));
    }
}
