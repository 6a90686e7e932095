//! Tests of how alike an audience is, among them whether the intervals hold what was planted.

use proptest::prelude::*;

use super::*;
use crate::random::Sequence;

fn found(people_in: &[(u32, u64)]) -> Uniformity {
    let audience = AudienceByGroup { people_in: people_in.to_vec(), elsewhere: 5 };
    uniformity(&audience, None, Some(Timestamp(9)), Grade::C, &UniformitySettings::default())
}

#[test]
fn words_follow_the_intervals_and_not_the_values() {
    let even = |groups: u32, people: u64| (0..groups).map(|group| (group, people)).collect::<Vec<_>>();
    let cases: [(Vec<(u32, u64)>, UniformityWord); 7] = [
        (vec![(1, 90), (2, 10)], UniformityWord::OneCircle),
        (vec![(1, 400)], UniformityWord::OneCircle),
        (even(3, 60), UniformityWord::AFewCircles),
        (even(20, 20), UniformityWord::ManyCircles),
        // Six groups of forty: the interval lies over the limit.
        (even(6, 40), UniformityWord::NotKnown),
        // Just over one half share a group, of a few people.
        (vec![(1, 16), (2, 5)], UniformityWord::NotKnown),
        (vec![(1, 19)], UniformityWord::NotKnown),
    ];
    for (people_in, expected) in cases {
        let found = found(&people_in);
        assert_eq!(found.word, expected, "{people_in:?}: {:?} {:?}", found.same_group, found.groups_effective);
    }
}

#[test]
fn under_twenty_people_nothing_is_known_and_the_reason_says_what_to_do() {
    let few = found(&[(1, 10), (2, 9)]);
    for estimate in [&few.same_group, &few.groups_effective] {
        assert_eq!((estimate.value, estimate.n, estimate.grade), (None, 19, Grade::C));
        assert!(estimate.not_known.as_deref().is_some_and(|reason| reason.contains("import more")));
    }
    assert!(few.parts.is_empty());
    assert_eq!(found(&[]).word, UniformityWord::NotKnown);
}

#[test]
fn one_group_alone_leaves_room_for_others() {
    let one = found(&[(4, 30)]);
    let (alike, groups) = (&one.same_group, &one.groups_effective);
    assert_eq!((alike.value, groups.value), (Some(1.0), Some(1.0)));
    assert!(alike.lo.is_some_and(|lo| (0.75..0.9).contains(&lo)), "{:?}", alike.lo);
    assert!(groups.hi.is_some_and(|hi| (1.2..2.0).contains(&hi)), "{:?}", groups.hi);
    let scattered = found(&(0..30).map(|group| (group, 1)).collect::<Vec<_>>());
    assert_eq!(scattered.same_group.value, Some(0.0));
    assert!(scattered.same_group.hi.is_some_and(|hi| hi > 0.01), "{:?}", scattered.same_group.hi);
    assert!(scattered.groups_effective.value.is_some_and(|groups| groups > 30.0 && groups.is_finite()));
}

#[test]
fn groups_are_compared_with_the_market_and_explanations_add_up() {
    let audience = AudienceByGroup { people_in: vec![(1, 60), (2, 30), (9, 10)], elsewhere: 40 };
    let market = [(1, 100u64), (2, 300), (3, 600)];
    let found = uniformity(&audience, Some(&market), None, Grade::B, &UniformitySettings::default());
    let expected = (100.0 * 99.0 + 300.0 * 299.0 + 600.0 * 599.0) / (1000.0 * 999.0);
    assert!(found.expected_in_market.is_some_and(|chance| (chance - expected).abs() < 1e-12));
    let times: Vec<Option<f64>> =
        found.parts.iter().map(|part| part.times_market.as_ref().and_then(|times| times.value)).collect();
    assert!(times[0].is_some_and(|times| (times - 6.0).abs() < 1e-9), "{times:?}");
    assert!(times[1].is_some_and(|times| (times - 1.0).abs() < 1e-9), "{times:?}");
    assert_eq!(times[2], None, "nobody of the market is in group 9");
    for estimate in [&found.same_group, &found.groups_effective, &found.parts[0].share] {
        assert!(estimate.explanation.adds_up());
    }
    let words: Vec<&str> = found.same_group.explanation.parts.iter().map(|part| part.words.as_str()).collect();
    assert!(words.contains(&"two people of the whole market"), "{words:?}");
}

#[test]
fn the_tail_of_unseen_groups_equals_its_definition() {
    for (chance, n) in [(0.3, 8.0), (0.05, 30.0), (0.9, 5.0), (0.01, 60.0)] {
        let rest = 1.0 - chance;
        let first: f64 = (1..n as i32).map(|r| f64::powi(rest, r) / f64::from(r)).sum();
        let defined = f64::powf(rest, 1.0 - n) * (-f64::ln(chance) - first);
        assert!((tail(chance, n) / defined - 1.0).abs() < 1e-6, "{chance} {n}: {} {defined}", tail(chance, n));
    }
    // A million people, five groups seen once: still quick, and small beside the rest.
    assert!(tail(5e-7, 1e6) < 2.0);
}

