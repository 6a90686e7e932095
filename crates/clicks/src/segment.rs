//! The files of the log: `00000001.log`, `00000002.log`, …, each a header and then slots of 128 bytes.
//!
//! A segment has its full length from the start, so that storing a click changes no length and a flush of it writes data
//! only. It gets its name once its header is on disk; the folder is flushed once, then. Segments are numbered upwards
//! and only the last one is added to.
//!
//! What is left of a segment after a crash is found by looking at every slot, not only up to the first bad one: slots
//! have one size, so a damaged one hides nothing behind it. What stands after the last whole record is the *torn tail*:
//! it is cut. A bad or empty slot before it is *damaged*: it is counted and skipped, never written over.
//!
//! | offset | bytes | header |
//! |---|---|---|
//! | 0 | 8 | `BWCLICKS` |
//! | 8 | 2 | format version, 1 |
//! | 10 | 2 | bytes in a record, 128 |
//! | 12 | 4 | the segment's number |
//! | 16 | 16 | the instance it belongs to |
//! | 32 | 8 | when it was begun, microseconds since 1970 UTC |
//! | 40 | 4 | lowest host id not given before it |
//! | 44 | 4 | where the segment before it ends, 0 = unknown |
//! | 48 | 76 | zero |
//! | 124 | 4 | CRC-32C over bytes 0 to 123 |

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

use crate::record::{RECORD_BYTES, RECORD_STEP, Slot, bytes_at, sum_holds, summed};

const MAGIC: &[u8; 8] = b"BWCLICKS";
const FORMAT: u16 = 1;
/// Where the first record of a segment lies.
pub(crate) const FIRST_RECORD: u32 = RECORD_STEP;
/// Read at once while scanning.
const CHUNK_BYTES: usize = 256 * 1024;

/// A place in the log: the record that begins there, or the end of all records. Ordered as the log is. Kept by whoever
/// reads the log, it says where to go on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u32,
    /// Bytes from the segment's start, a multiple of 128, at least 128.
    pub offset: u32,
}

impl Position {
    /// The oldest record that there is.
    pub const START: Position = Position { segment: 0, offset: FIRST_RECORD };

    pub(crate) fn first_of(segment: u32) -> Position {
        Position { segment, offset: FIRST_RECORD }
    }

    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.segment) << 32 | u64::from(self.offset)
    }

    pub(crate) fn from_bits(bits: u64) -> Position {
        Position { segment: (bits >> 32) as u32, offset: bits as u32 }
    }
}

/// Why a segment could not be used.
#[derive(thiserror::Error, Debug)]
pub enum SegmentError {
    #[error("{}: {doing} failed: {source}", path.display())]
    Io { path: PathBuf, doing: &'static str, source: io::Error },
    #[error("{}: written in format {format}, this program reads up to {FORMAT}; start the version that wrote it", path.display())]
    Newer { path: PathBuf, format: u16 },
    #[error("{}: says it is segment {number}; give it back its own name or move it out of the folder", path.display())]
    Misnamed { path: PathBuf, number: u32 },
    #[error("{}: belongs to another instance; move it out of the folder, or start the instance it belongs to", path.display())]
    OtherInstance { path: PathBuf },
}

/// Adds to an error of the operating system which file it was and what was tried.
pub(crate) fn failed(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> SegmentError {
    let path = path.to_owned();
    move |source| SegmentError::Io { path, doing, source }
}

/// What a segment says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub number: u32,
    pub instance: [u8; 16],
    pub created_us: i64,
    /// Lowest host id not given before this segment.
    pub next_host_id: u32,
    /// Where the segment before ends; what may stand behind was never acknowledged. 0 = unknown.
    pub previous_end: u32,
}

enum HeaderRead {
    Whole(Header),
    Newer(u16),
    Damaged,
}

impl Header {
    fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut slot = [0; RECORD_BYTES];
        slot[0..8].copy_from_slice(MAGIC);
        slot[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        slot[10..12].copy_from_slice(&(RECORD_BYTES as u16).to_le_bytes());
        slot[12..16].copy_from_slice(&self.number.to_le_bytes());
        slot[16..32].copy_from_slice(&self.instance);
        slot[32..40].copy_from_slice(&self.created_us.to_le_bytes());
        slot[40..44].copy_from_slice(&self.next_host_id.to_le_bytes());
        slot[44..48].copy_from_slice(&self.previous_end.to_le_bytes());
        summed(slot)
    }

