//! Who somebody is: the newest profile of each account, its follower counts over time, and its posts.

use datafusion::arrow::array::Array;
use futures::StreamExt;
use model::{AccountId, Platform, PostId, Timestamp};

use crate::error::LakeError;
use crate::session::{Lake, bools, ints, maybe_int, maybe_string, strings};

/// An account with what its newest profile said; unknown is `None`.
#[derive(Clone, PartialEq, Debug)]
pub struct CreatorProfile {
    pub account: AccountId,
    pub platform: Platform,
    pub native_id: String,
    pub display_name: Option<String>,
    pub handle: Option<String>,
    pub bio: Option<String>,
    pub followers: Option<i64>,
    pub following: Option<i64>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub external_url: Option<String>,
    pub observed_at: Option<Timestamp>,
}

/// A follower count on a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FollowerPoint {
    pub observed_at: Timestamp,
    pub followers: i64,
}

/// A post as a list shows it, with its newest counts.
#[derive(Clone, PartialEq, Debug)]
pub struct PostRow {
    pub post: PostId,
    pub created_at: Timestamp,
    pub kind: String,
    pub title: Option<String>,
    pub body: Option<String>,
    pub url: Option<String>,
    pub likes: Option<i64>,
    pub comments: Option<i64>,
    pub views: Option<i64>,
}

/// A post as its author is found by it.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishedRow {
    pub post: PostId,
    pub created_at: Timestamp,
    pub title: Option<String>,
    pub body: Option<String>,
    /// Lower case, without `#`.
    pub tags: Vec<String>,
    /// Whether it says it was paid for; `None` where the source does not tell.
    pub paid: Option<bool>,
}

/// An author's newest posts with their words.
#[derive(Clone, PartialEq, Debug)]
pub struct Published {
    pub author: AccountId,
    /// How many posts of theirs are held.
    pub posts: u64,
    /// Newest first.
    pub newest: Vec<PublishedRow>,
}

impl Lake {
    /// The profiles of these accounts, or of all when `accounts` is `None`, ordered by account.
    pub async fn profiles(
        &self,
        accounts: Option<&[AccountId]>,
        now: Timestamp,
    ) -> Result<Vec<CreatorProfile>, LakeError> {
        let (filter, wanted) = match accounts {
            Some([]) => return Ok(vec![]),
            Some(accounts) => {
                let (these, wanted) = named_or_wanted(accounts);
                (format!("where account_id in ({these})"), wanted)
            }
            None => (String::new(), vec![]),
        };
        let sql = include_str!("sql/creators_profiles.sql").replace("{filter}", &filter);
        let rows = self.rows_about(wanted, &sql, &[], now, "reading profiles").await?;
        let mut profiles = Vec::new();
        for batch in &rows.batches {
            let (account, followers, following, observed) =
                (ints(batch, 0), ints(batch, 6), ints(batch, 7), ints(batch, 11));
            let text = |column| strings(batch, column);
            let (platform, native, name, handle, bio) = (text(1), text(2), text(3), text(4), text(5));
            let (country, language, url) = (text(8), text(9), text(10));
            for row in 0..batch.num_rows() {
                profiles.push(CreatorProfile {
                    account: AccountId(account.value(row)),
                    platform: Platform::from_code(platform.value(row)).unwrap_or(Platform::Other),
                    native_id: native.value(row).to_owned(),
                    display_name: maybe_string(&name, row),
                    handle: maybe_string(&handle, row),
                    bio: maybe_string(&bio, row),
                    followers: maybe_int(&followers, row),
                    following: maybe_int(&following, row),
                    country: maybe_string(&country, row),
                    language: maybe_string(&language, row),
                    external_url: maybe_string(&url, row),
                    observed_at: maybe_int(&observed, row).map(Timestamp),
                });
            }
        }
        Ok(profiles)
    }

    /// The platform of everybody who has published something, without anything else that is known of them.
    pub async fn platforms_of_authors(&self, now: Timestamp) -> Result<Vec<(AccountId, Platform)>, LakeError> {
        let sql = "select account_id, min(platform) from account \
                   where account_id in (select author_id from post where author_id is not null) group by account_id";
        let rows = self.rows(sql, &[], now, "reading platforms").await?;
        let mut platforms = Vec::new();
        for batch in &rows.batches {
            let (account, platform) = (ints(batch, 0), strings(batch, 1));
            platforms.extend((0..batch.num_rows()).map(|row| {
                (AccountId(account.value(row)), Platform::from_code(platform.value(row)).unwrap_or(Platform::Other))
            }));
        }
        Ok(platforms)
    }

