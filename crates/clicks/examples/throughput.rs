//! Which way of storing a click before its answer costs least? Requests by the thousand, told apart by who writes.
//!
//! Each worker thread stands for one of a web server's: it has its share of the connections, takes the next one that is
//! ready, works on the request for some microseconds (parsing, looking up, the sockets), has the click stored and, once
//! told so, takes that connection's next request. The ways:
//! - `no log`: the work alone, the measure of the others.
//! - `mutex`: every worker locks a file, writes its 128 bytes, unlocks; waiting for the lock stops the worker.
//! - `submit`: this crate in place, every click with a waiting handle.
//! - `in place`: this crate in place, a handle only if the click cannot be stored at once.
//! - `thread`: this crate with one writing thread.
//! - `power`: the same with a flush for each batch.
//!
//! ```text
//! cargo run --release --example throughput -- --threads 2 --seconds 2 --work-us 20 --runs 3
//! ```
//! Prints the median of the runs: clicks a second, their ratio to `no log`, time of processors for each click, and the
//! time from submitting to being told, median and 99th percentile. On a machine that does other things, the time of
//! processors is the figure to go by: a way with a thread more also gets a thread's share more of the machine.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use clicks::{Appending, Click, ClickLog, Durability, Outcome, RECORD_BYTES, Settings, Waiter};

type AnyError = Box<dyn std::error::Error>;

const CONNECTIONS: [usize; 3] = [16, 64, 256];
const WAYS: [&str; 6] = ["no log", "mutex", "submit", "in place", "thread", "power"];

struct Options {
    threads: usize,
    seconds: f64,
    work_us: f64,
    runs: usize,
    folder: PathBuf,
}

/// The connections of one worker that are ready for their next request.
#[derive(Default)]
struct Worker {
    ready: Mutex<Ready>,
    woken: Condvar,
}

#[derive(Default)]
struct Ready {
    connections: VecDeque<usize>,
    told: Vec<Duration>,
    is_asleep: bool,
}

impl Worker {
    fn tell(&self, connection: usize, since: Instant) {
        let mut ready = self.ready.lock().expect("no worker panics");
        ready.connections.push_back(connection);
        ready.told.push(since.elapsed());
        let is_asleep = ready.is_asleep;
        drop(ready);
        if is_asleep {
            self.woken.notify_one();
        }
    }

    fn next(&self) -> usize {
        let mut ready = self.ready.lock().expect("no worker panics");
        loop {
            if let Some(connection) = ready.connections.pop_front() {
                return connection;
            }
            ready.is_asleep = true;
            ready = self.woken.wait(ready).expect("no worker panics");
            ready.is_asleep = false;
        }
    }
}

struct Answer {
    worker: Arc<Worker>,
    connection: usize,
    since: Instant,
}

impl Waiter for Answer {
    fn answer(self, outcome: Outcome) {
        assert!(matches!(outcome, Outcome::Stored(_)), "the disk is full");
        self.worker.tell(self.connection, self.since);
    }
}

enum Storing {
    Nothing,
    Mutex(Mutex<(File, u64)>),
    Log { log: ClickLog<Answer>, tries_at_once: bool },
}

fn storing(way: &str, folder: &Path) -> Result<Storing, AnyError> {
    let with = |durability, appending| Settings { durability, appending, ..Settings::for_instance([7; 16]) };
    let (settings, tries_at_once) = match way {
        "no log" => return Ok(Storing::Nothing),
        "mutex" => return Ok(Storing::Mutex(Mutex::new((File::create(folder.join("plain"))?, 0)))),
        "submit" => (with(Durability::Process, Appending::InPlace), false),
        "in place" => (with(Durability::Process, Appending::InPlace), true),
        "thread" => (with(Durability::Process, Appending::OneThread), false),
        _ => (with(Durability::Power, Appending::OneThread), false),
    };
    let (log, _) = ClickLog::open(&folder.join("clicks"), settings)?;
    Ok(Storing::Log { log, tries_at_once })
}

/// So many rounds of arithmetic. Not "until the clock says so": a thread that is not running must not count as working.
fn work(rounds: u64) {
    let mut state = rounds;
    for _ in 0..rounds {
        state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// Rounds that fill a microsecond of an undisturbed core: the quickest of many tries.
fn rounds_per_us() -> f64 {
    let timed = |_| {
        let began = Instant::now();
        work(10_000);
        began.elapsed().as_secs_f64() * 1e6
    };
    10_000.0 / (0..500).map(timed).fold(f64::MAX, f64::min)
}

/// Time of processors that this process has used, in microseconds, in steps of 10,000.
fn used_us() -> Result<f64, AnyError> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?.1;
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks as f64 * 10_000.0)
}

