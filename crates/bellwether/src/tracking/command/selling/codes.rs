//! Codes by command: kept, made by a pattern, brought in, ended, with the signs that one leaks.

use serde_json::{Value, json};
use store::codes::{CodeFilter, CodeRow};

use super::SellingCommand;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::tracking::codes::{self, CodeGiven};
use crate::tracking::{TEAM, attribution, shops};

fn code_json(row: &CodeRow) -> Value {
    json!({
        "code_id": row.id, "code": row.code, "contact": row.contact, "deal": row.deal, "campaign": row.campaign,
        "shop": row.shop, "valid_from": row.valid_from.map(clock::iso), "valid_to": row.valid_to.map(clock::iso),
        "ended_on": row.ended_at.map(clock::iso),
    })
}

pub(super) async fn run(data: &DataDirectory, command: SellingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        SellingCommand::Code(given) => {
            let code = CodeGiven {
                code: given.code,
                shop: given.shop,
                deal: given.deal,
                contact: given.contact,
                campaign: given.campaign,
                from: given.from,
                until: given.until,
            };
            let row = codes::make(data, &code, TEAM).await?;
            output.result(&code_json(&row), |out| writeln!(out, "{} counts from now, for orders before too", row.code))
        }
        SellingCommand::CampaignCodes { campaign, pattern, shop, from, until } => {
            let given = CodeGiven { shop, from, until, ..CodeGiven::default() };
            let made = codes::make_for_campaign(data, campaign, &pattern, &given, TEAM).await?;
            output.result(&made.iter().map(code_json).collect::<Vec<_>>(), |out| {
                if made.is_empty() {
                    return writeln!(out, "every deal of campaign {campaign} has a code");
                }
                made.iter().try_for_each(|row| writeln!(out, "{}  deal {}", row.code, row.deal.unwrap_or(0)))
            })
        }
        SellingCommand::ImportCodes { file, shop, dry_run } => {
            if !shop.trim().is_empty() {
                shops::find(data, &shop).await?;
            }
            let done = codes::import(data, &file, &shop, dry_run, TEAM).await?;
            for issue in &done.refused {
                output.say(&issue.to_string());
            }
            output.result(&done, |out| {
                let kept = if done.is_try { "; nothing was kept" } else { "" };
                writeln!(
                    out,
                    "{} rows: {} new, {} known already, {} left out{kept}",
                    done.rows,
                    done.new,
                    done.known,
                    done.refused.len()
                )
            })?;
            anyhow::ensure!(done.rows == 0 || done.new + done.known > 0, "no row could be taken");
            Ok(())
        }
        SellingCommand::EndCode { code, again } => {
            let row = codes::find(data, &code).await?;
            let changed = codes::end(data, row.id, again).await?;
            output.result(&json!({ "code_id": row.id, "changed": changed }), |out| match (changed, again) {
                (true, false) => writeln!(out, "orders from now on do not count for {}", row.code),
                (true, true) => writeln!(out, "{} counts again", row.code),
                (false, _) => writeln!(out, "{} stood so already", row.code),
            })
        }
        SellingCommand::Codes { deal, campaign } => {
            let rows = data.store.codes(&CodeFilter { contact: None, deal, campaign }).await?;
            let seen = attribution::leaks(data).await?;
            let uses = data.store.code_uses().await?;
            let line = |row: &CodeRow| {
                let mut line = code_json(row);
                let used = codes::uses_of(&uses, row);
                line["uses"] = json!(used);
                let leaks = seen.iter().find(|one| one.code.id == row.id).map(|one| &one.leaks);
                line["leaks"] = json!(leaks.map(|leaks| &leaks.findings));
                line["not_looked_at"] = json!(leaks.map(|leaks| &leaks.not_assessed));
                line
            };
            let all: Vec<Value> = rows.iter().map(line).collect();
            output.result(&all, |out| {
                if all.is_empty() {
                    return writeln!(out, "no code yet; `bellwether tracking code CODE --deal N` keeps one");
                }
                for line in &all {
                    let uses = grouped(line["uses"].as_u64().unwrap_or(0));
                    writeln!(
                        out,
                        "{:>4}  {}  used {uses} times",
                        line["code_id"],
                        line["code"].as_str().unwrap_or("")
                    )?;
                    for leak in line["leaks"].as_array().into_iter().flatten() {
                        writeln!(
                            out,
                            "      {}: {}",
                            leak["certainty"].as_str().unwrap_or(""),
                            leak["words"].as_str().unwrap_or("")
                        )?;
                    }
                }
                Ok(())
            })
        }
        _ => Ok(()),
    }
}
