//! Writing a letter as servers and mail programs expect it: headers, words, files, the one-click way out, and signatures.
//!
//! A pure function of its letter and keys: the same letter gives the same bytes, so that what was sent can be shown again.
//! Every byte is ASCII, every line ends in CR LF and is short enough for any server; nothing that stands in a name or
//! subject can become a header. Signing comes last: a header added later breaks the signatures.

mod dkim;
mod encode;

use std::fmt::Write as _;

use aws_lc_rs::rand;
use sha2::{Digest, Sha256};

use crate::Address;
use crate::read::Attachment;
pub use dkim::{DnsRecord, KeyKind, KeyProblem, SigningKey, dns_record, new_signing_key};

/// Bytes of an address, id or URL: it must fit on one line that any server takes.
const UNBROKEN_BYTES_MAX: usize = 900;
/// Ids of earlier letters that are named: the first, and so many of the last.
const REFERENCES_MAX: usize = 20;
/// Letters of a file's name.
const FILE_NAME_LETTERS_MAX: usize = 80;

/// How the recipient gets no more of these, by one click (RFC 8058).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsubscribe {
    /// Where mail programs post to; only HTTPS counts.
    pub https: String,
    /// As `mailto:stop+TOKEN@example.com`.
    pub mailto: Option<String>,
}

/// A letter to one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// Without angle brackets, from [`new_message_id`].
    pub message_id: String,
    pub sent_at_unix: i64,
    pub from: Address,
    pub to: Address,
    /// Where it differs from `from`.
    pub reply_to: Option<Address>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Message-ID of the letter this answers.
    pub in_reply_to: Option<String>,
    /// Message-IDs of the conversation, oldest first.
    pub references: Vec<String>,
    pub unsubscribe: Option<Unsubscribe>,
    /// Nobody wrote it by hand (RFC 3834): answering machines then keep quiet.
    pub is_automatic: bool,
    pub attachments: Vec<Attachment>,
}

