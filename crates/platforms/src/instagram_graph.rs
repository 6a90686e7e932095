//! Answers of the Instagram Graph API read into facts: accounts, posts and their counts, what is said under them, and who names the brand.
//!
//! The ids of people differ from app to app, so an account is known by its handle in lower case, and a post by the short code in its
//! address, else by its media id. Every field may be missing: an answer holds the fields that were asked for. A figure that is not
//! there is not known; insights without a value are an empty list, never 0.

use std::collections::{BTreeMap, HashMap};

use model::facts::{AccountKind, InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::exports::{handle_of, hashtags, number_of};
use crate::moments;
use crate::receive::{Named, Receiver};

/// How much of what an answer says is wrong is kept.
const SAID_LETTERS_MAX: usize = 200;

/// One page of a list.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    pub data: Vec<T>,
    pub paging: Option<Paging>,
}

impl<T> Default for Page<T> {
    fn default() -> Page<T> {
        Page { data: Vec::new(), paging: None }
    }
}

impl<T> Page<T> {
    /// What the next page is asked for with; `None` on the last one.
    pub fn after(&self) -> Option<&str> {
        given(&self.paging.as_ref()?.next)?;
        self.cursor()
    }

    /// Where this page ends. A list inside another answer (the media of a discovered account) does not say whether there is more: it has
    /// ended when a page is empty.
    pub fn cursor(&self) -> Option<&str> {
        given(&self.paging.as_ref()?.cursors.as_ref()?.after)
    }
}

pub type MediaList = Page<Media>;
pub type CommentList = Page<Comment>;
pub type InsightList = Page<Insight>;
pub type CreatorList = Page<Creator>;

/// Makes structs of an answer: each field may be missing, and is named as the interface names it.
macro_rules! answer {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Debug, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$of_field])* pub $field: Option<$kind>,)* }
    )*};
}
pub(crate) use answer;

answer! {
    Paging {
        cursors: Cursors,
        /// The address of the next page; missing on the last one.
        next: String,
    }

    Cursors {
        before: String,
        after: String,
    }

    /// A professional account: the own one, or one that was discovered.
    User {
        id: String,
        username: String,
        name: String,
        biography: String,
        website: String,
        #[serde(deserialize_with = "count")]
        followers_count: i64,
        #[serde(deserialize_with = "count")]
        follows_count: i64,
        #[serde(deserialize_with = "count")]
        media_count: i64,
        /// Where it was asked for within the account.
        media: MediaList,
    }

    BusinessDiscovery {
        business_discovery: User,
    }

    /// A post, as lists of own media, tags, hashtags and discovered accounts give it. A hashtag never tells whose it is.
    Media {
        id: String,
        caption: String,
        /// `IMAGE`, `VIDEO` or `CAROUSEL_ALBUM`.
        media_type: String,
        /// `FEED`, `REELS`, `STORY` or `AD`.
        media_product_type: String,
        permalink: String,
        timestamp: String,
        /// Missing where the owner hides it.
        #[serde(deserialize_with = "count")]
        like_count: i64,
        #[serde(deserialize_with = "count")]
        comments_count: i64,
        #[serde(deserialize_with = "count")]
        view_count: i64,
        is_shared_to_feed: bool,
        owner: Owner,
        username: String,
        /// Where they were asked for within the post.
        insights: InsightList,
    }

    Owner {
        id: String,
    }

    MentionedMedia {
        mentioned_media: Media,
    }

    Comment {
        id: String,
        text: String,
        username: String,
        from: Commenter,
        #[serde(deserialize_with = "count")]
        like_count: i64,
        parent_id: String,
        timestamp: String,
        /// The owner of the post does not let it be seen.
        hidden: bool,
        replies: CommentList,
    }

    Commenter {
        /// Of this app alone.
        id: String,
        username: String,
    }

    /// One figure of a post or an account: a value a period, or one in all.
    Insight {
        name: String,
        period: String,
        values: Vec<InsightValue>,
        total_value: TotalValue,
    }

    InsightValue {
        value: Value,
        end_time: String,
    }

    TotalValue {
        value: Value,
        breakdowns: Value,
    }

    /// Somebody whom the creator marketplace suggests.
    Creator {
        id: String,
        username: String,
        biography: String,
        country: String,
        /// Not known where it is a range.
        #[serde(deserialize_with = "count")]
        followers_count: i64,
        /// A list of insights where it can be read as one.
        insights: Value,
    }
}

impl Media {
    /// What the post is known by: the short code in its address, else its media id.
    pub fn key(&self) -> Option<&str> {
        given(&self.permalink).and_then(short_code).or_else(|| given(&self.id))
    }
}

impl Comment {
    fn writer(&self) -> Option<String> {
        let from = self.from.as_ref().and_then(|from| given(&from.username));
        given(&self.username).or(from).and_then(handle_of)
    }

    fn replies(&self) -> impl Iterator<Item = &Comment> {
        self.replies.iter().flat_map(|replies| &replies.data)
    }
}

