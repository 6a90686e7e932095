//! Files on contacts: which lies below `content/`, what it is called, who kept it and when.

use model::Timestamp;
use model::outreach::TouchKind;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A file on a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactFileRow {
    pub id: i64,
    pub contact: i64,
    pub sha256: String,
    pub name: String,
    pub bytes: u64,
    pub added_by: String,
    pub added_at: Timestamp,
}

fn file_of(row: &SqliteRow) -> ContactFileRow {
    ContactFileRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        sha256: row.get("sha256"),
        name: row.get("name"),
        bytes: row.get::<i64, _>("bytes").unsigned_abs(),
        added_by: row.get("added_by"),
        added_at: Timestamp(row.get("added_at")),
    }
}

fn file_touch(contact: i64, actor: &str, summary: String, at: Timestamp) -> NewTouch {
    NewTouch { contact, at, kind: TouchKind::File, actor: actor.to_owned(), summary, detail: String::new(), mail: None }
}

impl Store {
    /// Puts a file on a contact and writes it into their timeline; its number, or `None` where the contact is not there.
    pub async fn add_contact_file(&self, file: &ContactFileRow) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping a file");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into contact_file (contact_id, sha256, name, bytes, added_by, added_at) \
             select id, $2, $3, $4, $5, $6 from contact where id = $1 and merged_into is null returning id",
        )
        .bind(file.contact)
        .bind(&file.sha256)
        .bind(&file.name)
        .bind(file.bytes as i64)
        .bind(&file.added_by)
        .bind(file.added_at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let summary = format!("kept the file {}", file.name);
        let touch = file_touch(file.contact, &file.added_by, summary, file.added_at);
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(row.get("id")))
    }

    /// The files on contacts, the newest first.
    pub async fn contact_files(&self, contact: i64) -> Result<Vec<ContactFileRow>, StoreError> {
        let rows = sqlx::query("select * from contact_file where contact_id = $1 order by id desc")
            .bind(contact)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading files"))?;
        Ok(rows.iter().map(file_of).collect())
    }

    pub async fn contact_file(&self, id: i64) -> Result<Option<ContactFileRow>, StoreError> {
        let row = sqlx::query("select * from contact_file where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a file"))?;
        Ok(row.as_ref().map(file_of))
    }

    /// Takes a file off a contact and writes it into their timeline; whether it was there.
    pub async fn remove_contact_file(
        &self,
        contact: i64,
        id: i64,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("removing a file");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("delete from contact_file where id = $1 and contact_id = $2 returning name")
            .bind(id)
            .bind(contact)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(row) = row else { return Ok(false) };
        let summary = format!("removed the file {}", row.get::<String, _>("name"));
        put_touch(&mut transaction, &file_touch(contact, actor, summary, at)).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }
}

moves!(move_files, give_back_files, "contact_file", "id");
