//! What a brand stands for, the weights its fit is made with, conflicts that were set aside, and creators' words as read for
//! a brand.

use std::collections::HashMap;

use model::{AccountId, BrandId, Timestamp};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::database::Store;
use crate::derived::Derived;
use crate::error::StoreError;

/// Weights that were saved under a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FitWeightsRow {
    pub id: i64,
    pub name: String,
    /// As the engine writes them: `p3v2a5n2c5e1w50`.
    pub weights: String,
    pub saved_at: Timestamp,
}

/// Something that speaks against a creator and that a person has set aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictAside {
    pub account: AccountId,
    pub kind: String,
    pub words: String,
    pub set_aside_at: Timestamp,
}

/// The table of creators' words as read for a brand; derived, and made again whenever it is missing.
pub(crate) const READING_TABLES: [&str; 1] = ["create table if not exists fit_reading (brand_id text not null, \
     account_id integer not null, made_from text not null, detail text not null, primary key (brand_id, account_id))"];

impl Store {
    /// What a brand stands for, as JSON; `None` where nobody has said it.
    pub async fn brand_profile(&self, brand: BrandId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select profile from brand_profile where brand_id = $1")
            .bind(brand.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading what a brand stands for"))?;
        Ok(row.map(|row| row.get("profile")))
    }

    pub async fn keep_brand_profile(&self, brand: BrandId, profile: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into brand_profile (brand_id, profile, changed_at) values ($1, $2, $3) \
             on conflict (brand_id) do update set profile = excluded.profile, changed_at = excluded.changed_at",
        )
        .bind(brand.to_string())
        .bind(profile)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping what a brand stands for"))?;
        Ok(())
    }

