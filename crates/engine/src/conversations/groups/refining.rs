//! Groups are built anew from within: accounts that are still alone join a part of their own group, never another one.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::moving::{SharedSum, TalkWith, Weighing, block_nodes, block_order, over_blocks};
use super::{GroupSettings, TalkGraph};

struct Refining<'a> {
    graph: &'a TalkGraph,
    bound: &'a [u32],
    bound_load: Vec<f64>,
    weighing: Weighing,
    part: Vec<AtomicU32>,
    load: Vec<SharedSum>,
}

/// The part of its group that each account joins, as the label of one account in it.
pub(super) fn refine(graph: &TalkGraph, bound: &[u32], settings: &GroupSettings) -> Vec<u32> {
    let nodes = graph.nodes();
    let weighing = Weighing::new(graph, settings.objective);
    let mut bound_load = vec![0.0; nodes];
    for (node, &group) in bound.iter().enumerate() {
        bound_load[group as usize] += weighing.load(graph, node);
    }
    let load = (0..nodes).map(|node| SharedSum::new(weighing.load(graph, node))).collect();
    let part = (0..nodes as u32).map(AtomicU32::new).collect();
    let refining = Refining { graph, bound, bound_load, weighing, part, load };
    let blocks = block_order(nodes, settings.seed);
    over_blocks(settings.mode, &blocks, nodes, |block, talk| refining.sweep(block, talk));
    refining.part.iter().map(|part| part.load(Relaxed)).collect()
}

impl Refining<'_> {
    fn sweep(&self, block: usize, talk: &mut TalkWith) {
        for node in block_nodes(block, self.graph.nodes()) {
            let load = self.weighing.load(self.graph, node);
            // Only who is alone in a part of its own moves; then nobody is left behind by it.
            if self.part[node].load(Relaxed) as usize == node && self.load[node].get() == load {
                self.join_one(node, load, talk);
            }
        }
    }

    fn join_one(&self, node: usize, load: f64, talk: &mut TalkWith) {
        let bound = self.bound[node];
        let partners = self.graph.partners(node);
        let mut talk_in_bound = 0.0;
        for (&partner, &weight) in partners.targets.iter().zip(partners.weights) {
            if self.bound[partner as usize] == bound {
                talk.add(self.part[partner as usize].load(Relaxed), weight);
                talk_in_bound += f64::from(weight);
            }
        }
        // An account that hangs on its group by a thread stays alone and may leave it on the next level.
        let is_well_connected = self.weighing.worth(talk_in_bound, load, self.bound_load[bound as usize] - load) >= 0.0;
        let mut best = None;
        let mut best_worth = 0.0;
        if is_well_connected {
            for &part in &talk.groups {
                let worth = self.weighing.worth(talk.with(part), load, self.load[part as usize].get());
                if part as usize != node
                    && (worth > best_worth || worth == best_worth && best.is_some_and(|b| part < b))
                {
                    (best, best_worth) = (Some(part), worth);
                }
            }
        }
        talk.clear();
        if let Some(best) = best
            && self.load[node].take_if(load)
        {
            self.load[best as usize].add(load);
            self.part[node].store(best, Relaxed);
        }
    }
}
