//! `/creators/compare`: two to six creators on the same axes, who can be told apart, and how far their audiences overlap.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use model::{AccountId, Estimate};

use crate::creators::comparing::{Compared, ComparedRow, compared};
use crate::creators::persons::Said;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::brand_at_hand;
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::{EstimateCell, common_scale, round_scale_end};
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::lists::{ListChoice, list_choices};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A figure of all creators, drawn on one scale.
pub struct RowView {
    pub words: &'static str,
    pub cells: Vec<EstimateCell>,
    pub told: String,
    /// Whether anybody can be told apart.
    pub apart: bool,
    pub grade: String,
    pub scale: String,
}

/// A cell of the overlap matrix.
pub struct OverlapCell {
    pub value: String,
    pub spoken: String,
    /// How dark it is drawn, 0 to 100.
    pub shade: u8,
}

pub struct OverlapRow {
    pub name: String,
    pub cells: Vec<Option<OverlapCell>>,
    pub exclusive: EstimateCell,
    pub marginal: EstimateCell,
}

pub struct Together {
    /// Those put together.
    pub names: Vec<String>,
    /// Those around whom nobody is held: not known, and not taken for nobody.
    pub without: Vec<String>,
    pub distinct: EstimateCell,
    pub sum: EstimateCell,
    pub how: &'static str,
    pub rows: Vec<OverlapRow>,
    pub warnings: Vec<String>,
}

#[derive(Template)]
#[template(path = "creators/compare.html")]
struct ComparePage {
    layout: Layout,
    finding: String,
    people: Vec<Person>,
    levels: Vec<LevelMark>,
    rows: Vec<RowView>,
    together: Option<Together>,
    download: String,
    list_choices: Vec<ListChoice>,
    /// People of whom several accounts are compared.
    doubles: Vec<String>,
}

fn asked(query: &Pairs) -> Vec<AccountId> {
    query.all("creator").iter().filter_map(|account| account.parse().ok()).collect()
}

async fn compared_for(app: &App, query: &Pairs) -> Result<Compared, WebError> {
    let brand = match query.one("brand") {
        Some("none") => None,
        given => brand_at_hand(app, given).await?,
    };
    let (data, accounts) = (app.data.clone(), asked(query));
    aside(move || async move { compared(&data, accounts, brand.as_ref()).await }).await
}

/// `GET /creators/compare?creator=…&creator=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let compared = compared_for(&app, &query).await?;
    let apart = compared.rows.iter().filter(|row| is_apart(row)).count();
    let finding = match (apart, compared.rows.len()) {
        (_, 0) => "Nothing is known of them that could be compared.".to_owned(),
        (0, _) => "On no figure can they be told apart with what is held.".to_owned(),
        (some, all) => format!("On {some} of {all} figures some of them can be told apart."),
    };
    let address = compared.creators.iter().fold(Pairs::default(), |pairs, one| pairs.with("creator", one.account));
    let doubles = doubles(&app, &compared).await?;
    draw(ComparePage {
        doubles,
        layout: Layout::load(&app, visit, Word::Creators, "Compare").await?,
        finding,
        people: compared.creators.iter().map(Person::of).collect(),
        levels: compared.levels.iter().map(|level| LevelMark::of(level)).collect(),
        rows: compared.rows.iter().map(|row| row_view(row, &compared)).collect(),
        together: together(&compared),
        download: address.with_some("brand", query.one("brand")).address("/creators/compare.csv"),
        list_choices: list_choices(&app).await?,
    })
    .await
}

/// Who stands here twice: two accounts of one person share their audience for that reason.
async fn doubles(app: &App, compared: &Compared) -> Result<Vec<String>, WebError> {
    let accounts: Vec<AccountId> = compared.creators.iter().map(|one| one.account).collect();
    let called = |account: &AccountId| {
        let found = compared.creators.iter().find(|one| one.account == *account);
        found.map_or_else(|| account.to_string(), |one| format!("{} ({})", one.name, one.platform.name()))
    };
    let words = |person: Vec<AccountId>| person.iter().map(called).collect::<Vec<_>>().join(" and ");
    Ok(Said::load(&app.data).await?.doubles(&accounts).into_iter().map(words).collect())
}

