//! Reports shared by a link: read without an account, until a day or until revoked, each opening counted.

use model::Timestamp;
use serde::Serialize;
use store::measurement::StudyLink;

use super::{MeasurementError, refused, study};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::secret_links::{LinkKept, LinkSeen, hash_of, new_secret};

/// How long a link may live.
pub const DAYS_MAX: u32 = 366;
pub const DAYS_USUAL: u32 = 30;
const NOTE_MAX: usize = 200;
const DAY: i64 = 86_400_000_000;
/// Where shared reports begin.
pub const PATH: &str = "/measurement/shared";

/// A link just made; its secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkMade {
    pub link: i64,
    /// With the public address before it, where there is one.
    pub address: String,
    pub is_public: bool,
    pub expires_on: String,
}

/// Makes a link to a study's report that lives for so many days.
pub async fn share(data: &DataDirectory, study_id: i64, days: u32, note: &str) -> Result<LinkMade, MeasurementError> {
    if days == 0 || days > DAYS_MAX {
        return Err(refused("days", format!("a link lives between 1 and {DAYS_MAX} days")));
    }
    let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
    if note.chars().count() > NOTE_MAX {
        return Err(refused("note", format!("a note has up to {NOTE_MAX} letters")));
    }
    let study = study(data, study_id).await?;
    let now = data.now();
    let expires_at = Timestamp(now.0 + i64::from(days) * DAY);
    let secret = new_secret();
    let link = data.store.share_study(study.row.id, &hash_of(&secret), &note, expires_at, now).await?;
    let public = crate::outreach::settings::settings(data).await?.public_address;
    Ok(LinkMade {
        link,
        address: format!("{public}{PATH}/{secret}"),
        is_public: !public.is_empty(),
        expires_on: clock::day(expires_at),
    })
}

/// Opens a link by its secret and counts it; `None` for whatever does not open.
pub async fn open(data: &DataDirectory, secret: &str) -> Result<Option<StudyLink>, MeasurementError> {
    Ok(data.store.open_study_link(&hash_of(secret), data.now()).await?)
}

/// The links to a study's report, the newest first.
pub async fn links(data: &DataDirectory, study: i64) -> Result<Vec<LinkSeen>, MeasurementError> {
    let now = data.now();
    let kept = |link: StudyLink| LinkKept {
        link: link.id,
        note: link.note,
        created_at: link.created_at,
        expires_at: link.expires_at,
        revoked_at: link.revoked_at,
        opened: link.opened,
        last_opened_at: link.last_opened_at,
    };
    Ok(data.store.study_links(study).await?.into_iter().map(|link| LinkSeen::of(kept(link), now)).collect())
}

/// Revokes a link to a study's report.
pub async fn revoke(data: &DataDirectory, study: i64, link: i64) -> Result<(), MeasurementError> {
    match data.store.revoke_study_link(study, link, data.now()).await? {
        true => Ok(()),
        false => Err(MeasurementError::NoLink),
    }
}
