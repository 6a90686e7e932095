//! The conversation groups of a world: who shares an interest and a platform, and how many they are.
//!
//! The members of a group are neighbours in the list of accounts, its creators first. The first four groups are the
//! ones in which the brand's buyers talk.

use std::ops::Range;

use model::Platform;

use crate::random::{Purpose, Stream};
use crate::settings::WorldSettings;
use crate::vocabulary::{BAKING, COFFEE, NICHES, Niche, TEA};

/// The platforms of a made-up world.
pub(crate) const PLATFORMS: [Platform; 4] =
    [Platform::Instagram, Platform::TikTok, Platform::YouTube, Platform::Bluesky];

/// Positions in [`PLATFORMS`] in the proportion in which groups live there.
const PLATFORM_TURNS: [u8; 20] = [0, 1, 2, 3, 0, 1, 0, 2, 0, 1, 0, 3, 0, 2, 1, 0, 1, 2, 0, 3];

/// The platform whose turn it is, as a position in [`PLATFORMS`].
pub(crate) fn platform_turn(number: usize) -> u8 {
    PLATFORM_TURNS[number % PLATFORM_TURNS.len()]
}

/// A circle of people who mostly talk to each other.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) niche: u8,
    /// Position in [`PLATFORMS`].
    pub(crate) platform: u8,
    pub(crate) first: u32,
    pub(crate) people: u32,
    /// How many of its first members publish regularly.
    pub(crate) creators: u32,
    pub(crate) has_buyers: bool,
}

impl Group {
    pub(crate) fn members(&self) -> Range<usize> {
        self.first as usize..(self.first + self.people) as usize
    }

    pub(crate) fn creators(&self) -> Range<usize> {
        self.first as usize..(self.first + self.creators) as usize
    }

    pub(crate) fn niche(&self) -> &'static Niche {
        &NICHES[usize::from(self.niche)]
    }
}

/// Sizes follow a truncated power law, as in the benchmark graphs of group detection.
pub(crate) fn plan_groups(settings: &WorldSettings, people: usize) -> Vec<Group> {
    let size = settings.size;
    let sizes = Stream::new(settings.seed, Purpose::Groups);
    let (smallest, largest) = size.group_size_range();
    let buyer_circles = [(COFFEE, 0u8), (TEA, 0), (COFFEE, 2), (BAKING, 0)];
    let mut groups = Vec::new();
    let mut first = 0usize;
    while first < people {
        let number = groups.len();
        let has_buyers = number < buyer_circles.len();
        let (niche, platform) = match buyer_circles.get(number) {
            Some(&circle) => circle,
            None => ((number * 5 + number / NICHES.len()) % NICHES.len(), platform_turn(number)),
        };
        let wanted = match size.buyer_group_sizes().get(number) {
            Some(&wanted) => wanted,
            None => sizes.dice(number as u64).power_law(smallest, largest, 2.0) as usize,
        };
        let left = people - first;
        let members = if left < wanted + smallest as usize { left } else { wanted };
        let creator_share = if has_buyers { size.creator_share().max(0.1) * 1.6 } else { size.creator_share() };
        let creators = ((members as f64 * creator_share).round() as usize).clamp(3.min(members), members);
        groups.push(Group {
            niche: niche as u8,
            platform,
            first: first as u32,
            people: members as u32,
            creators: creators as u32,
            has_buyers,
        });
        first += members;
    }
    groups
}
