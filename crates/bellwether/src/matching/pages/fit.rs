//! `/matching/fit`: creators by how they suit the brand, with weights that are moved; and one creator's fit with its quotes.

pub mod one;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::matching::fit::{FitPart, FitWeights, Reach, WEIGHT_MAX};
use model::{AccountId, Brand};

use crate::clock;
use crate::matching::fit::{self, Fits, Fitted, reading};
use crate::matching::{self, MatchingError};
use crate::web::app::{App, aside, draw};
use crate::web::brands::{BrandChoice, brand_choices};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::EstimateCell;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::lists::{ListChoice, list_choices};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Creators on one page.
const ROWS_A_PAGE: usize = 25;

/// A weight that is moved.
pub struct Slider {
    pub key: &'static str,
    pub words: &'static str,
    pub question: &'static str,
    pub value: u8,
    /// Its share of all weight after the shift by reach.
    pub share: String,
}

/// Weights that were saved.
pub struct SavedWeights {
    pub id: i64,
    pub name: String,
    pub when: String,
    pub address: String,
    pub is_here: bool,
}

/// One creator of the table.
pub struct FitLine {
    pub person: Person,
    pub place: String,
    pub tie: Option<String>,
    pub fit: EstimateCell,
    pub parts: Vec<(&'static str, EstimateCell)>,
    /// What speaks against them and was not set aside, with its first quote.
    pub conflict: Option<(String, Option<reading::Quoted>)>,
    /// What they say of the product, or of a value.
    pub quote: Option<reading::Quoted>,
}

#[derive(Template)]
#[template(path = "matching/fit.html")]
struct FitPage {
    layout: Layout,
    brand: Brand,
    brands: Vec<BrandChoice>,
    finding: String,
    about: String,
    /// What the brand has not said yet, so that parts are not known.
    unsaid: Vec<&'static str>,
    sliders: Vec<Slider>,
    wide_percent: u8,
    reach: String,
    weights: String,
    saved: Vec<SavedWeights>,
    done: Option<String>,
    problem: Option<String>,
    rows: Vec<FitLine>,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    download: String,
    list_choices: Vec<ListChoice>,
}

/// The key of a part's weight in an address.
fn key(part: FitPart) -> &'static str {
    part.words()
}

/// A part as a heading.
fn label(part: FitPart) -> &'static str {
    match part {
        FitPart::Product => "Product",
        FitPart::Values => "Values",
        FitPart::Audience => "Audience",
        FitPart::Niche => "Niche",
        FitPart::Conversation => "Conversation",
        FitPart::Price => "Price",
    }
}

/// The weights an address asks for; `None` where it names none.
pub fn asked_weights(query: &Pairs) -> Result<Option<FitWeights>, fit::FitError> {
    if let Some(text) = query.one("weights") {
        return Ok(Some(text.parse()?));
    }
    let given: Vec<Option<u8>> =
        FitPart::ALL.iter().map(|part| query.one(key(*part)).and_then(|weight| weight.parse().ok())).collect();
    let wide = query.one("wide").and_then(|wide| wide.parse().ok());
    if given.iter().all(Option::is_none) && wide.is_none() {
        return Ok(None);
    }
    let default = FitWeights::default();
    let mut weights = FitPart::ALL.map(|part| default.of(part));
    for (weight, given) in weights.iter_mut().zip(given) {
        *weight = given.unwrap_or(*weight);
    }
    let reach = wide.map_or(Ok(Reach::BETWEEN), Reach::new)?;
    Ok(Some(FitWeights::new(weights, reach)?))
}

/// The brand an address names, or the only one; else the page that lists brands.
async fn brand_of(app: &App, query: &Pairs) -> Result<Option<Brand>, WebError> {
    match query.one("brand") {
        Some(brand) => Ok(Some(matching::brand(&app.data, brand).await?)),
        None => Ok(match app.data.store.brands().await?.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }),
    }
}

