//! Answers of the YouTube Data API v3 read into facts: channels, videos, what is said under them, and who subscribed.
//!
//! Every field may be missing: an answer holds the parts that were asked for. Counts are written as text. A channel is known by its
//! `UC…` id, a video and a comment by theirs. Who subscribes to, or likes, what others own is never told.

use std::collections::HashMap;

use model::facts::{InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::mastodon::text_of_html;
use crate::moments;
use crate::receive::{Named, Receiver};

/// Of one video; YouTube counts 500 letters over all.
const TAGS_MAX: usize = 500;

/// One page of a list. The search alone says `regionCode`, comments have no page before.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_page_token: Option<String>,
    pub page_info: Option<PageInfo>,
}

impl<T> Default for Page<T> {
    fn default() -> Page<T> {
        Page { items: Vec::new(), next_page_token: None, page_info: None }
    }
}

pub type ChannelListResponse = Page<Channel>;
pub type PlaylistItemListResponse = Page<PlaylistItem>;
pub type VideoListResponse = Page<Video>;
pub type CommentThreadListResponse = Page<CommentThread>;
pub type CommentListResponse = Page<Comment>;
pub type SearchListResponse = Page<SearchResult>;
pub type SubscriptionListResponse = Page<Subscription>;

/// Makes structs of an answer: each field may be missing, and is named as the interface names it.
macro_rules! answer {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Debug, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name { $($(#[$of_field])* pub $field: Option<$kind>,)* }
    )*};
}

answer! {
    PageInfo {
        #[serde(deserialize_with = "count")]
        total_results: i64,
        #[serde(deserialize_with = "count")]
        results_per_page: i64,
    }

    Channel {
        id: String,
        snippet: ChannelSnippet,
        statistics: ChannelStatistics,
        content_details: ChannelContentDetails,
        topic_details: TopicDetails,
        status: ChannelStatus,
    }

    ChannelSnippet {
        title: String,
        description: String,
        /// `@name`.
        custom_url: String,
        published_at: String,
        country: String,
        default_language: String,
    }

    ChannelStatistics {
        #[serde(deserialize_with = "count")]
        view_count: i64,
        /// Rounded to three figures.
        #[serde(deserialize_with = "count")]
        subscriber_count: i64,
        hidden_subscriber_count: bool,
        #[serde(deserialize_with = "count")]
        video_count: i64,
    }

    ChannelContentDetails {
        related_playlists: RelatedPlaylists,
    }

    RelatedPlaylists {
        /// The list of all that the channel published.
        uploads: String,
    }

    TopicDetails {
        topic_categories: Vec<String>,
    }

    ChannelStatus {
        privacy_status: String,
        made_for_kids: bool,
    }

    PlaylistItem {
        id: String,
        snippet: PlaylistItemSnippet,
        content_details: PlaylistItemContentDetails,
    }

    PlaylistItemSnippet {
        resource_id: ResourceId,
        video_owner_channel_id: String,
        published_at: String,
        title: String,
    }

    PlaylistItemContentDetails {
        video_id: String,
        video_published_at: String,
    }

    ResourceId {
        kind: String,
        channel_id: String,
        playlist_id: String,
        video_id: String,
    }

    Video {
        id: String,
        snippet: VideoSnippet,
        statistics: VideoStatistics,
        content_details: VideoContentDetails,
        paid_product_placement_details: PaidProductPlacementDetails,
        topic_details: TopicDetails,
        status: VideoStatus,
    }

    VideoSnippet {
        channel_id: String,
        channel_title: String,
        title: String,
        description: String,
        tags: Vec<String>,
        published_at: String,
        category_id: String,
        default_language: String,
        default_audio_language: String,
        live_broadcast_content: String,
    }

    VideoStatistics {
        #[serde(deserialize_with = "count")]
        view_count: i64,
        #[serde(deserialize_with = "count")]
        like_count: i64,
        #[serde(deserialize_with = "count")]
        comment_count: i64,
    }

    VideoContentDetails {
        /// `PT4M13S`.
        duration: String,
    }

    PaidProductPlacementDetails {
        has_paid_product_placement: bool,
    }

    VideoStatus {
        privacy_status: String,
        made_for_kids: bool,
    }

    CommentThread {
        id: String,
        snippet: CommentThreadSnippet,
        replies: CommentThreadReplies,
    }

    CommentThreadSnippet {
        channel_id: String,
        video_id: String,
        top_level_comment: Comment,
        #[serde(deserialize_with = "count")]
        total_reply_count: i64,
        can_reply: bool,
        is_public: bool,
    }

    /// Some of the replies; all of them are asked for by their parent.
    CommentThreadReplies {
        comments: Vec<Comment>,
    }

    Comment {
        id: String,
        snippet: CommentSnippet,
    }

    CommentSnippet {
        author_channel_id: AuthorChannelId,
        author_display_name: String,
        channel_id: String,
        video_id: String,
        parent_id: String,
        text_original: String,
        /// HTML, unless plain text was asked for.
        text_display: String,
        #[serde(deserialize_with = "count")]
        like_count: i64,
        moderation_status: String,
        published_at: String,
        updated_at: String,
    }

    AuthorChannelId {
        value: String,
    }

    SearchResult {
        id: ResourceId,
        snippet: SearchResultSnippet,
    }

    SearchResultSnippet {
        channel_id: String,
        channel_title: String,
        title: String,
        description: String,
        published_at: String,
    }

    Subscription {
        id: String,
        snippet: SubscriptionSnippet,
        subscriber_snippet: SubscriberSnippet,
    }

    SubscriptionSnippet {
        /// Who subscribed.
        channel_id: String,
        /// To whom.
        resource_id: ResourceId,
        published_at: String,
    }

    SubscriberSnippet {
        channel_id: String,
        title: String,
        description: String,
    }
}

/// Counts are text, small ones numbers; what is neither, or below 0, is not known.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let count = match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    Ok(count.filter(|count| *count >= 0))
}

