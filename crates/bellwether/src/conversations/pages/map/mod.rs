//! The map's page: controls that work without script, the tables that say the same, and the files other programs read.

mod columns;
mod selected;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::conversations::portraits::participation::ShareRange;
use model::{AccountId, Brand, Estimate, Explanation, Timestamp, Unit};

use super::super::export::{GraphFormat, write};
use super::super::map::{CountedShare, Level, Map, MapNode, MapRequest, NODES_MAX, NODES_USUAL, kind_code, map};
use crate::clock;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::brand_at_hand;
use crate::web::error::{Recovery, WebError};
use crate::web::estimates::EstimateCell;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::lists::{ListChoice, list_choices};
use crate::web::query::Pairs;
use crate::web::visit::Visit;
pub use columns::columns;
pub use selected::selected;

/// Rows of each table on one page.
const ROWS_SHOWN: usize = 100;

/// What an address asks of the map.
struct Asked {
    request: MapRequest,
    /// The parts of the address that name level and window, without what is drawn from the same data.
    address: Pairs,
    from: String,
    to: String,
}

async fn asked(app: &App, query: &Pairs) -> Result<Asked, WebError> {
    let brand = brand_at_hand(app, query.one("brand")).await?;
    let wrong = |what: &str, hint: &str| WebError::unreadable(format!("{what} is not understood"), hint.to_owned());
    let number = |key: &str| query.one(key).filter(|text| !text.is_empty());
    let level = match (number("group"), number("account"), query.one("level")) {
        (Some(group), _, _) => Level::Members(
            group
                .parse()
                .map_err(|_| wrong(&format!("group={group}"), "A group is named by its number, e.g. group=12."))?,
        ),
        (_, Some(account), _) => {
            let account: AccountId = account
                .parse()
                .map_err(|_| wrong(&format!("account={account}"), "An account is named by its number."))?;
            let steps = number("steps").and_then(|steps| steps.parse().ok()).unwrap_or(1u8).clamp(1, 3);
            Level::Circle(account, steps)
        }
        (_, _, Some("people")) => Level::People,
        _ => Level::Groups,
    };
    let day = |key: &str| -> Result<Option<i64>, WebError> {
        let Some(text) = number(key) else { return Ok(None) };
        clock::parse_utc_without_zone(&format!("{text}T00:00:00"))
            .map(|day| Some(day.unix_seconds()))
            .ok_or_else(|| wrong(&format!("{key}={text}"), "A day is written like 2026-03-01."))
    };
    let (from_unix, to_day) = (day("from")?, day("to")?);
    let nodes_max = number("nodes").and_then(|nodes| nodes.parse().ok()).unwrap_or(NODES_USUAL).clamp(1, NODES_MAX);
    let mut address = Pairs::default().with_some("brand", brand.as_ref().map(|brand| brand.id));
    address = match level {
        Level::Groups => address,
        Level::People => address.with("level", "people"),
        Level::Members(group) => address.with("group", group),
        Level::Circle(account, steps) => address.with("account", account).with("steps", steps),
    };
    let (from, to) = (number("from").unwrap_or("").to_owned(), number("to").unwrap_or("").to_owned());
    Ok(Asked {
        // The last day is meant whole.
        request: MapRequest { level, brand, from_unix, to_unix: to_day.map(|to| to + 86_400), nodes_max },
        address: address.with_some("nodes", number("nodes")),
        from,
        to,
    })
}

impl Asked {
    /// Level and window.
    fn full(&self) -> Pairs {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.address.clone().with_some("from", some(&self.from)).with_some("to", some(&self.to))
    }
}

async fn drawn(app: &App, request: MapRequest) -> Result<Arc<Map>, WebError> {
    let data = app.data.clone();
    aside(move || async move { map(&data, &request).await }).await
}

#[derive(Template)]
#[template(path = "conversations/map.html")]
struct MapPage {
    layout: Layout,
    title: String,
    finding: String,
    brand: Option<Brand>,
    hidden: Vec<(String, String)>,
    from: String,
    to: String,
    source: String,
    members: String,
    widen: String,
    here: String,
    kinds: Vec<KindChoice>,
    levels: Vec<LevelChoice>,
    nodes: Vec<NodeLine>,
    edges: Vec<EdgeLine>,
    node_pages: TablePages,
    edge_pages: TablePages,
    nodes_words: String,
    edges_words: String,
    colours: Vec<ViewChoice>,
    sizes: Vec<ViewChoice>,
    circles: Vec<ViewChoice>,
    core: u32,
    exports: Vec<LevelChoice>,
    /// Shortlists the selection can be added to.
    list_choices: Vec<ListChoice>,
    has_groups: bool,
    are_groups: bool,
}

