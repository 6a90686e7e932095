//! Daily series without any effect, of kinds that real outcomes resemble: what a measurement of lift is held against.
//!
//! Nine kinds are those by which the field's tools are compared (level 100, a weekly rhythm, noise of 10 a day, often a control that
//! swings along); the others lie outside what any of the noise models of the lift engine describes. An analysis that finds an effect
//! in them raises a false alarm.

use serde::Serialize;

use crate::random::{Dice, Purpose, Stream, exp, power};

/// How a series without effect moves from day to day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesKind {
    /// Each day on its own.
    White,
    /// Noise that remembers yesterday, correlation .3.
    Memory3,
    /// The same, correlation .6.
    Memory6,
    /// White noise on a level that wanders by .05 of the noise a day.
    Drift5,
    /// The same by .2.
    Drift20,
    /// A dozen events a day, more uneven than chance, without a control.
    Counts,
    /// Heavy tails, and a spike of 50 on one day of fifty.
    HeavyTails,
    /// `Memory3` without a control.
    MemoryAlone,
    /// A straight rise of .3 a day without a control.
    Trend,
    /// Outside the models: a slow swing over a year, without a control.
    Season,
    /// Outside the models: quiet and wild weeks, because the variance remembers.
    WildWeeks,
    /// Outside the models: memory over months (fractional differences of order .3).
    LongMemory,
    /// Outside the models: a dozen events a day whose rate wanders by 1.5 % a day, without a control.
    WanderingCounts,
    /// Outside the models: a dozen events a day whose rate swings by a fifth and remembers yesterday, without a control.
    MemoryCounts,
    /// Outside the models: growth of .2 % a day with noise that grows along, without a control.
    Growth,
}

impl SeriesKind {
    pub const ALL: [SeriesKind; 15] = [
        SeriesKind::White,
        SeriesKind::Memory3,
        SeriesKind::Memory6,
        SeriesKind::Drift5,
        SeriesKind::Drift20,
        SeriesKind::Counts,
        SeriesKind::HeavyTails,
        SeriesKind::MemoryAlone,
        SeriesKind::Trend,
        SeriesKind::Season,
        SeriesKind::WildWeeks,
        SeriesKind::LongMemory,
        SeriesKind::WanderingCounts,
        SeriesKind::MemoryCounts,
        SeriesKind::Growth,
    ];

    /// The word by which commands know it.
    pub fn code(self) -> &'static str {
        match self {
            SeriesKind::White => "white",
            SeriesKind::Memory3 => "memory-3",
            SeriesKind::Memory6 => "memory-6",
            SeriesKind::Drift5 => "drift-5",
            SeriesKind::Drift20 => "drift-20",
            SeriesKind::Counts => "counts",
            SeriesKind::HeavyTails => "heavy-tails",
            SeriesKind::MemoryAlone => "memory-alone",
            SeriesKind::Trend => "trend",
            SeriesKind::Season => "season",
            SeriesKind::WildWeeks => "wild-weeks",
            SeriesKind::LongMemory => "long-memory",
            SeriesKind::WanderingCounts => "wandering-counts",
            SeriesKind::MemoryCounts => "memory-counts",
            SeriesKind::Growth => "growth",
        }
    }

    pub fn from_code(code: &str) -> Option<SeriesKind> {
        SeriesKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    fn has_control(self) -> bool {
        use SeriesKind::{Drift5, Drift20, HeavyTails, LongMemory, Memory3, Memory6, White, WildWeeks};
        matches!(self, White | Memory3 | Memory6 | Drift5 | Drift20 | HeavyTails | WildWeeks | LongMemory)
    }

    fn are_counts(self) -> bool {
        matches!(self, SeriesKind::Counts | SeriesKind::WanderingCounts | SeriesKind::MemoryCounts)
    }
}

/// A made series: one value a day and, where its kind has one, a control that no campaign touches.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MadeSeries {
    /// 0 to 6, the weekday of the first day.
    pub first_weekday: u8,
    pub values: Vec<f64>,
    pub control: Option<Vec<f64>>,
}

