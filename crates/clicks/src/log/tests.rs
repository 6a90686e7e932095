//! The log: everybody is answered, what is answered is there, and a failing disk is told and survived.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::reader::StoredClick;
use crate::segment::FIRST_RECORD;

const INSTANCE: [u8; 16] = [7; 16];
/// 31 records.
const SEGMENT_BYTES: u32 = 4096;

type Log = ClickLog<Callback>;

fn settings(durability: Durability, appending: Appending) -> Settings {
    let retry_after = Duration::from_millis(5);
    Settings { durability, appending, segment_bytes: SEGMENT_BYTES, retry_after, ..Settings::for_instance(INSTANCE) }
}

fn process() -> Settings {
    settings(Durability::Process, Appending::InPlace)
}

fn power() -> Settings {
    settings(Durability::Power, Appending::InPlace)
}

/// Every way of writing.
fn all_settings() -> [Settings; 3] {
    [process(), settings(Durability::Process, Appending::OneThread), power()]
}

fn opened(settings: &Settings) -> (TempDir, Log) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (log, _) = Log::open(folder.path(), settings.clone()).expect("the folder is writable");
    (folder, log)
}

fn reopened(folder: &TempDir, settings: &Settings) -> (Log, Recovered) {
    Log::open(folder.path(), settings.clone()).expect("the folder is whole")
}

fn click(number: u64) -> Click {
    Click { link: 3, delivery: number, ..Click::default() }
}

fn submit(log: &Log, click: &Click) -> Outcome {
    let (told, answer) = mpsc::channel();
    log.submit(click, Box::new(move |outcome| told.send(outcome).expect("the test waits")));
    answer.recv_timeout(Duration::from_secs(20)).expect("every click is answered")
}

fn is_stored(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Stored(_))
}

fn read_all(log: &Log) -> Vec<StoredClick> {
    let reader = log.read(Position::START).expect("the folder is whole");
    reader.map(|read| read.expect("the segment is readable")).collect()
}

fn deliveries(log: &Log) -> Vec<u64> {
    read_all(log).iter().map(|stored| stored.click.delivery).collect()
}

#[test]
fn what_is_answered_is_read_where_it_was_said_to_be() {
    for settings in all_settings() {
        let (folder, log) = opened(&settings);
        let outcomes: Vec<Outcome> = (0..100).map(|number| submit(&log, &click(number))).collect();
        let read = read_all(&log);
        let positions: Vec<Outcome> = read.iter().map(|stored| Outcome::Stored(stored.position)).collect();
        assert_eq!(outcomes, positions);
        assert_eq!(deliveries(&log), (0..100).collect::<Vec<u64>>());
        log.close().expect("the disk works");
        assert_eq!(submit(&log, &click(100)), Outcome::NotStored);
        let (log, recovered) = reopened(&folder, &settings);
        assert_eq!((recovered.clicks, recovered.torn, recovered.damaged), (100, 0, 0));
        assert_eq!(deliveries(&log), (0..100).collect::<Vec<u64>>());
    }
}

#[test]
fn concurrent_submitters_are_all_answered_and_stored_once() {
    for settings in all_settings() {
        let settings = Settings { segment_bytes: 64 * 1024, ..settings };
        let per_thread = if settings.durability == Durability::Power { 300 } else { 3_000 };
        let (_folder, log) = opened(&settings);
        let answered = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (log, answered) = (&log, &answered);
                scope.spawn(move || {
                    for number in 0..per_thread {
                        let click = click(thread << 32 | number);
                        let outcome = log.append_now(&click).unwrap_or_else(|| submit(log, &click));
                        assert!(is_stored(outcome));
                        answered.fetch_add(1, SeqCst);
                    }
                });
            }
        });
        let read = deliveries(&log);
        let different: BTreeSet<u64> = read.iter().copied().collect();
        assert_eq!((read.len(), different.len()), (8 * per_thread as usize, 8 * per_thread as usize));
        let counters = log.counters();
        assert_eq!((counters.stored, counters.not_stored, counters.pending), (8 * per_thread, 0, 0));
        assert_eq!((counters.alarms, counters.is_failing, counters.last_error), (0, false, None));
        assert!(answered.into_inner() == 8 * per_thread);
        let shares_flushes = counters.fsyncs * 2 < counters.stored;
        assert!(shares_flushes, "{} flushes for {} clicks", counters.fsyncs, counters.stored);
    }
}

