//! What is published and how it does: captions, tags, and counts that fit the size of the following.

use model::facts::{PostFact, PostKind, PostMetricFact};
use model::{AccountId, Platform, PostId, TextId, Timestamp};

use crate::brand;
use crate::growth::Following;
use crate::people::Role;
use crate::posters::Poster;
use crate::random::{Dice, exp, ln};
use crate::vocabulary::Niche;

/// What the post itself needs to know of its author.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author {
    pub(crate) id: AccountId,
    pub(crate) role: Role,
    pub(crate) platform: Platform,
    pub(crate) niche: &'static Niche,
}

/// Builds the fact of one post.
pub(crate) fn publish(
    author: Author,
    native_id: String,
    created_at: Timestamp,
    title: Option<String>,
    text: Option<TextId>,
    dice: &mut Dice,
) -> PostFact {
    let kind = match author.platform {
        Platform::YouTube | Platform::TikTok => PostKind::Video,
        _ => PostKind::Post,
    };
    let paid_disclosure = match (author.role, author.platform) {
        (Role::Creator, Platform::Instagram | Platform::YouTube) => Some(dice.chance(0.06)),
        (Role::Creator, Platform::TikTok) => dice.chance(0.04).then_some(true),
        _ => None,
    };
    PostFact {
        id: PostId::of(author.platform, &native_id),
        platform: author.platform,
        native_id,
        author: Some(author.id),
        created_at,
        kind,
        title,
        text,
        url: None,
        parent: None,
        tags: tags(author, dice),
        paid_disclosure,
    }
}

fn tags(author: Author, dice: &mut Dice) -> Vec<String> {
    let mut tags: Vec<String> = Vec::with_capacity(4);
    if author.role == Role::Buyer || author.role == Role::Brand {
        tags.push((*dice.choose(&brand::TAGS)).to_owned());
    }
    for _ in 0..1 + dice.below(3) {
        let tag = *dice.choose(author.niche.tags);
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    if dice.chance(0.15) {
        tags.push((*dice.choose(&["monday", "weekend", "today", "throwback", "smallthings"])).to_owned());
    }
    tags
}

/// One reading of a post's counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) post: PostId,
    pub(crate) observed_at: Timestamp,
    pub(crate) age_days: u32,
    pub(crate) platform: Platform,
    pub(crate) following: Following,
    /// How many times better than usual the post does.
    pub(crate) boost: f64,
    /// Comments that the stream itself holds under it; the platform's count is never below it.
    pub(crate) comments_seen: u32,
}

/// Reads a post's counts. Engagement falls with size (ln of the rate by 0.25 per ln follower) and bought followers
/// neither look nor like; the same `dice` at every age keep the post as good or as bad as it was.
pub(crate) fn read_counts(poster: &Poster, reading: Reading, mut dice: Dice) -> PostMetricFact {
    let (rate_factor, like_per_view) = match reading.platform {
        Platform::TikTok => (1.7, 0.08),
        Platform::YouTube => (0.6, 0.04),
        Platform::Bluesky => (0.8, 0.05),
        _ => (1.0, 0.06),
    };
    let age = match reading.age_days {
        0 | 1 => 0.55,
        2..=7 => 0.9,
        _ => 1.0,
    };
    let followers = reading.following.real.max(30.0);
    let size = ln(followers / 1_000.0);
    let rate = exp(-3.0 - 0.25 * size) * rate_factor * f64::from(poster.engagement) * dice.log_normal(1.0, 0.6);
    let likes = followers * rate.min(0.6) * reading.boost * age;
    let comments = likes * exp(-2.69 - 0.175 * ln(followers)) * dice.log_normal(1.0, 0.5);
    let views = likes / (like_per_view * dice.log_normal(1.0, 0.35));
    let reach = (views * dice.between(0.6, 0.85)).min(followers * 4.0);
    let shares = likes * dice.log_normal(0.04, 0.7);
    let has_views = match reading.platform {
        Platform::TikTok | Platform::YouTube => true,
        Platform::Instagram => dice.chance(0.4),
        _ => false,
    };
    let counted = |known: bool, value: f64| known.then(|| value.round() as i64);
    PostMetricFact {
        post: reading.post,
        observed_at: reading.observed_at,
        views: counted(has_views, views.max(likes)),
        likes: counted(!poster.likes_hidden, likes),
        comments: Some((comments.round() as i64).max(i64::from(reading.comments_seen))),
        shares: counted(reading.platform != Platform::YouTube, shares),
        saves: counted(poster.reach_known && reading.platform == Platform::Instagram, likes * 0.07),
        reach: counted(poster.reach_known && reading.platform == Platform::Instagram, reach),
    }
}
