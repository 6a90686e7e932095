//! Files of the brand's own people: followers, engagers, customers, newsletter readers and orders, row by row into persons.
//!
//! CSV with columns that are guessed and can be corrected, and the followers of an Instagram export as JSON. An address
//! leaves this file as a hash alone; a cell that holds one elsewhere is refused or left out.

mod columns;
mod instagram;
mod reading;

use std::path::Path;

use hmac::{Hmac, Mac};
use model::{Platform, RowIssue, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use columns::{FIELDS, OwnField, OwnMapping, OwnProposal, propose};
pub use reading::read;

use super::{IngestError, fingerprint_of, hex};

/// What the people of a file did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnKind {
    /// They follow an account of the brand.
    Followers,
    /// They liked, commented or shared what the brand published.
    Engagers,
    Customers,
    Newsletter,
    /// A row an order.
    Orders,
}

impl OwnKind {
    pub const ALL: [OwnKind; 5] =
        [OwnKind::Followers, OwnKind::Engagers, OwnKind::Customers, OwnKind::Newsletter, OwnKind::Orders];

    /// The word used in addresses, on the command line and in the database.
    pub fn code(self) -> &'static str {
        match self {
            OwnKind::Followers => "followers",
            OwnKind::Engagers => "engagers",
            OwnKind::Customers => "customers",
            OwnKind::Newsletter => "newsletter",
            OwnKind::Orders => "orders",
        }
    }

    pub fn from_code(code: &str) -> Option<OwnKind> {
        OwnKind::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(code.trim()))
    }

    /// One person of such a file, as searches filter by it.
    pub fn person(self) -> &'static str {
        match self {
            OwnKind::Followers => "follower",
            OwnKind::Engagers => "engager",
            OwnKind::Customers => "customer",
            OwnKind::Newsletter => "reader",
            OwnKind::Orders => "buyer",
        }
    }

    /// What a file of this kind is, for a person who has one.
    pub fn words(self) -> &'static str {
        match self {
            OwnKind::Followers => "followers of an account of the brand",
            OwnKind::Engagers => "people who liked, commented or shared what the brand published",
            OwnKind::Customers => "customers",
            OwnKind::Newsletter => "readers of the newsletter",
            OwnKind::Orders => "orders, a row each",
        }
    }

    /// Whether the platform wrote the handles, so that each is an account's.
    pub fn is_platform_export(self) -> bool {
        matches!(self, OwnKind::Followers | OwnKind::Engagers)
    }
}

/// How a file is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnSettings {
    pub kind: OwnKind,
    /// What handles and ids are of, where no column says it.
    pub platform: Option<Platform>,
    pub mapping: OwnMapping,
}

/// Somebody of a file; several rows of one person are one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OwnRecord {
    /// The person's first row; the heading is row 1.
    pub row: u64,
    pub platform: Option<Platform>,
    pub native_id: Option<String>,
    pub handle: Option<String>,
    /// Of the trimmed address in lower case, in hex.
    #[serde(skip)]
    pub email_sha256: Option<String>,
    pub name: Option<String>,
    pub link: Option<String>,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Orders, likes or comments, by the kind of file; `None` where the file does not count.
    pub times: Option<u64>,
}

/// What a file holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OwnPeopleRead {
    pub rows_in: u64,
    pub refused: u64,
    /// In the order of their first rows.
    pub people: Vec<OwnRecord>,
    /// The first of the refused rows.
    pub issues: Vec<RowIssue>,
}

/// The hash of an address as it is compared; the address is given as engine finds it, in lower case.
pub fn email_sha256(address: &str) -> String {
    hex(&Sha256::digest(address.trim().to_lowercase().as_bytes()))
}

/// What is kept of an address: a keyed hash of its hash. Without the key it cannot be tried out against known addresses.
pub fn keyed_email(key: &[u8], email_sha256: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(email_sha256.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// What recognises a file again. The same file as another kind is another file.
pub fn fingerprint(path: &Path, kind: OwnKind) -> Result<String, IngestError> {
    fingerprint_of(&[path], kind.code())
}

#[cfg(test)]
mod tests;
