//! `bellwether creators own …`: files of the brand's own people, and the creators among them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use model::{AccountId, Platform};
use serde_json::{Value, json};
use store::OwnFile;

use crate::clock;
use crate::creators::own_people::among::{OwnAccount, OwnPeople, PairEvidence, evidence_of, own_people};
use crate::creators::own_people::{Added, Adding, Answer, add, decide, remove};
use crate::creators::{find, names};
use crate::data_directory::DataDirectory;
use crate::ingest::csv_file::file_name;
use crate::ingest::own_file::{self, OwnKind, OwnMapping, OwnPeopleRead, OwnProposal, OwnSettings};
use crate::matching;
use crate::output::{Output, estimate_text, grouped};

const ISSUES_PRINTED: usize = 10;
const SAMPLE: usize = 10;

#[derive(Subcommand)]
pub enum OwnCommand {
    /// Add a file of own people, match them to the accounts held, and say who is found.
    Add {
        file: PathBuf,
        /// followers, engagers, customers, newsletter or orders.
        #[arg(long, value_parser = kind)]
        kind: OwnKind,
        /// What handles and ids are of, where no column says it.
        #[arg(long, value_parser = platform)]
        platform: Option<Platform>,
        /// Which column is what, e.g. handle=COLUMN,email=COLUMN,first=COLUMN,zone=UTC; without it the headings are read.
        #[arg(long)]
        map: Option<OwnMapping>,
        /// The brand whose people they are, by name or number.
        #[arg(long)]
        brand: Option<String>,
        /// For how many days the people of the file are kept.
        #[arg(long, default_value_t = crate::creators::own_people::KEPT_DAYS)]
        keep_days: u32,
        /// Read everything, keep nothing, and say what would be kept.
        #[arg(long)]
        dry_run: bool,
    },
    /// The files held, with how many of their people are matched.
    List,
    /// The creators among own people, and whoever else is matched.
    People {
        /// creators, others, suggested or refused.
        #[arg(long, default_value = "creators")]
        who: String,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Confirm or refuse that creators are among own people, or undo what was decided.
    Decide {
        /// confirm, refuse or undo.
        #[arg(value_parser = answer)]
        answer: Answer,
        #[arg(required = true)]
        creators: Vec<String>,
        /// Only this person of a file, by the number that `creators own people --json` prints.
        #[arg(long)]
        person: Option<i64>,
    },
    /// Remove a file and everything it held, by its number.
    Remove { file: i64 },
}

fn kind(text: &str) -> Result<OwnKind, String> {
    OwnKind::from_code(text).ok_or_else(|| format!("kinds are {}", OwnKind::ALL.map(OwnKind::code).join(", ")))
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::from_code(text).ok_or_else(|| {
        let known: Vec<&str> = Platform::ALL.iter().map(|platform| platform.code()).collect();
        format!("known platforms are {}", known.join(", "))
    })
}

fn answer(text: &str) -> Result<Answer, String> {
    Answer::from_code(text).ok_or_else(|| "answers are confirm, refuse, undo".to_owned())
}

pub async fn run(data: &DataDirectory, command: OwnCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        OwnCommand::Add { file, kind, platform, map, brand, keep_days, dry_run } => {
            let (path, asked) = (file.clone(), platform);
            let proposal = tokio::task::spawn_blocking(move || own_file::propose(&path, kind, asked)).await??;
            let has_map = map.is_some();
            let settings = OwnSettings {
                kind,
                platform: proposal.platform,
                mapping: map.unwrap_or_else(|| proposal.mapping.clone()),
            };
            if !has_map && !proposal.questions.is_empty() {
                return ask(&proposal, output);
            }
            if dry_run {
                let (path, read) = (file.clone(), settings.clone());
                let held = tokio::task::spawn_blocking(move || own_file::read(&path, &read, &Arc::default())).await??;
                return print_trial(&settings, &held, output);
            }
            let brand = match brand {
                Some(brand) => Some(matching::brand(data, &brand).await?.id.to_string()),
                None => None,
            };
            let bar = output.import_bar(crate::ingest::size_bytes_of(&file));
            let adding = Adding { path: &file, label: file_name(&file), settings: settings.clone(), keep_days, brand };
            let added = add(data, adding, bar.progress.clone()).await?;
            drop(bar);
            print_added(&settings, &added, output)
        }
        OwnCommand::List => list(data, output).await,
        OwnCommand::People { who, limit } => people(data, &who, limit, output).await,
        OwnCommand::Decide { answer, creators, person } => {
            let mut accounts = vec![];
            for creator in &creators {
                accounts.push(find(data, creator).await?);
            }
            let changed = decide(data, &accounts, person, answer).await?;
            output.result(&json!({ "changed": changed }), |out| writeln!(out, "{} matches changed", grouped(changed)))
        }
        OwnCommand::Remove { file } => {
            remove(data, file).await?;
            output.result(&json!({ "file": file, "removed": true }), |out| {
                writeln!(out, "file {file} is gone with everything it held")
            })
        }
    }
}

