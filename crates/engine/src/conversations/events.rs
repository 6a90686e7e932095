//! Who turned to whom and when: all interactions of a market, as plain columns in the order of time.

use std::ops::Range;
use std::sync::Arc;

/// Interactions as columns of one length, sorted by time; accounts are dense numbers `0..accounts`.
///
/// Rows of equal time are put in the order of their other columns, so the row order of the source never matters.
/// Turning to oneself is not conversation and is dropped. A part of the time, and a clone, share the columns.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    accounts: usize,
    columns: Arc<Columns>,
    range: Range<usize>,
}

#[derive(Debug, Default)]
struct Columns {
    actor: Vec<u32>,
    target: Vec<u32>,
    at: Moments,
    kind: Vec<u8>,
    buying_level: Vec<u8>,
}

/// Moments, ascending: seconds after the first take half the room, and 136 years of them fit.
#[derive(Debug)]
enum Moments {
    After { first_unix: i64, seconds: Vec<u32> },
    Unix(Vec<i64>),
}

impl Default for Moments {
    fn default() -> Moments {
        Moments::Unix(vec![])
    }
}

impl Moments {
    /// Of moments that are ascending.
    fn of(unix: Vec<i64>) -> Moments {
        let span = unix.last().zip(unix.first()).and_then(|(last, first)| last.checked_sub(*first));
        match span {
            Some(span) if span <= i64::from(u32::MAX) => {
                let first_unix = unix[0];
                Moments::After { first_unix, seconds: unix.into_iter().map(|at| (at - first_unix) as u32).collect() }
            }
            _ => Moments::Unix(unix),
        }
    }

    #[inline]
    fn get(&self, row: usize) -> i64 {
        match self {
            Moments::After { first_unix, seconds } => first_unix + i64::from(seconds[row]),
            Moments::Unix(unix) => unix[row],
        }
    }
}

impl PartialEq for EventLog {
    fn eq(&self, other: &EventLog) -> bool {
        self.accounts == other.accounts
            && self.actor() == other.actor()
            && self.target() == other.target()
            && self.moments().eq(other.moments())
            && self.kind() == other.kind()
            && self.buying_level() == other.buying_level()
    }
}

/// Columns as a source gives them, in any order.
#[derive(Clone, Debug, Default)]
pub struct EventColumns {
    /// Who turned to somebody.
    pub actor: Vec<u32>,
    /// To whom.
    pub target: Vec<u32>,
    /// Seconds since 1970.
    pub at_unix: Vec<i64>,
    /// `InteractionKind as u8`.
    pub kind: Vec<u8>,
    /// 0 none or not known, up to 4 bought. Empty means all 0.
    pub buying_level: Vec<u8>,
}

/// Why interactions were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EventLogError {
    #[error("column {column} has {got} rows where actor has {expect}; all columns need one length")]
    UnequalColumns { column: &'static str, got: usize, expect: usize },
    #[error("row {row} names account {account}, but there are only {accounts} accounts (0 is the first)")]
    UnknownAccount { row: usize, account: u32, accounts: usize },
    #[error("row {row} has kind {kind}, which is not an interaction kind")]
    UnknownKind { row: usize, kind: u8 },
    #[error("row {row} has buying level {level}; levels go from 0 (none) to 4 (bought)")]
    BuyingLevelOutOfRange { row: usize, level: u8 },
    #[error("{rows} rows are more than one log holds ({max}); split them by time")]
    TooMany { rows: usize, max: usize },
}

impl EventLog {
    /// Checks the columns, drops talk with oneself and sorts by time. Cost `O(rows log rows)`.
    ///
    /// ```
    /// use engine::conversations::events::{EventColumns, EventLog};
    /// let columns = EventColumns { actor: vec![0, 1], target: vec![1, 1], at_unix: vec![9, 3], kind: vec![0, 0], ..Default::default() };
    /// let log = EventLog::new(2, columns)?;
    /// assert_eq!(log.len(), 1);
    /// # Ok::<(), engine::conversations::events::EventLogError>(())
    /// ```
    pub fn new(accounts: usize, columns: EventColumns) -> Result<EventLog, EventLogError> {
        EventLog::with_beside(accounts, columns, vec![]).map(|(log, _)| log)
    }

