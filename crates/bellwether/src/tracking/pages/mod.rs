//! `/tracking`: links and what was counted of them, as it is and as it changes; one link with its clicks and their reasons; the
//! stream of all clicks; and the way on from a link itself.

pub mod clicks;
pub mod code;
mod hit;
mod link;
mod links;
mod live;

pub use hit::hit;
pub use link::{act, download, show};
pub use links::{create, index};
pub use live::live;

use super::TrackingError;
use crate::outreach::OutreachError;
use crate::web::error::{WebError, sentence};
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
        other => Err(other.into()),
    }
}
