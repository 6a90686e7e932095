//! Whether the facts at rest are whole: every file the tables name is there, of the size it was written with, and can be read.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use deltalake::kernel::LogicalFileView;
use futures::StreamExt;
use model::ImportId;

use crate::error::LakeError;
use crate::session::{Lake, ints, register_files};
use crate::tables::FactTable;

/// Under which tag of the log a file's hash is kept: XXH3, 128 bits, in hex. It tells damage, not forgery.
pub(crate) const HASH_TAG: &str = "xxh3";

/// The hash of a file's bytes.
pub(crate) fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(format!("{:032x}", hash.digest128())),
            read => hash.update(&chunk[..read]),
        }
    }
}

/// A file that belongs to the tables as they are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldFile {
    /// On this machine.
    pub path: PathBuf,
    /// As the table's log says; `None` for the log's own files.
    pub bytes: Option<u64>,
}

/// A file that is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultyFile {
    pub table: &'static str,
    pub file: String,
    pub problem: String,
}

#[expect(deprecated, reason = "no other way leads to the tags of a file")]
fn hash_kept(file: &LogicalFileView) -> Option<String> {
    file.add_action().tags.and_then(|tags| tags.get(HASH_TAG).cloned().flatten())
}

impl Lake {
    /// Every file that makes up the tables now, with those of their logs. Whoever copies them holds the writers' lock until they are linked.
    ///
    /// # Errors
    /// `Place` where the tables lie on an object store: that has copies of its own.
    pub async fn held_files(&self) -> Result<Vec<HeldFile>, LakeError> {
        let held = self.tables.read().await;
        let mut files = vec![];
        for table in FactTable::ALL {
            let folder = self.folder_of(table)?;
            let snapshot = held[table.index()].snapshot().map_err(|error| LakeError::write(table.name(), error))?;
            files.extend(snapshot.log_data().iter().map(|file| HeldFile {
                path: folder.join(file.path().as_ref()),
                bytes: u64::try_from(file.size()).ok(),
            }));
            let log = folder.join("_delta_log");
            let failed = |error: std::io::Error| LakeError::Place(format!("{}: {error}", log.display()));
            for entry in std::fs::read_dir(&log).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                // What somebody is about to write begins with a dot.
                if path.is_file() && path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
                    files.push(HeldFile { path, bytes: None });
                }
            }
        }
        Ok(files)
    }

    fn folder_of(&self, table: FactTable) -> Result<PathBuf, LakeError> {
        let url =
            self.root().join(&format!("{}/", table.name())).map_err(|error| LakeError::Place(error.to_string()))?;
        url.to_file_path().map_err(|()| LakeError::Place(format!("{url} is no folder of this machine")))
    }

    /// Looks at every file of the tables: whether it is there with its size, and with `reads_all` whether it is byte for byte as it was written;
    /// of files that were rewritten later no hash is kept, and it is looked whether every column can be read.
    ///
    /// Cost: the list of files; with `reads_all` one reading of everything.
    pub async fn faulty_files(&self, reads_all: bool) -> Result<Vec<FaultyFile>, LakeError> {
        let mut faulty = vec![];
        for table in FactTable::ALL {
            let folder = self.folder_of(table)?;
            let files: Vec<(String, u64, Option<String>)> = {
                let held = self.tables.read().await;
                let snapshot = held[table.index()].snapshot().map_err(|error| LakeError::write(table.name(), error))?;
                let file =
                    |file: LogicalFileView| (file.path().into_owned(), file.size().unsigned_abs(), hash_kept(&file));
                snapshot.log_data().iter().map(file).collect()
            };
            for (file, bytes, hash) in files {
                let path = folder.join(&file);
                let problem = match (std::fs::metadata(&path), hash) {
                    (Err(error), _) => Some(format!("cannot be opened: {error}")),
                    (Ok(there), _) if there.len() != bytes => {
                        Some(format!("has {} bytes where {bytes} were written", there.len()))
                    }
                    (Ok(_), Some(hash)) if reads_all => match hash_of(&path) {
                        Ok(now) if now == hash => None,
                        Ok(_) => Some("is not as it was written".to_owned()),
                        Err(error) => Some(format!("cannot be read: {error}")),
                    },
                    (Ok(_), None) if reads_all => {
                        self.read_whole(table, &path.to_string_lossy()).await.err().map(|error| error.to_string())
                    }
                    _ => None,
                };
                faulty.extend(problem.map(|problem| FaultyFile { table: table.name(), file, problem }));
            }
        }
        Ok(faulty)
    }

    async fn read_whole(&self, table: FactTable, path: &str) -> Result<(), LakeError> {
        let failed = |error| LakeError::query("reading a file", error);
        let context = self.bare_context();
        register_files(&context, "whole", table, &[path.to_owned()])?;
        let mut stream =
            context.sql("select * from whole").await.map_err(failed)?.execute_stream().await.map_err(failed)?;
        while let Some(batch) = stream.next().await {
            batch.map_err(failed)?;
        }
        Ok(())
    }

    /// Which imports brought the rows that are here, past their time or not.
    pub async fn imports_held(&self) -> Result<BTreeSet<ImportId>, LakeError> {
        let mut held = BTreeSet::new();
        for table in FactTable::ALL {
            let files = self.files(table).await?;
            let context = self.bare_context();
            register_files(&context, "held", table, &files)?;
            let failed = |error| LakeError::query("reading which imports are held", error);
            let batches = context.sql("select distinct import_id from held").await.map_err(failed)?;
            for batch in &batches.collect().await.map_err(failed)? {
                held.extend(ints(batch, 0).iter().flatten().map(ImportId));
            }
        }
        Ok(held)
    }
}
