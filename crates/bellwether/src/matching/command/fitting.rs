//! `bellwether matching fit|profile|weights|conflict`: what a brand stands for, who fits it, and by which weights.

use anyhow::bail;
use clap::{Args, Subcommand};
use engine::matching::fit::{BrandValue, FitPart, FitWeights, shipped_values};
use model::Brand;
use serde_json::json;

use crate::clock;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::matching::brand;
use crate::matching::fit::profile::{
    BrandProfile, keep_profile, money_typed, profile, typed_money, typed_value, value_typed,
};
use crate::matching::fit::{self, FitRow, Fitted, reading};
use crate::output::{Output, estimate_text, grouped, write_explanation};

/// What a brand stands for; every list given replaces the one kept, the rest stays.
#[derive(Args)]
pub struct ProfileGiven {
    #[arg(long)]
    brand: String,
    /// A word or phrase for the product and its kind; may be given several times.
    #[arg(long)]
    product_word: Vec<String>,
    /// What the product is, in a few sentences.
    #[arg(long)]
    product: Option<String>,
    /// Whom it is for.
    #[arg(long)]
    for_whom: Option<String>,
    /// What the product costs: "12.50 EUR".
    #[arg(long)]
    price: Option<String>,
    /// What one post may cost: "250 EUR".
    #[arg(long)]
    post_budget: Option<String>,
    /// A value by its code, or one of your own with its words: "slow: slow tea, no rush"; may be given several times.
    #[arg(long)]
    value: Vec<String>,
    /// A rival's name; may be given several times.
    #[arg(long)]
    rival: Vec<String>,
    /// A niche by its code or name; may be given several times.
    #[arg(long)]
    niche: Vec<String>,
    /// Forget all that was said before.
    #[arg(long)]
    anew: bool,
}

#[derive(Subcommand)]
pub enum WeightsCommand {
    /// The weights saved for a brand, those in force first.
    List {
        #[arg(long)]
        brand: String,
    },
    /// Save weights under a name; the brand's fit is made with them from then on.
    Save {
        #[arg(long)]
        brand: String,
        name: String,
        /// Product, values, audience, niche, conversation, price from 0 to 10, and reach from 0 to 100: p3v2a5n2c5e1w50.
        weights: FitWeights,
    },
    /// Remove saved weights by their name or number.
    Remove {
        #[arg(long)]
        brand: String,
        name: String,
    },
}

/// Tells what a brand stands for, after changing what is given.
pub async fn stands_for(data: &DataDirectory, given: ProfileGiven, output: Output<'_>) -> anyhow::Result<()> {
    let of = brand(data, &given.brand).await?;
    let held = match given.anew {
        true => BrandProfile::default(),
        false => profile(data, &of).await?,
    };
    let list = |given: Vec<String>, held: Vec<String>| if given.is_empty() { held } else { given };
    let values: Vec<BrandValue> = given.value.iter().filter_map(|value| typed_value(value)).collect();
    let said = BrandProfile {
        product_words: list(given.product_word, held.product_words.clone()),
        product_text: given.product.unwrap_or_else(|| held.product_text.clone()),
        for_whom_text: given.for_whom.unwrap_or_else(|| held.for_whom_text.clone()),
        price: given.price.as_deref().map_or(Ok(held.price), typed_money)?,
        post_budget: given.post_budget.as_deref().map_or(Ok(held.post_budget), typed_money)?,
        values: if values.is_empty() { held.values.clone() } else { values },
        rivals: list(given.rival, held.rivals.clone()),
        niches: list(given.niche, held.niches.clone()),
    };
    let said = match said == held && !given.anew {
        true => said,
        false => keep_profile(data, &of, said).await?,
    };
    let values: Vec<String> = said.values.iter().map(value_typed).collect();
    output.result(&json!({ "brand": of.name, "profile": said }), |out| {
        let or = |text: &str| if text.is_empty() { "not said".to_owned() } else { text.to_owned() };
        let amount = |money: &Option<model::Money>| money.as_ref().map_or("not said".to_owned(), money_typed);
        writeln!(out, "{}", of.name)?;
        writeln!(out, "product words: {}", or(&said.product_words.join(", ")))?;
        writeln!(out, "what it is: {}", or(&said.product_text))?;
        writeln!(out, "whom it is for: {}", or(&said.for_whom_text))?;
        writeln!(out, "costs: {}; a post may cost: {}", amount(&said.price), amount(&said.post_budget))?;
        writeln!(out, "values: {}", or(&values.join("; ")))?;
        writeln!(out, "rivals: {}", or(&said.rivals.join(", ")))?;
        writeln!(out, "niches: {}", or(&said.niches.join(", ")))?;
        if said.values.is_empty() {
            let codes: Vec<&str> = shipped_values().iter().map(|value| value.code).collect();
            writeln!(out, "values that can be named by code: {}", codes.join(", "))?;
        }
        Ok(())
    })
}

