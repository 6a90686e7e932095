//! `bellwether ingest connect|watch|sync …`: platforms that are asked by themselves.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use model::{Days, Platform};
use serde_json::{Value, json};
use store::{ConnectionState, JobRow};

use super::platform;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::ingest::connections::{self, Asked, Health, Watch};
use crate::ingest::sync::settings::{OFFERS, Offer, Part, StreamKind};
use crate::ingest::sync::stream::{Listened, Until, listen};
use crate::ingest::sync::{Connection, SyncReport, granting, run as sync};
use crate::matching;
use crate::output::{Output, grouped};

#[derive(Subcommand)]
pub enum ConnectionCommand {
    /// Connect a platform, so that what is watched there stays fresh by itself.
    Connect(Connect),
    /// The connections with how they are; and what can be connected.
    Connections,
    /// One connection: who is watched, what is due, what went wrong, what it brought.
    Connection { name: String },
    /// Watch accounts, or posts that hold some words.
    Watch {
        connection: String,
        /// Handles, or with --search words.
        #[arg(required_unless_present = "campaign")]
        subjects: Vec<String>,
        /// The creators of this campaign, by its number; before all others.
        #[arg(long)]
        campaign: Option<i64>,
        /// Look for posts with these words instead.
        #[arg(long)]
        search: bool,
        /// The brand it is for; brands take turns.
        #[arg(long)]
        brand: Option<String>,
        /// Before all others, as for a campaign that runs now.
        #[arg(long)]
        first: bool,
    },
    /// Watch no more; what was brought in stays.
    Unwatch { connection: String, subject: String },
    /// Do the work that is due now; without a name that of every connection.
    Sync {
        connection: Option<String>,
        /// Where a limit is used up, wait until it begins anew instead of ending.
        #[arg(long)]
        wait: bool,
        /// Ask for everything again, also what is not due yet.
        #[arg(long)]
        now: bool,
    },
    /// Listen to a connection's stream until it says nothing new for so many seconds.
    Listen {
        connection: String,
        #[arg(long, default_value_t = 10)]
        quiet_seconds: u64,
    },
    /// The link at which somebody agrees that a connection reads their account; good for seven days.
    Consent {
        connection: String,
        /// The address people reach `bellwether serve` by; they come back to it.
        #[arg(long, default_value = "http://127.0.0.1:7878")]
        address: String,
    },
    /// Ask nothing until it is resumed.
    Pause { connection: String },
    /// Ask again.
    Resume { connection: String },
    /// End a connection; what it brought stays unless --with-facts is said.
    Disconnect {
        connection: String,
        /// Take back everything it brought, too.
        #[arg(long)]
        with_facts: bool,
    },
}

