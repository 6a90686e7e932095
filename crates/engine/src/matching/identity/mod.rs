//! Identity: which accounts held are the brand's own followers, customers and readers, and which accounts on several platforms
//! are one person.
//!
//! Nothing here decides: a match or a merge is a suggestion with its evidence and its chance, which a person confirms, refuses
//! and can take back. An equal handle alone is no evidence, on any platform but its own, and a name alone never is.

pub mod handles;
pub mod links;
pub mod names;
pub mod one_person;
pub mod own_people;
pub mod own_rows;
pub mod persons;
pub mod sites;
pub mod tenure;

mod corpus;
mod found;
mod hosts;
mod weighing;

use model::{AccountId, Platform};
use serde::{Deserialize, Serialize};

pub use found::{emails_in, links_in, mentions_in};
pub use handles::{HandleShape, handle_shape, normal_handle};
pub use links::{AccountLink, LinkKey, account_link};
pub use names::name_key;
pub use one_person::{MergeSuggestion, suggest_merges};
pub use own_people::{MatchState, OwnMatch, own_people};
pub use own_rows::{OwnRow, RowOrigin};
pub use persons::{Answer, Claim, Conflict, Persons, persons};
pub use sites::{domain_of, page_of};
pub use tenure::{FilesReach, OwnEvent, OwnEventKind, OwnTenure, tenure};

/// The version of the weights and rules here; kept with every suggestion.
pub const IDENTITY_VERSION: u32 = 1;

/// What is known of an account that can be compared, as its profile shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountKeys {
    pub account: AccountId,
    pub platform: Platform,
    /// The platform's own id. Where no handle is known and the platform lets names be ids, it stands for the handle.
    pub native_id: Option<String>,
    pub handle: Option<String>,
    pub display_name: Option<String>,
    /// Links found in the bio ([`links_in`]).
    pub bio_links: Vec<String>,
    /// The profile's own link field.
    pub external_url: Option<String>,
    /// SHA-256 in hex of every e-mail address in the bio ([`emails_in`]).
    pub email_hashes: Vec<String>,
}

impl AccountKeys {
    /// An account of which nothing else is known yet.
    pub fn new(account: AccountId, platform: Platform) -> AccountKeys {
        AccountKeys {
            account,
            platform,
            native_id: None,
            handle: None,
            display_name: None,
            bio_links: vec![],
            external_url: None,
            email_hashes: vec![],
        }
    }

    /// As people write it: "Instagram @ana", "YouTube UC…", else the platform alone.
    fn words(&self) -> String {
        let name = self.platform.name();
        match (&self.handle, &self.native_id) {
            (Some(handle), _) => format!("{name} @{}", handle.trim().trim_start_matches('@')),
            (None, Some(native)) => format!("{name} {native}"),
            (None, None) => format!("an account on {name}"),
        }
    }
}

/// What speaks for or against two things being one person's, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The platform's own id is the same.
    NativeId,
    /// The handle stands in the platform's own export.
    ExportHandle,
    /// The profiles link to each other.
    ReciprocalLinks,
    /// The bio holds an address whose hash is the same.
    Email,
    /// The row links to the account.
    LinkToAccount,
    /// Both link to the same page.
    SamePage,
    /// The handle was typed for this platform.
    TypedHandle,
    /// One profile links to the other.
    OneWayLink,
    /// One links to the other by a name that the platform no longer gives out.
    OlderName,
    /// Both link to one domain that is nobody else's.
    SameDomain,
    /// The handle is the same on another platform.
    HandleEqual,
    /// The handle is one letter off.
    HandleAlike,
    NameSame,
    /// Both tell a name, and no word of it is shared.
    NameDiffers,
}

/// One piece of evidence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MatchEvidence {
    pub kind: EvidenceKind,
    pub words: String,
    /// How much likelier it is when both are one person's than when they are strangers', as a natural logarithm; below 0
    /// speaks against.
    pub weight: f64,
}

/// What is settled before anything is compared; all of it is told in the explanation.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct IdentitySettings {
    /// The share of people, 0..1, whose account on a given platform is among those held, before anything is known.
    pub held_share: f64,
    /// From this chance on a match by e-mail, link or typed handle is sure.
    pub sure_from: f64,
    /// Below this chance nothing is suggested.
    pub shown_from: f64,
    /// Evidence that strangers can share, or copy, never brings the chance above this.
    pub unsure_max: f64,
    /// The same for two accounts with nothing in common but handle and name.
    pub weak_max: f64,
    /// A value held by more accounts than this says nothing about any of them.
    pub holders_max: usize,
}

impl Default for IdentitySettings {
    fn default() -> Self {
        IdentitySettings {
            held_share: 0.1,
            sure_from: 0.95,
            shown_from: 0.2,
            unsure_max: 0.9,
            weak_max: 0.6,
            holders_max: 50,
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
