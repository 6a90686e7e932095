//! Orders and leads as shops tell of them: each once for ever, whatever is told again; sums that hang on no order of arrival.
//!
//! Everything told is an event with a unique key, and what stands of an order is worked out anew from all of its events in the
//! transaction that adds one. So nothing is read first and written later, and a retry after a year finds the same row.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;
use crate::webhooks::put_event;

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
    /// All that was given back so far; the most counts.
    RefundedTotal,
    ChargedBack,
    /// By a person or a dispute that was won; of either sign.
    Corrected,
}

impl MoneyKind {
    pub fn code(self) -> &'static str {
        match self {
            MoneyKind::Refunded => "refunded",
            MoneyKind::RefundedTotal => "refunded_total",
            MoneyKind::ChargedBack => "charged_back",
            MoneyKind::Corrected => "corrected",
        }
    }

    fn from_code(code: &str) -> Option<MoneyKind> {
        [MoneyKind::Refunded, MoneyKind::RefundedTotal, MoneyKind::ChargedBack, MoneyKind::Corrected]
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
    pub native_name: Option<String>,
    pub changes: Vec<Change>,
    pub proofs: Vec<ProofRow>,
    /// Where it comes from, in words.
    pub source: String,
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

/// What stands of an order, of all that was told.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Standing {
    best: Option<Stated>,
    net_minor_units: Option<i64>,
    is_disputed: bool,
}

/// Works out what stands; the order of what is given changes nothing.
fn standing(mut stated: Vec<Stated>, money: &[(MoneyKind, i64, String)]) -> Standing {
    stated.sort_by_key(|one| {
        let text = serde_json::to_string(one).unwrap_or_default();
        (
            std::cmp::Reverse((one.version, one.cancelled_at.is_some(), one.is_paid)),
            one.amount_minor_units.unwrap_or(i64::MAX),
            text,
            one.customer_hash.clone(),
        )
    });
    let Some(mut best) = stated.first().cloned() else { return Standing::default() };
    let mut is_disputed = stated.iter().any(|other| {
        other.version == best.version
            && (other.amount_minor_units != best.amount_minor_units || other.currency != best.currency)
    });
    for other in &stated {
        best.is_test |= other.is_test;
        best.customer_hash = best.customer_hash.take().or_else(|| other.customer_hash.clone());
        best.country = best.country.take().or_else(|| other.country.clone());
        best.is_new_customer = best.is_new_customer.or(other.is_new_customer);
        if best.amount_minor_units.is_none() {
            (best.amount_minor_units, best.currency) = (other.amount_minor_units, other.currency.clone());
        }
    }
    let net_minor_units = best.amount_minor_units.map(|amount| {
        let sum = |kind: MoneyKind| {
            let own =
                money.iter().filter(|(one, _, currency)| *one == kind && Some(currency) == best.currency.as_ref());
            own.fold(0i64, |sum, (_, amount, _)| sum.saturating_add(*amount))
        };
        // Single refunds and a total of them speak of the same money.
        let given_back = sum(MoneyKind::Refunded).min(sum(MoneyKind::RefundedTotal));
        let rest = sum(MoneyKind::ChargedBack).saturating_add(sum(MoneyKind::Corrected));
        match best.cancelled_at {
            Some(_) => 0,
            None => amount.saturating_add(given_back).saturating_add(rest),
        }
    });
    is_disputed |= money
        .iter()
        .any(|(_, _, currency)| best.amount_minor_units.is_some() && Some(currency) != best.currency.as_ref());
    Standing { best: Some(best), net_minor_units, is_disputed }
}

const WITH_DECISION: &str = "select conversion.*, d.contact_id as decided_contact, d.actor as decided_by from conversion \
     left join conversion_decision d on d.conversion_id = conversion.id";

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

