//! Handing a letter to a mail server, and knowing for sure what became of it.
//!
//! The one question that matters after a fault is whether the server may have taken the letter. Until the letter itself is
//! given nothing can have been sent and it may be tried again; from its first byte to the server's answer the outcome is
//! unknown, and nobody may try again blindly. Every step is therefore taken alone and has its own end in time.

use std::fmt;
use std::time::Duration;

use lettre::Address as Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use crate::tls::{Destination, LineProblem, Security};

/// Longest line a server must take, without its end (RFC 5321, section 4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;
/// A line that takes fewer bytes in a second is as good as dead.
const SLOWEST_BYTES_PER_SECOND: u64 = 16 * 1024;

/// Where letters are handed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpAccount {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// `None` for a server that takes mail from this machine without a login.
    pub user: Option<String>,
    pub password: Option<String>,
    /// What this machine calls itself; say a name of the sending domain, not a local one.
    pub hello_name: String,
    /// How long any one step may take. A server may think long about a letter it has read: give it a minute or more.
    pub timeout: Duration,
    /// PEM of a root certificate that is trusted beside the public ones.
    pub extra_root_pem: Option<String>,
}

impl fmt::Debug for SmtpAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SmtpAccount")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl SmtpAccount {
    fn destination(&self) -> Destination<'_> {
        Destination {
            host: &self.host,
            port: self.port,
            timeout: self.timeout,
            extra_root_pem: self.extra_root_pem.as_deref(),
        }
    }
}

/// The step of handing in at which something happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    Connect,
    Greeting,
    Login,
    Sender,
    Recipient,
    Data,
    Content,
}

impl Stage {
    /// In words, for a sentence such as "refused at the recipient".
    pub const fn words(self) -> &'static str {
        match self {
            Stage::Connect => "the connection",
            Stage::Greeting => "the greeting",
            Stage::Login => "the login",
            Stage::Sender => "the sender",
            Stage::Recipient => "the recipient",
            Stage::Data => "the announcement of the letter",
            Stage::Content => "the letter",
        }
    }
}

/// What became of a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The server has taken it and answers for it from now on.
    Accepted { reply: String },
    /// The server has said no, so it has not taken it. Not `is_lasting`: it may say yes later. A letter or address that
    /// cannot be sent at all is refused here with the code a server would give, and a text that says so.
    Refused { code: u16, enhanced: Option<String>, text: String, is_lasting: bool, at: Stage },
    /// Nothing of the letter was given: it may be tried again.
    NotBegun { problem: String },
    /// The letter was or may have been given and no answer came. Never to be tried again without a person's word.
    Unknown { problem: String },
}

/// Why nothing can be handed in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SmtpProblem {
    #[error(transparent)]
    Line(#[from] LineProblem),
    #[error("{host} did not let us begin: {reply}; its operator can say why")]
    Greeting { host: String, reply: String },
    #[error("{host} refused the password of {user}: {reply}; enter it again (some providers want an app password)")]
    WrongPassword { host: String, user: String, reply: String },
    #[error("{host} cannot check passwords just now: {reply}; try again later")]
    LoginLater { host: String, reply: String },
    #[error("{host} offers no login by password on port {port}; try port 587 with `starttls` or 465 with `tls`")]
    NoLogin { host: String, port: u16 },
    #[error("{host} stopped answering at {}: {problem}; try again later", at.words())]
    Stopped { host: String, at: Stage, problem: String },
    #[error("{0:?} cannot be said in a greeting; use a name such as mail.example.com")]
    HelloName(String),
    #[error("{user} has no password; enter one")]
    NoPassword { user: String },
}

/// A connection over which letters are handed in one after another.
pub struct SmtpSession {
    connection: AsyncSmtpConnection,
    timeout: Duration,
    /// Set when the state of the conversation is no longer known.
    is_broken: bool,
}

impl fmt::Debug for SmtpSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SmtpSession").field("is_broken", &self.is_broken).finish_non_exhaustive()
    }
}

/// How a step ended that was not answered with yes.
enum Failed {
    No { code: u16, text: String },
    NoAnswer { problem: String },
}

