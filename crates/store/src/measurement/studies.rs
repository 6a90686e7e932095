//! Questions asked of campaigns, kept as they were asked, with what they cost and what was found.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::telling::end_mails_of;
use crate::database::Store;
use crate::error::StoreError;

/// A study with its design.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyRow {
    pub id: i64,
    pub campaign: Option<i64>,
    pub name: String,
    /// JSON.
    pub design: String,
    /// Days as 2026-03-01, both measured.
    pub starts_on: String,
    pub ends_on: String,
    pub unlocks_at: Timestamp,
    pub created_at: Timestamp,
    pub actor: String,
    pub withdrawn: Option<(Timestamp, String)>,
}

/// A study about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewStudy<'a> {
    pub campaign: Option<i64>,
    pub name: &'a str,
    pub design: &'a str,
    pub starts_on: &'a str,
    pub ends_on: &'a str,
    pub unlocks_at: Timestamp,
    pub actor: &'a str,
}

/// What was found of a study.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyResultRow {
    pub id: i64,
    pub study: i64,
    /// JSON.
    pub found: String,
    pub data_hash: String,
    pub version: u32,
    pub as_of: Timestamp,
}

fn study_of(row: &SqliteRow) -> StudyRow {
    let withdrawn: Option<i64> = row.get("withdrawn_at");
    StudyRow {
        id: row.get("id"),
        campaign: row.get("campaign_id"),
        name: row.get("name"),
        design: row.get("design"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        unlocks_at: Timestamp(row.get("unlocks_at")),
        created_at: Timestamp(row.get("created_at")),
        actor: row.get("actor"),
        withdrawn: withdrawn.map(|at| (Timestamp(at), row.get("withdrawn_why"))),
    }
}

fn result_of(row: &SqliteRow) -> StudyResultRow {
    StudyResultRow {
        id: row.get("id"),
        study: row.get("study_id"),
        found: row.get("found"),
        data_hash: row.get("data_hash"),
        version: u32::try_from(row.get::<i64, _>("version")).unwrap_or(0),
        as_of: Timestamp(row.get("as_of")),
    }
}

impl Store {
    /// Every study, the newest first.
    pub async fn studies(&self) -> Result<Vec<StudyRow>, StoreError> {
        let rows = sqlx::query("select * from study order by id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the measurements"))?;
        Ok(rows.iter().map(study_of).collect())
    }

    pub async fn study(&self, id: i64) -> Result<Option<StudyRow>, StoreError> {
        let row = sqlx::query("select * from study where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a measurement"))?;
        Ok(row.as_ref().map(study_of))
    }

    /// Keeps a study; `None` where one of that name is held.
    pub async fn add_study(&self, study: &NewStudy<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into study (campaign_id, name, design, starts_on, ends_on, unlocks_at, created_at, actor) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (lower(name)) do nothing returning id",
        )
        .bind(study.campaign)
        .bind(study.name)
        .bind(study.design)
        .bind(study.starts_on)
        .bind(study.ends_on)
        .bind(study.unlocks_at.0)
        .bind(at.0)
        .bind(study.actor)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("keeping a measurement"))?;
        Ok(row.map(|row| row.get("id")))
    }

    /// Gives a study up; whether it had not been before. Nobody gets mails of it any more.
    pub async fn withdraw_study(&self, id: i64, why: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("giving a measurement up");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update study set withdrawn_at = $2, withdrawn_why = $3 where id = $1 and withdrawn_at is null",
        )
        .bind(id)
        .bind(at.0)
        .bind(why)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        end_mails_of(&mut transaction, id, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps what was found, once for each state of the data.
    pub async fn keep_study_result(&self, result: &StudyResultRow) -> Result<(), StoreError> {
        sqlx::query(
            "insert into study_result (study_id, found, data_hash, version, as_of) values ($1, $2, $3, $4, $5) \
             on conflict (study_id, data_hash, version) do nothing",
        )
        .bind(result.study)
        .bind(&result.found)
        .bind(&result.data_hash)
        .bind(i64::from(result.version))
        .bind(result.as_of.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping what was found"))?;
        Ok(())
    }

    /// What was found of a study, the oldest first.
    pub async fn study_results(&self, study: i64) -> Result<Vec<StudyResultRow>, StoreError> {
        let rows = sqlx::query("select * from study_result where study_id = $1 order by id")
            .bind(study)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was found"))?;
        Ok(rows.iter().map(result_of).collect())
    }

    /// What a study costs beside its deals, as JSON.
    pub async fn study_costs(&self, study: i64) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select costs from study_cost where study_id = $1")
            .bind(study)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading costs"))?;
        Ok(row.map(|row| row.get("costs")))
    }

    pub async fn keep_study_costs(
        &self,
        study: i64,
        costs: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into study_cost (study_id, costs, actor, at) values ($1, $2, $3, $4) \
             on conflict (study_id) do update set costs = excluded.costs, actor = excluded.actor, at = excluded.at",
        )
        .bind(study)
        .bind(costs)
        .bind(actor)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping costs"))?;
        Ok(())
    }

    /// Grows or changes with every series, cost, deal, campaign and reading that an answer may rest on.
    pub async fn measured_state(&self) -> Result<String, StoreError> {
        let row = sqlx::query(
            "select (select count(*) || ' ' || coalesce(max(changed_at), 0) from series) as series, \
             (select coalesce(max(at), 0) from study_cost) as costs, \
             (select count(*) || ' ' || coalesce(max(state_since), 0) || ' ' || coalesce(sum(version), 0) from deal) as deals, \
             (select count(*) || ' ' || coalesce(group_concat(name || coalesce(starts_on, '') || coalesce(ends_on, '')), '') \
                 from campaign) || (select coalesce(max(changed_at), 0) from brand_profile) as campaigns, \
             (select count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(max(corrected_at), 0) from post_measurement) as posts, \
             (select count(*) from post_match) as matches, (select count(*) from contact) as contacts",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading what an answer rests on"))?;
        let number = |column: &str| row.get::<i64, _>(column);
        let text = |column: &str| row.get::<String, _>(column);
        Ok(format!(
            "{}|{}|{}|{}|{}|{}|{}",
            text("series"),
            number("costs"),
            text("deals"),
            text("campaigns"),
            text("posts"),
            number("matches"),
            number("contacts")
        ))
    }
}
