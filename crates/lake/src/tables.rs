//! The tables of facts: their columns, the key by which a row is recognised again, and how facts become columns.
//!
//! Every row carries where it came from (`source_id`, `import_id`) and how long it may be kept (`fetched_at`,
//! `expires_at`). Two ways of keeping:
//! - *Entities* that other rows refer to (accounts, posts, texts) are kept once per import that names them, so that
//!   undoing one import never takes away what another one needs; reading takes one row per id.
//! - *Observations* (profiles, post metrics, interactions) are kept once in all, by their key.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Int8Array, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use model::facts::{AccountFact, InteractionFact, PostFact, PostMetricFact, ProfileFact, TextFact};

use crate::ingest::Provenance;

/// One table of facts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FactTable {
    Account,
    Profile,
    Post,
    PostMetric,
    Interaction,
    Text,
}

/// How many live rows a table holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableCount {
    pub table: FactTable,
    pub rows: u64,
    pub files: u64,
}

impl FactTable {
    pub const ALL: [FactTable; 6] = [
        FactTable::Account,
        FactTable::Profile,
        FactTable::Post,
        FactTable::PostMetric,
        FactTable::Interaction,
        FactTable::Text,
    ];

    /// The folder and SQL name.
    pub fn name(self) -> &'static str {
        match self {
            FactTable::Account => "account",
            FactTable::Profile => "profile_snapshot",
            FactTable::Post => "post",
            FactTable::PostMetric => "post_metric",
            FactTable::Interaction => "interaction",
            FactTable::Text => "text",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether other rows refer to its rows, so that each import keeps its own.
    pub(crate) fn is_entity(self) -> bool {
        matches!(self, FactTable::Account | FactTable::Post | FactTable::Text)
    }

    /// The two columns that recognise a row.
    pub(crate) fn key_columns(self) -> [&'static str; 2] {
        match self {
            FactTable::Account => ["account_id", "account_id"],
            FactTable::Post => ["post_id", "post_id"],
            FactTable::Text => ["text_id", "text_id"],
            FactTable::Interaction => ["id_upper", "id_lower"],
            FactTable::Profile | FactTable::PostMetric => ["row_key", "row_hash"],
        }
    }

    /// The columns that name a person, by which a forgotten one is erased.
    pub(crate) fn person_columns(self) -> &'static [&'static str] {
        match self {
            FactTable::Account | FactTable::Profile => &["account_id"],
            FactTable::Post => &["author_id"],
            FactTable::Interaction => &["actor_id", "target_id"],
            FactTable::PostMetric | FactTable::Text => &[],
        }
    }

    /// The columns whose smallest and largest values stand in the table's log. The log outlives the rows, so nothing
    /// that names a person or repeats what one said is among them.
    pub(crate) fn columns_named_in_the_log(self) -> &'static [&'static str] {
        match self {
            FactTable::Interaction => &["at", "import_id", "fetched_at", "expires_at"],
            FactTable::Post => &["created_at", "import_id", "fetched_at", "expires_at"],
            FactTable::Profile | FactTable::PostMetric => &["observed_at", "import_id", "fetched_at", "expires_at"],
            FactTable::Account | FactTable::Text => &["import_id", "fetched_at", "expires_at"],
        }
    }

    pub(crate) fn schema(self) -> SchemaRef {
        let mut fields = match self {
            FactTable::Account => {
                vec![id("account_id"), text("platform"), text("scope"), text("native_id"), text("kind")]
            }
            FactTable::Profile => vec![
                id("row_key"),
                id("row_hash"),
                id("account_id"),
                moment("observed_at"),
                Field::new("observed_on", DataType::Int32, false),
                maybe_text("display_name"),
                maybe_text("handle"),
                maybe_text("bio"),
                maybe_number("followers"),
                maybe_number("following"),
                maybe_number("posts"),
                maybe_text("country"),
                maybe_text("language"),
                maybe_text("external_url"),
            ],
            FactTable::Post => vec![
                id("post_id"),
                text("platform"),
                text("native_id"),
                maybe_number("author_id"),
                moment("created_at"),
                text("kind"),
                maybe_text("title"),
                maybe_number("text_id"),
                maybe_text("url"),
                maybe_number("parent_post_id"),
                Field::new("tags", DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))), false),
                Field::new("paid_disclosure", DataType::Boolean, true),
            ],
            FactTable::PostMetric => vec![
                id("row_key"),
                id("row_hash"),
                id("post_id"),
                moment("observed_at"),
                maybe_number("views"),
                maybe_number("likes"),
                maybe_number("comments"),
                maybe_number("shares"),
                maybe_number("saves"),
                maybe_number("reach"),
            ],
            FactTable::Interaction => vec![
                id("id_upper"),
                id("id_lower"),
                Field::new("kind", DataType::Int8, false),
                id("actor_id"),
                maybe_number("target_id"),
                maybe_number("post_id"),
                maybe_number("parent_upper"),
                maybe_number("parent_lower"),
                moment("at"),
                maybe_number("text_id"),
                Field::new("by_author", DataType::Boolean, false),
            ],
            FactTable::Text => vec![id("text_id"), text("body")],
        };
        fields.extend([
            text("source_id"),
            id("import_id"),
            moment("fetched_at"),
            Field::new("expires_at", timestamp_type(), true),
        ]);
        Arc::new(Schema::new(fields))
    }
}

fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn id(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn maybe_text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn maybe_number(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn moment(name: &str) -> Field {
    Field::new(name, timestamp_type(), false)
}

/// The key by which a row is recognised again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct RowKey(pub i64, pub i64);

impl RowKey {
    /// 64 of its bits, mixed: two keys with different marks are different.
    pub(crate) fn mark(self) -> u64 {
        (self.0 as u64).rotate_left(32) ^ (self.1 as u64)
    }
}

/// A fact that knows its table, its key and its columns.
pub(crate) trait FactRow: Sized {
    const TABLE: FactTable;
    fn key(&self, provenance: &Provenance) -> RowKey;
    /// Whether it says which record states it, which another way of learning the same may not.
    fn names_its_record(&self) -> bool {
        false
    }
    /// The columns before the provenance ones, in the order of the schema.
    fn columns(rows: &[Self], provenance: &Provenance) -> Vec<ArrayRef>;

    fn batch(rows: &[Self], provenance: &Provenance) -> RecordBatch {
        let mut columns = Self::columns(rows, provenance);
        let count = rows.len();
        columns.push(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&provenance.source_id, count))));
        columns.push(Arc::new(Int64Array::from_value(provenance.import_id.0, count)));
        columns.push(moments(std::iter::repeat_n(provenance.fetched_at.0, count)));
        columns.push(Arc::new(
            TimestampMicrosecondArray::from_iter(std::iter::repeat_n(provenance.expires_at.map(|at| at.0), count))
                .with_timezone("UTC"),
        ));
        RecordBatch::try_new(Self::TABLE.schema(), columns).expect("columns follow the table's schema")
    }
}

fn moments(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn numbers<T>(rows: &[T], value: impl Fn(&T) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
}

fn maybe_numbers<T>(rows: &[T], value: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(rows.iter().map(value)))
}

fn texts<'a, T>(rows: &'a [T], value: impl Fn(&'a T) -> &'a str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
}

fn maybe_texts<'a, T>(rows: &'a [T], value: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(value)))
}

/// 64 bits over any debug-printable content; tells two observations under one key apart.
fn content_hash(content: &impl std::fmt::Debug) -> i64 {
    xxhash_rust::xxh3::xxh3_64(format!("{content:?}").as_bytes()) as i64
}

impl FactRow for AccountFact {
    const TABLE: FactTable = FactTable::Account;
    fn key(&self, _: &Provenance) -> RowKey {
        RowKey(self.id.0, self.id.0)
    }
    fn columns(rows: &[Self], _: &Provenance) -> Vec<ArrayRef> {
        vec![
            numbers(rows, |row| row.id.0),
            texts(rows, |row| row.platform.code()),
            texts(rows, |row| &row.scope),
            texts(rows, |row| &row.native_id),
            texts(rows, |row| row.kind.code()),
        ]
    }
}

impl FactRow for ProfileFact {
    const TABLE: FactTable = FactTable::Profile;
    fn key(&self, provenance: &Provenance) -> RowKey {
        let key = content_hash(&(self.account, &provenance.source_id, self.observed_at.day()));
        let content = (
            (&self.display_name, &self.handle, &self.bio, &self.country, &self.language, &self.external_url),
            (self.followers, self.following, self.posts),
        );
        RowKey(key, content_hash(&content))
    }
    fn columns(rows: &[Self], provenance: &Provenance) -> Vec<ArrayRef> {
        vec![
            numbers(rows, |row| row.key(provenance).0),
            numbers(rows, |row| row.key(provenance).1),
            numbers(rows, |row| row.account.0),
            moments(rows.iter().map(|row| row.observed_at.0)),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.observed_at.day()))),
            maybe_texts(rows, |row| row.display_name.as_deref()),
            maybe_texts(rows, |row| row.handle.as_deref()),
            maybe_texts(rows, |row| row.bio.as_deref()),
            maybe_numbers(rows, |row| row.followers),
            maybe_numbers(rows, |row| row.following),
            maybe_numbers(rows, |row| row.posts),
            maybe_texts(rows, |row| row.country.as_deref()),
            maybe_texts(rows, |row| row.language.as_deref()),
            maybe_texts(rows, |row| row.external_url.as_deref()),
        ]
    }
}

