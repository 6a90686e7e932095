//! Vetting, as far as people decide it: samples of an audience and how people labelled them, what creators told of and
//! answered, and reports shared by link.

use model::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::database::{Store, empty_journal};
use crate::error::StoreError;

/// A part of an audience that a sample was drawn from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SamplePart {
    /// `newest`, `middle`, `oldest`, `followers` or `engagers`.
    pub part: String,
    /// How many accounts were held that it was drawn from.
    pub held: u64,
}

/// Somebody in a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SamplePerson {
    pub account: AccountId,
    pub part: String,
}

/// A sample of one creator's audience, to be looked at by people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudienceSample {
    pub id: i64,
    pub account: AccountId,
    pub drawn_at: Timestamp,
    pub parts: Vec<SamplePart>,
    /// In the order in which they are looked at.
    pub people: Vec<SamplePerson>,
}

/// What one person said of one account of a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudienceLabel {
    pub sample: i64,
    pub account: AccountId,
    /// `together` where two settled on one answer.
    pub labeller: String,
    /// `person`, `made_to_be_sold` or `cannot_tell`.
    pub label: String,
    pub at: Timestamp,
}

/// Something a creator told of that explains followers coming or going.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclaredEvent {
    pub id: i64,
    /// `giveaway`, `press`, `mention`, `platform` or `other`.
    pub kind: String,
    /// Days since 1970-01-01, both included.
    pub first_day: i32,
    pub last_day: i32,
    pub words: String,
    pub recorded_at: Timestamp,
}

/// What a creator answered to a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatorAnswer {
    pub id: i64,
    pub words: String,
    pub answered_at: Timestamp,
    pub recorded_at: Timestamp,
}

/// A report shared by a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedReport {
    pub id: i64,
    pub account: AccountId,
    pub note: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

/// What is recorded of one creator, as numbers that change with it: the newest sample, its labels and the last of them,
/// events and answers by the squares of their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VettingRevision {
    pub sample: i64,
    pub labels: i64,
    pub labelled_last: i64,
    pub events: i64,
    pub answers: i64,
}

const SHARED: &str =
    "select id, account_id, note, created_at, expires_at, revoked_at, opened, last_opened_at from shared_report";

fn shared_of(row: &SqliteRow) -> SharedReport {
    SharedReport {
        id: row.get("id"),
        account: AccountId(row.get("account_id")),
        note: row.get("note"),
        created_at: Timestamp(row.get("created_at")),
        expires_at: Timestamp(row.get("expires_at")),
        revoked_at: row.get::<Option<i64>, _>("revoked_at").map(Timestamp),
        opened: row.get::<i64, _>("opened").unsigned_abs(),
        last_opened_at: row.get::<Option<i64>, _>("last_opened_at").map(Timestamp),
    }
}

