//! Vetting: how engaged a creator's audience is, whether the creator answers it, and what speaks for bought promotion.
//! Figures are made once per data revision, a report when it is asked for.

pub mod command;
pub mod gold;
pub mod pages;
pub mod peers;
pub mod records;
pub mod report;
pub mod sharing;

use std::collections::HashMap;

use engine::conversations::level::{
    AudienceComment, AudienceTalk, ConversationLevel, LevelSettings, LevelWord, Replies, TalkPartner,
    conversation_level,
};
use engine::vetting::circles::CircleSettings;
use engine::vetting::engagement::{
    Engagement, EngagementInput, EngagementSettings, FollowersTaken, PostFigures, engagement,
};
use engine::vetting::followers::{FollowersSeen, followers_at};
use engine::vetting::likes::spread_of;
use lake::{Audience, AudienceCommentRow, Audiences, Authors, FollowerPoint, PostFiguresRow};
use model::{AccountId, Estimate, Grade, Platform, PostId, Timestamp};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use store::{CreatorFigures, CreatorMeasures, FrequentCommenter};

use crate::conversations::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;

/// How many comments are held at once while the figures of all creators are made.
const COMMENTS_AT_ONCE: u64 = 4_000_000;

/// The estimates kept for one creator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreatorEstimates {
    pub level: String,
    pub reply_rate: Estimate,
    pub reply_rate_people: Estimate,
    pub reply_latency: Estimate,
    pub conversation_rate: Estimate,
    pub mutual_share: Estimate,
    pub by_followers: Estimate,
    pub by_reach: Estimate,
    pub by_views: Estimate,
    pub comment_like_ratio: Estimate,
    #[serde(default)]
    pub counts: CreatorCounts,
}

/// Plain counts of one creator's record that searches filter by; unknown is `None`.
#[derive(Clone, Copy, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreatorCounts {
    pub posts: u32,
    /// Days since 1970 of the newest post.
    pub last_post_day: Option<i32>,
    /// Posts a week over the last half year before the newest facts, or since the first post.
    pub posts_a_week: Option<f32>,
    /// Of the newest sixty posts that are three days old or older.
    pub likes_median: Option<f32>,
    pub comments_median: Option<f32>,
    pub views_median: Option<f32>,
    /// Followers now over followers about ninety days before, less one; from fourteen days on.
    pub growth_90_days: Option<f32>,
    /// Of the posts that the source tells of, how many it marks as paid.
    pub posts_marked_paid: u32,
    pub posts_told_paid: u32,
}

/// The conversation level as a short code for filters and URLs.
pub fn level_code(word: LevelWord) -> &'static str {
    match word {
        LevelWord::AnswersAlmostEveryone => "almost-everyone",
        LevelWord::AnswersMany => "many",
        LevelWord::AnswersSome => "some",
        LevelWord::RarelyAnswers => "rarely",
        LevelWord::NotKnown => "not-known",
    }
}

/// The level's words for its code.
pub fn level_words(code: &str) -> &'static str {
    match code {
        "almost-everyone" => LevelWord::AnswersAlmostEveryone.words(),
        "many" => LevelWord::AnswersMany.words(),
        "some" => LevelWord::AnswersSome.words(),
        "rarely" => LevelWord::RarelyAnswers.words(),
        _ => LevelWord::NotKnown.words(),
    }
}

/// Makes the figures of every account that has published something and keeps them for the refresh that is running;
/// returns how many. Cost: one pass over posts and the comments under them for every four million turns, so that memory
/// stays bounded.
pub async fn make_figures(
    data: &DataDirectory,
    snapshot: &Snapshot,
    answering: &[Platform],
) -> Result<u64, ConversationsError> {
    let now = data.now();
    let parts = u32::try_from((snapshot.log.len() as u64).div_ceil(COMMENTS_AT_ONCE).max(1)).unwrap_or(u32::MAX);
    let platforms: HashMap<AccountId, Platform> = data.lake.platforms_of_authors(now).await?.into_iter().collect();
    data.derived.begin_figures().await?;
    let making = Making { platforms, answering, snapshot, as_of: snapshot.as_of().unwrap_or(now) };
    let mut made = 0;
    for part in 0..parts {
        let mut audiences = data.lake.audiences(Authors::Part { part, parts }, now).await?;
        loop {
            let figures = making.figures_of_next(&mut audiences).await?;
            if figures.is_empty() {
                break;
            }
            data.derived.add_figures(&figures).await?;
            made += figures.len() as u64;
        }
    }
    Ok(made)
}

