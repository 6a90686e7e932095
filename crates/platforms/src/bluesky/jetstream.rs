//! Jetstream: the network's stream as one JSON object an event.

use serde::Deserialize;
use serde_json::Value;

use super::records::{self, Action, Event, Record, RecordName, What};

#[derive(Deserialize)]
struct Told {
    did: String,
    time_us: i64,
    commit: Option<Commit>,
    identity: Option<Identity>,
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Commit {
    operation: String,
    collection: String,
    rkey: String,
    record: Option<Value>,
}

#[derive(Deserialize)]
struct Identity {
    handle: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    active: bool,
    status: Option<String>,
}

/// Reads one message; `None` for what is not read (other collections, kinds not known yet).
///
/// # Errors
/// What is wrong with it, in words.
pub fn event_of(message: &[u8]) -> Result<Option<Event>, String> {
    let told: Told = serde_json::from_slice(message).map_err(|error| error.to_string())?;
    if !records::is_did(&told.did) {
        return Err(format!("names nobody: {:?}", told.did.chars().take(80).collect::<String>()));
    }
    let what = if let Some(commit) = told.commit {
        if !records::COLLECTIONS.contains(&commit.collection.as_str()) {
            return Ok(None);
        }
        let name = RecordName::new(&told.did, &commit.collection, &commit.rkey);
        let action = match commit.operation.as_str() {
            "delete" => Action::Delete,
            _ => match commit.record.and_then(|value| Record::of_json(&commit.collection, &value)) {
                Some(record) => Action::Write(record),
                None => return Err(format!("{} without its record", commit.operation)),
            },
        };
        What::Commit { name, action }
    } else if let Some(identity) = told.identity {
        What::Identity { handle: identity.handle }
    } else if let Some(account) = told.account {
        What::Account { is_active: account.active, status: account.status }
    } else {
        return Ok(None);
    };
    Ok(Some(Event { cursor: told.time_us, did: told.did, what }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_identities_and_accounts_are_read_and_other_collections_are_not() {
        let event = |text: &str| event_of(text.as_bytes()).expect("an event");
        let like = r#"{"did":"did:plc:ana","time_us":7,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.like","rkey":"k","record":{"$type":"app.bsky.feed.like","createdAt":"2025-01-02T03:04:05Z","subject":{"cid":"c","uri":"at://did:plc:ben/app.bsky.feed.post/p"}},"cid":"c"}}"#;
        let found = event(like).expect("is read");
        assert_eq!(found.cursor, 7);
        assert!(matches!(found.what, What::Commit { action: Action::Write(Record::Like(_)), .. }));
        let gone = r#"{"did":"did:plc:ana","time_us":8,"kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.like","rkey":"k"}}"#;
        assert!(matches!(event(gone).map(|found| found.what), Some(What::Commit { action: Action::Delete, .. })));
        assert_eq!(event(&like.replace("app.bsky.feed.like", "app.bsky.feed.threadgate")), None);
        let handle = r#"{"did":"did:plc:ana","time_us":9,"kind":"identity","identity":{"did":"did:plc:ana","handle":"ana.test","seq":1,"time":"t"}}"#;
        assert_eq!(event(handle).map(|found| found.what), Some(What::Identity { handle: Some("ana.test".into()) }));
        let account = r#"{"did":"did:plc:ana","time_us":9,"kind":"account","account":{"active":false,"did":"did:plc:ana","seq":1,"status":"deactivated","time":"t"}}"#;
        let what = What::Account { is_active: false, status: Some("deactivated".into()) };
        assert_eq!(event(account).map(|found| found.what), Some(what));
        assert!(event_of(b"{").is_err());
        assert!(event_of(like.replace("did:plc:ana", "ana").as_bytes()).is_err());
    }
}
