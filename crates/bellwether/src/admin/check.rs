//! Whether a data directory is whole: the database, the facts and which imports they belong to, clicks, files, keys, and what was derived.
//!
//! Nothing is changed. Each finding says what is wrong, where, and what to do.

use std::collections::BTreeSet;
use std::path::Path;

use clicks::{Position, Reader};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::backup::BackupError;
use crate::conversations;
use crate::data_directory::DataDirectory;
use crate::tracking::CLICKS;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is lost: it is made again.
    Remark,
    /// Something that was kept is not there, or not as it was.
    Damage,
}

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    pub severity: Severity,
    pub part: &'static str,
    pub place: String,
    pub problem: String,
    pub next: &'static str,
}

/// What was looked at, and what was found.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Checked {
    pub fact_files: u64,
    pub imports: u64,
    pub clicks: u64,
    pub content_files: u64,
    pub findings: Vec<Finding>,
}

impl Checked {
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Damage)
    }

    fn damage(&mut self, part: &'static str, place: impl Into<String>, problem: impl Into<String>, next: &'static str) {
        let (severity, place, problem) = (Severity::Damage, place.into(), problem.into());
        self.findings.push(Finding { severity, part, place, problem, next });
    }

    fn remark(&mut self, part: &'static str, place: impl Into<String>, problem: impl Into<String>, next: &'static str) {
        let (severity, place, problem) = (Severity::Remark, place.into(), problem.into());
        self.findings.push(Finding { severity, part, place, problem, next });
    }
}

const FROM_BACKUP: &str = "restore it from a backup: bellwether admin restore";

/// Looks at everything that is kept; with `reads_all` every fact and every file is read too.
///
/// Cost: one reading of the database, the click log and the numbers of imports in the facts; with `reads_all` of everything.
pub async fn check(data: &DataDirectory, reads_all: bool, tell: impl Fn(&str)) -> Result<Checked, BackupError> {
    let mut checked = Checked::default();
    tell("the operational database");
    for fault in data.store.faults().await? {
        checked.damage("database", "operations.sqlite", fault, FROM_BACKUP);
    }
    tell("facts");
    data.lake.reload().await?;
    checked.fact_files = data.lake.held_files().await?.len() as u64;
    let faulty = data.lake.faulty_files(reads_all).await?;
    let is_readable = faulty.is_empty();
    for file in faulty {
        checked.damage("facts", format!("lake/{}/{}", file.table, file.file), file.problem, FROM_BACKUP);
    }
    if is_readable {
        imports(data, &mut checked).await?;
    }
    tell("clicks");
    clicks_read(&data.path.join(CLICKS), &mut checked);
    tell("files of content");
    let held = data.store.content_files().await?;
    content(&data.path.join("content"), &held, reads_all, &mut checked);
    tell("what is derived");
    derived(data, &mut checked).await?;
    Ok(checked)
}

/// Facts belong to imports that are done, and to no others.
async fn imports(data: &DataDirectory, checked: &mut Checked) -> Result<(), BackupError> {
    let held = data.lake.imports_held().await?;
    let done: BTreeSet<_> = data.store.done_imports().await?.into_iter().collect();
    checked.imports = done.len() as u64;
    let under_way: BTreeSet<_> = data.store.unfinished_imports().await?.into_iter().map(|import| import.id).collect();
    for import in held.difference(&done).filter(|import| !under_way.contains(import)) {
        let next = "restore a backup, which holds facts and imports of one moment: bellwether admin restore";
        checked.damage(
            "facts",
            format!("import {import}"),
            "has facts and is not among the imports that are done",
            next,
        );
    }
    for import in under_way {
        let next = "nothing, while it runs; after a crash the next command takes it back";
        checked.remark("facts", format!("import {import}"), "is under way, or was interrupted", next);
    }
    Ok(())
}

fn clicks_read(folder: &Path, checked: &mut Checked) {
    if !folder.exists() {
        return;
    }
    let mut reader = match Reader::open(folder, Position::START) {
        Ok(reader) => reader,
        Err(error) => return checked.damage("clicks", "clicks", error.to_string(), FROM_BACKUP),
    };
    for click in reader.by_ref() {
        match click {
            Ok(_) => checked.clicks += 1,
            Err(error) => return checked.damage("clicks", "clicks", error.to_string(), FROM_BACKUP),
        }
    }
    if reader.damaged() > 0 {
        let problem = format!("{} places hold no whole click although later ones follow", reader.damaged());
        checked.damage("clicks", "clicks", problem, "the others are counted all the same; restore them from a backup");
    }
}

fn content(folder: &Path, held: &[String], reads_all: bool, checked: &mut Checked) {
    for sha256 in held {
        checked.content_files += 1;
        let place = format!("content/{sha256}");
        match std::fs::metadata(folder.join(sha256)) {
            Err(error) => checked.damage("content", place, format!("cannot be opened: {error}"), FROM_BACKUP),
            Ok(_) if reads_all => {
                let hash = std::fs::File::open(folder.join(sha256)).and_then(|mut file| {
                    let mut hash = Sha256::new();
                    std::io::copy(&mut file, &mut hash)?;
                    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
                });
                match hash {
                    Ok(hash) if hash == *sha256 => {}
                    Ok(_) => checked.damage("content", place, "is not as it was kept", FROM_BACKUP),
                    Err(error) => checked.damage("content", place, format!("cannot be read: {error}"), FROM_BACKUP),
                }
            }
            Ok(_) => {}
        }
    }
}

/// What is derived can be made again, so nothing of it is damage.
async fn derived(data: &DataDirectory, checked: &mut Checked) -> Result<(), BackupError> {
    let again = "bellwether refresh";
    let revision = data.store.data_revision().await?;
    match data.derived.revision().await {
        Err(error) => {
            checked.remark("derived", "derived.sqlite", error.to_string(), "delete it, then bellwether refresh")
        }
        Ok(Some(made)) if made > revision => {
            checked.remark(
                "derived",
                "derived.sqlite",
                "was made from facts that are not here",
                "delete it, then bellwether refresh",
            );
        }
        Ok(made) if made != Some(revision) && revision > 0 => {
            checked.remark("derived", "derived.sqlite", "is older than the facts", again);
        }
        Ok(_) => {
            if let Ok(Some(seen)) = conversations::seen_at_refresh(data).await
                && seen.facts != data.lake.facts_seen().await?
            {
                checked.remark("derived", "derived.sqlite", "was made from other files of facts", again);
            }
        }
    }
    Ok(())
}
