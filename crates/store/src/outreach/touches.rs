//! The timeline: one row for every touch with a contact, whatever its kind.

use model::Timestamp;
use model::outreach::TouchKind;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use super::contacts::note_touch;
use crate::database::Store;
use crate::error::StoreError;

/// One touch of the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TouchRow {
    pub id: i64,
    pub contact: i64,
    pub at: Timestamp,
    pub kind: TouchKind,
    pub actor: String,
    pub summary: String,
    pub detail: String,
    pub mail: Option<i64>,
    pub is_shareable: bool,
}

/// A touch about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTouch {
    pub contact: i64,
    pub at: Timestamp,
    pub kind: TouchKind,
    pub actor: String,
    pub summary: String,
    pub detail: String,
    pub mail: Option<i64>,
}

fn touch_of(row: &SqliteRow) -> Result<TouchRow, StoreError> {
    Ok(TouchRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        at: Timestamp(row.get("at")),
        kind: coded(row, "kind", TouchKind::from_code)?,
        actor: row.get("actor"),
        summary: row.get("summary"),
        detail: row.get("detail"),
        mail: row.get("mail_id"),
        is_shareable: row.get::<i64, _>("is_shareable") != 0,
    })
}

impl Store {
    pub async fn add_touch(&self, touch: &NewTouch) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping a touch");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let id = put_touch(&mut transaction, touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// A contact's touches, the newest first, before a moment.
    pub async fn touches(
        &self,
        contact: i64,
        before: Option<(Timestamp, i64)>,
        at_most: u64,
    ) -> Result<Vec<TouchRow>, StoreError> {
        let (at, id) = before.map_or((i64::MAX, i64::MAX), |(at, id)| (at.0, id));
        let rows = sqlx::query(
            "select * from touch where contact_id = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4",
        )
        .bind(contact)
        .bind(at)
        .bind(id)
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading a timeline"))?;
        rows.iter().map(touch_of).collect()
    }
}

pub(crate) async fn put_touch(connection: &mut SqliteConnection, touch: &NewTouch) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into touch (contact_id, at, kind, actor, summary, detail, mail_id) \
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
    )
    .bind(touch.contact)
    .bind(touch.at.0)
    .bind(touch.kind.code())
    .bind(&touch.actor)
    .bind(&touch.summary)
    .bind(&touch.detail)
    .bind(touch.mail)
    .fetch_one(&mut *connection)
    .await?;
    note_touch(connection, touch).await?;
    Ok(row.get("id"))
}

pub(crate) async fn remove_touch(connection: &mut SqliteConnection, touch: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from touch where id = $1").bind(touch).execute(connection).await?;
    Ok(())
}

moves!(move_touches, give_back_touches, "touch", "id");