impl Store {
    /// Keeps a sample of an audience and returns its number; what was labelled in an earlier sample of the same creator
    /// stays with that one.
    pub async fn keep_audience_sample(
        &self,
        account: AccountId,
        seed: u64,
        parts: &[SamplePart],
        people: &[SamplePerson],
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping a sample of an audience");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let row =
            sqlx::query("insert into audience_sample (account_id, drawn_at, seed) values ($1, $2, $3) returning id")
                .bind(account.0)
                .bind(at.0)
                .bind(seed as i64)
                .fetch_one(&mut *transaction)
                .await
                .map_err(&failed)?;
        let id: i64 = row.get("id");
        for part in parts {
            sqlx::query("insert into audience_sample_part (sample_id, part, held) values ($1, $2, $3)")
                .bind(id)
                .bind(&part.part)
                .bind(part.held as i64)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        let placed: Vec<(usize, &SamplePerson)> = people.iter().enumerate().collect();
        for portion in placed.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into audience_sample_person (sample_id, position, account_id, part) ");
            insert.push_values(portion, |mut values, (position, person)| {
                values.push_bind(id).push_bind(*position as i64).push_bind(person.account.0).push_bind(&person.part);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// The newest sample of a creator's audience.
    pub async fn audience_sample(&self, account: AccountId) -> Result<Option<AudienceSample>, StoreError> {
        let failed = StoreError::of("reading a sample of an audience");
        let sample =
            sqlx::query("select id, drawn_at from audience_sample where account_id = $1 order by id desc limit 1")
                .bind(account.0)
                .fetch_optional(&self.pool)
                .await
                .map_err(&failed)?;
        let Some(sample) = sample else { return Ok(None) };
        let id: i64 = sample.get("id");
        let parts = sqlx::query("select part, held from audience_sample_part where sample_id = $1 order by rowid")
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        let people =
            sqlx::query("select account_id, part from audience_sample_person where sample_id = $1 order by position")
                .bind(id)
                .fetch_all(&self.pool)
                .await
                .map_err(&failed)?;
        let part =
            |row: &SqliteRow| SamplePart { part: row.get("part"), held: row.get::<i64, _>("held").unsigned_abs() };
        let person =
            |row: &SqliteRow| SamplePerson { account: AccountId(row.get("account_id")), part: row.get("part") };
        Ok(Some(AudienceSample {
            id,
            account,
            drawn_at: Timestamp(sample.get("drawn_at")),
            parts: parts.iter().map(part).collect(),
            people: people.iter().map(person).collect(),
        }))
    }

    /// The creators whose audiences have been sampled, with how many accounts of the newest sample somebody labelled.
    pub async fn sampled_audiences(&self) -> Result<Vec<(AccountId, u64)>, StoreError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select account_id, (select count(distinct account_id) from audience_label
                 where sample_id = (select max(id) from audience_sample newest where newest.account_id = of.account_id))
             from (select distinct account_id from audience_sample) of order by 1",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading whose audiences were sampled"))?;
        Ok(rows.into_iter().map(|(account, labelled)| (AccountId(account), labelled.unsigned_abs())).collect())
    }

    /// Keeps labels, all or none; of the same person about the same account the new one stands.
    pub async fn keep_audience_labels(&self, labels: &[AudienceLabel]) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping labels of an audience");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for portion in labels.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into audience_label (sample_id, account_id, labeller, label, at) ");
            insert.push_values(portion, |mut values, label| {
                values
                    .push_bind(label.sample)
                    .push_bind(label.account.0)
                    .push_bind(&label.labeller)
                    .push_bind(&label.label)
                    .push_bind(label.at.0);
            });
            insert.push(
                " on conflict (sample_id, account_id, labeller) do update set label = excluded.label, at = excluded.at",
            );
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Every label of one sample, or of all, by sample, account and labeller.
    pub async fn audience_labels(&self, sample: Option<i64>) -> Result<Vec<AudienceLabel>, StoreError> {
        let rows = sqlx::query(
            "select sample_id, account_id, labeller, label, at from audience_label
             where $1 is null or sample_id = $1 order by sample_id, account_id, labeller",
        )
        .bind(sample)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading labels of an audience"))?;
        let label = |row: &SqliteRow| AudienceLabel {
            sample: row.get("sample_id"),
            account: AccountId(row.get("account_id")),
            labeller: row.get("labeller"),
            label: row.get("label"),
            at: Timestamp(row.get("at")),
        };
        Ok(rows.iter().map(label).collect())
    }

    /// What moves whenever something is recorded of a creator or said of a sample of their audience.
    pub async fn vetting_revision(&self, account: AccountId) -> Result<VettingRevision, StoreError> {
        let (sample, labels, labelled_last, events, answers): (i64, i64, i64, i64, i64) = sqlx::query_as(
            "with newest as (select max(id) as id from audience_sample where account_id = $1)
             select (select coalesce(id, 0) from newest),
                 (select count(*) from audience_label where sample_id = (select id from newest)),
                 (select coalesce(max(at), 0) from audience_label where sample_id = (select id from newest)),
                 (select coalesce(sum(id * id), 0) from declared_event where account_id = $1),
                 (select coalesce(sum(id * id), 0) from creator_answer where account_id = $1)",
        )
        .bind(account.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading what is recorded of a creator"))?;
        Ok(VettingRevision { sample, labels, labelled_last, events, answers })
    }

    /// How many labels are kept, over all samples.
    pub async fn labels_count(&self) -> Result<u64, StoreError> {
        let (labels,): (i64,) = sqlx::query_as("select count(*) from audience_label")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading how many labels are kept"))?;
        Ok(labels.unsigned_abs())
    }

    /// Deletes every sample of a creator's audience with all that was said of it; says how many there were.
    pub async fn delete_audience_samples(&self, account: AccountId) -> Result<u64, StoreError> {
        let failed = StoreError::of("deleting a sample of an audience");
        let done = sqlx::query("delete from audience_sample where account_id = $1")
            .bind(account.0)
            .execute(&self.pool)
            .await
            .map_err(&failed)?;
        empty_journal(&self.pool).await.map_err(&failed)?;
        Ok(done.rows_affected())
    }

    /// Records something a creator told of, and returns its number.
    pub async fn declare_event(&self, account: AccountId, event: &DeclaredEvent) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into declared_event (account_id, kind, first_day, last_day, words, recorded_at)
             values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(account.0)
        .bind(&event.kind)
        .bind(event.first_day)
        .bind(event.last_day)
        .bind(&event.words)
        .bind(event.recorded_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("recording what a creator told of"))?;
        Ok(row.get("id"))
    }

    /// Takes back something recorded of this creator; says whether it was there.
    pub async fn take_back_event(&self, account: AccountId, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from declared_event where account_id = $1 and id = $2")
            .bind(account.0)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking back what a creator told of"))?;
        Ok(done.rows_affected() > 0)
    }

