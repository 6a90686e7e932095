//! Giving mails their threads, again and again with the same result, whatever came first.

use std::collections::BTreeSet;

use mail::threads::{ByHand, Loose, ThreadMail, Way, may_continue, threads};
use store::outreach::mails::{MailRow, TiedMail};

use super::OutreachError;
use crate::data_directory::DataDirectory;

/// Gives every mail that has none a thread; how many threads were looked at.
pub async fn thread_new(data: &DataDirectory) -> Result<u64, OutreachError> {
    let mut looked_at = 0;
    loop {
        let new = data.store.mails_without_thread(500).await?;
        if new.is_empty() {
            return Ok(looked_at);
        }
        let mut done = BTreeSet::new();
        for mail in new {
            if done.contains(&mail) {
                continue;
            }
            done.extend(thread_around(data, mail).await?);
            looked_at += 1;
        }
    }
}

/// Gives a mail and all that is tied to it their threads; which mails these are.
pub async fn thread_around(data: &DataDirectory, mail: i64) -> Result<Vec<i64>, OutreachError> {
    loop {
        let (tied, joined) = data.store.tied_mails(&[mail]).await?;
        let cut = tied.iter().filter(|mail| mail.is_cut).map(|mail| mail.id).collect();
        let mails: Vec<ThreadMail> = tied.iter().map(as_thread_mail).collect();
        let found = threads(&mails, &ByHand { joined, cut });
        let seen: Vec<i64> = tied.iter().map(|mail| mail.id).collect();
        if data.store.keep_threads(&seen, &found).await? {
            return Ok(seen);
        }
    }
}

fn as_thread_mail(mail: &TiedMail) -> ThreadMail {
    ThreadMail {
        key: mail.id,
        own_id: mail.message_id.clone(),
        refers_to: mail.refers_to.clone(),
        token: mail.token.clone(),
        counterpart: mail.counterpart.clone(),
        way: if mail.way == "out" { Way::Outgoing } else { Way::Incoming },
        is_bulk: mail.is_bulk,
    }
}

/// The mail that a thread may continue without saying so: the same person under the same subject within 30 days.
pub async fn suggestion(data: &DataDirectory, thread: i64, first: &MailRow) -> Result<Option<MailRow>, OutreachError> {
    if first.subject_norm.is_empty() || first.counterpart.is_empty() {
        return Ok(None);
    }
    let alike = data.store.mails_alike(&first.counterpart, &first.subject_norm, thread, 50).await?;
    let loose = |mail: &MailRow| Loose {
        key: mail.id,
        counterpart: mail.counterpart.clone(),
        subject_norm: mail.subject_norm.clone(),
        at_unix: mail.at.unix_seconds(),
    };
    let earlier: Vec<Loose> = alike.iter().map(loose).collect();
    let key = may_continue(&loose(first), earlier.iter());
    Ok(key.and_then(|key| alike.into_iter().find(|mail| mail.id == key)))
}

/// Puts two mails into one thread by hand.
pub async fn join(data: &DataDirectory, mail: i64, other: i64) -> Result<(), OutreachError> {
    data.store.tie_by_hand(mail, Some(other)).await?;
    thread_around(data, mail).await?;
    Ok(())
}

/// Begins a thread of its own at a mail.
pub async fn split(data: &DataDirectory, mail: i64) -> Result<(), OutreachError> {
    data.store.tie_by_hand(mail, None).await?;
    thread_around(data, mail).await?;
    Ok(())
}
