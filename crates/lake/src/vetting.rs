//! What vetting needs from the record: comments under an author's posts with the author's answers, and post counts.

use datafusion::arrow::array::Array;
use model::{AccountId, Platform, PostId, Timestamp};

use crate::creators::{FollowerPoint, id_list};
use crate::error::LakeError;
use crate::session::{Lake, ints, maybe_int, strings};

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

impl Lake {
    /// Comments under posts, ordered by author, post and time.
    pub async fn audience_comments(
        &self,
        authors: Authors<'_>,
        now: Timestamp,
    ) -> Result<Vec<AudienceCommentRow>, LakeError> {
        let filter = authors.filter("p.author_id");
        let sql = include_str!("sql/vetting_audience_comments.sql").replace("{filter}", &filter);
        let rows = self.rows_about(authors.wanted(), &sql, &[], now, "reading the comments under posts").await?;
        let mut comments = Vec::new();
        for batch in &rows.batches {
            let columns: Vec<_> = (0..6).map(|column| ints(batch, column)).collect();
            for row in 0..batch.num_rows() {
                comments.push(AudienceCommentRow {
                    author: AccountId(columns[0].value(row)),
                    post: PostId(columns[1].value(row)),
                    commenter: AccountId(columns[2].value(row)),
                    at: Timestamp(columns[3].value(row)),
                    id_lower: columns[4].value(row),
                    parent_lower: maybe_int(&columns[5], row),
                });
            }
        }
        Ok(comments)
    }

    /// Posts with their newest counts, ordered by author and time.
    pub async fn post_figures(&self, authors: Authors<'_>, now: Timestamp) -> Result<Vec<PostFiguresRow>, LakeError> {
        let filter = authors.filter("author_id");
        let sql = include_str!("sql/vetting_post_figures.sql").replace("{filter}", &filter);
        let rows = self.rows_about(authors.wanted(), &sql, &[], now, "reading post figures").await?;
        let mut figures: Vec<PostFiguresRow> = Vec::new();
        for batch in &rows.batches {
            let columns: Vec<_> = (0..8).map(|column| ints(batch, column)).collect();
            let paid = crate::session::bools(batch, 8);
            for row in 0..batch.num_rows() {
                let newest = PostFiguresRow {
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
                match figures.last_mut().filter(|last| last.post == newest.post) {
                    Some(older) => *older = newest,
                    None => figures.push(newest),
                }
            }
        }
        Ok(figures)
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

    /// Every known follower count of these accounts, ordered by account and time.
    pub async fn follower_points(
        &self,
        authors: Authors<'_>,
        now: Timestamp,
    ) -> Result<Vec<(AccountId, FollowerPoint)>, LakeError> {
        let sql = format!(
            "select account_id, observed_at, followers from profile_snapshot where followers is not null {} \
             order by account_id, observed_at, fetched_at",
            authors.filter("account_id")
        );
        let rows = self.rows_about(authors.wanted(), &sql, &[], now, "reading follower counts").await?;
        let mut points = Vec::new();
        for batch in &rows.batches {
            let (account, at, followers) = (ints(batch, 0), ints(batch, 1), ints(batch, 2));
            points.extend((0..batch.num_rows()).map(|row| {
                let point = FollowerPoint { observed_at: Timestamp(at.value(row)), followers: followers.value(row) };
                (AccountId(account.value(row)), point)
            }));
        }
        Ok(points)
    }
}
