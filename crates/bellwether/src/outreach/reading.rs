//! Reading mail: each folder's mail is brought here whole and compared with the server, then threaded, classified, and
//! what follows from it done. Every step can be interrupted anywhere and goes on where it was.

use mail::classify::{Bounce, BounceClass, CLASSIFIER_VERSION, Class, classify};
use mail::imap::{Fetched, FolderRole, ImapSession};
use mail::read::{ReadMail, folded, fresh_text, normalised_subject, read};
use model::Timestamp;
use model::outreach::{Channel, StopReason, SuppressionReason, TouchKind};
use serde::Serialize;
use store::outreach::bounces::NewBounce;
use store::outreach::mailboxes::MailFolderRow;
use store::outreach::mails::{FetchedMail, MailRow, NewMail};
use store::outreach::sending::{Effects, OutgoingRow};

use super::composing::token_addressed;
use super::mailboxes::{self, Mailbox};
use super::sealing::{address_hash, content_hash};
use super::{OutreachError, threading};
use crate::data_directory::DataDirectory;

/// Mails kept in one transaction.
const PORTION: usize = 100;
/// A mail to more people than this has no one whom it is to.
const TO_PEOPLE_MAX: usize = 3;

/// How a folder compares with the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FolderRead {
    pub folder: String,
    pub role: &'static str,
    pub server: u64,
    pub held: u64,
    pub new: u64,
    pub gone: u64,
    /// On the server and not here; empty when all went well.
    pub missing: Vec<u32>,
    pub problem: Option<String>,
}

/// How a mailbox compares with the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MailboxRead {
    pub mailbox: String,
    pub folders: Vec<FolderRead>,
    pub problem: Option<String>,
}

/// Reads every mailbox that has a server for it, then threads and classifies what is new.
pub async fn read_all(data: &DataDirectory) -> Result<Vec<MailboxRead>, OutreachError> {
    let mut done = Vec::new();
    for mailbox in mailboxes::all(data).await? {
        if mailbox.settings.imap.is_some() {
            done.push(read_mailbox(data, &mailbox).await?);
        }
    }
    work_through(data).await?;
    Ok(done)
}

/// Threads and classifies whatever has been kept and not been looked at.
pub async fn work_through(data: &DataDirectory) -> Result<(), OutreachError> {
    threading::thread_new(data).await?;
    classify_new(data).await?;
    data.store.settle_by_sent_folder(data.now()).await?;
    Ok(())
}

/// Brings a mailbox's folders here. A folder that fails is named and the others are read.
pub async fn read_mailbox(data: &DataDirectory, mailbox: &Mailbox) -> Result<MailboxRead, OutreachError> {
    let failed =
        |problem: String| MailboxRead { mailbox: mailbox.address.clone(), folders: Vec::new(), problem: Some(problem) };
    let Some(account) = mailbox.imap_account(&data.outreach_key)? else {
        return Ok(failed("it has no server to read from".to_owned()));
    };
    let mut session = match ImapSession::open(&account).await {
        Ok(session) => session,
        Err(problem) => return note_failure(data, mailbox, problem.to_string()).await.map(failed),
    };
    let folders = match session.folders().await {
        Ok(folders) => folders,
        Err(problem) => return note_failure(data, mailbox, problem.to_string()).await.map(failed),
    };
    let mut read = Vec::new();
    for folder in folders {
        let Some(role) = role_of(folder.role) else { continue };
        read.push(read_folder(data, mailbox, &mut session, &folder.name, role).await?);
    }
    session.logout().await;
    Ok(MailboxRead { mailbox: mailbox.address.clone(), folders: read, problem: None })
}

/// Writes a failure beside the counts of the last check, so that nobody takes old counts for new ones.
async fn note_failure(data: &DataDirectory, mailbox: &Mailbox, problem: String) -> Result<String, OutreachError> {
    for folder in data.store.mail_folders(mailbox.id).await? {
        data.store.keep_folder_check(&MailFolderRow { problem: problem.clone(), ..folder }).await?;
    }
    Ok(problem)
}