#[derive(Args)]
pub struct Connect {
    #[arg(value_parser = platform)]
    platform: Platform,
    /// What it is called here; without it the platform's name.
    #[arg(long, default_value = "")]
    name: String,
    /// Another server than the one most people ask.
    #[arg(long, default_value = "")]
    server: String,
    /// A file that holds the token or key the platform asks for; `-` reads it from the input.
    #[arg(long)]
    secret_file: Option<std::path::PathBuf>,
    /// A file that holds the secret of your own app, by which the platform signs what it passes on.
    #[arg(long)]
    app_secret_file: Option<std::path::PathBuf>,
    /// The key of your own app, where somebody agrees at the platform (TikTok; YouTube for the own channel).
    #[arg(long, default_value = "")]
    app_key: String,
    /// The platform's number of the own account (Instagram).
    #[arg(long, default_value = "")]
    own_id: String,
    /// What is brought in beside profiles and posts: threads, likes, reposts, quotes, followers, following.
    #[arg(long, value_delimiter = ',', value_parser = part)]
    parts: Option<Vec<Part>>,
    /// Posts older than this are not asked for.
    #[arg(long, default_value_t = 365)]
    history_days: u32,
    /// Listen to this stream too, such as https://jetstream2.us-east.bsky.network.
    #[arg(long)]
    stream: Option<String>,
    /// What kind of stream it is.
    #[arg(long, value_enum, default_value = "jetstream")]
    stream_kind: Stream,
    /// Take what everybody says in the stream, not only what touches those who are watched.
    #[arg(long, requires = "stream")]
    stream_everybody: bool,
    /// The server stands on this machine or in the own network.
    #[arg(long)]
    internal: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stream {
    Jetstream,
    Repos,
}

fn part(text: &str) -> Result<Part, String> {
    Part::from_code(text.trim()).ok_or_else(|| {
        let all: Vec<&str> = Part::ALL.iter().map(|part| part.code()).collect();
        format!("known parts are {}", all.join(", "))
    })
}

/// Runs one command about connections.
pub async fn run(data_dir: &Path, command: ConnectionCommand, output: Output<'_>) -> anyhow::Result<()> {
    let data = DataDirectory::open(data_dir).await?;
    match command {
        ConnectionCommand::Connect(asked) => connect(&data, asked, output).await,
        ConnectionCommand::Connections => list(&data, output).await,
        ConnectionCommand::Connection { name } => show(&data, &connections::find(&data, &name).await?, output).await,
        ConnectionCommand::Watch { connection, mut subjects, campaign, search, brand, first } => {
            let connection = connections::find(&data, &connection).await?;
            let brand = match brand {
                Some(named) => Some(matching::brand(&data, &named).await?.id.to_string()),
                None => None,
            };
            if let Some(campaign) = campaign {
                data.revision().await?;
                subjects.extend(connections::of_campaign(&data, &connection, campaign).await?);
            }
            let watch = Watch { is_search: search, subjects, brand, is_first: first || campaign.is_some() };
            let new = connections::watch(&data, &connection, &watch).await?;
            let document = json!({ "connection": connection.row.name, "new": new, "named": watch.subjects.len() });
            output.result(&document, |out| {
                writeln!(out, "{}: {new} more watched; `bellwether ingest sync` asks at once", connection.row.name)
            })
        }
        ConnectionCommand::Unwatch { connection, subject } => {
            let connection = connections::find(&data, &connection).await?;
            connections::unwatch(&data, &connection, &subject).await?;
            output.result(&json!({ "unwatched": subject }), |out| writeln!(out, "{subject} is not watched any more"))
        }
        ConnectionCommand::Sync { connection, wait, now } => {
            let named = match connection {
                Some(name) => vec![connections::find(&data, &name).await?],
                None => {
                    let rows = data.store.connections().await?;
                    rows.into_iter()
                        .filter(|row| row.state == ConnectionState::Active)
                        .map(Connection::of)
                        .collect::<Result<Vec<_>, _>>()?
                }
            };
            sync_all(&data, &named, wait, now, output).await
        }
        ConnectionCommand::Listen { connection, quiet_seconds } => {
            let connection = connections::find(&data, &connection).await?;
            let told = |so_far: &Listened| {
                output.note(&format!(
                    "{} events, {} facts new",
                    grouped(so_far.events),
                    grouped(so_far.report.facts_new)
                ));
            };
            let until = Until::Quiet(Duration::from_secs(quiet_seconds));
            let done = Box::pin(listen(&data, connection.row.id, until, &told)).await?;
            output.result(&done, |out| {
                writeln!(
                    out,
                    "{}: {} events, {} of them about who is watched; {} facts new, {} already known, {} rows removed",
                    connection.row.name,
                    grouped(done.events),
                    grouped(done.taken),
                    grouped(done.report.facts_new),
                    grouped(done.report.facts_known),
                    grouped(done.report.rows_removed)
                )
            })
        }
        ConnectionCommand::Consent { connection, address } => {
            let connection = connections::find(&data, &connection).await?;
            let link = granting::link(&data, &connection, &address)?;
            let returns_to = granting::return_address(&address);
            output.result(
                &json!({ "connection": connection.row.name, "link": link, "returns_to": returns_to }),
                |out| {
                    writeln!(out, "{link}")?;
                    writeln!(
                        out,
                        "they come back to {returns_to}, which the app must name; bellwether serve must run there"
                    )
                },
            )
        }
        ConnectionCommand::Pause { connection } => set_state(&data, &connection, ConnectionState::Paused, output).await,
        ConnectionCommand::Resume { connection } => {
            set_state(&data, &connection, ConnectionState::Active, output).await
        }
        ConnectionCommand::Disconnect { connection, with_facts } => {
            let connection = connections::find(&data, &connection).await?;
            let done = connections::disconnect(&data, &connection, with_facts).await?;
            output.result(&done, |out| {
                writeln!(
                    out,
                    "{} is ended; {} imports taken back with {} facts",
                    connection.row.name,
                    done.imports_undone,
                    grouped(done.facts_removed)
                )
            })
        }
    }
}

async fn connect(data: &DataDirectory, asked: Connect, output: Output<'_>) -> anyhow::Result<()> {
    let kind = match asked.stream_kind {
        Stream::Jetstream => StreamKind::Jetstream,
        Stream::Repos => StreamKind::Repos,
    };
    let usual = Asked::new(asked.platform);
    let wanted = Asked {
        name: asked.name,
        server: asked.server,
        parts: asked.parts.unwrap_or(usual.parts.clone()),
        history_days: Days(asked.history_days),
        secret: secret_of(asked.secret_file.as_deref())?,
        app_secret: secret_of(asked.app_secret_file.as_deref())?,
        own_id: asked.own_id,
        app_key: asked.app_key,
        stream: asked.stream.map(|server| (kind, server)),
        takes_everybody: asked.stream_everybody,
        may_reach_inside: asked.internal,
        ..usual
    };
    let id = connections::connect(data, &wanted).await?;
    let connection = Connection::find(data, id).await?;
    output.result(&json!({ "connection": id, "name": connection.row.name }), |out| {
        writeln!(
            out,
            "{} is connected; say whom to watch: bellwether ingest watch {} @HANDLE",
            connection.row.name,
            quoted(&connection.row.name)
        )
    })
}

/// A secret is never an argument: others on the machine see those.
fn secret_of(file: Option<&Path>) -> anyhow::Result<String> {
    let read = match file {
        None => return Ok(String::new()),
        Some(file) if file == Path::new("-") => std::io::read_to_string(std::io::stdin()),
        Some(file) => std::fs::read_to_string(file),
    };
    Ok(read
        .with_context(|| "the secret cannot be read\nhint: name a file that holds it in one line")?
        .trim()
        .to_owned())
}

fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("{name:?}") } else { name.to_owned() }
}

