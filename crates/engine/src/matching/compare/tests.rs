//! Comparing: unknown is never ordered, words never contradict each other, and pairs are told apart about as often as
//! promised.

use super::*;
use crate::random::Sequence;
use model::Explanation;
use proptest::prelude::*;

const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

fn level() -> Ratio {
    Ratio::new(0.9).expect("a level")
}

fn figure(value: f64, lo: f64, hi: f64) -> Estimate {
    let explanation = Explanation::leaf("people", Some(value), Unit::People);
    Estimate::known(value, lo, hi, 9, "people", "m", explanation)
}

fn unknown() -> Estimate {
    Estimate::not_known(Unit::People, "m", 0, "people", "nothing was imported; import something")
}

fn row(estimates: &[Estimate]) -> Comparison {
    compare(&NAMES[..estimates.len()], estimates, level()).expect("a row")
}

#[test]
fn words_name_who_is_above_whom_and_who_is_not_known() {
    let even = |value: f64| figure(value, value - 1.0, value + 1.0);
    let cases = [
        (vec![even(9.0), even(3.0), even(2.9)], "A surely above B and C"),
        (vec![even(3.0), even(3.1), even(2.9)], "cannot be told apart"),
        (vec![even(1.0), even(9.0), even(5.0)], "B surely above C and A; C surely above A"),
        (vec![even(9.0), unknown(), even(3.0)], "A surely above C; not known: B"),
        (vec![even(3.0), unknown(), even(3.0), unknown()], "cannot be told apart; not known: B and D"),
        (vec![unknown(), even(3.0)], "only B is known"),
        (vec![unknown(), unknown()], "not known"),
    ];
    for (estimates, words) in cases {
        assert_eq!(row(&estimates).words, words);
    }
}

#[test]
fn intervals_that_overlap_a_little_can_be_told_apart_and_those_that_overlap_much_cannot() {
    let a = figure(10.0, 9.0, 11.0);
    let overlapping = figure(11.6, 10.6, 12.6);
    assert!(a.not_distinguishable_from(&overlapping));
    assert_eq!(row(&[a.clone(), overlapping]).apart, [Apart { above: 1, below: 0 }]);
    assert!(row(&[a, figure(11.3, 10.3, 12.3)]).apart.is_empty());
}

#[test]
fn the_side_of_an_interval_that_faces_the_other_decides() {
    // B's doubt lies all above it, away from A.
    let b = figure(10.0, 9.9, 30.0);
    assert_eq!(row(&[figure(9.0, 8.9, 9.1), b.clone()]).words, "B surely above A");
    assert_eq!(row(&[figure(12.0, 11.9, 12.1), b]).words, "cannot be told apart");
}

#[test]
fn more_creators_need_more_to_be_told_apart() {
    let (a, b) = (figure(10.0, 9.0, 11.0), figure(11.6, 10.6, 12.6));
    let mut estimates = vec![a, b];
    assert_eq!(row(&estimates).apart.len(), 1);
    estimates.extend([10.5, 10.6, 10.7, 10.8].map(|value| figure(value, value - 1.0, value + 1.0)));
    assert!(row(&estimates).apart.is_empty());
}

#[test]
fn ends_that_say_nothing_tell_nothing_apart_and_exact_values_differ_when_they_do() {
    let open = figure(5.0, 4.0, f64::INFINITY);
    let no_end = Estimate { hi: None, ..figure(5.0, 4.0, 5.0) };
    let above = figure(1e9, 1e9, 1e9);
    assert!(row(&[open.clone(), above.clone()]).apart.is_empty());
    assert!(row(&[no_end, above.clone()]).apart.is_empty());
    assert_eq!(row(&[figure(5.0, 5.0, 5.0), figure(6.0, 6.0, 6.0)]).words, "B surely above A");
    assert_eq!(row(&[figure(5.0, 5.0, 5.0), figure(5.0, 5.0, 5.0)]).words, "cannot be told apart");
    assert_eq!(row(&[open, above]).scale, Some(Scale { lo: 4.0, hi: 1e9 }));
    let sure = Estimate { level: 1.0, ..figure(5.0, 4.0, 6.0) };
    assert!(row(&[sure, figure(5.5, 5.5, 5.5)]).apart.is_empty());
}