struct KindChoice {
    code: &'static str,
    words: String,
    line: usize,
    is_ticked: bool,
}

/// One way of colouring, sizing or narrowing the drawing. The address names the chosen ones; the script reads the form.
struct ViewChoice {
    code: &'static str,
    words: &'static str,
    is_chosen: bool,
}

fn view_choices(asked: Option<&str>, offered: Vec<(&'static str, &'static str)>) -> Vec<ViewChoice> {
    let is_offered = |code: &str| offered.iter().any(|(offered, _)| *offered == code);
    let chosen = asked.filter(|asked| is_offered(asked)).or(offered.first().map(|(code, _)| *code));
    let choice =
        |(code, words): &(&'static str, &'static str)| ViewChoice { code, words, is_chosen: chosen == Some(*code) };
    offered.iter().map(choice).collect()
}

fn colours_offered(are_groups: bool, has_brand: bool, has_creators: bool) -> Vec<(&'static str, &'static str)> {
    let group = ("group", "group");
    let mut offered = match (are_groups, has_brand) {
        (true, true) => vec![("buyers_share", "share of buyers"), group],
        (false, true) => vec![group, ("buyers_share", "share of talk with buyers"), ("buyer", "buyers or not")],
        (_, false) => vec![group],
    };
    if has_creators {
        offered.push(("creator", if are_groups { "share of creators" } else { "creators or not" }));
    }
    offered
}

fn sizes_offered(are_groups: bool) -> Vec<(&'static str, &'static str)> {
    let people = are_groups.then_some(("people", "people"));
    people.into_iter().chain([("talk", "talk"), ("core", "core")]).collect()
}

struct LevelChoice {
    words: &'static str,
    address: String,
    is_here: bool,
}

struct NodeLine {
    id: String,
    label: String,
    address: String,
    people: String,
    talk: String,
    /// Nothing without a brand.
    buyers: Option<EstimateCell>,
    /// "buyer", "creator": what a person is.
    marks: Vec<&'static str>,
    creators: EstimateCell,
    core: String,
    /// Its own map, one level down.
    below: Option<String>,
}

/// The pages of a table that shows a part of its rows at once.
struct TablePages {
    words: String,
    previous: Option<String>,
    next: Option<String>,
}

impl TablePages {
    /// `at` leads to the rows from a place on.
    fn new(offset: usize, all: usize, what: &str, at: impl Fn(usize) -> String) -> TablePages {
        let to = (offset + ROWS_SHOWN).min(all);
        let words = if all <= ROWS_SHOWN {
            format!("{} {what}", format::count(all as u64))
        } else {
            let (from, to, all) = (offset as u64 + 1, to as u64, all as u64);
            format!("{}–{} of {} {what}, most talk first", format::count(from), format::count(to), format::count(all))
        };
        TablePages {
            words,
            previous: (offset > 0).then(|| at(offset.saturating_sub(ROWS_SHOWN))),
            next: (to < all).then(|| at(offset + ROWS_SHOWN)),
        }
    }
}

struct EdgeLine {
    source: String,
    target: String,
    kind: &'static str,
    turns: String,
    last: String,
    evidence: Option<String>,
}

