//! Outgoing webhooks as they are kept: which programs are told of what, and the queue of what each is told; nothing queued is lost.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use crate::database::Store;
use crate::error::StoreError;
use crate::outreach::coded;

/// A program that is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointRow {
    pub id: i64,
    pub url: String,
    /// Until when the secret before counts beside the one that is.
    pub previous_until: Option<Timestamp>,
    pub events: Vec<String>,
    pub created_at: Timestamp,
    pub paused_at: Option<Timestamp>,
    /// It could not be reached or take anything, and is left alone until then.
    pub rest_until: Option<Timestamp>,
    pub waiting: u64,
    pub delivered: u64,
    /// Tried for three days in vain.
    pub parked: u64,
    /// Tried out in vain, once each.
    pub pings_not_taken: u64,
    pub last_delivered_at: Option<Timestamp>,
}

/// What is needed to tell a program something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointToTell {
    pub url: String,
    /// Sealed.
    pub secret: Vec<u8>,
    /// The one before, sealed, and until when it counts.
    pub previous: Option<(Vec<u8>, Timestamp)>,
    /// Rests in a row up to now.
    pub rests: u32,
}

/// Where a message to a program stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    /// Tried for as long as anything is tried; a person may send it again.
    Parked,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 3] = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Parked];

    pub fn code(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Parked => "parked",
        }
    }

    pub fn from_code(code: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A message to one program, with what became of it so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryRow {
    pub id: i64,
    /// The same for every program and at every try.
    pub event_id: String,
    pub endpoint: i64,
    pub event: String,
    /// JSON.
    pub payload: String,
    /// When it happened.
    pub at: Timestamp,
    pub state: DeliveryState,
    /// Of this series of tries.
    pub attempts: u32,
    pub next_at: Timestamp,
    /// Who sends it holds it until then.
    pub claimed_until: Option<Timestamp>,
    /// From when on it is tried, where that is not when it happened.
    pub tried_since: Option<Timestamp>,
    pub tried_at: Option<Timestamp>,
    pub last_status: Option<u16>,
    /// Why the last try failed; empty where it did not.
    pub problem: String,
    /// How the last answer began.
    pub response_head: String,
    pub settled_at: Option<Timestamp>,
}

/// Something that happened, about to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    pub kind: &'static str,
    /// A JSON object. Whom it names stands under `contact`, as an object with `id` and `name`: it goes when they are forgotten.
    pub payload: String,
}

/// What a try came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried<'a> {
    pub delivery: i64,
    /// As it was when the message was taken: whoever no longer holds it has nothing to say of it.
    pub claimed_until: Option<Timestamp>,
    pub status: Option<u16>,
    pub problem: &'a str,
    pub response_head: &'a str,
    pub became: Became,
}

/// What a program was or will be told of a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldOf {
    pub endpoint: i64,
    pub url: String,
    pub event: String,
    pub times: u64,
    pub since: Timestamp,
}

/// How a program is after a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Program {
    /// It took the message: it is there, and what waited for its rest is due.
    Takes,
    /// As it was.
    Unchanged,
    /// Nothing is sent to it before; `rests` is how often in a row it rests with this, `rests_before` without.
    Rests { rests_before: u32, rests: u32, until: Timestamp },
}

/// Where a message stands after a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Became {
    Delivered,
    /// To be tried again from then on.
    Waiting(Timestamp),
    Parked,
}

const DAY: i64 = 86_400_000_000;
/// A message is tried for so long.
pub const TRIED_FOR: i64 = 3 * DAY;
/// A message that tries a program out: sent once, and never counted as one that was tried in vain.
pub const PING: &str = "ping";
/// What was delivered is kept in the log for so long.
const DELIVERED_DAYS: i64 = 30;
/// What was parked waits so long for somebody to send it again.
const PARKED_DAYS: i64 = 90;
/// What waits for a paused program is parked after so long.
const PAUSED_DAYS: i64 = 30;

