//! Orders and leads as shops tell of them: each once for ever, whatever is told again; sums that hang on no order of arrival.
//!
//! Everything told is an event with a unique key, and what stands of an order is worked out anew from all of its events in the
//! transaction that adds one. So nothing is read first and written later, and a retry after a year finds the same row.

mod standing;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use standing::standing;

use crate::database::Store;
use crate::error::StoreError;
use crate::shops::{NewDelivery, put_delivery};
use crate::webhooks::put_event;

/// Whether somebody bought or signed up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ConversionKind {
    Sale,
    Lead,
}

impl ConversionKind {
    pub fn code(self) -> &'static str {
        match self {
            ConversionKind::Sale => "sale",
            ConversionKind::Lead => "lead",
        }
    }

    pub fn from_code(code: &str) -> Option<ConversionKind> {
        match code {
            "sale" => Some(ConversionKind::Sale),
            "lead" => Some(ConversionKind::Lead),
            _ => None,
        }
    }
}

/// What a shop says of an order at a moment. Of two sayings the later counts; of two of one moment the more cautious.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Stated {
    /// The shop's moment of this saying.
    pub version: i64,
    /// The order's moment.
    pub at: i64,
    pub is_paid: bool,
    pub is_test: bool,
    pub amount_minor_units: Option<i64>,
    pub currency: Option<String>,
    pub cancelled_at: Option<i64>,
    /// Kept beside the rest, so that it can be taken away.
    #[serde(skip)]
    pub customer_hash: Option<String>,
    pub is_new_customer: Option<bool>,
    pub country: Option<String>,
}

/// A change of money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoneyKind {
    /// One refund by its own number.
    Refunded,
    /// All that was given back so far of a payment; the most counts.
    RefundedTotal,
    /// All that was given back of an order, as a file says it; the most counts.
    RefundedInFile,
    ChargedBack,
    /// By a person or a dispute that was won; of either sign.
    Corrected,
}

impl MoneyKind {
    pub fn code(self) -> &'static str {
        match self {
            MoneyKind::Refunded => "refunded",
            MoneyKind::RefundedTotal => "refunded_total",
            MoneyKind::RefundedInFile => "refunded_in_file",
            MoneyKind::ChargedBack => "charged_back",
            MoneyKind::Corrected => "corrected",
        }
    }

    fn from_code(code: &str) -> Option<MoneyKind> {
        [
            MoneyKind::Refunded,
            MoneyKind::RefundedTotal,
            MoneyKind::RefundedInFile,
            MoneyKind::ChargedBack,
            MoneyKind::Corrected,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }
}

/// What is told of an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    Stated(Stated),
    Money { kind: MoneyKind, external_id: String, at: Timestamp, amount_minor_units: i64, currency: String },
}

/// What speaks for a creator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ProofKind {
    /// A click whose token came with the order; the subject is the link.
    Click,
    /// A visit that the shop saw; the subject is a deal or a link.
    Visit,
    Code,
    /// What the buyer said when asked.
    Answer,
}

impl ProofKind {
    pub fn code(self) -> &'static str {
        match self {
            ProofKind::Click => "click",
            ProofKind::Visit => "visit",
            ProofKind::Code => "code",
            ProofKind::Answer => "answer",
        }
    }

    fn from_code(code: &str) -> Option<ProofKind> {
        [ProofKind::Click, ProofKind::Visit, ProofKind::Code, ProofKind::Answer]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// One proof.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ProofRow {
    pub kind: ProofKind,
    /// `link-12`, `deal-7`, the code in capitals, the answer.
    pub subject: String,
    /// 0: at the order.
    pub at: Timestamp,
    pub verdict: Option<u8>,
}

/// One message about one order or lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub kind: ConversionKind,
    pub native_id: String,
    /// The number is the one that the shop shows people, and its own is not known.
    pub is_by_name: bool,
    pub native_name: Option<String>,
    pub changes: Vec<Change>,
    pub proofs: Vec<ProofRow>,
    /// Where it comes from, in words.
    pub source: String,
}

/// Whether other programs hear of what is new or changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OthersHear {
    Yes,
    /// As of what a file brings in: years of orders are no news.
    No,
}

