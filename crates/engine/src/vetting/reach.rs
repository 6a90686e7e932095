//! Reach: how many of the followers a post really comes before, and whether that passes the field's rule of thumb of 10 %.
//!
//! Only the creator sees the reach of a post, so it comes from a connected account, an import or a stored proof, and the
//! explanation says so. The floor is fair for small accounts; large ones sit under it without fault.

use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

use super::engagement::{
    EngagementInput, EngagementSettings, FollowersTaken, PostFigures, Window, level, sorted_ratios,
};
use crate::intervals::{RatioRow, median, median_interval};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const REACH_VERSION: u32 = 1;

/// The field's rule of thumb: a post should come before at least this share of the followers.
pub const REACH_FLOOR: f64 = 0.10;

/// From so many followers on, falling short of the floor is usual and said to be no fault.
const LARGE_FROM: u64 = 100_000;
/// Fewer posts have no interval worth a word, whatever the settings.
const POSTS_LEAST: u32 = 4;

/// How an account stands to the rule "reach is at least 10 % of followers". Decided by the interval, not by the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachTest {
    /// The whole interval is at or above the floor.
    Passes,
    /// The whole interval is below the floor.
    Fails,
    /// The floor lies inside the interval.
    Unclear,
    NotKnown,
}

impl ReachTest {
    /// The word for a page.
    pub fn words(self) -> &'static str {
        match self {
            ReachTest::Passes => "reaches at least 10 % of followers",
            ReachTest::Fails => "reaches fewer than 10 % of followers",
            ReachTest::Unclear => "unclear: 10 % lies inside the interval",
            ReachTest::NotKnown => "not known",
        }
    }
}

/// What is known of the reach of one account's posts, one format.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReachSeen {
    /// Reach / followers at posting, the middle post.
    pub reach_rate: Estimate,
    pub test: ReachTest,
}

/// How large a share of the followers a creator's middle post comes before, and whether that passes the rule of 10 %.
///
/// Formula: `reach_rate` = median over posts of reach / followers at posting; the rule passes when the interval's lower
/// end is at or above 0.10, fails when its upper end is below, and is unclear between.
/// Inputs: `input.posts`, one platform and format, any order, counts in people; `settings` in posts, days, hours. Posts
/// are chosen as for engagement: of the right age, the newest so many, paid ones left out since their reach was bought.
/// Output: a rate 0 and up (1 = 100 %; more is possible, since others than followers see posts), 90 % interval from the
/// order statistics (87.5 % on four posts); `None` with a reason under `posts_min` (at least 4) posts with both counts.
/// Cost: O(posts log posts). Source: `docs/formulas.md`; the rule of thumb is the field's, not a measurement.
///
/// ```
/// use engine::vetting::engagement::*;
/// use engine::vetting::reach::{ReachTest, reach_of_posts};
/// use model::{Days, Grade, Platform, Timestamp};
/// let now = Timestamp::from_unix_seconds(1_700_000_000);
/// let post = |days, reach| PostFigures {
///     reach: Some(reach), followers_at_posting: Some(2_000),
///     ..PostFigures::unknown(Timestamp(now.0 - Days(days).as_seconds() * 1_000_000))
/// };
/// let posts = [post(10, 500), post(20, 600), post(30, 700), post(40, 800), post(50, 400)];
/// let input = EngagementInput {
///     platform: Platform::Instagram, posts: &posts, followers_taken: FollowersTaken::AtPosting, as_of: now, grade: Grade::A,
/// };
/// let seen = reach_of_posts(&input, &EngagementSettings::default());
/// assert_eq!((seen.reach_rate.value, seen.test), (Some(0.3), ReachTest::Passes));
/// ```
pub fn reach_of_posts(input: &EngagementInput, settings: &EngagementSettings) -> ReachSeen {
    let window = Window::choose(input, settings);
    let method = match input.followers_taken {
        FollowersTaken::AtPosting => "reach_rate",
        FollowersTaken::AtCrawl => "reach_rate, followers at crawl",
    };
    let has_both =
        |post: &&PostFigures| post.reach.is_some() && post.followers_at_posting.is_some_and(|followers| followers > 0);
    let posts: Vec<&PostFigures> = window.posts.iter().filter(has_both).take(settings.posts_max as usize).collect();
    let least = settings.posts_min.max(POSTS_LEAST);
    if posts.len() < least as usize {
        let reason = why_not_known(settings, &window, posts.len(), least);
        let mut reach_rate = Estimate::not_known(Unit::Percent, method, posts.len() as u64, "posts", reason)
            .as_of(input.as_of)
            .graded(input.grade);
        reach_rate.version = REACH_VERSION;
        reach_rate.explanation =
            reach_rate.explanation.with_parts(window.explain(settings)).with_rows(posts.len() as u64, "posts", None);
        return ReachSeen { reach_rate, test: ReachTest::NotKnown };
    }
    let rows: Vec<RatioRow> = posts
        .iter()
        .map(|post| RatioRow {
            over: post.reach.unwrap_or_default() as f64,
            under: post.followers_at_posting.unwrap_or_default() as f64,
        })
        .collect();
    let per_post = sorted_ratios(&rows);
    let value = median(&per_post).expect("there are at least four posts");
    let interval = median_interval(&per_post, level()).expect("there are at least four posts");
    let test = if interval.lo >= REACH_FLOOR {
        ReachTest::Passes
    } else if interval.hi < REACH_FLOOR {
        ReachTest::Fails
    } else {
        ReachTest::Unclear
    };

    let newest = posts[0].followers_at_posting.unwrap_or_default();
    let over = rows.iter().map(|row| row.over).sum();
    let under = rows.iter().map(|row| row.under).sum();
    let mut parts = vec![
        Explanation::leaf("the middle post (median)", Some(value), Unit::Percent),
        Explanation::leaf("the field's floor for small accounts", Some(REACH_FLOOR), Unit::Percent),
        Explanation::ratio(
            "ratio of sums: all reach over all followers, which is no count of distinct people",
            Unit::Percent,
            Explanation::leaf("reach, added up over these posts", Some(over), Unit::Items),
            Explanation::leaf("followers, added up over these posts", Some(under), Unit::Items),
        ),
        Explanation::leaf("followers at the newest of these posts", Some(newest as f64), Unit::People),
    ];
    parts.extend(window.explain(settings));
    let unknown = window.posts.iter().filter(|post| !has_both(post)).count();
    if unknown > 0 {
        parts.push(Explanation::leaf(
            "posts left out: reach or followers not known",
            Some(unknown as f64),
            Unit::Items,
        ));
    }
    if posts.len() < settings.posts_few as usize {
        let words = format!("few posts: below {} a rate is shown, not ranked", settings.posts_few);
        parts.push(Explanation::leaf(words, Some(posts.len() as f64), Unit::Items));
    }
    let words = format!(
        "half of the {} posts came before a larger share of the followers than this, half before a smaller one. {}. \
         A floor of 10 % is fair for small accounts; large ones sit under it without fault{}",
        posts.len(),
        where_from(input.grade),
        if newest >= LARGE_FROM { ", and this is a large one" } else { "" },
    );
    let formula =
        format!("{method} v{REACH_VERSION} = median over posts of reach / followers; rule: the whole interval >= 10 %");
    let explanation = Explanation::leaf(words, Some(value), Unit::Percent)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(posts.len() as u64, "posts", None);
    let reach_rate = Estimate {
        level: interval.level,
        version: REACH_VERSION,
        ..Estimate::known(value, interval.lo, interval.hi, posts.len() as u64, "posts", method, explanation)
            .as_of(input.as_of)
            .graded(input.grade)
    };
    ReachSeen { reach_rate, test }
}

