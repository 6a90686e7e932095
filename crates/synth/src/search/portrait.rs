//! Who a creator is apart from words: platform, language, size and the figures one filters and sorts by.

use model::{AccountId, Platform, Timestamp};
use serde::{Deserialize, Serialize};

use super::deals;
use super::{END_DAY, SearchPost};
use crate::names::Namer;
use crate::random::{Dice, Stream, exp, power};
use crate::sentences::Language;
use crate::vocabulary::NICHES;

/// A figure with the ends of its 90 % interval; `lo <= value <= hi`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
}

/// What one filters, counts and sorts creators by. `None` is not known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SearchFigures {
    /// Engagement by followers, a share (0.03 is 3 %); known for about 88 %.
    pub engagement_by_followers: Option<Measured>,
    /// Share of comments answered, 0 to 1; known for about 72 %.
    pub reply_rate: Option<Measured>,
    /// How far the creator talks with the audience: `almost-everyone`, `many`, `some`, `rarely` or `not-known`.
    pub conversation_level: &'static str,
    /// Growth of the following over 90 days, a share (0.1 is 10 % more); known for about 70 %.
    pub growth_90_days: Option<f64>,
    /// Posts a week over the posts shown; `None` with fewer than two days between them.
    pub posts_per_week: Option<f64>,
    /// The day of the last post, in days since 1970.
    pub last_post_day: Option<i32>,
    /// Share of the posts shown that are paid for, 0 to 1.
    pub paid_share: Option<f64>,
    /// What the creator asks for one piece of the platform's usual format, in euro cents; known for about 35 %.
    pub fee_minor_units: Option<i64>,
    /// Position of the circle of interest, below [`niche_names`]`().len()`.
    pub niche: usize,
    /// Conversation groups the creator is in, ascending, each once; empty for about 40 %.
    pub groups: Vec<u32>,
}

/// The names of the circles of interest, by [`SearchFigures::niche`].
pub fn niche_names() -> impl ExactSizeIterator<Item = &'static str> {
    NICHES.iter().map(|niche| niche.name)
}

/// Streams of chance of this world, beside those of [`crate::random::Purpose`].
#[derive(Clone, Copy)]
pub(super) enum Use {
    Portrait = 301,
    Texts = 302,
    Figures = 303,
    Planting = 304,
    Fees = 305,
    Deals = 306,
    /// The first of four, one a language.
    Lexicons = 310,
}

pub(super) fn stream(seed: u64, purpose: Use) -> Stream {
    Stream::numbered(seed, purpose as u64)
}

/// What is drawn for a creator before anything is planted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portrait {
    pub(super) platform: Platform,
    pub(super) language: Language,
    pub(super) niche: usize,
    pub(super) followers: u64,
}

/// Platforms with their share of creators.
const PLATFORMS: [(Platform, f64); 8] = [
    (Platform::Instagram, 0.38),
    (Platform::TikTok, 0.26),
    (Platform::YouTube, 0.16),
    (Platform::X, 0.06),
    (Platform::Twitch, 0.04),
    (Platform::Bluesky, 0.04),
    (Platform::Reddit, 0.04),
    (Platform::Mastodon, 0.02),
];
const LANGUAGES: [(Language, f64); 4] =
    [(Language::English, 0.67), (Language::German, 0.13), (Language::Spanish, 0.1), (Language::French, 0.1)];

fn draw<T: Copy>(shares: &[(T, f64)], dice: &mut Dice) -> T {
    let mut left = dice.uniform();
    for (what, share) in shares {
        if left < *share {
            return *what;
        }
        left -= share;
    }
    shares[0].0
}

impl Portrait {
    /// Followers are log-normal around 6,000, between 200 and 20 million.
    pub(super) fn draw(seed: u64, creator: usize) -> Portrait {
        let mut dice = stream(seed, Use::Portrait).dice(creator as u64);
        Portrait {
            platform: draw(&PLATFORMS, &mut dice),
            language: draw(&LANGUAGES, &mut dice),
            niche: dice.below(NICHES.len()),
            followers: dice.log_normal(6_000.0, 1.5).clamp(200.0, 2e7) as u64,
        }
    }

