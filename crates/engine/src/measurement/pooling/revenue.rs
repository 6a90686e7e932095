//! What a click of each creator brings: rate times order value, with one interval for both.

use serde::{Deserialize, Serialize};

use super::chances::best_of;
use super::{POOLING_VERSION, Pooled, PooledRates, PooledValues, PoolingError, PoolingSettings};

/// Rates, order values and revenue a click, each creator's learned from all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PooledRevenue {
    pub version: u32,
    pub settings: PoolingSettings,
    /// Orders a click, 0..=1, in the order of creators.
    pub rates: Vec<Pooled>,
    /// Mean order value in minor units.
    pub order_values: Vec<Pooled>,
    /// Minor units a click.
    pub revenue_per_click: Vec<Pooled>,
    /// The chance that a click of this creator brings the most of all; they add up to 1.
    pub chance_best: Vec<f64>,
    /// The chance that a click brings more than the bar; `None` without a bar.
    pub chance_above: Option<Vec<f64>>,
}

/// What the generator's numbers are for.
const RATE_STREAM: u64 = 52;
const VALUE_STREAM: u64 = 53;

/// What a click of each creator brings, and who most likely brings the most.
///
/// Formula: revenue a click = rate ([`PooledRates`]) times mean order value ([`PooledValues`]), by seeded draws of both (10,000),
/// taken as independent: mean, quantiles `(1 -+ level) / 2` of the products, share of draws above `bar`, share in which the
/// creator is the highest.
/// Inputs: `rates` and `values` of the same creators in the same order; `bar` in minor units a click.
/// Output: [`PooledRevenue`]; raw is raw rate times raw order value, `None` without clicks or orders.
/// Errors: [`PoolingError::Unequal`]. Cost: O(creators * draws). Source: the two named; Monte Carlo error about half a point of a
/// chance at 10,000 draws.
///
/// ```
/// use engine::measurement::pooling::*;
/// let settings = PoolingSettings { draws: 2_000, ..PoolingSettings::default() };
/// let clicks = [ClicksAndOrders { clicks: 900, orders: 20 }, ClicksAndOrders { clicks: 50, orders: 1 }];
/// let orders = [vec![5_000.0; 20], vec![6_000.0]];
/// let rates = PooledRates::new(&clicks, &settings).unwrap();
/// let values = PooledValues::new(&orders, &settings).unwrap();
/// let found = pooled_revenue(&rates, &values, Some(50.0)).unwrap();
/// assert!(found.revenue_per_click[0].lo > 50.0 && found.revenue_per_click[0].hi < 200.0);
/// assert!((found.chance_best.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// ```
pub fn pooled_revenue(
    rates: &PooledRates,
    values: &PooledValues,
    bar: Option<f64>,
) -> Result<PooledRevenue, PoolingError> {
    let creators = rates.creators().len();
    if values.raw().len() != creators {
        return Err(PoolingError::Unequal { rates: creators, values: values.raw().len() });
    }
    let (of_rates, of_values) = (rates.draws(RATE_STREAM), values.draws(VALUE_STREAM));
    // The grid of values is gone through from one end to the other, as is that of rates: shuffled against each other.
    let order = crate::random::Draws::new(rates.settings().seed, VALUE_STREAM).order(of_values.len());
    let products: Vec<Vec<f64>> = (of_rates.iter().zip(order.iter().cycle()))
        .map(|(rates, place)| rates.iter().zip(&of_values[*place]).map(|(rate, value)| rate * value).collect())
        .collect();
    let level = rates.settings().level.value();
    let raw: Vec<Option<f64>> = (rates.creators().iter().zip(values.raw()))
        .map(|(seen, value)| {
            (seen.clicks > 0).then(|| value.map(|value| value * seen.orders as f64 / seen.clicks as f64))?
        })
        .collect();
    let of_creator = |place: usize| -> Pooled {
        let mut drawn: Vec<f64> = products.iter().map(|row| row[place]).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn[((share * drawn.len() as f64) as usize).min(drawn.len() - 1)];
        Pooled {
            value: drawn.iter().sum::<f64>() / drawn.len() as f64,
            lo: at((1.0 - level) / 2.0),
            hi: at((1.0 + level) / 2.0),
            level,
            raw: raw[place],
        }
    };
    let share_above = |bar: f64| -> Vec<f64> {
        let above =
            |place: usize| products.iter().filter(|row| row[place] > bar).count() as f64 / products.len() as f64;
        (0..creators).map(above).collect()
    };
    Ok(PooledRevenue {
        version: POOLING_VERSION,
        settings: *rates.settings(),
        rates: rates.rates(),
        order_values: values.values(),
        revenue_per_click: (0..creators).map(of_creator).collect(),
        chance_best: best_of(&products, |_, _| false),
        chance_above: bar.map(share_above),
    })
}
