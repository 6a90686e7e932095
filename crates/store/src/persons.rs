//! Which accounts are one person's: what people said of pairs, and what refresh suggests.
//!
//! What people said is kept in `operations.sqlite`; suggestions are derived and lie in `derived.sqlite`.

use model::{AccountId, Timestamp};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::database::Store;
use crate::derived::Derived;
use crate::error::StoreError;

/// What a person said of two accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityClaim {
    /// The lower of the two.
    pub account: AccountId,
    pub other: AccountId,
    /// confirmed, refused
    pub state: String,
    /// JSON: what spoke for it; `null` where nothing was suggested.
    pub evidence: String,
    pub decided_at: Timestamp,
}

/// Two accounts that may be one person's, as refresh found them.
#[derive(Clone, PartialEq, Debug)]
pub struct MergeRow {
    pub account: AccountId,
    pub other: AccountId,
    pub chance: f64,
    /// The suggestion as JSON.
    pub detail: String,
}

pub(crate) const MERGE_TABLES: [&str; 2] = [
    "create table if not exists merge_suggestion (account_id integer not null, other_account_id integer not null, \
     chance real not null, detail text not null, primary key (account_id, other_account_id)) without rowid",
    "create index if not exists merge_suggestion_by_other on merge_suggestion (other_account_id)",
];

const MERGES_REVISION: &str = "merges_revision";

impl Store {
    /// Everything that was said, the latest first.
    pub async fn identity_claims(&self) -> Result<Vec<IdentityClaim>, StoreError> {
        let rows = sqlx::query("select * from identity_claim order by decided_at desc, account_id, other_account_id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading which accounts are one person's"))?;
        let claim = |row: &sqlx::sqlite::SqliteRow| IdentityClaim {
            account: AccountId(row.get("account_id")),
            other: AccountId(row.get("other_account_id")),
            state: row.get("state"),
            evidence: row.get("evidence"),
            decided_at: Timestamp(row.get("decided_at")),
        };
        Ok(rows.iter().map(claim).collect())
    }

    /// Keeps what was said of two accounts, in the place of what was said before.
    pub async fn keep_identity_claim(&self, claim: &IdentityClaim) -> Result<(), StoreError> {
        sqlx::query(
            "insert into identity_claim (account_id, other_account_id, state, evidence, decided_at) \
             values ($1, $2, $3, $4, $5) on conflict (account_id, other_account_id) \
             do update set state = $3, evidence = $4, decided_at = $5",
        )
        .bind(claim.account.0)
        .bind(claim.other.0)
        .bind(&claim.state)
        .bind(&claim.evidence)
        .bind(claim.decided_at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping that accounts are one person's"))?;
        Ok(())
    }

    /// Takes back what was said of two accounts, the lower first; whether anything was.
    pub async fn withdraw_identity_claim(&self, account: AccountId, other: AccountId) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from identity_claim where account_id = $1 and other_account_id = $2")
            .bind(account.0)
            .bind(other.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking back that accounts are one person's"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn forget_in_persons(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from identity_claim where account_id = $1 or other_account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("forgetting an account among persons"))?;
        }
        Ok(())
    }
}

impl Derived {
    /// The data revision whose accounts were compared last.
    pub async fn merges_revision(&self) -> Result<Option<i64>, StoreError> {
        self.number(MERGES_REVISION).await
    }

