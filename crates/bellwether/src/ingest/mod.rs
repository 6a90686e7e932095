//! Ingest: bringing in what a brand may lawfully have, row by row, and taking it back exactly.
//!
//! Every format turns its rows into facts once and hands them on in bounded portions; reading goes on in one thread
//! while the lake compares and writes in another. The lake is written first and the import closed last, so an
//! import that dies half-way is repeated, never half believed.

pub mod accounts;
pub mod archive;
pub mod captured;
pub mod command;
pub mod connections;
pub mod csv_file;
pub mod deletion;
pub mod generated;
pub mod interactions;
pub mod mapped_csv;
pub mod own_file;
pub mod pages;
pub mod platform_export;
pub mod policies;
pub mod sink;
pub mod stack_exchange;
pub mod sync;
pub mod uploads;

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, Mac};
use lake::{Erased, Gone, Provenance};
use model::facts::{AccountFact, FactBatch};
use model::{Days, ImportCounts, ImportId, InteractionId, PostId, RowIssue, SourcePolicy, Timestamp};
use sha2::{Digest, Sha256};
use store::{Along, ImportRecord, ImportState, NewImport};

use crate::data_directory::{DataDirectory, DataDirectoryError};
use sink::{Progress, Sink};

/// A kind of file (or folder, or made-up world) that can be read into facts.
pub trait ImportFormat: Send {
    /// Where its rows come from, with the rules of that source.
    fn source(&self) -> SourcePolicy;
    /// What a person recognises the import by.
    fn label(&self) -> String;
    /// A hash of exactly what would be read, to recognise the same input again.
    fn fingerprint(&self) -> Result<String, IngestError>;
    /// How many bytes there are to read, for the progress bar; 0 when not known.
    fn size_bytes(&self) -> u64;
    /// Reads everything once, handing facts and refused rows to the sink.
    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError>;
}

/// Why an import was refused or failed. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("{place}: {problem}\nhint: {hint}")]
    Refused { place: String, problem: String, hint: String },
    #[error("the import was stopped before it had finished; nothing of it was kept")]
    Stopped,
    #[error("import {0} does not exist\nhint: `bellwether ingest list` shows the imports")]
    NoSuchImport(ImportId),
    #[error("import {0} is already undone")]
    AlreadyUndone(ImportId),
    #[error(
        "import {0} was brought by a connection, whose imports build on one another\nhint: end the connection with all it \
         brought: bellwether ingest disconnect {1} --with-facts"
    )]
    OfConnection(ImportId, i64),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl From<platforms::ReadError> for IngestError {
    fn from(error: platforms::ReadError) -> IngestError {
        match error {
            platforms::ReadError::Stopped(_) => IngestError::Stopped,
            platforms::ReadError::Broken { file, problem, hint } => IngestError::Refused { place: file, problem, hint },
        }
    }
}

impl IngestError {
    /// A file or folder that cannot be taken, with what to do about it.
    pub fn refused(place: impl std::fmt::Display, problem: impl Into<String>, hint: impl Into<String>) -> IngestError {
        IngestError::Refused { place: place.to_string(), problem: problem.into(), hint: hint.into() }
    }

    fn from_io(place: &Path, error: &std::io::Error) -> IngestError {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "check the spelling; paths are relative to where the command runs",
            std::io::ErrorKind::PermissionDenied => "give the user who runs bellwether the right to read it",
            _ => "check that the file can be read",
        };
        IngestError::refused(place.display(), error.to_string(), hint)
    }
}

/// Whether a file that was imported before is read again.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// Recognise it by its hash and leave it.
    #[default]
    Skip,
    /// Read it again; rows that are known add nothing.
    ReadAgain,
}

/// What an import did.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportReport {
    pub import: ImportId,
    pub counts: ImportCounts,
    pub issues: Vec<RowIssue>,
    pub remarks: Vec<String>,
    /// The earlier import of exactly this input, when nothing was read because of it.
    pub same_as: Option<ImportId>,
    pub took_seconds: f64,
}