impl SmtpSession {
    /// Connects, encrypts as asked, greets and logs in. Each of these has `account.timeout` to end. A password is never
    /// given in clear to another machine.
    pub async fn open(account: &SmtpAccount) -> Result<SmtpSession, SmtpProblem> {
        let destination = account.destination();
        if account.user.is_some() {
            destination.may_log_in(account.security)?;
        }
        let hello = hello_of(&account.hello_name)?;
        let line = destination.connect(account.security).await?;
        if account.user.is_some() && !line.is_encrypted() && account.security == Security::Plain && !line.leads_here() {
            return Err(LineProblem::PasswordInClear { host: account.host.clone() }.into());
        }
        let greeted = timeout(account.timeout, AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello));
        let connection = match greeted.await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) if error.is_timeout() => return Err(destination.silent().into()),
            Err(_) => return Err(destination.silent().into()),
            Ok(Err(error)) => {
                return Err(SmtpProblem::Greeting { host: account.host.clone(), reply: error.to_string() });
            }
        };
        let mut session = SmtpSession { connection, timeout: account.timeout, is_broken: false };
        if account.security == Security::StartTls {
            session.encrypt(account, &hello).await?;
        }
        if let Some(user) = &account.user {
            session.log_in(account, user).await?;
        }
        Ok(session)
    }

    async fn encrypt(&mut self, account: &SmtpAccount, hello: &ClientId) -> Result<(), SmtpProblem> {
        let destination = account.destination();
        if !self.connection.can_starttls() {
            return Err(destination.no_start_tls().into());
        }
        let mut parameters =
            TlsParameters::builder(account.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
        let bad_root = |error: lettre::transport::smtp::Error| LineProblem::BadRoot { problem: error.to_string() };
        // The library takes a text without any certificate for none wanted; ours is refused.
        for root in destination.extra_roots()? {
            parameters = parameters.add_root_certificate(Certificate::from_der(root.to_vec()).map_err(bad_root)?);
        }
        let parameters = parameters.build().map_err(bad_root)?;
        match timeout(account.timeout, self.connection.starttls(parameters, hello)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(destination.tls_problem(&error).into()),
            Err(_) => Err(destination.silent().into()),
        }
    }

    async fn log_in(&mut self, account: &SmtpAccount, user: &str) -> Result<(), SmtpProblem> {
        let Some(password) = &account.password else {
            return Err(SmtpProblem::NoPassword { user: user.to_string() });
        };
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        if self.connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
            return Err(SmtpProblem::NoLogin { host: account.host.clone(), port: account.port });
        }
        let credentials = Credentials::new(user.to_string(), password.clone());
        let host = account.host.clone();
        let answered = timeout(account.timeout, self.connection.auth(&mechanisms, &credentials)).await;
        match failure_of(answered) {
            Ok(_) => Ok(()),
            Err(Failed::No { code, text }) if code >= 500 => {
                Err(SmtpProblem::WrongPassword { host, user: user.to_string(), reply: format!("{code} {text}") })
            }
            Err(Failed::No { code, text }) => Err(SmtpProblem::LoginLater { host, reply: format!("{code} {text}") }),
            Err(Failed::NoAnswer { problem }) => Err(SmtpProblem::Stopped { host, at: Stage::Login, problem }),
        }
    }

    /// Whether further letters can be handed in here. After [`Sent::Unknown`] and most of [`Sent::NotBegun`] they cannot.
    pub fn is_usable(&self) -> bool {
        !self.is_broken && !self.connection.has_broken()
    }

    /// Hands in one letter for one recipient and says what became of it; never fails otherwise.
    ///
    /// `envelope_from`: where reports of failure go, "" for nowhere. `bytes`: the letter as [`crate::write::write`] made it;
    /// a letter with a line longer than 998 bytes or a line that does not end in CR LF is not sent. Cost: four answers of
    /// the server.
    pub async fn send(&mut self, envelope_from: &str, to: &str, bytes: &[u8]) -> Sent {
        let (sender, recipient) = match addresses_of(envelope_from, to) {
            Ok(addresses) => addresses,
            Err(refused) => return refused,
        };
        if let Some(problem) = problem_of_lines(bytes) {
            return refused_here(554, "5.6.0", problem, Stage::Content);
        }
        if !self.is_usable() {
            return Sent::NotBegun { problem: "the connection is closed; open another".to_string() };
        }
        let mut parameters = Vec::new();
        if !bytes.is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::EightBitMime) {
                let problem = "the letter has bytes beyond ASCII and the server takes none".to_string();
                return refused_here(554, "5.6.3", problem, Stage::Content);
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }

        let sender = self.say(Mail::new(sender, parameters), Severity::PositiveCompletion).await;
        if let Err(failed) = sender {
            return self.not_taken(failed, Stage::Sender).await;
        }
        let recipient = self.say(Rcpt::new(recipient, Vec::new()), Severity::PositiveCompletion).await;
        if let Err(failed) = recipient {
            return self.not_taken(failed, Stage::Recipient).await;
        }
        if let Err(failed) = self.say(Data, Severity::PositiveIntermediate).await {
            return self.not_taken(failed, Stage::Data).await;
        }
        self.give(bytes).await
    }

    /// The letter itself: from here on no answer means that nobody knows.
    async fn give(&mut self, bytes: &[u8]) -> Sent {
        // The end of the last line is written together with the final dot.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        // A long letter over a slow line takes its time; that nothing moves is noticed by the line itself.
        let to_write = Duration::from_secs(bytes.len() as u64 / SLOWEST_BYTES_PER_SECOND);
        let answered = timeout(self.timeout + to_write, self.connection.message(bytes)).await;
        match failure_of(answered).and_then(|response| expected(response, Severity::PositiveCompletion)) {
            Ok(response) => Sent::Accepted { reply: words_of(&response) },
            Err(Failed::No { code, text }) => {
                self.is_broken = code == 421;
                refused(code, text, Stage::Content)
            }
            Err(Failed::NoAnswer { problem }) => {
                self.is_broken = true;
                Sent::Unknown { problem: format!("no answer to the letter: {problem}") }
            }
        }
    }

    async fn say(&mut self, command: impl fmt::Display, wanted: Severity) -> Result<Response, Failed> {
        let answered = timeout(self.timeout, self.connection.command(command)).await;
        failure_of(answered).and_then(|response| expected(response, wanted))
    }

    /// A step before the letter failed; leaves the conversation at its beginning, or gives it up.
    async fn not_taken(&mut self, failed: Failed, at: Stage) -> Sent {
        match failed {
            Failed::No { code, text } => {
                let is_closing = code == 421;
                self.is_broken = is_closing || self.say(Rset, Severity::PositiveCompletion).await.is_err();
                refused(code, text, at)
            }
            Failed::NoAnswer { problem } => {
                self.is_broken = true;
                Sent::NotBegun { problem: format!("no answer at {}: {problem}", at.words()) }
            }
        }
    }

    /// Says good-bye. What the server answers no longer matters.
    pub async fn quit(mut self) {
        if self.is_usable() {
            let _ = timeout(self.timeout.min(Duration::from_secs(5)), self.connection.quit()).await;
        }
    }
}