    /// Puts suggestions in the place of those before.
    pub async fn keep_merges(&self, revision: i64, merges: &[MergeRow]) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping which accounts may be one person's");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from merge_suggestion").execute(&mut *transaction).await.map_err(&failed)?;
        for portion in merges.chunks(1_000) {
            let mut insert: QueryBuilder<Sqlite> =
                QueryBuilder::new("insert into merge_suggestion (account_id, other_account_id, chance, detail) ");
            insert.push_values(portion, |mut values, merge| {
                values
                    .push_bind(merge.account.0)
                    .push_bind(merge.other.0)
                    .push_bind(merge.chance)
                    .push_bind(&merge.detail);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        self.set_number(MERGES_REVISION, revision).await
    }

    /// Every suggested pair, the likeliest first.
    pub async fn merge_pairs(&self) -> Result<Vec<(AccountId, AccountId)>, StoreError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select account_id, other_account_id from merge_suggestion \
             order by chance desc, account_id, other_account_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading which accounts may be one person's"))?;
        Ok(rows.into_iter().map(|(account, other)| (AccountId(account), AccountId(other))).collect())
    }

    /// The suggestion of two accounts, the lower first, as JSON.
    pub async fn merge_of(&self, account: AccountId, other: AccountId) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("select detail from merge_suggestion where account_id = $1 and other_account_id = $2")
                .bind(account.0)
                .bind(other.0)
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::of("reading which accounts may be one person's"))?;
        Ok(row.map(|(detail,)| detail))
    }

    /// Every suggestion with this account, the likeliest first.
    pub async fn merges_with(&self, account: AccountId) -> Result<Vec<MergeRow>, StoreError> {
        let rows = sqlx::query(
            "select * from merge_suggestion where account_id = $1 or other_account_id = $1 \
             order by chance desc, account_id, other_account_id",
        )
        .bind(account.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading which accounts may be one person's"))?;
        let merge = |row: &sqlx::sqlite::SqliteRow| MergeRow {
            account: AccountId(row.get("account_id")),
            other: AccountId(row.get("other_account_id")),
            chance: row.get("chance"),
            detail: row.get("detail"),
        };
        Ok(rows.iter().map(merge).collect())
    }
}

/// Removes suggestions with an account.
pub(crate) async fn forget_merges(pool: &sqlx::sqlite::SqlitePool, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from merge_suggestion where account_id = $1 or other_account_id = $1")
        .bind(account.0)
        .execute(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_said_is_replaced_taken_back_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let claim = |account, other, state: &str| IdentityClaim {
            account: AccountId(account),
            other: AccountId(other),
            state: state.to_owned(),
            evidence: "null".to_owned(),
            decided_at: Timestamp(1),
        };
        store.keep_identity_claim(&claim(1, 2, "confirmed")).await.expect("keeps");
        store.keep_identity_claim(&claim(1, 2, "refused")).await.expect("keeps");
        store.keep_identity_claim(&claim(2, 3, "confirmed")).await.expect("keeps");
        store.keep_identity_claim(&claim(4, 5, "confirmed")).await.expect("keeps");
        let held = store.identity_claims().await.expect("reads");
        assert_eq!((held.len(), held[0].state.as_str()), (3, "refused"));
        assert!(store.withdraw_identity_claim(AccountId(4), AccountId(5)).await.expect("takes back"));
        assert!(!store.withdraw_identity_claim(AccountId(4), AccountId(5)).await.expect("takes back"));
        store.forget_in_persons(&[AccountId(2)]).await.expect("forgets");
        assert!(store.identity_claims().await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn suggestions_are_replaced_as_a_whole_and_leave_with_the_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let derived = Derived::open(folder.path()).await.expect("opens");
        let merge = |account, other, chance| MergeRow {
            account: AccountId(account),
            other: AccountId(other),
            chance,
            detail: "{}".to_owned(),
        };
        assert_eq!(derived.merges_revision().await.expect("reads"), None);
        derived.keep_merges(3, &[merge(1, 2, 0.5), merge(2, 3, 0.9)]).await.expect("keeps");
        assert_eq!(derived.merge_pairs().await.expect("reads")[0], (AccountId(2), AccountId(3)));
        assert_eq!(derived.merges_with(AccountId(2)).await.expect("reads").len(), 2);
        derived.forget(&[AccountId(3)]).await.expect("forgets");
        assert_eq!(derived.merge_pairs().await.expect("reads"), [(AccountId(1), AccountId(2))]);
        derived.keep_merges(4, &[]).await.expect("keeps");
        assert_eq!(derived.merges_revision().await.expect("reads"), Some(4));
        assert!(derived.merge_pairs().await.expect("reads").is_empty());
    }
}
