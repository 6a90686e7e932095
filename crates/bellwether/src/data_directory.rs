//! The one folder that holds everything: the lake, the databases, the keys. Opening it mends what a crash left.
//!
//! Writers take the folder's lock for as long as they write; readers need none. An import that was running when
//! the program died is taken back at the next opening, so it is wholly there or wholly absent.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lake::Lake;
use store::{Derived, ImportState, Store};
use tokio::sync::Mutex;

use crate::conversations::influence::Influences;
use crate::conversations::map::MapsHeld;
use crate::conversations::market::MarketGroups;
use crate::conversations::{BuyingWeighted, Snapshot};
use crate::creators;
use crate::creators::own_people::among::OwnPeopleHeld;
use crate::creators::search::SearchHeld;
use crate::creators::shortlists::changes::ListsHeld;
use crate::matching::fit::FitsHeld;
use crate::planning::material::MaterialsHeld;
use crate::tracking::TrackingError;
use crate::tracking::attribution::LeaksHeld;
use crate::tracking::ground::{Duty, Ground, Leader, Place};
use crate::tracking::redirecting::Redirector;
use crate::tracking::token::TokenKey;
use crate::vetting::gold::SampleHeld;
use crate::vetting::gold::models::ModelsFor;
use crate::vetting::peers::Peers;
use crate::vetting::report::ReportsHeld;

/// An opened data directory.
pub struct DataDirectory {
    pub path: PathBuf,
    pub lake: Lake,
    pub store: Store,
    pub derived: Derived,
    /// The key of the hashes that keep forgotten people out.
    pub(crate) erasure_key: Vec<u8>,
    /// The key of the hashes kept of own people's addresses.
    pub(crate) own_people_key: Vec<u8>,
    /// The key under which addresses and passwords of outreach are sealed.
    pub(crate) outreach_key: Vec<u8>,
    /// The key that click tokens are signed with, made of it.
    pub(crate) token_key: TokenKey,
    /// The conversation graph of the newest data revision asked for, built once.
    pub(crate) snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// The same with buying talk counting more, once it was asked for.
    pub(crate) buying_weighted: Mutex<Option<Arc<BuyingWeighted>>>,
    /// The conversation groups laid over that graph.
    pub(crate) market_groups: Mutex<Option<Arc<MarketGroups>>>,
    /// Maps drawn lately, and their places.
    pub(crate) maps: Mutex<MapsHeld>,
    /// Who has a say in the windows and niches asked for lately.
    pub(crate) influences: Mutex<Influences>,
    /// What is usual among creators.
    pub(crate) peers: Mutex<Option<Arc<Peers>>>,
    /// The account models in use, and the sample of an audience looked at last.
    pub(crate) account_models: Mutex<Option<Arc<ModelsFor>>>,
    pub(crate) gold: Mutex<Option<Arc<SampleHeld>>>,
    /// Profile reports made lately.
    pub(crate) reports: Mutex<ReportsHeld>,
    /// Fits made lately.
    pub(crate) fits: Mutex<FitsHeld>,
    /// What plans were made from lately.
    pub(crate) materials: Mutex<MaterialsHeld>,
    /// The search index, opened once, and who brings it along.
    pub(crate) search: Mutex<Option<Arc<SearchHeld>>>,
    pub(crate) search_following: Mutex<()>,
    /// Who is among the brand's own people, as last read.
    pub(crate) own_people: Mutex<OwnPeopleHeld>,
    /// Changes of shortlists that can be taken back, and audiences put together lately.
    pub(crate) lists: Mutex<ListsHeld>,
    /// What was found of codes, once they were looked at.
    pub(crate) leaks: Mutex<LeaksHeld>,
    /// Answers of measurements read lately; held while one is computed.
    pub(crate) measuring: Mutex<crate::measurement::ReportsMeasured>,
    /// Where tracked links lead and where their clicks go, once the first was hit.
    redirector: tokio::sync::OnceCell<Arc<Redirector>>,
    /// The same directory as far as links are concerned.
    ground: Ground,
    is_ending: AtomicBool,
    lake_revision: Mutex<Option<i64>>,
}

