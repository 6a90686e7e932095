//! `bellwether conversations …`: the counts of all talk, and what passed between two people.

use clap::Subcommand;
use serde_json::json;

use super::between;
use crate::clock;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};

#[derive(Subcommand)]
pub enum ConversationsCommand {
    /// How much talk there is, between how many pairs of people.
    Counts {
        /// Only one source, as `ingest list` names it.
        #[arg(long)]
        source: Option<String>,
    },
    /// What two people said to each other, newest first.
    Between {
        a: String,
        b: String,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[arg(long, default_value_t = 0)]
        offset: usize,
    },
}

/// Runs one conversations command.
pub async fn run(data: &DataDirectory, command: ConversationsCommand, output: Output) -> anyhow::Result<()> {
    match command {
        ConversationsCommand::Counts { source } => {
            data.revision().await?;
            let counts = data.lake.interaction_rows(source.as_deref(), data.now()).await?;
            let document = json!({
                "interactions": counts.all, "ties_between_people": counts.between_people, "to_oneself": counts.to_oneself,
                "pairs": counts.pairs, "pairs_both_ways": counts.pairs_both_ways,
            });
            output.result(&document, |out| {
                writeln!(
                    out,
                    "{} interactions; {} between different people, {} to oneself; {} directed pairs, {} of them run both ways",
                    grouped(counts.all),
                    grouped(counts.between_people),
                    grouped(counts.to_oneself),
                    grouped(counts.pairs),
                    grouped(counts.pairs_both_ways)
                )
            })
        }
        ConversationsCommand::Between { a, b, limit, offset } => {
            let (a, b) = (find(data, &a).await?, find(data, &b).await?);
            let exchanged = between(data, &[a], b, limit, offset).await?;
            let name = |account| exchanged.names.get(account).map_or_else(|| "?".to_owned(), |name| name.name.clone());
            let document = json!({
                "a": a, "b": b, "more": exchanged.more,
                "exchange": exchanged.quotes.iter().map(|quote| json!({
                    "at": clock::iso(quote.at), "from": name(&quote.actor), "to": name(&quote.target),
                    "kind": quote.kind.code(), "text": quote.body, "post_title": quote.post_title, "post_url": quote.post_url,
                    "source": quote.source_id, "import": quote.import_id,
                })).collect::<Vec<_>>(),
            });
            output.result(&document, |out| {
                if exchanged.quotes.is_empty() {
                    return writeln!(out, "no talk between them is held");
                }
                for quote in &exchanged.quotes {
                    let under = quote.post_title.as_ref().map_or(String::new(), |title| format!("  [{title}]"));
                    writeln!(
                        out,
                        "{}  {} to {}, {}{under}",
                        clock::minute(quote.at),
                        name(&quote.actor),
                        name(&quote.target),
                        quote.kind.code()
                    )?;
                    if let Some(body) = &quote.body {
                        writeln!(out, "    {}", body.chars().take(400).collect::<String>())?;
                    }
                }
                Ok(())
            })
        }
    }
}