/// Imports everything `format` reads, or nothing. Cost: one pass over the input, memory bounded by portions.
pub async fn import<F: ImportFormat + 'static>(
    data: &DataDirectory,
    format: F,
    repeat: Repeat,
    progress: Arc<Progress>,
) -> Result<ImportReport, IngestError> {
    let began = std::time::Instant::now();
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    let policy = format.source();
    let fingerprint = format.fingerprint()?;
    if repeat == Repeat::Skip
        && let Some(earlier) = data.store.import_of_file(&policy.code, &fingerprint).await?
    {
        return Ok(ImportReport {
            import: earlier.id,
            counts: ImportCounts::default(),
            issues: vec![],
            remarks: vec![],
            same_as: Some(earlier.id),
            took_seconds: began.elapsed().as_secs_f64(),
        });
    }
    refuse_mixing(data, &policy).await?;
    data.store.keep_source(&policy).await?;
    let now = data.now();
    let new = NewImport {
        source_code: policy.code.clone(),
        label: format.label(),
        file_sha256: fingerprint,
        started_at: now,
        connection: None,
    };
    let import = data.store.begin_import(&new).await?;
    let provenance = Provenance {
        source_id: policy.code.clone(),
        import_id: import,
        fetched_at: now,
        expires_at: policy_in_force(data, &policy).await?.expires_at(now),
    };
    let keeping_out = KeepingOut::load(data).await?;
    let outcome = read_and_write(data, format, provenance, now, keeping_out, progress).await;
    match outcome {
        Ok(read) => {
            let ReadToEnd { counts, issues, remarks } = read;
            data.store.finish_import(import, &counts, &issues, &remarks, &Along::default(), data.now()).await?;
            data.revision().await?;
            let took_seconds = began.elapsed().as_secs_f64();
            tracing::info!(
                import.id = import.0,
                import.rows = counts.rows_in,
                duration_s = took_seconds,
                "import done"
            );
            Ok(ImportReport { import, counts, issues, remarks, same_as: None, took_seconds })
        }
        Err(error) => {
            take_back(data, import, ImportState::Failed).await?;
            Err(error)
        }
    }
}

/// Made-up and real rows never share a data directory: a number over both would mean nothing.
async fn refuse_mixing(data: &DataDirectory, policy: &SourcePolicy) -> Result<(), IngestError> {
    let wanted = policy.kind == model::SourceKind::Generated;
    match data.store.holds_made_up(!wanted).await? {
        false => Ok(()),
        true if wanted => Err(IngestError::refused(
            data.path.display(),
            "this data directory holds real data, and a made-up market is never mixed with it",
            "name another folder with --data-dir",
        )),
        true => Err(IngestError::refused(
            data.path.display(),
            "this data directory holds a made-up market, and real data is never mixed with it",
            "name another folder with --data-dir",
        )),
    }
}

/// What reading found, before the import is closed.
struct ReadToEnd {
    counts: ImportCounts,
    issues: Vec<RowIssue>,
    remarks: Vec<String>,
}

/// Reads in a blocking thread and writes in this task, with a few portions between them.
async fn read_and_write<F: ImportFormat + 'static>(
    data: &DataDirectory,
    mut format: F,
    provenance: Provenance,
    now: Timestamp,
    keeping_out: KeepingOut,
    progress: Arc<Progress>,
) -> Result<ReadToEnd, IngestError> {
    let (sender, mut portions) = tokio::sync::mpsc::channel(4);
    let reading = tokio::task::spawn_blocking(move || {
        let mut sink = Sink::sending(sender, progress);
        format.read(&mut sink)?;
        sink.finish()
    });
    let mut writer = data.lake.begin_import(provenance, now, keeping_out.erased).keeping_out(keeping_out.gone);
    let mut failed = None;
    while let Some(portion) = portions.recv().await {
        if let Err(error) = writer.append(portion).await {
            failed = Some(error);
            break;
        }
    }
    drop(portions);
    let read = reading.await.expect("reading an import does not panic");
    if let Some(error) = failed {
        return Err(error.into());
    }
    let read = read?;
    let written = writer.commit().await?;
    let counts = ImportCounts {
        rows_in: read.rows_in,
        inserted: written.inserted,
        already_known: written.already_known,
        refused: read.refused,
        tombstoned: written.tombstoned,
    };
    Ok(ReadToEnd { counts, issues: read.issues, remarks: read.remarks })
}

