//! The map of conversations: groups first, their members below, one person's circle below that; with places, window
//! and evidence, as one set of columns that the page, its table and the exports share.

mod places;
mod selection;

use std::sync::Arc;

use engine::conversations::portraits::participation::{ShareRange, share_with};
use engine::graph::{Place, core_numbers};
use engine::intervals::jeffreys_interval;
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Brand, InteractionKind, Ratio};

use super::market::{BuyersTaking, MarketGroups};
use super::{ConversationsError, Snapshot};
use crate::creators;
use crate::data_directory::DataDirectory;
pub use places::MapsHeld;
use places::{held_places, kept_name, place, undirected};
use selection::{Selection, gather, replay, select};

/// No map shows more than this at once.
pub const NODES_MAX: usize = 10_000;
const EDGES_MAX: usize = 50_000;
/// People shown when nobody says how many.
pub const NODES_USUAL: usize = 2_000;
const EDGES_PER_NODE: usize = 5;

/// What a map is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Groups,
    /// The people who talk most, whatever their group.
    People,
    /// The members of one group, by its lasting number.
    Members(i64),
    /// One person and whom they talk with, in so many steps.
    Circle(AccountId, u8),
}

/// What is wanted of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRequest {
    pub level: Level,
    /// Whose buyers are marked.
    pub brand: Option<Brand>,
    /// Only talk from here on, in seconds since 1970.
    pub from_unix: Option<i64>,
    /// Only talk before this.
    pub to_unix: Option<i64>,
    pub nodes_max: usize,
}

/// A disc or dot of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapNode {
    /// `g12` for a group, else the account's number.
    pub id: String,
    pub label: String,
    pub place: Place,
    pub people: u32,
    /// Turns within the window, both directions, with anybody on the map.
    pub talk: u64,
    /// The lasting number of the group; `None` outside all groups.
    pub group: Option<i64>,
    /// Of the talk of a group or person, the share that is with buyers, or of a group's members who are buyers.
    /// `None` without a brand or without talk.
    pub buyers_share: Option<CountedShare>,
    pub is_buyer: bool,
    /// Of a group's members, those who publish; of a person, all or nothing.
    pub creators_share: ShareRange,
    pub core: u32,
    pub address: String,
}

/// A share with its interval and what it was counted over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountedShare {
    pub range: ShareRange,
    /// A person's partners, or a group's members.
    pub n: u32,
}

/// Talk of one kind between two nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapEdge {
    pub source: u32,
    pub target: u32,
    pub turns: u32,
    pub kind: u8,
    pub first_unix: i64,
    pub last_unix: i64,
}

/// A map, ready to be drawn, tabled or exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    pub level: Level,
    pub title: String,
    pub nodes: Vec<MapNode>,
    /// Most talk first.
    pub edges: Vec<MapEdge>,
    /// How many nodes and edges there are in all.
    pub nodes_in_all: usize,
    pub edges_in_all: usize,
    pub from_unix: i64,
    pub to_unix: i64,
    /// For each part of the time, the edges with talk in it.
    pub replay: Vec<(i64, Vec<u32>)>,
    pub directed: bool,
}

/// Makes a map, or hands out one of those made lately. Cost one pass over the talk, and the layout the first time a level
/// that refresh has not laid out is asked for.
pub async fn map(data: &DataDirectory, request: &MapRequest) -> Result<Arc<Map>, ConversationsError> {
    let (snapshot, market) = data.market_groups().await?;
    let revisions = market.revisions;
    if let Some(map) = data.maps.lock().await.map(revisions, request) {
        return Ok(map);
    }
    let buyers = match &request.brand {
        Some(brand) => Some(data.buyers_taking(&snapshot, &market, brand).await?),
        None => None,
    };
    let held = held_places(data, revisions, request).await?;
    let (wanted, on, of) = (request.clone(), snapshot.clone(), market.clone());
    let built = tokio::task::spawn_blocking(move || build(&on, &of, &wanted, buyers.as_deref(), held));
    let (mut map, places) = built.await.expect("drawing a map does not panic");
    name_people(data, &mut map).await?;
    let map = Arc::new(map);
    let mut maps = data.maps.lock().await;
    maps.keep_layout(revisions, request, places);
    maps.keep_map(revisions, request, map.clone());
    Ok(map)
}

