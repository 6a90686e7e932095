//! The answer in words: seen, cannot tell, or a design that says nothing.

use serde::{Deserialize, Serialize};

use super::{Lift, Placebo};

/// What may be said of a lift. Never "proved", never "no effect".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiftVerdict {
    SeenMore,
    SeenLess,
    CannotTell,
    /// The same analysis raised alarms where nothing happened.
    NotTrustworthy,
}

impl LiftVerdict {
    pub fn words(self) -> &'static str {
        match self {
            LiftVerdict::SeenMore => "seen",
            LiftVerdict::SeenLess => "less than without",
            LiftVerdict::CannotTell => "cannot tell",
            LiftVerdict::NotTrustworthy => "design not trustworthy",
        }
    }
}

/// The verdict on a lift, with its placebo windows where there are any.
pub fn verdict(lift: &Lift, placebo: Option<&Placebo>) -> LiftVerdict {
    if placebo.is_some_and(Placebo::is_not_trustworthy) {
        LiftVerdict::NotTrustworthy
    } else if lift.lo > 0.0 {
        LiftVerdict::SeenMore
    } else if lift.hi < 0.0 {
        LiftVerdict::SeenLess
    } else {
        LiftVerdict::CannotTell
    }
}
