//! Searches that are kept with who met them, how far one has got with a creator, and niches set by hand.

use model::{AccountId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;
use crate::outreach::contacts::follow_stage;

/// A search somebody wants to come back to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedSearch {
    pub id: i64,
    /// Told apart without regard to case.
    pub name: String,
    /// The question of its address, without the page.
    pub address: String,
    pub brand: Option<String>,
    /// Whether whoever newly meets it is told.
    pub alert: bool,
    pub created_at: Timestamp,
    pub checked_at: Timestamp,
    /// How many met it when it was last checked.
    pub matches: u64,
    /// How many of them nobody has looked at yet.
    pub new: u64,
}

/// A niche that a person said is a creator's, or is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NicheCorrection {
    pub account: AccountId,
    pub code: String,
    pub is_niche: bool,
}

const SAVED: &str = "select saved_search.*, (select count(*) from saved_search_match \
    where search_id = saved_search.id and is_new = 1) as new from saved_search";

fn saved_of(row: &SqliteRow) -> SavedSearch {
    SavedSearch {
        id: row.get("id"),
        name: row.get("name"),
        address: row.get("address"),
        brand: row.get("brand_id"),
        alert: row.get::<i64, _>("alert") != 0,
        created_at: Timestamp(row.get("created_at")),
        checked_at: Timestamp(row.get("checked_at")),
        matches: row.get::<i64, _>("matches").unsigned_abs(),
        new: row.get::<i64, _>("new").unsigned_abs(),
    }
}

impl Store {
    /// A number that grows whenever something typed that searches filter by changes.
    pub async fn typed_change(&self) -> Result<i64, StoreError> {
        let (number,): (i64,) = sqlx::query_as("select number from typed_change where id = 1")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading whether anything was typed"))?;
        Ok(number)
    }

    /// Every saved search, by name.
    pub async fn saved_searches(&self) -> Result<Vec<SavedSearch>, StoreError> {
        let mut query = QueryBuilder::new(SAVED);
        query.push(" order by lower(name)");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the saved searches"))?;
        Ok(rows.iter().map(saved_of).collect())
    }

    /// Keeps a search with everybody who meets it now; one of the same name is replaced. Returns its number.
    pub async fn save_search(
        &self,
        name: &str,
        address: &str,
        brand: Option<&str>,
        alert: bool,
        met: &[AccountId],
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let failed = StoreError::of("saving a search");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from saved_search where lower(name) = lower($1)")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let row = sqlx::query(
            "insert into saved_search (name, address, brand_id, alert, created_at, checked_at, matches) \
             values ($1, $2, $3, $4, $5, $5, $6) returning id",
        )
        .bind(name)
        .bind(address)
        .bind(brand)
        .bind(i64::from(alert))
        .bind(at.0)
        .bind(met.len() as i64)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let id: i64 = row.get("id");
        for portion in met.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into saved_search_match (search_id, account_id, met_at, is_new) ");
            insert.push_values(portion, |mut values, account| {
                values.push_bind(id).push_bind(account.0).push_bind(at.0).push_bind(0_i64);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// Notes who meets a search now, and returns how many had not before. Whoever no longer meets it leaves.
    pub async fn check_saved_search(&self, id: i64, met: &[AccountId], at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("checking a saved search");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let rows: Vec<(i64,)> = sqlx::query_as("select account_id from saved_search_match where search_id = $1")
            .bind(id)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        let before: std::collections::HashSet<i64> = rows.into_iter().map(|(account,)| account).collect();
        let now: std::collections::HashSet<i64> = met.iter().map(|account| account.0).collect();
        for gone in before.difference(&now) {
            sqlx::query("delete from saved_search_match where search_id = $1 and account_id = $2")
                .bind(id)
                .bind(gone)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        let new: Vec<&AccountId> = met.iter().filter(|account| !before.contains(&account.0)).collect();
        for portion in new.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into saved_search_match (search_id, account_id, met_at, is_new) ");
            insert.push_values(portion, |mut values, account| {
                values.push_bind(id).push_bind(account.0).push_bind(at.0).push_bind(1_i64);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        sqlx::query("update saved_search set checked_at = $1, matches = $2 where id = $3")
            .bind(at.0)
            .bind(met.len() as i64)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(new.len() as u64)
    }

    /// Those who newly meet a search, newest first.
    pub async fn new_matches(&self, id: i64) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select account_id from saved_search_match where search_id = $1 and is_new = 1 order by met_at desc, account_id",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading new matches"))?;
        Ok(rows.into_iter().map(|(account,)| AccountId(account)).collect())
    }

    /// Somebody has looked at a search's new matches.
    pub async fn matches_seen(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("update saved_search_match set is_new = 0 where search_id = $1 and is_new = 1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting that new matches were seen"))?;
        Ok(())
    }

    /// Tells of new matches of a search from now on, or no longer.
    pub async fn set_alert(&self, id: i64, alert: bool) -> Result<(), StoreError> {
        sqlx::query("update saved_search set alert = $1 where id = $2")
            .bind(i64::from(alert))
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("changing an alert"))?;
        Ok(())
    }