#[test]
fn clicks_submitted_together_share_a_flush() {
    let (_folder, log) = opened(&Settings { segment_bytes: 1 << 20, ..power() });
    let (told, answers) = mpsc::channel();
    for number in 0..1_000 {
        let told = told.clone();
        log.submit(&click(number), Box::new(move |outcome| told.send(outcome).expect("the test waits")));
    }
    drop(told);
    assert_eq!(answers.iter().filter(|outcome| is_stored(*outcome)).count(), 1_000);
    assert!(log.counters().fsyncs < 500, "{:?}", log.counters());
}

#[test]
fn clicks_are_stored_while_segments_are_sealed_removed_and_read() {
    let (_folder, log) = opened(&process());
    std::thread::scope(|scope| {
        let submitters: Vec<_> = (0..4_u64)
            .map(|thread| {
                let log = &log;
                scope.spawn(move || {
                    for number in 0..500 {
                        let click = click(thread << 32 | number);
                        assert!(is_stored(log.append_now(&click).unwrap_or_else(|| submit(log, &click))));
                    }
                })
            })
            .collect();
        let mut reader = log.read(Position::START).expect("the folder is whole");
        let mut read = BTreeSet::new();
        loop {
            let are_done = submitters.iter().all(|submitter| submitter.is_finished());
            log.seal().expect("the disk has room");
            reader.extend_to(log.stored_end());
            for stored in reader.by_ref() {
                assert!(read.insert(stored.expect("the segment is readable").click.delivery), "read twice");
            }
            for segment in log.sealed().expect("the folder is readable") {
                if segment < reader.position().segment {
                    log.remove(segment).expect("the oldest goes first");
                }
            }
            if are_done {
                break;
            }
        }
        assert_eq!(read.len(), 4 * 500);
    });
}

/// Hands in a click from another thread, at the moment the test is about, and says where its answer will come.
fn submitting(log: &Arc<Log>, number: u64) -> (impl FnOnce() + Send + 'static, mpsc::Receiver<Outcome>) {
    let (told, answer) = mpsc::channel();
    let log = Arc::clone(log);
    let submit = move || {
        let submitter = std::thread::spawn(move || {
            log.submit(&click(number), Box::new(move |outcome| told.send(outcome).expect("the test waits")));
        });
        submitter.join().expect("submitting does not panic");
    };
    (submit, answer)
}

fn expect_answer(answer: &mpsc::Receiver<Outcome>) {
    let outcome = answer.recv_timeout(Duration::from_secs(20)).expect("nobody else comes, it is answered all the same");
    assert!(is_stored(outcome));
}

#[test]
fn a_click_submitted_while_another_is_written_at_once_is_answered_though_nobody_follows() {
    let (_folder, log) = opened(&process());
    let log = Arc::new(log);
    let (submit, answer) = submitting(&log, 2);
    *unpoisoned(&log.faults().meanwhile) = Some(Box::new(submit));
    assert!(log.append_now(&click(1)).is_some_and(is_stored));
    expect_answer(&answer);
    assert_eq!(deliveries(&log), [1, 2]);
}

#[test]
fn a_click_submitted_while_the_writer_thread_finds_nothing_to_do_is_answered_though_nobody_follows() {
    let (_folder, log) = opened(&process());
    let log = Arc::new(log);
    let (submit, answer) = submitting(&log, 1);
    *unpoisoned(&log.faults().meanwhile) = Some(Box::new(submit));
    log.shared.wake_writer(unpoisoned(&log.shared.queue));
    expect_answer(&answer);
}

