//! `bellwether tracking …` for what was sold: shops, orders and leads, codes, whom orders are credited to.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::measurement::attribution::Model;
use engine::measurement::attribution::joining::JoinSettings;
use serde_json::{Value, json};
use store::codes::{CodeFilter, CodeRow};
use store::conversions::{ConversionFilter, ConversionKind, ConversionRow, ShopRow};

use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::tracking::TEAM;
use crate::tracking::attribution::{self, Report, ReportAsked, creators_of};
use crate::tracking::codes::{self, CodeGiven};
use crate::tracking::conversions::{self, MoneyNoted, Noted, Owners, counts, names};
use crate::tracking::shops::{self, ShopGiven};
use crate::tracking::told::amounts;
use crate::tracking::told::sheet::{self, SheetAsked};

#[derive(Subcommand)]
pub enum SellingCommand {
    /// Where orders and leads come from.
    Shops,
    /// Connect a shop: prints where it sends to and the secret it signs with.
    Shop(Box<ShopArguments>),
    /// Give a shop another secret; the one before is taken for a day more.
    ShopSecret {
        shop: String,
        /// The one the shop made; without it, one is drawn.
        #[arg(long, default_value = "")]
        secret: String,
    },
    /// Take nothing from a shop any more; what it told stays.
    ShopEnd {
        shop: String,
        /// Take from it again.
        #[arg(long)]
        again: bool,
    },
    /// Bring orders in from a CSV file as shops export it.
    Orders(Box<OrdersArguments>),
    /// Note an order or a lead by hand.
    Order(Box<OrderArguments>),
    /// Orders and leads, the newest first, with whom each is credited to.
    Conversions {
        /// sale or lead; without it, both.
        #[arg(long)]
        kind: Option<String>,
        /// Of one shop.
        #[arg(long)]
        shop: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// One order or lead: what was told of it, what speaks for whom, whom it is credited to.
    Conversion { id: i64 },
    /// Note money that went back on an order.
    Refund {
        id: i64,
        /// As 10.00, in the order's currency.
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// refund, chargeback or correction.
        #[arg(long, default_value = "refund")]
        kind: String,
        /// The refund's own number; without it, its moment is.
        #[arg(long, default_value = "")]
        number: String,
        /// Without it, now.
        #[arg(long, default_value = "")]
        at: String,
    },
    /// Decide whom an order is credited to.
    Decide {
        id: i64,
        /// The contact.
        contact: Option<i64>,
        /// Leave it to the rules again.
        #[arg(long, conflicts_with = "contact")]
        rules: bool,
    },
    /// Forget a buyer: their orders stay, and nothing tells them from those of others.
    ForgetBuyer { email: String },
    /// Codes with how often each was used and signs that it leaks.
    Codes {
        /// Of one deal.
        #[arg(long)]
        deal: Option<i64>,
        /// Of one campaign.
        #[arg(long)]
        campaign: Option<i64>,
    },
    /// Keep a code that buyers type.
    Code(Box<CodeArguments>),
    /// Make a code by a pattern for every deal of a campaign that has none.
    CampaignCodes {
        campaign: i64,
        /// With {first}, {name}, {deal} or {random}, as {first}10.
        #[arg(long)]
        pattern: String,
        /// Without it, in every shop.
        #[arg(long, default_value = "")]
        shop: String,
        /// The first day they count.
        #[arg(long, default_value = "")]
        from: String,
        /// The last day.
        #[arg(long, default_value = "")]
        until: String,
    },
    /// Bring codes in from a CSV file.
    ImportCodes {
        file: PathBuf,
        /// Without it, in every shop, unless a column says it.
        #[arg(long, default_value = "")]
        shop: String,
        /// Say what would come of it and keep nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Orders from now on do not count for a code.
    EndCode {
        code: String,
        /// Let it count again.
        #[arg(long)]
        again: bool,
    },
    /// Whom orders are credited to, by all models.
    Attribution(Box<CreditArguments>),
    /// Reports that were kept.
    Reports,
    /// A report as it was kept.
    Report {
        id: i64,
        /// Remove it.
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Args)]
pub struct ShopArguments {
    /// What you call it.
    pub name: String,
    /// shopify, woocommerce, stripe, postback, page or file.
    #[arg(long)]
    pub kind: String,
    /// The one the shop made; without it, one is drawn.
    #[arg(long, default_value = "")]
    pub secret: String,
    /// Of amounts that name none, as EUR.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Of moments in files that name none, as Europe/Berlin.
    #[arg(long, default_value = "")]
    pub zone: String,
    /// A site whose pages may tell; may be given several times.
    #[arg(long)]
    pub origin: Vec<String>,
}

#[derive(Args)]
pub struct OrdersArguments {
    pub file: PathBuf,
    /// Of which shop; without it, the only one, or one for files.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// What a column is, as order="Order number"; may be given several times.
    #[arg(long)]
    pub map: Vec<String>,
    /// Where no column says it; without it, the shop's.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Say what would come of it and keep nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct OrderArguments {
    /// Its number.
    pub order: String,
    /// sale or lead.
    #[arg(long, default_value = "sale")]
    pub kind: String,
    /// As 49.90.
    #[arg(long, default_value = "")]
    pub amount: String,
    /// Without it, the shop's.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Without it, the usual one.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// As 2026-03-01 or 2026-03-01T10:00:00Z; without it, now.
    #[arg(long, default_value = "")]
    pub at: String,
    /// The code on it.
    #[arg(long, default_value = "")]
    pub code: String,
    /// The link it came by.
    #[arg(long, default_value = "")]
    pub link: String,
    /// Who sent them, as they said.
    #[arg(long, default_value = "")]
    pub heard_from: String,
    /// The buyer's address; kept as a hash alone.
    #[arg(long, default_value = "")]
    pub email: String,
}

#[derive(Args)]
pub struct CodeArguments {
    pub code: String,
    /// Whose: by the deal.
    #[arg(long)]
    pub deal: Option<i64>,
    /// Or by the contact.
    #[arg(long)]
    pub contact: Option<i64>,
    #[arg(long)]
    pub campaign: Option<i64>,
    /// Without it, in every shop.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// The first day it counts.
    #[arg(long, default_value = "")]
    pub from: String,
    /// The last day.
    #[arg(long, default_value = "")]
    pub until: String,
}

#[derive(Args)]
pub struct CreditArguments {
    /// Of leads in place of sales.
    #[arg(long)]
    pub leads: bool,
    /// Days from a click to the order that count.
    #[arg(long)]
    pub window_days: Option<u32>,
    /// A click at most so old goes before another creator's code.
    #[arg(long)]
    pub before_code_days: Option<u32>,
    /// The age by which a touch weighs half, for decay.
    #[arg(long)]
    pub half_life_days: Option<u32>,
    /// last, first, linear, position, decay, markov or shapley.
    #[arg(long, default_value = "last")]
    pub pay_by: String,
    /// Orders from this day on.
    #[arg(long)]
    pub from: Option<String>,
    /// Orders up to this day.
    #[arg(long)]
    pub until: Option<String>,
    #[arg(long)]
    pub campaign: Option<i64>,
    #[arg(long)]
    pub shop: Option<String>,
    /// Without it, the one that most orders are in.
    #[arg(long)]
    pub currency: Option<String>,
    /// Keep the report under this name.
    #[arg(long)]
    pub keep: Option<String>,
}

/// Runs a command about what was sold.
pub async fn run(data: &DataDirectory, command: SellingCommand, output: Output) -> anyhow::Result<()> {
    match command {
        SellingCommand::Shops
        | SellingCommand::Shop(_)
        | SellingCommand::ShopSecret { .. }
        | SellingCommand::ShopEnd { .. } => of_shops(data, command, output).await,
        SellingCommand::Codes { .. }
        | SellingCommand::Code(_)
        | SellingCommand::CampaignCodes { .. }
        | SellingCommand::ImportCodes { .. }
        | SellingCommand::EndCode { .. } => of_codes(data, command, output).await,
        SellingCommand::Attribution(_) | SellingCommand::Reports | SellingCommand::Report { .. } => {
            of_reports(data, command, output).await
        }
        _ => of_orders(data, command, output).await,
    }
}

fn shop_json(row: &ShopRow, address: &str) -> Value {
    json!({
        "shop": row.id, "name": row.name, "kind": row.kind, "address": address, "public_id": row.public_id,
        "currency": row.currency, "zone": row.zone, "sites": row.origins.lines().collect::<Vec<_>>(),
        "ended_on": row.ended_at.map(clock::iso),
    })
}

async fn of_shops(data: &DataDirectory, command: SellingCommand, output: Output) -> anyhow::Result<()> {
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

async fn of_orders(data: &DataDirectory, command: SellingCommand, output: Output) -> anyhow::Result<()> {
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

async fn one(data: &DataDirectory, id: i64, output: Output) -> anyhow::Result<()> {
    let (joined, owners) = conversions::one(data, id, &JoinSettings::default()).await?;
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
        for proof in document["proofs"].as_array().into_iter().flatten() {
            let text = |key: &str| proof[key].as_str().unwrap_or("").to_owned();
            writeln!(out, "  {} {} {}", text("kind"), text("subject"), text("at"))?;
        }
        Ok(())
    })
}

async fn list(
    data: &DataDirectory,
    kind: Option<String>,
    shop: Option<String>,
    limit: u64,
    output: Output,
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
    let mut owners = Owners::load(data, None).await?;
    let mut joined = vec![];
    for row in data.store.conversions(&filter, 0, limit).await? {
        let proofs = data.store.proofs_of(row.id).await?;
        joined.push(owners.joined(row, proofs, &JoinSettings::default()));
    }
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
            writeln!(
                out,
                "{:>5}  {}  {}  {}  {creator}",
                line["id"],
                words("at"),
                words("order"),
                money_text(&line["net"])
            )?;
        }
        Ok(())
    })
}

