//! `/tracking`: links and what was counted of them, one link with its clicks and their reasons, and the way on from a link itself;
//! the wall of posts, and one post with what was measured of it.

mod arriving;
mod hit;
mod link;
mod links;
pub mod post;
mod post_curve;
pub mod wall;

pub use hit::hit;
pub use link::{act, download, qr, show};
pub use links::{create, index};

use super::TrackingError;
use crate::outreach::OutreachError;
use crate::web::error::{WebError, message_and_hint, sentence};
use crate::web::forms::Problem;

/// A problem that belongs beside a form; all others are pages of their own.
fn problem_of(error: TrackingError) -> Result<Problem, WebError> {
    match error {
        TrackingError::Field { field, problem } => {
            Ok(Problem { field, words: sentence(&problem), hint: None, links: vec![] })
        }
        TrackingError::Outreach(error @ OutreachError::NoDeal(_)) => {
            let words = sentence(error.to_string().lines().next().unwrap_or(""));
            Ok(Problem { field: "deal", words, hint: None, links: vec![] })
        }
        error @ TrackingError::PostTaken(_) => {
            let (words, hint) = message_and_hint(&error.to_string());
            Ok(Problem { field: "", words: sentence(&words), hint: hint.map(|hint| sentence(&hint)), links: vec![] })
        }
        other => Err(other.into()),
    }
}
