//! Engagement: how many people react to a creator's posts, by followers, by reach and by views, never one bare "rate".
//!
//! The creator's figure is the median over posts, so one lucky post does not decide it; the ratio of totals and the
//! mean stand beside it because they answer other questions. What is not known (hidden likes, no reach) leaves the
//! post out of that figure and is named; it is never counted as 0. Pass one platform and one format at a time, each
//! post once, because photos and videos are not compared with each other.

use model::explanation::DEFAULT_LEVEL;
use model::{Days, Estimate, Explanation, Grade, Platform, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::{RatioRow, median, median_interval, ratio_of_sums_interval};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const ENGAGEMENT_VERSION: u32 = 1;

/// What becomes of posts known to be paid for: they mix bought and earned attention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidPosts {
    LeaveOut,
    Keep,
}

/// Which posts enter, and how many are asked for before a figure is shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EngagementSettings {
    /// The newest so many posts whose figures are known.
    pub posts_max: u32,
    /// Not older than so many days.
    pub days_max: Days,
    /// Not younger than so many hours: young posts are still collecting.
    pub age_min_hours: u32,
    pub paid_posts: PaidPosts,
    /// Below so many posts the figure is "not known".
    pub posts_min: u32,
    /// Below so many posts the figure is flagged "few posts".
    pub posts_few: u32,
    /// Below so many followers the figure is flagged "few followers".
    pub followers_few: u64,
}

impl Default for EngagementSettings {
    fn default() -> EngagementSettings {
        EngagementSettings {
            posts_max: 30,
            days_max: Days(180),
            age_min_hours: 72,
            paid_posts: PaidPosts::LeaveOut,
            posts_min: 4,
            posts_few: 10,
            followers_few: 1_000,
        }
    }
}

/// One post's counts; `None` is not known (hidden, switched off or not delivered).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PostFigures {
    pub at: Timestamp,
    pub likes: Option<u64>,
    /// Comments, or replies where the platform calls them so.
    pub comments: Option<u64>,
    /// Shares; on open networks reposts and quotes together.
    pub shares: Option<u64>,
    pub views: Option<u64>,
    /// Distinct people, as the platform reports it.
    pub reach: Option<u64>,
    pub followers_at_posting: Option<u64>,
    /// Whether the post was paid for or boosted; `None` when the source does not tell, and then it is kept.
    pub paid: Option<bool>,
}

/// Which follower count `followers_at_posting` holds; today's count flatters accounts that shrank.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowersTaken {
    AtPosting,
    AtCrawl,
}

/// One account's posts of one format, and where they come from.
#[derive(Clone, Copy, Debug)]
pub struct EngagementInput<'a> {
    pub platform: Platform,
    pub posts: &'a [PostFigures],
    pub followers_taken: FollowersTaken,
    /// The moment the figures are for; posts after it are not looked at.
    pub as_of: Timestamp,
    pub grade: Grade,
}

/// One of the counts that interactions are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionPart {
    Likes,
    Comments,
    Shares,
}

/// What a rate is divided by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngagementBy {
    Followers,
    Reach,
    Views,
}

/// Why a figure is shown but not to be ranked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngagementFlag {
    FewPosts(EngagementBy),
    FewFollowers(EngagementBy),
}

/// The engagement figures of one account, one format.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Engagement {
    pub by_followers: Estimate,
    pub by_reach: Estimate,
    pub by_views: Estimate,
    pub comment_like_ratio: Estimate,
    /// The rates that stand on few posts or few followers: shown with their interval, not ranked.
    pub flags: Vec<EngagementFlag>,
}

/// Which counts make up the interactions of a post on a platform.
///
/// Formula: Instagram, YouTube, Reddit, Twitch, Stack Exchange and others likes (votes) + comments; TikTok likes +
/// comments + shares; Bluesky, Mastodon, X likes + replies + reposts and quotes.
/// Input: the platform. Output: the parts, at least one. Cost: O(1). Source: `docs/formulas.md`.
///
/// ```
/// use engine::vetting::engagement::{InteractionPart, interaction_parts};
/// assert_eq!(interaction_parts(model::Platform::Instagram), [InteractionPart::Likes, InteractionPart::Comments]);
/// ```
pub fn interaction_parts(platform: Platform) -> &'static [InteractionPart] {
    match platform {
        Platform::TikTok | Platform::Bluesky | Platform::Mastodon | Platform::X => {
            &[InteractionPart::Likes, InteractionPart::Comments, InteractionPart::Shares]
        }
        Platform::Instagram
        | Platform::YouTube
        | Platform::Reddit
        | Platform::Twitch
        | Platform::StackExchange
        | Platform::Other => &[InteractionPart::Likes, InteractionPart::Comments],
    }
}