fn role_of(role: FolderRole) -> Option<&'static str> {
    match role {
        FolderRole::Inbox => Some("inbox"),
        FolderRole::Sent => Some("sent"),
        FolderRole::Junk => Some("junk"),
        _ => None,
    }
}

async fn read_folder(
    data: &DataDirectory,
    mailbox: &Mailbox,
    session: &mut ImapSession,
    folder: &str,
    role: &'static str,
) -> Result<FolderRead, OutreachError> {
    let mut done = FolderRead {
        folder: folder.to_owned(),
        role,
        server: 0,
        held: 0,
        new: 0,
        gone: 0,
        missing: Vec::new(),
        problem: None,
    };
    let state = match session.open_folder(folder).await {
        Ok(state) => state,
        Err(problem) => return failed_folder(data, mailbox, done, 0, problem.to_string()).await,
    };
    let validity = state.uid_validity;
    // The sets are compared, not the highest numbers: whatever an interruption left out is found again.
    let server = match session.uids().await {
        Ok(uids) => uids,
        Err(problem) => return failed_folder(data, mailbox, done, validity, problem.to_string()).await,
    };
    let held = data.store.held_uids(mailbox.id, folder, validity).await?;
    let (server_set, held_set): (std::collections::BTreeSet<u32>, std::collections::BTreeSet<u32>) =
        (server.iter().copied().collect(), held.iter().copied().collect());
    let missing: Vec<u32> = server_set.difference(&held_set).copied().collect();
    let gone: Vec<u32> = held_set.difference(&server_set).copied().collect();
    let known = data.store.mail_folders(mailbox.id).await?.into_iter().find(|row| row.name == folder);
    if !missing.is_empty() {
        // Whoever looks meanwhile sees what the server has and how much of it is here.
        let row = MailFolderRow {
            mailbox: mailbox.id,
            name: folder.to_owned(),
            role: role.to_owned(),
            uid_validity: validity,
            uid_last: held_set.last().copied().unwrap_or(0),
            modseq: known.as_ref().filter(|row| row.uid_validity == validity).and_then(|row| row.modseq),
            server_count: server_set.len() as u64,
            held_count: held_set.len() as u64,
            checked_at: data.now(),
            problem: String::new(),
        };
        data.store.keep_folder_check(&row).await?;
    }
    for portion in missing.chunks(PORTION) {
        let fetched = match session.fetch(portion).await {
            Ok(fetched) => fetched,
            Err(problem) => return failed_folder(data, mailbox, done, validity, problem.to_string()).await,
        };
        let (key, ours, is_sent) = (data.outreach_key.clone(), mailbox.clone(), role == "sent");
        let as_kept = move || -> Vec<FetchedMail> {
            fetched.into_iter().map(|fetched| fetched_mail(&key, &ours, is_sent, fetched)).collect()
        };
        let mails = tokio::task::spawn_blocking(as_kept).await.expect("reading a mail does not panic");
        done.new += data.store.keep_fetched(mailbox.id, folder, role, validity, &mails, data.now()).await?;
    }
    // Only now, with everything held under the new numbers, are the old ones gone.
    data.store.note_renumbered(mailbox.id, folder, validity, data.now()).await?;
    data.store.note_expunged(mailbox.id, folder, validity, &gone, data.now()).await?;
    done.gone = gone.len() as u64;
    let since = known.as_ref().filter(|row| row.uid_validity == validity).and_then(|row| row.modseq);
    let since = if session.capabilities().condstore { since } else { None };
    if state.highest_modseq.is_none() || state.highest_modseq != since {
        match session.flags(since).await {
            Ok(flags) => {
                let seen: Vec<(u32, bool)> =
                    flags.iter().map(|(uid, flags)| (*uid, flags.iter().any(|flag| flag == "\\Seen"))).collect();
                data.store.note_seen(mailbox.id, folder, validity, &seen).await?;
            }
            Err(problem) => return failed_folder(data, mailbox, done, validity, problem.to_string()).await,
        }
    }
    let held = data.store.held_uids(mailbox.id, folder, validity).await?;
    let held_set: std::collections::BTreeSet<u32> = held.into_iter().collect();
    done.missing = server_set.difference(&held_set).copied().collect();
    (done.server, done.held) = (server_set.len() as u64, held_set.len() as u64);
    let row = MailFolderRow {
        mailbox: mailbox.id,
        name: folder.to_owned(),
        role: role.to_owned(),
        uid_validity: validity,
        uid_last: held_set.last().copied().unwrap_or(0),
        modseq: state.highest_modseq,
        server_count: done.server,
        held_count: done.held,
        checked_at: data.now(),
        problem: match done.missing.len() {
            0 => String::new(),
            missing => format!("{missing} mails on the server are not here"),
        },
    };
    data.store.keep_folder_check(&row).await?;
    Ok(done)
}

