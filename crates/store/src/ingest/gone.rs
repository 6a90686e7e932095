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

/// Hashes that are read as one text.
const HASHES_EACH: usize = 50_000;
/// Records that are noted by one statement.
const RECORDS_EACH: usize = 1_000;

impl Store {
    /// The keyed hashes of all records that are gone.
    pub async fn gone_records(&self) -> Result<HashSet<[u8; 16]>, StoreError> {
        let digit = |letter: u8| (letter as char).to_digit(16).unwrap_or(0) as u8;
        let (mut gone, mut last) = (HashSet::new(), vec![]);
        loop {
            // Thousands as one text: it is asked for with every portion of a stream, and a row each is a message each.
            let (some,): (Option<String>,) = sqlx::query_as(
                "select group_concat(hex(id_hmac), '') from
                 (select id_hmac from gone_record where id_hmac > $1 order by id_hmac limit $2)",
            )
            .bind(&last)
            .bind(HASHES_EACH as i64)
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading what is gone"))?;
            let some = some.unwrap_or_default();
            let (hashes, _) = some.as_bytes().as_chunks::<32>();
            let read = hashes
                .iter()
                .map(|hash| std::array::from_fn::<u8, 16, _>(|at| digit(hash[2 * at]) << 4 | digit(hash[2 * at + 1])));
            let read: Vec<[u8; 16]> = read.collect();
            let Some(greatest) = read.iter().max() else { return Ok(gone) };
            last = greatest.to_vec();
            gone.extend(read);
        }
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
    // A portion of a stream may tell of thousands: a statement each would take longer than everything else of it.
    for some in gone.chunks(RECORDS_EACH) {
        let hex = |hash: &[u8; 16]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hashes: Vec<String> = some.iter().flat_map(|record| &record.hashes).map(hex).collect();
        let posts: Vec<i64> = some.iter().filter_map(|record| record.post).map(|post| post.0).collect();
        let interactions: Vec<(i64, i64)> =
            some.iter().flat_map(|record| &record.interactions).map(|interaction| interaction.halves()).collect();
        let text = |list: serde_json::Result<String>| list.expect("numbers and words make a list");
        sqlx::query(
            "insert into gone_record (id_hmac, at) select unhex(value), $2 from json_each($1) where true
             on conflict (id_hmac) do nothing",
        )
        .bind(text(serde_json::to_string(&hashes)))
        .bind(at.0)
        .execute(&mut **transaction)
        .await?;
        sqlx::query("insert into record_going (post_id) select value from json_each($1)")
            .bind(text(serde_json::to_string(&posts)))
            .execute(&mut **transaction)
            .await?;
        sqlx::query(
            "insert into record_going (interaction_upper, interaction_lower)
             select value ->> 0, value ->> 1 from json_each($1)",
        )
        .bind(text(serde_json::to_string(&interactions)))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_record_that_is_gone_is_remembered_once_however_many_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        assert!(store.gone_records().await.expect("is read").is_empty());
        let count = HASHES_EACH + RECORDS_EACH + 1;
        let record = |number: usize| GoneRecord {
            post: Some(PostId(number as i64)),
            interactions: vec![InteractionId::from_halves(-(number as i64), i64::MAX)],
            hashes: vec![(number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes()],
        };
        let gone: Vec<GoneRecord> = (0..count).map(record).collect();
        for _ in 0..2 {
            let mut transaction = store.pool.begin().await.expect("begins");
            keep_gone(&mut transaction, &gone, Timestamp(1)).await.expect("is kept");
            transaction.commit().await.expect("commits");
        }
        let held = store.gone_records().await.expect("is read");
        assert_eq!(held, gone.iter().map(|record| record.hashes[0]).collect());
        let going = store.rows_going(3).await.expect("is read");
        assert_eq!(going.posts, [PostId(0), PostId(1), PostId(2)]);
        let all = store.rows_going(i64::MAX).await.expect("is read");
        assert_eq!((all.posts.len(), all.interactions.len()), (2 * count, 2 * count));
        assert!(all.interactions.contains(&gone[count - 1].interactions[0]), "both halves come back with their sign");
    }
}
