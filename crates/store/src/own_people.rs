//! The brand's own people: files of followers, engagers, customers, readers and orders, whom they hold, and which accounts
//! these are.
//!
//! No address is kept, only a keyed hash. What a file held goes with the file, and with its time.

use std::collections::HashMap;

use model::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::database::{Store, empty_journal};
use crate::error::StoreError;

/// A file about to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOwnFile {
    /// followers, engagers, customers, newsletter, orders
    pub kind: String,
    pub label: String,
    pub brand: Option<String>,
    pub sha256: String,
    pub rows_in: u64,
    pub rows_refused: u64,
    pub added_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A file that is held, with how many of its people are matched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnFile {
    pub id: i64,
    pub kind: String,
    pub label: String,
    pub brand: Option<String>,
    pub rows_in: u64,
    pub rows_refused: u64,
    pub added_at: Timestamp,
    pub expires_at: Timestamp,
    pub people: u64,
    /// With an account that is sure or confirmed.
    pub matched: u64,
    /// With suggestions alone.
    pub suggested: u64,
}

/// Somebody of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnPerson {
    /// Given at adding.
    pub id: i64,
    /// The kind of the file; read, never written.
    pub kind: String,
    pub row_number: u64,
    pub platform: Option<String>,
    pub native_id: Option<String>,
    pub handle: Option<String>,
    pub email_hmac: Option<String>,
    pub name: Option<String>,
    pub link: Option<String>,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub times: Option<u64>,
}

/// Somebody of a file and an account that may be theirs, as computed.
#[derive(Clone, PartialEq, Debug)]
pub struct OwnMatchRow {
    pub person: i64,
    pub account: AccountId,
    pub chance: f64,
    /// JSON: what speaks for it.
    pub evidence: String,
    /// sure, suggested
    pub state: String,
}

/// A match that is held, with what its person did.
#[derive(Clone, PartialEq, Debug)]
pub struct OwnMatched {
    pub person: i64,
    pub account: AccountId,
    pub chance: f64,
    /// sure, suggested, confirmed, refused
    pub state: String,
    pub decided_at: Option<Timestamp>,
    pub file: i64,
    pub kind: String,
    pub row_number: u64,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub times: Option<u64>,
}

/// What computing the matches again changed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct OwnMatchChanges {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
}

const PERSONS_A_STATEMENT: usize = 1_000;

fn file_of(row: &SqliteRow) -> OwnFile {
    let count = |name: &str| row.get::<i64, _>(name).unsigned_abs();
    OwnFile {
        id: row.get("id"),
        kind: row.get("kind"),
        label: row.get("label"),
        brand: row.get("brand_id"),
        rows_in: count("rows_in"),
        rows_refused: count("rows_refused"),
        added_at: Timestamp(row.get("added_at")),
        expires_at: Timestamp(row.get("expires_at")),
        people: count("people"),
        matched: count("matched"),
        suggested: count("suggested"),
    }
}

fn moment(row: &SqliteRow, name: &str) -> Option<Timestamp> {
    row.get::<Option<i64>, _>(name).map(Timestamp)
}

fn times(row: &SqliteRow) -> Option<u64> {
    row.get::<Option<i64>, _>("times").map(i64::unsigned_abs)
}