/// What became of what was told.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Taken {
    /// The message itself had come before; nothing was done.
    pub is_known_delivery: bool,
    pub new: u64,
    pub changed: u64,
    /// Said before, word for word.
    pub known: u64,
    /// The rows that are new or changed.
    pub ids: Vec<i64>,
}

/// An order or a lead as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversionRow {
    pub id: i64,
    pub shop: i64,
    pub kind: ConversionKind,
    pub native_id: String,
    /// The number is the one people see, and the shop's own is not known.
    pub is_by_name: bool,
    pub native_name: Option<String>,
    /// `None`: only money that went back is known.
    pub at: Option<Timestamp>,
    pub is_paid: bool,
    pub is_test: bool,
    pub amount_minor_units: Option<i64>,
    pub currency: Option<String>,
    pub cancelled_at: Option<Timestamp>,
    pub customer_hash: Option<String>,
    pub is_new_customer: Option<bool>,
    pub country: Option<String>,
    pub net_minor_units: Option<i64>,
    pub is_disputed: bool,
    pub decided_contact: Option<i64>,
    pub decided_by: Option<String>,
    pub received_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Something that was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventRow {
    pub kind: String,
    pub external_id: String,
    pub at: Timestamp,
    pub amount_minor_units: Option<i64>,
    pub currency: Option<String>,
    pub source: String,
    pub received_at: Timestamp,
}

/// Which orders are listed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ConversionFilter {
    pub kind: Option<ConversionKind>,
    pub shop: Option<i64>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

impl ConversionFilter {
    /// Only what is asked, so that an index can be used.
    fn conditions(&self, of: &str) -> String {
        let mut all = vec!["true".to_owned()];
        all.extend(self.kind.map(|_| format!("{of}.kind = $1")));
        all.extend(self.shop.map(|_| format!("{of}.shop_id = $2")));
        all.extend(self.from.map(|_| format!("{of}.at >= $3")));
        all.extend(self.until.map(|_| format!("{of}.at < $4")));
        all.join(" and ")
    }

    fn bound<'q>(&self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.kind.map(ConversionKind::code))
            .bind(self.shop)
            .bind(self.from.map(|at| at.0))
            .bind(self.until.map(|at| at.0))
    }
}

const WITH_DECISION: &str = "select conversion.*, d.contact_id as decided_contact, d.actor as decided_by from conversion \
     left join conversion_decision d on d.conversion_id = conversion.id";

fn conversion_of(row: &SqliteRow) -> ConversionRow {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    ConversionRow {
        id: row.get("id"),
        shop: row.get("shop_id"),
        kind: ConversionKind::from_code(row.get("kind")).unwrap_or(ConversionKind::Sale),
        native_id: row.get("native_id"),
        is_by_name: row.get::<i64, _>("is_by_name") != 0,
        native_name: row.get("native_name"),
        at: moment("at"),
        is_paid: row.get::<i64, _>("is_paid") != 0,
        is_test: row.get::<i64, _>("is_test") != 0,
        amount_minor_units: row.get("amount_minor_units"),
        currency: row.get("currency"),
        cancelled_at: moment("cancelled_at"),
        customer_hash: row.get("customer_hash"),
        is_new_customer: row.get::<Option<i64>, _>("is_new_customer").map(|is| is != 0),
        country: row.get("country"),
        net_minor_units: row.get("net_minor_units"),
        is_disputed: row.get::<i64, _>("is_disputed") != 0,
        decided_contact: row.get("decided_contact"),
        decided_by: row.get("decided_by"),
        received_at: Timestamp(row.get("received_at")),
        changed_at: Timestamp(row.get("changed_at")),
    }
}

fn proof_of(row: &SqliteRow) -> Option<ProofRow> {
    Some(ProofRow {
        kind: ProofKind::from_code(row.get("kind"))?,
        subject: row.get("subject"),
        at: Timestamp(row.get("at")),
        verdict: row.get::<Option<i64>, _>("verdict").map(|verdict| verdict as u8),
    })
}

