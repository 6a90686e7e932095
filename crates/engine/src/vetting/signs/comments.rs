//! Signs from what others write under posts: comments that are not meant, the same words by several people, the same people
//! in the same order.

use model::{Estimate, Explanation, Unit};
use statrs::distribution::{Beta, ContinuousCDF};
use statrs::function::beta::ln_beta;

use super::{SignSeen, SignsInput, UsualRange, from_count, level, not_looked_at, seen, seen_in_half};
use crate::intervals::jeffreys_interval;
use crate::vetting::comments::quality::CommentSign;
use crate::vetting::verdict::{Finding, Sign};

/// Shares of ordinary comments and of bought ones, as beta distributions; the count of comments is limited since comments
/// of one audience are no independent draws.
struct ShareSign {
    sign: Sign,
    ordinary: (f64, f64),
    bought: (f64, f64),
    counted_max: f64,
    reliability: f64,
}

fn share_sign(
    of: &ShareSign,
    hits: u64,
    n: u64,
    explanation: Explanation,
    method: &str,
    input: &SignsInput<'_>,
) -> SignSeen {
    let share = hits as f64 / n.max(1) as f64;
    let counted = (n as f64).min(of.counted_max);
    let log_odds = |share: f64| {
        let (k, rest) = (share * counted, (1.0 - share) * counted);
        seen_in_half(beta_binomial(k, rest, of.bought) - beta_binomial(k, rest, of.ordinary))
    };
    let interval = jeffreys_interval(hits, n, level()).expect("there are comments");
    let finding = Finding {
        sign: of.sign,
        log_odds: log_odds(share),
        spread: (log_odds(interval.hi) - log_odds(interval.lo)).abs().min(4.0) / 3.29,
        reliability: of.reliability * from_count(n, 50.0).sqrt(),
    };
    let value = Estimate::known(share, interval.lo, interval.hi, n, "comments", method, explanation);
    let ordinary = Beta::new(of.ordinary.0, of.ordinary.1).expect("shapes above 0");
    let usual = UsualRange {
        lo: ordinary.inverse_cdf(0.05),
        hi: ordinary.inverse_cdf(0.95),
        words: "nine in ten ordinary creators, as assumed; not measured".to_owned(),
    };
    seen(of.sign, value, Some(usual), finding, input)
}

/// ln of the beta-binomial likelihood of `k` and `rest`, up to what both hypotheses share.
fn beta_binomial(k: f64, rest: f64, (a, b): (f64, f64)) -> f64 {
    ln_beta(a + k, b + rest) - ln_beta(a, b)
}

const FEW_COMMENTS: &str = "fewer than 20 comments by others with their texts are held under the newest posts";
const COMMENTS_MIN: u64 = 20;

pub(super) fn comment_spam(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::CommentSpam;
    let Some(quality) = input.comments.filter(|quality| quality.comments >= COMMENTS_MIN) else {
        return not_looked_at(sign, Unit::Share, "comments", FEW_COMMENTS, input);
    };
    let of = ShareSign { sign, ordinary: (0.6, 20.0), bought: (1.2, 5.0), counted_max: 100.0, reliability: 0.8 };
    let n = quality.comments;
    let parts = CommentSign::ALL
        .into_iter()
        .map(|sign| Explanation::leaf(sign.words(), Some(quality.showing[&sign] as f64 / n as f64), Unit::Share))
        .collect();
    let share = quality.two_signs as f64 / n as f64;
    let explanation = Explanation::leaf(
        format!("{} of {n} comments by others show two signs", quality.two_signs),
        Some(share),
        Unit::Share,
    )
    .with_formula("counted where two of six signs meet; one alone counts nothing")
    .with_parts(parts)
    .with_rows(n, "comments", None);
    share_sign(&of, quality.two_signs, n, explanation, "comment_quality", input)
}

pub(super) fn repeated_comments(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::RepeatedComments;
    let Some(quality) = input.comments.filter(|quality| quality.long_enough >= COMMENTS_MIN) else {
        let reason = "fewer than 20 comments of four words or more are held under the newest posts";
        return not_looked_at(sign, Unit::Share, "comments", reason, input);
    };
    let of = ShareSign { sign, ordinary: (0.6, 15.0), bought: (1.2, 6.0), counted_max: 50.0, reliability: 0.6 };
    let (hits, n) = (quality.showing[&CommentSign::SameAsOthers], quality.long_enough);
    let explanation = Explanation::leaf(
        "of comments of four words or more, those that three people wrote alike",
        Some(hits as f64 / n as f64),
        Unit::Share,
    )
    .with_formula("MinHash over three words in a row, texts of which four fifths agree")
    .with_rows(n, "comments", None);
    share_sign(&of, hits, n, explanation, "repeated_comments", input)
}

pub(super) fn timing(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::CommentTiming;
    let known = input
        .timing
        .and_then(|timing| Some((timing, timing.same_order?)))
        .filter(|(timing, _)| timing.pairs_of_posts >= 3);
    let Some((timing, order)) = known else {
        let reason = "fewer than six posts share four of their first commenters, so no order can be compared";
        return not_looked_at(sign, Unit::Score, "pairs of posts", reason, input);
    };
    // Friends in one time zone come in a similar order; only near agreement that chance cannot explain speaks.
    let speaks = timing.same_order_score > 3.0 && order > 0.5;
    let finding = Finding {
        sign,
        log_odds: if speaks { 4.0 * (order - 0.5) } else { -0.2 },
        spread: 0.5,
        reliability: 0.4 * from_count(u64::from(timing.pairs_of_posts), 8.0).sqrt(),
    };
    let pairs = u64::from(timing.pairs_of_posts);
    let parts = vec![
        Explanation::leaf("how far above chance, in standard deviations", Some(timing.same_order_score), Unit::Score),
        Explanation::leaf(
            "comments within ten minutes of the post (shown, not counted)",
            Some(timing.early as f64 / timing.comments.max(1) as f64),
            Unit::Share,
        ),
    ];
    let explanation = Explanation::leaf(
        "agreement of the order of first commenters from post to post (Kendall's tau)",
        Some(order),
        Unit::Score,
    )
    .with_formula("tau over pairs of posts of those who come under five posts or more")
    .with_parts(parts)
    .with_rows(pairs, "pairs of posts", None);
    let half = if timing.same_order_score.abs() > 1e-9 { 1.645 * (order / timing.same_order_score).abs() } else { 0.3 };
    let value = Estimate::known(
        order,
        (order - half).max(-1.0),
        (order + half).min(1.0),
        pairs,
        "pairs of posts",
        "same_order",
        explanation,
    );
    let usual = UsualRange { lo: -1.0, hi: 0.5, words: "nothing is concluded below; a setting".to_owned() };
    seen(sign, value, Some(usual), finding, input)
}
