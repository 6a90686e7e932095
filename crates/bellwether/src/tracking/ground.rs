//! What following links stands on: a data directory's folder, its database and what this program does there. No facts are opened
//! for it, so that a program that only leads visitors on starts at once.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use model::Timestamp;
use store::Store;

use super::token::TokenKey;
use crate::clock;
use crate::data_directory::{DataDirectoryError, read_or_make_key};

/// Held by a program that leads visitors on and does nothing else.
const LOCK: &str = "redirector.lock";

/// What a program does with links for as long as it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// Leads visitors on, stores their clicks and counts them.
    Links,
    /// Shows pages; another program leads visitors on and counts. The click log is left to it.
    PagesAlone,
}

/// A data directory as far as links are concerned; cheap to clone.
#[derive(Clone)]
pub struct Ground {
    pub path: PathBuf,
    pub store: Store,
    /// Names the click log.
    pub(crate) erasure_key: Vec<u8>,
    pub(crate) outreach_key: Vec<u8>,
    /// Signs click tokens.
    pub(crate) token_key: TokenKey,
    /// How far its clock runs ahead, in microseconds.
    ahead: Arc<AtomicI64>,
    /// Empty for a command, which does its work and ends.
    duty: Arc<OnceLock<Duty>>,
}

/// The place of the one program that leads visitors on by itself; given up when dropped.
pub struct RedirectorLock {
    _file: File,
}

impl Ground {
    /// Opens the folder's database alone, both made where they are missing.
    pub async fn open(path: &Path) -> Result<Ground, DataDirectoryError> {
        let refused = |problem: std::io::Error| DataDirectoryError::Folder {
            path: path.display().to_string(),
            problem: problem.to_string(),
        };
        std::fs::create_dir_all(path).map_err(refused)?;
        let path = std::fs::canonicalize(path).map_err(refused)?;
        let key = |name| {
            read_or_make_key(&path.join("keys"), name)
                .map_err(|problem| DataDirectoryError::Folder { path: path.display().to_string(), problem })
        };
        let (erasure_key, outreach_key) = (key("erasure.key")?, key("outreach.key")?);
        let store = Store::open(&path).await?;
        let token_key = TokenKey::of(&outreach_key);
        Ok(Ground { path, store, erasure_key, outreach_key, token_key, ahead: Arc::default(), duty: Arc::default() })
    }

    /// What this program does with links; nothing for a command.
    pub fn duty(&self) -> Option<Duty> {
        self.duty.get().copied()
    }

    /// Says what this program does with links from now on; what was said first stays.
    pub fn begin(&self, duty: Duty) {
        // Said again by every router that is made, to the same end.
        let _said_before = self.duty.set(duty);
    }

    /// Takes the place of the program that leads visitors on by itself; `None` where another program has it.
    pub fn lock_redirector(&self) -> std::io::Result<Option<RedirectorLock>> {
        let place = self.path.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(place)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(RedirectorLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(problem)) => Err(problem),
        }
    }

    /// Whether another program leads visitors on by itself.
    pub fn has_redirector(&self) -> bool {
        self.path.join(LOCK).exists() && matches!(self.lock_redirector(), Ok(None))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(clock::now().0.saturating_add(self.ahead.load(Ordering::Relaxed)))
    }

    /// Runs the clock of this directory ahead, for those who try what time does.
    pub(crate) fn let_time_pass(&self, micros: i64) {
        self.ahead.fetch_add(micros, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_program_at_a_time_leads_visitors_on_by_itself_and_others_see_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = Ground::open(&folder.path().join("data")).await.expect("opens");
        let other = Ground::open(&folder.path().join("data")).await.expect("opens beside it");
        assert!(!other.has_redirector());
        let lock = one.lock_redirector().expect("the folder is writable").expect("nobody has it");
        assert!(other.has_redirector());
        assert!(other.lock_redirector().expect("the folder is writable").is_none());
        drop(lock);
        assert!(!other.has_redirector());
        assert!(!folder.path().join("data").join("lake").exists(), "no facts are opened");
    }

    #[tokio::test]
    async fn what_a_program_does_first_it_does_for_good() {
        let folder = tempfile::tempdir().expect("a folder");
        let ground = Ground::open(folder.path()).await.expect("opens");
        assert_eq!(ground.duty(), None, "a command");
        ground.begin(Duty::PagesAlone);
        ground.begin(Duty::Links);
        assert_eq!(ground.clone().duty(), Some(Duty::PagesAlone));
    }
}
