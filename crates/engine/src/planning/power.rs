//! Test before spend: the smallest change of a brand's daily numbers that a campaign would have to make to be seen.
//!
//! Worked out from the days before: how much they vary and how much one day is like the day before. Smaller effects may well
//! be there; they would just not be told apart from chance. It is an approximation, and says so: the measurement itself tries
//! out windows of the same history.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::intervals::two_sided_z;

/// The version of the formulas here.
pub const POWER_VERSION: u32 = 1;

const METHOD: &str = "smallest_effect";
const WEEK: usize = 7;
/// Fewer days before say too little about how days vary.
const DAYS_MIN: usize = 28;
/// Above this, one day is so like the day before that drift and effect cannot be told apart.
const DRIFT: f64 = 0.8;
/// Fewer a day are better added up by weeks.
const LOW_COUNT: f64 = 20.0;

/// What is asked of the test.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PowerSettings {
    /// How often a change is seen where there is none, both sides together; 0 to 1.
    pub false_alarm: f64,
    /// How often an effect of the size given is seen; 0 to 1.
    pub power: f64,
    pub as_of: Option<Timestamp>,
}

impl Default for PowerSettings {
    fn default() -> PowerSettings {
        PowerSettings { false_alarm: 0.1, power: 0.8, as_of: None }
    }
}

/// Why no smallest effect can be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PowerError {
    #[error("{days} days before the campaign are too few; give at least {DAYS_MIN}, better 56")]
    TooFewDays { days: usize },
    #[error("a campaign lasts at least one day, got 0")]
    NoCampaignDays,
    #[error("day {day} (counted from 0) is {value}; give a finite number")]
    NotANumber { day: usize, value: f64 },
    #[error("false alarms and power lie between 0 and 1, got {false_alarm} and {power}")]
    Settings { false_alarm: f64, power: f64 },
}

/// The smallest effect that could be seen.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SmallestEffect {
    /// As a share of what a day usually has.
    pub relative: Estimate,
    /// A day, in the unit of the series.
    pub per_day: Estimate,
    /// Over all campaign days.
    pub in_all: Estimate,
    /// What a day usually has.
    pub usual_day: Estimate,
    /// Standard deviation of a day once weekdays are taken off.
    pub noise: Estimate,
    /// How like the day before a day is, 0..=0.95.
    pub autocorrelation: Estimate,
    pub warnings: Vec<String>,
}

