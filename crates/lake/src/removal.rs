//! Taking facts out again: an import undone, rows past their time, a person forgotten, files nobody refers to.

use std::collections::{HashMap, HashSet};

use datafusion::arrow::array::Array;
use datafusion::logical_expr::Expr;
use model::{AccountId, ImportId, InteractionId, Platform, PostId, Timestamp};

use crate::among::{are_one_of, is_one_of};
use crate::error::LakeError;
use crate::session::{Lake, ints, strings};
use crate::tables::FactTable;

/// Which rows go.
#[derive(Clone)]
enum Condition {
    Words(String),
    Ids(Expr),
}

/// A forgotten person's texts and the counts of their posts go first and the account last: after a crash in between
/// the account is still found, and so is what belongs to what is left, so that forgetting again finishes it.
const ERASING_ORDER: [FactTable; 6] = [
    FactTable::Text,
    FactTable::PostMetric,
    FactTable::Interaction,
    FactTable::Post,
    FactTable::Profile,
    FactTable::Account,
];

impl Lake {
    /// Takes back everything an import brought, and frees the space. Safe to repeat.
    pub async fn remove_import(&self, import: ImportId) -> Result<u64, LakeError> {
        self.remove_imports(&[import]).await
    }

    /// As [`Lake::remove_import`], of several in one going through the tables.
    pub async fn remove_imports(&self, imports: &[ImportId]) -> Result<u64, LakeError> {
        let ids: Vec<String> = imports.iter().map(ToString::to_string).collect();
        let condition = format!("import_id in ({})", ids.join(", "));
        self.delete_where(&FactTable::ALL, |_| Some(condition.clone())).await
    }

    /// Removes the rows that have passed their `expires_at`, and frees the space. Returns how many they were.
    ///
    /// All rows of an import expire together, so whole files go and none has to be searched.
    pub async fn remove_expired(&self, now: Timestamp) -> Result<u64, LakeError> {
        let mut expired = HashMap::new();
        for table in FactTable::ALL {
            let sql = format!(
                "select distinct import_id from {}_kept where expires_at <= to_timestamp_micros({})",
                table.name(),
                now.0
            );
            let imports = self.ids_of(&sql, now, "looking for rows past their time").await?;
            if !imports.is_empty() {
                expired.insert(table, imports);
            }
        }
        if expired.is_empty() {
            return Ok(0);
        }
        self.delete_where(&FactTable::ALL, |table| {
            expired.get(&table).map(|imports| format!("import_id in ({})", imports.join(", ")))
        })
        .await
    }

    /// Rewrites every file that names one of these accounts without their rows, the counts of their posts, and the
    /// texts only they wrote. A hidden row is not an erased one: the old files are removed from disk before this returns.
    pub async fn erase(&self, accounts: &[AccountId], now: Timestamp) -> Result<u64, LakeError> {
        if accounts.is_empty() {
            return Ok(0);
        }
        let ids = accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let texts = self.texts_only_of(&ids, now).await?;
        let posts = self.posts_by(&ids, now).await?;
        self.delete_where(&ERASING_ORDER, |table| match table {
            FactTable::Text => (!texts.is_empty()).then(|| format!("text_id in ({})", texts.join(", "))),
            FactTable::PostMetric => (!posts.is_empty()).then(|| format!("post_id in ({})", posts.join(", "))),
            _ => Some(
                table
                    .person_columns()
                    .iter()
                    .map(|column| format!("{column} in ({ids})"))
                    .collect::<Vec<_>>()
                    .join(" or "),
            ),
        })
        .await
    }

