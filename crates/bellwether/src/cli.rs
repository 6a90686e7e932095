//! The command line: the same words as the pages, one JSON document on request, and exit codes that mean something.
//!
//! 0 done, 1 refused or failed (with a reason), 2 wrong usage.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};

use crate::data_directory::DataDirectory;
use crate::output::{Form, Output, grouped};
use crate::refresh::Asked;
use crate::tracking::ground::Duty;
use crate::{
    admin, conversations, creators, demo, evaluate, ingest, matching, measurement, memory, outreach, planning, refresh,
    tracking, vetting, web,
};

/// Find, vet, plan and measure micro-influencers by the conversations your buyers take part in.
#[derive(Parser)]
#[command(name = "bellwether", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    /// The folder that holds everything.
    #[arg(long, global = true, env = "BELLWETHER_DATA_DIR", default_value = "./bellwether-data")]
    pub data_dir: PathBuf,
    /// Print one JSON document on stdout and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// A made-up market with known truth, in a fresh data directory, served at http://127.0.0.1:7878.
    Demo(demo::DemoArguments),
    /// The web application on an existing data directory.
    Serve {
        #[command(flatten)]
        at: ServeArguments,
        /// Serve one part: redirect leads visitors of links on and stores their clicks, pages leaves that to another program.
        #[arg(long, value_enum)]
        only: Option<Part>,
    },
    /// Bring what is derived up to date with the facts: only what new facts touch, where that is enough.
    Refresh {
        /// Make everything anew.
        #[arg(long)]
        full: bool,
    },
    /// Bring data in, list what was brought in, take it back.
    #[command(subcommand)]
    Ingest(ingest::command::IngestCommand),
    /// Look at creators, forget people.
    #[command(subcommand)]
    Creators(creators::command::CreatorsCommand),
    /// Who talks with whom.
    #[command(subcommand)]
    Conversations(conversations::command::ConversationsCommand),
    /// What speaks for and against bought promotion of a creator.
    #[command(subcommand)]
    Vetting(vetting::command::VettingCommand),
    /// Brands, their buyers, and whom those buyers listen to.
    #[command(subcommand)]
    Matching(matching::command::MatchingCommand),
    /// Which creators together for a budget, with a proof of how good the choice is.
    #[command(subcommand)]
    Planning(planning::command::PlanningCommand),
    /// Contacts, real mail both ways, and every touch with them.
    #[command(subcommand)]
    Outreach(outreach::command::OutreachCommand),
    /// Links that are followed, and exact counts of who clicked.
    #[command(subcommand)]
    Tracking(tracking::command::TrackingCommand),
    /// Did it pay? Questions asked before a campaign, what it added against what would have been, what it cost.
    #[command(subcommand)]
    Measurement(measurement::command::MeasurementCommand),
    /// Who may sign in, what was done; backups, and whether everything is whole.
    #[command(subcommand)]
    Admin(admin::command::AdminCommand),
    /// Run the product's own code on labelled data and print the figures.
    #[command(subcommand)]
    Evaluate(evaluate::EvaluateCommand),
}

#[derive(clap::Args)]
pub struct ServeArguments {
    /// Where to listen. Anything but this machine itself needs people who sign in: bellwether admin user add.
    #[arg(long, default_value = "127.0.0.1:7878")]
    pub listen: SocketAddr,
}

/// A part of what is served, by a program of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    Redirect,
    Pages,
}

impl Command {
    /// Whether it may hold a market's talk for long.
    fn holds_much(&self) -> bool {
        match self {
            Command::Serve { only, .. } => *only != Some(Part::Redirect),
            other => matches!(other, Command::Demo(_) | Command::Refresh { .. } | Command::Ingest(_)),
        }
    }
}

/// Reads the command line, runs it and says how it went.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let code = if error.use_stderr() { 2 } else { 0 };
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("BELLWETHER_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    if cli.command.holds_much() {
        memory::give_back_at_once();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program cannot start its threads: {error}");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(execute(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    let output = Output::printed(if cli.json { Form::Json } else { Form::Text });
    match cli.command {
        Command::Demo(arguments) => demo::run(&cli.data_dir, &arguments, output).await,
        Command::Evaluate(command) => evaluate::run(command, &cli.data_dir, output).await,
        // Nothing is there but what is meant for everybody, so it may be reached from anywhere.
        Command::Serve { at, only: Some(Part::Redirect) } => tracking::alone::serve(&cli.data_dir, at.listen).await,
        Command::Serve { at, only } => {
            let data = Arc::new(DataDirectory::open(&cli.data_dir).await?);
            let listen = allowed_address(&at, &data).await?;
            if only == Some(Part::Pages) {
                data.begin_serving(Duty::PagesAlone);
            }
            web::serve(data, listen).await
        }
        Command::Refresh { full } => {
            let data = DataDirectory::open(&cli.data_dir).await?;
            let asked = if full { Asked::EverythingAnew } else { Asked::WhatChanged };
            let done = refresh::refresh(&data, asked, |step| output.say(step)).await?;
            output.result(&done, |out| {
                if done.made {
                    writeln!(out, "{}", done.how)?;
                    writeln!(
                        out,
                        "refreshed in {:.1} s: {} interactions between {} accounts, {} conversation groups, {} creators \
                         vetted, {} rankings",
                        done.took_seconds,
                        grouped(done.interactions),
                        grouped(done.accounts),
                        grouped(done.groups),
                        grouped(done.creators_with_figures),
                        done.rankings
                    )
                } else {
                    writeln!(out, "everything derived is up to date ({} rankings checked)", done.rankings)
                }
            })
        }
        Command::Admin(command) => admin::command::run(&cli.data_dir, command, output).await,
        Command::Ingest(command) => ingest::command::run(&cli.data_dir, command, output).await,
        Command::Creators(command) => {
            creators::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Conversations(command) => {
            conversations::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Vetting(command) => {
            vetting::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Matching(command) => {
            matching::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Planning(command) => {
            planning::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Tracking(command) => {
            tracking::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Measurement(command) => {
            measurement::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
        Command::Outreach(command) => {
            outreach::command::run(&DataDirectory::open(&cli.data_dir).await?, command, output).await
        }
    }
}

/// Other machines are let in once people sign in.
pub async fn allowed_address(arguments: &ServeArguments, data: &DataDirectory) -> anyhow::Result<SocketAddr> {
    if arguments.listen.ip().is_loopback() || data.store.has_people().await? {
        return Ok(arguments.listen);
    }
    anyhow::bail!(
        "{} is reached by other machines, and nobody has to sign in yet\nhint: add yourself first (bellwether admin user \
         add ana@brand.example --name Ana --role owner, and choose a password), or listen on 127.0.0.1",
        arguments.listen
    )
}
