//! Sources with their rules, imports with their counts and refused rows; below, what is asked of platforms by itself.

use model::{Days, ImportCounts, ImportId, RowIssue, SourceKind, SourcePolicy, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::{Store, move_revision_on};
use crate::error::StoreError;

pub mod connections;
pub mod gone;
pub mod jobs;

use gone::GoneRecord;
use jobs::WorkDone;

/// How far an import has come. Anything but `Done` has no rows that a person sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportState {
    Running,
    Done,
    Undoing,
    Undone,
    Failed,
}

impl ImportState {
    pub fn code(self) -> &'static str {
        match self {
            ImportState::Running => "running",
            ImportState::Done => "done",
            ImportState::Undoing => "undoing",
            ImportState::Undone => "undone",
            ImportState::Failed => "failed",
        }
    }

    fn from_code(code: &str) -> ImportState {
        match code {
            "running" => ImportState::Running,
            "done" => ImportState::Done,
            "undoing" => ImportState::Undoing,
            "undone" => ImportState::Undone,
            _ => ImportState::Failed,
        }
    }
}

/// An import about to begin.
#[derive(Clone, PartialEq, Debug)]
pub struct NewImport {
    pub source_code: String,
    /// What a person recognises it by: the file or folder.
    pub label: String,
    pub file_sha256: String,
    pub started_at: Timestamp,
    /// The connection that brings it, where one does.
    pub connection: Option<i64>,
}

/// What else is kept in the same moment as an import.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Along {
    /// Pages of work done.
    pub work: WorkDone,
    /// Records that are gone.
    pub gone: Vec<GoneRecord>,
}

/// An import as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportRecord {
    pub id: ImportId,
    pub source_code: String,
    pub label: String,
    pub file_sha256: String,
    pub state: ImportState,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// The connection that brought it, where one did.
    pub connection: Option<i64>,
    pub counts: ImportCounts,
    /// Sentences about what was read, for a person.
    pub remarks: Vec<String>,
}

/// What the imports of one connection, or of somebody, brought together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brought {
    /// `None`: somebody made them.
    pub connection: Option<i64>,
    pub imports: u64,
    pub inserted: u64,
    pub refused: u64,
}

impl Store {
    /// Makes the source known, or brings its rules up to date.
    pub async fn keep_source(&self, policy: &SourcePolicy) -> Result<(), StoreError> {
        sqlx::query(
            "insert into source (code, kind, max_age_days, may_derive, may_mix, legal_basis, purpose, attribution)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (code) do update set kind = $2, legal_basis = $6, purpose = $7, attribution = $8",
        )
        .bind(&policy.code)
        .bind(source_kind_code(policy.kind))
        .bind(policy.max_age.map(|days| i64::from(days.0)))
        .bind(policy.may_derive)
        .bind(policy.may_mix)
        .bind(&policy.legal_basis)
        .bind(&policy.purpose)
        .bind(&policy.attribution)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping a source"))?;
        Ok(())
    }

    /// Sets what the operator may set of a source's rules; `false` where there is no such source. Numbers change with them.
    pub async fn set_source_rules(
        &self,
        code: &str,
        max_age: Option<Days>,
        may_derive: bool,
        may_mix: bool,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("changing the rules of a source");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let done = sqlx::query("update source set max_age_days = $2, may_derive = $3, may_mix = $4 where code = $1")
            .bind(code)
            .bind(max_age.map(|days| i64::from(days.0)))
            .bind(may_derive)
            .bind(may_mix)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        move_revision_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Every source with the rules in force (an operator may have changed them).
    pub async fn sources(&self) -> Result<Vec<SourcePolicy>, StoreError> {
        let rows = sqlx::query("select * from source order by code")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the sources"))?;
        Ok(rows
            .iter()
            .map(|row| SourcePolicy {
                code: row.get("code"),
                kind: source_kind_from(row.get("kind")),
                max_age: row.get::<Option<i64>, _>("max_age_days").map(|days| Days(days as u32)),
                may_derive: row.get("may_derive"),
                may_mix: row.get("may_mix"),
                legal_basis: row.get("legal_basis"),
                purpose: row.get("purpose"),
                attribution: row.get("attribution"),
            })
            .collect())
    }

    /// Writes down that an import has begun; until [`Store::finish_import`] it counts as not there.
    pub async fn begin_import(&self, new: &NewImport) -> Result<ImportId, StoreError> {
        let (id,): (i64,) = sqlx::query_as(
            "insert into import (source_code, label, file_sha256, state, started_at, connection_id)
             values ($1, $2, $3, 'running', $4, $5) returning id",
        )
        .bind(&new.source_code)
        .bind(&new.label)
        .bind(&new.file_sha256)
        .bind(new.started_at.0)
        .bind(new.connection)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("beginning an import"))?;
        Ok(ImportId(id))
    }

