//! Sponsored against organic: whether a creator's paid posts draw as many reactions as the others, which is what a brand
//! would buy.
//!
//! Posts marked paid against posts that are not, same account, platform, format and days. Nobody is accused by a low
//! figure: paid posts usually draw fewer reactions.

use model::{Estimate, Explanation, Unit};

use super::engagement::{
    EngagementInput, EngagementSettings, FollowersTaken, PaidPosts, PostFigures, Window, formula_of, level,
};
use crate::intervals::{median, ratio_of_medians_interval};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const SPONSORED_VERSION: u32 = 1;

/// Fewer posts on a side have no interval worth a word, whatever the settings.
const POSTS_LEAST: u32 = 4;

/// What the reactions of a post are divided by, so that a post of last year is compared fairly with one of today.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Followers,
    Views,
}

impl By {
    fn method(self, taken: FollowersTaken) -> &'static str {
        match (self, taken) {
            (By::Followers, FollowersTaken::AtPosting) => "sponsored_vs_organic",
            (By::Followers, FollowersTaken::AtCrawl) => "sponsored_vs_organic, followers at crawl",
            (By::Views, _) => "sponsored_vs_organic, by views",
        }
    }

    fn words(self) -> &'static str {
        match self {
            By::Followers => "followers",
            By::Views => "views",
        }
    }

    fn under(self, post: &PostFigures) -> Option<u64> {
        match self {
            By::Followers => post.followers_at_posting,
            By::Views => post.views,
        }
    }
}

/// The rates of the paid posts and of the others, ascending.
struct Sides {
    paid: Vec<f64>,
    organic: Vec<f64>,
}

impl Sides {
    fn of(by: By, input: &EngagementInput, window: &Window) -> Sides {
        let mut sides = Sides { paid: Vec::new(), organic: Vec::new() };
        for post in &window.posts {
            let Some(interactions) = post.interactions(input.platform) else { continue };
            let Some(under) = by.under(post).filter(|under| *under > 0) else { continue };
            let side = if post.paid == Some(true) { &mut sides.paid } else { &mut sides.organic };
            side.push(interactions as f64 / under as f64);
        }
        sides.paid.sort_unstable_by(f64::total_cmp);
        sides.organic.sort_unstable_by(f64::total_cmp);
        sides
    }

    fn enough(&self, least: usize) -> bool {
        self.paid.len().min(self.organic.len()) >= least
    }
}

