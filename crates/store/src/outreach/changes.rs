//! What can be taken back of contacts: merges and moves along the stages, each with everything as it was before.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

/// Two contacts became one.
pub const MERGE: &str = "merge";
/// Contacts were put on a stage together.
pub const MOVE: &str = "stage";

/// A change that can be taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeRow {
    pub id: i64,
    /// [`MERGE`] or [`MOVE`].
    pub kind: String,
    pub summary: String,
    pub changed_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

/// A change about to be kept.
pub(crate) struct NewChange {
    pub kind: &'static str,
    pub summary: String,
    /// JSON: what taking it back needs.
    pub before: String,
}

fn change_of(row: &SqliteRow) -> ChangeRow {
    ChangeRow {
        id: row.get("id"),
        kind: row.get("kind"),
        summary: row.get("summary"),
        changed_at: Timestamp(row.get("changed_at")),
        undone_at: row.get::<Option<i64>, _>("undone_at").map(Timestamp),
    }
}

impl Store {
    /// Changes of contacts, the newest first.
    pub async fn contact_changes(&self, at_most: u64) -> Result<Vec<ChangeRow>, StoreError> {
        let rows = sqlx::query("select * from contact_change order by id desc limit $1")
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading changes of contacts"))?;
        Ok(rows.iter().map(change_of).collect())
    }

    /// Merges of contacts, the newest first.
    pub async fn contact_merges(&self, at_most: u64) -> Result<Vec<ChangeRow>, StoreError> {
        let rows = sqlx::query("select * from contact_change where kind = $1 order by id desc limit $2")
            .bind(MERGE)
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading merges of contacts"))?;
        Ok(rows.iter().map(change_of).collect())
    }

    pub async fn contact_change(&self, id: i64) -> Result<Option<ChangeRow>, StoreError> {
        let row = sqlx::query("select * from contact_change where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a change of contacts"))?;
        Ok(row.as_ref().map(change_of))
    }
}

pub(crate) async fn put_change(
    connection: &mut SqliteConnection,
    change: &NewChange,
    at: Timestamp,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into contact_change (kind, summary, before, changed_at) values ($1, $2, $3, $4) returning id",
    )
    .bind(change.kind)
    .bind(&change.summary)
    .bind(&change.before)
    .bind(at.0)
    .fetch_one(connection)
    .await?;
    Ok(row.get("id"))
}

/// Marks a change as taken back and gives what was before it; `None` where there is none of this kind, or it was taken back.
pub(crate) async fn take_change(
    connection: &mut SqliteConnection,
    change: i64,
    kind: &str,
    at: Timestamp,
) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "update contact_change set undone_at = $2 where id = $1 and undone_at is null and kind = $3 returning before",
    )
    .bind(change)
    .bind(at.0)
    .bind(kind)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.get("before")))
}

/// Removes what was kept of merges that a contact had a part in: it holds names. What is kept of moves holds numbers alone.
pub(crate) async fn forget_changes(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from contact_change where json_extract(before, '$.stays') = $1 or json_extract(before, '$.goes') = $1",
    )
    .bind(contact)
    .execute(connection)
    .await?;
    Ok(())
}
