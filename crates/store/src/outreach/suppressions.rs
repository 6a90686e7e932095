//! Whom one must not write to, by a keyed hash of the address; and the book of who did what, which only grows.

use model::Timestamp;
use model::outreach::SuppressionReason;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::coded;
use crate::database::Store;
use crate::error::StoreError;

/// An address one must not write to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuppressionRow {
    pub address_hash: String,
    pub reason: SuppressionReason,
    pub at: Timestamp,
    pub evidence: String,
}

/// A line of the book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    pub id: i64,
    pub at: Timestamp,
    pub actor: String,
    pub what: String,
    pub about: String,
    pub detail: String,
}

fn suppression_of(row: &SqliteRow) -> Result<SuppressionRow, StoreError> {
    Ok(SuppressionRow {
        address_hash: row.get("address_hash"),
        reason: coded(row, "reason", SuppressionReason::from_code)?,
        at: Timestamp(row.get("at")),
        evidence: row.get("evidence"),
    })
}

fn audit_of(row: &SqliteRow) -> AuditRow {
    AuditRow {
        id: row.get("id"),
        at: Timestamp(row.get("at")),
        actor: row.get("actor"),
        what: row.get("what"),
        about: row.get("about"),
        detail: row.get("detail"),
    }
}

impl Store {
    /// Bars an address; whether it was not barred before. The first reason stays, unless it was a person's and may be
    /// lifted, or they asked to be forgotten, which is stronger than any.
    pub async fn suppress(&self, row: &SuppressionRow) -> Result<bool, StoreError> {
        let failed = StoreError::of("barring an address");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        put_suppression(&mut connection, row).await.map_err(&failed)
    }

    /// Those of the hashes that are barred.
    pub async fn suppressed(&self, hashes: &[String]) -> Result<Vec<SuppressionRow>, StoreError> {
        let mut found = Vec::new();
        for part in hashes.chunks(500) {
            let mut query = QueryBuilder::new("select * from suppression where address_hash in (");
            let mut of = query.separated(", ");
            for hash in part {
                of.push_bind(hash.clone());
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading who is barred"))?;
            for row in &rows {
                found.push(suppression_of(row)?);
            }
        }
        Ok(found)
    }

    /// The latest of those barred, and how many there are.
    pub async fn suppressions(&self, at_most: u64) -> Result<(Vec<SuppressionRow>, u64), StoreError> {
        let failed = StoreError::of("reading who is barred");
        let rows = sqlx::query("select * from suppression order by at desc, address_hash limit $1")
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        let (all,): (i64,) =
            sqlx::query_as("select count(*) from suppression").fetch_one(&self.pool).await.map_err(&failed)?;
        Ok((rows.iter().map(suppression_of).collect::<Result<_, _>>()?, all.unsigned_abs()))
    }

    /// Lifts a bar that a person set; what the other side asked for, or a server said, stays.
    pub async fn lift_suppression(&self, address_hash: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from suppression where address_hash = $1 and reason = 'manual'")
            .bind(address_hash)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("lifting a bar"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn add_audit(
        &self,
        at: Timestamp,
        actor: &str,
        what: &str,
        about: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("insert into audit (at, actor, what, about, detail) values ($1, $2, $3, $4, $5)")
            .bind(at.0)
            .bind(actor)
            .bind(what)
            .bind(about)
            .bind(detail)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("writing down who did what"))?;
        Ok(())
    }

    /// The newest lines of the book, about one thing or about all.
    pub async fn audit(&self, about: Option<&str>, at_most: u64) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query("select * from audit where $1 is null or about = $1 order by id desc limit $2")
            .bind(about)
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who did what"))?;
        Ok(rows.iter().map(audit_of).collect())
    }

    /// The newest lines that say that one thing was done.
    pub async fn audit_of(&self, what: &str, at_most: u64) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query("select * from audit where what = $1 order by id desc limit $2")
            .bind(what)
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who did what"))?;
        Ok(rows.iter().map(audit_of).collect())
    }

    /// How many are barred for each reason.
    pub async fn suppression_counts(&self) -> Result<Vec<(SuppressionReason, u64)>, StoreError> {
        let rows = sqlx::query("select reason, count(*) as addresses from suppression group by reason")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("counting who is barred"))?;
        let of = |row: &SqliteRow| {
            let reason = coded(row, "reason", SuppressionReason::from_code)?;
            Ok((reason, row.get::<i64, _>("addresses").unsigned_abs()))
        };
        rows.iter().map(of).collect()
    }
}

pub(crate) async fn put_suppression(
    connection: &mut SqliteConnection,
    row: &SuppressionRow,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into suppression (address_hash, reason, at, evidence) values ($1, $2, $3, $4) \
         on conflict (address_hash) do update set reason = $2, at = $3, evidence = $4 \
         where (suppression.reason = 'manual' and $2 <> 'manual') or ($2 = 'erased' and suppression.reason <> 'erased')",
    )
    .bind(&row.address_hash)
    .bind(row.reason.code())
    .bind(row.at.0)
    .bind(&row.evidence)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Why an address is barred, if it is.
pub(crate) async fn bar_of(
    connection: &mut SqliteConnection,
    address_hash: &str,
) -> Result<Option<SuppressionRow>, StoreError> {
    let row = sqlx::query("select * from suppression where address_hash = $1")
        .bind(address_hash)
        .fetch_optional(connection)
        .await
        .map_err(StoreError::of("reading whether an address is barred"))?;
    row.as_ref().map(suppression_of).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_database_itself_refuses_to_shrink_the_bars_and_to_change_the_book() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let row = SuppressionRow {
            address_hash: "a hash".to_owned(),
            reason: SuppressionReason::Unsubscribed,
            at: Timestamp(1),
            evidence: String::new(),
        };
        assert!(store.suppress(&row).await.expect("bars"));
        assert!(!store.suppress(&row).await.expect("bars"), "again changes nothing");
        let deleted = sqlx::query("delete from suppression").execute(&store.pool).await;
        assert!(deleted.expect_err("refuses").to_string().contains("never deleted"));
        store.add_audit(Timestamp(1), "team", "exported", "contacts", "").await.expect("writes");
        let changed = sqlx::query("update audit set actor = 'nobody'").execute(&store.pool).await;
        assert!(changed.expect_err("refuses").to_string().contains("never changed"));
        let by_hand = SuppressionRow { address_hash: "another".to_owned(), reason: SuppressionReason::ByHand, ..row };
        assert!(store.suppress(&by_hand).await.expect("bars"));
        assert!(store.lift_suppression("another").await.expect("lifts"));
    }
}
