//! Contacts brought in from a file, and taking that back: what only the import brought goes, what has grown since stays.

use std::collections::HashMap;

use model::{RowIssue, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::contacts::{NewContact, put_address, put_contact, remove_address, remove_untouched};
use super::tasks::{put_tag, take_tag};
use crate::database::Store;
use crate::error::StoreError;

/// A file of contacts that was brought in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactImportRow {
    pub id: i64,
    pub label: String,
    pub rows_in: u64,
    pub rows_new: u64,
    pub rows_known: u64,
    pub rows_refused: u64,
    pub imported_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

/// What an import did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ContactsImported {
    pub id: i64,
    pub new: u64,
    /// Were held by an address, and gained what they lacked.
    pub known: u64,
}

/// What taking an import back did.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ImportUndone {
    pub removed: u64,
    /// Contacts that it brought and that stay, because something has happened with them since.
    pub stay: Vec<(i64, String)>,
}

/// What an import added to contacts that were there.
#[derive(Default, Serialize, Deserialize)]
struct Added {
    addresses: Vec<i64>,
    tags: Vec<(i64, String)>,
}

fn import_of(row: &SqliteRow) -> ContactImportRow {
    let count = |column: &str| row.get::<i64, _>(column).unsigned_abs();
    ContactImportRow {
        id: row.get("id"),
        label: row.get("label"),
        rows_in: count("rows_in"),
        rows_new: count("rows_new"),
        rows_known: count("rows_known"),
        rows_refused: count("rows_refused"),
        imported_at: Timestamp(row.get("imported_at")),
        undone_at: row.get::<Option<i64>, _>("undone_at").map(Timestamp),
    }
}