impl PostFigures {
    /// How many reactions a post drew, by its platform's parts.
    ///
    /// Formula: the sum of `interaction_parts(platform)`. Output: a count; `None` when any part is not known, because
    /// comments without the hidden likes would be another figure. Cost: O(1). Source: `docs/formulas.md`.
    ///
    /// ```
    /// use engine::vetting::engagement::PostFigures;
    /// use model::{Platform, Timestamp};
    /// let mut post = PostFigures { likes: Some(90), comments: Some(10), ..PostFigures::unknown(Timestamp(0)) };
    /// assert_eq!(post.interactions(Platform::Instagram), Some(100));
    /// post.likes = None;
    /// assert_eq!(post.interactions(Platform::Instagram), None);
    /// ```
    pub fn interactions(&self, platform: Platform) -> Option<u64> {
        interaction_parts(platform)
            .iter()
            .map(|part| self.part(*part))
            .try_fold(0, |sum: u64, part| Some(sum.saturating_add(part?)))
    }

    /// A post of which only the moment is known.
    pub fn unknown(at: Timestamp) -> PostFigures {
        PostFigures {
            at,
            likes: None,
            comments: None,
            shares: None,
            views: None,
            reach: None,
            followers_at_posting: None,
            paid: None,
        }
    }

    fn part(&self, part: InteractionPart) -> Option<u64> {
        match part {
            InteractionPart::Likes => self.likes,
            InteractionPart::Comments => self.comments,
            InteractionPart::Shares => self.shares,
        }
    }

    fn denominator(&self, by: EngagementBy) -> Option<u64> {
        match by {
            EngagementBy::Followers => self.followers_at_posting,
            EngagementBy::Reach => self.reach,
            EngagementBy::Views => self.views,
        }
    }
}

impl InteractionPart {
    fn words(self) -> &'static str {
        match self {
            InteractionPart::Likes => "likes",
            InteractionPart::Comments => "comments",
            InteractionPart::Shares => "shares",
        }
    }
}

impl EngagementBy {
    fn method(self, taken: FollowersTaken) -> &'static str {
        match (self, taken) {
            (EngagementBy::Followers, FollowersTaken::AtPosting) => "er_followers",
            (EngagementBy::Followers, FollowersTaken::AtCrawl) => "er_followers, followers at crawl",
            (EngagementBy::Reach, _) => "er_reach",
            (EngagementBy::Views, _) => "er_views",
        }
    }

    fn words(self) -> &'static str {
        match self {
            EngagementBy::Followers => "followers",
            EngagementBy::Reach => "reach",
            EngagementBy::Views => "views",
        }
    }

    fn how_to_know(self) -> &'static str {
        match self {
            EngagementBy::Followers => "import follower counts dated within 7 days of the posts",
            EngagementBy::Reach => "reach comes only from a connected account, an import or a stored proof",
            EngagementBy::Views => "import posts whose platform counts views",
        }
    }
}

