//! A process killed under load loses no click that it acknowledged and keeps none twice.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clicks::{Appending, ClickLog, Durability, Outcome, Settings};

use crate::{click, numbers_in, store};

const KILLS: u64 = 20;
const THREADS: u64 = 4;
const FOLDER: &str = "CLICKS_TEST_FOLDER";
const WAY: &str = "CLICKS_TEST_WAY";
const ROUND: &str = "CLICKS_TEST_ROUND";

/// Segments of 511 records, so that many kills hit the change from one to the next.
fn settings(way: &str) -> Settings {
    let (durability, appending) = match way {
        "in place" => (Durability::Process, Appending::InPlace),
        "one thread" => (Durability::Process, Appending::OneThread),
        _ => (Durability::Power, Appending::OneThread),
    };
    Settings { durability, appending, segment_bytes: 64 * 1024, ..Settings::for_instance([7; 16]) }
}

#[test]
#[ignore = "runs as the killed process of the other tests"]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let way = std::env::var(WAY).expect("the parent says how to write");
    let round: u64 = std::env::var(ROUND).ok().and_then(|round| round.parse().ok()).expect("the parent counts");
    let (log, _): (ClickLog, _) = ClickLog::open(Path::new(&folder), settings(&way)).expect("recovery works");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                for count in 0_u64.. {
                    let number = thread << 56 | round << 40 | count;
                    if let Outcome::Stored(_) = store(log, &click(number)) {
                        let line = format!("stored {number}\n");
                        if std::io::stdout().write_all(line.as_bytes()).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
}

fn start(folder: &Path, way: &str, round: u64) -> Child {
    let this_test = std::env::current_exe().expect("a test has a path");
    let mut command = Command::new(this_test);
    command.args(["--exact", "kill::the_process_that_is_killed", "--ignored", "--nocapture"]);
    command.env(FOLDER, folder).env(WAY, way).env(ROUND, round.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the test can run itself")
}

/// Runs one process until it is killed and returns what it acknowledged: whole lines only.
fn acknowledged_before_kill(mut child: Child, alive_for: Duration) -> Vec<u64> {
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut first = String::new();
    while !first.starts_with("stored ") {
        first.clear();
        let bytes = lines.read_line(&mut first).expect("the pipe is readable");
        assert!(bytes > 0, "the process ended before it stored a click");
    }
    let killer = std::thread::spawn(move || {
        std::thread::sleep(alive_for);
        child.kill().expect("it is ours");
        child.wait().expect("it is ours")
    });
    let mut acknowledged = Vec::new();
    let mut line = first;
    loop {
        acknowledged.extend(line.strip_prefix("stored ").and_then(|rest| rest.strip_suffix('\n')?.parse::<u64>().ok()));
        line = String::new();
        if lines.read_line(&mut line).expect("the pipe is readable") == 0 {
            break;
        }
    }
    killer.join().expect("the killer does not panic");
    acknowledged
}

fn check(way: &str) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut acknowledged = Vec::new();
    let mut torn = 0;
    let mut random = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_nanos() as u64 | 1;
    for round in 0..KILLS {
        // Xorshift (Marsaglia 2003): a kill 5 to 120 ms after the first click.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let alive_for = Duration::from_millis(5 + random % 116);
        acknowledged.extend(acknowledged_before_kill(start(folder.path(), way, round), alive_for));

        let (log, recovered): (ClickLog, _) =
            ClickLog::open(folder.path(), settings(way)).expect("recovery works after every kill");
        assert_eq!((recovered.damaged, recovered.damaged_headers), (0, 0));
        assert!(recovered.clicks >= acknowledged.len() as u64, "round {round}");
        torn += recovered.torn;
        drop(log);
    }
    let mut times_stored: HashMap<u64, u32> = HashMap::new();
    for number in numbers_in(folder.path()) {
        *times_stored.entry(number).or_default() += 1;
    }
    let lost = acknowledged.iter().filter(|number| !times_stored.contains_key(number)).count();
    let twice = times_stored.values().filter(|times| **times > 1).count();
    println!("{way}: {KILLS} kills, {} acknowledged, {} stored, {torn} torn", acknowledged.len(), times_stored.len());
    assert_eq!((lost, twice), (0, 0));
    assert!(acknowledged.len() as u64 >= KILLS);
}

#[test]
fn a_process_killed_while_writing_in_place_loses_no_acknowledged_click() {
    check("in place");
}

#[test]
fn a_process_killed_while_one_thread_writes_loses_no_acknowledged_click() {
    check("one thread");
}

#[test]
fn a_process_killed_while_flushing_loses_no_acknowledged_click() {
    check("flushed");
}
