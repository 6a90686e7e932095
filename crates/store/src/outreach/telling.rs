//! What happened elsewhere and is told in a contact's timeline: how their accounts answer, and who clicked on their links.

use model::outreach::TouchKind;
use model::{AccountId, Timestamp};
use sqlx::Row;

use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A contact's account, with how it answers as their timeline was last told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScoreTold {
    pub account: AccountId,
    pub contact: i64,
    /// `None`: never told.
    pub level: Option<String>,
}

/// Clicks by people on a contact's link on a day that is over, not yet told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClicksOfDay {
    pub link: u32,
    pub name: String,
    pub contact: i64,
    /// Since 1970.
    pub day: i64,
    pub clicks: u64,
}

impl Store {
    /// Every account of a contact, with what was last told of it.
    pub async fn scores_told(&self) -> Result<Vec<ScoreTold>, StoreError> {
        let rows = sqlx::query(
            "select contact_account.account_id, contact_id, level from contact_account \
             left join score_told on score_told.account_id = contact_account.account_id order by contact_account.account_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was told of figures"))?;
        let of = |row: &sqlx::sqlite::SqliteRow| ScoreTold {
            account: AccountId(row.get("account_id")),
            contact: row.get("contact_id"),
            level: row.get("level"),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Notes how an account answers; with a line in the timeline where that is news.
    pub async fn tell_score(
        &self,
        told: &ScoreTold,
        level: &str,
        summary: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("telling of a figure");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query(
            "insert into score_told (account_id, level, told_at) values ($1, $2, $3) \
             on conflict (account_id) do update set level = $2, told_at = $3",
        )
        .bind(told.account.0)
        .bind(level)
        .bind(at.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if let Some(summary) = summary {
            let touch = touch(told.contact, TouchKind::Score, summary, at);
            put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Days before `today` on which people clicked on contacts' links, and no timeline says so.
    pub async fn clicks_not_told(&self, today: i64, person_verdict: u8) -> Result<Vec<ClicksOfDay>, StoreError> {
        let rows = sqlx::query(
            "select tracked_link.id, name, contact_id, day, clicks from click_day join tracked_link on tracked_link.id = link_id \
             where contact_id is not null and day < $1 and verdict = $2 and not exists (select 1 from clicks_told \
                 where clicks_told.link_id = click_day.link_id and clicks_told.day = click_day.day) order by day, tracked_link.id",
        )
        .bind(today)
        .bind(i64::from(person_verdict))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading clicks"))?;
        let of = |row: &sqlx::sqlite::SqliteRow| ClicksOfDay {
            link: row.get::<i64, _>("id") as u32,
            name: row.get("name"),
            contact: row.get("contact_id"),
            day: row.get("day"),
            clicks: row.get::<i64, _>("clicks").unsigned_abs(),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Tells a day's clicks in the timeline, once.
    pub async fn tell_clicks(&self, of: &ClicksOfDay, summary: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("telling of clicks");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let new = sqlx::query("insert or ignore into clicks_told (link_id, day) values ($1, $2)")
            .bind(i64::from(of.link))
            .bind(of.day)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if new.rows_affected() == 0 {
            return Ok(false);
        }
        let touch = touch(of.contact, TouchKind::Click, summary, at);
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }
}

fn touch(contact: i64, kind: TouchKind, summary: &str, at: Timestamp) -> NewTouch {
    NewTouch {
        contact,
        at,
        kind,
        actor: "bellwether".to_owned(),
        summary: summary.to_owned(),
        detail: String::new(),
        mail: None,
    }
}
