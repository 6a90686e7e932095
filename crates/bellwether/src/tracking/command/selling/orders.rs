//! Orders and leads by command: brought in, noted, listed, decided; money that went back; buyers forgotten.

use serde_json::{Value, json};
use store::conversions::{ConversionFilter, ConversionKind, ConversionRow};

use super::SellingCommand;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::Output;
use crate::tracking::conversions::{self, MoneyNoted, Noted, counts, names};
use crate::tracking::told::amounts;
use crate::tracking::told::sheet::{self, SheetAsked};
use crate::tracking::{TEAM, shops};

/// Money as files of ours have it: minor units and a currency.
fn money_json(minor_units: Option<i64>, currency: Option<&str>) -> Value {
    match (minor_units, currency) {
        (Some(minor_units), Some(currency)) => json!({ "minor_units": minor_units, "currency": currency }),
        _ => Value::Null,
    }
}

fn conversion_json(row: &ConversionRow) -> Value {
    json!({
        "id": row.id, "kind": row.kind.code(), "shop": row.shop, "order": row.native_id, "name": row.native_name,
        "at": row.at.map(clock::iso), "amount": money_json(row.amount_minor_units, row.currency.as_deref()),
        "net": money_json(row.net_minor_units, row.currency.as_deref()), "counts": counts(row).is_ok(),
        "left_out_because": counts(row).err(), "is_disputed": row.is_disputed, "new_customer": row.is_new_customer,
        "country": row.country,
    })
}

fn money_text(value: &Value) -> String {
    match (value["minor_units"].as_i64(), value["currency"].as_str()) {
        (Some(minor_units), Some(currency)) => amounts::words(minor_units, currency),
        _ => "-".to_owned(),
    }
}

pub(super) async fn run(data: &DataDirectory, command: SellingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        SellingCommand::Orders(given) => {
            let shop = match given.shop.trim() {
                "" => shops::usual(data).await?,
                named => shops::find(data, named).await?,
            };
            let asked = SheetAsked { map: sheet::map_of(&given.map)?, currency: given.currency, is_try: given.dry_run };
            let done = sheet::import(data, &shop, &given.file, &asked).await?;
            for issue in &done.refused {
                output.say(&issue.to_string());
            }
            let is_nothing = done.rows > 0 && done.new + done.changed + done.known == 0;
            output.result(&done, |out| match done.is_try {
                true => writeln!(
                    out,
                    "{} rows: {} can be taken, {} left out; nothing was kept",
                    done.rows,
                    done.new,
                    done.refused.len()
                ),
                false => writeln!(
                    out,
                    "{} rows: {} new, {} changed, {} known already, {} left out",
                    done.rows,
                    done.new,
                    done.changed,
                    done.known,
                    done.refused.len()
                ),
            })?;
            anyhow::ensure!(!is_nothing, "no row could be taken");
            Ok(())
        }
        SellingCommand::Order(given) => {
            let noted = Noted {
                kind: given.kind,
                order: given.order,
                shop: given.shop,
                at: given.at,
                amount: given.amount,
                currency: given.currency,
                code: given.code,
                link: given.link,
                heard_from: given.heard_from,
                email: given.email,
            };
            let (shop, taken) = conversions::note(data, &noted, TEAM).await?;
            let document = json!({ "shop": shop.id, "new": taken.new, "changed": taken.changed, "known": taken.known, "ids": taken.ids });
            output.result(&document, |out| match (taken.new, taken.changed) {
                (0, 0) => writeln!(out, "known already, word for word"),
                (0, _) => writeln!(out, "{}: what is known of it was added to", taken.ids[0]),
                _ => writeln!(out, "{}: it is counted from now", taken.ids[0]),
            })
        }
        SellingCommand::Refund { id, amount, kind, number, at } => {
            let noted = MoneyNoted { kind, amount, number, at };
            let taken = conversions::note_money(data, id, &noted, TEAM).await?;
            let row = data.store.conversion(id).await?;
            let net = row.map_or(Value::Null, |row| money_json(row.net_minor_units, row.currency.as_deref()));
            output.result(&json!({ "id": id, "changed": taken.changed > 0, "net": net }), |out| match taken.changed {
                0 => writeln!(out, "it was noted already"),
                _ => writeln!(out, "noted; left of the order: {}", money_text(&net)),
            })
        }
        SellingCommand::Decide { id, contact, rules } => {
            anyhow::ensure!(rules || contact.is_some(), "say whom it is credited to, or --rules");
            conversions::decide(data, id, contact, TEAM).await?;
            output.result(&json!({ "id": id, "contact": contact }), |out| match contact {
                Some(contact) => writeln!(out, "{id} is credited to contact {contact}"),
                None => writeln!(out, "the rules decide about {id} again"),
            })
        }
        SellingCommand::ForgetBuyer { email } => {
            let forgotten = shops::forget_buyer(data, &email).await?;
            output.result(&json!({ "orders_and_leads": forgotten }), |out| {
                writeln!(out, "forgotten on {forgotten} orders and leads")
            })
        }
        SellingCommand::Conversion { id } => one(data, id, output).await,
        SellingCommand::Conversions { kind, shop, limit } => list(data, kind, shop, limit, output).await,
        _ => Ok(()),
    }
}