    /// Closes an import with its counts and issues and moves the data revision on, in one transaction.
    pub async fn finish_import(
        &self,
        id: ImportId,
        counts: &ImportCounts,
        issues: &[RowIssue],
        remarks: &[String],
        along: &Along,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("closing an import");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query(
            "update import set state = 'done', finished_at = $2, rows_in = $3, inserted = $4, already_known = $5,
             refused = $6, tombstoned = $7, remarks = $8 where id = $1",
        )
        .bind(id.0)
        .bind(at.0)
        .bind(counts.rows_in as i64)
        .bind(counts.inserted as i64)
        .bind(counts.already_known as i64)
        .bind(counts.refused as i64)
        .bind(counts.tombstoned as i64)
        .bind(serde_json::to_string(remarks).expect("sentences serialise"))
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        for (ordinal, issue) in issues.iter().enumerate() {
            sqlx::query(
                "insert into import_issue (import_id, ordinal, file, row_number, column_name, problem, hint, refused)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(id.0)
            .bind(ordinal as i64)
            .bind(&issue.file)
            .bind(issue.row.map(|row| row as i64))
            .bind(&issue.column)
            .bind(&issue.problem)
            .bind(&issue.hint)
            .bind(issue.refused)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        jobs::keep_work(&mut transaction, &along.work).await.map_err(&failed)?;
        gone::keep_gone(&mut transaction, &along.gone, at).await.map_err(&failed)?;
        if counts.inserted > 0 || !along.gone.is_empty() {
            move_revision_on(&mut transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Moves an import to another state; leaving `Done`, or arriving at `Undone`, moves the data revision on.
    pub async fn set_import_state(&self, id: ImportId, state: ImportState) -> Result<(), StoreError> {
        self.set_import_states(&[id], state).await
    }

    /// The last imports a connection brought, newest first.
    pub async fn imports_of_connection(&self, connection: i64, limit: i64) -> Result<Vec<ImportRecord>, StoreError> {
        let rows = sqlx::query("select * from import where connection_id = $1 order by id desc limit $2")
            .bind(connection)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the imports of a connection"))?;
        Ok(rows.iter().map(import_record).collect())
    }

    /// The newest imports, newest first, and how many there are.
    pub async fn imports(&self, limit: i64) -> Result<(Vec<ImportRecord>, u64), StoreError> {
        let failed = StoreError::of("reading the imports");
        let (all,): (i64,) =
            sqlx::query_as("select count(*) from import").fetch_one(&self.pool).await.map_err(&failed)?;
        let rows = sqlx::query("select * from import order by id desc limit $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        Ok((rows.iter().map(import_record).collect(), all as u64))
    }

    /// The imports somebody made, newest first: those of connections are on the pages of theirs.
    pub async fn imports_by_hand(&self) -> Result<Vec<ImportRecord>, StoreError> {
        self.imports_where("connection_id is null order by id desc").await
    }

    /// Those that were begun, or were being taken back, and never came to an end.
    pub async fn unfinished_imports(&self) -> Result<Vec<ImportRecord>, StoreError> {
        self.imports_where("state in ('running', 'undoing') order by id").await
    }

    /// The newest that left rows out.
    pub async fn imports_that_refused(&self, limit: u32) -> Result<Vec<ImportRecord>, StoreError> {
        self.imports_where(&format!("refused > 0 and state = 'done' order by id desc limit {limit}")).await
    }

    /// `condition` is ours alone: nothing of it was written by a person.
    async fn imports_where(&self, condition: &str) -> Result<Vec<ImportRecord>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("select * from import where {condition}"));
        let rows = sqlx::query(sql).fetch_all(&self.pool).await.map_err(StoreError::of("reading the imports"))?;
        Ok(rows.iter().map(import_record).collect())
    }

    /// How many imports are done and what they brought and left out, by the connection that brought them (`None`: somebody).
    pub async fn brought(&self) -> Result<Vec<Brought>, StoreError> {
        let rows: Vec<(Option<i64>, i64, i64, i64)> = sqlx::query_as(
            "select connection_id, count(*), sum(inserted), sum(refused) from import where state = 'done'
             group by connection_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("adding up what imports brought"))?;
        let brought = |(connection, imports, inserted, refused): (Option<i64>, i64, i64, i64)| Brought {
            connection,
            imports: imports as u64,
            inserted: inserted as u64,
            refused: refused as u64,
        };
        Ok(rows.into_iter().map(brought).collect())
    }

    /// The numbers of all imports that are done.
    pub async fn done_imports(&self) -> Result<Vec<ImportId>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select id from import where state = 'done' order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading which imports are done"))?;
        Ok(rows.into_iter().map(|(id,)| ImportId(id)).collect())
    }

    /// Whether anything is here that was made up (or, asked the other way, that was not).
    pub async fn holds_made_up(&self, made_up: bool) -> Result<bool, StoreError> {
        let (holds,): (bool,) = sqlx::query_as(
            "select exists (select 1 from import i join source s on s.code = i.source_code
             where i.state = 'done' and (s.kind = 'generated') = $1)",
        )
        .bind(made_up)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("looking whether what is here is made up"))?;
        Ok(holds)
    }

    /// When facts last came in.
    pub async fn last_brought_in(&self) -> Result<Option<Timestamp>, StoreError> {
        let row: Option<(Option<i64>,)> =
            sqlx::query_as("select finished_at from import where state = 'done' order by id desc limit 1")
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::of("looking for the last import"))?;
        Ok(row.and_then(|(at,)| at).map(Timestamp))
    }

