//! What a brand stands for: its product, whom it is for, its values, its rivals and its niches, as a person says it.

use engine::matching::fit::{self, BrandValue, BrandWords, shipped_values};
use engine::matching::niches::niche_named;
use model::{Brand, Money};
use serde::{Deserialize, Serialize};

use crate::data_directory::DataDirectory;
use crate::matching::MatchingError;
use crate::matching::prices::{self, PriceError, money};

/// Entries of one list.
const ENTRIES_MAX: usize = 100;
/// Letters of the texts on the product and on whom it is for.
const TEXT_LETTERS_MAX: usize = 2_000;

/// What a brand stands for; all of it may be left empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BrandProfile {
    /// Words and phrases for the product and its kind.
    pub product_words: Vec<String>,
    /// What the product is.
    pub product_text: String,
    pub for_whom_text: String,
    /// What the product costs.
    pub price: Option<Money>,
    /// What one post may cost.
    pub post_budget: Option<Money>,
    pub values: Vec<BrandValue>,
    /// Names of rivals as they are written.
    pub rivals: Vec<String>,
    /// Codes of the content taxonomy.
    pub niches: Vec<String>,
}

/// Why a part of a profile was refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error(transparent)]
    Value(#[from] fit::ValueError),
    #[error(
        "{0:?} is no niche\nhint: give a code or name of the content taxonomy, such as \"Food & Drink\"; niches on health, \
         religion, politics and sensitive matters are never used on people"
    )]
    NoSuchNiche(String),
    #[error(transparent)]
    Price(#[from] PriceError),
    #[error("{what} has {count} entries; {ENTRIES_MAX} are the most\nhint: keep those that tell creators apart")]
    TooMany { what: &'static str, count: usize },
    #[error("{what} has {letters} letters; {TEXT_LETTERS_MAX} are the most")]
    TooLong { what: &'static str, letters: usize },
}

impl BrandProfile {
    /// The same as kept: trimmed, each entry once, niches as codes; refused with the reason where a part cannot be used.
    pub fn checked(mut self) -> Result<BrandProfile, ProfileError> {
        for (what, entries) in [
            ("the list of product words", &mut self.product_words),
            ("the list of rivals", &mut self.rivals),
            ("the list of niches", &mut self.niches),
        ] {
            *entries = entries.iter().map(|entry| entry.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            entries.retain(|entry| !entry.is_empty());
            let mut met = std::collections::HashSet::new();
            entries.retain(|entry| met.insert(entry.to_lowercase()));
            if entries.len() > ENTRIES_MAX {
                return Err(ProfileError::TooMany { what, count: entries.len() });
            }
        }
        for (what, text) in [("what the product is", &self.product_text), ("whom it is for", &self.for_whom_text)] {
            let letters = text.chars().count();
            if letters > TEXT_LETTERS_MAX {
                return Err(ProfileError::TooLong { what, letters });
            }
        }
        if self.values.len() > ENTRIES_MAX {
            return Err(ProfileError::TooMany { what: "the list of values", count: self.values.len() });
        }
        self.product_text = self.product_text.trim().to_owned();
        self.for_whom_text = self.for_whom_text.trim().to_owned();
        for niche in &mut self.niches {
            *niche = niche_named(niche).ok_or_else(|| ProfileError::NoSuchNiche(niche.clone()))?.code.to_owned();
        }
        BrandWords::of(&self.for_engine(""))?;
        Ok(self)
    }

    /// As the engine takes it.
    pub fn for_engine(&self, name: &str) -> fit::BrandProfile {
        fit::BrandProfile {
            name: name.to_owned(),
            product_words: self.product_words.clone(),
            product_text: self.product_text.clone(),
            for_whom_text: self.for_whom_text.clone(),
            price: self.price,
            values: self.values.clone(),
            rivals: self.rivals.clone(),
            niches: self.niches.clone(),
        }
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == BrandProfile::default()
    }
}

/// A value as it is typed: a code or name of the shipped list, or `name: word, word` with words of its own.
pub fn typed_value(text: &str) -> Option<BrandValue> {
    let (name, words) = text.split_once(':').unwrap_or((text, ""));
    let words = words.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!name.trim().is_empty()).then(|| BrandValue { name: name.trim().to_owned(), words })
}

/// A value as [`typed_value`] reads it.
pub fn value_typed(value: &BrandValue) -> String {
    match value.words.as_slice() {
        [] => value.name.clone(),
        words => format!("{}: {}", value.name, words.join(", ")),
    }
}

/// Whether a value is one of the shipped list without words of the brand's own.
pub fn is_shipped(value: &BrandValue) -> bool {
    value.words.is_empty() && shipped_values().iter().any(|listed| listed.code == value.name)
}

/// An amount as it is typed; nothing typed is nothing.
pub fn typed_money(text: &str) -> Result<Option<Money>, ProfileError> {
    match text.trim() {
        "" => Ok(None),
        text => Ok(Some(money(text)?)),
    }
}

/// An amount as [`typed_money`] reads it: `12.50 EUR`.
pub fn money_typed(amount: &Money) -> String {
    let decimals = amount.currency.decimals();
    let whole = amount.minor_units as f64 / 10f64.powi(decimals as i32);
    format!("{whole:.*} {}", decimals as usize, amount.currency)
}

/// What a brand stands for as it was said; empty where nobody has.
pub async fn profile(data: &DataDirectory, brand: &Brand) -> Result<BrandProfile, MatchingError> {
    let Some(kept) = data.store.brand_profile(brand.id).await? else { return Ok(BrandProfile::default()) };
    serde_json::from_str(&kept).map_err(|error| {
        MatchingError::Store(store::StoreError::Database {
            what: "what the brand stands for cannot be read; say it again on the brand's page",
            problem: error.to_string(),
        })
    })
}

/// Keeps what a brand stands for.
pub async fn keep_profile(
    data: &DataDirectory,
    brand: &Brand,
    said: BrandProfile,
) -> Result<BrandProfile, MatchingError> {
    let said = said.checked()?;
    if let Some(budget) = said.post_budget {
        prices::begin_with(data, budget.currency).await?;
    }
    let json = serde_json::to_string(&said).expect("a profile serialises");
    data.store.keep_brand_profile(brand.id, &json, data.now()).await?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_tidied_and_niches_become_codes() {
        let said = BrandProfile {
            product_words: vec![" craft  beer ".into(), "Craft beer".into(), "".into()],
            niches: vec!["Food & Drink".into()],
            ..BrandProfile::default()
        };
        let kept = said.checked().expect("can be used");
        assert_eq!(kept.product_words, ["craft beer"]);
        assert!(niche_named(&kept.niches[0]).is_some_and(|node| node.name == "Food & Drink"));
    }

    #[test]
    fn what_would_sort_people_by_belief_or_cannot_be_used_is_refused() {
        let of =
            |values: Vec<BrandValue>, niches: Vec<String>| BrandProfile { values, niches, ..BrandProfile::default() };
        let value = |name: &str, words: &[&str]| BrandValue {
            name: name.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        assert!(of(vec![value("our way", &[])], vec![]).checked().is_err());
        assert!(of(vec![value("faith", &["christian"])], vec![]).checked().is_err());
        assert!(of(vec![], vec!["no such niche".into()]).checked().is_err());
        assert!(of(vec![value("slow", &["slow tea"])], vec![]).checked().is_ok());
    }

    #[test]
    fn values_and_amounts_are_written_as_they_are_read() {
        let value = typed_value("slow: slow tea, no rush").expect("a value");
        assert_eq!(value.words, ["slow tea", "no rush"]);
        assert_eq!(typed_value(&value_typed(&value)), Some(value));
        let amount = typed_money("12.50 EUR").expect("an amount").expect("is there");
        assert_eq!(money_typed(&amount), "12.50 EUR");
        assert_eq!(typed_money("  ").expect("nothing"), None);
    }
}
