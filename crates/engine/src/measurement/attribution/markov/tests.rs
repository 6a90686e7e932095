//! The removal effect against the textbook: one solved system a removed creator, by elimination with pivots.

use model::Days;
use proptest::prelude::*;

use super::*;
use crate::measurement::attribution::Journey;
use crate::measurement::attribution::testing::{any_journeys, journey};

fn checked(creators: u32, journeys: &[Journey]) -> Journeys {
    Journeys::within(Days(30), creators, journeys).expect("small numbers")
}

/// P(bought from start): solves (I - Q) x = c over the creators that are not removed, self-steps included.
fn bought_from_start(journeys: &Journeys, removed: Option<usize>) -> f64 {
    let size = journeys.creators() as usize;
    let (mut out, mut start) = (vec![0.0; size], vec![0.0; size]);
    let (mut steps, mut buys) = (vec![vec![0.0; size]; size], vec![0.0; size]);
    for path in journeys.paths() {
        let (bought, all) = (path.end.conversions as f64, (path.end.conversions + path.end.nulls) as f64);
        start[path.creators[0] as usize] += all;
        path.creators.iter().for_each(|creator| out[*creator as usize] += all);
        path.creators.windows(2).for_each(|pair| steps[pair[0] as usize][pair[1] as usize] += all);
        buys[path.creators[path.creators.len() - 1] as usize] += bought;
    }
    let is_in = |state: usize| Some(state) != removed && out[state] > 0.0;
    let mut rows: Vec<Vec<f64>> = (0..size)
        .map(|row| {
            let step = |to: usize| if is_in(row) && is_in(to) { steps[row][to] / out[row] } else { 0.0 };
            let mut cells: Vec<f64> = (0..size).map(|to| f64::from(u8::from(row == to)) - step(to)).collect();
            cells.push(if is_in(row) { buys[row] / out[row] } else { 0.0 });
            cells
        })
        .collect();
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()));
        rows.swap(column, pivot.expect("the range holds the column"));
        let pivot_row = rows[column].clone();
        for (number, row) in rows.iter_mut().enumerate().filter(|(number, _)| *number != column) {
            let factor = row[column] / pivot_row[column];
            assert!(number < size);
            row.iter_mut().zip(&pivot_row).for_each(|(cell, pivot)| *cell -= factor * pivot);
        }
    }
    let all: f64 = start.iter().sum();
    (0..size)
        .filter(|state| is_in(*state))
        .map(|state| start[state] / all * rows[state][size] / rows[state][state])
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn effects_are_those_of_removing_each_creator_and_solving_anew(journeys in any_journeys(6)) {
        let journeys = checked(6, &journeys);
        let Ok(found) = markov(&journeys) else { return Ok(()) };
        let base = bought_from_start(&journeys, None);
        prop_assert!((found.base - base).abs() < 1e-12);
        for (creator, effect) in found.removal_effects.iter().enumerate() {
            let expected = 1.0 - bought_from_start(&journeys, Some(creator)) / base;
            prop_assert!((effect - expected).abs() < 1e-9, "{creator}: {effect}, not {expected}");
            prop_assert!((0.0..=1.0).contains(effect));
        }
    }
}

#[test]
fn steps_to_oneself_change_nothing() {
    let once = checked(2, &[journey(&[0, 1], 2, 3, 0), journey(&[1], 1, 1, 0)]);
    let often = checked(2, &[journey(&[0, 0, 0, 1, 1], 2, 3, 0), journey(&[1, 1], 1, 1, 0)]);
    assert_eq!(markov(&once), markov(&often));
}

#[test]
fn a_creator_after_whom_nobody_bought_and_one_nobody_met_get_nothing() {
    let found = markov(&checked(4, &[journey(&[0, 1], 2, 3, 90), journey(&[2], 0, 9, 0)])).expect("not refused");
    assert_eq!(found.removal_effects[2..], [0.0, 0.0]);
    assert_eq!(found.credits.value_minor_units, [45, 45, 0, 0]);
}

#[test]
fn a_chain_that_hardly_ever_ends_loses_no_digits() {
    // Between 0 and 1 people go back and forth; the flow that ends is a million-millionth of it.
    let loops: Vec<u32> = (0..2_000).map(|step| step % 2).collect();
    let many = Journey { ended_at: model::Timestamp(0), ..journey(&loops, 0, 1_000_000_000, 0) };
    let at_once: Vec<_> = many
        .touches
        .iter()
        .map(|touch| crate::measurement::attribution::Touch { at: model::Timestamp(0), ..*touch })
        .collect();
    let many = Journey { touches: at_once, ..many };
    let found = markov(&checked(2, &[many, journey(&[1], 1, 0, 100)])).expect("not refused");
    // By hand: starts 0 N, 1 1; 0 -> 1 1000 N; 1 -> 0 999 N; 1 bought 1, null N.
    // From 1 at the next end: bought 1 / (1 + N). Orders by 1: all; by 0: N at the start, and of 1's one start the
    // share 999 N / (1000 N + 1) that goes back.
    let n = 1e9;
    let by_zero = (n + 999.0 * n / (1000.0 * n + 1.0)) / (1.0 + n);
    assert!((found.removal_effects[0] / by_zero - 1.0).abs() < 1e-14, "{:?}", found.removal_effects);
    assert!((found.removal_effects[1] - 1.0).abs() < 1e-14);
}

#[test]
fn creators_that_no_journey_connects_are_worked_out_apart() {
    let steps =
        Steps::count(&checked(6, &[journey(&[4, 0], 1, 1, 0), journey(&[2], 1, 0, 0), journey(&[3, 4, 3], 0, 1, 0)]));
    assert_eq!(steps.connected(), [vec![0, 3, 4], vec![2]]);
}

#[test]
fn too_many_connected_creators_are_refused_with_their_number() {
    let chain: Vec<Journey> =
        (0..CONNECTED_MAX as u32).map(|creator| journey(&[creator, creator + 1], 1, 1, 0)).collect();
    let refused = markov(&checked(CONNECTED_MAX as u32 + 1, &chain));
    assert_eq!(refused, Err(MarkovRefused::TooManyConnected { connected: CONNECTED_MAX + 1 }));
}
