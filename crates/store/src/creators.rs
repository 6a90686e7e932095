//! Shortlists of people picked out, and people who asked to be forgotten: kept as a keyed hash, so that an old file
//! cannot bring them back.

use std::collections::HashSet;

use model::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::database::{Store, empty_journal, move_revision_on};
use crate::error::StoreError;

/// A list of people picked out to be looked at, compared and written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortlist {
    pub id: i64,
    /// Told apart without regard to case.
    pub name: String,
    pub created_at: Timestamp,
    /// How many people are on it.
    pub people: u64,
    /// When somebody was last added who is still on it.
    pub added_to_at: Option<Timestamp>,
}

/// Somebody on a shortlist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistMember {
    pub account: AccountId,
    pub added_at: Timestamp,
    /// Where they were picked: `map`, `ranking`, `profile`, `list` or `command`.
    pub picked_on: String,
}

const SHORTLIST: &str =
    "select shortlist.id, name, created_at, count(account_id) as people, max(added_at) as added_to_at
    from shortlist left join shortlist_member on shortlist_id = shortlist.id";

fn shortlist_of(row: &SqliteRow) -> Shortlist {
    Shortlist {
        id: row.get("id"),
        name: row.get("name"),
        created_at: Timestamp(row.get("created_at")),
        people: row.get::<i64, _>("people").unsigned_abs(),
        added_to_at: row.get::<Option<i64>, _>("added_to_at").map(Timestamp),
    }
}

fn named_twice(name: &str, doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(inner) if inner.is_unique_violation() => StoreError::ShortlistExists(name.to_owned()),
        _ => StoreError::of(doing)(error),
    }
}

impl Store {
    /// Every shortlist, by name.
    pub async fn shortlists(&self) -> Result<Vec<Shortlist>, StoreError> {
        let mut query = QueryBuilder::new(SHORTLIST);
        query.push(" group by shortlist.id order by lower(name)");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the shortlists"))?;
        Ok(rows.iter().map(shortlist_of).collect())
    }

    /// The shortlist with this number.
    pub async fn shortlist(&self, id: i64) -> Result<Option<Shortlist>, StoreError> {
        let mut query = QueryBuilder::new(SHORTLIST);
        query.push(" where shortlist.id = ").push_bind(id).push(" group by shortlist.id");
        let row = query.build().fetch_optional(&self.pool).await.map_err(StoreError::of("reading a shortlist"))?;
        Ok(row.as_ref().map(shortlist_of))
    }

    /// Begins a shortlist, or gives it another name, and returns its number.
    pub async fn name_shortlist(&self, id: Option<i64>, name: &str, at: Timestamp) -> Result<i64, StoreError> {
        let failed = named_twice(name, "naming a shortlist");
        let Some(id) = id else {
            let row = sqlx::query("insert into shortlist (name, created_at) values ($1, $2) returning id")
                .bind(name)
                .bind(at.0)
                .fetch_one(&self.pool)
                .await
                .map_err(failed)?;
            return Ok(row.get("id"));
        };
        sqlx::query("update shortlist set name = $1 where id = $2")
            .bind(name)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(id)
    }

    /// Removes a shortlist; the people on it stay.
    pub async fn delete_shortlist(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from shortlist where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a shortlist"))?;
        Ok(())
    }

    /// Adds people to a shortlist, all or none, and returns how many were not on it before. Who was, keeps the day and
    /// place of the first time.
    pub async fn add_to_shortlist(
        &self,
        id: i64,
        accounts: &[AccountId],
        picked_on: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::of("adding to a shortlist");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let mut added = 0;
        for portion in accounts.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into shortlist_member (shortlist_id, account_id, added_at, picked_on) ");
            insert.push_values(portion, |mut values, account| {
                values.push_bind(id).push_bind(account.0).push_bind(at.0).push_bind(picked_on);
            });
            insert.push(" on conflict (shortlist_id, account_id) do nothing");
            added += insert.build().execute(&mut *transaction).await.map_err(&failed)?.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(added)
    }

