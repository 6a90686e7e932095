//! Mail by command: templates, sequences, the queue, the inbox.

use std::path::Path;

use anyhow::Context;
use model::outreach::{EnrolmentState, SendState, StopReason};
use serde::Serialize;
use serde_json::{Value, json};
use store::outreach::contacts::{ContactFilter, ContactOrder};
use store::outreach::threads::ThreadsOf;

use super::text_of;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::outreach::inbox::{self, MailShown, Written};
use crate::outreach::sequences::{self, Step};
use crate::outreach::{contacts, mailboxes, sending, templates};

/// Rows of one list; where it stops, it says so.
const LISTED_MAX: u64 = 10_000;

pub async fn template(
    data: &DataDirectory,
    name: &str,
    subject: &str,
    body: &Path,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let (id, version) = templates::keep(data, name, subject, &text_of(body)?).await?;
    output
        .result(&json!({ "template": id, "version": version }), |out| writeln!(out, "template {id}, version {version}"))
}

pub async fn templates(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let all: Vec<_> = data.store.templates().await?.into_iter().map(templates::shown).collect();
    output.result(&all, |out| {
        if all.is_empty() {
            return writeln!(out, "there is no template yet");
        }
        for of in &all {
            writeln!(out, "{:>4}  {} (version {})  names {}", of.id, of.name, of.version, of.variables.join(", "))?;
        }
        Ok(())
    })
}

pub async fn sequence(data: &DataDirectory, name: &str, steps: &[String], output: Output<'_>) -> anyhow::Result<()> {
    let steps = sequences::steps_of(data, &steps.join("\n")).await?;
    let id = sequences::keep(data, name, &steps).await?;
    output
        .result(&json!({ "sequence": id, "steps": steps }), |out| writeln!(out, "sequence {id}, {} steps", steps.len()))
}

#[derive(Serialize)]
struct SequenceListed {
    id: i64,
    name: String,
    steps: Vec<Step>,
    people: Vec<(EnrolmentState, u64)>,
}

pub async fn sequences(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let counts = data.store.enrolment_counts().await?;
    let mut listed = Vec::new();
    for row in data.store.sequences().await? {
        let of = sequences::of(row)?;
        let people =
            counts.iter().filter(|(sequence, ..)| *sequence == of.id).map(|(_, state, people)| (*state, *people));
        listed.push(SequenceListed { people: people.collect(), id: of.id, name: of.name, steps: of.steps });
    }
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(out, "there is no sequence yet");
        }
        for of in &listed {
            let people: Vec<String> =
                of.people.iter().map(|(state, people)| format!("{} {}", grouped(*people), state.words())).collect();
            writeln!(out, "{:>4}  {} ({} steps)  {}", of.id, of.name, of.steps.len(), people.join(", "))?;
        }
        Ok(())
    })
}

/// Whom a sequence is for.
pub struct Whom {
    pub named: Vec<String>,
    pub tag: Option<String>,
    pub import: Option<i64>,
}

pub async fn enrol(
    data: &DataDirectory,
    sequence: &str,
    whom: Whom,
    mailbox: Option<&str>,
    given: &[String],
    output: Output<'_>,
) -> anyhow::Result<()> {
    let sequence = sequences::find(data, sequence).await?;
    let mailbox = mailboxes::find(data, mailbox).await?;
    let mut values = serde_json::Map::new();
    for pair in given {
        let (name, value) = pair.split_once('=').with_context(|| format!("{pair:?} is not NAME=VALUE"))?;
        values.insert(name.trim().to_owned(), Value::String(value.to_owned()));
    }
    let mut ids = Vec::new();
    for name in &whom.named {
        ids.push(contacts::find(data, name).await?.id);
    }
    if whom.tag.is_some() || whom.import.is_some() {
        let filter = ContactFilter { tag: whom.tag, import: whom.import, ..ContactFilter::default() };
        let (found, _) = data.store.contacts_found(&filter, ContactOrder::Newest, 0, 1_000_000).await?;
        ids.extend(found.iter().map(|row| row.id));
    }
    if ids.is_empty() {
        anyhow::bail!("nobody is named\nhint: give contacts, --tag or --import");
    }
    ids.sort_unstable();
    ids.dedup();
    let done = sequences::enrol(data, &sequence, &ids, &mailbox, &Value::Object(values)).await?;
    output.result(&done, |out| {
        writeln!(
            out,
            "{} wait for the release of {:?}, {} were in it already; `bellwether outreach preview` shows what each would get",
            done.new.len(),
            sequence.name,
            done.known
        )
    })
}

