//! A batch of clicks becomes one write and, where asked for, one flush.
//!
//! Everything here runs under one lock. Which click is where, what is acknowledged and what becomes of a failure:
//! - A click is acknowledged when its bytes are written, and in [`Durability::Power`] flushed. Slots written whole
//!   before a failure count as written; the next batch begins behind them, over whatever was written in part.
//! - A failed write leaves the rest of the batch not stored. The next batch tries again, in the same place if the disk
//!   was full, in a new segment otherwise.
//! - A failed flush is not tried again: the kernel may have dropped the pages and would call the next flush a success.
//!   The segment is cut back to what was flushed before and sealed, and the batch goes to a new segment, once.
//! - When no segment can be opened, batches are not stored, and every [`Settings::retry_after`] it is tried again.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::dictionary::Dictionary;
use crate::record::{Click, HostId, RECORD_BYTES, RECORD_STEP, encode_host};
use crate::segment::{self, FIRST_RECORD, Header, Position, SegmentError};

/// What an acknowledged click survives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// The program being killed. A power cut may take the clicks that the kernel had not yet written, about the last
    /// half minute.
    #[default]
    Process,
    /// A power cut: one flush is shared by all clicks that wait for it. Throughput is at most clicks waiting divided by
    /// the time of a flush, so it grows with the number of connections.
    Power,
}

/// Who writes, in [`Durability::Process`]; in [`Durability::Power`] it is always one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Appending {
    /// The thread that submits, together with whatever others submitted meanwhile. A write into the kernel's memory
    /// costs about a microsecond, waking a thread and being woken several. What takes longer (a new segment, flushing a
    /// full one) is left to the writer thread.
    #[default]
    InPlace,
    /// One thread for all: for disks so slow that a plain write can hold up the thread that makes it.
    OneThread,
}

/// How the log is kept. [`Settings::for_instance`] has the defaults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Names this installation; segments of another are refused.
    pub instance: [u8; 16],
    pub durability: Durability,
    pub appending: Appending,
    /// Length of a segment: 4 KiB to 1 GiB, a multiple of 128. Default 64 MiB, 524,287 records.
    pub segment_bytes: u32,
    /// Clicks that may wait to be written; one more is not stored. Default 65,536.
    pub max_pending: usize,
    /// Host names held in memory, up to about 300 bytes each. Default 65,536.
    pub max_hosts: usize,
    /// How long after a segment could not be opened it is tried again. Default 100 ms.
    pub retry_after: Duration,
}

impl Settings {
    pub fn for_instance(instance: [u8; 16]) -> Settings {
        Settings {
            instance,
            durability: Durability::default(),
            appending: Appending::default(),
            segment_bytes: 64 * 1024 * 1024,
            max_pending: 65_536,
            max_hosts: 65_536,
            retry_after: Duration::from_millis(100),
        }
    }
}

/// What became of a click.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It lies here, as durable as the log's [`Durability`] says.
    Stored(Position),
    /// The log has no room, is too far behind, or closed; [`Counters::last_error`] says more.
    NotStored,
}

/// What the log has done since it was opened, for a health page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Clicks acknowledged.
    pub stored: u64,
    /// Clicks that were not.
    pub not_stored: u64,
    /// Batches written.
    pub batches: u64,
    /// Flushes of records, of full segments too.
    pub fsyncs: u64,
    /// Failed flushes and panics of a [`crate::Waiter`]: each wants a person to look.
    pub alarms: u64,
    /// New hosts that found no room in the dictionary.
    pub hosts_refused: u64,
    /// Clicks waiting now.
    pub pending: u64,
    /// Clicks of the last batch were not stored.
    pub is_failing: bool,
    /// What went wrong last: what, where, and the system's words for it.
    pub last_error: Option<String>,
}