/// What has to be answered before a file can be taken.
fn ask(proposal: &OwnProposal, output: Output<'_>) -> anyhow::Result<()> {
    output.result(&json!({ "taken": false, "proposal": proposal }), |out| {
        writeln!(out, "nothing was taken; the columns seem to be --map {:?}", proposal.mapping.to_string())?;
        writeln!(out, "headings: {}", proposal.headings.join(", "))?;
        proposal.questions.iter().try_for_each(|question| writeln!(out, "{question}"))
    })
}

fn issues_json(issues: &[model::RowIssue]) -> Vec<Value> {
    let issue = |issue: &model::RowIssue| json!({ "row": issue.row, "column": issue.column, "problem": issue.problem, "hint": issue.hint });
    issues.iter().map(issue).collect()
}

fn write_issues(out: &mut dyn std::io::Write, issues: &[model::RowIssue]) -> std::io::Result<()> {
    for issue in issues.iter().take(ISSUES_PRINTED) {
        let row = issue.row.map_or_else(String::new, |row| format!("row {row}: "));
        let column = issue.column.as_deref().map_or_else(String::new, |column| format!("column `{column}` "));
        writeln!(out, "  {row}{column}{}; {}", issue.problem, issue.hint)?;
    }
    Ok(())
}

fn print_trial(settings: &OwnSettings, held: &OwnPeopleRead, output: Output<'_>) -> anyhow::Result<()> {
    let sample: Vec<&own_file::OwnRecord> = held.people.iter().take(SAMPLE).collect();
    let document = json!({ "taken": false, "map": settings.mapping.to_string(),
        "platform": settings.platform.map(Platform::code), "rows": held.rows_in, "people": held.people.len(),
        "refused": held.refused, "sample": sample, "issues": issues_json(&held.issues) });
    output.result(&document, |out| {
        writeln!(out, "columns: {}", settings.mapping)?;
        writeln!(
            out,
            "{} rows hold {} people; {} rows would be refused; nothing was kept",
            grouped(held.rows_in),
            grouped(held.people.len() as u64),
            grouped(held.refused)
        )?;
        for person in &sample {
            let who = [&person.handle, &person.native_id, &person.name, &person.link];
            let mut who: Vec<&str> = who.into_iter().flatten().map(String::as_str).collect();
            if person.email_sha256.is_some() {
                who.push("an e-mail address, of which a hash is kept");
            }
            writeln!(out, "  row {}: {}", person.row, who.join(", "))?;
        }
        write_issues(out, &held.issues)
    })
}

fn print_added(settings: &OwnSettings, added: &Added, output: Output<'_>) -> anyhow::Result<()> {
    let mut document = serde_json::to_value(added)?;
    document["map"] = settings.mapping.to_string().into();
    document["issues"] = issues_json(&added.issues).into();
    output.result(&document, |out| {
        if added.same {
            return writeln!(out, "exactly this file is held as file {}; nothing was added", added.file);
        }
        writeln!(
            out,
            "file {}: {} people of {} rows, {} rows refused",
            added.file,
            grouped(added.people),
            grouped(added.rows),
            grouped(added.refused)
        )?;
        if added.left_out > 0 {
            writeln!(out, "{} asked to be forgotten and were left out", grouped(added.left_out))?;
        }
        writeln!(
            out,
            "{} surely have an account that is held, {} may have one, {} have none",
            grouped(added.matches.matched),
            grouped(added.matches.suggested),
            grouped(added.matches.not_matched)
        )?;
        write_issues(out, &added.issues)?;
        writeln!(out, "see `bellwether creators own people`")
    })
}

