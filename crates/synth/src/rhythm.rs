//! When people talk: the hours of the day, the days of the week, and a market that grows over the year.

/// How much of a day's talk falls into each hour, in UTC, for people in Europe and America.
pub(crate) const HOURS: [f64; 24] = [
    3.6, 3.0, 2.4, 1.9, 1.6, 1.7, 2.3, 3.2, 3.9, 4.1, 4.1, 4.3, 4.7, 4.6, 4.4, 4.5, 4.9, 5.4, 6.1, 6.6, 6.7, 6.2, 5.3,
    4.5,
];
const WEEKDAYS: [f64; 7] = [1.0, 0.97, 0.96, 0.98, 0.95, 1.04, 1.10];

/// The whole number that falls to one part when `total` is shared out by weight; `phase` (0..1, one per day) decides
/// which parts are rounded up, else the same hours would be on every day.
pub(crate) fn split(total: f64, before: f64, own: f64, all: f64, phase: f64) -> u64 {
    (total * (before + own) / all + phase) as u64 - (total * before / all + phase) as u64
}

/// The share of all talk that has happened by the end of each day: weekly rhythm, and a fifth more at the end.
pub(crate) fn day_shares(days: u32) -> Vec<f64> {
    let weight = |day: u32| WEEKDAYS[day as usize % 7] * (0.9 + 0.2 * f64::from(day) / f64::from(days));
    let total: f64 = (0..days).map(weight).sum();
    let mut sum = 0.0;
    (0..days)
        .map(|day| {
            sum += weight(day);
            sum / total
        })
        .collect()
}