pub async fn preview(data: &DataDirectory, sequence: &str, output: Output<'_>) -> anyhow::Result<()> {
    let sequence = sequences::find(data, sequence).await?;
    let mut previews = Vec::new();
    let drafts = data.store.enrolments(Some(sequence.id), Some(EnrolmentState::Draft), LISTED_MAX).await?;
    if drafts.len() as u64 == LISTED_MAX {
        output.say(&format!("the first {} of those who wait are shown", grouped(LISTED_MAX)));
    }
    for draft in drafts {
        previews.push(sequences::preview(data, &draft, &sequence).await?);
    }
    output.result(&previews, |out| {
        if previews.is_empty() {
            return writeln!(out, "nobody in {:?} waits for a release", sequence.name);
        }
        for of in &previews {
            writeln!(out, "== {} <{}>", of.name, of.to.as_deref().unwrap_or("no address"))?;
            if let Some(before) = &of.written_before {
                writeln!(out, "   written to before: {before}")?;
            }
            for mail in &of.mails {
                match &mail.problem {
                    Some(problem) => writeln!(out, "   CANNOT BE SENT: {problem}")?,
                    None => writeln!(out, "-- after {} days: {}\n{}", mail.after_days, mail.subject, mail.body)?,
                }
            }
        }
        Ok(())
    })
}

pub async fn release(data: &DataDirectory, sequence: &str, output: Output<'_>) -> anyhow::Result<()> {
    let sequence = sequences::find(data, sequence).await?;
    let released = sequences::release(data, &sequence, None).await?;
    output.result(&json!({ "released": released }), |out| writeln!(out, "{released} released"))
}

pub async fn stop(data: &DataDirectory, named: &str, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let stopped = data.store.stop_sequences(contact.id, StopReason::ByHand, data.now()).await?;
    output.result(&json!({ "stopped": stopped }), |out| writeln!(out, "{} is out of {stopped} sequences", contact.name))
}

pub async fn write(
    data: &DataDirectory,
    named: &str,
    subject: String,
    body: &Path,
    mailbox: Option<String>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let id = inbox::write(data, contact.id, Written { subject, body: text_of(body)?, mailbox }).await?;
    output.result(&json!({ "mail": id }), |out| {
        writeln!(
            out,
            "mail {id} to {} leaves in half a minute; `bellwether outreach take-back {id}` keeps it here",
            contact.name
        )
    })
}

pub async fn answer(
    data: &DataDirectory,
    thread: i64,
    body: &Path,
    subject: Option<String>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let written = Written { subject: subject.unwrap_or_default(), body: text_of(body)?, mailbox: None };
    let id = inbox::answer(data, thread, written).await?;
    output.result(&json!({ "mail": id }), |out| writeln!(out, "mail {id} leaves in half a minute"))
}

#[derive(Serialize)]
struct ThreadListed {
    id: i64,
    contact: Option<i64>,
    subject: String,
    state: String,
    last_at: String,
    last_way: String,
    unread: u64,
}

#[derive(Serialize)]
struct ThreadsListed {
    threads: Vec<ThreadListed>,
    all: u64,
}

