//! `bellwether evaluate buying-talk`: what the word list and the model are worth on texts that people labelled.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::conversations::buying_talk::{
    BuyingEvaluation, BuyingEvaluationSettings, BuyingLabels, Cut, Figure, Hits, LabelledText, LabelsUsed, TextPlace,
    TextToAssess, TextsOfPlace, TitleUse, evaluate_buying,
};

use super::dump_texts;
use crate::output::Output;

#[derive(Args)]
pub struct BuyingTalkArguments {
    /// A table, parted by tabs: id, thread, pass_a and pass_b (kinds by commas, or none), and text, title and place
    /// where --texts is not given.
    #[arg(long)]
    labels: PathBuf,
    /// A Stack Exchange dump that holds the words; ids are then q12, a12 or c12.
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Draws of the threads for the intervals.
    #[arg(long, default_value_t = 1000)]
    draws: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// A labelled text before it is borrowed by the evaluation.
struct Labelled {
    thread: String,
    body: String,
    title: Option<String>,
    place: TextPlace,
    pass_a: BuyingLabels,
    pass_b: BuyingLabels,
}

/// Reads labels and words, measures, prints.
pub fn run(arguments: &BuyingTalkArguments, output: Output<'_>) -> anyhow::Result<()> {
    let (labelled, site) = read(&arguments.labels, arguments.texts.as_deref())?;
    let items: Vec<LabelledText<'_>> = labelled
        .iter()
        .map(|one| LabelledText {
            text: TextToAssess { body: &one.body, title: one.title.as_deref(), place: one.place },
            thread: &one.thread,
            pass_a: one.pass_a,
            pass_b: one.pass_b,
        })
        .collect();
    let mut settings = BuyingEvaluationSettings { bootstrap_draws: arguments.draws, site, ..Default::default() };
    settings.training.seed = arguments.seed;
    let found = evaluate_buying(&items, &settings);
    output.result(&found, |out| write_report(out, &found))
}

fn read(labels: &Path, texts: Option<&Path>) -> anyhow::Result<(Vec<Labelled>, Vec<TextsOfPlace>)> {
    let place_of_file = labels.display();
    let dump = texts.map(dump_texts::read).transpose()?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .from_path(labels)
        .with_context(|| format!("reading {place_of_file}"))?;
    let headings = reader.headers()?.clone();
    let column = |name: &str| headings.iter().position(|heading| heading.trim() == name);
    let needed = |name: &str| {
        column(name).ok_or_else(|| {
            anyhow::anyhow!(
                "{place_of_file} has no column {name:?}\nhint: give id, thread, pass_a and pass_b, parted by tabs"
            )
        })
    };
    let (id, thread, pass_a) = (needed("id")?, needed("thread")?, needed("pass_a")?);
    let pass_b = column("pass_b").unwrap_or(pass_a);
    let (body, title, place) = (column("text"), column("title"), column("place"));
    if dump.is_none() && body.is_none() {
        anyhow::bail!(
            "{place_of_file} holds labels without words\nhint: give the dump they are of with --texts DIR, or add a column text"
        );
    }
    let mut found = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let number = row + 2;
        let record = record.with_context(|| format!("row {number} of {place_of_file}"))?;
        let cell = |column: usize| record.get(column).unwrap_or("").trim();
        let kinds = |column: usize| {
            BuyingLabels::parse(cell(column))
                .map_err(|error| anyhow::anyhow!("row {number} of {place_of_file}: {error}"))
        };
        let (body, title, place) = match &dump {
            Some(dump) => {
                let text = dump.by_id.get(cell(id)).ok_or_else(|| {
                    anyhow::anyhow!(
                        "row {number} of {place_of_file}: the dump has no text {:?}\nhint: q12 is a question, a12 an answer, c12 a comment",
                        cell(id)
                    )
                })?;
                (text.body.clone(), text.title.clone(), text.place)
            }
            None => {
                let text = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
                (text(body).unwrap_or("").to_owned(), text(title).map(str::to_owned), place_named(text(place), number)?)
            }
        };
        found.push(Labelled {
            thread: cell(thread).to_owned(),
            body,
            title,
            place,
            pass_a: kinds(pass_a)?,
            pass_b: kinds(pass_b)?,
        });
    }
    Ok((found, dump.map(|dump| dump.site).unwrap_or_default()))
}

fn place_named(name: Option<&str>, row: usize) -> anyhow::Result<TextPlace> {
    match name {
        None => Ok(TextPlace::Unknown),
        Some("question") => Ok(TextPlace::Question),
        Some("answer") => Ok(TextPlace::Answer),
        Some("comment") => Ok(TextPlace::Comment),
        Some(other) => anyhow::bail!("row {row}: {other:?} is no place; write question, answer, comment or nothing"),
    }
}

fn write_report(out: &mut dyn std::io::Write, found: &BuyingEvaluation) -> std::io::Result<()> {
    writeln!(out, "{} labelled texts; {} more in other languages, not assessed", found.texts, found.not_assessed)?;
    writeln!(
        out,
        "\n{:<18} {:>6} {:>8} {:>8} {:>8} {:>7}",
        "do the passes agree", "both", "only a", "only b", "neither", "kappa"
    )?;
    for kind in &found.agreement {
        let kappa = kind.kappa.map_or_else(|| "-".to_owned(), |kappa| format!("{kappa:.3}"));
        writeln!(
            out,
            "{:<18} {:>7} {:>8} {:>8} {:>8} {kappa:>7}",
            kind.kind, kind.both, kind.only_a, kind.only_b, kind.neither
        )?;
    }
    for learned in &found.learned {
        let title = if learned.title == TitleUse::Withheld { ", title not given" } else { "" };
        writeln!(out, "\n{}{title}", learned.kind)?;
        for cut in &learned.cuts {
            let which = match cut.cut {
                Cut::All => "all texts".to_owned(),
                Cut::AsOnTheSite => "weighted as on the site".to_owned(),
                Cut::Of(place) => format!("{place:?}s").to_lowercase(),
            };
            let truth = if cut.labels == LabelsUsed::PassA { ", first pass as truth" } else { "" };
            let figures = &cut.figures;
            writeln!(
                out,
                "  {which}{truth}: {} texts in {} threads, {} yes",
                figures.texts, figures.threads, figures.yes
            )?;
            writeln!(
                out,
                "    AUC {}; Brier {}; ECE {}",
                words(figures.auc),
                words(figures.brier),
                words(figures.calibration_error)
            )?;
            writeln!(out, "    from 0.5 on: {}", hits(&figures.at_half))?;
            writeln!(out, "    from the best cut on: {}", hits(&figures.at_chosen))?;
            writeln!(out, "    word list: {}; F1 gained over it {}", hits(&figures.list), words(figures.f1_over_list))?;
        }
    }
    writeln!(out, "\nby the list's rules alone (too few labels to learn)")?;
    for rule in &found.rules {
        writeln!(
            out,
            "  {:<14} {} labelled, {} fired, {} right: precision {}, recall {}",
            rule.kind,
            rule.labelled,
            rule.fired,
            rule.right,
            words(rule.precision),
            words(rule.recall)
        )?;
    }
    Ok(())
}

fn hits(hits: &Hits) -> String {
    format!("precision {}, recall {}, F1 {}", words(hits.precision), words(hits.recall), words(hits.f1))
}

fn words(figure: Figure) -> String {
    match (figure.value, figure.lo, figure.hi) {
        (Some(value), Some(lo), Some(hi)) => format!("{value:.3} [{lo:.3}, {hi:.3}]"),
        (Some(value), _, _) => format!("{value:.3}"),
        _ => "not known".to_owned(),
    }
}
