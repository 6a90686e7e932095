//! Clicks from a place in the log backwards, the newest first, for whoever looks at what came last.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::reader::{ReadError, StoredClick, sealed_end};
use crate::record::{Click, HostId, RECORD_BYTES, RECORD_STEP, Slot};
use crate::segment::{self, FIRST_RECORD, Position, failed};

/// Read at once.
const CHUNK_RECORDS: u32 = 2_048;

/// Reads the log's clicks backwards. Costs a read of 256 KiB every 2,048 records, whatever lies before them.
///
/// Names of hosts stand in a segment before the clicks that use them, so they are looked for afterwards and for the clicks that
/// are wanted alone ([`Backwards::named`]).
pub struct Backwards {
    folder: PathBuf,
    /// Nothing from here on is read any more.
    before: Position,
    open: Option<(File, PathBuf)>,
    /// Clicks of the chunk read last, oldest first.
    chunk: Vec<(Position, Click)>,
    looked_at: u64,
}

impl Backwards {
    /// Reads what lies before a position that is acknowledged, such as [`crate::ClickLog::stored_end`] or one that was counted to.
    pub fn from(folder: &Path, before: Position) -> Backwards {
        Backwards { folder: folder.to_owned(), before, open: None, chunk: Vec::new(), looked_at: 0 }
    }

    /// How many slots were looked at.
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Where what was not yet given ends: to go on from there gives the rest.
    pub fn position(&self) -> Position {
        match self.chunk.last() {
            Some((last, _)) => Position { segment: last.segment, offset: last.offset + RECORD_STEP },
            None => self.before,
        }
    }

    /// The same clicks with the names of their hosts. Costs a reading of their segments, up to where the names stand.
    pub fn named(&self, clicks: Vec<(Position, Click)>) -> Result<Vec<StoredClick>, ReadError> {
        let mut wanted: HashMap<u32, HashSet<HostId>> = HashMap::new();
        for (position, click) in clicks.iter().filter(|(_, click)| click.referrer_host.is_named()) {
            wanted.entry(position.segment).or_default().insert(click.referrer_host);
        }
        let mut names: HashMap<(u32, HostId), Arc<str>> = HashMap::new();
        for (segment, mut missing) in wanted {
            for (id, name) in self.hosts_of(segment, &mut missing)? {
                names.insert((segment, id), name);
            }
        }
        let named = |(position, click): (Position, Click)| StoredClick {
            position,
            next: Position { segment: position.segment, offset: position.offset + RECORD_STEP },
            host: names.get(&(position.segment, click.referrer_host)).cloned(),
            click,
        };
        Ok(clicks.into_iter().map(named).collect())
    }

    fn hosts_of(&self, segment: u32, missing: &mut HashSet<HostId>) -> Result<Vec<(HostId, Arc<str>)>, ReadError> {
        let path = segment::path_of(&self.folder, segment);
        let file = File::open(&path).map_err(failed(&path, "opening"))?;
        let mut found = Vec::new();
        let mut bytes = vec![0; CHUNK_RECORDS as usize * RECORD_BYTES];
        let mut at = u64::from(FIRST_RECORD);
        while !missing.is_empty() {
            let filled = segment::read_as_much(&file, &mut bytes, at).map_err(failed(&path, "reading"))?;
            let slots = bytes[..filled].as_chunks::<RECORD_BYTES>().0;
            if slots.is_empty() {
                break;
            }
            for slot in slots.iter().filter(|slot| !crate::record::is_click(slot)) {
                if let Slot::Host { id, name } = Slot::decode(slot)
                    && missing.remove(&id)
                {
                    found.push((id, Arc::from(name)));
                }
            }
            at += filled as u64;
        }
        Ok(found)
    }

