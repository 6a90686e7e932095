//! Many requests submit clicks, each is answered once, after its click is stored.
//!
//! Clicks wait in a queue. Whoever writes takes *everything* that waits, makes one write of it (and one flush, in
//! [`crate::Durability::Power`]) and then answers all. Nothing waits for a timer: while one batch is being written the
//! next one gathers, so batches grow with the load.
//!
//! # Who writes
//! In `Power` one thread does: a flush takes milliseconds, and no request's thread may stand still that long. In
//! `Process` the submitting thread writes ([`crate::Appending::InPlace`]), unless another one is at it: that one then
//! finds the click in the queue before it leaves. Nobody ever waits for a lock that is held during a write. Chosen by
//! measuring (`examples/throughput.rs`; raw output with the machine under `benchmarks/runs`): a request with 20 us
//! of work costs 1 to 2 us of processor time more in place and 5 to 7 us more by a thread, because a write into the
//! kernel's memory is cheaper than handing a click over and being woken; at 16 connections it is answered within 12 us
//! in 99 of 100 cases instead of 360. A plain lock around the file costs as little, but when a write takes long, all
//! threads stand still instead of one. A request that finds its answer at once needs no waking handle at all
//! ([`ClickLog::append_now`]).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::appender::{Active, Appender, Appending, Counters, Durability, Outcome, Settings, Tally};
use crate::dictionary::Dictionary;
use crate::reader::{ReadError, Reader};
use crate::record::{Click, HostId, RECORD_STEP, Slot};
use crate::segment::{self, Position, SegmentError, failed};

/// Full segments that may wait to be flushed before the writer stops for them.
const UNFLUSHED_AT_MOST: usize = 4;
/// Looks whether another thread is done with its write: some two microseconds.
const TRIES: u32 = 64;

/// Told once what became of a click: the sending half of a channel, a function, ….
///
/// It is called by whichever thread wrote, so it must not wait for anything; a panic in it is caught and counted as an
/// alarm. A type of one's own avoids the box of [`Callback`]:
///
/// ```ignore
/// struct Answer(tokio::sync::oneshot::Sender<clicks::Outcome>);
///
/// impl clicks::Waiter for Answer {
///     fn answer(self, outcome: clicks::Outcome) {
///         let _ = self.0.send(outcome); // the visitor may have left
///     }
/// }
/// ```
pub trait Waiter: Send + 'static {
    fn answer(self, outcome: Outcome);
}

impl<F: FnOnce(Outcome) + Send + 'static> Waiter for F {
    fn answer(self, outcome: Outcome) {
        self(outcome);
    }
}

/// A waiter for where a box for each click does not matter.
pub type Callback = Box<dyn FnOnce(Outcome) + Send>;

/// The log, open for adding. Shared by all requests; at most one process holds a folder.
pub struct ClickLog<W: Waiter = Callback> {
    shared: Arc<Shared<W>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    folder: PathBuf,
    lock: File,
}

/// What was found when the log was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recovered {
    pub segments: u32,
    /// Whole clicks.
    pub clicks: u64,
    /// Whole dictionary entries.
    pub hosts: u64,
    /// Slots behind the last whole record that held something: cut. After a killed process they were never acknowledged.
    pub torn: u64,
    /// Slots that hold no whole record although one follows: left as they are, and skipped. Anything but 0 means that a
    /// power cut or the disk took clicks.
    pub damaged: u64,
    /// Segments whose header is damaged: read, not added to.
    pub damaged_headers: u32,
}