async fn set_state(data: &DataDirectory, name: &str, state: ConnectionState, output: Output<'_>) -> anyhow::Result<()> {
    let connection = connections::find(data, name).await?;
    connections::set_state(data, &connection, state).await?;
    output.result(&json!({ "connection": connection.row.name, "state": state.code() }), |out| {
        writeln!(out, "{} is {}", connection.row.name, state.code())
    })
}

async fn sync_all(
    data: &DataDirectory,
    named: &[Connection],
    wait: bool,
    now: bool,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let mut all: Vec<(String, SyncReport)> = vec![];
    for connection in named {
        let name = connection.row.name.clone();
        if now {
            connections::hurry(data, connection).await?;
        }
        let told = |so_far: &SyncReport| {
            output.note(&format!("{name}: {} pages, {} facts new", grouped(so_far.pages), grouped(so_far.facts_new)));
        };
        let mut report = Box::pin(sync(data, connection.row.id, &told)).await?;
        while let (true, Some(until)) = (wait, report.waits_until) {
            output.note(&format!("{name}: goes on at {}", clock::minute(until)));
            while data.now() < until {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            let more = Box::pin(sync(data, connection.row.id, &told)).await?;
            report = added(report, more);
        }
        all.push((name, report));
    }
    let document: Vec<Value> = all
        .iter()
        .map(|(name, report)| {
            let mut document = serde_json::to_value(report).unwrap_or_default();
            document["connection"] = json!(name);
            document["waits_until"] = json!(report.waits_until.map(clock::iso));
            document
        })
        .collect();
    output.result(&document, |out| {
        if all.is_empty() {
            return writeln!(out, "nothing is connected; `bellwether ingest connect bluesky` begins");
        }
        for (name, report) in &all {
            writeln!(
                out,
                "{name}: {} calls, {} facts new, {} already known, {} left out, {} rows removed",
                grouped(report.calls),
                grouped(report.facts_new),
                grouped(report.facts_known),
                grouped(report.left_out),
                grouped(report.rows_removed)
            )?;
            report.problems.iter().take(10).try_for_each(|problem| writeln!(out, "  {problem}"))?;
            if let Some(until) = report.waits_until {
                writeln!(out, "  nothing more is asked until {} (--wait waits)", clock::minute(until))?;
            }
        }
        Ok(())
    })
}

fn added(mut sum: SyncReport, more: SyncReport) -> SyncReport {
    sum.calls += more.calls;
    sum.pages += more.pages;
    sum.rows += more.rows;
    sum.facts_new += more.facts_new;
    sum.facts_known += more.facts_known;
    sum.left_out += more.left_out;
    sum.accounts_ended += more.accounts_ended;
    sum.rows_removed += more.rows_removed;
    sum.problems.extend(more.problems);
    sum.waits_until = more.waits_until;
    sum
}

fn offer_json(offer: &Offer) -> Value {
    json!({ "platform": offer.platform.code(), "gives": offer.gives, "does_not": offer.does_not, "costs": offer.costs, "needs": offer.needs })
}

async fn list(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let mut all = vec![];
    for row in data.store.connections().await? {
        let counts = data.store.work_counts(row.id, data.now()).await?;
        all.push((row, counts));
    }
    let document = json!({
        "connections": all.iter().map(|(row, counts)| json!({
            "id": row.id, "name": row.name, "platform": row.platform, "server": row.server, "state": row.state.code(),
            "answered_at": row.answered_at.map(clock::iso), "problem": row.problem,
            "work": counts.all, "due": counts.due, "with_problem": counts.with_problem,
        })).collect::<Vec<_>>(),
        "offers": OFFERS.iter().map(offer_json).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        for (row, counts) in &all {
            let answered =
                row.answered_at.map_or("never answered".to_owned(), |at| format!("answered {}", clock::minute(at)));
            writeln!(
                out,
                "{} ({}, {}): {}; {} due of {}, {} with a problem",
                row.name,
                row.platform,
                row.state.code(),
                answered,
                counts.due,
                counts.all,
                counts.with_problem
            )?;
            if let Some(problem) = &row.problem {
                writeln!(out, "  {problem}")?;
            }
        }
        if !all.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "what can be connected:")?;
        for offer in &OFFERS {
            writeln!(out, "{}: {}", offer.platform.code(), offer.costs)?;
            writeln!(out, "  gives: {}", offer.gives.join("; "))?;
            writeln!(out, "  does not give: {}", offer.does_not.join("; "))?;
        }
        Ok(())
    })
}

