//! One kind of noise: the series and all columns are whitened by one scalar Kalman filter, fitted, and led on past the start.

use super::design::Design;
use super::mixture::Part;
use super::noise::{Noise, NoiseFamily};

/// What one kind of noise makes of the series before the start.
pub(super) struct Fit {
    noise: Noise,
    /// Logarithm of prior times marginal likelihood, up to a constant.
    pub log_weight: f64,
    beta: Vec<f64>,
    /// Lower triangle of the Cholesky factor, `stride` values a row.
    factor: Vec<f64>,
    stride: usize,
    /// The state of every column and of the response after the last period before the start, and its variance.
    state: Vec<f64>,
    variance: f64,
    /// The estimate of sigma^2.
    sigma2: f64,
}

/// The fit of one kind of noise.
pub(super) fn fit(design: &Design, pre: usize, noise: Noise) -> Fit {
    let (columns, width) = (design.columns, design.width());
    let mut state = vec![0.0; width];
    let mut variance = noise.start();
    let mut log_determinant = 0.0;
    let mut gram = vec![0.0; width * width];
    let mut whitened = vec![0.0; width];
    for period in 0..pre {
        if period > 0 {
            ahead(&mut state, &mut variance, noise);
        }
        if !design.is_seen[period] {
            continue;
        }
        let of_row = variance + noise.white * design.white[period];
        let gain = variance / of_row;
        let root = of_row.sqrt();
        for ((to, value), held) in whitened.iter_mut().zip(design.row(period)).zip(&mut state) {
            let off = value - *held;
            *to = off / root;
            *held += gain * off;
        }
        variance *= 1.0 - gain;
        log_determinant += of_row.ln();
        for row in 0..width {
            let factor = whitened[row];
            for (sum, value) in gram[row * width..row * width + row + 1].iter_mut().zip(&whitened) {
                *sum += factor * value;
            }
        }
    }
    for column in 0..columns {
        gram[column * width + column] *= 1.0 + 1e-10;
    }
    // The factor of the whole, with the response as its last row: u below the factor of the design.
    let factor = cholesky(&gram, columns, width);
    let whole = gram[columns * width + columns];
    let explained = &factor[columns * width..columns * width + columns];
    let left = (whole - explained.iter().map(|value| value * value).sum::<f64>()).max(1e-12 * whole.max(1e-300));
    let logs: f64 = (0..columns).map(|column| factor[column * width + column].ln()).sum();
    let freedom = design.freedom();
    Fit {
        noise,
        log_weight: noise.prior.ln() - 0.5 * log_determinant - logs - 0.5 * freedom * left.ln(),
        beta: back_substituted(&factor, explained, width),
        factor,
        stride: width,
        state,
        variance,
        sigma2: left / freedom,
    }
}

/// A regression whose noise remembers the day before, as most tools fit it: the correlation is read off what is left over and put in as
/// if it were known. `None` where a period before the start is missing.
///
/// Source: Prais & Winsten 1954; four rounds.
pub(super) fn regression(design: &Design, pre: usize) -> Option<Fit> {
    if !design.is_seen[..pre].iter().all(|seen| *seen) {
        return None;
    }
    let (columns, width) = (design.columns, design.width());
    let mut found = None;
    let mut phi = 0.0f64;
    for _ in 0..4 {
        let mut gram = vec![0.0; width * width];
        for period in 0..pre {
            let whitened: Vec<f64> = match period {
                0 => design.row(0).iter().map(|value| (1.0 - phi * phi).sqrt() * value).collect(),
                _ => design
                    .row(period)
                    .iter()
                    .zip(design.row(period - 1))
                    .map(|(now, before)| now - phi * before)
                    .collect(),
            };
            for row in 0..width {
                for column in 0..=row {
                    gram[row * width + column] += whitened[row] * whitened[column];
                }
            }
        }
        let factor = cholesky(&gram, columns, width);
        let explained = &factor[columns * width..columns * width + columns];
        let whole = gram[columns * width + columns];
        let left = (whole - explained.iter().map(|value| value * value).sum::<f64>()).max(1e-12 * whole.max(1e-300));
        let beta = back_substituted(&factor, explained, width);
        let over = |period: usize| {
            let row = design.row(period);
            row[columns] - row[..columns].iter().zip(&beta).map(|(value, beta)| value * beta).sum::<f64>()
        };
        let over: Vec<f64> = (0..pre).map(over).collect();
        let noise = Noise { family: NoiseFamily::Memory, phi, step: 1.0, white: 0.0, prior: 1.0 };
        let sigma2 = left / (design.freedom() - 1.0).max(1.0);
        let state = design.row(pre - 1).to_vec();
        found = Some(Fit { noise, log_weight: 0.0, beta, factor, stride: width, state, variance: 0.0, sigma2 });
        let together: f64 = over.windows(2).map(|pair| pair[0] * pair[1]).sum();
        phi = (together / over.iter().map(|value| value * value).sum::<f64>().max(1e-300)).clamp(-0.99, 0.99);
    }
    found
}

