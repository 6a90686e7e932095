//! A full disk: clicks are answered as not stored, the counter rises, and storing goes on once there is room.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clicks::{Appending, ClickLog, Durability, Outcome, Settings};

use crate::{click, numbers_in, store};

/// A disk of 2 MiB in memory, unmounted at the end.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where the test may not mount.
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(folder.path()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(SmallDisk { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all room that is left.
    fn fill(&self, name: &str) {
        let mut room = 1 << 20;
        let mut filler = fs::File::create(self.path().join(name)).expect("an empty file has room");
        while room > 0 {
            if std::io::Write::write_all(&mut filler, &vec![1; room]).is_err() {
                room /= 2;
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.path().display());
        }
    }
}

fn settings(durability: Durability, appending: Appending) -> Settings {
    let retry_after = Duration::from_millis(10);
    Settings { durability, appending, segment_bytes: 256 * 1024, retry_after, ..Settings::for_instance([7; 16]) }
}

fn check(durability: Durability, appending: Appending) {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: a disk of 2 MiB cannot be mounted here");
        return;
    };
    let clicks = disk.path().join("clicks");
    let settings = settings(durability, appending);
    let (log, _): (ClickLog, _) = ClickLog::open(&clicks, settings.clone()).expect("the disk has room for one segment");
    fs::write(disk.path().join("filler"), vec![1; 1 << 20]).expect("half of the disk");

    let mut stored = BTreeSet::new();
    let mut refused = 0;
    let mut numbers = 0_u64..;
    while refused < 200 {
        let number = numbers.next().expect("numbers do not end");
        match store(&log, &click(number)) {
            Outcome::Stored(_) => assert!(stored.insert(number)),
            Outcome::NotStored => refused += 1,
        }
    }
    let counters = log.counters();
    assert_eq!((counters.not_stored, counters.stored, counters.is_failing), (200, stored.len() as u64, true));
    assert!(counters.last_error.is_some_and(|error| error.contains("No space left")));
    assert!(stored.len() > 2_000, "the room there was is used: {}", stored.len());

    fs::remove_file(disk.path().join("filler")).expect("the filler is ours");
    let since_room = Instant::now();
    let mut stored_since = 0;
    while stored_since < 3_000 {
        assert!(since_room.elapsed() < Duration::from_secs(20), "it recovers by itself");
        let number = numbers.next().expect("numbers do not end");
        if let Outcome::Stored(_) = store(&log, &click(number)) {
            assert!(stored.insert(number));
            stored_since += 1;
        }
    }
    assert!(!log.counters().is_failing);
    assert_eq!(numbers_in(&clicks), stored.iter().copied().collect::<Vec<u64>>());

    // Full again, to the last byte, and started anew: the log opens, tells the truth and loses nothing.
    log.close().expect("the disk works");
    disk.fill("filler");
    let (log, recovered): (ClickLog, _) = ClickLog::open(&clicks, settings).expect("a full disk is no error");
    assert_eq!((recovered.clicks, recovered.torn), (stored.len() as u64, 0));
    for number in numbers.by_ref().take(5_000) {
        if let Outcome::Stored(_) = store(&log, &click(number)) {
            assert!(stored.insert(number));
        }
    }
    assert!(log.counters().not_stored > 0);
    assert_eq!(numbers_in(&clicks), stored.into_iter().collect::<Vec<u64>>());
}

#[test]
fn with_a_full_disk_clicks_in_place_are_not_stored_until_there_is_room() {
    check(Durability::Process, Appending::InPlace);
}

#[test]
fn with_a_full_disk_clicks_of_one_thread_are_not_stored_until_there_is_room() {
    check(Durability::Process, Appending::OneThread);
}

#[test]
fn with_a_full_disk_flushed_clicks_are_not_stored_until_there_is_room() {
    check(Durability::Power, Appending::OneThread);
}
