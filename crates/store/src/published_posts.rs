//! Posts published under deals: which post is which piece, as people said, when each was published, and what was measured of it
//! by hand or from a file. Each moment of a piece is kept once a source, whoever brings it again.

use model::outreach::deals::{DealState, DeliverableState};
use model::{AccountId, MeasuredBy, PostMetric, PostMetrics, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;
use crate::outreach::coded;
use crate::outreach::content::{DeliverableRow, DraftFile, deliverable_of};

/// A piece of a deal that was agreed, with what is needed to find its post.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrackedPiece {
    pub piece: DeliverableRow,
    pub contact: i64,
    pub contact_name: String,
    pub deal_state: DealState,
    pub accepted_at: Timestamp,
    /// Number and name.
    pub campaign: Option<(i64, String)>,
    /// The campaign's brand, by its id.
    pub brand: Option<String>,
    /// The brief in the version of the deal, as JSON.
    pub brief: String,
    /// What the last second look at it found.
    pub is_there: Option<bool>,
    /// The newest draft: its number and words, and its file where that is a picture.
    pub draft: Option<PieceDraft>,
}

/// The newest draft of a piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PieceDraft {
    pub id: i64,
    pub caption: String,
    pub is_picture: bool,
}

/// Of which deals pieces are meant.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum OfDeals {
    /// Those that go on or went to their end, and posted pieces of those that were given up.
    #[default]
    GoingOn,
    /// All that were ever agreed.
    EverAgreed,
}

/// Which pieces are meant.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct PieceFilter {
    pub campaign: Option<i64>,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub of_deals: OfDeals,
}

/// What a person said of a post and a piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostDecision {
    pub deliverable: i64,
    /// `post:` and its number among the facts, or `address:` and what an address comes down to.
    pub post: String,
    pub is_it: bool,
    /// It is this other piece as well.
    pub shared_with: Option<i64>,
    /// JSON.
    pub reasons: String,
    pub actor: String,
    pub decided_at: Timestamp,
    /// What confirming wrote on the piece.
    pub wrote: Option<WrittenAddress>,
}

/// An address that confirming a post wrote on its piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenAddress {
    pub url: String,
    /// The piece's before.
    pub state: DeliverableState,
}

/// What came of saying so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decided {
    Done,
    /// The post is this other piece already, and nobody said that the two share it.
    Taken(i64),
    NotThere,
}

/// When a piece was published, as a person said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedSaid {
    pub deliverable: i64,
    pub at: Timestamp,
    pub actor: String,
}

/// What was read of a piece at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeasurementRow {
    pub id: i64,
    pub deliverable: i64,
    pub at: Timestamp,
    pub by: MeasuredBy,
    /// The name of the file it came in; empty where it was typed.
    pub origin: String,
    pub metrics: PostMetrics,
    /// A picture that shows it.
    pub evidence: Option<DraftFile>,
    pub actor: String,
    pub noted_at: Timestamp,
    pub corrected_at: Option<Timestamp>,
}

/// What was read, about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMeasurement {
    pub deliverable: i64,
    pub at: Timestamp,
    pub by: MeasuredBy,
    pub origin: String,
    pub metrics: PostMetrics,
    pub actor: String,
}

/// What became of a measurement that somebody brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeasurementKept {
    New(i64),
    /// The very same is held.
    Known(i64),
    /// Other counts of that moment are held, and stay.
    Differs(i64),
    NoPiece,
}

fn piece_of(row: &SqliteRow) -> Result<TrackedPiece, StoreError> {
    let campaign: Option<i64> = row.get("of_campaign");
    let draft: Option<i64> = row.get("draft_id");
    Ok(TrackedPiece {
        piece: deliverable_of(row)?,
        contact: row.get("contact_id"),
        contact_name: row.get("contact_name"),
        deal_state: coded(row, "deal_state", DealState::from_code)?,
        accepted_at: Timestamp(row.get("accepted_at")),
        campaign: campaign.map(|id| (id, row.get::<Option<String>, _>("campaign_name").unwrap_or_default())),
        brand: row.get("brand_id"),
        brief: row.get("brief"),
        is_there: row.get::<Option<i64>, _>("is_there").map(|there| there != 0),
        draft: draft.map(|id| PieceDraft {
            id,
            caption: row.get::<Option<String>, _>("caption").unwrap_or_default(),
            is_picture: row.get::<Option<String>, _>("file_kind").is_some_and(|kind| kind.starts_with("image/")),
        }),
    })
}

