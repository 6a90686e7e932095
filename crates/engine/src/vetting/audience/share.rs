//! The share behind a count of flagged accounts, corrected for what the flag misses and for whom it wrongly takes.

use super::{ErrorCounts, Flagged, Rung, Share, drawn_rate, logit, moved, share_of_draws};
use crate::random::Sequence;

/// Draws behind an interval.
pub const DRAWS: usize = 4_000;
const STREAM: u64 = 43;
/// How far error rates move, on the logit scale, from one half of a collection to the other by who happens to be in it.
const MATCHING_NOISE: f64 = 0.2;
/// How far they move at least from one collection to another.
const BORROWED_NOISE: f64 = 0.5;
/// Where a flag finds hardly more of those made to be sold than of the others it says nothing.
const SEPARATION_MIN: f64 = 0.1;
/// Error rates that imply a share further outside 0..=1 than this cannot be those of the audience.
const OUTSIDE_MAX: f64 = 0.02;

/// The share with error rates measured on accounts of the same platform and kind.
///
/// Draws `R ~ Beta(flagged)`, `Se ~ Beta(found)`, `Fp ~ Beta(wrongly flagged)`, moves the logits of Se and Fp by
/// `0.2 sqrt(2) t3`, and takes `(R - Fp) / (Se - Fp)` within 0..=1; draws with Se - Fp below 0.1 are left out. Middle and
/// 5-95 % of 4,000 draws. `None` where nobody was looked at or the flag does not separate.
/// Source: Rogan & Gladen (1978), as a posterior; the noise because error rates of one half of a collection do not hold
/// for the other (Beta draws alone cover 75-85 % instead of 90).
pub fn matching(flagged: Flagged, rates: &ErrorCounts, seed: u64) -> Option<Share> {
    if flagged.accounts == 0 {
        return None;
    }
    let mut sequence = Sequence::new(seed, STREAM);
    let drawn = (0..DRAWS).filter_map(|_| {
        let rate = drawn_rate(&mut sequence, flagged.flagged, flagged.accounts);
        let found = drawn_rate(&mut sequence, rates.fakes_flagged, rates.fakes);
        let wrong = drawn_rate(&mut sequence, rates.real_flagged, rates.real);
        let mut noise = || MATCHING_NOISE * 2.0f64.sqrt() * sequence.student_t(3.0);
        let (found, wrong) = (moved(found, noise()), moved(wrong, noise()));
        (found - wrong >= SEPARATION_MIN).then(|| ((rate - wrong) / (found - wrong)).clamp(0.0, 1.0))
    });
    share_of_draws(drawn.collect(), Rung::Matching)
}

/// The share with error rates that other collections showed, each by a model that had not seen it.
///
/// On the logit scale, Se and Fp of a further collection are drawn as `mean + max(sd, 0.5) sqrt(1 + 1/K) t_K` over the K
/// collections (with one: its own rates out of fold, sd 0.5, t3); draws that imply a share outside -0.02..=1.02 are left
/// out. Middle and 5-95 % of 4,000 draws: wide on purpose. `None` where nobody was looked at or nothing was measured.
/// Source: the predictive interval of a random-effects model (Higgins, Thompson, Spiegelhalter 2009).
pub fn borrowed(flagged: Flagged, collections: &[ErrorCounts], seed: u64) -> Option<Share> {
    if flagged.accounts == 0 || collections.is_empty() {
        return None;
    }
    let count = collections.len() as f64;
    let freedom = if collections.len() == 1 { 3.0 } else { count };
    let spread_of = |rate: fn(&ErrorCounts) -> f64| {
        let logits: Vec<f64> = collections.iter().map(|counts| logit(rate(counts))).collect();
        let mean = logits.iter().sum::<f64>() / count;
        let variance = logits.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        (mean, variance.sqrt().max(BORROWED_NOISE) * (1.0 + 1.0 / count).sqrt())
    };
    let (found_at, found_spread) = spread_of(ErrorCounts::sensitivity);
    let (wrong_at, wrong_spread) = spread_of(ErrorCounts::false_positives);
    let mut sequence = Sequence::new(seed, STREAM);
    let drawn = (0..DRAWS).filter_map(|_| {
        let rate = drawn_rate(&mut sequence, flagged.flagged, flagged.accounts);
        let found = crate::logistic::sigmoid(found_at + found_spread * sequence.student_t(freedom));
        let wrong = crate::logistic::sigmoid(wrong_at + wrong_spread * sequence.student_t(freedom));
        if found - wrong < SEPARATION_MIN {
            return None;
        }
        let share = (rate - wrong) / (found - wrong);
        (-OUTSIDE_MAX..=1.0 + OUTSIDE_MAX).contains(&share).then(|| share.clamp(0.0, 1.0))
    });
    share_of_draws(drawn.collect(), Rung::Borrowed)
}

