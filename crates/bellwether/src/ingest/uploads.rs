//! Files sent by a browser: kept aside until somebody has looked at them, then brought in or thrown away.
//!
//! Each lies in a folder of its own under `uploads/` in the data directory, with a note of what it is taken for.
//! Nothing of it is a fact before [`take`]; what nobody came back for is swept away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use model::{Platform, Timestamp};
use platforms::zeeschuimer;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::accounts::AccountsFile;
use super::archive::is_zip;
use super::captured::{CapturedFile, GraphFile};
use super::interactions::InteractionsFile;
use super::mapped_csv::{ColumnMapping, MappedCsv, Proposal, propose};
use super::platform_export::{self, PlatformExport};
use super::sink::Progress;
use super::{DryRun, ImportReport, IngestError, Repeat, dry_run, import, size_bytes_of};
use crate::data_directory::DataDirectory;

/// What nobody came back for is thrown away after this time.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);
const NOTE: &str = "upload.json";
/// Beside it while somebody brings it in.
const CLAIMED: &str = "claimed";

/// What a file is taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UploadKind {
    /// Who talked to whom, in our own layout.
    Interactions,
    /// Accounts with their followers, in our own layout.
    Accounts,
    /// Any other CSV file, through a column mapping.
    AnyCsv,
    /// What a platform hands to the owner of an account.
    PlatformExport,
    /// Items captured while somebody looked at a platform.
    Captured,
    /// A graph of accounts.
    Graph,
    /// The brand's own people; they are no facts about the market, and are added on a page of their own.
    OwnPeople,
    /// People to write to; they are brought in on a page of Outreach.
    Contacts,
}

impl UploadKind {
    pub fn words(self) -> &'static str {
        match self {
            UploadKind::Interactions => "interactions: who talked to whom",
            UploadKind::Accounts => "accounts with their followers",
            UploadKind::AnyCsv => "a CSV file with columns of its own",
            UploadKind::PlatformExport => "data a platform handed out",
            UploadKind::Captured => "items captured with Zeeschuimer or 4CAT",
            UploadKind::Graph => "a graph of accounts",
            UploadKind::OwnPeople => "your own people",
            UploadKind::Contacts => "people to write to",
        }
    }
}

/// What is noted beside an uploaded file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Note {
    file: String,
    platform: Platform,
    kind: UploadKind,
    observed_on: Option<Timestamp>,
    #[serde(default)]
    account: String,
}

/// A file waiting to be brought in.
#[derive(Clone, PartialEq, Debug)]
pub struct Upload {
    pub id: Uuid,
    folder: PathBuf,
    pub path: PathBuf,
    pub file: String,
    pub platform: Platform,
    pub kind: UploadKind,
    /// The day the counts of an accounts file were taken.
    pub observed_on: Option<Timestamp>,
    /// Whose data it is, where it does not say so itself.
    pub account: Option<String>,
    pub size_bytes: u64,
}

/// A place for a file that is about to arrive.
pub struct Place {
    id: Uuid,
    folder: PathBuf,
    pub path: PathBuf,
    file: String,
}

fn uploads_folder(data: &DataDirectory) -> PathBuf {
    data.path.join("uploads")
}

/// Makes room for a file; of the name only its last part is used.
pub fn make_place(data: &DataDirectory, name: &str) -> Result<Place, IngestError> {
    let id = Uuid::now_v7();
    let folder = uploads_folder(data).join(id.to_string());
    std::fs::create_dir_all(&folder).map_err(|error| IngestError::from_io(&folder, &error))?;
    let file = safe_name(name);
    Ok(Place { id, path: folder.join(&file), folder, file })
}

impl Place {
    /// Throws away what has arrived so far.
    pub fn abandon(self) {
        // What cannot be removed now is swept away later.
        drop(std::fs::remove_dir_all(&self.folder));
    }

    /// The file is complete: notes what it is, guessing its layout from its headings where nobody said.
    pub fn complete(
        self,
        platform: Platform,
        kind: Option<UploadKind>,
        observed_on: Option<Timestamp>,
    ) -> Result<Uuid, IngestError> {
        self.complete_of(platform, kind, observed_on, "")
    }

