//! Planning: which creators together, under a budget, each person counted once, and a proof of how good the plan is.
//!
//! Pure: candidates, chances and rules in, a plan and its certificate out. A certificate is about the model and its
//! inputs ("at least x % of the best plan for these chances"), never about errors in the chances; those are
//! [`robust`]'s part. No sum of reaches is ever called reach.

pub mod ahead;
mod bounds;
pub mod cascade;
pub mod curve;
pub mod dial;
#[cfg(feature = "exact")]
pub mod exact;
pub mod exposure;
mod greedy;
pub mod linear;
pub mod pairs;
mod portfolio;
pub mod power;
pub mod problem;
pub mod reach;
pub mod robust;
mod rules;
mod swap;
pub mod swaps;
#[cfg(test)]
mod testing;
pub mod told;

pub use dial::{Dial, person_weights};
pub use pairs::{Pairs, PairsError};
pub use portfolio::{ChooseSettings, Method, Plan, Proved, ProvedBy, Tried, choose};
pub use problem::{Candidate, Change, Clash, Label, LabelKind, LabelLimit, Objective, PlanError, PlanRules, Problem};

/// The version of the formulas here; plans keep the version they were made with.
pub const PLAN_VERSION: u32 = 1;
