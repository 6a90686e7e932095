//! Servers of other makes, of which one can do little: by asking again and again they give the same mails.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mail::imap::{Capabilities, FolderRole, ImapAccount, ImapProblem};
use mail::tls::Security;
use serde_json::{Value, json};

use crate::bed::{bed_for, bytes_of, imap, letter, part_of};

fn account(about: &Value) -> ImapAccount {
    let text = |field: &str| about[field].as_str().unwrap_or_default().to_string();
    ImapAccount {
        host: "127.0.0.1".to_string(),
        port: u16::try_from(about["port"].as_u64().expect("the bed names its ports")).expect("a port is small"),
        security: Security::Plain,
        user: text("user"),
        password: text("password"),
        timeout: Duration::from_secs(10),
        extra_root_pem: None,
    }
}

/// Tells the poor server to change something; gives the numbers it now has.
fn order(about: &Value, what: &str, body: &Value) -> Vec<u32> {
    let control = about["control"].as_u64().expect("the bed names its ports");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{control}")).expect("it takes orders");
    let body = body.to_string();
    let asked = format!(
        "POST /{what} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(asked.as_bytes()).expect("it takes orders");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let json = &answer[answer.find('{').expect("in JSON")..=answer.rfind('}').expect("in JSON")];
    let json: Value = serde_json::from_str(json).expect("in JSON");
    let uids = json["uids"].as_array().expect("with numbers").iter().filter_map(Value::as_u64);
    uids.filter_map(|uid| u32::try_from(uid).ok()).collect()
}

#[tokio::test]
async fn a_server_that_can_do_little_gives_the_same_mails_by_being_asked() {
    const NAME: &str = "a server that can do little gives the same mails by being asked";
    let Some(bed) = bed_for(NAME) else { return };
    let Some(poor) = part_of(bed, "poor", NAME) else { return };
    let mut session = imap(&account(poor)).await;
    assert_eq!(session.capabilities(), Capabilities::default());
    let folders = session.folders().await.expect("it lists them");
    let role = |shown: &str| folders.iter().find(|folder| folder.shown == shown).map(|folder| folder.role);
    assert_eq!(role("Gesendete Objekte"), Some(FolderRole::Sent));
    assert_eq!(role("Entwürfe"), Some(FolderRole::Drafts));
    assert_eq!(role("Spam"), Some(FolderRole::Junk));

    let before = session.open_folder("INBOX").await.expect("it opens");
    assert_eq!((before.exists, before.highest_modseq), (40, None));
    let uids = session.uids().await.expect("it answers");
    assert_eq!(uids, (1..=40).collect::<Vec<u32>>());
    assert!(matches!(session.wait(Duration::from_secs(1)).await, Err(ImapProblem::NoIdle)));

    order(poor, "deliver", &json!({ "count": 3 }));
    let there = order(poor, "expunge", &json!({ "uids": [4, 9] }));
    let mut again = imap(&account(poor)).await;
    again.open_folder("INBOX").await.expect("it opens");
    let uids = again.uids().await.expect("it answers");
    assert_eq!(uids, there);
    assert_eq!(uids.len(), 41);
    let fetched = again.fetch(&uids).await.expect("it answers");
    assert_eq!(fetched.iter().map(|mail| mail.uid).collect::<Vec<_>>(), uids);
    for mail in &fetched {
        let raw = String::from_utf8_lossy(&mail.raw);
        assert!(raw.contains("Message-ID: <poor-"), "{raw}");
        assert!(mail.internal_date_unix.is_some());
    }
    let flags = again.flags(Some(5)).await.expect("it says all where it cannot say which changed");
    assert_eq!(flags.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), uids);
    assert!(flags.iter().all(|(_, flags)| !flags.contains(&"\\Seen".to_string())), "fetching marks nothing");

    again.open_folder_to_change("INBOX").await.expect("it opens");
    again.set_seen(uids[0]).await.expect("it marks");
    assert!(matches!(again.move_to(uids[0], "Spam").await, Err(ImapProblem::NoMove)));
    let flags = again.flags(None).await.expect("it answers");
    let seen: Vec<u32> =
        flags.iter().filter(|(_, flags)| flags.contains(&"\\Seen".to_string())).map(|(uid, _)| *uid).collect();
    assert_eq!(seen, uids[..1]);

    order(poor, "uidvalidity", &json!({ "value": 77 }));
    let after = again.open_folder("INBOX").await.expect("it opens");
    assert_eq!((before.uid_validity, after.uid_validity), (1, 77));
    let uids = again.uids().await.expect("it answers");
    let anew = again.fetch(&uids).await.expect("it answers");
    let ids = |mails: &[mail::imap::Fetched]| mails.iter().map(|mail| mail.raw.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&anew), ids(&fetched), "other numbers, the same mails");

    let bytes = bytes_of(&letter("ana@creator.test"));
    again.append("Gesendete Objekte", &bytes, true).await.expect("it is kept");
    again.open_folder("Gesendete Objekte").await.expect("it opens");
    let uids = again.uids().await.expect("it answers");
    let kept = again.fetch(&uids).await.expect("it answers");
    assert_eq!(kept.iter().map(|mail| &mail.raw).collect::<Vec<_>>(), [&bytes]);
}

#[tokio::test]
async fn a_second_full_server_keeps_finds_and_gives_mails_alike() {
    const NAME: &str = "a second full server keeps, finds and gives mails alike";
    let Some(bed) = bed_for(NAME) else { return };
    let Some(pymap) = part_of(bed, "pymap", NAME) else { return };
    let mut session = imap(&account(pymap)).await;
    let before = session.open_folder("INBOX").await.expect("it opens").exists;
    let letters: Vec<_> = (0..5).map(|n| letter(&format!("ana{n}@creator.test"))).collect();
    for letter in &letters {
        session.append("INBOX", &bytes_of(letter), false).await.expect("it is kept");
    }
    let state = session.open_folder("INBOX").await.expect("it opens");
    assert_eq!(state.exists, before + 5);
    let uids = session.uids().await.expect("it answers");
    assert_eq!(uids.len() as u32, before + 5);
    let fetched = session.fetch(&uids).await.expect("it answers");
    assert_eq!(fetched.iter().map(|mail| mail.uid).collect::<Vec<_>>(), uids);
    for letter in &letters {
        assert!(fetched.iter().any(|mail| mail.raw == bytes_of(letter)));
        assert_eq!(session.find(&letter.message_id).await.map(|found| found.len()), Ok(1));
    }
    assert_eq!(session.flags(None).await.map(|flags| flags.len()), Ok(uids.len()));
    session.logout().await;
}
