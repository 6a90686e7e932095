//! Tracking: which click and which post belong to whom. Links that are followed, every hit on disk before its answer, and exact
//! counts of them; pieces of deals with the posts they became and what those had at the same age.
//!
//! Nobody's address is kept: a visitor is a number under a key that is destroyed 48 hours after its day began.

pub mod command;
pub mod counting;
pub mod links;
pub mod measuring;
pub mod pages;
pub mod post_address;
pub mod post_files;
pub mod post_matching;
pub mod posts;
pub mod redirecting;

use store::StoreError;

use crate::data_directory::DataDirectoryError;
use crate::ingest::IngestError;
use crate::outreach::OutreachError;

/// Why tracking could not do something.
#[derive(Debug, thiserror::Error)]
pub enum TrackingError {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error("there is no link {0}\nhint: `bellwether tracking links` lists them")]
    NoLink(String),
    #[error(
        "{0:?} is no post of this piece\nhint: `bellwether tracking posts show PIECE` lists what is proposed for it"
    )]
    NoPost(String),
    #[error("there is no measurement {0}\nhint: `bellwether tracking posts show PIECE` lists them")]
    NoMeasurement(i64),
    #[error(
        "this post is piece {0} already\nhint: if one post is both pieces, say so: `--share`, or “They share it” on the page"
    )]
    PostTaken(i64),
    #[error("the click log cannot be used: {0}\nhint: the disk may be full, or another bellwether program has the log")]
    Log(String),
    #[error(transparent)]
    Outreach(#[from] OutreachError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who does something, where nobody says so.
pub const TEAM: &str = "team";
/// The folder of the click log in a data directory.
pub const CLICKS: &str = "clicks";
/// The folder of the day keys; it belongs in no backup.
pub const DAY_KEYS: &str = "day-keys";
/// Where links begin.
pub const PATH: &str = "/t";