    /// Weights saved for a brand, the newest first.
    pub async fn fit_weights(&self, brand: BrandId) -> Result<Vec<FitWeightsRow>, StoreError> {
        let rows = sqlx::query("select * from fit_weights where brand_id = $1 order by saved_at desc, id desc")
            .bind(brand.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading weights"))?;
        let row = |row: &sqlx::sqlite::SqliteRow| FitWeightsRow {
            id: row.get("id"),
            name: row.get("name"),
            weights: row.get("weights"),
            saved_at: Timestamp(row.get("saved_at")),
        };
        Ok(rows.iter().map(row).collect())
    }

    /// Saves weights under a name; those of that name, in whatever case, are replaced.
    pub async fn save_fit_weights(
        &self,
        brand: BrandId,
        name: &str,
        weights: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("saving weights");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from fit_weights where brand_id = $1 and lower(name) = lower($2)")
            .bind(brand.to_string())
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("insert into fit_weights (brand_id, name, weights, saved_at) values ($1, $2, $3, $4)")
            .bind(brand.to_string())
            .bind(name)
            .bind(weights)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Removes saved weights; whether there were any of this number for this brand.
    pub async fn delete_fit_weights(&self, brand: BrandId, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from fit_weights where brand_id = $1 and id = $2")
            .bind(brand.to_string())
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing weights"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Everything a person has set aside for a brand.
    pub async fn conflicts_aside(&self, brand: BrandId) -> Result<Vec<ConflictAside>, StoreError> {
        let rows = sqlx::query("select * from conflict_aside where brand_id = $1")
            .bind(brand.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was set aside"))?;
        let row = |row: &sqlx::sqlite::SqliteRow| ConflictAside {
            account: AccountId(row.get("account_id")),
            kind: row.get("kind"),
            words: row.get("words"),
            set_aside_at: Timestamp(row.get("set_aside_at")),
        };
        Ok(rows.iter().map(row).collect())
    }

    /// Sets a conflict aside, once.
    pub async fn set_conflict_aside(&self, brand: BrandId, conflict: &ConflictAside) -> Result<(), StoreError> {
        sqlx::query(
            "insert or ignore into conflict_aside (brand_id, account_id, kind, words, set_aside_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(brand.to_string())
        .bind(conflict.account.0)
        .bind(&conflict.kind)
        .bind(&conflict.words)
        .bind(conflict.set_aside_at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("setting a conflict aside"))?;
        Ok(())
    }

    /// Takes a conflict up again that was set aside.
    pub async fn take_conflict_up(&self, brand: BrandId, conflict: &ConflictAside) -> Result<(), StoreError> {
        sqlx::query("delete from conflict_aside where brand_id = $1 and account_id = $2 and kind = $3 and words = $4")
            .bind(brand.to_string())
            .bind(conflict.account.0)
            .bind(&conflict.kind)
            .bind(&conflict.words)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking a conflict up again"))?;
        Ok(())
    }

    pub async fn forget_in_fit(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from conflict_aside where account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("forgetting an account's conflicts"))?;
        }
        Ok(())
    }
}

impl Derived {
    /// Creators' words as read for a brand, as JSON, of those made from the same.
    pub async fn fit_readings(
        &self,
        brand: BrandId,
        made_from: &str,
    ) -> Result<HashMap<AccountId, String>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("select account_id, detail from fit_reading where brand_id = $1 and made_from = $2")
                .bind(brand.to_string())
                .bind(made_from)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading creators' words as read for a brand"))?;
        Ok(rows.into_iter().map(|(account, detail)| (AccountId(account), detail)).collect())
    }

    /// Keeps creators' words as read for a brand; what was made from something else goes.
    pub async fn keep_fit_readings(
        &self,
        brand: BrandId,
        made_from: &str,
        readings: &[(AccountId, String)],
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping creators' words as read for a brand");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from fit_reading where brand_id = $1 and made_from <> $2")
            .bind(brand.to_string())
            .bind(made_from)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for portion in readings.chunks(2_000) {
            let mut insert: QueryBuilder<Sqlite> =
                QueryBuilder::new("insert or replace into fit_reading (brand_id, account_id, made_from, detail) ");
            insert.push_values(portion, |mut row, (account, detail)| {
                row.push_bind(brand.to_string()).push_bind(account.0).push_bind(made_from).push_bind(detail);
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }
}

/// Removes what was read of somebody's words.
pub(crate) async fn forget_reading(connection: &mut SqliteConnection, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from fit_reading where account_id = $1").bind(account.0).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn weights_of_one_name_are_replaced_and_what_was_set_aside_is_taken_up_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let brand = BrandId::new();
        store.save_fit_weights(brand, "Launch", "p3v2a5n2c5e1w50", Timestamp(1)).await.expect("saves");
        store.save_fit_weights(brand, "launch", "p9v2a5n2c5e1w50", Timestamp(2)).await.expect("replaces");
        let held = store.fit_weights(brand).await.expect("reads");
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].weights, "p9v2a5n2c5e1w50");
        assert!(!store.delete_fit_weights(BrandId::new(), held[0].id).await.expect("is another brand's"));
        assert!(store.delete_fit_weights(brand, held[0].id).await.expect("removes"));
        let conflict = ConflictAside {
            account: AccountId(5),
            kind: "stated_refusal".to_owned(),
            words: "says no to paid work".to_owned(),
            set_aside_at: Timestamp(3),
        };
        let before = store.typed_change().await.expect("reads");
        store.set_conflict_aside(brand, &conflict).await.expect("sets aside");
        store.set_conflict_aside(brand, &conflict).await.expect("is aside already");
        assert_eq!(store.conflicts_aside(brand).await.expect("reads"), std::slice::from_ref(&conflict));
        assert!(store.typed_change().await.expect("reads") > before);
        store.take_conflict_up(brand, &conflict).await.expect("takes up");
        assert!(store.conflicts_aside(brand).await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn words_read_for_a_brand_are_kept_until_it_or_the_facts_change_and_forgotten_with_the_person() {
        let folder = tempfile::tempdir().expect("a folder");
        let derived = Derived::open(folder.path()).await.expect("opens");
        let brand = BrandId::new();
        let rows = [(AccountId(1), "{}".to_owned()), (AccountId(2), "[]".to_owned())];
        derived.keep_fit_readings(brand, "one", &rows).await.expect("keeps");
        derived.forget(&[AccountId(2)]).await.expect("forgets");
        assert_eq!(derived.fit_readings(brand, "one").await.expect("reads").len(), 1);
        derived.keep_fit_readings(brand, "two", &[]).await.expect("keeps");
        assert!(derived.fit_readings(brand, "one").await.expect("reads").is_empty());
    }
}
