//! Fit: whether a creator suits a brand, from six parts that a person weighs, with what speaks against it told first.
//!
//! Product, values, audience, niche, conversation and price each arrive as a number 0..=1 with an interval and a reason. A
//! part that is not known is left out of the number and widens the interval by what it could change. Conflicts are words
//! the creator wrote, quoted; they never say anything about a person's character.

mod conflicts;
mod curves;
mod phrases;
mod product;
mod reading;
mod values;
mod weights;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Money, Ratio, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::two_sided_z;

pub use conflicts::{BrandWords, Conflict, ConflictKind, ConflictsFound, RivalMention, conflicts};
pub use curves::{NicheChance, audience_part, conversation_part, niche_part, price_part};
pub use product::{ProductTalk, product_part, product_talk, talked_prices};
pub use reading::{Quote, TEXT_BYTES_MAX, TextSeen, TextsRead};
pub use values::{ShippedValue, ValueError, ValueShown, Values, shipped_values, values_part, values_shown};
pub use weights::{FitPart, FitWeights, PARTS, Reach, WEIGHT_MAX, WeightsError};

/// The version of the formulas here; fits keep the version they were made with.
pub const FIT_VERSION: u32 = 1;

/// Fewer own posts say nothing of what somebody usually writes of.
const POSTS_MIN: u64 = 5;
/// Quotes shown of one thing.
const QUOTES_MAX: usize = 5;
/// Of posts, a share of so much counts a half.
const MIDDLE_SHARE: f64 = 0.1;
const METHOD: &str = "fit";

/// A brand as far as fit needs it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BrandProfile {
    pub name: String,
    /// Words and phrases for the product and its kind: "ipa", "craft beer".
    pub product_words: Vec<String>,
    /// What the product is, for comparing words.
    pub product_text: String,
    /// Whom it is for, for comparing words.
    pub for_whom_text: String,
    /// The price of the product itself.
    pub price: Option<Money>,
    pub values: Vec<BrandValue>,
    /// Names of rivals as they are written.
    pub rivals: Vec<String>,
    /// Codes of IAB Content Taxonomy 3.1.
    pub niches: Vec<String>,
}

/// A value a brand stands for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BrandValue {
    /// A code or name of the shipped list, or a name of the brand's own.
    pub name: String,
    /// More words and phrases by which people show it; needed for an own name.
    pub words: Vec<String>,
}

/// The six parts, each 0..=1 or not known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FitParts {
    pub product: Estimate,
    pub values: Estimate,
    pub audience: Estimate,
    pub niche: Estimate,
    pub conversation: Estimate,
    pub price: Estimate,
}

impl FitParts {
    /// All parts as not known, to be filled in with those that are.
    pub fn not_known() -> FitParts {
        let of = |part: FitPart| part.not_known(0, "measures", part.way_to_know());
        FitParts {
            product: of(FitPart::Product),
            values: of(FitPart::Values),
            audience: of(FitPart::Audience),
            niche: of(FitPart::Niche),
            conversation: of(FitPart::Conversation),
            price: of(FitPart::Price),
        }
    }

    pub fn of(&self, part: FitPart) -> &Estimate {
        match part {
            FitPart::Product => &self.product,
            FitPart::Values => &self.values,
            FitPart::Audience => &self.audience,
            FitPart::Niche => &self.niche,
            FitPart::Conversation => &self.conversation,
            FitPart::Price => &self.price,
        }
    }
}

/// What a conflict does to the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictRule {
    /// The fit is held at the cap until a person has set the conflict aside.
    Cap,
    /// The conflict is shown first and the number stays.
    Flag,
}

/// What changes a fit beside the weights; kept with it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FitSettings {
    pub conflicts: ConflictRule,
    pub cap: Ratio,
}

impl Default for FitSettings {
    fn default() -> FitSettings {
        FitSettings { conflicts: ConflictRule::Cap, cap: Ratio::new(0.2).expect("a fifth is a share") }
    }
}

/// One part of a fit with what it weighs and adds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PartTold {
    pub part: FitPart,
    /// As the person set it, 0..=10.
    pub weight: u8,
    /// What reach multiplied it by.
    pub shift: f64,
    /// Its share, 0..=1, of all weight after that.
    pub weight_share: f64,
    pub estimate: Estimate,
    /// What it adds to the fit, as in the fit's explanation; `None`: not known, left out.
    pub contribution: Option<f64>,
}

/// Whether a creator suits a brand.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fit {
    /// What speaks against it, the gravest first; shown before the number.
    pub conflicts: Vec<Conflict>,
    /// A score 0..=1.
    pub estimate: Estimate,
    /// All six, in the order of [`FitPart::ALL`].
    pub parts: Vec<PartTold>,
    /// The share, 0..=1, of all weight that known parts carry; told in the explanation.
    pub known_weight: f64,
    pub weights: FitWeights,
    pub settings: FitSettings,
}

