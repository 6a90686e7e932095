//! Credits: orders and money shared out among creators so that nothing is lost and nothing is made up.
//!
//! A model gives the touches of a journey weights; the weights become parts of 2^60 that add up to exactly 2^60, by
//! largest remainder. Orders and minor units are booked as whole numbers over 2^60, so sums are exact and the order in
//! which journeys come cannot change a bit of the result. Money is rounded once, at the end, over all journeys.

use serde::{Deserialize, Serialize};

use super::journeys::{End, Totals};

/// One whole order, in the unit that credits are booked in.
const WHOLE_BITS: u32 = 60;
const WHOLE: i128 = 1 << WHOLE_BITS;
/// Weights that are not whole numbers are rounded to this many steps of the largest.
const WEIGHT_STEPS: f64 = (1u64 << 52) as f64;
/// Fractions of a minor unit closer than 2^-30 count as equal when the last units are given out.
const EQUAL_FRACTION_BITS: u32 = WHOLE_BITS - 30;

/// What one model credits to each creator.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Credits {
    /// Orders by creator, 0 and up, fractions where an order is shared; they add up to the orders shared out but for
    /// the last rounding of each (one part in 2^53).
    pub conversions: Vec<f64>,
    /// Minor units by creator; they add up to the value shared out exactly.
    pub value_minor_units: Vec<i64>,
}

/// The running account of a model, in whole numbers over 2^60.
pub(super) struct Account {
    conversions: Vec<i128>,
    value: Vec<i128>,
    parts: Vec<i128>,
}

impl Account {
    pub(super) fn new(creators: u32) -> Account {
        let empty = vec![0; creators as usize];
        Account { conversions: empty.clone(), value: empty, parts: vec![] }
    }

    /// Books the whole of a journey for one creator.
    pub(super) fn book_whole(&mut self, creator: u32, end: &End) {
        self.book_part(creator, WHOLE, end.conversions, end.value_minor_units);
    }

    /// Books a journey for its touches by weight. `weights` are below 2^53, one a touch, at least one above 0.
    pub(super) fn book(&mut self, creators: &[u32], weights: &[u64], end: &End) {
        self.share_out(creators, weights, end.conversions, end.value_minor_units);
    }

    /// Books everything at once by one weight a creator (what Markov's removal effects are).
    pub(super) fn book_totals(&mut self, weights: &[u64], totals: Totals) {
        let creators: Vec<u32> = (0..weights.len() as u32).collect();
        self.share_out(&creators, weights, totals.conversions, totals.value_minor_units);
    }

    fn share_out(&mut self, creators: &[u32], weights: &[u64], conversions: u64, value: i64) {
        let mut parts = std::mem::take(&mut self.parts);
        parts_of_whole(weights, &mut parts);
        for (creator, part) in creators.iter().zip(&parts) {
            self.book_part(*creator, *part, conversions, value);
        }
        self.parts = parts;
    }

    fn book_part(&mut self, creator: u32, part: i128, conversions: u64, value: i64) {
        self.conversions[creator as usize] += part * i128::from(conversions);
        self.value[creator as usize] += part * i128::from(value);
    }

    /// Orders as fractions, money rounded to whole minor units by largest remainder.
    pub(super) fn settle(self) -> Credits {
        let conversions = self.conversions.iter().map(|parts| *parts as f64 / WHOLE as f64).collect();
        Credits { conversions, value_minor_units: whole_units(&self.value) }
    }
}

/// Weights as whole numbers below 2^53, the largest 2^52; all 0 when none is above 0.
pub(super) fn whole_weights(weights: &[f64], whole: &mut Vec<u64>) {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    whole.clear();
    // `as` turns what is not a number into 0.
    whole.extend(weights.iter().map(|weight| (weight / largest * WEIGHT_STEPS).round() as u64));
}

/// Splits 2^60 in proportion to the weights: each part is rounded down, what is left goes one by one to the largest
/// remainders, the earlier of equals first. All 0 when no weight is above 0.
fn parts_of_whole(weights: &[u64], parts: &mut Vec<i128>) {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    parts.clear();
    if total == 0 {
        parts.resize(weights.len(), 0);
        return;
    }
    parts.extend(weights.iter().map(|weight| i128::from(*weight) * WHOLE / total));
    let left = (WHOLE - parts.iter().sum::<i128>()) as usize;
    if left == 0 {
        return;
    }
    let remainder = |at: usize| i128::from(weights[at]) * WHOLE % total;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(remainder(*at)));
    for at in &order[..left] {
        parts[*at] += 1;
    }
}

/// Whole units of amounts over 2^60 whose sum is whole: each is rounded down, what is left goes one by one to the
/// largest fractions, the lower creator number first among equals.
fn whole_units(amounts: &[i128]) -> Vec<i64> {
    let total = amounts.iter().sum::<i128>() >> WHOLE_BITS;
    // The shift rounds down below 0 too. Amounts stay within the sum of absolute values, which fits 63 bits.
    let mut units: Vec<i64> = amounts.iter().map(|amount| (amount >> WHOLE_BITS) as i64).collect();
    let left = (total - units.iter().map(|unit| i128::from(*unit)).sum::<i128>()) as usize;
    if left == 0 {
        return units;
    }
    let fraction = |at: usize| (amounts[at] & (WHOLE - 1)) >> EQUAL_FRACTION_BITS;
    let mut order: Vec<usize> = (0..amounts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(fraction(*at)));
    for at in &order[..left] {
        units[*at] += 1;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(value: i64, weights: &[u64]) -> Vec<i64> {
        let mut account = Account::new(weights.len() as u32);
        account.book_totals(weights, Totals { conversions: 1, nulls: 0, value_minor_units: value });
        account.settle().value_minor_units
    }

    #[test]
    fn a_cent_that_does_not_divide_goes_to_the_largest_remainder_and_then_to_the_first() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(split(10, &[2, 1, 1]), [5, 3, 2]);
        assert_eq!(split(7, &[1, 9, 1]), [1, 6, 0]);
        assert_eq!(split(0, &[1, 2]), [0, 0]);
    }

    #[test]
    fn a_refund_is_shared_like_the_order_it_takes_back() {
        assert_eq!(split(-100, &[1, 1, 1]), [-33, -33, -34]);
        assert_eq!(split(i64::MAX, &[1, 1, 1]).iter().sum::<i64>(), i64::MAX);
        assert_eq!(split(-i64::MAX, &[3, 1, 7]).iter().sum::<i64>(), -i64::MAX);
        let mut account = Account::new(3);
        for value in [100, -100] {
            account.book(
                &[0, 1, 2],
                &[1, 1, 1],
                &End { conversions: 0, nulls: 0, value_minor_units: value, decided: None },
            );
        }
        assert_eq!(account.settle().value_minor_units, [0, 0, 0]);
    }

    #[test]
    fn parts_add_up_to_the_whole_whatever_the_weights() {
        let mut parts = vec![];
        for weights in [vec![1], vec![1; 7], vec![(1 << 53) - 1; 1000], vec![0, 1, 0], vec![1, (1 << 53) - 1]] {
            parts_of_whole(&weights, &mut parts);
            assert_eq!(parts.iter().sum::<i128>(), WHOLE);
            assert!(parts.iter().zip(&weights).all(|(part, weight)| *part >= 0 && (*weight > 0 || *part == 0)));
        }
        parts_of_whole(&[0, 0], &mut parts);
        assert_eq!(parts, [0, 0]);
    }
}
