//! What must hold of every engagement figure: which posts enter, what is not known, and the numbers by hand.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

fn post(days_ago: u32, likes: u64) -> PostFigures {
    PostFigures {
        likes: Some(likes),
        comments: Some(4),
        shares: Some(1),
        views: Some(5_000),
        reach: Some(1_500),
        followers_at_posting: Some(2_000),
        paid: Some(false),
        at: Timestamp(NOW.0 - Days(days_ago).as_seconds() * 1_000_000),
    }
}

fn measure(platform: Platform, posts: &[PostFigures]) -> Engagement {
    let followers_taken = FollowersTaken::AtPosting;
    let input = EngagementInput { platform, posts, followers_taken, as_of: NOW, grade: Grade::B };
    engagement(&input, &EngagementSettings::default())
}

fn instagram(posts: &[PostFigures]) -> Engagement {
    measure(Platform::Instagram, posts)
}

fn series(count: u32) -> Vec<PostFigures> {
    (0..count).map(|index| post(4 + index, 60 + u64::from(index * 37 % 50))).collect()
}

#[test]
fn each_rate_has_its_own_denominator_interval_and_an_explanation_that_adds_up() {
    let found = instagram(&series(12));
    for (estimate, method) in [
        (&found.by_followers, "er_followers"),
        (&found.by_reach, "er_reach"),
        (&found.by_views, "er_views"),
        (&found.comment_like_ratio, "comment_like_ratio"),
    ] {
        assert_eq!(estimate.method, method);
        assert_eq!((estimate.n, estimate.n_of.as_str(), estimate.as_of), (12, "posts", Some(NOW)));
        let (value, lo, hi) =
            (estimate.value.expect("known"), estimate.lo.expect("known"), estimate.hi.expect("known"));
        assert!(lo < value && value < hi);
        assert!(estimate.explanation.adds_up());
        assert!(estimate.explanation.formula.as_ref().is_some_and(|formula| formula.contains(method)));
        assert_eq!(estimate.explanation.value, estimate.value);
    }
    assert_eq!(found.flags, vec![]);
}

#[test]
fn tiktok_counts_shares_and_instagram_does_not() {
    let one = post(5, 95);
    assert_eq!(one.interactions(Platform::Instagram), Some(99));
    assert_eq!(one.interactions(Platform::TikTok), Some(100));
    assert_eq!(PostFigures { shares: None, ..one }.interactions(Platform::TikTok), None);
}

#[test]
fn hidden_likes_are_not_known_and_never_comments_only() {
    let posts: Vec<PostFigures> = series(12).into_iter().map(|post| PostFigures { likes: None, ..post }).collect();
    let found = instagram(&posts);
    for estimate in [&found.by_followers, &found.by_views, &found.comment_like_ratio] {
        assert_eq!((estimate.value, estimate.lo, estimate.hi), (None, None, None));
        assert!(estimate.not_known.as_ref().is_some_and(|reason| reason.contains("likes are hidden")));
    }
}

#[test]
fn what_is_not_known_says_why() {
    let reason = |change: &dyn Fn(PostFigures) -> PostFigures| {
        let posts: Vec<PostFigures> = series(6).into_iter().map(change).collect();
        let found = instagram(&posts);
        assert_eq!(found.by_followers.value, None);
        found.by_followers.not_known.expect("a reason")
    };
    assert!(reason(&|post| PostFigures { followers_at_posting: None, ..post }).contains("not known for 6 of 6"));
    assert!(reason(&|post| PostFigures { followers_at_posting: Some(0), ..post }).contains("followers is 0"));
    assert!(reason(&|post| PostFigures { comments: None, ..post }).contains("comments or shares are off"));
    assert!(reason(&|post| PostFigures { paid: Some(true), ..post }).contains("6 paid"));
    assert!(reason(&|post| PostFigures { at: NOW, ..post }).contains("6 younger"));
    let no_reach = instagram(&series(6).iter().map(|post| PostFigures { reach: None, ..*post }).collect::<Vec<_>>());
    assert!(no_reach.by_reach.not_known.expect("a reason").contains("connected account"));
    assert!(no_reach.by_followers.value.is_some());
}