impl Store {
    /// Every file whose time has not passed, the newest first.
    pub async fn own_files(&self, now: Timestamp) -> Result<Vec<OwnFile>, StoreError> {
        let rows = sqlx::query(
            "select own_file.*, count(person.id) as people, coalesce(sum(person.is_matched), 0) as matched, \
             coalesce(sum(person.is_suggested and not person.is_matched), 0) as suggested \
             from own_file left join (select own_person.id, own_person.file_id, \
             exists (select 1 from own_match where person_id = own_person.id and state in ('sure', 'confirmed')) \
             as is_matched, \
             exists (select 1 from own_match where person_id = own_person.id and state = 'suggested') as is_suggested \
             from own_person) as person on person.file_id = own_file.id \
             where own_file.expires_at > $1 group by own_file.id order by own_file.id desc",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the files of own people"))?;
        Ok(rows.iter().map(file_of).collect())
    }

    /// The number of the file with exactly this content, if it is held.
    pub async fn own_file_with(&self, sha256: &str) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select id from own_file where sha256 = $1")
            .bind(sha256)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("looking for a file of own people"))?;
        Ok(row.map(|(id,)| id))
    }

    /// Adds a file with everybody it holds, all or nothing. Returns its number.
    pub async fn add_own_file(&self, file: &NewOwnFile, people: &[OwnPerson]) -> Result<i64, StoreError> {
        let failed = StoreError::of("adding a file of own people");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into own_file (kind, label, brand_id, sha256, rows_in, rows_refused, added_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        )
        .bind(&file.kind)
        .bind(&file.label)
        .bind(&file.brand)
        .bind(&file.sha256)
        .bind(file.rows_in as i64)
        .bind(file.rows_refused as i64)
        .bind(file.added_at.0)
        .bind(file.expires_at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let id: i64 = row.get("id");
        for portion in people.chunks(PERSONS_A_STATEMENT) {
            let mut insert = QueryBuilder::new(
                "insert into own_person (file_id, row_number, platform, native_id, handle, email_hmac, name, link, \
                 first_at, last_at, times) ",
            );
            insert.push_values(portion, |mut values, person| {
                values
                    .push_bind(id)
                    .push_bind(person.row_number as i64)
                    .push_bind(&person.platform)
                    .push_bind(&person.native_id)
                    .push_bind(&person.handle)
                    .push_bind(&person.email_hmac)
                    .push_bind(&person.name)
                    .push_bind(&person.link)
                    .push_bind(person.first_at.map(|at| at.0))
                    .push_bind(person.last_at.map(|at| at.0))
                    .push_bind(person.times.map(|times| times as i64));
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// Removes a file and everything it held; whether there was one of this number.
    pub async fn remove_own_file(&self, id: i64) -> Result<bool, StoreError> {
        let failed = StoreError::of("removing a file of own people");
        let done =
            sqlx::query("delete from own_file where id = $1").bind(id).execute(&self.pool).await.map_err(&failed)?;
        empty_journal(&self.pool).await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes the files whose time has passed, with everything they held. Returns how many.
    pub async fn remove_expired_own_files(&self, now: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("removing files of own people that have passed their time");
        let done = sqlx::query("delete from own_file where expires_at <= $1")
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(&failed)?;
        if done.rows_affected() > 0 {
            empty_journal(&self.pool).await.map_err(&failed)?;
        }
        Ok(done.rows_affected())
    }

    /// Everybody in files whose time has not passed, in the order they were added.
    pub async fn own_people(&self, now: Timestamp) -> Result<Vec<OwnPerson>, StoreError> {
        let rows = sqlx::query(
            "select own_person.*, own_file.kind from own_person join own_file on own_file.id = own_person.file_id \
             where own_file.expires_at > $1 order by own_person.id",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading own people"))?;
        let person = |row: &SqliteRow| OwnPerson {
            id: row.get("id"),
            kind: row.get("kind"),
            row_number: row.get::<i64, _>("row_number").unsigned_abs(),
            platform: row.get("platform"),
            native_id: row.get("native_id"),
            handle: row.get("handle"),
            email_hmac: row.get("email_hmac"),
            name: row.get("name"),
            link: row.get("link"),
            first_at: moment(row, "first_at"),
            last_at: moment(row, "last_at"),
            times: times(row),
        };
        Ok(rows.iter().map(person).collect())
    }

    /// Puts computed matches in the place of those computed before. What a person decided stays as it was decided; what has
    /// not changed is not written.
    pub async fn keep_own_matches(&self, computed: &[OwnMatchRow]) -> Result<OwnMatchChanges, StoreError> {
        let failed = StoreError::of("keeping matches of own people");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let rows = sqlx::query("select person_id, account_id, chance, evidence, state, decided_at from own_match")
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        let mut held: HashMap<(i64, i64), SqliteRow> =
            rows.into_iter().map(|row| ((row.get("person_id"), row.get("account_id")), row)).collect();
        let mut changes = OwnMatchChanges::default();
        let mut new = vec![];
        for found in computed {
            let Some(row) = held.remove(&(found.person, found.account.0)) else {
                new.push(found);
                continue;
            };
            let is_decided = row.get::<Option<i64>, _>("decided_at").is_some();
            let same = row.get::<f64, _>("chance").to_bits() == found.chance.to_bits()
                && row.get::<&str, _>("evidence") == found.evidence
                && (is_decided || row.get::<&str, _>("state") == found.state);
            if same {
                continue;
            }
            sqlx::query(
                "update own_match set chance = $1, evidence = $2, \
                 state = case when decided_at is null then $3 else state end where person_id = $4 and account_id = $5",
            )
            .bind(found.chance)
            .bind(&found.evidence)
            .bind(&found.state)
            .bind(found.person)
            .bind(found.account.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            changes.changed += 1;
        }
        for ((person, account), row) in &held {
            if row.get::<Option<i64>, _>("decided_at").is_none() {
                sqlx::query("delete from own_match where person_id = $1 and account_id = $2")
                    .bind(person)
                    .bind(account)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
                changes.removed += 1;
            }
        }
        for found in new {
            // A file may have been removed while its matches were computed.
            let done = sqlx::query(
                "insert into own_match (person_id, account_id, chance, evidence, state) \
                 select $1, $2, $3, $4, $5 where exists (select 1 from own_person where id = $1)",
            )
            .bind(found.person)
            .bind(found.account.0)
            .bind(found.chance)
            .bind(&found.evidence)
            .bind(&found.state)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            changes.added += done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(changes)
    }

    /// Every match of files whose time has not passed, by account, without what speaks for it.
    pub async fn own_matches(&self, now: Timestamp) -> Result<Vec<OwnMatched>, StoreError> {
        let rows = sqlx::query(
            "select own_match.person_id, own_match.account_id, own_match.chance, own_match.state, own_match.decided_at, \
             own_file.id as file_id, own_file.kind, own_person.row_number, own_person.first_at, own_person.last_at, \
             own_person.times from own_match join own_person on own_person.id = own_match.person_id \
             join own_file on own_file.id = own_person.file_id where own_file.expires_at > $1 \
             order by own_match.account_id, own_match.person_id",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading matches of own people"))?;
        let matched = |row: &SqliteRow| OwnMatched {
            person: row.get("person_id"),
            account: AccountId(row.get("account_id")),
            chance: row.get("chance"),
            state: row.get("state"),
            decided_at: moment(row, "decided_at"),
            file: row.get("file_id"),
            kind: row.get("kind"),
            row_number: row.get::<i64, _>("row_number").unsigned_abs(),
            first_at: moment(row, "first_at"),
            last_at: moment(row, "last_at"),
            times: times(row),
        };
        Ok(rows.iter().map(matched).collect())
    }

    /// What speaks for each of these matches, as JSON, by person and account.
    pub async fn own_evidence(
        &self,
        pairs: &[(i64, AccountId)],
    ) -> Result<HashMap<(i64, AccountId), String>, StoreError> {
        let mut found = HashMap::new();
        for (person, account) in pairs {
            let row: Option<(String,)> =
                sqlx::query_as("select evidence from own_match where person_id = $1 and account_id = $2")
                    .bind(person)
                    .bind(account.0)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(StoreError::of("reading what speaks for a match"))?;
            found.extend(row.map(|(evidence,)| ((*person, *account), evidence)));
        }
        Ok(found)
    }

    /// Sets the state of matches, all or none: decided at a moment, or as computed again. Returns how many were changed.
    pub async fn set_own_states(
        &self,
        states: &[(i64, AccountId, &str)],
        decided_at: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::of("deciding matches of own people");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let mut changed = 0;
        for (person, account, state) in states {
            let done = sqlx::query(
                "update own_match set state = $1, decided_at = $2 where person_id = $3 and account_id = $4 \
                 and (state <> $1 or (decided_at is null) <> ($2 is null))",
            )
            .bind(state)
            .bind(decided_at.map(|at| at.0))
            .bind(person)
            .bind(account.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            changed += done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(changed)
    }

    /// Which kinds of file each account is surely in, or was confirmed to be, by account.
    pub async fn own_kinds(&self, now: Timestamp) -> Result<Vec<(AccountId, String)>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select distinct own_match.account_id, own_file.kind from own_match \
             join own_person on own_person.id = own_match.person_id join own_file on own_file.id = own_person.file_id \
             where own_match.state in ('sure', 'confirmed') and own_file.expires_at > $1 \
             order by own_match.account_id, own_file.kind",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading who is among own people"))?;
        Ok(rows.into_iter().map(|(account, kind)| (AccountId(account), kind)).collect())
    }

    /// Removes accounts from own people: their matches, and the rows that are surely theirs or were confirmed to be.
    pub async fn forget_in_own_people(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("forgetting an account among own people");
        for account in accounts {
            for statement in [
                "delete from own_person where id in (select person_id from own_match \
                 where account_id = $1 and state in ('sure', 'confirmed'))",
                "delete from own_match where account_id = $1",
            ] {
                sqlx::query(statement).bind(account.0).execute(&self.pool).await.map_err(&failed)?;
            }
        }
        Ok(())
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

    fn file(sha256: &str, expires_at: i64) -> NewOwnFile {
        NewOwnFile {
            kind: "followers".to_owned(),
            label: "followers.csv".to_owned(),
            brand: None,
            sha256: sha256.to_owned(),
            rows_in: 2,
            rows_refused: 0,
            added_at: Timestamp(1),
            expires_at: Timestamp(expires_at),
        }
    }

    fn people() -> Vec<OwnPerson> {
        let person = |row_number, handle: &str| OwnPerson {
            row_number,
            handle: Some(handle.to_owned()),
            ..OwnPerson::default()
        };
        vec![person(2, "ana"), person(3, "ben")]
    }

    fn found(person: i64, account: i64, state: &str) -> OwnMatchRow {
        OwnMatchRow {
            person,
            account: AccountId(account),
            chance: 0.97,
            evidence: "{}".to_owned(),
            state: state.to_owned(),
        }
    }

    #[tokio::test]
    async fn computing_again_keeps_what_was_decided_and_writes_nothing_that_is_the_same() {
        let (_folder, store) = store().await;
        store.add_own_file(&file("a", 100), &people()).await.expect("adds");
        let held = store.own_people(Timestamp(5)).await.expect("reads");
        let (ana, ben) = (held[0].id, held[1].id);
        let computed = [found(ana, 10, "sure"), found(ben, 20, "suggested"), found(ben, 21, "suggested")];
        let changes = store.keep_own_matches(&computed).await.expect("keeps");
        assert_eq!(changes, OwnMatchChanges { added: 3, ..OwnMatchChanges::default() });
        let refused = [(ben, AccountId(20), "refused")];
        assert_eq!(store.set_own_states(&refused, Some(Timestamp(6))).await.expect("sets"), 1);
        let before = store.typed_change().await.expect("reads");
        assert_eq!(store.keep_own_matches(&computed).await.expect("keeps"), OwnMatchChanges::default());
        assert_eq!(store.typed_change().await.expect("reads"), before);
        let left = store.keep_own_matches(&computed[..1]).await.expect("keeps");
        assert_eq!((left.added, left.removed), (0, 1), "the refused one is remembered");
        let states: Vec<String> =
            store.own_matches(Timestamp(5)).await.expect("reads").into_iter().map(|one| one.state).collect();
        assert_eq!(states, ["sure", "refused"]);
        assert_eq!(store.own_kinds(Timestamp(5)).await.expect("reads"), [(AccountId(10), "followers".to_owned())]);
        let files = store.own_files(Timestamp(5)).await.expect("reads");
        assert_eq!((files[0].people, files[0].matched, files[0].suggested), (2, 1, 0));
    }

    #[tokio::test]
    async fn a_file_goes_with_its_time_and_a_forgotten_account_takes_its_row_along() {
        let (_folder, store) = store().await;
        let id = store.add_own_file(&file("a", 100), &people()).await.expect("adds");
        assert_eq!(store.own_file_with("a").await.expect("reads"), Some(id));
        let held = store.own_people(Timestamp(5)).await.expect("reads");
        let computed = [found(held[0].id, 10, "sure"), found(held[1].id, 10, "suggested")];
        store.keep_own_matches(&computed).await.expect("keeps");
        store.forget_in_own_people(&[AccountId(10)]).await.expect("forgets");
        assert!(store.own_matches(Timestamp(5)).await.expect("reads").is_empty());
        let left = store.own_people(Timestamp(5)).await.expect("reads");
        assert_eq!(left.len(), 1, "a suggestion may be somebody else");
        assert!(store.own_files(Timestamp(100)).await.expect("reads").is_empty());
        assert!(store.own_people(Timestamp(100)).await.expect("reads").is_empty());
        assert_eq!(store.remove_expired_own_files(Timestamp(100)).await.expect("removes"), 1);
        assert!(!store.remove_own_file(id).await.expect("removes"));
    }
}
