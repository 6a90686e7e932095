//! What a study asks, fixed before the campaign begins: the outcome, the days, what stands for "without", what one more is worth.
//!
//! It is kept as it is and never changed: a question that is chosen after the answer is no question.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Currency, Days, Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::outcomes::{self, Daily, Outcome, Reckoning, day_of};
use super::{MeasurementError, refused};
use crate::clock;
use crate::data_directory::DataDirectory;

/// The longest campaign that is measured, and the longest history.
pub const DAYS_MAX: i32 = 366;
const HISTORY_DAYS_MAX: i32 = 1_830;
/// Days after the last one in which orders are paid, cancelled and told of.
const SETTLE_DAYS: u32 = 2;
const SETTLE_DAYS_MAX: u32 = 60;
const NAME_LETTERS_MAX: usize = 120;
const CONTROLS_MAX: usize = 10;
const COMPARABLE_MAX: usize = 200;
const SECONDARY_MAX: usize = 8;
const CUTS_MAX: usize = 40;

/// Days that are left out: another campaign, a closed shop, a platform that counts otherwise from then on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cut {
    /// Days as 2026-03-01, both left out.
    pub from: String,
    pub to: String,
    pub why: String,
}

/// The design of a study.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StudyDesign {
    pub primary: Outcome,
    #[serde(default)]
    pub secondary: Vec<Outcome>,
    /// Days as 2026-03-01, both measured.
    pub starts_on: String,
    pub ends_on: String,
    /// Where days before this one are not to be looked at.
    #[serde(default)]
    pub history_from: Option<String>,
    /// Days after the end until orders are settled.
    pub settle_days: u32,
    pub zone: String,
    #[serde(default)]
    pub shop: Option<i64>,
    #[serde(default)]
    pub currency: Option<String>,
    /// Series that swing along and that no campaign of one's own moves.
    #[serde(default)]
    pub controls: Vec<i64>,
    /// Series of accounts, regions or shops without the campaign.
    #[serde(default)]
    pub comparable: Vec<i64>,
    #[serde(default)]
    pub cuts: Vec<Cut>,
    /// What is left of revenue once goods are paid, in hundredths of a percent.
    #[serde(default)]
    pub margin_basis_points: Option<u32>,
    /// What one more of the primary outcome is worth, where it is neither orders nor money.
    #[serde(default)]
    pub worth_of_one: Option<Money>,
    /// Days from click to order.
    pub window_days: u32,
    #[serde(default)]
    pub has_trend: bool,
    /// It was kept after the first day had begun: what it finds is a hint, no test.
    #[serde(default)]
    pub is_late: bool,
}

/// What somebody asks for, as it is typed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct DesignGiven {
    pub name: String,
    pub campaign: Option<i64>,
    pub primary: String,
    pub secondary: Vec<String>,
    pub starts_on: String,
    pub ends_on: String,
    pub history_from: String,
    pub settle_days: String,
    pub zone: String,
    pub shop: Option<i64>,
    pub currency: String,
    pub controls: Vec<i64>,
    pub comparable: Vec<i64>,
    /// `2026-03-01..2026-03-14 another campaign`, one a line.
    pub cuts: String,
    /// Percent.
    pub margin: String,
    /// `2.50 EUR`
    pub worth: String,
    pub window: String,
    pub has_trend: bool,
}

/// A design that can be measured, under its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub name: String,
    pub campaign: Option<i64>,
    pub design: StudyDesign,
}

fn day_typed(field: &'static str, text: &str) -> Result<Date, MeasurementError> {
    text.trim().parse().map_err(|_| refused(field, format!("{text:?} is no day such as 2026-03-01")))
}

impl StudyDesign {
    pub fn first_day(&self) -> i32 {
        self.starts_on.parse().map_or(0, day_of)
    }

    /// The day after the last one that is measured.
    pub fn day_after(&self) -> i32 {
        self.ends_on.parse::<Date>().map_or(0, day_of) + 1
    }

    pub fn days(&self) -> i32 {
        self.day_after() - self.first_day()
    }

    pub fn time_zone(&self) -> TimeZone {
        clock::zone(&self.zone).unwrap_or(TimeZone::UTC)
    }

    pub fn currency(&self) -> Option<Currency> {
        Currency::new(self.currency.as_deref()?).ok()
    }

    /// The moment a day begins in the study's zone.
    pub fn moment_of(&self, day: i32) -> Timestamp {
        let zoned = outcomes::date_of(day).to_zoned(self.time_zone());
        zoned.map_or(Timestamp(0), |zoned| Timestamp(zoned.timestamp().as_microsecond()))
    }