    /// Reads the next chunk; `false` at the log's begin.
    fn read_chunk(&mut self) -> Result<bool, ReadError> {
        while self.before.offset <= FIRST_RECORD || self.before.segment == 0 {
            if !self.leave_segment()? {
                return Ok(false);
            }
        }
        let number = self.before.segment;
        if self.open.is_none() {
            let path = segment::path_of(&self.folder, number);
            match File::open(&path) {
                Ok(file) => self.open = Some((file, path)),
                // Older ones were removed.
                Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                    self.before.offset = FIRST_RECORD;
                    return Ok(true);
                }
                Err(other) => return Err(failed(&path, "opening")(other).into()),
            }
        }
        let Some((file, path)) = &self.open else { return Ok(false) };
        let from = self.before.offset.saturating_sub(CHUNK_RECORDS * RECORD_STEP).max(FIRST_RECORD);
        let mut bytes = vec![0; (self.before.offset - from) as usize];
        let filled = segment::read_as_much(file, &mut bytes, u64::from(from)).map_err(failed(path, "reading"))?;
        let slots = bytes[..filled].as_chunks::<RECORD_BYTES>().0;
        let mut offset = from;
        for slot in slots {
            if let Slot::Click(click) = Slot::decode(slot) {
                self.chunk.push((Position { segment: number, offset }, click));
            }
            offset += RECORD_STEP;
        }
        self.looked_at += slots.len() as u64;
        self.before.offset = from;
        Ok(true)
    }

    /// Goes to the end of the segment before; `false` where there is none.
    fn leave_segment(&mut self) -> Result<bool, ReadError> {
        self.open = None;
        let numbers = segment::numbers_in(&self.folder)?;
        let Some(number) = numbers.into_iter().rev().find(|number| *number < self.before.segment) else {
            return Ok(false);
        };
        let path = segment::path_of(&self.folder, number);
        let file = File::open(&path).map_err(failed(&path, "opening"))?;
        let end = sealed_end(&self.folder, number, &file)?.unwrap_or(FIRST_RECORD);
        self.before = Position { segment: number, offset: end / RECORD_STEP * RECORD_STEP };
        self.open = Some((file, path));
        Ok(true)
    }
}

/// Ends at the log's begin, and after an error.
impl Iterator for Backwards {
    type Item = Result<(Position, Click), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(click) = self.chunk.pop() {
                return Some(Ok(click));
            }
            match self.read_chunk() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.before = Position { segment: 0, offset: FIRST_RECORD };
                    return Some(Err(error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClickLog, Settings};

    fn click(number: u32) -> Click {
        Click { time_us: i64::from(number), link: number % 7, ..Click::default() }
    }

    /// So many clicks in small segments, each with a host of thirteen.
    fn written(folder: &Path, clicks: u32) -> Position {
        let settings = Settings { segment_bytes: 16 * 1024, ..Settings::for_instance([1; 16]) };
        let (log, _) = ClickLog::<crate::Callback>::open(folder, settings).expect("opens");
        for number in 0..clicks {
            let referrer_host = log.hosts().intern(&format!("host{}.example", number % 13));
            let (answered, answer) = std::sync::mpsc::channel();
            log.submit(
                &Click { referrer_host, ..click(number) },
                Box::new(move |outcome| answered.send(outcome).expect("the test waits")),
            );
            answer.recv().expect("is answered");
        }
        log.stored_end()
    }

    #[test]
    fn backwards_gives_what_forwards_gives_the_other_way_round_with_the_same_hosts() {
        for clicks in [0, 1, 5, 126, 127, 128, 900] {
            let folder = tempfile::tempdir().expect("a folder");
            let end = written(folder.path(), clicks);
            let forwards: Vec<StoredClick> = crate::Reader::open(folder.path(), Position::START)
                .expect("opens")
                .collect::<Result<_, _>>()
                .expect("reads");
            let mut reader = Backwards::from(folder.path(), end);
            let backwards: Vec<_> = reader.by_ref().collect::<Result<_, _>>().expect("reads");
            assert_eq!(backwards.len(), clicks as usize);
            let mut named = reader.named(backwards).expect("names");
            named.reverse();
            assert_eq!(named, forwards, "{clicks}");
        }
    }

    #[test]
    fn page_by_page_nothing_is_left_out_or_told_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut at = written(folder.path(), 500);
        let mut times = Vec::new();
        loop {
            let mut reader = Backwards::from(folder.path(), at);
            let page: Vec<_> = reader.by_ref().take(37).collect::<Result<_, _>>().expect("reads");
            at = reader.position();
            if page.is_empty() {
                break;
            }
            times.extend(page.iter().map(|(_, click)| click.time_us));
        }
        assert_eq!(times, (0..500).rev().collect::<Vec<i64>>());
    }

    #[test]
    fn what_is_not_acknowledged_is_not_seen_and_a_removed_segment_ends_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let end = written(folder.path(), 300);
        let earlier = Position { segment: end.segment, offset: FIRST_RECORD + RECORD_STEP };
        let last = Backwards::from(folder.path(), earlier).next();
        assert!(last.is_none_or(|last| last.expect("reads").0 < earlier));
        std::fs::remove_file(segment::path_of(folder.path(), 1)).expect("removes");
        let read: Vec<_> = Backwards::from(folder.path(), end).collect::<Result<Vec<_>, _>>().expect("reads");
        assert!(read.len() < 300 && read.iter().all(|(position, _)| position.segment > 1));
        let beyond = Position { segment: 1, offset: 4096 };
        assert_eq!(Backwards::from(folder.path(), beyond).count(), 0, "of a segment that is gone there is nothing");
    }
}