pub async fn inbox(
    data: &DataDirectory,
    show: &str,
    words: Option<&str>,
    limit: u64,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let of = match show {
        "open" => ThreadsOf::Open,
        "waiting" => ThreadsOf::Waiting,
        "unread" => ThreadsOf::Unread,
        "done" => ThreadsOf::Done,
        "all" => ThreadsOf::Everything,
        other => anyhow::bail!("{other:?} is none of open, waiting, unread, done, all"),
    };
    let (rows, all) = inbox::list(data, of, words, 0, limit).await?;
    let listed = rows.into_iter().map(|row| ThreadListed {
        id: row.id,
        contact: row.contact,
        subject: row.subject,
        state: row.state,
        last_at: clock::iso(row.last_at),
        last_way: row.last_way,
        unread: row.unread,
    });
    let listed = ThreadsListed { threads: listed.collect(), all };
    output.result(&listed, |out| {
        for of in &listed.threads {
            let unread = if of.unread > 0 { "*" } else { " " };
            writeln!(out, "{:>6} {unread} {}  {:<3}  {}", of.id, of.last_at, of.last_way, of.subject)?;
        }
        writeln!(out, "{} of {} conversations", listed.threads.len(), grouped(listed.all))
    })
}

#[derive(Serialize)]
struct ThreadInFull {
    id: i64,
    contact: Option<i64>,
    subject: String,
    mails: Vec<MailShown>,
}

pub async fn thread(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let shown = inbox::shown(data, id).await?;
    let full = ThreadInFull { id, contact: shown.row.contact, subject: shown.row.subject, mails: shown.mails };
    output.result(&full, |out| {
        writeln!(out, "{}", full.subject)?;
        for mail in &full.mails {
            writeln!(out, "\n{} {} {} {}\n{}", mail.at, mail.way, mail.from, mail.class_words, mail.text)?;
        }
        Ok(())
    })
}

#[derive(Serialize)]
struct OutgoingListed {
    id: i64,
    contact: i64,
    subject: String,
    state: SendState,
    reason: String,
    not_before: String,
    message_id: Option<String>,
}

pub async fn queue(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let states = [
        SendState::Unknown,
        SendState::Begun,
        SendState::Waiting,
        SendState::Draft,
        SendState::Skipped,
        SendState::Refused,
    ];
    let mut listed = Vec::new();
    for state in states {
        let mails = data.store.outgoing_in(&[state], LISTED_MAX).await?;
        if mails.len() as u64 == LISTED_MAX {
            output.say(&format!("of those that are “{}” the first {} are listed", state.words(), grouped(LISTED_MAX)));
        }
        for mail in mails {
            listed.push(OutgoingListed {
                id: mail.id,
                contact: mail.contact,
                subject: mail.subject,
                state: mail.state,
                reason: mail.reason,
                not_before: clock::iso(mail.not_before),
                message_id: mail.message_id,
            });
        }
    }
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(out, "nothing waits");
        }
        for of in &listed {
            writeln!(out, "{:>6}  {}  contact {}  {}  {}", of.id, of.state.words(), of.contact, of.subject, of.reason)?;
        }
        Ok(())
    })
}

pub async fn settle(data: &DataDirectory, mail: i64, to: &str, output: Output<'_>) -> anyhow::Result<()> {
    let state = sending::settle(data, mail, to).await?;
    output.result(&json!({ "mail": mail, "state": state }), |out| writeln!(out, "mail {mail}: {}", state.words()))
}

pub async fn take_back(data: &DataDirectory, mail: i64, output: Output<'_>) -> anyhow::Result<()> {
    inbox::take_back(data, mail).await?;
    output.result(&json!({ "mail": mail, "state": "cancelled" }), |out| writeln!(out, "mail {mail} stays here"))
}

#[derive(Serialize)]
struct BounceListed {
    mail: Option<i64>,
    contact: Option<i64>,
    class: String,
    status: String,
    diagnostic: String,
    at: String,
}

pub async fn bounces(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let bounces = data.store.bounces(None, LISTED_MAX).await?;
    if bounces.len() as u64 == LISTED_MAX {
        output.say(&format!("the latest {} are listed", grouped(LISTED_MAX)));
    }
    let listed: Vec<BounceListed> = (bounces.into_iter())
        .map(|row| BounceListed {
            mail: row.outgoing,
            contact: row.contact,
            class: row.class,
            status: row.status,
            diagnostic: row.diagnostic,
            at: clock::iso(row.at),
        })
        .collect();
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(out, "nothing came back");
        }
        for of in &listed {
            writeln!(out, "{}  {:<14} {}  {}", of.at, of.class, of.status, of.diagnostic)?;
        }
        Ok(())
    })
}
