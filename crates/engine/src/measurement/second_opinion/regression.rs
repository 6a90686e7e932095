//! One draw of what the controls explain: which of them, how noisy the rest is, and by how much each counts.

use crate::random::Sequence;

/// How the noise variance is expected before any data.
#[derive(Clone, Copy)]
pub(super) struct NoisePrior {
    pub(super) freedom: f64,
    pub(super) guess: f64,
    pub(super) sd_max: f64,
}

/// Controls over the periods before, and the sums that every draw needs.
pub(super) struct Regression {
    controls: usize,
    /// By control, over the periods before.
    columns: Vec<Vec<f64>>,
    cross: Vec<f64>,
    /// Prior precision over the noise variance.
    slab: Vec<f64>,
    /// The chance before data that a control counts.
    chance_in: f64,
    noise_prior: NoisePrior,
    pub(super) is_in: Vec<bool>,
    pub(super) weights: Vec<f64>,
    pub(super) noise_variance: f64,
}

/// How many controls are expected to count.
const EXPECTED_IN: f64 = 3.0;
/// The slab is worth one hundredth of a period.
const SLAB_WORTH: f64 = 0.01;
/// Redraws of a variance beyond its bound before the bound itself is taken.
const REDRAWS_MAX: u32 = 1_000;

/// The fit of the controls that are in, with their weights integrated out.
struct Fit {
    places: Vec<usize>,
    /// Lower root of X'X + Omega.
    root: Vec<f64>,
    centre: Vec<f64>,
    /// Sum of squares left, b integrated out.
    left: f64,
    /// Log posterior of this choice, up to a constant.
    log: f64,
}

impl Regression {
    pub(super) fn new(columns: Vec<Vec<f64>>, noise_prior: NoisePrior) -> Regression {
        let controls = columns.len();
        let periods = columns.first().map_or(1, Vec::len) as f64;
        let (mut cross, mut slab) = (vec![0.0; controls * controls], vec![0.0; controls * controls]);
        for i in 0..controls {
            for j in 0..controls {
                let product: f64 = columns[i].iter().zip(&columns[j]).map(|(x, y)| x * y).sum();
                cross[i * controls + j] = product;
                slab[i * controls + j] = SLAB_WORTH * product / periods * if i == j { 1.0 } else { 0.5 };
            }
            // A control that never moves would have no prior at all.
            slab[i * controls + i] = slab[i * controls + i].max(1e-12);
        }
        Regression {
            controls,
            columns,
            cross,
            slab,
            chance_in: (EXPECTED_IN / controls.max(1) as f64).min(1.0),
            noise_prior,
            is_in: vec![true; controls],
            weights: vec![0.0; controls],
            noise_variance: noise_prior.guess,
        }
    }

    /// Draws which controls count, the noise variance and the weights, given what the level leaves over.
    ///
    /// Each control in turn is in or out by the odds of both fits with weights and noise integrated out (Scott & Varian 2014,
    /// section 3.2); the noise variance is InvGamma((df + T0) / 2, (df guess + SS) / 2), drawn again beyond its bound; weights
    /// are normal around the ridge fit. Cost: O(controls^3), times controls where more than three are offered.
    pub(super) fn draw(&mut self, left_over: &[f64], chance: &mut Sequence) {
        let right: Vec<f64> =
            self.columns.iter().map(|column| column.iter().zip(left_over).map(|(x, y)| x * y).sum()).collect();
        let square: f64 = left_over.iter().map(|value| value * value).sum();
        let periods = left_over.len() as f64;
        let mut fit = self.fit(&right, square, periods);
        if self.chance_in < 1.0 {
            for control in 0..self.controls {
                self.is_in[control] = !self.is_in[control];
                let other = self.fit(&right, square, periods);
                let odds = (other.log - fit.log).exp();
                if chance.uniform() < odds / (1.0 + odds) || odds.is_infinite() {
                    fit = other;
                } else {
                    self.is_in[control] = !self.is_in[control];
                }
            }
        }
        let NoisePrior { freedom, guess, sd_max } = self.noise_prior;
        let shape = (freedom + periods) / 2.0;
        self.noise_variance = inverse_gamma(shape, (freedom * guess + fit.left) / 2.0, sd_max, chance);
        self.weights.fill(0.0);
        let count = fit.places.len();
        let mut step: Vec<f64> = (0..count).map(|_| self.noise_variance.sqrt() * chance.normal()).collect();
        back_substitute(&fit.root, count, &mut step);
        for (place, (centre, step)) in fit.places.iter().zip(fit.centre.iter().zip(&step)) {
            self.weights[*place] = centre + step;
        }
    }

    fn fit(&self, right: &[f64], square: f64, periods: f64) -> Fit {
        let places: Vec<usize> = (0..self.controls).filter(|control| self.is_in[*control]).collect();
        let count = places.len();
        let pick = |from: &dyn Fn(usize) -> f64| -> Vec<f64> {
            places.iter().flat_map(|i| places.iter().map(move |j| i * self.controls + j)).map(from).collect()
        };
        let (root, log_root) = cholesky(pick(&|at| self.cross[at] + self.slab[at]), count);
        let (_, log_slab) = cholesky(pick(&|at| self.slab[at]), count);
        let mut half: Vec<f64> = places.iter().map(|place| right[*place]).collect();
        forward_substitute(&root, count, &mut half);
        let explained: f64 = half.iter().map(|value| value * value).sum();
        let mut centre = half;
        back_substitute(&root, count, &mut centre);
        let left = (square - explained).max(0.0);
        let NoisePrior { freedom, guess, .. } = self.noise_prior;
        let prior: f64 = match self.chance_in {
            chance if chance < 1.0 => count as f64 * (chance / (1.0 - chance)).ln(),
            _ => 0.0,
        };
        let log = prior + log_slab - log_root - (freedom + periods) / 2.0 * (freedom * guess + left).ln();
        Fit { places, root, centre, left, log }
    }
}

/// A variance with this shape and scale whose root is at most `sd_max`.
pub(super) fn inverse_gamma(shape: f64, scale: f64, sd_max: f64, chance: &mut Sequence) -> f64 {
    for _ in 0..REDRAWS_MAX {
        let variance = scale / chance.gamma(shape);
        if variance <= sd_max * sd_max {
            return variance;
        }
    }
    sd_max * sd_max
}

/// The lower root of a symmetric positive matrix, and the sum of the logs of its diagonal.
fn cholesky(mut matrix: Vec<f64>, count: usize) -> (Vec<f64>, f64) {
    let mut log = 0.0;
    for i in 0..count {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * count + k] * matrix[j * count + k]).sum();
            let left = matrix[i * count + j] - known;
            matrix[i * count + j] = if i == j { left.max(1e-14).sqrt() } else { left / matrix[j * count + j] };
        }
        log += matrix[i * count + i].ln();
    }
    (matrix, log)
}

fn forward_substitute(root: &[f64], count: usize, x: &mut [f64]) {
    for i in 0..count {
        let known: f64 = (0..i).map(|k| root[i * count + k] * x[k]).sum();
        x[i] = (x[i] - known) / root[i * count + i];
    }
}

fn back_substitute(root: &[f64], count: usize, x: &mut [f64]) {
    for i in (0..count).rev() {
        let known: f64 = (i + 1..count).map(|k| root[k * count + i] * x[k]).sum();
        x[i] = (x[i] - known) / root[i * count + i];
    }
}
