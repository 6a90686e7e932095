//! Lifts of public series against the reference, and what must hold of any series.

use super::*;
use crate::measurement::panel::testing::open_data;

/// A column of a table, by its heading.
fn column(text: &str, name: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let mut headings = lines.next().expect("headings").split(',').map(|heading| heading.trim_matches('"'));
    let at = headings.position(|heading| heading == name).expect("the column");
    lines.map(|line| line.split(',').nth(at).and_then(|value| value.parse().ok()).expect("a number")).collect()
}

fn plain(level: f64) -> LiftSettings {
    let level = Ratio::new(level).expect("a share");
    LiftSettings { level, scale: Scale::Level, has_trend: false, small_counts: true }
}

fn of(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().map(|value| Some(*value)).collect()
}

fn near(value: f64, expect: f64) {
    assert!((value - expect).abs() <= 1e-4 * expect.abs().max(1e-3), "{value} against {expect}");
}

#[test]
fn three_public_series_have_the_effects_of_the_reference() {
    for (file, y, controls, pre, expect, p, shares) in [
        ("arma_data.csv", "y", &["X"][..], 70, [0.834488, -0.172943, 1.472244], 0.0751, [0.162, 0.382, 0.456]),
        ("google_data.csv", "y", &["x1", "x2"][..], 61, [27.526, 2.1288, 54.651], 0.0387, [0.010, 0.699, 0.291]),
        ("basque.csv", "Basque", &["another"][..], 21, [-0.885585, -1.283581, -0.516510], 0.00013, [0.0, 0.983, 0.017]),
    ] {
        let name = "three_public_series_have_the_effects_of_the_reference";
        let Some(text) = open_data(name, file) else { return };
        let response = column(&text, y);
        let controls: Vec<Vec<f64>> = controls.iter().map(|name| column(&text, name)).collect();
        let controls: Vec<&[f64]> = controls.iter().map(Vec::as_slice).collect();
        let response = of(&response);
        let input =
            LiftInput { response: &response, pre_periods: pre, controls: &controls, events: &[], first_weekday: None };
        let lift = measure_lift(&input, &plain(0.95)).expect("measures");
        for (value, expect) in [lift.effect, lift.lo, lift.hi].into_iter().zip(expect) {
            near(value, expect);
        }
        assert!((lift.p - p).abs() < 6e-5, "{file}: {}", lift.p);
        for (share, expect) in [lift.shares.white, lift.shares.memory, lift.shares.drift].into_iter().zip(shares) {
            assert!((share - expect).abs() < 6e-4, "{file}: {share} against {expect}");
        }
        let again = measure_lift(&input, &plain(0.95)).expect("measures");
        assert_eq!(serde_json::to_string(&lift).ok(), serde_json::to_string(&again).ok(), "the same bits");
    }
}

/// A series without controls whose weekdays count.
fn daily(response: &[Option<f64>], pre_periods: usize) -> LiftInput<'_> {
    LiftInput { response, pre_periods, controls: &[], events: &[], first_weekday: Some(0) }
}

/// Days that go up and down without any law, with a weekday.
fn days(n: usize, level: f64) -> Vec<f64> {
    let draws = crate::random::Draws::new(7, 1);
    (0..n)
        .map(|day| level * (1.0 + 0.1 * ((day % 7) as f64 - 3.0) / 3.0) + 10.0 * (draws.uniform(day as u64) - 0.5))
        .collect()
}

#[test]
fn a_day_that_is_cut_out_changes_nothing_but_the_number_of_days() {
    let values = days(120, 100.0);
    let mut with_outlier = of(&values);
    with_outlier[30] = None;
    with_outlier[110] = None;
    let cut = measure_lift(&daily(&with_outlier, 92), &plain(0.95)).expect("measures");
    assert_eq!((cut.pre_periods, cut.post_periods), (91, 27));
    // An event with a column of its own for each of the two days is the same as cutting them.
    let mut wild = values.clone();
    wild[30] = 900.0;
    let mut event = vec![0.0; 120];
    event[30] = 1.0;
    let response = of(&wild);
    let marked = LiftInput { events: &[&event], ..daily(&response, 92) };
    let marked = measure_lift(&marked, &plain(0.95)).expect("measures");
    let whole = measure_lift(&daily(&of(&values), 92), &plain(0.95)).expect("measures");
    assert!((marked.effect - whole.effect).abs() < 0.5);
    assert_eq!(warnings(&daily(&with_outlier, 92), &cut)[0], LiftWarning::Cut { periods: 2 });
}

#[test]
fn the_path_ends_where_the_whole_effect_does_and_a_wider_level_has_a_wider_band() {
    let response = of(&days(120, 100.0));
    let input = LiftInput { response: &response, pre_periods: 92, controls: &[], events: &[], first_weekday: Some(3) };
    let (narrow, wide) = (plain(0.8), plain(0.95));
    let lift = measure_lift(&input, &wide).expect("measures");
    let path = expected_path(&input, &wide).expect("draws");
    let last = path.last().expect("28 days");
    assert!((last.gained - lift.cumulative).abs() < 0.02 * (lift.cumulative_hi - lift.cumulative_lo), "{last:?}");
    let off = (last.gained_hi - last.gained_lo) / (lift.cumulative_hi - lift.cumulative_lo) - 1.0;
    assert!(off.abs() < 0.02, "{off}");
    let narrow = expected_path(&input, &narrow).expect("draws");
    assert!(path.iter().zip(&narrow).all(|(wide, narrow)| wide.lo < narrow.lo && narrow.hi < wide.hi));
    assert_eq!(path.len(), 28);
}

