//! So many requests a second for so long, and how long each took from the moment it was due: an answer that is late makes the
//! requests behind it late too, and that is told, not left out (no coordinated omission).
//!
//!     rustc -O --edition 2024 benchmarks/steady.rs -o steady
//!     ./steady 127.0.0.1:7879 --rate 2000 --seconds 120 --links 100000 --connections 64
//!
//! Asks for `/t/link-000000` and so on, each with a browser's agent and another visitor's address. Prints one JSON document.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
    Version/26.0 Mobile/15E148 Safari/604.1";

struct Settings {
    address: String,
    rate: f64,
    seconds: f64,
    links: u64,
    connections: u64,
}

fn settings() -> Settings {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, without: f64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(without)
    };
    Settings {
        address: arguments.get(1).cloned().unwrap_or_else(|| "127.0.0.1:7879".to_owned()),
        rate: number("--rate", 2_000.0),
        seconds: number("--seconds", 120.0),
        links: number("--links", 100_000.0) as u64,
        connections: number("--connections", 64.0) as u64,
    }
}

/// What one line saw.
#[derive(Default)]
struct Seen {
    /// From the moment a request was due to its whole answer, in microseconds.
    late_us: Vec<u64>,
    /// From the moment it was sent.
    answered_us: Vec<u64>,
    failed: u64,
}

/// A number that looks drawn, the same for the same place.
fn drawn(place: u64) -> u64 {
    let mut value = place.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn one_line(settings: &Settings, line: u64, began: Instant) -> Seen {
    let mut seen = Seen::default();
    let all = (settings.rate * settings.seconds) as u64;
    let mut stream = None;
    let mut held = vec![0u8; 16 * 1024];
    for number in (line..all).step_by(settings.connections as usize) {
        let due = began + Duration::from_secs_f64(number as f64 / settings.rate);
        if let Some(early) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(early);
        }
        let chance = drawn(number);
        let (link, visitor) = (chance % settings.links, (chance >> 40) as u32);
        let [_, b, c, d] = visitor.to_be_bytes();
        let request = format!(
            "GET /t/link-{link:06} HTTP/1.1\r\nhost: go.example\r\nuser-agent: {AGENT}\r\nx-forwarded-for: 100.{b}.{c}.{d}\r\n\r\n"
        );
        let sent = Instant::now();
        match ask(&mut stream, settings, &request, &mut held) {
            true => {
                seen.late_us.push(due.elapsed().as_micros() as u64);
                seen.answered_us.push(sent.elapsed().as_micros() as u64);
            }
            false => {
                seen.failed += 1;
                stream = None;
            }
        }
    }
    seen
}

/// Whether the answer came whole and leads on.
fn ask(stream: &mut Option<TcpStream>, settings: &Settings, request: &str, held: &mut [u8]) -> bool {
    if stream.is_none() {
        let Ok(line) = TcpStream::connect(&settings.address) else { return false };
        drop(line.set_nodelay(true));
        drop(line.set_read_timeout(Some(Duration::from_secs(10))));
        *stream = Some(line);
    }
    let Some(line) = stream else { return false };
    if line.write_all(request.as_bytes()).is_err() {
        return false;
    }
    let mut filled = 0;
    while !held[..filled].ends_with(b"\r\n\r\n") {
        match line.read(&mut held[filled..]) {
            Ok(read) if read > 0 => filled += read,
            _ => return false,
        }
    }
    held.starts_with(b"HTTP/1.1 302")
}

fn quantile(sorted: &[u64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or(0) as f64 / 1_000.0
}

fn main() {
    let settings = settings();
    let began = Instant::now() + Duration::from_millis(200);
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let lines: Vec<_> =
            (0..settings.connections).map(|line| scope.spawn({ let settings = &settings; move || one_line(settings, line, began) })).collect();
        lines.into_iter().map(|line| line.join().expect("a line does not panic")).collect()
    });
    let took = began.elapsed().as_secs_f64();
    let gather = |of: fn(&Seen) -> &Vec<u64>| {
        let mut all: Vec<u64> = seen.iter().flat_map(|one| of(one).iter().copied()).collect();
        all.sort_unstable();
        all
    };
    let (late, answered) = (gather(|one| &one.late_us), gather(|one| &one.answered_us));
    let failed: u64 = seen.iter().map(|one| one.failed).sum();
    let told = |sorted: &[u64]| {
        format!(
            "{{\"p50\":{:.3},\"p90\":{:.3},\"p99\":{:.3},\"p999\":{:.3},\"max\":{:.3}}}",
            quantile(sorted, 0.5),
            quantile(sorted, 0.9),
            quantile(sorted, 0.99),
            quantile(sorted, 0.999),
            quantile(sorted, 1.0)
        )
    };
    println!(
        "{{\"rate\":{},\"seconds\":{},\"links\":{},\"connections\":{},\"answered\":{},\"failed\":{failed},\"answered_a_second\":{:.1},\
         \"ms_from_due\":{},\"ms_from_sent\":{}}}",
        settings.rate,
        settings.seconds,
        settings.links,
        settings.connections,
        late.len(),
        late.len() as f64 / took,
        told(&late),
        told(&answered)
    );
}
