//! One outcome of a study: what the campaign added to it, with everything that stands beside an answer: earlier windows, what could
//! be seen at all, other methods, and what weakens it.

use engine::measurement::lift::{
    Detectable, Lift, LiftInput, LiftSettings, LiftVerdict, PLACEBO_ALARMS_MAX, Placebo, Scale, expected_path,
    measure_lift, placebo_in_time, smallest_detectable, verdict, warnings,
};
use engine::measurement::panel::{Donor, EffectRange, PanelInput, PanelSettings, PanelVerdict, panel_lift};
use engine::measurement::sample_size::{Pace, StillNeeded, still_needed};
use engine::measurement::second_opinion::{
    Opinion, SecondOpinion, SecondOpinionInput, SecondOpinionSettings, second_opinion,
};
use model::{Estimate, Explanation, Timestamp, Unit};

use super::design::Laid;
use super::found::{DayFound, OtherMethod, OutcomeFound, PlaceboFound, PlacebosFound};
use super::outcomes::{Daily, Outcome};
use crate::web::format;

/// The version that figures of lift are shown under.
const METHOD: &str = "lift";
/// Days before the start that a chart shows.
pub const DAYS_SHOWN_BEFORE: usize = 84;

/// What an outcome is measured beside.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Beside {
    /// Series that swing along, by name.
    pub controls: Vec<Daily>,
    /// Series without the campaign, by name.
    pub comparable: Vec<Daily>,
    /// Clicks on the campaign's links so far.
    pub clicks: u64,
    pub has_trend: bool,
}

/// How lifts of studies are measured.
pub fn settings(has_trend: bool) -> LiftSettings {
    LiftSettings { scale: Scale::Automatic, has_trend, ..LiftSettings::default() }
}

/// An outcome that could not be measured, and why.
pub fn refused(outcome: &Outcome, words: &str, unit: Unit, why: &str, as_of: Timestamp) -> OutcomeFound {
    let unknown = |unit| Estimate::not_known(unit, METHOD, 0, "days", why).as_of(as_of);
    OutcomeFound {
        outcome: outcome.clone(),
        words: words.to_owned(),
        unit,
        refused: Some(why.to_owned()),
        verdict: LiftVerdict::CannotTell,
        gained: unknown(unit),
        a_day: unknown(unit),
        relative: unknown(Unit::Percent),
        p: None,
        p_among_all: None,
        shares: None,
        is_percent_scale: false,
        is_small_counts: false,
        detectable: None,
        still_needed: None,
        placebos: None,
        warnings: vec![],
        days: vec![],
        days_before: 0,
        others: vec![],
        disagreement: None,
        beside: vec![],
    }
}

/// Controls that are known on every day of the outcome, and what is said of those that are not.
fn whole_controls(laid: &Laid, controls: &[Daily]) -> (Vec<(String, Vec<f64>)>, Vec<String>) {
    let (mut kept, mut said) = (vec![], vec![]);
    for control in controls {
        let days = laid.first_day..laid.first_day + laid.response.len() as i32;
        match days.map(|day| control.at(day)).collect::<Option<Vec<f64>>>() {
            Some(values) if values.iter().any(|value| *value != values[0]) => {
                kept.push((control.words.clone(), values))
            }
            Some(_) => said.push(format!("“{}” never changes, so nothing was measured beside it", control.words)),
            None => said.push(format!(
                "“{}” is not known on every day, so nothing was measured beside it; bring its missing days in",
                control.words
            )),
        }
    }
    (kept, said)
}

