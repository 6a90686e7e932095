//! Links by which a creator reaches their own page without an account: 32 random bytes of which only the hash is kept, for one
//! contact, for a time, and revocable.

use aws_lc_rs::rand;
use model::Timestamp;
use sha2::{Digest, Sha256};
use store::outreach::creator_links::CreatorLinkRow;

use super::inbox::{self, Written};
use super::{OutreachError, TEAM, contacts, settings};
use crate::clock;
use crate::data_directory::DataDirectory;

/// How long a link lives where nobody says otherwise.
pub const DAYS: u32 = 60;
pub const DAYS_MAX: u32 = 365;
/// Where a creator's pages begin.
pub const PATH: &str = "/outreach/creator";
const SECRET_LETTERS: usize = 64;

/// A link just made; its secret is shown this once.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct LinkMade {
    pub link: i64,
    /// With the public address before it, where there is one.
    pub address: String,
    /// Whether it can be reached from outside.
    pub is_public: bool,
    pub expires_on: String,
}

/// Who came by a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opened {
    Contact(i64),
    /// The link has ended by itself; a new one may be sent to its owner.
    Over(i64),
}

fn hash_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a link for a contact that lives for so many days.
pub async fn make(data: &DataDirectory, contact: i64, days: u32, actor: &str) -> Result<LinkMade, OutreachError> {
    if days == 0 || days > DAYS_MAX {
        let problem = format!("a link lives from 1 to {DAYS_MAX} days");
        return Err(OutreachError::Field { field: "days", problem });
    }
    let contact = contacts::shown(data, contact).await?.row.id;
    let mut bytes = [0u8; 32];
    rand::fill(&mut bytes).map_err(|_| OutreachError::Refused("the system gives no random bytes".to_owned()))?;
    let secret = hex(&bytes);
    let now = data.now();
    let expires_at = Timestamp(now.0 + i64::from(days) * 86_400_000_000);
    let link = data.store.add_creator_link(contact, &hash_of(&secret), expires_at, now).await?;
    data.store
        .add_audit(now, actor, "creator's link made", &format!("contact {contact}"), &format!("link {link}"))
        .await?;
    let public = settings::settings(data).await?.public_address;
    Ok(LinkMade {
        link,
        address: format!("{public}{PATH}/{secret}"),
        is_public: !public.is_empty(),
        expires_on: clock::day(expires_at),
    })
}

/// Who comes by a secret; `None` for whatever was never a link or was revoked.
pub async fn open(data: &DataDirectory, secret: &str) -> Result<Option<Opened>, OutreachError> {
    let is_one = secret.len() == SECRET_LETTERS && secret.bytes().all(|letter| letter.is_ascii_hexdigit());
    if !is_one {
        return Ok(None);
    }
    let now = data.now();
    let row = data.store.open_creator_link(&hash_of(secret), now).await?;
    Ok(row.map(|link| match link.expires_at > now {
        true => Opened::Contact(link.contact),
        false => Opened::Over(link.contact),
    }))
}

pub async fn links(data: &DataDirectory, contact: i64) -> Result<Vec<CreatorLinkRow>, OutreachError> {
    Ok(data.store.creator_links(contact).await?)
}

pub async fn revoke(data: &DataDirectory, contact: i64, link: i64) -> Result<bool, OutreachError> {
    let done = data.store.revoke_creator_link(contact, link, data.now()).await?;
    if done {
        let about = format!("contact {contact}");
        data.store.add_audit(data.now(), TEAM, "creator's link revoked", &about, &format!("link {link}")).await?;
    }
    Ok(done)
}

/// Sends a contact a link to their page by mail, to the address that is theirs; the mail's number in the queue.
///
/// The mail waits like any other written by hand, and the same bars hold for it.
pub async fn send(
    data: &DataDirectory,
    contact: i64,
    subject: &str,
    before: &str,
    mailbox: Option<String>,
    actor: &str,
) -> Result<i64, OutreachError> {
    let settings = settings::settings(data).await?;
    if settings.public_address.is_empty() {
        return Err(OutreachError::Refused(
            "no public address is set, so a link would lead nowhere from outside\n\
             hint: set one below Mailboxes, Settings, or give the link by hand"
                .to_owned(),
        ));
    }
    let made = make(data, contact, DAYS, actor).await?;
    let body = format!(
        "{}\n\n{}\n\nThe link is yours alone and works until {}; please do not pass it on.",
        before.trim_end(),
        made.address,
        made.expires_on
    );
    let written = Written { subject: subject.to_owned(), body, mailbox };
    let sent = inbox::write(data, contact, written).await;
    if sent.is_err() {
        // A link nobody was given opens nothing.
        data.store.revoke_creator_link(contact, made.link, data.now()).await?;
    }
    sent
}
