//! The demo: a made-up market with known truth, imported as real data would be, ranked, and served.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use synth::{World, WorldSettings, WorldSize};

use crate::cli::{ServeArguments, allowed_address};
use crate::data_directory::DataDirectory;
use crate::ingest::generated::GeneratedWorld;
use crate::ingest::{Repeat, import};
use crate::output::{Output, grouped};
use crate::{matching, refresh, web};

#[derive(Args)]
pub struct DemoArguments {
    /// The same seed makes the same market.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// small, medium, million or large.
    #[arg(long, default_value = "small", value_parser = size)]
    pub size: WorldSize,
    #[command(flatten)]
    pub serve: ServeArguments,
    /// Make the market and its ranking, then stop instead of serving it.
    #[arg(long)]
    pub no_serve: bool,
}

pub(crate) fn size(text: &str) -> Result<WorldSize, String> {
    WorldSize::from_code(text).ok_or_else(|| "a market is small, medium, million or large".to_owned())
}

/// Makes the market in `data_dir` unless it is there already, and serves it.
pub async fn run(data_dir: &Path, arguments: &DemoArguments, output: Output<'_>) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    let data = Arc::new(DataDirectory::open(data_dir).await?);
    let listen = allowed_address(&arguments.serve, &data).await?;
    let settings = WorldSettings::new(arguments.seed, arguments.size);
    let format = GeneratedWorld::new(settings);
    output.say("making a market: every account, post and comment in it is made up");
    let bar = output.import_bar(0);
    let report = import(&data, format, Repeat::Skip, bar.progress.clone()).await?;
    drop(bar);
    let truth = World::plan(settings)?.truth().clone();
    let planted = truth.brand.clone();
    let brand = matching::keep_brand(&data, &planted.name, planted.buyers).await?;
    let refreshed = refresh::refresh(&data, refresh::Asked::WhatChanged, |step| output.say(step)).await?;
    let ranked = matching::rank(&data, brand).await?;
    crate::measurement::made_up::keep(&data, &truth.campaigns).await?;
    output.say(&format!(
        "{} facts, {} interactions between {} accounts, ready in {:.1} s",
        grouped(report.counts.inserted),
        grouped(refreshed.interactions),
        grouped(refreshed.accounts),
        began.elapsed().as_secs_f64()
    ));
    if arguments.no_serve {
        let document = json!({
            "brand": ranked.brand.name, "summary": ranked.summary, "interactions": refreshed.interactions,
            "accounts": refreshed.accounts, "took_seconds": began.elapsed().as_secs_f64(),
        });
        return output.result(&document, |out| {
            writeln!(out, "the market is in {}; `bellwether serve` shows it", data_dir.display())
        });
    }
    web::serve(data, listen).await
}
