//! Links by which one creator reaches their own page: only the hash of each secret is kept.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// A link to a creator's page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatorLinkRow {
    pub id: i64,
    pub contact: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

fn link_of(row: &SqliteRow) -> CreatorLinkRow {
    CreatorLinkRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        created_at: Timestamp(row.get("created_at")),
        expires_at: Timestamp(row.get("expires_at")),
        revoked_at: row.get::<Option<i64>, _>("revoked_at").map(Timestamp),
        opened: row.get::<i64, _>("opened").unsigned_abs(),
        last_opened_at: row.get::<Option<i64>, _>("last_opened_at").map(Timestamp),
    }
}

impl Store {
    pub async fn add_creator_link(
        &self,
        contact: i64,
        secret_hash: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into creator_link (contact_id, secret_hash, created_at, expires_at) values ($1, $2, $3, $4) returning id",
        )
        .bind(contact)
        .bind(secret_hash)
        .bind(at.0)
        .bind(expires_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("keeping a creator's link"))?;
        Ok(row.get("id"))
    }

    /// Opens a link by the hash of its secret and counts it. One that has expired is told and not counted; one that was revoked
    /// is as if it had never been.
    pub async fn open_creator_link(
        &self,
        secret_hash: &str,
        at: Timestamp,
    ) -> Result<Option<CreatorLinkRow>, StoreError> {
        let row = sqlx::query(
            "update creator_link set opened = opened + (expires_at > $2), \
             last_opened_at = case when expires_at > $2 then $2 else last_opened_at end \
             where secret_hash = $1 and revoked_at is null returning *",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("opening a creator's link"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// The links of a contact, the newest first.
    pub async fn creator_links(&self, contact: i64) -> Result<Vec<CreatorLinkRow>, StoreError> {
        let rows = sqlx::query("select * from creator_link where contact_id = $1 order by id desc")
            .bind(contact)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading a creator's links"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Ends a link of a contact; whether it was open.
    pub async fn revoke_creator_link(&self, contact: i64, link: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update creator_link set revoked_at = $3 where id = $2 and contact_id = $1 and revoked_at is null",
        )
        .bind(contact)
        .bind(link)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("revoking a creator's link"))?;
        Ok(done.rows_affected() > 0)
    }
}

moves!(move_links, give_back_links, "creator_link", "id");
