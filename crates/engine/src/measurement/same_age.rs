//! What a post had at an age: 24 hours, 7 days, 30 days after it was published, so that posts of different days can be compared.
//!
//! Posts go on collecting, and nobody reads their counts at the minute. A count read near the age is taken as it is; between
//! two readings around it the count is drawn in between, and marked so; beyond the readings nothing is guessed.

use model::{Estimate, Explanation, Grade, MeasuredBy, PostMetric, Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The version of the formula in this file.
pub const SAME_AGE_VERSION: u32 = 1;

/// The ages at which posts are compared, in hours: a day, a week, a month.
pub const AGES_HOURS: [u32; 3] = [24, 7 * 24, 30 * 24];

/// An age as pages and files call it: `24 h`, `7 d`.
pub fn age_name(hours: u32) -> String {
    if hours > 24 && hours.is_multiple_of(24) { format!("{} d", hours / 24) } else { format!("{hours} h") }
}

const HOUR: f64 = 3_600.0;

/// One reading of one count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    pub at: Timestamp,
    pub value: u64,
    pub by: MeasuredBy,
}

/// What is known of one count of one post.
#[derive(Clone, Copy, Debug)]
pub struct SameAgeInput<'a> {
    pub metric: PostMetric,
    pub published_at: Timestamp,
    /// In any order.
    pub readings: &'a [Reading],
    pub as_of: Timestamp,
    /// The page that lists the readings.
    pub link: Option<&'a str>,
}

/// How near a reading must be to be taken as it is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SameAgeSettings {
    /// A share of the age: 0.1 takes a reading at 22 h for one at 24 h.
    pub tolerance: f64,
}

impl Default for SameAgeSettings {
    fn default() -> SameAgeSettings {
        SameAgeSettings { tolerance: 0.1 }
    }
}

/// How the count at an age is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowKnown {
    /// Read near the age.
    Measured,
    /// Drawn in between two readings around it.
    Between,
    NotKnown,
}

impl HowKnown {
    pub fn words(self) -> &'static str {
        match self {
            HowKnown::Measured => "measured",
            HowKnown::Between => "between two measurements",
            HowKnown::NotKnown => "not known",
        }
    }
}

/// The count of a post at an age.
#[derive(Clone, PartialEq, Debug)]
pub struct AtAge {
    pub age_hours: u32,
    pub how: HowKnown,
    pub estimate: Estimate,
}

/// A reading lower than the one before: the platform took something back, or the two count otherwise. Both stay as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fall {
    pub before: Reading,
    pub after: Reading,
}

/// What a post had of one count at an age.
///
/// Formula: with readings (a, v) of age a and count v, let A be the age asked for.
/// 1. If the nearest reading has |a − A| <= `tolerance` · A, the count is its v.
/// 2. Else, if a0 < A < a1 are the ages of the readings next to A, the count is v0 + (v1 − v0) · ln(A / a0) / ln(a1 / a0):
///    straight in the logarithm of the age, since posts collect most at first, and never outside v0 and v1.
/// 3. Else it is not known: beyond the first and the last reading nothing is drawn on.
///
/// Inputs: `input.readings` as counts from 0, in any order; those from before `published_at` are left out. Of several at one
/// moment an imported one goes before one from a file, and that before one by hand.
/// Output: a count from 0 up. Measured: its interval is the reading itself. Between: v0 to v1, which holds the count whenever
/// it only grows (level 1); without an interval where the later reading is the lower one. `None` has a reason.
/// Cost: O(readings log readings). Source: `docs/formulas.md`; the shape between two readings is ours, not a law of platforms.
///
/// ```
/// use engine::measurement::same_age::*;
/// use model::{MeasuredBy, PostMetric, Timestamp};
/// let hours = |hours: i64| Timestamp::from_unix_seconds(1_700_000_000 + hours * 3_600);
/// let reading = |at: i64, value| Reading { at: hours(at), value, by: MeasuredBy::Hand };
/// let readings = [reading(6, 100), reading(96, 500)];
/// let input = SameAgeInput {
///     metric: PostMetric::Views, published_at: hours(0), readings: &readings, as_of: hours(200), link: None,
/// };
/// let day = at_age(&input, 24, &SameAgeSettings::default());
/// assert_eq!((day.how, day.estimate.value), (HowKnown::Between, Some(300.0)));
/// assert_eq!((day.estimate.lo, day.estimate.hi), (Some(100.0), Some(500.0)));
/// assert_eq!(at_age(&input, 168, &SameAgeSettings::default()).estimate.value, None);
/// ```
pub fn at_age(input: &SameAgeInput<'_>, age_hours: u32, settings: &SameAgeSettings) -> AtAge {
    let readings = in_order(input.readings, input.published_at);
    let wanted = f64::from(age_hours) * HOUR;
    let age = |reading: &Reading| age_seconds(reading, input.published_at);
    let off = |reading: &Reading| (age(reading) - wanted).abs();
    // Of two that are equally near the later one has seen more.
    let nearest = readings.iter().rev().min_by(|a, b| off(a).total_cmp(&off(b)));
    if let Some(reading) = nearest.filter(|reading| off(reading) <= settings.tolerance * wanted) {
        return AtAge { age_hours, how: HowKnown::Measured, estimate: measured(input, reading, age_hours, settings) };
    }
    let before = readings.iter().rev().find(|reading| age(reading) < wanted);
    let after = readings.iter().find(|reading| age(reading) > wanted);
    match (before, after) {
        (Some(before), Some(after)) => {
            AtAge { age_hours, how: HowKnown::Between, estimate: between(input, before, after, age_hours) }
        }
        _ => AtAge { age_hours, how: HowKnown::NotKnown, estimate: not_known(input, &readings, age_hours, settings) },
    }
}

