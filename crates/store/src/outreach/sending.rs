//! What leaves: the queue, what is written down before a mail is given to a server, what became of it, and what came back.
//!
//! A mail is given to a server at most once. Its row says `begun`, with its Message-ID, before the first byte leaves; who
//! finds it so after a crash does not know its fate and asks a person, the Sent folder or a later answer.

use model::Timestamp;
use model::outreach::{SendState, Stage, StopReason, SuppressionReason, TouchKind};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::bounces::{NewBounce, put_bounce};
use super::coded;
use super::contacts::{move_stage, note_informed};
use super::mails::{NewMail, give_contact, put_mail, set_class};
use super::sequences::{stop_all, stop_one, stop_since};
use super::suppressions::{SuppressionRow, bar_of, put_suppression};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A mail in the queue or through it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingRow {
    pub id: i64,
    pub mailbox: i64,
    pub contact: i64,
    pub address: Option<i64>,
    pub enrolment: Option<i64>,
    pub step: Option<u32>,
    pub answers: Option<i64>,
    pub is_first: bool,
    pub template: Option<i64>,
    pub template_version: Option<u32>,
    pub subject: String,
    pub body: String,
    /// As its template was filled, where a person changed it.
    pub filled: Option<String>,
    pub state: SendState,
    pub reason: String,
    pub not_before: Timestamp,
    pub tries: u32,
    pub created_at: Timestamp,
    pub begun_at: Option<Timestamp>,
    pub message_id: Option<String>,
    pub token: Option<String>,
    pub reply_code: Option<u16>,
    pub reply: String,
    pub ended_at: Option<Timestamp>,
    pub mail: Option<i64>,
}

/// A mail about to be queued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOutgoing {
    pub mailbox: i64,
    pub contact: i64,
    pub address: Option<i64>,
    pub enrolment: Option<(i64, u32)>,
    pub answers: Option<i64>,
    pub is_first: bool,
    pub template: Option<(i64, u32)>,
    pub subject: String,
    pub body: String,
    pub filled: Option<String>,
    /// Draft or waiting.
    pub state: SendState,
    pub not_before: Timestamp,
}

/// What is written down before a mail leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beginning {
    pub message_id: String,
    pub token: String,
    /// The hash of the address it goes to.
    pub address_hash: String,
    pub at: Timestamp,
    /// A first mail is not sent where another of our mailboxes wrote since.
    pub guard_since: Timestamp,
}

/// Whether a mail may leave now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MayLeave {
    Yes,
    /// It was laid aside, and why.
    Skipped(String),
    /// It is not waiting any more.
    Gone,
}

/// What became of a mail given to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// With the mail as it left.
    Accepted {
        reply: String,
        mail: Box<NewMail>,
    },
    Refused {
        code: u16,
        reply: String,
        bounce: NewBounce,
    },
    /// Nothing left; it may be tried again then.
    NotBegun {
        problem: String,
        again_at: Option<Timestamp>,
    },
    Unknown {
        problem: String,
    },
}

/// What a mail that came in does, beside being there.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Effects {
    pub contact: Option<i64>,
    pub touch: Option<(TouchKind, String)>,
    pub stops: Option<StopReason>,
    /// They have answered: their stage moves on.
    pub answered: bool,
    /// Whom it is about, for a bounce: which of our mails.
    pub bounce: Option<(Option<i64>, NewBounce)>,
    pub bar: Option<(String, SuppressionReason)>,
    /// Nobody has to read it.
    pub is_read: bool,
    /// Which mail of ours it shows to have arrived.
    pub arrived: Option<i64>,
}

