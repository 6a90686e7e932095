//! `bellwether evaluate lift-many`: how often a lift is found where there is none, and held where one is planted, over many series.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use engine::measurement::lift::{LiftInput, LiftRefused, LiftSettings, Scale, ar1_regression, measure_lift};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use synth::{SeriesKind, made_series};

use super::daily::DailyTable;
use super::edges::timed;
use super::lift::{HowArguments, controls_of};
use crate::output::{Output, grouped};

#[derive(Args)]
pub struct LiftManyArguments {
    /// A CSV file with the columns series, day, y and, if known, x1, x2 …, of series without any effect.
    #[arg(long, required_unless_present = "made")]
    data: Option<PathBuf>,
    /// How many days lie before the start.
    #[arg(long)]
    pre: usize,
    /// The effect that is planted for coverage and power, in percent of what would have been.
    #[arg(long, default_value_t = 10.0)]
    planted_percent: f64,
    /// Series made here instead of a file: kinds with commas between, or `all`.
    #[arg(long, conflicts_with = "data")]
    made: Option<String>,
    /// How many series of each made kind.
    #[arg(long, default_value_t = 2_000)]
    number: u64,
    /// Days after the start of made series.
    #[arg(long, default_value_t = 28)]
    post: usize,
    /// Other made series.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    how: HowArguments,
}

/// One series, ready to be analysed.
struct Ready {
    response: Vec<Option<f64>>,
    controls: Vec<Vec<f64>>,
    first_weekday: Option<u8>,
}

/// What one series gave.
#[derive(Clone, Copy)]
struct Outcome {
    is_alarm: bool,
    holds_planted: bool,
    sees_planted: bool,
    width: f64,
    /// The same of the usual regression; `None` where it cannot be had.
    rival: Option<RivalOutcome>,
}

#[derive(Clone, Copy)]
struct RivalOutcome {
    is_alarm: bool,
    sees_planted: bool,
}

/// What the usual regression made of the same series.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct RivalJudged {
    pub false_alarm: f64,
    pub power: f64,
}

/// What many series gave.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ManyJudged {
    pub series: u64,
    /// Share whose interval leaves 0 out although nothing happened.
    pub false_alarm: f64,
    /// Share whose interval holds the planted effect.
    pub coverage: f64,
    /// Share whose interval lies above 0 with the planted effect.
    pub power: f64,
    /// Of the intervals without an effect, in the series' unit.
    pub mean_width: f64,
    /// A regression whose days remember the day before, beside; `None` where a series has holes.
    pub regression: Option<RivalJudged>,
}

impl ManyJudged {
    fn of(outcomes: &[Outcome]) -> ManyJudged {
        let n = outcomes.len() as f64;
        let share = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|one| is(one)).count() as f64 / n;
        ManyJudged {
            series: outcomes.len() as u64,
            false_alarm: share(|one| one.is_alarm),
            coverage: share(|one| one.holds_planted),
            power: share(|one| one.sees_planted),
            regression: outcomes.iter().map(|one| one.rival).collect::<Option<Vec<_>>>().map(|rivals| RivalJudged {
                false_alarm: rivals.iter().filter(|one| one.is_alarm).count() as f64 / n,
                power: rivals.iter().filter(|one| one.sees_planted).count() as f64 / n,
            }),
            mean_width: outcomes.iter().map(|one| one.width).sum::<f64>() / n,
        }
    }
}

