//! The pages of matching: the ranking of a brand, its download, and setting brands up.

pub mod brands;
pub mod csv;
pub mod fit;
pub mod listening;
pub mod prices;
pub mod profile;
pub mod ranking;
pub mod request;
pub mod row;