pub(crate) fn outgoing_of(row: &SqliteRow) -> Result<OutgoingRow, StoreError> {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    let number = |column: &str| row.get::<Option<i64>, _>(column).and_then(|of| u32::try_from(of).ok());
    Ok(OutgoingRow {
        id: row.get("id"),
        mailbox: row.get("mailbox_id"),
        contact: row.get("contact_id"),
        address: row.get("address_id"),
        enrolment: row.get("enrolment_id"),
        step: number("step"),
        answers: row.get("answers"),
        is_first: row.get::<i64, _>("is_first") != 0,
        template: row.get("template_id"),
        template_version: number("template_version"),
        subject: row.get("subject"),
        body: row.get("body"),
        filled: row.get("filled"),
        state: coded(row, "state", SendState::from_code)?,
        reason: row.get("reason"),
        not_before: Timestamp(row.get("not_before")),
        tries: number("tries").unwrap_or(0),
        created_at: Timestamp(row.get("created_at")),
        begun_at: moment("begun_at"),
        message_id: row.get("message_id"),
        token: row.get("token"),
        reply_code: number("reply_code").and_then(|code| u16::try_from(code).ok()),
        reply: row.get("reply"),
        ended_at: moment("ended_at"),
        mail: row.get("mail_id"),
    })
}