#[test]
fn percent_is_chosen_where_a_series_grows_and_the_effect_is_then_a_share() {
    let values: Vec<f64> = days(393, 100.0)
        .iter()
        .enumerate()
        .map(|(day, value)| value * (0.004 * day as f64).exp() * if day < 365 { 1.0 } else { 1.2 })
        .collect();
    let response = of(&values);
    let input = LiftInput { response: &response, pre_periods: 365, controls: &[], events: &[], first_weekday: Some(0) };
    let settings = LiftSettings { scale: Scale::Automatic, ..LiftSettings::default() };
    let lift = measure_lift(&input, &settings).expect("measures");
    assert_eq!(lift.scale, Scale::Log);
    assert!(lift.relative_lo < Some(0.2) && lift.relative_hi > Some(0.2) && lift.is_seen(), "{lift:?}");
    assert!((lift.effect - lift.observed_mean + lift.expected_mean).abs() < 1e-9 * lift.observed_mean);
    let path = expected_path(&input, &settings).expect("draws");
    assert!((path[27].gained / lift.cumulative - 1.0).abs() < 0.1, "{} {}", path[27].gained, lift.cumulative);
}

#[test]
fn what_cannot_be_measured_says_why() {
    let response = of(&days(40, 100.0));
    let input =
        |pre_periods| LiftInput { response: &response, pre_periods, controls: &[], events: &[], first_weekday: None };
    let refused =
        |input: &LiftInput<'_>, settings: &LiftSettings| measure_lift(input, settings).expect_err("is refused");
    assert!(matches!(refused(&input(40), &plain(0.95)), LiftRefused::NoPost { .. }));
    assert!(matches!(refused(&input(2), &plain(0.95)), LiftRefused::TooShort { .. }));
    let short = [1.0; 3];
    assert!(matches!(
        refused(&LiftInput { controls: &[&short], ..input(30) }, &plain(0.95)),
        LiftRefused::Length { column: 0, periods: 3, expected: 40 }
    ));
    let flat = vec![Some(5.0); 40];
    assert_eq!(refused(&LiftInput { response: &flat, ..input(30) }, &plain(0.95)), LiftRefused::NoVariation);
    let mut holes = response.clone();
    holes[3] = Some(f64::NAN);
    assert_eq!(
        refused(&LiftInput { response: &holes, ..input(30) }, &plain(0.95)),
        LiftRefused::NotANumber { period: 3 }
    );
    holes[3] = Some(0.0);
    let log = LiftSettings { scale: Scale::Log, ..plain(0.95) };
    assert_eq!(refused(&LiftInput { response: &holes, ..input(30) }, &log), LiftRefused::NotAboveZero { period: 3 });
}

#[test]
fn a_design_that_finds_effects_everywhere_is_withdrawn() {
    let quiet = of(&days(600, 100.0));
    let input = daily(&quiet, 572);
    let lift = measure_lift(&input, &plain(0.95)).expect("measures");
    let placebo = placebo_in_time(&input, &plain(0.95), &lift);
    assert_eq!(verdict(&lift, Some(&placebo)), LiftVerdict::CannotTell);
    assert!(placebo.windows.len() >= PLACEBO_WINDOWS_MIN && placebo.windows.iter().all(|one| one.start >= 84));
    assert!(!placebo.is_not_trustworthy() && placebo.rank >= 1 && placebo.rank <= placebo.windows.len() + 1);
    let alarming = Placebo { alarms: placebo.windows.len() / 5, ..placebo.clone() };
    assert_eq!(verdict(&lift, Some(&alarming)), LiftVerdict::NotTrustworthy);
    let seen = smallest_detectable(&placebo, &lift);
    assert!(!seen.is_approximate && seen.relative.is_some_and(|share| share <= 0.05), "{seen:?}");
    let few = Placebo { windows: placebo.windows[..3].to_vec(), ..placebo };
    let guessed = smallest_detectable(&few, &lift);
    assert!(
        guessed.is_approximate && guessed.relative.is_some_and(|share| share > 0.005 && share < 0.1),
        "{guessed:?}"
    );
}

#[test]
fn small_counts_are_told_by_the_days_before_alone() {
    let draws = crate::random::Draws::new(3, 1);
    let mut counts: Vec<Option<f64>> = (0..118).map(|day| Some(draws.below(day, 9) as f64)).collect();
    let whole = counts.clone();
    for value in counts[90..].iter_mut().flatten() {
        *value *= 1.1;
    }
    let lift = |response: &[Option<f64>]| measure_lift(&daily(response, 90), &plain(0.95)).expect("measures");
    assert!(lift(&whole).is_small_counts && lift(&counts).is_small_counts);
    let unaware = LiftSettings { small_counts: false, ..plain(0.95) };
    let wider = measure_lift(&daily(&whole, 90), &unaware).expect("measures");
    assert!(lift(&whole).hi - lift(&whole).lo < wider.hi - wider.lo, "counts keep more of their power");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn a_change_of_unit_changes_the_unit_alone(factor in 0.01f64..1000.0, shift in -1e3f64..1e3) {
        let values = days(100, 50.0);
        let one = measure_lift(&daily(&of(&values), 80), &plain(0.9)).expect("measures");
        let changed: Vec<f64> = values.iter().map(|value| factor * value + shift).collect();
        let other = measure_lift(&daily(&of(&changed), 80), &plain(0.9)).expect("measures");
        proptest::prop_assert!((other.effect - factor * one.effect).abs() < 1e-6 * factor * (one.hi - one.lo));
        proptest::prop_assert!((other.hi - factor * one.hi).abs() < 1e-6 * factor * (one.hi - one.lo));
        proptest::prop_assert!((other.p - one.p).abs() < 1e-6);
    }
}
