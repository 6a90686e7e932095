//! Templates with their versions, sequences of mails, and who is in one.

use model::Timestamp;
use model::outreach::{EnrolmentState, StopReason, TouchKind};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use super::sending::cancel_waiting;
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A template in its newest version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateRow {
    pub id: i64,
    pub name: String,
    pub version: u32,
    pub subject: String,
    pub body: String,
    pub changed_at: Timestamp,
    pub is_archived: bool,
}

/// Mails, waits and tasks one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SequenceRow {
    pub id: i64,
    pub name: String,
    /// JSON.
    pub steps: String,
    pub created_at: Timestamp,
    pub is_archived: bool,
}

/// Somebody in a sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnrolmentRow {
    pub id: i64,
    pub sequence: i64,
    pub contact: i64,
    pub mailbox: i64,
    /// JSON.
    pub given: String,
    pub state: EnrolmentState,
    pub stopped_because: Option<StopReason>,
    pub next_step: u32,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
}

fn template_of(row: &SqliteRow) -> TemplateRow {
    TemplateRow {
        id: row.get("id"),
        name: row.get("name"),
        version: u32::try_from(row.get::<i64, _>("version")).unwrap_or(0),
        subject: row.get("subject"),
        body: row.get("body"),
        changed_at: Timestamp(row.get("changed_at")),
        is_archived: row.get::<Option<i64>, _>("archived_at").is_some(),
    }
}

fn sequence_of(row: &SqliteRow) -> SequenceRow {
    SequenceRow {
        id: row.get("id"),
        name: row.get("name"),
        steps: row.get("steps"),
        created_at: Timestamp(row.get("created_at")),
        is_archived: row.get::<Option<i64>, _>("archived_at").is_some(),
    }
}

pub(crate) fn enrolment_of(row: &SqliteRow) -> Result<EnrolmentRow, StoreError> {
    Ok(EnrolmentRow {
        id: row.get("id"),
        sequence: row.get("sequence_id"),
        contact: row.get("contact_id"),
        mailbox: row.get("mailbox_id"),
        given: row.get("given"),
        state: coded(row, "state", EnrolmentState::from_code)?,
        stopped_because: StopReason::from_code(row.get("stopped_because")),
        next_step: u32::try_from(row.get::<i64, _>("next_step")).unwrap_or(0),
        due_at: Timestamp(row.get("due_at")),
        created_at: Timestamp(row.get("created_at")),
    })
}

const TEMPLATE: &str = "select template.id, name, version, subject, body, archived_at, template_version.created_at as changed_at \
     from template join template_version on template_id = template.id and version = \
     (select max(version) from template_version where template_id = template.id)";

