//! The work a connection has to do: which page of what comes next, when, and what went wrong. A page's work and its place are kept
//! together with the facts it brought, so that a program that dies begins where the last facts end.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// A piece of work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobRow {
    pub id: i64,
    pub connection: i64,
    pub watched: Option<i64>,
    pub task: String,
    pub subject: String,
    pub cursor: Option<String>,
    pub due_at: Timestamp,
    pub every_seconds: Option<i64>,
    pub priority: i64,
    pub attempts: i64,
    pub problem: Option<String>,
    pub round_began_at: Option<Timestamp>,
    pub pages: i64,
    pub rounds: i64,
    pub done_at: Option<Timestamp>,
    /// The brand that what is watched is for.
    pub brand: Option<String>,
}

/// Work that is asked for. Work of the same task and subject is not doubled: what is done once is moved forward to `due_at`, what is done
/// again and again keeps its turn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewJob {
    pub watched: Option<i64>,
    pub task: String,
    pub subject: String,
    pub due_at: Timestamp,
    pub every_seconds: Option<i64>,
    pub priority: i64,
}

/// What a page of work came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepDone {
    pub job: i64,
    /// Where the next page begins; `None`: the round has ended.
    pub cursor: Option<String>,
    pub at: Timestamp,
    /// When the next round begins; `None`: only when it is asked for.
    pub next_round_at: Option<Timestamp>,
    /// Pages done since it was kept last.
    pub pages: i64,
}

/// What a portion of facts did to the work: pages done, and work that follows from them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkDone {
    pub connection: Option<i64>,
    pub steps: Vec<StepDone>,
    pub asked: Vec<NewJob>,
}

/// How much work a connection has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JobCounts {
    pub all: u64,
    pub due: u64,
    pub with_problem: u64,
    pub rounds: u64,
    pub next_due_at: Option<Timestamp>,
}

/// Never: later than any clock here shows.
const NEVER: i64 = i64::MAX;

impl Store {
    /// Asks for work.
    pub async fn ask_for_work(&self, connection: i64, asked: &[NewJob]) -> Result<(), StoreError> {
        let failed = StoreError::of("asking for work");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for job in asked {
            insert(&mut transaction, connection, job).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Work that is due, the most urgent first, then what has waited longest.
    pub async fn work_due(&self, connection: i64, now: Timestamp, limit: i64) -> Result<Vec<JobRow>, StoreError> {
        let rows = sqlx::query(
            "select j.*, w.brand_id from sync_job j left join watched w on w.id = j.watched_id
             where j.connection_id = $1 and j.due_at <= $2 order by j.priority, j.due_at, j.id limit $3",
        )
        .bind(connection)
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the work that is due"))?;
        Ok(rows.iter().map(job_row).collect())
    }

    /// One piece of work by its task and subject.
    pub async fn job(&self, connection: i64, task: &str, subject: &str) -> Result<Option<JobRow>, StoreError> {
        let row = sqlx::query(
            "select j.*, w.brand_id from sync_job j left join watched w on w.id = j.watched_id
             where j.connection_id = $1 and j.task = $2 and j.subject = $3",
        )
        .bind(connection)
        .bind(task)
        .bind(subject)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("reading a piece of work"))?;
        Ok(row.as_ref().map(job_row))
    }

    /// The work of a connection, what has a problem first, then what comes next.
    pub async fn work(&self, connection: i64, limit: i64) -> Result<Vec<JobRow>, StoreError> {
        let rows = sqlx::query(
            "select j.*, w.brand_id from sync_job j left join watched w on w.id = j.watched_id
             where j.connection_id = $1 order by j.problem is null, j.due_at, j.priority, j.id limit $2",
        )
        .bind(connection)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the work of a connection"))?;
        Ok(rows.iter().map(job_row).collect())
    }

    pub async fn work_counts(&self, connection: i64, now: Timestamp) -> Result<JobCounts, StoreError> {
        let row = sqlx::query(
            "select count(*) as every, coalesce(sum(due_at <= $2), 0) as due, coalesce(sum(problem is not null), 0) as wrong,
                coalesce(sum(rounds), 0) as rounds, min(due_at) as next
             from sync_job where connection_id = $1",
        )
        .bind(connection)
        .bind(now.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("counting the work of a connection"))?;
        let count = |name: &str| row.get::<i64, _>(name) as u64;
        Ok(JobCounts {
            all: count("every"),
            due: count("due"),
            with_problem: count("wrong"),
            rounds: count("rounds"),
            next_due_at: row.get::<Option<i64>, _>("next").filter(|at| *at < NEVER).map(Timestamp),
        })
    }

    /// Everything of a connection is due now.
    pub async fn hurry_work(&self, connection: i64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update sync_job set due_at = $2, attempts = 0 where connection_id = $1 and every_seconds is not null",
        )
        .bind(connection)
        .bind(now.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("hurrying work"))?;
        Ok(())
    }

