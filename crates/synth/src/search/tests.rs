//! Whether the planted answers are what they promise, nobody else answers, and the words are as many as real ones.

use std::collections::{BTreeMap, BTreeSet};

use super::queries::{Said, words};
use super::*;
use proptest::prelude::*;

fn world(seed: u64, creators: usize) -> SearchWorld {
    SearchWorld::plan(SearchSettings::new(seed, creators))
}

/// Position by account.
fn positions(world: &SearchWorld) -> BTreeMap<AccountId, usize> {
    (0..world.settings().creators).map(|position| (world.account(position), position)).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let told = |seed: u64| -> (Vec<SearchCreator>, Vec<PlantedQuery>) {
        let world = world(seed, 400);
        (world.creators().collect(), world.queries())
    };
    let (first, other) = (told(3), told(4));
    assert_eq!(first, told(3));
    assert!(first.0.iter().zip(&other.0).all(|(a, b)| a.posts != b.posts));
    assert_ne!(first.1[0].answers, other.1[0].answers);
}

#[test]
fn any_creator_by_position_is_the_one_that_is_streamed() {
    let world = world(5, 20_000);
    for position in [0, 1, 777, 12_345, 19_999] {
        assert_eq!(world.creators().nth(position), Some(world.creator(position)));
        assert_eq!(world.creator(position).account, world.account(position));
    }
    assert_eq!(world.creators().len(), 20_000);
}

#[test]
fn every_planted_answer_says_what_its_grade_promises() {
    let world = world(7, 20_000);
    let positions = positions(&world);
    for query in world.queries() {
        assert!((5..=60).contains(&query.answers.len()), "{}: {} answers", query.text, query.answers.len());
        for (account, grade) in &query.answers {
            let creator = world.creator(positions[account]);
            assert_eq!(query.grade_of(&creator), Some(*grade), "{} {}: {creator:#?}", query.text, positions[account]);
        }
    }
}

#[test]
fn whoever_is_not_among_the_answers_says_nothing_that_would_make_one() {
    let world = world(11, 12_800);
    let queries = world.queries();
    let planted = world.planting.roles.keys().copied();
    let looked_at: BTreeSet<usize> = planted.chain((0..12_800).step_by(16)).collect();
    for creator in looked_at.into_iter().map(|position| world.creator(position)) {
        let said = Said::by(&creator);
        for query in &queries {
            let planted = query.answers.get(&creator.account).copied();
            assert_eq!(query.grade(&said), planted, "{}: {creator:#?}", query.text);
        }
    }
}

#[test]
fn the_best_answers_to_other_words_never_say_a_word_of_the_query() {
    let world = world(13, 20_000);
    let positions = positions(&world);
    let mut looked_at = 0;
    for query in world.queries().iter().filter(|query| query.kind == QueryKind::OtherWords) {
        assert!(query.ways.len() >= 4, "{}", query.text);
        let asked = words(&query.text);
        for (account, _) in query.answers.iter().filter(|(_, grade)| **grade == 3) {
            let creator = world.creator(positions[account]);
            let mut said = words(&creator.bio);
            creator.posts.iter().for_each(|post| {
                said.extend(words(&post.text));
                said.extend(post.tags.iter().cloned());
            });
            let heard = said.iter().find(|said| asked.iter().any(|asked| said.starts_with(asked.as_str())));
            assert_eq!(heard, None, "{}: {creator:#?}", query.text);
            looked_at += 1;
        }
    }
    assert!(looked_at >= 120, "{looked_at}");
}

