//! Made-up markets with known truth: people, posts, talk, cheats, prices and campaigns, from a seed.
//!
//! A world is planned once (`World::plan`) and then told as a stream of the same facts every import makes, so the
//! demo, the tests and the benches go the ordinary way. `World::truth` says what is planted. Nothing here is real:
//! no person, no brand, no product. The same settings give the same bytes on every machine.

mod batches;
mod brand;
mod graphs;
mod groups;
mod growth;
mod listening;
mod names;
mod outcomes;
mod people;
mod posters;
mod posts;
mod profiles;
mod random;
mod rhythm;
pub mod search;
mod sentences;
mod series;
mod settings;
mod talk;
#[cfg(test)]
mod tests;
mod texts;
mod truth;
mod turns;
mod vocabulary;
mod world;

pub use batches::Batches;
pub use graphs::{GraphError, GraphSettings, GraphShape, MadeEdge, MadeGraph};
pub use outcomes::PlantedCampaign;
pub use series::{MadeSeries, SeriesKind, made_series};
pub use settings::{WorldError, WorldSettings, WorldSize};
pub use truth::{
    AnsweringHabit, CreatorPrice, ListeningEdge, PlantedBrand, PlantedGroup, PlantedJump, PlantedListening, Truth,
};
pub use world::{GroupMember, World};