/// `GET /conversations/map?brand=…&level=…&group=…&account=…&steps=…&from=…&to=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let asked = asked(&app, &query).await?;
    let map = drawn(&app, asked.request.clone()).await?;
    refuse_unknown(&map)?;
    let full = asked.full();
    let kinds = kinds_of(&map);
    let brand = asked.request.brand.clone();
    let level = |words: &'static str, level: Option<&str>, is_here: bool| LevelChoice {
        words,
        address: Pairs::default()
            .with_some("brand", brand.as_ref().map(|brand| brand.id))
            .with_some("level", level)
            .with_some("from", (!asked.from.is_empty()).then_some(&asked.from))
            .with_some("to", (!asked.to.is_empty()).then_some(&asked.to))
            .address("/conversations/map"),
        is_here,
    };
    let are_groups = map.level == Level::Groups;
    let below = |id: &str| {
        let address = Pairs::default().with_some("brand", brand.as_ref().map(|brand| brand.id));
        match id.strip_prefix('g') {
            Some(group) => address.with("group", group),
            None => address.with("account", id).with("steps", 1),
        }
        .address("/conversations/map")
    };
    let mut by_talk: Vec<usize> = (0..map.nodes.len()).collect();
    by_talk.sort_by_key(|&node| (std::cmp::Reverse(map.nodes[node].talk), node));
    let (nodes_from, edges_from) = (query.offset("nodes_from"), query.offset("edges_from"));
    let rows_at = |key: &'static str| {
        let full = &full;
        move |from: usize| full.clone().with(key, from).address("/conversations/map") + "#map-table"
    };
    let as_of = Timestamp::from_unix_seconds(map.to_unix);
    let ticked = query.all("kind");
    let has_creators = map.nodes.iter().any(|node| node.creators_share.value > 0.0);
    draw(MapPage {
        layout: Layout::load(&app, visit, Word::Conversations, "Conversation map").await?,
        list_choices: list_choices(&app).await?,
        title: map.title.clone(),
        finding: finding(&map, brand.as_ref()),
        hidden: asked.address.0.clone(),
        source: full.address("/conversations/map.json"),
        members: Pairs::default()
            .with_some("brand", brand.as_ref().map(|brand| brand.id))
            .address("/conversations/map")
            + if brand.is_some() { "&group={group}" } else { "?group={group}" },
        widen: asked.address.address("/conversations/map"),
        here: "/conversations/map".to_owned(),
        kinds: kinds
            .iter()
            .enumerate()
            .map(|(place, (code, turns))| KindChoice {
                code,
                words: format!("{code} ({})", format::count(*turns)),
                line: place % 6 + 1,
                is_ticked: ticked.is_empty() || ticked.iter().any(|kind| kind == code),
            })
            .collect(),
        levels: vec![
            level("Groups", None, are_groups),
            level("People who talk most", Some("people"), map.level == Level::People),
        ],
        nodes: by_talk
            .iter()
            .skip(nodes_from)
            .take(ROWS_SHOWN)
            .map(|&node| {
                let node = &map.nodes[node];
                NodeLine {
                    id: node.id.clone(),
                    label: node.label.clone(),
                    address: node.address.clone(),
                    people: format::count(u64::from(node.people)),
                    talk: format::count(node.talk),
                    buyers: brand.is_some().then(|| buyers_cell(node, are_groups, as_of)),
                    marks: marks(node, are_groups),
                    creators: creators_cell(node, as_of),
                    core: format::count(u64::from(node.core)),
                    below: Some(below(&node.id)),
                }
            })
            .collect(),
        edges: map
            .edges
            .iter()
            .skip(edges_from)
            .take(ROWS_SHOWN)
            .map(|edge| {
                let (source, target) = (&map.nodes[edge.source as usize], &map.nodes[edge.target as usize]);
                EdgeLine {
                    source: source.label.clone(),
                    target: target.label.clone(),
                    kind: kind_code(edge.kind),
                    turns: format::count(u64::from(edge.turns)),
                    last: clock::day(Timestamp::from_unix_seconds(edge.last_unix)),
                    evidence: map.directed.then(|| format!("/conversations/between/{}/{}", source.id, target.id)),
                }
            })
            .collect(),
        node_pages: TablePages::new(nodes_from, by_talk.len(), what_nodes(&map), rows_at("nodes_from")),
        edge_pages: TablePages::new(edges_from, map.edges.len(), "ties", rows_at("edges_from")),
        nodes_words: shown_words(map.nodes.len(), map.nodes_in_all, what_nodes(&map)),
        edges_words: shown_words(map.edges.len(), map.edges_in_all, "ties"),
        colours: view_choices(query.one("color"), colours_offered(are_groups, brand.is_some(), has_creators)),
        sizes: view_choices(query.one("size"), sizes_offered(are_groups)),
        circles: view_choices(
            query.one("depth"),
            vec![("0", "everybody stays"), ("1", "1 step"), ("2", "2 steps"), ("3", "3 steps")],
        ),
        core: query.one("core").and_then(|core| core.parse().ok()).unwrap_or(0),
        exports: [("GEXF, for Gephi", "gexf"), ("GraphML, for networkx", "graphml"), ("CSV of the ties", "csv")]
            .into_iter()
            .map(|(words, format)| LevelChoice {
                words,
                address: full.clone().with("format", format).address("/conversations/map/export"),
                is_here: false,
            })
            .collect(),
        has_groups: !(are_groups && map.nodes.is_empty()),
        are_groups,
        from: asked.from.clone(),
        to: asked.to.clone(),
        brand,
    })
    .await
}

fn shown_words(shown: usize, all: usize, what: &str) -> String {
    if shown == all {
        format!("{} {what}", format::count(all as u64))
    } else {
        format!("{} of {} {what}, those with most talk", format::count(shown as u64), format::count(all as u64))
    }
}

fn what_nodes(map: &Map) -> &'static str {
    if map.level == Level::Groups { "groups" } else { "people" }
}

/// What a person is, in words; groups are neither.
fn marks(node: &MapNode, are_groups: bool) -> Vec<&'static str> {
    let buyer = node.is_buyer.then_some("buyer");
    let creator = (!are_groups && node.creators_share.value > 0.0).then_some("creator");
    [creator, buyer].into_iter().flatten().collect()
}

