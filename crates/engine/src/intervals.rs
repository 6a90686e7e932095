//! How sure a number is: the interval around a share, a middle value, a count, a ratio of totals and a waiting time.
//!
//! Every function is pure and takes its level, the probability the interval is made for. Where the evidence is too
//! thin for an interval of that level the function says so (`None`, or the lower level it did reach), never more.

use model::Ratio;
use statrs::function::beta::beta_reg;
use statrs::function::erf::erf_inv;
use statrs::function::gamma::gamma_lr;

/// A range that holds the true value with probability `level`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub lo: f64,
    pub hi: f64,
    /// The level reached, 0..=1; below the level asked for only where a function says so.
    pub level: f64,
}

/// The numerator and denominator of one row of a ratio of totals, e.g. one post's interactions and followers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RatioRow {
    pub over: f64,
    pub under: f64,
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WaitEnd {
    /// The awaited thing came.
    Came,
    /// It had not come when the observation ended.
    StillWaiting,
}

/// One wait, e.g. from a comment to the creator's first reply or to the end of the observation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wait {
    pub seconds: u64,
    pub end: WaitEnd,
}

/// The middle waiting time, unfinished waits counted for as long as they were watched.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MedianWait {
    /// Seconds; `None`: not reached, under half came within the time watched.
    pub median: Option<f64>,
    /// Seconds; `None`: not even the lower end was reached.
    pub lo: Option<f64>,
    /// Seconds; `None`: no upper end can be given.
    pub hi: Option<f64>,
    pub level: f64,
    pub came: u64,
    pub still_waiting: u64,
    /// The share that has come by the end of the curve, 0..=1.
    pub came_share: f64,
}

/// How many standard deviations a two-sided normal interval reaches on each side.
///
/// Formula: `z = sqrt(2) * erf_inv(level)`.
/// Input: `level`, 0..=1. Output: 0 and up; infinite at level 1.
/// Cost: O(1). Source: Abramowitz & Stegun 1964, section 26.2.
///
/// ```
/// use model::Ratio;
/// let z = engine::intervals::two_sided_z(Ratio::new(0.95).unwrap());
/// assert!((z - 1.959964).abs() < 1e-6);
/// ```
pub fn two_sided_z(level: Ratio) -> f64 {
    if level.value() >= 1.0 { f64::INFINITY } else { std::f64::consts::SQRT_2 * erf_inv(level.value()) }
}

/// The range a share may truly have, given how many of how many did it.
///
/// Formula: quantiles `(1-level)/2` and `(1+level)/2` of Beta(hits + 1/2, n - hits + 1/2); the lower end is 0 when
/// nobody did it and the upper end 1 when everybody did.
/// Inputs: `hits` and `n`, counts, hits <= n; `level`, 0..=1.
/// Output: both ends within 0..=1; `None` when `n` is 0 (nothing was observed) or `hits > n` (not a share).
/// Cost: O(1), about 100 evaluations of the incomplete beta function.
/// Source: Brown, Cai & DasGupta 2001, Statistical Science 16, section 4 (Jeffreys prior).
///
/// ```
/// use model::Ratio;
/// let seen = engine::intervals::jeffreys_interval(5, 10, Ratio::new(0.95).unwrap()).unwrap();
/// assert!((seen.lo - 0.2235).abs() < 1e-4 && (seen.hi - 0.7765).abs() < 1e-4);
/// ```
pub fn jeffreys_interval(hits: u64, n: u64, level: Ratio) -> Option<Interval> {
    if n == 0 || hits > n {
        return None;
    }
    let tail = (1.0 - level.value()) / 2.0;
    let (a, b) = (hits as f64 + 0.5, (n - hits) as f64 + 0.5);
    let lo = if hits == 0 { 0.0 } else { beta_quantile(a, b, tail) };
    let hi = if hits == n { 1.0 } else { beta_quantile(a, b, 1.0 - tail) };
    Some(Interval { lo, hi, level: level.value() })
}