#[test]
fn three_posts_are_not_enough_and_nine_are_flagged() {
    let found = instagram(&series(3));
    assert_eq!(found.by_followers.value, None);
    assert_eq!(found.by_followers.not_known.as_deref(), Some("only 3 posts; a rate needs at least 4"));
    let four = instagram(&series(4)).by_followers;
    assert_eq!((four.level, four.value.is_some()), (0.875, true));
    assert!(instagram(&series(9)).flags.contains(&EngagementFlag::FewPosts(EngagementBy::Followers)));
    let small: Vec<PostFigures> =
        series(12).into_iter().map(|post| PostFigures { followers_at_posting: Some(900), ..post }).collect();
    assert!(instagram(&small).flags.contains(&EngagementFlag::FewFollowers(EngagementBy::Followers)));
}

#[test]
fn only_the_newest_thirty_organic_posts_of_the_right_age_count() {
    let mut posts = series(40);
    posts.push(post(1, 1_000_000));
    posts.push(post(400, 1_000_000));
    posts.push(PostFigures { paid: Some(true), ..post(10, 1_000_000) });
    let found = instagram(&posts).by_followers;
    assert_eq!((found.n, found.value), (30, instagram(&series(30)).by_followers.value));
    let parts: Vec<&str> = found.explanation.parts.iter().map(|part| part.words.as_str()).collect();
    assert!(parts.contains(&"posts left out: paid or boosted"), "{parts:?}");
}

#[test]
fn no_comments_at_all_is_zero_with_an_upper_end_and_no_likes_at_all_is_not_known() {
    let silent: Vec<PostFigures> =
        series(5).into_iter().map(|post| PostFigures { comments: Some(0), ..post }).collect();
    let ratio = instagram(&silent).comment_like_ratio;
    assert_eq!((ratio.value, ratio.lo), (Some(0.0), Some(0.0)));
    assert!(ratio.hi.is_some_and(|hi| hi > 0.0));
    let unliked: Vec<PostFigures> = series(5).into_iter().map(|post| PostFigures { likes: Some(0), ..post }).collect();
    assert_eq!(instagram(&unliked).comment_like_ratio.value, None);
}

#[test]
fn with_equal_denominators_mean_of_ratios_and_ratio_of_sums_agree() {
    let found = instagram(&series(12)).by_followers;
    let (sums, mean) = (&found.explanation.parts[1], &found.explanation.parts[2]);
    assert!(sums.words.starts_with("ratio of sums") && mean.words.starts_with("mean"));
    assert!((sums.value.expect("known") - mean.value.expect("known")).abs() < 1e-12);
}