#[test]
fn a_row_of_mixed_units_methods_or_lengths_is_refused() {
    let share = Estimate { unit: Unit::Share, ..figure(1.0, 0.0, 2.0) };
    let other = Estimate { method: "n".into(), ..figure(1.0, 0.0, 2.0) };
    let one = figure(1.0, 0.0, 2.0);
    let refused = |estimates: &[Estimate], names: &[&str]| compare(names, estimates, level()).expect_err("refused");
    assert!(matches!(refused(&[one.clone(), share], &["A", "B"]), CompareError::Units { .. }));
    assert!(matches!(refused(&[one.clone(), other], &["A", "B"]), CompareError::Methods { .. }));
    assert_eq!(refused(std::slice::from_ref(&one), &["A"]), CompareError::Creators(1));
    assert!(matches!(refused(&[one.clone(), one], &["A"]), CompareError::Figures { .. }));
}

#[test]
fn the_best_grade_is_that_of_known_figures_alone() {
    let row = row(&[figure(1.0, 0.0, 2.0).graded(Grade::C), unknown().graded(Grade::A), figure(2.0, 1.0, 3.0)]);
    assert_eq!(row.best_known_grade, Some(Grade::B));
    assert_eq!((row.order, row.not_known), (vec![2, 0], vec![1]));
}

#[test]
fn six_creators_who_are_alike_are_told_apart_wrongly_in_at_most_one_row_of_ten() {
    let mut sequence = Sequence::new(5, 1);
    let z = two_sided_z(level());
    let runs = 2_000;
    let wrong = (0..runs)
        .filter(|_| {
            let estimates: Vec<Estimate> = (0..6)
                .map(|place| {
                    let deviation = 1.0 + f64::from(place);
                    let value = 50.0 + deviation * sequence.normal();
                    figure(value, value - z * deviation, value + z * deviation)
                })
                .collect();
            !row(&estimates).apart.is_empty()
        })
        .count();
    let share = wrong as f64 / f64::from(runs);
    println!("rows of six alike told apart wrongly: {share:.3}");
    assert!(share <= 0.115, "{share}");
}

fn any_figure() -> impl Strategy<Value = Estimate> {
    prop_oneof![
        1 => Just(unknown()),
        6 => (-20.0_f64..20.0, 0.0_f64..9.0, 0.0_f64..9.0).prop_map(|(value, down, up)| figure(value, value - down, value + up)),
        2 => (-3_i32..3).prop_map(|value| figure(f64::from(value), f64::from(value), f64::from(value))),
    ]
}

proptest! {
    #[test]
    fn who_is_above_is_never_below_and_above_is_passed_on(estimates in prop::collection::vec(any_figure(), 2..=6)) {
        let row = row(&estimates);
        let rank = |place: usize| row.order.iter().position(|other| *other == place);
        for pair in &row.apart {
            let reversed = Apart { above: pair.below, below: pair.above };
            prop_assert!(!row.apart.contains(&reversed));
            prop_assert!(rank(pair.above).expect("known") < rank(pair.below).expect("known"));
            prop_assert!(estimates[pair.above].value > estimates[pair.below].value);
            for next in row.apart.iter().filter(|next| next.above == pair.below) {
                let passed_on = Apart { above: pair.above, below: next.below };
                prop_assert!(row.apart.contains(&passed_on));
            }
        }
        prop_assert_eq!(row.words == "cannot be told apart", row.apart.is_empty() && row.order.len() == estimates.len());
    }

    #[test]
    fn everybody_stands_once_and_the_unknown_last(estimates in prop::collection::vec(any_figure(), 2..=6)) {
        let row = row(&estimates);
        let mut all = [row.order.clone(), row.not_known.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..estimates.len()).collect::<Vec<_>>());
        prop_assert!(row.not_known.iter().all(|place| estimates[*place].value.is_none()));
        prop_assert!(row.apart.iter().all(|pair| row.order.contains(&pair.above) && row.order.contains(&pair.below)));
    }

    #[test]
    fn the_order_of_creators_changes_only_their_places(
        estimates in prop::collection::vec(any_figure(), 2..=6),
    ) {
        let backwards: Vec<Estimate> = estimates.iter().rev().cloned().collect();
        let last = estimates.len() - 1;
        let mut there: Vec<Apart> = row(&backwards)
            .apart
            .iter()
            .map(|pair| Apart { above: last - pair.above, below: last - pair.below })
            .collect();
        there.sort_unstable();
        prop_assert_eq!(row(&estimates).apart, there);
    }
}
