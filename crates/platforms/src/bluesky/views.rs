//! The answers of an AppView (`app.bsky.*`) and of a server of repositories (`com.atproto.*`), read into the same facts.

use model::facts::{PostMetricFact, ProfileFact};
use model::{AccountId, InteractionKind, Platform, PostId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::facts::{Ended, Facts, asks_for_sign_in};
use super::records::{self, NOT_UNAUTHENTICATED, POST, Record, RecordName};
use crate::moments;
use crate::receive::{Receiver, refused};

/// Somebody, with as much as the answer says.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub did: String,
    pub handle: Option<String>,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub followers_count: Option<i64>,
    pub follows_count: Option<i64>,
    pub posts_count: Option<i64>,
    #[serde(default)]
    pub labels: Vec<Label>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Label {
    #[serde(default)]
    pub val: String,
    #[serde(default)]
    pub src: String,
}

impl PostView {
    /// When its record says it was made.
    pub fn created_at(&self) -> Option<Timestamp> {
        records::created_at(self.record.get("createdAt")?.as_str()?)
    }

    /// Whether it answers another post.
    pub fn is_reply(&self) -> bool {
        self.record.get("reply").is_some()
    }
}

impl Person {
    pub fn asks_for_sign_in(&self) -> bool {
        self.labels.iter().any(|label| label.val == NOT_UNAUTHENTICATED && label.src == self.did)
    }
}

/// A post with its counts.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostView {
    pub uri: String,
    pub author: Person,
    pub record: Value,
    pub reply_count: Option<i64>,
    pub repost_count: Option<i64>,
    pub like_count: Option<i64>,
    pub quote_count: Option<i64>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Profiles {
    #[serde(default)]
    pub profiles: Vec<Person>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Actors {
    #[serde(default)]
    pub actors: Vec<Person>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Followers {
    pub subject: Person,
    #[serde(default)]
    pub followers: Vec<Person>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Follows {
    pub subject: Person,
    #[serde(default)]
    pub follows: Vec<Person>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Feed {
    #[serde(default)]
    pub feed: Vec<FeedEntry>,
    pub cursor: Option<String>,
}

/// A post in a feed; where somebody else's is passed on, `reason` says so.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct FeedEntry {
    pub post: PostView,
    pub reason: Option<Value>,
}

/// Posts that were searched for, asked for by name, or quote one.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Posts {
    #[serde(default)]
    pub posts: Vec<PostView>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Likes {
    pub uri: String,
    #[serde(default)]
    pub likes: Vec<Liked>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Liked {
    pub actor: Person,
    pub created_at: String,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepostedBy {
    pub uri: String,
    #[serde(default)]
    pub reposted_by: Vec<Person>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Thread {
    pub thread: ThreadEntry,
}

/// A post with what was answered to it. Posts that are gone or hidden have neither.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct ThreadEntry {
    pub post: Option<PostView>,
    #[serde(default)]
    pub replies: Vec<ThreadEntry>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Listed {
    #[serde(default)]
    pub records: Vec<ListedRecord>,
    pub cursor: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct ListedRecord {
    pub uri: String,
    pub value: Value,
}

/// Reads answers into facts, and remembers who turned out not to want to be kept.
#[derive(Default)]
pub struct Answers {
    pub facts: Facts,
    pub ended: Vec<Ended>,
}

impl Answers {
    pub fn new() -> Answers {
        Answers::default()
    }

    /// A profile that was asked for: the person is a creator or the brand, so what they show is kept.
    pub fn profile(
        &mut self,
        person: &Person,
        observed_at: Timestamp,
        receiver: &mut dyn Receiver,
    ) -> Option<AccountId> {
        if person.asks_for_sign_in() {
            self.ended.push(asks_for_sign_in(&person.did));
            return None;
        }
        let account = self.facts.account(&person.did, receiver);
        receiver.facts().profiles.push(ProfileFact {
            display_name: person.display_name.clone(),
            handle: person.handle.as_ref().map(|handle| handle.to_lowercase()),
            bio: person.description.clone(),
            followers: person.followers_count,
            following: person.follows_count,
            posts: person.posts_count,
            ..ProfileFact::empty(account, observed_at)
        });
        Some(account)
    }

    /// Whether somebody who came along in an answer may be kept.
    fn may_be_kept(&mut self, person: &Person) -> bool {
        if person.asks_for_sign_in() {
            self.ended.push(asks_for_sign_in(&person.did));
            return false;
        }
        records::is_did(&person.did)
    }

    /// Followers of an account (`follows` the other way round). When they began is not said: the moment of asking is written.
    pub fn follows(&mut self, follower: &Person, followed: &Person, at: Timestamp, receiver: &mut dyn Receiver) {
        if self.may_be_kept(follower) && self.may_be_kept(followed) {
            self.facts.follow(&follower.did, &followed.did, at, None, receiver);
        }
    }

    /// A post with its counts at that moment.
    pub fn post(&mut self, view: &PostView, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        if !self.may_be_kept(&view.author) {
            return;
        }
        let Some(name) = RecordName::of(&view.uri).filter(|name| name.collection == POST) else { return };
        let Some(record) = Record::of_json(POST, &view.record) else { return };
        let is_reply = matches!(&record, Record::Post(post) if post.reply.is_some());
        let ended = self.facts.record(&name, &record, observed_at, receiver);
        self.ended.extend(ended);
        if is_reply {
            return;
        }
        let shares = match (view.repost_count, view.quote_count) {
            (None, None) => None,
            (reposts, quotes) => Some(reposts.unwrap_or(0) + quotes.unwrap_or(0)),
        };
        receiver.facts().post_metrics.push(PostMetricFact {
            post: PostId::of(Platform::Bluesky, &view.uri),
            observed_at,
            views: None,
            likes: view.like_count,
            comments: view.reply_count,
            shares,
            saves: None,
            reach: None,
        });
    }

    /// A thread: the post and everything answered to it, however deep.
    pub fn thread(&mut self, entry: &ThreadEntry, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        let mut waiting = vec![entry];
        while let Some(entry) = waiting.pop() {
            if let Some(view) = &entry.post {
                self.post(view, observed_at, receiver);
            }
            waiting.extend(entry.replies.iter().rev());
        }
    }

    pub fn likes(&mut self, likes: &Likes, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        let Some(subject) = RecordName::of(&likes.uri) else { return };
        for (place, liked) in (1..).zip(&likes.likes) {
            if !self.may_be_kept(&liked.actor) {
                continue;
            }
            match moments::of_iso(&liked.created_at) {
                Some(at) => {
                    let at = at.min(observed_at);
                    self.facts.towards_post(InteractionKind::Like, &liked.actor.did, &subject, at, None, receiver);
                }
                None => receiver.note(refused(&likes.uri, place, "createdAt", "is no moment", "the like is left out")),
            }
        }
    }

    /// Who passed a post on; when is not said: the moment of asking is written.
    pub fn reposts(&mut self, reposts: &RepostedBy, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        let Some(subject) = RecordName::of(&reposts.uri) else { return };
        for person in &reposts.reposted_by {
            if self.may_be_kept(person) {
                self.facts.towards_post(InteractionKind::Repost, &person.did, &subject, observed_at, None, receiver);
            }
        }
    }

    /// Records of one repository, as `com.atproto.repo.listRecords` lists them.
    pub fn listed(&mut self, listed: &Listed, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        for one in &listed.records {
            let Some(name) = RecordName::of(&one.uri) else { continue };
            if let Some(record) = Record::of_json(&name.collection, &one.value) {
                let ended = self.facts.record(&name, &record, observed_at, receiver);
                self.ended.extend(ended);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::receive::Collected;

    const AT: Timestamp = Timestamp(1_760_000_000_000_000);

    fn view(key: &str, did: &str, labels: &Value) -> Value {
        json!({
            "uri": format!("at://{did}/app.bsky.feed.post/{key}"), "cid": "c",
            "author": {"did": did, "handle": "Someone.test", "labels": labels},
            "record": {"$type": "app.bsky.feed.post", "text": "a text", "createdAt": "2025-01-02T03:04:05Z"},
            "likeCount": 3, "replyCount": 2, "repostCount": 1, "indexedAt": "2025-01-02T03:04:05Z",
        })
    }

    #[test]
    fn a_thread_is_read_to_its_end_and_posts_that_are_gone_are_passed_over() {
        let thread: Thread = serde_json::from_value(json!({"thread": {
        "$type": "app.bsky.feed.defs#threadViewPost", "post": view("a", "did:plc:ana", &json!([])),
        "replies": [
            {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "at://x", "notFound": true},
            {"post": view("b", "did:plc:ben", &json!([])), "replies": [{"post": view("c", "did:plc:ana", &json!([]))}]},
        ]}}))
        .expect("a thread");
        let mut found = Collected::default();
        Answers::new().thread(&thread.thread, AT, &mut found);
        let keys: Vec<_> = found.facts.posts.iter().map(|post| post.native_id.rsplit('/').next()).collect();
        assert_eq!(keys, [Some("a"), Some("b"), Some("c")]);
        assert_eq!(found.facts.post_metrics[0].likes, Some(3));
        assert_eq!(found.facts.post_metrics[0].shares, Some(1));
    }

    #[test]
    fn posts_of_whoever_asks_to_be_shown_to_members_alone_are_not_kept() {
        let own = json!([{"val": "!no-unauthenticated", "src": "did:plc:ana"}]);
        let of_others = json!([{"val": "!no-unauthenticated", "src": "did:plc:labeller"}]);
        for (labels, kept) in [(own, 0), (of_others, 1)] {
            let post: PostView = serde_json::from_value(view("a", "did:plc:ana", &labels)).expect("a post");
            let (mut answers, mut found) = (Answers::new(), Collected::default());
            answers.post(&post, AT, &mut found);
            assert_eq!((found.facts.posts.len(), answers.ended.len()), (kept, 1 - kept));
        }
    }

    proptest! {
        #[test]
        fn a_thread_of_any_depth_is_read_without_going_deeper_than_the_stack(depth in 1usize..120) {
            let mut thread = json!({"post": view("end", "did:plc:ana", &json!([]))});
            for _ in 0..depth.min(40) {
                thread = json!({"post": view("x", "did:plc:ben", &json!([])), "replies": [thread]});
            }
            let entry: ThreadEntry = serde_json::from_value(thread).expect("a thread");
            let mut found = Collected::default();
            Answers::new().thread(&entry, AT, &mut found);
            prop_assert_eq!(found.facts.posts.len(), depth.min(40) + 1);
        }
    }
}