    /// When the answer may be read: the last day is over and orders are settled.
    pub fn unlocks_at(&self) -> Timestamp {
        self.moment_of(self.day_after() + self.settle_days as i32)
    }

    /// The day that is not over at a moment.
    pub fn day_at(&self, now: Timestamp) -> i32 {
        let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
        day_of(at.to_zoned(self.time_zone()).date())
    }

    pub fn reckoning(&self, before_day: i32) -> Reckoning {
        Reckoning { zone: self.time_zone(), shop: self.shop, currency: self.currency(), before_day }
    }

    pub fn window(&self) -> Days {
        Days(self.window_days)
    }

    /// Whether a day was cut out.
    pub fn is_cut(&self, day: i32) -> bool {
        let of = |text: &str| text.parse::<Date>().map(day_of).ok();
        self.cuts.iter().any(|cut| of(&cut.from).zip(of(&cut.to)).is_some_and(|(from, to)| (from..=to).contains(&day)))
    }

    pub fn history_from_day(&self) -> i32 {
        let asked = self.history_from.as_deref().and_then(|text| text.parse::<Date>().ok()).map(day_of);
        asked.unwrap_or(i32::MIN).max(self.first_day() - HISTORY_DAYS_MAX)
    }
}

/// Reads a design as it was typed, and refuses what cannot be measured.
///
/// Errors: `Field` with what to do instead; `NoSeries`, `NoCampaign` where one is named that is not held.
pub async fn checked(data: &DataDirectory, given: &DesignGiven) -> Result<Checked, MeasurementError> {
    let name = given.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX {
        return Err(refused("name", format!("give it a name of up to {NAME_LETTERS_MAX} letters")));
    }
    let campaign = match given.campaign {
        Some(id) => Some(data.store.campaign(id).await?.ok_or(MeasurementError::NoCampaign(id))?),
        None => None,
    };
    let outcome = |field: &'static str, code: &str| {
        Outcome::from_code(code).ok_or_else(|| {
            refused(field, format!("{code:?} is no outcome; give orders, revenue, new-customers, leads, followers:PLATFORM:NAME or series:NUMBER"))
        })
    };
    let primary = outcome("primary", &given.primary)?;
    let mut secondary = vec![];
    for code in &given.secondary {
        let one = outcome("secondary", code)?;
        if one != primary && !secondary.contains(&one) {
            secondary.push(one);
        }
    }
    if secondary.len() > SECONDARY_MAX {
        return Err(refused(
            "secondary",
            format!("{SECONDARY_MAX} beside the primary one are the most: each more makes all less sure"),
        ));
    }
    let starts = day_typed("starts_on", &given.starts_on)?;
    let ends = day_typed("ends_on", &given.ends_on)?;
    let days = day_of(ends) - day_of(starts) + 1;
    if days < 1 {
        return Err(refused("ends_on", "the last day lies before the first"));
    }
    if days > DAYS_MAX {
        return Err(refused("ends_on", format!("{days} days are more than {DAYS_MAX}; measure a part of it")));
    }
    let history_from = match given.history_from.trim() {
        "" => None,
        text => Some(day_typed("history_from", text)?),
    };
    if history_from.is_some_and(|from| from >= starts) {
        return Err(refused("history_from", "history begins before the campaign does"));
    }
    let zone = if given.zone.trim().is_empty() { "UTC" } else { given.zone.trim() };
    if clock::zone(zone).is_none() {
        return Err(refused("zone", format!("{zone:?} is no time zone such as Europe/Berlin")));
    }
    let number = |field: &'static str, text: &str, usual: u32, most: u32| match text.trim() {
        "" => Ok(usual),
        text => text
            .parse::<u32>()
            .ok()
            .filter(|number| *number <= most)
            .ok_or_else(|| refused(field, format!("{text:?} is no number of days up to {most}"))),
    };
    let currency = match given.currency.trim() {
        "" => campaign.as_ref().map(|campaign| campaign.budget.currency),
        text => Some(Currency::new(&text.to_uppercase()).map_err(|error| refused("currency", error.to_string()))?),
    };
    let currency = match currency {
        Some(currency) => Some(currency),
        None => outcomes::usual_currency(data, given.shop).await?,
    };
    if let Some(shop) = given.shop
        && data.store.shop(shop).await?.is_none()
    {
        return Err(refused("shop", format!("there is no shop {shop}")));
    }
    let margin = margin_typed(&given.margin)?;
    let worth = crate::matching::fit::profile::typed_money(&given.worth)
        .map_err(|error| refused("worth", error.to_string().lines().next().unwrap_or("").to_owned()))?;
    if let (Some(worth), Some(currency)) = (worth, currency)
        && worth.currency != currency
    {
        return Err(refused("worth", format!("amounts of this measurement are in {currency}; give it in {currency}")));
    }
    if worth.is_some_and(|worth| worth.minor_units < 0) {
        return Err(refused("worth", "an amount of 0 or more"));
    }
    let mut design = StudyDesign {
        primary,
        secondary,
        starts_on: starts.to_string(),
        ends_on: ends.to_string(),
        history_from: history_from.map(|day| day.to_string()),
        settle_days: number("settle_days", &given.settle_days, SETTLE_DAYS, SETTLE_DAYS_MAX)?,
        zone: zone.to_owned(),
        shop: given.shop,
        currency: currency.map(|currency| currency.to_string()),
        controls: vec![],
        comparable: vec![],
        cuts: cuts_typed(&given.cuts, starts, ends)?,
        margin_basis_points: margin,
        worth_of_one: worth,
        window_days: number("window", &given.window, 30, 365)?.max(1),
        has_trend: given.has_trend,
        is_late: false,
    };
    design.is_late = data.now() >= design.moment_of(design.first_day());
    check_series(data, &mut design, given).await?;
    for of in std::iter::once(&design.primary).chain(&design.secondary) {
        // A series that is not there is said here and not at the end of the campaign.
        if let Outcome::Series(id) = of
            && data.store.one_series(*id).await?.is_none()
        {
            return Err(MeasurementError::NoSeries(*id));
        }
    }
    Ok(Checked { name, campaign: campaign.map(|campaign| campaign.id), design })
}

