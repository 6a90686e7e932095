//! Fills the click log of a data directory with made-up clicks, for benchmarks: so many over so many links, spread evenly over the
//! days before now. The same numbers give the same clicks.
//!
//!     cargo run --release -p bellwether-clicks --example fill -- DATA-DIR --clicks 10000000 --links 100000 --days 30
//!
//! No program may have the log meanwhile. What was there stays, and the new clicks come behind it.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use clicks::{Appending, Callback, Click, ClickLog, Outcome, Settings};
use sha2::{Digest, Sha256};

const DAY_US: i64 = 86_400_000_000;

fn drawn(place: u64) -> u64 {
    let mut value = place.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, without: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(without)
    };
    let data = PathBuf::from(arguments.get(1).ok_or("which data directory?")?);
    let (clicks, links, days) = (number("--clicks", 1_000_000), number("--links", 100_000), number("--days", 30));
    // As the program names the log of a data directory.
    let key = std::fs::read(data.join("keys").join("erasure.key"))?;
    let hash = Sha256::new().chain_update(b"click log\0").chain_update(&key).finalize();
    let mut instance = [0; 16];
    instance.copy_from_slice(&hash[..16]);
    let settings =
        Settings { appending: Appending::OneThread, max_pending: usize::MAX, ..Settings::for_instance(instance) };
    let (log, found) = ClickLog::<Callback>::open(&data.join("clicks"), settings)?;
    let hosts: Vec<_> = (0..40).map(|host| log.hosts().intern(&format!("host{host}.example"))).collect();
    let end = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
    let span = i64::try_from(days)? * DAY_US;
    let (answers, answered) = mpsc::channel();
    let mut waiting = 0u64;
    let mut lost = 0u64;
    for place in 0..clicks {
        let chance = drawn(place);
        // One in five is no person: a preview (1) or a crawler (2).
        let verdict = match chance % 10 {
            0 => 1,
            1 => 2,
            _ => 0,
        };
        let click = Click {
            time_us: end - span + i64::try_from(place)? * span / i64::try_from(clicks.max(1))?,
            link: u32::try_from(1 + drawn(chance) % links)?,
            visitor: drawn(chance ^ 7),
            referrer_host: hosts[(chance >> 32) as usize % hosts.len()],
            verdict,
            reasons: u32::from(verdict > 0) << verdict,
            device: 1,
            browser: 2,
            ..Click::default()
        };
        let answers = answers.clone();
        log.submit(&click, Box::new(move |outcome| answers.send(outcome).expect("the answers are waited for")));
        waiting += 1;
        while waiting > 50_000 {
            lost += u64::from(matches!(answered.recv()?, Outcome::NotStored));
            waiting -= 1;
        }
    }
    for _ in 0..waiting {
        lost += u64::from(matches!(answered.recv()?, Outcome::NotStored));
    }
    log.close()?;
    println!("{{\"clicks\":{clicks},\"links\":{links},\"days\":{days},\"lost\":{lost},\"before\":{}}}", found.clicks);
    Ok(())
}
