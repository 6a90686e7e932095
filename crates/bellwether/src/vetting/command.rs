//! `bellwether vetting …`: the profile report of one creator, the sample of an audience that people look at, what a creator
//! told of or answered, and reports shared by link.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use engine::vetting::verdict::Family;
use model::{AccountId, Estimate, Unit};
use serde_json::json;

use super::gold::{self, GoldStanding, SampleSize};
use super::report::{VettingReport, vetting_report};
use super::{records, sharing};
use crate::clock;
use crate::creators::{find, names};
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};

#[derive(Subcommand)]
pub enum VettingCommand {
    /// What speaks for and against bought promotion of a creator, by name, handle, platform:id or number.
    Report { creator: String },
    /// A sample of a creator's audience, looked at by two people.
    #[command(subcommand)]
    Gold(GoldCommand),
    /// Record what a creator told of: it explains followers that came or went on those days.
    Declare {
        creator: String,
        /// giveaway, press, mention, platform or other.
        #[arg(long)]
        kind: String,
        /// The first day, such as 2026-03-01.
        #[arg(long)]
        from: String,
        /// The last day; the first where there is none.
        #[arg(long)]
        to: Option<String>,
        /// What happened, in a sentence.
        #[arg(long)]
        words: String,
    },
    /// Record what a creator answered to their report; it stands beside the verdict.
    Answer {
        creator: String,
        #[arg(long)]
        words: String,
        /// The day of the answer; today where there is none.
        #[arg(long)]
        on: Option<String>,
    },
    /// Take back something recorded: an event or an answer, by its number.
    TakeBack {
        creator: String,
        #[arg(long, conflicts_with = "answer", required_unless_present = "answer")]
        event: Option<i64>,
        #[arg(long)]
        answer: Option<i64>,
    },
    /// Share a report by a link that reads only, and ends.
    #[command(subcommand)]
    Share(ShareCommand),
}