/// The share of buyers among a group's members, or in a person's talk; it opens at the group or at what was said.
fn buyers_cell(node: &MapNode, are_groups: bool, as_of: Timestamp) -> EstimateCell {
    let (label, method, n_of) = match are_groups {
        true => ("Members who are buyers", "buyers_among_members", "members"),
        false => ("Share of talk with buyers", "talk_with_buyers", "people"),
    };
    let estimate = match node.buyers_share {
        Some(CountedShare { range, n }) => {
            let tree = Explanation::leaf(label, Some(range.value), Unit::Share);
            Estimate::known(range.value, range.lo, range.hi, u64::from(n), n_of, method, tree)
        }
        None => Estimate::not_known(Unit::Share, method, 0, n_of, "no talk of theirs is held"),
    };
    let link = match are_groups {
        true => format!("{}#buyers", node.address),
        false => node.address.replacen("/creators/", "/conversations/", 1),
    };
    EstimateCell::new(label, &estimate.as_of(as_of), 1.0, Some(link))
}

/// The share of a group's members who publish.
fn creators_cell(node: &MapNode, as_of: Timestamp) -> EstimateCell {
    let ShareRange { value, lo, hi } = node.creators_share;
    let label = "Members who publish";
    let tree = Explanation::leaf(label, Some(value), Unit::Share);
    let n = u64::from(node.people);
    let estimate = Estimate::known(value, lo, hi, n, "members", "creators_among_members", tree).as_of(as_of);
    EstimateCell::new(label, &estimate, 1.0, Some(format!("{}#voices-title", node.address)))
}

fn refuse_unknown(map: &Map) -> Result<(), WebError> {
    let nobody = map.nodes.is_empty();
    match map.level {
        Level::Members(id) if nobody => {
            Err(WebError::not_found("No such group", format!("No group with the number {id} has members now."))
                .with(Recovery::new("The map of groups", "/conversations/map")))
        }
        Level::Circle(account, _) if nobody => {
            Err(WebError::not_found("Nobody to show", format!("Account {account} takes part in no talk that is held."))
                .with(Recovery::new("The map of groups", "/conversations/map")))
        }
        _ => Ok(()),
    }
}

fn finding(map: &Map, brand: Option<&Brand>) -> String {
    let what = what_nodes(map);
    let shown = if map.nodes.len() == map.nodes_in_all {
        format!("{} {what}", format::count(map.nodes_in_all as u64))
    } else {
        format!(
            "{} of {} {what}, those with most talk",
            format::count(map.nodes.len() as u64),
            format::count(map.nodes_in_all as u64)
        )
    };
    let turns: u64 = map.edges.iter().map(|edge| u64::from(edge.turns)).sum();
    let marked = match (map.level, brand) {
        (Level::Groups, Some(brand)) => {
            let with =
                map.nodes.iter().filter(|node| node.buyers_share.is_some_and(|share| share.range.value > 0.0)).count();
            format!("; {} of them with buyers of {}", format::count(with as u64), brand.name)
        }
        (_, Some(brand)) => {
            let buyers = map.nodes.iter().filter(|node| node.is_buyer).count();
            format!("; {} are buyers of {}", format::count(buyers as u64), brand.name)
        }
        _ => String::new(),
    };
    format!("{shown} and {} turns between them{marked}.", format::count(turns))
}

/// The kinds of talk on the map, most turns first.
fn kinds_of(map: &Map) -> Vec<(&'static str, u64)> {
    let mut turns: BTreeMap<&'static str, u64> = BTreeMap::new();
    map.edges.iter().for_each(|edge| *turns.entry(kind_code(edge.kind)).or_default() += u64::from(edge.turns));
    let mut kinds: Vec<(&'static str, u64)> = turns.into_iter().collect();
    kinds.sort_by_key(|(code, turns)| (std::cmp::Reverse(*turns), *code));
    kinds
}

/// `GET /conversations/map/export?format=gexf|graphml|csv`, with the arguments of the page.
pub async fn export(State(app): State<App>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, WebError> {
    let query = Pairs(pairs);
    let format = query.one("format").and_then(GraphFormat::from_code).ok_or_else(|| {
        WebError::unreadable("The format is not understood", "Formats are gexf, graphml and csv, e.g. format=gexf.")
    })?;
    let asked = asked(&app, &query).await?;
    let map = drawn(&app, asked.request).await?;
    let written = tokio::task::spawn_blocking(move || {
        let mut out = vec![];
        write(&map, format, &mut out).map(|()| out)
    });
    let bytes = written
        .await
        .map_err(|error| WebError::fault("writing the map", &error))?
        .map_err(|error| WebError::fault("writing the map", &error))?;
    let name = format!("attachment; filename=\"conversations.{}\"", format.ending());
    let headers = [(header::CONTENT_TYPE, format.content_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}
