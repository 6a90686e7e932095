//! Reports shared by a link: read-only, for one creator, until a day or until revoked, each opening counted.

use model::{AccountId, Timestamp};
use serde::Serialize;
use store::SharedReport;

use crate::clock;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::secret_links::{LinkKept, LinkSeen, hash_of, new_secret};

/// How long a link may live.
pub const DAYS_MAX: u32 = 366;
pub const DAYS_USUAL: u32 = 14;
const NOTE_MAX: usize = 200;

/// Why a report could not be shared.
#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    #[error("a link lives between 1 and {DAYS_MAX} days, not {0}\nhint: two weeks are usual")]
    Days(u32),
    #[error("the note is longer than {NOTE_MAX} letters\nhint: say for whom the link is")]
    Note,
    #[error("no link with the number {0} is open\nhint: `bellwether vetting share list` names those that are")]
    NoLink(i64),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
}

impl From<store::StoreError> for SharingError {
    fn from(error: store::StoreError) -> SharingError {
        SharingError::Creators(error.into())
    }
}

/// A link just made; its secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkMade {
    pub link: i64,
    /// The address below that of the program.
    pub address: String,
    pub expires_on: String,
}

/// Makes a link to a creator's report that lives for so many days.
pub async fn share(data: &DataDirectory, account: AccountId, days: u32, note: &str) -> Result<LinkMade, SharingError> {
    if days == 0 || days > DAYS_MAX {
        return Err(SharingError::Days(days));
    }
    let note = note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(SharingError::Note);
    }
    let now = data.now();
    let expires_at = Timestamp(now.0 + i64::from(days) * 86_400_000_000);
    let secret = new_secret();
    let link = data.store.share_report(account, &hash_of(&secret), note, expires_at, now).await?;
    Ok(LinkMade { link, address: format!("/vetting/shared/{secret}"), expires_on: clock::day(expires_at) })
}

/// Opens a link by its secret and counts it; `None` for whatever does not open.
pub async fn open(data: &DataDirectory, secret: &str) -> Result<Option<SharedReport>, SharingError> {
    Ok(data.store.open_shared_report(&hash_of(secret), data.now()).await?)
}

/// The links to a creator's report, newest first.
pub async fn links(data: &DataDirectory, account: AccountId) -> Result<Vec<LinkSeen>, SharingError> {
    let now = data.now();
    let kept = |link: SharedReport| LinkKept {
        link: link.id,
        note: link.note,
        created_at: link.created_at,
        expires_at: link.expires_at,
        revoked_at: link.revoked_at,
        opened: link.opened,
        last_opened_at: link.last_opened_at,
    };
    Ok(data.store.shared_reports(account).await?.into_iter().map(|link| LinkSeen::of(kept(link), now)).collect())
}

/// Revokes a link to a creator's report.
pub async fn revoke(data: &DataDirectory, account: AccountId, link: i64) -> Result<(), SharingError> {
    match data.store.revoke_shared_report(account, link, data.now()).await? {
        true => Ok(()),
        false => Err(SharingError::NoLink(link)),
    }
}
