//! Mail as it is kept: whole, where it lies on the server, what it says, and into which thread it belongs.
//!
//! A portion of fetched mail is kept in one transaction together with how far the folder has been read, so a program that
//! dies between two portions goes on where it was. Threads and classes are given afterwards and can be given again.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::outreach::{SuppressionReason, TouchKind};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::mailboxes::note_read;
use super::suppressions::bar_of;
use super::threads::{remove_empty, sum_up};
use crate::database::Store;
use crate::error::StoreError;
use crate::outreach::touches::{NewTouch, put_touch};

/// A mail as it was read, about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMail {
    /// out, in
    pub way: &'static str,
    pub message_id: String,
    /// Ids it refers to.
    pub refers_to: Vec<String>,
    pub counterpart: String,
    pub from_shown: String,
    pub to_shown: String,
    pub subject: String,
    pub subject_norm: String,
    pub text: String,
    pub at: Timestamp,
    pub token: Option<String>,
    pub is_bulk: bool,
    pub files: u64,
    pub is_read: bool,
    pub sha256: String,
    pub content: Vec<u8>,
}

/// A mail that lies in a folder on the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedMail {
    pub uid: u32,
    pub internal_date: Option<i64>,
    pub is_seen: bool,
    pub mail: NewMail,
}

/// A mail as it is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailRow {
    pub id: i64,
    pub way: String,
    pub message_id: String,
    pub sha256: String,
    pub mailbox: Option<i64>,
    pub thread: Option<i64>,
    pub contact: Option<i64>,
    pub counterpart: String,
    pub from_shown: String,
    pub to_shown: String,
    pub subject: String,
    pub subject_norm: String,
    pub text: String,
    pub at: Timestamp,
    pub token: Option<String>,
    pub is_bulk: bool,
    pub class: String,
    pub class_version: u32,
    pub class_detail: String,
    pub files: u64,
    pub is_read: bool,
    pub is_cut: bool,
}

/// What threads are made from: one mail with all it is tied to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TiedMail {
    pub id: i64,
    pub way: String,
    pub message_id: String,
    pub refers_to: Vec<String>,
    pub token: Option<String>,
    pub counterpart: String,
    pub is_bulk: bool,
    pub is_cut: bool,
    pub thread: Option<i64>,
}

pub(crate) fn mail_of(row: &SqliteRow) -> MailRow {
    MailRow {
        id: row.get("id"),
        way: row.get("way"),
        message_id: row.get("message_id"),
        sha256: row.get("sha256"),
        mailbox: row.get("mailbox_id"),
        thread: row.get("thread_id"),
        contact: row.get("contact_id"),
        counterpart: row.get("counterpart"),
        from_shown: row.get("from_shown"),
        to_shown: row.get("to_shown"),
        subject: row.get("subject"),
        subject_norm: row.get("subject_norm"),
        text: row.get("text"),
        at: Timestamp(row.get("at")),
        token: row.get("token"),
        is_bulk: row.get::<i64, _>("is_bulk") != 0,
        class: row.get("class"),
        class_version: u32::try_from(row.get::<i64, _>("class_version")).unwrap_or(0),
        class_detail: row.get("class_detail"),
        files: row.get::<i64, _>("files").unsigned_abs(),
        is_read: row.get::<i64, _>("is_read") != 0,
        is_cut: row.get::<i64, _>("is_cut") != 0,
    }
}