fn measurement_of(row: &SqliteRow) -> Result<MeasurementRow, StoreError> {
    let mut metrics = PostMetrics::default();
    for metric in PostMetric::ALL {
        metrics.set(metric, row.get::<Option<i64>, _>(metric.code()).map(i64::unsigned_abs));
    }
    let sha256: String = row.get("sha256");
    Ok(MeasurementRow {
        id: row.get("id"),
        deliverable: row.get("deliverable_id"),
        at: Timestamp(row.get("measured_at")),
        by: coded(row, "source", MeasuredBy::from_code)?,
        origin: row.get("origin"),
        metrics,
        evidence: (!sha256.is_empty()).then(|| DraftFile {
            sha256,
            name: row.get("file_name"),
            kind: row.get("file_kind"),
            bytes: row.get::<i64, _>("file_bytes").unsigned_abs(),
        }),
        actor: row.get("actor"),
        noted_at: Timestamp(row.get("noted_at")),
        corrected_at: row.get::<Option<i64>, _>("corrected_at").map(Timestamp),
    })
}

fn decision_of(row: &SqliteRow) -> Result<PostDecision, StoreError> {
    let url: String = row.get("wrote_url");
    let wrote = match url.is_empty() {
        true => None,
        false => Some(WrittenAddress { url, state: coded(row, "state_before", DeliverableState::from_code)? }),
    };
    Ok(PostDecision {
        deliverable: row.get("deliverable_id"),
        post: row.get("post"),
        is_it: row.get::<i64, _>("is_it") != 0,
        shared_with: row.get("shared_with"),
        reasons: row.get("reasons"),
        actor: row.get("actor"),
        decided_at: Timestamp(row.get("decided_at")),
        wrote,
    })
}

/// A count as it is kept; what is beyond any count is refused before.
fn kept(value: Option<u64>) -> Option<i64> {
    value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}

