//! Signs from what posts draw: engagement and likes against peers of the same platform and size, and likes that look
//! delivered in lots.

use model::{Estimate, Explanation, Platform, Unit};
use serde::{Deserialize, Serialize};

use super::{SignSeen, SignsInput, UsualRange, from_count, level, not_looked_at, seen, seen_in_half};
use crate::intervals::jeffreys_interval;
use crate::vetting::likes::LikeSpread;
use crate::vetting::peers::{PeerLine, PeerPoint, residual_log_odds};
use crate::vetting::verdict::{Finding, Sign};

/// What is usual for a figure by followers, and from whom that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsualLine {
    pub line: PeerLine,
    pub of: UsualOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualOf {
    /// Creators of the same platform that are held here.
    PeersHeld,
    /// Published figures of 603 honest Instagram accounts with up to ten thousand followers.
    PublishedFigures,
}

/// What is usual for the three figures that are compared with peers.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Usual {
    pub engagement: Option<UsualLine>,
    pub comments_for_likes: Option<UsualLine>,
    pub like_spread: Option<UsualLine>,
}

impl Usual {
    /// What is published of honest Instagram accounts; nothing for other platforms. It stands in until thirty peers are
    /// held. Source: vetting sheet 3.1 and 3.2, from 603 accounts of 2017 to 2020.
    pub fn published(platform: Platform) -> Usual {
        if platform != Platform::Instagram {
            return Usual::default();
        }
        let line = |level, slope, scale| {
            Some(UsualLine { line: PeerLine { level, slope, scale, peers: 603 }, of: UsualOf::PublishedFigures })
        };
        Usual {
            engagement: line(-0.55, -0.25, 0.66),
            comments_for_likes: line(-2.69, -0.175, 0.58),
            like_spread: line(-1.45, 0.14, 0.40),
        }
    }

    /// These, and for what is not known here the others.
    pub fn or(self, other: Usual) -> Usual {
        Usual {
            engagement: self.engagement.or(other.engagement),
            comments_for_likes: self.comments_for_likes.or(other.comments_for_likes),
            like_spread: self.like_spread.or(other.like_spread),
        }
    }
}

/// A figure against the line of peers.
struct AgainstPeers {
    sign: Sign,
    /// How much of the distance counts, 0..=1.
    weight: f64,
    /// A sign that speaks only when the figure is too small.
    is_low_only: bool,
}

fn against_peers(
    which: &AgainstPeers,
    usual: Option<UsualLine>,
    figure: &Estimate,
    ln_of: impl Fn(f64) -> f64,
    back: impl Fn(f64) -> f64,
    input: &SignsInput<'_>,
) -> SignSeen {
    let sign = which.sign;
    let refuse = |reason: &str| not_looked_at(sign, figure.unit, &figure.n_of, reason, input);
    let (Some(value), Some(lo), Some(hi)) = (figure.value, figure.lo, figure.hi) else {
        return refuse(figure.not_known.as_deref().unwrap_or("the figure is not known"));
    };
    if figure.n < 12 {
        return refuse(&format!("only {} posts with known counts are held; from 12 on it is compared", figure.n));
    }
    let Some(followers) = input.followers.filter(|followers| *followers >= 50) else {
        return refuse("the number of followers is not known, or below 50");
    };
    let Some(usual) = usual else {
        return refuse("fewer than 30 creators of this platform are held to compare with; bring in more of them");
    };
    let ln_followers = (followers as f64).ln();
    let z = |figure: f64| usual.line.residual(PeerPoint { ln_followers, ln_figure: ln_of(figure) });
    let log_odds = |figure: f64| match which.is_low_only {
        true => seen_in_half(residual_log_odds(z(figure).min(0.0))),
        false => seen_in_half(residual_log_odds(z(figure))),
    };
    let far = usual.of == UsualOf::PublishedFigures && followers > 10_000;
    let reliability = which.weight * from_count(figure.n, 30.0).sqrt() * if far { 0.5 } else { 1.0 };
    let finding =
        Finding { sign, log_odds: log_odds(value), spread: (log_odds(hi) - log_odds(lo)).abs() / 3.29, reliability };
    let middle = usual.line.level + usual.line.slope * ln_followers;
    // Nine in ten of a t distribution with four degrees of freedom lie within 2.13 scales.
    let (low, high) = (back(middle - 2.132 * usual.line.scale), back(middle + 2.132 * usual.line.scale));
    let words = match usual.of {
        UsualOf::PeersHeld => format!("nine in ten of {} creators held, at this size", usual.line.peers),
        UsualOf::PublishedFigures => {
            "nine in ten of 603 honest Instagram accounts (published), at this size".to_owned()
        }
    };
    let parts = vec![
        Explanation::leaf("distance from the middle of peers, in their scales", Some(z(value)), Unit::Score),
        Explanation::leaf("the middle of peers of this size", Some(back(middle)), figure.unit),
        figure.explanation.clone(),
    ];
    let explanation = Explanation::leaf(sign.words(), Some(value), figure.unit)
        .with_formula("z = (ln figure - level - slope ln followers) / scale, t errors with 4 degrees of freedom")
        .with_parts(parts)
        .with_rows(figure.n, figure.n_of.clone(), None);
    let value = Estimate { method: "against_peers".to_owned(), explanation, ..figure.clone() };
    seen(sign, value, Some(UsualRange { lo: low, hi: high, words }), finding, input)
}

