//! The nearest mix of donors: weights of 0 and more that add up to 1, found by walking downhill with a run-up.
//!
//! The problem is convex: whatever the starting point, the squared error reached is the same.

/// `1/2 w'Gw - b'w` over weights, with `G = A'A` and `b = A'y` of donors A (one column a donor) and the series y.
pub(super) struct Mix {
    donors: usize,
    /// Row by row; symmetric.
    gram: Vec<f64>,
    /// The largest eigenvalue of the Gram matrix, a little too large rather than too small.
    steepest: f64,
}

/// Weights, and how they were found.
#[derive(Clone, Debug)]
pub(super) struct Mixed {
    pub(super) weights: Vec<f64>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
}

/// The walk ends when no weight moves by more than this.
const CHANGE_MAX: f64 = 1e-12;
/// The eigenvalue is approached from below; this much is added so that steps are never too long.
const STEEPEST_MARGIN: f64 = 1.001;

impl Mix {
    /// Cost `O(donors^2 * periods)`.
    pub(super) fn new(columns: &[Vec<f64>]) -> Mix {
        let donors = columns.len();
        let mut gram = vec![0.0; donors * donors];
        for row in 0..donors {
            for column in 0..=row {
                let product = dot(&columns[row], &columns[column]);
                gram[row * donors + column] = product;
                gram[column * donors + row] = product;
            }
        }
        let steepest = steepest(&gram, donors);
        Mix { donors, gram, steepest }
    }

    /// The best weights by accelerated projected gradient with restarts.
    ///
    /// Step `1 / lambda_max`; the run-up is dropped whenever it points uphill. `right` is `A'y`. Ends when no weight
    /// moves by more than 1e-12, or after `iterations_max` steps, which is told.
    /// Cost: O(donors^2) a step. Source: Beck & Teboulle 2009; restart O'Donoghue & Candes 2015, section 3.2.
    pub(super) fn solve(&self, right: &[f64], start: &[f64], iterations_max: u32) -> Mixed {
        let mut weights = start.to_vec();
        if self.steepest <= 0.0 {
            return Mixed { weights, iterations: 0, converged: true };
        }
        let (mut ahead, mut next) = (weights.clone(), weights.clone());
        let mut sorted = vec![0.0; self.donors];
        let mut momentum = 1.0_f64;
        for iteration in 1..=iterations_max {
            for (row, to) in next.iter_mut().enumerate() {
                let slope = dot(&self.gram[row * self.donors..(row + 1) * self.donors], &ahead) - right[row];
                *to = ahead[row] - slope / self.steepest;
            }
            project(&mut next, &mut sorted);
            let (mut change, mut uphill) = (0.0_f64, 0.0);
            for ((new, old), from) in next.iter().zip(&weights).zip(&ahead) {
                change = change.max((new - old).abs());
                uphill += (from - new) * (new - old);
            }
            if change <= CHANGE_MAX && momentum == 1.0 {
                return Mixed { weights: next, iterations: iteration, converged: true };
            }
            if uphill > 0.0 || change <= CHANGE_MAX {
                // A restart: one plain step from here decides whether this is the end.
                momentum = 1.0;
                ahead.copy_from_slice(&next);
            } else {
                let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
                let push = (momentum - 1.0) / grown;
                momentum = grown;
                for ((to, new), old) in ahead.iter_mut().zip(&next).zip(&weights) {
                    *to = new + push * (new - old);
                }
            }
            std::mem::swap(&mut weights, &mut next);
        }
        Mixed { weights, iterations: iterations_max, converged: false }
    }
}

/// `A'y`.
pub(super) fn right_side(columns: &[Vec<f64>], series: &[f64]) -> Vec<f64> {
    columns.iter().map(|column| dot(column, series)).collect()
}

pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Moves weights to the nearest ones that are 0 and more and add up to 1.
///
/// Sorted downwards as `u`, `theta = (u_1 + .. + u_r - 1) / r` for the largest r with `u_r > theta`; each weight becomes
/// `max(w - theta, 0)`. Cost: O(donors log donors). Source: Held, Wolfe & Crowder 1974; Duchi et al. 2008, figure 1.
fn project(weights: &mut [f64], sorted: &mut [f64]) {
    sorted.copy_from_slice(weights);
    sorted.sort_unstable_by(|left, right| right.total_cmp(left));
    let (mut sum, mut theta) = (0.0, 0.0);
    for (rank, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (rank + 1) as f64;
        if *value <= candidate {
            break;
        }
        theta = candidate;
    }
    weights.iter_mut().for_each(|weight| *weight = (*weight - theta).max(0.0));
}

