//! `bellwether evaluate panel`: what a campaign changed in some places, against other places of the same file that had none.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use engine::measurement::panel::{Donor, EffectRange, PanelInput, PanelSettings, panel_lift};
use serde_json::json;

use super::daily::DailyTable;
use super::edges::timed;
use crate::output::Output;

#[derive(Args)]
pub struct PanelArguments {
    /// A CSV file: `location,date,Y`, or a column a place with a row a period.
    #[arg(long)]
    data: PathBuf,
    /// The places with the campaign, with commas between; of several their mean is looked at.
    #[arg(long)]
    treated: String,
    /// How many periods lie before the start.
    #[arg(long)]
    pre: usize,
}

/// Weights below this are not printed.
const WEIGHT_SHOWN: f64 = 1e-6;

/// Measures, prints.
pub fn run(arguments: &PanelArguments, output: Output<'_>) -> anyhow::Result<()> {
    let table = DailyTable::read(&arguments.data)?;
    let places = places_of(&table);
    let periods = places.values().map(Vec::len).max().unwrap_or(0);
    let names: Vec<&str> = arguments.treated.split(',').map(str::trim).collect();
    let mut treated = vec![0.0; periods];
    for name in &names {
        let values = places.get(*name).with_context(|| {
            let known: Vec<&str> = places.keys().map(String::as_str).take(10).collect();
            format!("{} has no place {name:?}; there are {} …", table.place, known.join(", "))
        })?;
        anyhow::ensure!(values.len() == periods, "{name} has {} periods, others {periods}", values.len());
        for (sum, value) in treated.iter_mut().zip(values) {
            *sum += value / names.len() as f64;
        }
    }
    let donors: Vec<Donor<'_>> = places
        .iter()
        .filter(|(name, values)| !names.contains(&name.as_str()) && values.len() == periods)
        .map(|(name, values)| Donor::new(name, values))
        .collect();
    let input = PanelInput { treated: &treated, donors: &donors, periods_before: arguments.pre };
    let (found, took) = timed(|| panel_lift(&input, &PanelSettings::default()));
    let found = found?;
    let weights: BTreeMap<&str, f64> = (found.synthetic.weights.iter())
        .filter(|weight| weight.weight > WEIGHT_SHOWN)
        .map(|weight| (weight.donor.as_str(), weight.weight))
        .collect();
    let (lo, hi) = match &found.conformal.range {
        EffectRange::Between { lo, hi } => (Some(*lo), Some(*hi)),
        _ => (None, None),
    };
    let p_placebo = found.placebo.as_ref().map(|placebo| placebo.p);
    let document = json!({
        "att": found.synthetic.effect_per_period, "l2": found.synthetic.pre_fit_l2,
        "p_moving_block": found.conformal.p_any_day, "p_moving_block_mean": found.conformal.p, "p_placebo": p_placebo, "p": found.p, "weights": weights,
        "lo": lo, "hi": hi, "range": found.conformal.range, "level": found.settings.level,
        "did": found.difference_in_differences.effect_per_period, "plain": found.plain.effect_per_period,
        "verdict": found.verdict, "relative": found.synthetic.relative, "dropped": found.dropped,
        "warnings": found.warnings, "wall_ms": took.wall_s * 1_000.0,
    });
    output.result(&document, |out| {
        let percent =
            found.synthetic.relative.map_or(String::new(), |relative| format!(" ({:+.1} %)", 100.0 * relative));
        writeln!(out, "{:+.4} a period against what others let expect{percent}", found.synthetic.effect_per_period)?;
        match (lo, hi) {
            (Some(lo), Some(hi)) => {
                writeln!(out, "range at {:.0} %: {lo:.4} to {hi:.4}", 100.0 * found.settings.level)?
            }
            _ => writeln!(out, "range: not known, no end of it is refused by these periods")?,
        }
        let placebo = p_placebo.map_or("not known".to_owned(), |p| format!("{p:.4}"));
        writeln!(
            out,
            "p by blocks {:.4} (any day {:.4}), by places without a campaign {placebo}; the larger counts",
            found.conformal.p, found.conformal.p_any_day
        )?;
        writeln!(
            out,
            "difference in differences {:+.4}; plain synthetic control {:+.4}",
            found.difference_in_differences.effect_per_period, found.plain.effect_per_period
        )?;
        let mut heaviest: Vec<_> = weights.iter().collect();
        heaviest.sort_by(|a, b| b.1.total_cmp(a.1));
        for (name, weight) in heaviest {
            writeln!(out, "{:6.1} %  {name}", 100.0 * weight)?;
        }
        for warning in &found.warnings {
            writeln!(out, "note: {warning}")?;
        }
        Ok(())
    })
}

/// Places by name with a value a period: the series of a long table, or the columns of a wide one.
fn places_of(table: &DailyTable) -> BTreeMap<String, Vec<f64>> {
    let known = |values: &[Option<f64>]| values.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
    match table.series.get("") {
        Some(wide) if table.series.len() == 1 => {
            table.columns.iter().cloned().zip(wide.values.iter().map(|values| known(values))).collect()
        }
        _ => {
            let column = table.usual_response();
            table.series.iter().map(|(name, series)| (name.clone(), known(&series.values[column]))).collect()
        }
    }
}
