//! Mailboxes and their servers by command: add, look, check, send, read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use model::outreach::{MailboxState, SendState};
use serde::Serialize;

use super::text_of;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::outreach::mailboxes::{self, MailboxGiven, MailboxSettings, Pace, Server};
use crate::outreach::reminders::ReminderWay;
use crate::outreach::settings::OutreachSettings;
use crate::outreach::{OutreachError, composing, reading, sending};

#[derive(clap::Args)]
pub struct SettingsArguments {
    /// Where unsubscribe links lead: https://mail.brand.example; "" takes it away.
    #[arg(long)]
    pub public_address: Option<String>,
    /// Who writes, as every first mail says it: name and postal address.
    #[arg(long)]
    pub sender: Option<String>,
    /// The brand's zone, such as Europe/Berlin.
    #[arg(long)]
    pub zone: Option<String>,
    /// How creators are reminded of drafts and posts: tasks says whom to remind, mail writes to them.
    #[arg(long)]
    pub reminders: Option<String>,
}

pub async fn settings(data: &DataDirectory, given: SettingsArguments, output: Output<'_>) -> anyhow::Result<()> {
    let held = crate::outreach::settings::settings(data).await?;
    let is_change =
        given.public_address.is_some() || given.sender.is_some() || given.zone.is_some() || given.reminders.is_some();
    let new = OutreachSettings {
        public_address: given.public_address.unwrap_or(held.public_address),
        sender: given.sender.unwrap_or(held.sender),
        zone: given.zone.unwrap_or(held.zone),
        reminders: match given.reminders.as_deref() {
            None => held.reminders,
            Some(code) => {
                ReminderWay::from_code(code).with_context(|| format!("--reminders is tasks or mail, not {code:?}"))?
            }
        },
    };
    let kept = if is_change { crate::outreach::settings::keep(data, new).await? } else { new };
    output.result(&kept, |out| {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        writeln!(
            out,
            "public address  {}",
            or(&kept.public_address, "none: mails carry a mailto link for objections")
        )?;
        writeln!(out, "sender          {}", or(&kept.sender, "not given: no first mail can be written"))?;
        writeln!(out, "zone            {}", or(&kept.zone, "UTC"))?;
        writeln!(out, "reminders       {}", kept.reminders.code())
    })
}

#[derive(clap::Args)]
pub struct MailboxArguments {
    pub address: String,
    /// Who it writes as.
    #[arg(long, default_value = "")]
    pub name: String,
    /// The server to send by, as HOST:PORT.
    #[arg(long)]
    pub smtp: Option<String>,
    /// tls, starttls or plain (plain with a login only to this machine).
    #[arg(long, default_value = "tls")]
    pub smtp_security: String,
    #[arg(long, default_value = "")]
    pub smtp_user: String,
    /// A file with the password and nothing else; `-` reads it from standard input.
    #[arg(long)]
    pub smtp_password_file: Option<PathBuf>,
    /// The server to read from, as HOST:PORT.
    #[arg(long)]
    pub imap: Option<String>,
    #[arg(long, default_value = "tls")]
    pub imap_security: String,
    #[arg(long, default_value = "")]
    pub imap_user: String,
    #[arg(long)]
    pub imap_password_file: Option<PathBuf>,
    /// A root certificate of your own, as a PEM file.
    #[arg(long)]
    pub root_pem: Option<PathBuf>,
    /// Where reports of failed delivery go; `+token` is added before the @.
    #[arg(long, default_value = "")]
    pub bounce_address: String,
    /// The server sorts name+anything@domain into this mailbox.
    #[arg(long)]
    pub has_plus: bool,
    /// Put a copy of what leaves into the Sent folder.
    #[arg(long)]
    pub keeps_sent_copy: bool,
    /// The mailbox's zone.
    #[arg(long, default_value = "")]
    pub zone: String,
    /// First mails a day, at most.
    #[arg(long, default_value_t = 40)]
    pub first_a_day: u32,
    /// Seconds between two mails.
    #[arg(long, default_value_t = 90)]
    pub spacing_seconds: u32,
    /// Hours of the recipient's day in which mail leaves.
    #[arg(long, default_value = "9-17")]
    pub hours: String,
    /// Also on Saturdays and Sundays.
    #[arg(long)]
    pub every_day: bool,
    /// The first day of warming up, as 2026-03-01.
    #[arg(long, default_value = "")]
    pub warm_up_since: String,
    /// Of the last hundred mails, so many may come back before the mailbox halts.
    #[arg(long, default_value_t = 3)]
    pub hard_bounces_max: u32,
}

fn server(text: &str, security: &str, user: &str) -> anyhow::Result<Server> {
    let (host, port) = text.rsplit_once(':').with_context(|| format!("{text:?} is not HOST:PORT"))?;
    let port = port.parse().with_context(|| format!("{port:?} is no port"))?;
    Ok(Server { host: host.to_owned(), port, security: security.to_owned(), user: user.to_owned() })
}

