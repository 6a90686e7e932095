//! What a verdict costs: building the rules, judging one request, remembering hits; and the public list made ready in
//! five ways, which is why it is done as it is in `src/listed.rs`.
//!
//! World: the browsers and the crawlers of the folder that BELLWETHER_AGENTS names (`scripts/fetch_agents.sh`), without
//! it a dozen of each. Each way runs in a process of its own, so that memory is its own. Run by
//! `BELLWETHER_AGENTS=FOLDER cargo bench -p bellwether-verdicts`; memory is read on Linux only.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use verdicts::{Agent, Hit, MailHit, MailLink, Reasons, Request, Rules, Sequence, SequenceSettings, Verdict, judge};

const LIST: &str = include_str!("../data/crawler-user-agents.json");
const SIZE_LIMIT: usize = 200 << 20;
/// Each figure is the best of so many runs over the world.
const RUNS: usize = 40;

const WAYS: [&str; 7] = [
    "rules of this crate",
    "list: words apart, contiguous",
    "list: words apart, dfa",
    "list: one alternation, bytes",
    "list: one alternation, unicode",
    "list: set of patterns",
    "memory of hits",
];

/// Whether an agent is found.
type IsMatch = Box<dyn Fn(&[u8]) -> bool>;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(way) if WAYS.contains(&way) => measure(way),
        _ => run_each(),
    }
}

fn run_each() {
    let program = std::env::current_exe().expect("a running program has a path");
    for way in WAYS {
        let status = Command::new(&program).arg(way).status().expect("the same program starts again");
        assert!(status.success(), "{way}");
    }
}

struct World {
    browsers: Vec<Vec<u8>>,
    crawlers: Vec<Vec<u8>>,
}

fn world() -> World {
    let browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/15x.0.0.0 \
        Safari/537.36";
    let crawler = "Mozilla/5.0 (compatible; Zzyzxbot/x.0; +https://example.org/bot)";
    let lines = |name: &str, made_up: &str| -> Vec<Vec<u8>> {
        let folder = std::env::var_os("BELLWETHER_AGENTS");
        let read = folder.and_then(|folder| std::fs::read_to_string(Path::new(&folder).join(name)).ok());
        let text = read.unwrap_or_else(|| (0..12).map(|n| made_up.replace('x', &n.to_string()) + "\n").collect());
        text.lines().map(|line| line.as_bytes().to_vec()).collect()
    };
    World { browsers: lines("browsers.txt", browser), crawlers: lines("crawlers.txt", crawler) }
}

fn measure(way: &str) {
    let world = world();
    if way == "memory of hits" {
        return measure_sequence();
    }
    let before = resident_kib();
    let started = Instant::now();
    let is_match = build(way);
    let built = started.elapsed();
    let after_build = resident_kib();
    let first = Instant::now();
    let found = world.crawlers.iter().filter(|agent| is_match(agent)).count();
    let first = first.elapsed();
    let browsers = nanoseconds_each(&world.browsers, &is_match);
    let crawlers = nanoseconds_each(&world.crawlers, &is_match);
    println!(
        "{way:32} built_ms = {:.2}, browser_ns = {browsers:.0}, crawler_ns = {crawlers:.0}, first_pass_ms = {:.1}, \
         built_kib = {}, used_kib = {}, found = {found} of {}",
        built.as_secs_f64() * 1e3,
        first.as_secs_f64() * 1e3,
        after_build - before,
        resident_kib() - before,
        world.crawlers.len(),
    );
    if way == WAYS[0] {
        let device = nanoseconds_each(&world.browsers, &|agent| Agent::read(agent).is_known);
        println!("{:32} browser_ns = {device:.0}", "device and browser family");
    }
}

