//! The fee to expect, told: median, range, and what each part of it comes from.

use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

use super::columns::{BASE, POWER, POWER_LARGE, POWER_SMALL, format_column, kind_column, platform_column};
use super::fit::{LogParts, Place};
use super::prior::{BASE_FOLLOWERS, PublishedFactor, format_factor, platform_factor};
use super::{PRICE_VERSION, PriceKind, PriceModel, PriceQuery};

const METHOD: &str = "fee of the next deal";

/// The parts of the fee; base times all factors is the median.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriceFactors {
    /// A deal for an Instagram post of a creator with 30,000 followers, before the factors, in minor units.
    pub base_minor_units: f64,
    /// `None`: followers are not known.
    pub followers: Option<f64>,
    pub platform: f64,
    pub format: f64,
    /// Asked over agreed; 1 for deals.
    pub kind: f64,
    /// This creator's own prices against what creators like it cost; `None`: no price of it is held.
    pub own_record: Option<f64>,
    /// The median over the product of the others: spreads that are not known make the range a little lopsided.
    pub lopsided: f64,
}

/// What the next deal should cost, and what that rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriceEstimate {
    pub query: PriceQuery,
    /// Minor units: median, and the range that holds the next such price with 90 %.
    pub estimate: Estimate,
    /// Prices of this creator, of every kind.
    pub own_facts: u64,
    /// Deals among them.
    pub own_deals: u64,
    /// Prices of others.
    pub pooled_facts: u64,
    /// How far the published figures still decide, 0..=1: were they twice as high, the median would be
    /// `2^prior_weight` times as high.
    pub prior_weight: f64,
    pub parts: PriceFactors,
}

impl PriceModel {
    /// What the next such price should be: of a deal, or of what will be asked, as the query says.
    ///
    /// Output: minor units; always known, because the prior is, and the grade says what it rests on: B deals with this
    /// creator, C prices of others (or only asked by this one), D published figures alone. `n` counts all prices held.
    /// Cost: O(grid), under 0.1 milliseconds. Formula and source: [`PriceModel::fit`].
    ///
    /// ```
    /// use engine::matching::price::{PostFormat, PriceKind, PriceModel, PriceQuery, PriceSettings};
    /// use model::{AccountId, Currency, Grade, Platform};
    /// let model = PriceModel::fit(&[], &PriceSettings::new(Currency::new("USD").unwrap()));
    /// let price = model.estimate(&PriceQuery {
    ///     creator: AccountId(1), platform: Platform::Instagram, followers: Some(30_000), format: PostFormat::Post,
    ///     kind: PriceKind::Deal,
    /// });
    /// let dollars = price.estimate.value.unwrap() / 100.0;
    /// assert!((dollars - 173.7).abs() < 1.0 && price.estimate.grade == Grade::D);
    /// ```
    pub fn estimate(&self, query: &PriceQuery) -> PriceEstimate {
        let place = self.place(query);
        let range = self.price_range(query);
        let log_parts = self.log_parts(&place);
        let parts = self.factors(&place, query, &log_parts, range.median);
        let (own_facts, own_deals) = place.record.map_or((0, 0), |record| (record.facts, record.deals));
        let pooled_facts = self.facts - own_facts;
        let grade = match (own_deals, self.facts) {
            (1.., _) => Grade::B,
            (0, 1..) => Grade::C,
            (0, 0) => Grade::D,
        };
        let told = Telling { model: self, query, place: &place, log_parts: &log_parts, parts: &parts };
        let explanation = told.explanation(range.median, own_facts, pooled_facts);
        let mut estimate =
            Estimate::known(range.median, range.lo, range.hi, self.facts, "prices", METHOD, explanation).graded(grade);
        estimate.version = PRICE_VERSION;
        estimate.as_of = self.newest;
        PriceEstimate {
            query: *query,
            estimate,
            own_facts,
            own_deals,
            pooled_facts,
            prior_weight: log_parts.prior_weight,
            parts,
        }
    }

    fn factors(&self, place: &Place<'_>, query: &PriceQuery, log_parts: &LogParts, median: f64) -> PriceFactors {
        let effects = &log_parts.effects;
        let size = effects[POWER] + effects[POWER_SMALL] + effects[POWER_LARGE];
        let mut parts = PriceFactors {
            base_minor_units: self.settings.base_minor_units() * effects[BASE].exp(),
            followers: (!place.without_size).then(|| size.exp()),
            platform: effects[platform_column(query.platform)].exp(),
            format: effects[format_column(query.format)].exp(),
            kind: kind_column(query.kind).map_or(1.0, |column| effects[column].exp()),
            own_record: place.record.map(|_| log_parts.own_record.exp()),
            lopsided: 1.0,
        };
        parts.lopsided = median / parts.product();
        parts
    }
}

impl PriceFactors {
    /// Base times all factors.
    pub fn product(&self) -> f64 {
        let own = self.followers.unwrap_or(1.0) * self.own_record.unwrap_or(1.0);
        self.base_minor_units * own * self.platform * self.format * self.kind * self.lopsided
    }
}

/// What is being told of.
struct Telling<'a> {
    model: &'a PriceModel,
    query: &'a PriceQuery,
    place: &'a Place<'a>,
    log_parts: &'a LogParts,
    parts: &'a PriceFactors,
}

