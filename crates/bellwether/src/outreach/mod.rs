//! Outreach: whom one writes to, every touch with them, real mail both ways.
//!
//! Nothing leaves without a person's release. A mail is given to a server at most once; what comes in is kept whole and
//! can be read, threaded and classified again; whoever must not be written to never is.

pub mod agreed_prices;
pub mod briefs;
pub mod campaigns;
pub mod choices;
pub mod claims;
pub mod command;
pub mod composing;
pub mod contacts;
pub mod content;
pub mod contests;
pub mod creator_links;
pub mod deals;
pub mod duplicates;
pub mod exporting;
pub mod files;
pub mod importing;
pub mod inbox;
pub mod mailboxes;
pub mod moving;
pub mod pages;
pub mod reading;
pub mod reminders;
pub mod rights;
pub mod sealing;
pub mod sending;
pub mod sequences;
pub mod settings;
pub mod telling;
pub mod templates;
pub mod threading;
pub mod unsubscribing;
pub mod views;
pub mod waiting;
pub mod working;

use store::StoreError;

use crate::creators::CreatorsError;
use crate::data_directory::DataDirectoryError;

/// Who did something, where nobody says so.
pub const TEAM: &str = "team";

/// Why outreach could not do something.
#[derive(Debug, thiserror::Error)]
pub enum OutreachError {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error("there is no contact {0}\nhint: `bellwether outreach contacts` lists them")]
    NoContact(String),
    #[error(
        "there is no mailbox {0}\nhint: `bellwether outreach mailboxes` lists them, `bellwether outreach mailbox` adds one"
    )]
    NoMailbox(String),
    #[error(
        "there is no mailbox yet, and mail needs one\nhint: `bellwether outreach mailbox ADDRESS --smtp HOST:PORT …` adds one"
    )]
    NoMailboxYet,
    #[error("there is no template {0}\nhint: `bellwether outreach templates` lists them")]
    NoTemplate(String),
    #[error("there is no sequence {0}\nhint: `bellwether outreach sequences` lists them")]
    NoSequence(String),
    #[error("there is no conversation {0}\nhint: `bellwether outreach inbox` lists them")]
    NoThread(i64),
    #[error(
        "there is no mail {0} in the queue that can still be changed\nhint: `bellwether outreach queue` lists what waits"
    )]
    NoOutgoing(i64),
    #[error("there is no brief {0}\nhint: `bellwether outreach briefs` lists them")]
    NoBrief(String),
    #[error("there is no campaign {0}\nhint: `bellwether outreach campaigns` lists them")]
    NoCampaign(i64),
    #[error("there is no deal {0}\nhint: `bellwether outreach deals` lists them")]
    NoDeal(i64),
    #[error("there is no piece {0} to be made\nhint: `bellwether outreach deals` lists the deals with their pieces")]
    NoDeliverable(i64),
    #[error("there is no contest {0}\nhint: `bellwether outreach requests` lists what creators asked for")]
    NoContest(i64),
    #[error("there is no file {0} here\nhint: `bellwether outreach files CONTACT` lists them")]
    NoFile(i64),
    #[error("there is no view {0}\nhint: `bellwether outreach views` lists them")]
    NoView(String),
    #[error("{address} belongs to contact {contact} already\nhint: use that contact, or merge the two")]
    AddressTaken { address: String, contact: i64 },
    #[error("contact {0} has no e-mail address that may be written to\nhint: add one, or write by another way")]
    NoAddress(i64),
    #[error(
        "another bellwether program is sending or reading mail here\nhint: a running `bellwether serve` does both by itself; \
         end it, or let it do the work"
    )]
    AtWork,
    #[error("{0}")]
    Refused(String),
    #[error(
        "the key in keys/outreach.key does not open what was sealed: {0}\nhint: restore the key from the backup of this data directory"
    )]
    Sealed(String),
    #[error("{address}: {problem}")]
    Server { address: String, problem: String },
    #[error(transparent)]
    Template(#[from] mail::template::TemplateProblem),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::creators::LakeOrStore> for OutreachError {
    fn from(error: crate::creators::LakeOrStore) -> Self {
        OutreachError::Creators(error.into())
    }
}

/// A line that somebody typed: without line ends, not too long.
pub(crate) fn one_line(field: &'static str, given: &str, letters_max: usize) -> Result<String, OutreachError> {
    let text = given.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > letters_max {
        let problem = format!("it is longer than {letters_max} letters");
        return Err(OutreachError::Field { field, problem });
    }
    Ok(text)
}
