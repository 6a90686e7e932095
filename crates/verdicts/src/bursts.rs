//! An alarm for what no single request shows: many clicks on one creator's link in one minute, from one country, and
//! nobody buys.
//!
//! An alarm is a reason to look, never a verdict: the clicks stay counted. A post going up makes a burst as well; it is
//! told apart by its neighbours, for people trickle on for minutes and a machine stops.

use std::collections::BTreeMap;

/// Human clicks on one link in one minute from one country, as the rollups hold them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinuteClicks {
    pub link: u32,
    /// Minutes since 1970, UTC.
    pub minute: i64,
    /// As in the rollup; 0 where not known.
    pub country: u16,
    pub clicks: u32,
}

/// Conversions of one link by the minute of the click they are credited to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinuteConversions {
    pub link: u32,
    /// Minutes since 1970, UTC.
    pub minute: i64,
    pub conversions: u32,
}

/// What makes a burst.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BurstSettings {
    /// Clicks in the minute, at least. Default 60.
    pub least_clicks: u32,
    /// The minute has at least so many times the clicks of a usual one. Default 10.
    pub times_usual: f64,
    /// Share of the minute's clicks from its first country, 0 to 1, at least. Default 0.9.
    pub least_country_share: f64,
    /// A usual minute is the mean of so many minutes before the minute, or of so many after it, whichever is more.
    /// Default 10.
    pub neighbour_minutes: u32,
}

impl Default for BurstSettings {
    fn default() -> BurstSettings {
        BurstSettings { least_clicks: 60, times_usual: 10.0, least_country_share: 0.9, neighbour_minutes: 10 }
    }
}

/// A minute to look at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BurstAlarm {
    pub link: u32,
    /// Minutes since 1970, UTC.
    pub minute: i64,
    pub clicks: u32,
    /// The country most of them came from; 0 where not known.
    pub country: u16,
    /// Share of that country, 0 to 1.
    pub country_share: f64,
    /// Clicks of a usual minute around it, 0 or more.
    pub usual_clicks: f64,
}

/// Minutes in which a link got many clicks from one country, far more than around it, and not one conversion.
///
/// Alarm, if `clicks >= least_clicks`, `clicks >= times_usual * usual`, `share of the first country >=
/// least_country_share` and the minute's clicks brought no conversion, where `usual = max(mean of the n minutes before,
/// mean of the n after)`.
///
/// `minutes` and `conversions` may come in any order and with several rows a minute; rows are added up. Minutes without
/// a row count as 0. Hand in whole minutes that are `neighbour_minutes` past, with as many before the first one asked
/// about: otherwise what follows is taken for silence and the start of a good post raises an alarm that goes away
/// later.
///
/// Returns alarms by link and minute; none for no rows. Costs `O(rows log rows)` and as much memory. Own rule, without
/// a source: its settings are to be shown with its alarms.
///
/// ```
/// use verdicts::{burst_alarms, BurstSettings, MinuteClicks};
///
/// let bought = MinuteClicks { link: 4, minute: 29_000_000, country: 276, clicks: 500 };
/// let alarms = burst_alarms(&[bought], &[], &BurstSettings::default());
/// assert_eq!((alarms[0].minute, alarms[0].clicks, alarms[0].country_share), (29_000_000, 500, 1.0));
/// ```
pub fn burst_alarms(
    minutes: &[MinuteClicks],
    conversions: &[MinuteConversions],
    settings: &BurstSettings,
) -> Vec<BurstAlarm> {
    let mut by_minute: BTreeMap<(u32, i64), BTreeMap<u16, u32>> = BTreeMap::new();
    for row in minutes {
        let clicks = by_minute.entry((row.link, row.minute)).or_default().entry(row.country).or_default();
        *clicks = clicks.saturating_add(row.clicks);
    }
    let mut converted: BTreeMap<(u32, i64), u32> = BTreeMap::new();
    for row in conversions {
        let total = converted.entry((row.link, row.minute)).or_default();
        *total = total.saturating_add(row.conversions);
    }
    let totals: BTreeMap<(u32, i64), u32> = by_minute
        .iter()
        .map(|(place, countries)| (*place, countries.values().fold(0, |sum: u32, clicks| sum.saturating_add(*clicks))))
        .collect();

    let mut alarms = Vec::new();
    for (place, countries) in &by_minute {
        let (link, minute) = *place;
        let clicks = totals[place];
        // Of countries with as many clicks the first by number, so that the order of rows changes nothing.
        let first = countries.iter().max_by_key(|(country, clicks)| (**clicks, std::cmp::Reverse(**country)));
        let Some((country, most)) = first else { continue };
        if clicks < settings.least_clicks.max(1) || converted.get(place).is_some_and(|count| *count > 0) {
            continue;
        }
        let country_share = f64::from(*most) / f64::from(clicks);
        let usual_clicks = usual_clicks(&totals, link, minute, settings.neighbour_minutes);
        if country_share >= settings.least_country_share && f64::from(clicks) >= settings.times_usual * usual_clicks {
            alarms.push(BurstAlarm { link, minute, clicks, country: *country, country_share, usual_clicks });
        }
    }
    alarms
}

