//! Opening the lake and asking it questions: one place that knows the Delta tables and the query engine.
//!
//! A question sees the tables as they are at that moment, without facts that have passed their `expires_at`.
//! The query engine gets the plain list of Parquet files of each table's snapshot, so a distributed engine can run
//! the very same SQL without knowing Delta.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::ParamValues;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{StructField, StructType};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::SaveMode;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use model::Timestamp;
use tokio::sync::RwLock;

use crate::error::LakeError;
use crate::tables::{FactTable, TableCount};

/// How much memory one question may use before it spills to disk.
const MEMORY_LIMIT_BYTES: usize = 4 << 30;
/// A cached view of the tables is rebuilt when the moment asked for has moved on by this much.
const VIEW_AGE_MAX_MICROS: i64 = 60_000_000;

/// The tables of facts in one place.
pub struct Lake {
    root: url::Url,
    pub(crate) tables: RwLock<Vec<DeltaTable>>,
    runtime: Arc<RuntimeEnv>,
    view: RwLock<Option<View>>,
    /// Sources whose rules forbid deriving numbers from them: questions do not see their rows.
    barred_sources: RwLock<Vec<String>>,
}

/// A registered set of tables, valid for one set of versions and about one moment.
struct View {
    versions: Vec<Option<u64>>,
    at: Timestamp,
    context: SessionContext,
}

impl Lake {
    /// Opens the tables under `place` (a folder, or the URL of an object store), creating the missing ones.
    pub async fn open(place: &str) -> Result<Lake, LakeError> {
        let root = place_to_url(place)?;
        let mut tables = Vec::new();
        for table in FactTable::ALL {
            tables.push(Box::pin(open_table(&root, table)).await?);
        }
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_limit(MEMORY_LIMIT_BYTES, 1.0)
            .build_arc()
            .map_err(|error| LakeError::query("starting the query engine", error))?;
        Ok(Lake {
            root,
            tables: RwLock::new(tables),
            runtime,
            view: RwLock::new(None),
            barred_sources: RwLock::default(),
        })
    }

    /// Sees what another process has written since.
    pub async fn reload(&self) -> Result<(), LakeError> {
        let mut tables = self.tables.write().await;
        for (table, fact) in tables.iter_mut().zip(FactTable::ALL) {
            Box::pin(table.update_state()).await.map_err(|error| self.opening(fact, error))?;
        }
        Ok(())
    }

    /// Hides the rows of sources that do not allow numbers to be derived from them.
    pub async fn bar_sources(&self, codes: Vec<String>) {
        let mut barred = self.barred_sources.write().await;
        if *barred != codes {
            *barred = codes;
            *self.view.write().await = None;
        }
    }

    fn opening(&self, table: FactTable, error: DeltaTableError) -> LakeError {
        LakeError::Open { place: format!("{}{}", self.root, table.name()), source: Box::new(error) }
    }

    /// Rows and files of each table as they are kept, before expiry is applied.
    pub async fn counts(&self, now: Timestamp) -> Result<Vec<TableCount>, LakeError> {
        let mut counts = Vec::new();
        for table in FactTable::ALL {
            let rows = self.rows(&format!("select count(*) as n from {}", table.name()), &[], now, "counting").await?;
            let files = self.tables.read().await[table.index()].get_file_uris().map_or(0, Iterator::count);
            counts.push(TableCount { table, rows: rows.int(0, 0).unwrap_or(0) as u64, files: files as u64 });
        }
        Ok(counts)
    }

    pub(crate) fn root(&self) -> &url::Url {
        &self.root
    }

    /// The Parquet files that make up a table now, for readers that do not speak Delta.
    pub async fn files(&self, table: FactTable) -> Result<Vec<String>, LakeError> {
        let tables = self.tables.read().await;
        let uris = tables[table.index()].get_file_uris().map_err(|error| self.opening(table, error))?;
        Ok(uris.collect())
    }

    /// Runs one statement; `what` names it in an error.
    pub(crate) async fn rows(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
        now: Timestamp,
        what: &'static str,
    ) -> Result<Rows, LakeError> {
        let context = self.context(now).await?;
        Box::pin(run(context, sql, parameters, what)).await
    }

    /// Runs one statement that asks about many ids: `{wanted}` in it names a table with the one column `id`.
    ///
    /// Thousands of ids written into a statement cost more to read than the question costs to answer.
    pub(crate) async fn rows_about(
        &self,
        ids: Vec<i64>,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
        now: Timestamp,
        what: &'static str,
    ) -> Result<Rows, LakeError> {
        let context = self.context(now).await?;
        let name = register_wanted(&context, ids).map_err(|error| LakeError::query(what, error))?;
        let found = Box::pin(run(context.clone(), &sql.replace("{wanted}", &name), parameters, what)).await;
        drop(context.deregister_table(&name));
        found
    }