fn where_from(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "Reach comes from the creator's connected account; it is the platform's own estimate",
        _ => "Reach comes from an import or a stored proof; it is the platform's own estimate, as the creator gave it",
    }
}

/// The most frequent cause first, with the way to know.
fn why_not_known(settings: &EngagementSettings, window: &Window, known: usize, least: u32) -> String {
    let all = window.posts.len();
    if all == 0 {
        return window.empty_reason(settings);
    }
    let count = |is: &dyn Fn(&PostFigures) -> bool| window.posts.iter().filter(|post| is(post)).count();
    let no_reach = count(&|post| post.reach.is_none());
    let no_followers = count(&|post| post.reach.is_some() && post.followers_at_posting.is_none());
    let zero = count(&|post| post.reach.is_some() && post.followers_at_posting == Some(0));
    if no_reach > 0 && no_reach >= no_followers.max(zero) {
        format!(
            "reach is not known for {no_reach} of {all} posts; only the creator sees it: ask the creator to connect, \
             or import it with a screenshot as proof"
        )
    } else if no_followers > 0 && no_followers >= zero {
        format!(
            "followers are not known for {no_followers} of {all} posts; import follower counts dated within 7 days of them"
        )
    } else if zero > 0 {
        format!("followers is 0 on {zero} of {all} posts, so there is nothing to divide by; import follower counts")
    } else {
        format!("only {known} posts; a reach rate needs at least {least}, wait or import more posts")
    }
}

