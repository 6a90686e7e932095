//! What comes due under deals, what was reminded of already, and second looks at what was posted.

use model::outreach::TouchKind;
use model::outreach::rights::{LOOK_AGAIN_AFTER_DAYS, ReminderKind};
use model::{Money, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;
use crate::webhooks::{NewEvent, put_new_event};

/// Something of which somebody may be reminded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueRow {
    pub kind: ReminderKind,
    /// The piece, payment or contest.
    pub about: i64,
    pub contact: i64,
    pub contact_name: String,
    /// The contact's; empty: nobody's.
    pub owner: String,
    pub deal: Option<i64>,
    /// A day as 2026-03-01.
    pub due_on: String,
    /// The format of a piece, what a payment is for, the fact that is contested.
    pub what: String,
    pub amount: Option<Money>,
}

/// A second look at what was posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookRow {
    pub deliverable: i64,
    pub after_days: i64,
    pub due_on: String,
    pub looked_at: Option<Timestamp>,
    pub actor: String,
    pub is_there: Option<bool>,
    /// green, amber, red; empty where it was not looked at or is gone.
    pub light: String,
    pub caption: String,
}

/// What a second look found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked<'a> {
    pub deliverable: i64,
    pub after_days: i64,
    pub is_there: bool,
    pub light: &'a str,
    pub caption: &'a str,
    pub actor: &'a str,
    /// For the timeline.
    pub summary: &'a str,
    /// What other programs are told of it.
    pub event: Option<&'a NewEvent>,
}

fn due_of(row: &SqliteRow) -> Result<DueRow, StoreError> {
    let amount = match row.get::<Option<i64>, _>("amount_minor_units") {
        None => None,
        Some(units) => Some(Money::new(units, row.get::<&str, _>("currency")).map_err(|error| {
            StoreError::Database { what: "a payment's currency cannot be read", problem: error.to_string() }
        })?),
    };
    Ok(DueRow {
        kind: coded(row, "kind", ReminderKind::from_code)?,
        about: row.get("about_id"),
        contact: row.get("contact_id"),
        contact_name: row.get("contact_name"),
        owner: row.get("owner"),
        deal: row.get("deal_id"),
        due_on: row.get("due_on"),
        what: row.get("what"),
        amount,
    })
}

fn look_of(row: &SqliteRow) -> LookRow {
    LookRow {
        deliverable: row.get("deliverable_id"),
        after_days: row.get("after_days"),
        due_on: row.get("due_on"),
        looked_at: row.get::<Option<i64>, _>("looked_at").map(Timestamp),
        actor: row.get("actor"),
        is_there: row.get::<Option<i64>, _>("is_there").map(|there| there != 0),
        light: row.get("light"),
        caption: row.get("caption"),
    }
}

impl Store {
    /// What comes due by a day and has not been reminded of: drafts and posts of deals that go on, payments owed, second looks,
    /// answers to what is contested. The most urgent first.
    pub async fn due_and_not_reminded(&self, by: &str) -> Result<Vec<DueRow>, StoreError> {
        let rows = sqlx::query(
            "with due as (\
             select 'draft' as kind, deliverable.id as about_id, deal.contact_id, deal.id as deal_id, draft_due_on as due_on, \
                 format as what, null as amount_minor_units, null as currency \
             from deliverable join deal on deal.id = deal_id \
             where deal.state in ('accepted', 'in-work') and deliverable.state in ('waiting', 'changes') and draft_due_on <> '' \
             union all \
             select 'post', deliverable.id, deal.contact_id, deal.id, deliverable.due_on, format, null, null \
             from deliverable join deal on deal.id = deal_id \
             where deal.state in ('accepted', 'in-work') and deliverable.state <> 'live' and deliverable.due_on <> '' \
             union all \
             select 'payment', payment.id, deal.contact_id, deal.id, payment.due_on, payment.what, amount_minor_units, currency \
             from payment join deal on deal.id = payment.deal_id where payment.state = 'owed' and payment.due_on <> '' \
             union all \
             select 'look', deliverable.id, deal.contact_id, deal.id, second_look.due_on, format, null, null \
             from second_look join deliverable on deliverable.id = deliverable_id join deal on deal.id = deliverable.deal_id \
             where looked_at is null \
             union all \
             select 'answer', contest.id, contact_id, null, answer_due_on, what, null, null from contest where state = 'open') \
             select due.*, contact.name as contact_name, contact.owner from due join contact on contact.id = due.contact_id \
             where due_on <= $1 and not exists (select 1 from reminder \
                 where reminder.kind = due.kind and reminder.about_id = due.about_id and reminder.due_on = due.due_on) \
             order by due_on, due.kind, about_id",
        )
        .bind(by)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what comes due"))?;
        rows.iter().map(due_of).collect()
    }

