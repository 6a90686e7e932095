//! What is to be made under a deal: each piece with its drafts, what was said about them, and where it was posted.

use model::Timestamp;
use model::outreach::TouchKind;
use model::outreach::deals::{DeliverableState, Party};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use super::reminders::{drop_looks, put_looks};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;
use crate::webhooks::{NewEvent, put_new_event};

/// One piece that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliverableRow {
    pub id: i64,
    pub deal: i64,
    pub number: i64,
    pub format: String,
    pub platform: String,
    /// Days as 2026-03-01; empty where none was set.
    pub draft_due_on: String,
    pub due_on: String,
    pub state: DeliverableState,
    pub state_since: Timestamp,
    pub url: String,
    pub approved_at: Option<Timestamp>,
    pub live_at: Option<Timestamp>,
}

/// A piece about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDeliverable {
    pub format: String,
    pub platform: String,
    pub draft_due_on: String,
    pub due_on: String,
}

/// A draft of a piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftRow {
    pub id: i64,
    pub deliverable: i64,
    pub version: i64,
    pub caption: String,
    pub file: Option<DraftFile>,
    pub created_at: Timestamp,
}

/// The file of a draft, which lies below `content/` under its hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftFile {
    pub sha256: String,
    pub name: String,
    /// A media type.
    pub kind: String,
    pub bytes: u64,
}

/// What somebody said about a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommentRow {
    pub draft: i64,
    pub party: Party,
    pub actor: String,
    /// Seconds into a film or a sound.
    pub at_second: Option<u32>,
    pub text: String,
    pub created_at: Timestamp,
}

pub(crate) fn deliverable_of(row: &SqliteRow) -> Result<DeliverableRow, StoreError> {
    Ok(DeliverableRow {
        id: row.get("id"),
        deal: row.get("deal_id"),
        number: row.get("number"),
        format: row.get("format"),
        platform: row.get("platform"),
        draft_due_on: row.get("draft_due_on"),
        due_on: row.get("due_on"),
        state: coded(row, "state", DeliverableState::from_code)?,
        state_since: Timestamp(row.get("state_since")),
        url: row.get("url"),
        approved_at: row.get::<Option<i64>, _>("approved_at").map(Timestamp),
        live_at: row.get::<Option<i64>, _>("live_at").map(Timestamp),
    })
}

fn draft_of(row: &SqliteRow) -> DraftRow {
    let sha256: String = row.get("sha256");
    DraftRow {
        id: row.get("id"),
        deliverable: row.get("deliverable_id"),
        version: row.get("version"),
        caption: row.get("caption"),
        file: (!sha256.is_empty()).then(|| DraftFile {
            sha256,
            name: row.get("file_name"),
            kind: row.get("file_kind"),
            bytes: row.get::<i64, _>("file_bytes").unsigned_abs(),
        }),
        created_at: Timestamp(row.get("created_at")),
    }
}

/// A step of a piece, with the line it leaves in the timeline.
pub struct Step<'a> {
    pub deliverable: i64,
    pub next: DeliverableState,
    pub by: Party,
    pub actor: &'a str,
    pub contact: i64,
    /// For the timeline.
    pub summary: String,
    pub at: Timestamp,
    /// What other programs are told of it.
    pub event: Option<NewEvent>,
}

impl Store {
    /// The pieces of a deal, in their order.
    pub async fn deliverables(&self, deal: i64) -> Result<Vec<DeliverableRow>, StoreError> {
        let rows = sqlx::query("select * from deliverable where deal_id = $1 order by number")
            .bind(deal)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is to be made"))?;
        rows.iter().map(deliverable_of).collect()
    }

