//! Who turned to whom: the talk of a window as plain arrays, and single exchanges with their words.

use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use foldhash::HashMap;
use model::{AccountId, InteractionKind, Timestamp};

use crate::error::LakeError;
use crate::session::{Lake, Rows, ints, maybe_int, maybe_string, strings};

/// Which talk is wanted; `None` means no bound.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct TalkWindow {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// The talk of a window between different people, as columns of equal length, in no fixed order of rows.
/// `actor` and `target` index into `accounts`, which is sorted, so that equal facts give equal numbers.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct TalkArrays {
    pub accounts: Vec<AccountId>,
    pub actor: Vec<u32>,
    pub target: Vec<u32>,
    pub at_unix: Vec<i64>,
    pub kind: Vec<u8>,
    /// What the asker says of the text and the post of each.
    pub mark: Vec<u8>,
    /// The post each was made under, by its place among all that were talked under, or `u32::MAX` where it is not known.
    pub thread: Vec<u32>,
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

/// One turn of or to somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnAbout {
    pub actor: AccountId,
    pub target: AccountId,
    pub at: Timestamp,
    pub kind: u8,
    pub text: Option<i64>,
    pub post: Option<i64>,
}

/// A post with its title and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PostBy {
    pub post: i64,
    pub author: AccountId,
    pub at: Timestamp,
    pub title: Option<String>,
    pub text: Option<i64>,
    pub url: Option<String>,
}

/// Where something is spoken of; both sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacesAbout {
    pub posts: Vec<i64>,
    pub texts: Vec<i64>,
}

/// Where a text was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidIn {
    Question,
    Answer,
    Comment,
    Post,
}

/// A text with what it was said under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextInPlace<'a> {
    pub text: i64,
    pub body: &'a str,
    pub title: Option<&'a str>,
    pub place: Option<SaidIn>,
}

/// Words with the one who said them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said<'a> {
    pub author: AccountId,
    /// To whom; `None` for a post.
    pub other: Option<AccountId>,
    pub text: Option<i64>,
    /// Where there is no text, the post whose title and tags they are.
    pub post: Option<i64>,
    pub body: &'a str,
}

/// How many texts are put beside their places at once: about 2.3 GB where they are short (1.3 GB were measured for 4.5
/// million), while nothing else is held.
const TEXTS_AT_ONCE: u64 = 8_000_000;
/// The same where words are put beside those who said them while the graph is held in memory.
const SAID_AT_ONCE: u64 = 500_000;
const NO_THREAD: u32 = u32::MAX;
const TALK_KINDS: &str = "kind not in (7, 8)";

