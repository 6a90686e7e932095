//! Fetching mail: what folders there are, which mails are in them, their bytes as they came, and waking when one arrives.
//!
//! Nothing here marks a mail as read unless asked to. A question that the server refuses or that the connection does not
//! survive is an error, never an empty answer: an empty list would read as "all mail was deleted". What a server cannot do
//! (waiting, telling what changed, moving) is asked in a simpler way or said to be missing.

mod answers;
mod folders;
mod login;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, RequestId, Response, ResponseCode, Status};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};

use crate::tls::{Line, LineProblem};
pub use answers::Fetched;
use answers::{batches, flags_in, mail_in, set_of, uid_in};
pub use folders::{Folder, FolderRole};
pub use login::ImapAccount;

/// Numbers in one question about flags or sizes; servers limit the length of a line.
const NUMBERS_MAX: usize = 500;
/// How long one IDLE lasts: servers end it after half an hour, and many a router forgets a silent connection sooner.
const IDLE_AT_MOST: Duration = Duration::from_secs(9 * 60);

/// What a server can do beyond the minimum.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Says by itself that mail arrived.
    pub idle: bool,
    /// Can be asked what changed since.
    pub condstore: bool,
    pub uidplus: bool,
    /// Says which folder is for what.
    pub special_use: bool,
    pub move_: bool,
}

/// A folder as it was when it was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderState {
    /// Another value than before: every number of a mail in this folder means something else now.
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
    pub exists: u32,
    /// `None` where the server cannot tell what changed.
    pub highest_modseq: Option<u64>,
}

/// How waiting ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woke {
    /// Something arrived, went or changed: ask for it by number.
    Something,
    /// The time is over.
    Nothing,
}

/// Why a mailbox could not be asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImapProblem {
    #[error(transparent)]
    Line(#[from] LineProblem),
    #[error("{host} did not let us begin: {reply}; its operator can say why")]
    Greeting { host: String, reply: String },
    #[error("{host} refused the password of {user}: {reply}; enter it again (some providers want an app password)")]
    WrongPassword { host: String, user: String, reply: String },
    #[error("the connection to the mailbox broke: {problem}; open it again")]
    Lost { problem: String },
    #[error("the server refused {what}: {reply}")]
    Refused { what: &'static str, reply: String },
    #[error("there is no folder {folder:?}, or it may not be opened: {reply}")]
    NoFolder { folder: String, reply: String },
    #[error("{0:?} cannot be the name of a folder")]
    FolderName(String),
    #[error("the server gives the mails of {folder:?} no lasting numbers, so they cannot be kept in step")]
    NoUidValidity { folder: String },
    #[error("the server cannot say by itself that mail arrived; look again every few minutes")]
    NoIdle,
    #[error("the server cannot move one mail without touching others")]
    NoMove,
}

/// A mailbox that is open.
pub struct ImapSession {
    session: Session<Line>,
    capabilities: Capabilities,
    timeout: Duration,
    /// Mails in the open folder, as far as was said.
    exists: u32,
    /// The server spoke of changes while it was asked something else; it will not repeat that when it is waited for.
    has_news: bool,
    /// The open folder was opened to mark and move mails in. Some servers answer "done" where it was not, and do nothing.
    may_change: bool,
    /// A question whose answer was not read to its end: what comes next would be taken for another's answer.
    is_unfinished: bool,
}

impl fmt::Debug for ImapSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ImapSession").field("capabilities", &self.capabilities).finish_non_exhaustive()
    }
}

/// The words that follow NO or BAD.
struct No {
    reply: String,
}

