//! `bellwether evaluate lift`: what a campaign added to one series in a file, with its placebo windows and what could be seen at all.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use engine::measurement::lift::{
    Lift, LiftInput, LiftSettings, LiftVerdict, Scale, measure_lift, placebo_in_time, smallest_detectable, verdict,
    warnings,
};
use engine::measurement::second_opinion::{
    Opinion, SecondOpinion, SecondOpinionInput, SecondOpinionSettings, second_opinion,
};
use serde_json::json;

use super::daily::{DailySeries, DailyTable};
use super::edges::timed;
use crate::output::Output;

#[derive(Args)]
pub struct LiftArguments {
    /// A CSV file with a row a day and columns of numbers; a column `date` or `day` gives gaps and weekdays.
    #[arg(long)]
    data: PathBuf,
    /// How many rows lie before the start.
    #[arg(long)]
    pre: usize,
    /// The outcome: `y` or the first column of numbers unless named.
    #[arg(long)]
    response: Option<String>,
    /// Columns that swing along, with commas between; every other column of numbers unless named, `none` for none.
    #[arg(long)]
    controls: Option<String>,
    /// The average over kinds of noise, or the model that others run by default.
    #[arg(long, value_enum, default_value_t = EngineArgument::Grid)]
    engine: EngineArgument,
    /// Other draws of the second opinion.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    how: HowArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineArgument {
    Grid,
    Gibbs,
}

/// What both evaluations of lift may be told.
#[derive(Args)]
pub struct HowArguments {
    /// On which scale an effect is thought constant.
    #[arg(long, value_enum)]
    scale: Option<ScaleArgument>,
    /// Weekdays as columns of the design, or not.
    #[arg(long)]
    weekdays: Option<bool>,
    /// A straight trend as a column of the design.
    #[arg(long)]
    trend: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScaleArgument {
    Level,
    Percent,
    Automatic,
}

impl HowArguments {
    pub fn settings(&self, unless_said: Scale) -> LiftSettings {
        let scale = match self.scale {
            None => unless_said,
            Some(ScaleArgument::Level) => Scale::Level,
            Some(ScaleArgument::Percent) => Scale::Log,
            Some(ScaleArgument::Automatic) => Scale::Automatic,
        };
        LiftSettings { scale, has_trend: self.trend, ..LiftSettings::default() }
    }

    pub fn weekdays_unless_said(&self, unless_said: bool) -> bool {
        self.weekdays.unwrap_or(unless_said)
    }

