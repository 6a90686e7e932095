//! A copy of everything in one file, made while the program runs, and a data directory made of such a file again.
//!
//! What is copied is one moment: while facts are written by nobody the operational database is copied, and whatever the other parts hold at
//! that moment is linked aside; the file is then written at leisure. Clicks are linked after the database, so every click it has counted is in
//! the copy. What is derived is not in it, nor the keys of a day: `refresh` makes the one again, and the others are meant to be lost.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use lake::Lake;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::outreach::content;

/// The layout of the file.
const FORMAT: u32 = 1;
/// The last entry, which names all others.
const MANIFEST: &str = "manifest.json";
/// What may be in a backup, by the first part of its name.
const PARTS: [&str; 5] = ["operations.sqlite", "keys", "lake", "content", "clicks"];
/// How long somebody else's writing is waited for.
const LOCKED_TRIES: u32 = 1_200;
/// Entries of a file at most, and how much room the manifest takes.
const MANIFEST_BYTES_MAX: u64 = 1 << 30;

/// Why there is no backup, or none was taken back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{place}: {problem}\nhint: {hint}")]
    Refused { place: String, problem: String, hint: String },
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl BackupError {
    fn refused(place: impl AsRef<Path>, problem: impl std::fmt::Display, hint: &str) -> BackupError {
        BackupError::Refused {
            place: place.as_ref().display().to_string(),
            problem: problem.to_string(),
            hint: hint.to_owned(),
        }
    }

    fn writing(place: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
        move |error| {
            let hint = match error.kind() {
                io::ErrorKind::StorageFull => "free some room, or name another place; nothing is left behind",
                _ => "check that the place can be written to; nothing is left behind",
            };
            BackupError::refused(place, error, hint)
        }
    }
}

/// One file of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    bytes: u64,
    sha256: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    made_at: String,
    made_by: String,
    /// The step of the operational database's tables.
    step: i64,
    data_revision: i64,
    entries: Vec<Entry>,
}

/// What was written.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BackedUp {
    pub file: String,
    pub bytes: u64,
    pub files: u64,
    pub made_at: String,
    pub data_revision: i64,
    /// For how long nobody could bring facts in.
    pub held_seconds: f64,
    pub took_seconds: f64,
}

/// What was taken back.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Restored {
    pub folder: String,
    pub files: u64,
    pub bytes: u64,
    pub made_at: String,
    pub data_revision: i64,
}

/// A folder that goes when it is let go.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A file that is to be copied, as long as it was when it was linked.
struct Linked {
    name: String,
    path: PathBuf,
    bytes: u64,
}

/// Writes a backup to a file that is not there yet.
///
/// Cost: one reading and writing of everything; memory some kilobytes. For as long as the database is copied and the rest linked, imports and
/// refreshes wait; pages, mail and clicks go on.
pub async fn backup(data: &DataDirectory, to: &Path, tell: impl Fn(&str)) -> Result<BackedUp, BackupError> {
    let began = Instant::now();
    if to.exists() {
        return Err(BackupError::refused(to, "is there already", "name another file: a backup overwrites nothing"));
    }
    remove_left_aside(&data.path);
    tell("waiting until nobody brings facts in");
    let lock = wait_for_writers(data).await?;
    let held_since = Instant::now();
    data.lake.reload().await?;
    let aside = Aside(data.path.join(format!("backup-{}", uuid::Uuid::new_v4().simple())));
    std::fs::create_dir(&aside.0).map_err(BackupError::writing(&aside.0))?;
    tell("copying the operational database, linking the rest");
    // No file of content is swept between the database's moment and its linking.
    let content_held = content::hold(data).await.map_err(BackupError::writing(&data.path))?;
    let made_at = data.now();
    let database = aside.0.join("operations.sqlite");
    data.store.copy_to(&database).await?;
    let data_revision = data.store.data_revision().await?;
    let linked = link_all(data, &data.lake, &aside.0).await?;
    drop((content_held, lock));
    let held_seconds = held_since.elapsed().as_secs_f64();
    tell("writing the file");
    let manifest = Manifest {
        format: FORMAT,
        made_at: clock::iso(made_at),
        made_by: env!("CARGO_PKG_VERSION").to_owned(),
        step: store::newest_step(),
        data_revision,
        entries: vec![],
    };
    let (file, made_at, files) = (to.to_owned(), manifest.made_at.clone(), linked.len() as u64);
    let written = tokio::task::spawn_blocking(move || write_file(&file, &linked, manifest));
    let bytes = written.await.expect("writing a file does not panic")?;
    drop(aside);
    Ok(BackedUp {
        file: to.display().to_string(),
        bytes,
        files,
        made_at,
        data_revision,
        held_seconds,
        took_seconds: began.elapsed().as_secs_f64(),
    })
}

