//! Shops by command: connected, listed, given another secret, ended.

use serde_json::{Value, json};
use store::conversions::ConversionFilter;
use store::shops::ShopRow;

use super::SellingCommand;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::tracking::shops::{self, ShopGiven};

fn shop_json(row: &ShopRow, address: &str) -> Value {
    json!({
        "shop": row.id, "name": row.name, "kind": row.kind, "address": address, "public_id": row.public_id,
        "currency": row.currency, "zone": row.zone, "sites": row.origins.lines().collect::<Vec<_>>(),
        "ended_on": row.ended_at.map(clock::iso),
    })
}

pub(super) async fn run(data: &DataDirectory, command: SellingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        SellingCommand::Shop(given) => {
            let given = ShopGiven {
                name: given.name,
                kind: given.kind,
                secret: given.secret,
                currency: given.currency,
                zone: given.zone,
                origins: given.origin.join("\n"),
            };
            let is_own = !given.secret.trim().is_empty();
            let (row, secret) = shops::make(data, &given).await?;
            let address = shops::address_of(data, &row).await?;
            let mut document = shop_json(&row, &address);
            document["secret"] = json!(secret.as_ref().filter(|_| !is_own));
            output.result(&document, |out| {
                writeln!(out, "shop {} sends to {address}", row.id)?;
                match secret.filter(|_| !is_own) {
                    Some(secret) => writeln!(out, "secret, shown this once: {secret}"),
                    None => Ok(()),
                }
            })
        }
        SellingCommand::ShopSecret { shop, secret } => {
            let row = shops::find(data, &shop).await?;
            let is_own = !secret.trim().is_empty();
            let made = shops::rotate(data, row.id, &secret).await?;
            let shown = (!is_own).then_some(made);
            output.result(&json!({ "shop": row.id, "secret": shown }), |out| {
                if let Some(secret) = &shown {
                    writeln!(out, "secret, shown this once: {secret}")?;
                }
                writeln!(out, "the one before is taken for a day more")
            })
        }
        SellingCommand::ShopEnd { shop, again } => {
            let row = shops::find(data, &shop).await?;
            let changed = data.store.end_shop(row.id, (!again).then(|| data.now())).await?;
            output.result(&json!({ "shop": row.id, "changed": changed }), |out| match (changed, again) {
                (true, false) => writeln!(out, "nothing is taken from {} any more", row.name),
                (true, true) => writeln!(out, "what {} tells is taken again", row.name),
                (false, _) => writeln!(out, "{} stood so already", row.name),
            })
        }
        _ => {
            let mut all = vec![];
            for row in data.store.shops().await? {
                let filter = ConversionFilter { shop: Some(row.id), ..ConversionFilter::default() };
                let mut line = shop_json(&row, &shops::address_of(data, &row).await?);
                line["conversions"] = json!(data.store.count_conversions(&filter).await?);
                all.push(line);
            }
            output.result(&all, |out| {
                if all.is_empty() {
                    return writeln!(out, "no shop yet; `bellwether tracking shop NAME --kind KIND` connects one");
                }
                for line in &all {
                    let words = |key: &str| line[key].as_str().unwrap_or("").to_owned();
                    let many = grouped(line["conversions"].as_u64().unwrap_or(0));
                    writeln!(
                        out,
                        "{:>4}  {}  {}  {many} orders and leads",
                        line["shop"],
                        words("name"),
                        words("kind")
                    )?;
                }
                Ok(())
            })
        }
    }
}
