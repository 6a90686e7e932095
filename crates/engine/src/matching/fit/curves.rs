//! From what is measured to a part of a fit: curves that carry a ratio, a share, a score or a price to a number 0..=1.
//!
//! Every curve is monotone, so the ends of an interval are carried like its value. The bends are our own choice, stated
//! with each; what is not known stays not known.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Money, Unit};

use super::{FIT_VERSION, FitPart};
use crate::conversations::portraits::niches::is_within;

/// Whether what several measures say goes wrong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Together {
    /// They come from the same rows and may all be too high at once: ends are averaged like values.
    RiseTogether,
    /// They do not depend on each other: distances to the ends add up by their squares.
    Apart,
}

/// One measure, 0..=1, of those a part is made of.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    pub weight: f64,
    pub estimate: Estimate,
}

/// A measure carried along a monotone curve to 0..=1; an open end is taken at 0 or without end.
fn carried(of: &Estimate, words: String, formula: &str, method: &str, curve: impl Fn(f64) -> f64) -> Estimate {
    let Some(value) = of.value.filter(|value| *value >= 0.0 && !value.is_nan()) else {
        let reason =
            of.not_known.clone().unwrap_or_else(|| format!("{words}: the measure is below 0, which cannot be"));
        return like(of, Estimate::not_known(Unit::Score, method, of.n, &of.n_of, reason));
    };
    let carried = curve(value).clamp(0.0, 1.0);
    let ends = [of.lo.unwrap_or(0.0).max(0.0), of.hi.unwrap_or(f64::INFINITY)].map(|end| curve(end).clamp(0.0, 1.0));
    let (lo, hi) = (ends[0].min(ends[1]).min(carried), ends[0].max(ends[1]).max(carried));
    let explanation = Explanation::leaf(words, Some(carried), Unit::Score)
        .with_formula(formula)
        .with_parts(vec![of.explanation.clone()]);
    like(of, Estimate::known(carried, lo, hi, of.n, &of.n_of, method, explanation))
}

fn like(of: &Estimate, made: Estimate) -> Estimate {
    Estimate { version: FIT_VERSION, as_of: of.as_of, grade: of.grade, level: of.level, ..made }
}

/// `x / (x + half)`: 0 at 0, a half at `half`, rising towards 1.
pub(super) fn half_at(half: f64, of: &Estimate, words: String) -> Estimate {
    let formula = format!("x / (x + {half}), x = {}", of.method);
    carried(of, words, &formula, "half_at", |x| 1.0 - 1.0 / (1.0 + x / half))
}

/// The same measure, raised to `least` where it or an end lies below.
pub(super) fn at_least(least: f64, measure: Estimate, why: &str) -> Estimate {
    let raised = |end: Option<f64>| end.map(|end| end.max(least));
    let (value, lo, hi) = (raised(measure.value), raised(measure.lo), raised(measure.hi));
    let words = format!("{}; {why}, so at least {:.0} %", measure.explanation.words, least * 100.0);
    let explanation = Explanation { words, value, ..measure.explanation.clone() };
    Estimate { value, lo, hi, explanation, ..measure }
}

