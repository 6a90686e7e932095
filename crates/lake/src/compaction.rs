//! Putting the many small files that frequent imports write into few, so that a question opens few files and the log stays short.

use std::num::NonZeroU64;

use deltalake::operations::optimize::OptimizeType;

use crate::error::LakeError;
use crate::ingest::writer_properties;
use crate::session::Lake;
use crate::tables::FactTable;

/// Files are joined until they have this size; larger ones stay as they are.
const TARGET_BYTES: NonZeroU64 = NonZeroU64::new(64 << 20).expect("not 0");
/// A file under this size is small.
const SMALL_BYTES: i64 = 8 << 20;
/// Fewer small files of a table are left alone.
pub const SMALL_FILES_MAX: usize = 64;

impl Lake {
    /// How many small files the table with the most of them has.
    pub async fn small_files(&self) -> Result<usize, LakeError> {
        let held = self.tables.read().await;
        let mut most = 0;
        for table in FactTable::ALL {
            let snapshot = held[table.index()].snapshot().map_err(|error| LakeError::write(table.name(), error))?;
            most = most.max(snapshot.log_data().iter().filter(|file| file.size() < SMALL_BYTES).count());
        }
        Ok(most)
    }

    /// Joins the files of each table that has more than [`SMALL_FILES_MAX`] small ones; the rows stay the same. Returns how many files
    /// there are less. The old ones stay on disk until the next sweep, for questions that are reading them. Whoever writes holds the lock.
    ///
    /// Cost: one reading and writing of the joined files. Memory: some row groups.
    pub async fn compact(&self) -> Result<u64, LakeError> {
        let mut held = self.tables.write().await;
        let mut fewer = 0;
        for table in FactTable::ALL {
            let failed = |error| LakeError::write(table.name(), error);
            let snapshot = held[table.index()].snapshot().map_err(failed)?;
            if snapshot.log_data().iter().filter(|file| file.size() < SMALL_BYTES).count() <= SMALL_FILES_MAX {
                continue;
            }
            let joining = held[table.index()].clone().optimize().with_type(OptimizeType::Compact);
            let (kept, metrics) = joining
                .with_target_size(TARGET_BYTES)
                .with_max_concurrent_tasks(1)
                .with_writer_properties(writer_properties(table))
                .await
                .map_err(failed)?;
            fewer += metrics.num_files_removed.saturating_sub(metrics.num_files_added);
            held[table.index()] = kept;
        }
        Ok(fewer)
    }
}

#[cfg(test)]
mod tests {
    use model::facts::{AccountFact, FactBatch, InteractionFact, TextFact};
    use model::{ImportId, InteractionId, InteractionKind, Platform, TextId, Timestamp};

    use super::*;
    use crate::ingest::Provenance;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    async fn take(lake: &Lake, number: i64) {
        let accounts = ["a", "b"].map(|who| AccountFact::new(Platform::Other, "", &format!("{who}{number}")));
        let body = format!("a word of number {number}");
        let text = TextFact::new(body.clone());
        let (actor, target) = (accounts[0].id, accounts[1].id);
        let at = Timestamp::from_unix_seconds(1_600_000_000 + number);
        let kind = InteractionKind::Reply;
        let id = InteractionId::by_content(kind, actor, Some(target), None, at, Some(TextId::of(&body)));
        let said = InteractionFact {
            id,
            kind,
            actor,
            target: Some(target),
            post: None,
            parent: None,
            at,
            text: Some(text.id),
            by_author: false,
        };
        let batch = FactBatch {
            accounts: accounts.into(),
            interactions: vec![said],
            texts: vec![text],
            ..FactBatch::default()
        };
        let expires_at = Some(Timestamp(NOW.0 + number));
        let provenance =
            Provenance { source_id: "test".into(), import_id: ImportId(number), fetched_at: NOW, expires_at };
        let mut writer = lake.begin_import(provenance, NOW, Box::new(|_| false));
        writer.append(batch).await.expect("takes it");
        writer.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn many_small_files_become_few_with_the_same_rows_and_each_import_can_still_be_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(&folder.path().to_string_lossy()).await.expect("opens");
        for number in 0..=SMALL_FILES_MAX as i64 {
            take(&lake, number).await;
        }
        let before = lake.digests(NOW).await.expect("reads");
        assert_eq!(lake.small_files().await.expect("counts"), SMALL_FILES_MAX + 1);
        let fewer = lake.compact().await.expect("joins");
        assert_eq!(fewer, 3 * SMALL_FILES_MAX as u64, "of three tables one file each is left");
        assert_eq!(lake.digests(NOW).await.expect("reads"), before);
        assert_eq!(lake.compact().await.expect("joins"), 0, "and there is nothing more to join");
        // What was joined stays on disk until the next sweep, is taken back by its import, and ends with its time.
        assert_eq!(lake.remove_import(ImportId(7)).await.expect("removes"), 4);
        assert_eq!(lake.remove_expired(Timestamp(NOW.0 + 20)).await.expect("removes"), 4 * 20);
        let reopened = Lake::open(&folder.path().to_string_lossy()).await.expect("opens");
        let left = reopened.counts(NOW).await.expect("counts");
        assert!(left.iter().any(|one| one.table == FactTable::Interaction && one.rows == 65 - 21), "{left:?}");
        let log = std::fs::read_dir(folder.path().join("account/_delta_log")).expect("a log");
        for entry in
            log.filter_map(Result::ok).filter(|entry| entry.path().extension().is_some_and(|end| end == "json"))
        {
            let text = std::fs::read_to_string(entry.path()).expect("reads");
            assert!(!text.contains("\"a7\"") && !text.contains("\"b64\""), "the log names nobody");
        }
    }

    #[tokio::test]
    async fn few_files_are_left_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(&folder.path().to_string_lossy()).await.expect("opens");
        take(&lake, 1).await;
        take(&lake, 2).await;
        assert_eq!(lake.compact().await.expect("looks"), 0);
        assert_eq!(lake.small_files().await.expect("counts"), 2);
    }
}
