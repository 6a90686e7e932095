//! What creators asked and were paid: rate cards, quotes and deals, each with where and when.

use model::{AccountId, Currency, Money, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;

/// A price a creator named or was paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceRow {
    pub id: i64,
    pub account: AccountId,
    pub platform: String,
    /// As last seen when it was recorded.
    pub followers: Option<i64>,
    /// post, carousel, short_video, long_video, story, live, bundle, other
    pub format: String,
    pub fee: Money,
    /// rate_card, quote, deal
    pub kind: String,
    pub dated_at: Timestamp,
    pub note: String,
}

/// A price that follows from a deal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DealPrice {
    /// The kind of piece it is of, by its place in the terms.
    pub piece: i64,
    pub price: PriceRow,
}

fn price_of(row: &SqliteRow) -> Option<PriceRow> {
    Some(PriceRow {
        id: row.get("id"),
        account: AccountId(row.get("account_id")),
        platform: row.get("platform"),
        followers: row.get("followers"),
        format: row.get("format"),
        fee: Money {
            minor_units: row.get("fee_minor_units"),
            currency: Currency::new(row.get::<&str, _>("currency")).ok()?,
        },
        kind: row.get("kind"),
        dated_at: Timestamp(row.get("dated_at")),
        note: row.get("note"),
    })
}

impl Store {
    /// Every price, newest first.
    pub async fn prices(&self) -> Result<Vec<PriceRow>, StoreError> {
        let rows = sqlx::query("select * from price_fact order by dated_at desc, id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading prices"))?;
        Ok(rows.iter().filter_map(price_of).collect())
    }

    /// The prices of some accounts, the oldest first.
    pub async fn prices_of(&self, accounts: &[AccountId]) -> Result<Vec<PriceRow>, StoreError> {
        let mut found = Vec::new();
        for part in accounts.chunks(500) {
            let mut query = QueryBuilder::new("select * from price_fact where account_id in (");
            let mut numbers = query.separated(", ");
            for account in part {
                numbers.push_bind(account.0);
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading prices"))?;
            found.extend(rows.iter().filter_map(price_of));
        }
        found.sort_by_key(|price: &PriceRow| (price.dated_at, price.id));
        Ok(found)
    }

    /// Records prices, all or none; their numbers are given here.
    pub async fn add_prices(&self, prices: &[PriceRow], at: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("recording a price");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for price in prices {
            put_price(&mut transaction, price, at).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// The prices that a deal has written, in the order of its pieces.
    pub async fn deal_prices(&self, deal: i64) -> Result<Vec<DealPrice>, StoreError> {
        let rows = sqlx::query(
            "select price_fact.*, piece from deal_price join price_fact on price_fact.id = price_id \
             where deal_id = $1 order by version, piece",
        )
        .bind(deal)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the prices of a deal"))?;
        Ok(rows.iter().filter_map(|row| Some(DealPrice { piece: row.get("piece"), price: price_of(row)? })).collect())
    }

    /// Records how the fee of an agreed deal divides, all or nothing; whether it was: not where the deal is another by now, or
    /// has prices already.
    pub async fn add_deal_prices(
        &self,
        deal: i64,
        version: i64,
        prices: &[DealPrice],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("recording the prices of a deal");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "select 1 from deal where id = $1 and version = $2 and state in ('accepted', 'in-work', 'delivered', 'settled') \
             and not exists (select 1 from deal_price where deal_id = $1)",
        )
        .bind(deal)
        .bind(version)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        if row.is_none() {
            return Ok(false);
        }
        for price in prices {
            put_deal_price(&mut transaction, deal, version, price, at).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Takes a price back; whether there was one of this number.
    pub async fn delete_price(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from price_fact where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking a price back"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn forget_in_prices(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from price_fact where account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("forgetting an account's prices"))?;
        }
        Ok(())
    }
}

async fn put_price(connection: &mut SqliteConnection, price: &PriceRow, at: Timestamp) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into price_fact (account_id, platform, followers, format, fee_minor_units, currency, kind, \
         dated_at, note, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
    )
    .bind(price.account.0)
    .bind(&price.platform)
    .bind(price.followers)
    .bind(&price.format)
    .bind(price.fee.minor_units)
    .bind(price.fee.currency())
    .bind(&price.kind)
    .bind(price.dated_at.0)
    .bind(&price.note)
    .bind(at.0)
    .fetch_one(connection)
    .await?;
    Ok(row.get("id"))
}

/// Records a price that a version of a deal says, once for each kind of piece.
pub(crate) async fn put_deal_price(
    connection: &mut SqliteConnection,
    deal: i64,
    version: i64,
    of: &DealPrice,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let held = sqlx::query("select 1 from deal_price where deal_id = $1 and version = $2 and piece = $3")
        .bind(deal)
        .bind(version)
        .bind(of.piece)
        .fetch_optional(&mut *connection)
        .await?;
    if held.is_some() {
        return Ok(());
    }
    let price = put_price(connection, &of.price, at).await?;
    sqlx::query("insert into deal_price (price_id, deal_id, version, piece) values ($1, $2, $3, $4)")
        .bind(price)
        .bind(deal)
        .bind(version)
        .bind(of.piece)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes back what a deal has written into the price history.
pub(crate) async fn remove_deal_prices(connection: &mut SqliteConnection, deal: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from price_fact where id in (select price_id from deal_price where deal_id = $1)")
        .bind(deal)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes back what the deals of a contact who is forgotten have written into the price history.
pub(crate) async fn forget_deal_prices(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from price_fact where id in (select price_id from deal_price join deal on deal.id = deal_id \
         where contact_id = $1)",
    )
    .bind(contact)
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_price_is_kept_with_its_currency_and_can_be_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let price = PriceRow {
            id: 0,
            account: AccountId(5),
            platform: "instagram".to_owned(),
            followers: Some(12_000),
            format: "post".to_owned(),
            fee: Money::new(25_000, "EUR").expect("a currency"),
            kind: "deal".to_owned(),
            dated_at: Timestamp(3),
            note: String::new(),
        };
        store
            .add_prices(&[price.clone(), PriceRow { account: AccountId(6), ..price.clone() }], Timestamp(9))
            .await
            .expect("records");
        let held = store.prices().await.expect("reads");
        assert_eq!((held.len(), &held[1].fee, held[1].account), (2, &price.fee, AccountId(5)));
        assert!(store.delete_price(held[0].id).await.expect("takes back"));
        assert!(!store.delete_price(held[0].id).await.expect("takes back"));
        store.forget_in_prices(&[AccountId(5)]).await.expect("forgets");
        assert!(store.prices().await.expect("reads").is_empty());
    }
}
