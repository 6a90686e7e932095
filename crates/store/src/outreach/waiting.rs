//! What waits for the team, as the first page counts it: one indexed statement each.

use sqlx::Row;

use super::threads::WAITS;
use crate::database::Store;
use crate::error::StoreError;

/// How much waits of each kind.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Conversations in which they wrote last and nobody has answered.
    pub replies: u64,
    pub counter_offers: u64,
    pub drafts: u64,
    /// Pieces whose draft or post is overdue.
    pub late_pieces: u64,
    /// Payments due within the next days, or overdue.
    pub payments: u64,
    /// Tasks due today or before.
    pub tasks: u64,
    /// Mails of which nobody knows whether they left.
    pub unknown: u64,
}

impl Waiting {
    /// Whether anything waits.
    pub fn any(&self) -> bool {
        *self != Waiting::default()
    }
}

/// A piece that is late or has a draft to look at: its number, format and place in its deal, the day, and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingPiece {
    pub id: i64,
    pub format: String,
    pub number: i64,
    pub due_on: String,
    /// Whether the draft is what is late.
    pub is_draft: bool,
    pub deal: i64,
    pub contact_name: String,
}

const AGREED: &str = "deal.state in ('accepted', 'in-work', 'delivered', 'settled')";
/// Late is whose draft, while one is awaited, or whose post was due before today; each piece once.
const LATE: &str = "(select id from deliverable where state in ('waiting', 'changes') and draft_due_on > '' and draft_due_on < $1 \
     union select id from deliverable where state in ('waiting', 'drafted', 'changes', 'approved') and due_on > '' and due_on < $1)";

impl Store {
    /// What waits on a day, payments counted up to another.
    pub async fn waiting(&self, today: &str, payments_until: &str) -> Result<Waiting, StoreError> {
        let one = async |query: String, day: &str| -> Result<u64, StoreError> {
            let row = sqlx::query(sqlx::AssertSqlSafe(query))
                .bind(day)
                .fetch_one(&self.pool)
                .await
                .map_err(StoreError::of("counting what waits"))?;
            Ok(row.get::<i64, _>("waiting").unsigned_abs())
        };
        Ok(Waiting {
            replies: one(
                format!(
                    "select count(*) as waiting from thread indexed by thread_that_waits{WAITS} and $1 is not null"
                ),
                today,
            )
            .await?,
            counter_offers: one(
                "select count(*) as waiting from deal where state = 'countered' and $1 is not null".to_owned(),
                today,
            )
            .await?,
            drafts: one(
                format!(
                    "select count(*) as waiting from deliverable join deal on deal.id = deal_id \
                     where deliverable.state = 'drafted' and {AGREED} and $1 is not null"
                ),
                today,
            )
            .await?,
            late_pieces: one(
                format!(
                    "select count(*) as waiting from deliverable join deal on deal.id = deal_id \
                     where deliverable.id in {LATE} and {AGREED}"
                ),
                today,
            )
            .await?,
            payments: one(
                "select count(*) as waiting from payment where state = 'owed' and due_on <= $1".to_owned(),
                payments_until,
            )
            .await?,
            tasks: one("select count(*) as waiting from task where done_at is null and due_on <= $1".to_owned(), today)
                .await?,
            unknown: one(
                "select count(*) as waiting from outgoing where state = 'unknown' and $1 is not null".to_owned(),
                today,
            )
            .await?,
        })
    }

    /// The pieces with a draft to look at, or those that are late on a day, the most urgent first.
    pub async fn waiting_pieces(&self, late_on: Option<&str>, at_most: u64) -> Result<Vec<WaitingPiece>, StoreError> {
        let which = match late_on {
            Some(_) => format!("deliverable.id in {LATE}"),
            None => "deliverable.state = 'drafted' and $1 = ''".to_owned(),
        };
        let query = format!(
            "select deliverable.id, format, number, deal_id, contact.name, \
             deliverable.state in ('waiting', 'changes') and draft_due_on > '' as is_draft, \
             case when deliverable.state in ('waiting', 'changes') and draft_due_on > '' then draft_due_on else due_on end as day \
             from deliverable join deal on deal.id = deal_id join contact on contact.id = contact_id \
             where {which} and {AGREED} order by day = '', day, deliverable.id limit $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(late_on.unwrap_or(""))
            .bind(at_most as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what waits"))?;
        let of = |row: &sqlx::sqlite::SqliteRow| WaitingPiece {
            id: row.get("id"),
            format: row.get("format"),
            number: row.get("number"),
            due_on: row.get("day"),
            is_draft: row.get::<i64, _>("is_draft") != 0,
            deal: row.get("deal_id"),
            contact_name: row.get("name"),
        };
        Ok(rows.iter().map(of).collect())
    }
}
