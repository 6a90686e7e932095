//! `bellwether matching price …` and `matching prices`: recording prices and estimating the next.

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use crate::clock;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::matching::prices::{self, Given, choose_currency, expected, format_of, kind_of, money, names, record};
use crate::output::{Output, estimate_text, grouped, value_text, write_explanation};

#[derive(Subcommand)]
pub enum PriceCommand {
    /// Record what a creator asked or was paid for one post.
    Add {
        creator: String,
        /// An amount with its currency: "250 EUR".
        fee: String,
        /// post, carousel, short_video, long_video, story, live, bundle or other.
        #[arg(long, default_value = "post")]
        format: String,
        /// rate_card, quote or deal.
        #[arg(long, default_value = "deal")]
        kind: String,
        /// The day, as 2026-03-01; today without it.
        #[arg(long)]
        dated: Option<String>,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// What the next deal with a creator should cost; a quote is held against it.
    Estimate {
        creator: String,
        #[arg(long, default_value = "post")]
        format: String,
        #[arg(long)]
        quote: Option<String>,
    },
    /// Take back the price with this number.
    Remove { number: i64 },
}

/// Runs one price command.
pub async fn run(data: &DataDirectory, command: PriceCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        PriceCommand::Add { creator, fee, format, kind, dated, note } => {
            let account = find(data, &creator).await?;
            let dated_at = match &dated {
                None => data.now(),
                Some(day) => match clock::parse_utc_without_zone(&format!("{day}T00:00:00")) {
                    Some(at) => at,
                    None => bail!("{day:?} is no day\nhint: write it as 2026-03-01"),
                },
            };
            let (fee, format, kind) = (money(&fee)?, format_of(&format)?, kind_of(&kind)?);
            record(data, &Given { account, fee, format, kind, dated_at, note: &note }).await?;
            output.result(
                &json!({ "account": account, "fee_minor_units": fee.minor_units, "currency": fee.currency }),
                |out| {
                    writeln!(out, "recorded; `bellwether matching price estimate` tells what the next deal should cost")
                },
            )
        }
        PriceCommand::Remove { number } => {
            prices::take_back(data, number).await?;
            output.result(&json!({ "removed": number }), |out| writeln!(out, "price {number} is taken back"))
        }
        PriceCommand::Estimate { creator, format, quote } => {
            let account = find(data, &creator).await?;
            let held = prices::prices(data).await?;
            let quote = quote.map(|quote| money(&quote)).transpose()?;
            if let Some(quote) = quote.filter(|quote| quote.currency != held.settings.currency) {
                bail!(
                    "the quote is in {} and prices are estimated in {}\nhint: convert it, or choose another currency with \
                     `bellwether matching prices --currency {}`",
                    quote.currency,
                    held.settings.currency,
                    quote.currency
                );
            }
            let found = expected(data, &held, account, format_of(&format)?, quote).await?;
            output.result(&json!({ "price": found.estimate, "quote": found.standing }), |out| {
                writeln!(out, "the next deal: {}", estimate_text(&found.estimate.estimate))?;
                if let Some(standing) = &found.standing {
                    writeln!(out, "the quote: {}", standing.words)?;
                    writeln!(out, "such deals that cost less: {}", estimate_text(&standing.deals_below))?;
                }
                write_explanation(out, &found.estimate.estimate.explanation, 0)
            })
        }
    }
}

/// Lists the prices held, after choosing the currency where one is given.
pub async fn list(
    data: &DataDirectory,
    currency: Option<&str>,
    rate: Option<&str>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    if let Some(currency) = currency {
        choose_currency(data, currency, rate).await?;
    }
    let held = prices::prices(data).await?;
    let named = names(data, &held.rows).await?;
    let document: Vec<_> = held
        .rows
        .iter()
        .map(|row| {
            json!({ "number": row.id, "account": row.account, "name": named.get(&row.account).map(|name| &name.name),
                "format": row.format, "kind": row.kind, "fee_minor_units": row.fee.minor_units,
                "currency": row.fee.currency, "dated_on": clock::day(row.dated_at), "note": row.note })
        })
        .collect();
    let all = json!({ "currency": held.settings.currency, "left_out": held.left_out, "prices": document });
    output.result(&all, |out| {
        if held.rows.is_empty() {
            return writeln!(
                out,
                "no price is recorded; `bellwether matching price add CREATOR \"250 EUR\"` records one"
            );
        }
        for row in &held.rows {
            let name = named.get(&row.account).map_or("not held any more", |name| name.name.as_str());
            let fee = value_text(row.fee.minor_units as f64, 0.0, model::Unit::Money(row.fee.currency));
            writeln!(
                out,
                "{:>5}  {}  {:<10} {:<9} {fee}  {name}",
                row.id,
                clock::day(row.dated_at),
                row.format,
                row.kind
            )?;
        }
        if held.left_out > 0 {
            writeln!(
                out,
                "{} in other currencies than {} are left out of estimates",
                grouped(held.left_out as u64),
                held.settings.currency
            )?;
        }
        Ok(())
    })
}