pub(super) fn engagement(input: &SignsInput<'_>) -> SignSeen {
    let which = AgainstPeers { sign: Sign::EngagementResidual, weight: 0.6, is_low_only: false };
    against_peers(&which, input.usual.engagement, input.by_followers, |rate| rate.max(1e-5).ln(), f64::exp, input)
}

pub(super) fn comments_for_likes(input: &SignsInput<'_>) -> SignSeen {
    let which = AgainstPeers { sign: Sign::CommentsAgainstLikes, weight: 0.4, is_low_only: false };
    let (ln_of, back) = (|ratio: f64| (ratio + 0.001).ln(), |ln: f64| (ln.exp() - 0.001).max(0.0));
    against_peers(&which, input.usual.comments_for_likes, input.comments_for_likes, ln_of, back, input)
}

/// The spread of likes as an estimate; `None` where too few posts are held.
fn spread_estimate(likes: &LikeSpread) -> Estimate {
    let explanation = Explanation::leaf(
        "standard deviation of ln(1 + likes) over posts",
        Some(likes.spread),
        Unit::Score,
    )
    .with_rows(u64::from(likes.posts), "posts", None);
    let (lo, hi) = ((likes.spread - 1.645 * likes.spread_error).max(0.0), likes.spread + 1.645 * likes.spread_error);
    Estimate::known(likes.spread, lo, hi, u64::from(likes.posts), "posts", "like_spread", explanation)
}

const FEW_LIKES: &str = "fewer than 12 posts with known likes, three days old or older, are held";

pub(super) fn flat_likes(input: &SignsInput<'_>) -> SignSeen {
    let Some(likes) = input.likes else {
        return not_looked_at(Sign::FlatLikes, Unit::Score, "posts", FEW_LIKES, input);
    };
    let which = AgainstPeers { sign: Sign::FlatLikes, weight: 0.6, is_low_only: true };
    let figure = spread_estimate(&likes);
    against_peers(&which, input.usual.like_spread, &figure, |spread| spread.max(1e-3).ln(), f64::exp, input)
}

pub(super) fn round_likes(input: &SignsInput<'_>) -> SignSeen {
    let sign = Sign::RoundLikes;
    let Some(likes) = input.likes else { return not_looked_at(sign, Unit::Share, "posts", FEW_LIKES, input) };
    let z = (likes.alike_share - likes.alike_by_chance) / likes.alike_deviation;
    let finding = Finding {
        sign,
        log_odds: seen_in_half(residual_log_odds(z.max(0.0))),
        spread: 0.3,
        reliability: 0.6 * from_count(u64::from(likes.posts), 30.0).sqrt(),
    };
    let posts = u64::from(likes.posts);
    let parts = vec![
        Explanation::leaf("what share that would be by chance", Some(likes.alike_by_chance), Unit::Share),
        Explanation::leaf("how far it lies above chance, in standard deviations", Some(z), Unit::Score),
    ];
    let explanation = Explanation::leaf(
        "largest share of posts within 2 % of one count of likes",
        Some(likes.alike_share),
        Unit::Share,
    )
    .with_formula("share by chance: 400 seeded draws of as many log-normal posts with the same middle and spread")
    .with_parts(parts)
    .with_rows(posts, "posts", None);
    let hits = (likes.alike_share * posts as f64).round() as u64;
    let interval = jeffreys_interval(hits, posts, level()).expect("there are posts");
    let value =
        Estimate::known(likes.alike_share, interval.lo, interval.hi, posts, "posts", "alike_likes", explanation);
    let by_chance = UsualRange {
        lo: (likes.alike_by_chance - 2.0 * likes.alike_deviation).max(0.0),
        hi: likes.alike_by_chance + 2.0 * likes.alike_deviation,
        words: "by chance, with this spread".to_owned(),
    };
    seen(sign, value, Some(by_chance), finding, input)
}
