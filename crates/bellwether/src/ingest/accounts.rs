//! The plain layout of accounts: a CSV file with `account, followers[, following]`; an empty cell is not known.

use std::path::{Path, PathBuf};

use model::facts::{AccountFact, ProfileFact};
use model::{Platform, SourceKind, SourcePolicy, Timestamp};

use super::csv_file::{CsvFile, CsvRow, Next, file_name, parse_count};
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, size_bytes_of};

const LAYOUT: &str = "account, followers and, if known, following";

/// An accounts file, with the day its counts were taken.
pub struct AccountsFile {
    path: PathBuf,
    platform: Platform,
    observed_at: Timestamp,
}

impl AccountsFile {
    /// `observed_at` is when the counts were taken; without it the day the file was last changed.
    pub fn new(path: &Path, platform: Platform, observed_at: Option<Timestamp>) -> AccountsFile {
        let observed_at = observed_at.unwrap_or_else(|| changed_at(path));
        AccountsFile { path: path.to_owned(), platform, observed_at }
    }
}

/// When a file was last changed; 1970 when the system does not say.
pub fn changed_at(path: &Path) -> Timestamp {
    let seconds = std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_secs());
    Timestamp::from_unix_seconds(seconds as i64)
}

impl ImportFormat for AccountsFile {
    fn source(&self) -> SourcePolicy {
        SourcePolicy {
            code: format!("accounts-{}", self.platform.code()),
            kind: SourceKind::File,
            max_age: Some(model::Days(180)),
            may_derive: true,
            may_mix: true,
            legal_basis: "legitimate interest".into(),
            purpose: "know the size of creators' audiences".into(),
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
        let mut file = CsvFile::open(&self.path)?;
        let name = file.name.clone();
        let account = file.required_column("account", &self.path, LAYOUT)?;
        let followers = file.required_column("followers", &self.path, LAYOUT)?;
        let following = file.column("following");
        loop {
            match file.next_row()? {
                Next::End => return Ok(()),
                Next::Bad(issue) => sink.note(issue),
                Next::Row(row) => self.take(&row, &name, account, followers, following, sink),
            }
            sink.rows_read(1);
            sink.hand_on_if_full()?;
        }
    }
}

impl AccountsFile {
    fn take(
        &self,
        row: &CsvRow<'_>,
        file: &str,
        account: usize,
        followers: usize,
        following: Option<usize>,
        sink: &mut Sink,
    ) {
        let Some(native_id) = row.text(account) else { return sink.note(row.not_utf8(file, "account")) };
        if native_id.is_empty() {
            return sink.note(row.issue(file, "account", "is empty", "each row names an account"));
        }
        let count = |column: usize, heading: &str| {
            let cell = row.text(column).ok_or_else(|| row.not_utf8(file, heading))?;
            let hint = "write a whole number, or leave the cell empty when it is not known";
            parse_count(cell).map_err(|problem| row.issue(file, heading, problem, hint))
        };
        let counts = count(followers, "followers").and_then(|followers| {
            let following = following.map_or(Ok(None), |column| count(column, "following"))?;
            Ok((followers, following))
        });
        match counts {
            Err(issue) => sink.note(issue),
            Ok((followers, following)) => {
                let fact = AccountFact::new(self.platform, "", native_id);
                let profile = ProfileFact { followers, following, ..ProfileFact::empty(fact.id, self.observed_at) };
                sink.facts.accounts.push(fact);
                sink.facts.profiles.push(profile);
            }
        }
    }
}
