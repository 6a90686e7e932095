//! `/measurement`: questions asked of campaigns and their answers, daily series, and what may be looked at while one runs.

pub mod by_link;
mod chart;
pub mod costs;
pub mod exports;
pub mod index;
pub mod new;
mod report_view;
pub mod series;

pub mod study;

use super::{MeasurementError, TEAM};
use crate::outreach::OutreachError;
use crate::web::error::{WebError, message_and_hint, sentence};
use crate::web::forms::Problem;

/// A part of measurement, as the pages link to it.
pub struct Part {
    pub words: &'static str,
    pub address: &'static str,
    pub is_here: bool,
}

/// The parts, in the order of the work.
fn parts(here: &str) -> Vec<Part> {
    let all = [
        ("Measurements", "/measurement"),
        ("New measurement", "/measurement/new"),
        ("Daily series", "/measurement/series"),
    ];
    all.into_iter().map(|(words, address)| Part { words, address, is_here: words == here }).collect()
}

/// Something to choose.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

fn choice(code: impl ToString, words: impl Into<String>, chosen: &[String]) -> Choice {
    let code = code.to_string();
    Choice { chosen: chosen.contains(&code), words: words.into(), code }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A problem that belongs beside a form; all others are pages of their own.
fn problem_of(error: MeasurementError) -> Result<Problem, WebError> {
    let at = |field: &'static str, words: String| Problem { field, words: sentence(&words), hint: None, links: vec![] };
    match error {
        MeasurementError::Field { field, problem } => Ok(at(field, problem)),
        MeasurementError::File(problem) => Ok(at("file", problem)),
        MeasurementError::NameTaken(name) => Ok(at("name", format!("there is a measurement called “{name}” already"))),
        MeasurementError::NoSeries(id) => Ok(at("primary", format!("there is no series {id}"))),
        MeasurementError::NoCampaign(id) => Ok(at("campaign", format!("there is no campaign {id}"))),
        MeasurementError::Outreach(OutreachError::Refused(words)) => {
            let (words, hint) = message_and_hint(&words);
            Ok(Problem { field: "", words: sentence(&words), hint: hint.map(|hint| sentence(&hint)), links: vec![] })
        }
        other => Err(other.into()),
    }
}