/// Controls that the campaign may move are refused, and so is a series that would explain itself.
async fn check_series(
    data: &DataDirectory,
    design: &mut StudyDesign,
    given: &DesignGiven,
) -> Result<(), MeasurementError> {
    let distinct = |ids: &[i64]| ids.iter().copied().collect::<std::collections::BTreeSet<i64>>();
    let is_measured = |id: i64| {
        std::iter::once(&design.primary).chain(&design.secondary).any(|outcome| *outcome == Outcome::Series(id))
    };
    for (field, ids) in [("controls", &given.controls), ("comparable", &given.comparable)] {
        for id in distinct(ids) {
            let row = data.store.one_series(id).await?.ok_or(MeasurementError::NoSeries(id))?;
            if is_measured(id) {
                return Err(refused(
                    field,
                    format!("“{}” is measured itself, so it cannot stand for “without”", row.name),
                ));
            }
            if row.is_touched {
                let words = format!(
                    "own campaigns move “{}”, so it would take the effect away; choose one that they do not reach",
                    row.name
                );
                return Err(refused(field, words));
            }
        }
    }
    design.controls = distinct(&given.controls).into_iter().collect();
    design.comparable = distinct(&given.comparable).into_iter().collect();
    if design.comparable.len() == 1 {
        return Err(refused(
            "comparable",
            "one alone cannot stand for “without”: choose at least two, or measure beside it",
        ));
    }
    if design.controls.len() > CONTROLS_MAX {
        return Err(refused("controls", format!("{CONTROLS_MAX} series are the most")));
    }
    if design.comparable.len() > COMPARABLE_MAX {
        return Err(refused("comparable", format!("{COMPARABLE_MAX} series are the most")));
    }
    Ok(())
}

/// A margin in percent as hundredths of a percent; `None` where it is left empty.
fn margin_typed(text: &str) -> Result<Option<u32>, MeasurementError> {
    let text = text.trim().trim_end_matches('%').trim();
    if text.is_empty() {
        return Ok(None);
    }
    let percent = text.replace(',', ".").parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
    let percent = percent.ok_or_else(|| refused("margin", format!("{text:?} is no share from 0 to 100 percent")))?;
    Ok(Some((percent * 100.0).round() as u32))
}

fn cuts_typed(text: &str, starts: Date, ends: Date) -> Result<Vec<Cut>, MeasurementError> {
    let mut cuts = vec![];
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (days, why) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (from, to) = days.split_once("..").unwrap_or((days, days));
        let (from, to) = (day_typed("cuts", from)?, day_typed("cuts", to)?);
        if to < from {
            return Err(refused("cuts", format!("{line:?} ends before it begins")));
        }
        if from <= starts && to >= ends {
            return Err(refused("cuts", format!("{line:?} leaves nothing of the campaign")));
        }
        cuts.push(Cut { from: from.to_string(), to: to.to_string(), why: why.trim().to_owned() });
    }
    if cuts.len() > CUTS_MAX {
        return Err(refused("cuts", format!("{CUTS_MAX} lines are the most")));
    }
    Ok(cuts)
}

