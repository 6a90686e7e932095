//! Growth against made-up years with a planted block that was bought or brought by a post, and against plain years.

use model::Timestamp;

use super::*;
use crate::random::Sequence;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Viral,
    Bought,
}

struct Year {
    followers: Vec<FollowersSeen>,
    posts: Vec<PostReaction>,
}

fn poisson(mean: f64, sequence: &mut Sequence) -> f64 {
    if mean > 30.0 {
        return (mean + mean.sqrt() * sequence.normal()).round().max(0.0);
    }
    let (mut left, mut count) = ((-mean).exp(), 0.0);
    let mut drawn = sequence.uniform();
    let mut sum = left;
    while drawn > sum && count < 200.0 {
        count += 1.0;
        left *= mean / count;
        sum += left;
        drawn = drawn.min(1.0 - 1e-12);
    }
    count
}

/// A year by the recipe of the vetting sheet, section 3.7.
fn year(kind: Kind, seed: u64) -> Year {
    let mut draw = Sequence::new(seed, kind as u64 + 1);
    let mut between = |low: f64, high: f64| low + (high - low) * draw.uniform();
    let start = 10f64.powf(between(3.7, 5.0));
    let (shape, posting, phase) = (between(1.5, 6.0), between(0.15, 0.8), between(0.0, 7.0));
    let first = between(75.0, 290.0) as i32;
    let (days, lost) = match kind {
        Kind::Bought => (between(1.0, 8.0) as i32, between(0.1, 0.5)),
        _ => (between(1.0, 6.0) as i32, 0.0),
    };
    let is_round = between(0.0, 1.0) < 0.6;
    let log_normal = |draw: &mut Sequence, median: f64, sd: f64| median * (sd * draw.normal()).exp();
    let rate = log_normal(&mut draw, 0.0012, 0.6);
    let size = match kind {
        Kind::Plain => 0.0,
        Kind::Viral => start * log_normal(&mut draw, 0.03, 0.8),
        Kind::Bought => start * log_normal(&mut draw, 0.05, 0.6),
    };
    let size = if kind == Kind::Bought && is_round { (size / 100.0).round().max(1.0) * 100.0 } else { size };
    let boost = log_normal(&mut draw, 4.0, 0.6);
    let (mut held, mut bought_left, mut drift) = (start, 0.0, 0.0);
    let mut made = Year { followers: Vec::new(), posts: Vec::new() };
    for day in 0..365i32 {
        drift += 0.03 * draw.normal();
        let week = 1.0 + 0.25 * (std::f64::consts::TAU * (f64::from(day) + phase) / 7.0).sin();
        let mean = held * rate * week * f64::exp(drift) * draw.gamma(shape) / shape;
        let mut gain = poisson(mean, &mut draw);
        let since = day - first;
        match kind {
            Kind::Viral if (0..days).contains(&since) => {
                let weights: f64 = (0..days).map(|at| f64::from(-at).exp()).sum();
                gain += (size * f64::from(-since).exp() / weights).round();
            }
            Kind::Bought if (0..days).contains(&since) => gain += (size / f64::from(days)).round(),
            Kind::Bought if since >= days => {
                let before = if since == days { size * lost } else { bought_left };
                bought_left = before * f64::exp(-1.0 / 40.0);
                gain -= (before - bought_left).round();
            }
            _ => {}
        }
        held = (held + gain).max(1.0);
        let at = |hour: i64| Timestamp::from_unix_seconds(i64::from(day) * 86_400 + hour * 3_600);
        made.followers.push(FollowersSeen { at: at(20), count: held as u64 });
        if draw.uniform() < posting {
            let lift = if kind == Kind::Viral && (0..days).contains(&since) { boost } else { 1.0 };
            made.posts.push(PostReaction {
                at: at(12),
                interactions: start * 0.03 * lift * log_normal(&mut draw, 1.0, 0.45),
            });
        }
    }
    made
}

fn look(year: &Year) -> Growth {
    growth(&GrowthInput { followers: &year.followers, posts: &year.posts, declared: &[] }).expect("a year is enough")
}

/// From where a block is worth asking about.
const ASKED_FROM: f64 = 0.5;

#[test]
fn bought_blocks_are_told_from_viral_weeks_and_plain_years_stay_quiet() {
    let years = 1_000;
    let found = |kind: Kind| -> Vec<f64> {
        (0..years)
            .filter_map(|seed| look(&year(kind, 5_000 + seed)).most_suspect().map(|block| block.log_odds))
            .collect()
    };
    let (bought, viral, plain) = (found(Kind::Bought), found(Kind::Viral), found(Kind::Plain));
    let mut wins = 0.0;
    for one in &bought {
        for other in &viral {
            wins += if one > other {
                1.0
            } else if one == other {
                0.5
            } else {
                0.0
            };
        }
    }
    let auc = wins / (bought.len() * viral.len()) as f64;
    let share = |list: &[f64]| list.iter().filter(|odds| **odds >= ASKED_FROM).count() as f64 / years as f64;
    println!(
        "auc {auc:.3}; blocks seen: bought {} viral {} plain {} of {years}; asked about: {:.3} {:.3} {:.4}",
        bought.len(),
        viral.len(),
        plain.len(),
        share(&bought),
        share(&viral),
        share(&plain)
    );
    assert!(auc >= 0.88, "{auc}");
    assert!(share(&plain) <= 0.01, "{}", share(&plain));
    assert!(bought.len() as f64 >= 0.6 * years as f64);
}

#[test]
fn a_short_history_says_nothing_and_a_declared_giveaway_is_no_suspicion() {
    let bought = (0..50)
        .map(|seed| year(Kind::Bought, seed))
        .find(|year| look(year).most_suspect().is_some_and(|block| block.log_odds > 1.0));
    let year = bought.expect("one in fifty");
    let block = look(&year).most_suspect().copied().expect("a block");
    assert!(block.gained_spread > 0.0 && block.gained_spread < block.gained, "{block:?}");
    let declared = [DeclaredDays { first_day: block.first_day - 1, last_day: block.first_day }];
    let told =
        growth(&GrowthInput { followers: &year.followers, posts: &year.posts, declared: &declared }).expect("a year");
    assert!(told.blocks.iter().any(|other| other.is_declared && other.first_day == block.first_day));
    assert_eq!(told.most_suspect().filter(|other| other.first_day == block.first_day), None);
    let short = GrowthInput { followers: &year.followers[..60], posts: &year.posts, declared: &[] };
    assert_eq!(growth(&short), None);
    assert_eq!(growth(&GrowthInput { followers: &[], posts: &[], declared: &[] }), None);
}

#[test]
fn without_posts_a_block_rests_on_its_shape_and_on_who_stayed_and_says_so() {
    for seed in 0..100 {
        let year = year(Kind::Viral, seed);
        let blind = growth(&GrowthInput { followers: &year.followers, posts: &[], declared: &[] }).expect("a year");
        let seen = look(&year);
        assert_eq!(blind.blocks.len(), seen.blocks.len(), "posts decide nothing about what a block is");
        assert!(blind.blocks.iter().all(|block| block.engagement_lift.is_none() && block.posts_meanwhile == 0));
    }
}
