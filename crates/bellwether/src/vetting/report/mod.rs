//! The profile report: what speaks for and against bought promotion of one creator, sign by sign, with the rows behind it.
//! Made from stored facts when it is asked for.

mod held;
mod wider;

pub(crate) use held::account_row;
pub use held::{COMMENTS_READ, POSTS_READ};
pub use wider::{AudienceGroups, BrandMentions, PostsWider, fee_buys};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::vetting::audience_talk::AudienceTalkSeen;
use engine::vetting::comments::quality::{AudienceText, CommentQuality, CommentSign, comment_quality};
use engine::vetting::comments::timing::{CommentTiming, TimedComment, comment_timing};
use engine::vetting::disclosure::DisclosureSeen;
use engine::vetting::engagement::PostFigures;
use engine::vetting::followers::FollowersSeen;
use engine::vetting::growth::{Growth, GrowthInput, PostReaction, growth};
use engine::vetting::likes::{LikeSpread, like_spread};
use engine::vetting::signs::{CircleSeen, SignSeen, SignsInput, Usual, verdict_estimate, vet};
use engine::vetting::verdict::{Family, Sign, Verdict, VerdictSettings, VerdictWord};
use lake::{AuthorFacts, CommentUnderRow, FollowerPoint};
use model::{AccountId, Brand, Estimate, Grade, Platform, PostId, Tier, TierSettings, Timestamp, Unit};
use serde::Serialize;
use store::{CreatorFigures, VettingRevision};

use self::held::{Held, held_about};
use super::gold::GoldStanding;
use super::peers::Peers;
use super::records::{Answer, Declared};
use super::{CreatorEstimates, likes_of, post_figures};
use crate::creators::{CreatorName, CreatorsError, is_made_up, name_of, names};
use crate::data_directory::DataDirectory;

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
    /// Reach, paid against organic, standing among peers, published figures; absent where nothing they published is held.
    pub posts_wider: Option<PostsWider>,
    pub talk: Option<AudienceTalkSeen>,
    pub audience_groups: AudienceGroups,
    pub disclosure: DisclosureSeen,
    /// The captions of the posts that `disclosure` names, by place.
    pub captions: BTreeMap<usize, String>,
    pub mentions: Vec<BrandMentions>,
    /// A sample of the audience looked at by people, where one was drawn.
    pub sample: Option<GoldStanding>,
    /// What the creator told of, and answered.
    pub declared: Vec<Declared>,
    pub answers: Vec<Answer>,
}

/// A post with what it drew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PostSeen {
    pub at: Timestamp,
    pub likes: Option<u64>,
    pub comments: Option<u64>,
    pub shares: Option<u64>,
    pub views: Option<u64>,
    pub reach: Option<u64>,
    /// By the parts that count on the platform.
    pub interactions: Option<u64>,
    pub followers: Option<u64>,
    /// Interactions by followers at posting.
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

/// Reports made lately are held, so that a fee tried, an answer recorded or a link opened does not read the market again.
const REPORTS_HELD: usize = 32;
/// Rows of some sources end by the clock, so a report is made again after this.
const HELD_MAX_MICROSECONDS: i64 = 10 * 60 * 1_000_000;

/// What a report was made from: the same again means the same report.
#[derive(Clone, PartialEq, Eq, Debug)]
struct MadeFrom {
    account: AccountId,
    data_revision: i64,
    derived_revision: Option<i64>,
    recorded: VettingRevision,
    labels: u64,
    brands: Vec<Brand>,
}

/// Reports made lately, the newest last.
#[derive(Default)]
pub struct ReportsHeld(Vec<(MadeFrom, Timestamp, Arc<VettingReport>)>);

