//! What came back: refused at once by a server, or told by a report; and what follows for the address and the sequence.

use model::Timestamp;
use model::outreach::{StopReason, SuppressionReason, TouchKind};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::sending::OutgoingRow;
use super::sequences::stop_all;
use super::suppressions::{SuppressionRow, put_suppression};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A mail that came back, or was refused at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewBounce {
    pub address_hash: String,
    pub class: String,
    pub status: String,
    pub diagnostic: String,
    pub class_version: u32,
    /// The address is barred.
    pub is_hard: bool,
    /// Whoever is in a sequence leaves it.
    pub stops: bool,
}

/// A bounce as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BounceRow {
    pub id: i64,
    pub outgoing: Option<i64>,
    pub mail: Option<i64>,
    pub contact: Option<i64>,
    pub address_hash: String,
    pub class: String,
    pub status: String,
    pub diagnostic: String,
    pub at: Timestamp,
}

impl Store {
    /// Of the last mails of a mailbox, how many there were and how many came back because the address does not exist.
    pub async fn hard_bounces_of_last(&self, mailbox: i64, last: u64) -> Result<(u64, u64), StoreError> {
        let row: (i64, Option<i64>) = sqlx::query_as(
            "select count(*), sum(exists (select 1 from bounce where outgoing_id = sent.id and class = 'hard_address')) \
             from (select id from outgoing where mailbox_id = $1 and state in ('accepted', 'refused') \
             and begun_at >= (select state_since from mailbox where id = $1) order by begun_at desc limit $2) as sent",
        )
        .bind(mailbox)
        .bind(last as i64)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("counting what came back"))?;
        Ok((row.0.unsigned_abs(), row.1.unwrap_or(0).unsigned_abs()))
    }

    /// The latest bounces, of one contact or of all.
    pub async fn bounces(&self, contact: Option<i64>, at_most: u64) -> Result<Vec<BounceRow>, StoreError> {
        let rows =
            sqlx::query("select * from bounce where $1 is null or contact_id = $1 order by at desc, id desc limit $2")
                .bind(contact)
                .bind(at_most as i64)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading what came back"))?;
        let of = |row: &SqliteRow| BounceRow {
            id: row.get("id"),
            outgoing: row.get("outgoing_id"),
            mail: row.get("mail_id"),
            contact: row.get("contact_id"),
            address_hash: row.get("address_hash"),
            class: row.get("class"),
            status: row.get("status"),
            diagnostic: row.get("diagnostic"),
            at: Timestamp(row.get("at")),
        };
        Ok(rows.iter().map(of).collect())
    }
}

pub(crate) async fn put_bounce(
    connection: &mut SqliteConnection,
    held: Option<&OutgoingRow>,
    mail: Option<i64>,
    contact: Option<i64>,
    bounce: &NewBounce,
    at: Timestamp,
) -> Result<(), StoreError> {
    let failed = StoreError::of("keeping a bounce");
    let done = sqlx::query(
        "insert into bounce (outgoing_id, mail_id, contact_id, address_hash, class, status, diagnostic, class_version, at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
    )
    .bind(held.map(|held| held.id))
    .bind(mail)
    .bind(contact)
    .bind(&bounce.address_hash)
    .bind(&bounce.class)
    .bind(&bounce.status)
    .bind(&bounce.diagnostic)
    .bind(i64::from(bounce.class_version))
    .bind(at.0)
    .execute(&mut *connection)
    .await
    .map_err(&failed)?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    if bounce.is_hard && !bounce.address_hash.is_empty() {
        let row = SuppressionRow {
            address_hash: bounce.address_hash.clone(),
            reason: SuppressionReason::HardBounce,
            at,
            evidence: bounce.status.clone(),
        };
        put_suppression(connection, &row).await.map_err(&failed)?;
    }
    if let Some(contact) = contact {
        let touch = NewTouch {
            contact,
            at,
            kind: TouchKind::Bounce,
            actor: "server".to_owned(),
            summary: format!("{} {}", bounce.status, bounce.diagnostic).trim().to_owned(),
            detail: bounce.class.clone(),
            mail,
        };
        put_touch(connection, &touch).await.map_err(&failed)?;
        if bounce.stops {
            stop_all(connection, contact, StopReason::Bounce, at).await?;
        }
    }
    Ok(())
}

moves!(move_bounces, give_back_bounces, "bounce", "id");