impl Store {
    /// Brings contacts in, in one transaction. Whoever is held by an address or an account gains the addresses and tags they
    /// lack and keeps everything else.
    pub async fn import_contacts(
        &self,
        label: &str,
        rows: &[NewContact],
        refused: &[RowIssue],
        actor: &str,
        at: Timestamp,
    ) -> Result<ContactsImported, StoreError> {
        let failed = StoreError::of("bringing contacts in");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into contact_import (label, rows_in, rows_new, rows_known, rows_refused, before, imported_at) \
             values ($1, $2, 0, 0, $3, '', $4) returning id",
        )
        .bind(label)
        .bind((rows.len() + refused.len()) as i64)
        .bind(refused.len() as i64)
        .bind(at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let mut done = ContactsImported { id: row.get("id"), ..ContactsImported::default() };
        put_issues(&mut transaction, done.id, refused).await.map_err(&failed)?;
        let mut added = Added::default();
        for new in rows {
            let mut held: Option<i64> = None;
            for address in &new.addresses {
                let row: Option<(i64,)> =
                    sqlx::query_as("select contact_id from contact_address where channel = $1 and address_hash = $2")
                        .bind(address.channel.code())
                        .bind(&address.hash)
                        .fetch_optional(&mut *transaction)
                        .await
                        .map_err(&failed)?;
                held = held.or(row.map(|(contact,)| contact));
            }
            for account in &new.accounts {
                let row: Option<(i64,)> =
                    sqlx::query_as("select contact_id from contact_account where account_id = $1")
                        .bind(account.0)
                        .fetch_optional(&mut *transaction)
                        .await
                        .map_err(&failed)?;
                held = held.or(row.map(|(contact,)| contact));
            }
            let Some(contact) = held else {
                put_contact(&mut transaction, new, Some(done.id), actor, at).await.map_err(&failed)?;
                done.new += 1;
                continue;
            };
            done.known += 1;
            for address in &new.addresses {
                let is_held: (i64,) =
                    sqlx::query_as("select count(*) from contact_address where channel = $1 and address_hash = $2")
                        .bind(address.channel.code())
                        .bind(&address.hash)
                        .fetch_one(&mut *transaction)
                        .await
                        .map_err(&failed)?;
                if is_held.0 == 0 {
                    let id = put_address(&mut transaction, contact, address, false, at).await.map_err(&failed)?;
                    added.addresses.push(id);
                }
            }
            for tag in &new.tags {
                if put_tag(&mut transaction, contact, tag).await.map_err(&failed)? {
                    added.tags.push((contact, tag.clone()));
                }
            }
        }
        sqlx::query("update contact_import set rows_new = $2, rows_known = $3, before = $4 where id = $1")
            .bind(done.id)
            .bind(done.new as i64)
            .bind(done.known as i64)
            .bind(serde_json::to_string(&added).unwrap_or_default())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done)
    }

    pub async fn contact_imports(&self) -> Result<Vec<ContactImportRow>, StoreError> {
        let rows = sqlx::query("select * from contact_import order by id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the imports of contacts"))?;
        Ok(rows.iter().map(import_of).collect())
    }

    pub async fn contact_import(&self, id: i64) -> Result<Option<ContactImportRow>, StoreError> {
        let row = sqlx::query("select * from contact_import where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading an import of contacts"))?;
        Ok(row.as_ref().map(import_of))
    }

    /// Why rows of an import were refused, in their order. None are left once it was taken back, or somebody of it forgotten.
    pub async fn contact_import_issues(&self, import: i64) -> Result<Vec<RowIssue>, StoreError> {
        let rows = sqlx::query(
            "select contact_import_issue.*, label from contact_import_issue \
             join contact_import on contact_import.id = import_id where import_id = $1 order by contact_import_issue.id",
        )
        .bind(import)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading refused rows of contacts"))?;
        let of = |row: &SqliteRow| RowIssue {
            file: row.get("label"),
            row: row.get::<Option<i64>, _>("row").map(i64::unsigned_abs),
            column: Some(row.get::<String, _>("column_name")).filter(|column| !column.is_empty()),
            problem: row.get("problem"),
            hint: row.get("hint"),
            refused: true,
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Of some hashes of e-mail addresses, whose each is, for those that are somebody's.
    pub async fn contacts_with_addresses(&self, hashes: &[String]) -> Result<HashMap<String, i64>, StoreError> {
        let mut found = HashMap::new();
        for part in hashes.chunks(500) {
            let mut query = QueryBuilder::new(
                "select address_hash, contact_id from contact_address where channel = 'email' and address_hash in (",
            );
            let mut values = query.separated(", ");
            for hash in part {
                values.push_bind(hash);
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("looking for addresses"))?;
            found.extend(rows.iter().map(|row| (row.get("address_hash"), row.get("contact_id"))));
        }
        Ok(found)
    }

    /// Takes an import back; `None` where there is none, or it was taken back. Bars of addresses are never touched.
    pub async fn undo_contact_import(&self, id: i64, at: Timestamp) -> Result<Option<ImportUndone>, StoreError> {
        let failed = StoreError::of("taking an import of contacts back");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "update contact_import set undone_at = $2 where id = $1 and undone_at is null returning before",
        )
        .bind(id)
        .bind(at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let added: Added = serde_json::from_str(row.get("before")).unwrap_or_default();
        for address in added.addresses {
            remove_address(&mut transaction, address).await.map_err(&failed)?;
        }
        for (contact, tag) in added.tags {
            take_tag(&mut transaction, contact, &tag).await.map_err(&failed)?;
        }
        let (removed, stay) = remove_untouched(&mut transaction, id).await.map_err(&failed)?;
        sqlx::query("delete from contact_import_issue where import_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(ImportUndone { removed, stay }))
    }
}

async fn put_issues(connection: &mut SqliteConnection, import: i64, issues: &[RowIssue]) -> Result<(), sqlx::Error> {
    for issue in issues {
        sqlx::query(
            "insert into contact_import_issue (import_id, row, column_name, problem, hint) values ($1, $2, $3, $4, $5)",
        )
        .bind(import)
        .bind(issue.row.map(|row| row as i64))
        .bind(issue.column.as_deref().unwrap_or(""))
        .bind(&issue.problem)
        .bind(&issue.hint)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Removes what was said of refused rows: it quotes cells, and any of them may be of whoever is forgotten, mistyped.
pub(crate) async fn forget_issues(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("delete from contact_import_issue").execute(connection).await?;
    Ok(())
}
