//! Signs and the verdict over them: honest accounts are not accused, planted promotion is, unknowns never harm.

use model::{Platform, Timestamp};

use super::*;
use crate::vetting::comments::quality::{AudienceText, comment_quality};
use crate::vetting::engagement::{EngagementInput, EngagementSettings, FollowersTaken, PostFigures, engagement};
use crate::vetting::likes::like_spread;
use crate::vetting::peers::{PeerLine, PeerPoint};
use crate::vetting::verdict::VerdictWord;

const NOT_RETURNED: Returned = Returned { pairs: 12, both_ways: 3, niche_pairs: 90, niche_both_ways: 20 };
const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

fn unknown(unit: Unit) -> Estimate {
    Estimate::not_known(unit, "test", 0, "posts", "nothing is held")
}

fn input<'a>(by_followers: &'a Estimate, ratio: &'a Estimate, reply: &'a Estimate) -> SignsInput<'a> {
    SignsInput {
        followers: Some(5_000),
        by_followers,
        comments_for_likes: ratio,
        reply_rate: reply,
        likes: None,
        growth: None,
        comments: None,
        timing: None,
        circle: None,
        audience: None,
        usual: Usual::published(Platform::Instagram),
        as_of: Some(NOW),
        grade: Grade::B,
    }
}

fn rate(value: f64, n: u64) -> Estimate {
    let explanation = Explanation::leaf("a rate", Some(value), Unit::Percent);
    Estimate::known(value, value * 0.8, value * 1.25, n, "posts", "test", explanation)
}

#[test]
fn with_nothing_known_every_sign_says_why_and_the_verdict_is_unclear() {
    let none = unknown(Unit::Percent);
    let vetting = vet(&input(&none, &none, &none), &VerdictSettings::default());
    assert_eq!(vetting.signs.len(), Sign::ALL.len());
    assert!(vetting.signs.iter().all(|seen| seen.finding.is_none() && seen.value.not_known.is_some()));
    assert_eq!(vetting.verdict.word, VerdictWord::Unclear);
    let order: Vec<Sign> = vetting.signs.iter().map(|seen| seen.sign).collect();
    assert_eq!(order, Sign::ALL);
}

#[test]
fn a_usual_creator_shows_no_sign_and_bought_promotion_of_two_kinds_is_strong() {
    let (usual, ratio, reply) = (rate(0.07, 30), rate(0.015, 30), rate(0.6, 80));
    let flat: Vec<u64> = (0..30).map(|at| 300 + (at * at) % 9).collect();
    let lively: Vec<u64> = (0..30u64).map(|at| 120 + (at * 7919) % 700).collect();
    let said = ["where is this kettle from?", "my grinder does that too, any advice?", "thanks, that saved my morning"];
    let honest: Vec<AudienceText<'_>> =
        (0..60).map(|at| AudienceText { commenter: at, text: said[at as usize % 2], same_elsewhere: 0 }).collect();
    let honest: Vec<AudienceText<'_>> = honest
        .into_iter()
        .take(2)
        .chain((0..60).map(|at| AudienceText {
            commenter: at,
            text: ["yes", "no way", "hm, mine broke", "tuesday then?"][at as usize % 4],
            same_elsewhere: 0,
        }))
        .collect();
    let bought: Vec<AudienceText<'_>> = (0..60)
        .map(|at| AudienceText { commenter: at, text: "Great post!", same_elsewhere: (at % 2) as u32 * 4 })
        .collect();
    let (honest, bought) = (comment_quality(&honest), comment_quality(&bought));
    let calm = Growth { days: 300, days_known: 300, usual_gain: 5.0, blocks: vec![] };
    let circle = Some(CircleSeen { core: 2, pod_people: 0, posts: 40, returned: NOT_RETURNED });
    let share = |value: f64| {
        Some(AudienceSeen {
            share: Share {
                value,
                lo: value * 0.8,
                hi: (value * 1.2).min(1.0),
                rung: crate::vetting::audience::Rung::Matching,
            },
            accounts: 400,
            whose: "followers",
            told_by: ToldBy::Model { flagged: 60, labelled: 975, labelled_sold: 98, learned_here: false },
        })
    };
    let good = SignsInput {
        likes: like_spread(&lively),
        comments: Some(&honest),
        growth: Some(&calm),
        circle,
        audience: share(0.06),
        ..input(&usual, &ratio, &reply)
    };
    let found = vet(&good, &VerdictSettings::default());
    assert_eq!(found.verdict.word, VerdictWord::NoSign, "{:#?}", found.verdict);
    let (low, none) = (rate(0.004, 30), rate(0.0, 80));
    let bad = SignsInput {
        likes: like_spread(&flat),
        comments: Some(&bought),
        audience: share(0.55),
        circle: None,
        growth: None,
        ..input(&low, &ratio, &none)
    };
    let found = vet(&bad, &VerdictSettings::default());
    assert_eq!(found.verdict.word, VerdictWord::StrongSigns, "{:#?}", found.verdict);
    let estimate = verdict_estimate(&found, &bad);
    assert!(estimate.explanation.adds_up() && estimate.value == Some(found.verdict.chance));
}

