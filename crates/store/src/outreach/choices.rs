//! What creators chose of several products, and where it is sent: sealed, with the deal, and gone ninety days after it ended.

use model::Timestamp;
use model::outreach::deals::Party;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use crate::database::Store;
use crate::error::StoreError;

/// Days after the end of a deal for which an address is held.
pub const ADDRESS_DAYS: i64 = 90;
const DAY: i64 = 86_400_000_000;

/// What was chosen in a deal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChoiceRow {
    pub deal: i64,
    /// As the terms call it; empty: the brand chooses.
    pub product: String,
    /// Who wrote it down.
    pub party: Party,
    pub chosen_at: Timestamp,
    /// Sealed.
    pub address: Option<Vec<u8>>,
}

/// A choice about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewChoice {
    pub product: String,
    pub party: Party,
    /// Sealed.
    pub address: Option<Vec<u8>>,
}

fn choice_of(row: &SqliteRow) -> Result<ChoiceRow, StoreError> {
    Ok(ChoiceRow {
        deal: row.get("deal_id"),
        product: row.get("product"),
        party: coded(row, "party", Party::from_code)?,
        chosen_at: Timestamp(row.get("chosen_at")),
        address: row.get("address"),
    })
}

impl Store {
    pub async fn deal_choice(&self, deal: i64) -> Result<Option<ChoiceRow>, StoreError> {
        let row = sqlx::query("select * from deal_choice where deal_id = $1")
            .bind(deal)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading what was chosen"))?;
        row.as_ref().map(choice_of).transpose()
    }

    /// What a contact chose in their deals.
    pub async fn choices_of_contact(&self, contact: i64) -> Result<Vec<ChoiceRow>, StoreError> {
        let rows = sqlx::query(
            "select deal_choice.* from deal join deal_choice on deal_id = deal.id where contact_id = $1 order by deal_id",
        )
        .bind(contact)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was chosen"))?;
        rows.iter().map(choice_of).collect()
    }

    /// Which deals of a campaign have a choice: the deal and the product.
    pub async fn campaign_choices(&self, campaign: i64) -> Result<Vec<(i64, String)>, StoreError> {
        sqlx::query_as(
            "select deal_id, product from deal join deal_choice on deal_id = deal.id where campaign_id = $1 order by deal_id",
        )
        .bind(campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was chosen"))
    }

    /// Keeps what was chosen in place of what was before, while the deal is agreed and goes on; whether it was.
    pub async fn keep_deal_choice(&self, deal: i64, new: &NewChoice, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("keeping what was chosen");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select 1 from deal where id = $1 and state in ('accepted', 'in-work', 'delivered')")
            .bind(deal)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        if row.is_none() {
            return Ok(false);
        }
        put_choice(&mut transaction, deal, new, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Removes addresses of deals that ended ninety days ago or earlier; how many.
    pub async fn remove_old_shipping(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "update deal_choice set address = null where address is not null and deal_id in (select id from deal \
             where state in ('settled', 'withdrawn', 'declined') and state_since <= $1)",
        )
        .bind(now.0 - ADDRESS_DAYS * DAY)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("removing addresses past their time"))?;
        Ok(done.rows_affected())
    }
}

/// Keeps a choice; an address that is not given anew stays.
pub(crate) async fn put_choice(
    connection: &mut SqliteConnection,
    deal: i64,
    new: &NewChoice,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into deal_choice (deal_id, product, party, chosen_at, address) values ($1, $2, $3, $4, $5) \
         on conflict (deal_id) do update set product = $2, party = $3, chosen_at = $4, address = coalesce($5, address)",
    )
    .bind(deal)
    .bind(&new.product)
    .bind(new.party.code())
    .bind(at.0)
    .bind(&new.address)
    .execute(connection)
    .await?;
    Ok(())
}
