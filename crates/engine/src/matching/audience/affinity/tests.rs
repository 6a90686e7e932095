//! Affinity: planted rates and groups are found, intervals hold them, and too little is not known.

use super::*;
use crate::random::Draws;
use proptest::prelude::*;

fn found(audience: &AudienceKnown<'_>, buyers: &[i64], platform: PlatformPeople) -> Affinity {
    affinity(audience, buyers, platform, (&[], &[]), &AffinitySettings::default()).expect("ascending ids")
}

#[test]
fn an_audience_with_three_times_as_many_buyers_is_called_so_and_adds_up() {
    let audience: Vec<i64> = (0..1_000).collect();
    let buyers: Vec<i64> = (940..1_400).collect();
    let seen = found(&AudienceKnown::Complete(&audience), &buyers, PlatformPeople { people: 23_000, buyers: 460 });
    assert_eq!(seen.buyer_share.value, Some(0.06));
    assert_eq!(seen.times_average.value, Some(3.0));
    assert_eq!(seen.word, AffinityWord::AboveAverage);
    assert!(seen.buyer_share.explanation.adds_up() && seen.times_average.explanation.adds_up());
    assert_eq!(seen.groups_in_common.value, None);
}

#[test]
fn without_a_buyer_the_lower_end_is_zero_and_the_upper_says_what_could_be() {
    let audience: Vec<i64> = (0..400).collect();
    let platform = PlatformPeople { people: 100_000, buyers: 1_000 };
    let seen = found(&AudienceKnown::Complete(&audience), &[9_000], platform);
    assert_eq!((seen.times_average.value, seen.times_average.lo), (Some(0.0), Some(0.0)));
    assert!(seen.times_average.hi.is_some_and(|hi| 0.3 < hi && hi < 1.2), "{:?}", seen.times_average.hi);
}

#[test]
fn too_few_people_or_buyers_and_mere_sizes_are_not_known() {
    let few: Vec<i64> = (0..99).collect();
    let many: Vec<i64> = (0..100).collect();
    let platform = PlatformPeople { people: 1_000, buyers: 10 };
    let times = |audience: &AudienceKnown<'_>, platform| found(audience, &[3], platform).times_average;
    assert_eq!(times(&AudienceKnown::Complete(&few), platform).value, None);
    assert!(times(&AudienceKnown::Complete(&many), platform).value.is_some());
    assert_eq!(times(&AudienceKnown::Complete(&many), PlatformPeople { buyers: 9, ..platform }).value, None);
    assert_eq!(times(&AudienceKnown::Complete(&many), PlatformPeople { people: 5, ..platform }).value, None);
    let size = found(&AudienceKnown::SizeOnly(9_000), &[3], platform);
    assert!(size.buyer_share.value.is_none() && size.times_average.value.is_none());
    assert_eq!((size.word, size.warnings.len()), (AffinityWord::NotKnown, 1));
    let newest = AudienceKnown::Sample { ids: &many, population: 9_000, random: false };
    let newest = found(&newest, &[3], platform);
    assert_eq!((newest.buyer_share.grade, newest.warnings.len()), (Grade::C, 1));
    assert_eq!(
        affinity(&AudienceKnown::Complete(&many), &[4, 3], platform, (&[], &[]), &AffinitySettings::default()),
        Err(AudienceError::BuyersNotAscending)
    );
}

#[test]
fn the_interval_of_the_number_of_times_holds_the_truth_nine_times_in_ten() {
    let mut sequence = Sequence::new(8, 1);
    for (people, rate, platform_people, usual) in
        [(300, 0.03, 5_000_u64, 0.01), (2_000, 0.02, 40_000, 0.02), (150, 0.2, 2_000, 0.05)]
    {
        let runs = 1_000;
        let (mut held, mut known) = (0, 0);
        for _ in 0..runs {
            let mut count = |of: u64, rate: f64| (0..of).filter(|_| sequence.uniform() < rate).count() as u64;
            let (own, all) = (count(people, rate), count(platform_people.min(5_000), usual));
            let counted = Counted { held: people, buyers: own };
            let shown = AffinityShown { as_of: None, grade: Grade::B };
            let platform = PlatformPeople { people: platform_people.min(5_000), buyers: all };
            let share = buyer_share(counted, &shown);
            let times = times_average(counted, platform, &share, &AffinitySettings::default(), &shown);
            known += u32::from(times.value.is_some());
            let truth = rate / usual;
            held += u32::from(times.lo.is_some_and(|lo| lo <= truth) && times.hi.is_some_and(|hi| truth <= hi));
        }
        let covered = f64::from(held) / f64::from(known);
        println!("{people} people at {rate}, usual {usual}: covered {covered:.3}");
        assert!((0.88..=0.97).contains(&covered), "{covered}");
    }
}

