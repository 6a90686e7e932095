//! Taking facts in: an import writes its own files, becomes visible at once, and can be taken back exactly.
//!
//! Rows are recognised by their key, so the same file twice adds nothing. Rows about people who asked to be
//! forgotten are counted and dropped before anything is written. Memory is bounded by [`INTERACTIONS_PER_FILE`]:
//! a longer import writes more files, and looks for rows it already holds only where their times overlap.

use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use model::facts::{AccountFact, FactBatch, InteractionFact, PostFact, PostMetricFact, ProfileFact, TextFact};
use model::{AccountId, ImportCounts, ImportId, InteractionId, PostId, Timestamp};

use crate::checking::{HASH_TAG, hash_of};
use crate::error::LakeError;
use crate::session::{Lake, bools, ints, register_files, strings};
use crate::tables::{FactRow, FactTable, RowKey};

/// How many interactions are held in memory before they are compared with what is known and written.
pub const INTERACTIONS_PER_FILE: usize = 500_000;
/// The same for the other kinds of fact, which are larger.
const ENTITIES_PER_FILE: usize = 100_000;
/// Texts are written earlier where they are long.
const TEXT_BYTES_PER_FILE: usize = 128 << 20;

/// Where an import's rows come from and how long they may be kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Provenance {
    pub source_id: String,
    pub import_id: ImportId,
    pub fetched_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// How many facts of each kind an import brought (new) and found known.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct FactsKnown {
    pub inserted: u64,
    pub already_known: u64,
}

/// Whether a person asked to be forgotten, given their account; asked once per account and import.
pub type Erased = Box<dyn Fn(&AccountFact) -> bool + Send + Sync>;

/// Which records were taken back by their authors; asked of every post and interaction.
pub struct Gone {
    pub post: Box<dyn Fn(PostId) -> bool + Send + Sync>,
    pub interaction: Box<dyn Fn(InteractionId) -> bool + Send + Sync>,
}

/// An import on its way into the lake. Dropped without [`ImportWriter::commit`] it leaves nothing visible.
pub struct ImportWriter<'a> {
    lake: &'a Lake,
    provenance: Provenance,
    erased: Erased,
    gone: Option<Gone>,
    /// Interactions that are known and whose time ends before this are kept anew.
    refreshes_before: Option<Timestamp>,
    /// Those of them that were met.
    outdated: Vec<InteractionId>,
    now: Timestamp,
    accounts_seen: HashSet<i64>,
    accounts_erased: HashSet<AccountId>,
    counts: ImportCounts,
    by_table: HashMap<FactTable, FactsKnown>,
    accounts: Pending<AccountFact>,
    profiles: Pending<ProfileFact>,
    posts: Pending<PostFact>,
    post_metrics: Pending<PostMetricFact>,
    interactions: Pending<InteractionFact>,
    texts: Pending<TextFact>,
    /// Bytes of the texts that wait.
    text_bytes: usize,
}

/// Rows of one kind waiting to be written, and the files already written but not yet visible.
struct Pending<T> {
    rows: Vec<T>,
    /// Keys of entities this import has seen; entities are few beside interactions.
    seen: HashSet<RowKey>,
    written: Vec<WrittenFile>,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Pending { rows: Vec::new(), seen: HashSet::new(), written: Vec::new() }
    }
}

/// A file that is on disk but not in the table's log yet, the span of time its rows cover, and marks of its keys.
struct WrittenFile {
    add: Add,
    uri: String,
    span: Option<Span>,
    marks: Option<KeyMarks>,
}

/// 64 bits of every key of a portion, ascending: tells at once that a portion and a file have no key in common.
struct KeyMarks(Vec<u64>);

impl KeyMarks {
    fn of(keys: &[RowKey]) -> KeyMarks {
        let mut marks: Vec<u64> = keys.iter().map(|key| key.mark()).collect();
        marks.sort_unstable();
        KeyMarks(marks)
    }

