//! Conversations by mail: which mails belong together, what a list shows of each, and which wait for an answer.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::mails::{mark_read, set_thread, tied};
use crate::database::Store;
use crate::error::StoreError;

/// A conversation by mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadRow {
    pub id: i64,
    pub contact: Option<i64>,
    pub subject: String,
    /// open, done
    pub state: String,
    pub owner: String,
    pub opened_at: Timestamp,
    pub last_at: Timestamp,
    pub last_way: String,
    pub unread: u64,
}

/// Which threads are asked for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum ThreadsOf {
    /// Not done yet.
    #[default]
    Open,
    /// Open, and they wrote something since our last word that a person answers.
    Waiting,
    Unread,
    Done,
    Everything,
}

/// What waits for an answer: automatic answers, reports, newsletters and objections do not, nor what has an answer in the
/// queue.
pub(super) const WAITS: &str = " where state = 'open' and last_way = 'in' and exists (select 1 from mail where thread_id = thread.id \
     and way = 'in' and class in ('', 'personal', 'unclear', 'challenge') and at > coalesce((select max(at) from mail as own \
     where own.thread_id = thread.id and own.way = 'out'), -1)) and thread.id not in (select asked.thread_id from outgoing \
     join mail as asked on asked.id = outgoing.answers where asked.thread_id is not null \
     and outgoing.state in ('waiting', 'begun', 'unknown'))";

fn thread_of(row: &SqliteRow) -> ThreadRow {
    ThreadRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        subject: row.get("subject"),
        state: row.get("state"),
        owner: row.get("owner"),
        opened_at: Timestamp(row.get("opened_at")),
        last_at: Timestamp(row.get("last_at")),
        last_way: row.get("last_way"),
        unread: row.get::<i64, _>("unread").unsigned_abs(),
    }
}

