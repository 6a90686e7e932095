//! The proof of the price model: markets made up with known truths, and how often the next deal falls into its range.
//!
//! The markets are drawn as widely as the prior says, by code of their own: a new base, power, spread of platforms, formats
//! and creators, and noise for each; once with log-normal noise and once with heavy tails (Student's t with 3 degrees of
//! freedom), which the model does not know of.

use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Currency, Estimate, Explanation, Platform, Ratio, TierSettings, Timestamp, Unit};
use rayon::prelude::*;
use serde::Serialize;

use super::prior::{BASE_FOLLOWERS, format_factor, platform_factor};
use super::{PRICE_VERSION, PostFormat, PriceFact, PriceKind, PriceModel, PriceQuery, PriceSettings};
use crate::intervals::{jeffreys_interval, median_of};
use crate::random::Sequence;

/// How single deals lie around what is usual.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedNoise {
    LogNormal,
    /// Student's t with 3 degrees of freedom on the log scale, same standard deviation.
    HeavyTailed,
}

/// Whether a price of the creator is held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatorHeld {
    Known,
    New,
}

/// How the ranges did for one kind of noise and creator.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoverageCell {
    pub noise: PlantedNoise,
    pub creator: CreatorHeld,
    /// Share of next deals within their 90 % range; one deal a market, so `n` counts markets. Not known where none was.
    pub coverage: Estimate,
    /// Middle of upper end over lower end, a factor; `None`: no market.
    pub width_factor: Option<f64>,
    /// Middle of |ln(deal / median)|: 0.1 is 10 %. `None`: no market.
    pub log_error: Option<f64>,
    /// The same of the mean, on the log scale, of prices in the creator's tier; `None`: no price to average.
    pub log_error_of_tier_average: Option<f64>,
    /// The same of the creator's newest price; `None`: new creators have none.
    pub log_error_of_last_price: Option<f64>,
}

/// How often the next deal falls into its range, on made-up markets.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoverageFigures {
    pub seed: u64,
    pub worlds: usize,
    pub facts_per_world: usize,
    /// What the ranges are made for.
    pub nominal: f64,
    pub cells: Vec<CoverageCell>,
}

/// Measures the ranges on made-up markets with known truths.
///
/// Method: each market has `facts_per_world` prices; then the next deal of one creator with a price and of one without is
/// drawn and looked for in its range. Markets do not depend on each other, so neither do the deals.
/// Inputs: `worlds` for each kind of noise, `facts_per_world` 0 and up (at 0 no creator is known).
/// Output: four cells; coverage with its 90 % Jeffreys interval. Same seed, same figures, for any number of threads.
/// Cost: two fits a world, on all threads.
pub fn planted_coverage(seed: u64, worlds: usize, facts_per_world: usize) -> CoverageFigures {
    let settings = PriceSettings::new(Currency::new("USD").expect("a currency"));
    let mut cells = Vec::new();
    for noise in [PlantedNoise::LogNormal, PlantedNoise::HeavyTailed] {
        let asked: Vec<Vec<Asked>> = (0..worlds)
            .into_par_iter()
            .map(|world| in_one_world(&settings, noise, facts_per_world, seed, world as u64))
            .collect();
        for creator in [CreatorHeld::Known, CreatorHeld::New] {
            let of_cell: Vec<&Asked> = asked.iter().flatten().filter(|asked| asked.creator == creator).collect();
            cells.push(cell(noise, creator, &of_cell));
        }
    }
    CoverageFigures { seed, worlds, facts_per_world, nominal: DEFAULT_LEVEL, cells }
}

/// One deal that was looked for in its range.
struct Asked {
    creator: CreatorHeld,
    held: bool,
    width_factor: f64,
    log_error: f64,
    of_tier_average: Option<f64>,
    of_last_price: Option<f64>,
}

fn cell(noise: PlantedNoise, creator: CreatorHeld, asked: &[&Asked]) -> CoverageCell {
    let middle = |of: fn(&Asked) -> Option<f64>| {
        let values: Vec<f64> = asked.iter().filter_map(|one| of(one)).collect();
        (!values.is_empty()).then(|| median_of(values))
    };
    CoverageCell {
        noise,
        creator,
        coverage: coverage(asked.iter().filter(|one| one.held).count() as u64, asked.len() as u64),
        width_factor: middle(|one| Some(one.width_factor)),
        log_error: middle(|one| Some(one.log_error)),
        log_error_of_tier_average: middle(|one| one.of_tier_average),
        log_error_of_last_price: middle(|one| one.of_last_price),
    }
}

