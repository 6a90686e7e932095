//! Holds whole small worlds against what was promised of them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::OnceLock;

use model::facts::InteractionFact;
use model::{AccountId, FactBatch, InteractionId, InteractionKind, PostId, Timestamp};

use crate::{PlantedJump, Truth, World, WorldSettings, WorldSize};

/// A small world with all its facts at hand.
struct Told {
    world: World,
    batches: Vec<FactBatch>,
}

impl Told {
    fn new(seed: u64) -> Told {
        let world = World::plan(WorldSettings::new(seed, WorldSize::Small)).expect("default days");
        let batches = world.batches().collect();
        Told { world, batches }
    }

    fn truth(&self) -> &Truth {
        self.world.truth()
    }

    fn interactions(&self) -> impl Iterator<Item = &InteractionFact> {
        self.batches.iter().flat_map(|batch| &batch.interactions)
    }
}

fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| Told::new(1))
}

fn fnv(batches: impl Iterator<Item = FactBatch>) -> u64 {
    struct Fnv(u64);
    impl std::fmt::Write for Fnv {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            for byte in text.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    for batch in batches {
        write!(hash, "{batch:?}").expect("hashing does not fail");
    }
    hash.0
}

#[test]
fn the_same_seed_tells_the_same_bytes_and_another_seed_others() {
    let hash_of = |seed| {
        let world = World::plan(WorldSettings::new(seed, WorldSize::Small)).expect("default days");
        fnv(world.batches())
    };
    assert_eq!(hash_of(1), fnv(told().batches.iter().cloned()));
    assert_ne!(hash_of(2), hash_of(1));
}

#[test]
fn a_small_world_is_the_same_on_every_machine() {
    assert_eq!(
        fnv(told().batches.iter().cloned()),
        9763842718652707274,
        "changed on purpose? then put the new hash here"
    );
}

#[test]
fn time_runs_forward_across_all_portions() {
    let check = |name: &str, times: &mut dyn Iterator<Item = Timestamp>| {
        let mut before = Timestamp(i64::MIN);
        for at in times {
            assert!(at >= before, "{name} went back from {before:?} to {at:?}");
            before = at;
        }
        assert!(before < told().world.settings().end_at);
    };
    let batches = &told().batches;
    check("interactions", &mut told().interactions().map(|fact| fact.at));
    check("posts", &mut batches.iter().flat_map(|batch| &batch.posts).map(|post| post.created_at));
    check("profiles", &mut batches.iter().flat_map(|batch| &batch.profiles).map(|profile| profile.observed_at));
    check("counts", &mut batches.iter().flat_map(|batch| &batch.post_metrics).map(|metric| metric.observed_at));
}

#[test]
fn nothing_is_named_before_it_exists() {
    let (mut accounts, mut posts, mut said) = (HashSet::new(), HashMap::new(), HashMap::new());
    let mut texts = HashSet::new();
    for batch in &told().batches {
        accounts.extend(batch.accounts.iter().map(|account| account.id));
        posts.extend(batch.posts.iter().map(|post| (post.id, (post.author, post.created_at))));
        texts.extend(batch.texts.iter().map(|text| text.id));
        assert!(batch.profiles.iter().all(|profile| accounts.contains(&profile.account)));
        assert!(batch.post_metrics.iter().all(|metric| posts.contains_key(&metric.post)));
        assert!(batch.posts.iter().all(|post| post.text.is_none_or(|text| texts.contains(&text))));
        for fact in &batch.interactions {
            assert!(accounts.contains(&fact.actor));
            assert!(fact.target.is_some_and(|target| accounts.contains(&target) && target != fact.actor));
            if let Some(post) = fact.post {
                let (author, created_at) = posts[&post];
                assert!(created_at <= fact.at, "a comment before its post");
                assert_eq!(fact.by_author, author == Some(fact.actor));
            }
            if let Some(parent) = fact.parent {
                let (speaker, post): (AccountId, Option<PostId>) = said[&parent];
                assert_eq!((Some(speaker), post), (fact.target, fact.post), "a reply goes to whom it answers");
            }
            assert!(fact.text.is_none_or(|text| texts.contains(&text)));
            if fact.kind.is_talk() {
                assert!(said.insert(fact.id, (fact.actor, fact.post)).is_none(), "an id twice");
            }
        }
    }
    assert_eq!(accounts.len(), WorldSize::Small.accounts());
}

#[test]
fn there_is_as_much_talk_as_promised_in_bounded_portions() {
    let total = told().interactions().count() as f64;
    assert!((total / 60_000.0 - 1.0).abs() < 0.01, "{total}");
    assert!(told().batches.iter().all(|batch| batch.len() < 150_000 && batch.interactions.len() < 60_000));
}

#[test]
fn a_small_world_takes_less_than_two_seconds() {
    // The quickest of three, so that a busy machine does not fail it.
    let seconds_of = |seed| {
        let started = std::time::Instant::now();
        let world = World::plan(WorldSettings::new(seed, WorldSize::Small)).expect("default days");
        assert!(world.batches().map(|batch| batch.len()).sum::<usize>() > 200_000);
        started.elapsed().as_secs_f64()
    };
    let quickest = (5..8).map(seconds_of).fold(f64::INFINITY, f64::min);
    assert!(quickest < 2.0, "{quickest:.2} s");
}

#[test]
fn a_medium_world_keeps_less_than_a_hundred_bytes_an_account() {
    let world = World::plan(WorldSettings::new(3, WorldSize::Medium)).expect("default days");
    let mut stream = world.batches();
    let mut largest = 0;
    for _ in 0..20 {
        largest = largest.max(stream.next().expect("a medium world has more portions").len());
    }
    let an_account = (world.state_bytes() + stream.kept_bytes()) as f64 / WorldSize::Medium.accounts() as f64;
    assert!(an_account < 100.0, "{an_account}");
    assert!(largest < 200_000, "{largest}");
}

#[test]
fn few_people_do_most_of_the_talking_and_few_are_talked_to_most() {
    let share_of_top_tenth = |by: &dyn Fn(&InteractionFact) -> Option<AccountId>| {
        let mut counts: HashMap<AccountId, usize> = HashMap::new();
        for account in told().interactions().filter_map(by) {
            *counts.entry(account).or_default() += 1;
        }
        let mut counts: Vec<usize> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let total: usize = counts.iter().sum();
        counts[..300].iter().sum::<usize>() as f64 / total as f64
    };
    let (speaking, spoken_to) = (share_of_top_tenth(&|fact| Some(fact.actor)), share_of_top_tenth(&|fact| fact.target));
    assert!(speaking > 0.4, "{speaking}");
    assert!(spoken_to > 0.5, "{spoken_to}");
}

#[test]
fn about_three_quarters_of_ordinary_talk_stays_in_the_group() {
    let groups: HashMap<AccountId, u32> = told().world.members().map(|member| (member.account, member.group)).collect();
    let pods: HashSet<AccountId> = told().truth().pods.iter().flatten().copied().collect();
    let (mut inside, mut all) = (0, 0);
    for fact in told().interactions().filter(|fact| fact.parent.is_none() && !pods.contains(&fact.actor)) {
        let target = fact.target.expect("every target is known here");
        if let (Some(own), Some(other)) = (groups.get(&fact.actor), groups.get(&target)) {
            all += 1;
            inside += usize::from(own == other);
        }
    }
    let share = f64::from(inside as u32) / f64::from(all);
    assert!((0.68..0.85).contains(&share), "{share}");
}

#[test]
fn the_planted_answering_habit_is_found_in_the_talk() {
    let bots: HashSet<AccountId> = told().truth().bots.iter().copied().collect();
    let end = told().world.settings().end_at.0 - 7 * 86_400 * 1_000_000;
    let mut asked: HashMap<AccountId, Vec<InteractionId>> = HashMap::new();
    let mut answered: HashSet<InteractionId> = HashSet::new();
    let posts: HashMap<PostId, Option<AccountId>> =
        told().batches.iter().flat_map(|batch| &batch.posts).map(|post| (post.id, post.author)).collect();
    for fact in told().interactions().filter(|fact| fact.kind.is_talk()) {
        let author = fact.post.and_then(|post| posts[&post]);
        if fact.by_author {
            answered.extend(fact.parent);
        } else if author == fact.target && author.is_some() && fact.at.0 < end && !bots.contains(&fact.actor) {
            asked.entry(fact.target.expect("every target is known here")).or_default().push(fact.id);
        }
    }
    let (mut error, mut seen) = (0.0, 0);
    for habit in &told().truth().answering {
        if let Some(comments) = asked.get(&habit.account).filter(|comments| comments.len() >= 50) {
            let rate = comments.iter().filter(|id| answered.contains(id)).count() as f64 / comments.len() as f64;
            error += (rate - habit.rate).abs();
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen} creators with fifty comments");
    assert!(error / f64::from(seen) < 0.05, "mean error {}", error / f64::from(seen));
}

#[test]
fn bots_praise_round_the_clock_and_pods_come_within_minutes() {
    let bots: HashSet<AccountId> = told().truth().bots.iter().copied().collect();
    let mut by_hour = [0u32; 24];
    let mut people_by_hour = [0u32; 24];
    for fact in told().interactions() {
        let hour = (fact.at.unix_seconds() / 3_600 % 24) as usize;
        let counts = if bots.contains(&fact.actor) { &mut by_hour } else { &mut people_by_hour };
        counts[hour] += 1;
    }
    let spread = |counts: &[u32; 24]| {
        f64::from(*counts.iter().max().expect("24 hours")) / f64::from(*counts.iter().min().expect("24 hours"))
    };
    let bot_share = f64::from(by_hour.iter().sum::<u32>()) / 60_000.0;
    assert!((0.02..0.10).contains(&bot_share), "{bot_share}");
    let (of_bots, of_people) = (spread(&by_hour), spread(&people_by_hour));
    assert!(of_bots < 1.7 && of_people > 2.0, "{of_bots} {of_people}");

    let posts: HashMap<PostId, (Option<AccountId>, Timestamp)> = told()
        .batches
        .iter()
        .flat_map(|batch| &batch.posts)
        .map(|post| (post.id, (post.author, post.created_at)))
        .collect();
    for pod in &told().truth().pods {
        assert!((10..=30).contains(&pod.len()), "a pod of {}", pod.len());
        let members: HashSet<AccountId> = pod.iter().copied().collect();
        let (mut quick, mut all) = (0u32, 0u32);
        for fact in told().interactions().filter(|fact| fact.kind == InteractionKind::Comment) {
            let Some((Some(author), created_at)) = fact.post.map(|post| posts[&post]) else { continue };
            if members.contains(&author) && members.contains(&fact.actor) {
                all += 1;
                quick += u32::from(fact.at.unix_seconds() - created_at.unix_seconds() < 1_800);
            }
        }
        assert!(all > 500 && f64::from(quick) / f64::from(all) > 0.9, "{quick} of {all}");
    }
}

#[test]
fn in_the_hold_out_buyers_talk_most_to_whom_they_listen() {
    let truth = told().truth();
    let listened: HashSet<(AccountId, AccountId)> =
        truth.audience.iter().map(|edge| (edge.buyer, edge.creator)).collect();
    let buyers: HashSet<AccountId> = truth.buyers.iter().copied().collect();
    let groups: HashMap<AccountId, u32> = told().world.members().map(|member| (member.account, member.group)).collect();
    let mut creators_in: HashMap<u32, usize> = HashMap::new();
    for habit in &truth.answering {
        *creators_in.entry(groups[&habit.account]).or_default() += 1;
    }
    let creators: HashSet<AccountId> = truth.answering.iter().map(|habit| habit.account).collect();
    let (mut to_listened, mut to_others, mut to_all) = (0u32, 0u32, 0u32);
    for fact in told().interactions().filter(|fact| fact.at >= truth.cut_at && buyers.contains(&fact.actor)) {
        let target = fact.target.expect("every target is known here");
        to_all += 1;
        if listened.contains(&(fact.actor, target)) {
            to_listened += 1;
        } else if creators.contains(&target) && groups.get(&fact.actor) == groups.get(&target) {
            to_others += 1;
        }
    }
    let other_pairs = truth.buyers.iter().map(|buyer| creators_in[&groups[buyer]]).sum::<usize>() - listened.len();
    let per_listened = f64::from(to_listened) / listened.len() as f64;
    let per_other = f64::from(to_others) / other_pairs as f64;
    assert!(f64::from(to_listened) > 0.35 * f64::from(to_all), "{to_listened} of {to_all}");
    assert!(per_listened > 5.0 * per_other, "{per_listened} {per_other}");
}

/// Of the twenty best by a score, how many are among the twenty most listened to.
fn found_of_twenty(score: &HashMap<AccountId, f64>) -> usize {
    let planted: HashSet<AccountId> = told().truth().listening.iter().take(20).map(|planted| planted.account).collect();
    let mut ranked: Vec<(&AccountId, &f64)> = score.iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(a.1).then(a.0.cmp(b.0)));
    ranked.iter().take(20).filter(|(account, _)| planted.contains(account)).count()
}

#[test]
fn fame_finds_few_of_the_listened_to_and_buyers_talk_finds_most() {
    let truth = told().truth();
    let buyers: HashSet<AccountId> = truth.buyers.iter().copied().collect();
    let own: HashSet<AccountId> = truth.brand.own_accounts.iter().copied().collect();
    let mut followers: HashMap<AccountId, f64> = HashMap::new();
    for profile in told().batches.iter().flat_map(|batch| &batch.profiles) {
        followers.insert(profile.account, profile.followers.unwrap_or(0) as f64);
    }
    let (mut talkers, mut pairs) = (HashMap::<AccountId, HashSet<AccountId>>::new(), HashMap::new());
    for fact in told().interactions().filter(|fact| fact.at < truth.cut_at && fact.kind.is_talk()) {
        let target = fact.target.expect("every target is known here");
        talkers.entry(target).or_default().insert(fact.actor);
        if buyers.contains(&fact.actor) && !own.contains(&target) {
            *pairs.entry((fact.actor, target)).or_insert(0.0) += 1.0;
        }
    }
    let near: HashSet<u32> = truth.groups.iter().filter(|group| group.has_buyers).map(|group| group.number).collect();
    let near: HashSet<AccountId> =
        told().world.members().filter(|member| near.contains(&member.group)).map(|member| member.account).collect();
    let popularity = talkers.iter().map(|(account, from)| (*account, from.len() as f64)).collect();
    let popularity_near = talkers
        .iter()
        .filter(|(account, _)| near.contains(account))
        .map(|(account, from)| (*account, from.len() as f64))
        .collect();
    let mut persistent: HashMap<AccountId, f64> = HashMap::new();
    for ((_, target), count) in &pairs {
        *persistent.entry(*target).or_default() += f64::from(u8::from(*count >= 3.0));
    }
    let (by_followers, by_popularity) = (found_of_twenty(&followers), found_of_twenty(&popularity));
    let (by_popularity_near, by_buyers) = (found_of_twenty(&popularity_near), found_of_twenty(&persistent));
    println!(
        "followers {by_followers}, popularity {by_popularity}, in the groups {by_popularity_near}, buyers {by_buyers}"
    );
    assert!(by_followers <= 3, "{by_followers}");
    assert!(by_popularity <= by_popularity_near && (4..=13).contains(&by_popularity_near), "{by_popularity_near}");
    assert!(by_buyers >= 13 && by_buyers > by_popularity_near, "{by_buyers}");
}

#[test]
fn the_brands_definition_finds_most_buyers_and_few_others() {
    let truth = told().truth();
    let definition = &truth.brand.buyers;
    let texts: HashMap<_, _> =
        told().batches.iter().flat_map(|batch| &batch.texts).map(|t| (t.id, t.body.as_str())).collect();
    let names = |text| {
        let body = texts[&text].to_lowercase();
        definition.keywords.iter().any(|keyword| body.contains(keyword.as_str()))
    };
    let mut matches: HashMap<AccountId, u32> = HashMap::new();
    for fact in told().interactions() {
        let to_brand = fact.target.is_some_and(|target| truth.brand.own_accounts.contains(&target));
        if to_brand || fact.text.is_some_and(names) {
            *matches.entry(fact.actor).or_default() += 1;
        }
    }
    for post in told().batches.iter().flat_map(|batch| &batch.posts) {
        if post.text.is_some_and(names) || post.tags.iter().any(|tag| definition.tags.contains(tag)) {
            *matches.entry(post.author.expect("no author is deleted")).or_default() += 1;
        }
    }
    let buyers: HashSet<AccountId> = truth.buyers.iter().copied().collect();
    let found: Vec<_> = matches.iter().filter(|(_, count)| **count >= definition.mentions_min).collect();
    let right = found.iter().filter(|(account, _)| buyers.contains(account)).count() as f64;
    let (precision, recall) = (right / found.len() as f64, right / buyers.len() as f64);
    assert!(precision > 0.9 && recall > 0.8, "precision {precision}, recall {recall}");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn both_kinds_of_jump_stand_out_and_only_the_viral_one_brings_engagement() {
    let truth = told().truth();
    let mut followers: HashMap<(AccountId, i32), f64> = HashMap::new();
    for profile in told().batches.iter().flat_map(|batch| &batch.profiles) {
        if let Some(count) = profile.followers {
            followers.insert((profile.account, profile.observed_at.day()), count as f64);
        }
    }
    let posts: HashMap<PostId, (AccountId, i32)> = told()
        .batches
        .iter()
        .flat_map(|batch| &batch.posts)
        .map(|post| (post.id, (post.author.expect("no author is deleted"), post.created_at.day())))
        .collect();
    let check = |jumps: &[PlantedJump], lift_min: f64, lift_max: f64| {
        let (mut steps, mut lifts) = (Vec::new(), Vec::new());
        for jump in jumps {
            let gain = |day: i32| followers[&(jump.account, day)] - followers[&(jump.account, day - 1)];
            let mut before: Vec<f64> = (jump.first_day - 28..jump.first_day).map(gain).collect();
            let best = (jump.first_day..jump.first_day + 6).map(gain).fold(0.0, f64::max);
            steps.push(best / (median(&mut before).max(0.0) + 1.0));
            let (mut during, mut usual) = (Vec::new(), Vec::new());
            for metric in told().batches.iter().flat_map(|batch| &batch.post_metrics) {
                let (author, day) = posts[&metric.post];
                if let (true, Some(likes)) = (author == jump.account, metric.likes) {
                    let near = (jump.first_day - 1..jump.first_day + 4).contains(&day);
                    if near { &mut during } else { &mut usual }.push(likes as f64);
                }
            }
            if !during.is_empty() {
                lifts.push(median(&mut during) / median(&mut usual));
            }
        }
        let (step, lift) = (median(&mut steps), median(&mut lifts));
        assert!(step > 3.0, "{step} times a usual day");
        assert!((lift_min..lift_max).contains(&lift), "{lift} times the usual likes");
    };
    check(&truth.bought_growth, 0.4, 2.0);
    check(&truth.viral_growth, 2.2, 20.0);
    assert_eq!((truth.bought_growth.len(), truth.viral_growth.len()), (12, 12));
}

#[test]
fn engagement_falls_with_size_and_unknown_is_never_zero() {
    let mut followers: HashMap<AccountId, f64> = HashMap::new();
    let mut posts = HashMap::new();
    let mut rates: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    let (mut hidden, mut reach_unknown) = (0, 0);
    for batch in &told().batches {
        followers.extend(batch.profiles.iter().filter_map(|p| Some((p.account, p.followers? as f64))));
        posts.extend(batch.posts.iter().map(|post| (post.id, post.author.expect("no author is deleted"))));
        for metric in &batch.post_metrics {
            let size = followers.get(&posts[&metric.post]).copied().unwrap_or(0.0);
            hidden += usize::from(metric.likes.is_none());
            reach_unknown += usize::from(metric.reach.is_none());
            if let (Some(likes), 1_000.0..) = (metric.likes, size) {
                rates[usize::from(size >= 10_000.0)].push(likes as f64 / size);
            }
        }
    }
    let (small, large) = (median(&mut rates[0]), median(&mut rates[1]));
    assert!(small > 1.2 * large && (0.01..0.15).contains(&small), "{small} {large}");
    assert!(hidden > 0 && reach_unknown > 0);
}

#[test]
fn planted_campaigns_add_up_to_their_lift() {
    for campaign in &told().truth().campaigns {
        let during = &campaign.values[campaign.pre_days..];
        let mean = during.iter().sum::<f64>() / during.len() as f64;
        let lift = campaign.effect_per_day / (mean - campaign.effect_per_day);
        assert!((lift - campaign.lift).abs() < 0.01, "{lift} planted {}", campaign.lift);
        assert_eq!((campaign.values.len(), campaign.pre_days % 7), (campaign.control.len(), 0));
    }
}

#[test]
fn a_world_too_short_is_refused_with_the_reason() {
    let settings = WorldSettings { days: model::Days(30), ..WorldSettings::default() };
    let error = World::plan(settings).expect_err("thirty days are too few");
    assert!(error.to_string().contains("120 to 3650"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4))]
    #[test]
    fn any_seed_and_length_makes_a_whole_world(seed in proptest::prelude::any::<u64>(), days in 120u32..800) {
        let settings = WorldSettings { days: model::Days(days), ..WorldSettings::new(seed, WorldSize::Small) };
        let world = World::plan(settings).expect("days are within bounds");
        let total: usize = world.batches().map(|batch| batch.interactions.len()).sum();
        proptest::prop_assert!((total as f64 / 60_000.0 - 1.0).abs() < 0.01, "{} interactions", total);
        proptest::prop_assert!(world.truth().pods.iter().all(|pod| pod.len() >= 8));
    }
}