    fn decode(slot: &[u8; RECORD_BYTES]) -> HeaderRead {
        if &slot[0..8] != MAGIC || !sum_holds(slot) {
            return HeaderRead::Damaged;
        }
        let format = u16::from_le_bytes(bytes_at(slot, 8));
        let record_bytes = u16::from_le_bytes(bytes_at(slot, 10));
        if format != FORMAT || usize::from(record_bytes) != RECORD_BYTES {
            return HeaderRead::Newer(format);
        }
        HeaderRead::Whole(Header {
            number: u32::from_le_bytes(bytes_at(slot, 12)),
            instance: bytes_at(slot, 16),
            created_us: i64::from_le_bytes(bytes_at(slot, 32)),
            next_host_id: u32::from_le_bytes(bytes_at(slot, 40)),
            previous_end: u32::from_le_bytes(bytes_at(slot, 44)),
        })
    }
}

/// Where segment `number` lies in the log's folder.
pub(crate) fn path_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

/// Numbers of the segments in the folder, lowest first. Other files are not looked at.
pub(crate) fn numbers_in(folder: &Path) -> Result<Vec<u32>, SegmentError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder, "listing"))? {
        let name = entry.map_err(failed(folder, "listing"))?.file_name();
        numbers.extend(name.to_str().and_then(number_of));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn number_of(file_name: &str) -> Option<u32> {
    let digits = file_name.strip_suffix(".log")?;
    let are_digits = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits { digits.parse().ok().filter(|number| *number > 0) } else { None }
}

/// The header of a segment; `None` if it is damaged, which leaves its records readable but takes no more of them.
pub(crate) fn header_of(file: &File, path: &Path, number: u32) -> Result<Option<Header>, SegmentError> {
    let mut slot = [0; RECORD_BYTES];
    if read_as_much(file, &mut slot, 0).map_err(failed(path, "reading"))? < RECORD_BYTES {
        return Ok(None);
    }
    match Header::decode(&slot) {
        HeaderRead::Damaged => Ok(None),
        HeaderRead::Newer(format) => Err(SegmentError::Newer { path: path.to_owned(), format }),
        HeaderRead::Whole(header) if header.number != number => {
            Err(SegmentError::Misnamed { path: path.to_owned(), number: header.number })
        }
        HeaderRead::Whole(header) => Ok(Some(header)),
    }
}

/// Where the segment before `next` ends, as `next`'s header says; `None` if it does not say.
pub(crate) fn end_told_by(folder: &Path, next: u32) -> Result<Option<u32>, SegmentError> {
    let path = path_of(folder, next);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(failed(&path, "opening")(other)),
    };
    let header = header_of(&file, &path, next)?;
    Ok(header.map(|header| header.previous_end).filter(|end| *end >= FIRST_RECORD))
}

/// What a look at every slot of a segment found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scan {
    pub clicks: u64,
    pub hosts: u64,
    /// End of the last whole record: the next one goes here.
    pub end: u32,
    /// Slots behind it that hold something, a partial one included.
    pub torn: u64,
    /// Slots before it that hold no whole record.
    pub damaged: u64,
    pub file_bytes: u64,
}

