//! The verdicts as a caller sees them: known agents, fetched corpora, scenes from request to judgement, what always
//! holds.

mod corpora;
mod known_agents;
mod properties;
mod scenes;