impl Store {
    /// Keeps a portion of a folder's mail and how far the folder has been read, in one transaction; how many were new here.
    pub async fn keep_fetched(
        &self,
        mailbox: i64,
        folder: &str,
        role: &str,
        uid_validity: u32,
        fetched: &[FetchedMail],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::of("keeping fetched mail");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut new = 0;
        for one in fetched {
            let held: Option<(i64,)> = sqlx::query_as(
                "select mail_id from raw_mail where mailbox_id = $1 and folder = $2 and uid_validity = $3 and uid = $4",
            )
            .bind(mailbox)
            .bind(folder)
            .bind(i64::from(uid_validity))
            .bind(i64::from(one.uid))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
            if held.is_some() {
                // It is there again.
                sqlx::query(
                    "update raw_mail set expunged_at = null where mailbox_id = $1 and folder = $2 and uid_validity = $3 \
                     and uid = $4 and expunged_at is not null",
                )
                .bind(mailbox)
                .bind(folder)
                .bind(i64::from(uid_validity))
                .bind(i64::from(one.uid))
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
                continue;
            }
            // Of somebody who asked to be forgotten the place is remembered and nothing else, so that nothing comes back.
            let is_erased = bar_of(&mut transaction, &one.mail.counterpart)
                .await?
                .is_some_and(|bar| bar.reason == SuppressionReason::Erased);
            let (mail, was_new) = match is_erased {
                true => (0, false),
                false => put_mail(&mut transaction, &one.mail, Some(mailbox)).await.map_err(&failed)?,
            };
            new += u64::from(was_new);
            sqlx::query(
                "insert into raw_mail (mailbox_id, folder, uid_validity, uid, sha256, mail_id, internal_date, is_seen) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(mailbox)
            .bind(folder)
            .bind(i64::from(uid_validity))
            .bind(i64::from(one.uid))
            .bind(if is_erased { "" } else { one.mail.sha256.as_str() })
            .bind(mail)
            .bind(one.internal_date)
            .bind(i64::from(one.is_seen))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        let last = fetched.iter().map(|one| one.uid).max().unwrap_or(0);
        note_read(&mut transaction, mailbox, folder, role, uid_validity, last, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(new)
    }

    /// The UIDs held of a folder that lie on the server as far as is known, ascending.
    pub async fn held_uids(&self, mailbox: i64, folder: &str, uid_validity: u32) -> Result<Vec<u32>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select uid from raw_mail where mailbox_id = $1 and folder = $2 and uid_validity = $3 \
             and expunged_at is null order by uid",
        )
        .bind(mailbox)
        .bind(folder)
        .bind(i64::from(uid_validity))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading which mail is held"))?;
        Ok(rows.into_iter().map(|(uid,)| u32::try_from(uid).unwrap_or(0)).collect())
    }

    /// Notes that mail is no longer in a folder on the server; what it said stays here.
    pub async fn note_expunged(
        &self,
        mailbox: i64,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("noting mail that is gone from the server");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for uid in uids {
            sqlx::query(
                "update raw_mail set expunged_at = $5 where mailbox_id = $1 and folder = $2 and uid_validity = $3 \
                 and uid = $4 and expunged_at is null",
            )
            .bind(mailbox)
            .bind(folder)
            .bind(i64::from(uid_validity))
            .bind(i64::from(*uid))
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Numbers given anew by the server: places under an older numbering are gone, the mail stays.
    pub async fn note_renumbered(
        &self,
        mailbox: i64,
        folder: &str,
        uid_validity: u32,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "update raw_mail set expunged_at = $4 where mailbox_id = $1 and folder = $2 and uid_validity <> $3 \
             and expunged_at is null",
        )
        .bind(mailbox)
        .bind(folder)
        .bind(i64::from(uid_validity))
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("noting that a folder was numbered anew"))?;
        Ok(done.rows_affected())
    }

    /// Notes which mail was seen on the server.
    pub async fn note_seen(
        &self,
        mailbox: i64,
        folder: &str,
        uid_validity: u32,
        seen: &[(u32, bool)],
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("noting which mail was seen");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for (uid, is_seen) in seen {
            sqlx::query(
                "update raw_mail set is_seen = $5 where mailbox_id = $1 and folder = $2 and uid_validity = $3 \
                 and uid = $4 and is_seen <> $5",
            )
            .bind(mailbox)
            .bind(folder)
            .bind(i64::from(uid_validity))
            .bind(i64::from(*uid))
            .bind(i64::from(*is_seen))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// How many mails of a mailbox each folder holds, gone ones left out.
    pub async fn held_count(&self, mailbox: i64, folder: &str, uid_validity: u32) -> Result<u64, StoreError> {
        let (held,): (i64,) = sqlx::query_as(
            "select count(*) from raw_mail where mailbox_id = $1 and folder = $2 and uid_validity = $3 \
             and expunged_at is null",
        )
        .bind(mailbox)
        .bind(folder)
        .bind(i64::from(uid_validity))
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("counting the mail held"))?;
        Ok(held.unsigned_abs())
    }

    pub async fn mail(&self, id: i64) -> Result<Option<MailRow>, StoreError> {
        let row = sqlx::query("select * from mail where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a mail"))?;
        Ok(row.as_ref().map(mail_of))
    }

    /// A mail's bytes as they came or left.
    pub async fn raw_content(&self, sha256: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("select content from raw_content where sha256 = $1")
            .bind(sha256)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a mail's bytes"))?;
        Ok(row.map(|row| row.get("content")))
    }

    /// Mail that no thread has been found for yet, the oldest first.
    pub async fn mails_without_thread(&self, at_most: u64) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select id from mail where thread_id is null order by id limit $1")
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("looking for mail without a thread"))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Mail whose class is older than a version, the oldest first.
    pub async fn mails_classed_before(&self, version: u32, at_most: u64) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query("select * from mail where class_version < $1 and way = 'in' order by id limit $2")
            .bind(i64::from(version))
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("looking for mail to classify"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// Everything tied to some mails by ids, tokens or by hand, directly or through others; with the pairs joined by hand.
    pub async fn tied_mails(&self, from: &[i64]) -> Result<(Vec<TiedMail>, Vec<(i64, i64)>), StoreError> {
        let failed = StoreError::of("reading what mails are tied to");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        tied(&mut connection, from).await.map_err(&failed)
    }

    /// Says that two mails belong together, or that a thread begins at one; threads have to be given again.
    pub async fn tie_by_hand(&self, mail: i64, with: Option<i64>) -> Result<(), StoreError> {
        let failed = StoreError::of("tying mail by hand");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        match with {
            Some(other) => {
                sqlx::query(
                    "insert into mail_join (mail_id, other_mail_id) values (min($1, $2), max($1, $2)) \
                     on conflict do nothing",
                )
                .bind(mail)
                .bind(other)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            }
            None => {
                // Who cuts a mail off takes back what was joined to it by hand.
                sqlx::query("delete from mail_join where mail_id = $1 or other_mail_id = $1")
                    .bind(mail)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
                sqlx::query("update mail set is_cut = 1 where id = $1")
                    .bind(mail)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// The mails of a thread, the oldest first.
    pub async fn thread_mails(&self, thread: i64) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query("select * from mail where thread_id = $1 order by at, id")
            .bind(thread)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the mails of a thread"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// Earlier mails from or to the same counterpart under the same subject, the latest first.
    pub async fn mails_alike(
        &self,
        counterpart: &str,
        subject_norm: &str,
        not_in: i64,
        at_most: u64,
    ) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query(
            "select * from mail where counterpart = $1 and subject_norm = $2 and thread_id <> $3 \
             order by at desc limit $4",
        )
        .bind(counterpart)
        .bind(subject_norm)
        .bind(not_in)
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("looking for mail alike"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// The last mail of each of some threads, in any order.
    pub async fn thread_ends(&self, threads: &[i64]) -> Result<Vec<MailRow>, StoreError> {
        let mut found = Vec::with_capacity(threads.len());
        for part in threads.chunks(500) {
            let mut query = QueryBuilder::new(
                "select * from mail where id = (select id from mail as last where last.thread_id = mail.thread_id \
                 order by at desc, id desc limit 1) and thread_id in (",
            );
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading how threads end"))?;
            found.extend(rows.iter().map(mail_of));
        }
        Ok(found)
    }

    /// Gives a contact the mail that came from or went to their addresses before they were one, with a touch for each; how
    /// many there are.
    pub async fn adopt_mails(&self, contact: i64, actor: &str) -> Result<u64, StoreError> {
        let failed = StoreError::of("giving a contact their mail");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let rows = sqlx::query(
            "select * from mail where contact_id is null and counterpart in \
             (select address_hash from contact_address where contact_id = $1 and channel = 'email') order by at, id",
        )
        .bind(contact)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        let mails: Vec<MailRow> = rows.iter().map(mail_of).collect();
        let mut threads = BTreeSet::new();
        for mail in &mails {
            sqlx::query("update mail set contact_id = $2 where id = $1")
                .bind(mail.id)
                .bind(contact)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            threads.extend(mail.thread);
            let touch = NewTouch {
                contact,
                at: mail.at,
                kind: if mail.way == "out" { TouchKind::MailOut } else { TouchKind::MailIn },
                actor: if mail.way == "out" { actor.to_owned() } else { String::new() },
                summary: if mail.subject.is_empty() { "(no subject)".to_owned() } else { mail.subject.clone() },
                detail: String::new(),
                mail: Some(mail.id),
            };
            put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        }
        for thread in threads {
            sum_up(&mut transaction, thread).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(mails.len() as u64)
    }
}

/// Keeps a mail unless exactly it is held; its number and whether it was new.
pub(crate) async fn put_mail(
    connection: &mut SqliteConnection,
    mail: &NewMail,
    mailbox: Option<i64>,
) -> Result<(i64, bool), sqlx::Error> {
    sqlx::query("insert into raw_content (sha256, content) values ($1, $2) on conflict do nothing")
        .bind(&mail.sha256)
        .bind(&mail.content)
        .execute(&mut *connection)
        .await?;
    let held: Vec<(i64, String)> =
        sqlx::query_as("select id, text from mail where message_id = $1 and way = $2 and counterpart = $3 order by id")
            .bind(&mail.message_id)
            .bind(mail.way)
            .bind(&mail.counterpart)
            .fetch_all(&mut *connection)
            .await?;
    // What we sent comes back from the Sent folder as the server keeps it: the id alone tells, it is ours.
    let same = held.iter().find(|(_, text)| mail.way == "out" || *text == mail.text);
    if let Some((id, _)) = same {
        return Ok((*id, false));
    }
    let row = sqlx::query(
        "insert into mail (way, message_id, sha256, mailbox_id, contact_id, counterpart, from_shown, to_shown, subject, \
         subject_norm, text, at, token, is_bulk, class, class_version, files, is_read) values ($1, $2, $3, $4, \
         (select contact_id from contact_address where channel = 'email' and address_hash = $5), \
         $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16) returning id",
    )
    .bind(mail.way)
    .bind(&mail.message_id)
    .bind(&mail.sha256)
    .bind(mailbox)
    .bind(&mail.counterpart)
    .bind(&mail.from_shown)
    .bind(&mail.to_shown)
    .bind(&mail.subject)
    .bind(&mail.subject_norm)
    .bind(&mail.text)
    .bind(mail.at.0)
    .bind(&mail.token)
    .bind(i64::from(mail.is_bulk))
    .bind(if mail.way == "out" { "personal" } else { "" })
    .bind(mail.files as i64)
    .bind(i64::from(mail.is_read))
    .fetch_one(&mut *connection)
    .await?;
    let id: i64 = row.get("id");
    let token = mail.token.iter().map(|token| (format!("token:{token}"), false));
    let ids = mail.refers_to.iter().map(|id| (id.clone(), false)).chain([(mail.message_id.clone(), true)]);
    for (reference, is_own) in ids.chain(token) {
        sqlx::query(
            "insert into mail_reference (reference, mail_id, is_own) values ($1, $2, $3) \
             on conflict (reference, mail_id) do update set is_own = max(is_own, $3)",
        )
        .bind(reference)
        .bind(id)
        .bind(i64::from(is_own))
        .execute(&mut *connection)
        .await?;
    }
    Ok((id, true))
}

/// Everything tied to some mails, by walking from mail to reference to mail.
pub(crate) async fn tied(
    connection: &mut SqliteConnection,
    from: &[i64],
) -> Result<(Vec<TiedMail>, Vec<(i64, i64)>), sqlx::Error> {
    let mut mails: BTreeMap<i64, TiedMail> = BTreeMap::new();
    let mut references: BTreeSet<String> = BTreeSet::new();
    let mut joins: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut next: Vec<i64> = from.to_vec();
    while !next.is_empty() {
        let mut new_references = Vec::new();
        let mut also = Vec::new();
        for part in next.chunks(400) {
            let mut query = QueryBuilder::new(
                "select id, way, message_id, token, counterpart, is_bulk, is_cut, thread_id from mail where id in (",
            );
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            for row in query.build().fetch_all(&mut *connection).await? {
                let mail = TiedMail {
                    id: row.get("id"),
                    way: row.get("way"),
                    message_id: row.get("message_id"),
                    refers_to: Vec::new(),
                    token: row.get("token"),
                    counterpart: row.get("counterpart"),
                    is_bulk: row.get::<i64, _>("is_bulk") != 0,
                    is_cut: row.get::<i64, _>("is_cut") != 0,
                    thread: row.get("thread_id"),
                };
                mails.entry(mail.id).or_insert(mail);
            }
            let mut query =
                QueryBuilder::new("select mail_id, reference, is_own from mail_reference where mail_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            for row in query.build().fetch_all(&mut *connection).await? {
                let (mail, reference): (i64, String) = (row.get("mail_id"), row.get("reference"));
                let is_id = row.get::<i64, _>("is_own") == 0 && !reference.starts_with("token:");
                if is_id && let Some(mail) = mails.get_mut(&mail) {
                    mail.refers_to.push(reference.clone());
                }
                if references.insert(reference.clone()) {
                    new_references.push(reference);
                }
            }
            let mut query = QueryBuilder::new("select mail_id, other_mail_id from mail_join where mail_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") or other_mail_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            for row in query.build().fetch_all(&mut *connection).await? {
                let pair: (i64, i64) = (row.get("mail_id"), row.get("other_mail_id"));
                joins.insert(pair);
                also.extend([pair.0, pair.1]);
            }
        }
        for part in new_references.chunks(400) {
            let mut query = QueryBuilder::new("select distinct mail_id from mail_reference where reference in (");
            let mut of = query.separated(", ");
            for reference in part {
                of.push_bind(reference.clone());
            }
            query.push(")");
            also.extend(
                query.build().fetch_all(&mut *connection).await?.iter().map(|row| row.get::<i64, _>("mail_id")),
            );
        }
        let found: BTreeSet<i64> = also.into_iter().filter(|id| !mails.contains_key(id)).collect();
        next = found.into_iter().collect();
    }
    let mut all: Vec<TiedMail> = mails.into_values().collect();
    all.iter_mut().for_each(|mail| mail.refers_to.sort());
    Ok((all, joins.into_iter().collect()))
}

/// Gives a mail its class, and its contact where one was found.
pub(crate) async fn set_class(
    connection: &mut SqliteConnection,
    mail: i64,
    class: &str,
    version: u32,
    detail: &str,
    contact: Option<i64>,
    is_read: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update mail set class = $2, class_version = $3, class_detail = $4, contact_id = coalesce($5, contact_id), \
         is_read = max(is_read, $6) where id = $1",
    )
    .bind(mail)
    .bind(class)
    .bind(i64::from(version))
    .bind(detail)
    .bind(contact)
    .bind(i64::from(is_read))
    .execute(connection)
    .await?;
    Ok(())
}

/// Says whose mail it is, where nobody has said.
pub(crate) async fn give_contact(
    connection: &mut SqliteConnection,
    mail: i64,
    contact: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("update mail set contact_id = $2 where id = $1 and contact_id is null")
        .bind(mail)
        .bind(contact)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes every mail of a contact with its bytes; the places on the server stay as places of nothing.
pub(crate) async fn forget_mails(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select id, sha256 from mail where contact_id = $1 or counterpart in \
         (select address_hash from contact_address where contact_id = $1 and channel = 'email')",
    )
    .bind(contact)
    .fetch_all(&mut *connection)
    .await?;
    for (mail, _) in &rows {
        // Copies of one mail may differ in their bytes; all of them go.
        sqlx::query("delete from raw_content where sha256 in (select sha256 from raw_mail where mail_id = $1)")
            .bind(mail)
            .execute(&mut *connection)
            .await?;
        sqlx::query("update raw_mail set mail_id = 0, sha256 = '' where mail_id = $1")
            .bind(mail)
            .execute(&mut *connection)
            .await?;
        sqlx::query("delete from mail where id = $1").bind(mail).execute(&mut *connection).await?;
    }
    for (_, sha256) in &rows {
        sqlx::query("delete from raw_content where sha256 = $1 and not exists (select 1 from mail where sha256 = $1)")
            .bind(sha256)
            .execute(&mut *connection)
            .await?;
    }
    remove_empty(connection).await?;
    Ok(())
}

/// Says into which thread a mail belongs.
pub(crate) async fn set_thread(connection: &mut SqliteConnection, mail: i64, thread: i64) -> Result<(), sqlx::Error> {
    sqlx::query("update mail set thread_id = $2 where id = $1").bind(mail).bind(thread).execute(connection).await?;
    Ok(())
}

/// Marks what came in a thread as read or not.
pub(crate) async fn mark_read(
    connection: &mut SqliteConnection,
    thread: i64,
    is_read: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query("update mail set is_read = $2 where thread_id = $1 and way = 'in' and is_read <> $2")
        .bind(thread)
        .bind(i64::from(is_read))
        .execute(connection)
        .await?;
    Ok(())
}

moves!(move_mails, give_back_mails, "mail", "id");
