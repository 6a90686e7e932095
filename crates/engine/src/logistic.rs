//! The fit that turns numbers into a chance: logistic regression with a pull, by Newton's method.

/// A row of features and how far it is a yes: 1, 0, or between where readers differ.
#[derive(Clone, Copy)]
pub(crate) struct Observation<'v> {
    pub(crate) values: &'v [f64],
    pub(crate) target: f64,
}

/// What one coefficient is pulled towards; strength 1 weighs as one unit of squared distance.
#[derive(Clone, Copy)]
pub(crate) struct Pull {
    pub(crate) towards: f64,
    pub(crate) strength: f64,
}

const STEPS_MAX: usize = 40;

/// `1 / (1 + e^-x)`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The linear part, before the sigmoid.
pub(crate) fn linear(coefficients: &[f64], values: &[f64]) -> f64 {
    coefficients.iter().zip(values).map(|(coefficient, value)| coefficient * value).sum()
}

/// Minus the log-likelihood of one row, `ln(1 + e^x) - target * x`, without overflow.
pub(crate) fn log_loss(x: f64, target: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p() - target * x
}

/// What coefficients are pulled towards, and how strongly, each alone or neighbours towards each other.
pub(crate) struct Pulls {
    towards: Vec<f64>,
    /// Symmetric and positive; the lower half is read.
    strength: Vec<f64>,
}

impl Pulls {
    /// Each coefficient by itself.
    pub(crate) fn each(pulls: &[Pull]) -> Pulls {
        let count = pulls.len();
        let mut strength = vec![0.0; count * count];
        for (place, pull) in pulls.iter().enumerate() {
            strength[place * count + place] = pull.strength;
        }
        Pulls { towards: pulls.iter().map(|pull| pull.towards).collect(), strength }
    }

    /// Adds a pull of the weighted sum of some coefficients towards 0.
    pub(crate) fn add_sum(&mut self, parts: &[(usize, f64)], strength: f64) {
        let count = self.towards.len();
        for (row, left) in parts {
            for (column, right) in parts {
                self.strength[row * count + column] += strength * left * right;
            }
        }
    }

    /// Half the pull's cost, and its gradient.
    pub(crate) fn cost(&self, coefficients: &[f64]) -> (f64, Vec<f64>) {
        let count = coefficients.len();
        let away: Vec<f64> = coefficients.iter().zip(&self.towards).map(|(b, towards)| b - towards).collect();
        let mut gradient = vec![0.0; count];
        for row in 0..count {
            for column in 0..=row {
                let strength = self.strength[row * count + column];
                gradient[row] += strength * away[column];
                if row != column {
                    gradient[column] += strength * away[row];
                }
            }
        }
        (0.5 * away.iter().zip(&gradient).map(|(away, slope)| away * slope).sum::<f64>(), gradient)
    }
}

/// Fits coefficients by penalised maximum likelihood: minimises `sum log loss + sum strength / 2 * (b - towards)^2`.
///
/// Every coefficient needs a strength above 0. Cost `O(rows * features^2)` a step, at most 40.
/// Source: Newton's method (iteratively reweighted least squares), McCullagh & Nelder 1989; ridge, le Cessie & van
/// Houwelingen 1992.
pub(crate) fn fit(rows: &[Observation<'_>], pulls: &[Pull]) -> Vec<f64> {
    fit_pulled(rows, &Pulls::each(pulls))
}

/// As [`fit`], with pulls between coefficients; together they must hold every direction.
pub(crate) fn fit_pulled(rows: &[Observation<'_>], pulls: &Pulls) -> Vec<f64> {
    let count = pulls.towards.len();
    let penalised = |coefficients: &[f64]| {
        let loss: f64 = rows.iter().map(|row| log_loss(linear(coefficients, row.values), row.target)).sum();
        loss + pulls.cost(coefficients).0
    };
    let mut coefficients: Vec<f64> = pulls.towards.clone();
    let mut loss = penalised(&coefficients);
    for _ in 0..STEPS_MAX {
        let mut gradient = pulls.cost(&coefficients).1;
        let mut hessian = pulls.strength.clone();
        for row in rows {
            let chance = sigmoid(linear(&coefficients, row.values));
            let (miss, curve) = (chance - row.target, chance * (1.0 - chance));
            for (i, value) in row.values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                gradient[i] += miss * value;
                for (j, other) in row.values[..=i].iter().enumerate() {
                    hessian[i * count + j] += curve * value * other;
                }
            }
        }
        let step = solve(hessian, gradient);
        let mut length = 1.0;
        loop {
            let moved: Vec<f64> = coefficients.iter().zip(&step).map(|(b, step)| b - length * step).collect();
            let next = penalised(&moved);
            if next <= loss || length < 1e-4 {
                (coefficients, loss) = (moved, next);
                break;
            }
            length /= 2.0;
        }
        if step.iter().all(|part| part.abs() < 1e-8) {
            break;
        }
    }
    coefficients
}

/// Solves `matrix * x = right` for a symmetric positive matrix of which the lower half is given (Cholesky).
fn solve(mut matrix: Vec<f64>, right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    let mut x = right;
    for i in 0..count {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * count + k] * matrix[j * count + k]).sum();
            let left = matrix[i * count + j] - known;
            matrix[i * count + j] = if i == j { left.max(1e-12).sqrt() } else { left / matrix[j * count + j] };
        }
    }
    for i in 0..count {
        let known: f64 = (0..i).map(|k| matrix[i * count + k] * x[k]).sum();
        x[i] = (x[i] - known) / matrix[i * count + i];
    }
    for i in (0..count).rev() {
        let known: f64 = (i + 1..count).map(|k| matrix[k * count + i] * x[k]).sum();
        x[i] = (x[i] - known) / matrix[i * count + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn planted_coefficients_are_found() {
        let draws = Draws::new(3, 1);
        let values: Vec<[f64; 2]> = (0..20_000).map(|row| [1.0, draws.uniform(2 * row) * 4.0 - 2.0]).collect();
        let came =
            |(row, values): (usize, &[f64; 2])| draws.uniform(2 * row as u64 + 1) < sigmoid(1.5 * values[1] - 0.5);
        let targets: Vec<f64> = values.iter().enumerate().map(|row| f64::from(u8::from(came(row)))).collect();
        let rows: Vec<Observation<'_>> =
            values.iter().zip(&targets).map(|(values, target)| Observation { values, target: *target }).collect();
        let fitted = fit(&rows, &[Pull { towards: 0.0, strength: 1e-3 }; 2]);
        assert!((fitted[0] + 0.5).abs() < 0.06 && (fitted[1] - 1.5).abs() < 0.06, "{fitted:?}");
    }

    #[test]
    fn without_rows_the_fit_is_what_it_is_pulled_towards() {
        assert_eq!(fit(&[], &[Pull { towards: 0.7, strength: 1.0 }]), [0.7]);
    }

    #[test]
    fn two_opposite_readings_of_one_row_are_worth_one_of_a_half() {
        let pulls = [Pull { towards: 0.0, strength: 1.0 }; 2];
        let row = |target| Observation { values: &[1.0, 2.0], target };
        let halves = fit(&[row(0.5), row(0.5)], &pulls);
        let both = fit(&[row(0.0), row(1.0)], &pulls);
        assert!(halves.iter().zip(&both).all(|(left, right)| (left - right).abs() < 1e-9));
    }
}
