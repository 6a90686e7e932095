//! The index on disk: made anew or added to in one commit, read as the newest generation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use model::AccountId;
use tantivy::schema::{
    Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};

use crate::columns::{Columns, Segment};
use crate::document::{CreatorDocument, Layout};
use crate::error::SearchError;
use crate::words::Words;

const WORDS: &str = "words";
/// Memory for words that are not yet on disk.
const WRITER_BYTES: usize = 160_000_000;
const WRITER_THREADS: usize = 2;
/// Letters of a creator's posts that are kept to be shown beside a result.
const SHOWN_LETTERS_MAX: usize = 1_200;

/// The fields of the index.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) account: Field,
    /// Everything a creator is found by.
    pub(crate) all: Field,
    pub(crate) name: Field,
    pub(crate) bio: Field,
    /// Kept to be shown, not searched.
    pub(crate) names_shown: Field,
    pub(crate) bio_shown: Field,
    pub(crate) posts_shown: Field,
}

/// A range column's value, and the ends of its interval where it has one.
#[derive(Clone, Debug)]
pub(crate) struct RangeFields {
    pub(crate) value: Field,
    pub(crate) ends: Option<(Field, Field)>,
}

#[derive(Clone, Debug)]
pub(crate) struct AllFields {
    pub(crate) words: Fields,
    pub(crate) ranges: Vec<RangeFields>,
    pub(crate) facets: Vec<Field>,
}

/// An index of creators in a folder of its own.
pub struct SearchIndex {
    pub(crate) folder: PathBuf,
    index: Index,
    reader: IndexReader,
    layout: Arc<Layout>,
    fields: Arc<AllFields>,
    newest: Mutex<Option<Arc<Generation>>>,
}

/// The index as of one commit.
pub struct Generation {
    pub(crate) folder: PathBuf,
    pub(crate) searcher: Searcher,
    pub(crate) segments: Vec<Segment>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) fields: Arc<AllFields>,
    /// What the writer said of this commit.
    pub payload: Option<String>,
    /// What words were taken for, by the field they were looked for in.
    pub(crate) mended: Mutex<Mended>,
    opstamp: u64,
}

/// Words with how many creators say each, by field and word typed.
type Mended = HashMap<(u32, String), Vec<(String, u64)>>;

