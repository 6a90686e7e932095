//! Before a campaign is paid: what could be seen at all, by trying the same analysis on the own history, and whether it raises alarms
//! where nothing happened.

use engine::measurement::lift::{
    Detectable, LiftInput, TRIED, history_needed, measure_lift, placebo_in_time, share_seen, smallest_detectable,
};
use engine::measurement::sample_size::{SampleSizeSettings, events_for_lift};
use model::{Estimate, Explanation, Timestamp, Unit};
use serde::Serialize;

use super::analysing::settings;
use super::design::{OtherCampaign, StudyDesign, others};
use super::outcomes::{Daily, Outcome, daily};
use super::{MeasurementError, refused};
use crate::data_directory::DataDirectory;

/// A rehearsal on the days that are held: as if the campaign had run in their last days.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Foreseen {
    pub outcome: Outcome,
    pub words: String,
    /// Days that are known, and how many are wanted before a campaign of this length.
    pub days_known: usize,
    pub days_needed: usize,
    /// A day as it is usually.
    pub usual: Estimate,
    /// The smallest effect that would mostly be seen, as a share of what would have been.
    pub smallest: Estimate,
    pub detectable: Option<Detectable>,
    /// Windows of the own history in which the analysis was tried, and alarms among them.
    pub windows: usize,
    pub alarms: usize,
    pub is_trustworthy: bool,
    /// Share of windows in which an effect of so much would have been seen: effect, share.
    pub power: Vec<(f64, f64)>,
    /// By chance alone, events wanted while the campaign runs: effect, events wanted, events that come.
    pub events: Vec<(f64, u64)>,
    /// What would come in as many days without a campaign, where what is counted are events.
    pub events_expected: Option<Estimate>,
    /// What to know beforehand.
    pub remarks: Vec<String>,
    pub others: Vec<OtherCampaign>,
    /// Why nothing can be foreseen.
    pub why_not: Option<String>,
}

/// Half the width of a normal interval at 90 %, in standard errors.
const Z_90: f64 = 1.645;
const LIFTS: [f64; 5] = [0.5, 0.3, 0.2, 0.1, 0.05];

/// Tries a design on the history that is held.
pub async fn foresee(
    data: &DataDirectory,
    campaign: Option<i64>,
    design: &StudyDesign,
) -> Result<Foreseen, MeasurementError> {
    let now = data.now();
    // Days of the campaign itself are never looked at, also where it runs already.
    let before = design.day_at(now).min(design.first_day());
    let days = design.days().max(1) as usize;
    let others = others(data, campaign, design).await?;
    let nothing = |words: &str, why: &str| Foreseen {
        outcome: design.primary.clone(),
        words: words.to_owned(),
        days_known: 0,
        days_needed: history_needed(days),
        usual: Estimate::not_known(Unit::Items, "mean", 0, "days", why).as_of(now),
        smallest: Estimate::not_known(Unit::Percent, "smallest_detectable", 0, "windows", why).as_of(now),
        detectable: None,
        windows: 0,
        alarms: 0,
        is_trustworthy: false,
        power: vec![],
        events: vec![],
        events_expected: None,
        remarks: vec![],
        others: others.clone(),
        why_not: Some(why.to_owned()),
    };
    let primary = match daily(data, &design.primary, &design.reckoning(before)).await {
        Ok(daily) => daily,
        Err(MeasurementError::NothingHeld { what, hint }) => {
            return Ok(nothing(&what, &format!("nothing is held of {what}: {hint}")));
        }
        Err(error) => return Err(error),
    };
    let mut controls = vec![];
    for id in &design.controls {
        controls.push(daily(data, &Outcome::Series(*id), &design.reckoning(before)).await?);
    }
    let design = design.clone();
    let words = primary.words.clone();
    let work = move || rehearse(&design, primary, &controls, now, others);
    let found = tokio::task::spawn_blocking(work).await.expect("trying a design does not panic");
    found.map_err(|why| refused("primary", format!("{words}: {why}")))
}

