//! Choosing the accounts that hit most sets, one after the other, with a bound on what any others could hit.

use super::sampling::{Marks, Sets};

/// Accounts in fewer sets than this many others are left out of the choosing at first.
const HELD: usize = 4_096;

/// Seeds with what they hit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Covered {
    pub seeds: Vec<u32>,
    pub hits: u64,
    /// No `k` accounts hit more sets.
    pub most: u64,
}

/// The greedy choice of `k` accounts on the sets.
///
/// Only accounts in many sets are held; the choice is the same as if all were, since nobody left out is in more sets than
/// the least chosen one adds (otherwise more are held and the choice is made again).
/// Cost: `O(members + k held)`. Source: OPIM-C's bound: the least over prefixes of hits so far and the k largest additions.
pub(super) fn cover(sets: &Sets, nodes: usize, k: usize) -> Covered {
    let mut counts = vec![0u32; nodes];
    let mut met: Vec<u32> = vec![];
    for member in &sets.members {
        let count = &mut counts[*member as usize];
        if *count == 0 {
            met.push(*member);
        }
        *count += 1;
    }
    met.sort_unstable();
    let mut held = HELD.max(4 * k).min(nodes);
    loop {
        let least = least_held(&counts, &met, held);
        let accounts: Vec<u32> = met.iter().copied().filter(|node| counts[*node as usize] > least).collect();
        if let Some(covered) = cover_held(sets, &counts, accounts, least, k) {
            return covered;
        }
        held = (4 * held).min(nodes);
    }
}

/// The count that at most `held` accounts are above; 0 when all that were met are held.
fn least_held(counts: &[u32], met: &[u32], held: usize) -> u32 {
    let largest = met.iter().map(|node| counts[*node as usize]).max().unwrap_or(0);
    let mut with = vec![0usize; largest as usize + 1];
    met.iter().for_each(|node| with[counts[*node as usize] as usize] += 1);
    let mut above = 0;
    for count in (1..=largest).rev() {
        above += with[count as usize];
        if above > held {
            return count;
        }
    }
    0
}

fn cover_held(sets: &Sets, counts: &[u32], accounts: Vec<u32>, least: u32, k: usize) -> Option<Covered> {
    let nodes = counts.len();
    let mut marks = Marks::new(nodes);
    let mut place_of = vec![0u32; nodes];
    for (place, account) in accounts.iter().enumerate() {
        marks.mark(*account);
        place_of[*account as usize] = place as u32;
    }
    // The sets with held accounts only, and where each held account occurs.
    let (mut ends, mut members): (Vec<u32>, Vec<u32>) = (vec![], vec![]);
    for set in sets.iter() {
        members.extend(set.iter().filter(|member| marks.has(**member)).map(|member| place_of[*member as usize]));
        ends.push(members.len() as u32);
    }
    let set = |place: usize| {
        let begin = if place == 0 { 0 } else { ends[place - 1] };
        begin as usize..ends[place] as usize
    };
    let mut starts = vec![0u32; accounts.len() + 1];
    members.iter().for_each(|member| starts[*member as usize + 1] += 1);
    for place in 0..accounts.len() {
        starts[place + 1] += starts[place];
    }
    let (mut occurs, mut next) = (vec![0u32; members.len()], starts.clone());
    for place in 0..ends.len() {
        for member in &members[set(place)] {
            occurs[next[*member as usize] as usize] = place as u32;
            next[*member as usize] += 1;
        }
    }
    let mut adds: Vec<u32> = accounts.iter().map(|account| counts[*account as usize]).collect();
    let mut is_hit = vec![false; ends.len()];
    let (mut seeds, mut hits, mut most) = (vec![], 0u64, u64::MAX);
    let mut is_seed = vec![false; accounts.len()];
    for round in 0..=k {
        most = most.min(hits + largest_sum(&adds, k, least));
        if round == k {
            break;
        }
        let best = (0..accounts.len())
            .filter(|place| !is_seed[*place])
            .max_by_key(|place| (adds[*place], std::cmp::Reverse(accounts[*place])));
        let Some(best) = best.filter(|best| adds[*best] >= least || least == 0) else {
            if least > 0 {
                return None;
            }
            break;
        };
        is_seed[best] = true;
        seeds.push(accounts[best]);
        hits += u64::from(adds[best]);
        for place in &occurs[starts[best] as usize..starts[best + 1] as usize] {
            let place = *place as usize;
            if !is_hit[place] {
                is_hit[place] = true;
                members[set(place)].iter().for_each(|member| adds[*member as usize] -= 1);
            }
        }
    }
    // Sets may be hit by fewer than k: anybody else is as good, the smallest numbers are taken.
    let mut taken = Marks::new(nodes);
    seeds.iter().for_each(|seed| {
        taken.mark(*seed);
    });
    let missing = k - seeds.len();
    let others: Vec<u32> = (0..nodes as u32).filter(|node| !taken.has(*node)).take(missing).collect();
    seeds.extend(others);
    Some(Covered { seeds, hits, most })
}

/// The sum of the k largest additions, each at least what an account left out may add.
fn largest_sum(adds: &[u32], k: usize, least: u32) -> u64 {
    let mut largest: Vec<u32> = adds.iter().copied().filter(|adds| *adds > least).collect();
    if largest.len() > k {
        largest.select_nth_unstable_by(k, |a, b| b.cmp(a));
        largest.truncate(k);
    }
    let rest = (k - largest.len()) as u64 * u64::from(least);
    largest.iter().map(|adds| u64::from(*adds)).sum::<u64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    #[test]
    fn holding_few_accounts_chooses_as_holding_all_and_bounds_every_other_choice() {
        let mut sequence = Sequence::new(5, 5);
        for _ in 0..40 {
            let mut sets = Sets::default();
            for _ in 0..60 {
                let mut set: Vec<u32> = (0..12).filter(|_| sequence.uniform() < 0.25).collect();
                sets.members.append(&mut set);
                sets.ends.push(sets.members.len() as u64);
            }
            let mut counts = vec![0u32; 12];
            sets.members.iter().for_each(|member| counts[*member as usize] += 1);
            let all = cover(&sets, 12, 3);
            let met: Vec<u32> = (0..12).filter(|node| counts[*node as usize] > 0).collect();
            let least = least_held(&counts, &met, 8);
            let accounts = (0..12u32).filter(|node| counts[*node as usize] > least).collect();
            if let Some(few) = cover_held(&sets, &counts, accounts, least, 3) {
                assert_eq!((few.hits, all.most <= few.most), (all.hits, true));
            }
            let best = (0u32..1 << 12).filter(|set| set.count_ones() == 3).map(|chosen| {
                sets.iter().filter(|set| set.iter().any(|member| chosen >> member & 1 == 1)).count() as u64
            });
            assert!(all.most >= best.max().unwrap_or(0));
        }
    }
}
