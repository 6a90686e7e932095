//! The work that goes on by itself while the pages are served: sending what is due, reading what has come.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mail::imap::{FolderRole, ImapSession, Woke};
use tokio::sync::Mutex;

use super::mailboxes::{self, Mailbox};
use super::{OutreachError, reading, reminders, sending};
use crate::data_directory::DataDirectory;

/// Between two looks at the queue.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Between two readings of a mailbox whose server does not tell when something comes.
const READ_EVERY: Duration = Duration::from_secs(60);
/// Between two looks at what comes due.
const REMIND_EVERY: Duration = Duration::from_secs(300);
/// Between two looks for addresses past their time.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// A server that tells is asked anew so often, in case it forgot.
const READ_AT_LEAST_EVERY: Duration = Duration::from_secs(600);

/// A mail may take so long to be handed over before the program ends.
const HAND_OVER_AT_MOST: Duration = Duration::from_secs(120);

/// The work under way, for whoever ends the program.
#[derive(Clone, Default)]
pub struct Working {
    in_hand: Arc<OnceLock<Arc<Mutex<()>>>>,
}

impl Working {
    /// Returns once no mail is being handed to a server, and lets none begin after it: a mail cut off is of unknown fate.
    pub async fn end(self) {
        if let Some(in_hand) = self.in_hand.get() {
            match tokio::time::timeout(HAND_OVER_AT_MOST, in_hand.clone().lock_owned()).await {
                Ok(held) => std::mem::forget(held),
                Err(_) => tracing::warn!("a server did not take a mail in time; its fate will not be known"),
            }
        }
    }
}

/// Begins to send and read until the program ends. Where another program does so already, this one leaves it to that.
pub fn begin(data: Arc<DataDirectory>) -> Working {
    let working = Working::default();
    let in_hand = working.in_hand.clone();
    tokio::spawn(async move {
        let lock = match sending::begin(&data).await {
            Ok(lock) => lock,
            Err(OutreachError::AtWork) => {
                tracing::warn!("another program sends and reads mail for this data directory");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "mail is neither sent nor read");
                return;
            }
        };
        // It is empty: only this task fills it.
        drop(in_hand.set(lock.in_hand()));
        let forgets = data.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGET_EVERY).await;
                if let Err(error) = forgets.store.remove_old_shipping(forgets.now()).await {
                    tracing::warn!(%error, "addresses past their time could not be removed");
                }
            }
        });
        let readers = data.clone();
        tokio::spawn(async move { keep_reading(readers).await });
        let reminding = data.clone();
        tokio::spawn(async move { keep_reminding(reminding).await });
        loop {
            match sending::round(&data, &lock).await {
                Ok(round) => round.problems.iter().for_each(|problem| tracing::warn!(problem, "sending")),
                Err(error) => tracing::warn!(%error, "the queue could not be worked through"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    working
}

/// Reminds of what comes due, forgets whose day has come, and looks for codes in profiles.
async fn keep_reminding(data: Arc<DataDirectory>) {
    loop {
        if let Err(error) = reminders::round(&data).await {
            tracing::warn!(%error, "what comes due could not be read");
        }
        if let Err(error) = crate::measurement::mailing::round(&data).await {
            tracing::warn!(%error, "reports that are due could not be mailed");
        }
        tokio::time::sleep(REMIND_EVERY).await;
    }
}

/// One reader a mailbox; mailboxes that are added later get one too.
async fn keep_reading(data: Arc<DataDirectory>) {
    let mut read = std::collections::BTreeSet::new();
    loop {
        match mailboxes::all(&data).await {
            Ok(all) => {
                for mailbox in all {
                    if mailbox.settings.imap.is_some() && read.insert(mailbox.id) {
                        tokio::spawn(read_one(data.clone(), mailbox.id));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the mailboxes cannot be read"),
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

async fn read_one(data: Arc<DataDirectory>, id: i64) {
    let mut was_woken = false;
    loop {
        let mailbox = match mailboxes::find(&data, Some(&id.to_string())).await {
            Ok(mailbox) => mailbox,
            Err(error) => {
                tracing::warn!(%error, mailbox = id, "a mailbox is not read any more");
                return;
            }
        };
        let done = match reading::read_mailbox(&data, &mailbox).await {
            Ok(done) => reading::work_through(&data).await.map(|()| done),
            Err(error) => Err(error),
        };
        let is_quiet = match &done {
            Ok(done) => done.problem.is_some() || done.folders.iter().all(|folder| folder.new == 0),
            Err(_) => true,
        };
        match done {
            Ok(done) => done.problem.iter().for_each(|problem| tracing::warn!(problem, "reading {}", mailbox.address)),
            Err(error) => tracing::warn!(%error, "reading {}", mailbox.address),
        }
        if was_woken && is_quiet {
            // Nothing new although something seemed to have come: not again at once.
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        let waited = until_something_comes(&data, &mailbox).await;
        was_woken = waited.is_ok();
        if let Err(problem) = waited {
            tracing::debug!(problem, "waiting for mail of {}", mailbox.address);
            tokio::time::sleep(READ_EVERY).await;
        }
    }
}

/// Returns when the server says that something came, or after a while.
async fn until_something_comes(data: &DataDirectory, mailbox: &Mailbox) -> Result<(), String> {
    let account = mailbox.imap_account(&data.outreach_key).map_err(|error| error.to_string())?;
    let Some(account) = account else { return Err("no server".to_owned()) };
    let mut session = ImapSession::open(&account).await.map_err(|problem| problem.to_string())?;
    if !session.capabilities().idle {
        session.logout().await;
        return Err("the server does not tell when something comes".to_owned());
    }
    let folders = session.folders().await.map_err(|problem| problem.to_string())?;
    let inbox = folders.iter().find(|folder| folder.role == FolderRole::Inbox).map_or("INBOX", |folder| &folder.name);
    session.open_folder(inbox).await.map_err(|problem| problem.to_string())?;
    // What came between the reading and now would not be told.
    let known = data.store.mail_folders(mailbox.id).await.map_err(|error| error.to_string())?;
    let uids = session.uids().await.map_err(|problem| problem.to_string())?;
    let held = known.iter().find(|folder| folder.name == inbox).map_or(0, |folder| folder.held_count);
    if uids.len() as u64 != held {
        session.logout().await;
        return Ok(());
    }
    match session.wait(READ_AT_LEAST_EVERY).await {
        Ok(Woke::Something | Woke::Nothing) => {
            session.logout().await;
            Ok(())
        }
        Err(problem) => Err(problem.to_string()),
    }
}
