//! Fetching from Dovecot: everything there, nothing twice, nothing marked, and awake when something comes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mail::imap::{FolderRole, ImapAccount, ImapProblem, ImapSession, Woke};
use mail::smtp::Sent;
use mail::tls::{LineProblem, Security};
use mail::write::new_token;

use crate::bed::{bed_for, bytes_of, imap, letter, mail, smtp};

fn folder_for(session: &[mail::imap::Folder], role: FolderRole) -> String {
    session.iter().find(|folder| folder.role == role).map(|folder| folder.name.clone()).expect("there is such a folder")
}

#[tokio::test]
async fn every_mail_is_fetched_once_and_what_went_is_seen_to_be_gone() {
    let Some(bed) = bed_for("every mail is fetched once and what went is seen to be gone") else { return };
    let user = new_token();
    let to = format!("{user}@example.test");
    let mails: Vec<String> =
        (0..400).map(|n| mail(&format!("{user}-{n}@creator.test"), &format!("Letter {n}"))).collect();
    let began = Instant::now();
    bed.deliver(mails.iter().map(|raw| (to.as_str(), raw.clone())));
    let delivered = began.elapsed();

    let mut session = imap(&bed.dovecot(&user)).await;
    let state = session.open_folder("INBOX").await.expect("it opens");
    assert_eq!((state.exists, state.uid_next), (400, Some(401)));
    let uids = session.uids().await.expect("it answers");
    assert_eq!(uids, (1..=400).collect::<Vec<u32>>());
    let began = Instant::now();
    let fetched = session.fetch(&uids).await.expect("it answers");
    println!("400 mails: delivered in {delivered:?}, fetched in {:?}", began.elapsed());
    assert_eq!(fetched.len(), 400);
    for (fetched, sent) in fetched.iter().zip(&mails) {
        let raw = String::from_utf8_lossy(&fetched.raw);
        assert!(raw.ends_with(sent.as_str()), "what came is what was sent, below what servers add");
        assert!(raw.contains(&format!("Delivered-To: {to}")));
        assert!(fetched.flags.is_empty(), "fetching marks nothing: {:?}", fetched.flags);
        assert!(fetched.internal_date_unix.is_some());
    }
    // The trap of `n:*`: it always names the last mail, even one below n.
    assert!(session.fetch(&[401, 402]).await.expect("it answers").is_empty());

    let sent_folder = folder_for(&session.folders().await.expect("it lists them"), FolderRole::Sent);
    let mut other = imap(&bed.dovecot(&user)).await;
    other.open_folder_to_change("INBOX").await.expect("it opens");
    let gone: BTreeSet<u32> = (1..=70).map(|n| n * 5).collect();
    for uid in &gone {
        other.move_to(*uid, &sent_folder).await.expect("it moves");
    }
    let left = session.uids().await.expect("it answers");
    assert_eq!(left.len(), 330);
    assert!(left.iter().all(|uid| !gone.contains(uid)));
    let moved = other.open_folder(&sent_folder).await.expect("it opens");
    assert_eq!(moved.exists, 70);
    assert_ne!(moved.uid_validity, 0);
    other.logout().await;
    session.logout().await;
}

#[tokio::test]
async fn flags_that_changed_are_asked_for_alone() {
    let Some(bed) = bed_for("flags that changed are asked for alone") else { return };
    let user = new_token();
    let to = format!("{user}@example.test");
    bed.deliver((0..20).map(|n| (to.as_str(), mail(&format!("{user}-{n}@creator.test"), "Hello"))));
    let mut session = imap(&bed.dovecot(&user)).await;
    assert!(session.capabilities().condstore);
    let state = session.open_folder("INBOX").await.expect("it opens");
    let modseq = state.highest_modseq.expect("Dovecot counts changes");
    let uids = session.uids().await.expect("it answers");
    assert_eq!(session.fetch(&uids).await.map(|fetched| fetched.len()), Ok(20));
    let all = session.flags(None).await.expect("it answers");
    assert_eq!(all.len(), 20);
    assert!(all.iter().all(|(_, flags)| flags.is_empty()), "fetching marks nothing");

    let mut other = imap(&bed.dovecot(&user)).await;
    other.open_folder_to_change("INBOX").await.expect("it opens");
    other.set_seen(7).await.expect("it marks");
    assert_eq!(session.flags(Some(modseq)).await, Ok(vec![(7, vec!["\\Seen".to_string()])]));
    let now = session.open_folder("INBOX").await.expect("it opens").highest_modseq.expect("Dovecot counts changes");
    assert!(now > modseq);
    assert_eq!(session.flags(Some(now)).await, Ok(Vec::new()));
    // Where a folder is only looked at, nothing can be marked by mistake.
    assert!(matches!(session.set_seen(8).await, Err(ImapProblem::Refused { .. })));
}