impl FactRow for PostFact {
    const TABLE: FactTable = FactTable::Post;
    fn key(&self, _: &Provenance) -> RowKey {
        RowKey(self.id.0, self.id.0)
    }
    fn columns(rows: &[Self], _: &Provenance) -> Vec<ArrayRef> {
        let mut tags = ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", DataType::Utf8, true));
        for row in rows {
            for tag in &row.tags {
                tags.values().append_value(tag);
            }
            tags.append(true);
        }
        vec![
            numbers(rows, |row| row.id.0),
            texts(rows, |row| row.platform.code()),
            texts(rows, |row| &row.native_id),
            maybe_numbers(rows, |row| row.author.map(|author| author.0)),
            moments(rows.iter().map(|row| row.created_at.0)),
            texts(rows, |row| row.kind.code()),
            maybe_texts(rows, |row| row.title.as_deref()),
            maybe_numbers(rows, |row| row.text.map(|text| text.0)),
            maybe_texts(rows, |row| row.url.as_deref()),
            maybe_numbers(rows, |row| row.parent.map(|parent| parent.0)),
            Arc::new(tags.finish()),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.paid_disclosure))),
        ]
    }
}

impl FactRow for PostMetricFact {
    const TABLE: FactTable = FactTable::PostMetric;
    fn key(&self, provenance: &Provenance) -> RowKey {
        let hour = self.observed_at.unix_seconds().div_euclid(3600);
        let key = content_hash(&(self.post, &provenance.source_id, hour));
        let content = (self.views, self.likes, self.comments, self.shares, self.saves, self.reach);
        RowKey(key, content_hash(&content))
    }
    fn columns(rows: &[Self], provenance: &Provenance) -> Vec<ArrayRef> {
        vec![
            numbers(rows, |row| row.key(provenance).0),
            numbers(rows, |row| row.key(provenance).1),
            numbers(rows, |row| row.post.0),
            moments(rows.iter().map(|row| row.observed_at.0)),
            maybe_numbers(rows, |row| row.views),
            maybe_numbers(rows, |row| row.likes),
            maybe_numbers(rows, |row| row.comments),
            maybe_numbers(rows, |row| row.shares),
            maybe_numbers(rows, |row| row.saves),
            maybe_numbers(rows, |row| row.reach),
        ]
    }
}

impl FactRow for InteractionFact {
    const TABLE: FactTable = FactTable::Interaction;
    fn names_its_record(&self) -> bool {
        self.kind.is_sign() && self.parent.is_some()
    }
    fn key(&self, _: &Provenance) -> RowKey {
        let (upper, lower) = self.id.halves();
        RowKey(upper, lower)
    }
    fn columns(rows: &[Self], _: &Provenance) -> Vec<ArrayRef> {
        vec![
            numbers(rows, |row| row.id.halves().0),
            numbers(rows, |row| row.id.halves().1),
            Arc::new(Int8Array::from_iter_values(rows.iter().map(|row| row.kind as i8))),
            numbers(rows, |row| row.actor.0),
            maybe_numbers(rows, |row| row.target.map(|target| target.0)),
            maybe_numbers(rows, |row| row.post.map(|post| post.0)),
            maybe_numbers(rows, |row| row.parent.map(|parent| parent.halves().0)),
            maybe_numbers(rows, |row| row.parent.map(|parent| parent.halves().1)),
            moments(rows.iter().map(|row| row.at.0)),
            maybe_numbers(rows, |row| row.text.map(|text| text.0)),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.by_author)))),
        ]
    }
}

impl FactRow for TextFact {
    const TABLE: FactTable = FactTable::Text;
    fn key(&self, _: &Provenance) -> RowKey {
        RowKey(self.id.0, self.id.0)
    }
    fn columns(rows: &[Self], _: &Provenance) -> Vec<ArrayRef> {
        vec![numbers(rows, |row| row.id.0), texts(rows, |row| &row.body)]
    }
}
