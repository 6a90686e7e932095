//! Getting into a mailbox: the line, its encryption, the greeting, the password.

use std::fmt;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::imap_proto::{Response, Status};
use async_imap::{Client, Session};

use super::{ImapProblem, lost};
use crate::tls::{Destination, Line, LineProblem, Security};

/// A mailbox on a server.
#[derive(Clone, PartialEq, Eq)]
pub struct ImapAccount {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    pub password: String,
    /// How long the server may be silent within an answer.
    pub timeout: Duration,
    /// PEM of a root certificate that is trusted beside the public ones.
    pub extra_root_pem: Option<String>,
}

impl fmt::Debug for ImapAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ImapAccount")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Connects, encrypts as asked, and logs in.
pub(super) async fn session(account: &ImapAccount) -> Result<Session<Line>, ImapProblem> {
    let destination = Destination {
        host: &account.host,
        port: account.port,
        timeout: account.timeout,
        extra_root_pem: account.extra_root_pem.as_deref(),
    };
    destination.may_log_in(account.security)?;
    let line = destination.connect(account.security).await?;
    if account.security == Security::Plain && !line.leads_here() {
        return Err(LineProblem::PasswordInClear { host: account.host.clone() }.into());
    }
    let mut client = greeted(account, &destination, line).await?;
    if account.security == Security::StartTls {
        let asked = client.run_command_and_check_ok("STARTTLS", None).await;
        asked.map_err(|_| destination.no_start_tls())?;
        // What the server said beyond its answer while still in clear is left behind with the old reader.
        client = Client::new(destination.encrypt(client.into_inner()).await?);
    }
    logged_in(account, client).await
}

/// Reads the greeting, which the library leaves to us.
async fn greeted(
    account: &ImapAccount,
    destination: &Destination<'_>,
    line: Line,
) -> Result<Client<Line>, ImapProblem> {
    let mut client = Client::new(line);
    let refused = |reply: String| ImapProblem::Greeting { host: account.host.clone(), reply };
    let greeting = match client.read_response().await {
        Ok(Some(greeting)) => greeting,
        Ok(None) => return Err(refused("it closed the connection".to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut => return Err(destination.silent().into()),
        Err(error) => return Err(refused(error.to_string())),
    };
    match greeting.parsed() {
        Response::Data { status: Status::Ok | Status::PreAuth, .. } => Ok(client),
        Response::Data { information, .. } => Err(refused(information.as_deref().unwrap_or_default().to_string())),
        other => Err(refused(format!("{other:?}"))),
    }
}

async fn logged_in(account: &ImapAccount, client: Client<Line>) -> Result<Session<Line>, ImapProblem> {
    let is_sayable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_plain = is_sayable(&account.user) && is_sayable(&account.password);
    let failed = if is_plain {
        match client.login(&account.user, &account.password).await {
            Ok(session) => return Ok(session),
            // Some servers know the other way only.
            Err((Error::Bad(_), client)) => {
                client.authenticate("PLAIN", PlainLogin(account)).await.map_err(|(error, _)| error)
            }
            Err((error, _)) => Err(error),
        }
    } else {
        client.authenticate("PLAIN", PlainLogin(account)).await.map_err(|(error, _)| error)
    };
    failed.map_err(|error| match error {
        Error::No(reply) | Error::Bad(reply) => ImapProblem::WrongPassword {
            host: account.host.clone(),
            user: account.user.clone(),
            reply: words_of(&reply),
        },
        other => lost(other),
    })
}

/// The server's own words within how the library reports them: `code: None, info: Some("wrong")`.
fn words_of(reply: &str) -> String {
    let words = reply.split_once("info: Some(\"").and_then(|(_, rest)| rest.rsplit_once("\")"));
    words.map_or(reply, |(words, _)| words).to_string()
}

/// User and password in one line (RFC 4616), for those that a quoted word cannot hold.
struct PlainLogin<'a>(&'a ImapAccount);

impl async_imap::Authenticator for PlainLogin<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        format!("\0{}\0{}", self.0.user, self.0.password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_no_debug_output() {
        let account = ImapAccount {
            host: "mail.example.test".to_string(),
            port: 993,
            security: Security::Tls,
            user: "brand".to_string(),
            password: "hunter2".to_string(),
            timeout: Duration::from_secs(1),
            extra_root_pem: None,
        };
        assert!(!format!("{account:?}").contains("hunter2"));
        assert_eq!(words_of("code: None, info: Some(\"wrong \\\"x\\\"\")"), "wrong \\\"x\\\"");
    }
}
