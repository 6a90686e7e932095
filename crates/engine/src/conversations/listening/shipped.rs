//! Coefficients shipped with the program, for markets with too little talk to learn from.
//!
//! They are the rounded means of what the pasts of three open markets taught (conference talk, private messages, an
//! expert forum), with all that those did not agree on left at 0. What a market teaches itself is pulled towards them.

use super::features::{FEATURES, Feature};

/// A buyer who already talks to the creator does so again.
pub const RETURNING: [f64; FEATURES] = coefficients(&[
    (Feature::Always, -4.5),
    (Feature::RecentTalk, 0.8),
    (Feature::TalkDays, 0.8),
    (Feature::TalksBack, 0.2),
    (Feature::RecentInDegree, 0.3),
    (Feature::RecentBuyerActivity, 0.3),
]);

/// A buyer of a set begins to talk to the creator.
pub const JOINING: [f64; FEATURES] = coefficients(&[
    (Feature::Always, -7.5),
    (Feature::RecentTalksBack, 0.5),
    (Feature::BuyersTalking, 0.3),
    (Feature::RecentInDegree, 0.3),
    (Feature::BuyerNewPartners, 0.6),
    (Feature::Nearness, 0.7),
]);

/// One buyer alone turns to somebody new.
pub const MEETING: [f64; FEATURES] = coefficients(&[
    (Feature::Always, -8.0),
    (Feature::RecentTalksBack, 0.5),
    (Feature::RecentInDegree, 0.2),
    (Feature::NewTalkers, 0.2),
    (Feature::BuyerNewPartners, 0.7),
    (Feature::Nearness, 0.9),
]);

const fn coefficients(known: &[(Feature, f64)]) -> [f64; FEATURES] {
    let mut all = [0.0; FEATURES];
    let mut at = 0;
    while at < known.len() {
        all[known[at].0 as usize] = known[at].1;
        at += 1;
    }
    all
}
