//! Brands: the list, setting one up, changing one, and counting its buyers before it is kept.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::brand::{BuyerDefinitionError, OwnAccount};
use model::{Brand, BuyerDefinition};
use store::StoreError;

use crate::matching::{self, MatchingError};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A brand in the list.
pub struct BrandLine {
    pub name: String,
    pub ranking: String,
    pub edit: String,
    pub definition: String,
}

#[derive(Template)]
#[template(path = "matching/brands.html")]
struct BrandsPage {
    layout: Layout,
    brands: Vec<BrandLine>,
    /// Whether anything was brought in that buyers could be found in.
    has_facts: bool,
}

/// `GET /matching/brands`
pub async fn index(State(app): State<App>, visit: Visit) -> Page {
    let brands = app.data.store.brands().await?;
    let has_facts = app.data.store.data_revision().await? > 0;
    let brands = brands
        .iter()
        .map(|brand| BrandLine {
            name: brand.name.clone(),
            ranking: format!("/matching?brand={}", brand.id),
            edit: format!("/matching/brands/{}", brand.id),
            definition: definition_words(&brand.buyers),
        })
        .collect();
    draw(BrandsPage { layout: Layout::load(&app, visit, Word::Matching, "Brands").await?, brands, has_facts }).await
}

/// Who counts as a buyer, in a sentence.
pub fn definition_words(buyers: &BuyerDefinition) -> String {
    let list = |words: &[String]| words.join(", ");
    let mut parts = Vec::new();
    if !buyers.keywords.is_empty() {
        parts.push(format!("says {}", list(&buyers.keywords)));
    }
    if !buyers.tags.is_empty() {
        parts.push(format!("posts under {}", list(&buyers.tags)));
    }
    if !buyers.own_accounts.is_empty() {
        let own: Vec<String> = buyers.own_accounts.iter().map(OwnAccount::to_string).collect();
        parts.push(format!("talks to {}", list(&own)));
    }
    let often =
        if buyers.mentions_min > 1 { format!(", at least {} times", buyers.mentions_min) } else { String::new() };
    format!("whoever {}{often}", parts.join(", or "))
}

/// What was typed, kept as typed until it is accepted.
#[derive(Clone, Default)]
pub struct BrandForm {
    pub name: String,
    pub keywords: String,
    pub tags: String,
    pub own_accounts: String,
    pub mentions_min: String,
}

/// What was not accepted, at its field.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BrandErrors {
    pub name: Option<String>,
    pub keywords: Option<String>,
    pub own_accounts: Option<String>,
    pub mentions_min: Option<String>,
}

impl BrandErrors {
    pub fn any(&self) -> bool {
        *self != BrandErrors::default()
    }
}

#[derive(Template)]
#[template(path = "matching/brand.html")]
struct BrandPage {
    layout: Layout,
    /// The address the form is sent to.
    action: String,
    heading: String,
    /// Set when an existing brand is changed.
    ranking: Option<String>,
    form: BrandForm,
    errors: BrandErrors,
    /// How many people meet the definition, once asked.
    counted: Option<String>,
}

impl BrandForm {
    fn read(pairs: &Pairs) -> BrandForm {
        let text = |key: &str| pairs.one(key).unwrap_or("").to_owned();
        BrandForm {
            name: text("name"),
            keywords: text("keywords"),
            tags: text("tags"),
            own_accounts: text("own_accounts"),
            mentions_min: text("mentions_min"),
        }
    }

    fn of(brand: &Brand) -> BrandForm {
        let own: Vec<String> = brand.buyers.own_accounts.iter().map(OwnAccount::to_string).collect();
        BrandForm {
            name: brand.name.clone(),
            keywords: brand.buyers.keywords.join("\n"),
            tags: brand.buyers.tags.join("\n"),
            own_accounts: own.join("\n"),
            mentions_min: brand.buyers.mentions_min.to_string(),
        }
    }

    /// The definition, or what is wrong with it at each field.
    fn definition(&self, kept: Option<&Brand>) -> Result<BuyerDefinition, BrandErrors> {
        let mut errors = BrandErrors::default();
        let mut own_accounts = Vec::new();
        for entry in entries(&self.own_accounts) {
            match entry.parse::<OwnAccount>() {
                Ok(account) => own_accounts.push(account),
                Err(error) => errors.own_accounts = Some(error.to_string()),
            }
        }
        let mentions_min = match self.mentions_min.trim() {
            "" => 1,
            text => text.parse().ok().filter(|count| (1..=1_000).contains(count)).unwrap_or_else(|| {
                errors.mentions_min =
                    Some(format!("{text:?} is not a number of mentions; write a whole number from 1 to 1000"));
                1
            }),
        };
        let definition = BuyerDefinition {
            keywords: entries(&self.keywords),
            tags: entries(&self.tags),
            own_accounts,
            mentions_min,
            platforms: kept.map(|brand| brand.buyers.platforms.clone()).unwrap_or_default(),
        };
        if errors.any() {
            return Err(errors);
        }
        definition.checked().map_err(|error| match error {
            BuyerDefinitionError::Empty => BrandErrors {
                keywords: Some(
                    "with no keyword, tag or own account nobody would be a buyer; give at least one".to_owned(),
                ),
                ..errors
            },
            other => BrandErrors { keywords: Some(other.to_string()), ..errors },
        })
    }
}

