//! Daily series that were brought in, each day once.

use model::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;

/// How the values of a series are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeriesKind {
    /// So many a day.
    Gained,
    /// A total that stands.
    Standing,
}

impl SeriesKind {
    pub fn code(self) -> &'static str {
        match self {
            SeriesKind::Gained => "gained",
            SeriesKind::Standing => "standing",
        }
    }

    pub fn from_code(code: &str) -> Option<SeriesKind> {
        [SeriesKind::Gained, SeriesKind::Standing].into_iter().find(|kind| kind.code() == code)
    }
}

/// A daily series as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeriesRow {
    pub id: i64,
    pub name: String,
    /// In the plural: sessions.
    pub counts_what: String,
    pub kind: SeriesKind,
    /// Own campaigns move it.
    pub is_touched: bool,
    pub source: String,
    pub actor: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub days: u64,
    /// Days since 1970; `None` where it holds none.
    pub first_day: Option<i32>,
    pub last_day: Option<i32>,
}

/// A series about to be kept.
#[derive(Clone, PartialEq, Debug)]
pub struct NewSeries {
    pub name: String,
    pub counts_what: String,
    pub kind: SeriesKind,
    pub is_touched: bool,
    pub source: String,
    pub actor: String,
    /// Days since 1970, each once.
    pub days: Vec<(i32, f64)>,
}

/// What came of days that were brought in.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct DaysTaken {
    pub new: u64,
    /// Held with another value before.
    pub changed: u64,
    pub known: u64,
}

const SERIES: &str = "select series.*, count(day) as days, min(day) as first_day, max(day) as last_day from series \
     left join series_day on series_id = series.id";

fn series_of(row: &SqliteRow) -> SeriesRow {
    let day = |column: &str| row.get::<Option<i64>, _>(column).map(|day| day as i32);
    SeriesRow {
        id: row.get("id"),
        name: row.get("name"),
        counts_what: row.get("counts_what"),
        kind: SeriesKind::from_code(&row.get::<String, _>("kind")).unwrap_or(SeriesKind::Gained),
        is_touched: row.get::<i64, _>("is_touched") != 0,
        source: row.get("source"),
        actor: row.get("actor"),
        created_at: Timestamp(row.get("created_at")),
        changed_at: Timestamp(row.get("changed_at")),
        days: row.get::<i64, _>("days").unsigned_abs(),
        first_day: day("first_day"),
        last_day: day("last_day"),
    }
}

impl Store {
    /// Every series, by name.
    pub async fn series(&self) -> Result<Vec<SeriesRow>, StoreError> {
        let mut query = QueryBuilder::new(SERIES);
        query.push(" group by series.id order by lower(series.name)");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the series"))?;
        Ok(rows.iter().map(series_of).collect())
    }

    pub async fn one_series(&self, id: i64) -> Result<Option<SeriesRow>, StoreError> {
        let mut query = QueryBuilder::new(SERIES);
        query.push(" where series.id = ").push_bind(id).push(" group by series.id");
        let row = query.build().fetch_optional(&self.pool).await.map_err(StoreError::of("reading a series"))?;
        Ok(row.as_ref().map(series_of))
    }

    /// The days of a series, the oldest first.
    pub async fn series_days(&self, id: i64) -> Result<Vec<(i32, f64)>, StoreError> {
        let rows = sqlx::query("select day, value from series_day where series_id = $1 order by day")
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the days of a series"))?;
        Ok(rows.iter().map(|row| (row.get::<i64, _>("day") as i32, row.get("value"))).collect())
    }

    /// Keeps series all or none; a series of a name that is held gets the days it lacks, and days that are told otherwise now.
    /// Its number and what came of its days, in the order given. Cost: one statement a day.
    pub async fn take_series(&self, all: &[NewSeries], at: Timestamp) -> Result<Vec<(i64, DaysTaken)>, StoreError> {
        let failed = StoreError::of("keeping series");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut done = Vec::with_capacity(all.len());
        for one in all {
            let row = sqlx::query(
                "insert into series (name, counts_what, kind, is_touched, source, actor, created_at, changed_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (lower(name)) do update set \
                 counts_what = excluded.counts_what, kind = excluded.kind, is_touched = excluded.is_touched, \
                 source = excluded.source, changed_at = excluded.changed_at returning id",
            )
            .bind(&one.name)
            .bind(&one.counts_what)
            .bind(one.kind.code())
            .bind(i64::from(one.is_touched))
            .bind(&one.source)
            .bind(&one.actor)
            .bind(at.0)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
            let id: i64 = row.get("id");
            let held: std::collections::HashMap<i32, f64> =
                sqlx::query("select day, value from series_day where series_id = $1")
                    .bind(id)
                    .fetch_all(&mut *transaction)
                    .await
                    .map_err(&failed)?
                    .iter()
                    .map(|row| (row.get::<i64, _>("day") as i32, row.get("value")))
                    .collect();
            let mut taken = DaysTaken::default();
            for (day, value) in &one.days {
                match held.get(day) {
                    Some(before) if before.to_bits() == value.to_bits() => {
                        taken.known += 1;
                        continue;
                    }
                    Some(_) => taken.changed += 1,
                    None => taken.new += 1,
                }
                sqlx::query(
                    "insert into series_day (series_id, day, value) values ($1, $2, $3) \
                     on conflict (series_id, day) do update set value = excluded.value",
                )
                .bind(id)
                .bind(i64::from(*day))
                .bind(value)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            }
            done.push((id, taken));
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(done)
    }

    /// Whether there was such a series.
    pub async fn delete_series(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from series where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a series"))?;
        Ok(done.rows_affected() > 0)
    }
}
