//! The stages that are not built yet: each says so in one honest sentence and names what it will need.

use askama::Template;
use axum::extract::State;

use crate::web::app::{App, Page, draw};
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

/// A link to what can be done meanwhile.
pub struct Meanwhile {
    pub words: &'static str,
    pub address: &'static str,
}

#[derive(Template)]
#[template(path = "stage.html")]
struct StagePage {
    layout: Layout,
    name: &'static str,
    asks: &'static str,
    sentence: &'static str,
    needs: Vec<&'static str>,
    meanwhile: Vec<Meanwhile>,
}

const RANKING: Meanwhile = Meanwhile { words: "See whom your buyers listen to", address: "/matching" };

/// `GET /measurement`
pub async fn measurement(State(app): State<App>, visit: Visit) -> Page {
    let layout = Layout::load(&app, visit, Word::Measurement, "Measurement").await?;
    draw(StagePage {
        layout,
        name: "Measurement",
        asks: "Did it pay?",
        sentence: "Measurement is not built yet, so no return, lift or growth is computed here.",
        needs: vec![
            "what a campaign cost, in full",
            "orders or leads by day, from well before it began",
            "the days and places in which nothing was done, to compare with",
        ],
        meanwhile: vec![RANKING],
    })
    .await
}