fn coverage(held: u64, asked: u64) -> Estimate {
    let method = "price range coverage";
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let Some(range) = jeffreys_interval(held, asked, level) else {
        let reason = "no creator has a price here; give more prices to each market";
        return Estimate::not_known(Unit::Share, method, asked, "next deals", reason);
    };
    let explanation = Explanation::ratio(
        "share of next deals within their 90 % range",
        Unit::Share,
        Explanation::leaf("next deals within", Some(held as f64), Unit::Items),
        Explanation::leaf("next deals", Some(asked as f64), Unit::Items),
    );
    let mut estimate =
        Estimate::known(held as f64 / asked as f64, range.lo, range.hi, asked, "next deals", method, explanation);
    estimate.version = PRICE_VERSION;
    estimate
}

fn in_one_world(
    settings: &PriceSettings,
    noise: PlantedNoise,
    facts_per_world: usize,
    seed: u64,
    world: u64,
) -> Vec<Asked> {
    let mut market = Market::drawn(settings, noise, facts_per_world, seed, world);
    let facts: Vec<PriceFact> = (0..facts_per_world).map(|at| market.fact(at)).collect();
    let model = PriceModel::fit(&facts, settings);
    let mut asked = Vec::new();
    if let Some(known) = facts.get(market.draw.below(facts.len().max(1))) {
        let creator = market.creators[known.creator.0 as usize];
        asked.push(ask(&mut market, &model, &facts, known.creator, &creator, CreatorHeld::Known));
    }
    let newcomer = market.newcomer();
    asked.push(ask(&mut market, &model, &facts, AccountId(i64::MAX), &newcomer, CreatorHeld::New));
    asked
}

fn ask(
    market: &mut Market,
    model: &PriceModel,
    facts: &[PriceFact],
    account: AccountId,
    creator: &PlantedCreator,
    held: CreatorHeld,
) -> Asked {
    let format = FORMATS[market.draw.below(FORMATS.len())];
    let fee = market.log_fee(creator, format, PriceKind::Deal);
    let query = PriceQuery {
        creator: account,
        platform: PLATFORMS[creator.platform],
        followers: Some(creator.followers),
        format,
        kind: PriceKind::Deal,
    };
    let range = model.price_range(&query);
    let tiers = TierSettings::default();
    let tier = tiers.tier(Some(creator.followers), None);
    let log_of = |fact: &PriceFact| (fact.fee_minor_units as f64).ln();
    let in_tier: Vec<f64> = facts.iter().filter(|fact| tiers.tier(fact.followers, None) == tier).map(log_of).collect();
    let own = facts.iter().filter(|fact| fact.creator == account).max_by_key(|fact| fact.at);
    Asked {
        creator: held,
        held: range.lo.ln() <= fee && fee <= range.hi.ln(),
        width_factor: range.hi / range.lo,
        log_error: (fee - range.median.ln()).abs(),
        of_tier_average: (!in_tier.is_empty())
            .then(|| (fee - in_tier.iter().sum::<f64>() / in_tier.len() as f64).abs()),
        of_last_price: own.map(|fact| (fee - log_of(fact)).abs()),
    }
}

const PLATFORMS: [Platform; 4] = [Platform::Instagram, Platform::TikTok, Platform::YouTube, Platform::X];
const FORMATS: [PostFormat; 5] =
    [PostFormat::Post, PostFormat::Carousel, PostFormat::ShortVideo, PostFormat::LongVideo, PostFormat::Story];
/// One in so many prices does not say how many followers there were.
const WITHOUT_FOLLOWERS: usize = 20;
/// Prices for each creator, on average.
const PRICES_A_CREATOR: usize = 3;

#[derive(Clone, Copy)]
struct PlantedCreator {
    platform: usize,
    followers: u64,
    level: f64,
}

