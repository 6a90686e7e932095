//! `/tracking`: links and what was counted of them, one link with its clicks and their reasons, and the way on from a link itself.

mod hit;
mod link;
mod links;

pub use hit::hit;
pub use link::{act, download, qr, show};
pub use links::{create, index};

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::TrackingError;
use crate::web::error::{Recovery, WebError, sentence};
use crate::web::query::Pairs;

/// Why something was not done, beside the field it is about.
pub struct Problem {
    /// Empty where it is about no field.
    pub field: &'static str,
    pub words: String,
    pub hint: Option<String>,
    pub links: Vec<Recovery>,
}

impl Problem {
    pub fn is_at(&self, field: &str) -> bool {
        self.field == field
    }
}

/// A problem that belongs beside a form; all others are pages of their own.
fn problem_of(error: TrackingError) -> Result<Problem, WebError> {
    match error {
        TrackingError::Field { field, problem } => {
            Ok(Problem { field, words: sentence(&problem), hint: None, links: vec![] })
        }
        other => Err(other.into()),
    }
}

fn not_valid(page: Html<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

fn typed(pairs: &Pairs, key: &str) -> String {
    pairs.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default()
}