fn conversion_of(row: &SqliteRow) -> ConversionRow {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    ConversionRow {
        id: row.get("id"),
        shop: row.get("shop_id"),
        kind: ConversionKind::from_code(row.get("kind")).unwrap_or(ConversionKind::Sale),
        native_id: row.get("native_id"),
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
        if let Some(delivery) = delivery {
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
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            if done.rows_affected() == 0 {
                return Ok(Taken { is_known_delivery: true, ..taken });
            }
        }
        for one in told {
            let (id, is_new) = find_or_make(&mut transaction, shop, one, now).await.map_err(&failed)?;
            let mut is_changed = false;
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
                    put_news(&mut transaction, id, is_new, now).await.map_err(&failed)?;
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
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{WITH_DECISION} where ($1 is null or kind = $1) and ($2 is null or shop_id = $2) \
             and ($3 is null or conversion.at >= $3) and ($4 is null or conversion.at < $4) \
             order by conversion.at desc nulls last, id desc limit $5 offset $6"
        )))
        .bind(filter.kind.map(ConversionKind::code))
        .bind(filter.shop)
        .bind(filter.from.map(|at| at.0))
        .bind(filter.until.map(|at| at.0))
        .bind(at_most.min(i64::MAX as u64) as i64)
        .bind(from as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading orders"))?;
        Ok(rows.iter().map(conversion_of).collect())
    }

    pub async fn count_conversions(&self, filter: &ConversionFilter) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "select count(*) as found from conversion where ($1 is null or kind = $1) and ($2 is null or shop_id = $2) \
             and ($3 is null or at >= $3) and ($4 is null or at < $4)",
        )
        .bind(filter.kind.map(ConversionKind::code))
        .bind(filter.shop)
        .bind(filter.from.map(|at| at.0))
        .bind(filter.until.map(|at| at.0))
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("counting orders"))?;
        Ok(row.get::<i64, _>("found").unsigned_abs())
    }

    /// What speaks for whom on orders: the order's id, whether it is the order's own or of another order or lead of the same buyer,
    /// and the proof. Of others only clicks and visits.
    pub async fn conversion_proofs(&self, filter: &ConversionFilter) -> Result<Vec<(i64, bool, ProofRow)>, StoreError> {
        let of_these = "($1 is null or c.kind = $1) and ($2 is null or c.shop_id = $2) and ($3 is null or c.at >= $3) \
                        and ($4 is null or c.at < $4)";
        let text = format!(
            "select c.id as of_id, 1 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
             join conversion_proof p on p.conversion_id = c.id where {of_these} union all \
             select c.id as of_id, 0 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
             join conversion o on o.customer_hash = c.customer_hash and o.id <> c.id \
             join conversion_proof p on p.conversion_id = o.id and p.kind in ('click', 'visit') and p.at > 0 \
             where c.customer_hash is not null and {of_these} order by 1, 2 desc, 3, 5, 4"
        );
        self.proofs_by(text, filter, None).await
    }

    /// Orders and leads with a proof of any of these subjects (`link-12`, `deal-7`, a code in capitals), the newest first.
    pub async fn conversions_touched(&self, subjects: &[String]) -> Result<Vec<ConversionRow>, StoreError> {
        let mut found = std::collections::BTreeMap::new();
        for part in subjects.chunks(500) {
            let marks: Vec<String> = (1..=part.len()).map(|number| format!("${number}")).collect();
            let text = format!(
                "{WITH_DECISION} where id in (select conversion_id from conversion_proof where kind in ('click', 'visit', 'code') \
                 and subject in ({})) order by id desc",
                marks.join(", ")
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
            for subject in part {
                query = query.bind(subject);
            }
            let rows = query.fetch_all(&self.pool).await.map_err(StoreError::of("reading orders"))?;
            found.extend(rows.iter().map(|row| (row.get::<i64, _>("id"), conversion_of(row))));
        }
        Ok(found.into_values().rev().collect())
    }

    /// The same of one order.
    pub async fn proofs_of(&self, conversion: i64) -> Result<Vec<(bool, ProofRow)>, StoreError> {
        let text = "select c.id as of_id, 1 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
             join conversion_proof p on p.conversion_id = c.id where c.id = $5 union all \
             select c.id as of_id, 0 as is_own, p.kind, p.subject, p.at, p.verdict from conversion c \
             join conversion o on o.customer_hash = c.customer_hash and o.id <> c.id \
             join conversion_proof p on p.conversion_id = o.id and p.kind in ('click', 'visit') and p.at > 0 \
             where c.customer_hash is not null and c.id = $5 order by 1, 2 desc, 3, 5, 4";
        let found = self.proofs_by(text.to_owned(), &ConversionFilter::default(), Some(conversion)).await?;
        Ok(found.into_iter().map(|(_, is_own, proof)| (is_own, proof)).collect())
    }

    async fn proofs_by(
        &self,
        text: String,
        filter: &ConversionFilter,
        one: Option<i64>,
    ) -> Result<Vec<(i64, bool, ProofRow)>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(filter.kind.map(ConversionKind::code))
            .bind(filter.shop)
            .bind(filter.from.map(|at| at.0))
            .bind(filter.until.map(|at| at.0))
            .bind(one)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what speaks for whom"))?;
        let of = |row: &SqliteRow| Some((row.get("of_id"), row.get::<i64, _>("is_own") != 0, proof_of(row)?));
        Ok(rows.iter().filter_map(of).collect())
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

    /// Takes away what tells a buyer's orders from those of others; of how many orders and leads.
    pub async fn forget_customer(&self, hashes: &[String], at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("forgetting a buyer");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut forgotten = 0;
        for hash in hashes {
            sqlx::query("update conversion_event set customer_hash = null where customer_hash = $1")
                .bind(hash)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
            let done =
                sqlx::query("update conversion set customer_hash = null, changed_at = $2 where customer_hash = $1")
                    .bind(hash)
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            forgotten += done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(forgotten)
    }

    /// The same for all buyers of a shop.
    pub async fn forget_customers_of(&self, shop: i64, at: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("forgetting the buyers of a shop");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query(
            "update conversion_event set customer_hash = null where conversion_id in (select id from conversion where shop_id = $1)",
        )
        .bind(shop)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        let done = sqlx::query(
            "update conversion set customer_hash = null, changed_at = $2 where shop_id = $1 and customer_hash is not null",
        )
        .bind(shop)
        .bind(at.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected())
    }
}

/// The row of an order by its number or its name, or a new one.
async fn find_or_make(
    connection: &mut SqliteConnection,
    shop: i64,
    told: &Told,
    now: Timestamp,
) -> Result<(i64, bool), sqlx::Error> {
    let by_number =
        sqlx::query("select id, native_name from conversion where shop_id = $1 and kind = $2 and native_id = $3")
            .bind(shop)
            .bind(told.kind.code())
            .bind(&told.native_id)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(row) = by_number {
        let id: i64 = row.get("id");
        if told.native_name.is_some() && row.get::<Option<String>, _>("native_name").is_none() {
            sqlx::query("update conversion set native_name = $2 where id = $1")
                .bind(id)
                .bind(&told.native_name)
                .execute(&mut *connection)
                .await?;
        }
        return Ok((id, false));
    }
    // A file may know an order by the name alone that a shop shows people, before or after the shop told of it.
    let by_name = sqlx::query(
        "select id, native_id from conversion where shop_id = $1 and kind = $2 and (native_name = $3 or native_id = $4)",
    )
    .bind(shop)
    .bind(told.kind.code())
    .bind(&told.native_id)
    .bind(told.native_name.as_deref().unwrap_or(&told.native_id))
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(row) = by_name {
        let id: i64 = row.get("id");
        if told.native_name.as_deref() == Some(row.get::<&str, _>("native_id")) {
            sqlx::query("update conversion set native_id = $2, native_name = $3 where id = $1")
                .bind(id)
                .bind(&told.native_id)
                .bind(&told.native_name)
                .execute(&mut *connection)
                .await?;
        }
        return Ok((id, false));
    }
    let row = sqlx::query(
        "insert into conversion (shop_id, kind, native_id, native_name, received_at, changed_at) values ($1, $2, $3, $4, $5, $5) \
         returning id",
    )
    .bind(shop)
    .bind(told.kind.code())
    .bind(&told.native_id)
    .bind(&told.native_name)
    .bind(now.0)
    .fetch_one(connection)
    .await?;
    Ok((row.get("id"), true))
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
                 customer_hash, source, received_at) values ($1, 'stated', $2, $3, $4, $5, $2, $6, $7, $8) \
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
        "insert into conversion_proof (conversion_id, kind, subject, at, verdict, received_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict do nothing",
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
         customer_hash = $8, is_new_customer = $9, country = $10, net_minor_units = $11, is_disputed = $12, changed_at = $13 \
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

/// Queues what other programs are told of an order or lead as it stands now; nothing of its buyer.
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
    let event = match (row.kind, is_new) {
        (ConversionKind::Lead, true) => "lead.created",
        (ConversionKind::Lead, false) => return Ok(()),
        (ConversionKind::Sale, true) => "conversion.created",
        (ConversionKind::Sale, false) => "conversion.updated",
    };
    let codes: Vec<(String,)> = sqlx::query_as(
        "select subject from conversion_proof where conversion_id = $1 and kind = 'code' order by subject",
    )
    .bind(conversion)
    .fetch_all(&mut *connection)
    .await?;
    let says = serde_json::json!({
        "id": row.id, "shop": row.shop, "order": row.native_id, "name": row.native_name, "currency": row.currency,
        "amount_minor_units": row.amount_minor_units, "net_minor_units": row.net_minor_units, "is_paid": row.is_paid,
        "is_test": row.is_test, "is_cancelled": row.cancelled_at.is_some(),
        "codes": codes.into_iter().map(|(code,)| code).collect::<Vec<_>>(),
    });
    put_event(connection, event, &says.to_string(), now).await?;
    Ok(())
}

