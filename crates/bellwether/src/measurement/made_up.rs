//! The measurements of the demo: two campaigns of the made-up market whose daily orders and truth are known, asked as a brand would have
//! asked them beforehand.

use model::{Currency, Money};
use store::measurement::{NewSeries, NewStudy, SeriesKind};
use synth::PlantedCampaign;

use super::costing::StudyCosts;
use super::design::StudyDesign;
use super::outcomes::{Outcome, date_of};
use super::{MeasurementError, TEAM};
use crate::data_directory::DataDirectory;

/// How many of the planted campaigns are shown: one that did something, and one that did nothing.
const SHOWN: usize = 2;

/// Keeps the series and questions of planted campaigns, unless they are there.
pub async fn keep(data: &DataDirectory, campaigns: &[PlantedCampaign]) -> Result<(), MeasurementError> {
    let Ok(currency) = Currency::new("EUR") else { return Ok(()) };
    for campaign in campaigns.iter().take(SHOWN) {
        let days = |values: &[f64]| values.iter().zip(campaign.first_day..).map(|(value, day)| (day, *value)).collect();
        let series = |what: &str, is_touched: bool, values: &[f64]| NewSeries {
            name: format!("{what} ({})", campaign.name),
            counts_what: what.to_owned(),
            kind: SeriesKind::Gained,
            is_touched,
            source: "made up".to_owned(),
            actor: TEAM.to_owned(),
            days: days(values),
        };
        let both = [
            series("orders", true, &campaign.values),
            series("visitors of the whole market", false, &campaign.control),
        ];
        let kept = data.store.take_series(&both, data.now()).await?;
        let starts = campaign.first_day + campaign.pre_days as i32;
        let design = StudyDesign {
            primary: Outcome::Series(kept[0].0),
            secondary: vec![],
            starts_on: date_of(starts).to_string(),
            ends_on: date_of(campaign.first_day + campaign.values.len() as i32 - 1).to_string(),
            history_from: None,
            settle_days: 0,
            zone: "UTC".to_owned(),
            shop: None,
            currency: Some(currency.to_string()),
            controls: vec![kept[1].0],
            comparable: vec![],
            cuts: vec![],
            margin_basis_points: None,
            worth_of_one: Some(Money { minor_units: 1_150, currency }),
            window_days: 30,
            has_trend: false,
            is_late: false,
        };
        let text = serde_json::to_string(&design).map_err(|error| MeasurementError::File(error.to_string()))?;
        let new = NewStudy {
            campaign: None,
            name: &campaign.name,
            design: &text,
            starts_on: &design.starts_on,
            ends_on: &design.ends_on,
            unlocks_at: design.unlocks_at(),
            actor: TEAM,
        };
        let Some(id) = data.store.add_study(&new, design.moment_of(starts - 14)).await? else { continue };
        let money = |minor_units: i64| Some(Money { minor_units, currency });
        let costs = StudyCosts {
            fee: money(180_000),
            product_at_cost: money(24_000),
            shipping: money(4_800),
            hours: Some(12.0),
            hourly_rate: money(3_500),
            ..StudyCosts::default()
        };
        super::keep_costs(data, id, &costs, TEAM).await?;
    }
    Ok(())
}