/// What an answer says is wrong, as far as a caller goes on differently.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApiProblem {
    /// A state of the video, not a failure.
    #[error("comments are turned off")]
    CommentsDisabled,
    #[error("the day's quota is used up; it starts again at midnight in California")]
    QuotaExceeded,
    #[error("too many requests at once; wait before the next one")]
    RateLimited,
    #[error("it is not there, or no longer")]
    NotFound,
    #[error("YouTube does not allow it: {0}")]
    Forbidden(String),
    #[error("YouTube answered: {0}")]
    Other(String),
}

impl ApiProblem {
    /// Reads the body of an answer that is an error.
    pub fn of_body(body: &str) -> ApiProblem {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            error: Told,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told {
            code: u16,
            message: String,
            errors: Vec<Reason>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Reason {
            reason: String,
        }
        let Ok(Body { error }) = serde_json::from_str::<Body>(body) else {
            return ApiProblem::Other(body.trim().chars().take(200).collect());
        };
        let reason = error.errors.into_iter().next().unwrap_or_default().reason;
        match (reason.as_str(), error.code) {
            ("commentsDisabled", _) => ApiProblem::CommentsDisabled,
            ("quotaExceeded" | "dailyLimitExceeded", _) => ApiProblem::QuotaExceeded,
            ("rateLimitExceeded" | "userRateLimitExceeded", _) | (_, 429) => ApiProblem::RateLimited,
            (_, 404) => ApiProblem::NotFound,
            (reason, _) if reason.to_ascii_lowercase().ends_with("notfound") => ApiProblem::NotFound,
            (_, 401 | 403) => ApiProblem::Forbidden(if reason.is_empty() { error.message } else { reason }),
            _ => ApiProblem::Other(
                [reason, error.message].into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join(": "),
            ),
        }
    }
}

/// Takes a channel with its profile; `None` where the answer does not say which one it is.
pub fn channel_facts(
    channel: &Channel,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<AccountId> {
    let id = given(&channel.id)?;
    let account = named.account(Platform::YouTube, id, receiver);
    let (snippet, statistics) = (channel.snippet.as_ref(), channel.statistics.as_ref());
    let said = |field: fn(&ChannelSnippet) -> &Option<String>| snippet.and_then(|snippet| given(field(snippet)));
    let are_hidden = statistics.is_some_and(|statistics| statistics.hidden_subscriber_count == Some(true));
    receiver.facts().profiles.push(ProfileFact {
        display_name: said(|snippet| &snippet.title).map(str::to_owned),
        handle: said(|snippet| &snippet.custom_url).map(|name| name.trim_start_matches('@').to_owned()),
        bio: said(|snippet| &snippet.description).map(str::to_owned),
        followers: statistics.and_then(|statistics| statistics.subscriber_count).filter(|_| !are_hidden),
        posts: statistics.and_then(|statistics| statistics.video_count),
        country: said(|snippet| &snippet.country).map(str::to_owned),
        language: said(|snippet| &snippet.default_language).map(str::to_owned),
        external_url: Some(format!("https://www.youtube.com/channel/{id}")),
        ..ProfileFact::empty(account, observed_at)
    });
    Some(account)
}

/// Takes a video with its counts; `None` where the answer does not say which one it is or when it was published.
pub fn video_facts(
    video: &Video,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<PostId> {
    let id = given(&video.id)?;
    let snippet = video.snippet.as_ref()?;
    let created_at = moment(&snippet.published_at)?;
    let author = given(&snippet.channel_id).map(|channel| named.account(Platform::YouTube, channel, receiver));
    let text = given(&snippet.description).map(|body| receiver.take_text(body));
    let tags = snippet.tags.iter().flatten().map(|tag| tag.trim().trim_start_matches('#').to_lowercase());
    let post = PostId::of(Platform::YouTube, id);
    receiver.facts().posts.push(PostFact {
        id: post,
        platform: Platform::YouTube,
        native_id: id.to_owned(),
        author,
        created_at,
        kind: PostKind::Video,
        title: given(&snippet.title).map(str::to_owned),
        text,
        url: Some(format!("https://www.youtube.com/watch?v={id}")),
        parent: None,
        tags: tags.filter(|tag| !tag.is_empty()).take(TAGS_MAX).collect(),
        paid_disclosure: video.paid_product_placement_details.as_ref().and_then(|paid| paid.has_paid_product_placement),
    });
    if let Some(statistics) = &video.statistics {
        receiver.facts().post_metrics.push(PostMetricFact {
            post,
            observed_at,
            views: statistics.view_count,
            likes: statistics.like_count,
            comments: statistics.comment_count,
            shares: None,
            saves: None,
            reach: None,
        });
    }
    Some(post)
}

/// What became of comments or subscribers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    pub taken: u64,
    /// Nobody is named: the account is gone.
    pub without_author: u64,
    /// Held back by the channel or by YouTube.
    pub not_published: u64,
    /// No id, or no date.
    pub unreadable: u64,
}

/// Under what a comment was made, where it does not say so itself.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Under<'a> {
    pub video: Option<&'a str>,
    /// Whose video it is.
    pub channel: Option<&'a str>,
}

/// Takes a comment and those of its replies that lie in the answer.
pub fn thread_facts(thread: &CommentThread, tally: &mut Tally, receiver: &mut dyn Receiver, named: &mut Named) {
    let Some(snippet) = &thread.snippet else {
        tally.unreadable += 1;
        return;
    };
    let under = Under { video: given(&snippet.video_id), channel: given(&snippet.channel_id) };
    let replies = thread.replies.iter().flat_map(|replies| replies.comments.iter().flatten());
    let all: Vec<&Comment> = snippet.top_level_comment.iter().chain(replies).collect();
    let writers = all.iter().filter_map(|comment| Some((given(&comment.id)?.to_owned(), writer(comment)?.to_owned())));
    let parents: HashMap<String, String> = writers.collect();
    for comment in all {
        comment_facts(comment, under, &parents, tally, receiver, named);
    }
}

/// Takes a comment or a reply. `parents` tells who wrote the comments that are answered, by their ids; a reply to one that is not in it is
/// said to the video's channel.
pub fn comment_facts(
    comment: &Comment,
    under: Under<'_>,
    parents: &HashMap<String, String>,
    tally: &mut Tally,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) {
    let (Some(id), Some(snippet)) = (given(&comment.id), &comment.snippet) else {
        tally.unreadable += 1;
        return;
    };
    let Some(at) = moment(&snippet.published_at) else {
        tally.unreadable += 1;
        return;
    };
    if given(&snippet.moderation_status).is_some_and(|status| status != "published") {
        tally.not_published += 1;
        return;
    }
    let Some(writer) = writer(comment) else {
        tally.without_author += 1;
        return;
    };
    let parent = given(&snippet.parent_id);
    let channel = given(&snippet.channel_id).or(under.channel);
    let target = parent.and_then(|parent| parents.get(parent).map(String::as_str)).or(channel);
    let original = given(&snippet.text_original).map(str::to_owned);
    let body = original.or_else(|| given(&snippet.text_display).map(text_of_html)).filter(|body| !body.is_empty());
    let text = body.map(|body| receiver.take_text(&body));
    let actor = named.account(Platform::YouTube, writer, receiver);
    let target = target.map(|target| named.account(Platform::YouTube, target, receiver));
    receiver.facts().interactions.push(InteractionFact {
        id: InteractionId::native(Platform::YouTube, id),
        kind: if parent.is_some() { InteractionKind::Reply } else { InteractionKind::Comment },
        actor,
        target,
        post: given(&snippet.video_id).or(under.video).map(|video| PostId::of(Platform::YouTube, video)),
        parent: parent.map(|parent| InteractionId::native(Platform::YouTube, parent)),
        at,
        text,
        by_author: channel == Some(writer),
    });
    tally.taken += 1;
}

/// Takes those who subscribed to the own channel and let it be seen; one without a date is dated `observed_at`.
pub fn subscriber_facts(
    subscriptions: &[Subscription],
    own_channel: &str,
    observed_at: Timestamp,
    tally: &mut Tally,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) {
    for subscription in subscriptions {
        let Some(subscriber) = subscription.subscriber_snippet.as_ref().and_then(|snippet| given(&snippet.channel_id))
        else {
            tally.without_author += 1;
            continue;
        };
        let at = subscription.snippet.as_ref().and_then(|snippet| moment(&snippet.published_at));
        let actor = named.account(Platform::YouTube, subscriber, receiver);
        let target = named.account(Platform::YouTube, own_channel, receiver);
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::native(Platform::YouTube, &format!("follow:{subscriber}:{own_channel}")),
            kind: InteractionKind::Follow,
            actor,
            target: Some(target),
            post: None,
            parent: None,
            at: at.unwrap_or(observed_at),
            text: None,
            by_author: false,
        });
        tally.taken += 1;
    }
}

