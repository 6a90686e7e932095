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
use tokio::sync::mpsc;

use super::ground::{Duty, Ground};
use super::redirecting::Redirector;
use super::{PATH, turns};
use crate::web::asked_to_end;
use line::Shared;

/// Requests that are being answered when the program ends may take so long.
const ENDING: Duration = Duration::from_secs(5);
/// No line could be taken (too many are open): the next try.
const TAKE_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Leads visitors on until Ctrl-C or SIGTERM; what is being answered is answered first.
pub async fn serve(data_dir: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    let ground = Ground::open(data_dir).await?;
    let lock = ground.lock_redirector().with_context(|| format!("{} cannot be used", ground.path.display()))?;
    let Some(_lock) = lock else {
        anyhow::bail!("another program already leads the visitors of {} on by itself", ground.path.display());
    };
    ground.begin(Duty::Links);
    let redirector = Arc::new(Redirector::open(ground).await?);
    if redirector.is_held_elsewhere() {
        anyhow::bail!(
            "another bellwether program follows the links of this data directory\nhint: start that one as \
             `bellwether serve --only pages`, so that it leaves the click log to this one"
        );
    }
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}\nhint: another program may be using it; try --listen with another port")
    })?;
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

type Line = (std::net::TcpStream, SocketAddr);

/// One of the threads that answer.
struct Answerer {
    lines: mpsc::UnboundedSender<Line>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// The threads that answer, one a core.
struct Answering(Vec<Answerer>);

impl Answering {
    fn begin(redirector: &Arc<Redirector>) -> anyhow::Result<Answering> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut answerers = Vec::with_capacity(cores);
        for core in 0..cores {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.context("the program cannot start its threads")?;
            let (lines, to_answer) = mpsc::unbounded_channel();
            let shared = Arc::new(Shared {
                redirector: redirector.clone(),
                is_ending: AtomicBool::new(false),
                under_way: AtomicUsize::new(0),
            });
            let of_thread = shared.clone();
            let thread = std::thread::Builder::new()
                .name(format!("redirector-{core}"))
                .spawn(move || runtime.block_on(answer_lines(of_thread, to_answer)))
                .context("the program cannot start its threads")?;
            answerers.push(Answerer { lines, shared, thread });
        }
        Ok(Answering(answerers))
    }

    /// Takes lines and deals them out in turn.
    async fn take(&self, listener: TcpListener) {
        for answerer in self.0.iter().cycle() {
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
                Ok(line) => drop(answerer.lines.send((line, peer))),
                Err(error) => tracing::warn!(%error, "a line could not be handed on"),
            }
        }
    }

    /// Waits until all is answered that was asked for.
    fn end(self) {
        for answerer in &self.0 {
            answerer.shared.is_ending.store(true, Ordering::Relaxed);
        }
        for answerer in self.0 {
            drop(answerer.lines);
            if answerer.thread.join().is_err() {
                tracing::error!("a thread that answered visitors ended by a fault");
            }
        }
    }
}

async fn answer_lines(shared: Arc<Shared>, mut lines: mpsc::UnboundedReceiver<Line>) {
    drop(tokio::spawn(turns::store(shared.redirector.clone())));
    while let Some((line, peer)) = lines.recv().await {
        match TcpStream::from_std(line) {
            Ok(line) => drop(tokio::spawn(line::answer(shared.clone(), line, peer))),
            Err(error) => tracing::warn!(%error, "a line could not be answered"),
        }
    }
    let began = tokio::time::Instant::now();
    while shared.under_way.load(Ordering::Relaxed) > 0 && began.elapsed() < ENDING {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