    pub async fn delete_saved_search(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from saved_search where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a saved search"))?;
        Ok(())
    }

    /// How far one has got with each creator with whom one has begun.
    pub async fn stages(&self) -> Result<Vec<(AccountId, String)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("select account_id, stage from creator_stage order by account_id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading stages"))?;
        Ok(rows.into_iter().map(|(account, stage)| (AccountId(account), stage)).collect())
    }

    /// Puts creators on a stage, all or none; `None` is "not begun".
    pub async fn set_stage(
        &self,
        accounts: &[AccountId],
        stage: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("setting a stage");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for account in accounts {
            put_stage(&mut transaction, *account, stage, at).await.map_err(&failed)?;
            if let Some(stage) = stage {
                follow_stage(&mut transaction, *account, stage, at).await?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Every niche set by hand.
    pub async fn niche_corrections(&self) -> Result<Vec<NicheCorrection>, StoreError> {
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as("select account_id, code, is_niche from niche_correction order by account_id, code")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading niches set by hand"))?;
        let correction = |(account, code, is_niche): (i64, String, i64)| NicheCorrection {
            account: AccountId(account),
            code,
            is_niche: is_niche != 0,
        };
        Ok(rows.into_iter().map(correction).collect())
    }

    /// Says that a niche is a creator's or is not; `None` takes back what was said.
    pub async fn correct_niche(
        &self,
        account: AccountId,
        code: &str,
        is_niche: Option<bool>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        match is_niche {
            Some(is_niche) => sqlx::query(
                "insert into niche_correction (account_id, code, is_niche, corrected_at) values ($1, $2, $3, $4) \
                 on conflict (account_id, code) do update set is_niche = $3, corrected_at = $4",
            )
            .bind(account.0)
            .bind(code)
            .bind(i64::from(is_niche))
            .bind(at.0),
            None => sqlx::query("delete from niche_correction where account_id = $1 and code = $2")
                .bind(account.0)
                .bind(code),
        }
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("setting a niche by hand"))?;
        Ok(())
    }

    /// Who is on which shortlist, by account.
    pub async fn everybody_on_lists(&self) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("select account_id, shortlist_id from shortlist_member order by account_id, shortlist_id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading who is on which shortlist"))?;
        Ok(rows.into_iter().map(|(account, list)| (AccountId(account), list)).collect())
    }

    /// Removes what was typed about accounts in searches, stages and niches.
    pub async fn forget_in_searches(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("forgetting an account in searches");
        for account in accounts {
            for statement in [
                "delete from saved_search_match where account_id = $1",
                "delete from creator_stage where account_id = $1",
                "delete from niche_correction where account_id = $1",
            ] {
                sqlx::query(statement).bind(account.0).execute(&self.pool).await.map_err(&failed)?;
            }
        }
        Ok(())
    }
}

