//! What a reader must know before believing a lift: too little history, a level that wanders, days that were cut out.

use serde::{Deserialize, Serialize};

use super::{Lift, LiftInput, history_needed};

/// Something that weakens a result without forbidding it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiftWarning {
    /// Fewer periods before the start than eight weeks, or than three times the campaign.
    ShortHistory { periods: usize, needed: usize },
    /// The periods before the start or after it are no whole weeks, so weekdays weigh unlike.
    NotWholeWeeks,
    /// More than half of the weight lies on a level that wanders.
    Drifts,
    /// Periods that were cut out or are not known.
    Cut { periods: usize },
}

impl LiftWarning {
    pub fn words(self) -> String {
        match self {
            LiftWarning::ShortHistory { periods, needed } => {
                format!("{periods} days before the start are few; {needed} are wanted for a campaign of this length")
            }
            LiftWarning::NotWholeWeeks => {
                "before or after the start there are no whole weeks, so weekdays weigh unlike".to_owned()
            }
            LiftWarning::Drifts => "the series drifts; a short history cannot tell drift from effect".to_owned(),
            LiftWarning::Cut { periods } => format!("{periods} days were cut out or are not known"),
        }
    }
}

/// What weakens a result, the gravest first.
pub fn warnings(input: &LiftInput<'_>, lift: &Lift) -> Vec<LiftWarning> {
    let post = input.response.len() - input.pre_periods;
    let needed = history_needed(post);
    let cut = input.response.iter().filter(|value| value.is_none()).count();
    let is_uneven = input.first_weekday.is_some() && !(input.pre_periods.is_multiple_of(7) && post.is_multiple_of(7));
    [
        (input.pre_periods < needed).then_some(LiftWarning::ShortHistory { periods: input.pre_periods, needed }),
        lift.drifts().then_some(LiftWarning::Drifts),
        (cut > 0).then_some(LiftWarning::Cut { periods: cut }),
        is_uneven.then_some(LiftWarning::NotWholeWeeks),
    ]
    .into_iter()
    .flatten()
    .collect()
}