/// The weighted mean of the measures that are known; their contributions add up. Not known when none is.
pub(super) fn mean_of_known(part: FitPart, measures: &[Measure], together: Together) -> Estimate {
    let known: f64 =
        measures.iter().filter(|measure| measure.estimate.value.is_some()).map(|measure| measure.weight).sum();
    let first_reason = measures.iter().find_map(|measure| measure.estimate.not_known.clone());
    if known <= 0.0 {
        return part.not_known(0, "measures", first_reason.unwrap_or_else(|| part.way_to_know().to_owned()));
    }
    let (mut parts, mut down, mut up) = (vec![], 0.0, 0.0);
    let mut of: Option<Estimate> = None;
    for Measure { weight, estimate } in measures {
        let words = &estimate.explanation.words;
        let Some(value) = estimate.value else {
            parts.push(Explanation::leaf(format!("left out, not known: {words}"), None, Unit::Score));
            continue;
        };
        let share = weight / known;
        let below = share * (value - estimate.lo.unwrap_or(0.0)).max(0.0);
        let above = share * (estimate.hi.unwrap_or(1.0) - value).max(0.0);
        let power = if together == Together::Apart { 2 } else { 1 };
        (down, up) = (down + below.powi(power), up + above.powi(power));
        let words = format!("{words}: {:.0} % of the weight", share * 100.0);
        let own = estimate.explanation.clone();
        parts.push(Explanation::leaf(words, Some(share * value), Unit::Score).with_parts(vec![own]));
        of = Some(match of {
            None => estimate.clone(),
            Some(held) => Estimate {
                n: held.n.max(estimate.n),
                grade: held.grade.worst(estimate.grade),
                as_of: held.as_of.into_iter().chain(estimate.as_of).min(),
                ..held
            },
        });
    }
    let of = of.expect("a measure is known");
    let explanation = Explanation::sum(part.question(), Unit::Score, parts);
    let value = explanation.value.unwrap_or_default().clamp(0.0, 1.0);
    if together == Together::Apart {
        (down, up) = (down.sqrt(), up.sqrt());
    }
    let (lo, hi) = ((value - down).max(0.0), (value + up).min(1.0));
    let made = Estimate::known(value, lo, hi, of.n, &of.n_of, part.method(), explanation);
    Estimate { level: DEFAULT_LEVEL, ..like(&of, made) }
}

/// How near the audience is to the brand's buyers: the part [`FitPart::Audience`].
///
/// Formula: `1 - 1 / (1 + ratio)`: chance alone (ratio 1) is a half, three times as likely three quarters.
/// Input: how many times as likely the audience is to be, or to talk, with the brand's buyers than anybody (0 and up).
/// Output: 0..=1, rising; not known where the ratio is not. Cost: O(1). Source: our own choice.
///
/// ```
/// use engine::matching::fit::audience_part;
/// use model::{Estimate, Explanation, Unit};
/// let ratio = Explanation::leaf("times as likely as anybody", Some(3.0), Unit::Score);
/// let part = audience_part(&Estimate::known(3.0, 1.0, 7.0, 40, "buyers", "affinity", ratio));
/// assert_eq!((part.lo, part.value, part.hi), (Some(0.5), Some(0.75), Some(0.875)));
/// ```
pub fn audience_part(affinity_ratio: &Estimate) -> Estimate {
    let part = FitPart::Audience;
    carried(affinity_ratio, part.question().to_owned(), "1 - 1 / (1 + ratio)", part.method(), |ratio| {
        1.0 - 1.0 / (1.0 + ratio)
    })
}

/// How much the creator is part of the buyers' conversation: the part [`FitPart::Conversation`].
///
/// Formula: the mean of `min(1, listening score / the best score of the brand)` and of the reply rate, of those known.
/// Inputs: `listening`, the listening score, 0 and up, with the brand's `best` one, above 0; `reply_rate`, 0..=1.
/// Output: 0..=1, rising in both; not known where both are not. Interval: distances to the ends added by their squares.
/// Cost: O(1). Source: our own choice.
pub fn conversation_part(listening: Option<(&Estimate, f64)>, reply_rate: Option<&Estimate>) -> Estimate {
    let part = FitPart::Conversation;
    let of_best = listening.filter(|(_, best)| *best > 0.0).map(|(score, best)| {
        let words = format!("listening score against the brand's best of {best:.1}");
        carried(score, words, "min(1, score / best)", part.method(), |score| (score / best).min(1.0))
    });
    let answers = reply_rate
        .map(|rate| carried(rate, "answers the people who write".to_owned(), "reply rate", part.method(), |rate| rate));
    let measure = |estimate| Measure { weight: 1.0, estimate };
    let measures: Vec<Measure> = of_best.into_iter().chain(answers).map(measure).collect();
    mean_of_known(part, &measures, Together::Apart)
}

/// The chance, 0..=1, that a creator is in a niche, by its code.
#[derive(Clone, PartialEq, Debug)]
pub struct NicheChance {
    pub code: String,
    pub chance: Estimate,
}

