//! Links that are followed, where each led and leads, and the counts made of the click log: exact, and begun again where they stopped.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

mod counts;

pub use counts::{DayTotal, Recount};

/// A link that is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkRow {
    pub id: u32,
    pub slug: String,
    pub name: String,
    pub target: String,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub deliverable: Option<i64>,
    pub campaign: Option<i64>,
    /// The target stands as it was given, without what names the sender.
    pub is_bare: bool,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// Where a link leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkLeading {
    pub id: u32,
    pub slug: String,
    pub target: String,
    /// Somebody's, and orders may say which click brought them.
    pub is_joined: bool,
    pub is_ended: bool,
    pub expires_at: Option<Timestamp>,
}

/// A link about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewLink {
    pub slug: String,
    /// Keyed; never given to another link, whatever becomes of the slug.
    pub slug_hash: String,
    pub name: String,
    pub target: String,
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub deliverable: Option<i64>,
    pub campaign: Option<i64>,
    pub is_bare: bool,
    pub expires_at: Option<Timestamp>,
    pub actor: String,
}

/// Where a link led from a moment on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetRow {
    pub version: i64,
    pub target: String,
    pub actor: String,
    pub at: Timestamp,
}

/// Which links are listed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LinkFilter {
    pub contact: Option<i64>,
    pub deal: Option<i64>,
    pub campaign: Option<i64>,
}

/// A click as it is counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountedClick {
    pub link: u32,
    pub at: Timestamp,
    pub verdict: u8,
    /// Whether a person clicked, and it counts.
    pub is_person: bool,
    /// 0: not known or not wanted.
    pub visitor: u64,
    /// One bit a reason.
    pub reasons: u32,
    /// Empty: none was named.
    pub referrer: String,
}

/// How far the click log has been counted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counted {
    pub segment: u32,
    pub offset: u32,
    pub clicks: u64,
    pub damaged: u64,
}

/// What links brought together.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct LinksBrought {
    pub links: u64,
    pub clicks: u64,
    pub visitors_by_day: u64,
}

/// What was counted of a link by verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerdictCount {
    pub link: u32,
    pub verdict: u8,
    pub clicks: u64,
    /// Visitors by day, added up over days; of people alone.
    pub uniques: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// People who clicked on a link within a minute that is over, of whom other programs were not told yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClicksOfMinute {
    pub link: u32,
    pub slug: String,
    pub name: String,
    /// Whose link it is: number and name.
    pub contact: Option<(i64, String)>,
    pub deal: Option<i64>,
    pub campaign: Option<i64>,
    /// Since 1970.
    pub minute: i64,
    pub clicks: u64,
    /// How many of the same minute were told before.
    pub told: u64,
}

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

fn link_of(row: &SqliteRow) -> LinkRow {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    LinkRow {
        id: row.get::<i64, _>("id") as u32,
        slug: row.get("slug"),
        name: row.get("name"),
        target: row.get("target"),
        contact: row.get("contact_id"),
        deal: row.get("deal_id"),
        deliverable: row.get("deliverable_id"),
        campaign: row.get("campaign_id"),
        is_bare: row.get::<i64, _>("is_bare") != 0,
        created_at: Timestamp(row.get("created_at")),
        expires_at: moment("expires_at"),
        ended_at: moment("ended_at"),
    }
}

