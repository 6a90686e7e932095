//! Reading an interactions file that is already columnar (Parquet), portion by portion.

use datafusion::arrow::array::Array;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use crate::error::LakeError;
use crate::session::{ints, maybe_int, strings};

/// An interactions file in Parquet with the columns `actor, target, kind, at_unix`.
pub struct ParquetInteractions {
    stream: datafusion::execution::SendableRecordBatchStream,
}

impl ParquetInteractions {
    /// Opens a Parquet file; refuses one without the four columns, saying which is missing.
    pub async fn open(path: &str) -> Result<ParquetInteractions, LakeError> {
        let refused = |problem: String| LakeError::File {
            path: path.to_owned(),
            problem,
            hint: "an interactions file has the columns actor, target, kind, at_unix".to_owned(),
        };
        let frame = SessionContext::new()
            .read_parquet(path, ParquetReadOptions::default())
            .await
            .map_err(|error| refused(error.strip_backtrace()))?
            .select_columns(&["actor", "target", "kind", "at_unix"])
            .map_err(|error| refused(error.strip_backtrace()))?;
        let stream = frame.execute_stream().await.map_err(|error| refused(error.strip_backtrace()))?;
        Ok(ParquetInteractions { stream })
    }

    /// The next portion, handed row by row to `each`; `false` when the file has ended.
    pub async fn next(&mut self, mut each: impl FnMut(&str, &str, &str, Option<i64>)) -> Result<bool, LakeError> {
        let Some(batch) = futures::StreamExt::next(&mut self.stream).await else { return Ok(false) };
        let batch = batch.map_err(|error| LakeError::query("reading the Parquet file", error))?;
        let (actor, target, kind, at) = (strings(&batch, 0), strings(&batch, 1), strings(&batch, 2), ints(&batch, 3));
        let text = |column: &datafusion::arrow::array::StringArray, row: usize| -> String {
            if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
        };
        for row in 0..batch.num_rows() {
            if actor.is_valid(row) && target.is_valid(row) && kind.is_valid(row) {
                each(actor.value(row), target.value(row), kind.value(row), maybe_int(&at, row));
            } else {
                each(&text(&actor, row), &text(&target, row), &text(&kind, row), maybe_int(&at, row));
            }
        }
        Ok(true)
    }
}