    /// Every piece of deals that go on, by the day it is due.
    pub async fn deliverables_under_way(&self) -> Result<Vec<DeliverableRow>, StoreError> {
        let rows = sqlx::query(
            "select deliverable.* from deliverable join deal on deal.id = deal_id \
             where deal.state in ('accepted', 'in-work', 'delivered', 'settled') \
             order by due_on = '', due_on, deliverable.id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what is to be made"))?;
        rows.iter().map(deliverable_of).collect()
    }

    pub async fn deliverable(&self, id: i64) -> Result<Option<DeliverableRow>, StoreError> {
        let row = sqlx::query("select * from deliverable where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading what is to be made"))?;
        row.as_ref().map(deliverable_of).transpose()
    }

    /// The drafts of a piece, the newest first.
    pub async fn drafts(&self, deliverable: i64) -> Result<Vec<DraftRow>, StoreError> {
        let rows = sqlx::query("select * from draft where deliverable_id = $1 order by version desc")
            .bind(deliverable)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading drafts"))?;
        Ok(rows.iter().map(draft_of).collect())
    }

    pub async fn draft(&self, id: i64) -> Result<Option<DraftRow>, StoreError> {
        let row = sqlx::query("select * from draft where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a draft"))?;
        Ok(row.as_ref().map(draft_of))
    }

    /// Keeps the next draft of a piece; its version, or `None` where no draft may come.
    pub async fn add_draft(
        &self,
        step: &Step<'_>,
        caption: &str,
        file: Option<&DraftFile>,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping a draft");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        if !take_step(&mut transaction, step).await? {
            return Ok(None);
        }
        let row = sqlx::query(
            "insert into draft (deliverable_id, version, caption, sha256, file_name, file_kind, file_bytes, created_at) \
             select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7 from draft where deliverable_id = $1 \
             returning version",
        )
        .bind(step.deliverable)
        .bind(caption)
        .bind(file.map_or("", |file| &file.sha256))
        .bind(file.map_or("", |file| &file.name))
        .bind(file.map_or("", |file| &file.kind))
        .bind(file.map_or(0, |file| file.bytes as i64))
        .bind(step.at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(row.get("version")))
    }

    /// Approves a draft or asks for changes to it, where it is still the newest; with what was said, if anything.
    pub async fn judge_draft(&self, step: &Step<'_>, draft: i64, said: &str) -> Result<bool, StoreError> {
        let failed = StoreError::of("judging a draft");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let newest: Option<(i64,)> =
            sqlx::query_as("select id from draft where deliverable_id = $1 order by version desc limit 1")
                .bind(step.deliverable)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(&failed)?;
        if newest != Some((draft,)) || !take_step(&mut transaction, step).await? {
            return Ok(false);
        }
        if !said.is_empty() {
            let comment = CommentRow {
                draft,
                party: step.by,
                actor: step.actor.to_owned(),
                at_second: None,
                text: said.to_owned(),
                created_at: step.at,
            };
            put_comment(&mut transaction, &comment).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Notes where a piece was posted.
    pub async fn note_posted(&self, step: &Step<'_>, url: &str) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting where something was posted");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        if !take_step(&mut transaction, step).await? {
            return Ok(false);
        }
        sqlx::query("update deliverable set url = $2 where id = $1")
            .bind(step.deliverable)
            .bind(url)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        put_looks(&mut transaction, step.deliverable, step.at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Takes an address off a piece where it is still the one noted, with the days on which it would be looked at again, and puts
    /// the piece into the state of the step; whether it was the one.
    pub async fn take_posted_back(&self, step: &Step<'_>, url: &str) -> Result<bool, StoreError> {
        let failed = StoreError::of("taking back where something was posted");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update deliverable set url = '', state = $3, state_since = $4, live_at = null \
             where id = $1 and url = $2 and state = 'live'",
        )
        .bind(step.deliverable)
        .bind(url)
        .bind(step.next.code())
        .bind(step.at.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        drop_looks(&mut transaction, step.deliverable).await.map_err(&failed)?;
        put_touch(&mut transaction, &touch_of(step, TouchKind::Post)).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    pub async fn add_comment(&self, comment: &CommentRow) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping a comment");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        put_comment(&mut connection, comment).await.map_err(&failed)
    }

    /// What was said about the drafts of a piece, the oldest first.
    pub async fn comments(&self, deliverable: i64) -> Result<Vec<CommentRow>, StoreError> {
        let rows = sqlx::query(
            "select draft_comment.* from draft_comment join draft on draft.id = draft_id \
             where deliverable_id = $1 order by draft_comment.id",
        )
        .bind(deliverable)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading comments"))?;
        let of = |row: &SqliteRow| {
            Ok(CommentRow {
                draft: row.get("draft_id"),
                party: coded(row, "party", Party::from_code)?,
                actor: row.get("actor"),
                at_second: row.get::<Option<i64>, _>("at_second").and_then(|second| u32::try_from(second).ok()),
                text: row.get("text"),
                created_at: Timestamp(row.get("created_at")),
            })
        };
        rows.iter().map(of).collect()
    }

    /// The hashes of all files that drafts, contacts and measurements have.
    pub async fn content_files(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select sha256 from draft where sha256 <> '' union select sha256 from contact_file \
             union select sha256 from post_measurement where sha256 <> ''",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading which files are held"))?;
        Ok(rows.into_iter().map(|(sha256,)| sha256).collect())
    }
}

