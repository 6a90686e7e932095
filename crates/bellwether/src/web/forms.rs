//! Forms: what was typed, and why it was not taken, beside the field it is about.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::error::Recovery;
use super::query::Pairs;

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

/// A page with a form that was not valid.
pub fn not_valid(page: Html<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// What was typed into a field, as it was typed.
pub fn typed(pairs: &Pairs, key: &str) -> String {
    pairs.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// What was typed into a field, else what is held.
pub fn typed_or(pairs: &Pairs, key: &str, held: &str) -> String {
    match pairs.0.iter().any(|(name, _)| name == key) {
        true => typed(pairs, key),
        false => held.to_owned(),
    }
}
