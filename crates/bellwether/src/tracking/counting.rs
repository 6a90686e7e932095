//! Counts of the click log: exact, kept with the position they were made up to, so that nothing is counted twice or left out.

use clicks::{Position, Reader};
use model::Timestamp;
use store::tracking::{Counted, CountedClick};
use verdicts::VerdictKind;

use super::{CLICKS, TrackingError};
use crate::data_directory::DataDirectory;

/// Clicks counted in one transaction.
const PORTION: usize = 5_000;

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

fn position_of(counted: &Counted) -> Position {
    match counted.offset {
        0 => Position::START,
        offset => Position { segment: counted.segment, offset },
    }
}

fn read(folder: &std::path::Path, from: Counted) -> Result<(Vec<CountedClick>, Counted), String> {
    if !folder.exists() {
        return Ok((vec![], from));
    }
    let mut reader = Reader::open(folder, position_of(&from)).map_err(|error| error.to_string())?;
    let damaged_before = reader.damaged();
    let (mut clicks, mut to) = (Vec::new(), from);
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

/// Counts what has come since the last time; how many clicks.
pub async fn count(data: &DataDirectory) -> Result<u64, TrackingError> {
    let mut all = 0;
    loop {
        let from = data.store.counted().await?;
        let folder = data.path.join(CLICKS);
        let done = tokio::task::spawn_blocking(move || read(&folder, from)).await;
        let (clicks, to) = done.map_err(|error| TrackingError::Log(error.to_string()))?.map_err(TrackingError::Log)?;
        if clicks.is_empty() {
            return Ok(all);
        }
        if data.store.count_clicks(from, &clicks, to, data.now()).await? {
            all += clicks.len() as u64;
        }
    }
}

/// The latest clicks of a link, or of all, the newest first.
///
/// Reads the last segments of the log until enough are found.
pub async fn latest(data: &DataDirectory, link: Option<u32>, at_most: usize) -> Result<Vec<ClickSeen>, TrackingError> {
    let folder = data.path.join(CLICKS);
    if !folder.exists() {
        return Ok(vec![]);
    }
    let last = data.store.counted().await?.segment;
    let read = tokio::task::spawn_blocking(move || {
        let mut found: Vec<ClickSeen> = Vec::new();
        let from = Position { segment: last, ..Position::START };
        let reader = Reader::open(&folder, from).or_else(|_| Reader::open(&folder, Position::START));
        for stored in reader.map_err(|error| error.to_string())? {
            let stored = stored.map_err(|error| error.to_string())?;
            if link.is_some_and(|link| stored.click.link != link) {
                continue;
            }
            found.push(seen(&stored.click, stored.host.as_deref().unwrap_or("")));
            if found.len() >= at_most * 2 {
                found.drain(..at_most);
            }
        }
        Ok::<_, String>(found)
    });
    let mut found = read.await.map_err(|error| TrackingError::Log(error.to_string()))?.map_err(TrackingError::Log)?;
    found.reverse();
    found.truncate(at_most);
    Ok(found)
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
