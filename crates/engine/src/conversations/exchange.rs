//! What passed between a brand's buyers and each creator, counted the way a person would say it: answers given,
//! questions asked back, threads in which somebody was about to buy.

use std::collections::BTreeSet;

use model::InteractionKind;
use serde::{Deserialize, Serialize};

use super::events::EventLog;

/// What passed between the buyers and one creator, both ways. All are counts of the facts held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Answers the creator gave to buyers' questions.
    pub answers: u64,
    /// Times the creator turned to a buyer in any way, answers included.
    pub turns_to_buyers: u64,
    /// Distinct buyers the creator turned to.
    pub buyers_turned_to: u64,
    /// Times a buyer turned to the creator.
    pub turns_by_buyers: u64,
    /// Distinct buyers who turned to the creator.
    pub buyers_turning: u64,
    /// Buyers with talk in both directions.
    pub buyers_both_ways: u64,
    /// Buyers who had talk with the creator on two or more different days.
    pub buyers_came_back: u64,
    /// Distinct threads (single talks where the source names no thread) in which somebody asked, compared or bought.
    pub buying_threads: u64,
    /// Distinct threads in all.
    pub threads: u64,
}

/// Marks a talk of which no thread is known.
pub const NO_THREAD: u32 = u32::MAX;

#[derive(Default)]
struct Seen {
    turned_to: BTreeSet<u32>,
    turning: BTreeSet<u32>,
    days: BTreeSet<(u32, i64)>,
    threads: BTreeSet<i64>,
    buying_threads: BTreeSet<i64>,
}

/// Counts what passed between `buyers` and each of `creators`, in the order of `creators`.
///
/// `threads[i]` names the thread of event `i` of `log` ([`NO_THREAD`]: not known; such a talk is a thread of its own).
/// Somebody who is a buyer and a creator does not count as their own buyer. Cost `O(events)` plus the matching ones.
///
/// ```
/// use engine::conversations::events::{EventColumns, EventLog};
/// use engine::conversations::exchange::exchanges;
/// use model::InteractionKind::{Answer, Comment};
/// // Account 1 answers buyer 0, who comments on it the next day.
/// let columns = EventColumns {
///     actor: vec![1, 0],
///     target: vec![0, 1],
///     at_unix: vec![0, 90_000],
///     kind: vec![Answer as u8, Comment as u8],
///     buying_level: vec![0, 1],
/// };
/// let log = EventLog::new(2, columns).expect("well formed");
/// let counted = exchanges(&log, &[7, 7], &[0], &[1]);
/// assert_eq!((counted[0].answers, counted[0].buyers_came_back, counted[0].buying_threads), (1, 1, 1));
/// ```
pub fn exchanges(log: &EventLog, threads: &[u32], buyers: &[u32], creators: &[u32]) -> Vec<Exchange> {
    assert_eq!(threads.len(), log.len(), "each event has its thread");
    let mut is_buyer = vec![false; log.accounts()];
    for &buyer in buyers {
        is_buyer[buyer as usize] = true;
    }
    let mut place = vec![u32::MAX; log.accounts()];
    for (index, &creator) in creators.iter().enumerate() {
        place[creator as usize] = index as u32;
    }
    let mut counted = vec![Exchange::default(); creators.len()];
    let mut seen: Vec<Seen> = creators.iter().map(|_| Seen::default()).collect();
    for event in 0..log.len() {
        let (actor, target) = (log.actor()[event], log.target()[event]);
        if is_buyer[actor as usize] && place[target as usize] != u32::MAX {
            let creator = place[target as usize] as usize;
            counted[creator].turns_by_buyers += 1;
            seen[creator].turning.insert(actor);
            note(&mut seen[creator], log, threads, event, actor);
        }
        if is_buyer[target as usize] && place[actor as usize] != u32::MAX {
            let creator = place[actor as usize] as usize;
            counted[creator].turns_to_buyers += 1;
            counted[creator].answers += u64::from(log.kind()[event] == InteractionKind::Answer as u8);
            seen[creator].turned_to.insert(target);
            note(&mut seen[creator], log, threads, event, target);
        }
    }
    for (counted, seen) in counted.iter_mut().zip(&seen) {
        counted.buyers_turned_to = seen.turned_to.len() as u64;
        counted.buyers_turning = seen.turning.len() as u64;
        counted.buyers_both_ways = seen.turning.intersection(&seen.turned_to).count() as u64;
        counted.threads = seen.threads.len() as u64;
        counted.buying_threads = seen.buying_threads.len() as u64;
        counted.buyers_came_back = came_back(&seen.days);
    }
    counted
}

fn note(seen: &mut Seen, log: &EventLog, threads: &[u32], event: usize, buyer: u32) {
    seen.days.insert((buyer, log.at_unix(event).div_euclid(86_400)));
    // A talk without a thread is told apart from real ones by a number no id has.
    let thread = if threads[event] == NO_THREAD { -1 - event as i64 } else { i64::from(threads[event]) };
    seen.threads.insert(thread);
    if log.buying_level()[event] > 0 {
        seen.buying_threads.insert(thread);
    }
}

fn came_back(days: &BTreeSet<(u32, i64)>) -> u64 {
    let mut buyers: Vec<u32> = days.iter().map(|(buyer, _)| *buyer).collect();
    buyers.sort_unstable();
    buyers.chunk_by(|a, b| a == b).filter(|days| days.len() >= 2).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::events::EventColumns;

    #[test]
    fn talk_with_people_who_are_no_buyers_is_not_counted() {
        let columns = EventColumns {
            actor: vec![0, 2, 1],
            target: vec![1, 1, 2],
            at_unix: vec![0, 10, 20],
            kind: vec![0, 0, 0],
            buying_level: vec![0, 4, 0],
        };
        let log = EventLog::new(3, columns).expect("well formed");
        let counted = exchanges(&log, &[NO_THREAD; 3], &[0], &[1]);
        assert_eq!(counted[0].turns_by_buyers, 1);
        assert_eq!(counted[0].buying_threads, 0);
        assert_eq!(counted[0].buyers_came_back, 0);
    }
}
