//! Markov removal effect: how many orders would be lost if a creator did not exist, worked out exactly, never
//! simulated.
//!
//! The chain, order 1: `start` -> first creator, creator -> next creator, last creator -> `bought` (conversions) or
//! `null` (did not buy), each step counted over all journeys and divided by the steps out of where it starts. A creator
//! met twice in a row is a step to itself; a creator met again later is the same state. Both ends absorb, and every
//! creator here reaches an end, because the journey that met it did. Removing k sends whoever would come to k to
//! `null`, nothing is renormalised:
//!
//! `base = P(bought from start) = conversions / (conversions + nulls)`
//! `removal effect of k = 1 - P(bought from start, k removed) / base = P(ever at k) * P(bought from k) / base`
//! `credit of k = conversions * effect of k / sum of effects`
//!
//! The second form of the effect is the first one, since whoever buys has come by k or has not. So one elimination for
//! all creators does what one solved system a creator would do. Steps of a state to itself change neither factor.
//!
//! Elimination: taking a state j out of the chain adds `w(i,j) w(j,l) / (out of j)` to every `w(i,l)`. For all k at
//! once the states are halved: with one half taken out the other half goes on, and so down to single creators. Only
//! sums, products and quotients of numbers at least 0 occur, no difference, so no digits cancel however rarely a chain
//! ends. Creators that no journey connects are worked out apart, which is exact as well.
//! Sources: Anderl, Becker, von Wangenheim, Schumann, "Mapping the customer journey" (2016); elimination without
//! subtraction Grassmann, Taksar, Heyman, "Regenerative analysis and steady state distributions" (1985).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::credits::{Account, Credits, whole_weights};
use super::journeys::Journeys;

/// More creators than this connected by journeys are refused: the cost grows with the cube, the memory with the square.
pub const CONNECTED_MAX: usize = 2_000;

/// So many states are taken out at once.
const BLOCK: usize = 4;

/// Removal effects and the credits they make.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Markov {
    /// The share of journeys that bought, 0..=1.
    pub base: f64,
    /// By creator: the share of all orders that would be lost without it, 0..=1; 0 for a creator after whom nobody
    /// bought and for one whom no journey met.
    pub removal_effects: Vec<f64>,
    pub credits: Credits,
}

/// Why there is no Markov credit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum MarkovRefused {
    #[error("no journey with a touch ended in an order, so there is nothing that removing a creator could lose")]
    NoConversions,
    #[error(
        "every journey with a touch ended in an order; without those that did not, a removal effect is not known; \
         hand in the clicks of those who did not buy too"
    )]
    NoNulls,
    #[error("journeys connect {connected} creators, more than {CONNECTED_MAX}; choose a campaign or a shorter window")]
    TooManyConnected { connected: usize },
}

/// Credits orders by what would be lost without each creator.
///
/// Formula: above. Input: checked journeys, those that did not buy included. Output: credits by creator, 0 and up;
/// they add up to the orders, and exactly to their value, which is shared out like the orders.
/// Errors: [`MarkovRefused`]. Cost: O(touches log touches + the cube of the largest group of connected creators);
/// 8 bytes times the square of that group, and a third more. Source: above.
///
/// ```
/// use engine::measurement::attribution::{markov::markov, paths::parse_paths};
/// let text = "path,conversions,nulls\nC1>C2>C3,1,0\nC1,0,1\nC2>C3,0,1\n";
/// let found = markov(&parse_paths("paths.csv", text, 2).unwrap().journeys().unwrap()).unwrap();
/// assert!((found.base - 1.0 / 3.0).abs() < 1e-12);
/// for (effect, expected) in found.removal_effects.iter().zip([0.5, 1.0, 1.0]) {
///     assert!((effect - expected).abs() < 1e-12);
/// }
/// assert!((found.credits.conversions[0] - 0.2).abs() < 1e-12);
/// ```
pub fn markov(journeys: &Journeys) -> Result<Markov, MarkovRefused> {
    let totals = journeys.totals();
    if totals.conversions == 0 {
        return Err(MarkovRefused::NoConversions);
    }
    if totals.nulls == 0 {
        return Err(MarkovRefused::NoNulls);
    }
    let steps = Steps::count(journeys);
    let groups = steps.connected();
    if let Some(group) = groups.iter().find(|group| group.len() > CONNECTED_MAX) {
        return Err(MarkovRefused::TooManyConnected { connected: group.len() });
    }
    let mut removal_effects = vec![0.0; journeys.creators() as usize];
    for group in &groups {
        let mut effect = |creator: u32, lost: f64| {
            // Rounding may leave a creator whom every buyer met a hair above 1.
            removal_effects[creator as usize] = (lost / totals.conversions as f64).min(1.0);
        };
        Chain::of(group, &steps).orders_lost(&mut effect);
    }
    let mut weights = vec![];
    whole_weights(&removal_effects, &mut weights);
    let mut account = Account::new(journeys.creators());
    account.book_totals(&weights, totals);
    let base = totals.conversions as f64 / (totals.conversions as f64 + totals.nulls as f64);
    Ok(Markov { base, removal_effects, credits: account.settle() })
}