/// The middle value: half of the rows lie below it, half above.
///
/// Formula: the middle of the sorted values, or the mean of the two middle ones.
/// Input: `sorted`, ascending, any unit. Output: same unit; `None` when empty.
/// Cost: O(1). Source: any textbook.
///
/// ```
/// assert_eq!(engine::intervals::median(&[1.0, 2.0, 9.0]), Some(2.0));
/// ```
pub fn median(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(sorted[n / 2]),
        _ => Some(sorted[n / 2 - 1] / 2.0 + sorted[n / 2] / 2.0),
    }
}

/// The middle value of values in any order; 0 when empty. Cost `O(n log n)`.
pub(crate) fn median_of(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    median(&values).unwrap_or(0.0)
}

/// The range the true middle value may have, read off the sorted rows themselves, whatever their distribution.
///
/// Formula: `(X(k), X(n+1-k))` covers with `1 - 2 P(B <= k-1)`, B ~ binomial(n, 1/2). k is the largest rank that
/// covers at least `level`; since ranks jump (n = 12: 96 % or 85 %), the ends are moved towards rank k+1 by
/// `lambda = (n-k) I / (k + (n-2k) I)`, `I = (cover(k) - level) / (cover(k) - cover(k+1))`.
/// Inputs: `sorted`, ascending, any unit; `level`, 0..=1.
/// Output: same unit, within the smallest and largest row; `None` when empty. With too few rows for the level
/// (fewer than 5 at 90 %) smallest and largest row, with the lower level they reach (87.5 % for 4 rows).
/// Cost: O(log n). Source: ranks Thompson 1936; interpolation Hettmansperger & Sheather 1986.
///
/// ```
/// use model::Ratio;
/// let posts = [1.0, 2.0, 3.0, 4.0];
/// let range = engine::intervals::median_interval(&posts, Ratio::new(0.9).unwrap()).unwrap();
/// assert_eq!((range.lo, range.hi, range.level), (1.0, 4.0, 0.875));
/// ```
pub fn median_interval(sorted: &[f64], level: Ratio) -> Option<Interval> {
    let n = sorted.len();
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let level = level.value();
    let widest = rank_cover(n, 1);
    if widest <= level {
        return Some(Interval { lo: first, hi: last, level: widest });
    }
    let largest_rank = n.div_ceil(2);
    let (mut covers, mut falls_short) = (1, largest_rank + 1);
    while falls_short - covers > 1 {
        let middle = (covers + falls_short) / 2;
        if rank_cover(n, middle) >= level { covers = middle } else { falls_short = middle }
    }
    let k = covers;
    if k == largest_rank {
        return Some(Interval { lo: sorted[k - 1], hi: sorted[n - k], level: rank_cover(n, k) });
    }
    let (outer, inner) = (rank_cover(n, k), rank_cover(n, k + 1));
    let excess = (outer - level) / (outer - inner);
    let (n_real, k_real) = (n as f64, k as f64);
    let inward = (n_real - k_real) * excess / (k_real + (n_real - 2.0 * k_real) * excess);
    let towards = |from: f64, to: f64| from + inward * (to - from);
    Some(Interval { lo: towards(sorted[k - 1], sorted[k]), hi: towards(sorted[n - k], sorted[n - k - 1]), level })
}