fn store(storing: &Storing, click: &Click, worker: &Arc<Worker>, connection: usize) {
    let since = Instant::now();
    match storing {
        Storing::Nothing => worker.tell(connection, since),
        Storing::Mutex(file) => {
            let mut file = file.lock().expect("no worker panics");
            file.0.write_all_at(&click.encode(), file.1).expect("the disk has room");
            file.1 += RECORD_BYTES as u64;
            drop(file);
            worker.tell(connection, since);
        }
        Storing::Log { log, tries_at_once } => match tries_at_once.then(|| log.append_now(click)).flatten() {
            Some(_) => worker.tell(connection, since),
            None => log.submit(click, Answer { worker: Arc::clone(worker), connection, since }),
        },
    }
}

struct Measured {
    per_second: f64,
    used_us: f64,
    median_us: f64,
    p99_us: f64,
}

fn measure(way: &str, connections: usize, rounds: u64, options: &Options) -> Result<Measured, AnyError> {
    let folder = tempfile::tempdir_in(&options.folder)?;
    let storing = storing(way, folder.path())?;
    let used_before_us = used_us()?;
    let began = Instant::now();
    let ends = began + Duration::from_secs_f64(options.seconds);
    let mut told: Vec<Duration> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads)
            .map(|thread| {
                let storing = &storing;
                scope.spawn(move || {
                    let worker = Arc::new(Worker::default());
                    let mine = connections / options.threads;
                    worker.ready.lock().expect("no worker panics").connections.extend(0..mine);
                    let mut click = Click { link: thread as u32, visitor: 1, ..Click::default() };
                    while Instant::now() < ends {
                        let connection = worker.next();
                        work(rounds);
                        click.delivery += 1;
                        store(storing, &click, &worker, connection);
                    }
                    // Whoever is still waiting is told before the log goes.
                    for _ in 0..mine {
                        worker.next();
                    }
                    std::mem::take(&mut worker.ready.lock().expect("no worker panics").told)
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no worker panics")).collect()
    });
    let per_second = told.len() as f64 / began.elapsed().as_secs_f64();
    let used_us = (used_us()? - used_before_us) / told.len() as f64;
    told.sort_unstable();
    let at = |share: f64| told[((told.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    Ok(Measured { per_second, used_us, median_us: at(0.5), p99_us: at(0.99) })
}

fn options() -> Result<Options, AnyError> {
    let mut options = Options { threads: 2, seconds: 2.0, work_us: 20.0, runs: 3, folder: std::env::temp_dir() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--threads" => options.threads = value.parse()?,
            "--seconds" => options.seconds = value.parse()?,
            "--work-us" => options.work_us = value.parse()?,
            "--runs" => options.runs = value.parse()?,
            "--folder" => options.folder = value.into(),
            _ => return Err(format!("{word} is not known").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), AnyError> {
    let options = options()?;
    let rounds = (rounds_per_us() * options.work_us) as u64;
    println!("{} workers, {} us of work for each request", options.threads, options.work_us);
    let heads = ["connections", "way", "clicks/s", "ratio", "cpu us", "median us", "p99 us"];
    println!("{}", heads.map(|head| format!("{head:>12}")).concat());
    for connections in CONNECTIONS {
        let mut runs: Vec<Vec<Measured>> = WAYS.iter().map(|_| Vec::new()).collect();
        // Ways alternate, so that whatever else the machine does meets all of them.
        for _ in 0..options.runs {
            for (way, measured) in WAYS.iter().zip(&mut runs) {
                measured.push(measure(way, connections, rounds, &options)?);
            }
        }
        let mut without_log = None;
        for (way, measured) in WAYS.iter().zip(&mut runs) {
            measured.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
            let median = &measured[measured.len() / 2];
            let ratio = median.per_second / *without_log.get_or_insert(median.per_second);
            println!(
                "{connections:>12}{way:>12}{:>12.0}{ratio:>12.3}{:>12.2}{:>12.1}{:>12.1}",
                median.per_second, median.used_us, median.median_us, median.p99_us
            );
        }
    }
    Ok(())
}
