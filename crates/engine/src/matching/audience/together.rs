//! Several audiences of which at least one is a sample: people seen in more than one, scaled, and what they leave of
//! the sum.
//!
//! Whole lists of the set count as one audience that was drawn wholly: nothing about it is uncertain.

use std::collections::BTreeMap;

use model::Ratio;

use super::combined::Solved;
use super::sampled::{Drawn, Weighed, shared_people, weighted_sum};
use super::{AudienceKnown, Found, Rung, exact};

/// How many people audiences hold together when some are samples, and what each holds alone.
///
/// With one sample and whole lists, or two samples: the sum less [`shared_people`]. With more, `U = sum N_j - sum over
/// people seen in several of c`, `c = sum 1/f_j - 1 + product(1 - 1/f_j)` over the audiences a person was seen in
/// (Horvitz & Thompson for the union: unbiased). Its ends are those of both kinds of weights ([`weighted_sum`]), put
/// together by squares (Zou & Donner 2008), and cut by what the pairs alone allow: with `S1 = sum N_j` and `S2` the
/// pairs' overlaps added up, `2/(k+1) S1 - 2/(k(k+1)) S2 <= U <= S1 - 2/n S2` for every whole k (Dawson & Sankoff
/// 1967; Kwerel 1975). Each of the two is made for half of the doubt, so that both hold together at `level`. Somebody
/// in all audiences who happened not to be seen counts in the ends, so small samples of many audiences say nothing
/// beyond the pairs: the value is then not known, and the ends are those of the pairs. Only-here and first-here: the
/// same for the part of one audience that the others hold as well, `c = (1 - product(1 - 1/f_j)) / f_own`, cut by the
/// pairs: at least their mean, at most their sum. Whole lists among them are counted first.
/// Inputs: no audience known by size alone. Output: people. Cost: O(ids log ids) and O(different patterns *
/// audiences^2).
pub(super) fn union_of_samples(set: &[AudienceKnown<'_>], level: Ratio) -> Solved {
    let is_sample = |place: &usize| matches!(set[*place], AudienceKnown::Sample { .. });
    let (samples, whole): (Vec<usize>, Vec<usize>) = (0..set.len()).partition(is_sample);
    let lists: Vec<&[i64]> = whole.iter().map(|place| set[*place].ids()).collect();
    let counts = exact::count(&lists);
    let mut drawn: Vec<Drawn> = samples
        .iter()
        .map(|place| Drawn { held: set[*place].ids().len() as u64, people: set[*place].people() })
        .collect();
    if !whole.is_empty() {
        drawn.push(Drawn { held: counts.distinct, people: counts.distinct });
    }
    let seen = Seen { drawn, patterns: patterns(set, &samples, &lists), samples: samples.len(), level };
    let part = |place: usize, earlier_only: bool| {
        let at_sample = samples.partition_point(|sample| *sample < place);
        let at_whole = whole.partition_point(|list| *list < place);
        let earlier = |end: usize| if end >= 64 { u64::MAX } else { (1 << end) - 1 };
        let (other_samples, other_lists) =
            if earlier_only { (earlier(at_sample), earlier(at_whole)) } else { (u64::MAX, u64::MAX) };
        if samples.get(at_sample) == Some(&place) {
            return seen.beyond_in_sample(at_sample, other_samples, other_lists);
        }
        let people = if earlier_only { counts.first[at_whole] } else { counts.only[at_whole] };
        let deciding = if earlier_only { earlier(at_whole + 1) } else { u64::MAX };
        let is_own = |lists: u64| lists & deciding == 1 << at_whole;
        seen.beyond_in_lists(people, is_own, other_samples)
    };
    Solved {
        rung: Rung::Samples,
        distinct: seen.distinct(),
        exclusive: (0..set.len()).map(|place| part(place, false)).collect(),
        marginal: (0..set.len()).map(|place| part(place, true)).collect(),
    }
}

/// Which samples and which whole lists a person was seen in, as bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    samples: u64,
    lists: u64,
}