/// Looks at every slot up to `limit` bytes and shows the whole records to `seen`. Costs one reading of the file:
/// some 50 ms for 64 MiB that the kernel holds in memory.
pub(crate) fn scan(file: &File, limit: Option<u32>, mut seen: impl FnMut(Slot<'_>)) -> io::Result<Scan> {
    let file_bytes = file.metadata()?.len();
    let limit = u64::from(limit.unwrap_or(u32::MAX)).min(file_bytes);
    let mut found = Scan { clicks: 0, hosts: 0, end: FIRST_RECORD, torn: 0, damaged: 0, file_bytes };
    let mut slots_since_whole = 0;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut at = u64::from(FIRST_RECORD);
    while at < limit {
        let wanted = usize::try_from(limit - at).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let filled = read_as_much(file, &mut chunk[..wanted], at)?;
        if filled == 0 {
            break;
        }
        let (slots, partial) = chunk[..filled].as_chunks::<RECORD_BYTES>();
        for slot in slots {
            at += RECORD_BYTES as u64;
            let slot = Slot::decode(slot);
            match slot {
                Slot::Empty => {}
                Slot::Damaged => found.torn += 1,
                Slot::Click(_) | Slot::Host { .. } | Slot::Later => {
                    found.clicks += u64::from(matches!(slot, Slot::Click(_)));
                    found.hosts += u64::from(matches!(slot, Slot::Host { .. }));
                    found.damaged += slots_since_whole;
                    found.torn = 0;
                    found.end = u32::try_from(at).expect("no more than the limit of 32 bits is read");
                    slots_since_whole = 0;
                    seen(slot);
                    continue;
                }
            }
            slots_since_whole += 1;
        }
        if !partial.is_empty() {
            found.torn += u64::from(partial.iter().any(|byte| *byte != 0));
            break;
        }
    }
    Ok(found)
}

/// Fills the buffer from `offset`, or as much of it as the file has.
pub(crate) fn read_as_much(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(interrupted) if interrupted.kind() == io::ErrorKind::Interrupted => {}
            Err(other) => return Err(other),
        }
    }
    Ok(filled)
}

/// Begins a segment: whole length, header on disk, name given, folder flushed. Leaves nothing behind when it fails.
/// Costs two flushes, some 10 ms.
pub(crate) fn create(folder: &Path, header: &Header, bytes: u32) -> Result<File, SegmentError> {
    let path = path_of(folder, header.number);
    let unnamed = path.with_extension("new");
    let created = create_unnamed(&unnamed, header, bytes).and_then(|file| {
        fs::rename(&unnamed, &path).map_err(failed(&path, "naming"))?;
        sync_folder(folder)?;
        Ok(file)
    });
    if created.is_err() {
        // Of no use to anybody, and the disk may be full. What was named but not flushed holds no record yet.
        let _ = fs::remove_file(&unnamed);
        let _ = fs::remove_file(&path);
    }
    created
}

fn create_unnamed(path: &Path, header: &Header, bytes: u32) -> Result<File, SegmentError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o640);
    let file = options.open(path).map_err(failed(path, "creating"))?;
    preallocate(&file, bytes).map_err(failed(path, "reserving room"))?;
    file.write_all_at(&header.encode(), 0).map_err(failed(path, "writing the header"))?;
    file.sync_all().map_err(failed(path, "flushing the header"))?;
    Ok(file)
}

/// Gives the file its whole length, and the blocks for it where the file system can reserve them.
pub(crate) fn preallocate(file: &File, bytes: u32) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, u64::from(bytes)) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => file.set_len(u64::from(bytes)),
        Err(errno) => Err(errno.into()),
    }
}

/// Removes what was begun and not named when the program was killed.
pub(crate) fn remove_unnamed(folder: &Path) -> Result<(), SegmentError> {
    for entry in fs::read_dir(folder).map_err(failed(folder, "listing"))? {
        let path = entry.map_err(failed(folder, "listing"))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_unnamed = path.extension().is_some_and(|ending| ending == "new");
        if is_unnamed && number_of(&format!("{stem}.log")).is_some() {
            fs::remove_file(&path).map_err(failed(&path, "removing"))?;
        }
    }
    Ok(())
}

/// Makes names in the folder last over a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), SegmentError> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed(folder, "flushing"))
}

#[cfg(test)]
#[path = "segment/tests.rs"]
mod tests;
