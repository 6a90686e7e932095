//! A campaign while it runs: what may be said today, however often somebody looks, and nothing else.

use engine::measurement::always_valid::{
    ALWAYS_VALID_VERSION, CampaignDays, CampaignLook, DAYS_BEFORE_MIN, WatchSettings, watch_campaign,
};
use model::{Estimate, Explanation, Timestamp};
use serde::Serialize;

use super::design::{Laid, laid};
use super::outcomes::{Outcome, daily};
use super::{MeasurementError, Study};
use crate::data_directory::DataDirectory;

/// The days before that are looked at: what was long ago says little of now.
const DAYS_BEFORE: usize = 182;

/// One outcome as it may be looked at today.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Watched {
    pub outcome: Outcome,
    pub words: String,
    /// More than expected so far.
    pub more: Estimate,
    /// Whether 0 has been left out by a look so far.
    pub alarm: bool,
    /// One a day of the campaign.
    pub looks: Vec<CampaignLook>,
    pub first_day: i32,
    /// Why nothing can be said yet.
    pub why_not: Option<String>,
}

/// What may be said of each outcome today.
pub async fn watched(data: &DataDirectory, study: &Study) -> Result<Vec<Watched>, MeasurementError> {
    let design = &study.design;
    let now = data.now();
    let before = design.day_after().min(design.day_at(now));
    let mut all = vec![];
    for outcome in std::iter::once(&design.primary).chain(&design.secondary) {
        let of = match daily(data, outcome, &design.reckoning(before)).await {
            Ok(daily) => {
                let words = daily.words.clone();
                match laid(design, daily, before) {
                    Some(laid) => watch(outcome, &laid, now),
                    None if before <= design.first_day() => {
                        nothing(outcome, &words, design.first_day(), "no day of the campaign is over yet", now)
                    }
                    None => nothing(outcome, &words, design.first_day(), "no day before the campaign is known", now),
                }
            }
            Err(MeasurementError::NothingHeld { what, hint }) => {
                nothing(outcome, &what, design.first_day(), &format!("nothing is held of {what}: {hint}"), now)
            }
            Err(error) => return Err(error),
        };
        all.push(of);
    }
    Ok(all)
}

fn nothing(outcome: &Outcome, words: &str, first_day: i32, why: &str, now: Timestamp) -> Watched {
    let more = Estimate::not_known(model::Unit::Items, "always_valid", 0, "days", why).as_of(now);
    Watched {
        outcome: outcome.clone(),
        words: words.to_owned(),
        more,
        alarm: false,
        looks: vec![],
        first_day,
        why_not: Some(why.to_owned()),
    }
}

fn watch(outcome: &Outcome, laid: &Laid, now: Timestamp) -> Watched {
    let daily = &laid.daily;
    let start = laid.first_day + laid.pre_periods as i32;
    let from = laid.pre_periods.saturating_sub(DAYS_BEFORE);
    let days = CampaignDays {
        before: &laid.response[from..laid.pre_periods],
        during: &laid.response[laid.pre_periods..],
        first_weekday: (laid.first_day + from as i32).rem_euclid(7) as u8,
        is_count: daily.is_count,
    };
    let settings = WatchSettings::default();
    let watch = match watch_campaign(&days, &settings) {
        Ok(watch) => watch,
        Err(_) => {
            let why = format!("fewer than {DAYS_BEFORE_MIN} days before the campaign are known");
            return nothing(outcome, &daily.words, start, &why, now);
        }
    };
    let Some(last) = watch.looks.last().copied() else {
        return nothing(outcome, &daily.words, start, "no day of the campaign is over yet", now);
    };
    let more = last.seen - last.expected;
    let n = watch.looks.len() as u64;
    let explanation = Explanation::sum(
        format!("more {} than expected so far", daily.words),
        daily.unit,
        vec![
            Explanation::leaf("seen so far", Some(last.seen), daily.unit).with_rows(n, "days", daily.link.clone()),
            Explanation::leaf(
                format!("less what {} days before and their weekdays let expect", watch.days_before),
                Some(-last.expected),
                daily.unit,
            ),
        ],
    )
    .with_formula("confidence sequence: the range holds over all looks together, however often somebody looks");
    let known = Estimate::known(more, last.more_lo, last.more_lo, n, "days", "always_valid", explanation);
    let more = Estimate {
        lo: Some(last.more_lo.min(more)),
        hi: last.more_hi.map(|hi| hi.max(more)),
        level: 1.0 - settings.false_alarm,
        version: ALWAYS_VALID_VERSION,
        as_of: Some(now),
        grade: daily.grade,
        ..known
    };
    Watched {
        outcome: outcome.clone(),
        words: daily.words.clone(),
        more,
        alarm: last.alarm,
        looks: watch.looks,
        first_day: start,
        why_not: None,
    }
}
