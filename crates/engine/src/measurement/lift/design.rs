//! What a day's outcome is explained by beside chance: the weekday, a trend, what swings along, known events.

use super::{LiftInput, LiftRefused, LiftSettings, Scale};

/// Rows of the design with the response as the last column, all on the scale of the analysis.
pub(super) struct Design {
    /// `(columns + 1)` values a period, row by row; rows of cut periods are 0.
    pub rows: Vec<f64>,
    /// Columns of the design without the response.
    pub columns: usize,
    /// Which periods are there.
    pub is_seen: Vec<bool>,
    /// The variance of the white part of each period over that of an ordinary one.
    pub white: Vec<f64>,
    pub pre_seen: usize,
    pub post_seen: usize,
    /// For counts: level over noise.
    pub level_over_noise: Option<f64>,
}

impl Design {
    pub fn width(&self) -> usize {
        self.columns + 1
    }

    pub fn row(&self, period: usize) -> &[f64] {
        &self.rows[period * self.width()..(period + 1) * self.width()]
    }

    pub fn freedom(&self) -> f64 {
        (self.pre_seen - self.columns) as f64
    }
}

/// Below this many events a period counts are taken for small.
const SMALL_COUNTS_BELOW: f64 = 20.0;

pub(super) fn design(input: &LiftInput<'_>, settings: &LiftSettings) -> Result<Design, LiftRefused> {
    let n = input.response.len();
    let pre = input.pre_periods;
    if pre == 0 || pre >= n {
        return Err(LiftRefused::NoPost { periods: n, pre_periods: pre });
    }
    for (number, column) in input.controls.iter().chain(input.events).enumerate() {
        if column.len() != n {
            return Err(LiftRefused::Length { column: number, periods: column.len(), expected: n });
        }
        if let Some(period) = column.iter().position(|value| !value.is_finite()) {
            return Err(LiftRefused::NotANumber { period });
        }
    }
    let response = on_scale(input.response, settings.scale)?;
    let is_seen: Vec<bool> = response.iter().map(Option::is_some).collect();
    let seen = |from: usize, to: usize| is_seen[from..to].iter().filter(|seen| **seen).count();
    let (pre_seen, post_seen) = (seen(0, pre), seen(pre, n));

    let mut columns: Vec<Vec<f64>> = vec![vec![1.0; n]];
    if let Some(first) = input.first_weekday {
        for weekday in 0..6 {
            columns.push((0..n).map(|period| weekday_sign(usize::from(first) + period, weekday)).collect());
        }
    }
    if settings.has_trend {
        columns.push((0..n).map(|period| period as f64 / n as f64).collect());
    }
    for control in input.controls {
        let mean = control.iter().sum::<f64>() / n as f64;
        columns.push(control.iter().map(|value| value - mean).collect());
    }
    columns.extend(input.events.iter().map(|event| event.to_vec()));
    if pre_seen < columns.len() + 3 || post_seen == 0 {
        return Err(LiftRefused::TooShort { pre_periods: pre_seen, post_periods: post_seen, columns: columns.len() });
    }
    let (white, level_over_noise) = match small_counts(input, settings, &columns) {
        Some(counts) => (counts.white, Some(counts.level_over_noise)),
        None => (vec![1.0; n], None),
    };
    let mut rows = Vec::with_capacity(n * (columns.len() + 1));
    for period in 0..n {
        rows.extend(columns.iter().map(|column| column[period]));
        rows.push(response[period].unwrap_or(0.0));
    }
    Ok(Design { rows, columns: columns.len(), is_seen, white, pre_seen, post_seen, level_over_noise })
}

/// 1 on its weekday, -1 on the last one, else 0: the six columns add up to nothing over a week.
fn weekday_sign(period: usize, weekday: usize) -> f64 {
    match period % 7 {
        at if at == weekday => 1.0,
        6 => -1.0,
        _ => 0.0,
    }
}

fn on_scale(response: &[Option<f64>], scale: Scale) -> Result<Vec<Option<f64>>, LiftRefused> {
    let convert = |(period, value): (usize, &Option<f64>)| match (value, scale) {
        (None, _) => Ok(None),
        (Some(value), _) if !value.is_finite() => Err(LiftRefused::NotANumber { period }),
        (Some(value), Scale::Level | Scale::Automatic) => Ok(Some(*value)),
        (Some(value), Scale::Log) if *value > 0.0 => Ok(Some(value.ln())),
        (Some(_), Scale::Log) => Err(LiftRefused::NotAboveZero { period }),
    };
    response.iter().enumerate().map(convert).collect()
}

struct SmallCounts {
    white: Vec<f64>,
    level_over_noise: f64,
}

/// How even small counts are, from the periods before the start: the chance in them goes with their mean, weekday by weekday.
fn small_counts(input: &LiftInput<'_>, settings: &LiftSettings, columns: &[Vec<f64>]) -> Option<SmallCounts> {
    let seen: Vec<(usize, f64)> = input.response[..input.pre_periods]
        .iter()
        .enumerate()
        .filter_map(|(at, value)| Some((at, (*value)?)))
        .collect();
    let level = seen.iter().map(|(_, value)| value).sum::<f64>() / seen.len() as f64;
    let are_counts =
        input.response[..input.pre_periods].iter().flatten().all(|value| *value >= 0.0 && value.fract() == 0.0);
    if settings.scale != Scale::Level
        || !settings.small_counts
        || !are_counts
        || level <= 0.0
        || level >= SMALL_COUNTS_BELOW
    {
        return None;
    }
    let by_weekday = weekday_levels(input.first_weekday, &seen, level);
    let at = |period: usize| match input.first_weekday {
        Some(first) => by_weekday[(usize::from(first) + period) % 7],
        None => level,
    };
    // The chance of one period over that of an even Poisson count: at least 1.
    let uneven = seen.iter().map(|(period, value)| (value - at(*period)).powi(2) / at(*period)).sum::<f64>();
    let freedom = seen.len().saturating_sub(columns.len()).max(1) as f64;
    let dispersion = (uneven / freedom).max(1.0);
    Some(SmallCounts {
        white: (0..input.response.len()).map(|period| at(period) / level).collect(),
        level_over_noise: (level / dispersion).sqrt(),
    })
}

/// The mean of each weekday, drawn towards the mean of all by two periods' worth.
fn weekday_levels(first: Option<u8>, seen: &[(usize, f64)], level: f64) -> [f64; 7] {
    let (mut sums, mut counts) = ([2.0 * level; 7], [2.0; 7]);
    for (period, value) in seen {
        let weekday = (usize::from(first.unwrap_or(0)) + period) % 7;
        sums[weekday] += value;
        counts[weekday] += 1.0;
    }
    std::array::from_fn(|weekday| sums[weekday] / counts[weekday])
}
