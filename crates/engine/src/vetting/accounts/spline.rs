//! A smooth curve over one number: quadratic B-splines between knots, straight lines beyond the last of them.

use serde::{Deserialize, Serialize};

/// Knots at these quantiles of the training rows.
const KNOT_QUANTILES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const DEGREE: usize = 2;

/// The basis of a curve over one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spline {
    /// Ascending, each once; at least two.
    pub knots: Vec<f64>,
}

impl Spline {
    /// Knots at the quantiles 0, .2, …, 1 of these values, repeated ones once; `None` where all values are alike.
    /// Cost `O(n log n)`.
    pub fn over(values: &[f64]) -> Option<Spline> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let quantile = |share: f64| {
            let place = share * last as f64;
            let (low, part) = (place.floor() as usize, place.fract());
            let high = (low + 1).min(last);
            sorted[low] + part * (sorted[high] - sorted[low])
        };
        let mut knots: Vec<f64> = KNOT_QUANTILES.iter().map(|&share| quantile(share)).collect();
        knots.dedup_by(|next, kept| *next - *kept <= 1e-9);
        (knots.len() >= 2).then_some(Spline { knots })
    }

    /// How many columns the basis has: one more than there are knots.
    pub fn columns(&self) -> usize {
        self.knots.len() + DEGREE - 1
    }

    /// Writes the basis at `x` into `into`, [`Spline::columns`] long. Within the knots the columns are at least 0 and
    /// add up to 1; beyond them each goes on as straight as it ended.
    ///
    /// The outer knots are repeated (a clamped basis). Source: de Boor, "A practical guide to splines" (1978), ch. X.
    pub fn write_basis(&self, x: f64, into: &mut [f64]) {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        let inside = x.clamp(first, last);
        self.write_inside(inside, into);
        if inside == x {
            return;
        }
        // The slope at an end of a quadratic is exact from two points: its derivative is linear.
        let near = if x < first { self.knots[1] } else { self.knots[self.knots.len() - 2] };
        let (quarter, half) = (inside + 0.25 * (near - inside), inside + 0.5 * (near - inside));
        let mut at = vec![0.0; 2 * into.len()];
        let (at_quarter, at_half) = at.split_at_mut(into.len());
        self.write_inside(quarter, at_quarter);
        self.write_inside(half, at_half);
        let step = quarter - inside;
        for (column, value) in into.iter_mut().enumerate() {
            let slope = (4.0 * at_quarter[column] - 3.0 * *value - at_half[column]) / (2.0 * step);
            *value += slope * (x - inside);
        }
    }

    fn write_inside(&self, x: f64, into: &mut [f64]) {
        let knot = |place: usize| self.knots[place.saturating_sub(DEGREE).min(self.knots.len() - 1)];
        let spans = self.knots.len() - 1;
        let span = self.knots[1..spans].partition_point(|knot| *knot <= x);
        into.fill(0.0);
        // The columns that are not 0 here begin at `span`; they are built up degree by degree.
        into[span] = 1.0;
        for degree in 1..=DEGREE {
            let mut carried = 0.0;
            for column in 0..degree {
                let place = span + DEGREE + 1 + column;
                let (right, left) = (knot(place) - x, x - knot(place - degree));
                let part = into[span + column] / (right + left);
                into[span + column] = carried + right * part;
                carried = left * part;
            }
            into[span + degree] = carried;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis(spline: &Spline, x: f64) -> Vec<f64> {
        let mut into = vec![0.0; spline.columns()];
        spline.write_basis(x, &mut into);
        into
    }

    #[test]
    fn within_the_knots_the_columns_are_shares_of_one() {
        let spline = Spline { knots: vec![0.0, 1.0, 1.5, 4.0] };
        for step in 0..=80 {
            let found = basis(&spline, f64::from(step) / 20.0);
            assert_eq!(found.len(), 5);
            assert!(found.iter().all(|value| *value >= -1e-12), "{found:?}");
            assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(basis(&spline, 0.0)[0], 1.0);
        assert_eq!(basis(&spline, 4.0)[4], 1.0);
    }

    #[test]
    fn a_straight_line_is_made_exactly_inside_and_goes_on_outside() {
        // The weights of a line are its values at the means of each column's inner knots (Greville's points).
        let spline = Spline { knots: vec![0.0, 1.0, 1.5, 4.0] };
        let weights = [0.0, 0.5, 1.25, 2.75, 4.0];
        for x in [-3.0, -0.1, 0.0, 0.3, 1.2, 3.9, 4.0, 7.5] {
            let made: f64 = basis(&spline, x).iter().zip(weights).map(|(column, weight)| column * weight).sum();
            assert!((made - x).abs() < 1e-9, "{made} at {x}");
        }
    }

    #[test]
    fn beyond_the_last_knot_a_curve_goes_on_as_it_ended() {
        let spline = Spline { knots: vec![0.0, 1.0, 2.0] };
        let weights = [0.3, -1.0, 2.0, 0.7];
        let curve = |x: f64| basis(&spline, x).iter().zip(weights).map(|(column, weight)| column * weight).sum::<f64>();
        let slope_inside = (curve(2.0) - curve(2.0 - 1e-6)) / 1e-6;
        assert!(((curve(5.0) - curve(2.0)) / 3.0 - slope_inside).abs() < 1e-4);
        assert!((curve(9.0) - 2.0 * curve(6.0) + curve(3.0)).abs() < 1e-9);
    }

    #[test]
    fn values_that_are_all_alike_have_no_curve_and_repeated_ones_one_knot() {
        assert_eq!(Spline::over(&[3.0; 9]), None);
        assert_eq!(Spline::over(&[]), None);
        let many_zeros = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(Spline::over(&many_zeros).expect("two values").knots, [0.0, 1.0, 3.0, 5.0]);
    }
}
