//! A campaign's days against the days before it, for a page that is looked at every day: weekdays taken off, days that remember
//! the days before reckoned with, and the days before counted as what they are, an estimate.

use serde::{Deserialize, Serialize};

use super::{RatioRange, WatchError, WatchSettings, watch_rates};
use crate::intervals::two_sided_z;
use model::Ratio;

/// The days before and during a campaign.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CampaignDays<'a> {
    /// The days before, in order; `None` is not known.
    pub before: &'a [Option<f64>],
    /// The days of the campaign so far, which follow them.
    pub during: &'a [Option<f64>],
    /// 0 to 6: the weekday of the first day before.
    pub first_weekday: u8,
    /// Whether days hold numbers of things that happen.
    pub is_count: bool,
}

/// What may be said after so many days.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CampaignLook {
    /// In all so far, on days that are known.
    pub seen: f64,
    pub expected: f64,
    /// More than expected so far; no look up to here has refused what lies between.
    pub more_lo: f64,
    /// `None`: nothing is too much yet.
    pub more_hi: Option<f64>,
    /// Whether this look or an earlier one raised the alarm: 0 lies outside.
    pub alarm: bool,
}

/// All looks, with what they rest on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CampaignWatch {
    /// One a day.
    pub looks: Vec<CampaignLook>,
    /// Known days before.
    pub days_before: usize,
    /// How far days go with the days before them and swing beyond chance: 1 is pure chance.
    pub swing: f64,
}

/// Fewer known days before say too little of weekdays and swings.
pub const DAYS_BEFORE_MIN: usize = 28;
/// How many days a day may remember.
const MEMORY_DAYS: usize = 7;
/// The part of false alarms that the error of the days before may use up.
const FOR_BEFORE: f64 = 0.2;

/// What may be said of a campaign after each of its days, however often somebody looks.
///
/// Formula: expected of a day = mean of the days before times its weekday's share; residuals of the days before have the long-run
/// variance `S = g0 + 2 sum over k <= 7 of (1 - k / 8) g_k`, at least g0. Counts: `swing = max(1, S / mean)`; events over swing go
/// into [`watch_rates`], days weighed by their weekday. Others: `sum of (seen - expected) -+ t (h(t) + z sqrt(S / n))`, `h(t) =
/// sqrt(2 S (t r + 1) / (t^2 r) ln(sqrt(t r + 1) / a))`, r narrowest at 28 days, a = .8 of the false alarms, z of the other fifth,
/// n the days before.
/// Inputs: at least [`DAYS_BEFORE_MIN`] known days before; unknown days of the campaign are left out of both sums. Output: in the
/// series' unit; the range only narrows relative to what was expected. Errors: [`WatchError::TooFewBefore`]. Cost: O(days).
/// It does not hold where the level wanders by itself: the analysis at the end says whether it does.
/// Source: normal mixture, Robbins 1970, and Waudby-Smith et al. 2024; long-run variance, Newey & West 1987; the split is ours.
///
/// ```
/// use engine::measurement::always_valid::{CampaignDays, WatchSettings, watch_campaign};
/// let before: Vec<Option<f64>> = (0..84).map(|day| Some(50.0 + f64::from(day * 5 % 7))).collect();
/// let during = vec![Some(75.0); 20];
/// let days = CampaignDays { before: &before, during: &during, first_weekday: 0, is_count: true };
/// let watch = watch_campaign(&days, &WatchSettings::default()).unwrap();
/// assert!(watch.looks[19].alarm && watch.looks[19].more_lo > 0.0);
/// ```
pub fn watch_campaign(days: &CampaignDays<'_>, settings: &WatchSettings) -> Result<CampaignWatch, WatchError> {
    settings.check()?;
    let known: Vec<(usize, f64)> =
        days.before.iter().enumerate().filter_map(|(day, value)| Some((day, (*value)?))).collect();
    if known.len() < DAYS_BEFORE_MIN {
        return Err(WatchError::TooFewBefore { days: known.len(), needed: DAYS_BEFORE_MIN });
    }
    let mean = known.iter().map(|(_, value)| value).sum::<f64>() / known.len() as f64;
    let weekday = |day: usize| (day + usize::from(days.first_weekday)) % 7;
    let usual = by_weekday(&known, weekday, mean);
    let residuals: Vec<Option<f64>> =
        days.before.iter().enumerate().map(|(day, value)| value.map(|value| value - usual[weekday(day)])).collect();
    let variance = long_run_variance(&residuals);
    let during: Vec<Option<(f64, f64)>> = days
        .during
        .iter()
        .enumerate()
        .map(|(day, value)| value.map(|value| (value, usual[weekday(days.before.len() + day)])))
        .collect();
    let (looks, swing) = match days.is_count && mean > 0.0 {
        true => {
            let swing = (variance / mean).max(1.0);
            (counted(&known, mean, swing, &during, settings)?, swing)
        }
        false => (measured(variance, known.len(), &during, settings), 1.0),
    };
    Ok(CampaignWatch { looks, days_before: known.len(), swing })
}

