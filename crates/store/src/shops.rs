//! Shops: where orders and leads come from, and the messages they sent, each known by its number for ever.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

/// Where orders and leads come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShopRow {
    pub id: i64,
    pub public_id: String,
    pub name: String,
    pub kind: String,
    /// Sealed.
    pub secret: Option<Vec<u8>>,
    pub earlier_secret: Option<Vec<u8>>,
    pub earlier_until: Option<Timestamp>,
    pub currency: Option<String>,
    pub zone: Option<String>,
    /// One a line.
    pub origins: String,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A shop about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewShop<'a> {
    pub public_id: &'a str,
    pub name: &'a str,
    pub kind: &'a str,
    pub secret: Option<&'a [u8]>,
    pub currency: Option<&'a str>,
    pub zone: Option<&'a str>,
    pub origins: &'a str,
}

/// A message as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDelivery<'a> {
    pub delivery_id: &'a str,
    pub raw_hash: &'a str,
    pub topic: &'a str,
    /// `taken`, `not_needed`, `refused`.
    pub outcome: &'a str,
    pub detail: &'a str,
}

/// A message that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryRow {
    pub delivery_id: String,
    pub received_at: Timestamp,
    pub topic: String,
    pub outcome: String,
    pub detail: String,
}

fn shop_of(row: &SqliteRow) -> ShopRow {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    ShopRow {
        id: row.get("id"),
        public_id: row.get("public_id"),
        name: row.get("name"),
        kind: row.get("kind"),
        secret: row.get("secret"),
        earlier_secret: row.get("earlier_secret"),
        earlier_until: moment("earlier_until"),
        currency: row.get("currency"),
        zone: row.get("zone"),
        origins: row.get("origins"),
        created_at: Timestamp(row.get("created_at")),
        ended_at: moment("ended_at"),
    }
}

impl Store {
    /// Keeps a shop; `None` where the name is taken.
    pub async fn add_shop(&self, new: &NewShop<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into shop (public_id, name, kind, secret, currency, zone, origins, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id",
        )
        .bind(new.public_id)
        .bind(new.name)
        .bind(new.kind)
        .bind(new.secret)
        .bind(new.currency)
        .bind(new.zone)
        .bind(new.origins)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("keeping a shop"))?;
        Ok(row.map(|row| row.get("id")))
    }

    /// Shops, those in use first.
    pub async fn shops(&self) -> Result<Vec<ShopRow>, StoreError> {
        let rows = sqlx::query("select * from shop order by ended_at is not null, id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading shops"))?;
        Ok(rows.iter().map(shop_of).collect())
    }

    pub async fn shop(&self, id: i64) -> Result<Option<ShopRow>, StoreError> {
        let row = sqlx::query("select * from shop where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a shop"))?;
        Ok(row.as_ref().map(shop_of))
    }

    pub async fn shop_by_public_id(&self, public_id: &str) -> Result<Option<ShopRow>, StoreError> {
        let row = sqlx::query("select * from shop where public_id = $1")
            .bind(public_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a shop"))?;
        Ok(row.as_ref().map(shop_of))
    }

    /// Gives a shop another secret; the one before is taken until then.
    pub async fn set_shop_secret(&self, shop: i64, secret: &[u8], earlier_until: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update shop set earlier_secret = secret, earlier_until = $3, secret = $2 where id = $1")
            .bind(shop)
            .bind(secret)
            .bind(earlier_until.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping the secret of a shop"))?;
        Ok(())
    }

    pub async fn set_shop_origins(&self, shop: i64, origins: &str) -> Result<(), StoreError> {
        sqlx::query("update shop set origins = $2 where id = $1")
            .bind(shop)
            .bind(origins)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping the sites of a shop"))?;
        Ok(())
    }

    /// Takes nothing from a shop any more, or again; whether that changed anything.
    pub async fn end_shop(&self, shop: i64, ended_at: Option<Timestamp>) -> Result<bool, StoreError> {
        let done = sqlx::query("update shop set ended_at = $2 where id = $1 and (ended_at is null) <> ($2 is null)")
            .bind(shop)
            .bind(ended_at.map(|at| at.0))
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("ending a shop"))?;
        Ok(done.rows_affected() > 0)
    }

    /// What a shop sent last, the newest first.
    pub async fn shop_deliveries(&self, shop: i64, at_most: u64) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query("select * from shop_delivery where shop_id = $1 order by received_at desc limit $2")
            .bind(shop)
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what a shop sent"))?;
        let of = |row: &SqliteRow| DeliveryRow {
            delivery_id: row.get("delivery_id"),
            received_at: Timestamp(row.get("received_at")),
            topic: row.get("topic"),
            outcome: row.get("outcome"),
            detail: row.get("detail"),
        };
        Ok(rows.iter().map(of).collect())
    }
}

/// Notes that a message came; whether it is new.
pub(crate) async fn put_delivery(
    connection: &mut SqliteConnection,
    shop: i64,
    delivery: &NewDelivery<'_>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into shop_delivery (shop_id, delivery_id, received_at, raw_hash, topic, outcome, detail) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
    )
    .bind(shop)
    .bind(delivery.delivery_id)
    .bind(now.0)
    .bind(delivery.raw_hash)
    .bind(delivery.topic)
    .bind(delivery.outcome)
    .bind(delivery.detail)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
