//! People who asked to be forgotten: kept as a keyed hash, so that an old file cannot bring them back.

use std::collections::HashSet;

use model::{AccountId, Timestamp};

use crate::database::{Store, empty_journal, move_revision_on};
use crate::error::StoreError;
use crate::shortlists::forget_in_shortlists;

impl Store {
    /// Remembers that nothing about this account may be kept again, and that its rows are being erased; takes it off
    /// every shortlist, with what was noted and said of it there.
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
        forget_in_shortlists(&mut transaction, account).await.map_err(&failed)?;
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

    /// An account that had gone by itself is there again, and may be kept again; never one that asked to be forgotten.
    pub async fn drop_erasure(&self, platform: &str, native_id_hmac: &str, reason: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from erasure where platform = $1 and native_id_hmac = $2 and reason = $3")
            .bind(platform)
            .bind(native_id_hmac)
            .bind(reason)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking an account again"))?;
        Ok(done.rows_affected() > 0)
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
