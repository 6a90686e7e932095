//! Visitors: the same for a day and a link, and nobody's afterwards.

use std::os::unix::fs::PermissionsExt;

use super::*;

const HOUR_US: i64 = US_PER_DAY / 24;
/// 2026-03-01 00:00 UTC.
const MARCH_FIRST_US: i64 = 20_513 * US_PER_DAY;
const BROWSER: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn opened(now_us: i64) -> (tempfile::TempDir, DayKeys) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let keys = DayKeys::open(folder.path(), now_us).expect("the folder is writable");
    (folder, keys)
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address of the test")
}

fn visitor(keys: &DayKeys, time_us: i64, address: &str, link: u32) -> u64 {
    keys.visitor(time_us, ip(address), BROWSER, link).expect("the day has its key")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_visitor_is_the_same_all_day_for_one_link_and_browser() {
    let (_folder, keys) = opened(MARCH_FIRST_US);
    let morning = visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 5);
    let night = visitor(&keys, MARCH_FIRST_US + US_PER_DAY - 1, "203.0.113.7", 5);
    assert_eq!(morning, night);
    assert_ne!(morning, visitor(&keys, MARCH_FIRST_US + US_PER_DAY, "203.0.113.7", 5), "another day");
    assert_ne!(morning, visitor(&keys, MARCH_FIRST_US, "203.0.113.8", 5), "another address");
    assert_ne!(morning, visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 6), "another link");
    let other_browser = keys.visitor(MARCH_FIRST_US, ip("203.0.113.7"), b"curl/8", 5).expect("the day has its key");
    assert_ne!(morning, other_browser);
}

#[test]
fn of_ipv6_the_network_counts_and_a_mapped_ipv4_address_is_ipv4() {
    let (_folder, keys) = opened(MARCH_FIRST_US);
    let cases = [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("::ffff:203.0.113.7", "203.0.113.7", true),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", false),
    ];
    for (one, other, is_same) in cases {
        let (one_visitor, other_visitor) =
            (visitor(&keys, MARCH_FIRST_US, one, 5), visitor(&keys, MARCH_FIRST_US, other, 5));
        assert_eq!(one_visitor == other_visitor, is_same, "{one} and {other}");
    }
}

#[test]
fn at_the_first_moment_of_a_day_all_requests_get_the_same_key() {
    let (_folder, keys) = opened(MARCH_FIRST_US);
    let next_day = MARCH_FIRST_US + US_PER_DAY;
    let visitors: Vec<u64> = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..16).map(|_| scope.spawn(|| visitor(&keys, next_day, "203.0.113.7", 5))).collect();
        requests.into_iter().map(|request| request.join().expect("no request panics")).collect()
    });
    assert!(visitors.iter().all(|other| *other == visitors[0]));
}

#[test]
fn programs_that_begin_a_day_at_once_have_one_key_for_it() {
    for round in 0..20 {
        let day = MARCH_FIRST_US + round * US_PER_DAY;
        let folder = tempfile::tempdir().expect("a folder for the test");
        let begin = std::sync::Barrier::new(8);
        let (begin, path) = (&begin, folder.path());
        let programs: Vec<u64> = std::thread::scope(|scope| {
            let programs: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(move || {
                        begin.wait();
                        let keys = DayKeys::open(path, day).expect("the folder is writable");
                        visitor(&keys, day, "203.0.113.7", 5)
                    })
                })
                .collect();
            programs.into_iter().map(|program| program.join().expect("no program panics")).collect()
        });
        assert!(programs.iter().all(|other| *other == programs[0]), "{programs:?}");
        assert!(names_in(folder.path()).iter().all(|name| name.ends_with(".key")), "nothing is left of the others");
    }
}

#[test]
fn the_number_is_the_published_formula() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    let key = fs::read(folder.path().join("day-2026-03-01.key")).expect("today's key");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    let mut input = vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7, 0];
    input.extend_from_slice(BROWSER);
    input.extend_from_slice(&[0, 5, 0, 0, 0]);
    mac.update(&input);
    let expected = u64::from_le_bytes(mac.finalize().into_bytes()[..8].try_into().expect("8 of 32 bytes"));
    assert_eq!(visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 5), expected);
}

#[test]
fn a_restart_goes_on_with_the_days_key() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    let before = visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 5);
    drop(keys);
    let again = DayKeys::open(folder.path(), MARCH_FIRST_US + HOUR_US).expect("the folder is there");
    assert_eq!(visitor(&again, MARCH_FIRST_US, "203.0.113.7", 5), before);
}

#[test]
fn a_key_is_32_bytes_that_only_the_owner_reads_and_differs_each_time() {
    let (one, _keys) = opened(MARCH_FIRST_US);
    let (other, _keys) = opened(MARCH_FIRST_US);
    let path = one.path().join("day-2026-03-01.key");
    let mode = fs::metadata(&path).expect("today's key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = fs::read(&path).expect("today's key");
    assert_eq!(key.len(), KEY_BYTES);
    assert_ne!(key, fs::read(other.path().join("day-2026-03-01.key")).expect("the other's key"));
}

#[test]
fn yesterdays_key_works_until_48_hours_after_its_day_began_and_is_then_gone() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    let first = visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 5);

    let last_moment = MARCH_FIRST_US + 2 * US_PER_DAY - 1;
    assert_eq!(keys.tend(last_moment).expect("the folder is writable"), 0);
    assert_eq!(visitor(&keys, MARCH_FIRST_US, "203.0.113.7", 5), first);

    assert_eq!(keys.tend(last_moment + 1).expect("the folder is writable"), 1);
    let refused = keys.visitor(MARCH_FIRST_US, ip("203.0.113.7"), BROWSER, 5);
    assert!(matches!(refused, Err(KeyError::Destroyed { day }) if day == "2026-03-01"));
    assert!(!names_in(folder.path()).contains(&"day-2026-03-01.key".to_owned()));

    drop(keys);
    let again = DayKeys::open(folder.path(), last_moment + 1).expect("the folder is there");
    assert!(matches!(again.visitor(MARCH_FIRST_US, ip("203.0.113.7"), BROWSER, 5), Err(KeyError::Destroyed { .. })));
}

