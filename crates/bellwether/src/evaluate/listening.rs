//! `bellwether evaluate listening`: the proof of the ranking on talk whose future is known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::conversations::evaluate::{
    Ablation, AnchorsAsked, Cut, EvaluationSettings, LabelledTalk, ListeningReport, evaluate_listening,
};
use engine::conversations::events::{EventColumns, EventLog};
use model::InteractionKind;

use crate::clock;
use crate::ingest::csv_file::{CsvFile, Next, parse_count};
use crate::matching::proof::verdict_words;
use crate::output::{Output, write_reliability};

/// Where the past ends.
#[derive(Args)]
pub struct CutArguments {
    /// The past is this share of the interactions.
    #[arg(long, default_value_t = 0.7, conflicts_with_all = ["cut_unix", "halves_per_tag"])]
    cut_quantile: f64,
    /// The past ends at this moment, seconds since 1970.
    #[arg(long)]
    cut_unix: Option<i64>,
    /// The past is the first half of each tag's talk.
    #[arg(long, conflicts_with = "cut_unix")]
    halves_per_tag: bool,
}

impl CutArguments {
    pub fn cut(&self) -> anyhow::Result<Cut> {
        match (self.cut_unix, self.halves_per_tag) {
            (Some(at), _) => Ok(Cut::Unix(at)),
            (None, true) => Ok(Cut::HalvesPerTag),
            (None, false) if self.cut_quantile > 0.0 && self.cut_quantile < 1.0 => Ok(Cut::Quantile(self.cut_quantile)),
            (None, false) => anyhow::bail!("--cut-quantile is a share between 0 and 1, e.g. 0.7"),
        }
    }
}

#[derive(Args)]
pub struct ListeningArguments {
    /// A folder with interactions.csv (actor,target,kind,at_unix[,tag]) and, if there is one, accounts.csv.
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    cut: CutArguments,
    /// How many accounts stand for brands, or `all`.
    #[arg(long, default_value = "150", value_parser = anchors)]
    anchors: AnchorsAsked,
    /// How many creators are chosen.
    #[arg(long, default_value_t = 10)]
    k: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also leave out each feature in turn.
    #[arg(long)]
    ablation: bool,
}

pub fn anchors(text: &str) -> Result<AnchorsAsked, String> {
    if text == "all" {
        return Ok(AnchorsAsked::All);
    }
    text.parse().map(AnchorsAsked::Sample).map_err(|_| "a number, or `all`".to_owned())
}

/// Reads the folder, measures, prints.
pub fn run(arguments: &ListeningArguments, output: Output<'_>) -> anyhow::Result<()> {
    let cut = arguments.cut.cut()?;
    let talk = read_talk(&arguments.data)?;
    let settings = EvaluationSettings {
        cut,
        anchors: arguments.anchors,
        k: arguments.k,
        seed: arguments.seed,
        ablation: if arguments.ablation { Ablation::EachInput } else { Ablation::Skip },
        ..EvaluationSettings::default()
    };
    let report = evaluate_listening(&talk, &settings)?;
    output.result(&report, |out| write_report(out, &report))
}

fn write_report(out: &mut dyn std::io::Write, report: &ListeningReport) -> std::io::Result<()> {
    let counts = &report.counts;
    writeln!(
        out,
        "{} accounts; {} interactions before the cut, {} after; {} brands of {} eligible, k = {}",
        counts.accounts, counts.events_before, counts.events_after, report.anchors, report.anchors_eligible, report.k
    )?;
    writeln!(out, "\n{:<28} {:>10} {:>16} {:>10}", "whom do buyers talk to", "reach@k", "90 % interval", "ndcg@k")?;
    let mut methods: Vec<_> = report.methods.iter().collect();
    methods.sort_by(|a, b| b.1.reach_at_k.total_cmp(&a.1.reach_at_k));
    for (name, figures) in methods {
        let interval = format!("{:.3}-{:.3}", figures.lo, figures.hi);
        writeln!(out, "{name:<28} {:>10.3} {interval:>16} {:>10.3}", figures.reach_at_k, figures.ndcg_at_k)?;
    }
    writeln!(out, "\n{:<28} {:>10} {:>16}", "new contacts", "hit@10", "MRR")?;
    for (name, figures) in &report.new_contacts {
        writeln!(out, "{name:<28} {:>10.3} {:>16.3}", figures.hit_at_10, figures.mrr)?;
    }
    writeln!(out, "({} buyers)", report.new_contact_buyers)?;
    writeln!(
        out,
        "\nexpected listeners of the chosen: {:.0}; there then were {:.0} (ratio {})",
        report.calibration.predicted,
        report.calibration.observed,
        report.calibration.ratio.map_or("not known".to_owned(), |ratio| format!("{ratio:.2}"))
    )?;
    write_reliability(out, "the k creators named", &report.reliability.chosen)?;
    write_reliability(out, "all candidates", &report.reliability.all)?;
    let sum = if report.reliability.chosen.sum_holds() { "so does their sum" } else { "their sum does not hold" };
    writeln!(out, "verdict on the named: {}; {sum}\n", verdict_words(report.reliability.verdict))?;
    for left in &report.ablation {
        writeln!(
            out,
            "without {:<40} reach {:+.4} ({:+.4} to {:+.4}), new contacts hit@10 {:+.4}",
            left.left_out, -left.reach_gain.mean, -left.reach_gain.hi, -left.reach_gain.lo, -left.hit_at_10_gain
        )?;
    }
    report.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))
}

