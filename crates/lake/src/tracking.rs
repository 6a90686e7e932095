//! What tracking asks of the facts: which posts may be those of a deal, and every reading of their counts.

use model::facts::PostKind;
use model::{AccountId, Platform, PostId, PostMetric, PostMetrics, Timestamp};

use datafusion::scalar::ScalarValue;

use crate::creators::named_or_wanted;
use crate::error::LakeError;
use crate::session::{Lake, Rows, ints, maybe_int, maybe_string, strings};

/// A post as it is held against what was agreed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostSeen {
    pub post: PostId,
    pub platform: Platform,
    pub native_id: String,
    pub author: Option<AccountId>,
    /// Of a post that no import brought itself this is when the first thing known was said under it: see `is_dated`.
    pub created_at: Timestamp,
    /// Whether its own moment is known.
    pub is_dated: bool,
    pub title: Option<String>,
    pub body: Option<String>,
    pub url: Option<String>,
    /// Lower case, without `#`.
    pub tags: Vec<String>,
}

/// A reading of a post's counts, with the source that brought it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostCounts {
    pub post: PostId,
    pub observed_at: Timestamp,
    pub source: String,
    pub metrics: PostMetrics,
}

/// Counts that facts hold, in the order of their columns.
const COUNTED: [PostMetric; 6] = [
    PostMetric::Views,
    PostMetric::Likes,
    PostMetric::Comments,
    PostMetric::Shares,
    PostMetric::Saves,
    PostMetric::Reach,
];
const HOUR_MICROS: i64 = 3_600_000_000;