fn password(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    file.map(|file| text_of(file).map(|text| text.trim_end_matches(['\r', '\n']).to_owned())).transpose()
}

pub async fn mailbox(data: &DataDirectory, given: MailboxArguments, output: Output<'_>) -> anyhow::Result<()> {
    let hours =
        given.hours.split_once('-').and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
    let (from_hour, to_hour) = hours.with_context(|| format!("{:?} are no hours such as 9-17", given.hours))?;
    let pace = Pace {
        first_a_day: given.first_a_day,
        spacing_seconds: given.spacing_seconds,
        from_hour,
        to_hour,
        weekdays_only: !given.every_day,
        warm_up_since: given.warm_up_since,
        hard_bounces_max: given.hard_bounces_max,
        ..Pace::default()
    };
    let settings = MailboxSettings {
        smtp: given.smtp.as_deref().map(|text| server(text, &given.smtp_security, &given.smtp_user)).transpose()?,
        imap: given.imap.as_deref().map(|text| server(text, &given.imap_security, &given.imap_user)).transpose()?,
        root_pem: match &given.root_pem {
            Some(place) => {
                Some(std::fs::read_to_string(place).with_context(|| format!("{} cannot be read", place.display()))?)
            }
            None => None,
        },
        bounce_address: given.bounce_address,
        has_plus: given.has_plus,
        keeps_sent_copy: given.keeps_sent_copy,
        pace,
        zone: given.zone,
    };
    let given = MailboxGiven {
        address: given.address,
        from_name: given.name,
        settings,
        smtp_password: password(given.smtp_password_file.as_deref())?,
        imap_password: password(given.imap_password_file.as_deref())?,
    };
    let address = given.address.clone();
    let id = mailboxes::keep(data, given).await?;
    output.result(&serde_json::json!({ "mailbox": id, "address": address }), |out| {
        writeln!(out, "mailbox {id}: {address}; `bellwether outreach check {address}` tries its servers")
    })
}

#[derive(Serialize)]
struct FolderHeld {
    folder: String,
    role: String,
    server: u64,
    held: u64,
    checked_at: String,
    problem: String,
}

#[derive(Serialize)]
struct MailboxListed {
    id: i64,
    address: String,
    state: MailboxState,
    reason: String,
    settings: MailboxSettings,
    folders: Vec<FolderHeld>,
}

pub async fn mailboxes(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let mut listed = Vec::new();
    for mailbox in mailboxes::all(data).await? {
        let folders = data.store.mail_folders(mailbox.id).await?.into_iter().map(|folder| FolderHeld {
            folder: folder.name,
            role: folder.role,
            server: folder.server_count,
            held: folder.held_count,
            checked_at: clock::iso(folder.checked_at),
            problem: folder.problem,
        });
        listed.push(MailboxListed {
            folders: folders.collect(),
            id: mailbox.id,
            address: mailbox.address,
            state: mailbox.state,
            reason: mailbox.state_reason,
            settings: mailbox.settings,
        });
    }
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(
                out,
                "there is no mailbox yet; `bellwether outreach mailbox ADDRESS --smtp HOST:PORT` adds one"
            );
        }
        for mailbox in &listed {
            writeln!(out, "{}  {}  {} {}", mailbox.id, mailbox.address, mailbox.state.words(), mailbox.reason)?;
            for folder in &mailbox.folders {
                writeln!(
                    out,
                    "   {}: server {}, here {}, last check {}{}",
                    folder.folder,
                    grouped(folder.server),
                    grouped(folder.held),
                    folder.checked_at,
                    if folder.problem.is_empty() { String::new() } else { format!("  PROBLEM: {}", folder.problem) }
                )?;
            }
        }
        Ok(())
    })
}

pub async fn check(data: &DataDirectory, named: Option<&str>, output: Output<'_>) -> anyhow::Result<()> {
    let asked = match named {
        Some(name) => vec![mailboxes::find(data, Some(name)).await?],
        None => mailboxes::all(data).await?,
    };
    if asked.is_empty() {
        return Err(OutreachError::NoMailboxYet.into());
    }
    let mut answered = Vec::new();
    for mailbox in &asked {
        answered.push(mailboxes::check(data, mailbox).await?);
    }
    output.result(&answered, |out| {
        for of in &answered {
            writeln!(out, "{}", of.mailbox)?;
            writeln!(out, "   sending: {}", of.smtp.as_deref().unwrap_or("no server"))?;
            writeln!(out, "   reading: {}", of.imap.as_deref().unwrap_or("no server"))?;
        }
        Ok(())
    })?;
    if answered.iter().all(|of| of.is_well) { Ok(()) } else { anyhow::bail!("a server does not let us in") }
}