/// The smallest change of the daily mean that a campaign of so many days would show.
///
/// Formula: `(z(1 - alpha / 2) + z(power)) sqrt(V(h) + V(n))`, `V(m) = s^2 / m (1 + 2 sum over lag < m of (1 - lag / m)
/// r^lag)`, the variance of a mean of m days of which each is like the day before by r; s the standard deviation of the n days
/// before, each less the mean of its weekday; r their correlation with the day before, plus `(1 + 4 r) / n` as it comes out
/// too small in short series, within 0..=0.95. At alpha 0.1 and power 0.8 the factor is 2.49.
/// Inputs: `before`, one number a day without gaps, the last ones before the campaign; `campaign_days` h; `unit` of the series.
/// Output: [`SmallestEffect`] with 90 % ends from how well s is known from so few independent days; relative is not known
/// where a usual day is 0 or less. Errors: [`PowerError`]. Cost: `O(days + campaign days)`.
/// Source: Bloom 1995, Evaluation Review 19 (minimum detectable effect); variance of a mean of dependent days: Box & Jenkins
/// 1970, section 2; bias of r: Kendall 1954, Biometrika 41.
///
/// ```
/// use engine::planning::power::{PowerSettings, smallest_effect};
/// let days: Vec<f64> = (0..56).map(|day| 100.0 + f64::from((day * 37) % 11) - 5.0).collect();
/// let found = smallest_effect(&days, 14, model::Unit::Items, &PowerSettings::default()).unwrap();
/// assert!(found.relative.value.unwrap() < 0.05);
/// ```
pub fn smallest_effect(
    before: &[f64],
    campaign_days: usize,
    unit: Unit,
    settings: &PowerSettings,
) -> Result<SmallestEffect, PowerError> {
    let (false_alarm, power) = (settings.false_alarm, settings.power);
    let factor = match (Ratio::new(1.0 - false_alarm), Ratio::new((2.0 * power - 1.0).abs())) {
        (Ok(alarm), Ok(seen)) if false_alarm > 0.0 && power > 0.0 && power < 1.0 => {
            two_sided_z(alarm) + two_sided_z(seen).copysign(power - 0.5)
        }
        _ => return Err(PowerError::Settings { false_alarm, power }),
    };
    if campaign_days == 0 {
        return Err(PowerError::NoCampaignDays);
    }
    if before.len() < DAYS_MIN {
        return Err(PowerError::TooFewDays { days: before.len() });
    }
    if let Some(day) = before.iter().position(|value| !value.is_finite()) {
        return Err(PowerError::NotANumber { day, value: before[day] });
    }
    let noise = Noise::of(before);
    let days = before.len();
    let variance = mean_variance(campaign_days, noise.like) + mean_variance(days, noise.like);
    let shown = Shown { days: days as u64, settings, spread: noise.spread() };
    let per_day = factor * noise.sd * variance.sqrt();
    let parts = || {
        vec![
            Explanation::leaf("standard deviation of a day, weekdays taken off", Some(noise.sd), unit),
            Explanation::leaf("how like the day before a day is", Some(noise.like), Unit::Score),
            Explanation::leaf("days before", Some(days as f64), Unit::Items),
            Explanation::leaf("campaign days", Some(campaign_days as f64), Unit::Items),
        ]
    };
    let formula = format!("{factor:.3} x sd x sqrt(V(campaign days) + V(days before)), v{POWER_VERSION}, approximate");
    let leaf = |words: &str, value: f64| Explanation::leaf(words, Some(value), unit);
    let day = leaf("smallest change of a day that would be seen", per_day).with_formula(formula).with_parts(parts());
    let usual = leaf("a usual day", noise.mean);
    let relative = match noise.mean > 0.0 {
        true => {
            let words = "smallest change that would be seen, of a usual day";
            shown.estimate(Explanation::ratio(words, Unit::Percent, day.clone(), usual.clone()), per_day / noise.mean)
        }
        false => shown
            .not_known(Unit::Percent, "a usual day has nothing, so no share of it can be given; see the change a day"),
    };
    let total = per_day * campaign_days as f64;
    let in_all = leaf("smallest change over all campaign days", total).with_parts(vec![day.clone()]);
    let error = two_sided_z(level()) * noise.sd * mean_variance(days, noise.like).sqrt();
    let like_error = two_sided_z(level()) * ((1.0 - noise.like.powi(2)) / days as f64).sqrt();
    let like = Explanation::leaf("how like the day before a day is", Some(noise.like), Unit::Score);
    Ok(SmallestEffect {
        relative,
        per_day: shown.estimate(day, per_day),
        in_all: shown.estimate(in_all, total),
        usual_day: shown.between(usual, noise.mean, noise.mean - error, noise.mean + error),
        noise: shown.estimate(leaf("standard deviation of a day, weekdays taken off", noise.sd), noise.sd),
        autocorrelation: shown.between(
            like,
            noise.like,
            (noise.like - like_error).max(0.0),
            (noise.like + like_error).min(1.0),
        ),
        warnings: warnings(days, campaign_days, &noise),
    })
}

fn level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

/// The variance of a mean of so many days over that of one day.
fn mean_variance(days: usize, like: f64) -> f64 {
    let total = days as f64;
    let (mut sum, mut power) = (0.0, 1.0);
    for lag in 1..days {
        power *= like;
        if power < 1e-12 {
            break;
        }
        sum += (1.0 - lag as f64 / total) * power;
    }
    (1.0 + 2.0 * sum) / total
}

