//! Letters that cannot be delivered, and the reports that a real server writes about them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mail::imap::Woke;
use mail::smtp::Sent;
use mail::write::{bounce_address, new_token};
use tokio::sync::OnceCell;

use crate::bed::{Bed, bed_for, bytes_of, imap, letter, smtp};

/// A letter that came back.
pub struct CameBack {
    /// nouser, full, spam.
    pub word: &'static str,
    pub token: String,
    pub message_id: String,
    pub raw: Vec<u8>,
}

/// Sends four letters of which three come back; gives the reports, once for all tests. They are kept in the bed's folder.
pub async fn came_back(bed: &Bed) -> &'static [CameBack] {
    static CAME_BACK: OnceCell<Vec<CameBack>> = OnceCell::const_new();
    CAME_BACK.get_or_init(|| send_and_wait(bed)).await
}

async fn send_and_wait(bed: &Bed) -> Vec<CameBack> {
    let mut reports = imap(&bed.dovecot("bounce")).await;
    let first = reports.open_folder("INBOX").await.expect("it opens").uid_next.unwrap_or(1);
    let mut session = smtp(&bed.postfix()).await;
    let mut awaited = BTreeMap::new();
    for word in ["nouser", "full", "spam", "grey"] {
        let token = new_token();
        let to = format!("{word}.{token}@creator.test");
        let letter = letter(&to);
        let sent = session.send(&bounce_address(&token, "example.test"), &to, &bytes_of(&letter)).await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{word}: {sent:?}");
        awaited.insert(token, (word, letter.message_id));
    }
    session.quit().await;

    let began = Instant::now();
    let mut raws = Vec::new();
    while raws.len() < 3 && began.elapsed() < Duration::from_secs(30) {
        // Only waking, no asking again in between.
        let woke = reports.wait(Duration::from_secs(20)).await.expect("it waits");
        assert_eq!(woke, Woke::Something);
        let new: Vec<u32> = reports.uids().await.expect("it answers").into_iter().filter(|uid| *uid >= first).collect();
        raws = reports.fetch(&new).await.expect("it answers");
    }
    println!("3 letters came back {:?} after they were handed in", began.elapsed());
    let (grey, _) = awaited.iter().find(|(_, (word, _))| *word == "grey").expect("it was sent");
    assert_eq!(bed.wait_for_taken(grey, 1).await.len(), 1, "what was put off is delivered at the next try");

    let folder = bed.folder().join("reports");
    std::fs::create_dir_all(&folder).expect("there is room");
    raws.into_iter()
        .map(|fetched| {
            let text = String::from_utf8_lossy(&fetched.raw).into_owned();
            let (token, (word, message_id)) = awaited
                .iter()
                .find(|(token, _)| text.contains(&format!("Delivered-To: bounce+{token}@")))
                .expect("one of ours");
            std::fs::write(folder.join(format!("{word}.eml")), &fetched.raw).expect("there is room");
            CameBack { word, token: token.clone(), message_id: message_id.clone(), raw: fetched.raw }
        })
        .collect()
}

#[tokio::test]
async fn what_cannot_be_delivered_comes_back_with_its_token_and_its_id() {
    let Some(bed) = bed_for("what cannot be delivered comes back with its token and its id") else { return };
    let came_back = came_back(bed).await;
    let mut words: Vec<&str> = came_back.iter().map(|one| one.word).collect();
    words.sort_unstable();
    assert_eq!(words, ["full", "nouser", "spam"]);
    for one in came_back {
        let text = String::from_utf8_lossy(&one.raw);
        let status = match one.word {
            "nouser" => "Status: 5.1.1",
            "full" => "Status: 5.2.2",
            _ => "Status: 5.7.1",
        };
        assert!(text.contains(status), "{text}");
        assert!(text.contains("Return-Path: <>"));
        assert!(text.contains("report-type=delivery-status"));
        assert!(text.contains(&format!("Message-ID: <{}>", one.message_id)));
        assert!(!one.token.is_empty());
    }
}