/// Analyses every series twice, prints.
pub fn run(arguments: &LiftManyArguments, output: Output<'_>) -> anyhow::Result<()> {
    let settings = arguments.how.settings(Scale::Automatic);
    let judged = |ready: &[Ready]| judge(ready, arguments.pre, arguments.planted_percent / 100.0, &settings);
    let mut kinds = BTreeMap::new();
    let (all, took) = timed(|| -> anyhow::Result<Vec<Outcome>> {
        match (&arguments.data, &arguments.made) {
            (Some(path), _) => judged(&of_file(path, &arguments.how)?),
            (None, made) => {
                let mut all = vec![];
                for kind in kinds_of(made.as_deref().unwrap_or("all"))? {
                    let outcomes = judged(&of_kind(kind, arguments))?;
                    kinds.insert(kind.code(), ManyJudged::of(&outcomes));
                    all.extend(outcomes);
                }
                Ok(all)
            }
        }
    });
    let all = ManyJudged::of(&all?);
    let mut document = serde_json::to_value(all)?;
    document["kinds"] = json!(kinds);
    document["planted_percent"] = json!(arguments.planted_percent);
    document["wall_s"] = json!(took.wall_s);
    output.result(&document, |out| {
        writeln!(
            out,
            "{:18} {:>7} {:>12} {:>9} {:>7} {:>10}",
            "series", "n", "false alarm", "coverage", "power", "width"
        )?;
        for (name, judged) in kinds.iter().map(|(kind, judged)| (*kind, judged)).chain([("all", &all)]) {
            let rival = judged.regression.map_or("not known".to_owned(), |rival| {
                format!("{:.1} %, {:.1} %", 100.0 * rival.false_alarm, 100.0 * rival.power)
            });
            writeln!(
                out,
                "{name:18} {:>7} {:>10.1} % {:>7.1} % {:>5.1} % {:>10.3}   {rival}",
                grouped(judged.series),
                100.0 * judged.false_alarm,
                100.0 * judged.coverage,
                100.0 * judged.power,
                judged.mean_width
            )?;
        }
        Ok(())
    })
}

fn kinds_of(asked: &str) -> anyhow::Result<Vec<SeriesKind>> {
    if asked == "all" {
        return Ok(SeriesKind::ALL.to_vec());
    }
    let known = || SeriesKind::ALL.map(SeriesKind::code).join(", ");
    let one = |code: &str| {
        SeriesKind::from_code(code.trim())
            .ok_or_else(|| anyhow::anyhow!("no kind of series is {code:?}; there are {}", known()))
    };
    asked.split(',').map(one).collect()
}

fn of_kind(kind: SeriesKind, arguments: &LiftManyArguments) -> Vec<Ready> {
    let days = arguments.pre + arguments.post;
    let ready = |number| {
        let made = made_series(kind, arguments.seed, number, days);
        let weekdays = arguments.how.weekdays_unless_said(true);
        Ready {
            response: made.values.into_iter().map(Some).collect(),
            controls: made.control.into_iter().collect(),
            first_weekday: weekdays.then_some(made.first_weekday),
        }
    };
    (0..arguments.number).into_par_iter().map(ready).collect()
}

fn of_file(path: &std::path::Path, how: &HowArguments) -> anyhow::Result<Vec<Ready>> {
    let table = DailyTable::read(path)?;
    let response = table.usual_response();
    let ready = |(name, series): (&String, &super::daily::DailySeries)| {
        let controls =
            controls_of(&table, series, response, None).map_err(|error| error.context(format!("series {name}")))?;
        Ok(Ready {
            response: series.values[response].clone(),
            controls: controls.into_iter().map(|(_, values)| values).collect(),
            first_weekday: how.first_weekday(series, true),
        })
    };
    table.series.iter().map(ready).collect()
}

fn judge(all: &[Ready], pre: usize, planted: f64, settings: &LiftSettings) -> anyhow::Result<Vec<Outcome>> {
    let outcomes = all.par_iter().map(|ready| one(ready, pre, planted, settings)).collect::<Result<Vec<_>, _>>();
    Ok(outcomes?)
}

fn one(ready: &Ready, pre: usize, planted: f64, settings: &LiftSettings) -> Result<Outcome, LiftRefused> {
    let controls: Vec<&[f64]> = ready.controls.iter().map(Vec::as_slice).collect();
    let first_weekday = ready.first_weekday;
    let input = |response| LiftInput { response, pre_periods: pre, controls: &controls, events: &[], first_weekday };
    let rival_without = ar1_regression(&input(&ready.response), settings)?;
    let without = measure_lift(&input(&ready.response), settings)?;
    let mut with = ready.response.clone();
    for value in with.iter_mut().skip(pre).flatten() {
        *value *= 1.0 + planted;
    }
    let truth = planted * without.observed_mean;
    let rival_with = ar1_regression(&input(&with), settings)?;
    let with = measure_lift(&input(&with), settings)?;
    Ok(Outcome {
        is_alarm: without.is_seen(),
        holds_planted: with.lo <= truth && truth <= with.hi,
        sees_planted: with.lo > 0.0,
        width: without.hi - without.lo,
        rival: rival_without.zip(rival_with).map(|(without, with)| RivalOutcome {
            is_alarm: without.lo > 0.0 || without.hi < 0.0,
            sees_planted: with.lo > 0.0,
        }),
    })
}