    /// Removes records their authors took back: posts with their counts and what only they said, and interactions, whether they are known by
    /// their own id or name it as the record that states them. What others answered to such a post stays theirs. Ids of which nothing is
    /// held cost no more than being looked for. Returns how many rows they were.
    pub async fn remove_records(
        &self,
        posts: &[PostId],
        interactions: &[InteractionId],
        now: Timestamp,
    ) -> Result<u64, LakeError> {
        let gone: HashSet<(i64, i64)> = interactions.iter().map(|id| id.halves()).collect();
        let what = "finding the rows of records that are gone";
        let lower = gone.iter().map(|(_, lower)| *lower).collect();
        let sql = include_str!("sql/ingest_interactions_of_records.sql");
        let found = self.rows_about(lower, sql, &[], now, what).await?;
        let (mut said, mut texts) = (HashSet::new(), HashSet::new());
        for batch in &found.batches {
            let (upper, lower, text) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
            let (of_upper, of_lower) = (ints(batch, 3), ints(batch, 4));
            for row in 0..batch.num_rows() {
                let own = (upper.value(row), lower.value(row));
                let is_stated = of_upper.is_valid(row) && gone.contains(&(of_upper.value(row), of_lower.value(row)));
                if gone.contains(&own) || is_stated {
                    said.insert(own);
                    texts.extend(text.is_valid(row).then(|| text.value(row)));
                }
            }
        }
        let sql = "select distinct post_id, text_id from post_kept where post_id in (select id from {wanted})";
        let found = self.rows_about(posts.iter().map(|post| post.0).collect(), sql, &[], now, what).await?;
        let mut published = HashSet::new();
        for batch in &found.batches {
            let (post, text) = (ints(batch, 0), ints(batch, 1));
            published.extend(post.iter().flatten());
            texts.extend(text.iter().flatten());
        }
        for used in self.texts_used_besides(&texts, &said, &published, now).await? {
            texts.remove(&used);
        }
        let one = |column: &str, ids: &HashSet<i64>| {
            (!ids.is_empty()).then(|| Condition::Ids(is_one_of(column, ids.iter().copied())))
        };
        // A crash in between leaves what is still found by its post or as what was said.
        let mut removed = 0;
        for (table, condition) in [
            (FactTable::Text, one("text_id", &texts)),
            (FactTable::PostMetric, one("post_id", &published)),
            (
                FactTable::Interaction,
                (!said.is_empty()).then(|| Condition::Ids(are_one_of(["id_upper", "id_lower"], said))),
            ),
            (FactTable::Post, one("post_id", &published)),
        ] {
            removed += self.take_out_where(&[table], |_| condition.clone()).await?;
        }
        if removed > 0 {
            self.sweep().await?;
        }
        Ok(removed)
    }

    /// Which of these texts something else says too.
    async fn texts_used_besides(
        &self,
        texts: &HashSet<i64>,
        said: &HashSet<(i64, i64)>,
        published: &HashSet<i64>,
        now: Timestamp,
    ) -> Result<Vec<i64>, LakeError> {
        if texts.is_empty() {
            return Ok(vec![]);
        }
        let what = "finding who else says the same";
        let mut used = vec![];
        let sql = "select distinct text_id, id_upper, id_lower from interaction_kept where text_id in (select id from {wanted})";
        for batch in &self.rows_about(texts.iter().copied().collect(), sql, &[], now, what).await?.batches {
            let (text, upper, lower) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
            let others = (0..batch.num_rows()).filter(|row| !said.contains(&(upper.value(*row), lower.value(*row))));
            used.extend(others.map(|row| text.value(row)));
        }
        let sql = "select distinct text_id, post_id from post_kept where text_id in (select id from {wanted})";
        for batch in &self.rows_about(texts.iter().copied().collect(), sql, &[], now, what).await?.batches {
            let (text, post) = (ints(batch, 0), ints(batch, 1));
            let others = (0..batch.num_rows()).filter(|row| !published.contains(&post.value(*row)));
            used.extend(others.map(|row| text.value(row)));
        }
        Ok(used)
    }

