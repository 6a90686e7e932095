//! `bellwether evaluate plan-ahead`: plans made before a moment, counted after it, on talk whose future is known.

use std::path::PathBuf;

use clap::Args;
use engine::conversations::evaluate::{AnchorsAsked, EvaluationSettings};
use engine::planning::ahead::plans_ahead;

use super::listening::{CutArguments, anchors, read_talk};
use crate::output::Output;

#[derive(Args)]
pub struct PlanAheadArguments {
    /// A folder with interactions.csv (actor,target,kind,at_unix[,tag]).
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    cut: CutArguments,
    /// How many accounts stand for brands, those with most talkers first, or `all`.
    #[arg(long, default_value = "100", value_parser = anchors)]
    anchors: AnchorsAsked,
    /// How many creators a plan holds.
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// Another draw for the intervals.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Reads the folder, plans, counts, prints.
pub fn run(arguments: &PlanAheadArguments, output: Output<'_>) -> anyhow::Result<()> {
    let cut = arguments.cut.cut()?;
    let talk = read_talk(&arguments.data)?;
    let settings = EvaluationSettings {
        cut,
        anchors: arguments.anchors,
        k: arguments.k,
        seed: arguments.seed,
        ..EvaluationSettings::default()
    };
    let report = plans_ahead(&talk, &settings)?;
    output.result(&report, |out| {
        writeln!(
            out,
            "{} brands, {} creators a plan; share of active buyers met after the cut",
            report.brands, report.k
        )?;
        writeln!(out, "{:<12} {:>8} {:>17}   {:>8} {:>17}", "", "once", "", "twice", "")?;
        for (name, of) in &report.methods {
            writeln!(
                out,
                "{name:<12} {:>8.3} ({:.3} - {:.3})   {:>8.3} ({:.3} - {:.3})",
                of.once.mean, of.once.lo, of.once.hi, of.twice.mean, of.twice.lo, of.twice.hi
            )?;
        }
        for (name, less) in &report.plan_less {
            writeln!(out, "plan less {name:<12} {:>8.3} ({:.3} - {:.3})", less.mean, less.lo, less.hi)?;
        }
        let told = |number: Option<f64>| number.map_or("not known".to_owned(), |number| format!("{number:.2}"));
        writeln!(
            out,
            "promised over met within the horizon: {}; corrected by {} from the window before the cut: {}; least certificate \
             {:.3}",
            told(report.promised_over_met),
            told(report.correction),
            told(report.promised_over_met_corrected),
            report.certificate_min
        )
    })
}
