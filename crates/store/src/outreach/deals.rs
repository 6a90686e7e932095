//! Deals: every version of their terms with who proposed it, and each step of both sides, none of them twice.

use model::Timestamp;
use model::outreach::deals::{DealState, Party};
use model::outreach::{Stage, TouchKind};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::choices::{NewChoice, put_choice};
use super::coded;
use super::contacts::move_stage;
use super::content::{NewDeliverable, put_deliverables};
use super::payments::{NewPayment, cancel_payments, put_payment};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;
use crate::prices::{DealPrice, put_deal_price, remove_deal_prices};
use crate::webhooks::{NewEvent, put_new_event};

/// A deal with somebody, with the terms that count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DealRow {
    pub id: i64,
    pub contact: i64,
    pub contact_name: String,
    pub owner: String,
    pub campaign: Option<i64>,
    pub brief: i64,
    pub brief_name: String,
    pub brief_version: i64,
    pub state: DealState,
    pub state_since: Timestamp,
    pub version: i64,
    /// JSON.
    pub terms: String,
    pub reason: String,
    pub created_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub accepted_by: String,
    /// How many pieces there are, and how many are posted.
    pub pieces: u64,
    pub live: u64,
    /// The next day something is due; empty where nothing is.
    pub next_due_on: String,
}

/// One version of a deal's terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DealVersionRow {
    pub version: i64,
    pub party: Party,
    /// JSON.
    pub terms: String,
    pub message: String,
    pub created_at: Timestamp,
}

/// A deal about to be kept.
pub struct NewDeal<'a> {
    pub contact: i64,
    pub campaign: Option<i64>,
    pub brief: i64,
    pub brief_version: i64,
    /// JSON.
    pub terms: &'a str,
    pub message: &'a str,
    pub actor: &'a str,
    /// For the timeline.
    pub summary: &'a str,
}

/// A step of one party.
pub struct DealStep<'a> {
    pub deal: i64,
    /// The version of the terms the party looked at.
    pub version: i64,
    pub next: DealState,
    pub by: Party,
    pub actor: &'a str,
    /// New terms, as JSON, with a message: they become the next version.
    pub terms: Option<(&'a str, &'a str)>,
    pub reason: &'a str,
    /// Who accepts, as they wrote their name.
    pub accepted_by: &'a str,
    /// What accepting brings.
    pub pieces: &'a [NewDeliverable],
    pub payments: &'a [NewPayment],
    /// What of the fee goes into the price history.
    pub prices: &'a [DealPrice],
    /// What they chose, and where it is sent.
    pub choice: Option<NewChoice>,
    /// For the timeline.
    pub summary: &'a str,
    /// Where the contact stands by it.
    pub stage: Option<Stage>,
    /// What other programs are told of it.
    pub event: Option<&'a NewEvent>,
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    Done,
    /// The terms or the state are others by now.
    Moved,
    NotThere,
}

/// Which deals are meant.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct DealFilter {
    pub contact: Option<i64>,
    pub campaign: Option<i64>,
    pub state: Option<DealState>,
}

const DEAL: &str = "select deal.*, contact.name as contact_name, contact.owner, brief.name as brief_name, terms, \
     (select count(*) from deliverable where deal_id = deal.id) as pieces, \
     (select count(*) from deliverable where deal_id = deal.id and state = 'live') as live, \
     coalesce((select min(case when state in ('waiting', 'changes') and draft_due_on <> '' then draft_due_on else due_on end) \
       from deliverable where deal_id = deal.id and state <> 'live' and due_on <> ''), '') as next_due_on \
     from deal join contact on contact.id = deal.contact_id join brief on brief.id = deal.brief_id \
     join deal_version on deal_version.deal_id = deal.id and deal_version.version = deal.version";

fn deal_of(row: &SqliteRow) -> Result<DealRow, StoreError> {
    Ok(DealRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        contact_name: row.get("contact_name"),
        owner: row.get("owner"),
        campaign: row.get("campaign_id"),
        brief: row.get("brief_id"),
        brief_name: row.get("brief_name"),
        brief_version: row.get("brief_version"),
        state: coded(row, "state", DealState::from_code)?,
        state_since: Timestamp(row.get("state_since")),
        version: row.get("version"),
        terms: row.get("terms"),
        reason: row.get("reason"),
        created_at: Timestamp(row.get("created_at")),
        accepted_at: row.get::<Option<i64>, _>("accepted_at").map(Timestamp),
        accepted_by: row.get("accepted_by"),
        pieces: row.get::<i64, _>("pieces").unsigned_abs(),
        live: row.get::<i64, _>("live").unsigned_abs(),
        next_due_on: row.get("next_due_on"),
    })
}

impl Store {
    /// Makes an offer to a contact.
    pub async fn add_deal(&self, deal: &NewDeal<'_>, at: Timestamp) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping a deal");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into deal (contact_id, campaign_id, brief_id, brief_version, state, state_since, version, created_at) \
             values ($1, $2, $3, $4, $5, $6, 1, $6) returning id",
        )
        .bind(deal.contact)
        .bind(deal.campaign)
        .bind(deal.brief)
        .bind(deal.brief_version)
        .bind(DealState::Proposed.code())
        .bind(at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let id: i64 = row.get("id");
        put_version(&mut transaction, id, 1, Party::Us, (deal.terms, deal.message), at).await.map_err(&failed)?;
        let touch = deal_touch(deal.contact, deal.actor, deal.summary, deal.message, at);
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        move_stage(&mut transaction, deal.contact, Stage::Negotiating, deal.actor, at).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(id)
    }

