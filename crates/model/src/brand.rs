//! A brand and the rule that says who its buyers are.

use serde::{Deserialize, Serialize};

use crate::creator::Platform;
use crate::ids::BrandId;

/// Who counts as a buyer: people whose posts carry a tag, or who use a word, or who talk to the brand's own accounts.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BuyerDefinition {
    /// Words or phrases looked for in posts and comments, as whole words, in any case.
    pub keywords: Vec<String>,
    /// Tags a post carries, without `#`, exactly as the platform writes them.
    pub tags: Vec<String>,
    /// The brand's own accounts, as `platform:name`; whoever talks to one is a buyer.
    pub own_accounts: Vec<OwnAccount>,
    /// How many matching posts or comments make a person a buyer (at least 1).
    pub mentions_min: u32,
    /// Only these platforms; empty: all.
    #[serde(default)]
    pub platforms: Vec<Platform>,
}

/// An account that belongs to the brand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnAccount {
    pub platform: Platform,
    pub native_id: String,
}

/// Why a buyer definition was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuyerDefinitionError {
    #[error(
        "the definition is empty, so nobody would be a buyer; give at least one keyword, tag or own account, \
         e.g. --keyword stout --tag recommendations"
    )]
    Empty,
    #[error("own account {0:?} is not of the form platform:name, e.g. instagram:ana_bakes")]
    NotAnAccount(String),
    #[error("keyword {0:?} is too short to mean anything; use at least two letters")]
    KeywordTooShort(String),
}

impl std::str::FromStr for OwnAccount {
    type Err = BuyerDefinitionError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || BuyerDefinitionError::NotAnAccount(text.to_owned());
        let (platform, name) = text.split_once(':').ok_or_else(refused)?;
        let platform = Platform::from_code(platform.trim()).ok_or_else(refused)?;
        let native_id = name.trim().trim_start_matches('@').to_owned();
        if native_id.is_empty() { Err(refused()) } else { Ok(OwnAccount { platform, native_id }) }
    }
}

impl std::fmt::Display for OwnAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.platform.code(), self.native_id)
    }
}

impl BuyerDefinition {
    /// Trims, lower-cases and removes repeats, then refuses what cannot name a single buyer.
    pub fn checked(mut self) -> Result<BuyerDefinition, BuyerDefinitionError> {
        let tidy = |words: Vec<String>| {
            let mut words: Vec<String> = words
                .iter()
                .map(|word| word.trim().trim_start_matches('#').to_lowercase())
                .filter(|word| !word.is_empty())
                .collect();
            words.sort();
            words.dedup();
            words
        };
        self.keywords = tidy(self.keywords);
        self.tags = tidy(self.tags);
        self.mentions_min = self.mentions_min.max(1);
        if let Some(short) = self.keywords.iter().find(|word| word.chars().count() < 2) {
            return Err(BuyerDefinitionError::KeywordTooShort(short.clone()));
        }
        if self.keywords.is_empty() && self.tags.is_empty() && self.own_accounts.is_empty() {
            return Err(BuyerDefinitionError::Empty);
        }
        Ok(self)
    }
}

/// A brand as a person set it up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Brand {
    pub id: BrandId,
    pub name: String,
    pub buyers: BuyerDefinition,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_definition_is_refused_with_what_to_do_next() {
        let blank = BuyerDefinition { keywords: vec!["  ".into()], ..Default::default() };
        let error = blank.checked().expect_err("nobody would be a buyer");
        assert!(error.to_string().contains("at least one keyword"));
    }

    #[test]
    fn words_are_tidied_and_repeats_removed() {
        let definition = BuyerDefinition {
            keywords: vec![" Stout".into(), "stout".into()],
            tags: vec!["#IPA".into()],
            ..Default::default()
        };
        let checked = definition.checked().expect("has a keyword");
        assert_eq!(
            (checked.keywords, checked.tags, checked.mentions_min),
            (vec!["stout".to_owned()], vec!["ipa".to_owned()], 1)
        );
    }

    #[test]
    fn an_own_account_names_its_platform() {
        let account: OwnAccount = "instagram:@ana".parse().expect("well formed");
        assert_eq!(account.to_string(), "instagram:ana");
        assert!("ana".parse::<OwnAccount>().is_err());
    }
}
