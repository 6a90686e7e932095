//! Fees agreed with creators, drawn from a planted law of prices.
//!
//! The law: ln fee = ln 120 € + platform + format + 0.72 ln(followers / 10,000) + what the creator is used to +
//! chance. The coefficients are our own choice, of the size media buyers tell of; only their shape matters for a trial.

use model::{AccountId, Money, Platform, Timestamp};
use serde::{Deserialize, Serialize};

use super::END_DAY;
use super::portrait::{Portrait, Use, stream};
use crate::names::Namer;
use crate::random::{Dice, exp, ln};

/// One fee agreed with a creator for one piece.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlantedDeal {
    pub account: AccountId,
    pub platform: Platform,
    /// On the day of the deal.
    pub followers: u64,
    /// `post`, `short-video`, `long-video`, `story` or `carousel`.
    pub format_code: &'static str,
    /// In euros, at least one.
    pub fee: Money,
    pub at: Timestamp,
}

/// The planted law of prices: what a method for prices should find.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriceLaw {
    /// By how many per cent the fee grows with one per cent more followers.
    pub followers_exponent: f64,
    /// Standard deviation, in ln, of what creators of equal size are used to.
    pub creator_sigma: f64,
    /// Standard deviation, in ln, from deal to deal of one creator.
    pub deal_sigma: f64,
}

/// Deals and the law they follow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlantedDeals {
    /// In order of time.
    pub deals: Vec<PlantedDeal>,
    pub law: PriceLaw,
}

const LAW: PriceLaw = PriceLaw { followers_exponent: 0.72, creator_sigma: 0.45, deal_sigma: 0.3 };
/// The middle fee of a post on Instagram at 10,000 followers, in euro cents.
const MIDDLE_MINOR_UNITS: f64 = 12_000.0;
/// How long ago the first deals were made.
const DAYS: f64 = 540.0;

/// What a platform adds to ln fee, and the formats sold on it, the usual one first.
fn terms(platform: Platform) -> (f64, &'static [&'static str]) {
    match platform {
        Platform::Instagram => (0.0, &["post", "story", "carousel", "short-video"]),
        Platform::TikTok => (-0.12, &["short-video"]),
        Platform::YouTube => (0.35, &["long-video", "short-video"]),
        Platform::Twitch => (0.2, &["long-video"]),
        Platform::X => (-0.5, &["post", "short-video"]),
        _ => (-0.7, &["post"]),
    }
}

/// What a format adds to ln fee.
fn format_effect(format_code: &str) -> f64 {
    match format_code {
        "story" => -0.7,
        "carousel" => 0.15,
        "short-video" => 0.3,
        "long-video" => 0.85,
        _ => 0.0,
    }
}

impl PriceLaw {
    /// The middle fee the law gives over all creators of this size, in euro cents; `followers` at least 1.
    pub fn median_fee_minor_units(&self, platform: Platform, followers: u64, format_code: &str) -> f64 {
        let by_size = self.followers_exponent * ln(followers.max(1) as f64 / 10_000.0);
        MIDDLE_MINOR_UNITS * exp(terms(platform).0 + format_effect(format_code) + by_size)
    }

    fn fee(&self, middle_minor_units: f64, creator_effect: f64, dice: &mut Dice) -> i64 {
        let fee = middle_minor_units * exp(creator_effect + self.deal_sigma * dice.normal());
        // People agree on round sums: fives of euros below 1,000, fifties above.
        let step = if fee < 100_000.0 { 500.0 } else { 5_000.0 };
        ((fee / step + 0.5) as i64 * step as i64).max(100)
    }
}

/// `n` deals of the last 540 days with the first creators of the search world of the same seed, one to eight each.
///
/// Every creator asks more or less than others of the same size, and keeps to it from deal to deal. Cost: O(n log n).
pub fn deals(seed: u64, n: usize) -> PlantedDeals {
    let namer = Namer::new(seed);
    let mut deals = Vec::with_capacity(n);
    let mut creator = 0;
    while deals.len() < n {
        let portrait = Portrait::draw(seed, creator);
        let account = portrait.account(namer, creator);
        let mut dice = stream(seed, Use::Deals).dice(creator as u64);
        let of_creator = (dice.power_law(1.0, 9.0, 1.8) as usize).min(n - deals.len());
        deals.extend((0..of_creator).map(|_| deal(seed, creator, &portrait, account, &mut dice)));
        creator += 1;
    }
    deals.sort_by_key(|deal| (deal.at, deal.account, deal.fee.minor_units, deal.format_code));
    PlantedDeals { deals, law: LAW }
}