/// Entries are set apart by lines or commas.
fn entries(text: &str) -> Vec<String> {
    text.split(['\n', ',', ';']).map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// `GET /matching/brands/new`
pub async fn new(State(app): State<App>, visit: Visit) -> Page {
    let form = BrandForm { mentions_min: "1".to_owned(), ..BrandForm::default() };
    draw(page(&app, visit, None, form).await?).await
}

/// `GET /matching/brands/{id}`
pub async fn edit(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Page {
    let brand = matching::brand(&app.data, &id).await?;
    let form = BrandForm::of(&brand);
    draw(page(&app, visit, Some(&brand), form).await?).await
}

/// `POST /matching/brands/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    answer(&app, visit, None, &Pairs(pairs)).await
}

/// `POST /matching/brands/{id}`
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let brand = matching::brand(&app.data, &id).await?;
    answer(&app, visit, Some(brand), &Pairs(pairs)).await
}

/// Counts, keeps, or says at its field what cannot be accepted.
async fn answer(app: &App, visit: Visit, kept: Option<Brand>, pairs: &Pairs) -> Result<Response, WebError> {
    let form = BrandForm::read(pairs);
    let counting = pairs.one("do") == Some("count");
    let mut page = page(app, visit, kept.as_ref(), form.clone()).await?;
    let definition = form.definition(kept.as_ref());
    let mut errors = definition.as_ref().err().cloned().unwrap_or_default();
    if !counting && form.name.is_empty() {
        errors.name = Some("a brand needs a name".to_owned());
    }
    let Ok(definition) =
        definition.and_then(|definition| if errors.any() { Err(errors.clone()) } else { Ok(definition) })
    else {
        page.errors = errors;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response());
    };
    if counting {
        let data = app.data.clone();
        let count = aside(move || async move { matching::count_buyers(&data, &definition).await }).await?;
        page.counted = Some(match count {
            0 => "Nobody in the data meets this definition yet. Try more words, or fewer mentions.".to_owned(),
            count => format!(
                "{} in the data.",
                format::counted(count, "person meets this definition", "people meet this definition")
            ),
        });
        return Ok(draw(page).await?.into_response());
    }
    let saved = match kept {
        None if app.data.store.brand(&form.name).await?.is_some() => {
            Err(StoreError::BrandExists(form.name.clone()).into())
        }
        None => matching::keep_brand(&app.data, &form.name, definition).await,
        Some(brand) => {
            matching::change_brand(&app.data, Brand { name: form.name.clone(), buyers: definition, ..brand }).await
        }
    };
    match saved {
        Ok(brand) => Ok(Redirect::to(&format!("/matching?brand={}", brand.id)).into_response()),
        Err(MatchingError::Store(StoreError::BrandExists(name))) => {
            page.errors.name =
                Some(format!("a brand named {name:?} exists already; choose another name or change that brand"));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, visit: Visit, kept: Option<&Brand>, form: BrandForm) -> Result<BrandPage, WebError> {
    let (action, heading) = match kept {
        Some(brand) => (format!("/matching/brands/{}", brand.id), format!("Change {}", brand.name)),
        None => ("/matching/brands/new".to_owned(), "Set up a brand".to_owned()),
    };
    Ok(BrandPage {
        layout: Layout::load(app, visit, Word::Matching, heading.clone()).await?,
        ranking: kept.map(|brand| format!("/matching?brand={}", brand.id)),
        action,
        heading,
        form,
        errors: BrandErrors::default(),
        counted: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let form = BrandForm { own_accounts: "ana".into(), mentions_min: "often".into(), ..BrandForm::default() };
        let errors = form.definition(None).expect_err("two fields are wrong");
        assert!(errors.own_accounts.is_some_and(|text| text.contains("platform:name")));
        assert!(errors.mentions_min.is_some_and(|text| text.contains("whole number")));
        assert!(BrandForm::default().definition(None).expect_err("empty").keywords.is_some());
    }

    #[test]
    fn entries_are_set_apart_by_lines_or_commas() {
        let form = BrandForm { keywords: "stout, porter\npale ale\n".into(), ..BrandForm::default() };
        let definition = form.definition(None).expect("has keywords");
        assert_eq!(definition.keywords, ["pale ale", "porter", "stout"]);
        assert_eq!(definition_words(&definition), "whoever says pale ale, porter, stout");
    }
}
