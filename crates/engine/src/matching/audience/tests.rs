//! Audiences together: intervals hold the truth for every kind of knowledge, ends are never passed, and words say how.

use super::evaluate::{holds, sample};
use super::*;
use crate::random::Draws;
use proptest::prelude::*;

fn settings() -> AudienceSettings {
    AudienceSettings::default()
}

fn ids(draws: Draws, places: std::ops::Range<u64>) -> Vec<i64> {
    let mut ids: Vec<i64> = places.map(|place| (draws.raw(place) >> 1).cast_signed()).collect();
    ids.sort_unstable();
    ids
}

fn a_sample(ids: &[i64], people: usize) -> AudienceKnown<'_> {
    AudienceKnown::Sample { ids, population: people as u64, random: true }
}

/// Shares of runs, in which the interval held the truth.
struct Coverage {
    runs: u64,
    distinct: u64,
    exclusive: u64,
    marginal: u64,
    overlap: u64,
    width: f64,
}

/// Draws samples of these lists over and over; `parts[j]` is the fraction drawn of list j, 1 leaves it whole.
fn coverage(lists: &[Vec<i64>], parts: &[f64], runs: u64) -> Coverage {
    let slices: Vec<&[i64]> = lists.iter().map(Vec::as_slice).collect();
    let truth = exact::count(&slices);
    let mut seen = Coverage { runs, distinct: 0, exclusive: 0, marginal: 0, overlap: 0, width: 0.0 };
    for run in 0..runs {
        let drawn: Vec<Vec<i64>> = lists
            .iter()
            .zip(parts)
            .enumerate()
            .map(|(at, (ids, part))| {
                sample(ids, (ids.len() as f64 * part) as usize, Draws::new(run * 64 + at as u64, 99))
            })
            .collect();
        let set: Vec<AudienceKnown<'_>> = drawn.iter().zip(lists).map(|(ids, all)| a_sample(ids, all.len())).collect();
        let found = combined_audience(&set, &settings()).expect("valid");
        let matrix = overlap_matrix(&set, &settings()).expect("valid");
        let last = lists.len() - 1;
        let distinct = truth.distinct as f64;
        seen.distinct += u64::from(holds(&found.distinct, distinct));
        seen.exclusive += u64::from(holds(&found.exclusive[0], truth.only[0] as f64));
        seen.marginal += u64::from(holds(&found.marginal[last], truth.first[last] as f64));
        let smaller = lists[0].len().min(lists[1].len()) as f64;
        seen.overlap += u64::from(holds(&matrix.pairs[0].over_smaller, truth.both(0, 1) as f64 / smaller));
        seen.width +=
            (found.distinct.hi.expect("an end") - found.distinct.lo.expect("an end")) / distinct / runs as f64;
        for estimate in found.exclusive.iter().chain(&found.marginal).chain([&found.distinct, &matrix.pairs[0].jaccard])
        {
            assert!(estimate.explanation.adds_up());
            assert_eq!(estimate.explanation.value.is_some(), estimate.value.is_some());
        }
    }
    seen
}

fn check_coverage(name: &str, lists: &[Vec<i64>], parts: &[f64], runs: u64) {
    let seen = coverage(lists, parts, runs);
    let share = |held: u64| held as f64 / seen.runs as f64;
    let shares = [seen.distinct, seen.exclusive, seen.marginal, seen.overlap].map(share);
    println!(
        "{name}: distinct, exclusive, marginal, overlap covered {shares:.3?}; width of distinct {:.3} of it",
        seen.width
    );
    // Three standard errors of a true 90 %: fewer are seen about once in a thousand by chance alone.
    let least = 0.9 - 3.0 * (0.9_f64 * 0.1 / seen.runs as f64).sqrt();
    assert!(shares.iter().all(|share| *share >= least), "{name}: {shares:?}");
}

#[test]
fn two_audiences_known_by_samples_are_held_nine_times_in_ten() {
    let draws = Draws::new(1, 5);
    for (name, people_b, share) in [
        ("40 % shared", 60_000, 0.4),
        ("0 %", 60_000, 0.0),
        ("5 %", 60_000, 0.05),
        ("90 %", 60_000, 0.9),
        ("a third as large", 20_000, 0.4),
    ] {
        let shared = (share * people_b as f64) as u64;
        let lists = [ids(draws, 0..60_000), ids(draws, 60_000 - shared..60_000 - shared + people_b)];
        check_coverage(name, &lists, &[1.0 / 12.0, 1.0 / 12.0], 90);
    }
}