    /// Notes that something was reminded of, by a task made in the same act where one is asked for; whether it had not been yet.
    pub async fn note_reminder(
        &self,
        due: &DueRow,
        task: Option<(&str, &str)>,
        way: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting a reminder");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done =
            sqlx::query("insert or ignore into reminder (kind, about_id, due_on, at, way) values ($1, $2, $3, $4, $5)")
                .bind(due.kind.code())
                .bind(due.about)
                .bind(&due.due_on)
                .bind(at.0)
                .bind(way)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some((title, due_on)) = task {
            super::tasks::put_task(&mut transaction, due.contact, title, due_on, &due.owner, at)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// The second looks at a piece, in their order.
    pub async fn second_looks(&self, deliverable: i64) -> Result<Vec<LookRow>, StoreError> {
        let rows = sqlx::query("select * from second_look where deliverable_id = $1 order by after_days")
            .bind(deliverable)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading second looks"))?;
        Ok(rows.iter().map(look_of).collect())
    }

    /// The second looks that are due by a day and were not taken, the oldest first.
    pub async fn second_looks_due(&self, by: &str) -> Result<Vec<LookRow>, StoreError> {
        let rows = sqlx::query(
            "select * from second_look where looked_at is null and due_on <= $1 order by due_on, deliverable_id, after_days",
        )
        .bind(by)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading second looks"))?;
        Ok(rows.iter().map(look_of).collect())
    }

    /// Notes what a second look found, with its line in the timeline; looks that were due before it are taken by it too. Whether
    /// it had not been taken yet.
    pub async fn note_look(&self, looked: &Looked<'_>, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting a second look");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update second_look set looked_at = $3, actor = $4, is_there = $5, light = $6, caption = $7 \
             where deliverable_id = $1 and after_days <= $2 and looked_at is null",
        )
        .bind(looked.deliverable)
        .bind(looked.after_days)
        .bind(at.0)
        .bind(looked.actor)
        .bind(i64::from(looked.is_there))
        .bind(looked.light)
        .bind(looked.caption)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let row =
            sqlx::query("select contact_id from deal join deliverable on deal.id = deal_id where deliverable.id = $1")
                .bind(looked.deliverable)
                .fetch_one(&mut *transaction)
                .await
                .map_err(&failed)?;
        let touch = NewTouch {
            contact: row.get("contact_id"),
            at,
            kind: TouchKind::Post,
            actor: looked.actor.to_owned(),
            summary: looked.summary.to_owned(),
            detail: String::new(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        put_new_event(&mut transaction, looked.event, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }
}

/// A piece that is posted nowhere after all is not looked at again, and what was seen of another post says nothing of the next.
pub(crate) async fn drop_looks(connection: &mut SqliteConnection, deliverable: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from second_look where deliverable_id = $1").bind(deliverable).execute(connection).await?;
    Ok(())
}

/// Sets the days on which a piece that was just posted is looked at again; days that were set stay.
pub(crate) async fn put_looks(
    connection: &mut SqliteConnection,
    deliverable: i64,
    posted_at: Timestamp,
) -> Result<(), sqlx::Error> {
    for after_days in LOOK_AGAIN_AFTER_DAYS {
        sqlx::query(
            "insert or ignore into second_look (deliverable_id, after_days, due_on) \
             values ($1, $2, date($3 / 1000000, 'unixepoch', $4))",
        )
        .bind(deliverable)
        .bind(after_days)
        .bind(posted_at.0)
        .bind(format!("+{after_days} days"))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
