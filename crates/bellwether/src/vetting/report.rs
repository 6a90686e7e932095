//! The profile report: what speaks for and against bought promotion of one creator, sign by sign, with the rows behind it.
//! Made from stored facts when it is asked for.

use std::collections::{BTreeMap, HashMap};

use engine::random::Draws;
use engine::vetting::accounts::AccountRow;
use engine::vetting::accounts::shipped::shipped;
use engine::vetting::audience::profiles::{Kind, share_of_profiles};
use engine::vetting::comments::quality::{AudienceText, CommentQuality, CommentSign, comment_quality};
use engine::vetting::comments::timing::{CommentTiming, TimedComment, comment_timing};
use engine::vetting::engagement::PostFigures;
use engine::vetting::followers::FollowersSeen;
use engine::vetting::growth::{Growth, GrowthInput, PostReaction, growth};
use engine::vetting::likes::{LikeSpread, like_spread};
use engine::vetting::signs::{AudienceSeen, CircleSeen, SignSeen, SignsInput, Usual, verdict_estimate, vet};
use engine::vetting::verdict::{Verdict, VerdictSettings, VerdictWord};
use lake::{AudienceProfile, AuthorFacts, CommentUnderRow, FollowerPoint};
use model::{AccountId, Estimate, Grade, Platform, PostId, TextId, Tier, TierSettings, Timestamp, Unit};
use serde::Serialize;
use store::CreatorFigures;

use super::peers::Peers;
use super::{CreatorEstimates, likes_of, post_figures};
use crate::creators::{CreatorName, CreatorsError, names};
use crate::data_directory::DataDirectory;

/// The newest posts and comments that are looked at.
const POSTS_MAX: usize = 500;
const COMMENTS_MAX: usize = 20_000;
/// Words are read of comments under so many of the newest posts, and of so many of them at most.
pub const POSTS_READ: usize = 40;
pub const COMMENTS_READ: usize = 400;
/// Accounts of the audience that are looked at, and from how many known followers on those are taken instead of commenters.
const AUDIENCE_MAX: usize = 400;
const FOLLOWERS_MIN: usize = 100;
const AUDIENCE_DRAW: u64 = 62;
/// Comments shown as examples.
const EXAMPLES_MAX: usize = 6;
/// People of a circle named.
const CIRCLE_NAMED_MAX: usize = 60;

/// Everything the report shows.
#[derive(Clone, Debug, Serialize)]
pub struct VettingReport {
    pub creator: CreatorName,
    pub tier: Option<Tier>,
    /// The moment the newest facts are from; not known where nothing this account published is held.
    pub as_of: Option<Timestamp>,
    pub word: VerdictWord,
    /// The chance of bought promotion; not calibrated, since nobody has labelled creators.
    pub chance: Estimate,
    pub verdict: Verdict,
    pub signs: Vec<SignSeen>,
    /// Engagement and conversation, as on the creator's page; absent where nothing they published is held.
    pub figures: Option<CreatorEstimates>,
    pub usual: Usual,
    pub posts: Vec<PostSeen>,
    pub followers: Vec<FollowersOn>,
    pub growth: Option<Growth>,
    pub comments: Option<CommentQuality>,
    pub examples: Vec<CommentExample>,
    pub timing: Option<CommentTiming>,
    pub circle: Option<CircleSeen>,
    /// Those who comment on this creator again and again and are commented on back: at most 60 of them, and how many.
    pub tied_to: Vec<CreatorName>,
    pub tied_people: usize,
}

/// A post with what it drew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PostSeen {
    pub at: Timestamp,
    pub likes: Option<u64>,
    pub comments: Option<u64>,
    pub followers: Option<u64>,
    /// Likes and comments by followers at posting.
    pub rate: Option<f64>,
    pub paid: Option<bool>,
}

/// Followers on a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FollowersOn {
    pub day: i32,
    pub followers: u64,
}

/// A comment that shows something, without who wrote it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommentExample {
    pub text: String,
    pub at: Timestamp,
    pub signs: Vec<CommentSign>,
}

