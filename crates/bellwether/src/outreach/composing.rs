//! Composing a mail: from a row of the queue to the signed bytes a server is given.

use std::path::Path;

use mail::Address;
use mail::read::plus_part;
use mail::write::{KeyKind, Letter, SigningKey, Unsubscribe, dns_record, new_signing_key, write};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use store::outreach::contacts::ContactRow;
use store::outreach::mails::NewMail;
use store::outreach::sending::OutgoingRow;

use super::OutreachError;
use super::contacts::AddressShown;
use super::mailboxes::Mailbox;
use super::sealing::content_hash;
use super::settings::OutreachSettings;
use super::templates::footer;
use crate::data_directory::DataDirectory;

/// What a mail answers.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Answers {
    pub message_id: String,
    pub references: Vec<String>,
}

/// Everything a mail is composed from.
pub struct Composing<'a> {
    pub mailbox: &'a Mailbox,
    pub settings: &'a OutreachSettings,
    pub contact: &'a ContactRow,
    pub to: &'a AddressShown,
    pub mail: &'a OutgoingRow,
    pub answers: Option<Answers>,
    pub message_id: String,
    pub token: String,
    pub at: Timestamp,
    pub keys: &'a [SigningKey],
}

/// A mail ready to leave.
pub struct Composed {
    pub bytes: Vec<u8>,
    pub envelope_from: String,
    pub text: String,
}

/// The address a token is added to: `name+token@host`.
pub fn with_plus(address: &str, token: &str) -> String {
    match address.rsplit_once('@') {
        Some((name, host)) => format!("{}+{token}@{host}", name.split('+').next().unwrap_or(name)),
        None => address.to_owned(),
    }
}

/// Whether a mail tells where the address came from and how to object: the first one, and each of a sequence.
pub fn tells_source(mail: &OutgoingRow) -> bool {
    mail.is_first || mail.enrolment.is_some()
}

/// The link by which a recipient objects.
pub fn objection_link(settings: &OutreachSettings, mailbox: &Mailbox, token: &str) -> String {
    match settings.public_address.as_str() {
        "" => format!("mailto:{}?subject=unsubscribe", objection_address(mailbox, token)),
        public => format!("{public}/outreach/unsubscribe/{token}"),
    }
}

fn objection_address(mailbox: &Mailbox, token: &str) -> String {
    if mailbox.settings.has_plus { with_plus(&mailbox.address, token) } else { mailbox.address.clone() }
}

/// Why a first mail cannot be written, if it cannot.
pub fn missing_notice(settings: &OutreachSettings, to: &AddressShown) -> Option<String> {
    if settings.sender.trim().is_empty() {
        return Some(
            "mails do not say yet who writes\nhint: `bellwether outreach settings --sender \"Name, street, town\"`"
                .to_owned(),
        );
    }
    if to.source.trim().is_empty() {
        return Some(format!(
            "it is not said where {} came from, and a first mail has to say so\nhint: add the source to the address",
            to.address
        ));
    }
    None
}

/// The words of a mail with what has to stand below them.
pub fn text_of(composing: &Composing<'_>) -> String {
    let mut text = composing.mail.body.trim_end().to_owned();
    if tells_source(composing.mail) {
        let link = objection_link(composing.settings, composing.mailbox, &composing.token);
        text.push_str(&footer(composing.settings, &composing.contact.language, &composing.to.source, &link));
    } else {
        text.push('\n');
    }
    text
}

/// Composes and signs a mail. The problem is in words; nothing is kept.
pub fn compose(composing: &Composing<'_>) -> Result<Composed, String> {
    let (mailbox, mail) = (composing.mailbox, composing.mail);
    if tells_source(mail)
        && let Some(missing) = missing_notice(composing.settings, composing.to)
    {
        return Err(missing);
    }
    let text = text_of(composing);
    // One click needs a page that is reached by https; without one the link below the mail writes to the mailbox.
    let public = &composing.settings.public_address;
    let unsubscribe = (tells_source(mail) && public.starts_with("https://")).then(|| Unsubscribe {
        https: objection_link(composing.settings, mailbox, &composing.token),
        mailto: Some(format!("mailto:{}?subject=unsubscribe", objection_address(mailbox, &composing.token))),
    });
    let answers = composing.answers.clone().unwrap_or_default();
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let letter = Letter {
        message_id: composing.message_id.clone(),
        sent_at_unix: composing.at.unix_seconds(),
        from: Address { name: named(&mailbox.from_name), address: mailbox.address.clone() },
        to: Address { name: named(&composing.contact.name), address: composing.to.address.clone() },
        reply_to: mailbox.settings.has_plus.then(|| Address {
            name: named(&mailbox.from_name),
            address: with_plus(&mailbox.address, &composing.token),
        }),
        subject: mail.subject.clone(),
        text: text.clone(),
        html: None,
        in_reply_to: named(&answers.message_id),
        references: answers.references,
        unsubscribe,
        is_automatic: mail.enrolment.is_some(),
        attachments: Vec::new(),
    };
    let bytes = write(&letter, composing.keys).map_err(|problem| problem.to_string())?;
    let envelope_from = match mailbox.settings.bounce_address.as_str() {
        "" if mailbox.settings.has_plus => with_plus(&mailbox.address, &composing.token),
        "" => mailbox.address.clone(),
        bounces => with_plus(bounces, &composing.token),
    };
    Ok(Composed { bytes, envelope_from, text })
}

