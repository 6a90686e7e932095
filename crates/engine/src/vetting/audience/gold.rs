//! A sample of an audience looked at by people: the share from it, sharpened by the model, and how far two people agree.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Rung, Share, level};
use crate::intervals::jeffreys_interval;

/// An account that people looked at, with the model's chance for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoldAccount {
    pub is_fake: bool,
    pub chance: f64,
}

/// Below so many accounts looked at, or so few of them made to be sold, the model is not used beside them: intervals
/// from it would be too narrow.
pub const GOLD_MIN: usize = 100;
pub const GOLD_FAKES_MIN: usize = 10;

/// The share from a random sample looked at by people, and the model's chances of accounts nobody looked at.
///
/// With at least 100 accounts and 10 made to be sold among them: `lam mean(f) + mean(y - lam g)` with
/// `lam = clip(cov(g, y) / (var(all scores) (1 + n/N)), 0, 1.5)`, standard error
/// `sqrt(lam^2 var(f)/N + var(y - lam g)/n)`, t quantile with n - 1 degrees of freedom; unbiased whatever the model is.
/// Else the sample alone, Jeffreys. 90 % interval, within 0..=1; `None` without a sample. Cost `O(n + N)`.
/// Source: Angelopoulos, Duchi, Zrnic, "PPI++" (2023).
pub fn from_gold(gold: &[GoldAccount], unseen: &[f64]) -> Option<Share> {
    let fakes = gold.iter().filter(|account| account.is_fake).count();
    if gold.is_empty() {
        return None;
    }
    let alone = jeffreys_interval(fakes as u64, gold.len() as u64, level())?;
    if gold.len() < GOLD_MIN || fakes < GOLD_FAKES_MIN || unseen.is_empty() {
        let value = fakes as f64 / gold.len() as f64;
        return Some(Share { value, lo: alone.lo, hi: alone.hi, rung: Rung::GoldAlone });
    }
    let (n, more) = (gold.len() as f64, unseen.len() as f64);
    let labels: Vec<f64> = gold.iter().map(|account| f64::from(u8::from(account.is_fake))).collect();
    let scores: Vec<f64> = gold.iter().map(|account| account.chance).collect();
    let all: Vec<f64> = scores.iter().chain(unseen).copied().collect();
    let spread = variance(&all);
    let pull =
        if spread > 0.0 { (covariance(&scores, &labels) / (spread * (1.0 + n / more))).clamp(0.0, 1.5) } else { 0.0 };
    let missed: Vec<f64> = labels.iter().zip(&scores).map(|(label, score)| label - pull * score).collect();
    let value = pull * mean(unseen) + mean(&missed);
    let error = (pull * pull * variance(unseen) / more + variance(&missed) / n).sqrt();
    let quantile = StudentsT::new(0.0, 1.0, n - 1.0).expect("at least 99 degrees of freedom").inverse_cdf(0.95);
    let within = |share: f64| share.clamp(0.0, 1.0);
    Some(Share {
        value: within(value),
        lo: within(value - quantile * error),
        hi: within(value + quantile * error),
        rung: Rung::Gold,
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (middle_a, middle_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - middle_a) * (b - middle_b)).sum::<f64>() / (a.len() as f64 - 1.0).max(1.0)
}

fn variance(values: &[f64]) -> f64 {
    covariance(values, values)
}

/// How far two people agree beyond what chance would make them, -1..=1: `(agreed - expected) / (1 - expected)`; `None`
/// without accounts that both looked at, or where both gave everybody the same answer.
///
/// Source: Cohen (1960).
pub fn kappa(labels: &[(bool, bool)]) -> Option<f64> {
    let count = labels.len() as f64;
    let share = |of: fn(&(bool, bool)) -> bool| labels.iter().filter(|pair| of(pair)).count() as f64 / count;
    let (first, second) = (share(|pair| pair.0), share(|pair| pair.1));
    let expected = first * second + (1.0 - first) * (1.0 - second);
    if labels.is_empty() || expected >= 1.0 {
        return None;
    }
    Some((share(|pair| pair.0 == pair.1) - expected) / (1.0 - expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn audience(sequence: &mut Sequence, count: usize, share: f64) -> Vec<GoldAccount> {
        let account = |sequence: &mut Sequence| {
            let is_fake = sequence.uniform() < share;
            let towards = if is_fake { 1.5 } else { -1.5 };
            GoldAccount { is_fake, chance: crate::logistic::sigmoid(towards + 1.5 * sequence.normal()) }
        };
        (0..count).map(|_| account(sequence)).collect()
    }

    #[test]
    fn the_models_help_narrows_the_interval_and_leaves_it_true() {
        let mut sequence = Sequence::new(2, 2);
        let (mut covered, mut narrower, mut off) = (0, 0.0, 0.0);
        for _ in 0..400 {
            let gold = audience(&mut sequence, 150, 0.3);
            let unseen: Vec<f64> = audience(&mut sequence, 2_000, 0.3).iter().map(|account| account.chance).collect();
            let (with, alone) = (from_gold(&gold, &unseen).expect("gold"), from_gold(&gold, &[]).expect("gold"));
            assert_eq!((with.rung, alone.rung), (Rung::Gold, Rung::GoldAlone));
            covered += usize::from(with.lo <= 0.3 && 0.3 <= with.hi);
            narrower += (with.hi - with.lo) / (alone.hi - alone.lo) / 400.0;
            off += (with.value - 0.3) / 400.0;
        }
        assert!((344..=376).contains(&covered), "{covered} of 400");
        assert!(narrower < 0.8 && off.abs() < 0.005, "{narrower} {off}");
    }

    #[test]
    fn a_model_that_knows_nothing_changes_nothing_and_few_fakes_leave_the_sample_alone() {
        let mut sequence = Sequence::new(3, 2);
        let gold: Vec<GoldAccount> =
            audience(&mut sequence, 200, 0.4).iter().map(|account| GoldAccount { chance: 0.5, ..*account }).collect();
        let (with, alone) = (from_gold(&gold, &[0.5; 900]).expect("gold"), from_gold(&gold, &[]).expect("gold"));
        assert!((with.value - alone.value).abs() < 1e-12);
        let few = audience(&mut sequence, 300, 0.01);
        assert_eq!(from_gold(&few, &[0.5; 900]).expect("gold").rung, Rung::GoldAlone);
        assert_eq!(from_gold(&[], &[0.5]), None);
    }

    #[test]
    fn agreement_is_counted_beyond_chance() {
        // 20 both yes, 15 both no, 5 and 10 differ: Cohen's own example gives 0.4.
        let mut labels = vec![(true, true); 20];
        labels.extend(vec![(false, false); 15]);
        labels.extend(vec![(true, false); 5]);
        labels.extend(vec![(false, true); 10]);
        assert!((kappa(&labels).expect("known") - 0.4).abs() < 1e-12);
        assert_eq!(kappa(&[]), None);
        assert_eq!(kappa(&[(true, true)]), None);
    }
}
