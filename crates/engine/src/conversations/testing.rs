//! A made-up market for tests: some accounts draw more talk, some talk more, and most come back.

use crate::conversations::events::{EventColumns, EventLog};
use crate::random::Draws;

/// `events` interactions among `accounts`, repeatable by seed; low ids draw more talk.
pub(crate) fn made_up_talk(accounts: u32, events: u64, seed: u64) -> EventLog {
    EventLog::new(accounts as usize, made_up_columns(accounts, events, seed)).expect("made-up talk is valid")
}

pub(crate) fn made_up_columns(accounts: u32, events: u64, seed: u64) -> EventColumns {
    let draws = Draws::new(seed, 99);
    let mut columns = EventColumns::default();
    for event in 0..events {
        let actor = draws.below(4 * event, accounts as usize) as u32;
        let skewed = draws.uniform(4 * event + 1).powi(3);
        // A third of the talk stays near the actor, so that buyers differ.
        let is_near = draws.uniform(4 * event + 3) < 0.33;
        let target = if is_near {
            (actor + 1 + (skewed * 5.0) as u32) % accounts
        } else {
            (skewed * f64::from(accounts)) as u32
        };
        columns.actor.push(actor);
        columns.target.push(target);
        columns.at_unix.push(1_600_000_000 + draws.below(4 * event + 2, 10_000_000) as i64);
        columns.kind.push(model::InteractionKind::Comment as u8);
        columns.buying_level.push(u8::from(event.is_multiple_of(11)));
    }
    columns
}
