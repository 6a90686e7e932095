//! Evaluate: anyone can check our claims. Runs the product's own code on labelled data and prints the figures.

pub mod accounts;
pub mod attribution;
pub mod audience;
pub mod buying_talk;
pub mod buying_weight;
pub mod comments;
mod daily;
mod dump_texts;
mod edges;
pub mod groups;
pub mod influence;
mod labelled;
pub mod lift;
pub mod lift_many;
pub mod listening;
pub mod make_graph;
pub mod overlap;
pub mod pagerank;
pub mod panel;
pub mod plan;
pub mod plan_ahead;
pub mod price;
pub mod relevance;
pub mod search;
pub mod world;
mod world_lift;
mod world_plan;

use std::path::Path;

use clap::Subcommand;

use crate::data_directory::DataDirectory;
use crate::output::Output;

#[derive(Subcommand)]
pub enum EvaluateCommand {
    /// Whom do buyers talk to next? The ranking against every simpler one, on held-out time.
    Listening(listening::ListeningArguments),
    /// Is a text about choosing or buying? The word list and the model on texts that people labelled.
    BuyingTalk(buying_talk::BuyingTalkArguments),
    /// Does the ranking foretell better when buying talk counts more? On the talk of this data directory.
    BuyingWeight(buying_weight::BuyingWeightArguments),
    /// Was an account made to be sold as a follower? The account model on labelled profiles it had not seen.
    Accounts(accounts::AccountsArguments),
    /// Is a comment spam? The comment model on labelled comments it had not seen.
    Comments(comments::CommentsArguments),
    /// Does the interval of an audience's share hold the truth? On audiences put together from labelled profiles.
    Audience(audience::AudienceArguments),
    /// Conversation groups of a graph in a text file: quality, agreement with a truth, time and memory.
    Groups(groups::GroupsArguments),
    /// PageRank of a graph in a text file, from anywhere or from given accounts.
    Pagerank(pagerank::PageRankArguments),
    /// A made-up graph in a text file, with planted groups or without, that any program can draw alike.
    MakeGraph(make_graph::MakeGraphArguments),
    /// The search index at size: how long questions and counts take, and whether it finds what was planted.
    Search(search::SearchArguments),
    /// How often the next deal falls into the range made for it, on made-up markets.
    Price(price::PriceArguments),
    /// Audiences put together exactly, by sketches and from samples, held against a made-up truth.
    Overlap(overlap::OverlapArguments),
    /// Whether the search finds whom people judged to be meant, beside plain BM25, on this data directory.
    Relevance(relevance::RelevanceArguments),
    /// Whom orders are credited to, by seven models, on paths in a file.
    Attribution(attribution::AttributionArguments),
    /// What a campaign added to a daily series in a file.
    Lift(lift::LiftArguments),
    /// How often a lift is found where there is none, and held where one is planted, over many series.
    LiftMany(lift_many::LiftManyArguments),
    /// What a campaign changed in some places, against others that had none.
    Panel(panel::PanelArguments),
    /// Creators chosen under a budget, with a proof of how good the choice is.
    Plan(plan::PlanArguments),
    /// Plans made before a moment, counted after it, on talk whose future is known.
    PlanAhead(plan_ahead::PlanAheadArguments),
    /// Seeds from which an assumed cascade of sharing goes furthest, with a certified share.
    Influence(influence::SeedsArguments),
    /// A made-up market with planted truth: does the ranking find whom the buyers really listen to?
    World(world::WorldArguments),
}

/// Runs one evaluation.
pub async fn run(command: EvaluateCommand, data_dir: &Path, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        EvaluateCommand::Listening(arguments) => listening::run(&arguments, output),
        EvaluateCommand::BuyingTalk(arguments) => buying_talk::run(&arguments, output),
        EvaluateCommand::BuyingWeight(arguments) => {
            buying_weight::run(&DataDirectory::open(data_dir).await?, &arguments, output).await
        }
        EvaluateCommand::Accounts(arguments) => accounts::run(&arguments, output),
        EvaluateCommand::Comments(arguments) => comments::run(&arguments, output),
        EvaluateCommand::Audience(arguments) => audience::run(&arguments, output),
        EvaluateCommand::Groups(arguments) => groups::run(&arguments, output),
        EvaluateCommand::Pagerank(arguments) => pagerank::run(&arguments, output),
        EvaluateCommand::MakeGraph(arguments) => make_graph::run(&arguments, output),
        EvaluateCommand::Search(arguments) => search::run(&arguments, output),
        EvaluateCommand::Price(arguments) => price::run(&arguments, output),
        EvaluateCommand::Overlap(arguments) => overlap::run(&arguments, output),
        EvaluateCommand::Relevance(arguments) => {
            relevance::run(&DataDirectory::open(data_dir).await?, &arguments, output).await
        }
        EvaluateCommand::Attribution(arguments) => attribution::run(&arguments, output),
        EvaluateCommand::Lift(arguments) => lift::run(&arguments, output),
        EvaluateCommand::LiftMany(arguments) => lift_many::run(&arguments, output),
        EvaluateCommand::Panel(arguments) => panel::run(&arguments, output),
        EvaluateCommand::Plan(arguments) => plan::run(&arguments, output),
        EvaluateCommand::PlanAhead(arguments) => plan_ahead::run(&arguments, output),
        EvaluateCommand::Influence(arguments) => influence::run(&arguments, output),
        EvaluateCommand::World(arguments) => world::run(&arguments, output).await,
    }
}

/// CPU seconds (user and system) this process has used; `None` where the system does not say.
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name may hold blanks, so counting starts behind its closing bracket.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    // Linux reports these in hundredths of a second on every machine it runs on.
    Some(ticks as f64 / 100.0)
}
