//! Graphs in plain text files, for the evaluations that anyone can repeat with another program.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use engine::graph::{Csr, EdgeListReader};
use serde::Serialize;

use super::cpu_seconds;

const BYTES_AT_A_TIME: usize = 1 << 18;

/// Reads `u v [w]` lines; accounts are numbered from 0.
pub fn read_edges(path: &Path, is_weighted: bool) -> anyhow::Result<Csr> {
    let mut file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    let mut reader = EdgeListReader::new(is_weighted);
    let mut buffer = vec![0u8; BYTES_AT_A_TIME];
    loop {
        let length = file.read(&mut buffer).with_context(|| format!("{} cannot be read", path.display()))?;
        if length == 0 {
            break;
        }
        reader.take(&buffer[..length]).with_context(|| path.display().to_string())?;
    }
    drop(buffer);
    reader.finish().with_context(|| path.display().to_string())
}

/// Reads one number a line.
pub fn read_numbers(path: &Path) -> anyhow::Result<Vec<u32>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            line.trim()
                .parse()
                .with_context(|| format!("{}, line {}: not a whole number: {line:?}", path.display(), at + 1))
        })
        .collect()
}

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Took {
    pub cpu_s: Option<f64>,
    pub wall_s: f64,
}

/// Does something and says what it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let done = work();
    let cpu_s = cpu_seconds().zip(cpu).map(|(now, before)| now - before);
    (done, Took { cpu_s, wall_s: began.elapsed().as_secs_f64() })
}

/// Runs on so many threads, or on all when none are named.
pub fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .context("threads cannot be started; ask for fewer with --threads")?;
    Ok(pool.install(work))
}