/// Takes back what an import brought. Also frees the disk space.
pub async fn undo(data: &DataDirectory, id: ImportId) -> Result<ImportRecord, IngestError> {
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    let import = data.store.import(id).await?.ok_or(IngestError::NoSuchImport(id))?;
    if import.state != ImportState::Done {
        return Err(IngestError::AlreadyUndone(id));
    }
    if let Some(connection) = import.connection {
        return Err(IngestError::OfConnection(id, connection));
    }
    data.store.set_import_state(id, ImportState::Undoing).await?;
    take_back(data, id, ImportState::Undone).await?;
    Ok(import)
}

/// Takes back imports of a connection that ends, all of them in one going through the lake.
pub async fn undo_of_connection(data: &DataDirectory, ids: &[ImportId]) -> Result<(), IngestError> {
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    data.store.set_import_states(ids, ImportState::Undoing).await?;
    data.lake.remove_imports(ids).await?;
    data.store.set_import_states(ids, ImportState::Undone).await?;
    data.revision().await?;
    Ok(())
}

async fn take_back(data: &DataDirectory, id: ImportId, state: ImportState) -> Result<(), IngestError> {
    data.lake.remove_import(id).await?;
    data.store.set_import_state(id, state).await?;
    data.revision().await?;
    Ok(())
}

/// What reading a file would do, without keeping anything.
#[derive(Clone, PartialEq, Debug)]
pub struct DryRun {
    pub rows_in: u64,
    pub refused: u64,
    pub facts: u64,
    pub issues: Vec<RowIssue>,
    pub remarks: Vec<String>,
}

/// Reads everything and keeps nothing.
pub fn dry_run(mut format: impl ImportFormat, progress: Arc<Progress>) -> Result<DryRun, IngestError> {
    let mut sink = Sink::counting(progress);
    format.read(&mut sink)?;
    let facts = sink.facts();
    let read = sink.finish()?;
    Ok(DryRun { rows_in: read.rows_in, refused: read.refused, facts, issues: read.issues, remarks: read.remarks })
}