    /// As [`Place::complete`], saying whose data it is.
    pub fn complete_of(
        self,
        platform: Platform,
        kind: Option<UploadKind>,
        observed_on: Option<Timestamp>,
        account: &str,
    ) -> Result<Uuid, IngestError> {
        let kind = match kind {
            Some(kind) => kind,
            None => guess(&self.path)?,
        };
        let note = Note { file: self.file, platform, kind, observed_on, account: account.to_owned() };
        let place = self.folder.join(NOTE);
        std::fs::write(&place, serde_json::to_vec(&note).expect("a note serialises"))
            .map_err(|error| IngestError::from_io(&place, &error))?;
        Ok(self.id)
    }
}

/// What a file's beginning and headings say it is.
fn guess(path: &Path) -> Result<UploadKind, IngestError> {
    if is_zip(path) {
        return Ok(UploadKind::PlatformExport);
    }
    let start = beginning(path)?;
    match start.trim_start_matches('\u{feff}').trim_start().lines().next() {
        Some(line) if zeeschuimer::is_it(line) => return Ok(UploadKind::Captured),
        Some(_) if start.contains("<gexf") => return Ok(UploadKind::Graph),
        _ => {}
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
        return Ok(UploadKind::Interactions);
    }
    let headings = propose(path)?.headings;
    let has = |heading: &str| headings.iter().any(|known| known.eq_ignore_ascii_case(heading));
    if ["actor", "target", "kind", "at_unix"].into_iter().all(has) {
        Ok(UploadKind::Interactions)
    } else if ["account", "followers"].into_iter().all(has) {
        Ok(UploadKind::Accounts)
    } else {
        Ok(UploadKind::AnyCsv)
    }
}

/// As much of a file as tells what it is.
fn beginning(path: &Path) -> Result<String, IngestError> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| IngestError::from_io(path, &error))?;
    let mut start = Vec::new();
    file.take(1 << 20).read_to_end(&mut start).map_err(|error| IngestError::from_io(path, &error))?;
    Ok(String::from_utf8_lossy(&start).into_owned())
}

/// A file that waits, if it still does.
pub fn find(data: &DataDirectory, id: Uuid) -> Option<Upload> {
    let folder = uploads_folder(data).join(id.to_string());
    let note: Note = serde_json::from_slice(&std::fs::read(folder.join(NOTE)).ok()?).ok()?;
    let path = folder.join(&note.file);
    let size_bytes = size_bytes_of(&path);
    Some(Upload {
        id,
        folder,
        path,
        file: note.file,
        platform: note.platform,
        kind: note.kind,
        observed_on: note.observed_on,
        account: Some(note.account).filter(|account| !account.is_empty()),
        size_bytes,
    })
}