#[test]
fn a_click_submitted_while_a_segment_is_sealed_is_answered_though_nobody_follows() {
    let (_folder, log) = opened(&process());
    let log = Arc::new(log);
    let (submit, answer) = submitting(&log, 1);
    log.shared.with_appender(|_| submit());
    expect_answer(&answer);
}

#[test]
fn segments_follow_one_another_and_the_last_stays() {
    let (folder, log) = opened(&process());
    for number in 0..100 {
        assert!(is_stored(submit(&log, &click(number))));
    }
    // One slot stays empty when a click with a host's name might not fit: it is cut when the segment ends.
    let sealed = log.sealed().expect("the folder is readable");
    assert_eq!(sealed, [1, 2, 3]);
    for number in &sealed {
        let length = fs::metadata(segment::path_of(folder.path(), *number)).expect("the segment").len();
        assert_eq!(length, u64::from(FIRST_RECORD) + 30 * 128);
    }
    assert!(matches!(log.remove(4), Err(RemoveError::Last { asked: 4 })));
    assert!(matches!(log.remove(2), Err(RemoveError::NotOldest { asked: 2, oldest: 1 })));
    assert!(matches!(log.remove(9), Err(RemoveError::None { asked: 9 })));
    log.remove(1).expect("it is the oldest");
    assert!(matches!(log.remove(1), Err(RemoveError::None { asked: 1 })));
    assert_eq!(deliveries(&log), (30..100).collect::<Vec<u64>>());
    let in_removed = Position { segment: 1, offset: 256 };
    assert!(matches!(log.read(in_removed), Err(ReadError::Gone { asked: 1, oldest: 2 })));
    let crooked = Position { segment: 2, offset: 130 };
    assert!(matches!(log.read(crooked), Err(ReadError::NoRecordThere { segment: 2, offset: 130 })));
}

#[test]
fn a_consumer_that_restarts_anywhere_reads_each_click_once() {
    let (folder, log) = opened(&process());
    let hosts = ["a.example", "b.example", "c.example"];
    let mut kept = Position::START;
    let mut counted = Vec::new();
    let mut stored = 0;
    // Steps of every size: within a segment, to its end, over several.
    for step in [1, 3, 26, 5, 0, 90, 30, 31, 29, 60, 2] {
        for number in stored..stored + step {
            let referrer_host = log.hosts().intern(hosts[number as usize % 3]);
            assert!(is_stored(submit(&log, &Click { referrer_host, ..click(number) })));
        }
        stored += step;
        // Reads half of what is new, forgets everything but the position, and reads the rest.
        for take in [step as usize / 2, usize::MAX] {
            let mut reader = log.read(kept).expect("the folder is whole");
            for read in reader.by_ref().take(take) {
                let read = read.expect("the segment is readable");
                assert_eq!(read.host.as_deref(), Some(hosts[read.click.delivery as usize % 3]));
                counted.push(read.click.delivery);
                assert!(read.next > read.position);
            }
            kept = reader.position();
        }
    }
    assert_eq!(counted, (0..stored).collect::<Vec<u64>>());
    drop(log);
    let again: Vec<u64> = Reader::open(folder.path(), Position::START)
        .expect("the folder is whole")
        .map(|read| read.expect("the segment is readable").click.delivery)
        .collect();
    assert_eq!(again, counted, "counting again from the segments gives the same");
}

#[test]
fn a_reader_sees_nothing_that_is_not_yet_acknowledged() {
    let (_folder, log) = opened(&process());
    assert!(is_stored(submit(&log, &click(1))));
    let mut reader = log.read(Position::START).expect("the folder is whole");
    assert!(is_stored(submit(&log, &click(2))));
    assert_eq!(reader.by_ref().count(), 1);
    assert!(reader.next().is_none());
    reader.extend_to(log.stored_end());
    let second = reader.next().expect("it is acknowledged by now").expect("the segment is readable");
    assert_eq!(second.click.delivery, 2);
    assert!(reader.next().is_none());
}

