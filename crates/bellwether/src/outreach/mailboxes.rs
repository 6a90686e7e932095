//! Mailboxes: the user's own servers, what a mailbox may send in a day and when, and whether its servers answer.

use std::time::Duration;

use mail::imap::{ImapAccount, ImapSession};
use mail::smtp::{SmtpAccount, SmtpSession};
use mail::tls::Security;
use model::outreach::MailboxState;
use serde::{Deserialize, Serialize};
use store::outreach::mailboxes::MailboxRow;

use super::sealing::{seal, unseal};
use super::settings::known_zone;
use super::{OutreachError, one_line};
use crate::data_directory::DataDirectory;

/// How long a server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A server of a mailbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Server {
    pub host: String,
    pub port: u16,
    /// plain, starttls, tls
    pub security: String,
    /// Empty: nobody has to log in.
    pub user: String,
}

/// What a mailbox may send, and when.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// First mails a day, at most.
    pub first_a_day: u32,
    /// Between two mails; a fifth of it is left to chance.
    pub spacing_seconds: u32,
    /// Hours of the recipient's day in which mail leaves: from, to.
    pub from_hour: u8,
    pub to_hour: u8,
    pub weekdays_only: bool,
    /// The first day of warming up, as 2026-03-01; empty: it is warm.
    pub warm_up_since: String,
    pub warm_up_first: u32,
    /// Growth a day, in percent.
    pub warm_up_percent: u32,
    /// Of the last hundred mails, so many may come back because an address does not exist before the mailbox halts.
    pub hard_bounces_max: u32,
    /// A first mail is laid aside where another mailbox wrote within so many days.
    pub guard_days: u32,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            first_a_day: 40,
            spacing_seconds: 90,
            from_hour: 9,
            to_hour: 17,
            weekdays_only: true,
            warm_up_since: String::new(),
            warm_up_first: 10,
            warm_up_percent: 20,
            hard_bounces_max: 3,
            guard_days: 14,
        }
    }
}

/// Everything about a mailbox but its secrets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MailboxSettings {
    pub smtp: Option<Server>,
    pub imap: Option<Server>,
    /// A root certificate of one's own, as PEM.
    #[serde(default)]
    pub root_pem: Option<String>,
    /// Where reports of failed delivery go, `+token` added before the @; empty: to the mailbox itself.
    #[serde(default)]
    pub bounce_address: String,
    /// The server sorts `name+anything@domain` into the mailbox.
    #[serde(default)]
    pub has_plus: bool,
    /// Put a copy of what leaves into the Sent folder; servers that do so by themselves need none.
    #[serde(default)]
    pub keeps_sent_copy: bool,
    #[serde(default)]
    pub pace: Pace,
    #[serde(default)]
    pub zone: String,
}

/// A mailbox as the program uses it.
#[derive(Clone, PartialEq, Debug)]
pub struct Mailbox {
    pub id: i64,
    pub address: String,
    pub from_name: String,
    pub settings: MailboxSettings,
    pub state: MailboxState,
    pub state_reason: String,
    smtp_secret: Option<Vec<u8>>,
    imap_secret: Option<Vec<u8>>,
}

impl Mailbox {
    pub fn of(row: MailboxRow) -> Result<Mailbox, OutreachError> {
        let settings = serde_json::from_str(&row.settings).map_err(|error| {
            OutreachError::Refused(format!("the settings of {} cannot be read: {error}", row.address))
        })?;
        Ok(Mailbox {
            id: row.id,
            address: row.address,
            from_name: row.from_name,
            settings,
            state: row.state,
            state_reason: row.state_reason,
            smtp_secret: row.smtp_secret,
            imap_secret: row.imap_secret,
        })
    }