/// Lists who fits, or tells one creator's fit.
pub async fn fit(
    data: &DataDirectory,
    of: &str,
    creator: Option<&str>,
    weights: Option<FitWeights>,
    limit: usize,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let of = brand(data, of).await?;
    let weights = match weights {
        Some(weights) => weights,
        None => fit::weights_of(data, &of).await?,
    };
    if let Some(creator) = creator {
        let account = find(data, creator).await?;
        let row = fit::fit_of(data, &of, account).await?;
        return one(&of, &row, &weights, output);
    }
    let fits = fit::fits(data, &of).await?;
    let ordered = fits.ordered(&weights);
    let shown: Vec<&Fitted<'_>> = ordered.iter().take(limit).collect();
    let lines: Vec<_> = shown
        .iter()
        .zip(1..)
        .map(|(fitted, place)| {
            json!({ "place": place, "tie_from": fitted.tie.0, "tie_to": fitted.tie.1, "account": fitted.row.account,
                "platform": fitted.row.name.platform, "name": fitted.row.name.name, "fit": fitted.fit.estimate,
                "parts": fitted.row.parts, "conflicts": fitted.row.conflicts })
        })
        .collect();
    let document = json!({ "brand": of, "weights": weights, "reach": weights.reach().words(), "creators_looked_at": ordered.len(),
        "because_buyers_listen": fits.ranked, "because_they_speak_of_it": fits.speaking, "creators": lines });
    output.result(&document, |out| {
        writeln!(out, "{}: {} creators looked at, by {weights}", of.name, grouped(ordered.len() as u64))?;
        for (fitted, place) in shown.iter().zip(1..) {
            let (from, to) = fitted.tie;
            let tie = if to > from { format!(" (tied {from}-{to})") } else { String::new() };
            writeln!(out, "{place:>4}{tie}  {}  {}", fitted.row.name.name, estimate_text(&fitted.fit.estimate))?;
            for conflict in fitted.row.conflicts.iter().filter(|conflict| !conflict.aside) {
                writeln!(out, "      look first: {}", conflict.words)?;
            }
        }
        match shown.is_empty() {
            true => {
                writeln!(out, "nobody is held yet who could suit the brand; bring in talk, or say what its product is")
            }
            false => Ok(()),
        }
    })
}

fn one(of: &Brand, row: &FitRow, weights: &FitWeights, output: Output<'_>) -> anyhow::Result<()> {
    let made = row.fit(weights);
    let document = json!({ "brand": of, "account": row.account, "name": row.name.name, "weights": weights,
        "fit": made.estimate, "parts": row.parts, "conflicts": row.conflicts, "words": *row.words });
    output.result(&document, |out| {
        writeln!(out, "{} for {}", row.name.name, of.name)?;
        for (conflict, number) in row.conflicts.iter().zip(1..) {
            let aside = if conflict.aside { " (set aside)" } else { "" };
            writeln!(out, "speaks against it, {number}{aside}: {}", conflict.words)?;
            write_quotes(out, &conflict.quotes)?;
        }
        writeln!(out, "fit: {}", estimate_text(&made.estimate))?;
        for part in FitPart::ALL {
            writeln!(out, "  {}: {}", part.words(), estimate_text(row.parts.of(part)))?;
        }
        writeln!(out, "what they say of the product:")?;
        write_quotes(out, &row.words.product_quotes)?;
        for value in &row.words.values_seen {
            writeln!(out, "{}: {}", value.name, estimate_text(&value.share))?;
            write_quotes(out, &value.quotes)?;
        }
        write_explanation(out, &made.estimate.explanation, 0)
    })
}

fn write_quotes(out: &mut dyn std::io::Write, quotes: &[reading::Quoted]) -> std::io::Result<()> {
    for quote in quotes {
        let words = format!("{}{}{}", quote.before, quote.hit, quote.after);
        let when = if quote.is_bio { "profile".to_owned() } else { clock::day(quote.at) };
        writeln!(out, "    \"{}\" ({when})", words.split_whitespace().collect::<Vec<_>>().join(" "))?;
    }
    Ok(())
}

/// Sets what speaks against a creator aside, or takes it up again.
pub async fn conflict(
    data: &DataDirectory,
    of: &str,
    creator: &str,
    number: usize,
    undo: bool,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let of = brand(data, of).await?;
    let account = find(data, creator).await?;
    let row = fit::fit_of(data, &of, account).await?;
    let Some(found) = number.checked_sub(1).and_then(|place| row.conflicts.get(place)) else {
        bail!(
            "nothing with the number {number} speaks against {}\nhint: `bellwether matching fit --brand \"{}\" {creator}` \
             numbers what does",
            row.name.name,
            of.name
        );
    };
    fit::settle(data, &of, account, &found.kind, &found.words, !undo).await?;
    let done = if undo { "taken up again" } else { "set aside" };
    output.result(&json!({ "account": account, "words": found.words, "aside": !undo }), |out| {
        writeln!(out, "{done}: {}", found.words)
    })
}

/// Runs one command on weights.
pub async fn weights(data: &DataDirectory, command: WeightsCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        WeightsCommand::List { brand: of } => {
            let of = brand(data, &of).await?;
            let saved = data.store.fit_weights(of.id).await?;
            let lines: Vec<_> = saved
                .iter()
                .map(|row| json!({ "number": row.id, "name": row.name, "weights": row.weights, "saved_on": clock::day(row.saved_at) }))
                .collect();
            let in_force = fit::weights_of(data, &of).await?;
            output.result(&json!({ "in_force": in_force, "saved": lines }), |out| {
                writeln!(out, "in force: {in_force}")?;
                saved.iter().try_for_each(|row| {
                    writeln!(out, "{:>4}  {}  {}  {}", row.id, clock::day(row.saved_at), row.weights, row.name)
                })
            })
        }
        WeightsCommand::Save { brand: of, name, weights } => {
            let of = brand(data, &of).await?;
            let name = fit::save_weights(data, &of, &name, &weights).await?;
            output.result(&json!({ "name": name, "weights": weights }), |out| {
                writeln!(out, "{name}: {weights} is saved and in force for {}", of.name)
            })
        }
        WeightsCommand::Remove { brand: of, name } => {
            let of = brand(data, &of).await?;
            let name = fit::remove_weights(data, &of, &name).await?;
            output.result(&json!({ "removed": name }), |out| writeln!(out, "{name} is removed"))
        }
    }
}