fn file_json(file: &OwnFile) -> Value {
    json!({ "file": file.id, "kind": file.kind, "label": file.label, "brand": file.brand, "rows": file.rows_in,
        "refused": file.rows_refused, "people": file.people, "matched": file.matched, "suggested": file.suggested,
        "not_matched": file.people.saturating_sub(file.matched + file.suggested),
        "added_at": clock::iso(file.added_at), "kept_until": clock::iso(file.expires_at) })
}

async fn list(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let files = data.store.own_files(data.now()).await?;
    let document: Vec<Value> = files.iter().map(file_json).collect();
    output.result(&document, |out| {
        if files.is_empty() {
            return writeln!(
                out,
                "no file of own people; add one with `bellwether creators own add FILE --kind followers`"
            );
        }
        files.iter().try_for_each(|file| {
            writeln!(
                out,
                "{:>4}  {:<10} {} people, {} matched, {} suggested, kept until {}  {}",
                file.id,
                file.kind,
                grouped(file.people),
                grouped(file.matched),
                grouped(file.suggested),
                clock::day(file.expires_at),
                file.label
            )
        })
    })
}

async fn people(data: &DataDirectory, who: &str, limit: usize, output: Output<'_>) -> anyhow::Result<()> {
    let held: Arc<OwnPeople> = own_people(data).await?;
    let all: Vec<&OwnAccount> = match who {
        "creators" => held.creators().collect(),
        "others" => held.others().collect(),
        "suggested" => held.suggested.iter().collect(),
        "refused" => held.refused.iter().collect(),
        other => anyhow::bail!("{other:?} is nobody\nhint: --who takes creators, others, suggested or refused"),
    };
    let shown: Vec<&OwnAccount> = all.iter().copied().take(limit).collect();
    let named = names(data, shown.iter().map(|one| one.account).collect()).await?;
    let evidence = evidence_of(data, &shown).await?;
    let name = |account: AccountId| named.get(&account).map(|name| name.name.as_str());
    let people: Vec<Value> = shown
        .iter()
        .map(|one| {
            let pairs: Vec<Value> = (one.pairs.iter())
                .map(|pair| {
                    let held: Option<&PairEvidence> = evidence.get(&(pair.person, one.account));
                    json!({ "person": pair.person, "file": pair.file, "row": pair.row, "kind": pair.kind,
                        "standing": pair.standing, "chance": held.map(|held| &held.chance),
                        "evidence": held.map(|held| &held.evidence), "rivals": held.map(|held| &held.rivals) })
                })
                .collect();
            json!({ "account": one.account, "name": name(one.account), "standing": one.standing,
                "is_creator": one.is_creator, "how": one.words(), "ways": one.ways, "span": one.span, "matches": pairs })
        })
        .collect();
    let counts = json!({ "creators": held.creators().count(), "others": held.others().count(),
        "suggested": held.suggested.len(), "refused": held.refused.len() });
    output.result(&json!({ "counts": counts, "people": people }), |out| {
        if held.files.is_empty() {
            return writeln!(
                out,
                "no file of own people; add one with `bellwether creators own add FILE --kind followers`"
            );
        }
        writeln!(out, "{counts_words}", counts_words = counts_words(&held))?;
        for one in &shown {
            let called = name(one.account).unwrap_or("nothing is held any more");
            writeln!(out, "{:>20}  {called}: {} ({})", one.account, one.words(), one.standing.words())?;
            if one.span.value.is_some_and(|span| span > 0.0) {
                writeln!(out, "{:>20}  from first to last {}", "", estimate_text(&one.span))?;
            }
            for pair in &one.pairs {
                let Some(held) = evidence.get(&(pair.person, one.account)) else { continue };
                let words: Vec<&str> = held.evidence.iter().map(|piece| piece.words.as_str()).collect();
                writeln!(
                    out,
                    "{:>20}  person {} of file {}: {} ({})",
                    "",
                    pair.person,
                    pair.file,
                    words.join("; "),
                    estimate_text(&held.chance)
                )?;
            }
        }
        Ok(())
    })
}

fn counts_words(held: &OwnPeople) -> String {
    format!(
        "{} creators and {} others are among your own people; {} suggestions wait, {} were refused",
        grouped(held.creators().count() as u64),
        grouped(held.others().count() as u64),
        grouped(held.suggested.len() as u64),
        grouped(held.refused.len() as u64)
    )
}