/// Puts another name in place of a code that names somebody who is forgotten.
pub(crate) async fn rename_code(
    connection: &mut SqliteConnection,
    code_norm: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("update or ignore conversion_proof set subject = $2 where kind = 'code' and subject = $1")
        .bind(code_norm)
        .bind(to)
        .execute(connection)
        .await?;
    Ok(())
}

crate::outreach::moves!(move_decided, give_back_decided, "conversion_decision", "conversion_id");

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (Store, i64, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let new = NewShop {
            public_id: "abc",
            name: "Shop",
            kind: "postback",
            secret: Some(b"sealed"),
            currency: Some("EUR"),
            zone: None,
            origins: "",
        };
        let shop = store.add_shop(&new, Timestamp(1)).await.expect("keeps").expect("is new");
        (store, shop, folder)
    }

    fn stated(version: i64, amount: i64) -> Stated {
        Stated {
            version,
            at: 10,
            is_paid: true,
            amount_minor_units: Some(amount),
            currency: Some("EUR".to_owned()),
            ..Stated::default()
        }
    }

    fn money(kind: MoneyKind, external_id: &str, amount: i64) -> Change {
        let (external_id, currency) = (external_id.to_owned(), "EUR".to_owned());
        Change::Money { kind, external_id, at: Timestamp(20), amount_minor_units: amount, currency }
    }

    fn order(native_id: &str, changes: Vec<Change>) -> Told {
        Told {
            kind: ConversionKind::Sale,
            native_id: native_id.to_owned(),
            native_name: None,
            changes,
            proofs: vec![],
            source: "by hand".to_owned(),
        }
    }

    async fn tell(store: &Store, shop: i64, told: Told) -> Taken {
        store.take_conversions(shop, None, &[told], OthersHear::Yes, Timestamp(30)).await.expect("takes")
    }

    #[tokio::test]
    async fn twenty_tellings_at_once_make_one_row_and_one_more_after_400_days_none() {
        let (store, shop, _folder) = store().await;
        let told = order("1001", vec![Change::Stated(stated(10, 4_990))]);
        let all = (0..20).map(|_| {
            let (store, told) = (store.clone(), told.clone());
            tokio::spawn(async move { tell(&store, shop, told).await })
        });
        let mut new = 0;
        for one in all.collect::<Vec<_>>() {
            new += one.await.expect("ends").new;
        }
        assert_eq!(new, 1);
        let later = Timestamp(400 * 86_400_000_000);
        let taken = store.take_conversions(shop, None, &[told], OthersHear::Yes, later).await.expect("takes");
        assert_eq!((taken.new, taken.changed, taken.known), (0, 0, 1));
        let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
        assert_eq!((rows.len(), rows[0].net_minor_units), (1, Some(4_990)));
        assert_eq!(store.conversion_events(rows[0].id).await.expect("reads").len(), 1);
    }

    #[tokio::test]
    async fn what_stands_of_an_order_hangs_on_no_order_of_arrival() {
        let all = [
            Change::Stated(Stated { is_paid: false, ..stated(10, 5_000) }),
            Change::Stated(stated(12, 4_500)),
            money(MoneyKind::Refunded, "r1", -500),
            money(MoneyKind::Refunded, "r2", -250),
            money(MoneyKind::ChargedBack, "d1", -100),
        ];
        let mut stands = std::collections::BTreeSet::new();
        for order_of in permutations(all.len()) {
            let (store, shop, _folder) = store().await;
            for place in order_of {
                tell(&store, shop, order("7", vec![all[place].clone()])).await;
            }
            let row = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads").remove(0);
            stands.insert((row.net_minor_units, row.amount_minor_units, row.is_paid, row.is_disputed));
        }
        assert_eq!(stands.into_iter().collect::<Vec<_>>(), [(Some(3_650), Some(4_500), true, false)]);
    }

    fn permutations(count: usize) -> Vec<Vec<usize>> {
        match count {
            0 => vec![vec![]],
            _ => {
                let shorter = permutations(count - 1);
                let with = |at: usize| {
                    shorter.iter().map(move |one| {
                        let mut one = one.clone();
                        one.insert(at, count - 1);
                        one
                    })
                };
                (0..count).flat_map(with).collect()
            }
        }
    }

    #[test]
    fn single_refunds_and_a_total_of_them_are_the_same_money() {
        let eur = || "EUR".to_owned();
        let net = |money: &[(MoneyKind, i64, String)]| standing(vec![stated(1, 1_000)], money).net_minor_units;
        assert_eq!(net(&[(MoneyKind::Refunded, -100, eur()), (MoneyKind::RefundedTotal, -300, eur())]), Some(700));
        assert_eq!(net(&[(MoneyKind::Refunded, -400, eur()), (MoneyKind::RefundedTotal, -300, eur())]), Some(600));
        let other = standing(vec![stated(1, 1_000)], &[(MoneyKind::Refunded, -400, "USD".to_owned())]);
        assert_eq!((other.net_minor_units, other.is_disputed), (Some(1_000), true), "no rate is made up");
    }

    #[test]
    fn two_sayings_of_one_moment_that_differ_are_said_and_the_lower_counts() {
        let stands = standing(vec![stated(1, 2_000), stated(1, 1_000)], &[]);
        assert_eq!((stands.net_minor_units, stands.is_disputed), (Some(1_000), true));
        let cancelled = Stated { cancelled_at: Some(3), ..stated(1, 1_000) };
        assert_eq!(standing(vec![stated(1, 1_000), cancelled], &[]).net_minor_units, Some(0));
        assert_eq!(standing(vec![], &[]), Standing::default(), "what went back of an order that nobody told of");
    }

    #[tokio::test]
    async fn a_file_that_knows_an_order_by_its_name_adds_none_and_a_shop_that_comes_later_neither() {
        let (store, shop, _folder) = store().await;
        let by_number =
            Told { native_name: Some("#1001".to_owned()), ..order("450", vec![Change::Stated(stated(1, 9))]) };
        let by_name = order("#1001", vec![Change::Stated(stated(1, 9))]);
        tell(&store, shop, by_number.clone()).await;
        assert_eq!(tell(&store, shop, by_name.clone()).await.new, 0);
        let (store, shop, _folder) = self::store().await;
        tell(&store, shop, by_name.clone()).await;
        assert_eq!(tell(&store, shop, by_number.clone()).await.new, 0);
        assert_eq!(tell(&store, shop, by_name).await.new, 0);
        let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
        assert_eq!((rows.len(), rows[0].native_id.as_str()), (1, "450"));
    }

    #[tokio::test]
    async fn a_buyer_who_is_forgotten_leaves_their_orders_and_nothing_that_tells_them_apart() {
        let (store, shop, _folder) = store().await;
        let of = |id: &str| {
            order(id, vec![Change::Stated(Stated { customer_hash: Some("ana".to_owned()), ..stated(1, 500) })])
        };
        tell(&store, shop, of("1")).await;
        tell(&store, shop, of("2")).await;
        assert_eq!(store.forget_customer(&["ana".to_owned()], Timestamp(40)).await.expect("forgets"), 2);
        let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
        assert!(rows.iter().all(|row| row.customer_hash.is_none() && row.net_minor_units == Some(500)));
        let held: (i64,) = sqlx::query_as("select count(*) from conversion_event where customer_hash is not null")
            .fetch_one(&store.pool)
            .await
            .expect("reads");
        assert_eq!(held.0, 0);
    }

    #[tokio::test]
    async fn a_message_that_came_before_does_nothing() {
        let (store, shop, _folder) = store().await;
        let delivery =
            NewDelivery { delivery_id: "d1", raw_hash: "h", topic: "orders/paid", outcome: "taken", detail: "" };
        let told = [order("1", vec![Change::Stated(stated(1, 500))])];
        let first =
            store.take_conversions(shop, Some(&delivery), &told, OthersHear::Yes, Timestamp(2)).await.expect("takes");
        let other = [order("2", vec![Change::Stated(stated(1, 500))])];
        let again =
            store.take_conversions(shop, Some(&delivery), &other, OthersHear::Yes, Timestamp(3)).await.expect("takes");
        assert_eq!((first.new, again.is_known_delivery, again.new), (1, true, 0));
        assert_eq!(store.shop_deliveries(shop, 9).await.expect("reads").len(), 1);
    }
}
