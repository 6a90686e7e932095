//! `/tracking`: links with their clicks, orders and leads, codes, shops, posts, and other programs that are told.
//! Also the way on from a link itself, and where shops send to.

pub mod attribution;
pub mod clicks;
pub mod codes;
pub mod conversion;
pub mod conversions;
mod files;
mod hit;
pub mod incoming;
mod link;
mod links;
mod live;
pub mod post;
mod post_curve;
pub mod qr;
pub mod shops;
pub mod wall;
pub mod webhook;
pub mod webhooks;

pub use files::FILE_BYTES_MAX;
pub use hit::hit;
pub use link::{act, download, show};
pub use links::{create, index};
pub use live::{Live, live};

use super::{TEAM, TrackingError};
use crate::outreach::OutreachError;
use crate::web::error::{WebError, message_and_hint, sentence};
use crate::web::forms::Problem;

/// A part of tracking, as the pages link to it.
pub struct Part {
    pub words: &'static str,
    pub address: &'static str,
    pub is_here: bool,
}

/// The parts, in the order of the work.
fn parts(here: &str) -> Vec<Part> {
    let all = [
        ("Links", "/tracking"),
        ("Clicks", "/tracking/clicks"),
        ("Codes", "/tracking/codes"),
        ("Posts", "/tracking/posts"),
        ("Orders and leads", "/tracking/conversions"),
        ("Attribution", "/tracking/attribution"),
        ("Shops", "/tracking/shops"),
        ("Webhooks", "/tracking/webhooks"),
    ];
    all.into_iter().map(|(words, address)| Part { words, address, is_here: words == here }).collect()
}

/// Whose or what something may be for.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

fn choice(code: impl ToString, words: impl Into<String>, chosen: &str) -> Choice {
    let code = code.to_string();
    Choice { chosen: code == chosen, words: words.into(), code }
}

/// A problem that belongs beside a form; all others are pages of their own.
fn problem_of(error: TrackingError) -> Result<Problem, WebError> {
    let at = |field: &'static str, words: String| Problem { field, words: sentence(&words), hint: None, links: vec![] };
    let first = |error: &dyn std::fmt::Display| error.to_string().lines().next().unwrap_or("").to_owned();
    match error {
        TrackingError::Field { field, problem } => Ok(at(field, problem)),
        TrackingError::File(problem) => Ok(at("file", problem.lines().next().unwrap_or("").to_owned())),
        TrackingError::Outreach(error @ OutreachError::NoDeal(_)) => Ok(at("deal", first(&error))),
        TrackingError::Outreach(error @ OutreachError::NoContact(_)) => Ok(at("contact", first(&error))),
        error @ (TrackingError::PostTaken(_) | TrackingError::UnfitAddress(_)) => {
            let (words, hint) = message_and_hint(&error.to_string());
            Ok(Problem { field: "", words: sentence(&words), hint: hint.map(|hint| sentence(&hint)), links: vec![] })
        }
        other => Err(other.into()),
    }
}