impl SearchIndex {
    /// Opens the index in `folder`, or begins an empty one; one of another layout version or that cannot be read is
    /// replaced by an empty one.
    pub fn open(folder: &Path, layout: Layout) -> Result<SearchIndex, SearchError> {
        let failed = SearchError::of(folder);
        let place = folder.join(format!("v{}", layout.version));
        if let Ok(entries) = std::fs::read_dir(folder) {
            for entry in entries.flatten().filter(|entry| entry.path() != place) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let (schema, fields) = schema_of(&layout);
        let made = || -> tantivy::Result<Index> {
            std::fs::create_dir_all(&place)?;
            let directory = tantivy::directory::MmapDirectory::open(&place)?;
            Index::builder().schema(schema.clone()).settings(IndexSettings::default()).open_or_create(directory)
        };
        let mut index = match made() {
            Ok(index) => index,
            Err(problem) => {
                tracing::warn!(%problem, "the search index cannot be read and is begun anew");
                let _ = std::fs::remove_dir_all(&place);
                made().map_err(&failed)?
            }
        };
        let analyzers = TokenizerManager::default();
        analyzers.register(WORDS, TextAnalyzer::from(Words));
        index.set_tokenizers(analyzers);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(&failed)?;
        Ok(SearchIndex {
            folder: place,
            index,
            reader,
            layout: Arc::new(layout),
            fields: Arc::new(fields),
            newest: Mutex::new(None),
        })
    }

    /// The newest commit. Columns that were taken into memory are kept while their part of the index is unchanged.
    pub fn newest(&self) -> Result<Arc<Generation>, SearchError> {
        let failed = SearchError::of(&self.folder);
        let metas = self.index.load_metas().map_err(&failed)?;
        let mut newest = self.newest.lock().expect("nobody panics while holding it");
        if let Some(held) = newest.as_ref().filter(|held| held.opstamp == metas.opstamp) {
            return Ok(held.clone());
        }
        self.reader.reload().map_err(&failed)?;
        let searcher = self.reader.searcher();
        let before: &[Segment] = newest.as_ref().map_or(&[], |held| &held.segments);
        let segments = searcher
            .segment_readers()
            .iter()
            .map(|reader| {
                let kept = before.iter().find(|segment| segment.columns.id == reader.segment_id());
                let columns = kept
                    .map_or_else(|| Arc::new(Columns::new(reader, &self.layout)), |segment| segment.columns.clone());
                Segment::new(reader, columns)
            })
            .collect();
        let generation = Arc::new(Generation {
            folder: self.folder.clone(),
            searcher,
            segments,
            layout: self.layout.clone(),
            fields: self.fields.clone(),
            payload: metas.payload,
            mended: Mutex::default(),
            opstamp: metas.opstamp,
        });
        *newest = Some(generation.clone());
        Ok(generation)
    }

    /// Begins to write. One writer at a time; nobody sees anything before [`SearchWriter::commit`].
    pub fn writer(&self) -> Result<SearchWriter, SearchError> {
        let writer =
            self.index.writer_with_num_threads(WRITER_THREADS, WRITER_BYTES).map_err(SearchError::of(&self.folder))?;
        Ok(SearchWriter { folder: self.folder.clone(), writer, fields: self.fields.clone() })
    }

    /// Takes creators out and rewrites every part of the index they stood in, so that nothing of them is left on disk.
    /// Cost: the size of these parts.
    pub fn erase(&self, accounts: &[AccountId]) -> Result<(), SearchError> {
        let failed = SearchError::of(&self.folder);
        let payload = self.index.load_metas().map_err(&failed)?.payload;
        let mut writer = self.writer()?.writer;
        for account in accounts {
            writer.delete_term(Term::from_field_i64(self.fields.words.account, account.0));
        }
        let mut prepared = writer.prepare_commit().map_err(&failed)?;
        if let Some(payload) = &payload {
            prepared.set_payload(payload);
        }
        prepared.commit().map_err(&failed)?;
        let with_gone: Vec<_> = self
            .index
            .searchable_segment_metas()
            .map_err(&failed)?
            .into_iter()
            .filter(|segment| segment.has_deletes())
            .map(|segment| segment.id())
            .collect();
        for segment in with_gone {
            writer.merge(&[segment]).wait().map_err(&failed)?;
        }
        // Whoever reads an older commit lets go of it, so that its files can go.
        *self.newest.lock().expect("nobody panics while holding it") = None;
        self.reader.reload().map_err(&failed)?;
        writer.garbage_collect_files().wait().map_err(&failed)?;
        writer.wait_merging_threads().map_err(&failed)
    }

    /// Bytes on disk.
    pub fn size_bytes(&self) -> u64 {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return 0 };
        entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}

impl Generation {
    /// Creators held.
    pub fn creators(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Bytes of columns that are in memory.
    pub fn columns_in_memory_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.columns.bytes()).sum()
    }

    /// Which commit this is; grows with every one.
    pub fn number(&self) -> u64 {
        self.opstamp
    }
}

/// Writes creators into the index.
pub struct SearchWriter {
    folder: PathBuf,
    writer: IndexWriter,
    fields: Arc<AllFields>,
}

impl SearchWriter {
    /// Everything held goes, once this is committed.
    pub fn begin_anew(&mut self) -> Result<(), SearchError> {
        self.writer.delete_all_documents().map_err(SearchError::of(&self.folder))?;
        Ok(())
    }

