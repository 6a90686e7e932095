//! `bellwether measurement …`: asking before a campaign, watching while it runs, reading the answer, and daily series.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use store::measurement::SeriesKind;

use super::costing::StudyCosts;
use super::design::{DesignGiven, checked, cuts_words};
use super::foreseeing::{Foreseen, foresee};
use super::mailing::{self, Rhythm};
use super::series_file::{FileGiven, take};
use super::{
    MeasurementError, Report, Standing, TEAM, outcomes, refused, report, sharing, studies, study, tables, watching,
    words,
};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};

#[derive(Subcommand)]
pub enum MeasurementCommand {
    /// What can be measured here: own outcomes and series, by the names that commands take.
    Outcomes,
    /// What a campaign of these days could show at all, tried on the own history; nothing is kept.
    Foresee(Box<DesignArguments>),
    /// Keep a question before its campaign begins; it is not changed any more.
    Ask(Box<DesignArguments>),
    /// Every measurement with where it stands.
    List,
    /// What was asked, and where it stands.
    Show { id: i64 },
    /// What may be said today of a campaign that runs, however often one looks.
    Live { id: i64 },
    /// The answer, from the day on that was set beforehand.
    Report {
        id: i64,
        /// Also write its figures, creators and days into a workbook for spreadsheets.
        #[arg(long, value_name = "FILE")]
        xlsx: Option<PathBuf>,
    },
    /// What a campaign cost beside its deals; what is not given stays as it is, `none` makes it not known.
    Cost(Box<CostArguments>),
    /// Give a measurement up; it stays in the list with the reason.
    Withdraw {
        id: i64,
        #[arg(long)]
        why: String,
    },
    /// Share the report by a link.
    Share {
        id: i64,
        #[arg(long, default_value_t = sharing::DAYS_USUAL)]
        days: u32,
        /// For whom it is.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// The links to a report.
    Links { id: i64 },
    /// End a link.
    Revoke { id: i64, link: i64 },
    /// Send the report to a contact by mail.
    Mail {
        id: i64,
        contact: i64,
        /// Every week while it runs, and the answer; without it the answer alone.
        #[arg(long)]
        weekly: bool,
    },
    /// Who gets a report by mail.
    Mails { id: i64 },
    /// Somebody gets no more of it.
    EndMail { id: i64, mail: i64 },
    /// The daily series that were brought in.
    Series,
    /// Bring daily series in from a CSV file: `date` and a column a series, or `date`, `series` and one column of numbers.
    ImportSeries {
        file: PathBuf,
        #[arg(long, value_enum, default_value_t = KindArgument::Gained)]
        kind: KindArgument,
        /// Own campaigns do not move it, so that it may stand for "without".
        #[arg(long)]
        untouched: bool,
        /// Before each name.
        #[arg(long, default_value = "")]
        prefix: String,
    },
    /// Remove a series.
    RemoveSeries { id: i64 },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArgument {
    /// So many a day.
    Gained,
    /// A total that stands.
    Standing,
}

#[derive(Args)]
pub struct DesignArguments {
    /// The one outcome that decides: orders, revenue, new-customers, leads, followers:PLATFORM:NAME, series:NUMBER.
    pub outcome: String,
    /// The first day, as 2026-03-01.
    #[arg(long)]
    pub from: String,
    /// The last day that is measured.
    #[arg(long)]
    pub to: String,
    #[arg(long, default_value = "")]
    pub name: String,
    /// The campaign's number.
    #[arg(long)]
    pub campaign: Option<i64>,
    /// Also looked at; may be repeated.
    #[arg(long)]
    pub also: Vec<String>,
    /// A series that swings along and that the campaign does not reach; may be repeated.
    #[arg(long)]
    pub beside: Vec<i64>,
    /// A series of an account, region or shop without the campaign; may be repeated.
    #[arg(long)]
    pub compared: Vec<i64>,
    /// Days to leave out, such as "2026-01-02..2026-01-05 the shop was closed"; may be repeated.
    #[arg(long)]
    pub cut: Vec<String>,
    /// What is left of a sale once goods are paid, in percent.
    #[arg(long, default_value = "")]
    pub margin: String,
    /// What one is worth where it is no order, such as "2.50 EUR".
    #[arg(long, default_value = "")]
    pub worth: String,
    /// History from this day on.
    #[arg(long, default_value = "")]
    pub history: String,
    /// Days after the last one until orders are settled.
    #[arg(long, default_value = "")]
    pub settle: String,
    /// Where days begin, such as Europe/Berlin.
    #[arg(long, default_value = "")]
    pub zone: String,
    /// A shop's number.
    #[arg(long)]
    pub shop: Option<i64>,
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Days from click to order.
    #[arg(long, default_value = "")]
    pub window: String,
    /// Take a straight trend off.
    #[arg(long)]
    pub trend: bool,
}

impl DesignArguments {
    fn given(&self) -> DesignGiven {
        DesignGiven {
            name: if self.name.trim().is_empty() {
                format!("{} {}", self.outcome, self.from)
            } else {
                self.name.clone()
            },
            campaign: self.campaign,
            primary: self.outcome.clone(),
            secondary: self.also.clone(),
            starts_on: self.from.clone(),
            ends_on: self.to.clone(),
            history_from: self.history.clone(),
            settle_days: self.settle.clone(),
            zone: self.zone.clone(),
            shop: self.shop,
            currency: self.currency.clone(),
            controls: self.beside.clone(),
            comparable: self.compared.clone(),
            cuts: self.cut.join("\n"),
            margin: self.margin.clone(),
            worth: self.worth.clone(),
            window: self.window.clone(),
            has_trend: self.trend,
        }
    }
}

#[derive(Args)]
pub struct CostArguments {
    pub id: i64,
    /// In place of the fees of deals.
    #[arg(long)]
    pub fee: Option<String>,
    #[arg(long)]
    pub product_at_cost: Option<String>,
    #[arg(long)]
    pub shipping: Option<String>,
    /// In place of the deals' shares of sales.
    #[arg(long)]
    pub commission: Option<String>,
    /// Share of tools and subscriptions.
    #[arg(long)]
    pub tools: Option<String>,
    /// Hours of own work.
    #[arg(long)]
    pub hours: Option<String>,
    #[arg(long)]
    pub hourly_rate: Option<String>,
}

pub async fn run(data: &DataDirectory, command: MeasurementCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        MeasurementCommand::Outcomes => outcomes_held(data, output).await,
        MeasurementCommand::Foresee(given) => {
            let checked = checked(data, &given.given()).await?;
            let found = foresee(data, checked.campaign, &checked.design).await?;
            output.result(&found, |out| write_foreseen(out, &found))
        }
        MeasurementCommand::Ask(given) => {
            let checked = checked(data, &given.given()).await?;
            let kept = super::create(data, &checked, TEAM).await?;
            let document = json!({ "measurement": kept.row.id, "name": kept.row.name, "design": kept.design, "unlocks_at": clock::iso(kept.row.unlocks_at) });
            output.result(&document, |out| {
                writeln!(out, "measurement {}: {}", kept.row.id, kept.row.name)?;
                writeln!(out, "the answer may be read from {} on", clock::minute(kept.row.unlocks_at))?;
                if kept.design.is_late {
                    writeln!(out, "note: the campaign had begun, so what it finds is a hint and no test")?;
                }
                Ok(())
            })
        }
        MeasurementCommand::List => list(data, output).await,
        MeasurementCommand::Show { id } => show(data, id, output).await,
        MeasurementCommand::Live { id } => {
            let study = study(data, id).await?;
            let watched = watching::watched(data, &study).await?;
            output.result(
                &json!({ "measurement": id, "standing": study.standing(data.now()), "outcomes": watched }),
                |out| {
                    watched.iter().try_for_each(|one| writeln!(out, "{}", words::so_far(one)))?;
                    writeln!(
                        out,
                        "safe to look at every day; the answer may be read from {} on",
                        clock::minute(study.row.unlocks_at)
                    )
                },
            )
        }
        MeasurementCommand::Report { id, xlsx } => {
            let report = report(data, id).await?;
            if let Some(file) = xlsx {
                let book = tables::book(&report).context("the workbook cannot be made")?;
                std::fs::write(&file, book).with_context(|| format!("{} cannot be written", file.display()))?;
            }
            output.result(&report.document(), |out| write_report(out, &report))
        }
        MeasurementCommand::Cost(given) => cost(data, &given, output).await,
        MeasurementCommand::Withdraw { id, why } => {
            super::withdraw(data, id, &why).await?;
            output.result(&json!({ "measurement": id, "withdrawn": true }), |out| {
                writeln!(out, "measurement {id} is given up")
            })
        }
        MeasurementCommand::Share { id, days, note } => {
            let made = sharing::share(data, id, days, &note).await?;
            output.result(&made, |out| {
                writeln!(out, "{}\nworks until {}; it is shown this once", made.address, made.expires_on)?;
                if !made.is_public {
                    writeln!(out, "note: no public address is set, so put this program's own before it")?;
                }
                Ok(())
            })
        }
        MeasurementCommand::Links { id } => {
            study(data, id).await?;
            let links = sharing::links(data, id).await?;
            output.result(&links, |out| {
                if links.is_empty() {
                    return writeln!(out, "this report is not shared");
                }
                links.iter().try_for_each(|link| {
                    writeln!(
                        out,
                        "{}  {}  until {}  opened {}  {}",
                        link.link, link.state, link.expires_on, link.opened, link.note
                    )
                })
            })
        }
        MeasurementCommand::Revoke { id, link } => {
            sharing::revoke(data, id, link).await?;
            output.result(&json!({ "link": link, "revoked": true }), |out| {
                writeln!(out, "link {link} opens nothing any more")
            })
        }
        MeasurementCommand::Mail { id, contact, weekly } => {
            let rhythm = if weekly { Rhythm::Weekly } else { Rhythm::Answer };
            let mail = mailing::add(data, id, contact, rhythm, TEAM).await?;
            output.result(&json!({ "mail": mail, "rhythm": rhythm.code() }), |out| {
                writeln!(out, "contact {contact} gets {} (number {mail})", rhythm.words())
            })
        }
        MeasurementCommand::Mails { id } => {
            study(data, id).await?;
            let mails = data.store.study_mails(id).await?;
            let all: Vec<_> = mails
                .iter()
                .map(|mail| {
                    json!({
                        "mail": mail.id, "contact": mail.contact, "name": mail.contact_name, "rhythm": mail.rhythm,
                        "sent": mail.sent, "next_at": mail.next_at.map(clock::iso), "ended_at": mail.ended_at.map(clock::iso),
                    })
                })
                .collect();
            output.result(&all, |out| {
                if mails.is_empty() {
                    return writeln!(out, "nobody gets this report by mail");
                }
                mails.iter().try_for_each(|mail| {
                    let next = mail
                        .next_at
                        .filter(|_| mail.ended_at.is_none())
                        .map_or_else(|| "no more".to_owned(), clock::minute);
                    writeln!(
                        out,
                        "{}  {}  {}  sent {}  next {next}",
                        mail.id, mail.contact_name, mail.rhythm, mail.sent
                    )
                })
            })
        }
        MeasurementCommand::EndMail { id, mail } => {
            mailing::end(data, id, mail).await?;
            output.result(&json!({ "mail": mail, "ended": true }), |out| writeln!(out, "no more of it"))
        }
        MeasurementCommand::Series => {
            let rows = data.store.series().await?;
            let all: Vec<_> = rows
                .iter()
                .map(|row| {
                    json!({
                        "series": row.id, "name": row.name, "kind": row.kind.code(), "is_touched": row.is_touched, "days": row.days,
                        "first_day": row.first_day.map(|day| outcomes::date_of(day).to_string()),
                        "last_day": row.last_day.map(|day| outcomes::date_of(day).to_string()), "source": row.source,
                    })
                })
                .collect();
            output.result(&all, |out| {
                if rows.is_empty() {
                    return writeln!(out, "no series yet; `bellwether measurement import-series FILE` brings some in");
                }
                rows.iter().try_for_each(|row| {
                    let stands = if row.is_touched { "own campaigns move it" } else { "may stand for without" };
                    writeln!(out, "{}  {}  {} days  {}  {stands}", row.id, row.name, grouped(row.days), row.kind.code())
                })
            })
        }
        MeasurementCommand::ImportSeries { file, kind, untouched, prefix } => {
            import(data, &file, kind, untouched, prefix, output).await
        }
        MeasurementCommand::RemoveSeries { id } => {
            if !data.store.delete_series(id).await? {
                return Err(MeasurementError::NoSeries(id).into());
            }
            output.result(&json!({ "series": id, "removed": true }), |out| writeln!(out, "series {id} is gone"))
        }
    }
}

async fn outcomes_held(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let held = outcomes::outcomes_held(data).await?;
    let all: Vec<_> =
        held.iter().map(|(outcome, words)| json!({ "outcome": outcome.code(), "words": words })).collect();
    output.result(&all, |out| {
        if held.is_empty() {
            return writeln!(
                out,
                "nothing is held day by day yet\nhint: connect a shop (`bellwether tracking shop`), or bring a series in (`bellwether measurement import-series`)"
            );
        }
        held.iter().try_for_each(|(outcome, words)| writeln!(out, "{:32} {words}", outcome.code()))
    })
}

async fn list(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let now = data.now();
    let all = studies(data).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|study| {
            json!({
                "measurement": study.row.id, "name": study.row.name, "campaign": study.row.campaign,
                "standing": study.standing(now), "starts_on": study.design.starts_on, "ends_on": study.design.ends_on,
                "unlocks_at": clock::iso(study.row.unlocks_at), "is_late": study.design.is_late,
            })
        })
        .collect();
    output.result(&rows, |out| {
        if all.is_empty() {
            return writeln!(
                out,
                "no measurement yet; `bellwether measurement ask` keeps a question before its campaign begins"
            );
        }
        all.iter().try_for_each(|study| {
            writeln!(
                out,
                "{}  {}  {} to {}  {}",
                study.row.id,
                study.row.name,
                study.design.starts_on,
                study.design.ends_on,
                study.standing(now).words()
            )
        })
    })
}

