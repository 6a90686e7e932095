//! A condition that rows have one of many ids, as a function of the query engine: a list of thousands in a statement is walked through node
//! by node, and makes one going through the files for each few hundred.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::cast::as_int64_array;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, col,
};

/// Ids of two halves, ascending; where ids are whole their second half is 0.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Among {
    signature: Signature,
    ids: Vec<(i64, i64)>,
}

/// Whether the column holds one of these ids. Cost: `O(log ids)` a row.
pub fn is_one_of(column: &str, ids: impl IntoIterator<Item = i64>) -> Expr {
    condition(&[column], ids.into_iter().map(|id| (id, 0)).collect())
}

/// Whether two columns together hold one of these ids.
pub fn are_one_of(columns: [&str; 2], ids: impl IntoIterator<Item = (i64, i64)>) -> Expr {
    condition(&columns, ids.into_iter().collect())
}

fn condition(columns: &[&str], mut ids: Vec<(i64, i64)>) -> Expr {
    ids.sort_unstable();
    ids.dedup();
    let signature = Signature::exact(vec![DataType::Int64; columns.len()], Volatility::Immutable);
    let function = ScalarUDF::new_from_impl(Among { signature, ids });
    function.call(columns.iter().map(|column| col(*column)).collect())
}

impl ScalarUDFImpl for Among {
    fn name(&self) -> &'static str {
        "is_one_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::error::Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> datafusion::error::Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&arguments.args)?;
        let first = as_int64_array(&columns[0])?;
        let second = columns.get(1).map(|column| as_int64_array(column)).transpose()?;
        let is_among = |row: usize| {
            let is_known = first.is_valid(row) && second.is_none_or(|second| second.is_valid(row));
            is_known
                && self.ids.binary_search(&(first.value(row), second.map_or(0, |second| second.value(row)))).is_ok()
        };
        let answers: BooleanArray = (0..first.len()).map(|row| Some(is_among(row))).collect();
        Ok(ColumnarValue::Array(Arc::new(answers) as ArrayRef))
    }
}