impl Store {
    /// Gives mails their threads. Each inner list is one thread; a list keeps the number most of it has, lower first.
    /// Nothing is changed where mail that is tied to them has come in since they were read.
    pub async fn keep_threads(&self, seen: &[i64], threads: &[Vec<i64>]) -> Result<bool, StoreError> {
        let failed = StoreError::of("keeping threads");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let (now, _) = tied(&mut transaction, seen).await.map_err(&failed)?;
        let before: BTreeMap<i64, Option<i64>> = now.iter().map(|mail| (mail.id, mail.thread)).collect();
        if before.len() != seen.len() {
            return Ok(false);
        }
        let mut taken: BTreeSet<i64> = BTreeSet::new();
        let mut touched: BTreeSet<i64> = before.values().flatten().copied().collect();
        for mails in threads {
            let held =
                mails.iter().filter_map(|mail| before.get(mail).copied().flatten()).find(|of| !taken.contains(of));
            let thread = match held {
                Some(thread) => thread,
                None => {
                    let row = sqlx::query(
                        "insert into thread (subject, state, opened_at, last_at, last_way, unread) \
                         values ('', 'open', 0, 0, 'in', 0) returning id",
                    )
                    .fetch_one(&mut *transaction)
                    .await
                    .map_err(&failed)?;
                    row.get("id")
                }
            };
            taken.insert(thread);
            touched.insert(thread);
            for mail in mails {
                if before.get(mail).copied().flatten() != Some(thread) {
                    set_thread(&mut transaction, *mail, thread).await.map_err(&failed)?;
                }
            }
        }
        for thread in touched {
            sum_up(&mut transaction, thread).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// A page of threads, the latest first, and how many there are.
    pub async fn threads(
        &self,
        of: ThreadsOf,
        contact: Option<i64>,
        words: Option<&str>,
        from: u64,
        at_most: u64,
    ) -> Result<(Vec<ThreadRow>, u64), StoreError> {
        let failed = StoreError::of("reading threads");
        let narrow = |query: &mut QueryBuilder<sqlx::Sqlite>| {
            query.push(match of {
                ThreadsOf::Open => " where state = 'open'",
                ThreadsOf::Waiting => WAITS,
                ThreadsOf::Unread => " where unread > 0",
                ThreadsOf::Done => " where state = 'done'",
                ThreadsOf::Everything => " where true",
            });
            if let Some(contact) = contact {
                query.push(" and contact_id = ").push_bind(contact);
            }
            if let Some(words) = words {
                let escaped = words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let anywhere = format!("%{escaped}%");
                query
                    .push(" and exists (select 1 from mail where thread_id = thread.id and (lower(mail.subject) like ");
                query.push_bind(anywhere.clone()).push(" escape '\\' or lower(text) like ").push_bind(anywhere.clone());
                query.push(" escape '\\' or lower(from_shown) like ").push_bind(anywhere).push(" escape '\\'))");
            }
        };
        let mut query = QueryBuilder::new("select * from thread");
        narrow(&mut query);
        query.push(" order by last_at desc, id desc limit ").push_bind(at_most as i64);
        query.push(" offset ").push_bind(from as i64);
        let rows = query.build().fetch_all(&self.pool).await.map_err(&failed)?;
        let mut query = QueryBuilder::new("select count(*) as all_of_them from thread");
        narrow(&mut query);
        let all = query.build().fetch_one(&self.pool).await.map_err(&failed)?;
        Ok((rows.iter().map(thread_of).collect(), all.get::<i64, _>("all_of_them").unsigned_abs()))
    }

    pub async fn thread(&self, id: i64) -> Result<Option<ThreadRow>, StoreError> {
        let row = sqlx::query("select * from thread where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a thread"))?;
        Ok(row.as_ref().map(thread_of))
    }

    /// Marks a thread's mails read or unread here.
    pub async fn mark_thread(&self, thread: i64, is_read: bool) -> Result<(), StoreError> {
        let failed = StoreError::of("marking a thread");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        mark_read(&mut transaction, thread, is_read).await.map_err(&failed)?;
        sum_up(&mut transaction, thread).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Lays a thread aside as done, or opens it again.
    pub async fn set_thread_state(&self, thread: i64, state: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("update thread set state = $2 where id = $1 and state <> $2")
            .bind(thread)
            .bind(state)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("setting a thread's state"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Those of some threads that wait for an answer.
    pub async fn threads_waiting(&self, threads: &[i64]) -> Result<Vec<i64>, StoreError> {
        let mut found = Vec::new();
        for part in threads.chunks(500) {
            let mut query = QueryBuilder::new("select id from thread");
            query.push(WAITS).push(" and id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            let rows =
                query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading which threads wait"))?;
            found.extend(rows.iter().map(|row| row.get::<i64, _>("id")));
        }
        Ok(found)
    }
}

/// Brings what a list shows of a thread up to date; one without mail is removed.
pub(crate) async fn sum_up(connection: &mut SqliteConnection, thread: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from thread where id = $1 and not exists (select 1 from mail where thread_id = $1)")
        .bind(thread)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "update thread set \
         opened_at = (select min(at) from mail where thread_id = $1), \
         state = case when last_at < (select max(at) from mail where thread_id = $1 and way = 'in') then 'open' else state end, \
         last_at = (select max(at) from mail where thread_id = $1), \
         last_way = (select way from mail where thread_id = $1 order by at desc, id desc limit 1), \
         subject = coalesce((select subject from mail where thread_id = $1 and subject <> '' order by at, id limit 1), ''), \
         unread = (select count(*) from mail where thread_id = $1 and way = 'in' and is_read = 0), \
         contact_id = coalesce((select contact_id from mail where thread_id = $1 and contact_id is not null \
            order by way = 'out' desc, at, id limit 1), contact_id) \
         where id = $1",
    )
    .bind(thread)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes threads without any mail.
pub(crate) async fn remove_empty(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("delete from thread where not exists (select 1 from mail where thread_id = thread.id)")
        .execute(connection)
        .await?;
    Ok(())
}

moves!(move_threads, give_back_threads, "thread", "id");
