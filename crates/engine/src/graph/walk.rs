//! The steps of a walker along the talk: from everybody to those they turn to, with the chance of each step.

use super::csr::{Csr, Graph, Row, visit_both};

/// The steps of a walker: for every account the chance of going to each other one.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// `onward.row(u)`: where a walker at `u` goes, chances adding up to 1 (or an empty row).
    onward: Csr,
    arriving: Arriving,
}

/// From where a walker arrives at each account, with the chance of that step.
#[derive(Clone, Debug, PartialEq)]
enum Arriving {
    /// Everybody arrives from whom they go to, so only the chances differ.
    FromTheSame(Vec<f32>),
    From(Csr),
}

/// One way to go and how much it weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub to: u32,
    pub weight: f32,
}

impl Walk {
    /// Follows talk from speaker to the one spoken to. Cost `O(edges)`.
    pub fn forward(graph: &Graph) -> Walk {
        Walk::from_weights(graph.out.clone())
    }

    /// Follows talk both ways: `C = W + reverse_weight * W^T`, each row then made to add up to 1.
    ///
    /// `reverse_weight` 0.3 is the product's default: being spoken to ties, less than speaking. Cost `O(edges)`.
    pub fn both_ways(graph: &Graph, reverse_weight: f64) -> Walk {
        Walk::from_rows(graph.nodes(), graph.out.edges() * 2, |node, row| {
            visit_both(graph.out.row(node), graph.into.row(node), |to, out, into| {
                row.push(Step { to, weight: (f64::from(out) + reverse_weight * f64::from(into)) as f32 });
            });
        })
    }

    /// Makes every row of `weights` add up to 1.
    pub fn from_weights(weights: Csr) -> Walk {
        Walk::from_rows(weights.nodes(), weights.edges(), |node, row| {
            let from = weights.row(node);
            row.extend(from.targets.iter().zip(from.weights).map(|(&to, &weight)| Step { to, weight }));
        })
    }

    /// Asks `row_of` for the steps of each account, by ascending target, and makes each row add up to 1; rows that weigh
    /// nothing are left empty. `steps_max` is how many there are at most. 12 bytes a step where all go both ways, else 16.
    pub fn from_rows(nodes: usize, steps_max: usize, mut row_of: impl FnMut(usize, &mut Vec<Step>)) -> Walk {
        let mut offsets = Vec::with_capacity(nodes + 1);
        let mut targets = Vec::with_capacity(steps_max);
        let mut chances = Vec::with_capacity(steps_max);
        let mut row = vec![];
        offsets.push(0u64);
        for node in 0..nodes {
            row.clear();
            row_of(node, &mut row);
            let sum: f64 = row.iter().map(|step| f64::from(step.weight)).sum();
            if sum > 0.0 {
                targets.extend(row.iter().map(|step| step.to));
                chances.extend(row.iter().map(|step| (f64::from(step.weight) / sum) as f32));
            }
            offsets.push(targets.len() as u64);
        }
        let onward = Csr::from_sorted(offsets, targets, chances);
        let arriving = match chances_back(&onward) {
            Some(chances) => Arriving::FromTheSame(chances),
            None => Arriving::From(onward.transpose()),
        };
        Walk { onward, arriving }
    }

    pub fn nodes(&self) -> usize {
        self.onward.nodes()
    }

    /// From where a walker comes to `node`, with the chance of each of those steps.
    pub(super) fn arriving(&self, node: usize) -> Row<'_> {
        match &self.arriving {
            Arriving::FromTheSame(chances) => self.onward.row_weighed_by(node, chances),
            Arriving::From(arriving) => arriving.row(node),
        }
    }

    /// All steps with their chances, a row for each account.
    pub fn steps(&self) -> &Csr {
        &self.onward
    }

    /// Where a walker at `node` goes next, with the chances.
    pub fn onward(&self, node: usize) -> Row<'_> {
        self.onward.row(node)
    }
}

/// For each step the chance of the step back, where every step can be gone both ways.
fn chances_back(onward: &Csr) -> Option<Vec<f32>> {
    let mut next: Vec<u64> = (0..onward.nodes()).map(|node| onward.start(node) as u64).collect();
    let mut chances = vec![0f32; onward.edges()];
    for from in 0..onward.nodes() {
        let row = onward.row(from);
        for (&to, &chance) in row.targets.iter().zip(row.weights) {
            // Accounts are gone through in ascending order, so each finds its place behind those before it.
            let place = next[to as usize] as usize;
            if place >= onward.start(to as usize + 1) || onward.targets()[place] as usize != from {
                return None;
            }
            chances[place] = chance;
            next[to as usize] += 1;
        }
    }
    Some(chances)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A small world: a ring of 40 accounts, each also talking to account 0.
    pub(in crate::graph) fn world() -> Graph {
        let mut edges: Vec<(u32, u32)> = (0..40).map(|node| (node, (node + 1) % 40)).collect();
        edges.extend((1..39).map(|node| (node, 0)));
        let sources: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
        let targets: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
        Graph::from_out(Csr::from_edges(41, &sources, &targets, &vec![1.0; edges.len()]))
    }

    #[test]
    fn a_walker_arrives_by_the_steps_that_lead_to_an_account() {
        let forward = Walk::forward(&world());
        let both = Walk::both_ways(&world(), 0.3);
        assert!(matches!((&forward.arriving, &both.arriving), (Arriving::From(_), Arriving::FromTheSame(_))));
        for walk in [forward, both] {
            let arriving = walk.onward.transpose();
            assert!((0..walk.nodes()).all(|node| walk.arriving(node) == arriving.row(node)));
        }
    }
}
