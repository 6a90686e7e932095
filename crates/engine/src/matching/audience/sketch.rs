//! Sketches of whole lists: of each audience the people whose hash is smallest, so that the same people are kept
//! everywhere and any number of audiences can be put together from what was kept.
//!
//! The hash is the same for every list and every run. An account id is a hash already; it is mixed once more so that
//! ids that were not drawn evenly do no harm.

use model::Ratio;
use rayon::prelude::*;

use super::Found;
use super::exact;
use super::sampled::{Drawn, Moments, inverted, shared_people};
use crate::intervals::two_sided_z;
use crate::random::mix;

/// The people of one audience whose hash lies below a threshold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sketch {
    /// Ascending, all below the threshold.
    kept: Vec<i64>,
    /// The first hash not kept; the largest possible where everybody was.
    threshold: i64,
    people: u64,
}

impl Sketch {
    /// The sketch of a list of distinct ids, at most `kept_max` (1 and up) of them kept. Cost `O(ids)` and a sort of
    /// those kept.
    pub fn of(ids: &[i64], kept_max: usize) -> Sketch {
        let mut kept: Vec<i64> = Vec::with_capacity(ids.len().min(2 * kept_max + 2));
        let mut threshold = i64::MAX;
        for id in ids {
            let hash = (mix(id.cast_unsigned()) >> 1).cast_signed();
            if hash < threshold {
                kept.push(hash);
            }
            if kept.len() > 2 * kept_max + 1 {
                threshold = *kept.select_nth_unstable(kept_max).1;
                kept.truncate(kept_max);
            }
        }
        if kept.len() > kept_max {
            threshold = *kept.select_nth_unstable(kept_max).1;
            kept.truncate(kept_max);
        }
        kept.sort_unstable();
        Sketch { kept, threshold, people: ids.len() as u64 }
    }

    /// How many people the audience has; known, since the whole list was read.
    pub fn people(&self) -> u64 {
        self.people
    }

    /// Whether everybody was kept.
    pub fn is_whole(&self) -> bool {
        self.kept.len() as u64 == self.people
    }

    fn below(&self, threshold: i64) -> &[i64] {
        &self.kept[..self.kept.partition_point(|hash| *hash < threshold)]
    }
}

/// How many people two audiences share, from their sketches.
///
/// Formula: below the lower of both thresholds lie `a` and `b` people of the two, `h` of them in both, `u = a + b - h`
/// in all; `K = h / (a + b) * (N_a + N_b)`, the sizes being known. Interval: h of u drawn without repetition from the
/// `N_a + N_b - K` people of both, of whom K are shared, inverted as in [`shared_people`]. Relative standard error
/// about `sqrt((1 - J) / (J u))`, J the Jaccard overlap and u at least the people kept; none where both lists were
/// kept whole.
/// Output: people, 0 up to the smaller audience. Cost: O(kept).
/// Source: bottom-k sketches, Cohen & Kaplan 2007; theta sketches, Dasgupta et al. 2016; the ratio to known sizes is
/// ours.
pub fn shared_by_sketch(a: &Sketch, b: &Sketch, level: Ratio) -> Found {
    let threshold = a.threshold.min(b.threshold);
    let (kept_a, kept_b) = (a.below(threshold), b.below(threshold));
    let hits = exact::shared(kept_a, kept_b);
    if a.is_whole() && b.is_whole() {
        return Found::exactly(hits);
    }
    let most = a.people.min(b.people) as f64;
    let both_kept = (kept_a.len() + kept_b.len()) as f64;
    if both_kept == 0.0 {
        return Found { value: None, lo: 0.0, hi: most };
    }
    let (sizes, union_kept) = ((a.people + b.people) as f64, both_kept - hits as f64);
    let moments = |shared: f64| {
        let union = (sizes - shared).max(union_kept);
        let share = (shared / union).min(1.0);
        let left = (union - union_kept) / (union - 1.0).max(1.0);
        Moments { mean: union_kept * share, variance: union_kept * share * (1.0 - share) * left }
    };
    let (lo, hi) = inverted(hits, hits as f64, most, level, moments);
    Found::within(hits as f64 / both_kept * sizes, lo, hi, hits as f64, most)
}

/// People of several audiences together, from their sketches.
#[derive(Clone, PartialEq, Debug)]
pub struct UnionBySketch {
    pub distinct: Found,
    /// People in this audience and no other.
    pub only: Vec<Found>,
    /// People in this audience and none before it.
    pub first: Vec<Found>,
}