/// The figures of those among these accounts that have published something, by account. Cost: the posts of these
/// accounts and the comments under them.
pub async fn figures_of_touched(
    data: &DataDirectory,
    snapshot: &Snapshot,
    touched: &[AccountId],
    answering: &[Platform],
) -> Result<Vec<CreatorFigures>, ConversationsError> {
    if touched.is_empty() {
        return Ok(vec![]);
    }
    let now = data.now();
    let profiles = data.lake.profiles(Some(touched), now).await?;
    let platforms = profiles.into_iter().map(|profile| (profile.account, profile.platform)).collect();
    let making = Making { platforms, answering, snapshot, as_of: snapshot.as_of().unwrap_or(now) };
    let mut audiences = data.lake.audiences(Authors::These(touched), now).await?;
    let mut all = vec![];
    loop {
        let mut figures = making.figures_of_next(&mut audiences).await?;
        if figures.is_empty() {
            return Ok(all);
        }
        all.append(&mut figures);
    }
}

/// What the figures of all creators have in common.
struct Making<'a> {
    platforms: HashMap<AccountId, Platform>,
    answering: &'a [Platform],
    snapshot: &'a Snapshot,
    as_of: Timestamp,
}

/// So many creators are looked at side by side, or fewer with so many comments.
const CREATORS_SIDE_BY_SIDE: usize = 1_000;
const COMMENTS_SIDE_BY_SIDE: usize = 200_000;

impl Making<'_> {
    /// The figures of the next creators; none when all have been made.
    async fn figures_of_next(&self, audiences: &mut Audiences) -> Result<Vec<CreatorFigures>, ConversationsError> {
        let mut held: Vec<Audience> = vec![];
        let mut comments = 0;
        while held.len() < CREATORS_SIDE_BY_SIDE && comments < COMMENTS_SIDE_BY_SIDE {
            let Some(next) = audiences.next().await? else { break };
            comments += next.comments.len();
            held.push(next);
        }
        Ok(held.par_iter().map(|audience| self.figures_of(audience)).collect())
    }

    fn figures_of(&self, audience: &Audience) -> CreatorFigures {
        let platform = self.platforms.get(&audience.author).copied().unwrap_or(Platform::Other);
        let replies = if self.answering.contains(&platform) { Replies::Delivered } else { Replies::NotDelivered };
        let followers: Vec<FollowersSeen> = audience
            .followers
            .iter()
            .filter_map(|point| {
                Some(FollowersSeen { at: point.observed_at, count: u64::try_from(point.followers).ok()? })
            })
            .collect();
        let figures = figures_of(audience, platform, &followers, replies, self.snapshot, self.as_of);
        CreatorFigures { commenters: self.frequent_commenters(audience, figures.measures.posts), ..figures }
    }

    /// Others who publish and left a comment under at least one in twenty of this author's posts, by account; nobody under
    /// fifteen posts.
    fn frequent_commenters(&self, audience: &Audience, posts: u32) -> Vec<FrequentCommenter> {
        let settings = CircleSettings::default();
        if posts < settings.posts_min {
            return vec![];
        }
        let publishes = |commenter: &AccountId| self.platforms.contains_key(commenter);
        let mut under: Vec<(AccountId, PostId)> = audience
            .comments
            .iter()
            .filter(|row| row.commenter != audience.author && publishes(&row.commenter))
            .map(|row| (row.commenter, row.post))
            .collect();
        under.sort_unstable();
        under.dedup();
        under
            .chunk_by(|a, b| a.0 == b.0)
            .map(|of| FrequentCommenter { commenter: of[0].0, posts_commented: of.len() as u32 })
            .filter(|one| f64::from(one.posts_commented) >= settings.share_min * f64::from(posts))
            .collect()
    }
}

/// Posts that likes are compared over: the newest, once most of their likes have come.
const LIKES_POSTS_MAX: usize = 60;
const LIKES_AGE_MIN_HOURS: i64 = 72;

/// The likes of the newest posts that are three days old or older, where they are known.
pub(crate) fn likes_of(posts: &[PostFigures], as_of: Timestamp) -> Vec<u64> {
    let old_enough = |post: &&PostFigures| as_of.0 - post.at.0 >= LIKES_AGE_MIN_HOURS * 3_600_000_000;
    posts.iter().rev().filter(old_enough).filter_map(|post| post.likes).take(LIKES_POSTS_MAX).collect()
}

