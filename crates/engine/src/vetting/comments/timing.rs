//! Comment timing: how many comments come within ten minutes of a post, and whether the same people come in the same order
//! post after post.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// A comment by somebody other than the creator, under a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedComment {
    /// Posts are numbered by their moment.
    pub post: u32,
    pub posted_at: Timestamp,
    pub commenter: i64,
    pub at: Timestamp,
}

/// When comments come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommentTiming {
    pub comments: u64,
    /// Comments within ten minutes of their post.
    pub early: u64,
    /// Agreement of the order in which the same people come first under one post and under the next, from -1 to 1
    /// (Kendall); not known where no two posts have four of them in common.
    pub same_order: Option<f64>,
    /// How far that lies above chance, in standard deviations.
    pub same_order_score: f64,
    pub pairs_of_posts: u32,
}

const EARLY_SECONDS: i64 = 600;
/// So many of the first commenters of a post are compared,
const FIRST: usize = 20;
/// those who come under at least so many posts.
const POSTS_OF_REGULAR: usize = 5;
const IN_COMMON_MIN: usize = 4;

/// Looks at the moments of comments. Of each post's first twenty commenters those are kept who come under five posts or
/// more; posts are compared two by two in the order of time, each in one pair, so that pairs are independent.
///
/// Score: sum over pairs of concordant less discordant couples over the square root of the summed
/// `m (m - 1) (2 m + 5) / 18` (Kendall 1938). Cost `O(comments log comments)`.
pub fn comment_timing(comments: &[TimedComment]) -> CommentTiming {
    let mut sorted = comments.to_vec();
    sorted.sort_by_key(|comment| (comment.post, comment.at, comment.commenter));
    let early = sorted
        .iter()
        .filter(|comment| (0..=EARLY_SECONDS * 1_000_000).contains(&comment.at.0.saturating_sub(comment.posted_at.0)));
    let early = early.count() as u64;
    let firsts: Vec<Vec<i64>> = sorted
        .chunk_by(|a, b| a.post == b.post)
        .map(|under| {
            let mut first: Vec<i64> = Vec::new();
            for comment in under {
                if first.len() < FIRST && !first.contains(&comment.commenter) {
                    first.push(comment.commenter);
                }
            }
            first
        })
        .collect();
    let mut regulars: Vec<i64> = firsts.iter().flatten().copied().collect();
    regulars.sort_unstable();
    let regulars: Vec<i64> =
        regulars.chunk_by(|a, b| a == b).filter(|of| of.len() >= POSTS_OF_REGULAR).map(|of| of[0]).collect();
    let orders: Vec<Vec<i64>> = firsts
        .into_iter()
        .map(|first| first.into_iter().filter(|person| regulars.binary_search(person).is_ok()).collect())
        .collect();
    let (mut agree, mut all, mut variance, mut pairs) = (0.0, 0.0, 0.0, 0);
    for pair in orders.chunks_exact(2) {
        let places: Vec<usize> =
            pair[0].iter().filter_map(|person| pair[1].iter().position(|other| other == person)).collect();
        let m = places.len();
        if m < IN_COMMON_MIN {
            continue;
        }
        for one in 0..m {
            for other in one + 1..m {
                agree += if places[one] < places[other] { 1.0 } else { -1.0 };
                all += 1.0;
            }
        }
        variance += (m * (m - 1) * (2 * m + 5)) as f64 / 18.0;
        pairs += 1;
    }
    CommentTiming {
        comments: comments.len() as u64,
        early,
        same_order: (pairs > 0).then(|| agree / all),
        same_order_score: if variance > 0.0 { agree / f64::sqrt(variance) } else { 0.0 },
        pairs_of_posts: pairs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn under(posts: u32, people: i64, minute: impl Fn(u32, i64) -> i64) -> Vec<TimedComment> {
        let posted = |post: u32| Timestamp::from_unix_seconds(i64::from(post) * 86_400);
        (0..posts)
            .flat_map(|post| (0..people).map(move |commenter| (post, commenter)))
            .map(|(post, commenter)| TimedComment {
                post,
                posted_at: posted(post),
                commenter,
                at: Timestamp::from_unix_seconds(i64::from(post) * 86_400 + 60 * minute(post, commenter)),
            })
            .collect()
    }

    #[test]
    fn people_who_come_in_the_same_order_stand_out_and_chance_does_not() {
        let drilled = comment_timing(&under(10, 8, |_, person| person));
        assert_eq!((drilled.same_order, drilled.early, drilled.pairs_of_posts), (Some(1.0), 80, 5));
        assert!(drilled.same_order_score > 6.0);
        let mut far = 0;
        for seed in 0..200u64 {
            let chance = |post: u32, person: i64| {
                let mut draw = Sequence::new(seed * 1_000 + u64::from(post), person as u64 + 9);
                draw.below(2_000) as i64
            };
            far += usize::from(comment_timing(&under(10, 8, chance)).same_order_score > 1.645);
        }
        assert!((2..=22).contains(&far), "{far} of 200 at five in a hundred");
    }

    #[test]
    fn few_common_people_say_nothing_of_order_and_input_order_changes_nothing() {
        let few = comment_timing(&under(10, 3, |_, person| person));
        assert_eq!((few.same_order, few.comments), (None, 30));
        let mut rows = under(6, 9, |post, person| (person * 7 + i64::from(post)) % 9);
        let found = comment_timing(&rows);
        rows.reverse();
        assert_eq!(comment_timing(&rows), found);
        assert_eq!(comment_timing(&[]).comments, 0);
    }
}
