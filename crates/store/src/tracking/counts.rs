//! Counts of clicks: a portion is added up first and written once a row, in the transaction that moves the position on; and all
//! counts made anew from the log, put in force in one go.

use std::collections::BTreeMap;

use model::Timestamp;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};

use super::{ClicksOfMinute, Counted, CountedClick, DAY, LinkFilter, LinksBrought, MINUTE, VerdictCount, counted_of};
use crate::database::Store;
use crate::error::StoreError;
use crate::webhooks::{NewEvent, put_event};

/// Minutes are kept for seven whole days, and as long as today.
const MINUTE_DAYS: i64 = 7;
/// A day's visitors go two days after it began, with its key.
const VISITOR_DAYS: i64 = 2;
/// Old rows that are removed in one go, so that nobody waits long to write.
const ROWS_AT_ONCE: i64 = 20_000;
/// Everything that is counted, by table.
const TABLES: [&str; 9] = [
    "click_day",
    "click_minute",
    "click_reason",
    "click_referrer",
    "click_visitor",
    "click_unique",
    "click_total",
    "click_day_total",
    "click_counted",
];

/// What was counted on a day of all links.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayTotal {
    /// Since 1970.
    pub day: i64,
    pub verdict: u8,
    pub clicks: u64,
    pub visitors: u64,
}

/// How many clicks, when the first and the last.
#[derive(Clone, Copy)]
struct Span {
    clicks: u64,
    first_at: i64,
    last_at: i64,
}

/// A portion of clicks, added up.
#[derive(Default)]
struct Portion<'a> {
    /// By link, day and verdict.
    days: BTreeMap<(u32, i64, u8), Span>,
    /// People and others, by link and minute.
    minutes: BTreeMap<(u32, i64), (u64, u64)>,
    reasons: BTreeMap<(u32, u32), u64>,
    referrers: BTreeMap<(u32, &'a str), u64>,
    /// By link, day and visitor: the verdict of a person.
    visitors: BTreeMap<(u32, i64, u64), u8>,
}

impl<'a> Portion<'a> {
    fn of(clicks: &'a [CountedClick]) -> Portion<'a> {
        let mut portion = Portion::default();
        for click in clicks {
            let (day, minute) = (click.at.0.div_euclid(DAY), click.at.0.div_euclid(MINUTE));
            add(portion.days.entry((click.link, day, click.verdict)), Span::of(click.at.0));
            let minute = portion.minutes.entry((click.link, minute)).or_default();
            match click.is_person {
                true => minute.0 += 1,
                false => minute.1 += 1,
            }
            for reason in (0..32).filter(|bit| click.reasons >> bit & 1 == 1) {
                *portion.reasons.entry((click.link, reason)).or_default() += 1;
            }
            if click.is_person && !click.referrer.is_empty() {
                *portion.referrers.entry((click.link, &click.referrer)).or_default() += 1;
            }
            if click.is_person && click.visitor != 0 {
                portion.visitors.insert((click.link, day, click.visitor), click.verdict);
            }
        }
        portion
    }
}

impl Span {
    fn of(at: i64) -> Span {
        Span { clicks: 1, first_at: at, last_at: at }
    }