#[test]
fn all_ways_of_saying_are_heard_all_over_the_world() {
    let world = world(17, 8_000);
    let planted: BTreeSet<usize> = world.planting.roles.keys().copied().collect();
    let others: Vec<SearchCreator> =
        (0..8_000).filter(|position| !planted.contains(position)).map(|position| world.creator(position)).collect();
    let mut heard: BTreeMap<String, usize> = BTreeMap::new();
    let ways: Vec<String> = world
        .queries()
        .into_iter()
        .filter(|query| query.kind == QueryKind::OtherWords)
        .flat_map(|query| query.ways)
        .collect();
    for post in others.iter().flat_map(|creator| &creator.posts) {
        let said = post.text.to_lowercase();
        ways.iter()
            .filter(|way| said.contains(way.as_str()))
            .for_each(|way| *heard.entry(way.clone()).or_default() += 1);
    }
    let fewest = ways.iter().map(|way| heard.get(way).copied().unwrap_or(0)).min();
    assert!(fewest >= Some(8), "{heard:?}");
}

#[test]
fn each_kind_has_others_who_only_seem_to_answer() {
    let world = world(19, 20_000);
    for (query, topic) in world.queries().iter().zip(&world.planting.topics) {
        let others = world.planting.roles.iter().filter(|(_, role)| match role {
            planting::Role::Astray { topic: number }
            | planting::Role::SaysExcluded { topic: number }
            | planting::Role::Elsewhere { topic: number }
            | planting::Role::Around { topic: number }
            | planting::Role::HalfName { topic: number, .. }
            | planting::Role::Stuffed { topic: number } => std::ptr::eq(world.planting.topics[*number], *topic),
            planting::Role::Answers { .. } | planting::Role::LongWinded => false,
        });
        assert!(others.count() >= 4, "{}", query.text);
    }
}

#[test]
fn the_vocabulary_is_as_large_and_as_uneven_as_a_real_one() {
    let world = world(23, 20_000);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    // Every fourth creator is enough to see the law; fewer words are met than in all.
    for creator in (0..20_000).step_by(4).map(|position| world.creator(position)) {
        for post in &creator.posts {
            for word in post.text.split(|letter: char| !letter.is_alphanumeric()) {
                let word = word.to_lowercase();
                match counts.get_mut(&word) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(word, 1)),
                }
            }
        }
    }
    counts.remove("");
    let mut ranked: Vec<u32> = counts.into_values().collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    assert!((40_000..90_000).contains(&ranked.len()), "{} distinct words", ranked.len());
    let exponent = zipf_exponent(&ranked, 10, 5_000);
    assert!((0.9..1.15).contains(&exponent), "{exponent}");
}