async fn wait_for_writers(data: &DataDirectory) -> Result<crate::data_directory::WriteLock, BackupError> {
    let mut tries = 0;
    loop {
        match data.lock_for_writing() {
            Err(DataDirectoryError::Locked { .. }) if tries < LOCKED_TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            other => return Ok(other?),
        }
    }
}

/// What a backup that was killed has left.
fn remove_left_aside(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.strip_prefix("backup-").is_some_and(|rest| rest.len() == 32);
        let is_old = entry
            .metadata()
            .and_then(|about| about.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|since| since > Duration::from_secs(86_400)));
        if is_ours && is_old {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// Links everything that is copied, so that it stays when it is removed where it was; where links cannot be made it is copied at once.
async fn link_all(data: &DataDirectory, lake: &Lake, aside: &Path) -> Result<Vec<Linked>, BackupError> {
    let mut linked = vec![];
    let mut take = |name: String, path: &Path| -> Result<(), BackupError> {
        let place = aside.join(&name);
        let failed = |error: io::Error| BackupError::writing(path)(error);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        if !place.exists() && std::fs::hard_link(path, &place).is_err() {
            std::fs::copy(path, &place).map_err(failed)?;
        }
        let bytes = std::fs::metadata(&place).map_err(failed)?.len();
        linked.push(Linked { name, path: place, bytes });
        Ok(())
    };
    take("operations.sqlite".to_owned(), &aside.join("operations.sqlite"))?;
    for file in lake.held_files().await? {
        let name = file
            .path
            .strip_prefix(&data.path)
            .map_err(|error| BackupError::refused(&file.path, error, "it lies elsewhere"))?;
        take(name_of(name), &file.path)?;
    }
    for part in ["keys", "content", "clicks"] {
        for path in files_below(&data.path.join(part)).map_err(BackupError::writing(&data.path))? {
            let name = path.strip_prefix(&data.path).expect("it lies below").to_owned();
            // What is still arriving belongs to nobody yet.
            if !name.to_string_lossy().contains("arriving-") {
                take(name_of(&name), &path)?;
            }
        }
    }
    Ok(linked)
}

fn name_of(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Reads as much as there was when it was linked, and hashes what passes.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hash.update(&into[..read]);
        Ok(read)
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes beside the file's place and puts it there once all of it is on disk.
fn write_file(to: &Path, linked: &[Linked], mut manifest: Manifest) -> Result<u64, BackupError> {
    let mut beside = to.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = (|| -> io::Result<u64> {
        let mut options = File::options();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // It holds the keys.
            options.mode(0o600);
        }
        let mut tar = tar::Builder::new(BufWriter::with_capacity(1 << 20, options.open(&beside)?));
        for file in linked {
            let mut reader = Hashed { inner: File::open(&file.path)?.take(file.bytes), hash: Sha256::new() };
            append(&mut tar, &file.name, file.bytes, &mut reader)?;
            let sha256 = hex(reader.hash);
            manifest.entries.push(Entry { name: file.name.clone(), bytes: file.bytes, sha256 });
        }
        let text = serde_json::to_vec(&manifest).expect("a manifest serialises");
        append(&mut tar, MANIFEST, text.len() as u64, &mut text.as_slice())?;
        let mut file = tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.flush()?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        std::fs::rename(&beside, to)?;
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(bytes)
    })();
    written.map_err(|error| {
        drop(std::fs::remove_file(&beside));
        BackupError::writing(to)(error)
    })
}

fn append<W: Write>(tar: &mut tar::Builder<W>, name: &str, bytes: u64, reader: &mut impl Read) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, name, reader)
}

