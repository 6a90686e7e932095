//! What creators told of and answered: events that explain followers coming or going, and their words beside the verdict.

use engine::vetting::growth::DeclaredDays;
use model::outreach::rights::ContestState;
use model::{AccountId, Timestamp};
use serde::Serialize;
use store::{CreatorAnswer, DeclaredEvent};

use crate::clock::{self, DateCell};
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// What can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Giveaway,
    Press,
    Mention,
    /// The platform removed accounts, or counted anew.
    Platform,
    Other,
}

impl EventKind {
    pub const ALL: [EventKind; 5] =
        [EventKind::Giveaway, EventKind::Press, EventKind::Mention, EventKind::Platform, EventKind::Other];

    pub fn code(self) -> &'static str {
        match self {
            EventKind::Giveaway => "giveaway",
            EventKind::Press => "press",
            EventKind::Mention => "mention",
            EventKind::Platform => "platform",
            EventKind::Other => "other",
        }
    }

    pub fn from_code(code: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn words(self) -> &'static str {
        match self {
            EventKind::Giveaway => "giveaway",
            EventKind::Press => "press or broadcast",
            EventKind::Mention => "mention by somebody larger",
            EventKind::Platform => "the platform removed accounts",
            EventKind::Other => "something else",
        }
    }
}

/// An event as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Declared {
    pub id: i64,
    pub kind: &'static str,
    pub first_day: String,
    pub last_day: String,
    pub words: String,
}

/// An answer as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub id: i64,
    pub words: String,
    pub answered_on: String,
}

/// Why something could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("{0:?} is nothing a creator can tell of\nhint: giveaway, press, mention, platform or other")]
    Kind(String),
    #[error("{0:?} is no day\nhint: write it like 2026-03-01")]
    Day(String),
    #[error("{0} has not come yet, or is before the year 2000\nhint: record what has happened")]
    NotADayOfOurs(String),
    #[error("the last day, {last}, is before the first, {first}\nhint: the first day comes first")]
    DaysTurned { first: String, last: String },
    #[error("{days} days are no event\nhint: an event lasts 60 days at most; record what happened on which days")]
    TooLong { days: i32 },
    #[error("there are no words\nhint: say in a sentence what happened or what the creator answered")]
    NoWords,
    #[error("that is longer than {max} letters\nhint: keep what matters", max = WORDS_MAX)]
    TooManyWords,
    #[error(transparent)]
    Creators(#[from] CreatorsError),
}

impl From<store::StoreError> for RecordError {
    fn from(error: store::StoreError) -> RecordError {
        RecordError::Creators(error.into())
    }
}

const WORDS_MAX: usize = 4_000;
const EVENT_DAYS_MAX: i32 = 60;

fn tidied(words: &str) -> Result<&str, RecordError> {
    let words = words.trim();
    match words.chars().count() {
        0 => Err(RecordError::NoWords),
        count if count > WORDS_MAX => Err(RecordError::TooManyWords),
        _ => Ok(words),
    }
}

/// 2000-01-01, in days since 1970.
const FIRST_DAY: i32 = 10_957;

/// A day that has come; one that begins today somewhere on Earth counts as come.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, RecordError> {
    match clock::parse_date_cell(text, None) {
        DateCell::At(at) if at.day() < FIRST_DAY || at.day() > now.day() + 1 => {
            Err(RecordError::NotADayOfOurs(text.to_owned()))
        }
        DateCell::At(at) => Ok(at),
        DateCell::NoZone | DateCell::NotADate => Err(RecordError::Day(text.to_owned())),
    }
}

/// Records something a creator told of; the days it names explain followers that came or went on them.
pub async fn declare(
    data: &DataDirectory,
    account: AccountId,
    kind: &str,
    days: (&str, Option<&str>),
    words: &str,
) -> Result<i64, RecordError> {
    let kind = EventKind::from_code(kind).ok_or_else(|| RecordError::Kind(kind.to_owned()))?;
    let (first, last) = (days.0, days.1.unwrap_or(days.0));
    let (first_day, last_day) = (moment(first, data.now())?.day(), moment(last, data.now())?.day());
    if last_day < first_day {
        return Err(RecordError::DaysTurned { first: first.to_owned(), last: last.to_owned() });
    }
    if last_day - first_day >= EVENT_DAYS_MAX {
        return Err(RecordError::TooLong { days: last_day - first_day + 1 });
    }
    let words = tidied(words)?.to_owned();
    let event =
        DeclaredEvent { id: 0, kind: kind.code().to_owned(), first_day, last_day, words, recorded_at: data.now() };
    Ok(data.store.declare_event(account, &event).await?)
}

/// Records what a creator answered, as of a day (today where none is given).
pub async fn answer(
    data: &DataDirectory,
    account: AccountId,
    words: &str,
    on: Option<&str>,
) -> Result<i64, RecordError> {
    let at = on.map_or_else(|| Ok(data.now()), |on| moment(on, data.now()))?;
    Ok(data.store.record_answer(account, tidied(words)?, at, data.now()).await?)
}

/// The days that events explain.
pub fn days_of(events: &[DeclaredEvent]) -> Vec<DeclaredDays> {
    events.iter().map(|event| DeclaredDays { first_day: event.first_day, last_day: event.last_day }).collect()
}

/// What is contested about an account or was corrected since, a line each.
pub async fn contested(data: &DataDirectory, account: AccountId) -> Result<Vec<String>, store::StoreError> {
    let rows = data.store.contests_about(account).await?;
    let line = |row: &store::outreach::rights::ContestRow| match (row.state, row.decided_at) {
        (ContestState::Open, _) => {
            Some(format!("Contested since {}: {}", clock::day(row.opened_at), subject(&row.what)))
        }
        (ContestState::Corrected, Some(at)) => Some(match row.revision {
            Some(revision) => format!(
                "Corrected on {}: {} (figures since data revision {revision} know it)",
                clock::day(at),
                subject(&row.what)
            ),
            None => format!("Corrected on {}: {}", clock::day(at), subject(&row.what)),
        }),
        (ContestState::Stands, Some(at)) => {
            Some(format!("Contested, looked at on {}, and it stands: {}", clock::day(at), subject(&row.what)))
        }
        _ => None,
    };
    Ok(rows.iter().filter_map(line).collect())
}

/// What their own page calls `Your followers` is `followers` to others.
fn subject(what: &str) -> String {
    what.strip_prefix("Your ").unwrap_or(what).to_owned()
}

impl Declared {
    pub fn of(event: &DeclaredEvent) -> Declared {
        let day = |day: i32| clock::day(Timestamp::from_unix_seconds(i64::from(day) * 86_400));
        Declared {
            id: event.id,
            kind: EventKind::from_code(&event.kind).unwrap_or(EventKind::Other).words(),
            first_day: day(event.first_day),
            last_day: day(event.last_day),
            words: event.words.clone(),
        }
    }
}

impl Answer {
    pub fn of(answer: &CreatorAnswer) -> Answer {
        Answer { id: answer.id, words: answer.words.clone(), answered_on: clock::day(answer.answered_at) }
    }
}