/// The slope of ln count over ln rank between two ranks, at ranks evenly spread in ln.
fn zipf_exponent(ranked: &[u32], from: usize, to: usize) -> f64 {
    let steps = 60;
    let points: Vec<(f64, f64)> = (0..=steps)
        .map(|step| (from as f64 * (to as f64 / from as f64).powf(f64::from(step) / f64::from(steps))) as usize)
        .map(|rank| ((rank as f64).ln(), f64::from(ranked[rank - 1]).ln()))
        .collect();
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let across: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    -across / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

#[test]
fn texts_are_as_long_as_promised_and_figures_agree_with_the_posts() {
    let world = world(29, 3_000);
    let length = |text: &str| text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    for (position, creator) in world.creators().enumerate() {
        let long_winded = matches!(world.planting.roles.get(&position), Some(planting::Role::LongWinded));
        let (posts, post_words) = if long_winded { (20..=30, 40..=60) } else { (6..=14, 8..=30) };
        assert!(posts.contains(&creator.posts.len()), "{creator:#?}");
        assert!((5..=25).contains(&length(&creator.bio)), "{}", creator.bio);
        for post in &creator.posts {
            assert!(post_words.contains(&length(&post.text)), "{} {}", length(&post.text), post.text);
            assert!(post.tags.len() <= 5);
            assert!(post.at.day() < END_DAY + 1);
        }
        assert!(creator.posts.windows(2).all(|pair| pair[0].at < pair[1].at));
        let figures = &creator.figures;
        for measured in [figures.engagement_by_followers, figures.reply_rate].into_iter().flatten() {
            assert!(0.0 <= measured.lo && measured.lo <= measured.value, "{measured:?}");
            assert!(measured.value <= measured.hi && measured.hi <= 1.0, "{measured:?}");
        }
        let paid = creator.posts.iter().filter(|post| post.paid).count() as f64 / creator.posts.len() as f64;
        assert_eq!(figures.paid_share, Some(paid));
        assert_eq!(figures.last_post_day, creator.posts.last().map(|post| post.at.day()));
        assert_eq!(figures.conversation_level == "not-known", figures.reply_rate.is_none());
        assert!(figures.groups.iter().all(|group| *group as usize % niche_names().len() == figures.niche));
    }
}

#[test]
fn values_are_unknown_and_languages_spread_at_the_stated_rates() {
    let world = world(31, 6_000);
    let creators: Vec<SearchCreator> = world.creators().collect();
    let share = |holds: &dyn Fn(&SearchCreator) -> bool| {
        creators.iter().filter(|creator| holds(creator)).count() as f64 / creators.len() as f64
    };
    let near = |share: f64, stated: f64| assert!((share - stated).abs() < 0.04, "{share} instead of {stated}");
    near(share(&|creator| creator.figures.engagement_by_followers.is_some()), 0.88);
    near(share(&|creator| creator.figures.reply_rate.is_some()), 0.72);
    near(share(&|creator| creator.figures.growth_90_days.is_some()), 0.7);
    near(share(&|creator| creator.figures.fee_minor_units.is_some()), 0.35);
    near(share(&|creator| creator.figures.groups.is_empty()), 0.4);
    near(share(&|creator| creator.country.is_some()), 0.7);
    near(share(&|creator| creator.language.is_some()), 0.7);
    let languages = share(&|creator| creator.language.is_some_and(|language| language != "en"));
    near(languages / share(&|creator| creator.language.is_some()), 0.3);
    let mut followers: Vec<f64> = creators.iter().map(|creator| (creator.followers as f64).ln()).collect();
    followers.sort_unstable_by(f64::total_cmp);
    assert!((followers[3_000].exp() / 6_000.0 - 1.0).abs() < 0.1, "{}", followers[3_000].exp());
}

#[test]
fn no_two_creators_share_an_account_or_but_for_planted_names_a_handle() {
    let world = world(37, 6_000);
    let (mut accounts, mut handles, mut twice) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for creator in world.creators() {
        assert!(accounts.insert(creator.account));
        if !handles.insert(creator.handle.clone()) {
            twice.insert(creator.handle);
        }
    }
    let planted = ["ilmari.trandal", "nadja.oskarine", "quentin_bellomare", "tove.averquist"];
    assert!(twice.iter().all(|handle| planted.contains(&handle.as_str())), "{twice:?}");
}

#[test]
fn the_first_seven_queries_are_of_every_kind_and_there_are_forty() {
    let world = world(41, 100);
    let queries = world.queries();
    assert_eq!(queries.len(), 40);
    let kinds: BTreeSet<QueryKind> = queries.iter().take(7).map(|query| query.kind).collect();
    assert_eq!(kinds.len(), QueryKind::ALL.len());
    assert_eq!(queries.iter().filter(|query| query.kind == QueryKind::OtherWords).count(), 12);
    let texts: BTreeSet<&String> = queries.iter().map(|query| &query.text).collect();
    assert_eq!(texts.len(), 40);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_query_is_without_an_answer_however_small_the_world(
        seed in any::<u64>(), creators in 0usize..600, queries in 0usize..60,
    ) {
        let world = SearchWorld::plan(SearchSettings { seed, creators, queries });
        let positions = positions(&world);
        for query in world.queries() {
            prop_assert!(!query.answers.is_empty());
            for (account, grade) in &query.answers {
                prop_assert_eq!(query.grade_of(&world.creator(positions[account])), Some(*grade));
            }
        }
    }
}