/// Makes the report of one creator. Cost: passes over posts, counts, follower counts and interactions of the lake for the
/// rows of one author, and the measures of all creators the first time.
pub async fn vetting_report(data: &DataDirectory, account: AccountId) -> Result<VettingReport, CreatorsError> {
    data.revision().await?;
    let called = async { names(data, vec![account]).await.map_err(CreatorsError::from) };
    let (mut called, held) = tokio::try_join!(called, held_about(data, account))?;
    let creator = called.remove(&account).ok_or_else(|| CreatorsError::NotFound(account.to_string()))?;
    let figures = data.derived.figures(&[account]).await?.remove(&account);
    let peers = data.peers().await?;
    let tied = peers.tied_to(account);
    let tied_to = first_named(data, &tied).await?;
    Ok(VettingReport { tied_to, tied_people: tied.len(), ..made(creator, figures, &peers, held) })
}

/// The facts about one creator.
struct Held {
    account: AccountId,
    facts: AuthorFacts,
    /// Comments by others under the newest posts, by post and time, with their words where those are held.
    said: Vec<(CommentUnderRow, Option<String>)>,
    /// Under how many others' posts a commenter left the same words.
    elsewhere: HashMap<(AccountId, TextId), u32>,
    audience: Vec<AudienceProfile>,
    /// Whose profiles these are.
    whose: &'static str,
}

async fn held_about(data: &DataDirectory, account: AccountId) -> Result<Held, CreatorsError> {
    let now = data.now();
    let (mut facts, followers) = tokio::try_join!(
        data.lake.author_facts(account, POSTS_MAX, COMMENTS_MAX, now),
        data.lake.known_followers(account, AUDIENCE_MAX, now)
    )?;
    let others = facts.comments.iter().map(|row| row.commenter).filter(|commenter| *commenter != account);
    let (audience, whose) = match followers.len() >= FOLLOWERS_MIN {
        true => (followers, "followers"),
        false => (drawn(sorted(others.collect())), "commenters"),
    };
    let newest: Vec<PostId> = facts.posts.iter().rev().take(POSTS_READ).map(|post| post.post).collect();
    let mut said = std::mem::take(&mut facts.comments);
    said.retain(|row| row.commenter != account && newest.contains(&row.post));
    // They come newest first.
    said.truncate(COMMENTS_READ);
    let place = |row: &CommentUnderRow| newest.iter().rev().position(|post| *post == row.post);
    said.sort_by_cached_key(|row| (place(row), row.at, row.commenter));
    let texts = sorted(said.iter().filter_map(|row| row.text).collect());
    let commenters = sorted(said.iter().map(|row| row.commenter).collect());
    let numbers: Vec<i64> = texts.iter().map(|text| text.0).collect();
    let (bodies, elsewhere, audience) = tokio::try_join!(
        data.lake.texts(&numbers, now),
        data.lake.same_words(account, &commenters, &texts, now),
        data.lake.audience_profiles(&audience, now)
    )?;
    let bodies: HashMap<i64, String> = bodies.into_iter().collect();
    let said = said.into_iter().map(|row| (row, row.text.and_then(|text| bodies.get(&text.0).cloned()))).collect();
    let elsewhere = elsewhere.into_iter().map(|row| ((row.commenter, row.text), row.others)).collect();
    Ok(Held { account, facts, said, elsewhere, audience, whose })
}

/// At most 400 of these, drawn by chance that is the same every time.
fn drawn(accounts: Vec<AccountId>) -> Vec<AccountId> {
    let chosen = Draws::new(0, AUDIENCE_DRAW).sample(accounts.len(), AUDIENCE_MAX);
    chosen.into_iter().map(|place| accounts[place]).collect()
}