    fn with(self, other: Span) -> Span {
        Span {
            clicks: self.clicks + other.clicks,
            first_at: self.first_at.min(other.first_at),
            last_at: self.last_at.max(other.last_at),
        }
    }
}

fn add<K: Ord>(entry: std::collections::btree_map::Entry<'_, K, Span>, span: Span) {
    entry.and_modify(|held| *held = held.with(span)).or_insert(span);
}

/// Adds a portion to the counts; the caller moves the position on in the same transaction.
pub(super) async fn put_portion(connection: &mut SqliteConnection, clicks: &[CountedClick]) -> Result<(), sqlx::Error> {
    let portion = Portion::of(clicks);
    let days = portion
        .days
        .iter()
        .map(|((link, day, verdict), span)| json!([link, day, verdict, span.clicks, span.first_at, span.last_at]));
    put(
        connection,
        "insert into click_day (link_id, day, verdict, clicks, first_at, last_at) select value ->> 0, value ->> 1, value ->> 2, \
         value ->> 3, value ->> 4, value ->> 5 from json_each($1) where true on conflict do update set \
         clicks = clicks + excluded.clicks, first_at = min(first_at, excluded.first_at), \
         last_at = max(last_at, excluded.last_at)",
        days,
    )
    .await?;
    let minutes =
        portion.minutes.iter().map(|((link, minute), (people, others))| json!([link, minute, people, others]));
    put(
        connection,
        "insert into click_minute (link_id, minute, people, others) select value ->> 0, value ->> 1, value ->> 2, value ->> 3 \
         from json_each($1) where true on conflict do update set people = people + excluded.people, \
         others = others + excluded.others",
        minutes,
    )
    .await?;
    put(
        connection,
        "insert into click_reason (link_id, reason, clicks) select value ->> 0, value ->> 1, value ->> 2 from json_each($1) \
         where true on conflict do update set clicks = clicks + excluded.clicks",
        portion.reasons.iter().map(|((link, reason), clicks)| json!([link, reason, clicks])),
    )
    .await?;
    put(
        connection,
        "insert into click_referrer (link_id, host, clicks) select value ->> 0, value ->> 1, value ->> 2 from json_each($1) \
         where true on conflict do update set clicks = clicks + excluded.clicks",
        portion.referrers.iter().map(|((link, host), clicks)| json!([link, host, clicks])),
    )
    .await?;
    let uniques = put_visitors(connection, &portion).await?;
    put_totals(connection, &portion, &uniques).await
}

/// Keeps visitors that are new on their day; how many those are, by link, day and verdict.
async fn put_visitors(
    connection: &mut SqliteConnection,
    portion: &Portion<'_>,
) -> Result<BTreeMap<(u32, i64, u8), u64>, sqlx::Error> {
    let mut uniques = BTreeMap::new();
    let visitors = portion.visitors.keys().map(|(link, day, visitor)| json!([link, day, *visitor as i64]));
    let Some(visitors) = rows(visitors) else { return Ok(uniques) };
    let new = sqlx::query(
        "insert into click_visitor (link_id, day, visitor) select value ->> 0, value ->> 1, value ->> 2 from json_each($1) \
         where true on conflict do nothing returning link_id, day, visitor",
    )
    .bind(visitors)
    .fetch_all(&mut *connection)
    .await?;
    for row in &new {
        let (link, day) = (row.get::<i64, _>("link_id") as u32, row.get::<i64, _>("day"));
        let verdict = portion.visitors.get(&(link, day, row.get::<i64, _>("visitor") as u64)).copied().unwrap_or(0);
        *uniques.entry((link, day, verdict)).or_default() += 1;
    }
    put(
        connection,
        "insert into click_unique (link_id, day, uniques) select value ->> 0, value ->> 1, value ->> 2 from json_each($1) \
         where true on conflict do update set uniques = uniques + excluded.uniques",
        uniques.iter().map(|((link, day, _), uniques): (&(u32, i64, u8), &u64)| json!([link, day, uniques])),
    )
    .await?;
    Ok(uniques)
}

async fn put_totals(
    connection: &mut SqliteConnection,
    portion: &Portion<'_>,
    uniques: &BTreeMap<(u32, i64, u8), u64>,
) -> Result<(), sqlx::Error> {
    let mut totals: BTreeMap<(u32, u8), (Span, u64)> = BTreeMap::new();
    let mut of_days: BTreeMap<(i64, u8), (u64, u64)> = BTreeMap::new();
    for ((link, day, verdict), span) in &portion.days {
        let new = uniques.get(&(*link, *day, *verdict)).copied().unwrap_or(0);
        let total = totals.entry((*link, *verdict));
        total.and_modify(|held| *held = (held.0.with(*span), held.1 + new)).or_insert((*span, new));
        let of_day = of_days.entry((*day, *verdict)).or_default();
        *of_day = (of_day.0 + span.clicks, of_day.1 + new);
    }
    let totals = totals
        .iter()
        .map(|((link, verdict), (span, new))| json!([link, verdict, span.clicks, new, span.first_at, span.last_at]));
    put(
        connection,
        "insert into click_total (link_id, verdict, clicks, uniques, first_at, last_at) select value ->> 0, value ->> 1, \
         value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each($1) where true on conflict do update set \
         clicks = clicks + excluded.clicks, uniques = uniques + excluded.uniques, \
         first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
        totals,
    )
    .await?;
    put(
        connection,
        "insert into click_day_total (day, verdict, clicks, uniques) select value ->> 0, value ->> 1, value ->> 2, value ->> 3 \
         from json_each($1) where true on conflict do update set clicks = clicks + excluded.clicks, \
         uniques = uniques + excluded.uniques",
        of_days.iter().map(|((day, verdict), (clicks, new))| json!([day, verdict, clicks, new])),
    )
    .await
}

/// Rows as one parameter: a statement a portion, not a statement a click.
fn rows(rows: impl Iterator<Item = Value>) -> Option<String> {
    let rows: Vec<Value> = rows.collect();
    (!rows.is_empty()).then(|| Value::Array(rows).to_string())
}

async fn put(
    connection: &mut SqliteConnection,
    statement: &'static str,
    of: impl Iterator<Item = Value>,
) -> Result<(), sqlx::Error> {
    if let Some(rows) = rows(of) {
        sqlx::query(statement).bind(rows).execute(connection).await?;
    }
    Ok(())
}

async fn put_counted(connection: &mut SqliteConnection, to: Counted) -> Result<(), sqlx::Error> {
    sqlx::query("update click_counted set segment = $1, offset = $2, clicks = $3, damaged = $4")
        .bind(i64::from(to.segment))
        .bind(i64::from(to.offset))
        .bind(to.clicks as i64)
        .bind(to.damaged as i64)
        .execute(connection)
        .await?;
    Ok(())
}

fn verdict_count(row: &SqliteRow) -> VerdictCount {
    VerdictCount {
        link: row.get::<i64, _>("link_id") as u32,
        verdict: row.get::<i64, _>("verdict") as u8,
        clicks: row.get::<i64, _>("clicks").unsigned_abs(),
        uniques: row.get::<i64, _>("uniques").unsigned_abs(),
        first_at: Timestamp(row.get("first_at")),
        last_at: Timestamp(row.get("last_at")),
    }
}

/// What links brought, for a filter whose first condition finds few of them by an index.
macro_rules! brought_by {
    ($condition:literal) => {
        concat!(
            "with found as materialized (select id from tracked_link where ",
            $condition,
            " and ($1 is null or contact_id = $1) and ($2 is null or deal_id = $2) and ($3 is null or campaign_id = $3)) \
             select (select count(*) from found) as links, coalesce(sum(clicks), 0) as clicks, \
             coalesce(sum(uniques), 0) as visitors from found join click_total on link_id = id where verdict = $4"
        )
    };
}

impl Store {
    /// How far the click log has been counted.
    pub async fn counted(&self) -> Result<Counted, StoreError> {
        let row = sqlx::query("select * from click_counted")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading how far clicks are counted"))?;
        Ok(counted_of(&row))
    }

