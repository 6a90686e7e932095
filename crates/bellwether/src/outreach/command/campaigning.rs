//! Campaigns' boards, how a fee divides, and what was chosen, by command.

use anyhow::Context;
use engine::matching::price::PostFormat;
use model::outreach::board::{Board, CampaignStage};
use model::outreach::deals::Party;
use serde_json::{Value, json};

use crate::clock;
use crate::creators;
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::{money_typed, typed_money};
use crate::matching::prices::format_of;
use crate::output::Output;
use crate::outreach::agreed_prices::{self, Part};
use crate::outreach::campaigns::{self, CampaignBoard, Card, NewStage, StageGiven};
use crate::outreach::choices::{self, ChoiceGiven, Wanted};
use crate::outreach::{TEAM, deals};

fn summary_json(held: &CampaignBoard) -> Value {
    let (row, totals) = (&held.row, &held.totals);
    let stages: Vec<Value> = held
        .board
        .shown()
        .map(|stage| json!({ "stage": stage.code, "name": stage.name, "creators": held.on(&stage.code).count() }))
        .collect();
    json!({
        "campaign": row.id, "name": row.name, "starts_on": row.starts_on, "ends_on": row.ends_on,
        "budget_minor_units": row.budget.minor_units, "currency": row.budget.currency(), "creators": held.cards.len(),
        "agreed": totals.agreed, "paid": totals.paid, "arrived": totals.arrived, "pieces": totals.pieces, "live": totals.live,
        "late": totals.late, "stages": stages,
    })
}

pub async fn campaigns(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let all = campaigns::all(data).await?;
    output.result(&all.iter().map(summary_json).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "no campaign yet; a plan that is taken on in planning begins one");
        }
        for held in &all {
            let agreed = held.cards.iter().filter(|card| card.is_agreed).count();
            writeln!(
                out,
                "{:>4}  {}  {} creators, {agreed} agreed, {} of {} pieces live, {} late",
                held.row.id,
                held.row.name,
                held.cards.len(),
                held.totals.live,
                held.totals.pieces,
                held.totals.late
            )?;
        }
        Ok(())
    })
}

fn card_json(card: &Card) -> Value {
    json!({
        "card": card.key, "name": card.name, "contact": card.contact.as_ref().map(|contact| contact.id),
        "accounts": card.accounts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "stage": card.place.stage, "since": clock::iso(card.place.since), "by_hand": card.place.by_hand, "days": card.days,
        "stage_of_facts": card.standing.stage, "facts": card.standing.words, "planned": card.planned,
        "planned_pieces": card.planned_pieces, "agreed": card.is_agreed.then_some(&card.agreed), "offered": card.offered,
        "pieces": card.pieces, "live": card.live, "next_due": card.next,
        "deals": card.deals.iter().map(|deal| deal.id).collect::<Vec<_>>(),
    })
}

pub async fn campaign(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let held = campaigns::shown(data, id).await?;
    let mut all = summary_json(&held);
    all["cards"] = held.cards.iter().map(card_json).collect();
    let results = campaigns::results_now(data, id).await?;
    all["results"] = if results.is_anything() { json!(results) } else { Value::Null };
    output.result(&all, |out| {
        writeln!(out, "{}, budget {}", held.row.name, money_typed(&held.row.budget))?;
        let totals = &held.totals;
        for (what, sums) in [("agreed", &totals.agreed), ("paid", &totals.paid)] {
            writeln!(out, "{what}: {}", if sums.is_empty() { "nothing yet".to_owned() } else { sums.words() })?;
        }
        writeln!(out, "pieces live: {} of {}", totals.live, totals.pieces)?;
        writeln!(out, "results: {}", results.words(true))?;
        for stage in held.board.shown() {
            let cards: Vec<&Card> = held.on(&stage.code).collect();
            if cards.is_empty() {
                continue;
            }
            writeln!(out, "{} ({})", stage.name, cards.len())?;
            for card in cards {
                let hand = if card.place.by_hand { ", moved by hand" } else { "" };
                let over = stage.limit_days.filter(|limit| card.days > i64::from(*limit));
                let over = over.map_or_else(String::new, |limit| format!(", over the {limit} of this stage"));
                let due = card.next.as_ref().map_or("due days not known", |due| due.words.as_str());
                writeln!(
                    out,
                    "  {:>6}  {}  {}{hand}; {} days{over}; {}; {}; {due}",
                    card.key,
                    card.name,
                    card.standing.words,
                    card.days,
                    card.planned_words(held.row.budget.currency),
                    card.agreed_words(),
                )?;
            }
        }
        Ok(())
    })
}

pub async fn campaign_move(
    data: &DataDirectory,
    id: i64,
    to: &str,
    cards: &[String],
    output: Output<'_>,
) -> anyhow::Result<()> {
    let moved = campaigns::move_cards(data, id, cards, to, TEAM).await?;
    output.result(&moved, |out| match moved.to.as_str() {
        "" => writeln!(out, "{} moved back to where the facts lead", moved.moved),
        to => writeln!(out, "{} moved to {to}", moved.moved),
    })
}

#[derive(clap::Args)]
pub struct StagesArguments {
    /// Call a stage otherwise: STAGE=NAME, by its code.
    #[arg(long = "rename")]
    pub rename: Vec<String>,
    /// Days after which a card on a stage asks for somebody: STAGE=DAYS; nothing after the sign takes the limit away.
    #[arg(long = "limit")]
    pub limit: Vec<String>,
    /// Take a stage off the board, by its code.
    #[arg(long = "remove")]
    pub remove: Vec<String>,
    /// Put a stage back on the board, by its code.
    #[arg(long = "restore")]
    pub restore: Vec<String>,
    /// Set in a stage of your own.
    #[arg(long)]
    pub add: Option<String>,
    /// The stage that the new one comes after, by its code.
    #[arg(long, default_value = "terms")]
    pub after: String,
}

