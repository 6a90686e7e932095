//! `bellwether tracking …`: links and their clicks, what was sold, published posts, other programs that are told.

mod posts;
mod selling;

pub mod webhooks;

use std::collections::HashMap;

use clap::Subcommand;
use serde_json::json;
use store::tracking::{LinkFilter, LinkRow, VerdictCount};
use verdicts::VerdictKind;

use super::counting::Missing;
use super::links::{self, LinkGiven};
use super::stream::ClickFilter;
use super::{TEAM, counting, redirecting, stream};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};

#[derive(Subcommand)]
pub enum TrackingCommand {
    /// Make a link that is followed.
    Link(Box<LinkArguments>),
    /// Make a link for every deal of a campaign that has none.
    CampaignLinks {
        campaign: i64,
        /// Where they lead.
        #[arg(long)]
        target: String,
        /// One for every piece that is to be made.
        #[arg(long)]
        pieces: bool,
    },
    /// The links, the newest first, with what was counted of each.
    Links {
        /// Of one deal.
        #[arg(long)]
        deal: Option<i64>,
        /// Of one campaign.
        #[arg(long)]
        campaign: Option<i64>,
    },
    /// The latest clicks of a link, each with what it was taken for and why.
    Clicks {
        /// Number or slug; without it, of all links.
        link: Option<String>,
        /// Taken for this alone: human, preview, crawler and so on.
        #[arg(long)]
        verdict: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Count everything anew from the click log; the new counts take the place of all others in one go.
    Recount {
        /// Clicks that the log no longer holds may go from the counts.
        #[arg(long)]
        let_go: bool,
    },
    /// Lead a link elsewhere from now on.
    Retarget { link: String, target: String },
    /// What a click survives once it is answered: a killed program, or a power cut too.
    Durability {
        /// process or power; without it, as it is.
        setting: Option<String>,
    },
    #[command(flatten)]
    Selling(selling::SellingCommand),
    /// End a link: it leads nowhere any more.
    End {
        link: String,
        /// Let it lead on again.
        #[arg(long)]
        again: bool,
    },
    /// Other programs that are told of what happens here.
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Pieces of deals with the posts they became, and what was measured of them.
    Posts {
        #[command(subcommand)]
        command: posts::PostsCommand,
    },
}

#[derive(clap::Args)]
pub struct LinkArguments {
    /// Where it leads.
    pub target: String,
    #[arg(long, default_value = "")]
    pub name: String,
    /// Behind the address; without it, made of the name.
    #[arg(long, default_value = "")]
    pub slug: String,
    #[arg(long)]
    pub deal: Option<i64>,
    /// The piece it stands in.
    #[arg(long)]
    pub piece: Option<i64>,
    /// The last day on which it leads on, as 2026-03-01.
    #[arg(long, default_value = "")]
    pub until: String,
    /// Leave the address as it is, without utm_source and the like.
    #[arg(long)]
    pub bare: bool,
}

pub async fn run(data: &DataDirectory, command: TrackingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        TrackingCommand::Link(given) => {
            let link = LinkGiven {
                target: given.target,
                name: given.name,
                slug: given.slug,
                deal: given.deal,
                deliverable: given.piece,
                until: given.until,
                is_bare: given.bare,
                ..LinkGiven::default()
            };
            let row = links::make(data, &link, TEAM).await?;
            let address = links::address_of(data, &row.slug).await?;
            output.result(&link_json(&row, &address), |out| writeln!(out, "{address}\nleads to {}", row.target))
        }
        TrackingCommand::CampaignLinks { campaign, target, pieces } => {
            let each = if pieces { links::Each::Piece } else { links::Each::Deal };
            let made = links::make_for_campaign(data, campaign, &target, each, TEAM).await?;
            let mut all = Vec::new();
            for row in &made {
                all.push(link_json(row, &links::address_of(data, &row.slug).await?));
            }
            output.result(&all, |out| {
                if all.is_empty() {
                    return writeln!(
                        out,
                        "every deal of campaign {campaign} that has something to be followed has a link"
                    );
                }
                all.iter()
                    .try_for_each(|row| writeln!(out, "{}  {}", row["address"].as_str().unwrap_or(""), row["name"]))
            })
        }
        TrackingCommand::Links { deal, campaign } => {
            list(data, LinkFilter { contact: None, deal, campaign }, output).await
        }
        TrackingCommand::Clicks { link, verdict, limit } => {
            let verdict = match verdict {
                Some(named) => Some(verdict_named(&named)?),
                None => None,
            };
            let link = match link {
                Some(named) => Some(links::find(data, &named).await?.id),
                None => None,
            };
            let filter = ClickFilter { link, verdict, before: None };
            let seen = stream::latest(data, filter, limit).await?.clicks;
            let of = |click: &stream::ClickSeen| {
                json!({
                    "at": clock::iso_exact(click.at), "link": click.link, "verdict": click.verdict.name(), "reasons": click.reasons,
                    "referrer": click.referrer, "device": click.device, "browser": click.browser, "qr": click.is_from_qr,
                })
            };
            output.result(&seen.iter().map(of).collect::<Vec<_>>(), |out| {
                if seen.is_empty() {
                    return writeln!(out, "nobody has clicked yet");
                }
                for click in &seen {
                    let why = if click.reasons.is_empty() {
                        String::new()
                    } else {
                        format!(": {}", click.reasons.join("; "))
                    };
                    writeln!(out, "{}  {}{why}  {}", clock::minute(click.at), click.verdict.name(), click.referrer)?;
                }
                Ok(())
            })
        }
        TrackingCommand::Recount { let_go } => {
            let missing = if let_go { Missing::LetGo } else { Missing::Refuse };
            let done = counting::recount(data, missing).await?;
            let document = json!({
                "clicks": done.after.clicks, "clicks_before": done.before.clicks, "damaged": done.after.damaged,
            });
            output.result(&document, |out| {
                writeln!(
                    out,
                    "{} clicks counted anew, {} before",
                    grouped(done.after.clicks),
                    grouped(done.before.clicks)
                )
            })
        }
        TrackingCommand::Retarget { link, target } => {
            let row = links::find(data, &link).await?;
            links::retarget(data, row.id, &target, TEAM).await?;
            let row = links::find(data, &row.id.to_string()).await?;
            let address = links::address_of(data, &row.slug).await?;
            output.result(&link_json(&row, &address), |out| {
                writeln!(out, "{address} leads to {} from now on", row.target)
            })
        }
        TrackingCommand::Durability { setting } => {
            match setting.as_deref() {
                None => {}
                Some("process") => redirecting::set_durability(data, false).await?,
                Some("power") => redirecting::set_durability(data, true).await?,
                Some(other) => anyhow::bail!("durability is process or power, not {other:?}"),
            }
            let durability = if redirecting::survives_power_cuts(&data.store).await? { "power" } else { "process" };
            output.result(&json!({ "durability": durability }), |out| match durability {
                "power" => {
                    writeln!(out, "power: each answer waits for the disk; in force from the next start of `serve`")
                }
                _ => writeln!(
                    out,
                    "process: a killed program loses nothing that was answered; in force from the next start of `serve`"
                ),
            })
        }
        TrackingCommand::Selling(command) => selling::run(data, command, output).await,
        TrackingCommand::Webhooks(command) => webhooks::run(data, command, output).await,
        TrackingCommand::Posts { command } => posts::run(data, command, output).await,
        TrackingCommand::End { link, again } => {
            let row = links::find(data, &link).await?;
            let ended_at = (!again).then(|| data.now());
            let done = data.store.end_link(row.id, ended_at).await?;
            output.result(&json!({ "link": row.id, "changed": done }), |out| match (done, again) {
                (true, false) => writeln!(out, "link {} leads nowhere any more", row.id),
                (true, true) => writeln!(out, "link {} leads on again", row.id),
                (false, _) => writeln!(out, "link {} stood so already", row.id),
            })
        }
    }
}