    /// What a creator told of, by day.
    pub async fn declared_events(&self, account: AccountId) -> Result<Vec<DeclaredEvent>, StoreError> {
        let rows = sqlx::query(
            "select id, kind, first_day, last_day, words, recorded_at from declared_event where account_id = $1
             order by first_day, id",
        )
        .bind(account.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what a creator told of"))?;
        let event = |row: &SqliteRow| DeclaredEvent {
            id: row.get("id"),
            kind: row.get("kind"),
            first_day: row.get("first_day"),
            last_day: row.get("last_day"),
            words: row.get("words"),
            recorded_at: Timestamp(row.get("recorded_at")),
        };
        Ok(rows.iter().map(event).collect())
    }

    /// Records what a creator answered to the report, and returns its number.
    pub async fn record_answer(
        &self,
        account: AccountId,
        words: &str,
        answered_at: Timestamp,
        recorded_at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into creator_answer (account_id, words, answered_at, recorded_at) values ($1, $2, $3, $4) returning id",
        )
        .bind(account.0)
        .bind(words)
        .bind(answered_at.0)
        .bind(recorded_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("recording an answer"))?;
        Ok(row.get("id"))
    }

    /// Takes back a recorded answer; says whether it was there.
    pub async fn take_back_answer(&self, account: AccountId, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from creator_answer where account_id = $1 and id = $2")
            .bind(account.0)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking back an answer"))?;
        Ok(done.rows_affected() > 0)
    }

    /// What a creator answered, oldest first.
    pub async fn creator_answers(&self, account: AccountId) -> Result<Vec<CreatorAnswer>, StoreError> {
        let rows = sqlx::query(
            "select id, words, answered_at, recorded_at from creator_answer where account_id = $1 order by answered_at, id",
        )
        .bind(account.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what a creator answered"))?;
        let answer = |row: &SqliteRow| CreatorAnswer {
            id: row.get("id"),
            words: row.get("words"),
            answered_at: Timestamp(row.get("answered_at")),
            recorded_at: Timestamp(row.get("recorded_at")),
        };
        Ok(rows.iter().map(answer).collect())
    }

    /// Keeps a link to a report by the hash of its secret, and returns its number.
    pub async fn share_report(
        &self,
        account: AccountId,
        secret_hash: &str,
        note: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into shared_report (account_id, secret_hash, note, created_at, expires_at)
             values ($1, $2, $3, $4, $5) returning id",
        )
        .bind(account.0)
        .bind(secret_hash)
        .bind(note)
        .bind(at.0)
        .bind(expires_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("sharing a report"))?;
        Ok(row.get("id"))
    }

    /// The links to a creator's report, newest first; those revoked or over too.
    pub async fn shared_reports(&self, account: AccountId) -> Result<Vec<SharedReport>, StoreError> {
        let mut query = QueryBuilder::new(SHARED);
        query.push(" where account_id = ").push_bind(account.0).push(" order by id desc");
        let rows =
            query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the links to a report"))?;
        Ok(rows.iter().map(shared_of).collect())
    }

