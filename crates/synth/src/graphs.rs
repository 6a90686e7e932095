//! Made-up graphs for measuring: who turned to whom, drawn from a seed, the same edges as any other program draws.
//!
//! `convo` plants conversation groups with heavy tails, `rmat` has next to none. There is no generator state: draw `i`
//! is a function of the seed and `i`, so the edges are made portion by portion and a graph larger than memory can be
//! written. Source of `rmat`: Chakrabarti, Zhan, Faloutsos, "R-MAT: a recursive model for graph mining" (2004).

use crate::random::{Stream, power};

/// Draws held at once; a larger graph is drawn once for each portion of its accounts.
const DRAWS_HELD_MAX: u64 = 1 << 25;
/// Groups have 20 to 5,000 members, with density `x^-2`.
const GROUP_SIZES: (f64, f64, f64) = (20.0, 5_000.0, 2.0);
/// How much an account speaks, and how much it is spoken to, in sixteenths: range and exponent.
const SPEAKING: (f64, f64, f64) = (1.0, 1_000.0, 2.2);
const HEARING: (f64, f64, f64) = (1.0, 10_000.0, 2.1);
/// The chances of the four quarters of `rmat`, added up: above left, above right, below left, below right.
const QUARTERS: (f64, f64, f64) = (0.57, 0.76, 0.95);
/// What each stream of numbers is for; bit `b` of `rmat` has its own, `QUARTER_STREAM + b`.
const SIZE_STREAM: u64 = 1;
const SPEAKING_STREAM: u64 = 2;
const HEARING_STREAM: u64 = 3;
const SPEAKER_STREAM: u64 = 4;
const LEAVING_STREAM: u64 = 5;
const TARGET_STREAM: u64 = 6;
const ORDER_STREAM: u64 = 7;
const QUARTER_STREAM: u64 = 100;

/// What a made-up graph looks like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum GraphShape {
    /// Planted conversation groups; `leaving` is the share of talk that leaves its group.
    Conversations { leaving: f64 },
    /// Nested quarters: few accounts are in most of the talk, and there are no groups to find.
    Quarters,
}

/// Everything a made-up graph depends on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GraphSettings {
    pub shape: GraphShape,
    pub accounts: u32,
    /// Talks drawn; talk with oneself falls out and equal pairs become one edge, so edges are fewer.
    pub draws: u64,
    pub seed: u64,
}

/// Why a graph cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GraphError {
    #[error("a graph has 2 to 2147483648 accounts, got {0}")]
    Accounts(u32),
    #[error("a graph of nested quarters has a power of two of accounts, got {0}; 1048576 is one")]
    NoPowerOfTwo(u32),
    #[error("the share of talk that leaves its group lies between 0 and 1, got {0}")]
    Leaving(f64),
}

/// Who turned to whom, and how often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MadeEdge {
    pub source: u32,
    pub target: u32,
    pub talks: u32,
}

/// A graph whose accounts are planned and whose edges are drawn while they are read.
#[derive(Debug)]
pub struct MadeGraph {
    settings: GraphSettings,
    /// Under which number each planned account appears.
    number: Vec<u32>,
    plan: Plan,
}

#[derive(Debug)]
enum Plan {
    Conversations { groups: PlannedGroups, speaking: Shares, hearing: Shares, leaving: f64 },
    Quarters { bits: u32 },
}

