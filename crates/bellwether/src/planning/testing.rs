//! Test before spend: the smallest change a campaign would have to make to be seen in a daily series of the brand's own.

use engine::planning::power::{PowerError, PowerSettings, SmallestEffect, smallest_effect};
use model::{AccountId, Unit};
use serde::Serialize;

use super::{PlanShown, PlanningError};
use crate::data_directory::DataDirectory;

/// Days of a campaign where its days were not said.
const DAYS: usize = 28;
const DAY_SECONDS: i64 = 86_400;
/// Days of history looked at, at most.
const HISTORY_DAYS: usize = 730;

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    #[error("line {line} {text:?}: {problem}\nhint: one line a day, the day and a number: 2026-03-01,41")]
    Line { line: usize, text: String, problem: &'static str },
    #[error("{0} is missing between the first and the last day\nhint: give every day; one without anything is 0")]
    Gap(String),
    #[error("{day} is there twice\nhint: give each day once")]
    Twice { day: String },
    #[error(transparent)]
    Power(#[from] PowerError),
}

/// The answer, with what it was asked about.
#[derive(Serialize)]
pub struct Tested {
    pub effect: SmallestEffect,
    pub history_days: usize,
    pub campaign_days: usize,
    /// What the series counts, in words.
    pub of: String,
    /// How many people the plan reaches for one unit it must bring, in words; `None` where reach is not known.
    pub in_words: Option<String>,
}

/// Reads `day,value` lines, a heading or not; days in any order, each once, none missing.
pub fn read_history(text: &str) -> Result<Vec<f64>, TestError> {
    let mut days: std::collections::BTreeMap<jiff::civil::Date, f64> = std::collections::BTreeMap::new();
    for (place, line) in text.lines().enumerate() {
        let refused = |problem| TestError::Line { line: place + 1, text: line.to_owned(), problem };
        let line_text = line.trim();
        if line_text.is_empty() || (place == 0 && !line_text.starts_with(|letter: char| letter.is_ascii_digit())) {
            continue;
        }
        let (day, value) = line_text
            .split_once([',', ';', '\t'])
            .ok_or_else(|| refused("a comma between the day and the number is missing"))?;
        let day: jiff::civil::Date = day.trim().parse().map_err(|_| refused("the day cannot be read"))?;
        let value: f64 = value.trim().replace(',', ".").parse().map_err(|_| refused("the number cannot be read"))?;
        if days.insert(day, value).is_some() {
            return Err(TestError::Twice { day: day.to_string() });
        }
    }
    let mut expected = days.keys().next().copied();
    for day in days.keys() {
        if expected != Some(*day) {
            return Err(TestError::Gap(expected.map_or_else(String::new, |day| day.to_string())));
        }
        expected = day.tomorrow().ok();
    }
    Ok(days.into_values().collect())
}

/// How often anybody turned to the brand's own accounts, day by day up to the newest talk; `None` where the brand has no
/// account here or nobody turned to it.
pub async fn own_history(data: &DataDirectory, shown: &PlanShown) -> Result<Option<Vec<f64>>, PlanningError> {
    let snapshot = data.snapshot().await.map_err(crate::matching::MatchingError::from)?;
    let own = shown.brand.buyers.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id));
    let own = snapshot.places(own.collect::<Vec<AccountId>>());
    let Some((_, newest)) = snapshot.log.span_unix() else { return Ok(None) };
    let last = newest.div_euclid(DAY_SECONDS);
    let mut days: Vec<f64> = vec![];
    let mut first = last + 1;
    let mut counts: std::collections::BTreeMap<i64, f64> = std::collections::BTreeMap::new();
    for (row, target) in snapshot.log.target().iter().enumerate() {
        if own.contains(target) {
            let day = snapshot.log.at_unix(row).div_euclid(DAY_SECONDS);
            *counts.entry(day).or_default() += 1.0;
            first = first.min(day);
        }
    }
    if counts.is_empty() {
        return Ok(None);
    }
    // The newest day may still be under way.
    first = first.max(last - HISTORY_DAYS as i64);
    days.extend((first..last).map(|day| counts.get(&day).copied().unwrap_or(0.0)));
    // Whole weeks, so that every weekday counts alike.
    days.drain(..days.len() % 7);
    Ok(Some(days))
}

/// The smallest effect that a plan's campaign would show in a history.
pub fn test(shown: &PlanShown, history: &[f64], of: &str) -> Result<Tested, PlanningError> {
    let campaign_days = shown.asked.days().unwrap_or(DAYS);
    let settings = PowerSettings { as_of: Some(shown.made_at), ..PowerSettings::default() };
    let effect = smallest_effect(history, campaign_days, Unit::Items, &settings).map_err(TestError::from)?;
    let reached = shown.made.told.reached_at_least[0].value;
    let in_words = match (effect.in_all.value, reached) {
        (Some(in_all), Some(reached)) if in_all > 0.0 && reached > 0.0 => Some(match reached / in_all {
            people if people >= 1.0 => format!("one for every {people:.1} the plan is expected to reach"),
            people => format!(
                "{:.1} for each that the plan is expected to reach, which is much to ask of a campaign",
                1.0 / people
            ),
        }),
        _ => None,
    };
    Ok(Tested { effect, history_days: history.len(), campaign_days, of: of.to_owned(), in_words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_read_by_day_and_says_which_line_it_cannot_read() {
        assert_eq!(read_history("day,orders\n2026-03-02,5\n2026-03-01,4\n").expect("reads"), [4.0, 5.0]);
        let refused = |text: &str| read_history(text).expect_err("is refused").to_string();
        assert!(refused("2026-03-01,4\n2026-03-03,4").starts_with("2026-03-02 is missing"));
        assert!(refused("2026-03-01,4\n2026-03-01,4").contains("twice"));
        assert!(refused("2026-03-01,4\nsoon,4").starts_with("line 2"));
        assert!(refused("2026-03-01 4").contains("comma"));
    }
}
