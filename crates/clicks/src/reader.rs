//! Every click exactly once, in the order of the log, from a position that can be kept and gone on from.
//!
//! A reader of a log that is being written to is told how far the log is ([`crate::ClickLog::stored_end`]) and reads no
//! further: what is not acknowledged is not seen. One who reads a folder without its log sees every whole record.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::record::{Click, HostId, RECORD_BYTES, RECORD_STEP, Slot};
use crate::segment::{self, FIRST_RECORD, Position, SegmentError, failed};

/// Read at once.
const CHUNK_BYTES: usize = 512 * RECORD_BYTES;

/// Why reading cannot go on.
#[derive(thiserror::Error, Debug)]
pub enum ReadError {
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(
        "segment {asked} is gone, the oldest is {oldest}: clicks may be missing; \
         count again from what was kept of it, then read from the start"
    )]
    Gone { asked: u32, oldest: u32 },
    #[error("offset {offset} in segment {segment} is not where a record can begin; records begin at multiples of 128")]
    NoRecordThere { segment: u32, offset: u32 },
}

/// A click and where it lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredClick {
    pub position: Position,
    /// Where to go on after it: kept with what was counted, it makes a restart count nothing twice. Before a segment is
    /// removed, keep [`Reader::position`] instead, which has left it.
    pub next: Position,
    pub click: Click,
    /// Name of the referring host; `None` for none, for one too many and for a damaged entry.
    pub host: Option<Arc<str>>,
}

/// Reads the log's clicks one by one. Costs a read of 64 KiB every 512 records. Made to be kept: going on with
/// [`Reader::extend_to`] is free, while beginning anew in the middle of a segment reads that segment up to there, for
/// the names of hosts.
pub struct Reader {
    folder: PathBuf,
    at: Position,
    /// Nothing from here on is read; `None` = as far as there are records.
    end: Option<Position>,
    open: Option<OpenSegment>,
    hosts: HashMap<HostId, Arc<str>>,
    damaged: u64,
    has_failed: bool,
}

struct OpenSegment {
    file: File,
    path: PathBuf,
    number: u32,
    /// Where it ends, once a later segment exists.
    sealed_end: Option<u32>,
    chunk: Vec<u8>,
    /// Offset of the chunk's first byte.
    chunk_at: u32,
    /// Bad or empty slots since the last whole record: damage if one follows, else the end.
    unexplained: u32,
}

impl Reader {
    /// Reads all whole records in a folder from `from` on; for a log that nobody writes to. Errors: as for `next`.
    pub fn open(folder: &Path, from: Position) -> Result<Reader, ReadError> {
        Reader::new(folder, from, None)
    }

    pub(crate) fn new(folder: &Path, from: Position, end: Option<Position>) -> Result<Reader, ReadError> {
        if from.offset < FIRST_RECORD || !from.offset.is_multiple_of(RECORD_STEP) {
            return Err(ReadError::NoRecordThere { segment: from.segment, offset: from.offset });
        }
        let numbers = segment::numbers_in(folder)?;
        let at = match numbers.first() {
            Some(oldest) if from == Position::START => Position::first_of(*oldest),
            Some(oldest) if from.segment < *oldest => {
                return Err(ReadError::Gone { asked: from.segment, oldest: *oldest });
            }
            _ => from,
        };
        let hosts = hosts_before(folder, at)?;
        Ok(Reader { folder: folder.to_owned(), at, end, open: None, hosts, damaged: 0, has_failed: false })
    }

    /// Reads on up to here: a later [`crate::ClickLog::stored_end`].
    pub fn extend_to(&mut self, end: Position) {
        self.end = Some(end);
    }

    /// Where it goes on: after the last click that was read, or at the start of the next segment if that was the last
    /// click of a sealed one.
    pub fn position(&self) -> Position {
        self.at
    }

