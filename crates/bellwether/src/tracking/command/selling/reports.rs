//! Attribution by command: made, kept, printed as it was.

use engine::measurement::attribution::Model;
use serde_json::json;

use super::{CreditArguments, SellingCommand};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::tracking::attribution::{self, Report, ReportAsked, creators_of};
use crate::tracking::told::amounts;
use crate::tracking::{TEAM, shops};

pub(super) async fn run(data: &DataDirectory, command: SellingCommand, output: Output<'_>) -> anyhow::Result<()> {
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
    output: Output<'_>,
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
