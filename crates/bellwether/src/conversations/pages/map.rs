//! The map's page: the drawing's data as columns, controls that work without script, the table that says the same,
//! and the files other programs read.

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::{AccountId, Brand, Timestamp};
use serde::Serialize;

use super::super::export::{GraphFormat, write};
use super::super::map::{Level, Map, MapRequest, NODES_MAX, NODES_USUAL, kind_code, map};
use super::brand_of;
use crate::clock;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Rows of the table that says the same; the whole is in the CSV.
const ROWS_SHOWN: usize = 200;
/// Groups that get a colour of their own.
const GROUPS_COLOURED: usize = 8;

/// What an address asks of the map.
struct Asked {
    request: MapRequest,
    /// The parts of the address that name level and window, without what is drawn from the same data.
    address: Pairs,
    from: String,
    to: String,
}

async fn asked(app: &App, query: &Pairs) -> Result<Asked, WebError> {
    let brand = brand_of(app, query.one("brand")).await?;
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

async fn drawn(app: &App, request: MapRequest) -> Result<Map, WebError> {
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
    nodes_words: String,
    edges_words: String,
    exports: Vec<LevelChoice>,
    has_groups: bool,
    are_groups: bool,
}

struct KindChoice {
    code: &'static str,
    words: String,
    line: usize,
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
    buyers: String,
    core: String,
    /// Its own map, one level down.
    below: Option<String>,
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
    draw(MapPage {
        layout: Layout::load(&app, visit, Word::Conversations, "Conversation map").await?,
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
            })
            .collect(),
        levels: vec![
            level("Groups", None, are_groups),
            level("People who talk most", Some("people"), map.level == Level::People),
        ],
        nodes: by_talk
            .iter()
            .take(ROWS_SHOWN)
            .map(|&node| {
                let node = &map.nodes[node];
                NodeLine {
                    id: node.id.clone(),
                    label: node.label.clone(),
                    address: node.address.clone(),
                    people: format::count(u64::from(node.people)),
                    talk: format::count(node.talk),
                    buyers: buyers_words(node.buyers_share, node.is_buyer),
                    core: format::count(u64::from(node.core)),
                    below: Some(below(&node.id)),
                }
            })
            .collect(),
        edges: map
            .edges
            .iter()
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
        nodes_words: shown_words(
            by_talk.len().min(ROWS_SHOWN),
            map.nodes_in_all,
            if are_groups { "groups" } else { "people" },
        ),
        edges_words: shown_words(map.edges.len().min(ROWS_SHOWN), map.edges_in_all, "ties"),
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
        format!("{} of {} {what}, those with most talk first", format::count(shown as u64), format::count(all as u64))
    }
}

