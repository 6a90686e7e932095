//! The drawing's data as columns: no more than what is drawn, so that thousands of people stay below a megabyte.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::Brand;
use serde::Serialize;

use super::super::super::map::{Level, Map, kind_code};
use super::{asked, drawn, kinds_of, what_nodes};
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::query::Pairs;

/// Groups that get a colour of their own.
const GROUPS_COLOURED: usize = 8;

/// The drawing's data, as columns.
#[derive(Serialize)]
struct MapColumns {
    level: &'static str,
    title: String,
    nodes: NodeColumns,
    edges: EdgeColumns,
    /// Where a node leads; `{id}` and `{group}` stand for its own.
    href: String,
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
    /// Of groups; a person is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<u32>,
    talk: Vec<u64>,
    group: Vec<Option<i64>>,
    buyers_share: Vec<Option<f32>>,
    buyers_lo: Vec<Option<f32>>,
    buyers_hi: Vec<Option<f32>>,
    /// Empty without a brand.
    buyer: Vec<u8>,
    /// Of a group's members, the share who publish; of a person 1 or 0.
    creator: Vec<f32>,
    core: Vec<u32>,
}

#[derive(Serialize, Default)]
struct EdgeColumns {
    source: Vec<u32>,
    target: Vec<u32>,
    weight: Vec<u32>,
    kind: Vec<usize>,
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
    /// A bit for each edge, in base64: the first edge is the lowest bit of the first byte.
    edges: String,
}

/// `GET /conversations/map.json`, with the arguments of the page.
pub async fn columns(State(app): State<App>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, WebError> {
    let asked = asked(&app, &Pairs(pairs)).await?;
    let brand = asked.request.brand.clone();
    let map = drawn(&app, asked.request).await?;
    let (_, market) = app.data.market_groups().await?;
    let called = move |group: i64| {
        market.place(group).map_or_else(|| format!("group {group}"), |place| market.list[place as usize].called())
    };
    // Tens of thousands of rows are written away from the threads that serve requests.
    let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&columns_of(&map, brand.as_ref(), called)));
    let json = written
        .await
        .map_err(|error| WebError::fault("writing the map", &error))?
        .map_err(|error| WebError::fault("writing the map", &error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

fn columns_of(map: &Map, brand: Option<&Brand>, called: impl Fn(i64) -> String) -> MapColumns {
    let kinds: Vec<&'static str> = kinds_of(map).into_iter().map(|(code, _)| code).collect();
    let mut talk_of_group: BTreeMap<i64, u64> = BTreeMap::new();
    for node in &map.nodes {
        if let Some(group) = node.group {
            *talk_of_group.entry(group).or_default() += node.talk;
        }
    }
    let mut groups: Vec<(i64, u64)> = talk_of_group.into_iter().collect();
    groups.sort_by_key(|&(group, talk)| (std::cmp::Reverse(talk), group));
    groups.truncate(GROUPS_COLOURED);
    let what = what_nodes(map);
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
    let are_groups = map.level == Level::Groups;
    let mut nodes = NodeColumns::default();
    for node in &map.nodes {
        let share = node.buyers_share.map(|share| share.range);
        nodes.id.push(node.id.clone());
        nodes.label.push(node.label.clone());
        nodes.x.push((node.place.x * 100.0).round() / 100.0);
        nodes.y.push((node.place.y * 100.0).round() / 100.0);
        nodes.talk.push(node.talk);
        nodes.group.push(node.group);
        nodes.buyers_share.push(share.map(|share| short(share.value)));
        nodes.buyers_lo.push(share.map(|share| short(share.lo)));
        nodes.buyers_hi.push(share.map(|share| short(share.hi)));
        nodes.creator.push(short(node.creators_share.value));
        nodes.core.push(node.core);
        if are_groups {
            nodes.people.push(node.people);
        }
        if brand.is_some() {
            nodes.buyer.push(u8::from(node.is_buyer));
        }
    }
    let mut edges = EdgeColumns::default();
    for edge in &map.edges {
        edges.source.push(edge.source);
        edges.target.push(edge.target);
        edges.weight.push(edge.turns);
        edges.kind.push(kinds.iter().position(|kind| *kind == kind_code(edge.kind)).unwrap_or(0));
    }
    let path = if are_groups { "/conversations/groups/{group}" } else { "/creators/{id}" };
    MapColumns {
        level: match map.level {
            Level::Groups => "groups",
            Level::Circle(_, _) => "ego",
            _ => "members",
        },
        title: map.title.clone(),
        href: Pairs::default().with_some("brand", brand.map(|brand| brand.id)).address(path),
        nodes,
        edges,
        kinds,
        groups: groups.into_iter().map(|(id, _)| NamedGroup { id, name: called(id) }).collect(),
        replay: ReplayColumns {
            from: map.from_unix,
            to: map.to_unix,
            bins: map
                .replay
                .iter()
                .map(|(at, talked)| ReplayBin { at: *at, edges: bits(talked, map.edges.len()) })
                .collect(),
        },
        truncated,
    }
}

/// Three figures after the point are more than an eye can tell.
fn short(share: f64) -> f32 {
    (share * 1e3).round() as f32 / 1e3
}

/// A bit for each of so many edges, as base64 (RFC 4648).
fn bits(set: &[u32], edges: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0u8; edges.div_ceil(24) * 3];
    set.iter().for_each(|&edge| bytes[edge as usize / 8] |= 1 << (edge % 8));
    let letters = bytes.chunks_exact(3).flat_map(|three| {
        let all = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        [18, 12, 6, 0].map(|shift| char::from(LETTERS[(all >> shift & 63) as usize]))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ties_of_a_step_are_bits_in_base64() {
        // Bytes 0b0000_0101, 0, 0b1000_0000.
        assert_eq!(bits(&[0, 2, 23], 24), "BQCA");
        assert_eq!(bits(&[], 25), "AAAAAAAA");
        assert_eq!(bits(&[], 0), "");
    }
}
