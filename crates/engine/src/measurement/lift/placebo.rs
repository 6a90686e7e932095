//! Placebo in time: the same analysis where there was no campaign, so that a method that finds effects everywhere is caught.

use serde::{Deserialize, Serialize};

use super::{Lift, LiftInput, LiftSettings, measure_lift};

/// The same analysis on one earlier window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlaceboWindow {
    /// The period at which it pretends that a campaign began.
    pub start: usize,
    pub lift: Lift,
}

/// The same analysis on all earlier windows of the campaign's length that have history enough.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Placebo {
    /// The latest first.
    pub windows: Vec<PlaceboWindow>,
    pub alarms: usize,
    /// Periods from one window to the next: the length of the campaign, or 7 where that gives too few.
    pub step: usize,
    /// Windows whose effect went at least as far from 0 as the campaign's, with the campaign itself counted.
    pub rank: usize,
}

/// Fewer windows than this judge no design.
pub const PLACEBO_WINDOWS_MIN: usize = 10;
/// More alarms than this share of the windows, and a result is withdrawn.
pub const PLACEBO_ALARMS_MAX: f64 = 0.10;

impl Placebo {
    /// Whether the design raised alarms where nothing happened: then its result says nothing.
    pub fn is_not_trustworthy(&self) -> bool {
        let windows = self.windows.len();
        windows >= PLACEBO_WINDOWS_MIN && self.alarms as f64 > PLACEBO_ALARMS_MAX * windows as f64
    }
}

/// The shortest history before a start: eight weeks, or three times the campaign.
pub fn history_needed(post_periods: usize) -> usize {
    (8 * 7).max(3 * post_periods)
}

/// The same analysis on every earlier window of the campaign's length.
///
/// A window begins where the history before it is at least eight weeks and three times its length, and ends at the latest where the
/// campaign began; windows are one campaign apart, or 7 periods where that gives fewer than ten. Windows that hold only cut periods,
/// or that cannot be analysed, are left out.
/// Inputs: as for `measure_lift`; `of` is the campaign's own result. Cost: one analysis a window.
/// Source: placebo tests in time (Abadie, Diamond & Hainmueller 2015, section 4).
pub fn placebo_in_time(input: &LiftInput<'_>, settings: &LiftSettings, of: &Lift) -> Placebo {
    let length = input.response.len() - input.pre_periods;
    let apart = windows(input, settings, length, length);
    let enough = apart.len() >= PLACEBO_WINDOWS_MIN || length <= 7;
    let (windows, step) = if enough { (apart, length) } else { (windows(input, settings, length, 7), 7) };
    let further = |window: &&PlaceboWindow| size(&window.lift) >= size(of);
    Placebo {
        alarms: windows.iter().filter(|window| window.lift.is_seen()).count(),
        rank: windows.iter().filter(further).count() + 1,
        windows,
        step,
    }
}

/// How far an effect is from 0, over how far chance alone goes: windows of unlike history are compared by it.
fn size(lift: &Lift) -> f64 {
    (lift.effect / (lift.hi - lift.lo)).abs()
}

fn windows(input: &LiftInput<'_>, settings: &LiftSettings, length: usize, step: usize) -> Vec<PlaceboWindow> {
    let mut found = Vec::new();
    let mut end = input.pre_periods;
    while end >= history_needed(length) + length {
        let start = end - length;
        if let Some(lift) = earlier(input, settings, start, end) {
            found.push(PlaceboWindow { start, lift });
        }
        end -= step;
    }
    found
}

/// The analysis as if a campaign had run from `start` to `end`.
fn earlier(input: &LiftInput<'_>, settings: &LiftSettings, start: usize, end: usize) -> Option<Lift> {
    let controls: Vec<&[f64]> = input.controls.iter().map(|control| &control[..end]).collect();
    // An event that lies in no period here would be a column of zeros.
    let happened = |event: &&&[f64]| event[..start].iter().any(|value| *value != 0.0);
    let events: Vec<&[f64]> = input.events.iter().filter(happened).map(|event| &event[..end]).collect();
    let input = LiftInput {
        response: &input.response[..end],
        pre_periods: start,
        controls: &controls,
        events: &events,
        first_weekday: input.first_weekday,
    };
    measure_lift(&input, settings).ok()
}
