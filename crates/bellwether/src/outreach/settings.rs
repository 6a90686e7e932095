//! What all outreach shares: by which address the outside reaches this program, who the sender is, the brand's zone.

use serde::{Deserialize, Serialize};

use super::reminders::ReminderWay;
use super::{OutreachError, one_line};
use crate::data_directory::DataDirectory;

const NAME: &str = "outreach";

/// Settings of outreach.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct OutreachSettings {
    /// `https://mail.brand.example`: where unsubscribe links and creators' pages are reached from outside; empty: nowhere.
    pub public_address: String,
    /// Who writes, as mails say it: name and postal address.
    pub sender: String,
    /// The brand's zone, for recipients whose zone is not known.
    pub zone: String,
    /// How creators are reminded of what is due.
    pub reminders: ReminderWay,
}

pub async fn settings(data: &DataDirectory) -> Result<OutreachSettings, OutreachError> {
    let kept = data.store.setting(NAME).await?;
    Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Keeps the settings after looking whether they can be right.
pub async fn keep(data: &DataDirectory, given: OutreachSettings) -> Result<OutreachSettings, OutreachError> {
    let address = given.public_address.trim().trim_end_matches('/').to_owned();
    let is_address = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', ' ', '@']));
    if !address.is_empty() && !is_address {
        return Err(OutreachError::Field {
            field: "public_address",
            problem: format!("{address:?} is no address such as https://mail.brand.example"),
        });
    }
    let zone = known_zone(given.zone.trim(), "zone")?;
    let settings = OutreachSettings {
        public_address: address,
        sender: one_line("sender", &given.sender, 300)?,
        zone,
        reminders: given.reminders,
    };
    let text = serde_json::to_string(&settings).expect("settings are plain");
    data.store.set_setting(NAME, &text).await?;
    Ok(settings)
}

/// A zone of the time zone database, or empty.
pub fn known_zone(zone: &str, field: &'static str) -> Result<String, OutreachError> {
    if zone.is_empty() || jiff::tz::TimeZone::get(zone).is_ok() {
        return Ok(zone.to_owned());
    }
    Err(OutreachError::Field { field, problem: format!("{zone:?} is no zone such as Europe/Berlin") })
}

/// The host of the public address, for the guard.
pub fn public_host(settings: &OutreachSettings) -> Option<String> {
    let rest = settings.public_address.split_once("://")?.1;
    (!rest.is_empty()).then(|| rest.to_ascii_lowercase())
}
