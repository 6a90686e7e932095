//! What was sold or signed up, as measurement asks for it: by quarters of an hour, so that any zone can make days of them.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// What was sold or signed up in a quarter of an hour, test orders and those that do not count left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SoldInQuarter {
    /// Quarters of an hour since 1970.
    pub quarter: i64,
    pub orders: u64,
    pub new_customers: u64,
    /// Orders of which it is known whether their buyer is new.
    pub of_known_newness: u64,
    pub net_minor_units: i64,
}

impl Store {
    /// What was sold (`sale`) or signed up (`lead`) by quarters of an hour, the oldest first. Test orders, cancelled and unpaid ones
    /// are no sales; of money only that in `currency`. Cost: one pass over the orders.
    pub async fn sold_by_quarter(
        &self,
        kind: &str,
        shop: Option<i64>,
        currency: Option<&str>,
    ) -> Result<Vec<SoldInQuarter>, StoreError> {
        let rows = sqlx::query(
            "select at / 900000000 as quarter, count(*) as orders, coalesce(sum(is_new_customer), 0) as new_customers, \
             count(is_new_customer) as of_known_newness, \
             coalesce(sum(case when $3 is null or currency = $3 then net_minor_units else 0 end), 0) as net \
             from conversion where kind = $1 and at >= 0 and is_test = 0 and cancelled_at is null and is_paid = 1 \
             and ($2 is null or shop_id = $2) group by quarter order by quarter",
        )
        .bind(kind)
        .bind(shop)
        .bind(currency)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading orders by day"))?;
        let count = |row: &SqliteRow, column: &str| row.get::<i64, _>(column).unsigned_abs();
        Ok(rows
            .iter()
            .map(|row| SoldInQuarter {
                quarter: row.get("quarter"),
                orders: count(row, "orders"),
                new_customers: count(row, "new_customers"),
                of_known_newness: count(row, "of_known_newness"),
                net_minor_units: row.get("net"),
            })
            .collect())
    }

    /// The quarter of an hour in which each shop first told of a sale or lead, by the shop's name.
    pub async fn first_sold_by_shop(&self, kind: &str) -> Result<Vec<(String, i64)>, StoreError> {
        sqlx::query_as(
            "select shop.name, min(at) / 900000000 from conversion join shop on shop.id = shop_id \
             where conversion.kind = $1 and at >= 0 and is_test = 0 group by shop.id order by shop.id",
        )
        .bind(kind)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading since when shops tell"))
    }

    /// Whether any sale is held that counts, any of which it is known whether its buyer is new, and any lead.
    pub async fn any_sold(&self) -> Result<(bool, bool, bool), StoreError> {
        sqlx::query_as(
            "select exists (select 1 from conversion where kind = 'sale' and at >= 0 and is_test = 0 and is_paid = 1), \
             exists (select 1 from conversion where kind = 'sale' and is_test = 0 and is_new_customer is not null), \
             exists (select 1 from conversion where kind = 'lead' and at >= 0 and is_test = 0)",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading orders"))
    }

    /// Currencies of the newest ten thousand orders, the most used first.
    pub async fn currencies_sold(&self, shop: Option<i64>) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select currency, count(*) as orders from (select currency from conversion where kind = 'sale' and is_test = 0 \
             and currency is not null and ($1 is null or shop_id = $1) order by at desc limit 10000) \
             group by currency order by orders desc, currency",
        )
        .bind(shop)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading currencies of orders"))?;
        Ok(rows.iter().map(|row| (row.get("currency"), row.get::<i64, _>("orders").unsigned_abs())).collect())
    }
}
