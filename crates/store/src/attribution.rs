//! Reports of whom orders are credited to, kept with what they were made with, so that a figure once told can be shown again.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// A report that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributionReportRow {
    pub id: i64,
    pub name: String,
    /// What was asked, as JSON.
    pub asked: String,
    /// What was found, as JSON; creators by the numbers of their contacts alone.
    pub found: String,
    /// Of the orders and proofs it was made of.
    pub data_hash: String,
    pub as_of: Timestamp,
    pub actor: String,
}

fn report_of(row: &SqliteRow) -> AttributionReportRow {
    AttributionReportRow {
        id: row.get("id"),
        name: row.get("name"),
        asked: row.get("asked"),
        found: row.get("found"),
        data_hash: row.get("data_hash"),
        as_of: Timestamp(row.get("as_of")),
        actor: row.get("actor"),
    }
}

impl Store {
    /// Keeps a report; its number is given, `id` is not read.
    pub async fn keep_attribution(&self, report: &AttributionReportRow) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into attribution_report (name, asked, found, data_hash, as_of, actor) values ($1, $2, $3, $4, $5, $6) \
             returning id",
        )
        .bind(&report.name)
        .bind(&report.asked)
        .bind(&report.found)
        .bind(&report.data_hash)
        .bind(report.as_of.0)
        .bind(&report.actor)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("keeping a report"))?;
        Ok(row.get("id"))
    }

    /// Reports, the newest first.
    pub async fn attribution_reports(&self) -> Result<Vec<AttributionReportRow>, StoreError> {
        let rows = sqlx::query("select * from attribution_report order by id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading reports"))?;
        Ok(rows.iter().map(report_of).collect())
    }

    pub async fn attribution_report(&self, id: i64) -> Result<Option<AttributionReportRow>, StoreError> {
        let row = sqlx::query("select * from attribution_report where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a report"))?;
        Ok(row.as_ref().map(report_of))
    }

    /// Whether there was such a report.
    pub async fn delete_attribution(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from attribution_report where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a report"))?;
        Ok(done.rows_affected() > 0)
    }
}
