//! Records into facts: who published, answered, mentioned, quoted, liked, passed on and followed whom.

use model::facts::{InteractionFact, PostFact, PostKind, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, Timestamp};

use super::records::{self, Action, Event, LIKE, Post, Profile, Record, RecordName, What};
use crate::receive::{Named, Receiver, refused};

/// People named in one post beyond these are not taken: it is a list, not talk.
pub const MENTIONS_MAX: usize = 30;
const TAGS_MAX: usize = 50;

/// What an event ended: the caller removes it and keeps it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    Record(RecordName),
    /// Gone for good (`deleted`, `takendown`), or for a while (`deactivated`, `suspended`); or asked not to be shown to the public.
    Account {
        did: String,
        why: String,
        is_for_good: bool,
    },
    /// An account that had gone is there again.
    Back {
        did: String,
    },
}

/// Turns records into facts, naming each account once.
#[derive(Default)]
pub struct Facts {
    named: Named,
}

/// How many accounts are remembered as named; beyond it they are named anew, which costs a row known before.
const NAMED_MAX: usize = 2_000_000;

impl Facts {
    pub fn new() -> Facts {
        Facts::default()
    }

    /// An account by its identity.
    pub fn account(&mut self, did: &str, receiver: &mut dyn Receiver) -> AccountId {
        if self.named.count() > NAMED_MAX {
            self.forget_named();
        }
        self.named.account(Platform::Bluesky, did, receiver)
    }

    /// Whose names are taken again as if new: after a portion that was not kept.
    pub fn forget_named(&mut self) {
        *self = Facts::default();
    }

    /// Takes one event. `seen_at` is when it is told of: a record of the future is dated then.
    pub fn event(&mut self, event: &Event, seen_at: Timestamp, receiver: &mut dyn Receiver) -> Option<Ended> {
        match &event.what {
            What::Commit { name, action: Action::Write(record) } => self.record(name, record, seen_at, receiver),
            What::Commit { name, action: Action::Delete } => Some(Ended::Record(name.clone())),
            What::Identity { handle } => {
                if let Some(handle) = handle {
                    let account = self.account(&event.did, receiver);
                    let handle = Some(handle.to_lowercase());
                    receiver.facts().profiles.push(ProfileFact { handle, ..ProfileFact::empty(account, seen_at) });
                }
                None
            }
            What::Account { is_active: true, .. } => Some(Ended::Back { did: event.did.clone() }),
            What::Account { status, .. } => {
                let why = status.clone().unwrap_or_else(|| "not active".to_owned());
                let is_for_good = matches!(why.as_str(), "deleted" | "takendown");
                Some(Ended::Account { did: event.did.clone(), why, is_for_good })
            }
        }
    }

    /// Takes one record.
    pub fn record(
        &mut self,
        name: &RecordName,
        record: &Record,
        seen_at: Timestamp,
        receiver: &mut dyn Receiver,
    ) -> Option<Ended> {
        let unreadable =
            |problem: &str| refused(&name.uri(), 1, "", problem, "its author's program wrote it so; it is left out");
        match record {
            Record::Unreadable(problem) => receiver.note(unreadable(problem)),
            Record::Profile(profile) => return self.profile(name, profile, seen_at, receiver),
            Record::Post(post) => match moment(&post.created_at, seen_at) {
                Some(at) => self.post(name, post, at, receiver),
                None => receiver.note(unreadable("has no moment")),
            },
            Record::Like(towards) | Record::Repost(towards) => {
                let subject =
                    RecordName::of(&towards.subject.uri).filter(|subject| subject.collection == records::POST);
                match (subject, moment(&towards.created_at, seen_at)) {
                    (Some(subject), Some(at)) => {
                        let kind =
                            if name.collection == LIKE { InteractionKind::Like } else { InteractionKind::Repost };
                        self.towards_post(kind, &name.did, &subject, at, Some(name), receiver);
                    }
                    // Feeds and lists are liked too.
                    (None, _) => {}
                    (_, None) => receiver.note(unreadable("has no moment")),
                }
            }
            Record::Follow(followed) => match moment(&followed.created_at, seen_at) {
                Some(at) if records::is_did(&followed.subject) => {
                    self.follow(&name.did, &followed.subject, at, Some(name), receiver);
                }
                _ => receiver.note(unreadable("names nobody, or has no moment")),
            },
        }
        None
    }