fn code_json(row: &CodeRow) -> Value {
    json!({
        "code_id": row.id, "code": row.code, "contact": row.contact, "deal": row.deal, "campaign": row.campaign,
        "shop": row.shop, "valid_from": row.valid_from.map(clock::iso), "valid_to": row.valid_to.map(clock::iso),
        "ended_on": row.ended_at.map(clock::iso),
    })
}

async fn of_codes(data: &DataDirectory, command: SellingCommand, output: Output) -> anyhow::Result<()> {
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
                let used = uses.iter().find(|(code, _)| *code == row.code_norm).map_or(0, |(_, uses)| *uses);
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

async fn of_reports(data: &DataDirectory, command: SellingCommand, output: Output) -> anyhow::Result<()> {
    match command {
        SellingCommand::Reports => {
            let rows = data.store.attribution_reports().await?;
            let line = |row: &store::attribution::AttributionReportRow| json!({ "report": row.id, "name": row.name, "as_of": clock::iso(row.as_of), "data_hash": row.data_hash, "actor": row.actor });
            output.result(&rows.iter().map(line).collect::<Vec<_>>(), |out| {
                if rows.is_empty() {
                    return writeln!(out, "no report yet; `bellwether tracking attribution --keep NAME` keeps one");
                }
                rows.iter()
                    .try_for_each(|row| writeln!(out, "{:>4}  {}  {}", row.id, clock::minute(row.as_of), row.name))
            })
        }
        SellingCommand::Report { id, remove } if remove => {
            let done = data.store.delete_attribution(id).await?;
            anyhow::ensure!(done, "there is no report {id}");
            output.result(&json!({ "report": id, "removed": true }), |out| writeln!(out, "report {id} is gone"))
        }
        SellingCommand::Report { id, .. } => {
            let (row, report) = attribution::kept(data, id).await?;
            print(data, &report, Some((row.id, row.name)), output).await
        }
        SellingCommand::Attribution(given) => {
            let report = attribution::report(data, &asked_of(data, &given).await?).await?;
            let kept = match &given.keep {
                Some(name) => Some((attribution::keep(data, &report, name, TEAM).await?, name.clone())),
                None => None,
            };
            print(data, &report, kept, output).await
        }
        _ => Ok(()),
    }
}

async fn asked_of(data: &DataDirectory, given: &CreditArguments) -> anyhow::Result<ReportAsked> {
    let usual = ReportAsked::default();
    let day = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => clock::parse_utc_without_zone(&format!("{text}T00:00:00"))
            .map(|at| Some(at.0))
            .ok_or_else(|| anyhow::anyhow!("{text:?} is no day such as 2026-03-01")),
    };
    let pay_by = Model::ALL.into_iter().find(|model| model.key() == given.pay_by);
    Ok(ReportAsked {
        is_of_leads: given.leads,
        window_days: given.window_days.unwrap_or(usual.window_days),
        link_before_code_days: given.before_code_days.unwrap_or(usual.link_before_code_days),
        half_life_days: given.half_life_days.unwrap_or(usual.half_life_days),
        pay_by: pay_by.ok_or_else(|| {
            anyhow::anyhow!("{:?} is none of {}", given.pay_by, Model::ALL.map(Model::key).join(", "))
        })?,
        from: day(&given.from)?,
        // To the end of that day.
        until: day(&given.until)?.map(|until| until + 86_400_000_000),
        campaign: given.campaign,
        shop: match &given.shop {
            Some(named) => Some(shops::find(data, named).await?.id),
            None => None,
        },
        currency: given.currency.as_deref().map(str::to_uppercase),
    })
}