fn verdict_named(name: &str) -> anyhow::Result<VerdictKind> {
    let known = || stream::TAKEN_FOR.map(VerdictKind::name).join(", ");
    let found = stream::verdict_named(&name.trim().to_lowercase());
    found.ok_or_else(|| anyhow::anyhow!("{name:?} is nothing that a click is taken for\nhint: one of {}", known()))
}

fn link_json(row: &LinkRow, address: &str) -> serde_json::Value {
    json!({
        "link": row.id, "slug": row.slug, "name": row.name, "address": address, "target": row.target, "deal": row.deal,
        "contact": row.contact, "campaign": row.campaign, "expires_on": row.expires_at.map(clock::iso),
        "ended_on": row.ended_at.map(clock::iso),
    })
}

async fn list(data: &DataDirectory, filter: LinkFilter, output: Output<'_>) -> anyhow::Result<()> {
    counting::count(data).await?;
    let counts = data.store.verdict_counts(None).await?;
    let of_link: HashMap<u32, &[VerdictCount]> = counts
        .chunk_by(|one, other| one.link == other.link)
        .filter_map(|counts| Some((counts.first()?.link, counts)))
        .collect();
    let begin = links::address_of(data, "").await?;
    let mut all = Vec::new();
    for row in data.store.links(&filter).await? {
        let of = of_link.get(&row.id).copied().unwrap_or_default();
        let by_verdict: std::collections::BTreeMap<&str, u64> =
            of.iter().filter_map(|count| Some((VerdictKind::from_code(count.verdict)?.name(), count.clicks))).collect();
        let visitors: u64 = of.iter().map(|count| count.uniques).sum();
        let mut line = link_json(&row, &format!("{begin}{}", row.slug));
        line["clicks"] = json!(by_verdict);
        line["visitors_by_day"] = json!(visitors);
        all.push(line);
    }
    output.result(&all, |out| {
        if all.is_empty() {
            return writeln!(out, "no link yet; `bellwether tracking link TARGET` makes one");
        }
        for line in &all {
            let people = line["clicks"]["human"].as_u64().unwrap_or(0);
            writeln!(
                out,
                "{:>4}  {}  {} clicks by people, {} visitors by day",
                line["link"],
                line["address"].as_str().unwrap_or(""),
                grouped(people),
                grouped(line["visitors_by_day"].as_u64().unwrap_or(0))
            )?;
        }
        Ok(())
    })
}