    /// Takes interactions out by their own ids; their texts stay, and so do the files they lay in until the next sweep. For rows that are
    /// written anew at once, whose own files no log names yet.
    pub(crate) async fn remove_interactions(&self, ids: &[InteractionId]) -> Result<u64, LakeError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let condition = Condition::Ids(are_one_of(["id_upper", "id_lower"], ids.iter().map(|id| id.halves())));
        self.take_out_where(&[FactTable::Interaction], |_| Some(condition.clone())).await
    }

    /// Which of these accounts something is held of, shown or not, with how their platform names them.
    pub async fn names_of(
        &self,
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<(AccountId, Platform, String)>, LakeError> {
        if accounts.is_empty() {
            return Ok(vec![]);
        }
        let ids = accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "select account_id, min(platform), min(native_id) from account_kept where account_id in ({ids}) group by account_id order by account_id"
        );
        let rows = self.rows(&sql, &[], now, "reading how accounts are named").await?;
        let mut named = vec![];
        for batch in &rows.batches {
            let (id, platform, native) = (ints(batch, 0), strings(batch, 1), strings(batch, 2));
            named.extend((0..batch.num_rows()).map(|row| {
                let platform = Platform::from_code(platform.value(row)).unwrap_or(Platform::Other);
                (AccountId(id.value(row)), platform, native.value(row).to_owned())
            }));
        }
        Ok(named)
    }

    /// Every account of a platform of which something is held.
    pub async fn accounts_of(&self, platform: Platform, now: Timestamp) -> Result<Vec<AccountId>, LakeError> {
        let sql = format!("select distinct account_id from account_kept where platform = '{}'", platform.code());
        let rows = self.rows(&sql, &[], now, "reading the accounts of a platform").await?;
        Ok(rows
            .batches
            .iter()
            .flat_map(|batch| ints(batch, 0).iter().flatten().map(AccountId).collect::<Vec<_>>())
            .collect())
    }

    async fn texts_only_of(&self, ids: &str, now: Timestamp) -> Result<Vec<String>, LakeError> {
        let sql = include_str!("sql/ingest_texts_of_accounts.sql").replace("{accounts}", ids);
        self.ids_of(&sql, now, "finding the texts of a forgotten account").await
    }

    async fn posts_by(&self, ids: &str, now: Timestamp) -> Result<Vec<String>, LakeError> {
        let sql = format!("select distinct post_id from post_kept where author_id in ({ids})");
        self.ids_of(&sql, now, "finding the posts of a forgotten account").await
    }

    /// The first column of an answer, as text.
    async fn ids_of(&self, sql: &str, now: Timestamp, what: &'static str) -> Result<Vec<String>, LakeError> {
        let rows = self.rows(sql, &[], now, what).await?;
        let of_batch = |batch| ints(batch, 0).iter().flatten().map(|id: i64| id.to_string()).collect::<Vec<String>>();
        Ok(rows.batches.iter().flat_map(of_batch).collect())
    }

    async fn delete_where(
        &self,
        tables: &[FactTable],
        predicate: impl Fn(FactTable) -> Option<String>,
    ) -> Result<u64, LakeError> {
        let removed = self.take_out_where(tables, |table| predicate(table).map(Condition::Words)).await?;
        self.sweep().await?;
        Ok(removed)
    }

    async fn take_out_where(
        &self,
        tables: &[FactTable],
        condition: impl Fn(FactTable) -> Option<Condition>,
    ) -> Result<u64, LakeError> {
        let mut held = self.tables.write().await;
        let mut removed = 0;
        for &table in tables {
            let Some(condition) = condition(table) else { continue };
            let failed = |error| LakeError::write(table.name(), error);
            let delete = held[table.index()].clone().delete();
            let delete = match condition {
                Condition::Words(words) => delete.with_predicate(words),
                Condition::Ids(ids) => delete.with_predicate(ids),
            };
            let (kept, metrics) = delete.into_future().await.map_err(failed)?;
            removed += metrics.num_deleted_rows.unwrap_or(0) as u64;
            held[table.index()] = kept;
        }
        Ok(removed)
    }

    /// Removes files that no table refers to: what an interrupted import left, and what was taken back.
    pub async fn sweep(&self) -> Result<(), LakeError> {
        let mut held = self.tables.write().await;
        for table in FactTable::ALL {
            let (kept, _) = held[table.index()]
                .clone()
                .vacuum()
                .with_retention_period(chrono::Duration::zero())
                .with_enforce_retention_duration(false)
                .with_mode(deltalake::operations::vacuum::VacuumMode::Full)
                .await
                .map_err(|error| LakeError::write(table.name(), error))?;
            held[table.index()] = kept;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::facts::{AccountFact, FactBatch, InteractionFact};
    use model::{InteractionId, InteractionKind};

    use super::*;
    use crate::ingest::Provenance;

    /// A portion with one account that talks to another, `n` telling one portion from the next.
    fn one_talk(n: i64) -> FactBatch {
        let name = |who: &str| format!("{who}{n}");
        let accounts = ["a", "b"].map(|who| AccountFact::new(Platform::Other, "", &name(who)));
        let (actor, target, at) = (accounts[0].id, accounts[1].id, Timestamp::from_unix_seconds(1_600_000_000 + n));
        let interaction = InteractionFact {
            id: InteractionId::by_content(InteractionKind::Reply, actor, Some(target), None, at, None),
            kind: InteractionKind::Reply,
            actor,
            target: Some(target),
            post: None,
            parent: None,
            at,
            text: None,
            by_author: false,
        };
        FactBatch { accounts: accounts.into(), interactions: vec![interaction], ..FactBatch::default() }
    }

    async fn import(lake: &Lake, number: i64, expires_at: Option<Timestamp>, now: Timestamp) {
        let provenance =
            Provenance { source_id: "test".into(), import_id: ImportId(number), fetched_at: now, expires_at };
        let mut writer = lake.begin_import(provenance, now, Box::new(|_| false));
        writer.append(one_talk(number)).await.expect("takes it");
        writer.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn rows_past_their_time_are_removed_and_the_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(&folder.path().to_string_lossy()).await.expect("opens");
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        import(&lake, 1, Some(Timestamp(now.0 - 1)), now).await;
        import(&lake, 2, Some(Timestamp(now.0 + 1)), now).await;
        import(&lake, 3, None, now).await;
        assert_eq!(lake.remove_expired(now).await.expect("removes"), 3, "two accounts and what they said");
        let kept = |table: &'static str| {
            let sql = format!("select count(*) from {table}_kept");
            let lake = &lake;
            async move { lake.rows(&sql, &[], now, "counting").await.expect("counts").int(0, 0) }
        };
        assert_eq!(kept("interaction").await, Some(2));
        assert_eq!(kept("account").await, Some(4));
        assert_eq!(lake.remove_expired(now).await.expect("removes"), 0);
    }
}