async fn print(
    data: &DataDirectory,
    report: &Report,
    kept: Option<(i64, String)>,
    output: Output,
) -> anyhow::Result<()> {
    let names = creators_of(data, &report.found).await?;
    let document = json!({
        "report": kept.as_ref().map(|(id, _)| id), "name": kept.as_ref().map(|(_, name)| name), "as_of": clock::iso(report.as_of),
        "data_hash": report.data_hash, "asked": report.asked, "found": report.found,
    });
    let found = &report.found;
    output.result(&document, |out| {
        let noun = if report.asked.is_of_leads { "leads" } else { "orders" };
        writeln!(out, "{} of {} {noun} had a click or code of a creator", found.touched, found.orders)?;
        for one in &found.creators {
            let name = names.get(&one.contact).map_or("somebody forgotten", String::as_str);
            writeln!(out, "{name}, {} clicks", grouped(one.clicks))?;
            for (model, (orders, value)) in found.models.iter().zip(&one.by_model) {
                let money = found.currency.as_deref().map_or_else(String::new, |code| amounts::words(*value, code));
                let paid = if *model == found.paid_by { "  paid by this" } else { "" };
                writeln!(out, "    {:<10} {orders:>9.2}  {money}{paid}", model.key())?;
            }
        }
        for (model, why) in &found.refused {
            writeln!(out, "{}: {why}", model.key())?;
        }
        if found.contested > 0 {
            writeln!(out, "{} contested, where click and code name different creators", found.contested)?;
        }
        if let Some((id, name)) = &kept {
            writeln!(out, "kept as report {id}, {name}")?;
        }
        Ok(())
    })
}
