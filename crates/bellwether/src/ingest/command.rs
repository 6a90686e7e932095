//! `bellwether ingest …`: bring files in, see what was brought in and refused, take an import back.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use model::{ImportId, InteractionKind, Platform};
use serde_json::json;
use store::ImportRecord;

mod connections;

use super::accounts::AccountsFile;
use super::captured::{CapturedFile, GraphFile};
use super::interactions::InteractionsFile;
use super::mapped_csv::{ColumnMapping, MappedCsv, propose};
use super::platform_export::PlatformExport;
use super::stack_exchange::StackExchangeDump;
use super::{DryRun, ImportFormat, ImportReport, Repeat, dry_run, import, undo};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};

/// How many refused rows are printed; all are on the import's page.
const ISSUES_PRINTED: usize = 10;

#[derive(Subcommand)]
pub enum IngestCommand {
    /// A Stack Exchange dump: a folder with Posts.xml, Comments.xml and Users.xml.
    StackExchange {
        folder: PathBuf,
        /// The site's name when the folder's name does not say it, e.g. beer.
        #[arg(long)]
        site: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Who talked to whom: CSV or Parquet with actor, target, kind, at_unix.
    Interactions {
        file: PathBuf,
        #[arg(long, default_value = "other", value_parser = platform)]
        platform: Platform,
        #[command(flatten)]
        how: How,
    },
    /// Accounts with their followers: CSV with account, followers[, following].
    Accounts {
        file: PathBuf,
        #[arg(long, default_value = "other", value_parser = platform)]
        platform: Platform,
        /// The day the counts were taken, e.g. 2026-03-01; without it the day the file was last changed.
        #[arg(long, value_parser = day)]
        observed_on: Option<model::Timestamp>,
        #[command(flatten)]
        how: How,
    },
    /// Any CSV file through a column mapping; without --map a mapping is proposed and nothing is taken.
    Csv {
        file: PathBuf,
        #[arg(long, default_value = "other", value_parser = platform)]
        platform: Platform,
        /// interactions:actor=COLUMN,target=COLUMN,at=COLUMN[,text=…,kind=…,post=…,id=…,every-kind=comment,zone=UTC],
        /// accounts:account=COLUMN[,followers=…], or the name of a mapping that was saved.
        #[arg(long)]
        map: Option<String>,
        /// Keep the mapping under this name.
        #[arg(long, requires = "map")]
        save_as: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// What Instagram, TikTok, X or YouTube handed out as "your data": the zip file, or the folder it was unpacked to.
    Export {
        path: PathBuf,
        /// Whose export it is, where the export does not say it: a handle.
        #[arg(long)]
        account: Option<String>,
        /// The platform, where it cannot be told: instagram, tiktok, x, youtube.
        #[arg(long, value_parser = platform)]
        platform: Option<Platform>,
        #[command(flatten)]
        how: How,
    },
    /// What Zeeschuimer or 4CAT captured: one JSON object a line.
    Captured {
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// A graph of accounts in GEXF, as Gephi and 4CAT write it.
    Graph {
        file: PathBuf,
        #[arg(long, default_value = "other", value_parser = platform)]
        platform: Platform,
        /// What every edge stands for: mention, reply, repost, ...; without it what the file says, else mention.
        #[arg(long, value_parser = interaction_kind)]
        kind: Option<InteractionKind>,
        /// The day of edges without a date, e.g. 2026-03-01; without it the day the file was last changed.
        #[arg(long, value_parser = day)]
        on: Option<model::Timestamp>,
        #[command(flatten)]
        how: How,
    },
    #[command(flatten)]
    Connections(connections::ConnectionCommand),
    /// The imports, newest first.
    List {
        /// How many of them.
        #[arg(long, default_value_t = 200)]
        limit: u32,
    },
    /// One import with its remarks and refused rows.
    Show { id: i64 },
    /// Take back exactly what an import brought.
    Undo { id: i64 },
    /// The sources with their rules: how long rows are kept, and whether numbers may be made of them.
    Sources,
}

#[derive(clap::Args)]
pub struct How {
    /// Read everything, keep nothing, and say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Read a file again that was imported before; known rows add nothing.
    #[arg(long)]
    again: bool,
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::from_code(text).ok_or_else(|| {
        let known: Vec<&str> = Platform::ALL.iter().map(|platform| platform.code()).collect();
        format!("known platforms are {}", known.join(", "))
    })
}

fn interaction_kind(text: &str) -> Result<InteractionKind, String> {
    InteractionKind::from_code(text).ok_or_else(|| {
        let known: Vec<&str> = InteractionKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("known kinds are {}", known.join(", "))
    })
}

fn day(text: &str) -> Result<model::Timestamp, String> {
    match clock::parse_date_cell(text, None) {
        clock::DateCell::At(at) => Ok(at),
        _ => Err("write a day as 2026-03-01".to_owned()),
    }
}

/// Runs one ingest command.
pub async fn run(data_dir: &Path, command: IngestCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        IngestCommand::StackExchange { folder, site, how } => {
            take(data_dir, StackExchangeDump::new(&folder, site.as_deref())?, &how, output).await
        }
        IngestCommand::Interactions { file, platform, how } => {
            take(data_dir, InteractionsFile::new(&file, platform), &how, output).await
        }
        IngestCommand::Accounts { file, platform, observed_on, how } => {
            take(data_dir, AccountsFile::new(&file, platform, observed_on), &how, output).await
        }
        IngestCommand::Csv { file, platform, map, save_as, how } => {
            mapped(data_dir, &file, platform, map, save_as, &how, output).await
        }
        IngestCommand::Export { path, account, platform, how } => {
            take(data_dir, PlatformExport::new(&path, platform, account.as_deref())?, &how, output).await
        }
        IngestCommand::Captured { file, how } => take(data_dir, CapturedFile::new(&file), &how, output).await,
        IngestCommand::Graph { file, platform, kind, on, how } => {
            take(data_dir, GraphFile::new(&file, platform, kind, on), &how, output).await
        }
        IngestCommand::Connections(command) => connections::run(data_dir, command, output).await,
        IngestCommand::List { limit } => list(data_dir, limit, output).await,
        IngestCommand::Show { id } => show(data_dir, ImportId(id), output).await,
        IngestCommand::Sources => sources(data_dir, output).await,
        IngestCommand::Undo { id } => {
            let data = DataDirectory::open(data_dir).await?;
            let undone = undo(&data, ImportId(id)).await?;
            let document = json!({ "undone": id, "label": undone.label, "facts_removed": undone.counts.inserted });
            output.result(&document, |out| {
                writeln!(
                    out,
                    "import {id} ({}) is undone: {} facts removed",
                    undone.label,
                    grouped(undone.counts.inserted)
                )?;
                writeln!(out, "run `bellwether refresh` to bring rankings up to date")
            })
        }
    }
}

async fn take<F: ImportFormat + 'static>(
    data_dir: &Path,
    format: F,
    how: &How,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let bar = output.import_bar(format.size_bytes());
    if how.dry_run {
        let label = format.label();
        let progress = bar.progress.clone();
        let run = tokio::task::spawn_blocking(move || dry_run(format, progress)).await??;
        drop(bar);
        return print_dry_run(&label, &run, output);
    }
    let data = DataDirectory::open(data_dir).await?;
    let repeat = if how.again { Repeat::ReadAgain } else { Repeat::Skip };
    let label = format.label();
    let report = import(&data, format, repeat, bar.progress.clone()).await?;
    drop(bar);
    print_report(&label, &report, output)
}

async fn mapped(
    data_dir: &Path,
    file: &Path,
    platform: Platform,
    map: Option<String>,
    save_as: Option<String>,
    how: &How,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let Some(map) = map else {
        let proposal = propose(file)?;
        return output.result(&proposal, |out| {
            writeln!(out, "proposed: --map {}", proposal.mapping)?;
            writeln!(out, "\n{}", proposal.headings.join(" | "))?;
            for row in &proposal.rows {
                writeln!(out, "{}", row.join(" | "))?;
            }
            for line in proposal.questions.iter().chain(&proposal.left_out) {
                writeln!(out, "\n{line}")?;
            }
            writeln!(out, "\nnothing was taken; add --map with this mapping (and --dry-run to try it first)")
        });
    };
    let mapping: ColumnMapping = if map.contains(':') {
        map.parse().map_err(|problem: String| anyhow::anyhow!(problem))?
    } else {
        let data = DataDirectory::open(data_dir).await?;
        let kept = data.store.mapping(&map).await?;
        let kept =
            kept.ok_or_else(|| anyhow::anyhow!("no mapping named {map:?} was saved\nhint: save one with --save-as"))?;
        serde_json::from_str(&kept)?
    };
    let format = MappedCsv::new(file, platform, mapping.clone())?;
    if let (Some(name), false) = (&save_as, how.dry_run) {
        let data = DataDirectory::open(data_dir).await?;
        data.store.keep_mapping(name, &serde_json::to_string(&mapping)?, data.now()).await?;
    }
    take(data_dir, format, how, output).await
}

fn print_dry_run(label: &str, run: &DryRun, output: Output<'_>) -> anyhow::Result<()> {
    let document = json!({
        "label": label, "dry_run": true, "rows_in": run.rows_in, "facts": run.facts, "refused": run.refused,
        "issues": run.issues, "remarks": run.remarks,
    });
    output.result(&document, |out| {
        writeln!(
            out,
            "dry run of {label}: {} rows, {} facts, {} rows refused; nothing was kept",
            grouped(run.rows_in),
            grouped(run.facts),
            grouped(run.refused)
        )?;
        run.remarks.iter().try_for_each(|remark| writeln!(out, "  {remark}"))?;
        print_issues(out, &run.issues)
    })
}

fn print_report(label: &str, report: &ImportReport, output: Output<'_>) -> anyhow::Result<()> {
    let counts = report.counts;
    let document = json!({
        "import": report.import, "label": label, "rows_in": counts.rows_in, "inserted": counts.inserted,
        "already_known": counts.already_known, "refused": counts.refused, "tombstoned": counts.tombstoned,
        "same_as_import": report.same_as, "remarks": report.remarks, "issues": report.issues,
        "took_seconds": report.took_seconds,
    });
    output.result(&document, |out| {
        if let Some(earlier) = report.same_as {
            return writeln!(out, "{label} was imported before as import {earlier}: 0 added (--again reads it again)");
        }
        writeln!(
            out,
            "import {}: {} rows of {label} in {:.1} s: {} facts new, {} already known, {} rows refused",
            report.import,
            grouped(counts.rows_in),
            report.took_seconds,
            grouped(counts.inserted),
            grouped(counts.already_known),
            grouped(counts.refused)
        )?;
        if counts.tombstoned > 0 {
            writeln!(
                out,
                "  {} facts about people who asked to be forgotten were left out",
                grouped(counts.tombstoned)
            )?;
        }
        report.remarks.iter().try_for_each(|remark| writeln!(out, "  {remark}"))?;
        print_issues(out, &report.issues)
    })
}

fn print_issues(out: &mut dyn std::io::Write, issues: &[model::RowIssue]) -> std::io::Result<()> {
    for issue in issues.iter().take(ISSUES_PRINTED) {
        writeln!(out, "  {issue}")?;
    }
    match issues.len().saturating_sub(ISSUES_PRINTED) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more, listed by `bellwether ingest show`", grouped(more as u64)),
    }
}

