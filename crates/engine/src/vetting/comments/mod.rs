//! Comments: whether what is written under a creator's posts is spam, by a model that shows which words count.

pub mod evaluate;
pub mod features;
pub mod model;

pub use model::{CommentModel, CommentTraining, LabelledComment};
