//! The click log: every hit on a tracked link is on disk before the visitor is sent on, and nobody's address is kept.
//!
//! Knows no web server, database or link: it takes a [`Click`] whose verdict is already decided, stores it in a file
//! that is only ever added to, and says [`Outcome::Stored`] or [`Outcome::NotStored`]. What the numbers in a click mean
//! (which verdict is 0, which reason is bit 3) is the business of who decides them. The words it does know:
//!
//! | file | what |
//! |---|---|
//! | `record` | what is kept of one click, byte by byte |
//! | `segment` | the files of the log, and what is left of one after a crash |
//! | `appender` | a batch of clicks becomes one write and, where asked for, one flush |
//! | `log` | many requests submit, each is answered once |
//! | `reader` | every click exactly once, from a position that can be kept |
//! | `backwards` | the newest clicks first, page by page |
//! | `dictionary` | referring hosts as small numbers |
//! | `visitor` | one person, one link, one day: a number that nobody can turn back once the day's key is gone |
//!
//! ```
//! use clicks::{Click, ClickLog, Outcome, Position, Settings};
//!
//! let folder = tempfile::tempdir()?;
//! let (log, recovered) = ClickLog::open(folder.path(), Settings::for_instance([7; 16]))?;
//! assert_eq!(recovered.clicks, 0);
//!
//! let referrer_host = log.hosts().intern("instagram.example");
//! let click = Click { time_us: 1_770_000_000_000_000, link: 12, referrer_host, ..Click::default() };
//! let (answered, answer) = std::sync::mpsc::channel();
//! log.submit(&click, Box::new(move |outcome| answered.send(outcome).expect("the test waits")) as clicks::Callback);
//! assert!(matches!(answer.recv()?, Outcome::Stored(_)));
//!
//! let read = log.read(Position::START)?.next().expect("one click was stored")?;
//! assert_eq!((read.click, read.host.as_deref()), (click, Some("instagram.example")));
//! log.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod appender;
mod backwards;
mod dictionary;
mod log;
mod reader;
mod record;
mod segment;
mod visitor;

pub use appender::{Appending, Counters, Durability, Outcome, Settings};
pub use backwards::Backwards;
pub use dictionary::Dictionary;
pub use log::{Callback, ClickLog, OpenError, Recovered, RemoveError, Waiter};
pub use reader::{ReadError, Reader, StoredClick};
pub use record::{Click, Country, HostId, MAX_HOST_BYTES, RECORD_BYTES, Slot, flags};
pub use segment::{Position, SegmentError};
pub use visitor::{DayKeys, KeyError};
