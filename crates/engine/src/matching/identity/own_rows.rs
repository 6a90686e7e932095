//! Rows of the brand's own files, and how they are read before anything is compared.

use model::Platform;
use serde::{Deserialize, Serialize};

use super::corpus::Read;
use super::links::{AccountLink, LinkKey, account_link};

/// Where a row's handle comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOrigin {
    /// The platform's own export: its handle is the account's.
    PlatformExport,
    /// A list somebody typed: customers, readers, orders, a spreadsheet.
    List,
}

/// One row of a file of the brand's own people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnRow {
    /// The row's number in its file.
    pub row: u32,
    pub origin: RowOrigin,
    /// What the handle and the id are of.
    pub platform: Option<Platform>,
    /// A handle as typed, or a link to the profile.
    pub handle: Option<String>,
    pub native_id: Option<String>,
    /// SHA-256 in hex of the trimmed address in lower case.
    pub email_hash: Option<String>,
    pub name: Option<String>,
    pub links: Vec<String>,
}

impl OwnRow {
    /// A row of which nothing else is known yet.
    pub fn new(row: u32, origin: RowOrigin) -> OwnRow {
        OwnRow {
            row,
            origin,
            platform: None,
            handle: None,
            native_id: None,
            email_hash: None,
            name: None,
            links: vec![],
        }
    }
}

/// A row in the forms that are compared.
pub(super) struct RowRead<'a> {
    pub(super) row: &'a OwnRow,
    pub(super) platform: Option<Platform>,
    pub(super) native_id: Option<&'a str>,
    /// The account the row's handle or id names, as others would link to it.
    pub(super) itself: Vec<AccountLink>,
    pub(super) read: Read,
    /// Rows of one person share this: the address, else the name, else the row.
    pub(super) person: String,
}

impl RowRead<'_> {
    pub(super) fn new(row: &OwnRow) -> RowRead<'_> {
        let mut platform = row.platform;
        let mut handle = row.handle.clone();
        let mut native_id = row.native_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let mut links: Vec<&str> = row.links.iter().map(String::as_str).collect();
        if let Some(link) = row
            .handle
            .as_deref()
            .and_then(account_link)
            .filter(|link| row.platform.is_none_or(|is| is == link.platform))
        {
            platform = Some(link.platform);
            links.extend(row.handle.as_deref());
            handle = match link.key {
                LinkKey::Handle(handle) => Some(handle),
                LinkKey::NativeId(_) | LinkKey::OlderName(_) => None,
            };
        }
        if platform.is_none() {
            native_id = None;
        }
        let read = Read::new(
            platform,
            handle.as_deref(),
            row.name.as_deref(),
            row.email_hash.as_deref().into_iter(),
            links.into_iter(),
        );
        let named = read.handle.clone().map(LinkKey::Handle).into_iter();
        let named = named.chain(native_id.map(|id| LinkKey::NativeId(id.to_owned())));
        let itself = platform.map_or(vec![], |platform| named.map(|key| AccountLink { platform, key }).collect());
        let person = match (read.email_hashes.first(), &read.name) {
            (Some(hash), _) => format!("e{hash}"),
            (None, Some(name)) => format!("n{name}"),
            (None, None) => format!("r{}", row.row),
        };
        RowRead { row, platform, native_id, itself, read, person }
    }
}