/// Why the log did not open.
#[derive(thiserror::Error, Debug)]
pub enum OpenError {
    #[error("{}: another process holds this click log; stop it first", folder.display())]
    Held { folder: PathBuf },
    #[error("the click log's setting `{name}` is {value}; {allowed}")]
    Setting { name: &'static str, value: u64, allowed: &'static str },
    #[error("{}: {doing} failed: {source}", path.display())]
    Io { path: PathBuf, doing: &'static str, source: io::Error },
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

/// Why a segment stays.
#[derive(thiserror::Error, Debug)]
pub enum RemoveError {
    #[error("segment {asked} is still added to; seal it first")]
    Last { asked: u32 },
    #[error("segment {asked} is not the oldest, {oldest} is; segments go in order")]
    NotOldest { asked: u32, oldest: u32 },
    #[error("there is no segment {asked}")]
    None { asked: u32 },
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

struct Shared<W> {
    queue: Mutex<Queue<W>>,
    writer_wanted: Condvar,
    /// Taken before `queue` by whoever needs both.
    appender: Mutex<Appender>,
    tally: Arc<Tally>,
    hosts: Arc<Dictionary>,
    writes_in_place: bool,
    max_pending: usize,
}

struct Queue<W> {
    waiting: Batch<W>,
    /// An empty batch kept for its memory.
    spare: Batch<W>,
    is_writer_wanted: bool,
    is_writer_asleep: bool,
    is_closed: bool,
}

/// Clicks and who waits for each. The last click may have nobody: its submitter is the one who writes.
struct Batch<W> {
    clicks: Vec<Click>,
    waiters: Vec<W>,
    outcomes: Vec<Outcome>,
}

impl<W: Waiter> ClickLog<W> {
    /// Opens the log in a folder, made if missing, and says what was there. A torn tail is cut.
    ///
    /// Costs a reading of every segment (some 50 ms for 64 MiB that the kernel holds in memory) and, for a new segment, two flushes. A full
    /// disk is no error: the log opens and answers [`Outcome::NotStored`] until there is room.
    pub fn open(folder: &Path, settings: Settings) -> Result<(ClickLog<W>, Recovered), OpenError> {
        check(&settings)?;
        let io_failed = |doing| move |source| OpenError::Io { path: folder.to_owned(), doing, source };
        fs::create_dir_all(folder).map_err(io_failed("creating the folder"))?;
        let lock = lock(folder)?;
        segment::remove_unnamed(folder)?;

        let hosts = Arc::new(Dictionary::new(settings.max_hosts));
        let tally = Arc::new(Tally::default());
        let found = recover(folder, &settings, &hosts, &tally)?;
        tally.set_stored_end(found.end);
        let writes_in_place = settings.durability == Durability::Process && settings.appending == Appending::InPlace;
        let max_pending = settings.max_pending;
        let (last_number, last_end) = (found.last_number, found.last_end);
        let (for_appender, counted) = (Arc::clone(&hosts), Arc::clone(&tally));
        let mut appender =
            Appender::new(folder.to_owned(), settings, for_appender, counted, last_number, last_end, found.active);
        appender.begin_if_none();

        let appender = Mutex::new(appender);
        let queue = Mutex::new(Queue::default());
        let writer_wanted = Condvar::new();
        let shared = Arc::new(Shared { queue, writer_wanted, appender, tally, hosts, writes_in_place, max_pending });
        let for_writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("click-writer".to_owned())
            .spawn(move || for_writer.write_until_closed())
            .map_err(io_failed("starting the writer thread"))?;
        let log = ClickLog { shared, writer: Mutex::new(Some(writer)), folder: folder.to_owned(), lock };
        Ok((log, found.report))
    }

    /// Stores a click at once and says so, or `None` if this thread cannot: another is writing, a segment is to be
    /// begun, or the log is one that another thread writes. Then [`ClickLog::submit`] it. The cheapest way: nothing is
    /// allocated, nobody is woken. What others submitted meanwhile is written along. Costs one write of the kernel.
    pub fn append_now(&self, click: &Click) -> Option<Outcome> {
        let mut outcome = Outcome::NotStored;
        self.append_and_say(std::slice::from_ref(click), |outcomes| outcome = outcomes[0]).then_some(outcome)
    }

    /// The same for several clicks in one write; `outcomes` then has one for each, in order. `false`, and nothing is stored, where
    /// this thread cannot: then [`ClickLog::submit_all`] them.
    pub fn append_all_now(&self, clicks: &[Click], outcomes: &mut Vec<Outcome>) -> bool {
        outcomes.clear();
        self.append_and_say(clicks, |own| outcomes.extend_from_slice(own))
    }

    /// Writes clicks behind whatever waits, and says what became of them; `false` where this thread cannot.
    fn append_and_say(&self, clicks: &[Click], say: impl FnOnce(&[Outcome])) -> bool {
        let shared = &*self.shared;
        if !shared.writes_in_place {
            return false;
        }
        let Some(mut appender) = try_lock_briefly(&shared.appender) else { return false };
        if appender.is_closed {
            shared.tally.count_not_stored(clicks.len());
            drop(appender);
            say(&vec![Outcome::NotStored; clicks.len()]);
            return true;
        }
        let Some(mut batch) = shared.take_if_room(&appender, clicks.len()) else { return false };
        let others = batch.clicks.len();
        batch.clicks.extend_from_slice(clicks);
        appender.append(&batch.clicks, &mut batch.outcomes);
        drop(appender);
        say(&batch.outcomes[others..]);
        batch.outcomes.truncate(others);
        shared.answer(batch);
        shared.write_in_place();
        true
    }

    /// Hands in a click; the waiter is answered once, maybe before this returns, maybe by another thread. Never waits
    /// for the disk except to write in place. Too many waiting, or the log closed: answered [`Outcome::NotStored`].
    pub fn submit(&self, click: &Click, waiter: W) {
        self.submit_all(std::slice::from_ref(click), std::iter::once(waiter));
    }

    /// Hands in several clicks, whose waiters come in the same order, as [`ClickLog::submit`] does one: whoever writes is woken once.
    pub fn submit_all(&self, clicks: &[Click], waiters: impl ExactSizeIterator<Item = W>) {
        assert_eq!(clicks.len(), waiters.len(), "each click has its waiter");
        let shared = &*self.shared;
        let mut queue = unpoisoned(&shared.queue);
        if queue.is_closed || queue.waiting.clicks.len() + clicks.len() > shared.max_pending {
            let why = if queue.is_closed { "the click log is closed" } else { "too many clicks wait to be written" };
            drop(queue);
            shared.tally.note_error(why);
            shared.tally.count_not_stored(clicks.len());
            return waiters.for_each(|waiter| shared.tell(waiter, Outcome::NotStored));
        }
        queue.waiting.clicks.extend_from_slice(clicks);
        queue.waiting.waiters.extend(waiters);
        if shared.writes_in_place {
            drop(queue);
            shared.write_in_place();
        } else {
            shared.wake_writer(queue);
        }
    }

    /// The referring hosts.
    pub fn hosts(&self) -> &Dictionary {
        &self.shared.hosts
    }

    /// What was done since opening. Costs two short locks.
    pub fn counters(&self) -> Counters {
        let tally = &self.shared.tally;
        Counters {
            stored: tally.stored.load(Ordering::Relaxed),
            not_stored: tally.not_stored.load(Ordering::Relaxed),
            batches: tally.batches.load(Ordering::Relaxed),
            fsyncs: tally.fsyncs.load(Ordering::Relaxed),
            alarms: tally.alarms.load(Ordering::Relaxed),
            hosts_refused: self.shared.hosts.refused(),
            pending: unpoisoned(&self.shared.queue).waiting.clicks.len() as u64,
            is_failing: tally.is_failing.load(Ordering::Relaxed),
            last_error: tally.last_error(),
        }
    }

    /// Behind the last acknowledged record: how far a reader may read.
    pub fn stored_end(&self) -> Position {
        self.shared.tally.stored_end()
    }

    /// Reads what is acknowledged by now, from a position on.
    pub fn read(&self, from: Position) -> Result<Reader, ReadError> {
        Reader::new(&self.folder, from, Some(self.stored_end()))
    }

    /// Ends the last segment, so that it can be turned into a table, and begins the next. An empty one stays as it is.
    /// Waits for the disk, some 10 ms. The error is the text of what failed; the log goes on by itself.
    pub fn seal(&self) -> Result<(), String> {
        self.shared.with_appender(Appender::seal)
    }

    /// Segments that are complete, oldest first.
    pub fn sealed(&self) -> Result<Vec<u32>, SegmentError> {
        let last = self.shared.with_appender(|appender| appender.last_number());
        Ok(segment::numbers_in(&self.folder)?.into_iter().filter(|number| *number < last).collect())
    }

    /// Removes the oldest segment, whose clicks are kept elsewhere by now. Positions in it are then refused.
    pub fn remove(&self, segment: u32) -> Result<(), RemoveError> {
        let last = self.shared.with_appender(|appender| appender.last_number());
        if segment == last {
            return Err(RemoveError::Last { asked: segment });
        }
        let numbers = segment::numbers_in(&self.folder)?;
        let oldest = numbers.first().copied().unwrap_or(last);
        if !numbers.contains(&segment) {
            return Err(RemoveError::None { asked: segment });
        }
        if oldest < segment {
            return Err(RemoveError::NotOldest { asked: segment, oldest });
        }
        let path = segment::path_of(&self.folder, segment);
        fs::remove_file(&path).map_err(failed(&path, "removing"))?;
        Ok(segment::sync_folder(&self.folder)?)
    }

    /// Writes and answers all that waits, flushes, ends the writer thread and lets another process open the folder.
    /// Later clicks are not stored. Closing twice does nothing. Error: the last flush failed, in either durability.
    pub fn close(&self) -> io::Result<()> {
        let Some(writer) = unpoisoned(&self.writer).take() else { return Ok(()) };
        let mut queue = unpoisoned(&self.shared.queue);
        queue.is_closed = true;
        self.shared.wake_writer(queue);
        if writer.join().is_err() {
            self.shared.tally.alarm("the click writer thread panicked");
        }
        let closed = unpoisoned(&self.shared.appender).close();
        closed.and(self.lock.unlock())
    }

    #[cfg(test)]
    fn faults(&self) -> Arc<crate::appender::faults::Faults> {
        Arc::clone(&unpoisoned(&self.shared.appender).faults)
    }
}

impl<W: Waiter> Drop for ClickLog<W> {
    fn drop(&mut self) {
        // Who wants to know whether the last flush failed calls `close`.
        let _ = self.close();
    }
}

impl<W: Waiter> Shared<W> {
    /// The writer thread.
    fn write_until_closed(&self) {
        loop {
            let mut queue = unpoisoned(&self.queue);
            while !queue.is_writer_wanted && !queue.is_closed {
                queue.is_writer_asleep = true;
                queue = self.writer_wanted.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.is_writer_asleep = false;
            }
            queue.is_writer_wanted = false;
            let is_closed = queue.is_closed;
            drop(queue);
            self.write_all_waiting();
            if is_closed {
                return;
            }
        }
    }

    fn write_all_waiting(&self) {
        loop {
            let mut appender = unpoisoned(&self.appender);
            let mut batch = self.take();
            if !batch.clicks.is_empty() {
                appender.append(&batch.clicks, &mut batch.outcomes);
            }
            let is_idle = batch.clicks.is_empty();
            let to_flush = if is_idle || appender.waiting_to_flush() > UNFLUSHED_AT_MOST {
                appender.next_to_flush()
            } else {
                None
            };
            drop(appender);
            self.answer(batch);
            match to_flush {
                Some(full_segment) => self.flush(&full_segment),
                // Who submitted while we held the appender counts on us to look again.
                None if is_idle && unpoisoned(&self.queue).waiting.clicks.is_empty() => return,
                None => {}
            }
        }
    }

    fn flush(&self, full_segment: &File) {
        self.tally.fsyncs.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = full_segment.sync_data() {
            self.tally.alarm(format_args!("flushing a full click segment failed: {error}"));
        }
    }

    /// Writes what waits, unless another thread is at it: it looks into the queue after it has let go of the appender,
    /// so what was queued before we found it busy is seen.
    fn write_in_place(&self) {
        while !unpoisoned(&self.queue).waiting.clicks.is_empty() {
            let Some(mut appender) = try_lock(&self.appender) else { return };
            let Some(mut batch) = self.take_if_room(&appender, 0) else { return };
            appender.append(&batch.clicks, &mut batch.outcomes);
            drop(appender);
            self.answer(batch);
        }
    }

    /// Something else than a batch. Clicks that were submitted meanwhile found the appender busy: they are written after.
    fn with_appender<T>(&self, ask: impl FnOnce(&mut Appender) -> T) -> T {
        let answer = ask(&mut unpoisoned(&self.appender));
        if self.writes_in_place {
            self.write_in_place();
        }
        answer
    }

    fn take(&self) -> Batch<W> {
        unpoisoned(&self.queue).take()
    }

    /// All that waits, if it and `more` fit in the segment; else the writer thread is woken to begin one.
    fn take_if_room(&self, appender: &Appender, more: usize) -> Option<Batch<W>> {
        let mut queue = unpoisoned(&self.queue);
        if appender.has_room_for(queue.waiting.clicks.len() + more) {
            return Some(queue.take());
        }
        self.wake_writer(queue);
        None
    }

    fn wake_writer(&self, mut queue: MutexGuard<'_, Queue<W>>) {
        queue.is_writer_wanted = true;
        let is_asleep = queue.is_writer_asleep;
        drop(queue);
        if is_asleep {
            self.writer_wanted.notify_one();
        }
    }

    fn answer(&self, mut batch: Batch<W>) {
        for (waiter, outcome) in batch.waiters.drain(..).zip(&batch.outcomes) {
            self.tell(waiter, *outcome);
        }
        batch.clicks.clear();
        batch.outcomes.clear();
        let mut queue = unpoisoned(&self.queue);
        if queue.spare.clicks.capacity() < batch.clicks.capacity() {
            queue.spare = batch;
        }
    }

    fn tell(&self, waiter: W, outcome: Outcome) {
        // One request's panic must not leave the others unanswered.
        if catch_unwind(AssertUnwindSafe(|| waiter.answer(outcome))).is_err() {
            self.tally.alarm("a request panicked when it was told that its click is stored");
        }
    }
}

impl<W> Queue<W> {
    fn take(&mut self) -> Batch<W> {
        let empty = std::mem::take(&mut self.spare);
        std::mem::replace(&mut self.waiting, empty)
    }
}

impl<W> Default for Queue<W> {
    fn default() -> Queue<W> {
        Queue {
            waiting: Batch::default(),
            spare: Batch::default(),
            is_writer_wanted: false,
            is_writer_asleep: false,
            is_closed: false,
        }
    }
}

impl<W> Default for Batch<W> {
    fn default() -> Batch<W> {
        Batch { clicks: Vec::new(), waiters: Vec::new(), outcomes: Vec::new() }
    }
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(std::sync::TryLockError::WouldBlock) => None,
    }
}

/// The same for about as long as another thread's write takes: handing over clicks and being woken costs several times that.
fn try_lock_briefly<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    (0..TRIES).find_map(|_| {
        let held = try_lock(mutex);
        if held.is_none() {
            std::hint::spin_loop();
        }
        held
    })
}

fn check(settings: &Settings) -> Result<(), OpenError> {
    let refuse = |name, value, allowed| Err(OpenError::Setting { name, value, allowed });
    let bytes = settings.segment_bytes;
    if !(4096..=1 << 30).contains(&bytes) || !bytes.is_multiple_of(RECORD_STEP) {
        return refuse("segment_bytes", bytes.into(), "allowed are 4096 to 1073741824, in multiples of 128");
    }
    if settings.max_pending == 0 {
        return refuse("max_pending", 0, "at least 1 click must be allowed to wait");
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o640);
    let io_failed = |source| OpenError::Io { path: path.clone(), doing: "locking", source };
    let file = options.open(&path).map_err(io_failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Held { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_failed(source)),
    }
}

struct Found {
    report: Recovered,
    active: Option<Active>,
    last_number: u32,
    /// Where the last segment ends; 0 = unknown.
    last_end: u32,
    /// Behind the last record.
    end: Position,
}

/// Reads every segment, takes up its hosts and makes the last one ready to be added to.
fn recover(folder: &Path, settings: &Settings, hosts: &Dictionary, tally: &Tally) -> Result<Found, SegmentError> {
    let mut found =
        Found { report: Recovered::default(), active: None, last_number: 0, last_end: 0, end: Position::START };
    let numbers = segment::numbers_in(folder)?;
    for (index, number) in numbers.iter().copied().enumerate() {
        let path = segment::path_of(folder, number);
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed(&path, "opening"))?;
        let header = segment::header_of(&file, &path, number)?;
        if header.is_some_and(|header| header.instance != settings.instance) {
            return Err(SegmentError::OtherInstance { path });
        }
        let next = numbers.get(index + 1).copied();
        let limit = match next {
            Some(next) if next == number + 1 => segment::end_told_by(folder, next)?,
            _ => None,
        };
        let mut named = Vec::new();
        let scan = segment::scan(&file, limit, |slot| {
            if let Slot::Host { id, name } = slot {
                hosts.restore(id, name);
                named.push(id);
            }
        });
        let scan = scan.map_err(failed(&path, "reading"))?;
        hosts.skip_to(header.map_or(HostId::FIRST_NAMED, |header| header.next_host_id));

        found.report.segments += 1;
        found.report.clicks += scan.clicks;
        found.report.hosts += scan.hosts;
        found.report.damaged += scan.damaged;
        found.report.damaged_headers += u32::from(header.is_none());
        found.last_number = number;
        found.last_end = if header.is_some() { scan.end } else { 0 };
        found.end = Position { segment: number, offset: scan.end };
        match header {
            Some(header) if next.is_none() => {
                found.report.torn += scan.torn;
                let mut active = Active::new(file, number, scan.end, header.next_host_id);
                active.named.extend(named);
                match make_ready(&active.file, &scan, settings.segment_bytes) {
                    Ok(()) => found.active = Some(active),
                    // Most likely the disk is full. The segment ends here; a next one is begun when that is possible.
                    Err(error) => tally.note_error(failed(&path, "making ready")(error)),
                }
            }
            // Not added to any more, so nothing is cut.
            _ => found.report.damaged += scan.torn,
        }
    }
    Ok(found)
}

/// Cuts the torn tail and gives the last segment its whole length again. What was recovered is flushed: nobody can tell
/// which of it a power cut would take.
fn make_ready(file: &File, scan: &segment::Scan, segment_bytes: u32) -> io::Result<()> {
    let is_whole_length = scan.file_bytes == u64::from(segment_bytes.max(scan.end));
    if scan.torn > 0 || !is_whole_length {
        file.set_len(u64::from(scan.end))?;
        if segment_bytes > scan.end {
            segment::preallocate(file, segment_bytes)?;
        }
    }
    file.sync_all()
}

#[cfg(test)]
#[path = "log/tests.rs"]
mod tests;
