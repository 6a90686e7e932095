//! What was seen against what would have been, drawn on the server: the same numbers as the table below it. Days that are not known
//! are gaps; days before the campaign have no band.

use model::Unit;

use crate::measurement::found::{DayFound, OutcomeFound, PlacebosFound};
use crate::measurement::outcomes::date_of;
use crate::measurement::watching::Watched;
use crate::web::estimates::round_scale_end;
use crate::web::format;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const HIGH: f64 = 200.0;
const GAP_TOP: f64 = 262.0;
const GAP_HIGH: f64 = 110.0;
const HEIGHT: f64 = 408.0;

/// A mark on an axis.
pub struct Tick {
    pub at: f64,
    pub words: String,
}

/// A row of the table.
pub struct DayRow {
    pub day: String,
    pub seen: String,
    pub expected: String,
    pub gained: String,
}

/// The picture and its table.
pub struct LiftChart {
    pub title: String,
    pub spoken: String,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub base_y: f64,
    pub top: f64,
    pub low: f64,
    pub seen: Vec<String>,
    pub band: String,
    pub middle: String,
    pub start_x: f64,
    pub values: Vec<Tick>,
    pub days: Vec<Tick>,
    pub posts: Vec<Tick>,
    pub gap_zero: f64,
    pub gap_band: String,
    pub gap_line: String,
    pub gap_values: Vec<Tick>,
    pub rows: Vec<DayRow>,
}

/// A date as charts write it: `1 Mar`.
pub fn day_words(day: i32) -> String {
    date_of(day).strftime("%-d %b").to_string()
}

/// A date with its year.
pub fn day_in_full(day: i32) -> String {
    date_of(day).strftime("%-d %b %Y").to_string()
}