impl Store {
    /// Queues a mail; `None` where this step of this enrolment has one.
    pub async fn add_outgoing(&self, new: &NewOutgoing, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into outgoing (mailbox_id, contact_id, address_id, enrolment_id, step, answers, is_first, template_id, \
             template_version, subject, body, filled, state, not_before, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing returning id",
        )
        .bind(new.mailbox)
        .bind(new.contact)
        .bind(new.address)
        .bind(new.enrolment.map(|(enrolment, _)| enrolment))
        .bind(new.enrolment.map(|(_, step)| i64::from(step)))
        .bind(new.answers)
        .bind(i64::from(new.is_first))
        .bind(new.template.map(|(template, _)| template))
        .bind(new.template.map(|(_, version)| i64::from(version)))
        .bind(&new.subject)
        .bind(&new.body)
        .bind(&new.filled)
        .bind(new.state.code())
        .bind(new.not_before.0)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("queueing a mail"))?;
        Ok(row.map(|row| row.get("id")))
    }

    pub async fn outgoing(&self, id: i64) -> Result<Option<OutgoingRow>, StoreError> {
        let row = sqlx::query("select * from outgoing where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a mail of the queue"))?;
        row.as_ref().map(outgoing_of).transpose()
    }

    /// Mails in some states, those that leave first at the top.
    pub async fn outgoing_in(&self, states: &[SendState], at_most: u64) -> Result<Vec<OutgoingRow>, StoreError> {
        let mut query = QueryBuilder::new("select * from outgoing where state in (");
        let mut codes = query.separated(", ");
        for state in states {
            codes.push_bind(state.code());
        }
        query.push(") order by not_before, id limit ").push_bind(at_most as i64);
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the queue"))?;
        rows.iter().map(outgoing_of).collect()
    }

    /// How many mails are in each state.
    pub async fn outgoing_counts(&self) -> Result<Vec<(SendState, u64)>, StoreError> {
        let rows = sqlx::query("select state, count(*) as mails from outgoing group by state")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("counting the queue"))?;
        let of = |row: &SqliteRow| {
            Ok((coded(row, "state", SendState::from_code)?, row.get::<i64, _>("mails").unsigned_abs()))
        };
        rows.iter().map(of).collect()
    }

    /// The mails of a mailbox that may leave now, the longest due first.
    pub async fn outgoing_due(
        &self,
        mailbox: i64,
        at: Timestamp,
        at_most: u64,
    ) -> Result<Vec<OutgoingRow>, StoreError> {
        let rows = sqlx::query(
            "select * from outgoing where mailbox_id = $1 and state = 'waiting' and not_before <= $2 \
             order by (enrolment_id is not null or is_first), not_before, id limit $3",
        )
        .bind(mailbox)
        .bind(at.0)
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what is due to leave"))?;
        rows.iter().map(outgoing_of).collect()
    }

    /// When the next mail of the queue may leave, or a step of a sequence that is due by `at` was; steps due later are not
    /// waited for.
    pub async fn next_due(&self, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (next,): (Option<i64>,) = sqlx::query_as(
            "select min(at) from (select min(not_before) as at from outgoing where state = 'waiting' and mailbox_id in \
             (select id from mailbox where state = 'active') \
             union all select min(due_at) from enrolment where state = 'active' and due_at <= $1 and not exists \
             (select 1 from outgoing where enrolment_id = enrolment.id \
             and outgoing.state in ('draft', 'waiting', 'begun', 'unknown')))",
        )
        .bind(at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading when the next mail leaves"))?;
        Ok(next.map(Timestamp))
    }

    /// Changes what a mail that has not begun to leave says, releases it, or takes it back.
    pub async fn change_outgoing(
        &self,
        id: i64,
        text: Option<(&str, &str)>,
        to: Option<SendState>,
        not_before: Option<Timestamp>,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("changing a mail of the queue");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select * from outgoing where id = $1")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(held) = row.as_ref().map(outgoing_of).transpose()? else { return Ok(false) };
        if !matches!(held.state, SendState::Draft | SendState::Waiting)
            || to.is_some_and(|to| to != held.state && !held.state.may_become(to))
        {
            return Ok(false);
        }
        let to = to.unwrap_or(held.state);
        let filled = match text {
            Some((subject, body)) if (subject, body) != (held.subject.as_str(), held.body.as_str()) => {
                held.filled.or_else(|| Some(format!("{}\n\n{}", held.subject, held.body)))
            }
            _ => held.filled,
        };
        let (subject, body) = text.unwrap_or((&held.subject, &held.body));
        let has_ended = matches!(to, SendState::Cancelled | SendState::Skipped);
        sqlx::query(
            "update outgoing set subject = $2, body = $3, filled = $4, state = $5, not_before = coalesce($6, not_before), \
             reason = $7, ended_at = $8 where id = $1",
        )
        .bind(id)
        .bind(subject)
        .bind(body)
        .bind(filled)
        .bind(to.code())
        .bind(not_before.map(|at| at.0))
        .bind(reason)
        .bind(has_ended.then_some(at.0))
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Writes down that a mail begins to leave, or lays it aside: barred, opted out, written to by another of our mailboxes,
    /// out of its sequence. All of it in one transaction.
    pub async fn begin_sending(&self, id: i64, with: &Beginning) -> Result<MayLeave, StoreError> {
        let failed = StoreError::of("writing down that a mail leaves");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select * from outgoing where id = $1 and state = 'waiting'")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(held) = row.as_ref().map(outgoing_of).transpose()? else { return Ok(MayLeave::Gone) };
        if let Some(why) = why_not(&mut transaction, &held, with).await? {
            sqlx::query("update outgoing set state = 'skipped', reason = $2, ended_at = $3 where id = $1")
                .bind(id)
                .bind(&why)
                .bind(with.at.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            if let Some(enrolment) = held.enrolment {
                stop_one(&mut transaction, enrolment, StopReason::Refused).await.map_err(&failed)?;
            }
            transaction.commit().await.map_err(&failed)?;
            return Ok(MayLeave::Skipped(why));
        }
        sqlx::query(
            "update outgoing set state = 'begun', begun_at = $2, message_id = $3, token = $4, tries = tries + 1 where id = $1",
        )
        .bind(id)
        .bind(with.at.0)
        .bind(&with.message_id)
        .bind(&with.token)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(MayLeave::Yes)
    }

    /// Writes down what became of a mail that had begun to leave, with all that follows from it.
    pub async fn end_sending(&self, id: i64, outcome: &Outcome, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("writing down what became of a mail");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select * from outgoing where id = $1 and state in ('begun', 'unknown')")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(held) = row.as_ref().map(outgoing_of).transpose()? else { return Ok(false) };
        match outcome {
            Outcome::Accepted { reply, mail } => {
                let (mail, _) = put_mail(&mut transaction, mail, Some(held.mailbox)).await.map_err(&failed)?;
                accept(&mut transaction, &held, reply, Some(mail), at).await?;
            }
            Outcome::Refused { code, reply, bounce } => {
                sqlx::query(
                    "update outgoing set state = 'refused', reply_code = $2, reply = $3, reason = $4, ended_at = $5 \
                     where id = $1",
                )
                .bind(id)
                .bind(i64::from(*code))
                .bind(reply)
                .bind(&bounce.class)
                .bind(at.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
                put_bounce(&mut transaction, Some(&held), None, Some(held.contact), bounce, at).await?;
            }
            Outcome::NotBegun { problem, again_at } => {
                let (state, not_before) = match again_at {
                    Some(again) => (SendState::Waiting, again.0),
                    None => (SendState::Refused, held.not_before.0),
                };
                sqlx::query(
                    "update outgoing set state = $2, reply = $3, reason = $3, not_before = $4, \
                     begun_at = case when $2 = 'waiting' then null else begun_at end, \
                     ended_at = case when $2 = 'waiting' then null else $5 end where id = $1",
                )
                .bind(id)
                .bind(state.code())
                .bind(problem)
                .bind(not_before)
                .bind(at.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
                if state == SendState::Refused {
                    stop_all(&mut transaction, held.contact, StopReason::Refused, at).await?;
                }
            }
            Outcome::Unknown { problem } => {
                sqlx::query("update outgoing set state = 'unknown', reason = $2 where id = $1")
                    .bind(id)
                    .bind(problem)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Whatever had begun to leave when the sender died has an unknown fate; how many there are. Only the one sender may ask.
    pub async fn begun_is_unknown(&self, reason: &str) -> Result<u64, StoreError> {
        let done = sqlx::query("update outgoing set state = 'unknown', reason = $1 where state = 'begun'")
            .bind(reason)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting mails of unknown fate"))?;
        Ok(done.rows_affected())
    }

    /// A person says what became of a mail of unknown fate: it arrived, it is to be sent again, or it is let be.
    pub async fn settle_unknown(&self, id: i64, to: SendState, who: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("settling a mail of unknown fate");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select * from outgoing where id = $1 and state = 'unknown'")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(held) = row.as_ref().map(outgoing_of).transpose()? else { return Ok(false) };
        match to {
            SendState::Accepted => accept(&mut transaction, &held, &format!("said by {who}"), None, at).await?,
            SendState::Waiting => {
                sqlx::query("insert into outgoing_before (outgoing_id, token, message_id) values ($1, $2, $3)")
                    .bind(id)
                    .bind(&held.token)
                    .bind(&held.message_id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
                sqlx::query(
                    "update outgoing set state = 'waiting', begun_at = null, token = null, message_id = null, \
                     reason = '', not_before = $2 where id = $1",
                )
                .bind(id)
                .bind(at.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            }
            SendState::Cancelled => {
                sqlx::query("update outgoing set state = 'cancelled', reason = $2, ended_at = $3 where id = $1")
                    .bind(id)
                    .bind(format!("let be by {who}"))
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            }
            _ => return Ok(false),
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// The mail of a step of somebody's sequence, if it has one.
    pub async fn step_mail(&self, enrolment: i64, step: u32) -> Result<Option<OutgoingRow>, StoreError> {
        let row = sqlx::query("select * from outgoing where enrolment_id = $1 and step = $2")
            .bind(enrolment)
            .bind(i64::from(step))
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading the mail of a step"))?;
        row.as_ref().map(outgoing_of).transpose()
    }

    /// The latest mail of somebody's sequence that was taken.
    pub async fn last_step_taken(&self, enrolment: i64) -> Result<Option<OutgoingRow>, StoreError> {
        let row = sqlx::query(
            "select * from outgoing where enrolment_id = $1 and state = 'accepted' order by step desc limit 1",
        )
        .bind(enrolment)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("reading the last mail of a sequence"))?;
        row.as_ref().map(outgoing_of).transpose()
    }

    /// Which of our mails bears a token or a Message-ID.
    pub async fn outgoing_bearing(
        &self,
        token: Option<&str>,
        message_id: Option<&str>,
    ) -> Result<Option<OutgoingRow>, StoreError> {
        let row = sqlx::query(
            "select * from outgoing where ($1 is not null and token = $1) or ($2 is not null and message_id = $2) \
             or id in (select outgoing_id from outgoing_before where ($1 is not null and token = $1) \
             or ($2 is not null and message_id = $2)) order by token = $1 desc limit 1",
        )
        .bind(token)
        .bind(message_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("looking for one of our mails"))?;
        row.as_ref().map(outgoing_of).transpose()
    }

    /// Gives a mail that came in its class and does what follows, in one transaction. Given again, effects are not repeated.
    pub async fn keep_class(
        &self,
        mail: i64,
        class: &str,
        version: u32,
        detail: &str,
        effects: &Effects,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping a mail's class");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select class, thread_id, subject, at from mail where id = $1")
            .bind(mail)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
        let before: String = row.get("class");
        let thread: Option<i64> = row.get("thread_id");
        let came_at = Timestamp(row.get("at"));
        set_class(&mut transaction, mail, class, version, detail, effects.contact, effects.is_read)
            .await
            .map_err(&failed)?;
        if before != class {
            if let (Some(contact), Some((kind, summary))) = (effects.contact, &effects.touch) {
                let touch = NewTouch {
                    contact,
                    at: came_at,
                    kind: *kind,
                    actor: "them".to_owned(),
                    summary: summary.clone(),
                    detail: String::new(),
                    mail: Some(mail),
                };
                put_touch(&mut transaction, &touch).await.map_err(&failed)?;
            }
            if let (Some(contact), Some(why)) = (effects.contact, effects.stops) {
                stop_since(&mut transaction, contact, why, came_at, at).await?;
            }
            if let (Some(contact), true) = (effects.contact, effects.answered) {
                // Mail from before the stage was set says nothing about it.
                let stage =
                    stage_since(&mut transaction, contact).await?.filter(|(_, since)| since.0 <= came_at.0 + 1_000_000);
                if let Some((stage, _)) = stage {
                    move_stage(&mut transaction, contact, stage.after_answering(), "sync", at).await?;
                }
            }
            if let Some((hash, reason)) = &effects.bar {
                let row = SuppressionRow {
                    address_hash: hash.clone(),
                    reason: *reason,
                    at,
                    evidence: format!("mail {mail}"),
                };
                put_suppression(&mut transaction, &row).await.map_err(&failed)?;
            }
            if let Some((outgoing, bounce)) = &effects.bounce {
                let held = match outgoing {
                    Some(id) => {
                        let row = sqlx::query("select * from outgoing where id = $1")
                            .bind(id)
                            .fetch_optional(&mut *transaction)
                            .await
                            .map_err(&failed)?;
                        row.as_ref().map(outgoing_of).transpose()?
                    }
                    None => None,
                };
                let contact = effects.contact.or(held.as_ref().map(|held| held.contact));
                put_bounce(&mut transaction, held.as_ref(), Some(mail), contact, bounce, at).await?;
            }
            if let Some(id) = effects.arrived {
                settle_as_arrived(&mut transaction, id, at).await?;
            }
        }
        if let Some(thread) = thread {
            super::threads::sum_up(&mut transaction, thread).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Mails of unknown fate whose Message-ID lies in a Sent folder have left; how many were settled so.
    pub async fn settle_by_sent_folder(&self, at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("settling mails by the Sent folder");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select outgoing.id from outgoing join mail on mail.message_id = outgoing.message_id and mail.way = 'out' \
             join raw_mail on raw_mail.mail_id = mail.id where outgoing.state = 'unknown'",
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        for (id,) in &rows {
            settle_as_arrived(&mut transaction, *id, at).await?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(rows.len() as u64)
    }

    /// Mails a mailbox let leave since a moment: all, first ones; sent elsewhere and seen in Sent are counted too.
    pub async fn left_since(&self, mailbox: i64, since: Timestamp) -> Result<(u64, u64), StoreError> {
        let failed = StoreError::of("counting what has left");
        let (ours, first): (i64, Option<i64>) = sqlx::query_as(
            "select count(*), sum(is_first) from outgoing where mailbox_id = $1 and begun_at >= $2 \
             and state in ('begun', 'accepted', 'unknown')",
        )
        .bind(mailbox)
        .bind(since.0)
        .fetch_one(&self.pool)
        .await
        .map_err(&failed)?;
        let (elsewhere,): (i64,) = sqlx::query_as(
            "select count(*) from mail where mailbox_id = $1 and way = 'out' and at >= $2 \
             and not exists (select 1 from outgoing where outgoing.message_id = mail.message_id)",
        )
        .bind(mailbox)
        .bind(since.0)
        .fetch_one(&self.pool)
        .await
        .map_err(&failed)?;
        let elsewhere = elsewhere.unsigned_abs();
        Ok((ours.unsigned_abs() + elsewhere, first.unwrap_or(0).unsigned_abs() + elsewhere))
    }

    /// When a mailbox last let a mail leave.
    pub async fn last_left(&self, mailbox: i64) -> Result<Option<Timestamp>, StoreError> {
        let (at,): (Option<i64>,) = sqlx::query_as("select max(begun_at) from outgoing where mailbox_id = $1")
            .bind(mailbox)
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading when the last mail left"))?;
        Ok(at.map(Timestamp))
    }

    /// Who of us wrote to contacts last, and when: contact, mailbox address, moment.
    pub async fn last_written(&self, contacts: &[i64]) -> Result<Vec<(i64, String, Timestamp)>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new(
                "select contact_id, coalesce((select address from mailbox where id = mailbox_id), '') as by_address, \
                 max(at) as at from mail where way = 'out' and contact_id in (",
            );
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") group by contact_id");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading who wrote last"))?;
            found.extend(
                rows.iter().map(|row| (row.get("contact_id"), row.get("by_address"), Timestamp(row.get("at")))),
            );
        }
        Ok(found)
    }

    /// The mails of the queue and those through it of one contact, the newest first.
    pub async fn outgoing_of_contact(&self, contact: i64, at_most: u64) -> Result<Vec<OutgoingRow>, StoreError> {
        let rows = sqlx::query("select * from outgoing where contact_id = $1 order by id desc limit $2")
            .bind(contact)
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was written to somebody"))?;
        rows.iter().map(outgoing_of).collect()
    }

    /// Mails in some states, those that came to it last at the top.
    pub async fn outgoing_lately(&self, states: &[SendState], at_most: u64) -> Result<Vec<OutgoingRow>, StoreError> {
        let mut query = QueryBuilder::new("select * from outgoing where state in (");
        let mut codes = query.separated(", ");
        for state in states {
            codes.push_bind(state.code());
        }
        query.push(") order by coalesce(ended_at, begun_at, created_at) desc, id desc limit ");
        query.push_bind(at_most as i64);
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the queue"))?;
        rows.iter().map(outgoing_of).collect()
    }
}

async fn stage_since(
    connection: &mut SqliteConnection,
    contact: i64,
) -> Result<Option<(Stage, Timestamp)>, StoreError> {
    let row = sqlx::query("select stage, stage_since from contact where id = $1")
        .bind(contact)
        .fetch_optional(connection)
        .await
        .map_err(StoreError::of("reading a stage"))?;
    row.as_ref().map(|row| Ok((coded(row, "stage", Stage::from_code)?, Timestamp(row.get("stage_since"))))).transpose()
}

async fn stage_of(connection: &mut SqliteConnection, contact: i64) -> Result<Option<Stage>, StoreError> {
    let row = sqlx::query("select stage from contact where id = $1")
        .bind(contact)
        .fetch_optional(connection)
        .await
        .map_err(StoreError::of("reading a stage"))?;
    row.as_ref().map(|row| coded(row, "stage", Stage::from_code)).transpose()
}

/// Why a mail must not leave, if it must not.
async fn why_not(
    connection: &mut SqliteConnection,
    held: &OutgoingRow,
    with: &Beginning,
) -> Result<Option<String>, StoreError> {
    let failed = StoreError::of("looking whether a mail may leave");
    if let Some(bar) = bar_of(connection, &with.address_hash).await? {
        return Ok(Some(format!("barred: {}", bar.reason.words())));
    }
    // Whoever has objected is not written to under another address either.
    let objected: Option<(String,)> = sqlx::query_as(
        "select suppression.reason from contact_address join suppression on suppression.address_hash = contact_address.address_hash \
         where contact_id = $1 and suppression.reason in ('unsubscribed', 'complaint', 'erased') limit 1",
    )
    .bind(held.contact)
    .fetch_optional(&mut *connection)
    .await
    .map_err(&failed)?;
    if let Some((reason,)) = objected {
        let words = SuppressionReason::from_code(&reason).map_or("barred", SuppressionReason::words);
        return Ok(Some(format!("barred under another address: {words}")));
    }
    let (is_merged,): (i64,) = sqlx::query_as("select merged_into is not null from contact where id = $1")
        .bind(held.contact)
        .fetch_one(&mut *connection)
        .await
        .map_err(&failed)?;
    if is_merged != 0 {
        return Ok(Some("the contact became part of another".to_owned()));
    }
    if let Some(enrolment) = held.enrolment {
        let (state,): (String,) = sqlx::query_as("select state from enrolment where id = $1")
            .bind(enrolment)
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
        if state != "active" {
            return Ok(Some(format!("its sequence is {state}")));
        }
    }
    if held.is_first || held.enrolment.is_some() {
        let other: Option<(String, i64)> = sqlx::query_as(
            "select address, at from (\
             select mailbox_id, at from mail where contact_id = $1 and way = 'out' and mailbox_id <> $2 and at >= $3 \
             union all select mailbox_id, begun_at as at from outgoing where contact_id = $1 and mailbox_id <> $2 \
             and begun_at >= $3 and state in ('begun', 'accepted', 'unknown')) as written \
             join mailbox on mailbox.id = written.mailbox_id order by at desc limit 1",
        )
        .bind(held.contact)
        .bind(held.mailbox)
        .bind(with.guard_since.0)
        .fetch_optional(connection)
        .await
        .map_err(&failed)?;
        if let Some((address, _)) = other {
            return Ok(Some(format!("{address} wrote to them lately")));
        }
    }
    Ok(None)
}

/// A mail was taken by the server: the timeline, the stage and the sequence follow.
async fn accept(
    connection: &mut SqliteConnection,
    held: &OutgoingRow,
    reply: &str,
    mail: Option<i64>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let failed = StoreError::of("writing down that a mail was taken");
    sqlx::query(
        "update outgoing set state = 'accepted', reason = '', reply = $2, ended_at = $3, mail_id = coalesce($4, mail_id) \
         where id = $1",
    )
    .bind(held.id)
    .bind(reply)
    .bind(at.0)
    .bind(mail)
    .execute(&mut *connection)
    .await
    .map_err(&failed)?;
    if let Some(mail) = mail {
        give_contact(connection, mail, held.contact).await.map_err(&failed)?;
    }
    let touch = NewTouch {
        contact: held.contact,
        at: held.begun_at.unwrap_or(at),
        kind: TouchKind::MailOut,
        actor: if held.enrolment.is_some() { "sequence" } else { "team" }.to_owned(),
        summary: held.subject.clone(),
        detail: String::new(),
        mail,
    };
    put_touch(connection, &touch).await.map_err(&failed)?;
    if held.is_first {
        note_informed(connection, held.contact, at).await.map_err(&failed)?;
    }
    if let Some(stage) = stage_of(connection, held.contact).await? {
        move_stage(connection, held.contact, stage.after_sending(), "sender", at).await?;
    }
    Ok(())
}

async fn settle_as_arrived(connection: &mut SqliteConnection, id: i64, at: Timestamp) -> Result<(), StoreError> {
    let failed = StoreError::of("settling a mail of unknown fate");
    let row = sqlx::query("select * from outgoing where id = $1 and state = 'unknown'")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(&failed)?;
    let Some(held) = row.as_ref().map(outgoing_of).transpose()? else { return Ok(()) };
    let mail: Option<(i64,)> = sqlx::query_as("select id from mail where message_id = $1 and way = 'out'")
        .bind(&held.message_id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(&failed)?;
    accept(connection, &held, "found on the server or answered", mail.map(|(id,)| id), at).await
}

/// Takes back what of an enrolment waits to leave.
pub(crate) async fn cancel_waiting(
    connection: &mut SqliteConnection,
    enrolment: i64,
    why: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update outgoing set state = 'cancelled', reason = $2, ended_at = $3 \
         where enrolment_id = $1 and state in ('draft', 'waiting')",
    )
    .bind(enrolment)
    .bind(why)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}

moves!(move_outgoing, give_back_outgoing, "outgoing", "id");