impl Insight {
    /// The one value it has in all, else the last of its periods.
    fn number(&self) -> Option<i64> {
        let total = self.total_value.as_ref().and_then(|total| whole(&total.value));
        total.or_else(|| whole(&self.values.as_ref()?.last()?.value))
    }
}

/// What an answer says is wrong, as far as a caller goes on differently.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GraphProblem {
    #[error("the token is not taken: it has expired, or the grant was withdrawn")]
    TokenNotTaken,
    #[error("too many calls; wait before the next one")]
    TooManyCalls,
    /// Insights of a post that too few people saw are refused so as well.
    #[error("Instagram does not allow it: {0}")]
    NotAllowed(String),
    /// Neither a personal account can be discovered nor one that does not exist: the answer is the same.
    #[error("it is not there, or no longer, or may not be seen")]
    NotThere,
    /// What `is_transient` is worth another try.
    #[error("Instagram answered: {message}")]
    Other { message: String, is_transient: bool },
}

impl GraphProblem {
    /// Reads the body of an answer that is an error.
    pub fn of_body(body: &str) -> GraphProblem {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            error: Told,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told {
            message: String,
            code: i64,
            error_subcode: i64,
            is_transient: bool,
        }
        let shortened = |text: &str| text.trim().chars().take(SAID_LETTERS_MAX).collect::<String>();
        let Ok(Body { error }) = serde_json::from_str::<Body>(body) else {
            return GraphProblem::Other { message: shortened(body), is_transient: false };
        };
        let message = shortened(if error.message.is_empty() { body } else { &error.message });
        match (error.code, error.error_subcode) {
            (190, _) => GraphProblem::TokenNotTaken,
            (4 | 17 | 32 | 613 | 80_001..=80_014, _) => GraphProblem::TooManyCalls,
            (10 | 200..=299, _) => GraphProblem::NotAllowed(message),
            // 110 with this subcode: nobody is discovered by this name.
            (24, _) | (100, 33) | (110, 2_207_013) => GraphProblem::NotThere,
            _ => GraphProblem::Other { message, is_transient: error.is_transient },
        }
    }
}

/// What the headings `X-Business-Use-Case-Usage` and `X-App-Usage` say: the share of the allowed calls that is used, and for how many
/// minutes nothing more is answered. The share is the greatest of all that are told, and may exceed 1; a heading that cannot be read
/// tells of none.
pub fn retry_after(heading: &str) -> (f64, Option<u64>) {
    let told: Value = serde_json::from_str(heading).unwrap_or_default();
    let by_business = told.as_object().into_iter().flat_map(|businesses| businesses.values());
    let all = by_business.filter_map(Value::as_array).flatten().chain([&told]);
    let (mut percent, mut minutes) = (0.0_f64, None);
    for usage in all {
        for field in ["call_count", "total_cputime", "total_time"] {
            percent = percent.max(usage.get(field).and_then(Value::as_f64).unwrap_or_default());
        }
        let wait = usage.get("estimated_time_to_regain_access").and_then(Value::as_u64);
        minutes = minutes.max(wait.filter(|wait| *wait > 0));
    }
    (percent / 100.0, minutes)
}

