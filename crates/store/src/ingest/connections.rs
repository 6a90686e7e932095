//! Platforms that are asked by themselves: connections with their sealed grants, what is watched there, and calls made.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// Whether a connection is worked on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    Active,
    Paused,
    /// The grant was taken back, or is not taken any more.
    Revoked,
}

impl ConnectionState {
    pub fn code(self) -> &'static str {
        match self {
            ConnectionState::Active => "active",
            ConnectionState::Paused => "paused",
            ConnectionState::Revoked => "revoked",
        }
    }

    fn from_code(code: &str) -> ConnectionState {
        match code {
            "active" => ConnectionState::Active,
            "revoked" => ConnectionState::Revoked,
            _ => ConnectionState::Paused,
        }
    }
}

/// A platform that is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionRow {
    pub id: i64,
    pub platform: String,
    pub name: String,
    pub server: String,
    /// JSON.
    pub settings: String,
    pub secret: Option<Vec<u8>>,
    pub state: ConnectionState,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub problem: Option<String>,
}

/// A connection about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewConnection {
    pub platform: String,
    pub name: String,
    pub server: String,
    pub settings: String,
    pub secret: Option<Vec<u8>>,
}

/// Somebody or some words that are watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchedRow {
    pub id: i64,
    pub connection: i64,
    /// `account` or `search`.
    pub kind: String,
    pub subject: String,
    pub native_id: Option<String>,
    pub brand: Option<String>,
    pub priority: i64,
    pub added_at: Timestamp,
    pub problem: Option<String>,
}

/// What is to be watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWatched {
    pub kind: String,
    pub subject: String,
    pub brand: Option<String>,
    pub priority: i64,
}