/// The shares of a planted audience.
fn planted(kind: usize, groups: usize, draw: &mut Sequence) -> Vec<f64> {
    let weights: Vec<f64> = (0..groups)
        .map(|at| match kind {
            0 => 1.0,
            1 => 0.8f64.powi(at as i32),
            2 => 1.0 / (at + 1) as f64,
            3 => ((at + 1) as f64).powf(-1.7),
            4 => draw.gamma(0.4),
            5 => draw.gamma(2.0),
            _ if at == 0 => 0.85,
            _ => 0.15 / (groups - 1) as f64,
        })
        .collect();
    let all: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / all).collect()
}

fn drawn(shares: &[f64], people: u64, draw: &mut Sequence) -> Vec<(u32, u64)> {
    let mut counts = vec![0u64; shares.len()];
    for _ in 0..people {
        let mut left = draw.uniform();
        let place = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        counts[place.unwrap_or(0)] += 1;
    }
    counts.into_iter().enumerate().map(|(group, people)| (group as u32, people)).collect()
}

#[test]
fn nine_in_ten_intervals_hold_what_was_planted() {
    let mut draw = Sequence::new(4, 4);
    let holds = |estimate: &Estimate, truth: f64| match (estimate.lo, estimate.hi) {
        (Some(lo), Some(hi)) => lo <= truth + 1e-9 && truth <= hi + 1e-9,
        _ => false,
    };
    let runs = 60;
    let mut covered: Vec<(f64, f64)> = Vec::new();
    let (mut bias_alike, mut bias_entropy) = (0.0, 0.0);
    for people in [30, 60, 120, 400] {
        for groups in [3, 8, 20, 60] {
            for kind in 0..7 {
                let (mut alike, mut mixed) = (0, 0);
                for _ in 0..runs {
                    let shares = planted(kind, groups, &mut draw);
                    let true_alike: f64 = shares.iter().map(|share| share * share).sum();
                    let true_entropy: f64 =
                        shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
                    let found = found(&drawn(&shares, people, &mut draw));
                    alike += u32::from(holds(&found.same_group, true_alike));
                    mixed += u32::from(holds(&found.groups_effective, true_entropy.exp()));
                    bias_alike += found.same_group.value.expect("enough people") - true_alike;
                    bias_entropy += found.groups_effective.value.expect("enough people").ln() - true_entropy;
                }
                covered.push((f64::from(alike) / f64::from(runs), f64::from(mixed) / f64::from(runs)));
            }
        }
    }
    let cells = covered.len() as f64;
    let mean_alike = covered.iter().map(|cell| cell.0).sum::<f64>() / cells;
    let mean_mixed = covered.iter().map(|cell| cell.1).sum::<f64>() / cells;
    let least_alike = covered.iter().map(|cell| cell.0).fold(1.0, f64::min);
    let least_mixed = covered.iter().map(|cell| cell.1).fold(1.0, f64::min);
    println!("{} cells of {runs} runs, nominal 0.90", covered.len());
    println!(
        "same_group covered {mean_alike:.3} (least cell {least_alike:.2}), bias {:.4}",
        bias_alike / cells / f64::from(runs)
    );
    println!(
        "groups_effective covered {mean_mixed:.3} (least cell {least_mixed:.2}), bias of ln {:.4}",
        bias_entropy / cells / f64::from(runs)
    );
    assert!(mean_alike >= 0.85 && mean_mixed >= 0.85, "{mean_alike} {mean_mixed}");
    assert!(least_alike >= 0.75 && least_mixed >= 0.6, "{least_alike} {least_mixed}");
    assert!((bias_alike / cells / f64::from(runs)).abs() < 0.005);
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing_and_figures_stay_possible(
        rows in proptest::collection::vec((0u32..40, 0u64..90), 0..60),
        elsewhere in 0u64..50,
        turn in 0usize..60,
    ) {
        let settings = UniformitySettings::default();
        let audience = AudienceByGroup { people_in: rows.clone(), elsewhere };
        let found = uniformity(&audience, Some(&rows), None, Grade::B, &settings);
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len().max(1));
        turned.reverse();
        let again = AudienceByGroup { people_in: turned.clone(), elsewhere };
        prop_assert_eq!(&uniformity(&again, Some(&turned), None, Grade::B, &settings), &found);
        if let (Some(lo), Some(value), Some(hi)) = (found.same_group.lo, found.same_group.value, found.same_group.hi) {
            prop_assert!(0.0 <= lo && lo <= value && value <= hi && hi <= 1.0);
        }
        let groups = &found.groups_effective;
        if let (Some(lo), Some(value), Some(hi)) = (groups.lo, groups.value, groups.hi) {
            prop_assert!(1.0 <= lo && lo <= value && value <= hi && hi.is_finite(), "{lo} {value} {hi}");
        }
        prop_assert!(found.same_group.explanation.adds_up());
        let shares: f64 = found.parts.iter().filter_map(|part| part.share.value).sum();
        prop_assert!(found.parts.is_empty() || (shares - 1.0).abs() < 1e-9);
    }
}
