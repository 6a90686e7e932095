//! Orders of clicks: how many of a creator's clicks will buy.

use serde::{Deserialize, Serialize};
use statrs::function::beta::{beta_reg, ln_beta};

use super::chances::{best_of, spread_out};
use super::{LogSteps, Pooled, PoolingError, PoolingSettings, weigh};
use crate::random::Sequence;

/// What is known of one creator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ClicksAndOrders {
    pub clicks: u64,
    /// Clicks that bought, at most `clicks`.
    pub orders: u64,
}

/// What creators' mean rate and likeness may be, each point as likely before data.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RateGrid {
    /// The mean rate over creators, above 0 and below 1.
    pub mean: LogSteps,
    /// How alike creators are: worth so many clicks each.
    pub concentration: LogSteps,
}

impl Default for RateGrid {
    fn default() -> RateGrid {
        RateGrid {
            mean: LogSteps { from: 0.003, to: 0.15, steps: 40 },
            concentration: LogSteps { from: 20.0, to: 3_000.0, steps: 30 },
        }
    }
}

/// Creators' rates, each learned from all.
#[derive(Clone, PartialEq, Debug)]
pub struct PooledRates {
    creators: Vec<ClicksAndOrders>,
    /// Mean and concentration of creators with their weight; weights add up to 1.
    points: Vec<((f64, f64), f64)>,
    settings: PoolingSettings,
}

/// A Beta distribution and its weight.
#[derive(Clone, Copy)]
struct Part {
    a: f64,
    b: f64,
    weight: f64,
}

/// What the generator's numbers are for.
const BEST_STREAM: u64 = 51;

impl PooledRates {
    /// Learns from all creators how far rates lie apart, and from that what each one's rate is.
    ///
    /// Formula: rates are Beta(mu k, (1 - mu) k); each point of a grid (mu 40 steps from .003 to .15, k 30 steps from 20 to
    /// 3,000) weighs `exp(sum over creators of lnB(mu k + c, (1 - mu) k + n - c) - lnB(mu k, (1 - mu) k))`, c orders of n
    /// clicks; a creator's rate is the mixture of `Beta(mu k + c, (1 - mu) k + n - c)`. Integrated, not plugged in: one best
    /// (mu, k) makes intervals too narrow.
    /// Inputs: `creators`, counts, orders <= clicks; 0 clicks is fine and gives what a new creator may have.
    /// Errors: [`PoolingError`]. Cost: O(creators * grid), 1,200 points.
    /// Source: Gelman et al. 2013, Bayesian Data Analysis, section 5.3 (the grid in the mean and the concentration).
    ///
    /// ```
    /// use engine::measurement::pooling::{ClicksAndOrders, PooledRates, PoolingSettings};
    /// let creator = |clicks, orders| ClicksAndOrders { clicks, orders };
    /// let creators = [creator(10, 2), creator(400, 8), creator(500, 11), creator(300, 5)];
    /// let rates = PooledRates::new(&creators, &PoolingSettings::default()).unwrap().rates();
    /// assert!(rates[0].value < 0.06 && rates[0].raw == Some(0.2)); // two lucky orders of ten clicks
    /// assert!((rates[2].value - 0.021).abs() < 0.004);
    /// ```
    pub fn new(creators: &[ClicksAndOrders], settings: &PoolingSettings) -> Result<PooledRates, PoolingError> {
        if creators.is_empty() {
            return Err(PoolingError::NoCreators);
        }
        if let Some(creator) = creators.iter().position(|creator| creator.orders > creator.clicks) {
            let ClicksAndOrders { clicks, orders } = creators[creator];
            return Err(PoolingError::MoreOrdersThanClicks { creator, orders, clicks });
        }
        let means = settings.rates.mean.points("mean rate")?;
        let concentrations = settings.rates.concentration.points("concentration")?;
        if let Some(mean) = means.last().filter(|mean| **mean >= 1.0) {
            return Err(PoolingError::Grid { what: "mean rate", from: means[0], to: *mean, steps: means.len() as u32 });
        }
        // The same in any order of creators, to the last bit.
        let mut sorted = creators.to_vec();
        sorted.sort_unstable();
        let log = |mean: f64, concentration: f64| -> f64 {
            let (a, b) = (mean * concentration, (1.0 - mean) * concentration);
            let base = ln_beta(a, b);
            let of = |creator: &ClicksAndOrders| {
                ln_beta(a + creator.orders as f64, b + (creator.clicks - creator.orders) as f64) - base
            };
            sorted.iter().map(of).sum()
        };
        let grid = means.iter().flat_map(|mean| concentrations.iter().map(move |k| (*mean, *k)));
        let points = weigh(grid.map(|(mean, k)| ((mean, k), log(mean, k))).collect());
        Ok(PooledRates { creators: creators.to_vec(), points, settings: *settings })
    }