impl Store {
    /// Keeps links, all or none; their numbers in order, or the first slug that is taken.
    pub async fn add_links(&self, links: &[NewLink], at: Timestamp) -> Result<Result<Vec<u32>, String>, StoreError> {
        let failed = StoreError::of("keeping links");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut ids = Vec::with_capacity(links.len());
        for link in links {
            let row = sqlx::query(
                "insert into tracked_link (slug, name, target, contact_id, deal_id, deliverable_id, campaign_id, created_at, \
                 expires_at, slug_hash, is_bare) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning id",
            )
            .bind(&link.slug)
            .bind(&link.name)
            .bind(&link.target)
            .bind(link.contact)
            .bind(link.deal)
            .bind(link.deliverable)
            .bind(link.campaign)
            .bind(at.0)
            .bind(link.expires_at.map(|at| at.0))
            .bind(&link.slug_hash)
            .bind(i64::from(link.is_bare))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
            let Some(row) = row else { return Ok(Err(link.slug.clone())) };
            let id: i64 = row.get("id");
            put_target(&mut transaction, id, &link.target, &link.actor, at).await.map_err(&failed)?;
            ids.push(id as u32);
        }
        moved_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Ok(ids))
    }

    /// Leads a link elsewhere, and keeps where it led; whether there is such a link.
    pub async fn retarget_link(&self, link: u32, target: &str, actor: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("leading a link elsewhere");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query("update tracked_link set target = $2 where id = $1")
            .bind(i64::from(link))
            .bind(target)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        put_target(&mut transaction, i64::from(link), target, actor, at).await.map_err(&failed)?;
        moved_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Ends a link, or lets it lead on again; whether that changed anything.
    pub async fn end_link(&self, link: u32, ended_at: Option<Timestamp>) -> Result<bool, StoreError> {
        let failed = StoreError::of("ending a link");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done =
            sqlx::query("update tracked_link set ended_at = $2 where id = $1 and (ended_at is null) <> ($2 is null)")
                .bind(i64::from(link))
                .bind(ended_at.map(|at| at.0))
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        moved_on(&mut transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Grows with every change of a link.
    pub async fn link_revision(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("select revision from tracked_link_revision")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("reading links"))?;
        Ok(row.get("revision"))
    }

    /// Links, the newest first.
    pub async fn links(&self, filter: &LinkFilter) -> Result<Vec<LinkRow>, StoreError> {
        let rows = sqlx::query(
            "select * from tracked_link where ($1 is null or contact_id = $1) and ($2 is null or deal_id = $2) \
             and ($3 is null or campaign_id = $3) order by id desc",
        )
        .bind(filter.contact)
        .bind(filter.deal)
        .bind(filter.campaign)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading links"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Where every link leads, and nothing else of it: read whenever a link was changed.
    pub async fn links_leading(&self) -> Result<Vec<LinkLeading>, StoreError> {
        let rows = sqlx::query(
            "select id, slug, target, contact_id is not null and is_bare = 0 as is_joined, ended_at is not null as is_ended, \
             expires_at from tracked_link",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading links"))?;
        let leading = |row: &SqliteRow| LinkLeading {
            id: row.get::<i64, _>("id") as u32,
            slug: row.get("slug"),
            target: row.get("target"),
            is_joined: row.get::<i64, _>("is_joined") != 0,
            is_ended: row.get::<i64, _>("is_ended") != 0,
            expires_at: row.get::<Option<i64>, _>("expires_at").map(Timestamp),
        };
        Ok(rows.iter().map(leading).collect())
    }

    /// A page of links, the newest first; `links_brought` tells how many there are.
    pub async fn links_page(&self, filter: &LinkFilter, from: u64, at_most: u64) -> Result<Vec<LinkRow>, StoreError> {
        // The rows passed over are numbers of an index alone.
        let rows = sqlx::query(
            "select * from tracked_link where id in (select id from tracked_link where ($1 is null or contact_id = $1) \
             and ($2 is null or deal_id = $2) and ($3 is null or campaign_id = $3) order by id desc limit $4 offset $5) \
             order by id desc",
        )
        .bind(filter.contact)
        .bind(filter.deal)
        .bind(filter.campaign)
        .bind(at_most as i64)
        .bind(from as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading links"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// The links of some deals, the oldest first.
    pub async fn links_of_deals(&self, deals: &[i64]) -> Result<Vec<LinkRow>, StoreError> {
        let rows = sqlx::query(
            "select tracked_link.* from json_each($1) join tracked_link on tracked_link.deal_id = value order by tracked_link.id",
        )
        .bind(serde_json::json!(deals).to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading links"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Some links by their numbers.
    pub async fn links_numbered(&self, links: &[u32]) -> Result<Vec<LinkRow>, StoreError> {
        let rows = sqlx::query("select tracked_link.* from json_each($1) join tracked_link on tracked_link.id = value order by tracked_link.id")
            .bind(serde_json::json!(links).to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading links"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    pub async fn link(&self, link: u32) -> Result<Option<LinkRow>, StoreError> {
        let row = sqlx::query("select * from tracked_link where id = $1")
            .bind(i64::from(link))
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a link"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// Whose links are, of some or of all: link, contact, campaign.
    pub async fn link_owners(&self, of: Option<&[u32]>) -> Result<Vec<(u32, Option<i64>, Option<i64>)>, StoreError> {
        let these = of.map(|these| serde_json::to_string(these).unwrap_or_default());
        let query = match &these {
            None => sqlx::query("select id, contact_id, campaign_id from tracked_link"),
            Some(these) => sqlx::query(
                "select tracked_link.id, contact_id, campaign_id from json_each($1) cross join tracked_link on tracked_link.id = json_each.value",
            )
            .bind(these),
        };
        let rows = query.fetch_all(&self.pool).await.map_err(StoreError::of("reading whose links are"))?;
        let of = |row: &SqliteRow| (row.get::<i64, _>("id") as u32, row.get("contact_id"), row.get("campaign_id"));
        Ok(rows.iter().map(of).collect())
    }

    /// By link what people clicked within days (since 1970, the first and the last included): link, clicks by the verdict given,
    /// visitors by day.
    pub async fn clicks_between(
        &self,
        verdict: u8,
        first_day: i64,
        last_day: i64,
    ) -> Result<Vec<(u32, u64, u64)>, StoreError> {
        let rows = sqlx::query(
            "select link_id, sum(clicks) as clicks, sum(uniques) as uniques from (select link_id, clicks, 0 as uniques from click_day \
             where verdict = $1 and day between $2 and $3 union all select link_id, 0, uniques from click_unique \
             where day between $2 and $3) group by link_id order by link_id",
        )
        .bind(i64::from(verdict))
        .bind(first_day)
        .bind(last_day)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was counted"))?;
        let count = |row: &SqliteRow, column: &str| row.get::<i64, _>(column).unsigned_abs();
        Ok(rows
            .iter()
            .map(|row| (row.get::<i64, _>("link_id") as u32, count(row, "clicks"), count(row, "uniques")))
            .collect())
    }

    pub async fn link_by_slug(&self, slug: &str) -> Result<Option<LinkRow>, StoreError> {
        let row = sqlx::query("select * from tracked_link where slug = $1")
            .bind(slug)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a link"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// Where a link led, the newest first.
    pub async fn link_targets(&self, link: u32) -> Result<Vec<TargetRow>, StoreError> {
        let rows = sqlx::query("select * from tracked_link_target where link_id = $1 order by version desc")
            .bind(i64::from(link))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading where a link led"))?;
        let of = |row: &SqliteRow| TargetRow {
            version: row.get("version"),
            target: row.get("target"),
            actor: row.get("actor"),
            at: Timestamp(row.get("at")),
        };
        Ok(rows.iter().map(of).collect())
    }
}

fn counted_of(row: &SqliteRow) -> Counted {
    Counted {
        segment: row.get::<i64, _>("segment") as u32,
        offset: row.get::<i64, _>("offset") as u32,
        clicks: row.get::<i64, _>("clicks").unsigned_abs(),
        damaged: row.get::<i64, _>("damaged").unsigned_abs(),
    }
}

/// Ends the links of a contact who is forgotten: their names and addresses may name the person. Counts stay, for they are nobody's.
pub(crate) async fn forget_links(
    connection: &mut SqliteConnection,
    contact: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "update tracked_link set name = 'of a creator who was forgotten', slug = '~' || id, target = '', \
         ended_at = coalesce(ended_at, $2) where contact_id = $1",
    )
    .bind(contact)
    .bind(at.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query("delete from tracked_link_target where link_id in (select id from tracked_link where contact_id = $1)")
        .bind(contact)
        .execute(&mut *connection)
        .await?;
    if done.rows_affected() > 0 {
        moved_on(connection).await?;
    }
    Ok(())
}

crate::outreach::moves!(move_followed_links, give_back_followed_links, "tracked_link", "id");

async fn put_target(
    connection: &mut SqliteConnection,
    link: i64,
    target: &str,
    actor: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into tracked_link_target (link_id, version, target, actor, at) \
         select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from tracked_link_target where link_id = $1",
    )
    .bind(link)
    .bind(target)
    .bind(actor)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}

async fn moved_on(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("update tracked_link_revision set revision = revision + 1").execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::NewEvent;

    fn link(slug: &str) -> NewLink {
        NewLink {
            slug: slug.to_owned(),
            slug_hash: format!("hash of {slug}"),
            name: slug.to_owned(),
            target: "https://shop.example/".to_owned(),
            contact: None,
            deal: None,
            deliverable: None,
            campaign: None,
            is_bare: false,
            expires_at: None,
            actor: "team".to_owned(),
        }
    }

    fn click(at: i64, visitor: u64, is_person: bool) -> CountedClick {
        CountedClick {
            link: 1,
            at: Timestamp(at),
            verdict: if is_person { 0 } else { 2 },
            is_person,
            visitor,
            reasons: if is_person { 0 } else { 0b101 },
            referrer: "insta.example".to_owned(),
        }
    }

    async fn store() -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        (Store::open(folder.path()).await.expect("opens"), folder)
    }

    #[tokio::test]
    async fn links_are_kept_all_or_none_and_where_each_led_stays() {
        let (store, _folder) = store().await;
        let ids = store.add_links(&[link("a"), link("b")], Timestamp(1)).await.expect("keeps").expect("are new");
        assert_eq!(ids, [1, 2]);
        let taken = store.add_links(&[link("c"), link("a")], Timestamp(2)).await.expect("asks");
        assert_eq!(taken, Err("a".to_owned()));
        assert_eq!(store.links(&LinkFilter::default()).await.expect("reads").len(), 2);
        let before = store.link_revision().await.expect("reads");
        assert!(store.retarget_link(1, "https://shop.example/new", "Mia", Timestamp(3)).await.expect("leads"));
        assert!(store.link_revision().await.expect("reads") > before);
        let led: Vec<String> = store.link_targets(1).await.expect("reads").into_iter().map(|row| row.target).collect();
        assert_eq!(led, ["https://shop.example/new", "https://shop.example/"]);
        assert!(store.end_link(1, Some(Timestamp(4))).await.expect("ends"));
        assert!(!store.end_link(1, Some(Timestamp(5))).await.expect("asks"), "it has ended");
    }

    #[tokio::test]
    async fn clicks_are_counted_once_whoever_counts_and_visitors_go_after_two_days() {
        let (store, _folder) = store().await;
        store.add_links(&[link("a")], Timestamp(1)).await.expect("keeps").expect("is new");
        let clicks = [click(1, 7, true), click(2, 7, true), click(3, 8, true), click(4, 9, false), click(DAY, 7, true)];
        let (from, to) = (Counted::default(), Counted { segment: 0, offset: 640, clicks: 5, damaged: 0 });
        assert!(store.count_clicks(from, &clicks, to).await.expect("counts"));
        assert!(!store.count_clicks(from, &clicks, to).await.expect("asks"), "they are counted");
        assert_eq!(store.counted().await.expect("reads"), to);
        let by_verdict: Vec<(u8, u64)> =
            store.verdict_counts(None).await.expect("reads").iter().map(|row| (row.verdict, row.clicks)).collect();
        assert_eq!(by_verdict, [(0, 4), (2, 1)]);
        assert_eq!(store.unique_counts(Some(1)).await.expect("reads"), [(1, 3)], "two on one day, one on the next");
        let (reasons, hosts) = store.click_sources(1, 9).await.expect("reads");
        assert_eq!((reasons, hosts), (vec![(0, 1), (2, 1)], vec![("insta.example".to_owned(), 4)]));
        let later = Counted { offset: 768, clicks: 6, ..to };
        store.count_clicks(to, &[click(3 * DAY, 7, true)], later).await.expect("counts");
        store.forget_visitors(Timestamp(3 * DAY)).await.expect("removes");
        let held: (i64,) =
            sqlx::query_as("select count(*) from click_visitor").fetch_one(&store.pool).await.expect("reads");
        assert_eq!(held.0, 1, "of days whose key is gone no visitor is held");
        assert_eq!(store.unique_counts(Some(1)).await.expect("reads"), [(1, 4)], "how many there were stays");
    }

    #[tokio::test]
    async fn each_click_by_a_person_is_told_once_also_when_it_is_counted_late() {
        let (store, _folder) = store().await;
        store.add_links(&[link("a")], Timestamp(1)).await.expect("keeps").expect("is new");
        let endpoint = store.add_endpoint("https://a.example/", b"s", &["click.human"], Timestamp(1)).await;
        let endpoint = endpoint.expect("keeps").expect("is new");
        let mut at = Counted::default();
        for clicks in [vec![click(1, 7, true), click(2, 8, true), click(3, 9, false)], vec![click(4, 9, true)]] {
            let to = Counted { offset: at.offset + 128, clicks: at.clicks + clicks.len() as u64, ..at };
            assert!(store.count_clicks(at, &clicks, to).await.expect("counts"));
            at = to;
            assert!(store.click_minutes_not_told(0, 9).await.expect("reads").is_empty(), "the minute is not over");
            let event = |of: &ClicksOfMinute| NewEvent {
                kind: "click.human",
                payload: format!("{{\"clicks\":{}}}", of.clicks),
            };
            let minutes: Vec<_> = store.click_minutes_not_told(1, 9).await.expect("reads");
            let told: Vec<_> = minutes.into_iter().map(|of| (of.clone(), event(&of))).collect();
            // Told by two at once, as by two programs.
            store.tell_click_minutes(&told, Timestamp(9)).await.expect("tells");
            store.tell_click_minutes(&told, Timestamp(9)).await.expect("tells");
        }
        let rows = store.deliveries(endpoint, None, 0, 9).await.expect("reads");
        let told: Vec<&str> = rows.iter().map(|row| row.payload.as_str()).collect();
        assert_eq!(told, ["{\"clicks\":1}", "{\"clicks\":2}"]);
        let to = Counted { offset: at.offset + 128, clicks: at.clicks + 1, ..at };
        store.count_clicks(at, &[click(5, 1, true)], to).await.expect("counts");
        store.pass_over_click_minutes(1).await.expect("passes");
        assert!(store.click_minutes_not_told(1, 9).await.expect("reads").is_empty());
    }
}
