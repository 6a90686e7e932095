//! Segments: what survives a cut at any byte, and that nothing in a file makes reading fail.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::record::Click;
use crate::{ClickLog, Reader, Recovered, Settings};

const INSTANCE: [u8; 16] = [7; 16];
const SEGMENT_BYTES: u32 = 4096;

fn settings() -> Settings {
    Settings { segment_bytes: SEGMENT_BYTES, ..Settings::for_instance(INSTANCE) }
}

fn click(number: u64) -> Click {
    // The sum of such a click does not end in a zero byte, so a cut anywhere in it changes it (asserted below).
    Click { time_us: 1_772_323_200_000_000, link: 3, delivery: number, reasons: 0x0101, ..Click::default() }
}

fn header(number: u32) -> Header {
    Header { number, instance: INSTANCE, created_us: 0, next_host_id: 2, previous_end: 0 }
}

/// In memory where the system offers it: these tests open thousands of logs, and none is about the disk.
fn quick_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder for the test")
}

/// A folder with one segment that holds these bytes behind its header.
fn folder_with(records: &[u8], length: u64) -> TempDir {
    let folder = quick_folder();
    let file = create(folder.path(), &header(1), SEGMENT_BYTES).expect("the folder is writable");
    file.write_all_at(records, u64::from(FIRST_RECORD)).expect("the disk has room");
    file.set_len(length).expect("the disk has room");
    folder
}

fn open(folder: &TempDir) -> Recovered {
    let (log, recovered) = ClickLog::<crate::Callback>::open(folder.path(), settings()).expect("the folder is whole");
    log.close().expect("the disk works");
    recovered
}

fn deliveries_in(folder: &TempDir) -> Vec<u64> {
    let reader = Reader::open(folder.path(), Position::START).expect("the folder is whole");
    reader.map(|read| read.expect("the file is readable").click.delivery).collect()
}

#[test]
fn cut_at_every_byte_of_the_last_record_the_records_before_survive_and_one_torn_is_counted() {
    let whole: Vec<u8> = (0..5).flat_map(|number| click(number).encode()).collect();
    let before_last = whole.len() - RECORD_BYTES;
    assert_ne!(whole[whole.len() - 1], 0, "the last byte must matter");
    for kept in 0..RECORD_BYTES {
        let bytes = &whole[..before_last + kept];
        let cut_file = u64::from(FIRST_RECORD) + bytes.len() as u64;
        for (how, length) in [("cut file", cut_file), ("zeros behind it", u64::from(SEGMENT_BYTES))] {
            let folder = folder_with(bytes, length);
            let recovered = open(&folder);
            let torn = u64::from(kept > 0);
            let expected = Recovered { segments: 1, clicks: 4, torn, ..Recovered::default() };
            assert_eq!(recovered, expected, "{kept} bytes kept, {how}");
            assert_eq!(deliveries_in(&folder), [0, 1, 2, 3]);
            // The tail is cut, and the next record goes there.
            assert_eq!(open(&folder).torn, 0);
            let (log, _) = ClickLog::<crate::Callback>::open(folder.path(), settings()).expect("the folder is whole");
            let stored = log.append_now(&click(9));
            let expected = Position { segment: 1, offset: FIRST_RECORD + 4 * RECORD_STEP };
            assert_eq!(stored, Some(crate::Outcome::Stored(expected)));
            drop(log);
            assert_eq!(deliveries_in(&folder), [0, 1, 2, 3, 9]);
        }
    }
}