/// How many of those who could react to a creator's posts do: the named rates, each with its interval.
///
/// Formula: per post interactions / followers at posting (or reach, or views); the figure is the median over posts
/// with the order-statistics interval; ratio of sums and mean are parts of its explanation. `comment_like_ratio` is
/// sum of comments / sum of likes.
/// Inputs: `input.posts`, one format, each post once, any order, counts 0 and up; `settings` in posts, days, hours.
/// Output: rates 0 and up (1 = 100 %, more is possible); `None` with a reason when fewer than `posts_min` posts have
/// both counts; a denominator of 0 is not known. 90 % intervals, except 87.5 % on four posts.
/// Cost: O(posts log posts). Source: `docs/formulas.md`; interval Hettmansperger & Sheather 1986.
///
/// ```
/// use engine::vetting::engagement::*;
/// use model::{Days, Grade, Platform, Timestamp};
/// let now = Timestamp::from_unix_seconds(1_700_000_000);
/// let post = |days, likes| PostFigures {
///     likes: Some(likes), comments: Some(5), followers_at_posting: Some(2_000), paid: Some(false),
///     ..PostFigures::unknown(Timestamp(now.0 - Days(days).as_seconds() * 1_000_000))
/// };
/// let posts = [post(10, 55), post(20, 75), post(30, 95), post(40, 115), post(50, 995)];
/// let input = EngagementInput {
///     platform: Platform::Instagram, posts: &posts, followers_taken: FollowersTaken::AtPosting, as_of: now, grade: Grade::B,
/// };
/// let found = engagement(&input, &EngagementSettings::default());
/// assert_eq!(found.by_followers.value, Some(0.05));
/// assert_eq!(found.by_reach.value, None);
/// ```
pub fn engagement(input: &EngagementInput, settings: &EngagementSettings) -> Engagement {
    let window = Window::choose(input, settings);
    let mut flags = Vec::new();
    let mut rate = |by| rate(by, input, settings, &window, &mut flags);
    Engagement {
        by_followers: rate(EngagementBy::Followers),
        by_reach: rate(EngagementBy::Reach),
        by_views: rate(EngagementBy::Views),
        comment_like_ratio: comment_like_ratio(input, settings, &window),
        flags,
    }
}

/// The posts of the right age and kind, newest first, and how many were left out and why.
pub(super) struct Window {
    pub(super) posts: Vec<PostFigures>,
    too_young: u64,
    too_old: u64,
    paid: u64,
    paid_not_told: u64,
}

impl Window {
    pub(super) fn choose(input: &EngagementInput, settings: &EngagementSettings) -> Window {
        let mut window = Window { posts: Vec::new(), too_young: 0, too_old: 0, paid: 0, paid_not_told: 0 };
        let youngest = i64::from(settings.age_min_hours) * 3_600_000_000;
        let oldest = settings.days_max.as_seconds().saturating_mul(1_000_000);
        for post in input.posts {
            let age = input.as_of.0.saturating_sub(post.at.0);
            if age < youngest {
                window.too_young += 1;
            } else if age > oldest {
                window.too_old += 1;
            } else if post.paid == Some(true) && settings.paid_posts == PaidPosts::LeaveOut {
                window.paid += 1;
            } else {
                window.paid_not_told += u64::from(post.paid.is_none());
                window.posts.push(*post);
            }
        }
        // By moment, then by every count: posts of one moment are chosen alike whatever order they came in.
        window.posts.sort_unstable_by(|a, b| b.cmp(a));
        window
    }

    pub(super) fn explain(&self, settings: &EngagementSettings) -> Vec<Explanation> {
        let counts = [
            (self.too_young, format!("posts left out: younger than {} hours", settings.age_min_hours)),
            (self.too_old, format!("posts left out: older than {} days", settings.days_max.0)),
            (self.paid, "posts left out: paid or boosted".to_owned()),
            (self.paid_not_told, "posts in the window whose source does not tell whether they were paid".to_owned()),
        ];
        let leaf = |(count, words)| Explanation::leaf(words, Some(count as f64), Unit::Items);
        counts.into_iter().filter(|(count, _)| *count > 0).map(leaf).collect()
    }

    pub(super) fn empty_reason(&self, settings: &EngagementSettings) -> String {
        format!(
            "no post between {} hours and {} days old ({} younger, {} older, {} paid); wait, or import more posts",
            settings.age_min_hours, settings.days_max.0, self.too_young, self.too_old, self.paid
        )
    }
}

