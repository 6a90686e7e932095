//! Brands as people set them up, and the rankings kept for them with the settings and data that made them.

use model::{AccountId, Brand, BrandId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite};

use crate::database::Store;
use crate::error::StoreError;

/// A ranking that was made once and is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptRanking {
    pub id: i64,
    pub brand: BrandId,
    pub data_revision: i64,
    /// Everything that made it, as JSON.
    pub settings: String,
    pub settings_hash: String,
    pub made_at: Timestamp,
    /// Counts of the whole, as JSON.
    pub summary: String,
}

/// One creator of a ranking kept: the columns a table sorts and filters by, and the rest as JSON.
#[derive(Clone, PartialEq, Debug)]
pub struct RankedRow {
    /// From 1.
    pub position: i64,
    pub account: AccountId,
    pub platform: String,
    pub name: String,
    pub handle: String,
    pub tier: Option<String>,
    pub followers: Option<i64>,
    pub fit: f64,
    pub fit_lo: f64,
    pub fit_hi: f64,
    /// The conversation level's code.
    pub level: String,
    pub reply_rate: Option<f64>,
    pub engagement: Option<f64>,
    pub buyers_talking: i64,
    /// The estimates with their explanations, as JSON.
    pub detail: String,
}

/// What a table sorts by; unknown values come last in both directions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum RankedSort {
    #[default]
    Position,
    Name,
    Followers,
    ReplyRate,
    Engagement,
    BuyersTalking,
}

impl RankedSort {
    pub const ALL: [RankedSort; 6] = [
        RankedSort::Position,
        RankedSort::Name,
        RankedSort::Followers,
        RankedSort::ReplyRate,
        RankedSort::Engagement,
        RankedSort::BuyersTalking,
    ];

    /// The word in a URL.
    pub fn code(self) -> &'static str {
        match self {
            RankedSort::Position => "position",
            RankedSort::Name => "name",
            RankedSort::Followers => "followers",
            RankedSort::ReplyRate => "reply_rate",
            RankedSort::Engagement => "engagement",
            RankedSort::BuyersTalking => "buyers_talking",
        }
    }

    pub fn from_code(code: &str) -> Option<RankedSort> {
        RankedSort::ALL.into_iter().find(|sort| sort.code() == code)
    }
}

/// Which creators of a ranking are wanted, and in what order. Empty lists mean all.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct RankedFilter {
    pub platforms: Vec<String>,
    /// Tier codes; `unknown` is the creators whose followers are not known.
    pub tiers: Vec<String>,
    pub levels: Vec<String>,
    pub accounts: Vec<AccountId>,
    /// A part of the name or handle.
    pub text: Option<String>,
    pub sort: RankedSort,
    pub descending: bool,
    pub limit: u32,
    pub offset: u32,
}

