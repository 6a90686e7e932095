//! People who asked to be forgotten: kept as a keyed hash, so that an old file cannot bring them back.

use std::collections::HashSet;

use model::Timestamp;

use crate::database::{Store, move_revision_on};
use crate::error::StoreError;

impl Store {
    /// Remembers that nothing about this account may be kept again.
    pub async fn keep_erasure(
        &self,
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
        move_revision_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
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