struct Noise {
    mean: f64,
    sd: f64,
    like: f64,
    /// Days that are worth one independent day each, less those that weekdays take.
    independent: f64,
}

impl Noise {
    fn of(before: &[f64]) -> Noise {
        let days = before.len() as f64;
        let mean = before.iter().sum::<f64>() / days;
        let mut weekdays = [(0.0, 0.0); WEEK];
        for (day, value) in before.iter().enumerate() {
            weekdays[day % WEEK].0 += value;
            weekdays[day % WEEK].1 += 1.0;
        }
        let less = |(day, value): (usize, &f64)| value - weekdays[day % WEEK].0 / weekdays[day % WEEK].1;
        let left: Vec<f64> = before.iter().enumerate().map(less).collect();
        let squares: f64 = left.iter().map(|value| value * value).sum();
        let products: f64 = left.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let raw = if squares > 0.0 { products / squares } else { 0.0 };
        let like = (raw + (1.0 + 4.0 * raw) / days).clamp(0.0, 0.95);
        let sd = (squares / (days - WEEK as f64)).sqrt();
        let independent = (1.0 / mean_variance(before.len(), like) - WEEK as f64).max(3.0);
        Noise { mean, sd, like, independent }
    }

    /// The relative standard error of the standard deviation.
    fn spread(&self) -> f64 {
        (0.5 / self.independent).sqrt()
    }
}

struct Shown<'a> {
    days: u64,
    settings: &'a PowerSettings,
    spread: f64,
}

impl Shown<'_> {
    /// A figure in proportion to the noise: ends from how well that is known.
    fn estimate(&self, explanation: Explanation, value: f64) -> Estimate {
        let stretch = (two_sided_z(level()) * self.spread).exp();
        self.between(explanation, value, value / stretch, value * stretch)
    }

    fn between(&self, explanation: Explanation, value: f64, lo: f64, hi: f64) -> Estimate {
        self.finish(Estimate::known(value, lo, hi, self.days, "days before", METHOD, explanation))
    }

    fn not_known(&self, unit: Unit, reason: &str) -> Estimate {
        self.finish(Estimate::not_known(unit, METHOD, self.days, "days before", reason))
    }

    fn finish(&self, estimate: Estimate) -> Estimate {
        Estimate { version: POWER_VERSION, as_of: self.settings.as_of, ..estimate }.graded(Grade::B)
    }
}