/// Takes an account with its profile; `None` where the answer does not say which one it is. Its media are not taken here.
pub fn user_facts(
    user: &User,
    kind: AccountKind,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<AccountId> {
    let handle = given(&user.username).and_then(handle_of)?;
    let account = named.account_of_kind(Platform::Instagram, &handle, kind, receiver);
    receiver.facts().profiles.push(ProfileFact {
        display_name: given(&user.name).map(str::to_owned),
        handle: Some(handle),
        bio: given(&user.biography).map(str::to_owned),
        followers: user.followers_count,
        following: user.follows_count,
        posts: user.media_count,
        external_url: given(&user.website).map(str::to_owned),
        ..ProfileFact::empty(account, observed_at)
    });
    Some(account)
}

/// Takes a discovered account with its profile and the page of its media in the answer; `None` where the answer does not say which one
/// it is.
pub fn discovery_facts(
    answer: &BusinessDiscovery,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<AccountId> {
    let user = answer.business_discovery.as_ref()?;
    let account = user_facts(user, AccountKind::Unknown, observed_at, receiver, named)?;
    for media in user.media.iter().flat_map(|media| &media.data) {
        media_facts(media, given(&user.username), observed_at, receiver, named);
    }
    Some(account)
}

/// Takes somebody whom the creator marketplace suggests, with the profile; `None` where there is no handle.
pub fn creator_facts(
    creator: &Creator,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<AccountId> {
    let handle = given(&creator.username).and_then(handle_of)?;
    let account = named.account(Platform::Instagram, &handle, receiver);
    let insights = creator.insights.as_ref().and_then(|insights| InsightList::deserialize(insights).ok());
    let told = insights.and_then(|insights| number_named(&insights.data, "total_followers"));
    receiver.facts().profiles.push(ProfileFact {
        handle: Some(handle),
        bio: given(&creator.biography).map(str::to_owned),
        followers: creator.followers_count.or(told),
        country: given(&creator.country).map(str::to_owned),
        ..ProfileFact::empty(account, observed_at)
    });
    Some(account)
}

/// Takes a post with its counts; `None` where the answer does not say which one it is or when it was published. `owner` is whose it is
/// where the post does not say so itself; a post found by its hashtag is nobody's.
pub fn media_facts(
    media: &Media,
    owner: Option<&str>,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<PostId> {
    let post = post_of(media, owner, receiver, named)?;
    let id = post.id;
    receiver.facts().posts.push(post);
    let counts = PostMetricFact {
        views: media.view_count,
        likes: media.like_count,
        comments: media.comments_count,
        ..no_counts(id, observed_at)
    };
    add_counts(counts, receiver);
    insight_facts(media.insights.as_ref().map_or(&[], |insights| &insights.data), id, observed_at, receiver);
    Some(id)
}

/// Takes a post in which somebody tags (`InteractionKind::Tag`) or mentions (`InteractionKind::Mention`) the account that was asked about,
/// and that they did; `None` as for [`media_facts`].
pub fn naming_facts(
    media: &Media,
    kind: InteractionKind,
    asked_about: &str,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<PostId> {
    let id = media_facts(media, None, observed_at, receiver, named)?;
    // The post was pushed last, and no portion is handed on in between.
    let post = receiver.facts().posts.last()?;
    let (key, author, at, text) = (post.native_id.clone(), post.author, post.created_at, post.text);
    if let (Some(actor), Some(handle)) = (author, handle_of(asked_about)) {
        let target = named.account(Platform::Instagram, &handle, receiver);
        if target != actor {
            receiver.facts().interactions.push(InteractionFact {
                id: InteractionId::native(Platform::Instagram, &format!("{key}#{}:{handle}", kind.code())),
                kind,
                actor,
                target: Some(target),
                // Nothing was said under the post: it is the post that says it.
                post: None,
                parent: None,
                at,
                text,
                by_author: false,
            });
        }
    }
    Some(id)
}

/// Takes what insights tell of one post; whether they told anything. Of one moment a post has one set of counts: what is asked for apart
/// joins what the post itself told, as long as `observed_at` is the same and that portion was not handed on.
pub fn insight_facts(insights: &[Insight], post: PostId, observed_at: Timestamp, receiver: &mut dyn Receiver) -> bool {
    let number = |name: &str| number_named(insights, name);
    let counts = PostMetricFact {
        views: number("views"),
        likes: number("likes"),
        comments: number("comments"),
        shares: number("shares"),
        saves: number("saved").or_else(|| number("saves")),
        reach: number("reach"),
        ..no_counts(post, observed_at)
    };
    add_counts(counts, receiver)
}

/// What an account's insights tell of one day; facts have no place for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountDay {
    /// Days begin and end in California.
    pub ends_at: Timestamp,
    /// Who came to follow on that day (`follower_count` in an answer), not how many follow.
    pub new_followers: Option<i64>,
    pub reach: Option<i64>,
    pub views: Option<i64>,
}

/// The days that an account's insights tell of, in their order; a day without a value is not among them. Some figures, views among them,
/// come as one total of the time asked for, without a date: where one day was asked for, `asked_day_ends_at` says which one it is of.
pub fn account_days(insights: &[Insight], asked_day_ends_at: Option<Timestamp>) -> Vec<AccountDay> {
    let mut days = BTreeMap::new();
    for insight in insights.iter().filter(|insight| given(&insight.period).is_none_or(|period| period == "day")) {
        let figure: fn(&mut AccountDay) -> &mut Option<i64> = match given(&insight.name) {
            Some("follower_count") => |day| &mut day.new_followers,
            Some("reach") => |day| &mut day.reach,
            Some("views") => |day| &mut day.views,
            _ => continue,
        };
        let total = insight.total_value.iter().map(|total| (asked_day_ends_at, &total.value));
        let dated = insight.values.iter().flatten().map(|value| (moment(&value.end_time), &value.value));
        for (ends_at, value) in total.chain(dated) {
            let (Some(ends_at), Some(number)) = (ends_at, whole(value)) else { continue };
            let none = AccountDay { ends_at, new_followers: None, reach: None, views: None };
            *figure(days.entry(ends_at).or_insert(none)) = Some(number);
        }
    }
    days.into_values().collect()
}

/// What became of comments.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    pub taken: u64,
    /// Nobody is named.
    pub without_author: u64,
    /// Hidden by the owner of the post.
    pub hidden: u64,
    /// No id, or no date.
    pub unreadable: u64,
}

/// Under what comments were made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Under<'a> {
    /// What the post is known by: [`Media::key`].
    pub post: &'a str,
    /// The handle of whose post it is.
    pub owner: &'a str,
}

/// Takes a page of comments and the replies that lie in it. `parents` tells who wrote comments that are answered and are not on the page,
/// by their ids; a reply to one that is in neither is said to the owner of the post.
pub fn comment_facts(
    comments: &[Comment],
    under: Under<'_>,
    parents: &HashMap<String, String>,
    tally: &mut Tally,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) {
    let on_the_page = comments.iter().flat_map(|comment| std::iter::once(comment).chain(comment.replies()));
    let mut writers: HashMap<&str, String> =
        parents.iter().filter_map(|(id, writer)| Some((id.as_str(), handle_of(writer)?))).collect();
    writers.extend(on_the_page.filter_map(|comment| Some((given(&comment.id)?, comment.writer()?))));
    let owner = handle_of(under.owner);
    let mut take = |comment: &Comment, parent: Option<&str>| {
        let (Some(id), Some(at)) = (given(&comment.id), moment(&comment.timestamp)) else {
            tally.unreadable += 1;
            return;
        };
        if comment.hidden == Some(true) {
            tally.hidden += 1;
            return;
        }
        let Some(writer) = comment.writer() else {
            tally.without_author += 1;
            return;
        };
        let parent = given(&comment.parent_id).or(parent);
        let target = parent.and_then(|parent| writers.get(parent)).or(owner.as_ref());
        let text = given(&comment.text).map(|body| receiver.take_text(body));
        let actor = named.account(Platform::Instagram, &writer, receiver);
        let target = target.map(|target| named.account(Platform::Instagram, target, receiver));
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::native(Platform::Instagram, id),
            kind: if parent.is_some() { InteractionKind::Reply } else { InteractionKind::Comment },
            actor,
            target,
            post: Some(PostId::of(Platform::Instagram, under.post)),
            parent: parent.map(|parent| InteractionId::native(Platform::Instagram, parent)),
            at,
            text,
            by_author: owner.as_ref() == Some(&writer),
        });
        tally.taken += 1;
    };
    for comment in comments {
        take(comment, None);
        for reply in comment.replies() {
            take(reply, given(&comment.id));
        }
    }
}