fn rate(
    by: EngagementBy,
    input: &EngagementInput,
    settings: &EngagementSettings,
    window: &Window,
    flags: &mut Vec<EngagementFlag>,
) -> Estimate {
    let method = by.method(input.followers_taken);
    let has_both = |post: &&PostFigures| {
        post.interactions(input.platform).is_some() && post.denominator(by).is_some_and(|under| under > 0)
    };
    let posts: Vec<&PostFigures> = window.posts.iter().filter(has_both).take(settings.posts_max as usize).collect();
    if posts.len() < settings.posts_min.max(1) as usize {
        let reason = why_no_rate(by, input, settings, window, posts.len());
        return not_known(Unit::Percent, method, posts.len(), reason, input, window.explain(settings));
    }
    let rows: Vec<RatioRow> = posts
        .iter()
        .map(|post| RatioRow {
            over: post.interactions(input.platform).unwrap_or_default() as f64,
            under: post.denominator(by).unwrap_or_default() as f64,
        })
        .collect();
    let per_post = sorted_ratios(&rows);
    let value = median(&per_post).expect("there is at least one post");
    let interval = median_interval(&per_post, level()).expect("there is at least one post");

    let parts_sum: Vec<Explanation> = interaction_parts(input.platform)
        .iter()
        .map(|part| total(part.words(), posts.iter().map(|post| post.part(*part))))
        .collect();
    let over = Explanation::sum("interactions on these posts", Unit::Items, parts_sum);
    let under =
        total(&format!("{}, added up over these posts", by.words()), posts.iter().map(|post| post.denominator(by)));
    let mut parts = vec![
        Explanation::leaf("the middle post (median)", Some(value), Unit::Percent),
        Explanation::ratio(
            with_range("ratio of sums: all interactions over all", by.words(), &rows),
            Unit::Percent,
            over,
            under,
        ),
        Explanation::leaf("mean over posts", Some(mean(&per_post)), Unit::Percent),
    ];
    parts.extend(window.explain(settings));
    let unknown = window.posts.iter().filter(|post| !has_both(post)).count();
    if unknown > 0 {
        let words = format!("posts left out: interactions or {} not known", by.words());
        parts.push(Explanation::leaf(words, Some(unknown as f64), Unit::Items));
    }
    if posts.len() < settings.posts_few as usize {
        flags.push(EngagementFlag::FewPosts(by));
        let words = format!("few posts: below {} a rate is shown, not ranked", settings.posts_few);
        parts.push(Explanation::leaf(words, Some(posts.len() as f64), Unit::Items));
    }
    let followers = posts.iter().find_map(|post| post.followers_at_posting);
    if let Some(followers) = followers.filter(|count| *count < settings.followers_few) {
        flags.push(EngagementFlag::FewFollowers(by));
        let words = format!("few followers: below {} a rate is shown, not ranked", settings.followers_few);
        parts.push(Explanation::leaf(words, Some(followers as f64), Unit::People));
    }
    let words =
        format!("half of the {} posts drew more reactions by {} than this, half fewer", posts.len(), by.words());
    let formula = format!(
        "{method} v{ENGAGEMENT_VERSION} = median over posts of {} / {}",
        formula_of(input.platform),
        by.words()
    );
    let explanation = Explanation::leaf(words, Some(value), Unit::Percent)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(posts.len() as u64, "posts", None);
    Estimate {
        level: interval.level,
        version: ENGAGEMENT_VERSION,
        ..Estimate::known(value, interval.lo, interval.hi, posts.len() as u64, "posts", method, explanation)
            .as_of(input.as_of)
            .graded(input.grade)
    }
}

fn comment_like_ratio(input: &EngagementInput, settings: &EngagementSettings, window: &Window) -> Estimate {
    let method = "comment_like_ratio";
    let has_both = |post: &&PostFigures| post.likes.is_some() && post.comments.is_some();
    let posts: Vec<&PostFigures> = window.posts.iter().filter(has_both).take(settings.posts_max as usize).collect();
    let rows: Vec<RatioRow> = posts
        .iter()
        .map(|post| RatioRow {
            over: post.comments.unwrap_or_default() as f64,
            under: post.likes.unwrap_or_default() as f64,
        })
        .collect();
    let refuse = |reason| not_known(Unit::Percent, method, posts.len(), reason, input, window.explain(settings));
    if posts.len() < settings.posts_min.max(2) as usize {
        return refuse(match window.posts.len() {
            0 => window.empty_reason(settings),
            all if posts.len() < all => format!(
                "likes are hidden or comments are off on {} of {all} posts; ask the creator to connect or send a screenshot",
                all - posts.len()
            ),
            all => format!("only {all} posts; the ratio needs at least {}", settings.posts_min),
        });
    }
    let Some(interval) = ratio_of_sums_interval(&rows, level()) else {
        return refuse(format!("none of the {} posts has a like to divide by", posts.len()));
    };
    let over = total("comments", posts.iter().map(|post| post.comments));
    let under = total("likes", posts.iter().map(|post| post.likes));
    let formula = format!("{method} v{ENGAGEMENT_VERSION} = sum of comments / sum of likes");
    let words = "comments for each like, over all these posts";
    let explanation = Explanation::ratio(words, Unit::Percent, over, under).with_formula(formula).with_rows(
        posts.len() as u64,
        "posts",
        None,
    );
    let value = explanation.value.expect("an interval exists only where the likes add up to more than 0");
    Estimate {
        version: ENGAGEMENT_VERSION,
        ..Estimate::known(value, interval.lo, interval.hi, posts.len() as u64, "posts", method, explanation)
            .as_of(input.as_of)
            .graded(input.grade)
    }
}