fn writer(comment: &Comment) -> Option<&str> {
    given(&comment.snippet.as_ref()?.author_channel_id.as_ref()?.value)
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

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

    fn channels() -> Value {
        json!({"kind": "youtube#channelListResponse", "pageInfo": {"totalResults": 1, "resultsPerPage": 5}, "items": [{
            "kind": "youtube#channel", "id": "UCana",
            "snippet": {"title": "Ana brews", "description": "Beer", "customUrl": "@anabrews", "country": "DE",
                "defaultLanguage": "de", "publishedAt": "2015-01-01T00:00:00Z"},
            "statistics": {"viewCount": "18446744073709551615", "subscriberCount": "12300",
                "hiddenSubscriberCount": false, "videoCount": "50"},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": "UUana"}}}]})
    }

    fn videos() -> Value {
        json!({"items": [{"id": "v1",
            "snippet": {"channelId": "UCana", "title": "A stout", "description": "How to", "tags": ["Beer", "#Stout"],
                "publishedAt": "2026-03-01T10:00:00Z"},
            "statistics": {"viewCount": "900", "likeCount": "30", "favoriteCount": "0"},
            "paidProductPlacementDetails": {"hasPaidProductPlacement": true}}]})
    }

    fn comment(id: &str, by: &str, parent: Option<&str>) -> Value {
        let mut snippet = json!({"textOriginal": format!("{by} says"), "textDisplay": "<b>x</b>",
            "authorDisplayName": by, "channelId": "UCana", "videoId": "v1", "likeCount": 2,
            "publishedAt": "2026-03-02T10:00:00Z"});
        if !by.is_empty() {
            snippet["authorChannelId"] = json!({"value": by});
        }
        if let Some(parent) = parent {
            snippet["parentId"] = json!(parent);
        }
        json!({"id": id, "snippet": snippet})
    }

    fn threads() -> Value {
        let replies = [
            comment("c1.a", "UCana", Some("c1")),
            comment("c1.b", "", Some("c1")),
            comment("c1.c", "UCcy", Some("c9")),
        ];
        json!({"nextPageToken": "t", "items": [{"id": "c1", "replies": {"comments": replies},
            "snippet": {"channelId": "UCana", "videoId": "v1", "topLevelComment": comment("c1", "UCben", None),
                "totalReplyCount": 3, "canReply": true, "isPublic": true}}]})
    }

    fn subscriptions() -> Value {
        json!({"items": [
            {"snippet": {"publishedAt": "2025-01-01T00:00:00Z"}, "subscriberSnippet": {"channelId": "UCben"}},
            {"subscriberSnippet": {"channelId": "UCcy", "title": "Cy"}}, {"subscriberSnippet": {}}, {}]})
    }

    fn parsed<T: DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
    }

    fn channel(value: &Value) -> Collected {
        let mut collected = Collected::default();
        let page: ChannelListResponse = parsed(value);
        for channel in &page.items {
            channel_facts(channel, SEEN, &mut collected, &mut Named::new());
        }
        collected
    }

    fn said(page: &CommentThreadListResponse) -> (Collected, Tally) {
        let (mut collected, mut tally, mut named) = (Collected::default(), Tally::default(), Named::new());
        for thread in &page.items {
            thread_facts(thread, &mut tally, &mut collected, &mut named);
        }
        (collected, tally)
    }

    fn told(collected: &Collected) -> Vec<String> {
        let name = |id: Option<AccountId>| {
            let known = collected.facts.accounts.iter().find(|account| Some(account.id) == id);
            known.map_or("nobody", |account| account.native_id.as_str())
        };
        let tell = |fact: &InteractionFact| {
            let own = if fact.by_author { " (own)" } else { "" };
            format!("{} {} {}{own}", name(Some(fact.actor)), fact.kind.code(), name(fact.target))
        };
        collected.facts.interactions.iter().map(tell).collect()
    }

    #[test]
    fn a_channel_has_a_profile_and_hidden_subscribers_are_not_known() {
        let found = channel(&channels());
        let profile = &found.facts.profiles[0];
        assert_eq!(found.facts.accounts[0].native_id, "UCana");
        assert_eq!((profile.followers, profile.posts), (Some(12_300), Some(50)));
        assert_eq!((profile.handle.as_deref(), profile.country.as_deref()), (Some("anabrews"), Some("DE")));
        assert_eq!(profile.external_url.as_deref(), Some("https://www.youtube.com/channel/UCana"));
        let mut hidden = channels();
        hidden["items"][0]["statistics"]["hiddenSubscriberCount"] = json!(true);
        assert_eq!(channel(&hidden).facts.profiles[0].followers, None);
        let page: ChannelListResponse = parsed(&hidden);
        let statistics = page.items[0].statistics.clone().unwrap_or_default();
        assert_eq!(statistics.view_count, None, "a count beyond what can be held is not known");
    }

    #[test]
    fn a_video_is_a_post_with_counts_and_says_whether_it_was_paid_for() {
        let page: VideoListResponse = parsed(&videos());
        let mut found = Collected::default();
        let post = video_facts(&page.items[0], SEEN, &mut found, &mut Named::new());
        assert_eq!(post, Some(PostId::of(Platform::YouTube, "v1")));
        let fact = &found.facts.posts[0];
        assert_eq!(
            (fact.kind, fact.paid_disclosure, fact.title.as_deref()),
            (PostKind::Video, Some(true), Some("A stout"))
        );
        assert_eq!(fact.tags, ["beer", "stout"]);
        let counts = &found.facts.post_metrics[0];
        assert_eq!((counts.views, counts.likes, counts.comments), (Some(900), Some(30), None));
        assert_eq!(video_facts(&Video::default(), SEEN, &mut found, &mut Named::new()), None);
    }

    #[test]
    fn a_thread_is_a_comment_and_replies_and_who_is_gone_is_counted() {
        let (found, tally) = said(&parsed(&threads()));
        assert_eq!(told(&found), ["UCben comment UCana", "UCana reply UCben (own)", "UCcy reply UCana"]);
        assert_eq!(tally, Tally { taken: 3, without_author: 1, ..Tally::default() });
        let reply = &found.facts.interactions[1];
        assert_eq!(reply.id, InteractionId::native(Platform::YouTube, "c1.a"));
        assert_eq!(reply.parent, Some(InteractionId::native(Platform::YouTube, "c1")));
        assert_eq!(reply.post, Some(PostId::of(Platform::YouTube, "v1")));
        assert_eq!(found.facts.texts[0].body, "UCben says");
        assert_eq!(found.facts.profiles, []);
    }

    #[test]
    fn replies_asked_for_by_their_parent_are_told_who_wrote_it_and_where() {
        let replies =
            [comment("c1.d", "UCdee", Some("c1")), comment("c1.e", "UCeve", Some("c1")), json!({"id": "c1.f"})];
        let mut page: CommentListResponse = parsed(&json!({"items": replies}));
        for snippet in page.items.iter_mut().filter_map(|comment| comment.snippet.as_mut()) {
            (snippet.video_id, snippet.channel_id, snippet.text_original) = (None, None, None);
        }
        if let Some(snippet) = &mut page.items[1].snippet {
            snippet.moderation_status = Some("heldForReview".to_owned());
        }
        let (mut found, mut tally) = (Collected::default(), Tally::default());
        let under = Under { video: Some("v1"), channel: Some("UCana") };
        let parents = HashMap::from([("c1".to_owned(), "UCben".to_owned())]);
        for comment in &page.items {
            comment_facts(comment, under, &parents, &mut tally, &mut found, &mut Named::new());
        }
        assert_eq!(told(&found), ["UCdee reply UCben"]);
        assert_eq!(found.facts.interactions[0].post, Some(PostId::of(Platform::YouTube, "v1")));
        assert_eq!(found.facts.texts[0].body, "x", "what is shown stands for the original");
        assert_eq!(tally, Tally { taken: 1, not_published: 1, unreadable: 1, ..Tally::default() });
    }

    #[test]
    fn subscribers_follow_the_own_channel() {
        let page: SubscriptionListResponse = parsed(&subscriptions());
        let (mut found, mut tally) = (Collected::default(), Tally::default());
        subscriber_facts(&page.items, "UCana", SEEN, &mut tally, &mut found, &mut Named::new());
        assert_eq!(told(&found), ["UCben follow UCana", "UCcy follow UCana"]);
        let dates: Vec<_> = found.facts.interactions.iter().map(|fact| fact.at.unix_seconds()).collect();
        assert_eq!(dates, [1_735_689_600, SEEN.unix_seconds()]);
        assert_eq!(tally, Tally { taken: 2, without_author: 2, ..Tally::default() });
    }

    #[test]
    fn a_problem_is_known_by_its_reason() {
        let body =
            |code: u16, reason: &str| json!({"error": {"code": code, "message": "m", "errors": [{"reason": reason}]}});
        for (body, expected) in [
            (body(403, "commentsDisabled"), ApiProblem::CommentsDisabled),
            (body(403, "quotaExceeded"), ApiProblem::QuotaExceeded),
            (body(403, "rateLimitExceeded"), ApiProblem::RateLimited),
            (body(429, "RATE"), ApiProblem::RateLimited),
            (body(404, "videoNotFound"), ApiProblem::NotFound),
            (body(400, "playlistNotFound"), ApiProblem::NotFound),
            (body(403, "subscriptionForbidden"), ApiProblem::Forbidden("subscriptionForbidden".to_owned())),
            (json!({"error": {"code": 401, "message": "no key"}}), ApiProblem::Forbidden("no key".to_owned())),
            (body(400, "invalidFilters"), ApiProblem::Other("invalidFilters: m".to_owned())),
            (json!("oops"), ApiProblem::Other("\"oops\"".to_owned())),
        ] {
            assert_eq!(ApiProblem::of_body(&body.to_string()), expected);
        }
    }

    /// An instance of a schema with every field there is, lists of two, and of each enum the value whose turn it is.
    fn maximal(schemas: &Value, schema: &Value, turn: usize, depth: u32) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            assert!(depth < 40, "{name} lies in itself");
            return maximal(schemas, &schemas[name], turn, depth + 1);
        }
        let inner = |schema: &Value| maximal(schemas, schema, turn, depth + 1);
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string"), Some("uint64" | "int64")) => json!("9007199254740993"),
            (Some("string"), Some("date-time")) => json!("2026-03-01T10:00:00.250Z"),
            (Some("string"), _) => {
                let choices = schema["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
                choices.get(turn % choices.len().max(1)).cloned().unwrap_or_else(|| json!("text"))
            }
            (Some("integer" | "number"), _) => json!(7),
            (Some("boolean"), _) => json!(turn.is_multiple_of(2)),
            (Some("array"), _) => json!([inner(&schema["items"]), inner(&schema["items"])]),
            (Some("object"), _) if schema["properties"].is_object() => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                Value::Object(fields.map(|(name, field)| (name.clone(), inner(field))).collect())
            }
            (Some("object"), _) => json!({"de": inner(&schema["additionalProperties"])}),
            _ => json!("anything"),
        }
    }

    /// Every field of ours is one of the schema: all of them are filled by an instance that has all.
    fn accepts<T: DeserializeOwned + std::fmt::Debug>(schemas: &Value, name: &str) -> usize {
        assert!(schemas[name].is_object(), "the interface knows no {name}");
        serde_json::from_str::<T>("{}").expect("nothing is needed");
        for turn in 0..24 {
            let instance = maximal(schemas, &schemas[name], turn, 0);
            let ours = format!("{:?}", parsed::<T>(&instance));
            assert!(!ours.contains("None") && !ours.contains("[]"), "{name} lacks a field that we read: {ours}");
        }
        1
    }

    #[test]
    fn every_answer_that_the_published_description_allows_is_read() {
        let Some(path) = std::env::var_os("BELLWETHER_YOUTUBE_DISCOVERY") else {
            println!(
                "skipped: every_answer_that_the_published_description_allows_is_read (no BELLWETHER_YOUTUBE_DISCOVERY)"
            );
            return;
        };
        let description =
            std::fs::read_to_string(path).expect("the file that BELLWETHER_YOUTUBE_DISCOVERY names can be read");
        let description: Value = serde_json::from_str(&description).expect("the description is JSON");
        let schemas = &description["schemas"];
        let checked = accepts::<ChannelListResponse>(schemas, "ChannelListResponse")
            + accepts::<PlaylistItemListResponse>(schemas, "PlaylistItemListResponse")
            + accepts::<VideoListResponse>(schemas, "VideoListResponse")
            + accepts::<CommentThreadListResponse>(schemas, "CommentThreadListResponse")
            + accepts::<CommentListResponse>(schemas, "CommentListResponse")
            + accepts::<SearchListResponse>(schemas, "SearchListResponse")
            + accepts::<SubscriptionListResponse>(schemas, "SubscriptionListResponse");
        let answer = |name: &str| maximal(schemas, &schemas[name], 0, 0);
        assert_eq!(channel(&answer("ChannelListResponse")).facts.profiles.len(), 2);
        let (found, tally) = said(&parsed(&answer("CommentThreadListResponse")));
        assert_eq!((found.facts.interactions.len(), tally.taken), (6, 6));
        println!("{checked} kinds of answer, revision {}", description["revision"]);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            text in "\\PC{0,40}",
            changes in proptest::collection::vec((0usize..60, any_value()), 0..4),
        ) {
            ApiProblem::of_body(&text);
            let _ = serde_json::from_slice::<VideoListResponse>(&noise);
            let mutated = |mut value: Value| {
                for (nth, with) in &changes {
                    replace_nth(&mut value, &mut nth.clone(), with);
                }
                ApiProblem::of_body(&value.to_string());
                value
            };
            let (mut found, mut tally, mut named) = (Collected::default(), Tally::default(), Named::new());
            if let Ok(page) = serde_json::from_value::<ChannelListResponse>(mutated(channels())) {
                for channel in &page.items {
                    channel_facts(channel, SEEN, &mut found, &mut named);
                }
            }
            if let Ok(page) = serde_json::from_value::<VideoListResponse>(mutated(videos())) {
                for video in &page.items {
                    video_facts(video, SEEN, &mut found, &mut named);
                }
            }
            if let Ok(page) = serde_json::from_value::<SubscriptionListResponse>(mutated(subscriptions())) {
                subscriber_facts(&page.items, &text, SEEN, &mut tally, &mut found, &mut named);
            }
            if let Ok(page) = serde_json::from_value::<CommentThreadListResponse>(mutated(threads())) {
                let (found, tally) = said(&page);
                prop_assert_eq!(found.facts.interactions.len() as u64, tally.taken);
            }
        }
    }
}