/// Puts one creator on a stage, within the transaction of whoever asks.
pub(crate) async fn put_stage(
    connection: &mut SqliteConnection,
    account: AccountId,
    stage: Option<&str>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    match stage {
        Some(stage) => sqlx::query(
            "insert into creator_stage (account_id, stage, changed_at) values ($1, $2, $3) \
             on conflict (account_id) do update set stage = $2, changed_at = $3",
        )
        .bind(account.0)
        .bind(stage)
        .bind(at.0),
        None => sqlx::query("delete from creator_stage where account_id = $1").bind(account.0),
    }
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        (folder, store)
    }

    #[tokio::test]
    async fn whoever_newly_meets_a_saved_search_is_told_until_somebody_looks() {
        let (_folder, store) = store().await;
        let (one, two, three) = (AccountId(1), AccountId(2), AccountId(3));
        let id = store.save_search("Tea", "q=tea", None, true, &[one, two], Timestamp(1)).await.expect("saves");
        assert_eq!(store.check_saved_search(id, &[two, three], Timestamp(2)).await.expect("checks"), 1);
        assert_eq!(store.new_matches(id).await.expect("reads"), [three]);
        let saved = store.saved_searches().await.expect("reads").remove(0);
        assert_eq!((saved.matches, saved.new, saved.checked_at), (2, 1, Timestamp(2)));
        store.matches_seen(id).await.expect("notes");
        assert_eq!(store.check_saved_search(id, &[two, three], Timestamp(3)).await.expect("checks"), 0);
        assert_eq!(store.check_saved_search(id, &[one, two, three], Timestamp(4)).await.expect("checks"), 1);
    }

    #[tokio::test]
    async fn a_search_of_the_same_name_is_replaced() {
        let (_folder, store) = store().await;
        store.save_search("Tea", "q=tea", None, true, &[AccountId(1)], Timestamp(1)).await.expect("saves");
        store.save_search("TEA", "q=matcha", None, false, &[], Timestamp(2)).await.expect("saves");
        let saved = store.saved_searches().await.expect("reads");
        assert_eq!((saved.len(), saved[0].address.as_str()), (1, "q=matcha"));
    }

    #[tokio::test]
    async fn whatever_is_typed_moves_the_number_on() {
        let (_folder, store) = store().await;
        let mut before = store.typed_change().await.expect("reads");
        let list = store.name_shortlist(None, "Spring", Timestamp(1)).await.expect("begins");
        store.add_to_shortlist(list, &[AccountId(1)], "list", Timestamp(1)).await.expect("adds");
        store.set_stage(&[AccountId(1)], Some("talking"), Timestamp(1)).await.expect("sets");
        for what in ["shortlist", "stage", "niche"] {
            match what {
                "shortlist" => store.delete_shortlist(list).await.expect("removes"),
                "stage" => store.set_stage(&[AccountId(1)], None, Timestamp(2)).await.expect("sets"),
                _ => store.correct_niche(AccountId(1), "553", Some(true), Timestamp(3)).await.expect("sets"),
            }
            let after = store.typed_change().await.expect("reads");
            assert!(after > before, "{what} did not move it on");
            before = after;
        }
    }

    #[tokio::test]
    async fn the_forgotten_leave_searches_stages_and_niches() {
        let (_folder, store) = store().await;
        let one = AccountId(1);
        let id = store.save_search("Tea", "q=tea", None, true, &[one], Timestamp(1)).await.expect("saves");
        store.set_stage(&[one], Some("talking"), Timestamp(1)).await.expect("sets");
        store.correct_niche(one, "553", Some(false), Timestamp(1)).await.expect("sets");
        store.forget_in_searches(&[one]).await.expect("forgets");
        assert!(store.stages().await.expect("reads").is_empty());
        assert!(store.niche_corrections().await.expect("reads").is_empty());
        assert_eq!(store.check_saved_search(id, &[one], Timestamp(2)).await.expect("checks"), 1);
    }
}