async fn failed_folder(
    data: &DataDirectory,
    mailbox: &Mailbox,
    done: FolderRead,
    validity: u32,
    problem: String,
) -> Result<FolderRead, OutreachError> {
    let known = data.store.mail_folders(mailbox.id).await?.into_iter().find(|row| row.name == done.folder);
    let held = data.store.held_count(mailbox.id, &done.folder, validity).await?;
    let row = match known {
        Some(row) => MailFolderRow { held_count: held, problem: problem.clone(), ..row },
        None => MailFolderRow {
            mailbox: mailbox.id,
            name: done.folder.clone(),
            role: done.role.to_owned(),
            uid_validity: validity,
            uid_last: 0,
            modseq: None,
            server_count: 0,
            held_count: held,
            checked_at: data.now(),
            problem: problem.clone(),
        },
    };
    data.store.keep_folder_check(&row).await?;
    Ok(FolderRead { held, problem: Some(problem), ..done })
}

fn fetched_mail(key: &[u8], mailbox: &Mailbox, is_sent: bool, fetched: Fetched) -> FetchedMail {
    let read = read(&fetched.raw);
    let is_seen = fetched.flags.iter().any(|flag| flag == "\\Seen");
    let from_us = read.from.as_ref().is_some_and(|from| folded(&from.address) == folded(&mailbox.address));
    let is_out = is_sent || from_us;
    let mail = as_new(key, mailbox, &read, is_out, &fetched.raw, fetched.internal_date_unix, is_seen);
    FetchedMail { uid: fetched.uid, internal_date: fetched.internal_date_unix, is_seen, mail }
}

/// A mail as it is kept, from what it says.
pub fn as_new(
    key: &[u8],
    mailbox: &Mailbox,
    read: &ReadMail,
    is_out: bool,
    raw: &[u8],
    received_unix: Option<i64>,
    is_seen: bool,
) -> NewMail {
    let sha256 = content_hash(raw);
    let shown = |address: &mail::Address| match &address.name {
        Some(name) => format!("{name} <{}>", address.address),
        None => address.address.clone(),
    };
    let from = read.from.as_ref();
    let is_bulk = is_out && (read.to.is_empty() || read.to.len() > TO_PEOPLE_MAX || !read.bcc.is_empty());
    let counterpart = if is_out { read.to.first().filter(|_| !is_bulk) } else { from };
    let hash = counterpart.map_or(String::new(), |of| address_hash(key, Channel::Email, &of.address));
    let mut refers_to: Vec<String> = read.in_reply_to.iter().chain(&read.references).cloned().collect();
    refers_to.extend(read.report.as_ref().and_then(|report| report.about.clone()));
    refers_to.sort();
    refers_to.dedup();
    let token = if is_out {
        // Our own copy in the Sent folder bears its token where answers go.
        token_addressed(read.reply_to.iter().map(|of| of.address.as_str()), mailbox)
    } else {
        let went_by = read.delivered_to.iter().map(String::as_str);
        token_addressed(went_by.chain(read.to.iter().chain(&read.cc).map(|of| of.address.as_str())), mailbox)
    };
    let unix = if is_out { read.sent_at_unix.or(received_unix) } else { received_unix.or(read.sent_at_unix) };
    NewMail {
        way: if is_out { "out" } else { "in" },
        message_id: read.message_id.clone().unwrap_or_else(|| format!("{sha256}@without.id")),
        refers_to,
        counterpart: hash,
        from_shown: from.map_or(String::new(), shown),
        to_shown: read.to.iter().map(shown).collect::<Vec<_>>().join(", "),
        subject: read.subject.clone(),
        subject_norm: normalised_subject(&read.subject),
        text: read.text.clone(),
        at: Timestamp::from_unix_seconds(unix.unwrap_or(0)),
        token,
        is_bulk,
        files: read.attachments.len() as u64,
        is_read: is_out || is_seen,
        sha256,
        content: raw.to_vec(),
    }
}

