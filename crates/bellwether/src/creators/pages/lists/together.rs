//! `/creators/lists/{id}/together`: what a list comes to, each figure open to its explanation, and how far the audiences of
//! up to fifty of its people overlap.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use model::{AccountId, Estimate};
use store::Shortlist;

use super::one::{audience_words, priced_words};
use super::{list_of, people_of};
use crate::creators::shortlists::together::TOGETHER_MAX;
use crate::creators::shortlists::together::{ListTogether, price_totals, together};
use crate::creators::{self, CreatorName, shortlists};
use crate::web::app::{App, Page, aside, draw};
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, common_scale};
use crate::web::format;
use crate::web::heat::HeatCell;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

pub struct HeatRow {
    pub place: usize,
    pub name: String,
    pub address: String,
    pub cells: Vec<Option<HeatCell>>,
    pub exclusive: EstimateCell,
    pub marginal: EstimateCell,
}

/// Somebody around whom nobody is held.
pub struct Without {
    pub name: String,
    pub address: String,
}

#[derive(Template)]
#[template(path = "creators/list_together.html")]
struct TogetherPage {
    layout: Layout,
    list: Shortlist,
    finding: String,
    whom: String,
    audience: String,
    audiences: Vec<EstimateView>,
    how: &'static str,
    warnings: Vec<String>,
    rows: Vec<HeatRow>,
    without: Vec<Without>,
    priced: String,
    prices: Vec<EstimateView>,
}

/// `GET /creators/lists/{id}/together?creator=…`: of those ticked, else of the fifty added last.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let list = list_of(&app, id).await?;
    let on_it = shortlists::everybody(&app.data, id).await?;
    let ticked = people_of(&Pairs(pairs));
    let some: Vec<AccountId> = match ticked.is_empty() {
        true => on_it.clone(),
        false => on_it.iter().copied().filter(|account| ticked.contains(account)).collect(),
    };
    let (data, of_list, asked_for) = (app.data.clone(), on_it.clone(), some.clone());
    let (known, prices, found) = aside(move || async move {
        let known = creators::names(&data, of_list.clone()).await?;
        let named: Vec<CreatorName> = of_list.iter().filter_map(|account| known.get(account).cloned()).collect();
        let prices = price_totals(&data, named).await?;
        Ok::<_, creators::CreatorsError>((known, prices, together(&data, &asked_for).await?))
    })
    .await?;
    let view = |id: &str, label: &str, estimate: &Estimate| {
        EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand: None }, estimate)
    };
    let combined = found.audiences.as_ref().map(|audiences| &audiences.combined);
    let mut audiences = vec![];
    if let Some(combined) = combined {
        audiences.push(view("distinct", "Different people", &combined.distinct));
        audiences.push(view("added-up", "Added up, some counted several times", &combined.sum));
    }
    audiences.extend(found.counted_again.iter().map(|again| view("counted-again", "Counted again", again)));
    let of_priced = prices.of_priced.as_ref().filter(|_| prices.priced < prices.creators);
    let fees = of_priced.iter().map(|total| view("fees-own", "One post of each who has a price of their own", total));
    let of_all = prices.of_all.iter().map(|total| view("fees", "One post of each", total));
    draw(TogetherPage {
        layout: Layout::load(&app, visit, Word::Creators, format!("{} together", list.name)).await?,
        finding: finding(&found),
        whom: whom(some.len().min(TOGETHER_MAX), on_it.len(), !ticked.is_empty()),
        audience: audience_words(some.len(), Some(&found)),
        audiences,
        how: combined.map_or("", |combined| combined.rung.words()),
        warnings: combined
            .map_or(vec![], |combined| combined.warnings.iter().map(|warning| warning.words.clone()).collect()),
        rows: heat_rows(&found, &known),
        without: found.without.iter().map(|account| without(*account, &known)).collect(),
        priced: priced_words(&prices),
        prices: fees.chain(of_all).collect(),
        list,
    })
    .await
}

fn finding(found: &ListTogether) -> String {
    let combined = found.audiences.as_ref().map(|audiences| &audiences.combined);
    let again = found.counted_again.as_ref().and_then(|again| again.value);
    match (combined.and_then(|combined| combined.distinct.value), again) {
        (Some(people), Some(again)) => format!(
            "{} are around {} of them together; {:.0} % of their audiences added up are somebody counted again.",
            format::counted(people.round() as u64, "different person", "different people"),
            found.among.len(),
            again * 100.0
        ),
        _ => "How far their audiences overlap is not known.".to_owned(),
    }
}

fn whom(some: usize, all: usize, ticked: bool) -> String {
    match (ticked, some == all) {
        (_, true) => format!("All {} on the list.", format::count(all as u64)),
        (true, false) => format!("The {some} ticked, of {} on the list.", format::count(all as u64)),
        (false, false) => format!(
            "The {some} added last, of {} on the list; tick others on the list to put them together.",
            format::count(all as u64)
        ),
    }
}

fn called(account: AccountId, known: &HashMap<AccountId, CreatorName>) -> String {
    known.get(&account).map_or_else(|| format!("account {account}"), |name| name.name.clone())
}

fn without(account: AccountId, known: &HashMap<AccountId, CreatorName>) -> Without {
    Without { name: called(account, known), address: format!("/creators/{account}") }
}

fn heat_rows(found: &ListTogether, known: &HashMap<AccountId, CreatorName>) -> Vec<HeatRow> {
    let Some(audiences) = &found.audiences else { return vec![] };
    let names: Vec<String> = found.among.iter().map(|account| called(*account, known)).collect();
    let own = audiences.combined.exclusive.iter().chain(&audiences.combined.marginal);
    let scale = common_scale(&own.collect::<Vec<_>>());
    let cell = |place: usize, other: usize| {
        let pair = audiences.overlaps.of(place, other)?;
        let share = pair.over_smaller.value?;
        let people = pair.shared.value.unwrap_or(0.0).round() as u64;
        let spoken = format!("{} shared by {} and {}", format::count(people), names[place], names[other]);
        Some(HeatCell::of(share, spoken))
    };
    let row = |(place, account): (usize, &AccountId)| HeatRow {
        place: place + 1,
        name: names[place].clone(),
        address: format!("/creators/{account}"),
        cells: (0..names.len()).map(|other| cell(place, other)).collect(),
        exclusive: EstimateCell::new("Around them alone", &audiences.combined.exclusive[place], scale, None),
        marginal: EstimateCell::new("Added to those before", &audiences.combined.marginal[place], scale, None),
    };
    found.among.iter().enumerate().map(row).collect()
}