impl ImapSession {
    /// Connects, encrypts as asked, and logs in. A password is never given in clear to another machine.
    pub async fn open(account: &ImapAccount) -> Result<ImapSession, ImapProblem> {
        let session = login::session(account).await?;
        let mut opened = ImapSession {
            session,
            capabilities: Capabilities::default(),
            timeout: account.timeout,
            exists: 0,
            has_news: false,
            may_change: false,
            is_unfinished: false,
        };
        opened.capabilities = opened.ask_capabilities().await?;
        Ok(opened)
    }

    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn ask_capabilities(&mut self) -> Result<Capabilities, ImapProblem> {
        let mut names = BTreeSet::new();
        let answered = self.ask("CAPABILITY", |response| {
            if let Response::Capabilities(all) = response {
                names.extend(all.iter().map(|one| format!("{one:?}").to_ascii_uppercase()));
            }
        });
        answered.await?.map_err(|no| no.to("to say what it can do"))?;
        // As the library writes a name for debugging: `Atom("IDLE")`.
        let has = |name: &str| names.contains(&format!("ATOM(\"{name}\")"));
        Ok(Capabilities {
            idle: has("IDLE"),
            condstore: has("CONDSTORE") || has("QRESYNC"),
            uidplus: has("UIDPLUS"),
            special_use: has("SPECIAL-USE"),
            move_: has("MOVE"),
        })
    }

