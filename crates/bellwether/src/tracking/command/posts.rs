//! `bellwether tracking posts …`: pieces with their posts, which post is which piece, and what was measured.

use std::path::PathBuf;

use clap::Subcommand;
use model::PostMetric;
use serde_json::{Value, json};

use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::tracking::TEAM;
use crate::tracking::posts::files as post_files;
use crate::tracking::posts::measuring::{self, MeasurementGiven, PieceMeasured};
use crate::tracking::posts::{self, PieceSeen, PostState, PostsWanted, Proposal};

#[derive(Subcommand)]
pub enum PostsCommand {
    /// The pieces of agreed deals with their posts and what these had at the same age.
    List {
        /// Of one campaign.
        #[arg(long)]
        campaign: Option<i64>,
        /// Of one creator, by the number of the contact.
        #[arg(long)]
        creator: Option<i64>,
        /// Of one deal.
        #[arg(long)]
        deal: Option<i64>,
        /// waiting, proposed, published or gone.
        #[arg(long)]
        state: Option<String>,
    },
    /// One piece with everything measured of it.
    Show { piece: i64 },
    /// Which posts are pieces, which may be, and why.
    Match {
        /// Of one deal.
        #[arg(long)]
        deal: Option<i64>,
    },
    /// Say that a post is a piece.
    Confirm {
        piece: i64,
        /// As it is listed, such as post:123.
        post: String,
        /// It is another piece as well.
        #[arg(long)]
        share: bool,
    },
    /// Say that a post is not a piece.
    Reject { piece: i64, post: String },
    /// Take back what was said of a post and a piece.
    TakeBack { piece: i64, post: String },
    /// Say when a piece was published.
    Published {
        piece: i64,
        /// Such as 2026-03-02T10:00; empty: as it is imported.
        #[arg(default_value = "")]
        moment: String,
        #[arg(long, default_value = "")]
        zone: String,
    },
    /// Note what a post has.
    Measure {
        piece: i64,
        /// Such as views=1200 likes=80.
        #[arg(required = true)]
        counts: Vec<String>,
        /// When it was read, such as 2026-03-03T10:00.
        #[arg(long)]
        at: String,
        #[arg(long, default_value = "")]
        zone: String,
    },
    /// Set a measurement right.
    Correct {
        measurement: i64,
        /// Such as views=1200 likes=80: all that was read.
        #[arg(required = true)]
        counts: Vec<String>,
        #[arg(long, default_value = "")]
        at: String,
        #[arg(long, default_value = "")]
        zone: String,
    },
    /// Remove a measurement.
    Remove { measurement: i64 },
    /// Bring in a table of measurements.
    Import {
        file: PathBuf,
        /// Of moments that name no zone.
        #[arg(long, default_value = "")]
        zone: String,
    },
}

fn counts_of(typed: &[String]) -> anyhow::Result<Vec<(PostMetric, String)>> {
    let mut counts = Vec::with_capacity(typed.len());
    for one in typed {
        let known = || PostMetric::ALL.map(PostMetric::code).join(", ");
        let Some((name, count)) = one.split_once('=') else {
            anyhow::bail!("{one:?} is no count such as views=1200\nhint: counts are {}", known());
        };
        let Some(metric) = PostMetric::from_code(name.trim()) else {
            anyhow::bail!("there is no count {name:?}\nhint: counts are {}", known());
        };
        counts.push((metric, count.to_owned()));
    }
    Ok(counts)
}

fn state_of(code: Option<&str>) -> anyhow::Result<Option<PostState>> {
    let Some(code) = code else { return Ok(None) };
    match PostState::from_code(code) {
        Some(state) => Ok(Some(state)),
        None => anyhow::bail!("{code:?} is no state\nhint: states are waiting, proposed, published, gone"),
    }
}

fn proposal_json(of: &Proposal) -> Value {
    json!({
        "post": of.key, "address": of.address, "is_of": of.is_of,
        "published_at": of.post.as_ref().filter(|post| post.is_dated).map(|post| clock::iso(post.created_at)),
        "reasons": of.reasons,
    })
}