#[test]
fn several_audiences_known_by_samples_and_lists_are_held_nine_times_in_ten() {
    let draws = Draws::new(2, 5);
    let lists = |starts: &[u64]| starts.iter().map(|from| ids(draws, *from..from + 6_000)).collect::<Vec<_>>();
    let near = lists(&[0, 1_500, 3_000, 4_000]);
    check_coverage("four, a third drawn", &near, &[0.33; 4], 60);
    check_coverage("four, a twelfth drawn", &near, &[0.083; 4], 60);
    check_coverage("four, one whole", &near, &[0.2, 1.0, 0.2, 0.2], 60);
    check_coverage("four, three whole", &near, &[1.0, 0.1, 1.0, 1.0], 60);
    check_coverage("four, two whole, first drawn", &near, &[0.1, 1.0, 0.3, 1.0], 60);
    check_coverage("three strangers", &lists(&[0, 10_000, 20_000]), &[0.1; 3], 60);
    check_coverage("three nearly alike", &lists(&[0, 200, 400]), &[0.1; 3], 60);
    check_coverage("six nearly alike", &lists(&[0, 200, 400, 600, 800, 1_000]), &[0.15; 6], 60);
}

#[test]
fn the_overlap_of_the_samples_themselves_is_never_shown() {
    let draws = Draws::new(3, 5);
    let (a, b) = (ids(draws, 0..60_000), ids(draws, 36_000..96_000));
    let (drawn_a, drawn_b) = (sample(&a, 5_000, Draws::new(1, 1)), sample(&b, 5_000, Draws::new(2, 1)));
    let set = [a_sample(&drawn_a, 60_000), a_sample(&drawn_b, 60_000)];
    let matrix = overlap_matrix(&set, &settings()).expect("valid");
    let seen = exact::shared(&drawn_a, &drawn_b) as f64 / 5_000.0;
    let pair = &matrix.pairs[0];
    assert!(seen < 0.05, "{seen}");
    assert!(pair.over_smaller.lo.is_some_and(|lo| lo > 5.0 * seen));
    assert!(holds(&pair.over_smaller, 0.4) && pair.rung == Rung::Samples && pair.over_smaller.grade == Grade::C);
}

#[test]
fn whole_lists_are_exact_and_explained_by_parts_that_add_up() {
    let set =
        [AudienceKnown::Complete(&[1, 2, 3, 4]), AudienceKnown::Complete(&[3, 4, 5]), AudienceKnown::Complete(&[5])];
    let found = combined_audience(&set, &settings()).expect("valid");
    let values = |estimates: &[Estimate]| estimates.iter().map(|one| one.value.expect("known")).collect::<Vec<_>>();
    let both = audiences_together(&set, &settings()).expect("valid");
    assert_eq!((&both.combined, &both.overlaps), (&found, &overlap_matrix(&set, &settings()).expect("valid")));
    assert_eq!(found.distinct.value, Some(5.0));
    assert_eq!(values(&found.exclusive), [2.0, 0.0, 0.0]);
    assert_eq!(values(&found.exclusive_share), [0.5, 0.0, 0.0]);
    assert_eq!(values(&found.marginal), [4.0, 1.0, 0.0]);
    assert_eq!((found.sum.value, found.sum.unit), (Some(8.0), Unit::Items));
    assert_eq!((found.rung, found.distinct.grade, found.warnings.len()), (Rung::Exact, Grade::B, 0));
    for estimate in found.exclusive.iter().chain(&found.exclusive_share).chain([&found.distinct, &found.sum]) {
        assert!(estimate.explanation.adds_up());
        assert_eq!(estimate.explanation.value, estimate.value);
    }
}

#[test]
fn the_most_recent_followers_are_no_random_sample_and_a_warning_says_so() {
    let newest = AudienceKnown::Sample { ids: &[1, 2], population: 9, random: false };
    let whole = AudienceKnown::Complete(&[2, 3]);
    let found = combined_audience(&[newest, whole], &settings()).expect("valid");
    assert_eq!((found.rung, found.distinct.grade), (Rung::Samples, Grade::C));
    assert_eq!(found.warnings.len(), 1);
    assert_eq!(found.warnings[0].creator, Some(0));
    assert!(found.warnings[0].words.contains("not a random sample"));
    assert_eq!(overlap_matrix(&[newest, whole], &settings()).expect("valid").warnings, found.warnings);
}

