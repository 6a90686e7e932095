//! Which creators a brand's buyers listen to, and how sure the order is; who they are beside the brand's own people, which
//! niches they are in and who is like them; whether they fit a brand; whom their audiences hold together, who can be told
//! apart, and what a creator should cost.

pub mod audience;
pub mod compare;
pub mod fit;
pub mod identity;
pub mod likeness;
pub mod niches;
pub mod price;
pub mod rank;

pub use rank::{Beside, RankedCreator, Ranking, RankingInputs, RankingSettings, Standing, TieBand, rank};
