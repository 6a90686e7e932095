//! Briefs: what a campaign asks of creators, in versions that never change, so that a deal keeps the one it was made on.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// A brief in its latest version, or in the one asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriefRow {
    pub id: i64,
    pub name: String,
    pub campaign: Option<i64>,
    pub version: i64,
    /// JSON.
    pub body: String,
    pub changed_at: Timestamp,
    pub is_archived: bool,
    /// How many deals were made on any of its versions.
    pub deals: u64,
}

const BRIEF: &str = "select brief.*, brief_version.version, body, brief_version.created_at as changed_at, \
     (select count(*) from deal where deal.brief_id = brief.id) as deals \
     from brief join brief_version on brief_version.brief_id = brief.id";
const LATEST: &str = "brief_version.version = (select max(version) from brief_version where brief_id = brief.id)";

fn brief_of(row: &SqliteRow) -> BriefRow {
    BriefRow {
        id: row.get("id"),
        name: row.get("name"),
        campaign: row.get("campaign_id"),
        version: row.get("version"),
        body: row.get("body"),
        changed_at: Timestamp(row.get("changed_at")),
        is_archived: row.get::<Option<i64>, _>("archived_at").is_some(),
        deals: row.get::<i64, _>("deals").unsigned_abs(),
    }
}

impl Store {
    /// Briefs that are not put away, the latest changed first.
    pub async fn briefs(&self) -> Result<Vec<BriefRow>, StoreError> {
        let query = format!(
            "{BRIEF} where archived_at is null and {LATEST} order by brief_version.created_at desc, brief.id desc"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the briefs"))?;
        Ok(rows.iter().map(brief_of).collect())
    }

    /// A brief in one of its versions; in its latest where none is named.
    pub async fn brief(&self, id: i64, version: Option<i64>) -> Result<Option<BriefRow>, StoreError> {
        let query = match version {
            Some(_) => format!("{BRIEF} where brief.id = $1 and brief_version.version = $2"),
            None => format!("{BRIEF} where brief.id = $1 and {LATEST} and $2 is null"),
        };
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(id)
            .bind(version)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a brief"))?;
        Ok(row.as_ref().map(brief_of))
    }

    /// Makes a brief; `None` where one is called so.
    pub async fn add_brief(
        &self,
        name: &str,
        campaign: Option<i64>,
        body: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping a brief");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into brief (name, campaign_id, created_at) values ($1, $2, $3) on conflict do nothing returning id",
        )
        .bind(name)
        .bind(campaign)
        .bind(at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let id: i64 = row.get("id");
        sqlx::query("insert into brief_version (brief_id, version, body, created_at) values ($1, 1, $2, $3)")
            .bind(id)
            .bind(body)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(id))
    }

    /// Keeps a brief's next version, where `version` is still the latest; the new one's number.
    pub async fn change_brief(
        &self,
        id: i64,
        version: i64,
        campaign: Option<i64>,
        body: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("changing a brief");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let latest: Option<(i64,)> =
            sqlx::query_as("select max(version) from brief_version where brief_id = $1 having count(*) > 0")
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(&failed)?;
        if latest != Some((version,)) {
            return Ok(None);
        }
        sqlx::query("update brief set campaign_id = $2 where id = $1")
            .bind(id)
            .bind(campaign)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("insert into brief_version (brief_id, version, body, created_at) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(version + 1)
            .bind(body)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(version + 1))
    }

    /// Puts a brief away; deals made on it keep it.
    pub async fn archive_brief(&self, id: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query("update brief set archived_at = $2 where id = $1 and archived_at is null")
            .bind(id)
            .bind(at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("putting a brief away"))?;
        Ok(done.rows_affected() > 0)
    }
}
