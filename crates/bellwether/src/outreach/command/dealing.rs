//! Briefs, deals, payments and creators' links by command.

use std::path::Path;

use anyhow::Context;
use serde_json::json;
use store::outreach::deals::DealFilter;

use super::text_of;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::{money_typed, typed_money};
use crate::output::Output;
use crate::outreach::briefs::{self, Brief, BriefGiven};
use crate::outreach::deals::{self, Piece, Terms};
use crate::outreach::{TEAM, contacts, creator_links, views};

#[derive(clap::Args)]
pub struct OfferArguments {
    /// Number, e-mail address or name.
    pub contact: String,
    /// The brief it is made on: number or name.
    #[arg(long)]
    pub brief: String,
    #[arg(long)]
    pub campaign: Option<i64>,
    /// As "250 EUR".
    #[arg(long, default_value = "")]
    pub fee: String,
    /// What they get beside money; given several times, they choose one.
    #[arg(long = "product")]
    pub product: Vec<String>,
    /// Nothing is sent for the product: a code, a visit, a service.
    #[arg(long)]
    pub not_sent: bool,
    /// Percent of each sale.
    #[arg(long)]
    pub commission: Option<f64>,
    /// What is to be made, as "2 story instagram 2026-03-01 2026-03-08": how many, what, where, draft by, posted by.
    #[arg(long = "piece", required = true)]
    pub piece: Vec<String>,
    /// Where the brand may use it.
    #[arg(long, default_value = "")]
    pub usage: String,
    #[arg(long, default_value_t = 0)]
    pub usage_days: u32,
    /// In paid advertising too.
    #[arg(long)]
    pub paid_use: bool,
    /// For whom they do not work meanwhile.
    #[arg(long, default_value = "")]
    pub exclusivity: String,
    #[arg(long, default_value_t = 0)]
    pub exclusivity_days: u32,
    /// Days after the last post by which the fee is paid.
    #[arg(long, default_value_t = 14)]
    pub payment_days: u32,
    #[arg(long, default_value = "")]
    pub message: String,
}

pub async fn brief(
    data: &DataDirectory,
    name: String,
    file: &Path,
    campaign: Option<i64>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let brief: Brief = serde_json::from_str(&text_of(file)?).with_context(|| {
        format!("{} is no brief as JSON\nhint: product and freedom at least, musts and wishes as lists", file.display())
    })?;
    let held = data.store.briefs().await?.into_iter().find(|row| row.name.eq_ignore_ascii_case(name.trim()));
    let given = BriefGiven { name, campaign: campaign.or(held.as_ref().and_then(|row| row.campaign)), brief };
    let (id, version) = match held {
        Some(row) => (row.id, briefs::change(data, row.id, row.version, &given).await?),
        None => (briefs::add(data, &given).await?, 1),
    };
    let asked = briefs::question(&given.brief);
    output.result(&json!({ "brief": id, "version": version, "question": asked }), |out| {
        writeln!(out, "brief {id}, version {version}")?;
        asked.as_ref().map_or(Ok(()), |words| writeln!(out, "{words}."))
    })
}

pub async fn briefs(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for row in data.store.briefs().await? {
        all.push(briefs::shown(row)?);
    }
    let of = |held: &briefs::BriefShown| json!({ "brief": held.row.id, "name": held.row.name, "version": held.row.version, "deals": held.row.deals, "body": held.brief });
    output.result(&all.iter().map(of).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "no brief yet; `bellwether outreach brief NAME --file FILE` keeps one");
        }
        for held in &all {
            let (row, musts) = (&held.row, held.brief.musts.len());
            writeln!(out, "{:>4}  {}  version {}, {musts} musts, {} deals", row.id, row.name, row.version, row.deals)?;
        }
        Ok(())
    })
}

fn piece_of(text: &str) -> anyhow::Result<Piece> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [count, format, rest @ ..] = words.as_slice() else {
        anyhow::bail!("--piece {text:?} is not as \"2 story instagram 2026-03-01 2026-03-08\"");
    };
    let of = |at: usize| rest.get(at).map_or(String::new(), |word| (*word).to_owned());
    let count = count.parse().with_context(|| format!("--piece {text:?}: {count:?} is no number of pieces"))?;
    Ok(Piece { count, format: (*format).to_owned(), platform: of(0), draft_due_on: of(1), due_on: of(2) })
}

pub async fn offer(data: &DataDirectory, given: OfferArguments, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, &given.contact).await?;
    let brief = briefs::named(data, &given.brief).await?;
    let commission = given.commission.unwrap_or(0.0);
    anyhow::ensure!((0.0..=100.0).contains(&commission), "--commission is a percentage from 0 to 100");
    let terms = Terms {
        fee: typed_money(&given.fee)?,
        product: given.product.join("\n"),
        is_not_sent: given.not_sent,
        commission_basis_points: (commission * 100.0).round() as u32,
        pieces: given.piece.iter().map(|text| piece_of(text)).collect::<Result<_, _>>()?,
        usage: given.usage,
        usage_days: given.usage_days,
        is_paid_use: given.paid_use,
        exclusivity: given.exclusivity,
        exclusivity_days: given.exclusivity_days,
        payment_days: given.payment_days,
    };
    let id = deals::offer(data, contact.id, brief.row.id, given.campaign, &terms, &given.message).await?;
    output.result(&json!({ "deal": id, "contact": contact.id }), |out| {
        writeln!(out, "deal {id} with {}: {}", contact.name, deals::short(&terms))?;
        writeln!(out, "nobody has it yet; `bellwether outreach creator-link {}` makes their link", contact.id)
    })
}