    /// Every folder that can be opened and what it is for: as the server says, else by its name in five languages.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, ImapProblem> {
        let mut found = Vec::new();
        let answered = self.ask("LIST \"\" \"*\"", |response| {
            if let Response::MailboxData(MailboxDatum::List { name_attributes, delimiter, name }) = response {
                found.extend(folders::listed(name, delimiter.as_deref(), name_attributes));
            }
        });
        answered.await?.map_err(|no| no.to("to list its folders"))?;
        Ok(folders::with_roles_by_name(found))
    }

    /// Opens a folder to look at: nothing in it is changed by this or by fetching. `name` as [`Folder::name`] has it.
    pub async fn open_folder(&mut self, name: &str) -> Result<FolderState, ImapProblem> {
        self.may_change = false;
        self.open_as("EXAMINE", name).await
    }

    /// Opens a folder to mark and move mails in.
    pub async fn open_folder_to_change(&mut self, name: &str) -> Result<FolderState, ImapProblem> {
        self.may_change = false;
        let state = self.open_as("SELECT", name).await?;
        self.may_change = true;
        Ok(state)
    }

    async fn open_as(&mut self, verb: &str, name: &str) -> Result<FolderState, ImapProblem> {
        let quoted = folders::quoted(name).ok_or_else(|| ImapProblem::FolderName(name.to_string()))?;
        let asking = if self.capabilities.condstore { " (CONDSTORE)" } else { "" };
        let (mut exists, mut uid_validity, mut uid_next, mut highest_modseq) = (0, None, None, None);
        let answered = self.ask(format!("{verb} {quoted}{asking}"), |response| match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
            Response::Data { code: Some(ResponseCode::UidValidity(value)), .. } => uid_validity = Some(*value),
            Response::Data { code: Some(ResponseCode::UidNext(value)), .. } => uid_next = Some(*value),
            Response::Data { code: Some(ResponseCode::HighestModSeq(value)), .. } => highest_modseq = Some(*value),
            _ => {}
        });
        answered.await?.map_err(|no| ImapProblem::NoFolder { folder: name.to_string(), reply: no.reply })?;
        self.exists = exists;
        self.has_news = false;
        let uid_validity = uid_validity.ok_or_else(|| ImapProblem::NoUidValidity { folder: name.to_string() })?;
        Ok(FolderState { uid_validity, uid_next, exists, highest_modseq })
    }

    /// The numbers of all mails in the open folder, ascending. Cost: two questions, whatever the folder holds.
    pub async fn uids(&mut self) -> Result<Vec<u32>, ImapProblem> {
        self.look_again().await?;
        self.has_news = false;
        self.search("ALL").await
    }

    /// Lets the server look at the folder anew. Without it a search tells of the folder as this connection last saw it, with
    /// mails that another program has moved away since.
    async fn look_again(&mut self) -> Result<(), ImapProblem> {
        self.ask("NOOP", |_| {}).await?.map_err(|no| no.to("to look at the folder again"))
    }

    /// The numbers of mails in the open folder with this Message-ID (without brackets): was it kept, or sent at all?
    pub async fn find(&mut self, message_id: &str) -> Result<Vec<u32>, ImapProblem> {
        let quoted = folders::quoted(message_id)
            .ok_or(ImapProblem::Refused { what: "to look for a mail", reply: "this is no Message-ID".to_string() })?;
        self.search(&format!("HEADER Message-ID {quoted}")).await
    }

    async fn search(&mut self, what: &str) -> Result<Vec<u32>, ImapProblem> {
        let mut uids = BTreeSet::new();
        let mut was_answered = false;
        let answered = self.ask(format!("UID SEARCH {what}"), |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                was_answered = true;
                uids.extend(found);
            }
        });
        answered.await?.map_err(|no| no.to("to look for mails"))?;
        // "Done" without a word about what was found is no proof that there is nothing.
        if !was_answered && self.exists > 0 {
            return Err(No { reply: "it said nothing of what it found".to_string() }.to("to look for mails"));
        }
        Ok(uids.into_iter().collect())
    }

    /// The mails with these numbers, as far as they are still there, ascending; marks none as read. They are asked for in
    /// batches, but all of them are held: give no more numbers than may be in memory at once ([`ImapSession::sizes`] tells).
    /// A mail the server does not give out is left out and seen by its missing number.
    pub async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, ImapProblem> {
        let mut fetched = BTreeMap::new();
        for batch in batches(&self.sizes(uids).await?) {
            if self.fetch_batch(&batch, &mut fetched).await?.is_ok() || batch.len() == 1 {
                continue;
            }
            // One mail the server cannot read would else keep all others back.
            for uid in batch {
                let _ = self.fetch_batch(&[uid], &mut fetched).await?;
            }
        }
        Ok(fetched.into_values().collect())
    }

    async fn fetch_batch(
        &mut self,
        uids: &[u32],
        fetched: &mut BTreeMap<u32, Fetched>,
    ) -> Result<Result<(), No>, ImapProblem> {
        let asked: BTreeSet<u32> = uids.iter().copied().collect();
        let command = format!("UID FETCH {} (UID FLAGS INTERNALDATE BODY.PEEK[])", set_of(uids));
        self.ask(command, |response| {
            if let Some(mail) = mail_in(response).filter(|mail| asked.contains(&mail.uid)) {
                fetched.insert(mail.uid, mail);
            }
        })
        .await
    }

    /// Number and bytes of these mails, as far as they are still there, ascending.
    pub async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u64)>, ImapProblem> {
        let mut asked: Vec<u32> = uids.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let mut sizes = BTreeMap::new();
        for some in asked.chunks(NUMBERS_MAX) {
            let answered = self.ask(format!("UID FETCH {} (UID RFC822.SIZE)", set_of(some)), |response| {
                let Response::Fetch(_, attributes) = response else { return };
                let size = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::Rfc822Size(size) => Some(u64::from(*size)),
                    _ => None,
                });
                if let (Some(uid), Some(size)) = (uid_in(attributes), size)
                    && some.binary_search(&uid).is_ok()
                {
                    sizes.insert(uid, size);
                }
            });
            answered.await?.map_err(|no| no.to("to say how long mails are"))?;
        }
        Ok(sizes.into_iter().collect())
    }

    /// Number and flags of the mails that changed since this modseq; of all mails without one, or where the server cannot
    /// tell.
    pub async fn flags(&mut self, changed_since: Option<u64>) -> Result<Vec<(u32, Vec<String>)>, ImapProblem> {
        self.look_again().await?;
        // Of an empty folder `1:*` names a mail that is not there, which some servers take for a mistake.
        if self.exists == 0 {
            return Ok(Vec::new());
        }
        let since = match changed_since {
            Some(modseq) if self.capabilities.condstore => format!(" (CHANGEDSINCE {modseq})"),
            _ => String::new(),
        };
        let mut flags = BTreeMap::new();
        let answered = self.ask(format!("UID FETCH 1:* (UID FLAGS){since}"), |response| {
            if let Response::Fetch(_, attributes) = response
                && let (Some(uid), Some(found)) = (uid_in(attributes), flags_in(attributes))
            {
                flags.insert(uid, found);
            }
        });
        answered.await?.map_err(|no| no.to("to say which mails were read"))?;
        Ok(flags.into_iter().collect())
    }

    /// Puts a mail into a folder, as a mail program does with what it sent. After [`ImapProblem::Lost`] nobody knows whether
    /// it is there: look with [`ImapSession::find`] before trying again.
    pub async fn append(&mut self, folder: &str, raw: &[u8], seen: bool) -> Result<(), ImapProblem> {
        let quoted = folders::quoted(folder).ok_or_else(|| ImapProblem::FolderName(folder.to_string()))?;
        let flags = if seen { "(\\Seen) " } else { "" };
        let refused = |no: No| ImapProblem::NoFolder { folder: folder.to_string(), reply: no.reply };
        let id = self.begin(&format!("APPEND {quoted} {flags}{{{}}}", raw.len())).await?;
        // Servers may speak of other things before they ask for the mail.
        loop {
            let response = read(self.session.read_response().await)?;
            match response.parsed() {
                Response::Continue { .. } => break,
                Response::Done { tag, information, .. } if *tag == id => {
                    self.is_unfinished = false;
                    return Err(refused(No { reply: information.as_deref().unwrap_or_default().to_string() }));
                }
                _ => self.note(response.parsed()),
            }
        }
        let line = self.session.get_mut();
        let given = async {
            line.write_all(raw).await?;
            line.write_all(b"\r\n").await?;
            line.flush().await
        };
        given.await.map_err(lost)?;
        self.finish(&id, |_| {}).await?.map_err(refused)
    }

    /// Waits until the server says that something arrived, went or changed in the open folder, at most so long. Answers at
    /// once when it said so while it was asked something else. Fails with [`ImapProblem::NoIdle`] where it never says so.
    pub async fn wait(&mut self, at_most: Duration) -> Result<Woke, ImapProblem> {
        if !self.capabilities.idle {
            return Err(ImapProblem::NoIdle);
        }
        let end = Instant::now() + at_most;
        loop {
            if std::mem::take(&mut self.has_news) {
                return Ok(Woke::Something);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Woke::Nothing);
            }
            if self.idle(left.min(IDLE_AT_MOST)).await? {
                return Ok(Woke::Something);
            }
        }
    }

    async fn idle(&mut self, at_most: Duration) -> Result<bool, ImapProblem> {
        let id = self.begin("IDLE").await?;
        let end = Instant::now() + at_most;
        let mut is_waited_for = false;
        let mut woke = false;
        while !woke {
            // Before it has agreed to wait it must answer as quickly as always.
            self.session.get_mut().set_timeout(if is_waited_for { at_most + self.timeout } else { self.timeout });
            let response = if is_waited_for {
                match timeout_at(end, self.session.read_response()).await {
                    Err(_) => break,
                    Ok(answer) => read(answer)?,
                }
            } else {
                read(self.session.read_response().await)?
            };
            match response.parsed() {
                Response::Continue { .. } => is_waited_for = true,
                Response::Done { tag, .. } if *tag == id => {
                    self.is_unfinished = false;
                    return if is_waited_for { Ok(true) } else { Err(ImapProblem::NoIdle) };
                }
                Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_))
                | Response::Expunge(_)
                | Response::Vanished { .. }
                | Response::Fetch(..) => {
                    self.note(response.parsed());
                    // What is said before it agreed to wait is news as well, but only then can it be told to stop.
                    self.has_news = true;
                }
                other => self.note(other),
            }
            woke = is_waited_for && self.has_news;
        }
        self.session.get_mut().set_timeout(self.timeout);
        self.session.run_command_untagged("DONE").await.map_err(lost)?;
        let done = self.finish(&id, |_| {}).await?;
        let woke = std::mem::take(&mut self.has_news) || woke;
        done.map_err(|no| no.to("to go on after waiting"))?;
        Ok(woke)
    }

    /// Marks a mail as read, in a folder opened by [`ImapSession::open_folder_to_change`].
    pub async fn set_seen(&mut self, uid: u32) -> Result<(), ImapProblem> {
        self.may_change("to mark a mail as read")?;
        let answered = self.ask(format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)"), |_| {}).await?;
        answered.map_err(|no| no.to("to mark a mail as read"))
    }

    /// Moves a mail to another folder, in a folder opened by [`ImapSession::open_folder_to_change`]. Fails with
    /// [`ImapProblem::NoMove`] where others' mails marked as deleted would go with it.
    pub async fn move_to(&mut self, uid: u32, folder: &str) -> Result<(), ImapProblem> {
        const WHAT: &str = "to move a mail";
        self.may_change(WHAT)?;
        let quoted = folders::quoted(folder).ok_or_else(|| ImapProblem::FolderName(folder.to_string()))?;
        if self.capabilities.move_ {
            let answered = self.ask(format!("UID MOVE {uid} {quoted}"), |_| {}).await?;
            return answered.map_err(|no| no.to(WHAT));
        }
        if !self.capabilities.uidplus {
            return Err(ImapProblem::NoMove);
        }
        let steps = [
            format!("UID COPY {uid} {quoted}"),
            format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"),
            format!("UID EXPUNGE {uid}"),
        ];
        for step in steps {
            self.ask(step, |_| {}).await?.map_err(|no| no.to(WHAT))?;
        }
        Ok(())
    }

    fn may_change(&self, what: &'static str) -> Result<(), ImapProblem> {
        let no = || No { reply: "the folder is opened to be looked at only".to_string() };
        if self.may_change { Ok(()) } else { Err(no().to(what)) }
    }

    /// Says good-bye. What the server answers no longer matters.
    pub async fn logout(mut self) {
        self.session.get_mut().set_timeout(self.timeout.min(Duration::from_secs(5)));
        let _ = self.ask("LOGOUT", |_| {}).await;
    }

    /// Asks one question and shows every answer to `look` up to the last, which says whether it was met.
    async fn ask(
        &mut self,
        command: impl AsRef<str>,
        look: impl FnMut(&Response<'_>),
    ) -> Result<Result<(), No>, ImapProblem> {
        let id = self.begin(command.as_ref()).await?;
        self.finish(&id, look).await
    }

    async fn begin(&mut self, command: &str) -> Result<RequestId, ImapProblem> {
        if self.is_unfinished {
            return Err(ImapProblem::Lost { problem: "an earlier question was given up".to_string() });
        }
        self.is_unfinished = true;
        self.session.run_command(command).await.map_err(lost)
    }

    async fn finish(
        &mut self,
        id: &RequestId,
        mut look: impl FnMut(&Response<'_>),
    ) -> Result<Result<(), No>, ImapProblem> {
        loop {
            let response = read(self.session.read_response().await)?;
            match response.parsed() {
                Response::Done { tag, status, information, .. } if tag == id => {
                    self.is_unfinished = false;
                    let reply = information.as_deref().unwrap_or_default().to_string();
                    return Ok(if *status == Status::Ok { Ok(()) } else { Err(No { reply }) });
                }
                Response::Data { status: Status::Bye, information, .. } => {
                    // The answer to a good-bye; anything else is cut off here.
                    let problem = information.as_deref().unwrap_or("the server said good-bye").to_string();
                    return Err(ImapProblem::Lost { problem });
                }
                other => {
                    look(other);
                    self.note(other);
                }
            }
        }
    }

    /// Keeps in mind what the server says unasked.
    fn note(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.has_news |= *count != self.exists;
                self.exists = *count;
            }
            Response::Expunge(_) => {
                self.has_news = true;
                self.exists = self.exists.saturating_sub(1);
            }
            Response::Vanished { earlier: false, .. } => self.has_news = true,
            _ => {}
        }
    }
}

impl No {
    fn to(self, what: &'static str) -> ImapProblem {
        ImapProblem::Refused { what, reply: self.reply }
    }
}

fn lost(error: impl fmt::Display) -> ImapProblem {
    ImapProblem::Lost { problem: error.to_string() }
}

/// What was read; a connection that ended is an error, not the end of a list.
fn read<T>(answer: std::io::Result<Option<T>>) -> Result<T, ImapProblem> {
    answer.map_err(lost)?.ok_or_else(|| lost("the server closed it"))
}