    pub fn first_weekday(&self, series: &DailySeries, unless_said: bool) -> Option<u8> {
        if self.weekdays_unless_said(unless_said) { series.first_weekday() } else { None }
    }
}

/// Measures, prints.
pub fn run(arguments: &LiftArguments, output: Output<'_>) -> anyhow::Result<()> {
    let table = DailyTable::read(&arguments.data)?;
    anyhow::ensure!(
        table.series.len() == 1,
        "{} holds {} series; ask `evaluate lift-many`",
        table.place,
        table.series.len()
    );
    let series = table.series.values().next().expect("one series");
    let response = match &arguments.response {
        Some(name) => table.column(name)?,
        None => table.usual_response(),
    };
    let controls = controls_of(&table, series, response, arguments.controls.as_deref())?;
    let columns: Vec<&[f64]> = controls.iter().map(|(_, values)| values.as_slice()).collect();
    let input = LiftInput {
        response: &series.values[response],
        pre_periods: arguments.pre,
        controls: &columns,
        events: &[],
        first_weekday: arguments.how.first_weekday(series, false),
    };
    if arguments.engine == EngineArgument::Gibbs {
        return gibbs(&input, arguments.seed, output);
    }
    let settings = arguments.how.settings(Scale::Level);
    let (lift, took) = timed(|| measure_lift(&input, &settings));
    let lift = lift?;
    let placebo = placebo_in_time(&input, &settings, &lift);
    let verdict = verdict(&lift, Some(&placebo));
    let detectable = smallest_detectable(&placebo, &lift);
    let warnings: Vec<String> = warnings(&input, &lift).into_iter().map(|warning| warning.words()).collect();
    let names: Vec<&str> = controls.iter().map(|(name, _)| name.as_str()).collect();
    let document = json!({
        "effect": lift.effect, "lo": lift.lo, "hi": lift.hi, "p": lift.p,
        "cumulative": lift.cumulative, "cumulative_lo": lift.cumulative_lo, "cumulative_hi": lift.cumulative_hi,
        "relative": lift.relative, "relative_lo": lift.relative_lo, "relative_hi": lift.relative_hi,
        "verdict": verdict.words(), "wall_ms": took.wall_s * 1_000.0, "level": lift.level,
        "shares": lift.shares, "scale": lift.scale, "is_small_counts": lift.is_small_counts,
        "pre_periods": lift.pre_periods, "post_periods": lift.post_periods,
        "response": table.columns[response], "controls": names, "warnings": warnings,
        "placebo": { "windows": placebo.windows.len(), "alarms": placebo.alarms, "rank": placebo.rank, "step": placebo.step },
        "detectable": detectable,
    });
    output.result(&document, |out| {
        writeln!(out, "{}: {}", table.columns[response], words(&lift))?;
        writeln!(out, "verdict: {}", verdict.words())?;
        writeln!(out, "beside: {}", if names.is_empty() { "nothing".to_owned() } else { names.join(", ") })?;
        writeln!(
            out,
            "noise: white {:.0} %, memory {:.0} %, drift {:.0} %",
            100.0 * lift.shares.white,
            100.0 * lift.shares.memory,
            100.0 * lift.shares.drift
        )?;
        writeln!(out, "placebo: {} of {} earlier windows also raised an alarm", placebo.alarms, placebo.windows.len())?;
        if let Some(relative) = detectable.relative {
            let about = if detectable.is_approximate { "about " } else { "" };
            writeln!(out, "could be seen: {about}{:.0} % and more", 100.0 * relative)?;
        }
        for warning in &warnings {
            writeln!(out, "note: {warning}")?;
        }
        Ok(())
    })
}

/// The second opinion: the model that others run by default.
fn gibbs(input: &LiftInput<'_>, seed: u64, output: Output<'_>) -> anyhow::Result<()> {
    let series: Option<Vec<f64>> = input.response.iter().copied().collect();
    let series =
        series.ok_or_else(|| anyhow::anyhow!("the second opinion needs a value on every day; ask `--engine grid`"))?;
    let controls = input.controls;
    let input = SecondOpinionInput { series: &series, controls, periods_before: input.pre_periods };
    let settings = SecondOpinionSettings { seed, ..SecondOpinionSettings::default() };
    let (found, took) = timed(|| second_opinion(&input, &settings));
    let found = found?;
    let verdict = match found.opinion {
        Opinion::More => LiftVerdict::SeenMore,
        Opinion::Less => LiftVerdict::SeenLess,
        Opinion::CannotTell => LiftVerdict::CannotTell,
    };
    let document = json!({
        "effect": found.effect_per_period, "lo": found.lo, "hi": found.hi, "p": found.p, "cumulative": found.effect_in_all,
        "relative": found.relative, "sd": found.sd, "verdict": verdict.words(), "wall_ms": took.wall_s * 1_000.0,
        "level": settings.level, "draws": settings.draws, "inclusion": found.inclusion, "label": SecondOpinion::LABEL,
    });
    output.result(&document, |out| {
        writeln!(
            out,
            "{:+.4} a day against without ({:.0} %: {:.4} to {:.4}), p {:.4}: {}",
            found.effect_per_period,
            100.0 * settings.level,
            found.lo,
            found.hi,
            found.p,
            verdict.words()
        )?;
        writeln!(out, "{}", SecondOpinion::LABEL)
    })
}

/// `+27.5260 a day against without, +28.3 % (95 %: 2.1288 to 54.6510), p 0.0387`.
fn words(lift: &Lift) -> String {
    let percent = lift.relative.map_or(String::new(), |relative| format!(", {:+.1} %", 100.0 * relative));
    format!(
        "{:+.4} a day against without{percent} ({:.0} %: {:.4} to {:.4}), p {:.4}",
        lift.effect,
        100.0 * lift.level,
        lift.lo,
        lift.hi,
        lift.p
    )
}

/// The controls by name: those that are asked for, or all other columns of numbers.
pub fn controls_of(
    table: &DailyTable,
    series: &DailySeries,
    response: usize,
    asked: Option<&str>,
) -> anyhow::Result<Vec<(String, Vec<f64>)>> {
    let whole = |column: usize| {
        series.whole(column).ok_or_else(|| {
            anyhow::anyhow!(
                "{}: the control {:?} has empty cells or missing days; a control has to be known on every day",
                table.place,
                table.columns[column]
            )
        })
    };
    let columns: Vec<usize> = match asked {
        Some("none" | "") => vec![],
        Some(names) => names.split(',').map(|name| table.column(name.trim())).collect::<anyhow::Result<_>>()?,
        None => (0..table.columns.len()).filter(|column| *column != response).collect(),
    };
    // A column without any value belongs to other series of the file.
    let columns =
        columns.into_iter().filter(|column| asked.is_some() || series.values[*column].iter().any(Option::is_some));
    columns.map(|column| Ok((table.columns[column].clone(), whole(column)?))).collect()
}
