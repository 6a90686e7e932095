//! The field's words: ids, units, facts, brands, estimates and their explanations. No IO, no async, no SQL, no HTTP.
//!
//! Every other crate speaks these words; none of them is a wire format. A file row, a form or a JSON body
//! has its own struct at the edge and is turned into one of these once.

pub mod brand;
pub mod creator;
pub mod explanation;
pub mod facts;
pub mod ids;
pub mod interaction;
pub mod outreach;
pub mod people;
pub mod post;
pub mod provenance;
pub mod units;

pub use brand::{Brand, BuyerDefinition};
pub use creator::{Platform, Tier, TierSettings};
pub use explanation::{Combine, Estimate, Explanation, Grade, RowsBehind};
pub use facts::FactBatch;
pub use ids::{AccountId, BrandId, ImportId, InteractionId, PostId, TextId};
pub use interaction::InteractionKind;
pub use people::{Right, Role};
pub use post::{MeasuredBy, PostMetric, PostMetrics};
pub use provenance::{ImportCounts, RowIssue, SourceKind, SourcePolicy};
pub use units::{Count, Currency, Days, Money, Ratio, Timestamp, Unit, UnitError};