/// One row before accounts have numbers.
struct Row {
    actor: String,
    target: String,
    kind: InteractionKind,
    at_unix: i64,
    tag: Option<String>,
}

/// Reads a folder in the neutral layout. Rows that cannot be read stop the evaluation: figures on a part of the data
/// would not be comparable.
pub fn read_talk(folder: &Path) -> anyhow::Result<LabelledTalk> {
    let mut rows = read_rows(&folder.join("interactions.csv"))?;
    // The log leaves talk to oneself out and sorts by time; doing so first keeps tags beside their events.
    rows.retain(|row| row.actor != row.target);
    rows.sort_by_key(|row| row.at_unix);
    let accounts_file = folder.join("accounts.csv");
    let followers = if accounts_file.is_file() { Some(read_followers(&accounts_file)?) } else { None };
    let mut names: Vec<&str> = rows.iter().flat_map(|row| [row.actor.as_str(), row.target.as_str()]).collect();
    names.sort_unstable();
    names.dedup();
    let number = |name: &str| names.binary_search(&name).expect("every name was collected") as u32;
    let columns = EventColumns {
        actor: rows.iter().map(|row| number(&row.actor)).collect(),
        target: rows.iter().map(|row| number(&row.target)).collect(),
        at_unix: rows.iter().map(|row| row.at_unix).collect(),
        kind: rows.iter().map(|row| row.kind as u8).collect(),
        buying_level: vec![0; rows.len()],
    };
    let mut tag_numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let tags = rows.iter().map(|row| {
        let next = tag_numbers.len() as u32;
        row.tag.as_deref().map(|tag| *tag_numbers.entry(tag).or_insert(next))
    });
    let tags = tags.collect::<Option<Vec<u32>>>();
    let followers = followers.map(|known| names.iter().map(|name| known.get(*name).copied()).collect());
    Ok(LabelledTalk { events: EventLog::new(names.len(), columns)?, followers, tags })
}

fn read_rows(place: &Path) -> anyhow::Result<Vec<Row>> {
    let mut file = CsvFile::open(place)?;
    let column = |heading: &str| file.required_column(heading, place, "actor, target, kind, at_unix");
    let (actor, target, kind, at) = (column("actor")?, column("target")?, column("kind")?, column("at_unix")?);
    let tag = file.column("tag");
    let mut rows = Vec::new();
    loop {
        match file.next_row()? {
            Next::End => return Ok(rows),
            Next::Bad(issue) => anyhow::bail!("{issue}"),
            Next::Row(row) => {
                let number = row.number;
                let text = |column| row.text(column).with_context(|| format!("row {number} is not UTF-8 text"));
                let seconds: i64 =
                    text(at)?.parse().ok().with_context(|| format!("row {number}: at_unix is not a whole number"))?;
                let kind = InteractionKind::from_code(text(kind)?)
                    .with_context(|| format!("row {number}: {:?} is not a kind of interaction", row.text(kind)))?;
                let at = clock::plausible_unix_seconds(seconds)
                    .with_context(|| format!("row {number}: at_unix {seconds} is no plausible moment"))?;
                rows.push(Row {
                    actor: text(actor)?.to_owned(),
                    target: text(target)?.to_owned(),
                    kind,
                    at_unix: at.unix_seconds(),
                    tag: tag.map(|column| text(column).map(str::to_owned)).transpose()?,
                });
            }
        }
    }
}

fn read_followers(place: &Path) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut file = CsvFile::open(place)?;
    let account = file.required_column("account", place, "account, followers")?;
    let followers = file.required_column("followers", place, "account, followers")?;
    let mut known = BTreeMap::new();
    loop {
        match file.next_row()? {
            Next::End => return Ok(known),
            Next::Bad(issue) => anyhow::bail!("{issue}"),
            Next::Row(row) => {
                let count = parse_count(row.text(followers).unwrap_or_default()).map_err(|problem| {
                    anyhow::anyhow!("row {} of {}: followers {problem}", row.number, place.display())
                })?;
                if let (Some(count), Some(name)) = (count, row.text(account)) {
                    known.insert(name.to_owned(), count as f64);
                }
            }
        }
    }
}
