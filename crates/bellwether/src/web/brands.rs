//! The brand a page is looked at for: the one its address names, else the first, with the others to choose from.

use model::{Brand, BrandId};

use super::app::App;
use super::error::WebError;
use crate::matching;

/// A brand that the same page can be looked at for.
pub struct BrandChoice {
    pub name: String,
    pub address: String,
    pub is_here: bool,
}

/// The brand an address names, else the first one; `None` where no brand is set up.
pub async fn brand_at_hand(app: &App, asked: Option<&str>) -> Result<Option<Brand>, WebError> {
    match asked {
        Some(id) => Ok(Some(matching::brand(&app.data, id).await?)),
        None => Ok(app.data.store.brands().await?.into_iter().next()),
    }
}

/// All brands, each leading to `path` looked at for it.
pub async fn brand_choices(app: &App, here: Option<BrandId>, path: &str) -> Result<Vec<BrandChoice>, WebError> {
    let brands = app.data.store.brands().await?;
    let choice = |brand: Brand| BrandChoice {
        is_here: here == Some(brand.id),
        address: format!("{path}?brand={}", brand.id),
        name: brand.name,
    };
    Ok(brands.into_iter().map(choice).collect())
}
