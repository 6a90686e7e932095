//! Conversations: what buyers and a creator said to each other, both ways, as evidence; and between any two people.

pub mod deciding;
pub mod groups;
pub mod influence;
pub mod map;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use lake::QuotedInteraction;
use model::{AccountId, Brand, InteractionKind};
use store::RankedFilter;

use super::{Exchanged, between as exchanged_between};
use crate::clock;
use crate::creators::{self, CreatorName, CreatorsError};
use crate::matching;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand, brand_choices};
use crate::web::error::{WebError, message_and_hint};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use crate::web::words;
use groups::BrandsGroups;

/// Quotes on one page.
const QUOTES_A_PAGE: usize = 50;
/// Creators offered on the first page.
const CREATORS_SHOWN: u32 = 12;

/// One thing somebody said to somebody.
pub struct Turn {
    pub speaker: Person,
    pub other: Person,
    /// `creator` or `buyer`: which side speaks.
    pub side: &'static str,
    /// "answered", "commented to".
    pub did: &'static str,
    pub when: String,
    pub machine_when: String,
    /// `None` when the source holds no words for it.
    pub words: Option<String>,
    pub post_title: Option<String>,
    pub post_url: Option<String>,
    /// The first of several under one post; only it names the post.
    pub begins_post: bool,
    pub import: i64,
    pub between: String,
}

#[derive(Template)]
#[template(path = "conversations/show.html")]
struct EvidencePage {
    layout: Layout,
    brand: Brand,
    creator: Person,
    ranking: String,
    turns: Vec<Turn>,
    finding: String,
    from: String,
    to: String,
    newer: Option<String>,
    older: Option<String>,
    attributions: Vec<String>,
}

/// `GET /conversations/{account}?brand=…&offset=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let brand = brand_needed(&app, query.one("brand")).await?;
    let offset = query.offset("offset");
    let (data, of) = (app.data.clone(), brand.clone());
    let evidence = aside(move || async move { evidence(&data, &of, account, offset).await }).await?;
    let Evidence { exchanged, buyers } = evidence;
    let creator = exchanged
        .names
        .get(&account)
        .map(Person::of)
        .ok_or_else(|| WebError::from(CreatorsError::NotFound(account.to_string())))?;
    let creator = creator.for_brand(Some(brand.id));
    let turns: Vec<Turn> = turns_of(&exchanged.quotes, account, &exchanged.names);
    let at = |offset: usize| {
        Pairs::default().with("brand", brand.id).with("offset", offset).address(&format!("/conversations/{account}"))
    };
    let finding = match (turns.len(), offset) {
        (0, 0) => format!(
            "No talk between {} and {}’s {} is held.",
            creator.name,
            brand.name,
            format::counted(buyers, "buyer", "buyers")
        ),
        _ => format!("What {} and {}’s buyers said to each other, newest first.", creator.name, brand.name),
    };
    draw(EvidencePage {
        layout: Layout::load(&app, visit, Word::Conversations, format!("{} and {}’s buyers", creator.name, brand.name))
            .await?,
        ranking: format!("/matching?brand={}", brand.id),
        finding,
        from: format::count(if turns.is_empty() { 0 } else { offset as u64 + 1 }),
        to: format::count((offset + turns.len()) as u64),
        newer: (offset > 0).then(|| at(offset.saturating_sub(QUOTES_A_PAGE))),
        older: exchanged.more.then(|| at(offset + QUOTES_A_PAGE)),
        attributions: attributions(&app, &exchanged.quotes).await?,
        turns,
        creator,
        brand,
    })
    .await
}

struct Evidence {
    exchanged: Exchanged,
    buyers: u64,
}

async fn evidence(
    data: &crate::data_directory::DataDirectory,
    brand: &Brand,
    account: AccountId,
    offset: usize,
) -> Result<Evidence, WebError> {
    let mut buyers = matching::buyer_accounts(data, brand).await?;
    // Nobody is their own buyer.
    buyers.retain(|buyer| *buyer != account);
    let mut exchanged = exchanged_between(data, &buyers, account, QUOTES_A_PAGE, offset).await?;
    if !exchanged.names.contains_key(&account) {
        exchanged.names.extend(creators::names(data, vec![account]).await?);
    }
    Ok(Evidence { exchanged, buyers: buyers.len() as u64 })
}

/// Evidence is between somebody and a brand's buyers, so without a brand there is none.
async fn brand_needed(app: &App, asked: Option<&str>) -> Result<Brand, WebError> {
    brand_at_hand(app, asked).await?.ok_or_else(|| {
        WebError::not_found(
            "No brand is set up",
            "Evidence is between a creator and a brand’s buyers; set a brand up first.",
        )
        .with(crate::web::error::Recovery::new("Set up a brand", "/matching/brands/new"))
    })
}