/// A composed mail as it is kept once a server took it.
pub fn as_kept(composing: &Composing<'_>, composed: &Composed) -> NewMail {
    let answers = composing.answers.clone().unwrap_or_default();
    let mut refers_to = answers.references;
    refers_to.extend(Some(answers.message_id).filter(|id| !id.is_empty()));
    refers_to.sort();
    refers_to.dedup();
    NewMail {
        way: "out",
        message_id: composing.message_id.clone(),
        refers_to,
        counterpart: composing.to.hash.clone(),
        from_shown: composing.mailbox.address.clone(),
        to_shown: composing.to.address.clone(),
        subject: composing.mail.subject.clone(),
        subject_norm: mail::read::normalised_subject(&composing.mail.subject),
        text: composed.text.clone(),
        at: composing.at,
        token: Some(composing.token.clone()),
        is_bulk: false,
        files: 0,
        is_read: true,
        sha256: content_hash(&composed.bytes),
        content: composed.bytes.clone(),
    }
}

/// The token that a mail to one of our mailboxes was addressed to, among all the addresses it went by.
pub fn token_addressed<'a>(addresses: impl Iterator<Item = &'a str>, mailbox: &Mailbox) -> Option<String> {
    let ours = |address: &str| {
        address.eq_ignore_ascii_case(&mailbox.address) || address.eq_ignore_ascii_case(&mailbox.settings.bounce_address)
    };
    addresses.filter_map(plus_part).find(|(base, _)| ours(base)).map(|(_, token)| token.to_lowercase())
}

/// A signing key as it lies in the keys folder.
#[derive(Serialize, Deserialize)]
struct KeptKey {
    selector: String,
    kind: String,
    private: String,
}

fn key_file(data: &DataDirectory, domain: &str) -> Result<std::path::PathBuf, OutreachError> {
    let is_plain =
        !domain.is_empty() && domain.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter));
    if !is_plain || domain.contains("..") {
        return Err(OutreachError::Field { field: "domain", problem: format!("{domain:?} is no domain") });
    }
    Ok(data.path.join("keys").join(format!("dkim-{}.json", domain.to_lowercase())))
}

/// The keys that sign a domain's mail; none where none were made.
pub fn signing_keys(data: &DataDirectory, domain: &str) -> Result<Vec<SigningKey>, OutreachError> {
    read_keys(&key_file(data, domain)?, domain)
}

fn read_keys(place: &Path, domain: &str) -> Result<Vec<SigningKey>, OutreachError> {
    let text = match std::fs::read_to_string(place) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(OutreachError::Refused(format!("{} cannot be read: {error}", place.display()))),
    };
    let damaged = |problem: String| OutreachError::Refused(format!("{} is damaged: {problem}", place.display()));
    let kept: Vec<KeptKey> = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    let key = |kept: KeptKey| {
        let kind =
            KeyKind::from_code(&kept.kind).ok_or_else(|| damaged(format!("{:?} is no kind of key", kept.kind)))?;
        Ok(SigningKey { domain: domain.to_owned(), selector: kept.selector, kind, private: kept.private })
    };
    kept.into_iter().map(key).collect()
}

/// A record that has to stand in a domain's DNS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordShown {
    pub name: String,
    pub kind: &'static str,
    pub value: String,
    pub why: &'static str,
}

/// Makes a domain's signing keys unless they are there, and tells the records that its DNS needs.
pub fn domain_records(data: &DataDirectory, domain: &str) -> Result<Vec<RecordShown>, OutreachError> {
    let place = key_file(data, domain)?;
    let mut keys = read_keys(&place, domain)?;
    if keys.is_empty() {
        let made = |selector, kind| {
            new_signing_key(domain, selector, kind).map_err(|problem| OutreachError::Refused(problem.to_string()))
        };
        keys = vec![made("bellwether", KeyKind::Rsa)?, made("bellwether-ed", KeyKind::Ed25519)?];
        let kept: Vec<KeptKey> = keys
            .iter()
            .map(|key| KeptKey {
                selector: key.selector.clone(),
                kind: key.kind.code().to_owned(),
                private: key.private.clone(),
            })
            .collect();
        let text = serde_json::to_vec_pretty(&kept).expect("keys are plain");
        crate::data_directory::write_private(&place, &text)
            .map_err(|error| OutreachError::Refused(format!("{} cannot be written: {error}", place.display())))?;
    }
    let mut records = Vec::new();
    for key in &keys {
        let record = dns_record(key).map_err(|problem| OutreachError::Refused(problem.to_string()))?;
        records.push(RecordShown {
            name: record.name,
            kind: "TXT",
            value: record.value,
            why: "signs what leaves (DKIM)",
        });
    }
    records.push(RecordShown {
        name: format!("_dmarc.{domain}"),
        kind: "TXT",
        value: format!("v=DMARC1; p=none; adkim=r; aspf=r; rua=mailto:postmaster@{domain}"),
        why: "asks receivers to tell you who writes in your name (DMARC); tighten p once the reports are clean",
    });
    records.push(RecordShown {
        name: domain.to_owned(),
        kind: "TXT",
        value: "v=spf1 include:YOUR-MAIL-SERVER -all".to_owned(),
        why: "names the servers that may send for the domain (SPF); your mail provider tells what to include",
    });
    Ok(records)
}