/// The most frequent cause first, with the way to know.
fn why_no_rate(
    by: EngagementBy,
    input: &EngagementInput,
    settings: &EngagementSettings,
    window: &Window,
    known: usize,
) -> String {
    let all = window.posts.len();
    if all == 0 {
        return window.empty_reason(settings);
    }
    let count = |is: &dyn Fn(&PostFigures) -> bool| window.posts.iter().filter(|post| is(post)).count();
    let hidden = count(&|post| post.likes.is_none());
    let other_part = count(&|post| post.likes.is_some() && post.interactions(input.platform).is_none());
    let not_given = count(&|post| post.denominator(by).is_none());
    let zero = count(&|post| post.denominator(by) == Some(0));
    let causes = [
        (not_given, format!("{} is not known for {not_given} of {all} posts; {}", by.words(), by.how_to_know())),
        (
            hidden,
            format!("likes are hidden on {hidden} of {all} posts; ask the creator to connect or send a screenshot"),
        ),
        (
            other_part,
            format!("comments or shares are off or not delivered on {other_part} of {all} posts; import them"),
        ),
        (zero, format!("{} is 0 on {zero} of {all} posts, so there is nothing to divide by", by.words())),
    ];
    // `max_by_key` keeps the last of equals, so the list is walked backwards to keep the first.
    match causes.into_iter().rev().max_by_key(|(count, _)| *count) {
        Some((count, words)) if count > 0 => words,
        _ => format!("only {known} posts; a rate needs at least {}", settings.posts_min),
    }
}

fn not_known(
    unit: Unit,
    method: &str,
    n: usize,
    reason: String,
    input: &EngagementInput,
    parts: Vec<Explanation>,
) -> Estimate {
    let mut estimate =
        Estimate::not_known(unit, method, n as u64, "posts", reason).as_of(input.as_of).graded(input.grade);
    estimate.explanation = estimate.explanation.with_parts(parts).with_rows(n as u64, "posts", None);
    estimate.version = ENGAGEMENT_VERSION;
    estimate
}

pub(super) fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

pub(super) fn formula_of(platform: Platform) -> String {
    let parts: Vec<&str> = interaction_parts(platform).iter().map(|part| part.words()).collect();
    format!("({})", parts.join(" + "))
}

fn with_range(words: &str, by: &str, rows: &[RatioRow]) -> String {
    match ratio_of_sums_interval(rows, level()) {
        Some(range) => format!("{words} {by} (90 %: {:.2}-{:.2} %)", 100.0 * range.lo, 100.0 * range.hi),
        None => format!("{words} {by}"),
    }
}

fn total(words: &str, counts: impl Iterator<Item = Option<u64>>) -> Explanation {
    let sum: u128 = counts.flatten().map(u128::from).sum();
    Explanation::leaf(words, Some(sum as f64), Unit::Items)
}

pub(super) fn sorted_ratios(rows: &[RatioRow]) -> Vec<f64> {
    let mut ratios: Vec<f64> = rows.iter().map(|row| row.over / row.under).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios
}

fn mean(sorted: &[f64]) -> f64 {
    sorted.iter().sum::<f64>() / sorted.len() as f64
}

#[cfg(test)]
mod tests;