/// What is done with the sample of one creator's audience.
#[derive(Subcommand)]
pub enum GoldCommand {
    /// The creators whose audiences were sampled.
    List,
    /// Draw a sample: followers evenly over newest, middle and oldest, and people who comment.
    Draw {
        creator: String,
        #[arg(long, default_value_t = 150)]
        followers: usize,
        #[arg(long, default_value_t = 50)]
        engagers: usize,
        /// The same seed draws the same people.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// The share so far, how it narrowed, and how far two people agree.
    Show { creator: String },
    /// The sample as CSV on standard output, with a column to fill in.
    Export { creator: String },
    /// Delete every sample of a creator's audience and all that was said of it.
    Delete { creator: String },
    /// Take one person's labels from a CSV file with the columns account and label.
    Label {
        creator: String,
        file: PathBuf,
        /// Who looked.
        #[arg(long)]
        by: String,
    },
}

#[derive(Subcommand)]
pub enum ShareCommand {
    /// Make a link; its address is shown this once.
    New {
        creator: String,
        #[arg(long, default_value_t = sharing::DAYS_USUAL)]
        days: u32,
        /// For whom it is.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// The links to a creator's report, with how often they were opened.
    List { creator: String },
    /// End a link now.
    Revoke { creator: String, link: i64 },
}

/// Runs one vetting command.
pub async fn run(data: &DataDirectory, command: VettingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        VettingCommand::Report { creator } => {
            let account = find(data, &creator).await?;
            let report = vetting_report(data, account).await?;
            output.result(report.as_ref(), |out| write_report(out, &report))
        }
        VettingCommand::Gold(command) => run_gold(data, command, output).await,
        VettingCommand::Declare { creator, kind, from, to, words } => {
            let account = find(data, &creator).await?;
            let id = records::declare(data, account, &kind, (&from, to.as_deref()), &words).await?;
            output.result(&json!({ "event": id }), |out| {
                writeln!(out, "recorded as event {id}; followers of those days are explained by it from now on")
            })
        }
        VettingCommand::Answer { creator, words, on } => {
            let account = find(data, &creator).await?;
            let id = records::answer(data, account, &words, on.as_deref()).await?;
            output.result(&json!({ "answer": id }), |out| {
                writeln!(out, "recorded as answer {id}; it stands beside the verdict")
            })
        }
        VettingCommand::TakeBack { creator, event, answer } => {
            let account = find(data, &creator).await?;
            let (what, id, was_there) = match (event, answer) {
                (Some(id), _) => ("event", id, data.store.take_back_event(account, id).await?),
                (None, id) => {
                    let id = id.context("neither an event nor an answer is named")?;
                    ("answer", id, data.store.take_back_answer(account, id).await?)
                }
            };
            anyhow::ensure!(
                was_there,
                "no {what} with the number {id} is recorded of this creator\nhint: `bellwether vetting report` names them"
            );
            output.result(&json!({ "taken_back": id }), |out| writeln!(out, "{what} {id} is taken back"))
        }
        VettingCommand::Share(command) => run_share(data, command, output).await,
    }
}

async fn run_gold(data: &DataDirectory, command: GoldCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        GoldCommand::List => {
            let sampled = data.store.sampled_audiences().await?;
            let named = names(data, sampled.iter().map(|(account, _)| *account).collect()).await?;
            let called = |account: &AccountId| named.get(account).map_or_else(String::new, |name| name.name.clone());
            let document: Vec<_> = sampled
                .iter()
                .map(
                    |(account, labelled)| json!({ "account": account, "name": called(account), "looked_at": labelled }),
                )
                .collect();
            output.result(&document, |out| {
                if sampled.is_empty() {
                    return writeln!(
                        out,
                        "no audience was sampled yet; `bellwether vetting gold draw CREATOR` draws one"
                    );
                }
                sampled.iter().try_for_each(|(account, labelled)| {
                    writeln!(out, "{account:>20}  {labelled:>5} looked at  {}", called(account))
                })
            })
        }
        GoldCommand::Draw { creator, followers, engagers, seed } => {
            let account = find(data, &creator).await?;
            let sample = gold::draw_sample(data, account, SampleSize { followers, engagers }, seed).await?;
            let parts: Vec<_> =
                sample.parts.iter().map(|part| json!({ "part": part.part, "held": part.held })).collect();
            let document =
                json!({ "account": account, "sample": sample.id, "people": sample.people.len(), "parts": parts });
            output.result(&document, |out| {
                writeln!(out, "{} people drawn", sample.people.len())?;
                sample.parts.iter().try_for_each(|part| {
                    let drawn = sample.people.iter().filter(|person| person.part == part.part).count();
                    writeln!(out, "{drawn:>6} of {:>8} held: {}", grouped(part.held), part.part)
                })?;
                writeln!(
                    out,
                    "label them on the page of the sample, or with `bellwether vetting gold export` and `label`"
                )
            })
        }
        GoldCommand::Show { creator } => {
            let account = find(data, &creator).await?;
            let (_, standing) = gold::standing_of(data, account).await?.ok_or(gold::GoldError::NoSample)?;
            output.result(&standing, |out| write_standing(out, &standing))
        }
        GoldCommand::Export { creator } => {
            let account = find(data, &creator).await?;
            let held = gold::sample_held(data, account).await?.ok_or(gold::GoldError::NoSample)?;
            let labels = data.store.audience_labels(Some(held.sample.id)).await?;
            let people: Vec<_> = held
                .sample
                .people
                .iter()
                .map(|person| json!({ "account": person.account, "part": person.part }))
                .collect();
            let bytes = gold::sheet::labels_sheet(&held, &labels).bytes();
            output.result(&people, |out| out.write_all(&bytes))
        }
        GoldCommand::Delete { creator } => {
            let account = find(data, &creator).await?;
            let deleted = data.store.delete_audience_samples(account).await?;
            anyhow::ensure!(deleted > 0, gold::GoldError::NoSample);
            output.result(&json!({ "deleted": deleted }), |out| {
                writeln!(out, "samples deleted, with all that was said of them: {deleted}")
            })
        }
        GoldCommand::Label { creator, file, by } => {
            let account = find(data, &creator).await?;
            let opened = std::fs::File::open(&file)
                .with_context(|| format!("{} cannot be read\nhint: check the path", file.display()))?;
            let taken = gold::take_labels(data, account, &by, opened).await?;
            for issue in &taken.refused {
                output.say(&format!("row {}, column `{}`: {}", issue.row, issue.column, issue.problem));
            }
            output.result(&taken, |out| {
                writeln!(out, "{} labels kept, {} rows refused", taken.taken, taken.refused.len())
            })
        }
    }
}

