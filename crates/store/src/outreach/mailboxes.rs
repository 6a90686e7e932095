//! Mailboxes, and how far each of their folders has been read.

use model::Timestamp;
use model::outreach::MailboxState;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use crate::database::Store;
use crate::error::StoreError;

/// A mailbox one sends from and reads; its secrets are sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailboxRow {
    pub id: i64,
    pub address: String,
    pub from_name: String,
    /// JSON.
    pub settings: String,
    pub smtp_secret: Option<Vec<u8>>,
    pub imap_secret: Option<Vec<u8>>,
    pub state: MailboxState,
    pub state_reason: String,
    pub state_since: Timestamp,
    pub created_at: Timestamp,
}

/// How far a folder has been read, and how what is held compares with the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailFolderRow {
    pub mailbox: i64,
    pub name: String,
    /// inbox, sent, junk
    pub role: String,
    pub uid_validity: u32,
    pub uid_last: u32,
    pub modseq: Option<u64>,
    pub server_count: u64,
    pub held_count: u64,
    pub checked_at: Timestamp,
    pub problem: String,
}

fn mailbox_of(row: &SqliteRow) -> Result<MailboxRow, StoreError> {
    Ok(MailboxRow {
        id: row.get("id"),
        address: row.get("address"),
        from_name: row.get("from_name"),
        settings: row.get("settings"),
        smtp_secret: row.get("smtp_secret"),
        imap_secret: row.get("imap_secret"),
        state: coded(row, "state", MailboxState::from_code)?,
        state_reason: row.get("state_reason"),
        state_since: Timestamp(row.get("state_since")),
        created_at: Timestamp(row.get("created_at")),
    })
}

fn folder_of(row: &SqliteRow) -> MailFolderRow {
    MailFolderRow {
        mailbox: row.get("mailbox_id"),
        name: row.get("name"),
        role: row.get("role"),
        uid_validity: u32::try_from(row.get::<i64, _>("uid_validity")).unwrap_or(0),
        uid_last: u32::try_from(row.get::<i64, _>("uid_last")).unwrap_or(0),
        modseq: row.get::<Option<i64>, _>("modseq").map(i64::unsigned_abs),
        server_count: row.get::<i64, _>("server_count").unsigned_abs(),
        held_count: row.get::<i64, _>("held_count").unsigned_abs(),
        checked_at: Timestamp(row.get("checked_at")),
        problem: row.get("problem"),
    }
}

impl Store {
    /// Adds a mailbox or changes the one with that address; secrets that are `None` stay as they were.
    pub async fn keep_mailbox(&self, row: &MailboxRow) -> Result<i64, StoreError> {
        let kept = sqlx::query(
            "insert into mailbox (address, from_name, settings, smtp_secret, imap_secret, state, state_since, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (lower(address)) do update set from_name = $2, \
             settings = $3, smtp_secret = coalesce($4, smtp_secret), imap_secret = coalesce($5, imap_secret) returning id",
        )
        .bind(&row.address)
        .bind(&row.from_name)
        .bind(&row.settings)
        .bind(&row.smtp_secret)
        .bind(&row.imap_secret)
        .bind(row.state.code())
        .bind(row.created_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("keeping a mailbox"))?;
        Ok(kept.get("id"))
    }

    pub async fn mailboxes(&self) -> Result<Vec<MailboxRow>, StoreError> {
        let rows = sqlx::query("select * from mailbox order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the mailboxes"))?;
        rows.iter().map(mailbox_of).collect()
    }

    pub async fn set_mailbox_state(
        &self,
        mailbox: i64,
        state: MailboxState,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update mailbox set state = $2, state_reason = $3, state_since = $4 where id = $1 and state <> $2",
        )
        .bind(mailbox)
        .bind(state.code())
        .bind(reason)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("setting what a mailbox does"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn mail_folders(&self, mailbox: i64) -> Result<Vec<MailFolderRow>, StoreError> {
        // What is held is counted now: while a folder is being read it grows.
        let rows = sqlx::query(
            "select mailbox_id, name, role, uid_validity, uid_last, modseq, server_count, checked_at, problem, \
             (select count(*) from raw_mail where raw_mail.mailbox_id = mail_folder.mailbox_id and folder = name \
             and raw_mail.uid_validity = mail_folder.uid_validity and expunged_at is null) as held_count \
             from mail_folder where mailbox_id = $1 order by role, name",
        )
        .bind(mailbox)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading how far folders have been read"))?;
        Ok(rows.iter().map(folder_of).collect())
    }

    /// Keeps how a folder's check ended; how far it was read is kept with the mail itself.
    pub async fn keep_folder_check(&self, row: &MailFolderRow) -> Result<(), StoreError> {
        sqlx::query(
            "insert into mail_folder (mailbox_id, name, role, uid_validity, uid_last, modseq, server_count, held_count, \
             checked_at, problem) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             on conflict (mailbox_id, name) do update set role = $3, uid_validity = $4, uid_last = $5, modseq = $6, \
             server_count = $7, held_count = $8, checked_at = $9, problem = $10",
        )
        .bind(row.mailbox)
        .bind(&row.name)
        .bind(&row.role)
        .bind(i64::from(row.uid_validity))
        .bind(i64::from(row.uid_last))
        .bind(row.modseq.map(|modseq| modseq as i64))
        .bind(row.server_count as i64)
        .bind(row.held_count as i64)
        .bind(row.checked_at.0)
        .bind(&row.problem)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping a folder's check"))?;
        Ok(())
    }
}

/// Notes how far a folder has been read, with the mail that was kept.
pub(crate) async fn note_read(
    connection: &mut SqliteConnection,
    mailbox: i64,
    folder: &str,
    role: &str,
    uid_validity: u32,
    uid_last: u32,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into mail_folder (mailbox_id, name, role, uid_validity, uid_last, server_count, held_count, checked_at) \
         values ($1, $2, $3, $4, $5, 0, 0, $6) on conflict (mailbox_id, name) do update set role = $3, \
         uid_last = case when uid_validity = $4 then max(uid_last, $5) else $5 end, uid_validity = $4",
    )
    .bind(mailbox)
    .bind(folder)
    .bind(role)
    .bind(i64::from(uid_validity))
    .bind(i64::from(uid_last))
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}
