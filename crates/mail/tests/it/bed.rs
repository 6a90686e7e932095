//! The servers the tests talk to, started once for all tests of this binary; they end with it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mail::Address;
use mail::imap::{ImapAccount, ImapSession};
use mail::smtp::{SmtpAccount, SmtpSession};
use mail::tls::Security;
use mail::write::Letter;
use serde_json::{Value, json};

/// Servers that run.
pub struct Bed {
    /// What `bed.py start` said of them.
    pub about: Value,
}

/// A letter that the far end took.
pub struct Taken {
    pub to: String,
    pub envelope_from: String,
    pub message_id: String,
    /// How often this recipient was given this Message-ID, with this time.
    pub times: u64,
    pub raw: Vec<u8>,
}

/// The servers; `None`, said once for the test, where they cannot be started.
pub fn bed_for(test: &str) -> Option<&'static Bed> {
    static BED: OnceLock<Result<Bed, String>> = OnceLock::new();
    match BED.get_or_init(start) {
        Ok(bed) => Some(bed),
        Err(reason) => {
            println!("skipped: {test} because {reason}");
            None
        }
    }
}

/// `None`, said for the test, where a server of the bed that is not everywhere is missing.
pub fn part_of<'a>(bed: &'a Bed, name: &str, test: &str) -> Option<&'a Value> {
    let part = &bed.about[name];
    if part.is_null() {
        println!("skipped: {test} because {name} is not installed");
        return None;
    }
    Some(part)
}

pub fn python() -> String {
    std::env::var("BELLWETHER_MAIL_PYTHON").unwrap_or_else(|_| "python3".to_string())
}

pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mail").join(name)
}

fn start() -> Result<Bed, String> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new()
        .prefix("bellwether-mail-")
        // Sockets have short paths, and the servers' own users must be able to look into it.
        .tempdir_in("/tmp")
        .map_err(|error| format!("there is no room for it: {error}"))?
        .keep();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    let started = Command::new(python())
        .arg(script("bed.py"))
        .args(["start", "--throw-away", "--until-pid", &std::process::id().to_string(), "--folder"])
        .arg(&folder)
        .output()
        .map_err(|error| format!("there is no Python: {error}"))?;
    if started.status.success() {
        let about = serde_json::from_slice(&started.stdout).map_err(|error| error.to_string())?;
        return Ok(Bed { about });
    }
    let problem = String::from_utf8_lossy(&started.stderr).trim().to_string();
    // Missing packages are told from servers that are there and do not come up.
    assert!(started.status.code() == Some(3), "the mail servers do not start: {problem}");
    assert!(std::env::var_os("BELLWETHER_MAIL_BED").is_none(), "the mail servers must be there: {problem}");
    let _ = std::fs::remove_dir(&folder);
    Err(problem)
}

impl Bed {
    fn port(&self, path: &str) -> u16 {
        let port = self.about.pointer(path).and_then(Value::as_u64).expect("the bed names its ports");
        u16::try_from(port).expect("a port is small")
    }

    pub fn folder(&self) -> PathBuf {
        PathBuf::from(self.about["folder"].as_str().expect("the bed names its folder"))
    }

    pub fn certificate(&self) -> String {
        let path = self.about["certificate"].as_str().expect("the bed names its certificate");
        std::fs::read_to_string(path).expect("the certificate can be read")
    }

    /// Postfix, in clear and without a login.
    pub fn postfix(&self) -> SmtpAccount {
        SmtpAccount {
            host: "127.0.0.1".to_string(),
            port: self.port("/smtp/plain"),
            security: Security::Plain,
            user: None,
            password: None,
            hello_name: "crm.example.test".to_string(),
            timeout: Duration::from_secs(10),
            extra_root_pem: None,
        }
    }

    /// Postfix behind its own certificate, with a login.
    pub fn postfix_behind(&self, security: Security) -> SmtpAccount {
        SmtpAccount {
            port: self.port(if security == Security::Tls { "/smtp/tls" } else { "/smtp/starttls" }),
            security,
            user: Some("brand".to_string()),
            password: Some("secret".to_string()),
            extra_root_pem: Some(self.certificate()),
            ..self.postfix()
        }
    }

