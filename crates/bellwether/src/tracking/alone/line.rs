//! One line to a visitor or a proxy: requests are read as they come, answered in order, and the line is closed where nobody asks
//! any more.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use clicks::Click;
use model::Timestamp;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::answers::{self, Answers};
use super::request::{Head, Received, received};
use crate::tracking::redirecting::{NotAtOnce, Redirector};
use crate::tracking::{PATH, turns};

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

/// The end of a line on which answers leave. Both of its users run on one thread: who reads the line, and who sends what waited.
struct Out {
    line: OwnedWriteHalf,
    shared: Arc<Shared>,
    /// Joined turns that are not sent yet.
    unsent: AtomicUsize,
    /// Who reads waits for them.
    is_awaited: AtomicBool,
    sent: Notify,
    /// It took no answer in time, or was closed by the other side.
    is_broken: AtomicBool,
}

impl Out {
    /// Waits until all turns that were joined are sent; whether the line took them.
    async fn all_sent(&self) -> bool {
        while self.unsent.load(Ordering::Relaxed) > 0 {
            self.is_awaited.store(true, Ordering::Relaxed);
            self.sent.notified().await;
        }
        !self.is_broken.load(Ordering::Relaxed)
    }

    fn note_sent(&self, took: bool) {
        if !took {
            self.is_broken.store(true, Ordering::Relaxed);
        }
        self.shared.under_way.fetch_sub(1, Ordering::Relaxed);
        self.unsent.fetch_sub(1, Ordering::Relaxed);
        if self.is_awaited.swap(false, Ordering::Relaxed) {
            self.sent.notify_one();
        }
    }
}

/// Sends answers, and waits until the line took them; whether it did, in time.
async fn send(line: &OwnedWriteHalf, answers: &[u8], within: Duration) -> bool {
    let took = async {
        let mut sent = 0;
        while sent < answers.len() {
            match line.try_write(&answers[sent..]) {
                Ok(more) => sent += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if line.writable().await.is_err() {
                        return false;
                    }
                }
                Err(_) => return false,
            }
        }
        true
    };
    tokio::time::timeout(within, took).await.unwrap_or(false)
}

impl turns::Line for Out {
    fn send(self: Arc<Self>, answers: &[u8]) {
        let sent = match self.line.try_write(answers) {
            Ok(sent) => sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return self.note_sent(false),
        };
        if sent == answers.len() {
            return self.note_sent(true);
        }
        let rest = answers[sent..].to_vec();
        drop(tokio::spawn(async move {
            let took = send(&self.line, &rest, TAKEN_WITHIN).await;
            self.note_sent(took);
        }));
    }
}

/// Answers what is asked on one line until it closes.
pub(super) async fn answer(shared: Arc<Shared>, line: TcpStream, peer: SocketAddr) {
    let (mut line, out) = line.into_split();
    let out = Arc::new(Out {
        line: out,
        shared: shared.clone(),
        unsent: AtomicUsize::new(0),
        is_awaited: AtomicBool::new(false),
        sent: Notify::new(),
        is_broken: AtomicBool::new(false),
    });
    let mut held = vec![0; HEAD_BYTES];
    let mut filled = 0;
    let mut answers = Answers::default();
    let mut clicks = Vec::new();
    // Whether anything was asked since the last look, and how long before it nothing was.
    let (mut was_asked, mut quiet) = (false, Duration::ZERO);
    let mut look = pin!(sleep_until(Instant::now() + IDLE_IN_A_CROWD));
    loop {
        let read = tokio::select! {
            biased;
            read = line.read(&mut held[filled..]) => read,
            () = look.as_mut() => {
                quiet = if was_asked { Duration::ZERO } else { quiet + IDLE_IN_A_CROWD };
                was_asked = false;
                if quiet >= shared.idle() {
                    return;
                }
                look.as_mut().reset(Instant::now() + IDLE_IN_A_CROWD);
                continue;
            }
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        // Who asks before the answer has come is answered in order.
        if out.unsent.load(Ordering::Relaxed) > 0 && !out.all_sent().await {
            return;
        }
        let (mut from, mut stays_open) = (0, true);
        while stays_open && from < filled {
            match received(&held[from..filled]) {
                Received::Whole(head) => {
                    from += head.length;
                    stays_open = head.stays_open && !shared.is_ending.load(Ordering::Relaxed);
                    was_asked = true;
                    put_answer(&shared, head, peer, stays_open, &mut answers, &mut clicks).await;
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
            if answers.bytes.len() >= ANSWER_BYTES
                && !(leave(&out, &mut answers, &mut clicks).await && out.all_sent().await)
            {
                return;
            }
        }
        if !answers.bytes.is_empty() && !leave(&out, &mut answers, &mut clicks).await {
            return;
        }
        if !stays_open {
            // What is left unread would make the system cut the answer off.
            if out.all_sent().await {
                end(line, out, &mut held).await;
            }
            return;
        }
        held.copy_within(from..filled, 0);
        filled -= from;
        if filled == held.len() {
            held.resize(HEAD_BYTES_MAX, 0);
        }
    }
}

/// Lets answers leave: at once where they are about no click, else once their clicks are stored.
async fn leave(out: &Arc<Out>, answers: &mut Answers, clicks: &mut Vec<Click>) -> bool {
    let took = if clicks.is_empty() {
        send(&out.line, &answers.bytes, TAKEN_WITHIN).await
    } else {
        out.shared.under_way.fetch_add(1, Ordering::Relaxed);
        out.unsent.fetch_add(1, Ordering::Relaxed);
        turns::join(clicks, &answers.bytes, out.clone());
        true
    };
    answers.bytes.clear();
    clicks.clear();
    took
}

/// Puts the answer to a request behind those before it, and the click that has to be stored before it leaves behind the others.
async fn put_answer(
    shared: &Shared,
    head: Head<'_>,
    peer: SocketAddr,
    stays_open: bool,
    answers: &mut Answers,
    clicks: &mut Vec<Click>,
) {
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
        let asked = head.asked.with_peer(peer);
        let led = answers.put_on(stays_open, |target| {
            let click = shared.redirector.hit_at_once(slug, &asked, target)?;
            clicks.push(click);
            Ok(Timestamp(click.time_us))
        });
        match led {
            Ok(()) => {}
            Err(NotAtOnce::Nowhere) => answers.put_nothing(is_head, stays_open),
            Err(NotAtOnce::NotYet) => {
                let _underway = UnderWay::begin(shared);
                let answered = shared.redirector.hit(slug, &asked).await;
                answers.put(&answered, is_head, stays_open);
            }
        }
        return;
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

/// Closes a line in order: says that nothing more comes, and takes what is still sent, for a moment.
async fn end(mut line: OwnedReadHalf, out: Arc<Out>, held: &mut [u8]) {
    // The end on which answers leave says so when it goes, which it does here: all is sent.
    drop(out);
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
        let (line, _) = accepted.expect("is taken");
        let (_reader, line) = line.into_split();
        let began = Instant::now();
        // More than the system holds for somebody who reads nothing.
        let answers = vec![b'x'; 4 << 20];
        let took = loop {
            if !send(&line, &answers, Duration::from_millis(200)).await {
                break false;
            }
            if began.elapsed() > Duration::from_secs(20) {
                break true;
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