impl Store {
    /// Keeps a new connection; `None` where one of that name is there.
    pub async fn keep_connection(&self, new: &NewConnection, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "insert into connection (platform, name, server, settings, secret, state, created_at, changed_at)
             values ($1, $2, $3, $4, $5, 'active', $6, $6) on conflict (name) do nothing returning id",
        )
        .bind(&new.platform)
        .bind(&new.name)
        .bind(&new.server)
        .bind(&new.settings)
        .bind(&new.secret)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("keeping a connection"))?;
        Ok(row.map(|(id,)| id))
    }

    /// Every connection, oldest first.
    pub async fn connections(&self) -> Result<Vec<ConnectionRow>, StoreError> {
        let rows = sqlx::query("select * from connection order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the connections"))?;
        Ok(rows.iter().map(connection_row).collect())
    }

    pub async fn connection(&self, id: i64) -> Result<Option<ConnectionRow>, StoreError> {
        let row = sqlx::query("select * from connection where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a connection"))?;
        Ok(row.as_ref().map(connection_row))
    }

    /// Works on it again, or no more. A grant that was taken back is not kept.
    pub async fn set_connection_state(&self, id: i64, state: ConnectionState, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update connection set state = $2, changed_at = $3, secret = case when $2 = 'revoked' then null else secret end
             where id = $1",
        )
        .bind(id)
        .bind(state.code())
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("changing a connection"))?;
        Ok(())
    }

    /// Keeps another grant for it, sealed.
    pub async fn set_connection_secret(&self, id: i64, secret: &[u8], at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update connection set secret = $2, changed_at = $3 where id = $1")
            .bind(id)
            .bind(secret)
            .bind(at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping a grant"))?;
        Ok(())
    }

    pub async fn set_connection_settings(&self, id: i64, settings: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update connection set settings = $2, changed_at = $3 where id = $1")
            .bind(id)
            .bind(settings)
            .bind(at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("changing a connection"))?;
        Ok(())
    }

    /// Notes how asking the platform went: that it answered, or what is wrong.
    pub async fn note_health(
        &self,
        id: i64,
        answered_at: Option<Timestamp>,
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query("update connection set answered_at = coalesce($2, answered_at), problem = $3 where id = $1")
            .bind(id)
            .bind(answered_at.map(|at| at.0))
            .bind(problem)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting how a connection is"))?;
        Ok(())
    }

    /// Ends a connection with what is watched and due there. What it brought in is another matter.
    pub async fn remove_connection(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from connection where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a connection"))?;
        Ok(())
    }

    /// Watches somebody or some words; what is watched already gets the new priority and brand. Returns its id and whether it is new.
    pub async fn watch(&self, connection: i64, new: &NewWatched, at: Timestamp) -> Result<(i64, bool), StoreError> {
        let failed = StoreError::of("watching");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let before: Option<(i64,)> =
            sqlx::query_as("select id from watched where connection_id = $1 and kind = $2 and subject = $3")
                .bind(connection)
                .bind(&new.kind)
                .bind(&new.subject)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(&failed)?;
        let (id,): (i64,) = sqlx::query_as(
            "insert into watched (connection_id, kind, subject, brand_id, priority, added_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (connection_id, kind, subject) do update
             set brand_id = coalesce($4, brand_id), priority = $5, problem = null returning id",
        )
        .bind(connection)
        .bind(&new.kind)
        .bind(&new.subject)
        .bind(&new.brand)
        .bind(new.priority)
        .bind(at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok((id, before.is_none()))
    }

    /// What is watched at a connection, the most urgent first.
    pub async fn watched(&self, connection: i64) -> Result<Vec<WatchedRow>, StoreError> {
        let rows = sqlx::query("select * from watched where connection_id = $1 order by priority, kind, subject")
            .bind(connection)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is watched"))?;
        Ok(rows
            .iter()
            .map(|row| WatchedRow {
                id: row.get("id"),
                connection: row.get("connection_id"),
                kind: row.get("kind"),
                subject: row.get("subject"),
                native_id: row.get("native_id"),
                brand: row.get("brand_id"),
                priority: row.get("priority"),
                added_at: Timestamp(row.get("added_at")),
                problem: row.get("problem"),
            })
            .collect())
    }

    /// Who somebody watched turned out to be, or why they could not be found.
    pub async fn note_watched(
        &self,
        id: i64,
        native_id: Option<&str>,
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query("update watched set native_id = coalesce($2, native_id), problem = $3 where id = $1")
            .bind(id)
            .bind(native_id)
            .bind(problem)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting who is watched"))?;
        Ok(())
    }

    /// Watches no more, with the work that was due for it.
    pub async fn unwatch(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from watched where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("watching no more"))?;
        Ok(())
    }

    /// Whoever is forgotten is not watched any more, by whichever name they were.
    pub async fn forget_in_connections(&self, native_ids: &[String]) -> Result<(), StoreError> {
        for native_id in native_ids {
            sqlx::query("delete from watched where kind = 'account' and (native_id = $1 or subject = $1)")
                .bind(native_id)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("forgetting who was watched"))?;
        }
        Ok(())
    }

    /// Counts calls before they are made, in the span of time `span_at` of a bucket, where no more than `calls_max` were since
    /// `since`; where they would be more, nothing is counted and `Some` says which of the spans that count is the oldest. What
    /// lies before `since` goes.
    pub async fn count_calls(
        &self,
        connection: i64,
        bucket: &str,
        (since, span_at): (Timestamp, Timestamp),
        calls: u32,
        calls_max: u64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let failed = StoreError::of("counting calls");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from call_count where connection_id = $1 and bucket = $2 and window_began_at < $3")
            .bind(connection)
            .bind(bucket)
            .bind(since.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let (used, oldest): (i64, Option<i64>) = sqlx::query_as(
            "select coalesce(sum(used), 0), min(window_began_at) from call_count where connection_id = $1 and bucket = $2",
        )
        .bind(connection)
        .bind(bucket)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let is_full = used as u64 + u64::from(calls) > calls_max;
        if !is_full {
            sqlx::query(
                "insert into call_count (connection_id, bucket, window_began_at, used) values ($1, $2, $3, $4)
                 on conflict (connection_id, bucket, window_began_at) do update set used = used + $4",
            )
            .bind(connection)
            .bind(bucket)
            .bind(span_at.0)
            .bind(i64::from(calls))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(is_full.then(|| Timestamp(oldest.unwrap_or(span_at.0))))
    }

    /// Calls made in each span of time that is remembered: bucket, beginning, calls.
    pub async fn calls(&self, connection: i64) -> Result<Vec<(String, Timestamp, u64)>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "select bucket, window_began_at, used from call_count where connection_id = $1 order by bucket",
        )
        .bind(connection)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading calls"))?;
        Ok(rows.into_iter().map(|(bucket, at, used)| (bucket, Timestamp(at), used as u64)).collect())
    }
}

fn connection_row(row: &SqliteRow) -> ConnectionRow {
    ConnectionRow {
        id: row.get("id"),
        platform: row.get("platform"),
        name: row.get("name"),
        server: row.get("server"),
        settings: row.get("settings"),
        secret: row.get("secret"),
        state: ConnectionState::from_code(row.get("state")),
        created_at: Timestamp(row.get("created_at")),
        changed_at: Timestamp(row.get("changed_at")),
        answered_at: row.get::<Option<i64>, _>("answered_at").map(Timestamp),
        problem: row.get("problem"),
    }
}