/// What the account model reads of a profile.
pub(crate) fn account_row(profile: &AudienceProfile) -> AccountRow {
    let count = |value: Option<i64>| value.filter(|value| *value >= 0).map(|value| value as f64);
    let letters =
        |of: fn(&char) -> bool| profile.handle.as_ref().map(|handle| handle.chars().filter(of).count() as f64);
    AccountRow {
        followers: count(profile.followers),
        followings: count(profile.following),
        posts: count(profile.posts),
        handle_length: letters(|_| true),
        handle_digits: letters(char::is_ascii_digit),
        ..AccountRow::default()
    }
}

/// The share of the audience that was made to be sold, by the models that come with the program.
fn audience_seen(held: &Held, platform: Platform) -> Option<AudienceSeen> {
    let rows: Vec<AccountRow> = held.audience.iter().map(account_row).collect();
    // The models were learned from Instagram followers; elsewhere their error rates are borrowed.
    let kind = if platform == Platform::Instagram { Kind::Same } else { Kind::Another };
    let found = share_of_profiles(shipped(), &rows, kind, 0)?;
    Some(AudienceSeen {
        share: found.share,
        accounts: found.flagged.accounts,
        flagged: found.flagged.flagged,
        whose: held.whose,
    })
}

fn sorted<T: Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

async fn first_named(data: &DataDirectory, tied: &[AccountId]) -> Result<Vec<CreatorName>, CreatorsError> {
    let tied = &tied[..tied.len().min(CIRCLE_NAMED_MAX)];
    if tied.is_empty() {
        return Ok(vec![]);
    }
    let mut named = names(data, tied.to_vec()).await?;
    Ok(tied.iter().filter_map(|account| named.remove(account)).collect())
}

fn made(creator: CreatorName, kept: Option<CreatorFigures>, peers: &Peers, held: Held) -> VettingReport {
    let figures: Option<CreatorEstimates> = kept.as_ref().and_then(|kept| serde_json::from_str(&kept.detail).ok());
    let as_of = figures.as_ref().and_then(|figures| figures.by_followers.as_of);
    let seen_followers = followers_seen(&held.facts);
    let posts: Vec<PostFigures> = held.facts.posts.iter().map(|row| post_figures(row, &seen_followers)).collect();
    let likes: Option<LikeSpread> = as_of.and_then(|as_of| like_spread(&likes_of(&posts, as_of)));
    let reactions: Vec<PostReaction> = posts.iter().filter_map(reaction).collect();
    let growth = growth(&GrowthInput { followers: &seen_followers, posts: &reactions, declared: &[] });
    let (texts, comments) = quality(&held);
    let timing = (!held.said.is_empty()).then(|| comment_timing(&timed(&held)));
    let held_posts = kept.as_ref().map_or(0, |kept| kept.measures.posts);
    let circle = peers.circle_of(held.account, held_posts);
    let usual = peers.usual(creator.platform);
    let nothing = Estimate::not_known(
        Unit::Percent,
        "engagement",
        0,
        "posts",
        "nothing this account published is held; bring in its posts with their counts",
    );
    let input = SignsInput {
        followers: creator.followers.and_then(|followers| u64::try_from(followers).ok()),
        by_followers: figures.as_ref().map_or(&nothing, |figures| &figures.by_followers),
        comments_for_likes: figures.as_ref().map_or(&nothing, |figures| &figures.comment_like_ratio),
        reply_rate: figures.as_ref().map_or(&nothing, |figures| &figures.reply_rate),
        likes,
        growth: growth.as_ref(),
        comments: comments.as_ref(),
        timing: timing.as_ref(),
        circle,
        audience: audience_seen(&held, creator.platform),
        usual,
        as_of,
        grade: Grade::B,
    };
    let vetting = vet(&input, &VerdictSettings::default());
    let chance = verdict_estimate(&vetting, &input);
    let engagement = figures.as_ref().and_then(|figures| figures.by_followers.value);
    let followers = input.followers;
    VettingReport {
        tier: TierSettings::default().tier(followers, engagement),
        as_of,
        word: vetting.verdict.word,
        chance,
        verdict: vetting.verdict,
        signs: vetting.signs,
        usual,
        posts: posts.iter().map(post_seen).collect(),
        followers: by_day(&seen_followers),
        examples: examples(&held, &texts, comments.as_ref()),
        creator,
        figures,
        growth,
        comments,
        timing,
        circle,
        tied_to: vec![],
        tied_people: 0,
    }
}