/// The keyed hash under which a forgotten account is remembered.
pub fn erasure_hash(key: &[u8], platform: &str, native_id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(platform.as_bytes());
    mac.update(&[0x1f]);
    mac.update(native_id.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The keyed hash under which a record that was taken back is remembered, by the bytes of its id.
pub fn record_hash(key: &[u8], kind: &str, id: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(kind.as_bytes());
    mac.update(&[0x1f]);
    mac.update(id);
    let hash = mac.finalize().into_bytes();
    hash[..16].try_into().expect("a hash has 32 bytes")
}

pub fn post_hash(key: &[u8], id: PostId) -> [u8; 16] {
    record_hash(key, "post", &id.0.to_le_bytes())
}

pub fn interaction_hash(key: &[u8], id: InteractionId) -> [u8; 16] {
    record_hash(key, "interaction", &id.0.to_le_bytes())
}

/// Whom and what every import leaves out: people who asked to be forgotten, and what was taken back.
struct KeepingOut {
    erased: Erased,
    gone: Option<Gone>,
}

impl KeepingOut {
    async fn load(data: &DataDirectory) -> Result<KeepingOut, IngestError> {
        let erased = erased_check(data.store.erasures().await?, data.erasure_key.clone());
        let hashes = data.store.gone_records().await?;
        let gone = (!hashes.is_empty()).then(|| {
            let (hashes, key) = (Arc::new(hashes), data.erasure_key.clone());
            let (of_interactions, own_key) = (hashes.clone(), key.clone());
            Gone {
                post: Box::new(move |id| hashes.contains(&post_hash(&key, id))),
                interaction: Box::new(move |id| of_interactions.contains(&interaction_hash(&own_key, id))),
            }
        });
        Ok(KeepingOut { erased, gone })
    }
}

fn erased_check(erasures: HashSet<String>, key: Vec<u8>) -> Erased {
    Box::new(move |account: &AccountFact| {
        !erasures.is_empty() && erasures.contains(&erasure_hash(&key, account.platform.code(), &account.native_id))
    })
}

/// Facts a connection collected, on their way in.
pub struct Portion {
    pub connection: i64,
    pub label: String,
    pub policy: SourcePolicy,
    pub facts: FactBatch,
    pub rows_in: u64,
    pub issues: Vec<RowIssue>,
    pub remarks: Vec<String>,
}

/// Takes what a connection collected, with the work that brought it, in one: after a crash both are there or neither is.
pub async fn take_portion(data: &DataDirectory, portion: Portion, along: &Along) -> Result<ImportCounts, IngestError> {
    if portion.facts.is_empty() && portion.issues.is_empty() && along.gone.is_empty() {
        data.store.keep_work_done(&along.work).await?;
        return Ok(ImportCounts::default());
    }
    let _lock = data.lock_for_writing()?;
    data.revision().await?;
    refuse_mixing(data, &portion.policy).await?;
    data.store.keep_source(&portion.policy).await?;
    let now = data.now();
    let new = NewImport {
        source_code: portion.policy.code.clone(),
        label: portion.label,
        file_sha256: String::new(),
        started_at: now,
        connection: Some(portion.connection),
    };
    let import = data.store.begin_import(&new).await?;
    let max_age = policy_in_force(data, &portion.policy).await?.max_age;
    let in_days = |days: u32| now.plus_days(Days(days));
    let provenance = Provenance {
        source_id: portion.policy.code.clone(),
        import_id: import,
        fetched_at: now,
        expires_at: max_age.map(|age| in_days(age.0)),
    };
    // What is told again in the last sixth of its time is kept anew: after 25 of 30 days.
    let refreshes_before = max_age.map(|age| in_days(age.0 / 6));
    let keeping_out = KeepingOut::load(data).await?;
    let written = async {
        let writer = data.lake.begin_import(provenance, now, keeping_out.erased).keeping_out(keeping_out.gone);
        let mut writer = writer.refreshing(refreshes_before);
        writer.append(portion.facts).await?;
        writer.commit().await
    };
    match written.await {
        Ok(written) => {
            let refused = portion.issues.iter().filter(|issue| issue.refused).count() as u64;
            let counts = ImportCounts { rows_in: portion.rows_in, refused, ..written };
            data.store.finish_import(import, &counts, &portion.issues, &portion.remarks, along, data.now()).await?;
            data.revision().await?;
            Ok(counts)
        }
        Err(error) => {
            take_back(data, import, ImportState::Failed).await?;
            Err(error.into())
        }
    }
}

/// A source's rules as the operator has set them; those it comes with where nobody has.
async fn policy_in_force(data: &DataDirectory, policy: &SourcePolicy) -> Result<SourcePolicy, IngestError> {
    let sources = data.store.sources().await?;
    Ok(sources.into_iter().find(|source| source.code == policy.code).unwrap_or_else(|| policy.clone()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of files' contents together with the settings that decide how they are read.
pub fn fingerprint_of(files: &[&Path], settings: &str) -> Result<String, IngestError> {
    let mut hash = Sha256::new();
    hash.update(settings.as_bytes());
    let mut buffer = vec![0u8; 1 << 20];
    for place in files {
        let mut file = std::fs::File::open(place).map_err(|error| IngestError::from_io(place, &error))?;
        loop {
            let read = file.read(&mut buffer).map_err(|error| IngestError::from_io(place, &error))?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
        hash.update([0x1f]);
    }
    Ok(hex(&hash.finalize()))
}

/// The size of a file, 0 when it cannot be known.
pub fn size_bytes_of(place: &Path) -> u64 {
    std::fs::metadata(place).map_or(0, |metadata| metadata.len())
}