/// How many people of the samples show which pattern.
fn patterns(set: &[AudienceKnown<'_>], samples: &[usize], lists: &[&[i64]]) -> BTreeMap<Pattern, u64> {
    let mut rows: Vec<(i64, u8)> = (0u8..=u8::MAX)
        .zip(samples)
        .flat_map(|(bit, place)| set[*place].ids().iter().map(move |id| (*id, bit)))
        .collect();
    rows.sort_unstable();
    let mut left: Vec<&[i64]> = lists.to_vec();
    let mut patterns = BTreeMap::new();
    for person in rows.chunk_by(|a, b| a.0 == b.0) {
        let samples = person.iter().fold(0, |bits, row| bits | 1_u64 << row.1);
        let mut in_lists = 0;
        for (bit, left) in left.iter_mut().enumerate() {
            *left = exact::after(left, person[0].0);
            in_lists |= u64::from(left.first() == Some(&person[0].0)) << bit;
        }
        *patterns.entry(Pattern { samples, lists: in_lists }).or_insert(0) += 1;
    }
    patterns
}

/// The patterns seen, and how much of each audience was drawn; the whole lists, as one, come last.
struct Seen {
    drawn: Vec<Drawn>,
    patterns: BTreeMap<Pattern, u64>,
    samples: usize,
    level: Ratio,
}

impl Seen {
    /// The audiences of a pattern, the whole lists as one.
    fn audiences(&self, pattern: &Pattern, lists: u64) -> u64 {
        pattern.samples | u64::from(pattern.lists & lists != 0) << self.samples.min(63)
    }

    /// Bits of all audiences: those samples, and the whole lists where any of `lists` is one.
    fn others(&self, samples: u64, lists: u64) -> u64 {
        let all_samples = if self.samples >= 64 { u64::MAX } else { (1 << self.samples) - 1 };
        let has_lists = self.drawn.len() > self.samples && lists != 0;
        (samples & all_samples) | u64::from(has_lists) << self.samples.min(63)
    }

    fn distinct(&self) -> Found {
        let sum: f64 = self.drawn.iter().map(|drawn| drawn.people as f64).sum();
        let largest = self.drawn.iter().map(|drawn| drawn.people as f64).fold(0.0, f64::max);
        let rows: Vec<(u64, u64)> = self
            .patterns
            .iter()
            .map(|(pattern, people)| (self.audiences(pattern, u64::MAX), *people))
            .filter(|row| row.0.count_ones() >= 2)
            .collect();
        let hits: u64 = rows.iter().map(|row| row.1).sum();
        match self.drawn.as_slice() {
            [only] => return Found::exactly(only.people),
            [a, b] => return shared_people(hits, *a, *b, self.level).taken_from(sum),
            _ => {}
        }
        let weigh = |audiences: u64, people: u64| {
            let seen = Inverses::of(&self.drawn, audiences);
            let pairs = (seen.sum * seen.sum - seen.squares) / 2.0;
            Weights { whole: seen.sum - 1.0 + seen.product, pairs, chance: seen.chance, people }
        };
        let rows: Vec<Weights> = rows.iter().map(|(audiences, people)| weigh(*audiences, *people)).collect();
        let unseen = Unseen::of(&self.rarest(u64::MAX), 2, weigh);
        let audiences = self.drawn.len() as f64;
        let cut =
            |pairs: Found| (2.0 / audiences * pairs.lo, sum - fewest(sum, pairs.hi, self.drawn.len()).max(largest));
        let repeated = repeated(&rows, &unseen, cut, (hits as f64, sum - largest), self.level);
        repeated.taken_from(sum)
    }

    /// People of a sample's audience that none of these others holds.
    fn beyond_in_sample(&self, own: usize, samples: u64, lists: u64) -> Found {
        let others = self.others(samples & !(1 << own), lists);
        let rows = self.patterns.iter().filter(|(pattern, _)| pattern.samples >> own & 1 == 1);
        let rows = rows.map(|(pattern, people)| (self.audiences(pattern, lists) & others, *people)).collect();
        self.beyond(self.drawn[own], rows, others)
    }

    /// People of a part of the whole lists that none of these samples' audiences holds.
    fn beyond_in_lists(&self, people: u64, is_own: impl Fn(u64) -> bool, samples: u64) -> Found {
        let others = self.others(samples, 0);
        let rows = self.patterns.iter().filter(|(pattern, _)| is_own(pattern.lists));
        let rows = rows.map(|(pattern, people)| (pattern.samples & others, *people)).collect();
        self.beyond(Drawn { held: people, people }, rows, others)
    }

    /// `own` less what the others hold of it; rows are the others that people of `own` were seen in.
    fn beyond(&self, own: Drawn, rows: Vec<(u64, u64)>, others: u64) -> Found {
        let rows: Vec<(u64, u64)> = rows.into_iter().filter(|row| row.0 != 0).collect();
        let hits: u64 = rows.iter().map(|row| row.1).sum();
        let people = own.people as f64;
        if others == 0 || own.people == 0 {
            return Found::exactly(own.people);
        }
        if others.count_ones() == 1 {
            let other = self.drawn[others.trailing_zeros() as usize];
            return shared_people(hits, own, other, self.level).taken_from(people);
        }
        let fraction = own.fraction();
        let weigh = |audiences: u64, people: u64| {
            let seen = Inverses::of(&self.drawn, audiences);
            Weights {
                whole: (1.0 - seen.product) / fraction,
                pairs: seen.sum / fraction,
                chance: fraction * seen.chance,
                people,
            }
        };
        let rows: Vec<Weights> = rows.iter().map(|(audiences, people)| weigh(*audiences, *people)).collect();
        let unseen = Unseen::of(&self.rarest(others), 1, weigh);
        let count = f64::from(others.count_ones());
        let cut = |pairs: Found| (pairs.lo / count, pairs.hi);
        repeated(&rows, &unseen, cut, (hits as f64, people), self.level).taken_from(people)
    }

    /// These audiences, the ones of which the smallest parts were drawn first.
    fn rarest(&self, among: u64) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.drawn.len()).filter(|place| among >> place & 1 == 1).collect();
        places.sort_by(|a, b| self.drawn[*a].fraction().total_cmp(&self.drawn[*b].fraction()).then(a.cmp(b)));
        places
    }
}

