//! The work that goes on by itself while the pages are served: each connection is worked through, and its stream listened to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use store::ConnectionState;

use super::stream::{self, Until};
use super::{Connection, REVOKED_DAYS, SyncError, run};
use crate::data_directory::DataDirectory;
use crate::ingest::connections;

/// Between two looks at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Between two removals of rows past their time.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// More small files than this are joined although a refresh has not seen all of them.
const SMALL_FILES_UNREFRESHED_MAX: usize = 1_000;
/// What was done is kept so long.
const ACTS_DAYS: i64 = 730;
/// After a stream broke off.
const LISTEN_AGAIN: Duration = Duration::from_secs(15);

/// Begins to work until the program ends. Where another program does so already, this one leaves it to that.
pub fn begin(data: Arc<DataDirectory>) {
    tokio::spawn(async move {
        let place = data.path.join("sync.lock");
        let Ok(file) = std::fs::File::options().create(true).truncate(false).write(true).open(&place) else {
            tracing::warn!("connections are not worked through: sync.lock cannot be opened");
            return;
        };
        if file.try_lock().is_err() {
            tracing::warn!("another program works through the connections of this data directory");
            return;
        }
        let mut at_work = BTreeSet::new();
        let sweeping = data.clone();
        tokio::spawn(async move { keep_sweeping(sweeping).await });
        loop {
            match data.store.connections().await {
                Ok(rows) => {
                    for row in rows {
                        if at_work.insert(row.id) {
                            tokio::spawn(keep_fresh(data.clone(), row.id));
                            tokio::spawn(keep_listening(data.clone(), row.id));
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the connections cannot be read"),
            }
            if data.is_ending() {
                drop(file);
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
}

/// Removes rows past their time. They are not shown before either: this frees the disk of them.
async fn keep_sweeping(data: Arc<DataDirectory>) {
    loop {
        if let Err(error) = sweep(&data).await {
            tracing::warn!(%error, "rows past their time could not be removed");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// How many rows were past their time; nothing is done while somebody else writes. What came by a grant that was taken back a week ago
/// goes with its connection.
pub async fn sweep(data: &DataDirectory) -> Result<u64, SyncError> {
    let before = data.now().0 - REVOKED_DAYS * 86_400 * 1_000_000;
    for row in data.store.connections().await? {
        if row.state == ConnectionState::Revoked && row.changed_at.0 <= before {
            connections::disconnect(data, &Connection::of(row)?, true).await?;
        }
    }
    data.store.remove_acts_before(Timestamp(data.now().0 - ACTS_DAYS * 86_400 * 1_000_000)).await?;
    let Ok(_lock) = data.lock_for_writing() else { return Ok(0) };
    data.revision().await?;
    let removed = data.lake.remove_expired(data.now()).await?;
    if removed > 0 {
        data.store.facts_changed().await?;
    }
    // A refresh joins files sooner, and so that the next one need not read everything; this is for those who seldom refresh.
    if data.lake.small_files().await? > SMALL_FILES_UNREFRESHED_MAX {
        let fewer = data.lake.compact().await?;
        tracing::info!(fewer, "small files were joined");
    }
    Ok(removed)
}

/// Works through one connection, again and again, as long as it is there.
async fn keep_fresh(data: Arc<DataDirectory>, id: i64) {
    loop {
        match data.store.connection(id).await {
            Ok(Some(row)) if row.state == ConnectionState::Active => {
                let due = data.store.work_due(id, data.now(), 1).await;
                if due.is_ok_and(|due| !due.is_empty()) {
                    match run(&data, id, &|_| ()).await {
                        Ok(report) => {
                            if report.facts_new > 0 {
                                tracing::info!(connection = row.name, facts = report.facts_new, "brought in");
                            }
                            let until = report.waits_until.unwrap_or(data.now());
                            let seconds = (until.unix_seconds() - data.now().unix_seconds()).clamp(0, 900);
                            tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
                        }
                        Err(error) => {
                            tracing::warn!(%error, connection = row.name, "a connection could not be worked through");
                            // What is wrong is shown on its page; that it cannot even be written there was said.
                            drop(data.store.note_health(id, None, Some(&error.to_string())).await);
                        }
                    }
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "a connection cannot be read"),
        }
        if data.is_ending() {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn keep_listening(data: Arc<DataDirectory>, id: i64) {
    loop {
        match data.store.connection(id).await {
            Ok(Some(row)) if row.state == ConnectionState::Active => {
                let listens = Connection::of(row).is_ok_and(|connection| connection.settings.stream.is_some());
                if listens && let Err(error) = stream::listen(&data, id, Until::Ended, &|_| ()).await {
                    tracing::warn!(%error, connection = id, "a stream broke off");
                    drop(data.store.note_health(id, None, Some(&format!("the stream broke off: {error}"))).await);
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "a connection cannot be read"),
        }
        if data.is_ending() {
            return;
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}