fn deal(seed: u64, creator: usize, portrait: &Portrait, account: AccountId, dice: &mut Dice) -> PlantedDeal {
    let platform = portrait.platform;
    let days_ago = dice.between(1.0, DAYS);
    let followers = (portrait.followers as f64 * exp(-0.0006 * days_ago)) as u64;
    let format_code = dice.word(terms(platform).1);
    let middle = LAW.median_fee_minor_units(platform, followers, format_code);
    let fee_minor_units = LAW.fee(middle, creator_effect(seed, creator), dice);
    let fee = Money::new(fee_minor_units, "EUR").expect("EUR is a currency");
    let at = Timestamp::from_unix_seconds(i64::from(END_DAY) * 86_400 - (days_ago * 86_400.0) as i64);
    PlantedDeal { account, platform, followers, format_code, fee, at }
}

fn creator_effect(seed: u64, creator: usize) -> f64 {
    LAW.creator_sigma * stream(seed, Use::Fees).dice(creator as u64).normal()
}

/// What a creator asks for one piece of the platform's usual format, in euro cents.
pub(super) fn asked_fee_minor_units(seed: u64, creator: usize, portrait: &Portrait) -> i64 {
    let format_code = terms(portrait.platform).1[0];
    let middle = LAW.median_fee_minor_units(portrait.platform, portrait.followers, format_code);
    let mut dice = stream(seed, Use::Fees).dice(!(creator as u64));
    LAW.fee(middle, creator_effect(seed, creator), &mut dice)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What a deal lies above the law's middle, in ln.
    fn excess(deal: &PlantedDeal) -> f64 {
        let middle = LAW.median_fee_minor_units(deal.platform, deal.followers, deal.format_code);
        (deal.fee.minor_units as f64 / middle).ln()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn the_same_seed_gives_the_same_deals_and_another_seed_others() {
        assert_eq!(deals(5, 900), deals(5, 900));
        assert_ne!(deals(5, 900), deals(6, 900));
        assert_eq!(deals(5, 901).deals.len(), 901);
        assert!(deals(5, 0).deals.is_empty());
    }

    #[test]
    fn fees_lie_around_the_law_as_far_as_planted() {
        let planted = deals(3, 20_000);
        let mut by_creator: BTreeMap<AccountId, Vec<f64>> = BTreeMap::new();
        for deal in &planted.deals {
            by_creator.entry(deal.account).or_default().push(excess(deal));
        }
        let within: Vec<f64> = by_creator
            .values()
            .filter(|own| own.len() > 1)
            .map(|own| own.iter().map(|x| (x - mean(own)).powi(2)).sum::<f64>() / (own.len() - 1) as f64)
            .collect();
        let deal_sigma = mean(&within).sqrt();
        let firsts: Vec<f64> = by_creator.values().map(|own| own[0]).collect();
        let spread = (firsts.iter().map(|x| (x - mean(&firsts)).powi(2)).sum::<f64>() / firsts.len() as f64).sqrt();
        let creator_sigma = (spread.powi(2) - deal_sigma.powi(2)).sqrt();
        assert!(mean(&firsts).abs() < 0.03, "{}", mean(&firsts));
        assert!((deal_sigma - LAW.deal_sigma).abs() < 0.03, "{deal_sigma}");
        assert!((creator_sigma - LAW.creator_sigma).abs() < 0.04, "{creator_sigma}");
    }

    #[test]
    fn the_fee_grows_with_the_following_as_planted() {
        let planted = deals(3, 20_000);
        let points: Vec<(f64, f64)> = planted
            .deals
            .iter()
            .filter(|deal| deal.platform == Platform::TikTok)
            .map(|deal| ((deal.followers as f64).ln(), (deal.fee.minor_units as f64).ln()))
            .collect();
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let (x, y) = (mean(&xs), mean(&ys));
        let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>()
            / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
        assert!((slope - LAW.followers_exponent).abs() < 0.03, "{slope}");
    }

    #[test]
    fn only_what_is_sold_on_a_platform_is_priced_there() {
        for deal in deals(8, 3_000).deals {
            assert!(terms(deal.platform).1.contains(&deal.format_code), "{deal:?}");
            assert!(deal.fee.minor_units >= 100 && deal.fee.currency() == "EUR");
        }
    }
}
