//! How far creators, platforms, formats and single deals differ: not known, so the line is solved under every choice of a
//! grid, and each choice weighs as much as it fits the prices.

use super::PriceSettings;
use super::columns::{BASE, Columns, Matrix, add_square, dot, inverse, places, prior_sds};
use super::fit::CreatorRecord;

/// Degrees of freedom of what is thought of the noise before any price: 90 % of it within a factor of about 1.6.
pub(super) const NOISE_FREEDOM: f64 = 8.0;
/// The middle of a gamma distribution with half as many degrees of freedom as its shape.
const NOISE_GAMMA_MIDDLE: f64 = 3.672_06;

/// Spread of what is thought of creators' spread over the noise, on the log scale, and how many values are weighed.
const CREATOR_RATIO_LOG_SD: f64 = 0.6;
const CREATOR_RATIOS: usize = 6;
/// The same of platforms and formats; the values weighed lie so many spreads from the middle.
const GROUP_RATIO_LOG_SD: f64 = 0.5;
const GROUP_RATIOS: [f64; 4] = [-1.5, -0.5, 0.5, 1.5];
/// The same of the prior's width over the noise.
const WIDTH_LOG_SD: f64 = 0.35;
const WIDTHS: [f64; 3] = [-1.2, 0.0, 1.2];

/// The grid of creators' spread is laid anew around its best part at most so often.
const REFINEMENTS: usize = 3;
/// Curves are dropped, lightest first, while all of them together weigh less than this.
const DROPPED_WEIGHT: f64 = 1e-3;

/// The line under one choice of spreads. Variances are in units of the noise.
pub(super) struct Component {
    pub(super) weight: f64,
    /// Mean of the columns' effects over the prior's.
    pub(super) effects: Columns,
    pub(super) spread: Box<Matrix>,
    pub(super) base_variance: f64,
    pub(super) creator_variance: f64,
    pub(super) size_variance: f64,
    pub(super) noise_variance: f64,
}

/// The prices in sums.
pub(super) struct Sums {
    pub(super) gram: Box<Matrix>,
    pub(super) cross: Columns,
    pub(super) squares: f64,
    pub(super) facts: f64,
}

/// One choice of how far creators differ, with what it weighs before any price.
struct CreatorRatio {
    log_weight: f64,
    spreads: f64,
}

/// A log-normal value this many spreads from its middle, so scaled that its mean is 1.
fn around_one(log_sd: f64, spreads: f64) -> f64 {
    (log_sd * spreads - 0.5 * log_sd * log_sd).exp()
}

fn creator_ratios(middle: f64, reach: f64) -> Vec<CreatorRatio> {
    let at = |step: usize| middle + reach * (2.0 * step as f64 / (CREATOR_RATIOS as f64 - 1.0) - 1.0);
    (0..CREATOR_RATIOS).map(at).map(|spreads| CreatorRatio { log_weight: -0.5 * spreads * spreads, spreads }).collect()
}

/// The line under every choice of spreads, weighed; the lightest left out.
pub(super) fn components(sums: &Sums, creators: &[CreatorRecord], settings: &PriceSettings) -> Vec<Component> {
    let (mut middle, mut reach) = (0.0, 2.0);
    let mut found = on_grid(sums, creators, settings, &creator_ratios(middle, reach));
    for _ in 0..REFINEMENTS {
        let spreads = |weighed: &Weighed| weighed.spreads;
        let mean: f64 = found.iter().map(|one| one.component.weight * spreads(one)).sum();
        let variance: f64 = found.iter().map(|one| one.component.weight * (spreads(one) - mean).powi(2)).sum();
        let step = 2.0 * reach / (CREATOR_RATIOS as f64 - 1.0);
        let next_reach = (2.0 * variance.sqrt()).max(step);
        if next_reach > 0.7 * reach {
            break;
        }
        (middle, reach) = (mean, next_reach);
        found = on_grid(sums, creators, settings, &creator_ratios(middle, reach));
    }
    let mut kept: Vec<Component> = found.into_iter().map(|one| one.component).collect();
    kept.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let mut so_far = 0.0;
    kept.retain(|component| {
        let keeps = so_far < 1.0 - DROPPED_WEIGHT;
        so_far += component.weight;
        keeps
    });
    let total: f64 = kept.iter().map(|component| component.weight).sum();
    kept.iter_mut().for_each(|component| component.weight /= total);
    kept
}

