//! How big a made-up world is, when it ends and which seed it grows from.

use model::{Days, Timestamp};
use serde::{Deserialize, Serialize};

/// How much is made up. Small is for tests and CI, large for measuring at scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorldSize {
    Small,
    Medium,
    Million,
    Large,
}

impl WorldSize {
    pub const ALL: [WorldSize; 4] = [WorldSize::Small, WorldSize::Medium, WorldSize::Million, WorldSize::Large];

    pub fn code(self) -> &'static str {
        match self {
            WorldSize::Small => "small",
            WorldSize::Medium => "medium",
            WorldSize::Million => "million",
            WorldSize::Large => "large",
        }
    }

    pub fn from_code(code: &str) -> Option<WorldSize> {
        WorldSize::ALL.into_iter().find(|size| size.code().eq_ignore_ascii_case(code))
    }

    /// How many accounts, bots and the brand's own included.
    pub fn accounts(self) -> usize {
        match self {
            WorldSize::Small => 3_000,
            WorldSize::Medium => 100_000,
            WorldSize::Million => 1_000_000,
            WorldSize::Large => 10_000_000,
        }
    }

    /// How many interactions, within one per cent.
    pub fn interactions(self) -> u64 {
        match self {
            WorldSize::Small => 60_000,
            WorldSize::Medium => 2_000_000,
            WorldSize::Million => 10_000_000,
            WorldSize::Large => 100_000_000,
        }
    }

    /// How many people are in each of the four groups in which the brand's buyers talk.
    pub(crate) fn buyer_group_sizes(self) -> [usize; 4] {
        match self {
            WorldSize::Small => [150, 130, 120, 110],
            WorldSize::Medium => [900, 700, 600, 500],
            WorldSize::Million => [2_000, 1_500, 1_200, 1_000],
            WorldSize::Large => [4_000, 3_000, 3_000, 2_500],
        }
    }

    /// The smallest and largest ordinary group.
    pub(crate) fn group_size_range(self) -> (f64, f64) {
        match self {
            WorldSize::Small => (40.0, 250.0),
            WorldSize::Medium => (60.0, 2_500.0),
            WorldSize::Million => (60.0, 4_000.0),
            WorldSize::Large => (60.0, 5_000.0),
        }
    }

    /// The share of a group's members who publish regularly.
    pub(crate) fn creator_share(self) -> f64 {
        match self {
            WorldSize::Small => 0.12,
            WorldSize::Medium => 0.08,
            WorldSize::Million => 0.05,
            WorldSize::Large => 0.04,
        }
    }

    /// How many creators' profiles are looked at every day; the rest are looked at now and then.
    pub(crate) fn watched_creators(self) -> usize {
        match self {
            WorldSize::Small => usize::MAX,
            WorldSize::Medium => 1_000,
            WorldSize::Million => 1_500,
            WorldSize::Large => 2_000,
        }
    }

    /// Days between two looks at a creator who is not watched daily.
    pub(crate) fn profile_every_days(self) -> u32 {
        match self {
            WorldSize::Small => 1,
            WorldSize::Medium => 30,
            WorldSize::Million => 91,
            WorldSize::Large => 91,
        }
    }

    /// At which ages, in days, a post's counts are read.
    pub(crate) fn metric_ages_days(self) -> &'static [u32] {
        match self {
            WorldSize::Small | WorldSize::Medium => &[1, 7, 30],
            WorldSize::Million => &[7],
            WorldSize::Large => &[7],
        }
    }

    /// How many creators bought followers, and as many went viral.
    pub(crate) fn planted_jumps(self) -> usize {
        match self {
            WorldSize::Small => 12,
            WorldSize::Medium => 60,
            WorldSize::Million => 90,
            WorldSize::Large => 120,
        }
    }

    pub(crate) fn pods(self) -> usize {
        match self {
            WorldSize::Small => 2,
            WorldSize::Medium => 12,
            WorldSize::Million => 40,
            WorldSize::Large => 200,
        }
    }
}

/// Everything a world depends on: the same settings give the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorldSettings {
    pub seed: u64,
    pub size: WorldSize,
    /// The moment the world ends; fixed by default and never taken from a clock.
    pub end_at: Timestamp,
    /// How long it lasts: 120 to 3,650 days.
    pub days: Days,
}

impl WorldSettings {
    /// A world of this size from this seed, 365 days long, ending on 2026-11-01.
    pub fn new(seed: u64, size: WorldSize) -> WorldSettings {
        WorldSettings { seed, size, end_at: Timestamp::from_unix_seconds(1_793_491_200), days: Days(365) }
    }

    /// The first moment of the world, a midnight.
    pub fn start_at(&self) -> Timestamp {
        let end_day = i64::from(self.end_at.day());
        Timestamp::from_unix_seconds((end_day - i64::from(self.days.0)) * 86_400)
    }

    pub(crate) fn checked(self) -> Result<WorldSettings, WorldError> {
        if !(120..=3_650).contains(&self.days.0) {
            return Err(WorldError::Days(self.days.0));
        }
        Ok(self)
    }
}

impl Default for WorldSettings {
    fn default() -> WorldSettings {
        WorldSettings::new(0, WorldSize::Small)
    }
}

/// Why a world cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    #[error("a world lasts 120 to 3650 days, got {0}; growth and lift need that much history")]
    Days(u32),
}