    /// Takes a step of a deal with all it brings, or none of it.
    pub async fn step_deal(&self, step: &DealStep<'_>, at: Timestamp) -> Result<Stepped, StoreError> {
        let failed = StoreError::of("moving a deal on");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select contact_id, state, version from deal where id = $1")
            .bind(step.deal)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(row) = row else { return Ok(Stepped::NotThere) };
        let state = coded(&row, "state", DealState::from_code)?;
        let (contact, version): (i64, i64) = (row.get("contact_id"), row.get("version"));
        if version != step.version || !state.may_become(step.next, step.by) {
            return Ok(Stepped::Moved);
        }
        let mut message = step.reason;
        let mut latest = version;
        if let Some((terms, words)) = step.terms {
            latest = version + 1;
            message = words;
            put_version(&mut transaction, step.deal, latest, step.by, (terms, words), at).await.map_err(&failed)?;
        }
        let accepts = step.next == DealState::Accepted;
        sqlx::query(
            "update deal set state = $2, state_since = $3, version = $4, reason = $5, \
             accepted_at = case when $6 then $3 else accepted_at end, \
             accepted_by = case when $6 then $7 else accepted_by end where id = $1",
        )
        .bind(step.deal)
        .bind(step.next.code())
        .bind(at.0)
        .bind(latest)
        .bind(step.reason)
        .bind(accepts)
        .bind(step.accepted_by)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        put_deliverables(&mut transaction, step.deal, step.pieces, at).await.map_err(&failed)?;
        for payment in step.payments {
            put_payment(&mut transaction, step.deal, payment, at).await.map_err(&failed)?;
        }
        for price in step.prices {
            put_deal_price(&mut transaction, step.deal, latest, price, at).await.map_err(&failed)?;
        }
        if let Some(choice) = &step.choice {
            put_choice(&mut transaction, step.deal, choice, at).await.map_err(&failed)?;
        }
        if matches!(step.next, DealState::Withdrawn | DealState::Declined) {
            cancel_payments(&mut transaction, step.deal, at).await.map_err(&failed)?;
            let (live,): (i64,) =
                sqlx::query_as("select count(*) from deliverable where deal_id = $1 and state = 'live'")
                    .bind(step.deal)
                    .fetch_one(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            if live == 0 {
                // Nothing was made at this fee: it is no price that was paid.
                remove_deal_prices(&mut transaction, step.deal).await.map_err(&failed)?;
            }
        }
        put_touch(&mut transaction, &deal_touch(contact, step.actor, step.summary, message, at))
            .await
            .map_err(&failed)?;
        if let Some(stage) = step.stage {
            move_stage(&mut transaction, contact, stage, step.actor, at).await?;
        }
        put_new_event(&mut transaction, step.event, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Stepped::Done)
    }

    /// Whose deals are: deal, contact.
    pub async fn deal_owners(&self, deals: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        sqlx::query_as("select deal.id, contact_id from json_each($1) cross join deal on deal.id = json_each.value")
            .bind(serde_json::to_string(deals).unwrap_or_default())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading whose deals are"))
    }

    pub async fn deal(&self, id: i64) -> Result<Option<DealRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{DEAL} where deal.id = $1")))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a deal"))?;
        row.as_ref().map(deal_of).transpose()
    }

    /// Deals, those first that have stood longest where they stand.
    pub async fn deals(&self, filter: &DealFilter) -> Result<Vec<DealRow>, StoreError> {
        let query = format!(
            "{DEAL} where ($1 is null or deal.contact_id = $1) and ($2 is null or deal.campaign_id = $2) \
             and ($3 is null or deal.state = $3) order by deal.state_since, deal.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(filter.contact)
            .bind(filter.campaign)
            .bind(filter.state.map(DealState::code))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading deals"))?;
        rows.iter().map(deal_of).collect()
    }

    /// Every version of a deal's terms, the oldest first.
    pub async fn deal_versions(&self, deal: i64) -> Result<Vec<DealVersionRow>, StoreError> {
        let rows = sqlx::query("select * from deal_version where deal_id = $1 order by version")
            .bind(deal)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading a deal's terms"))?;
        let of = |row: &SqliteRow| {
            Ok(DealVersionRow {
                version: row.get("version"),
                party: coded(row, "party", Party::from_code)?,
                terms: row.get("terms"),
                message: row.get("message"),
                created_at: Timestamp(row.get("created_at")),
            })
        };
        rows.iter().map(of).collect()
    }
}

fn deal_touch(contact: i64, actor: &str, summary: &str, detail: &str, at: Timestamp) -> NewTouch {
    NewTouch {
        contact,
        at,
        kind: TouchKind::Deal,
        actor: actor.to_owned(),
        summary: summary.to_owned(),
        detail: detail.to_owned(),
        mail: None,
    }
}

async fn put_version(
    connection: &mut SqliteConnection,
    deal: i64,
    version: i64,
    party: Party,
    (terms, message): (&str, &str),
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into deal_version (deal_id, version, party, terms, message, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(deal)
    .bind(version)
    .bind(party.code())
    .bind(terms)
    .bind(message)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}

moves!(move_deals, give_back_deals, "deal", "id");