pub async fn pause(data: &DataDirectory, mailbox: &str, why: &str, output: Output<'_>) -> anyhow::Result<()> {
    let mailbox = mailboxes::find(data, Some(mailbox)).await?;
    mailboxes::set_state(data, &mailbox, MailboxState::Paused, why).await?;
    output.result(&serde_json::json!({ "mailbox": mailbox.id, "state": "paused" }), |out| {
        writeln!(out, "{} sends nothing until it is resumed", mailbox.address)
    })
}

pub async fn resume(data: &DataDirectory, mailbox: &str, output: Output<'_>) -> anyhow::Result<()> {
    let mailbox = mailboxes::find(data, Some(mailbox)).await?;
    mailboxes::set_state(data, &mailbox, MailboxState::Active, "").await?;
    output.result(&serde_json::json!({ "mailbox": mailbox.id, "state": "active" }), |out| {
        writeln!(out, "{} sends again", mailbox.address)
    })
}

pub fn dkim(data: &DataDirectory, domain: &str, output: Output<'_>) -> anyhow::Result<()> {
    let records = composing::domain_records(data, domain)?;
    output.result(&records, |out| {
        writeln!(out, "What {domain} has to say in its DNS (nothing was looked up there):\n")?;
        for record in &records {
            writeln!(out, "{}  {}  {}\n   {}\n", record.name, record.kind, record.why, record.value)?;
        }
        Ok(())
    })
}

#[derive(Default, Serialize)]
struct SentAll {
    #[serde(flatten)]
    round: sending::Round,
    /// Mails that wait, and mails of unknown fate, after it.
    waiting: u64,
    unknown_in_all: u64,
}

pub async fn send(data: &DataDirectory, until_empty: bool, output: Output<'_>) -> anyhow::Result<()> {
    let lock = sending::begin(data).await?;
    let mut sent = SentAll::default();
    loop {
        let round = sending::round(data, &lock).await?;
        let all = &mut sent.round;
        all.accepted += round.accepted;
        all.refused += round.refused;
        all.skipped += round.skipped;
        all.unknown += round.unknown;
        all.put_off += round.put_off;
        all.not_yet = round.not_yet;
        round.problems.iter().for_each(|problem| output.say(problem));
        all.problems.extend(round.problems.clone());
        let counts = data.store.outgoing_counts().await?;
        let of = |state: SendState| counts.iter().find(|(held, _)| *held == state).map_or(0, |(_, mails)| *mails);
        (sent.waiting, sent.unknown_in_all) = (of(SendState::Waiting), of(SendState::Unknown));
        let next = data.store.next_due(data.now()).await?;
        let is_due = next.is_some_and(|next| next <= data.now());
        if round.did_anything() && is_due {
            continue;
        }
        match (until_empty, next) {
            (true, Some(next)) => {
                let wait = u64::try_from(next.0 - data.now().0).unwrap_or(0).clamp(50_000, 5_000_000);
                tokio::time::sleep(Duration::from_micros(wait)).await;
            }
            _ => break,
        }
    }
    output.result(&sent, |out| {
        writeln!(
            out,
            "{} taken, {} refused, {} laid aside, {} of unknown fate, {} put off; {} wait",
            grouped(sent.round.accepted),
            grouped(sent.round.refused),
            grouped(sent.round.skipped),
            grouped(sent.round.unknown),
            grouped(sent.round.put_off),
            grouped(sent.waiting)
        )?;
        if sent.unknown_in_all > 0 {
            writeln!(out, "{} mails are of unknown fate: `bellwether outreach queue` lists them", sent.unknown_in_all)?;
        }
        Ok(())
    })
}

pub async fn read(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let read = reading::read_all(data).await?;
    if read.is_empty() {
        return Err(OutreachError::NoMailboxYet.into());
    }
    output.result(&read, |out| {
        for mailbox in &read {
            writeln!(out, "{}", mailbox.mailbox)?;
            if let Some(problem) = &mailbox.problem {
                writeln!(out, "   PROBLEM: {problem}")?;
            }
            for folder in &mailbox.folders {
                writeln!(
                    out,
                    "   {}: server {}, here {}; {} new, {} gone from the server{}",
                    folder.folder,
                    grouped(folder.server),
                    grouped(folder.held),
                    grouped(folder.new),
                    grouped(folder.gone),
                    folder.problem.as_ref().map_or(String::new(), |problem| format!("  PROBLEM: {problem}"))
                )?;
            }
        }
        Ok(())
    })?;
    let is_well = |of: &reading::MailboxRead| {
        of.problem.is_none() && of.folders.iter().all(|folder| folder.problem.is_none() && folder.missing.is_empty())
    };
    if read.iter().all(is_well) {
        Ok(())
    } else {
        anyhow::bail!("not all mail could be read; what is missing is named above")
    }
}