struct Weighed {
    component: Component,
    spreads: f64,
}

fn on_grid(sums: &Sums, creators: &[CreatorRecord], settings: &PriceSettings, ratios: &[CreatorRatio]) -> Vec<Weighed> {
    let prior = &settings.prior;
    let mut weighed = Vec::with_capacity(ratios.len() * WIDTHS.len() * GROUP_RATIOS.len());
    for ratio in ratios {
        for width_spreads in WIDTHS {
            let creator_ratio =
                prior.creator_log_sd / prior.noise_log_sd * around_one(CREATOR_RATIO_LOG_SD, ratio.spreads);
            let width = around_one(WIDTH_LOG_SD, width_spreads) / prior.noise_log_sd;
            let creator_variance = creator_ratio * creator_ratio;
            let size_variance = (width * prior.followers_power * prior.followers_log_sd).powi(2);
            let pulled = Pulled::of(sums, creators, creator_variance, size_variance);
            for group_spreads in GROUP_RATIOS {
                let group = prior.group_log_sd / prior.noise_log_sd * around_one(GROUP_RATIO_LOG_SD, group_spreads);
                let sds = prior_sds(prior, settings.base_log_sd(), width, group);
                let thought = -0.5 * (width_spreads * width_spreads + group_spreads * group_spreads) + ratio.log_weight;
                let component = pulled.component(sums, &sds, prior.noise_log_sd, thought);
                weighed.push(Weighed {
                    component: Component { creator_variance, size_variance, ..component },
                    spreads: ratio.spreads,
                });
            }
        }
    }
    let highest = weighed.iter().map(|one| one.component.weight).fold(f64::NEG_INFINITY, f64::max);
    weighed.iter_mut().for_each(|one| one.component.weight = (one.component.weight - highest).exp());
    let total: f64 = weighed.iter().map(|one| one.component.weight).sum();
    weighed.iter_mut().for_each(|one| one.component.weight /= total);
    weighed
}

/// The sums once each creator's own level is integrated out.
struct Pulled {
    gram: Box<Matrix>,
    cross: Columns,
    squares: f64,
    log_determinant: f64,
}

impl Pulled {
    fn of(sums: &Sums, creators: &[CreatorRecord], creator_variance: f64, size_variance: f64) -> Pulled {
        let mut pulled =
            Pulled { gram: sums.gram.clone(), cross: sums.cross, squares: sums.squares, log_determinant: 0.0 };
        for record in creators {
            let variance = creator_variance + if record.is_without_size() { size_variance } else { 0.0 };
            let all = 1.0 + record.facts as f64 * variance;
            let left = variance / all;
            add_square(&mut pulled.gram, &record.columns_sum, -left);
            for column in places(&record.columns_sum) {
                pulled.cross[column] -= left * record.columns_sum[column] * record.residual_sum;
            }
            pulled.squares -= left * record.residual_sum * record.residual_sum;
            pulled.log_determinant += all.ln();
        }
        pulled
    }

    /// `weight` is the logarithm of prior times marginal likelihood, up to a constant.
    fn component(&self, sums: &Sums, sds: &Columns, noise_log_sd: f64, log_weight: f64) -> Component {
        let mut precision = *self.gram;
        let mut prior_log_determinant = 0.0;
        for (column, sd) in sds.iter().enumerate() {
            precision[column][column] += 1.0 / (sd * sd);
            prior_log_determinant += 2.0 * sd.ln();
        }
        let turned = inverse(&precision);
        let effects = turned.matrix.map(|row| dot(&row, &self.cross));
        let left_over = (self.squares - dot(&effects, &self.cross)).max(0.0);
        let shape = f64::midpoint(NOISE_FREEDOM, sums.facts);
        let scale = noise_log_sd * noise_log_sd * NOISE_GAMMA_MIDDLE + 0.5 * left_over;
        let log_likelihood =
            -0.5 * (self.log_determinant + prior_log_determinant + turned.log_determinant) - shape * scale.ln();
        Component {
            weight: log_weight + log_likelihood,
            effects,
            spread: turned.matrix,
            base_variance: sds[BASE] * sds[BASE],
            creator_variance: 0.0,
            size_variance: 0.0,
            noise_variance: scale / shape,
        }
    }
}