    /// Opens a shared report, counting it; `None` when no link has this secret, or it is over or revoked.
    pub async fn open_shared_report(
        &self,
        secret_hash: &str,
        at: Timestamp,
    ) -> Result<Option<SharedReport>, StoreError> {
        let row = sqlx::query(
            "update shared_report set opened = opened + 1, last_opened_at = $2
             where secret_hash = $1 and revoked_at is null and expires_at > $2
             returning id, account_id, note, created_at, expires_at, revoked_at, opened, last_opened_at",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("opening a shared report"))?;
        Ok(row.as_ref().map(shared_of))
    }

    /// Revokes a link; says whether there was one to revoke.
    pub async fn revoke_shared_report(&self, account: AccountId, id: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update shared_report set revoked_at = $3 where account_id = $1 and id = $2 and revoked_at is null",
        )
        .bind(account.0)
        .bind(id)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("revoking a link to a report"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes forgotten people out of every sample, and everything recorded about them as creators.
    pub async fn forget_in_vetting(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("forgetting somebody in vetting");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        const STATEMENTS: [&str; 6] = [
            "delete from audience_label where account_id = $1",
            "delete from audience_sample_person where account_id = $1",
            "delete from audience_sample where account_id = $1",
            "delete from declared_event where account_id = $1",
            "delete from creator_answer where account_id = $1",
            "delete from shared_report where account_id = $1",
        ];
        for account in accounts {
            for statement in STATEMENTS {
                sqlx::query(statement).bind(account.0).execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        empty_journal(&self.pool).await.map_err(&failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        (folder, store)
    }

    fn label(sample: i64, account: i64, labeller: &str, label: &str, at: i64) -> AudienceLabel {
        AudienceLabel {
            sample,
            account: AccountId(account),
            labeller: labeller.to_owned(),
            label: label.to_owned(),
            at: Timestamp(at),
        }
    }

    #[tokio::test]
    async fn a_sample_keeps_its_order_and_a_second_look_replaces_the_first() {
        let (_folder, store) = store().await;
        let parts = [SamplePart { part: "newest".into(), held: 40 }, SamplePart { part: "engagers".into(), held: 9 }];
        let people: Vec<SamplePerson> = [(7, "newest"), (3, "engagers"), (5, "newest")]
            .map(|(account, part)| SamplePerson { account: AccountId(account), part: part.to_owned() })
            .to_vec();
        let creator = AccountId(1);
        let id = store.keep_audience_sample(creator, 4, &parts, &people, Timestamp(9)).await.expect("keeps");
        let held = store.audience_sample(creator).await.expect("reads").expect("is there");
        assert_eq!((held.id, &held.people, held.parts.as_slice()), (id, &people, parts.as_slice()));
        store.keep_audience_labels(&[label(id, 7, "Ana", "person", 10)]).await.expect("keeps");
        store.keep_audience_labels(&[label(id, 7, "Ana", "cannot_tell", 11)]).await.expect("keeps");
        let labels = store.audience_labels(Some(id)).await.expect("reads");
        assert_eq!(labels, [label(id, 7, "Ana", "cannot_tell", 11)]);
        assert_eq!(store.labels_count().await.expect("reads"), 1);
        assert_eq!(store.sampled_audiences().await.expect("reads"), [(creator, 1)]);
        store.forget_in_vetting(&[AccountId(7)]).await.expect("forgets");
        let held = store.audience_sample(creator).await.expect("reads").expect("is there");
        assert_eq!((held.people.len(), store.audience_labels(None).await.expect("reads").len()), (2, 0));
        store.keep_audience_labels(&[label(id, 3, "Ana", "person", 12)]).await.expect("keeps");
        assert_eq!(store.delete_audience_samples(creator).await.expect("deletes"), 1);
        assert_eq!(store.audience_sample(creator).await.expect("reads"), None);
        assert_eq!(store.labels_count().await.expect("reads"), 0, "what was said of it goes with a sample");
    }

    #[tokio::test]
    async fn a_shared_report_opens_until_it_is_over_or_revoked_and_is_counted() {
        let (_folder, store) = store().await;
        let creator = AccountId(1);
        let id =
            store.share_report(creator, "hash", "for the board", Timestamp(100), Timestamp(5)).await.expect("shares");
        assert_eq!(store.open_shared_report("hash", Timestamp(50)).await.expect("opens").expect("is there").opened, 1);
        assert_eq!(store.open_shared_report("hash", Timestamp(100)).await.expect("asks"), None, "over");
        assert_eq!(store.open_shared_report("other", Timestamp(50)).await.expect("asks"), None);
        assert!(!store.revoke_shared_report(AccountId(2), id, Timestamp(60)).await.expect("asks"));
        assert!(store.revoke_shared_report(creator, id, Timestamp(60)).await.expect("revokes"));
        assert_eq!(store.open_shared_report("hash", Timestamp(61)).await.expect("asks"), None, "revoked");
        let told = &store.shared_reports(creator).await.expect("reads")[0];
        assert_eq!((told.opened, told.revoked_at, told.note.as_str()), (1, Some(Timestamp(60)), "for the board"));
    }

    #[tokio::test]
    async fn what_a_creator_told_of_and_answered_is_kept_and_can_be_taken_back() {
        let (_folder, store) = store().await;
        let creator = AccountId(1);
        let event = DeclaredEvent {
            id: 0,
            kind: "giveaway".into(),
            first_day: 20_000,
            last_day: 20_003,
            words: "a grinder".into(),
            recorded_at: Timestamp(4),
        };
        let before = store.vetting_revision(creator).await.expect("reads");
        let id = store.declare_event(creator, &event).await.expect("records");
        assert_ne!(store.vetting_revision(creator).await.expect("reads"), before);
        assert_eq!(store.declared_events(creator).await.expect("reads"), [DeclaredEvent { id, ..event }]);
        assert!(!store.take_back_event(AccountId(2), id).await.expect("asks"));
        assert!(store.take_back_event(creator, id).await.expect("takes back"));
        let answer =
            store.record_answer(creator, "It was the radio.", Timestamp(7), Timestamp(8)).await.expect("records");
        assert_eq!(store.creator_answers(creator).await.expect("reads")[0].words, "It was the radio.");
        assert!(store.take_back_answer(creator, answer).await.expect("takes back"));
        assert!(store.creator_answers(creator).await.expect("reads").is_empty());
    }
}