/// What a post had at an age where nobody knows when it was published: nothing, with every reading there is and the reason.
pub fn without_publishing(
    metric: PostMetric,
    readings: &[Reading],
    age_hours: u32,
    as_of: Timestamp,
    link: Option<&str>,
) -> AtAge {
    let sorted = in_order(readings, Timestamp(i64::MIN));
    let n = sorted.len() as u64;
    let reason = "nobody has said when it was published, so no measurement has an age";
    let estimate = Estimate::not_known(metric.unit(), "same_age", n, "measurements", reason);
    let parts = sorted
        .iter()
        .map(|reading| Explanation::leaf(reading.by.words(), Some(reading.value as f64), metric.unit()))
        .collect();
    let explanation =
        estimate.explanation.clone().with_parts(parts).with_rows(n, "measurements", link.map(str::to_owned));
    let estimate = Estimate { version: SAME_AGE_VERSION, explanation, ..estimate }.as_of(as_of);
    AtAge { age_hours, how: HowKnown::NotKnown, estimate }
}

/// Readings lower than the one before them, in the order of time. Nothing is left out for it.
pub fn falls(readings: &[Reading]) -> Vec<Fall> {
    let sorted = in_order(readings, Timestamp(i64::MIN));
    sorted
        .windows(2)
        .filter(|pair| pair[1].value < pair[0].value)
        .map(|pair| Fall { before: pair[0], after: pair[1] })
        .collect()
}

/// Readings after publishing, by time, one a moment.
fn in_order(readings: &[Reading], published_at: Timestamp) -> Vec<Reading> {
    let mut sorted: Vec<Reading> = readings.iter().filter(|reading| reading.at > published_at).copied().collect();
    sorted.sort_by_key(|reading| (reading.at, std::cmp::Reverse(reading.by), std::cmp::Reverse(reading.value)));
    sorted.dedup_by_key(|reading| reading.at);
    sorted
}

fn age_seconds(reading: &Reading, published_at: Timestamp) -> f64 {
    reading.at.0.saturating_sub(published_at.0) as f64 / 1e6
}

/// The age of a post in words, from its seconds: `23.2 h`, `6.9 days`.
pub fn age_words(seconds: f64) -> String {
    let hours = seconds / HOUR;
    if hours < 48.0 { format!("{hours:.1} h") } else { format!("{:.1} days", hours / 24.0) }
}

fn grade_of(by: MeasuredBy) -> Grade {
    match by {
        MeasuredBy::Import => Grade::B,
        // A number that somebody copied, without the rows behind it.
        MeasuredBy::Hand | MeasuredBy::File => Grade::D,
    }
}

fn leaf(input: &SameAgeInput<'_>, reading: &Reading) -> Explanation {
    let words = format!("{} at an age of {}", reading.by.words(), age_words(age_seconds(reading, input.published_at)));
    Explanation::leaf(words, Some(reading.value as f64), input.metric.unit())
}

fn age_leaf(words: &str, seconds: f64) -> Explanation {
    Explanation::leaf(words, Some(seconds), Unit::Seconds)
}