/// The moment a number of days before another, for the tests of this file and its neighbours.
#[cfg(test)]
pub(super) fn days_before(moment: model::Timestamp, days: u32) -> model::Timestamp {
    model::Timestamp(moment.0 - model::Days(days).as_seconds() * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;
    use model::{Platform, Timestamp};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn post(days: u32, reach: Option<u64>) -> PostFigures {
        PostFigures {
            reach,
            followers_at_posting: Some(10_000),
            paid: Some(false),
            ..PostFigures::unknown(days_before(NOW, days))
        }
    }

    fn seen_by(posts: &[PostFigures], grade: Grade) -> ReachSeen {
        let input = EngagementInput {
            platform: Platform::Instagram,
            posts,
            followers_taken: FollowersTaken::AtPosting,
            as_of: NOW,
            grade,
        };
        reach_of_posts(&input, &EngagementSettings::default())
    }

    fn seen(reach: &[u64]) -> ReachSeen {
        let posts: Vec<PostFigures> =
            reach.iter().enumerate().map(|(at, reach)| post(4 + at as u32, Some(*reach))).collect();
        seen_by(&posts, Grade::A)
    }

    #[test]
    fn the_rule_is_decided_by_the_interval_and_not_by_the_value() {
        assert_eq!(seen(&[1_000; 12]).test, ReachTest::Passes, "exactly at the floor passes");
        assert_eq!(seen(&[999; 12]).test, ReachTest::Fails);
        let mixed = seen(&[300, 400, 2_000, 2_500, 3_000, 3_000]);
        assert_eq!(mixed.test, ReachTest::Unclear);
        assert!(mixed.reach_rate.value.is_some_and(|value| value > REACH_FLOOR));
    }

    #[test]
    fn the_rate_has_interval_explanation_and_says_where_reach_comes_from() {
        let rate = seen(&[1_500, 2_000, 2_500, 3_000, 3_500]).reach_rate;
        assert_eq!((rate.value, rate.n, rate.n_of.as_str(), rate.unit), (Some(0.25), 5, "posts", Unit::Percent));
        assert!(rate.lo < rate.value && rate.value < rate.hi && rate.explanation.adds_up());
        assert!(
            rate.explanation.words.contains("connected account") && rate.explanation.words.contains("without fault")
        );
        let posts: Vec<PostFigures> = (4..10)
            .map(|days| PostFigures { followers_at_posting: Some(400_000), ..post(days, Some(20_000)) })
            .collect();
        let large = seen_by(&posts, Grade::C);
        assert_eq!(large.test, ReachTest::Fails);
        let words = &large.reach_rate.explanation.words;
        assert!(words.contains("stored proof") && words.contains("this is a large one"), "{words}");
    }

    #[test]
    fn without_reach_or_followers_it_is_not_known_and_says_what_to_do() {
        let reason = |posts: &[PostFigures]| {
            let found = seen_by(posts, Grade::B);
            assert_eq!((found.test, found.reach_rate.value, found.reach_rate.lo), (ReachTest::NotKnown, None, None));
            found.reach_rate.not_known.expect("a reason")
        };
        let hidden: Vec<PostFigures> = (4..12).map(|days| post(days, None)).collect();
        assert!(reason(&hidden).contains("ask the creator to connect"));
        let unfollowed: Vec<PostFigures> =
            (4..12).map(|days| PostFigures { followers_at_posting: None, ..post(days, Some(5)) }).collect();
        assert!(reason(&unfollowed).contains("import follower counts"));
        let nobody: Vec<PostFigures> =
            (4..12).map(|days| PostFigures { followers_at_posting: Some(0), ..post(days, Some(5)) }).collect();
        assert!(reason(&nobody).contains("nothing to divide by"));
        assert!(reason(&[post(5, Some(5)), post(6, Some(5)), post(7, Some(5))]).contains("only 3 posts"));
        let paid: Vec<PostFigures> =
            (4..12).map(|days| PostFigures { paid: Some(true), ..post(days, Some(5)) }).collect();
        assert!(reason(&paid).contains("8 paid"));
        let _ = reason(&[]);
    }

    #[test]
    fn an_account_at_the_floor_is_rarely_told_that_it_passes_or_fails() {
        let mut draw = Sequence::new(3, 3);
        for count in [5, 12, 30] {
            let (mut decided, runs) = (0, 2_000);
            for _ in 0..runs {
                let reach: Vec<u64> = (0..count).map(|_| (1_000.0 * (0.8 * draw.normal()).exp()) as u64).collect();
                decided += u32::from(seen(&reach).test != ReachTest::Unclear);
            }
            let share = f64::from(decided) / f64::from(runs);
            println!("reach rule, true reach at the floor, {count} posts: decided wrongly in {share:.3}");
            assert!(share < 0.14, "{count}: {share}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_posts_changes_nothing_and_unknown_reach_moves_no_rate(
            reach in prop::collection::vec((prop::option::of(0_u64..9_000), 0_u32..200), 0..50),
        ) {
            let mut posts: Vec<PostFigures> = reach.iter().map(|(reach, days)| post(*days, *reach)).collect();
            let forwards = seen_by(&posts, Grade::B);
            prop_assert!(forwards.reach_rate.explanation.adds_up());
            prop_assert_eq!(forwards.reach_rate.value.is_none(), forwards.test == ReachTest::NotKnown);
            posts.reverse();
            prop_assert_eq!(&forwards, &seen_by(&posts, Grade::B));
            posts.retain(|post| post.reach.is_some());
            let without = seen_by(&posts, Grade::B);
            prop_assert_eq!((forwards.reach_rate.value, forwards.reach_rate.lo, forwards.test), (without.reach_rate.value, without.reach_rate.lo, without.test));
        }
    }
}