impl Store {
    /// Keeps a template's text as its next version, making the template where there is none of that name.
    pub async fn keep_template(
        &self,
        name: &str,
        subject: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<(i64, u32), StoreError> {
        let failed = StoreError::of("keeping a template");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into template (name, created_at) values ($1, $2) \
             on conflict (lower(name)) do update set archived_at = null returning id",
        )
        .bind(name)
        .bind(at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let id: i64 = row.get("id");
        let row = sqlx::query(
            "insert into template_version (template_id, version, subject, body, created_at) \
             select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from template_version where template_id = $1 \
             returning version",
        )
        .bind(id)
        .bind(subject)
        .bind(body)
        .bind(at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok((id, u32::try_from(row.get::<i64, _>("version")).unwrap_or(0)))
    }

    /// Every template that is in use, by name.
    pub async fn templates(&self) -> Result<Vec<TemplateRow>, StoreError> {
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(format!("{TEMPLATE} where archived_at is null order by lower(name)")))
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading the templates"))?;
        Ok(rows.iter().map(template_of).collect())
    }

    pub async fn template(&self, id: i64) -> Result<Option<TemplateRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{TEMPLATE} where template.id = $1")))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a template"))?;
        Ok(row.as_ref().map(template_of))
    }

    pub async fn archive_template(&self, id: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query("update template set archived_at = $2 where id = $1 and archived_at is null")
            .bind(id)
            .bind(at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("putting a template away"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps a sequence; whoever is in it goes on with the steps as they are now.
    pub async fn keep_sequence(&self, name: &str, steps: &str, at: Timestamp) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into sequence (name, steps, created_at) values ($1, $2, $3) \
             on conflict (lower(name)) do update set steps = $2, archived_at = null returning id",
        )
        .bind(name)
        .bind(steps)
        .bind(at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("keeping a sequence"))?;
        Ok(row.get("id"))
    }

    pub async fn sequences(&self) -> Result<Vec<SequenceRow>, StoreError> {
        let rows = sqlx::query("select * from sequence where archived_at is null order by lower(name)")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the sequences"))?;
        Ok(rows.iter().map(sequence_of).collect())
    }

    pub async fn sequence(&self, id: i64) -> Result<Option<SequenceRow>, StoreError> {
        let row = sqlx::query("select * from sequence where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a sequence"))?;
        Ok(row.as_ref().map(sequence_of))
    }

    /// Puts somebody into a sequence as a draft; `None` where they are in it already.
    pub async fn enrol(
        &self,
        sequence: i64,
        contact: i64,
        mailbox: i64,
        given: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into enrolment (sequence_id, contact_id, mailbox_id, given, state, next_step, due_at, created_at) \
             values ($1, $2, $3, $4, 'draft', 0, $5, $5) on conflict do nothing returning id",
        )
        .bind(sequence)
        .bind(contact)
        .bind(mailbox)
        .bind(given)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("putting somebody into a sequence"))?;
        Ok(row.map(|row| row.get("id")))
    }

    /// Those in a sequence in some state, all or those of one sequence.
    pub async fn enrolments(
        &self,
        sequence: Option<i64>,
        state: Option<EnrolmentState>,
        at_most: u64,
    ) -> Result<Vec<EnrolmentRow>, StoreError> {
        let rows = sqlx::query(
            "select * from enrolment where ($1 is null or sequence_id = $1) and ($2 is null or state = $2) \
             order by id limit $3",
        )
        .bind(sequence)
        .bind(state.map(EnrolmentState::code))
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading who is in a sequence"))?;
        rows.iter().map(enrolment_of).collect()
    }

    pub async fn enrolments_of(&self, contact: i64) -> Result<Vec<EnrolmentRow>, StoreError> {
        let rows = sqlx::query("select * from enrolment where contact_id = $1 order by id desc")
            .bind(contact)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading somebody's sequences"))?;
        rows.iter().map(enrolment_of).collect()
    }

    /// How many of each sequence are in each state.
    pub async fn enrolment_counts(&self) -> Result<Vec<(i64, EnrolmentState, u64)>, StoreError> {
        let rows =
            sqlx::query("select sequence_id, state, count(*) as people from enrolment group by sequence_id, state")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("counting who is in a sequence"))?;
        let of = |row: &SqliteRow| {
            Ok((
                row.get("sequence_id"),
                coded(row, "state", EnrolmentState::from_code)?,
                row.get::<i64, _>("people").unsigned_abs(),
            ))
        };
        rows.iter().map(of).collect()
    }

    /// Releases drafts, so that their first step is due; how many were drafts.
    pub async fn release_enrolments(&self, enrolments: &[i64], at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("releasing a sequence");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut released = 0;
        for enrolment in enrolments {
            let done = sqlx::query(
                "update enrolment set state = 'active', due_at = $2, released_at = $2 where id = $1 and state = 'draft'",
            )
            .bind(enrolment)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            released += done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(released)
    }

    /// Those whose next step is due and who wait for no mail of theirs to leave.
    pub async fn enrolments_due(&self, at: Timestamp, at_most: u64) -> Result<Vec<EnrolmentRow>, StoreError> {
        let rows = sqlx::query(
            "select * from enrolment where state = 'active' and due_at <= $1 and not exists (select 1 from outgoing \
             where enrolment_id = enrolment.id and outgoing.state in ('draft', 'waiting', 'begun', 'unknown')) \
             order by due_at, id limit $2",
        )
        .bind(at.0)
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading which steps are due"))?;
        rows.iter().map(enrolment_of).collect()
    }

    /// Moves somebody on to a step due at a moment, or through the sequence; nothing where they are not under way any more.
    pub async fn move_enrolment(
        &self,
        enrolment: i64,
        from_step: u32,
        next_step: u32,
        due_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update enrolment set next_step = $3, due_at = coalesce($4, due_at), \
             state = case when $4 is null then 'finished' else state end \
             where id = $1 and next_step = $2 and state = 'active'",
        )
        .bind(enrolment)
        .bind(i64::from(from_step))
        .bind(i64::from(next_step))
        .bind(due_at.map(|at| at.0))
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("moving somebody on in a sequence"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends every sequence somebody is in and takes back what of it waits to leave; how many ended.
    pub async fn stop_sequences(&self, contact: i64, why: StopReason, at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("stopping a sequence");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let stopped = stop_all(&mut transaction, contact, why, at).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(stopped)
    }

    /// Ends one sequence of somebody.
    pub async fn stop_enrolment(&self, enrolment: i64, why: StopReason, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("stopping a sequence");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "update enrolment set state = 'stopped', stopped_because = $2 \
             where id = $1 and state in ('draft', 'active', 'paused') returning contact_id",
        )
        .bind(enrolment)
        .bind(why.code())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        if row.is_some() {
            take_back(&mut transaction, enrolment, why, at).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(row.is_some())
    }
}

pub(crate) async fn stop_all(
    connection: &mut SqliteConnection,
    contact: i64,
    why: StopReason,
    at: Timestamp,
) -> Result<u64, StoreError> {
    stop_since(connection, contact, why, Timestamp(i64::MAX - 1_000_000), at).await
}

/// Ends what somebody was in when something came; what began after it goes on.
pub(crate) async fn stop_since(
    connection: &mut SqliteConnection,
    contact: i64,
    why: StopReason,
    came_at: Timestamp,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let failed = StoreError::of("stopping a sequence");
    let rows = sqlx::query(
        "update enrolment set state = 'stopped', stopped_because = $2 \
         where contact_id = $1 and state in ('draft', 'active', 'paused') \
         and coalesce(released_at, created_at) <= $3 + 1000000 returning id, \
         (select name from sequence where id = sequence_id) as sequence",
    )
    .bind(contact)
    .bind(why.code())
    .bind(came_at.0)
    .fetch_all(&mut *connection)
    .await
    .map_err(&failed)?;
    for row in &rows {
        take_back(connection, row.get("id"), why, at).await.map_err(&failed)?;
        let touch = NewTouch {
            contact,
            at,
            kind: TouchKind::Stage,
            actor: "sequence".to_owned(),
            summary: format!("sequence “{}” ended: {}", row.get::<String, _>("sequence"), why.words()),
            detail: String::new(),
            mail: None,
        };
        put_touch(connection, &touch).await.map_err(&failed)?;
    }
    Ok(rows.len() as u64)
}

async fn take_back(
    connection: &mut SqliteConnection,
    enrolment: i64,
    why: StopReason,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    cancel_waiting(connection, enrolment, &format!("the sequence ended: {}", why.words()), at).await
}

/// Ends one enrolment that is under way.
pub(crate) async fn stop_one(
    connection: &mut SqliteConnection,
    enrolment: i64,
    why: StopReason,
) -> Result<(), sqlx::Error> {
    sqlx::query("update enrolment set state = 'stopped', stopped_because = $2 where id = $1 and state = 'active'")
        .bind(enrolment)
        .bind(why.code())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the enrolments of one contact in sequences that another is under way in too; which these were, with their states.
pub(crate) async fn end_shared(
    connection: &mut SqliteConnection,
    of: i64,
    with: i64,
) -> Result<Vec<(i64, String)>, sqlx::Error> {
    let shared: Vec<(i64, String)> = sqlx::query_as(
        "select id, state from enrolment where contact_id = $1 and state in ('draft', 'active', 'paused') and sequence_id in \
         (select sequence_id from enrolment where contact_id = $2 and state in ('draft', 'active', 'paused'))",
    )
    .bind(of)
    .bind(with)
    .fetch_all(&mut *connection)
    .await?;
    for (enrolment, _) in &shared {
        sqlx::query("update enrolment set state = 'stopped', stopped_because = 'merged' where id = $1")
            .bind(enrolment)
            .execute(&mut *connection)
            .await?;
    }
    Ok(shared)
}

/// Lets enrolments that a merge ended go on as they were.
pub(crate) async fn go_on(connection: &mut SqliteConnection, ended: &[(i64, String)]) -> Result<(), sqlx::Error> {
    for (enrolment, state) in ended {
        sqlx::query(
            "update enrolment set state = $2, stopped_because = '' \
             where id = $1 and state = 'stopped' and stopped_because = 'merged'",
        )
        .bind(enrolment)
        .bind(state)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

moves!(move_enrolments, give_back_enrolments, "enrolment", "id");