impl MadeGraph {
    /// Plans the accounts. Cost `O(accounts log accounts)`; about 50 bytes an account.
    ///
    /// ```
    /// use synth::{GraphSettings, GraphShape, MadeGraph};
    /// let shape = GraphShape::Conversations { leaving: 0.3 };
    /// let graph = MadeGraph::plan(GraphSettings { shape, accounts: 500, draws: 2_000, seed: 1 })?;
    /// let mut talks = 0;
    /// graph.for_each_edge(|edge| talks += edge.talks);
    /// assert!(talks > 1_800 && talks <= 2_000);
    /// # Ok::<(), synth::GraphError>(())
    /// ```
    pub fn plan(settings: GraphSettings) -> Result<MadeGraph, GraphError> {
        let GraphSettings { accounts, seed, .. } = settings;
        if !(2..=1 << 31).contains(&accounts) {
            return Err(GraphError::Accounts(accounts));
        }
        let plan = match settings.shape {
            GraphShape::Conversations { leaving } if !(0.0..=1.0).contains(&leaving) => {
                return Err(GraphError::Leaving(leaving));
            }
            GraphShape::Conversations { leaving } => Plan::Conversations {
                groups: PlannedGroups::plan(seed, accounts),
                speaking: Shares::plan(Stream::numbered(seed, SPEAKING_STREAM), accounts, SPEAKING),
                hearing: Shares::plan(Stream::numbered(seed, HEARING_STREAM), accounts, HEARING),
                leaving,
            },
            GraphShape::Quarters if !accounts.is_power_of_two() => return Err(GraphError::NoPowerOfTwo(accounts)),
            GraphShape::Quarters => Plan::Quarters { bits: accounts.trailing_zeros() },
        };
        Ok(MadeGraph { settings, number: shuffled(seed, accounts), plan })
    }

    pub fn settings(&self) -> &GraphSettings {
        &self.settings
    }

    /// The planted group of each account, numbered from 0; `None` where none are planted.
    pub fn planted_groups(&self) -> Option<Vec<u32>> {
        let Plan::Conversations { groups, .. } = &self.plan else { return None };
        let mut of_account = vec![0; self.number.len()];
        for group in 0..groups.count() {
            for planned in groups.members(group) {
                of_account[self.number[planned] as usize] = group as u32;
            }
        }
        Some(of_account)
    }

    /// How many groups are planted.
    pub fn planted_group_count(&self) -> Option<usize> {
        match &self.plan {
            Plan::Conversations { groups, .. } => Some(groups.count()),
            Plan::Quarters { .. } => None,
        }
    }

    /// Hands every edge to `each`, sorted by source and target. Cost: one pass over the draws for every 33 million of
    /// them, with 8 bytes held for each draw of the portion.
    pub fn for_each_edge(&self, each: impl FnMut(MadeEdge)) {
        self.for_each_edge_in_portions(DRAWS_HELD_MAX, each);
    }

    fn for_each_edge_in_portions(&self, held_max: u64, mut each: impl FnMut(MadeEdge)) {
        for sources in self.portions(held_max) {
            let mut talks: Vec<u64> = Vec::with_capacity(self.settings.draws.min(held_max) as usize);
            for draw in 0..self.settings.draws {
                let (speaker, inside) = self.speaker(draw);
                if sources.contains(&self.number[speaker]) {
                    let target = self.target(draw, speaker, inside);
                    if target != speaker {
                        talks.push(u64::from(self.number[speaker]) << 32 | u64::from(self.number[target]));
                    }
                }
            }
            talks.sort_unstable();
            for same in talks.chunk_by(|a, b| a == b) {
                each(MadeEdge { source: (same[0] >> 32) as u32, target: same[0] as u32, talks: same.len() as u32 });
            }
        }
    }

    /// The accounts cut so that no portion has more than `held_max` draws, if no single account has.
    fn portions(&self, held_max: u64) -> Vec<std::ops::Range<u32>> {
        let accounts = self.settings.accounts;
        if self.settings.draws <= held_max {
            return std::iter::once(0..accounts).collect();
        }
        let mut draws_of = vec![0u64; accounts as usize];
        for draw in 0..self.settings.draws {
            draws_of[self.number[self.speaker(draw).0] as usize] += 1;
        }
        let mut portions = vec![];
        let (mut start, mut held) = (0, 0);
        for account in 0..accounts {
            let draws = draws_of[account as usize];
            if held + draws > held_max && account > start {
                portions.push(start..account);
                (start, held) = (account, 0);
            }
            held += draws;
        }
        portions.push(start..accounts);
        portions
    }

