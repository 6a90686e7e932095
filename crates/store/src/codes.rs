//! Codes that buyers type: whose each is, in which shop and how long; a code is given once in a shop and never again.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::conversions::{remove_answers, rename_code};
use crate::database::Store;
use crate::error::StoreError;

/// A code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRow {
    pub id: i64,
    /// `None`: in every shop.
    pub shop: Option<i64>,
    pub code: String,
    /// In capitals, without spaces around it.
    pub code_norm: String,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub campaign: Option<i64>,
    pub valid_from: Option<Timestamp>,
    /// Before this moment.
    pub valid_to: Option<Timestamp>,
    pub actor: String,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A code about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCode {
    pub shop: Option<i64>,
    pub code: String,
    pub code_norm: String,
    /// Keyed; stays when the code goes with whom it names.
    pub code_hash: String,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub campaign: Option<i64>,
    pub valid_from: Option<Timestamp>,
    pub valid_to: Option<Timestamp>,
    pub actor: String,
}

/// Which codes are listed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CodeFilter {
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub campaign: Option<i64>,
}

fn code_of(row: &SqliteRow) -> CodeRow {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    CodeRow {
        id: row.get("id"),
        shop: row.get("shop_id"),
        code: row.get("code"),
        code_norm: row.get("code_norm"),
        contact: row.get("contact_id"),
        deal: row.get("deal_id"),
        campaign: row.get("campaign_id"),
        valid_from: moment("valid_from"),
        valid_to: moment("valid_to"),
        actor: row.get("actor"),
        created_at: Timestamp(row.get("created_at")),
        ended_at: moment("ended_at"),
    }
}

