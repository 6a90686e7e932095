//! `/matching/fit/{account}`: why a creator suits a brand or not: conflicts first, then the number, its parts and their
//! quotes.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use engine::matching::fit::{FitPart, FitWeights};
use model::{AccountId, Brand};

use super::{account_in, asked_weights, here, label};
use crate::clock;
use crate::matching::fit::{self, FitRow, reading};
use crate::matching::{self, MatchingError};
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::brand_at_hand;
use crate::web::error::{Recovery, WebError};
use crate::web::estimates::{Drawing, EstimateView};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Something that speaks against working together, or that was set aside.
pub struct ConflictView {
    pub kind: String,
    pub kind_words: &'static str,
    pub words: String,
    pub posts: String,
    pub newest: String,
    pub quotes: Vec<QuoteView>,
    pub aside: bool,
}

/// Words as they stand, with their day.
pub struct QuoteView {
    pub quote: reading::Quoted,
    pub when: String,
}

/// A value with what shows it.
pub struct ValueView {
    pub name: String,
    pub share: EstimateView,
    pub in_bio: bool,
    pub paid: Option<String>,
    pub quotes: Vec<QuoteView>,
}

/// A rival that is named.
pub struct MentionView {
    pub rival: String,
    pub posts: String,
    pub quotes: Vec<QuoteView>,
}

#[derive(Template)]
#[template(path = "matching/fit_one.html")]
struct FitOnePage {
    layout: Layout,
    brand: Brand,
    person: Person,
    finding: String,
    weights: String,
    fit: EstimateView,
    parts: Vec<EstimateView>,
    conflicts: Vec<ConflictView>,
    read: String,
    product_quotes: Vec<QuoteView>,
    values: Vec<ValueView>,
    mentions: Vec<MentionView>,
    has_rivals: bool,
    all: String,
    profile: String,
}

/// `GET /matching/fit/{account}?brand=…&weights=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let brand = brand_at_hand(&app, query.one("brand")).await?.ok_or_else(|| {
        WebError::not_found("No brand is set up", "Whether a creator fits is asked for a brand.")
            .with(Recovery::new("Set up a brand", "/matching/brands/new"))
    })?;
    let weights = match asked_weights(&query).map_err(MatchingError::from)? {
        Some(weights) => weights,
        None => fit::weights_of(&app.data, &brand).await?,
    };
    let (data, of) = (app.data.clone(), brand.clone());
    let row = aside(move || async move { fit::fit_of(&data, &of, account).await }).await?;
    let said = fit::profile::profile(&app.data, &brand).await?;
    let layout =
        Layout::load(&app, visit, Word::Matching, format!("Does {} fit {}?", row.name.name, brand.name)).await?;
    draw(page(layout, brand, &row, &weights, !said.rivals.is_empty())).await
}

fn page(layout: Layout, brand: Brand, row: &FitRow, weights: &FitWeights, has_rivals: bool) -> FitOnePage {
    let made = row.fit(weights);
    let drawing = |id, label| Drawing { id, label, scale_to: 1.0, brand: Some(brand.id) };
    let part = |part: FitPart| EstimateView::new(drawing(part.words(), label(part)), row.parts.of(part));
    let values = row.words.values_seen.iter().enumerate().map(|(place, value)| {
        let id = format!("value-{place}");
        ValueView {
            name: value.name.clone(),
            share: EstimateView::new(
                Drawing { id: &id, label: "Own posts that show it", scale_to: 1.0, brand: Some(brand.id) },
                &value.share,
            ),
            in_bio: value.in_bio,
            paid: (value.paid_posts_with > 0)
                .then(|| format::counted(value.paid_posts_with, "paid post uses", "paid posts use")),
            quotes: quotes(&value.quotes),
        }
    });
    let mentions = row.words.mentions.iter().map(|mention| MentionView {
        rival: mention.rival.clone(),
        posts: format::counted(mention.posts, "post", "posts"),
        quotes: quotes(&mention.quotes),
    });
    FitOnePage {
        finding: finding(row),
        fit: EstimateView::new(drawing("fit", "Fit"), &made.estimate).opened(),
        parts: FitPart::ALL.into_iter().map(part).collect(),
        conflicts: row.conflicts.iter().map(conflict_view).collect(),
        read: format!(
            "{} read, the newest first; {} name the product or its kind, {} of them tell of having or using it.",
            format::counted(row.words.posts_read, "own post was", "own posts were"),
            format::count(row.words.posts_naming),
            format::count(row.words.posts_of_use)
        ),
        product_quotes: quotes(&row.words.product_quotes),
        values: values.collect(),
        mentions: mentions.collect(),
        has_rivals,
        all: here(&brand, weights).address("/matching/fit"),
        profile: format!("/matching/brands/{}/profile", brand.id),
        weights: weights.to_string(),
        person: Person::of(&row.name).for_brand(Some(brand.id)),
        layout,
        brand,
    }
}

fn finding(row: &FitRow) -> String {
    let standing: Vec<&str> = (row.conflicts.iter())
        .filter(|conflict| !conflict.aside)
        .map(|conflict| reading::kind_words(&conflict.kind))
        .collect();
    match standing.as_slice() {
        [] => {
            "Nothing in the words held speaks against working together; that is no proof that there is nothing.".into()
        }
        kinds => format!(
            "Look at this first: {}. The fit is held down until somebody has looked and set it aside.",
            kinds.join(", ")
        ),
    }
}

fn conflict_view(conflict: &reading::ConflictSeen) -> ConflictView {
    ConflictView {
        kind: conflict.kind.clone(),
        kind_words: reading::kind_words(&conflict.kind),
        words: conflict.words.clone(),
        posts: format::counted(conflict.posts, "text says so", "texts say so"),
        newest: clock::day(conflict.newest_at),
        quotes: quotes(&conflict.quotes),
        aside: conflict.aside,
    }
}

fn quotes(quotes: &[reading::Quoted]) -> Vec<QuoteView> {
    let view = |quote: &reading::Quoted| QuoteView {
        when: match quote.is_bio {
            true => "from the profile".to_owned(),
            false => clock::day(quote.at),
        },
        quote: quote.clone(),
    };
    quotes.iter().map(view).collect()
}

/// `POST /matching/fit/conflict`: sets what speaks against a creator aside (`do=aside`) or takes it up again.
pub async fn settle(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let brand = matching::brand(&app.data, given.one("brand").unwrap_or("")).await?;
    let account = account_in(&given)?;
    let (kind, words) = (given.one("kind").unwrap_or("").to_owned(), given.one("words").unwrap_or("").to_owned());
    let aside_now = given.one("do") == Some("aside");
    let (data, of) = (app.data.clone(), brand.clone());
    aside(move || async move { fit::settle(&data, &of, account, &kind, &words, aside_now).await }).await?;
    let address = Pairs::default().with("brand", brand.id).with_some("weights", given.one("weights"));
    Ok(Redirect::to(&address.address(&format!("/matching/fit/{account}"))))
}
