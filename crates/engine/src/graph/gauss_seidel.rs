//! PageRank by Gauss-Seidel sweeps: accounts are gone over window by window, each taking in the newest ranks of the
//! others.
//!
//! A window holds as many accounts as stay near the processor, with all talk that is turned to them in the order of the
//! speakers. So a sweep reads memory straight, and what the first windows have learnt the next ones use at once, which
//! takes little more than half as many sweeps as one step of the walk after the other. Sources: Arasu, Novak, Tomkins,
//! Tomlin, "PageRank computation and the structure of the web" (2002); Beamer, Asanović, Patterson, "Reducing Pagerank
//! communication via propagation blocking" (2017).

use super::csr::Csr;
use super::pagerank::{PageRank, Seed};

/// Where a walk starts, and starts again.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    Anywhere,
    /// In proportion to the weights.
    Seeds(&'a [Seed]),
}

/// Windows to a graph, about; more make a sweep worth more, and longer.
const WINDOWS: usize = 64;
/// Most accounts to a window or to a block of speakers: they are numbered within it by two bytes.
const NUMBERED: usize = 1 << 16;
/// A sweep that changes less than this is rounding.
const CHANGE_MIN: f64 = 1e-15;

/// Ranks every account by how often a walk comes by that follows `talk` and starts again with chance `restart`.
///
/// `x <- (1-a) P^T x + ((1-a) x(dead ends) + a) r`, P = `talk` with rows made to add up to 1, r = the start. Ends when
/// the ranks are within `error_max` (L1) of the exact ones; `error_bound = (1-a)/a * change of the last sweep` says how
/// near they came. The ranks add up to 1, and are 0 where no walk comes by, as nearly as that. One thread, so the same bytes always. Cost about
/// `edges * ln(1 / error_max) / 0.4`, rather less for a small restart; 8 bytes an edge and 16 an account. `steps`
/// counts the sweeps. Without a start every rank is 0.
///
/// ```
/// use engine::graph::{Csr, Start, gauss_seidel};
/// let talk = Csr::from_edges(3, &[0, 1], &[2, 2], &[1.0, 5.0]);
/// let ranks = gauss_seidel(&talk, Start::Anywhere, 0.15, 1e-9);
/// assert!(ranks.rank[2] > ranks.rank[0] && ranks.error_bound <= 1e-9);
/// ```
pub fn gauss_seidel(talk: &Csr, start: Start<'_>, restart: f64, error_max: f64) -> PageRank {
    let nodes = talk.nodes();
    let begins = Begins::of(nodes, start);
    if begins.is_nowhere() {
        return PageRank { rank: vec![0.0; nodes], steps: 0, error_bound: 0.0 };
    }
    let windows = windows(talk);
    let mut ranks = Ranks::at_start(talk.row_sums(), &begins, restart);
    let mut arrived: Box<[f64; NUMBERED]> = vec![0.0; NUMBERED].try_into().expect("it has this length");
    let (mut steps, mut change) = (0, f64::INFINITY);
    let bound = |change: f64| change * (1.0 - restart) / restart.max(f64::MIN_POSITIVE);
    while bound(change) > error_max && change > CHANGE_MIN {
        change = 0.0;
        for window in &windows {
            window.collect(&ranks, &begins, restart, &mut arrived);
            change += ranks.take_in(window, &arrived[..]);
        }
        steps += 1;
    }
    PageRank { rank: ranks.finish(), steps, error_bound: bound(change) }
}

/// The accounts a walk may start from and their shares.
enum Begins {
    Everywhere {
        share: f64,
    },
    /// By ascending account.
    At(Vec<Seed>),
}

impl Begins {
    fn of(nodes: usize, start: Start<'_>) -> Begins {
        let Start::Seeds(seeds) = start else {
            return Begins::Everywhere { share: if nodes > 0 { 1.0 / nodes as f64 } else { 0.0 } };
        };
        let total: f64 = seeds.iter().map(|seed| seed.weight).sum();
        let share = |seed: &Seed| Seed { node: seed.node, weight: seed.weight / total };
        let mut seeds: Vec<Seed> = if total > 0.0 { seeds.iter().map(share).collect() } else { vec![] };
        seeds.sort_by_key(|seed| seed.node);
        Begins::At(seeds)
    }

