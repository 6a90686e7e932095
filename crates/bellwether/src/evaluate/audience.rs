//! `bellwether evaluate audience`: whether the interval of an audience's share holds the truth, on audiences put
//! together from labelled profiles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::vetting::accounts::TrainingSettings;
use engine::vetting::audience::evaluate::{AudienceEvaluation, AudienceSettings, Collection, ShareFigures, evaluate};
use serde::Serialize;

use super::labelled::read_accounts;
use crate::output::Output;

#[derive(Args)]
pub struct AudienceArguments {
    /// Files of labelled profiles to learn from, set apart by commas; `is_fake` is the label.
    #[arg(long, required = true, value_delimiter = ',')]
    train: Vec<PathBuf>,
    /// The file of labelled profiles that audiences are put together from.
    #[arg(long)]
    population: PathBuf,
    /// True shares of profiles made to be sold, 0 to 1, set apart by commas.
    #[arg(long, value_delimiter = ',', default_value = "0.05,0.15,0.3,0.5")]
    share: Vec<f64>,
    /// Profiles of an audience that the model looks at.
    #[arg(long, default_value_t = 400)]
    n: usize,
    /// Audiences for each share.
    #[arg(long, default_value_t = 200)]
    draws: usize,
    /// Profiles that people look at as well, set apart by commas; 0 is nobody.
    #[arg(long, value_delimiter = ',', default_value = "0")]
    gold: Vec<usize>,
    /// For every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Serialize)]
struct AudienceReport<'e> {
    #[serde(flatten)]
    found: &'e AudienceEvaluation,
    /// The same by share and by how many people looked at.
    by_share: BTreeMap<String, BTreeMap<String, &'e ShareFigures>>,
}

fn collection(path: &Path) -> anyhow::Result<Collection> {
    Ok(Collection { name: path.display().to_string(), accounts: read_accounts(path)? })
}

/// Reads, draws, prints.
pub fn run(arguments: &AudienceArguments, output: Output<'_>) -> anyhow::Result<()> {
    if let Some(share) = arguments.share.iter().find(|share| !(0.0..=1.0).contains(*share)) {
        anyhow::bail!("--share {share} is not a share from 0 to 1");
    }
    if arguments.n == 0 || arguments.draws == 0 {
        anyhow::bail!("--n and --draws are at least 1");
    }
    let trained: Vec<Collection> =
        arguments.train.iter().map(|path| collection(path)).collect::<anyhow::Result<_>>()?;
    let settings = AudienceSettings {
        shares: arguments.share.clone(),
        accounts: arguments.n,
        draws: arguments.draws,
        gold: arguments.gold.clone(),
        seed: arguments.seed,
        training: TrainingSettings::default(),
    };
    let found = evaluate(&trained, &collection(&arguments.population)?, &settings).context(
        "too few labelled profiles know the same columns\nhint: at least 40 are needed, and 8 of either kind, in what is \
         learned from and in the population",
    )?;
    let mut by_share: BTreeMap<String, BTreeMap<String, &ShareFigures>> = BTreeMap::new();
    for figures in &found.results {
        by_share.entry(figures.share.to_string()).or_default().insert(figures.gold.to_string(), figures);
    }
    output.result(&AudienceReport { found: &found, by_share }, |out| {
        let kind = if found.matching { "accounts of the same kind" } else { "other accounts (borrowed)" };
        writeln!(out, "error rates from {kind}, by {}", found.columns.join(", "))?;
        for figures in &found.results {
            let looked_at =
                if figures.gold > 0 { format!(", {} looked at by people", figures.gold) } else { String::new() };
            writeln!(
                out,
                "share {:.2}{looked_at}: bias {:+.3}, 90 % interval holds it in {:.0} %, width {:.3} ({})",
                figures.share,
                figures.bias,
                100.0 * figures.coverage_90,
                figures.width,
                figures.rung.words()
            )?;
        }
        Ok(())
    })
}
