//! Counts of the click log: exact, kept with the position they were made up to, so that nothing is counted twice or left out.
//!
//! Only the program that has the log counts, and no further than what is acknowledged: a log that another program writes to may
//! change under a reader.

use std::sync::atomic::Ordering;

use clicks::{Position, Reader};
use model::Timestamp;
use store::Store;
use store::tracking::{Counted, CountedClick, Recount};
use verdicts::VerdictKind;

use super::redirecting::Redirector;
use super::{CLICKS, TrackingError};
use crate::data_directory::DataDirectory;

/// Clicks counted in one transaction.
const PORTION: usize = 20_000;
const DAY: i64 = 86_400_000_000;

/// A reader that stands where counting stopped.
pub struct Counter {
    at: Counted,
    reader: Reader,
}

pub(super) fn position_of(counted: &Counted) -> Position {
    match counted.offset {
        0 => Position::START,
        offset => Position { segment: counted.segment, offset },
    }
}

/// Makes the position of counting fit a log that has just been opened and ends at `end`: where it lies behind it, the log was
/// removed or lost its end, and counting goes on from where the log is now.
pub(super) async fn follow(store: &Store, end: Position) -> Result<(), TrackingError> {
    let counted = store.counted().await?;
    if position_of(&counted) > end {
        tracing::warn!("the click log is shorter than what was counted of it; counting goes on from its end");
        store.count_from(Counted { segment: end.segment, offset: end.offset, ..counted }).await?;
    }
    Ok(())
}

/// Reads a portion from where a reader stands, which is `at`; the clicks, and where it stands then.
fn read(reader: &mut Reader, at: Counted) -> Result<(Vec<CountedClick>, Counted), String> {
    let damaged_before = reader.damaged();
    let (mut clicks, mut to) = (Vec::new(), at);
    for stored in reader.by_ref().take(PORTION) {
        let stored = stored.map_err(|error| error.to_string())?;
        let click = stored.click;
        clicks.push(CountedClick {
            link: click.link,
            at: Timestamp(click.time_us),
            verdict: click.verdict,
            is_person: VerdictKind::from_code(click.verdict) == Some(VerdictKind::Human),
            visitor: click.visitor,
            reasons: click.reasons,
            referrer: stored.host.as_deref().unwrap_or("").to_lowercase(),
        });
        (to.segment, to.offset) = (stored.next.segment, stored.next.offset);
    }
    to.clicks += clicks.len() as u64;
    to.damaged += reader.damaged() - damaged_before;
    Ok((clicks, to))
}

/// Counts what had come when it was called; how many clicks. Nothing where another program has the log, which counts itself.
pub async fn count(data: &DataDirectory) -> Result<u64, TrackingError> {
    if !data.path.join(CLICKS).exists() {
        return Ok(0);
    }
    data.redirector().await?.count().await
}

impl Redirector {
    pub(super) async fn count(&self) -> Result<u64, TrackingError> {
        let store = &self.ground.store;
        let mut kept = self.counter.lock().await;
        let Some(log) = self.log_now() else { return Ok(0) };
        let end = log.stored_end();
        let mut all = 0;
        loop {
            let at = store.counted().await?;
            let mut counter = match kept.take().filter(|counter| counter.at == at) {
                Some(counter) => counter,
                None => {
                    let reader = log.read(position_of(&at)).map_err(|error| TrackingError::Log(error.to_string()))?;
                    Counter { at, reader }
                }
            };
            counter.reader.extend_to(end);
            let read = tokio::task::spawn_blocking(move || {
                let portion = read(&mut counter.reader, at);
                (counter, portion)
            });
            let (mut counter, portion) = read.await.map_err(|error| TrackingError::Log(error.to_string()))?;
            let (clicks, to) = portion.map_err(TrackingError::Log)?;
            if clicks.is_empty() {
                *kept = Some(counter);
                break;
            }
            if !store.count_clicks(at, &clicks, to).await? {
                // Somebody else counted from there; the next look begins from where they stopped.
                continue;
            }
            all += clicks.len() as u64;
            counter.at = to;
            *kept = Some(counter);
        }
        // All that was kept has been counted; what goes, goes with the day.
        let now = self.ground.now();
        let today = now.0.div_euclid(DAY);
        if self.forgot_on.load(Ordering::Relaxed) != today {
            store.forget_visitors(now).await?;
            self.forgot_on.store(today, Ordering::Relaxed);
        }
        Ok(all)
    }
}

/// What counting anew came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recounted {
    pub before: Counted,
    pub after: Counted,
}

/// Whether what the log no longer holds may go from the counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    Refuse,
    LetGo,
}

/// Counts everything anew from the click log, as far as it was counted, and puts the new counts in the place of all others in one
/// go; until then the old ones stand. May be done while another program has the log and counts on.
///
/// Errors: the log no longer holds all that was counted, and it was not said that this may go.
pub async fn recount(data: &DataDirectory, missing: Missing) -> Result<Recounted, TrackingError> {
    count(data).await?;
    let before = data.store.counted().await?;
    let mut recount = data.store.begin_recount().await?;
    let mut goal = before;
    loop {
        count_up_to(data, &mut recount, goal).await?;
        if missing == Missing::Refuse && recount.at.clicks < goal.clicks {
            let (held, counted) = (recount.at.clicks, goal.clicks);
            recount.end().await?;
            return Err(TrackingError::LogIsShorter { held, counted });
        }
        match recount.put_in_force(data.now()).await? {
            None => break,
            // Another program counted on meanwhile.
            Some(further) => goal = further,
        }
    }
    let after = recount.at;
    recount.end().await?;
    Ok(Recounted { before, after })
}

async fn count_up_to(data: &DataDirectory, recount: &mut Recount, goal: Counted) -> Result<(), TrackingError> {
    let unusable = |problem: String| TrackingError::Log(problem);
    let folder = data.path.join(CLICKS);
    if folder.exists() {
        let opened = Reader::open(&folder, position_of(&recount.at)).map_err(|error| unusable(error.to_string()))?;
        let mut reader = opened;
        reader.extend_to(position_of(&goal));
        loop {
            let at = recount.at;
            let portion = tokio::task::spawn_blocking(move || {
                let portion = read(&mut reader, at);
                (reader, portion)
            });
            let (again, portion) = portion.await.map_err(|error| unusable(error.to_string()))?;
            reader = again;
            let (clicks, to) = portion.map_err(unusable)?;
            if clicks.is_empty() {
                break;
            }
            recount.count(&clicks, to).await?;
        }
    }
    // Behind the last click there may be names alone.
    let end = Counted { segment: goal.segment, offset: goal.offset, ..recount.at };
    Ok(recount.count(&[], end).await?)
}
