//! Links whose secret is all that is needed to open what they lead to: drawn once, shown once, only its hash kept.

use model::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::clock;

/// A secret that nobody guesses: twice 122 random bits.
pub fn new_secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// What is kept of a link's secret.
pub fn hash_of(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A link as it is kept.
pub struct LinkKept {
    pub link: i64,
    pub note: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

/// A link as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkSeen {
    pub link: i64,
    pub note: String,
    pub made_on: String,
    pub expires_on: String,
    /// `open`, `over` or `revoked`.
    pub state: &'static str,
    pub opened: u64,
    pub last_opened: Option<String>,
}

impl LinkSeen {
    pub fn of(kept: LinkKept, now: Timestamp) -> LinkSeen {
        LinkSeen {
            link: kept.link,
            note: kept.note,
            made_on: clock::day(kept.created_at),
            expires_on: clock::day(kept.expires_at),
            state: match (kept.revoked_at, kept.expires_at <= now) {
                (Some(_), _) => "revoked",
                (None, true) => "over",
                (None, false) => "open",
            },
            opened: kept.opened,
            last_opened: kept.last_opened_at.map(clock::minute),
        }
    }
}