    /// Who speaks in a draw, by planned number; for nested quarters the target comes with it.
    fn speaker(&self, draw: u64) -> (usize, usize) {
        let seed = self.settings.seed;
        match &self.plan {
            Plan::Conversations { speaking, .. } => {
                (speaking.who(0.0, speaking.total(), Stream::numbered(seed, SPEAKER_STREAM).uniform(draw)), 0)
            }
            Plan::Quarters { bits } => {
                let (mut source, mut target) = (0, 0);
                for bit in 0..*bits {
                    let u = Stream::numbered(seed, QUARTER_STREAM + u64::from(bit)).uniform(draw);
                    let is_below = u >= QUARTERS.1;
                    let is_right = (QUARTERS.0..QUARTERS.1).contains(&u) || u >= QUARTERS.2;
                    source = 2 * source + usize::from(is_below);
                    target = 2 * target + usize::from(is_right);
                }
                (source, target)
            }
        }
    }

    fn target(&self, draw: u64, speaker: usize, drawn_with_it: usize) -> usize {
        let Plan::Conversations { groups, hearing, leaving, .. } = &self.plan else { return drawn_with_it };
        let seed = self.settings.seed;
        let stays = Stream::numbered(seed, LEAVING_STREAM).uniform(draw) >= *leaving;
        let members = groups.members(groups.of(speaker));
        let (from, to) = match stays {
            true => (hearing.before(members.start), hearing.before(members.end)),
            false => (0.0, hearing.total()),
        };
        hearing.who(from, to, Stream::numbered(seed, TARGET_STREAM).uniform(draw))
    }
}

/// Groups as consecutive planned accounts.
#[derive(Debug)]
struct PlannedGroups {
    /// Where each group begins, and one end more.
    starts: Vec<u32>,
    of: Vec<u32>,
}

impl PlannedGroups {
    fn plan(seed: u64, accounts: u32) -> PlannedGroups {
        let stream = Stream::numbered(seed, SIZE_STREAM);
        let (mut starts, mut of) = (vec![0], Vec::with_capacity(accounts as usize));
        while of.len() < accounts as usize {
            let group = starts.len() - 1;
            let size = power_law(stream.uniform(group as u64), GROUP_SIZES) as usize;
            of.resize((of.len() + size).min(accounts as usize), group as u32);
            starts.push(of.len() as u32);
        }
        PlannedGroups { starts, of }
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, planned: usize) -> usize {
        self.of[planned] as usize
    }

    fn members(&self, group: usize) -> std::ops::Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }
}

/// Accounts side by side, each as wide as its share: whoever a drawn point falls on is chosen.
#[derive(Debug)]
struct Shares {
    /// What lies before each account, and the whole; whole numbers, so that sums are exact.
    before: Vec<f64>,
    /// The account at each of as many evenly spaced points, to begin looking from.
    guide: Vec<u32>,
}

impl Shares {
    fn plan(stream: Stream, accounts: u32, law: (f64, f64, f64)) -> Shares {
        let mut before = Vec::with_capacity(accounts as usize + 1);
        let mut sum = 0.0;
        before.push(sum);
        for account in 0..accounts {
            sum += (16.0 * power_law(stream.uniform(u64::from(account)), law)).floor();
            before.push(sum);
        }
        let mut shares = Shares { before, guide: vec![] };
        let mut at = 0;
        shares.guide = (0..accounts)
            .map(|point| {
                let reached = f64::from(point) / f64::from(accounts) * sum;
                while at + 1 < accounts && shares.before[at as usize + 1] <= reached {
                    at += 1;
                }
                at
            })
            .collect();
        shares
    }

    fn total(&self) -> f64 {
        self.before[self.before.len() - 1]
    }

    fn before(&self, account: usize) -> f64 {
        self.before[account]
    }

