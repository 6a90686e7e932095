//! The plain layout of who talked to whom: a CSV or Parquet file with `actor, target, kind, at_unix`.

use std::path::{Path, PathBuf};

use foldhash::{HashSet, HashSetExt};
use model::facts::{AccountFact, InteractionFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, RowIssue, SourceKind, SourcePolicy, Timestamp};

use super::csv_file::{CsvFile, CsvRow, Next, file_name};
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, size_bytes_of};
use crate::clock;

const LAYOUT: &str = "actor, target, kind, at_unix";
const KINDS: &str = "comment, reply, answer, message, mention, repost, quote, like, follow, tag";

/// An interactions file.
pub struct InteractionsFile {
    path: PathBuf,
    platform: Platform,
    rows: RowReader,
}

/// Turns rows into facts, remembering the accounts it has named already.
struct RowReader {
    platform: Platform,
    file: String,
    known: HashSet<AccountId>,
    to_oneself: u64,
}

/// The cells of one row.
struct Cells<'a> {
    number: u64,
    actor: &'a str,
    target: &'a str,
    kind: &'a str,
    at: Option<Timestamp>,
}

impl InteractionsFile {
    pub fn new(path: &Path, platform: Platform) -> InteractionsFile {
        let rows = RowReader { platform, file: file_name(path), known: HashSet::new(), to_oneself: 0 };
        InteractionsFile { path: path.to_owned(), platform, rows }
    }

    fn is_parquet(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
    }

    fn read_csv(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut file = CsvFile::open(&self.path)?;
        let required = |heading: &str, file: &CsvFile| file.required_column(heading, &self.path, LAYOUT);
        let columns = Columns {
            actor: required("actor", &file)?,
            target: required("target", &file)?,
            kind: required("kind", &file)?,
            at_unix: required("at_unix", &file)?,
        };
        let mut since_progress = 0u64;
        loop {
            match file.next_row()? {
                Next::End => break,
                Next::Bad(issue) => sink.note(issue),
                Next::Row(row) => match columns.cells(&row, &self.rows.file) {
                    Ok(cells) => self.rows.take(&cells, sink),
                    Err(issue) => sink.note(issue),
                },
            }
            since_progress += 1;
            if since_progress == 4096 {
                sink.rows_read(since_progress);
                sink.bytes_read(file.bytes_read());
                since_progress = 0;
                sink.hand_on_if_full()?;
            }
        }
        sink.rows_read(since_progress);
        Ok(())
    }

    fn read_parquet(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut file = lake::ParquetInteractions::open(&self.path.to_string_lossy())?;
        let mut number = 0u64;
        loop {
            let before = number;
            let more = file.next(|actor, target, kind, at_unix| {
                number += 1;
                let at = at_unix.and_then(clock::plausible_unix_seconds);
                self.rows.take(&Cells { number, actor, target, kind, at }, sink);
            })?;
            if !more {
                return Ok(());
            }
            sink.rows_read(number - before);
            sink.hand_on_if_full()?;
        }
    }
}

/// Where the columns stand in a CSV file.
struct Columns {
    actor: usize,
    target: usize,
    kind: usize,
    at_unix: usize,
}

impl Columns {
    fn cells<'a>(&self, row: &'a CsvRow<'a>, file: &str) -> Result<Cells<'a>, RowIssue> {
        let text = |column, heading| row.text(column).ok_or_else(|| row.not_utf8(file, heading));
        let at = text(self.at_unix, "at_unix")?;
        let at =
            at.parse::<i64>().ok().and_then(clock::plausible_unix_seconds).ok_or_else(|| date_issue(row, file, at))?;
        Ok(Cells {
            number: row.number,
            actor: text(self.actor, "actor")?,
            target: text(self.target, "target")?,
            kind: text(self.kind, "kind")?,
            at: Some(at),
        })
    }
}

fn date_issue(row: &CsvRow<'_>, file: &str, cell: &str) -> RowIssue {
    let hint = match clock::parse_date_cell(cell, None) {
        clock::DateCell::NoZone => {
            "the date does not say its time zone; give seconds since 1970 in UTC, e.g. 1082040961"
        }
        _ => "rows need the seconds since 1970 in UTC, e.g. 1082040961",
    };
    let problem = if cell.is_empty() { "is empty".to_owned() } else { format!("is not a moment: {cell:?}") };
    row.issue(file, "at_unix", problem, hint)
}

impl RowReader {
    fn take(&mut self, cells: &Cells<'_>, sink: &mut Sink) {
        let refused = |column: &str, problem: String, hint: &str| RowIssue {
            file: self.file.clone(),
            row: Some(cells.number),
            column: Some(column.to_owned()),
            problem,
            hint: hint.to_owned(),
            refused: true,
        };
        let Some(kind) = InteractionKind::from_code(cells.kind) else {
            return sink.note(refused("kind", format!("is not a kind of interaction: {:?}", cells.kind), KINDS));
        };
        if cells.actor.is_empty() {
            return sink.note(refused("actor", "is empty".into(), "each row names who did it"));
        }
        if cells.target.is_empty() {
            return sink.note(refused("target", "is empty".into(), "each row names whom it was done to"));
        }
        let Some(at) = cells.at else {
            return sink.note(refused(
                "at_unix",
                "is not a moment".into(),
                "seconds since 1970 in UTC, e.g. 1082040961",
            ));
        };
        let actor = self.account(cells.actor, sink);
        let target = if cells.target == cells.actor { actor } else { self.account(cells.target, sink) };
        if actor == target {
            self.to_oneself += 1;
        }
        sink.facts.interactions.push(InteractionFact {
            id: InteractionId::by_content(kind, actor, Some(target), None, at, None),
            kind,
            actor,
            target: Some(target),
            post: None,
            parent: None,
            at,
            text: None,
            by_author: false,
        });
    }

    fn account(&mut self, name: &str, sink: &mut Sink) -> AccountId {
        let id = AccountId::of(self.platform, "", name);
        if self.known.insert(id) {
            sink.facts.accounts.push(AccountFact::new(self.platform, "", name));
        }
        id
    }
}

impl ImportFormat for InteractionsFile {
    fn source(&self) -> SourcePolicy {
        SourcePolicy {
            code: format!("interactions-{}", self.platform.code()),
            kind: SourceKind::File,
            max_age: Some(model::Days(180)),
            may_derive: true,
            may_mix: true,
            legal_basis: "legitimate interest".into(),
            purpose: "find the people buyers listen to".into(),
            attribution: None,
        }
    }

    fn label(&self) -> String {
        file_name(&self.path)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        fingerprint_of(&[&self.path], self.platform.code())
    }

    fn size_bytes(&self) -> u64 {
        size_bytes_of(&self.path)
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        if self.is_parquet() {
            self.read_parquet(sink)?
        } else {
            self.read_csv(sink)?
        }
        if self.rows.to_oneself > 0 {
            sink.remark(format!(
                "{} rows name the same account as actor and target; they are kept, but a reply to oneself is not conversation",
                self.rows.to_oneself
            ));
        }
        Ok(())
    }
}