fn ahead(state: &mut [f64], variance: &mut f64, noise: Noise) {
    if noise.phi < 1.0 {
        for held in state {
            *held *= noise.phi;
        }
    }
    *variance = noise.phi * noise.phi * *variance + noise.step;
}

impl Fit {
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// What would have been over the periods that `counts` names of those after the start, added up: expectation and scale.
    ///
    /// With `g` the share of the last state that is left in the sum and `c` the design's rows added up less what the states of the
    /// columns explain: `c'beta + g s`, variance `P g^2 + white + step * sum(reach^2) + |L^-1 c|^2` times sigma^2.
    fn sum_after(&self, design: &Design, pre: usize, counts: impl Fn(usize) -> bool) -> (f64, f64) {
        let n = design.is_seen.len();
        let (mut reach, mut squares, mut white) = (0.0, 0.0, 0.0);
        let mut rows = vec![0.0; design.columns];
        for period in (pre..n).rev() {
            reach *= self.noise.phi;
            if counts(period) {
                reach += 1.0;
                white += design.white[period];
                for (sum, value) in rows.iter_mut().zip(design.row(period)) {
                    *sum += value;
                }
            }
            squares += reach * reach;
        }
        let left = self.noise.phi * reach;
        for (sum, held) in rows.iter_mut().zip(&self.state) {
            *sum -= left * held;
        }
        let of_response = self.state[self.state.len() - 1];
        let expected = rows.iter().zip(&self.beta).map(|(row, beta)| row * beta).sum::<f64>() + left * of_response;
        let uncertain: f64 =
            forward_substituted(&self.factor, &rows, self.stride).iter().map(|value| value * value).sum();
        let variance = self.variance * left * left + white * self.noise.white + squares * self.noise.step + uncertain;
        (expected, (self.sigma2 * variance).sqrt())
    }

    /// The effect a period, as one part of the mixture, with its expected sum.
    pub fn effect(&self, design: &Design, pre: usize, weight: f64) -> (Part, f64) {
        let n = design.is_seen.len();
        let (expected, scale) = self.sum_after(design, pre, |period| design.is_seen[period]);
        let observed: f64 =
            (pre..n).filter(|period| design.is_seen[*period]).map(|p| design.row(p)[design.columns]).sum();
        let periods = design.post_seen as f64;
        (Part { centre: (observed - expected) / periods, scale: scale / periods, weight }, expected)
    }

    /// What would have been in one period after the start.
    pub fn period_after(&self, design: &Design, pre: usize, period: usize, weight: f64) -> Part {
        let (centre, scale) = self.sum_after(design, pre, |other| other == period);
        Part { centre, scale, weight }
    }

    /// What would have been up to and with one period after the start, cut periods left out.
    pub fn until(&self, design: &Design, pre: usize, period: usize, weight: f64) -> Part {
        let (centre, scale) = self.sum_after(design, pre, |other| other <= period && design.is_seen[other]);
        Part { centre, scale, weight }
    }
}

/// The lower factor of the first `columns` rows of a Gram matrix, and below it `L^-1` of the last row.
fn cholesky(gram: &[f64], columns: usize, width: usize) -> Vec<f64> {
    let mut factor = vec![0.0; width * width];
    for row in 0..width {
        for column in 0..=row.min(columns.saturating_sub(1)) {
            let mut sum = gram[row * width + column];
            for k in 0..column {
                sum -= factor[row * width + k] * factor[column * width + k];
            }
            factor[row * width + column] = if row == column {
                sum.max(1e-12 * gram[row * width + row].max(1e-300)).sqrt()
            } else {
                sum / factor[column * width + column]
            };
        }
    }
    factor
}

fn forward_substituted(factor: &[f64], right: &[f64], stride: usize) -> Vec<f64> {
    let mut solved: Vec<f64> = Vec::with_capacity(right.len());
    for (row, value) in right.iter().enumerate() {
        let sum: f64 = solved.iter().enumerate().map(|(column, known)| factor[row * stride + column] * known).sum();
        solved.push((value - sum) / factor[row * stride + row]);
    }
    solved
}

fn back_substituted(factor: &[f64], right: &[f64], stride: usize) -> Vec<f64> {
    let mut solved = right.to_vec();
    for row in (0..right.len()).rev() {
        for below in row + 1..right.len() {
            solved[row] -= factor[below * stride + row] * solved[below];
        }
        solved[row] /= factor[row * stride + row];
    }
    solved
}
