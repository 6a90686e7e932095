//! Tenure: how long, how often and how steadily somebody of the brand's own has bought, written or liked.

use std::collections::BTreeMap;

use model::{Estimate, Explanation, Grade, InteractionKind, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::IDENTITY_VERSION;

/// What somebody of the brand's own did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnEventKind {
    Order,
    /// Signed up for the newsletter, opened or clicked in one.
    Newsletter,
    Did(InteractionKind),
}

impl OwnEventKind {
    /// In the plural.
    pub fn words(self) -> &'static str {
        match self {
            OwnEventKind::Order => "orders",
            OwnEventKind::Newsletter => "signs of reading the newsletter",
            OwnEventKind::Did(InteractionKind::Comment) => "comments",
            OwnEventKind::Did(InteractionKind::Reply) => "replies",
            OwnEventKind::Did(InteractionKind::Answer) => "answers",
            OwnEventKind::Did(InteractionKind::Message) => "messages",
            OwnEventKind::Did(InteractionKind::Mention) => "mentions",
            OwnEventKind::Did(InteractionKind::Repost) => "reposts",
            OwnEventKind::Did(InteractionKind::Quote) => "quotes",
            OwnEventKind::Did(InteractionKind::Like) => "likes",
            OwnEventKind::Did(InteractionKind::Follow) => "follows",
            OwnEventKind::Did(InteractionKind::Tag) => "tags",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OwnEvent {
    pub at: Timestamp,
    pub kind: OwnEventKind,
}

/// The span of time the brand's files reach over; what happened outside it is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilesReach {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// How long and how somebody has been with the brand, as far as the files tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnTenure {
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// From the first to the last event, in seconds; it says "at least", the files begin somewhere.
    pub span: Estimate,
    /// Events of each kind that occurs; a kind that is missing was not seen, which is not the same as never.
    pub counts: BTreeMap<OwnEventKind, Estimate>,
    /// Share, 0..=1, of the calendar months the files reach over in which something was done.
    pub months_active: Estimate,
}

const METHOD: &str = "own_tenure";

/// How long and how somebody has engaged with the brand.
///
/// Formula: span = last - first; months active = calendar months (UTC) with an event / calendar months the files reach over.
/// Inputs: `events` in any order, each once, `reach` the span the files cover. Output: counts exact, spans in seconds, a share
/// 0..=1; not known without events, and the share without `reach` or where an event lies outside it. Cost `O(n log n)`.
///
/// ```
/// use engine::matching::identity::{FilesReach, OwnEvent, OwnEventKind, tenure};
/// use model::Timestamp;
/// let day = |day: i64| Timestamp::from_unix_seconds(day * 86_400);
/// let order = |at| OwnEvent { at, kind: OwnEventKind::Order };
/// let reach = FilesReach { from: day(0), to: day(119) };
/// let known = tenure(&[order(day(3)), order(day(40)), order(day(45))], Some(reach));
/// assert_eq!(known.counts[&OwnEventKind::Order].value, Some(3.0));
/// assert_eq!(known.months_active.value, Some(0.5));
/// ```
pub fn tenure(events: &[OwnEvent], reach: Option<FilesReach>) -> OwnTenure {
    let first = events.iter().map(|event| event.at).min();
    let last = events.iter().map(|event| event.at).max();
    let n = events.len() as u64;
    let span = match (first, last) {
        (Some(first), Some(last)) => {
            let seconds = (last.unix_seconds() - first.unix_seconds()) as f64;
            let words = "from the first to the last event held; the files may begin later than the person did";
            let explanation = Explanation::leaf(words, Some(seconds), Unit::Seconds).with_rows(n, "events", None);
            versioned(Estimate::known(seconds, seconds, seconds, n, "events", METHOD, explanation))
        }
        _ => nothing_held(Unit::Seconds),
    };
    let mut by_kind: BTreeMap<OwnEventKind, u64> = BTreeMap::new();
    for event in events {
        *by_kind.entry(event.kind).or_default() += 1;
    }
    let count = |(kind, count): (OwnEventKind, u64)| {
        let words = format!("{} in the brand's files", kind.words());
        let explanation =
            Explanation::leaf(words, Some(count as f64), Unit::Items).with_rows(count, kind.words(), None);
        (kind, versioned(Estimate::exact(count, Unit::Items, kind.words(), METHOD, explanation)))
    };
    OwnTenure {
        first,
        last,
        span,
        counts: by_kind.into_iter().map(count).collect(),
        months_active: months_active(events, reach),
    }
}

fn versioned(estimate: Estimate) -> Estimate {
    Estimate { version: IDENTITY_VERSION, ..estimate }.graded(Grade::B)
}

fn nothing_held(unit: Unit) -> Estimate {
    Estimate::not_known(
        unit,
        METHOD,
        0,
        "events",
        "no event of this person is held; bring in orders, comments or readers",
    )
}

fn months_active(events: &[OwnEvent], reach: Option<FilesReach>) -> Estimate {
    let not_known = |reason: &str| Estimate::not_known(Unit::Share, METHOD, events.len() as u64, "events", reason);
    if events.is_empty() {
        return nothing_held(Unit::Share);
    }
    let Some(reach) = reach.filter(|reach| reach.from <= reach.to) else {
        return not_known("how far the files reach is not known; say from when to when they do");
    };
    if events.iter().any(|event| event.at < reach.from || event.at > reach.to) {
        return not_known(
            "an event lies outside what the files are said to reach over; correct from when to when they do",
        );
    }
    let mut months: Vec<i64> = events.iter().map(|event| month(event.at)).collect();
    months.sort_unstable();
    months.dedup();
    let all = (month(reach.to) - month(reach.from) + 1) as u64;
    let leaf = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::Items);
    let over = leaf("calendar months with an event", months.len() as u64);
    let ratio =
        Explanation::ratio("months active", Unit::Share, over, leaf("calendar months the files reach over", all));
    let value = months.len() as f64 / all as f64;
    versioned(Estimate::known(value, value, value, all, "months", METHOD, ratio))
}

