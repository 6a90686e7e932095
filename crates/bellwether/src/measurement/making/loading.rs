//! What a study rests on: outcomes by day, credited orders, clicks, posts, the plan.

use std::collections::BTreeMap;

use model::{Currency, Grade, PostMetric};
use store::conversions::{ConversionFilter, ConversionKind, ProofRow};
use store::tracking::LinkFilter;

use crate::data_directory::DataDirectory;
use crate::measurement::analysing::Beside;
use crate::measurement::costing;
use crate::measurement::design::{laid, others};
use crate::measurement::outcomes::{Outcome, daily};
use crate::measurement::{MeasurementError, Study, voice};
use crate::planning::made::PlanMade;
use crate::tracking::attribution::ReportAsked;
use crate::tracking::conversions::{self, is_given_back};
use crate::tracking::posts::{self, PostsWanted, measuring};

use super::{CreditedOrder, Loaded, ORDERS_FOR_VALUE_MIN, PostHeld};

/// Loads what a study rests on, up to a day that is not over.
pub async fn load(data: &DataDirectory, study: &Study) -> Result<Loaded, MeasurementError> {
    let design = &study.design;
    let as_of = data.now();
    let before = design.day_after().min(design.day_at(as_of));
    let usual = crate::measurement::outcomes::usual_currency(data, design.shop).await?;
    let currency = design.currency().or(usual).unwrap_or_else(|| Currency::new("EUR").expect("a currency"));
    let how = design.reckoning(before);
    let mut laid_out = vec![];
    for outcome in std::iter::once(&design.primary).chain(&design.secondary) {
        let of = match daily(data, outcome, &how).await {
            Ok(daily) => {
                let words = daily.words.clone();
                laid(design, daily, before).ok_or_else(|| {
                    format!("{words} are known from too late on: there is no day of them before {}", design.starts_on)
                })
            }
            Err(MeasurementError::NothingHeld { what, hint }) => Err(format!("nothing is held of {what}: {hint}")),
            Err(MeasurementError::NoSeries(id)) => Err(format!("series {id} was removed")),
            Err(error) => return Err(error),
        };
        laid_out.push((outcome.clone(), of));
    }
    let mut beside = Beside { has_trend: design.has_trend, ..Beside::default() };
    for (ids, into) in [(&design.controls, &mut beside.controls), (&design.comparable, &mut beside.comparable)] {
        for id in ids {
            match daily(data, &Outcome::Series(*id), &how).await {
                Ok(daily) => into.push(daily),
                Err(MeasurementError::NothingHeld { .. } | MeasurementError::NoSeries(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let mut remarks = vec![];
    for other in others(data, study.row.campaign, design).await? {
        match (other.is_during, other.is_cut) {
            (true, _) => remarks.push(format!(
                "“{}” ran from {} to {}, at the same time: nobody can tell the two apart",
                other.name, other.from, other.to
            )),
            (false, false) => remarks.push(format!(
                "“{}” ran from {} to {}, in the days before, which were not left out",
                other.name, other.from, other.to
            )),
            (false, true) => {}
        }
    }
    if design.zone != "UTC" {
        remarks.push(format!("days begin in {}; clicks alone are counted by days of UTC", design.zone));
    }
    let costs = crate::measurement::costs(data, study.row.id).await?;
    let (deals, _) = costing::of_deals(data, study.row.campaign, currency).await?;
    let (orders, order_value) = credited(data, study, ConversionKind::Sale, currency).await?;
    let (leads, _) = credited(data, study, ConversionKind::Lead, currency).await?;
    let clicks = clicks(data, study).await?;
    beside.clicks = clicks.values().sum();
    let posts = match study.row.campaign {
        Some(_) => posts_of(data, study.row.campaign).await?,
        None => vec![],
    };
    let (plan, planned_posts) = plan_of(data, study.row.campaign).await?;
    let voice = voice::voice(data, study, design).await?;
    Ok(Loaded {
        study: study.clone(),
        costs,
        deals,
        currency,
        outcomes: laid_out,
        beside,
        orders,
        leads,
        clicks,
        order_value,
        posts,
        plan,
        planned_posts,
        voice,
        remarks,
        as_of,
    })
}

/// Orders or leads of the campaign's days, each with whom it is credited to; and what an order of those days is worth.
async fn credited(
    data: &DataDirectory,
    study: &Study,
    kind: ConversionKind,
    currency: Currency,
) -> Result<(Vec<CreditedOrder>, Option<(f64, u64)>), MeasurementError> {
    let design = &study.design;
    let filter = ConversionFilter {
        kind: Some(kind),
        shop: design.shop,
        from: Some(design.moment_of(design.first_day())),
        until: Some(design.moment_of(design.day_after())),
    };
    let code = currency.to_string();
    let rows: Vec<_> = data
        .store
        .conversions(&filter, 0, u64::MAX)
        .await?
        .into_iter()
        .filter(|row| conversions::counts(row).is_ok())
        .filter(|row| kind == ConversionKind::Lead || row.currency.as_deref() == Some(code.as_str()))
        .collect();
    let worth: Vec<f64> = rows.iter().filter_map(|row| row.net_minor_units).map(|net| net as f64).collect();
    let order_value = (worth.len() as u64 >= ORDERS_FOR_VALUE_MIN)
        .then(|| (worth.iter().sum::<f64>() / worth.len() as f64, worth.len() as u64));
    let settings = asked_of(study).join_settings();
    let (joined, owners) = conversions::joined_by(data, rows, &filter, &settings).await?;
    let theirs = match study.row.campaign {
        Some(campaign) => {
            let of = LinkFilter { campaign: Some(campaign), ..LinkFilter::default() };
            Some(conversions::subjects_of(data, &of).await?)
        }
        None => None,
    };
    let orders = joined.iter().filter(|one| !is_given_back(&one.row)).filter_map(|one| {
        let credited = one.order.credited?;
        let contact = *owners.contacts.get(credited.creator as usize)?;
        // Of a campaign count orders that are credited to one of its creators by something of the campaign.
        let is_of_these = |(_, proof): &(bool, ProofRow)| {
            theirs.as_ref().is_none_or(|all| all.contains(&(proof.subject.clone(), contact)))
        };
        if !one.proofs.iter().any(is_of_these) {
            return None;
        }
        Some(CreditedOrder {
            contact,
            value: one.row.net_minor_units.unwrap_or(0) as f64,
            is_clicked: credited.proof != engine::measurement::attribution::joining::Proof::Code,
            is_contested: one.order.contested.is_some() && one.row.decided_contact.is_none(),
        })
    });
    Ok((orders.collect(), order_value))
}

/// What a report of whom orders are credited to is asked for, the same as on the page of attribution.
pub fn asked_of(study: &Study) -> ReportAsked {
    let design = &study.design;
    ReportAsked {
        window_days: design.window_days,
        from: Some(design.moment_of(design.first_day()).0),
        until: Some(design.moment_of(design.day_after()).0),
        campaign: study.row.campaign,
        shop: design.shop,
        currency: design.currency.clone(),
        ..ReportAsked::default()
    }
}

/// Clicks by people on the campaign's links on its days, by contact.
async fn clicks(data: &DataDirectory, study: &Study) -> Result<BTreeMap<i64, u64>, MeasurementError> {
    if let Err(error) = crate::tracking::counting::count(data).await {
        tracing::warn!(%error, "clicks could not be counted");
    }
    let design = &study.design;
    let owners: BTreeMap<u32, i64> = data
        .store
        .link_owners(None)
        .await?
        .into_iter()
        .filter(|(_, _, campaign)| study.row.campaign.is_none() || *campaign == study.row.campaign)
        .filter_map(|(link, contact, _)| Some((link, contact?)))
        .collect();
    let days = (i64::from(design.first_day()), i64::from(design.day_after() - 1));
    let mut clicks = BTreeMap::new();
    for (link, count, _) in data.store.clicks_between(verdicts::VerdictKind::Human.code(), days.0, days.1).await? {
        if let Some(contact) = owners.get(&link) {
            *clicks.entry(*contact).or_default() += count;
        }
    }
    Ok(clicks)
}

async fn posts_of(data: &DataDirectory, campaign: Option<i64>) -> Result<Vec<PostHeld>, MeasurementError> {
    let wanted = PostsWanted { campaign, ..PostsWanted::default() };
    let pieces = posts::seen(data, &wanted).await?;
    let mut measured = measuring::measured(data, &pieces).await?;
    let authors: Vec<_> = pieces.iter().filter_map(|piece| piece.found.as_ref()?.post.as_ref()?.author).collect();
    let names = crate::creators::names(data, authors).await?;
    Ok(pieces
        .into_iter()
        .map(|piece| {
            let measured = measured.remove(&piece.id()).unwrap_or_default();
            let mut last = BTreeMap::new();
            let mut grade = Grade::B;
            for row in &measured.measurements {
                for metric in PostMetric::ALL {
                    if let Some(count) = row.metrics.get(metric) {
                        last.insert(metric, count);
                    }
                }
                if row.id.is_some() && row.evidence.is_none() {
                    grade = grade.worst(Grade::C);
                }
            }
            let author = piece.found.as_ref().and_then(|found| found.post.as_ref()?.author);
            let followers = author.and_then(|author| names.get(&author)?.followers).filter(|count| *count > 0);
            PostHeld { piece, last, grade, followers }
        })
        .collect())
}

async fn plan_of(data: &DataDirectory, campaign: Option<i64>) -> Result<(Option<PlanMade>, u64), MeasurementError> {
    let Some(campaign) = campaign else { return Ok((None, 0)) };
    let Some(row) = data.store.campaign(campaign).await? else { return Ok((None, 0)) };
    let posts = data.store.campaign_creators(campaign).await?.iter().map(|row| u64::from(row.posts)).sum();
    let Some(plan) = row.plan else { return Ok((None, posts)) };
    let made = data.store.plan(plan).await?.and_then(|row| row.made);
    Ok((made.and_then(|made| serde_json::from_str(&made).ok()), posts))
}