    /// Adds a creator nobody of whom is held; use [`SearchWriter::replace`] else.
    pub fn add(&self, creator: &CreatorDocument) -> Result<(), SearchError> {
        self.writer.add_document(self.document(creator)).map_err(SearchError::of(&self.folder))?;
        Ok(())
    }

    /// Puts a creator in place of what is held of them.
    pub fn replace(&self, creator: &CreatorDocument) -> Result<(), SearchError> {
        self.remove(creator.account);
        self.add(creator)
    }

    pub fn remove(&self, account: AccountId) {
        self.writer.delete_term(Term::from_field_i64(self.fields.words.account, account.0));
    }

    /// Puts everything written in force at once, with a note of what it was made from.
    pub fn commit(mut self, payload: &str) -> Result<(), SearchError> {
        let failed = SearchError::of(&self.folder);
        let mut prepared = self.writer.prepare_commit().map_err(&failed)?;
        prepared.set_payload(payload);
        prepared.commit().map_err(&failed)?;
        self.writer.wait_merging_threads().map_err(&failed)?;
        Ok(())
    }

    fn document(&self, creator: &CreatorDocument) -> TantivyDocument {
        let words = &self.fields.words;
        let mut document = TantivyDocument::default();
        document.add_i64(words.account, creator.account.0);
        for name in &creator.names {
            document.add_text(words.name, name);
            document.add_text(words.all, name);
            document.add_text(words.names_shown, name);
        }
        document.add_text(words.bio, &creator.bio);
        document.add_text(words.all, &creator.bio);
        document.add_text(words.bio_shown, &creator.bio);
        let mut letters = 0;
        for post in &creator.posts {
            document.add_text(words.all, post);
            if letters < SHOWN_LETTERS_MAX {
                letters += post.len();
                document.add_text(words.posts_shown, post);
            }
        }
        for other in &creator.other {
            document.add_text(words.all, other);
        }
        for (fields, value) in self.fields.ranges.iter().zip(&creator.ranges) {
            let Some(value) = value.filter(|value| !value.value.is_nan()) else { continue };
            document.add_u64(fields.value, u64::from(value.value.to_bits()));
            if let Some((lo, hi)) = fields.ends {
                document.add_u64(lo, u64::from(value.lo.to_bits()));
                document.add_u64(hi, u64::from(value.hi.to_bits()));
            }
        }
        for (field, codes) in self.fields.facets.iter().zip(&creator.facets) {
            for code in codes {
                document.add_text(*field, code);
            }
        }
        document
    }
}

fn schema_of(layout: &Layout) -> (Schema, AllFields) {
    let mut schema = SchemaBuilder::new();
    let indexed = |option: IndexRecordOption| {
        let indexing = TextFieldIndexing::default().set_tokenizer(WORDS).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = Fields {
        account: schema.add_i64_field("account", NumericOptions::from(INDEXED).set_fast()),
        all: schema.add_text_field("all", indexed(IndexRecordOption::WithFreqsAndPositions)),
        name: schema.add_text_field("name", indexed(IndexRecordOption::WithFreqs)),
        bio: schema.add_text_field("bio", indexed(IndexRecordOption::WithFreqs)),
        names_shown: schema.add_text_field("names_shown", STORED),
        bio_shown: schema.add_text_field("bio_shown", STORED),
        posts_shown: schema.add_text_field("posts_shown", STORED),
    };
    let number = NumericOptions::default().set_fast();
    let ranges = layout.ranges.iter().map(|column| RangeFields {
        value: schema.add_u64_field(column.name, number.clone()),
        ends: column.interval.then(|| {
            let mut end = |end: &str| schema.add_u64_field(&format!("{}_{end}", column.name), number.clone());
            (end("lo"), end("hi"))
        }),
    });
    let ranges = ranges.collect();
    let facets = layout.facets.iter();
    let facets = facets.map(|column| schema.add_text_field(column.name, TextOptions::default().set_fast("raw")));
    let facets = facets.collect();
    (schema.build(), AllFields { words, ranges, facets })
}
