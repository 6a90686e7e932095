//! The stream of clicks: every hit of the log with what it was taken for and why, the newest first, page by page.

use clicks::{Backwards, Click, Position, StoredClick};
use model::Timestamp;
use verdicts::{BrowserFamily, DeviceClass, Reasons, VerdictKind};

use super::counting::position_of;
use super::{CLICKS, TrackingError};
use crate::data_directory::DataDirectory;

/// Hits looked through for one page; what lies before is on the next.
const LOOKED_THROUGH: u64 = 1_000_000;

/// What hits are taken for here. Scanners of mail and machines in data centres are not told from others: no hit is taken for one.
pub const TAKEN_FOR: [VerdictKind; 7] = [
    VerdictKind::Human,
    VerdictKind::Preview,
    VerdictKind::Crawler,
    VerdictKind::Prefetch,
    VerdictKind::Head,
    VerdictKind::Duplicate,
    VerdictKind::Invalid,
];

/// What a hit may be taken for, by its name.
pub fn verdict_named(name: &str) -> Option<VerdictKind> {
    TAKEN_FOR.into_iter().find(|kind| kind.name() == name)
}

/// A click as a stream shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClickSeen {
    pub at: Timestamp,
    pub link: u32,
    pub verdict: VerdictKind,
    pub reasons: Vec<&'static str>,
    pub referrer: String,
    pub device: &'static str,
    pub browser: &'static str,
    pub is_from_qr: bool,
}

/// Which clicks are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ClickFilter {
    pub link: Option<u32>,
    pub verdict: Option<VerdictKind>,
    /// Those before a place in the log; without it, all.
    pub before: Option<Position>,
}

impl ClickFilter {
    fn finds(&self, click: &Click) -> bool {
        self.link.is_none_or(|link| click.link == link) && self.verdict.is_none_or(|verdict| kind_of(click) == verdict)
    }
}

/// Clicks, the newest first.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Latest {
    pub clicks: Vec<ClickSeen>,
    /// Before it there may be more.
    pub earlier: Option<Position>,
    /// It was not looked through further, though fewer were found than asked for.
    pub is_cut: bool,
}

/// A place in the log as it stands in an address: `3-4096`.
pub fn place_of(position: Position) -> String {
    format!("{}-{}", position.segment, position.offset)
}

/// The place that an address names.
pub fn place_named(text: &str) -> Option<Position> {
    let (segment, offset) = text.split_once('-')?;
    let position = Position { segment: segment.parse().ok()?, offset: offset.parse().ok()? };
    (position.offset >= Position::START.offset && position.offset.is_multiple_of(Position::START.offset))
        .then_some(position)
}

/// The latest clicks that a filter finds. Reads the log from its end, as far as it is acknowledged or counted.
pub async fn latest(data: &DataDirectory, filter: ClickFilter, at_most: usize) -> Result<Latest, TrackingError> {
    let folder = data.path.join(CLICKS);
    if at_most == 0 || !folder.exists() {
        return Ok(Latest::default());
    }
    let end = match data.redirector().await?.stored_end() {
        Some(end) => end,
        None => position_of(&data.store.counted().await?),
    };
    let before = filter.before.map_or(end, |before| before.min(end));
    let read = tokio::task::spawn_blocking(move || {
        let mut reader = Backwards::from(&folder, before);
        let mut found = Vec::new();
        let mut latest = Latest::default();
        while found.len() <= at_most {
            if reader.looked_at() > LOOKED_THROUGH {
                (latest.earlier, latest.is_cut) = (Some(reader.position()), true);
                break;
            }
            match reader.next().transpose()? {
                Some((_, click)) if !filter.finds(&click) => {}
                Some(click) => found.push(click),
                None => break,
            }
        }
        if found.len() > at_most {
            found.truncate(at_most);
            latest.earlier = found.last().map(|(position, _)| *position);
        }
        latest.clicks = reader.named(found)?.into_iter().map(seen).collect();
        Ok::<_, clicks::ReadError>(latest)
    });
    let unusable = |problem: &dyn std::fmt::Display| TrackingError::Log(problem.to_string());
    read.await.map_err(|problem| unusable(&problem))?.map_err(|problem| unusable(&problem))
}

fn kind_of(click: &Click) -> VerdictKind {
    VerdictKind::from_code(click.verdict).unwrap_or(VerdictKind::Invalid)
}

fn seen(stored: StoredClick) -> ClickSeen {
    let click = &stored.click;
    ClickSeen {
        at: Timestamp(click.time_us),
        link: click.link,
        verdict: kind_of(click),
        reasons: Reasons::from_bits(click.reasons).words(),
        referrer: stored.host.as_deref().unwrap_or("").to_owned(),
        device: DeviceClass::from_code(click.device).map_or("", DeviceClass::name),
        browser: BrowserFamily::from_code(click.browser).map_or("", BrowserFamily::name),
        is_from_qr: click.flags & clicks::flags::QR_CODE != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_log_is_read_back_and_no_other() {
        let place = Position { segment: 3, offset: 4_096 };
        assert_eq!(place_named(&place_of(place)), Some(place));
        for wrong in ["", "3", "3-", "3-0", "3-100", "-1-128", "x-128", "3-4096-1"] {
            assert_eq!(place_named(wrong), None, "{wrong}");
        }
    }
}
