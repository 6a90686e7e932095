//! Tracking: which click belongs to whom. Links that are followed, every hit on disk before its answer, and exact counts of them.
//!
//! Nobody's address is kept: a visitor is a number under a key that is destroyed 48 hours after its day began.

pub mod alone;
pub mod command;
pub mod counting;
pub mod ground;
mod judging;
pub mod links;
pub mod pages;
pub mod redirecting;
pub mod stream;
mod turns;

use axum::http::{HeaderName, HeaderValue, header};
use store::StoreError;

use crate::outreach::OutreachError;

/// Why tracking could not do something.
#[derive(Debug, thiserror::Error)]
pub enum TrackingError {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error("there is no link {0}\nhint: `bellwether tracking links` lists them")]
    NoLink(String),
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
    Store(#[from] StoreError),
}

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
