//! `bellwether vetting …`: the profile report of one creator.

use clap::Subcommand;
use engine::vetting::verdict::Family;

use super::report::{VettingReport, vetting_report};
use crate::clock;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};

#[derive(Subcommand)]
pub enum VettingCommand {
    /// What speaks for and against bought promotion of a creator, by name, handle, platform:id or number.
    Report { creator: String },
}

/// Runs one vetting command.
pub async fn run(data: &DataDirectory, command: VettingCommand, output: Output) -> anyhow::Result<()> {
    match command {
        VettingCommand::Report { creator } => {
            let account = find(data, &creator).await?;
            let report = vetting_report(data, account).await?;
            output.result(&report, |out| write_report(out, &report))
        }
    }
}

fn write_report(out: &mut dyn std::io::Write, report: &VettingReport) -> std::io::Result<()> {
    let creator = &report.creator;
    let followers = creator
        .followers
        .map_or("followers not known".to_owned(), |count| format!("{} followers", grouped(count.unsigned_abs())));
    writeln!(out, "{} on {} ({followers})", creator.name, creator.platform.name())?;
    if let Some(as_of) = report.as_of {
        writeln!(out, "as of {}", clock::day(as_of))?;
    }
    let looked_at = report.verdict.parts.len();
    writeln!(out, "\n{}: known from {looked_at} of {} signs", report.word.words(), report.signs.len())?;
    writeln!(out, "chance of bought promotion: {} (not calibrated)", estimate_text(&report.chance))?;
    writeln!(
        out,
        "log-odds {:+.2} = {:+.2} before anything is looked at{}{}",
        report.verdict.log_odds,
        report.verdict.prior_log_odds,
        report.verdict.parts.iter().map(|part| format!(" {:+.2}", part.log_odds)).collect::<String>(),
        if report.verdict.shared_log_odds == 0.0 {
            String::new()
        } else {
            format!(" {:+.2} shared", report.verdict.shared_log_odds)
        }
    )?;
    for family in Family::ALL {
        writeln!(out, "\n{}", family.words())?;
        for seen in report.signs.iter().filter(|seen| seen.sign.family() == family) {
            let part = report.verdict.parts.iter().find(|part| part.sign == seen.sign);
            let part = part.map_or("      ".to_owned(), |part| format!("{:+6.2}", part.log_odds));
            writeln!(out, "{part}  {}: {}", seen.sign.words(), estimate_text(&seen.value))?;
            if seen.finding.is_some() {
                writeln!(out, "        innocent: {}", seen.sign.innocent())?;
            }
            writeln!(out, "        would change it: {}", seen.sign.would_change())?;
        }
    }
    Ok(())
}