fn link_of(input: &SameAgeInput<'_>) -> Option<String> {
    input.link.map(str::to_owned)
}

fn measured(input: &SameAgeInput<'_>, reading: &Reading, age_hours: u32, settings: &SameAgeSettings) -> Estimate {
    let value = reading.value as f64;
    let words = format!(
        "{} at {}: read within {:.0} % of that age and taken as they were",
        input.metric.words(),
        age_name(age_hours),
        settings.tolerance * 100.0
    );
    let explanation = Explanation::leaf(words, Some(value), input.metric.unit())
        .with_parts(vec![
            leaf(input, reading),
            age_leaf("the age they were read at", age_seconds(reading, input.published_at)),
            age_leaf("the age asked for", f64::from(age_hours) * HOUR),
        ])
        .with_rows(1, "measurements", link_of(input));
    Estimate {
        version: SAME_AGE_VERSION,
        ..Estimate::known(value, value, value, 1, "measurements", "same_age, measured", explanation)
            .as_of(reading.at)
            .graded(grade_of(reading.by))
    }
}

fn between(input: &SameAgeInput<'_>, before: &Reading, after: &Reading, age_hours: u32) -> Estimate {
    let wanted = f64::from(age_hours) * HOUR;
    let (a0, a1) = (age_seconds(before, input.published_at), age_seconds(after, input.published_at));
    let (v0, v1) = (before.value as f64, after.value as f64);
    let (least, most) = (v0.min(v1), v0.max(v1));
    let share = ((wanted / a0).ln() / (a1 / a0).ln()).clamp(0.0, 1.0);
    let value = (v0 + (v1 - v0) * share).clamp(least, most);
    let falls = v1 < v0;
    let said = if falls {
        "drawn in between two measurements; the later one is lower, as when a platform takes counts back, so nothing bounds them"
    } else {
        "drawn in between two measurements, which bound them as long as they only grow"
    };
    let explanation = Explanation::leaf(
        format!("{} at {}: {said}", input.metric.words(), age_name(age_hours)),
        Some(value),
        input.metric.unit(),
    )
    .with_formula("earlier + (later − earlier) · ln(age / earlier age) / ln(later age / earlier age)")
    .with_parts(vec![
        leaf(input, before),
        leaf(input, after),
        age_leaf("the earlier age", a0),
        age_leaf("the later age", a1),
        age_leaf("the age asked for", wanted),
    ])
    .with_rows(2, "measurements", link_of(input));
    let bounds = (!falls).then_some((least, most));
    Estimate {
        lo: bounds.map(|bounds| bounds.0),
        hi: bounds.map(|bounds| bounds.1),
        level: 1.0,
        version: SAME_AGE_VERSION,
        ..Estimate::known(value, least, most, 2, "measurements", "same_age, between two measurements", explanation)
            .as_of(after.at)
            .graded(grade_of(before.by).worst(grade_of(after.by)))
    }
}

