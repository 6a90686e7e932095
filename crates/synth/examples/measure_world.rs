//! Measures how fast a made-up world is planned and told, and what it keeps in memory: `measure_world small [seed]`.

use std::time::Instant;

use synth::{World, WorldSettings, WorldSize};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let size = arguments.next().as_deref().and_then(WorldSize::from_code).unwrap_or(WorldSize::Small);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let started = Instant::now();
    let world = World::plan(WorldSettings::new(seed, size)).expect("365 days are enough");
    let planned_s = started.elapsed().as_secs_f64();
    let accounts = size.accounts() as f64;
    println!("planned in {planned_s:.2} s, {:.1} bytes an account", world.state_bytes() as f64 / accounts);

    let started = Instant::now();
    let (mut interactions, mut facts, mut largest, mut batches, mut kept) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut profiles, mut posts, mut readings, mut texts) = (0usize, 0usize, 0usize, 0usize);
    let mut stream = world.batches();
    while let Some(batch) = stream.next() {
        interactions += batch.interactions.len();
        profiles += batch.profiles.len();
        posts += batch.posts.len();
        readings += batch.post_metrics.len();
        texts += batch.texts.len();
        facts += batch.len();
        largest = largest.max(batch.len());
        kept = kept.max(stream.kept_bytes());
        batches += 1;
    }
    let told_s = started.elapsed().as_secs_f64();
    println!(
        "told in {told_s:.2} s: {interactions} interactions ({:.0}/s), {facts} facts ({:.0}/s) in {batches} portions, largest {largest}",
        interactions as f64 / told_s,
        facts as f64 / told_s
    );
    println!("{profiles} profiles, {posts} posts, {readings} readings, {texts} texts");
    println!("kept while telling: at most {:.1} bytes an account", kept as f64 / accounts);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
}
