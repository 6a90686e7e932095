//! What a creator should cost: the fee to expect for the next deal, with its range, from one's own deals and, where they
//! are few, from published figures.
//!
//! One line on the log scale: base, followers, platform, format, whether the price was asked or agreed, and the creator's
//! own level. Platforms, formats, tiers and creators are pooled part of the way: each is pulled to what is usual as far as
//! its own prices leave it open. How far the pulling goes is not set but weighed over a grid, so that few deals give a
//! wide range and many a narrow one.
//! What a fee includes (usage rights, exclusivity, product) is not modelled: it is part of the range. Old deals count like
//! new ones.

mod columns;
mod estimate;
pub mod evaluate;
mod fit;
mod format;
mod mixture;
mod prior;
mod spreads;
mod standing;
#[cfg(test)]
mod tests;

use model::{AccountId, Currency, Platform, Timestamp};
use serde::{Deserialize, Serialize};

pub use estimate::{PriceEstimate, PriceFactors};
pub use fit::{PriceModel, PriceRange};
pub use format::PostFormat;
pub use prior::{
    BASE_FOLLOWERS, PRICE_PRIOR_VERSION, PUBLISHED_PRICES, PricePrior, PublishedFactor, PublishedPrice, format_factor,
    platform_factor,
};
pub use standing::{QuotePlace, QuoteStanding};

/// The version of the formulas in this folder; reports keep the version they were made with.
pub const PRICE_VERSION: u32 = 1;

/// How a price came to be known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// Asked of everybody.
    RateCard,
    /// Asked of us.
    Quote,
    /// Agreed.
    Deal,
}

impl PriceKind {
    pub const ALL: [PriceKind; 3] = [PriceKind::RateCard, PriceKind::Quote, PriceKind::Deal];

    /// The word used in files, URLs and keys; never change one.
    pub fn code(self) -> &'static str {
        match self {
            PriceKind::RateCard => "rate_card",
            PriceKind::Quote => "quote",
            PriceKind::Deal => "deal",
        }
    }

    /// The name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            PriceKind::RateCard => "Rate card",
            PriceKind::Quote => "Quote",
            PriceKind::Deal => "Deal",
        }
    }

    pub fn from_code(code: &str) -> Option<PriceKind> {
        PriceKind::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(code))
    }
}

/// One price that is known: of one deliverable, in the currency of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceFact {
    pub creator: AccountId,
    pub platform: Platform,
    /// When the price was told; `None`: not known.
    pub followers: Option<u64>,
    pub format: PostFormat,
    /// A fee of 0 is no price (a product was sent, or it was a favour) and is left out, counted.
    pub fee_minor_units: u64,
    pub kind: PriceKind,
    pub at: Timestamp,
}

/// The price to estimate: of the next such deliverable by this creator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceQuery {
    pub creator: AccountId,
    pub platform: Platform,
    /// Now; `None`: not known, then those of the creator's newest price are taken, else the range is wider.
    pub followers: Option<u64>,
    pub format: PostFormat,
    /// `Deal` for what will be agreed; the others for what will be asked.
    pub kind: PriceKind,
}

/// What changes an estimate; stored with it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriceSettings {
    /// Of every fact, query and answer; the caller converts.
    pub currency: Currency,
    /// How many of the smallest units of `currency` one US cent buys (0.92 for EUR at 0.92 euros a dollar, 1.5 for JPY at
    /// 150 yen a dollar). The published figures are in dollars. `None` or not above 0: not known; 1 is taken, said as an
    /// assumption, and the prior is made wider.
    pub minor_units_per_usd_cent: Option<f64>,
    pub prior: PricePrior,
}

impl PriceSettings {
    /// The shipped prior in this currency; the rate to the dollar is 1 for dollars, else not known.
    pub fn new(currency: Currency) -> PriceSettings {
        let minor_units_per_usd_cent = (currency.code() == "USD").then_some(1.0);
        PriceSettings { currency, minor_units_per_usd_cent, prior: PricePrior::default() }
    }

    fn rate(&self) -> Option<f64> {
        self.minor_units_per_usd_cent.filter(|rate| rate.is_finite() && *rate > 0.0)
    }

    fn base_minor_units(&self) -> f64 {
        self.prior.base_fee_usd_cents * self.rate().unwrap_or(1.0)
    }

    fn base_log_sd(&self) -> f64 {
        let assumed = if self.rate().is_some() { 0.0 } else { self.prior.rate_log_sd };
        self.prior.base_log_sd.hypot(assumed)
    }
}