/// Classifies mail whose class is missing or was given by an older classifier; how many were looked at.
pub async fn classify_new(data: &DataDirectory) -> Result<u64, OutreachError> {
    let mut looked_at = 0;
    loop {
        let new = data.store.mails_classed_before(CLASSIFIER_VERSION, 200).await?;
        if new.is_empty() {
            return Ok(looked_at);
        }
        for mail in &new {
            classify_one(data, mail).await?;
            looked_at += 1;
        }
    }
}

async fn classify_one(data: &DataDirectory, mail: &MailRow) -> Result<(), OutreachError> {
    let raw = data.store.raw_content(&mail.sha256).await?.unwrap_or_default();
    let read = read(&raw);
    let class = classify(&read);
    let (effects, detail) = effects_of(data, mail, &read, &class).await?;
    data.store.keep_class(mail.id, class.code(), CLASSIFIER_VERSION, &detail, &effects, data.now()).await?;
    Ok(())
}

/// Whom a mail is from, as far as we know them: the sender, else who has the token, else who got what it answers.
async fn whose(
    data: &DataDirectory,
    mail: &MailRow,
    read: &ReadMail,
) -> Result<(Option<i64>, Option<OutgoingRow>), OutreachError> {
    let mut ours = match &mail.token {
        Some(token) => data.store.outgoing_bearing(Some(token), None).await?,
        None => None,
    };
    for id in read.in_reply_to.iter().chain(read.references.iter().rev()) {
        if ours.is_some() {
            break;
        }
        ours = data.store.outgoing_bearing(None, Some(id)).await?;
    }
    let by_address = data.store.contact_with_address(Channel::Email, &mail.counterpart).await?;
    let by_thread = match (by_address, &ours, mail.thread) {
        (None, None, Some(thread)) => data.store.thread(thread).await?.and_then(|thread| thread.contact),
        _ => None,
    };
    Ok((by_address.or(ours.as_ref().map(|mail| mail.contact)).or(by_thread), ours))
}

async fn effects_of(
    data: &DataDirectory,
    mail: &MailRow,
    read: &ReadMail,
    class: &Class,
) -> Result<(Effects, String), OutreachError> {
    let (contact, ours) = whose(data, mail, read).await?;
    let says = |what: &str| match mail.subject.trim() {
        "" => what.to_owned(),
        subject => subject.to_owned(),
    };
    let arrived = ours.as_ref().map(|mail| mail.id);
    Ok(match class {
        Class::Personal | Class::Unclear => {
            let first: String = fresh_text(&read.text).split_whitespace().take(24).collect::<Vec<_>>().join(" ");
            let summary = if first.is_empty() { says("(no words)") } else { first };
            let effects = Effects {
                contact,
                touch: Some((TouchKind::MailIn, summary)),
                stops: Some(StopReason::Reply),
                answered: true,
                arrived,
                ..Effects::default()
            };
            (effects, String::new())
        }
        Class::AutoReply { back_on } => {
            let summary = match back_on {
                Some(day) => format!("away until {day}"),
                None => says("automatic answer"),
            };
            let effects = Effects {
                contact,
                touch: Some((TouchKind::AutoReply, summary)),
                arrived,
                is_read: true,
                ..Effects::default()
            };
            (effects, back_on.clone().unwrap_or_default())
        }
        Class::Unsubscribe => {
            let bar =
                (!mail.counterpart.is_empty()).then(|| (mail.counterpart.clone(), SuppressionReason::Unsubscribed));
            if let Some(contact) = contact {
                let evidence = format!("mail {}", mail.id);
                super::unsubscribing::bar_contact(data, contact, SuppressionReason::Unsubscribed, &evidence).await?;
            }
            let effects = Effects {
                contact,
                touch: Some((TouchKind::MailIn, says("asks not to be written to"))),
                stops: Some(StopReason::Unsubscribed),
                bar,
                arrived,
                ..Effects::default()
            };
            (effects, String::new())
        }
        Class::Bounce(bounce) => bounce_effects(data, mail, bounce, true).await?,
        Class::Delayed(bounce) => bounce_effects(data, mail, bounce, false).await?,
        Class::Complaint { about } => {
            let ours = match about {
                Some(id) => data.store.outgoing_bearing(None, Some(id)).await?,
                None => ours,
            };
            if let Some(ours) = &ours {
                let evidence = format!("mail {}", mail.id);
                super::unsubscribing::bar_contact(data, ours.contact, SuppressionReason::Complaint, &evidence).await?;
                halt(data, ours.mailbox, "a recipient reported a mail as unwanted").await?;
            }
            (
                Effects { contact: ours.map(|mail| mail.contact), ..Effects::default() },
                about.clone().unwrap_or_default(),
            )
        }
        Class::Challenge => {
            let touch = contact.map(|_| (TouchKind::AutoReply, "asks to confirm that a person wrote".to_owned()));
            (Effects { contact, touch, ..Effects::default() }, String::new())
        }
        Class::Bulk => (Effects { contact, ..Effects::default() }, String::new()),
    })
}

