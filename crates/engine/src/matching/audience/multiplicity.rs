//! Whole lists too many to count: some people of each are drawn and looked up in all lists, and each counts for one
//! over the number of lists they are in.

use model::Ratio;
use rayon::prelude::*;

use super::sampled::{Drawn, shared_people};
use super::{Found, exact};
use crate::intervals::two_sided_z;
use crate::random::Draws;

const STREAM: u64 = 61;

/// People of several whole lists together, from people drawn and looked up.
#[derive(Clone, PartialEq, Debug)]
pub struct UnionByMultiplicity {
    pub distinct: Found,
    /// People in this list and no other.
    pub only: Vec<Found>,
    /// People in this list and none before it.
    pub first: Vec<Found>,
    /// People drawn from all lists together.
    pub drawn: u64,
}

/// How many people several whole lists hold together, from `sample_each` people drawn of each.
///
/// Formula: `U = sum_j N_j mean(1 / d)`, d the lists a drawn person is in; variance `sum_j N_j^2 s_j^2 / m_j (1 - m_j
/// / N_j)`, s_j^2 the variance of 1/d with one more person half a unit from the mean, so that "all alike" is not taken
/// for certain; interval `U -+ z sd`. One person is drawn from each of m_j equal stretches of a list, independently
/// for each list. Only-here and first-here: shares of the people drawn, as in [`shared_people`].
/// Inputs: lists ascending without repetition; `sample_each` 1 and up. Output: people; unbiased.
/// Cost: O(lists^2 * sample_each * log(ids / sample_each)). Source: Horvitz & Thompson 1952; multiplicity estimators,
/// Birnbaum & Sirken 1965.
pub fn union_by_multiplicity(lists: &[&[i64]], sample_each: usize, seed: u64, level: Ratio) -> UnionByMultiplicity {
    let looked_up: Vec<LookedUp> =
        (0..lists.len()).into_par_iter().map(|list| LookedUp::of(list, lists, sample_each, seed)).collect();
    let part = |list: usize, hits: u64| {
        let people = lists[list].len() as u64;
        shared_people(hits, Drawn { held: looked_up[list].drawn, people }, Drawn { held: people, people }, level)
    };
    let parts =
        |hits: fn(&LookedUp) -> u64| looked_up.iter().map(hits).enumerate().map(|(at, hits)| part(at, hits)).collect();
    let value: f64 = looked_up.iter().map(|own| own.total).sum();
    let reach = two_sided_z(level) * looked_up.iter().map(|own| own.variance).sum::<f64>().sqrt();
    let sizes = lists.iter().map(|ids| ids.len() as f64);
    let (largest, sum) = (sizes.clone().fold(0.0, f64::max), sizes.sum());
    UnionByMultiplicity {
        distinct: Found::within(value, value - reach, value + reach, largest, sum),
        only: parts(|own| own.only),
        first: parts(|own| own.first),
        drawn: looked_up.iter().map(|own| own.drawn).sum(),
    }
}

/// What looking up the people drawn of one list gave.
struct LookedUp {
    drawn: u64,
    only: u64,
    first: u64,
    total: f64,
    variance: f64,
}

impl LookedUp {
    fn of(list: usize, lists: &[&[i64]], sample_each: usize, seed: u64) -> LookedUp {
        let ids = lists[list];
        let drawn = sample_each.min(ids.len());
        let draws = Draws::new(seed.wrapping_add(list as u64), STREAM);
        let looked_up: Vec<i64> = (0..drawn)
            .map(|place| {
                let (from, to) = (place * ids.len() / drawn, (place + 1) * ids.len() / drawn);
                ids[from + draws.below(place as u64, to - from)]
            })
            .collect();
        let (mut before, mut all) = (vec![0_u32; drawn], vec![1_u32; drawn]);
        for (other, mut left) in lists.iter().copied().enumerate().filter(|(other, _)| *other != list) {
            for (place, id) in looked_up.iter().enumerate() {
                left = exact::after(left, *id);
                let is_in = u32::from(left.first() == Some(id));
                all[place] += is_in;
                before[place] += if other < list { is_in } else { 0 };
            }
        }
        let only = all.iter().filter(|lists| **lists == 1).count() as u64;
        let first = before.iter().filter(|lists| **lists == 0).count() as u64;
        let parts = || all.iter().map(|lists| 1.0 / f64::from(*lists));
        let (sum, squares): (f64, f64) = (parts().sum(), parts().map(|part| part * part).sum());
        if drawn == 0 {
            return LookedUp { drawn: 0, only, first, total: 0.0, variance: 0.0 };
        }
        let (people, drawn_real) = (ids.len() as f64, drawn as f64);
        let mean = sum / drawn_real;
        let spread = ((squares - drawn_real * mean * mean).max(0.0) + 0.25) / drawn_real;
        let left = 1.0 - drawn_real / people;
        LookedUp {
            drawn: drawn as u64,
            only,
            first,
            total: people * mean,
            variance: people * people * spread / drawn_real * left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> Ratio {
        Ratio::new(0.9).expect("a level")
    }

    #[test]
    fn people_drawn_and_looked_up_give_the_union_without_bias_and_hold_it_nine_times_in_ten() {
        let draws = Draws::new(3, 1);
        let range = |from: u64, to: u64| {
            let mut ids: Vec<i64> = (from..to).map(|place| (draws.raw(place) >> 1).cast_signed()).collect();
            ids.sort_unstable();
            ids
        };
        let lists = [range(0, 8_000), range(5_000, 9_000), range(0, 6_000), range(20_000, 30_000)];
        let slices: Vec<&[i64]> = lists.iter().map(Vec::as_slice).collect();
        let truth = 19_000.0;
        let runs = 200;
        let (mut held, mut only, mut mean) = (0, 0, 0.0);
        for seed in 0..runs {
            let found = union_by_multiplicity(&slices, 300, seed * 1_000, level());
            held += u32::from(found.distinct.lo <= truth && truth <= found.distinct.hi);
            only += u32::from(found.only[1].lo <= 1_000.0 && 1_000.0 <= found.only[1].hi);
            mean += found.distinct.value.expect("people were drawn") / runs as f64;
        }
        println!("looked up: mean {mean:.0} of {truth}, covered {held} and {only} of {runs}");
        assert!((mean / truth - 1.0).abs() < 0.005, "{mean}");
        assert!(held >= 174 && only >= 174, "{held} {only}");
    }

    #[test]
    fn whole_lists_drawn_wholly_are_exact() {
        let found = union_by_multiplicity(&[&[1, 2, 3], &[2, 3, 4, 5], &[]], 10, 1, level());
        let distinct = found.distinct;
        assert!((distinct.value.expect("known") - 5.0).abs() < 1e-9 && distinct.hi - distinct.lo < 1e-9);
        assert_eq!(found.only, [Found::exactly(1), Found::exactly(2), Found::exactly(0)]);
    }
}