const WEEKDAYS: [f64; 7] = [1.0, 0.9, 0.95, 1.0, 1.1, 1.25, 0.8];
const LEVEL: f64 = 100.0;
const NOISE: f64 = 10.0;
const COUNTS_A_DAY: f64 = 12.0;

/// The `number`-th series of a kind: the same seed, kind and number give the same days.
pub fn made_series(kind: SeriesKind, seed: u64, number: u64, days: usize) -> MadeSeries {
    let stream = Stream::numbered(Stream::new(seed, Purpose::Series).raw(kind as u64), 0);
    let mut dice = stream.dice(number);
    let first_weekday = dice.below(7) as u8;
    let weekday = |day: usize| WEEKDAYS[(usize::from(first_weekday) + day) % 7];
    let noise = noise_of(kind, days, &mut dice);
    let mut swing = NOISE * dice.normal();
    let mut swings = Vec::with_capacity(days);
    for _ in 0..days {
        swings.push(swing);
        swing = 0.5 * swing + NOISE * power(0.75, 0.5) * dice.normal();
    }
    let control = kind
        .has_control()
        .then(|| (0..days).map(|day| 200.0 * weekday(day) + 2.0 * swings[day] + NOISE * dice.normal()).collect());
    let values = (0..days)
        .map(|day| {
            if kind.are_counts() {
                let rate = COUNTS_A_DAY * weekday(day) * exp(noise[day]);
                let uneven = gamma(6.0, &mut dice) / 6.0;
                return poisson(rate * uneven, &mut dice);
            }
            let shared = if control.is_some() { swings[day] } else { 0.0 };
            if kind == SeriesKind::Growth {
                return LEVEL * weekday(day) * exp(0.002 * day as f64 + noise[day] / LEVEL);
            }
            LEVEL * weekday(day) + shared + noise[day]
        })
        .collect();
    MadeSeries { first_weekday, values, control }
}

/// What is left beside level, weekdays and the shared swing; for counts, of the logarithm of the rate.
fn noise_of(kind: SeriesKind, days: usize, dice: &mut Dice) -> Vec<f64> {
    match kind {
        SeriesKind::White => (0..days).map(|_| NOISE * dice.normal()).collect(),
        SeriesKind::Memory3 | SeriesKind::MemoryAlone => remembering(0.3, days, dice),
        SeriesKind::Memory6 => remembering(0.6, days, dice),
        SeriesKind::Drift5 => wandering(0.05 * NOISE, NOISE, days, dice),
        SeriesKind::Drift20 => wandering(0.2 * NOISE, NOISE, days, dice),
        SeriesKind::Counts => vec![0.0; days],
        SeriesKind::WanderingCounts => wandering(0.015, 0.0, days, dice),
        SeriesKind::MemoryCounts => remembering(0.6, days, dice).into_iter().map(|noise| 0.2 / NOISE * noise).collect(),
        SeriesKind::HeavyTails => (0..days)
            .map(|_| {
                let spike = if dice.chance(0.02) { 50.0 } else { 0.0 };
                spike + NOISE / 1.73 * student_t3(dice)
            })
            .collect(),
        SeriesKind::Trend => (0..days).map(|day| 0.3 * day as f64 + NOISE * dice.normal()).collect(),
        SeriesKind::Season => {
            let start = dice.uniform();
            (0..days).map(|day| 10.0 * sine(start + day as f64 / 365.0) + NOISE * dice.normal()).collect()
        }
        SeriesKind::WildWeeks => {
            let mut variance = 1.0;
            (0..days)
                .map(|_| {
                    let drawn = power(variance, 0.5) * dice.normal();
                    variance = 0.05 + 0.15 * drawn * drawn + 0.8 * variance;
                    NOISE * drawn
                })
                .collect()
        }
        SeriesKind::LongMemory => {
            const BEFORE: usize = 400;
            let mut weights = vec![1.0];
            for lag in 1..days + BEFORE {
                weights.push(weights[lag - 1] * (lag as f64 - 1.0 + 0.3) / lag as f64);
            }
            let shocks: Vec<f64> = (0..days + BEFORE).map(|_| dice.normal()).collect();
            (BEFORE..days + BEFORE)
                .map(|day| 0.87 * NOISE * (0..=day).map(|lag| weights[lag] * shocks[day - lag]).sum::<f64>())
                .collect()
        }
        SeriesKind::Growth => remembering(0.3, days, dice),
    }
}