    /// Slots that hold no whole record although one follows, among those read so far.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    fn read_next(&mut self) -> Result<Option<StoredClick>, ReadError> {
        loop {
            if self.open.is_none() && !self.open_segment()? {
                return Ok(None);
            }
            let Some(open) = &mut self.open else { return Ok(None) };
            let limit = match self.end {
                Some(end) if end.segment < open.number => return Ok(None),
                Some(end) if end.segment == open.number => Some(end.offset),
                Some(_) if open.sealed_end.is_none() => {
                    open.sealed_end = sealed_end(&self.folder, open.number, &open.file)?;
                    open.sealed_end
                }
                _ => open.sealed_end,
            };
            let mut slot_at = self.at.offset + open.unexplained * RECORD_STEP;
            while let Some(slot) = open.slot(slot_at, limit)? {
                let position = Position { segment: open.number, offset: slot_at };
                let next = Position { segment: open.number, offset: slot_at + RECORD_STEP };
                slot_at = next.offset;
                let slot = Slot::decode(&slot);
                if matches!(slot, Slot::Empty | Slot::Damaged) {
                    open.unexplained += 1;
                    continue;
                }
                self.damaged += u64::from(open.unexplained);
                open.unexplained = 0;
                self.at = next;
                match slot {
                    Slot::Click(click) => {
                        let host = self.hosts.get(&click.referrer_host).cloned();
                        return Ok(Some(StoredClick { position, next, click, host }));
                    }
                    Slot::Host { id, name } => {
                        self.hosts.insert(id, name.into());
                    }
                    Slot::Empty | Slot::Damaged | Slot::Later => {}
                }
            }
            if !self.leave_segment()? {
                return Ok(None);
            }
        }
    }

    /// Opens the segment to read from; `false` if there is none yet.
    fn open_segment(&mut self) -> Result<bool, ReadError> {
        let number = self.at.segment;
        let path = segment::path_of(&self.folder, number);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return self.follow_numbers(),
            Err(other) => return Err(failed(&path, "opening")(other).into()),
        };
        segment::header_of(&file, &path, number)?;
        let sealed_end = sealed_end(&self.folder, number, &file)?;
        self.open =
            Some(OpenSegment { file, path, number, sealed_end, chunk: Vec::new(), chunk_at: 0, unexplained: 0 });
        Ok(true)
    }

    /// When a log is opened for the first time, its oldest segment may appear after its reader did.
    fn follow_numbers(&mut self) -> Result<bool, ReadError> {
        let numbers = segment::numbers_in(&self.folder)?;
        match numbers.first() {
            Some(oldest) if self.at == Position::START => {
                self.at = Position::first_of(*oldest);
                self.open_segment()
            }
            Some(oldest) if self.at.segment < *oldest => {
                Err(ReadError::Gone { asked: self.at.segment, oldest: *oldest })
            }
            _ => Ok(false),
        }
    }

    /// Goes to the next segment if this one is read to its end and will not grow; `false` if it may.
    fn leave_segment(&mut self) -> Result<bool, ReadError> {
        let Some(open) = &mut self.open else { return Ok(false) };
        if self.end.is_some_and(|end| end.segment <= open.number) {
            return Ok(false);
        }
        let number = open.number;
        let Some(next) = segment::numbers_in(&self.folder)?.into_iter().find(|other| *other > number) else {
            open.chunk.clear();
            open.unexplained = 0;
            return Ok(false);
        };
        if open.sealed_end.is_none() {
            // It was sealed while we read: look once more, now with its end known.
            open.sealed_end = sealed_end(&self.folder, number, &open.file)?;
            open.chunk.clear();
            open.unexplained = 0;
            return Ok(true);
        }
        self.at = Position::first_of(next);
        self.open = None;
        // Each segment names the hosts it uses.
        self.hosts.clear();
        Ok(true)
    }
}

impl OpenSegment {
    /// The slot at an offset; `None` from the limit on and behind the last whole slot of the file. Nothing from the
    /// limit on is kept in memory either: it may be written to before it is asked for again.
    fn slot(&mut self, offset: u32, limit: Option<u32>) -> Result<Option<[u8; RECORD_BYTES]>, ReadError> {
        let within = offset.checked_sub(self.chunk_at).and_then(|within| self.chunk.get(within as usize..));
        if let Some(slot) = within.and_then(|rest| rest.first_chunk()) {
            return Ok(Some(*slot));
        }
        let readable = limit.unwrap_or(u32::MAX).saturating_sub(offset);
        self.chunk.resize(CHUNK_BYTES.min(readable as usize), 0);
        let filled = segment::read_as_much(&self.file, &mut self.chunk, u64::from(offset))
            .map_err(failed(&self.path, "reading"))?;
        self.chunk.truncate(filled / RECORD_BYTES * RECORD_BYTES);
        self.chunk_at = offset;
        Ok(self.chunk.first_chunk().copied())
    }
}

/// Where a segment ends that is not the last; `None` for the last one.
pub(crate) fn sealed_end(folder: &Path, number: u32, file: &File) -> Result<Option<u32>, ReadError> {
    let Some(next) = segment::numbers_in(folder)?.into_iter().find(|other| *other > number) else {
        return Ok(None);
    };
    let told = if next == number + 1 { segment::end_told_by(folder, next)? } else { None };
    let path = segment::path_of(folder, number);
    let file_bytes = file.metadata().map_err(failed(&path, "measuring"))?.len();
    let file_end = u32::try_from(file_bytes).unwrap_or(u32::MAX);
    Ok(Some(told.map_or(file_end, |told| told.min(file_end))))
}

/// Names that the segment gave before `at`.
fn hosts_before(folder: &Path, at: Position) -> Result<HashMap<HostId, Arc<str>>, ReadError> {
    let mut hosts = HashMap::new();
    if at.offset == FIRST_RECORD {
        return Ok(hosts);
    }
    let path = segment::path_of(folder, at.segment);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(hosts),
        Err(other) => return Err(failed(&path, "opening")(other).into()),
    };
    let take_up = |slot: Slot<'_>| {
        if let Slot::Host { id, name } = slot {
            hosts.insert(id, name.into());
        }
    };
    segment::scan(&file, Some(at.offset), take_up).map_err(failed(&path, "reading"))?;
    Ok(hosts)
}

/// Ends where the log ends, and may go on after [`Reader::extend_to`]. After an error it ends for good.
impl Iterator for Reader {
    type Item = Result<StoredClick, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let read = self.read_next();
        self.has_failed = read.is_err();
        read.transpose()
    }
}
