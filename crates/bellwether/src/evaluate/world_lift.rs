//! The lift part of `bellwether evaluate world`: every planted campaign measured from its days and its control, against what is planted.

use engine::measurement::lift::{LiftInput, LiftSettings, Scale, measure_lift};
use serde::Serialize;
use synth::Truth;

/// Lifts against the planted ones.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LiftJudged {
    pub campaigns: u64,
    /// The mean of |measured - planted|, in shares of what would have been.
    pub mean_error: f64,
    /// Share of the 95 % intervals that hold the planted effect.
    pub coverage: f64,
    /// Of the campaigns that did nothing: how many there are, and the share with an effect found.
    pub without_effect: u64,
    pub false_alarms: Option<f64>,
    /// Of those that did something: the share that is seen.
    pub seen: Option<f64>,
    /// The brand's own campaign: planted, measured, interval, in shares.
    pub own: [f64; 4],
}

/// Measures every planted campaign as a person would: its days, its weekdays, the series that swings along.
pub fn judge_lift(truth: &Truth) -> anyhow::Result<LiftJudged> {
    let settings = LiftSettings { scale: Scale::Automatic, ..LiftSettings::default() };
    let (mut errors, mut held) = (0.0, 0u64);
    let (mut quiet, mut alarms, mut seen) = (0u64, 0u64, 0u64);
    let mut own = None;
    for campaign in &truth.campaigns {
        let response: Vec<Option<f64>> = campaign.values.iter().map(|value| Some(*value)).collect();
        let input = LiftInput {
            response: &response,
            pre_periods: campaign.pre_days,
            controls: &[&campaign.control],
            events: &[],
            first_weekday: Some(campaign.first_day.rem_euclid(7) as u8),
        };
        let lift = measure_lift(&input, &settings)?;
        let share = |effect: f64| effect / lift.expected_mean;
        errors += (lift.relative.unwrap_or(0.0) - campaign.lift).abs();
        held += u64::from(lift.lo <= campaign.effect_per_day && campaign.effect_per_day <= lift.hi);
        if campaign.lift == 0.0 {
            quiet += 1;
            alarms += u64::from(lift.is_seen());
        } else {
            seen += u64::from(lift.lo > 0.0);
        }
        own.get_or_insert([campaign.lift, share(lift.effect), share(lift.lo), share(lift.hi)]);
    }
    let campaigns = truth.campaigns.len() as u64;
    let of = |count: u64, all: u64| (all > 0).then(|| count as f64 / all as f64);
    Ok(LiftJudged {
        campaigns,
        mean_error: errors / campaigns.max(1) as f64,
        coverage: of(held, campaigns).unwrap_or(0.0),
        without_effect: quiet,
        false_alarms: of(alarms, quiet),
        seen: of(seen, campaigns - quiet),
        own: own.unwrap_or_default(),
    })
}