#[test]
fn sizes_give_ends_and_never_a_value() {
    let set = [AudienceKnown::Complete(&[1, 2, 3]), AudienceKnown::SizeOnly(10), AudienceKnown::Complete(&[3, 4])];
    let settings = AudienceSettings { universe_people: Some(12), ..settings() };
    let found = combined_audience(&set, &settings).expect("valid");
    assert_eq!((found.distinct.value, found.distinct.lo, found.distinct.hi), (None, Some(10.0), Some(12.0)));
    assert!(found.distinct.not_known.is_some() && found.distinct.grade == Grade::D);
    assert!(found.distinct.explanation.parts.iter().any(|part| part.words.starts_with("if audiences were unrelated")));
    assert_eq!(found.marginal[0].value, Some(3.0));
    assert_eq!((found.exclusive[0].lo, found.exclusive[0].hi), (Some(0.0), Some(2.0)));
    assert_eq!((found.exclusive[1].lo, found.exclusive[1].hi), (Some(5.0), Some(10.0)));
    let matrix = overlap_matrix(&set, &settings).expect("valid");
    assert_eq!(matrix.rung, Rung::Bounds);
    let whole = matrix.of(0, 2).expect("a pair");
    assert_eq!((whole.rung, whole.shared.value), (Rung::Exact, Some(1.0)));
    let size = matrix.of(1, 0).expect("a pair");
    assert_eq!((size.shared.value, size.shared.lo, size.shared.hi), (None, Some(1.0), Some(3.0)));
}

#[test]
fn what_cannot_be_put_together_is_refused_with_the_reason() {
    let refused = |set: &[AudienceKnown<'_>]| combined_audience(set, &settings()).expect_err("refused");
    assert_eq!(refused(&[]), AudienceError::Creators { given: 0, least: 1 });
    assert_eq!(refused(&[AudienceKnown::SizeOnly(1); 65]), AudienceError::Creators { given: 65, least: 1 });
    assert_eq!(refused(&[AudienceKnown::Complete(&[2, 2])]), AudienceError::NotAscending { creator: 0 });
    let small = AudienceKnown::Sample { ids: &[1, 2], population: 1, random: true };
    assert_eq!(refused(&[small]), AudienceError::SampleTooLarge { creator: 0, held: 2, population: 1 });
    let none = AudienceSettings { sketch_kept: 0, ..settings() };
    assert!(matches!(
        overlap_matrix(&[AudienceKnown::SizeOnly(1); 2], &none),
        Err(AudienceError::NothingKept { setting: "sketch_kept" })
    ));
}

#[test]
fn an_audience_of_nobody_shares_nobody_and_its_share_is_not_known() {
    let set = [AudienceKnown::Complete(&[]), AudienceKnown::Complete(&[1])];
    let matrix = overlap_matrix(&set, &settings()).expect("valid");
    assert_eq!((matrix.pairs[0].shared.value, matrix.pairs[0].over_smaller.value), (Some(0.0), None));
    let found = combined_audience(&set, &settings()).expect("valid");
    assert_eq!((found.distinct.value, found.exclusive_share[0].value), (Some(1.0), None));
}

#[test]
fn one_two_and_eight_threads_give_the_same_bytes() {
    let world = evaluate::made_up(4, 9, 20_000);
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let sketched = AudienceSettings { exact_ids_max: 0, sketch_kept: 512, ..settings() };
            [settings(), sketched].map(|settings| {
                let combined = combined_audience(&world.whole(), &settings).expect("valid");
                let matrix = overlap_matrix(&world.whole(), &settings).expect("valid");
                serde_json::to_vec(&(combined, matrix)).expect("serialises")
            })
        })
    };
    let one = bytes(1);
    assert_eq!(one, bytes(2));
    assert_eq!(one, bytes(8));
}