fn turn(quote: &QuotedInteraction, creator: AccountId, names: &HashMap<AccountId, CreatorName>) -> Turn {
    let person = |account: AccountId| {
        names
            .get(&account)
            .map_or_else(|| Person::new(account, model::Platform::Other, &format!("account {account}"), ""), Person::of)
    };
    let other = if quote.actor == creator { quote.target } else { quote.actor };
    Turn {
        speaker: person(quote.actor),
        other: person(quote.target),
        side: if quote.actor == creator { "creator" } else { "buyer" },
        did: did(quote.kind),
        when: clock::day(quote.at),
        machine_when: clock::iso(quote.at),
        words: quote.body.as_deref().map(words::plain).filter(|body| !body.is_empty()),
        post_title: quote.post_title.as_deref().map(words::plain).filter(|title| !title.is_empty()),
        post_url: words::safe_link(quote.post_url.as_deref()),
        begins_post: true,
        import: quote.import_id,
        between: format!("/conversations/between/{other}/{creator}"),
    }
}

/// The turns in order, each post named once above those said under it.
fn turns_of(quotes: &[QuotedInteraction], creator: AccountId, names: &HashMap<AccountId, CreatorName>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = quotes.iter().map(|quote| turn(quote, creator, names)).collect();
    for place in 1..turns.len() {
        let same =
            |a: &Turn, b: &Turn| a.post_url.is_some() && (&a.post_url, &a.post_title) == (&b.post_url, &b.post_title);
        turns[place].begins_post = !same(&turns[place - 1], &turns[place]);
    }
    turns
}

fn did(kind: InteractionKind) -> &'static str {
    match kind {
        InteractionKind::Comment => "commented to",
        InteractionKind::Reply => "replied to",
        InteractionKind::Answer => "answered",
        InteractionKind::Message => "wrote to",
        InteractionKind::Mention => "mentioned",
        InteractionKind::Repost => "passed on a post of",
        InteractionKind::Quote => "quoted",
        InteractionKind::Like => "liked a post of",
        InteractionKind::Follow => "followed",
        InteractionKind::Tag => "tagged",
    }
}

/// What the sources of these rows ask to be said beside them.
async fn attributions(app: &App, quotes: &[QuotedInteraction]) -> Result<Vec<String>, WebError> {
    let sources = app.data.store.sources().await?;
    Ok(sources
        .into_iter()
        .filter(|source| quotes.iter().any(|quote| quote.source_id == source.code))
        .filter_map(|source| source.attribution)
        .collect())
}

#[derive(Template)]
#[template(path = "conversations/between.html")]
struct BetweenPage {
    layout: Layout,
    a: Person,
    b: Person,
    turns: Vec<Turn>,
    from: String,
    to: String,
    newer: Option<String>,
    older: Option<String>,
    attributions: Vec<String>,
}

/// `GET /conversations/between/{a}/{b}`
pub async fn between(
    State(app): State<App>,
    visit: Visit,
    Path((a, b)): Path<(AccountId, AccountId)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let offset = Pairs(pairs).offset("offset");
    let data = app.data.clone();
    let exchanged = aside(move || async move {
        let mut exchanged = exchanged_between(&data, &[a], b, QUOTES_A_PAGE, offset).await?;
        exchanged.names.extend(creators::names(&data, vec![a, b]).await?);
        Ok::<_, WebError>(exchanged)
    })
    .await?;
    let named = |account: AccountId| {
        exchanged
            .names
            .get(&account)
            .map(Person::of)
            .ok_or_else(|| WebError::from(CreatorsError::NotFound(account.to_string())))
    };
    let (a_person, b_person) = (named(a)?, named(b)?);
    let turns: Vec<Turn> = turns_of(&exchanged.quotes, b, &exchanged.names);
    let attributions = attributions(&app, &exchanged.quotes).await?;
    let at = |offset: usize| format!("/conversations/between/{a}/{b}?offset={offset}");
    let title = format!("{} and {}", a_person.name, b_person.name);
    draw(BetweenPage {
        layout: Layout::load(&app, visit, Word::Conversations, title).await?,
        from: format::count(if turns.is_empty() { 0 } else { offset as u64 + 1 }),
        to: format::count((offset + turns.len()) as u64),
        newer: (offset > 0).then(|| at(offset.saturating_sub(QUOTES_A_PAGE))),
        older: exchanged.more.then(|| at(offset + QUOTES_A_PAGE)),
        a: a_person,
        b: b_person,
        turns,
        attributions,
    })
    .await
}

