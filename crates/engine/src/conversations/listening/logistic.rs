//! The fit that turns measured facts into a chance: logistic regression with a pull towards known coefficients.
//!
//! Newton's method; sums are made over fixed blocks of rows in order, so threads change no byte.

use rayon::prelude::*;

use super::features::{FEATURES, FeatureValues};

/// One observation: a buyer and a creator, whether talk followed, and how many such pairs it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledPair {
    pub features: FeatureValues,
    pub talked: Talked,
    pub weight: f32,
}

/// Whether talk followed in the window that labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talked {
    No,
    Yes,
}

impl Talked {
    pub fn value(self) -> f64 {
        f64::from(u8::from(self == Talked::Yes))
    }
}

/// Fitted coefficients with their standard errors, in the order of the features.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    pub coefficients: [f64; FEATURES],
    pub standard_errors: [f64; FEATURES],
}

/// What the fit is pulled towards, and how strongly (1 = as strongly as one unit of squared distance).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    pub towards: [f64; FEATURES],
    pub strength: f64,
}

const BLOCK: usize = 4096;
const STEPS_MAX: usize = 25;

/// `1 / (1 + e^-x)`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The linear part, before the sigmoid.
pub fn linear(coefficients: &[f64; FEATURES], features: &FeatureValues) -> f64 {
    coefficients.iter().zip(features).map(|(coefficient, &value)| coefficient * f64::from(value)).sum()
}

/// Fits chances to observations by penalised maximum likelihood.
///
/// Minimises `sum w * log loss + strength / 2 * sum (b - towards)^2` over the features in `used`; the others stay 0.
/// Standard errors are the roots of the inverse Hessian's diagonal. Cost `O(rows * features^2)` a step, at most 25.
pub fn fit(rows: &[LabelledPair], used: &[usize], pull: &Pull) -> Fit {
    let count = used.len();
    let mut coefficients = [0.0; FEATURES];
    for &feature in used {
        coefficients[feature] = pull.towards[feature];
    }
    let mut inverse = vec![0.0; count * count];
    let mut loss = penalised_loss(rows, used, pull, &coefficients);
    for _ in 0..STEPS_MAX {
        let slope = slopes(rows, used, &coefficients);
        let mut gradient = slope.gradient;
        let mut hessian = slope.hessian;
        for (place, &feature) in used.iter().enumerate() {
            gradient[place] += pull.strength * (coefficients[feature] - pull.towards[feature]);
            hessian[place * count + place] += pull.strength;
        }
        inverse = invert(hessian, count);
        let step: Vec<f64> =
            (0..count).map(|i| (0..count).map(|j| inverse[i * count + j] * gradient[j]).sum()).collect();
        let mut length = 1.0;
        let mut moved = coefficients;
        loop {
            for (place, &feature) in used.iter().enumerate() {
                moved[feature] = coefficients[feature] - length * step[place];
            }
            let next = penalised_loss(rows, used, pull, &moved);
            if next <= loss + 1e-12 * loss.abs() || length < 1e-4 {
                loss = next;
                break;
            }
            length /= 2.0;
        }
        coefficients = moved;
        if step.iter().all(|part| part.abs() < 1e-7) {
            break;
        }
    }
    let mut standard_errors = [0.0; FEATURES];
    for (place, &feature) in used.iter().enumerate() {
        standard_errors[feature] = inverse[place * count + place].max(0.0).sqrt();
    }
    Fit { coefficients, standard_errors }
}

fn penalised_loss(rows: &[LabelledPair], used: &[usize], pull: &Pull, coefficients: &[f64; FEATURES]) -> f64 {
    let blocks: Vec<f64> = rows
        .par_chunks(BLOCK)
        .map(|block| {
            block
                .iter()
                .map(|row| {
                    let x = linear(coefficients, &row.features);
                    let signed = if row.talked == Talked::Yes { -x } else { x };
                    // ln(1 + e^signed), without overflow
                    f64::from(row.weight) * (signed.max(0.0) + (-signed.abs()).exp().ln_1p())
                })
                .sum::<f64>()
        })
        .collect();
    let penalty: f64 = used.iter().map(|&feature| (coefficients[feature] - pull.towards[feature]).powi(2)).sum();
    blocks.iter().sum::<f64>() + pull.strength / 2.0 * penalty
}