    /// Takes people off a shortlist, all or none, and returns how many were on it.
    pub async fn take_off_shortlist(&self, id: i64, accounts: &[AccountId]) -> Result<u64, StoreError> {
        let failed = StoreError::of("taking people off a shortlist");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let mut taken = 0;
        for account in accounts {
            let done = sqlx::query("delete from shortlist_member where shortlist_id = $1 and account_id = $2")
                .bind(id)
                .bind(account.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            taken += done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(taken)
    }

    /// Everybody on a shortlist, last added first.
    pub async fn shortlist_members(&self, id: i64) -> Result<Vec<ShortlistMember>, StoreError> {
        let rows = sqlx::query(
            "select account_id, added_at, picked_on from shortlist_member where shortlist_id = $1
             order by added_at desc, account_id",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading a shortlist"))?;
        let member = |row: &SqliteRow| ShortlistMember {
            account: AccountId(row.get("account_id")),
            added_at: Timestamp(row.get("added_at")),
            picked_on: row.get("picked_on"),
        };
        Ok(rows.iter().map(member).collect())
    }

    /// The numbers of the shortlists somebody is on.
    pub async fn shortlists_with(&self, account: AccountId) -> Result<HashSet<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select shortlist_id from shortlist_member where account_id = $1")
            .bind(account.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who is on which shortlist"))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Remembers that nothing about this account may be kept again, and that its rows are being erased; takes it off
    /// every shortlist.
    pub async fn keep_erasure(
        &self,
        account: AccountId,
        platform: &str,
        native_id_hmac: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping an erasure");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query(
            "insert into erasure (platform, native_id_hmac, reason, at) values ($1, $2, $3, $4)
             on conflict (platform, native_id_hmac) do nothing",
        )
        .bind(platform)
        .bind(native_id_hmac)
        .bind(reason)
        .bind(at.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query("insert into erasure_under_way (account_id) values ($1) on conflict (account_id) do nothing")
            .bind(account.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from shortlist_member where account_id = $1")
            .bind(account.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        move_revision_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Accounts whose erasure began and did not end.
    pub async fn erasures_under_way(&self) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select account_id from erasure_under_way order by account_id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the erasures under way"))?;
        Ok(rows.into_iter().map(|(id,)| AccountId(id)).collect())
    }

    /// Nothing of these accounts is left.
    pub async fn erasures_done(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from erasure_under_way where account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("ending an erasure"))?;
        }
        empty_journal(&self.pool).await.map_err(StoreError::of("ending an erasure"))
    }

    /// The keyed hashes of everybody who asked to be forgotten.
    pub async fn erasures(&self) -> Result<HashSet<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("select native_id_hmac from erasure")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the erasures"))?;
        Ok(rows.into_iter().map(|(hash,)| hash).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shortlist_keeps_each_person_once_and_loses_the_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let list = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let people = [AccountId(1), AccountId(2), AccountId(3)];
        assert_eq!(store.add_to_shortlist(list, &people, "map", Timestamp(6)).await.expect("adds"), 3);
        assert_eq!(store.add_to_shortlist(list, &people[..2], "ranking", Timestamp(9)).await.expect("adds"), 0);
        let members = store.shortlist_members(list).await.expect("reads");
        assert!(members.iter().all(|member| member.picked_on == "map" && member.added_at == Timestamp(6)));
        store.keep_erasure(AccountId(2), "other", "hash", "asked", Timestamp(7)).await.expect("forgets");
        assert_eq!(store.take_off_shortlist(list, &[AccountId(3), AccountId(4)]).await.expect("takes off"), 1);
        let held = store.shortlist(list).await.expect("reads").expect("is there");
        assert_eq!((held.people, held.added_to_at), (1, Some(Timestamp(6))));
        assert!(store.shortlists_with(AccountId(1)).await.expect("reads").contains(&list));
        store.delete_shortlist(list).await.expect("removes");
        assert!(store.shortlists_with(AccountId(1)).await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn two_shortlists_cannot_bear_one_name_in_whatever_case() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let first = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let error = store.name_shortlist(None, "SPRING", Timestamp(5)).await.expect_err("is refused");
        assert!(matches!(error, StoreError::ShortlistExists(_)), "{error}");
        assert_eq!(store.name_shortlist(Some(first), "spring", Timestamp(6)).await.expect("renames"), first);
        assert_eq!(store.shortlists().await.expect("reads")[0].name, "spring");
    }
}
