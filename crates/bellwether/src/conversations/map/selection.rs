//! What is on a map: which groups or people, and the talk between them in a window of time.

use model::AccountId;

use super::super::Snapshot;
use super::super::market::MarketGroups;
use super::{Level, MapEdge, MapRequest, NODES_MAX};

/// Parts into which a replay cuts its time.
const REPLAY_PARTS: usize = 48;
/// Edges gathered before equal ones are merged.
const GATHERED_MAX: usize = 8_000_000;

/// Which nodes a map has: the node of every account, and what stands behind every node.
pub(super) struct Selection {
    pub(super) node_of_account: Vec<u32>,
    /// Groups by place in the market's list, or accounts.
    pub(super) nodes: Vec<u32>,
    pub(super) nodes_in_all: usize,
    pub(super) are_groups: bool,
}

const NOT_ON_MAP: u32 = u32::MAX;

pub(super) fn select(snapshot: &Snapshot, market: &MarketGroups, request: &MapRequest) -> Selection {
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
    let order = |account: &u32| (Some(*account) != centre, busy(*account), *account);
    if wanted.len() > limit {
        wanted.select_nth_unstable_by_key(limit, order);
        wanted.truncate(limit);
    }
    wanted.sort_unstable_by_key(order);
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
pub(super) fn gather(snapshot: &Snapshot, selection: &Selection, from: i64, to: i64) -> Vec<MapEdge> {
    let log = &snapshot.log;
    let mut found: Vec<MapEdge> = vec![];
    let events = log.rows_before(from)..log.rows_before(to);
    for event in events {
        let source = selection.node_of_account[log.actor()[event] as usize];
        let target = selection.node_of_account[log.target()[event] as usize];
        if source == NOT_ON_MAP || target == NOT_ON_MAP || source == target {
            continue;
        }
        let (source, target) =
            if selection.are_groups && target < source { (target, source) } else { (source, target) };
        let at = log.at_unix(event);
        found.push(MapEdge { source, target, turns: 1, kind: log.kind()[event], first_unix: at, last_unix: at });
        if found.len() > GATHERED_MAX {
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

/// For each part of the time, the edges with talk in it.
pub(super) fn replay(
    snapshot: &Snapshot,
    selection: &Selection,
    edges: &[MapEdge],
    from: i64,
    to: i64,
) -> Vec<(i64, Vec<u32>)> {
    let log = &snapshot.log;
    let mut by_key: Vec<((u32, u32, u8), u32)> =
        edges.iter().enumerate().map(|(at, edge)| ((edge.source, edge.target, edge.kind), at as u32)).collect();
    by_key.sort_unstable();
    let span = (to - from).max(1);
    let begins = |part: usize| from + (span as i128 * part as i128 / REPLAY_PARTS as i128) as i64;
    (0..REPLAY_PARTS)
        .map(|part| {
            let (start, end) = (begins(part), begins(part + 1));
            let events = log.rows_before(start)..log.rows_before(end);
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