/// The mean chance once the base rate has been adjusted to the audience, and by how much: a second opinion only.
///
/// `p' = (pi/pi0 p) / (pi/pi0 p + (1-pi)/(1-pi0) (1-p))`, `pi` the mean of p', repeated until it moves by less than 1e-9.
/// Right where only the base rate differs, silently wrong where those made to be sold differ themselves.
/// Source: Saerens, Latinne, Decaestecker (2002).
pub fn prior_shift(chances: &[f64], base_rate: f64) -> Option<f64> {
    if chances.is_empty() || base_rate <= 0.0 || base_rate >= 1.0 {
        return None;
    }
    let mut share = chances.iter().sum::<f64>() / chances.len() as f64;
    for _ in 0..10_000 {
        let (up, down) = (share / base_rate, (1.0 - share) / (1.0 - base_rate));
        let next = chances.iter().map(|p| up * p / (up * p + down * (1.0 - p))).sum::<f64>() / chances.len() as f64;
        let moved = (next - share).abs();
        share = next;
        if moved < 1e-9 {
            break;
        }
    }
    Some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: ErrorCounts = ErrorCounts { fakes: 100, fakes_flagged: 80, real: 900, real_flagged: 45 };

    #[test]
    fn a_clean_audience_is_not_called_as_fake_as_the_flag_is_wrong() {
        // One in twenty is flagged, exactly as many as are flagged wrongly.
        let share = matching(Flagged { accounts: 400, flagged: 20 }, &RATES, 0).expect("somebody was looked at");
        assert!(share.lo == 0.0 && share.value < 0.02 && share.hi < 0.08, "{share:?}");
        let corrected = matching(Flagged { accounts: 400, flagged: 110 }, &RATES, 0).expect("known");
        assert!((corrected.value - (0.275 - 0.05) / 0.75).abs() < 0.02, "{corrected:?}");
    }

    #[test]
    fn borrowed_rates_make_a_wider_interval_than_matching_ones_and_more_accounts_a_narrower() {
        let width = |share: Option<Share>| share.map(|share| share.hi - share.lo).expect("known");
        let few = Flagged { accounts: 400, flagged: 100 };
        let many = Flagged { accounts: 40_000, flagged: 10_000 };
        assert!(width(borrowed(few, &[RATES], 0)) > width(matching(few, &RATES, 0)));
        assert!(width(matching(many, &RATES, 0)) < width(matching(few, &RATES, 0)));
    }

    #[test]
    fn without_accounts_or_without_separation_the_share_is_not_known() {
        assert_eq!(matching(Flagged { accounts: 0, flagged: 0 }, &RATES, 0), None);
        assert_eq!(borrowed(Flagged { accounts: 9, flagged: 1 }, &[], 0), None);
        let blind = ErrorCounts { fakes: 5_000, fakes_flagged: 250, real: 5_000, real_flagged: 250 };
        assert_eq!(matching(Flagged { accounts: 400, flagged: 20 }, &blind, 0), None);
    }

    #[test]
    fn a_moved_base_rate_is_found_from_true_chances() {
        // Chances true at a base rate of one half: 0.9 for 9 in 10, 0.1 for 1 in 10. Now one account in ten is positive.
        let mut chances = vec![0.9; 90 + 90];
        chances.extend(vec![0.1; 10 + 810]);
        let share = prior_shift(&chances, 0.5).expect("chances");
        assert!((share - 0.1).abs() < 1e-6, "{share}");
    }
}