/// How many people several audiences hold together, from their sketches.
///
/// Formula: below the lowest threshold lie u people, `d_i` the audiences each is in; `U = u / sum d_i * sum N_j`, the
/// sizes being known. Interval: `U -+ z U sqrt((1 - t) sum (1 - d_i / mean d)^2) / u`, t the threshold as a share, one
/// more person with a d one above the mean added; so the relative standard error is at most about `1 / sqrt(u)` times
/// the spread of d over its mean, and none where no person is in two. Only-here and first-here: the share of an
/// audience's own people below the threshold, as in [`shared_people`].
/// Output: people, the largest size up to the sum; a part is not known where the threshold left nobody of its
/// audience.
/// Cost: O(kept log kept) for all audiences together. Source: as [`shared_by_sketch`]; Cochran 1977, section 6.3
/// (ratio).
pub fn union_by_sketch(sketches: &[Sketch], level: Ratio) -> UnionBySketch {
    let threshold = sketches.iter().map(|sketch| sketch.threshold).min().unwrap_or(i64::MAX);
    let kept: Vec<&[i64]> = sketches.iter().map(|sketch| sketch.below(threshold)).collect();
    let counts = exact::count(&kept);
    let part = |(sketch, (kept, hits)): (&Sketch, (&&[i64], &u64))| {
        let held = Drawn { held: kept.len() as u64, people: sketch.people };
        shared_people(*hits, held, Drawn { held: sketch.people, people: sketch.people }, level)
    };
    let parts = |hits: &[u64]| sketches.iter().zip(kept.iter().zip(hits)).map(part).collect();
    let (only, first) = (parts(&counts.only), parts(&counts.first));
    let largest = sketches.iter().map(Sketch::people).max().unwrap_or(0) as f64;
    let sizes: u64 = sketches.iter().map(Sketch::people).sum();
    let in_lists: usize = kept.iter().map(|kept| kept.len()).sum();
    let distinct = match () {
        () if sketches.iter().all(Sketch::is_whole) => Found::exactly(counts.distinct),
        () if in_lists == 0 => Found { value: None, lo: largest, hi: sizes as f64 },
        () => {
            let (people, lists) = (counts.distinct as f64, in_lists as f64);
            let mean = lists / people;
            let squares = people - 2.0 * lists / mean + counts.squares as f64 / (mean * mean) + 1.0 / (mean * mean);
            let threshold_share = threshold as f64 / i64::MAX as f64;
            let value = people / lists * sizes as f64;
            let reach = two_sided_z(level) * value * ((1.0 - threshold_share) * squares.max(0.0)).sqrt() / people;
            Found::within(value, value - reach, value + reach, largest.max(people), sizes as f64)
        }
    };
    UnionBySketch { distinct, only, first }
}

/// Sketches of several lists, on all cores.
pub(super) fn sketches(lists: &[&[i64]], kept_max: usize) -> Vec<Sketch> {
    lists.par_iter().map(|ids| Sketch::of(ids, kept_max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;
    use proptest::prelude::*;

    fn level() -> Ratio {
        Ratio::new(0.9).expect("a level")
    }

    #[test]
    fn a_list_no_longer_than_what_is_kept_is_exact() {
        let (a, b): (Vec<i64>, Vec<i64>) = ((0..90).collect(), (60..150).collect());
        let sketches = sketches(&[&a, &b], 90);
        assert_eq!(shared_by_sketch(&sketches[0], &sketches[1], level()), Found::exactly(30));
        let together = union_by_sketch(&sketches, level());
        assert_eq!(together.distinct, Found::exactly(150));
        assert_eq!(together.only, [Found::exactly(60), Found::exactly(60)]);
        assert_eq!(together.first, [Found::exactly(90), Found::exactly(60)]);
    }

    #[test]
    fn a_sketch_holds_the_truth_nine_times_in_ten_and_misses_by_what_its_formula_says() {
        let kept = 1_000;
        for (people_a, people_b, share) in [(20_000, 20_000, 0.4), (20_000, 20_000, 0.02), (5_000, 60_000, 0.9)] {
            let shared = (share * people_a as f64) as u64;
            let union = people_a + people_b - shared;
            let runs = 120;
            let (mut pair, mut all, mut only, mut squares) = (0, 0, 0, 0.0);
            for run in 0..runs {
                let draws = Draws::new(run, 1);
                let id = |place: u64| (draws.raw(place) >> 1).cast_signed();
                let a: Vec<i64> = (0..people_a).map(id).collect();
                let b: Vec<i64> = (people_a - shared..union).map(id).collect();
                let sketches = sketches(&[&a, &b], kept);
                let holds = |found: Found, truth: u64| u32::from(found.lo <= truth as f64 && truth as f64 <= found.hi);
                let together = union_by_sketch(&sketches, level());
                pair += holds(shared_by_sketch(&sketches[0], &sketches[1], level()), shared);
                all += holds(together.distinct, union);
                only += holds(together.only[1], people_b - shared);
                let miss = together.distinct.value.expect("people were kept") / union as f64 - 1.0;
                squares += miss * miss / runs as f64;
            }
            let covered = [pair, all, only].map(|count| f64::from(count) / runs as f64);
            println!(
                "sketch of {kept}, {people_a} and {people_b} sharing {share}: covered {covered:.2?}, rms {:.4}",
                squares.sqrt()
            );
            assert!(covered.iter().all(|covered| *covered >= 0.84), "{covered:?}");
            assert!(squares.sqrt() < 1.0 / (kept as f64).sqrt(), "{squares}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_kept_are_the_smallest_hashes_whatever_the_order(
            mut ids in prop::collection::btree_set(0_i64..1_000_000, 0..300).prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            kept in 1_usize..60,
        ) {
            let sketch = Sketch::of(&ids, kept);
            let mut hashes: Vec<i64> = ids.iter().map(|id| (mix(id.cast_unsigned()) >> 1).cast_signed()).collect();
            hashes.sort_unstable();
            prop_assert_eq!(&sketch.kept, &hashes[..kept.min(ids.len())]);
            prop_assert_eq!(sketch.threshold, hashes.get(kept).copied().unwrap_or(i64::MAX));
            ids.reverse();
            prop_assert_eq!(Sketch::of(&ids, kept), sketch);
        }
    }
}