    fn profile(
        &mut self,
        name: &RecordName,
        profile: &Profile,
        seen_at: Timestamp,
        receiver: &mut dyn Receiver,
    ) -> Option<Ended> {
        if profile.labels.as_ref().is_some_and(records::SelfLabels::asks_for_sign_in) {
            return Some(asks_for_sign_in(&name.did));
        }
        let account = self.account(&name.did, receiver);
        receiver.facts().profiles.push(ProfileFact {
            display_name: profile.display_name.clone(),
            bio: profile.description.clone(),
            ..ProfileFact::empty(account, seen_at)
        });
        None
    }

    fn post(&mut self, name: &RecordName, post: &Post, at: Timestamp, receiver: &mut dyn Receiver) {
        let author = self.account(&name.did, receiver);
        let uri = name.uri();
        let text = (!post.text.trim().is_empty()).then(|| receiver.take_text(&post.text));
        let reply = post.reply.as_ref().and_then(|reply| {
            Some((RecordName::of(&reply.parent.uri)?, RecordName::of(&reply.root.uri)?))
                .filter(|(parent, root)| parent.collection == records::POST && root.collection == records::POST)
        });
        // What answers somebody is talk, not something published: a creator's engagement is measured over what they publish.
        if reply.is_none() {
            receiver.facts().posts.push(PostFact {
                id: PostId::of(Platform::Bluesky, &uri),
                platform: Platform::Bluesky,
                native_id: uri.clone(),
                author: Some(author),
                created_at: at,
                kind: PostKind::Post,
                title: None,
                text,
                url: Some(format!("https://bsky.app/profile/{}/post/{}", name.did, name.key)),
                parent: None,
                tags: tags_of(post),
                paid_disclosure: None,
            });
        }
        let said = |id: InteractionId, kind: InteractionKind, target: AccountId| InteractionFact {
            id,
            kind,
            actor: author,
            target: Some(target),
            post: None,
            parent: None,
            at,
            text,
            by_author: false,
        };
        if let Some((parent, root)) = &reply {
            let target = self.account(&parent.did, receiver);
            receiver.facts().interactions.push(InteractionFact {
                post: Some(PostId::of(Platform::Bluesky, &root.uri())),
                parent: (parent != root).then(|| InteractionId::native(Platform::Bluesky, &parent.uri())),
                by_author: root.did == name.did,
                ..said(InteractionId::native(Platform::Bluesky, &uri), InteractionKind::Reply, target)
            });
        }
        if let Some(quoted) = post.embed.as_ref().and_then(records::Embed::quoted) {
            let target = self.account(&quoted.did, receiver);
            receiver.facts().interactions.push(InteractionFact {
                post: Some(PostId::of(Platform::Bluesky, &quoted.uri())),
                by_author: quoted.did == name.did,
                ..said(quote_id(&uri), InteractionKind::Quote, target)
            });
        }
        let answered = reply.as_ref().map(|(parent, _)| parent.did.as_str());
        let mut mentioned: Vec<&str> = (post.facets.iter().flatten())
            .flat_map(|facet| &facet.features)
            .filter_map(|feature| feature.did.as_deref())
            .filter(|did| records::is_did(did) && *did != name.did && Some(*did) != answered)
            .collect();
        mentioned.sort_unstable();
        mentioned.dedup();
        for (place, did) in mentioned.into_iter().take(MENTIONS_MAX).enumerate() {
            let target = self.account(did, receiver);
            receiver.facts().interactions.push(said(mention_id(&uri, place), InteractionKind::Mention, target));
        }
    }