fn record_json(import: &ImportRecord) -> serde_json::Value {
    json!({
        "id": import.id, "source": import.source_code, "label": import.label, "state": import.state.code(),
        "started_at": clock::iso(import.started_at), "finished_at": import.finished_at.map(clock::iso),
        "rows_in": import.counts.rows_in, "inserted": import.counts.inserted,
        "already_known": import.counts.already_known, "refused": import.counts.refused,
        "tombstoned": import.counts.tombstoned, "remarks": import.remarks,
    })
}

async fn list(data_dir: &Path, limit: u32, output: Output<'_>) -> anyhow::Result<()> {
    let data = DataDirectory::open(data_dir).await?;
    let (imports, all) = data.store.imports(i64::from(limit)).await?;
    let document: Vec<_> = imports.iter().map(record_json).collect();
    output.result(&document, |out| {
        if imports.is_empty() {
            return writeln!(out, "nothing was brought in yet; `bellwether ingest --help` shows what can be");
        }
        for import in &imports {
            writeln!(
                out,
                "{:>4}  {}  {:<7}  {:>12} new  {:>8} refused  {} ({})",
                import.id.0,
                clock::iso(import.started_at),
                import.state.code(),
                grouped(import.counts.inserted),
                grouped(import.counts.refused),
                import.label,
                import.source_code
            )?;
        }
        match all - imports.len() as u64 {
            0 => Ok(()),
            older => writeln!(out, "and {} older ones: --limit shows more", grouped(older)),
        }
    })
}