    /// The last account of which what lies before it is at most `from + u * (to - from)`.
    fn who(&self, from: f64, to: f64, u: f64) -> usize {
        let point = from + u * (to - from);
        let accounts = self.guide.len();
        let place = ((point / self.total() * accounts as f64) as usize).min(accounts - 1);
        // One evenly spaced point of margin on both sides, because the place was rounded.
        let low = self.guide[place.saturating_sub(1)] as usize;
        let high = self.guide.get(place + 2).map_or(accounts, |&guide| guide as usize + 1);
        let within = self.before[low..high].partition_point(|&before| before <= point);
        (low + within).saturating_sub(1)
    }
}

/// Truncated power law by inversion.
fn power_law(u: f64, (low, high, exponent): (f64, f64, f64)) -> f64 {
    let rest = 1.0 - exponent;
    let (low, high) = (power(low, rest), power(high, rest));
    power(low + u * (high - low), 1.0 / rest)
}

/// Numbers in an order that chance decides: planned account `j` appears as number `shuffled[j]`.
fn shuffled(seed: u64, accounts: u32) -> Vec<u32> {
    let stream = Stream::numbered(seed, ORDER_STREAM);
    let mut order: Vec<u32> = (0..accounts).collect();
    order.sort_by_cached_key(|&account| stream.raw(u64::from(account)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(shape: GraphShape, accounts: u32, draws: u64) -> MadeGraph {
        MadeGraph::plan(GraphSettings { shape, accounts, draws, seed: 1 }).expect("can be planned")
    }

    fn edges(graph: &MadeGraph, held_max: u64) -> Vec<(u32, u32, u32)> {
        let mut edges = vec![];
        graph.for_each_edge_in_portions(held_max, |edge| edges.push((edge.source, edge.target, edge.talks)));
        edges
    }

    const CONVERSATIONS: GraphShape = GraphShape::Conversations { leaving: 0.3 };

    #[test]
    fn portions_change_no_edge() {
        for (shape, accounts) in [(CONVERSATIONS, 1_000), (GraphShape::Quarters, 1_024)] {
            let graph = graph(shape, accounts, 5_000);
            let whole = edges(&graph, u64::MAX);
            assert_eq!(edges(&graph, 700), whole);
            assert_eq!(edges(&graph, 1), whole);
            assert!(whole.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
        }
    }

    #[test]
    fn a_point_falls_on_the_last_account_that_begins_at_or_before_it() {
        let shares = Shares::plan(Stream::numbered(5, HEARING_STREAM), 3_000, HEARING);
        let stream = Stream::numbered(5, 99);
        for draw in 0..20_000 {
            let u = stream.uniform(draw);
            let point = u * shares.total();
            let simple = shares.before.partition_point(|&before| before <= point) - 1;
            assert_eq!(shares.who(0.0, shares.total(), u), simple);
        }
    }

    #[test]
    fn most_talk_stays_in_the_planted_groups_where_little_leaves() {
        let graph = graph(GraphShape::Conversations { leaving: 0.1 }, 5_000, 20_000);
        let group = graph.planted_groups().expect("planted");
        let (mut inside, mut all) = (0, 0);
        graph.for_each_edge(|edge| {
            all += edge.talks;
            inside += if group[edge.source as usize] == group[edge.target as usize] { edge.talks } else { 0 };
        });
        let share = f64::from(inside) / f64::from(all);
        assert!((0.85..0.95).contains(&share), "{share}");
    }

    #[test]
    fn what_cannot_be_made_is_refused() {
        let refused = |shape, accounts| {
            MadeGraph::plan(GraphSettings { shape, accounts, draws: 1, seed: 1 }).expect_err("refused").to_string()
        };
        assert!(refused(GraphShape::Quarters, 1_000).contains("power of two"));
        assert!(refused(CONVERSATIONS, 1).contains("2 to"));
        assert!(refused(GraphShape::Conversations { leaving: 1.5 }, 100).contains("between 0 and 1"));
    }
}