    fn is_nowhere(&self) -> bool {
        match self {
            Begins::Everywhere { share } => *share == 0.0,
            Begins::At(seeds) => seeds.is_empty(),
        }
    }

    /// Sets the first of `amounts` to `amount` times the share of each account from `first` on.
    fn set(&self, amount: f64, first: usize, amounts: &mut [f64]) {
        match self {
            Begins::Everywhere { share } => amounts.fill(amount * share),
            Begins::At(seeds) => {
                amounts.fill(0.0);
                let end = first + amounts.len();
                let from = seeds.partition_point(|seed| (seed.node as usize) < first);
                for seed in seeds[from..].iter().take_while(|seed| (seed.node as usize) < end) {
                    amounts[seed.node as usize - first] += amount * seed.weight;
                }
            }
        }
    }
}

/// The ranks so far, each as what passes on with a talk of weight 1: rank over all talk of the account.
struct Ranks {
    /// Of an account that talks to nobody, the rank itself.
    passed: Vec<f64>,
    /// All talk of each account; 0 at a dead end.
    talk: Vec<f64>,
    at_dead_ends: f64,
}

impl Ranks {
    /// The first guess: the share that starts again is where walks start, and the rest wherever people talk, as much
    /// as they do. The first sweep takes it to whom they talk, so it costs nothing and saves some sweeps.
    fn at_start(talk: Vec<f64>, begins: &Begins, restart: f64) -> Ranks {
        let mut passed = vec![0.0; talk.len()];
        begins.set(restart, 0, &mut passed);
        let mut at_dead_ends = 0.0;
        let each = (1.0 - restart) / talk.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        for (passed, &talk) in passed.iter_mut().zip(&talk) {
            if talk > 0.0 {
                *passed = *passed / talk + each;
            } else {
                at_dead_ends += *passed;
            }
        }
        Ranks { passed, talk, at_dead_ends }
    }

    /// Gives a window's accounts what arrived at them; returns how much that changes their ranks.
    fn take_in(&mut self, window: &Window, arrived: &[f64]) -> f64 {
        let mut change = 0.0;
        let passed = &mut self.passed[window.nodes.clone()];
        for ((passed, &talk), &arrived) in passed.iter_mut().zip(&self.talk[window.nodes.clone()]).zip(arrived) {
            if talk > 0.0 {
                let next = arrived / talk;
                change += (next - *passed).abs() * talk;
                *passed = next;
            } else {
                change += (arrived - *passed).abs();
                self.at_dead_ends += arrived - *passed;
                *passed = arrived;
            }
        }
        change
    }

    fn finish(mut self) -> Vec<f64> {
        for (passed, talk) in self.passed.iter_mut().zip(self.talk) {
            if talk > 0.0 {
                *passed *= talk;
            }
        }
        self.passed
    }
}

/// Accounts side by side, and all talk turned to them by ascending speaker.
struct Window {
    nodes: std::ops::Range<usize>,
    /// For each block of speakers where its talk ends; the first begins at 0.
    ends: Vec<usize>,
    /// Numbered within their block.
    speakers: Vec<u16>,
    /// Numbered within the window.
    targets: Vec<u16>,
    weights: Vec<f32>,
}

fn windows(talk: &Csr) -> Vec<Window> {
    let nodes = talk.nodes();
    let size = (nodes / WINDOWS).next_power_of_two().clamp(1, NUMBERED);
    let bits = size.trailing_zeros();
    let mut counts = vec![0usize; nodes.div_ceil(size)];
    for &target in talk.targets() {
        counts[target as usize >> bits] += 1;
    }
    let window = |(at, count): (usize, usize)| Window {
        nodes: at * size..((at + 1) * size).min(nodes),
        ends: Vec::with_capacity(nodes.div_ceil(NUMBERED)),
        speakers: Vec::with_capacity(count),
        targets: Vec::with_capacity(count),
        weights: Vec::with_capacity(count),
    };
    let mut windows: Vec<Window> = counts.into_iter().enumerate().map(window).collect();
    for block in 0..nodes.div_ceil(NUMBERED) {
        for speaker in block * NUMBERED..((block + 1) * NUMBERED).min(nodes) {
            let row = talk.row(speaker);
            for (&target, &weight) in row.targets.iter().zip(row.weights) {
                let window = &mut windows[target as usize >> bits];
                window.speakers.push((speaker % NUMBERED) as u16);
                window.targets.push((target as usize & (size - 1)) as u16);
                window.weights.push(weight);
            }
        }
        windows.iter_mut().for_each(|window| window.ends.push(window.targets.len()));
    }
    windows
}