fn piece_json(of: &PieceSeen) -> Value {
    let row = &of.tracked.piece;
    json!({
        "piece": of.id(), "name": of.name(), "platform": row.platform, "deal": row.deal, "contact": of.tracked.contact,
        "creator": of.tracked.contact_name, "campaign": of.tracked.campaign.as_ref().map(|(id, _)| id),
        "state": of.state, "due_on": row.due_on,
        "published_at": of.published.map(|when| clock::iso(when.at)),
        "post": of.found.as_ref().map(|found| json!({
            "post": found.key, "by": found.by, "address": found.address, "imported": found.post.is_some(),
            "shared_with": found.shared_with, "reasons": found.reasons,
        })),
        "proposals": of.proposals.iter().map(proposal_json).collect::<Vec<_>>(),
        "more_proposals": of.more_proposals,
        "rejected": of.rejected.iter().map(|decision| &decision.post).collect::<Vec<_>>(),
        "remarks": of.remarks,
    })
}

fn ages_json(of: &PieceMeasured) -> Value {
    let mut all = serde_json::Map::new();
    for metric in &of.metrics {
        let mut ages = serde_json::Map::new();
        for age in &metric.ages {
            let name = engine::measurement::same_age::age_name(age.age_hours);
            ages.insert(name, json!({ "how": age.how, "estimate": age.estimate }));
        }
        all.insert(metric.metric.code().to_owned(), Value::Object(ages));
    }
    Value::Object(all)
}

fn measurements_json(of: &PieceMeasured) -> Value {
    let one = |of: &measuring::Measurement| {
        let counts: serde_json::Map<String, Value> =
            of.metrics.known().map(|(metric, value)| (metric.code().to_owned(), json!(value))).collect();
        json!({
            "measurement": of.id, "measured_at": clock::iso_exact(of.at), "source": of.by, "origin": of.origin,
            "counts": counts, "picture": of.evidence.is_some(), "actor": of.actor, "corrected": of.corrected_at.is_some(),
        })
    };
    of.measurements.iter().map(one).collect()
}

/// `views 1,200 at 24 h, not known at 7 d`
fn ages_words(of: &PieceMeasured) -> Vec<String> {
    let value = |age: &engine::measurement::same_age::AtAge| {
        let name = engine::measurement::same_age::age_name(age.age_hours);
        match (age.estimate.value, age.how) {
            (Some(value), engine::measurement::same_age::HowKnown::Between) => {
                format!("{} at {name} (between)", grouped(value.round() as u64))
            }
            (Some(value), _) => format!("{} at {name}", grouped(value.round() as u64)),
            (None, _) => format!("not known at {name}"),
        }
    };
    of.metrics
        .iter()
        .map(|of| format!("{}: {}", of.metric.words(), of.ages.iter().map(value).collect::<Vec<_>>().join(", ")))
        .collect()
}

fn piece_line(of: &PieceSeen) -> String {
    let address = of.found.as_ref().map_or("", |found| found.address.as_str());
    format!("{:>4}  {:<10} {} of {}  {address}", of.id(), of.state.code(), of.name(), of.tracked.contact_name)
}

