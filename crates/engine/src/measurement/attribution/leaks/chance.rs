//! How likely so many are by chance: upper tails of the three counting distributions that the signs of a leak use.

use statrs::function::beta::{beta_reg, ln_beta};
use statrs::function::factorial::ln_binomial;

/// Sums above this are scaled down.
const SCALE_AT: f64 = 1e200;

/// Chance that at least `hits` of `n` do it when each does with chance `share`.
///
/// Formula: `P(X >= k) = I_share(k, n - k + 1)`, the regularised incomplete beta function. Inputs: `share` 0..=1,
/// held there. Output: 0..=1; 1 for no hits, 0 for more than `n`. Cost: O(1). Source: any textbook.
pub(super) fn binomial_at_least(hits: u64, n: u64, share: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if hits > n || share <= 0.0 {
        return 0.0;
    }
    if share >= 1.0 { 1.0 } else { beta_reg(hits as f64, (n - hits) as f64 + 1.0, share) }
}

/// Chance that at least `hits` of `drawn`, taken from `all` of which `marked` are marked, are marked ones.
///
/// Formula: sum of `C(marked, x) C(all - marked, drawn - x) / C(all, drawn)` over x from `hits` (hypergeometric; with
/// fixed margins, Fisher's exact test). Inputs: `marked` and `drawn` at most `all`. Output: 0..=1.
/// Cost: O(drawn). Source: Fisher 1935.
pub(super) fn hypergeometric_at_least(hits: u64, all: u64, marked: u64, drawn: u64) -> f64 {
    let least = (marked + drawn).saturating_sub(all);
    let most = marked.min(drawn);
    if hits <= least {
        return 1.0;
    }
    if hits > most {
        return 0.0;
    }
    let ln_first = ln_binomial(marked, hits) + ln_binomial(all - marked, drawn - hits) - ln_binomial(all, drawn);
    let next_over_this = |x: u64| {
        let grow = (marked - x) as f64 * (drawn - x) as f64;
        grow / ((x + 1) as f64 * (all - marked + x + 1 - drawn) as f64)
    };
    sum_of_terms(ln_first, hits, most, next_over_this)
}

/// Chance that at least `hits` of `n` do it when the share is itself drawn from Beta(a, b).
///
/// Formula: sum of `C(n, x) B(x + a, n - x + b) / B(a, b)` over x from `hits`. Inputs: `a`, `b` above 0.
/// Output: 0..=1. Cost: O(n - hits). Source: Skellam 1948.
pub(super) fn beta_binomial_at_least(hits: u64, n: u64, a: f64, b: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if hits > n {
        return 0.0;
    }
    let ln_first = ln_binomial(n, hits) + ln_beta(hits as f64 + a, (n - hits) as f64 + b) - ln_beta(a, b);
    let next_over_this = |x: u64| {
        let left = (n - x) as f64;
        left * (x as f64 + a) / ((x + 1) as f64 * (left - 1.0 + b))
    };
    sum_of_terms(ln_first, hits, n, next_over_this)
}

/// Adds up a first term, given by its logarithm, and its successors for x from `from` to `to`; at most 1. The first
/// term may be far too small for a number while the sum is near 1, so terms are counted in units of it and scaled down
/// as they grow.
fn sum_of_terms(ln_first: f64, from: u64, to: u64, next_over_this: impl Fn(u64) -> f64) -> f64 {
    let (mut term, mut sum, mut ln_unit) = (1.0, 1.0, ln_first);
    for x in from..to {
        term *= next_over_this(x);
        sum += term;
        if sum > SCALE_AT {
            (term, sum, ln_unit) = (term / SCALE_AT, sum / SCALE_AT, ln_unit + SCALE_AT.ln());
        }
    }
    (ln_unit + sum.ln()).exp().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 + 1e-10 * b.abs()
    }

    #[test]
    fn tails_are_those_counted_by_hand() {
        assert!(close(binomial_at_least(2, 3, 0.5), 0.5));
        assert!(close(binomial_at_least(3, 3, 0.1), 0.001));
        assert!(close(hypergeometric_at_least(2, 4, 2, 2), 1.0 / 6.0));
        // The lady tasting tea: three or four of four right.
        assert!(close(hypergeometric_at_least(3, 8, 4, 4), 17.0 / 70.0));
        // Beta(1, 1): every number of hits is as likely as any other.
        assert!(close(beta_binomial_at_least(3, 4, 1.0, 1.0), 2.0 / 5.0));
        assert!(close(beta_binomial_at_least(4, 4, 2.0, 3.0), 5.0 * 4.0 * 3.0 * 2.0 / (8.0 * 7.0 * 6.0 * 5.0)));
    }

    #[test]
    fn a_beta_without_spread_is_the_binomial() {
        let (plain, mixed) = (binomial_at_least(7, 20, 0.2), beta_binomial_at_least(7, 20, 2e7, 8e7));
        assert!((plain - mixed).abs() < 1e-5, "{plain} {mixed}");
    }

    #[test]
    fn a_tail_near_one_is_not_lost_where_its_first_term_is_too_small_for_a_number() {
        assert!((beta_binomial_at_least(5, 100_000, 500.0, 500.0) - 1.0).abs() < 1e-6);
        assert!((hypergeometric_at_least(5, 1_000_000, 100_000, 50_000) - 1.0).abs() < 1e-6);
        let middle = hypergeometric_at_least(5_000, 1_000_000, 100_000, 50_000);
        assert!((0.49..0.52).contains(&middle), "{middle}");
        assert!(beta_binomial_at_least(40_000, 40_000, 1.0, 1_000.0) < 1e-300);
    }

    #[test]
    fn large_binomial_tails_agree_with_their_sum() {
        for (hits, n, share) in [(230u64, 20_000u64, 0.01), (5_100, 20_000, 0.25), (60, 4_000, 0.01)] {
            let ln_first =
                ln_binomial(n, hits) + hits as f64 * f64::ln(share) + (n - hits) as f64 * f64::ln(1.0 - share);
            let odds = share / (1.0 - share);
            let summed = sum_of_terms(ln_first, hits, n, |x| (n - x) as f64 / (x + 1) as f64 * odds);
            let found = binomial_at_least(hits, n, share);
            assert!((found / summed - 1.0).abs() < 1e-8, "{found} {summed}");
        }
    }

    #[test]
    fn ends_of_the_range_are_certain() {
        for share in [0.0, 0.5, 1.0] {
            assert_eq!(binomial_at_least(0, 5, share), 1.0);
            assert_eq!(binomial_at_least(6, 5, share), 0.0);
        }
        assert_eq!(binomial_at_least(1, 5, 0.0), 0.0);
        assert_eq!(hypergeometric_at_least(0, 0, 0, 0), 1.0);
        assert_eq!(hypergeometric_at_least(2, 5, 5, 2), 1.0);
        assert_eq!(hypergeometric_at_least(3, 5, 5, 2), 0.0);
        assert_eq!(beta_binomial_at_least(0, 0, 1.0, 1.0), 1.0);
        assert_eq!(beta_binomial_at_least(1, 0, 1.0, 1.0), 0.0);
    }
}