/// The counters while they run, and how far readers may read.
#[derive(Default)]
pub(crate) struct Tally {
    pub stored: AtomicU64,
    pub not_stored: AtomicU64,
    pub batches: AtomicU64,
    pub fsyncs: AtomicU64,
    pub alarms: AtomicU64,
    pub is_failing: AtomicBool,
    stored_end: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Tally {
    pub fn stored_end(&self) -> Position {
        Position::from_bits(self.stored_end.load(Ordering::Acquire))
    }

    pub fn set_stored_end(&self, end: Position) {
        self.stored_end.store(end.to_bits(), Ordering::Release);
    }

    pub fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn note_error(&self, error: impl std::fmt::Display) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    pub fn alarm(&self, error: impl std::fmt::Display) {
        self.alarms.fetch_add(1, Ordering::Relaxed);
        self.note_error(error);
    }

    pub fn count_not_stored(&self, clicks: usize) {
        self.not_stored.fetch_add(clicks as u64, Ordering::Relaxed);
    }
}

/// Writes batches to the last segment and begins the next one.
pub(crate) struct Appender {
    folder: PathBuf,
    settings: Settings,
    hosts: Arc<Dictionary>,
    tally: Arc<Tally>,
    active: Option<Active>,
    last_number: u32,
    /// Where segment `last_number` ends, once it is sealed.
    last_end: u32,
    /// No segment is opened before.
    retry_at: Option<Instant>,
    /// Full segments that the writer thread is to flush.
    to_flush: Vec<File>,
    batch: Encoded,
    pub is_closed: bool,
    #[cfg(test)]
    pub faults: Arc<faults::Faults>,
}

/// The segment that is added to.
pub(crate) struct Active {
    pub file: File,
    pub number: u32,
    /// Where the next record goes.
    pub end: u32,
    /// Hosts whose names are in this segment.
    pub named: HashSet<HostId>,
    /// Lowest host id not given when it was begun.
    pub next_host_id: u32,
    /// It failed in a way that more room would not help.
    is_suspect: bool,
}

impl Active {
    pub fn new(file: File, number: u32, end: u32, next_host_id: u32) -> Active {
        Active { file, number, end, named: HashSet::new(), next_host_id, is_suspect: false }
    }
}

/// A batch as bytes. Kept for its memory.
#[derive(Default)]
struct Encoded {
    bytes: Vec<u8>,
    /// For each click, where it ends in `bytes`.
    ends: Vec<usize>,
    /// Hosts named in this batch.
    newly_named: Vec<HostId>,
}

enum Fault {
    NoSegment,
    Write,
    Flush,
}

impl Appender {
    pub fn new(
        folder: PathBuf,
        settings: Settings,
        hosts: Arc<Dictionary>,
        tally: Arc<Tally>,
        last_number: u32,
        last_end: u32,
        active: Option<Active>,
    ) -> Appender {
        Appender {
            folder,
            settings,
            hosts,
            tally,
            active,
            last_number,
            last_end,
            retry_at: None,
            to_flush: Vec::new(),
            batch: Encoded::default(),
            is_closed: false,
            #[cfg(test)]
            faults: Arc::default(),
        }
    }

    /// Whether so many clicks fit without beginning a segment, each with the name of its host.
    pub fn has_room_for(&self, clicks: usize) -> bool {
        let room = self.active.as_ref().filter(|active| !active.is_suspect);
        room.is_some_and(|active| {
            self.settings.segment_bytes.saturating_sub(active.end) as usize >= clicks * 2 * RECORD_BYTES
        })
    }

    /// Stores a batch; `outcomes` then has one for each click, in order. Begins segments as needed.
    pub fn append(&mut self, clicks: &[Click], outcomes: &mut Vec<Outcome>) {
        outcomes.clear();
        let mut has_failed_to_flush = false;
        while outcomes.len() < clicks.len() {
            match self.append_to_segment(&clicks[outcomes.len()..], outcomes) {
                Ok(()) => {}
                Err(Fault::Flush) if !has_failed_to_flush => has_failed_to_flush = true,
                Err(Fault::Flush | Fault::Write | Fault::NoSegment) => break,
            }
        }
        let stored = outcomes.len();
        outcomes.resize(clicks.len(), Outcome::NotStored);
        self.tally.stored.fetch_add(stored as u64, Ordering::Relaxed);
        self.tally.count_not_stored(clicks.len() - stored);
        let is_failing = stored < clicks.len();
        if self.tally.is_failing.load(Ordering::Relaxed) != is_failing {
            self.tally.is_failing.store(is_failing, Ordering::Relaxed);
        }
    }

