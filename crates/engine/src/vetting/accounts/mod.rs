//! Accounts: the chance that an account was made to be sold as a follower, from what its profile shows alone.
//!
//! Used in sum over an audience, never said of one account. Name, language, country, text and face are not looked at.

pub mod calibration;
pub mod columns;
pub mod drift;
pub mod evaluate;
pub mod figures;
pub mod model;
pub mod shipped;
pub mod spline;
pub mod train;

pub use columns::{AccountRow, Columns, Feature};
pub use model::AccountModel;
pub use train::{LabelledAccount, TrainingSettings};
