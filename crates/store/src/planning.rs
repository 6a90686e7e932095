//! Plans with whom they name, and the campaigns they were handed over to.

use model::{AccountId, BrandId, Currency, Money, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;

/// Why a creator is named in a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlanRole {
    Pick,
    Must,
    Never,
    /// Agreed already, at a fee.
    Agreed,
    /// One of two who must not run together.
    Apart,
}

impl PlanRole {
    const ALL: [PlanRole; 5] = [PlanRole::Pick, PlanRole::Must, PlanRole::Never, PlanRole::Agreed, PlanRole::Apart];

    pub fn code(self) -> &'static str {
        match self {
            PlanRole::Pick => "pick",
            PlanRole::Must => "must",
            PlanRole::Never => "never",
            PlanRole::Agreed => "agreed",
            PlanRole::Apart => "apart",
        }
    }
}

/// A creator a plan names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanCreatorRow {
    pub account: AccountId,
    pub role: PlanRole,
    /// Two who must not run together have the same number above 0.
    pub pair: i64,
    pub format: String,
    pub fee_minor_units: Option<i64>,
}

/// A plan as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanRow {
    pub id: i64,
    pub brand: String,
    pub campaign: String,
    /// JSON.
    pub asked: String,
    /// JSON; `None` where somebody it names has been forgotten.
    pub made: Option<String>,
    pub version: u32,
    pub data_revision: i64,
    pub made_at: Timestamp,
}

/// A plan in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanListRow {
    pub id: i64,
    pub brand: String,
    pub campaign: String,
    /// JSON.
    pub summary: String,
    /// Somebody it named has been forgotten, so that it has to be made anew.
    pub is_gone: bool,
    pub made_at: Timestamp,
}

/// A plan about to be kept.
pub struct NewPlan<'a> {
    pub brand: BrandId,
    pub campaign: &'a str,
    pub asked: &'a str,
    pub made: &'a str,
    pub summary: &'a str,
    pub version: u32,
    pub data_revision: i64,
    pub creators: &'a [PlanCreatorRow],
}

/// A creator of a campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignCreatorRow {
    pub account: AccountId,
    pub format: String,
    pub posts: u32,
    pub fee_minor_units: Option<i64>,
    pub is_agreed: bool,
}

/// A campaign of a brand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignRow {
    pub id: i64,
    pub brand: String,
    pub name: String,
    pub plan: Option<i64>,
    /// Days as 2026-03-01.
    pub starts_on: Option<String>,
    pub ends_on: Option<String>,
    pub budget: Money,
    pub created_at: Timestamp,
    pub creators: u64,
}

/// A campaign about to be kept.
pub struct NewCampaign<'a> {
    pub brand: BrandId,
    pub name: &'a str,
    pub plan: i64,
    pub starts_on: Option<&'a str>,
    pub ends_on: Option<&'a str>,
    pub budget: Money,
    pub creators: &'a [CampaignCreatorRow],
}

const CAMPAIGN: &str = "select campaign.*, count(account_id) as creators from campaign \
     left join campaign_creator on campaign_id = campaign.id";

fn plan_of(row: &SqliteRow) -> PlanRow {
    PlanRow {
        id: row.get("id"),
        brand: row.get("brand_id"),
        campaign: row.get("campaign"),
        asked: row.get("asked"),
        made: row.get("made"),
        version: u32::try_from(row.get::<i64, _>("version")).unwrap_or(0),
        data_revision: row.get("data_revision"),
        made_at: Timestamp(row.get("made_at")),
    }
}

