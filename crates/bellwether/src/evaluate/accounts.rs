//! `bellwether evaluate accounts`: how well the account model tells accounts made to be sold, on profiles it had not seen.

use std::path::PathBuf;

use clap::Args;
use engine::vetting::accounts::evaluate::{AccountsEvaluationSettings, on_another, out_of_fold};
use engine::vetting::accounts::train::can_learn_from;

use super::labelled::read_all_accounts;
use crate::output::Output;

#[derive(Args)]
pub struct AccountsArguments {
    /// Files of labelled profiles to learn from, set apart by commas; `is_fake` is the label.
    #[arg(long, required = true, value_delimiter = ',')]
    train: Vec<PathBuf>,
    /// A file of labelled profiles to judge; without it each part of the first is judged by the others.
    #[arg(long)]
    test: Option<PathBuf>,
    /// Parts that the profiles are divided into.
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// Divisions that are tried; figures are means over them.
    #[arg(long, default_value_t = 3)]
    seeds: usize,
    /// The first division.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Reads, learns, judges, prints.
pub fn run(arguments: &AccountsArguments, output: Output<'_>) -> anyhow::Result<()> {
    if !(2..=100).contains(&arguments.folds) || !(1..=100).contains(&arguments.seeds) {
        anyhow::bail!("--folds is a number from 2 to 100 and --seeds one from 1 to 100");
    }
    let labelled = read_all_accounts(&arguments.train)?;
    if !can_learn_from(&labelled) {
        anyhow::bail!(
            "{} labelled profiles are too few to learn from\nhint: at least 40 are needed, and 8 of either kind",
            labelled.len()
        );
    }
    let settings = AccountsEvaluationSettings {
        folds: arguments.folds,
        seeds: arguments.seeds,
        seed: arguments.seed,
        ..AccountsEvaluationSettings::default()
    };
    let found = match &arguments.test {
        None => out_of_fold(&labelled, &settings),
        Some(test) => on_another(&labelled, &super::labelled::read_accounts(test)?, &settings),
    };
    output.result(&found, |out| {
        let figures = &found.figures;
        writeln!(out, "{} profiles judged, {} made to be sold", found.rows - found.not_judged, found.positives)?;
        if found.not_judged > 0 {
            writeln!(out, "{} not judged: nothing is known of them that the model reads", found.not_judged)?;
        }
        writeln!(
            out,
            "AUC {:.3}, F1 {:.3}, Brier {:.4}, ECE {:.3}",
            figures.auc, figures.f1, figures.brier, figures.ece
        )?;
        let (one, five) = (figures.recall_at_fpr_1, figures.recall_at_fpr_5);
        writeln!(out, "found where 1 in 100 real ones is called so: {one:.3}; 5 in 100: {five:.3}")
    })
}