impl Telling<'_> {
    fn explanation(&self, median: f64, own_facts: u64, pooled_facts: u64) -> Explanation {
        let what = match self.query.kind {
            PriceKind::Deal => "what the next deal would cost",
            PriceKind::Quote => "what would be asked of us",
            PriceKind::RateCard => "what a rate card would say",
        };
        let told = [
            Some(self.base(pooled_facts)),
            Some(self.followers()),
            Some(self.group("platform", self.query.platform.name(), GroupOf::Platform)),
            Some(self.group("format", self.query.format.name(), GroupOf::Format)),
            self.asked(),
            Some(self.own_record(own_facts)),
            Some(factor("the range is a little lopsided, spreads not being known", Some(self.parts.lopsided))),
            Some(self.published()),
            self.left_out(),
        ];
        let words = format!("{what}: {} on {}", self.query.format.one(), self.query.platform.name());
        Explanation::leaf(words, Some(median), self.money())
            .with_formula(format!(
                "{METHOD} v{PRICE_VERSION} = base x followers x platform x format x asked x own record x lopsided; \
                 median and 90 % prediction interval of the next one, part by part pulled to what is usual"
            ))
            .with_parts(told.into_iter().flatten().collect())
            .with_rows(self.model.facts, "prices", None)
    }

    fn money(&self) -> Unit {
        Unit::Money(self.model.settings.currency)
    }

    fn base(&self, pooled_facts: u64) -> Explanation {
        let settings = &self.model.settings;
        let published = settings.base_minor_units();
        let followers = BASE_FOLLOWERS;
        let rate = match settings.rate() {
            Some(rate) => format!("at {rate} smallest units for a US cent"),
            None => "the rate to the US dollar is not known; one smallest unit for a US cent is assumed".to_owned(),
        };
        let words = format!("base: a deal for an Instagram post of a creator with {followers} followers");
        let prior = format!(
            "what published figures say (table v{}: Untapper 2026, inBeat 2024), {rate}",
            settings.prior.version
        );
        let against = format!("what {} prices held say against them", self.model.facts);
        let moved = (self.model.facts > 0).then_some(self.parts.base_minor_units / published);
        Explanation::leaf(words, Some(self.parts.base_minor_units), self.money())
            .with_parts(vec![Explanation::leaf(prior, Some(published), self.money()), factor(against, moved)])
            .with_rows(pooled_facts, "prices of others", None)
    }

    fn followers(&self) -> Explanation {
        let Some(value) = self.parts.followers else {
            let why = match self.place.record {
                Some(_) => "followers at this creator's prices are not known; its size is in its own record",
                None => "followers are not known, so the range is wider; import the creator's profile",
            };
            return factor(format!("followers: {why}"), None);
        };
        let power = self.log_parts.effects[POWER] / self.place.columns[POWER];
        let grows = if power.is_finite() {
            format!("; the fee grows with followers to the power {power:.2}")
        } else {
            String::new()
        };
        let count = match self.query.followers {
            Some(followers) => format!("{followers}"),
            None => {
                let held = self.place.record.and_then(|record| record.newest_followers).unwrap_or_default();
                format!("{held}, as at its newest price,")
            }
        };
        factor(format!("followers: {count} against {BASE_FOLLOWERS}{grows}"), Some(value))
    }

    fn group(&self, what: &str, name: &str, of: GroupOf) -> Explanation {
        let (value, column, published): (f64, usize, PublishedFactor) = match of {
            GroupOf::Platform => {
                let platform = self.query.platform;
                (self.parts.platform, platform_column(platform), platform_factor(platform))
            }
            GroupOf::Format => (self.parts.format, format_column(self.query.format), format_factor(self.query.format)),
        };
        let facts = self.model.column_facts[column];
        let prior = format!("published: {}", published.source);
        factor(format!("{what}: {name}"), Some(value))
            .with_parts(vec![
                factor(prior, Some(published.factor)),
                factor("what the prices held say against it", (facts > 0).then_some(value / published.factor)),
            ])
            .with_rows(facts, format!("prices of this {what}"), None)
    }

    fn asked(&self) -> Option<Explanation> {
        let column = kind_column(self.query.kind)?;
        let words = format!("{}: asked prices against agreed ones", self.query.kind.name().to_lowercase());
        let facts = self.model.column_facts[column];
        Some(factor(words, Some(self.parts.kind)).with_rows(facts, "prices asked so", None))
    }

    fn own_record(&self, own_facts: u64) -> Explanation {
        match self.parts.own_record {
            Some(value) => {
                factor("this creator's own prices against what creators like it cost, pulled to the usual", Some(value))
                    .with_rows(own_facts, "prices of this creator", None)
            }
            None => factor("this creator's own record: no price of it is held; ask for a quote", None),
        }
    }

    fn published(&self) -> Explanation {
        let weight = self.log_parts.prior_weight;
        let words = if self.model.facts < OWN_FACTS_MIN {
            format!("published figures, not your data: fewer than {OWN_FACTS_MIN} prices are held; their weight")
        } else {
            "the weight that published figures still have".to_owned()
        };
        Explanation::leaf(words, Some(weight), Unit::Share)
    }

    fn left_out(&self) -> Option<Explanation> {
        let words = "left out: a fee of 0 is no price; put what the product costs";
        (self.model.left_out > 0).then(|| Explanation::leaf(words, Some(self.model.left_out as f64), Unit::Items))
    }
}

/// Below so many prices the estimate is said to be the prior's.
const OWN_FACTS_MIN: u64 = 5;

#[derive(Clone, Copy)]
enum GroupOf {
    Platform,
    Format,
}

/// A factor of the fee: "platform: YouTube, x 2.1".
fn factor(words: impl Into<String>, value: Option<f64>) -> Explanation {
    let words = words.into();
    let words = match value {
        Some(value) => format!("{words}: x {value:.2}"),
        None => words,
    };
    Explanation::leaf(words, value, Unit::Score)
}