    pub(super) fn account(&self, namer: Namer, creator: usize) -> AccountId {
        let mut native_id = String::with_capacity(24);
        namer.native_id(&mut native_id, self.platform, creator);
        AccountId::of(self.platform, "", &native_id)
    }

    pub(super) fn figures(&self, seed: u64, creator: usize, creators: usize, posts: &[SearchPost]) -> SearchFigures {
        let mut dice = stream(seed, Use::Figures).dice(creator as u64);
        let by_size = power(self.followers as f64 / 10_000.0, -0.15);
        let engagement = measured(dice.log_normal(0.028 * by_size, 0.6).min(1.0), 0.05, 0.3, &mut dice);
        let reply_rate = measured(power(dice.uniform().max(1e-6), 1.6), 0.05, 0.25, &mut dice);
        let growth = dice.log_normal(1.03, 0.09) - 1.0 + if dice.chance(0.03) { dice.between(0.2, 2.0) } else { 0.0 };
        let engagement_by_followers = dice.chance(0.88).then_some(engagement);
        let reply_rate = dice.chance(0.72).then_some(reply_rate);
        let growth_90_days = dice.chance(0.7).then_some(growth);
        let knows_fee = dice.chance(0.35);
        SearchFigures {
            engagement_by_followers,
            reply_rate,
            conversation_level: conversation_level(reply_rate),
            growth_90_days,
            posts_per_week: posts_per_week(posts),
            last_post_day: posts.last().map(|post| post.at.day()),
            paid_share: paid_share(posts),
            fee_minor_units: knows_fee.then(|| deals::asked_fee_minor_units(seed, creator, self)),
            niche: self.niche,
            groups: self.groups(creators, &mut dice),
        }
    }

    /// Groups are numbered so that each belongs to one circle; about 150 creators are in one.
    fn groups(&self, creators: usize, dice: &mut Dice) -> Vec<u32> {
        let of_circle = (creators / NICHES.len() / 150).max(3);
        if dice.chance(0.4) {
            return Vec::new();
        }
        let mut groups: Vec<u32> = (0..1 + dice.below(3))
            .map(|_| dice.power_law(1.0, (of_circle + 1) as f64, 1.2) as usize - 1)
            .map(|group| (group.min(of_circle - 1) * NICHES.len() + self.niche) as u32)
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

/// A share with an interval that is wider the less was seen; both ends stay within 0 to 1.
fn measured(value: f64, narrow: f64, wide: f64, dice: &mut Dice) -> Measured {
    let spread = exp(1.645 * dice.between(narrow, wide));
    Measured { value, lo: value / spread, hi: (value * spread).min(1.0) }
}

fn conversation_level(reply_rate: Option<Measured>) -> &'static str {
    match reply_rate.map(|rate| rate.value) {
        None => "not-known",
        Some(rate) if rate >= 0.8 => "almost-everyone",
        Some(rate) if rate >= 0.5 => "many",
        Some(rate) if rate >= 0.15 => "some",
        Some(_) => "rarely",
    }
}

fn posts_per_week(posts: &[SearchPost]) -> Option<f64> {
    let days = (posts.last()?.at.0 - posts.first()?.at.0) as f64 / 86_400e6;
    (days >= 2.0).then(|| (posts.len() - 1) as f64 * 7.0 / days)
}

fn paid_share(posts: &[SearchPost]) -> Option<f64> {
    let paid = posts.iter().filter(|post| post.paid).count();
    (!posts.is_empty()).then(|| paid as f64 / posts.len() as f64)
}

/// The moments of `posts` posts, oldest first: gaps of a few days, the last some days before the world ends.
pub(super) fn moments(posts: usize, dice: &mut Dice) -> Vec<Timestamp> {
    let gap_days = dice.log_normal(3.0, 0.8);
    let mut at_seconds = i64::from(END_DAY) * 86_400 - (dice.log_normal(6.0, 1.2).min(900.0) * 86_400.0) as i64;
    let mut moments: Vec<Timestamp> = (0..posts)
        .map(|_| {
            let moment = Timestamp::from_unix_seconds(at_seconds);
            at_seconds -= (gap_days * dice.between(0.3, 1.7) * 86_400.0) as i64;
            moment
        })
        .collect();
    moments.reverse();
    moments
}
