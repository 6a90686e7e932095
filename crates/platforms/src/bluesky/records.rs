//! Records as their authors write them, and what happens to them: the one form that every way of learning of them is read into.

use model::Timestamp;
use serde::Deserialize;

pub const POST: &str = "app.bsky.feed.post";
pub const LIKE: &str = "app.bsky.feed.like";
pub const REPOST: &str = "app.bsky.feed.repost";
pub const FOLLOW: &str = "app.bsky.graph.follow";
pub const PROFILE: &str = "app.bsky.actor.profile";

/// The collections whose records are read.
pub const COLLECTIONS: [&str; 5] = [POST, LIKE, REPOST, FOLLOW, PROFILE];

/// With this label on their own profile people ask not to be shown to whoever is not signed in.
pub const NOT_UNAUTHENTICATED: &str = "!no-unauthenticated";

/// A record's name: `at://did:plc:abc/app.bsky.feed.post/3k2a`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RecordName {
    pub did: String,
    pub collection: String,
    pub key: String,
}

impl RecordName {
    pub fn new(did: &str, collection: &str, key: &str) -> RecordName {
        RecordName { did: did.to_owned(), collection: collection.to_owned(), key: key.to_owned() }
    }

    /// Reads `at://DID/COLLECTION/KEY`; `None` where it is something else, or names somebody by handle.
    pub fn of(uri: &str) -> Option<RecordName> {
        let mut parts = uri.strip_prefix("at://")?.split('/');
        let (did, collection, key) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && is_did(did) && !collection.is_empty() && !key.is_empty();
        is_whole.then(|| RecordName::new(did, collection, key))
    }

    pub fn uri(&self) -> String {
        format!("at://{}/{}/{}", self.did, self.collection, self.key)
    }
}

/// Whether a text is an identity as the protocol names them.
pub fn is_did(text: &str) -> bool {
    text.strip_prefix("did:").is_some_and(|rest| {
        rest.len() <= 2_000
            && rest.split_once(':').is_some_and(|(method, id)| !method.is_empty() && !id.is_empty())
            && rest.bytes().all(|letter| letter.is_ascii_alphanumeric() || b".:_%-".contains(&letter))
    })
}

/// Something that happened in the network.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Where it stands in its stream: a sequence number, or microseconds since 1970.
    pub cursor: i64,
    pub did: String,
    pub what: What,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// Something was done to one record of a collection that is read.
    Commit { name: RecordName, action: Action },
    /// The handle may have changed; to which, where the stream says it.
    Identity { handle: Option<String> },
    /// The account came or went: `deactivated`, `deleted`, `suspended`, `takendown`.
    Account { is_active: bool, status: Option<String> },
}

#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Created, or written anew: the last that is said counts.
    Write(Record),
    Delete,
}

/// What a record says.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    Post(Box<Post>),
    Like(Towards),
    Repost(Towards),
    Follow(Followed),
    Profile(Box<Profile>),
    /// It is not written as such a record should be.
    Unreadable(String),
}

impl Record {
    /// Reads a record as JSON; `None` for a collection that is not read.
    pub fn of_json(collection: &str, value: &serde_json::Value) -> Option<Record> {
        fn read<T: for<'a> Deserialize<'a>>(value: &serde_json::Value, into: fn(T) -> Record) -> Record {
            T::deserialize(value).map_or_else(|error| Record::Unreadable(error.to_string()), into)
        }
        Some(match collection {
            POST => read(value, |post| Record::Post(Box::new(post))),
            LIKE => read(value, Record::Like),
            REPOST => read(value, Record::Repost),
            FOLLOW => read(value, Record::Follow),
            PROFILE => read(value, |profile| Record::Profile(Box::new(profile))),
            _ => return None,
        })
    }

