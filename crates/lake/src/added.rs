//! What has come since a known moment, so that what is derived can follow without reading everything again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use model::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::conversations::{TextInPlace, find_in_answer};
use crate::error::LakeError;
use crate::session::{Lake, ints, register};
use crate::tables::FactTable;

/// Which files held the facts at some moment, and which sources were kept out of numbers then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsSeen {
    /// By table; names without folders, so that a data directory may be moved.
    files: BTreeMap<String, BTreeSet<String>>,
    barred_sources: Vec<String>,
}

/// Facts that have come on top of those seen before.
pub struct AddedFacts {
    /// Every table as it is now, and the added rows alone as `<table>_added`.
    context: SessionContext,
    pub files: usize,
    pub interactions: u64,
    pub texts: u64,
}

impl Lake {
    /// What there is to see now.
    pub async fn facts_seen(&self) -> Result<FactsSeen, LakeError> {
        let mut files = BTreeMap::new();
        for table in FactTable::ALL {
            let names = self.files(table).await?.iter().map(|uri| file_name(uri).to_owned()).collect();
            files.insert(table.name().to_owned(), names);
        }
        Ok(FactsSeen { files, barred_sources: self.barred().await })
    }

    /// What has come since; `None` when anything was taken away or rewritten, or other sources are barred, so that
    /// only everything anew is right. Cost: the list of files, and counts of the new ones.
    pub async fn added_since(&self, seen: &FactsSeen, now: Timestamp) -> Result<Option<AddedFacts>, LakeError> {
        let present = self.facts_seen().await?;
        let is_all_there = seen.files.iter().all(|(table, names)| {
            present.files.get(table).is_some_and(|now_there| names.iter().all(|name| now_there.contains(name)))
        });
        if !is_all_there || seen.barred_sources != present.barred_sources {
            return Ok(None);
        }
        let context = self.fresh_context(now).await?;
        let shown = self.shown(now).await;
        let mut files = 0;
        for table in FactTable::ALL {
            let before = seen.files.get(table.name());
            let is_new = |uri: &String| before.is_none_or(|names| !names.contains(file_name(uri)));
            let added: Vec<String> = self.files(table).await?.into_iter().filter(is_new).collect();
            files += added.len();
            register(&context, &format!("{}_added", table.name()), table, &added, &shown).await?;
        }
        let mut added = AddedFacts { context, files, interactions: 0, texts: 0 };
        added.interactions = added.count("interaction_added").await?;
        added.texts = added.count("text_added").await?;
        Ok(Some(added))
    }
}

impl AddedFacts {
    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    /// What `find` finds in every text that the new facts bring, or place anew: as [`crate::Lake::find_in_texts`].
    pub async fn find_in_texts<T: Send + 'static>(
        &self,
        find: impl Fn(TextInPlace<'_>) -> Option<T> + Send + Sync + 'static,
    ) -> Result<Vec<T>, LakeError> {
        if self.is_empty() {
            return Ok(vec![]);
        }
        let failed = |error| LakeError::query("looking for new texts", error);
        let touched = include_str!("sql/conversations_texts_touched.sql");
        let touched = self.context.sql(touched).await.map_err(failed)?.cache().await.map_err(failed)?;
        self.context.register_table("texts_touched", touched.into_view()).map_err(failed)?;
        let sql = include_str!("sql/conversations_texts_in_place.sql")
            .replace("{these}", "text_id in (select text_id from texts_touched)");
        let found = find_in_answer(&self.context, &sql, &Arc::new(find)).await;
        self.context.deregister_table("texts_touched").map_err(failed)?;
        found
    }

    /// Accounts whose figures the new facts may change, ascending.
    pub async fn authors_touched(&self) -> Result<Vec<AccountId>, LakeError> {
        if self.is_empty() {
            return Ok(vec![]);
        }
        let failed = |error| LakeError::query("looking for whom new facts are about", error);
        let sql = include_str!("sql/vetting_authors_touched.sql");
        let batches = self.context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let mut accounts: Vec<AccountId> =
            batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()).map(AccountId).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Ok(accounts)
    }

    async fn count(&self, table: &str) -> Result<u64, LakeError> {
        let failed = |error| LakeError::query("counting new facts", error);
        let sql = format!("select count(*) from {table}");
        let batches = self.context.sql(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        Ok(batches.first().map_or(0, |batch| ints(batch, 0).value(0)) as u64)
    }
}

fn file_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}
