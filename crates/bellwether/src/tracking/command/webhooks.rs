//! `bellwether tracking webhooks …`: which other programs are told of what, with what became of each message.

use clap::Subcommand;
use serde_json::{Value, json};
use store::webhooks::{DeliveryRow, DeliveryState, EndpointRow};

use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::Output;
use crate::tracking::webhooks::{self, events::EventKind};

#[derive(Subcommand)]
pub enum WebhooksCommand {
    /// The programs that are told, with how much waits for each.
    List,
    /// Tell another program of events; prints the secret that signs them, this once.
    Add {
        /// Where it listens.
        url: String,
        /// An event it is told of, several times if need be; without it, of all.
        #[arg(long = "event")]
        event: Vec<String>,
    },
    /// Choose anew of what a program is told.
    Choose {
        endpoint: i64,
        /// An event it is told of, several times if need be.
        #[arg(long = "event", required = true)]
        event: Vec<String>,
    },
    /// Let what comes for a program wait.
    Pause {
        endpoint: i64,
        /// Let it be told again, with what waited.
        #[arg(long)]
        again: bool,
    },
    /// Tell a program nothing any more.
    Remove { endpoint: i64 },
    /// Give a program a new secret; the one before counts for a day beside it.
    Rotate { endpoint: i64 },
    /// Send a program a message to try it out.
    Ping { endpoint: i64 },
    /// What a program was told, the newest first, with what became of it.
    Deliveries {
        endpoint: i64,
        /// waiting, delivered or parked; without it, all.
        #[arg(long)]
        state: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u64,
    },
    /// Send a message again, now, under the same id.
    Resend {
        /// Its number; not needed with --parked.
        delivery: Option<i64>,
        /// Instead, everything that is parked of this program, by the running `serve`.
        #[arg(long, conflicts_with = "delivery", required_unless_present = "delivery")]
        parked: Option<i64>,
    },
    /// Whether programs in the own network may be told.
    Internal {
        /// on or off; without it, as it is.
        setting: Option<String>,
    },
}

pub async fn run(data: &DataDirectory, command: WebhooksCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        WebhooksCommand::List => list(data, output).await,
        WebhooksCommand::Add { url, event } => {
            let all = || EventKind::ALL.iter().map(|kind| kind.code().to_owned()).collect();
            let (row, secret) = webhooks::add(data, &url, &if event.is_empty() { all() } else { event }).await?;
            with_secret(&row, &secret, output)
        }
        WebhooksCommand::Choose { endpoint, event } => {
            let row = webhooks::choose(data, endpoint, &event).await?;
            output.result(&endpoint_json(&row), |out| writeln!(out, "{} is told of {}", row.url, row.events.join(", ")))
        }
        WebhooksCommand::Pause { endpoint, again } => {
            let changed = webhooks::pause(data, endpoint, !again).await?;
            output.result(&json!({ "endpoint": endpoint, "changed": changed }), |out| match (changed, again) {
                (true, false) => writeln!(out, "what comes for {endpoint} waits"),
                (true, true) => writeln!(out, "{endpoint} is told again, with what waited"),
                (false, _) => writeln!(out, "{endpoint} stood so already"),
            })
        }
        WebhooksCommand::Remove { endpoint } => {
            webhooks::remove(data, endpoint).await?;
            output.result(&json!({ "endpoint": endpoint, "removed": true }), |out| {
                writeln!(out, "{endpoint} is told nothing any more")
            })
        }
        WebhooksCommand::Rotate { endpoint } => {
            let (row, secret) = webhooks::rotate(data, endpoint).await?;
            with_secret(&row, &secret, output)
        }
        WebhooksCommand::Ping { endpoint } => one(&webhooks::ping(data, endpoint).await?, output),
        WebhooksCommand::Deliveries { endpoint, state, limit } => {
            let state = match state.as_deref() {
                None => None,
                Some(code) => match DeliveryState::from_code(code) {
                    Some(state) => Some(state),
                    None => anyhow::bail!("a message is waiting, delivered or parked, not {code:?}"),
                },
            };
            webhooks::find(data, endpoint).await?;
            let rows = data.store.deliveries(endpoint, state, 0, limit).await?;
            output.result(&rows.iter().map(delivery_json).collect::<Vec<_>>(), |out| {
                if rows.is_empty() {
                    return writeln!(out, "nothing yet");
                }
                rows.iter().try_for_each(|row| writeln!(out, "{}", line_of(row)))
            })
        }
        WebhooksCommand::Resend { delivery: Some(delivery), .. } => {
            one(&webhooks::resend(data, delivery).await?, output)
        }
        WebhooksCommand::Resend { delivery: None, parked } => {
            let endpoint = parked.unwrap_or_default();
            let queued = webhooks::resend_parked(data, endpoint).await?;
            output.result(&json!({ "endpoint": endpoint, "queued": queued }), |out| {
                writeln!(out, "{queued} messages wait to be sent again; a running `serve` sends them")
            })
        }
        WebhooksCommand::Internal { setting } => {
            match setting.as_deref() {
                None => {}
                Some("on") => webhooks::set_allows_internal(data, true).await?,
                Some("off") => webhooks::set_allows_internal(data, false).await?,
                Some(other) => anyhow::bail!("internal is on or off, not {other:?}"),
            }
            let allows = webhooks::allows_internal(data).await?;
            output.result(&json!({ "allow_internal": allows }), |out| match allows {
                true => writeln!(out, "on: programs on this machine and in private networks may be told"),
                false => writeln!(out, "off: only public addresses are told"),
            })
        }
    }
}