    /// A like or repost of a post. One person likes a post once, whichever way it is learnt of; `record` is what states it, by which its
    /// end is recognised, where the way names it.
    pub fn towards_post(
        &mut self,
        kind: InteractionKind,
        did: &str,
        subject: &RecordName,
        at: Timestamp,
        record: Option<&RecordName>,
        receiver: &mut dyn Receiver,
    ) {
        let (actor, target) = (self.account(did, receiver), self.account(&subject.did, receiver));
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::native(Platform::Bluesky, &format!("{}:{did}:{}", kind.code(), subject.uri())),
            kind,
            actor,
            target: Some(target),
            post: Some(PostId::of(Platform::Bluesky, &subject.uri())),
            parent: record.map(|name| InteractionId::native(Platform::Bluesky, &name.uri())),
            at,
            text: None,
            by_author: did == subject.did,
        });
    }

    /// `did` follows `followed`.
    pub fn follow(
        &mut self,
        did: &str,
        followed: &str,
        at: Timestamp,
        record: Option<&RecordName>,
        receiver: &mut dyn Receiver,
    ) {
        let (actor, target) = (self.account(did, receiver), self.account(followed, receiver));
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::native(Platform::Bluesky, &format!("follow:{did}:{followed}")),
            kind: InteractionKind::Follow,
            actor,
            target: Some(target),
            post: None,
            parent: record.map(|name| InteractionId::native(Platform::Bluesky, &name.uri())),
            at,
            text: None,
            by_author: false,
        });
    }
}

/// An account whose profile asks not to be shown to whoever is not signed in; reads are made without signing in.
pub fn asks_for_sign_in(did: &str) -> Ended {
    Ended::Account { did: did.to_owned(), why: "asks to be shown to members alone".to_owned(), is_for_good: false }
}

/// When a record was made as it says itself; one that says it comes from the future was made when it was seen.
fn moment(text: &str, seen_at: Timestamp) -> Option<Timestamp> {
    records::created_at(text).map(|at| at.min(seen_at))
}

fn quote_id(uri: &str) -> InteractionId {
    InteractionId::native(Platform::Bluesky, &format!("{uri}#quote"))
}

fn mention_id(uri: &str, place: usize) -> InteractionId {
    InteractionId::native(Platform::Bluesky, &format!("{uri}#mention:{place}"))
}

/// Every interaction a record may have made: by its own id, or as the record that states a like, repost or follow (their `parent`).
pub fn interactions_of_record(name: &RecordName) -> Vec<InteractionId> {
    let uri = name.uri();
    let mut all = vec![InteractionId::native(Platform::Bluesky, &uri)];
    if name.collection == records::POST {
        all.push(quote_id(&uri));
        all.extend((0..MENTIONS_MAX).map(|place| mention_id(&uri, place)));
    }
    all
}