fn build(way: &str) -> IsMatch {
    let patterns = patterns();
    let joined = || patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
    match way {
        "rules of this crate" => {
            let rules = Rules::shipped();
            Box::new(move |agent| {
                !judge(rules, &Request { user_agent: Some(agent), ..Request::default() }).reasons.is_empty()
            })
        }
        "list: words apart, contiguous" => words_apart(&patterns, AhoCorasickKind::ContiguousNFA),
        "list: words apart, dfa" => words_apart(&patterns, AhoCorasickKind::DFA),
        "list: one alternation, bytes" => {
            let all = regex::bytes::RegexBuilder::new(&joined())
                .unicode(false)
                .size_limit(SIZE_LIMIT)
                .dfa_size_limit(SIZE_LIMIT)
                .build()
                .expect("the list compiles");
            Box::new(move |agent| all.is_match(agent))
        }
        "list: one alternation, unicode" => {
            let all = regex::RegexBuilder::new(&joined())
                .size_limit(SIZE_LIMIT)
                .dfa_size_limit(SIZE_LIMIT)
                .build()
                .expect("the list compiles");
            Box::new(move |agent| std::str::from_utf8(agent).is_ok_and(|agent| all.is_match(agent)))
        }
        _ => {
            let set = regex::bytes::RegexSetBuilder::new(&patterns)
                .unicode(false)
                .size_limit(SIZE_LIMIT)
                .dfa_size_limit(SIZE_LIMIT)
                .build()
                .expect("the list compiles");
            Box::new(move |agent| set.is_match(agent))
        }
    }
}

/// As `src/listed.rs` does it, reduced to what costs time.
fn words_apart(patterns: &[String], kind: AhoCorasickKind) -> IsMatch {
    let is_word = |pattern: &&String| {
        let unescaped = pattern.replace("\\/", "/").replace("\\.", "").replace("\\-", "-");
        !unescaped.contains(['\\', '.', '^', '$', '|', '?', '*', '+', '(', ')', '[', ']', '{', '}'])
    };
    let words: Vec<String> = patterns.iter().filter(is_word).map(|pattern| pattern.replace('\\', "")).collect();
    let rest: Vec<String> =
        patterns.iter().filter(|pattern| !is_word(pattern)).map(|pattern| format!("(?:{pattern})")).collect();
    let words = AhoCorasick::builder().kind(Some(kind)).build(words).expect("the words fit");
    let rest = regex::bytes::RegexBuilder::new(&rest.join("|")).unicode(false).build().expect("the rest compiles");
    Box::new(move |agent| words.is_match(agent) || rest.is_match(agent))
}

fn patterns() -> Vec<String> {
    let entries: Vec<serde_json::Value> = serde_json::from_str(LIST).expect("the list is JSON");
    entries.iter().filter_map(|entry| entry["pattern"].as_str().map(str::to_owned)).collect()
}

fn nanoseconds_each(agents: &[Vec<u8>], is_match: &dyn Fn(&[u8]) -> bool) -> f64 {
    // Long enough to be measured where the world is a dozen strings.
    let rounds = 2_000 / agents.len() + 1;
    let best = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            for agent in std::iter::repeat_n(agents, rounds).flatten() {
                black_box(is_match(black_box(agent)));
            }
            started.elapsed()
        })
        .min()
        .unwrap_or(Duration::ZERO);
    best.as_secs_f64() * 1e9 / (rounds * agents.len()) as f64
}

/// Clicks at 10,000 a second, every tenth of a mail; then the memory full to its bounds, each hit of another mail.
fn measure_sequence() {
    let human = Verdict::of(Reasons::NONE, 1);
    let mut sequence = Sequence::new(SequenceSettings::default());
    let hits = 400_000_u64;
    let started = Instant::now();
    for id in 0..hits {
        black_box(sequence.observe(&hit(id, 100, (id % 10 == 0).then_some(id / 20)), human));
    }
    let spent = started.elapsed();
    println!(
        "{:32} hit_ns = {:.0}, remembered = {}",
        "memory of hits, 10,000 a second",
        spent.as_secs_f64() * 1e9 / hits as f64,
        sequence.remembered()
    );
    drop(sequence);

    let before = resident_kib();
    let mut sequence = Sequence::new(SequenceSettings::default());
    for id in 0..500_000 {
        black_box(sequence.observe(&hit(id, 0, Some(id)), human));
    }
    println!(
        "{:32} used_kib = {}, remembered = {}",
        "memory of hits, full",
        resident_kib() - before,
        sequence.remembered()
    );
}

fn hit(id: u64, apart_micros: i64, token: Option<u64>) -> Hit {
    let at_micros = 1_700_000_000_000_000 + i64::try_from(id).unwrap_or(0) * apart_micros;
    let mail = token.map(|token| MailHit { token, link: MailLink::Visible, since_delivery_micros: None });
    let link = u32::try_from(id % 2).unwrap_or(0);
    Hit { id, at_micros, link, visitor: id + 1, mail }
}

/// Memory of this process in KiB, 0 where the system does not tell.
fn resident_kib() -> i64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<i64>().ok()).unwrap_or(0) * 4
}
