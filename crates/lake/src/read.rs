//! Reading an interactions file that is already columnar (Parquet), portion by portion and in its own order.

use std::fs::File;

use datafusion::arrow::array::{Array, StringArray};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::LakeError;
use crate::session::{ints, maybe_int, strings};

/// How many rows are decoded at a time.
const ROWS_AT_A_TIME: usize = 16_384;
const COLUMNS: [&str; 4] = ["actor", "target", "kind", "at_unix"];

/// An interactions file in Parquet with the columns `actor, target, kind, at_unix`.
pub struct ParquetInteractions {
    path: String,
    reader: ParquetRecordBatchReader,
    /// Where each of the four columns stands in a portion.
    places: [usize; 4],
}

impl ParquetInteractions {
    /// Opens a Parquet file; refuses one without the four columns, saying which is missing.
    pub fn open(path: &str) -> Result<ParquetInteractions, LakeError> {
        let file = File::open(path).map_err(|error| refused(path, error.to_string()))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| refused(path, error.to_string()))?;
        let mut roots = [0; 4];
        for (root, name) in roots.iter_mut().zip(COLUMNS) {
            *root = builder
                .schema()
                .index_of(name)
                .map_err(|_| refused(path, format!("there is no column called {name}")))?;
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = builder
            .with_projection(mask)
            .with_batch_size(ROWS_AT_A_TIME)
            .build()
            .map_err(|error| refused(path, error.to_string()))?;
        // A portion holds the wanted columns in the order of the file.
        let places = roots.map(|root| roots.iter().filter(|other| **other < root).count());
        Ok(ParquetInteractions { path: path.to_owned(), reader, places })
    }

    /// The next portion, handed row by row to `each` in the order of the file; `false` when the file has ended.
    pub fn next(&mut self, mut each: impl FnMut(&str, &str, &str, Option<i64>)) -> Result<bool, LakeError> {
        let Some(batch) = self.reader.next() else { return Ok(false) };
        let batch = batch.map_err(|error| refused(&self.path, error.to_string()))?;
        let [actor, target, kind, at] = self.places;
        let (actor, target, kind) = (strings(&batch, actor), strings(&batch, target), strings(&batch, kind));
        let at = ints(&batch, at);
        for row in 0..batch.num_rows() {
            each(text(&actor, row), text(&target, row), text(&kind, row), maybe_int(&at, row));
        }
        Ok(true)
    }
}

/// A cell, empty where nothing stands in it.
fn text(column: &StringArray, row: usize) -> &str {
    if column.is_valid(row) { column.value(row) } else { "" }
}

fn refused(path: &str, problem: String) -> LakeError {
    LakeError::File {
        path: path.to_owned(),
        problem,
        hint: "an interactions file has the columns actor, target, kind, at_unix".to_owned(),
    }
}
