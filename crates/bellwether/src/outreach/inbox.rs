//! The inbox: conversations by mail, each with its contact, answers written by hand.

use mail::read::{fresh_text, read};
use model::Timestamp;
use model::outreach::SendState;
use serde::Serialize;
use store::outreach::mails::MailRow;
use store::outreach::sending::NewOutgoing;
use store::outreach::threads::{ThreadRow, ThreadsOf};

use super::contacts::{self, mail_address};
use super::{OutreachError, mailboxes, one_line, threading};
use crate::clock;
use crate::data_directory::DataDirectory;

/// How long a mail written by hand can be taken back.
const HOLD_SECONDS: i64 = 30;
const BODY_LETTERS_MAX: usize = 100_000;

/// A mail as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MailShown {
    pub id: i64,
    pub way: String,
    pub at: String,
    pub from: String,
    pub to: String,
    pub subject: String,
    /// What is new in it.
    pub text: String,
    /// What it quotes.
    pub quoted: String,
    pub class: String,
    pub class_words: &'static str,
    pub class_detail: String,
    pub files: u64,
}

/// A conversation with its mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadShown {
    pub row: ThreadRow,
    pub mails: Vec<MailShown>,
    /// An earlier mail that this may continue.
    pub may_continue: Option<MailRow>,
    /// Mails to them that wait to leave.
    pub waiting: Vec<store::outreach::sending::OutgoingRow>,
}

/// What a class of mail means.
pub fn class_words(code: &str) -> &'static str {
    match code {
        "personal" => "",
        "auto_reply" => "automatic answer",
        "bounce" => "came back",
        "delayed" => "still on its way",
        "unsubscribe" => "asks not to be written to",
        "complaint" => "reported as unwanted",
        "challenge" => "asks to confirm that a person wrote",
        "bulk" => "newsletter",
        "unclear" => "not clear what it is",
        _ => "not looked at yet",
    }
}

pub fn mail_shown(mail: MailRow) -> MailShown {
    let fresh: String = fresh_text(&mail.text).to_string();
    let quoted = mail.text.trim().strip_prefix(fresh.trim()).unwrap_or("").trim().to_owned();
    MailShown {
        id: mail.id,
        class_words: if mail.way == "out" { "" } else { class_words(&mail.class) },
        way: mail.way,
        at: clock::minute(mail.at),
        from: mail.from_shown,
        to: mail.to_shown,
        subject: mail.subject,
        text: fresh.trim().to_owned(),
        quoted,
        class: mail.class,
        class_detail: mail.class_detail,
        files: mail.files,
    }
}

/// Conversations, the latest first, and how many there are.
pub async fn list(
    data: &DataDirectory,
    of: ThreadsOf,
    words: Option<&str>,
    from: u64,
    at_most: u64,
) -> Result<(Vec<ThreadRow>, u64), OutreachError> {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    Ok(data.store.threads(of, None, words, from, at_most).await?)
}

/// One conversation.
pub async fn shown(data: &DataDirectory, id: i64) -> Result<ThreadShown, OutreachError> {
    let row = data.store.thread(id).await?.ok_or(OutreachError::NoThread(id))?;
    let mails = data.store.thread_mails(id).await?;
    let may_continue = match mails.first() {
        Some(first) if first.way == "in" => threading::suggestion(data, id, first).await?,
        _ => None,
    };
    let waiting = match row.contact {
        Some(contact) => data.store.outgoing_of_contact(contact, 20).await?,
        None => Vec::new(),
    };
    let waiting = waiting
        .into_iter()
        .filter(|mail| {
            matches!(mail.state, SendState::Waiting | SendState::Draft | SendState::Begun | SendState::Unknown)
        })
        .collect();
    Ok(ThreadShown { row, mails: mails.into_iter().map(mail_shown).collect(), may_continue, waiting })
}

/// A mail as a person writes one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Written {
    pub subject: String,
    pub body: String,
    pub mailbox: Option<String>,
}

fn checked(written: &Written) -> Result<(String, String), OutreachError> {
    let subject = one_line("subject", &written.subject, 300)?;
    let body = written.body.trim_end().to_owned();
    if body.trim().is_empty() {
        return Err(OutreachError::Field { field: "body", problem: "the mail says nothing yet".to_owned() });
    }
    if body.chars().count() > BODY_LETTERS_MAX {
        return Err(OutreachError::Field {
            field: "body",
            problem: format!("it is longer than {BODY_LETTERS_MAX} letters"),
        });
    }
    Ok((subject, body))
}

/// Queues an answer to a conversation; it leaves after half a minute, in which it can be taken back.
pub async fn answer(data: &DataDirectory, thread: i64, written: Written) -> Result<i64, OutreachError> {
    let held = shown(data, thread).await?;
    let contact = held.row.contact.ok_or_else(|| {
        OutreachError::Refused(
            "this conversation belongs to no contact yet\nhint: make its sender a contact first".to_owned(),
        )
    })?;
    let mails = data.store.thread_mails(thread).await?;
    let last = mails.iter().rev().find(|mail| mail.way == "in").or(mails.last());
    let mailbox = written.mailbox.clone().or(last.and_then(|mail| mail.mailbox).map(|id| id.to_string()));
    let subject = match (written.subject.trim(), held.row.subject.trim()) {
        ("", "") => "Re: your mail".to_owned(),
        ("", before) => super::templates::answering(before),
        (given, _) => given.to_owned(),
    };
    let written = Written { subject, mailbox, ..written };
    queue(data, contact, last.map(|mail| mail.id), written, last).await
}

