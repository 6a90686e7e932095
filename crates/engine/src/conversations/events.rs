//! Who turned to whom and when: all interactions of a market, as plain columns in the order of time.

use serde::{Deserialize, Serialize};

/// Interactions as columns of one length, sorted by time; accounts are dense numbers `0..accounts`.
///
/// Rows of equal time are put in the order of their other columns, so the row order of the source never matters.
/// Turning to oneself is not conversation and is dropped.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct EventLog {
    accounts: usize,
    actor: Vec<u32>,
    target: Vec<u32>,
    at_unix: Vec<i64>,
    kind: Vec<u8>,
    buying_level: Vec<u8>,
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
        EventLog::with_source_rows(accounts, columns).map(|(log, _)| log)
    }

    /// As [`EventLog::new`], and for each row of the log the row of the columns that it was, so that what a caller
    /// knows beside (a thread, a text) can follow the order of the log.
    pub fn with_source_rows(accounts: usize, columns: EventColumns) -> Result<(EventLog, Vec<u32>), EventLogError> {
        let mut columns = columns;
        let rows = columns.actor.len();
        if columns.buying_level.is_empty() {
            columns.buying_level = vec![0; rows];
        }
        check(accounts, &columns)?;
        let mut order: Vec<u32> =
            (0..rows as u32).filter(|&row| columns.actor[row as usize] != columns.target[row as usize]).collect();
        order.sort_by_key(|&row| {
            let row = row as usize;
            let pair = (columns.actor[row], columns.target[row]);
            (columns.at_unix[row], pair, columns.kind[row], columns.buying_level[row])
        });
        let log = EventLog {
            accounts,
            actor: order.iter().map(|&row| columns.actor[row as usize]).collect(),
            target: order.iter().map(|&row| columns.target[row as usize]).collect(),
            at_unix: order.iter().map(|&row| columns.at_unix[row as usize]).collect(),
            kind: order.iter().map(|&row| columns.kind[row as usize]).collect(),
            buying_level: order.iter().map(|&row| columns.buying_level[row as usize]).collect(),
        };
        Ok((log, order))
    }

    pub fn accounts(&self) -> usize {
        self.accounts
    }
    pub fn len(&self) -> usize {
        self.actor.len()
    }
    pub fn is_empty(&self) -> bool {
        self.actor.is_empty()
    }
    pub fn actor(&self) -> &[u32] {
        &self.actor
    }
    pub fn target(&self) -> &[u32] {
        &self.target
    }
    /// Ascending.
    pub fn at_unix(&self) -> &[i64] {
        &self.at_unix
    }
    pub fn kind(&self) -> &[u8] {
        &self.kind
    }
    pub fn buying_level(&self) -> &[u8] {
        &self.buying_level
    }

    /// The columns in the form the graph is built from.
    pub fn edges(&self) -> crate::graph::TimedEdges<'_> {
        crate::graph::TimedEdges {
            nodes: self.accounts,
            sources: &self.actor,
            targets: &self.target,
            at_unix: &self.at_unix,
            kinds: &self.kind,
        }
    }

    /// Interactions at `from_unix` or later and before `to_unix`; `None` leaves that side open. Cost `O(rows kept)`.
    pub fn between(&self, from_unix: Option<i64>, to_unix: Option<i64>) -> EventLog {
        let from = from_unix.map_or(0, |from| self.at_unix.partition_point(|&at| at < from));
        let to = to_unix.map_or(self.len(), |to| self.at_unix.partition_point(|&at| at < to)).max(from);
        self.rows(from..to)
    }

    /// Only interactions whose kind passes. Cost `O(rows)`.
    pub fn of_kinds(&self, kinds: &[model::InteractionKind]) -> EventLog {
        self.filtered(|row| kinds.iter().any(|&kind| kind as u8 == self.kind[row]))
    }

    /// Only rows for which `keep` holds, given the row's number. Cost `O(rows)`.
    pub fn filtered(&self, keep: impl Fn(usize) -> bool) -> EventLog {
        let kept: Vec<usize> = (0..self.len()).filter(|&row| keep(row)).collect();
        EventLog {
            accounts: self.accounts,
            actor: kept.iter().map(|&row| self.actor[row]).collect(),
            target: kept.iter().map(|&row| self.target[row]).collect(),
            at_unix: kept.iter().map(|&row| self.at_unix[row]).collect(),
            kind: kept.iter().map(|&row| self.kind[row]).collect(),
            buying_level: kept.iter().map(|&row| self.buying_level[row]).collect(),
        }
    }

    fn rows(&self, range: std::ops::Range<usize>) -> EventLog {
        EventLog {
            accounts: self.accounts,
            actor: self.actor[range.clone()].to_vec(),
            target: self.target[range.clone()].to_vec(),
            at_unix: self.at_unix[range.clone()].to_vec(),
            kind: self.kind[range.clone()].to_vec(),
            buying_level: self.buying_level[range].to_vec(),
        }
    }

    /// The moment before which a `share` (0..=1) of the interactions lie, by linear interpolation; `None` when empty.
    pub fn time_quantile(&self, share: f64) -> Option<f64> {
        let last = self.len().checked_sub(1)?;
        let place = share.clamp(0.0, 1.0) * last as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(last);
        let (low, high) = (self.at_unix[below] as f64, self.at_unix[above] as f64);
        Some(low + (high - low) * (place - below as f64))
    }

    /// Seconds between the first and the last interaction; 0 when there are fewer than two.
    pub fn span_seconds(&self) -> i64 {
        match (self.at_unix.first(), self.at_unix.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        }
    }
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
        let (log, source) = EventLog::with_source_rows(4, columns(&rows)).expect("valid");
        assert_eq!(source, vec![4, 0, 3, 1]);
        for (row, &from) in source.iter().enumerate() {
            assert_eq!((log.actor()[row], log.target()[row], log.at_unix()[row]), rows[from as usize]);
        }
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