#[test]
fn every_segment_names_the_hosts_it_uses_and_ids_keep_their_meaning() {
    let (folder, log) = opened(&process());
    let (first, second) = (log.hosts().intern("first.example"), log.hosts().intern("second.example"));
    for number in 0..40 {
        let referrer_host = if number < 5 { first } else { second };
        assert!(is_stored(submit(&log, &Click { referrer_host, ..click(number) })));
    }
    log.remove(1).expect("it is the oldest");
    let read = read_all(&log);
    assert!(!read.is_empty() && read.iter().all(|stored| stored.host.as_deref() == Some("second.example")));
    drop(log);

    let (log, _) = reopened(&folder, &process());
    assert_eq!(log.hosts().name(second).as_deref(), Some("second.example"));
    assert_eq!(log.hosts().intern("second.example"), second);
    // The segment that named the first host is gone, its id is not given again.
    assert_eq!(log.hosts().name(first), None);
    assert!(log.hosts().intern("third.example") > second);
    // After a restart within a segment, its hosts are not named a second time.
    assert!(is_stored(submit(&log, &Click { referrer_host: second, ..click(50) })));
    drop(log);
    let (log, recovered) = reopened(&folder, &process());
    assert_eq!(recovered.hosts, 1);
    assert_eq!(read_all(&log).last().and_then(|stored| stored.host.clone()).as_deref(), Some("second.example"));
}

#[test]
fn ids_of_hosts_are_not_given_again_even_when_every_named_segment_is_gone() {
    let (folder, log) = opened(&process());
    let host = log.hosts().intern("first.example");
    assert!(is_stored(submit(&log, &Click { referrer_host: host, ..click(1) })));
    log.seal().expect("the disk has room");
    log.remove(1).expect("it is the oldest");
    drop(log);
    let (log, _) = reopened(&folder, &process());
    assert!(log.hosts().intern("other.example") > host);
}

#[test]
fn a_flood_of_invented_hosts_is_bounded_and_known_hosts_come_back() {
    let (_folder, log) = opened(&Settings { max_hosts: 20, ..process() });
    for number in 0..500 {
        let referrer_host = log.hosts().intern(&format!("invented-{number}.example"));
        assert!(is_stored(submit(&log, &Click { referrer_host, ..click(number) })));
        assert!(log.hosts().len() <= 20);
    }
    assert!(log.counters().hosts_refused > 0);
    let read = read_all(&log);
    assert_eq!(read.len(), 500);
    for stored in read {
        let expected = format!("invented-{}.example", stored.click.delivery);
        match stored.click.referrer_host {
            HostId::OTHER => assert_eq!(stored.host, None),
            _ => assert_eq!(stored.host.as_deref(), Some(&*expected)),
        }
    }
}

#[test]
fn a_host_seen_but_not_yet_stored_outlives_the_end_of_a_segment() {
    let (_folder, log) = opened(&Settings { max_hosts: 4, ..process() });
    let hosts = ["a.example", "b.example", "late.example"].map(|host| log.hosts().intern(host));
    (0..20).for_each(|number| assert!(is_stored(submit(&log, &Click { referrer_host: hosts[0], ..click(number) }))));
    log.seal().expect("the disk has room");
    assert!(is_stored(submit(&log, &Click { referrer_host: hosts[2], ..click(20) })));
    assert_eq!(read_all(&log).last().and_then(|stored| stored.host.clone()).as_deref(), Some("late.example"));
}

