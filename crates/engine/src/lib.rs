//! Pure computation: inputs, settings and a seed in; a value and its explanation out. No file, clock or network.

pub mod conversations;
pub mod graph;
pub mod intervals;
mod logistic;
pub mod matching;
pub mod measurement;
pub mod planning;
pub mod random;
pub mod vetting;