fn points(of: impl Iterator<Item = (f64, f64)>) -> String {
    of.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

/// Draws an outcome with the days on which posts went out; `None` where nothing was measured.
pub fn lift_chart(found: &OutcomeFound, posts: &[(i32, String)]) -> Option<LiftChart> {
    let days = &found.days;
    let (first, last) = (days.first()?.day, days.last()?.day);
    let start = days.iter().find(|day| day.expected.is_some())?.day;
    let span = f64::from((last - first).max(1));
    let x = |day: i32| LEFT + f64::from(day - first) / span * (WIDTH - LEFT - RIGHT);
    let highest = days
        .iter()
        .flat_map(|day| day.seen.into_iter().chain(day.expected.map(|expected| expected[2])))
        .fold(0.0_f64, f64::max);
    let lowest = days
        .iter()
        .flat_map(|day| day.seen.into_iter().chain(day.expected.map(|expected| expected[1].max(-highest))))
        .fold(0.0_f64, f64::min);
    let (top, bottom) = (round_scale_end(highest), if lowest < 0.0 { -round_scale_end(-lowest) } else { 0.0 });
    let y = |value: f64| TOP + (top - value.clamp(bottom, top)) / (top - bottom) * HIGH;
    let mut seen: Vec<Vec<(f64, f64)>> = vec![vec![]];
    for day in days {
        match day.seen {
            Some(value) => seen.last_mut().expect("one begun").push((x(day.day), y(value))),
            None if seen.last().is_some_and(|part| !part.is_empty()) => seen.push(vec![]),
            None => {}
        }
    }
    let expected: Vec<(&DayFound, [f64; 3])> = days.iter().filter_map(|day| Some((day, day.expected?))).collect();
    let gained: Vec<(i32, [f64; 3])> = days.iter().filter_map(|day| Some((day.day, day.gained?))).collect();
    let reach = gained.iter().flat_map(|(_, gained)| *gained).fold(0.0_f64, |most, value| most.max(value.abs()));
    let reach = round_scale_end(reach);
    let gap_y = |value: f64| GAP_TOP + (reach - value.clamp(-reach, reach)) / (2.0 * reach) * GAP_HIGH;
    let there_and_back = |upper: &dyn Fn(usize) -> (f64, f64), lower: &dyn Fn(usize) -> (f64, f64), count: usize| {
        points((0..count).map(upper).chain((0..count).rev().map(lower)))
    };
    let unit = found.unit;
    let amount = |value: f64| format::part(value, unit);
    let signed = |value: f64| if value > 0.0 { format!("+{}", amount(value)) } else { amount(value) };
    let rows = days.iter().filter(|day| day.expected.is_some() || day.day >= start - 7);
    let range = |value: [f64; 3]| {
        format!("{} ({} to {})", amount(value[0].round()), amount(value[1].round()), amount(value[2].round()))
    };
    let total = gained.last().map_or(0.0, |(_, gained)| gained[0]);
    let last_gained = gained.last().map_or([0.0; 3], |(_, gained)| *gained);
    let every = ((last - first) / 6).max(1);
    Some(LiftChart {
        title: format!("{} a day, and what would have been without", super::capitalised(&found.words)),
        spoken: format!(
            "{} from {} to {}: by the end {} more than without, between {} and {}",
            found.words,
            day_in_full(start),
            day_in_full(last),
            signed(total.round()),
            amount(last_gained[1].round()),
            amount(last_gained[2].round())
        ),
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: WIDTH - RIGHT,
        top: TOP,
        low: GAP_TOP + GAP_HIGH,
        base_y: y(0.0),
        seen: seen.into_iter().filter(|part| !part.is_empty()).map(|part| points(part.into_iter())).collect(),
        band: there_and_back(
            &|place| (x(expected[place].0.day), y(expected[place].1[2])),
            &|place| (x(expected[place].0.day), y(expected[place].1[1])),
            expected.len(),
        ),
        middle: points(expected.iter().map(|(day, expected)| (x(day.day), y(expected[0])))),
        start_x: x(start),
        values: [bottom, f64::midpoint(bottom, top), top]
            .into_iter()
            .map(|value| Tick { at: y(value), words: amount(value) })
            .collect(),
        days: (first..=last)
            .step_by(every as usize)
            .filter(|day| (x(*day) - x(start)).abs() > 1.0 || *day == start)
            .map(|day| Tick { at: x(day), words: day_words(day) })
            .collect(),
        posts: posts
            .iter()
            .filter(|(day, _)| (first..=last).contains(day))
            .map(|(day, words)| Tick { at: x(*day), words: format!("{}, {words}", day_words(*day)) })
            .collect(),
        gap_zero: gap_y(0.0),
        gap_band: there_and_back(
            &|place| (x(gained[place].0), gap_y(gained[place].1[2])),
            &|place| (x(gained[place].0), gap_y(gained[place].1[1])),
            gained.len(),
        ),
        gap_line: points(gained.iter().map(|(day, gained)| (x(*day), gap_y(gained[0])))),
        gap_values: [-reach, 0.0, reach]
            .into_iter()
            .map(|value| Tick { at: gap_y(value), words: signed(value) })
            .collect(),
        rows: rows
            .map(|day| DayRow {
                day: day_in_full(day.day),
                seen: day.seen.map_or_else(|| "not known".to_owned(), amount),
                expected: day.expected.map_or_else(|| "before it began".to_owned(), range),
                gained: day.gained.map_or_else(String::new, range),
            })
            .collect(),
    })
}

/// One window of the strip.
pub struct StripMark {
    pub y: f64,
    pub from: f64,
    pub to: f64,
    pub dot: f64,
    pub words: String,
    pub range: String,
    /// `campaign`, `alarm` or `quiet`.
    pub kind: &'static str,
}

/// The campaign's effect among windows in which nothing happened.
pub struct Strip {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub zero: f64,
    pub ends: [Tick; 2],
    pub marks: Vec<StripMark>,
}

/// Windows drawn at most, the newest first; the title says of how many.
const MARKS_MAX: usize = 20;

/// Draws earlier windows below the campaign.
pub fn strip(found: &OutcomeFound, placebos: &PlacebosFound) -> Option<Strip> {
    const ROW: f64 = 18.0;
    const LABEL: f64 = 150.0;
    let (value, lo, hi) = (found.a_day.value?, found.a_day.lo?, found.a_day.hi?);
    let start = found.days.iter().find(|day| day.expected.is_some())?.day;
    let shown = placebos.windows.iter().take(MARKS_MAX);
    let reach = shown
        .clone()
        .flat_map(|window| window.a_day)
        .chain([value, lo, hi])
        .fold(0.0_f64, |most, one| most.max(one.abs()));
    let reach = if reach > 0.0 { reach * 1.02 } else { 1.0 };
    let x = |value: f64| LABEL + (value + reach) / (2.0 * reach) * (WIDTH - LABEL - RIGHT);
    let unit = found.unit;
    let words = |[value, lo, hi]: [f64; 3]| {
        let half = (hi - lo) / 2.0;
        format!("{} ({})", format::value(value, half, unit), format::interval(value, lo, hi, unit))
    };
    let mut marks = vec![StripMark {
        y: TOP + ROW / 2.0,
        from: x(lo),
        to: x(hi),
        dot: x(value),
        words: format!("campaign, {}", day_words(start)),
        range: words([value, lo, hi]),
        kind: "campaign",
    }];
    marks.extend(shown.enumerate().map(|(place, window)| StripMark {
        y: TOP + ROW * (place as f64 + 1.5),
        from: x(window.a_day[1]),
        to: x(window.a_day[2]),
        dot: x(window.a_day[0]),
        words: format!("from {}", day_in_full(window.first_day)),
        range: words(window.a_day),
        kind: if window.is_alarm { "alarm" } else { "quiet" },
    }));
    let windows = placebos.windows.len();
    let title = match placebos.alarms {
        0 => {
            format!("None of {} raised an alarm", format::counted(windows as u64, "earlier window", "earlier windows"))
        }
        alarms => format!(
            "{alarms} of {} also raised an alarm",
            format::counted(windows as u64, "earlier window", "earlier windows")
        ),
    };
    let title = match windows > MARKS_MAX {
        true => format!("{title}; the newest {MARKS_MAX} are drawn, all stand in the JSON"),
        false => title,
    };
    Some(Strip {
        title,
        width: WIDTH,
        height: TOP + ROW * marks.len() as f64 + 24.0,
        left: LABEL,
        zero: x(0.0),
        ends: [
            Tick { at: x(-reach), words: format::part(-reach, unit) },
            Tick { at: x(reach), words: format!("+{}", format::part(reach, unit)) },
        ],
        marks,
    })
}

/// The range that no look so far has refused, day by day.
pub struct WatchChart {
    pub title: String,
    pub spoken: String,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub zero: f64,
    pub band: String,
    pub line: String,
    pub values: Vec<Tick>,
    pub days: Vec<Tick>,
}

/// Draws what may be looked at every day; `None` before the first day is over or while nothing is ruled out.
pub fn watch_chart(watched: &Watched, unit: Unit) -> Option<WatchChart> {
    let looks: Vec<(i32, f64, f64, f64)> = watched
        .looks
        .iter()
        .zip(watched.first_day..)
        .filter_map(|(look, day)| Some((day, look.seen - look.expected, look.more_lo, look.more_hi?)))
        .collect();
    let (first, last) = (looks.first()?.0, looks.last()?.0);
    // The first looks rule out little; a scale that holds them would hide all later ones.
    let settled = &looks[looks.len() / 4..];
    let reach =
        settled.iter().fold(0.0_f64, |most, (_, more, lo, hi)| most.max(lo.abs()).max(hi.abs()).max(more.abs()));
    let reach = round_scale_end(reach);
    let x = |day: i32| LEFT + f64::from(day - first) / f64::from((last - first).max(1)) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (reach - value.clamp(-reach, reach)) / (2.0 * reach) * HIGH;
    let amount =
        |value: f64| if value > 0.0 { format!("+{}", format::part(value, unit)) } else { format::part(value, unit) };
    let upper = looks.iter().map(|(day, _, _, hi)| (x(*day), y(*hi)));
    let lower = looks.iter().rev().map(|(day, _, lo, _)| (x(*day), y(*lo)));
    let every = ((last - first) / 6).max(1) as usize;
    Some(WatchChart {
        title: format!(
            "More {} than expected so far, with the range that holds however often one looks",
            watched.words
        ),
        spoken: crate::measurement::words::so_far(watched),
        width: WIDTH,
        height: TOP + HIGH + 30.0,
        left: LEFT,
        right: WIDTH - RIGHT,
        zero: y(0.0),
        band: points(upper.chain(lower)),
        line: points(looks.iter().map(|(day, more, ..)| (x(*day), y(*more)))),
        values: [-reach, 0.0, reach].into_iter().map(|value| Tick { at: y(value), words: amount(value) }).collect(),
        days: (first..=last).step_by(every).map(|day| Tick { at: x(day), words: day_words(day) }).collect(),
    })
}

/// A daily series by itself.
pub struct SeriesPicture {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub base_y: f64,
    pub lines: Vec<String>,
    pub values: Vec<Tick>,
    pub days: Vec<Tick>,
}

/// Draws the last year of a series; days that are not known are gaps.
pub fn series_picture(name: &str, days: &[(i32, f64)]) -> Option<SeriesPicture> {
    const DAYS_MAX: i32 = 366;
    let last = days.last()?.0;
    let shown: Vec<(i32, f64)> = days.iter().copied().filter(|(day, _)| *day > last - DAYS_MAX).collect();
    let first = shown.first()?.0;
    if first == last {
        return None;
    }
    let highest = shown.iter().map(|(_, value)| *value).fold(0.0_f64, f64::max);
    let lowest = shown.iter().map(|(_, value)| *value).fold(0.0_f64, f64::min);
    let (top, bottom) = (round_scale_end(highest), if lowest < 0.0 { -round_scale_end(-lowest) } else { 0.0 });
    let x = |day: i32| LEFT + f64::from(day - first) / f64::from(last - first) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (top - value) / (top - bottom) * HIGH;
    let mut lines: Vec<Vec<(f64, f64)>> = vec![];
    let mut before: Option<i32> = None;
    for (day, value) in &shown {
        if before != Some(day - 1) {
            lines.push(vec![]);
        }
        lines.last_mut().expect("one begun").push((x(*day), y(*value)));
        before = Some(*day);
    }
    Some(SeriesPicture {
        title: format!("{name}, {} to {}", day_in_full(first), day_in_full(last)),
        width: WIDTH,
        height: TOP + HIGH + 30.0,
        left: LEFT,
        right: WIDTH - RIGHT,
        base_y: y(0.0),
        lines: lines.into_iter().map(|line| points(line.into_iter())).collect(),
        values: [bottom, top]
            .into_iter()
            .map(|value| Tick { at: y(value), words: format::part(value, Unit::Items) })
            .collect(),
        days: (first..=last)
            .step_by(((last - first) / 6).max(1) as usize)
            .map(|day| Tick { at: x(day), words: day_words(day) })
            .collect(),
    })
}