#[test]
fn a_key_is_overwritten_before_it_is_unlinked() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    // A second name for the same file shows what was in it when the first was removed.
    let second_name = folder.path().join("kept");
    fs::hard_link(folder.path().join("day-2026-03-01.key"), &second_name).expect("the file system has hard links");
    keys.tend(MARCH_FIRST_US + 2 * US_PER_DAY).expect("the folder is writable");
    assert_eq!(fs::read(second_name).expect("the second name"), [0; KEY_BYTES]);
}

#[test]
fn a_program_that_was_off_destroys_old_keys_when_it_starts() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    drop(keys);
    fs::write(folder.path().join("day-2026-02-28.00ff00ff00ff00ff.new"), [9; KEY_BYTES]).expect("left by a crash");
    DayKeys::open(folder.path(), MARCH_FIRST_US + 10 * US_PER_DAY).expect("the folder is there");
    assert_eq!(names_in(folder.path()), ["day-2026-03-11.key"]);
}

#[test]
fn the_next_days_key_is_made_before_its_day() {
    let (folder, keys) = opened(MARCH_FIRST_US + 12 * HOUR_US);
    assert_eq!(names_in(folder.path()), ["day-2026-03-01.key"]);
    keys.tend(MARCH_FIRST_US + 23 * HOUR_US).expect("the folder is writable");
    assert_eq!(names_in(folder.path()), ["day-2026-03-01.key", "day-2026-03-02.key"]);
}

#[test]
fn a_key_file_of_the_wrong_length_is_named_and_not_used() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    drop(keys);
    fs::write(folder.path().join("day-2026-03-01.key"), [1; 31]).expect("the folder is writable");
    let refused = DayKeys::open(folder.path(), MARCH_FIRST_US);
    assert!(matches!(refused, Err(KeyError::Damaged { bytes: 31, .. })));
}

#[test]
fn after_destruction_a_million_guessed_addresses_find_nobody() {
    let (folder, keys) = opened(MARCH_FIRST_US);
    // 198.18.0.0/12 holds the visitor among its 2^20 addresses.
    let network: u32 = 0xc612_0000 & !0xf_ffff;
    let guesses = || (0..1 << 20).map(|host| IpAddr::from((network | host).to_be_bytes()));
    let target = visitor(&keys, MARCH_FIRST_US, "198.18.77.3", 5);
    let finds_it = |time_us: i64| {
        guesses().any(|guess| keys.visitor(time_us, guess, BROWSER, 5).expect("the day has its key") == target)
    };
    assert!(finds_it(MARCH_FIRST_US), "with the key, guessing works: that is why it must go");

    let later = MARCH_FIRST_US + 2 * US_PER_DAY;
    keys.tend(later).expect("the folder is writable");
    assert!(keys.visitor(MARCH_FIRST_US, ip("198.18.77.3"), BROWSER, 5).is_err());
    assert!(!finds_it(later), "nor with any key that is left");
    // Not even by who keeps the folder and sets the clock back: the key is drawn anew.
    fs::remove_dir_all(folder.path()).expect("the folder is the test's");
    keys.tend(MARCH_FIRST_US).expect_err("the folder is gone");
    fs::create_dir(folder.path()).expect("the folder is the test's");
    keys.tend(MARCH_FIRST_US).expect("the folder is writable");
    assert!(!finds_it(MARCH_FIRST_US));
}

#[test]
fn a_thousand_visitors_over_midnight_are_a_thousand_a_day() {
    let (_folder, keys) = opened(MARCH_FIRST_US);
    let mut seen: BTreeMap<i64, std::collections::BTreeSet<u64>> = BTreeMap::new();
    for person in 0..1_000_u32 {
        for minute in 0..3 {
            for day in 0..2 {
                let time_us = MARCH_FIRST_US + day * US_PER_DAY + minute * US_PER_DAY / 24 / 60;
                let address = IpAddr::from(person.to_be_bytes());
                let visitor = keys.visitor(time_us, address, BROWSER, 5).expect("the day has its key");
                seen.entry(day).or_default().insert(visitor);
            }
        }
    }
    assert_eq!(seen.values().map(|visitors| visitors.len()).collect::<Vec<_>>(), [1_000, 1_000]);
    assert!(seen[&0].is_disjoint(&seen[&1]));
}

#[test]
fn days_and_dates_are_one_to_one() {
    let cases = [(0, "1970-01-01"), (20_513, "2026-03-01"), (11_016, "2000-02-29"), (-1, "1969-12-31")];
    for (day, date) in cases {
        assert_eq!(date_of(day), date);
    }
    for day in 0..200_000 {
        assert_eq!(day_named(&date_of(day)), Some(day));
    }
    for not_a_date in ["2026-02-30", "2026-3-1", "", "2026-03-01-02", "2026-03", "x-y-z"] {
        assert_eq!(day_named(not_a_date), None, "{not_a_date}");
    }
}
