//! Where an asked price stands among the prices to expect: usual, high or low, and by how much. No more is said by it.

use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

use super::{PRICE_VERSION, PriceEstimate, PriceKind, PriceModel, PriceQuery};

/// From this share of deals below it a quote is called high, and low from this share above it.
const UNUSUAL_SHARE: f64 = 0.9;

/// A quote's place among the deals to expect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotePlace {
    /// 9 in 10 such deals or more cost more.
    Low,
    Usual,
    /// 9 in 10 such deals or more cost less.
    High,
}

/// An asked price against the deals to expect.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QuoteStanding {
    pub quote_minor_units: u64,
    /// `None`: a quote of 0 is no price.
    pub place: Option<QuotePlace>,
    /// "high for a short video on TikTok: 9 in 10 such deals cost less".
    pub words: String,
    /// The probability that the next such deal costs less. Its interval: if what this creator usually takes were known.
    pub deals_below: Estimate,
    /// The same among quotes, which lie above deals.
    pub quotes_below: Estimate,
    /// The quote over the median deal, in minor units; below 0 if it is cheaper. Its interval is that of the next deal.
    pub over_expected: Estimate,
}

impl PriceModel {
    /// Where a quote stands among the deals to expect with this creator; the query's kind is not looked at.
    ///
    /// Formula: share of the predictive distribution below the quote; high from 90 %, low up to 10 %. Interval of the
    /// share: the share of single deals below the quote if the creator's usual fee lay at the 95th or the 5th percentile of
    /// what is thought of it. `over_expected = quote - median`, ends `quote - hi` and `quote - lo` of the next deal.
    /// Inputs: `quote_minor_units`, above 0 (0: not known, with the reason). Output: probabilities 0..=1 and minor units.
    /// Cost: O(grid), about 0.25 milliseconds.
    pub fn standing(&self, query: &PriceQuery, quote_minor_units: u64) -> QuoteStanding {
        let deal = self.estimate(&PriceQuery { kind: PriceKind::Deal, ..*query });
        let quote = self.estimate(&PriceQuery { kind: PriceKind::Quote, ..*query });
        let deals_below = self.share_below(&deal, "deals", quote_minor_units);
        let place = deals_below.value.map(|share| {
            if share >= UNUSUAL_SHARE {
                QuotePlace::High
            } else if share <= 1.0 - UNUSUAL_SHARE {
                QuotePlace::Low
            } else {
                QuotePlace::Usual
            }
        });
        QuoteStanding {
            quote_minor_units,
            place,
            words: words(query, place, &deals_below),
            quotes_below: self.share_below(&quote, "quotes", quote_minor_units),
            over_expected: over_expected(&deal, quote_minor_units),
            deals_below,
        }
    }

    fn share_below(&self, expected: &PriceEstimate, what: &str, quote_minor_units: u64) -> Estimate {
        let method = format!("share of such {what} below the quote");
        let n = self.facts;
        if quote_minor_units == 0 {
            let unknown = Estimate::not_known(Unit::Probability, &method, n, "prices", NO_QUOTE);
            return like(unknown, expected);
        }
        let at = (quote_minor_units as f64).ln();
        let place = self.place(&expected.query);
        let share = self.next_fee(&place).below(at);
        let usual = self.usual_fee(&place);
        let if_usual_were = |probability: f64| self.noise_curves(usual.quantile(probability)).below(at);
        let (lo, hi) = (if_usual_were(0.95).min(share), if_usual_were(0.05).max(share));
        let explanation = Explanation::leaf(
            format!("how likely the next of such {what} costs less than the quote"),
            Some(share),
            Unit::Probability,
        )
        .with_formula(format!("{method} v{PRICE_VERSION} = P(next of such {what} < quote)"))
        .with_parts(vec![quote_leaf(quote_minor_units, expected), expected.estimate.explanation.clone()])
        .with_rows(n, "prices", None);
        like(Estimate::known(share, lo, hi, n, "prices", &method, explanation), expected)
    }
}

const NO_QUOTE: &str = "a quote of 0 is no price; put what the product costs";

/// The same moment, grade and version.
fn like(estimate: Estimate, expected: &PriceEstimate) -> Estimate {
    let (as_of, grade) = (expected.estimate.as_of, expected.estimate.grade);
    Estimate { as_of, grade, version: PRICE_VERSION, ..estimate }
}

fn quote_leaf(quote_minor_units: u64, expected: &PriceEstimate) -> Explanation {
    Explanation::leaf("the quote", Some(quote_minor_units as f64), expected.estimate.unit)
}

fn over_expected(deal: &PriceEstimate, quote_minor_units: u64) -> Estimate {
    let method = "quote over the deal to expect";
    let estimate = &deal.estimate;
    let known = (estimate.value, estimate.lo, estimate.hi);
    let (Some(median), Some(lo), Some(hi), 1..) = (known.0, known.1, known.2, quote_minor_units) else {
        return like(Estimate::not_known(estimate.unit, method, estimate.n, "prices", NO_QUOTE), deal);
    };
    let quote = quote_minor_units as f64;
    let mut less = estimate.explanation.clone();
    less.words = format!("less {}", less.words);
    less.value = Some(-median);
    let words = "the quote over what the next such deal would cost; what it includes may explain the difference";
    let explanation = Explanation::sum(words, estimate.unit, vec![quote_leaf(quote_minor_units, deal), less])
        .with_formula(format!("{method} v{PRICE_VERSION} = quote - median of the next deal"))
        .with_rows(estimate.n, "prices", None);
    like(Estimate::known(quote - median, quote - hi, quote - lo, estimate.n, "prices", method, explanation), deal)
}

fn words(query: &PriceQuery, place: Option<QuotePlace>, deals_below: &Estimate) -> String {
    let (Some(place), Some(below)) = (place, deals_below.value) else {
        return NO_QUOTE.to_owned();
    };
    let what = format!("{} on {}", query.format.one(), query.platform.name());
    let rests_on = match deals_below.grade {
        Grade::D => ", by published figures alone",
        _ => "",
    };
    match place {
        QuotePlace::High => {
            let most = most_of(below);
            format!("high for {what}: {most} such deals cost less{rests_on}; it may include more, such as usage rights")
        }
        QuotePlace::Usual => {
            format!("usual for {what}: about {:.0} in 10 such deals cost less{rests_on}", 10.0 * below)
        }
        QuotePlace::Low => {
            let most = most_of(1.0 - below);
            format!("low for {what}: {most} such deals cost more{rests_on}; it may include less")
        }
    }
}

/// A share of 0.9 or more, never said higher than it is.
fn most_of(share: f64) -> &'static str {
    match share {
        0.99.. => "99 in 100",
        0.95.. => "19 in 20",
        _ => "9 in 10",
    }
}
