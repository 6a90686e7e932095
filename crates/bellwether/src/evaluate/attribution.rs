//! `bellwether evaluate attribution`: whom orders are credited to, by every model, on paths in a file of the kind that tools exchange.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use engine::measurement::attribution::paths::parse_paths;
use engine::measurement::attribution::{AttributionSettings, attribute};
use model::Days;
use serde_json::{Value, json};

use super::edges::timed;
use crate::output::{Output, grouped};

/// Amounts are read in hundredths.
const DECIMALS: u32 = 2;
/// Where no window is asked for every touch counts.
const NO_WINDOW: Days = Days(u32::MAX);

#[derive(Args)]
pub struct AttributionArguments {
    /// A CSV file with the columns path, conversions, nulls and, if known, value and days_before.
    #[arg(long)]
    paths: PathBuf,
    /// Days from a touch to the order, where the file has days; without it every touch counts.
    #[arg(long)]
    window_days: Option<u32>,
}

/// Reads the paths, credits them by all models, prints.
pub fn run(arguments: &AttributionArguments, output: Output<'_>) -> anyhow::Result<()> {
    let name = arguments.paths.display().to_string();
    let text = std::fs::read_to_string(&arguments.paths).with_context(|| format!("cannot read {name}"))?;
    let file = parse_paths(&name, &text, DECIMALS).map_err(|issue| anyhow::anyhow!("{issue}"))?;
    for issue in &file.issues {
        eprintln!("{issue}");
    }
    let window_days = arguments.window_days.map_or(NO_WINDOW, Days);
    let settings = AttributionSettings { window_days, ..AttributionSettings::default() };
    let (found, took) = timed(|| attribute(file.creators.len() as u32, &file.journeys, &settings));
    let found = found?;
    let mut all = serde_json::Map::new();
    for of in &found.models {
        let credits: BTreeMap<&str, f64> =
            file.creators.iter().map(String::as_str).zip(of.credits.conversions.iter().copied()).collect();
        all.insert(of.model.key().to_owned(), json!(credits));
    }
    for refused in &found.refused {
        all.insert(refused.model.key().to_owned(), Value::Null);
    }
    let refused: BTreeMap<&str, &str> =
        found.refused.iter().map(|refused| (refused.model.key(), refused.why.as_str())).collect();
    let effects: Option<BTreeMap<&str, f64>> = found
        .removal_effects
        .as_ref()
        .map(|effects| file.creators.iter().map(String::as_str).zip(effects.iter().copied()).collect());
    all.insert("refused".to_owned(), json!(refused));
    all.insert("base".to_owned(), json!(found.base));
    all.insert("removal_effects".to_owned(), json!(effects));
    all.insert("rows_left_out".to_owned(), json!(file.issues.len()));
    all.insert("wall_s".to_owned(), json!(took.wall_s));
    all.insert("cpu_s".to_owned(), json!(took.cpu_s));
    output.result(&all, |out| {
        let (orders, paths) = (found.shared_out.conversions, file.journeys.len());
        writeln!(out, "{} orders on {} paths", grouped(orders), grouped(paths as u64))?;
        if found.untouched.conversions > 0 {
            writeln!(
                out,
                "{} orders have no touch in the window and are nobody's",
                grouped(found.untouched.conversions)
            )?;
        }
        let widest = file.creators.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(7);
        write!(out, "{:widest$}", "creator")?;
        for of in &found.models {
            write!(out, "  {:>9}", of.model.key())?;
        }
        writeln!(out)?;
        for (place, name) in file.creators.iter().enumerate() {
            write!(out, "{name:widest$}")?;
            for of in &found.models {
                write!(out, "  {:>9.3}", of.credits.conversions[place])?;
            }
            writeln!(out)?;
        }
        for refused in &found.refused {
            writeln!(out, "{} is not known: {}", refused.model.words(), refused.why)?;
        }
        writeln!(out, "no model is the truth; where they differ, the range between them is what is known")
    })
}

#[cfg(test)]
mod tests {
    use engine::measurement::attribution::Model;

    #[test]
    fn every_model_has_the_key_that_is_documented() {
        let mut keys: Vec<&str> = Model::ALL.iter().map(|model| model.key()).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["decay", "first", "last", "linear", "markov", "position", "shapley"]);
    }
}
