//! `/creators`: searching everybody who can be looked for, with counts beside every filter; one address is one state.

mod rail;
mod table;
mod told;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{Redirect, Response};
use model::{AccountId, Brand};

use self::rail::{RailGroup, rail};
use self::table::{Cell, Column, Row, also_on, column, estimate_of, figures_of, rows, scales};
use self::told::{Chip, Loosened, beside, chips, finding, loosened, standing_words, understood};
use crate::creators::CreatorsError;
use crate::creators::search::asked::{Asked, Misread, NOT_KNOWN, cursor_words};
use crate::creators::search::fields::{CODES, From, Group, RANGES, RangeField, range_field};
use crate::creators::search::saved::WATCHED_MAX;
use crate::creators::search::{self as searching, Answer, Beside};
use crate::creators::stages::{self, STAGES};
use crate::vetting::CreatorEstimates;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::lists::{ListChoice, list_choices};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Columns a table has unless others are chosen.
const COLUMNS: [&str; 3] = ["listening", "reply_rate", "engagement"];
/// The most columns beside the name.
const COLUMNS_MAX: usize = 8;

/// An order or a column to choose.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "creators/search.html")]
struct SearchPage {
    layout: Layout,
    asked: String,
    wider: bool,
    mentions: String,
    finding: String,
    understood: Vec<String>,
    /// Words said in the same places, and the search that looks for them too.
    beside: Vec<String>,
    widened: String,
    /// The same search with only the words typed, where others were looked for too.
    only_typed: Option<String>,
    problems: Vec<String>,
    standing: Option<String>,
    has_facts: bool,
    brand_id: Option<String>,
    brands: Vec<BrandChoice>,
    rail: Vec<RailGroup>,
    chips: Vec<Chip>,
    without_filters: String,
    loosened: Vec<Loosened>,
    columns: Vec<Column>,
    column_choices: Vec<Choice>,
    orders: Vec<Choice>,
    rows: Vec<Row>,
    total: String,
    /// What stands in the address, for forms that keep it.
    kept: Vec<(String, String)>,
    here: String,
    first: Option<String>,
    next: Option<String>,
    download: String,
    list_choices: Vec<ListChoice>,
    stages: Vec<Choice>,
    saved: Option<String>,
    can_be_watched: bool,
    searches: String,
    shortlists: usize,
    took: String,
    done: Option<String>,
}