/// Why a data directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirectoryError {
    #[error("the data directory {path} cannot be used: {problem}")]
    Folder { path: String, problem: String },
    #[error(
        "another bellwether program is writing to {path}\nhint: wait until its import or refresh has finished, then \
         try again"
    )]
    Locked { path: String },
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Held while writing; given back when dropped.
pub struct WriteLock {
    _file: File,
}

impl DataDirectory {
    /// Opens the folder, creating what is missing, and finishes or takes back what a crash interrupted.
    pub async fn open(path: &Path) -> Result<DataDirectory, DataDirectoryError> {
        let ground = Ground::open(path).await?;
        let (path, store) = (ground.path.clone(), ground.store.clone());
        let own_people_key = read_or_make_key(&path.join("keys"), "own-people.key")
            .map_err(|problem| DataDirectoryError::Folder { path: path.display().to_string(), problem })?;
        let derived = Derived::open(&path).await?;
        let lake = Lake::open(&path.join("lake").to_string_lossy()).await?;
        let data = DataDirectory {
            path,
            lake,
            store,
            derived,
            erasure_key: ground.erasure_key.clone(),
            own_people_key,
            token_key: ground.token_key.clone(),
            outreach_key: ground.outreach_key.clone(),
            snapshot: Mutex::new(None),
            buying_weighted: Mutex::new(None),
            market_groups: Mutex::new(None),
            maps: Mutex::new(MapsHeld::default()),
            influences: Mutex::new(Influences::default()),
            peers: Mutex::new(None),
            account_models: Mutex::new(None),
            gold: Mutex::new(None),
            reports: Mutex::default(),
            fits: Mutex::default(),
            materials: Mutex::default(),
            search: Mutex::default(),
            search_following: Mutex::default(),
            own_people: Mutex::default(),
            lists: Mutex::default(),
            leaks: Mutex::default(),
            measuring: Mutex::default(),
            redirector: tokio::sync::OnceCell::new(),
            ground,
            is_ending: AtomicBool::new(false),
            lake_revision: Mutex::new(None),
        };
        data.mend().await?;
        Ok(data)
    }