/// How likely the creator is in any of the brand's niches: the part [`FitPart::Niche`].
///
/// Formula: `1 - product of (1 - p)` over the brand's niches, `p` the largest chance of that niche or one within it; a code
/// counts for the first of the brand's niches it lies in. Chances of different niches are taken as independent.
/// Inputs: `chances` by code, each 0..=1; `brand`, codes of IAB Content Taxonomy 3.1.
/// Output: 0..=1, rising in each chance; 0 where chances are known and none lies in the brand's niches; not known without
/// chances or without niches of the brand. Cost: O(chances * niches). Source: independence, our own choice.
pub fn niche_part(chances: &[NicheChance], brand: &[String]) -> Estimate {
    let part = FitPart::Niche;
    let known: Vec<&NicheChance> = chances.iter().filter(|chance| chance.chance.value.is_some()).collect();
    if brand.is_empty() {
        return part.not_known(0, "niches", "the brand names no niche; choose some on the brand's page");
    }
    if known.is_empty() {
        return part.not_known(0, "niches", part.way_to_know());
    }
    let within = |code: &str, wider: &String| code == wider || is_within(code, wider);
    let of_niche = |place: usize| {
        let is_first =
            |chance: &&&NicheChance| brand.iter().position(|wider| within(&chance.code, wider)) == Some(place);
        let here: Vec<&&NicheChance> = known.iter().filter(is_first).collect();
        let most = |end: &dyn Fn(&Estimate) -> Option<f64>| {
            here.iter().filter_map(|chance| end(&chance.chance)).fold(0.0_f64, f64::max).clamp(0.0, 1.0)
        };
        [most(&|of| of.value), most(&|of| of.lo.or(Some(0.0))), most(&|of| of.hi.or(Some(1.0)))]
    };
    let rest = (0..brand.len()).map(of_niche).fold([1.0; 3], |rest, of| [0, 1, 2].map(|at| rest[at] * (1.0 - of[at])));
    let [value, lo, hi] = rest.map(|rest| 1.0 - rest);
    let parts = known.iter().map(|chance| chance.chance.explanation.clone()).collect();
    let formula = "1 - product of (1 - chance) over the brand's niches";
    let explanation =
        Explanation::leaf(part.question(), Some(value), Unit::Score).with_formula(formula).with_parts(parts);
    let grade = known.iter().fold(Grade::A, |grade, chance| grade.worst(chance.chance.grade));
    let as_of = known.iter().filter_map(|chance| chance.chance.as_of).min();
    let made = Estimate::known(value, lo, hi, known.len() as u64, "niches", part.method(), explanation);
    Estimate { version: FIT_VERSION, as_of, grade, ..made }
}

