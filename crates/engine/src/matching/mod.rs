//! Which creators a brand's buyers listen to: the ranking, the reason beside each name, and how sure the order is.

pub mod rank;

pub use rank::{Beside, RankedCreator, Ranking, RankingInputs, RankingSettings, Standing, TieBand, rank};