    /// As [`EventLog::new`] with one more column that the caller knows beside (a thread, a text): it follows the order
    /// of the log, and decides between rows that are equal in everything else. Empty, or as long as the columns.
    ///
    /// Rows that come in the order of the log stay where they are. Otherwise 8 bytes a row are held beside the columns.
    pub fn with_beside(
        accounts: usize,
        columns: EventColumns,
        beside: Vec<u32>,
    ) -> Result<(EventLog, Vec<u32>), EventLogError> {
        let mut columns = columns;
        let rows = columns.actor.len();
        if columns.buying_level.is_empty() {
            columns.buying_level = vec![0; rows];
        }
        check(accounts, &columns)?;
        if !beside.is_empty() && beside.len() != rows {
            return Err(EventLogError::UnequalColumns { column: "beside", got: beside.len(), expect: rows });
        }
        let order = order_of(&columns, &beside);
        let EventColumns { actor, target, at_unix, kind, buying_level } = columns;
        let Some(order) = order else {
            let columns = Columns { actor, target, at: Moments::of(at_unix), kind, buying_level };
            return Ok((EventLog { accounts, columns: Arc::new(columns), range: 0..rows }, beside));
        };
        // One column after the other, so that only one is held twice.
        let columns = Columns {
            actor: in_order(actor, &order),
            target: in_order(target, &order),
            at: Moments::of(in_order(at_unix, &order)),
            kind: in_order(kind, &order),
            buying_level: in_order(buying_level, &order),
        };
        let beside = if beside.is_empty() { beside } else { in_order(beside, &order) };
        Ok((EventLog { accounts, columns: Arc::new(columns), range: 0..order.len() }, beside))
    }

    pub fn accounts(&self) -> usize {
        self.accounts
    }
    pub fn len(&self) -> usize {
        self.range.len()
    }
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }
    pub fn actor(&self) -> &[u32] {
        &self.columns.actor[self.range.clone()]
    }
    pub fn target(&self) -> &[u32] {
        &self.columns.target[self.range.clone()]
    }
    /// When a row happened, in seconds since 1970; rows are in this order.
    #[inline]
    pub fn at_unix(&self, row: usize) -> i64 {
        self.columns.at.get(self.range.start + row)
    }
    /// All moments, ascending.
    pub fn moments(&self) -> impl Iterator<Item = i64> {
        self.range.clone().map(|row| self.columns.at.get(row))
    }
    /// The first and the last moment; `None` when empty.
    pub fn span_unix(&self) -> Option<(i64, i64)> {
        let last = self.len().checked_sub(1)?;
        Some((self.at_unix(0), self.at_unix(last)))
    }
    /// How many rows are before a moment. Cost `O(log rows)`.
    pub fn rows_before(&self, moment_unix: i64) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            if self.at_unix(middle) < moment_unix { from = middle + 1 } else { to = middle }
        }
        from
    }
    pub fn kind(&self) -> &[u8] {
        &self.columns.kind[self.range.clone()]
    }
    pub fn buying_level(&self) -> &[u8] {
        &self.columns.buying_level[self.range.clone()]
    }

    /// Interactions at `from_unix` or later and before `to_unix`; `None` leaves that side open. Cost `O(log rows)`: the
    /// columns are shared.
    pub fn between(&self, from_unix: Option<i64>, to_unix: Option<i64>) -> EventLog {
        let from = from_unix.map_or(0, |from| self.rows_before(from));
        let to = to_unix.map_or(self.len(), |to| self.rows_before(to)).max(from);
        let range = self.range.start + from..self.range.start + to;
        EventLog { accounts: self.accounts, columns: self.columns.clone(), range }
    }

    /// Only interactions whose kind passes. Cost `O(rows)`.
    pub fn of_kinds(&self, kinds: &[model::InteractionKind]) -> EventLog {
        self.filtered(|row| kinds.iter().any(|&kind| kind as u8 == self.kind()[row]))
    }

    /// Only rows for which `keep` holds, given the row's number. Cost `O(rows)`.
    pub fn filtered(&self, keep: impl Fn(usize) -> bool) -> EventLog {
        let kept: Vec<u32> = (0..self.len() as u32).filter(|&row| keep(row as usize)).collect();
        let columns = Columns {
            actor: picked(self.actor(), &kept),
            target: picked(self.target(), &kept),
            at: Moments::of(kept.iter().map(|&row| self.at_unix(row as usize)).collect()),
            kind: picked(self.kind(), &kept),
            buying_level: picked(self.buying_level(), &kept),
        };
        EventLog { accounts: self.accounts, columns: Arc::new(columns), range: 0..kept.len() }
    }

    /// The moment before which a `share` (0..=1) of the interactions lie, by linear interpolation; `None` when empty.
    pub fn time_quantile(&self, share: f64) -> Option<f64> {
        let last = self.len().checked_sub(1)?;
        let place = share.clamp(0.0, 1.0) * last as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(last);
        let (low, high) = (self.at_unix(below) as f64, self.at_unix(above) as f64);
        Some(low + (high - low) * (place - below as f64))
    }

    /// Seconds between the first and the last interaction; 0 when there are fewer than two.
    pub fn span_seconds(&self) -> i64 {
        self.span_unix().map_or(0, |(first, last)| last - first)
    }
}