fn rehearse(
    design: &StudyDesign,
    primary: Daily,
    controls: &[Daily],
    now: Timestamp,
    others: Vec<OtherCampaign>,
) -> Result<Foreseen, String> {
    let days = design.days().max(1) as usize;
    let first = primary.first_day.max(design.history_from_day());
    let end = primary.day_after_last();
    let response: Vec<Option<f64>> =
        (first..end).map(|day| if design.is_cut(day) { None } else { primary.at(day) }).collect();
    let known = response.iter().flatten().count();
    let needed = history_needed(days);
    let mut remarks = primary.remarks.clone();
    if known < needed {
        remarks.push(format!("{known} days are known; {needed} are wanted before a campaign of {days} days"));
    }
    if design.days() % 7 != 0 {
        remarks.push(format!(
            "{days} days are no whole weeks; {} or {} would weigh weekdays alike",
            days / 7 * 7,
            days / 7 * 7 + 7
        ));
    }
    for other in &others {
        if other.is_during {
            remarks.push(format!(
                "“{}” runs from {} to {}, at the same time: nobody could tell the two apart",
                other.name, other.from, other.to
            ));
        } else if !other.is_cut {
            remarks.push(format!(
                "“{}” ran from {} to {}: leave its days out, or they look like ordinary ones",
                other.name, other.from, other.to
            ));
        }
    }
    let mean = response.iter().flatten().sum::<f64>() / known.max(1) as f64;
    let mut sorted: Vec<f64> = response.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let quantile =
        |share: f64| sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied();
    let usual = {
        let sum =
            Explanation::leaf(format!("{} on known days", primary.words), Some(mean * known as f64), primary.unit)
                .with_rows(known as u64, primary.rows_are, primary.link.clone());
        let explanation = Explanation::ratio(
            format!("{} a day", primary.words),
            primary.unit,
            sum,
            Explanation::leaf("days", Some(known as f64), Unit::Items),
        )
        .with_formula("mean over known days; the range holds nine of ten days");
        let (lo, hi) = (quantile(0.05).unwrap_or(mean), quantile(0.95).unwrap_or(mean));
        let known = Estimate::known(mean, lo.min(mean), hi.max(mean), known as u64, "days", "mean", explanation);
        Estimate { as_of: Some(now), grade: primary.grade, ..known }
    };
    let swings = {
        let variance = response.iter().flatten().map(|value| (value - mean).powi(2)).sum::<f64>() / known.max(2) as f64;
        if mean > 0.0 { (variance / mean).max(1.0) } else { 1.0 }
    };
    let by_chance = SampleSizeSettings { variance_over_mean: swings, ..SampleSizeSettings::default() };
    let events_expected = primary.is_count.then(|| {
        let total = mean * days as f64;
        // Days of the campaign swing, and the mean of those that are known is not sure itself.
        let off = Z_90 * (swings * mean.max(0.0) * days as f64 * (1.0 + days as f64 / known.max(1) as f64)).sqrt();
        let explanation = Explanation {
            value: Some(total),
            ..Explanation::leaf(format!("{} in {days} days without a campaign", primary.words), None, primary.unit)
        }
        .with_formula("a usual day x days; the range is that of a sum of days as independent as they are wide")
        .with_parts(vec![usual.explanation.clone()]);
        let (lo, hi) = ((total - off).max(0.0), total + off);
        let expected = Estimate::known(total, lo, hi, known as u64, "days", "mean_times_days", explanation);
        Estimate { level: 0.9, as_of: Some(now), grade: primary.grade, ..expected }
    });
    let mut found = Foreseen {
        outcome: design.primary.clone(),
        words: primary.words.clone(),
        days_known: known,
        days_needed: needed,
        usual,
        smallest: Estimate::not_known(Unit::Percent, "smallest_detectable", 0, "windows", "the history is too short")
            .as_of(now),
        detectable: None,
        windows: 0,
        alarms: 0,
        is_trustworthy: false,
        power: vec![],
        events: if primary.is_count {
            LIFTS.into_iter().filter_map(|lift| Some((lift, events_for_lift(lift, &by_chance).ok()?))).collect()
        } else {
            vec![]
        },
        events_expected,
        remarks,
        others,
        why_not: None,
    };
    let Some(pre) = response.len().checked_sub(days).filter(|pre| *pre > 0) else {
        found.why_not = Some(format!("{known} days are known, which is no longer than the campaign itself"));
        return Ok(found);
    };
    let whole: Vec<Vec<f64>> =
        controls.iter().filter_map(|control| (first..end).map(|day| control.at(day)).collect()).collect();
    if whole.len() < controls.len() {
        found.remarks.push("a series to measure beside is not known on every day, so it is left out".to_owned());
    }
    let columns: Vec<&[f64]> = whole.iter().map(Vec::as_slice).collect();
    let input = LiftInput {
        response: &response,
        pre_periods: pre,
        controls: &columns,
        events: &[],
        first_weekday: Some(first.rem_euclid(7) as u8),
    };
    let settings = settings(design.has_trend);
    let lift = match measure_lift(&input, &settings) {
        Ok(lift) => lift,
        Err(error) => {
            found.why_not = Some(error.to_string());
            return Ok(found);
        }
    };
    let placebo = placebo_in_time(&input, &settings, &lift);
    // The rehearsal itself is one of the windows in which nothing happened.
    found.windows = placebo.windows.len() + 1;
    found.alarms = placebo.alarms + usize::from(lift.is_seen());
    found.is_trustworthy = !placebo.is_not_trustworthy();
    if lift.drifts() {
        found.remarks.push("the series drifts; a short history cannot tell drift from effect".to_owned());
    }
    let detectable = smallest_detectable(&placebo, &lift);
    let windows = placebo.windows.len();
    found.smallest = match detectable.relative {
        Some(relative) => {
            let tried = TRIED.into_iter().map(|share| {
                Explanation::leaf(format!("{:.0} % tried", 100.0 * share), Some(share), Unit::Percent)
            });
            let formula = match detectable.is_approximate {
                true => "2.8 x how far chance alone goes / level, since there is too little history to try it on; the range is that of a standard deviation of independent days",
                false => "the smallest of those tried that at least 4 of 5 earlier windows would have shown; the range is the step between two that were tried",
            };
            let words = "the smallest effect that would mostly be seen";
            let explanation = Explanation { value: Some(relative), ..Explanation::leaf(words, None, Unit::Percent) }
                .with_formula(formula)
                .with_parts(tried.collect());
            let (lo, hi, level) = match detectable.is_approximate {
                // A spread that was worked out from so many days is known to one over the root of twice as many.
                true => {
                    let off = Z_90 / (2.0 * lift.pre_periods as f64).sqrt();
                    (relative * (1.0 - off).max(0.0), relative * (1.0 + off), 0.9)
                }
                // Somewhere between the last effect tried that was not mostly seen and the first that was.
                false => {
                    let below = TRIED.into_iter().rfind(|share| *share < relative - 1e-12).unwrap_or(0.0);
                    (below, relative, 1.0)
                }
            };
            let known = Estimate::known(relative, lo, hi, windows as u64, "windows", "smallest_detectable", explanation);
            Estimate { level, as_of: Some(now), grade: primary.grade, ..known }
        }
        None => Estimate::not_known(
            Unit::Percent,
            "smallest_detectable",
            windows as u64,
            "windows",
            "not even half as much again would mostly be seen: choose an outcome with more events, a longer campaign, or a series that swings along",
        )
        .as_of(now),
    };
    found.power = TRIED.into_iter().filter_map(|share| Some((share, share_seen(&placebo, share)?))).collect();
    found.detectable = Some(detectable);
    Ok(found)
}
