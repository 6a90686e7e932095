//! Where facts come from: sources with their rules, imports with their counts, and rows that were refused.

use serde::{Deserialize, Serialize};

use crate::units::{Days, Timestamp};

/// How a source delivers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    Api,
    File,
    Webhook,
    Manual,
    /// Made up by this program; never mixed with real data.
    Generated,
}

/// The rules of one source, enforced by code on every read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourcePolicy {
    /// The source's short name, unique: `stack-exchange`, `interactions-csv`, `generated`.
    pub code: String,
    pub kind: SourceKind,
    /// How long a fact may be kept without a refresh; `None`: no limit.
    pub max_age: Option<Days>,
    /// Whether numbers may be derived from its rows. When not, the engine's inputs lack them and the page says so.
    pub may_derive: bool,
    /// Whether its rows may be added up with other sources' rows.
    pub may_mix: bool,
    pub legal_basis: String,
    pub purpose: String,
    /// What must be said wherever its rows are shown.
    pub attribution: Option<String>,
}

impl SourcePolicy {
    /// When a fact fetched at `fetched_at` has to be gone.
    pub fn expires_at(&self, fetched_at: Timestamp) -> Option<Timestamp> {
        self.max_age.map(|age| fetched_at.plus_days(age))
    }
}

/// One row that could not be taken, in words its owner can act on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowIssue {
    pub file: String,
    /// Counted from 1, the heading included; `None` when the whole file is meant.
    pub row: Option<u64>,
    pub column: Option<String>,
    pub problem: String,
    pub hint: String,
    /// Whether the row was left out (`true`) or taken with a remark.
    pub refused: bool,
}

impl std::fmt::Display for RowIssue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row} of ")?;
        }
        write!(f, "{}: ", self.file)?;
        if let Some(column) = &self.column {
            write!(f, "column `{column}` ")?;
        }
        write!(f, "{}; {}", self.problem, self.hint)
    }
}

/// What an import did: rows as they were read or refused, and facts (a row may hold several) as they were kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportCounts {
    pub rows_in: u64,
    /// Facts that are new to the lake.
    pub inserted: u64,
    /// Facts that were there already.
    pub already_known: u64,
    pub refused: u64,
    /// Rows about people who asked to be forgotten.
    pub tombstoned: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_says_what_where_and_what_next() {
        let issue = RowIssue {
            file: "comments.csv".into(),
            row: Some(41),
            column: Some("posted_at".into()),
            problem: "is empty".into(),
            hint: "rows need a date, e.g. 2026-03-01".into(),
            refused: true,
        };
        assert_eq!(
            issue.to_string(),
            "row 41 of comments.csv: column `posted_at` is empty; rows need a date, e.g. 2026-03-01"
        );
    }
}
