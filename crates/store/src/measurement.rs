//! Measurement: daily series that were brought in, studies with their design, what was found, and who is told of it.

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

/// A study with its design.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyRow {
    pub id: i64,
    pub campaign: Option<i64>,
    pub name: String,
    /// JSON.
    pub design: String,
    /// Days as 2026-03-01, both measured.
    pub starts_on: String,
    pub ends_on: String,
    pub unlocks_at: Timestamp,
    pub created_at: Timestamp,
    pub actor: String,
    pub withdrawn: Option<(Timestamp, String)>,
}

/// A study about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewStudy<'a> {
    pub campaign: Option<i64>,
    pub name: &'a str,
    pub design: &'a str,
    pub starts_on: &'a str,
    pub ends_on: &'a str,
    pub unlocks_at: Timestamp,
    pub actor: &'a str,
}

/// What was found of a study.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyResultRow {
    pub id: i64,
    pub study: i64,
    /// JSON.
    pub found: String,
    pub data_hash: String,
    pub version: u32,
    pub as_of: Timestamp,
}

/// A link by which a report is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyLink {
    pub id: i64,
    pub study: i64,
    pub note: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

/// Somebody who gets a report by mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StudyMail {
    pub id: i64,
    pub study: i64,
    pub contact: i64,
    pub contact_name: String,
    /// weekly, answer
    pub rhythm: String,
    pub next_at: Option<Timestamp>,
    pub sent: u64,
    pub last_sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

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