/// The mean of the minutes before or after, whichever is more.
fn usual_clicks(totals: &BTreeMap<(u32, i64), u32>, link: u32, minute: i64, neighbours: u32) -> f64 {
    if neighbours == 0 {
        return 0.0;
    }
    let mean = |from: i64, to: i64| {
        let sum: f64 = totals.range((link, from)..(link, to)).map(|(_, clicks)| f64::from(*clicks)).sum();
        sum / f64::from(neighbours)
    };
    let reach = i64::from(neighbours);
    let before = mean(minute.saturating_sub(reach), minute);
    let after = mean(minute.saturating_add(1), minute.saturating_add(reach).saturating_add(1));
    before.max(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 29_000_000;

    fn row(minute: i64, country: u16, clicks: u32) -> MinuteClicks {
        MinuteClicks { link: 1, minute: START + minute, country, clicks }
    }

    fn alarms(minutes: &[MinuteClicks], conversions: &[MinuteConversions]) -> Vec<BurstAlarm> {
        burst_alarms(minutes, conversions, &BurstSettings::default())
    }

    #[test]
    fn a_bought_minute_stands_alone() {
        let found = alarms(&[row(0, 276, 2), row(7, 276, 300), row(7, 756, 10), row(12, 276, 1)], &[]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].minute, found[0].clicks, found[0].country), (START + 7, 310, 276));
        assert!((found[0].country_share - 300.0 / 310.0).abs() < 1e-12);
        assert!((found[0].usual_clicks - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_good_post_trickles_on_and_raises_none() {
        let post: Vec<MinuteClicks> =
            (0..60).map(|minute| row(minute, 276, 500 / (1 + u32::try_from(minute).unwrap_or(0)))).collect();
        assert_eq!(alarms(&post, &[]), []);
    }

    #[test]
    fn one_sale_few_clicks_or_many_countries_raise_none() {
        let sale = MinuteConversions { link: 1, minute: START, conversions: 1 };
        assert_eq!(alarms(&[row(0, 276, 500)], &[sale]), []);
        assert_eq!(alarms(&[row(0, 276, 500)], &[MinuteConversions { conversions: 0, ..sale }]).len(), 1);
        assert_eq!(alarms(&[row(0, 276, 500)], &[MinuteConversions { link: 2, ..sale }]).len(), 1);
        assert_eq!(alarms(&[row(0, 276, 59)], &[]), []);
        assert_eq!(alarms(&[row(0, 276, 60)], &[]).len(), 1);
        assert_eq!(alarms(&[row(0, 276, 300), row(0, 756, 200)], &[]), []);
        assert_eq!(alarms(&[], &[]), []);
    }

    #[test]
    fn the_order_of_rows_changes_nothing_and_the_ends_of_time_are_fine() {
        let mut rows = vec![row(0, 276, 300), row(0, 756, 4), row(3, 40, 70), row(3, 276, 2)];
        let forward = alarms(&rows, &[]);
        rows.reverse();
        assert_eq!(alarms(&rows, &[]), forward);
        let ends = [i64::MIN, i64::MAX].map(|minute| MinuteClicks { link: 1, minute, country: 0, clicks: u32::MAX });
        assert_eq!(alarms(&ends, &[]).len(), 2);
    }

    #[test]
    fn without_neighbours_every_full_minute_is_a_burst() {
        let settings = BurstSettings { neighbour_minutes: 0, least_clicks: 0, ..BurstSettings::default() };
        assert_eq!(burst_alarms(&[row(0, 1, 5), row(1, 1, 5), row(2, 1, 0)], &[], &settings).len(), 2);
    }
}
