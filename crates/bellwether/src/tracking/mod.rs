//! Tracking: which click, order and post belong to whom.
//! Links that are followed, every hit on disk before its answer, and exact counts of them; orders and leads, each once for ever, with
//! codes and whom they are credited to; pieces of deals with the posts they became and what those had at the same age.
//!
//! Nobody's address is kept: a visitor is a number under a key that is destroyed 48 hours after its day began.

pub mod alone;
pub mod attribution;
pub mod codes;
pub mod command;
pub mod conversions;
pub mod counting;
pub mod ground;
mod judging;
mod leading;
pub mod links;
pub mod pages;
pub mod posts;
pub mod receiving;
pub mod redirecting;
pub mod shops;
pub mod stream;
pub mod token;
pub mod told;
mod turns;
pub mod webhooks;

use axum::http::{HeaderName, HeaderValue, header};
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
    #[error("there is no shop {0}\nhint: `bellwether tracking shops` lists them")]
    NoShop(String),
    #[error("there is no code {0}\nhint: `bellwether tracking codes` lists them")]
    NoCode(String),
    #[error("there is no order or lead {0}\nhint: `bellwether tracking conversions` lists them")]
    NoConversion(String),
    #[error("there is no report {0}\nhint: `bellwether tracking reports` lists them")]
    NoReport(i64),
    #[error("the file cannot be read: {0}")]
    File(String),
    #[error("no program of the number {0} is told\nhint: `bellwether tracking webhooks list` lists them")]
    NoEndpoint(i64),
    #[error("there is no message {0}\nhint: `bellwether tracking webhooks deliveries` lists them")]
    NoDelivery(i64),
    #[error("message {0} is just being sent\nhint: look at what became of it")]
    UnderWay(i64),
    #[error(
        "{0:?} is no post of this piece\nhint: `bellwether tracking posts show PIECE` lists what is proposed for it"
    )]
    NoPost(String),
    #[error("there is no measurement {0}\nhint: `bellwether tracking posts show PIECE` lists them")]
    NoMeasurement(i64),
    #[error(
        "this post is piece {0} already\nhint: if one post is both pieces, say so: `bellwether tracking posts confirm PIECE POST --share`"
    )]
    PostTaken(i64),
    #[error(
        "the address of this post cannot be noted on the piece: {0:?}\nhint: note its address on the piece by hand; then it is known by that"
    )]
    UnfitAddress(String),
    #[error("the click log cannot be used: {0}\nhint: the disk may be full, or another bellwether program has the log")]
    Log(String),
    #[error("another bellwether program has the click log")]
    LogHeld,
    #[error(
        "the click log holds {held} of the {counted} clicks that were counted, so counting anew would lose the others\n\
         hint: bring back the segments that were removed from clicks/, or add --let-go"
    )]
    LogIsShorter { held: u64, counted: u64 },
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
/// Headers of every answer to a hit: a visitor's own way on must not be kept by anybody between, for the next click has to be
/// seen too.
pub const UNKEPT: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];