    /// Reads a record as DAG-CBOR; `None` for a collection that is not read.
    pub fn of_cbor(collection: &str, block: &[u8]) -> Option<Record> {
        fn read<T: for<'a> Deserialize<'a>>(block: &[u8], into: fn(T) -> Record) -> Record {
            serde_ipld_dagcbor::from_slice(block).map_or_else(|error| Record::Unreadable(error.to_string()), into)
        }
        Some(match collection {
            POST => read(block, |post| Record::Post(Box::new(post))),
            LIKE => read(block, Record::Like),
            REPOST => read(block, Record::Repost),
            FOLLOW => read(block, Record::Follow),
            PROFILE => read(block, |profile| Record::Profile(Box::new(profile))),
            _ => return None,
        })
    }
}

/// When a record says it was made; not before the network began, and never in the future of whoever reads it.
pub fn created_at(text: &str) -> Option<Timestamp> {
    crate::moments::of_iso(text)
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    #[serde(default)]
    pub text: String,
    pub created_at: String,
    pub reply: Option<ReplyTo>,
    pub embed: Option<Embed>,
    pub facets: Option<Vec<Facet>>,
    pub tags: Option<Vec<String>>,
    pub labels: Option<SelfLabels>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct ReplyTo {
    pub root: Strong,
    pub parent: Strong,
}

/// A record that is referred to; of its content hash nothing is needed.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Strong {
    pub uri: String,
}

/// What is shown below a post. Of all kinds only quoted records matter, which lie one deeper beside pictures.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Embed {
    pub record: Option<Embedded>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Embedded {
    pub uri: Option<String>,
    pub record: Option<Strong>,
}

impl Embed {
    /// The quoted record, where it is a post.
    pub fn quoted(&self) -> Option<RecordName> {
        let embedded = self.record.as_ref()?;
        let uri = embedded.uri.as_deref().or_else(|| Some(embedded.record.as_ref()?.uri.as_str()))?;
        RecordName::of(uri).filter(|name| name.collection == POST)
    }
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Facet {
    #[serde(default)]
    pub features: Vec<Feature>,
}

/// A mention has a `did`, a hashtag a `tag`, a link neither.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Feature {
    pub did: Option<String>,
    pub tag: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct SelfLabels {
    #[serde(default)]
    pub values: Vec<SelfLabel>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct SelfLabel {
    #[serde(default)]
    pub val: String,
}

impl SelfLabels {
    pub fn asks_for_sign_in(&self) -> bool {
        self.values.iter().any(|label| label.val == NOT_UNAUTHENTICATED)
    }
}

/// A like or a repost.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Towards {
    pub subject: Strong,
    pub created_at: String,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Followed {
    pub subject: String,
    pub created_at: String,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub labels: Option<SelfLabels>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_identity_collection_and_key_alone() {
        let uri = "at://did:plc:abc/app.bsky.feed.post/3k2a";
        assert_eq!(RecordName::of(uri).map(|name| name.uri()).as_deref(), Some(uri));
        for wrong in [
            "https://bsky.app/profile/x/post/y",
            "at://ana.test/app.bsky.feed.post/3k2a",
            "at://did:plc:abc/app.bsky.feed.post",
            "at://did:plc:abc/app.bsky.feed.post/3k2a/more",
            "at://did:plc:/app.bsky.feed.post/3k2a",
            "at://did:plc:a b/app.bsky.feed.post/3k2a",
        ] {
            assert_eq!(RecordName::of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_quoted_post_is_found_beside_pictures_too() {
        let quoted = |json: &str| serde_json::from_str::<Embed>(json).expect("an embed").quoted().map(|name| name.key);
        let post = "at://did:plc:abc/app.bsky.feed.post/q";
        let plain = format!(r#"{{"$type":"app.bsky.embed.record","record":{{"cid":"c","uri":"{post}"}}}}"#);
        let beside = format!(
            r#"{{"$type":"app.bsky.embed.recordWithMedia","media":{{"images":[]}},"record":{{"record":{{"cid":"c","uri":"{post}"}}}}}}"#
        );
        assert_eq!(quoted(&plain).as_deref(), Some("q"));
        assert_eq!(quoted(&beside).as_deref(), Some("q"));
        assert_eq!(quoted(r#"{"$type":"app.bsky.embed.images","images":[]}"#), None);
        assert_eq!(quoted(&plain.replace("feed.post", "graph.list")), None, "a list is no post");
    }
}
