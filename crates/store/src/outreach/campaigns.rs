//! The board of campaigns: its stages as the team calls them, every move by hand, and what a campaign's cards are made of.

use model::outreach::board::{BoardStage, HandMove};
use model::outreach::{Stage, TouchKind};
use model::{AccountId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::coded;
use super::content::{DeliverableRow, deliverable_of};
use super::payments::{PaymentRow, payment_of};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// Of whom a card is: a contact, or the account of somebody who is none yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CardOf {
    Contact(i64),
    Account(AccountId),
}

/// A move by hand about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMove {
    pub campaign: i64,
    pub of: CardOf,
    pub stage_before: String,
    /// Empty: as the facts say.
    pub stage_after: String,
    pub stage_of_facts: String,
    pub actor: String,
    /// For the timeline.
    pub summary: String,
}

/// A move by hand as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoveRow {
    pub of: CardOf,
    pub stage_before: String,
    pub held: HandMove,
}

/// A contact as a card shows one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardContact {
    pub id: i64,
    pub name: String,
    pub owner: String,
    pub stage: Stage,
    pub stage_since: Timestamp,
}

/// What passed between us and a contact since a moment.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Passed {
    /// The latest of ours.
    pub written_at: Option<Timestamp>,
    /// The first of theirs.
    pub answered_at: Option<Timestamp>,
}

fn move_of(row: &SqliteRow) -> Option<MoveRow> {
    let of = match (row.get::<Option<i64>, _>("contact_id"), row.get::<Option<i64>, _>("account_id")) {
        (Some(contact), _) => CardOf::Contact(contact),
        (None, Some(account)) => CardOf::Account(AccountId(account)),
        (None, None) => return None,
    };
    Some(MoveRow {
        of,
        stage_before: row.get("stage_before"),
        held: HandMove {
            to: row.get("stage_after"),
            facts_then: row.get("stage_of_facts"),
            at: Timestamp(row.get("at")),
            actor: row.get("actor"),
        },
    })
}

