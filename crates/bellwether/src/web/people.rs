//! A person as pages show one: initials on a muted tint, name, platform, followers, and a link.

use model::{AccountId, Platform, Tier};

use super::format;
use crate::creators::CreatorName;

/// A person in a list or beside a quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub account: String,
    pub name: String,
    pub initials: String,
    pub tint: u8,
    pub platform: &'static str,
    /// Empty when it says nothing the name does not.
    pub handle: String,
    /// `None` is "followers not known".
    pub followers: Option<String>,
    pub tier: Option<&'static str>,
    pub address: String,
}

impl Person {
    pub fn new(account: AccountId, platform: Platform, name: &str, handle: &str) -> Person {
        let same = handle.eq_ignore_ascii_case(name) || handle == account.to_string();
        Person {
            account: account.to_string(),
            name: name.to_owned(),
            initials: format::initials(name),
            tint: format::tint(account.0),
            platform: platform.name(),
            handle: if same { String::new() } else { handle.to_owned() },
            followers: None,
            tier: None,
            address: format!("/creators/{account}"),
        }
    }

    pub fn of(name: &CreatorName) -> Person {
        Person::new(name.account, name.platform, &name.name, &name.handle).followed_by(name.followers)
    }

    pub fn followed_by(mut self, followers: Option<i64>) -> Person {
        self.followers = followers.map(format::short_count);
        self
    }

    pub fn in_tier(mut self, tier: Option<&str>) -> Person {
        self.tier = tier.and_then(Tier::from_code).map(tier_words);
        self
    }

    /// Keeps the brand at hand when the name is followed.
    pub fn for_brand(mut self, brand: Option<model::BrandId>) -> Person {
        if let Some(brand) = brand {
            self.address = format!("/creators/{}?brand={brand}", self.account);
        }
        self
    }
}

/// A tier in words.
pub fn tier_words(tier: Tier) -> &'static str {
    match tier {
        Tier::Below => "below nano",
        other => other.code(),
    }
}

/// A tier's code from a filter in words; `unknown` is said as what it means.
pub fn tier_code_words(code: &str) -> String {
    Tier::from_code(code).map_or_else(|| "followers not known".to_owned(), |tier| tier_words(tier).to_owned())
}

/// A platform's code in words.
pub fn platform_words(code: &str) -> String {
    Platform::from_code(code).map_or_else(|| code.to_owned(), |platform| platform.name().to_owned())
}