fn not_known(input: &SameAgeInput<'_>, readings: &[Reading], age_hours: u32, settings: &SameAgeSettings) -> Estimate {
    let wanted = f64::from(age_hours) * HOUR;
    let now = input.as_of.0.saturating_sub(input.published_at.0) as f64 / 1e6;
    let name = age_name(age_hours);
    let age = |reading: &Reading| age_words(age_seconds(reading, input.published_at));
    let reason = match (readings.first(), readings.last()) {
        _ if now < wanted * (1.0 - settings.tolerance) => {
            format!("the post is {} old, and {name} are not over", age_words(now.max(0.0)))
        }
        (Some(first), _) if age_seconds(first, input.published_at) > wanted => {
            format!("first measured at an age of {}, and nothing is drawn back from there to {name}", age(first))
        }
        (_, Some(last)) => {
            format!("last measured at an age of {}, and nothing is drawn on from there to {name}", age(last))
        }
        _ => format!("nobody has measured its {} yet", input.metric.words()),
    };
    let estimate = Estimate::not_known(input.metric.unit(), "same_age", readings.len() as u64, "measurements", reason);
    let explanation = estimate
        .explanation
        .clone()
        .with_parts(readings.iter().map(|reading| leaf(input, reading)).collect())
        .with_rows(readings.len() as u64, "measurements", link_of(input));
    Estimate { version: SAME_AGE_VERSION, explanation, ..estimate }.as_of(input.as_of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUBLISHED: Timestamp = Timestamp(1_700_000_000_000_000);

    fn at(hours: f64) -> Timestamp {
        Timestamp(PUBLISHED.0 + (hours * 3.6e9) as i64)
    }

    fn read(hours: f64, value: u64) -> Reading {
        Reading { at: at(hours), value, by: MeasuredBy::Hand }
    }

    fn found(readings: &[Reading], age_hours: u32) -> AtAge {
        let input = SameAgeInput {
            metric: PostMetric::Views,
            published_at: PUBLISHED,
            readings,
            as_of: at(10_000.0),
            link: Some("/tracking/posts/1"),
        };
        at_age(&input, age_hours, &SameAgeSettings::default())
    }

    fn reason(readings: &[Reading], age_hours: u32) -> String {
        let found = found(readings, age_hours);
        assert_eq!((found.how, found.estimate.value), (HowKnown::NotKnown, None));
        found.estimate.not_known.expect("has a reason")
    }

    #[test]
    fn a_post_of_unknown_age_has_a_whole_estimate_of_nothing_known() {
        let found = without_publishing(PostMetric::Views, &[read(6.0, 100)], 24, at(9.0), Some("/tracking/posts/1"));
        let estimate = &found.estimate;
        assert_eq!((found.how, estimate.value, estimate.n), (HowKnown::NotKnown, None, 1));
        assert_eq!((estimate.version, estimate.as_of, estimate.grade), (SAME_AGE_VERSION, Some(at(9.0)), Grade::D));
        assert!(estimate.not_known.as_deref().is_some_and(|why| why.contains("nobody has said when it was published")));
        let rows = estimate.explanation.rows.as_ref().expect("says which rows");
        assert_eq!((rows.count, rows.link.as_deref()), (1, Some("/tracking/posts/1")));
        assert_eq!(estimate.explanation.parts[0].value, Some(100.0));
    }

    #[test]
    fn a_reading_within_a_tenth_of_the_age_is_taken_as_it_is() {
        for (hours, value) in [(21.6, 90), (24.0, 100), (26.4, 110)] {
            let found = found(&[read(hours, value)], 24);
            assert_eq!((found.how, found.estimate.value), (HowKnown::Measured, Some(value as f64)), "{hours}");
            assert_eq!(found.estimate.lo, found.estimate.hi);
        }
        assert_eq!(found(&[read(21.5, 90)], 24).how, HowKnown::NotKnown);
        assert_eq!(found(&[read(26.5, 90)], 24).how, HowKnown::NotKnown);
        let nearer = found(&[read(22.0, 90), read(24.5, 99)], 24);
        assert_eq!(nearer.estimate.value, Some(99.0), "the nearest of two");
        let even = found(&[read(23.0, 90), read(25.0, 99)], 24);
        assert_eq!(even.estimate.value, Some(99.0), "the later of two that are equally near");
    }

    #[test]
    fn between_two_readings_a_count_is_straight_in_the_logarithm_of_the_age_and_marked() {
        let found = found(&[read(6.0, 100), read(96.0, 500)], 24);
        assert_eq!((found.how, found.estimate.value), (HowKnown::Between, Some(300.0)));
        assert_eq!((found.estimate.lo, found.estimate.hi, found.estimate.level), (Some(100.0), Some(500.0), 1.0));
        assert_eq!((found.estimate.n, found.estimate.grade), (2, Grade::D));
        assert!(found.estimate.explanation.words.contains("drawn in between two measurements"));
        assert_eq!(found.estimate.explanation.rows.expect("has rows").link.as_deref(), Some("/tracking/posts/1"));
    }

    #[test]
    fn beyond_the_readings_nothing_is_guessed_and_the_reason_says_what_is_missing() {
        assert_eq!(reason(&[], 24), "nobody has measured its views yet");
        assert!(reason(&[read(5.0, 10)], 24).contains("last measured at an age of 5.0 h"));
        assert!(reason(&[read(5.0, 10), read(9.0, 12)], 168).contains("last measured at an age of 9.0 h"));
        assert!(reason(&[read(100.0, 10)], 24).contains("first measured at an age of 4.2 days"));
        let young = SameAgeInput {
            metric: PostMetric::Reach,
            published_at: PUBLISHED,
            readings: &[read(5.0, 10)],
            as_of: at(6.0),
            link: None,
        };
        let found = at_age(&young, 24, &SameAgeSettings::default());
        assert_eq!(found.estimate.not_known.as_deref(), Some("the post is 6.0 h old, and 24 h are not over"));
        assert_eq!(found.estimate.unit, Unit::People);
    }

    #[test]
    fn what_was_read_before_publishing_counts_for_nothing() {
        assert_eq!(
            reason(&[read(-3.0, 10), read(0.0, 0), read(30.0, 90)], 24).split(',').next(),
            Some("first measured at an age of 30.0 h")
        );
    }

    #[test]
    fn a_lower_reading_is_kept_as_it_is_and_said_and_bounds_nothing() {
        let readings = [read(6.0, 500), read(96.0, 100), read(24.0 * 7.0, 100)];
        let day = found(&readings, 24);
        assert_eq!((day.how, day.estimate.value), (HowKnown::Between, Some(300.0)));
        assert_eq!((day.estimate.lo, day.estimate.hi), (None, None));
        assert!(day.estimate.explanation.words.contains("the later one is lower"));
        assert_eq!(found(&readings, 168).estimate.value, Some(100.0));
        let fallen = falls(&readings);
        assert_eq!(fallen.len(), 1);
        assert_eq!((fallen[0].before.value, fallen[0].after.value), (500, 100));
    }

    #[test]
    fn of_several_readings_of_one_moment_the_imported_one_counts() {
        let mut readings: Vec<Reading> =
            MeasuredBy::ALL.iter().map(|by| Reading { by: *by, ..read(24.0, *by as u64 + 1) }).collect();
        for _ in 0..3 {
            readings.rotate_left(1);
            let found = found(&readings, 24);
            assert_eq!((found.estimate.value, found.estimate.grade), (Some(3.0), Grade::B));
        }
        assert!(falls(&readings).is_empty());
    }

    #[test]
    fn ages_are_named_as_people_say_them() {
        assert_eq!(AGES_HOURS.map(age_name), ["24 h", "7 d", "30 d"]);
    }

    fn some_readings() -> impl Strategy<Value = Vec<Reading>> {
        let one = (0.1f64..1_500.0, 0u64..1_000_000, 0usize..3);
        proptest::collection::vec(one, 0..12).prop_map(|all| {
            all.into_iter()
                .map(|(hours, value, by)| Reading { by: MeasuredBy::ALL[by], ..read(hours, value) })
                .collect()
        })
    }

    fn growing(mut readings: Vec<Reading>) -> Vec<Reading> {
        let mut values: Vec<u64> = readings.iter().map(|reading| reading.value).collect();
        values.sort_unstable();
        readings.sort_by_key(|reading| reading.at);
        readings.dedup_by_key(|reading| reading.at);
        readings.iter_mut().zip(values).for_each(|(reading, value)| reading.value = value);
        readings
    }

    proptest! {
        #[test]
        fn the_order_of_readings_changes_nothing(readings in some_readings(), age in 1u32..1_000, turn in 0usize..12) {
            let mut turned = readings.clone();
            let by = turn.min(turned.len());
            turned.rotate_left(by);
            turned.reverse();
            prop_assert_eq!(found(&readings, age), found(&turned, age));
            prop_assert_eq!(falls(&readings), falls(&turned));
        }

        #[test]
        fn a_count_never_lies_outside_what_was_read(readings in some_readings(), age in 1u32..1_000) {
            let found = found(&readings, age);
            prop_assert!(found.estimate.explanation.adds_up());
            match found.estimate.value {
                Some(value) => {
                    let values = readings.iter().map(|reading| reading.value as f64);
                    prop_assert!(value >= values.clone().fold(f64::MAX, f64::min));
                    prop_assert!(value <= values.fold(0.0, f64::max));
                    prop_assert!(found.how != HowKnown::NotKnown);
                }
                None => prop_assert!(found.estimate.not_known.is_some() && found.how == HowKnown::NotKnown),
            }
        }

        #[test]
        fn counts_that_only_grow_are_no_lower_at_a_greater_age(readings in some_readings(), a in 1u32..1_000, b in 1u32..1_000) {
            let readings = growing(readings);
            prop_assert!(falls(&readings).is_empty());
            let (young, old) = (found(&readings, a.min(b)), found(&readings, a.max(b)));
            if let (Some(young), Some(old)) = (young.estimate.value, old.estimate.value) {
                prop_assert!(young <= old + 1e-6, "{} then {}", young, old);
            }
            if let (Some(lo), Some(value), Some(hi)) = (old.estimate.lo, old.estimate.value, old.estimate.hi) {
                prop_assert!(lo <= value && value <= hi);
            }
        }
    }
}