#[test]
fn what_is_behind_a_torn_record_does_not_come_back_after_new_ones_are_written() {
    let mut bytes: Vec<u8> = (0..3).flat_map(|number| click(number).encode()).collect();
    bytes.extend_from_slice(&[0xee; 3 * RECORD_BYTES]);
    let folder = folder_with(&bytes, u64::from(SEGMENT_BYTES));
    assert_eq!(open(&folder).torn, 3);
    let file = fs::read(path_of(folder.path(), 1)).expect("the segment");
    assert_eq!(file.len(), SEGMENT_BYTES as usize);
    assert!(file[RECORD_BYTES * 4..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_damaged_record_in_the_middle_costs_itself_only() {
    let mut bytes: Vec<u8> = (0..6).flat_map(|number| click(number).encode()).collect();
    bytes[RECORD_BYTES * 2 + 40] ^= 1;
    bytes[RECORD_BYTES * 4..RECORD_BYTES * 5].fill(0);
    let folder = folder_with(&bytes, u64::from(SEGMENT_BYTES));
    let expected = Recovered { segments: 1, clicks: 4, damaged: 2, ..Recovered::default() };
    assert_eq!(open(&folder), expected);
    assert_eq!(deliveries_in(&folder), [0, 1, 3, 5]);
    let mut reader = Reader::open(folder.path(), Position::START).expect("the folder is whole");
    assert_eq!(reader.by_ref().count(), 4);
    assert_eq!(reader.damaged(), 2);
    assert_eq!(reader.position(), Position { segment: 1, offset: FIRST_RECORD + 6 * RECORD_STEP });
}

#[test]
fn a_flipped_bit_anywhere_in_a_record_is_counted_and_the_click_not_read() {
    let whole: Vec<u8> = (0..3).flat_map(|number| click(number).encode()).collect();
    for bit in 0..RECORD_BYTES * 8 {
        let mut bytes = whole.clone();
        bytes[RECORD_BYTES + bit / 8] ^= 1 << (bit % 8);
        let folder = folder_with(&bytes, u64::from(SEGMENT_BYTES));
        let file = File::open(path_of(folder.path(), 1)).expect("the segment");
        let scan = scan(&file, None, |_| {}).expect("the file is readable");
        assert_eq!((scan.clicks, scan.damaged, scan.torn), (2, 1, 0), "bit {bit}");
        assert_eq!(deliveries_in(&folder), [0, 2], "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_header_leaves_the_clicks_readable_and_takes_no_more() {
    let record = click(4).encode();
    for bit in (0..RECORD_BYTES * 8).step_by(5) {
        let folder = folder_with(&record, u64::from(SEGMENT_BYTES));
        let path = path_of(folder.path(), 1);
        let mut bytes = fs::read(&path).expect("the segment");
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).expect("the segment");
        let recovered = open(&folder);
        assert_eq!((recovered.damaged_headers, recovered.clicks), (1, 1), "bit {bit}");
        assert_eq!(deliveries_in(&folder), [4]);
        assert_eq!(numbers_in(folder.path()).expect("the folder"), [1, 2]);
        assert_eq!(fs::read(&path).expect("the segment"), bytes, "a segment that is not understood is not changed");
    }
}

#[test]
fn a_later_format_another_instance_and_a_wrong_name_are_refused_by_name() {
    let open_with = |change: fn(&mut [u8; RECORD_BYTES])| {
        let folder = folder_with(&[], u64::from(SEGMENT_BYTES));
        let path = path_of(folder.path(), 1);
        let mut slot = header(1).encode();
        change(&mut slot);
        let file = OpenOptions::new().write(true).open(&path).expect("the segment");
        file.write_all_at(&summed(slot), 0).expect("the disk has room");
        match ClickLog::<crate::Callback>::open(folder.path(), settings()) {
            Ok(_) => panic!("it opened"),
            Err(refused) => refused.to_string(),
        }
    };
    let cases = [
        (open_with(|slot| slot[8] = 2), "written in format 2"),
        (open_with(|slot| slot[16] = 0), "another instance"),
        (open_with(|slot| slot[12] = 9), "says it is segment 9"),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected) && message.contains("00000001.log"), "{message}");
    }
}

#[test]
fn a_segment_left_unnamed_by_a_crash_is_removed_and_other_files_stay() {
    let folder = folder_with(&[], u64::from(SEGMENT_BYTES));
    for name in ["00000002.new", "notes.new", "0000003.log", "00000000.log"] {
        fs::write(folder.path().join(name), b"anything").expect("the folder is writable");
    }
    assert_eq!(open(&folder).segments, 1);
    assert!(!folder.path().join("00000002.new").exists());
    for name in ["notes.new", "0000003.log", "00000000.log"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

fn any_slot() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<u64>().prop_map(|number| click(number).encode().to_vec()),
        (2u32..9).prop_map(|id| crate::record::encode_host(crate::HostId(id), "a.example").to_vec()),
        Just(vec![0; RECORD_BYTES]),
        proptest::collection::vec(any::<u8>(), RECORD_BYTES),
        proptest::collection::vec(any::<u8>(), RECORD_BYTES).prop_map(|bytes| {
            let slot: [u8; RECORD_BYTES] = bytes.try_into().expect("128 were asked for");
            summed(slot).to_vec()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_bytes_as_a_segment_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..6000),
        with_header: bool,
    ) {
        let folder = quick_folder();
        let mut file = if with_header { header(1).encode().to_vec() } else { Vec::new() };
        file.extend_from_slice(&bytes);
        fs::write(path_of(folder.path(), 1), &file).expect("the folder is writable");
        let first = open(&folder);
        let again = open(&folder);
        prop_assert_eq!((first.clicks, again.torn), (again.clicks, 0));
        prop_assert_eq!(deliveries_in(&folder).len() as u64, first.clicks);
    }

    #[test]
    fn any_mixture_of_slots_is_read_the_same_by_recovery_and_by_a_reader(
        slots in proptest::collection::vec(any_slot(), 0..25),
        surplus in 0..RECORD_BYTES,
    ) {
        let mut bytes = slots.concat();
        bytes.truncate(bytes.len().saturating_sub(surplus));
        let folder = folder_with(&bytes, u64::from(FIRST_RECORD) + bytes.len() as u64);
        let mut reader = Reader::open(folder.path(), Position::START).expect("the folder is whole");
        let read = reader.by_ref().count() as u64;
        let recovered = open(&folder);
        prop_assert_eq!((read, reader.damaged()), (recovered.clicks, recovered.damaged));
        prop_assert_eq!(deliveries_in(&folder).len() as u64, recovered.clicks);
        prop_assert_eq!(open(&folder).torn, 0);
    }
}