/// That somebody asks Meta for the removal of what an app holds of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeletionRequest {
    /// Of this app alone.
    pub user_id: String,
    /// What it is signed with; nothing but `HMAC-SHA256` is to be taken.
    pub algorithm: String,
    pub issued_at: Option<Timestamp>,
}

/// Takes apart what Meta's data deletion callback sends: the signature, the bytes that are signed, and what is asked. **Nothing is checked
/// here**: the signature must be that of these bytes under the app's secret before anything is removed. `None` for what is no such request.
pub fn parts_of_signed_request(text: &str) -> Option<(Vec<u8>, Vec<u8>, DeletionRequest)> {
    let (signature, payload) = text.trim().split_once('.')?;
    let told: Value = serde_json::from_slice(&of_base64url(payload)?).ok()?;
    let user_id = match told.get("user_id")? {
        Value::String(id) => id.trim().to_owned(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let algorithm = told.get("algorithm")?.as_str()?.to_owned();
    let issued_at = told.get("issued_at").and_then(number_of).and_then(moments::of_unix_seconds);
    let signature = of_base64url(signature).filter(|signature| !signature.is_empty())?;
    let request = DeletionRequest { user_id, algorithm, issued_at };
    (!request.user_id.is_empty()).then(|| (signature, payload.as_bytes().to_vec(), request))
}

/// The bytes that are written in base64 for addresses, without padding.
fn of_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(six)) & 0x3fff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    // A single letter at the end is not even one byte.
    (text.len() % 4 != 1).then_some(bytes)
}

fn post_of(media: &Media, owner: Option<&str>, receiver: &mut dyn Receiver, named: &mut Named) -> Option<PostFact> {
    let key = media.key()?;
    let created_at = moment(&media.timestamp)?;
    let author = given(&media.username).or(owner).and_then(handle_of);
    let caption = given(&media.caption);
    let is_video = media.media_type.as_deref() == Some("VIDEO") || media.media_product_type.as_deref() == Some("REELS");
    Some(PostFact {
        id: PostId::of(Platform::Instagram, key),
        platform: Platform::Instagram,
        native_id: key.to_owned(),
        author: author.map(|author| named.account(Platform::Instagram, &author, receiver)),
        created_at,
        kind: if is_video { PostKind::Video } else { PostKind::Post },
        title: None,
        text: caption.map(|caption| receiver.take_text(caption)),
        url: given(&media.permalink).map(str::to_owned),
        parent: None,
        tags: hashtags(caption.unwrap_or_default()),
        paid_disclosure: None,
    })
}

/// What stands behind `/p/`, `/reel/` or `/tv/` in the address of a post.
fn short_code(link: &str) -> Option<&str> {
    let mut parts = link.split(['/', '?', '#']).skip_while(|part| !["p", "reel", "reels", "tv"].contains(part));
    parts.nth(1).filter(|code| !code.is_empty())
}

pub(crate) fn no_counts(post: PostId, observed_at: Timestamp) -> PostMetricFact {
    PostMetricFact {
        post,
        observed_at,
        views: None,
        likes: None,
        comments: None,
        shares: None,
        saves: None,
        reach: None,
    }
}

