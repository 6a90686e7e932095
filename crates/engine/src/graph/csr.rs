//! The talk of many accounts as a compact graph: for every account, whom it talks to and how much.
//!
//! Compressed sparse rows: `offsets[u]..offsets[u + 1]` are the edges of account `u`, its targets in ascending order,
//! equal targets merged into one edge. Sums are made in f64 in a fixed order and stored as f32, so the same events
//! give the same bytes whatever their row order and whatever the number of threads.

/// Weighted edges of every account, in one direction.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Csr {
    offsets: Vec<u64>,
    targets: Vec<u32>,
    weights: Vec<f32>,
}

/// One account's edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    pub targets: &'a [u32],
    pub weights: &'a [f32],
}

/// Visits every target of two rows of one account, ascending, with its weight in each (0 where it is not in it).
pub fn visit_both(one: Row<'_>, other: Row<'_>, mut visit: impl FnMut(u32, f32, f32)) {
    let (mut i, mut j) = (0, 0);
    while i < one.targets.len() || j < other.targets.len() {
        let next = one.targets.get(i).copied().unwrap_or(u32::MAX);
        let next_other = other.targets.get(j).copied().unwrap_or(u32::MAX);
        let target = next.min(next_other);
        let (mut weight, mut weight_other) = (0.0, 0.0);
        if next == target {
            weight = one.weights[i];
            i += 1;
        }
        if next_other == target {
            weight_other = other.weights[j];
            j += 1;
        }
        visit(target, weight, weight_other);
    }
}

/// The order that sorts edges by (source, target) and keeps equal pairs in the order given.
///
/// Two stable counting sorts, by target and then by source. Cost `O(edges + nodes)`; 8 bytes an edge.
pub fn order_by_pair(nodes: usize, sources: &[u32], targets: &[u32]) -> Vec<u32> {
    let by_target = counting_sort(nodes, targets, (0..targets.len() as u32).collect());
    counting_sort(nodes, sources, by_target)
}

/// `order` sorted stably by `keys[order[i]]`, all keys below `limit`.
fn counting_sort(limit: usize, keys: &[u32], order: Vec<u32>) -> Vec<u32> {
    let mut next = vec![0u32; limit + 1];
    for &key in keys {
        next[key as usize + 1] += 1;
    }
    for slot in 1..next.len() {
        next[slot] += next[slot - 1];
    }
    let mut sorted = vec![0u32; order.len()];
    for item in order {
        let place = &mut next[keys[item as usize] as usize];
        sorted[*place as usize] = item;
        *place += 1;
    }
    sorted
}

impl Csr {
    /// Builds from edges in any order; equal pairs are added up in the order given. Cost `O(edges + nodes)`.
    ///
    /// ```
    /// let csr = engine::graph::Csr::from_edges(3, &[0, 0, 2], &[1, 1, 0], &[1.0, 0.5, 2.0]);
    /// assert_eq!(csr.row(0).targets, [1]);
    /// assert_eq!(csr.row(0).weights, [1.5]);
    /// ```
    pub fn from_edges(nodes: usize, sources: &[u32], targets: &[u32], weights: &[f64]) -> Csr {
        assert!(sources.len() == targets.len() && targets.len() == weights.len(), "edge columns of one length");
        let mut csr = Csr { offsets: vec![0; nodes + 1], targets: vec![], weights: vec![] };
        let mut previous = None;
        let mut sum = 0.0f64;
        for edge in order_by_pair(nodes, sources, targets) {
            let edge = edge as usize;
            let pair = (sources[edge], targets[edge]);
            if previous == Some(pair) {
                sum += weights[edge];
            } else {
                csr.targets.push(pair.1);
                csr.weights.push(0.0);
                csr.offsets[pair.0 as usize + 1] += 1;
                sum = weights[edge];
                previous = Some(pair);
            }
            *csr.weights.last_mut().expect("an edge was pushed") = sum as f32;
        }
        for node in 0..nodes {
            csr.offsets[node + 1] += csr.offsets[node];
        }
        csr
    }

    /// Takes over rows that are already sorted and merged; `offsets` has one entry more than there are nodes.
    pub fn from_sorted(offsets: Vec<u64>, targets: Vec<u32>, weights: Vec<f32>) -> Csr {
        assert!(
            !offsets.is_empty() && offsets[offsets.len() - 1] as usize == targets.len(),
            "offsets end at the edges"
        );
        assert_eq!(targets.len(), weights.len(), "a weight for every edge");
        Csr { offsets, targets, weights }
    }

    pub fn nodes(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub fn edges(&self) -> usize {
        self.targets.len()
    }

    /// The targets of all accounts, one row after the other.
    pub fn targets(&self) -> &[u32] {
        &self.targets
    }

    /// The edges of one account, targets ascending.
    #[inline]
    pub fn row(&self, node: usize) -> Row<'_> {
        let range = self.offsets[node] as usize..self.offsets[node + 1] as usize;
        Row { targets: &self.targets[range.clone()], weights: &self.weights[range] }
    }

    /// Where an account's edges begin among all; `nodes()` stands for the end of the last.
    pub(super) fn start(&self, node: usize) -> usize {
        self.offsets[node] as usize
    }

    /// The edges of one account with other weights, given for all edges in their order.
    #[inline]
    pub(super) fn row_weighed_by<'a>(&'a self, node: usize, weights: &'a [f32]) -> Row<'a> {
        let range = self.start(node)..self.start(node + 1);
        Row { targets: &self.targets[range.clone()], weights: &weights[range] }
    }