fn in_order<T: Copy>(column: Vec<T>, order: &[u32]) -> Vec<T> {
    picked(&column, order)
}

fn picked<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|&row| column[row as usize]).collect()
}

/// The rows in the order of the log, without talk with oneself; `None` where they already are.
fn order_of(columns: &EventColumns, beside: &[u32]) -> Option<Vec<u32>> {
    let rows = columns.actor.len() as u32;
    let EventColumns { actor, target, at_unix, kind, buying_level } = columns;
    let within_a_moment = |row: u32| {
        let row = row as usize;
        (actor[row], target[row], kind[row], buying_level[row], beside.get(row))
    };
    let key = |row: u32| (at_unix[row as usize], within_a_moment(row));
    let is_talk = |row: u32| actor[row as usize] != target[row as usize];
    if (0..rows).all(is_talk) && (1..rows).all(|row| key(row - 1) <= key(row)) {
        return None;
    }
    let first = at_unix.iter().min().copied().unwrap_or(0);
    let last = at_unix.iter().max().copied().unwrap_or(0);
    if last.checked_sub(first).is_none_or(|span| span > i64::from(u32::MAX)) {
        let mut order: Vec<u32> = (0..rows).filter(|&row| is_talk(row)).collect();
        order.sort_unstable_by_key(|&row| key(row));
        return Some(order);
    }
    // Moment and row in one number: sorting reads one place in memory, not six.
    let mut moments: Vec<u64> = Vec::with_capacity(rows as usize);
    let moment = |row: u32| ((at_unix[row as usize] - first) as u64) << 32 | u64::from(row);
    moments.extend((0..rows).filter(|&row| is_talk(row)).map(moment));
    moments.sort_unstable();
    let mut order: Vec<u32> = moments.into_iter().map(|moment| moment as u32).collect();
    for same in order.chunk_by_mut(|&a, &b| at_unix[a as usize] == at_unix[b as usize]) {
        same.sort_unstable_by_key(|&row| within_a_moment(row));
    }
    Some(order)
}

