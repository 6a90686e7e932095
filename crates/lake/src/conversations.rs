//! Who turned to whom: the talk of a window as plain arrays, and single exchanges with their words.

use datafusion::scalar::ScalarValue;
use foldhash::HashMap;
use model::{AccountId, InteractionKind, Timestamp};

use crate::error::LakeError;
use crate::session::{Lake, ints, maybe_int, maybe_string, strings};

/// Which talk is wanted; `None` means no bound.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct TalkWindow {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// The talk of a window between different people, as columns of equal length, oldest first.
/// `actor` and `target` index into `accounts`, which is sorted, so that equal facts give equal numbers.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct TalkArrays {
    pub accounts: Vec<AccountId>,
    pub actor: Vec<u32>,
    pub target: Vec<u32>,
    pub at_unix: Vec<i64>,
    pub kind: Vec<u8>,
    /// The text of each, -1 where there is none.
    pub text: Vec<i64>,
    /// The post each was made under, -1 where it is not known.
    pub post: Vec<i64>,
}

/// How many interactions there are, by whether they are talk between two people.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct InteractionRows {
    pub all: u64,
    /// Talk between two different known people.
    pub between_people: u64,
    pub to_oneself: u64,
    pub pairs: u64,
    /// Directed pairs that also run the other way.
    pub pairs_both_ways: u64,
}

/// One exchange with its words, as evidence.
#[derive(Clone, PartialEq, Debug)]
pub struct QuotedInteraction {
    pub actor: AccountId,
    pub target: AccountId,
    pub kind: InteractionKind,
    pub at: Timestamp,
    pub body: Option<String>,
    pub post_title: Option<String>,
    pub post_url: Option<String>,
    pub source_id: String,
    pub import_id: i64,
}

const TALK_KINDS: &str = "kind not in (7, 8)";

impl Lake {
    /// The talk of a window. Cost: one pass over the interactions plus a sort of the distinct accounts.
    pub async fn talk(&self, window: TalkWindow, now: Timestamp) -> Result<TalkArrays, LakeError> {
        let sql = format!(
            "select actor_id, target_id, at, kind, text_id, post_id from interaction \
             where target_id is not null and actor_id <> target_id and {TALK_KINDS}{} \
             order by at, id_upper, id_lower",
            window_sql(window)
        );
        let rows = self.rows(&sql, &[], now, "reading the conversations").await?;
        let mut ids: Vec<i64> = Vec::new();
        for batch in &rows.batches {
            ids.extend_from_slice(ints(batch, 0).values());
            ids.extend_from_slice(ints(batch, 1).values());
            if ids.len() > 8_000_000 {
                ids.sort_unstable();
                ids.dedup();
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let dense: HashMap<i64, u32> = ids.iter().enumerate().map(|(index, id)| (*id, index as u32)).collect();
        let mut talk = TalkArrays { accounts: ids.into_iter().map(AccountId).collect(), ..TalkArrays::default() };
        for batch in &rows.batches {
            let (actor, target, at, kind) = (ints(batch, 0), ints(batch, 1), ints(batch, 2), ints(batch, 3));
            let (text, post) = (ints(batch, 4), ints(batch, 5));
            for row in 0..batch.num_rows() {
                talk.actor.push(dense[&actor.value(row)]);
                talk.target.push(dense[&target.value(row)]);
                talk.at_unix.push(at.value(row).div_euclid(1_000_000));
                talk.kind.push(kind.value(row) as u8);
                talk.text.push(maybe_int(&text, row).unwrap_or(-1));
                talk.post.push(maybe_int(&post, row).unwrap_or(-1));
            }
        }
        Ok(talk)
    }

    /// Counts of interactions and of the pairs of people they join.
    pub async fn interaction_rows(
        &self,
        source_id: Option<&str>,
        now: Timestamp,
    ) -> Result<InteractionRows, LakeError> {
        let sql = include_str!("sql/conversations_counts.sql");
        let source = ScalarValue::Utf8(source_id.map(str::to_owned));
        let rows = self.rows(sql, &[("source", source)], now, "counting the conversations").await?;
        let number = |column| rows.int(0, column).unwrap_or(0) as u64;
        Ok(InteractionRows {
            all: number(0),
            between_people: number(1),
            to_oneself: number(2),
            pairs: number(3),
            pairs_both_ways: number(4),
        })
    }

    /// What any of `actors` said to `target` and back, newest first: the evidence behind "your buyers talk with her".
    pub async fn between(
        &self,
        actors: &[AccountId],
        target: AccountId,
        limit: usize,
        offset: usize,
        now: Timestamp,
    ) -> Result<Vec<QuotedInteraction>, LakeError> {
        if actors.is_empty() {
            return Ok(vec![]);
        }
        let list = actors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sql = include_str!("sql/conversations_between.sql")
            .replace("{actors}", &list)
            .replace("{target}", &target.to_string())
            .replace("{limit}", &limit.to_string())
            .replace("{offset}", &offset.to_string());
        let rows = self.rows(&sql, &[], now, "reading an exchange").await?;
        let mut quoted = Vec::new();
        for batch in &rows.batches {
            let (actor, target, kind, at) = (ints(batch, 0), ints(batch, 1), ints(batch, 2), ints(batch, 3));
            let (body, title, url, source, import) =
                (strings(batch, 4), strings(batch, 5), strings(batch, 6), strings(batch, 7), ints(batch, 8));
            for row in 0..batch.num_rows() {
                quoted.push(QuotedInteraction {
                    actor: AccountId(actor.value(row)),
                    target: AccountId(target.value(row)),
                    kind: InteractionKind::from_number(kind.value(row) as u8).unwrap_or(InteractionKind::Comment),
                    at: Timestamp(at.value(row)),
                    body: maybe_string(&body, row),
                    post_title: maybe_string(&title, row),
                    post_url: maybe_string(&url, row),
                    source_id: source.value(row).to_owned(),
                    import_id: import.value(row),
                });
            }
        }
        Ok(quoted)
    }

    /// Hands every text that was said to somebody to `each`, in portions, once per text.
    pub async fn for_each_text(&self, now: Timestamp, mut each: impl FnMut(i64, &str)) -> Result<(), LakeError> {
        let context = self.context(now).await?;
        let failed = |error| LakeError::query("reading the texts", error);
        let mut stream = context
            .sql("select text_id, body from text")
            .await
            .map_err(failed)?
            .execute_stream()
            .await
            .map_err(failed)?;
        while let Some(batch) = futures::StreamExt::next(&mut stream).await {
            let batch = batch.map_err(failed)?;
            let (ids, bodies) = (ints(&batch, 0), strings(&batch, 1));
            for row in 0..batch.num_rows() {
                each(ids.value(row), bodies.value(row));
            }
        }
        Ok(())
    }
}

fn window_sql(window: TalkWindow) -> String {
    let mut sql = String::new();
    if let Some(from) = window.from {
        sql.push_str(&format!(" and at >= to_timestamp_micros({})", from.0));
    }
    if let Some(to) = window.to {
        sql.push_str(&format!(" and at < to_timestamp_micros({})", to.0));
    }
    sql
}