fn warnings(days: usize, campaign_days: usize, noise: &Noise) -> Vec<String> {
    let mut warnings = vec![];
    let wanted = (8 * WEEK).max(3 * campaign_days);
    if days < wanted {
        warnings.push(format!("{days} days before are few for {campaign_days} campaign days; {wanted} are wanted"));
    }
    if !days.is_multiple_of(WEEK) {
        warnings.push("the days before are no whole weeks; leave the oldest ones out".to_owned());
    }
    if noise.like > DRIFT {
        warnings.push("the series drifts; a short history cannot tell drift from effect".to_owned());
    }
    if noise.mean < LOW_COUNT {
        let words = "under about 20 a day numbers are too low to be followed by day; add them up by weeks";
        warnings.push(words.to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    /// Days around 100 with weekdays, each like the day before by `like`, standard deviation 10.
    fn days(sequence: &mut Sequence, total: usize, like: f64) -> Vec<f64> {
        let weekdays = [0.0, -5.0, -10.0, 0.0, 10.0, 25.0, -20.0];
        let mut noise = 10.0 * sequence.normal();
        let next = |day: usize| {
            noise = like * noise + 10.0 * (1.0 - like * like).sqrt() * sequence.normal();
            100.0 + weekdays[day % 7] + noise
        };
        (0..total).map(next).collect()
    }

    #[test]
    fn an_effect_of_the_smallest_size_is_seen_in_about_eight_of_ten_and_nothing_in_one_of_ten() {
        // The test that the size is for: mean of 28 campaign days less mean of 84 before, weekdays balanced, noise known.
        for (like, seed) in [(0.0, 1), (0.5, 2)] {
            let mut sequence = Sequence::new(seed, 9);
            let (mut seen, mut alarms, mut sizes) = (0, 0, 0.0);
            let spread = 10.0 * (mean_variance(28, like) + mean_variance(84, like)).sqrt();
            let size = (1.6449 + 0.8416) * spread;
            for _ in 0..2_000 {
                let all = days(&mut sequence, 112, like);
                let (before, after) = all.split_at(84);
                let mean = |days: &[f64]| days.iter().sum::<f64>() / days.len() as f64;
                let change = mean(after) - mean(before);
                alarms += i32::from(change.abs() > 1.6449 * spread);
                seen += i32::from((change + size).abs() > 1.6449 * spread);
                let found = smallest_effect(before, 28, Unit::Items, &PowerSettings::default()).expect("an effect");
                sizes += found.per_day.value.expect("known") / 2_000.0;
            }
            println!("like {like}: seen {seen}, alarms {alarms} of 2000; size {sizes:.2} beside {size:.2}");
            assert!((1_540..=1_660).contains(&seen) && (150..=250).contains(&alarms), "{seen} {alarms}");
            assert!((sizes / size - 1.0).abs() < 0.06, "{sizes} {size}");
        }
    }

    #[test]
    fn a_longer_campaign_sees_smaller_effects_and_likeness_hides_larger_ones() {
        let mut sequence = Sequence::new(3, 9);
        let calm = days(&mut sequence, 112, 0.0);
        let of = |days: &[f64], campaign: usize| {
            let found = smallest_effect(days, campaign, Unit::Items, &PowerSettings::default()).expect("an effect");
            found.relative.value.expect("known")
        };
        assert!(of(&calm, 56) < of(&calm, 14) && of(&calm, 14) < of(&calm, 3));
        let alike = days(&mut sequence, 112, 0.7);
        assert!(of(&alike, 28) > 1.3 * of(&calm, 28));
    }

    #[test]
    fn every_figure_has_ends_and_adds_up_and_weak_designs_are_warned_of() {
        let mut sequence = Sequence::new(4, 9);
        let few: Vec<f64> = days(&mut sequence, 30, 0.95).iter().map(|value| value / 20.0).collect();
        let found = smallest_effect(&few, 28, Unit::Items, &PowerSettings::default()).expect("an effect");
        for estimate in [&found.relative, &found.per_day, &found.in_all, &found.usual_day, &found.noise] {
            assert!(estimate.lo < estimate.value && estimate.value < estimate.hi);
            assert!(estimate.explanation.adds_up());
        }
        assert!(found.warnings.len() >= 3, "{:?}", found.warnings);
        let nothing = smallest_effect(&[0.0; 56], 14, Unit::Items, &PowerSettings::default()).expect("an effect");
        assert_eq!(nothing.relative.value, None);
    }

    #[test]
    fn what_cannot_be_worked_out_is_refused_in_words() {
        let of =
            |days: &[f64], campaign: usize| smallest_effect(days, campaign, Unit::Items, &PowerSettings::default());
        assert!(matches!(of(&[1.0; 10], 14), Err(PowerError::TooFewDays { days: 10 })));
        assert_eq!(of(&[1.0; 56], 0), Err(PowerError::NoCampaignDays));
        let mut days = vec![1.0; 56];
        days[3] = f64::NAN;
        assert!(matches!(of(&days, 14), Err(PowerError::NotANumber { day: 3, .. })));
        let settings = PowerSettings { power: 1.0, ..PowerSettings::default() };
        assert!(smallest_effect(&[1.0; 56], 14, Unit::Items, &settings).is_err());
    }
}