fn check(accounts: usize, columns: &EventColumns) -> Result<(), EventLogError> {
    let expect = columns.actor.len();
    let lengths = [
        ("target", columns.target.len()),
        ("at_unix", columns.at_unix.len()),
        ("kind", columns.kind.len()),
        ("buying_level", columns.buying_level.len()),
    ];
    for (column, got) in lengths {
        if got != expect {
            return Err(EventLogError::UnequalColumns { column, got, expect });
        }
    }
    if expect >= u32::MAX as usize {
        return Err(EventLogError::TooMany { rows: expect, max: u32::MAX as usize - 1 });
    }
    for row in 0..expect {
        for account in [columns.actor[row], columns.target[row]] {
            if account as usize >= accounts {
                return Err(EventLogError::UnknownAccount { row, account, accounts });
            }
        }
        if model::InteractionKind::from_number(columns.kind[row]).is_none() {
            return Err(EventLogError::UnknownKind { row, kind: columns.kind[row] });
        }
        if columns.buying_level[row] > 4 {
            return Err(EventLogError::BuyingLevelOutOfRange { row, level: columns.buying_level[row] });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[(u32, u32, i64)]) -> EventColumns {
        EventColumns {
            actor: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            at_unix: rows.iter().map(|row| row.2).collect(),
            kind: vec![0; rows.len()],
            buying_level: vec![],
        }
    }

    #[test]
    fn a_reply_to_oneself_is_not_conversation() {
        let log = EventLog::new(2, columns(&[(0, 0, 5), (0, 1, 6)])).expect("valid");
        assert_eq!(log.len(), 1);
    }

    #[test]
    fn the_row_order_of_the_source_changes_nothing() {
        let rows = [(0, 1, 5), (2, 1, 5), (1, 0, 3), (0, 2, 5)];
        let mut turned = rows;
        turned.reverse();
        assert_eq!(EventLog::new(3, columns(&rows)), EventLog::new(3, columns(&turned)));
    }

    #[test]
    fn what_is_known_beside_follows_rows_of_one_moment_to_their_new_order() {
        let rows = [(0, 1, 5), (2, 1, 5), (3, 3, 5), (1, 0, 5), (1, 0, 3)];
        let (log, source) = EventLog::with_beside(4, columns(&rows), vec![0, 1, 2, 3, 4]).expect("valid");
        assert_eq!(source, vec![4, 0, 3, 1]);
        for (row, &from) in source.iter().enumerate() {
            assert_eq!((log.actor()[row], log.target()[row], log.at_unix(row)), rows[from as usize]);
        }
        let again = EventLog::with_beside(4, in_columns(&log), source.clone()).expect("valid");
        assert_eq!(again, (log, source), "what is in order stays as it is");
    }

    fn in_columns(log: &EventLog) -> EventColumns {
        EventColumns {
            actor: log.actor().to_vec(),
            target: log.target().to_vec(),
            at_unix: log.moments().collect(),
            kind: log.kind().to_vec(),
            buying_level: log.buying_level().to_vec(),
        }
    }

    #[test]
    fn moments_of_any_age_are_put_in_order_and_equal_rows_by_what_is_beside() {
        for far in [0, i64::MIN / 2] {
            let rows = [(0, 1, 9), (1, 0, i64::MAX / 2), (0, 1, 9), (2, 0, far), (0, 1, 8)];
            let (log, beside) = EventLog::with_beside(3, columns(&rows), vec![7, 1, 3, 4, 5]).expect("valid");
            assert_eq!(log.moments().collect::<Vec<_>>(), [far, 8, 9, 9, i64::MAX / 2]);
            assert_eq!(beside, [4, 5, 3, 7, 1]);
        }
    }

    #[test]
    fn a_part_of_a_part_is_the_same_as_the_part_at_once() {
        let log = EventLog::new(3, columns(&[(0, 1, 1), (0, 2, 2), (1, 2, 3), (2, 0, 4)])).expect("valid");
        let part = log.between(Some(2), None);
        assert_eq!(part.between(None, Some(4)), log.between(Some(2), Some(4)));
        assert_eq!(part.filtered(|row| part.actor()[row] == 2).moments().collect::<Vec<_>>(), [4]);
        assert_eq!(part.span_seconds(), 2);
    }

    #[test]
    fn columns_that_do_not_fit_are_refused_with_the_place() {
        let mut short = columns(&[(0, 1, 5), (1, 0, 6)]);
        short.kind.pop();
        assert_eq!(EventLog::new(2, short), Err(EventLogError::UnequalColumns { column: "kind", got: 1, expect: 2 }));
        let unknown = EventLog::new(2, columns(&[(0, 2, 5)]));
        assert_eq!(unknown, Err(EventLogError::UnknownAccount { row: 0, account: 2, accounts: 2 }));
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let log = EventLog::new(3, columns(&[(0, 1, 1), (0, 2, 2), (1, 2, 3)])).expect("valid");
        assert_eq!(log.between(Some(1), Some(3)).len(), 2);
        assert_eq!(log.between(Some(9), Some(3)).len(), 0);
        assert_eq!(log.time_quantile(0.25), Some(1.5));
        assert_eq!(log.of_kinds(&[model::InteractionKind::Reply]).len(), 0);
    }
}