const ENDPOINT: &str = "select id, url, previous_until, created_at, paused_at, rest_until, \
     (select group_concat(event, ' ') from (select event from webhook_listening where endpoint_id = webhook_endpoint.id \
         order by event)) as events, \
     (select count(*) from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'waiting') as waiting, \
     (select count(*) from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'delivered') as delivered, \
     (select count(*) from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'parked' \
         and event <> 'ping') as parked, \
     (select count(*) from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'parked' \
         and event = 'ping') as pings_not_taken, \
     (select max(settled_at) from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'delivered') \
         as last_delivered_at from webhook_endpoint";

fn moment(row: &SqliteRow, column: &str) -> Option<Timestamp> {
    row.get::<Option<i64>, _>(column).map(Timestamp)
}

fn endpoint_of(row: &SqliteRow) -> EndpointRow {
    let count = |column: &str| row.get::<i64, _>(column).unsigned_abs();
    EndpointRow {
        id: row.get("id"),
        url: row.get("url"),
        previous_until: moment(row, "previous_until"),
        events: row
            .get::<Option<String>, _>("events")
            .map_or_else(Vec::new, |events| events.split(' ').map(str::to_owned).collect()),
        created_at: Timestamp(row.get("created_at")),
        paused_at: moment(row, "paused_at"),
        rest_until: moment(row, "rest_until"),
        waiting: count("waiting"),
        delivered: count("delivered"),
        parked: count("parked"),
        pings_not_taken: count("pings_not_taken"),
        last_delivered_at: moment(row, "last_delivered_at"),
    }
}

fn delivery_of(row: &SqliteRow) -> Result<DeliveryRow, StoreError> {
    Ok(DeliveryRow {
        id: row.get("id"),
        event_id: row.get("event_id"),
        endpoint: row.get("endpoint_id"),
        event: row.get("event"),
        payload: row.get("payload"),
        at: Timestamp(row.get("at")),
        state: coded(row, "state", DeliveryState::from_code)?,
        attempts: u32::try_from(row.get::<i64, _>("attempts")).unwrap_or(u32::MAX),
        next_at: Timestamp(row.get("next_at")),
        claimed_until: moment(row, "claimed_until"),
        tried_since: moment(row, "tried_since"),
        tried_at: moment(row, "tried_at"),
        last_status: row.get::<Option<i64>, _>("last_status").and_then(|status| u16::try_from(status).ok()),
        problem: row.get("problem"),
        response_head: row.get("response_head"),
        settled_at: moment(row, "settled_at"),
    })
}