fn pair(text: &str) -> anyhow::Result<(&str, &str)> {
    text.split_once('=').with_context(|| format!("{text:?} is not as STAGE=VALUE"))
}

fn changed(board: &Board, given: &StagesArguments) -> anyhow::Result<Vec<StageGiven>> {
    let mut stages: Vec<StageGiven> = board
        .all()
        .iter()
        .map(|stage| StageGiven {
            code: stage.code.clone(),
            name: stage.name.clone(),
            limit_days: stage.limit_days.map_or_else(String::new, |days| days.to_string()),
            is_removed: stage.is_removed,
        })
        .collect();
    let codes: Vec<String> = stages.iter().map(|stage| stage.code.clone()).collect();
    let place = |code: &str| {
        let found = codes.iter().position(|held| held == code.trim());
        found.with_context(|| format!("there is no stage {code:?}\nhint: codes are {}", codes.join(", ")))
    };
    for text in &given.rename {
        let (code, name) = pair(text)?;
        name.clone_into(&mut stages[place(code)?].name);
    }
    for text in &given.limit {
        let (code, days) = pair(text)?;
        days.clone_into(&mut stages[place(code)?].limit_days);
    }
    for code in &given.remove {
        stages[place(code)?].is_removed = true;
    }
    for code in &given.restore {
        stages[place(code)?].is_removed = false;
    }
    Ok(stages)
}

pub async fn campaign_stages(data: &DataDirectory, given: StagesArguments, output: Output<'_>) -> anyhow::Result<()> {
    let board = campaigns::board(data).await?;
    let stages = changed(&board, &given)?;
    let new = given.add.map(|name| NewStage { name, after: given.after, limit_days: String::new() });
    let board = campaigns::keep_stages(data, &stages, new.as_ref()).await?;
    output.result(&board.all(), |out| {
        for stage in board.all() {
            let limit =
                stage.limit_days.map_or_else(|| "no limit".to_owned(), |days| format!("usually up to {days} days"));
            let whose = if CampaignStage::from_code(&stage.code).is_none() { ", your own" } else { "" };
            let off = if stage.is_removed { ", off the board" } else { "" };
            writeln!(out, "{:<10}  {}  {limit}{whose}{off}", stage.code, stage.name)?;
        }
        Ok(())
    })
}

pub async fn deal_prices(data: &DataDirectory, id: i64, parts: &[String], output: Output<'_>) -> anyhow::Result<()> {
    let deal = deals::shown(data, id).await?;
    if !parts.is_empty() {
        let mut given = Vec::new();
        for text in parts {
            let mut words = text.splitn(3, char::is_whitespace);
            let (Some(creator), Some(format), Some(amount)) = (words.next(), words.next(), words.next()) else {
                anyhow::bail!(
                    "--part {text:?} is not as \"instagram:ana story 150 EUR\": who, what, how much for all of it"
                );
            };
            let amount = typed_money(amount)?.with_context(|| format!("--part {text:?} names no amount"))?;
            let account = creators::find(data, creator).await?;
            given.push(Part { account, format: format_of(format)?, amount });
        }
        agreed_prices::divide(data, &deal, &given).await?;
    }
    let held = data.store.deal_prices(id).await?;
    let of = |of: &store::DealPrice| {
        json!({
            "account": of.price.account.to_string(), "format": of.price.format, "fee_minor_units": of.price.fee.minor_units,
            "currency": of.price.fee.currency(), "kind": of.price.kind, "note": of.price.note,
        })
    };
    output.result(&held.iter().map(of).collect::<Vec<_>>(), |out| {
        if held.is_empty() {
            return writeln!(out, "nothing of deal {id} stands in the price history; --part says how its fee divides");
        }
        for of in &held {
            let format = PostFormat::from_code(&of.price.format).map_or("post", PostFormat::name);
            writeln!(out, "one {}: {}, {}", format.to_lowercase(), money_typed(&of.price.fee), of.price.note)?;
        }
        Ok(())
    })
}

pub async fn deal_choice(
    data: &DataDirectory,
    id: i64,
    product: Option<String>,
    surprise: bool,
    address: &str,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let deal = deals::shown(data, id).await?;
    let wanted = match (product, surprise) {
        (Some(_), true) => anyhow::bail!("give --product or --surprise, not both"),
        (Some(product), false) => Some(Wanted::Product(product)),
        (None, true) => Some(Wanted::Surprise),
        (None, false) => None,
    };
    if wanted.is_some() || !address.is_empty() {
        choices::choose(data, &deal, &ChoiceGiven { wanted, address: address.to_owned() }, Party::Us).await?;
    }
    let held = deals::shown(data, id).await?.choice;
    let of = held.as_ref().map(choice_json);
    output.result(&of, |out| match &held {
        None => writeln!(out, "nothing is chosen in deal {id}"),
        Some(choice) => {
            writeln!(out, "{}", choice.words())?;
            writeln!(out, "sent to: {}", choice.address.as_deref().unwrap_or("not known").replace('\n', ", "))
        }
    })
}

/// What was chosen, for the team alone.
pub fn choice_json(choice: &choices::ChoiceShown) -> Value {
    json!({
        "product": choice.product, "is_surprise": choice.product.is_none(), "by": choice.by.code(), "at": clock::iso(choice.at),
        "address": choice.address,
    })
}