fn study_of(row: &SqliteRow) -> StudyRow {
    let withdrawn: Option<i64> = row.get("withdrawn_at");
    StudyRow {
        id: row.get("id"),
        campaign: row.get("campaign_id"),
        name: row.get("name"),
        design: row.get("design"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        unlocks_at: Timestamp(row.get("unlocks_at")),
        created_at: Timestamp(row.get("created_at")),
        actor: row.get("actor"),
        withdrawn: withdrawn.map(|at| (Timestamp(at), row.get("withdrawn_why"))),
    }
}

fn result_of(row: &SqliteRow) -> StudyResultRow {
    StudyResultRow {
        id: row.get("id"),
        study: row.get("study_id"),
        found: row.get("found"),
        data_hash: row.get("data_hash"),
        version: u32::try_from(row.get::<i64, _>("version")).unwrap_or(0),
        as_of: Timestamp(row.get("as_of")),
    }
}

fn link_of(row: &SqliteRow) -> StudyLink {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    StudyLink {
        id: row.get("id"),
        study: row.get("study_id"),
        note: row.get("note"),
        created_at: Timestamp(row.get("created_at")),
        expires_at: Timestamp(row.get("expires_at")),
        revoked_at: moment("revoked_at"),
        opened: row.get::<i64, _>("opened").unsigned_abs(),
        last_opened_at: moment("last_opened_at"),
    }
}

const MAIL: &str =
    "select study_mail.*, contact.name as contact_name from study_mail join contact on contact.id = contact_id";

fn mail_of(row: &SqliteRow) -> StudyMail {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    StudyMail {
        id: row.get("id"),
        study: row.get("study_id"),
        contact: row.get("contact_id"),
        contact_name: row.get("contact_name"),
        rhythm: row.get("rhythm"),
        next_at: moment("next_at"),
        sent: row.get::<i64, _>("sent").unsigned_abs(),
        last_sent_at: moment("last_sent_at"),
        ended_at: moment("ended_at"),
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

    /// Currencies of orders that count, the most used first.
    pub async fn currencies_sold(&self, shop: Option<i64>) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select currency, count(*) as orders from conversion where kind = 'sale' and is_test = 0 and currency is not null \
             and ($1 is null or shop_id = $1) group by currency order by orders desc, currency",
        )
        .bind(shop)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading currencies of orders"))?;
        Ok(rows.iter().map(|row| (row.get("currency"), row.get::<i64, _>("orders").unsigned_abs())).collect())
    }

    /// Every study, the newest first.
    pub async fn studies(&self) -> Result<Vec<StudyRow>, StoreError> {
        let rows = sqlx::query("select * from study order by id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the measurements"))?;
        Ok(rows.iter().map(study_of).collect())
    }

    pub async fn study(&self, id: i64) -> Result<Option<StudyRow>, StoreError> {
        let row = sqlx::query("select * from study where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a measurement"))?;
        Ok(row.as_ref().map(study_of))
    }

    /// Keeps a study; `None` where one of that name is held.
    pub async fn add_study(&self, study: &NewStudy<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into study (campaign_id, name, design, starts_on, ends_on, unlocks_at, created_at, actor) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (lower(name)) do nothing returning id",
        )
        .bind(study.campaign)
        .bind(study.name)
        .bind(study.design)
        .bind(study.starts_on)
        .bind(study.ends_on)
        .bind(study.unlocks_at.0)
        .bind(at.0)
        .bind(study.actor)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("keeping a measurement"))?;
        Ok(row.map(|row| row.get("id")))
    }

    /// Gives a study up; whether it had not been before. Nobody gets mails of it any more.
    pub async fn withdraw_study(&self, id: i64, why: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("giving a measurement up");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query(
            "update study set withdrawn_at = $2, withdrawn_why = $3 where id = $1 and withdrawn_at is null",
        )
        .bind(id)
        .bind(at.0)
        .bind(why)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query("update study_mail set ended_at = $2 where study_id = $1 and ended_at is null")
            .bind(id)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps what was found, once for each state of the data.
    pub async fn keep_study_result(&self, result: &StudyResultRow) -> Result<(), StoreError> {
        sqlx::query(
            "insert into study_result (study_id, found, data_hash, version, as_of) values ($1, $2, $3, $4, $5) \
             on conflict (study_id, data_hash, version) do nothing",
        )
        .bind(result.study)
        .bind(&result.found)
        .bind(&result.data_hash)
        .bind(i64::from(result.version))
        .bind(result.as_of.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping what was found"))?;
        Ok(())
    }

    /// What was found of a study, the oldest first.
    pub async fn study_results(&self, study: i64) -> Result<Vec<StudyResultRow>, StoreError> {
        let rows = sqlx::query("select * from study_result where study_id = $1 order by id")
            .bind(study)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was found"))?;
        Ok(rows.iter().map(result_of).collect())
    }

    /// What a study costs beside its deals, as JSON.
    pub async fn study_costs(&self, study: i64) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select costs from study_cost where study_id = $1")
            .bind(study)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading costs"))?;
        Ok(row.map(|row| row.get("costs")))
    }

    pub async fn keep_study_costs(
        &self,
        study: i64,
        costs: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into study_cost (study_id, costs, actor, at) values ($1, $2, $3, $4) \
             on conflict (study_id) do update set costs = excluded.costs, actor = excluded.actor, at = excluded.at",
        )
        .bind(study)
        .bind(costs)
        .bind(actor)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping costs"))?;
        Ok(())
    }

    /// Keeps a link by the hash of its secret; its number.
    pub async fn share_study(
        &self,
        study: i64,
        secret_hash: &str,
        note: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into study_link (study_id, secret_hash, note, created_at, expires_at) values ($1, $2, $3, $4, $5) \
             returning id",
        )
        .bind(study)
        .bind(secret_hash)
        .bind(note)
        .bind(at.0)
        .bind(expires_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("sharing a report"))?;
        Ok(row.get("id"))
    }

    /// The links to a report, the newest first.
    pub async fn study_links(&self, study: i64) -> Result<Vec<StudyLink>, StoreError> {
        let rows = sqlx::query("select * from study_link where study_id = $1 order by id desc")
            .bind(study)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the links to a report"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Opens a report by its link, counting it; `None` when no link has this secret, or it is over or revoked.
    pub async fn open_study_link(&self, secret_hash: &str, at: Timestamp) -> Result<Option<StudyLink>, StoreError> {
        let row = sqlx::query(
            "update study_link set opened = opened + 1, last_opened_at = $2 \
             where secret_hash = $1 and revoked_at is null and expires_at > $2 returning *",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("opening a shared report"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// Revokes a link; whether there was one to revoke.
    pub async fn revoke_study_link(&self, study: i64, link: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update study_link set revoked_at = $3 where study_id = $1 and id = $2 and revoked_at is null")
                .bind(study)
                .bind(link)
                .bind(at.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("revoking a link to a report"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Somebody gets a report by mail from now on; its number.
    pub async fn add_study_mail(
        &self,
        study: i64,
        contact: i64,
        rhythm: &str,
        next_at: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into study_mail (study_id, contact_id, rhythm, next_at, actor, created_at) \
             values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(study)
        .bind(contact)
        .bind(rhythm)
        .bind(next_at.0)
        .bind(actor)
        .bind(at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("noting who gets a report"))?;
        Ok(row.get("id"))
    }

    /// Grows or changes with every series, cost, deal, campaign and reading that an answer may rest on.
    pub async fn measured_state(&self) -> Result<String, StoreError> {
        let row = sqlx::query(
            "select (select count(*) || ' ' || coalesce(max(changed_at), 0) from series) as series, \
             (select coalesce(max(at), 0) from study_cost) as costs, \
             (select count(*) || ' ' || coalesce(max(state_since), 0) || ' ' || coalesce(sum(version), 0) from deal) as deals, \
             (select count(*) || ' ' || coalesce(group_concat(name || coalesce(starts_on, '') || coalesce(ends_on, '')), '') \
                 from campaign) || (select coalesce(max(changed_at), 0) from brand_profile) as campaigns, \
             (select count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(max(corrected_at), 0) from post_measurement) as posts, \
             (select count(*) from post_match) as matches, (select count(*) from contact) as contacts",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading what an answer rests on"))?;
        let number = |column: &str| row.get::<i64, _>(column);
        let text = |column: &str| row.get::<String, _>(column);
        Ok(format!(
            "{}|{}|{}|{}|{}|{}|{}",
            text("series"),
            number("costs"),
            text("deals"),
            text("campaigns"),
            text("posts"),
            number("matches"),
            number("contacts")
        ))
    }

    /// Who gets a study's report, the newest first.
    pub async fn study_mails(&self, study: i64) -> Result<Vec<StudyMail>, StoreError> {
        let mut query = QueryBuilder::new(MAIL);
        query.push(" where study_id = ").push_bind(study).push(" order by study_mail.id desc");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading who gets a report"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// What is to be sent by now, the oldest first.
    pub async fn study_mails_due(&self, by: Timestamp) -> Result<Vec<StudyMail>, StoreError> {
        let mut query = QueryBuilder::new(MAIL);
        query.push(" where ended_at is null and next_at <= ").push_bind(by.0).push(" order by next_at, study_mail.id");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading reports to be sent"))?;
        Ok(rows.iter().map(mail_of).collect())
    }

    /// Notes that a mail is on its way, before it is written, so that nobody gets it twice; whether it was still due as it was read.
    /// Without a next one it has ended.
    pub async fn pass_study_mail(
        &self,
        mail: &StudyMail,
        next_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update study_mail set sent = sent + 1, last_sent_at = $3, next_at = $4, \
             ended_at = case when $4 is null then $3 end where id = $1 and next_at is $2 and ended_at is null",
        )
        .bind(mail.id)
        .bind(mail.next_at.map(|at| at.0))
        .bind(at.0)
        .bind(next_at.map(|at| at.0))
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("noting that a report goes out"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Somebody gets no more reports; whether they did.
    pub async fn end_study_mail(&self, study: i64, mail: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update study_mail set ended_at = $3 where study_id = $1 and id = $2 and ended_at is null")
                .bind(study)
                .bind(mail)
                .bind(at.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("ending mails of a report"))?;
        Ok(done.rows_affected() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        (folder, store)
    }

    fn series(days: &[(i32, f64)]) -> NewSeries {
        NewSeries {
            name: "Sessions".into(),
            counts_what: "sessions".into(),
            kind: SeriesKind::Gained,
            is_touched: false,
            source: "sessions.csv".into(),
            actor: "team".into(),
            days: days.to_vec(),
        }
    }

    fn study(name: &str) -> NewStudy<'_> {
        NewStudy {
            campaign: None,
            name,
            design: "{}",
            starts_on: "2026-03-01",
            ends_on: "2026-03-28",
            unlocks_at: Timestamp(1_000),
            actor: "team",
        }
    }

    #[tokio::test]
    async fn the_same_file_twice_adds_no_day_and_a_corrected_day_takes_the_place_of_the_old() {
        let (_folder, store) = store().await;
        let first = store.take_series(&[series(&[(10, 4.0), (11, 5.0)])], Timestamp(1)).await.expect("takes");
        assert_eq!(first[0].1, DaysTaken { new: 2, ..DaysTaken::default() });
        let again = NewSeries { name: "SESSIONS".into(), ..series(&[(10, 4.0), (11, 6.0), (12, 7.0)]) };
        let again = store.take_series(&[again], Timestamp(2)).await.expect("takes");
        assert_eq!(again, [(first[0].0, DaysTaken { new: 1, changed: 1, known: 1 })]);
        assert_eq!(store.series_days(first[0].0).await.expect("reads"), [(10, 4.0), (11, 6.0), (12, 7.0)]);
        let row = store.one_series(first[0].0).await.expect("reads").expect("is there");
        assert_eq!((row.days, row.first_day, row.last_day, row.name.as_str()), (3, Some(10), Some(12), "Sessions"));
        assert!(store.delete_series(row.id).await.expect("removes"));
        assert!(store.series_days(row.id).await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn a_study_is_kept_once_by_its_name_and_what_is_found_once_for_each_state_of_the_data() {
        let (_folder, store) = store().await;
        let id = store.add_study(&study("Spring"), Timestamp(5)).await.expect("keeps").expect("is new");
        assert_eq!(store.add_study(&study("SPRING"), Timestamp(6)).await.expect("asks"), None);
        let result = |hash: &str, found: &str| StudyResultRow {
            id: 0,
            study: id,
            found: found.into(),
            data_hash: hash.into(),
            version: 1,
            as_of: Timestamp(7),
        };
        for (hash, found) in [("a", "first"), ("a", "never"), ("b", "second")] {
            store.keep_study_result(&result(hash, found)).await.expect("keeps");
        }
        let found: Vec<String> =
            store.study_results(id).await.expect("reads").into_iter().map(|row| row.found).collect();
        assert_eq!(found, ["first", "second"]);
        assert!(store.withdraw_study(id, "the shop was closed", Timestamp(9)).await.expect("gives up"));
        assert!(!store.withdraw_study(id, "again", Timestamp(10)).await.expect("asks"));
        let row = store.study(id).await.expect("reads").expect("is there");
        assert_eq!(row.withdrawn, Some((Timestamp(9), "the shop was closed".to_owned())));
    }

    #[tokio::test]
    async fn a_shared_report_opens_until_its_day_or_until_revoked() {
        let (_folder, store) = store().await;
        let id = store.add_study(&study("Spring"), Timestamp(5)).await.expect("keeps").expect("is new");
        let link = store.share_study(id, "hash", "the boss", Timestamp(100), Timestamp(5)).await.expect("shares");
        assert_eq!(store.open_study_link("hash", Timestamp(50)).await.expect("opens").expect("is there").opened, 1);
        assert_eq!(store.open_study_link("hash", Timestamp(100)).await.expect("asks"), None, "over");
        assert!(!store.revoke_study_link(id + 1, link, Timestamp(60)).await.expect("asks"));
        assert!(store.revoke_study_link(id, link, Timestamp(60)).await.expect("revokes"));
        assert_eq!(store.open_study_link("hash", Timestamp(61)).await.expect("asks"), None, "revoked");
    }
}
