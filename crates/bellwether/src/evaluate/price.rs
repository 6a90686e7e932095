//! `bellwether evaluate price`: how often the next deal falls into the range made for it, on made-up markets.

use clap::Args;
use engine::matching::price::evaluate::planted_coverage;

use super::cpu_seconds;
use crate::output::{Output, estimate_text};

#[derive(Args)]
pub struct PriceArguments {
    /// Made-up markets, for each kind of noise.
    #[arg(long, default_value_t = 400)]
    worlds: usize,
    /// Prices held in each market.
    #[arg(long, default_value_t = 20)]
    prices: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Makes the markets up, estimates, prints.
pub fn run(arguments: &PriceArguments, output: Output<'_>) -> anyhow::Result<()> {
    if arguments.worlds == 0 {
        anyhow::bail!("--worlds is at least 1; from 400 on the coverage is known to a few hundredths");
    }
    let began = cpu_seconds();
    let found = planted_coverage(arguments.seed, arguments.worlds, arguments.prices);
    let cpu_s = cpu_seconds().zip(began).map(|(now, began)| now - began);
    let mut document = serde_json::to_value(&found)?;
    document["cpu_s"] = cpu_s.into();
    output.result(&document, |out| {
        writeln!(
            out,
            "{} markets of each kind with {} prices; ranges are made to hold {:.0} % of next deals",
            found.worlds,
            found.facts_per_world,
            found.nominal * 100.0
        )?;
        for cell in &found.cells {
            let kind = serde_json::to_value(cell.noise)?.as_str().unwrap_or("").replace('_', " ");
            let creator = serde_json::to_value(cell.creator)?.as_str().unwrap_or("").to_owned();
            writeln!(out, "{kind:<13} {creator:<6} held {}", estimate_text(&cell.coverage))?;
        }
        Ok(())
    })
}
