//! Is the gap after the campaign larger than gaps are by chance? Blocks of the same length, everywhere in the series, answer.
//!
//! No distribution is assumed and nothing is drawn at random. Blocks are kept whole, because one day is like the day before:
//! shuffling single days makes p too small, so that is not offered.

use serde::{Deserialize, Serialize};

use super::fits::{Estimator, fit, mean};
use super::simplex::{Mix, right_side};
use super::{Panel, PanelError, PanelSettings};

/// What is compared between the campaign's block and all others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockStatistic {
    /// `|mean gap|`: asks whether the mean effect is so much, whatever single days had.
    MeanGap,
    /// `mean |gap|`: asks whether every day had exactly so much.
    MeanSize,
}

/// The effects that the series does not speak against.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectRange {
    /// All effects a period that are not refused lie between these; the outermost ones where there are gaps between them.
    Between { lo: f64, hi: f64 },
    /// With so few periods, or so long a campaign, no effect is refused on at least one side; `None` is the open side.
    Unbounded { lo: Option<f64>, hi: Option<f64> },
    /// Every effect tried is refused: the donors do not follow this series.
    Nothing,
}

impl EffectRange {
    /// Whether an effect is among those not refused.
    pub fn holds(&self, effect: f64) -> bool {
        match *self {
            EffectRange::Between { lo, hi } => (lo..=hi).contains(&effect),
            EffectRange::Unbounded { lo, hi } => lo.is_none_or(|lo| lo <= effect) && hi.is_none_or(|hi| effect <= hi),
            EffectRange::Nothing => false,
        }
    }
}

/// What blocks say of the effect.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConformalTest {
    pub statistic: BlockStatistic,
    /// That there is no effect, by `statistic`; above 0 and at most 1.
    pub p: f64,
    /// That no single day had any effect, by [`BlockStatistic::MeanSize`].
    pub p_any_day: f64,
    /// `1 / periods`: p cannot be smaller.
    pub smallest_p: f64,
    /// Effects a period that are not refused at the level.
    pub range: EffectRange,
    pub level: f64,
}

/// How sure the effect is, from blocks of the same length everywhere in the series.
///
/// Formula: under "the campaign added theta a period" theta is taken off the periods after, the mix is fitted on **all** T
/// periods (each series less its mean over all), and `S(s)` is the mean of |residual| ([`BlockStatistic::MeanSize`]) or the
/// |mean| of residuals ([`BlockStatistic::MeanGap`]) over the block that starts at s, going round the end.
/// `p(theta)` = share of s in 0..T with `S(s) >= S(T0) - 1e-12`. Range: all theta with `p > 1 - level`, found by doubling
/// the distance from the estimate until refused, then a grid, then halving; its outermost ends.
/// Inputs: `panel`; `settings.level` in 0..1. Output: p in 1/T..=1; range in the unit of the series, with open sides where
/// nothing is refused. Errors: [`PanelError::Level`]. Cost: about 150 fits.
/// Source: Chernozhukov, Wuthrich & Zhu 2021, JASA 116, sections 2.2 (both statistics) and 2.3 (moving blocks).
///
/// ```
/// use engine::measurement::panel::{Donor, EffectRange, Panel, PanelInput, PanelSettings, conformal};
/// let a: Vec<f64> = (0..40).map(|day| f64::from(day * 7 % 11)).collect();
/// let mut treated: Vec<f64> = (0..40).map(|day| f64::from(day * 7 % 11 + day * 3 % 5)).collect();
/// treated[35..].iter_mut().for_each(|day| *day += 9.0);
/// let donors = [Donor::new("a", &a)];
/// let panel = Panel::new(&PanelInput { treated: &treated, donors: &donors, periods_before: 35 }).unwrap();
/// let found = conformal(&panel, &PanelSettings::default()).unwrap();
/// assert!(found.p <= 0.05 && found.range.holds(9.0) && !found.range.holds(0.0));
/// ```
pub fn conformal(panel: &Panel<'_>, settings: &PanelSettings) -> Result<ConformalTest, PanelError> {
    let refused_at = 1.0 - settings.level;
    if !(refused_at > 0.0 && refused_at < 1.0) {
        return Err(PanelError::Level(settings.level));
    }
    let start = fit(panel, Estimator::UnitDemeaned, settings.iterations_max);
    let mut blocks = Blocks::new(panel, settings.iterations_max);
    let none = blocks.residuals(0.0);
    let share = |statistic| block_share(&none, panel.periods_before, statistic);
    let spread = start.pre_fit_l2 / (panel.periods_before as f64).sqrt();
    let step = spread.max(1e-9 * start.effect_per_period.abs()).max(f64::MIN_POSITIVE);
    // Shares are fractions of T: rounding must not decide whether one of 20 blocks is .05.
    let is_kept = |effect: f64| blocks.p(effect, settings.statistic) > refused_at + 1e-12;
    let range = kept_range(is_kept, start.effect_per_period, step, settings.grid.max(2));
    Ok(ConformalTest {
        statistic: settings.statistic,
        p: share(settings.statistic),
        p_any_day: share(BlockStatistic::MeanSize),
        smallest_p: 1.0 / panel.treated.len() as f64,
        range,
        level: settings.level,
    })
}

