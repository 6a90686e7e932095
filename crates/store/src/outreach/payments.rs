//! What is owed under deals and what people say was paid. No money is moved by it.

use model::outreach::TouchKind;
use model::outreach::deals::{Party, PaymentState};
use model::{Money, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::coded;
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// Something owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRow {
    pub id: i64,
    /// `None` once the creator has been forgotten.
    pub deal: Option<i64>,
    pub what: String,
    pub amount: Money,
    /// A day as 2026-03-01.
    pub due_on: String,
    pub state: PaymentState,
    pub state_since: Timestamp,
    /// What the transfer says.
    pub reference: String,
}

/// Something owed, about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPayment {
    pub what: String,
    pub amount: Money,
    pub due_on: String,
}

pub(super) fn payment_of(row: &SqliteRow) -> Result<PaymentRow, StoreError> {
    let (units, currency): (i64, String) = (row.get("amount_minor_units"), row.get("currency"));
    let amount = Money::new(units, &currency).map_err(|error| StoreError::Database {
        what: "a payment's currency cannot be read",
        problem: error.to_string(),
    })?;
    Ok(PaymentRow {
        id: row.get("id"),
        deal: row.get("deal_id"),
        what: row.get("what"),
        amount,
        due_on: row.get("due_on"),
        state: coded(row, "state", PaymentState::from_code)?,
        state_since: Timestamp(row.get("state_since")),
        reference: row.get("reference"),
    })
}

impl Store {
    /// Every payment, those owed first, the most urgent first.
    pub async fn payments(&self) -> Result<Vec<PaymentRow>, StoreError> {
        let rows = sqlx::query("select * from payment order by state <> 'owed', due_on, id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading payments"))?;
        rows.iter().map(payment_of).collect()
    }

    /// Payments owed by a day, the most urgent first.
    pub async fn payments_due(&self, by: &str, at_most: u64) -> Result<Vec<PaymentRow>, StoreError> {
        let rows =
            sqlx::query("select * from payment where state = 'owed' and due_on <= $1 order by due_on, id limit $2")
                .bind(by)
                .bind(at_most as i64)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading payments"))?;
        rows.iter().map(payment_of).collect()
    }

    pub async fn payments_of(&self, deal: i64) -> Result<Vec<PaymentRow>, StoreError> {
        let rows = sqlx::query("select * from payment where deal_id = $1 order by due_on, id")
            .bind(deal)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading payments"))?;
        rows.iter().map(payment_of).collect()
    }

    pub async fn add_payment(&self, deal: i64, payment: &NewPayment, at: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping a payment");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        put_payment(&mut connection, deal, payment, at).await.map_err(&failed)
    }

    /// Notes what a party says became of a payment of a deal, with its line in the timeline; whether it may have become so.
    pub async fn change_payment(
        &self,
        deal: i64,
        payment: i64,
        next: PaymentState,
        by: Party,
        reference: Option<&str>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("changing a payment");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("select * from payment where id = $1 and deal_id = $2")
            .bind(payment)
            .bind(deal)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(held) = row.as_ref().map(payment_of).transpose()? else { return Ok(false) };
        if !held.state.may_become(next, by) {
            return Ok(false);
        }
        sqlx::query(
            "update payment set state = $2, state_since = $3, reference = coalesce($4, reference) where id = $1",
        )
        .bind(payment)
        .bind(next.code())
        .bind(at.0)
        .bind(reference)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        let row = sqlx::query(
            "select contact_id, contact.name from deal join contact on contact.id = contact_id where deal.id = $1",
        )
        .bind(deal)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let touch = NewTouch {
            contact: row.get("contact_id"),
            at,
            kind: TouchKind::Payment,
            actor: if by == Party::Us { "team".to_owned() } else { row.get("name") },
            summary: format!("{} of deal {deal}: {}", held.what, next.words()),
            detail: String::new(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }
}

pub(crate) async fn put_payment(
    connection: &mut SqliteConnection,
    deal: i64,
    payment: &NewPayment,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into payment (deal_id, what, amount_minor_units, currency, due_on, state, state_since, created_at) \
         values ($1, $2, $3, $4, $5, 'owed', $6, $6)",
    )
    .bind(deal)
    .bind(&payment.what)
    .bind(payment.amount.minor_units)
    .bind(payment.amount.currency())
    .bind(&payment.due_on)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// What is still owed under a deal that was given up is not owed any more.
pub(crate) async fn cancel_payments(
    connection: &mut SqliteConnection,
    deal: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("update payment set state = 'cancelled', state_since = $2 where deal_id = $1 and state = 'owed'")
        .bind(deal)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes out of payments what could say whose they were; amounts and days stay for the books.
pub(crate) async fn strip_payments(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payment set reference = '', what = 'a creator who was forgotten' \
         where deal_id in (select id from deal where contact_id = $1)",
    )
    .bind(contact)
    .execute(connection)
    .await?;
    Ok(())
}