#[test]
fn a_click_whose_host_left_memory_says_other() {
    let (_folder, log) = opened(&process());
    assert!(is_stored(submit(&log, &Click { referrer_host: HostId(4_000), ..click(1) })));
    let read = read_all(&log);
    assert_eq!((read[0].click.referrer_host, read[0].host.clone()), (HostId::OTHER, None));
}

#[test]
fn one_process_holds_the_log_until_it_is_closed() {
    let (folder, log) = opened(&process());
    assert!(matches!(Log::open(folder.path(), process()), Err(OpenError::Held { .. })));
    log.close().expect("the disk works");
    let (other, _) = reopened(&folder, &process());
    drop(log);
    assert!(matches!(Log::open(folder.path(), process()), Err(OpenError::Held { .. })));
    drop(other);
    reopened(&folder, &process());
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_can() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cases = [
        (Settings { segment_bytes: 1024, ..process() }, "segment_bytes"),
        (Settings { segment_bytes: 5000, ..process() }, "segment_bytes"),
        (Settings { segment_bytes: u32::MAX - 127, ..process() }, "segment_bytes"),
        (Settings { max_pending: 0, ..process() }, "max_pending"),
    ];
    for (settings, named) in cases {
        let refused = Log::open(folder.path(), settings).err().expect("it cannot be").to_string();
        assert!(refused.contains(named), "{refused}");
    }
}

#[test]
fn a_longer_or_shorter_segment_setting_takes_effect_at_the_next_opening() {
    let (folder, log) = opened(&process());
    (0..20).for_each(|number| assert!(is_stored(submit(&log, &click(number)))));
    drop(log);
    let longer = Settings { segment_bytes: 2 * SEGMENT_BYTES, ..process() };
    let (log, _) = reopened(&folder, &longer);
    (20..55).for_each(|number| assert!(is_stored(submit(&log, &click(number)))));
    assert_eq!(log.stored_end().segment, 1);
    drop(log);
    let (log, _) = reopened(&folder, &process());
    assert!(is_stored(submit(&log, &click(55))));
    assert_eq!(log.stored_end().segment, 2);
    assert_eq!(deliveries(&log), (0..56).collect::<Vec<u64>>());
}

#[test]
fn a_failed_flush_moves_the_batch_to_a_new_segment_and_raises_an_alarm() {
    let (folder, log) = opened(&power());
    (0..3).for_each(|number| assert!(is_stored(submit(&log, &click(number)))));
    log.faults().flushes.store(1, SeqCst);
    let outcome = submit(&log, &click(3));
    assert_eq!(outcome, Outcome::Stored(Position { segment: 2, offset: FIRST_RECORD }));
    let counters = log.counters();
    assert_eq!((counters.alarms, counters.not_stored, counters.stored), (1, 0, 4));
    assert!(counters.last_error.is_some_and(|error| error.contains("00000001.log: flushing failed")));
    let length = fs::metadata(segment::path_of(folder.path(), 1)).expect("the segment").len();
    assert_eq!(length, u64::from(FIRST_RECORD) + 3 * 128, "cut behind what was flushed");
    assert_eq!(deliveries(&log), [0, 1, 2, 3]);
    drop(log);
    let (log, recovered) = reopened(&folder, &power());
    assert_eq!((recovered.clicks, recovered.torn, recovered.damaged), (4, 0, 0));
    assert_eq!(deliveries(&log), [0, 1, 2, 3]);
}

#[test]
fn when_flushes_keep_failing_clicks_are_not_stored_and_none_is_there_twice_later() {
    let (folder, log) = opened(&power());
    assert!(is_stored(submit(&log, &click(0))));
    log.faults().flushes.store(4, SeqCst);
    assert_eq!(submit(&log, &click(1)), Outcome::NotStored);
    assert!(log.counters().is_failing);
    assert_eq!(submit(&log, &click(2)), Outcome::NotStored);
    assert!(is_stored(submit(&log, &click(3))));
    let counters = log.counters();
    assert_eq!((counters.alarms, counters.not_stored, counters.is_failing), (4, 2, false));
    assert_eq!(deliveries(&log), [0, 3]);
    drop(log);
    let (log, _) = reopened(&folder, &power());
    assert_eq!(deliveries(&log), [0, 3]);
}