/// What the campaign added to an outcome. Cost: one analysis a placebo window, one panel, 10,000 draws.
pub fn analyse(outcome: &Outcome, laid: &Laid, beside: &Beside, as_of: Timestamp) -> OutcomeFound {
    let daily = &laid.daily;
    let (controls, mut remarks) = whole_controls(laid, &beside.controls);
    let columns: Vec<&[f64]> = controls.iter().map(|(_, values)| values.as_slice()).collect();
    let input = LiftInput {
        response: &laid.response,
        pre_periods: laid.pre_periods,
        controls: &columns,
        events: &[],
        first_weekday: Some(laid.first_weekday),
    };
    let settings = settings(beside.has_trend);
    let lift = match measure_lift(&input, &settings) {
        Ok(lift) => lift,
        Err(error) => {
            let why = std::iter::once(error.to_string()).chain(daily.remarks.clone()).collect::<Vec<_>>().join("; ");
            return refused(outcome, &daily.words, daily.unit, &why, as_of);
        }
    };
    let placebo = placebo_in_time(&input, &settings, &lift);
    let path = expected_path(&input, &settings).unwrap_or_default();
    let detectable = smallest_detectable(&placebo, &lift);
    let verdict = verdict(&lift, Some(&placebo));
    remarks.splice(0..0, daily.remarks.clone());
    remarks.splice(0..0, warnings(&input, &lift).into_iter().map(|warning| warning.words()));
    let shown_from = laid.pre_periods.saturating_sub(DAYS_SHOWN_BEFORE);
    let days = (shown_from..laid.response.len())
        .map(|place| {
            let expected = place.checked_sub(laid.pre_periods).and_then(|after| path.get(after));
            DayFound {
                day: laid.first_day + place as i32,
                seen: laid.response[place],
                expected: expected.map(|one| [one.value, one.lo, one.hi]),
                gained: expected.map(|one| [one.gained, one.gained_lo, one.gained_hi]),
            }
        })
        .collect();
    let others: Vec<OtherMethod> = [panel_of(laid, &beside.comparable, as_of), second_of(laid, &columns, daily, as_of)]
        .into_iter()
        .flatten()
        .collect();
    OutcomeFound {
        outcome: outcome.clone(),
        words: daily.words.clone(),
        unit: daily.unit,
        refused: None,
        verdict,
        gained: figure(&lift, laid, as_of, Of::All),
        a_day: figure(&lift, laid, as_of, Of::Day),
        relative: relative(&lift, laid, as_of),
        p: Some(lift.p),
        p_among_all: None,
        shares: Some(lift.shares),
        is_percent_scale: lift.scale == Scale::Log,
        is_small_counts: lift.is_small_counts,
        still_needed: needed(&lift, verdict, &detectable, &placebo, beside.clicks),
        detectable: Some(detectable),
        placebos: Some(placebos(&placebo, laid)),
        warnings: remarks,
        days,
        days_before: lift.pre_periods,
        disagreement: disagreement(verdict, &others),
        others,
        beside: controls.into_iter().map(|(name, _)| name).collect(),
    }
}

enum Of {
    All,
    Day,
}

/// In all or a day: seen less what would have been.
fn figure(lift: &Lift, laid: &Laid, as_of: Timestamp, of: Of) -> Estimate {
    let daily = &laid.daily;
    let days = lift.post_periods as f64;
    let (value, lo, hi, times, how) = match of {
        Of::All => (lift.cumulative, lift.cumulative_lo, lift.cumulative_hi, days, "in all"),
        Of::Day => (lift.effect, lift.lo, lift.hi, 1.0, "a day"),
    };
    let start = laid.first_day + laid.pre_periods as i32;
    let rows = daily.sum_between(start, start + (laid.response.len() - laid.pre_periods) as i32);
    let rows = match daily.unit {
        Unit::Money(_) => lift.post_periods as u64,
        _ => rows.abs().round() as u64,
    };
    let what = if matches!(daily.unit, Unit::Money(_)) { "days" } else { daily.rows_are };
    let seen = Explanation::leaf(
        format!("{} {how} while the campaign ran", daily.words),
        Some(lift.observed_mean * times),
        daily.unit,
    )
    .with_rows(rows, what, daily.link.clone());
    let without = Explanation::leaf(
        format!("less what {} days before it, their weekdays and what swings along let expect", lift.pre_periods),
        Some(-lift.expected_mean * times),
        daily.unit,
    );
    let explanation = Explanation::sum(format!("more {} than without {how}", daily.words), daily.unit, vec![seen, without])
        .with_formula("seen - expected; expected is the average over 49 kinds of noise, each weighed by how well it fits the days before");
    let known = Estimate::known(value, lo, hi, lift.post_periods as u64, "days", METHOD, explanation);
    Estimate {
        value: Some(value),
        level: lift.level,
        version: engine::measurement::lift::LIFT_VERSION,
        as_of: Some(as_of),
        grade: daily.grade,
        ..known
    }
}

fn relative(lift: &Lift, laid: &Laid, as_of: Timestamp) -> Estimate {
    let (Some(value), Some(lo), Some(hi)) = (lift.relative, lift.relative_lo, lift.relative_hi) else {
        let reason = "what would have been is not above 0, so there is no share of it";
        return Estimate::not_known(Unit::Percent, METHOD, lift.post_periods as u64, "days", reason).as_of(as_of);
    };
    let unit = laid.daily.unit;
    let more = Explanation::leaf("more a day than without", Some(lift.effect), unit);
    let without = Explanation::leaf("a day without", Some(lift.expected_mean), unit);
    let explanation = Explanation::ratio("more than without, as a share of that", Unit::Percent, more, without)
        .with_formula("more a day / a day without");
    let known = Estimate::known(value, lo, hi, lift.post_periods as u64, "days", METHOD, explanation);
    let version = engine::measurement::lift::LIFT_VERSION;
    Estimate { level: lift.level, version, as_of: Some(as_of), grade: laid.daily.grade, ..known }
}

