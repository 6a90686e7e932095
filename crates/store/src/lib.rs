//! The store: what people made and decided here (sources, imports, brands, rankings kept), and the only place with
//! transactional SQL.
//!
//! `operations.sqlite` holds what cannot be computed again; `derived.sqlite` holds what `bellwether refresh` makes
//! from the facts, may be deleted at any time, and never holds anything else.

mod acts;
pub mod attribution;
pub mod codes;
mod conversations;
pub mod conversions;
mod creators;
mod database;
mod derived;
mod error;
mod fit;
mod ingest;
mod matching;
pub mod measurement;
mod migrations;
pub mod outreach;
mod own_people;
mod people;
mod persons;
mod planning;
mod prices;
pub mod published_posts;
mod reviews;
mod searches;
pub mod shops;
mod shortlists;
pub mod tracking;
mod vetting;
pub mod webhooks;

pub use acts::{Act, ActChange, ActsAsked, acting, actor_now};
pub use conversations::{GroupEventRow, GroupRow, GroupsKept, KnownGroup, MetEvent, MetGroup, SampleRow, VoiceRow};
pub use database::{Store, newest_step};
pub use derived::{
    CommentingRow, CreatorFigures, CreatorMeasures, Derived, DerivedValues, FrequentCommenter, KeptBefore,
};
pub use error::StoreError;
pub use fit::{ConflictAside, FitWeightsRow};
pub use ingest::connections::{ConnectionRow, ConnectionState, NewConnection, NewWatched, WatchedRow};
pub use ingest::gone::{GoneRecord, RowsGoing};
pub use ingest::jobs::{JobCounts, JobRow, NewJob, StepDone, WorkDone};
pub use ingest::{Along, Brought, ImportRecord, ImportState, NewImport};
pub use matching::{FacetCount, KeptRanking, RankedFacet, RankedFilter, RankedRow, RankedSort};
pub use own_people::{NewOwnFile, OwnFile, OwnMatchChanges, OwnMatchRow, OwnMatched, OwnPerson};
pub use people::{PersonChanged, PersonHere, SignedInRow};
pub use persons::{IdentityClaim, MergeRow};
pub use planning::{
    CampaignCreatorRow, CampaignRow, NewCampaign, NewPlan, PlanCreatorRow, PlanListRow, PlanRole, PlanRow,
};
pub use prices::{DealPrice, PriceRow};
pub use reviews::{ShortlistLink, ShortlistVote, Voter};
pub use searches::{NicheCorrection, SavedSearch};
pub use shortlists::{Shortlist, ShortlistColumn, ShortlistMember, ShortlistRows, ShortlistValue};
pub use vetting::{
    AudienceLabel, AudienceSample, CreatorAnswer, DeclaredEvent, SamplePart, SamplePerson, SharedReport,
    VettingRevision,
};