/// Why a letter cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WriteProblem {
    #[error("the {field} has a line break or another sign that cannot be seen; take it out")]
    UnseenSign { field: &'static str },
    #[error("the {field} {value:?} is no mail address of plain letters, as name@example.com")]
    NoAddress { field: &'static str, value: String },
    #[error("the Message-ID {0:?} must be as name@example.com, without brackets or spaces")]
    MessageId(String),
    #[error("{value:?} cannot be the address to unsubscribe at: {problem}")]
    Unsubscribe { value: String, problem: &'static str },
    #[error("{0} is not a time a letter can bear")]
    Time(i64),
    #[error("the letter cannot be signed: {0}")]
    Key(#[from] KeyProblem),
}

/// Writes the letter and signs it with every key.
///
/// Input: the letter; no, one or several keys, of which each gives one signature. Output: bytes to be sent as they are.
/// Fails, with the field's name, where something would have to be left out or changed for the letter to be safe; only ids of
/// others' letters that are no ids are left out in silence. Cost: linear in the letter, and some milliseconds for an RSA
/// signature, most of it for reading the key.
pub fn write(letter: &Letter, keys: &[SigningKey]) -> Result<Vec<u8>, WriteProblem> {
    let mut headers = headers_of(letter)?;
    let body = body_of(letter);
    headers.extend(body.headers);
    let signatures: Vec<Header> = keys
        .iter()
        .map(|key| dkim::signature(key, &headers, &body.bytes, letter.sent_at_unix))
        .collect::<Result<_, _>>()?;
    let mut bytes = Vec::with_capacity(body.bytes.len() + 4_096);
    for header in signatures.iter().chain(&headers) {
        bytes.extend_from_slice(header.name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(header.value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body.bytes);
    Ok(bytes)
}

/// A header as it stands in the letter; the value may be folded.
struct Header {
    name: &'static str,
    value: String,
}

fn header(name: &'static str, value: String) -> Header {
    Header { name, value }
}

fn headers_of(letter: &Letter) -> Result<Vec<Header>, WriteProblem> {
    let message_id = id(&letter.message_id).ok_or_else(|| WriteProblem::MessageId(letter.message_id.clone()))?;
    let mut headers = vec![
        header("From", person("From", &letter.from)?),
        header("To", person("To", &letter.to)?),
        header("Subject", encode::words("Subject", seen("subject", &letter.subject)?)),
        header("Date", date(letter.sent_at_unix)?),
        header("Message-ID", message_id),
    ];
    if let Some(reply_to) = &letter.reply_to {
        headers.push(header("Reply-To", person("Reply-To", reply_to)?));
    }
    if let Some(answered) = letter.in_reply_to.as_deref().and_then(id) {
        headers.push(header("In-Reply-To", answered));
    }
    let references: Vec<String> = letter.references.iter().filter_map(|reference| id(reference)).collect();
    if !references.is_empty() {
        let left_out = references.len().saturating_sub(REFERENCES_MAX);
        let named = references.iter().take(1).chain(references.iter().skip(1.max(left_out)));
        headers.push(header("References", named.map(String::as_str).collect::<Vec<_>>().join("\r\n ")));
    }
    if letter.is_automatic {
        headers.push(header("Auto-Submitted", "auto-generated".to_string()));
    }
    if let Some(unsubscribe) = &letter.unsubscribe {
        headers.push(header("List-Unsubscribe", ways_out(unsubscribe)?));
        headers.push(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_string()));
    }
    headers.push(header("MIME-Version", "1.0".to_string()));
    Ok(headers)
}

/// The text when all of it can be seen in one line.
fn seen<'a>(field: &'static str, text: &'a str) -> Result<&'a str, WriteProblem> {
    // Beside control signs, line ends beyond ASCII and signs that turn the direction of what follows.
    let is_unseen = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_unseen) { Err(WriteProblem::UnseenSign { field }) } else { Ok(text.trim()) }
}

/// `Name <address>`, the name in whatever letters it has.
fn person(field: &'static str, person: &Address) -> Result<String, WriteProblem> {
    let value = &person.address;
    let is_plain =
        value.len() <= 320 && value.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,;()".contains(&byte));
    if !is_plain || value.parse::<lettre::Address>().is_err() {
        return Err(WriteProblem::NoAddress { field, value: value.clone() });
    }
    let name = seen(field, person.name.as_deref().unwrap_or_default())?;
    if name.is_empty() {
        return Ok(value.clone());
    }
    let name = encode::phrase(field, name);
    // On a line of its own where both would not fit, so that the address is never cut.
    let last_line = name.rsplit("\r\n").next().unwrap_or_default().len();
    let gap = if last_line + value.len() + field.len() + 5 > encode::LINE_MAX { "\r\n " } else { " " };
    Ok(format!("{name}{gap}<{value}>"))
}

/// An id in its brackets; `None` where it is none.
fn id(id: &str) -> Option<String> {
    let is_id = (3..=UNBROKEN_BYTES_MAX).contains(&id.len())
        && id.contains('@')
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'));
    is_id.then(|| format!("<{id}>"))
}

fn ways_out(unsubscribe: &Unsubscribe) -> Result<String, WriteProblem> {
    let checked = |value: &String, scheme: &str, missing: &'static str| {
        let problem = if !value.starts_with(scheme) || value.len() == scheme.len() {
            missing
        } else if value.len() > UNBROKEN_BYTES_MAX {
            "it is longer than 900 bytes"
        } else if !value.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,\"".contains(&byte)) {
            "it has signs that must be percent-encoded"
        } else {
            // On a line of its own it is never folded, however long.
            return Ok(format!("<{value}>"));
        };
        Err(WriteProblem::Unsubscribe { value: value.clone(), problem })
    };
    let mut value = checked(&unsubscribe.https, "https://", "it must begin with https://")?;
    if let Some(mailto) = &unsubscribe.mailto {
        let mailto = checked(mailto, "mailto:", "it must begin with mailto:")?;
        let _ = write!(value, ",\r\n {mailto}");
    }
    Ok(value)
}

/// As `Mon, 2 Mar 2026 09:00:00 +0000`.
fn date(unix: i64) -> Result<String, WriteProblem> {
    // Four digits of the year: 1970 to 9999.
    if !(0..253_402_300_800).contains(&unix) {
        return Err(WriteProblem::Time(unix));
    }
    Ok(mail_parser::DateTime::from_timestamp(unix).to_rfc822())
}

/// A part of a letter: its own headers, and its bytes.
struct Part {
    headers: Vec<Header>,
    bytes: Vec<u8>,
}

fn body_of(letter: &Letter) -> Part {
    let text = text_part("plain", &letter.text);
    let words = match &letter.html {
        None => text,
        Some(html) => together("alternative", &letter.message_id, vec![text, text_part("html", html)]),
    };
    if letter.attachments.is_empty() {
        return words;
    }
    let files = letter.attachments.iter().map(file_part);
    together("mixed", &letter.message_id, std::iter::once(words).chain(files).collect())
}

fn text_part(kind: &str, text: &str) -> Part {
    let (encoding, bytes) = encode::text(text);
    let charset = if encoding == "7bit" { "us-ascii" } else { "utf-8" };
    let headers = vec![
        header("Content-Type", format!("text/{kind}; charset={charset}")),
        header("Content-Transfer-Encoding", encoding.to_string()),
    ];
    Part { headers, bytes }
}

fn file_part(file: &Attachment) -> Part {
    let name = file_name(file.name.as_deref().unwrap_or("file"));
    let disposition = if file.is_inline { "inline" } else { "attachment" };
    let headers = vec![
        header("Content-Type", media_type(&file.media_type).to_string()),
        header("Content-Transfer-Encoding", "base64".to_string()),
        header("Content-Disposition", format!("{disposition};\r\n {}", encode::parameter("filename", &name))),
    ];
    Part { headers, bytes: encode::base64_lines(&file.bytes) }
}

/// The media type when it is well-formed and its content may be given in base64; else the type of any file.
fn media_type(given: &str) -> &str {
    let is_token = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let is_nested = |kind: &str| kind.eq_ignore_ascii_case("multipart") || kind.eq_ignore_ascii_case("message");
    match given.split_once('/') {
        Some((kind, of)) if given.len() <= 100 && is_token(kind) && is_token(of) && !is_nested(kind) => given,
        _ => "application/octet-stream",
    }
}

/// A name without folders and unseen signs.
fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = name.chars().filter(|letter| !letter.is_control()).take(FILE_NAME_LETTERS_MAX).collect();
    if kept.trim().is_empty() { "file".to_string() } else { kept.trim().to_string() }
}