    /// The part of its address behind the @.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// How to reach its sending server.
    pub fn smtp_account(&self, key: &[u8]) -> Result<SmtpAccount, OutreachError> {
        let server = self.settings.smtp.as_ref().ok_or_else(|| OutreachError::Server {
            address: self.address.clone(),
            problem: "it has no server to send by\nhint: give it one with --smtp HOST:PORT".to_owned(),
        })?;
        let (user, password) = login(key, server, self.smtp_secret.as_deref())?;
        Ok(SmtpAccount {
            host: server.host.clone(),
            port: server.port,
            security: security_of(&server.security)?,
            user,
            password,
            hello_name: self.domain().to_owned(),
            timeout: TIMEOUT,
            extra_root_pem: self.settings.root_pem.clone(),
        })
    }

    /// How to reach its server for reading; `None` where it has none.
    pub fn imap_account(&self, key: &[u8]) -> Result<Option<ImapAccount>, OutreachError> {
        let Some(server) = &self.settings.imap else { return Ok(None) };
        let secret = self.imap_secret.as_deref().or(self.smtp_secret.as_deref());
        let (user, password) = login(key, server, secret)?;
        Ok(Some(ImapAccount {
            host: server.host.clone(),
            port: server.port,
            security: security_of(&server.security)?,
            user: user.unwrap_or_default(),
            password: password.unwrap_or_default(),
            timeout: TIMEOUT,
            extra_root_pem: self.settings.root_pem.clone(),
        }))
    }
}

fn login(
    key: &[u8],
    server: &Server,
    secret: Option<&[u8]>,
) -> Result<(Option<String>, Option<String>), OutreachError> {
    if server.user.is_empty() {
        return Ok((None, None));
    }
    let password = secret.map(|sealed| unseal(key, "mailbox", sealed)).transpose()?;
    Ok((Some(server.user.clone()), password))
}

fn security_of(code: &str) -> Result<Security, OutreachError> {
    Security::from_code(code).ok_or_else(|| OutreachError::Field {
        field: "security",
        problem: format!("{code:?} is none of plain, starttls, tls"),
    })
}

/// A mailbox as somebody gives it; secrets that are `None` stay as they are.
#[derive(Clone, PartialEq, Debug)]
pub struct MailboxGiven {
    pub address: String,
    pub from_name: String,
    pub settings: MailboxSettings,
    pub smtp_password: Option<String>,
    pub imap_password: Option<String>,
}

/// Adds a mailbox or changes the one with this address.
pub async fn keep(data: &DataDirectory, given: MailboxGiven) -> Result<i64, OutreachError> {
    let address = one_line("address", &given.address, 254)?;
    if !looks_like_an_address(&address) {
        let problem = format!("{address:?} is no e-mail address");
        return Err(OutreachError::Field { field: "address", problem });
    }
    let settings = &given.settings;
    if settings.smtp.is_none() && settings.imap.is_none() {
        return Err(OutreachError::Field {
            field: "smtp",
            problem: "a mailbox needs a server to send by, one to read from, or both".to_owned(),
        });
    }
    for server in settings.smtp.iter().chain(&settings.imap) {
        security_of(&server.security)?;
        if server.host.is_empty() || server.port == 0 {
            return Err(OutreachError::Field { field: "smtp", problem: "a server is HOST:PORT".to_owned() });
        }
    }
    known_zone(&settings.zone, "zone")?;
    if !settings.bounce_address.is_empty() && !looks_like_an_address(&settings.bounce_address) {
        let problem = format!("{:?} is no e-mail address", settings.bounce_address);
        return Err(OutreachError::Field { field: "bounce_address", problem });
    }
    let pace = &settings.pace;
    if pace.from_hour >= pace.to_hour || pace.to_hour > 24 {
        let problem = format!("mail leaves from an hour to a later one, not {} to {}", pace.from_hour, pace.to_hour);
        return Err(OutreachError::Field { field: "hours", problem });
    }
    let sealed = |password: &Option<String>| {
        password.as_ref().filter(|text| !text.is_empty()).map(|text| seal(&data.outreach_key, "mailbox", text))
    };
    let row = MailboxRow {
        id: 0,
        address,
        from_name: one_line("name", &given.from_name, 100)?,
        settings: serde_json::to_string(settings).expect("settings are plain"),
        smtp_secret: sealed(&given.smtp_password),
        imap_secret: sealed(&given.imap_password),
        state: MailboxState::Active,
        state_reason: String::new(),
        state_since: data.now(),
        created_at: data.now(),
    };
    let id = data.store.keep_mailbox(&row).await?;
    data.store.add_audit(data.now(), super::TEAM, "mailbox kept", &row.address, "").await?;
    Ok(id)
}