impl Upload {
    /// Takes the upload for whoever brings it in now; `false` where somebody has taken it already.
    pub fn claim(&self) -> std::io::Result<bool> {
        match std::fs::File::options().create_new(true).write(true).open(self.folder.join(CLAIMED)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives it back, where nothing was brought in.
    pub fn release(&self) {
        drop(std::fs::remove_file(self.folder.join(CLAIMED)));
    }

    pub fn discard(&self) {
        // What cannot be removed now is swept away later.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Throws away uploads that nobody came back for.
pub fn sweep(data: &DataDirectory) {
    let Ok(entries) = std::fs::read_dir(uploads_folder(data)) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).unwrap_or_else(|_| SystemTime::now());
        if changed.elapsed().is_ok_and(|age| age > KEPT_FOR) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// The mapping a CSV file of these headings was last brought in with, else a proposal made from the headings.
pub async fn proposal(data: &DataDirectory, upload: &Upload) -> Result<Proposal, IngestError> {
    let mut proposal = propose(&upload.path)?;
    let kept = data.store.mapping(&mapping_name(&proposal.headings)).await?;
    if let Some(mapping) = kept.and_then(|json| serde_json::from_str(&json).ok()) {
        proposal.mapping = mapping;
        proposal.questions.clear();
    }
    Ok(proposal)
}

fn mapping_name(headings: &[String]) -> String {
    format!("headings {}", headings.join(" | "))
}

/// Reads everything and keeps nothing.
pub fn try_out(upload: &Upload, mapping: Option<ColumnMapping>) -> Result<DryRun, IngestError> {
    let progress = Arc::new(Progress::default());
    match (upload.kind, mapping) {
        (UploadKind::Interactions, _) => dry_run(InteractionsFile::new(&upload.path, upload.platform), progress),
        (UploadKind::Accounts, _) => {
            dry_run(AccountsFile::new(&upload.path, upload.platform, upload.observed_on), progress)
        }
        (UploadKind::AnyCsv, Some(mapping)) => {
            dry_run(MappedCsv::new(&upload.path, upload.platform, mapping)?, progress)
        }
        (UploadKind::AnyCsv, None) => Err(no_mapping(upload)),
        (UploadKind::PlatformExport, _) => dry_run(platform_export(upload)?, progress),
        (UploadKind::Captured, _) => dry_run(CapturedFile::new(&upload.path), progress),
        (UploadKind::Graph, _) => dry_run(graph(upload), progress),
        (UploadKind::OwnPeople | UploadKind::Contacts, _) => Err(of_another_page(upload)),
    }
}

/// Brings an uploaded file in, remembers its mapping for the next file with these headings, and lets the file go.
pub async fn take(
    data: &DataDirectory,
    upload: &Upload,
    mapping: Option<ColumnMapping>,
    progress: Arc<Progress>,
) -> Result<ImportReport, IngestError> {
    let repeat = Repeat::Skip;
    let report = match (upload.kind, mapping) {
        (UploadKind::Interactions, _) => {
            import(data, InteractionsFile::new(&upload.path, upload.platform), repeat, progress).await?
        }
        (UploadKind::Accounts, _) => {
            import(data, AccountsFile::new(&upload.path, upload.platform, upload.observed_on), repeat, progress).await?
        }
        (UploadKind::AnyCsv, Some(mapping)) => {
            let headings = propose(&upload.path)?.headings;
            let json = serde_json::to_string(&mapping).expect("a mapping serialises");
            let report =
                import(data, MappedCsv::new(&upload.path, upload.platform, mapping)?, repeat, progress).await?;
            data.store.keep_mapping(&mapping_name(&headings), &json, data.now()).await?;
            report
        }
        (UploadKind::AnyCsv, None) => return Err(no_mapping(upload)),
        (UploadKind::PlatformExport, _) => import(data, platform_export(upload)?, repeat, progress).await?,
        (UploadKind::Captured, _) => import(data, CapturedFile::new(&upload.path), repeat, progress).await?,
        (UploadKind::Graph, _) => import(data, graph(upload), repeat, progress).await?,
        (UploadKind::OwnPeople | UploadKind::Contacts, _) => return Err(of_another_page(upload)),
    };
    upload.discard();
    Ok(report)
}

/// The platform that was chosen counts only where its exports are read; else what is in it tells.
fn platform_export(upload: &Upload) -> Result<PlatformExport, IngestError> {
    let chosen = Some(upload.platform).filter(|platform| platform_export::PLATFORMS.contains(platform));
    PlatformExport::new(&upload.path, chosen, upload.account.as_deref())
}

fn graph(upload: &Upload) -> GraphFile {
    GraphFile::new(&upload.path, upload.platform, None, upload.observed_on)
}

fn no_mapping(upload: &Upload) -> IngestError {
    IngestError::refused(
        &upload.file,
        "nothing says which column is what",
        "choose the columns on the page of this file",
    )
}

fn of_another_page(upload: &Upload) -> IngestError {
    let (problem, hint) = match upload.kind {
        UploadKind::Contacts => ("this file was sent as people to write to", "look at it below Outreach, Contacts"),
        _ => ("this file was sent as one of your own people", "look at it below Creators, Your own people"),
    };
    IngestError::refused(&upload.file, problem, hint)
}

/// The last part of a name, without anything a file system could take for a path.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let safe: String =
        last.chars().filter(|letter| !letter.is_control() && !matches!(letter, ':' | '\0')).take(120).collect();
    match safe.trim().trim_start_matches('.') {
        "" | NOTE => "file.csv".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for (given, expect) in [
            ("comments.csv", "comments.csv"),
            ("../../etc/passwd", "passwd"),
            ("C:\\data\\my file.csv", "my file.csv"),
            ("..", "file.csv"),
            ("upload.json", "file.csv"),
            ("", "file.csv"),
        ] {
            assert_eq!(safe_name(given), expect);
        }
    }
}