/// Adds what is known to the post's counts of the same moment. Two sets of one moment would hide each other: whoever reads takes the last.
fn add_counts(found: PostMetricFact, receiver: &mut dyn Receiver) -> bool {
    if found == no_counts(found.post, found.observed_at) {
        return false;
    }
    let all = &mut receiver.facts().post_metrics;
    let same = all.iter_mut().rev().find(|held| held.post == found.post && held.observed_at == found.observed_at);
    match same {
        Some(held) => {
            held.views = found.views.or(held.views);
            held.likes = found.likes.or(held.likes);
            held.comments = found.comments.or(held.comments);
            held.shares = found.shares.or(held.shares);
            held.saves = found.saves.or(held.saves);
            held.reach = found.reach.or(held.reach);
        }
        None => all.push(found),
    }
    true
}

fn number_named(insights: &[Insight], name: &str) -> Option<i64> {
    insights.iter().filter(|insight| insight.name.as_deref() == Some(name)).find_map(Insight::number)
}

fn whole(value: &Option<Value>) -> Option<i64> {
    value.as_ref().and_then(number_of).filter(|number| *number >= 0)
}

/// What is no whole number, or below 0, is not known.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(whole(&Option::<Value>::deserialize(deserializer)?))
}

pub(crate) fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// `2026-11-01T10:00:00+0000`: the zone has no colon.
fn moment(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref().and_then(moments::of_iso)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;
    use crate::receive::Collected;
    use crate::zeeschuimer::tests::{any_value, replace_nth};

    const SEEN: Timestamp = Timestamp(1_760_000_000_000_000);
    const NOVEMBER_FIRST: i64 = 1_793_527_200;

    fn user() -> Value {
        json!({"id": "178", "username": "Brand.Co", "name": "Brand", "biography": "we brew",
            "website": "https://brand.example", "followers_count": 12_300, "follows_count": 40, "media_count": 50})
    }

    fn media() -> Value {
        json!({"id": "179", "caption": "A #Stout with @ana #stout", "media_type": "VIDEO",
            "media_product_type": "REELS", "permalink": "https://www.instagram.com/reel/Code_1-x/",
            "timestamp": "2026-11-01T10:00:00+0000", "like_count": 30, "comments_count": 4, "view_count": 900,
            "is_shared_to_feed": true, "owner": {"id": "178"}, "username": "brand.co"})
    }

    fn media_list() -> Value {
        json!({"data": [media()], "paging": {"cursors": {"before": "b", "after": "a"}, "next": "https://x.example"}})
    }

    fn discovery() -> Value {
        let mut user = user();
        let mut found = media();
        found["username"] = Value::Null;
        user["media"] = json!({"data": [found], "paging": {"cursors": {"after": "a"}}});
        json!({"business_discovery": user, "id": "1"})
    }

    fn comment(id: &str, by: &str) -> Value {
        json!({"id": id, "text": format!("{by} says"), "username": by, "from": {"id": "5", "username": by},
            "like_count": 1, "timestamp": "2026-11-02T10:00:00+0000", "hidden": false})
    }

    fn comments() -> Value {
        let mut first = comment("c1", "Ben");
        first["replies"] = json!({"data": [comment("c2", "brand.co"), comment("c3", "")]});
        let mut late = comment("c4", "cem");
        late["parent_id"] = json!("c2");
        let mut elsewhere = comment("c5", "dora");
        elsewhere["parent_id"] = json!("c0");
        let mut hidden = comment("c6", "spam");
        hidden["hidden"] = json!(true);
        let mut by_from = comment("c8", "eve");
        by_from["username"] = Value::Null;
        json!({"data": [late, first, elsewhere, hidden, {"id": "c7"}, by_from]})
    }

    fn insights() -> Value {
        json!({"data": [
            {"name": "reach", "period": "lifetime", "values": [{"value": 700}], "title": "Reach", "id": "x"},
            {"name": "saved", "period": "lifetime", "values": [{"value": 9}]},
            {"name": "shares", "period": "day", "total_value": {"value": 3, "breakdowns": []}},
            {"name": "likes", "period": "lifetime", "values": [{"value": 31}]},
            {"name": "views", "period": "lifetime", "values": []},
            {"name": "total_interactions", "period": "lifetime", "values": [{"value": 47}]}]})
    }

    fn account_insights() -> Value {
        json!({"data": [
            {"name": "follower_count", "period": "day", "values": [{"value": 5, "end_time": "2026-11-02T08:00:00+0000"},
                {"value": 6, "end_time": "2026-11-01T08:00:00+0000"}, {"end_time": "2026-11-03T08:00:00+0000"}]},
            {"name": "reach", "period": "day", "values": [{"value": 80, "end_time": "2026-11-01T08:00:00+0000"}]},
            {"name": "reach", "period": "week", "values": [{"value": 400, "end_time": "2026-11-01T08:00:00+0000"}]},
            {"name": "views", "period": "day", "total_value": {"value": 90}}]})
    }

    fn creators() -> Value {
        json!({"data": [{"id": "1", "username": "Ana", "biography": "beer", "country": "DE", "followers_count": 9_000},
            {"username": "ben", "followers_count": "10k-50k", "insights": {"data": [{"name": "total_followers",
                "total_value": {"value": 12_000}}]}},
            {"username": "cem", "followers_count": {"from": 1}, "insights": "account_engaged_count:30"}, {"id": "2"}]})
    }

    fn parsed<T: DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
    }

    fn post(value: &Value, owner: Option<&str>) -> Collected {
        let mut found = Collected::default();
        media_facts(&parsed(value), owner, SEEN, &mut found, &mut Named::new());
        found
    }

    fn said(value: &Value, parents: &HashMap<String, String>) -> (Collected, Tally) {
        let (mut found, mut tally) = (Collected::default(), Tally::default());
        let page: CommentList = parsed(value);
        let under = Under { post: "Code_1-x", owner: "@Brand.Co" };
        comment_facts(&page.data, under, parents, &mut tally, &mut found, &mut Named::new());
        (found, tally)
    }

    fn told(found: &Collected) -> Vec<String> {
        let name = |id: Option<AccountId>| {
            let known = found.facts.accounts.iter().find(|account| Some(account.id) == id);
            known.map_or("nobody", |account| account.native_id.as_str())
        };
        let tell = |fact: &InteractionFact| {
            let own = if fact.by_author { " (own)" } else { "" };
            format!("{} {} {}{own}", name(Some(fact.actor)), fact.kind.code(), name(fact.target))
        };
        found.facts.interactions.iter().map(tell).collect()
    }

    #[test]
    fn an_account_is_known_by_its_handle_and_has_a_profile() {
        let mut found = Collected::default();
        let id = user_facts(&parsed(&user()), AccountKind::Brand, SEEN, &mut found, &mut Named::new());
        assert_eq!(id, Some(AccountId::of(Platform::Instagram, "", "brand.co")));
        assert_eq!(found.facts.accounts[0].kind, AccountKind::Brand);
        let profile = &found.facts.profiles[0];
        assert_eq!((profile.followers, profile.following, profile.posts), (Some(12_300), Some(40), Some(50)));
        assert_eq!(profile.external_url.as_deref(), Some("https://brand.example"));
        let nobody = user_facts(&User::default(), AccountKind::Brand, SEEN, &mut found, &mut Named::new());
        assert_eq!(nobody, None);
    }

    #[test]
    fn a_post_is_known_by_its_short_code_and_has_counts() {
        let found = post(&media(), None);
        let fact = &found.facts.posts[0];
        assert_eq!((fact.native_id.as_str(), fact.kind), ("Code_1-x", PostKind::Video));
        assert_eq!(fact.id, PostId::of(Platform::Instagram, "Code_1-x"));
        assert_eq!(fact.author, Some(AccountId::of(Platform::Instagram, "", "brand.co")));
        assert_eq!(fact.created_at.unix_seconds(), NOVEMBER_FIRST);
        assert_eq!(fact.tags, ["stout"]);
        let counts = &found.facts.post_metrics[0];
        assert_eq!((counts.views, counts.likes, counts.comments), (Some(900), Some(30), Some(4)));
        for (link, key) in [
            (json!("https://www.instagram.com/p/Abc?x=1"), "Abc"),
            (json!("https://www.instagram.com/stories/ana/7"), "179"),
            (json!("https://www.instagram.com/p//"), "179"),
            (Value::Null, "179"),
        ] {
            let mut other = media();
            other["permalink"] = link;
            assert_eq!(post(&other, None).facts.posts[0].native_id, key);
        }
    }

    #[test]
    fn what_a_post_does_not_tell_is_not_known() {
        let bare = json!({"id": "7", "timestamp": "2026-11-01T10:00:00+0000", "media_type": "IMAGE", "like_count": -1});
        let found = post(&bare, None);
        assert_eq!((found.facts.posts[0].author, found.facts.posts[0].kind), (None, PostKind::Post));
        assert_eq!((found.facts.post_metrics.len(), found.facts.texts.len()), (0, 0));
        assert_eq!(post(&bare, Some("Ana")).facts.accounts[0].native_id, "ana");
        assert_eq!(post(&json!({"id": "7", "timestamp": "soon"}), None), Collected::default());
        assert_eq!(post(&json!({"timestamp": "2026-11-01T10:00:00+0000"}), None), Collected::default());
    }

    #[test]
    fn a_discovered_account_comes_with_its_media() {
        let mut found = Collected::default();
        let answer: BusinessDiscovery = parsed(&discovery());
        let id = discovery_facts(&answer, SEEN, &mut found, &mut Named::new());
        assert_eq!((found.facts.profiles.len(), found.facts.posts[0].author), (1, id));
        let listed = answer.business_discovery.and_then(|user| user.media).unwrap_or_default();
        assert_eq!((listed.after(), listed.cursor()), (None, Some("a")));
        let own: MediaList = parsed(&media_list());
        assert_eq!(own.after(), Some("a"));
    }

    #[test]
    fn who_tags_or_mentions_the_brand_turns_to_it_and_a_brand_not_to_itself() {
        let mut by_ana = media();
        by_ana["username"] = json!("ana");
        let answer: MentionedMedia = parsed(&json!({"mentioned_media": by_ana, "id": "1"}));
        let mut found = Collected::default();
        let mut named = Named::new();
        for media in [answer.mentioned_media.unwrap_or_default(), parsed(&media())] {
            naming_facts(&media, InteractionKind::Tag, "Brand.Co", SEEN, &mut found, &mut named);
        }
        assert_eq!(told(&found), ["ana tag brand.co"]);
        let fact = &found.facts.interactions[0];
        assert_eq!(fact.id, InteractionId::native(Platform::Instagram, "Code_1-x#tag:brand.co"));
        assert_eq!((fact.post, fact.text), (None, found.facts.posts[0].text));
        assert_eq!(found.facts.posts.len(), 2);
    }

    #[test]
    fn insights_join_what_the_post_itself_told_of_that_moment() {
        let mut found = post(&media(), None);
        let id = found.facts.posts[0].id;
        let told: InsightList = parsed(&insights());
        assert!(insight_facts(&told.data, id, SEEN, &mut found));
        let expected = PostMetricFact {
            views: Some(900),
            likes: Some(31),
            comments: Some(4),
            shares: Some(3),
            saves: Some(9),
            reach: Some(700),
            ..no_counts(id, SEEN)
        };
        assert_eq!(found.facts.post_metrics, std::slice::from_ref(&expected));
        let mut nested = media();
        nested["insights"] = insights();
        assert_eq!(post(&nested, None).facts.post_metrics, [expected]);
        assert!(insight_facts(&told.data, id, Timestamp(0), &mut found));
        assert_eq!(found.facts.post_metrics.len(), 2, "another moment has counts of its own");
        assert!(!insight_facts(&[], id, Timestamp(1), &mut found), "an empty list tells nothing");
        assert_eq!(found.facts.post_metrics.len(), 2);
    }

    #[test]
    fn insights_of_an_account_are_told_day_by_day() {
        let list: InsightList = parsed(&account_insights());
        let first = AccountDay {
            ends_at: Timestamp::from_unix_seconds(NOVEMBER_FIRST - 7_200),
            new_followers: Some(6),
            reach: Some(80),
            views: None,
        };
        let ends_at = Timestamp::from_unix_seconds(NOVEMBER_FIRST + 79_200);
        let second = AccountDay { ends_at, new_followers: Some(5), reach: None, views: None };
        assert_eq!(account_days(&list.data, None), [first, second]);
        let with_total = AccountDay { views: Some(90), ..second };
        assert_eq!(account_days(&list.data, Some(ends_at)), [first, with_total]);
        assert_eq!(account_days(&[], Some(ends_at)), []);
    }

    #[test]
    fn a_comment_is_said_to_the_owner_and_a_reply_to_whom_it_answers() {
        let (found, tally) = said(&comments(), &HashMap::from([("c0".to_owned(), "Fay".to_owned())]));
        let expected = [
            "cem reply brand.co",
            "ben comment brand.co",
            "brand.co reply ben (own)",
            "dora reply fay",
            "eve comment brand.co",
        ];
        assert_eq!(told(&found), expected);
        assert_eq!(tally, Tally { taken: 5, without_author: 1, hidden: 1, unreadable: 1 });
        let reply = &found.facts.interactions[2];
        assert_eq!(reply.id, InteractionId::native(Platform::Instagram, "c2"));
        assert_eq!(reply.parent, Some(InteractionId::native(Platform::Instagram, "c1")));
        assert_eq!(reply.post, Some(PostId::of(Platform::Instagram, "Code_1-x")));
        assert_eq!(found.facts.texts[1].body, "Ben says");
        let (unknown, _) = said(&comments(), &HashMap::new());
        assert_eq!(told(&unknown)[3], "dora reply brand.co");
    }

    #[test]
    fn a_creator_of_the_marketplace_has_a_profile_and_a_range_is_no_count() {
        let list: CreatorList = parsed(&creators());
        let mut found = Collected::default();
        for creator in &list.data {
            creator_facts(creator, SEEN, &mut found, &mut Named::new());
        }
        let profiles: Vec<_> =
            found.facts.profiles.iter().map(|profile| (profile.handle.as_deref(), profile.followers)).collect();
        assert_eq!(profiles, [(Some("ana"), Some(9_000)), (Some("ben"), Some(12_000)), (Some("cem"), None)]);
        assert_eq!(found.facts.profiles[0].country.as_deref(), Some("DE"));
    }

    #[test]
    fn a_problem_is_known_by_its_code() {
        let body = |code: i64, subcode: i64| {
            json!({"error": {"message": "m", "type": "OAuthException", "code": code, "error_subcode": subcode,
                "is_transient": code == 2, "fbtrace_id": "x"}})
        };
        let other = |message: &str, is_transient| GraphProblem::Other { message: message.to_owned(), is_transient };
        for (body, expected) in [
            (body(190, 463), GraphProblem::TokenNotTaken),
            (body(4, 0), GraphProblem::TooManyCalls),
            (body(80_002, 0), GraphProblem::TooManyCalls),
            (body(10, 0), GraphProblem::NotAllowed("m".to_owned())),
            (body(230, 0), GraphProblem::NotAllowed("m".to_owned())),
            (body(100, 33), GraphProblem::NotThere),
            (body(24, 2_207_006), GraphProblem::NotThere),
            (body(110, 2_207_013), GraphProblem::NotThere),
            (body(100, 0), other("m", false)),
            (body(2, 0), other("m", true)),
            (json!({"error": {"code": 1}}), other("{\"error\":{\"code\":1}}", false)),
            (json!("oops"), other("\"oops\"", false)),
        ] {
            assert_eq!(GraphProblem::of_body(&body.to_string()), expected);
        }
    }

    #[test]
    fn the_most_used_share_counts_and_the_longest_wait() {
        let usage = |calls: i64, time: i64, wait: i64| {
            json!({"type": "instagram", "call_count": calls, "total_cputime": 1, "total_time": time,
                "estimated_time_to_regain_access": wait})
        };
        for (heading, expected) in [
            (json!({"call_count": 28, "total_time": 25, "total_cputime": 50}).to_string(), (0.5, None)),
            (json!({"1": [usage(10, 20, 0)], "2": [usage(5, 5, 0), usage(125, 5, 0)]}).to_string(), (1.25, None)),
            (json!({"1": [usage(100, 5, 7), usage(5, 5, 19)]}).to_string(), (1.0, Some(19))),
            ("{}".to_owned(), (0.0, None)),
            ("soon".to_owned(), (0.0, None)),
        ] {
            assert_eq!(retry_after(&heading), expected, "{heading}");
        }
    }

    #[test]
    fn a_signed_request_is_taken_apart_and_what_is_none_is_refused() {
        // {"user_id":"218471","algorithm":"HMAC-SHA256","issued_at":1760000000}
        let payload = "eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3NjAwMDAwMDB9";
        let (signature, signed, request) =
            parts_of_signed_request(&format!("-_8AAQ.{payload}")).expect("a signed request");
        assert_eq!((signature, signed), (vec![0xfb, 0xff, 0x00, 0x01], payload.as_bytes().to_vec()));
        assert_eq!((request.user_id.as_str(), request.algorithm.as_str()), ("218471", "HMAC-SHA256"));
        assert_eq!(request.issued_at, Some(Timestamp::from_unix_seconds(1_760_000_000)));
        for wrong in
            ["", ".", "-_8AAQ", "-_8AAQ.", "-_8AAQ.e30", &format!(".{payload}"), &format!("-_8AAQ==.{payload}")]
        {
            assert_eq!(parts_of_signed_request(wrong), None, "{wrong}");
        }
        for (text, bytes) in [("", Some("")), ("Zg", Some("f")), ("Zm8", Some("fo")), ("Zm9v", Some("foo"))] {
            assert_eq!(of_base64url(text).as_deref(), bytes.map(str::as_bytes), "{text}");
        }
        for wrong in ["Z", "Zm9vZ", "Zg==", "Z+8", "Z g"] {
            assert_eq!(of_base64url(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            text in prop_oneof!["\\PC{0,40}", "[A-Za-z0-9_.=-]{0,40}"],
            changes in proptest::collection::vec((0usize..60, any_value()), 0..4),
        ) {
            let _ = serde_json::from_slice::<MediaList>(&noise);
            GraphProblem::of_body(&text);
            parts_of_signed_request(&text);
            let mutated = |mut value: Value| {
                for (nth, with) in &changes {
                    replace_nth(&mut value, &mut nth.clone(), with);
                }
                GraphProblem::of_body(&value.to_string());
                prop_assert!(retry_after(&value.to_string()).0 >= 0.0);
                Ok(value)
            };
            let (mut found, mut tally, mut named) = (Collected::default(), Tally::default(), Named::new());
            let usage = json!({"1": [{"call_count": 1, "total_time": 2, "estimated_time_to_regain_access": 3}]});
            mutated(usage)?;
            mutated(json!({"error": {"message": "m", "code": 1, "error_subcode": 2, "is_transient": true}}))?;
            if let Ok(answer) = serde_json::from_value::<BusinessDiscovery>(mutated(discovery())?) {
                discovery_facts(&answer, SEEN, &mut found, &mut named);
            }
            if let Ok(page) = serde_json::from_value::<MediaList>(mutated(media_list())?) {
                for media in &page.data {
                    naming_facts(media, InteractionKind::Mention, &text, SEEN, &mut found, &mut named);
                }
            }
            for list in [insights(), account_insights()] {
                if let Ok(page) = serde_json::from_value::<InsightList>(mutated(list)?) {
                    insight_facts(&page.data, PostId(1), SEEN, &mut found);
                    account_days(&page.data, Some(SEEN));
                }
            }
            if let Ok(page) = serde_json::from_value::<CreatorList>(mutated(creators())?) {
                for creator in &page.data {
                    creator_facts(creator, SEEN, &mut found, &mut named);
                }
            }
            if let Ok(page) = serde_json::from_value::<CommentList>(mutated(comments())?) {
                let (mut found, under) = (Collected::default(), Under { post: &text, owner: &text });
                comment_facts(&page.data, under, &HashMap::new(), &mut tally, &mut found, &mut named);
                prop_assert_eq!(found.facts.interactions.len() as u64, tally.taken);
            }
        }
    }
}