/// The largest eigenvalue by repeated multiplication, and never above the root of the sum of squares, which bounds it.
fn steepest(gram: &[f64], donors: usize) -> f64 {
    const ROUNDS: usize = 200;
    let bound = dot(gram, gram).sqrt();
    let mut vector: Vec<f64> = (0..donors).map(|row| gram[row * donors + row].sqrt()).collect();
    let mut largest = 0.0;
    for _ in 0..ROUNDS {
        let length = dot(&vector, &vector).sqrt();
        if length <= 0.0 {
            return bound;
        }
        vector.iter_mut().for_each(|part| *part /= length);
        let moved: Vec<f64> = gram.chunks(donors).map(|row| dot(row, &vector)).collect();
        largest = dot(&moved, &moved).sqrt();
        vector = moved;
    }
    (largest * STEEPEST_MARGIN).min(bound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn projected(values: &[f64]) -> Vec<f64> {
        let mut weights = values.to_vec();
        project(&mut weights, &mut vec![0.0; values.len()]);
        weights
    }

    fn error(columns: &[Vec<f64>], series: &[f64], weights: &[f64]) -> f64 {
        let at = |period: usize| columns.iter().zip(weights).map(|(column, w)| w * column[period]).sum::<f64>();
        series.iter().enumerate().map(|(period, value)| (value - at(period)).powi(2)).sum()
    }

    #[test]
    fn weights_that_already_add_up_stay_and_others_go_to_the_nearest() {
        assert_eq!(projected(&[0.25, 0.75]), [0.25, 0.75]);
        assert_eq!(projected(&[2.0, 0.0]), [1.0, 0.0]);
        assert_eq!(projected(&[1.0, 1.0]), [0.5, 0.5]);
        assert_eq!(projected(&[-5.0, -5.0, -7.0]), [0.5, 0.5, 0.0]);
    }

    #[test]
    fn a_series_that_is_a_mix_of_donors_gets_that_mix() {
        let columns: Vec<Vec<f64>> =
            (1..=3_i32).map(|k| (0..20).map(|t| ((t * k * k) as f64).sin() * 3.0).collect()).collect();
        let series: Vec<f64> = (0..20).map(|t| 0.3 * columns[0][t] + 0.7 * columns[2][t]).collect();
        let found = Mix::new(&columns).solve(&right_side(&columns, &series), &[1.0 / 3.0; 3], 10_000);
        assert!(found.converged);
        for (weight, expect) in found.weights.iter().zip([0.3, 0.0, 0.7]) {
            assert!((weight - expect).abs() < 1e-9, "{:?}", found.weights);
        }
    }

    #[test]
    fn a_cap_on_iterations_is_told() {
        let columns = vec![vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 3.1]];
        let found = Mix::new(&columns).solve(&right_side(&columns, &[3.0, 1.0, 2.0]), &[0.5, 0.5], 1);
        assert_eq!((found.iterations, found.converged), (1, false));
    }

    proptest! {
        #[test]
        fn no_other_mix_of_two_donors_is_nearer(values in prop::collection::vec(-10.0..10.0_f64, 8 * 4)) {
            let columns: Vec<Vec<f64>> = values.chunks(8).take(3).map(<[f64]>::to_vec).collect();
            let series = &values[24..];
            let found = Mix::new(&columns).solve(&right_side(&columns, series), &[1.0, 0.0, 0.0], 100_000);
            let reached = error(&columns, series, &found.weights);
            prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(found.weights.iter().all(|weight| *weight >= 0.0));
            for first in 0..=10 {
                for second in 0..=10 - first {
                    let other = [f64::from(first) / 10.0, f64::from(second) / 10.0, f64::from(10 - first - second) / 10.0];
                    prop_assert!(reached <= error(&columns, series, &other) + 1e-7);
                }
            }
        }
    }
}