    /// Whether some key may be there twice. Cost `O(keys)`.
    fn may_repeat(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether some key may be in both. Cost `O(keys of both)`.
    fn may_share_with(&self, other: &KeyMarks) -> bool {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (ours.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => ours.next(),
                std::cmp::Ordering::Greater => theirs.next(),
                std::cmp::Ordering::Equal => return true,
            };
        }
        false
    }
}

/// How many files of an import keep marks of their keys (4 MB each); an import with more rereads the later ones
/// where their times overlap.
const MARKED_FILES_MAX: usize = 64;

/// A span of time, both ends included, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Span {
    from: i64,
    to: i64,
}

const DAY_MICROS: i64 = 86_400_000_000;
const HOUR_MICROS: i64 = 3_600_000_000;

impl Span {
    /// As long as the whole days or hours it touches.
    fn in_whole(self, length_micros: i64) -> Span {
        let floor = |at: i64| at.div_euclid(length_micros) * length_micros;
        Span { from: floor(self.from), to: floor(self.to) + length_micros - 1 }
    }

    fn overlaps(self, other: Span) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

impl Lake {
    /// Begins an import. `erased` tells whether an account belongs to somebody who asked to be forgotten.
    pub fn begin_import(&self, provenance: Provenance, now: Timestamp, erased: Erased) -> ImportWriter<'_> {
        ImportWriter {
            lake: self,
            provenance,
            erased,
            gone: None,
            refreshes_before: None,
            outdated: Vec::new(),
            now,
            accounts_seen: HashSet::new(),
            accounts_erased: HashSet::new(),
            counts: ImportCounts::default(),
            by_table: HashMap::new(),
            accounts: Pending::default(),
            profiles: Pending::default(),
            posts: Pending::default(),
            post_metrics: Pending::default(),
            interactions: Pending::default(),
            texts: Pending::default(),
            text_bytes: 0,
        }
    }
}