proptest! {
    #[test]
    fn the_order_of_posts_changes_nothing(likes in prop::collection::vec((0_u64..500, 0_u32..200), 0..50)) {
        let mut posts: Vec<PostFigures> = likes.iter().map(|(likes, days)| post(*days, *likes)).collect();
        let forwards = instagram(&posts);
        posts.reverse();
        prop_assert_eq!(forwards, instagram(&posts));
    }

    #[test]
    fn a_post_with_unknown_likes_never_moves_a_rate(likes in prop::collection::vec(0_u64..500, 0..40), days in 0_u32..200) {
        let mut posts: Vec<PostFigures> = likes.iter().enumerate().map(|(at, likes)| post(at as u32, *likes)).collect();
        let without = instagram(&posts);
        posts.push(PostFigures { likes: None, ..post(days, 0) });
        let with = instagram(&posts);
        for (a, b) in [
            (&without.by_followers, &with.by_followers),
            (&without.by_reach, &with.by_reach),
            (&without.by_views, &with.by_views),
            (&without.comment_like_ratio, &with.comment_like_ratio),
        ] {
            prop_assert_eq!((a.value, a.lo, a.hi, a.n), (b.value, b.lo, b.hi, b.n));
        }
    }

    #[test]
    fn every_explanation_adds_up(likes in prop::collection::vec((0_u64..500, 0_u64..90, 0_u64..5_000), 0..40)) {
        let posts: Vec<PostFigures> = likes
            .iter()
            .enumerate()
            .map(|(at, (likes, comments, followers))| PostFigures {
                comments: Some(*comments),
                followers_at_posting: Some(*followers),
                ..post(at as u32, *likes)
            })
            .collect();
        let found = measure(Platform::Mastodon, &posts);
        for estimate in [&found.by_followers, &found.by_reach, &found.by_views, &found.comment_like_ratio] {
            prop_assert!(estimate.explanation.adds_up());
            prop_assert_eq!(estimate.value.is_none(), estimate.not_known.is_some());
        }
    }
}

/// Where the open test data lie, if they do.
fn test_data(name: &str) -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("BELLWETHER_TEST_DATA").map_or_else(beside, PathBuf::from).join(name)
}

#[derive(Deserialize)]
struct HonestAccount {
    followers: u64,
    likes: Vec<u64>,
    comments: Vec<u64>,
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may read the open test data; the engine itself reads no file")]
fn honest_accounts_have_the_published_engagement() {
    let path = test_data("authenticity/honest_accounts_posts.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: honest_accounts_have_the_published_engagement because {} is not there", path.display());
        return;
    };
    // Every post of an account, as the published figures take them; counts of the day of the crawl.
    let settings = EngagementSettings {
        posts_max: u32::MAX,
        days_max: Days(u32::MAX),
        age_min_hours: 0,
        ..EngagementSettings::default()
    };
    // Up to 1,000 followers, 1,000-10,000, above; published as 575, 26 and 2 accounts.
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut ratios: [Vec<f64>; 3] = Default::default();
    for line in text.lines() {
        let account: HonestAccount = serde_json::from_str(line).expect("a row of the test data");
        if account.likes.len() < 5 || account.followers < 50 {
            continue;
        }
        let posts: Vec<PostFigures> = (account.likes.iter().zip(&account.comments))
            .map(|(likes, comments)| PostFigures {
                likes: Some(*likes),
                comments: Some(*comments),
                followers_at_posting: Some(account.followers),
                ..PostFigures::unknown(NOW)
            })
            .collect();
        let input = EngagementInput {
            platform: Platform::Instagram,
            posts: &posts,
            followers_taken: FollowersTaken::AtCrawl,
            as_of: NOW,
            grade: Grade::B,
        };
        let found = engagement(&input, &settings);
        let class = if account.followers <= 1_000 { 0 } else { usize::from(account.followers >= 10_000) + 1 };
        rates[class].push(found.by_followers.value.expect("five posts and followers"));
        ratios[class].extend(found.comment_like_ratio.value);
        assert_eq!(found.by_followers.method, "er_followers, followers at crawl");
    }
    let middle = |rows: &mut Vec<f64>| {
        rows.sort_by(f64::total_cmp);
        (1_000.0 * median(rows).expect("accounts")).round() / 10.0
    };
    assert_eq!(rates.iter().map(Vec::len).collect::<Vec<_>>(), [575, 26, 2]);
    assert_eq!((middle(&mut rates[0]), middle(&mut rates[1])), (14.4, 6.3));
    assert_eq!((middle(&mut ratios[0]), middle(&mut ratios[1])), (2.4, 1.9));
    let at = |share: f64| rates[0][(share * rates[0].len() as f64) as usize];
    assert!((at(0.05) - 0.043).abs() < 0.002 && (at(0.95) - 0.349).abs() < 0.002, "{} {}", at(0.05), at(0.95));
}