pub(super) async fn run(data: &DataDirectory, command: PostsCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        PostsCommand::List { campaign, creator, deal, state } => {
            let state = state_of(state.as_deref())?;
            list(data, PostsWanted { campaign, contact: creator, deal, piece: None, state }, output).await
        }
        PostsCommand::Show { piece } => show(data, piece, output).await,
        PostsCommand::Match { deal } => matched(data, deal, output).await,
        PostsCommand::Confirm { piece, post, share } => {
            posts::confirm(data, piece, &post, share, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Reject { piece, post } => {
            posts::reject(data, piece, &post, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::TakeBack { piece, post } => {
            posts::take_back(data, piece, &post, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Published { piece, moment, zone } => {
            measuring::say_published(data, piece, &moment, &zone, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Measure { piece, counts, at, zone } => {
            let given = MeasurementGiven { at, zone, counts: counts_of(&counts)? };
            measuring::measure(data, piece, &given, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Correct { measurement, counts, at, zone } => {
            let given = MeasurementGiven { at, zone, counts: counts_of(&counts)? };
            let piece = measuring::correct(data, measurement, &given, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Remove { measurement } => {
            let piece = measuring::remove(data, measurement, TEAM).await?;
            show(data, piece, output).await
        }
        PostsCommand::Import { file, zone } => {
            let taken = post_files::take(data, &file, None, &zone, TEAM).await?;
            output.result(&taken, |out| {
                writeln!(
                    out,
                    "{}: {} rows; {} new, {} held already, {} refused",
                    taken.file,
                    grouped(taken.rows),
                    grouped(taken.added),
                    grouped(taken.known),
                    grouped(taken.refused.len() as u64)
                )?;
                if !taken.ignored.is_empty() {
                    writeln!(out, "columns not read: {}", taken.ignored.join(", "))?;
                }
                taken.refused.iter().try_for_each(|issue| writeln!(out, "{issue}"))
            })
        }
    }
}

async fn list(data: &DataDirectory, wanted: PostsWanted, output: Output<'_>) -> anyhow::Result<()> {
    let all = posts::seen(data, &wanted).await?;
    let measured = measuring::measured(data, &all).await?;
    let none = PieceMeasured::default();
    let of = |piece: &PieceSeen| {
        let mut line = piece_json(piece);
        line["at_ages"] = ages_json(measured.get(&piece.id()).unwrap_or(&none));
        line
    };
    output.result(&all.iter().map(of).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "no piece of an agreed deal meets what is asked");
        }
        for piece in &all {
            writeln!(out, "{}", piece_line(piece))?;
            for words in ages_words(measured.get(&piece.id()).unwrap_or(&none)) {
                writeln!(out, "      {words}")?;
            }
        }
        Ok(())
    })
}

async fn show(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let piece = posts::piece(data, id).await?;
    let measured = measuring::measured(data, std::slice::from_ref(&piece)).await?.remove(&id).unwrap_or_default();
    let mut document = piece_json(&piece);
    document["at_ages"] = ages_json(&measured);
    document["measurements"] = measurements_json(&measured);
    let falls: Vec<String> = measured.falls.iter().map(|(metric, fall)| measuring::fall_words(*metric, fall)).collect();
    document["falls"] = json!(falls);
    output.result(&document, |out| {
        writeln!(out, "{}", piece_line(&piece))?;
        match piece.published {
            Some(when) => writeln!(out, "published {}", clock::minute(when.at))?,
            None => writeln!(out, "when it was published is not known")?,
        }
        for words in piece.remarks.iter().chain(&falls) {
            writeln!(out, "{words}")?;
        }
        write_proposals(out, &piece)?;
        for of in &measured.measurements {
            let counts: Vec<String> =
                of.metrics.known().map(|(metric, value)| format!("{} {}", metric.words(), grouped(value))).collect();
            let number = of.id.map_or_else(|| "    ".to_owned(), |id| format!("{id:>4}"));
            writeln!(out, "{number}  {}  {}  {}", clock::minute(of.at), of.by.words(), counts.join(", "))?;
        }
        ages_words(&measured).iter().try_for_each(|words| writeln!(out, "      {words}"))
    })
}

fn write_proposals(out: &mut dyn std::io::Write, piece: &PieceSeen) -> std::io::Result<()> {
    piece.proposals.iter().try_for_each(|proposal| write_proposal(out, proposal))?;
    match piece.more_proposals {
        0 => Ok(()),
        more => writeln!(out, "      and {more} more that are less likely"),
    }
}

fn write_proposal(out: &mut dyn std::io::Write, proposal: &Proposal) -> std::io::Result<()> {
    writeln!(out, "      may be {}  {}", proposal.key, proposal.address)?;
    proposal.reasons.iter().try_for_each(|reason| writeln!(out, "        {}", reason.words))
}

async fn matched(data: &DataDirectory, deal: Option<i64>, output: Output<'_>) -> anyhow::Result<()> {
    let all = posts::seen(data, &PostsWanted { deal, ..PostsWanted::default() }).await?;
    output.result(&all.iter().map(piece_json).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "no piece of an agreed deal meets what is asked");
        }
        for piece in &all {
            writeln!(out, "{}", piece_line(piece))?;
            if let Some(found) = &piece.found {
                writeln!(out, "      {}: {}", found.key, found.by.words())?;
            }
            write_proposals(out, piece)?;
        }
        Ok(())
    })
}
