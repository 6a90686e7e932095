//! Real mail servers for the tests of outreach: Postfix, Dovecot and a far end that answers as told, started once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::harness::{Place, text};

/// Servers that run until the tests end.
pub struct Bed {
    about: Value,
}

/// A mail that the far end took.
pub struct Taken {
    pub to: String,
    pub envelope_from: String,
    pub message_id: String,
    pub raw: String,
    /// How often this recipient was given this Message-ID, with this time.
    pub times: u64,
}

fn python() -> String {
    std::env::var("BELLWETHER_MAIL_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mail/bed.py")
}

/// The servers; `None`, said for the test, where their packages are not installed.
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

fn start() -> Result<Bed, String> {
    use std::os::unix::fs::PermissionsExt;
    // Sockets have short paths, and the servers' own users must be able to look into it.
    let folder = tempfile::Builder::new().prefix("bellwether-mail-").tempdir_in("/tmp");
    let folder = folder.map_err(|error| format!("there is no room for it: {error}"))?.keep();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    let started = Command::new(python())
        .arg(script())
        .args(["start", "--throw-away", "--until-pid", &std::process::id().to_string(), "--folder"])
        .arg(&folder)
        .output()
        .map_err(|error| format!("there is no Python: {error}"))?;
    if started.status.success() {
        return Ok(Bed { about: serde_json::from_slice(&started.stdout).map_err(|error| error.to_string())? });
    }
    let problem = String::from_utf8_lossy(&started.stderr).trim().to_owned();
    assert!(started.status.code() == Some(3), "the mail servers do not start: {problem}");
    assert!(std::env::var_os("BELLWETHER_MAIL_BED").is_none(), "the mail servers must be there: {problem}");
    drop(std::fs::remove_dir(&folder));
    Err(problem)
}

impl Bed {
    fn port(&self, path: &str) -> u64 {
        self.about.pointer(path).and_then(Value::as_u64).expect("the bed names its ports")
    }

    /// Gives a place a mailbox of its own on these servers. By Postfix, whose reports come back, or straight to the far end.
    pub fn mailbox(&self, place: &Place, user: &str, by: By) {
        let password = place.file("password.txt", "secret\n");
        let smtp = match by {
            By::Postfix => self.port("/smtp/plain"),
            By::FarEnd => self.port("/sink/port"),
        };
        place.json(&[
            "outreach",
            "mailbox",
            &format!("{user}@example.test"),
            "--name",
            "Röstwerk",
            "--smtp",
            &format!("127.0.0.1:{smtp}"),
            "--smtp-security",
            "plain",
            "--imap",
            &format!("127.0.0.1:{}", self.port("/imap/plain")),
            "--imap-security",
            "plain",
            "--imap-user",
            user,
            "--imap-password-file",
            &text(&password),
            "--has-plus",
            "--spacing-seconds",
            "0",
            "--hours",
            "0-24",
            "--every-day",
            "--first-a-day",
            "100000",
            "--hard-bounces-max",
            "1000",
        ]);
    }

    /// Asks Python to do something with a mailbox as another mail program would: `box` is logged in and in its INBOX.
    pub fn elsewhere(&self, user: &str, what: &str) {
        let port = self.port("/imap/plain");
        let code = format!(
            "import imaplib\nbox = imaplib.IMAP4('127.0.0.1', {port})\nbox.login('{user}', 'secret')\nbox.select('INBOX')\n{what}\nbox.logout()"
        );
        let done = Command::new(python()).args(["-c", &code]).output().expect("Python runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Makes the server number a mailbox's INBOX anew.
    pub fn number_anew(&self, user: &str) {
        let folder = self.about["folder"].as_str().expect("the bed names its folder");
        let held = Command::new("find").args([folder, "-path", &format!("*/{user}/*"), "-name", "dovecot*"]).output();
        let files = String::from_utf8_lossy(&held.expect("find runs").stdout).into_owned();
        let of_inbox: Vec<&str> = files.lines().filter(|file| !file.contains("/.")).collect();
        assert!(
            of_inbox.iter().any(|file| file.ends_with("dovecot-uidlist")),
            "the numbers lie somewhere else: {files}"
        );
        of_inbox.iter().for_each(|file| std::fs::remove_file(file).expect("the server's own files can be removed"));
    }

    /// What the far end took so far from mails with this word in their envelope sender or recipient.
    pub fn taken(&self, word: &str) -> Vec<Taken> {
        let log = self.about.pointer("/sink/log").and_then(Value::as_str).expect("the bed names its log");
        let content = std::fs::read_to_string(log).unwrap_or_default();
        let whole_lines = content.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let of_line = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("a line of the far end's log is JSON");
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            Taken {
                to: text("rcpt"),
                envelope_from: text("mail_from"),
                message_id: text("message_id"),
                times: line["times"].as_u64().unwrap_or_default(),
                raw: String::from_utf8_lossy(&BASE64.decode(text("raw_base64")).expect("the mail is in base64"))
                    .into_owned(),
            }
        };
        let of_word = |taken: &Taken| taken.to.contains(word) || taken.envelope_from.contains(word);
        whole_lines.lines().map(of_line).filter(of_word).collect()
    }

    /// Puts mails into mailboxes, all over one connection: recipient and raw mail.
    pub fn deliver(&self, mails: impl IntoIterator<Item = (String, String)>) {
        let folder = self.about["folder"].as_str().expect("the bed names its folder");
        let mut delivering = Command::new(python())
            .arg(script())
            .args(["deliver", "--lines", "--folder", folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("delivering starts");
        {
            let mut lines = std::io::BufWriter::new(delivering.stdin.take().expect("it is piped"));
            for (to, raw) in mails {
                let line = json!({ "to": to, "mail_from": "ana@creator.test", "raw_base64": BASE64.encode(raw) });
                writeln!(lines, "{line}").expect("delivering listens");
            }
        }
        assert!(delivering.wait().expect("delivering ends").success(), "mail could not be delivered");
    }
}

/// By which way a mailbox sends.
#[derive(Clone, Copy)]
pub enum By {
    Postfix,
    FarEnd,
}
