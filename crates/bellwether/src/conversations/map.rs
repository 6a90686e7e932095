//! The map of conversations: groups first, their members below, one person's circle below that; with places, window
//! and evidence, as one set of columns that the page, its table and the exports share.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::graph::layout::apart;
use engine::graph::{Csr, LayoutSettings, Place, core_numbers, layout};
use model::{AccountId, Brand, InteractionKind};

use super::groups::MarketGroups;
use super::{ConversationsError, Snapshot};
use crate::creators;
use crate::data_directory::DataDirectory;

/// No map shows more than this at once.
pub const NODES_MAX: usize = 10_000;
const EDGES_MAX: usize = 50_000;
/// People shown when nobody says how many.
pub const NODES_USUAL: usize = 2_000;
const EDGES_PER_NODE: usize = 5;
/// Layouts held in memory.
const LAYOUTS_HELD: usize = 24;
/// From the middle to the edge of a map of groups, in radii of its largest disc.
const MAP_IN_LARGEST_DISCS: f32 = 8.0;
/// Parts into which a replay cuts its time.
const REPLAY_PARTS: usize = 48;

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
#[derive(Clone, Debug)]
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
    pub buyers_share: Option<f64>,
    pub is_buyer: bool,
    pub core: u32,
    pub address: String,
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

/// Places kept for one level of one state of the market.
type LayoutKey = ((i64, Option<i64>), Level, usize);

/// The places of maps that were drawn lately.
#[derive(Default)]
pub struct Layouts {
    held: Vec<(LayoutKey, Arc<Vec<Place>>)>,
}

impl Layouts {
    fn get(&self, key: &LayoutKey) -> Option<Arc<Vec<Place>>> {
        self.held.iter().find(|(held, _)| held == key).map(|(_, places)| places.clone())
    }

    fn keep(&mut self, key: LayoutKey, places: Arc<Vec<Place>>) {
        self.held.retain(|(held, _)| held.0 == key.0 && *held != key);
        if self.held.len() >= LAYOUTS_HELD {
            self.held.remove(0);
        }
        self.held.push((key, places));
    }
}

/// Which nodes a map has: the node of every account, and what stands behind every node.
struct Selection {
    node_of_account: Vec<u32>,
    /// Groups by place in the market's list, or accounts.
    nodes: Vec<u32>,
    nodes_in_all: usize,
    are_groups: bool,
}

const NOT_ON_MAP: u32 = u32::MAX;

/// Makes a map. Cost one pass over the talk, and the layout the first time this level is asked for.
pub async fn map(data: &DataDirectory, request: &MapRequest) -> Result<Map, ConversationsError> {
    let (snapshot, market) = data.market_groups().await?;
    let buyers = match &request.brand {
        Some(brand) => {
            let definition = data.lake.buyers(&brand.buyers, data.now()).await?;
            Some(snapshot.places(definition.into_iter().map(|buyer| buyer.account)))
        }
        None => None,
    };
    let wanted = request.clone();
    let (on, of) = (snapshot.clone(), market.clone());
    let key = (market.revisions, request.level, request.nodes_max);
    let held = data.layouts.lock().await.get(&key);
    let built = tokio::task::spawn_blocking(move || build(&on, &of, &wanted, buyers.as_deref(), held));
    let (mut map, places) = built.await.expect("drawing a map does not panic");
    data.layouts.lock().await.keep(key, places);
    name_people(data, &mut map).await?;
    Ok(map)
}