#[test]
fn every_sign_says_its_innocent_reasons_and_what_would_change_it_and_accuses_nobody() {
    for sign in Sign::ALL {
        for words in [sign.words(), sign.innocent(), sign.would_change()] {
            assert!(words.len() > 10 && !words.contains("fake"), "{words}");
        }
    }
}

/// One account of the honest reference.
struct Honest {
    followers: u64,
    posts: Vec<PostFigures>,
}

#[expect(clippy::disallowed_methods, reason = "a test reads what the engine itself never does")]
fn honest_accounts() -> Option<Vec<Honest>> {
    let folder = std::env::var("BELLWETHER_TEST_DATA").unwrap_or_else(|_| "../../../shared/data".to_owned());
    let path = std::path::Path::new(&folder).join("authenticity/honest_accounts_posts.jsonl");
    let text = std::fs::read_to_string(path).ok()?;
    let read = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let counts = |name: &str| -> Vec<Option<u64>> {
            row[name].as_array().expect("counts").iter().map(serde_json::Value::as_u64).collect()
        };
        let followers = row["followers"].as_u64();
        let posts = counts("likes").into_iter().zip(counts("comments")).map(|(likes, comments)| PostFigures {
            likes,
            comments,
            followers_at_posting: followers,
            shares: Some(0),
            ..PostFigures::unknown(Timestamp(NOW.0 - 10 * 86_400_000_000))
        });
        Honest { followers: followers.unwrap_or(0), posts: posts.collect() }
    };
    Some(text.lines().map(read).filter(|account| account.posts.len() >= 5 && account.followers >= 50).collect())
}

#[test]
fn of_honest_accounts_at_most_one_in_a_hundred_gets_signs_from_likes_and_comments() {
    let Some(accounts) = honest_accounts() else {
        println!("skipped: honest_accounts_posts.jsonl is not there");
        return;
    };
    assert_eq!(accounts.len(), 603);
    let settings = EngagementSettings::default();
    let figures: Vec<_> = accounts
        .iter()
        .map(|account| {
            let input = EngagementInput {
                platform: Platform::Instagram,
                posts: &account.posts,
                followers_taken: FollowersTaken::AtPosting,
                as_of: NOW,
                grade: Grade::B,
            };
            engagement(&input, &settings)
        })
        .collect();
    let likes: Vec<Option<LikeSpread>> = accounts
        .iter()
        .map(|account| like_spread(&account.posts.iter().filter_map(|post| post.likes).collect::<Vec<u64>>()))
        .collect();
    let line = |of: &dyn Fn(usize) -> Option<f64>| {
        let points: Vec<PeerPoint> = (0..accounts.len())
            .filter_map(|at| Some(PeerPoint { ln_followers: (accounts[at].followers as f64).ln(), ln_figure: of(at)? }))
            .collect();
        PeerLine::fit(&points).map(|line| UsualLine { line, of: UsualOf::PeersHeld })
    };
    let held = Usual {
        engagement: line(&|at| Some(figures[at].by_followers.value?.max(1e-5).ln())),
        comments_for_likes: line(&|at| Some((figures[at].comment_like_ratio.value? + 0.001).ln())),
        like_spread: line(&|at| Some(likes[at]?.spread.max(1e-3).ln())),
    };
    for (whose, usual) in [("peers held", held), ("published figures", Usual::published(Platform::Instagram))] {
        let reply = unknown(Unit::Share);
        let (mut looked_at, mut signs, mut suspicion) = (0, 0, Vec::new());
        for (at, account) in accounts.iter().enumerate() {
            let seen = SignsInput {
                followers: Some(account.followers),
                likes: likes[at],
                usual,
                ..input(&figures[at].by_followers, &figures[at].comment_like_ratio, &reply)
            };
            let found = vet(&seen, &VerdictSettings::default());
            looked_at += usize::from(!found.verdict.parts.is_empty());
            signs += usize::from(found.verdict.word >= VerdictWord::SignsWorthAskingAbout);
            suspicion.push(found.verdict.chance);
        }
        suspicion.sort_by(f64::total_cmp);
        let above = suspicion.iter().filter(|chance| **chance > VerdictSettings::default().signs_from).count();
        println!(
            "{whose}: {looked_at} of {} looked at, {signs} with signs, {above} above the cut, highest chances {:?}",
            accounts.len(),
            &suspicion[598..]
        );
        assert!(signs * 100 <= accounts.len() && above * 100 <= accounts.len(), "{signs} {above}");
    }
}