/// Combines the parts by the person's weights into one number with its interval and the tree that adds up to it.
///
/// Formula: `fit = sum of w x / sum of w` over the parts known, `w` = weight x shift by reach. The interval is for the fit if
/// every part were known: about `k fit + (1 - k) / 2`, `k` the known share of all weight, the distances to each part's own
/// ends times its share of weight are added by their squares, parts taken as independent; a part not known is taken as
/// anything from 0 to 1 alike, a distance of `z sqrt(1/12)`. The interval always holds the fit and lies in 0..=1.
/// Inputs: `parts`, each 0..=1 (anything else counts as not known and is told so); `conflicts`, those that stand, which with
/// [`ConflictRule::Cap`] hold fit and interval at the cap, as a part of its own in the explanation.
/// Output: a score 0..=1; not known when no part that has weight is known. Cost: O(1). Source: square-and-add of intervals,
/// Zou & Donner 2008, Statistics in Medicine 27; the weighting is our own choice.
///
/// ```
/// use engine::matching::fit::{FitParts, FitSettings, FitWeights, fit, price_part};
/// use model::{Currency, Estimate, Explanation, Money, Unit};
/// let unit = Unit::Money(Currency::new("EUR").unwrap());
/// let quote = Estimate::known(200.0, 150.0, 250.0, 4, "deals", "quote", Explanation::leaf("quote", Some(200.0), unit));
/// let parts = FitParts { price: price_part(&quote, Money::new(200, "EUR").unwrap()), ..FitParts::not_known() };
/// let weights: FitWeights = "p1v0a0n0c0e1w50".parse().unwrap();
/// let found = fit(&parts, &weights, vec![], &FitSettings::default());
/// assert_eq!((found.estimate.value, found.known_weight), (Some(0.5), 0.5));
/// ```
pub fn fit(parts: &FitParts, weights: &FitWeights, conflicts: Vec<Conflict>, settings: &FitSettings) -> Fit {
    let shares = weights.shares();
    let known_weight = FitPart::ALL
        .into_iter()
        .filter(|part| known(parts.of(*part)).is_some())
        .map(|part| shares[part.place()])
        .sum::<f64>()
        .min(1.0);
    let told = |part: FitPart| {
        let estimate = parts.of(part);
        let of_known = |known: Known| shares[part.place()] * known.value / known_weight;
        PartTold {
            part,
            weight: weights.of(part),
            shift: weights.reach().shift(part),
            weight_share: shares[part.place()],
            estimate: estimate.clone(),
            contribution: known(estimate).filter(|_| known_weight > 0.0).map(of_known),
        }
    };
    let told: Vec<PartTold> = FitPart::ALL.into_iter().map(told).collect();
    let estimate = combined(&told, known_weight, weights, &conflicts, settings);
    Fit { conflicts, estimate, parts: told, known_weight, weights: *weights, settings: *settings }
}

#[derive(Clone, Copy)]
struct Known {
    value: f64,
    lo: f64,
    hi: f64,
}

/// A part's value and ends, stretched to 90 % where its own interval is made for less.
fn known(estimate: &Estimate) -> Option<Known> {
    let value = estimate.value.filter(|value| (0.0..=1.0).contains(value))?;
    let own_level = Ratio::new(estimate.level).ok().filter(|level| level.value() > 0.0)?;
    let stretch = if estimate.level < DEFAULT_LEVEL { z() / two_sided_z(own_level) } else { 1.0 };
    let lo = value - stretch * (value - estimate.lo.unwrap_or(0.0)).max(0.0);
    let hi = value + stretch * (estimate.hi.unwrap_or(1.0) - value).max(0.0);
    Some(Known { value, lo: lo.max(0.0), hi: hi.min(1.0) })
}

fn z() -> f64 {
    two_sided_z(Ratio::new(DEFAULT_LEVEL).expect("the default level is a share"))
}

fn combined(
    told: &[PartTold],
    known_weight: f64,
    weights: &FitWeights,
    conflicts: &[Conflict],
    settings: &FitSettings,
) -> Estimate {
    let known_parts: Vec<&PartTold> = told.iter().filter(|part| part.contribution.is_some()).collect();
    let as_of = known_parts.iter().filter_map(|part| part.estimate.as_of).min();
    let finish = |estimate: Estimate| Estimate { version: FIT_VERSION, as_of, ..estimate };
    let first = conflicts.iter().map(|conflict| Explanation::leaf(conflict.words.clone(), None, Unit::Score));
    let mut parts: Vec<Explanation> = first.collect();
    parts.push(Explanation::leaf(weights.reach().words(), None, Unit::Score));
    parts.extend(told.iter().filter(|part| part.weight > 0).map(|part| explained(part, known_weight)));
    if known_weight <= 0.0 {
        let reason = why_not_known(told);
        let mut estimate = Estimate::not_known(Unit::Score, METHOD, 0, "parts known", reason);
        estimate.explanation = estimate.explanation.with_parts(parts);
        return finish(estimate);
    }
    let value: f64 = known_parts.iter().filter_map(|part| part.contribution).sum::<f64>().clamp(0.0, 1.0);
    let (mut lo, mut hi) = ends(told, known_weight, value);
    let is_capped = !conflicts.is_empty() && settings.conflicts == ConflictRule::Cap && value > settings.cap.value();
    if !conflicts.is_empty() && settings.conflicts == ConflictRule::Cap {
        (lo, hi) = (lo.min(settings.cap.value()), hi.min(settings.cap.value()));
    }
    if is_capped {
        let words = format!("held at {:.0} % because of what speaks against it", settings.cap.value() * 100.0);
        parts.push(Explanation::leaf(words, Some(settings.cap.value() - value), Unit::Score));
    }
    let words = format!("fit: the parts known carry {:.0} % of the weight", known_weight * 100.0);
    let formula =
        format!("fit v{FIT_VERSION} = sum of weight x part / sum of weights, over the parts known ({weights})");
    let explanation = Explanation::sum(words, Unit::Score, parts).with_formula(formula);
    let value = if is_capped { settings.cap.value() } else { value };
    let grade = known_parts.iter().fold(Grade::A, |grade, part| grade.worst(part.estimate.grade));
    let weighing = known_parts.iter().filter(|part| part.weight > 0).count() as u64;
    finish(Estimate::known(value, lo, hi, weighing, "parts known", METHOD, explanation).graded(grade))
}