impl Window {
    /// What arrives at the window's accounts, in the first of `arrived`.
    fn collect(&self, ranks: &Ranks, begins: &Begins, restart: f64, arrived: &mut [f64; NUMBERED]) {
        let follow = 1.0 - restart;
        begins.set(follow * ranks.at_dead_ends + restart, self.nodes.start, &mut arrived[..self.nodes.len()]);
        let mut start = 0;
        for (passed, &end) in ranks.passed.chunks(NUMBERED).zip(&self.ends) {
            let talk = self.speakers[start..end].iter().zip(&self.targets[start..end]).zip(&self.weights[start..end]);
            for ((&speaker, &target), &weight) in talk {
                arrived[target as usize] += follow * (passed[speaker as usize] * f64::from(weight));
            }
            start = end;
        }
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
        fn the_ranks_are_no_farther_from_the_exact_ones_than_said(
            nodes in 1u32..400,
            edges in proptest::collection::vec((0u32..400, 0u32..400, 1u32..9), 1..200),
            seed in 0u32..400,
            digits in 1i32..9,
        ) {
            let sources: Vec<u32> = edges.iter().map(|edge| edge.0 % nodes).collect();
            let targets: Vec<u32> = edges.iter().map(|edge| edge.1 % nodes).collect();
            let weights: Vec<f64> = edges.iter().map(|edge| f64::from(edge.2)).collect();
            let talk = Csr::from_edges(nodes as usize, &sources, &targets, &weights);
            let walk = Walk::from_weights(talk.clone());
            let error_max = 10f64.powi(-digits);
            let anywhere = gauss_seidel(&talk, Start::Anywhere, RESTART, error_max);
            prop_assert!(anywhere.error_bound <= error_max);
            let exact = pagerank(&walk, &EXACT).rank;
            prop_assert!(distance(&anywhere.rank, &exact) <= anywhere.error_bound + 1e-6);
            let seeds = [(seed, 2.0), (399 - seed, 1.0)];
            let seeds = seeds.map(|(node, weight)| Seed { node: node % nodes, weight });
            let near = gauss_seidel(&talk, Start::Seeds(&seeds), RESTART, error_max);
            prop_assert!(near.error_bound <= error_max);
            let exact = personalised_pagerank(&walk, &seeds, &EXACT).rank;
            prop_assert!(distance(&near.rank, &exact) <= near.error_bound + 1e-6);
        }
    }

    #[test]
    fn a_graph_of_several_blocks_of_speakers_is_walked_whole() {
        let nodes = 3 * NUMBERED as u32 - 5;
        let sources: Vec<u32> = (0..nodes).collect();
        let targets: Vec<u32> = sources.iter().map(|&node| (node + NUMBERED as u32) % nodes).collect();
        let ring = Csr::from_edges(nodes as usize, &sources, &targets, &vec![3.0; nodes as usize]);
        let ranks = gauss_seidel(&ring, Start::Anywhere, RESTART, 1e-12);
        assert!(ranks.rank.iter().all(|rank| (rank * f64::from(nodes) - 1.0).abs() < 1e-9));
        let seed = Seed { node: nodes - 1, weight: 1.0 };
        let near = gauss_seidel(&ring, Start::Seeds(&[seed]), RESTART, 1e-6);
        let next = (nodes - 1 + NUMBERED as u32) % nodes;
        assert!((near.rank[next as usize] / near.rank[seed.node as usize] - (1.0 - RESTART)).abs() < 1e-4);
    }

    #[test]
    fn a_walk_without_a_start_goes_nowhere_and_more_than_can_be_told_apart_is_not_asked() {
        let talk = Csr::from_edges(3, &[0], &[1], &[1.0]);
        assert_eq!(gauss_seidel(&talk, Start::Seeds(&[]), RESTART, 1e-6).rank, vec![0.0; 3]);
        let nobody = Csr::from_edges(0, &[], &[], &[]);
        assert!(gauss_seidel(&nobody, Start::Anywhere, RESTART, 1e-6).rank.is_empty());
        assert!(gauss_seidel(&talk, Start::Anywhere, RESTART, 0.0).error_bound < 1e-13);
    }
}
