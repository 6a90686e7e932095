//! The lake: everything that was observed, kept as open columnar tables, and the only place with analytic SQL.
//!
//! Facts live in Delta tables (Parquet files under a transaction log), one table a kind of fact. An import writes
//! files of its own and makes them visible in one commit a table; undoing it removes those files again. The same
//! code path serves a local folder and an object store. Nothing derived is kept here.

mod added;
mod among;
mod checking;
mod compaction;
mod conversations;
mod creators;
mod digest;
mod error;
mod ingest;
mod matching;
mod measurement;
mod read;
mod removal;
mod session;
mod tables;
mod tracking;
mod vetting;

pub use added::{AddedFacts, FactsSeen};
pub use checking::{FaultyFile, HeldFile};
pub use compaction::SMALL_FILES_MAX;
pub use conversations::{
    InteractionRows, PlacesAbout, PostBy, QuotedInteraction, Said, SaidIn, TalkArrays, TalkWindow, TextInPlace,
    TurnAbout,
};
pub use creators::{CreatorProfile, FollowerPoint, PostRow, Published, PublishedRow};
pub use digest::TableDigest;
pub use error::LakeError;
pub use ingest::{Erased, FactsKnown, Gone, ImportWriter, Provenance};
pub use matching::{BuyerMatch, BuyerText};
pub use measurement::Named;
pub use read::ParquetInteractions;
pub use session::Lake;
pub use tables::{FactTable, TableCount};
pub use tracking::{PostCounts, PostSeen};
pub use vetting::{
    Audience, AudienceCommentRow, AudienceProfile, Audiences, AuthorFacts, Authors, CommentUnderRow, EngagerRow,
    PostFiguresRow, PostWordsRow, SaidUnderRow, SameWordsRow,
};