/// `GET /matching/fit?brand=…`: weights as `weights=p3v2a5n2c5e1w50`, or each by its name and `wide`.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let query = Pairs(pairs);
    let Some(brand) = brand_of(&app, &query).await? else {
        return Ok(super::brands::index(State(app), visit).await?.into_response());
    };
    let usual = fit::weights_of(&app.data, &brand).await?;
    let (weights, problem) = match asked_weights(&query) {
        Ok(asked) => (asked.unwrap_or(usual), None),
        Err(error) => (usual, Some(error.to_string())),
    };
    let (data, of) = (app.data.clone(), brand.clone());
    let fits = aside(move || async move { fit::fits(&data, &of).await }).await?;
    let offset = query.offset("offset");
    let (lines, all) = {
        let fits = fits.clone();
        let work = move || {
            let ordered = fits.ordered(&weights);
            let from = offset.min(ordered.len().saturating_sub(1));
            let lines: Vec<FitLine> = ordered
                .iter()
                .enumerate()
                .skip(from)
                .take(ROWS_A_PAGE)
                .map(|(place, fitted)| line(place, fitted, &fits, &weights))
                .collect();
            (lines, ordered.len())
        };
        tokio::task::spawn_blocking(work).await.expect("ordering fits does not panic")
    };
    let from = offset.min(all.saturating_sub(1));
    let address = |offset: Option<usize>| here(&brand, &weights).with_some("offset", offset).address("/matching/fit");
    let saved = app.data.store.fit_weights(brand.id).await?;
    let page = FitPage {
        layout: Layout::load(&app, visit, Word::Matching, format!("Who fits {}", brand.name)).await?,
        brands: brand_choices(&app, Some(brand.id), "/matching/fit").await?,
        finding: finding(&fits, &lines, all),
        about: about(&fits),
        unsaid: unsaid(&fits),
        sliders: sliders(&weights),
        wide_percent: weights.reach().wide_percent(),
        reach: weights.reach().words(),
        weights: weights.to_string(),
        saved: saved
            .iter()
            .map(|row| SavedWeights {
                id: row.id,
                name: row.name.clone(),
                when: clock::day(row.saved_at),
                is_here: row.weights == weights.to_string(),
                address: Pairs::default()
                    .with("brand", brand.id)
                    .with("weights", &row.weights)
                    .address("/matching/fit"),
            })
            .collect(),
        done: query.one("done").map(str::to_owned),
        problem,
        shown: format!("{}–{} of {}", from + usize::from(all > 0), from + lines.len(), format::count(all as u64)),
        previous: (from > 0).then(|| address(Some(from.saturating_sub(ROWS_A_PAGE)))),
        next: (from + lines.len() < all).then(|| address(Some(from + ROWS_A_PAGE))),
        download: here(&brand, &weights).address("/matching/fit.csv"),
        list_choices: list_choices(&app).await?,
        rows: lines,
        brand,
    };
    Ok(draw(page).await?.into_response())
}

fn here(brand: &Brand, weights: &FitWeights) -> Pairs {
    Pairs::default().with("brand", brand.id).with("weights", weights)
}

fn sliders(weights: &FitWeights) -> Vec<Slider> {
    let slider = |(part, share): (FitPart, f64)| Slider {
        key: key(part),
        words: label(part),
        question: part.question(),
        value: weights.of(part),
        share: format!("{:.0}\u{a0}%", share * 100.0),
    };
    FitPart::ALL.into_iter().zip(weights.shares()).map(slider).collect()
}

fn line(place: usize, fitted: &Fitted<'_>, fits: &Fits, weights: &FitWeights) -> FitLine {
    let row = fitted.row;
    let opens = |anchor: &str| {
        Some(format!("{}#{anchor}", here(&fits.brand, weights).address(&format!("/matching/fit/{}", row.account))))
    };
    let part = |part: FitPart| {
        let estimate = row.parts.of(part);
        (label(part), EstimateCell::new(label(part), estimate, 1.0, opens(part.words())))
    };
    let first = |quotes: &[reading::Quoted]| quotes.first().cloned();
    let standing = row.conflicts.iter().find(|conflict| !conflict.aside);
    let valued = row.words.values_seen.iter().find_map(|value| first(&value.quotes));
    let (from, to) = fitted.tie;
    FitLine {
        person: Person::of(&row.name).for_brand(Some(fits.brand.id)),
        place: format::count(place as u64 + 1),
        tie: (to > from).then(|| format!("{}–{}", format::count(from as u64), format::count(to as u64))),
        fit: EstimateCell::new("Fit", &fitted.fit.estimate, 1.0, opens("fit")),
        parts: FitPart::ALL.into_iter().map(part).collect(),
        conflict: standing.map(|conflict| (conflict.words.clone(), first(&conflict.quotes))),
        quote: first(&row.words.product_quotes).or(valued),
    }
}

