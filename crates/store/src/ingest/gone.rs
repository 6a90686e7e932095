//! Records whose authors took them back: remembered as keyed hashes for good, and by their ids until the last row of them is removed.

use std::collections::HashSet;

use model::{InteractionId, PostId, Timestamp};
use sqlx::Row;

use crate::database::Store;
use crate::error::StoreError;

/// A record that is gone: its post, where it was one, and every interaction it may have made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoneRecord {
    pub post: Option<PostId>,
    pub interactions: Vec<InteractionId>,
    /// Keyed hashes of the same ids, which are all that is kept.
    pub hashes: Vec<[u8; 16]>,
}

/// Rows that are to be removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowsGoing {
    pub posts: Vec<PostId>,
    pub interactions: Vec<InteractionId>,
    /// The last of them, for [`Store::rows_gone`].
    pub through: i64,
}

impl Store {
    /// The keyed hashes of all records that are gone.
    pub async fn gone_records(&self) -> Result<HashSet<[u8; 16]>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as("select id_hmac from gone_record")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is gone"))?;
        Ok(rows.into_iter().filter_map(|(hash,)| hash.try_into().ok()).collect())
    }

    /// Rows of records that are gone and may still be there.
    pub async fn rows_going(&self, limit: i64) -> Result<RowsGoing, StoreError> {
        let rows = sqlx::query("select * from record_going order by ordinal limit $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is to be removed"))?;
        let mut going = RowsGoing::default();
        for row in &rows {
            going.posts.extend(row.get::<Option<i64>, _>("post_id").map(PostId));
            if let (Some(upper), Some(lower)) = (row.get("interaction_upper"), row.get("interaction_lower")) {
                going.interactions.push(InteractionId::from_halves(upper, lower));
            }
            going.through = row.get("ordinal");
        }
        Ok(going)
    }

    /// They are removed; facts have changed.
    pub async fn rows_gone(&self, through: i64) -> Result<(), StoreError> {
        sqlx::query("delete from record_going where ordinal <= $1")
            .bind(through)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting what is removed"))?;
        Ok(())
    }
}

/// Within the transaction that closes the import which was told of them.
pub(super) async fn keep_gone(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    gone: &[GoneRecord],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    for record in gone {
        for hash in &record.hashes {
            sqlx::query("insert into gone_record (id_hmac, at) values ($1, $2) on conflict (id_hmac) do nothing")
                .bind(hash.as_slice())
                .bind(at.0)
                .execute(&mut **transaction)
                .await?;
        }
        if let Some(post) = record.post {
            sqlx::query("insert into record_going (post_id) values ($1)")
                .bind(post.0)
                .execute(&mut **transaction)
                .await?;
        }
        for interaction in &record.interactions {
            let (upper, lower) = interaction.halves();
            sqlx::query("insert into record_going (interaction_upper, interaction_lower) values ($1, $2)")
                .bind(upper)
                .bind(lower)
                .execute(&mut **transaction)
                .await?;
        }
    }
    Ok(())
}
