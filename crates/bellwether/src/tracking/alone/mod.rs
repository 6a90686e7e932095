//! Leading visitors on and nothing else, by a program of its own: `/t/{slug}` and `/health`, no pages, no facts opened.
//!
//! Lines are dealt out in turn to one thread a core and stay there, so that no request wakes another core. They are answered
//! without the routes, layers and forms of the pages, which cost more than all that is done with a hit; what a hit is, and where
//! it leads, is [`Redirector::hit`], as it is beside the pages. Measured by `benchmarks/redirect.py`.

mod answers;
mod line;
mod request;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::ground::{Duty, Ground, Leader, Place};
use super::redirecting::{Redirector, belongs_to_one_redirector};
use super::{PATH, turns};
use crate::web::asked_to_end;
use line::Shared;

/// Requests that are being answered when the program ends may take so long.
const ENDING: Duration = Duration::from_secs(5);
/// No line could be taken: the next try.
const TAKE_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Lines open at once, where the system lets a program open so many files.
const LINES_MAX: usize = 16_384;
/// Files that are kept for the database, the log and the keys.
const OTHER_FILES: usize = 128;

const FOLLOWED_ELSEWHERE: &str = "another bellwether program follows the links of this data directory\nhint: start that one as \
    `bellwether serve --only pages`, so that it leaves the click log to this one";

/// Leads visitors on until Ctrl-C or SIGTERM; what is being answered is answered first.
pub async fn serve(data_dir: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    let ground = Ground::open(data_dir).await?;
    let place =
        ground.take_place(Leader::Alone).with_context(|| format!("{} cannot be used", ground.path.display()))?;
    match place {
        Place::Ours => {}
        Place::Held(Leader::Alone) => {
            anyhow::bail!("another program already leads the visitors of {} on by itself", ground.path.display())
        }
        Place::Held(Leader::WithPages) => anyhow::bail!("{FOLLOWED_ELSEWHERE}"),
    }
    ground.begin(Duty::Links);
    // Whoever comes while the log is opened waits and is not turned away.
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}\nhint: another program may be using it; try --listen with another port")
    })?;
    let redirector = Arc::new(Redirector::open(ground).await?);
    if redirector.is_held_elsewhere() {
        anyhow::bail!("{FOLLOWED_ELSEWHERE}");
    }
    let address = listener.local_addr().context("the listening address cannot be read")?;
    eprintln!("bellwether leads visitors on at http://{address}{PATH}/  (Ctrl-C ends it)");
    tokio::spawn(redirector.clone().work());
    let answering = Answering::begin(&redirector)?;
    tokio::select! {
        () = answering.take(listener) => {}
        () = asked_to_end() => {}
    }
    let ended = tokio::task::spawn_blocking(move || answering.end()).await;
    ended.context("the lines could not be ended")?;
    redirector.close().context("the click log could not be ended cleanly; every click that was answered is in it")
}

/// How many lines may be open at once, below what the system lets this program open; as many as it lets anybody are asked for.
fn lines_at_most() -> usize {
    let files = rlimit::increase_nofile_limit(rlimit::INFINITY).unwrap_or_else(|error| {
        tracing::warn!(%error, "how many files may be open could not be raised");
        1_024
    });
    lines_of(usize::try_from(files).unwrap_or(usize::MAX))
}

fn lines_of(files: usize) -> usize {
    (files - OTHER_FILES.min(files / 2)).clamp(1, LINES_MAX)
}

/// With its place among all lines, given up when it is closed.
type Line = (std::net::TcpStream, SocketAddr, OwnedSemaphorePermit);

/// One of the threads that answer.
struct Answerer {
    lines: mpsc::UnboundedSender<Line>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// The threads that answer, one a core.
struct Answering {
    answerers: Vec<Answerer>,
    room: Arc<Semaphore>,
}

impl Answering {
    fn begin(redirector: &Arc<Redirector>) -> anyhow::Result<Answering> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut answerers = Vec::with_capacity(cores);
        let lines_max = lines_at_most();
        let room = Arc::new(Semaphore::new(lines_max));
        for core in 0..cores {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.context("the program cannot start its threads")?;
            let (lines, to_answer) = mpsc::unbounded_channel();
            let shared = Arc::new(Shared {
                redirector: redirector.clone(),
                is_ending: AtomicBool::new(false),
                under_way: AtomicUsize::new(0),
                room: room.clone(),
                crowded_below: lines_max.div_ceil(8),
            });
            let of_thread = shared.clone();
            let thread = std::thread::Builder::new()
                .name(format!("redirector-{core}"))
                .spawn(move || runtime.block_on(answer_lines(of_thread, to_answer)))
                .context("the program cannot start its threads")?;
            answerers.push(Answerer { lines, shared, thread });
        }
        Ok(Answering { answerers, room })
    }

    /// Takes lines and deals them out in turn.
    async fn take(&self, listener: TcpListener) {
        for answerer in self.answerers.iter().cycle() {
            // Where all lines are taken, who comes next waits until one is closed.
            let Ok(place) = self.room.clone().acquire_owned().await else { return };
            let (line, peer) = loop {
                match listener.accept().await {
                    Ok(taken) => break taken,
                    Err(error) => {
                        tracing::warn!(%error, "a line could not be taken");
                        tokio::time::sleep(TAKE_AGAIN_AFTER).await;
                    }
                }
            };
            // Small answers leave at once; where that cannot be said they leave a little later.
            let _said = line.set_nodelay(true);
            match line.into_std() {
                // It can only fail where the thread has ended by a fault, which is said at the end.
                Ok(line) => drop(answerer.lines.send((line, peer, place))),
                Err(error) => tracing::warn!(%error, "a line could not be handed on"),
            }
        }
    }

    /// Waits until all is answered that was asked for.
    fn end(self) {
        for answerer in &self.answerers {
            answerer.shared.is_ending.store(true, Ordering::Relaxed);
        }
        for answerer in self.answerers {
            drop(answerer.lines);
            if answerer.thread.join().is_err() {
                tracing::error!("a thread that answered visitors ended by a fault");
            }
        }
    }
}

async fn answer_lines(shared: Arc<Shared>, mut lines: mpsc::UnboundedReceiver<Line>) {
    belongs_to_one_redirector();
    drop(tokio::spawn(turns::store(shared.redirector.clone())));
    while let Some((line, peer, place)) = lines.recv().await {
        let shared = shared.clone();
        match TcpStream::from_std(line) {
            Ok(line) => drop(tokio::spawn(async move {
                line::answer(shared, line, peer).await;
                drop(place);
            })),
            Err(error) => tracing::warn!(%error, "a line could not be answered"),
        }
    }
    let began = tokio::time::Instant::now();
    while shared.under_way.load(Ordering::Relaxed) > 0 && began.elapsed() < ENDING {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_lines_are_open_than_files_may_be() {
        for (files, lines) in
            [(1_024, 896), (128, 64), (64, 32), (1, 1), (1_048_576, LINES_MAX), (usize::MAX, LINES_MAX)]
        {
            assert_eq!(lines_of(files), lines, "{files}");
        }
    }
}