impl Lake {
    /// What these accounts published between two moments, by id. Cost: a pass over the posts of that time.
    pub async fn posts_between(
        &self,
        authors: &[AccountId],
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<PostSeen>, LakeError> {
        if authors.is_empty() || from > to {
            return Ok(vec![]);
        }
        let (these, wanted) = named_or_wanted(authors);
        let sql = include_str!("sql/tracking_posts_between.sql")
            .replace("{authors}", &these)
            .replace("{from}", &from.0.to_string())
            .replace("{to}", &to.0.to_string());
        Ok(posts_of(&self.rows_about(wanted, &sql, &[], now, "reading what creators published").await?))
    }

    /// Posts by their ids, and posts whose address holds one of `names` (the id of a post as its platform writes it, or the
    /// address itself), by id. Cost: a pass over the addresses of all posts where names are given.
    pub async fn posts_at(&self, ids: &[PostId], names: &[String], now: Timestamp) -> Result<Vec<PostSeen>, LakeError> {
        if ids.is_empty() && names.is_empty() {
            return Ok(vec![]);
        }
        let (these, wanted) = these_posts(ids);
        let pattern = names.iter().map(|name| literally(name)).collect::<Vec<_>>().join("|");
        let or_at = if names.is_empty() { "" } else { "or (p.url is not null and regexp_like(p.url, $names))" };
        let sql = include_str!("sql/tracking_posts_at.sql").replace("{ids}", &these).replace("{or_at}", or_at);
        let parameters: &[(&str, ScalarValue)] = match names.is_empty() {
            true => &[],
            false => &[("names", ScalarValue::Utf8(Some(pattern)))],
        };
        Ok(posts_of(&self.rows_about(wanted, &sql, parameters, now, "looking for posts by their addresses").await?))
    }

    /// Every reading of the counts of these posts, by post and time; one an hour of each source.
    pub async fn post_counts(&self, posts: &[PostId], now: Timestamp) -> Result<Vec<PostCounts>, LakeError> {
        if posts.is_empty() {
            return Ok(vec![]);
        }
        let (these, wanted) = these_posts(posts);
        let sql = include_str!("sql/tracking_post_counts.sql").replace("{ids}", &these);
        let rows = self.rows_about(wanted, &sql, &[], now, "reading the counts of posts").await?;
        let mut counts: Vec<PostCounts> = Vec::new();
        for batch in &rows.batches {
            let (post, at, source) = (ints(batch, 0), ints(batch, 1), strings(batch, 2));
            let columns: Vec<_> = (0..COUNTED.len()).map(|column| ints(batch, column + 3)).collect();
            for row in 0..batch.num_rows() {
                let mut metrics = PostMetrics::default();
                for (metric, column) in COUNTED.iter().zip(&columns) {
                    metrics.set(*metric, maybe_int(column, row).and_then(|count| u64::try_from(count).ok()));
                }
                let reading = PostCounts {
                    post: PostId(post.value(row)),
                    observed_at: Timestamp(at.value(row)),
                    source: source.value(row).to_owned(),
                    metrics,
                };
                match counts.last_mut().filter(|held| is_same_hour(held, &reading)) {
                    Some(older) => *older = reading,
                    None => counts.push(reading),
                }
            }
        }
        counts.sort_by(|a, b| (a.post, a.observed_at, &a.source).cmp(&(b.post, b.observed_at, &b.source)));
        Ok(counts)
    }
}

fn is_same_hour(a: &PostCounts, b: &PostCounts) -> bool {
    let hour = |reading: &PostCounts| reading.observed_at.0.div_euclid(HOUR_MICROS);
    a.post == b.post && a.source == b.source && hour(a) == hour(b)
}

/// What stands between the brackets of `in (…)` for these posts, and the ids to hand over as a table.
fn these_posts(posts: &[PostId]) -> (String, Vec<i64>) {
    match posts {
        [] => ("null".to_owned(), vec![]),
        posts => named_or_wanted(&posts.iter().map(|post| AccountId(post.0)).collect::<Vec<_>>()),
    }
}

/// A name as a pattern that finds it and nothing else.
pub(crate) fn literally(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for letter in name.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// The newest row of each post.
fn posts_of(rows: &Rows) -> Vec<PostSeen> {
    let mut posts: Vec<PostSeen> = Vec::new();
    for batch in &rows.batches {
        let (post, author, at) = (ints(batch, 0), ints(batch, 3), ints(batch, 4));
        let (platform, native) = (strings(batch, 1), strings(batch, 2));
        let (title, body, url, tags) = (strings(batch, 5), strings(batch, 6), strings(batch, 7), strings(batch, 8));
        let kind = strings(batch, 9);
        for row in 0..batch.num_rows() {
            let id = PostId(post.value(row));
            if posts.last().is_some_and(|held| held.post == id) {
                continue;
            }
            posts.push(PostSeen {
                post: id,
                platform: Platform::from_code(platform.value(row)).unwrap_or(Platform::Other),
                native_id: native.value(row).to_owned(),
                author: maybe_int(&author, row).map(AccountId),
                created_at: Timestamp(at.value(row)),
                is_dated: kind.value(row) != PostKind::Undated.code(),
                title: maybe_string(&title, row),
                body: maybe_string(&body, row),
                url: maybe_string(&url, row),
                tags: maybe_string(&tags, row)
                    .map(|tags| tags.split_whitespace().map(str::to_owned).collect())
                    .unwrap_or_default(),
            });
        }
    }
    posts
}

#[cfg(test)]
mod tests {
    use model::facts::{AccountFact, FactBatch, PostFact, PostMetricFact, TextFact};
    use model::{ImportId, TextId};

    use super::*;
    use crate::ingest::Provenance;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn post(author: AccountId, native: &str, at: i64, url: Option<&str>, text: Option<TextId>) -> PostFact {
        PostFact {
            id: PostId::of(Platform::Instagram, native),
            platform: Platform::Instagram,
            native_id: native.to_owned(),
            author: Some(author),
            created_at: Timestamp(at),
            kind: PostKind::Post,
            title: None,
            text,
            url: url.map(str::to_owned),
            parent: None,
            tags: vec!["spring".to_owned(), "coffee".to_owned()],
            paid_disclosure: None,
        }
    }

    fn counts(native: &str, at: i64, likes: i64) -> PostMetricFact {
        PostMetricFact {
            post: PostId::of(Platform::Instagram, native),
            observed_at: Timestamp(at),
            views: None,
            likes: Some(likes),
            comments: Some(0),
            shares: None,
            saves: None,
            reach: None,
        }
    }

    async fn import(lake: &Lake, number: i64, batch: FactBatch) {
        let provenance = Provenance {
            source_id: "test".into(),
            import_id: ImportId(number),
            fetched_at: Timestamp(NOW.0 + number),
            expires_at: None,
        };
        let mut writer = lake.begin_import(provenance, NOW, Box::new(|_| false));
        writer.append(batch).await.expect("takes it");
        writer.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn posts_are_found_by_author_and_time_by_id_and_by_what_their_address_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(&folder.path().to_string_lossy()).await.expect("opens");
        let (ana, ben) =
            (AccountFact::new(Platform::Instagram, "", "ana"), AccountFact::new(Platform::Instagram, "", "ben"));
        let (a, b) = (ana.id, ben.id);
        let said = TextFact::new("With @hophouse".to_owned());
        let hour = 3_600_000_000;
        let batch = FactBatch {
            accounts: vec![ana, ben],
            posts: vec![
                post(a, "one", NOW.0, Some("https://www.instagram.com/ana/p/A_b-1/"), Some(said.id)),
                post(a, "two", NOW.0 + 9 * hour, None, None),
                post(b, "three", NOW.0, None, None),
            ],
            post_metrics: vec![
                counts("one", NOW.0 + hour, 5),
                counts("one", NOW.0 + 30 * hour, 9),
                counts("two", NOW.0, 1),
            ],
            texts: vec![said],
            ..FactBatch::default()
        };
        import(&lake, 1, batch).await;
        // Another import brings a post again.
        let again = vec![
            post(b, "three", NOW.0, Some("https://x.example"), None),
            post(b, "four", NOW.0 + 90 * hour, None, None),
        ];
        import(&lake, 2, FactBatch { posts: again, ..FactBatch::default() }).await;
        let natives = |posts: Vec<PostSeen>| {
            let mut names: Vec<String> = posts.into_iter().map(|post| post.native_id).collect();
            names.sort();
            names
        };
        let by = async |authors: &[AccountId], from: i64, to: i64| {
            natives(lake.posts_between(authors, Timestamp(from), Timestamp(to), NOW).await.expect("asks"))
        };
        assert_eq!(by(&[a], NOW.0, NOW.0 + 9 * hour).await, ["one", "two"]);
        assert_eq!(by(&[a, b], NOW.0, NOW.0).await, ["one", "three"]);
        assert!(by(&[], NOW.0, NOW.0).await.is_empty());
        let at = async |ids: &[PostId], names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            natives(lake.posts_at(ids, &names, NOW).await.expect("asks"))
        };
        assert_eq!(at(&[], &["A_b-1"]).await, ["one"]);
        assert!(at(&[], &["A.b-1"]).await.is_empty(), "a name is no pattern");
        assert_eq!(at(&[PostId::of(Platform::Instagram, "three")], &["A_b-1"]).await, ["one", "three"]);
        assert!(at(&[], &[]).await.is_empty());
        let three = lake.posts_at(&[PostId::of(Platform::Instagram, "three")], &[], NOW).await.expect("asks");
        assert_eq!((three.len(), three[0].url.as_deref()), (1, Some("https://x.example")), "the newest row counts");
        let one = &lake.posts_between(&[a], NOW, NOW, NOW).await.expect("asks")[0];
        assert_eq!((one.body.as_deref(), one.tags.len(), one.author), (Some("With @hophouse"), 2, Some(a)));
        let read = lake.post_counts(&[one.post], NOW).await.expect("asks");
        let likes: Vec<_> = read.iter().map(|counts| counts.metrics.get(PostMetric::Likes)).collect();
        assert_eq!(likes, [Some(5), Some(9)]);
        assert_eq!(read[0].metrics.get(PostMetric::Comments), Some(0));
        assert_eq!(read[0].metrics.get(PostMetric::Saves), None);
        assert!(lake.post_counts(&[], NOW).await.expect("asks").is_empty());
    }

    #[test]
    fn a_name_is_sought_as_it_is_written() {
        assert_eq!(literally("a-b_c.d/é?"), r"a-b_c\.d/é\?");
    }
}