    /// Takes the writers' lock, or says that somebody else has it.
    pub fn lock_for_writing(&self) -> Result<WriteLock, DataDirectoryError> {
        let place = self.path.join("writer.lock");
        let refused = |problem: std::io::Error| DataDirectoryError::Folder {
            path: place.display().to_string(),
            problem: problem.to_string(),
        };
        let file = File::options().create(true).truncate(false).write(true).open(&place).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirectoryError::Locked { path: self.path.display().to_string() }),
            Err(TryLockError::Error(problem)) => Err(refused(problem)),
        }
    }

    /// The data revision now; sees what another process has written since.
    pub async fn revision(&self) -> Result<i64, DataDirectoryError> {
        let revision = self.store.data_revision().await?;
        let mut seen = self.lake_revision.lock().await;
        if *seen != Some(revision) {
            self.lake.reload().await?;
            let sources = self.store.sources().await?;
            let barred = sources.into_iter().filter(|source| !source.may_derive).map(|source| source.code).collect();
            self.lake.bar_sources(barred).await;
            *seen = Some(revision);
        }
        Ok(revision)
    }

    /// Reads the rules of the sources anew.
    pub async fn reread_rules(&self) -> Result<(), DataDirectoryError> {
        *self.lake_revision.lock().await = None;
        self.revision().await.map(drop)
    }

    /// Takes back imports that never finished, and completes undos and erasures that did not. Somebody else's running
    /// work is left alone: it holds the lock.
    async fn mend(&self) -> Result<(), DataDirectoryError> {
        let unfinished = self.store.unfinished_imports().await?;
        let erasing = self.store.erasures_under_way().await?;
        if unfinished.is_empty() && erasing.is_empty() {
            return Ok(());
        }
        let Ok(_lock) = self.lock_for_writing() else { return Ok(()) };
        self.lake.reload().await?;
        if !erasing.is_empty() {
            tracing::warn!(accounts = erasing.len(), "finishing an erasure that was interrupted");
            self.store.drop_rankings().await?;
            self.lake.erase(&erasing, self.now()).await?;
            self.derived.forget(&erasing).await?;
            self.store.forget_in_groups(&erasing).await?;
            self.store.forget_in_vetting(&erasing).await?;
            self.store.forget_in_searches(&erasing).await?;
            self.store.forget_in_prices(&erasing).await?;
            self.store.forget_in_fit(&erasing).await?;
            self.store.forget_in_planning(&erasing).await?;
            self.store.forget_in_outreach(&erasing, self.now()).await?;
            crate::outreach::content::sweep_unheld(self).await?;
            self.store.forget_in_own_people(&erasing).await?;
            self.store.forget_in_persons(&erasing).await?;
            self.store.forget_in_acts(&erasing).await?;
            creators::search::forget_in(&self.path, &erasing).map_err(|error| DataDirectoryError::Folder {
                path: self.path.display().to_string(),
                problem: error.to_string(),
            })?;
            self.store.erasures_done(&erasing).await?;
            self.store.facts_changed().await?;
        }
        for import in unfinished {
            tracing::warn!(import.id = import.id.0, import.label, "taking back an import that was interrupted");
            self.lake.remove_import(import.id).await?;
            let state = if import.state == ImportState::Undoing { ImportState::Undone } else { ImportState::Failed };
            self.store.set_import_state(import.id, state).await?;
        }
        Ok(())
    }

    /// Says what this program does with links for as long as it runs; said again, the first stays.
    pub fn begin_serving(&self, duty: Duty) {
        self.ground.begin(duty);
    }

    /// Takes the place of the one program that leads visitors on and counts, for a program that shows pages too; or says who has it.
    pub fn take_redirectors_place(&self) -> std::io::Result<Place> {
        self.ground.take_place(Leader::WithPages)
    }

    /// What this program does with links; nothing for a command.
    pub fn duty(&self) -> Option<Duty> {
        self.ground.duty()
    }

    /// Whether the program was asked to end: whoever is being told news is told no more.
    pub fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed)
    }

    pub fn begin_ending(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Where tracked links lead; opens the click log the first time.
    pub async fn redirector(&self) -> Result<&Arc<Redirector>, TrackingError> {
        self.redirector.get_or_try_init(|| async { Ok(Arc::new(Redirector::open(self.ground.clone()).await?)) }).await
    }

    /// What is wrong with storing clicks, where something is; nothing where no link was hit since the start.
    pub fn tracking_alarm(&self) -> Option<String> {
        self.redirector.get()?.alarm()
    }

    /// Ends the click log, where one was begun: everything is on disk after it.
    pub fn close_redirector(&self) -> std::io::Result<()> {
        self.redirector.get().map_or(Ok(()), |redirector| redirector.close())
    }

    /// The size of everything in the folder.
    pub fn size_bytes(&self) -> u64 {
        folder_size_bytes(&self.path)
    }

    /// The moment of opening a question; one place so that a test may see it.
    pub fn now(&self) -> model::Timestamp {
        self.ground.now()
    }

    /// Lets time pass in this directory alone, as this program sees it: tests live through days in a moment.
    pub fn let_time_pass(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ground.let_time_pass(micros);
    }
}

fn folder_size_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_size_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// A key that makes hashes of people; made once, readable by the owner alone.
pub(crate) fn read_or_make_key(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let place = folder.join(name);
    if let Ok(key) = std::fs::read(&place) {
        return if key.len() == 32 {
            Ok(key)
        } else {
            Err(format!(
                "{} is damaged (it holds {} bytes, not 32); restore it from a backup",
                place.display(),
                key.len()
            ))
        };
    }
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut key = Vec::with_capacity(32);
    key.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    key.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    write_private(&place, &key).map_err(|error| error.to_string())?;
    Ok(key)
}

/// Writes a file that only the owner may read; refused where it is there.
pub(crate) fn write_private(place: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(place)?;
    file.write_all(content)?;
    file.sync_all()
}
