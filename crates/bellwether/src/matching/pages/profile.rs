//! `/matching/brands/{id}/profile`: what a brand stands for, so that creators can be fitted to it.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::matching::fit::{BrandValue, shipped_values};
use engine::matching::niches::{NicheNode, niche_tree};
use model::Brand;

use crate::matching::fit::profile::{
    BrandProfile, ProfileError, is_shipped, keep_profile, money_typed, profile, typed_money, typed_value, value_typed,
};
use crate::matching::{self, MatchingError};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A box to tick.
pub struct Tick {
    pub code: String,
    pub words: String,
    pub ticked: bool,
}

/// What was typed, kept as typed until it is accepted.
#[derive(Clone, Default)]
pub struct ProfileForm {
    pub product_words: String,
    pub product_text: String,
    pub for_whom_text: String,
    pub price: String,
    pub post_budget: String,
    pub values: Vec<String>,
    pub own_values: String,
    pub rivals: String,
    pub niches: Vec<String>,
}

#[derive(Template)]
#[template(path = "matching/profile.html")]
struct ProfilePage {
    layout: Layout,
    brand: Brand,
    form: ProfileForm,
    values: Vec<Tick>,
    niches: Vec<Tick>,
    /// What is wrong, and the field it stands in; empty where nothing is.
    error: Option<String>,
    wrong: &'static str,
}

impl ProfileForm {
    fn read(pairs: &Pairs) -> ProfileForm {
        let text = |key: &str| pairs.one(key).unwrap_or("").to_owned();
        ProfileForm {
            product_words: text("product_words"),
            product_text: text("product_text"),
            for_whom_text: text("for_whom_text"),
            price: text("price"),
            post_budget: text("post_budget"),
            values: pairs.all("value"),
            own_values: text("own_values"),
            rivals: text("rivals"),
            niches: pairs.all("niche"),
        }
    }

    fn of(said: &BrandProfile) -> ProfileForm {
        let amount = |money: &Option<model::Money>| money.as_ref().map(money_typed).unwrap_or_default();
        let (listed, own): (Vec<&BrandValue>, Vec<&BrandValue>) =
            said.values.iter().partition(|value| is_shipped(value));
        ProfileForm {
            product_words: said.product_words.join("\n"),
            product_text: said.product_text.clone(),
            for_whom_text: said.for_whom_text.clone(),
            price: amount(&said.price),
            post_budget: amount(&said.post_budget),
            values: listed.iter().map(|value| value.name.clone()).collect(),
            own_values: own.iter().map(|value| value_typed(value)).collect::<Vec<_>>().join("\n"),
            rivals: said.rivals.join("\n"),
            niches: said.niches.clone(),
        }
    }

    /// The profile, or the field that is wrong with what is wrong.
    fn profile(&self) -> Result<BrandProfile, (&'static str, ProfileError)> {
        let lines = |text: &str| -> Vec<String> {
            text.split(['\n', ',', ';']).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        let listed = self.values.iter().map(|code| BrandValue { name: code.clone(), words: vec![] });
        let own = self.own_values.lines().filter_map(typed_value);
        let said = BrandProfile {
            product_words: lines(&self.product_words),
            product_text: self.product_text.clone(),
            for_whom_text: self.for_whom_text.clone(),
            price: typed_money(&self.price).map_err(|error| ("price", error))?,
            post_budget: typed_money(&self.post_budget).map_err(|error| ("post_budget", error))?,
            values: listed.chain(own).collect(),
            rivals: lines(&self.rivals),
            niches: self.niches.clone(),
        };
        said.checked().map_err(|error| {
            let field = match &error {
                ProfileError::Value(_) => "own_values",
                ProfileError::NoSuchNiche(_) => "niches",
                ProfileError::TooMany { what, .. } if what.contains("rivals") => "rivals",
                ProfileError::TooMany { what, .. } if what.contains("values") => "own_values",
                ProfileError::TooMany { what, .. } if what.contains("niches") => "niches",
                ProfileError::TooLong { what, .. } if what.contains("whom") => "for_whom_text",
                ProfileError::TooLong { .. } => "product_text",
                ProfileError::TooMany { .. } | ProfileError::Price(_) => "product_words",
            };
            (field, error)
        })
    }
}

/// `GET /matching/brands/{id}/profile`
pub async fn edit(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Page {
    let brand = matching::brand(&app.data, &id).await?;
    let form = ProfileForm::of(&profile(&app.data, &brand).await?);
    draw(page(&app, visit, brand, form, None).await?).await
}

/// `POST /matching/brands/{id}/profile`
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let brand = matching::brand(&app.data, &id).await?;
    let form = ProfileForm::read(&Pairs(pairs));
    let refused = match form.profile() {
        Ok(said) => match keep_profile(&app.data, &brand, said).await {
            Ok(_) => {
                let done = Pairs::default().with("brand", brand.id).with("done", "What the brand stands for is kept");
                return Ok(Redirect::to(&done.address("/matching/fit")).into_response());
            }
            Err(MatchingError::Profile(error)) => ("product_words", error),
            Err(error) => return Err(error.into()),
        },
        Err(refused) => refused,
    };
    let page = page(&app, visit, brand, form, Some((refused.0, refused.1.to_string()))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response())
}

async fn page(
    app: &App,
    visit: Visit,
    brand: Brand,
    form: ProfileForm,
    error: Option<(&'static str, String)>,
) -> Result<ProfilePage, WebError> {
    let values = shipped_values().iter().map(|value| Tick {
        code: value.code.to_owned(),
        words: value.name.to_owned(),
        ticked: form.values.iter().any(|ticked| ticked == value.code),
    });
    let niche = |node: NicheNode| Tick {
        code: node.code.to_owned(),
        words: format!("{}{}", "– ".repeat(node.depth), node.name),
        ticked: form.niches.iter().any(|code| code == node.code),
    };
    Ok(ProfilePage {
        layout: Layout::load(app, visit, Word::Matching, format!("What {} stands for", brand.name)).await?,
        values: values.collect(),
        niches: niche_tree().into_iter().map(niche).collect(),
        brand,
        form,
        wrong: error.as_ref().map_or("", |(field, _)| *field),
        error: error.map(|(_, words)| words),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let of = |form: ProfileForm| form.profile().expect_err("is wrong").0;
        assert_eq!(of(ProfileForm { price: "cheap".into(), ..ProfileForm::default() }), "price");
        assert_eq!(of(ProfileForm { own_values: "our way".into(), ..ProfileForm::default() }), "own_values");
        assert_eq!(of(ProfileForm { niches: vec!["zz".into()], ..ProfileForm::default() }), "niches");
    }

    #[test]
    fn a_profile_fills_the_form_that_makes_it() {
        let form = ProfileForm {
            product_words: "stout, pale ale".into(),
            price: "4.50 EUR".into(),
            values: vec!["handmade".into()],
            own_values: "slow: no rush, slow tea".into(),
            rivals: "Hop Haus\nMalt Mile".into(),
            ..ProfileForm::default()
        };
        let said = form.profile().expect("can be used");
        assert_eq!(said.product_words, ["stout", "pale ale"]);
        assert_eq!(ProfileForm::of(&said).profile().expect("can be used"), said);
    }
}