impl Store {
    /// Keeps codes, all or none; their numbers in order, or the first that is taken.
    pub async fn add_codes(&self, codes: &[NewCode], at: Timestamp) -> Result<Result<Vec<i64>, String>, StoreError> {
        let failed = StoreError::of("keeping codes");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut ids = Vec::with_capacity(codes.len());
        for code in codes {
            // A code of every shop and the same code of one shop would name two creators for one order.
            let taken = sqlx::query(
                "select 1 from code where code_hash = $1 and ($2 is null or shop_id is null or shop_id = $2) limit 1",
            )
            .bind(&code.code_hash)
            .bind(code.shop)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
            if taken.is_some() {
                return Ok(Err(code.code.clone()));
            }
            let row = sqlx::query(
                "insert into code (shop_id, code, code_norm, contact_id, deal_id, campaign_id, valid_from, valid_to, actor, \
                 created_at, code_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
            )
            .bind(code.shop)
            .bind(&code.code)
            .bind(&code.code_norm)
            .bind(code.contact)
            .bind(code.deal)
            .bind(code.campaign)
            .bind(code.valid_from.map(|at| at.0))
            .bind(code.valid_to.map(|at| at.0))
            .bind(&code.actor)
            .bind(at.0)
            .bind(&code.code_hash)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
            ids.push(row.get("id"));
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(Ok(ids))
    }

    /// Codes, the newest first.
    pub async fn codes(&self, filter: &CodeFilter) -> Result<Vec<CodeRow>, StoreError> {
        let rows = sqlx::query(
            "select * from code where ($1 is null or contact_id = $1) and ($2 is null or deal_id = $2) \
             and ($3 is null or campaign_id = $3) order by id desc",
        )
        .bind(filter.contact)
        .bind(filter.deal)
        .bind(filter.campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading codes"))?;
        Ok(rows.iter().map(code_of).collect())
    }

    /// Codes of some deals, and those of some contacts that are of no deal, the oldest first.
    pub async fn codes_of(&self, deals: &[i64], contacts: &[i64]) -> Result<Vec<CodeRow>, StoreError> {
        let rows = sqlx::query(
            "select * from code where deal_id in (select value from json_each($1)) \
             or (deal_id is null and contact_id in (select value from json_each($2))) order by id",
        )
        .bind(serde_json::json!(deals).to_string())
        .bind(serde_json::json!(contacts).to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading codes"))?;
        Ok(rows.iter().map(code_of).collect())
    }

    /// Codes by what buyers type, in capitals.
    pub async fn codes_typed(&self, norms: &[&str]) -> Result<Vec<CodeRow>, StoreError> {
        let rows =
            sqlx::query("select code.* from json_each($1) cross join code on code_norm = value order by code.id")
                .bind(serde_json::to_string(norms).unwrap_or_default())
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading codes"))?;
        Ok(rows.iter().map(code_of).collect())
    }

    /// Grows or changes with every code.
    pub async fn codes_state(&self) -> Result<(i64, i64), StoreError> {
        sqlx::query_as("select count(*), coalesce(sum(id * (ended_at is null)), 0) from code")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading codes"))
    }

    pub async fn code(&self, id: i64) -> Result<Option<CodeRow>, StoreError> {
        let row = sqlx::query("select * from code where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a code"))?;
        Ok(row.as_ref().map(code_of))
    }

    /// Ends a code, or lets it count again; whether that changed anything.
    pub async fn end_code(&self, id: i64, ended_at: Option<Timestamp>) -> Result<bool, StoreError> {
        // Who lets it count again means for longer than it was meant to.
        let done = sqlx::query(
            "update code set ended_at = $2, valid_to = case when $2 is null then null else valid_to end where id = $1 \
             and ((ended_at is null) <> ($2 is null) or ($2 is null and valid_to is not null))",
        )
        .bind(id)
        .bind(ended_at.map(|at| at.0))
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("ending a code"))?;
        Ok(done.rows_affected() > 0)
    }

    /// On how many orders and leads of each shop that count each code stands: shop, the code in capitals, how many; the most used first.
    pub async fn code_uses(&self) -> Result<Vec<(i64, String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select shop_id, subject, count(*) as uses from conversion_proof join conversion on conversion.id = conversion_id \
             where conversion_proof.kind = 'code' and conversion.at is not null and is_paid = 1 and is_test = 0 and cancelled_at is null group by shop_id, subject order by uses desc, subject",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading how often codes were used"))?;
        let of = |row: &SqliteRow| (row.get("shop_id"), row.get("subject"), row.get::<i64, _>("uses").unsigned_abs());
        Ok(rows.iter().map(of).collect())
    }

    /// What stands in the place of codes whose creators were forgotten, of the hashes given: hash, shop, name.
    pub async fn codes_forgotten(&self, hashes: &[String]) -> Result<Vec<(String, Option<i64>, String)>, StoreError> {
        sqlx::query_as(
            "select code_hash, shop_id, code_norm from json_each($1) cross join code on code_hash = value where code_norm like '~%'",
        )
        .bind(serde_json::to_string(hashes).unwrap_or_default())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading codes"))
    }
}

/// Ends the codes of a contact who is forgotten and takes the words away, which often hold a name; on orders too.
pub(crate) async fn forget_codes(
    connection: &mut SqliteConnection,
    contact: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let name: Option<(String,)> =
        sqlx::query_as("select name from contact where id = $1").bind(contact).fetch_optional(&mut *connection).await?;
    if let Some((name,)) = name.filter(|(name,)| !name.trim().is_empty()) {
        remove_answers(connection, &name).await?;
    }
    let codes: Vec<(i64, Option<i64>, String)> =
        sqlx::query_as("select id, shop_id, code_norm from code where contact_id = $1")
            .bind(contact)
            .fetch_all(&mut *connection)
            .await?;
    for (id, shop, code_norm) in codes {
        let name = format!("~{id}");
        sqlx::query("update code set code = $2, code_norm = $2, ended_at = coalesce(ended_at, $3) where id = $1")
            .bind(id)
            .bind(&name)
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
        rename_code(connection, shop, &code_norm, &name).await?;
    }
    Ok(())
}

crate::outreach::moves!(move_codes, give_back_codes, "code", "id");