/// The report of one creator: one made lately while nothing it rests on has changed, else made anew (see
/// [`make_report`]).
pub async fn vetting_report(data: &DataDirectory, account: AccountId) -> Result<Arc<VettingReport>, CreatorsError> {
    let from = MadeFrom {
        account,
        data_revision: data.revision().await?,
        derived_revision: data.derived.revision().await?,
        recorded: data.store.vetting_revision(account).await?,
        labels: data.account_models().await?.labels_seen,
        brands: data.store.brands().await?,
    };
    let now = data.now();
    let is_fresh = |made_at: Timestamp| now.0 - made_at.0 < HELD_MAX_MICROSECONDS;
    {
        let held = data.reports.lock().await;
        if let Some((_, _, report)) = held.0.iter().find(|(of, made_at, _)| *of == from && is_fresh(*made_at)) {
            return Ok(report.clone());
        }
    }
    let report = Arc::new(make_report(data, account).await?);
    let mut held = data.reports.lock().await;
    // What was made from facts that have changed goes at once: somebody may have been forgotten.
    held.0.retain(|(of, _, _)| of.account != account && of.data_revision == from.data_revision);
    if held.0.len() >= REPORTS_HELD {
        held.0.remove(0);
    }
    held.0.push((from, now, report.clone()));
    Ok(report)
}

/// Makes the report of one creator. Cost: passes over posts, counts, follower counts and interactions of the lake for the
/// rows of one author, and the measures of all creators the first time.
async fn make_report(data: &DataDirectory, account: AccountId) -> Result<VettingReport, CreatorsError> {
    data.revision().await?;
    let profile = async { data.lake.profiles(Some(&[account]), data.now()).await.map_err(CreatorsError::from) };
    let (profile, held) = tokio::try_join!(profile, held_about(data, account))?;
    let profile = profile.into_iter().next().ok_or_else(|| CreatorsError::NotFound(account.to_string()))?;
    let creator = name_of(&profile, is_made_up(data).await?);
    let figures = data.derived.figures(&[account]).await?.remove(&account);
    let peers = data.peers().await?;
    let tied = peers.tied_to(account);
    let tied_to = first_named(data, &tied).await?;
    Ok(VettingReport { tied_to, tied_people: tied.len(), ..made(creator, profile.language, figures, &peers, held) })
}

async fn first_named(data: &DataDirectory, tied: &[AccountId]) -> Result<Vec<CreatorName>, CreatorsError> {
    let tied = &tied[..tied.len().min(CIRCLE_NAMED_MAX)];
    if tied.is_empty() {
        return Ok(vec![]);
    }
    let mut named = names(data, tied.to_vec()).await?;
    Ok(tied.iter().filter_map(|account| named.remove(account)).collect())
}

fn made(
    creator: CreatorName,
    language: Option<String>,
    kept: Option<CreatorFigures>,
    peers: &Peers,
    held: Held,
) -> VettingReport {
    let figures: Option<CreatorEstimates> = kept.as_ref().and_then(|kept| serde_json::from_str(&kept.detail).ok());
    let as_of = figures.as_ref().and_then(|figures| figures.by_followers.as_of);
    let seen_followers = followers_seen(&held.facts);
    let posts: Vec<PostFigures> = held.facts.posts.iter().map(|row| post_figures(row, &seen_followers)).collect();
    let likes: Option<LikeSpread> = as_of.and_then(|as_of| like_spread(&likes_of(&posts, as_of)));
    let reactions: Vec<PostReaction> = posts.iter().filter_map(reaction).collect();
    let growth = growth(&GrowthInput { followers: &seen_followers, posts: &reactions, declared: &held.declared_days });
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
        audience: held.audience_seen(creator.platform),
        usual,
        as_of,
        grade: Grade::B,
    };
    let mut vetting = vet(&input, &VerdictSettings::default());
    for seen in &mut vetting.signs {
        if let Some(rows) = &mut seen.value.explanation.rows {
            rows.link.get_or_insert_with(|| rows_behind(held.account, seen.sign));
        }
    }
    let chance = verdict_estimate(&vetting, &input);
    let engagement = figures.as_ref().and_then(|figures| figures.by_followers.value);
    let followers = input.followers;
    let posts_wider = as_of.map(|as_of| {
        wider::posts_wider(held.account, creator.platform, followers, &posts, figures.as_ref(), peers, as_of)
    });
    let disclosure = wider::told(&held, language.as_deref(), as_of);
    let caption = |place: usize| Some((place, held.captions.get(place)?.clone()));
    VettingReport {
        talk: as_of.and_then(|as_of| wider::talk(&held, figures.as_ref(), as_of)),
        audience_groups: wider::audience_groups(held.everyone.len() as u64, &held.groups_of, peers, as_of),
        captions: disclosure.posts.iter().filter_map(|post| caption(post.place)).collect(),
        disclosure,
        mentions: wider::mentions(&held, &held.brands),
        posts_wider,
        tier: TierSettings::default().tier(followers, engagement),
        as_of,
        word: vetting.verdict.word,
        chance,
        verdict: vetting.verdict,
        signs: vetting.signs,
        usual,
        posts: posts.iter().map(|post| post_seen(post, creator.platform)).collect(),
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
        sample: held.sample,
        declared: held.declared,
        answers: held.answers,
    }
}