type Answered<T> = Result<Result<T, lettre::transport::smtp::Error>, tokio::time::error::Elapsed>;

fn failure_of<T>(answered: Answered<T>) -> Result<T, Failed> {
    match answered {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match error.status() {
            Some(code) => Failed::No {
                code: u16::from(code),
                text: std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default(),
            },
            None => Failed::NoAnswer { problem: error.to_string() },
        }),
        Err(_) => Err(Failed::NoAnswer { problem: "it took too long".to_string() }),
    }
}

/// An answer of a kind that does not belong here is as good as none.
fn expected(response: Response, wanted: Severity) -> Result<Response, Failed> {
    if response.code().severity == wanted {
        return Ok(response);
    }
    Err(Failed::NoAnswer { problem: format!("an answer that means nothing here: {}", words_of(&response)) })
}

fn words_of(response: &Response) -> String {
    let text: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), text.join(" "))
}

fn refused(code: u16, text: String, at: Stage) -> Sent {
    Sent::Refused { code, enhanced: enhanced_of(&text), text, is_lasting: code >= 500, at }
}

fn refused_here(code: u16, enhanced: &str, problem: String, at: Stage) -> Sent {
    let text = format!("not given to the server: {problem}");
    Sent::Refused { code, enhanced: Some(enhanced.to_string()), text, is_lasting: true, at }
}

/// The enhanced status (RFC 3463) with which an answer begins.
fn enhanced_of(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(is_number);
    is_status.then(|| word.to_string())
}