impl Store {
    /// Takes what a shop tells, all or nothing: a message that came before does nothing, and neither does anything that was said
    /// before.
    pub async fn take_conversions(
        &self,
        shop: i64,
        delivery: Option<&NewDelivery<'_>>,
        told: &[Told],
        others: OthersHear,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let failed = StoreError::of("keeping what a shop told");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut taken = Taken::default();
        if let Some(delivery) = delivery
            && !put_delivery(&mut transaction, shop, delivery, now).await.map_err(&failed)?
        {
            return Ok(Taken { is_known_delivery: true, ..taken });
        }
        for one in told {
            let Found { id, is_new, is_joined } =
                find_or_make(&mut transaction, shop, one, now).await.map_err(&failed)?;
            let was_stated = !is_new && is_stated(&mut transaction, id).await.map_err(&failed)?;
            let mut is_changed = is_joined;
            for change in &one.changes {
                is_changed |= put_change(&mut transaction, id, change, &one.source, now).await.map_err(&failed)?;
            }
            for proof in &one.proofs {
                is_changed |= put_proof(&mut transaction, id, proof, now).await.map_err(&failed)?;
            }
            match (is_new, is_changed) {
                (true, _) => taken.new += 1,
                (false, true) => taken.changed += 1,
                (false, false) => taken.known += 1,
            }
            if is_new || is_changed {
                stand(&mut transaction, id, now).await.map_err(&failed)?;
                taken.ids.push(id);
                if others == OthersHear::Yes {
                    put_news(&mut transaction, id, !was_stated, now).await.map_err(&failed)?;
                }
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(taken)
    }

    pub async fn conversion(&self, id: i64) -> Result<Option<ConversionRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{WITH_DECISION} where id = $1")))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading an order"))?;
        Ok(row.as_ref().map(conversion_of))
    }

    /// Everything that was told of an order, in the order of its moments.
    pub async fn conversion_events(&self, id: i64) -> Result<Vec<EventRow>, StoreError> {
        let rows = sqlx::query("select * from conversion_event where conversion_id = $1 order by at, id")
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading an order"))?;
        let of = |row: &SqliteRow| EventRow {
            kind: row.get("kind"),
            external_id: row.get("external_id"),
            at: Timestamp(row.get("at")),
            amount_minor_units: row.get("amount_minor_units"),
            currency: row.get("currency"),
            source: row.get("source"),
            received_at: Timestamp(row.get("received_at")),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Orders and leads, the newest first; those without a moment yet at the end.
    pub async fn conversions(
        &self,
        filter: &ConversionFilter,
        from: u64,
        at_most: u64,
    ) -> Result<Vec<ConversionRow>, StoreError> {
        let conditions = filter.conditions("conversion");
        let text = format!(
            "{WITH_DECISION} where {conditions} order by conversion.at desc nulls last, id desc limit $5 offset $6"
        );
        let rows = filter
            .bound(sqlx::query(sqlx::AssertSqlSafe(text)))
            .bind(at_most.min(i64::MAX as u64) as i64)
            .bind(from as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading orders"))?;
        Ok(rows.iter().map(conversion_of).collect())
    }

    pub async fn count_conversions(&self, filter: &ConversionFilter) -> Result<u64, StoreError> {
        let text = format!("select count(*) as found from conversion where {}", filter.conditions("conversion"));
        let row = filter
            .bound(sqlx::query(sqlx::AssertSqlSafe(text)))
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("counting orders"))?;
        Ok(row.get::<i64, _>("found").unsigned_abs())
    }

    /// What speaks for whom on the orders that a filter finds: the order's id, whether it is the order's own or of another order or
    /// lead of the same buyer, and the proof. Of others only clicks and visits.
    pub async fn conversion_proofs(&self, filter: &ConversionFilter) -> Result<Vec<(i64, bool, ProofRow)>, StoreError> {
        let text = proofs_of(&filter.conditions("c"));
        let query = filter.bound(sqlx::query(sqlx::AssertSqlSafe(text)));
        self.proofs_by(query).await
    }

    /// The same of some orders.
    pub async fn proofs_of_these(&self, conversions: &[i64]) -> Result<Vec<(i64, bool, ProofRow)>, StoreError> {
        let these = serde_json::to_string(conversions).unwrap_or_default();
        let of_these = "c.id in (select value from json_each($1))";
        self.proofs_by(sqlx::query(sqlx::AssertSqlSafe(proofs_of(of_these))).bind(these)).await
    }

    async fn proofs_by(&self, query: Query<'_>) -> Result<Vec<(i64, bool, ProofRow)>, StoreError> {
        let rows = query.fetch_all(&self.pool).await.map_err(StoreError::of("reading what speaks for whom"))?;
        let of = |row: &SqliteRow| Some((row.get("of_id"), row.get::<i64, _>("is_own") != 0, proof_of(row)?));
        Ok(rows.iter().filter_map(of).collect())
    }

    /// Orders and leads with a proof of any of these subjects (`link-12`, `deal-7`, a code in capitals), and those of the same buyers;
    /// the newest first.
    pub async fn conversions_touched(&self, subjects: &[&str]) -> Result<Vec<ConversionRow>, StoreError> {
        let text = format!(
            "{WITH_DECISION} where id in (select p.conversion_id from json_each($1) cross join conversion_proof p on p.subject = value \
             where p.kind in ('click', 'visit', 'code')) or customer_hash in (select o.customer_hash from json_each($1) \
             cross join conversion_proof p on p.subject = value join conversion o on o.id = p.conversion_id \
             where p.kind in ('click', 'visit')) order by id desc"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(serde_json::to_string(subjects).unwrap_or_default())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading orders"))?;
        Ok(rows.iter().map(conversion_of).collect())
    }

    /// Grows or changes with everything that is told or decided of orders and leads.
    pub async fn conversions_state(&self) -> Result<(i64, i64, i64), StoreError> {
        let row: (i64, i64, i64) = sqlx::query_as(
            "select (select count(*) from conversion_event), (select count(*) from conversion_proof), \
             (select coalesce(max(changed_at), 0) from conversion)",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading orders"))?;
        Ok(row)
    }

    /// How many orders with any code or none there were by day: days since 1970, the oldest first.
    pub async fn orders_by_day(&self, shop: Option<i64>) -> Result<Vec<(i32, u64)>, StoreError> {
        let rows = sqlx::query(
            "select at / 86400000000 as day, count(*) as orders from conversion where kind = 'sale' and at >= 0 and is_test = 0 \
             and ($1 is null or shop_id = $1) group by day order by day",
        )
        .bind(shop)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading orders"))?;
        Ok(rows
            .iter()
            .map(|row| (row.get::<i64, _>("day") as i32, row.get::<i64, _>("orders").unsigned_abs()))
            .collect())
    }

    /// Says whom an order is to be credited to, or leaves it to the rules again; whether there is such an order.
    pub async fn decide_conversion(
        &self,
        id: i64,
        contact: Option<i64>,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("deciding about an order");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query("delete from conversion_decision where conversion_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let done = sqlx::query("update conversion set changed_at = $2 where id = $1")
            .bind(id)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if let (Some(contact), 1) = (contact, done.rows_affected()) {
            sqlx::query(
                "insert into conversion_decision (conversion_id, contact_id, actor, at) values ($1, $2, $3, $4)",
            )
            .bind(id)
            .bind(contact)
            .bind(actor)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes away what tells a buyer's orders from those of others, and what they said; for good. Of how many orders and leads.
    pub async fn forget_customer(&self, hashes: &[String], at: Timestamp) -> Result<u64, StoreError> {
        let these = serde_json::to_string(hashes).unwrap_or_default();
        self.forget_buyers(
            "id in (select id from conversion where customer_hash in (select value from json_each($1)) union \
             select conversion_id from conversion_event where customer_hash in (select value from json_each($1))) and $2 = $2",
            &these,
            0,
            at,
        )
        .await
    }

    /// The same of some orders of a shop, by the shop's own numbers.
    pub async fn forget_buyers_of_orders(
        &self,
        shop: i64,
        native_ids: &[String],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let these = serde_json::to_string(native_ids).unwrap_or_default();
        let of_these = "shop_id = $2 and is_by_name = 0 and native_id in (select value from json_each($1))";
        self.forget_buyers(of_these, &these, shop, at).await
    }

    /// The same of all orders of a shop.
    pub async fn forget_customers_of(&self, shop: i64, at: Timestamp) -> Result<u64, StoreError> {
        self.forget_buyers("shop_id = $2 and $1 = $1", "", shop, at).await
    }

    async fn forget_buyers(&self, of_these: &str, these: &str, shop: i64, at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("forgetting a buyer");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let marked = sqlx::query(sqlx::AssertSqlSafe(format!(
            "update conversion set is_forgotten = 1, customer_hash = null, changed_at = $3 where is_forgotten = 0 and {of_these} \
             returning id"
        )))
        .bind(these)
        .bind(shop)
        .bind(at.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        let ids: Vec<i64> = marked.iter().map(|row| row.get("id")).collect();
        let marked = serde_json::to_string(&ids).unwrap_or_default();
        for statement in [
            "update conversion_event set customer_hash = null where conversion_id in (select value from json_each($1))",
            "delete from conversion_proof where kind = 'answer' and conversion_id in (select value from json_each($1))",
        ] {
            sqlx::query(statement).bind(&marked).execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(ids.len() as u64)
    }
}

/// The proofs of orders `c`, and the clicks and visits of the same buyer's others.
fn proofs_of(of_these: &str) -> String {
    format!(
        "select c.id as of_id, 1 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
         join conversion_proof p on p.conversion_id = c.id where {of_these} union all \
         select c.id as of_id, 0 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
         join conversion o on o.customer_hash = c.customer_hash and o.id <> c.id \
         join conversion_proof p on p.conversion_id = o.id and p.kind in ('click', 'visit') and p.at > 0 \
         where c.customer_hash is not null and {of_these} order by 1, 2 desc, 3, 5, 4"
    )
}

/// The row of an order, or a new one. An order is found by the shop's own number of it; one of which the name alone is told by that
/// name, and a shop that tells of it later by its number finds the row that has the name.
async fn find_or_make(
    connection: &mut SqliteConnection,
    shop: i64,
    told: &Told,
    now: Timestamp,
) -> Result<Found, sqlx::Error> {
    // One look by an index for each way it may be known. A name is written with or without the mark before it.
    let name = told.native_name.as_deref().unwrap_or(&told.native_id);
    let (bare, marked) = (name.trim_start_matches('#'), format!("#{}", name.trim_start_matches('#')));
    let found = sqlx::query(match told.is_by_name {
        // Where a shop shows no other number, its own is what people see.
        true => {
            "select id from (select id, 0 as way from conversion where shop_id = $1 and native_name in ($4, $5) and kind = $2 \
             union all select id, 1 from conversion where shop_id = $1 and kind = $2 and is_by_name = 1 and native_id in ($4, $5) \
             union all select id, 2 from conversion where shop_id = $1 and kind = $2 and is_by_name = 0 and native_id = $3 \
             and native_name is null) order by way limit 1"
        }
        false => {
            "select id from (select id, 0 as way from conversion where shop_id = $1 and kind = $2 and is_by_name = 0 \
             and native_id = $3 union all select id, 1 from conversion where shop_id = $1 and kind = $2 and is_by_name = 1 \
             and native_id in ($4, $5)) order by way limit 1"
        }
    })
    .bind(shop)
    .bind(told.kind.code())
    .bind(&told.native_id)
    .bind(bare)
    .bind(&marked);
    if let Some(row) = found.fetch_optional(&mut *connection).await? {
        let id: i64 = row.get("id");
        if !told.is_by_name {
            sqlx::query(
                "update conversion set native_id = $2, is_by_name = 0, native_name = coalesce($3, native_name) where id = $1 \
                 and (is_by_name = 1 or ($3 is not null and native_name is not $3))",
            )
            .bind(id)
            .bind(&told.native_id)
            .bind(&told.native_name)
            .execute(&mut *connection)
            .await?;
            if let Some(name) = &told.native_name {
                let is_joined = take_over(connection, shop, told.kind, id, name).await?;
                return Ok(Found { id, is_new: false, is_joined });
            }
        }
        return Ok(Found { id, is_new: false, is_joined: false });
    }
    let row = sqlx::query(
        "insert into conversion (shop_id, kind, native_id, is_by_name, native_name, received_at, changed_at) \
         values ($1, $2, $3, $4, $5, $6, $6) returning id",
    )
    .bind(shop)
    .bind(told.kind.code())
    .bind(&told.native_id)
    .bind(i64::from(told.is_by_name))
    .bind(&told.native_name)
    .bind(now.0)
    .fetch_one(connection)
    .await?;
    Ok(Found { id: row.get("id"), is_new: true, is_joined: false })
}

/// The row that a message is about.
struct Found {
    id: i64,
    is_new: bool,
    /// Another row became this one.
    is_joined: bool,
}

/// Where a file had told of an order by its name after its number alone was known, both are one from now on.
async fn take_over(
    connection: &mut SqliteConnection,
    shop: i64,
    kind: ConversionKind,
    stays: i64,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let (bare, marked) = (name.trim_start_matches('#'), format!("#{}", name.trim_start_matches('#')));
    let goes = sqlx::query(
        "select id from conversion where shop_id = $1 and kind = $2 and is_by_name = 1 and native_id in ($3, $4) and id <> $5",
    )
    .bind(shop)
    .bind(kind.code())
    .bind(bare)
    .bind(&marked)
    .bind(stays)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(goes) = goes.map(|row| row.get::<i64, _>("id")) else { return Ok(false) };
    for statement in [
        "update or ignore conversion_event set conversion_id = $1 where conversion_id = $2",
        "update or ignore conversion_proof set conversion_id = $1 where conversion_id = $2",
        "update or ignore conversion_decision set conversion_id = $1 where conversion_id = $2",
        "update conversion set is_forgotten = 1 where id = $1 and (select is_forgotten from conversion where id = $2)",
    ] {
        sqlx::query(statement).bind(stays).bind(goes).execute(&mut *connection).await?;
    }
    sqlx::query("delete from conversion where id = $1").bind(goes).execute(connection).await?;
    Ok(true)
}

async fn put_change(
    connection: &mut SqliteConnection,
    conversion: i64,
    change: &Change,
    source: &str,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = match change {
        Change::Stated(stated) => {
            let text = serde_json::to_string(stated).unwrap_or_default();
            sqlx::query(
                "insert into conversion_event (conversion_id, kind, external_id, at, amount_minor_units, currency, stated, \
                 customer_hash, source, received_at) select $1, 'stated', $2, $3, $4, $5, $2, \
                 case when (select is_forgotten from conversion where id = $1) then null else $6 end, $7, $8 where true \
                 on conflict do update set customer_hash = excluded.customer_hash \
                 where customer_hash is null and excluded.customer_hash is not null",
            )
            .bind(conversion)
            .bind(text)
            .bind(stated.version)
            .bind(stated.amount_minor_units)
            .bind(&stated.currency)
            .bind(&stated.customer_hash)
            .bind(source)
            .bind(now.0)
            .execute(connection)
            .await?
        }
        Change::Money { kind, external_id, at, amount_minor_units, currency } => {
            // Of a total that grows the most counts, whichever comes last.
            sqlx::query(
                "insert into conversion_event (conversion_id, kind, external_id, at, amount_minor_units, currency, source, \
                 received_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do update set \
                 amount_minor_units = excluded.amount_minor_units, at = excluded.at, received_at = excluded.received_at \
                 where excluded.amount_minor_units < amount_minor_units",
            )
            .bind(conversion)
            .bind(kind.code())
            .bind(external_id)
            .bind(at.0)
            .bind(amount_minor_units)
            .bind(currency)
            .bind(source)
            .bind(now.0)
            .execute(connection)
            .await?
        }
    };
    Ok(done.rows_affected() > 0)
}

async fn put_proof(
    connection: &mut SqliteConnection,
    conversion: i64,
    proof: &ProofRow,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into conversion_proof (conversion_id, kind, subject, at, verdict, received_at) select $1, $2, $3, $4, $5, $6 \
         where $2 <> 'answer' or not (select is_forgotten from conversion where id = $1) on conflict do nothing",
    )
    .bind(conversion)
    .bind(proof.kind.code())
    .bind(&proof.subject)
    .bind(proof.at.0)
    .bind(proof.verdict.map(i64::from))
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down what stands of an order now.
async fn stand(connection: &mut SqliteConnection, conversion: i64, now: Timestamp) -> Result<(), sqlx::Error> {
    let rows = sqlx::query("select * from conversion_event where conversion_id = $1")
        .bind(conversion)
        .fetch_all(&mut *connection)
        .await?;
    let (mut stated, mut money) = (vec![], vec![]);
    for row in &rows {
        let kind: &str = row.get("kind");
        match MoneyKind::from_code(kind) {
            Some(kind) => money.push((
                kind,
                row.get::<Option<i64>, _>("amount_minor_units").unwrap_or(0),
                row.get::<Option<String>, _>("currency").unwrap_or_default(),
            )),
            None => {
                let text: Option<String> = row.get("stated");
                let Some(one) = text.and_then(|text| serde_json::from_str::<Stated>(&text).ok()) else { continue };
                stated.push(Stated { customer_hash: row.get("customer_hash"), ..one });
            }
        }
    }
    let stands = standing(stated, &money);
    let best = stands.best.as_ref();
    sqlx::query(
        "update conversion set at = $2, is_paid = $3, is_test = $4, amount_minor_units = $5, currency = $6, cancelled_at = $7, \
         customer_hash = case when is_forgotten then null else $8 end, is_new_customer = $9, country = $10, net_minor_units = $11, is_disputed = $12, changed_at = $13 \
         where id = $1",
    )
    .bind(conversion)
    .bind(best.map(|best| best.at))
    .bind(i64::from(best.is_some_and(|best| best.is_paid)))
    .bind(i64::from(best.is_some_and(|best| best.is_test)))
    .bind(best.and_then(|best| best.amount_minor_units))
    .bind(best.and_then(|best| best.currency.clone()))
    .bind(best.and_then(|best| best.cancelled_at))
    .bind(best.and_then(|best| best.customer_hash.clone()))
    .bind(best.and_then(|best| best.is_new_customer).map(i64::from))
    .bind(best.and_then(|best| best.country.clone()))
    .bind(stands.net_minor_units)
    .bind(i64::from(stands.is_disputed))
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether an order or lead itself was told of, not only money that went back.
async fn is_stated(connection: &mut SqliteConnection, conversion: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select at is not null from conversion where id = $1")
        .bind(conversion)
        .fetch_one(connection)
        .await
}

/// Queues what other programs are told of an order or lead as it stands now; nothing of its buyer, and no code, which may name a
/// creator who is forgotten later.
async fn put_news(
    connection: &mut SqliteConnection,
    conversion: i64,
    is_new: bool,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{WITH_DECISION} where id = $1")))
        .bind(conversion)
        .fetch_one(&mut *connection)
        .await?;
    let row = conversion_of(&row);
    if row.at.is_none() {
        // Money that went back of an order which nobody told of yet.
        return Ok(());
    }
    let event = match (row.kind, is_new) {
        (ConversionKind::Lead, true) => "lead.created",
        (ConversionKind::Lead, false) => return Ok(()),
        (ConversionKind::Sale, true) => "conversion.created",
        (ConversionKind::Sale, false) => "conversion.updated",
    };
    let says = serde_json::json!({
        "id": row.id, "shop": row.shop, "order": row.native_id, "name": row.native_name, "currency": row.currency,
        "amount_minor_units": row.amount_minor_units, "net_minor_units": row.net_minor_units, "is_paid": row.is_paid,
        "is_test": row.is_test, "is_cancelled": row.cancelled_at.is_some(),
    });
    put_event(connection, event, &says.to_string(), now).await?;
    Ok(())
}

/// Puts another name in place of a code that names somebody who is forgotten, on the orders of its shop or of all.
pub(crate) async fn rename_code(
    connection: &mut SqliteConnection,
    shop: Option<i64>,
    code_norm: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update or ignore conversion_proof set subject = $2 where kind = 'code' and subject = $1 \
         and ($3 is null or conversion_id in (select id from conversion where shop_id = $3))",
    )
    .bind(code_norm)
    .bind(to)
    .bind(shop)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes answers of buyers that name somebody who is forgotten.
pub(crate) async fn remove_answers(connection: &mut SqliteConnection, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from conversion_proof where kind = 'answer' and lower(trim(subject, ' @')) = lower($1)")
        .bind(name.trim())
        .execute(connection)
        .await?;
    Ok(())
}

crate::outreach::moves!(move_decided, give_back_decided, "conversion_decision", "conversion_id");

#[cfg(test)]
mod tests;