/// The range the ratio of two middle values may have, e.g. that of paid posts over that of the others.
///
/// Formula: with `(m, l, u)` the median and its `median_interval` of each side, on the log scale: lower end
/// `ln m1 - ln m2 - sqrt((ln m1 - ln l1)^2 + (ln u2 - ln m2)^2)`, upper end alike with u1 and l2. A side with too few
/// rows for the level (fewer than 5 at 90 %) has its distances stretched by `z(level) / z(level reached)`.
/// Inputs: `over` and `under`, each ascending, 0 and up, rows that do not depend on each other; `level`, 0..1.
/// Output: ratio, 0 and up; the lower end is 0 and the upper end infinite where a side's own interval begins at 0, and
/// where every row of `over` is 0 the upper end is infinite as well. `None` with fewer than 2 rows on a side or when
/// the median of `under` is 0. Cost: O(log n).
/// Source: square-and-add of two intervals, Zou & Donner 2008, Statistics in Medicine 27, on the log scale; each side
/// distribution-free as `median_interval`.
///
/// ```
/// use model::Ratio;
/// let paid = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let range = engine::intervals::ratio_of_medians_interval(&paid, &paid, Ratio::new(0.9).unwrap()).unwrap();
/// assert!(0.0 < range.lo && range.lo < 1.0 && 1.0 < range.hi);
/// ```
pub fn ratio_of_medians_interval(over: &[f64], under: &[f64], level: Ratio) -> Option<Interval> {
    if over.len() < 2 || under.len() < 2 {
        return None;
    }
    let (middle_over, middle_under) = (median(over)?, median(under)?);
    if middle_under <= 0.0 {
        return None;
    }
    let (own_over, own_under) = (median_interval(over, level)?, median_interval(under, level)?);
    let stretch = |own: &Interval| {
        let reached = Ratio::new(own.level).expect("a level reached is a share");
        if own.level < level.value() { two_sided_z(level) / two_sided_z(reached) } else { 1.0 }
    };
    // How far an end lies from its middle on the log scale; without end where the rows go down to 0.
    let apart = |high: f64, low: f64, own: &Interval| stretch(own) * (high / low).ln();
    let ratio = middle_over / middle_under;
    let up_from_under = apart(own_under.hi, middle_under, &own_under);
    let down_from_under = apart(middle_under, own_under.lo, &own_under);
    let (lo, hi) = if middle_over > 0.0 {
        let down = apart(middle_over, own_over.lo, &own_over).hypot(up_from_under);
        let up = apart(own_over.hi, middle_over, &own_over).hypot(down_from_under);
        (ratio * (-down).exp(), ratio * up.exp())
    } else if own_over.hi > 0.0 {
        // The middle row is 0, which has no logarithm: the widest ratio of the two intervals.
        (0.0, own_over.hi / middle_under * down_from_under.exp())
    } else {
        (0.0, f64::INFINITY)
    };
    Some(Interval { lo, hi, level: level.value() })
}

/// The range the true number of events may have when so many were counted.
///
/// Formula: `lo = Gamma quantile((1-level)/2; events)`, `hi = Gamma quantile((1+level)/2; events + 1)`; lo = 0 for 0.
/// Inputs: `events`, a count; `level`, 0..1. Output: events, 0 and up; the upper end is infinite at level 1.
/// Cost: O(1). Source: Garwood 1936, Biometrika 28 (exact).
///
/// ```
/// use model::Ratio;
/// let ten = engine::intervals::poisson_interval(10, Ratio::new(0.95).unwrap());
/// assert!((ten.lo - 4.795).abs() < 1e-3 && (ten.hi - 18.390).abs() < 1e-3);
/// ```
pub fn poisson_interval(events: u64, level: Ratio) -> Interval {
    let tail = (1.0 - level.value()) / 2.0;
    let lo = if events == 0 { 0.0 } else { gamma_quantile(events as f64, tail) };
    Interval { lo, hi: gamma_quantile(events as f64 + 1.0, 1.0 - tail), level: level.value() }
}

/// The most events that may truly have been due when so many were counted: "0 orders" means at most 3.0.
///
/// Formula: Gamma quantile(level; events + 1), one-sided. Inputs: `events`, a count; `level`, 0..1.
/// Output: events, 0 and up; infinite at level 1. Cost: O(1). Source: Garwood 1936, Biometrika 28.
///
/// ```
/// use model::Ratio;
/// let most = engine::intervals::poisson_upper_bound(0, Ratio::new(0.95).unwrap());
/// assert!((most - 2.9957).abs() < 1e-4);
/// ```
pub fn poisson_upper_bound(events: u64, level: Ratio) -> f64 {
    gamma_quantile(events as f64 + 1.0, level.value())
}