impl Store {
    /// Keeps a program that is told of some events; its number, or `None` where its address is told already.
    pub async fn add_endpoint(
        &self,
        url: &str,
        sealed_secret: &[u8],
        events: &[&str],
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping whom to tell");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into webhook_endpoint (url, secret, created_at) values ($1, $2, $3) on conflict do nothing returning id",
        )
        .bind(url)
        .bind(sealed_secret)
        .bind(at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let id: i64 = row.get("id");
        put_listening(&mut transaction, id, events).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(id))
    }

    /// Every program that is told, the oldest first.
    pub async fn endpoints(&self) -> Result<Vec<EndpointRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{ENDPOINT} order by id")))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading whom to tell"))?;
        Ok(rows.iter().map(endpoint_of).collect())
    }

    pub async fn endpoint(&self, id: i64) -> Result<Option<EndpointRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{ENDPOINT} where id = $1")))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading whom to tell"))?;
        Ok(row.as_ref().map(endpoint_of))
    }

    /// What is needed to tell a program something; its log, which may be long, is not looked at.
    pub async fn endpoint_to_tell(&self, id: i64) -> Result<Option<EndpointToTell>, StoreError> {
        let row = sqlx::query(
            "select url, secret, previous_secret, previous_until, rests from webhook_endpoint where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("reading whom to tell"))?;
        Ok(row.map(|row| EndpointToTell {
            url: row.get("url"),
            secret: row.get("secret"),
            previous: row.get::<Option<Vec<u8>>, _>("previous_secret").zip(moment(&row, "previous_until")),
            rests: u32::try_from(row.get::<i64, _>("rests")).unwrap_or(u32::MAX),
        }))
    }

    /// Chooses anew of what a program is told; what waits for it stays. Whether there is such a program.
    pub async fn set_endpoint_events(&self, id: i64, events: &[&str]) -> Result<bool, StoreError> {
        let failed = StoreError::of("choosing what is told");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let held: Option<(i64,)> = sqlx::query_as("select id from webhook_endpoint where id = $1")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        if held.is_none() {
            return Ok(false);
        }
        sqlx::query("delete from webhook_listening where endpoint_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        put_listening(&mut transaction, id, events).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Pauses a program; whether that changed anything.
    pub async fn pause_endpoint(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query("update webhook_endpoint set paused_at = $2 where id = $1 and paused_at is null")
            .bind(id)
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("pausing a program that is told"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Lets a paused program be told again, at once and for three days from now whatever waited; whether that changed anything.
    pub async fn unpause_endpoint(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("telling a program again");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update webhook_endpoint set paused_at = null, rest_until = null, rests = 0 where id = $1 and paused_at is not null",
        )
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("update webhook_delivery set tried_since = $2 where endpoint_id = $1 and state = 'waiting'")
            .bind(id)
            .bind(now.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Removes a program with everything that waits for it and its log; whether it was there.
    pub async fn remove_endpoint(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from webhook_endpoint where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a program that is told"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Gives a program a new secret; the one before counts beside it until a moment. Whether there is such a program.
    pub async fn rotate_endpoint(
        &self,
        id: i64,
        sealed_secret: &[u8],
        previous_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update webhook_endpoint set previous_secret = secret, previous_until = $3, secret = $2 where id = $1",
        )
        .bind(id)
        .bind(sealed_secret)
        .bind(previous_until.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("giving a program a new secret"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Queues an event for every program that listens to its kind; for how many.
    pub async fn queue_event(&self, kind: &str, payload_json: &str, at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("queueing an event");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        put_event(&mut connection, kind, payload_json, at).await.map_err(&failed)
    }

    /// Queues a message for one program, whatever it listens to and whether or not it is paused, and takes it at once for whoever
    /// calls, until a moment; `None` where there is no such program.
    pub async fn queue_and_claim(
        &self,
        endpoint: i64,
        kind: &str,
        payload_json: &str,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        let row = sqlx::query(
            "insert into webhook_delivery (event_id, endpoint_id, event, payload, at, state, attempts, next_at, claimed_until, \
             tried_at, problem, response_head) \
             select $2, id, $3, $4, $5, 'waiting', 1, $5, $6, $5, '', '' from webhook_endpoint where id = $1 returning *",
        )
        .bind(endpoint)
        .bind(Uuid::new_v4().to_string())
        .bind(kind)
        .bind(payload_json)
        .bind(at.0)
        .bind(until.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("queueing a message"))?;
        row.as_ref().map(delivery_of).transpose()
    }

    /// Whether any program listens to events of a kind.
    pub async fn is_listened_to(&self, kind: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("select 1 from webhook_listening where event = $1 limit 1")
            .bind(kind)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading who listens"))?;
        Ok(row.is_some())
    }

    /// Programs that are not paused, do not rest, and for which something is due.
    pub async fn endpoints_due(&self, now: Timestamp) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select id from webhook_endpoint where paused_at is null and coalesce(rest_until, 0) <= $1 \
             and exists (select 1 from webhook_delivery where endpoint_id = webhook_endpoint.id and state = 'waiting' and next_at <= $1 \
             and coalesce(claimed_until, 0) <= $1) order by id",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what is due"))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Takes the next message that is due for a program that is not paused and does not rest, for whoever calls alone until a
    /// moment: it counts as tried from here on, so that one whose sender died is tried again after that and not at once by two.
    pub async fn claim_due(
        &self,
        endpoint: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        let row = sqlx::query(
            "update webhook_delivery set attempts = attempts + 1, tried_at = $2, claimed_until = $3 where id = (select delivery.id from webhook_delivery as delivery \
                 join webhook_endpoint on webhook_endpoint.id = delivery.endpoint_id \
                 where delivery.endpoint_id = $1 and delivery.state = 'waiting' and delivery.next_at <= $2 \
                 and coalesce(delivery.claimed_until, 0) <= $2 and paused_at is null and coalesce(rest_until, 0) <= $2 \
                 order by delivery.next_at, delivery.id limit 1) returning *",
        )
        .bind(endpoint)
        .bind(now.0)
        .bind(until.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("taking a message that is due"))?;
        row.as_ref().map(delivery_of).transpose()
    }

    /// Notes what a try came to, and gives the message free; how its program is, is noted with it. Only for whoever still holds the
    /// message: `false`, and nothing is noted, where somebody else took it since.
    pub async fn note_tried(&self, tried: &Tried<'_>, program: Program, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting what became of a message");
        let (state, next_at) = match tried.became {
            Became::Delivered => (DeliveryState::Delivered, at),
            Became::Waiting(next_at) => (DeliveryState::Waiting, next_at),
            Became::Parked => (DeliveryState::Parked, at),
        };
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "update webhook_delivery set state = $2, next_at = $3, claimed_until = null, last_status = $4, problem = $5, \
             response_head = $6, settled_at = case when $2 = 'waiting' then null else $7 end \
             where id = $1 and claimed_until = $8 returning endpoint_id",
        )
        .bind(tried.delivery)
        .bind(state.code())
        .bind(next_at.0)
        .bind(tried.status.map(i64::from))
        .bind(tried.problem)
        .bind(tried.response_head)
        .bind(at.0)
        .bind(tried.claimed_until.map(|until| until.0))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(false) };
        put_program(&mut transaction, row.get("endpoint_id"), program, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Parks what waits for a program for longer than anything is tried, because of a problem that the program has; how many.
    pub async fn park_overdue(&self, endpoint: i64, problem: &str, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "update webhook_delivery set state = 'parked', settled_at = $2, problem = $4 where endpoint_id = $1 \
             and state = 'waiting' and coalesce(claimed_until, 0) <= $2 and coalesce(tried_since, at) <= $3",
        )
        .bind(endpoint)
        .bind(now.0)
        .bind(now.0 - TRIED_FOR)
        .bind(problem)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("parking messages"))?;
        Ok(done.rows_affected())
    }

    /// Begins a new series of tries for a message, whatever became of it, and takes it at once for whoever calls, until a moment;
    /// `None` where it is not there or somebody is sending it right now.
    pub async fn claim_again(
        &self,
        delivery: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        let row = sqlx::query(
            "update webhook_delivery set state = 'waiting', attempts = 1, tried_since = $2, tried_at = $2, next_at = $2, \
             claimed_until = $3, settled_at = null where id = $1 and coalesce(claimed_until, 0) <= $2 returning *",
        )
        .bind(delivery)
        .bind(now.0)
        .bind(until.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("sending a message again"))?;
        row.as_ref().map(delivery_of).transpose()
    }

    /// Begins a new series of tries for everything of a program that was tried in vain, and ends its rest; how many.
    pub async fn resend_parked(&self, endpoint: i64, now: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("sending messages again");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update webhook_delivery set state = 'waiting', attempts = 0, tried_since = $2, next_at = $2, settled_at = null \
             where endpoint_id = $1 and state = 'parked' and event <> $3",
        )
        .bind(endpoint)
        .bind(now.0)
        .bind(PING)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        put_program(&mut transaction, endpoint, Program::Takes, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected())
    }

    pub async fn delivery(&self, id: i64) -> Result<Option<DeliveryRow>, StoreError> {
        let row = sqlx::query("select * from webhook_delivery where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a message"))?;
        row.as_ref().map(delivery_of).transpose()
    }

    /// A page of what a program was told, the newest first; in one state, or in all.
    pub async fn deliveries(
        &self,
        endpoint: i64,
        state: Option<DeliveryState>,
        from: u64,
        at_most: u64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query(
            "select * from webhook_delivery where endpoint_id = $1 and ($2 is null or state = $2) order by id desc \
             limit $3 offset $4",
        )
        .bind(endpoint)
        .bind(state.map(DeliveryState::code))
        .bind(at_most as i64)
        .bind(from as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what a program was told"))?;
        rows.iter().map(delivery_of).collect()
    }

    /// What programs were or will be told of a contact, by program and event.
    pub async fn told_of_contact(&self, contact: i64) -> Result<Vec<ToldOf>, StoreError> {
        let rows = sqlx::query(
            "select endpoint_id, url, event, count(*) as times, min(at) as since from webhook_delivery \
             join webhook_endpoint on webhook_endpoint.id = endpoint_id where contact_id = $1 \
             group by endpoint_id, url, event order by endpoint_id, event",
        )
        .bind(contact)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what programs were told"))?;
        let of = |row: &SqliteRow| ToldOf {
            endpoint: row.get("endpoint_id"),
            url: row.get("url"),
            event: row.get("event"),
            times: row.get::<i64, _>("times").unsigned_abs(),
            since: Timestamp(row.get("since")),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Removes what was delivered a month ago and parked three months ago, and parks what a paused program left for a month.
    pub async fn tidy_deliveries(&self, now: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("removing old messages");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query(
            "update webhook_delivery set state = 'parked', settled_at = $1, problem = 'its program was paused for 30 days' \
             where state = 'waiting' and at < $2 and exists (select 1 from webhook_endpoint \
                 where webhook_endpoint.id = endpoint_id and paused_at < $2)",
        )
        .bind(now.0)
        .bind(now.0 - PAUSED_DAYS * DAY)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query(
            "delete from webhook_delivery where (state = 'delivered' and settled_at < $1) or (state = 'parked' and settled_at < $2)",
        )
        .bind(now.0 - DELIVERED_DAYS * DAY)
        .bind(now.0 - PARKED_DAYS * DAY)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }
}

/// Queues an event for every program that listens to its kind, inside whatever its caller does: it is told where that is kept, and
/// not where that is not. For how many programs.
pub(crate) async fn put_event(
    connection: &mut SqliteConnection,
    kind: &str,
    payload_json: &str,
    at: Timestamp,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "insert into webhook_delivery (event_id, endpoint_id, event, payload, contact_id, at, state, attempts, next_at, problem, \
         response_head) select $1, endpoint_id, $2, $3, (select id from contact where id = json_extract($3, '$.contact.id')), \
         $4, 'waiting', 0, $4, '', '' from webhook_listening where event = $2",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(kind)
    .bind(payload_json)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// The same of an event that there may be.
pub(crate) async fn put_new_event(
    connection: &mut SqliteConnection,
    event: Option<&NewEvent>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    match event {
        Some(event) => put_event(connection, event.kind, &event.payload, at).await.map(drop),
        None => Ok(()),
    }
}

/// Notes how a program is. Of two senders who found it away one lets it rest.
async fn put_program(
    connection: &mut SqliteConnection,
    endpoint: i64,
    program: Program,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    match program {
        Program::Unchanged => {}
        Program::Takes => {
            // What was put off to the end of its rest, and nothing else, is due now.
            sqlx::query(
                "update webhook_delivery set next_at = $2 where endpoint_id = $1 and state = 'waiting' and next_at > $2 \
                 and next_at = (select rest_until from webhook_endpoint where id = $1)",
            )
            .bind(endpoint)
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
            sqlx::query(
                "update webhook_endpoint set rest_until = null, rests = 0 where id = $1 and rest_until is not null",
            )
            .bind(endpoint)
            .execute(&mut *connection)
            .await?;
        }
        Program::Rests { rests_before, rests, until } => {
            sqlx::query("update webhook_endpoint set rest_until = $4, rests = $3 where id = $1 and rests = $2")
                .bind(endpoint)
                .bind(i64::from(rests_before))
                .bind(i64::from(rests))
                .bind(until.0)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn put_listening(connection: &mut SqliteConnection, endpoint: i64, events: &[&str]) -> Result<(), sqlx::Error> {
    for event in events {
        sqlx::query("insert or ignore into webhook_listening (endpoint_id, event) values ($1, $2)")
            .bind(endpoint)
            .bind(event)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