async fn sources(data_dir: &Path, output: Output<'_>) -> anyhow::Result<()> {
    let data = DataDirectory::open(data_dir).await?;
    let sources = data.store.sources().await?;
    output.result(&sources, |out| {
        if sources.is_empty() {
            return writeln!(out, "there is no source yet; each import brings its source with it");
        }
        for source in &sources {
            let kept = source.max_age.map_or("without limit".to_owned(), |age| format!("for {} days", age.0));
            let may = |allowed: bool| if allowed { "may" } else { "may not" };
            writeln!(
                out,
                "{}: kept {kept}; numbers {} be derived; {} be added up with other sources; {} ({})",
                source.code,
                may(source.may_derive),
                may(source.may_mix),
                source.purpose,
                source.legal_basis
            )?;
        }
        Ok(())
    })
}

async fn show(data_dir: &Path, id: ImportId, output: Output<'_>) -> anyhow::Result<()> {
    let data = DataDirectory::open(data_dir).await?;
    let import = data.store.import(id).await?.ok_or(super::IngestError::NoSuchImport(id))?;
    let issues = data.store.issues(id, super::sink::ISSUES_MAX as i64 + 1, 0).await?;
    let mut document = record_json(&import);
    document["issues"] = json!(issues);
    output.result(&document, |out| {
        writeln!(
            out,
            "import {} of {} ({}): {}; {} rows, {} facts new, {} already known, {} rows refused",
            import.id,
            import.label,
            import.source_code,
            import.state.code(),
            grouped(import.counts.rows_in),
            grouped(import.counts.inserted),
            grouped(import.counts.already_known),
            grouped(import.counts.refused)
        )?;
        import.remarks.iter().try_for_each(|remark| writeln!(out, "  {remark}"))?;
        issues.iter().try_for_each(|issue| writeln!(out, "  {issue}"))
    })
}