impl Store {
    /// When posts of deals were published: deal, moment. Of deals of which a post is out whose moment nobody said, none: an earlier
    /// one may be among those.
    pub async fn published_moments(&self, deals: &[i64]) -> Result<Vec<(i64, Timestamp)>, StoreError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select deal_id, published_at from json_each($1) cross join deliverable on deal_id = value \
             join post_published on deliverable_id = deliverable.id where not exists (select 1 from deliverable o \
             left join post_published p on p.deliverable_id = o.id where o.deal_id = deliverable.deal_id \
             and o.live_at is not null and p.published_at is null)",
        )
        .bind(serde_json::to_string(deals).unwrap_or_default())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was posted"))?;
        Ok(rows.into_iter().map(|(deal, at)| (deal, Timestamp(at))).collect())
    }

    /// Changes with every piece that is noted as posted, or not any more, and with every moment of publishing that is said.
    pub async fn published_state(&self) -> Result<(i64, i64), StoreError> {
        sqlx::query_as(
            "select (select count(live_at) from deliverable), max((select coalesce(max(live_at), 0) from deliverable), \
             (select coalesce(max(noted_at), 0) from post_published))",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("reading what was posted"))
    }

    /// Pieces of deals that were agreed, the newest first.
    pub async fn tracked_pieces(&self, filter: &PieceFilter) -> Result<Vec<TrackedPiece>, StoreError> {
        let rows = sqlx::query(
            "select deliverable.*, deal.contact_id, contact.name as contact_name, deal.state as deal_state, deal.accepted_at, \
             deal.campaign_id as of_campaign, campaign.name as campaign_name, campaign.brand_id, brief_version.body as brief, \
             (select is_there from second_look where deliverable_id = deliverable.id and looked_at is not null \
                order by looked_at desc, after_days desc limit 1) as is_there, \
             draft.id as draft_id, draft.caption, draft.file_kind \
             from deliverable join deal on deal.id = deliverable.deal_id join contact on contact.id = deal.contact_id \
             join brief_version on brief_version.brief_id = deal.brief_id and brief_version.version = deal.brief_version \
             left join campaign on campaign.id = deal.campaign_id \
             left join draft on draft.id = (select id from draft where deliverable_id = deliverable.id order by version desc limit 1) \
             where deal.accepted_at is not null \
             and ($4 or deal.state in ('accepted', 'in-work', 'delivered', 'settled') or deliverable.state = 'live') \
             and ($1 is null or deal.campaign_id = $1) and ($2 is null or deal.contact_id = $2) and ($3 is null or deal.id = $3) \
             order by coalesce(deliverable.live_at, deal.accepted_at) desc, deliverable.id desc",
        )
        .bind(filter.campaign)
        .bind(filter.contact)
        .bind(filter.deal)
        .bind(filter.of_deals == OfDeals::EverAgreed)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what is published under deals"))?;
        rows.iter().map(piece_of).collect()
    }

    /// Which accounts belong to which contact.
    pub async fn accounts_by_contact(&self) -> Result<Vec<(i64, AccountId)>, StoreError> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("select contact_id, account_id from contact_account order by contact_id, account_id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading whose accounts are whose"))?;
        Ok(rows.into_iter().map(|(contact, account)| (contact, AccountId(account))).collect())
    }

    /// Everything people said of which post is which piece.
    pub async fn post_decisions(&self) -> Result<Vec<PostDecision>, StoreError> {
        let rows = sqlx::query("select * from post_match order by deliverable_id, decided_at, post")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading which post is which piece"))?;
        rows.iter().map(decision_of).collect()
    }

    /// Keeps what a person said of a post and a piece, in place of what was said of the two before. A piece has one post; two
    /// pieces have the same only where a person says so. Who says the same again changes nothing of what was said first.
    pub async fn decide_post(&self, decision: &PostDecision) -> Result<Decided, StoreError> {
        let failed = StoreError::of("keeping which post is which piece");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let piece = sqlx::query("select 1 from deliverable where id = $1")
            .bind(decision.deliverable)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        if piece.is_none() {
            return Ok(Decided::NotThere);
        }
        if decision.is_it {
            let other: Option<(i64,)> = sqlx::query_as(
                "select deliverable_id from post_match where post = $1 and deliverable_id <> $2 and is_it = 1 limit 1",
            )
            .bind(&decision.post)
            .bind(decision.deliverable)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
            if let Some((other,)) = other.filter(|_| decision.shared_with.is_none()) {
                return Ok(Decided::Taken(other));
            }
            sqlx::query("delete from post_match where deliverable_id = $1 and is_it = 1 and post <> $2")
                .bind(decision.deliverable)
                .bind(&decision.post)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        sqlx::query(
            "insert into post_match (deliverable_id, post, is_it, is_shared, shared_with, reasons, actor, decided_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (deliverable_id, post) do update set \
             is_shared = case when $3 = is_it and $5 is null then is_shared else $4 end, \
             shared_with = case when $3 = is_it and $5 is null then shared_with else $5 end, \
             reasons = case when $3 = is_it then reasons else $6 end, actor = case when $3 = is_it then actor else $7 end, \
             decided_at = case when $3 = is_it then decided_at else $8 end, is_it = $3",
        )
        .bind(decision.deliverable)
        .bind(&decision.post)
        .bind(i64::from(decision.is_it))
        .bind(i64::from(decision.is_it && decision.shared_with.is_some()))
        .bind(decision.shared_with.filter(|_| decision.is_it))
        .bind(&decision.reasons)
        .bind(&decision.actor)
        .bind(decision.decided_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Decided::Done)
    }

    /// Remembers that confirming a post wrote its address on the piece, so that taking it back undoes just that.
    pub async fn note_written(&self, deliverable: i64, post: &str, wrote: &WrittenAddress) -> Result<(), StoreError> {
        sqlx::query(
            "update post_match set wrote_url = $3, state_before = $4 where deliverable_id = $1 and post = $2 and is_it = 1",
        )
        .bind(deliverable)
        .bind(post)
        .bind(&wrote.url)
        .bind(wrote.state.code())
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("noting what confirming wrote"))?;
        Ok(())
    }

    /// Takes back what was said of a post and a piece; whether anything was said.
    pub async fn take_post_decision_back(&self, deliverable: i64, post: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from post_match where deliverable_id = $1 and post = $2")
            .bind(deliverable)
            .bind(post)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking back which post is which piece"))?;
        Ok(done.rows_affected() > 0)
    }

    /// When pieces were published, as people said.
    pub async fn posts_published(&self) -> Result<Vec<PublishedSaid>, StoreError> {
        let rows = sqlx::query("select * from post_published order by deliverable_id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading when pieces were published"))?;
        let of = |row: &SqliteRow| PublishedSaid {
            deliverable: row.get("deliverable_id"),
            at: Timestamp(row.get("published_at")),
            actor: row.get("actor"),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Keeps when a piece was published, or takes back what was said of it; whether there is such a piece.
    pub async fn say_published(
        &self,
        deliverable: i64,
        published_at: Option<Timestamp>,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("keeping when a piece was published");
        let done = match published_at {
            None => sqlx::query("delete from post_published where deliverable_id = $1").bind(deliverable),
            Some(published_at) => sqlx::query(
                "insert into post_published (deliverable_id, published_at, actor, noted_at) \
                 select id, $2, $3, $4 from deliverable where id = $1 \
                 on conflict (deliverable_id) do update set published_at = $2, actor = $3, noted_at = $4",
            )
            .bind(deliverable)
            .bind(published_at.0)
            .bind(actor)
            .bind(at.0),
        };
        let done = done.execute(&self.pool).await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// What was measured of some pieces by hand and from files, by piece and time.
    pub async fn measurements(&self, deliverables: &[i64]) -> Result<Vec<MeasurementRow>, StoreError> {
        let mut found = Vec::new();
        for part in deliverables.chunks(500) {
            let mut query = sqlx::QueryBuilder::new("select * from post_measurement where deliverable_id in (");
            let mut listed = query.separated(", ");
            for id in part {
                listed.push_bind(*id);
            }
            query.push(") order by deliverable_id, measured_at, source");
            let rows = query.build().fetch_all(&self.pool).await;
            for row in rows.map_err(StoreError::of("reading what was measured"))? {
                found.push(measurement_of(&row)?);
            }
        }
        Ok(found)
    }

    pub async fn measurement(&self, id: i64) -> Result<Option<MeasurementRow>, StoreError> {
        let row = sqlx::query("select * from post_measurement where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading what was measured"))?;
        row.as_ref().map(measurement_of).transpose()
    }

    /// Keeps measurements in one transaction; what became of each, in their order. A moment of a piece is kept once a source.
    pub async fn add_measurements(
        &self,
        new: &[NewMeasurement],
        at: Timestamp,
    ) -> Result<Vec<MeasurementKept>, StoreError> {
        let failed = StoreError::of("keeping what was measured");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut all = Vec::with_capacity(new.len());
        for one in new {
            all.push(put_measurement(&mut transaction, one, at).await?);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(all)
    }

    /// Sets a measurement right; `None` where there is none, `Some(false)` where its source has another of that moment.
    pub async fn correct_measurement(
        &self,
        id: i64,
        measured_at: Timestamp,
        metrics: &PostMetrics,
        actor: &str,
        at: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let failed = StoreError::of("setting a measurement right");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let other: Option<(i64,)> = sqlx::query_as(
            "select other.id from post_measurement as held join post_measurement as other on \
             other.deliverable_id = held.deliverable_id and other.source = held.source and other.id <> held.id \
             where held.id = $1 and other.measured_at = $2",
        )
        .bind(id)
        .bind(measured_at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        if other.is_some() {
            return Ok(Some(false));
        }
        let mut query = sqlx::query(
            "update post_measurement set measured_at = $2, actor = $3, corrected_at = $4, views = $5, reach = $6, \
             impressions = $7, likes = $8, comments = $9, shares = $10, saves = $11, replies = $12, exits = $13, \
             link_taps = $14, sticker_taps = $15 where id = $1",
        )
        .bind(id)
        .bind(measured_at.0)
        .bind(actor)
        .bind(at.0);
        for metric in PostMetric::ALL {
            query = query.bind(kept(metrics.get(metric)));
        }
        let done = query.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok((done.rows_affected() > 0).then_some(true))
    }

    /// Removes a measurement; whether there was one.
    pub async fn remove_measurement(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from post_measurement where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a measurement"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts a picture beside a measurement, or takes it away; whether there is such a measurement.
    pub async fn set_evidence(&self, id: i64, file: Option<&DraftFile>) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update post_measurement set sha256 = $2, file_name = $3, file_kind = $4, file_bytes = $5 where id = $1",
        )
        .bind(id)
        .bind(file.map_or("", |file| &file.sha256))
        .bind(file.map_or("", |file| &file.name))
        .bind(file.map_or("", |file| &file.kind))
        .bind(file.map_or(0, |file| file.bytes as i64))
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping a picture of a measurement"))?;
        Ok(done.rows_affected() > 0)
    }
}

async fn put_measurement(
    connection: &mut SqliteConnection,
    new: &NewMeasurement,
    at: Timestamp,
) -> Result<MeasurementKept, StoreError> {
    let failed = StoreError::of("keeping what was measured");
    let held =
        sqlx::query("select * from post_measurement where deliverable_id = $1 and source = $2 and measured_at = $3")
            .bind(new.deliverable)
            .bind(new.by.code())
            .bind(new.at.0)
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
    if let Some(row) = held {
        let held = measurement_of(&row)?;
        return Ok(match held.metrics == new.metrics {
            true => MeasurementKept::Known(held.id),
            false => MeasurementKept::Differs(held.id),
        });
    }
    let mut query = sqlx::query(
        "insert into post_measurement (deliverable_id, measured_at, source, origin, actor, noted_at, views, reach, impressions, \
         likes, comments, shares, saves, replies, exits, link_taps, sticker_taps) \
         select id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 from deliverable where id = $1 \
         returning id",
    )
    .bind(new.deliverable)
    .bind(new.at.0)
    .bind(new.by.code())
    .bind(&new.origin)
    .bind(&new.actor)
    .bind(at.0);
    for metric in PostMetric::ALL {
        query = query.bind(kept(new.metrics.get(metric)));
    }
    let row = query.fetch_optional(&mut *connection).await.map_err(&failed)?;
    Ok(row.map_or(MeasurementKept::NoPiece, |row| MeasurementKept::New(row.get("id"))))
}

#[cfg(test)]
mod tests;