    /// A page could not be had: tried again at `due_at`.
    pub async fn work_failed(&self, job: i64, problem: &str, due_at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update sync_job set attempts = attempts + 1, problem = $2, due_at = $3 where id = $1")
            .bind(job)
            .bind(problem)
            .bind(due_at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting a failure"))?;
        Ok(())
    }

    /// Keeps what was done where it brought no facts.
    pub async fn keep_work_done(&self, done: &WorkDone) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping work done");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        keep_work(&mut transaction, done).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }
}

/// Within the transaction that closes the import of the same pages.
pub(super) async fn keep_work(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    done: &WorkDone,
) -> Result<(), sqlx::Error> {
    for step in &done.steps {
        sqlx::query(
            "update sync_job set cursor = $2, attempts = 0, problem = null, pages = case when $2 is null then 0 else pages + $5 end,
                round_began_at = case when $2 is null then null else coalesce(round_began_at, $3) end,
                rounds = rounds + ($2 is null), done_at = case when $2 is null then $3 else done_at end,
                due_at = case when $2 is null then $4 else due_at end
             where id = $1",
        )
        .bind(step.job)
        .bind(&step.cursor)
        .bind(step.at.0)
        .bind(step.next_round_at.map_or(NEVER, |at| at.0))
        .bind(step.pages)
        .execute(&mut **transaction)
        .await?;
    }
    if let Some(connection) = done.connection {
        for job in &done.asked {
            insert(transaction, connection, job).await?;
        }
    }
    Ok(())
}

async fn insert(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    connection: i64,
    job: &NewJob,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sync_job (connection_id, watched_id, task, subject, due_at, every_seconds, priority)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (connection_id, task, subject) do update
         set due_at = case when $6 is null then min(due_at, $5) else due_at end, every_seconds = coalesce($6, every_seconds), priority = min(priority, $7),
             watched_id = coalesce(watched_id, $2)",
    )
    .bind(connection)
    .bind(job.watched)
    .bind(&job.task)
    .bind(&job.subject)
    .bind(job.due_at.0)
    .bind(job.every_seconds)
    .bind(job.priority)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn job_row(row: &SqliteRow) -> JobRow {
    JobRow {
        id: row.get("id"),
        connection: row.get("connection_id"),
        watched: row.get("watched_id"),
        task: row.get("task"),
        subject: row.get("subject"),
        cursor: row.get("cursor"),
        due_at: Timestamp(row.get("due_at")),
        every_seconds: row.get("every_seconds"),
        priority: row.get("priority"),
        attempts: row.get("attempts"),
        problem: row.get("problem"),
        round_began_at: row.get::<Option<i64>, _>("round_began_at").map(Timestamp),
        pages: row.get("pages"),
        rounds: row.get("rounds"),
        done_at: row.get::<Option<i64>, _>("done_at").map(Timestamp),
        brand: row.get("brand_id"),
    }
}