/// So many journeys went from one creator to another.
#[derive(Clone, Copy, Debug)]
struct Step {
    from: u32,
    to: u32,
    journeys: u128,
}

/// Every step of the chain, counted.
struct Steps {
    /// By (from, to), each pair once; no step from a creator to itself.
    between: Vec<Step>,
    starts: Vec<u128>,
    buys: Vec<u128>,
    nulls: Vec<u128>,
}

impl Steps {
    fn count(journeys: &Journeys) -> Steps {
        let none = vec![0; journeys.creators() as usize];
        let mut steps = Steps { between: vec![], starts: none.clone(), buys: none.clone(), nulls: none };
        for path in journeys.paths() {
            let (bought, not) = (u128::from(path.end.conversions), u128::from(path.end.nulls));
            if bought + not == 0 {
                continue;
            }
            let (first, last) = (path.creators[0] as usize, path.creators[path.creators.len() - 1] as usize);
            steps.starts[first] += bought + not;
            steps.buys[last] += bought;
            steps.nulls[last] += not;
            let pairs = path.creators.windows(2).filter(|pair| pair[0] != pair[1]);
            steps.between.extend(pairs.map(|pair| Step { from: pair[0], to: pair[1], journeys: bought + not }));
        }
        steps.between.sort_unstable_by_key(|step| (step.from, step.to));
        steps.between.dedup_by(|later, kept| {
            let is_same = (later.from, later.to) == (kept.from, kept.to);
            if is_same {
                kept.journeys += later.journeys;
            }
            is_same
        });
        steps
    }

    /// Creators that journeys connect, in whatever direction; ascending within a group. Unmet creators are in none.
    fn connected(&self) -> Vec<Vec<u32>> {
        let mut leader: Vec<usize> = (0..self.starts.len()).collect();
        for step in &self.between {
            let (one, other) = (lead(&mut leader, step.from as usize), lead(&mut leader, step.to as usize));
            leader[one.max(other)] = one.min(other);
        }
        let mut groups: Vec<Vec<u32>> = vec![vec![]; leader.len()];
        let mut is_met: Vec<bool> = self.starts.iter().map(|starts| *starts > 0).collect();
        for step in &self.between {
            is_met[step.to as usize] = true;
        }
        for creator in (0..leader.len()).filter(|creator| is_met[*creator]) {
            groups[lead(&mut leader, creator)].push(creator as u32);
        }
        groups.retain(|group| !group.is_empty());
        groups
    }
}

/// The smallest creator of the group, with the way to it shortened.
fn lead(leader: &mut [usize], mut creator: usize) -> usize {
    while leader[creator] != creator {
        leader[creator] = leader[leader[creator]];
        creator = leader[creator];
    }
    creator
}

/// What is left of the chain while states are taken out: flows, not probabilities; a state's row may have any scale.
#[derive(Clone)]
struct Chain {
    creators: Vec<u32>,
    /// Row by row, `creators.len()` squared; the diagonal is not read.
    between: Vec<f64>,
    starts: Vec<f64>,
    buys: Vec<f64>,
    nulls: Vec<f64>,
}

impl Chain {
    fn of(group: &[u32], steps: &Steps) -> Chain {
        let size = group.len();
        let column = |from: &[u128]| group.iter().map(|creator| from[*creator as usize] as f64).collect();
        let mut chain = Chain {
            creators: group.to_vec(),
            between: vec![0.0; size * size],
            starts: column(&steps.starts),
            buys: column(&steps.buys),
            nulls: column(&steps.nulls),
        };
        for (row, creator) in group.iter().enumerate() {
            let first = steps.between.partition_point(|step| step.from < *creator);
            for step in steps.between[first..].iter().take_while(|step| step.from == *creator) {
                let place = group.binary_search(&step.to).expect("a step joins its two creators into one group");
                chain.between[row * size + place] = step.journeys as f64;
            }
        }
        chain
    }

