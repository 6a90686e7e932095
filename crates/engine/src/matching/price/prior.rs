//! What a fee is taken to be before there is a deal of one's own: published figures, each with its source and year, and how
//! little they are trusted.
//!
//! Published prices for one size of creator lie a factor of three apart, so the prior is wide: without any price of one's
//! own a 90 % interval reaches from about a seventh to about seven times its middle.

use model::Platform;
use serde::{Deserialize, Serialize};

use super::PostFormat;

/// The version of the tables and widths in this file; an estimate names the version it was made with.
pub const PRICE_PRIOR_VERSION: u32 = 1;

/// The followers that the base fee is told for.
pub const BASE_FOLLOWERS: f64 = 30_000.0;

/// A published price of one post for each thousand followers, in US dollars.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PublishedPrice {
    pub source: &'static str,
    pub year: u16,
    /// US dollars for each thousand followers; both ends alike where one figure is published.
    pub lowest_usd: f64,
    pub highest_usd: f64,
    /// How the figure was published and turned into a price by followers.
    pub note: &'static str,
}

/// The published prices behind the base fee.
pub const PUBLISHED_PRICES: [PublishedPrice; 2] = [
    PublishedPrice {
        source: "Untapper; compilation of reach shares",
        year: 2026,
        lowest_usd: 1.5,
        highest_usd: 7.5,
        note: "micro CPM of 10 to 25 USD (2026) times reach of 15 to 30 % of followers at 10,000 to 100,000 (2024)",
    },
    PublishedPrice {
        source: "inBeat",
        year: 2024,
        lowest_usd: 10.0,
        highest_usd: 10.0,
        note: "the trade's rule of thumb: 100 USD for each 10,000 followers, an Instagram post",
    },
];

/// What a platform or format is taken to cost against an Instagram post, before there are prices of one's own.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PublishedFactor {
    pub factor: f64,
    /// How much less it is trusted than a published one: 1 published, 2 without a figure.
    pub doubt: f64,
    /// Source with year, or that there is none.
    pub source: &'static str,
}

const REFERENCE: PublishedFactor =
    PublishedFactor { factor: 1.0, doubt: 1.0, source: "what the others are measured against" };
const NO_FIGURE: PublishedFactor =
    PublishedFactor { factor: 1.0, doubt: 2.0, source: "no published figure found; taken as an Instagram post" };

/// What this platform is taken to cost against Instagram, same format and followers. Cost: O(1).
pub fn platform_factor(platform: Platform) -> PublishedFactor {
    match platform {
        Platform::Instagram => REFERENCE,
        Platform::YouTube => PublishedFactor {
            factor: 2.0,
            doubt: 1.0,
            source: "WebFX as told by Get Hyped Media, year not said: 20 USD for a thousand subscribers against 10 on \
                     Instagram (its 2022 edition: 25 against 20)",
        },
        Platform::TikTok => PublishedFactor {
            factor: 0.5,
            doubt: 2.0,
            source: "A Little Class 2021: 25 to 125 USD micro against 100 to 500 on Instagram; SoundMe 2025 puts both \
                     level; the middle of the two",
        },
        Platform::X => PublishedFactor {
            factor: 0.6,
            doubt: 1.0,
            source: "public formulas by engagement, collected 2026: X 0.6 of Instagram",
        },
        Platform::Bluesky | Platform::Mastodon => {
            PublishedFactor { factor: 0.6, doubt: 2.0, source: "no published figure found; taken as X" }
        }
        Platform::Reddit | Platform::Twitch | Platform::StackExchange | Platform::Other => NO_FIGURE,
    }
}

/// What this format is taken to cost against a post, same platform and followers. Cost: O(1).
pub fn format_factor(format: PostFormat) -> PublishedFactor {
    match format {
        PostFormat::Post => REFERENCE,
        PostFormat::ShortVideo => PublishedFactor {
            factor: 1.5,
            doubt: 1.0,
            source: "public formulas by engagement, collected 2026: a Reel 1.5 of a post",
        },
        PostFormat::LongVideo => PublishedFactor {
            factor: 1.5,
            doubt: 1.0,
            source: "public formulas by engagement, collected 2026: YouTube 3 of a post, of which 2 is the platform",
        },
        PostFormat::Story => PublishedFactor {
            factor: 0.5,
            doubt: 1.0,
            source: "Sprout, Tagger tier averages, year not said: a micro story 99 USD, about half \
                     of the base fee at 30,000 followers",
        },
        PostFormat::Bundle => PublishedFactor {
            factor: 2.5,
            doubt: 2.0,
            source: "no published figure found; taken as two posts and a story",
        },
        PostFormat::Carousel | PostFormat::Live | PostFormat::Other => NO_FIGURE,
    }
}

