//! What following links stands on: a data directory's folder, its database and what this program does there. No facts are opened
//! for it, so that a program that only leads visitors on starts at once.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::Timestamp;
use store::Store;

use super::token::TokenKey;
use crate::clock;
use crate::data_directory::{DataDirectoryError, read_or_make_key};

/// Held by the one program that leads visitors on and stores their clicks; says which it is.
const LOCK: &str = "redirector.lock";
const ALONE: &str = "redirect";
const WITH_PAGES: &str = "serve";

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
    /// The place of the one program that leads visitors on, where this is it; given up with the last clone.
    place: Arc<Mutex<Option<File>>>,
}

/// The kinds of programs that lead visitors on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leader {
    /// It does nothing else.
    Alone,
    /// It shows pages too.
    WithPages,
}

/// Whose the place is of the one program that leads visitors on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Ours,
    Held(Leader),
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
        let (ahead, duty, place) = (Arc::default(), Arc::default(), Arc::default());
        Ok(Ground { path, store, erasure_key, outreach_key, token_key, ahead, duty, place })
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

    /// Takes the place of the one program that leads visitors on, for as long as this one runs; or says who has it.
    pub fn take_place(&self, leader: Leader) -> std::io::Result<Place> {
        let mut held = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(Place::Ours);
        }
        let path = self.path.join(LOCK);
        let mut file = File::options().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.write_all(match leader {
                    Leader::Alone => ALONE.as_bytes(),
                    Leader::WithPages => WITH_PAGES.as_bytes(),
                })?;
                *held = Some(file);
                Ok(Place::Ours)
            }
            Err(TryLockError::WouldBlock) => {
                let is_with_pages = std::fs::read_to_string(&path).is_ok_and(|said| said == WITH_PAGES);
                Ok(Place::Held(if is_with_pages { Leader::WithPages } else { Leader::Alone }))
            }
            Err(TryLockError::Error(problem)) => Err(problem),
        }
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
    async fn one_program_at_a_time_leads_visitors_on_and_others_see_which_kind_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = async || Ground::open(&folder.path().join("data")).await.expect("opens");
        let place = |ground: &Ground, leader: Leader| ground.take_place(leader).expect("the folder is writable");
        let (one, other) = (open().await, open().await);
        assert_eq!(place(&one, Leader::Alone), Place::Ours);
        assert_eq!(place(&one.clone(), Leader::Alone), Place::Ours, "it has it already");
        assert_eq!(place(&other, Leader::WithPages), Place::Held(Leader::Alone));
        drop(one);
        assert_eq!(place(&other, Leader::WithPages), Place::Ours);
        assert_eq!(place(&open().await, Leader::Alone), Place::Held(Leader::WithPages));
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