    /// Moves imports to another state together, and the data revision on.
    pub async fn set_import_states(&self, ids: &[ImportId], state: ImportState) -> Result<(), StoreError> {
        let failed = StoreError::of("changing imports");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for id in ids {
            sqlx::query("update import set state = $2 where id = $1")
                .bind(id.0)
                .bind(state.code())
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        move_revision_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    pub async fn import(&self, id: ImportId) -> Result<Option<ImportRecord>, StoreError> {
        let row = sqlx::query("select * from import where id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading an import"))?;
        Ok(row.as_ref().map(import_record))
    }

    /// A finished import of exactly this file that no later undo has made incomplete.
    pub async fn import_of_file(
        &self,
        source_code: &str,
        file_sha256: &str,
    ) -> Result<Option<ImportRecord>, StoreError> {
        let row = sqlx::query(
            "select i.* from import i
             where i.source_code = $1 and i.file_sha256 = $2 and i.state = 'done'
               and not exists (
                   select 1 from import u where u.state = 'undone' and u.id < i.id and i.already_known > 0
               )
             order by i.id desc limit 1",
        )
        .bind(source_code)
        .bind(file_sha256)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("looking for an earlier import of this file"))?;
        Ok(row.as_ref().map(import_record))
    }

    /// The rows an import refused or remarked on, in the order they were met, from `offset`.
    pub async fn issues(&self, id: ImportId, limit: i64, offset: i64) -> Result<Vec<RowIssue>, StoreError> {
        let rows = sqlx::query("select * from import_issue where import_id = $1 order by ordinal limit $2 offset $3")
            .bind(id.0)
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading refused rows"))?;
        Ok(rows
            .iter()
            .map(|row| RowIssue {
                file: row.get("file"),
                row: row.get::<Option<i64>, _>("row_number").map(|number| number as u64),
                column: row.get("column_name"),
                problem: row.get("problem"),
                hint: row.get("hint"),
                refused: row.get("refused"),
            })
            .collect())
    }

    pub async fn issue_count(&self, id: ImportId) -> Result<i64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from import_issue where import_id = $1")
            .bind(id.0)
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("counting refused rows"))?;
        Ok(count)
    }

    /// Remembers a column mapping under a name.
    pub async fn keep_mapping(&self, name: &str, mapping: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into column_mapping (name, mapping, changed_at) values ($1, $2, $3)
             on conflict (name) do update set mapping = $2, changed_at = $3",
        )
        .bind(name)
        .bind(mapping)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping a column mapping"))?;
        Ok(())
    }

    pub async fn mapping(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("select mapping from column_mapping where name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a column mapping"))?;
        Ok(row.map(|(mapping,)| mapping))
    }
}

fn import_record(row: &SqliteRow) -> ImportRecord {
    let count = |name: &str| row.get::<i64, _>(name) as u64;
    ImportRecord {
        id: ImportId(row.get("id")),
        source_code: row.get("source_code"),
        label: row.get("label"),
        file_sha256: row.get("file_sha256"),
        state: ImportState::from_code(row.get("state")),
        started_at: Timestamp(row.get("started_at")),
        finished_at: row.get::<Option<i64>, _>("finished_at").map(Timestamp),
        connection: row.get("connection_id"),
        counts: ImportCounts {
            rows_in: count("rows_in"),
            inserted: count("inserted"),
            already_known: count("already_known"),
            refused: count("refused"),
            tombstoned: count("tombstoned"),
        },
        remarks: serde_json::from_str(row.get("remarks")).unwrap_or_default(),
    }
}

fn source_kind_code(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Api => "api",
        SourceKind::File => "file",
        SourceKind::Webhook => "webhook",
        SourceKind::Manual => "manual",
        SourceKind::Generated => "generated",
    }
}

fn source_kind_from(code: &str) -> SourceKind {
    match code {
        "api" => SourceKind::Api,
        "webhook" => SourceKind::Webhook,
        "manual" => SourceKind::Manual,
        "generated" => SourceKind::Generated,
        _ => SourceKind::File,
    }
}