fn placebos(placebo: &Placebo, laid: &Laid) -> PlacebosFound {
    let window = |window: &engine::measurement::lift::PlaceboWindow| PlaceboFound {
        first_day: laid.first_day + window.start as i32,
        a_day: [window.lift.effect, window.lift.lo, window.lift.hi],
        is_alarm: window.lift.is_seen(),
    };
    PlacebosFound {
        windows: placebo.windows.iter().map(window).collect(),
        alarms: placebo.alarms,
        rank: placebo.rank,
        step: placebo.step,
    }
}

/// More time than this is never waited for.
const WEEKS_MAX: u64 = 104;

/// What is missing to tell: as many more days as make the smallest visible effect as small as the one that was estimated.
fn needed(
    lift: &Lift,
    verdict: LiftVerdict,
    detectable: &Detectable,
    placebo: &Placebo,
    clicks: u64,
) -> Option<String> {
    if verdict == LiftVerdict::NotTrustworthy {
        return Some(format!(
            "the same analysis raised {} alarms in {} windows in which nothing happened ({:.0} % are the most that are borne); \
             a longer history, or a series that swings along and that the campaign does not reach, may mend it",
            placebo.alarms,
            placebo.windows.len(),
            100.0 * PLACEBO_ALARMS_MAX
        ));
    }
    if verdict != LiftVerdict::CannotTell {
        return None;
    }
    let about = if detectable.is_approximate { "about " } else { "" };
    let smallest = detectable.relative;
    let smaller = match smallest {
        Some(relative) => format!("an effect smaller than {about}{:.0} % is not seen here", 100.0 * relative),
        None => "not even half as much again would be seen here".to_owned(),
    };
    let estimated = lift.relative.filter(|relative| *relative > 0.0);
    let (Some(relative), Some(estimated)) = (smallest, estimated) else { return Some(smaller) };
    let days = lift.post_periods as f64;
    // The smallest effect that is seen falls with the root of time.
    let wanted = days * (relative / estimated).powi(2);
    let pace = Pace { events_per_week: Some(7.0), events_per_click: (clicks > 0).then(|| days / clicks as f64) };
    Some(match still_needed(lift.post_periods as u64, wanted.ceil().min(1e6) as u64, &pace) {
        StillNeeded::More { weeks: Some(weeks), clicks: more_clicks, .. } if weeks <= WEEKS_MAX => {
            let clicks = more_clicks.map_or_else(String::new, |more| {
                format!(", or {} more at this pace", format::counted(more, "click", "clicks"))
            });
            format!(
                "{smaller}; {:.0} %, which is the best guess, would take about {} more{clicks}",
                100.0 * estimated,
                format::counted(weeks, "week", "weeks")
            )
        }
        StillNeeded::More { .. } => {
            format!("{smaller}; {:.0} %, which is the best guess, would take more than two years", 100.0 * estimated)
        }
        StillNeeded::Nothing => smaller,
    })
}

