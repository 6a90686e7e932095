//! Whole lists counted: everybody once, in parts small enough for a processor's cache, on all cores.

use rayon::prelude::*;

/// Ids of all lists together in one part; 8 bytes each.
const IDS_A_PART: usize = 1 << 16;
/// Ids looked at for each border between parts.
const LOOKED_AT_A_BORDER: usize = 16;
/// A row of a part holds the list in so many bits, and above them how far an id lies from the part's border.
const LIST_BITS: u32 = 6;
const SPAN_BITS: u32 = 57;
/// A list this many times as long as another is searched rather than walked through.
const SEARCH_FROM_TIMES: usize = 24;

/// How many people are in which of several lists.
pub(super) struct Counts {
    lists: usize,
    pub distinct: u64,
    /// People in this list and no other.
    pub only: Vec<u64>,
    /// People in this list and none before it.
    pub first: Vec<u64>,
    /// Sum over people of the square of how many lists they are in.
    pub squares: u64,
    both: Vec<u64>,
}

impl Counts {
    fn new(lists: usize) -> Counts {
        let each = || vec![0; lists];
        Counts { lists, distinct: 0, only: each(), first: each(), squares: 0, both: vec![0; lists * lists] }
    }

    /// People in both of two lists, `a < b`.
    pub fn both(&self, a: usize, b: usize) -> u64 {
        self.both[a * self.lists + b]
    }

    fn plus(mut self, other: Counts) -> Counts {
        self.distinct += other.distinct;
        self.squares += other.squares;
        for (mine, theirs) in
            [(&mut self.only, &other.only), (&mut self.first, &other.first), (&mut self.both, &other.both)]
        {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        self
    }

    /// Counts one person, who is in these lists, ascending.
    fn add(&mut self, in_lists: &[usize]) {
        self.distinct += 1;
        self.squares += (in_lists.len() * in_lists.len()) as u64;
        self.first[in_lists[0]] += 1;
        if let [list] = in_lists {
            self.only[*list] += 1;
        }
        for (place, list) in in_lists.iter().enumerate() {
            let row = &mut self.both[list * self.lists..][..self.lists];
            in_lists[place + 1..].iter().for_each(|other| row[*other] += 1);
        }
    }
}

/// Counts up to 64 lists, each ascending without repetition.
///
/// The ids are cut into parts of about 65,536 that span less than 2^57; within a part the distance from its border and
/// the list make one number, and these are sorted and read off by person. Sums of whole numbers, so the number of
/// threads changes nothing. Cost `O(ids log 65536 + people * lists a person^2)`; memory beside the lists about 1 MB a
/// thread.
pub(super) fn count(lists: &[&[i64]]) -> Counts {
    assert!(lists.len() <= 1 << LIST_BITS, "callers put at most 64 lists together");
    let borders = borders(lists);
    let part = |place: usize| {
        let from = place.checked_sub(1).map_or(i64::MIN, |before| borders[before]);
        let to = borders.get(place).copied();
        let mut rows: Vec<u64> = Vec::with_capacity(IDS_A_PART + IDS_A_PART / 4);
        for (list, ids) in (0_u64..).zip(lists) {
            let begin = ids.partition_point(|id| *id < from);
            let end = to.map_or(ids.len(), |border| ids.partition_point(|id| *id < border));
            rows.extend(ids[begin..end].iter().map(|id| id.abs_diff(from) << LIST_BITS | list));
        }
        rows.sort_unstable();
        let mut counts = Counts::new(lists.len());
        let mut in_lists = Vec::with_capacity(lists.len());
        for person in rows.chunk_by(|a, b| a >> LIST_BITS == b >> LIST_BITS) {
            in_lists.clear();
            in_lists.extend(person.iter().map(|row| (row & ((1 << LIST_BITS) - 1)) as usize));
            counts.add(&in_lists);
        }
        counts
    };
    (0..=borders.len()).into_par_iter().map(part).reduce(|| Counts::new(lists.len()), Counts::plus)
}

/// Ids that cut all lists together into parts of about one size, ascending, none of them spanning more than a row can
/// hold.
fn borders(lists: &[&[i64]]) -> Vec<i64> {
    let step = IDS_A_PART / LOOKED_AT_A_BORDER;
    let mut looked_at: Vec<i64> =
        lists.iter().flat_map(|ids| ids.iter().skip(step / 2).step_by(step)).copied().collect();
    looked_at.sort_unstable();
    let mut borders: Vec<i64> = looked_at.into_iter().skip(LOOKED_AT_A_BORDER).step_by(LOOKED_AT_A_BORDER).collect();
    borders.extend((-63_i64..64).map(|place| place << SPAN_BITS));
    borders.sort_unstable();
    borders.dedup();
    borders
}

/// How many ids two lists share, each ascending without repetition. Cost `O(a + b)`, less where one is far longer.
pub(super) fn shared(a: &[i64], b: &[i64]) -> u64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len().saturating_mul(SEARCH_FROM_TIMES) < long.len() {
        return short.iter().filter(|id| long.binary_search(id).is_ok()).count() as u64;
    }
    let (mut at, mut beside, mut both) = (0, 0, 0);
    while at < short.len() && beside < long.len() {
        let (here, there) = (short[at], long[beside]);
        both += u64::from(here == there);
        at += usize::from(here <= there);
        beside += usize::from(there <= here);
    }
    both
}

/// What of an ascending list is not below `id`; steps double, since the next person is near.
pub(super) fn after(list: &[i64], id: i64) -> &[i64] {
    let mut step = 1;
    while step < list.len() && list[step] < id {
        step *= 2;
    }
    let near = step.min(list.len());
    &list[list[..near].partition_point(|other| *other < id)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn check(sets: &[BTreeSet<i64>]) {
        let lists: Vec<Vec<i64>> = sets.iter().map(|set| set.iter().copied().collect()).collect();
        let slices: Vec<&[i64]> = lists.iter().map(Vec::as_slice).collect();
        let counts = count(&slices);
        let mut members: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (list, set) in sets.iter().enumerate() {
            set.iter().for_each(|id| members.entry(*id).or_default().push(list));
        }
        assert_eq!(counts.distinct, members.len() as u64);
        for a in 0..sets.len() {
            let only = members.values().filter(|lists| **lists == [a]).count() as u64;
            assert_eq!(counts.only[a], only);
            assert_eq!(counts.first[a], members.values().filter(|lists| lists[0] == a).count() as u64);
            for b in a + 1..sets.len() {
                let both = sets[a].intersection(&sets[b]).count() as u64;
                assert_eq!(counts.both(a, b), both);
                assert_eq!(shared(&lists[a], &lists[b]), both);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn counts_are_those_of_sets_put_together_one_by_one(
            sets in prop::collection::vec(prop::collection::btree_set(0_i64..60, 0..40), 1..6),
        ) {
            check(&sets);
        }
    }

    #[test]
    fn counts_over_many_parts_are_those_of_sets_and_the_ends_of_the_range_are_counted() {
        let every = |step: i64, count: i64| (0..count).map(|place| place * step).collect::<BTreeSet<i64>>();
        let mut ends = every(5, 30_000);
        ends.extend([i64::MIN, -1, 0, i64::MAX]);
        check(&[every(2, 100_000), every(3, 90_000), ends, every(1, 7), BTreeSet::new()]);
    }

    #[test]
    fn a_list_is_walked_to_the_next_id_without_passing_it() {
        let list = [1, 4, 9, 16, 25, 36, 49];
        for id in 0..60 {
            assert_eq!(after(&list, id), &list[list.partition_point(|other| *other < id)..]);
        }
    }
}