fn figures_of(
    audience: &Audience,
    platform: Platform,
    followers: &[FollowersSeen],
    replies: Replies,
    snapshot: &Snapshot,
    as_of: Timestamp,
) -> CreatorFigures {
    let author = audience.author;
    let comments = answered_comments(author, &audience.comments);
    let partners = partners_of(author, snapshot);
    let talk = AudienceTalk {
        comments: &comments,
        replies,
        partners: partners.as_deref(),
        observed_until: as_of,
        grade: Grade::B,
    };
    let level = conversation_level(&talk, &LevelSettings::default());
    let posts: Vec<PostFigures> = audience.posts.iter().map(|row| post_figures(row, followers)).collect();
    let input =
        EngagementInput { platform, posts: &posts, followers_taken: FollowersTaken::AtPosting, as_of, grade: Grade::B };
    let engaged = engagement(&input, &EngagementSettings::default());
    let mut commented: Vec<PostId> = audience.comments.iter().map(|row| row.post).collect();
    commented.dedup();
    let measures = CreatorMeasures {
        platform,
        followers: audience.followers.last().map(|point| point.followers),
        posts: audience.posts.len().max(commented.len()) as u32,
        comment_like: engaged.comment_like_ratio.value,
        like_spread: spread_of(&likes_of(&posts, as_of)),
    };
    let counts = counts_of(&posts, &audience.followers, measures.posts, as_of);
    keep(author, level, engaged, measures, counts)
}

/// Days over which posts a week are counted.
const POSTING_DAYS: i32 = 182;
/// Days over which growth is measured, and the fewest that do.
const GROWTH_DAYS: i32 = 90;
const GROWTH_DAYS_MIN: i32 = 14;

fn counts_of(posts: &[PostFigures], followers: &[FollowerPoint], held: u32, as_of: Timestamp) -> CreatorCounts {
    let today = as_of.day();
    let days: Vec<i32> = posts.iter().map(|post| post.at.day()).collect();
    let since = days.iter().min().map_or(today, |first| (*first).max(today - POSTING_DAYS));
    let weeks = f64::from(today - since) / 7.0;
    let recent = days.iter().filter(|day| **day >= since).count();
    let old_enough = |post: &&PostFigures| as_of.0 - post.at.0 >= LIKES_AGE_MIN_HOURS * 3_600_000_000;
    let middle = |count: fn(&PostFigures) -> Option<u64>| {
        let mut counts: Vec<u64> =
            posts.iter().rev().filter(old_enough).filter_map(count).take(LIKES_POSTS_MAX).collect();
        counts.sort_unstable();
        (!counts.is_empty()).then(|| (counts[(counts.len() - 1) / 2] + counts[counts.len() / 2]) as f32 / 2.0)
    };
    let last = followers.last();
    let before = followers
        .iter()
        .find(|point| last.is_some_and(|last| last.observed_at.day() - point.observed_at.day() <= GROWTH_DAYS));
    let growth = last.zip(before).filter(|(last, before)| {
        last.observed_at.day() - before.observed_at.day() >= GROWTH_DAYS_MIN && before.followers > 0
    });
    CreatorCounts {
        posts: held,
        last_post_day: days.iter().max().copied(),
        posts_a_week: (weeks >= 1.0).then(|| (recent as f64 / weeks) as f32),
        likes_median: middle(|post| post.likes),
        comments_median: middle(|post| post.comments),
        views_median: middle(|post| post.views),
        growth_90_days: growth.map(|(last, before)| (last.followers as f64 / before.followers as f64 - 1.0) as f32),
        posts_marked_paid: posts.iter().filter(|post| post.paid == Some(true)).count() as u32,
        posts_told_paid: posts.iter().filter(|post| post.paid.is_some()).count() as u32,
    }
}