/// Lays out the maps that everybody opens first and keeps their places beside the groups. Called by refresh.
pub async fn lay_out(data: &DataDirectory) -> Result<(), ConversationsError> {
    let (snapshot, market) = data.market_groups().await?;
    for level in [Level::Groups, Level::People] {
        let request = MapRequest { level, brand: None, from_unix: None, to_unix: None, nodes_max: NODES_USUAL };
        let Some(name) = kept_name(&request) else { continue };
        let (on, of) = (snapshot.clone(), market.clone());
        let laid = tokio::task::spawn_blocking(move || {
            let selection = select(&on, &of, &request);
            place(&selection, &gather(&on, &selection, i64::MIN, i64::MAX), &of)
        });
        let places: Vec<Place> = laid.await.expect("laying a map out does not panic");
        let places: Vec<(f32, f32)> = places.iter().map(|place| (place.x, place.y)).collect();
        data.derived.keep_map_places(&name, &places).await?;
    }
    Ok(())
}

fn build(
    snapshot: &Snapshot,
    market: &MarketGroups,
    request: &MapRequest,
    buyers: Option<&BuyersTaking>,
    held: Option<Arc<Vec<Place>>>,
) -> (Map, Arc<Vec<Place>>) {
    let selection = select(snapshot, market, request);
    let (first, last) = snapshot.log.span_unix().unwrap_or_default();
    let (from, to) = (request.from_unix.unwrap_or(first), request.to_unix.unwrap_or(last + 1));
    let mut edges = gather(snapshot, &selection, from, to);
    // Places come from all talk, so that they stay where they are when the window changes.
    let places = held.filter(|places| places.len() == selection.nodes.len()).unwrap_or_else(|| {
        let is_all = from <= first && to > last;
        let all = if is_all { None } else { Some(gather(snapshot, &selection, i64::MIN, i64::MAX)) };
        Arc::new(place(&selection, all.as_ref().unwrap_or(&edges), market))
    });
    let edges_in_all = edges.len();
    edges.sort_by_key(|edge| (std::cmp::Reverse(edge.turns), edge.source, edge.target, edge.kind));
    edges.truncate((selection.nodes.len() * EDGES_PER_NODE).clamp(10_000, EDGES_MAX));
    let map = Map {
        level: request.level,
        title: title(market, request),
        nodes: nodes(snapshot, market, request, buyers, &selection, &edges, &places),
        nodes_in_all: selection.nodes_in_all,
        edges_in_all,
        replay: replay(snapshot, &selection, &edges, from, to),
        edges,
        from_unix: from,
        to_unix: to,
        directed: !selection.are_groups,
    };
    (map, places)
}

