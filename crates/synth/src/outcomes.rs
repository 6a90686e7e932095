//! Campaigns with a known effect: a daily outcome series each, so that a measured lift can be held against the truth.
//!
//! The model is one of several a real shop's series may follow (weekdays, slow swings shared with a control series,
//! noise that remembers yesterday); the effect multiplies the days of the campaign by `1 + lift`.

use serde::Serialize;

use crate::random::{Purpose, Stream, power};
use crate::settings::WorldSettings;

/// One planted campaign.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlantedCampaign {
    pub name: String,
    /// Days since 1970 of the first value.
    pub first_day: i32,
    /// The daily outcome, such as orders; the campaign runs from day `pre_days` to the end.
    pub values: Vec<f64>,
    /// A series that swings along but that the campaign does not touch.
    pub control: Vec<f64>,
    pub pre_days: usize,
    /// The planted effect as a share of what would have been; 0 is a campaign that did nothing.
    pub lift: f64,
    /// The planted effect per day of the campaign, in the outcome's own unit.
    pub effect_per_day: f64,
}

const CAMPAIGNS: usize = 40;
const POST_DAYS: usize = 28;

/// The brand's own campaign first, then others to check how often an interval holds the truth.
pub(crate) fn plan_campaigns(settings: &WorldSettings) -> Vec<PlantedCampaign> {
    let chance = Stream::new(settings.seed, Purpose::Outcomes);
    (0..CAMPAIGNS)
        .map(|number| {
            let lift = [0.15, 0.0, 0.08, 0.2, 0.0, 0.12, 0.3, 0.05][number % 8];
            let name = if number == 0 { "Slow mornings".to_owned() } else { format!("Campaign {}", number + 1) };
            plan_campaign(settings, name, lift, chance.dice(number as u64))
        })
        .collect()
}

fn plan_campaign(settings: &WorldSettings, name: String, lift: f64, mut dice: crate::random::Dice) -> PlantedCampaign {
    let days = settings.days.0 as usize;
    // Whole weeks before, at least twelve.
    let pre_days = ((days - POST_DAYS - 7) / 7 * 7).clamp(84, 182);
    let length = pre_days + POST_DAYS;
    let weekdays = [1.0, 0.92, 0.95, 1.0, 1.08, 1.22, 0.83];
    let level = dice.log_normal(110.0, 0.6).max(40.0);
    let memory = dice.between(0.1, 0.6);
    let noise = level * dice.between(0.05, 0.1);
    let (mut swing, mut own) = (0.0, 0.0);
    let (mut values, mut control) = (Vec::with_capacity(length), Vec::with_capacity(length));
    let (mut effect, spread) = (0.0, power(1.0 - memory * memory, 0.5));
    for day in 0..length {
        swing = 0.5 * swing + noise * 0.8 * dice.normal();
        own = memory * own + noise * spread * dice.normal();
        let without = (level * weekdays[day % 7] + swing + own).max(0.0);
        let extra = if day >= pre_days { without * lift } else { 0.0 };
        effect += extra;
        values.push((without + extra).round());
        control.push((2.0 * level * weekdays[day % 7] + 2.0 * swing + noise * dice.normal()).max(0.0).round());
    }
    PlantedCampaign {
        name,
        first_day: settings.end_at.day() - length as i32,
        values,
        control,
        pre_days,
        lift,
        effect_per_day: effect / POST_DAYS as f64,
    }
}
