//! `bellwether evaluate buying-weight`: does the ranking foretell better when buying talk counts more? On the talk held in the
//! data directory, whose texts say which talk is buying talk.

use clap::Args;
use engine::conversations::evaluate::buying_weight::{
    BuyingWeightReport, FactorTried, Later, WeightVerdict, evaluate_buying_weight,
};
use engine::conversations::evaluate::resample::Difference;
use engine::conversations::evaluate::{AnchorsAsked, Cut, EvaluationSettings, LabelledTalk};

use super::listening::anchors;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};

#[derive(Args)]
pub struct BuyingWeightArguments {
    /// The past is this share of the interactions.
    #[arg(long, default_value_t = 0.7)]
    cut_quantile: f64,
    /// How many accounts stand for brands, or `all`.
    #[arg(long, default_value = "all", value_parser = anchors)]
    anchors: AnchorsAsked,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Reads the talk held, measures, prints.
pub async fn run(data: &DataDirectory, arguments: &BuyingWeightArguments, output: Output<'_>) -> anyhow::Result<()> {
    if !(0.0..1.0).contains(&arguments.cut_quantile) || arguments.cut_quantile == 0.0 {
        anyhow::bail!("--cut-quantile is a share between 0 and 1, e.g. 0.7");
    }
    let snapshot = data.snapshot().await?;
    let settings = EvaluationSettings {
        cut: Cut::Quantile(arguments.cut_quantile),
        anchors: arguments.anchors,
        seed: arguments.seed,
        ..EvaluationSettings::default()
    };
    let measured = tokio::task::spawn_blocking(move || {
        let talk = LabelledTalk { events: snapshot.log.clone(), followers: None, tags: None };
        evaluate_buying_weight(&talk, &settings)
    });
    let report = measured.await.expect("measuring does not panic")?;
    output.result(&report, |out| write_report(out, &report))
}

fn write_report(out: &mut dyn std::io::Write, report: &BuyingWeightReport) -> std::io::Result<()> {
    writeln!(
        out,
        "{} interactions before the cut, {} of them buying talk; {} after, {} of them",
        grouped(report.events_before as u64),
        grouped(report.buying_before as u64),
        grouped(report.events_after as u64),
        grouped(report.buying_after as u64)
    )?;
    for later in [Later::AllTalk, Later::BuyingTalk] {
        let of: Vec<&FactorTried> = report.tried.iter().filter(|tried| tried.later == later).collect();
        let what = if later == Later::AllTalk { "all later talk" } else { "later buying talk" };
        let Some(first) = of.first() else {
            writeln!(out, "\n{what}: no account had enough of it to be judged by")?;
            continue;
        };
        writeln!(
            out,
            "\nforetelling {what}, {} brands; counting all alike: reach {:.3}, ndcg {:.3}",
            first.brands, first.reach_off, first.ndcg_off
        )?;
        let gain = |gain: &Difference| format!("{:+.4} [{:+.4}, {:+.4}]", gain.mean, gain.lo, gain.hi);
        for tried in of {
            writeln!(
                out,
                "  buying talk counts {:>4} times: reach {}, ndcg {}",
                tried.factor,
                gain(&tried.reach_gain),
                gain(&tried.ndcg_gain)
            )?;
        }
    }
    let verdict = match report.verdict() {
        WeightVerdict::Gains => "some factor gains without losing anywhere",
        WeightVerdict::NoGain => "no factor gains without losing somewhere",
        WeightVerdict::TooFewBrands => "fewer than 20 brands to judge by: nothing can be said",
    };
    writeln!(out, "\n{verdict}")
}
