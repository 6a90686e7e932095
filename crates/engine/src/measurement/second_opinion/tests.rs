//! The second opinion against the figures that its model published.

use super::*;
use crate::measurement::panel::testing::open_data;
use crate::random::Sequence;

/// Columns of a file by name.
fn columns(text: &str, wanted: &[&str]) -> Vec<Vec<f64>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a heading").split(',').map(|name| name.trim_matches('"')).collect();
    let places: Vec<usize> =
        wanted.iter().map(|name| names.iter().position(|known| known == name).expect("a column")).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    places.iter().map(|place| rows.iter().map(|row| row[*place].parse().expect("a number")).collect()).collect()
}

/// One published summary of R's package.
struct Published {
    file: &'static str,
    columns: &'static [&'static str],
    before: usize,
    after: usize,
    point: f64,
    lo: f64,
    hi: f64,
}

const PUBLISHED: [Published; 3] = [
    Published {
        file: "arma_data.csv",
        columns: &["y", "X"],
        before: 70,
        after: 30,
        point: 26.67 / 30.0,
        lo: 7.99 / 30.0,
        hi: 44.4 / 30.0,
    },
    Published {
        file: "google_data.csv",
        columns: &["y", "x1", "x2"],
        before: 61,
        after: 30,
        point: 804.0 / 30.0,
        lo: 539.0 / 30.0,
        hi: 1073.0 / 30.0,
    },
    Published {
        file: "basque.csv",
        columns: &["Basque", "another"],
        before: 21,
        after: 22,
        point: -16.75 / 22.0,
        lo: -30.0 / 22.0,
        hi: -4.3 / 22.0,
    },
];

#[test]
fn the_published_answers_of_the_r_package_come_out() {
    for set in PUBLISHED {
        let Some(text) = open_data("the_published_answers_of_the_r_package_come_out", set.file) else { return };
        let read = columns(&text, set.columns);
        let controls: Vec<&[f64]> = read[1..].iter().map(Vec::as_slice).collect();
        let periods = set.before + set.after;
        assert!(read[0].len() >= periods, "{} has {} rows", set.file, read[0].len());
        let cut: Vec<&[f64]> = controls.iter().map(|control| &control[..periods]).collect();
        let input = SecondOpinionInput { series: &read[0][..periods], controls: &cut, periods_before: set.before };
        let found = second_opinion(&input, &SecondOpinionSettings::default()).expect("a series");
        println!(
            "{}: {:.4} [{:.4}, {:.4}] sd {:.4} p {:.4}; published {:.4} [{:.4}, {:.4}]",
            set.file, found.effect_per_period, found.lo, found.hi, found.sd, found.p, set.point, set.lo, set.hi
        );
        let off = (found.effect_per_period - set.point).abs();
        assert!(off <= 0.15 * found.sd && off <= 0.03 * set.point.abs(), "{}", set.file);
        assert!((found.lo - set.lo).abs() <= 0.25 * found.sd && (found.hi - set.hi).abs() <= 0.25 * found.sd);
        assert_eq!(found.opinion, if set.lo > 0.0 { Opinion::More } else { Opinion::Less });
        assert_eq!(found, second_opinion(&input, &SecondOpinionSettings::default()).expect("a series"), "same bits");
        assert!(found.inclusion.iter().all(|share| (share - 1.0).abs() < 1e-9), "up to three controls are always in");
    }
}

/// A series that follows the first of five controls, and what was added after 80 of 100 periods.
fn made_up(added: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut chance = Sequence::new(3, 5);
    let controls: Vec<Vec<f64>> = (0..5).map(|_| (0..100).map(|_| chance.normal()).collect()).collect();
    let mut at = |day: usize| 50.0 + 4.0 * controls[0][day] + chance.normal() + if day < 80 { 0.0 } else { added };
    let series = (0..100).map(&mut at).collect();
    (series, controls)
}

#[test]
fn of_more_than_three_controls_those_that_explain_nothing_are_mostly_left_out() {
    let (series, controls) = made_up(3.0);
    let controls: Vec<&[f64]> = controls.iter().map(Vec::as_slice).collect();
    let input = SecondOpinionInput { series: &series, controls: &controls, periods_before: 80 };
    let found = second_opinion(&input, &SecondOpinionSettings::default()).expect("a series");
    assert!(
        found.inclusion[0] > 0.99 && found.inclusion[1..].iter().all(|share| *share < 0.5),
        "{:?}",
        found.inclusion
    );
    assert!((found.effect_per_period - 3.0).abs() < 1.0 && found.opinion == Opinion::More);
}

#[test]
fn without_controls_an_effect_is_told_too_and_none_where_there_is_none() {
    for (added, opinion) in [(0.0, Opinion::CannotTell), (-8.0, Opinion::Less)] {
        let (series, _) = made_up(added);
        let input = SecondOpinionInput { series: &series, controls: &[], periods_before: 80 };
        assert_eq!(second_opinion(&input, &SecondOpinionSettings::default()).expect("a series").opinion, opinion);
    }
}

#[test]
fn the_unit_of_a_series_changes_nothing_but_the_unit() {
    let (series, controls) = made_up(2.0);
    let scaled: Vec<f64> = series.iter().map(|value| value * 1_024.0).collect();
    let controls: Vec<&[f64]> = controls[..2].iter().map(Vec::as_slice).collect();
    let opinion = |series: &[f64]| {
        let input = SecondOpinionInput { series, controls: &controls, periods_before: 80 };
        second_opinion(&input, &SecondOpinionSettings::default()).expect("a series")
    };
    let (one, other) = (opinion(&series), opinion(&scaled));
    assert!((other.effect_per_period / one.effect_per_period - 1_024.0).abs() < 1e-6);
    assert_eq!((one.p, one.opinion), (other.p, other.opinion));
}

#[test]
fn what_cannot_be_judged_is_refused_in_words() {
    let series: Vec<f64> = (0..20).map(f64::from).collect();
    let refused = |series: &[f64], controls: &[&[f64]], periods_before, settings: SecondOpinionSettings| {
        let input = SecondOpinionInput { series, controls, periods_before };
        second_opinion(&input, &settings).expect_err("refused").to_string()
    };
    let usual = SecondOpinionSettings::default();
    assert!(refused(&series, &[], 2, usual).contains("at least 3"));
    assert!(refused(&series, &[], 20, usual).contains("at least one after"));
    assert!(refused(&series, &[&series[1..]], 15, usual).contains("control 0"));
    assert!(refused(&[1.0; 20], &[], 15, usual).contains("same in every period"));
    assert!(refused(&[f64::NAN; 20], &[], 15, usual).contains("period 0"));
    assert!(refused(&series, &[], 15, SecondOpinionSettings { draws: 100, ..usual }).contains("at least 10000 draws"));
}
