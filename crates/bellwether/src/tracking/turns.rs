//! Clicks that come to one thread in one turn are stored together, by one write, and then their visitors are sent on.
//!
//! A thread that answers visitors reads what has come on all of its lines, then is done until more comes. A line that was asked for
//! links joins the turn with its clicks and its answers; the thread's own task, which runs once nobody else has anything to do, stores
//! the clicks of the turn and sends the answers. So a turn is never held up by a timer: under little load it is one click, and it grows
//! with the load.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use clicks::{Click, ClickLog, Outcome};
use tokio::sync::oneshot;

use super::redirecting::{Answer, Redirector};

/// A line whose answers wait until the clicks that they answer are stored.
pub(super) trait Line: Send + Sync {
    /// Sends the answers that waited; never waits itself.
    fn send(self: Arc<Self>, answers: &[u8]);
}

thread_local! {
    static NEXT: RefCell<Next> = RefCell::default();
}

/// The turn that is being gathered.
#[derive(Default)]
struct Next {
    turn: Turn,
    /// Of the thread's task that stores turns.
    storing: Option<Waker>,
}

#[derive(Default)]
struct Turn {
    clicks: Vec<Click>,
    answers: Vec<u8>,
    /// Each with where its answers end.
    lines: Vec<(Arc<dyn Line>, usize)>,
}

impl Turn {
    /// Sends what waited, and is empty then.
    fn send(&mut self) {
        let mut from = 0;
        for (line, end) in self.lines.drain(..) {
            line.send(&self.answers[from..end]);
            from = end;
        }
        self.clicks.clear();
        self.answers.clear();
    }
}

/// Joins the turn of this thread, which has [`store`] running: the answers are sent once the clicks are on disk, or cannot be.
pub(super) fn join(clicks: &[Click], answers: &[u8], line: Arc<dyn Line>) {
    NEXT.with_borrow_mut(|next| {
        if next.turn.clicks.is_empty()
            && let Some(storing) = &next.storing
        {
            // Behind everybody who has something to do already.
            storing.wake_by_ref();
        }
        next.turn.clicks.extend_from_slice(clicks);
        next.turn.answers.extend_from_slice(answers);
        next.turn.lines.push((line, next.turn.answers.len()));
    });
}

/// Stores the turns of this thread, for as long as it runs.
pub(super) async fn store(redirector: Arc<Redirector>) {
    // Kept for their memory: one turn gathers in what the one before has left.
    let (mut turn, mut outcomes) = (Turn::default(), Vec::new());
    loop {
        poll_fn(|context| {
            NEXT.with_borrow_mut(|next| {
                if next.turn.clicks.is_empty() {
                    if !next.storing.as_ref().is_some_and(|storing| storing.will_wake(context.waker())) {
                        next.storing = Some(context.waker().clone());
                    }
                    return Poll::Pending;
                }
                std::mem::swap(&mut next.turn, &mut turn);
                Poll::Ready(())
            })
        })
        .await;
        match &redirector.in_force().log {
            None => say_lost(turn.clicks.len()),
            Some(log) if log.append_all_now(&turn.clicks, &mut outcomes) => {
                say_lost(outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Stored(_))).count());
            }
            // The disk is waited for, or another thread writes; the next turn gathers meanwhile.
            Some(log) => {
                drop(tokio::spawn(sent_later(submit(log, &turn.clicks), std::mem::take(&mut turn))));
                continue;
            }
        }
        turn.send();
    }
}

fn say_lost(clicks: usize) {
    if clicks > 0 {
        tracing::error!(clicks, "clicks could not be stored; their visitors were sent on");
    }
}

fn submit(log: &ClickLog<Answer>, clicks: &[Click]) -> (oneshot::Receiver<()>, Arc<Submitted>) {
    let (all, told) = oneshot::channel();
    let (left, stored) = (AtomicUsize::new(clicks.len()), AtomicUsize::new(0));
    let submitted = Arc::new(Submitted { left, stored, all: Mutex::new(Some(all)) });
    log.submit_all(clicks, clicks.iter().map(|_| Answer::OfTurn(OfTurn(submitted.clone()))));
    (told, submitted)
}

async fn sent_later((told, submitted): (oneshot::Receiver<()>, Arc<Submitted>), mut turn: Turn) {
    let _told = told.await;
    say_lost(turn.clicks.len() - submitted.stored.load(Ordering::Relaxed));
    turn.send();
}

/// A turn that another thread stores.
pub(super) struct Submitted {
    left: AtomicUsize,
    stored: AtomicUsize,
    all: Mutex<Option<oneshot::Sender<()>>>,
}

/// One click of a turn, as its outcome is told. One that goes without was not stored.
pub(super) struct OfTurn(Arc<Submitted>);

impl OfTurn {
    pub(super) fn answer(self, outcome: Outcome) {
        if matches!(outcome, Outcome::Stored(_)) {
            self.0.stored.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for OfTurn {
    fn drop(&mut self) {
        // The last one wakes the thread, once.
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(all) = self.0.all.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let _unheard = all.send(());
        }
    }
}