/// The cuts as they are typed.
pub fn cuts_words(cuts: &[Cut]) -> String {
    cuts.iter()
        .map(|cut| format!("{}..{} {}", cut.from, cut.to, cut.why).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Another campaign of the same brand whose days meet the study's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OtherCampaign {
    pub id: i64,
    pub name: String,
    pub from: String,
    pub to: String,
    /// It runs while this one does, so that nobody can tell the two apart.
    pub is_during: bool,
    /// Its days were cut out.
    pub is_cut: bool,
}

/// Campaigns whose days meet the history or the campaign of a design.
pub async fn others(
    data: &DataDirectory,
    campaign: Option<i64>,
    design: &StudyDesign,
) -> Result<Vec<OtherCampaign>, MeasurementError> {
    let all = data.store.campaigns().await?;
    let brand = all.iter().find(|row| Some(row.id) == campaign).map(|row| row.brand.clone());
    let (first, after) = (design.first_day(), design.day_after());
    let mut others = vec![];
    for row in all {
        if Some(row.id) == campaign || brand.as_ref().is_some_and(|brand| *brand != row.brand) {
            continue;
        }
        let Some(from) = row.starts_on.as_deref().and_then(|day| day.parse::<Date>().ok()) else { continue };
        let to = row.ends_on.as_deref().and_then(|day| day.parse::<Date>().ok()).unwrap_or(from + 27.days());
        let (begins, ends) = (day_of(from), day_of(to));
        if begins >= after || ends < design.history_from_day().max(first - 2 * DAYS_MAX) {
            continue;
        }
        others.push(OtherCampaign {
            id: row.id,
            name: row.name,
            from: from.to_string(),
            to: to.to_string(),
            is_during: ends >= first,
            is_cut: (begins..=ends).filter(|day| *day < after).all(|day| design.is_cut(day)),
        });
    }
    Ok(others)
}

/// An outcome on the days of a study: from the first day of history that is known to the day before `before`.
#[derive(Clone, PartialEq, Debug)]
pub struct Laid {
    pub daily: Daily,
    pub first_day: i32,
    /// One a day; cut days are not known.
    pub response: Vec<Option<f64>>,
    pub pre_periods: usize,
    /// 0 to 6, counted from any day.
    pub first_weekday: u8,
}

/// Lays an outcome on the days of a design: history from its first known day, the campaign up to the day before `before`.
/// `None` where it begins after the campaign does.
pub fn laid(design: &StudyDesign, daily: Daily, before: i32) -> Option<Laid> {
    let start = design.first_day();
    let first_day = daily.first_day.max(design.history_from_day());
    let end = before.min(design.day_after());
    if first_day >= start || end <= start {
        return None;
    }
    let value = |day: i32| if design.is_cut(day) { None } else { daily.at(day) };
    Some(Laid {
        response: (first_day..end).map(value).collect(),
        pre_periods: (start - first_day) as usize,
        first_weekday: first_day.rem_euclid(7) as u8,
        first_day,
        daily,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_left_out_are_read_line_by_line() {
        let (starts, ends) = (Date::constant(2026, 3, 1), Date::constant(2026, 3, 28));
        let cuts = cuts_typed("2026-01-02..2026-01-05 the shop was closed\n\n2026-02-01", starts, ends).expect("reads");
        assert_eq!(cuts.len(), 2);
        assert_eq!((cuts[0].why.as_str(), cuts[1].to.as_str()), ("the shop was closed", "2026-02-01"));
        assert_eq!(cuts_words(&cuts), "2026-01-02..2026-01-05 the shop was closed\n2026-02-01..2026-02-01");
        for wrong in ["yesterday", "2026-03-05..2026-03-01", "2026-02-01..2026-04-01"] {
            assert!(cuts_typed(wrong, starts, ends).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_margin_is_a_share_or_left_empty() {
        assert_eq!(margin_typed(" 42,5 % ").expect("reads"), Some(4_250));
        assert_eq!(margin_typed("").expect("reads"), None);
        assert!(margin_typed("140").is_err());
        assert!(margin_typed("half").is_err());
    }
}