/// The range a ratio of totals may have, e.g. all interactions over all followers reached, post by post.
///
/// Formula: `r = sum(over) / sum(under)`, `se(ln r) = sqrt(n/(n-1) * sum((over - r*under)^2)) / sum(over)`,
/// ends `r * exp(-+ t(n-1) * se)`: the delta method, taken on the log scale so that the lower end stays above 0
/// (the textbook's is symmetric), with Student's t for few rows. No random draws. When every `over` is 0 the ends
/// are 0 and the exact Poisson bound of 0 events over the total.
/// Inputs: `rows`, over and under 0 and up, finite, in any order; `level`, 0..1.
/// Output: ratio, 0 and up; `None` with fewer than 2 rows or when the denominators add up to 0.
/// Cost: O(n log n) for the fixed order of adding. Source: Cochran 1977, Sampling Techniques, section 6.3.
///
/// ```
/// use engine::intervals::{RatioRow, ratio_of_sums_interval};
/// use model::Ratio;
/// let posts = [RatioRow { over: 2.0, under: 100.0 }, RatioRow { over: 4.0, under: 100.0 }];
/// let range = ratio_of_sums_interval(&posts, Ratio::new(0.5).unwrap()).unwrap();
/// assert!(range.lo < 0.03 && 0.03 < range.hi);
/// ```
pub fn ratio_of_sums_interval(rows: &[RatioRow], level: Ratio) -> Option<Interval> {
    let n = rows.len();
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.under.total_cmp(&b.under).then(a.over.total_cmp(&b.over)));
    let over: f64 = rows.iter().map(|row| row.over).sum();
    let under: f64 = rows.iter().map(|row| row.under).sum();
    if n < 2 || under <= 0.0 {
        return None;
    }
    if over <= 0.0 {
        return Some(Interval { lo: 0.0, hi: poisson_upper_bound(0, level) / under, level: level.value() });
    }
    let ratio = over / under;
    let squares: f64 = rows.iter().map(|row| (row.over - ratio * row.under).powi(2)).sum();
    let log_error = (n as f64 / (n as f64 - 1.0) * squares).sqrt() / over;
    let reach = student_t(n as f64 - 1.0, level) * log_error;
    Some(Interval { lo: ratio * (-reach).exp(), hi: ratio * reach.exp(), level: level.value() })
}

/// The range the true mean may have, read off a few rows.
///
/// Formula: `mean -+ t(n-1) * s / sqrt(n)`, `s^2 = sum((x - mean)^2) / (n - 1)`.
/// Inputs: `values`, finite, any unit, in any order; `level`, 0..1.
/// Output: same unit; `None` with fewer than 2 rows. Rows that are all alike give their value at both ends: how few
/// they are is then all that can be said.
/// Cost: O(n log n) for the fixed order of adding. Source: Student 1908, Biometrika 6.
///
/// ```
/// use model::Ratio;
/// let range = engine::intervals::mean_interval(&[0.8, 0.9, 0.7, 0.8], Ratio::new(0.9).unwrap()).unwrap();
/// assert!((range.lo - 0.7039).abs() < 1e-4 && (range.hi - 0.8961).abs() < 1e-4);
/// ```
pub fn mean_interval(values: &[f64], level: Ratio) -> Option<Interval> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let reach = student_t(n - 1.0, level) * (squares / (n - 1.0) / n).sqrt();
    Some(Interval { lo: mean - reach, hi: mean + reach, level: level.value() })
}

