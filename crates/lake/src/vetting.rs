//! What vetting needs from the record: comments under an author's posts with the author's answers, and post counts.

use std::collections::HashMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::execution::SendableRecordBatchStream;
use model::{AccountId, Platform, PostId, TextId, Timestamp};

use crate::creators::{FollowerPoint, id_list, named_or_wanted};
use crate::error::LakeError;
use crate::session::{Lake, ints, maybe_int, maybe_string, strings};

/// A comment under a post, by the post's author or by somebody else, in the order of post and time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AudienceCommentRow {
    pub author: AccountId,
    pub post: PostId,
    pub commenter: AccountId,
    pub at: Timestamp,
    /// The lower half of the comment's id, and of the comment it answers where the source says so.
    pub id_lower: i64,
    pub parent_lower: Option<i64>,
}

/// A post's newest counts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PostFiguresRow {
    pub author: AccountId,
    pub post: PostId,
    pub created_at: Timestamp,
    pub likes: Option<i64>,
    pub comments: Option<i64>,
    pub shares: Option<i64>,
    pub views: Option<i64>,
    pub reach: Option<i64>,
    pub paid: Option<bool>,
}

/// What is held about one author.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AuthorFacts {
    /// By time, each with its newest counts where there are any.
    pub posts: Vec<PostFiguresRow>,
    /// What these posts say, in the same order.
    pub words: Vec<PostWordsRow>,
    /// What was said under these posts, newest first.
    pub comments: Vec<CommentUnderRow>,
    /// Every known follower count, oldest first.
    pub followers: Vec<FollowerPoint>,
}

/// What a post says, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostWordsRow {
    pub post: PostId,
    pub title: Option<String>,
    pub text: Option<TextId>,
    pub url: Option<String>,
    pub tags: Vec<String>,
}

/// Somebody who comments under an author's posts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngagerRow {
    pub account: AccountId,
    pub comments: u32,
}

/// Something one person said under an author's posts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaidUnderRow {
    pub commenter: AccountId,
    pub at: Timestamp,
    pub body: String,
}

/// What a profile says of an account of an audience; unknown is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudienceProfile {
    pub account: AccountId,
    pub followers: Option<i64>,
    pub following: Option<i64>,
    pub posts: Option<i64>,
    pub handle: Option<String>,
}

/// Something said under a post, by anybody.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CommentUnderRow {
    pub post: PostId,
    pub commenter: AccountId,
    pub at: Timestamp,
    pub text: Option<TextId>,
    /// The lower half of its id, and of what it answers where the source says so.
    pub id_lower: i64,
    pub parent_lower: Option<i64>,
}

/// The very same words by one account under the posts of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SameWordsRow {
    pub commenter: AccountId,
    pub text: TextId,
    /// Under how many others' posts.
    pub others: u32,
}

/// Whose posts are wanted. A large lake is asked part by part, so that memory stays bounded.
#[derive(Clone, Copy, Debug)]
pub enum Authors<'a> {
    These(&'a [AccountId]),
    /// The accounts that fall into part `part` of `parts`.
    Part {
        part: u32,
        parts: u32,
    },
}

/// More accounts than this are handed over as a table; naming them in a statement would cost more.
const NAMED_MAX: usize = 200;

impl Authors<'_> {
    /// The ids to hand over as a table.
    fn wanted(self) -> Vec<i64> {
        match self {
            Authors::These(authors) if authors.len() > NAMED_MAX => authors.iter().map(|author| author.0).collect(),
            Authors::These(_) | Authors::Part { .. } => vec![],
        }
    }

    fn filter(self, column: &str) -> String {
        match self {
            Authors::These([]) => "and false".to_owned(),
            Authors::These(authors) if authors.len() <= NAMED_MAX => format!("and {column} in ({})", id_list(authors)),
            Authors::These(_) => format!("and {column} in (select id from {{wanted}})"),
            Authors::Part { parts: 0 | 1, .. } => String::new(),
            Authors::Part { part, parts } => format!("and {column} % {parts} = {part}"),
        }
    }
}

/// What one author's figures are made from.
#[derive(Clone, PartialEq, Debug)]
pub struct Audience {
    pub author: AccountId,
    /// By post and time.
    pub comments: Vec<AudienceCommentRow>,
    /// By time, each with its newest counts.
    pub posts: Vec<PostFiguresRow>,
    /// Every known follower count, oldest first.
    pub followers: Vec<FollowerPoint>,
}