/// Queues a new mail to a contact.
pub async fn write(data: &DataDirectory, contact: i64, written: Written) -> Result<i64, OutreachError> {
    if written.subject.trim().is_empty() {
        return Err(OutreachError::Field { field: "subject", problem: "a new mail needs a subject".to_owned() });
    }
    queue(data, contact, None, written, None).await
}

async fn queue(
    data: &DataDirectory,
    contact: i64,
    answers: Option<i64>,
    written: Written,
    last: Option<&MailRow>,
) -> Result<i64, OutreachError> {
    let (subject, body) = checked(&written)?;
    let mailbox = mailboxes::find(data, written.mailbox.as_deref()).await?;
    if mailbox.settings.smtp.is_none() {
        return Err(OutreachError::Refused(format!(
            "{} has no server to send by\nhint: add one with --smtp",
            mailbox.address
        )));
    }
    let held = contacts::shown(data, contact).await?;
    // An answer goes to the address they wrote from.
    let from = last.filter(|mail| mail.way == "in").map(|mail| mail.counterpart.as_str());
    let to = held
        .addresses
        .iter()
        .find(|address| Some(address.hash.as_str()) == from && address.barred.is_none())
        .or_else(|| mail_address(&held.addresses));
    let Some(to) = to else { return Err(OutreachError::NoAddress(contact)) };
    let is_first = held.last_written.is_none() && answers.is_none();
    if is_first && let Some(missing) = super::composing::missing_notice(&super::settings::settings(data).await?, to) {
        return Err(OutreachError::Refused(missing));
    }
    let new = NewOutgoing {
        mailbox: mailbox.id,
        contact: held.row.id,
        address: Some(to.id),
        enrolment: None,
        answers,
        is_first,
        template: None,
        subject,
        body,
        filled: None,
        state: SendState::Waiting,
        not_before: Timestamp(data.now().0 + HOLD_SECONDS * 1_000_000),
    };
    data.store
        .add_outgoing(&new, data.now())
        .await?
        .ok_or_else(|| OutreachError::Refused("it is queued already".to_owned()))
}

/// How many conversations ask for something, and mails whose fate a person has to say.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct InboxCounts {
    pub open: u64,
    pub waiting: u64,
    pub unread: u64,
    pub done: u64,
    pub all: u64,
    pub unknown_fate: u64,
}

pub async fn counts(data: &DataDirectory) -> Result<InboxCounts, OutreachError> {
    let mut of = [0; 5];
    let kinds = [ThreadsOf::Open, ThreadsOf::Waiting, ThreadsOf::Unread, ThreadsOf::Done, ThreadsOf::Everything];
    for (count, kind) in of.iter_mut().zip(kinds) {
        *count = data.store.threads(kind, None, None, 0, 0).await?.1;
    }
    let [open, waiting, unread, done, all] = of;
    let states = data.store.outgoing_counts().await?;
    let unknown_fate = states.iter().find(|(state, _)| *state == SendState::Unknown).map_or(0, |(_, mails)| *mails);
    Ok(InboxCounts { open, waiting, unread, done, all, unknown_fate })
}

/// Takes a mail back that has not begun to leave.
pub async fn take_back(data: &DataDirectory, mail: i64) -> Result<(), OutreachError> {
    match data.store.change_outgoing(mail, None, Some(SendState::Cancelled), None, "taken back", data.now()).await? {
        true => Ok(()),
        false => Err(OutreachError::NoOutgoing(mail)),
    }
}

/// A file of a mail: its name, kind and bytes.
pub async fn file(
    data: &DataDirectory,
    mail: i64,
    number: usize,
) -> Result<Option<(String, String, Vec<u8>)>, OutreachError> {
    let Some(row) = data.store.mail(mail).await? else { return Ok(None) };
    let raw = data.store.raw_content(&row.sha256).await?.unwrap_or_default();
    let file = read(&raw).attachments.into_iter().nth(number);
    Ok(file.map(|file| (file.name.unwrap_or_else(|| format!("file-{}", number + 1)), file.media_type, file.bytes)))
}

/// A file of a mail, without its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileShown {
    /// From 0.
    pub number: usize,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
}

/// The files of a mail. Costs a reading of the whole mail.
pub async fn files(data: &DataDirectory, mail: i64) -> Result<Vec<FileShown>, OutreachError> {
    let Some(row) = data.store.mail(mail).await? else { return Ok(Vec::new()) };
    let raw = data.store.raw_content(&row.sha256).await?.unwrap_or_default();
    let shown = read(&raw).attachments.into_iter().enumerate().map(|(number, file)| FileShown {
        number,
        name: file.name.unwrap_or_else(|| format!("file-{}", number + 1)),
        media_type: file.media_type,
        bytes: file.bytes.len() as u64,
    });
    Ok(shown.collect())
}