fn nodes(
    snapshot: &Snapshot,
    market: &MarketGroups,
    request: &MapRequest,
    buyers: Option<&BuyersTaking>,
    selection: &Selection,
    edges: &[MapEdge],
    places: &[Place],
) -> Vec<MapNode> {
    let core = core_numbers(&undirected(selection.nodes.len(), edges));
    let mut talk = vec![0u64; selection.nodes.len()];
    for edge in edges {
        talk[edge.source as usize] += u64::from(edge.turns);
        talk[edge.target as usize] += u64::from(edge.turns);
    }
    let creators = if selection.are_groups { creators_by_group(market) } else { vec![] };
    let brand = request.brand.as_ref().map(|brand| format!("?brand={}", brand.id)).unwrap_or_default();
    let group_node = |node: usize, behind: u32| {
        let group = &market.list[behind as usize];
        let members = group.detail.figures.members;
        let buyers_share = buyers.map(|buyers| {
            let here = buyers.here(behind).map(|here| here.share_of_members);
            CountedShare { range: here.unwrap_or_else(|| share_of(0, members)), n: members }
        });
        MapNode {
            id: format!("g{}", group.id),
            label: group.called(),
            place: places[node],
            people: members,
            talk: talk[node],
            group: Some(group.id),
            buyers_share,
            is_buyer: false,
            creators_share: share_of(creators[behind as usize], members),
            core: core[node],
            address: format!("/conversations/groups/{}{brand}", group.id),
        }
    };
    let person_node = |node: usize, behind: u32| {
        let account = snapshot.account(behind);
        let with = |buyers: &BuyersTaking| {
            let part = share_with(&snapshot.index, behind, |partner| buyers.is_buyer[partner as usize])?;
            Some(CountedShare { range: part.share, n: part.of_partners })
        };
        let creator = f64::from(u8::from(market.is_creator[behind as usize]));
        MapNode {
            id: account.to_string(),
            label: String::new(),
            place: places[node],
            people: 1,
            talk: talk[node],
            group: market.group_of(behind).map(|group| group.id),
            buyers_share: buyers.and_then(with),
            is_buyer: buyers.is_some_and(|buyers| buyers.is_buyer[behind as usize]),
            creators_share: ShareRange { value: creator, lo: creator, hi: creator },
            core: core[node],
            address: format!("/creators/{account}{brand}"),
        }
    };
    let behind = selection.nodes.iter().copied().enumerate();
    if selection.are_groups {
        behind.map(|(node, behind)| group_node(node, behind)).collect()
    } else {
        behind.map(|(node, behind)| person_node(node, behind)).collect()
    }
}

/// Members of each group who have published something.
fn creators_by_group(market: &MarketGroups) -> Vec<u32> {
    let mut creators = vec![0; market.list.len()];
    for (group, is_creator) in market.groups.of_account.iter().zip(&market.is_creator) {
        if let Some(creators) = creators.get_mut(*group as usize).filter(|_| *is_creator) {
            *creators += 1;
        }
    }
    creators
}

/// So many of a group's members; Jeffreys interval for members yet to come.
fn share_of(some: u32, members: u32) -> ShareRange {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let range = jeffreys_interval(u64::from(some), u64::from(members), level);
    ShareRange {
        value: f64::from(some) / f64::from(members.max(1)),
        lo: range.map_or(0.0, |range| range.lo),
        hi: range.map_or(1.0, |range| range.hi),
    }
}

fn title(market: &MarketGroups, request: &MapRequest) -> String {
    match request.level {
        Level::Groups => "Conversation groups".to_owned(),
        Level::People => "The people who talk most".to_owned(),
        Level::Members(id) => market.place(id).map_or_else(
            || format!("Group {id}"),
            |place| format!("Members of “{}”", market.list[place as usize].called()),
        ),
        Level::Circle(_, _) => "One person’s circle".to_owned(),
    }
}

async fn name_people(data: &DataDirectory, map: &mut Map) -> Result<(), ConversationsError> {
    let accounts: Vec<AccountId> = map.nodes.iter().filter_map(|node| node.id.parse().ok()).collect();
    if accounts.is_empty() {
        return Ok(());
    }
    let names = creators::names(data, accounts).await?;
    for node in &mut map.nodes {
        if let Ok(account) = node.id.parse::<AccountId>() {
            node.label = names.get(&account).map_or_else(|| format!("account {account}"), |name| name.name.clone());
        }
    }
    if let Level::Circle(account, _) = map.level
        && let Some(name) = names.get(&account)
    {
        map.title = format!("{}’s circle", name.name);
    }
    Ok(())
}

/// The code of an edge's kind.
pub fn kind_code(kind: u8) -> &'static str {
    InteractionKind::from_number(kind).map_or("other", InteractionKind::code)
}
