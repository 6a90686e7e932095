//! Counts of the click log: exact, kept with the position they were made up to, so that nothing is counted twice or left out.
//!
//! Only the program that has the log counts, and no further than what is acknowledged: a log that another program writes to may
//! change under a reader.

use clicks::{Position, Reader};
use model::Timestamp;
use store::tracking::{Counted, CountedClick};
use verdicts::VerdictKind;

use super::redirecting::Redirector;
use super::{CLICKS, TrackingError};
use crate::data_directory::DataDirectory;

/// Clicks counted in one transaction.
const PORTION: usize = 5_000;
/// Segments of the log that are looked through for the latest clicks of a link.
const SEGMENTS_LOOKED_THROUGH: usize = 4;

/// A reader that stands where counting stopped.
pub struct Counter {
    at: Counted,
    reader: Reader,
}

/// A click as a stream shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClickSeen {
    pub at: Timestamp,
    pub verdict: VerdictKind,
    pub reasons: Vec<&'static str>,
    pub referrer: String,
    pub device: &'static str,
    pub browser: &'static str,
    pub is_from_qr: bool,
}

/// The latest clicks, the newest first.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Latest {
    pub clicks: Vec<ClickSeen>,
    /// Older parts of the log were not looked through.
    pub is_cut: bool,
}

fn position_of(counted: &Counted) -> Position {
    match counted.offset {
        0 => Position::START,
        offset => Position { segment: counted.segment, offset },
    }
}

/// Makes the position of counting fit a log that has just been opened and ends at `end`: where it lies behind it, the log was
/// removed or lost its end, and counting goes on from where the log is now.
pub(super) async fn follow(data: &DataDirectory, end: Position) -> Result<(), TrackingError> {
    let counted = data.store.counted().await?;
    if position_of(&counted) > end {
        tracing::warn!("the click log is shorter than what was counted of it; counting goes on from its end");
        data.store.count_from(Counted { segment: end.segment, offset: end.offset, ..counted }).await?;
    }
    Ok(())
}

/// Reads a portion; the clicks, and where the reader stands then.
fn read(counter: &mut Counter) -> Result<(Vec<CountedClick>, Counted), String> {
    let damaged_before = counter.reader.damaged();
    let (mut clicks, mut to) = (Vec::new(), counter.at);
    for stored in counter.reader.by_ref().take(PORTION) {
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
    to.damaged += counter.reader.damaged() - damaged_before;
    Ok((clicks, to))
}

/// Counts what had come when it was called; how many clicks. Nothing where another program has the log, which counts itself.
pub async fn count(data: &DataDirectory) -> Result<u64, TrackingError> {
    if !data.path.join(CLICKS).exists() {
        return Ok(0);
    }
    data.redirector().await?.count(data).await
}

impl Redirector {
    async fn count(&self, data: &DataDirectory) -> Result<u64, TrackingError> {
        let mut kept = self.counter.lock().await;
        let Some(log) = self.log_now() else { return Ok(0) };
        let end = log.stored_end();
        let mut all = 0;
        loop {
            let at = data.store.counted().await?;
            let mut counter = match kept.take().filter(|counter| counter.at == at) {
                Some(counter) => counter,
                None => {
                    let reader = log.read(position_of(&at)).map_err(|error| TrackingError::Log(error.to_string()))?;
                    Counter { at, reader }
                }
            };
            counter.reader.extend_to(end);
            let read = tokio::task::spawn_blocking(move || {
                let portion = read(&mut counter);
                (counter, portion)
            });
            let (mut counter, portion) = read.await.map_err(|error| TrackingError::Log(error.to_string()))?;
            let (clicks, to) = portion.map_err(TrackingError::Log)?;
            if clicks.is_empty() {
                *kept = Some(counter);
                break;
            }
            if !data.store.count_clicks(at, &clicks, to).await? {
                // Somebody else counted from there; the next look begins from where they stopped.
                continue;
            }
            all += clicks.len() as u64;
            counter.at = to;
            *kept = Some(counter);
        }
        super::webhooks::events::tell_clicks(data).await?;
        data.store.forget_visitors(data.now()).await?;
        Ok(all)
    }
}

/// The latest clicks of a link, or of all. Reads the last segments of the log until enough are found, some 100 ms for each full one.
pub async fn latest(data: &DataDirectory, link: Option<u32>, at_most: usize) -> Result<Latest, TrackingError> {
    let folder = data.path.join(CLICKS);
    if at_most == 0 || !folder.exists() {
        return Ok(Latest::default());
    }
    let counted = data.store.counted().await?;
    let end = data.redirector().await?.log_now().map(|log| log.stored_end());
    let read = tokio::task::spawn_blocking(move || {
        let mut latest = Latest::default();
        let last = end.map_or(counted.segment, |end| end.segment).max(1);
        for (looked, segment) in (1..=last).rev().enumerate() {
            if latest.clicks.len() >= at_most {
                break;
            }
            if looked == SEGMENTS_LOOKED_THROUGH {
                latest.is_cut = true;
                break;
            }
            let mut reader = match Reader::open(&folder, Position { segment, ..Position::START }) {
                Ok(reader) => reader,
                // Older ones were removed.
                Err(_) => break,
            };
            // Of the last one what is acknowledged, of the others all.
            reader.extend_to(
                end.filter(|end| end.segment == segment).unwrap_or(Position { segment, offset: u32::MAX / 128 * 128 }),
            );
            let mut of_segment: Vec<ClickSeen> = Vec::new();
            for stored in reader {
                let stored = stored.map_err(|error| error.to_string())?;
                if stored.position.segment != segment || link.is_some_and(|link| stored.click.link != link) {
                    continue;
                }
                of_segment.push(seen(&stored.click, stored.host.as_deref().unwrap_or("")));
                if of_segment.len() >= at_most * 2 {
                    of_segment.drain(..at_most);
                }
            }
            latest.clicks.extend(of_segment.into_iter().rev());
        }
        latest.clicks.truncate(at_most);
        Ok::<_, String>(latest)
    });
    read.await.map_err(|error| TrackingError::Log(error.to_string()))?.map_err(TrackingError::Log)
}

fn seen(click: &clicks::Click, host: &str) -> ClickSeen {
    ClickSeen {
        at: Timestamp(click.time_us),
        verdict: VerdictKind::from_code(click.verdict).unwrap_or(VerdictKind::Invalid),
        reasons: verdicts::Reasons::from_bits(click.reasons).words(),
        referrer: host.to_owned(),
        device: verdicts::DeviceClass::from_code(click.device).map_or("", verdicts::DeviceClass::name),
        browser: verdicts::BrowserFamily::from_code(click.browser).map_or("", verdicts::BrowserFamily::name),
        is_from_qr: click.flags & clicks::flags::QR_CODE != 0,
    }
}