/// What a weekday usually has; the mean of all days where too few of it are known.
fn by_weekday(known: &[(usize, f64)], weekday: impl Fn(usize) -> usize, mean: f64) -> [f64; 7] {
    let mut sums = [(0.0, 0.0); 7];
    for (day, value) in known {
        let of = &mut sums[weekday(*day)];
        of.0 += value;
        of.1 += 1.0;
    }
    let mut usual = sums.map(|(sum, count)| if count >= 3.0 { sum / count } else { mean });
    // Where weekdays are known unlike often, their mean is not that of the days.
    let off = mean - usual.iter().sum::<f64>() / 7.0;
    usual.iter_mut().for_each(|value| *value += off);
    usual
}

fn long_run_variance(residuals: &[Option<f64>]) -> f64 {
    let together = |apart: usize| {
        let pairs = residuals.iter().zip(&residuals[apart..]).filter_map(|(one, other)| Some((*one)? * (*other)?));
        pairs.sum::<f64>() / residuals.iter().flatten().count() as f64
    };
    let own = together(0);
    let most = MEMORY_DAYS.min(residuals.len() / 4);
    let weight = |apart: usize| 1.0 - apart as f64 / (most as f64 + 1.0);
    let with_others: f64 = (1..=most).map(|apart| 2.0 * weight(apart) * together(apart)).sum();
    (own + with_others).max(own)
}

/// Counts over their swing, as two rates.
fn counted(
    known: &[(usize, f64)],
    mean: f64,
    swing: f64,
    during: &[Option<(f64, f64)>],
    settings: &WatchSettings,
) -> Result<Vec<CampaignLook>, WatchError> {
    let before = (mean * known.len() as f64 / swing).round() as u64;
    let (mut seen, mut expected, mut told) = (0.0, 0.0, 0_u64);
    let mut sums = Vec::with_capacity(during.len());
    let mut rated = Vec::with_capacity(during.len());
    for day in during {
        let time = day.map_or(0.0, |(value, usual)| {
            seen += value;
            expected += usual;
            (usual / mean).max(0.0)
        });
        let so_far = (seen / swing).round().max(0.0) as u64;
        rated.push((so_far.saturating_sub(told), time));
        told = told.max(so_far);
        sums.push((seen, expected));
    }
    let looks = watch_rates(before, known.len() as f64, &rated, settings)?;
    let of = |(look, (seen, expected)): (super::Look, (f64, f64))| {
        let RatioRange { lo, hi } = look.ratio;
        let more_hi = hi.map(|hi| (hi - 1.0) * expected);
        CampaignLook { seen, expected, more_lo: (lo - 1.0) * expected, more_hi, alarm: look.alarm }
    };
    Ok(looks.into_iter().zip(sums).map(of).collect())
}

