//! One line to a visitor or a proxy: requests are read as they come, answered in order, and the line is closed where nobody asks
//! any more.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::answers::{self, Answers};
use super::request::{Head, Received, received};
use crate::tracking::PATH;
use crate::tracking::redirecting::Redirector;

/// A line on which no request was made for so long is closed; longer than proxies keep one.
const IDLE: Duration = Duration::from_secs(75);
/// The same where nearly all lines are taken: others wait for one.
const IDLE_IN_A_CROWD: Duration = Duration::from_secs(5);
/// A line that takes no answer for so long is given up.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
/// What is received at first, and the longest head of a request.
const HEAD_BYTES: usize = 4 << 10;
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Answers to requests that came together are sent together, up to about so many bytes.
const ANSWER_BYTES: usize = 16 << 10;

/// What the lines of a thread share.
pub(super) struct Shared {
    pub(super) redirector: Arc<Redirector>,
    /// The program was asked to end: what is being answered is answered, and no more.
    pub(super) is_ending: AtomicBool,
    /// Requests that are being answered now.
    pub(super) under_way: AtomicUsize,
    /// Lines that may be taken still, of all threads.
    pub(super) room: Arc<Semaphore>,
    /// With less room than this it is crowded.
    pub(super) crowded_below: usize,
}

impl Shared {
    /// How long a line stays open on which nobody asks.
    fn idle(&self) -> Duration {
        if self.room.available_permits() < self.crowded_below { IDLE_IN_A_CROWD } else { IDLE }
    }
}

/// Answers what is asked on one line until it closes.
pub(super) async fn answer(shared: Arc<Shared>, mut line: TcpStream, peer: SocketAddr) {
    let mut held = vec![0; HEAD_BYTES];
    let mut filled = 0;
    let mut answers = Answers::default();
    let mut asked_at = Instant::now();
    let mut idle = pin!(sleep_until(asked_at + IDLE_IN_A_CROWD));
    loop {
        let read = tokio::select! {
            biased;
            read = line.read(&mut held[filled..]) => read,
            () = idle.as_mut() => {
                if asked_at.elapsed() >= shared.idle() {
                    return;
                }
                // Set anew once in a while, not with each request.
                idle.as_mut().reset(Instant::now() + IDLE_IN_A_CROWD);
                continue;
            }
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        let underway = UnderWay::begin(&shared);
        let (mut from, mut stays_open) = (0, true);
        while stays_open && from < filled {
            match received(&held[from..filled]) {
                Received::Whole(head) => {
                    from += head.length;
                    stays_open = head.stays_open && !shared.is_ending.load(Ordering::Relaxed);
                    put_answer(&shared, head, peer, stays_open, &mut answers).await;
                }
                Received::Part if from == 0 && filled == HEAD_BYTES_MAX => {
                    answers.put_refusal(answers::TOO_LONG);
                    stays_open = false;
                }
                Received::Part => break,
                Received::Malformed => {
                    answers.put_refusal(answers::MALFORMED);
                    stays_open = false;
                }
            }
            if answers.bytes.len() >= ANSWER_BYTES && !send(&mut line, &mut answers, TAKEN_WITHIN).await {
                return;
            }
        }
        if !answers.bytes.is_empty() {
            asked_at = Instant::now();
            if !send(&mut line, &mut answers, TAKEN_WITHIN).await {
                return;
            }
        }
        drop(underway);
        if !stays_open {
            // What is left unread would make the system cut the answer off.
            return end(line, &mut held).await;
        }
        held.copy_within(from..filled, 0);
        filled -= from;
        if filled == held.len() {
            held.resize(HEAD_BYTES_MAX, 0);
        }
    }
}

async fn put_answer(shared: &Shared, head: Head<'_>, peer: SocketAddr, stays_open: bool, answers: &mut Answers) {
    let is_head = head.method == "HEAD";
    let is_read = is_head || head.method == "GET";
    if let Some(slug) = head.path.strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/')) {
        if is_of_shops(slug) {
            shared.redirector.note_misled(head.path);
            return answers.put_misled(is_head, stays_open);
        }
        if !is_read {
            return answers.put_not_that_way(stays_open);
        }
        let answered = shared.redirector.hit(slug, &head.asked.with_peer(peer)).await;
        return answers.put(&answered, is_head, stays_open);
    }
    // How it goes here is nobody's business outside.
    if head.path == "/health" && is_read && !head.by_proxy {
        let is_from_here = peer.ip().to_canonical().is_loopback();
        return answers.put_health(shared.redirector.health().await, is_from_here, is_head, stays_open);
    }
    answers.put_nothing(is_head, stays_open);
}

/// Whether what stands behind `/t/` is no link but what shops and sites ask the program of pages for. No link has such a name.
fn is_of_shops(slug: &str) -> bool {
    let first = slug.split('/').next().unwrap_or("");
    matches!(first, "in" | "conversion" | "page.js")
}

/// Sends what was put together; whether the line took it in time.
async fn send(line: &mut TcpStream, answers: &mut Answers, within: Duration) -> bool {
    let sent = match line.try_write(&answers.bytes) {
        Ok(sent) => sent,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
        Err(_) => return false,
    };
    let took = sent == answers.bytes.len()
        || matches!(tokio::time::timeout(within, line.write_all(&answers.bytes[sent..])).await, Ok(Ok(())));
    answers.bytes.clear();
    took
}

/// Closes a line in order: says that nothing more comes, and takes what is still sent, for a moment.
async fn end(mut line: TcpStream, held: &mut [u8]) {
    if line.shutdown().await.is_err() {
        return;
    }
    let rest = async { while matches!(line.read(held).await, Ok(read) if read > 0) {} };
    drop(tokio::time::timeout(Duration::from_secs(1), rest).await);
}

/// A request being answered, counted for as long as it lives.
struct UnderWay<'a>(&'a Shared);

impl UnderWay<'_> {
    fn begin(shared: &Shared) -> UnderWay<'_> {
        shared.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_that_takes_no_answer_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("is somewhere");
        let (_silent, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut line, _) = accepted.expect("is taken");
        let mut answers = Answers::default();
        let began = Instant::now();
        // More than the system holds for somebody who reads nothing.
        let took = loop {
            answers.bytes.resize(4 << 20, b'x');
            if !send(&mut line, &mut answers, Duration::from_millis(200)).await
                || began.elapsed() > Duration::from_secs(20)
            {
                break false;
            }
        };
        assert!(!took && began.elapsed() < Duration::from_secs(10), "after {:?}", began.elapsed());
    }

    #[test]
    fn what_shops_ask_for_is_no_link() {
        for (slug, is) in [
            ("in/my-shop", true),
            ("in", true),
            ("conversion", true),
            ("page.js", true),
            ("inn", false),
            ("ana/in", false),
            ("ana", false),
        ] {
            assert_eq!(is_of_shops(slug), is, "{slug}");
        }
    }
}