/// Both addresses as the server is told them. Only ASCII ones: what lies beyond needs servers that all agree to it.
fn addresses_of(envelope_from: &str, to: &str) -> Result<(Option<Mailbox>, Mailbox), Sent> {
    let sender = if envelope_from.is_empty() {
        None
    } else {
        let problem = || format!("{envelope_from:?} is not an address reports can go to");
        Some(mailbox_of(envelope_from).ok_or_else(|| refused_here(553, "5.1.7", problem(), Stage::Sender))?)
    };
    let problem = || format!("{to:?} is not a mail address");
    let recipient = mailbox_of(to).ok_or_else(|| refused_here(553, "5.1.3", problem(), Stage::Recipient))?;
    Ok((sender, recipient))
}

fn mailbox_of(address: &str) -> Option<Mailbox> {
    let is_said_safely = address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'));
    if is_said_safely { address.parse().ok() } else { None }
}

/// Lines that a server need not take, or that one server would end where another does not: with those a letter can be
/// smuggled inside a letter.
fn problem_of_lines(bytes: &[u8]) -> Option<String> {
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let is_last = line.as_ptr_range().end == bytes.as_ptr_range().end;
        let text = match line.strip_suffix(b"\r") {
            Some(text) if !is_last => text,
            None if is_last => line,
            _ => return Some(format!("line {} does not end in CR LF", at + 1)),
        };
        if text.contains(&b'\r') {
            return Some(format!("line {} has a CR within", at + 1));
        }
        if text.contains(&0) {
            return Some(format!("line {} has a zero byte", at + 1));
        }
        if text.len() > LINE_BYTES_MAX {
            return Some(format!("line {} has {} bytes; {LINE_BYTES_MAX} may be sent", at + 1, text.len()));
        }
    }
    None
}

fn hello_of(name: &str) -> Result<ClientId, SmtpProblem> {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if let Ok(address) = name.parse() {
        return Ok(ClientId::Ipv4(address));
    }
    if is_name { Ok(ClientId::Domain(name.to_string())) } else { Err(SmtpProblem::HelloName(name.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_status_is_read_from_the_beginning_only() {
        assert_eq!(enhanced_of("5.1.1 no such user").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced_of("4.7.25 later").as_deref(), Some("4.7.25"));
        for text in ["no such user 5.1.1", "", "3.1.1 odd", "5.1 short", "5.1.1234 long", "127.0.0.1"] {
            assert_eq!(enhanced_of(text), None, "{text}");
        }
    }

    #[test]
    fn lines_that_servers_may_cut_or_take_differently_are_not_sent() {
        let long = [vec![b'a'; 999], b"\r\n".to_vec()].concat();
        let just = [vec![b'a'; 998], b"\r\n".to_vec()].concat();
        assert_eq!(problem_of_lines(&just), None);
        assert_eq!(problem_of_lines(b"a: b\r\n\r\n.\r\nend"), None);
        assert_eq!(problem_of_lines(b""), None);
        for bytes in [&long[..], b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\r", b"a\r\n.\n", b"a\0\r\n"] {
            assert!(problem_of_lines(bytes).is_some(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_address_cannot_bring_a_command_along() {
        for to in ["a@b.test>\r\nRCPT TO:<c@d.test", "a b@c.test", "", "nobody", "ä@b.test", "a@b.test> SIZE=1"] {
            let sent = addresses_of("", to);
            assert!(matches!(sent, Err(Sent::Refused { at: Stage::Recipient, is_lasting: true, .. })), "{to}");
        }
        assert!(addresses_of("bounce+abc@example.test", "ana@creator.test").is_ok());
    }

    #[test]
    fn the_password_is_in_no_debug_output() {
        let account = SmtpAccount {
            host: "mail.example.test".to_string(),
            port: 587,
            security: Security::StartTls,
            user: Some("brand".to_string()),
            password: Some("hunter2".to_string()),
            hello_name: "example.test".to_string(),
            timeout: Duration::from_secs(1),
            extra_root_pem: None,
        };
        assert!(!format!("{account:?}").contains("hunter2"));
    }

    #[test]
    fn a_greeting_names_one_host_and_nothing_else() {
        assert!(hello_of("mail.example.test").is_ok());
        assert!(hello_of("127.0.0.1").is_ok());
        for name in ["", "a b", "a\r\nMAIL FROM:<x@y.test>", "größe.test"] {
            assert_eq!(hello_of(name), Err(SmtpProblem::HelloName(name.to_string())));
        }
    }
}