struct Slopes {
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

fn slopes(rows: &[LabelledPair], used: &[usize], coefficients: &[f64; FEATURES]) -> Slopes {
    let count = used.len();
    let blocks: Vec<Slopes> = rows
        .par_chunks(BLOCK)
        .map(|block| {
            let mut sum = Slopes { gradient: vec![0.0; count], hessian: vec![0.0; count * count] };
            for row in block {
                let p = sigmoid(linear(coefficients, &row.features));
                let weight = f64::from(row.weight);
                let miss = weight * (p - row.talked.value());
                let curve = weight * (p * (1.0 - p)).max(1e-12);
                for (i, &feature) in used.iter().enumerate() {
                    let value = f64::from(row.features[feature]);
                    sum.gradient[i] += miss * value;
                    let scaled = curve * value;
                    for (j, &other) in used[..=i].iter().enumerate() {
                        sum.hessian[i * count + j] += scaled * f64::from(row.features[other]);
                    }
                }
            }
            sum
        })
        .collect();
    let mut total = Slopes { gradient: vec![0.0; count], hessian: vec![0.0; count * count] };
    for block in &blocks {
        total.gradient.iter_mut().zip(&block.gradient).for_each(|(sum, part)| *sum += part);
        total.hessian.iter_mut().zip(&block.hessian).for_each(|(sum, part)| *sum += part);
    }
    for i in 0..count {
        for j in 0..i {
            total.hessian[j * count + i] = total.hessian[i * count + j];
        }
    }
    total
}

/// Gauss-Jordan with the largest pivot; the matrix is symmetric and positive thanks to the pull.
pub(super) fn invert(matrix: Vec<f64>, count: usize) -> Vec<f64> {
    let mut left = matrix;
    let mut right = vec![0.0; count * count];
    for i in 0..count {
        right[i * count + i] = 1.0;
    }
    for column in 0..count {
        let pivot = (column..count)
            .max_by(|&a, &b| left[a * count + column].abs().total_cmp(&left[b * count + column].abs()))
            .expect("a column has rows");
        for place in 0..count {
            left.swap(column * count + place, pivot * count + place);
            right.swap(column * count + place, pivot * count + place);
        }
        let divisor = left[column * count + column];
        if divisor.abs() < 1e-300 {
            continue;
        }
        for place in 0..count {
            left[column * count + place] /= divisor;
            right[column * count + place] /= divisor;
        }
        for row in (0..count).filter(|&row| row != column) {
            let factor = left[row * count + column];
            if factor != 0.0 {
                for place in 0..count {
                    left[row * count + place] -= factor * left[column * count + place];
                    right[row * count + place] -= factor * right[column * count + place];
                }
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn rows(count: u64) -> Vec<LabelledPair> {
        let draws = Draws::new(3, 1);
        (0..count)
            .map(|row| {
                let mut features = [0f32; FEATURES];
                features[0] = 1.0;
                features[1] = (draws.uniform(2 * row) * 4.0 - 2.0) as f32;
                let p = sigmoid(-0.5 + 1.5 * f64::from(features[1]));
                let talked = if draws.uniform(2 * row + 1) < p { Talked::Yes } else { Talked::No };
                LabelledPair { features, talked, weight: 1.0 }
            })
            .collect()
    }

    #[test]
    fn planted_coefficients_are_found_within_three_standard_errors() {
        let fit = fit(&rows(20_000), &[0, 1], &Pull { towards: [0.0; FEATURES], strength: 1.0 });
        for (feature, planted) in [(0, -0.5), (1, 1.5)] {
            let miss = (fit.coefficients[feature] - planted).abs();
            assert!(miss < 3.0 * fit.standard_errors[feature], "feature {feature} is off by {miss}");
        }
    }

    #[test]
    fn without_observations_the_fit_is_what_it_is_pulled_towards() {
        let mut towards = [0.0; FEATURES];
        towards[1] = 0.7;
        assert_eq!(fit(&[], &[0, 1], &Pull { towards, strength: 1.0 }).coefficients[1], 0.7);
    }

    #[test]
    fn the_number_of_threads_changes_no_byte() {
        let rows = rows(10_000);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| fit(&rows, &[0, 1], &Pull { towards: [0.0; FEATURES], strength: 1.0 }))
        };
        assert_eq!(run(1), run(2));
        assert_eq!(run(1), run(8));
    }
}