/// Amounts of any sign, by how far their sum may wander.
fn measured(
    variance: f64,
    days_before: usize,
    during: &[Option<(f64, f64)>],
    settings: &WatchSettings,
) -> Vec<CampaignLook> {
    const NARROWEST_AT_DAYS: f64 = 28.0;
    let alpha = settings.false_alarm * (1.0 - FOR_BEFORE);
    let rho = (-2.0 * alpha.ln() + (1.0 - 2.0 * alpha.ln()).ln()) / NARROWEST_AT_DAYS;
    let level = Ratio::new(1.0 - settings.false_alarm * FOR_BEFORE).expect("a share");
    let of_before = two_sided_z(level) * (variance / days_before as f64).sqrt();
    let (mut seen, mut expected, mut days, mut alarm) = (0.0, 0.0, 0.0_f64, false);
    let mut kept: Option<(f64, f64)> = None;
    let look = |day: &Option<(f64, f64)>| {
        if let Some((value, usual)) = day {
            seen += value;
            expected += usual;
            days += 1.0;
            let growth = days * rho + 1.0;
            let of_days = (2.0 * variance * growth / (days * days * rho) * (growth.sqrt() / alpha).ln()).sqrt();
            let (a_day, half) = ((seen - expected) / days, of_days + of_before);
            let (from, to) = kept.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            kept = Some(((a_day - half).clamp(from, to), (a_day + half).clamp(from, to)));
        }
        let (lo, hi) = kept.unwrap_or((0.0, 0.0));
        alarm |= lo > 0.0 || hi < 0.0;
        CampaignLook { seen, expected, more_lo: lo * days, more_hi: Some(hi * days), alarm }
    };
    during.iter().map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn normals(seed: u64, count: usize) -> Vec<f64> {
        let mut draws = Sequence::new(seed, 77);
        (0..count).map(|_| draws.normal()).collect()
    }

    /// Days that remember the day before by `memory`, around 100 with weekdays, with standard deviation 10.
    fn series(seed: u64, days: usize, memory: f64) -> Vec<Option<f64>> {
        let mut state = 0.0;
        let factors = [1.0, 0.9, 0.95, 1.0, 1.1, 1.25, 0.8];
        normals(seed, days)
            .into_iter()
            .enumerate()
            .map(|(day, noise)| {
                state = memory * state + (1.0 - memory * memory).sqrt() * noise;
                Some(100.0 * factors[day % 7] + 10.0 * state)
            })
            .collect()
    }

    fn alarms(memory: f64, lift: f64, is_count: bool, runs: u64) -> f64 {
        let raised = |seed: u64| {
            let mut days = series(seed, 120 + 28, memory);
            if is_count {
                days.iter_mut().flatten().for_each(|value| *value = value.round());
            }
            let during: Vec<Option<f64>> =
                days[120..].iter().map(|value| value.map(|value| value * (1.0 + lift))).collect();
            let days = CampaignDays { before: &days[..120], during: &during, first_weekday: 0, is_count };
            let watch = watch_campaign(&days, &WatchSettings::default()).expect("watches");
            watch.looks.last().expect("a look").alarm
        };
        (0..runs).filter(|seed| raised(*seed)).count() as f64 / runs as f64
    }

    #[test]
    fn looking_every_day_raises_few_false_alarms_where_days_remember_the_day_before() {
        for memory in [0.0, 0.3, 0.6] {
            for is_count in [false, true] {
                let share = alarms(memory, 0.0, is_count, 400);
                assert!(share <= 0.07, "memory {memory}, counts {is_count}: {share}");
            }
        }
    }

    #[test]
    fn what_is_there_is_mostly_seen_before_the_end() {
        assert!(alarms(0.3, 0.2, false, 100) > 0.8);
        assert!(alarms(0.3, 0.2, true, 100) > 0.8);
    }

    #[test]
    fn days_that_are_not_known_are_in_neither_sum() {
        let before: Vec<Option<f64>> = vec![Some(10.0); 56];
        let mut uneven = before.clone();
        uneven[3] = Some(12.0);
        let during = [Some(10.0), None, Some(10.0)];
        let days = CampaignDays { before: &uneven, during: &during, first_weekday: 0, is_count: false };
        let watch = watch_campaign(&days, &WatchSettings::default()).expect("watches");
        assert_eq!(watch.looks[1].seen, 10.0);
        assert_eq!(watch.looks[1].expected, watch.looks[0].expected);
        assert_eq!(watch.looks[2].seen, 20.0);
        let few = CampaignDays { before: &before[..10], ..days };
        assert!(matches!(
            watch_campaign(&few, &WatchSettings::default()),
            Err(WatchError::TooFewBefore { days: 10, needed: DAYS_BEFORE_MIN })
        ));
    }
}