impl Lake {
    /// The talk of a window; `mark` says what is to be known of a text and the post it is under. Cost: one pass over the interactions, which are
    /// turned into columns portion by portion: 22 bytes each, and 40 an account and a post while they are numbered.
    pub async fn talk(
        &self,
        window: TalkWindow,
        now: Timestamp,
        mark: impl Fn(Option<i64>, Option<i64>) -> u8,
    ) -> Result<TalkArrays, LakeError> {
        let of_window = format!(
            "from interaction where target_id is not null and actor_id <> target_id and {TALK_KINDS}{}",
            window_sql(window)
        );
        let what = "reading the conversations";
        let counted = self.rows(&format!("select count(*) {of_window}"), &[], now, what).await?;
        let mut talk = TalkArrays::with_capacity(counted.int(0, 0).unwrap_or(0) as usize);
        let (mut numbers, mut threads) = (Numbers::default(), Numbers::default());
        let failed = |error| LakeError::query(what, error);
        let context = self.context(now).await?;
        let sql = format!("select actor_id, target_id, at, kind, text_id, post_id {of_window}");
        let mut stream = context.sql(&sql).await.map_err(failed)?.execute_stream().await.map_err(failed)?;
        while let Some(batch) = futures::StreamExt::next(&mut stream).await {
            let batch = batch.map_err(failed)?;
            let (actor, target, at, kind) = (ints(&batch, 0), ints(&batch, 1), ints(&batch, 2), ints(&batch, 3));
            let (text, post) = (ints(&batch, 4), ints(&batch, 5));
            for row in 0..batch.num_rows() {
                talk.actor.push(numbers.of(actor.value(row)));
                talk.target.push(numbers.of(target.value(row)));
                talk.at_unix.push(at.value(row).div_euclid(1_000_000));
                talk.kind.push(kind.value(row) as u8);
                let (text, post) = (maybe_int(&text, row), maybe_int(&post, row));
                talk.mark.push(mark(text, post));
                talk.thread.push(post.map_or(NO_THREAD, |post| threads.of(post)));
            }
        }
        let sorted = numbers.sorted();
        for account in talk.actor.iter_mut().chain(&mut talk.target) {
            *account = sorted.place[*account as usize];
        }
        talk.accounts = sorted.ids.into_iter().map(AccountId).collect();
        let sorted = threads.sorted();
        for thread in talk.thread.iter_mut().filter(|thread| **thread != NO_THREAD) {
            *thread = sorted.place[*thread as usize];
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

    /// Hands what was said to `each`: words to somebody, and posts with their titles and tags. With `one_in` above 1
    /// only texts, and posts without a text, whose ids are divisible by it, so that the same facts give the same part. Many
    /// are read part by part, so that memory stays bounded.
    pub async fn for_each_said(
        &self,
        one_in: u64,
        now: Timestamp,
        mut each: impl FnMut(Said<'_>),
    ) -> Result<(), LakeError> {
        let parts = (self.text_count(now).await? / one_in.max(1)).div_ceil(SAID_AT_ONCE).max(1);
        for part in 0..parts {
            self.each_said_of_part(Part { one_in: one_in.max(1), part, parts }, now, &mut each).await?;
        }
        Ok(())
    }

    async fn each_said_of_part(
        &self,
        part: Part,
        now: Timestamp,
        each: &mut impl FnMut(Said<'_>),
    ) -> Result<(), LakeError> {
        let sql = include_str!("sql/conversations_said.sql")
            .replace("{sample}", &part.condition("text_id"))
            .replace("{of_posts}", &part.condition("post_id"));
        let failed = |error| LakeError::query("reading what was said", error);
        let context = self.context(now).await?;
        let mut stream = context.sql(&sql).await.map_err(failed)?.execute_stream().await.map_err(failed)?;
        while let Some(batch) = futures::StreamExt::next(&mut stream).await {
            let batch = batch.map_err(failed)?;
            let (author, other, text) = (ints(&batch, 0), ints(&batch, 1), ints(&batch, 2));
            let (post, body) = (ints(&batch, 3), strings(&batch, 4));
            for row in 0..batch.num_rows() {
                each(Said {
                    author: AccountId(author.value(row)),
                    other: maybe_int(&other, row).map(AccountId),
                    text: maybe_int(&text, row),
                    post: maybe_int(&post, row),
                    body: body.value(row),
                });
            }
        }
        Ok(())
    }

    /// Every turn that one of these people took or was addressed by, oldest first.
    pub async fn turns_about(&self, people: &[AccountId], now: Timestamp) -> Result<Vec<TurnAbout>, LakeError> {
        let wanted = people.iter().map(|account| account.0).collect();
        let sql = include_str!("sql/conversations_turns_about.sql");
        let rows = self.rows_about(wanted, sql, &[], now, "reading the turns of people").await?;
        let mut turns = vec![];
        for batch in &rows.batches {
            let (actor, target, at) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
            let (kind, text, post) = (ints(batch, 3), ints(batch, 4), ints(batch, 5));
            turns.extend((0..batch.num_rows()).map(|row| TurnAbout {
                actor: AccountId(actor.value(row)),
                target: AccountId(target.value(row)),
                at: Timestamp(at.value(row)),
                kind: kind.value(row) as u8,
                text: maybe_int(&text, row),
                post: maybe_int(&post, row),
            }));
        }
        Ok(turns)
    }

    /// The posts of these people, oldest first.
    pub async fn posts_of_people(&self, people: &[AccountId], now: Timestamp) -> Result<Vec<PostBy>, LakeError> {
        let wanted = people.iter().map(|account| account.0).collect();
        let sql = include_str!("sql/conversations_posts_by.sql");
        let rows = self.rows_about(wanted, sql, &[], now, "reading the posts of people").await?;
        let mut posts = vec![];
        for batch in &rows.batches {
            let (post, author, at) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
            let (title, text, url) = (strings(batch, 3), ints(batch, 4), strings(batch, 5));
            posts.extend((0..batch.num_rows()).map(|row| PostBy {
                post: post.value(row),
                author: AccountId(author.value(row)),
                at: Timestamp(at.value(row)),
                title: maybe_string(&title, row),
                text: maybe_int(&text, row),
                url: maybe_string(&url, row),
            }));
        }
        Ok(posts)
    }

    /// The posts whose title or tags, and the texts whose words, hold a product's or category's name, in any case.
    pub async fn places_about(&self, about: &str, now: Timestamp) -> Result<PlacesAbout, LakeError> {
        let pattern = crate::matching::keyword_pattern(&[about.to_owned()]);
        let parameter = [("about", ScalarValue::Utf8(Some(pattern)))];
        let sql = "select distinct post_id from post where title ~ $about or array_to_string(tags, ' ') ~ $about or \
                   parent_post_id in (select post_id from post where title ~ $about or array_to_string(tags, ' ') ~ $about)";
        let what = "finding what is about a product";
        let sorted = |rows: Rows| {
            let mut ids: Vec<i64> = rows.batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()).collect();
            ids.sort_unstable();
            ids
        };
        let posts = sorted(self.rows(sql, &parameter, now, what).await?);
        let texts =
            sorted(self.rows("select distinct text_id from text where body ~ $about", &parameter, now, what).await?);
        Ok(PlacesAbout { posts, texts })
    }

    /// How many texts are held.
    pub async fn text_count(&self, now: Timestamp) -> Result<u64, LakeError> {
        let rows = self.rows("select count(*) from text", &[], now, "counting the texts").await?;
        Ok(rows.batches.first().map_or(0, |batch| ints(batch, 0).value(0) as u64))
    }

    /// The words of these texts; who is absent is not held.
    pub async fn texts(&self, texts: &[i64], now: Timestamp) -> Result<Vec<(i64, String)>, LakeError> {
        if texts.is_empty() {
            return Ok(vec![]);
        }
        let list = texts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!("select text_id, min(body) from text where text_id in ({list}) group by text_id");
        let rows = self.rows(&sql, &[], now, "reading words").await?;
        let mut found = vec![];
        for batch in &rows.batches {
            let (ids, bodies) = (ints(batch, 0), strings(batch, 1));
            found.extend((0..batch.num_rows()).map(|row| (ids.value(row), bodies.value(row).to_owned())));
        }
        Ok(found)
    }

    /// What `find` finds in the texts, each looked at once with what it was said under; in no fixed order, on all cores.
    /// Many texts are read part by part, chosen by their ids, so that memory stays bounded.
    pub async fn find_in_texts<T: Send + 'static>(
        &self,
        now: Timestamp,
        find: impl Fn(TextInPlace<'_>) -> Option<T> + Send + Sync + 'static,
    ) -> Result<Vec<T>, LakeError> {
        let parts = self.text_count(now).await?.div_ceil(TEXTS_AT_ONCE).max(1);
        let find = Arc::new(find);
        let mut found = vec![];
        for part in 0..parts {
            let of_part = Part { one_in: 1, part, parts }.condition("text_id");
            let sql = include_str!("sql/conversations_texts_in_place.sql").replace("{these}", &of_part);
            found.append(&mut find_in_answer(&self.context(now).await?, &sql, &find).await?);
        }
        Ok(found)
    }
}

/// What `find` finds in the texts that answer a question for texts in their places.
pub(crate) async fn find_in_answer<T: Send + 'static>(
    context: &SessionContext,
    sql: &str,
    find: &Arc<impl Fn(TextInPlace<'_>) -> Option<T> + Send + Sync + 'static>,
) -> Result<Vec<T>, LakeError> {
    let failed = |error| LakeError::query("reading the texts", error);
    let frame = context.sql(sql).await.map_err(failed)?;
    let streams = frame.execute_stream_partitioned().await.map_err(failed)?;
    let readers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            let find = find.clone();
            tokio::spawn(async move {
                let mut found = vec![];
                while let Some(batch) = futures::StreamExt::next(&mut stream).await {
                    find_in_batch(&batch.map_err(failed)?, &*find, &mut found);
                }
                Ok(found)
            })
        })
        .collect();
    let mut found = vec![];
    for reader in readers {
        found.append(&mut reader.await.expect("looking at texts does not panic")?);
    }
    Ok(found)
}

fn find_in_batch<T>(batch: &RecordBatch, find: &impl Fn(TextInPlace<'_>) -> Option<T>, found: &mut Vec<T>) {
    let (ids, bodies, titles, places) = (ints(batch, 0), strings(batch, 1), strings(batch, 2), ints(batch, 3));
    for row in 0..batch.num_rows() {
        let text = TextInPlace {
            text: ids.value(row),
            body: bodies.value(row),
            title: titles.is_valid(row).then(|| titles.value(row)),
            place: match maybe_int(&places, row) {
                Some(1) => Some(SaidIn::Question),
                Some(2) => Some(SaidIn::Answer),
                Some(3) => Some(SaidIn::Comment),
                Some(_) => Some(SaidIn::Post),
                None => None,
            },
        };
        found.extend(find(text));
    }
}

impl TalkArrays {
    fn with_capacity(rows: usize) -> TalkArrays {
        TalkArrays {
            accounts: vec![],
            actor: Vec::with_capacity(rows),
            target: Vec::with_capacity(rows),
            at_unix: Vec::with_capacity(rows),
            kind: Vec::with_capacity(rows),
            mark: Vec::with_capacity(rows),
            thread: Vec::with_capacity(rows),
        }
    }
}

/// Ids divisible by `one_in`, and of those a part; ids are never negative.
#[derive(Clone, Copy)]
struct Part {
    one_in: u64,
    part: u64,
    parts: u64,
}

impl Part {
    fn condition(self, id: &str) -> String {
        let Part { one_in, part, parts } = self;
        let sampled = (one_in > 1).then(|| format!("{id} % {one_in} = 0"));
        let of_part = (parts > 1).then(|| format!("({id} / {one_in}) % {parts} = {part}"));
        let conditions: Vec<String> = sampled.into_iter().chain(of_part).collect();
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") }
    }
}

/// Ids numbered as they are met.
#[derive(Default)]
struct Numbers {
    of: HashMap<i64, u32>,
}

/// Ids in their order, and where each number went.
struct SortedIds {
    ids: Vec<i64>,
    place: Vec<u32>,
}

impl Numbers {
    fn of(&mut self, id: i64) -> u32 {
        let next = self.of.len() as u32;
        *self.of.entry(id).or_insert(next)
    }

    fn sorted(self) -> SortedIds {
        let mut met: Vec<(i64, u32)> = self.of.into_iter().collect();
        met.sort_unstable();
        let mut place = vec![0; met.len()];
        for (at, (_, number)) in met.iter().enumerate() {
            place[*number as usize] = at as u32;
        }
        SortedIds { ids: met.into_iter().map(|(id, _)| id).collect(), place }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_parts_of_a_sample_hold_each_of_its_ids_once() {
        let context = SessionContext::new();
        for (one_in, parts) in [(1, 1), (1, 7), (5, 1), (5, 7)] {
            let mut held = vec![];
            for part in 0..parts {
                let condition = Part { one_in, part, parts }.condition("id");
                let sql = format!("select id from (select unnest(range(0, 500)) as id) where {condition}");
                let batches = context.sql(&sql).await.expect("reads").collect().await.expect("runs");
                held.extend(batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()));
            }
            held.sort_unstable();
            let expected: Vec<i64> = (0..500).filter(|id| id % one_in as i64 == 0).collect();
            assert_eq!(held, expected, "one in {one_in}, {parts} parts");
        }
    }
}