/// The middle waiting time when some are still waiting: leaving those out would make everybody look quick.
///
/// Formula: `S(t) = product over t_i <= t of (1 - came_i / watched_i)`; the median is the first t with S(t) <= 1/2.
/// Ends: where the two curves `S^exp(-+ z * se)` fall to 1/2, `se = sqrt(sum came/(watched (watched - came))) / |ln S|`.
/// Inputs: `waits` in seconds, any order; `level`, 0..1.
/// Output: seconds; an end or the median is `None` when its curve never falls to 1/2 ("not reached").
/// Cost: O(n log n). Source: Kaplan & Meier 1958; interval Brookmeyer & Crowley 1982, log(-log) scale.
///
/// ```
/// use engine::intervals::{Wait, WaitEnd, median_wait};
/// use model::Ratio;
/// let hour = |hours: u64, end| Wait { seconds: hours * 3600, end };
/// let waits = [hour(1, WaitEnd::Came), hour(2, WaitEnd::Came), hour(9, WaitEnd::StillWaiting)];
/// assert_eq!(median_wait(&waits, Ratio::new(0.9).unwrap()).median, Some(7200.0));
/// ```
pub fn median_wait(waits: &[Wait], level: Ratio) -> MedianWait {
    let z = two_sided_z(level);
    let mut waits = waits.to_vec();
    waits.sort_unstable();
    let came = waits.iter().filter(|wait| wait.end == WaitEnd::Came).count() as u64;
    let mut found = MedianWait {
        median: None,
        lo: None,
        hi: None,
        level: level.value(),
        came,
        still_waiting: waits.len() as u64 - came,
        came_share: 0.0,
    };
    let (mut open, mut greenwood) = (1.0_f64, 0.0_f64);
    let mut at = 0;
    while at < waits.len() {
        let seconds = waits[at].seconds;
        let watched = (waits.len() - at) as f64;
        let same_time = waits[at..].iter().take_while(|wait| wait.seconds == seconds);
        let (ends, events) = same_time.fold((0_usize, 0.0_f64), |(ends, events), wait| {
            (ends + 1, events + f64::from(u8::from(wait.end == WaitEnd::Came)))
        });
        at += ends;
        if events == 0.0 {
            continue;
        }
        open *= 1.0 - events / watched;
        let seconds = seconds as f64;
        let (lower_curve, upper_curve) = if events < watched {
            greenwood += events / (watched * (watched - events));
            let spread = (z * greenwood.sqrt() / -open.ln()).exp();
            (open.powf(spread), open.powf(spread.recip()))
        } else {
            // Everybody came: the curve is 0 and Greenwood's sum has no end, so no upper end is claimed here.
            (0.0, 1.0)
        };
        let reached = |curve: f64| (curve <= 0.5).then_some(seconds);
        found.median = found.median.or(reached(open));
        found.lo = found.lo.or(reached(lower_curve));
        found.hi = found.hi.or(reached(upper_curve));
    }
    found.came_share = 1.0 - open;
    found
}

/// The chance that ranks k and n+1-k of n rows hold the true middle value.
fn rank_cover(n: usize, k: usize) -> f64 {
    if k == 1 {
        return 1.0 - 0.5_f64.powf(n as f64 - 1.0);
    }
    // P(B <= k-1) = I(1/2; n-k+1, k) for B ~ binomial(n, 1/2).
    1.0 - 2.0 * beta_reg((n - k + 1) as f64, k as f64, 0.5)
}

fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    halve_until(0.0, 1.0, |x| beta_reg(a, b, x) < probability)
}

fn gamma_quantile(shape: f64, probability: f64) -> f64 {
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    let mut hi = shape + 1.0;
    while gamma_lr(shape, hi) < probability && hi.is_finite() {
        hi *= 2.0;
    }
    halve_until(0.0, hi, |x| x <= 0.0 || gamma_lr(shape, x) < probability)
}

pub(crate) fn student_t(freedom: f64, level: Ratio) -> f64 {
    let x = beta_quantile(freedom / 2.0, 0.5, 1.0 - level.value());
    if x <= 0.0 { f64::INFINITY } else { (freedom * (1.0 - x) / x).sqrt() }
}

/// Halves the range until it holds one number: slower than a series of corrections, and never astray.
fn halve_until(mut lo: f64, mut hi: f64, is_below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = lo / 2.0 + hi / 2.0;
        if is_below(middle) { lo = middle } else { hi = middle }
    }
    lo / 2.0 + hi / 2.0
}

#[cfg(test)]
pub(crate) mod tests;