#[test]
fn what_a_failed_segment_still_holds_behind_its_told_end_is_not_read() {
    let (folder, log) = opened(&power());
    assert!(is_stored(submit(&log, &click(0))));
    log.faults().flushes.store(1, SeqCst);
    assert!(is_stored(submit(&log, &click(1))));
    drop(log);
    // As if the disk had not kept the cut, but the pages after all: the click is in both segments.
    let path = segment::path_of(folder.path(), 1);
    let mut bytes = fs::read(&path).expect("the segment");
    bytes.extend_from_slice(&click(1).encode());
    fs::write(&path, bytes).expect("the segment");
    let (log, recovered) = reopened(&folder, &power());
    assert_eq!(recovered.clicks, 2);
    assert_eq!(deliveries(&log), [0, 1]);
    let alone = Reader::open(folder.path(), Position::START).expect("the folder is whole");
    assert_eq!(alone.count(), 2);
}

#[test]
fn of_a_batch_written_in_part_the_whole_records_count() {
    for settings in all_settings() {
        let (folder, log) = opened(&settings);
        assert!(is_stored(submit(&log, &click(0))));
        // Two records and a half of each write are taken.
        log.faults().write_limit.store(320, SeqCst);
        let clicks: Vec<Click> = (1..6).map(click).collect();
        let mut outcomes = Vec::new();
        unpoisoned(&log.shared.appender).append(&clicks, &mut outcomes);
        let stored: Vec<bool> = outcomes.iter().map(|outcome| is_stored(*outcome)).collect();
        assert_eq!(stored, [true, true, false, false, false]);
        assert_eq!((log.counters().not_stored, log.counters().is_failing), (3, true));
        log.faults().write_limit.store(usize::MAX, SeqCst);
        assert!(is_stored(submit(&log, &click(9))));
        assert!(!log.counters().is_failing);
        assert_eq!(deliveries(&log), [0, 1, 2, 9]);
        drop(log);
        let (log, recovered) = reopened(&folder, &settings);
        assert_eq!((recovered.clicks, recovered.torn, recovered.segments), (4, 0, 1));
        assert_eq!(deliveries(&log), [0, 1, 2, 9]);
    }
}

#[test]
fn a_host_whose_name_was_lost_with_a_failed_write_is_named_again() {
    let (_folder, log) = opened(&process());
    let referrer_host = log.hosts().intern("first.example");
    log.faults().write_limit.store(60, SeqCst);
    assert_eq!(submit(&log, &Click { referrer_host, ..click(1) }), Outcome::NotStored);
    log.faults().write_limit.store(usize::MAX, SeqCst);
    assert!(is_stored(submit(&log, &Click { referrer_host, ..click(2) })));
    assert_eq!(read_all(&log)[0].host.as_deref(), Some("first.example"));
}