async fn show(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let study = study(data, id).await?;
    let standing = study.standing(data.now());
    let costs = super::costs(data, id).await?;
    let document = json!({
        "measurement": id, "name": study.row.name, "campaign": study.row.campaign, "standing": standing,
        "design": study.design, "costs": costs, "unlocks_at": clock::iso(study.row.unlocks_at),
        "kept_at": clock::iso(study.row.created_at), "withdrawn_why": study.row.withdrawn.as_ref().map(|(_, why)| why),
    });
    output.result(&document, |out| {
        let design = &study.design;
        writeln!(out, "{}: {}", study.row.name, standing.words())?;
        writeln!(out, "decides: {}", design.primary.code())?;
        for outcome in &design.secondary {
            writeln!(out, "also: {}", outcome.code())?;
        }
        writeln!(out, "days: {} to {} in {}", design.starts_on, design.ends_on, design.zone)?;
        if !design.cuts.is_empty() {
            writeln!(out, "left out: {}", cuts_words(&design.cuts).replace('\n', "; "))?;
        }
        if standing == Standing::Open {
            return writeln!(out, "the answer: `bellwether measurement report {id}`");
        }
        writeln!(out, "the answer may be read from {} on", clock::minute(study.row.unlocks_at))
    })
}

fn write_foreseen(out: &mut dyn std::io::Write, found: &Foreseen) -> std::io::Result<()> {
    if let Some(why) = &found.why_not {
        writeln!(out, "nothing can be foreseen of {}: {why}", found.words)?;
    }
    writeln!(out, "a usual day: {}", estimate_text(&found.usual))?;
    writeln!(out, "mostly seen from: {}", estimate_text(&found.smallest))?;
    writeln!(out, "tried on {} windows of the own history, {} raised an alarm", found.windows, found.alarms)?;
    for (effect, share) in &found.power {
        writeln!(out, "  {:>3.0} % more: seen in {:.0} % of them", 100.0 * effect, 100.0 * share)?;
    }
    found.remarks.iter().try_for_each(|remark| writeln!(out, "note: {remark}"))
}