fn write_standing(out: &mut dyn Write, standing: &GoldStanding) -> std::io::Result<()> {
    writeln!(out, "{} of {} people looked at", standing.looked_at, standing.people)?;
    for (name, count) in &standing.labellers {
        writeln!(out, "  {name}: {count}")?;
    }
    let percent = |share: f64| crate::web::format::value(share, 0.005, Unit::Share);
    for of in &standing.populations {
        match &of.share {
            Some(found) => writeln!(
                out,
                "{}: {} made to be sold ({} to {}), {}; {} looked at, {} not told, {} not agreed on",
                of.whose,
                percent(found.share.value),
                percent(found.share.lo),
                percent(found.share.hi),
                found.share.rung.words(),
                found.looked_at,
                found.cannot_tell,
                found.disagree
            )?,
            None => writeln!(out, "{}: not known yet, from 20 looked at on there is a share", of.whose)?,
        }
        if let Some(share) = of.by_model {
            writeln!(
                out,
                "  by the model alone: {} ({} to {}), {}",
                percent(share.value),
                percent(share.lo),
                percent(share.hi),
                share.rung.words()
            )?;
        }
    }
    match standing.agreement {
        Some(agreement) => {
            let kappa = agreement.kappa.map_or_else(|| "not known".to_owned(), |kappa| format!("{kappa:.2}"));
            writeln!(out, "two people agree on {} of {}, kappa {kappa}", agreement.same, agreement.both)
        }
        None => writeln!(out, "two people's agreement is not known yet"),
    }
}

async fn run_share(data: &DataDirectory, command: ShareCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        ShareCommand::New { creator, days, note } => {
            let account = find(data, &creator).await?;
            let made = sharing::share(data, account, days, &note).await?;
            output.result(&made, |out| {
                writeln!(
                    out,
                    "{}\nbelow the address your program is reached at, opens the report until {}; it is not shown again",
                    made.address, made.expires_on
                )
            })
        }
        ShareCommand::List { creator } => {
            let account = find(data, &creator).await?;
            let links = sharing::links(data, account).await?;
            output.result(&links, |out| {
                if links.is_empty() {
                    return writeln!(out, "this report is not shared");
                }
                links.iter().try_for_each(|link| {
                    writeln!(
                        out,
                        "{:>4}  {:<8} until {}  opened {} times  {}",
                        link.link, link.state, link.expires_on, link.opened, link.note
                    )
                })
            })
        }
        ShareCommand::Revoke { creator, link } => {
            let account = find(data, &creator).await?;
            sharing::revoke(data, account, link).await?;
            output.result(&json!({ "revoked": link }), |out| writeln!(out, "link {link} opens nothing any more"))
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
    writeln!(out, "\nbeside the verdict")?;
    for (words, estimate) in beside(report) {
        writeln!(out, "  {words}: {}", estimate_text(estimate))?;
    }
    for event in &report.declared {
        writeln!(
            out,
            "told of (event {}): {}, {} to {}: {}",
            event.id, event.kind, event.first_day, event.last_day, event.words
        )?;
    }
    for answer in &report.answers {
        writeln!(out, "answered (answer {}), {}: {}", answer.id, answer.answered_on, answer.words)?;
    }
    Ok(())
}

/// What a report tells beside the verdict, in the order of the page.
fn beside(report: &VettingReport) -> Vec<(&'static str, &Estimate)> {
    let mut lines: Vec<(&'static str, &Estimate)> = vec![];
    if let Some(wider) = &report.posts_wider {
        lines.push(("engagement among peers, share at or below", &wider.standing.quantile));
        lines.push(("reach of a post by followers", &wider.reach.reach_rate));
        lines.push(("paid posts against the others", &wider.sponsored));
    }
    let alike = &report.audience_groups.uniformity;
    lines.push(("two of the audience share a group", &alike.same_group));
    lines.push(("groups of one size that would be as mixed", &alike.groups_effective));
    if let Some(talk) = &report.talk {
        lines.push(("turns in a thread with both sides", &talk.depth));
        lines.push(("commenters who come back under another post", &talk.returning));
        lines.push(("questions answered", &talk.questions_answered));
        lines.push(("replies that say more than a stock phrase", &talk.expressive));
        lines.push(("replies that ask back", &talk.asks_back));
        lines.push(("comments that answer another commenter", &talk.audience_talk));
    }
    lines.push(("posts that look sponsored and say so", &report.disclosure.told));
    lines
}