/// How many reactions a creator's paid posts draw for each one that the other posts draw.
///
/// Formula: median over paid posts of interactions / followers at posting, over the median of the posts not marked paid;
/// by views where followers are not known on enough posts, and the method then says so. Every post between
/// `age_min_hours` and `days_max` old enters, on both sides: paid posts are rare, and the newest thirty of the others
/// would be of other weeks than they.
/// Inputs: `input.posts`, one platform and format, any order; `settings` in posts, days, hours (its `paid_posts` and
/// `posts_max` are not used here). Posts whose source does not tell whether they were paid count as not marked.
/// Output: a ratio, 0 and up (1 = the same, 0.8 = a fifth fewer), with a 90 % interval; its upper end is `None` where the
/// organic posts go down to no reaction at all. `None` with a reason under `posts_min` (at least 4) posts on either
/// side, or when the middle organic post drew nothing.
/// Cost: O(posts log posts). Source: `docs/formulas.md`; interval `ratio_of_medians_interval`, distribution-free.
///
/// ```
/// use engine::vetting::engagement::*;
/// use engine::vetting::sponsored::sponsored_vs_organic;
/// use model::{Days, Grade, Platform, Timestamp};
/// let now = Timestamp::from_unix_seconds(1_700_000_000);
/// let post = |days, likes, paid| PostFigures {
///     likes: Some(likes), comments: Some(0), followers_at_posting: Some(1_000), paid: Some(paid),
///     ..PostFigures::unknown(Timestamp(now.0 - Days(days).as_seconds() * 1_000_000))
/// };
/// let posts: Vec<PostFigures> =
///     (10..16).flat_map(|days| [post(days, 40, true), post(days + 20, 50, false)]).collect();
/// let input = EngagementInput {
///     platform: Platform::Instagram, posts: &posts, followers_taken: FollowersTaken::AtPosting, as_of: now, grade: Grade::B,
/// };
/// let ratio = sponsored_vs_organic(&input, &EngagementSettings::default()).value.unwrap();
/// assert!((ratio - 0.8).abs() < 1e-9);
/// ```
pub fn sponsored_vs_organic(input: &EngagementInput, settings: &EngagementSettings) -> Estimate {
    let both_kinds = EngagementSettings { paid_posts: PaidPosts::Keep, ..settings.clone() };
    let window = Window::choose(input, &both_kinds);
    let least = settings.posts_min.max(POSTS_LEAST) as usize;
    let by_followers = Sides::of(By::Followers, input, &window);
    let by_views = Sides::of(By::Views, input, &window);
    let (by, sides) = if !by_followers.enough(least) && by_views.enough(least) {
        (By::Views, by_views)
    } else {
        (By::Followers, by_followers)
    };
    let method = by.method(input.followers_taken);
    let n = (sides.paid.len() + sides.organic.len()) as u64;
    let mut parts = window.explain(&both_kinds);
    let unknown = window.posts.len() as u64 - n;
    if unknown > 0 {
        let words = format!("posts left out: interactions or {} not known", by.words());
        parts.push(Explanation::leaf(words, Some(unknown as f64), Unit::Items));
    }
    let refuse = |reason: String, parts: Vec<Explanation>| {
        let mut estimate =
            Estimate::not_known(Unit::Percent, method, n, "posts", reason).as_of(input.as_of).graded(input.grade);
        estimate.version = SPONSORED_VERSION;
        estimate.explanation = estimate.explanation.with_parts(parts).with_rows(n, "posts", None);
        estimate
    };
    if !sides.enough(least) {
        return refuse(why_not_known(&window, &both_kinds, &sides, least), parts);
    }
    let Some(interval) = ratio_of_medians_interval(&sides.paid, &sides.organic, level()) else {
        let reason = "the middle post that is not paid drew no reaction, so there is nothing to compare with; import \
                      more posts";
        return refuse(reason.to_owned(), parts);
    };
    let side = |words: &str, rates: &[f64]| {
        let words = format!("the middle one of {} posts {words}: interactions / {}", rates.len(), by.words());
        Explanation::leaf(words, median(rates), Unit::Percent).with_rows(rates.len() as u64, "posts", None)
    };
    let words = format!(
        "{} paid posts against {} not marked as paid, of the same {} days; paid posts usually draw fewer reactions",
        sides.paid.len(),
        sides.organic.len(),
        settings.days_max.0
    );
    let formula = format!(
        "{method} v{SPONSORED_VERSION} = median over paid posts of {parts} / {by}, over the median of the others",
        parts = formula_of(input.platform),
        by = by.words()
    );
    let ratio =
        Explanation::ratio(words, Unit::Percent, side("paid for", &sides.paid), side("not marked", &sides.organic))
            .with_formula(formula)
            .with_rows(n, "posts", None);
    let value = ratio.value.expect("an interval exists only where the organic median is above 0");
    // The two medians make the value; what was left out stands beside them, one level down, so that it still adds up.
    let explanation = if parts.is_empty() {
        ratio
    } else {
        let mut inputs = vec![ratio.clone()];
        inputs.extend(parts);
        Explanation::leaf(ratio.words.clone(), Some(value), Unit::Percent)
            .with_formula(ratio.formula.clone().unwrap_or_default())
            .with_parts(inputs)
            .with_rows(n, "posts", None)
    };
    Estimate {
        hi: interval.hi.is_finite().then_some(interval.hi),
        version: SPONSORED_VERSION,
        ..Estimate::known(value, interval.lo, value, n, "posts", method, explanation)
            .as_of(input.as_of)
            .graded(input.grade)
    }
}