async fn list(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let rows = data.store.endpoints().await?;
    output.result(&rows.iter().map(endpoint_json).collect::<Vec<_>>(), |out| {
        if rows.is_empty() {
            return writeln!(out, "no program is told yet; `bellwether tracking webhooks add URL` adds one");
        }
        for row in &rows {
            let paused = if row.paused_at.is_some() { ", paused" } else { "" };
            writeln!(
                out,
                "{:>4}  {}{paused}: {} delivered, {} waiting, {} parked\n      {}",
                row.id,
                row.url,
                row.delivered,
                row.waiting,
                row.parked,
                row.events.join(", ")
            )?;
        }
        Ok(())
    })
}

fn with_secret(row: &EndpointRow, secret: &str, output: Output<'_>) -> anyhow::Result<()> {
    let mut document = endpoint_json(row);
    document["secret"] = json!(secret);
    output.result(&document, |out| {
        writeln!(out, "{}  {}\nsigned by {secret}\nkept sealed and not shown again", row.id, row.url)
    })
}

fn one(row: &DeliveryRow, output: Output<'_>) -> anyhow::Result<()> {
    output.result(&delivery_json(row), |out| writeln!(out, "{}", line_of(row)))
}

fn line_of(row: &DeliveryRow) -> String {
    format!("{:>6}  {}  {}  {}", row.id, clock::minute(row.at), row.event, webhooks::outcome_words(row))
}

fn endpoint_json(row: &EndpointRow) -> Value {
    json!({
        "endpoint": row.id, "url": row.url, "events": row.events, "added_on": clock::iso(row.created_at),
        "paused_on": row.paused_at.map(clock::iso), "rests_until": row.rest_until.map(clock::iso),
        "previous_secret_until": row.previous_until.map(clock::iso),
        "waiting": row.waiting, "delivered": row.delivered, "parked": row.parked,
        "last_delivered_on": row.last_delivered_at.map(clock::iso),
    })
}

fn delivery_json(row: &DeliveryRow) -> Value {
    json!({
        "delivery": row.id, "id": row.event_id, "endpoint": row.endpoint, "event": row.event, "at": clock::iso_exact(row.at),
        "state": row.state.code(), "attempts": row.attempts, "last_try_on": row.tried_at.map(clock::iso),
        "next_try_on": (row.state == DeliveryState::Waiting).then(|| clock::iso(row.next_at)),
        "status": row.last_status, "problem": row.problem, "response_head": row.response_head,
        "data": serde_json::from_str::<Value>(&row.payload).unwrap_or(Value::Null),
    })
}