/// Counts of so many people drawn by these shares.
fn draw(sequence: &mut Sequence, shares: &[f64], people: u64) -> Vec<(u32, u64)> {
    let mut counts: Vec<(u32, u64)> = (0..shares.len() as u32).map(|group| (group, 0)).collect();
    for _ in 0..people {
        let mut left = sequence.uniform();
        let place = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        counts[place.unwrap_or(shares.len() - 1)].1 += 1;
    }
    counts
}

#[test]
fn the_interval_of_groups_in_common_holds_the_truth_nine_times_in_ten() {
    let mut sequence = Sequence::new(21, 1);
    let settings = AffinitySettings { draws: 120, ..AffinitySettings::default() };
    for groups in [4_usize, 12, 40] {
        for (kind, mix) in [("alike", 1.0), ("half alike", 0.6), ("apart", 0.05)] {
            for people in [60_u64, 400] {
                let runs = 100;
                let (mut held, mut width, mut miss, mut plain) = (0, 0.0, 0.0, 0.0);
                for _ in 0..runs {
                    let mut shares = |from: usize, to: usize| {
                        let gammas: Vec<f64> = (0..groups)
                            .map(|group| if (from..to).contains(&group) { sequence.gamma(1.0) } else { 0.0 })
                            .collect();
                        let sum: f64 = gammas.iter().sum();
                        gammas.into_iter().map(|gamma| gamma / sum).collect::<Vec<f64>>()
                    };
                    let (p, other) = (shares(0, groups / 2), shares(groups / 2, groups));
                    let q: Vec<f64> = p.iter().zip(&other).map(|(p, o)| mix * p + (1.0 - mix) * o).collect();
                    let truth = in_common(&p, &q);
                    let (a, b) = (draw(&mut sequence, &p, people), draw(&mut sequence, &q, people));
                    let seen = groups_in_common(&a, &b, Grade::B, &settings);
                    let value = seen.value.expect("enough people");
                    let (lo, hi) = (seen.lo.expect("an end"), seen.hi.expect("an end"));
                    held += u32::from(lo <= truth + 1e-9 && truth <= hi + 1e-9);
                    width += (hi - lo) / f64::from(runs);
                    miss += (value - truth) / f64::from(runs);
                    let share = |counts: &[(u32, u64)]| -> Vec<f64> {
                        counts.iter().map(|row| row.1 as f64 / people as f64).collect()
                    };
                    plain += (in_common(&share(&a), &share(&b)) - truth) / f64::from(runs);
                }
                let covered = f64::from(held) / f64::from(runs);
                println!(
                    "{groups} groups, {kind}, {people} people: covered {covered:.2}, width {width:.3}, bias {miss:.3} (plain \
                     {plain:.3})"
                );
                assert!(covered >= 0.84, "{groups} {kind} {people}: {covered}");
            }
        }
    }
}

#[test]
fn likeness_of_two_creators_is_their_overlap_and_their_groups() {
    let (a, b): (Vec<i64>, Vec<i64>) = ((0..80).collect(), (60..120).collect());
    let found = audience_likeness(
        [AudienceKnown::Complete(&a), AudienceKnown::Complete(&b)],
        [&[(1, 40), (2, 40)], &[(2, 60)]],
        &AudienceSettings::default(),
        &AffinitySettings::default(),
    )
    .expect("valid");
    assert_eq!(found.overlap.jaccard.value, Some(20.0 / 120.0));
    assert!(found.groups_in_common.value.is_some_and(|value| (value - 0.5).abs() < 0.05));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn groups_in_common_are_a_share_that_adds_up_whatever_the_order(
        a in prop::collection::vec((0_u32..9, 0_u64..60), 0..12),
        b in prop::collection::vec((0_u32..9, 0_u64..60), 0..12),
        seed in 0_u64..50,
    ) {
        let settings = AffinitySettings { draws: 40, seed, ..AffinitySettings::default() };
        let found = groups_in_common(&a, &b, Grade::B, &settings);
        let order = Draws::new(seed, 1).order(a.len());
        let shuffled: Vec<(u32, u64)> = order.into_iter().map(|place| a[place]).collect();
        prop_assert_eq!(&found, &groups_in_common(&shuffled, &b, Grade::B, &settings));
        if let (Some(value), Some(lo), Some(hi)) = (found.value, found.lo, found.hi) {
            prop_assert!(0.0 <= lo && lo <= value && value <= hi && hi <= 1.0);
            prop_assert!(found.explanation.adds_up());
        }
    }
}