fn keep(
    account: AccountId,
    level: ConversationLevel,
    engaged: Engagement,
    measures: CreatorMeasures,
    counts: CreatorCounts,
) -> CreatorFigures {
    let estimates = CreatorEstimates {
        level: level_code(level.word).to_owned(),
        reply_rate: level.reply_rate,
        reply_rate_people: level.reply_rate_people,
        reply_latency: level.reply_latency,
        conversation_rate: level.conversation_rate,
        mutual_share: level.mutual_share,
        by_followers: engaged.by_followers,
        by_reach: engaged.by_reach,
        by_views: engaged.by_views,
        comment_like_ratio: engaged.comment_like_ratio,
        counts,
    };
    CreatorFigures {
        account,
        level: estimates.level.clone(),
        reply_rate: estimates.reply_rate.value,
        engagement: estimates.by_followers.value,
        measures,
        commenters: vec![],
        detail: serde_json::to_string(&estimates).expect("estimates serialise"),
    }
}

/// Comments by others with the moment the author answered: by the reply that names the comment where the source says
/// so, else by the author's next comment in the same thread. Rows come in the order of post and time.
fn answered_comments(author: AccountId, rows: &[AudienceCommentRow]) -> Vec<AudienceComment> {
    let named: HashMap<i64, Timestamp> = rows
        .iter()
        .rev()
        .filter(|row| row.commenter == author)
        .filter_map(|row| row.parent_lower.map(|parent| (parent, row.at)))
        .collect();
    let mut comments = Vec::new();
    for thread in rows.chunk_by(|a, b| a.post == b.post) {
        let mut next_by_author = None;
        let mut answered = Vec::new();
        for row in thread.iter().rev() {
            if row.commenter == author {
                next_by_author = Some(row.at);
                continue;
            }
            let answered_at = if named.is_empty() { next_by_author } else { named.get(&row.id_lower).copied() };
            answered.push(AudienceComment { commenter: commenter_number(row.commenter), at: row.at, answered_at });
        }
        comments.extend(answered.into_iter().rev());
    }
    comments
}

/// A number that tells commenters apart; ids are hashes, so 32 of their bits do among one creator's audience.
fn commenter_number(account: AccountId) -> u32 {
    (account.0 as u64 >> 20) as u32
}

/// Everybody the creator has talk with, and how often each side turned to the other.
fn partners_of(author: AccountId, snapshot: &Snapshot) -> Option<Vec<TalkPartner>> {
    let creator = snapshot.place(author)?;
    let pairs = &snapshot.index.pairs;
    let turns = |from: u32, to: u32| pairs.find(from, to).map_or(0, |pair| pairs.talks[pair]);
    let mut people: Vec<u32> = snapshot.index.talkers_to(creator);
    people.extend_from_slice(pairs.targets_of(creator));
    people.sort_unstable();
    people.dedup();
    Some(
        people
            .into_iter()
            .map(|person| TalkPartner {
                person,
                turns_to_creator: turns(person, creator),
                turns_from_creator: turns(creator, person),
            })
            .collect(),
    )
}

pub(crate) fn post_figures(row: &PostFiguresRow, followers: &[FollowersSeen]) -> PostFigures {
    let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    PostFigures {
        at: row.created_at,
        likes: count(row.likes),
        comments: count(row.comments),
        shares: count(row.shares),
        views: count(row.views),
        reach: count(row.reach),
        followers_at_posting: followers_at(followers, row.created_at),
        paid: row.paid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(commenter: i64, minute: i64, id: i64, parent: Option<i64>) -> AudienceCommentRow {
        AudienceCommentRow {
            author: AccountId(1),
            post: PostId(5),
            commenter: AccountId(commenter << 20),
            at: Timestamp::from_unix_seconds(minute * 60),
            id_lower: id,
            parent_lower: parent,
        }
    }

    #[test]
    fn without_named_replies_the_authors_next_comment_answers_the_thread() {
        let mut rows = vec![row(2, 0, 10, None), row(3, 5, 11, None), row(0, 9, 12, None), row(2, 20, 13, None)];
        rows[2].commenter = AccountId(1);
        let comments = answered_comments(AccountId(1), &rows);
        let answered: Vec<bool> = comments.iter().map(|comment| comment.answered_at.is_some()).collect();
        assert_eq!(answered, [true, true, false]);
    }

    #[test]
    fn a_reply_that_names_its_comment_answers_only_that_one() {
        let mut rows = vec![row(2, 0, 10, None), row(3, 5, 11, None), row(0, 9, 12, Some(11))];
        rows[2].commenter = AccountId(1);
        let comments = answered_comments(AccountId(1), &rows);
        let answered: Vec<bool> = comments.iter().map(|comment| comment.answered_at.is_some()).collect();
        assert_eq!(answered, [false, true]);
    }
}