fn build(
    snapshot: &Snapshot,
    market: &MarketGroups,
    request: &MapRequest,
    buyers: Option<&[u32]>,
    held: Option<Arc<Vec<Place>>>,
) -> (Map, Arc<Vec<Place>>) {
    let selection = select(snapshot, market, request);
    let (first, last) =
        (snapshot.log.at_unix().first().copied().unwrap_or(0), snapshot.log.at_unix().last().copied().unwrap_or(0));
    let (from, to) = (request.from_unix.unwrap_or(first), request.to_unix.unwrap_or(last + 1));
    let mut edges = gather(snapshot, &selection, from, to);
    let edges_in_all = edges.len();
    edges.sort_by_key(|edge| (std::cmp::Reverse(edge.turns), edge.source, edge.target, edge.kind));
    edges.truncate((selection.nodes.len() * EDGES_PER_NODE).clamp(10_000, EDGES_MAX));
    // Places come from all talk, so that they stay where they are when the window changes.
    let places = held.unwrap_or_else(|| {
        let all = gather(snapshot, &selection, i64::MIN, i64::MAX);
        Arc::new(place(&selection, &all, market))
    });
    let core = core_numbers(&undirected(selection.nodes.len(), &edges));
    let mut talk = vec![0u64; selection.nodes.len()];
    for edge in &edges {
        talk[edge.source as usize] += u64::from(edge.turns);
        talk[edge.target as usize] += u64::from(edge.turns);
    }
    let mut is_buyer = vec![false; snapshot.accounts.len()];
    buyers.unwrap_or_default().iter().for_each(|&buyer| is_buyer[buyer as usize] = true);
    let brand = request.brand.as_ref().map(|brand| format!("?brand={}", brand.id)).unwrap_or_default();
    let nodes = (0..selection.nodes.len())
        .map(|node| {
            let behind = selection.nodes[node];
            let place = places[node];
            let (talk, core) = (talk[node], core[node]);
            if selection.are_groups {
                let group = &market.list[behind as usize];
                let members = group.detail.figures.members;
                let share = buyers.map(|_| {
                    let inside = market.groups.of_account.iter().zip(&is_buyer);
                    inside.filter(|(of, buyer)| **of == behind && **buyer).count() as f64 / f64::from(members.max(1))
                });
                return MapNode {
                    id: format!("g{}", group.id),
                    label: group.called(),
                    place,
                    people: members,
                    talk,
                    group: Some(group.id),
                    buyers_share: share,
                    is_buyer: false,
                    core,
                    address: format!("/conversations/groups/{}{brand}", group.id),
                };
            }
            let account = snapshot.account(behind);
            MapNode {
                id: account.to_string(),
                label: String::new(),
                place,
                people: 1,
                talk,
                group: market.group_of(behind).map(|group| group.id),
                buyers_share: buyers.and_then(|_| share_with(snapshot, behind, &is_buyer)),
                is_buyer: is_buyer[behind as usize],
                core,
                address: format!("/creators/{account}{brand}"),
            }
        })
        .collect();
    let map = Map {
        level: request.level,
        title: title(market, request),
        nodes,
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

/// Of a person's talk, the share that is with buyers; `None` without talk.
fn share_with(snapshot: &Snapshot, account: u32, is_buyer: &[bool]) -> Option<f64> {
    let pairs = &snapshot.index.pairs;
    let spoken = pairs.of(account).map(|pair| (pairs.target[pair], pairs.talks[pair]));
    let heard =
        snapshot.index.talkers_of(account).iter().map(|&pair| (pairs.actor[pair as usize], pairs.talks[pair as usize]));
    let (mut with, mut all) = (0u64, 0u64);
    for (partner, talks) in spoken.chain(heard) {
        all += u64::from(talks);
        with += if is_buyer[partner as usize] { u64::from(talks) } else { 0 };
    }
    (all > 0).then(|| with as f64 / all as f64)
}

fn select(snapshot: &Snapshot, market: &MarketGroups, request: &MapRequest) -> Selection {
    let accounts = snapshot.accounts.len();
    let limit = request.nodes_max.clamp(1, NODES_MAX);
    if request.level == Level::Groups {
        let shown = market.list.len().min(limit) as u32;
        let node_of_account =
            market.groups.of_account.iter().map(|&group| if group < shown { group } else { NOT_ON_MAP }).collect();
        return Selection {
            node_of_account,
            nodes: (0..shown).collect(),
            nodes_in_all: market.list.len(),
            are_groups: true,
        };
    }
    let mut wanted: Vec<u32> = match request.level {
        Level::Members(id) => market.place(id).map_or_else(Vec::new, |place| market.groups.members(place)),
        Level::Circle(account, depth) => circle(snapshot, account, depth),
        _ => (0..accounts as u32).collect(),
    };
    let busy = |account: u32| {
        let account = account as usize;
        let talk = &snapshot.index.account;
        std::cmp::Reverse(u64::from(talk.sent[account]) + u64::from(talk.received[account]))
    };
    let nodes_in_all = wanted.len();
    // Whose circle it is stays on the map however little they talk.
    let centre = match request.level {
        Level::Circle(account, _) => snapshot.place(account),
        _ => None,
    };
    wanted.sort_by_key(|&account| (Some(account) != centre, busy(account), account));
    wanted.truncate(limit);
    let mut node_of_account = vec![NOT_ON_MAP; accounts];
    wanted.iter().enumerate().for_each(|(node, &account)| node_of_account[account as usize] = node as u32);
    Selection { node_of_account, nodes: wanted, nodes_in_all, are_groups: false }
}

/// Everybody within so many steps of one person.
fn circle(snapshot: &Snapshot, account: AccountId, depth: u8) -> Vec<u32> {
    let Some(centre) = snapshot.place(account) else { return vec![] };
    let pairs = &snapshot.index.pairs;
    let mut is_in = vec![false; snapshot.accounts.len()];
    is_in[centre as usize] = true;
    let mut found = vec![centre];
    let mut edge = vec![centre];
    for _ in 0..depth {
        let mut next = vec![];
        for &person in &edge {
            let heard = snapshot.index.talkers_of(person).iter().map(|&pair| pairs.actor[pair as usize]);
            for partner in pairs.targets_of(person).iter().copied().chain(heard) {
                if !std::mem::replace(&mut is_in[partner as usize], true) {
                    next.push(partner);
                }
            }
        }
        found.extend_from_slice(&next);
        if found.len() > NODES_MAX {
            break;
        }
        edge = next;
    }
    found
}

/// Talk between nodes in a window, by kind. Between groups both directions are added up.
fn gather(snapshot: &Snapshot, selection: &Selection, from: i64, to: i64) -> Vec<MapEdge> {
    let log = &snapshot.log;
    let mut found: Vec<MapEdge> = vec![];
    let events = log.at_unix().partition_point(|&at| at < from)..log.at_unix().partition_point(|&at| at < to);
    for event in events {
        let source = selection.node_of_account[log.actor()[event] as usize];
        let target = selection.node_of_account[log.target()[event] as usize];
        if source == NOT_ON_MAP || target == NOT_ON_MAP || source == target {
            continue;
        }
        let (source, target) =
            if selection.are_groups && target < source { (target, source) } else { (source, target) };
        let at = log.at_unix()[event];
        found.push(MapEdge { source, target, turns: 1, kind: log.kind()[event], first_unix: at, last_unix: at });
        if found.len() > 8_000_000 {
            merge(&mut found);
        }
    }
    merge(&mut found);
    found
}

fn merge(edges: &mut Vec<MapEdge>) {
    let key = |edge: &MapEdge| (edge.source, edge.target, edge.kind);
    edges.sort_by_key(key);
    edges.dedup_by(|next, kept| {
        let is_same = key(next) == key(kept);
        if is_same {
            kept.turns += next.turns;
            kept.first_unix = kept.first_unix.min(next.first_unix);
            kept.last_unix = kept.last_unix.max(next.last_unix);
        }
        is_same
    });
}

fn undirected(nodes: usize, edges: &[MapEdge]) -> Csr {
    let mut sum: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for edge in edges {
        *sum.entry((edge.source.min(edge.target), edge.source.max(edge.target))).or_default() += f64::from(edge.turns);
    }
    let ends = |turned: bool| sum.keys().map(move |&(a, b)| if turned { b } else { a });
    let sources: Vec<u32> = ends(false).chain(ends(true)).collect();
    let targets: Vec<u32> = ends(true).chain(ends(false)).collect();
    let weights: Vec<f64> = sum.values().chain(sum.values()).copied().collect();
    Csr::from_edges(nodes, &sources, &targets, &weights)
}

fn place(selection: &Selection, edges: &[MapEdge], market: &MarketGroups) -> Vec<Place> {
    let graph = undirected(selection.nodes.len(), edges);
    let steps = if selection.nodes.len() > 3_000 { 80 } else { 200 };
    let mut places = layout(&graph, None, &LayoutSettings { steps, ..LayoutSettings::default() });
    if selection.are_groups {
        // The page draws the largest disc about a twentieth of the map wide; places are stretched to that measure, then
        // pushed apart.
        let radius: Vec<f32> = selection
            .nodes
            .iter()
            .map(|&group| (market.list[group as usize].detail.figures.members as f32).sqrt())
            .collect();
        let largest = radius.iter().copied().fold(1.0f32, f32::max);
        let wide = places.iter().map(|place| place.x.abs().max(place.y.abs())).fold(1e-6f32, f32::max);
        let stretch = MAP_IN_LARGEST_DISCS * largest / wide;
        places.iter_mut().for_each(|place| (place.x, place.y) = (place.x * stretch, place.y * stretch));
        if selection.nodes.len() <= 1_000 {
            let roomy: Vec<f32> = radius.iter().map(|radius| 1.3 * radius).collect();
            apart(&mut places, &roomy, 300);
        }
    }
    places
}

fn replay(snapshot: &Snapshot, selection: &Selection, edges: &[MapEdge], from: i64, to: i64) -> Vec<(i64, Vec<u32>)> {
    let log = &snapshot.log;
    let mut by_key: Vec<((u32, u32, u8), u32)> =
        edges.iter().enumerate().map(|(at, edge)| ((edge.source, edge.target, edge.kind), at as u32)).collect();
    by_key.sort_unstable();
    let span = (to - from).max(1);
    let begins = |part: usize| from + (span as i128 * part as i128 / REPLAY_PARTS as i128) as i64;
    (0..REPLAY_PARTS)
        .map(|part| {
            let (start, end) = (begins(part), begins(part + 1));
            let events = log.at_unix().partition_point(|&at| at < start)..log.at_unix().partition_point(|&at| at < end);
            let mut talked: Vec<u32> = events
                .filter_map(|event| {
                    let source = selection.node_of_account[log.actor()[event] as usize];
                    let target = selection.node_of_account[log.target()[event] as usize];
                    let (one, other) =
                        if selection.are_groups && target < source { (target, source) } else { (source, target) };
                    let place = by_key.binary_search_by_key(&(one, other, log.kind()[event]), |(key, _)| *key).ok()?;
                    Some(by_key[place].1)
                })
                .collect();
            talked.sort_unstable();
            talked.dedup();
            (start, talked)
        })
        .collect()
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