    /// Writes as many of the clicks as the segment has room for.
    fn append_to_segment(&mut self, clicks: &[Click], outcomes: &mut Vec<Outcome>) -> Result<(), Fault> {
        if self.active.is_none() || !self.has_room_for(1) {
            self.begin_segment()?;
        }
        let write_limit = self.write_limit();
        let Some(active) = &mut self.active else { return Err(Fault::NoSegment) };
        let room = (self.settings.segment_bytes - active.end) as usize;
        self.batch.encode(clicks, room, &mut active.named, &self.hosts);

        let written = write_at(&active.file, &self.batch.bytes, active.end, write_limit);
        let whole = written.bytes / RECORD_BYTES * RECORD_BYTES;
        self.tally.batches.fetch_add(1, Ordering::Relaxed);
        if whole > 0 && self.settings.durability == Durability::Power {
            self.flush_active()?;
        }
        let Some(active) = &mut self.active else { return Err(Fault::NoSegment) };
        let (segment, start) = (active.number, active.end);
        let stored = self.batch.ends.iter().take_while(|end| **end <= whole);
        outcomes.extend(stored.map(|end| {
            let offset = start + offset_of(*end) - RECORD_STEP;
            Outcome::Stored(Position { segment, offset })
        }));
        active.end = start + offset_of(whole);
        self.tally.set_stored_end(Position { segment, offset: active.end });

        let Some(error) = written.error else { return Ok(()) };
        for host in &self.batch.newly_named {
            active.named.remove(host);
        }
        active.is_suspect = !is_about_room(&error);
        let path = segment::path_of(&self.folder, segment);
        self.tally.note_error(segment::failed(&path, "writing")(error));
        Err(Fault::Write)
    }

    fn flush_active(&mut self) -> Result<(), Fault> {
        let Some(active) = &self.active else { return Err(Fault::NoSegment) };
        self.tally.fsyncs.fetch_add(1, Ordering::Relaxed);
        let Err(error) = self.flush(&active.file) else { return Ok(()) };
        let path = segment::path_of(&self.folder, active.number);
        self.tally.alarm(segment::failed(&path, "flushing")(error));
        self.seal_active();
        Err(Fault::Flush)
    }

    /// Ends the segment behind its last acknowledged record.
    fn seal_active(&mut self) {
        let Some(active) = self.active.take() else { return };
        self.last_end = active.end;
        if let Err(error) = active.file.set_len(u64::from(active.end)) {
            // The next segment's header says where this one ends, so readers stop there all the same.
            let path = segment::path_of(&self.folder, active.number);
            self.tally.note_error(segment::failed(&path, "cutting")(error));
        }
        self.hosts.make_room(|host| active.named.contains(&host) || host.0 >= active.next_host_id);
        if self.settings.durability == Durability::Process {
            self.to_flush.push(active.file);
        }
    }

    /// Seals the segment, if there is one, and begins the next.
    fn begin_segment(&mut self) -> Result<(), Fault> {
        if self.retry_at.is_some_and(|retry_at| Instant::now() < retry_at) {
            return Err(Fault::NoSegment);
        }
        self.seal_active();
        let header = Header {
            number: self.last_number + 1,
            instance: self.settings.instance,
            created_us: now_us(),
            next_host_id: self.hosts.next_id(),
            previous_end: self.last_end,
        };
        match self.create(&header) {
            Ok(file) => {
                self.retry_at = None;
                self.last_number = header.number;
                self.last_end = 0;
                self.active = Some(Active::new(file, header.number, FIRST_RECORD, header.next_host_id));
                self.tally.set_stored_end(Position::first_of(header.number));
                Ok(())
            }
            Err(error) => {
                self.tally.note_error(error);
                self.retry_at = Some(Instant::now() + self.settings.retry_after);
                Err(Fault::NoSegment)
            }
        }
    }

    /// Seals the segment now and begins the next; `Err` if the next cannot be begun. An empty one stays.
    pub fn seal(&mut self) -> Result<(), String> {
        if self.active.as_ref().is_some_and(|active| active.end == FIRST_RECORD) {
            return Ok(());
        }
        self.retry_at = None;
        self.begin_segment().map_err(|_| self.tally.last_error().unwrap_or_default())
    }

    /// Number of the last segment; it is never removed, so that numbers and host ids only go up.
    pub fn last_number(&self) -> u32 {
        self.last_number
    }

    /// Begins a segment if there is none; if that fails, batches will try again.
    pub fn begin_if_none(&mut self) {
        if self.active.is_none() {
            let _noted_in_tally = self.begin_segment();
        }
    }

    pub fn waiting_to_flush(&self) -> usize {
        self.to_flush.len()
    }

    /// A full segment not yet flushed: the caller flushes it, without the lock.
    pub fn next_to_flush(&mut self) -> Option<File> {
        #[cfg(test)]
        self.faults.run_meanwhile();
        self.to_flush.pop()
    }

