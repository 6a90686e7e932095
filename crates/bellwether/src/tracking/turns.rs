//! Clicks that come to one thread in one turn are stored together: one write for all of them, and one word back.
//!
//! A thread that answers visitors reads what has come on all of its lines, then is done until more comes. Whoever has a click to
//! store in between joins the turn and waits; the thread's own task, which runs once nobody else has anything to do, stores the
//! turn. So a turn is never held up by a timer: under little load it is one click, and it grows with the load.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use clicks::{Click, ClickLog, Outcome};
use tokio::sync::oneshot;

use super::redirecting::{Answer, Redirector};

thread_local! {
    static TURN: RefCell<Turn> = RefCell::default();
}

#[derive(Default)]
struct Turn {
    clicks: Vec<Click>,
    /// Told whether their click is on disk.
    waiting: Vec<oneshot::Sender<bool>>,
    /// Of the thread's task that stores turns; without one there are no turns.
    storing: Option<Waker>,
}

/// Joins the turn of this thread; the answer says whether the click is on disk. `None` where the thread has no turns.
pub(super) fn join(click: &Click) -> Option<oneshot::Receiver<bool>> {
    TURN.with_borrow_mut(|turn| {
        let storing = turn.storing.as_ref()?;
        if turn.clicks.is_empty() {
            // Behind everybody who has something to do already.
            storing.wake_by_ref();
        }
        let (tell, told) = oneshot::channel();
        turn.clicks.push(*click);
        turn.waiting.push(tell);
        Some(told)
    })
}

/// Stores the turns of this thread, for as long as it runs.
pub(super) async fn store(redirector: Arc<Redirector>) {
    // Kept for their memory: one turn gathers in what the one before has left.
    let (mut clicks, mut waiting, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        clicks.clear();
        poll_fn(|context| {
            TURN.with_borrow_mut(|turn| {
                if turn.clicks.is_empty() {
                    if !turn.storing.as_ref().is_some_and(|storing| storing.will_wake(context.waker())) {
                        turn.storing = Some(context.waker().clone());
                    }
                    return Poll::Pending;
                }
                std::mem::swap(&mut turn.clicks, &mut clicks);
                std::mem::swap(&mut turn.waiting, &mut waiting);
                Poll::Ready(())
            })
        })
        .await;
        match &redirector.in_force().log {
            None => tell(waiting.drain(..), |_| false),
            Some(log) if log.append_all_now(&clicks, &mut outcomes) => {
                tell(waiting.drain(..), |place| matches!(outcomes[place], Outcome::Stored(_)));
            }
            // The disk is waited for, or another thread writes; the next turn gathers meanwhile.
            Some(log) => drop(tokio::spawn(told_later(submit(log, &clicks), std::mem::take(&mut waiting)))),
        }
    }
}

fn tell(waiting: impl Iterator<Item = oneshot::Sender<bool>>, is_stored: impl Fn(usize) -> bool) {
    for (place, waits) in waiting.enumerate() {
        // Whoever asked may have gone meanwhile; the click is stored all the same.
        let _unheard = waits.send(is_stored(place));
    }
}

fn submit(log: &ClickLog<Answer>, clicks: &[Click]) -> (oneshot::Receiver<()>, Arc<Submitted>) {
    let (all, told) = oneshot::channel();
    let submitted = Arc::new(Submitted {
        stored: clicks.iter().map(|_| AtomicBool::new(false)).collect(),
        left: AtomicUsize::new(clicks.len()),
        all: Mutex::new(Some(all)),
    });
    let waiter = |place| Answer::OfTurn(OfTurn { turn: submitted.clone(), place });
    log.submit_all(clicks, (0..clicks.len()).map(waiter));
    (told, submitted)
}

async fn told_later((told, submitted): (oneshot::Receiver<()>, Arc<Submitted>), waiting: Vec<oneshot::Sender<bool>>) {
    // Where nobody answered nothing is stored, which the marks say too.
    let _answered = told.await;
    tell(waiting.into_iter(), |place| submitted.stored[place].load(Ordering::Relaxed));
}

/// A turn that another thread stores.
pub(super) struct Submitted {
    stored: Vec<AtomicBool>,
    left: AtomicUsize,
    all: Mutex<Option<oneshot::Sender<()>>>,
}

/// One click of a turn, as its outcome is told.
pub(super) struct OfTurn {
    turn: Arc<Submitted>,
    place: usize,
}

impl OfTurn {
    pub(super) fn answer(self, outcome: Outcome) {
        self.turn.stored[self.place].store(matches!(outcome, Outcome::Stored(_)), Ordering::Relaxed);
        // The last one wakes the thread, once.
        if self.turn.left.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(all) = self.turn.all.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let _unheard = all.send(());
        }
    }
}