impl ImportWriter<'_> {
    /// Keeps out what was taken back; said before the first portion.
    #[must_use]
    pub fn keeping_out(mut self, gone: Option<Gone>) -> Self {
        self.gone = gone;
        self
    }

    /// Keeps interactions anew that are known but whose time ends before `moment`: what was told again is not older than this telling; and
    /// likes, reposts and follows of which it is now known which record states them, and so when they began. Only for what is asked for again where this import fails, since the older row goes first.
    #[must_use]
    pub fn refreshing(mut self, moment: Option<Timestamp>) -> Self {
        self.refreshes_before = moment;
        self
    }

    /// Takes a portion. Accounts must come before, or in the same portion as, the facts that name them.
    pub async fn append(&mut self, mut batch: FactBatch) -> Result<(), LakeError> {
        self.note_accounts(&mut batch);
        if !self.accounts_erased.is_empty() {
            self.drop_erased(&mut batch);
        }
        if self.gone.is_some() {
            self.drop_gone(&mut batch);
        }
        self.accounts.rows.append(&mut batch.accounts);
        self.profiles.rows.append(&mut batch.profiles);
        self.posts.rows.append(&mut batch.posts);
        self.post_metrics.rows.append(&mut batch.post_metrics);
        self.interactions.rows.append(&mut batch.interactions);
        self.text_bytes += batch.texts.iter().map(|text| text.body.len()).sum::<usize>();
        self.texts.rows.append(&mut batch.texts);
        Box::pin(self.write_full()).await
    }

    /// Makes everything visible, one commit a table, and says how many facts were new.
    /// When nothing was new nothing is written at all.
    pub async fn commit(mut self) -> Result<ImportCounts, LakeError> {
        Box::pin(self.write_all()).await?;
        let inserted: u64 = self.by_table.values().map(|known| known.inserted).sum();
        self.counts.inserted = inserted;
        self.counts.already_known = self.by_table.values().map(|known| known.already_known).sum();
        if inserted == 0 {
            drop(self.lake.sweep().await);
            return Ok(self.counts);
        }
        let written = [
            (FactTable::Text, std::mem::take(&mut self.texts.written)),
            (FactTable::Account, std::mem::take(&mut self.accounts.written)),
            (FactTable::Profile, std::mem::take(&mut self.profiles.written)),
            (FactTable::Post, std::mem::take(&mut self.posts.written)),
            (FactTable::PostMetric, std::mem::take(&mut self.post_metrics.written)),
            (FactTable::Interaction, std::mem::take(&mut self.interactions.written)),
        ];
        if !self.outdated.is_empty() {
            self.lake.remove_interactions(&self.outdated).await?;
        }
        let has_outdated = !self.outdated.is_empty();
        let mut tables = self.lake.tables.write().await;
        for (table, files) in written {
            if files.is_empty() {
                continue;
            }
            let failed = |error| LakeError::write(table.name(), error);
            let actions = files.into_iter().map(|file| Action::Add(file.add)).collect();
            let held = &mut tables[table.index()];
            let snapshot = held.snapshot().map_err(failed)?;
            let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
            CommitBuilder::from(CommitProperties::default())
                .with_actions(actions)
                .build(Some(snapshot), held.log_store(), operation)
                .await
                .map_err(failed)?;
            Box::pin(held.update_state()).await.map_err(failed)?;
        }
        drop(tables);
        if has_outdated {
            self.lake.sweep().await?;
        }
        Ok(self.counts)
    }

    /// New and known facts of one kind so far.
    pub fn facts_of(&self, table: FactTable) -> FactsKnown {
        self.by_table.get(&table).copied().unwrap_or_default()
    }

    /// Forgotten people are found once per account, when its first fact arrives.
    fn note_accounts(&mut self, batch: &mut FactBatch) {
        let (seen, erased, is_erased) = (&mut self.accounts_seen, &mut self.accounts_erased, &self.erased);
        batch.accounts.retain(|account| {
            if !seen.insert(account.id.0) {
                return false;
            }
            let keep = !is_erased(account);
            if !keep {
                erased.insert(account.id);
            }
            keep
        });
    }

    fn drop_erased(&mut self, batch: &mut FactBatch) {
        let erased = &self.accounts_erased;
        let gone = |account: Option<AccountId>| account.is_some_and(|account| erased.contains(&account));
        let before = batch.profiles.len() + batch.posts.len() + batch.interactions.len();
        batch.profiles.retain(|row| !gone(Some(row.account)));
        let theirs: HashSet<i64> = batch.posts.iter().filter(|row| gone(row.author)).map(|row| row.id.0).collect();
        if !theirs.is_empty() {
            batch.posts.retain(|row| !theirs.contains(&row.id.0));
            batch.post_metrics.retain(|row| !theirs.contains(&row.post.0));
        }
        batch.interactions.retain(|row| !gone(Some(row.actor)) && !gone(row.target));
        self.count_left_out(before, batch);
    }

    fn drop_gone(&mut self, batch: &mut FactBatch) {
        let Some(gone) = &self.gone else { return };
        let before = batch.profiles.len() + batch.posts.len() + batch.interactions.len();
        let posts_before = batch.posts.len();
        batch.posts.retain(|row| !(gone.post)(row.id));
        if batch.posts.len() < posts_before {
            batch.post_metrics.retain(|row| !(gone.post)(row.post));
        }
        // A like, repost or follow is kept under whom it is from and to, and names the record that states it beside.
        batch.interactions.retain(|row| {
            !(gone.interaction)(row.id)
                && !row.parent.is_some_and(|parent| row.kind.is_sign() && (gone.interaction)(parent))
        });
        self.count_left_out(before, batch);
    }

    /// Counts what a portion lost, with the texts that nobody in it says any more.
    fn count_left_out(&mut self, before: usize, batch: &mut FactBatch) {
        let after = batch.profiles.len() + batch.posts.len() + batch.interactions.len();
        if before != after {
            self.counts.tombstoned += (before - after) as u64;
            let needed: HashSet<i64> = (batch.posts.iter().filter_map(|row| row.text))
                .chain(batch.interactions.iter().filter_map(|row| row.text))
                .map(|text| text.0)
                .collect();
            batch.texts.retain(|row| needed.contains(&row.id.0));
        }
    }

    async fn write_full(&mut self) -> Result<(), LakeError> {
        if self.interactions.rows.len() >= INTERACTIONS_PER_FILE {
            self.write_interactions().await?;
        }
        if self.accounts.rows.len() >= ENTITIES_PER_FILE {
            self.write_accounts().await?;
        }
        if self.texts.rows.len() >= ENTITIES_PER_FILE || self.text_bytes >= TEXT_BYTES_PER_FILE {
            self.write_texts().await?;
        }
        if self.posts.rows.len() >= ENTITIES_PER_FILE {
            self.write_posts().await?;
        }
        if self.profiles.rows.len() >= ENTITIES_PER_FILE {
            self.write_profiles().await?;
        }
        if self.post_metrics.rows.len() >= ENTITIES_PER_FILE {
            self.write_post_metrics().await?;
        }
        Ok(())
    }

    async fn write_all(&mut self) -> Result<(), LakeError> {
        self.write_accounts().await?;
        self.write_texts().await?;
        self.write_posts().await?;
        self.write_profiles().await?;
        self.write_post_metrics().await?;
        self.write_interactions().await
    }

    async fn write_accounts(&mut self) -> Result<(), LakeError> {
        let rows = std::mem::take(&mut self.accounts.rows);
        self.refuse_collisions(&rows).await?;
        let mut pending = std::mem::take(&mut self.accounts);
        pending.rows = rows;
        self.accounts = self.write(pending, None).await?;
        Ok(())
    }

    async fn write_texts(&mut self) -> Result<(), LakeError> {
        self.text_bytes = 0;
        let pending = std::mem::take(&mut self.texts);
        self.texts = self.write(pending, None).await?;
        Ok(())
    }

    async fn write_posts(&mut self) -> Result<(), LakeError> {
        let pending = std::mem::take(&mut self.posts);
        self.posts = self.write(pending, None).await?;
        Ok(())
    }

    async fn write_profiles(&mut self) -> Result<(), LakeError> {
        let pending = std::mem::take(&mut self.profiles);
        // A profile is recognised by its day.
        let span = span_of(&pending.rows, |row: &ProfileFact| row.observed_at).map(|span| span.in_whole(DAY_MICROS));
        self.profiles = self.write(pending, span.map(|span| ("observed_at", span))).await?;
        Ok(())
    }

    async fn write_post_metrics(&mut self) -> Result<(), LakeError> {
        let pending = std::mem::take(&mut self.post_metrics);
        // Counts are recognised by their hour.
        let span =
            span_of(&pending.rows, |row: &PostMetricFact| row.observed_at).map(|span| span.in_whole(HOUR_MICROS));
        self.post_metrics = self.write(pending, span.map(|span| ("observed_at", span))).await?;
        Ok(())
    }

    async fn write_interactions(&mut self) -> Result<(), LakeError> {
        let pending = std::mem::take(&mut self.interactions);
        // What a connection brings may say at one time when somebody began to follow, and at another only that they do: such signs are
        // looked for at any time.
        let is_anywhere = self.refreshes_before.is_some() && pending.rows.iter().any(|row| row.kind.is_sign());
        let span = span_of(&pending.rows, |row: &InteractionFact| row.at).filter(|_| !is_anywhere);
        self.interactions = self.write(pending, span.map(|span| ("at", span))).await?;
        Ok(())
    }

    /// Writes the waiting rows that are new, and counts new and known ones. `span` names the time column and the
    /// span of the rows: only files that overlap it can hold them already.
    async fn write<T: FactRow>(
        &mut self,
        mut pending: Pending<T>,
        span: Option<(&'static str, Span)>,
    ) -> Result<Pending<T>, LakeError> {
        if pending.rows.is_empty() {
            return Ok(pending);
        }
        let mut rows = std::mem::take(&mut pending.rows);
        let read = rows.len() as u64;
        let mut keys: Vec<RowKey> = rows.iter().map(|row| row.key(&self.provenance)).collect();
        let mut marks = (!T::TABLE.is_entity()).then(|| KeyMarks::of(&keys));
        if marks.as_ref().is_none_or(KeyMarks::may_repeat) {
            drop_repeats(&mut rows, &mut keys, &mut pending);
            marks = marks.map(|_| KeyMarks::of(&keys));
        }
        let naming: HashSet<RowKey> =
            rows.iter().zip(&keys).filter(|(row, _)| row.names_its_record()).map(|(_, key)| *key).collect();
        let (known, outdated) =
            Box::pin(self.known_keys::<T>(&keys, &naming, marks.as_ref(), &pending.written, span)).await?;
        self.outdated.extend(outdated.into_iter().map(|key| InteractionId::from_halves(key.0, key.1)));
        let new = keys.iter().filter(|key| !known.contains(key)).count() as u64;
        let counts = self.by_table.entry(T::TABLE).or_default();
        counts.inserted += new;
        counts.already_known += read - new;
        if !T::TABLE.is_entity() && !known.is_empty() {
            retain_by(&mut rows, &keys, |key| !known.contains(key));
        }
        if !rows.is_empty() {
            let file_span = span.map(|(_, span)| span);
            let is_marked = pending.written.iter().filter(|file| file.marks.is_some()).count() < MARKED_FILES_MAX;
            let mut files = Box::pin(self.write_file(&rows, file_span)).await?;
            if let [only] = files.as_mut_slice()
                && is_marked
            {
                only.marks = marks;
            }
            pending.written.extend(files);
        }
        // The portion's room is used again: asking for so much anew each time is not cheap.
        rows.clear();
        pending.rows = rows;
        Ok(pending)
    }

    /// Which of the rows the lake, or an earlier file of this import, already holds.
    async fn known_keys<T: FactRow>(
        &self,
        keys: &[RowKey],
        naming: &HashSet<RowKey>,
        marks: Option<&KeyMarks>,
        written: &[WrittenFile],
        span: Option<(&'static str, Span)>,
    ) -> Result<(HashSet<RowKey>, Vec<RowKey>), LakeError> {
        let table = T::TABLE;
        let mut uris = self.lake.files(table).await?;
        if let Some(marks) = marks {
            let overlaps = |file: &WrittenFile| match (file.span, span) {
                (Some(theirs), Some((_, ours))) => theirs.overlaps(ours),
                _ => true,
            };
            let may_share = |file: &WrittenFile| file.marks.as_ref().is_none_or(|theirs| marks.may_share_with(theirs));
            uris.extend(written.iter().filter(|file| overlaps(file) && may_share(file)).map(|file| file.uri.clone()));
        }
        if uris.is_empty() || keys.is_empty() {
            return Ok((HashSet::new(), vec![]));
        }
        let wanted: HashSet<RowKey> = keys.iter().copied().collect();
        let context = self.lake.bare_context();
        register_files(&context, "held", table, &uris)?;
        let [first, second] = table.key_columns();
        let between = span.map_or(String::new(), |(column, span)| {
            format!(" where {column} between to_timestamp_micros({}) and to_timestamp_micros({})", span.from, span.to)
        });
        // Kinds 5, 7 and 8 are reposts, likes and follows.
        let (ends_early, is_unnamed) = match self.refreshes_before.filter(|_| table == FactTable::Interaction) {
            Some(moment) => (
                format!("coalesce(expires_at < to_timestamp_micros({}), false)", moment.0),
                "kind in (5, 7, 8) and parent_upper is null",
            ),
            None => ("false".to_owned(), "false"),
        };
        let sql = format!(
            "select {first} as a, {second} as b, {ends_early} as ends_early, {is_unnamed} as is_unnamed from held{between}"
        );
        let failed = |error| LakeError::query("looking for known rows", error);
        let mut stream = context.sql(&sql).await.map_err(failed)?.execute_stream().await.map_err(failed)?;
        let (mut known, mut outdated) = (HashSet::new(), vec![]);
        while let Some(batch) = futures::StreamExt::next(&mut stream).await {
            let batch = batch.map_err(failed)?;
            let (a, b, ends_early, is_unnamed) = (ints(&batch, 0), ints(&batch, 1), bools(&batch, 2), bools(&batch, 3));
            for row in 0..batch.num_rows() {
                let key = RowKey(a.value(row), b.value(row));
                if !wanted.contains(&key) {
                    continue;
                }
                if ends_early.value(row) || (is_unnamed.value(row) && naming.contains(&key)) {
                    outdated.push(key);
                } else {
                    known.insert(key);
                }
            }
        }
        Ok((known, outdated))
    }

    /// Two accounts whose names hash alike must never be taken for one another.
    async fn refuse_collisions(&self, rows: &[AccountFact]) -> Result<(), LakeError> {
        let mut names: HashMap<i64, &AccountFact> = HashMap::new();
        let differ = |first: &AccountFact, platform: &str, scope: &str, native_id: &str| {
            first.platform.code() != platform || first.scope != scope || first.native_id != native_id
        };
        for row in rows {
            if let Some(first) = names.insert(row.id.0, row)
                && differ(first, row.platform.code(), &row.scope, &row.native_id)
            {
                return Err(collision(row.id.0, &first.native_id, &row.native_id));
            }
        }
        if self.lake.files(FactTable::Account).await?.is_empty() {
            return Ok(());
        }
        let sql = "select account_id, platform, scope, native_id from account_kept";
        let held = self.lake.rows(sql, &[], self.now, "comparing accounts").await?;
        for batch in &held.batches {
            let (ids, platforms, scopes, natives) =
                (ints(batch, 0), strings(batch, 1), strings(batch, 2), strings(batch, 3));
            for index in 0..ids.len() {
                if let Some(row) = names.get(&ids.value(index))
                    && differ(row, platforms.value(index), scopes.value(index), natives.value(index))
                {
                    return Err(collision(row.id.0, natives.value(index), &row.native_id));
                }
            }
        }
        Ok(())
    }

    async fn write_file<T: FactRow>(&self, rows: &[T], span: Option<Span>) -> Result<Vec<WrittenFile>, LakeError> {
        let failed = |error| LakeError::write(T::TABLE.name(), error);
        let tables = self.lake.tables.read().await;
        let table = &tables[T::TABLE.index()];
        let mut writer =
            RecordBatchWriter::for_table(table).map_err(failed)?.with_writer_properties(writer_properties(T::TABLE));
        for chunk in rows.chunks(65_536) {
            writer.write(T::batch(chunk, &self.provenance)).await.map_err(failed)?;
        }
        let adds = writer.flush().await.map_err(failed)?;
        let root = table.table_url().clone();
        adds.into_iter()
            .map(|mut add| {
                add.tags = hash_of_file(&root, &add.path).map(|hash| [(HASH_TAG.to_owned(), Some(hash))].into());
                let uri = root.join(&add.path).map_err(|error| LakeError::Place(error.to_string()))?;
                Ok(WrittenFile { uri: uri.to_string(), add, span, marks: None })
            })
            .collect()
    }
}

/// The hash of a file as it was written, kept in the table's log, so that a change of a single byte is found later. Nothing where the file is
/// not on this machine: an object store keeps hashes of its own.
fn hash_of_file(root: &url::Url, name: &str) -> Option<String> {
    let path = root.join(name).ok()?.to_file_path().ok()?;
    hash_of(&path).ok()
}

/// Rows repeated inside the portion (and, for entities, anywhere in this import) are kept once.
fn drop_repeats<T: FactRow>(rows: &mut Vec<T>, keys: &mut Vec<RowKey>, pending: &mut Pending<T>) {
    let mut in_portion: HashSet<RowKey> = HashSet::new();
    let seen = if T::TABLE.is_entity() {
        &mut pending.seen
    } else {
        in_portion.reserve(keys.len());
        &mut in_portion
    };
    let before = keys.len();
    let is_first: Vec<bool> = keys.iter().map(|key| seen.insert(*key)).collect();
    if is_first.iter().filter(|first| **first).count() < before {
        let mut first = is_first.iter();
        rows.retain(|_| *first.next().expect("a mark for every row"));
        let mut first = is_first.iter();
        keys.retain(|_| *first.next().expect("a mark for every key"));
    }
}

/// Keeps the rows whose key is wanted; `keys` has one entry a row.
fn retain_by<T>(rows: &mut Vec<T>, keys: &[RowKey], is_wanted: impl Fn(&RowKey) -> bool) {
    let mut keys = keys.iter();
    rows.retain(|_| is_wanted(keys.next().expect("a key for every row")));
}

fn collision(id: i64, first: &str, second: &str) -> LakeError {
    LakeError::IdCollision { id, first: first.to_owned(), second: second.to_owned() }
}

fn span_of<T>(rows: &[T], at: impl Fn(&T) -> Timestamp) -> Option<Span> {
    let from = rows.iter().map(|row| at(row).0).min()?;
    let to = rows.iter().map(|row| at(row).0).max()?;
    Some(Span { from, to })
}

/// Hash columns never repeat, so a dictionary would only cost time; the moments are nearly sorted.
pub(crate) fn writer_properties(table: FactTable) -> WriterProperties {
    let level = ZstdLevel::try_new(1).expect("level 1 exists");
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(INTERACTIONS_PER_FILE))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    let random: &[&str] = match table {
        FactTable::Interaction => &["id_upper", "id_lower"],
        FactTable::Account => &["account_id", "native_id"],
        FactTable::Text => &["text_id", "body"],
        FactTable::Profile | FactTable::PostMetric => &["row_key", "row_hash"],
        FactTable::Post => &["post_id", "native_id"],
    };
    for column in random {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(*column), false);
    }
    for column in ["at", "observed_at", "created_at"] {
        let path = ColumnPath::from(column);
        builder = builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_whether_two_portions_may_share_a_key() {
        let keys = |from: i64, to: i64| (from..to).map(|n| RowKey(n, n.wrapping_mul(7919))).collect::<Vec<RowKey>>();
        let first = KeyMarks::of(&keys(0, 100));
        assert!(!first.may_share_with(&KeyMarks::of(&keys(100, 300))));
        assert!(first.may_share_with(&KeyMarks::of(&keys(99, 300))));
        assert!(!first.may_share_with(&KeyMarks::of(&[])));
        assert!(!first.may_repeat());
        assert!(KeyMarks::of(&[RowKey(1, 2), RowKey(3, 4), RowKey(1, 2)]).may_repeat());
    }

    #[test]
    fn a_moment_stands_for_its_whole_day() {
        let noon = Span { from: 12 * HOUR_MICROS, to: 12 * HOUR_MICROS };
        assert_eq!(noon.in_whole(DAY_MICROS), Span { from: 0, to: DAY_MICROS - 1 });
        assert_eq!(Span { from: -1, to: 0 }.in_whole(HOUR_MICROS), Span { from: -HOUR_MICROS, to: HOUR_MICROS - 1 });
    }

    #[test]
    fn spans_that_only_touch_overlap() {
        let span = |from, to| Span { from, to };
        assert!(span(1, 3).overlaps(span(3, 9)));
        assert!(!span(1, 3).overlaps(span(4, 9)));
    }
}