/// `GET /creators?q=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let (asked, misread) = Asked::of(&query);
    let brand = brand_for(&app, &query).await?;
    let has_facts = app.data.store.data_revision().await? > 0;
    let columns = columns_of(&query, brand.is_some());
    let (answer, mut problems) = match has_facts {
        true => answered(&app, &asked, brand.as_ref(), &columns).await?,
        false => (None, vec![]),
    };
    problems.splice(0..0, misread.into_iter().map(|misread: Misread| misread.problem));
    if asked.needs_brand() && brand.is_none() {
        problems.push("this search rests on a brand's buyers, and no brand is set up yet".to_owned());
    }
    let names = Names::load(&app).await?;
    let view = View { query: &query, asked: &asked, brand: brand.as_ref(), names: &names };
    let also = match &answer {
        Some(answer) => also_on(&app, answer).await?,
        None => HashMap::new(),
    };
    let figures = match &answer {
        Some(answer) => figures_of(&app, answer).await?,
        None => HashMap::new(),
    };
    let total = answer.as_ref().map_or(0, |answer| answer.found.total);
    let rows = answer.as_ref().map(|answer| rows(&view, answer, &columns, &figures, &also)).unwrap_or_default();
    let scales = scales(&columns, answer.as_ref(), &figures);
    let searches = app.data.store.saved_searches().await?;
    let new: u64 = searches.iter().map(|saved| saved.new).sum();
    let layout = Layout::load(&app, visit, Word::Creators, "Creators").await?;
    let page = SearchPage {
        finding: finding(&view, answer.as_ref()),
        understood: answer.as_ref().map(understood).unwrap_or_default(),
        beside: answer.as_ref().map(beside).unwrap_or_default(),
        widened: view.address(&Asked { wider: true, after: None, ..asked.clone() }),
        only_typed: asked.wider.then(|| view.address(&Asked { wider: false, after: None, ..asked.clone() })),
        problems,
        standing: answer.as_ref().and_then(|answer| standing_words(&answer.standing)),
        has_facts,
        brands: brand_switch(&app, &view).await?,
        rail: answer.as_ref().map(|answer| rail(&view, answer)).unwrap_or_default(),
        chips: chips(&view),
        without_filters: view.address(&Asked {
            codes: vec![],
            ranges: vec![],
            mentions: vec![],
            after: None,
            ..asked.clone()
        }),
        loosened: answer.as_ref().map(|answer| loosened(&view, answer)).unwrap_or_default(),
        columns: columns.iter().zip(scales).map(|(field, scale)| column(&view, field, scale)).collect(),
        column_choices: column_choices(&columns, brand.is_some()),
        orders: orders(&asked, brand.is_some()),
        rows,
        total: format::count(total),
        kept: view.kept(),
        here: view.address(&asked),
        first: asked.after.map(|_| view.address(&Asked { after: None, ..asked.clone() })),
        next: answer.as_ref().and_then(|answer| {
            let next = answer.found.next.as_ref()?;
            Some(view.pairs(&asked).with("after", cursor_words(next)).address("/creators"))
        }),
        download: view.pairs(&asked).address("/creators/found.csv"),
        list_choices: list_choices(&app).await?,
        stages: stage_choices(None),
        saved: query.one("saved").map(str::to_owned),
        can_be_watched: total <= WATCHED_MAX as u64,
        searches: match (searches.len() as u64, new) {
            (0, _) => "Saved searches".to_owned(),
            (some, 0) => format!("Saved searches ({some})"),
            (some, new) => format!("Saved searches ({some}, {} new)", format::count(new)),
        },
        shortlists: app.data.store.shortlists().await?.len(),
        took: answer.as_ref().map_or_else(String::new, |answer| format!("{:.0} ms", answer.took_ms.max(1.0))),
        done: query.one("done").map(str::to_owned),
        brand_id: brand.as_ref().map(|brand| brand.id.to_string()),
        wider: asked.wider,
        mentions: asked.mentions.join(", "),
        asked: asked.words.clone(),
        layout,
    };
    draw(page).await
}

/// The brand of the address, else the first; `brand=none` asks for none.
async fn brand_for(app: &App, query: &Pairs) -> Result<Option<Brand>, WebError> {
    match query.one("brand") {
        Some("none") => Ok(None),
        asked => brand_at_hand(app, asked).await,
    }
}

/// The answer; a search that cannot be read is told beside an answer without its words.
async fn answered(
    app: &App,
    asked: &Asked,
    brand: Option<&Brand>,
    columns: &[&'static RangeField],
) -> Result<(Option<Answer>, Vec<String>), WebError> {
    let mut problems = vec![];
    let mut asked = asked.clone();
    if let Err(problem) = asked.text() {
        problems.push(problem.to_string());
        asked.words.clear();
    }
    if brand.is_none() {
        asked.ranges.retain(|range| range.field.from != From::Brand);
        asked.sort = asked.sort.filter(|(field, _)| field.from != From::Brand);
    }
    let mut wanted: Vec<&'static str> = columns.iter().map(|field| field.key).collect();
    wanted.extend(["followers", "listening", "buyers", "platform", "tier", "list", "stage", "niche", "own"]);
    wanted.sort_unstable();
    wanted.dedup();
    let (data, brand) = (app.data.clone(), brand.cloned());
    let work = move || async move { searching::search(&data, &asked, brand.as_ref(), Beside::Counts, &wanted).await };
    match aside(work).await {
        Ok(answer) => Ok((Some(answer), problems)),
        Err(error) => Err(error),
    }
}

/// Everything a page is drawn by.
pub(super) struct View<'a> {
    query: &'a Pairs,
    asked: &'a Asked,
    brand: Option<&'a Brand>,
    names: &'a Names,
}