    /// Each creator's rate, 0..=1, in their order.
    ///
    /// Mean of the mixture and its quantiles `(1 - level) / 2` and `(1 + level) / 2`; raw is orders over clicks, `None`
    /// without a click. Cost: O(creators * points kept * 300).
    pub fn rates(&self) -> Vec<Pooled> {
        let tail = (1.0 - self.settings.level.value()) / 2.0;
        let pooled = |creator: &ClicksAndOrders| {
            let parts = self.parts(creator);
            let [lo, hi] = quantiles(&parts, [tail, 1.0 - tail]);
            Pooled {
                value: parts.iter().map(|part| part.weight * part.a / (part.a + part.b)).sum(),
                lo,
                hi,
                level: self.settings.level.value(),
                raw: (creator.clicks > 0).then(|| creator.orders as f64 / creator.clicks as f64),
            }
        };
        self.creators.iter().map(pooled).collect()
    }

    /// The chance that each creator's rate lies above `bar`, in their order; exact over the mixture. `bar` 0..=1.
    ///
    /// ```
    /// use engine::measurement::pooling::{ClicksAndOrders, PooledRates, PoolingSettings};
    /// let creators = [ClicksAndOrders { clicks: 4_000, orders: 200 }, ClicksAndOrders { clicks: 4_000, orders: 80 }];
    /// let chances = PooledRates::new(&creators, &PoolingSettings::default()).unwrap().above(0.03);
    /// assert!(chances[0] > 0.99 && chances[1] < 0.01);
    /// ```
    pub fn above(&self, bar: f64) -> Vec<f64> {
        let above = |part: &Part| match bar {
            bar if bar <= 0.0 => part.weight,
            bar if bar >= 1.0 => 0.0,
            bar => part.weight * (1.0 - beta_reg(part.a, part.b, bar)),
        };
        self.creators.iter().map(|creator| self.parts(creator).iter().map(above).sum()).collect()
    }

    /// The chance that each creator has the highest rate of all, in their order; they add up to 1. By seeded draws: an error
    /// of about half a point at 10,000. Creators with the same counts get the same chance. Cost: O(creators * draws).
    pub fn best(&self) -> Vec<f64> {
        let mut order: Vec<usize> = (0..self.creators.len()).collect();
        order.sort_by_key(|place| self.creators[*place]);
        let sorted: Vec<ClicksAndOrders> = order.iter().map(|place| self.creators[*place]).collect();
        let draws = PooledRates { creators: sorted.clone(), ..self.clone() }.draws(BEST_STREAM);
        let shares = best_of(&draws, |left, right| sorted[left] == sorted[right]);
        let mut best = vec![0.0; order.len()];
        order.iter().zip(shares).for_each(|(place, share)| best[*place] = share);
        best
    }

    /// Rates drawn together, one row a draw, creators in their order.
    pub(super) fn draws(&self, stream: u64) -> Vec<Vec<f64>> {
        let mut chance = Sequence::new(self.settings.seed, stream);
        let points = spread_out(&self.points, self.settings.draws);
        let draw = |(mean, k): (f64, f64), chance: &mut Sequence| -> Vec<f64> {
            let of = |creator: &ClicksAndOrders| {
                let (hits, misses) = (creator.orders as f64, (creator.clicks - creator.orders) as f64);
                chance.beta(mean * k + hits, (1.0 - mean) * k + misses)
            };
            self.creators.iter().map(of).collect()
        };
        points.into_iter().map(|point| draw(point, &mut chance)).collect()
    }

