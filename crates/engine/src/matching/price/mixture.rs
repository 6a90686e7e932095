//! The distribution of the next fee: Student's t curves on the log scale, weighed by how well each spread fits the prices.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// How many pieces the table of Student's t has.
const PIECES: usize = 256;

/// Student's t for one number of degrees of freedom, as a table: the mixture asks for it thousands of times.
///
/// The table runs over `u = t / (2 + t)` for t from 0 up, with value and slope at each place and a cubic between them
/// (Hermite); it differs from the exact function by less than 1e-7.
pub(super) struct StudentTable {
    value: Vec<f64>,
    slope: Vec<f64>,
}

/// A probability and how fast it grows.
struct Height {
    probability: f64,
    density: f64,
}

impl StudentTable {
    /// `freedom`: degrees of freedom, above 1. Cost: O(pieces).
    pub(super) fn new(freedom: f64) -> StudentTable {
        let log_constant = ln_gamma(f64::midpoint(freedom, 1.0))
            - ln_gamma(freedom / 2.0)
            - 0.5 * (freedom * std::f64::consts::PI).ln();
        let mut table = StudentTable { value: Vec::with_capacity(PIECES + 1), slope: Vec::with_capacity(PIECES + 1) };
        for piece in 0..PIECES {
            let u = piece as f64 / PIECES as f64;
            let t = 2.0 * u / (1.0 - u);
            let square = t * t / freedom;
            let density = (log_constant - f64::midpoint(freedom, 1.0) * square.ln_1p()).exp();
            table.value.push(1.0 - 0.5 * beta_reg(freedom / 2.0, 0.5, 1.0 / (1.0 + square)));
            table.slope.push(density * 2.0 / ((1.0 - u) * (1.0 - u)));
        }
        table.value.push(1.0);
        table.slope.push(0.0);
        table
    }

    fn at(&self, t: f64) -> Height {
        let size = t.abs();
        let u = size / (2.0 + size) * PIECES as f64;
        let piece = (u as usize).min(PIECES - 1);
        let (s, step) = (u - piece as f64, 1.0 / PIECES as f64);
        let (from, to) = (self.value[piece], self.value[piece + 1]);
        let (slope_from, slope_to) = (step * self.slope[piece], step * self.slope[piece + 1]);
        let rise = to - from;
        let (square, cube) = (3.0 * rise - 2.0 * slope_from - slope_to, slope_from + slope_to - 2.0 * rise);
        let above = from + s * (slope_from + s * (square + s * cube));
        let by_u = (slope_from + s * (2.0 * square + 3.0 * s * cube)) / step;
        let density = by_u * 2.0 / ((2.0 + size) * (2.0 + size));
        Height { probability: if t < 0.0 { 1.0 - above } else { above }, density }
    }
}

/// One curve of the mixture, on the log scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve {
    pub(super) weight: f64,
    pub(super) middle: f64,
    pub(super) scale: f64,
}

/// Curves whose weights add up to 1, all with the table's degrees of freedom.
pub(super) struct Mixture<'a> {
    pub(super) table: &'a StudentTable,
    pub(super) curves: Vec<Curve>,
}

impl Mixture<'_> {
    /// The probability of a value below `at`, 0..=1. Cost: O(curves).
    pub(super) fn below(&self, at: f64) -> f64 {
        self.height(at).probability.clamp(0.0, 1.0)
    }

    /// The mean of the curves' middles. Cost: O(curves).
    pub(super) fn mean(&self) -> f64 {
        self.curves.iter().map(|curve| curve.weight * curve.middle).sum()
    }

    fn height(&self, at: f64) -> Height {
        let mut height = Height { probability: 0.0, density: 0.0 };
        for curve in &self.curves {
            let one = self.table.at((at - curve.middle) / curve.scale);
            height.probability += curve.weight * one.probability;
            height.density += curve.weight * one.density / curve.scale;
        }
        height
    }

    /// The value below which the next one falls with this probability (above 0, below 1): Newton's steps, halving the
    /// range where a step would leave it or does not shrink (Press et al. 2007, Numerical Recipes, 9.4). Cost: O(curves)
    /// for each of about six steps.
    pub(super) fn quantile(&self, probability: f64) -> f64 {
        let mut at = self.mean();
        let widest = self.curves.iter().map(|curve| curve.scale).fold(0.0, f64::max);
        let (mut lo, mut hi) = (at - widest, at + widest);
        while self.height(lo).probability > probability {
            lo -= 2.0 * (hi - lo);
        }
        while self.height(hi).probability < probability {
            hi += 2.0 * (hi - lo);
        }
        let mut last_step = f64::INFINITY;
        for _ in 0..200 {
            let height = self.height(at);
            if height.probability < probability {
                lo = at
            } else {
                hi = at
            }
            let newton = at + (probability - height.probability) / height.density;
            // A step that has not halved the last one may be jumping to and fro over a steep place.
            let shrinks = (newton - at).abs() <= 0.5 * last_step;
            let next = if shrinks && newton > lo && newton < hi { newton } else { f64::midpoint(lo, hi) };
            last_step = (next - at).abs();
            if last_step <= 1e-10 {
                return next;
            }
            at = next;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(table: &StudentTable) -> Mixture<'_> {
        Mixture { table, curves: vec![Curve { weight: 1.0, middle: 0.0, scale: 1.0 }] }
    }

    #[test]
    fn quantiles_of_one_curve_agree_with_published_tables() {
        for (freedom, probability, expected) in [
            (6.0, 0.95, 1.943_180_3),
            (6.0, 0.05, -1.943_180_3),
            (30.0, 0.975, 2.042_272_5),
            (2000.0, 0.95, 1.645_616_4),
        ] {
            let table = StudentTable::new(freedom);
            let found = one(&table).quantile(probability);
            assert!((found - expected).abs() < 1e-5, "{freedom} {probability}: {found}");
        }
    }

    #[test]
    fn a_steep_place_between_flat_ones_is_not_jumped_over_for_ever() {
        let table = StudentTable::new(1_188.859);
        let places = [(0.334, 1.749), (0.369, 1.762), (-0.747, 0.2016), (-1.609, 1.233), (1.288, 1.376)];
        let curves = places.into_iter().map(|(middle, scale)| Curve { weight: 0.2, middle, scale }).collect();
        let mixture = Mixture { table: &table, curves };
        for probability in [0.05, 0.3274464411396408, 0.5, 0.95] {
            assert!((mixture.below(mixture.quantile(probability)) - probability).abs() < 1e-9);
        }
    }

    proptest! {
        #[test]
        fn a_quantile_is_where_its_probability_lies_and_the_table_only_grows(
            freedom in 3.0_f64..4_000.0,
            middles in prop::collection::vec((-3.0_f64..3.0, 0.01_f64..2.0), 1..8),
            probability in 0.001_f64..0.999,
            far in 0.0_f64..200.0,
        ) {
            let table = StudentTable::new(freedom);
            let weight = 1.0 / middles.len() as f64;
            let curves = middles.into_iter().map(|(middle, scale)| Curve { weight, middle, scale }).collect();
            let mixture = Mixture { table: &table, curves };
            let at = mixture.quantile(probability);
            prop_assert!((mixture.below(at) - probability).abs() < 1e-7);
            prop_assert!(mixture.below(at + far) >= mixture.below(at) - 1e-9);
            let exact = 1.0 - 0.5 * beta_reg(freedom / 2.0, 0.5, freedom / (freedom + far * far));
            prop_assert!((one(&table).below(far) - exact).abs() < 1e-7);
        }
    }
}
