//! `com.atproto.sync.subscribeRepos`: the network's stream as frames of two DAG-CBOR values, header and body, with records in a CAR.

use std::collections::BTreeMap;
use std::io::Cursor;

use ipld_core::cid::Cid;
use serde::Deserialize;

use super::records::{self, Action, Event, Record, RecordName, What};

#[derive(Deserialize)]
struct Header {
    op: i64,
    t: Option<String>,
}

#[derive(Deserialize)]
struct Commit {
    seq: i64,
    repo: String,
    #[serde(default)]
    ops: Vec<Operation>,
    blocks: Bytes,
}

#[derive(Deserialize)]
struct Operation {
    action: String,
    path: String,
    cid: Option<Cid>,
}

#[derive(Deserialize)]
struct Identity {
    seq: i64,
    did: String,
    handle: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    seq: i64,
    did: String,
    active: bool,
    status: Option<String>,
}

/// What a server says before it closes the line: `FutureCursor`, `ConsumerTooSlow`.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    message: Option<String>,
}

/// A byte string, which plain lists of numbers are not.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Take;
        impl serde::de::Visitor<'_> for Take {
            type Value = Bytes;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("bytes")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Take)
    }
}

/// Why a frame gave nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of the stream cannot be read: {0}")]
    Unreadable(String),
    #[error("the server ends the stream: {error}{}", message.as_ref().map(|said| format!(" ({said})")).unwrap_or_default())]
    Refused { error: String, message: Option<String> },
}

/// Everything one frame says; nothing where it is of a kind that is not read. The frame's own place is the cursor of each event.
///
/// # Errors
/// A frame that is damaged, or the server's own refusal.
pub fn events_of(frame: &[u8]) -> Result<Vec<Event>, FrameError> {
    let unreadable = |error: &dyn std::fmt::Display| FrameError::Unreadable(error.to_string());
    let mut reader = Cursor::new(frame);
    let header: Header = serde_ipld_dagcbor::de::from_reader_once(&mut reader).map_err(|error| unreadable(&error))?;
    let body = frame.get(reader.position() as usize..).unwrap_or_default();
    if header.op == -1 {
        let refusal: Refusal = serde_ipld_dagcbor::from_slice(body).map_err(|error| unreadable(&error))?;
        return Err(FrameError::Refused { error: refusal.error, message: refusal.message });
    }
    match header.t.as_deref() {
        Some("#commit") => {
            let commit: Commit = serde_ipld_dagcbor::from_slice(body).map_err(|error| unreadable(&error))?;
            commit_events(&commit)
        }
        Some("#identity") => {
            let told: Identity = serde_ipld_dagcbor::from_slice(body).map_err(|error| unreadable(&error))?;
            Ok(vec![Event { cursor: told.seq, did: told.did, what: What::Identity { handle: told.handle } }])
        }
        Some("#account") => {
            let told: Account = serde_ipld_dagcbor::from_slice(body).map_err(|error| unreadable(&error))?;
            let what = What::Account { is_active: told.active, status: told.status };
            Ok(vec![Event { cursor: told.seq, did: told.did, what }])
        }
        _ => Ok(vec![]),
    }
}

fn commit_events(commit: &Commit) -> Result<Vec<Event>, FrameError> {
    if !records::is_did(&commit.repo) {
        return Err(FrameError::Unreadable("it names nobody".to_owned()));
    }
    let blocks = blocks_of(&commit.blocks.0).map_err(FrameError::Unreadable)?;
    let mut events = vec![];
    for operation in &commit.ops {
        let Some((collection, key)) = operation.path.split_once('/') else { continue };
        if !records::COLLECTIONS.contains(&collection) {
            continue;
        }
        let name = RecordName::new(&commit.repo, collection, key);
        let action = if operation.action == "delete" {
            Action::Delete
        } else {
            let block = operation.cid.as_ref().and_then(|cid| blocks.get(&cid.to_bytes()));
            let record = match block {
                Some(block) => Record::of_cbor(collection, block),
                // A commit that was too large to be sent says so by leaving its records out.
                None => Some(Record::Unreadable("the stream did not carry it".to_owned())),
            };
            match record {
                Some(record) => Action::Write(record),
                None => continue,
            }
        };
        events.push(Event { cursor: commit.seq, did: commit.repo.clone(), what: What::Commit { name, action } });
    }
    Ok(events)
}

/// The blocks of a CAR by their names: a header, then length, name and content of each.
fn blocks_of(car: &[u8]) -> Result<BTreeMap<Vec<u8>, &[u8]>, String> {
    let mut blocks = BTreeMap::new();
    let mut rest = car;
    if rest.is_empty() {
        return Ok(blocks);
    }
    rest = section(rest)?.1;
    while !rest.is_empty() {
        let (block, after) = section(rest)?;
        let mut reader = Cursor::new(block);
        let cid = Cid::read_bytes(&mut reader).map_err(|error| error.to_string())?;
        blocks.insert(cid.to_bytes(), block.get(reader.position() as usize..).unwrap_or_default());
        rest = after;
    }
    Ok(blocks)
}

/// A length and so many bytes, and what comes after them.
fn section(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let mut length = 0u64;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        length |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let rest = &bytes[place + 1..];
            let length = usize::try_from(length).ok().filter(|length| *length <= rest.len());
            return length.map(|length| rest.split_at(length)).ok_or_else(|| "a block is cut off".to_owned());
        }
    }
    Err("a length is cut off".to_owned())
}