    /// As [`Lake::rows_about`], handing the answer on as it comes.
    pub(crate) async fn stream_about(
        &self,
        ids: Vec<i64>,
        sql: &str,
        now: Timestamp,
        what: &'static str,
    ) -> Result<SendableRecordBatchStream, LakeError> {
        let failed = |error| LakeError::query(what, error);
        let context = self.context(now).await?;
        let name = register_wanted(&context, ids).map_err(failed)?;
        let frame = context.sql(&sql.replace("{wanted}", &name)).await;
        // Whoever has planned with the table holds it.
        drop(context.deregister_table(&name));
        Box::pin(frame.map_err(failed)?.execute_stream()).await.map_err(failed)
    }

    pub(crate) async fn context(&self, now: Timestamp) -> Result<SessionContext, LakeError> {
        Box::pin(self.view_of(now)).await
    }
    async fn view_of(&self, now: Timestamp) -> Result<SessionContext, LakeError> {
        let tables = self.tables.read().await;
        let versions: Vec<Option<u64>> = tables.iter().map(|table| table.version()).collect();
        if let Some(view) = self.view.read().await.as_ref()
            && view.versions == versions
            && (now.0 - view.at.0).abs() < VIEW_AGE_MAX_MICROS
        {
            return Ok(view.context.clone());
        }
        let context = self.registered(&tables, now).await?;
        *self.view.write().await = Some(View { versions, at: now, context: context.clone() });
        Ok(context)
    }

    /// A context of its own, to which a caller may add tables.
    pub(crate) async fn fresh_context(&self, now: Timestamp) -> Result<SessionContext, LakeError> {
        let tables = self.tables.read().await;
        self.registered(&tables, now).await
    }

    async fn registered(&self, tables: &[DeltaTable], now: Timestamp) -> Result<SessionContext, LakeError> {
        let context = new_context(&self.runtime);
        let shown = self.shown(now).await;
        for (table, fact) in tables.iter().zip(FactTable::ALL) {
            let uris: Vec<String> = table.get_file_uris().map_err(|error| self.opening(fact, error))?.collect();
            register(&context, fact.name(), fact, &uris, &shown).await?;
        }
        Ok(context)
    }

    /// Which rows questions see, as a condition: none past their time, none of barred sources.
    pub(crate) async fn shown(&self, now: Timestamp) -> String {
        let barred = self.barred().await;
        let allowed = if barred.is_empty() {
            String::new()
        } else {
            let codes: Vec<String> = barred.iter().map(|code| format!("'{}'", code.replace('\'', "''"))).collect();
            format!(" and source_id not in ({})", codes.join(", "))
        };
        format!("(expires_at is null or expires_at > to_timestamp_micros({})){allowed}", now.0)
    }

    pub(crate) async fn barred(&self) -> Vec<String> {
        self.barred_sources.read().await.clone()
    }

    /// A context that sees only the given files as `pending`, to recognise rows written but not yet visible.
    pub(crate) fn bare_context(&self) -> SessionContext {
        new_context(&self.runtime)
    }
}

/// Runs one statement to its end. Apart (and boxed by its caller) so that the engine's machinery is compiled in this
/// crate once, not in every crate that asks.
async fn run(
    context: SessionContext,
    sql: &str,
    parameters: &[(&str, ScalarValue)],
    what: &'static str,
) -> Result<Rows, LakeError> {
    let named = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    let frame = context.sql(sql).await.map_err(|error| LakeError::query(what, error))?;
    let frame = if parameters.is_empty() {
        frame
    } else {
        frame.with_param_values(ParamValues::Map(named)).map_err(|error| LakeError::query(what, error))?
    };
    let batches = frame.collect().await.map_err(|error| LakeError::query(what, error))?;
    Ok(Rows { batches })
}

/// A table with the one column `id` under a name that nobody else uses; returns the name.
fn register_wanted(context: &SessionContext, ids: Vec<i64>) -> Result<String, DataFusionError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("wanted_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let batch = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(ids)) as ArrayRef)])
        .expect("one column makes a batch");
    context.register_batch(&name, batch)?;
    Ok(name)
}

fn new_context(runtime: &Arc<RuntimeEnv>) -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(cores());
    let options = config.options_mut();
    options.execution.parquet.schema_force_view_types = false;
    options.execution.parquet.pushdown_filters = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    SessionContext::new_with_config_rt(config, runtime.clone())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get())
}

/// Shows files twice: `<name>_kept` with every row, and `<name>` with those that are shown.
pub(crate) async fn register(
    context: &SessionContext,
    name: &str,
    table: FactTable,
    uris: &[String],
    shown: &str,
) -> Result<(), LakeError> {
    let kept = format!("{name}_kept");
    register_files(context, &kept, table, uris)?;
    let sql = format!("create view {name} as select * from {kept} where {shown}");
    context.sql(&sql).await.map_err(|error| LakeError::query("registering a table", error))?;
    Ok(())
}

