//! Groups are built anew from within: accounts that are still alone join a part of their own group, never another one.

use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use super::moving::{NO_GROUP, SharedSum, TalkWith, Weighing, block_nodes, block_order, over_blocks};
use super::{GroupSettings, TalkGraph};

struct Refining<'a> {
    graph: &'a TalkGraph,
    places: Vec<Place>,
    bound_load: Vec<f64>,
    weighing: Weighing,
    load: Vec<SharedSum>,
    /// The partner in its part whom each account joined it by; itself while it is alone.
    joined_by: Vec<AtomicU32>,
}

/// Where an account is: in a group that it may not leave and a part of it, read together.
struct Place {
    bound: u32,
    part: AtomicU32,
}

/// The part of its group that each account joins, as the label of one account in it. Every part hangs together.
pub(super) fn refine(graph: &TalkGraph, bound: &[u32], settings: &GroupSettings) -> Vec<u32> {
    let nodes = graph.nodes();
    let weighing = Weighing::new(graph, settings.objective);
    let mut bound_load = vec![0.0; nodes];
    for (node, &group) in bound.iter().enumerate() {
        bound_load[group as usize] += weighing.load(graph, node);
    }
    let load = (0..nodes).map(|node| SharedSum::new(weighing.load(graph, node))).collect();
    let place = |(node, &bound): (usize, &u32)| Place { bound, part: AtomicU32::new(node as u32) };
    let places = bound.iter().enumerate().map(place).collect();
    let joined_by = (0..nodes as u32).map(AtomicU32::new).collect();
    let refining = Refining { graph, places, bound_load, weighing, load, joined_by };
    let blocks = block_order(nodes, settings.seed);
    over_blocks(settings.mode, &blocks, |&block, talk| refining.sweep(block, talk));
    refining.connected_parts()
}

impl Refining<'_> {
    fn part(&self, node: u32) -> u32 {
        self.places[node as usize].part.load(Acquire)
    }

    fn sweep(&self, block: usize, talk: &mut TalkWith) {
        for node in block_nodes(block, self.graph.nodes()) {
            let load = self.weighing.load(self.graph, node);
            // Only who is alone in a part of its own moves; then nobody is left behind by it.
            if self.part(node as u32) as usize == node && self.load[node].get() == load {
                self.join_one(node, load, talk);
            }
        }
    }

    fn join_one(&self, node: usize, load: f64, talk: &mut TalkWith) {
        let bound = self.places[node].bound;
        let partners = self.graph.partners(node);
        talk.expect(partners.len());
        talk.add_all(partners, |partner| {
            let place = &self.places[partner as usize];
            if place.bound == bound { place.part.load(Relaxed) } else { NO_GROUP }
        });
        let talk_in_bound: f64 = talk.groups().map(|(_, talk)| f64::from(talk)).sum();
        // An account that hangs on its group by a thread stays alone and may leave it on the next level.
        let is_well_connected = self.weighing.worth(talk_in_bound, load, self.bound_load[bound as usize] - load) >= 0.0;
        let mut best = None;
        let mut best_worth = 0.0;
        if is_well_connected {
            for (part, talk) in talk.most().into_iter().chain(talk.groups()) {
                if f64::from(talk) < best_worth || part as usize == node {
                    continue;
                }
                let worth = self.weighing.worth(f64::from(talk), load, self.load[part as usize].get());
                if worth > best_worth || worth == best_worth && best.is_some_and(|b| part < b) {
                    (best, best_worth) = (Some(part), worth);
                }
            }
        }
        talk.clear();
        if let Some(best) = best
            && self.load[node].take_if(load)
        {
            self.load[best as usize].add(load);
            let by = partners.nodes.iter().copied().find(|&partner| self.part(partner) == best);
            self.joined_by[node].store(by.unwrap_or(node as u32), Relaxed);
            // Released: whom it joined by was in the part before, so nobody joins by one another in a circle.
            self.places[node].part.store(best, Release);
        }
    }

    /// The parts, split where two threads left somebody behind: who joined by a partner in another part stands alone
    /// with those who joined by him.
    fn connected_parts(&self) -> Vec<u32> {
        let nodes = self.places.len() as u32;
        let by = |node: u32| self.joined_by[node as usize].load(Relaxed);
        let is_joined = |node: u32| by(node) != node && self.part(by(node)) == self.part(node);
        if (0..nodes).all(|node| is_joined(node) || self.part(node) == node) {
            return self.places.iter().map(|place| place.part.load(Relaxed)).collect();
        }
        let mut root: Vec<u32> = (0..nodes).map(|node| if is_joined(node) { by(node) } else { node }).collect();
        for node in 0..nodes {
            let mut at = node;
            while root[at as usize] != at {
                let next = root[at as usize];
                root[at as usize] = root[next as usize];
                at = next;
            }
            root[node as usize] = at;
        }
        root
    }
}