fn bits(places: &[usize]) -> u64 {
    places.iter().fold(0, |bits, place| bits | 1 << place)
}

/// Sums and products over the audiences a person was seen in, of one over the fraction drawn.
struct Inverses {
    sum: f64,
    squares: f64,
    /// Of `1 - 1/f`.
    product: f64,
    /// Of f.
    chance: f64,
}

impl Inverses {
    fn of(drawn: &[Drawn], audiences: u64) -> Inverses {
        let mut found = Inverses { sum: 0.0, squares: 0.0, product: 1.0, chance: 1.0 };
        for (place, drawn) in drawn.iter().enumerate().filter(|(place, _)| audiences >> place & 1 == 1) {
            debug_assert!(place < 64, "a set holds at most 64 audiences");
            let inverse = drawn.fraction().recip();
            found.sum += inverse;
            found.squares += inverse * inverse;
            found.product *= 1.0 - inverse;
            found.chance /= inverse;
        }
        found
    }
}

/// What a person who was seen in several audiences stands for.
#[derive(Clone, Copy)]
struct Weights {
    /// In the estimate itself; below 0 where three audiences take back what pairs took too often.
    whole: f64,
    /// In the sum of pairs.
    pairs: f64,
    chance: f64,
    people: u64,
}

/// People who could have been seen and were not, of the audiences of which the smallest parts were drawn.
struct Unseen {
    pair: Weights,
    /// In three audiences, in four, and so on up to all.
    more: Vec<Weights>,
}

impl Unseen {
    fn of(rarest: &[usize], in_a_pair: usize, weigh: impl Fn(u64, u64) -> Weights) -> Unseen {
        let first = |count: usize| weigh(bits(&rarest[..count]), 1);
        Unseen { pair: first(in_a_pair), more: (in_a_pair + 1..=rarest.len()).map(first).collect() }
    }

    /// The one that would move the estimate most, upwards or downwards by `sign`.
    fn heaviest(&self, sign: f64) -> Weighed {
        let all = std::iter::once(&self.pair).chain(&self.more);
        let signed = all.map(|row| weighed(row, (row.whole * sign).max(0.0)));
        let none = Weighed { weight: 0.0, chance: 1.0, people: 1 };
        signed.fold(none, |most, row| if row.weight > most.weight { row } else { most })
    }
}

fn weighed(weights: &Weights, weight: f64) -> Weighed {
    Weighed { weight, chance: weights.chance, people: weights.people }
}

/// People counted more than once: the estimate's ends, cut by what the pairs allow.
fn repeated(
    rows: &[Weights],
    unseen: &Unseen,
    cut: impl Fn(Found) -> (f64, f64),
    (least, most): (f64, f64),
    level: Ratio,
) -> Found {
    let half_doubt = Ratio::new((1.0 + level.value()) / 2.0).expect("halfway to 1 is a share");
    let with_sign = |sign: f64| -> Vec<Weighed> {
        let signed = rows.iter().filter(|row| row.whole * sign > 0.0);
        signed.map(|row| weighed(row, row.whole * sign)).collect()
    };
    let taken = weighted_sum(&with_sign(1.0), unseen.heaviest(1.0), half_doubt);
    let given_back = weighted_sum(&with_sign(-1.0), unseen.heaviest(-1.0), half_doubt);
    let (taken_value, back_value) = (taken.value.unwrap_or(0.0), given_back.value.unwrap_or(0.0));
    let value = taken_value - back_value;
    let down = (taken_value - taken.lo).hypot(given_back.hi - back_value);
    let up = (taken.hi - taken_value).hypot(back_value - given_back.lo);
    let pairs: Vec<Weighed> = rows.iter().map(|row| weighed(row, row.pairs)).collect();
    let (cut_lo, cut_hi) = cut(weighted_sum(&pairs, weighed(&unseen.pair, unseen.pair.pairs), half_doubt));
    let lo = (value - down).max(cut_lo).clamp(least, most.max(least));
    let hi = (value + up).min(cut_hi).clamp(lo, most.max(lo));
    let found = Found::within(value.clamp(lo, hi), lo, hi, least, most);
    let says_nothing = !(value - down > cut_lo || value + up < cut_hi);
    if says_nothing { Found { value: None, ..found } } else { found }
}

/// The fewest people that audiences of this sum can hold when their pairs share so many in all.
fn fewest(sum: f64, pairs: f64, audiences: usize) -> f64 {
    let at = |k: f64| 2.0 / (k + 1.0) * sum - 2.0 / (k * (k + 1.0)) * pairs;
    (1..=audiences).map(|k| at(k as f64)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_people_of_three_equal_audiences_are_one_audience() {
        assert_eq!(fewest(300.0, 300.0, 3), 100.0);
        assert_eq!(fewest(300.0, 0.0, 3), 300.0);
    }
}
