//! Cuts talk in two at a moment: what may be learned from, and what is to be foretold.

use serde::{Deserialize, Serialize};

use super::{EvaluationError, LabelledTalk};
use crate::conversations::events::{EventColumns, EventLog};
use crate::conversations::index::HalfLife;

/// Where the past ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// At the moment before which this share of the interactions lies.
    Quantile(f64),
    /// At a moment, seconds since 1970.
    Unix(i64),
    /// Within each tag at the tag's median time. Every tag's clock is set to 0 there, and talk does not fade.
    HalvesPerTag,
}

/// Talk before and after the cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub cut_unix: i64,
    pub before: EventLog,
    pub after: EventLog,
    /// Just after the last interaction.
    pub after_until_unix: i64,
    /// Set when the split decides how talk fades.
    pub half_life: Option<HalfLife>,
}

/// Cuts the talk; interactions exactly at the cut are after it.
pub fn split(talk: &LabelledTalk, cut: Cut) -> Result<Split, EvaluationError> {
    let (events, cut_unix, half_life) = match cut {
        Cut::Quantile(share) => {
            let at = talk.events.time_quantile(share).map_or(0, |at| at.ceil() as i64);
            (talk.events.clone(), at, None)
        }
        Cut::Unix(at) => (talk.events.clone(), at, None),
        Cut::HalvesPerTag => (on_the_tags_clock(talk)?, 0, Some(HalfLife::Endless)),
    };
    let before = events.between(None, Some(cut_unix));
    let after = events.between(Some(cut_unix), None);
    if before.is_empty() || after.is_empty() {
        return Err(EvaluationError::NothingToSplit { cut_unix });
    }
    let after_until_unix = after.span_unix().map_or(cut_unix, |(_, last)| last + 1);
    Ok(Split { cut_unix, before, after, after_until_unix, half_life })
}

/// The talk with each tag's times counted from the tag's median: up to the median is at or before -1, later is 0 or more.
fn on_the_tags_clock(talk: &LabelledTalk) -> Result<EventLog, EvaluationError> {
    let tags = talk.tags.as_ref().ok_or(EvaluationError::NoTags)?;
    let events = &talk.events;
    if tags.len() != events.len() {
        return Err(EvaluationError::UnequalColumns { column: "tag", got: tags.len(), expect: events.len() });
    }
    let mut times: std::collections::BTreeMap<u32, Vec<i64>> = Default::default();
    for (event, &tag) in tags.iter().enumerate() {
        times.entry(tag).or_default().push(events.at_unix(event));
    }
    // Times ascend, so the middle entries give the median; the floor of it is enough to compare whole seconds with.
    let medians: std::collections::BTreeMap<u32, i64> =
        times.iter().map(|(&tag, at)| (tag, (at[(at.len() - 1) / 2] + at[at.len() / 2]).div_euclid(2))).collect();
    let columns = EventColumns {
        actor: events.actor().to_vec(),
        target: events.target().to_vec(),
        at_unix: tags.iter().enumerate().map(|(event, tag)| events.at_unix(event) - medians[tag] - 1).collect(),
        kind: events.kind().to_vec(),
        buying_level: events.buying_level().to_vec(),
    };
    Ok(EventLog::new(events.accounts(), columns).expect("columns of a valid log stay valid"))
}
