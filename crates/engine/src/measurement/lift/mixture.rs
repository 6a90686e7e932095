//! A weighted mixture of Student's t distributions: what is believed of an effect once every kind of noise has been heard.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// One part: `(x - centre) / scale` is Student's t.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Part {
    pub centre: f64,
    pub scale: f64,
    pub weight: f64,
}

/// The parts of a mixture, all with the same degrees of freedom.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Mixture {
    parts: Vec<Part>,
    freedom: f64,
    density_at_centre: f64,
}

/// Parts of less weight than this are left out: together they move no quantile that is shown.
const WEIGHT_MIN: f64 = 1e-10;
const HALVINGS: usize = 80;
const SCALES: f64 = 60.0;

impl Mixture {
    /// Weights need not add up to 1.
    pub fn new(parts: impl IntoIterator<Item = Part>, freedom: f64) -> Mixture {
        let mut parts: Vec<Part> = parts.into_iter().collect();
        let total: f64 = parts.iter().map(|part| part.weight).sum();
        parts.retain(|part| part.weight > WEIGHT_MIN * total);
        let total: f64 = parts.iter().map(|part| part.weight).sum();
        for part in &mut parts {
            part.weight /= total;
        }
        let logs =
            ln_gamma(0.5 * (freedom + 1.0)) - ln_gamma(0.5 * freedom) - 0.5 * (freedom * std::f64::consts::PI).ln();
        Mixture { parts, freedom, density_at_centre: logs.exp() }
    }

    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|part| part.weight * part.centre).sum()
    }

    /// The probability of at most `x`.
    pub fn below(&self, x: f64) -> f64 {
        self.parts.iter().map(|part| part.weight * student_cdf((x - part.centre) / part.scale, self.freedom)).sum()
    }

    fn density(&self, x: f64) -> f64 {
        let of = |part: &Part| {
            let t = (x - part.centre) / part.scale;
            part.weight / part.scale * (1.0 + t * t / self.freedom).powf(-0.5 * (self.freedom + 1.0))
        };
        self.density_at_centre * self.parts.iter().map(of).sum::<f64>()
    }

    /// The value that lies above this share of the mixture: Newton's steps, halved where they would leave what is known to hold it.
    pub fn quantile(&self, probability: f64) -> f64 {
        let reach = SCALES * self.parts.iter().fold(0.0, |widest: f64, part| widest.max(part.scale));
        let centre = self.mean();
        let (mut low, mut high) = (centre - reach, centre + reach);
        let mut x = centre;
        for _ in 0..HALVINGS {
            let off = self.below(x) - probability;
            if off < 0.0 {
                low = x;
            } else {
                high = x;
            }
            let newton = x - off / self.density(x);
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if (next - x).abs() <= 1e-12 * (high - low).abs().max(next.abs()) {
                return next;
            }
            x = next;
        }
        x
    }

    /// Twice the smaller side of 0.
    pub fn two_sided_p(&self) -> f64 {
        let below = self.below(0.0);
        (2.0 * below.min(1.0 - below)).clamp(0.0, 1.0)
    }
}

/// The distribution function of Student's t.
pub(super) fn student_cdf(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_the_tabulated_one() {
        for (t, freedom, expect) in [(2.228, 10.0, 0.975), (1.812, 10.0, 0.95), (1.96, 1e6, 0.975), (0.0, 3.0, 0.5)] {
            assert!((student_cdf(t, freedom) - expect).abs() < 2e-4, "{t} {freedom}");
            assert!((student_cdf(-t, freedom) - (1.0 - expect)).abs() < 2e-4);
        }
    }

    #[test]
    fn quantiles_of_one_part_are_its_own_and_of_two_lie_between() {
        let part = |centre, scale| Part { centre, scale, weight: 2.0 };
        let one = Mixture::new([part(1.0, 2.0)], 10.0);
        assert!((one.quantile(0.975) - (1.0 + 2.0 * 2.228_138_9)).abs() < 1e-6);
        let two = Mixture::new([part(0.0, 1.0), part(4.0, 1.0)], 10.0);
        assert!((two.mean() - 2.0).abs() < 1e-12 && (two.quantile(0.5) - 2.0).abs() < 1e-9);
        assert!((two.two_sided_p() - 2.0 * two.below(0.0)).abs() < 1e-12);
    }
}