/// Authors one after the other, ascending; three answers are read side by side, so that no more than one author is held.
pub struct Audiences {
    comments: InOrder<AudienceCommentRow>,
    posts: InOrder<PostFiguresRow>,
    followers: InOrder<(AccountId, FollowerPoint)>,
}

impl Audiences {
    /// The next author with posts or with comments under them.
    pub async fn next(&mut self) -> Result<Option<Audience>, LakeError> {
        let (by_comments, by_posts) = (self.comments.author().await?, self.posts.author().await?);
        let Some(author) = by_comments.into_iter().chain(by_posts).min() else { return Ok(None) };
        let comments = self.comments.of(author).await?;
        let mut posts: Vec<PostFiguresRow> = Vec::new();
        for newest in self.posts.of(author).await? {
            match posts.last_mut().filter(|last| last.post == newest.post) {
                Some(older) => *older = newest,
                None => posts.push(newest),
            }
        }
        let followers = self.followers.of(author).await?.into_iter().map(|(_, point)| point).collect();
        Ok(Some(Audience { author, comments, posts, followers }))
    }
}

/// Rows of an answer that is sorted by author, read as they are asked for.
struct InOrder<T> {
    stream: SendableRecordBatchStream,
    read: fn(&RecordBatch) -> Vec<T>,
    author_of: fn(&T) -> AccountId,
    rows: Peekable<IntoIter<T>>,
    what: &'static str,
}

impl<T> InOrder<T> {
    /// The author of the next row.
    async fn author(&mut self) -> Result<Option<AccountId>, LakeError> {
        while self.rows.peek().is_none() {
            let Some(batch) = futures::StreamExt::next(&mut self.stream).await else { return Ok(None) };
            let batch = batch.map_err(|error| LakeError::query(self.what, error))?;
            self.rows = (self.read)(&batch).into_iter().peekable();
        }
        Ok(self.rows.peek().map(self.author_of))
    }