fn buyers_words(share: Option<f64>, is_buyer: bool) -> String {
    let share = share.map_or_else(|| "not known".to_owned(), |share| format!("{:.0}\u{a0}%", 100.0 * share));
    if is_buyer { format!("buyer, {share}") } else { share }
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
    let what = if map.level == Level::Groups { "groups" } else { "people" };
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
            let with = map.nodes.iter().filter(|node| node.buyers_share.is_some_and(|share| share > 0.0)).count();
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

/// The drawing's data, as columns.
#[derive(Serialize)]
struct MapColumns {
    level: &'static str,
    title: String,
    nodes: NodeColumns,
    edges: EdgeColumns,
    kinds: Vec<&'static str>,
    groups: Vec<NamedGroup>,
    replay: ReplayColumns,
    truncated: Option<String>,
}

#[derive(Serialize, Default)]
struct NodeColumns {
    id: Vec<String>,
    label: Vec<String>,
    x: Vec<f32>,
    y: Vec<f32>,
    people: Vec<u32>,
    talk: Vec<u64>,
    group: Vec<Option<i64>>,
    buyers_share: Vec<Option<f32>>,
    buyer: Vec<u8>,
    /// Who publishes is not told apart on the map yet.
    creator: Vec<u8>,
    core: Vec<u32>,
    href: Vec<String>,
}

#[derive(Serialize, Default)]
struct EdgeColumns {
    source: Vec<u32>,
    target: Vec<u32>,
    weight: Vec<u32>,
    kind: Vec<usize>,
    first: Vec<i64>,
    last: Vec<i64>,
}

#[derive(Serialize)]
struct NamedGroup {
    id: i64,
    name: String,
}

#[derive(Serialize)]
struct ReplayColumns {
    from: i64,
    to: i64,
    bins: Vec<ReplayBin>,
}

#[derive(Serialize)]
struct ReplayBin {
    at: i64,
    edges: Vec<u32>,
}

/// `GET /conversations/map.json`, with the arguments of the page.
pub async fn columns(State(app): State<App>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, WebError> {
    let asked = asked(&app, &Pairs(pairs)).await?;
    let map = drawn(&app, asked.request).await?;
    let (_, market) = app.data.market_groups().await?;
    Ok(Json(columns_of(map, |group| {
        market.place(group).map_or_else(|| format!("group {group}"), |place| market.list[place as usize].called())
    }))
    .into_response())
}

fn columns_of(map: Map, called: impl Fn(i64) -> String) -> MapColumns {
    let kinds: Vec<&'static str> = kinds_of(&map).into_iter().map(|(code, _)| code).collect();
    let mut talk_of_group: BTreeMap<i64, u64> = BTreeMap::new();
    for node in &map.nodes {
        if let Some(group) = node.group {
            *talk_of_group.entry(group).or_default() += node.talk;
        }
    }
    let mut groups: Vec<(i64, u64)> = talk_of_group.into_iter().collect();
    groups.sort_by_key(|&(group, talk)| (std::cmp::Reverse(talk), group));
    groups.truncate(GROUPS_COLOURED);
    let what = if map.level == Level::Groups { "groups" } else { "people" };
    let mut cut = vec![];
    if map.nodes.len() < map.nodes_in_all {
        cut.push(format!(
            "{} of {} {what}",
            format::count(map.nodes.len() as u64),
            format::count(map.nodes_in_all as u64)
        ));
    }
    if map.edges.len() < map.edges_in_all {
        cut.push(format!(
            "{} of {} ties",
            format::count(map.edges.len() as u64),
            format::count(map.edges_in_all as u64)
        ));
    }
    let truncated = (!cut.is_empty()).then(|| format!("{} are shown: those with most talk", cut.join(" and ")));
    let mut nodes = NodeColumns::default();
    for node in map.nodes {
        nodes.id.push(node.id);
        nodes.label.push(node.label);
        nodes.x.push((node.place.x * 100.0).round() / 100.0);
        nodes.y.push((node.place.y * 100.0).round() / 100.0);
        nodes.people.push(node.people);
        nodes.talk.push(node.talk);
        nodes.group.push(node.group);
        nodes.buyers_share.push(node.buyers_share.map(|share| (share * 1e4).round() as f32 / 1e4));
        nodes.buyer.push(u8::from(node.is_buyer));
        nodes.creator.push(0);
        nodes.core.push(node.core);
        nodes.href.push(node.address);
    }
    let mut edges = EdgeColumns::default();
    for edge in &map.edges {
        edges.source.push(edge.source);
        edges.target.push(edge.target);
        edges.weight.push(edge.turns);
        edges.kind.push(kinds.iter().position(|kind| *kind == kind_code(edge.kind)).unwrap_or(0));
        edges.first.push(edge.first_unix);
        edges.last.push(edge.last_unix);
    }
    MapColumns {
        level: match map.level {
            Level::Groups => "groups",
            Level::Circle(_, _) => "ego",
            _ => "members",
        },
        title: map.title,
        nodes,
        edges,
        kinds,
        groups: groups.into_iter().map(|(id, _)| NamedGroup { id, name: called(id) }).collect(),
        replay: ReplayColumns {
            from: map.from_unix,
            to: map.to_unix,
            bins: map.replay.into_iter().map(|(at, edges)| ReplayBin { at, edges }).collect(),
        },
        truncated,
    }
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