/// Whether a text can be an e-mail address: something, an @, a host.
pub fn looks_like_an_address(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let is_plain = |part: &str| {
        !part.contains(|letter: char| letter.is_whitespace() || letter.is_control() || "<>,;:\"()[]\\".contains(letter))
    };
    !name.is_empty()
        && text.len() <= 254
        && is_plain(name)
        && is_plain(host)
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !name.contains('@')
}

pub async fn all(data: &DataDirectory) -> Result<Vec<Mailbox>, OutreachError> {
    data.store.mailboxes().await?.into_iter().map(Mailbox::of).collect()
}

/// A mailbox by its number or address; without either the only one, or the first.
pub async fn find(data: &DataDirectory, named: Option<&str>) -> Result<Mailbox, OutreachError> {
    let all = all(data).await?;
    match named {
        None => all.into_iter().next().ok_or(OutreachError::NoMailboxYet),
        Some(name) => all
            .into_iter()
            .find(|mailbox| mailbox.address.eq_ignore_ascii_case(name) || mailbox.id.to_string() == name)
            .ok_or_else(|| OutreachError::NoMailbox(name.to_owned())),
    }
}

/// Whether each server of a mailbox answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answered {
    pub mailbox: String,
    /// `None`: it has no such server.
    pub smtp: Option<String>,
    pub imap: Option<String>,
    pub is_well: bool,
}

/// Logs in to both servers and says what they said.
pub async fn check(data: &DataDirectory, mailbox: &Mailbox) -> Result<Answered, OutreachError> {
    let mut is_well = true;
    let smtp = match &mailbox.settings.smtp {
        None => None,
        Some(_) => Some(match SmtpSession::open(&mailbox.smtp_account(&data.outreach_key)?).await {
            Ok(session) => {
                session.quit().await;
                "answers and lets us in".to_owned()
            }
            Err(problem) => {
                is_well = false;
                problem.to_string()
            }
        }),
    };
    let imap = match mailbox.imap_account(&data.outreach_key)? {
        None => None,
        Some(account) => Some(match ImapSession::open(&account).await {
            Ok(mut session) => match session.folders().await {
                Ok(folders) => {
                    let said = format!("answers and lets us in; {} folders", folders.len());
                    session.logout().await;
                    said
                }
                Err(problem) => {
                    is_well = false;
                    problem.to_string()
                }
            },
            Err(problem) => {
                is_well = false;
                problem.to_string()
            }
        }),
    };
    Ok(Answered { mailbox: mailbox.address.clone(), smtp, imap, is_well })
}

/// Pauses a mailbox, or lets it go on.
pub async fn set_state(
    data: &DataDirectory,
    mailbox: &Mailbox,
    state: MailboxState,
    why: &str,
) -> Result<(), OutreachError> {
    if data.store.set_mailbox_state(mailbox.id, state, why, data.now()).await? {
        data.store.add_audit(data.now(), super::TEAM, state.words(), &mailbox.address, why).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_something_at_a_host() {
        for (text, expect) in [
            ("ana@creator.test", true),
            ("ana+tag@mail.creator.test", true),
            ("ana", false),
            ("@creator.test", false),
            ("ana@", false),
            ("ana@host", false),
            ("ana@creator.test\r\nBcc: x@y.test", false),
            ("Ana <ana@creator.test>", false),
            ("a@b@creator.test", false),
        ] {
            assert_eq!(looks_like_an_address(text), expect, "{text}");
        }
    }
}