    /// The rows of an author; those of authors before are passed over.
    async fn of(&mut self, author: AccountId) -> Result<Vec<T>, LakeError> {
        let mut rows = Vec::new();
        while let Some(next) = self.author().await?
            && next <= author
        {
            let row = self.rows.next().expect("a row that has been seen");
            if next == author {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

fn comment_rows(batch: &RecordBatch) -> Vec<AudienceCommentRow> {
    let columns: Vec<_> = (0..6).map(|column| ints(batch, column)).collect();
    let comment = |row: usize| AudienceCommentRow {
        author: AccountId(columns[0].value(row)),
        post: PostId(columns[1].value(row)),
        commenter: AccountId(columns[2].value(row)),
        at: Timestamp(columns[3].value(row)),
        id_lower: columns[4].value(row),
        parent_lower: maybe_int(&columns[5], row),
    };
    (0..batch.num_rows()).map(comment).collect()
}

fn post_rows(batch: &RecordBatch) -> Vec<PostFiguresRow> {
    let columns: Vec<_> = (0..8).map(|column| ints(batch, column)).collect();
    let paid = crate::session::bools(batch, 8);
    let post = |row: usize| PostFiguresRow {
        author: AccountId(columns[0].value(row)),
        post: PostId(columns[1].value(row)),
        created_at: Timestamp(columns[2].value(row)),
        likes: maybe_int(&columns[3], row),
        comments: maybe_int(&columns[4], row),
        shares: maybe_int(&columns[5], row),
        views: maybe_int(&columns[6], row),
        reach: maybe_int(&columns[7], row),
        paid: paid.is_valid(row).then(|| paid.value(row)),
    };
    (0..batch.num_rows()).map(post).collect()
}

fn follower_rows(batch: &RecordBatch) -> Vec<(AccountId, FollowerPoint)> {
    let (account, at, followers) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
    let point = |row: usize| {
        let point = FollowerPoint { observed_at: Timestamp(at.value(row)), followers: followers.value(row) };
        (AccountId(account.value(row)), point)
    };
    (0..batch.num_rows()).map(point).collect()
}

impl Lake {
    /// What the figures of these authors are made from: posts with their newest counts, comments under them, follower
    /// counts over time. Cost: a pass over each of these facts, and their sorting.
    pub async fn audiences(&self, authors: Authors<'_>, now: Timestamp) -> Result<Audiences, LakeError> {
        let comments =
            include_str!("sql/vetting_audience_comments.sql").replace("{filter}", &authors.filter("p.author_id"));
        let posts = include_str!("sql/vetting_post_figures.sql").replace("{filter}", &authors.filter("author_id"));
        let followers = format!(
            "select account_id, observed_at, followers from profile_snapshot where followers is not null {} \
             order by account_id, observed_at, fetched_at",
            authors.filter("account_id")
        );
        let by_author = |row: &AudienceCommentRow| row.author;
        let what = "reading the comments under posts";
        let comments = self.in_order(authors, &comments, now, what, comment_rows, by_author).await?;
        let what = "reading post figures";
        let posts = self.in_order(authors, &posts, now, what, post_rows, |row| row.author).await?;
        let what = "reading follower counts";
        let followers = self.in_order(authors, &followers, now, what, follower_rows, |row| row.0).await?;
        Ok(Audiences { comments, posts, followers })
    }

    async fn in_order<T>(
        &self,
        authors: Authors<'_>,
        sql: &str,
        now: Timestamp,
        what: &'static str,
        read: fn(&RecordBatch) -> Vec<T>,
        author_of: fn(&T) -> AccountId,
    ) -> Result<InOrder<T>, LakeError> {
        let stream = self.stream_about(authors.wanted(), sql, now, what).await?;
        Ok(InOrder { stream, read, author_of, rows: Vec::new().into_iter().peekable(), what })
    }

    /// What is held about one author: the newest posts with their newest counts, the newest comments under them, follower
    /// counts. Cost: passes over the ids of posts, counts, interactions and profiles; of other authors nothing else is read,
    /// and of one who wrote very much no more than `posts_max` and `comments_max` rows are held.
    pub async fn author_facts(
        &self,
        author: AccountId,
        posts_max: usize,
        comments_max: usize,
        now: Timestamp,
    ) -> Result<AuthorFacts, LakeError> {
        let posts = format!(
            "select post_id, min(created_at) as created_at, bool_or(paid_disclosure), min(title), min(text_id), min(url), \
             array_to_string(min(tags), ' ') \
             from post where author_id = {author} group by post_id order by created_at desc, post_id desc limit {posts_max}"
        );
        let followers = format!(
            "select account_id, observed_at, followers from profile_snapshot where followers is not null \
             and account_id = {author} order by observed_at, fetched_at"
        );
        let (posts, followers) = futures::try_join!(
            self.rows(&posts, &[], now, "reading posts"),
            self.rows(&followers, &[], now, "reading follower counts")
        )?;
        let followers = followers.batches.iter().flat_map(follower_rows).map(|(_, point)| point).collect();
        let mut facts = AuthorFacts { followers, ..AuthorFacts::default() };
        for batch in &posts.batches {
            let (post, at) = (ints(batch, 0), ints(batch, 1));
            let paid = crate::session::bools(batch, 2);
            let (title, text, url, tags) = (strings(batch, 3), ints(batch, 4), strings(batch, 5), strings(batch, 6));
            facts.words.extend((0..batch.num_rows()).map(|row| PostWordsRow {
                post: PostId(post.value(row)),
                title: maybe_string(&title, row),
                text: maybe_int(&text, row).map(TextId),
                url: maybe_string(&url, row),
                tags: maybe_string(&tags, row).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            }));
            facts.posts.extend((0..batch.num_rows()).map(|row| PostFiguresRow {
                author,
                post: PostId(post.value(row)),
                created_at: Timestamp(at.value(row)),
                likes: None,
                comments: None,
                shares: None,
                views: None,
                reach: None,
                paid: paid.is_valid(row).then(|| paid.value(row)),
            }));
        }
        if facts.posts.is_empty() {
            return Ok(facts);
        }
        facts.posts.reverse();
        facts.words.reverse();
        let ids: Vec<String> = facts.posts.iter().map(|post| post.post.0.to_string()).collect();
        let ids = ids.join(", ");
        let counts = format!(
            "select post_id, likes, comments, shares, views, reach from post_metric where post_id in ({ids}) \
             order by observed_at, fetched_at"
        );
        let comments = format!(
            "select post_id, actor_id, at, text_id, id_lower, parent_lower from interaction \
             where post_id in ({ids}) and kind in (0, 1, 4, 6) order by at desc, id_upper, id_lower limit {comments_max}"
        );
        let (counts, comments) = futures::try_join!(
            self.rows(&counts, &[], now, "reading post figures"),
            self.rows(&comments, &[], now, "reading what was said under posts")
        )?;
        let places: HashMap<PostId, usize> =
            facts.posts.iter().enumerate().map(|(place, post)| (post.post, place)).collect();
        for batch in &counts.batches {
            let columns: Vec<_> = (0..6).map(|column| ints(batch, column)).collect();
            for row in 0..batch.num_rows() {
                let Some(place) = places.get(&PostId(columns[0].value(row))) else { continue };
                let post = &mut facts.posts[*place];
                let count = |column: usize| maybe_int(&columns[column], row);
                (post.likes, post.comments, post.shares) = (count(1), count(2), count(3));
                (post.views, post.reach) = (count(4), count(5));
            }
        }
        for batch in &comments.batches {
            let columns: Vec<_> = (0..6).map(|column| ints(batch, column)).collect();
            facts.comments.extend((0..batch.num_rows()).map(|row| CommentUnderRow {
                post: PostId(columns[0].value(row)),
                commenter: AccountId(columns[1].value(row)),
                at: Timestamp(columns[2].value(row)),
                text: maybe_int(&columns[3], row).map(TextId),
                id_lower: columns[4].value(row),
                parent_lower: maybe_int(&columns[5], row),
            }));
        }
        Ok(facts)
    }

    /// What the newest profiles of these accounts say, by account; who has none is absent. Cost: a pass over profiles.
    pub async fn audience_profiles(
        &self,
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<AudienceProfile>, LakeError> {
        if accounts.is_empty() {
            return Ok(vec![]);
        }
        // Rows come oldest first, so that of each fact the newest that is known stays.
        let (filter, wanted) = named_or_wanted(accounts);
        let sql = format!(
            "select account_id, followers, following, posts, handle from profile_snapshot where account_id in ({filter}) \
             order by account_id, observed_at, fetched_at"
        );
        let answer = self.rows_about(wanted, &sql, &[], now, "reading profiles of an audience").await?;
        let mut profiles: Vec<AudienceProfile> = Vec::new();
        for batch in &answer.batches {
            let columns: Vec<_> = (0..4).map(|column| ints(batch, column)).collect();
            let handles = strings(batch, 4);
            for row in 0..batch.num_rows() {
                let account = AccountId(columns[0].value(row));
                if profiles.last().is_none_or(|last| last.account != account) {
                    profiles.push(AudienceProfile {
                        account,
                        followers: None,
                        following: None,
                        posts: None,
                        handle: None,
                    });
                }
                let Some(held) = profiles.last_mut() else { continue };
                held.followers = maybe_int(&columns[1], row).or(held.followers);
                held.following = maybe_int(&columns[2], row).or(held.following);
                held.posts = maybe_int(&columns[3], row).or(held.posts);
                held.handle = maybe_string(&handles, row).or(held.handle.take());
            }
        }
        Ok(profiles)
    }

    /// Who is known to follow an account: at most so many, the smallest ids first, which are as good as drawn by chance. Cost:
    /// a pass over interactions.
    pub async fn known_followers(
        &self,
        account: AccountId,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<AccountId>, LakeError> {
        let sql = format!(
            "select distinct actor_id from interaction where kind = 8 and target_id = {account} order by actor_id limit {most}"
        );
        let answer = self.rows(&sql, &[], now, "reading who follows an account").await?;
        let ids = answer.batches.iter().map(|batch| (batch.num_rows(), ints(batch, 0)));
        Ok(ids.flat_map(|(rows, ids)| (0..rows).map(move |row| AccountId(ids.value(row)))).collect())
    }

    /// Everybody known to follow an account with the moment they were first seen to, oldest first. Cost: a pass over the
    /// targets of interactions.
    pub async fn followers_by_time(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<(AccountId, Timestamp)>, LakeError> {
        let sql = format!(
            "select actor_id, min(at) as since from interaction where kind = 8 and target_id = {account} \
             group by actor_id order by since, actor_id"
        );
        let answer = self.rows(&sql, &[], now, "reading who follows an account").await?;
        let row = |batch: &RecordBatch| {
            let (actor, since) = (ints(batch, 0), ints(batch, 1));
            (0..batch.num_rows())
                .map(|row| (AccountId(actor.value(row)), Timestamp(since.value(row))))
                .collect::<Vec<_>>()
        };
        Ok(answer.batches.iter().flat_map(row).collect())
    }

    /// Everybody else who comments under an author's posts, by account. Cost: a pass over the posts of interactions.
    pub async fn engagers(&self, author: AccountId, now: Timestamp) -> Result<Vec<EngagerRow>, LakeError> {
        let sql = format!(
            "select i.actor_id, count(*) from (select distinct post_id from post where author_id = {author}) p \
             join interaction i on i.post_id = p.post_id where i.kind in (0, 1, 4, 6) and i.actor_id <> {author} \
             group by i.actor_id order by i.actor_id"
        );
        let answer = self.rows(&sql, &[], now, "reading who comments under posts").await?;
        let row = |batch: &RecordBatch| {
            let (actor, comments) = (ints(batch, 0), ints(batch, 1));
            (0..batch.num_rows())
                .map(|row| EngagerRow {
                    account: AccountId(actor.value(row)),
                    comments: u32::try_from(comments.value(row)).unwrap_or(u32::MAX),
                })
                .collect::<Vec<_>>()
        };
        Ok(answer.batches.iter().flat_map(row).collect())
    }

    /// What these people said under an author's posts, by person, newest first. Cost: passes over the posts of interactions
    /// and over texts.
    pub async fn said_under(
        &self,
        author: AccountId,
        people: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<SaidUnderRow>, LakeError> {
        if people.is_empty() {
            return Ok(vec![]);
        }
        let (filter, wanted) = named_or_wanted(people);
        let sql = format!(
            "select i.actor_id, i.at, t.body from (select distinct post_id from post where author_id = {author}) p \
             join interaction i on i.post_id = p.post_id join text t on t.text_id = i.text_id \
             where i.kind in (0, 1, 4, 6) and i.actor_id in ({filter}) order by i.actor_id, i.at desc, i.id_lower"
        );
        let answer = self.rows_about(wanted, &sql, &[], now, "reading what an audience said").await?;
        let mut said: Vec<SaidUnderRow> = Vec::new();
        for batch in &answer.batches {
            let (actor, at, body) = (ints(batch, 0), ints(batch, 1), strings(batch, 2));
            said.extend((0..batch.num_rows()).map(|row| SaidUnderRow {
                commenter: AccountId(actor.value(row)),
                at: Timestamp(at.value(row)),
                body: body.value(row).to_owned(),
            }));
        }
        // The same text may be held by several imports.
        said.dedup();
        Ok(said)
    }

    /// Which of these texts these commenters left word for word under the posts of others than this author, by commenter
    /// and text. Cost: a pass over the ids of interactions.
    pub async fn same_words(
        &self,
        author: AccountId,
        commenters: &[AccountId],
        texts: &[TextId],
        now: Timestamp,
    ) -> Result<Vec<SameWordsRow>, LakeError> {
        if commenters.is_empty() || texts.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<String> = texts.iter().map(|text| text.0.to_string()).collect();
        let sql = format!(
            "select actor_id, text_id, count(distinct target_id) from interaction where text_id in ({}) \
             and actor_id in ({}) and target_id <> {author} and kind in (0, 1, 4, 6) \
             group by actor_id, text_id order by actor_id, text_id",
            ids.join(", "),
            id_list(commenters)
        );
        let answer = self.rows(&sql, &[], now, "reading what was said elsewhere").await?;
        let mut rows = Vec::new();
        for batch in &answer.batches {
            let columns: Vec<_> = (0..3).map(|column| ints(batch, column)).collect();
            rows.extend((0..batch.num_rows()).map(|row| SameWordsRow {
                commenter: AccountId(columns[0].value(row)),
                text: TextId(columns[1].value(row)),
                others: u32::try_from(columns[2].value(row)).unwrap_or(u32::MAX),
            }));
        }
        Ok(rows)
    }

    /// Platforms whose sources tell that authors answer under their own posts.
    pub async fn platforms_where_authors_answer(&self, now: Timestamp) -> Result<Vec<Platform>, LakeError> {
        let sql = include_str!("sql/vetting_platforms_answering.sql");
        let rows = self.rows(sql, &[], now, "looking for authors who answer").await?;
        let names = rows.batches.iter().map(|batch| (batch.num_rows(), strings(batch, 0)));
        Ok(names
            .flat_map(|(rows, names)| (0..rows).map(move |row| names.value(row).to_owned()))
            .map(|code| Platform::from_code(&code).unwrap_or(Platform::Other))
            .collect())
    }
}