async fn halt(data: &DataDirectory, mailbox: i64, why: &str) -> Result<(), OutreachError> {
    let mailbox = mailboxes::find(data, Some(&mailbox.to_string())).await?;
    mailboxes::set_state(data, &mailbox, model::outreach::MailboxState::Halted, why).await
}

/// What follows from a report of failed delivery: found by its token, else by the id of the mail it is about. One found by
/// its words alone changes nothing but its class.
async fn bounce_effects(
    data: &DataDirectory,
    mail: &MailRow,
    bounce: &Bounce,
    has_failed: bool,
) -> Result<(Effects, String), OutreachError> {
    let token = bounce.token.as_deref().or(mail.token.as_deref());
    let ours = data.store.outgoing_bearing(token, bounce.about.as_deref()).await?;
    let detail = format!(
        "{} {} {}",
        bounce.class.code(),
        bounce.status.as_deref().unwrap_or("without status"),
        bounce.diagnostic.lines().next().unwrap_or("")
    );
    let Some(ours) = ours.filter(|_| !bounce.is_suggestion) else {
        return Ok((Effects::default(), detail));
    };
    let hash = match &bounce.recipient {
        Some(recipient) => address_hash(&data.outreach_key, Channel::Email, recipient),
        None => {
            let addresses = data.store.contact_addresses(&[ours.contact]).await?;
            let to = addresses.into_iter().find(|address| Some(address.id) == ours.address);
            to.map_or(String::new(), |address| address.hash)
        }
    };
    // Whoever got a mail of ours could make up a report about somebody else.
    let addresses = data.store.contact_addresses(&[ours.contact]).await?;
    if !addresses.iter().any(|address| address.hash == hash) {
        return Ok((Effects::default(), format!("{detail} (about an address that is not theirs)")));
    }
    let new = NewBounce {
        address_hash: hash,
        class: if has_failed { bounce.class.code().to_owned() } else { "delayed".to_owned() },
        status: bounce.status.clone().unwrap_or_default(),
        diagnostic: bounce.diagnostic.lines().next().unwrap_or("").to_owned(),
        class_version: CLASSIFIER_VERSION,
        is_hard: has_failed && bounce.class == BounceClass::HardAddress,
        stops: has_failed && !matches!(bounce.class, BounceClass::SoftFull | BounceClass::SoftOther),
    };
    let effects = Effects {
        contact: Some(ours.contact),
        bounce: Some((Some(ours.id), new)),
        arrived: Some(ours.id),
        is_read: true,
        ..Effects::default()
    };
    Ok((effects, detail))
}