fn ends(told: &[PartTold], known_weight: f64, value: f64) -> (f64, f64) {
    let middle = known_weight * value + (1.0 - known_weight) / 2.0;
    let from_anything = z() / 12.0_f64.sqrt();
    let (mut down, mut up) = (0.0, 0.0);
    for part in told {
        let (below, above) = match known(&part.estimate) {
            Some(known) => (known.value - known.lo, known.hi - known.value),
            None => (from_anything, from_anything),
        };
        down += (part.weight_share * below).powi(2);
        up += (part.weight_share * above).powi(2);
    }
    ((middle - down.sqrt()).min(value).max(0.0), (middle + up.sqrt()).max(value).min(1.0))
}

/// "product (weight 3, x 1.00 by reach: 17 % of the weight)" with what it adds.
fn explained(told: &PartTold, known_weight: f64) -> Explanation {
    let (name, weight) = (told.part.words(), told.weight);
    let shift = if told.shift == 1.0 { String::new() } else { format!(", x {:.2} by reach", told.shift) };
    let of_all = told.weight_share * 100.0;
    match told.contribution {
        Some(adds) => {
            let of_known = 100.0 * told.weight_share / known_weight;
            let value = told.estimate.value.unwrap_or_default();
            let words = format!("{name}: {value:.2} (weight {weight}{shift}: {of_known:.0} % of the weight known)");
            Explanation::leaf(words, Some(adds), Unit::Score).with_parts(vec![told.estimate.explanation.clone()])
        }
        None => {
            let reason = reason(told);
            let words = format!("{name}: left out (weight {weight}{shift}: {of_all:.0} % of all weight): {reason}");
            Explanation::leaf(words, None, Unit::Score)
        }
    }
}

fn reason(told: &PartTold) -> String {
    match (told.estimate.value, &told.estimate.not_known) {
        (Some(value), _) => format!("{value} does not lie between 0 and 1; give the part as such a number"),
        (None, Some(reason)) => reason.clone(),
        (None, None) => told.part.way_to_know().to_owned(),
    }
}

fn why_not_known(told: &[PartTold]) -> String {
    let weighing = told.iter().filter(|part| part.weight > 0);
    let reasons: Vec<String> = weighing.map(|part| format!("{}: {}", part.part.words(), reason(part))).collect();
    format!("no part that carries weight is known. {}", reasons.join(". "))
}

/// A fit without its explanation.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct FitValue {
    /// 0..=1, before any cap.
    pub value: f32,
    /// The share, 0..=1, of all weight that known parts carry.
    pub known_weight: f32,
}

/// The same number as [`fit`] gives without conflicts, for a whole column of a search.
///
/// Inputs: `values` of the parts in the order of [`FitPart::ALL`], each 0..=1; `None`, or anything else, is not known.
/// `shares` of weight as [`FitWeights::shares`] gives, made once for the column.
/// Output: `None` when no part that carries weight is known. Cost: O(1), a few nanoseconds.
pub fn fit_value(values: &[Option<f32>; PARTS], shares: &[f64; PARTS]) -> Option<FitValue> {
    let (mut sum, mut known) = (0.0, 0.0);
    for (value, share) in values.iter().zip(shares) {
        if let Some(value) = value.filter(|value| (0.0..=1.0).contains(value)) {
            sum += share * f64::from(value);
            known += share;
        }
    }
    let value = (sum / known).min(1.0) as f32;
    (known > 0.0).then_some(FitValue { value, known_weight: known.min(1.0) as f32 })
}

/// [`fit_value`] of every row of a search. Cost `O(rows)`.
pub fn fit_values(rows: &[[Option<f32>; PARTS]], weights: &FitWeights) -> Vec<Option<FitValue>> {
    let shares = weights.shares();
    rows.iter().map(|row| fit_value(row, &shares)).collect()
}

#[cfg(test)]
mod tests;