/// Several parts as one. The line between them cannot occur in any: `=_` is in no encoding of ours.
fn together(kind: &str, message_id: &str, parts: Vec<Part>) -> Part {
    let digest = Sha256::digest(format!("{kind} {message_id}"));
    let boundary = format!("=_{}", hex(&digest[..12]));
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        for header in &part.headers {
            bytes.extend_from_slice(format!("{}: {}\r\n", header.name, header.value).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&part.bytes);
        if !part.bytes.ends_with(b"\r\n") {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Part { headers: vec![header("Content-Type", format!("multipart/{kind};\r\n boundary=\"{boundary}\""))], bytes }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

/// A token by which a letter and its recipient are told again: 80 random bits as 16 letters and digits, lower case, so that
/// it survives servers that fold addresses.
pub fn new_token() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let number = random::<10>().iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    (0..16).rev().map(|place| char::from(LETTERS[(number >> (place * 5)) as usize & 31])).collect()
}

/// A Message-ID without brackets: random, with nothing of this machine or the hour in it.
pub fn new_message_id(domain: &str) -> String {
    let mut bytes = random::<16>();
    // The marks of a random UUID (RFC 9562, section 5.4).
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let all = hex(&bytes);
    format!("{}-{}-{}-{}-{}@{domain}", &all[..8], &all[8..12], &all[12..16], &all[16..20], &all[20..])
}

/// The envelope sender that tells whose letter a report of failure is about.
pub fn bounce_address(token: &str, domain: &str) -> String {
    format!("bounce+{token}@{domain}")
}

#[cfg(test)]
mod tests;