fn followers_seen(facts: &AuthorFacts) -> Vec<FollowersSeen> {
    let seen = |point: &FollowerPoint| {
        Some(FollowersSeen { at: point.observed_at, count: u64::try_from(point.followers).ok()? })
    };
    facts.followers.iter().filter_map(seen).collect()
}

fn reaction(post: &PostFigures) -> Option<PostReaction> {
    let interactions = post.likes.unwrap_or(0) + post.comments.unwrap_or(0);
    (post.likes.is_some() || post.comments.is_some())
        .then_some(PostReaction { at: post.at, interactions: interactions as f64 })
}

fn post_seen(post: &PostFigures) -> PostSeen {
    let rate = match (post.likes, post.comments, post.followers_at_posting) {
        (Some(likes), Some(comments), Some(followers)) if followers > 0 => {
            Some((likes + comments) as f64 / followers as f64)
        }
        _ => None,
    };
    PostSeen {
        at: post.at,
        likes: post.likes,
        comments: post.comments,
        followers: post.followers_at_posting,
        rate,
        paid: post.paid,
    }
}

/// The last count of each day.
fn by_day(seen: &[FollowersSeen]) -> Vec<FollowersOn> {
    let days: BTreeMap<i32, u64> = seen.iter().map(|point| (point.at.day(), point.count)).collect();
    days.into_iter().map(|(day, followers)| FollowersOn { day, followers }).collect()
}

/// The places of the comments whose words are held, and what they show.
fn quality(held: &Held) -> (Vec<usize>, Option<CommentQuality>) {
    let (mut places, mut texts) = (Vec::new(), Vec::new());
    for (place, (row, body)) in held.said.iter().enumerate() {
        let Some(body) = body.as_deref() else { continue };
        let same = row.text.and_then(|text| held.elsewhere.get(&(row.commenter, text)));
        places.push(place);
        texts.push(AudienceText { commenter: row.commenter.0, text: body, same_elsewhere: same.copied().unwrap_or(0) });
    }
    let quality = (!texts.is_empty()).then(|| comment_quality(&texts));
    (places, quality)
}

fn timed(held: &Held) -> Vec<TimedComment> {
    let posted: HashMap<PostId, (u32, Timestamp)> =
        held.facts.posts.iter().enumerate().map(|(place, post)| (post.post, (place as u32, post.created_at))).collect();
    let timed = held.said.iter().filter_map(|(row, _)| {
        let (post, posted_at) = *posted.get(&row.post)?;
        Some(TimedComment { post, posted_at, commenter: row.commenter.0, at: row.at })
    });
    timed.collect()
}

/// The newest comments that show most, no text twice.
fn examples(held: &Held, places: &[usize], quality: Option<&CommentQuality>) -> Vec<CommentExample> {
    let Some(quality) = quality else { return vec![] };
    let mut showing: Vec<(&CommentUnderRow, &str, &Vec<CommentSign>)> = places
        .iter()
        .zip(&quality.signs)
        .filter(|(_, signs)| signs.len() >= 2)
        .map(|(place, signs)| (&held.said[*place].0, held.said[*place].1.as_deref().unwrap_or_default(), signs))
        .collect();
    showing.sort_by(|a, b| b.2.len().cmp(&a.2.len()).then(b.0.at.cmp(&a.0.at)).then(a.1.cmp(b.1)));
    let mut shown: Vec<CommentExample> = Vec::new();
    for (row, text, signs) in showing {
        if shown.len() < EXAMPLES_MAX && !shown.iter().any(|other| other.text == text) {
            shown.push(CommentExample { text: text.to_owned(), at: row.at, signs: signs.clone() });
        }
    }
    shown
}