/// The panel of series without the campaign, on the days all of them have.
fn panel_of(laid: &Laid, comparable: &[Daily], as_of: Timestamp) -> Option<OtherMethod> {
    if comparable.len() < 2 {
        return None;
    }
    let start = laid.first_day + laid.pre_periods as i32;
    let first = comparable.iter().map(|daily| daily.first_day).fold(laid.first_day, i32::max).min(start - 1);
    let skipped = (first - laid.first_day) as usize;
    let days: Vec<usize> = (skipped..laid.response.len()).filter(|place| laid.response[*place].is_some()).collect();
    let treated: Vec<f64> = days.iter().filter_map(|place| laid.response[*place]).collect();
    let values: Vec<Vec<f64>> = comparable
        .iter()
        .map(|daily| {
            let at = |place: &usize| daily.at(laid.first_day + *place as i32).unwrap_or(f64::NAN);
            days.iter().map(at).collect()
        })
        .collect();
    let donors: Vec<Donor<'_>> =
        comparable.iter().zip(&values).map(|(daily, values)| Donor::new(&daily.words, values)).collect();
    let before = days.iter().filter(|place| **place < laid.pre_periods).count();
    let input = PanelInput { treated: &treated, donors: &donors, periods_before: before };
    let unit = laid.daily.unit;
    let name = "compared with others".to_owned();
    let unknown = |why: String| OtherMethod {
        name: name.clone(),
        a_day: Estimate::not_known(unit, "panel", 0, "days", why.clone()).as_of(as_of),
        p: 1.0,
        verdict: LiftVerdict::CannotTell,
        words: why,
        warnings: vec![],
        weights: vec![],
        dropped: vec![],
    };
    let found = match panel_lift(&input, &PanelSettings::default()) {
        Ok(found) => found,
        Err(error) => return Some(unknown(error.to_string())),
    };
    let effect = found.synthetic.effect_per_period;
    let (lo, hi) = match found.conformal.range {
        EffectRange::Between { lo, hi } => (Some(lo), Some(hi)),
        EffectRange::Unbounded { lo, hi } => (lo, hi),
        EffectRange::Nothing => (None, None),
    };
    let after = found.periods_after as u64;
    let seen: f64 = treated[before..].iter().sum::<f64>() / after as f64;
    let explanation = Explanation::sum(
        "more a day than a mix of others lets expect",
        unit,
        vec![
            Explanation::leaf(format!("{} a day while the campaign ran", laid.daily.words), Some(seen), unit)
                .with_rows(after, "days", laid.daily.link.clone()),
            Explanation::leaf(
                format!("less the mix of {} others", found.synthetic.weights.len()),
                Some(effect - seen),
                unit,
            ),
        ],
    )
    .with_formula("unit-demeaned synthetic control; interval by moving-block conformal inference");
    let known = Estimate::known(effect, effect, effect, after, "days", "panel", explanation);
    let a_day = Estimate {
        lo,
        hi,
        level: found.settings.level,
        version: found.version,
        as_of: Some(as_of),
        grade: laid.daily.grade,
        ..known
    };
    let mut weights: Vec<(String, f64)> = found
        .synthetic
        .weights
        .iter()
        .filter(|weight| weight.weight >= 0.005)
        .map(|weight| (weight.donor.clone(), weight.weight))
        .collect();
    weights.sort_by(|one, other| other.1.total_cmp(&one.1));
    let verdict = match found.verdict {
        PanelVerdict::More => LiftVerdict::SeenMore,
        PanelVerdict::Less => LiftVerdict::SeenLess,
        PanelVerdict::CannotTell => LiftVerdict::CannotTell,
    };
    Some(OtherMethod {
        name,
        a_day,
        p: found.p,
        verdict,
        words: format!(
            "a mix of {} that had no campaign, fitted on the days before",
            format::counted(weights.len() as u64, "other", "others")
        ),
        warnings: found.warnings,
        weights,
        dropped: found.dropped.iter().map(|dropped| format!("{}: {:?}", dropped.donor, dropped.why)).collect(),
    })
}

/// The model that others run by default; only where every day is known.
fn second_of(laid: &Laid, controls: &[&[f64]], daily: &Daily, as_of: Timestamp) -> Option<OtherMethod> {
    let series: Vec<f64> = laid.response.iter().copied().collect::<Option<Vec<f64>>>()?;
    let input = SecondOpinionInput { series: &series, controls, periods_before: laid.pre_periods };
    let found = second_opinion(&input, &SecondOpinionSettings::default()).ok()?;
    let after = (series.len() - laid.pre_periods) as u64;
    let seen = series[laid.pre_periods..].iter().sum::<f64>() / after as f64;
    let explanation = Explanation::sum(
        "more a day than a wandering level lets expect",
        daily.unit,
        vec![
            Explanation::leaf(format!("{} a day while the campaign ran", daily.words), Some(seen), daily.unit)
                .with_rows(after, "days", daily.link.clone()),
            Explanation::leaf("less what the model expects", Some(found.effect_per_period - seen), daily.unit),
        ],
    )
    .with_formula("local level with regression, spike and slab, sampled by Gibbs");
    let known =
        Estimate::known(found.effect_per_period, found.lo, found.hi, after, "days", "second_opinion", explanation);
    let verdict = match found.opinion {
        Opinion::More => LiftVerdict::SeenMore,
        Opinion::Less => LiftVerdict::SeenLess,
        Opinion::CannotTell => LiftVerdict::CannotTell,
    };
    Some(OtherMethod {
        name: "second opinion".to_owned(),
        a_day: Estimate {
            level: found.settings.level,
            version: found.version,
            as_of: Some(as_of),
            grade: daily.grade,
            ..known
        },
        p: found.p,
        verdict,
        words: SecondOpinion::LABEL.to_owned(),
        warnings: vec![],
        weights: vec![],
        dropped: vec![],
    })
}

fn disagreement(verdict: LiftVerdict, others: &[OtherMethod]) -> Option<String> {
    let said: Vec<String> = others
        .iter()
        .filter(|other| other.verdict != verdict && other.a_day.value.is_some())
        .map(|other| format!("{} says “{}”", other.name, other.verdict.words()))
        .collect();
    (!said.is_empty()).then(|| {
        format!(
            "Methods differ: the answer here is “{}”, {}. The answer here is the cautious one where days remember the days before.",
            verdict.words(),
            said.join(", ")
        )
    })
}
