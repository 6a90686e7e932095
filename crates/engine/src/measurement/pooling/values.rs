//! What an order is worth: the mean value of a creator's orders, learned on the log scale from all creators.

use serde::{Deserialize, Serialize};
use statrs::function::erf::erf;

use super::chances::spread_out;
use super::{LogSteps, Pooled, PoolingError, PoolingSettings, weigh};
use crate::random::Sequence;

/// How far creators and orders may lie apart on the log scale.
///
/// Every standard deviation of creators is as likely before data as any other, not every step of its log: that would favour no
/// difference at all and make intervals too narrow (they held the truth in 87 of 100 instead of 95).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ValueGrid {
    /// The standard deviation of creators' log values: .1 is about 10 %.
    pub creators_sd: LogSteps,
    /// Steps for the standard deviation of orders of one creator, four standard errors around what the orders show.
    pub orders_sd_steps: u32,
    /// Where it is looked for when no creator has two orders.
    pub orders_sd_unseen: LogSteps,
}

impl Default for ValueGrid {
    fn default() -> ValueGrid {
        ValueGrid {
            creators_sd: LogSteps { from: 0.01, to: 2.0, steps: 40 },
            orders_sd_steps: 20,
            orders_sd_unseen: LogSteps { from: 0.1, to: 2.0, steps: 20 },
        }
    }
}

/// What orders of one creator show, on the log scale.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Seen {
    orders: f64,
    /// 0 without orders.
    mean: f64,
    raw: Option<f64>,
}

/// One point of the grid: how far creators and orders lie apart, and where their middle is.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Point {
    creators_variance: f64,
    orders_variance: f64,
    middle: f64,
    middle_variance: f64,
}

/// Creators' mean order values, each learned from all.
#[derive(Clone, PartialEq, Debug)]
pub struct PooledValues {
    creators: Vec<Seen>,
    points: Vec<(Point, f64)>,
    settings: PoolingSettings,
}

impl PooledValues {
    /// Learns from all orders what a creator's next orders are worth on average.
    ///
    /// Formula: log values are N(theta_i, sigma^2), theta_i are N(m, tau^2), m flat. Each point of a grid (tau 40 steps from .01
    /// to 2, sigma 20 steps around what orders of one creator show) weighs its marginal likelihood with theta and m integrated
    /// out, times tau, as its steps are in ln tau (flat in tau, Gelman 2006); then `theta_i ~ N(B l_i + (1 - B) m^, B sigma^2 /
    /// n_i + (1 - B)^2 Var(m^))`, `B = tau^2 / (tau^2 + sigma^2 / n_i)`, l_i the mean log value. The mean order value is `exp(theta_i + sigma^2 / 2)`.
    /// Inputs: `orders`, by creator, each order's value above 0 in minor units of one currency; creators without orders are
    /// fine. Errors: [`PoolingError`]. Cost: O(orders + creators * grid), 800 points.
    /// Source: Gelman et al. 2013, Bayesian Data Analysis, section 5.4; mean of a log-normal, Aitchison & Brown 1957.
    ///
    /// ```
    /// use engine::measurement::pooling::{PooledValues, PoolingSettings};
    /// let orders = [vec![9_000.0], vec![4_000.0, 7_000.0, 3_000.0, 5_500.0], vec![5_000.0, 3_800.0, 6_200.0], vec![4_400.0, 5_900.0]];
    /// let values = PooledValues::new(&orders, &PoolingSettings::default()).unwrap().values();
    /// assert!(values[0].raw == Some(9_000.0) && values[0].value < 9_000.0 && values[0].lo < 6_000.0);
    /// ```
    pub fn new(orders: &[Vec<f64>], settings: &PoolingSettings) -> Result<PooledValues, PoolingError> {
        if orders.is_empty() {
            return Err(PoolingError::NoCreators);
        }
        for (creator, orders) in orders.iter().enumerate() {
            if let Some(value) = orders.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
                return Err(PoolingError::NotAValue { creator, value: *value });
            }
        }
        let creators: Vec<Seen> = orders.iter().map(|orders| seen(orders)).collect();
        let total: f64 = creators.iter().map(|creator| creator.orders).sum();
        if total == 0.0 {
            return Err(PoolingError::NoOrders);
        }
        let mut squares: Vec<f64> = (orders.iter().zip(&creators))
            .flat_map(|(orders, seen)| orders.iter().map(|value| (value.ln() - seen.mean).powi(2)))
            .collect();
        squares.sort_by(f64::total_cmp);
        let within: f64 = squares.iter().sum();
        let with_orders = creators.iter().filter(|creator| creator.orders > 0.0).count() as f64;
        let freedom = total - with_orders;
        let grid = settings.values;
        let orders_sd = orders_sd(within, freedom, &grid).points("order value")?;
        let mut points = vec![];
        for creators_sd in grid.creators_sd.points("creators' value")? {
            for orders_sd in &orders_sd {
                let (point, likely) = Point::of(&creators, creators_sd, *orders_sd);
                let of_orders = freedom * orders_sd.ln() + within / (2.0 * orders_sd * orders_sd);
                // Steps are equal in ln tau; tau makes them equal in tau.
                points.push((point, creators_sd.ln() + likely - of_orders));
            }
        }
        Ok(PooledValues { creators, points: weigh(points), settings: *settings })
    }

    /// Each creator's mean order value on the natural scale, in minor units, in their order.
    ///
    /// Mean `sum of w exp(theta + sigma^2 / 2 + V / 2)` over the grid and quantiles of that mixture of log-normals by
    /// halving; raw is the plain mean, `None` without an order. Cost: O(creators * points kept * 120).
    pub fn values(&self) -> Vec<Pooled> {
        let tail = (1.0 - self.settings.level.value()) / 2.0;
        let pooled = |creator: &Seen| {
            let parts: Vec<(f64, f64, f64)> = (self.points.iter())
                .map(|(point, weight)| {
                    let (middle, variance) = point.of_creator(creator);
                    (middle + point.orders_variance / 2.0, variance, *weight)
                })
                .collect();
            Pooled {
                value: parts.iter().map(|(middle, variance, weight)| weight * (middle + variance / 2.0).exp()).sum(),
                lo: quantile(&parts, tail).exp(),
                hi: quantile(&parts, 1.0 - tail).exp(),
                level: self.settings.level.value(),
                raw: creator.raw,
            }
        };
        self.creators.iter().map(pooled).collect()
    }

    /// Mean order values drawn together, one row a draw: the middle of all creators is shared within a draw.
    pub(super) fn draws(&self, stream: u64) -> Vec<Vec<f64>> {
        let mut chance = Sequence::new(self.settings.seed, stream);
        let draw = |point: Point, chance: &mut Sequence| -> Vec<f64> {
            let middle = point.middle + point.middle_variance.sqrt() * chance.normal();
            let of = |creator: &Seen| {
                let (own, variance) = point.given_middle(creator, middle);
                (own + variance.sqrt() * chance.normal() + point.orders_variance / 2.0).exp()
            };
            self.creators.iter().map(of).collect()
        };
        spread_out(&self.points, self.settings.draws).into_iter().map(|point| draw(point, &mut chance)).collect()
    }

    pub(super) fn raw(&self) -> impl ExactSizeIterator<Item = Option<f64>> {
        self.creators.iter().map(|creator| creator.raw)
    }
}