    pub(super) fn settings(&self) -> &PoolingSettings {
        &self.settings
    }

    pub(super) fn creators(&self) -> &[ClicksAndOrders] {
        &self.creators
    }

    fn parts(&self, creator: &ClicksAndOrders) -> Vec<Part> {
        let (hits, misses) = (creator.orders as f64, (creator.clicks - creator.orders) as f64);
        let part = |((mean, k), weight): &((f64, f64), f64)| Part {
            a: mean * k + hits,
            b: (1.0 - mean) * k + misses,
            weight: *weight,
        };
        self.points.iter().map(part).collect()
    }
}

/// Quantiles of a mixture: its density summed over 512 points of the log odds, from an exact sum below the first of them.
fn quantiles(parts: &[Part], shares: [f64; 2]) -> [f64; 2] {
    const POINTS: usize = 512;
    const REACH: f64 = 9.0;
    /// The log odds of one in a billion: rates below are 0 to everybody.
    const LOWEST: f64 = -20.7;
    let ends = parts.iter().map(|part| {
        let (middle, sd) = ((part.a / part.b).ln(), (1.0 / part.a + 1.0 / part.b).sqrt());
        (middle - REACH * sd, middle + REACH * sd)
    });
    let (from, to) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, part| (ends.0.min(part.0), ends.1.max(part.1)));
    let (from, to) = (from.max(LOWEST), to.clamp(LOWEST + 1.0, -LOWEST));
    let step = (to - from) / (POINTS - 1) as f64;
    let log_odds: Vec<f64> = (0..POINTS).map(|at| from + step * at as f64).collect();
    let mut density = vec![0.0; POINTS];
    let logs: Vec<(f64, f64)> = log_odds.iter().map(|z| (-(-z).exp().ln_1p(), -z.exp().ln_1p())).collect();
    let mut below = 0.0;
    for part in parts {
        let base = ln_beta(part.a, part.b);
        below += part.weight * beta_reg(part.a, part.b, 1.0 / (1.0 + (-from).exp()));
        for (sum, (ln_p, ln_q)) in density.iter_mut().zip(&logs) {
            *sum += part.weight * (part.a * ln_p + part.b * ln_q - base).exp();
        }
    }
    shares.map(|share| {
        let mut known = below;
        for at in 1..POINTS {
            let (left, right) = (density[at - 1], density[at]);
            let more = step * f64::midpoint(left, right);
            if known + more >= share {
                let part = within(left, right, ((share - known) / step).max(0.0));
                return 1.0 / (1.0 + (-(log_odds[at - 1] + step * part)).exp());
            }
            known += more;
        }
        1.0 / (1.0 + (-to).exp())
    })
}

/// How far along a step, 0..=1, the area under a straight line from `left` to `right` reaches `area` steps.
fn within(left: f64, right: f64, area: f64) -> f64 {
    let slope = right - left;
    let root = (left * left + 2.0 * slope * area).max(0.0).sqrt();
    if left + root > 0.0 { (2.0 * area / (left + root)).clamp(0.0, 1.0) } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_mixture_are_those_of_the_exact_sum() {
        for (scale, shift) in [(1.0, 0.0), (30.0, 2.0), (10_000.0, 40.0)] {
            let part = |a: f64, b: f64, weight| Part { a: a * scale + shift, b: b * scale, weight };
            let parts = [part(2.0, 90.0, 0.5), part(3.0, 100.0, 0.3), part(2.5, 70.0, 0.2)];
            for (share, found) in [0.025, 0.975].into_iter().zip(quantiles(&parts, [0.025, 0.975])) {
                let exact: f64 = parts.iter().map(|part| part.weight * beta_reg(part.a, part.b, found)).sum();
                assert!((exact - share).abs() < 2e-4, "{scale}: {exact} {share}");
            }
        }
    }

    #[test]
    fn a_creator_without_an_order_may_have_a_rate_near_nothing() {
        let [lo, hi] = quantiles(&[Part { a: 0.06, b: 20.0, weight: 1.0 }], [0.025, 0.975]);
        assert!(lo < 1e-8 && (beta_reg(0.06, 20.0, hi) - 0.975).abs() < 1e-3, "{lo} {hi}");
    }
}