/// Calendar months since the year 0 in UTC. Source: Hinnant, "chrono-compatible low-level date algorithms" (2013).
fn month(at: Timestamp) -> i64 {
    let days = i64::from(at.day()) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March; the year begins there, so that the leap day is its last.
    let from_march = (5 * day_of_year + 2) / 153;
    (era * 400 + year_of_era) * 12 + from_march + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_unix_seconds(day * 86_400)
    }

    #[test]
    fn months_begin_on_their_first_day() {
        let check =
            |one: i64, other: i64, apart: i64| assert_eq!(month(day(other)) - month(day(one)), apart, "{one} {other}");
        check(0, 30, 0);
        check(30, 31, 1);
        check(-1, 0, 1);
        // 28 and 29 February, 1 March, 31 December 2024 and 1 January 2025.
        check(19_781, 19_782, 0);
        check(19_782, 19_783, 1);
        check(20_088, 20_089, 1);
        check(0, 20_089, 55 * 12);
    }

    #[test]
    fn nothing_held_is_not_known_rather_than_zero() {
        let known = tenure(&[], None);
        assert!(known.span.value.is_none() && known.months_active.value.is_none() && known.counts.is_empty());
        let like = OwnEvent { at: day(3), kind: OwnEventKind::Did(InteractionKind::Like) };
        assert_eq!(tenure(&[like], None).months_active.value, None);
        let outside = tenure(&[like], Some(FilesReach { from: day(4), to: day(9) }));
        assert!(outside.months_active.not_known.expect("a reason").contains("outside"));
    }

    proptest! {
        #[test]
        fn tenure_does_not_depend_on_the_order_and_its_parts_add_up(days in prop::collection::vec(0i64..900, 1..30)) {
            let event = |at: &i64| OwnEvent { at: day(*at), kind: if at % 2 == 0 { OwnEventKind::Order } else { OwnEventKind::Newsletter } };
            let mut events: Vec<OwnEvent> = days.iter().map(event).collect();
            let reach = Some(FilesReach { from: day(0), to: day(899) });
            let one = tenure(&events, reach);
            events.reverse();
            prop_assert_eq!(&tenure(&events, reach), &one);
            let total: f64 = one.counts.values().filter_map(|count| count.value).sum();
            prop_assert_eq!(total, days.len() as f64);
            let share = one.months_active.value.expect("known");
            prop_assert!(share > 0.0 && share <= 1.0 && one.months_active.explanation.adds_up());
        }
    }
}