impl View<'_> {
    /// The pairs of a search, with the brand and the columns chosen.
    fn pairs(&self, asked: &Asked) -> Pairs {
        let mut pairs = asked.pairs().with_some("brand", self.query.one("brand"));
        for column in self.query.all("shown") {
            pairs = pairs.with("shown", column);
        }
        pairs
    }

    fn address(&self, asked: &Asked) -> String {
        self.pairs(asked).address("/creators")
    }

    fn kept(&self) -> Vec<(String, String)> {
        self.pairs(&Asked { after: None, ..self.asked.clone() }).0
    }
}

/// Names of codes that only others know.
pub(super) struct Names {
    groups: HashMap<String, String>,
    lists: HashMap<String, String>,
}

impl Names {
    async fn load(app: &App) -> Result<Names, WebError> {
        let data = app.data.clone();
        let groups = aside(move || async move {
            let (_, market) = data.market_groups().await?;
            let named = market.list.iter().map(|group| (group.id.to_string(), group.called()));
            Ok::<_, CreatorsError>(named.collect())
        })
        .await?;
        let lists = app.data.store.shortlists().await?;
        Ok(Names { groups, lists: lists.into_iter().map(|list| (list.id.to_string(), list.name)).collect() })
    }

    fn of(&self, key: &str, code: &str) -> String {
        let named = match key {
            "group" => self.groups.get(code).cloned(),
            "list" => self.lists.get(code).cloned(),
            "niche" => searching::niche_words(code),
            "stage" => stages::words(code).map(str::to_owned),
            "language" => searching::language_words(code),
            _ => None,
        };
        named.unwrap_or_else(|| {
            CODES.iter().find(|field| field.key == key).map_or_else(|| code.to_owned(), |field| field.code_words(code))
        })
    }
}

fn columns_of(query: &Pairs, has_brand: bool) -> Vec<&'static RangeField> {
    let mut chosen: Vec<&'static RangeField> =
        query.all("shown").iter().filter_map(|key| range_field(key)).take(COLUMNS_MAX).collect();
    if chosen.is_empty() {
        chosen = COLUMNS.iter().filter_map(|key| range_field(key)).collect();
    }
    chosen.retain(|field| has_brand || field.from != From::Brand);
    chosen
}

