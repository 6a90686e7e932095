//! Opening the operational database: one writer, many readers, and every acknowledged write on disk.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::acts::{actor_now, name_actor, nobody_acts};
use crate::error::StoreError;
use crate::migrations::Steps;

/// What people made and decided here.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
}

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT_SECONDS: u64 = 10;

impl Store {
    /// Opens `operations.sqlite` in `folder`, creating or migrating it forward.
    pub async fn open(folder: &Path) -> Result<Store, StoreError> {
        let path = folder.join("operations.sqlite");
        // Connections are told in whose name they are used; a new one is not asked before it is handed out, so it is told when it is made.
        let options = pool_options()
            .after_connect(|connection, _| {
                let actor = actor_now();
                Box::pin(async move { name_actor(connection, &actor).await })
            })
            .before_acquire(|connection, _| {
                let actor = actor_now();
                Box::pin(async move { name_actor(connection, &actor).await.map(|()| true) })
            })
            .after_release(|connection, _| Box::pin(async move { nobody_acts(connection).await.map(|()| true) }));
        let pool = connect(options, &path, SqliteSynchronous::Full).await?;
        let failed = |error: sqlx::migrate::MigrateError| StoreError::Open {
            path: path.display().to_string(),
            problem: format!("its tables cannot be brought up to date: {error}"),
        };
        Migrator::new(Steps).await.map_err(failed)?.run(&pool).await.map_err(failed)?;
        Ok(Store { pool })
    }

    /// The number that grows whenever facts change.
    pub async fn data_revision(&self) -> Result<i64, StoreError> {
        let (revision,): (i64,) = sqlx::query_as("select revision from data_revision where id = 1")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading the data revision"))?;
        Ok(revision)
    }

    /// Says that facts have gone that no import took back.
    pub async fn facts_changed(&self) -> Result<(), StoreError> {
        let failed = StoreError::of("noting that the facts have changed");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        move_revision_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// A setting a person chose, if they did.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("select value from setting where name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a setting"))?;
        Ok(row.map(|(value,)| value))
    }

    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query("insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = $2")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping a setting"))?;
        Ok(())
    }
}

impl Store {
    /// Writes a copy of itself as of one moment to a file that is not there yet, while others go on writing.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        sqlx::query("vacuum into $1")
            .bind(file.to_string_lossy().into_owned())
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("copying the operational database"))?;
        Ok(())
    }

    /// What is wrong inside the file, in the database's own words; nothing where nothing is. Reads all of it.
    pub async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let failed = StoreError::of("checking the operational database");
        let rows: Vec<(String,)> =
            sqlx::query_as("pragma integrity_check").fetch_all(&self.pool).await.map_err(&failed)?;
        let mut faults: Vec<String> = rows.into_iter().map(|(said,)| said).filter(|said| said != "ok").collect();
        let rows: Vec<(String, Option<i64>, String, i64)> =
            sqlx::query_as("pragma foreign_key_check").fetch_all(&self.pool).await.map_err(&failed)?;
        faults.extend(rows.into_iter().map(|(table, row, parent, _)| {
            let row = row.map_or_else(|| "a row".to_owned(), |row| format!("row {row}"));
            format!("{row} of {table} names a row of {parent} that is not there")
        }));
        Ok(faults)
    }
}

/// The newest step of the tables that this program knows.
pub fn newest_step() -> i64 {
    crate::migrations::newest()
}

/// Says that the facts have changed, in the transaction that changed what is known of them.
pub(crate) async fn move_revision_on(transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<(), sqlx::Error> {
    sqlx::query("update data_revision set revision = revision + 1").execute(&mut **transaction).await?;
    Ok(())
}

/// Moves what was written into the database file and empties the journal beside it, which repeats older pages.
pub(crate) async fn empty_journal(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    sqlx::query("pragma wal_checkpoint(truncate)").execute(pool).await?;
    Ok(())
}

pub(crate) async fn open_pool(path: &Path, synchronous: SqliteSynchronous) -> Result<SqlitePool, StoreError> {
    connect(pool_options(), path, synchronous).await
}

fn pool_options() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(4)
        // Files need no fresh connections, and the pool's reaper may count below nothing and then never ends: a command
        // would hang at its end.
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not go away as a server does.
        .test_before_acquire(false)
}

async fn connect(
    pool: SqlitePoolOptions,
    path: &Path,
    synchronous: SqliteSynchronous,
) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        // What is deleted is overwritten, not only unlinked: names of forgotten people stood in these pages.
        .pragma("secure_delete", "ON")
        .busy_timeout(Duration::from_secs(BUSY_TIMEOUT_SECONDS))
        // A large market's rows take seconds to write; that is no news for whoever watches the work.
        .disable_statement_logging();
    pool.connect_with(options)
        .await
        .map_err(|error| StoreError::Open { path: path.display().to_string(), problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_setting_is_kept_across_opening_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        assert_eq!(store.setting("tiers").await.expect("reads"), None);
        store.set_setting("tiers", "article-1").await.expect("keeps");
        let again = Store::open(folder.path()).await.expect("opens again");
        assert_eq!(again.setting("tiers").await.expect("reads").as_deref(), Some("article-1"));
        assert_eq!(again.data_revision().await.expect("reads"), 0);
    }
}
