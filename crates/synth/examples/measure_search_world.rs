//! Measures how fast a search world is planned and told, and its vocabulary: `measure_search_world 200000 [seed]`.

use std::collections::BTreeMap;
use std::time::Instant;

use synth::search::{SearchSettings, SearchWorld};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let creators = arguments.next().and_then(|creators| creators.parse().ok()).unwrap_or(200_000);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let started = Instant::now();
    let world = SearchWorld::plan(SearchSettings::new(seed, creators));
    println!("planned in {:.2} s, {} bytes of words", started.elapsed().as_secs_f64(), world.state_bytes());

    let (started, processor_s) = (Instant::now(), processor_seconds());
    let (mut posts, mut letters) = (0usize, 0usize);
    for creator in world.creators() {
        posts += creator.posts.len();
        letters += creator.bio.len() + creator.posts.iter().map(|post| post.text.len()).sum::<usize>();
    }
    let told_s = started.elapsed().as_secs_f64();
    let processor_s = processor_seconds() - processor_s;
    println!(
        "told in {told_s:.2} s, {processor_s:.2} s of them on a processor: {creators} creators ({:.0} a second and core), \
         {posts} posts, {:.1} MB of text",
        creators as f64 / processor_s,
        letters as f64 / 1e6
    );
    vocabulary(&world);
    let queries = world.queries();
    let wrong = world.creators().take(20_000).map(|creator| {
        queries.iter().filter(|query| query.grade_of(&creator) != query.answers.get(&creator.account).copied()).count()
    });
    println!("first 20,000 creators by 40 queries: {} graded otherwise than planted", wrong.sum::<usize>());
    for query in &queries {
        let of = |grade: u8| query.answers.values().filter(|&&own| own == grade).count();
        println!("{:12} {:24} {:2} / {:2} / {:2}", query.kind.code(), query.text, of(3), of(2), of(1));
    }
    println!("{:#?}", world.creator(0));
}

/// Time this process had a processor, which other programs do not take away; `NaN` where the system does not tell.
fn processor_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = status.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
}

fn vocabulary(world: &SearchWorld) {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for creator in world.creators().take(20_000) {
        for post in &creator.posts {
            for word in post.text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    let total: u64 = counts.values().sum();
    let mut ranked: Vec<(u64, &String)> = counts.iter().map(|(word, count)| (*count, word)).collect();
    ranked.sort_by(|a, b| b.cmp(a));
    println!("first 20,000 creators: {total} words, {} distinct", ranked.len());
    for rank in [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000] {
        if let Some((count, word)) = ranked.get(rank - 1) {
            println!("rank {rank:6}: {count:8} {word}");
        }
    }
}