    /// Tells for each creator how many orders come by it: what starts and ever comes to it, times its chance to end in
    /// an order.
    fn orders_lost(mut self, tell: &mut impl FnMut(u32, f64)) {
        let size = self.creators.len();
        if size == 1 {
            let ends = self.buys[0] + self.nulls[0];
            tell(self.creators[0], if ends > 0.0 { self.starts[0] * (self.buys[0] / ends) } else { 0.0 });
            return;
        }
        self.clone().first_of(size / 2).orders_lost(tell);
        self.turn_round();
        self.first_of(size - size / 2).orders_lost(tell);
    }

    /// The last state first.
    fn turn_round(&mut self) {
        self.creators.reverse();
        // Rows and columns at once.
        self.between.reverse();
        self.starts.reverse();
        self.buys.reverse();
        self.nulls.reverse();
    }

    /// The chain without all but the first `kept` states.
    fn first_of(mut self, kept: usize) -> Chain {
        let size = self.creators.len();
        let mut left = size;
        while left > kept {
            let block = kept.max(left.saturating_sub(BLOCK))..left;
            left = block.start;
            self.take_out(block);
        }
        for row in 1..kept {
            self.between.copy_within(row * size..row * size + kept, row * kept);
        }
        self.between.truncate(kept * kept);
        self.creators.truncate(kept);
        self.starts.truncate(kept);
        self.buys.truncate(kept);
        self.nulls.truncate(kept);
        self
    }

    /// Takes out these states, at most [`BLOCK`]; those behind them are out already. They go one by one, the last
    /// first, but the rows of the states that stay take all of them in at once, which reads each row once.
    fn take_out(&mut self, block: Range<usize>) {
        let size = self.creators.len();
        let (staying, going) = self.between.split_at_mut(block.start * size);
        let mut ends = [Ends::default(); BLOCK];
        for at in (0..block.len()).rev() {
            let state = block.start + at;
            let (before, row) = going.split_at_mut(at * size);
            let row = &row[..state];
            let (buys, nulls) = (self.buys[state], self.nulls[state]);
            let out = row.iter().sum::<f64>() + buys + nulls;
            // Nothing goes out only where flows have become too small for a number.
            let of_one = if out > 0.0 { 1.0 / out } else { 0.0 };
            ends[at] = Ends { of_one, buys, nulls };
            let started = self.starts[state] * of_one;
            self.starts[..state].iter_mut().zip(row).for_each(|(to, flow)| *to += started * flow);
            for earlier in 0..at {
                let to_row = &mut before[earlier * size..earlier * size + state + 1];
                let share = to_row[state] * of_one;
                to_row.iter_mut().zip(row).for_each(|(to, flow)| *to += share * flow);
                self.buys[block.start + earlier] += share * buys;
                self.nulls[block.start + earlier] += share * nulls;
            }
        }
        let rows: [&[f64]; BLOCK] = std::array::from_fn(|at| match at < block.len() {
            true => &going[at * size..at * size + block.end],
            // Never met, as its share is 0; any row will do.
            false => &going[..block.end],
        });
        for (from, row) in staying.chunks_exact_mut(size).enumerate() {
            let (row, through) = row.split_at_mut(block.start);
            let mut shares = [0.0; BLOCK];
            for at in (0..block.len()).rev() {
                let share = through[at] * ends[at].of_one;
                let between = &rows[at][block.start..block.start + at];
                through.iter_mut().zip(between).for_each(|(to, flow)| *to += share * flow);
                self.buys[from] += share * ends[at].buys;
                self.nulls[from] += share * ends[at].nulls;
                shares[at] = share;
            }
            if shares != [0.0; BLOCK] {
                add_rows(row, rows, shares);
            }
        }
    }
}

/// How the flow out of a state that goes ends.
#[derive(Clone, Copy, Default)]
struct Ends {
    /// One over all that goes out; 0 when nothing does.
    of_one: f64,
    buys: f64,
    nulls: f64,
}

/// Adds each row times its share; rows are at least as long as `to`.
fn add_rows(to: &mut [f64], rows: [&[f64]; BLOCK], shares: [f64; BLOCK]) {
    let [first, second, third, fourth] = rows.map(|row| &row[..to.len()]);
    for at in 0..to.len() {
        to[at] += (shares[0] * first[at] + shares[1] * second[at]) + (shares[2] * third[at] + shares[3] * fourth[at]);
    }
}

#[cfg(test)]
mod tests;