/// Makes a data directory of a backup: nothing is at its place before, and nothing is there where anything of the file is wrong.
///
/// # Errors
/// `Refused` where the place is taken, the file is no backup, is cut, was changed, or was made by a newer program.
pub fn restore(from: &Path, to: &Path) -> Result<Restored, BackupError> {
    let is_taken = match std::fs::read_dir(to) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    if is_taken {
        let hint = "name a folder that is not there: restoring overwrites nothing";
        return Err(BackupError::refused(to, "holds something already", hint));
    }
    let mut beside = to.as_os_str().to_owned();
    beside.push(".restoring");
    let aside = Aside(PathBuf::from(beside));
    if aside.0.exists() {
        std::fs::remove_dir_all(&aside.0).map_err(BackupError::writing(&aside.0))?;
    }
    std::fs::create_dir_all(&aside.0).map_err(BackupError::writing(&aside.0))?;
    let unpacked = unpack(from, &aside.0)?;
    let manifest = checked(from, unpacked)?;
    // An empty folder may be there; a folder is put at its place in one step.
    drop(std::fs::remove_dir(to));
    std::fs::rename(&aside.0, to).map_err(BackupError::writing(to))?;
    Ok(Restored {
        folder: to.display().to_string(),
        files: manifest.entries.len() as u64,
        bytes: manifest.entries.iter().map(|entry| entry.bytes).sum(),
        made_at: manifest.made_at,
        data_revision: manifest.data_revision,
    })
}

struct Unpacked {
    entries: Vec<Entry>,
    manifest: Option<Manifest>,
}

fn unpack(from: &Path, into: &Path) -> Result<Unpacked, BackupError> {
    let broken =
        |problem: String| BackupError::refused(from, problem, "it is no backup of Bellwether, or only a part of one");
    let file = File::open(from).map_err(|error| BackupError::refused(from, error, "check the spelling"))?;
    let mut archive = tar::Archive::new(io::BufReader::with_capacity(1 << 20, file));
    let mut unpacked = Unpacked { entries: vec![], manifest: None };
    for entry in archive.entries().map_err(|error| broken(error.to_string()))? {
        let entry = entry.map_err(|error| broken(error.to_string()))?;
        let name = entry.path().map_err(|error| broken(error.to_string()))?.into_owned();
        let is_plain = name.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain || entry.header().entry_type() != tar::EntryType::Regular {
            return Err(broken(format!("{} leads out of it", name.display())));
        }
        let name = name_of(&name);
        if name == MANIFEST {
            let manifest =
                serde_json::from_reader(entry.take(MANIFEST_BYTES_MAX)).map_err(|error| broken(error.to_string()))?;
            unpacked.manifest = Some(manifest);
            continue;
        }
        if !PARTS.contains(&name.split('/').next().unwrap_or_default()) {
            return Err(broken(format!("{name} is no part of a data directory")));
        }
        let place = into.join(&name);
        let failed = |error: io::Error| BackupError::writing(&place)(error);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(if name.starts_with("keys/") { 0o600 } else { 0o644 });
        }
        let mut out = options.open(&place).map_err(failed)?;
        let mut reader = Hashed { inner: entry, hash: Sha256::new() };
        let bytes = io::copy(&mut reader, &mut out).map_err(|error| broken(error.to_string()))?;
        out.sync_all().map_err(failed)?;
        unpacked.entries.push(Entry { name, bytes, sha256: hex(reader.hash) });
    }
    Ok(unpacked)
}

/// Whether everything that was written is there as it was written.
fn checked(from: &Path, unpacked: Unpacked) -> Result<Manifest, BackupError> {
    let again = "take another backup: this one was cut or changed";
    let Some(manifest) = unpacked.manifest else {
        return Err(BackupError::refused(from, "it has no end", again));
    };
    if manifest.format > FORMAT || manifest.step > store::newest_step() {
        let problem = format!("it was made by a newer Bellwether ({})", manifest.made_by);
        return Err(BackupError::refused(from, problem, "restore it with that version, or a newer one"));
    }
    if let Some(wrong) = manifest.entries.iter().find(|entry| !unpacked.entries.contains(entry)) {
        return Err(BackupError::refused(from, format!("{} is not as it was written", wrong.name), again));
    }
    if manifest.entries.len() != unpacked.entries.len() {
        return Err(BackupError::refused(from, "it holds more than was written", again));
    }
    Ok(manifest)
}