fn finding(fits: &Fits, lines: &[FitLine], all: usize) -> String {
    let against = fits.rows.iter().filter(|row| row.conflicts.iter().any(|conflict| !conflict.aside)).count();
    let conflicts = match against as u64 {
        0 => "nothing in the words held speaks against any of them".to_owned(),
        1 => "something speaks against 1 of them".to_owned(),
        many => format!("something speaks against {} of them", format::count(many)),
    };
    match (all, lines.first().and_then(|line| line.tie.as_ref())) {
        (0, _) => "Nobody is held yet who could suit the brand.".to_owned(),
        (all, Some(tie)) => format!(
            "{} looked at; places {tie} cannot be told apart on this evidence, and {conflicts}.",
            format::counted(all as u64, "creator was", "creators were")
        ),
        (all, None) => {
            format!("{} looked at; {conflicts}.", format::counted(all as u64, "creator was", "creators were"))
        }
    }
}

fn about(fits: &Fits) -> String {
    format!(
        "{} because the brand’s buyers listen to them, {} more because they speak of the product. Each part is a number from 0 \
         to 1; one that is not known is left out and widens the interval.",
        format::count(fits.ranked as u64),
        format::count(fits.speaking as u64)
    )
}

/// What the brand has not said, in words.
fn unsaid(fits: &Fits) -> Vec<&'static str> {
    let said = &fits.profile;
    [
        (said.product_words.is_empty() && said.product_text.is_empty(), "what the product is"),
        (said.values.is_empty(), "its values"),
        (said.niches.is_empty(), "its niches"),
        (said.rivals.is_empty(), "its rivals"),
        (said.post_budget.is_none(), "what a post may cost"),
    ]
    .into_iter()
    .filter_map(|(missing, words)| missing.then_some(words))
    .collect()
}

/// `POST /matching/fit/weights`: `brand`, `weights`, `name`; or `remove` with a number.
pub async fn save(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let brand = matching::brand(&app.data, given.one("brand").unwrap_or("")).await?;
    let weights = match asked_weights(&given).map_err(MatchingError::from)? {
        Some(weights) => weights,
        None => fit::weights_of(&app.data, &brand).await?,
    };
    let done = match given.one("remove") {
        Some(which) => format!("“{}” is removed", fit::remove_weights(&app.data, &brand, which).await?),
        None => {
            let name = fit::save_weights(&app.data, &brand, given.one("name").unwrap_or(""), &weights).await?;
            format!("“{name}” is saved; the brand’s fit is made with it from now on")
        }
    };
    Ok(Redirect::to(&here(&brand, &weights).with("done", done).address("/matching/fit")))
}

/// `GET /matching/fit.csv`: everybody, with every part of each estimate.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let query = Pairs(pairs);
    let brand = matching::brand(&app.data, query.one("brand").unwrap_or("")).await?;
    let weights = match asked_weights(&query).map_err(MatchingError::from)? {
        Some(weights) => weights,
        None => fit::weights_of(&app.data, &brand).await?,
    };
    let (data, of) = (app.data.clone(), brand.clone());
    let fits = aside(move || async move { fit::fits(&data, &of).await }).await?;
    let work = move || {
        let mut headings: Vec<String> =
            ["place", "tie_from", "tie_to", "account", "platform", "name", "conflicts", "weights"]
                .map(str::to_owned)
                .to_vec();
        for part in std::iter::once("fit").chain(FitPart::ALL.iter().map(|part| part.words())) {
            headings.extend(PARTS.iter().map(|of| format!("{part}_{of}")));
        }
        let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
        for (place, fitted) in fits.ordered(&weights).iter().enumerate() {
            let row = fitted.row;
            let against = row.conflicts.iter().filter(|conflict| !conflict.aside);
            let against: Vec<&str> = against.map(|conflict| conflict.words.as_str()).collect();
            let mut cells = vec![
                (place + 1).to_string(),
                fitted.tie.0.to_string(),
                fitted.tie.1.to_string(),
                row.account.to_string(),
                row.name.platform.code().to_owned(),
                row.name.name.clone(),
                against.join("; "),
                weights.to_string(),
            ];
            push_estimate(&mut cells, Some(&fitted.fit.estimate), "");
            for part in FitPart::ALL {
                push_estimate(&mut cells, Some(row.parts.of(part)), "");
            }
            sheet.row(&cells);
        }
        sheet
    };
    let sheet = tokio::task::spawn_blocking(work).await.expect("writing a table does not panic");
    Ok(sheet.download("fit.csv"))
}

/// The account of a form, or that it cannot be read.
fn account_in(given: &Pairs) -> Result<AccountId, WebError> {
    given.one("creator").and_then(|account| account.parse().ok()).ok_or_else(|| {
        WebError::unreadable("Nothing was changed", "the form names no creator; go back and try again".to_owned())
    })
}
