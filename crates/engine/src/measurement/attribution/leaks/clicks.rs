//! Redemptions without a click: how often a code is used by people who never came by the creator's link.
//!
//! Some always do (a code heard in a video, another device). So a code is compared with the brand's other codes: each
//! has its own share without a click, drawn from a Beta distribution whose mean and spread the others' counts tell. The
//! chance of at least so many is that of a further code of the same kind, over every mean and spread in proportion to
//! how well they explain the others (a grid, integrated, not the best fit plugged in).
//! Source: beta-binomial Skellam 1948; hierarchical grid Gelman et al., "Bayesian data analysis" (2013), section 5.3.

use statrs::function::beta::ln_beta;

use super::chance::beta_binomial_at_least;
use super::{CodeHistory, LeakSettings, Redemption, Sign, SignFound, SignOutcome};

/// Means of the grid, equally spaced within 0..1.
const MEANS: usize = 40;
/// Spreads of the grid: Beta counts from 1 to 1,000, equally spaced in their logarithm.
const SPREADS: usize = 24;
const SPREAD_MAX: f64 = 1_000.0;

#[derive(Clone, Copy)]
struct BetaShape {
    a: f64,
    b: f64,
}

fn grid() -> impl Iterator<Item = BetaShape> {
    (0..MEANS).flat_map(|mean| {
        let mean = (mean as f64 + 0.5) / MEANS as f64;
        (0..SPREADS).map(move |spread| {
            let spread = SPREAD_MAX.powf(spread as f64 / (SPREADS - 1) as f64);
            BetaShape { a: mean * spread, b: (1.0 - mean) * spread }
        })
    })
}

/// How many redemptions of a code came without a click of its creator.
#[derive(Clone, Copy)]
pub(super) struct WithoutClick {
    without: u64,
    all: u64,
}

impl WithoutClick {
    /// `None` where the creator has no link that was ever clicked: then a missing click says nothing.
    pub(super) fn of(code: &CodeHistory<'_>, redemptions: &[&Redemption]) -> Option<WithoutClick> {
        let without = redemptions.iter().filter(|redemption| redemption.is_without_click()).count() as u64;
        let all = redemptions.len() as u64;
        (code.link_clicks.is_some_and(|clicks| clicks > 0) && all > 0).then_some(WithoutClick { without, all })
    }
}

/// How well each point of the grid explains the codes, all together and one by one.
pub(super) struct Codes {
    counts: Vec<Option<WithoutClick>>,
    /// By point of the grid: the logarithm of the likelihood of all codes.
    all: Vec<f64>,
}

impl Codes {
    /// Cost: O(codes * grid).
    pub(super) fn new(counts: Vec<Option<WithoutClick>>) -> Codes {
        let of_all = |shape: BetaShape| counts.iter().flatten().map(|count| ln_likelihood(*count, shape)).sum();
        Codes { all: grid().map(of_all).collect(), counts }
    }

    pub(super) fn look(&self, place: usize, redemptions: &[&Redemption], settings: &LeakSettings) -> SignOutcome {
        let Some(own) = self.counts[place] else {
            return SignOutcome::NotAssessed(
                "no click on a link of this creator is known, so a missing click says nothing; give out a link too"
                    .into(),
            );
        };
        let others = self.counts.iter().flatten().count() as u64 - 1;
        if others < settings.other_codes_min {
            return SignOutcome::NotAssessed(format!(
                "{others} other codes with clicks and orders; at least {} are needed to say what is usual",
                settings.other_codes_min
            ));
        }
        if own.without < settings.orders_min {
            return SignOutcome::Clean;
        }
        let (chance, usual) = self.compare(own);
        if chance > settings.hint_false_alarm.value() {
            return SignOutcome::Clean;
        }
        let is_evidence = |redemption: &&&Redemption| redemption.is_without_click();
        SignOutcome::Found(SignFound {
            sign: Sign::NoClick,
            observed: own.without,
            of: own.all,
            expected: Some(usual * own.all as f64),
            chance: Some(chance),
            orders: redemptions.iter().filter(is_evidence).map(|redemption| redemption.order).collect(),
            words: format!(
                "{} of {} orders came without a click of this creator; of the other codes' orders about {:.0} % do; \
                 a code that is only spoken looks the same",
                own.without,
                own.all,
                100.0 * usual
            ),
            formula: "beta-binomial tail, the shares of the other codes on a grid",
        })
    }

    /// The chance of at least as many without a click in a further code, and the share that is usual without this one.
    fn compare(&self, own: WithoutClick) -> (f64, f64) {
        let others: Vec<f64> =
            self.all.iter().zip(grid()).map(|(all, shape)| all - ln_likelihood(own, shape)).collect();
        let best = others.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut chance, mut usual) = (0.0, 0.0, 0.0);
        for (ln_weight, shape) in others.iter().zip(grid()) {
            let weight = (ln_weight - best).exp();
            // Points that weigh under a thousand-millionth cannot change the first eight digits.
            if weight > 1e-9 {
                total += weight;
                chance += weight * beta_binomial_at_least(own.without, own.all, shape.a, shape.b);
                usual += weight * shape.a / (shape.a + shape.b);
            }
        }
        (chance / total, usual / total)
    }
}

fn ln_likelihood(count: WithoutClick, shape: BetaShape) -> f64 {
    let (without, with) = (count.without as f64, (count.all - count.without) as f64);
    ln_beta(without + shape.a, with + shape.b) - ln_beta(shape.a, shape.b)
}