fn why_not_known(window: &Window, settings: &EngagementSettings, sides: &Sides, least: usize) -> String {
    let all = window.posts.len();
    if all == 0 {
        return window.empty_reason(settings);
    }
    let paid = window.posts.iter().filter(|post| post.paid == Some(true)).count();
    let not_told = window.posts.iter().filter(|post| post.paid.is_none()).count();
    if paid == 0 && not_told == all {
        format!("the source does not tell which of {all} posts were paid for; import posts with their paid mark")
    } else if paid < least {
        format!("only {paid} of {all} posts are marked as paid; at least {least} are needed, wait or import more posts")
    } else if all - paid < least {
        format!("only {} of {all} posts are not paid; at least {least} are needed, import more posts", all - paid)
    } else {
        format!(
            "likes, comments, and followers or views are known for {} of {paid} paid and {} of {} other posts; at least \
             {least} of each are needed: import follower counts, or ask the creator to connect",
            sides.paid.len(),
            sides.organic.len(),
            all - paid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::reach::days_before;
    use super::*;
    use crate::random::Sequence;
    use model::{Grade, Platform, Timestamp};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn post(days: u32, likes: u64, paid: Option<bool>) -> PostFigures {
        PostFigures {
            likes: Some(likes),
            comments: Some(0),
            views: Some(50_000),
            followers_at_posting: Some(100_000),
            paid,
            ..PostFigures::unknown(days_before(NOW, days))
        }
    }

    fn ratio(posts: &[PostFigures]) -> Estimate {
        let input = EngagementInput {
            platform: Platform::Instagram,
            posts,
            followers_taken: FollowersTaken::AtPosting,
            as_of: NOW,
            grade: Grade::B,
        };
        sponsored_vs_organic(&input, &EngagementSettings::default())
    }

    fn sides(paid: &[u64], organic: &[u64]) -> Vec<PostFigures> {
        let of = |likes: &[u64], paid: bool| -> Vec<PostFigures> {
            likes.iter().enumerate().map(|(at, likes)| post(5 + at as u32, *likes, Some(paid))).collect()
        };
        [of(paid, true), of(organic, false)].concat()
    }

    #[test]
    fn paid_posts_that_draw_half_are_half_with_an_interval_and_a_sum_that_holds() {
        let found = ratio(&sides(&[400, 500, 600, 450, 550], &[900, 1_000, 1_100, 950, 1_050, 1_000]));
        assert_eq!((found.value, found.n, found.method.as_str()), (Some(0.5), 11, "sponsored_vs_organic"));
        assert!(found.lo < found.value && found.value < found.hi && found.hi < Some(1.0), "{found:?}");
        assert!(found.explanation.adds_up());
        let mut with_young = sides(&[400, 500, 600, 450, 550], &[900, 1_000, 1_100, 950, 1_050, 1_000]);
        with_young.push(post(1, 1_000_000, Some(true)));
        let same = ratio(&with_young);
        assert_eq!((same.value, same.lo, same.hi), (found.value, found.lo, found.hi));
        assert!(same.explanation.adds_up() && same.explanation.parts.len() == 2);
    }

    #[test]
    fn without_followers_it_is_by_views_and_says_so() {
        let posts: Vec<PostFigures> = sides(&[400; 5], &[500; 8])
            .into_iter()
            .map(|post| PostFigures { followers_at_posting: None, ..post })
            .collect();
        let found = ratio(&posts);
        assert_eq!((found.value, found.method.as_str()), (Some(0.8), "sponsored_vs_organic, by views"));
        assert!(found.explanation.formula.is_some_and(|formula| formula.contains("/ views")));
    }

    #[test]
    fn posts_whose_source_does_not_tell_count_as_not_marked_and_are_counted() {
        let mut posts = sides(&[400; 5], &[500; 4]);
        posts.extend((5..9).map(|days| post(days, 500, None)));
        let found = ratio(&posts);
        assert_eq!((found.value, found.n), (Some(0.8), 13));
        assert!(found.explanation.parts.iter().any(|part| part.words.contains("does not tell")));
    }

    #[test]
    fn too_few_of_either_side_or_hidden_likes_are_not_known_and_say_what_to_do() {
        let reason = |posts: &[PostFigures]| {
            let found = ratio(posts);
            assert_eq!((found.value, found.lo, found.hi), (None, None, None));
            found.not_known.expect("a reason")
        };
        assert!(reason(&sides(&[4; 3], &[5; 9])).contains("only 3 of 12 posts are marked"));
        assert!(reason(&sides(&[4; 9], &[5; 3])).contains("only 3 of 12 posts are not paid"));
        let untold: Vec<PostFigures> = (5..15).map(|days| post(days, 5, None)).collect();
        assert!(reason(&untold).contains("does not tell"));
        let hidden: Vec<PostFigures> =
            sides(&[4; 5], &[5; 5]).into_iter().map(|post| PostFigures { likes: None, ..post }).collect();
        assert!(reason(&hidden).contains("0 of 5 paid"));
        assert!(reason(&sides(&[4; 5], &[0; 5])).contains("drew no reaction"));
        assert!(reason(&[]).contains("no post between"));
    }

    #[test]
    fn paid_posts_without_any_reaction_are_zero_without_an_upper_end() {
        let found = ratio(&sides(&[0; 5], &[100; 6]));
        assert_eq!((found.value, found.lo, found.hi), (Some(0.0), Some(0.0), None));
    }

    #[test]
    fn the_interval_covers_the_true_ratio_for_four_to_thirty_posts_a_side() {
        let mut draw = Sequence::new(1, 5);
        for (paid, organic) in [(4, 4), (4, 30), (8, 8), (12, 30), (30, 30)] {
            let (mut covered, runs) = (0, 1_000);
            for _ in 0..runs {
                let mut likes = |count: usize, middle: f64| -> Vec<u64> {
                    (0..count).map(|_| (middle * (0.8 * draw.normal()).exp()).round() as u64).collect()
                };
                let posts = sides(&likes(paid, 1_400.0), &likes(organic, 2_000.0));
                let found = ratio(&posts);
                let (lo, hi) = (found.lo.expect("known"), found.hi.expect("no zeros"));
                covered += u32::from(lo <= 0.7 && 0.7 <= hi);
            }
            let share = f64::from(covered) / f64::from(runs);
            println!("sponsored_vs_organic, {paid} paid and {organic} organic posts: 90 % interval covers {share:.3}");
            assert!(share >= 0.85, "{paid} {organic}: {share}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_posts_changes_nothing_and_it_always_adds_up(
            rows in prop::collection::vec((prop::option::of(0_u64..500), 0_u32..200, prop::option::of(any::<bool>())), 0..60),
        ) {
            let mut posts: Vec<PostFigures> =
                rows.iter().map(|(likes, days, paid)| PostFigures { likes: *likes, ..post(*days, 0, *paid) }).collect();
            let found = ratio(&posts);
            prop_assert!(found.explanation.adds_up());
            prop_assert_eq!(found.value.is_none(), found.not_known.is_some());
            if let (Some(value), Some(lo)) = (found.value, found.lo) {
                prop_assert!(lo <= value && found.hi.is_none_or(|hi| value <= hi && hi.is_finite()));
            }
            posts.reverse();
            prop_assert_eq!(found, ratio(&posts));
        }
    }
}