fn is_apart(row: &ComparedRow) -> bool {
    row.comparison.as_ref().is_some_and(|comparison| !comparison.apart.is_empty())
}

fn row_view(row: &ComparedRow, compared: &Compared) -> RowView {
    let estimates: Vec<&Estimate> = row.estimates.iter().collect();
    let scale = match row.key {
        "fit" => round_scale_end(estimates.iter().filter_map(|estimate| estimate.hi).fold(0.0, f64::max)),
        _ => common_scale(&estimates),
    };
    let cells = row.estimates.iter().zip(&compared.creators).map(|(estimate, creator)| {
        EstimateCell::new(row.words, estimate, scale, Some(format!("/creators/{}#{}", creator.account, row.key)))
    });
    RowView {
        words: row.words,
        cells: cells.collect(),
        told: match (&row.comparison, &row.not_compared) {
            (Some(comparison), _) => comparison.words.clone(),
            (None, why) => why.clone().unwrap_or_default(),
        },
        apart: is_apart(row),
        grade: row
            .comparison
            .as_ref()
            .and_then(|comparison| comparison.best_known_grade)
            .map_or_else(String::new, |grade| format!("{}: {}", grade.letter(), grade.words())),
        scale: crate::web::format::scale_end(scale, row.estimates.first().map_or(model::Unit::Score, |one| one.unit)),
    }
}

fn together(compared: &Compared) -> Option<Together> {
    let found = compared.audiences.audiences.as_ref()?;
    let scale = found.combined.sum.value.unwrap_or(1.0);
    let cell = |label: &str, estimate: &Estimate| EstimateCell::new(label, estimate, scale, None);
    let name_of = |account: &AccountId| {
        let found = compared.creators.iter().find(|creator| creator.account == *account);
        found.map_or_else(|| account.to_string(), |creator| creator.name.clone())
    };
    let names: Vec<String> = compared.audiences.among.iter().map(name_of).collect();
    let rows = names.iter().enumerate().map(|(place, name)| OverlapRow {
        name: name.clone(),
        cells: (0..names.len())
            .map(|other| {
                let pair = if place == other { None } else { found.overlaps.of(place.min(other), place.max(other)) }?;
                let share = pair.over_smaller.value?;
                Some(OverlapCell {
                    value: format!("{:.0} %", share * 100.0),
                    spoken: format!(
                        "{} people around both {name} and {}",
                        pair.shared.value.unwrap_or(0.0),
                        names[other]
                    ),
                    shade: (share * 100.0).clamp(0.0, 100.0) as u8 / 10 * 10,
                })
            })
            .collect(),
        exclusive: cell("Around them alone", &found.combined.exclusive[place]),
        marginal: cell("Added to those before", &found.combined.marginal[place]),
    });
    Some(Together {
        rows: rows.collect(),
        without: compared.audiences.without.iter().map(name_of).collect(),
        distinct: cell("Different people", &found.combined.distinct),
        sum: cell("Added up", &found.combined.sum),
        how: found.combined.rung.words(),
        warnings: found.combined.warnings.iter().map(|warning| warning.words.clone()).collect(),
        names,
    })
}

/// `GET /creators/compare.csv`: a row for each figure and creator, with every part of the estimate.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let compared = compared_for(&app, &Pairs(pairs)).await?;
    let mut headings = vec!["figure", "account", "name", "told_apart"];
    headings.extend(PARTS);
    let mut sheet = Sheet::new(&headings);
    for row in &compared.rows {
        let told = row.comparison.as_ref().map_or("", |comparison| comparison.words.as_str());
        for (creator, estimate) in compared.creators.iter().zip(&row.estimates) {
            let mut cells =
                vec![row.words.to_owned(), creator.account.to_string(), creator.name.clone(), told.to_owned()];
            push_estimate(&mut cells, Some(estimate), "");
            sheet.row(&cells);
        }
    }
    Ok(sheet.download("compare.csv"))
}
