//! What the lake says, in one number a table: the same facts give the same number, however and in whatever order they came.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use model::{AccountId, Timestamp};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::LakeError;
use crate::session::Lake;
use crate::tables::FactTable;

/// A table's rows and their number, without where they come from and until when they are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableDigest {
    pub table: FactTable,
    pub rows: u64,
    pub digest: u64,
}

/// Columns that say where a row comes from.
const PROVENANCE: [&str; 4] = ["source_id", "import_id", "fetched_at", "expires_at"];

impl Lake {
    /// How many rows name one of these accounts, shown or not, in whichever table: none once they are forgotten.
    pub async fn rows_naming(&self, accounts: &[AccountId], now: Timestamp) -> Result<u64, LakeError> {
        let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let mut rows = 0;
        for table in FactTable::ALL.into_iter().filter(|table| !table.person_columns().is_empty() && !ids.is_empty()) {
            let named: Vec<String> =
                table.person_columns().iter().map(|column| format!("{column} in ({})", ids.join(", "))).collect();
            let sql = format!("select count(*) from {}_kept where {}", table.name(), named.join(" or "));
            rows += self.rows(&sql, &[], now, "counting who is named").await?.int(0, 0).unwrap_or(0) as u64;
        }
        Ok(rows)
    }

    /// One line a table. Cost: every shown row is read and held once, as text; meant for checks.
    pub async fn digests(&self, now: Timestamp) -> Result<Vec<TableDigest>, LakeError> {
        let mut digests = vec![];
        for table in FactTable::ALL {
            let schema = table.schema();
            let columns: Vec<&str> = schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .filter(|name| !PROVENANCE.contains(name))
                .collect();
            // Which record states a like, repost or follow (kinds 7, 5, 8) is how it was learnt of, as its source is.
            let said = |column: &&str| match *column {
                "parent_upper" | "parent_lower" => {
                    format!("case when kind in (5, 7, 8) then null else {column} end as {column}")
                }
                plain => plain.to_owned(),
            };
            let columns: Vec<String> = columns.iter().map(said).collect();
            let sql = format!("select distinct {} from {}", columns.join(", "), table.name());
            let rows = self.rows(&sql, &[], now, "making a digest").await?;
            let (mut count, mut digest) = (0u64, 0u64);
            for batch in &rows.batches {
                let texts: Vec<_> = batch
                    .columns()
                    .iter()
                    .map(|column| cast(column, &DataType::Utf8))
                    .collect::<Result<_, _>>()
                    .map_err(|error| LakeError::query("making a digest", error.into()))?;
                for row in 0..batch.num_rows() {
                    let mut line = String::new();
                    for column in &texts {
                        let column = column.as_string::<i32>();
                        line.push_str(if column.is_null(row) { "\u{0}" } else { column.value(row) });
                        line.push('\u{1f}');
                    }
                    digest = digest.wrapping_add(xxh3_64(line.as_bytes()));
                    count += 1;
                }
            }
            digests.push(TableDigest { table, rows: count, digest });
        }
        Ok(digests)
    }
}