/// How wide the prior is: spreads are standard deviations of the logarithm of the fee (0.35 is about 35 % up or down).
///
/// The spreads are assumptions, chosen wide. How large they truly are is learned from the prices held.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PricePrior {
    pub version: u32,
    /// US cents of one agreed Instagram post at [`BASE_FOLLOWERS`].
    pub base_fee_usd_cents: f64,
    pub base_log_sd: f64,
    /// Added, as a variance, where the rate to the US dollar is not known and taken as one to one.
    pub rate_log_sd: f64,
    /// The fee grows with followers to this power.
    pub followers_power: f64,
    pub followers_power_sd: f64,
    /// How much the power may differ below 10,000 and above 100,000 followers.
    pub tier_power_sd: f64,
    /// How far followers that are not known may lie from [`BASE_FOLLOWERS`], on the log scale.
    pub followers_log_sd: f64,
    /// Asked prices (rate cards, quotes) over agreed ones, a factor.
    pub asked_over_agreed: f64,
    pub asked_log_sd: f64,
    /// Deals of one creator in one format against each other: the middle of what is thought likely.
    pub noise_log_sd: f64,
    /// Creators of one size, platform and format against each other: the mean of what is thought likely.
    pub creator_log_sd: f64,
    /// Platforms, and formats, against their published factor: the mean of what is thought likely.
    pub group_log_sd: f64,
}

impl Default for PricePrior {
    /// Base: the middle, on the log scale, of [`PUBLISHED_PRICES`] (each at the middle of its own range) at 30,000 followers.
    fn default() -> PricePrior {
        let middle_log = |price: &PublishedPrice| f64::midpoint(price.lowest_usd.ln(), price.highest_usd.ln());
        let per_thousand_log = PUBLISHED_PRICES.iter().map(middle_log).sum::<f64>() / PUBLISHED_PRICES.len() as f64;
        PricePrior {
            version: PRICE_PRIOR_VERSION,
            base_fee_usd_cents: 100.0 * per_thousand_log.exp() * BASE_FOLLOWERS / 1_000.0,
            base_log_sd: 0.7,
            rate_log_sd: 0.7,
            followers_power: 0.7,
            followers_power_sd: 0.2,
            tier_power_sd: 0.15,
            followers_log_sd: 1.2,
            asked_over_agreed: 1.15,
            asked_log_sd: 0.15,
            noise_log_sd: 0.35,
            creator_log_sd: 0.5,
            group_log_sd: 0.35,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_fee_is_the_middle_of_the_published_prices_and_both_lie_within_what_is_thought_likely() {
        let prior = PricePrior::default();
        let base_usd = prior.base_fee_usd_cents / 100.0;
        assert!((base_usd - 173.7).abs() < 0.5, "{base_usd}");
        for price in PUBLISHED_PRICES {
            for per_thousand in [price.lowest_usd, price.highest_usd] {
                let away = (per_thousand * BASE_FOLLOWERS / 1_000.0 / base_usd).ln().abs();
                assert!(away < 2.0 * prior.base_log_sd, "{price:?} lies {away} away");
            }
        }
    }

    #[test]
    fn every_factor_is_possible_names_its_source_and_is_doubted_where_none_is_published() {
        let platforms = Platform::ALL.into_iter().map(platform_factor);
        let formats = PostFormat::ALL.into_iter().map(format_factor);
        for factor in platforms.chain(formats) {
            assert!(factor.factor > 0.1 && factor.factor < 10.0 && factor.doubt >= 1.0, "{factor:?}");
            assert!(!factor.source.is_empty());
            assert!(!factor.source.starts_with("no published") || factor.doubt > 1.0, "{factor:?}");
        }
    }
}
