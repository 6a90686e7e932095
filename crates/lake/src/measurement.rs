//! What measurement asks of the facts: who is named in what people wrote in a span of days.

use datafusion::scalar::ScalarValue;
use model::Timestamp;

use crate::error::LakeError;
use crate::session::{Lake, ints};
use crate::tracking::literally;

/// How many texts name whom.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    /// Texts that name each of the names asked for, in their order; a text that names several is counted for each.
    pub by_name: Vec<u64>,
    /// Texts that were looked at.
    pub texts: u64,
}

impl Lake {
    /// How many texts of posts and comments from `from` on and before `until` name each of `names`, as whole words in any case.
    /// The same words said twice are one text. Cost: a pass over the texts of that time, one pattern a name.
    pub async fn named_in_texts(
        &self,
        names: &[String],
        from: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Named, LakeError> {
        if names.is_empty() || from >= until {
            return Ok(Named { by_name: vec![0; names.len()], texts: 0 });
        }
        let counts: String = (0..names.len())
            .map(|place| format!(", coalesce(sum(cast(regexp_like(body, $name{place}) as bigint)), 0)"))
            .collect();
        let sql = include_str!("sql/measurement_named.sql")
            .replace("{counts}", &counts)
            .replace("{from}", &from.0.to_string())
            .replace("{until}", &until.0.to_string());
        let keys: Vec<String> = (0..names.len()).map(|place| format!("name{place}")).collect();
        let patterns =
            names.iter().map(|name| format!(r"(?i)(^|[^\p{{L}}\p{{N}}_]){}($|[^\p{{L}}\p{{N}}_])", literally(name)));
        let parameters: Vec<(&str, ScalarValue)> =
            keys.iter().map(String::as_str).zip(patterns.map(|pattern| ScalarValue::Utf8(Some(pattern)))).collect();
        let rows = self.rows(&sql, &parameters, now, "looking for who is named").await?;
        let Some(batch) = rows.batches.iter().find(|batch| batch.num_rows() > 0) else {
            return Ok(Named { by_name: vec![0; names.len()], texts: 0 });
        };
        let count = |column: usize| ints(batch, column).value(0).unsigned_abs();
        Ok(Named { by_name: (1..=names.len()).map(count).collect(), texts: count(0) })
    }
}