pub async fn deals(
    data: &DataDirectory,
    contact: Option<&str>,
    campaign: Option<i64>,
    view: Option<&str>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let contact = match contact {
        Some(named) => Some(contacts::find(data, named).await?.id),
        None => None,
    };
    let kept = match view {
        Some(named) => views::deal_filter(&views::find(data, views::DEALS.0, named).await?),
        None => DealFilter::default(),
    };
    let filter = DealFilter { contact, campaign: campaign.or(kept.campaign), ..kept };
    let rows = data.store.deals(&filter).await?;
    let mut all = Vec::new();
    for row in rows {
        let terms: Terms = serde_json::from_str(&row.terms)?;
        all.push((row, terms));
    }
    let of = |(row, terms): &(store::outreach::deals::DealRow, Terms)| {
        json!({
            "deal": row.id, "contact": row.contact, "name": row.contact_name, "brief": row.brief, "state": row.state.code(),
            "since": clock::iso(row.state_since), "version": row.version, "terms": terms, "pieces": row.pieces, "live": row.live,
            "next_due_on": row.next_due_on,
        })
    };
    output.result(&all.iter().map(of).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "no deal yet; `bellwether outreach offer CONTACT --brief NAME …` makes one");
        }
        for (row, terms) in &all {
            writeln!(out, "{:>4}  {}  {}  {}", row.id, row.contact_name, row.state.words(), deals::short(terms))?;
        }
        Ok(())
    })
}

pub async fn deal(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let held = deals::shown(data, id).await?;
    let (pieces, payments) = (data.store.deliverables(id).await?, data.store.payments_of(id).await?);
    let versions: Vec<serde_json::Value> = held
        .versions
        .iter()
        .map(|of| {
            json!({
                "version": of.version, "by": of.party.code(), "at": clock::iso(of.created_at), "terms": of.terms,
                "changes": of.changes, "message": of.message,
            })
        })
        .collect();
    let made: Vec<serde_json::Value> = pieces
        .iter()
        .map(|of| {
            json!({
                "piece": of.id, "format": of.format, "platform": of.platform, "draft_due_on": of.draft_due_on, "due_on": of.due_on,
                "state": of.state.code(), "url": of.url,
            })
        })
        .collect();
    let owed: Vec<serde_json::Value> = payments.iter().map(payment_json).collect();
    let row = &held.row;
    let all = json!({
        "deal": row.id, "contact": row.contact, "name": row.contact_name, "state": row.state.code(), "version": row.version,
        "reason": row.reason, "accepted_by": row.accepted_by, "accepted_at": row.accepted_at.map(clock::iso),
        "terms": held.terms, "versions": versions, "pieces": made, "payments": owed,
        "choice": held.choice.as_ref().map(super::campaigning::choice_json),
    });
    output.result(&all, |out| {
        writeln!(out, "deal {} with {}: {}", row.id, row.contact_name, row.state.words())?;
        for (what, says) in deals::said(&held.terms) {
            writeln!(out, "  {what}: {says}")?;
        }
        if let Some(choice) = &held.choice {
            writeln!(out, "  Chosen: {}", choice.words())?;
        }
        for version in &held.versions {
            writeln!(out, "version {} by {}", version.version, version.party.words())?;
            for change in &version.changes {
                writeln!(out, "  {}: {} -> {}", change.what, change.before, change.after)?;
            }
        }
        for piece in &pieces {
            writeln!(out, "piece {}: {} {}, {}", piece.id, piece.format, piece.number, piece.state.words())?;
        }
        for payment in &payments {
            writeln!(
                out,
                "{}: {}, {}, due {}",
                payment.what,
                money_typed(&payment.amount),
                payment.state.words(),
                payment.due_on
            )?;
        }
        Ok(())
    })
}

fn payment_json(of: &store::outreach::payments::PaymentRow) -> serde_json::Value {
    json!({
        "payment": of.id, "deal": of.deal, "what": of.what, "amount_minor_units": of.amount.minor_units,
        "currency": of.amount.currency(), "due_on": of.due_on, "state": of.state.code(), "reference": of.reference,
    })
}

pub async fn payments(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let all = data.store.payments().await?;
    output.result(&all.iter().map(payment_json).collect::<Vec<_>>(), |out| {
        if all.is_empty() {
            return writeln!(out, "nothing is owed");
        }
        for of in &all {
            let deal = of.deal.map_or_else(|| "forgotten".to_owned(), |deal| format!("deal {deal}"));
            writeln!(
                out,
                "{:>4}  {deal}  {}  {}  due {}",
                of.id,
                money_typed(&of.amount),
                of.state.words(),
                of.due_on
            )?;
        }
        Ok(())
    })
}

pub async fn creator_link(data: &DataDirectory, named: &str, days: u32, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let made = creator_links::make(data, contact.id, days, TEAM).await?;
    output.result(&made, |out| {
        writeln!(out, "{}", made.address)?;
        writeln!(out, "for {} alone, until {}; it is not shown again", contact.name, made.expires_on)?;
        match made.is_public {
            true => Ok(()),
            false => writeln!(out, "no public address is set, so it opens below this program's own address only"),
        }
    })
}
