//! Measurement: daily series that were brought in, studies with their design, what was found, and who is told of it.

mod series;
mod sold;
mod studies;
mod telling;
#[cfg(test)]
mod tests;

pub use series::{DaysTaken, NewSeries, SeriesKind, SeriesRow};
pub use sold::SoldInQuarter;
pub use studies::{NewStudy, StudyResultRow, StudyRow};
pub use telling::{StudyLink, StudyMail};