impl Store {
    /// Keeps a brand; a new name is added, an existing id is changed.
    pub async fn keep_brand(&self, brand: &Brand, at: Timestamp) -> Result<(), StoreError> {
        let buyers = serde_json::to_string(&brand.buyers).expect("a definition serialises");
        sqlx::query(
            "insert into brand (id, name, buyers, created_at, changed_at) values ($1, $2, $3, $4, $4)
             on conflict (id) do update set name = $2, buyers = $3, changed_at = $4",
        )
        .bind(brand.id.to_string())
        .bind(&brand.name)
        .bind(buyers)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(|error| match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => StoreError::BrandExists(brand.name.clone()),
            _ => StoreError::of("keeping a brand")(error),
        })?;
        Ok(())
    }

    pub async fn delete_brand(&self, id: BrandId) -> Result<(), StoreError> {
        sqlx::query("delete from brand where id = $1")
            .bind(id.to_string())
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a brand"))?;
        Ok(())
    }

    /// Every brand, by name.
    pub async fn brands(&self) -> Result<Vec<Brand>, StoreError> {
        let rows = sqlx::query("select id, name, buyers from brand order by name")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the brands"))?;
        rows.iter().map(brand_of).collect()
    }

    /// A brand by its id or, in any case, its name.
    pub async fn brand(&self, id_or_name: &str) -> Result<Option<Brand>, StoreError> {
        let row = sqlx::query("select id, name, buyers from brand where id = $1 or lower(name) = lower($1)")
            .bind(id_or_name)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a brand"))?;
        row.as_ref().map(brand_of).transpose()
    }

    /// Keeps a ranking with its creators in one transaction and drops older ones of that brand but the last few.
    pub async fn keep_ranking(&self, ranking: &KeptRanking, rows: &[RankedRow]) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping a ranking");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from ranking where brand_id = $1 and data_revision = $2 and settings_hash = $3")
            .bind(ranking.brand.to_string())
            .bind(ranking.data_revision)
            .bind(&ranking.settings_hash)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let (id,): (i64,) = sqlx::query_as(
            "insert into ranking (brand_id, data_revision, settings, settings_hash, made_at, summary)
             values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(ranking.brand.to_string())
        .bind(ranking.data_revision)
        .bind(&ranking.settings)
        .bind(&ranking.settings_hash)
        .bind(ranking.made_at.0)
        .bind(&ranking.summary)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        for portion in rows.chunks(500) {
            let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
                "insert into ranked_creator (ranking_id, position, account_id, platform, name, handle, tier, followers, \
                 fit, fit_lo, fit_hi, level, reply_rate, engagement, buyers_talking, detail) ",
            );
            insert.push_values(portion, |mut values, row| {
                values
                    .push_bind(id)
                    .push_bind(row.position)
                    .push_bind(row.account.0)
                    .push_bind(&row.platform)
                    .push_bind(&row.name)
                    .push_bind(&row.handle)
                    .push_bind(&row.tier)
                    .push_bind(row.followers)
                    .push_bind(row.fit)
                    .push_bind(row.fit_lo)
                    .push_bind(row.fit_hi)
                    .push_bind(&row.level)
                    .push_bind(row.reply_rate)
                    .push_bind(row.engagement)
                    .push_bind(row.buyers_talking)
                    .push_bind(&row.detail);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        sqlx::query(
            "delete from ranking where brand_id = $1 and id not in
             (select id from ranking where brand_id = $1 order by id desc limit 5)",
        )
        .bind(ranking.brand.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// Removes every kept ranking: a forgotten person may stand in any of them, as a creator or as a buyer beside one.
    pub async fn drop_rankings(&self) -> Result<(), StoreError> {
        sqlx::query("delete from ranking")
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing the rankings kept"))?;
        Ok(())
    }

    /// The ranking made from exactly this data with exactly these settings, if it was kept.
    pub async fn ranking(
        &self,
        brand: BrandId,
        data_revision: i64,
        settings_hash: &str,
    ) -> Result<Option<KeptRanking>, StoreError> {
        let row =
            sqlx::query("select * from ranking where brand_id = $1 and data_revision = $2 and settings_hash = $3")
                .bind(brand.to_string())
                .bind(data_revision)
                .bind(settings_hash)
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::of("reading a ranking"))?;
        row.as_ref().map(ranking_of).transpose()
    }

    /// The creators of a ranking that pass the filter, in the order asked for; ties by position.
    pub async fn ranked(&self, ranking: i64, filter: &RankedFilter) -> Result<Vec<RankedRow>, StoreError> {
        let mut query = QueryBuilder::new("select * from ranked_creator");
        push_filter(&mut query, ranking, filter);
        let direction = if filter.descending { "desc" } else { "asc" };
        let column = match filter.sort {
            RankedSort::Position => "position",
            RankedSort::Name => "name collate nocase",
            RankedSort::Followers => "followers",
            RankedSort::ReplyRate => "reply_rate",
            RankedSort::Engagement => "engagement",
            RankedSort::BuyersTalking => "buyers_talking",
        };
        query.push(format!(" order by {column} {direction} nulls last, position limit "));
        query.push_bind(i64::from(filter.limit));
        query.push(" offset ");
        query.push_bind(i64::from(filter.offset));
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading a ranking"))?;
        Ok(rows.iter().map(ranked_row_of).collect())
    }

    /// Everybody in a ranking with the score and its interval.
    pub async fn ranked_scores(&self, ranking: i64) -> Result<Vec<(AccountId, f64, f64, f64)>, StoreError> {
        let rows: Vec<(i64, f64, f64, f64)> =
            sqlx::query_as("select account_id, fit, fit_lo, fit_hi from ranked_creator where ranking_id = $1")
                .bind(ranking)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading the scores of a ranking"))?;
        Ok(rows.into_iter().map(|(account, value, lo, hi)| (AccountId(account), value, lo, hi)).collect())
    }

    /// How many creators of a ranking pass the filter.
    pub async fn ranked_count(&self, ranking: i64, filter: &RankedFilter) -> Result<i64, StoreError> {
        let mut query = QueryBuilder::new("select count(*) as n from ranked_creator");
        push_filter(&mut query, ranking, filter);
        let row = query.build().fetch_one(&self.pool).await.map_err(StoreError::of("counting a ranking"))?;
        Ok(row.get("n"))
    }

    /// How many creators of a ranking have each value of a column: `platform`, `tier` or `level`.
    pub async fn ranked_facets(&self, ranking: i64, facet: RankedFacet) -> Result<Vec<FacetCount>, StoreError> {
        let column = facet.column();
        let sql = format!(
            "select coalesce({column}, 'unknown') as value, count(*) as n from ranked_creator where ranking_id = $1 \
             group by 1 order by 2 desc, 1"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(ranking)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("counting the values of a ranking"))?;
        Ok(rows.iter().map(|row| FacetCount { value: row.get("value"), count: row.get("n") }).collect())
    }
}

/// A column whose values a filter offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RankedFacet {
    Platform,
    Tier,
    Level,
}

impl RankedFacet {
    fn column(self) -> &'static str {
        match self {
            RankedFacet::Platform => "platform",
            RankedFacet::Tier => "tier",
            RankedFacet::Level => "level",
        }
    }
}

