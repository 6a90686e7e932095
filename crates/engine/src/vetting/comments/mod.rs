//! Comments: whether what is written under a creator's posts is meant, and whether it is spam, by a model that shows which
//! words count.

pub mod evaluate;
pub mod features;
pub mod model;
pub mod quality;
pub mod timing;

pub use model::{CommentModel, CommentTraining, LabelledComment};