#[test]
fn a_segment_that_cannot_be_begun_is_tried_again_and_the_log_recovers() {
    for settings in all_settings() {
        let (_folder, log) = opened(&settings);
        log.faults().creations.store(3, SeqCst);
        let mut stored = Vec::new();
        let mut not_stored = 0;
        for number in 0..100 {
            match submit(&log, &click(number)) {
                Outcome::Stored(_) => stored.push(number),
                Outcome::NotStored => {
                    not_stored += 1;
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        assert!(not_stored >= 3, "{not_stored}");
        let counters = log.counters();
        assert_eq!((counters.stored, counters.not_stored), (stored.len() as u64, not_stored));
        assert!(counters.last_error.is_some_and(|error| error.contains("00000002.log: creating failed")));
        assert!(!counters.is_failing);
        assert_eq!(deliveries(&log), stored);
    }
}

#[test]
fn too_many_waiting_are_refused_and_counted() {
    let (_folder, log) = opened(&Settings { max_pending: 10, ..power() });
    let (told, answers) = mpsc::channel();
    // While the appender is held nothing is written, so the queue fills.
    let held = unpoisoned(&log.shared.appender);
    for number in 0..50 {
        let told = told.clone();
        log.submit(&click(number), Box::new(move |outcome| told.send(outcome).expect("the test waits")));
    }
    drop(held);
    drop(told);
    let stored = answers.iter().filter(|outcome| is_stored(*outcome)).count();
    assert_eq!(stored, 10);
    assert_eq!(log.counters().not_stored, 40);
    assert!(log.counters().last_error.is_some_and(|error| error.contains("too many clicks")));
}

#[test]
fn a_panicking_waiter_harms_nobody_else() {
    for settings in all_settings() {
        let (_folder, log) = opened(&settings);
        log.submit(&click(1), Box::new(|_| panic!("planted in a request")));
        assert!(is_stored(submit(&log, &click(2))));
        assert_eq!((log.counters().alarms, deliveries(&log).len()), (1, 2));
    }
}

#[test]
fn closing_answers_all_that_wait() {
    for settings in all_settings() {
        let (folder, log) = opened(&Settings { segment_bytes: 1 << 20, ..settings.clone() });
        let (told, answers) = mpsc::channel();
        for number in 0..1_000 {
            let told = told.clone();
            log.submit(&click(number), Box::new(move |outcome| told.send(outcome).expect("the test waits")));
        }
        log.close().expect("the disk works");
        log.close().expect("closing twice does nothing");
        drop(told);
        assert_eq!(answers.iter().filter(|outcome| is_stored(*outcome)).count(), 1_000);
        assert_eq!(log.append_now(&click(0)).unwrap_or(Outcome::NotStored), Outcome::NotStored);
        drop(log);
        let (_, recovered) = reopened(&folder, &settings);
        assert_eq!(recovered.clicks, 1_000);
    }
}

#[test]
fn several_clicks_at_once_are_stored_in_their_order_and_each_is_told() {
    for settings in all_settings() {
        let (folder, log) = opened(&settings);
        let mut number = 0;
        let mut expected = Vec::new();
        for count in [1, 5, 0, 20, 14, 40] {
            let clicks: Vec<Click> = (0..count)
                .map(|_| {
                    click({
                        number += 1;
                        number
                    })
                })
                .collect();
            let mut outcomes = Vec::new();
            if !log.append_all_now(&clicks, &mut outcomes) {
                let (told, answers) = mpsc::channel();
                let waiter = |place: usize| {
                    let told = told.clone();
                    Box::new(move |outcome| told.send((place, outcome)).expect("the test waits")) as Callback
                };
                log.submit_all(&clicks, (0..clicks.len()).map(waiter));
                let mut all: Vec<(usize, Outcome)> = (0..clicks.len())
                    .map(|_| answers.recv_timeout(Duration::from_secs(20)).expect("every click is answered"))
                    .collect();
                all.sort_by_key(|answer| answer.0);
                outcomes = all.into_iter().map(|answer| answer.1).collect();
            }
            assert_eq!(outcomes.len(), clicks.len());
            assert!(outcomes.iter().all(|outcome| is_stored(*outcome)), "{settings:?}");
            expected.extend(clicks);
        }
        let read: Vec<Click> =
            log.read(Position::START).expect("reads").map(|stored| stored.expect("is whole").click).collect();
        assert_eq!(read, expected, "{settings:?}");
        log.close().expect("closes");
        let (mut outcomes, clicks) = (Vec::new(), [click(900), click(901)]);
        if log.append_all_now(&clicks, &mut outcomes) {
            assert_eq!(outcomes, [Outcome::NotStored, Outcome::NotStored]);
        }
        drop(folder);
    }
}