impl Store {
    /// The stages of the board in their order, also those that are shown no more.
    pub async fn board_stages(&self) -> Result<Vec<BoardStage>, StoreError> {
        let rows = sqlx::query("select * from campaign_stage order by position, code")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the stages of campaigns"))?;
        let of = |row: &SqliteRow| BoardStage {
            code: row.get("code"),
            name: row.get("name"),
            position: row.get("position"),
            limit_days: row.get::<Option<i64>, _>("limit_days").and_then(|days| u32::try_from(days).ok()),
            is_removed: row.get::<i64, _>("is_removed") != 0,
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Keeps the stages of the board, all or none; what is not named stays as it is.
    pub async fn keep_board_stages(&self, stages: &[BoardStage]) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping the stages of campaigns");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for stage in stages {
            sqlx::query(
                "insert into campaign_stage (code, name, position, limit_days, is_removed) values ($1, $2, $3, $4, $5) \
                 on conflict (code) do update set name = $2, position = $3, limit_days = $4, is_removed = $5",
            )
            .bind(&stage.code)
            .bind(&stage.name)
            .bind(stage.position)
            .bind(stage.limit_days.map(i64::from))
            .bind(i64::from(stage.is_removed))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Keeps moves by hand, all or none, each in the timeline of whom it is about.
    pub async fn add_campaign_moves(&self, moves: &[NewMove], at: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("moving cards of a campaign");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for new in moves {
            let (contact, account) = match new.of {
                CardOf::Contact(contact) => (Some(contact), None),
                CardOf::Account(account) => (None, Some(account.0)),
            };
            sqlx::query(
                "insert into campaign_move (campaign_id, contact_id, account_id, actor, stage_before, stage_after, \
                 stage_of_facts, at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(new.campaign)
            .bind(contact)
            .bind(account)
            .bind(&new.actor)
            .bind(&new.stage_before)
            .bind(&new.stage_after)
            .bind(&new.stage_of_facts)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            if let Some(contact) = contact {
                let touch = NewTouch {
                    contact,
                    at,
                    kind: TouchKind::Stage,
                    actor: new.actor.clone(),
                    summary: new.summary.clone(),
                    detail: String::new(),
                    mail: None,
                };
                put_touch(&mut transaction, &touch).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Every move by hand in a campaign, the oldest first.
    pub async fn campaign_moves(&self, campaign: i64) -> Result<Vec<MoveRow>, StoreError> {
        let rows = sqlx::query("select * from campaign_move where campaign_id = $1 order by id")
            .bind(campaign)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading moves of a campaign"))?;
        Ok(rows.iter().filter_map(move_of).collect())
    }

    /// Every move by hand of a contact in any campaign, the oldest first: the campaign's name, and the move.
    pub async fn moves_of_contact(&self, contact: i64) -> Result<Vec<(String, MoveRow)>, StoreError> {
        let rows = sqlx::query(
            "select campaign_move.*, campaign.name as campaign from campaign_move \
             join campaign on campaign.id = campaign_id where contact_id = $1 order by campaign_move.id",
        )
        .bind(contact)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading moves of a contact"))?;
        Ok(rows.iter().filter_map(|row| Some((row.get("campaign"), move_of(row)?))).collect())
    }

    /// Contacts as cards show them.
    pub async fn card_contacts(&self, contacts: &[i64]) -> Result<Vec<CardContact>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new("select id, name, owner, stage, stage_since from contact where id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading contacts"))?;
            for row in &rows {
                found.push(CardContact {
                    id: row.get("id"),
                    name: row.get("name"),
                    owner: row.get("owner"),
                    stage: coded(row, "stage", Stage::from_code)?,
                    stage_since: Timestamp(row.get("stage_since")),
                });
            }
        }
        Ok(found)
    }

    /// What passed between us and contacts since a moment; those with whom nothing did are left out.
    pub async fn passed_since(&self, contacts: &[i64], since: Timestamp) -> Result<Vec<(i64, Passed)>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new(
                "select contact_id, max(case when kind <> 'mail_in' then at end) as written_at, \
                 min(case when kind = 'mail_in' then at end) as answered_at from touch \
                 where kind in ('mail_out', 'mail_in', 'dm') and at >= ",
            );
            query.push_bind(since.0).push(" and contact_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") group by contact_id");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading what passed"))?;
            let of = |row: &SqliteRow| Passed {
                written_at: row.get::<Option<i64>, _>("written_at").map(Timestamp),
                answered_at: row.get::<Option<i64>, _>("answered_at").map(Timestamp),
            };
            found.extend(rows.iter().map(|row| (row.get("contact_id"), of(row))));
        }
        Ok(found)
    }

    /// The pieces of all deals of a campaign.
    pub async fn campaign_pieces(&self, campaign: i64) -> Result<Vec<DeliverableRow>, StoreError> {
        let rows = sqlx::query(
            "select deliverable.* from deal join deliverable on deal_id = deal.id where campaign_id = $1 \
             order by deal_id, number",
        )
        .bind(campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the pieces of a campaign"))?;
        rows.iter().map(deliverable_of).collect()
    }

    /// The payments of all deals of a campaign.
    pub async fn campaign_payments(&self, campaign: i64) -> Result<Vec<PaymentRow>, StoreError> {
        let rows = sqlx::query(
            "select payment.* from deal join payment on deal_id = deal.id where campaign_id = $1 \
             order by deal_id, due_on, payment.id",
        )
        .bind(campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the payments of a campaign"))?;
        rows.iter().map(payment_of).collect()
    }

    /// Which deals of a campaign its creators ever asked other terms in.
    pub async fn countered_in_campaign(&self, campaign: i64) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select distinct deal_id from deal join deal_version on deal_id = deal.id \
             where campaign_id = $1 and party = 'creator'",
        )
        .bind(campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the deals of a campaign"))?;
        Ok(rows.into_iter().map(|(deal,)| deal).collect())
    }

    /// Removes what was moved by hand of accounts that are to be forgotten.
    pub async fn forget_in_campaigns(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from campaign_move where account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("forgetting somebody in campaigns"))?;
        }
        Ok(())
    }
}

/// Moves of an account go to the contact that its owner has become.
pub(crate) async fn hand_moves_to(
    connection: &mut SqliteConnection,
    account: AccountId,
    contact: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("update campaign_move set contact_id = $2 where account_id = $1 and contact_id is null")
        .bind(account.0)
        .bind(contact)
        .execute(connection)
        .await?;
    Ok(())
}

moves!(move_campaign_moves, give_back_campaign_moves, "campaign_move", "id");
