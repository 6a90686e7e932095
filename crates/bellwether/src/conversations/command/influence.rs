//! `bellwether conversations influence`: who has a say among a brand's buyers, three ways beside each other.

use clap::Args;
use model::{InteractionKind, Timestamp};
use serde_json::{Value, json};

use crate::clock::{self, DateCell};
use crate::conversations::influence::{Column, InfluenceReport, Niche, Order, against_everywhere, report};
use crate::data_directory::DataDirectory;
use crate::matching;
use crate::output::{Output, estimate_text, grouped};

#[derive(Args)]
pub struct InfluenceArguments {
    /// Whose buyers; may be left out when there is one brand.
    #[arg(long)]
    brand: Option<String>,
    /// Only talk from this day on, e.g. 2026-03-01.
    #[arg(long, value_parser = day)]
    from: Option<Timestamp>,
    /// Only talk up to this day, which is meant whole.
    #[arg(long, value_parser = day)]
    to: Option<Timestamp>,
    /// Only talk about these words or tags, several apart by commas.
    #[arg(long)]
    about: Option<String>,
    /// Only talk among the members of this group, by its number.
    #[arg(long)]
    group: Option<i64>,
    /// Only this kind of talk; may be given several times.
    #[arg(long, value_parser = Niche::kind)]
    kind: Vec<InteractionKind>,
    /// The column that orders the list: listening, near or everywhere.
    #[arg(long, default_value = "listening", value_parser = column)]
    sort: Column,
    /// How many people, at most 100 of each column.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

fn day(text: &str) -> Result<Timestamp, String> {
    match clock::parse_date_cell(text, None) {
        DateCell::At(at) => Ok(at),
        _ => Err("a day is written like 2026-03-01".to_owned()),
    }
}

fn column(text: &str) -> Result<Column, String> {
    Column::from_code(text).ok_or_else(|| "choose listening, near or everywhere".to_owned())
}

pub(super) async fn run(data: &DataDirectory, arguments: InfluenceArguments, output: Output<'_>) -> anyhow::Result<()> {
    let brand = match &arguments.brand {
        Some(name) => matching::brand(data, name).await?,
        None => match data.store.brands().await?.as_slice() {
            [one] => one.clone(),
            [] => anyhow::bail!("there is no brand yet\nhint: `bellwether matching brand NAME --keyword …` makes one"),
            _ => anyhow::bail!("there are several brands\nhint: say which with --brand NAME"),
        },
    };
    let niche = Niche {
        from_unix: arguments.from.map(Timestamp::unix_seconds),
        to_unix: arguments.to.map(|to| to.unix_seconds() + 86_400),
        about: Niche::words(arguments.about.as_deref().unwrap_or("")),
        group: arguments.group,
        kinds: arguments.kind,
    };
    let found = report(data, &brand, &niche).await?;
    let people: Vec<_> = found.ordered(arguments.sort, Order::FirstFirst).into_iter().take(arguments.limit).collect();
    let document = document(&brand.name, &niche, &found, &people);
    output.result(&document, |out| {
        writeln!(
            out,
            "{} of {} buyers take part, in {} interactions of {} people",
            grouped(found.influence.buyers as u64),
            grouped(found.buyers),
            grouped(found.interactions),
            grouped(found.influence.accounts as u64)
        )?;
        if people.is_empty() {
            return writeln!(out, "none of the buyers talks in this window and niche; widen it, or bring in more talk");
        }
        let agreement = found.influence.agreement;
        writeln!(
            out,
            "of the first {} by listening {} are also first by nearness and {} by what is heard everywhere\n",
            agreement.first, agreement.listening_and_near, agreement.listening_and_everywhere
        )?;
        writeln!(out, "{:<28} {:>9} {:>6} {:>10}", "places", "listening", "near", "everywhere")?;
        for one in people {
            let account = found.account(one);
            let name = found.names.get(&account).map_or_else(|| account.to_string(), |name| name.name.clone());
            let place = |place: Option<usize>| place.map_or_else(|| "-".to_owned(), |place| place.to_string());
            writeln!(
                out,
                "{name:<28} {:>9} {:>6} {:>10}   listening {}; near {}; everywhere {}",
                place(one.listening.place),
                place(one.near.place),
                place(one.everywhere.place),
                estimate_text(&one.listening.estimate),
                estimate_text(&one.near.estimate),
                estimate_text(&one.everywhere.estimate)
            )?;
        }
        Ok(())
    })
}

fn document(
    brand: &str,
    niche: &Niche,
    found: &InfluenceReport,
    people: &[&engine::conversations::influence::Influential],
) -> Value {
    json!({
        "brand": brand,
        "from": niche.from_unix.map(|at| clock::iso(Timestamp::from_unix_seconds(at))),
        "to": niche.to_unix.map(|at| clock::iso(Timestamp::from_unix_seconds(at))),
        "about": niche.about, "group": niche.group,
        "kinds": niche.kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>(),
        "buyers": found.buyers, "buyers_in_this_talk": found.influence.buyers, "people_in_this_talk": found.influence.accounts,
        "interactions": found.interactions, "as_of": found.as_of.map(clock::iso), "horizon_days": found.horizon_days,
        "near_error": found.influence.near_error, "everywhere_error": found.influence.everywhere_error,
        "agreement": found.influence.agreement,
        "people": people.iter().map(|one| {
            let account = found.account(one);
            json!({
                "account": account, "name": found.names.get(&account).map(|name| name.name.clone()),
                "listening": one.listening, "near": one.near, "everywhere": one.everywhere,
                "places_above_everywhere": against_everywhere(one), "evidence": one.evidence,
            })
        }).collect::<Vec<_>>(),
    })
}
