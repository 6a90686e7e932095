//! Had any other account had as large an effect, without a campaign? Each donor is treated as if it had been the one.

use serde::{Deserialize, Serialize};

use super::Panel;
use super::fits::{Estimator, PanelFit, fit};

/// What came out for one donor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DonorPlacebo {
    pub donor: String,
    /// The mean gap after, in the unit of the series.
    pub effect_per_period: f64,
    /// Size of the effect over how far gaps were from 0 before, a period.
    pub size: f64,
}

/// The campaign's effect among those of donors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlaceboInSpace {
    /// The share of all series, the treated one among them, with an effect at least as large; 0..=1.
    pub p: f64,
    /// `1 / (donors + 1)`: with fewer than 19 donors p cannot fall to .05.
    pub smallest_p: f64,
    /// The treated series' own size.
    pub own_size: f64,
    /// One a donor, in their order.
    pub donors: Vec<DonorPlacebo>,
}

/// How many accounts without a campaign show as large an effect.
///
/// Formula: each donor in turn takes the place of the treated series, which is left out; `size = |mean gap after| /
/// root of the mean squared gap before`, so that accounts that are followed badly do not look large; `p = (1 + number of
/// donors with size >= own) / (donors + 1)`.
/// Inputs: `panel`, at least two donors; `own`, its unit-demeaned fit; `iterations_max` of each fit.
/// Output: [`PlaceboInSpace`], p in 0..=1; `None` with a single donor. Cost: one fit a donor.
/// Source: Abadie, Diamond & Hainmueller 2010, section 3.4 (ratio after to before); here of the mean, not of squares.
///
/// ```
/// use engine::measurement::panel::{Donor, Estimator, Panel, PanelInput, fit, placebo_in_space};
/// let (a, b) = ([1.0, 2.0, 1.0, 2.0], [5.0, 5.0, 6.0, 5.0]);
/// let donors = [Donor::new("a", &a), Donor::new("b", &b)];
/// let panel = Panel::new(&PanelInput { treated: &[3.0, 5.0, 3.5, 9.0], donors: &donors, periods_before: 3 }).unwrap();
/// let own = fit(&panel, Estimator::UnitDemeaned, 100_000);
/// let found = placebo_in_space(&panel, &own, 100_000).unwrap();
/// assert_eq!((found.p, found.donors.len()), (1.0 / 3.0, 2));
/// ```
pub fn placebo_in_space(panel: &Panel<'_>, own: &PanelFit, iterations_max: u32) -> Option<PlaceboInSpace> {
    if panel.donors.len() < 2 {
        return None;
    }
    let own_size = size(own, panel.periods_before);
    let donors: Vec<DonorPlacebo> = (0..panel.donors.len())
        .map(|place| {
            let found = fit(&panel.as_if_treated(place), Estimator::UnitDemeaned, iterations_max);
            DonorPlacebo {
                donor: panel.donors[place].name.to_owned(),
                effect_per_period: found.effect_per_period,
                size: size(&found, panel.periods_before),
            }
        })
        .collect();
    let as_large = donors.iter().filter(|donor| donor.size >= own_size).count();
    let all = donors.len() as f64 + 1.0;
    Some(PlaceboInSpace { p: (1 + as_large) as f64 / all, smallest_p: 1.0 / all, own_size, donors })
}

/// The largest number there is where the mix follows without any gap and still parts afterwards.
fn size(fit: &PanelFit, before: usize) -> f64 {
    let effect = fit.effect_per_period.abs();
    let usual = fit.pre_fit_l2 / (before as f64).sqrt();
    if effect == 0.0 { 0.0 } else { (effect / usual).min(f64::MAX) }
}