/// Shows a list of Parquet files as one table.
pub(crate) fn register_files(
    context: &SessionContext,
    name: &str,
    table: FactTable,
    uris: &[String],
) -> Result<(), LakeError> {
    let failed = |error| LakeError::query("registering a table", error);
    if uris.is_empty() {
        context.register_table(name, Arc::new(EmptyTable::new(table.schema()))).map_err(failed)?;
        return Ok(());
    }
    let urls = uris.iter().map(|uri| listing_url(uri)).collect::<Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config =
        ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(table.schema());
    let listing = ListingTable::try_new(config).map_err(failed)?;
    context.register_table(name, Arc::new(listing)).map_err(failed)?;
    Ok(())
}

/// Local paths may hold characters that a URL or a glob would read otherwise, so they are turned into file URLs.
fn listing_url(uri: &str) -> Result<ListingTableUrl, LakeError> {
    let url = if uri.contains("://") {
        url::Url::parse(uri).map_err(|_| LakeError::Place(format!("{uri} is not a URL")))?
    } else {
        url::Url::from_file_path(uri).map_err(|()| LakeError::Place(format!("{uri} is not an absolute path")))?
    };
    ListingTableUrl::try_new(url, None).map_err(|error| LakeError::query("naming a file", error))
}

fn place_to_url(place: &str) -> Result<url::Url, LakeError> {
    if place.contains("://") {
        let place = if place.ends_with('/') { place.to_owned() } else { format!("{place}/") };
        return url::Url::parse(&place).map_err(|error| LakeError::Place(format!("{place} is not a URL: {error}")));
    }
    let refused = |problem: String| LakeError::Place(format!("the lake's folder {place} cannot be used: {problem}"));
    std::fs::create_dir_all(place).map_err(|error| refused(error.to_string()))?;
    let path = std::fs::canonicalize(place).map_err(|error| refused(error.to_string()))?;
    url::Url::from_directory_path(path).map_err(|()| refused("it has no absolute path".into()))
}

async fn open_table(root: &url::Url, table: FactTable) -> Result<DeltaTable, LakeError> {
    let failed = |error| LakeError::Open { place: format!("{root}{}", table.name()), source: Box::new(error) };
    let url = root.join(&format!("{}/", table.name())).map_err(|error| LakeError::Place(error.to_string()))?;
    if root.scheme() == "file"
        && let Ok(path) = url.to_file_path()
    {
        std::fs::create_dir_all(&path)
            .map_err(|error| LakeError::Place(format!("{} cannot be made: {error}", path.display())))?;
    }
    let mut opened = DeltaTableBuilder::from_url(url.clone()).map_err(failed)?.build().map_err(failed)?;
    if opened.verify_deltatable_existence().await.map_err(failed)? {
        opened.load().await.map_err(failed)?;
        return Ok(opened);
    }
    let schema: StructType = table.schema().as_ref().try_into_kernel().expect("our columns exist in Delta");
    let fields: Vec<StructField> = schema.fields().cloned().collect();
    CreateBuilder::new()
        .with_log_store(opened.log_store())
        .with_table_name(table.name())
        .with_columns(fields)
        .with_save_mode(SaveMode::Ignore)
        .with_configuration_property(
            deltalake::TableProperty::DataSkippingStatsColumns,
            Some(table.columns_named_in_the_log().join(",")),
        )
        .await
        .map_err(failed)
}

/// The answer to one question: batches of columns, read by position.
pub(crate) struct Rows {
    pub(crate) batches: Vec<RecordBatch>,
}

impl Rows {
    /// One number, `None` when there is no such row or it is not known.
    pub(crate) fn int(&self, row: usize, column: usize) -> Option<i64> {
        let batch = self.batches.iter().find(|batch| batch.num_rows() > 0)?;
        let column = ints(batch, column);
        (row < column.len() && column.is_valid(row)).then(|| column.value(row))
    }
}

/// A column as 64-bit integers (moments as microseconds).
pub(crate) fn ints(batch: &RecordBatch, column: usize) -> Int64Array {
    as_type(batch.column(column), &DataType::Int64).as_primitive::<Int64Type>().clone()
}

/// A column as text.
pub(crate) fn strings(batch: &RecordBatch, column: usize) -> StringArray {
    as_type(batch.column(column), &DataType::Utf8).as_string::<i32>().clone()
}

pub(crate) fn bools(batch: &RecordBatch, column: usize) -> BooleanArray {
    as_type(batch.column(column), &DataType::Boolean).as_boolean().clone()
}

fn as_type(array: &ArrayRef, wanted: &DataType) -> ArrayRef {
    if array.data_type() == wanted {
        array.clone()
    } else {
        cast(array, wanted).expect("the statement's columns have the types its reader asks for")
    }
}

/// A value of a nullable column.
pub(crate) fn maybe_int(array: &Int64Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row))
}

pub(crate) fn maybe_string(array: &StringArray, row: usize) -> Option<String> {
    array.is_valid(row).then(|| array.value(row).to_owned())
}