/// Where the rows behind a sign are shown.
fn rows_behind(account: AccountId, sign: Sign) -> String {
    match sign.family() {
        Family::Audience => format!("/vetting/{account}/sample"),
        Family::Growth => format!("/vetting/{account}#growth"),
        Family::Engagement => format!("/vetting/{account}#posts-table"),
        Family::Comments => format!("/vetting/{account}#comments"),
        Family::Network => format!("/vetting/{account}#circle"),
        Family::Conversation => format!("/conversations/{account}"),
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

fn post_seen(post: &PostFigures, platform: Platform) -> PostSeen {
    let interactions = post.interactions(platform);
    let followers = post.followers_at_posting.filter(|followers| *followers > 0);
    PostSeen {
        shares: post.shares,
        views: post.views,
        reach: post.reach,
        interactions,
        rate: interactions.zip(followers).map(|(interactions, followers)| interactions as f64 / followers as f64),
        at: post.at,
        likes: post.likes,
        comments: post.comments,
        followers: post.followers_at_posting,
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

/// The verdict from what can be counted at refresh: followers, posts, likes, who comments when and on whom. What
/// comments say and samples of an audience are read for a report alone, so that a report may find more.
pub(crate) fn verdict_by_counts(
    audience: &lake::Audience,
    platform: Platform,
    followers: Option<i64>,
    kept: &CreatorFigures,
    peers: &Peers,
) -> VerdictWord {
    let Ok(figures) = serde_json::from_str::<CreatorEstimates>(&kept.detail) else { return VerdictWord::Unclear };
    let as_of = figures.by_followers.as_of;
    let seen = |point: &FollowerPoint| {
        Some(FollowersSeen { at: point.observed_at, count: u64::try_from(point.followers).ok()? })
    };
    let seen: Vec<FollowersSeen> = audience.followers.iter().filter_map(seen).collect();
    let posts: Vec<PostFigures> = audience.posts.iter().map(|row| post_figures(row, &seen)).collect();
    let reactions: Vec<PostReaction> = posts.iter().filter_map(reaction).collect();
    let growth = growth(&GrowthInput { followers: &seen, posts: &reactions, declared: &[] });
    let posted: HashMap<PostId, (u32, Timestamp)> =
        audience.posts.iter().enumerate().map(|(place, post)| (post.post, (place as u32, post.created_at))).collect();
    let others = audience.comments.iter().filter(|row| row.commenter != audience.author);
    let timed: Vec<TimedComment> = others
        .filter_map(|row| {
            let (post, posted_at) = *posted.get(&row.post)?;
            Some(TimedComment { post, posted_at, commenter: row.commenter.0, at: row.at })
        })
        .collect();
    let timing = (!timed.is_empty()).then(|| comment_timing(&timed));
    let input = SignsInput {
        followers: followers.and_then(|followers| u64::try_from(followers).ok()),
        by_followers: &figures.by_followers,
        comments_for_likes: &figures.comment_like_ratio,
        reply_rate: &figures.reply_rate,
        likes: as_of.and_then(|as_of| like_spread(&likes_of(&posts, as_of))),
        growth: growth.as_ref(),
        comments: None,
        timing: timing.as_ref(),
        circle: peers.circle_of(audience.author, kept.measures.posts),
        audience: None,
        usual: peers.usual(platform),
        as_of,
        grade: Grade::B,
    };
    vet(&input, &VerdictSettings::default()).verdict.word
}