    /// Flushes what was written, and takes no more.
    pub fn close(&mut self) -> io::Result<()> {
        self.is_closed = true;
        let Some(active) = &self.active else { return Ok(()) };
        self.tally.fsyncs.fetch_add(1, Ordering::Relaxed);
        self.flush(&active.file).inspect_err(|error| self.tally.alarm(error))
    }

    #[cfg(not(test))]
    fn flush(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    #[cfg(not(test))]
    fn create(&self, header: &Header) -> Result<File, SegmentError> {
        segment::create(&self.folder, header, self.settings.segment_bytes)
    }

    #[cfg(not(test))]
    fn write_limit(&self) -> usize {
        usize::MAX
    }
}

impl Encoded {
    /// Encodes clicks while they fit in `room` bytes, each host's name before the first click that uses it.
    fn encode(&mut self, clicks: &[Click], room: usize, named: &mut HashSet<HostId>, hosts: &Dictionary) {
        self.bytes.clear();
        self.ends.clear();
        self.newly_named.clear();
        for click in clicks {
            let mut click = *click;
            let host = click.referrer_host;
            let unnamed = if host.is_named() && !named.contains(&host) { hosts.name(host) } else { None };
            if host.is_named() && unnamed.is_none() && !named.contains(&host) {
                click.referrer_host = HostId::OTHER;
            }
            let needed = RECORD_BYTES * (1 + usize::from(unnamed.is_some()));
            if self.bytes.len() + needed > room {
                return;
            }
            if let Some(name) = unnamed {
                self.bytes.extend_from_slice(&encode_host(host, &name));
                self.newly_named.push(host);
                named.insert(host);
            }
            self.bytes.extend_from_slice(&click.encode());
            self.ends.push(self.bytes.len());
        }
    }
}

struct Written {
    bytes: usize,
    error: Option<io::Error>,
}

/// Writes all of it, in one call unless the system takes less at once, and says how far it came.
fn write_at(file: &File, bytes: &[u8], offset: u32, limit: usize) -> Written {
    let mut written = 0;
    while written < bytes.len() {
        let upto = bytes.len().min(limit);
        if written >= upto {
            return Written { bytes: written, error: Some(io::ErrorKind::StorageFull.into()) };
        }
        match file.write_at(&bytes[written..upto], u64::from(offset) + written as u64) {
            Ok(0) => return Written { bytes: written, error: Some(io::ErrorKind::WriteZero.into()) },
            Ok(taken) => written += taken,
            Err(interrupted) if interrupted.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Written { bytes: written, error: Some(error) },
        }
    }
    Written { bytes: written, error: None }
}

fn is_about_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

fn offset_of(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a batch fits in a segment, a segment in 32 bits")
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Disks that fail when a test says so.
#[cfg(test)]
pub(crate) mod faults {
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};

    use super::*;

    pub struct Faults {
        /// So many flushes fail from now on.
        pub flushes: AtomicU32,
        /// So many segments cannot be created from now on.
        pub creations: AtomicU32,
        /// A write takes no more bytes than this.
        pub write_limit: AtomicUsize,
        /// Done once, while the appender is held: after a batch was taken and before it is written, or when there was
        /// nothing to take.
        pub meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Faults {
        pub fn run_meanwhile(&self) {
            let planted = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
            planted.into_iter().for_each(|run| run());
        }
    }

    impl Default for Faults {
        fn default() -> Faults {
            Faults {
                flushes: 0.into(),
                creations: 0.into(),
                write_limit: usize::MAX.into(),
                meanwhile: Mutex::default(),
            }
        }
    }

    fn take_one(left: &AtomicU32) -> bool {
        left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    impl Appender {
        pub(super) fn flush(&self, file: &File) -> io::Result<()> {
            if take_one(&self.faults.flushes) {
                return Err(io::Error::other("planted: the disk lost the pages"));
            }
            file.sync_data()
        }

        pub(super) fn create(&self, header: &Header) -> Result<File, SegmentError> {
            if take_one(&self.faults.creations) {
                let path = segment::path_of(&self.folder, header.number);
                return Err(segment::failed(&path, "creating")(io::ErrorKind::StorageFull.into()));
            }
            segment::create(&self.folder, header, self.settings.segment_bytes)
        }

        pub(super) fn write_limit(&self) -> usize {
            self.faults.run_meanwhile();
            self.faults.write_limit.load(SeqCst)
        }
    }
}