fn job_json(job: &JobRow) -> Value {
    json!({
        "task": job.task, "subject": job.subject, "due_at": clock::iso(job.due_at), "pages": job.pages, "rounds": job.rounds,
        "done_at": job.done_at.map(clock::iso), "attempts": job.attempts, "problem": job.problem,
    })
}

async fn show(data: &DataDirectory, connection: &Connection, output: Output<'_>) -> anyhow::Result<()> {
    let health = connections::health(data, connection).await?;
    let row = &connection.row;
    let Health { counts, watched, work, calls, imports } = &health;
    let document = json!({
        "id": row.id, "name": row.name, "platform": row.platform, "server": row.server, "state": row.state.code(),
        "settings": connection.settings, "answered_at": row.answered_at.map(clock::iso), "problem": row.problem,
        "work": { "all": counts.all, "due": counts.due, "with_problem": counts.with_problem, "rounds": counts.rounds,
                  "next_due_at": counts.next_due_at.map(clock::iso) },
        "calls": calls.iter().map(|(bucket, _, used, most)| json!({ "bucket": bucket, "used": used, "at_most": most })).collect::<Vec<_>>(),
        "watched": watched.iter().map(|one| json!({
            "kind": one.kind, "subject": one.subject, "native_id": one.native_id, "brand": one.brand, "priority": one.priority, "problem": one.problem,
        })).collect::<Vec<_>>(),
        "next": work.iter().map(job_json).collect::<Vec<_>>(),
        "imports": imports.iter().map(super::record_json).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        writeln!(out, "{} ({}, {}) at {}", row.name, row.platform, row.state.code(), row.server)?;
        if let Some(problem) = &row.problem {
            writeln!(out, "  {problem}")?;
        }
        for (bucket, _, used, most) in calls {
            writeln!(out, "  {bucket}: {used} of {most}")?;
        }
        writeln!(out, "  {} pieces of work, {} due, {} with a problem", counts.all, counts.due, counts.with_problem)?;
        writeln!(out, "watched:")?;
        for one in watched {
            let known = one.native_id.as_deref().unwrap_or("not met yet");
            let problem = one.problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
            writeln!(out, "  {} {} ({known}){problem}", one.kind, one.subject)?;
        }
        if watched.is_empty() {
            writeln!(out, "  nobody: bellwether ingest watch {} @HANDLE", quoted(&row.name))?;
        }
        for job in work.iter().filter(|job| job.problem.is_some()) {
            writeln!(out, "  {} of {}: {}", job.task, job.subject, job.problem.as_deref().unwrap_or_default())?;
        }
        Ok(())
    })
}
