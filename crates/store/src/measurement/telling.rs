//! Who is told of an answer: links by which it is read, and contacts who get it by mail.

use model::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;

/// A link by which a report is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyLink {
    pub id: i64,
    pub study: i64,
    pub note: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

/// Somebody who gets a report by mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyMail {
    pub id: i64,
    pub study: i64,
    pub contact: i64,
    pub contact_name: String,
    /// weekly, answer
    pub rhythm: String,
    pub next_at: Option<Timestamp>,
    pub sent: u64,
    pub last_sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

fn link_of(row: &SqliteRow) -> StudyLink {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    StudyLink {
        id: row.get("id"),
        study: row.get("study_id"),
        note: row.get("note"),
        created_at: Timestamp(row.get("created_at")),
        expires_at: Timestamp(row.get("expires_at")),
        revoked_at: moment("revoked_at"),
        opened: row.get::<i64, _>("opened").unsigned_abs(),
        last_opened_at: moment("last_opened_at"),
    }
}

const MAIL: &str =
    "select study_mail.*, contact.name as contact_name from study_mail join contact on contact.id = contact_id";

fn mail_of(row: &SqliteRow) -> StudyMail {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    StudyMail {
        id: row.get("id"),
        study: row.get("study_id"),
        contact: row.get("contact_id"),
        contact_name: row.get("contact_name"),
        rhythm: row.get("rhythm"),
        next_at: moment("next_at"),
        sent: row.get::<i64, _>("sent").unsigned_abs(),
        last_sent_at: moment("last_sent_at"),
        ended_at: moment("ended_at"),
    }
}

/// Nobody gets mails of a study any more.
pub(super) async fn end_mails_of(
    connection: &mut SqliteConnection,
    study: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("update study_mail set ended_at = $2 where study_id = $1 and ended_at is null")
        .bind(study)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// Keeps a link by the hash of its secret; its number.
    pub async fn share_study(
        &self,
        study: i64,
        secret_hash: &str,
        note: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into study_link (study_id, secret_hash, note, created_at, expires_at) values ($1, $2, $3, $4, $5) \
             returning id",
        )
        .bind(study)
        .bind(secret_hash)
        .bind(note)
        .bind(at.0)
        .bind(expires_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("sharing a report"))?;
        Ok(row.get("id"))
    }

    /// The links to a report, the newest first.
    pub async fn study_links(&self, study: i64) -> Result<Vec<StudyLink>, StoreError> {
        let rows = sqlx::query("select * from study_link where study_id = $1 order by id desc")
            .bind(study)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the links to a report"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Opens a report by its link, counting it; `None` when no link has this secret, or it is over or revoked.
    pub async fn open_study_link(&self, secret_hash: &str, at: Timestamp) -> Result<Option<StudyLink>, StoreError> {
        let row = sqlx::query(
            "update study_link set opened = opened + 1, last_opened_at = $2 \
             where secret_hash = $1 and revoked_at is null and expires_at > $2 returning *",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("opening a shared report"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// Revokes a link; whether there was one to revoke.
    pub async fn revoke_study_link(&self, study: i64, link: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update study_link set revoked_at = $3 where study_id = $1 and id = $2 and revoked_at is null")
                .bind(study)
                .bind(link)
                .bind(at.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("revoking a link to a report"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Somebody gets a report by mail from now on; its number.
    pub async fn add_study_mail(
        &self,
        study: i64,
        contact: i64,
        rhythm: &str,
        next_at: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into study_mail (study_id, contact_id, rhythm, next_at, actor, created_at) \
             values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(study)
        .bind(contact)
        .bind(rhythm)
        .bind(next_at.0)
        .bind(actor)
        .bind(at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("noting who gets a report"))?;
        Ok(row.get("id"))
    }

    /// Who gets a study's report, the newest first.
    pub async fn study_mails(&self, study: i64) -> Result<Vec<StudyMail>, StoreError> {
        let mut query = QueryBuilder::new(MAIL);
        query.push(" where study_id = ").push_bind(study).push(" order by study_mail.id desc");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading who gets a report"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// What is to be sent by now, the oldest first.
    pub async fn study_mails_due(&self, by: Timestamp) -> Result<Vec<StudyMail>, StoreError> {
        let mut query = QueryBuilder::new(MAIL);
        query.push(" where ended_at is null and next_at <= ").push_bind(by.0).push(" order by next_at, study_mail.id");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading reports to be sent"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// Notes that a mail is on its way, before it is written, so that nobody gets it twice; whether it was still due as it was read.
    /// Without a next one it has ended.
    pub async fn pass_study_mail(
        &self,
        mail: &StudyMail,
        next_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update study_mail set sent = sent + 1, last_sent_at = $3, next_at = $4, \
             ended_at = case when $4 is null then $3 end where id = $1 and next_at is $2 and ended_at is null",
        )
        .bind(mail.id)
        .bind(mail.next_at.map(|at| at.0))
        .bind(at.0)
        .bind(next_at.map(|at| at.0))
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("noting that a report goes out"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Somebody gets no more reports; whether they did.
    pub async fn end_study_mail(&self, study: i64, mail: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update study_mail set ended_at = $3 where study_id = $1 and id = $2 and ended_at is null")
                .bind(study)
                .bind(mail)
                .bind(at.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("ending mails of a report"))?;
        Ok(done.rows_affected() > 0)
    }
}