#[test]
fn sixty_four_samples_are_put_together() {
    let draws = Draws::new(6, 5);
    let lists: Vec<Vec<i64>> = (0..64).map(|at| ids(draws, at * 50..at * 50 + 200)).collect();
    let drawn: Vec<Vec<i64>> = lists.iter().map(|ids| sample(ids, 60, Draws::new(1, ids[0].cast_unsigned()))).collect();
    let set: Vec<AudienceKnown<'_>> = drawn.iter().map(|ids| a_sample(ids, 200)).collect();
    let found = combined_audience(&set, &settings()).expect("valid");
    assert!(holds(&found.distinct, 63.0 * 50.0 + 200.0), "{:?}", (found.distinct.lo, found.distinct.hi));
    // So many small samples say nothing about people in three audiences: ends, and why there is no value.
    assert_eq!((found.distinct.value, found.distinct.level), (None, 0.9));
    assert!(found.distinct.not_known.is_some_and(|reason| reason.contains("samples are too small")));
}

/// A kind of knowledge about an audience: 0 whole, 1 a sample, 2 its size.
fn known(kind: u8, ids: &[i64]) -> AudienceKnown<'_> {
    match kind {
        0 => AudienceKnown::Complete(ids),
        1 => AudienceKnown::Sample { ids: &ids[..ids.len().div_ceil(2)], population: ids.len() as u64, random: true },
        _ => AudienceKnown::SizeOnly(ids.len() as u64),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn distinct_people_lie_between_the_largest_audience_and_the_sum_for_every_mixture(
        sets in prop::collection::vec((prop::collection::btree_set(0_i64..80, 0..50), 0_u8..3), 2..6),
    ) {
        let lists: Vec<(Vec<i64>, u8)> = sets.into_iter().map(|(set, kind)| (set.into_iter().collect(), kind)).collect();
        let set: Vec<AudienceKnown<'_>> = lists.iter().map(|(ids, kind)| known(*kind, ids)).collect();
        let found = combined_audience(&set, &settings()).expect("valid");
        let people: Vec<f64> = set.iter().map(|audience| audience.people() as f64).collect();
        let (largest, sum) = (people.iter().copied().fold(0.0, f64::max), people.iter().sum::<f64>());
        let (lo, hi) = (found.distinct.lo.expect("an end"), found.distinct.hi.expect("an end"));
        prop_assert!(largest - 1e-6 <= lo && lo <= hi && hi <= sum + 1e-6, "{largest} {lo} {hi} {sum}");
        prop_assert!(found.distinct.value.is_none_or(|value| lo <= value && value <= hi));
        for parts in [&found.exclusive, &found.marginal] {
            for (part, people) in parts.iter().zip(&people) {
                let (lo, hi) = (part.lo.expect("an end"), part.hi.expect("an end"));
                prop_assert!(-1e-6 <= lo && lo <= hi && hi <= people + 1e-6, "{lo} {hi} {people}");
                prop_assert!(part.explanation.adds_up());
            }
        }
        let matrix = overlap_matrix(&set, &settings()).expect("valid");
        prop_assert_eq!(matrix.pairs.len(), set.len() * (set.len() - 1) / 2);
        for pair in &matrix.pairs {
            prop_assert_eq!(matrix.of(pair.second, pair.first), Some(pair));
            prop_assert!(pair.over_smaller.explanation.adds_up() && pair.jaccard.explanation.adds_up());
            if let (Some(small), Some(jaccard)) = (pair.over_smaller.value, pair.jaccard.value) {
                prop_assert!(jaccard <= small + 1e-9 && small <= 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn a_further_creator_never_lowers_the_people_counted_and_marginals_add_up_to_them(
        sets in prop::collection::vec(prop::collection::btree_set(0_i64..80, 0..50), 2..6),
    ) {
        let lists: Vec<Vec<i64>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
        let set: Vec<AudienceKnown<'_>> = lists.iter().map(|ids| AudienceKnown::Complete(ids)).collect();
        let all = combined_audience(&set, &settings()).expect("valid");
        let fewer = combined_audience(&set[1..], &settings()).expect("valid");
        prop_assert!(fewer.distinct.value <= all.distinct.value);
        let added: f64 = all.marginal.iter().filter_map(|part| part.value).sum();
        prop_assert_eq!(Some(added), all.distinct.value);
        let without = all.distinct.value.expect("known") - fewer.distinct.value.expect("known");
        prop_assert_eq!(all.exclusive[0].value, Some(without));
    }
}