    /// The far end itself, so that its answers come at once.
    pub fn far_end(&self) -> SmtpAccount {
        SmtpAccount { port: self.port("/sink/port"), ..self.postfix() }
    }

    /// Dovecot; every name is a user.
    pub fn dovecot(&self, user: &str) -> ImapAccount {
        ImapAccount {
            host: "127.0.0.1".to_string(),
            port: self.port("/imap/plain"),
            security: Security::Plain,
            user: user.to_string(),
            password: "secret".to_string(),
            timeout: Duration::from_secs(10),
            extra_root_pem: None,
        }
    }

    pub fn dovecot_behind(&self, security: Security, user: &str) -> ImapAccount {
        ImapAccount {
            port: self.port(if security == Security::Tls { "/imap/tls" } else { "/imap/starttls" }),
            security,
            extra_root_pem: Some(self.certificate()),
            ..self.dovecot(user)
        }
    }

    /// What the far end took so far from letters with this word in their envelope sender or recipient.
    pub fn taken(&self, word: &str) -> Vec<Taken> {
        let log = self.about.pointer("/sink/log").and_then(Value::as_str).expect("the bed names its log");
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let of_line = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("a line of the far end's log is JSON");
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_string();
            Taken {
                to: text("rcpt"),
                envelope_from: text("mail_from"),
                message_id: text("message_id"),
                times: line["times"].as_u64().unwrap_or_default(),
                raw: BASE64.decode(text("raw_base64")).expect("the mail is in base64"),
            }
        };
        whole_lines
            .lines()
            .map(of_line)
            .filter(|taken| taken.to.contains(word) || taken.envelope_from.contains(word))
            .collect()
    }

    /// Waits until the far end has taken so many, at most 30 s.
    pub async fn wait_for_taken(&self, word: &str, count: usize) -> Vec<Taken> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let taken = self.taken(word);
            if taken.len() >= count || Instant::now() > end {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Puts mails into mailboxes, all over one connection: recipient and raw mail.
    pub fn deliver<'a>(&self, mails: impl IntoIterator<Item = (&'a str, String)>) {
        let mut delivering = Command::new(python())
            .arg(script("bed.py"))
            .args(["deliver", "--lines", "--folder"])
            .arg(self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the bed's Python runs");
        let mut lines = delivering.stdin.take().expect("its input is a pipe");
        for (to, raw) in mails {
            writeln!(lines, "{}", json!({ "to": to, "raw_base64": BASE64.encode(raw) })).expect("it takes the mails");
        }
        drop(lines);
        assert!(delivering.wait().expect("it ends").success(), "the mails were delivered");
    }
}

/// A short mail as another person's program would write it.
pub fn mail(message_id: &str, subject: &str) -> String {
    format!(
        "From: Ana <ana@creator.test>\r\nTo: brand@example.test\r\nSubject: {subject}\r\n\
         Date: Mon, 2 Mar 2026 09:00:00 +0000\r\nMessage-ID: <{message_id}>\r\n\r\nHello,\r\nthis is {message_id}.\r\n"
    )
}

/// A plain letter of ours.
pub fn letter(to: &str) -> Letter {
    let address = |name: &str, address: &str| Address { name: Some(name.to_string()), address: address.to_string() };
    Letter {
        message_id: mail::write::new_message_id("example.test"),
        sent_at_unix: 1_772_442_000,
        from: address("Cold Brew Co.", "brand@example.test"),
        to: address("Ana", to),
        reply_to: None,
        subject: "A cold brew for your Friday".to_string(),
        text: "Hello Ana,\n\nwould you try it?\n".to_string(),
        html: None,
        in_reply_to: None,
        references: Vec::new(),
        unsubscribe: None,
        is_automatic: false,
        attachments: Vec::new(),
    }
}

pub fn bytes_of(letter: &Letter) -> Vec<u8> {
    mail::write::write(letter, &[]).expect("it is a fine letter")
}

pub async fn smtp(account: &SmtpAccount) -> SmtpSession {
    SmtpSession::open(account).await.expect("the server lets us in")
}

pub async fn imap(account: &ImapAccount) -> ImapSession {
    ImapSession::open(account).await.expect("the server lets us in")
}