    /// Adds clicks to the counts and moves the position on, in one transaction: a count is never made twice, and none is left
    /// out. Nothing is done where somebody else has counted from there meanwhile.
    pub async fn count_clicks(&self, from: Counted, clicks: &[CountedClick], to: Counted) -> Result<bool, StoreError> {
        let failed = StoreError::of("counting clicks");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let held = sqlx::query("select * from click_counted").fetch_one(&mut *transaction).await.map_err(&failed)?;
        if counted_of(&held) != from {
            return Ok(false);
        }
        put_portion(&mut transaction, clicks).await.map_err(&failed)?;
        put_counted(&mut transaction, to).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Moves the position of counting back to where the log ends, where the log is shorter than what was counted: it was removed,
    /// or its end was lost with the power. What was counted stays.
    pub async fn count_from(&self, from: Counted) -> Result<(), StoreError> {
        sqlx::query("update click_counted set segment = $1, offset = $2")
            .bind(i64::from(from.segment))
            .bind(i64::from(from.offset))
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("moving the position of counting"))?;
        Ok(())
    }

    /// Removes the visitors of days whose key is gone, and minutes of days before the last seven; to be called when all that was kept
    /// has been counted. Costs next to nothing where nothing has to go.
    pub async fn forget_visitors(&self, now: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("removing visitors of days that are over");
        let today = now.0.div_euclid(DAY);
        for (statement, before) in [
            (
                "delete from click_minute where (minute, link_id) in \
                 (select minute, link_id from click_minute where minute < $1 limit $2)",
                (today - MINUTE_DAYS) * (DAY / MINUTE),
            ),
            (
                "delete from click_visitor where (day, link_id, visitor) in \
                 (select day, link_id, visitor from click_visitor where day < $1 limit $2)",
                today - VISITOR_DAYS + 1,
            ),
        ] {
            loop {
                let gone = sqlx::query(statement)
                    .bind(before)
                    .bind(ROWS_AT_ONCE)
                    .execute(&self.pool)
                    .await
                    .map_err(&failed)?;
                if gone.rows_affected() < ROWS_AT_ONCE as u64 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// What was counted by link and verdict; of one link, or of all.
    pub async fn verdict_counts(&self, link: Option<u32>) -> Result<Vec<VerdictCount>, StoreError> {
        let all = sqlx::query("select * from click_total order by link_id, verdict");
        let one = sqlx::query("select * from click_total where link_id = $1 order by verdict");
        let asked = match link {
            Some(link) => one.bind(i64::from(link)),
            None => all,
        };
        let rows = asked.fetch_all(&self.pool).await.map_err(StoreError::of("reading what was counted"))?;
        Ok(rows.iter().map(verdict_count).collect())
    }

    /// The same of some links.
    pub async fn verdict_counts_of(&self, links: &[u32]) -> Result<Vec<VerdictCount>, StoreError> {
        let rows = sqlx::query(
            "select click_total.* from json_each($1) join click_total on link_id = value order by link_id, verdict",
        )
        .bind(json!(links).to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was counted"))?;
        Ok(rows.iter().map(verdict_count).collect())
    }

    /// Visitors by day, summed over days: link, how many.
    pub async fn unique_counts(&self, link: Option<u32>) -> Result<Vec<(u32, u64)>, StoreError> {
        let mut uniques: Vec<(u32, u64)> = Vec::new();
        for row in self.verdict_counts(link).await?.into_iter().filter(|row| row.uniques > 0) {
            match uniques.last_mut().filter(|(link, _)| *link == row.link) {
                Some(held) => held.1 += row.uniques,
                None => uniques.push((row.link, row.uniques)),
            }
        }
        Ok(uniques)
    }

    /// What was counted of all links on the days from one on, by verdict.
    pub async fn day_totals(&self, from: i64) -> Result<Vec<DayTotal>, StoreError> {
        let rows = sqlx::query("select * from click_day_total where day >= $1 order by day, verdict")
            .bind(from)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was counted"))?;
        let of = |row: &SqliteRow| DayTotal {
            day: row.get("day"),
            verdict: row.get::<i64, _>("verdict") as u8,
            clicks: row.get::<i64, _>("clicks").unsigned_abs(),
            visitors: row.get::<i64, _>("uniques").unsigned_abs(),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// What the links that a filter finds brought together, by clicks of one verdict.
    pub async fn links_brought(&self, filter: &LinkFilter, verdict: u8) -> Result<LinksBrought, StoreError> {
        let statement = match (filter.deal, filter.contact, filter.campaign) {
            (Some(_), _, _) => brought_by!("deal_id = $2"),
            (None, Some(_), _) => brought_by!("contact_id = $1"),
            (None, None, Some(_)) => brought_by!("campaign_id = $3"),
            // Nothing is added up link by link.
            (None, None, None) => {
                "select (select count(*) from tracked_link) as links, coalesce(sum(clicks), 0) as clicks, \
                 coalesce(sum(uniques), 0) as visitors from click_day_total where verdict = $4 and $1 is null and $2 is null \
                 and $3 is null"
            }
        };
        let row = sqlx::query(statement)
            .bind(filter.contact)
            .bind(filter.deal)
            .bind(filter.campaign)
            .bind(i64::from(verdict))
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading what links brought"))?;
        let count = |column: &str| row.get::<i64, _>(column).unsigned_abs();
        Ok(LinksBrought { links: count("links"), clicks: count("clicks"), visitors_by_day: count("visitors") })
    }

    /// People's clicks by link and minute, in minutes before one, of whom other programs were not told yet; the oldest first.
    pub async fn click_minutes_not_told(
        &self,
        before_minute: i64,
        at_most: u64,
    ) -> Result<Vec<ClicksOfMinute>, StoreError> {
        let rows = sqlx::query(
            "select link_id, minute, people, told, slug, tracked_link.name, contact_id, contact.name as contact_name, deal_id, \
             campaign_id from click_minute join tracked_link on tracked_link.id = link_id \
             left join contact on contact.id = contact_id where told < people and minute < $1 order by minute, link_id limit $2",
        )
        .bind(before_minute)
        .bind(at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading clicks"))?;
        let of = |row: &SqliteRow| {
            let (people, told): (i64, i64) = (row.get("people"), row.get("told"));
            ClicksOfMinute {
                link: row.get::<i64, _>("link_id") as u32,
                slug: row.get("slug"),
                name: row.get("name"),
                contact: row.get::<Option<i64>, _>("contact_id").zip(row.get::<Option<String>, _>("contact_name")),
                deal: row.get("deal_id"),
                campaign: row.get("campaign_id"),
                minute: row.get("minute"),
                clicks: (people - told).unsigned_abs(),
                told: told.unsigned_abs(),
            }
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Queues what other programs are told of minutes, each once, and notes that they are told; both or nothing.
    pub async fn tell_click_minutes(
        &self,
        minutes: &[(ClicksOfMinute, NewEvent)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("telling of clicks");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for (of, event) in minutes {
            let done = sqlx::query(
                "update click_minute set told = told + $4 where link_id = $1 and minute = $2 and told = $3",
            )
            .bind(i64::from(of.link))
            .bind(of.minute)
            .bind(of.told as i64)
            .bind(of.clicks as i64)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            if done.rows_affected() == 1 {
                put_event(&mut transaction, event.kind, &event.payload, at).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Notes that nobody wants to be told of minutes before one: whoever listens later is told of later ones.
    pub async fn pass_over_click_minutes(&self, before_minute: i64) -> Result<(), StoreError> {
        sqlx::query("update click_minute set told = people where told < people and minute < $1")
            .bind(before_minute)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("passing over clicks"))?;
        Ok(())
    }

    /// By day of one link: day since 1970, verdict, clicks; the oldest first.
    pub async fn day_counts(&self, link: u32) -> Result<Vec<(i64, u8, u64)>, StoreError> {
        let rows = sqlx::query(
            // Each day on which anything was counted is looked up for this link.
            "select click_day.day, click_day.verdict, click_day.clicks from (select distinct day from click_day_total) as days \
             cross join click_day on click_day.day = days.day and click_day.link_id = $1 order by 1, 2",
        )
            .bind(i64::from(link))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what was counted"))?;
        let of = |row: &SqliteRow| {
            (row.get("day"), row.get::<i64, _>("verdict") as u8, row.get::<i64, _>("clicks").unsigned_abs())
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Reasons of a link's clicks that were no person's, and so many hosts that sent people, the most frequent first.
    pub async fn click_sources(
        &self,
        link: u32,
        hosts_at_most: u64,
    ) -> Result<(Vec<(u8, u64)>, Vec<(String, u64)>), StoreError> {
        let failed = StoreError::of("reading what was counted");
        let reasons =
            sqlx::query("select reason, clicks from click_reason where link_id = $1 order by clicks desc, reason")
                .bind(i64::from(link))
                .fetch_all(&self.pool)
                .await
                .map_err(&failed)?;
        let hosts = sqlx::query(
            "select host, clicks from click_referrer where link_id = $1 order by clicks desc, host limit $2",
        )
        .bind(i64::from(link))
        .bind(hosts_at_most as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(&failed)?;
        Ok((
            reasons
                .iter()
                .map(|row| (row.get::<i64, _>("reason") as u8, row.get::<i64, _>("clicks").unsigned_abs()))
                .collect(),
            hosts.iter().map(|row| (row.get("host"), row.get::<i64, _>("clicks").unsigned_abs())).collect(),
        ))
    }

    /// Begins to count anew, beside the counts in force, which stay until [`Recount::put_in_force`].
    pub async fn begin_recount(&self) -> Result<Recount, StoreError> {
        let failed = StoreError::of("beginning to count anew");
        let mut connection = self.pool.acquire().await.map_err(&failed)?.detach();
        for table in TABLES {
            // A table of this connection alone, with the name and the rules of the one in force: whatever is written by that name
            // goes here.
            let (made,): (String,) =
                sqlx::query_as("select sql from main.sqlite_schema where type = 'table' and name = $1")
                    .bind(table)
                    .fetch_one(&mut connection)
                    .await
                    .map_err(&failed)?;
            let made = made.to_lowercase().replacen("create table", "create temp table", 1);
            sqlx::query(sqlx::AssertSqlSafe(made)).execute(&mut connection).await.map_err(&failed)?;
        }
        sqlx::query("insert into temp.click_counted (one, segment, offset, clicks, damaged) values (1, 0, 0, 0, 0)")
            .execute(&mut connection)
            .await
            .map_err(&failed)?;
        Ok(Recount { connection, at: Counted::default() })
    }
}

/// Counts being made anew, seen by nobody else.
pub struct Recount {
    connection: SqliteConnection,
    pub at: Counted,
}

impl Recount {
    /// Adds clicks to the counts being made.
    pub async fn count(&mut self, clicks: &[CountedClick], to: Counted) -> Result<(), StoreError> {
        let failed = StoreError::of("counting clicks anew");
        let mut transaction = self.connection.begin().await.map_err(&failed)?;
        put_portion(&mut transaction, clicks).await.map_err(&failed)?;
        put_counted(&mut transaction, to).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        self.at = to;
        Ok(())
    }

    /// Puts the new counts in the place of those in force, all in one transaction, if they reach to the same place of the log;
    /// else says to where those in force reach by now: the clicks up to there are to be counted first. Whoever counts goes on
    /// from there. Visitors and minutes whose time is over at `now` go first.
    pub async fn put_in_force(&mut self, now: Timestamp) -> Result<Option<Counted>, StoreError> {
        let failed = StoreError::of("putting new counts in force");
        let today = now.0.div_euclid(DAY);
        let mut transaction = self.connection.begin_with("begin immediate").await.map_err(&failed)?;
        let held =
            sqlx::query("select * from main.click_counted").fetch_one(&mut *transaction).await.map_err(&failed)?;
        let held = counted_of(&held);
        if (held.segment, held.offset) != (self.at.segment, self.at.offset) {
            return Ok(Some(held));
        }
        // Not before: a visitor who was let go would be counted again.
        sqlx::query("delete from temp.click_minute where minute < $1")
            .bind((today - MINUTE_DAYS) * (DAY / MINUTE))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from temp.click_visitor where day <= $1")
            .bind(today - VISITOR_DAYS)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        // What other programs were told of stays told.
        sqlx::query(
            "update temp.click_minute set told = min(people, coalesce((select told from main.click_minute as held where \
             held.link_id = click_minute.link_id and held.minute = click_minute.minute), people))",
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        for table in TABLES {
            for statement in
                [format!("delete from main.{table}"), format!("insert into main.{table} select * from temp.{table}")]
            {
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(None)
    }

    /// Ends it; what was made and not put in force is gone.
    pub async fn end(self) -> Result<(), StoreError> {
        self.connection.close().await.map_err(StoreError::of("ending the counting anew"))
    }
}

#[cfg(test)]
impl Store {
    /// Makes counts wrong in two tables, for a test that mends them.
    async fn spoil_counts(&self) {
        for statement in
            ["update click_day set clicks = clicks + 7 where link_id = 2", "delete from click_total where link_id = 3"]
        {
            sqlx::query(statement).execute(&self.pool).await.expect("spoils");
        }
    }
}

#[cfg(test)]
mod tests;