async fn one(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let (joined, owners) = conversions::one(data, id).await?;
    let contact = |creator: u32| owners.contacts.get(creator as usize).copied();
    let mut document = conversion_json(&joined.row);
    document["credited"] = joined
        .order
        .credited
        .map_or(Value::Null, |credited| json!({ "contact": contact(credited.creator), "proof": credited.proof }));
    document["why"] = json!(joined.order.words);
    document["contested_by"] =
        joined.order.contested.as_ref().map_or(json!([]), |contest| {
            json!(contest.against.iter().filter_map(|one| contact(*one)).collect::<Vec<_>>())
        });
    let proof = |(own, proof): &(bool, store::conversions::ProofRow)| {
        json!({
            "kind": proof.kind.code(), "subject": proof.subject, "is_own": own, "verdict": proof.verdict,
            "at": (proof.at.0 != 0).then(|| clock::iso_exact(proof.at)),
        })
    };
    document["proofs"] = joined.proofs.iter().map(proof).collect();
    let event = |event: &store::conversions::EventRow| {
        json!({
            "kind": event.kind, "at": clock::iso(event.at), "source": event.source, "received_at": clock::iso(event.received_at),
            "amount": money_json(event.amount_minor_units, event.currency.as_deref()),
        })
    };
    document["events"] = data.store.conversion_events(id).await?.iter().map(event).collect();
    output.result(&document, |out| {
        let words = |key: &str| document[key].as_str().unwrap_or("").to_owned();
        writeln!(out, "{} {}, {}, {}", words("kind"), words("order"), words("at"), money_text(&document["net"]))?;
        match document["credited"]["contact"].as_i64() {
            Some(contact) => writeln!(out, "credited to contact {contact}: {}", joined.order.words)?,
            None => writeln!(out, "credited to nobody: {}", joined.order.words)?,
        }
        if let Err(why) = conversions::counts(&joined.row) {
            writeln!(out, "it does not count: {why}")?;
        }
        if joined.row.is_disputed {
            writeln!(out, "it was told in two ways; the lower amount counts")?;
        }
        for proof in document["proofs"].as_array().into_iter().flatten() {
            let text = |key: &str| proof[key].as_str().unwrap_or("").to_owned();
            writeln!(out, "  {} {} {}", text("kind"), text("subject"), text("at"))?;
        }
        writeln!(out, "told of it:")?;
        for event in document["events"].as_array().into_iter().flatten() {
            let text = |key: &str| event[key].as_str().unwrap_or("").to_owned();
            writeln!(out, "  {} {} {}, {}", text("at"), text("kind"), money_text(&event["amount"]), text("source"))?;
        }
        Ok(())
    })
}

async fn list(
    data: &DataDirectory,
    kind: Option<String>,
    shop: Option<String>,
    limit: u64,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let kind = match kind.as_deref() {
        None => None,
        Some(code) => {
            Some(ConversionKind::from_code(code).ok_or_else(|| anyhow::anyhow!("{code:?} is not sale or lead"))?)
        }
    };
    let shop = match shop {
        Some(named) => Some(shops::find(data, &named).await?.id),
        None => None,
    };
    let filter = ConversionFilter { kind, shop, ..ConversionFilter::default() };
    let rows = data.store.conversions(&filter, 0, limit).await?;
    let (joined, owners) = conversions::joined_of(data, rows).await?;
    let names = names(data, &owners.contacts).await?;
    let line = |one: &conversions::Joined| {
        let credited = one.order.credited;
        let contact = credited.and_then(|credited| owners.contacts.get(credited.creator as usize).copied());
        let mut line = conversion_json(&one.row);
        line["contact"] = json!(contact);
        line["creator"] = json!(contact.and_then(|contact| names.get(&contact)));
        line["proof"] = json!(credited.map(|credited| credited.proof));
        line["contested"] = json!(one.order.contested.is_some());
        line["why"] = json!(one.order.words);
        line["left_out"] = json!(conversions::counts(&one.row).err());
        line
    };
    let all: Vec<Value> = joined.iter().map(line).collect();
    output.result(&all, |out| {
        if all.is_empty() {
            return writeln!(
                out,
                "no order or lead yet; connect a shop, or bring a file in with `bellwether tracking orders`"
            );
        }
        for line in &all {
            let words = |key: &str| line[key].as_str().unwrap_or("").to_owned();
            let creator = if words("creator").is_empty() { "nobody".to_owned() } else { words("creator") };
            let why = if words("left_out").is_empty() {
                words("why")
            } else {
                format!("does not count: {}", words("left_out"))
            };
            writeln!(
                out,
                "{:>5}  {}  {}  {}  {creator}  ({why})",
                line["id"],
                words("at"),
                words("order"),
                money_text(&line["net"])
            )?;
        }
        Ok(())
    })
}
