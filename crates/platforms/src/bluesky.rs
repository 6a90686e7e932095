//! Bluesky and the AT Protocol: records, the two kinds of stream they come by, and the answers of an AppView, read into the same facts.
//!
//! A post, a like or a follow is a *record* in its author's repository, named `at://DID/COLLECTION/KEY`. However it is learnt of (a
//! stream, a listing of the repository, a feed), the same record gives the same rows.

pub mod facts;
pub mod frames;
pub mod jetstream;
pub mod records;
pub mod views;

pub use facts::{Ended, Facts, interactions_of_record};
pub use records::{Action, Event, Record, RecordName, What};