fn column_choices(columns: &[&'static RangeField], has_brand: bool) -> Vec<Choice> {
    let there = RANGES.iter().filter(|field| has_brand || field.from != From::Brand);
    there
        .map(|field| Choice {
            code: field.key.to_owned(),
            words: field.words.to_owned(),
            chosen: columns.iter().any(|column| column.key == field.key),
        })
        .collect()
}

fn orders(asked: &Asked, has_brand: bool) -> Vec<Choice> {
    let words = match (asked.words.is_empty() && asked.mentions.is_empty(), asked.alike.is_some(), has_brand) {
        (false, _, _) => "how well the words fit",
        (true, true, _) => "how alike they are",
        (true, false, true) => "whom the buyers listen to",
        (true, false, false) => "account number",
    };
    let mut orders = vec![Choice { code: String::new(), words: words.to_owned(), chosen: asked.sort.is_none() }];
    for field in RANGES.iter().filter(|field| has_brand || field.from != From::Brand) {
        for (sign, way) in [("-", "most first"), ("", "least first")] {
            orders.push(Choice {
                code: format!("{sign}{}", field.key),
                words: format!("{}, {way}", field.words),
                chosen: asked.sort.is_some_and(|(by, descending)| by.key == field.key && descending == (sign == "-")),
            });
        }
    }
    orders
}

fn stage_choices(here: Option<&str>) -> Vec<Choice> {
    let choice = |(code, words): &(&str, &str)| Choice {
        code: (*code).to_owned(),
        words: (*words).to_owned(),
        chosen: here == Some(*code),
    };
    STAGES.iter().map(choice).collect()
}

async fn brand_switch(app: &App, view: &View<'_>) -> Result<Vec<BrandChoice>, WebError> {
    let brands = app.data.store.brands().await?;
    let asked = Asked { after: None, ..view.asked.clone() };
    let choice = |brand: Brand| BrandChoice {
        is_here: view.brand.is_some_and(|here| here.id == brand.id),
        address: asked.pairs().with("brand", brand.id).address("/creators"),
        name: brand.name,
    };
    Ok(brands.into_iter().map(choice).collect())
}

/// `POST /creators/stage`: puts the ticked on a stage and goes back.
pub async fn set_stage(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let people: Vec<AccountId> = asked.all("creator").iter().filter_map(|account| account.parse().ok()).collect();
    let changed = stages::set(&app.data, &people, asked.one("stage").unwrap_or("")).await?;
    let back = crate::web::visit::own_address(asked.one("back").unwrap_or("/creators"));
    let joint = if back.contains('?') { '&' } else { '?' };
    let done = Pairs::default().with("done", changed).address("");
    Ok(Redirect::to(&format!("{back}{joint}{}", done.trim_start_matches('?'))))
}

/// `GET /creators/found.csv`: everybody who meets the search, or those ticked, with every part of each estimate.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let query = Pairs(pairs);
    let (asked, _) = Asked::of(&query);
    let brand = brand_for(&app, &query).await?;
    let ticked: Vec<AccountId> = query.all("creator").iter().filter_map(|account| account.parse().ok()).collect();
    let (data, of_brand) = (app.data.clone(), brand.clone());
    let found =
        match ticked.is_empty() {
            false => ticked,
            true => aside(move || async move {
                searching::everybody(&data, &asked, of_brand.as_ref(), WATCHED_MAX, true).await
            })
            .await?
            .ok_or_else(|| {
                WebError::unreadable(
                    "The file would be too long",
                    format!("More than {WATCHED_MAX} creators meet this search; filter further."),
                )
                .with(Recovery::new("Back to the search", query.address("/creators")))
            })?,
        };
    let names = crate::creators::names(&app.data, found.clone()).await?;
    let figures = app.data.derived.figures(&found).await?;
    let measured =
        ["reply_rate", "reply_people", "conversation_rate", "engagement", "engagement_views", "comment_like"];
    let mut headings: Vec<String> =
        ["account", "platform", "name", "handle", "followers", "answers"].map(str::to_owned).to_vec();
    headings.extend(measured.iter().flat_map(|key| PARTS.iter().map(move |part| format!("{key}_{part}"))));
    let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for account in &found {
        let Some(name) = names.get(account) else { continue };
        let held: Option<CreatorEstimates> =
            figures.get(account).and_then(|figures| serde_json::from_str(&figures.detail).ok());
        let mut cells = vec![
            account.to_string(),
            name.platform.code().to_owned(),
            name.name.clone(),
            name.handle.clone(),
            name.followers.map(|count| count.to_string()).unwrap_or_default(),
            held.as_ref().map_or_else(|| "not-known".to_owned(), |held| held.level.clone()),
        ];
        for key in measured {
            let without = "nothing this account published is held";
            push_estimate(&mut cells, held.as_ref().and_then(|held| estimate_of(held, key)), without);
        }
        sheet.row(&cells);
    }
    Ok(sheet.download("creators.csv"))
}

/// The groups of the rail in which something is asked for are open; so is the first.
pub(super) fn opens(group: Group, active: usize) -> bool {
    active > 0 || group == Group::Conversation || group == Group::Creator
}

/// What stands for "not known" among codes.
pub(super) const NONE: &str = NOT_KNOWN;