    /// Everybody who can be looked for, by ascending account: who has published something, and whoever has at least
    /// `followers_min` followers. Cost: a pass over authors and follower counts.
    pub async fn searchable_accounts(&self, followers_min: u32, now: Timestamp) -> Result<Vec<AccountId>, LakeError> {
        let sql = include_str!("sql/creators_searchable.sql").replace("{followers_min}", &followers_min.to_string());
        let rows = self.rows(&sql, &[], now, "reading who can be looked for").await?;
        Ok(rows.batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()).map(AccountId).collect())
    }

    /// What these accounts published, at most `newest_max` posts of each with their words, by ascending author. Cost: a
    /// pass over posts and texts, and the sorting of these accounts' posts; no more than what is returned is held.
    pub async fn published(
        &self,
        accounts: &[AccountId],
        newest_max: usize,
        now: Timestamp,
    ) -> Result<Vec<Published>, LakeError> {
        if accounts.is_empty() {
            return Ok(vec![]);
        }
        let what = "reading what creators published";
        let wanted = accounts.iter().map(|account| account.0).collect();
        let mut answer = self.stream_about(wanted, include_str!("sql/creators_words.sql"), now, what).await?;
        let mut published: Vec<Published> = vec![];
        let mut last = None;
        while let Some(batch) = answer.next().await {
            let batch = batch.map_err(|error| LakeError::query(what, error))?;
            let (author, post, at) = (ints(&batch, 0), ints(&batch, 1), ints(&batch, 2));
            let (title, body, tags) = (strings(&batch, 3), strings(&batch, 4), strings(&batch, 5));
            let paid = bools(&batch, 6);
            for row in 0..batch.num_rows() {
                let this = (author.value(row), post.value(row));
                if last.replace(this) == Some(this) {
                    continue;
                }
                let author = AccountId(this.0);
                if published.last().is_none_or(|held| held.author != author) {
                    published.push(Published { author, posts: 0, newest: vec![] });
                }
                let held = published.last_mut().expect("one was added");
                held.posts += 1;
                if held.newest.len() < newest_max {
                    held.newest.push(PublishedRow {
                        post: PostId(this.1),
                        created_at: Timestamp(at.value(row)),
                        title: maybe_string(&title, row),
                        body: maybe_string(&body, row),
                        tags: maybe_string(&tags, row)
                            .map(|tags| tags.split_whitespace().map(str::to_owned).collect())
                            .unwrap_or_default(),
                        paid: paid.is_valid(row).then(|| paid.value(row)),
                    });
                }
            }
        }
        Ok(published)
    }

    /// The newest known follower count of every account that has one, by ascending account.
    pub async fn followers(&self, now: Timestamp) -> Result<Vec<(AccountId, i64)>, LakeError> {
        // Only the moment is picked in the statement: picking the count itself would cost time by accounts times portions
        // read. Of several taken in at that moment the last row is the newest.
        let sql = "select s.account_id, s.followers from profile_snapshot s join \
                   (select account_id, max(observed_at) as observed_at from profile_snapshot where followers is not null \
                   group by account_id) n on n.account_id = s.account_id and n.observed_at = s.observed_at \
                   where s.followers is not null order by s.account_id, s.fetched_at, s.followers";
        let rows = self.rows(sql, &[], now, "reading follower counts").await?;
        let mut followers: Vec<(AccountId, i64)> = Vec::new();
        for batch in &rows.batches {
            let (account, count) = (ints(batch, 0), ints(batch, 1));
            for row in 0..batch.num_rows() {
                let newest = (AccountId(account.value(row)), count.value(row));
                match followers.last_mut().filter(|last| last.0 == newest.0) {
                    Some(older) => *older = newest,
                    None => followers.push(newest),
                }
            }
        }
        Ok(followers)
    }

    /// How many follower counts are held of each of these accounts that has one, by account.
    pub async fn follower_counts(
        &self,
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<(AccountId, u64)>, LakeError> {
        let sql = "select account_id, count(*) from profile_snapshot where followers is not null \
                   and account_id in (select id from {wanted}) group by account_id order by account_id";
        let wanted = accounts.iter().map(|account| account.0).collect();
        let rows = self.rows_about(wanted, sql, &[], now, "counting follower counts").await?;
        let mut counts = Vec::new();
        for batch in &rows.batches {
            let (account, count) = (ints(batch, 0), ints(batch, 1));
            counts.extend((0..batch.num_rows()).map(|row| (AccountId(account.value(row)), count.value(row) as u64)));
        }
        Ok(counts)
    }

    /// An account's known follower counts, oldest first, one a day.
    pub async fn follower_series(&self, account: AccountId, now: Timestamp) -> Result<Vec<FollowerPoint>, LakeError> {
        let sql = format!(
            "select min(observed_at), last_value(followers order by fetched_at) from profile_snapshot \
             where account_id = {account} and followers is not null group by observed_on order by observed_on"
        );
        let rows = self.rows(&sql, &[], now, "reading follower counts").await?;
        let mut series = Vec::new();
        for batch in &rows.batches {
            let (at, followers) = (ints(batch, 0), ints(batch, 1));
            series.extend(
                (0..batch.num_rows()).map(|row| FollowerPoint {
                    observed_at: Timestamp(at.value(row)),
                    followers: followers.value(row),
                }),
            );
        }
        Ok(series)
    }

    /// An account's posts, newest first.
    pub async fn posts_of(&self, account: AccountId, limit: usize, now: Timestamp) -> Result<Vec<PostRow>, LakeError> {
        let sql = include_str!("sql/creators_posts.sql")
            .replace("{account}", &account.to_string())
            .replace("{limit}", &limit.to_string());
        let rows = self.rows(&sql, &[], now, "reading posts").await?;
        let mut posts = Vec::new();
        for batch in &rows.batches {
            let (post, at, likes, comments, views) =
                (ints(batch, 0), ints(batch, 1), ints(batch, 6), ints(batch, 7), ints(batch, 8));
            let text = |column| strings(batch, column);
            let (kind, title, body, url) = (text(2), text(3), text(4), text(5));
            for row in 0..batch.num_rows() {
                posts.push(PostRow {
                    post: PostId(post.value(row)),
                    created_at: Timestamp(at.value(row)),
                    kind: kind.value(row).to_owned(),
                    title: maybe_string(&title, row),
                    body: maybe_string(&body, row),
                    url: maybe_string(&url, row),
                    likes: maybe_int(&likes, row),
                    comments: maybe_int(&comments, row),
                    views: maybe_int(&views, row),
                });
            }
        }
        Ok(posts)
    }

    /// Accounts whose name, handle or display name contains `text`, in any case, by follower count.
    pub async fn find_accounts(&self, text: &str, limit: usize, now: Timestamp) -> Result<Vec<AccountId>, LakeError> {
        let sql = include_str!("sql/creators_find.sql").replace("{limit}", &limit.to_string());
        let pattern = format!("%{}%", text.trim().trim_start_matches('@').to_lowercase());
        let parameters = [("pattern", datafusion::scalar::ScalarValue::Utf8(Some(pattern)))];
        let rows = self.rows(&sql, &parameters, now, "looking for accounts").await?;
        Ok(rows.batches.iter().flat_map(|batch| ints(batch, 0).values().to_vec()).map(AccountId).collect())
    }
}

/// Few ids are named in a statement, so that other rows are passed over while they are read.
const NAMED_MAX: usize = 500;

/// What stands between the brackets of `in (…)` for these accounts, and the ids to hand over as a table: few are named,
/// many come as the table `{wanted}`.
pub(crate) fn named_or_wanted(accounts: &[AccountId]) -> (String, Vec<i64>) {
    match accounts.len() <= NAMED_MAX {
        true => (id_list(accounts), vec![]),
        false => ("select id from {wanted}".to_owned(), accounts.iter().map(|account| account.0).collect()),
    }
}

/// Ids as a list for a statement; numbers made by the program, never text from outside.
pub(crate) fn id_list(accounts: &[AccountId]) -> String {
    accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
