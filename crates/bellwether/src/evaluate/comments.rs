//! `bellwether evaluate comments`: how well the comment model tells spam, on comments it had not seen.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use engine::random::Draws;
use engine::vetting::comments::evaluate::{leave_one_group_out, on_another};
use engine::vetting::comments::model::Reads;
use engine::vetting::comments::{CommentTraining, LabelledComment};

use super::labelled::{CommentRow, read_comments};
use crate::output::Output;

/// Parts that comments are divided into by chance where no column groups them.
const PARTS: usize = 5;
const PARTS_STREAM: u64 = 45;

#[derive(Args)]
pub struct CommentsArguments {
    /// A file of labelled comments to learn from: `text`, `is_spam`.
    #[arg(long)]
    train: PathBuf,
    /// A file of labelled comments to judge; without it each group of the first is judged by the others.
    #[arg(long)]
    test: Option<PathBuf>,
    /// The column that groups comments, e.g. `video`; without it five parts by chance.
    #[arg(long)]
    group: Option<String>,
    /// Reads only what holds in any language: length, links, advertising, capitals, digits, exclamation marks.
    #[arg(long)]
    any_language: bool,
    /// For the parts by chance.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn labelled(rows: &[CommentRow]) -> Vec<LabelledComment<'_>> {
    rows.iter().map(|row| LabelledComment { text: &row.text, is_spam: row.is_spam }).collect()
}

/// Reads, learns, judges, prints.
pub fn run(arguments: &CommentsArguments, output: Output<'_>) -> anyhow::Result<()> {
    let rows = read_comments(&arguments.train, arguments.group.as_deref())?;
    let reads = if arguments.any_language { Reads::ByHand } else { Reads::Everything };
    let training = CommentTraining { reads, ..CommentTraining::default() };
    let found = match &arguments.test {
        Some(test) => on_another(&labelled(&rows), &labelled(&read_comments(test, None)?), &training),
        None => {
            let chance = Draws::new(arguments.seed, PARTS_STREAM);
            let part = |place: usize| chance.below(place as u64, PARTS).to_string();
            let groups: Vec<String> = match arguments.group {
                Some(_) => rows.iter().map(|row| row.group.clone()).collect(),
                None => (0..rows.len()).map(part).collect(),
            };
            leave_one_group_out(&labelled(&rows), &groups, &training)
        }
    };
    let found = found.with_context(|| {
        format!(
            "{} labelled comments are too few to learn from\nhint: at least 10 of either kind are needed, outside each \
             group that is left out",
            rows.len()
        )
    })?;
    output.result(&found, |out| {
        let figures = &found.figures;
        writeln!(out, "{} comments judged, {} spam", found.comments, found.spam)?;
        writeln!(
            out,
            "AUC {:.3}, F1 {:.3}, MCC {:.3}, Brier {:.4}, ECE {:.3}",
            figures.auc, figures.f1, figures.mcc, figures.brier, figures.ece
        )
    })
}