fn campaign_of(row: &SqliteRow) -> Result<CampaignRow, StoreError> {
    let code: String = row.get("currency");
    let currency = Currency::new(&code).map_err(|problem| StoreError::Database {
        what: "a campaign's currency cannot be read",
        problem: problem.to_string(),
    })?;
    Ok(CampaignRow {
        id: row.get("id"),
        brand: row.get("brand_id"),
        name: row.get("name"),
        plan: row.get("plan_id"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        budget: Money { minor_units: row.get("budget_minor_units"), currency },
        created_at: Timestamp(row.get("created_at")),
        creators: row.get::<i64, _>("creators").unsigned_abs(),
    })
}

impl Store {
    /// Every plan, the newest first.
    pub async fn plans(&self) -> Result<Vec<PlanListRow>, StoreError> {
        let rows = sqlx::query(
            "select id, brand_id, campaign, summary, made is null as is_gone, made_at from plan order by id desc",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the plans"))?;
        let row = |row: &SqliteRow| PlanListRow {
            id: row.get("id"),
            brand: row.get("brand_id"),
            campaign: row.get("campaign"),
            summary: row.get("summary"),
            is_gone: row.get::<i64, _>("is_gone") != 0,
            made_at: Timestamp(row.get("made_at")),
        };
        Ok(rows.iter().map(row).collect())
    }

    pub async fn plan(&self, id: i64) -> Result<Option<PlanRow>, StoreError> {
        let row = sqlx::query("select * from plan where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a plan"))?;
        Ok(row.as_ref().map(plan_of))
    }

    /// Whom a plan names, by role, pair and account.
    pub async fn plan_creators(&self, plan: i64) -> Result<Vec<PlanCreatorRow>, StoreError> {
        let rows = sqlx::query("select * from plan_creator where plan_id = $1 order by role, pair, account_id, format")
            .bind(plan)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading whom a plan names"))?;
        let row = |row: &SqliteRow| {
            let code: String = row.get("role");
            Some(PlanCreatorRow {
                account: AccountId(row.get("account_id")),
                role: PlanRole::ALL.into_iter().find(|role| role.code() == code)?,
                pair: row.get("pair"),
                format: row.get("format"),
                fee_minor_units: row.get("fee_minor_units"),
            })
        };
        Ok(rows.iter().filter_map(row).collect())
    }

    /// Keeps a plan with whom it names, all of it or nothing; returns its number. `None`, and nothing is kept, where facts
    /// came in or went, or somebody is being forgotten, since it was made: it may name whom nothing may name any more.
    pub async fn keep_plan(&self, plan: &NewPlan<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping a plan");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into plan (brand_id, campaign, asked, made, version, data_revision, made_at, summary) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        )
        .bind(plan.brand.to_string())
        .bind(plan.campaign)
        .bind(plan.asked)
        .bind(plan.made)
        .bind(i64::from(plan.version))
        .bind(plan.data_revision)
        .bind(at.0)
        .bind(plan.summary)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let id: i64 = row.get("id");
        put_creators(&mut transaction, id, plan.creators).await.map_err(&failed)?;
        // The row above holds the database for writing, so that nobody is forgotten between this and the commit.
        if !still_holds(&mut transaction, plan.data_revision).await.map_err(&failed)? {
            return Ok(None);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(id))
    }

    /// Puts a plan that was made anew, because somebody it named is forgotten, in the place of what was kept; `false`, and
    /// nothing is changed, where facts have moved on as in [`Store::keep_plan`].
    pub async fn remake_plan(&self, id: i64, plan: &NewPlan<'_>, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("keeping a plan made anew");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query(
            "update plan set made = $1, version = $2, data_revision = $3, made_at = $4, summary = $6 where id = $5",
        )
        .bind(plan.made)
        .bind(i64::from(plan.version))
        .bind(plan.data_revision)
        .bind(at.0)
        .bind(id)
        .bind(plan.summary)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query("delete from plan_creator where plan_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        put_creators(&mut transaction, id, plan.creators).await.map_err(&failed)?;
        if !still_holds(&mut transaction, plan.data_revision).await.map_err(&failed)? {
            return Ok(false);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Deletes a plan; campaigns that began with it stay.
    pub async fn delete_plan(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from plan where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("deleting a plan"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes accounts out of all plans and campaigns. Plans that named one are made anew when they are looked at.
    pub async fn forget_in_planning(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("forgetting an account in plans");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for account in accounts {
            // What was made names those left out too, so that plans it was no part of may name it.
            sqlx::query("update plan set made = null where instr(made, $1) > 0 or id in (select plan_id from plan_creator where account_id = $2)")
                .bind(account.to_string())
                .bind(account.0)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            for statement in
                ["delete from plan_creator where account_id = $1", "delete from campaign_creator where account_id = $1"]
            {
                sqlx::query(statement).bind(account.0).execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Every campaign, the newest first.
    pub async fn campaigns(&self) -> Result<Vec<CampaignRow>, StoreError> {
        let mut query = QueryBuilder::new(CAMPAIGN);
        query.push(" group by campaign.id order by campaign.id desc");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the campaigns"))?;
        rows.iter().map(campaign_of).collect()
    }

    pub async fn campaign(&self, id: i64) -> Result<Option<CampaignRow>, StoreError> {
        let mut query = QueryBuilder::new(CAMPAIGN);
        query.push(" where campaign.id = ").push_bind(id).push(" group by campaign.id");
        let row = query.build().fetch_optional(&self.pool).await.map_err(StoreError::of("reading a campaign"))?;
        row.as_ref().map(campaign_of).transpose()
    }

    /// The creators of a campaign, in the order they were added.
    pub async fn campaign_creators(&self, campaign: i64) -> Result<Vec<CampaignCreatorRow>, StoreError> {
        let rows = sqlx::query("select * from campaign_creator where campaign_id = $1 order by rowid")
            .bind(campaign)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the creators of a campaign"))?;
        let row = |row: &SqliteRow| CampaignCreatorRow {
            account: AccountId(row.get("account_id")),
            format: row.get("format"),
            posts: u32::try_from(row.get::<i64, _>("posts")).unwrap_or(1),
            fee_minor_units: row.get("fee_minor_units"),
            is_agreed: row.get::<i64, _>("is_agreed") != 0,
        };
        Ok(rows.iter().map(row).collect())
    }

    /// Begins a campaign with those creators whom its plan still picks, all of it or nothing; `None` where the brand has one of
    /// that name.
    pub async fn begin_campaign(&self, campaign: &NewCampaign<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("beginning a campaign");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into campaign (brand_id, name, plan_id, starts_on, ends_on, budget_minor_units, currency, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id",
        )
        .bind(campaign.brand.to_string())
        .bind(campaign.name)
        .bind(campaign.plan)
        .bind(campaign.starts_on)
        .bind(campaign.ends_on)
        .bind(campaign.budget.minor_units)
        .bind(campaign.budget.currency())
        .bind(at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(id) = row.map(|row| row.get::<i64, _>("id")) else { return Ok(None) };
        for creator in campaign.creators {
            sqlx::query(
                "insert into campaign_creator \
                 (campaign_id, account_id, format, posts, fee_minor_units, is_agreed, added_at) \
                 select $1, $2, $3, $4, $5, $6, $7 where exists \
                 (select 1 from plan_creator where plan_id = $8 and account_id = $2 and role = 'pick')",
            )
            .bind(id)
            .bind(creator.account.0)
            .bind(&creator.format)
            .bind(i64::from(creator.posts))
            .bind(creator.fee_minor_units)
            .bind(i64::from(creator.is_agreed))
            .bind(at.0)
            .bind(campaign.plan)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(id))
    }

    /// Deletes a campaign with its list of creators.
    pub async fn delete_campaign(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from campaign where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("deleting a campaign"))?;
        Ok(done.rows_affected() > 0)
    }
}

/// Whether facts are those of this revision and nobody is being forgotten.
async fn still_holds(transaction: &mut SqliteConnection, data_revision: i64) -> Result<bool, sqlx::Error> {
    let (holds,): (i64,) = sqlx::query_as(
        "select (select revision from data_revision where id = 1) = $1 and not exists (select 1 from erasure_under_way)",
    )
    .bind(data_revision)
    .fetch_one(transaction)
    .await?;
    Ok(holds != 0)
}

async fn put_creators(
    transaction: &mut SqliteConnection,
    plan: i64,
    creators: &[PlanCreatorRow],
) -> Result<(), sqlx::Error> {
    for creator in creators {
        sqlx::query(
            "insert or replace into plan_creator (plan_id, account_id, role, pair, format, fee_minor_units) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(plan)
        .bind(creator.account.0)
        .bind(creator.role.code())
        .bind(creator.pair)
        .bind(&creator.format)
        .bind(creator.fee_minor_units)
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened(folder: &tempfile::TempDir) -> Store {
        Store::open(folder.path()).await.expect("opens")
    }

    fn named(account: i64, role: PlanRole) -> PlanCreatorRow {
        PlanCreatorRow {
            account: AccountId(account),
            role,
            pair: 0,
            format: "post".to_owned(),
            fee_minor_units: Some(900),
        }
    }

    #[tokio::test]
    async fn a_plan_is_kept_whole_and_forgets_whom_it_must() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = opened(&folder).await;
        let creators = [named(1, PlanRole::Pick), named(2, PlanRole::Never)];
        let new = NewPlan {
            brand: BrandId::new(),
            campaign: "spring",
            asked: "{}",
            made: "{\"left_out\":[\"77\"]}",
            summary: "{}",
            version: 1,
            data_revision: 0,
            creators: &creators,
        };
        let id = store.keep_plan(&new, Timestamp(5)).await.expect("keeps").expect("facts are those it was made of");
        assert_eq!(store.plan_creators(id).await.expect("reads").len(), 2);
        store.forget_in_planning(&[AccountId(77)]).await.expect("forgets");
        let plan = store.plan(id).await.expect("reads").expect("is there");
        assert_eq!(
            (plan.made, plan.campaign.as_str()),
            (None, "spring"),
            "it named the forgotten one among those left out"
        );
        assert!(store.plans().await.expect("reads")[0].is_gone);
        let anew = NewPlan { made: "{}", ..new };
        assert!(store.remake_plan(id, &anew, Timestamp(6)).await.expect("keeps anew"));
        store.facts_changed().await.expect("moves on");
        assert!(!store.remake_plan(id, &anew, Timestamp(7)).await.expect("answers"), "facts have moved on");
        assert_eq!(store.keep_plan(&anew, Timestamp(7)).await.expect("answers"), None, "and nothing is kept");
        store.forget_in_planning(&[AccountId(1)]).await.expect("forgets");
        let left = store.plan_creators(id).await.expect("reads");
        assert_eq!(left.iter().map(|one| one.account.0).collect::<Vec<_>>(), [2]);
        assert!(store.delete_plan(id).await.expect("deletes") && store.plans().await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn a_campaign_begins_once_and_outlives_its_plan() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = opened(&folder).await;
        let brand = BrandId::new();
        let new = NewPlan {
            brand,
            campaign: "spring",
            asked: "{}",
            made: "{}",
            summary: "{}",
            version: 1,
            data_revision: 0,
            creators: &[named(9, PlanRole::Pick)],
        };
        let plan = store.keep_plan(&new, Timestamp(5)).await.expect("keeps").expect("is kept");
        let of = |account: i64| CampaignCreatorRow {
            account: AccountId(account),
            format: "post".to_owned(),
            posts: 2,
            fee_minor_units: None,
            is_agreed: false,
        };
        let creators = [of(9), of(8)];
        let new = NewCampaign {
            brand,
            name: "Spring",
            plan,
            starts_on: Some("2026-03-01"),
            ends_on: None,
            budget: Money::new(2_500, "EUR").expect("money"),
            creators: &creators,
        };
        let id = store.begin_campaign(&new, Timestamp(6)).await.expect("begins").expect("is new");
        let again = NewCampaign { name: "spring", ..new };
        assert_eq!(store.begin_campaign(&again, Timestamp(7)).await.expect("answers"), None);
        assert!(store.delete_plan(plan).await.expect("deletes"));
        let held = store.campaign(id).await.expect("reads").expect("is there");
        assert_eq!((held.plan, held.creators, held.budget.minor_units), (None, 1, 2_500));
        assert_eq!(
            store.campaign_creators(id).await.expect("reads"),
            creators[..1],
            "the plan does not pick the other"
        );
        store.forget_in_planning(&[AccountId(9)]).await.expect("forgets");
        assert!(store.campaign_creators(id).await.expect("reads").is_empty());
    }
}