fn write_report(out: &mut dyn std::io::Write, report: &Report) -> std::io::Result<()> {
    let found = &report.found;
    writeln!(out, "{}", words::answer(report))?;
    if let Some((at, first)) = &report.first {
        writeln!(out, "as first read on {}: {}", clock::minute(*at), words::answer_of(first))?;
    }
    for outcome in std::iter::once(&found.primary).chain(&found.secondary) {
        writeln!(out, "\n{}", words::outcome(outcome))?;
        if let Some(needed) = &outcome.still_needed {
            writeln!(out, "  {needed}")?;
        }
        if let Some(placebos) = &outcome.placebos {
            writeln!(out, "  {} of {} earlier windows also raised an alarm", placebos.alarms, placebos.windows.len())?;
        }
        if let Some(disagreement) = &outcome.disagreement {
            writeln!(out, "  {disagreement}")?;
        }
        outcome.warnings.iter().try_for_each(|warning| writeln!(out, "  note: {warning}"))?;
    }
    writeln!(out, "\nattributed return:  {}", estimate_text(&found.attributed.roi))?;
    writeln!(out, "incremental return: {}", estimate_text(&found.incremental.roi))?;
    writeln!(out, "cost:               {}", estimate_text(&found.cost.total))?;
    if !found.cost.missing.is_empty() {
        let parts: Vec<&str> = found.cost.missing.iter().map(|part| part.words()).collect();
        writeln!(out, "not in the cost: {}", parts.join(", "))?;
    }
    for step in found.funnel.iter().chain(&found.unit_costs) {
        writeln!(out, "{}: {}", step.words, estimate_text(&step.estimate))?;
    }
    for creator in &found.creators {
        let name = report.names.get(&creator.contact).map_or("somebody forgotten", String::as_str);
        writeln!(out, "\n{name}")?;
        for (what, estimate) in [
            ("cost", &creator.cost),
            ("clicks", &creator.clicks),
            ("orders", &creator.orders),
            ("value", &creator.value),
            ("orders of a click", &creator.rate),
            ("return", &creator.roi),
        ] {
            writeln!(out, "  {what}: {}", estimate_text(estimate))?;
        }
    }
    writeln!(out)?;
    found.remarks.iter().chain(&found.not_known).try_for_each(|line| writeln!(out, "note: {line}"))
}