    /// The weight between two accounts, `None` when there is no edge. Cost `O(log degree)`.
    pub fn weight(&self, source: usize, target: u32) -> Option<f32> {
        let row = self.row(source);
        row.targets.binary_search(&target).ok().map(|place| row.weights[place])
    }

    /// Every edge turned round. Cost `O(edges + nodes)`.
    pub fn transpose(&self) -> Csr {
        let nodes = self.nodes();
        let mut offsets = vec![0u64; nodes + 1];
        for &target in &self.targets {
            offsets[target as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let mut next = offsets.clone();
        let mut targets = vec![0u32; self.edges()];
        let mut weights = vec![0f32; self.edges()];
        for source in 0..nodes {
            let row = self.row(source);
            for (&target, &weight) in row.targets.iter().zip(row.weights) {
                let place = next[target as usize] as usize;
                targets[place] = source as u32;
                weights[place] = weight;
                next[target as usize] += 1;
            }
        }
        Csr { offsets, targets, weights }
    }

    /// What leaves each account in all, summed in f64 row by row.
    pub fn row_sums(&self) -> Vec<f64> {
        (0..self.nodes()).map(|node| self.row(node).weights.iter().map(|&weight| f64::from(weight)).sum()).collect()
    }
}

/// How much one interaction of each kind counts, indexed by `InteractionKind as u8`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KindWeights(pub [f64; model::InteractionKind::ALL.len()]);

impl KindWeights {
    /// 1 for every kind that is talk, 0 for silent signs (like, follow).
    pub fn talk_only() -> KindWeights {
        KindWeights(model::InteractionKind::ALL.map(|kind| if kind.is_talk() { 1.0 } else { 0.0 }))
    }

    pub fn of(&self, kind: u8) -> f64 {
        self.0.get(usize::from(kind)).copied().unwrap_or(0.0)
    }
}

impl Default for KindWeights {
    fn default() -> KindWeights {
        KindWeights::talk_only()
    }
}

/// How interactions become edge weights: `kind weight * 0.5^(age / half-life)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeWeighing {
    /// The moment age is counted from, seconds since 1970.
    pub as_of_unix: i64,
    /// Seconds after which an interaction counts half; `None` counts all of them fully.
    pub half_life_seconds: Option<f64>,
    pub kinds: KindWeights,
}

impl EdgeWeighing {
    /// Every talk counts 1, however old.
    pub fn count() -> EdgeWeighing {
        EdgeWeighing { as_of_unix: 0, half_life_seconds: None, kinds: KindWeights::talk_only() }
    }

    /// The weight of one interaction, 0 or more. Interactions after `as_of_unix` count as new.
    pub fn weight(&self, kind: u8, at_unix: i64) -> f64 {
        self.kinds.of(kind) * self.fading(at_unix)
    }

    /// `0.5^(age / half-life)`, in (0, 1].
    pub fn fading(&self, at_unix: i64) -> f64 {
        match self.half_life_seconds {
            Some(half_life) if half_life > 0.0 => {
                let age = (self.as_of_unix - at_unix).max(0) as f64;
                (-(age / half_life) * std::f64::consts::LN_2).exp()
            }
            _ => 1.0,
        }
    }
}

/// A conversation graph in both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Whom each account talks to.
    pub out: Csr,
    /// Who talks to each account.
    pub into: Csr,
}

impl Graph {
    pub fn from_out(out: Csr) -> Graph {
        let into = out.transpose();
        Graph { out, into }
    }

    pub fn nodes(&self) -> usize {
        self.out.nodes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_pairs_become_one_edge_and_rows_are_sorted() {
        let csr = Csr::from_edges(4, &[2, 0, 2, 2], &[3, 1, 0, 3], &[1.0, 1.0, 1.0, 2.0]);
        assert_eq!(csr.row(2).targets, [0, 3]);
        assert_eq!(csr.row(2).weights, [1.0, 3.0]);
        assert_eq!(csr.weight(2, 3), Some(3.0));
        assert_eq!(csr.weight(1, 3), None);
        assert_eq!(csr.transpose().row(3).targets, [2]);
    }

    #[test]
    fn an_interaction_one_half_life_old_counts_half() {
        let weighing =
            EdgeWeighing { as_of_unix: 1000, half_life_seconds: Some(100.0), kinds: KindWeights::talk_only() };
        assert!((weighing.weight(0, 900) - 0.5).abs() < 1e-12);
        assert_eq!(weighing.weight(model::InteractionKind::Like as u8, 900), 0.0);
    }

    proptest! {
        #[test]
        fn turning_the_edges_round_twice_changes_nothing(
            edges in prop::collection::vec((0u32..20, 0u32..20, 0.1f64..5.0), 0..200)
        ) {
            let sources: Vec<u32> = edges.iter().map(|edge| edge.0).collect();
            let targets: Vec<u32> = edges.iter().map(|edge| edge.1).collect();
            let weights: Vec<f64> = edges.iter().map(|edge| edge.2).collect();
            let csr = Csr::from_edges(20, &sources, &targets, &weights);
            prop_assert_eq!(csr.transpose().transpose(), csr.clone());
            let total: f64 = csr.row_sums().iter().sum();
            prop_assert!((total - weights.iter().sum::<f64>()).abs() < 1e-3);
        }
    }
}