#[cfg(test)]
mod tests {
    use ipld_core::ipld::Ipld;
    use proptest::prelude::*;

    use super::*;

    fn map(fields: &[(&str, Ipld)]) -> Ipld {
        Ipld::Map(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn text(text: &str) -> Ipld {
        Ipld::String(text.to_owned())
    }

    fn frame(kind: &str, body: &Ipld) -> Vec<u8> {
        let header = map(&[("op", Ipld::Integer(1)), ("t", text(kind))]);
        let mut bytes = serde_ipld_dagcbor::to_vec(&header).expect("a header");
        bytes.extend(serde_ipld_dagcbor::to_vec(body).expect("a body"));
        bytes
    }

    fn cid_of(place: u8) -> Cid {
        // Version 1, DAG-CBOR, SHA-256 of 32 bytes; nothing here looks at the hash.
        let bytes: Vec<u8> = [1, 0x71, 0x12, 32].into_iter().chain([place; 32]).collect();
        Cid::try_from(bytes).expect("a name of content")
    }

    fn car(blocks: &[(Cid, Vec<u8>)]) -> Vec<u8> {
        let header = serde_ipld_dagcbor::to_vec(&map(&[("version", Ipld::Integer(1)), ("roots", Ipld::List(vec![]))]));
        let mut sections = vec![header.expect("a header")];
        sections.extend(blocks.iter().map(|(cid, block)| [cid.to_bytes(), block.clone()].concat()));
        let mut bytes = vec![];
        for section in sections {
            let mut length = section.len();
            while length >= 0x80 {
                bytes.push((length & 0x7f) as u8 | 0x80);
                length >>= 7;
            }
            bytes.push(length as u8);
            bytes.extend(section);
        }
        bytes
    }

    fn commit() -> Vec<u8> {
        let picture = map(&[("$type", text("blob")), ("ref", Ipld::Link(cid_of(9))), ("size", Ipld::Integer(3))]);
        let post = map(&[
            ("$type", text(records::POST)),
            ("text", text("hello")),
            ("createdAt", text("2025-01-02T03:04:05Z")),
            ("embed", map(&[("$type", text("app.bsky.embed.images")), ("images", Ipld::List(vec![picture]))])),
        ]);
        let block = serde_ipld_dagcbor::to_vec(&post).expect("a block");
        let operation = |action: &str, path: &str, cid: Ipld| {
            map(&[("action", text(action)), ("path", text(path)), ("cid", cid), ("prev", Ipld::Null)])
        };
        let body = map(&[
            ("seq", Ipld::Integer(41)),
            ("repo", text("did:plc:ana")),
            ("rev", text("r")),
            ("commit", Ipld::Link(cid_of(7))),
            ("blocks", Ipld::Bytes(car(&[(cid_of(1), block)]))),
            (
                "ops",
                Ipld::List(vec![
                    operation("create", "app.bsky.feed.post/a", Ipld::Link(cid_of(1))),
                    operation("delete", "app.bsky.feed.like/b", Ipld::Null),
                    operation("create", "app.bsky.feed.like/c", Ipld::Link(cid_of(2))),
                    operation("create", "app.bsky.feed.threadgate/d", Ipld::Link(cid_of(1))),
                ]),
            ),
        ]);
        frame("#commit", &body)
    }

    #[test]
    fn a_commit_gives_its_records_its_deletions_and_what_it_did_not_carry() {
        let events = events_of(&commit()).expect("is read");
        assert!(events.iter().all(|event| event.cursor == 41 && event.did == "did:plc:ana"));
        let actions: Vec<&Action> = events
            .iter()
            .filter_map(|event| if let What::Commit { action, .. } = &event.what { Some(action) } else { None })
            .collect();
        assert!(matches!(actions[0], Action::Write(Record::Post(post)) if post.text == "hello"), "{actions:?}");
        assert!(matches!(actions[1..], [Action::Delete, Action::Write(Record::Unreadable(_))]), "{actions:?}");
    }

    #[test]
    fn the_servers_own_refusal_is_told() {
        let header = map(&[("op", Ipld::Integer(-1))]);
        let mut bytes = serde_ipld_dagcbor::to_vec(&header).expect("a header");
        let body = map(&[("error", text("FutureCursor")), ("message", text("Cursor in the future."))]);
        bytes.extend(serde_ipld_dagcbor::to_vec(&body).expect("a body"));
        let said = events_of(&bytes).expect_err("a refusal").to_string();
        assert!(said.contains("FutureCursor"), "{said}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(events_of(&bytes));
            drop(blocks_of(&bytes));
            for collection in records::COLLECTIONS {
                drop(Record::of_cbor(collection, &bytes));
            }
            drop(super::super::jetstream::event_of(&bytes));
        }

        #[test]
        fn no_change_of_a_commit_makes_it_panic(place in 0usize..700, byte: u8, end in 0usize..700) {
            let mut bytes = commit();
            let length = bytes.len();
            bytes[place % length] = byte;
            drop(events_of(&bytes));
            bytes.truncate(end % length);
            drop(events_of(&bytes));
        }
    }
}