/// A creator whose talk with buyers can be read.
pub struct TalkedWith {
    pub person: Person,
    pub reason: String,
    pub evidence: String,
}

#[derive(Template)]
#[template(path = "conversations/index.html")]
struct ConversationsPage {
    layout: Layout,
    brand: Option<Brand>,
    brands: Vec<BrandChoice>,
    /// The groups the brand's buyers are in; nothing before a refresh.
    groups: Option<BrandsGroups>,
    creators: Vec<TalkedWith>,
    a: String,
    b: String,
    a_error: Option<String>,
    b_error: Option<String>,
    has_facts: bool,
    /// Counts of all talk held; nothing before anything was brought in.
    counts: Option<TalkCounts>,
}

/// How much talk is held.
pub struct TalkCounts {
    pub between_people: String,
    pub pairs: String,
    pub both_ways: String,
}

/// `GET /conversations?brand=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    draw(first_page(&app, visit, query.one("brand")).await?).await
}

async fn first_page(app: &App, visit: Visit, asked: Option<&str>) -> Result<ConversationsPage, WebError> {
    let has_facts = app.data.store.data_revision().await? > 0;
    let brand = brand_at_hand(app, asked).await?;
    let brands = brand_choices(app, brand.as_ref().map(|brand| brand.id), "/conversations").await?;
    let groups = match &brand {
        Some(brand) if has_facts => BrandsGroups::load(app, brand.clone()).await?,
        _ => None,
    };
    let counts = if has_facts {
        let data = app.data.clone();
        let counts = aside(move || async move { super::talk_counts(&data).await }).await?;
        Some(TalkCounts {
            between_people: format::count(counts.between_people),
            pairs: format::count(counts.pairs),
            both_ways: format::count(counts.pairs_both_ways),
        })
    } else {
        None
    };
    let creators = match &brand {
        Some(brand) if has_facts => talked_with(app, brand).await?,
        _ => vec![],
    };
    Ok(ConversationsPage {
        layout: Layout::load(app, visit, Word::Conversations, "Conversations").await?,
        brands,
        brand,
        groups,
        creators,
        a: String::new(),
        b: String::new(),
        a_error: None,
        b_error: None,
        has_facts,
        counts,
    })
}

async fn talked_with(app: &App, brand: &Brand) -> Result<Vec<TalkedWith>, WebError> {
    let (data, of) = (app.data.clone(), brand.clone());
    let ranking = aside(move || async move { matching::rank(&data, of).await }).await?;
    let filter = RankedFilter { limit: CREATORS_SHOWN, ..RankedFilter::default() };
    let rows = app.data.store.ranked(ranking.ranking.id, &filter).await?;
    rows.iter()
        .map(|row| {
            let ranked = matching::ranked_of(row)?;
            let platform = model::Platform::from_code(&row.platform).unwrap_or(model::Platform::Other);
            Ok(TalkedWith {
                person: Person::new(row.account, platform, &row.name, &row.handle).for_brand(Some(brand.id)),
                reason: ranked.reason,
                evidence: format!("/conversations/{}?brand={}", row.account, brand.id),
            })
        })
        .collect()
}

/// `GET /conversations/between?a=…&b=…`: finds both by name and goes to what they said, or says who is not clear.
pub async fn find_between(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let query = Pairs(pairs);
    let (a, b) = (query.one("a").unwrap_or(""), query.one("b").unwrap_or(""));
    let found = (find(&app, a).await?, find(&app, b).await?);
    if let (Ok(a), Ok(b)) = &found {
        return Ok(Redirect::to(&format!("/conversations/between/{a}/{b}")).into_response());
    }
    let mut page = first_page(&app, visit, None).await?;
    page.a = a.to_owned();
    page.b = b.to_owned();
    page.a_error = found.0.err();
    page.b_error = found.1.err();
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, draw(page).await?).into_response())
}

/// The account, or a sentence for the field about why it is not clear.
async fn find(app: &App, text: &str) -> Result<Result<AccountId, String>, WebError> {
    if text.is_empty() {
        return Ok(Err("a name or handle is needed here".to_owned()));
    }
    match creators::find(&app.data, text).await {
        Ok(account) => Ok(Ok(account)),
        Err(error @ (CreatorsError::NotFound(_) | CreatorsError::Ambiguous { .. })) => {
            Ok(Err(message_and_hint(&error.to_string()).0))
        }
        Err(error) => Err(error.into()),
    }
}
