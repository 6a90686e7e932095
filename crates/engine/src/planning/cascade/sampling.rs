//! Random sets of those who could have passed word to one random account: what seeds hit often spreads far.
//!
//! Set i is a pure function of (seed, stream, i), so any number of threads draws the same sets.

use rayon::prelude::*;

use super::graph::InfluenceGraph;
use crate::random::Draws;

/// Sets drawn by one thread at a time.
const CHUNK: u64 = 64;
/// How many of `1 - (how many pass word)` are looked up; more are worked out.
const KNOWN: usize = 6;

/// Sets one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sets {
    pub ends: Vec<u64>,
    pub members: Vec<u32>,
}

impl Sets {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.members[begin as usize..*end as usize])
    }
}

/// A set of accounts, 1 bit each, small enough to stay near the processor.
#[derive(Clone, Debug)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    pub fn new(nodes: usize) -> Marks {
        Marks(vec![0; nodes.div_ceil(64)])
    }

    #[inline]
    pub fn has(&self, node: u32) -> bool {
        self.0[node as usize / 64] >> (node % 64) & 1 == 1
    }

    /// Marks and says whether it was not marked before.
    #[inline]
    pub fn mark(&mut self, node: u32) -> bool {
        let (word, bit) = (&mut self.0[node as usize / 64], 1u64 << (node % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub fn clear(&mut self, node: u32) {
        self.0[node as usize / 64] = 0;
    }
}

/// What drawing needs to know of a graph.
pub(super) struct Sampler<'a> {
    graph: &'a InfluenceGraph,
    /// By number of accounts listened to: the chances that at most 0, 1, 2, … of them pass word.
    at_most: Vec<[f64; KNOWN]>,
    seed: u64,
}

impl<'a> Sampler<'a> {
    /// Cost: `O(accounts + largest number listened to)`.
    pub fn new(graph: &'a InfluenceGraph, seed: u64) -> Sampler<'a> {
        let largest = graph.starts.windows(2).map(|row| (row[1] - row[0]) as usize).max().unwrap_or(0);
        let of = |listened: usize| {
            let mut at_most = [1.0; KNOWN];
            let mut sum = 0.0;
            for (count, place) in at_most.iter_mut().enumerate() {
                sum += binomial(listened, count);
                *place = sum;
            }
            at_most
        };
        let at_most = if graph.chances.is_some() { vec![] } else { (0..=largest).map(of).collect() };
        Sampler { graph, at_most, seed }
    }

    /// Draws sets `from..to` of a stream and adds them. Cost: `O(accounts in the sets)`, on all threads.
    pub fn extend(&self, sets: &mut Sets, stream: u64, from: u64, to: u64) {
        let chunks: Vec<Sets> = self
            .chunks(from, to)
            .into_par_iter()
            .map_init(
                || Scratch::new(self.graph.nodes()),
                |scratch, (begin, end)| {
                    let mut drawn = Sets::default();
                    for index in begin..end {
                        self.draw(stream, index, scratch, None);
                        drawn.members.extend_from_slice(&scratch.reached);
                        drawn.ends.push(drawn.members.len() as u64);
                        scratch.clear();
                    }
                    drawn
                },
            )
            .collect();
        sets.members.reserve(chunks.iter().map(|chunk| chunk.members.len()).sum());
        for chunk in chunks {
            let begin = sets.members.len() as u64;
            sets.ends.extend(chunk.ends.iter().map(|end| begin + end));
            sets.members.extend_from_slice(&chunk.members);
        }
    }

    /// How many of sets `0..total` of a stream hold a seed. A set is left as soon as one is found, which changes nothing.
    pub fn hits(&self, stream: u64, total: u64, seeds: &Marks) -> u64 {
        self.chunks(0, total)
            .into_par_iter()
            .map_init(
                || Scratch::new(self.graph.nodes()),
                |scratch, (begin, end)| {
                    let mut hits = 0;
                    for index in begin..end {
                        hits += u64::from(self.draw(stream, index, scratch, Some(seeds)));
                        scratch.clear();
                    }
                    hits
                },
            )
            .sum()
    }

    fn chunks(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        (from..to).step_by(CHUNK as usize).map(|begin| (begin, (begin + CHUNK).min(to))).collect()
    }

    /// One set into `scratch`; stops and says so as soon as a seed is in it.
    fn draw(&self, stream: u64, index: u64, scratch: &mut Scratch, seeds: Option<&Marks>) -> bool {
        let draws = Draws::new(self.seed.wrapping_add(stream.wrapping_mul(0x5851_F42D_4C95_7F2D)), index);
        let mut next = 0u64;
        let root = draws.below(next, self.graph.nodes()) as u32;
        next += 1;
        if scratch.reach(root, seeds) {
            return true;
        }
        let mut at = 0;
        while let Some(node) = scratch.reached.get(at).copied() {
            at += 1;
            let row = self.graph.row(node);
            match (row.len(), &self.graph.chances) {
                (0, _) => {}
                (1, _) => {
                    if scratch.reach(row[0], seeds) {
                        return true;
                    }
                }
                (_, Some(chances)) => {
                    let begin = self.graph.starts[node as usize] as usize;
                    for (source, chance) in row.iter().zip(&chances[begin..begin + row.len()]) {
                        next += 1;
                        if draws.uniform(next - 1) < f64::from(*chance) && scratch.reach(*source, seeds) {
                            return true;
                        }
                    }
                }
                (listened, None) => {
                    let passing = self.passing(listened, draws.uniform(next));
                    next += 1;
                    scratch.chosen.clear();
                    while scratch.chosen.len() < passing {
                        let place = draws.below(next, listened) as u32;
                        next += 1;
                        if !scratch.chosen.contains(&place) {
                            scratch.chosen.push(place);
                            if scratch.reach(row[place as usize], seeds) {
                                return true;
                            }
                        }
                    }
                }
            }
        }
        false
    }

    /// How many of so many pass word, each with one over their number: the binomial count at this place of 0..1.
    #[inline]
    fn passing(&self, listened: usize, uniform: f64) -> usize {
        let at_most = &self.at_most[listened];
        if let Some(count) = at_most.iter().position(|at_most| uniform < *at_most) {
            return count;
        }
        let (mut count, mut sum) = (KNOWN, at_most[KNOWN - 1]);
        while count < listened {
            sum += binomial(listened, count);
            if uniform < sum {
                break;
            }
            count += 1;
        }
        count
    }
}

/// The chance that `count` of `listened` pass word, each with chance 1 / listened.
fn binomial(listened: usize, count: usize) -> f64 {
    if count > listened {
        return 0.0;
    }
    let (all, chance) = (listened as f64, 1.0 / (listened as f64).max(1.0));
    let mut found = (1.0 - chance).powi((listened - count) as i32);
    for place in 0..count {
        found *= (all - place as f64) * chance / (place as f64 + 1.0);
    }
    found
}

struct Scratch {
    marks: Marks,
    reached: Vec<u32>,
    chosen: Vec<u32>,
}

impl Scratch {
    fn new(nodes: usize) -> Scratch {
        Scratch { marks: Marks::new(nodes), reached: vec![], chosen: vec![] }
    }

    #[inline]
    fn reach(&mut self, node: u32, seeds: Option<&Marks>) -> bool {
        if self.marks.mark(node) {
            self.reached.push(node);
            return seeds.is_some_and(|seeds| seeds.has(node));
        }
        false
    }

    fn clear(&mut self) {
        for node in &self.reached {
            self.marks.clear(*node);
        }
        self.reached.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_pass_word_is_drawn_as_the_binomial_says() {
        let graph = InfluenceGraph { starts: vec![0, 9], sources: vec![0; 9], chances: None };
        let sampler = Sampler::new(&graph, 1);
        let mut counts = [0.0; 10];
        for step in 0..100_000 {
            counts[sampler.passing(9, (step as f64 + 0.5) / 100_000.0)] += 1e-5;
        }
        for (count, share) in counts.iter().enumerate() {
            assert!((share - binomial(9, count)).abs() < 2e-5, "{count}: {share}");
        }
        assert!(((0..=9).map(|count| binomial(9, count)).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