fn tags_of(post: &Post) -> Vec<String> {
    let in_text = post.facets.iter().flatten().flat_map(|facet| &facet.features).filter_map(|one| one.tag.as_ref());
    let mut tags: Vec<String> = in_text
        .chain(post.tags.iter().flatten())
        .map(|tag| tag.trim().trim_start_matches('#').to_lowercase())
        .filter(|tag| !tag.is_empty())
        .take(TAGS_MAX)
        .collect();
    let mut seen = foldhash::HashSet::default();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::receive::Collected;

    const SEEN: i64 = 1_760_000_000;

    fn taken(collection: &str, did: &str, key: &str, value: &serde_json::Value) -> (Collected, Option<Ended>) {
        let mut collected = Collected::default();
        let record = Record::of_json(collection, value).expect("a collection that is read");
        let name = RecordName::new(did, collection, key);
        let ended = Facts::new().record(&name, &record, Timestamp::from_unix_seconds(SEEN), &mut collected);
        (collected, ended)
    }

    #[test]
    fn a_reply_that_mentions_and_quotes_is_what_it_says_to_whom_and_no_post() {
        let post = json!({
            "text": "@cy look #Beer", "createdAt": "2025-01-02T03:04:05.000Z",
            "reply": {"root": {"uri": "at://did:plc:ana/app.bsky.feed.post/r", "cid": "c"},
                      "parent": {"uri": "at://did:plc:ben/app.bsky.feed.post/p", "cid": "c"}},
            "embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:dee/app.bsky.feed.post/q", "cid": "c"}},
            "facets": [{"index": {"byteStart": 0, "byteEnd": 3}, "features": [
                {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:cy"},
                {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:ben"},
                {"$type": "app.bsky.richtext.facet#tag", "tag": "Beer"}]}],
        });
        let (found, _) = taken(records::POST, "did:plc:ana", "x", &post);
        assert_eq!(found.issues, []);
        assert_eq!(found.facts.posts, []);
        assert_eq!(found.facts.accounts.len(), 4, "each is named once");
        let kinds: Vec<_> = found.facts.interactions.iter().map(|one| (one.kind, one.by_author)).collect();
        assert_eq!(
            kinds,
            [(InteractionKind::Reply, true), (InteractionKind::Quote, false), (InteractionKind::Mention, false)],
            "whom it answers is not mentioned as well; the root is the author's own"
        );
        let name = RecordName::new("did:plc:ana", records::POST, "x");
        let all = interactions_of_record(&name);
        assert!(found.facts.interactions.iter().all(|one| all.contains(&one.id)), "its end finds all of them");
    }

    #[test]
    fn what_is_published_has_its_hashtags_in_lower_case() {
        let tag = json!([{"index": {"byteStart": 0, "byteEnd": 5}, "features": [{"tag": "Beer"}, {"tag": "beer"}]}]);
        let post = json!({"text": "#Beer", "createdAt": "2025-01-02T03:04:05Z", "facets": tag, "tags": ["Malt"]});
        assert_eq!(taken(records::POST, "did:plc:ana", "x", &post).0.facts.posts[0].tags, ["beer", "malt"]);
    }

    #[test]
    fn a_like_is_the_same_however_it_is_learnt_of() {
        let subject = "at://did:plc:ana/app.bsky.feed.post/r";
        let (stream, _) = taken(
            LIKE,
            "did:plc:ben",
            "k",
            &json!({"subject": {"uri": subject, "cid": "c"}, "createdAt": "2025-01-02T03:04:05Z"}),
        );
        let mut listed = Collected::default();
        let at = records::created_at("2025-01-02T03:04:05Z").expect("a moment");
        let name = RecordName::of(subject).expect("a name");
        Facts::new().towards_post(InteractionKind::Like, "did:plc:ben", &name, at, None, &mut listed);
        let (one, other) = (&stream.facts.interactions[0], &listed.facts.interactions[0]);
        assert_eq!((one.id, one.at, one.actor, one.post), (other.id, other.at, other.actor, other.post));
        let record = RecordName::new("did:plc:ben", LIKE, "k");
        assert_eq!(one.parent, Some(interactions_of_record(&record)[0]), "by which its end is recognised");
    }

    #[test]
    fn a_record_of_the_future_was_made_when_it_was_seen_and_one_without_a_moment_is_refused() {
        let (found, _) =
            taken(records::POST, "did:plc:ana", "x", &json!({"text": "a", "createdAt": "2031-01-01T00:00:00Z"}));
        assert_eq!(found.facts.posts[0].created_at, Timestamp::from_unix_seconds(SEEN));
        let (found, _) = taken(records::POST, "did:plc:ana", "x", &json!({"text": "a", "createdAt": "soon"}));
        assert_eq!((found.facts.posts.len(), found.issues.len()), (0, 1));
    }

    #[test]
    fn whoever_asks_to_be_shown_to_members_alone_is_not_kept() {
        let labels = json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]});
        let (found, ended) =
            taken(records::PROFILE, "did:plc:ana", "self", &json!({"displayName": "Ana", "labels": labels}));
        assert_eq!(ended, Some(asks_for_sign_in("did:plc:ana")));
        assert!(found.facts.is_empty());
    }
}
