//! `bellwether evaluate overlap`: audiences put together exactly, by sketches and from samples, held against a made-up truth.

use std::time::Instant;

use clap::Args;
use engine::matching::audience::evaluate::{WayFigures, figures, made_up};
use engine::matching::audience::{AudienceSettings, audiences_together};

use super::cpu_seconds;
use crate::memory;
use crate::output::{Output, grouped};

#[derive(Args)]
pub struct OverlapArguments {
    #[arg(long, default_value_t = 50)]
    creators: usize,
    /// Followers of each creator.
    #[arg(long, default_value_t = 100_000)]
    followers: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Makes audiences up, puts them together in every way, prints errors, coverage and time.
pub fn run(arguments: &OverlapArguments, output: Output<'_>) -> anyhow::Result<()> {
    let found = figures(arguments.seed, arguments.creators, arguments.followers)?;
    let world = made_up(arguments.seed, arguments.creators, arguments.followers);
    // Timed apart, on lists that lie in memory, as the product's page does it.
    let lists = world.whole();
    let usual = AudienceSettings::default();
    let sketched = AudienceSettings { exact_ids_max: 0, ..usual.clone() };
    let mut timed = serde_json::Map::new();
    for (name, settings) in [("exact", &usual), ("sketch", &sketched)] {
        let (began, cpu) = (Instant::now(), cpu_seconds());
        audiences_together(&lists, settings)?;
        let wall_s = began.elapsed().as_secs_f64();
        let cpu_s = cpu_seconds().zip(cpu).map(|(now, began)| now - began);
        timed.insert(name.to_owned(), serde_json::json!({ "wall_s": wall_s, "cpu_s": cpu_s }));
    }
    let mut document = serde_json::to_value(&found)?;
    document["seed"] = arguments.seed.into();
    document["times"] = timed.clone().into();
    document["peak_rss_bytes"] = memory::peak_bytes().into();
    output.result(&document, |out| {
        writeln!(
            out,
            "{} creators with {} followers each, {} people in all",
            found.creators,
            grouped(found.followers_each as u64),
            grouped(found.distinct)
        )?;
        let way = |out: &mut dyn std::io::Write, name: &str, of: &WayFigures| {
            let distinct =
                of.distinct_error.map_or("not known".to_owned(), |error| format!("{:.3} %", error * 100.0));
            writeln!(
                out,
                "{name:<16} people in all off by {distinct}; overlaps off by at most {:.3} points, {:.1} % of intervals hold the truth",
                of.worst_overlap_error * 100.0,
                of.overlap_coverage * 100.0
            )
        };
        way(out, "exact", &found.exact)?;
        way(out, "sketch", &found.sketch)?;
        way(out, "sample of lists", &found.sample_of_lists)?;
        way(out, "samples", &found.samples)?;
        for (name, time) in &timed {
            writeln!(out, "{name}: {:.2} s", time["wall_s"].as_f64().unwrap_or_default())?;
        }
        Ok(())
    })
}