/// Takes a step where it may be taken, and writes it into the timeline.
async fn take_step(connection: &mut SqliteConnection, step: &Step<'_>) -> Result<bool, StoreError> {
    let failed = StoreError::of("moving a piece on");
    let row = sqlx::query(
        "select deliverable.*, deal.state as deal_state from deliverable join deal on deal.id = deal_id \
         where deliverable.id = $1 and deal.contact_id = $2",
    )
    .bind(step.deliverable)
    .bind(step.contact)
    .fetch_optional(&mut *connection)
    .await
    .map_err(&failed)?;
    let Some(row) = row else { return Ok(false) };
    let held = deliverable_of(&row)?;
    let deal = coded(&row, "deal_state", model::outreach::deals::DealState::from_code)?;
    if !deal.is_agreed() || !held.state.may_become(step.next, step.by) {
        return Ok(false);
    }
    sqlx::query(
        "update deliverable set state = $2, state_since = $3, \
         approved_at = case when $2 = 'approved' then $3 when $2 in ('drafted', 'changes') then null else approved_at end, \
         live_at = case when $2 = 'live' then coalesce(live_at, $3) else live_at end where id = $1",
    )
    .bind(step.deliverable)
    .bind(step.next.code())
    .bind(step.at.0)
    .execute(&mut *connection)
    .await
    .map_err(&failed)?;
    let kind = if step.next == DeliverableState::Live { TouchKind::Post } else { TouchKind::Deal };
    put_touch(&mut *connection, &touch_of(step, kind)).await.map_err(&failed)?;
    put_new_event(connection, step.event.as_ref(), step.at).await.map_err(&failed)?;
    Ok(true)
}

fn touch_of(step: &Step<'_>, kind: TouchKind) -> NewTouch {
    NewTouch {
        contact: step.contact,
        at: step.at,
        kind,
        actor: step.actor.to_owned(),
        summary: step.summary.clone(),
        detail: String::new(),
        mail: None,
    }
}

async fn put_comment(connection: &mut SqliteConnection, comment: &CommentRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into draft_comment (draft_id, party, actor, at_second, text, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(comment.draft)
    .bind(comment.party.code())
    .bind(&comment.actor)
    .bind(comment.at_second.map(i64::from))
    .bind(&comment.text)
    .bind(comment.created_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps the pieces that were agreed, in their order.
pub(crate) async fn put_deliverables(
    connection: &mut SqliteConnection,
    deal: i64,
    pieces: &[NewDeliverable],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    for (number, piece) in (1i64..).zip(pieces) {
        sqlx::query(
            "insert into deliverable (deal_id, number, format, platform, draft_due_on, due_on, state, state_since) \
             values ($1, $2, $3, $4, $5, $6, 'waiting', $7)",
        )
        .bind(deal)
        .bind(number)
        .bind(&piece.format)
        .bind(&piece.platform)
        .bind(&piece.draft_due_on)
        .bind(&piece.due_on)
        .bind(at.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