/// Sums over sorted values, so that the order of orders changes no bit.
fn seen(orders: &[f64]) -> Seen {
    let mut sorted = orders.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    match sorted.is_empty() {
        true => Seen { orders: 0.0, mean: 0.0, raw: None },
        false => Seen {
            orders: n,
            mean: sorted.iter().map(|value| value.ln()).sum::<f64>() / n,
            raw: Some(sorted.iter().sum::<f64>() / n),
        },
    }
}

/// Where the standard deviation of one creator's orders is looked for.
fn orders_sd(within: f64, freedom: f64, grid: &ValueGrid) -> LogSteps {
    const REACH: f64 = 4.0;
    // Orders that are all the same still are not the same for ever.
    const SMALLEST: f64 = 1e-3;
    if freedom < 1.0 {
        return grid.orders_sd_unseen;
    }
    let (sd, error) = ((within / freedom).sqrt().max(SMALLEST), REACH / (2.0 * freedom).sqrt());
    LogSteps { from: sd * (-error).exp(), to: sd * error.exp(), steps: grid.orders_sd_steps }
}

impl Point {
    /// The point, and the log likelihood of creators' mean log values there, up to a constant.
    fn of(creators: &[Seen], creators_sd: f64, orders_sd: f64) -> (Point, f64) {
        let (creators_variance, orders_variance) = (creators_sd * creators_sd, orders_sd * orders_sd);
        let variance = |creator: &Seen| creators_variance + orders_variance / creator.orders;
        // Sorted, so that the order of creators changes no bit.
        let mut known: Vec<(f64, f64)> = (creators.iter().filter(|creator| creator.orders > 0.0))
            .map(|creator| (creator.mean, variance(creator)))
            .collect();
        known.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
        let precision: f64 = known.iter().map(|(_, variance)| 1.0 / variance).sum();
        let middle = known.iter().map(|(mean, variance)| mean / variance).sum::<f64>() / precision;
        let misses: f64 = known.iter().map(|(mean, variance)| variance.ln() + (mean - middle).powi(2) / variance).sum();
        let point = Point { creators_variance, orders_variance, middle, middle_variance: 1.0 / precision };
        (point, -0.5 * (misses + precision.ln()))
    }

    /// Mean and variance of a creator's log value, given the middle of all.
    fn given_middle(&self, creator: &Seen, middle: f64) -> (f64, f64) {
        if creator.orders == 0.0 {
            return (middle, self.creators_variance);
        }
        let own = self.orders_variance / creator.orders;
        let trust = self.creators_variance / (self.creators_variance + own);
        (trust * creator.mean + (1.0 - trust) * middle, trust * own)
    }

    /// The same with the middle integrated out.
    fn of_creator(&self, creator: &Seen) -> (f64, f64) {
        let (mean, variance) = self.given_middle(creator, self.middle);
        let trust = match creator.orders {
            0.0 => 0.0,
            orders => self.creators_variance / (self.creators_variance + self.orders_variance / orders),
        };
        (mean, variance + (1.0 - trust).powi(2) * self.middle_variance)
    }
}

/// The quantile of a mixture of normals given as (middle, variance, weight), by halving.
fn quantile(parts: &[(f64, f64, f64)], share: f64) -> f64 {
    const REACH: f64 = 9.0;
    let ends =
        parts.iter().map(|(middle, variance, _)| (middle - REACH * variance.sqrt(), middle + REACH * variance.sqrt()));
    let (mut lo, mut hi) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, part| (ends.0.min(part.0), ends.1.max(part.1)));
    for _ in 0..50 {
        let at = f64::midpoint(lo, hi);
        let below: f64 = (parts.iter())
            .map(|(middle, variance, weight)| weight * 0.5 * (1.0 + erf((at - middle) / (2.0 * variance).sqrt())))
            .sum();
        if below < share { lo = at } else { hi = at }
    }
    f64::midpoint(lo, hi)
}