fn remembering(memory: f64, days: usize, dice: &mut Dice) -> Vec<f64> {
    let mut noise = NOISE * dice.normal();
    let step = NOISE * power(1.0 - memory * memory, 0.5);
    (0..days)
        .map(|_| {
            let today = noise;
            noise = memory * noise + step * dice.normal();
            today
        })
        .collect()
}

fn wandering(step: f64, noise: f64, days: usize, dice: &mut Dice) -> Vec<f64> {
    let mut level = 0.0;
    (0..days)
        .map(|_| {
            level += step * dice.normal();
            level + noise * dice.normal()
        })
        .collect()
}

/// Student's t with three degrees of freedom.
fn student_t3(dice: &mut Dice) -> f64 {
    let squares: f64 = (0..3)
        .map(|_| {
            let normal = dice.normal();
            normal * normal
        })
        .sum();
    dice.normal() / power((squares / 3.0).max(1e-12), 0.5)
}

/// A gamma draw of whole shape and scale 1: that many waits for a Poisson event.
fn gamma(shape: f64, dice: &mut Dice) -> f64 {
    (0..shape as usize).map(|_| -crate::random::ln(1.0 - dice.uniform())).sum()
}

/// Events of a rate below a few hundred, counted one wait after the other.
fn poisson(rate: f64, dice: &mut Dice) -> f64 {
    let (mut events, mut waited) = (0.0, 0.0);
    loop {
        waited += -crate::random::ln(1.0 - dice.uniform());
        if waited > rate {
            return events;
        }
        events += 1.0;
    }
}

/// The sine of a whole turn's share, by Bhaskara's formula: near enough for a swing, and the same on every machine.
fn sine(turns: f64) -> f64 {
    let part = turns.fract();
    let (half, sign) = if part < 0.5 { (part * 2.0, 1.0) } else { ((part - 0.5) * 2.0, -1.0) };
    let product = half * (1.0 - half);
    sign * 16.0 * product / (5.0 - 4.0 * product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn every_kind_is_the_same_again_and_lies_about_its_level() {
        for kind in SeriesKind::ALL {
            assert_eq!(SeriesKind::from_code(kind.code()), Some(kind));
            let made = made_series(kind, 3, 1, 393);
            assert_eq!(made, made_series(kind, 3, 1, 393));
            assert_ne!(made.values, made_series(kind, 3, 2, 393).values);
            assert_ne!(made.values, made_series(kind, 4, 1, 393).values);
            let means: Vec<f64> = (0..40).map(|number| mean(&made_series(kind, 0, number, 93).values)).collect();
            let expect = if kind.are_counts() { COUNTS_A_DAY } else { LEVEL };
            let off = (mean(&means) / expect - 1.0).abs();
            assert!(
                off < if matches!(kind, SeriesKind::Trend | SeriesKind::Growth) { 0.2 } else { 0.05 },
                "{kind:?}: {off}"
            );
        }
    }

    #[test]
    fn counts_are_whole_and_as_uneven_as_said() {
        let values: Vec<f64> =
            (0..200).flat_map(|number| made_series(SeriesKind::Counts, 1, number, 70).values).collect();
        assert!(values.iter().all(|value| value.fract() == 0.0 && *value >= 0.0));
        let centre = mean(&values);
        let variance = mean(&values.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>());
        // Poisson 12, unevenness 24, and the weekdays' own spread of about 2.5.
        assert!((variance - 38.5).abs() < 3.0, "{variance}");
    }
}