/// The outermost effects that are kept: refused ends by doubling, a grid between them, then halving.
fn kept_range(mut is_kept: impl FnMut(f64) -> bool, centre: f64, step: f64, grid: u32) -> EffectRange {
    const DOUBLINGS: i32 = 24;
    // Two refused in a row, since a single distance may be refused by a whim of the weights.
    let mut refused_from = |side: f64| {
        let mut refused = 0;
        (0..DOUBLINGS).map(|power| centre + side * step * 2.0_f64.powi(power)).find(|effect| {
            refused = if is_kept(*effect) { 0 } else { refused + 1 };
            refused == 2
        })
    };
    let (below, above) = (refused_from(-1.0), refused_from(1.0));
    let (from, to) = (below.unwrap_or(centre - step), above.unwrap_or(centre + step));
    let mut tried: Vec<f64> = (0..=grid).map(|at| from + (to - from) * f64::from(at) / f64::from(grid)).collect();
    // No effect is tried by name, so that range and p never disagree about it.
    tried.extend([centre, 0.0]);
    tried.sort_by(f64::total_cmp);
    let kept: Vec<bool> = tried.iter().map(|effect| is_kept(*effect)).collect();
    let (Some(first), Some(last)) = (kept.iter().position(|kept| *kept), kept.iter().rposition(|kept| *kept)) else {
        return match (below, above) {
            (Some(_), Some(_)) => EffectRange::Nothing,
            _ => EffectRange::Unbounded { lo: below, hi: above },
        };
    };
    let mut end = |mut kept: f64, mut refused: f64| {
        for _ in 0..30 {
            let middle = f64::midpoint(kept, refused);
            if is_kept(middle) { kept = middle } else { refused = middle }
        }
        kept
    };
    let lo = below.map(|_| if first == 0 { tried[0] } else { end(tried[first], tried[first - 1]) });
    let hi = above.map(|_| if last + 1 == tried.len() { tried[last] } else { end(tried[last], tried[last + 1]) });
    match (lo, hi) {
        (Some(lo), Some(hi)) => EffectRange::Between { lo, hi },
        (lo, hi) => EffectRange::Unbounded { lo, hi },
    }
}

/// The weights of every hypothesis are fitted on all periods, so donors' sums are made once.
pub(super) struct Blocks<'a> {
    panel: &'a Panel<'a>,
    columns: Vec<Vec<f64>>,
    mix: Mix,
    /// The last weights, from which the next hypothesis starts.
    warm: Vec<f64>,
    iterations_max: u32,
}

/// Sums that differ by rounding only are the same.
const TIE: f64 = 1e-12;

impl<'a> Blocks<'a> {
    pub(super) fn new(panel: &'a Panel<'a>, iterations_max: u32) -> Blocks<'a> {
        let columns: Vec<Vec<f64>> = panel.donors.iter().map(|donor| less_mean(donor.values)).collect();
        let donors = columns.len();
        Blocks { panel, mix: Mix::new(&columns), columns, warm: vec![1.0 / donors as f64; donors], iterations_max }
    }

    /// Residuals under the hypothesis that the campaign added `effect` a period.
    fn residuals(&mut self, effect: f64) -> Vec<f64> {
        let mut series = self.panel.treated.to_vec();
        series[self.panel.periods_before..].iter_mut().for_each(|value| *value -= effect);
        let series = less_mean(&series);
        let mixed = self.mix.solve(&right_side(&self.columns, &series), &self.warm, self.iterations_max);
        self.warm.clone_from(&mixed.weights);
        let mut residuals = series;
        for (column, weight) in self.columns.iter().zip(&mixed.weights).filter(|(_, weight)| **weight > 0.0) {
            residuals.iter_mut().zip(column).for_each(|(residual, value)| *residual -= weight * value);
        }
        residuals
    }

    /// The share of blocks whose residuals are at least as large as those of the campaign.
    pub(super) fn p(&mut self, effect: f64, statistic: BlockStatistic) -> f64 {
        block_share(&self.residuals(effect), self.panel.periods_before, statistic)
    }
}

fn less_mean(series: &[f64]) -> Vec<f64> {
    let mean = mean(series);
    series.iter().map(|value| value - mean).collect()
}

/// The share of blocks, going round the end, whose residuals are at least as large as those of the campaign's block.
fn block_share(residuals: &[f64], before: usize, statistic: BlockStatistic) -> f64 {
    let periods = residuals.len();
    let length = periods - before;
    let size = |start: usize| {
        let block = (0..length).map(|at| residuals[(start + at) % periods]);
        let sum = match statistic {
            BlockStatistic::MeanGap => block.sum::<f64>().abs(),
            BlockStatistic::MeanSize => block.map(f64::abs).sum(),
        };
        sum / length as f64
    };
    let own = size(before);
    let as_large = (0..periods).filter(|start| size(*start) >= own - TIE).count();
    as_large as f64 / periods as f64
}