/// A value of a facet and how many creators have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FacetCount {
    pub value: String,
    pub count: i64,
}

fn push_filter(query: &mut QueryBuilder<Sqlite>, ranking: i64, filter: &RankedFilter) {
    query.push(" where ranking_id = ");
    query.push_bind(ranking);
    push_any(query, "platform", &filter.platforms);
    push_any(query, "coalesce(tier, 'unknown')", &filter.tiers);
    push_any(query, "level", &filter.levels);
    if !filter.accounts.is_empty() {
        query.push(" and account_id in (");
        let mut list = query.separated(", ");
        for account in &filter.accounts {
            list.push_bind(account.0);
        }
        query.push(")");
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query.push(" and (name like ");
        query.push_bind(pattern.clone());
        query.push(" escape '\\' or handle like ");
        query.push_bind(pattern);
        query.push(" escape '\\')");
    }
}

fn push_any(query: &mut QueryBuilder<Sqlite>, column: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    query.push(format!(" and {column} in ("));
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value.clone());
    }
    query.push(")");
}

fn brand_of(row: &SqliteRow) -> Result<Brand, StoreError> {
    let damaged = |problem: String| StoreError::Database { what: "a brand that was kept cannot be read", problem };
    let id: String = row.get("id");
    Ok(Brand {
        id: id.parse().map_err(|_| damaged(format!("its id is {id}")))?,
        name: row.get("name"),
        buyers: serde_json::from_str(row.get("buyers")).map_err(|error| damaged(error.to_string()))?,
    })
}

fn ranking_of(row: &SqliteRow) -> Result<KeptRanking, StoreError> {
    let brand: String = row.get("brand_id");
    Ok(KeptRanking {
        id: row.get("id"),
        brand: brand.parse().map_err(|_| StoreError::Database {
            what: "a ranking that was kept cannot be read",
            problem: format!("its brand is {brand}"),
        })?,
        data_revision: row.get("data_revision"),
        settings: row.get("settings"),
        settings_hash: row.get("settings_hash"),
        made_at: Timestamp(row.get("made_at")),
        summary: row.get("summary"),
    })
}

fn ranked_row_of(row: &SqliteRow) -> RankedRow {
    RankedRow {
        position: row.get("position"),
        account: AccountId(row.get("account_id")),
        platform: row.get("platform"),
        name: row.get("name"),
        handle: row.get("handle"),
        tier: row.get("tier"),
        followers: row.get("followers"),
        fit: row.get("fit"),
        fit_lo: row.get("fit_lo"),
        fit_hi: row.get("fit_hi"),
        level: row.get("level"),
        reply_rate: row.get("reply_rate"),
        engagement: row.get("engagement"),
        buyers_talking: row.get("buyers_talking"),
        detail: row.get("detail"),
    }
}