async fn cost(data: &DataDirectory, given: &CostArguments, output: Output<'_>) -> anyhow::Result<()> {
    let study = study(data, given.id).await?;
    let held = super::costs(data, given.id).await?;
    let usual = outcomes::usual_currency(data, study.design.shop).await?;
    let currency = study.design.currency().or(usual);
    let currency =
        currency.ok_or_else(|| refused("currency", "this measurement has no currency; say one when asking"))?;
    let said = |field: &str| -> String {
        let said = match field {
            "fee" => &given.fee,
            "product_at_cost" => &given.product_at_cost,
            "shipping" => &given.shipping,
            "commission" => &given.commission,
            "tools" => &given.tools,
            "hours" => &given.hours,
            _ => &given.hourly_rate,
        };
        match said.as_deref() {
            Some("none") => String::new(),
            Some(text) => text.to_owned(),
            None => held.in_field(field),
        }
    };
    let costs = StudyCosts::typed(&said, currency)?;
    super::keep_costs(data, given.id, &costs, TEAM).await?;
    output.result(&costs, |out| {
        super::costing::FIELDS.iter().try_for_each(|(field, words)| {
            let value = costs.in_field(field);
            writeln!(out, "{words}: {}", if value.is_empty() { "not known" } else { &value })
        })
    })
}

async fn import(
    data: &DataDirectory,
    file: &std::path::Path,
    kind: KindArgument,
    untouched: bool,
    prefix: String,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let bytes =
        tokio::fs::read(file).await.map_err(|error| MeasurementError::File(format!("{}: {error}", file.display())))?;
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let kind = match kind {
        KindArgument::Gained => SeriesKind::Gained,
        KindArgument::Standing => SeriesKind::Standing,
    };
    let taken = take(data, &name, &bytes, &FileGiven { kind, is_touched: !untouched, prefix }, TEAM).await?;
    let series: Vec<_> = taken
        .series
        .iter()
        .map(|(id, name, days)| json!({ "series": id, "name": name, "new": days.new, "changed": days.changed, "known": days.known }))
        .collect();
    output.result(&json!({ "series": series, "refused": taken.refused, "issues": taken.issues }), |out| {
        for (id, name, days) in &taken.series {
            writeln!(out, "{id}  {name}: {} days new, {} put right, {} known", days.new, days.changed, days.known)?;
        }
        taken.issues.iter().try_for_each(|issue| writeln!(out, "{issue}"))
    })
}