/// How a price lies against what may be spent: the part [`FitPart::Price`].
///
/// Formula: `1 / (1 + asked / limit)`: a half at the limit, two thirds at half of it, a third at twice as much.
/// Inputs: `asked`, a quote or expected price for one post in minor units, and `limit`, the budget for one post; or both per
/// thousand people reached, the limit being what is usual, which brings in the size of the audience. Same currency.
/// Output: 0..=1, falling as the price rises; not known where the price is not, for a limit of 0 or less, and for two
/// currencies, which are never converted silently. Cost: O(1). Source: our own choice.
///
/// ```
/// use engine::matching::fit::price_part;
/// use model::{Currency, Estimate, Explanation, Money, Unit};
/// let unit = Unit::Money(Currency::new("EUR").unwrap());
/// let quote = Estimate::known(20_000.0, 10_000.0, 30_000.0, 5, "deals", "quote", Explanation::leaf("quote", Some(20_000.0), unit));
/// assert_eq!(price_part(&quote, Money::new(20_000, "EUR").unwrap()).value, Some(0.5));
/// assert_eq!(price_part(&quote, Money::new(20_000, "USD").unwrap()).value, None);
/// ```
pub fn price_part(asked: &Estimate, limit: Money) -> Estimate {
    let part = FitPart::Price;
    if limit.minor_units <= 0 {
        return part.not_known(asked.n, &asked.n_of, "no budget for a post is set; set one on the brand's page");
    }
    if let (Unit::Money(currency), Some(_)) = (asked.unit, asked.value)
        && currency != limit.currency
    {
        let reason =
            format!("the price is in {currency} and the budget in {}; give both in one currency", limit.currency);
        return part.not_known(asked.n, &asked.n_of, reason);
    }
    let limit = limit.minor_units as f64;
    carried(asked, part.question().to_owned(), "1 / (1 + price / limit)", part.method(), |price| {
        1.0 / (1.0 + price / limit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn estimate(value: f64, lo: f64, hi: f64) -> Estimate {
        let leaf = Explanation::leaf("measured", Some(value), Unit::Score);
        Estimate::known(value, lo, hi, 10, "posts", "measured", leaf)
    }

    fn unknown() -> Estimate {
        Estimate::not_known(Unit::Score, "measured", 0, "posts", "nobody looked; look")
    }

    fn euros(minor_units: i64) -> Money {
        Money::new(minor_units, "EUR").expect("a currency")
    }

    #[test]
    fn what_is_not_known_stays_so_with_its_reason() {
        for part in
            [audience_part(&unknown()), price_part(&unknown(), euros(1)), conversation_part(None, Some(&unknown()))]
        {
            assert_eq!((part.value, part.not_known.as_deref()), (None, Some("nobody looked; look")));
        }
        assert!(conversation_part(None, None).not_known.is_some());
        assert!(niche_part(&[], &["211".to_owned()]).not_known.is_some());
    }

    #[test]
    fn a_niche_within_the_brands_counts_and_one_twice_named_counts_once() {
        let chance = |code: &str, p: f64| NicheChance { code: code.to_owned(), chance: estimate(p, p / 2.0, p) };
        let brand = ["210".to_owned(), "225".to_owned()];
        let food_and_baking = [chance("210", 0.4), chance("217", 0.3)];
        assert_eq!(niche_part(&food_and_baking, &brand).value, Some(0.4));
        let two = niche_part(&[chance("217", 0.5), chance("225", 0.5)], &brand);
        assert_eq!((two.value, two.lo), (Some(0.75), Some(1.0 - 0.75 * 0.75)));
        assert_eq!(niche_part(&[chance("653", 0.9)], &brand).value, Some(0.0));
    }

    #[test]
    fn half_of_the_conversation_is_what_is_known_of_it() {
        let (score, rate) = (estimate(5.0, 4.0, 6.0), estimate(0.3, 0.1, 0.5));
        let both = conversation_part(Some((&score, 10.0)), Some(&rate));
        assert!((both.value.expect("known") - 0.4).abs() < 1e-12 && both.explanation.adds_up());
        let reach = both.value.expect("known") - both.lo.expect("known");
        assert!((reach - (0.05_f64.powi(2) + 0.1_f64.powi(2)).sqrt()).abs() < 1e-12);
        assert_eq!(conversation_part(Some((&score, 10.0)), None).value, Some(0.5));
        assert_eq!(conversation_part(Some((&estimate(50.0, 5.0, 60.0), 10.0)), None).value, Some(1.0));
    }

    proptest! {
        #[test]
        fn curves_stay_within_0_and_1_and_keep_their_direction(a in 0.0_f64..1e6, b in 0.0_f64..1e6, width in 0.0_f64..1.0) {
            let (less, more) = (a.min(b), a.max(b));
            let of = |x: f64| estimate(x, x * (1.0 - width), x * (1.0 + width));
            for (low, high) in [
                (audience_part(&of(less)), audience_part(&of(more))),
                (price_part(&of(more), euros(500)), price_part(&of(less), euros(500))),
                (half_at(0.1, &of(less), String::new()), half_at(0.1, &of(more), String::new())),
            ] {
                for part in [&low, &high] {
                    let (lo, value, hi) = (part.lo.expect("known"), part.value.expect("known"), part.hi.expect("known"));
                    prop_assert!(0.0 <= lo && lo <= value && value <= hi && hi <= 1.0);
                }
                prop_assert!(low.value <= high.value);
            }
        }
    }
}
