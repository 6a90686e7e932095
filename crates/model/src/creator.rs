//! Platforms and tiers: where a creator publishes, and which size class a follower count falls in.
//!
//! A tier is a filter, never the definition of a micro-influencer: an account of 900 followers may qualify by
//! the conversations the buyers are part of. Boundaries are settings; a change re-labels derived rows only.

use serde::{Deserialize, Serialize};

/// Where an account lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    Instagram,
    TikTok,
    YouTube,
    Bluesky,
    Mastodon,
    X,
    Reddit,
    Twitch,
    StackExchange,
    Other,
}

impl Platform {
    pub const ALL: [Platform; 10] = [
        Platform::Instagram,
        Platform::TikTok,
        Platform::YouTube,
        Platform::Bluesky,
        Platform::Mastodon,
        Platform::X,
        Platform::Reddit,
        Platform::Twitch,
        Platform::StackExchange,
        Platform::Other,
    ];

    /// The word used in files, URLs and keys; never change one, ids are hashed from it.
    pub fn code(self) -> &'static str {
        match self {
            Platform::Instagram => "instagram",
            Platform::TikTok => "tiktok",
            Platform::YouTube => "youtube",
            Platform::Bluesky => "bluesky",
            Platform::Mastodon => "mastodon",
            Platform::X => "x",
            Platform::Reddit => "reddit",
            Platform::Twitch => "twitch",
            Platform::StackExchange => "stackexchange",
            Platform::Other => "other",
        }
    }

    /// The name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Instagram => "Instagram",
            Platform::TikTok => "TikTok",
            Platform::YouTube => "YouTube",
            Platform::Bluesky => "Bluesky",
            Platform::Mastodon => "Mastodon",
            Platform::X => "X",
            Platform::Reddit => "Reddit",
            Platform::Twitch => "Twitch",
            Platform::StackExchange => "Stack Exchange",
            Platform::Other => "Other",
        }
    }

    pub fn from_code(code: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|platform| platform.code().eq_ignore_ascii_case(code))
    }
}

/// The size class of an account. Ordered from small to large.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Fewer followers than the smallest class starts at.
    Below,
    Nano,
    Micro,
    Mid,
    Macro,
    Mega,
}

impl Tier {
    pub const ALL: [Tier; 6] = [Tier::Below, Tier::Nano, Tier::Micro, Tier::Mid, Tier::Macro, Tier::Mega];

    pub fn code(self) -> &'static str {
        match self {
            Tier::Below => "below",
            Tier::Nano => "nano",
            Tier::Micro => "micro",
            Tier::Mid => "mid",
            Tier::Macro => "macro",
            Tier::Mega => "mega",
        }
    }

    pub fn from_code(code: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.code().eq_ignore_ascii_case(code))
    }
}

/// One named class: `from` followers inclusive, `to` exclusive (`None`: no upper end).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TierBand {
    pub tier: Tier,
    pub from: u64,
    pub to: Option<u64>,
    /// A second condition on engagement by followers (a share, 0.03 is 3 %), where the definition has one.
    pub engagement_by_followers_min: Option<f64>,
}

/// The tier boundaries in force, with the name of the definition they follow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TierSettings {
    pub definition: String,
    pub bands: Vec<TierBand>,
}

fn band(tier: Tier, from: u64, to: Option<u64>) -> TierBand {
    TierBand { tier, from, to, engagement_by_followers_min: None }
}

impl TierSettings {
    /// The names `named` accepts.
    pub const DEFINITIONS: [&'static str; 4] = ["default", "article-1", "article-2", "article-3"];

    /// A shipped definition: `default` (nano 1k, micro 10k-100k, mid, macro 500k, mega 1M), or one of the three
    /// definitions of micro in use (`article-1`: 10k-50k; `article-2`: 1k-100k, macro above; `article-3`: 10k-100k,
    /// macro above 100k with at least 3 % engagement by followers).
    pub fn named(definition: &str) -> Option<TierSettings> {
        let bands = match definition {
            "default" => vec![
                band(Tier::Nano, 1_000, Some(10_000)),
                band(Tier::Micro, 10_000, Some(100_000)),
                band(Tier::Mid, 100_000, Some(500_000)),
                band(Tier::Macro, 500_000, Some(1_000_000)),
                band(Tier::Mega, 1_000_000, None),
            ],
            "article-1" => vec![band(Tier::Micro, 10_000, Some(50_000))],
            "article-2" => vec![band(Tier::Micro, 1_000, Some(100_000)), band(Tier::Macro, 100_001, None)],
            "article-3" => vec![
                band(Tier::Micro, 10_000, Some(100_000)),
                TierBand { tier: Tier::Macro, from: 100_001, to: None, engagement_by_followers_min: Some(0.03) },
            ],
            _ => return None,
        };
        Some(TierSettings { definition: definition.to_owned(), bands })
    }

    /// The class of an account. `None` means not known or not named by this definition: followers are unknown, the
    /// count falls between the named bands, or a band asks for an engagement that is unknown or too low.
    ///
    /// ```
    /// use model::{Tier, TierSettings};
    /// let tiers = TierSettings::default();
    /// assert_eq!(tiers.tier(Some(10_000), None), Some(Tier::Micro));
    /// assert_eq!(tiers.tier(Some(100_000), None), Some(Tier::Mid));
    /// assert_eq!(tiers.tier(None, None), None);
    /// ```
    pub fn tier(&self, followers: Option<u64>, engagement_by_followers: Option<f64>) -> Option<Tier> {
        let followers = followers?;
        let smallest = self.bands.iter().map(|band| band.from).min()?;
        if followers < smallest {
            return Some(Tier::Below);
        }
        let band = self.bands.iter().find(|band| followers >= band.from && band.to.is_none_or(|to| followers < to))?;
        match band.engagement_by_followers_min {
            Some(least) if engagement_by_followers.is_none_or(|rate| rate < least) => None,
            _ => Some(band.tier),
        }
    }
}

impl Default for TierSettings {
    fn default() -> TierSettings {
        TierSettings::named("default").expect("the default definition exists")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_definitions_of_micro_disagree_where_they_should() {
        let tier =
            |name: &str, followers| TierSettings::named(name).and_then(|settings| settings.tier(Some(followers), None));
        assert_eq!(tier("article-1", 60_000), None);
        assert_eq!(tier("article-2", 5_000), Some(Tier::Micro));
        assert_eq!(tier("article-3", 5_000), Some(Tier::Below));
        assert_eq!(tier("default", 5_000), Some(Tier::Nano));
    }

    #[test]
    fn macro_by_the_third_article_needs_three_percent_engagement() {
        let settings = TierSettings::named("article-3").expect("a shipped definition");
        assert_eq!(settings.tier(Some(200_000), Some(0.02)), None);
        assert_eq!(settings.tier(Some(200_000), Some(0.03)), Some(Tier::Macro));
        assert_eq!(settings.tier(Some(200_000), None), None);
    }

    #[test]
    fn every_platform_is_found_again_by_its_code() {
        for platform in Platform::ALL {
            assert_eq!(Platform::from_code(platform.code()), Some(platform));
        }
    }
}