#[tokio::test]
async fn a_copy_of_what_was_sent_is_kept_and_found_by_its_id() {
    let Some(bed) = bed_for("a copy of what was sent is kept and found by its id") else { return };
    let mut session = imap(&bed.dovecot(&new_token())).await;
    let folders = session.folders().await.expect("it lists them");
    let sent = folder_for(&folders, FolderRole::Sent);
    assert_eq!(folder_for(&folders, FolderRole::Inbox), "INBOX");
    assert_eq!(folder_for(&folders, FolderRole::Junk), "Junk");
    let letter = letter("ana@creator.test");
    let bytes = bytes_of(&letter);
    session.append(&sent, &bytes, true).await.expect("it is kept");
    session.open_folder(&sent).await.expect("it opens");
    let found = session.find(&letter.message_id).await.expect("it answers");
    assert_eq!(found.len(), 1);
    let fetched = session.fetch(&found).await.expect("it answers");
    assert_eq!(fetched[0].raw, bytes);
    assert_eq!(fetched[0].flags, ["\\Seen"]);
    assert_eq!(session.find("nobody@example.test").await, Ok(Vec::new()));
    let refused = session.append("No such folder", &bytes, true).await;
    assert!(matches!(refused, Err(ImapProblem::NoFolder { .. })), "{refused:?}");
    // A refusal leaves the conversation in step.
    assert_eq!(session.uids().await.map(|uids| uids.len()), Ok(1));
    assert!(matches!(session.open_folder("No such folder").await, Err(ImapProblem::NoFolder { .. })));
    assert!(matches!(session.open_folder("a\r\nb").await, Err(ImapProblem::FolderName(_))));
}

#[tokio::test]
async fn waiting_ends_with_the_mail_that_comes_and_without_one_in_time() {
    let Some(bed) = bed_for("waiting ends with the mail that comes and without one in time") else { return };
    let user = new_token();
    let mut session = imap(&bed.dovecot(&user)).await;
    assert!(session.capabilities().idle);
    session.open_folder("INBOX").await.expect("it opens");
    let began = Instant::now();
    assert_eq!(session.wait(Duration::from_secs(2)).await, Ok(Woke::Nothing));
    assert!(began.elapsed() >= Duration::from_secs(2));

    let to = format!("{user}+abc@example.test");
    for n in 1..=3_u32 {
        let began = Instant::now();
        let account = bed.postfix();
        let raw = bytes_of(&letter(&to));
        let sending = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            smtp(&account).await.send("ana@creator.test", &to, &raw).await
        };
        let (woke, sent) = tokio::join!(session.wait(Duration::from_secs(20)), sending);
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        assert_eq!(woke, Ok(Woke::Something));
        println!("woken {:?} after waiting began, 0.3 s before the mail was sent", began.elapsed());
        assert_eq!(session.uids().await, Ok((1..=n).collect()));
        let fetched = session.fetch(&[n]).await.expect("it answers");
        assert!(String::from_utf8_lossy(&fetched[0].raw).contains(&format!("Delivered-To: {to}")), "the token stays");
    }
}

#[tokio::test]
async fn a_mailbox_behind_its_own_certificate_opens_with_its_root_alone() {
    let Some(bed) = bed_for("a mailbox behind its own certificate opens with its root alone") else { return };
    for security in [Security::Tls, Security::StartTls] {
        let account = bed.dovecot_behind(security, &new_token());
        let mut session = imap(&account).await;
        assert_eq!(session.open_folder("INBOX").await.map(|state| state.exists), Ok(0));
        assert_eq!(session.uids().await, Ok(Vec::new()));
        assert_eq!(session.flags(None).await, Ok(Vec::new()));
        session.logout().await;
        let without = ImapAccount { extra_root_pem: None, ..account.clone() };
        let refused = ImapSession::open(&without).await.expect_err("nobody vouches for it");
        assert!(matches!(refused, ImapProblem::Line(LineProblem::NotTrusted { .. })), "{security:?}: {refused:?}");
        let wrong = ImapAccount { password: "hunter2 \"\\ größer".to_string(), ..account };
        let refused = ImapSession::open(&wrong).await.expect_err("the password is wrong");
        assert!(matches!(refused, ImapProblem::WrongPassword { .. }), "{refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
    let no_starttls = ImapAccount { security: Security::StartTls, ..bed.dovecot("brand") };
    let refused = ImapSession::open(&no_starttls).await.expect_err("it has none");
    assert!(matches!(refused, ImapProblem::Line(LineProblem::NoStartTls { .. })), "{refused:?}");
}