/// A made-up market with its truths.
struct Market {
    draw: Sequence,
    noise: PlantedNoise,
    base: f64,
    power: f64,
    small_power: f64,
    large_power: f64,
    asked: [f64; 2],
    platforms: [f64; PLATFORMS.len()],
    formats: [f64; FORMATS.len()],
    creator_sd: f64,
    noise_sd: f64,
    creators: Vec<PlantedCreator>,
}

impl Market {
    fn drawn(settings: &PriceSettings, noise: PlantedNoise, facts: usize, seed: u64, world: u64) -> Market {
        // Two streams of chance a world, one for each kind of noise.
        let mut draw = Sequence::new(seed, 2 * world + u64::from(noise == PlantedNoise::HeavyTailed));
        let prior = &settings.prior;
        let mut around = |middle: f64| middle * (0.3 * draw.normal()).exp();
        let (noise_sd, creator_sd) = (around(prior.noise_log_sd), around(prior.creator_log_sd));
        let (platform_sd, format_sd) = (around(prior.group_log_sd), around(prior.group_log_sd));
        let mut near = |middle: f64, sd: f64| middle + sd * draw.normal();
        let base = near(settings.base_minor_units().ln(), prior.base_log_sd);
        let power = near(prior.followers_power, prior.followers_power_sd);
        let (small_power, large_power) = (near(0.0, prior.tier_power_sd), near(0.0, prior.tier_power_sd));
        let asked = [(); 2].map(|()| near(prior.asked_over_agreed.ln(), prior.asked_log_sd));
        let platforms = PLATFORMS.map(|platform| near(platform_factor(platform).factor.ln(), platform_sd));
        let formats = FORMATS.map(|format| near(format_factor(format).factor.ln(), format_sd));
        let mut market = Market {
            draw,
            noise,
            base,
            power,
            small_power,
            large_power,
            asked,
            platforms,
            formats,
            creator_sd,
            noise_sd,
            creators: Vec::new(),
        };
        market.creators = (0..facts / PRICES_A_CREATOR + 1).map(|_| market.newcomer()).collect();
        market
    }

    /// 2,000 to 400,000 followers, evenly on the log scale.
    fn newcomer(&mut self) -> PlantedCreator {
        PlantedCreator {
            platform: self.draw.below(PLATFORMS.len()),
            followers: (2_000.0 * 200.0_f64.powf(self.draw.uniform())) as u64,
            level: self.creator_sd * self.draw.normal(),
        }
    }

    fn log_fee(&mut self, creator: &PlantedCreator, format: PostFormat, kind: PriceKind) -> f64 {
        let size = (creator.followers as f64).ln();
        let (small, large) = ((size - 10_000.0_f64.ln()).min(0.0), (size - 100_000.0_f64.ln()).max(0.0));
        let by_size = self.power * (size - BASE_FOLLOWERS.ln()) + self.small_power * small + self.large_power * large;
        let asked = match kind {
            PriceKind::RateCard => self.asked[0],
            PriceKind::Quote => self.asked[1],
            PriceKind::Deal => 0.0,
        };
        let of_format = FORMATS.iter().position(|known| *known == format).map_or(0.0, |at| self.formats[at]);
        let chance = match self.noise {
            PlantedNoise::LogNormal => self.draw.normal(),
            PlantedNoise::HeavyTailed => self.draw.student_t(3.0) / 3.0_f64.sqrt(),
        };
        self.base
            + by_size
            + self.platforms[creator.platform]
            + of_format
            + asked
            + creator.level
            + self.noise_sd * chance
    }

    fn fact(&mut self, at: usize) -> PriceFact {
        let account = self.draw.below(self.creators.len());
        let creator = self.creators[account];
        let format = FORMATS[self.draw.below(FORMATS.len())];
        let kind = match self.draw.below(20) {
            0..3 => PriceKind::RateCard,
            3..8 => PriceKind::Quote,
            _ => PriceKind::Deal,
        };
        let followers = (self.draw.below(WITHOUT_FOLLOWERS) > 0).then_some(creator.followers);
        PriceFact {
            creator: AccountId(account as i64),
            platform: PLATFORMS[creator.platform],
            followers,
            format,
            fee_minor_units: self.log_fee(&creator, format, kind).exp().round().max(1.0) as u64,
            kind,
            at: Timestamp::from_unix_seconds(at as i64 * 86_400),
        }
    }
}
