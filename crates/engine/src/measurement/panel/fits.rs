//! Three ways of drawing what would have been from other accounts: a synthetic control, the plain one, and a difference in
//! differences.

use serde::{Deserialize, Serialize};

use super::simplex::{Mix, right_side};
use super::{DonorWeight, Panel};

/// How donors are put together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Every series less its own mean before; the nearest mix of donors. The headline.
    UnitDemeaned,
    /// The nearest mix of donors as they are, without a level of its own.
    Plain,
    /// All donors alike, less the difference before.
    DifferenceInDifferences,
}

impl Estimator {
    pub fn words(self) -> &'static str {
        match self {
            Estimator::UnitDemeaned => "synthetic control, each series less its own mean before",
            Estimator::Plain => "plain synthetic control",
            Estimator::DifferenceInDifferences => "difference in differences",
        }
    }
}

/// What would have been by one estimator, and how far from it the series was.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PanelFit {
    pub estimator: Estimator,
    /// One a donor kept, in their order; weights are 0 and more and add up to 1.
    pub weights: Vec<DonorWeight>,
    /// What the mix lies below the series before, in its unit; 0 for the plain one.
    pub intercept: f64,
    /// Series less what would have been, one a period, before and after.
    pub gaps: Vec<f64>,
    /// The mean gap after, a period: the effect.
    pub effect_per_period: f64,
    /// The sum of gaps after.
    pub effect_in_all: f64,
    /// Effect over what would have been; `None` where that is 0 or less.
    pub relative: Option<f64>,
    /// The root of the sum of squared gaps before, in the unit of the series: how well the mix follows it.
    pub pre_fit_l2: f64,
    pub iterations: u32,
    /// `false` where the cap on iterations came first.
    pub converged: bool,
}

/// Draws what would have been without the campaign from other accounts, and takes it off what was.
///
/// Formula: with `T0` periods before, `m(s)` a series' mean over them, donors X and weights w >= 0 that add up to 1:
/// unit-demeaned `w = argmin sum over t < T0 of (y_t - m(y) - sum_j w_j (X_tj - m(X_j)))^2`, intercept `m(y) - sum w_j m(X_j)`;
/// plain the same without means and intercept; difference in differences `w_j = 1 / donors` with that intercept.
/// `gap = y - Xw - intercept`; effect = mean gap after; `pre_fit_l2 = sqrt(sum of squared gaps before)`.
/// Inputs: `panel`, see [`Panel`], any unit; `iterations_max`, 1 and up.
/// Output: [`PanelFit`] in the unit of the series; `relative` is `None` where what would have been is 0 or less. Convex: the
/// fit is unique in its squared error. Cost: O(donors^2 (periods + iterations)).
/// Source: Abadie, Diamond & Hainmueller 2010, section 2 (plain); Doudchenko & Imbens 2016, section 5, and Ferman & Pinto
/// 2021, section 4 (demeaned); difference in differences: Card & Krueger 1994.
///
/// ```
/// use engine::measurement::panel::{Donor, Estimator, Panel, PanelInput, fit};
/// let donors = [Donor::new("a", &[1.0, 2.0, 1.0, 2.0]), Donor::new("b", &[5.0, 5.0, 6.0, 5.0])];
/// let input = PanelInput { treated: &[11.0, 12.0, 11.0, 15.0], donors: &donors, periods_before: 3 };
/// let found = fit(&Panel::new(&input).unwrap(), Estimator::UnitDemeaned, 100_000);
/// assert!((found.effect_per_period - 3.0).abs() < 1e-9 && found.weights[0].weight > 0.999);
/// ```
pub fn fit(panel: &Panel<'_>, estimator: Estimator, iterations_max: u32) -> PanelFit {
    let before = panel.periods_before;
    let donors = panel.donors.len();
    let even = vec![1.0 / donors as f64; donors];
    let (weights, iterations, converged) = match estimator {
        Estimator::DifferenceInDifferences => (even, 0, true),
        Estimator::UnitDemeaned | Estimator::Plain => {
            let shift = |series: &[f64]| match estimator {
                Estimator::Plain => 0.0,
                _ => mean(&series[..before]),
            };
            let centred = |series: &[f64]| -> Vec<f64> {
                let shift = shift(series);
                series[..before].iter().map(|value| value - shift).collect()
            };
            let columns: Vec<Vec<f64>> = panel.donors.iter().map(|donor| centred(donor.values)).collect();
            let right = right_side(&columns, &centred(panel.treated));
            let mixed = Mix::new(&columns).solve(&right, &even, iterations_max);
            (mixed.weights, mixed.iterations, mixed.converged)
        }
    };
    let mix: Vec<f64> = (0..panel.treated.len())
        .map(|period| panel.donors.iter().zip(&weights).map(|(donor, weight)| weight * donor.values[period]).sum())
        .collect();
    let intercept = match estimator {
        Estimator::Plain => 0.0,
        _ => mean(&panel.treated[..before]) - mean(&mix[..before]),
    };
    let gaps: Vec<f64> = panel.treated.iter().zip(&mix).map(|(value, mix)| value - mix - intercept).collect();
    let effect = mean(&gaps[before..]);
    let would_have_been = mean(&mix[before..]) + intercept;
    PanelFit {
        estimator,
        weights: (panel.donors.iter().zip(&weights))
            .map(|(donor, weight)| DonorWeight { donor: donor.name.to_owned(), weight: *weight })
            .collect(),
        intercept,
        effect_per_period: effect,
        effect_in_all: gaps[before..].iter().sum(),
        relative: (would_have_been > 0.0).then(|| effect / would_have_been),
        pre_fit_l2: gaps[..before].iter().map(|gap| gap * gap).sum::<f64>().sqrt(),
        gaps,
        iterations,
        converged,
    }
}

/// The mean of at least one value.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
